//! The recorded deliveries in `tests/vectors`.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use base64ct::Encoding as _;
use http::{Method, Uri};
use serde::{Deserialize, Deserializer};
use tower_webhook::{
    Keys, PublicUrl, Secret, Verifier,
    handshake::Handshake,
    providers::{self, Provider},
};

use super::{Delivery, TestClock, at, with_public_url};

/// `tests/vectors/<provider>.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VectorFile {
    pub(crate) provider: String,
    pub(crate) cases: Vec<Vector>,
}

/// One real delivery and the answer that it deserves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) secret: Option<String>,
    /// The current one first.
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    #[serde(default)]
    pub(crate) public_key: Option<String>,
    /// What else has to be configured.
    #[serde(default)]
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) body: String,
    /// In the place of `body`, where that is not UTF-8.
    #[serde(default)]
    pub(crate) body_b64: Option<String>,
    /// What the clock reads, in seconds after 1970.
    pub(crate) now: i64,
    /// Seconds; the scheme's own where it is absent, any age where it is null.
    #[serde(default = "own_tolerance", deserialize_with = "tolerance")]
    pub(crate) tolerance: Tolerance,
    pub(crate) expect: Expected,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// What the provider's own library answers, where it was asked.
    #[serde(default)]
    pub(crate) sdk_said: Option<String>,
}

/// How old a vector's delivery may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tolerance {
    Own,
    Any,
    Seconds(u64),
}

fn own_tolerance() -> Tolerance {
    Tolerance::Own
}

fn tolerance<'de, D: Deserializer<'de>>(from: D) -> Result<Tolerance, D::Error> {
    let seconds = Option::<u64>::deserialize(from)?;
    Ok(seconds.map_or(Tolerance::Any, Tolerance::Seconds))
}

/// What a vector expects.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expected {
    Accept,
    Reject,
}

impl Vector {
    pub(crate) fn delivery(&self) -> Delivery {
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let delivery = Delivery::new(self.body()).method(method).uri(&self.url);
        self.headers
            .iter()
            .fold(delivery, |delivery, (name, value)| {
                delivery.header(name, value)
            })
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        match &self.body_b64 {
            Some(text) => base64ct::Base64::decode_vec(text).expect("base64"),
            None => self.body.clone().into(),
        }
    }

    pub(crate) fn keys(&self) -> Keys {
        let texts = [&self.secret, &self.public_key].into_iter().flatten();
        let texts = texts.chain(&self.secrets).take(self.secrets.len().max(1));
        let secrets = texts.map(|text| Secret::new(text.trim()).expect("a secret"));
        Keys::newest_first(secrets).expect("a secret or a public key")
    }

    /// The verifier that the case asks for.
    pub(crate) fn verifier(&self, preset: &str, keys: impl Into<Keys>) -> Verifier {
        self.verifier_of(provider(preset), keys)
    }

    /// The same for a changed provider.
    pub(crate) fn verifier_of(&self, provider: Provider, keys: impl Into<Keys>) -> Verifier {
        let clock = TestClock::at(at(self.now));
        // Some cases name secrets of other schemes of the same provider.
        let known: Vec<String> = settings(&provider);
        let given = self.config.iter().filter(|(name, _)| known.contains(name));
        let provider = given.fold(provider, |provider, (name, value)| {
            provider.with_setting(name, value.as_str())
        });
        let url: Uri = self.url.parse().expect("a URL");
        let (scheme, host) = (url.scheme_str(), url.authority());
        let base = format!("{}://{}", scheme.expect("a scheme"), host.expect("a host"));
        let provider = with_public_url(provider, PublicUrl::fixed(&base).expect("a base"));
        let preset = provider.scheme().name().to_owned();
        let verifier = Verifier::new(provider, keys)
            .unwrap_or_else(|error| panic!("{preset}: {}: {error}", self.name));
        let verifier = verifier.clock(clock);
        match self.tolerance {
            Tolerance::Own => verifier,
            Tolerance::Any => with_any_tolerance(verifier),
            Tolerance::Seconds(seconds) => {
                let verifier = verifier.tolerance(Duration::from_secs(seconds));
                verifier.expect("a scheme with a timestamp")
            }
        }
    }
}

/// Accepts every timestamp. A scheme without one has no tolerance.
pub(crate) fn with_any_tolerance(verifier: Verifier) -> Verifier {
    let tolerant = verifier.clone().tolerance(Duration::MAX);
    tolerant.unwrap_or(verifier)
}

/// Every file in `tests/vectors` that is about a provider that is compiled.
pub(crate) fn vectors() -> Vec<VectorFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("tests/vectors")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    paths.sort();
    let files = paths.iter().filter_map(|path| {
        let text = fs::read(path).expect("a readable file");
        let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        find_provider(json.get("provider")?.as_str()?)?;
        let file = serde_json::from_slice(&text);
        Some(file.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    });
    let files: Vec<VectorFile> = files.collect();
    for case in files.iter().flat_map(|file| &file.cases) {
        let texts = [
            Some(&case.source),
            case.reason.as_ref(),
            case.sdk_said.as_ref(),
        ];
        let is_empty = texts.into_iter().flatten().any(String::is_empty);
        assert!(!is_empty, "{}: an empty text", case.name);
    }
    files
}

/// The preset that a vector file names.
pub(crate) fn provider(name: &str) -> Provider {
    providers::by_name(name).unwrap_or_else(|| panic!("no preset is called {name}"))
}

/// Whether the features of all presets are enabled.
pub(crate) const fn has_all_presets() -> bool {
    cfg!(all(feature = "ecdsa", feature = "ed25519", feature = "rsa"))
}

/// The preset of this name, or `None` if it needs a feature that is not enabled.
pub(crate) fn find_provider(name: &str) -> Option<Provider> {
    let found = providers::by_name(name);
    assert!(
        found.is_some() || !has_all_presets(),
        "no preset is called {name}"
    );
    found
}

/// The names of the settings that a provider's scheme and handshakes use.
pub(crate) fn settings(provider: &Provider) -> Vec<String> {
    let of_handshakes = provider.handshakes().iter().flat_map(Handshake::settings);
    let names = provider.scheme().settings().chain(of_handshakes);
    names.map(str::to_owned).collect()
}
