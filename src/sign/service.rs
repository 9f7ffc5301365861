//! The service, which creates the response future.

use std::{
    error::Error,
    fmt, mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{ResponseFuture, SendError, layer::Config};
use crate::body::DeliveryBody;

/// Signs what goes through `S`, a client; made by [`SignLayer`](super::SignLayer).
///
/// The id of a delivery is the [`DeliveryId`](super::DeliveryId) in the request's extensions, or
/// what the request has where the scheme has its id. The timestamp is taken when the body is there
/// as a whole, and then the inner service is called. A queue behind it, such as `tower`'s buffer,
/// makes the timestamp older, and belongs outside.
///
/// It is ready when the inner service is.
///
/// See the [module docs](crate::sign) for an example.
#[derive(Clone)]
pub struct Sign<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> Sign<S> {
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

impl<S, B, R> Service<Request<B>> for Sign<S>
where
    S: Service<Request<DeliveryBody>, Response = Response<R>> + Clone,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Response = Response<R>;
    type Error = SendError<S::Error>;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(SendError::Inner)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was asked is the one that is ready.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        ResponseFuture::new(ready, Arc::clone(&self.config), request)
    }
}

impl<S: fmt::Debug> fmt::Debug for Sign<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sign")
            .field("inner", &self.inner)
            .field("config", &self.config)
            .finish()
    }
}
