//! What the integration tests share: a clock to set, a signer that knows nothing of the crate's own
//! code, bodies of every temper, and a service that remembers what reached it.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    error::Error,
    fmt, fs,
    future::Future,
    path::Path,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64ct::Encoding as _;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri,
    Version, header, request,
};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use serde::{Deserialize, Deserializer};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use tokio::time::Sleep;
use tower::{Layer, Service, ServiceExt};
use tower_webhook::{
    Keys, PublicUrl, Rejection, Secret, Verified, Verifier, WebhookLayer,
    clock::Clock,
    handshake::Handshake,
    providers::{self, Provider},
    scheme::Algorithm,
    webhook::Webhook,
};

/// 2026-01-15T12:00:00Z, the moment at which most tests play.
pub(crate) const NOW: i64 = 1_768_478_400;

/// The secret of every scheme whose secret is text.
pub(crate) const SECRET: &str = "It's a Secret to Everybody";

/// The secret of Standard Webhooks, as its console shows it.
pub(crate) const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The id that Standard Webhooks deliveries carry here.
pub(crate) const STANDARD_ID: &str = "msg_2mWUoBHrjpCVRgJwG8kQZb";

/// The body of a delivery where nothing depends on it.
pub(crate) const BODY: &[u8] = br#"{"event":"invoice.paid","id":"evt_1"}"#;

pub(crate) fn secret() -> Secret {
    Secret::new(SECRET).expect("a good secret")
}

pub(crate) fn standard_secret() -> Secret {
    Secret::new(STANDARD_SECRET).expect("a good secret")
}

/// `seconds` after 1970, or before it.
pub(crate) fn at(seconds: i64) -> SystemTime {
    at_millis(seconds * 1000)
}

/// `millis` milliseconds after 1970, or before it.
pub(crate) fn at_millis(millis: i64) -> SystemTime {
    let distance = Duration::from_millis(millis.unsigned_abs());
    if millis < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}

/// A clock that stands still until it is set.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that shows [`NOW`].
    pub(crate) fn new() -> Self {
        let clock = Self(Arc::default());
        clock.set(NOW);
        clock
    }

    pub(crate) fn set(&self, seconds: i64) {
        self.set_millis(seconds * 1000);
    }

    pub(crate) fn set_millis(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        at_millis(self.0.load(Ordering::SeqCst))
    }
}

// Signing.

/// The MAC of `message`, by the hash crates alone.
pub(crate) fn mac(algorithm: Algorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    fn compute<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    }
    match algorithm {
        Algorithm::HmacSha1 => compute::<Hmac<Sha1>>(key, message),
        Algorithm::HmacSha256 => compute::<Hmac<Sha256>>(key, message),
        Algorithm::HmacSha384 => compute::<Hmac<Sha384>>(key, message),
        Algorithm::HmacSha512 => compute::<Hmac<Sha512>>(key, message),
        other => panic!("no signer for {other:?}"),
    }
}

/// HMAC-SHA256 under [`SECRET`].
pub(crate) fn mac256(message: impl AsRef<[u8]>) -> Vec<u8> {
    mac(Algorithm::HmacSha256, SECRET.as_bytes(), message.as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut room = vec![0; bytes.len() * 2];
    base16ct::lower::encode_str(bytes, &mut room)
        .expect("room enough")
        .to_owned()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    encode::<base64ct::Base64>(bytes)
}

pub(crate) fn base64_unpadded(bytes: &[u8]) -> String {
    encode::<base64ct::Base64Unpadded>(bytes)
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    encode::<base64ct::Base64Url>(bytes)
}

pub(crate) fn base64url_unpadded(bytes: &[u8]) -> String {
    encode::<base64ct::Base64UrlUnpadded>(bytes)
}

fn encode<E: base64ct::Encoding>(bytes: &[u8]) -> String {
    let mut room = vec![0; bytes.len() * 4 / 3 + 4];
    E::encode(bytes, &mut room).expect("room enough").to_owned()
}

/// The key bytes behind a `whsec_` secret.
pub(crate) fn standard_key(secret: &str) -> Vec<u8> {
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    let mut room = vec![0; text.len()];
    base64ct::Base64::decode(text, &mut room)
        .expect("base64")
        .to_vec()
}

// Deliveries.

/// A request about to be sent.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) head: request::Parts,
    pub(crate) body: Bytes,
}

impl Delivery {
    pub(crate) fn new(body: impl AsRef<[u8]>) -> Self {
        let request = Request::post("https://hooks.example.com/webhook")
            .body(())
            .expect("a request");
        Self {
            head: request.into_parts().0,
            body: Bytes::copy_from_slice(body.as_ref()),
        }
    }

    /// Adds a header beside those of the same name.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header value");
        self.head.headers.append(header_name(name), value);
        self
    }

    /// Takes every header of this name away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.head.headers.remove(header_name(name));
        self
    }

    /// Puts one header in the place of all of its name.
    pub(crate) fn set(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).header(name, value)
    }

    pub(crate) fn method(mut self, method: Method) -> Self {
        self.head.method = method;
        self
    }

    pub(crate) fn uri(mut self, uri: &str) -> Self {
        self.head.uri = uri.parse::<Uri>().expect("a URI");
        self
    }

    /// Exchanges the body and leaves the signature as it is.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Bytes::copy_from_slice(body.as_ref());
        self
    }

    /// The request, its body in one frame.
    pub(crate) fn request(self) -> Request<Script> {
        let body = Script::whole(self.body.clone());
        self.with(body)
    }

    /// The request, its body as `script` has it.
    pub(crate) fn with(self, script: Script) -> Request<Script> {
        Request::from_parts(self.head, script)
    }
}

fn header_name(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).expect("a header name")
}

/// `X-Signature` over the body, `X-Timestamp` beside it.
pub(crate) fn generic(timestamp: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(&body)
        .header("x-signature", hex(&mac256(&body)))
        .header("x-timestamp", timestamp)
}

pub(crate) fn github(body: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(&body).header(
        "x-hub-signature-256",
        format!("sha256={}", hex(&mac256(&body))),
    )
}

pub(crate) fn shopify(body: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(&body).header("x-shopify-hmac-sha256", base64(&mac256(&body)))
}

pub(crate) fn slack(timestamp: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Delivery {
    let message = [b"v0:", timestamp.as_ref(), b":", body.as_ref()].concat();
    Delivery::new(&body)
        .header("x-slack-signature", format!("v0={}", hex(&mac256(message))))
        .header("x-slack-request-timestamp", timestamp)
}

pub(crate) fn stripe(timestamp: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Delivery {
    let message = [timestamp.as_ref(), b".", body.as_ref()].concat();
    let signature = [
        b"t=",
        timestamp.as_ref(),
        b",v1=",
        hex(&mac256(message)).as_bytes(),
    ]
    .concat();
    Delivery::new(&body).header("stripe-signature", signature)
}

pub(crate) fn standard(
    id: impl AsRef<[u8]>,
    timestamp: impl AsRef<[u8]>,
    body: impl AsRef<[u8]>,
) -> Delivery {
    let mac = standard_mac(id.as_ref(), timestamp.as_ref(), body.as_ref());
    Delivery::new(&body)
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", format!("v1,{}", base64(&mac)))
}

pub(crate) fn standard_mac(id: &[u8], timestamp: &[u8], body: &[u8]) -> Vec<u8> {
    let message = [id, b".", timestamp, b".", body].concat();
    mac(
        Algorithm::HmacSha256,
        &standard_key(STANDARD_SECRET),
        &message,
    )
}

/// The provider, with every standard method except `CONNECT` and `TRACE`.
pub(crate) fn with_any_method(provider: impl Into<Provider>) -> Provider {
    provider.into().with_methods([
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ])
}

/// The moment [`NOW`] as a header has it.
pub(crate) fn now() -> String {
    NOW.to_string()
}

// Bodies.

/// One thing that a [`Script`] does.
#[derive(Clone)]
pub(crate) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    /// Nothing comes for this long.
    Wait(Duration),
    /// The body breaks off.
    Fail,
    /// Nothing comes any more.
    Silence,
    /// Empty frames without end, each ready at once.
    EmptyForever,
}

impl Step {
    pub(crate) fn data(bytes: impl AsRef<[u8]>) -> Self {
        Self::Data(Bytes::copy_from_slice(bytes.as_ref()))
    }

    pub(crate) fn trailer(name: &'static str, value: &'static str) -> Self {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        Self::Trailers(HeaderMap::from_iter([(name, value)]))
    }
}

/// A request body that does what it is told, step by step.
pub(crate) struct Script {
    steps: VecDeque<Step>,
    size: Option<u64>,
    knows_its_end: bool,
    sleep: Option<Pin<Box<Sleep>>>,
    probe: Probe,
}

impl Script {
    /// These steps, of unknown length, with no sign of the end but the end.
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            size: None,
            knows_its_end: false,
            sleep: None,
            probe: Probe::default(),
        }
    }

    /// No frame at all.
    pub(crate) fn none() -> Self {
        Self::new([]).of_size(0).knowing_its_end()
    }

    /// Says that it is at its end as soon as the last step is taken.
    pub(crate) fn knowing_its_end(mut self) -> Self {
        self.knows_its_end = true;
        self
    }

    /// One frame of known length.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Self::none();
        }
        let size = bytes.len() as u64;
        Self::new([Step::Data(bytes)])
            .of_size(size)
            .knowing_its_end()
    }

    /// Frames of `size` bytes, of unknown length together.
    pub(crate) fn chunks(bytes: &[u8], size: usize) -> Self {
        Self::new(bytes.chunks(size).map(Step::data))
    }

    /// Says this length beforehand, true or not.
    pub(crate) fn of_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// The bytes that would come if nothing went wrong.
    pub(crate) fn bytes(&self) -> Bytes {
        let parts = self.steps.iter().filter_map(|step| match step {
            Step::Data(bytes) => Some(&bytes[..]),
            _ => None,
        });
        Bytes::from(parts.collect::<Vec<_>>().concat())
    }

    pub(crate) fn probe(&self) -> Probe {
        self.probe.clone()
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        this.probe.0.polls.fetch_add(1, Ordering::SeqCst);
        loop {
            if let Some(sleep) = &mut this.sleep {
                std::task::ready!(sleep.as_mut().poll(cx));
                this.sleep = None;
            }
            let frame = match this.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Data(bytes)) => Ok(Frame::data(bytes)),
                Some(Step::Trailers(trailers)) => Ok(Frame::trailers(trailers)),
                Some(Step::Fail) => Err(BrokenOff),
                Some(Step::Silence) => {
                    this.steps.push_front(Step::Silence);
                    return Poll::Pending;
                }
                Some(Step::EmptyForever) => {
                    this.steps.push_front(Step::EmptyForever);
                    Ok(Frame::data(Bytes::new()))
                }
                Some(Step::Wait(time)) => {
                    this.sleep = Some(Box::pin(tokio::time::sleep(time)));
                    continue;
                }
            };
            if let Some(data) = frame.as_ref().ok().and_then(Frame::data_ref) {
                let length = data.len() as u64;
                this.size = this.size.map(|left| left.saturating_sub(length));
            }
            return Poll::Ready(Some(frame));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.knows_its_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.size.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.probe.0.dropped.store(true, Ordering::SeqCst);
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}

/// What happened to a [`Script`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe(Arc<ProbeState>);

#[derive(Debug, Default)]
struct ProbeState {
    polls: AtomicUsize,
    dropped: AtomicBool,
}

impl Probe {
    pub(crate) fn polls(&self) -> usize {
        self.0.polls.load(Ordering::SeqCst)
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.0.dropped.load(Ordering::SeqCst)
    }
}

/// The error of a body that breaks off.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection reset")
    }
}

impl Error for BrokenOff {}

// The service inside.

/// A request as the inner service got it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: Extensions,
    pub(crate) size_hint: SizeHint,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Seen {
    pub(crate) fn verified(&self) -> &Verified {
        self.extensions
            .get()
            .expect("`Verified` in the extensions of a forwarded request")
    }
}

/// An inner service that keeps every request and answers 200 `handled`.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Seen>>>);

impl Recorder {
    pub(crate) fn calls(&self) -> usize {
        self.0.lock().expect("no panic inside").len()
    }

    pub(crate) fn last(&self) -> Seen {
        let seen = self.0.lock().expect("no panic inside");
        seen.last().expect("a call").clone()
    }
}

impl<B> Service<Request<B>> for Recorder
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
                method: head.method,
                uri: head.uri,
                version: head.version,
                headers: head.headers,
                extensions: head.extensions,
                size_hint,
                body: body.to_bytes(),
                trailers,
            });
            Ok(Response::new(Full::from("handled")))
        })
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

// Sending.

/// A response as the client gets it, with the reason that stays on this side.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) rejection: Option<Rejection>,
}

impl Answer {
    pub(crate) async fn of<B>(response: Response<B>) -> Self
    where
        B: Body,
        B::Error: fmt::Debug,
    {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole response");
        let trailers = body.trailers().cloned();
        Self {
            status: head.status,
            version: head.version,
            headers: head.headers,
            rejection: head.extensions.get().cloned(),
            body: body.to_bytes(),
            trailers,
        }
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.header(header::CONTENT_TYPE.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("a header in ASCII"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("an answer in UTF-8")
    }

    /// The name of the rejection's kind.
    pub(crate) fn kind(&self) -> String {
        self.rejection.as_ref().map_or_else(String::new, |it| {
            let kind = format!("{:?}", it.kind());
            let name = kind.split([' ', '(', '{']).next();
            name.unwrap_or_default().to_owned()
        })
    }

    /// Status, content type and body: what the client sees of a refusal.
    pub(crate) fn wire(&self) -> (u16, Option<&str>, &str) {
        (self.status.as_u16(), self.content_type(), self.text())
    }
}

/// Sends `request` through a clone of `service`, as a server does.
pub(crate) async fn send<S, B, R>(service: &S, request: Request<B>) -> Answer
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: fmt::Debug,
    R: Body,
    R::Error: fmt::Debug,
{
    let response = service.clone().oneshot(request).await;
    Answer::of(response.expect("a response, not an error")).await
}

// Tables.

/// What a row of a table expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Forwarded,
    Refused {
        status: u16,
        text: &'static str,
        /// The name of the kind, which the operator sees and the client does not.
        kind: &'static str,
    },
}

pub(crate) const fn invalid_signature(kind: &'static str) -> Expect {
    Expect::Refused {
        status: 403,
        text: r#"{"error":"Invalid signature"}"#,
        kind,
    }
}

pub(crate) const fn invalid_timestamp(kind: &'static str) -> Expect {
    Expect::Refused {
        status: 400,
        text: r#"{"error":"Invalid timestamp"}"#,
        kind,
    }
}

pub(crate) const fn expired(kind: &'static str) -> Expect {
    Expect::Refused {
        status: 400,
        text: r#"{"error":"Request expired"}"#,
        kind,
    }
}

pub(crate) const fn invalid_request(kind: &'static str) -> Expect {
    Expect::Refused {
        status: 400,
        text: r#"{"error":"Invalid request"}"#,
        kind,
    }
}

pub(crate) const fn too_large() -> Expect {
    Expect::Refused {
        status: 413,
        text: r#"{"error":"Payload too large"}"#,
        kind: "BodyTooLarge",
    }
}

pub(crate) const fn method_not_allowed() -> Expect {
    Expect::Refused {
        status: 405,
        text: r#"{"error":"Method not allowed"}"#,
        kind: "MethodNotAllowed",
    }
}

pub(crate) const fn timeout() -> Expect {
    Expect::Refused {
        status: 408,
        text: r#"{"error":"Request timeout"}"#,
        kind: "BodyTimeout",
    }
}

/// The kinds that are found out after the head, so that the body may have been read.
const AFTER_THE_HEAD: &[&str] = &[
    "BodyBroken",
    "BodyTimeout",
    "BodyTooLarge",
    "OverMemoryBudget",
    "SignatureMismatch",
    "TrailersRefused",
];

/// A layer around a [`Recorder`], and a delivery that it takes.
#[derive(Clone)]
pub(crate) struct Rig {
    pub(crate) service: Webhook<Recorder>,
    pub(crate) inner: Recorder,
    pub(crate) good: Delivery,
}

impl Rig {
    #[allow(clippy::needless_pass_by_value, reason = "a layer made for it alone")]
    pub(crate) fn new(layer: WebhookLayer, good: Delivery) -> Self {
        let inner = Recorder::default();
        Self {
            service: layer.layer(inner.clone()),
            inner,
            good,
        }
    }

    /// Sends `request` and says what differs from `expect`. After a refusal, the inner service must
    /// not have been called, and the next good delivery must be served.
    pub(crate) async fn check(
        &self,
        name: &str,
        request: Request<Script>,
        expect: Expect,
    ) -> Result<(), String> {
        let body = request.body().bytes();
        let probe = request.body().probe();
        let before = self.inner.calls();
        let answer = send(&self.service, request).await;
        let calls = self.inner.calls() - before;
        let fail = |what: String| Err(format!("{name}: {what}"));

        match expect {
            Expect::Forwarded => {
                if answer.status != 200 || answer.text() != "handled" || calls != 1 {
                    let (wire, kind) = (answer.wire(), answer.kind());
                    return fail(format!(
                        "not forwarded: {wire:?}, {kind:?}, {calls} inner calls"
                    ));
                }
                let seen = self.inner.last();
                if seen.body != body {
                    return fail("the inner service got other bytes".to_owned());
                }
                if seen.extensions.get::<Verified>().is_none() {
                    return fail("forwarded without `Verified`".to_owned());
                }
            }
            Expect::Refused { status, text, kind } => {
                let wire = (status, Some("application/json"), text);
                if answer.wire() != wire || answer.kind() != kind {
                    let (got, got_kind) = (answer.wire(), answer.kind());
                    return fail(format!(
                        "got {got:?}, {got_kind:?} and not {wire:?}, {kind:?}"
                    ));
                }
                if calls != 0 {
                    return fail("refused, yet the inner service was called".to_owned());
                }
                if probe.polls() > 0 && !AFTER_THE_HEAD.contains(&kind) {
                    return fail("the body was read although the head says no".to_owned());
                }
                let next = send(&self.service, self.good.clone().request()).await;
                if next.status != 200 || self.inner.calls() != before + 1 {
                    let wire = next.wire();
                    return fail(format!("the next good delivery got {wire:?}"));
                }
            }
        }
        Ok(())
    }
}

/// The rows of a table that failed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: usize,
    failures: Vec<String>,
}

impl Report {
    pub(crate) fn note(&mut self, outcome: Result<(), String>) {
        self.rows += 1;
        self.failures.extend(outcome.err());
    }

    /// Panics if a row failed, or if there was none.
    #[track_caller]
    pub(crate) fn finish(self) {
        let Self { rows, failures } = self;
        assert!(rows > 0, "an empty table");
        let count = failures.len();
        assert!(
            failures.is_empty(),
            "{count} of {rows} rows failed:\n  {}",
            failures.join("\n  ")
        );
    }
}

// Vectors.

/// `tests/vectors/<provider>.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VectorFile {
    pub(crate) provider: String,
    pub(crate) cases: Vec<Vector>,
}

/// One real delivery and the answer that it deserves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) secret: Option<String>,
    /// The current one first.
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    #[serde(default)]
    pub(crate) public_key: Option<String>,
    /// What else has to be configured.
    #[serde(default)]
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) body: String,
    /// In the place of `body`, where that is not UTF-8.
    #[serde(default)]
    pub(crate) body_b64: Option<String>,
    /// What the clock reads, in seconds after 1970.
    pub(crate) now: i64,
    /// Seconds; the scheme's own where it is absent, any age where it is null.
    #[serde(default = "own_tolerance", deserialize_with = "tolerance")]
    pub(crate) tolerance: Tolerance,
    pub(crate) expect: Verdict,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// What the provider's own library answers, where it was asked.
    #[serde(default)]
    pub(crate) sdk_said: Option<String>,
}

/// How old a vector's delivery may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tolerance {
    Own,
    Any,
    Seconds(u64),
}

fn own_tolerance() -> Tolerance {
    Tolerance::Own
}

fn tolerance<'de, D: Deserializer<'de>>(from: D) -> Result<Tolerance, D::Error> {
    let seconds = Option::<u64>::deserialize(from)?;
    Ok(seconds.map_or(Tolerance::Any, Tolerance::Seconds))
}

/// What a vector expects.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Accept,
    Reject,
}

impl Vector {
    pub(crate) fn delivery(&self) -> Delivery {
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let delivery = Delivery::new(self.body()).method(method).uri(&self.url);
        self.headers
            .iter()
            .fold(delivery, |delivery, (name, value)| {
                delivery.header(name, value)
            })
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        match &self.body_b64 {
            Some(text) => base64ct::Base64::decode_vec(text).expect("base64"),
            None => self.body.clone().into(),
        }
    }

    pub(crate) fn keys(&self) -> Keys {
        let texts = [&self.secret, &self.public_key].into_iter().flatten();
        let texts = texts.chain(&self.secrets).take(self.secrets.len().max(1));
        let secrets = texts.map(|text| Secret::new(text.trim()).expect("a secret"));
        Keys::newest_first(secrets).expect("a secret or a public key")
    }

    /// The verifier that the case asks for.
    pub(crate) fn verifier(&self, preset: &str, keys: impl Into<Keys>) -> Verifier {
        self.verifier_of(provider(preset), keys)
    }

    /// The same for a changed provider.
    pub(crate) fn verifier_of(&self, provider: Provider, keys: impl Into<Keys>) -> Verifier {
        let clock = TestClock::new();
        clock.set(self.now);
        // Some cases name secrets of other schemes of the same provider.
        let known: Vec<String> = settings(&provider);
        let given = self.config.iter().filter(|(name, _)| known.contains(name));
        let provider = given.fold(provider, |provider, (name, value)| {
            provider.with_setting(name, value.as_str())
        });
        let url: Uri = self.url.parse().expect("a URL");
        let (scheme, host) = (url.scheme_str(), url.authority());
        let base = format!("{}://{}", scheme.expect("a scheme"), host.expect("a host"));
        let provider = provider.with_public_url(PublicUrl::fixed(&base).expect("a base"));
        let preset = provider.scheme().name().to_owned();
        let verifier = Verifier::new(provider, keys)
            .unwrap_or_else(|error| panic!("{preset}: {}: {error}", self.name));
        let verifier = verifier.clock(clock);
        match self.tolerance {
            Tolerance::Own => verifier,
            Tolerance::Any => verifier.tolerance(Duration::MAX),
            Tolerance::Seconds(seconds) => verifier.tolerance(Duration::from_secs(seconds)),
        }
    }
}

/// Every file in `tests/vectors` that is about a provider.
pub(crate) fn vectors() -> Vec<VectorFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("tests/vectors")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    paths.sort();
    let files = paths.iter().filter_map(|path| {
        let text = fs::read(path).expect("a readable file");
        let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let file = json
            .get("provider")
            .map(|_| serde_json::from_slice(&text))?;
        Some(file.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    });
    files.collect()
}

/// The preset that a vector file names.
pub(crate) fn provider(name: &str) -> Provider {
    providers::by_name(name).unwrap_or_else(|| panic!("no preset is called {name}"))
}

/// The names of the settings that a provider's scheme and handshakes use.
pub(crate) fn settings(provider: &Provider) -> Vec<String> {
    let of_handshakes = provider.handshakes().iter().flat_map(Handshake::settings);
    let names = provider.scheme().settings().chain(of_handshakes);
    names.map(str::to_owned).collect()
}
