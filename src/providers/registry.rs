//! The entries of the list of presets.

use std::fmt;

use super::Provider;
use crate::scheme::Credential;

/// A provider that the crate knows, as an entry of [`providers::all`](super::all).
///
/// ```
/// use tower_webhook::providers;
///
/// for preset in providers::all() {
///     println!("{:24} {:24} {}", preset.name(), preset.title(), preset.requirements());
/// }
/// let github = providers::by_name("github").expect("a preset");
/// assert_eq!(github.scheme().name(), "github");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    name: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
    build: fn() -> Provider,
}

impl Preset {
    pub(super) const fn new(
        name: &'static str,
        title: &'static str,
        build: fn() -> Provider,
    ) -> Self {
        Self {
            name,
            title,
            aliases: &[],
            build,
        }
    }

    /// Adds names under which users look for the provider.
    pub(super) const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Returns the name of the scheme, which is the name of the function with hyphens.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the name under which users know the provider.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// Returns other names that [`by_name`](super::by_name) accepts, such as `whatsapp` for `meta`.
    ///
    /// An alias is a former name, a product, or a brand that signs in the same way. An alias
    /// belongs to one preset and never equals the name of a preset. The scheme has the
    /// [name](Self::name) of the preset, and not the alias.
    #[must_use]
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// Builds the provider.
    #[must_use]
    pub fn provider(&self) -> Provider {
        (self.build)()
    }

    /// Returns what the operator has to configure.
    #[must_use]
    pub fn requirements(&self) -> Requirements {
        let provider = self.provider();
        Requirements {
            credential: provider.scheme().credential(),
            public_url: provider.scheme().url_is_signed(),
            settings: provider.scheme().settings().map(str::to_owned).collect(),
        }
    }
}

/// What the operator of a provider's endpoint has to configure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirements {
    /// The credential that authenticates deliveries.
    pub credential: Credential,
    /// Whether the provider needs a [`PublicUrl`](crate::PublicUrl).
    pub public_url: bool,
    /// The [settings](Provider::with_setting) that the scheme needs.
    pub settings: Vec<String>,
}

impl fmt::Display for Requirements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.credential.fmt(f)?;
        if self.public_url {
            f.write_str(", the public URL")?;
        }
        for setting in &self.settings {
            write!(f, ", `{setting}`")?;
        }
        Ok(())
    }
}
