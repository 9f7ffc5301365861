//! Signed texts whose parts have no literal between them: the form of a part must say where it
//! ends, or the builder rejects the message.
#![allow(clippy::too_many_lines, reason = "tables of cases")]
#![allow(clippy::similar_names)]

use std::fmt::Write as _;

use http::Request;
use tower_webhook::{
    RequestHead, Verifier, WebhookLayer, providers,
    rejection::RejectionKind,
    scheme::{Algorithm, Scheme, SchemeBuilder, SchemeErrorKind, TimestampFormat},
};

use crate::support::{self, Delivery, Rig, hex, mac256, secret, test_clock};

const TIME: &str = "2026-01-15T12:00:00Z";
const LATER: &str = "2026-01-15T12:03:00.5Z";

fn twitch(id: &str, time: &str, body: &str) -> Delivery {
    let signature = hex(&mac256(format!("{id}{time}{body}")));
    Delivery::new(body)
        .header("twitch-eventsub-message-id", id)
        .header("twitch-eventsub-message-timestamp", time)
        .header(
            "twitch-eventsub-message-signature",
            format!("sha256={signature}"),
        )
}

/// The forged request moves the start of the body into the ID. The signed text stays the same.
#[tokio::test]
async fn rejects_body_bytes_moved_into_the_id() {
    let body = format!(r#"{{"subscription":{{}},"followed_at":"{LATER}","x":1}}"#);
    let genuine = twitch("befa7b53-d79d-478f-86b9-120f112b044e", TIME, &body);
    let (start, end) = body.split_once(LATER).unwrap();
    let long_id = format!("befa7b53-d79d-478f-86b9-120f112b044e{TIME}{start}");
    let forged = genuine
        .clone()
        .set("twitch-eventsub-message-id", &long_id)
        .set("twitch-eventsub-message-timestamp", LATER)
        .body(end);
    for provider in [
        providers::twitch(),
        providers::twitch().with_id_json("subscription.id"),
    ] {
        let layer = WebhookLayer::new(provider, secret()).unwrap();
        let rig = Rig::new(layer.clock(test_clock()), genuine.clone());
        let answer = support::send(&rig.service, genuine.clone().request()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = support::send(&rig.service, forged.clone().request()).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.kind(), "MalformedId");
        assert_eq!(rig.inner.calls(), 1);
    }
}

#[test]
fn accepts_the_ids_that_twitch_sends() {
    let verifier = Verifier::new(providers::twitch(), secret()).unwrap();
    let verifier = verifier.clock(test_clock());
    let rows = [
        ("befa7b53-d79d-478f-86b9-120f112b044e", true),
        // As in recorded notifications: 32 bytes in URL-safe base64.
        ("rPG-d8pxdPv4BJpNS4ltzpUpK8Akwu5Qto1r8biLCPY=", true),
        (&"a".repeat(64), true),
        (&"a".repeat(65), false),
        ("a:b", false),
        ("a b", false),
        ("a.b", false),
        ("{", false),
    ];
    for (id, is_accepted) in rows {
        let delivery = twitch(id, TIME, "{}");
        let verified = verifier.verify(RequestHead::from(&delivery.head), &delivery.body);
        match verified {
            Ok(verified) => {
                assert!(is_accepted, "{id}");
                assert_eq!(verified.delivery_id(), Some(id));
            }
            Err(rejection) => {
                assert!(!is_accepted, "{id}: {rejection}");
                assert!(matches!(
                    rejection.kind(),
                    RejectionKind::MalformedId { .. }
                ));
                assert_eq!(
                    rejection.to_string(),
                    "`twitch-eventsub-message-id` does not contain a delivery ID in the format of this provider"
                );
            }
        }
    }
}

fn acme() -> SchemeBuilder {
    Scheme::builder("acme")
        .signature_header("x-signature")
        .timestamp_header("x-time")
        .id_header("x-id")
}

/// The parts of `{id}`, `{timestamp}`, `{header:x-part}` and `{body}` in the order of a template,
/// with the literals between.
fn tokens(template: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = template;
    while let Some(end) = rest.find('}') {
        let start = rest.find('{').unwrap();
        if start > 0 {
            tokens.push(rest[..start].to_owned());
        }
        tokens.push(rest[start..=end].to_owned());
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        tokens.push(rest.to_owned());
    }
    tokens
}

/// Every way to split `text` into values of `tokens`.
fn cuts<'t>(tokens: &[String], text: &'t str) -> Vec<Vec<&'t str>> {
    match tokens {
        [] if text.is_empty() => vec![Vec::new()],
        [] => Vec::new(),
        [literal, rest @ ..] if !literal.starts_with('{') => match text.strip_prefix(&**literal) {
            Some(text) => cuts(rest, text),
            None => Vec::new(),
        },
        [_, rest @ ..] => (0..=text.len())
            .flat_map(|at| {
                let (value, text) = text.split_at(at);
                let cuts = cuts(rest, text);
                cuts.into_iter().map(move |mut cut| {
                    cut.insert(0, value);
                    cut
                })
            })
            .collect(),
    }
}

/// A signature is valid for one request only, however its text is split.
#[test]
fn accepts_a_text_without_literals_for_one_request_only() {
    let seconds = support::NOW.to_string();
    let millis = format!("{seconds}000");
    let rows = [
        (
            "{id}{timestamp}{body}",
            TimestampFormat::Rfc3339,
            "-",
            1..=9,
            "a-1",
            TIME,
        ),
        (
            "{id}{timestamp}{body}",
            TimestampFormat::Rfc3339,
            "",
            1..=9,
            "2026",
            TIME,
        ),
        (
            "{id}{timestamp}|{body}",
            TimestampFormat::DateTime,
            "",
            1..=9,
            "26",
            &TIME[..19],
        ),
        (
            "{id}{timestamp}{body}",
            TimestampFormat::Seconds,
            "",
            3..=3,
            "171",
            &seconds,
        ),
        (
            "{id}{timestamp}{body}",
            TimestampFormat::Milliseconds,
            "",
            3..=3,
            "171",
            &millis,
        ),
        (
            "{id}{body}{timestamp}",
            TimestampFormat::Seconds,
            "",
            3..=3,
            "171",
            &seconds,
        ),
        (
            "{timestamp}{body}{id}",
            TimestampFormat::Rfc3339,
            "",
            3..=3,
            "171",
            TIME,
        ),
        (
            "{body}{timestamp}{id}",
            TimestampFormat::Rfc3339,
            "",
            4..=4,
            "2026",
            TIME,
        ),
        (
            "{body}{id}{timestamp}",
            TimestampFormat::Seconds,
            "",
            3..=3,
            "171",
            &seconds,
        ),
        (
            "{body}{timestamp}",
            TimestampFormat::DateTime,
            "-",
            3..=3,
            "",
            &TIME[..19],
        ),
        (
            "{timestamp}:{body}",
            TimestampFormat::DateTime,
            "-",
            3..=3,
            "",
            &TIME[..19],
        ),
    ];
    for (template, unit, others, lengths, id, time) in rows {
        let builder = acme().timestamp_format(unit).message(template);
        let builder = if template.contains("{id}") {
            builder.id_characters(others, lengths)
        } else {
            builder
        };
        let scheme = builder.build().unwrap_or_else(|error| panic!("{error}"));
        let verifier = Verifier::new(scheme, secret()).unwrap();
        let verifier = verifier.clock(test_clock());
        let tokens = tokens(template);
        for body in [
            "",
            "1",
            "00",
            ".5",
            ":00:00Z",
            time,
            &format!("{id}{time}"),
            "Z5",
        ] {
            let values = |token: &str| match token {
                "{id}" => id.to_owned(),
                "{timestamp}" => time.to_owned(),
                "{body}" => body.to_owned(),
                literal => literal.to_owned(),
            };
            let text: String = tokens.iter().map(|token| values(token)).collect();
            let signature = hex(&mac256(&text));
            let mut found = Vec::new();
            for cut in cuts(&tokens, &text) {
                let mut request = Request::post("/").header("x-signature", &signature);
                let mut sent = "";
                let mut seen = String::new();
                let parts = tokens.iter().filter(|token| token.starts_with('{'));
                for (token, value) in parts.zip(cut) {
                    write!(seen, "{token}={value} ").unwrap();
                    match &**token {
                        "{id}" => request = request.header("x-id", value),
                        "{timestamp}" => request = request.header("x-time", value),
                        _ => sent = value,
                    }
                }
                let Ok(request) = request.body(()) else {
                    continue;
                };
                if verifier.verify(&request, sent.as_bytes()).is_ok() {
                    found.push(seen);
                }
            }
            assert_eq!(found.len(), 1, "{template} {unit:?} {body}: {found:#?}");
        }
    }
}

/// The builder rejects a message in which the ID or the timestamp is not determined, whether or not
/// ambiguity is allowed.
#[test]
fn rejects_schemes_with_an_ambiguous_id_or_timestamp() {
    use TimestampFormat as Unit;
    type Build = fn(SchemeBuilder) -> SchemeBuilder;

    let ids: [(&str, Build, bool); 15] = [
        ("{id}{body}", |it| it, false),
        ("{id}{body}", |it| it.id_characters("", 1..=8), false),
        ("{id}{body}", |it| it.id_characters("", 8..=8), true),
        ("{body}{id}", |it| it.id_characters("", 1..=8), false),
        ("{body}{id}", |it| it.id_characters("", 8..=8), true),
        (
            "{id}{timestamp}{body}",
            |it| it.id_characters("", 1..=8),
            false,
        ),
        (
            "{id}{timestamp}{body}",
            |it| {
                it.id_characters("", 1..=8)
                    .timestamp_format(Unit::Milliseconds)
            },
            false,
        ),
        (
            "{id}{timestamp}{body}",
            |it| {
                it.id_characters("-_", 1..=8)
                    .timestamp_format(Unit::Rfc3339)
            },
            true,
        ),
        (
            "{id}{timestamp}{body}",
            |it| it.id_characters(":", 1..=8).timestamp_format(Unit::Rfc3339),
            false,
        ),
        (
            "{id}{timestamp}{body}",
            |it| it.timestamp_format(Unit::Rfc3339),
            false,
        ),
        (
            "{body}{timestamp}{id}",
            |it| it.id_characters("", 1..=8).timestamp_format(Unit::Rfc3339),
            false,
        ),
        (
            "{timestamp}{body}",
            |it| it.timestamp_format(Unit::DateTime),
            false,
        ),
        (
            "{timestamp}.{body}",
            |it| it.timestamp_format(Unit::DateTime),
            false,
        ),
        (
            "{timestamp}0{body}",
            |it| it.timestamp_format(Unit::DateTime),
            false,
        ),
        (
            "{timestamp}|{body}",
            |it| it.timestamp_format(Unit::DateTime),
            true,
        ),
    ];
    for (template, change, is_built) in ids {
        let built = change(acme().message(template)).build();
        assert_eq!(built.is_ok(), is_built, "{template}: {built:?}");
        // The permission does not help, and is an error where it is not needed.
        let builder = change(acme().message(template));
        let error = builder.danger_allow_ambiguous_message().build();
        let error = error.expect_err(template);
        let is_needless = matches!(error.kind(), SchemeErrorKind::NoEffect { .. });
        assert_eq!(is_needless, is_built, "{template}: {error}");
    }

    // An ambiguous part leaves the start of the next part undetermined.
    let after_ambiguous: [(&str, Build); 6] = [
        ("{header:x-part}{id}.{body}", |it| it),
        ("{header:x-part}{timestamp}{body}", |it| it),
        ("{method}{id}{body}", |it| it.id_characters("", 8..=8)),
        ("{body}.{id}{method}", |it| it),
        ("{body}{timestamp}{header:x-part}", |it| it),
        ("{header:x-part}{id}", |it| it.danger_leave_body_unsigned()),
    ];
    for (template, change) in after_ambiguous {
        let error = change(acme().message(template)).build().unwrap_err();
        let kind = error.kind();
        assert!(
            matches!(kind, SchemeErrorKind::AmbiguousMessage { .. }),
            "{template}: {error}"
        );
        let allowed = change(acme().message(template)).danger_allow_ambiguous_message();
        let error = allowed.build().unwrap_err();
        let kind = error.kind();
        assert!(
            matches!(kind, SchemeErrorKind::UndeterminedPart { .. }),
            "{template}: {error}"
        );
        let text = error.to_string();
        assert!(text.contains("`id_characters`"), "{text}");
    }

    // An ambiguous part does not affect the other side of the body.
    let scheme = acme().message("{url}{body}{timestamp}");
    assert!(scheme.danger_allow_ambiguous_message().build().is_ok());
    // Without an ID in the message, `id_characters` would have no effect.
    let error = acme().id_characters("", 1..=8).build().unwrap_err();
    assert_eq!(error.kind(), &SchemeErrorKind::UnusedIdCharacters);
}

/// The secret that is hashed before the body separates the body from the part before it.
#[test]
fn accepts_a_secret_as_the_separator_before_the_body() {
    let lark = || {
        Scheme::builder("lark")
            .algorithm(Algorithm::Sha256SecretBeforeBody)
            .signature_header("x-signature")
            .timestamp_header("x-time")
    };
    assert!(
        lark()
            .message("{timestamp}{header:x-nonce}{body}")
            .build()
            .is_ok()
    );
    assert!(
        lark()
            .message("{header:x-nonce}{timestamp}{body}")
            .build()
            .is_err()
    );
    assert!(
        lark()
            .message("{timestamp}{body}{header:x-nonce}")
            .build()
            .is_err()
    );
    // The secret is hashed after the text that the head gives, so nothing found later may come
    // before.
    let error = lark().message("{query:x}|{body}").build().unwrap_err();
    assert!(matches!(
        error.kind(),
        SchemeErrorKind::SecretNotBeforeBody { .. }
    ));
    assert!(lark().message("{query:x}{body}").build().is_err());
    assert!(
        lark()
            .message("{query:x}|{timestamp}{body}")
            .build()
            .is_err()
    );
    let hmac = lark().algorithm(Algorithm::HmacSha256);
    assert!(
        hmac.message("{timestamp}{header:x-nonce}{body}")
            .build()
            .is_err()
    );
}
