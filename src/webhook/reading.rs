use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http::{HeaderMap, Request, request};
use http_body::Body;
use tokio::time::Instant;

#[cfg(feature = "remote-keys")]
use super::lookup::Fetch;
use super::{
    Verdict,
    answering::{Answered, MayBe},
    budget::Share,
    config::Config,
    future::COMPLETED,
    lookup::LookUp,
};
use crate::{
    body::{Buffer, VerifiedBody},
    deadline::Deadline,
    handshake::MOST_BODY,
    head::Head,
    keys::Keyring,
    rejection::{self, Rejection, RejectionKind},
    verify::Delivery,
};

/// How many frames are taken in one go before other tasks get their turn.
const FRAMES_PER_POLL: usize = 256;

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
    buffer: Buffer,
    trailers: Option<Box<HeaderMap>>,
    share: Share,
    deadline: Deadline,
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
            buffer: Buffer::default(),
            trailers: None,
            share: Share::of(config.budget.as_ref()),
            deadline: Deadline::default(),
            started,
        }
    }

    /// Waits for the keys, if they have to be looked up, and reads to the end of the body.
    pub(super) fn poll<B: Body>(
        &mut self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), RejectionKind>> {
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
    fn read_and_fetch<B: Body>(
        &mut self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), RejectionKind>> {
        if !self.fetch.is_under_way() {
            ready!(self.read(body, cx))?;
        }
        let source = self.config.source.as_ref();
        let (Some(source), Some(head), Opened::Delivery(delivery)) =
            (source, &self.head, &mut self.opened)
        else {
            return Poll::Ready(Ok(()));
        };
        let request = (head, self.buffer.pieces());
        self.fetch
            .poll(source, &self.config.verifier, delivery, request, cx)
    }

    fn read<B: Body>(
        &mut self,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), RejectionKind>> {
        let is_late = self.deadline.is_over(cx);
        for _ in 0..FRAMES_PER_POLL {
            let mut frame = match body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(RejectionKind::BodyBroken)),
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending => return self.wait(is_late, cx),
            };
            let is_last = body.is_end_stream();
            if let Some(data) = frame.data_mut() {
                self.accept(data)?;
            } else if self.config.refuse_trailers {
                return Poll::Ready(Err(RejectionKind::TrailersRefused));
            } else {
                self.trailers = frame.into_trailers().ok().map(Box::new);
                return Poll::Ready(Ok(()));
            }
            if is_last {
                return Poll::Ready(Ok(()));
            }
        }
        // A body that always has another frame must not keep the thread, nor escape the deadline.
        cx.waker().wake_by_ref();
        self.wait(is_late, cx)
    }

    /// Accepts a frame, unless it crosses the limit or the budget.
    fn accept(&mut self, data: &mut impl Buf) -> Result<(), RejectionKind> {
        if !data.has_remaining() {
            return Ok(());
        }
        let limit = match self.opened {
            Opened::Greeting(_) => MOST_BODY.min(self.config.body_limit),
            _ => self.config.body_limit,
        };
        if data.remaining() > limit.saturating_sub(self.buffer.len()) {
            return Err(RejectionKind::BodyTooLarge { limit });
        }
        self.share.reserve(data.remaining())?;
        // Costs nothing where the data is `Bytes` already.
        let data = data.copy_to_bytes(data.remaining());
        // A body in one frame needs no state between frames, so the first waits for another.
        if self.buffer.len() > 0 {
            if let Opened::Delivery(delivery) = &mut self.opened {
                let verifier = &self.config.verifier;
                if delivery.awaits_first(verifier) {
                    let first = self.buffer.pieces();
                    first.for_each(|first| delivery.update(verifier, first));
                }
                delivery.update(verifier, &data);
            }
        }
        self.buffer.push(data);
        Ok(())
    }

    /// Waits for more of the body, until the deadline.
    fn wait(&mut self, is_late: bool, cx: &mut Context<'_>) -> Poll<Result<(), RejectionKind>> {
        match self.config.body_deadline {
            Some(deadline) if is_late || self.deadline.begin(deadline, cx) => {
                Poll::Ready(Err(RejectionKind::BodyTimeout { deadline }))
            }
            _ => Poll::Pending,
        }
    }

    /// Verifies what has been read, or gives the answer in the inner service's place.
    pub(super) fn finish(&mut self, end: Result<(), RejectionKind>) -> Result<(), Answered> {
        match self.answered(end) {
            Ok(None) => Ok(()),
            Ok(Some(answered)) => Err(answered),
            Err(rejection) => Err(self.refused(rejection)),
        }
    }

    /// The request for the inner service, once it is verified.
    #[inline]
    pub(super) fn request<B: From<VerifiedBody>>(&mut self) -> Request<B> {
        let buffer = std::mem::take(&mut self.buffer);
        let body = VerifiedBody::new(buffer, self.trailers.take());
        Request::from_parts(self.head.take().expect(COMPLETED), body.into())
    }

    #[cold]
    fn refused(&mut self, rejection: Rejection) -> Answered {
        let head = self.head.take().expect(COMPLETED);
        let (bytes, verdict) = (self.buffer.len(), Verdict::Refused(&rejection));
        let told = Head::from(&head);
        self.config.report(Some(told), verdict, bytes, self.started);
        #[cfg(feature = "diagnose")]
        {
            let (body, keyring) = match &self.opened {
                Opened::Delivery(delivery) => {
                    (Some(std::mem::take(&mut self.buffer)), delivery.keyring())
                }
                _ => (None, None),
            };
            self.config.diagnose(told, rejection.kind(), body, keyring);
        }
        let is_grpc = rejection::is_grpc(head.version, &head.method, &head.headers);
        Answered::at(self.config.refuse(is_grpc, rejection))
    }

    /// The answer to a handshake, if it is one. If not, it is verified, and the head bears the proof.
    fn answered(&mut self, end: Result<(), RejectionKind>) -> Result<Option<Answered>, Rejection> {
        let Self {
            config,
            head,
            opened,
            may_be,
            buffer,
            ..
        } = self;
        let head = head.as_mut().expect(COMPLETED);
        match (end, &opened) {
            (Ok(()), _) => {}
            // Too long for a handshake.
            (Err(RejectionKind::BodyTooLarge { .. }), Opened::Greeting(rejection)) => {
                return Err((**rejection).clone());
            }
            (Err(kind), _) => return Err(config.verifier.reject(kind)),
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
