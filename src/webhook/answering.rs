use std::{error::Error, future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;

use super::{Verdict, config::Config, reading::Opened};
use crate::{
    body::Buffer,
    handshake::{Answer, Decision, Handover, MOST_BODY},
    head::Head,
    keys::Keyring,
    rejection::{self, Rejection, RejectionKind},
    verify::{Delivery, Greeting},
};

/// An answer that is there, or will be once the program has decided.
pub(super) enum Answered {
    At(Box<Response<Bytes>>),
    Once(Handing),
}

impl Answered {
    pub(super) fn at(response: Response<Bytes>) -> Self {
        Self::At(Box::new(response))
    }
}

pub(super) type Handing = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// Who takes what handshakes bring.
pub(super) type Taker = Arc<dyn Fn(Handover) -> Taking + Send + Sync>;

type Taking = Pin<Box<dyn Future<Output = Result<Decision, Arc<str>>> + Send>>;

/// A taker of any type.
pub(super) fn taker<F, Fut, E>(take: F) -> Taker
where
    F: Fn(Handover) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Decision, E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    Arc::new(move |handover| {
        let future = take(handover);
        Box::pin(async move {
            future
                .await
                .map_err(|error| rejection::line(&*error.into()))
        })
    })
}

/// Which handshakes a request may still be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MayBe {
    /// None.
    Delivery,
    /// One that is signed.
    Signed,
    /// One that is signed, or one that nobody signs.
    Any,
}

/// What the head of a request says of handshakes.
pub(super) enum Greeted {
    /// All there is to say.
    Answered(Answered),
    /// It is one that nobody signs, and its keys have to be looked up.
    Challenge(Opened),
    /// Something that the body tells.
    MayBe(MayBe),
}

impl Config {
    /// Whether there are handshakes at all.
    #[inline]
    pub(super) fn greets(&self) -> bool {
        self.answers_handshakes && !self.verifier.provider().handshakes().is_empty()
    }

    /// Rejects a request whose method this endpoint accepts neither for deliveries nor for
    /// handshakes.
    #[inline]
    pub(super) fn check_method(&self, method: &Method) -> Result<(), RejectionKind> {
        let checked = self.verifier.check_method(method);
        if checked.is_ok() || !self.greets() {
            return checked;
        }
        self.verifier
            .check_method_with_handshakes(method, self.taker.is_some())
    }

    /// What is to be made of a head before anything is verified.
    #[cold]
    pub(super) fn greeted<B: Body>(self: &Arc<Self>, request: &Request<B>) -> Greeted {
        let head = Head::from(request);
        if rejection::is_grpc(request.version(), request.method(), request.headers()) {
            return Greeted::MayBe(MayBe::Delivery);
        }
        match self.verifier.greeting(head, self.taker.is_some()) {
            Greeting::Is(handshake) if handshake.signs() && self.source.is_some() => {
                let handshakes = self.verifier.provider().handshakes();
                let place = handshakes.iter().position(|it| std::ptr::eq(it, handshake));
                Greeted::Challenge(Opened::Challenge {
                    place: place.unwrap_or_default(),
                    keyring: None,
                })
            }
            Greeting::Is(handshake) => {
                let keyring = self.verifier.current_keyring();
                let answer = self.verifier.answer(handshake, head, &[], (&keyring, 0));
                Greeted::Answered(match answer {
                    Ok(answer) => self.handed(answer),
                    Err(rejection) => Answered::at(self.refuse_untold(Some(head), rejection)),
                })
            }
            Greeting::MayBe => Greeted::MayBe(MayBe::Any),
            Greeting::No => Greeted::MayBe(MayBe::Signed),
        }
    }

    /// The answer to a handshake whose keys were looked up.
    pub(super) fn answer_challenge(
        self: &Arc<Self>,
        place: usize,
        keyring: Option<&Keyring>,
        head: Head<'_>,
    ) -> Result<Answered, Rejection> {
        let handshake = self.verifier.provider().handshakes().get(place);
        let (Some(handshake), Some(keyring)) = (handshake, keyring) else {
            return Err(self.verifier.reject(RejectionKind::UnknownTenant));
        };
        let answer = self.verifier.answer(handshake, head, &[], (keyring, 0))?;
        Ok(self.handed(answer))
    }

    /// The answer to a handshake that nobody signs, if this body is one.
    #[cold]
    pub(super) fn answer_unsigned(
        self: &Arc<Self>,
        head: Head<'_>,
        buffer: &Buffer,
    ) -> Result<Option<Answered>, Rejection> {
        let Some(body) = buffer.short(MOST_BODY) else {
            return Ok(None);
        };
        let handshake = self.verifier.greeting_in(head, &body, self.taker.is_some());
        let Some(handshake) = handshake else {
            return Ok(None);
        };
        let keyring = self.verifier.current_keyring();
        let answer = self
            .verifier
            .answer(handshake, head, &body, (&keyring, 0))?;
        Ok(Some(self.handed(answer)))
    }

    /// The answer to a handshake whose signature holds, if this delivery is one.
    #[cold]
    pub(super) fn answer_signed(
        self: &Arc<Self>,
        head: Head<'_>,
        buffer: &Buffer,
        delivery: &Delivery,
    ) -> Result<Option<Answered>, Rejection> {
        let Some(body) = buffer.short(MOST_BODY) else {
            return Ok(None);
        };
        let verifier = &self.verifier;
        let handshake = verifier.signed_handshake(head, &body, self.taker.is_some());
        let Some(handshake) = handshake else {
            return Ok(None);
        };
        let answer = verifier.answer(handshake, head, &body, delivery.keys(verifier))?;
        Ok(Some(self.handed(answer)))
    }

    /// The answer, once the program has accepted what it is to take.
    fn handed(self: &Arc<Self>, answer: Answer) -> Answered {
        let (handshake, response, handover) = answer.into_parts();
        let (Some(handover), Some(taker)) = (handover, &self.taker) else {
            self.tell(&handshake);
            return Answered::at(response);
        };
        let (config, taking) = (Arc::clone(self), taker(handover));
        Answered::Once(Box::pin(async move {
            let kind = match taking.await {
                Ok(Decision::Accept) => {
                    config.tell(&handshake);
                    return response;
                }
                Ok(Decision::Refuse) => RejectionKind::HandoverRefused { handshake },
                Err(error) => RejectionKind::HandoverFailed { error },
            };
            config.refuse_untold(None, config.verifier.reject(kind))
        }))
    }

    fn tell(&self, handshake: &str) {
        self.report(None, Verdict::Handshake(handshake), 0, self.start());
    }

    /// As [`refuse`](Self::refuse), for what nobody has heard of yet.
    fn refuse_untold(&self, head: Option<Head<'_>>, rejection: Rejection) -> Response<Bytes> {
        let verdict = Verdict::Refused(&rejection);
        self.report(head, verdict, 0, self.start());
        self.refuse(false, rejection)
    }

    /// The response that refuses a request.
    #[cold]
    pub(super) fn refuse(&self, is_grpc: bool, rejection: Rejection) -> Response<Bytes> {
        let mut response = if is_grpc {
            rejection::grpc(&rejection)
        } else {
            (self.renderer)(&rejection)
        };
        rejection::allow(&rejection, &mut response);
        response.extensions_mut().insert(rejection);
        response
    }
}
