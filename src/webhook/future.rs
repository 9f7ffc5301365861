//! The response future, with the steps of a request in order:
//!
//! 1. Head: check the method. Answer the request if its head shows that it is a handshake. Check
//!    the signature headers, the timestamp, the ID and the `Content-Length`.
//! 2. Keys: look up the keys of the request, if they are not the same for every request.
//! 3. Body: read the body. Run the MAC over it if it has several frames and the scheme allows that.
//! 4. Fetch: fetch the published keys that the delivery names.
//! 5. Verify: answer the request if its body shows that it is a handshake, or compare the
//!    signatures.
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
    handshake::{HandshakeStage, HeadDecision, answer_with_keys},
    keys::{Fetch, KeyResult, LookUp},
    observe::Decision,
    response::EarlyResponse,
};
use crate::{
    body::{BodyReader, BoxError, ReadError, ResponseBody, VerifiedBody, is_length_limit},
    encoding::decimal,
    handshake::MAX_BODY,
    head::RequestHead,
    rejection::{self, Rejection, RejectionKind},
    verify::Delivery,
};

pin_project! {
    /// The response future of [`Webhook`](super::Webhook).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before the delivery is verified, the bytes read so far are dropped,
    /// and the inner service is not called. If it is dropped later, the future of the inner service
    /// or of [`on_handshake_data`](super::WebhookLayer::on_handshake_data) is dropped.
    ///
    /// # Panics
    ///
    /// Panics if it is polled after it has returned the response. Panics without a Tokio timer in
    /// the cases that [`body_deadline`](super::WebhookLayer::body_deadline) and
    /// [`key_deadline`](super::WebhookLayer::key_deadline) describe.
    pub struct ResponseFuture<S, B, ReqBody>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        body: Option<ReqBody>,
        exchange: Option<Exchange<S>>,
        // Small, because each step moves the state. Large values are in the other fields.
        state: State,
        // The inner service's future, in step 7.
        #[pin]
        call: Option<S::Future>,
    }
}

/// The step that waits.
enum State {
    Early(EarlyResponse),
    /// Step 2. The look-up owns the head of the request until it ends.
    Keys(LookUp),
    /// Step 3.
    Body,
    /// Step 4.
    Fetch(Fetch),
    /// Step 6.
    Ready,
    /// Step 7.
    Call,
    Done,
}

/// Only a poll after completion finds a part of the future missing.
const COMPLETED: &str = "ResponseFuture polled after completion";

/// A request from its head until it is rejected or forwarded.
struct Exchange<S> {
    config: Arc<Config>,
    service: S,
    /// `None` while the look-up of the keys owns them.
    parts: Option<Parts>,
    handshake: HandshakeStage,
    delivery: Delivery,
    /// The keys that were looked up, if the layer diagnoses rejected deliveries.
    #[cfg(feature = "diagnose")]
    looked_up: Option<crate::keys::Keys>,
    /// The reason why the head is rejected, unless the body is a handshake.
    rejection: Option<Box<Rejection>>,
    reader: BodyReader,
    /// When the request arrived, if that is reported.
    started: Option<Instant>,
}

impl<S, B, ReqBody> ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>> + Clone,
    ReqBody: Body,
{
    /// Runs step 1, which needs only the head.
    pub(super) fn new(config: &Arc<Config>, service: &S, request: Request<ReqBody>) -> Self {
        let started = config.observer.start();
        let reader = BodyReader::new(config.body_limit)
            .deadline(config.body_deadline)
            .budget(config.budget.as_ref());
        let config = Arc::clone(config);
        let service = service.clone();
        let (parts, body) = request.into_parts();
        let size = body.size_hint();
        let mut this = Self {
            body: Some(body),
            exchange: Some(Exchange {
                config,
                service,
                parts: Some(parts),
                handshake: HandshakeStage::Delivery,
                delivery: Delivery::default(),
                #[cfg(feature = "diagnose")]
                looked_up: None,
                rejection: None,
                reader,
                started,
            }),
            state: State::Body,
            call: None,
        };
        let exchange = this.exchange.as_mut().expect(COMPLETED);
        this.state = exchange.read_head(&size);
        if let State::Early(_) = this.state {
            this.body = None;
            this.exchange = None;
        }
        this
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
            let exchange = this.exchange.as_mut();
            let next = match this.state {
                State::Keys(look_up) => ready!(exchange.expect(COMPLETED).poll_keys(look_up, cx)),
                State::Body => {
                    let body = this.body.as_mut().as_pin_mut().expect(COMPLETED);
                    ready!(exchange.expect(COMPLETED).read_body(body, cx))
                }
                State::Fetch(fetch) => ready!(exchange.expect(COMPLETED).poll_fetch(fetch, cx)),
                State::Ready => {
                    let exchange = exchange.expect(COMPLETED);
                    if let Err(error) = ready!(exchange.service.poll_ready(cx)) {
                        *this.exchange = None;
                        *this.state = State::Done;
                        return Poll::Ready(Err(error));
                    }
                    // If the inner service panics, a second poll must not call it again.
                    *this.state = State::Done;
                    this.call.set(Some(exchange.call()));
                    State::Call
                }
                State::Call => {
                    let call = this.call.as_mut().as_pin_mut().expect(COMPLETED);
                    let response = ready!(call.poll(cx));
                    *this.state = State::Done;
                    this.call.set(None);
                    return Poll::Ready(response.map(|response| response.map(ResponseBody::inner)));
                }
                State::Early(response) => {
                    let response = match response {
                        EarlyResponse::Pending(future) => ready!(future.as_mut().poll(cx)),
                        EarlyResponse::Ready(ready) => std::mem::take(&mut **ready),
                    };
                    *this.state = State::Done;
                    return Poll::Ready(Ok(response.map(ResponseBody::rejection)));
                }
                State::Done => panic!("{COMPLETED}"),
            };
            // Values that are not needed any more are dropped before the next step waits.
            if !matches!(next, State::Keys(_) | State::Body) {
                this.body.set(None);
            }
            if matches!(next, State::Early(_) | State::Call) {
                *this.exchange = None;
            }
            *this.state = next;
        }
    }
}

// Step 1: Head.

impl<S> Exchange<S> {
    /// Answers the request if its head decides. `size` is that of the body.
    fn read_head(&mut self, size: &SizeHint) -> State {
        match HandshakeStage::after_head(&self.config, self.parts()) {
            Ok(HeadDecision::Continue(stage)) => self.handshake = stage,
            Ok(HeadDecision::Answer(response)) => return State::Early(response),
            Ok(HeadDecision::AnswerWithKeys(handshake)) => {
                let parts = self.take_parts();
                let response = answer_with_keys(&self.config, *handshake, parts, self.started);
                return State::Early(response);
            }
            Err(kind) => return self.reject_head(self.config.verifier.reject(kind)),
        }
        match self.open(size) {
            Ok(()) => self.start(),
            Err(rejection) => self.reject_head(rejection),
        }
    }

    /// Opens the delivery, and checks the length that the request declares.
    ///
    /// # Errors
    ///
    /// The head is rejected, and the body cannot be a handshake.
    fn open(&mut self, size: &SizeHint) -> Result<(), Rejection> {
        let verifier = &self.config.verifier;
        let parts = self.parts.as_ref().expect(COMPLETED);
        let opened = self
            .delivery
            .open(verifier.settings(), RequestHead::from(parts));
        let limit = self.config.body_limit;
        let checked = opened.and_then(|()| check_declared_length(parts, size, limit));
        let Err(kind) = checked else { return Ok(()) };
        let rejection = verifier.reject(kind);
        let may_be_handshake = self.handshake.may_be_unsigned()
            && check_declared_length(parts, size, MAX_BODY).is_ok();
        if !may_be_handshake {
            return Err(rejection);
        }
        self.rejection = Some(Box::new(rejection));
        self.reader.lower_limit(MAX_BODY);
        Ok(())
    }

    /// Rejects a request of which no body was read.
    fn reject_head(&self, rejection: Rejection) -> State {
        #[cfg(feature = "diagnose")]
        {
            let head = RequestHead::from(self.parts());
            self.config
                .diagnose(head, rejection.kind(), None, None, None);
        }
        self.respond(rejection, 0)
    }

    /// Reports a rejection, and creates its response. `bytes` is the length of the body that was
    /// read.
    fn respond(&self, rejection: Rejection, bytes: usize) -> State {
        let (config, parts) = (&self.config, self.parts());
        let (head, decision) = (RequestHead::from(parts), Decision::Rejected(&rejection));
        config.report(Some(head), decision, bytes, self.started);
        let is_grpc = rejection::is_grpc(parts.version, &parts.method, &parts.headers);
        State::Early(EarlyResponse::ready(
            config.verifier.respond(rejection, is_grpc),
        ))
    }

    fn parts(&self) -> &Parts {
        self.parts.as_ref().expect(COMPLETED)
    }

    fn take_parts(&mut self) -> Parts {
        self.parts.take().expect(COMPLETED)
    }
}

/// Rejects a declared length over the limit. The declared length never determines the size of an
/// allocation.
fn check_declared_length(
    parts: &Parts,
    size: &SizeHint,
    limit: usize,
) -> Result<(), RejectionKind> {
    let exceeds = |length: u64| usize::try_from(length).map_or(true, |length| length > limit);
    let mut is_too_large = exceeds(size.lower());
    if let Some(length) = RequestHead::from(parts).only(&CONTENT_LENGTH)? {
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

// Step 2: Keys.

impl<S> Exchange<S> {
    /// Continues with the look-up of the keys, or with the body if the keys are known.
    fn start(&mut self) -> State {
        // A handshake without a signature is answered without the keys of the key source.
        let (Some(keys), None) = (&self.config.keys, &self.rejection) else {
            return State::Body;
        };
        match keys.look_up(self.parts.take().expect(COMPLETED)) {
            Ok(look_up) => State::Keys(look_up),
            Err(parts) => {
                self.parts = Some(*parts);
                State::Body
            }
        }
    }

    fn poll_keys(&mut self, look_up: &mut LookUp, cx: &mut Context<'_>) -> Poll<State> {
        let (parts, found) = ready!(look_up.as_mut().poll(cx));
        self.parts = Some(parts);
        Poll::Ready(match self.set_keys(found) {
            Ok(()) => State::Body,
            Err(rejection) => self.reject(rejection),
        })
    }

    fn set_keys(&mut self, found: KeyResult) -> Result<(), Rejection> {
        let verifier = &self.config.verifier;
        let Some(keys) = &self.config.keys else {
            return Ok(());
        };
        #[cfg(feature = "diagnose")]
        if self.config.diagnosis.is_some() {
            self.looked_up = found.as_ref().ok().cloned().flatten();
        }
        keys.set_keys(found, verifier.scheme(), &mut self.delivery)
            .map_err(|kind| verifier.reject(kind))
    }
}

// Step 3: Body, and step 4: Fetch.

impl<S> Exchange<S> {
    fn read_body<ReqBody>(&mut self, body: Pin<&mut ReqBody>, cx: &mut Context<'_>) -> Poll<State>
    where
        ReqBody: Body<Error: Into<BoxError>>,
    {
        let read = ready!(self.poll_body(body, cx));
        let fetch = self.check_read(read).and_then(|()| self.fetch_keys());
        Poll::Ready(match fetch {
            Ok(None) => self.verify(),
            Ok(Some(fetch)) => State::Fetch(fetch),
            Err(rejection) => self.reject(rejection),
        })
    }

    /// Reads the body, and runs the MAC over its frames. A body in one frame needs no running MAC,
    /// so the first frame waits for a second one.
    fn poll_body<ReqBody>(
        &mut self,
        body: Pin<&mut ReqBody>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), ReadError>>
    where
        ReqBody: Body<Error: Into<BoxError>>,
    {
        let settings = self.config.verifier.settings();
        let (delivery, is_rejected) = (&mut self.delivery, self.rejection.is_some());
        self.reader.poll(body, cx, |earlier, frame| {
            if earlier.len() == 0 || is_rejected {
                return;
            }
            if delivery.awaits_first(settings) {
                let first = earlier.pieces();
                first.for_each(|first| delivery.update(settings, first));
            }
            delivery.update(settings, frame);
        })
    }

    fn check_read(&self, read: Result<(), ReadError>) -> Result<(), Rejection> {
        let config = &self.config;
        let kind = match (read, &self.rejection) {
            (Ok(()), _) if config.rejects_trailers && self.reader.has_trailers() => {
                RejectionKind::TrailersRejected
            }
            (Ok(()), _) => return Ok(()),
            // Too long for a handshake, so the request is rejected by its head.
            (Err(ReadError::TooLarge { .. }), Some(rejection)) => return Err((**rejection).clone()),
            (Err(ReadError::TooLarge { limit }), _) => RejectionKind::BodyTooLarge { limit },
            (Err(ReadError::BudgetExhausted), _) => RejectionKind::MemoryBudgetExceeded,
            (Err(ReadError::Timeout { deadline }), _) => RejectionKind::BodyTimeout { deadline },
            (Err(ReadError::Body(error)), _) => {
                let kind = if is_length_limit(&*error) {
                    RejectionKind::OuterLimitExceeded
                } else {
                    RejectionKind::BodyReadError
                };
                return Err(config.verifier.reject(kind).with_source(error));
            }
        };
        Err(config.verifier.reject(kind))
    }

    fn fetch_keys(&self) -> Result<Option<Fetch>, Rejection> {
        let (Some(keys), None) = (&self.config.keys, &self.rejection) else {
            return Ok(None);
        };
        let verifier = &self.config.verifier;
        let body = self.reader.frames().pieces();
        keys.fetch(
            verifier,
            &self.delivery,
            RequestHead::from(self.parts()),
            body,
        )
        .map_err(|kind| verifier.reject(kind))
    }

    fn poll_fetch(&mut self, fetch: &mut Fetch, cx: &mut Context<'_>) -> Poll<State> {
        let found = ready!(fetch.as_mut().poll(cx));
        Poll::Ready(match self.set_keys(found) {
            Ok(()) => self.verify(),
            Err(rejection) => self.reject(rejection),
        })
    }
}

// Step 5: Verify.

impl<S> Exchange<S> {
    fn verify(&mut self) -> State {
        match self.decide() {
            Ok(None) => {
                // The budget is for unverified bodies.
                self.reader.release_budget();
                State::Ready
            }
            Ok(Some(response)) => State::Early(response),
            Err(rejection) => self.reject(rejection),
        }
    }

    /// Returns the answer if the request is a handshake. Otherwise the request is verified, and
    /// [`Verified`](crate::Verified) is in its extensions.
    fn decide(&mut self) -> Result<Option<EarlyResponse>, Rejection> {
        let Self {
            config,
            parts,
            handshake,
            delivery,
            rejection,
            reader,
            started,
            ..
        } = self;
        let settings = config.verifier.settings();
        let parts = parts.as_mut().expect(COMPLETED);
        let (head, frames) = (RequestHead::from(&*parts), reader.frames());
        if let Some(answer) = handshake.answer_unsigned(config, head, frames)? {
            return Ok(Some(answer));
        }
        if let Some(rejection) = rejection {
            return Err((**rejection).clone());
        }
        debug_assert!(
            !frames.is_in_pieces()
                || !config.verifier.scheme().spec().can_stream
                || delivery.hashed_len() == frames.len(),
            "the running MAC missed a part of the body, so `finish` would hash the body again"
        );
        let verified = delivery.finish(settings, || frames.pieces())?;
        if let Some(answer) = handshake.answer_signed(config, head, frames, delivery)? {
            return Ok(Some(answer));
        }
        if started.is_some() {
            let decision = Decision::Accepted(&verified);
            config.report(Some(head), decision, frames.len(), *started);
        }
        // Replaces any that was inserted outside of this layer.
        parts.extensions.insert(verified);
        Ok(None)
    }

    fn reject(&mut self, rejection: Rejection) -> State {
        let bytes = self.reader.frames().len();
        #[cfg(feature = "diagnose")]
        self.diagnose(&rejection);
        self.respond(rejection, bytes)
    }

    /// Diagnoses the rejection of a delivery with its whole body.
    #[cfg(feature = "diagnose")]
    fn diagnose(&mut self, rejection: &Rejection) {
        let (body, keyring) = match self.rejection {
            None => (Some(self.reader.take().0), self.delivery.keyring()),
            Some(_) => (None, None),
        };
        let (head, keys) = (RequestHead::from(self.parts()), self.looked_up.as_ref());
        self.config
            .diagnose(head, rejection.kind(), body, keyring, keys);
    }
}

// Step 7: Call. Step 6 is a call of `poll_ready`.

impl<S> Exchange<S> {
    /// Forwards the request. It takes what it needs out of the exchange, because moving the whole
    /// exchange costs 4 % of a delivery of 1 KiB.
    fn call<B>(&mut self) -> S::Future
    where
        S: Service<Request<B>>,
        B: From<VerifiedBody>,
    {
        let (frames, trailers) = self.reader.take();
        let body = VerifiedBody::new(frames, trailers);
        let parts = self.take_parts();
        self.service.call(Request::from_parts(parts, body.into()))
    }
}

impl<S, B, ReqBody> fmt::Debug for ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Early(_) => "Early",
            State::Keys(_) => "Keys",
            State::Body => "Body",
            State::Fetch(_) => "Fetch",
            State::Ready => "Ready",
            State::Call => "Call",
            State::Done => "Done",
        };
        write!(f, "ResponseFuture::{state}")
    }
}
