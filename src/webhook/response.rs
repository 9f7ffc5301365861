//! The responses of the layer itself: rejections, and answers to handshakes.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use http::Response;

/// A response that is sent without a call of the inner service.
pub(super) enum EarlyResponse {
    Ready(Box<Response<Bytes>>),
    /// The response depends on a key source or on the handler of handshake data.
    Pending(Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>),
}

impl EarlyResponse {
    pub(super) fn ready(response: Response<Bytes>) -> Self {
        Self::Ready(Box::new(response))
    }

    pub(super) async fn wait(self) -> Response<Bytes> {
        match self {
            Self::Ready(response) => *response,
            Self::Pending(future) => future.await,
        }
    }
}
