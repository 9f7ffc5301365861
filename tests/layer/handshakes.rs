//! What providers ask before they deliver: `tests/vectors/handshakes.json` through the layer, each
//! answered, and not answered where anything about it is wrong.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{Router, routing::any};
use http::{HeaderName, Method, Request, Version};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::Layer;
use tower_webhook::{
    Keys, PublicUrl, RequestHead, Secret, Verifier, WebhookLayer,
    handshake::{
        Acceptance, ChallengeCharset, Handshake, HandshakeData, HandshakeDataValue, ResponsePart,
    },
    providers::{self, Provider},
    rejection::{self, RejectionKind},
    scheme::{Algorithm, Location, Scheme},
};

use crate::support::{
    self, Answer, Delivery, RecordingService, Report, Script, Step, TestClock, at, find_provider,
    send, test_clock,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "comment")]
    _comment: String,
    now: i64,
    groups: Vec<Group>,
}

/// The requests of one provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    provider: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    public_key: Option<String>,
    #[serde(default)]
    config: BTreeMap<String, String>,
    rows: Vec<Row>,
}

/// One request, and one of `answer`, `refused` and `forwarded`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    /// In the place of the group's.
    #[serde(default)]
    config: Option<BTreeMap<String, String>>,
    /// The decision of the program on the handshake data. There is no handler if the field is
    /// absent.
    #[serde(default)]
    taken: Option<Taken>,
    #[serde(default)]
    answer: Option<Expected>,
    #[serde(default)]
    refused: Option<Refused>,
    #[serde(default)]
    forwarded: bool,
    #[serde(default)]
    hands_over: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Taken {
    Accept,
    Fail,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: u16,
    #[serde(default)]
    content_type: Option<String>,
    body: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    status: u16,
    kind: String,
}

fn file() -> File {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/handshakes.json");
    let mut file: File = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    file.groups
        .retain(|group| find_provider(&group.provider).is_some());
    file
}

impl Group {
    fn provider(&self, row: &Row) -> Provider {
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let provider = support::with_public_url(support::provider(&self.provider), url);
        let config = row.config.as_ref().unwrap_or(&self.config);
        config.iter().fold(provider, |provider, (name, value)| {
            provider.with_setting(name, value.as_str())
        })
    }

    fn keys(&self) -> Keys {
        let text = self.secret.as_ref().or(self.public_key.as_ref()).unwrap();
        Secret::new(text.trim()).unwrap().into()
    }
}

impl Row {
    /// Whether the provider uses the method of this row for deliveries.
    fn delivers_with(&self, provider: &Provider) -> bool {
        let mut methods = provider.methods().iter();
        methods.any(|method| method.as_str() == self.method)
    }

    fn delivery(&self) -> Delivery {
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let delivery = Delivery::new(&self.body).method(method).uri(&self.url);
        let headers = self.headers.iter();
        headers.fold(delivery, |delivery, (name, value)| {
            delivery.header(name, value)
        })
    }
}

/// What a program is handed.
#[derive(Clone, Default)]
struct Program(Arc<Mutex<Vec<BTreeMap<String, String>>>>);

impl Program {
    fn take(&self, data: &HandshakeData) {
        let seen = match data.value() {
            HandshakeDataValue::Secret(secret) => vec![("secret", secret.expose_secret())],
            HandshakeDataValue::Subscription(it) => vec![
                ("topic_arn", it.topic_arn()),
                ("subscribe_url", it.subscribe_url()),
                ("token", it.token()),
            ],
            _ => panic!("something new"),
        };
        for (name, secret) in &seen {
            let debug = format!("{data:?}");
            assert!(*name == "topic_arn" || !debug.contains(secret), "{debug}");
        }
        let seen = seen
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.0.lock().unwrap().push(seen.collect());
    }
}

fn with_program(layer: WebhookLayer, taken: Option<Taken>, program: &Program) -> WebhookLayer {
    let Some(taken) = taken else {
        return layer;
    };
    let program = program.clone();
    let handled = layer.clone().on_handshake_data(move |data| {
        program.take(&data);
        async move {
            // As a database would have it.
            tokio::task::yield_now().await;
            match taken {
                Taken::Accept => Ok(Acceptance::Accept),
                Taken::Refuse => Ok(Acceptance::Reject),
                Taken::Fail => Err("the database is away"),
            }
        }
    });
    // Most providers have no handshake that carries data.
    handled.unwrap_or(layer)
}

fn clock(now: i64) -> TestClock {
    let clock = test_clock();
    clock.set(at(now));
    clock
}

fn check(row: &Row, answer: &Answer, calls: usize) -> Result<(), String> {
    let wire = answer.wire();
    let fail = |what: String| Err(format!("{what}: {wire:?}, {}", answer.kind()));
    if row.forwarded {
        if calls != 1 || answer.text() != "handled" {
            return fail(format!("not forwarded, {calls} calls"));
        }
        return Ok(());
    }
    if calls != 0 {
        return fail("the inner service was called".into());
    }
    if let Some(refused) = &row.refused {
        if answer.status != refused.status || answer.kind() != refused.kind {
            return fail(format!("not {} {}", refused.status, refused.kind));
        }
        return Ok(());
    }
    let expected = row.answer.as_ref().expect("an outcome");
    if wire
        != (
            expected.status,
            expected.content_type.as_deref(),
            &*expected.body,
        )
    {
        return fail("not the answer".into());
    }
    let nosniff = expected.content_type.as_ref().map(|_| "nosniff");
    if answer.header("x-content-type-options") != nosniff {
        return fail("may be sniffed".into());
    }
    let known = expected.headers.len() + if nosniff.is_some() { 2 } else { 0 };
    if answer.headers.len() != known {
        return fail(format!("other headers: {:?}", answer.headers));
    }
    for (name, value) in &expected.headers {
        if answer.header(name) != Some(value) {
            return fail(format!("`{name}` is not {value}"));
        }
    }
    Ok(())
}

/// Each row, with the keys that the layer has, with those that a handle put there, and with those
/// that are looked up.
#[tokio::test]
async fn each_request_is_answered_refused_or_forwarded() {
    let mut report = Report::default();
    let file = file();
    for group in &file.groups {
        for row in &group.rows {
            let provider = group.provider(row);
            let (reloadable, _handle) =
                WebhookLayer::with_reload_handle(provider.clone(), group.keys()).unwrap();
            let keys = group.keys();
            let with_key_source =
                WebhookLayer::with_key_source(provider.clone(), move |_: RequestHead<'_>| {
                    let keys = keys.clone();
                    async move {
                        tokio::task::yield_now().await;
                        Ok::<_, std::convert::Infallible>(Some(keys))
                    }
                });
            let layers = [
                ("fixed", WebhookLayer::new(provider, group.keys()).unwrap()),
                ("reloadable", reloadable),
                ("looked up", with_key_source.unwrap()),
            ];
            for (which, layer) in layers {
                for in_frames in [false, true] {
                    let program = Program::default();
                    let layer = with_program(layer.clone(), row.taken, &program);
                    let inner = RecordingService::default();
                    let service = layer.clock(clock(file.now)).layer(inner.clone());
                    let delivery = row.delivery();
                    let body = if in_frames {
                        let bytes = delivery.body.chunks(1).map(Step::data);
                        Script::new(bytes)
                    } else {
                        Script::whole(delivery.body.clone())
                    };
                    let answer = send(&service, delivery.with(body)).await;
                    let handed = program.0.lock().unwrap().clone();
                    let outcome = check(row, &answer, inner.calls()).and_then(|()| {
                        let expected: Vec<_> = row.hands_over.iter().cloned().collect();
                        let is_expected = handed == expected || row.taken != Some(Taken::Accept);
                        is_expected
                            .then_some(())
                            .ok_or(format!("handed over: {handed:?}"))
                    });
                    let name = format!("{} ({which}, in frames: {in_frames})", row.name);
                    report.note(
                        outcome.map_err(|what| format!("{}: {name}: {what}", group.provider)),
                    );
                    // The next one is served as if nothing had been.
                    let again = send(&service, row.delivery().request()).await;
                    assert_eq!(again.wire(), answer.wire(), "{}: {name}", group.provider);
                }
            }
        }
    }
    report.finish();
}

/// The core without tower says the same, and leaves to its caller what is handed over.
#[test]
fn a_verifier_says_the_same() {
    let file = file();
    for group in &file.groups {
        for row in &group.rows {
            let verifier = Verifier::new(group.provider(row), group.keys()).unwrap();
            let verifier = verifier.clock(clock(file.now));
            let delivery = row.delivery();
            let said = verifier.handshake(&delivery.head, &delivery.body);
            let outcome = verifier.verify(&delivery.head, &delivery.body);
            let name = format!("{}: {}: {said:?}", group.provider, row.name);
            let is_for_the_program = matches!(row.taken, Some(Taken::Refuse | Taken::Fail))
                || row.name.contains("no handler");
            if is_for_the_program {
                let answer = said.unwrap().expect(&name);
                assert!(answer.data().is_some(), "{name}");
            } else if let Some(expected) = &row.answer {
                let answer = said.unwrap().expect(&name);
                assert!(row.hands_over.is_none() || answer.data().is_some());
                let response = answer.into_response();
                assert_eq!(response.status(), expected.status, "{name}");
                assert_eq!(response.body(), expected.body.as_bytes(), "{name}");
            } else if let Some(refused) = &row.refused {
                match said {
                    Err(rejection) => assert_eq!(rejection.status(), refused.status, "{name}"),
                    Ok(answer) => {
                        assert!(answer.is_none(), "{name}");
                        let rejection = outcome.unwrap_err();
                        // `verify` accepts the methods of deliveries only.
                        let status = if row.delivers_with(verifier.provider()) {
                            refused.status
                        } else {
                            405
                        };
                        assert_eq!(rejection.status(), status, "{name}");
                    }
                }
            } else {
                assert!(said.unwrap().is_none(), "{name}");
                outcome.unwrap();
            }
        }
    }
}

/// Without handshakes, no handshake is answered: unsigned requests are rejected, and signed
/// requests are forwarded.
#[tokio::test]
async fn one_call_switches_them_off() {
    let file = file();
    let mut answered = 0;
    for group in &file.groups {
        for row in group.rows.iter().filter(|row| row.answer.is_some()) {
            let layer = WebhookLayer::new(group.provider(row), group.keys()).unwrap();
            let inner = RecordingService::default();
            let layer = layer.clock(clock(file.now));
            let layer = layer.clone().without_handshakes().unwrap_or(layer);
            let answer = send(&layer.layer(inner.clone()), row.delivery().request()).await;
            let name = format!("{}: {}: {:?}", group.provider, row.name, answer.wire());
            if inner.calls() == 1 {
                assert_eq!(answer.text(), "handled", "{name}");
            } else if row.delivers_with(&group.provider(row)) {
                assert!(matches!(answer.status.as_u16(), 400 | 403), "{name}");
            } else {
                assert_eq!(answer.status, 405, "{name}");
            }
            answered += 1;
        }
    }
    assert!(answered > 30, "{answered}");
}

/// Every preset with a handshake is in the file: answered in one row at least for each of them, and
/// refused in another.
#[test]
fn each_handshake_of_each_preset_has_its_rows() {
    let file = file();
    for preset in providers::all() {
        let provider = preset.provider();
        if provider.handshakes().is_empty() {
            continue;
        }
        // The other versions of a scheme have the handshakes of the first.
        let name = preset.name().trim_end_matches("-sha1").replace('-', "_");
        let group = file.groups.iter().find(|group| group.provider == name);
        let group = group.unwrap_or_else(|| panic!("no handshakes of `{name}`"));
        for handshake in provider.handshakes() {
            let answered = group
                .rows
                .iter()
                .filter(|row| row.answer.is_some())
                .any(|row| {
                    let verifier = Verifier::new(group.provider(row), group.keys()).unwrap();
                    let delivery = row.delivery();
                    let said = verifier
                        .clock(clock(file.now))
                        .handshake(&delivery.head, &delivery.body);
                    said.unwrap().is_some_and(|answer| {
                        answer.handshake() == handshake.name()
                            && row.method == handshake.method().as_str()
                    })
                });
            assert!(
                answered,
                "`{name}`: `{}` is answered nowhere",
                handshake.name()
            );
        }
        assert!(group.rows.iter().any(|row| row.refused.is_some()), "{name}");
    }
}

/// 30: an endpoint that signs challenges signs no event, neither in whole nor in part, and rejects
/// any delivery that it would sign.
#[tokio::test]
async fn a_challenge_is_never_an_event() {
    let file = file();
    let mut endpoints = 0;
    for group in &file.groups {
        let row = group.rows.iter().find(|row| row.answer.is_some()).unwrap();
        let provider = group.provider(row);
        let signs = |it: &&Handshake| format!("{it:?}").contains("Mac");
        let Some(handshake) = provider.handshakes().iter().find(signs) else {
            continue;
        };
        endpoints += 1;
        let ask = |text: &str| -> Option<String> {
            let encoded: String = text.bytes().fold(String::new(), |mut text, byte| {
                write!(text, "%{byte:02x}").unwrap();
                text
            });
            let delivery = match &*group.provider {
                "braintree" => Delivery::new("")
                    .uri(&format!(
                        "https://hooks.example.com/?bt_challenge={encoded}"
                    ))
                    .method(Method::GET),
                "x" => Delivery::new("")
                    .uri(&format!("https://hooks.example.com/?crc_token={encoded}"))
                    .method(Method::GET),
                "zoom" => {
                    let body = serde_json::json!({"event": "endpoint.url_validation", "payload": {"plainToken": text}});
                    let body = body.to_string();
                    let signed = support::mac(
                        Algorithm::HmacSha256,
                        group.secret.as_ref().unwrap().as_bytes(),
                        format!("v0:{}:{body}", file.now).as_bytes(),
                    );
                    Delivery::new(body)
                        .header("x-zm-request-timestamp", file.now.to_string())
                        .header("x-zm-signature", format!("v0={}", support::hex(&signed)))
                }
                other => panic!("{other} signs challenges too"),
            };
            let verifier = Verifier::new(provider.clone(), group.keys())
                .unwrap()
                .clock(clock(file.now));
            let answer = verifier.handshake(&delivery.head, &delivery.body).ok()??;
            assert_eq!(answer.handshake(), handshake.name());
            Some(String::from_utf8(answer.into_response().body().to_vec()).unwrap())
        };
        // What the provider signs of an event begins so.
        let event = match &*group.provider {
            "braintree" => {
                "PD94bWwgdmVyc2lvbj0iMS4wIiBlbmNvZGluZz0iVVRGLTgiPz4KPG5vdGlmaWNhdGlvbj4=\n"
            }
            "x" => r#"{"for_user_id":"2244994945","tweet_create_events":[]}"#,
            _ => r#"v0:1768478400:{"event":"meeting.started","payload":{}}"#,
        };
        for end in 3..=event.len() {
            assert_eq!(ask(&event[..end]), None, "{}: {end}", group.provider);
        }
        // Every byte beside a challenge that is answered.
        let good = "20f9f8ed05f77439fe95";
        assert!(ask(good).is_some());
        for letter in 0..=127_u8 {
            let letter = char::from(letter);
            let text = format!("{good}{letter}");
            let is_token = letter.is_ascii_alphanumeric() || "-._~+/=".contains(letter);
            let is_hex = matches!(letter, '0'..='9' | 'a'..='f');
            let may = if group.provider == "braintree" {
                is_hex
            } else {
                is_token
            };
            assert_eq!(ask(&text).is_some(), may, "{}: {letter:?}", group.provider);
        }
    }
    assert_eq!(endpoints, 3);
}

/// 30: of the texts that it signs, one of each length in a scheme of another's making, none is a
/// delivery. Without the handshake they are, under the very same signature.
#[test]
fn what_is_signed_for_anybody_is_no_delivery() {
    let scheme = Scheme::builder("acme")
        .signature_header("x-acme-signature")
        .build()
        .unwrap();
    let asks = Location::Header(HeaderName::from_static("x-ask"));
    let handshake = Handshake::unsigned("sign", Method::GET)
        .challenge(asks, ChallengeCharset::Printable, 1..=4096)
        .text([ResponsePart::Mac]);
    let signing = Provider::from(scheme.clone()).with_handshake(handshake);
    let signing = Verifier::new(signing, support::secret()).unwrap();
    let silent = Verifier::new(scheme, support::secret()).unwrap();
    for len in 1..=300 {
        let text = "a1.=/+~_-".repeat(34)[..len].to_owned();
        let ask = Delivery::new("").method(Method::GET).header("x-ask", &text);
        let answer = signing.handshake(&ask.head, b"");
        let signature = support::hex(&support::mac256(&text));
        let delivery = Delivery::new(&text).header("x-acme-signature", &signature);
        assert!(silent.verify(&delivery.head, &delivery.body).is_ok());
        let verified = signing.verify(&delivery.head, &delivery.body);
        if len <= 256 {
            let body = answer.unwrap().unwrap().into_response().into_body();
            assert_eq!(body, signature.as_bytes());
            assert_eq!(
                *verified.unwrap_err().kind(),
                RejectionKind::AmbiguousChallenge
            );
        } else {
            assert!(answer.is_err());
            assert!(verified.is_ok());
        }
    }
    // Printable, but not of a token: neither signed nor refused.
    let text = r#"{"a":1}"#;
    let ask = Delivery::new("").method(Method::GET).header("x-ask", text);
    assert!(signing.handshake(&ask.head, b"").is_err());
    let signature = support::hex(&support::mac256(text));
    let delivery = Delivery::new(text).header("x-acme-signature", signature);
    assert!(signing.verify(&delivery.head, &delivery.body).is_ok());
}

/// A hash with its secret in front could be extended from a challenge to an event: it signs none.
#[test]
fn only_an_hmac_signs_challenges() {
    let plain = [
        Algorithm::Sha256SecretFirst,
        Algorithm::Sha256SecretLast,
        Algorithm::Sha1SecretLast,
    ];
    let plain = plain.map(|algorithm| {
        let scheme = Scheme::builder("acme").algorithm(algorithm);
        scheme.signature_header("x-signature").build().unwrap()
    });
    let others = [Some(providers::token()), find_provider("discord")];
    let others = others.map(|provider| Some(provider?.scheme().clone()));
    for scheme in plain.into_iter().chain(others.into_iter().flatten()) {
        let asks = Location::Header(HeaderName::from_static("x-ask"));
        let handshake = Handshake::unsigned("sign", Method::GET)
            .challenge(asks, ChallengeCharset::Token, 1..=64)
            .text([ResponsePart::Mac]);
        let name = format!("{:?}", scheme.algorithm());
        let provider = Provider::from(scheme).with_handshake(handshake);
        let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let error = Verifier::new(provider, Secret::new(key).unwrap()).expect_err(&name);
        let text = error.to_string();
        assert!(
            text.contains("`with_handshake` has no effect"),
            "{name}: {text}"
        );
    }
}

fn crc(layer: &WebhookLayer) -> impl Future<Output = Answer> + use<> {
    let inner = RecordingService::default();
    let service = layer.layer(inner);
    let ask = Delivery::new("").method(Method::GET);
    let ask = ask.uri("https://hooks.example.com/x?crc_token=abc");
    async move { send(&service, ask.request()).await }
}

fn crc_answer(secret: &str) -> String {
    let mac = support::mac(Algorithm::HmacSha256, secret.as_bytes(), b"abc");
    format!(r#"{{"response_token":"sha256={}"}}"#, support::base64(&mac))
}

/// With several keys the current one answers; a handle's next answer is by its new key; one that
/// has expired answers nothing.
#[tokio::test]
async fn the_current_key_answers() {
    let old = Secret::new("the old one").unwrap();
    let new = Secret::new("the new one").unwrap();
    let keys = Keys::new(new.clone()).previous(old.clone());
    let layer = WebhookLayer::new(providers::x(), keys).unwrap();
    assert_eq!(crc(&layer).await.text(), crc_answer("the new one"));

    let (layer, handle) = WebhookLayer::with_reload_handle(providers::x(), old.clone()).unwrap();
    assert_eq!(crc(&layer).await.text(), crc_answer("the old one"));
    handle.replace(new).unwrap();
    assert_eq!(crc(&layer).await.text(), crc_answer("the new one"));

    let clock = test_clock();
    let ends = old.not_after(SystemTime::UNIX_EPOCH + Duration::from_secs(1_768_478_400));
    let layer = WebhookLayer::new(providers::x(), ends)
        .unwrap()
        .clock(clock.clone());
    assert_eq!(crc(&layer).await.text(), crc_answer("the old one"));
    clock.set(at(support::NOW + 1));
    let answer = crc(&layer).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.kind()),
        (403, "ExpiredKey")
    );
}

/// What is signed with an old key is answered with it: the provider knows no other yet.
#[tokio::test]
async fn the_key_that_signed_answers() {
    let file = file();
    let zoom = file
        .groups
        .iter()
        .find(|group| group.provider == "zoom")
        .unwrap();
    let row = &zoom.rows[0];
    let old = Secret::new(zoom.secret.as_ref().unwrap().as_str()).unwrap();
    let keys = Keys::new(support::secret()).previous(old);
    let layer = WebhookLayer::new(providers::zoom(), keys).unwrap();
    let inner = RecordingService::default();
    let service = layer.clock(clock(file.now)).layer(inner.clone());
    let answer = send(&service, row.delivery().request()).await;
    check(row, &answer, inner.calls()).unwrap();
}

/// Keys that are looked up: for each tenant its own, for none 403, and 503 where the source fails
/// or takes too long.
#[tokio::test(start_paused = true)]
async fn keys_are_looked_up_for_answers() {
    let source = |head: RequestHead<'_>| {
        let tenant = head.path().to_owned();
        async move {
            match &*tenant {
                "/none" => Ok(None),
                "/fails" => Err("the database is away"),
                "/slow" => std::future::pending().await,
                tenant => Ok(Some(Keys::new(Secret::new(tenant.to_owned()).unwrap()))),
            }
        }
    };
    let layer = WebhookLayer::with_key_source(providers::x(), source).unwrap();
    let inner = RecordingService::default();
    let service = layer.layer(inner.clone());
    let ask = |tenant: &str| {
        let uri = format!("https://hooks.example.com{tenant}?crc_token=abc");
        let ask = Delivery::new("").method(Method::GET).uri(&uri);
        let service = service.clone();
        async move { send(&service, ask.request()).await }
    };
    for tenant in ["/acme", "/other"] {
        assert_eq!(ask(tenant).await.text(), crc_answer(tenant));
    }
    for (tenant, status, kind) in [
        ("/none", 403, "UnknownTenant"),
        ("/fails", 503, "KeySourceFailed"),
        ("/slow", 503, "KeySourceTimeout"),
    ] {
        let answer = ask(tenant).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.kind()),
            (status, kind),
            "{tenant}"
        );
    }
    assert_eq!(inner.calls(), 0);
}

/// What answers without the body does not read it; what needs it does so under the limits.
#[tokio::test(start_paused = true)]
async fn the_limits_hold() {
    let woocommerce = WebhookLayer::new(providers::woocommerce(), support::secret()).unwrap();
    let inner = RecordingService::default();
    let service = woocommerce.clone().body_limit(8).layer(inner.clone());
    let ping = || {
        let ping = Delivery::new("webhook_id=17");
        ping.header("content-type", "application/x-www-form-urlencoded")
    };
    // Over the layer's own limit it is what it is without a handshake.
    assert_eq!(
        send(&service, ping().request()).await.kind(),
        "MissingSignature"
    );
    let service = woocommerce.layer(inner.clone());
    let slow = Script::new([Step::data("webhook_id="), Step::Silence]);
    assert_eq!(send(&service, ping().with(slow)).await.wire().0, 408);
    let broken = Script::new([Step::data("webhook_id="), Step::Fail]);
    assert_eq!(
        send(&service, ping().with(broken)).await.kind(),
        "BodyReadError"
    );
    let long = Script::new(std::iter::repeat_n(Step::data([b'0'; 1024]), 1024));
    let probe = long.probe();
    assert_eq!(
        send(&service, ping().with(long)).await.kind(),
        "MissingSignature"
    );
    assert!(probe.polls() < 20, "{} polls", probe.polls());
    let lie = ping().header("content-length", "99999");
    let unread = lie.request();
    let probe = unread.body().probe();
    assert_eq!(send(&service, unread).await.kind(), "MissingSignature");
    assert_eq!(probe.polls(), 0);

    let x = WebhookLayer::new(providers::x(), support::secret())
        .unwrap()
        .layer(inner.clone());
    let ask = Delivery::new("")
        .method(Method::GET)
        .uri("https://hooks.example.com/?crc_token=abc");
    let body = Script::new([Step::Silence]);
    let probe = body.probe();
    assert_eq!(send(&x, ask.with(body)).await.status, 200);
    assert_eq!(probe.polls(), 0);
    assert_eq!(inner.calls(), 0);
}

/// A gRPC request is not treated as a handshake, and is rejected in the form of gRPC.
#[tokio::test]
async fn a_grpc_request_is_no_handshake() {
    let file = file();
    for name in ["slack", "asana", "notion"] {
        let group = file
            .groups
            .iter()
            .find(|group| group.provider == name)
            .unwrap();
        let row = &group.rows[0];
        let layer = WebhookLayer::new(group.provider(row), group.keys()).unwrap();
        let layer = with_program(layer, Some(Taken::Accept), &Program::default());
        let inner = RecordingService::default();
        let service = layer.clock(clock(file.now)).layer(inner.clone());
        let mut request = row
            .delivery()
            .set("content-type", "application/grpc")
            .request();
        *request.version_mut() = Version::HTTP_2;
        let answer = send(&service, request).await;
        if name == "slack" {
            assert_eq!((inner.calls(), answer.text()), (1, "handled"));
        } else {
            assert_eq!(answer.header("grpc-status"), Some("7"), "{name}");
            assert_eq!(inner.calls(), 0);
        }
    }
}

/// A renderer of one's own makes the refusals of handshakes too, and not their answers.
#[tokio::test]
async fn refusals_are_rendered() {
    let meta = providers::meta().with_setting("verify_token", "right");
    let layer = WebhookLayer::new(meta, support::secret())
        .unwrap()
        .rejection_response(rejection::problem_json);
    let service = layer.layer(RecordingService::default());
    let ask = |token: &str| {
        let uri = format!(
            "https://hooks.example.com/?hub.mode=subscribe&hub.challenge=1&hub.verify_token={token}"
        );
        Delivery::new("").method(Method::GET).uri(&uri).request()
    };
    let answer = send(&service, ask("wrong")).await;
    assert_eq!(answer.content_type(), Some("application/problem+json"));
    let answer = send(&service, ask("right")).await;
    assert_eq!(answer.content_type(), Some("text/plain"));
}

/// 16: a verify token is in no `Debug`.
#[test]
fn a_token_is_not_shown() {
    let meta = providers::meta().with_setting("verify_token", "not-to-be-shown");
    let verifier = Verifier::new(meta.clone(), support::secret()).unwrap();
    let layer = WebhookLayer::from(verifier.clone());
    for debug in [
        format!("{meta:?}"),
        format!("{verifier:?}"),
        format!("{layer:?}"),
        format!("{:?}", layer.layer(())),
    ] {
        assert!(
            debug.contains("verify_token") && !debug.contains("not-to-be-shown"),
            "{debug}"
        );
    }
}

/// A setting that no header or body can hold, or that everybody knows, is an error at start-up.
#[test]
fn settings_are_checked_at_start_up() {
    for (provider, name) in [
        (providers::meta(), "verify_token"),
        (providers::vercel(), "verify"),
    ] {
        for value in ["", "a\nb", "a\u{e9}", "\u{7f}"] {
            let provider = provider.clone().with_setting(name, value);
            let error = WebhookLayer::new(provider, support::secret()).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

/// Over a socket, through axum: a challenge by GET, a probe by HEAD on a connection that is kept, a
/// secret by POST whose body is never read, and the headers as they are written.
#[tokio::test]
async fn answered_over_a_socket() {
    let meta = providers::meta().with_setting("verify_token", "right");
    let calls = RecordingService::default();
    let layer = |provider: Provider| WebhookLayer::new(provider, support::secret()).unwrap();
    let handler = || any(|_: Request<axum::body::Body>| async { "handled" });
    let app = Router::new()
        .merge(Router::new().route("/meta", handler()).layer(layer(meta)))
        .merge(
            Router::new()
                .route("/intercom", handler())
                .layer(layer(providers::intercom())),
        )
        .merge(
            Router::new()
                .route("/asana", handler())
                .layer(layer(providers::asana())),
        )
        .merge(
            Router::new()
                .route("/woocommerce", handler())
                .layer(layer(providers::woocommerce())),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let exchange = |request: &'static str| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.to_ascii_lowercase()
    };
    let answer = exchange("GET /meta?hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=right HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(
        answer.contains("content-type: text/plain\r\n")
            && answer.contains("x-content-type-options: nosniff\r\n"),
        "{answer}"
    );
    assert!(answer.ends_with("\r\n\r\n<b>"), "{answer}");
    let answer = exchange("GET /meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("http/1.1 403"), "{answer}");

    let answer = exchange("HEAD /intercom HTTP/1.1\r\nhost: a\r\n\r\nHEAD /intercom HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert_eq!(answer.matches("http/1.1 200 ok").count(), 2, "{answer}");

    let answer = exchange("POST /asana HTTP/1.1\r\nhost: a\r\nx-hook-secret: b537207f\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    assert!(
        answer.starts_with("http/1.1 200") && answer.contains("x-hook-secret: b537207f\r\n"),
        "{answer}"
    );

    let answer = exchange("POST /woocommerce HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 13\r\nconnection: close\r\n\r\nwebhook_id=17").await;
    assert!(
        answer.starts_with("http/1.1 200") && !answer.contains("handled"),
        "{answer}"
    );
    assert_eq!(calls.calls(), 0);
    server.abort();
}

/// The types that users name.
#[test]
fn handshakes_can_be_listed() {
    let zoom = providers::zoom();
    let [handshake] = zoom.handshakes() else {
        panic!("{zoom:?}");
    };
    assert_eq!(
        (handshake.name(), handshake.is_signed()),
        ("url_validation", true)
    );
    let meta = providers::meta();
    let settings: Vec<_> = meta
        .handshakes()
        .iter()
        .flat_map(Handshake::settings)
        .collect();
    assert_eq!(settings, ["verify_token"]);
}

/// `Debug` of an answer and of its headers shows no secret, setting or MAC.
#[test]
fn an_answer_hides_what_it_holds() {
    let settings = ("a-setting-of-vercel", "verify");
    let verifier = |provider: Provider| {
        let secret = Secret::new("the secret of the endpoint").unwrap();
        let provider = if support::settings(&provider).contains(&settings.1.to_owned()) {
            provider.with_setting(settings.1, settings.0)
        } else {
            provider
        };
        Verifier::new(provider, secret).unwrap()
    };
    let asana = Delivery::new("").header("x-hook-secret", "issued-by-asana");
    let vercel = Delivery::new("").method(Method::GET);
    let crc = Delivery::new("").method(Method::GET);
    let x = crc
        .clone()
        .uri("https://hooks.example.com/x?crc_token=token");
    let mac = support::base64(&support::mac(
        Algorithm::HmacSha256,
        b"the secret of the endpoint",
        b"token",
    ));
    let rows = [
        (providers::asana(), asana, "issued-by-asana".to_owned()),
        (providers::vercel(), vercel, settings.0.to_owned()),
        (providers::x(), x, mac),
    ];
    for (provider, delivery, hidden) in rows {
        let name = provider.scheme().name().to_owned();
        let answer = verifier(provider).handshake(&delivery.head, b"");
        let answer = answer.unwrap().expect(&name);
        let shown = format!("{answer:?} {answer:#?}");
        assert!(!shown.contains(&hidden), "{shown}");
        assert!(shown.contains("status: 200"), "{shown}");
        let response = answer.into_response();
        let headers = format!("{:?}", response.headers());
        assert!(!headers.contains(&hidden), "{headers}");
        // The response itself contains it.
        let is_in_header = response.headers().values().any(|it| *it == *hidden);
        let is_in_body = String::from_utf8_lossy(response.body()).contains(&hidden);
        assert!(is_in_header || is_in_body, "{name}");
    }
}
