//! The service, which creates the response future.

use std::{
    fmt,
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{config::Config, future::ResponseFuture};
use crate::body::{BoxError, ResponseBody, VerifiedBody};

/// Middleware that calls `S` only with verified deliveries. Created by
/// [`WebhookLayer`](super::WebhookLayer).
///
/// See the [module docs](crate::webhook) for an example.
pub struct Webhook<S, B = VerifiedBody> {
    inner: S,
    config: Arc<Config>,
    body: PhantomData<fn() -> B>,
}

impl<S, B> Webhook<S, B> {
    pub(super) fn new(inner: S, config: Arc<Config>) -> Self {
        Self {
            inner,
            config,
            body: PhantomData,
        }
    }

    /// Returns a reference to the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns a mutable reference to the inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, ReqBody, ResBody> Service<Request<ReqBody>> for Webhook<S, B>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
    B: From<VerifiedBody>,
    ReqBody: Body<Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B, ReqBody>;

    /// Always ready. The response future polls the inner service once a delivery is verified.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture::new(&self.config, &self.inner, request)
    }
}

// Derived impls would require the same of `B`.
impl<S: Clone, B> Clone for Webhook<S, B> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.config))
    }
}

impl<S: fmt::Debug, B> fmt::Debug for Webhook<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("inner", &self.inner)
            .field("config", &self.config)
            .finish()
    }
}
