//! `Scheme::builder`: every combination that it offers, signed by hand and sent through the layer,
//! and every contradiction that it must refuse.

use std::{convert::Infallible, fmt, time::Duration};

use http::{HeaderName, Method};
use tower_webhook::{
    Keys, PublicUrl, RequestHead, Scheme, Secret, SetupError, Verifier, WebhookLayer,
    providers::{self, Provider},
    public_url::PublicUrlErrorKind,
    scheme::{
        Algorithm, Encoding, Location, PublicKeyForm, RemoteKey, SchemeBuilder, SchemeErrorKind,
        SecretEncoding, SignatureFormat, TimestampFormat,
    },
    sign::Signer,
};

use crate::support::{
    self, BODY, Delivery, Expect, Expect::Forwarded, NOW, Report, Rig, SECRET, at, base64,
    base64_unpadded, base64url, base64url_unpadded, hex, invalid_signature, mac, secret, send,
    test_clock, with_any_method,
};

const MISMATCH: Expect = invalid_signature("SignatureMismatch");

const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::HmacSha1,
    Algorithm::HmacSha256,
    Algorithm::HmacSha384,
    Algorithm::HmacSha512,
];

const ENCODINGS: [Encoding; 3] = [Encoding::Base64, Encoding::Base64Url, Encoding::Hex];

const UNITS: [TimestampFormat; 3] = [
    TimestampFormat::Milliseconds,
    TimestampFormat::Rfc3339,
    TimestampFormat::Seconds,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Plain,
    Prefixed,
    KeyValues,
    Versions,
}

const SHAPES: [Shape; 4] = [
    Shape::Plain,
    Shape::Prefixed,
    Shape::KeyValues,
    Shape::Versions,
];

impl Shape {
    fn layout(self) -> SignatureFormat {
        match self {
            Self::Plain => SignatureFormat::plain(),
            Self::Prefixed => SignatureFormat::prefixed("sig="),
            Self::KeyValues => SignatureFormat::key_values("v1"),
            Self::Versions => SignatureFormat::versions("v1"),
        }
    }

    fn is_list(self) -> bool {
        matches!(self, Self::KeyValues | Self::Versions)
    }

    /// The signature header, with `time` in its list if that is where it belongs.
    fn header(self, signature: &str, time: Option<&str>) -> String {
        match (self, time) {
            (Self::Prefixed, _) => format!("sig={signature}"),
            (Self::KeyValues, None) => format!("v1={signature}"),
            (Self::KeyValues, Some(time)) => format!("ts={time},v1={signature}"),
            (Self::Versions, None) => format!("v1,{signature}"),
            (Self::Versions, Some(time)) => format!("ts,{time} v1,{signature}"),
            (Self::Plain, _) => signature.to_owned(),
        }
    }
}

/// Where the timestamp is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimestampSource {
    Nowhere,
    OwnHeader(TimestampFormat),
    InTheList(TimestampFormat),
}

impl TimestampSource {
    fn unit(self) -> Option<TimestampFormat> {
        match self {
            Self::Nowhere => None,
            Self::OwnHeader(unit) | Self::InTheList(unit) => Some(unit),
        }
    }

    fn all(shape: Shape) -> impl Iterator<Item = Self> {
        let in_the_list = UNITS
            .into_iter()
            .filter(move |_| shape.is_list())
            .map(Self::InTheList);
        std::iter::once(Self::Nowhere)
            .chain(UNITS.into_iter().map(Self::OwnHeader))
            .chain(in_the_list)
    }
}

/// What a signed text is made of.
#[derive(Clone)]
struct Fields {
    time: String,
    id: &'static str,
    method: Method,
    path: &'static str,
    query: &'static str,
    tenant: &'static str,
    body: Vec<u8>,
}

/// A template, the tokens in it besides `{body}`, and the same text put together by hand.
#[derive(Clone, Copy)]
struct Message {
    template: &'static str,
    tokens: &'static [&'static str],
    before: fn(&Fields) -> String,
    after: fn(&Fields) -> String,
}

impl Message {
    const fn new(
        template: &'static str,
        tokens: &'static [&'static str],
        before: fn(&Fields) -> String,
        after: fn(&Fields) -> String,
    ) -> Self {
        Self {
            template,
            tokens,
            before,
            after,
        }
    }

    fn text(self, fields: &Fields) -> Vec<u8> {
        let before = (self.before)(fields).into_bytes();
        let after = (self.after)(fields).into_bytes();
        [before, fields.body.clone(), after].concat()
    }

    fn covers(self, token: &str) -> bool {
        token == "{body}" || self.tokens.contains(&token)
    }
}

/// Not the host that the deliveries name.
const PUBLIC: &str = "https://acme.example:8443/in";

fn public_url() -> PublicUrl {
    PublicUrl::fixed(PUBLIC).unwrap()
}

fn nothing(_: &Fields) -> String {
    String::new()
}

const MESSAGES: [Message; 14] = [
    Message::new("{body}", &[], nothing, nothing),
    Message::new(
        "{timestamp}.{body}",
        &["{timestamp}"],
        |it| format!("{}.", it.time),
        nothing,
    ),
    Message::new(
        "{id}.{timestamp}.{body}",
        &["{id}", "{timestamp}"],
        |it| format!("{}.{}.", it.id, it.time),
        nothing,
    ),
    Message::new(
        "v0:{timestamp}:{body}",
        &["{timestamp}"],
        |it| format!("v0:{}:", it.time),
        nothing,
    ),
    Message::new(
        "{timestamp}{body}",
        &["{timestamp}"],
        |it| it.time.clone(),
        nothing,
    ),
    Message::new(
        "{id}|{body}",
        &["{id}"],
        |it| format!("{}|", it.id),
        nothing,
    ),
    Message::new(
        "{method} {path}\n{body}",
        &["{method}", "{path}"],
        |it| format!("{} {}\n", it.method, it.path),
        nothing,
    ),
    Message::new(
        "{method}\n{url}\n{body}",
        &["{method}", "{url}"],
        |it| format!("{}\n{PUBLIC}{}?{}\n", it.method, it.path, it.query),
        nothing,
    ),
    Message::new("{body}\n{url}", &["{url}"], nothing, |it| {
        format!("\n{PUBLIC}{}?{}", it.path, it.query)
    }),
    Message::new(
        "{header:X-Acme-Tenant}\n{body}",
        &["{header:X-Acme-Tenant}"],
        |it| format!("{}\n", it.tenant),
        nothing,
    ),
    Message::new("{body}.{timestamp}", &["{timestamp}"], nothing, |it| {
        format!(".{}", it.time)
    }),
    Message::new(
        "{path}\n{body}\n{id}\n{method}",
        &["{path}", "{id}", "{method}"],
        |it| format!("{}\n", it.path),
        |it| format!("\n{}\n{}", it.id, it.method),
    ),
    Message::new(
        r#"{{"at":"{timestamp}","body":{body}}}"#,
        &["{timestamp}"],
        |it| format!(r#"{{"at":"{}","body":"#, it.time),
        |_| "}".to_owned(),
    ),
    Message::new(
        "{{{{}}body}}é{body}{{id}}",
        &[],
        |_| "{{}body}é".to_owned(),
        |_| "{id}".to_owned(),
    ),
];

/// One cell of the matrix.
#[derive(Clone, Copy)]
struct Cell {
    algorithm: Algorithm,
    encoding: Encoding,
    shape: Shape,
    location: TimestampSource,
    message: Message,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            algorithm,
            encoding,
            shape,
            location,
            message,
        } = self;
        let template = message.template;
        write!(
            f,
            "{algorithm:?} {encoding:?} {shape:?} {location:?} {template:?}"
        )
    }
}

/// Every combination without a contradiction.
fn matrix() -> impl Iterator<Item = Cell> {
    let cells = SHAPES.into_iter().flat_map(|shape| {
        TimestampSource::all(shape).flat_map(move |location| {
            let fits = move |it: &Message| {
                location != TimestampSource::Nowhere || !it.covers("{timestamp}")
            };
            MESSAGES
                .into_iter()
                .filter(fits)
                .map(move |message| (shape, location, message))
        })
    });
    cells.flat_map(|(shape, location, message)| {
        ALGORITHMS.into_iter().flat_map(move |algorithm| {
            ENCODINGS.into_iter().map(move |encoding| Cell {
                algorithm,
                encoding,
                shape,
                location,
                message,
            })
        })
    })
}

/// [`NOW`] and the second after it, as a sender writes them.
fn spelt(unit: TimestampFormat, later: bool) -> String {
    let seconds = NOW + i64::from(later);
    match unit {
        TimestampFormat::Seconds => seconds.to_string(),
        TimestampFormat::Milliseconds => format!("{seconds}000"),
        TimestampFormat::Rfc3339 => format!("2026-01-15T12:00:0{}Z", u8::from(later)),
        other => panic!("no spelling for {other:?}"),
    }
}

impl Cell {
    fn build(self) -> Scheme {
        let builder = Scheme::builder("acme")
            .algorithm(self.algorithm)
            .encoding(self.encoding)
            .signature_header("X-Acme-Signature")
            .signature_format(self.shape.layout())
            .message(self.message.template);
        let builder = match self.location {
            TimestampSource::Nowhere => builder,
            TimestampSource::OwnHeader(unit) => builder
                .timestamp_header("X-Acme-Timestamp")
                .timestamp_format(unit),
            TimestampSource::InTheList(unit) => builder.timestamp_key("ts").timestamp_format(unit),
        };
        let builder = if self.message.covers("{id}") {
            builder.id_header("X-Acme-Id")
        } else {
            builder
        };
        builder
            .build()
            .unwrap_or_else(|error| panic!("{self}: {error}"))
    }

    fn fields(self) -> Fields {
        Fields {
            time: self
                .location
                .unit()
                .map_or_else(String::new, |unit| spelt(unit, false)),
            id: "evt_1",
            method: Method::POST,
            path: "/hooks/acme",
            query: "q=1",
            tenant: "t1",
            body: BODY.to_vec(),
        }
    }

    /// A delivery that says `sent` and is signed over `signed`.
    fn delivery(self, signed: &Fields, sent: &Fields) -> Delivery {
        let mac = mac(
            self.algorithm,
            SECRET.as_bytes(),
            &self.message.text(signed),
        );
        let signature = match self.encoding {
            Encoding::Hex => hex(&mac),
            Encoding::Base64 => base64(&mac),
            Encoding::Base64Url => base64url_unpadded(&mac),
            other => panic!("no signer for {other:?}"),
        };
        let listed =
            matches!(self.location, TimestampSource::InTheList(_)).then_some(&sent.time[..]);
        let delivery = Delivery::new(&sent.body)
            .method(sent.method.clone())
            .uri(&format!(
                "https://hooks.example.com{}?{}",
                sent.path, sent.query
            ))
            .header("x-acme-signature", self.shape.header(&signature, listed))
            .header("x-acme-id", sent.id)
            .header("x-acme-tenant", sent.tenant);
        match self.location {
            TimestampSource::OwnHeader(_) => delivery.header("x-acme-timestamp", &sent.time),
            _ => delivery,
        }
    }

    /// What is changed on the way, each with the tokens that cover it.
    fn changes(self) -> Vec<(&'static [&'static str], Fields)> {
        let good = self.fields();
        let mut changes: Vec<(&[&str], _)> = vec![
            (
                &["{body}"],
                Fields {
                    body: b"{}".to_vec(),
                    ..good.clone()
                },
            ),
            (
                &["{id}"],
                Fields {
                    id: "evt_2",
                    ..good.clone()
                },
            ),
            (
                &["{method}"],
                Fields {
                    method: Method::PUT,
                    ..good.clone()
                },
            ),
            (
                &["{path}", "{url}"],
                Fields {
                    path: "/hooks/other",
                    ..good.clone()
                },
            ),
            (
                &["{url}"],
                Fields {
                    query: "q=2",
                    ..good.clone()
                },
            ),
            (
                &["{header:X-Acme-Tenant}"],
                Fields {
                    tenant: "t2",
                    ..good.clone()
                },
            ),
        ];
        if let Some(unit) = self.location.unit() {
            changes.push((
                &["{timestamp}"],
                Fields {
                    time: spelt(unit, true),
                    ..good
                },
            ));
        }
        changes
    }
}

#[tokio::test]
async fn every_combination_verifies_what_it_signs_and_nothing_else() {
    let mut report = Report::default();
    let mut cells = 0;
    for cell in matrix() {
        cells += 1;
        let scheme = cell.build();
        let good = cell.fields();
        let provider = support::with_public_url(with_any_method(scheme.clone()), public_url());
        let layer = WebhookLayer::new(provider, secret()).unwrap();
        let layer = layer.clock(test_clock());
        let rig = Rig::new(layer, cell.delivery(&good, &good));

        let outcome = rig
            .check(&cell.to_string(), rig.good.clone().request(), Forwarded)
            .await;
        if outcome.is_ok() {
            let seen = rig.inner.last();
            let verified = seen.verified();
            let time_is_signed = cell.message.covers("{timestamp}");
            let id_is_signed = cell.message.covers("{id}");
            let what = format!("{cell}: {verified:?}");
            assert_eq!(verified.provider(), "acme", "{what}");
            assert_eq!(
                verified.timestamp(),
                cell.location.unit().map(|_| at(NOW)),
                "{what}"
            );
            assert_eq!(verified.timestamp_is_signed(), time_is_signed, "{what}");
            assert_eq!(scheme.timestamp_is_signed(), time_is_signed, "{what}");
            assert_eq!(verified.delivery_id_is_signed(), id_is_signed, "{what}");
            assert_eq!(scheme.delivery_id_is_signed(), id_is_signed, "{what}");
            let url_is_signed = cell.message.covers("{url}");
            assert_eq!(scheme.url_is_signed(), url_is_signed, "{what}");
            if id_is_signed {
                assert_eq!(verified.delivery_id(), Some("evt_1"), "{what}");
            }
        }
        report.note(outcome);
        for (tokens, changed) in cell.changes() {
            let signed = tokens.iter().any(|token| cell.message.covers(token));
            let expect = if signed { MISMATCH } else { Forwarded };
            let request = cell.delivery(&good, &changed).request();
            let name = format!("{cell}: another {tokens:?}");
            report.note(rig.check(&name, request, expect).await);
        }
    }
    assert!(cells > 2000, "{cells} cells");
    report.finish();
}

/// The defaults are what they are said to be.
#[tokio::test]
async fn requires_only_the_signature_header() {
    let scheme = Scheme::builder("acme").signature_header("x-acme-signature");
    let scheme = scheme.build().unwrap();
    assert_eq!(scheme.name(), "acme");
    assert_eq!(scheme.algorithm(), Algorithm::HmacSha256);
    assert_eq!(scheme.tolerance(), Duration::from_secs(300));
    assert!(!scheme.has_timestamp());
    assert!(!scheme.timestamp_is_signed());
    assert!(!scheme.delivery_id_is_signed());
    assert!(!scheme.url_is_signed());

    let mac = mac(Algorithm::HmacSha256, SECRET.as_bytes(), BODY);
    let good = Delivery::new(BODY).header("x-acme-signature", hex(&mac));
    let rig = Rig::new(WebhookLayer::new(scheme, secret()).unwrap(), good.clone());
    assert_eq!(send(&rig.service, good.request()).await.status, 200);
    assert_eq!(rig.inner.last().verified().delivery_id(), None);
}

/// Every form of key gives the same key.
#[tokio::test]
async fn decodes_every_key_form_to_the_same_key() {
    let key: Vec<u8> = (1..=32).collect();
    let text = "the key itself".to_owned();
    let rows: [(&str, SecretEncoding, String, &[u8]); 9] = [
        ("text", SecretEncoding::Text, text.clone(), text.as_bytes()),
        ("hex", SecretEncoding::Hex, hex(&key), &key),
        (
            "hex, upper case",
            SecretEncoding::Hex,
            hex(&key).to_uppercase(),
            &key,
        ),
        ("base64", SecretEncoding::Base64, base64(&key), &key),
        (
            "base64, no padding",
            SecretEncoding::Base64,
            base64_unpadded(&key),
            &key,
        ),
        (
            "prefix, there",
            SecretEncoding::PrefixedBase64("whsec_"),
            format!("whsec_{}", base64(&key)),
            &key,
        ),
        (
            "prefix, not there",
            SecretEncoding::PrefixedBase64("whsec_"),
            base64(&key),
            &key,
        ),
        (
            "prefix, no padding",
            SecretEncoding::PrefixedBase64("whsec_"),
            format!("whsec_{}", base64_unpadded(&key)),
            &key,
        ),
        (
            "a prefix that is part of the key",
            SecretEncoding::Text,
            format!("whsec_{}", base64(&key)),
            &[],
        ),
    ];
    for (name, form, secret, key) in rows {
        let key = if key.is_empty() {
            secret.as_bytes()
        } else {
            key
        };
        let scheme = Scheme::builder("acme")
            .signature_header("x-acme-signature")
            .secret_encoding(form)
            .build()
            .unwrap();
        let mac = hex(&mac(Algorithm::HmacSha256, key, BODY));
        let good = Delivery::new(BODY).header("x-acme-signature", mac);
        for secret in [
            Secret::new(&*secret).unwrap(),
            Secret::from_bytes(key).unwrap(),
        ] {
            let layer = WebhookLayer::new(scheme.clone(), secret).unwrap();
            let rig = Rig::new(layer, good.clone());
            let answer = send(&rig.service, good.clone().request()).await;
            assert_eq!(answer.status, 200, "{name}");
        }
    }
}

/// Header names are of any case, in the description and on the wire.
#[tokio::test]
async fn ignores_the_case_of_header_names() {
    let scheme = Scheme::builder("acme")
        .signature_header("X-ACME-Signature")
        .timestamp_header("X-ACME-Timestamp")
        .id_header("X-ACME-Id")
        .message("{id}:{timestamp}:{header:X-ACME-Tenant}:{body}")
        .build()
        .unwrap();
    assert_eq!(
        scheme.signature_locations().first().unwrap().to_string(),
        "the header `x-acme-signature`"
    );
    let text = format!("1:{NOW}:t:");
    let mac = mac(
        Algorithm::HmacSha256,
        SECRET.as_bytes(),
        &[text.as_bytes(), BODY].concat(),
    );
    let good = Delivery::new(BODY)
        .header("x-acme-signature", hex(&mac))
        .header("x-acme-timestamp", NOW.to_string())
        .header("x-acme-id", "1")
        .header("x-acme-tenant", "t");
    let layer = WebhookLayer::new(scheme, secret()).unwrap();
    let rig = Rig::new(layer.clock(test_clock()), good.clone());
    assert_eq!(send(&rig.service, good.request()).await.status, 200);
}

/// A padded base64url signature passes as well as an unpadded one.
#[tokio::test]
async fn accepts_base64url_with_and_without_padding() {
    for algorithm in ALGORITHMS {
        let scheme = Scheme::builder("acme")
            .algorithm(algorithm)
            .encoding(Encoding::Base64Url)
            .signature_header("x-acme-signature")
            .build()
            .unwrap();
        let mac = mac(algorithm, SECRET.as_bytes(), BODY);
        for signature in [base64url(&mac), base64url_unpadded(&mac)] {
            let good = Delivery::new(BODY).header("x-acme-signature", signature);
            let layer = WebhookLayer::new(scheme.clone(), secret()).unwrap();
            let rig = Rig::new(layer, good.clone());
            let answer = send(&rig.service, good.request()).await;
            assert_eq!(answer.status, 200, "{algorithm:?}");
        }
    }
}

/// A builder that lacks nothing but what a row adds.
fn acme() -> SchemeBuilder {
    Scheme::builder("acme").signature_header("x-acme-signature")
}

/// What contradicts itself, and what the error's text must say about it.
type Contradiction = (&'static str, fn() -> SchemeBuilder, &'static [&'static str]);

const CONTRADICTIONS: &[Contradiction] = &[
    (
        "a tolerance without a timestamp",
        || acme().tolerance(Duration::from_secs(60)),
        &["`tolerance` has no effect", "timestamp"],
    ),
    (
        "a unit without a timestamp",
        || acme().timestamp_format(TimestampFormat::Milliseconds),
        &["`timestamp_format` has no effect"],
    ),
    (
        "a message of a token",
        || {
            let builder = acme().algorithm(Algorithm::Token).encoding(Encoding::Text);
            builder.message("{body}")
        },
        &["`message` has no effect", "signs nothing"],
    ),
    (
        "a message of a web token",
        || {
            let builder = acme().signature_format(SignatureFormat::jws("Bearer "));
            builder.claim("sha256", "{sha256}").message("{body}")
        },
        &["`message` has no effect", "`claim`"],
    ),
    (
        "an encoding of a web token",
        || {
            let builder = acme().signature_format(SignatureFormat::jws("Bearer "));
            builder
                .claim("sha256", "{sha256}")
                .encoding(Encoding::Base64)
        },
        &["`encoding` has no effect", "base64url"],
    ),
    (
        "a unique message that covers the body",
        || acme().message_is_unique(),
        &["`message_is_unique` has no effect", "body"],
    ),
    (
        "a unique message of a token",
        || {
            let builder = acme().algorithm(Algorithm::Token).encoding(Encoding::Text);
            builder.message_is_unique()
        },
        &["`message_is_unique` has no effect", "signs nothing"],
    ),
    (
        "a repeated header for a signature in the query",
        || {
            let builder = Scheme::builder("acme").signature(Location::query("signature"));
            builder.repeated_signature_header()
        },
        &["`repeated_signature_header` has no effect", "header"],
    ),
    (
        "a repeated header for a web token",
        || {
            Scheme::builder("acme")
                .signature_header("authorization")
                .signature_format(SignatureFormat::jws("Bearer "))
                .repeated_signature_header()
        },
        &["`repeated_signature_header` has no effect", "one web token"],
    ),
    (
        "an alternative message of a web token",
        || {
            Scheme::builder("acme")
                .signature_header("authorization")
                .signature_format(SignatureFormat::jws("Bearer "))
                .alternative_message("{body}")
        },
        &["`alternative_message` has no effect", "`claim`"],
    ),
    (
        "a unique message of each item",
        || {
            let builder = Scheme::builder("acme").signature(Location::json("signature"));
            let builder = builder.signed_items("items").message("{json:id}");
            builder.danger_leave_body_unsigned().message_is_unique()
        },
        &["`message_is_unique` has no effect", "`signed_items`"],
    ),
    (
        "published keys of a secret",
        || acme().remote_key(RemoteKey::jwk_set("https://acme.example/keys")),
        &["`remote_key` has no effect", "private key"],
    ),
    #[cfg(feature = "rsa")]
    (
        "a set of published keys without a token",
        || {
            let builder = acme().remote_key(RemoteKey::jwk_set("https://acme.example/keys"));
            let builder = builder.algorithm(Algorithm::RsaSha256);
            builder.secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Jwk))
        },
        &["`remote_key` has no effect", "`SignatureFormat::jws`"],
    ),
    (
        "a body that may be unsigned and is signed",
        || acme().danger_leave_body_unsigned(),
        &[
            "`danger_leave_body_unsigned` has no effect",
            "contains the body",
        ],
    ),
    (
        "a token that may leave the body unsigned",
        || {
            let builder = acme().algorithm(Algorithm::Token).encoding(Encoding::Text);
            builder.danger_leave_body_unsigned()
        },
        &[
            "`danger_leave_body_unsigned` has no effect",
            "signs nothing",
        ],
    ),
    (
        "a message that may be ambiguous and is not",
        || {
            let builder = acme().message("{path}\n{body}");
            builder.danger_allow_ambiguous_message()
        },
        &["`danger_allow_ambiguous_message` has no effect"],
    ),
    (
        "a prefix and a layout",
        || {
            acme()
                .signature_prefix("v1=")
                .signature_format(SignatureFormat::versions("v1"))
        },
        &["`signature_prefix` has no effect", "`signature_format`"],
    ),
    (
        "two locations of the timestamp",
        || {
            let builder = acme().timestamp(Location::query("time"));
            builder.timestamp_header("x-time")
        },
        &["`timestamp_header` has no effect", "`timestamp`"],
    ),
    (
        "two locations of the ID",
        || acme().id_header("x-id").id(Location::query("id")),
        &["`id_header` has no effect", "`id`"],
    ),
    (
        "two locations of the event type",
        || {
            acme()
                .event_header("x-event")
                .event(Location::query("event"))
        },
        &["`event_header` has no effect", "`event`"],
    ),
    (
        "items and a field",
        || {
            let builder = Scheme::builder("acme").signature(Location::json("signature"));
            let builder = builder.signed_items("items").multipart_field("data");
            builder.message("{json:id}").danger_leave_body_unsigned()
        },
        &["`multipart_field` has no effect", "`signed_items`"],
    ),
    (
        "a claim in milliseconds",
        || {
            let builder = acme()
                .signature_format(SignatureFormat::jws("Bearer "))
                .claim("b", "{body}");
            let builder = builder.timestamp(Location::claim("iat"));
            builder.timestamp_format(TimestampFormat::Milliseconds)
        },
        &["seconds", "`timestamp_format`"],
    ),
    (
        "a claim without a name",
        || {
            let builder = acme().signature_format(SignatureFormat::jws("Bearer "));
            builder.claim("", "{body}")
        },
        &["claim", "is empty"],
    ),
    (
        "a signature in the body that one of two messages signs",
        || {
            let builder = acme()
                .signature(Location::json("a"))
                .alternative_message("{path}");
            builder.danger_leave_body_unsigned()
        },
        &["`a`", "into a header"],
    ),
    (
        "an empty guard",
        || acme().require_header("x-version", ""),
        &["`x-version`", "require_header"],
    ),
    (
        "two guards of one header",
        || {
            acme()
                .require_header("x-version", "1")
                .require_header("X-Version", "2")
        },
        &["`x-version`", "require_header"],
    ),
    (
        "the signature and the timestamp in one parameter",
        || {
            Scheme::builder("acme")
                .signature(Location::query("c"))
                .timestamp(Location::query("c"))
        },
        &["`c`", "is used twice"],
    ),
    (
        "one member for two signatures",
        || {
            let builder = Scheme::builder("acme")
                .signature(Location::json("a"))
                .signature(Location::json("a"));
            builder.message("{json:b}").danger_leave_body_unsigned()
        },
        &["`a`", "is used twice"],
    ),
    (
        "the timestamp and the ID in one header",
        || acme().timestamp_header("x-a").id_header("x-a"),
        &["`x-a`", "is used twice"],
    ),
    (
        "a signed signature",
        || {
            Scheme::builder("acme")
                .signature(Location::query("a"))
                .message("{body}.{query:a}")
        },
        &["`a`", "is used twice"],
    ),
    (
        "a timestamp in a list outside of headers",
        || {
            let builder = Scheme::builder("acme").signature(Location::query("c"));
            let builder = builder
                .signature_format(SignatureFormat::versions("v1"))
                .timestamp_key("t");
            builder.message("{timestamp}.{body}")
        },
        &["list of signatures", "into a header"],
    ),
    (
        "a part before the secret that is known with the body",
        || {
            let builder = acme().algorithm(Algorithm::Sha256SecretBeforeBody);
            builder.message("{query:x}|{body}")
        },
        &["`x`", "after the body"],
    ),
    (
        "a signature in the body that it signs",
        || Scheme::builder("acme").signature(Location::json("a.b")),
        &["`a.b`", "into a header"],
    ),
    (
        "a signature in the form that it signs",
        || {
            Scheme::builder("acme")
                .signature(Location::form("sig"))
                .message("{sorted_form}")
        },
        &["`sig`", "into a header"],
    ),
    (
        "a signature in the body whose digest it signs",
        || {
            Scheme::builder("acme")
                .signature(Location::json("sig"))
                .message("{sha256}")
        },
        &["`sig`", "into a header"],
    ),
    (
        "a signature in the URL that it signs",
        || {
            Scheme::builder("acme")
                .signature(Location::query("sig"))
                .message("{url}\n{body}")
        },
        &["`sig`", "into a header"],
    ),
    (
        "a guard of the signature header",
        || acme().require_header("x-acme-signature", "v1"),
        &["`x-acme-signature`", "remove this `require_header`"],
    ),
    (
        "a guard of the timestamp header",
        || {
            acme()
                .timestamp_header("x-time")
                .require_header("x-time", "1")
        },
        &["`x-time`", "remove this `require_header`"],
    ),
    (
        "a guard of the ID header",
        || acme().id_header("x-id").require_header("x-id", "1"),
        &["`x-id`", "remove this `require_header`"],
    ),
    (
        "no signature",
        || Scheme::builder("acme"),
        &["location of the signature", "`signature_header`"],
    ),
    (
        "an invalid signature header",
        || Scheme::builder("acme").signature_header("x acme"),
        &["x acme", "header name"],
    ),
    (
        "an empty signature header",
        || Scheme::builder("acme").signature_header(""),
        &["header name"],
    ),
    (
        "a signature header outside ASCII",
        || Scheme::builder("acme").signature_header("x-signaturé"),
        &["x-signaturé", "header name"],
    ),
    (
        "an invalid timestamp header",
        || acme().timestamp_header("x:time"),
        &["x:time", "header name"],
    ),
    (
        "an empty timestamp header",
        || acme().timestamp_header(""),
        &["header name"],
    ),
    (
        "an invalid id header",
        || acme().id_header("x-id\n"),
        &["x-id", "header name"],
    ),
    (
        "an invalid header in the message",
        || acme().message("{header:x y}{body}"),
        &["x y", "header name"],
    ),
    (
        "no header in the message",
        || acme().message("{header:}{body}"),
        &["header name"],
    ),
    (
        "`{timestamp}` without a place",
        || acme().message("{timestamp}.{body}"),
        &["{timestamp}"],
    ),
    (
        "`{id}` without a header",
        || acme().message("{id}.{body}"),
        &["{id}"],
    ),
    ("no `{body}`", || acme().message("nothing"), &["{body}"]),
    ("an empty message", || acme().message(""), &["{body}"]),
    (
        "`{body}` only between doubled braces",
        || acme().message("{{body}}"),
        &["{body}"],
    ),
    (
        "`{body}` twice",
        || acme().message("{body}{body}"),
        &["{body}", "once"],
    ),
    (
        "an unknown token",
        || acme().message("{nonce}{body}"),
        &["{nonce}", "unknown", "`{body}`", "`{json:PATH}`"],
    ),
    (
        "a token in upper case",
        || acme().message("{BODY}{body}"),
        &["{BODY}", "unknown"],
    ),
    (
        "a token with a space",
        || acme().message("{ body}{body}"),
        &["{ body}", "unknown"],
    ),
    (
        "an empty token",
        || acme().message("{}{body}"),
        &["{}", "unknown"],
    ),
    (
        "an unclosed brace",
        || acme().message("{body}{timestamp"),
        &["brace"],
    ),
    (
        "an unclosed brace at the end",
        || acme().message("{body}{"),
        &["brace"],
    ),
    (
        "an unclosed brace at the start",
        || acme().message("{body"),
        &["brace"],
    ),
    (
        "an unopened brace",
        || acme().message("body}{body}"),
        &["brace"],
    ),
    ("a brace in a token", || acme().message("{bo{dy}"), &[]),
    // The body may hold another such timestamp, at which the id could end as well.
    (
        "an id with nothing before the timestamp",
        || {
            let builder = acme().id_header("x-id").timestamp_header("x-time");
            builder.message("{id}{timestamp}.{body}")
        },
        &["x-id", "literal"],
    ),
    (
        "a header with nothing behind the timestamp",
        || {
            let builder = acme().timestamp_header("x-time");
            builder.message("{body}.{timestamp}{header:x-part}")
        },
        &["x-part", "literal"],
    ),
    (
        "a method with nothing before the path",
        || acme().message("{method}{path}\n{body}"),
        &["method", "literal"],
    ),
    (
        "an id with nothing before the body",
        || acme().id_header("x-id").message("{id}{body}"),
        &["x-id", "literal"],
    ),
    (
        "a path with nothing before a header",
        || acme().message("{path}{header:x-part}.{body}"),
        &["path", "literal"],
    ),
    (
        "a header with nothing behind the body",
        || acme().message("{body}{header:x-part}"),
        &["x-part", "literal"],
    ),
    (
        "a method with nothing before the body",
        || acme().message("{method}{body}"),
        &["method", "literal"],
    ),
    (
        "a URL with nothing before the body",
        || acme().message("{url}{body}"),
        &["url", "literal"],
    ),
    (
        "a URL with nothing behind the body",
        || acme().message("{body}{url}"),
        &["url", "literal"],
    ),
    (
        "a URL and what every URL holds",
        || acme().message("{url}/{body}"),
        &["url", "literal"],
    ),
    (
        "a path and what every path holds",
        || acme().message("{body}/{path}"),
        &["path", "literal"],
    ),
    (
        "a method with nothing before the URL",
        || acme().message("{method}{url}\n{body}"),
        &["method", "literal"],
    ),
    (
        "a URL with nothing before the timestamp",
        || {
            let builder = acme().timestamp_header("x-time");
            builder.message("{url}{timestamp}\n{body}")
        },
        &["url", "literal"],
    ),
    (
        "a URL in upper case",
        || acme().message("{URL}\n{body}"),
        &["{URL}", "unknown"],
    ),
    (
        "an empty prefix",
        || acme().signature_prefix(""),
        &["prefix"],
    ),
    (
        "a prefix outside ASCII",
        || acme().signature_prefix("é="),
        &["prefix"],
    ),
    (
        "a prefix with a line end",
        || acme().signature_prefix("v1\n"),
        &["prefix"],
    ),
    (
        "an empty key",
        || acme().signature_format(SignatureFormat::key_values("")),
        &["key"],
    ),
    (
        "an empty version",
        || acme().signature_format(SignatureFormat::versions("")),
        &["key"],
    ),
    (
        "a key with its separator",
        || acme().signature_format(SignatureFormat::key_values("v=1")),
        &["key"],
    ),
    (
        "a key with the list's separator",
        || acme().signature_format(SignatureFormat::key_values("v,1")),
        &["key"],
    ),
    (
        "a version with its separator",
        || acme().signature_format(SignatureFormat::versions("v,1")),
        &["key"],
    ),
    (
        "a version with the list's separator",
        || acme().signature_format(SignatureFormat::versions("v 1")),
        &["key"],
    ),
    (
        "a key with a space around it",
        || acme().signature_format(SignatureFormat::key_values(" v1")),
        &["key"],
    ),
    (
        "a timestamp key with a plain layout",
        || acme().timestamp_key("t"),
        &["timestamp key"],
    ),
    (
        "a timestamp key with a prefix",
        || acme().signature_prefix("v1=").timestamp_key("t"),
        &["timestamp key"],
    ),
    (
        "an empty timestamp key",
        || {
            acme()
                .signature_format(SignatureFormat::key_values("v1"))
                .timestamp_key("")
        },
        &["key"],
    ),
    (
        "a timestamp key with its separator",
        || {
            acme()
                .signature_format(SignatureFormat::key_values("v1"))
                .timestamp_key("t=")
        },
        &["key"],
    ),
    (
        "a timestamp key that is the signature's",
        || {
            acme()
                .signature_format(SignatureFormat::key_values("v1"))
                .timestamp_key("v1")
        },
        &["key"],
    ),
    (
        "a timestamp header and a timestamp key",
        || {
            let list = acme().signature_format(SignatureFormat::key_values("v1"));
            list.timestamp_header("x-time").timestamp_key("t")
        },
        &["location", "key", "timestamp"],
    ),
    (
        "the timestamp in the signature's header",
        || acme().timestamp_header("X-Acme-Signature"),
        &["x-acme-signature"],
    ),
    (
        "the signature in its own text",
        || acme().message("{header:x-acme-signature}{body}"),
        &["x-acme-signature"],
    ),
];

#[test]
fn rejects_every_contradiction_and_names_it() {
    let mut report = Report::default();
    for (name, builder, words) in CONTRADICTIONS {
        report.note(match builder().build() {
            Ok(scheme) => Err(format!("{name}: built {scheme:?}")),
            Err(error) => {
                let text = error.to_string();
                let readable = text.starts_with("scheme `acme`: ") && !text.ends_with('.');
                let missing: Vec<_> = words.iter().filter(|it| !text.contains(**it)).collect();
                if readable && missing.is_empty() {
                    Ok(())
                } else {
                    Err(format!("{name}: {text:?} does not say {missing:?}"))
                }
            }
        });
    }
    report.finish();
}

/// What is refused as ambiguous can be had, by its name, and verifies.
#[test]
fn accepts_an_ambiguous_message_only_if_allowed() {
    let builder = || acme().message("{method}{body}");
    let error = builder().build().unwrap_err();
    assert!(
        matches!(error.kind(), SchemeErrorKind::AmbiguousMessage { part, .. } if part == "method")
    );
    let scheme = builder().danger_allow_ambiguous_message().build().unwrap();
    let verifier = Verifier::new(scheme, secret()).unwrap();
    let delivery =
        Delivery::new("body").header("x-acme-signature", hex(&support::mac256("POSTbody")));
    assert!(verifier.verify(&delivery.head, &delivery.body).is_ok());
    assert!(verifier.verify(&delivery.head, b"other").is_err());
}

/// A URL right before the body, as some senders sign it.
#[test]
fn accepts_an_ambiguous_url_only_if_allowed() {
    let scheme = acme()
        .message("{url}{body}")
        .danger_allow_ambiguous_message()
        .build()
        .unwrap();
    let acme = Provider::from(scheme).with_public_url(public_url());
    let verifier = Verifier::new(acme, secret()).unwrap();
    let signature = hex(&support::mac256(format!("{PUBLIC}/a?b=1body")));
    let delivery = Delivery::new("body")
        .uri("/a?b=1")
        .header("x-acme-signature", signature);
    assert!(verifier.verify(&delivery.head, &delivery.body).is_ok());
    assert!(verifier.verify(&delivery.head, b"other").is_err());
    // What was asked for: bytes of the body that become bytes of the URL.
    let moved = delivery.uri("/a?b=1bo");
    assert!(verifier.verify(&moved.head, b"dy").is_ok());
}

/// A scheme that signs the URL needs a public URL. Without one, the constructors of the layer and
/// the verifier return an error.
#[test]
fn requires_a_public_url_for_a_signed_url() {
    type Make = fn(Provider) -> Result<(), SetupError>;
    let makers: [(&str, Make); 5] = [
        ("new", |it| WebhookLayer::new(it, secret()).map(drop)),
        ("reloadable", |it| {
            WebhookLayer::with_reload_handle(it, secret()).map(drop)
        }),
        ("with_key_source", |it| {
            let no_keys = |_: RequestHead<'_>| async { Ok::<_, Infallible>(None::<Keys>) };
            WebhookLayer::with_key_source(it, no_keys).map(drop)
        }),
        ("Verifier::new", |it| Verifier::new(it, secret()).map(drop)),
        ("Verifier::with_reload_handle", |it| {
            Verifier::with_reload_handle(it, secret()).map(drop)
        }),
    ];
    for (name, make) in makers {
        for (message, signed) in [
            ("{url}\n{body}", true),
            ("{body}\n{url}", true),
            ("{path}\n{body}", false),
        ] {
            let scheme = acme().message(message).build().unwrap();
            assert_eq!(scheme.url_is_signed(), signed, "{message}");
            let provider = Provider::from(scheme);
            assert!(provider.public_url().is_none());
            let made = make(provider.clone());
            if signed {
                let error = made.expect_err(name);
                let SetupError::PublicUrl(inner) = &error else {
                    panic!("{name}: {error:?}");
                };
                assert!(
                    matches!(inner.kind(), PublicUrlErrorKind::Missing { scheme, .. } if **scheme == *"acme"),
                    "{name}: {inner:?}"
                );
                assert_eq!(inner.to_string(), error.to_string());
                assert_eq!(
                    error.to_string(),
                    "scheme `acme`: the signature covers the URL, but the provider has no public URL; set it with `Provider::with_public_url`"
                );
            } else {
                assert_eq!(made, Ok(()), "{name}");
            }
            let made = make(provider.with_public_url(public_url()));
            if signed {
                assert_eq!(made, Ok(()), "{name}");
            } else {
                let error = made.expect_err(name).to_string();
                assert!(error.contains("`with_public_url` has no effect"), "{error}");
            }
        }
    }
}

/// Each error of a set-up becomes a `SetupError` by `?`, and says what it said.
#[test]
fn converts_errors_to_setup_errors_with_the_same_text() {
    fn scheme() -> Result<(), SetupError> {
        acme().message("{url}{body}").build()?;
        Ok(())
    }
    fn key() -> Result<(), SetupError> {
        Secret::new("")?;
        Ok(())
    }
    fn url() -> Result<(), SetupError> {
        PublicUrl::fixed("acme.example")?;
        Ok(())
    }
    let errors = [scheme(), key(), url()].map(Result::unwrap_err);
    let [scheme, key, url] = &errors;
    assert!(matches!(scheme, SetupError::Scheme(it) if it.to_string() == scheme.to_string()));
    assert!(matches!(key, SetupError::Key(it) if it.to_string() == key.to_string()));
    assert!(matches!(url, SetupError::PublicUrl(it) if it.to_string() == url.to_string()));
    for error in &errors {
        assert!(std::error::Error::source(error).is_none());
    }
}

/// A setting of a provider that would be ignored is an error that names it.
#[test]
fn rejects_settings_of_a_provider_that_have_no_effect() {
    let token = || HeaderName::from_static("x-token");
    let rows: [(&str, Provider, &str); 7] = [
        (
            "a token header for a signature",
            providers::github().with_token_header(token()),
            "scheme `github`: `with_token_header` has no effect: the provider signs, and does not \
             send a token; it applies to schemes with `Algorithm::Token`; remove it",
        ),
        (
            "an ID path for several deliveries in a body",
            providers::adyen_payments().with_id_json("id"),
            "scheme `adyen-payments`: `with_id_json` has no effect: the provider signs each item of \
             a list, so a body has several deliveries; it applies to schemes without \
             `signed_items`; remove it",
        ),
        (
            "an event path for several deliveries in a body",
            providers::adyen_payments().with_event_json("type"),
            "scheme `adyen-payments`: `with_event_json` has no effect: the provider signs each item \
             of a list, so a body has several deliveries; it applies to schemes without \
             `signed_items`; remove it",
        ),
        (
            "a misspelled setting",
            providers::meta().with_setting("verify-token", "t"),
            "scheme `meta`: unknown setting `verify-token`; the settings are `verify_token`",
        ),
        (
            "a setting of a provider without settings",
            providers::github().with_setting("secret", "t"),
            "scheme `github`: unknown setting `secret`; the provider has no settings",
        ),
        (
            "a token header",
            providers::token().with_token_header(token()),
            "",
        ),
        (
            "a setting",
            providers::meta().with_setting("verify_token", "t"),
            "",
        ),
    ];
    // In hex, as Adyen's are.
    let secret = || Secret::new("00112233445566778899aabbccddeeff").unwrap();
    for (name, provider, expected) in rows {
        let verifier = Verifier::new(provider.clone(), secret());
        let text = verifier.map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(text, expected, "{name}");
        let signer = Signer::new(provider, secret());
        let text = signer.map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(text, expected, "{name}, signer");
    }
}

/// Each kind of error has its own variant.
#[test]
fn reports_the_kind_of_each_error() {
    let kind = |builder: SchemeBuilder| builder.build().unwrap_err().kind().clone();
    let unknown = kind(acme().message("{nonce}{body}"));
    assert!(matches!(unknown, SchemeErrorKind::UnknownToken { token, .. } if token == "nonce"));
    let header = kind(acme().id_header("a b"));
    assert!(matches!(header, SchemeErrorKind::InvalidHeaderName { name, .. } if name == "a b"));
    assert_eq!(
        kind(acme().message("{body")),
        SchemeErrorKind::UnmatchedBrace
    );
    assert_eq!(kind(acme().message("")), SchemeErrorKind::NotOneBody);
    assert_eq!(kind(acme().message("{id}{body}")), SchemeErrorKind::NoId);
}
