//! An inner service that keeps the requests that it gets.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, request};
use http_body::{Body, SizeHint};
use http_body_util::{BodyExt, Full};
use tower::Service;
use tower_webhook::Verified;

/// A request that the inner service got.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: request::Parts,
    pub(crate) size_hint: SizeHint,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Deref for Seen {
    type Target = request::Parts;

    fn deref(&self) -> &request::Parts {
        &self.head
    }
}

impl Seen {
    pub(crate) fn verified(&self) -> &Verified {
        self.extensions
            .get()
            .expect("`Verified` in the extensions of a forwarded request")
    }
}

/// An inner service that keeps every request with its trailers, and responds with 200 and
/// `handled`.
///
/// The recorder of the public test kit keeps neither trailers nor the size hint of the body.
#[derive(Clone, Default)]
pub(crate) struct RecordingService(Arc<Mutex<Vec<Seen>>>);

impl RecordingService {
    pub(crate) fn calls(&self) -> usize {
        self.0.lock().expect("no panic inside").len()
    }

    pub(crate) fn last(&self) -> Seen {
        let seen = self.0.lock().expect("no panic inside");
        seen.last().expect("a call").clone()
    }
}

impl<B> Service<Request<B>> for RecordingService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: fmt::Debug,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let log = Arc::clone(&self.0);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let size_hint = body.size_hint();
            let body = body.collect().await.expect("a whole body");
            let trailers = body.trailers().cloned();
            log.lock().expect("no panic inside").push(Seen {
                head,
                size_hint,
                body: body.to_bytes(),
                trailers,
            });
            Ok(Response::new(Full::from("handled")))
        })
    }
}

impl fmt::Debug for RecordingService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingService").finish_non_exhaustive()
    }
}
