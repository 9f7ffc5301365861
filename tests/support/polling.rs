//! Signed requests and bodies for code that is polled without a runtime.

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt::Write,
    future::Future,
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
use http::Request;
use http_body::{Body, Frame};
use sha2::Sha256;
use tower_webhook::{
    Secret, WebhookLayer,
    providers::{self, Provider},
};

pub(crate) const SECRET: &str = "It's a Secret to Everybody";
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
    panic!("the future does not finish");
}

/// A body whose frames are ready at once.
#[derive(Debug, Default)]
pub(crate) struct Frames<E = Infallible> {
    queue: VecDeque<Result<Frame<Bytes>, E>>,
    ended: bool,
    /// How often the body was polled although it had ended.
    pub(crate) late: Arc<AtomicUsize>,
}

impl<E> Frames<E> {
    pub(crate) fn new(frames: impl IntoIterator<Item = Result<Frame<Bytes>, E>>) -> Self {
        Self {
            queue: frames.into_iter().collect(),
            ended: false,
            late: Arc::default(),
        }
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
