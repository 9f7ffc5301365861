//! Every case of a small input space, because a table contains only the cases that its author
//! thought of.

use std::time::{Duration, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderName, HeaderValue, Method, Request, request};
use serde::Deserialize;
use sha2::Sha256;
use tower_webhook::{
    PublicUrl, Scheme, Secret, Verifier,
    providers::{self, Provider},
    scheme::TimestampFormat,
};

use crate::support::with_public_url;

const SECRET: &str = "a secret";

fn sign(message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    mac.update(message);
    let mac = mac.finalize().into_bytes();
    let mut room = [0; 64];
    let text = base16ct::lower::encode_str(&mac, &mut room);
    text.expect("room for 32 bytes").to_owned()
}

/// Every text over `letters` of up to `longest` letters.
fn texts(letters: &[u8], longest: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|text| {
                letters
                    .iter()
                    .map(|letter| [&text[..], &[*letter]].concat())
            })
            .collect();
        all.extend_from_slice(&last);
    }
    all
}

/// Every way to cut `text` into two at `separator`.
fn cuts<'t>(text: &'t [u8], separator: &'t [u8]) -> impl Iterator<Item = (&'t [u8], &'t [u8])> {
    (0..=text.len())
        .filter(move |at| text[*at..].starts_with(separator))
        .map(move |at| (&text[..at], &text[at + separator.len()..]))
}

/// No signed text is accepted as two different requests, whatever the separator is made of.
#[test]
fn accepts_a_signed_text_for_one_request_only() {
    let world = texts(b"a.", 11);
    for separator in [".", "..", ".a.", "a.a", "aa.a"] {
        let template = format!("{{id}}{separator}{{header:x-part}}{separator}{{body}}");
        let mirrored = format!("{{body}}{separator}{{header:x-part}}{separator}{{id}}");
        let of_url = format!("{{url}}{separator}{{header:x-part}}{separator}{{body}}");
        let verifiers = [template, mirrored, of_url].map(|template| {
            let scheme = Scheme::builder("cut")
                .signature_header("x-signature")
                .id_header("x-id")
                .message(template);
            let url = PublicUrl::fixed("https://h").expect("a URL");
            let scheme = scheme.build().expect("a consistent scheme");
            let secret = Secret::new(SECRET).expect("a good secret");
            let provider = with_public_url(Provider::from(scheme), url);
            Verifier::new(provider, secret).expect("text")
        });
        let mut accepted = [0, 0, 0];
        for text in &world {
            let signatures = [
                sign(text),
                sign(text),
                sign(&[b"https://h/", &text[..]].concat()),
            ];
            for (index, verifier) in verifiers.iter().enumerate() {
                let mut found = Vec::new();
                for (first, rest) in cuts(text, separator.as_bytes()) {
                    for (second, third) in cuts(rest, separator.as_bytes()) {
                        let (id, body) = if index == 1 {
                            (third, first)
                        } else {
                            (first, third)
                        };
                        let request = Request::post([b"/", id].concat())
                            .header("x-signature", &signatures[index])
                            .header("x-id", id)
                            .header("x-part", second)
                            .body(())
                            .expect("a request");
                        if verifier.verify(&request, body).is_ok() {
                            found.push((id, second, body));
                        }
                    }
                }
                assert!(
                    found.len() < 2,
                    "{:?} is {found:?} with {separator}",
                    String::from_utf8_lossy(text)
                );
                accepted[index] += found.len();
            }
        }
        assert!(
            accepted.iter().all(|count| *count > 5),
            "{separator}: {accepted:?}"
        );
    }
}

/// A number beside the body takes no digit from it and gives none.
#[test]
fn rejects_digits_moved_between_timestamp_and_body() {
    let now = 1_768_478_400_u64;
    for (template, unit, time) in [
        (
            "{body}{timestamp}",
            TimestampFormat::Seconds,
            now.to_string(),
        ),
        (
            "{timestamp}{body}",
            TimestampFormat::Seconds,
            now.to_string(),
        ),
        (
            "{body}{timestamp}",
            TimestampFormat::Milliseconds,
            format!("{now}000"),
        ),
        (
            "{timestamp}{body}",
            TimestampFormat::Milliseconds,
            format!("{now}000"),
        ),
        (
            "{body}{timestamp}",
            TimestampFormat::Rfc3339,
            "2026-01-15T12:00:00Z".to_owned(),
        ),
        (
            "{timestamp}{body}",
            TimestampFormat::Rfc3339,
            "2026-01-15T12:00:00Z".to_owned(),
        ),
    ] {
        let scheme = Scheme::builder("digits")
            .signature_header("x-signature")
            .timestamp_header("x-timestamp")
            .timestamp_format(unit)
            .message(template);
        let secret = Secret::new(SECRET).expect("a good secret");
        let verifier = Verifier::new(scheme.build().expect("a consistent scheme"), secret);
        let clock = move || UNIX_EPOCH + Duration::from_secs(now);
        let verifier = verifier.expect("text").clock(clock);
        // What beside the timestamp looks most like a part of it.
        for body in [
            "",
            "0",
            "000",
            "1000",
            "17684784000001768478400",
            "0Z0",
            "2026-01-15T",
        ] {
            let text = template
                .replace("{body}", body)
                .replace("{timestamp}", &time);
            let signature = sign(text.as_bytes());
            let mut found = Vec::new();
            for at in 0..=text.len() {
                let (one, other) = text.split_at(at);
                let (time, body) = if template.ends_with("{body}") {
                    (one, other)
                } else {
                    (other, one)
                };
                let request = Request::post("/")
                    .header("x-signature", &signature)
                    .header("x-timestamp", time)
                    .body(())
                    .expect("a request");
                if verifier.verify(&request, body.as_bytes()).is_ok() {
                    found.push((time, body));
                }
            }
            assert_eq!(found, [(&time[..], body)], "{template} {unit:?}");
        }
    }
}

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    secret: String,
    headers: Vec<(String, String)>,
    body: String,
    now: u64,
    expect: String,
}

fn deliveries(file: &str) -> Vec<Case> {
    let mut file: File = serde_json::from_str(file).expect("a vector file");
    file.cases.retain(|case| case.expect == "accept");
    assert!(file.cases.len() >= 2);
    file.cases
}

impl Case {
    fn head(&self) -> request::Parts {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().expect("a header name");
            let value = HeaderValue::from_str(value).expect("a header value");
            request.headers_mut().insert(name, value);
        }
        request.into_parts().0
    }

    fn verifier(&self, provider: Provider) -> Verifier {
        let now = UNIX_EPOCH + Duration::from_secs(self.now);
        let secret = Secret::new(&self.secret).expect("a good secret");
        Verifier::new(provider, secret)
            .expect("of the provider's form")
            .clock(move || now)
    }
}

/// What each provider signs or is signed with: any other bit of these must make a difference.
fn vectors() -> Vec<(Provider, &'static str, &'static [&'static str])> {
    vec![
        (
            providers::generic(),
            include_str!("../vectors/generic.json"),
            &["x-signature"],
        ),
        (
            providers::github(),
            include_str!("../vectors/github.json"),
            &["x-hub-signature-256"],
        ),
        (
            providers::shopify(),
            include_str!("../vectors/shopify.json"),
            &["x-shopify-hmac-sha256"],
        ),
        (
            providers::slack(),
            include_str!("../vectors/slack.json"),
            &["x-slack-signature", "x-slack-request-timestamp"],
        ),
        (
            providers::standard_webhooks(),
            include_str!("../vectors/standard_webhooks.json"),
            &["webhook-signature", "webhook-timestamp", "webhook-id"],
        ),
        (
            providers::stripe(),
            include_str!("../vectors/stripe.json"),
            &["stripe-signature"],
        ),
    ]
}

/// One bit of the body or of a signed header changed: refused, but for the case of a hex digit and
/// for what the scheme ignores.
#[test]
fn rejects_every_single_bit_change() {
    let mut tried = 0;
    for (provider, file, headers) in vectors() {
        for case in deliveries(file) {
            let verifier = case.verifier(provider.clone());
            let head = case.head();
            let good = verifier.verify(&head, case.body.as_bytes());
            assert!(good.is_ok(), "{}: {good:?}", case.name);
            for (at, bit) in (0..case.body.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
                let mut body = case.body.clone().into_bytes();
                body[at] ^= 1 << bit;
                assert!(verifier.verify(&head, &body).is_err(), "{} {at}", case.name);
                tried += 1;
            }
            for header in headers {
                let text = head.headers[*header].as_bytes().to_vec();
                // Stripe's published vector has a `v0` too, which is ignored.
                let ignored = text.windows(4).position(|four| four == b",v0=");
                for (at, bit) in (0..text.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
                    let mut changed = text.clone();
                    changed[at] ^= 1 << bit;
                    let same_hex = changed[at].eq_ignore_ascii_case(&text[at])
                        && text[at].is_ascii_hexdigit()
                        && !header.starts_with("webhook-")
                        && *header != "x-shopify-hmac-sha256";
                    let harmless = same_hex && !text[..=at].ends_with(b"v");
                    if harmless || ignored.is_some_and(|from| at > from) {
                        continue;
                    }
                    let Ok(value) = HeaderValue::from_bytes(&changed) else {
                        continue;
                    };
                    let mut head = head.clone();
                    head.headers.insert(*header, value);
                    let result = verifier.verify(&head, case.body.as_bytes());
                    let changed = String::from_utf8_lossy(&changed);
                    assert!(result.is_err(), "{}: {header}: {changed}", case.name);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 25_000, "{tried}");
}

/// Wherever the body is cut, the verdict is the same, under the current key and under an older one.
#[test]
fn gives_the_same_answer_for_every_chunking_of_the_body() {
    for (provider, file, _) in vectors() {
        for case in deliveries(file) {
            let head = case.head();
            let body = case.body.as_bytes();
            let newer = Secret::from_bytes(*b"another key, of the same provider").expect("bytes");
            let older = Secret::new(&case.secret)
                .expect("a good secret")
                .label("older");
            let keys = tower_webhook::Keys::new(newer).previous(older);
            let now = UNIX_EPOCH + Duration::from_secs(case.now);
            let rotated = Verifier::new(provider.clone(), keys).expect("good keys");
            let rotated = rotated.clock(move || now);
            for verifier in [case.verifier(provider.clone()), rotated] {
                for at in 0..=body.len() {
                    for (signed, expected) in [(true, true), (false, false)] {
                        let pieces = [&body[..at], if signed { &body[at..] } else { b"forged" }];
                        let mut session = verifier.begin(&head).expect("a good head");
                        for piece in pieces {
                            session.update(piece);
                        }
                        assert_eq!(
                            session.finish(pieces).is_ok(),
                            expected,
                            "{} {at}",
                            case.name
                        );
                    }
                }
            }
        }
    }
}

/// A session that was given less than the whole, or nothing at all, still proves the whole body:
/// what was signed is accepted, and not a byte more.
#[test]
fn verifies_the_whole_body_however_much_the_session_was_fed() {
    let secret = Secret::new(SECRET).expect("a good secret");
    let verifier = Verifier::new(providers::github(), secret).expect("text");
    for signed in ["", "signed"] {
        let request = Request::post("/")
            .header(
                "x-hub-signature-256",
                format!("sha256={}", sign(signed.as_bytes())),
            )
            .body(())
            .expect("a request");
        for given in [
            &[][..],
            &[""],
            &["", "sig"],
            &["signed"],
            &["", "signed", ""],
        ] {
            for whole in ["", "sig", "signed", "signed and more"] {
                let mut session = verifier.begin(&request).expect("a good head");
                for piece in given {
                    session.update(piece.as_bytes());
                }
                // The same length and other bytes is the caller's lie, which nothing can detect.
                let lie = given.concat().len() == whole.len() && given.concat() != whole;
                let proven = session.finish([whole]).is_ok();
                assert!(
                    lie || proven == (whole == signed),
                    "{signed:?} {given:?} {whole:?}"
                );
            }
        }
    }
}
