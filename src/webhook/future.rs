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
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::{budget::Share, layer::Config};
use crate::{
    body::{Buffer, ResponseBody, VerifiedBody},
    rejection::{self, Rejection, RejectionKind},
    trace,
    verify::{Session, Verified},
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
    #[project = StateProj]
    #[project_replace = StateReplace]
    enum State<S, B, F, ReqBody> {
        Refused { response: Response<Bytes> },
        Reading {
            #[pin]
            body: ReqBody,
            service: S,
            reading: Reading,
        },
        Readying { service: S, request: Request<B> },
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
    pub(super) fn refused(config: &Config, headers: &HeaderMap, rejection: Rejection) -> Self {
        let response = refuse(config, headers, rejection);
        Self {
            state: State::Refused { response },
        }
    }

    pub(super) fn reading(
        service: S,
        config: &Arc<Config>,
        head: request::Parts,
        body: ReqBody,
        session: Session,
    ) -> Self {
        let reading = Reading {
            config: Arc::clone(config),
            head,
            session,
            buffer: Buffer::default(),
            trailers: None,
            share: Share::of(config.budget.as_ref()),
            deadline: None,
        };
        Self {
            state: State::Reading {
                body,
                service,
                reading,
            },
        }
    }
}

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
                StateProj::Reading { body, reading, .. } => {
                    let end = ready!(reading.poll(body, cx));
                    let StateReplace::Reading {
                        service, reading, ..
                    } = state.as_mut().project_replace(State::Done)
                    else {
                        continue;
                    };
                    state.set(match reading.finish(end) {
                        Outcome::Forward(request) => State::Readying {
                            service,
                            request: request.map(B::from),
                        },
                        Outcome::Refuse(response) => State::Refused { response },
                    });
                }
                StateProj::Readying { service, .. } => {
                    let ready = ready!(service.poll_ready(cx));
                    let StateReplace::Readying {
                        mut service,
                        request,
                    } = state.as_mut().project_replace(State::Done)
                    else {
                        continue;
                    };
                    if let Err(error) = ready {
                        return Poll::Ready(Err(error));
                    }
                    state.set(State::Calling {
                        future: service.call(request),
                    });
                }
                StateProj::Calling { future } => {
                    let response = ready!(future.poll(cx));
                    state.set(State::Done);
                    return Poll::Ready(response.map(|response| response.map(ResponseBody::inner)));
                }
                StateProj::Refused { .. } | StateProj::Done => {
                    let StateReplace::Refused { response } =
                        state.as_mut().project_replace(State::Done)
                    else {
                        panic!("ResponseFuture polled after completion");
                    };
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
    head: request::Parts,
    session: Session,
    buffer: Buffer,
    trailers: Option<HeaderMap>,
    share: Share,
    /// Made when the body first keeps us waiting.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Reading {
    /// Reads to the end of the body.
    fn poll<B: Body>(
        &mut self,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), RejectionKind>> {
        for _ in 0..FRAMES_PER_POLL {
            let frame = match body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(RejectionKind::BodyBroken)),
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending => return self.poll_deadline(cx),
            };
            match frame.into_data() {
                Ok(data) => self.take(data)?,
                Err(frame) => {
                    if self.config.refuse_trailers {
                        return Poll::Ready(Err(RejectionKind::TrailersRefused));
                    }
                    self.trailers = frame.into_trailers().ok();
                    return Poll::Ready(Ok(()));
                }
            }
            if body.is_end_stream() {
                return Poll::Ready(Ok(()));
            }
        }
        // A body that always has another frame must not keep the thread, nor escape the deadline.
        cx.waker().wake_by_ref();
        self.poll_deadline(cx)
    }

    /// Takes a frame, unless it crosses the limit or the budget.
    fn take(&mut self, mut data: impl Buf) -> Result<(), RejectionKind> {
        let limit = self.config.body_limit;
        if data.remaining() > limit.saturating_sub(self.buffer.len()) {
            return Err(RejectionKind::BodyTooLarge { limit });
        }
        if !self.share.take(data.remaining()) {
            return Err(RejectionKind::OverMemoryBudget);
        }
        // Costs nothing where the data is `Bytes` already.
        let data = data.copy_to_bytes(data.remaining());
        self.session.update(&data);
        self.buffer.push(data);
        Ok(())
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), RejectionKind>> {
        let Some(deadline) = self.config.body_deadline else {
            return Poll::Pending;
        };
        let timer = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(deadline)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(RejectionKind::BodyTimeout { deadline }))
    }

    fn finish(self, end: Result<(), RejectionKind>) -> Outcome {
        let Self {
            config,
            mut head,
            session,
            buffer,
            trailers,
            ..
        } = self;
        let verified: Result<Verified, Rejection> = match end {
            Ok(()) => session.finish(buffer.pieces()),
            Err(kind) => Err(config.verifier.reject(kind)),
        };
        match verified {
            Ok(verified) => {
                head.extensions.insert(verified);
                Outcome::Forward(Request::from_parts(head, buffer.into_body(trailers)))
            }
            Err(rejection) => Outcome::Refuse(refuse(&config, &head.headers, rejection)),
        }
    }
}

/// What becomes of a request whose body has arrived.
enum Outcome {
    Forward(Request<VerifiedBody>),
    Refuse(Response<Bytes>),
}

/// The response that refuses a request with these headers.
fn refuse(config: &Config, headers: &HeaderMap, rejection: Rejection) -> Response<Bytes> {
    trace::debug!(
        provider = rejection.provider(),
        reason = %rejection,
        "webhook delivery refused"
    );
    let mut response = if rejection::is_grpc(headers) {
        rejection::grpc(&rejection)
    } else {
        (config.renderer)(&rejection)
    };
    response.extensions_mut().insert(rejection);
    response
}
