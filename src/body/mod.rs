//! Types for the bodies of requests and responses.
//!
//! Use them to name body types. An inner service receives a [`VerifiedBody`], the middleware
//! responds with a [`ResponseBody`], and a client sends a [`DeliveryBody`].

mod budget;
mod buffer;
mod delivery;
mod reader;
mod response;
mod verified;

use http::HeaderMap;
use http_body::SizeHint;

pub use self::{
    budget::MemoryBudget, delivery::DeliveryBody, response::ResponseBody, verified::VerifiedBody,
};
pub(crate) use self::{
    buffer::Buffer,
    reader::{BodyReader, BoxError, ReadError, is_length_limit},
};

/// The size hint of a body in memory. With trailers, it has no upper bound, because an HTTP/1
/// peer could otherwise stop before the trailers.
fn size_hint(len: usize, trailers: Option<&HeaderMap>) -> SizeHint {
    let len = u64::try_from(len).unwrap_or(u64::MAX);
    let mut hint = SizeHint::new();
    hint.set_lower(len);
    if trailers.is_none() {
        hint.set_upper(len);
    }
    hint
}
