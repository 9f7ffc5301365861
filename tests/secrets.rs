//! Secrets that must not be taken, secrets that are being changed, and secrets that must not be seen.
//! The numbers are those of `tests/README.md`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::{
    fmt::{Debug, Display},
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use common::{
    Answer, BODY, Delivery, Expect, Expect::Forwarded, NOW, Recorder, Report, Rig, SECRET,
    STANDARD_ID, Script, Step, TestClock, base64, base64url, hex, invalid_signature, mac, now,
    provider, send,
};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_http::trace::TraceLayer;
use tower_webhook::{
    KeyError, Keys, Scheme, Secret, SetupError, VerifiedBody, Verifier, WebhookLayer,
    keys::KeyErrorKind,
    providers::{self, Provider},
    scheme::{Algorithm, Encoding, KeyForm, Layout},
    verify::Head,
    webhook::MemoryBudget,
};
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter, util::SubscriberInitExt};

const MISMATCH: Expect = invalid_signature("SignatureMismatch");

fn name(error: &KeyError) -> &'static str {
    match error.kind() {
        KeyErrorKind::Empty => "empty",
        KeyErrorKind::Encoding { .. } => "encoding",
        KeyErrorKind::SurroundingWhitespace => "white space",
        other => panic!("{other:?}"),
    }
}

/// What a layer or a verifier finds wrong with its secrets.
fn key_error<T>(made: Result<T, SetupError>) -> Option<KeyError> {
    match made.err()? {
        SetupError::Key(error) => Some(error),
        other => panic!("{other:?}"),
    }
}

/// 14: what no scheme can make use of.
#[test]
fn texts_that_are_no_secret() {
    let rows = [
        ("empty", "", "empty"),
        ("one space", " ", "empty"),
        ("only white space", " \t\r\n", "empty"),
        ("a space before", " secret", "white space"),
        ("a space after", "secret ", "white space"),
        ("spaces on both sides", "  secret  ", "white space"),
        ("a tab before", "\tsecret", "white space"),
        ("a newline from a file", "secret\n", "white space"),
        (
            "a newline from a file of Windows",
            "secret\r\n",
            "white space",
        ),
        ("a newline before", "\nsecret", "white space"),
        ("two newlines", "secret\n\n", "white space"),
        ("a form feed", "secret\x0c", "white space"),
        ("a vertical tab", "secret\x0b", "white space"),
        ("a space that does not break", "secret\u{a0}", "white space"),
        ("an ideographic space", "\u{3000}secret", "white space"),
        (
            "a newline after `whsec_`",
            "whsec_c2VjcmV0\n",
            "white space",
        ),
    ];
    for (what, text, kind) in rows {
        let error = Secret::new(text).unwrap_err();
        assert_eq!(name(&error), kind, "14: {what}");
    }
    for text in [
        "s",
        "a secret",
        "a\tsecret",
        "It's a Secret to Everybody",
        "sécret",
        "🔑",
    ] {
        assert!(Secret::new(text).is_ok(), "14: {text:?}");
    }
    assert_eq!(name(&Secret::from_bytes([]).unwrap_err()), "empty");
    assert!(Secret::from_bytes(*b" raw bytes \n").is_ok());
}

/// 14: HMAC fills keys up with zeros, so a key of zeros is the empty key.
#[test]
fn a_key_of_zeros_is_empty() {
    let empty = mac(Algorithm::HmacSha256, b"", BODY);
    assert_eq!(empty, mac(Algorithm::HmacSha256, &[0; 32], BODY));
    assert_eq!(name(&Secret::from_bytes([0; 32]).unwrap_err()), "empty");
    let standard = Secret::new(format!("whsec_{}", base64(&[0; 32]))).unwrap();
    let error = key_error(WebhookLayer::new(providers::standard_webhooks(), standard));
    assert_eq!(error.as_ref().map(name), Some("empty"));
}

/// A scheme whose secret is hex.
fn hex_keyed() -> Provider {
    let scheme = Scheme::builder("acme").signature_header("x-acme-signature");
    scheme.key_form(KeyForm::Hex).build().unwrap().into()
}

/// 14: what a scheme cannot decode is an error before the first request, in whatever place it stands.
#[test]
fn texts_that_a_scheme_cannot_decode() {
    let rows = [
        ("standard_webhooks", "whsec_!!!!", "encoding"),
        ("standard_webhooks", "not base64!", "encoding"),
        ("standard_webhooks", "whsec_YWJj=", "encoding"),
        ("standard_webhooks", "whsec_YWJjZA=", "encoding"),
        ("standard_webhooks", "whsec_YW Jj", "encoding"),
        ("standard_webhooks", "whsec_YWJj\nYWJj", "encoding"),
        ("standard_webhooks", "whsec_-_-_", "encoding"),
        ("standard_webhooks", "whsec_A", "encoding"),
        ("standard_webhooks", "whsk_c2VjcmV0", "encoding"),
        ("standard_webhooks", "whsec_é", "encoding"),
        ("standard_webhooks", "whsec_", "empty"),
        ("standard_webhooks", "whsec_ ", "white space"),
        ("acme", "abc", "encoding"),
        ("acme", "xyz0", "encoding"),
        ("acme", "0x0102", "encoding"),
        ("acme", "01 02", "encoding"),
        ("acme", "00", "empty"),
    ];
    let mut report = Report::default();
    for (scheme, text, kind) in rows {
        let secret = match Secret::new(text) {
            Ok(secret) => secret,
            Err(error) => {
                assert_eq!(name(&error), kind, "14: {text:?}");
                continue;
            }
        };
        let provider = || match scheme {
            "acme" => hex_keyed(),
            other => provider(other),
        };
        let good = || Secret::from_bytes(*b"a good one").unwrap();
        let errors = [
            key_error(WebhookLayer::new(provider(), secret.clone())),
            key_error(WebhookLayer::new(
                provider(),
                Keys::new(good()).previous(secret.clone()),
            )),
            key_error(WebhookLayer::new(
                provider(),
                Keys::new(secret.clone()).previous(good()),
            )),
            key_error(Verifier::new(provider(), secret)),
        ];
        for error in errors {
            report.note(match error.as_ref().map(name) {
                Some(got) if got == kind => Ok(()),
                got => Err(format!("14: {scheme}: {text:?}: {got:?} and not {kind:?}")),
            });
        }
    }
    report.finish();
}

/// 14: the error says which of several secrets is meant, by its label.
#[test]
fn an_error_says_which_secret() {
    let good = || Secret::from_bytes(*b"a good one").unwrap();
    let bad = Secret::new("!!!!").unwrap().label("2025-11");
    let keys = Keys::new(good().label("2026-11")).previous(bad);
    let error = Verifier::new(providers::standard_webhooks(), keys).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("2025-11") && !text.contains("2026-11"),
        "{text}"
    );
}

// Changing secrets.

fn labelled(label: &str) -> Secret {
    Secret::from_bytes(label.as_bytes()).unwrap().label(label)
}

/// A scheme with something signed on either side of the body, and several signatures.
fn acme() -> Scheme {
    Scheme::builder("acme")
        .signature_header("x-acme-signature")
        .layout(Layout::key_values("v1"))
        .timestamp_key("t")
        .message("{timestamp}.{body}.{method}")
        .build()
        .unwrap()
}

fn acme_mac(key: &str, body: &[u8]) -> String {
    let message = [now().as_bytes(), b".", body, b".POST"].concat();
    hex(&mac(Algorithm::HmacSha256, key.as_bytes(), &message))
}

/// Signed with each of these keys.
fn acme_delivery(keys: &[&str], body: &[u8]) -> Delivery {
    let signatures = keys
        .iter()
        .map(|key| format!(",v1={}", acme_mac(key, body)));
    Delivery::new(body).header(
        "x-acme-signature",
        format!("t={NOW}{}", signatures.collect::<String>()),
    )
}

/// 15: the new secret, the old ones, and none of them; the label tells which it was.
#[tokio::test]
async fn two_secrets_and_more() {
    let one = || Keys::new(labelled("new"));
    let two = || one().previous(labelled("old"));
    let three = || two().previous(labelled("oldest"));
    let rows: [(&str, Keys, &[&str], Option<&str>); 16] = [
        ("one secret, it", one(), &["new"], Some("new")),
        ("one secret, another", one(), &["old"], None),
        ("two, the new", two(), &["new"], Some("new")),
        ("two, the old", two(), &["old"], Some("old")),
        ("two, neither", two(), &["guess"], None),
        ("two, both signed", two(), &["new", "old"], Some("new")),
        (
            "two, both signed the other way round",
            two(),
            &["old", "new"],
            Some("new"),
        ),
        (
            "two, the old after a wrong one",
            two(),
            &["guess", "old"],
            Some("old"),
        ),
        (
            "two, the old before a wrong one",
            two(),
            &["old", "guess"],
            Some("old"),
        ),
        ("two, both wrong", two(), &["guess", "another"], None),
        ("three, the new", three(), &["new"], Some("new")),
        ("three, the old", three(), &["old"], Some("old")),
        ("three, the oldest", three(), &["oldest"], Some("oldest")),
        (
            "three, the two older",
            three(),
            &["oldest", "old"],
            Some("old"),
        ),
        ("three, none", three(), &["guess"], None),
        (
            "three, none of several",
            three(),
            &["a", "b", "c", "d"],
            None,
        ),
    ];
    let body: Vec<u8> = (0..20_000).map(|n| b"0123456789abcdef"[n % 16]).collect();
    let mut report = Report::default();
    for (what, keys, signers, label) in rows {
        let layer = WebhookLayer::new(acme(), keys)
            .unwrap()
            .clock(TestClock::new());
        let rig = Rig::new(layer, acme_delivery(&["new"], BODY));
        let expect = if label.is_some() { Forwarded } else { MISMATCH };
        for size in [1, 1000, 5000, 20_000] {
            let request = acme_delivery(signers, &body).with(Script::chunks(&body, size));
            let name = format!("15: {what}, frames of {size}");
            let outcome = rig.check(&name, request, expect).await;
            if outcome.is_ok() && label.is_some() {
                assert_eq!(rig.inner.last().verified().key_label(), label, "15: {what}");
            }
            report.note(outcome);
        }
        // An old secret vouches for its own body and no other.
        let tampered = acme_delivery(signers, &body).body(BODY).request();
        report.note(
            rig.check(&format!("15: {what}, tampered"), tampered, MISMATCH)
                .await,
        );
        let empty = acme_delivery(signers, b"").request();
        report.note(
            rig.check(&format!("15: {what}, empty"), empty, expect)
                .await,
        );
    }
    report.finish();
}

/// 15: the same through the core, where the caller keeps the body.
#[test]
fn two_secrets_through_the_core() {
    let keys = Keys::new(labelled("new")).previous(labelled("old"));
    let verifier = Verifier::new(acme(), keys).unwrap().clock(TestClock::new());
    let outcome = |signer: &str| {
        let delivery = acme_delivery(&[signer], BODY);
        let mut session = verifier.begin(Head::from(&delivery.head)).unwrap();
        let pieces: Vec<_> = BODY.chunks(3).collect();
        for piece in &pieces {
            session.update(piece);
        }
        session.finish(pieces)
    };
    assert_eq!(outcome("new").unwrap().key_label(), Some("new"));
    assert_eq!(outcome("old").unwrap().key_label(), Some("old"));
    assert_eq!(outcome("guess").unwrap_err().status(), 403);
}

/// 15: a secret without a label is as good, and has none to show.
#[tokio::test]
async fn a_secret_without_a_label() {
    let keys = Keys::new(labelled("new")).previous(common::secret());
    let layer = WebhookLayer::new(acme(), keys)
        .unwrap()
        .clock(TestClock::new());
    let rig = Rig::new(layer, acme_delivery(&["new"], BODY));
    let request = acme_delivery(&[SECRET], BODY).request();
    assert_eq!(send(&rig.service, request).await.status, 200);
    assert_eq!(rig.inner.last().verified().key_label(), None);
}

// What must not be seen.

/// What must not be seen, in every form in which it might.
struct Canary {
    what: &'static str,
    forms: Vec<String>,
}

impl Canary {
    fn new(what: &'static str, bytes: &[u8]) -> Self {
        let mut forms = Vec::new();
        // Any eight bytes of it are too many.
        for window in bytes.windows(8) {
            forms.push(hex(window));
            forms.push(hex(window).to_uppercase());
            forms.push(format!("{window:?}").trim_matches(['[', ']']).to_owned());
            forms.push(format!("{window:#?}").trim_matches(['[', ']']).to_owned());
            forms.push(format!("{window:02x?}").trim_matches(['[', ']']).to_owned());
            forms.push(window.escape_ascii().to_string());
            let escaped = format!("{:?}", Bytes::copy_from_slice(window));
            forms.push(
                escaped
                    .trim_start_matches("b\"")
                    .trim_end_matches('"')
                    .to_owned(),
            );
            forms.extend(std::str::from_utf8(window).map(str::to_owned));
        }
        // Base64 at each of its three offsets, without the digits that its neighbours share.
        for offset in 0..3 {
            let padded = [&b"..."[..offset], bytes].concat();
            let whole = padded.len() / 3 * 3;
            for text in [base64(&padded[..whole]), base64url(&padded[..whole])] {
                let digits = &text[[0, 2, 3][offset]..];
                forms.extend(
                    digits
                        .as_bytes()
                        .windows(12)
                        .map(|it| String::from_utf8(it.to_vec()).unwrap()),
                );
            }
        }
        Self { what, forms }
    }

    /// Panics if `text` shows anything of it.
    #[track_caller]
    fn not_in(&self, place: &str, text: &str) {
        let found = self.forms.iter().find(|form| text.contains(&form[..]));
        assert_eq!(found, None, "16: {place} shows the {}: {text}", self.what);
    }
}

const CANARY_SECRET: &str = "kanarienvogel-1f0e9d8c7b6a";
const CANARY_OLD_SECRET: &str = "dompfaff-a6b7c8d9e0f1";
const CANARY_BODY: &[u8] = br#"{"card":"4242-4242-rotkehlchen"}"#;

/// The secrets, the MACs that they make of the body, and the body.
fn canaries() -> Vec<Canary> {
    let message = [b"v0:", now().as_bytes(), b":", CANARY_BODY].concat();
    let expected = mac(Algorithm::HmacSha256, CANARY_SECRET.as_bytes(), &message);
    let old = mac(
        Algorithm::HmacSha256,
        CANARY_OLD_SECRET.as_bytes(),
        &message,
    );
    vec![
        Canary::new("secret", CANARY_SECRET.as_bytes()),
        Canary::new("old secret", CANARY_OLD_SECRET.as_bytes()),
        Canary::new("expected MAC", &expected),
        Canary::new("old secret's MAC", &old),
        Canary::new("body", CANARY_BODY),
    ]
}

#[track_caller]
fn shows_nothing(place: &str, text: &str) {
    assert!(!text.is_empty(), "{place} shows nothing at all");
    for canary in canaries() {
        canary.not_in(place, text);
    }
}

#[track_caller]
fn debug_shows_nothing(place: &str, it: &impl Debug) {
    shows_nothing(place, &format!("{it:?}"));
    shows_nothing(place, &format!("{it:#?}"));
    shows_nothing(place, &format!("{it:02x?}"));
}

#[track_caller]
fn error_shows_nothing<E: std::error::Error + Display>(place: &str, error: &E) {
    debug_shows_nothing(place, error);
    shows_nothing(place, &format!("{error}"));
    shows_nothing(place, &format!("{error:#}"));
    assert!(
        error.source().is_none(),
        "{place} has a source, which is not looked at"
    );
}

/// 16: the test itself sees what it looks for.
#[test]
fn a_canary_is_found_in_every_form() {
    let canary = Canary::new("word", b"kanarienvogel");
    let bytes = b"kanarienvogel";
    let leaks = [
        "a kanarienvogel".to_owned(),
        "anarienvo".to_owned(),
        hex(bytes),
        hex(bytes).to_uppercase(),
        base64(bytes),
        base64(&[b"a", &bytes[..]].concat()),
        base64(&[b"ab", &bytes[..]].concat()),
        base64url(&[b"abc", &bytes[..], b"def"].concat()),
        format!("{bytes:?}"),
        format!("{bytes:#?}"),
        format!("{bytes:02x?}"),
        format!("{:?}", Bytes::from_static(bytes)),
        format!("{:?}", String::from_utf8_lossy(bytes)),
    ];
    for leak in leaks {
        let found = canary.forms.iter().any(|form| leak.contains(&form[..]));
        assert!(found, "not found in {leak:?}");
    }
    assert!(!canary.forms.iter().any(String::is_empty));
}

fn canary_keys() -> Keys {
    Keys::new(Secret::new(CANARY_SECRET).unwrap().label("new"))
        .previous(Secret::new(CANARY_OLD_SECRET).unwrap().label("old"))
}

/// Slack's scheme, under `secret`.
fn canary_delivery(secret: &str) -> Delivery {
    let message = [b"v0:", now().as_bytes(), b":", CANARY_BODY].concat();
    let mac = mac(Algorithm::HmacSha256, secret.as_bytes(), &message);
    Delivery::new(CANARY_BODY)
        .header("x-slack-signature", format!("v0={}", hex(&mac)))
        .header("x-slack-request-timestamp", now())
}

/// A delivery that is right but for its signature.
fn forged_delivery() -> Delivery {
    canary_delivery("guess")
}

fn canary_layer() -> WebhookLayer {
    WebhookLayer::new(providers::slack(), canary_keys())
        .unwrap()
        .clock(TestClock::new())
}

/// 16: what is built of secrets.
#[test]
fn types_that_hold_a_secret_do_not_show_it() {
    let secret = Secret::new(CANARY_SECRET).unwrap();
    debug_shows_nothing("Secret", &secret);
    debug_shows_nothing("Secret, labelled", &secret.clone().label("new"));
    debug_shows_nothing(
        "Secret of bytes",
        &Secret::from_bytes(CANARY_SECRET).unwrap(),
    );
    debug_shows_nothing("Keys", &canary_keys());
    for name in ["generic", "github", "shopify", "slack", "stripe"] {
        debug_shows_nothing(name, &provider(name));
        debug_shows_nothing(name, &Verifier::new(provider(name), canary_keys()).unwrap());
        let layer = WebhookLayer::new(provider(name), canary_keys()).unwrap();
        debug_shows_nothing(name, &layer);
        debug_shows_nothing(name, &layer.layer(Recorder::default()));
    }
    let standard = Secret::new(format!("whsec_{}", base64(CANARY_SECRET.as_bytes()))).unwrap();
    debug_shows_nothing("a secret in base64", &standard);
    let layer = WebhookLayer::new(providers::standard_webhooks(), standard).unwrap();
    debug_shows_nothing("a decoded secret", &layer);
    let hex_secret = Secret::new(hex(CANARY_SECRET.as_bytes())).unwrap();
    debug_shows_nothing("a secret in hex", &hex_secret);
    debug_shows_nothing(
        "a decoded secret",
        &Verifier::new(hex_keyed(), hex_secret).unwrap(),
    );
}

/// 16: errors about secrets.
#[test]
fn errors_about_a_secret_do_not_show_it() {
    let undecodable = || Secret::new(CANARY_SECRET).unwrap();
    let good = || Secret::from_bytes(*b"a good one").unwrap();
    let standard = providers::standard_webhooks;
    let errors = [
        (
            "white space",
            Secret::new(format!("{CANARY_SECRET}\n")).err(),
        ),
        (
            "base64",
            key_error(WebhookLayer::new(standard(), undecodable())),
        ),
        ("base64, previous", {
            let keys = Keys::new(good()).previous(undecodable());
            key_error(WebhookLayer::new(standard(), keys))
        }),
        ("hex", key_error(Verifier::new(hex_keyed(), undecodable()))),
        (
            "hex, labelled",
            key_error(Verifier::new(hex_keyed(), undecodable().label("new"))),
        ),
    ];
    for (place, error) in errors {
        let error = error.unwrap();
        error_shows_nothing(place, &error);
        debug_shows_nothing(place, error.kind());
    }
}

/// 16: what verification makes on its way.
#[test]
fn the_core_does_not_show_what_it_works_on() {
    let verifier = Verifier::new(providers::slack(), canary_keys()).unwrap();
    let verifier = verifier.clock(TestClock::new());
    for secret in [CANARY_SECRET, CANARY_OLD_SECRET] {
        let delivery = canary_delivery(secret);
        let head = Head::from(&delivery.head);
        let mut session = verifier.begin(head).unwrap();
        debug_shows_nothing("Session, begun", &session);
        session.update(CANARY_BODY);
        debug_shows_nothing("Session, fed", &session);
        let outcome = session.finish([CANARY_BODY]);
        debug_shows_nothing("Verified", &outcome.unwrap());
    }
    let forged = forged_delivery();
    let head = Head::from(&forged.head);
    let rejection = verifier.verify(head, CANARY_BODY).unwrap_err();
    error_shows_nothing("Rejection", &rejection);
    debug_shows_nothing("RejectionKind", rejection.kind());
    shows_nothing("RejectionKind", &rejection.kind().to_string());
    debug_shows_nothing("RejectionClass", &rejection.class());
}

/// 16: the right signature of a genuine delivery is an expected MAC too.
#[test]
fn a_head_does_not_show_the_signature() {
    let genuine = canary_delivery(CANARY_SECRET);
    debug_shows_nothing("Head", &Head::from(&genuine.head));
}

/// 16: the future and what goes in and out, at every stage.
#[tokio::test(start_paused = true)]
async fn the_layer_does_not_show_what_it_works_on() {
    let inner = service_fn(|request: Request<VerifiedBody>| async move {
        debug_shows_nothing("VerifiedBody", request.body());
        let verified = request.extensions().get::<tower_webhook::Verified>();
        debug_shows_nothing("Verified", verified.unwrap());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut body = request.into_body();
        while body.frame().await.is_some() {
            debug_shows_nothing("VerifiedBody, read", &body);
        }
        Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from_static(CANARY_BODY))))
    });
    let mut service = canary_layer().layer(inner);
    let pause = || Step::Wait(Duration::from_secs(1));
    let (front, back) = CANARY_BODY.split_at(20);
    for steps in [
        vec![Step::data(CANARY_BODY), pause()],
        vec![Step::data(front), pause(), Step::data(back)],
    ] {
        let request = canary_delivery(CANARY_SECRET).with(Script::new(steps));
        let future = service.call(request);
        debug_shows_nothing("ResponseFuture, begun", &future);
        let mut task = tokio_test::task::spawn(future);
        assert!(task.poll().is_pending());
        debug_shows_nothing("ResponseFuture, reading", &task);
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert!(task.poll().is_pending());
        debug_shows_nothing("ResponseFuture, calling", &task);
        tokio::time::advance(Duration::from_secs(2)).await;
        let response = tokio_test::assert_ready!(task.poll()).unwrap();
        debug_shows_nothing("ResponseFuture, done", &task);
        debug_shows_nothing("ResponseBody", response.body());
    }

    let unsigned = forged_delivery().without("x-slack-signature").request();
    let refused = service.call(unsigned);
    debug_shows_nothing("ResponseFuture, refused", &refused);
    let response = refused.await.unwrap();
    debug_shows_nothing("ResponseBody, refused", response.body());
    debug_shows_nothing("MemoryBudget", &MemoryBudget::new(1));
}

/// Where the log goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Deliveries that are let in, and deliveries that are refused for every kind of reason, with the
/// name of the reason.
fn deliveries() -> Vec<(&'static str, Request<Script>)> {
    let forged = forged_delivery;
    let signature = "x-slack-signature";
    let timestamp = "x-slack-request-timestamp";
    let half = Step::data(&CANARY_BODY[..25]);
    let right = hex(&{
        let message = [b"v0:", now().as_bytes(), b":", CANARY_BODY].concat();
        mac(Algorithm::HmacSha256, CANARY_SECRET.as_bytes(), &message)
    });
    let genuine = || canary_delivery(CANARY_SECRET);
    vec![
        ("", genuine().request()),
        ("", canary_delivery(CANARY_OLD_SECRET).request()),
        ("SignatureMismatch", forged().request()),
        (
            "SignatureMismatch",
            genuine().body([CANARY_BODY, b" "].concat()).request(),
        ),
        ("MissingSignature", forged().without(signature).request()),
        (
            "MalformedSignature",
            forged().set(signature, "v0=zz").request(),
        ),
        (
            "MalformedSignature",
            forged().set(signature, format!("v1={right}")).request(),
        ),
        (
            "ConflictingHeader",
            genuine().header(signature, "v0=00").request(),
        ),
        ("MissingTimestamp", genuine().without(timestamp).request()),
        (
            "MalformedTimestamp",
            genuine().set(timestamp, "abc").request(),
        ),
        ("TooOld", genuine().set(timestamp, "1").request()),
        ("TooNew", genuine().set(timestamp, "9999999999").request()),
        (
            "MalformedHeader",
            genuine().header("content-length", "abc").request(),
        ),
        (
            "BodyTooLarge",
            genuine().header("content-length", "5000").request(),
        ),
        (
            "BodyTooLarge",
            genuine().with(Script::new([half.clone(), Step::data([b'x'; 5000])])),
        ),
        (
            "BodyBroken",
            genuine().with(Script::new([half.clone(), Step::Fail])),
        ),
        (
            "BodyTimeout",
            genuine().with(Script::new([half.clone(), Step::Silence])),
        ),
        (
            "TrailersRefused",
            genuine().with(Script::new([half, Step::trailer("x-sum", "1")])),
        ),
    ]
}

/// 16: every log line at TRACE, and everything that is sent back.
#[tokio::test(start_paused = true)]
async fn no_log_and_no_answer_shows_a_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let guard = subscriber.set_default();

    let service = TraceLayer::new_for_http().layer(
        canary_layer()
            .body_limit(4096)
            .refuse_trailers()
            .layer(Recorder::default()),
    );
    let mut answers = Vec::new();
    for (kind, request) in deliveries() {
        let response = service.clone().oneshot(request).await.unwrap();
        debug_shows_nothing("Response", &response.headers());
        let answer = Answer::of(response).await;
        assert_eq!(answer.kind(), kind);
        answers.push(answer);
    }
    drop(guard);

    for answer in &answers {
        let headers: HeaderMap = answer.headers.clone();
        shows_nothing("an answer", &format!("{headers:?} {:?}", answer.body));
        if let Some(rejection) = &answer.rejection {
            error_shows_nothing("Rejection", rejection);
        }
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    shows_nothing("the log", &log);
    // The log is not empty because nothing was logged: every refusal is there with its reason.
    let refused = answers.iter().filter_map(|it| it.rejection.as_ref());
    for rejection in refused.clone() {
        let reason = rejection.to_string();
        assert!(log.contains(&reason), "{reason} is not in the log: {log}");
    }
    let lines = log
        .lines()
        .filter(|line| line.contains("webhook delivery refused"));
    assert_eq!(lines.clone().count(), refused.count(), "{log}");
    assert!(
        lines
            .clone()
            .all(|line| line.contains("DEBUG") && line.contains("slack")),
        "{log}"
    );
}

/// 16: the wrong key's MAC stays inside too, in each encoding that a scheme can have.
#[tokio::test]
async fn no_answer_holds_the_expected_signature() {
    for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
        let scheme = Scheme::builder("acme")
            .encoding(encoding)
            .signature_header("x-acme-signature")
            .build()
            .unwrap();
        let zeros = match encoding {
            Encoding::Hex => "0".repeat(64),
            Encoding::Base64 => format!("{}=", "A".repeat(43)),
            _ => "A".repeat(43),
        };
        let layer = WebhookLayer::new(scheme, canary_keys()).unwrap();
        let service = layer.layer(Recorder::default());
        let forged = Delivery::new(CANARY_BODY).header("x-acme-signature", zeros);
        let answer = send(&service, forged.request()).await;
        assert_eq!(answer.kind(), "SignatureMismatch");
        let expected = mac(Algorithm::HmacSha256, CANARY_SECRET.as_bytes(), CANARY_BODY);
        let canary = Canary::new("expected MAC", &expected);
        canary.not_in("an answer", &format!("{answer:?}"));
    }
}

/// The id that a delivery came with may be shown: it is no secret.
#[tokio::test]
async fn what_is_shown_is_of_use() {
    let layer = WebhookLayer::new(providers::standard_webhooks(), common::standard_secret());
    let rig = Rig::new(
        layer.unwrap().clock(TestClock::new()),
        common::standard(STANDARD_ID, now(), BODY),
    );
    send(&rig.service, rig.good.clone().request()).await;
    let shown = format!("{:?}", rig.inner.last().verified());
    assert!(
        shown.contains("standard-webhooks") && shown.contains(STANDARD_ID),
        "{shown}"
    );
}
