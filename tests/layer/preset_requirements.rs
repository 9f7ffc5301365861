//! The statuses that providers require for invalid signatures, and the payload sizes that they
//! document. The table is `tests/vectors/requirements.json`.

use std::{collections::BTreeMap, fs, path::Path};

use bytes::Bytes;
use serde::Deserialize;
use tower::Layer;
use tower_webhook::{PublicUrl, Secret, WebhookLayer};

use crate::support::{
    Delivery, RecordingService, Report, SECRET, Script, Step, find_provider, send, test_clock,
    with_public_url,
};

/// The limit of a layer whose provider documents none.
const DEFAULT_LIMIT: usize = 1 << 20;

/// The length of the frames of a long body.
const FRAME: usize = 256 << 10;

#[derive(Deserialize)]
struct Table {
    requirements: Vec<Requirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    preset: String,
    #[serde(default)]
    public_key: Option<String>,
    /// The secret, if it has a form of its own.
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    config: BTreeMap<String, String>,
    /// A signature that has the form of the scheme and is wrong, with what belongs to it.
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    url: Option<String>,
    /// The start of the body.
    #[serde(default)]
    body: String,
    /// The character that fills the body.
    #[serde(default = "space")]
    padding: char,
    #[serde(default)]
    rejection: Option<Rejection>,
    #[serde(default)]
    payload_limit: Option<PayloadLimit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rejection {
    status: u16,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayloadLimit {
    bytes: usize,
    source: String,
}

/// Whether the whole body is too long for a test.
fn is_long(length: usize) -> bool {
    length > 8 << 20
}

fn space() -> char {
    ' '
}

impl Requirement {
    fn status(&self) -> u16 {
        self.rejection.as_ref().map_or(403, |it| it.status)
    }

    fn limit(&self) -> usize {
        let limit = self.payload_limit.as_ref();
        limit.map_or(DEFAULT_LIMIT, |it| it.bytes)
    }

    fn sources(&self) -> impl Iterator<Item = &str> {
        let status = self.rejection.iter().map(|it| &*it.source);
        let limit = self.payload_limit.iter().map(|it| &*it.source);
        status.chain(limit)
    }

    /// A body of `length` bytes. Its frames share one buffer.
    ///
    /// A body of many MiB takes seconds in a debug build, so it breaks off after its first frame. A
    /// layer that accepts its announced length then reports that the body is incomplete.
    fn body(&self, length: usize) -> Script {
        let start = Bytes::copy_from_slice(self.body.as_bytes());
        let frame = Bytes::from(vec![u8::try_from(self.padding).unwrap(); FRAME]);
        let mut missing = length - start.len();
        let mut steps = vec![Step::Data(start)];
        while missing > 0 && !is_long(length) {
            let part = frame.slice(..missing.min(FRAME));
            missing -= part.len();
            steps.push(Step::Data(part));
        }
        if is_long(length) {
            steps.push(Step::Fail);
        }
        Script::new(steps).of_size(length as u64)
    }

    fn delivery(&self) -> Delivery {
        let delivery = Delivery::new("");
        let delivery = match &self.url {
            Some(url) => delivery.uri(url),
            None => delivery,
        };
        self.headers
            .iter()
            .fold(delivery, |delivery, (name, value)| {
                delivery.header(name, value)
            })
    }

    /// Sends forged requests: an ordinary one, one of the greatest length, and one that is a byte
    /// longer.
    async fn check(&self, report: &mut Report) {
        let Some(provider) = find_provider(&self.preset) else {
            return;
        };
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let provider = self
            .config
            .iter()
            .fold(provider, |provider, (name, value)| {
                provider.with_setting(name, value.as_str())
            });
        let key = self.public_key.as_ref().or(self.secret.as_ref());
        let key = key.map_or(SECRET, String::as_str);
        let layer = WebhookLayer::new(with_public_url(provider, url), Secret::new(key).unwrap());
        let inner = RecordingService::default();
        let layer = layer.unwrap().clock(test_clock());
        let service = layer.layer(inner.clone());
        let (status, limit) = (self.status(), self.limit());
        let mismatch = (status, "SignatureMismatch");
        let longest = if is_long(limit) {
            (400, "BodyReadError")
        } else {
            mismatch
        };
        let rows = [
            ("a forged request", self.body.len() + 2, mismatch),
            ("the longest body", limit, longest),
            ("a body that is too long", limit + 1, (413, "BodyTooLarge")),
        ];
        for (name, length, (status, kind)) in rows {
            let request = self.delivery().with(self.body(length));
            let answer = send(&service, request).await;
            let got = (answer.status.as_u16(), answer.kind());
            report.note(if got == (status, kind.to_owned()) && inner.calls() == 0 {
                Ok(())
            } else {
                let preset = &self.preset;
                Err(format!("{preset}: {name}: {got:?}, not {status}, {kind}"))
            });
        }
    }
}

fn requirements() -> Vec<Requirement> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/requirements.json");
    let table: Table = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    table.requirements
}

#[tokio::test]
async fn answers_as_providers_require() {
    let mut report = Report::default();
    for requirement in requirements() {
        requirement.check(&mut report).await;
    }
    report.finish();
}

/// `applies_the_statuses_and_body_limits_of_providers` in `verify` compares the table with the
/// presets.
#[test]
fn every_requirement_has_a_source() {
    for row in requirements() {
        let sources: Vec<_> = row.sources().collect();
        assert!(!sources.is_empty(), "{}: no requirement", row.preset);
        for source in sources {
            assert!(source.starts_with("https://"), "{}: {source}", row.preset);
        }
    }
}
