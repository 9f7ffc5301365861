//! The service, which reads the key of a delivery and creates the response future.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{ResponseFuture, layer::Config};
use crate::{
    body::ResponseBody,
    head::RequestHead,
    rejection::{self, RejectionKind},
    verify::Verified,
};

/// Lets each delivery through to `S` once; made by [`DedupeLayer`](super::DedupeLayer).
///
/// See the [module docs](crate::dedupe) for an example.
#[derive(Clone, Debug)]
pub struct Dedupe<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> Dedupe<S> {
    pub(super) fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
    }

    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns a mutable reference to the inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Consumes the middleware and returns the inner service.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, ResBody> Service<Request<B>> for Dedupe<S>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    /// Always ready: the inner service is asked once a delivery is claimed, by the future.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { inner, config } = self;
        let head = RequestHead::from(&request);
        let is_grpc = rejection::is_grpc(request.version(), request.method(), request.headers());
        let Some(verified) = head.extension::<Verified>() else {
            return ResponseFuture::rejected(config, is_grpc, None, RejectionKind::NotVerified);
        };
        match config.keys(verified, head) {
            Ok(keys) => {
                let verified = verified.clone();
                ResponseFuture::claiming(inner.clone(), config, request, verified, keys, is_grpc)
            }
            Err(kind) => ResponseFuture::rejected(config, is_grpc, Some(verified), kind),
        }
    }
}
