//! The target `builder`: a scheme that builds verifies its own signatures, and its signed text can
//! be cut into its parts in one way only.

use std::time::Duration;

use tower_webhook::{
    providers::Provider,
    scheme::{
        Algorithm, Encoding, Location, PublicKeyForm, Scheme, SchemeBuilder, SecretEncoding,
        SignatureFormat, TimestampFormat,
    },
};

use crate::{
    cut, fail,
    input::{Input, InputWriter},
    leniencies,
    message::Message,
    oracle,
    parts::tokens,
    rig::{Origin, Rig, SignRequest},
    run::Told,
    samples,
};

const ALGORITHMS: &[Algorithm] = &[
    Algorithm::HmacSha256,
    Algorithm::HmacSha1,
    Algorithm::HmacSha384,
    Algorithm::HmacSha512,
    Algorithm::HmacMd5,
    Algorithm::Md5SecretLast,
    Algorithm::Sha1SecretLast,
    Algorithm::Sha256SecretLast,
    Algorithm::Sha256SecretFirst,
    Algorithm::Sha256SecretBeforeBody,
    Algorithm::Token,
    Algorithm::Ed25519,
    Algorithm::RsaSha256,
    Algorithm::EcdsaP256Raw,
];

const ENCODINGS: &[Encoding] = &[
    Encoding::Hex,
    Encoding::Base64,
    Encoding::Base64Url,
    Encoding::Text,
];

const FORMS: &[SecretEncoding] = &[
    SecretEncoding::Text,
    SecretEncoding::Hex,
    SecretEncoding::Base64,
    SecretEncoding::PrefixedBase64("whsec_"),
    SecretEncoding::PublicKey(PublicKeyForm::Base64),
    SecretEncoding::PublicKey(PublicKeyForm::Hex),
];

const UNITS: &[TimestampFormat] = &[
    TimestampFormat::Seconds,
    TimestampFormat::Milliseconds,
    TimestampFormat::Rfc3339,
    TimestampFormat::DateTime,
];

const HEADERS: &[&str] = &[
    "x-a",
    "x-b",
    "x-c",
    "x-d",
    "content-type",
    "authorization",
    "X-A",
    "bad name",
];

const MEMBERS: &[&str] = &["a", "b", "c.d", "c.e", "list.0", ""];

/// The pieces of a template.
const PIECES: &[&str] = &[
    "{body}",
    "{id}",
    "{timestamp}",
    ".",
    ":",
    "\n",
    "{method}",
    "{path}",
    "{target}",
    "{url}",
    "{header:x-a}",
    "{header:x-b}",
    "{header:x-c}",
    "{setting:s}",
    "{query:a}",
    "{form:a}",
    "{json:a}",
    "{json:c.d}",
    "{sha256}",
    "{sha256_base64}",
    "{url_sha256}",
    "{sorted_form}",
    "{crc32}",
    "{jws}",
    "{canonical:payload}",
    "{canonical:box_escaped}",
    "/",
    "..",
    "0",
    "1",
    "-",
    "T",
    "Z",
    "{{",
    "}}",
    "aab",
];

const LITERALS: &[&str] = &["v1=", "v1", "t", "s", "a b", "=", ",", "v0:", ""];

/// The number of builder calls that [`step`] can select.
const CALLS: usize = 37;

/// Checks one builder and the scheme that it builds.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let Built {
        scheme,
        is_ambiguous,
    } = build(&mut input);
    let Some(scheme) = scheme else { return };
    let Some(rig) = Rig::signed(Provider::from(scheme.clone())) else {
        return;
    };
    let Origin::Signed(signing) = &rig.origin else {
        return;
    };
    let (id, target, body) = (input.text(), input.text(), input.long());
    let values = [input.bytes(), input.bytes()];
    let to_sign = SignRequest {
        keys: input.pick(3),
        id: id.filter(|id| !id.is_empty()).unwrap_or("id"),
        time: rig.now,
        target: target
            .filter(|it| it.starts_with('/'))
            .unwrap_or("/hooks?a=1"),
        body,
    };
    let sample = SignRequest {
        body: samples::body(&scheme),
        ..to_sign
    };
    let signed = signing
        .sign_with(to_sign, &values)
        .or_else(|| signing.sign_with(sample, &values));
    let Some(message) = signed else { return };
    let Some(request) = message.request() else {
        return fail("builder", "request", || {
            format!("not a request: {message:?} of {scheme:?}")
        });
    };
    let answer = oracle::agree(&rig, &rig.verifier, &rig.layer, &request, &[1, 2, 3], true);
    let told = match answer {
        Ok(told) => told,
        Err(kind) => {
            if !leniencies::may_reject(&rig, &message, &kind) {
                fail("builder", kind.name(), || {
                    format!("{kind:?}: {message:?} of {scheme:?}")
                });
            }
            return;
        }
    };
    if scheme.algorithm() == Algorithm::Token || rig.is_jws() {
        return;
    }
    let Some(text) = scheme.messages().next() else {
        return;
    };
    let tokens = tokens(text, &scheme);
    for _ in 0..4 {
        let Some(other) = cut::recut(&message, &rig, &tokens, &mut input) else {
            continue;
        };
        let Some(forged) = other.request().filter(|_| other != message) else {
            continue;
        };
        let answer = oracle::agree(&rig, &rig.verifier, &rig.layer, &forged, &[1], false);
        let Ok(again) = answer else { continue };
        if is_ambiguous {
            identity(&scheme, (&told, &again), &other);
        } else {
            let trace = || format!("{scheme:?}");
            oracle::same_parts(&rig, (&message, &told), (&other, &again), &trace);
        }
    }
}

/// Checks that the ID and the timestamp are the same. A scheme may be ambiguous in its other parts,
/// and then in the body and what is found in it.
fn identity(scheme: &Scheme, (told, again): (&Told, &Told), other: &Message) {
    let is_signed = |location: Option<&Location>, part: &str| {
        let is_in_head = location.is_none_or(|location| !location.is_in_body());
        is_in_head && scheme.messages().all(|message| message.contains(part))
    };
    if is_signed(scheme.id_location(), "{id}") && again.id != told.id {
        fail("builder", "id", || format!("{other:?} of {scheme:?}"));
    }
    if is_signed(scheme.timestamp_location(), "{timestamp}") && again.time != told.time {
        fail("builder", "time", || format!("{other:?} of {scheme:?}"));
    }
}

fn template(input: &mut Input<'_>) -> String {
    let count = input.pick(9);
    (0..count)
        .map(|_| PIECES[input.pick(PIECES.len())])
        .collect()
}

struct Built {
    scheme: Option<Scheme>,
    /// Whether the scheme may be ambiguous.
    is_ambiguous: bool,
}

/// Makes the builder calls that the input selects.
fn build(input: &mut Input<'_>) -> Built {
    let mut builder = Scheme::builder("built");
    let mut is_ambiguous = false;
    for _ in 0..input.pick(24) {
        let call = input.pick(CALLS);
        is_ambiguous |= call == 35;
        builder = step(builder, call, input);
    }
    Built {
        scheme: builder.build().ok(),
        is_ambiguous,
    }
}

fn step(builder: SchemeBuilder, call: usize, input: &mut Input<'_>) -> SchemeBuilder {
    fn pick<T: Copy>(list: &[T], input: &mut Input<'_>) -> T {
        list[input.pick(list.len())]
    }
    match call {
        0 => builder.message(template(input)),
        1 => builder.signature_header(pick(HEADERS, input)),
        2 => builder.id_header(pick(HEADERS, input)),
        3 => builder.timestamp_header(pick(HEADERS, input)),
        4 => builder.timestamp_format(pick(UNITS, input)),
        5 => builder.algorithm(pick(ALGORITHMS, input)),
        6 => builder.encoding(pick(ENCODINGS, input)),
        7 => builder.secret_encoding(pick(FORMS, input)),
        8 => builder.signature_header(pick(HEADERS, input)),
        9 => builder.repeated_signature_header(),
        10 => builder.signature_prefix(pick(LITERALS, input)),
        11 => builder.signature_format(SignatureFormat::key_values(pick(LITERALS, input))),
        12 => builder.signature_format(SignatureFormat::versions(pick(LITERALS, input))),
        13 => builder.signature_format(SignatureFormat::separated("v1", ", ", '=')),
        14 => builder.signature_format(SignatureFormat::values(", ")),
        15 => builder.signature_format(SignatureFormat::timestamp_then_values(",")),
        16 => builder.signature_format(SignatureFormat::credentials(pick(LITERALS, input))),
        17 => builder.signature_format(SignatureFormat::jws("Bearer ")),
        18 => builder.signature_format(SignatureFormat::detached_jws()),
        19 => builder.timestamp_key(pick(LITERALS, input)),
        20 => builder.event_header(pick(HEADERS, input)),
        21 => builder.attempt_header(pick(HEADERS, input)),
        22 => builder.require_header(pick(HEADERS, input), pick(LITERALS, input)),
        23 => builder.alternative_message(template(input)),
        24 => builder.signature(Location::json(pick(MEMBERS, input))),
        25 => builder.signature(Location::form(pick(MEMBERS, input))),
        26 => builder.signature(Location::query(pick(MEMBERS, input))),
        27 => builder.timestamp(Location::json(pick(MEMBERS, input))),
        28 => builder.timestamp(Location::query(pick(MEMBERS, input))),
        29 => builder.id(Location::json(pick(MEMBERS, input))),
        30 => builder.event(Location::json(pick(MEMBERS, input))),
        31 => builder.claim(pick(MEMBERS, input), template(input)),
        32 => match input.pick(3) {
            0 => builder.timestamp(Location::claim("iat")),
            1 => builder.id(Location::claim("jti")),
            _ => builder.require_expiry(),
        },
        33 => match input.pick(3) {
            0 => builder.message_is_unique(),
            1 => builder.signed_items(pick(MEMBERS, input)),
            _ => builder.multipart_field(pick(MEMBERS, input)),
        },
        34 => match input.pick(2) {
            0 => builder.danger_leave_body_unsigned(),
            _ => builder.tolerance(Duration::from_secs(u64::from(input.word()))),
        },
        35 => builder.danger_allow_ambiguous_message(),
        _ => {
            let others = pick(&["", "-_", "-_=", ":", "."], input);
            let (least, most) = pick(&[(1, 8), (2, 2), (1, 64), (10, 10)], input);
            builder.id_characters(others, least..=most)
        }
    }
}

/// Seeds: templates of every two and three parts, with and without separators.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let parts = [1, 2, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16];
    let marks = [None, Some(3), Some(5), Some(27), Some(28)];
    for unit in 0..4 {
        for one in parts {
            for mark in marks {
                for two in [2, 1, 11] {
                    for last in marks {
                        let pieces = [Some(one), mark, Some(two), last, Some(0)];
                        let pieces: Vec<u8> = pieces.into_iter().flatten().collect();
                        seeds.push(seed(unit, &pieces));
                    }
                }
            }
        }
    }
    seeds
}

fn seed(unit: u8, pieces: &[u8]) -> Vec<u8> {
    let body = r#"{"a":"2026-01-15T12:00:01Z.1768478401.x","b":1768478401000,"c":{"d":"0"}}"#;
    let writer = InputWriter::default().byte(5);
    let writer = writer
        .rest([1, 3])
        .rest([2, 1])
        .rest([3, 2])
        .rest([4, unit]);
    let writer = writer
        .byte(0)
        .byte(pieces.len().to_le_bytes()[0])
        .rest(pieces);
    let writer = writer
        .bytes("id.1")
        .bytes("/hooks/a?a=1")
        .long(body)
        .bytes("v.1")
        .bytes("w:2");
    writer
        .byte(1)
        .rest([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 2, 0, 3, 0])
        .finish()
}
