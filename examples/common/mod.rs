//! What the examples that take a provider by its name share.

use std::io::{self, Write as _};

use http::HeaderName;
use tower_webhook::{
    PublicUrl,
    handshake::Handshake,
    providers::{self, Preset, Provider},
    scheme::Credential,
};

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

/// What a provider may need besides.
#[derive(Default)]
pub(crate) struct Besides {
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) public_url: Option<String>,
    pub(crate) token_header: Option<HeaderName>,
}

/// How that is given, for errors; a setting, as one of the name `NAME`.
pub(crate) struct Words {
    pub(crate) setting: &'static str,
    pub(crate) public_url: &'static str,
    pub(crate) token_header: &'static str,
}

impl Besides {
    /// The provider with all of it. It is an error if something is of no use, or a setting that is
    /// signed is missing.
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
                    "`{name}` has no setting that is called `{setting}`"
                ));
            }
            provider = provider.with_setting(setting, value.as_str());
        }
        let mut signed = scheme.settings();
        if let Some(setting) = signed.find(|it| provider.setting(it).is_none()) {
            let how = words.setting.replace("NAME", setting);
            return Err(format!(
                "`{name}` signs the setting `{setting}`: give it by {how}"
            ));
        }
        if let Some(url) = &self.public_url {
            let word = words.public_url;
            if !scheme.url_is_signed() {
                return Err(format!("{word}: `{name}` does not sign the URL"));
            }
            let url = PublicUrl::fixed(url).map_err(|error| format!("{word}: {error}"))?;
            provider = provider.with_public_url(url);
        }
        if let Some(header) = &self.token_header {
            if scheme.credential() != Credential::Token {
                let word = words.token_header;
                return Err(format!("{word}: `{name}` signs, and has no token"));
            }
            provider = provider.with_token_header(header.clone());
        }
        Ok(provider)
    }
}

/// Prints what is at the top of an example.
pub(crate) fn help(source: &str) {
    let lines = source.lines();
    let lines = lines.map_while(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    print(&lines.flat_map(|line| [line, "\n"]).collect::<String>());
}

/// Prints a text. Who reads it, such as `head`, may have had enough before its end.
pub(crate) fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
