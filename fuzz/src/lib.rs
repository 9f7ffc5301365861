//! Shared parts of the fuzz targets; the `README.md` of this package says what each target checks.

pub mod attack;
pub mod builder;
pub mod cut;
pub mod extension;
pub mod input;
pub mod leniencies;
pub mod message;
pub mod mutation;
pub mod oracle;
pub mod parse;
pub mod parts;
pub mod rig;
pub mod roundtrip;
pub mod run;
pub mod samples;
pub mod seeds;
pub mod vectors;

use std::sync::LazyLock;

/// Names in `FUZZ_SKIP`, separated by commas: checks, presets, or `preset:check`.
static SKIPPED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = std::env::var("FUZZ_SKIP").unwrap_or_default();
    names.split(',').map(str::to_owned).collect()
});

/// Reports a violated property as a crash, unless `FUZZ_SKIP` names it.
///
/// # Panics
///
/// Panics to report the violation.
#[track_caller]
pub fn fail(preset: &str, check: &str, text: impl FnOnce() -> String) {
    let both = format!("{preset}:{check}");
    if !is_skipped(preset) && !is_skipped(check) && !is_skipped(&both) {
        panic!("{both}: {}", text());
    }
}

#[must_use]
pub fn is_skipped(name: &str) -> bool {
    SKIPPED.iter().any(|skipped| skipped == name)
}
