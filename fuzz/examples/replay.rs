//! Runs inputs without libFuzzer and lists the properties that they violate:
//! `cargo run --example replay TARGET [PATH]...`. Without paths, the corpus of the target.

use std::{
    collections::BTreeMap,
    fs, panic,
    path::{Path, PathBuf},
};

use tower_webhook_fuzz::{attack, builder, parse, roundtrip, seeds};

type Check = Box<dyn Fn(&[u8])>;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().unwrap_or_default();
    let check: Check = match &*target {
        "asymmetric" => {
            let rigs = seeds::asymmetric_rigs();
            Box::new(move |data| attack::check(&rigs, data))
        }
        "builder" => Box::new(builder::check),
        "layers" => {
            let rigs = seeds::layers_rigs();
            Box::new(move |data| attack::check(&rigs, data))
        }
        "parse" => Box::new(parse::check),
        "roundtrip" => {
            let rigs = seeds::roundtrip_rigs();
            Box::new(move |data| roundtrip::check(&rigs, data))
        }
        other => panic!("no target is called `{other}`"),
    };
    let mut paths: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    if paths.is_empty() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(&target);
        let entries: Result<Vec<_>, _> = fs::read_dir(corpus)?.collect();
        paths = entries?.iter().map(fs::DirEntry::path).collect();
        paths.sort();
    }
    panic::set_hook(Box::new(|_| {}));
    let mut found: BTreeMap<String, (usize, PathBuf, String)> = BTreeMap::new();
    for path in &paths {
        let data = fs::read(path)?;
        let Err(panic) = panic::catch_unwind(panic::AssertUnwindSafe(|| check(&data))) else {
            continue;
        };
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
        let text = text.unwrap_or_default();
        let name = text.split(": ").next().unwrap_or_default().to_owned();
        found
            .entry(name)
            .or_insert_with(|| (0, path.clone(), text))
            .0 += 1;
    }
    for (count, path, text) in found.values() {
        println!("{count} inputs, such as {}:\n{text}\n", path.display());
    }
    println!("{} inputs, {} kinds of violation", paths.len(), found.len());
    Ok(())
}
