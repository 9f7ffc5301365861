use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, request};
use http_body::Body;
use tokio::time::Instant;

#[cfg(feature = "remote-keys")]
use super::lookup::Fetch;
use super::{
    Verdict,
    answering::{Answered, MayBe},
    config::Config,
    future::COMPLETED,
    lookup::LookUp,
};
use crate::{
    body::{BodyReader, BoxError, ReadError, VerifiedBody, is_length_limit},
    handshake::MOST_BODY,
    head::Head,
    keys::Keyring,
    rejection::{self, Rejection, RejectionKind},
    verify::Delivery,
};

/// Why a body or its keys could not be had, and the error of the body.
pub(super) struct Failure {
    kind: RejectionKind,
    source: Option<BoxError>,
}

impl From<RejectionKind> for Failure {
    fn from(kind: RejectionKind) -> Self {
        Self { kind, source: None }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLarge { limit } => RejectionKind::BodyTooLarge { limit }.into(),
            ReadError::BudgetExhausted => RejectionKind::OverMemoryBudget.into(),
            ReadError::Timeout { deadline } => RejectionKind::BodyTimeout { deadline }.into(),
            ReadError::Body(error) => {
                let kind = if is_length_limit(&*error) {
                    RejectionKind::OuterLimitExceeded
                } else {
                    RejectionKind::BodyBroken
                };
                let source = Some(error);
                Self { kind, source }
            }
        }
    }
}

/// What is made of the body once it is there.
pub(super) enum Opened {
    Delivery(Box<Delivery>),
    /// No delivery, but perhaps a handshake that nobody signs; if not, refused for this.
    Greeting(Box<Rejection>),
    /// A handshake that nobody signs, whatever the body: the one at this place, whose answer needs keys that are
    /// looked up.
    Challenge {
        place: usize,
        keyring: Option<Arc<Keyring>>,
    },
}

/// A request whose body is arriving.
pub(super) struct Reading {
    config: Arc<Config>,
    /// With the look-up while it is under way.
    head: Option<request::Parts>,
    look_up: Option<LookUp>,
    #[cfg(feature = "remote-keys")]
    fetch: Fetch,
    opened: Opened,
    may_be: MayBe,
    reader: BodyReader,
    /// If somebody wants to know how long it took.
    started: Option<Instant>,
}

impl Reading {
    #[inline]
    pub(super) fn new(
        config: &Arc<Config>,
        head: request::Parts,
        opened: Opened,
        may_be: MayBe,
        started: Option<Instant>,
    ) -> Self {
        let limit = match opened {
            Opened::Greeting(_) => MOST_BODY.min(config.body_limit),
            _ => config.body_limit,
        };
        let reader = BodyReader::new(limit)
            .deadline(config.body_deadline)
            .budget(config.budget.as_ref());
        let mut head = Some(head);
        let look_up = match (&config.source, &opened) {
            (None, _) | (_, Opened::Greeting(_)) => None,
            (Some(source), _) => source.look_up(&mut head),
        };
        Self {
            config: Arc::clone(config),
            head,
            look_up,
            #[cfg(feature = "remote-keys")]
            fetch: Fetch::default(),
            opened,
            may_be,
            reader,
            started,
        }
    }

    /// Waits for the keys, if they have to be looked up, and reads to the end of the body.
    pub(super) fn poll<B: Body<Error: Into<BoxError>>>(
        &mut self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if let Some(look_up) = &mut self.look_up {
            let (head, found) = ready!(look_up.as_mut().poll(cx));
            self.look_up = None;
            self.head = Some(head);
            if let Some(source) = &self.config.source {
                let scheme = self.config.verifier.scheme();
                match &mut self.opened {
                    Opened::Delivery(delivery) => source.give(found, scheme, delivery)?,
                    Opened::Challenge { keyring, .. } => {
                        *keyring = Some(source.keyring(found, scheme)?);
                    }
                    Opened::Greeting(_) => {}
                }
            }
        }
        if let Opened::Challenge { .. } = self.opened {
            return Poll::Ready(Ok(()));
        }
        #[cfg(feature = "remote-keys")]
        return self.read_and_fetch(body, cx);
        #[cfg(not(feature = "remote-keys"))]
        self.read(body, cx)
    }

    /// Reads to the end of the body, and then waits for the keys, if those have to be fetched.
    #[cfg(feature = "remote-keys")]
    fn read_and_fetch<B: Body<Error: Into<BoxError>>>(
        &mut self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if !self.fetch.is_under_way() {
            ready!(self.read(body, cx))?;
        }
        let source = self.config.source.as_ref();
        let (Some(source), Some(head), Opened::Delivery(delivery)) =
            (source, &self.head, &mut self.opened)
        else {
            return Poll::Ready(Ok(()));
        };
        let request = (head, self.reader.frames().pieces());
        let fetch = &mut self.fetch;
        let fetched = ready!(fetch.poll(source, &self.config.verifier, delivery, request, cx));
        Poll::Ready(fetched.map_err(Failure::from))
    }

    fn read<B: Body<Error: Into<BoxError>>>(
        &mut self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        let Self {
            config,
            opened,
            reader,
            ..
        } = self;
        let read = ready!(reader.poll(body, cx, |earlier, data| {
            // A body in one frame needs no running MAC, so the first frame waits for a second.
            if earlier.len() == 0 {
                return;
            }
            if let Opened::Delivery(delivery) = opened {
                let verifier = &config.verifier;
                if delivery.awaits_first(verifier) {
                    let first = earlier.pieces();
                    first.for_each(|first| delivery.update(verifier, first));
                }
                delivery.update(verifier, data);
            }
        }));
        if read.is_ok() && config.refuse_trailers && reader.has_trailers() {
            return Poll::Ready(Err(RejectionKind::TrailersRefused.into()));
        }
        Poll::Ready(read.map_err(Failure::from))
    }

    /// Verifies what has been read, or gives the answer in the inner service's place.
    pub(super) fn finish(&mut self, end: Result<(), Failure>) -> Result<(), Answered> {
        match self.answered(end) {
            Ok(None) => Ok(()),
            Ok(Some(answered)) => Err(answered),
            Err(rejection) => Err(self.refused(rejection)),
        }
    }

    /// The request for the inner service, once it is verified.
    #[inline]
    pub(super) fn request<B: From<VerifiedBody>>(&mut self) -> Request<B> {
        let (frames, trailers) = self.reader.take();
        let body = VerifiedBody::new(frames, trailers);
        Request::from_parts(self.head.take().expect(COMPLETED), body.into())
    }

    #[cold]
    fn refused(&mut self, rejection: Rejection) -> Answered {
        let head = self.head.take().expect(COMPLETED);
        let (bytes, verdict) = (self.reader.frames().len(), Verdict::Refused(&rejection));
        let told = Head::from(&head);
        self.config.report(Some(told), verdict, bytes, self.started);
        #[cfg(feature = "diagnose")]
        {
            let (body, keyring) = match &self.opened {
                Opened::Delivery(delivery) => (Some(self.reader.take().0), delivery.keyring()),
                _ => (None, None),
            };
            self.config.diagnose(told, rejection.kind(), body, keyring);
        }
        let is_grpc = rejection::is_grpc(head.version, &head.method, &head.headers);
        Answered::at(self.config.refuse(is_grpc, rejection))
    }

    /// The answer to a handshake, if it is one. If not, it is verified, and the head bears the proof.
    fn answered(&mut self, end: Result<(), Failure>) -> Result<Option<Answered>, Rejection> {
        let Self {
            config,
            head,
            opened,
            may_be,
            reader,
            ..
        } = self;
        let buffer = reader.frames();
        let head = head.as_mut().expect(COMPLETED);
        match (end, &opened) {
            (Ok(()), _) => {}
            // Too long for a handshake.
            (Err(failure), Opened::Greeting(rejection))
                if matches!(failure.kind, RejectionKind::BodyTooLarge { .. }) =>
            {
                return Err((**rejection).clone());
            }
            (Err(failure), _) => {
                let rejection = config.verifier.reject(failure.kind);
                return Err(match failure.source {
                    Some(source) => rejection.with_source(source),
                    None => rejection,
                });
            }
        }
        if *may_be == MayBe::Any {
            let answered = config.answer_unsigned((&*head).into(), buffer)?;
            if answered.is_some() {
                return Ok(answered);
            }
        }
        let delivery = match opened {
            Opened::Delivery(delivery) => delivery,
            Opened::Greeting(rejection) => return Err((**rejection).clone()),
            Opened::Challenge { place, keyring } => {
                let head = (&*head).into();
                return config
                    .answer_challenge(*place, keyring.as_deref(), head)
                    .map(Some);
            }
        };
        // `finish` would read again what was left out, and nobody would notice.
        debug_assert!(
            !buffer.is_in_pieces()
                || !config.verifier.scheme().spec().can_stream
                || delivery.streamed() == buffer.len(),
            "a body in pieces is hashed as it comes, once"
        );
        let verified = delivery.finish(&config.verifier, || buffer.pieces())?;
        if *may_be != MayBe::Delivery {
            let answered = config.answer_signed((&*head).into(), buffer, delivery)?;
            if answered.is_some() {
                return Ok(answered);
            }
        }
        // The method may be that of a handshake alone, and the request was not the handshake.
        let checked = config.verifier.check_method(&head.method);
        checked.map_err(|kind| config.verifier.reject(kind))?;
        // In the place of any that somebody else put there.
        head.extensions.insert(verified);
        if self.started.is_some() {
            if let Some(verified) = head.extensions.get() {
                let (head, verdict) = (Head::from(&*head), Verdict::Accepted(verified));
                config.report(Some(head), verdict, buffer.len(), self.started);
            }
        }
        Ok(None)
    }
}
