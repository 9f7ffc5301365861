//! Imports between the crate's files: modules import from lower tiers, and files do not import each
//! other in a cycle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The tiers of DESIGN.md, lowest first.
const TIERS: &[&[&str]] = &[
    &["clock", "encoding", "location", "trace"],
    &["payload"],
    &["rejection"],
    &["head", "public_key"],
    &["mac"],
    &["secret"],
    &["handshake", "public_url", "scheme"],
    &["keys", "providers", "setup"],
    &["verify"],
    &["signer"],
    &["deadline"],
    &["body"],
    &["diagnose"],
    &["sign", "webhook"],
    &["dedupe"],
    &["axum", "guide", "testing"],
];

/// The first tier that may name tower and bodies.
const FIRST_WITH_TOWER: usize = 10;

/// Groups of files that import each other. The list may only shrink: a new file in a group fails
/// the test, and so does a file that has left its group but is still listed.
const KNOWN_CYCLES: &[&[&str]] = &[
    &["dedupe/future.rs", "dedupe/layer.rs", "dedupe/service.rs"],
    &[
        "handshake/answer.rs",
        "handshake/data.rs",
        "handshake/plan.rs",
        "handshake/request.rs",
    ],
    &[
        "keys/mod.rs",
        "keys/remote/cached.rs",
        "keys/remote/document.rs",
        "keys/remote/mod.rs",
        "keys/remote/search.rs",
        "keys/remote/verified.rs",
    ],
    &["mac/mod.rs", "mac/run.rs"],
    &[
        "providers/business.rs",
        "providers/cloud.rs",
        "providers/code_hosting.rs",
        "providers/commerce.rs",
        "providers/content.rs",
        "providers/developer_tools.rs",
        "providers/email_and_voice.rs",
        "providers/identity.rs",
        "providers/messaging.rs",
        "providers/mod.rs",
        "providers/payments.rs",
        "providers/standard.rs",
        "providers/tokens.rs",
        "providers/web_tokens.rs",
    ],
    &[
        "public_key/certificate.rs",
        "public_key/ecdsa.rs",
        "public_key/ed25519.rs",
        "public_key/form.rs",
        "public_key/jwk.rs",
        "public_key/mod.rs",
        "public_key/rsa.rs",
    ],
    &["scheme/border.rs", "scheme/template.rs"],
    &[
        "scheme/builder.rs",
        "scheme/spec.rs",
        "scheme/units.rs",
        "scheme/web_token.rs",
    ],
    &["sign/future.rs", "sign/layer.rs", "sign/service.rs"],
    &[
        "testing/abuse/fixture.rs",
        "testing/abuse/body.rs",
        "testing/abuse/case.rs",
        "testing/abuse/header.rs",
        "testing/abuse/signature.rs",
        "testing/abuse/signed.rs",
        "testing/abuse/timestamp.rs",
    ],
    &[
        "testing/store/sequential.rs",
        "testing/store/mod.rs",
        "testing/store/concurrent.rs",
    ],
];

fn tier(module: &str) -> usize {
    let tier = TIERS.iter().position(|tier| tier.contains(&module));
    tier.unwrap_or_else(|| panic!("`{module}` is in no tier of DESIGN.md"))
}

/// A module path without `crate`: `["webhook", "future"]`.
type ModulePath = Vec<String>;

struct File {
    /// The path below `src`.
    name: String,
    module: ModulePath,
    text: String,
    tokens: Vec<String>,
}

/// A path that starts in this crate, as a file names it.
struct Reference {
    /// The module that contains the reference. Differs from the file's in `mod name { … }`.
    scope: ModulePath,
    /// The absolute path. Its last parts may be items.
    path: ModulePath,
    /// The name that a `use` declaration gives to the path. `*` stands for all names.
    binds: Option<String>,
    /// `pub use`: the file passes the path on, but does not use it.
    is_reexport: bool,
}

impl Reference {
    fn is_in_tests(&self) -> bool {
        self.scope.iter().any(|part| part == "tests")
    }
}

fn files() -> Vec<File> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                collect(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&source, &mut paths);
    paths.sort();
    let files = paths.iter().map(|path| {
        let relative = path.strip_prefix(&source).expect("the file is below src");
        let name = relative.to_string_lossy().replace('\\', "/");
        let stem = name.trim_end_matches(".rs");
        let stem = stem.strip_suffix("/mod").unwrap_or(stem);
        let module = match stem {
            "lib" => Vec::new(),
            stem => stem.split('/').map(str::to_owned).collect(),
        };
        let text = fs::read_to_string(path).expect("src can be read");
        File {
            module,
            tokens: tokens(&text),
            text,
            name,
        }
    });
    files.collect()
}

/// The identifiers, `::` and other characters of `text`, without comments and literals.
fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string(rest)
        } else if first == '\'' {
            char_or_lifetime(rest)
        } else if let Some(length) = raw_string(rest) {
            length
        } else {
            let length = match first {
                _ if rest.starts_with("::") => 2,
                _ if is_word(first) => rest.find(|it| !is_word(it)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            if !first.is_whitespace() {
                found.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    found
}

/// The length of the string literal at the start of `text`.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = letter == '\\' && !is_escaped,
        }
    }
    text.len()
}

/// The length of the character literal at the start of `text`, or 1 if a lifetime is there.
fn char_or_lifetime(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), Some((at, letter))) => {
            let start = at + letter.len_utf8();
            text[start..].find('\'').map_or(1, |end| start + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// The length of the raw string literal at the start of `text`, if there is one.
fn raw_string(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let content = rest[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", &rest[..hashes]);
    let length = content
        .find(&end)
        .map_or(content.len(), |at| at + end.len());
    Some(text.len() - content.len() + length)
}

fn is_word(token: &str) -> bool {
    token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// Every path in `file` that starts with `crate`, `self`, `super` or a child module.
fn references(file: &File, modules: &BTreeMap<ModulePath, String>) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut scope = file.module.clone();
    // Depths at which `mod name { … }` ends.
    let mut inline = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    let token = |at: usize| file.tokens.get(at).map_or("", String::as_str);
    while at < file.tokens.len() {
        match token(at) {
            "mod" if token(at + 2) == "{" => {
                scope.push(token(at + 1).to_owned());
                inline.push(depth);
                depth += 1;
                at += 3;
                continue;
            }
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    scope.pop();
                }
            }
            "use" => {
                let is_reexport = at > 0 && (token(at - 1) == "pub" || token(at - 1) == ")");
                let mut paths = Vec::new();
                at = tree(&file.tokens, at + 1, &[], &mut paths);
                for (path, binds) in paths {
                    if let Some(path) = absolute(&scope, &path, modules) {
                        let (scope, binds) = (scope.clone(), Some(binds));
                        found.push(Reference {
                            scope,
                            path,
                            binds,
                            is_reexport,
                        });
                    }
                }
                continue;
            }
            word if is_word(word)
                && token(at + 1) == "::"
                && (at == 0 || token(at - 1) != "::") =>
            {
                let is_visibility = at > 1 && token(at - 1) == "in" && token(at - 2) == "(";
                let mut paths = Vec::new();
                at = tree(&file.tokens, at, &[], &mut paths);
                let paths = paths.into_iter().filter(|_| !is_visibility);
                for (path, _) in paths {
                    if let Some(path) = absolute(&scope, &path, modules) {
                        let scope = scope.clone();
                        found.push(Reference {
                            scope,
                            path,
                            binds: None,
                            is_reexport: false,
                        });
                    }
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads a path or a tree of paths at `at`, and returns where the tree ends. Each path comes with
/// the name that it binds.
fn tree(
    tokens: &[String],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<(ModulePath, String)>,
) -> usize {
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut path = prefix.to_vec();
    if token(at) == "::" {
        // `::redis`: a path that starts in another crate.
        path.push(String::new());
        at += 1;
    }
    loop {
        match token(at) {
            "{" => {
                at += 1;
                while !matches!(token(at), "}" | "") {
                    at = tree(tokens, at, &path, found);
                    if token(at) == "," {
                        at += 1;
                    }
                }
                return at + 1;
            }
            "*" => {
                found.push((path, "*".to_owned()));
                return at + 1;
            }
            word if is_word(word) => {
                if word != "self" || path.is_empty() {
                    path.push(word.to_owned());
                }
                at += 1;
            }
            // A generic argument or nothing: the path has ended.
            _ => {}
        }
        let continues =
            token(at) == "::" && (is_word(token(at + 1)) || matches!(token(at + 1), "{" | "*"));
        if !continues {
            break;
        }
        at += 1;
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if token(at) == "as" {
        token(at + 1).clone_into(&mut name);
        at += 2;
    }
    found.push((path, name));
    at
}

/// `path` from the root of the crate, if it starts in this crate.
fn absolute(
    scope: &[String],
    path: &[String],
    modules: &BTreeMap<ModulePath, String>,
) -> Option<ModulePath> {
    let (first, mut rest) = path.split_first()?;
    let mut module = scope.to_vec();
    match first.as_str() {
        "crate" => module.clear(),
        "self" => {}
        "super" => {
            module.pop();
            while let Some((_, after)) = rest.split_first().filter(|(part, _)| *part == "super") {
                module.pop();
                rest = after;
            }
        }
        child => {
            module.push(child.to_owned());
            modules.get(&module)?;
        }
    }
    module.extend(rest.iter().cloned());
    Some(module)
}

/// The files and the names that `use` declarations bind.
struct Crate {
    files: Vec<File>,
    modules: BTreeMap<ModulePath, String>,
    references: Vec<Vec<Reference>>,
    names: BTreeMap<(ModulePath, String), ModulePath>,
    globs: BTreeMap<ModulePath, Vec<ModulePath>>,
}

impl Crate {
    fn read() -> Self {
        let files = files();
        let modules: BTreeMap<_, _> = files
            .iter()
            .map(|file| (file.module.clone(), file.name.clone()))
            .collect();
        let references: Vec<_> = files
            .iter()
            .map(|file| references(file, &modules))
            .collect();
        let mut names = BTreeMap::new();
        let mut globs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for reference in references.iter().flatten() {
            let (scope, path) = (reference.scope.clone(), reference.path.clone());
            match &reference.binds {
                Some(name) if name == "*" => globs.entry(scope).or_default().push(path),
                Some(name) => {
                    names.insert((scope, name.clone()), path);
                }
                None => {}
            }
        }
        Self {
            files,
            modules,
            references,
            names,
            globs,
        }
    }

    /// The file that defines the item at `path`, through re-exports.
    fn definition(&self, path: &[String], steps: usize) -> Option<&str> {
        if steps == 0 {
            return None;
        }
        let mut module = Vec::new();
        for (at, part) in path.iter().enumerate() {
            let rest = &path[at + 1..];
            let mut child = module.clone();
            child.push(part.clone());
            if self.modules.contains_key(&child) {
                module = child;
                continue;
            }
            if let Some(target) = self.names.get(&(module.clone(), part.clone())) {
                if *target != path {
                    let target = [target.as_slice(), rest].concat();
                    return self.definition(&target, steps - 1);
                }
            }
            let mut globs = self.globs.get(&module).into_iter().flatten();
            if let Some(target) = globs.find(|target| self.defines(target, part)) {
                let target = [target.as_slice(), &path[at..]].concat();
                return self.definition(&target, steps - 1);
            }
            break;
        }
        self.modules.get(&module).map(String::as_str)
    }

    fn defines(&self, module: &[String], name: &str) -> bool {
        const ITEMS: [&str; 8] = [
            "const", "enum", "fn", "mod", "static", "struct", "trait", "type",
        ];
        let file = self.files.iter().find(|file| file.module == module);
        file.is_some_and(|file| {
            let mut pairs = file.tokens.windows(2);
            pairs.any(|pair| ITEMS.contains(&pair[0].as_str()) && pair[1] == name)
        })
    }

    /// For each file, the files whose items it uses.
    fn uses(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut uses = BTreeMap::new();
        for (file, references) in self.files.iter().zip(&self.references) {
            let imports = references
                .iter()
                .filter(|reference| !reference.is_reexport && !reference.is_in_tests());
            let files = imports.filter_map(|reference| self.definition(&reference.path, 16));
            let others = files.filter(|other| *other != file.name && *other != "lib.rs");
            uses.insert(&*file.name, others.collect());
        }
        uses
    }

    /// Groups of files that use each other, directly or through others of the group.
    fn cycles(&self) -> BTreeSet<Vec<&str>> {
        let uses = self.uses();
        let reaches = |from: &str| {
            let mut seen = BTreeSet::new();
            let mut open: Vec<&str> = uses.get(from).into_iter().flatten().copied().collect();
            while let Some(file) = open.pop() {
                if seen.insert(file) {
                    open.extend(uses.get(file).into_iter().flatten().copied());
                }
            }
            seen
        };
        let closure: BTreeMap<_, _> = uses.keys().map(|file| (*file, reaches(file))).collect();
        let groups = closure.iter().filter(|(file, seen)| seen.contains(*file));
        groups
            .map(|(file, seen)| {
                let group = seen.iter().filter(|other| closure[*other].contains(file));
                group.copied().collect()
            })
            .collect()
    }
}

#[test]
fn files_import_from_lower_tiers_only() {
    let source = Crate::read();
    assert!(source.files.len() > 30, "{} files", source.files.len());
    let mut wrong = Vec::new();
    for (file, references) in source.files.iter().zip(&source.references) {
        let File { name, text, .. } = file;
        // `lib.rs` declares and re-exports the modules.
        let Some(module) = file.module.first() else {
            continue;
        };
        for import in references
            .iter()
            .filter_map(|reference| reference.path.first())
        {
            if import != module && tier(import) >= tier(module) {
                wrong.push(format!("{name}: imports `{import}`"));
            }
        }
        if tier(module) < FIRST_WITH_TOWER {
            let code = || {
                text.lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
            };
            // The key cache runs look-ups in tasks.
            let has_tasks = name == "keys/cache/lookup.rs";
            for word in ["tower_layer", "tower_service", "http_body::", "tokio"] {
                if has_tasks && word == "tokio" {
                    continue;
                }
                if code().any(|line| line.contains(word)) {
                    wrong.push(format!("{name}: names `{word}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_do_not_import_each_other_in_new_cycles() {
    let source = Crate::read();
    let uses = source.uses();
    let cycles = source.cycles();
    let mut wrong = Vec::new();
    for cycle in &cycles {
        let is_known = |known: &&[&str]| cycle.iter().all(|file| known.contains(file));
        if KNOWN_CYCLES.iter().any(is_known) {
            continue;
        }
        wrong.push("these files import each other in a cycle:".to_owned());
        for file in cycle {
            let inside: Vec<_> = uses[file].iter().filter(|it| cycle.contains(it)).collect();
            wrong.push(format!("  {file} uses {inside:?}"));
        }
    }
    for file in KNOWN_CYCLES.iter().copied().flatten() {
        if !cycles.iter().any(|cycle| cycle.contains(file)) {
            wrong.push(format!(
                "{file} is in no cycle: remove it from `KNOWN_CYCLES`"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_are_found_in_code_only() {
    let text = r##"
        //! [`crate::comment`]
        pub use self::{child::{Item as Other, Second}, child};
        use crate::{a::B, c};
        fn f<'a>(x: &'a str) -> ::redis::Value {
            let text = "crate::string \" crate::string";
            let raw = r#"crate::raw " crate::raw"#;
            let letter = '"'; /* crate::block */
            super::super::up::<crate::generic::G>(child::call())
        }
        mod inner { use super::Item; }
        pub(in crate::visibility) struct S;
    "##;
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<ModulePath>();
    let modules = ["m::own::child", "m::own"].map(|path| (module(path), path.to_owned()));
    let file = File {
        name: "m/own/mod.rs".to_owned(),
        module: module("m::own"),
        text: text.to_owned(),
        tokens: tokens(text),
    };
    let found = references(&file, &BTreeMap::from(modules));
    let paths: Vec<_> = found
        .iter()
        .map(|reference| reference.path.join("::"))
        .collect();
    let expect = [
        "m::own::child::Item",
        "m::own::child::Second",
        "m::own::child",
        "a::B",
        "c",
        "up",
        "generic::G",
        "m::own::child::call",
        "m::own::Item",
    ];
    assert_eq!(paths, expect);
    let reexports = found
        .iter()
        .filter(|reference| reference.is_reexport)
        .count();
    assert_eq!(reexports, 3);
    assert_eq!(found[0].binds.as_deref(), Some("Other"));
    assert_eq!(found[2].binds.as_deref(), Some("child"));
}
