//! The steps of a request, in order:
//!
//! 1. Head: check the method, the signature headers, the timestamp and the `Content-Length`.
//! 2. Handshake: answer the request if it is a handshake. The head decides, or else the body.
//! 3. Keys: look up the keys of the request, if they are not the same for every request.
//! 4. Body: read the body, and run the MAC over it. Then fetch published keys.
//! 5. Verify: compare the signatures.
//! 6. Ready: wait until the inner service is ready.
//! 7. Call: call the inner service with [`Verified`](crate::Verified) in the extensions.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response, header::CONTENT_LENGTH, request::Parts};
use http_body::{Body, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;
use tower_service::Service;

use super::{
    config::Config,
    handshake::{EarlyResponse, HandshakeStage, HeadDecision, answer_with_keys},
    keys::{Fetch, Found, LookUp},
    observe::Verdict,
};
use crate::{
    body::{BodyReader, BoxError, Buffer, ReadError, ResponseBody, VerifiedBody, is_length_limit},
    encoding::decimal,
    handshake::MOST_BODY,
    head::Head,
    rejection::{self, Rejection, RejectionKind},
    verify::Delivery,
};

pin_project! {
    /// The response future of [`Webhook`](super::Webhook).
    ///
    /// # Cancel safety
    ///
    /// Dropping it before the delivery is verified drops what was read of the body; the inner
    /// service has not been called. Dropping it later drops the inner service's future, or that of
    /// [`hand_over`](super::WebhookLayer::hand_over).
    ///
    /// # Panics
    ///
    /// If it is polled after it has returned the response; and as
    /// [`body_deadline`](super::WebhookLayer::body_deadline) says.
    pub struct ResponseFuture<S, B, ReqBody>
    where
        S: Service<Request<B>>,
    {
        // Pinned outside of the state, because a pinned body cannot move from `Keys` to `Body`.
        #[pin]
        body: Option<ReqBody>,
        #[pin]
        state: State<S, B, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B, F> {
        Early { response: EarlyResponse },
        Keys { keys: LookUpKeys<S> },
        Body { read: ReadBody<S> },
        Fetch { fetch: FetchKeys<S> },
        Ready { ready: AwaitReady<S, B> },
        Call { #[pin] future: F },
        Done,
    }
}

/// Only a poll after completion finds a state empty.
const COMPLETED: &str = "ResponseFuture polled after completion";

/// What is known of a request after its head.
struct Verification<S> {
    config: Arc<Config>,
    service: S,
    handshake: HandshakeStage,
    /// The delivery, or why the head is rejected unless the body is a handshake.
    delivery: Result<Box<Delivery>, Box<Rejection>>,
    /// When the request arrived, if that is reported.
    started: Option<Instant>,
}

/// A request whose body has been read, or failed.
struct Received<S> {
    parts: Parts,
    reader: BodyReader,
    verification: Verification<S>,
}

/// Step 3: waits for the keys.
struct LookUpKeys<S> {
    look_up: LookUp,
    verification: Option<Verification<S>>,
}

/// Step 4: reads the body.
struct ReadBody<S> {
    received: Option<Received<S>>,
}

/// Step 4: waits for published keys.
struct FetchKeys<S> {
    fetch: Fetch,
    received: Option<Received<S>>,
}

/// Step 6: waits for the inner service.
struct AwaitReady<S, B> {
    service: S,
    request: Option<Request<B>>,
}

impl<S, B, ReqBody> ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>> + Clone,
    ReqBody: Body,
{
    /// Runs the steps that need only the head.
    pub(super) fn new(config: &Arc<Config>, service: &S, request: Request<ReqBody>) -> Self {
        let started = config.observer.start();
        let (parts, body) = request.into_parts();
        let handshake = match HandshakeStage::after_head(config, &parts) {
            Ok(HeadDecision::Continue(stage)) => stage,
            Ok(HeadDecision::Answer(response)) => return Self::early(response),
            Ok(HeadDecision::AnswerWithKeys(handshake)) => {
                return Self::early(answer_with_keys(config, *handshake, parts, started));
            }
            Err(kind) => {
                let rejection = config.verifier.reject(kind);
                return Self::early(reject_head(config, &parts, rejection, started));
            }
        };
        let delivery = match open(config, &parts, &body.size_hint(), handshake) {
            Ok(delivery) => delivery,
            Err(rejection) => return Self::early(reject_head(config, &parts, rejection, started)),
        };
        let verification = Verification {
            config: Arc::clone(config),
            service: service.clone(),
            handshake,
            delivery,
            started,
        };
        Self {
            body: Some(body),
            state: verification.start(parts),
        }
    }

    fn early(response: EarlyResponse) -> Self {
        Self {
            body: None,
            state: State::early(response),
        }
    }
}

impl<S, B, ReqBody, ResBody> Future for ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
    B: From<VerifiedBody>,
    ReqBody: Body<Error: Into<BoxError>>,
{
    type Output = Result<Response<ResponseBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Keys { keys } => ready!(keys.poll(cx)),
                StateProj::Body { read } => {
                    let body = this.body.as_mut().as_pin_mut().expect(COMPLETED);
                    ready!(read.poll(body, cx))
                }
                StateProj::Fetch { fetch } => ready!(fetch.poll(cx)),
                StateProj::Ready { ready } => match ready!(ready.poll(cx)) {
                    Ok(future) => State::Call { future },
                    Err(error) => {
                        this.state.set(State::Done);
                        return Poll::Ready(Err(error));
                    }
                },
                StateProj::Call { future } => {
                    let response = ready!(future.poll(cx));
                    this.state.set(State::Done);
                    return Poll::Ready(response.map(|response| response.map(ResponseBody::inner)));
                }
                StateProj::Early { response } => {
                    let response = match response {
                        EarlyResponse::Pending(future) => ready!(future.as_mut().poll(cx)),
                        EarlyResponse::Ready(ready) => std::mem::take(&mut **ready),
                    };
                    this.state.set(State::Done);
                    return Poll::Ready(Ok(response.map(ResponseBody::refusal)));
                }
                StateProj::Done => panic!("{COMPLETED}"),
            };
            if !next.reads_body() {
                this.body.set(None);
            }
            this.state.set(next);
        }
    }
}

impl<S, B, F> State<S, B, F> {
    fn early(response: EarlyResponse) -> Self {
        Self::Early { response }
    }

    /// Whether the body of the request is still needed.
    fn reads_body(&self) -> bool {
        matches!(self, Self::Keys { .. } | Self::Body { .. })
    }
}

// Step 1: Head.

/// Reads the head, and checks the length that the request declares.
///
/// # Errors
///
/// The head is rejected, and the body cannot be a handshake.
fn open(
    config: &Config,
    parts: &Parts,
    size: &SizeHint,
    handshake: HandshakeStage,
) -> Result<Result<Box<Delivery>, Box<Rejection>>, Rejection> {
    let verifier = &config.verifier;
    let rejection = match verifier.open(Head::from(parts)) {
        Ok(delivery) => match check_declared_length(parts, size, config.body_limit) {
            Ok(()) => return Ok(Ok(delivery)),
            Err(kind) => verifier.reject(kind),
        },
        Err(rejection) => rejection,
    };
    if handshake.may_be_unsigned() && check_declared_length(parts, size, MOST_BODY).is_ok() {
        return Ok(Err(Box::new(rejection)));
    }
    Err(rejection)
}

/// Rejects a declared length over the limit. Nothing is ever allocated by a declared length.
fn check_declared_length(
    parts: &Parts,
    size: &SizeHint,
    limit: usize,
) -> Result<(), RejectionKind> {
    let exceeds = |length: u64| usize::try_from(length).map_or(true, |length| length > limit);
    let mut is_too_large = exceeds(size.lower());
    if let Some(length) = Head::from(parts).only(&CONTENT_LENGTH)? {
        let text = length.as_bytes();
        let is_number = || !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        is_too_large |= match decimal(text) {
            Some(length) => exceeds(length),
            // A number over the maximum of `u64`.
            None if is_number() => true,
            None => {
                return Err(RejectionKind::MalformedHeader {
                    header: CONTENT_LENGTH,
                });
            }
        };
    }
    if is_too_large {
        Err(RejectionKind::BodyTooLarge { limit })
    } else {
        Ok(())
    }
}

fn reject_head(
    config: &Config,
    parts: &Parts,
    rejection: Rejection,
    started: Option<Instant>,
) -> EarlyResponse {
    #[cfg(feature = "diagnose")]
    config.diagnose(Head::from(parts), rejection.kind(), None, None);
    reject(config, parts, rejection, 0, started)
}

/// Reports a rejection, and creates its response. `bytes` is the length of the body that was read.
fn reject(
    config: &Config,
    parts: &Parts,
    rejection: Rejection,
    bytes: usize,
    started: Option<Instant>,
) -> EarlyResponse {
    let verdict = Verdict::Refused(&rejection);
    config.report(Some(Head::from(parts)), verdict, bytes, started);
    let is_grpc = rejection::is_grpc(parts.version, &parts.method, &parts.headers);
    EarlyResponse::ready(config.verifier.respond(rejection, is_grpc))
}

// Step 3: Keys.

impl<S> Verification<S> {
    /// Continues with the look-up of the keys, or with the body if the keys are known.
    fn start<B, F>(self, parts: Parts) -> State<S, B, F> {
        // A handshake without a signature is answered without the keys of the key source.
        let Some(keys) = self.config.keys.as_ref().filter(|_| self.delivery.is_ok()) else {
            return self.read_body(parts);
        };
        match keys.look_up(parts) {
            Ok(look_up) => State::Keys {
                keys: LookUpKeys {
                    look_up,
                    verification: Some(self),
                },
            },
            Err(parts) => self.read_body(*parts),
        }
    }

    fn set_keys(&mut self, found: Found) -> Result<(), Rejection> {
        let Self {
            config, delivery, ..
        } = self;
        let verifier = &config.verifier;
        match (&config.keys, delivery) {
            (Some(keys), Ok(delivery)) => keys
                .set_keys(found, verifier.scheme(), delivery)
                .map_err(|kind| verifier.reject(kind)),
            _ => Ok(()),
        }
    }
}

impl<S> LookUpKeys<S> {
    fn poll<B, F>(&mut self, cx: &mut Context<'_>) -> Poll<State<S, B, F>> {
        let (parts, found) = ready!(self.look_up.as_mut().poll(cx));
        let mut verification = self.verification.take().expect(COMPLETED);
        Poll::Ready(match verification.set_keys(found) {
            Ok(()) => verification.read_body(parts),
            Err(rejection) => {
                let Verification {
                    config, started, ..
                } = verification;
                State::early(reject(&config, &parts, rejection, 0, started))
            }
        })
    }
}

// Step 4: Body.

impl<S> Verification<S> {
    fn read_body<B, F>(self, parts: Parts) -> State<S, B, F> {
        let config = &self.config;
        let limit = match self.delivery {
            Ok(_) => config.body_limit,
            Err(_) => MOST_BODY.min(config.body_limit),
        };
        let reader = BodyReader::new(limit)
            .deadline(config.body_deadline)
            .budget(config.budget.as_ref());
        State::Body {
            read: ReadBody {
                received: Some(Received {
                    parts,
                    reader,
                    verification: self,
                }),
            },
        }
    }

    /// Runs the MAC over a frame. A body in one frame needs no running MAC, so the first frame
    /// waits for a second one.
    fn hash(&mut self, earlier: &Buffer, frame: &[u8]) {
        if earlier.len() == 0 {
            return;
        }
        if let Ok(delivery) = &mut self.delivery {
            let settings = self.config.verifier.settings();
            if delivery.awaits_first(settings) {
                let first = earlier.pieces();
                first.for_each(|first| delivery.update(settings, first));
            }
            delivery.update(settings, frame);
        }
    }
}

impl<S> ReadBody<S> {
    fn poll<B, F, ReqBody>(
        &mut self,
        body: Pin<&mut ReqBody>,
        cx: &mut Context<'_>,
    ) -> Poll<State<S, B, F>>
    where
        B: From<VerifiedBody>,
        ReqBody: Body<Error: Into<BoxError>>,
    {
        let Received {
            reader,
            verification,
            ..
        } = self.received.as_mut().expect(COMPLETED);
        let read = reader.poll(body, cx, |earlier, frame| verification.hash(earlier, frame));
        let read = ready!(read);
        Poll::Ready(self.received.take().expect(COMPLETED).proceed(read))
    }
}

impl<S> Received<S> {
    /// Continues with the fetch of published keys, or with the verification.
    fn proceed<B: From<VerifiedBody>, F>(self, read: Result<(), ReadError>) -> State<S, B, F> {
        match self.check_read(read).and_then(|()| self.fetch_keys()) {
            Ok(None) => self.verify(),
            Ok(Some(fetch)) => State::Fetch {
                fetch: FetchKeys {
                    fetch,
                    received: Some(self),
                },
            },
            Err(rejection) => State::early(self.reject(rejection)),
        }
    }

    fn check_read(&self, read: Result<(), ReadError>) -> Result<(), Rejection> {
        let Verification {
            config, delivery, ..
        } = &self.verification;
        let kind = match (read, delivery) {
            (Ok(()), _) if config.rejects_trailers && self.reader.has_trailers() => {
                RejectionKind::TrailersRefused
            }
            (Ok(()), _) => return Ok(()),
            // Too long for a handshake, so the request is rejected by its head.
            (Err(ReadError::TooLarge { .. }), Err(rejection)) => return Err((**rejection).clone()),
            (Err(ReadError::TooLarge { limit }), _) => RejectionKind::BodyTooLarge { limit },
            (Err(ReadError::BudgetExhausted), _) => RejectionKind::OverMemoryBudget,
            (Err(ReadError::Timeout { deadline }), _) => RejectionKind::BodyTimeout { deadline },
            (Err(ReadError::Body(error)), _) => {
                let kind = if is_length_limit(&*error) {
                    RejectionKind::OuterLimitExceeded
                } else {
                    RejectionKind::BodyBroken
                };
                return Err(config.verifier.reject(kind).with_source(error));
            }
        };
        Err(config.verifier.reject(kind))
    }

    fn fetch_keys(&self) -> Result<Option<Fetch>, Rejection> {
        let Verification {
            config, delivery, ..
        } = &self.verification;
        let (Some(keys), Ok(delivery)) = (&config.keys, delivery) else {
            return Ok(None);
        };
        let verifier = &config.verifier;
        let body = self.reader.frames().pieces();
        keys.fetch(verifier, delivery, Head::from(&self.parts), body)
            .map_err(|kind| verifier.reject(kind))
    }
}

impl<S> FetchKeys<S> {
    fn poll<B: From<VerifiedBody>, F>(&mut self, cx: &mut Context<'_>) -> Poll<State<S, B, F>> {
        let found = ready!(self.fetch.as_mut().poll(cx));
        let mut received = self.received.take().expect(COMPLETED);
        Poll::Ready(match received.verification.set_keys(found) {
            Ok(()) => received.verify(),
            Err(rejection) => State::early(received.reject(rejection)),
        })
    }
}

// Step 2 for handshakes that the body decides, and step 5: Verify.

impl<S> Received<S> {
    fn verify<B: From<VerifiedBody>, F>(mut self) -> State<S, B, F> {
        match self.decide() {
            Ok(None) => self.into_ready(),
            Ok(Some(answer)) => State::early(answer),
            Err(rejection) => State::early(self.reject(rejection)),
        }
    }

    /// Returns the answer if the request is a handshake. Otherwise the request is verified, and
    /// [`Verified`](crate::Verified) is in its extensions.
    fn decide(&mut self) -> Result<Option<EarlyResponse>, Rejection> {
        let Self {
            parts,
            reader,
            verification,
        } = self;
        let Verification {
            config,
            handshake,
            delivery,
            started,
            ..
        } = verification;
        let (head, frames) = (Head::from(&*parts), reader.frames());
        if let Some(answer) = handshake.answer_unsigned(config, head, frames)? {
            return Ok(Some(answer));
        }
        let delivery = delivery
            .as_mut()
            .map_err(|rejection| (**rejection).clone())?;
        debug_assert!(
            !frames.is_in_pieces()
                || !config.verifier.scheme().spec().can_stream
                || delivery.hashed_len() == frames.len(),
            "`finish` hashes a body again if the running MAC has missed a part of it"
        );
        let verified = delivery.finish(config.verifier.settings(), || frames.pieces())?;
        if let Some(answer) = handshake.answer_signed(config, head, frames, delivery)? {
            return Ok(Some(answer));
        }
        if started.is_some() {
            let verdict = Verdict::Accepted(&verified);
            config.report(Some(head), verdict, frames.len(), *started);
        }
        // Replaces any that was inserted outside of this layer.
        parts.extensions.insert(verified);
        Ok(None)
    }

    fn reject(self, rejection: Rejection) -> EarlyResponse {
        let Self {
            parts,
            reader,
            verification,
        } = self;
        let bytes = reader.frames().len();
        #[cfg(feature = "diagnose")]
        verification.diagnose(&parts, &rejection, reader);
        let Verification {
            config, started, ..
        } = verification;
        reject(&config, &parts, rejection, bytes, started)
    }
}

#[cfg(feature = "diagnose")]
impl<S> Verification<S> {
    /// Diagnoses the rejection of a delivery with its whole body.
    fn diagnose(&self, parts: &Parts, rejection: &Rejection, mut reader: BodyReader) {
        let (body, keyring) = match &self.delivery {
            Ok(delivery) => (Some(reader.take().0), delivery.keyring()),
            Err(_) => (None, None),
        };
        let head = Head::from(parts);
        self.config.diagnose(head, rejection.kind(), body, keyring);
    }
}

// Step 6: Ready.

impl<S> Received<S> {
    fn into_ready<B: From<VerifiedBody>, F>(mut self) -> State<S, B, F> {
        let (frames, trailers) = self.reader.take();
        let body = VerifiedBody::new(frames, trailers);
        State::Ready {
            ready: AwaitReady {
                service: self.verification.service,
                request: Some(Request::from_parts(self.parts, body.into())),
            },
        }
    }
}

impl<S, B> AwaitReady<S, B>
where
    S: Service<Request<B>>,
{
    /// Step 7: calls the service once it is ready.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Future, S::Error>> {
        ready!(self.service.poll_ready(cx))?;
        let request = self.request.take().expect(COMPLETED);
        Poll::Ready(Ok(self.service.call(request)))
    }
}

impl<S, B, ReqBody> fmt::Debug for ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Early { .. } => "Early",
            State::Keys { .. } => "Keys",
            State::Body { .. } => "Body",
            State::Fetch { .. } => "Fetch",
            State::Ready { .. } => "Ready",
            State::Call { .. } => "Call",
            State::Done => "Done",
        };
        write!(f, "ResponseFuture::{state}")
    }
}
