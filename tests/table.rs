//! `docs/PROVIDERS.md` is made from the presets, and is what they say today.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

use common::vectors;
use tower_webhook::{
    providers::{self, Preset},
    scheme::{Credential, Place, Scheme},
};

const INTRODUCTION: &str = "\
# Providers

Made by `UPDATE_DOCS=1 cargo test --test table`; do not edit. Each provider's own page, its key and what it does not sign are
in the documentation of its function in `tower_webhook::providers`.

- **Needs**: what its operator configures.
- **Signature**: where it is.
- **Scheme**: how it is computed, of what text.
- **Time**: where the timestamp is, and the tolerance either way; *unsigned* proves no freshness.
- **Proof**: deliveries in `tests/vectors` that the provider published, and that its own library signed or judged. Where there
  is none, the scheme is what the provider's documentation says, held against no delivery of its own.

";

fn cell(text: impl AsRef<str>) -> String {
    text.as_ref().replace('|', "\\|").replace('\n', "\\n")
}

fn place(place: &Place) -> String {
    match place {
        Place::Header(name) => format!("`{name}`"),
        other => other.to_string(),
    }
}

fn scheme(scheme: &Scheme) -> String {
    let texts: Vec<_> = scheme
        .messages()
        .map(|text| format!("`{}`", text.replace('\n', "\\n")))
        .collect();
    let texts = texts.join(" or ");
    let claims = scheme.claims().map(|(name, values)| {
        let values: Vec<_> = values.map(|value| format!("`{value}`")).collect();
        format!("`{name}` {}", values.join(" or "))
    });
    let claims: Vec<_> = claims.collect();
    let texts = if claims.is_empty() {
        texts
    } else {
        format!("a token whose claims are {}", claims.join(", "))
    };
    match scheme.credential() {
        Credential::Token | Credential::UserAndPassword => "compared, signs nothing".into(),
        _ if scheme.body_is_signed() => {
            format!("{}, {}, of {texts}", scheme.algorithm(), scheme.encoding())
        }
        _ => format!(
            "{}, {}, of {texts}; **not of the body**",
            scheme.algorithm(),
            scheme.encoding()
        ),
    }
}

fn time(scheme: &Scheme) -> String {
    if !scheme.has_timestamp() {
        let leeway = scheme.tolerance().as_secs();
        return if scheme.must_expire() {
            format!("the token's claim `exp`, {leeway} s")
        } else {
            "none".into()
        };
    }
    let place = scheme
        .timestamp_place()
        .map_or("beside the signature".into(), place);
    let unsigned = if scheme.timestamp_is_signed() {
        ""
    } else {
        ", *unsigned*"
    };
    format!("{place}{unsigned}, {} s", scheme.tolerance().as_secs())
}

fn row(preset: &Preset, proofs: &BTreeMap<String, [usize; 2]>) -> String {
    let provider = preset.provider();
    let own = provider.scheme();
    let places: Vec<_> = own.signature_places().iter().map(place).collect();
    let places = match &places[..] {
        [first, .., last] if places.len() > 3 => format!("{first} to {last}"),
        _ => places.join(" or "),
    };
    let proof = match proofs.get(&preset.name().replace('-', "_")) {
        None => "none".to_owned(),
        Some([published, 0]) => format!("{published} published"),
        Some([0, library]) => format!("{library} of its library"),
        Some([published, library]) => format!("{published} published, {library} of its library"),
    };
    let name = preset.name().replace('-', "_");
    format!(
        "| {} | `{name}` | {} | {} | {} | {} | {proof} |",
        cell(preset.title()),
        cell(preset.needs().to_string()),
        cell(places),
        cell(scheme(own)),
        cell(time(own)),
    )
}

#[test]
fn the_table_of_providers_is_current() {
    let mut proofs = BTreeMap::new();
    for file in vectors() {
        let of_library = file
            .cases
            .iter()
            .filter(|case| case.sdk_said.is_some())
            .count();
        let library = file
            .cases
            .iter()
            .filter(|case| case.name.starts_with("sdk: "))
            .count();
        let library = library.max(of_library);
        proofs.insert(file.provider, [file.cases.len() - library, library]);
    }
    let mut table = INTRODUCTION.to_owned();
    let mut presets: Vec<_> = providers::all().collect();
    presets.sort_by_key(|preset| (preset.title().to_lowercase(), preset.name()));
    writeln!(table, "{} presets.\n", presets.len()).unwrap();
    table.push_str("| provider | function | needs | signature | scheme | time | proof |\n");
    table.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for preset in presets {
        table.push_str(&row(preset, &proofs));
        table.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/PROVIDERS.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &table).unwrap();
    }
    let current = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == table,
        "docs/PROVIDERS.md is not what the presets say: UPDATE_DOCS=1 cargo test --test table"
    );
}
