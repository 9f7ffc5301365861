use std::{
    convert::Infallible,
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::{Buf as _, Bytes, BytesMut};
use http::{Request, Response, StatusCode, request::Parts};
use http_body::Body;
use tower_service::Service;

use crate::verify::Verified;

/// A service for tests that records every request. It answers 200, or with a configured response.
/// Clones share the records.
#[doc(alias = "mock")]
#[derive(Clone)]
pub struct RecordingService {
    recorded: Arc<Mutex<Vec<Recorded>>>,
    status: StatusCode,
}

/// A request that reached a [`RecordingService`].
#[derive(Clone)]
pub struct Recorded {
    head: Parts,
    body: Option<Bytes>,
}

impl Recorded {
    /// Returns the head of the request.
    #[must_use]
    pub fn head(&self) -> &Parts {
        &self.head
    }

    /// Returns the complete body, or `None` if reading it failed.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// Returns the proof that a [`WebhookLayer`](crate::WebhookLayer) added to the request.
    #[must_use]
    pub fn verified(&self) -> Option<&Verified> {
        self.head.extensions.get()
    }
}

impl RecordingService {
    /// Creates a recorder that answers 200.
    #[must_use]
    pub fn new() -> Self {
        Self {
            recorded: Arc::default(),
            status: StatusCode::OK,
        }
    }

    /// Sets the status of the response. Defaults to 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Returns the recorded requests, in the order of their arrival.
    #[must_use]
    pub fn recorded(&self) -> Vec<Recorded> {
        self.lock().clone()
    }

    /// Removes and returns the recorded requests.
    #[must_use]
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for RecordingService {
    fn default() -> Self {
        Self::new()
    }
}

impl<B> Service<Request<B>> for RecordingService
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = read(body).await;
            this.lock().push(Recorded { head, body });
            let mut response = Response::new(String::new());
            *response.status_mut() = this.status;
            Ok(response)
        })
    }
}

impl fmt::Debug for RecordingService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingService")
            .field("recorded", &self.lock().len())
            .field("status", &self.status)
            .finish()
    }
}

/// The complete body, or `None` if reading it fails.
pub(super) async fn read<B: Body>(body: B) -> Option<Bytes> {
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if let Ok(mut data) = frame.ok()?.into_data() {
            while data.has_remaining() {
                let chunk = data.chunk();
                bytes.extend_from_slice(chunk);
                let len = chunk.len();
                data.advance(len);
            }
        }
    }
    Some(bytes.freeze())
}

// The body and the header values are omitted, because one of them may be a signature or a token.
impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.head.headers.keys().collect();
        f.debug_struct("Recorded")
            .field("method", &self.head.method)
            .field("path", &self.head.uri.path())
            .field("headers", &names)
            .field("bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}
