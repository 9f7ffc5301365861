//! What the benchmarks share: deliveries, a handler, and figures that a noisy machine spoils
//! little.
// No single benchmark uses all of it.
#![allow(dead_code)]

#[path = "../../tests/support/polling.rs"]
pub(crate) mod polling;

use std::{
    convert::Infallible,
    env,
    future::{Ready, ready},
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body::Body;
use http_body_util::Full;
use polling::{SECRET, hex, mac};
use tower_service::Service;

pub(crate) const KIB: usize = 1 << 10;
pub(crate) const MIB: usize = 1 << 20;

pub(crate) const OTHER_SECRET: &str = "It's Another Secret";

pub(crate) type Headers = Vec<(HeaderName, HeaderValue)>;

/// Reads its body and answers; the same code bare and inside the layer.
#[derive(Clone)]
pub(crate) struct Handler;

impl<B> Service<Request<B>> for Handler
where
    B: Body<Data = Bytes>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut cx = Context::from_waker(Waker::noop());
        let mut body = pin!(request.into_body());
        while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx) {
            black_box(frame.data_ref());
        }
        ready(Ok(Response::new(Full::new(Bytes::from_static(b"ok")))))
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

pub(crate) fn text(length: usize) -> Bytes {
    // A clone, so that no body is the first to be shared, which would cost it an allocation.
    let bytes: Bytes = (0..=u8::MAX).cycle().take(length).collect();
    bytes.clone()
}

pub(crate) fn request<B>(headers: &Headers, body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    for (name, value) in headers {
        request.headers_mut().insert(name.clone(), value.clone());
    }
    request
}

/// What every client sends, and these.
pub(crate) fn headers(own: &[(&'static str, String)]) -> Headers {
    let common = [
        ("host", "hooks.example.com".to_owned()),
        ("user-agent", "sender/1.0".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    let all = common.iter().chain(own);
    all.map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

pub(crate) fn generic(body: &[u8]) -> Headers {
    generic_by(SECRET, body)
}

pub(crate) fn generic_by(secret: &str, body: &[u8]) -> Headers {
    headers(&[
        ("content-length", body.len().to_string()),
        ("x-signature", hex(&mac(secret.as_bytes(), &[body]))),
        ("x-timestamp", now().to_string()),
    ])
}

pub(crate) fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// The median and the quartiles about it.
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |quarter| values.get((values.len() - 1) * quarter / 4).copied();
        Self {
            low: at(1).unwrap_or(f64::NAN),
            median: at(2).unwrap_or(f64::NAN),
            high: at(3).unwrap_or(f64::NAN),
        }
    }
}

pub(crate) fn told(name: &str) -> bool {
    env::args().any(|argument| argument == name)
}

/// Whether to run everything but measure nothing. `cargo bench` says `--bench`; `cargo test
/// --benches` says nothing.
pub(crate) fn is_quick() -> bool {
    told("--test") || !told("--bench")
}
