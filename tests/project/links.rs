//! Links in the Markdown files: each relative link names a file and an anchor that exist.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Folders whose Markdown files are checked, and whether their subfolders are.
const FOLDERS: [(&str, bool); 4] = [
    ("", false),
    ("docs", true),
    ("examples", true),
    ("tests", true),
];

/// Folders that are in the repository but not in the packaged crate.
const NOT_PACKAGED: [&str; 2] = [".ci", "fuzz"];

/// Names with an underscore in the page about attacks that are not those of tests.
const SETTINGS: [&str; 2] = ["memory_budget", "reject_trailers"];

struct Document {
    /// The text without code blocks. Code spans contain no brackets and no parentheses.
    text: String,
    /// The targets of link definitions, by label.
    definitions: BTreeMap<String, String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn markdown_files() -> Vec<PathBuf> {
    fn collect(folder: &Path, is_recursive: bool, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                if is_recursive {
                    collect(&path, true, found);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }

    let mut found = Vec::new();
    for (folder, is_recursive) in FOLDERS {
        collect(&root().join(folder), is_recursive, &mut found);
    }
    found.sort();
    found
}

/// `text` without fenced code blocks, and without brackets and parentheses in code spans.
fn without_code(text: &str) -> String {
    let mut result = String::new();
    let mut is_in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_in_block = !is_in_block;
        } else if !is_in_block {
            result.push_str(line);
        }
        result.push('\n');
    }
    let mut delimiter = 0;
    let mut ticks = 0;
    let mut spans = String::new();
    for letter in result.chars() {
        if letter == '`' {
            ticks += 1;
        } else {
            if ticks > 0 && (delimiter == 0 || delimiter == ticks) {
                delimiter = if delimiter == 0 { ticks } else { 0 };
            }
            ticks = 0;
        }
        // A code span does not continue in the next row of a table or the next item of a list.
        match letter {
            '\n' if spans.ends_with('\n') => delimiter = 0,
            '[' | ']' | '(' | ')' if delimiter > 0 => {
                spans.push('\u{fffd}');
                continue;
            }
            _ => {}
        }
        spans.push(letter);
    }
    spans
}

/// A label as it is compared: without regard to case and line breaks.
fn label(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn read(path: &Path) -> Document {
    let text = without_code(&fs::read_to_string(path).expect("the file can be read"));
    let mut definitions = BTreeMap::new();
    let mut rest = String::new();
    for line in text.lines() {
        let definition = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("]: "));
        match definition {
            Some((name, target)) => {
                definitions.insert(label(name), target.trim().to_owned());
            }
            None => rest.push_str(line),
        }
        rest.push('\n');
    }
    Document {
        text: rest,
        definitions,
    }
}

/// The targets of the links in `document`, and the labels that have no definition.
fn links(document: &Document) -> (Vec<String>, Vec<String>) {
    let text = &document.text;
    let (mut targets, mut undefined) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(start) = text[at..].find('[').map(|start| at + start + 1) {
        let Some(end) = text[start..].find([']', '[']).map(|end| start + end) else {
            break;
        };
        at = end;
        if text[end..].starts_with('[') {
            continue;
        }
        at += 1;
        let after = &text[at..];
        if let Some(target) = after.strip_prefix('(') {
            targets.extend(target.split_once(')').map(|(target, _)| target.to_owned()));
            continue;
        }
        let reference = after.strip_prefix('[').and_then(|it| it.split_once(']'));
        let name = match reference {
            Some((name, _)) if !name.is_empty() => label(name),
            _ => label(&text[start..end]),
        };
        match document.definitions.get(&name) {
            Some(target) => targets.push(target.clone()),
            // A task list, or a placeholder in a sentence.
            None if reference.is_none() && !name.starts_with('`') => {}
            None => undefined.push(name),
        }
        at += reference.map_or(0, |(name, _)| name.len() + 2);
    }
    targets.extend(document.definitions.values().cloned());
    (targets, undefined)
}

/// The anchors of the headings in a Markdown file.
fn anchors(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).expect("the file can be read");
    let mut found = BTreeSet::new();
    let mut is_in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_in_block = !is_in_block;
        }
        let heading = line.trim_start_matches('#');
        let Some(heading) = heading.strip_prefix(' ').filter(|_| line.starts_with('#')) else {
            continue;
        };
        if is_in_block {
            continue;
        }
        let letters = heading
            .chars()
            .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
        let anchor: String = letters.collect::<String>().to_lowercase().replace(' ', "-");
        let repeated = (1..).map(|number| format!("{anchor}-{number}"));
        let mut names = std::iter::once(anchor.clone()).chain(repeated);
        found.extend(names.find(|name| !found.contains(name)));
    }
    found
}

fn is_relative(target: &str) -> bool {
    !["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| target.starts_with(scheme))
}

/// What is wrong with a link in `file`, if anything.
fn fault(file: &Path, target: &str) -> Option<String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match path {
        "" => file.to_owned(),
        path => file.parent()?.join(path),
    };
    let is_packaged = NOT_PACKAGED
        .iter()
        .all(|folder| !path.starts_with(root().join(folder)));
    if !is_packaged && !root().join("fuzz").exists() {
        return None;
    }
    if !path.exists() {
        return Some("no such file".to_owned());
    }
    if anchor.is_empty() || path.extension().is_none_or(|extension| extension != "md") {
        return None;
    }
    (!anchors(&path).contains(anchor)).then(|| "no such heading".to_owned())
}

#[test]
fn every_relative_link_names_a_file_and_a_heading() {
    let files = markdown_files();
    assert!(files.len() > 10, "{} files", files.len());
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in &files {
        let (targets, undefined) = links(&read(file));
        let name = file.strip_prefix(root()).unwrap_or(file).display();
        for target in targets.iter().filter(|target| is_relative(target)) {
            count += 1;
            if let Some(fault) = fault(file, target) {
                wrong.push(format!("{name}: `{target}`: {fault}"));
            }
        }
        for label in undefined {
            wrong.push(format!("{name}: `[{label}]` has no definition"));
        }
    }
    assert!(count > 50, "{count} links");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The documentation renders the guide too, where a path in the repository leads nowhere.
#[test]
fn every_link_of_the_guide_has_a_target_in_the_documentation() {
    let source = fs::read_to_string(root().join("src/guide.rs")).expect("the file can be read");
    let mut wrong = Vec::new();
    for file in markdown_files() {
        if !file.starts_with(root().join("docs/guide")) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("the file can be read");
        let name = file.strip_prefix(root()).unwrap_or(&file).display();
        let relative = |line: &&str| line.starts_with('[') && line.contains("]: ");
        for line in text.lines().filter(relative) {
            let Some((label, target)) = line.split_once("]: ") else {
                continue;
            };
            if is_relative(target) && !source.contains(&format!("{label}]: ")) {
                wrong.push(format!("{name}: src/guide.rs does not define `{label}]`"));
            }
        }
        if without_code(&text).contains("](") {
            wrong.push(format!("{name}: use a link with a label and a definition"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The page about attacks names the tests that show its claims: a file, and then its functions.
#[test]
fn every_test_that_the_guide_names_exists() {
    let page = root().join("docs/guide/attacks.md");
    let page = fs::read_to_string(page).expect("the file can be read");
    let (mut source, mut path) = (String::new(), "");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for name in page.split('`').skip(1).step_by(2) {
        if name.starts_with("tests/") && Path::new(name).extension().is_some() {
            path = name;
            source = fs::read_to_string(root().join(path)).unwrap_or_default();
            if source.is_empty() {
                wrong.push(format!("{path}: no such file"));
            }
        } else if name.contains('_') && !path.is_empty() && !name.contains([':', '.', '/']) {
            // Settings of the layer have underscores too.
            let is_test = source.contains(&format!("fn {name}() {{"));
            count += usize::from(is_test);
            if !is_test && !SETTINGS.contains(&name) {
                wrong.push(format!("{path}: no test `{name}`"));
            }
        }
    }
    assert!(count > 50, "{count} tests");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_and_headings_are_found() {
    let text = "# A `b` c\n\n[one](two.md) [three][Four] [`five`] [six\nseven][four] `[eight](nine.md)`\n\
                ``` text\n[ten](eleven.md)\n```\n[x] [four]: no\n\n[four]: twelve.md#a\n";
    let text = without_code(text);
    let document = Document {
        definitions: BTreeMap::from([("four".to_owned(), "twelve.md#a".to_owned())]),
        text: text.replace("\n[four]: twelve.md#a", ""),
    };
    let (mut targets, undefined) = links(&document);
    targets.sort();
    targets.dedup();
    assert_eq!(targets, ["twelve.md#a", "two.md"]);
    assert_eq!(undefined, ["`five`"]);

    let guide = root().join("docs/guide");
    let file = guide.join("README.md");
    assert!(anchors(&guide.join("attacks.md")).contains("signing-oracles"));
    assert_eq!(fault(&file, "attacks.md#signing-oracles"), None);
    assert_eq!(fault(&file, "../PROVIDERS.md"), None);
    assert_eq!(fault(&file, "../../src/sign"), None);
    assert_eq!(fault(&file, "#guide"), None);
    assert_eq!(fault(&file, "none.md").as_deref(), Some("no such file"));
    assert_eq!(fault(&file, "#none").as_deref(), Some("no such heading"));
}
