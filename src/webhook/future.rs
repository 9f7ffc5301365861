use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http::{HeaderMap, Request, Response, request};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::Instant;
use tower_service::Service;

use super::{Verdict, budget::Share, deadline::Deadline, layer::Config, lookup::LookUp};
use crate::{
    body::{Buffer, ResponseBody, VerifiedBody},
    head::Head,
    rejection::{self, Rejection, RejectionKind},
    verify::Delivery,
};

/// How many frames are taken in one go before other tasks get their turn.
const FRAMES_PER_POLL: usize = 256;

pin_project! {
    /// The response of [`Webhook`](super::Webhook): a refusal, or what the inner service answers.
    ///
    /// # Cancel safety
    ///
    /// Dropping it before the delivery is verified drops what was read of the body; the inner
    /// service has not been called. Dropping it later drops the inner service's future.
    ///
    /// # Panics
    ///
    /// When polled after it has given its response, as futures may; and as
    /// [`body_deadline`](super::WebhookLayer::body_deadline) says.
    pub struct ResponseFuture<S, B, ReqBody>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B, S::Future, ReqBody>,
    }
}

pin_project! {
    // What is taken out of a state on the way to the next is an `Option`, so that it is moved once
    // and the rest of the state not at all.
    #[project = StateProj]
    enum State<S, B, F, ReqBody> {
        Refused { response: Option<Response<Bytes>> },
        Reading {
            #[pin]
            body: ReqBody,
            reading: Reading,
            service: Option<S>,
        },
        Readying { request: Option<Request<B>>, service: S },
        Calling {
            #[pin]
            future: F,
        },
        Done,
    }
}

impl<S, B, ReqBody> ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>>,
{
    pub(super) fn refused(config: &Config, is_grpc: bool, rejection: Rejection) -> Self {
        let response = Some(refuse(config, is_grpc, rejection));
        Self {
            state: State::Refused { response },
        }
    }

    #[inline]
    pub(super) fn reading(
        service: S,
        config: &Arc<Config>,
        request: Request<ReqBody>,
        delivery: Delivery,
        started: Option<Instant>,
    ) -> Self {
        let (head, body) = request.into_parts();
        let (head, look_up) = match &config.source {
            None => (Some(head), None),
            Some(source) => (None, Some(source.look_up(head))),
        };
        let reading = Reading {
            config: Arc::clone(config),
            head,
            look_up,
            delivery,
            buffer: Buffer::default(),
            trailers: None,
            share: Share::of(config.budget.as_ref()),
            deadline: Deadline::default(),
            started,
        };
        Self {
            state: State::Reading {
                body,
                reading,
                service: Some(service),
            },
        }
    }
}

/// Taking something out of a state twice takes a poll after the last.
const COMPLETED: &str = "ResponseFuture polled after completion";

impl<S, B, ReqBody, ResBody> Future for ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
    B: From<VerifiedBody>,
    ReqBody: Body,
{
    type Output = Result<Response<ResponseBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Reading {
                    body,
                    reading,
                    service,
                } => {
                    let end = ready!(reading.poll(body, cx));
                    let mut service = service.take().expect(COMPLETED);
                    match reading.finish(end) {
                        Err(response) => state.set(State::Refused {
                            response: Some(response),
                        }),
                        Ok(request) => match service.poll_ready(cx) {
                            Poll::Ready(Ok(())) => {
                                let future = service.call(request);
                                state.set(State::Calling { future });
                            }
                            Poll::Ready(Err(error)) => {
                                state.set(State::Done);
                                return Poll::Ready(Err(error));
                            }
                            Poll::Pending => {
                                let request = Some(request);
                                state.set(State::Readying { request, service });
                                return Poll::Pending;
                            }
                        },
                    }
                }
                StateProj::Readying { request, service } => match ready!(service.poll_ready(cx)) {
                    Ok(()) => {
                        let future = service.call(request.take().expect(COMPLETED));
                        state.set(State::Calling { future });
                    }
                    Err(error) => {
                        state.set(State::Done);
                        return Poll::Ready(Err(error));
                    }
                },
                StateProj::Calling { future } => {
                    let response = ready!(future.poll(cx));
                    state.set(State::Done);
                    return Poll::Ready(response.map(|response| response.map(ResponseBody::inner)));
                }
                StateProj::Done => panic!("{COMPLETED}"),
                StateProj::Refused { response } => {
                    let response = response.take().expect(COMPLETED);
                    return Poll::Ready(Ok(response.map(ResponseBody::refusal)));
                }
            }
        }
    }
}

impl<S, B, ReqBody> fmt::Debug for ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Refused { .. } => "Refused",
            State::Reading { .. } => "Reading",
            State::Readying { .. } => "Readying",
            State::Calling { .. } => "Calling",
            State::Done => "Done",
        };
        write!(f, "ResponseFuture::{state}")
    }
}

/// A request whose body is arriving.
struct Reading {
    config: Arc<Config>,
    /// With the look-up while it is under way.
    head: Option<request::Parts>,
    look_up: Option<LookUp>,
    delivery: Delivery,
    buffer: Buffer,
    trailers: Option<Box<HeaderMap>>,
    share: Share,
    deadline: Deadline,
    /// If somebody wants to know how long it took.
    started: Option<Instant>,
}

impl Reading {
    /// Waits for the keys, if they have to be looked up, and reads to the end of the body.
    fn poll<B: Body>(
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
                source.give(found, scheme, &mut self.delivery)?;
            }
        }
        self.read(body, cx)
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
                self.accept(data, is_last)?;
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
    fn accept(&mut self, data: &mut impl Buf, is_last: bool) -> Result<(), RejectionKind> {
        if !data.has_remaining() {
            return Ok(());
        }
        let limit = self.config.body_limit;
        if data.remaining() > limit.saturating_sub(self.buffer.len()) {
            return Err(RejectionKind::BodyTooLarge { limit });
        }
        self.share.reserve(data.remaining())?;
        // Costs nothing where the data is `Bytes` already.
        let data = data.copy_to_bytes(data.remaining());
        // The whole body in one frame needs no state between frames.
        if self.buffer.len() > 0 || !is_last {
            self.delivery.update(&self.config.verifier, &data);
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

    /// The request for the inner service, or the response that refuses it.
    #[expect(clippy::result_large_err, reason = "the other one is larger")]
    fn finish<B: From<VerifiedBody>>(
        &mut self,
        end: Result<(), RejectionKind>,
    ) -> Result<Request<B>, Response<Bytes>> {
        let verified = match end {
            Ok(()) => self
                .delivery
                .finish(&self.config.verifier, self.buffer.pieces()),
            Err(kind) => Err(self.config.verifier.reject(kind)),
        };
        let head = self.head.as_mut().expect(COMPLETED);
        let verdict = match &verified {
            Ok(verified) => Verdict::Accepted(verified),
            Err(rejection) => Verdict::Refused(rejection),
        };
        let bytes = self.buffer.len();
        self.config
            .tell(Head::from(&*head), verdict, bytes, self.started);
        match verified {
            Ok(verified) => {
                // In the place of any that somebody else put there.
                head.extensions.insert(verified);
                let buffer = std::mem::take(&mut self.buffer);
                let body = VerifiedBody::new(buffer, self.trailers.take());
                Ok(Request::from_parts(
                    self.head.take().expect(COMPLETED),
                    body.into(),
                ))
            }
            Err(rejection) => {
                #[cfg(feature = "diagnose")]
                {
                    let body = std::mem::take(&mut self.buffer);
                    let keyring = self.delivery.keyring();
                    let head = Head::from(&*head);
                    self.config
                        .diagnose(head, rejection.kind(), Some(body), keyring);
                }
                let is_grpc = rejection::is_grpc(head.version, &head.method, &head.headers);
                Err(refuse(&self.config, is_grpc, rejection))
            }
        }
    }
}

/// The response that refuses a request.
#[cold]
fn refuse(config: &Config, is_grpc: bool, rejection: Rejection) -> Response<Bytes> {
    let mut response = if is_grpc {
        rejection::grpc(&rejection)
    } else {
        (config.renderer)(&rejection)
    };
    response.extensions_mut().insert(rejection);
    response
}
