//! Who may import whom: a file of the crate imports from lower tiers and from its own folder only.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The tiers of DESIGN.md, lowest first.
const TIERS: &[&[&str]] = &[
    &["clock", "encoding", "place", "trace"],
    &["payload"],
    &["rejection"],
    &["head", "private_key", "public_key"],
    &["mac"],
    &["secret"],
    &["handshake", "public_url", "scheme"],
    &["keys", "providers", "setup"],
    &["verify"],
    &["signer"],
    &["diagnose"],
    &["body", "deadline"],
    &["sign", "webhook"],
    &["dedupe"],
    &["axum", "testing"],
];

/// The first tier that may name tower and bodies.
const FIRST_WITH_TOWER: usize = 11;

/// Past this a file is a room too large to know.
const MOST_LINES: usize = 350;

fn tier(module: &str) -> usize {
    let tier = TIERS.iter().position(|tier| tier.contains(&module));
    tier.unwrap_or_else(|| panic!("`{module}` is in no tier of DESIGN.md"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The modules named after `crate::` in one file, in paths and in grouped imports.
fn imports(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = Vec::new();
    for (_, rest) in code
        .match_indices("crate::")
        .map(|(at, it)| (at, &code[at + it.len()..]))
    {
        let Some(group) = rest.strip_prefix('{') else {
            found.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut name = String::new();
        for letter in group.chars() {
            match letter {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => found.push(word(&std::mem::take(&mut name))),
                _ if depth == 0 => name.push(letter),
                _ => {}
            }
        }
        found.push(word(&name));
    }
    found.retain(|name| !name.is_empty());
    found
}

fn word(text: &str) -> String {
    let is_part = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    text.trim_start().chars().take_while(is_part).collect()
}

#[test]
fn files_import_from_lower_tiers_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source, &mut found);
    assert!(found.len() > 30, "{} files", found.len());
    let mut wrong = Vec::new();
    for path in found {
        let relative = path.strip_prefix(&source).expect("it is below src");
        let module = relative
            .iter()
            .next()
            .expect("it has a name")
            .to_string_lossy();
        let module = module.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let text = fs::read_to_string(&path).expect("src can be read");
        for import in imports(&text) {
            if import != module && tier(&import) >= tier(module) {
                wrong.push(format!("{}: imports `{import}`", relative.display()));
            }
        }
        if tier(module) < FIRST_WITH_TOWER {
            for name in ["tower_layer", "tower_service", "http_body::", "tokio"] {
                let code = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                if code.into_iter().any(|line| line.contains(name)) {
                    wrong.push(format!("{}: names `{name}`", relative.display()));
                }
            }
        }
        // Presets are a list.
        if text.lines().count() > MOST_LINES && module != "providers" {
            wrong.push(format!("{}: over {MOST_LINES} lines", relative.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
