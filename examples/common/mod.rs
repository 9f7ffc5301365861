//! What the examples that take a provider by its name share.

use tower_webhook::providers::{self, Preset, Provider};

/// The ready-made provider of this name, as it or its function is called.
pub(crate) fn provider(name: &str) -> Result<Provider, String> {
    let name = name.to_lowercase().replace('_', "-");
    providers::by_name(&name).ok_or_else(|| unknown(&name))
}

/// No provider is called so, but some nearly.
fn unknown(name: &str) -> String {
    let mut names: Vec<_> = providers::all().map(Preset::name).collect();
    names.sort_by_key(|other| {
        let distance = strsim::osa_distance(name, other);
        (!other.starts_with(name), distance)
    });
    let nearest = names.get(..3).unwrap_or_default().join("`, `");
    format!("no provider is called `{name}`; the nearest are `{nearest}`")
}
