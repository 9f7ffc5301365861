//! Searches for differences between the scheme and the way that the sender signs.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Cause, Finding, attempt::Attempt};
use crate::{
    head::RequestHead,
    location::Location,
    rejection::RejectionKind,
    scheme::{Algorithm, Encoding, SignatureFormat, Spec},
};

const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::HmacSha1,
    Algorithm::HmacSha256,
    Algorithm::HmacSha384,
    Algorithm::HmacSha512,
];

const ENCODINGS: [Encoding; 3] = [Encoding::Hex, Encoding::Base64, Encoding::Base64Url];

/// Finds differences between the scheme and the way the sender signs.
pub(super) fn find(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let spec = attempt.scheme().spec();
    let before = findings.len();
    let mut headers = attempt.head.headers().clone();
    let legacy = legacy(attempt);
    let has_legacy = legacy.is_some();
    if let Some((name, value)) = legacy {
        headers.insert(name, value);
    }
    let head = attempt.head;
    let moved = attempt.with_head(RequestHead::new(head.method(), head.uri(), &headers));
    let attempt = if has_legacy { &moved } else { attempt };
    prefix(attempt, findings);
    let is_hmac = ALGORITHMS.contains(&spec.algorithm);
    if is_hmac && findings.len() == before {
        other_algorithm(attempt, findings);
    }
    let signs_more = spec.messages().all(|message| message.text() != "{body}");
    if is_hmac && signs_more && attempt.scheme().body_is_signed() {
        let alone = attempt.with_spec(Spec::sign_body_alone);
        if alone.verifies() {
            findings.push(Finding::proven(Cause::BodyAlone));
        }
    }
}

/// The SHA-1 signature that GitHub and others send next to the signature with SHA-256, for example
/// in `x-hub-signature` next to `x-hub-signature-256`.
fn legacy<'t>(attempt: &'t Attempt<'_>) -> Option<(&'t HeaderName, HeaderValue)> {
    let headers = attempt.head.headers();
    attempt
        .scheme()
        .signature_locations()
        .iter()
        .find_map(|location| {
            let Location::Header(name) = location else {
                return None;
            };
            let old = name.as_str().strip_suffix("-256")?;
            let old = headers.get(old).filter(|_| !headers.contains_key(name));
            Some((name, old?.clone()))
        })
}

/// Guesses from the form of a signature that is missing or malformed.
pub(super) fn guess(
    attempt: &Attempt<'_>,
    rejection: Option<&RejectionKind>,
    findings: &mut Vec<Finding>,
) {
    let own = attempt.scheme().spec();
    if !ALGORITHMS.contains(&own.algorithm) {
        return;
    }
    match rejection {
        Some(RejectionKind::MissingSignature { .. }) if legacy(attempt).is_some() => {
            let used = Algorithm::HmacSha1;
            findings.push(Finding::guess(Cause::Algorithm { used }));
        }
        Some(RejectionKind::MalformedSignature {
            location: Location::Header(name),
        }) if own.format.is_single() => {
            let value = attempt.head.only(name).ok().flatten();
            let value = value.map(HeaderValue::as_bytes).unwrap_or_default();
            let rest = after_prefix(value);
            let guess = guess_encoding(rest.unwrap_or(value), own.encoding);
            let Some((algorithm, encoding)) = guess else {
                return;
            };
            if algorithm != own.algorithm {
                let used = algorithm;
                findings.push(Finding::guess(Cause::Algorithm { used }));
            }
            if encoding != own.encoding {
                let used = encoding;
                findings.push(Finding::guess(Cause::Encoding { used }));
            }
            if (algorithm, encoding) == (own.algorithm, own.encoding) {
                let is_missing = rest.is_none();
                findings.push(Finding::guess(Cause::SignaturePrefix { is_missing }));
            }
        }
        _ => {}
    }
}

/// Guesses the algorithm and the encoding of a signature from its characters and its length.
fn guess_encoding(text: &[u8], own: Encoding) -> Option<(Algorithm, Encoding)> {
    // Hex is first, because hex digits are valid base64 too.
    let encodings = [Encoding::Hex, own].into_iter().chain(ENCODINGS);
    encodings.into_iter().find_map(|encoding| {
        let mut room = vec![0; text.len() + 2];
        let len = encoding.decode(text, &mut room)?.len();
        let has_len = |algorithm: &Algorithm| algorithm.signature_len() == Some(len);
        Some((ALGORITHMS.into_iter().find(has_len)?, encoding))
    })
}

/// Finds a missing or an unexpected prefix of the signature.
fn prefix(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let spec = attempt.scheme().spec();
    let Some(Location::Header(name)) = spec.signatures.first() else {
        return;
    };
    let value = attempt.head.only(name).ok().flatten();
    let Some(value) = value.map(HeaderValue::as_bytes) else {
        return;
    };
    let with = |value: &[u8]| {
        let headers = with_value(attempt.head.headers(), name, value);
        headers.is_some_and(|headers| {
            let head = RequestHead::new(attempt.head.method(), attempt.head.uri(), &headers);
            attempt.with_head(head).verifies()
        })
    };
    if let Some(prefix) = spec.format.prefix() {
        if with(&[prefix.as_bytes(), value].concat()) {
            let is_missing = true;
            findings.push(Finding::proven(Cause::SignaturePrefix { is_missing }));
        }
    }
    let prefix = spec.format.prefix().unwrap_or_default().as_bytes();
    if spec.format.is_single()
        && after_prefix(value).is_some_and(|rest| with(&[prefix, rest].concat()))
    {
        let is_missing = false;
        findings.push(Finding::proven(Cause::SignaturePrefix { is_missing }));
    }
}

/// The part of a signature after `sha1=` or a similar prefix.
fn after_prefix(value: &[u8]) -> Option<&[u8]> {
    let at = value.iter().position(|byte| b"=, :".contains(byte))?;
    let rest = value.get(at + 1..)?;
    // A short rest is the padding of base64.
    (rest.len() > 8).then_some(rest)
}

fn with_value(headers: &HeaderMap, name: &HeaderName, value: &[u8]) -> Option<HeaderMap> {
    let mut headers = headers.clone();
    headers.insert(name, HeaderValue::from_bytes(value).ok()?);
    Some(headers)
}

/// Finds another algorithm or another encoding, with the prefix of the scheme or with any prefix.
fn other_algorithm(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let own = attempt.scheme().spec();
    let header = own.signatures.iter().find_map(|location| match location {
        Location::Header(name) => Some(name),
        _ => None,
    });
    let bare = header.and_then(|name| {
        let value = attempt.head.only(name).ok()??;
        let value = after_prefix(value.as_bytes())?;
        with_value(attempt.head.headers(), name, value)
    });
    let bare = bare.filter(|_| own.format.is_single());
    for algorithm in ALGORITHMS {
        for encoding in ENCODINGS {
            if (algorithm, encoding) == (own.algorithm, own.encoding) {
                continue;
            }
            let changed = attempt.with_spec(|spec| {
                spec.algorithm = algorithm;
                spec.encoding = encoding;
            });
            let verifies = changed.verifies()
                || bare.as_ref().is_some_and(|headers| {
                    let head = RequestHead::new(attempt.head.method(), attempt.head.uri(), headers);
                    let plain = |spec: &mut Spec| spec.format = SignatureFormat::plain();
                    changed.with_spec(plain).with_head(head).verifies()
                });
            if !verifies {
                continue;
            }
            if algorithm != own.algorithm {
                let used = algorithm;
                findings.push(Finding::proven(Cause::Algorithm { used }));
            }
            if encoding != own.encoding {
                let used = encoding;
                findings.push(Finding::proven(Cause::Encoding { used }));
            }
            return;
        }
    }
}
