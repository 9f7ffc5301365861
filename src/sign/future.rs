use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http::{HeaderMap, Request, Response, request};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{BodyError, SendError, layer::Config};
use crate::{
    body::{Buffer, DeliveryBody},
    signer::SignError,
};

/// How many frames are taken in one go before other tasks get their turn.
const FRAMES_PER_POLL: usize = 256;

pin_project! {
    /// The response of [`Sign`](super::Sign).
    ///
    /// # Cancel safety
    ///
    /// Dropping it before the body is there as a whole drops what was read of it, and nothing was sent.
    /// Dropping it later drops the inner service's future.
    ///
    /// # Panics
    ///
    /// When polled after it has given its response, as futures may.
    pub struct SignFuture<S, B>
    where
        S: Service<Request<DeliveryBody>>,
    {
        #[pin]
        state: State<S, S::Future, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, B> {
        Reading {
            #[pin]
            body: B,
            reading: Option<Reading<S>>,
        },
        Calling {
            #[pin]
            future: F,
        },
        Done,
    }
}

/// A request whose body is not yet there as a whole, and the service that waits for it.
struct Reading<S> {
    service: S,
    config: Arc<Config>,
    head: request::Parts,
    buffer: Buffer,
    trailers: Option<Box<HeaderMap>>,
}

impl<S, B> SignFuture<S, B>
where
    S: Service<Request<DeliveryBody>>,
{
    pub(super) fn new(service: S, config: Arc<Config>, request: Request<B>) -> Self {
        let (head, body) = request.into_parts();
        let reading = Some(Reading {
            service,
            config,
            head,
            buffer: Buffer::default(),
            trailers: None,
        });
        Self {
            state: State::Reading { body, reading },
        }
    }
}

const COMPLETED: &str = "SignFuture polled after completion";

impl<S, B, R> Future for SignFuture<S, B>
where
    S: Service<Request<DeliveryBody>, Response = Response<R>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Output = Result<Response<R>, SendError<S::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Reading { body, reading } => {
                    let whole = reading.as_mut().expect(COMPLETED);
                    let end = ready!(whole.poll(body, cx));
                    let Reading {
                        mut service,
                        config,
                        head,
                        buffer,
                        mut trailers,
                    } = reading.take().expect(COMPLETED);
                    if let Some(trailers) = &mut trailers {
                        config.signer.clear(trailers);
                    }
                    let signed = end.and_then(|()| {
                        let request = Request::from_parts(head, buffer.into_bytes());
                        config.sign(request).map_err(SendError::Sign)
                    });
                    match signed {
                        Ok(request) => {
                            let request = request.map(|body| DeliveryBody::new(body, trailers));
                            let future = service.call(request);
                            state.set(State::Calling { future });
                        }
                        Err(error) => {
                            state.set(State::Done);
                            return Poll::Ready(Err(error));
                        }
                    }
                }
                StateProj::Calling { future } => {
                    let response = ready!(future.poll(cx));
                    state.set(State::Done);
                    return Poll::Ready(response.map_err(SendError::Inner));
                }
                StateProj::Done => panic!("{COMPLETED}"),
            }
        }
    }
}

impl<S> Reading<S> {
    /// Reads to the end of the body.
    fn poll<B, E>(
        &mut self,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<E>>>
    where
        B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let limit = self.config.body_limit;
        let too_large = || Poll::Ready(Err(SendError::Sign(SignError::TooLarge { limit })));
        let least = body.size_hint().lower();
        if usize::try_from(least).map_or(true, |least| least > limit - self.buffer.len()) {
            return too_large();
        }
        for _ in 0..FRAMES_PER_POLL {
            let mut frame = match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    return Poll::Ready(Err(SendError::Body(BodyError::new(error))));
                }
                None => return Poll::Ready(Ok(())),
            };
            if let Some(data) = frame.data_mut() {
                if data.remaining() > limit - self.buffer.len() {
                    return too_large();
                }
                // Costs nothing where the data is `Bytes` already.
                self.buffer.push(data.copy_to_bytes(data.remaining()));
            } else {
                self.trailers = frame.into_trailers().ok().map(Box::new);
                return Poll::Ready(Ok(()));
            }
        }
        // A body that always has another frame must not keep the thread.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S, B> fmt::Debug for SignFuture<S, B>
where
    S: Service<Request<DeliveryBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Reading { .. } => "Reading",
            State::Calling { .. } => "Calling",
            State::Done => "Done",
        };
        write!(f, "SignFuture::{state}")
    }
}
