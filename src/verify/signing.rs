//! The signed text of a request that a sender signs.

use super::{body_context::BodyContext, claims::Claims, signed_text::SignedText};
use crate::{head::RequestHead, providers::Provider, rejection::RejectionKind};

/// Returns the signed text in two pieces: what comes before the body, and the rest. `listed` is the
/// timestamp, if it is in the signature header. If the body has several signed items, `body` is one
/// of them.
pub(crate) fn signed_text(
    head: RequestHead<'_>,
    provider: &Provider,
    listed: Option<&[u8]>,
    body: &[u8],
) -> Result<[Vec<u8>; 2], RejectionKind> {
    let spec = provider.scheme().spec();
    let claims = Claims::of(head, provider, None, listed)?;
    let text = SignedText::of(&spec.message, &claims)?;
    let derived = if spec.looks_into_body {
        BodyContext::of(spec, &claims)?.derive(&spec.message, body)?
    } else {
        Vec::new()
    };
    let rest = text.rest(&spec.message, body, derived.iter().map(Vec::as_slice));
    Ok([text.before().to_vec(), rest])
}
