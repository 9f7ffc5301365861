//! Requests, bodies and a service that record what is done to them.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    marker::PhantomPinned,
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header::HeaderName};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;
use tokio::sync::mpsc;
use tower_service::Service;
use tower_webhook::VerifiedBody;

pub(crate) use crate::support::polling::*;

pub(crate) const OTHER_SECRET: &str = "It's Another Secret";

pub(crate) fn signed(body: &'static [u8]) -> Request<Full<Bytes>> {
    delivery(Full::new(Bytes::from_static(body)), body)
}

pub(crate) fn forged(body: &'static [u8]) -> Request<Full<Bytes>> {
    delivery_by(OTHER_SECRET, Full::new(Bytes::from_static(body)), body)
}

pub(crate) fn data(bytes: impl Into<Bytes>) -> Frame<Bytes> {
    Frame::data(bytes.into())
}

pub(crate) fn trailers() -> HeaderMap {
    let mut map = HeaderMap::new();
    map.insert(HeaderName::from_static("x-check"), "1".parse().unwrap());
    map.append(HeaderName::from_static("x-check"), "2".parse().unwrap());
    map
}

/// A body whose frames the test sends when it pleases; dropping the sender ends it.
#[derive(Debug)]
pub(crate) struct Wire<E = Infallible>(mpsc::UnboundedReceiver<Result<Frame<Bytes>, E>>);

pub(crate) type Sender<E = Infallible> = mpsc::UnboundedSender<Result<Frame<Bytes>, E>>;

pub(crate) fn wire() -> (Sender, Wire) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Wire(receiver))
}

impl<E> Body for Wire<E> {
    type Data = Bytes;
    type Error = E;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        self.get_mut().0.poll_recv(cx)
    }
}

pin_project! {
    /// Anything, made `!Unpin`.
    #[derive(Debug)]
    pub(crate) struct Pinned<T> {
        #[pin]
        inner: T,
        #[pin]
        pin: PhantomPinned,
    }
}

impl<T> Pinned<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self {
            inner,
            pin: PhantomPinned,
        }
    }
}

impl<T: Body> Body for Pinned<T> {
    type Data = T::Data;
    type Error = T::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<T::Data>, T::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<T: Future> Future for Pinned<T> {
    type Output = T::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Output> {
        self.project().inner.poll(cx)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    asked: AtomicUsize,
    called: AtomicUsize,
    unready: AtomicUsize,
}

impl Log {
    /// Polls for readiness.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    pub(crate) fn called(&self) -> usize {
        self.called.load(SeqCst)
    }

    /// Calls of an instance which had not said that it is ready.
    pub(crate) fn unready(&self) -> usize {
        self.unready.load(SeqCst)
    }
}

/// Answers with the body it got. Its readiness takes a few polls, is used up by a call, and does
/// not survive a clone.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    ready: bool,
    polls: usize,
    waits: usize,
    log: Arc<Log>,
}

impl Probe {
    pub(crate) fn new(waits: usize) -> (Self, Arc<Log>) {
        let log = Arc::new(Log::default());
        let probe = Self {
            ready: false,
            polls: 0,
            waits,
            log: Arc::clone(&log),
        };
        (probe, log)
    }
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        Self {
            ready: false,
            polls: 0,
            waits: self.waits,
            log: Arc::clone(&self.log),
        }
    }
}

impl Service<Request<VerifiedBody>> for Probe {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.log.asked.fetch_add(1, SeqCst);
        if self.polls < self.waits {
            self.polls += 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> Self::Future {
        self.log.called.fetch_add(1, SeqCst);
        self.polls = 0;
        if !mem::take(&mut self.ready) {
            self.log.unready.fetch_add(1, SeqCst);
        }
        ready(Ok(Response::new(Full::new(
            request.into_body().into_bytes(),
        ))))
    }
}
