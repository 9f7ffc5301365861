//! Requests, bodies and services that record what is done to them.
// No single test file uses all of them.
#![allow(dead_code)]

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt::Write,
    future::{Future, Ready, ready},
    marker::PhantomPinned,
    mem,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Request, Response, header::HeaderName};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;
use sha2::Sha256;
use tokio::sync::mpsc;
use tower_service::Service;
use tower_webhook::{
    Secret, VerifiedBody, WebhookLayer,
    providers::{self, Provider},
};

pub(crate) const SECRET: &str = "It's a Secret to Everybody";
pub(crate) const OTHER_SECRET: &str = "It's a Secret to Nobody";
pub(crate) const NOW: u64 = 1_768_478_400;

pub(crate) fn at(seconds: u64) -> impl Fn() -> SystemTime + Clone + Send + Sync + 'static {
    move || UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The generic scheme under a clock that stands at [`NOW`].
pub(crate) fn layer() -> WebhookLayer {
    layer_for(providers::generic())
}

pub(crate) fn layer_for(provider: Provider) -> WebhookLayer {
    WebhookLayer::new(provider, secret())
        .unwrap()
        .clock(at(NOW))
}

pub(crate) fn secret() -> Secret {
    Secret::new(SECRET).unwrap().label("current")
}

pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A delivery of the generic scheme that carries `body` and the signature of `signed`.
pub(crate) fn delivery<B>(body: B, signed: &[u8]) -> Request<B> {
    delivery_by(SECRET, body, signed)
}

pub(crate) fn delivery_by<B>(secret: &str, body: B, signed: &[u8]) -> Request<B> {
    Request::post("/hook")
        .header("host", "hooks.example.com")
        .header("content-type", "application/json")
        .header("x-signature", hex(&mac(secret.as_bytes(), &[signed])))
        .header("x-timestamp", NOW)
        .body(body)
        .unwrap()
}

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

/// Polls once, outside of any runtime.
pub(crate) fn poll_now<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Drives a future that never has to wait, outside of any runtime.
pub(crate) fn finish_now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..1 << 24 {
        if let Poll::Ready(output) = poll_now(future.as_mut()) {
            return output;
        }
    }
    panic!("the future waits for something that is there already");
}

/// Frames which are all there at once; a poll after the end or after an error is counted.
#[derive(Debug, Default)]
pub(crate) struct Frames<E = Infallible> {
    queue: VecDeque<Result<Frame<Bytes>, E>>,
    ended: bool,
    late: Arc<AtomicUsize>,
}

impl<E> Frames<E> {
    pub(crate) fn new(frames: impl IntoIterator<Item = Result<Frame<Bytes>, E>>) -> Self {
        Self {
            queue: frames.into_iter().collect(),
            ended: false,
            late: Arc::default(),
        }
    }

    /// How often the body was polled though it had ended.
    pub(crate) fn late_polls(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.late)
    }
}

impl Frames {
    pub(crate) fn of(frames: impl IntoIterator<Item = Frame<Bytes>>) -> Self {
        Self::new(frames.into_iter().map(Ok))
    }
}

impl<E: Unpin> Body for Frames<E> {
    type Data = Bytes;
    type Error = E;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        let this = self.get_mut();
        if this.ended {
            this.late.fetch_add(1, SeqCst);
        }
        let frame = this.queue.pop_front();
        this.ended = !matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }
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

/// Answers with the body it got. Its readiness takes a few polls, is used up by a call, and does not
/// survive a clone.
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
