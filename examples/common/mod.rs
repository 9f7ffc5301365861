//! Helpers for the examples that select a provider by its name.

use std::io::{self, Write as _};

use http::HeaderName;
use tower_webhook::{
    PublicUrl,
    handshake::Handshake,
    providers::{self, Preset, Provider},
    scheme::Credential,
};

/// Returns the preset with this name, in the spelling of the name or of its function.
pub(crate) fn provider(name: &str) -> Result<Provider, String> {
    let name = name.to_lowercase().replace('_', "-");
    providers::by_name(&name).ok_or_else(|| unknown(&name))
}

/// The error for an unknown name, with the three most similar names.
fn unknown(name: &str) -> String {
    let mut names: Vec<_> = providers::all().map(Preset::name).collect();
    names.sort_by_key(|other| {
        let distance = strsim::osa_distance(name, other);
        (!other.starts_with(name), distance)
    });
    let nearest = names.get(..3).unwrap_or_default().join("`, `");
    format!("unknown provider `{name}`; similar names are `{nearest}`")
}

/// Options of a provider in addition to its name and its secrets.
#[derive(Default)]
pub(crate) struct Besides {
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) public_url: Option<String>,
    pub(crate) token_header: Option<HeaderName>,
}

/// How the user sets these options, for errors. `setting` contains `NAME` in place of the name.
pub(crate) struct Words {
    pub(crate) setting: &'static str,
    pub(crate) public_url: &'static str,
    pub(crate) token_header: &'static str,
}

impl Besides {
    /// Applies the options. Returns an error if one has no effect, or if a signed setting is
    /// missing.
    pub(crate) fn put(&self, mut provider: Provider, words: &Words) -> Result<Provider, String> {
        let scheme = provider.scheme().clone();
        let name = scheme.name();
        let handshakes = provider.handshakes().to_vec();
        for (setting, value) in &self.settings {
            let of_handshakes = handshakes.iter().flat_map(Handshake::settings);
            if !scheme
                .settings()
                .chain(of_handshakes)
                .any(|it| it == setting)
            {
                return Err(format!(
                    "provider `{name}` has no setting `{setting}`; remove it"
                ));
            }
            provider = provider.with_setting(setting, value.as_str());
        }
        let mut signed = scheme.settings();
        if let Some(setting) = signed.find(|it| provider.setting(it).is_none()) {
            let how = words.setting.replace("NAME", setting);
            return Err(format!(
                "provider `{name}` signs the setting `{setting}`; set it with {how}"
            ));
        }
        if let Some(url) = &self.public_url {
            let word = words.public_url;
            if !scheme.url_is_signed() {
                return Err(format!(
                    "{word}: provider `{name}` does not sign the URL; remove it"
                ));
            }
            let url = PublicUrl::fixed(url).map_err(|error| format!("{word}: {error}"))?;
            provider = provider.with_public_url(url);
        }
        if let Some(header) = &self.token_header {
            if scheme.credential() != Credential::Token {
                let word = words.token_header;
                return Err(format!(
                    "{word}: provider `{name}` does not use a token; remove it"
                ));
            }
            provider = provider.with_token_header(header.clone());
        }
        Ok(provider)
    }
}

/// Prints the documentation at the top of an example.
pub(crate) fn help(source: &str) {
    let lines = source.lines();
    let lines = lines.map_while(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    print(&lines.flat_map(|line| [line, "\n"]).collect::<String>());
}

/// Prints a text. Errors are ignored, because a reader such as `head` may close the pipe early.
pub(crate) fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
