//! Why a delivery was refused: each reason that can be found, on a delivery that was really signed,
//! and none where there is none.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, TryRecvError, channel},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures_util::FutureExt as _;
use http::{Request, Response, StatusCode, request};
use tower::Layer as _;
use tower_webhook::{
    Keys, PublicUrl, Secret, SetupError, Verifier, WebhookLayer,
    diagnose::{self, Diagnosis, Doctor},
    providers::{self, Provider},
    scheme::{Algorithm, Credential, Location, Scheme, SecretEncoding, TimestampFormat},
    sign::Signer,
    testing::{AbuseSuite, CaseReport},
};

use crate::support::{
    self, Delivery, Log, NOW, RecordingService, Report, SECRET, STANDARD_SECRET, Script, Step, at,
    base64, find_provider, github, hex, mac, now, send, shopify, slack, standard, standard_key,
    stripe, test_clock,
};

/// Of RFC 8032, section 7.1, test 1.
const ED25519_KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

const BODY: &str = r#"{"id":7,"name":"Zoë","url":"https://a.b/c","tags":["a","b"],"none":{}}"#;

fn examine(provider: impl Into<Provider>, secret: &str, delivery: &Delivery) -> Diagnosis {
    let doctor = Doctor::new(provider, secret).unwrap().clock(test_clock());
    doctor.examine(&delivery.head, Some(&delivery.body))
}

/// What was found, in words: `proven BodyEmpty`.
fn words(diagnosis: &Diagnosis) -> Vec<String> {
    let word = |finding: &diagnose::Finding| {
        let certainty = if finding.is_proven() {
            "proven"
        } else {
            "guess"
        };
        format!("{certainty} {:?}", finding.cause())
    };
    diagnosis.findings().iter().map(word).collect()
}

fn check(
    report: &mut Report,
    provider: impl Into<Provider>,
    secret: &str,
    delivery: &Delivery,
    expected: &[&str],
) {
    let diagnosis = examine(provider, secret, delivery);
    let found = words(&diagnosis);
    report.note(if found == expected && !diagnosis.is_accepted() {
        Ok(())
    } else {
        Err(format!("{expected:?}: found {found:?}, {diagnosis}"))
    });
}

/// What a finding proves: put right, it is accepted.
fn accepted(report: &mut Report, provider: impl Into<Provider>, secret: &str, delivery: &Delivery) {
    let diagnosis = examine(provider, secret, delivery);
    report.note(if diagnosis.is_accepted() {
        Ok(())
    } else {
        Err(format!("not accepted once it was put right: {diagnosis}"))
    });
}

/// As the sender of a provider signs.
fn signed_as(provider: impl Into<Provider>, secret: &str, body: &str) -> Delivery {
    let head = Request::post("https://hooks.example.com/webhook");
    signed_with(provider, secret, head, body)
}

fn signed_with(
    provider: impl Into<Provider>,
    secret: &str,
    head: request::Builder,
    body: &str,
) -> Delivery {
    let signer = Signer::new(provider, Secret::new(secret).unwrap()).unwrap();
    let mut request = head.body(body.to_owned().into()).unwrap();
    signer.sign(&mut request, "delivery-1", at(NOW)).unwrap();
    let (head, body) = request.into_parts();
    Delivery { head, body }
}

/// A delivery of GitHub's, its MAC under any key.
fn github_by(key: impl AsRef<[u8]>) -> Delivery {
    let mac = mac(Algorithm::HmacSha256, key.as_ref(), BODY.as_bytes());
    Delivery::new(BODY).header("x-hub-signature-256", format!("sha256={}", hex(&mac)))
}

fn of(text: &[u8], algorithm: Algorithm) -> Vec<u8> {
    mac(algorithm, SECRET.as_bytes(), text)
}

#[test]
fn what_is_wrong_with_a_secret() {
    let report = &mut Report::default();
    let by = |key: &[u8]| github_by(key);
    let github = providers::github;
    let good = github_by(SECRET);
    for around in ["\n", "\r\n", " ", "\u{feff}", "\u{200b}"] {
        let secret = format!("{SECRET}{around}");
        check(
            report,
            github(),
            &secret,
            &good,
            &["proven SecretWhitespace"],
        );
        accepted(report, github(), SECRET, &good);
        let secret = format!("{around}{SECRET}");
        check(
            report,
            github(),
            &secret,
            &good,
            &["proven SecretWhitespace"],
        );
    }
    for secret in [format!("\"{SECRET}\""), format!("'{SECRET}'\n")] {
        check(report, github(), &secret, &good, &["proven SecretQuotes"]);
    }
    for end in ["\n", "\r\n"] {
        let delivery = github_by(format!("{SECRET}{end}"));
        check(
            report,
            github(),
            SECRET,
            &delivery,
            &["proven SecretNewline"],
        );
        accepted(report, github(), &format!("{SECRET}{end}"), &delivery);
    }
    let missing = r#"proven SecretPrefix { prefix: "whsec_", is_missing: true }"#;
    let superfluous = r#"proven SecretPrefix { prefix: "whsec_", is_missing: false }"#;
    check(
        report,
        github(),
        "a1b2c3d4",
        &by(b"whsec_a1b2c3d4"),
        &[missing],
    );
    check(
        report,
        github(),
        "whsec_a1b2c3d4",
        &by(b"a1b2c3d4"),
        &[superfluous],
    );
    // Stripe's key is the whole text.
    for (right, wrong, expected) in [
        ("whsec_a1b2c3d4", "a1b2c3d4", missing),
        ("a1b2c3d4", "whsec_a1b2c3d4", superfluous),
    ] {
        let delivery = signed_as(providers::stripe(), right, BODY);
        check(report, providers::stripe(), wrong, &delivery, &[expected]);
        accepted(report, providers::stripe(), right, &delivery);
    }

    std::mem::take(report).finish();

    // The previous one.
    let doctor = Doctor::new(providers::github(), "another").unwrap();
    let with = |secret: &str| doctor.clone().previous(secret).unwrap();
    let diagnosis = with(SECRET).examine(&good.head, Some(&good.body));
    assert!(diagnosis.is_accepted());
    let diagnosis = with(&format!("{SECRET}\n")).examine(&good.head, Some(&good.body));
    assert_eq!(words(&diagnosis), ["proven SecretWhitespace"]);
    assert!(doctor.previous("").is_err());

    // A token.
    let token = Delivery::new(BODY).header("x-gitlab-token", SECRET);
    let secret = format!("{SECRET}\n");
    let diagnosis = examine(providers::gitlab(), &secret, &token);
    assert_eq!(words(&diagnosis), ["proven SecretWhitespace"]);
}

/// Base64, hex and text, each where another is due.
#[test]
fn another_form_of_a_secret() {
    let report = &mut Report::default();
    let by = |key: &[u8]| github_by(key);
    let github = providers::github;
    let form = |form| format!("proven SecretForm {{ used: {form} }}");
    let key = SECRET.as_bytes();
    let (in_base64, in_hex) = (base64(key), hex(key));
    check(report, github(), &in_base64, &by(key), &[&form("Base64")]);
    check(report, github(), &in_hex, &by(key), &[&form("Hex")]);
    check(
        report,
        github(),
        SECRET,
        &by(in_base64.as_bytes()),
        &[&form("ToBase64")],
    );
    check(
        report,
        github(),
        SECRET,
        &by(in_hex.as_bytes()),
        &[&form("ToHex")],
    );

    // Where base64 is due: the text itself.
    let standard = providers::standard_webhooks;
    let text = [b"msg_1.", now().as_bytes(), b".", BODY.as_bytes()].concat();
    let signed = |key: &[u8]| {
        let mac = base64(&mac(Algorithm::HmacSha256, key, &text));
        let delivery = Delivery::new(BODY).header("webhook-id", "msg_1");
        let delivery = delivery.header("webhook-timestamp", now());
        delivery.header("webhook-signature", format!("v1,{mac}"))
    };
    let delivery = signed(STANDARD_SECRET.as_bytes());
    check(
        report,
        standard(),
        STANDARD_SECRET,
        &delivery,
        &[&form("Text")],
    );
    let in_hex = hex(&standard_key(STANDARD_SECRET));
    let delivery = signed(&standard_key(STANDARD_SECRET));
    check(report, standard(), &in_hex, &delivery, &[&form("Hex")]);
    // Where hex is due: the text itself, and base64.
    let keyed = |form| {
        let scheme = Scheme::builder("acme").signature_header("x-acme-signature");
        scheme.secret_encoding(form).build().unwrap()
    };
    let key = b"a key of 32 bytes, which are hex";
    for (secret, sender, used) in [
        (hex(key), SecretEncoding::Text, "Text"),
        (hex(key), SecretEncoding::Base64, "Base64"),
    ] {
        let delivery = signed_as(keyed(sender), &secret, BODY);
        let expected = form(used);
        check(
            report,
            keyed(SecretEncoding::Hex),
            &secret,
            &delivery,
            &[&expected],
        );
    }
    std::mem::take(report).finish();

    // One that cannot be decoded at all.
    let diagnosis = examine(standard(), SECRET, &signed(SECRET.as_bytes()));
    assert!(diagnosis.rejection_kind().is_none() && diagnosis.key_error().is_some());
    assert_eq!(words(&diagnosis), [form("Text")]);
}

#[test]
fn another_way_of_signing() {
    let report = &mut Report::default();
    let github = providers::github;
    let name = "x-hub-signature-256";
    let good = |value: String| Delivery::new(BODY).header(name, value);
    let sha256 = of(BODY.as_bytes(), Algorithm::HmacSha256);
    let sha1 = of(BODY.as_bytes(), Algorithm::HmacSha1);
    let sha512 = of(BODY.as_bytes(), Algorithm::HmacSha512);

    let missing = "proven SignaturePrefix { is_missing: true }";
    let superfluous = "proven SignaturePrefix { is_missing: false }";
    check(report, github(), SECRET, &good(hex(&sha256)), &[missing]);
    let other = good(format!("hmac-sha256={}", hex(&sha256)));
    check(report, github(), SECRET, &other, &[superfluous]);
    let prefixed = shopify(BODY).set(
        "x-shopify-hmac-sha256",
        format!("sha256={}", base64(&sha256)),
    );
    check(
        report,
        providers::shopify(),
        SECRET,
        &prefixed,
        &[superfluous],
    );

    let used = "proven Algorithm { used: HmacSha1 }";
    for delivery in [
        good(format!("sha256={}", hex(&sha1))),
        good(format!("sha1={}", hex(&sha1))),
        Delivery::new(BODY).header("x-hub-signature", format!("sha1={}", hex(&sha1))),
    ] {
        check(report, github(), SECRET, &delivery, &[used]);
    }
    let sha512 = good(format!("sha512={}", hex(&sha512)));
    check(
        report,
        github(),
        SECRET,
        &sha512,
        &["proven Algorithm { used: HmacSha512 }"],
    );

    let delivery = good(format!("sha256={}", base64(&sha256)));
    check(
        report,
        github(),
        SECRET,
        &delivery,
        &["proven Encoding { used: Base64 }"],
    );
    let delivery = shopify(BODY).set("x-shopify-hmac-sha256", hex(&sha256));
    let expected = ["proven Encoding { used: Hex }"];
    check(report, providers::shopify(), SECRET, &delivery, &expected);

    let alone = slack(now(), BODY).set("x-slack-signature", format!("v0={}", hex(&sha256)));
    check(
        report,
        providers::slack(),
        SECRET,
        &alone,
        &["proven BodyAlone"],
    );
    std::mem::take(report).finish();
}

/// If the head is rejected, the body is not read. Under another secret, no finding is proven.
#[tokio::test(start_paused = true)]
async fn a_signature_is_known_by_its_look() {
    let github = |value: String| Delivery::new(BODY).header("x-hub-signature-256", value);
    let shopify = |value: String| Delivery::new(BODY).header("x-shopify-hmac-sha256", value);
    let by = |algorithm| of(BODY.as_bytes(), algorithm);
    let (sha1, sha256) = (by(Algorithm::HmacSha1), by(Algorithm::HmacSha256));
    let sha512 = by(Algorithm::HmacSha512);
    let used = |name| format!("guess Algorithm {{ used: {name} }}");
    let legacy = Delivery::new(BODY).header("x-hub-signature", format!("sha1={}", hex(&sha1)));
    let rows = [
        (providers::github(), legacy, used("HmacSha1")),
        (
            providers::github(),
            github(format!("sha1={}", hex(&sha1))),
            used("HmacSha1"),
        ),
        (
            providers::github(),
            github(format!("sha512={}", hex(&sha512))),
            used("HmacSha512"),
        ),
        (
            providers::github(),
            github(format!("sha256={}", base64(&sha256))),
            "guess Encoding { used: Base64 }".to_owned(),
        ),
        (
            providers::github(),
            github(hex(&sha256)),
            "guess SignaturePrefix { is_missing: true }".to_owned(),
        ),
        (
            providers::shopify(),
            shopify(format!("sha256={}", base64(&sha256))),
            "guess SignaturePrefix { is_missing: false }".to_owned(),
        ),
        (
            providers::shopify(),
            shopify(hex(&sha256)),
            "guess Encoding { used: Hex }".to_owned(),
        ),
        (
            providers::shopify(),
            shopify(base64(&sha1)),
            used("HmacSha1"),
        ),
    ];
    for (provider, delivery, expected) in rows {
        let (sink, receiver) = told();
        let layer = WebhookLayer::new(provider.clone(), kept(SECRET)).unwrap();
        let layer = layer.diagnose(sink).unwrap();
        let told = heard(&layer, &receiver, &delivery).await;
        assert_eq!(told.as_ref(), Some(&expected), "through the layer");
        let diagnosis = examine(provider, "another", &delivery);
        assert_eq!(words(&diagnosis), [expected]);
    }
    for value in ["", "sha256=", "sha256=zz", "sha256=00", "nonsense", "===="] {
        let diagnosis = examine(providers::github(), SECRET, &github(value.to_owned()));
        assert_eq!(words(&diagnosis), [""; 0], "{value:?}");
    }
}

#[test]
fn another_time() {
    let report = &mut Report::default();
    let unit = |certainty, unit: &str| format!("{certainty} TimestampFormat {{ used: {unit} }}");
    let millis = (NOW * 1000 + 250).to_string();
    let delivery = slack(&millis, BODY);
    let expected = unit("proven", "Milliseconds");
    check(report, providers::slack(), SECRET, &delivery, &[&expected]);
    let delivery = stripe("2026-01-15T12:00:00Z", BODY);
    let expected = unit("proven", "Rfc3339");
    check(report, providers::stripe(), SECRET, &delivery, &[&expected]);
    let in_unit = |unit| {
        let scheme = Scheme::builder("acme").signature_header("x-acme-signature");
        let scheme = scheme
            .timestamp_header("x-acme-time")
            .timestamp_format(unit);
        scheme.message("{timestamp}|{body}").build().unwrap()
    };
    let units = [
        TimestampFormat::Seconds,
        TimestampFormat::Milliseconds,
        TimestampFormat::Rfc3339,
        TimestampFormat::DateTime,
    ];
    for due in units {
        for used in units.into_iter().filter(|used| *used != due) {
            // A date and time without an offset may end in `Z`.
            if (due, used) == (TimestampFormat::DateTime, TimestampFormat::Rfc3339) {
                continue;
            }
            let delivery = signed_as(in_unit(used), SECRET, BODY);
            let expected = unit("proven", &format!("{used:?}"));
            check(report, in_unit(due), SECRET, &delivery, &[&expected]);
            accepted(report, in_unit(used), SECRET, &delivery);
        }
    }
    let expected = unit("guess", "Milliseconds");
    check(
        report,
        providers::slack(),
        "another",
        &slack(&millis, BODY),
        &[&expected],
    );

    let skew = |certainty, by, is_ahead| {
        format!("{certainty} ClockSkew {{ by: {by}s, is_ahead: {is_ahead} }}")
    };
    for (seconds, by, is_ahead) in [(NOW - 3600, 3600, false), (NOW + 301, 301, true)] {
        let delivery = slack(seconds.to_string(), BODY);
        let proven = skew("proven", by, is_ahead);
        check(report, providers::slack(), SECRET, &delivery, &[&proven]);
        let guess = skew("guess", by, is_ahead);
        check(report, providers::slack(), "another", &delivery, &[&guess]);
        let both = ["proven SecretWhitespace", &proven];
        let secret = format!("{SECRET}\n");
        check(report, providers::slack(), &secret, &delivery, &both);
    }
    // A timestamp that is not signed can be from any client.
    for scheme in [providers::ghost_old(), providers::generic()] {
        let unsigned = scheme.scheme().clone();
        assert!(!unsigned.timestamp_is_signed());
        let signer = Signer::new(scheme.clone(), support::secret()).unwrap();
        let mut request = Request::post("/").body(BODY.into()).unwrap();
        signer
            .sign(&mut request, "delivery-1", at(NOW - 3600))
            .unwrap();
        let (head, body) = request.into_parts();
        let guess = skew("guess", 3600, false);
        check(report, scheme, SECRET, &Delivery { head, body }, &[&guess]);
    }
    std::mem::take(report).finish();

    // Without the body nothing is proven.
    let doctor = Doctor::new(providers::slack(), SECRET)
        .unwrap()
        .clock(test_clock());
    let stale = slack((NOW - 3600).to_string(), BODY);
    let diagnosis = doctor.examine(&stale.head, None);
    assert_eq!(words(&diagnosis), [skew("guess", 3600, false)]);
    // Nor is anything wrong with a body that is not there.
    let diagnosis = doctor.examine(&slack(now(), BODY).head, None);
    assert!(diagnosis.is_accepted());
}

#[test]
fn what_happened_to_a_body() {
    let report = &mut Report::default();
    let github = providers::github;
    let rows: &[(&str, &str, &str)] = &[
        ("BodyEmpty", "", BODY),
        ("BodyByteOrderMark", "\u{feff}{}", "{}"),
        ("BodyByteOrderMark", "{}", "\u{feff}{}"),
        ("BodyWhitespace", "{}\n", "{}"),
        ("BodyWhitespace", "{}\r\n", "{}"),
        ("BodyWhitespace", "{}", "{}\n"),
        ("BodyWhitespace", "{}", " {}\r\n"),
        ("BodyLineEnds", "a=1\nb=2\n", "a=1\r\nb=2\r\n"),
        ("BodyLineEnds", "a=1\r\nb=2\r\n", "a=1\nb=2\n"),
        (
            "BodyJson",
            r#"{"b":1,"a":["x",{}]}"#,
            r#"{ "b": 1, "a": [ "x", {} ] }"#,
        ),
        (
            "BodyJson",
            r#"{"b": 1, "a": ["x", []]}"#,
            r#"{"b":1,"a":["x",[]]}"#,
        ),
        ("BodyJson", "{\n  \"b\": [\n    1\n  ]\n}", r#"{"b":[1]}"#),
        (
            "BodyJson",
            "{\n    \"b\": [\n        1\n    ]\n}",
            r#"{"b":[1]}"#,
        ),
        (
            "BodyJson",
            r#"{"b":"\u00eb\ud83d\ude00"}"#,
            r#"{"b":"ë😀"}"#,
        ),
        ("BodyJson", r#"{"b":"ë"}"#, r#"{"b":"\u00eb"}"#),
        ("BodyJson", r#"{"b":"http:\/\/a"}"#, r#"{"b":"http://a"}"#),
        (
            "BodyJson",
            r#"{"b":"\u003ca\u003e \u0026"}"#,
            r#"{"b":"<a> &"}"#,
        ),
        (
            "BodyCharset",
            "Zo\u{eb} 5 \u{20ac}",
            "Zo\u{c3}\u{ab} 5 \u{e2}\u{82}\u{ac}",
        ),
        ("BodyForm", "a=b+c&d=%2F", "a=b%20c&d=%2F"),
        ("BodyForm", "a=b%20c&d=%2f%20", "a=b+c&d=%2f+"),
        ("BodyForm", "a=%2F%C3%AB&b=", "a=%2f%c3%ab&b="),
        ("BodyForm", "a=%2f%c3%ab", "a=%2F%C3%AB"),
        ("BodyForm", "a=b+*%7E", "a=b%20*~"),
        ("BodyForm", "a=b+%2A~", "a=b+*%7E"),
        ("BodyForm", "a=b+%2A%7E", "a=b+*%7E"),
        ("BodyForm", "a=b%20%2A~&c", "a=b+%2a%7e&c"),
        ("BodyForm", "a=it's%20(b)!", "a=it%27s+%28b%29%21"),
        ("BodyForm", "a=%7eb(c)+%3d%2b", "a=~b%28c%29+%3D%2B"),
    ];
    for (cause, signed, sent) in rows {
        let delivery = support::github(signed).body(sent);
        accepted(report, github(), SECRET, &delivery.clone().body(signed));
        check(
            report,
            github(),
            SECRET,
            &delivery,
            &[&format!("proven {cause}")],
        );
    }

    std::mem::take(report).finish();
}

#[test]
fn what_happened_to_a_body_that_is_no_short_text() {
    let report = &mut Report::default();
    let github = providers::github;
    let delivery = support::github("Zo\u{eb}").body(b"Zo\xeb");
    let expected = ["proven BodyCharset"];
    check(report, github(), SECRET, &delivery, &expected);
    // One finding, though a long text can be trimmed in several ways.
    let long = "x".repeat(5000);
    let delivery = support::github(&long).body(format!("{long}\n"));
    let expected = ["proven BodyWhitespace"];
    check(report, github(), SECRET, &delivery, &expected);

    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(BODY.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let delivery = support::github(BODY).body(&gzip);
    check(
        report,
        github(),
        SECRET,
        &delivery,
        &["proven BodyCompressed"],
    );

    for encoding in ["gzip", "br", "zstd", "deflate", "compress"] {
        let delivery = support::github(&gzip)
            .body(BODY)
            .header("content-encoding", encoding);
        let expected = ["guess BodyDecompressed"];
        check(report, github(), SECRET, &delivery, &expected);
    }
    for encoding in ["", "identity", "utf-8", "aws-chunked"] {
        let delivery = support::github(&gzip).body(BODY);
        let delivery = delivery.header("content-encoding", encoding);
        check(report, github(), SECRET, &delivery, &[]);
    }
    for encoding in ["gzip", "br", "identity"] {
        let delivery = support::github("{}").body(&gzip);
        let delivery = delivery.header("content-encoding", encoding);
        check(report, github(), SECRET, &delivery, &[]);
    }

    let delivery = support::github(r#"{"a":1.50}"#)
        .body(r#"{"a":1.5}"#)
        .header("content-length", "10");
    let expected = ["guess BodyLength { declared: 10, found: 9 }"];
    check(report, github(), SECRET, &delivery, &expected);
    std::mem::take(report).finish();
}

/// A compressed body that would be a thousand times as long is not all read.
#[test]
fn a_bomb_is_harmless() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![0; 64 << 20]).unwrap();
    let bomb = gzip.finish().unwrap();
    // Indented, it would be hundreds of megabytes.
    let nested = format!(
        "{}{}0{}",
        "[".repeat(125),
        "0,".repeat(50_000),
        "]".repeat(125)
    );
    for body in [bomb, nested.into_bytes()] {
        let diagnosis = examine(providers::github(), SECRET, &github("{}").body(body));
        assert_eq!(words(&diagnosis), [""; 0]);
    }
}

/// The work of a diagnosis is bounded, whatever is sent.
#[test]
fn no_body_is_hashed_for_ever() {
    const LEN: usize = 8 << 20;
    let text = format!(r#"{{"a":"{}"}}"#, "x".repeat(LEN - 8));
    let delivery = github("{}").body(&text);
    let doctor = Doctor::new(providers::github(), SECRET).unwrap();
    let limit = 40 << 20;
    let doctor = doctor.work_limit(limit);
    let diagnosis = doctor.examine(&delivery.head, Some(&delivery.body));
    assert!(!diagnosis.is_complete());
    assert_eq!(words(&diagnosis), [""; 0]);
    let hashed = diagnosis.bytes_hashed();
    assert!(
        hashed > limit - LEN as u64 - 1024 && hashed <= limit,
        "{hashed}"
    );
    // Once is needed to say why it is refused.
    let diagnosis = doctor
        .work_limit(0)
        .examine(&delivery.head, Some(&delivery.body));
    assert!(diagnosis.rejection_kind().is_some() && !diagnosis.is_complete());
    assert_eq!(diagnosis.bytes_hashed(), LEN as u64 + 1024);
}

#[test]
fn another_provider() {
    let report = &mut Report::default();
    let expected = r#"proven OtherProvider { names: ["shopify"], more: 0 }"#;
    check(
        report,
        providers::github(),
        SECRET,
        &shopify(BODY),
        &[expected],
    );
    let expected = r#"guess OtherProvider { names: ["stripe"], more: 0 }"#;
    check(
        report,
        providers::github(),
        "another",
        &stripe(now(), BODY),
        &[expected],
    );
    // Its other headers tell whose a signature is that several make.
    let theirs = github(BODY)
        .header("x-github-event", "push")
        .header("x-github-delivery", "1");
    let discord = find_provider("discord");
    for provider in [providers::slack(), providers::stripe()]
        .into_iter()
        .chain(discord)
    {
        let secret = if provider.scheme().name() == "discord" {
            ED25519_KEY
        } else {
            SECRET
        };
        let certainty = if secret == SECRET { "proven" } else { "guess" };
        let expected =
            format!(r#"{certainty} OtherProvider {{ names: ["github", "ghcr"], more: 0 }}"#);
        check(report, provider, secret, &theirs, &[&expected]);
    }
    let expected = r#"guess OtherProvider { names: ["github", "ghcr"], more: 0 }"#;
    check(report, providers::gitlab(), "another", &theirs, &[expected]);
    // Tokens prove nothing, and their headers are unmistakable.
    for (header, name) in [
        ("x-gitlab-token", "gitlab"),
        ("x-telegram-bot-api-secret-token", "telegram"),
    ] {
        let delivery = Delivery::new(BODY).header(header, SECRET);
        let delivery = delivery.header("authorization", "Bearer abc");
        let expected = format!("guess OtherProvider {{ names: [{name:?}], more: 0 }}");
        check(report, providers::stripe(), SECRET, &delivery, &[&expected]);
    }
    // Dozens use these headers, and some sign alike.
    let delivery = standard("msg_1", now(), BODY);
    let names = r#"names: ["standard-webhooks", "anthropic", "dodopayments", "lithic", "liveblocks", "openai", "polar", "replicate"], more: 0"#;
    let expected = format!("proven OtherProvider {{ {names} }}");
    for provider in [providers::github(), providers::slack()] {
        check(report, provider, STANDARD_SECRET, &delivery, &[&expected]);
    }
    let names = r#"names: ["standard-webhooks", "anthropic", "bigcommerce", "dodopayments", "imagekit", "lithic", "liveblocks", "openai"], more: 4"#;
    let expected = format!("guess OtherProvider {{ {names} }}");
    check(
        report,
        providers::github(),
        "another",
        &delivery,
        &[&expected],
    );
    // A header that is there for many another reason.
    let delivery = Delivery::new(BODY).header("authorization", "Bearer abc");
    check(report, providers::github(), SECRET, &delivery, &[]);
    std::mem::take(report).finish();
}

/// The delivery of each, at an endpoint of another: proven where the body and the secret are known,
/// guessed by its head.
#[test]
fn the_delivery_of_any_other_provider() {
    /// A signature or a token in the body or in the query, or in a header that the operator chooses
    /// or that says nothing of who sends it. LiveKit's token names an API key, which is a
    /// setting of LiveKit only.
    const NOT_NAMED: &[&str] = &[
        "auth0",
        "azure-event-grid",
        "braze",
        "checkout-com-token",
        "datadog",
        "docker-hub",
        "figma",
        "google-pubsub",
        "jotform",
        "livekit",
        "mailgun",
        "okta",
        "opsgenie",
        "revenuecat-token",
        "rudderstack",
        "token",
        "vonage-sms",
        "vonage-sms-hmac-md5",
        "vonage-sms-hmac-sha1",
        "vonage-sms-hmac-sha256",
        "vonage-sms-hmac-sha512",
    ];
    /// In `authorization`, which tells nothing, or as so many that the first are named alone.
    const NOT_GUESSED: &[&str] = &[
        "atlassian-connect",
        "azure-devops",
        "basic-auth",
        "chargebee",
        "livekit",
        "microsoft-teams",
        "monday",
        "polar",
        "postmark",
        "replicate",
        "sendgrid-inbound-parse",
        "supabase",
        "vonage",
    ];

    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    let report = &mut Report::default();
    let mut examined = 0;
    for preset in providers::all() {
        let name = preset.name();
        let needs = preset.requirements();
        let provider = support::with_public_url(preset.provider(), url.clone());
        let set = |provider: Provider, name: &String| provider.with_setting(name, "a setting");
        let provider = needs.settings.iter().fold(provider, set);
        let secret = key_text(provider.scheme(), "ours");
        let Ok(signer) = Signer::new(provider.clone(), Secret::new(&secret).unwrap()) else {
            continue;
        };
        let request = Request::post("https://hooks.example.com/hooks");
        let mut request = request.body(BODY.into()).unwrap();
        if let Some(Location::Header(event)) = provider.scheme().event_location() {
            let value = "event".parse().unwrap();
            request.headers_mut().insert(event, value);
        }
        if signer.sign(&mut request, "delivery-1", at(NOW)).is_err() {
            continue;
        }
        let other = if name == "stripe" {
            providers::slack()
        } else {
            providers::stripe()
        };
        let other = other.with_public_url(url.clone());
        let doctor = Doctor::new(other, &secret).unwrap().clock(test_clock());
        let says = |body: Option<&[u8]>, certainty: &str| {
            let diagnosis = doctor.examine(&request, body);
            let found = words(&diagnosis);
            let starts = format!("{certainty} OtherProvider");
            let names = found
                .iter()
                .any(|it| it.starts_with(&starts) && it.contains(&format!("{name:?}")));
            (names, found)
        };
        let is_token = provider.scheme().credential() == Credential::Token;
        let certainty = if is_token { "guess" } else { "proven" };
        let (is_named, found) = says(Some(request.body()), certainty);
        let is_due = !NOT_NAMED.contains(&name);
        report.note(if is_named == is_due {
            Ok(())
        } else {
            Err(format!("{name}, with its body: {found:?}"))
        });
        let (is_guessed, found) = says(None, "guess");
        let is_due = is_due && !NOT_GUESSED.contains(&name);
        report.note(if is_guessed == is_due {
            Ok(())
        } else {
            Err(format!("{name}, by its head: {found:?}"))
        });
        examined += 1;
    }
    assert!(examined > 120, "{examined}");
    std::mem::take(report).finish();
}

/// The settings of an endpoint do not keep it from naming a provider that has no such settings.
#[test]
fn names_another_provider_at_an_endpoint_with_settings() {
    let secret = key_text(providers::github().scheme(), "ours");
    let signer = Signer::new(providers::github(), Secret::new(&secret).unwrap()).unwrap();
    let mut request = Request::post("https://hooks.example.com/hooks")
        .body(BODY.into())
        .unwrap();
    signer.sign(&mut request, "delivery-1", at(NOW)).unwrap();
    let livekit = providers::livekit().with_setting("api_key", "a key");
    let doctor = Doctor::new(livekit, &secret).unwrap().clock(test_clock());
    let found = words(&doctor.examine(&request, Some(request.body())));
    let is_named = |it: &String| it.starts_with("proven OtherProvider") && it.contains("github");
    assert!(found.iter().any(is_named), "{found:?}");
}

/// A version of the same provider that the endpoint is not set up for.
#[test]
fn another_variant_of_a_provider() {
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    let provider = |name: &str| {
        let provider = providers::by_name(name).unwrap();
        support::with_public_url(provider, url.clone())
    };
    let report = &mut Report::default();
    for (sent, due, expected) in [
        (
            "hubspot-v1",
            "hubspot-v3",
            r#"OtherProvider { names: ["hubspot-v1"], more: 0 }"#,
        ),
        (
            "hubspot-v1",
            "hubspot-v2",
            r#"OtherProvider { names: ["hubspot-v1"], more: 0 }"#,
        ),
        (
            "hubspot-v2",
            "hubspot-v3",
            r#"OtherProvider { names: ["hubspot-v2"], more: 0 }"#,
        ),
        (
            "hubspot-v3",
            "hubspot-v1",
            r#"OtherProvider { names: ["hubspot-v3"], more: 0 }"#,
        ),
        (
            "plivo-v2",
            "plivo",
            r#"OtherProvider { names: ["plivo-v2"], more: 0 }"#,
        ),
        ("ghost-old", "ghost", "BodyAlone"),
        ("convoy", "convoy-base64", "Encoding { used: Hex }"),
        ("github-sha1", "github", "Algorithm { used: HmacSha1 }"),
        ("meta-sha1", "meta", "Algorithm { used: HmacSha1 }"),
    ] {
        let head = Request::post("/hooks").header("x-plivo-signature-v2-nonce", "1");
        let delivery = signed_with(provider(sent), SECRET, head, BODY);
        let expected = format!("proven {expected}");
        // The scheme that is due may not sign the URL, and the one that is used may.
        let due = providers::by_name(due).unwrap();
        let due = due.with_public_url(url.clone());
        check(report, due, SECRET, &delivery, &[&expected]);
        accepted(report, provider(sent), SECRET, &delivery);
    }
    std::mem::take(report).finish();
}

/// What proxies and CGI make of a header's name.
#[test]
fn another_header() {
    let report = &mut Report::default();
    let moved = |delivery: Delivery, from: &str, to: &str| {
        let value = delivery.head.headers[from].clone();
        delivery.without(from).header(to, value.as_bytes())
    };
    let named = |certainty, expected, found| {
        format!("{certainty} HeaderName {{ expected: {expected:?}, found: {found:?} }}")
    };
    let due = "x-hub-signature-256";
    for found in [
        "x_hub_signature_256",
        "http_x_hub_signature_256",
        "hub-signature-256",
    ] {
        let delivery = moved(github(BODY), due, found);
        let proven = named("proven", due, found);
        check(report, providers::github(), SECRET, &delivery, &[&proven]);
        let guess = named("guess", due, found);
        check(report, providers::github(), "another", &delivery, &[&guess]);
    }
    let (due, found) = ("x-slack-request-timestamp", "slack-request-timestamp");
    let delivery = moved(slack(now(), BODY), due, found);
    let proven = named("proven", due, found);
    check(report, providers::slack(), SECRET, &delivery, &[&proven]);
    // One that is not needed says nothing of one that is.
    let delivery = moved(github(BODY), "x-hub-signature-256", "hub-signature-256");
    let delivery = delivery.header("github-delivery", "1");
    let proven = named("proven", "x-hub-signature-256", "hub-signature-256");
    check(report, providers::github(), SECRET, &delivery, &[&proven]);
    // Both are needed.
    let delivery = moved(slack(now(), BODY), "x-slack-signature", "slack-signature");
    let delivery = moved(
        delivery,
        "x-slack-request-timestamp",
        "slack-request-timestamp",
    );
    let both = ["x-slack-signature", "x-slack-request-timestamp"];
    let both = both.map(|due| named("proven", due, due.trim_start_matches("x-")));
    let both = both.each_ref().map(String::as_str);
    check(report, providers::slack(), SECRET, &delivery, &both);
    // Two that could be it.
    let delivery = moved(github(BODY), "x-hub-signature-256", "hub-signature-256");
    let delivery = delivery.header("x_hub_signature_256", "sha256=00");
    check(report, providers::github(), SECRET, &delivery, &[]);

    let acme = || Scheme::builder("acme").signature_header("acme_signature");
    let acme = || acme().build().unwrap();
    let delivery = signed_as(acme(), SECRET, BODY).without("acme_signature");
    let expected = r#"guess HeaderDropped { expected: "acme_signature" }"#;
    check(report, acme(), SECRET, &delivery, &[expected]);
    // No underscore, nothing to say.
    let delivery = github(BODY).without("x-hub-signature-256");
    check(report, providers::github(), SECRET, &delivery, &[]);
    std::mem::take(report).finish();
}

#[test]
fn another_url() {
    let report = &mut Report::default();
    let at_base = |base: &str| providers::square().with_public_url(PublicUrl::fixed(base).unwrap());
    let signed =
        |base: &str, target: &str| signed_with(at_base(base), SECRET, Request::post(target), BODY);
    let ours = "https://hooks.example.com";
    for (theirs, host) in [
        ("http://hooks.example.com", ""),
        ("https://hooks.example.com:443", ""),
        ("http://hooks.example.com:80", ""),
        ("https://hooks.example.org", "hooks.example.org"),
        ("http://hooks.example.org:8080", "hooks.example.org:8080"),
        ("https://hooks.example.org", "hooks.example.org:8443"),
    ] {
        let delivery = signed(theirs, "/square").header("host", host);
        let expected = proven_url(&format!("{theirs}/square"), &format!("{ours}/square"));
        check(report, at_base(ours), SECRET, &delivery, &[&expected]);
        accepted(report, at_base(theirs), SECRET, &delivery);
    }
    for (theirs, sent) in [("/square/?a=1", "/square?a=1"), ("/square", "/square/")] {
        let path = |target: &str| target.split('?').next().map(|path| format!("{ours}{path}"));
        let expected = proven_url(&path(theirs).unwrap(), &path(sent).unwrap());
        let delivery = signed(ours, theirs).uri(sent);
        check(report, at_base(ours), SECRET, &delivery, &[&expected]);
        accepted(report, at_base(ours), SECRET, &delivery.uri(theirs));
    }
    let (theirs, socket) = ("https://hooks.example.com", "wss://hooks.example.com");
    let expected = proven_url(&format!("{theirs}/square"), &format!("{socket}/square"));
    let delivery = signed(theirs, "/square");
    check(report, at_base(socket), SECRET, &delivery, &[&expected]);
    let exact = |url: &str| providers::square().with_public_url(PublicUrl::exact(url).unwrap());
    for (theirs, base, sent) in [
        (ours, ours, "/"),
        (ours, ours, "/?a=1"),
        ("https://hooks.example.com/", ours, "/square"),
        (
            "https://hooks.example.com/in",
            "https://hooks.example.com/in",
            "/in",
        ),
    ] {
        let delivery = signed_with(exact(theirs), SECRET, Request::post(sent), BODY);
        let path = sent.split('?').next().unwrap();
        let expected = proven_url(theirs, &format!("{base}{path}"));
        check(report, at_base(base), SECRET, &delivery, &[&expected]);
        accepted(report, exact(theirs), SECRET, &delivery);
    }
    let twilio = |base| providers::twilio().with_public_url(PublicUrl::fixed(base).unwrap());
    let form = "application/x-www-form-urlencoded";
    for theirs in ["http://hooks.example.com", "wss://hooks.example.com"] {
        let head = Request::post("/twilio").header("content-type", form);
        let delivery = signed_with(twilio(theirs), SECRET, head, "From=%2B1&To=%2B2");
        let expected = proven_url(&format!("{theirs}/twilio"), &format!("{ours}/twilio"));
        check(report, twilio(ours), SECRET, &delivery, &[&expected]);
        accepted(report, twilio(theirs), SECRET, &delivery);
    }
    std::mem::take(report).finish();
}

fn proven_url(signed: &str, compared: &str) -> String {
    format!("proven Url {{ signed: {signed:?}, compared: {compared:?} }}")
}

/// A secret in the form that the scheme takes.
fn key_text(scheme: &Scheme, name: &str) -> String {
    let key = format!("{name:*<32}");
    match scheme.secret_encoding() {
        SecretEncoding::Hex => hex(key.as_bytes()),
        SecretEncoding::Base64 => base64(key.as_bytes()),
        SecretEncoding::PrefixedBase64(prefix) => format!("{prefix}{}", base64(key.as_bytes())),
        _ => format!("user:{name}"),
    }
}

/// Deliveries that are signed with an unknown secret are rejected without an explanation, for each
/// provider.
#[test]
fn there_is_nothing_to_say_of_a_forgery() {
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    let (mut examined, mut most) = (0, 0);
    for preset in providers::all() {
        let provider = preset.requirements().settings.iter().fold(
            support::with_public_url(preset.provider(), url.clone()),
            |provider, name| provider.with_setting(name, "a setting"),
        );
        let scheme = provider.scheme().clone();
        let theirs = Secret::new(key_text(&scheme, "stranger")).unwrap();
        let Ok(signer) = Signer::new(provider.clone(), theirs) else {
            continue;
        };
        let request = Request::post("https://hooks.example.com/hooks");
        let request = request.header("content-length", "70");
        let mut request = request.body(format!("{BODY:70}").into()).unwrap();
        if signer.sign(&mut request, "delivery-1", at(NOW)).is_err() {
            continue;
        }
        let doctor = Doctor::new(provider.clone(), &key_text(&scheme, "ours")).unwrap();
        let diagnosis = doctor
            .clock(test_clock())
            .examine(&request, Some(request.body()));
        assert!(!diagnosis.is_accepted(), "{}", preset.name());
        assert_eq!(words(&diagnosis), [""; 0], "{}", preset.name());
        assert!(diagnosis.is_complete(), "{}", preset.name());
        examined += 1;
        // One that is long, and is changed by all that is tried.
        let long = format!("\r\n {{\"a\": \"Zo\u{eb}</{}\"}}\n ", "x".repeat(2000));
        let secret = key_text(&scheme, "ours");
        let doctor = Doctor::new(provider, &format!("whsec_{secret}\n")).unwrap();
        for name in ["host", "x-forwarded-host"] {
            let value = format!("{name}.example:8080").parse().unwrap();
            request.headers_mut().insert(name, value);
        }
        let diagnosis = doctor
            .clock(test_clock())
            .examine(&request, Some(long.as_bytes()));
        let texts = scheme.messages().count() as u64;
        let each = (long.len() as u64 + 1024) * texts;
        most = most.max(diagnosis.bytes_hashed() / each);
    }
    assert!(examined > 80, "{examined}");
    // As the docs of `examine` say.
    assert!((60..100).contains(&most), "{most} verifications");
}

/// Whatever is sent, the doctor ends with an answer, and accepts what the layer does.
#[tokio::test]
async fn abuse_is_examined_without_a_fault() {
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    for name in [
        "github",
        "github-sha1",
        "gitlab",
        "hubspot-v3",
        "shopify",
        "slack",
        "standard-webhooks",
        "stripe",
        "twilio",
    ] {
        let provider = providers::by_name(name).unwrap();
        let provider = support::with_public_url(provider, url.clone());
        let secret = if name == "standard-webhooks" {
            STANDARD_SECRET
        } else {
            SECRET
        };
        let doctor = Doctor::new(provider.clone(), secret).unwrap();
        let doctor = doctor.work_limit(1 << 20);
        let app = tower::service_fn(|request: Request<Bytes>| {
            let diagnosis = doctor.examine(&request, Some(request.body()));
            let mut answer = Response::new(String::new());
            if !diagnosis.is_accepted() {
                *answer.status_mut() = StatusCode::FORBIDDEN;
            }
            async { Ok::<_, std::convert::Infallible>(answer) }
        });
        let suite = AbuseSuite::new(provider, Secret::new(secret).unwrap()).unwrap();
        let form = "application/x-www-form-urlencoded";
        let head = Request::post("/").header("content-type", form);
        let suite = suite.template(head.body(()).unwrap()).body_limit(4096);
        let suite = if name == "twilio" {
            suite.body("a=b&c=d")
        } else {
            suite
        };
        let report = suite.run(app).await.unwrap();
        let failures: Vec<_> = report.failures().map(CaseReport::name).collect();
        // How long a body may be is nothing to the doctor.
        let expected = ["body-over-limit", "length-of-a-giant", "length-unreadable"];
        assert_eq!(failures, expected, "{name}: {report}");
    }
}

/// 16: no secret, no MAC, no body.
#[test]
fn nothing_of_it_is_secret() {
    let log = Log::default();
    let guard = log.listen();
    let secret = format!("{SECRET}\n");
    let delivery = shopify(BODY).header("x-hub-signature-256", "sha256=00");
    let diagnosis = examine(providers::shopify(), &secret, &delivery);
    assert_eq!(words(&diagnosis), ["proven SecretWhitespace"]);
    diagnose::log(&diagnosis);
    drop(guard);
    let doctor = Doctor::new(providers::shopify(), &secret).unwrap();
    let shown = format!("{diagnosis} {diagnosis:?} {doctor:?} {}", log.text());
    // The fields, by their names: alarms are built on them.
    let line = "WARN tower_webhook: webhook delivery diagnosed provider=\"shopify\" reason=signature mismatch: wrong secret, modified body, or different signed text cause=the secret has leading or trailing whitespace or invisible characters; remove them is_proven=true";
    assert_eq!(log.text().trim(), line);
    let sha256 = of(BODY.as_bytes(), Algorithm::HmacSha256);
    for hidden in [SECRET, "Zoë", &base64(&sha256), &hex(&sha256)] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

// Through the layer.

fn told() -> (
    impl Fn(&Diagnosis) + Send + Sync + 'static,
    Receiver<String>,
) {
    let (sender, receiver) = channel();
    let sink = move |diagnosis: &Diagnosis| {
        let _ = sender.send(words(diagnosis).join(", "));
    };
    (sink, receiver)
}

/// Waits until the sink sends something, without blocking the runtime and without moving its clock.
async fn wait<T>(receiver: &Receiver<T>, time: Duration) -> Result<T, TryRecvError> {
    let start = std::time::Instant::now();
    loop {
        match receiver.try_recv() {
            Err(TryRecvError::Empty) if start.elapsed() < time => {}
            result => return result,
        }
        thread::sleep(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
}

/// The next diagnosis that is passed to the sink.
async fn next<T>(receiver: &Receiver<T>) -> Option<T> {
    wait(receiver, Duration::from_secs(20)).await.ok()
}

async fn is_silent(receiver: &Receiver<String>) -> bool {
    wait(receiver, Duration::from_secs(1)).await.is_err()
}

fn layer(secret: &str) -> (WebhookLayer, Receiver<String>) {
    let (sink, receiver) = told();
    let layer = WebhookLayer::new(providers::slack(), kept(secret)).unwrap();
    (layer.clock(test_clock()).diagnose(sink).unwrap(), receiver)
}

/// Keys that a layer with fixed keys can diagnose with.
fn kept(secret: &str) -> Keys {
    Keys::new(Secret::new(secret).unwrap()).keep_for_diagnosis()
}

/// How long after a delivery none is examined that was refused for the same reason.
const BETWEEN: Duration = Duration::from_secs(10);

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

async fn refuse(layer: &WebhookLayer, delivery: &Delivery) {
    let service = layer.layer(RecordingService::default());
    let answer = send(&service, delivery.clone().request()).await;
    assert!(answer.rejection.is_some());
    // Not on the wire.
    assert!(answer.text().len() < 40, "{}", answer.text());
}

/// The diagnosis that the sink receives for a delivery that is due.
async fn heard(
    layer: &WebhookLayer,
    receiver: &Receiver<String>,
    delivery: &Delivery,
) -> Option<String> {
    tokio::time::advance(BETWEEN).await;
    refuse(layer, delivery).await;
    next(receiver).await
}

#[tokio::test(start_paused = true)]
async fn the_layer_explains_each_reason_once_a_minute() {
    let (layer, receiver) = layer(SECRET);
    let stale = slack((NOW - 3600).to_string(), BODY);
    let trimmed = slack(now(), "{}\n").body("{}");
    let told = heard(&layer, &receiver, &stale).await;
    assert_eq!(
        told.unwrap(),
        "guess ClockSkew { by: 3600s, is_ahead: false }"
    );
    let told = heard(&layer, &receiver, &trimmed).await;
    assert_eq!(told.unwrap(), "proven BodyWhitespace");
    // It has its turn, and says nothing new.
    for _ in 0..4 {
        pass(12).await;
        refuse(&layer, &trimmed).await;
    }
    pass(11).await;
    refuse(&layer, &trimmed).await;
    assert!(is_silent(&receiver).await);

    pass(10).await;
    let pieces = [Step::data(b"{"), Step::data(b"}")];
    let service = layer.layer(RecordingService::default());
    send(&service, trimmed.with(Script::new(pieces))).await;
    assert_eq!(next(&receiver).await.unwrap(), "proven BodyWhitespace");
}

/// One of each reason of refusal in ten seconds, so that none hides another.
#[tokio::test(start_paused = true)]
async fn one_in_ten_seconds_is_examined() {
    let (layer, receiver) = layer(SECRET);
    let sent = |signed: &str, sent: &str| slack(now(), signed).body(sent);
    let of_one_kind = [
        sent("{}\n", "{}"),
        sent("", "{}"),
        sent("\u{feff}{}", "{}"),
        sent("[1]", "[ 1 ]"),
        sent("a\n", "a\r\n"),
        sent("a=b+c", "a=b%20c"),
        sent("Zo\u{eb}", "Zo\u{c3}\u{ab}"),
    ];
    let others = [
        slack((NOW + 3600).to_string(), BODY),
        slack((NOW - 3600).to_string(), BODY),
        slack("2026-01-15T12:00:00Z", BODY),
        slack(now(), BODY)
            .without("x-slack-signature")
            .header("stripe-signature", "t=1,v1=00"),
    ];
    let mut told = Vec::new();
    refuse(&layer, &of_one_kind[0]).await;
    told.extend(next(&receiver).await);
    // At the same time.
    for delivery in &others {
        refuse(&layer, delivery).await;
        told.extend(next(&receiver).await);
    }
    assert_eq!(told.len(), 1 + others.len(), "{told:?}");
    for delivery in &of_one_kind[1..] {
        tokio::time::advance(Duration::from_millis(9999)).await;
        // Too early, so it does not use up another delivery's turn.
        refuse(&layer, &of_one_kind[0]).await;
        tokio::time::advance(Duration::from_millis(1)).await;
        refuse(&layer, delivery).await;
        told.extend(next(&receiver).await);
    }
    assert_eq!(told.len(), of_one_kind.len() + others.len(), "{told:?}");
    assert!(receiver.try_recv().is_err());
}

/// What is guessed of a forgery hides no proof, nor one tenant another.
#[tokio::test(start_paused = true)]
async fn nothing_else_is_hidden() {
    // Where the timestamp is in the body, so that both have one.
    let stale = |secret: &str| {
        let signer = Signer::new(providers::mailgun(), Secret::new(secret).unwrap()).unwrap();
        let mut request = Request::post("/").body(BODY.into()).unwrap();
        let time = at(NOW - 86_400);
        signer.sign(&mut request, "delivery-1", time).unwrap();
        let (head, body) = request.into_parts();
        Delivery { head, body }
    };
    let (sink, receiver) = told();
    let layer = WebhookLayer::new(providers::mailgun(), kept(SECRET)).unwrap();
    let layer = layer.clock(test_clock()).diagnose(sink).unwrap();
    for (secret, certainty) in [("another", "guess"), (SECRET, "proven")] {
        let told = heard(&layer, &receiver, &stale(secret)).await;
        let expected = format!("{certainty} ClockSkew {{ by: 86400s, is_ahead: false }}");
        assert_eq!(told.unwrap(), expected);
    }

    let (sink, receiver) = told();
    let source = |head: tower_webhook::RequestHead<'_>| {
        let tenant = head.path().trim_start_matches('/').to_owned();
        let secret = support::secret().label("2026-11");
        let keys = Keys::new(secret).tenant(tenant);
        async move { Ok::<_, std::convert::Infallible>(Some(keys)) }
    };
    let layer = WebhookLayer::with_key_source(providers::slack(), source).unwrap();
    let (whose, names) = channel();
    let layer = layer.clock(test_clock()).diagnose(move |diagnosis| {
        let (tenant, label) = (diagnosis.tenant(), diagnosis.key_label());
        whose.send(format!("{tenant:?} {label:?}")).unwrap();
        sink(diagnosis);
    });
    let layer = layer.unwrap();
    let trimmed = slack(now(), "{}\n").body("{}");
    let length = slack(now(), "{}\n")
        .body("{ }")
        .header("content-length", "2");
    for (path, delivery, expected) in [
        ("/a", &length, "guess BodyLength { declared: 2, found: 3 }"),
        ("/a", &trimmed, "proven BodyWhitespace"),
        ("/b", &trimmed, "proven BodyWhitespace"),
    ] {
        let told = heard(&layer, &receiver, &delivery.clone().uri(path)).await;
        assert_eq!(told.unwrap(), expected);
        let tenant = path.trim_start_matches('/');
        assert_eq!(
            names.recv().unwrap(),
            format!("Some({tenant:?}) Some(\"2026-11\")")
        );
    }
}

/// The diagnosis identifies the delivery by its ID, and by the span of its request.
#[tokio::test(start_paused = true)]
async fn a_diagnosis_is_of_a_request() {
    use tracing::Instrument as _;

    // A subscriber for every thread.
    drop(Log::default().listen());
    let (sender, receiver) = channel();
    let keys = kept(STANDARD_SECRET);
    let layer = WebhookLayer::new(providers::standard_webhooks(), keys).unwrap();
    let layer = layer.clock(test_clock()).diagnose(move |diagnosis| {
        let span = tracing::Span::current()
            .metadata()
            .map(tracing::Metadata::name);
        sender
            .send((diagnosis.delivery_id().map(str::to_owned), span))
            .unwrap();
    });
    let layer = layer.unwrap();
    let trimmed = |id: &str| standard(id, now(), "{}\n").body("{}");
    for (id, told) in [
        ("msg_1", Some("msg_1".to_owned())),
        (&"x".repeat(129), None),
    ] {
        pass(60).await;
        let span = tracing::info_span!("request");
        refuse(&layer, &trimmed(id)).instrument(span).await;
        let heard = next(&receiver).await.unwrap();
        assert_eq!(heard, (told, Some("request")));
    }
}

/// A sink that panics receives the next diagnosis.
#[tokio::test(start_paused = true)]
async fn a_sink_may_panic() {
    let (sink, receiver) = told();
    let layer = WebhookLayer::new(providers::slack(), kept(SECRET)).unwrap();
    let layer = layer.clock(test_clock()).diagnose(move |diagnosis| {
        sink(diagnosis);
        panic!("a sink's own fault");
    });
    let layer = layer.unwrap();
    for (delivery, expected) in [
        (slack(now(), "{}\n").body("{}"), "proven BodyWhitespace"),
        (slack(now(), "").body("{}"), "proven BodyEmpty"),
    ] {
        assert_eq!(heard(&layer, &receiver, &delivery).await.unwrap(), expected);
    }
    // The sink is dropped with the layer.
    drop(layer);
    let dropped = wait(&receiver, Duration::from_secs(20)).await;
    assert_eq!(dropped, Err(TryRecvError::Disconnected));
}

/// One that is larger than what is hashed again and again.
#[tokio::test(start_paused = true)]
async fn a_long_body_is_not_examined() {
    for (len, is_told) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let (layer, receiver) = layer(SECRET);
        let layer = layer.body_limit(2 << 20);
        let body = "x".repeat(len);
        refuse(&layer, &slack(now(), format!("{body}\n")).body(body)).await;
        if is_told {
            assert_eq!(next(&receiver).await.unwrap(), "proven BodyWhitespace");
        } else {
            assert!(is_silent(&receiver).await, "{len} bytes");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_not_diagnosed() {
    let (layer, receiver) = layer(SECRET);
    for _ in 0..2000 {
        refuse(&layer, &slack(now(), BODY).body("another")).await;
    }
    // It took the turn of what is refused for the same reason, and of nothing else.
    let trimmed = slack(now(), "{}\n").body("{}");
    refuse(&layer, &trimmed).await;
    refuse(&layer, &slack((NOW - 3600).to_string(), BODY)).await;
    let skew = "guess ClockSkew { by: 3600s, is_ahead: false }";
    assert_eq!(next(&receiver).await.unwrap(), skew);
    let told = heard(&layer, &receiver, &trimmed).await;
    assert_eq!(told.unwrap(), "proven BodyWhitespace");
}

/// Where every tenant has keys of its own, there are none for a delivery that is refused by its
/// head, nor for one of a tenant that does not exist. That has its turn as one with a wrong
/// signature (29).
#[tokio::test(start_paused = true)]
async fn what_has_no_keys_is_examined_by_its_head_alone() {
    let (sink, receiver) = told();
    let source = |head: tower_webhook::RequestHead<'_>| {
        let is_known = head.path() == "/known";
        let keys = is_known.then(|| support::secret().into());
        async move { Ok::<_, std::convert::Infallible>(keys) }
    };
    let layer = WebhookLayer::with_key_source(providers::slack(), source).unwrap();
    let layer = layer.clock(test_clock()).diagnose(sink).unwrap();
    let trimmed = slack(now(), "{}\n")
        .body("{}")
        .header("content-length", "2");
    let (unknown, known) = (trimmed.clone().uri("/unknown"), trimmed.uri("/known"));
    // The wrong length is not reported either, and no other delivery has this turn.
    let longer = unknown.clone().set("content-length", "1");
    for delivery in [&longer, &unknown, &known] {
        refuse(&layer, delivery).await;
    }
    let stale = slack((NOW - 3600).to_string(), BODY).uri("/unknown");
    refuse(&layer, &stale).await;
    let skew = "guess ClockSkew { by: 3600s, is_ahead: false }";
    assert_eq!(next(&receiver).await.unwrap(), skew);
    let told = heard(&layer, &receiver, &known).await;
    assert_eq!(told.unwrap(), "proven BodyWhitespace");
    refuse(&layer, &unknown).await;
    assert!(is_silent(&receiver).await);
}

/// The keys that a source finds are those of the diagnosis, and so are those that were put in last.
#[tokio::test]
async fn the_keys_of_the_delivery_are_examined() {
    let signed = || github_by(format!("{SECRET}\n"));
    let (sink, receiver) = told();
    let source = |_: tower_webhook::RequestHead<'_>| async {
        Ok::<_, std::convert::Infallible>(Some(support::secret().into()))
    };
    let layer = WebhookLayer::with_key_source(providers::github(), source).unwrap();
    let layer = layer.diagnose(sink).unwrap();
    let service = layer.layer(RecordingService::default());
    send(&service, signed().request()).await;
    assert_eq!(next(&receiver).await.unwrap(), "proven SecretNewline");

    let (sink, receiver) = told();
    let another = kept("another");
    let (layer, handle) = WebhookLayer::with_reload_handle(providers::github(), another).unwrap();
    handle.replace(support::secret()).unwrap();
    let layer = layer.diagnose(sink).unwrap();
    let service = layer.layer(RecordingService::default());
    send(&service, signed().request()).await;
    assert_eq!(next(&receiver).await.unwrap(), "proven SecretNewline");
}

/// A layer with fixed keys cannot diagnose with keys that do not keep their secrets.
#[test]
fn a_layer_whose_secrets_are_not_kept_cannot_diagnose() {
    let keys = || Keys::new(support::secret());
    let fixed = |keys| WebhookLayer::new(providers::github(), keys).unwrap();
    let reloadable = |keys| {
        let layer = WebhookLayer::with_reload_handle(providers::github(), keys);
        layer.unwrap().0
    };
    let verifier = |keys| WebhookLayer::from(Verifier::new(providers::github(), keys).unwrap());
    let layers: [(&str, &dyn Fn(Keys) -> WebhookLayer); 3] = [
        ("fixed", &fixed),
        ("reloadable", &reloadable),
        ("verifier", &verifier),
    ];
    for (name, layer) in layers {
        let error = layer(keys()).diagnose(|_| {}).unwrap_err();
        assert!(matches!(error, SetupError::SecretsNotKept { .. }), "{name}");
        let text = "scheme `github`: `diagnose` needs the text of the secrets, but the keys of the \
                    layer do not keep it; create the layer with keys from \
                    `Keys::keep_for_diagnosis`";
        assert_eq!(error.to_string(), text);
        let kept = keys().keep_for_diagnosis();
        // The calls that add to keys do not undo it.
        let kept = kept.previous(support::secret()).tenant("acme");
        assert!(layer(kept).diagnose(|_| {}).is_ok(), "{name}");
    }
    let shown = format!("{:?} {:?}", kept(SECRET), fixed(kept(SECRET)));
    assert!(!shown.contains(SECRET), "{shown}");
}

/// A request would have to wait for the diagnosis, because there is no thread for it.
#[test]
fn a_rejection_outside_of_a_runtime_is_not_diagnosed() {
    let (layer, receiver) = layer(SECRET);
    let trimmed = slack(now(), "{}\n").body("{}");
    assert!(refuse(&layer, &trimmed).now_or_never().is_some());
    thread::sleep(Duration::from_millis(500));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));

    // It has not taken the turn of the next one.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let told = runtime.block_on(async {
        refuse(&layer, &trimmed).await;
        next(&receiver).await
    });
    assert_eq!(told.unwrap(), "proven BodyWhitespace");
}

/// The deliveries that wait for a diagnosis are dropped with their runtime.
#[test]
fn the_end_of_a_runtime_does_not_end_the_diagnoses_of_another() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let (layer, receiver) = layer(SECRET);
    let trimmed = slack(now(), "{}\n").body("{}");
    runtime().block_on(refuse(&layer, &trimmed));
    let stale = slack((NOW - 3600).to_string(), BODY);
    let told = runtime().block_on(async {
        refuse(&layer, &stale).await;
        next(&receiver).await
    });
    let skew = "guess ClockSkew { by: 3600s, is_ahead: false }";
    assert_eq!(told.unwrap(), skew);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

/// A slow sink delays other diagnoses, and no request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_delivery_is_diagnosed_at_a_time() {
    let running = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = channel();
    let (resume, paused) = channel();
    let paused = std::sync::Mutex::new(paused);
    let layer = WebhookLayer::new(providers::slack(), kept(SECRET)).unwrap();
    let layer = layer.clock(test_clock()).diagnose(move |diagnosis| {
        let others = running.fetch_add(1, Ordering::SeqCst);
        sender.send((others, words(diagnosis).join(", "))).unwrap();
        paused.lock().unwrap().recv().unwrap();
        running.fetch_sub(1, Ordering::SeqCst);
    });
    let layer = layer.unwrap();
    let trimmed = slack(now(), "{}\n").body("{}");
    refuse(&layer, &trimmed).await;
    let expected = (0, "proven BodyWhitespace".to_owned());
    assert_eq!(next(&receiver).await.unwrap(), expected);
    for delivery in [
        slack((NOW - 3600).to_string(), BODY),
        slack((NOW + 3600).to_string(), BODY),
    ] {
        refuse(&layer, &delivery).await;
    }
    let silence = wait(&receiver, Duration::from_millis(500)).await;
    assert_eq!(silence, Err(TryRecvError::Empty));
    for is_ahead in [false, true] {
        resume.send(()).unwrap();
        let skew = format!("guess ClockSkew {{ by: 3600s, is_ahead: {is_ahead} }}");
        assert_eq!(next(&receiver).await.unwrap(), (0, skew));
    }
    resume.send(()).unwrap();
}
