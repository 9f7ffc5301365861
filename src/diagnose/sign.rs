use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Cause, Finding, trial::Trial};
use crate::{
    head::Head,
    place::Place,
    rejection::RejectionKind,
    scheme::{Algorithm, Encoding, Layout, Spec},
};

const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::HmacSha1,
    Algorithm::HmacSha256,
    Algorithm::HmacSha384,
    Algorithm::HmacSha512,
];

const ENCODINGS: [Encoding; 3] = [Encoding::Hex, Encoding::Base64, Encoding::Base64Url];

/// How the sender signs, if not as the scheme says.
pub(super) fn examine(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let spec = trial.scheme().spec();
    let before = findings.len();
    let mut headers = trial.head.headers().clone();
    let legacy = legacy(trial);
    let has_legacy = legacy.is_some();
    if let Some((name, value)) = legacy {
        headers.insert(name, value);
    }
    let head = trial.head;
    let moved = trial.with_head(Head::new(head.method(), head.uri(), &headers));
    let trial = if has_legacy { &moved } else { trial };
    prefix(trial, findings);
    let is_hmac = ALGORITHMS.contains(&spec.algorithm);
    if is_hmac && findings.len() == before {
        another(trial, findings);
    }
    let signs_more = spec.messages().all(|message| message.text() != "{body}");
    if is_hmac && signs_more && trial.scheme().body_is_signed() {
        let alone = trial.with_spec(Spec::sign_body_alone);
        if alone.holds() {
            findings.push(Finding::proven(Cause::BodyAlone));
        }
    }
}

/// The signature that GitHub and others put beside the one that is asked for, with SHA-1:
/// `x-hub-signature` for `x-hub-signature-256`.
fn legacy<'t>(trial: &'t Trial<'_>) -> Option<(&'t HeaderName, HeaderValue)> {
    let headers = trial.head.headers();
    trial.scheme().signature_places().iter().find_map(|place| {
        let Place::Header(name) = place else {
            return None;
        };
        let old = name.as_str().strip_suffix("-256")?;
        let old = headers.get(old).filter(|_| !headers.contains_key(name));
        Some((name, old?.clone()))
    })
}

/// What the look of a signature says that was refused for it.
pub(super) fn guess(
    trial: &Trial<'_>,
    refusal: Option<&RejectionKind>,
    findings: &mut Vec<Finding>,
) {
    let own = trial.scheme().spec();
    if !ALGORITHMS.contains(&own.algorithm) {
        return;
    }
    match refusal {
        Some(RejectionKind::MissingSignature { .. }) if legacy(trial).is_some() => {
            let used = Algorithm::HmacSha1;
            findings.push(Finding::guess(Cause::Algorithm { used }));
        }
        Some(RejectionKind::MalformedSignature {
            place: Place::Header(name),
        }) if own.layout.is_single() => {
            let value = trial.head.only(name).ok().flatten();
            let value = value.map(HeaderValue::as_bytes).unwrap_or_default();
            let behind = behind_prefix(value);
            let looks = looks(behind.unwrap_or(value), own.encoding);
            let Some((algorithm, encoding)) = looks else {
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
                let is_missing = behind.is_none();
                findings.push(Finding::guess(Cause::SignaturePrefix { is_missing }));
            }
        }
        _ => {}
    }
}

/// What a signature seems to be, by its letters and its length.
fn looks(text: &[u8], own: Encoding) -> Option<(Algorithm, Encoding)> {
    // Hex digits are letters of base64 too.
    let encodings = [Encoding::Hex, own].into_iter().chain(ENCODINGS);
    encodings.into_iter().find_map(|encoding| {
        let mut room = vec![0; text.len() + 2];
        let len = encoding.decode(text, &mut room)?.len();
        let is_it = |it: &Algorithm| it.signature_len() == Some(len);
        Some((ALGORITHMS.into_iter().find(is_it)?, encoding))
    })
}

/// Another prefix before the signature, or none.
fn prefix(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let spec = trial.scheme().spec();
    let Some(Place::Header(name)) = spec.signatures.first() else {
        return;
    };
    let value = trial.head.only(name).ok().flatten();
    let Some(value) = value.map(HeaderValue::as_bytes) else {
        return;
    };
    let with = |value: &[u8]| {
        let headers = with_value(trial.head.headers(), name, value);
        headers.is_some_and(|headers| {
            let head = Head::new(trial.head.method(), trial.head.uri(), &headers);
            trial.with_head(head).holds()
        })
    };
    if let Some(prefix) = spec.layout.prefix() {
        if with(&[prefix.as_bytes(), value].concat()) {
            let is_missing = true;
            findings.push(Finding::proven(Cause::SignaturePrefix { is_missing }));
        }
    }
    let prefix = spec.layout.prefix().unwrap_or_default().as_bytes();
    if spec.layout.is_single()
        && behind_prefix(value).is_some_and(|it| with(&[prefix, it].concat()))
    {
        let is_missing = false;
        findings.push(Finding::proven(Cause::SignaturePrefix { is_missing }));
    }
}

/// What stands behind `sha1=` or the like.
fn behind_prefix(value: &[u8]) -> Option<&[u8]> {
    let at = value.iter().position(|byte| b"=, :".contains(byte))?;
    let behind = value.get(at + 1..)?;
    // Not the padding of base64.
    (behind.len() > 8).then_some(behind)
}

fn with_value(headers: &HeaderMap, name: &HeaderName, value: &[u8]) -> Option<HeaderMap> {
    let mut headers = headers.clone();
    headers.insert(name, HeaderValue::from_bytes(value).ok()?);
    Some(headers)
}

/// Another algorithm or another encoding, under the scheme's prefix or its own.
fn another(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let own = trial.scheme().spec();
    let header = own.signatures.iter().find_map(|place| match place {
        Place::Header(name) => Some(name),
        _ => None,
    });
    let bare = header.and_then(|name| {
        let value = trial.head.only(name).ok()??;
        let value = behind_prefix(value.as_bytes())?;
        with_value(trial.head.headers(), name, value)
    });
    let bare = bare.filter(|_| own.layout.is_single());
    for algorithm in ALGORITHMS {
        for encoding in ENCODINGS {
            if (algorithm, encoding) == (own.algorithm, own.encoding) {
                continue;
            }
            let changed = trial.with_spec(|spec| {
                spec.algorithm = algorithm;
                spec.encoding = encoding;
            });
            let holds = changed.holds()
                || bare.as_ref().is_some_and(|headers| {
                    let head = Head::new(trial.head.method(), trial.head.uri(), headers);
                    let plain = |spec: &mut Spec| spec.layout = Layout::plain();
                    changed.with_spec(plain).with_head(head).holds()
                });
            if !holds {
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
