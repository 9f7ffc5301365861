use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{Response, StatusCode};

use super::{
    Rejection, RejectionClass, RejectionKind, Statuses, grpc,
    json::{allow, json},
};

/// Creates the response to a rejected request.
pub(crate) type Renderer = dyn Fn(&Rejection) -> Response<Bytes> + Send + Sync;

/// Creates rejections and their responses. One responder serves all layers of an endpoint, so that
/// custom statuses and responses apply to each of them.
#[derive(Clone)]
pub(crate) struct RejectionResponder {
    provider: Arc<str>,
    statuses: Statuses,
    renderer: Arc<Renderer>,
}

impl RejectionResponder {
    pub(crate) fn new(provider: Arc<str>, statuses: Statuses) -> Self {
        Self {
            provider,
            statuses,
            renderer: Arc::new(json),
        }
    }

    pub(crate) fn set_status(&mut self, class: RejectionClass, status: StatusCode) {
        self.statuses.set(class, status);
    }

    pub(crate) fn set_renderer(&mut self, renderer: Arc<Renderer>) {
        self.renderer = renderer;
    }

    pub(crate) fn reject(&self, kind: RejectionKind) -> Rejection {
        Rejection::new(Arc::clone(&self.provider), kind, &self.statuses)
    }

    /// Creates the response, with the rejection in its extensions. A gRPC client can read only
    /// gRPC, so its response ignores the statuses and the renderer.
    pub(crate) fn respond(&self, rejection: Rejection, is_grpc: bool) -> Response<Bytes> {
        let mut response = if is_grpc {
            grpc(&rejection)
        } else {
            (self.renderer)(&rejection)
        };
        allow(&rejection, &mut response);
        response.extensions_mut().insert(rejection);
        response
    }
}

impl fmt::Debug for RejectionResponder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectionResponder")
            .field("statuses", &self.statuses)
            .finish_non_exhaustive()
    }
}
