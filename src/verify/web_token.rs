//! Reads the JSON web token of a request, and writes the token of a sender.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    body_context::BodyContext, candidates::Candidates, claims::Claims, signed_text::SignedText,
};
use crate::{
    encoding::Encoding,
    head::RequestHead,
    location::Location,
    payload::{JwsKind, Malformed, Token},
    providers::Provider,
    rejection::RejectionKind,
    scheme::{Part, Spec, TimestampFormat, UnixTime},
};

/// Reads the token of a head. Its signature is added to `candidates`.
pub(super) fn read(
    head: RequestHead<'_>,
    spec: &Spec,
    kind: JwsKind,
    candidates: &mut Candidates,
) -> Result<Token, RejectionKind> {
    // The builder accepts no other location.
    let Some(location @ Location::Header(header)) = spec.signatures.first() else {
        return Err(RejectionKind::SignatureMismatch);
    };
    let malformed = || RejectionKind::MalformedSignature {
        location: location.clone(),
    };
    let value = head.value(header)?;
    let value = value.ok_or_else(|| RejectionKind::MissingSignature {
        location: location.clone(),
    })?;
    let mut found = None;
    spec.format.read(value.as_bytes(), |field| {
        let read = field.and_then(|field| Token::read(field.value, kind));
        let (token, signature) = read.ok_or_else(malformed)?;
        candidates.decode(signature, spec);
        found = Some(token);
        Ok::<_, RejectionKind>(())
    })?;
    let token = found.filter(|_| !candidates.is_empty());
    let token = token.ok_or_else(malformed)?;
    let algorithm = spec.algorithm.jose().unwrap_or_default();
    let payload_is_raw = kind == JwsKind::Detached && spec.message.has(|part| *part == Part::Body);
    match token.is_of(algorithm, payload_is_raw) {
        Ok(true) => Ok(token),
        Ok(false) => Err(RejectionKind::UnexpectedValue {
            header: header.clone(),
        }),
        Err(_) => Err(malformed()),
    }
}

/// The lifetime of tokens that a sender creates.
const LIFE: Duration = Duration::from_secs(300);

/// The first two parts of a token with the claims of a scheme, for the sender.
pub(crate) fn unsigned(
    head: RequestHead<'_>,
    provider: &Provider,
    body: &[u8],
    id: &str,
    time: UnixTime,
) -> Result<Vec<u8>, RejectionKind> {
    let spec = provider.scheme().spec();
    let claims = Claims::of_token_to_be(head, provider)?;
    let facts = BodyContext::of(spec, &claims)?;
    let mut said = Map::new();
    for claim in &spec.claims {
        if claim.only_with_body && body.is_empty() {
            continue;
        }
        let Some(value) = claim.values.first() else {
            continue;
        };
        let text = SignedText::of(value, &claims)?;
        let derived = facts.derive(value, body)?;
        let mut bytes = text.before().to_vec();
        bytes.extend(text.rest(value, body, derived.iter().map(Vec::as_slice)));
        let text = String::from_utf8(bytes).map_err(|_| Malformed("a claim in UTF-8"))?;
        said.insert(claim.name.to_string(), text.into());
    }
    let mut say_time = |name: &str, time: UnixTime| {
        let seconds = TimestampFormat::Seconds.write(time);
        let seconds = seconds.parse::<u64>().unwrap_or_default();
        said.insert(name.into(), seconds.into());
    };
    if let Some(Location::Claim(name)) = provider.scheme().timestamp_location() {
        say_time(name, time);
    }
    if spec.require_expiry {
        say_time("nbf", time);
        say_time("exp", time.plus(LIFE));
    }
    if let Some(Location::Claim(name)) = &spec.id {
        said.insert(name.to_string(), id.into());
    }
    let algorithm = spec.algorithm.jose().unwrap_or_default();
    let header = serde_json::json!({ "alg": algorithm, "typ": "JWT" });
    let part = |json: &Value| Encoding::Base64Url.encode(json.to_string().as_bytes());
    Ok([part(&header), part(&Value::Object(said))].join(&b'.'))
}
