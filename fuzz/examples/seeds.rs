//! Writes the seeds of each target into `corpus/TARGET`, or into `FOLDER/TARGET`:
//! `cargo run --example seeds [FOLDER]`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tower_webhook_fuzz::{builder, parse, seeds};

fn main() -> std::io::Result<()> {
    let corpus = std::env::args().nth(1).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"),
        PathBuf::from,
    );
    for (target, seeds) in [
        ("parse", parse::seeds()),
        ("roundtrip", seeds::roundtrips(&seeds::roundtrip_rigs())),
        ("builder", builder::seeds()),
        ("layers", seeds::attacks(&seeds::layers_rigs())),
        ("asymmetric", seeds::attacks(&seeds::asymmetric_rigs())),
    ] {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        for (at, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{at:05}")), seed)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}
