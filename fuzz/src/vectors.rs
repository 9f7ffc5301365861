//! The recorded deliveries in `tests/vectors`.

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::message::Message;

#[derive(Debug, Deserialize)]
pub struct File {
    pub provider: String,
    pub cases: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    pub name: String,
    #[serde(default)]
    pub secret: Option<String>,
    /// The current secret first.
    #[serde(default)]
    pub secrets: Vec<String>,
    #[serde(default)]
    pub public_key: Option<String>,
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub body_b64: Option<String>,
    /// The time of the clock, as a Unix time in seconds.
    pub now: i64,
    pub expect: String,
}

impl Case {
    /// # Panics
    ///
    /// Panics if the vector is broken.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        match &self.body_b64 {
            Some(text) => STANDARD.decode(text).expect("base64"),
            None => self.body.clone().into_bytes(),
        }
    }

    /// The scheme and the authority of the URL, and the rest.
    ///
    /// # Panics
    ///
    /// Panics if the vector is broken.
    #[must_use]
    pub fn split_url(&self) -> (&str, &str) {
        let start = self.url.find("://").expect("a URL") + 3;
        let end = self.url[start..]
            .find(['/', '?'])
            .map_or(self.url.len(), |at| start + at);
        self.url.split_at(end)
    }

    #[must_use]
    pub fn message(&self) -> Message {
        let (_, target) = self.split_url();
        let headers = self.headers.iter();
        Message {
            method: self.method.clone(),
            target: if target.is_empty() {
                "/".into()
            } else {
                target.into()
            },
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.as_bytes().to_vec()))
                .collect(),
            body: self.body(),
        }
    }
}

/// All vectors of providers, in the order of their names.
///
/// # Panics
///
/// Panics if a file cannot be read.
#[must_use]
pub fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let entries = fs::read_dir(folder).expect("tests/vectors");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
    paths.sort();
    let texts = paths
        .iter()
        .map(|path| fs::read(path).expect("a readable file"));
    let files = texts.map(|text| serde_json::from_slice(&text).expect("JSON"));
    let of_providers = files.filter(|json: &serde_json::Value| json.get("provider").is_some());
    of_providers
        .map(|json| serde_json::from_value(json).expect("vectors"))
        .collect()
}
