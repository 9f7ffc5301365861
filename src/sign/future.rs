//! The response future: it reads the body, signs the request, and calls the client.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response, request};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{BodyError, SendError, layer::Config};
use crate::{
    body::{BodyReader, BoxError, DeliveryBody, ReadError},
    signer::SignError,
};

pin_project! {
    /// The response future of [`Sign`](super::Sign).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before the body is complete, the bytes read so far are dropped, and
    /// the request is not sent. If it is dropped later, the inner service's future is dropped.
    ///
    /// # Panics
    ///
    /// Panics if it is polled after it has returned the response.
    pub struct ResponseFuture<S, B>
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
            reader: BodyReader,
            pending: Option<Pending<S>>,
        },
        Calling {
            #[pin]
            future: F,
        },
        Done,
    }
}

/// A request that is signed once its body has been read, and the service that it is sent to.
struct Pending<S> {
    service: S,
    config: Arc<Config>,
    parts: request::Parts,
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<DeliveryBody>>,
{
    pub(super) fn new(service: S, config: Arc<Config>, request: Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        let reader = BodyReader::new(config.body_limit);
        let pending = Some(Pending {
            service,
            config,
            parts,
        });
        Self {
            state: State::Reading {
                body,
                reader,
                pending,
            },
        }
    }
}

const COMPLETED: &str = "ResponseFuture polled after completion";

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<DeliveryBody>, Response = Response<R>>,
    B: Body<Error: Into<BoxError>>,
{
    type Output = Result<Response<R>, SendError<S::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Reading {
                    body,
                    reader,
                    pending,
                } => {
                    let read = ready!(reader.poll(body, cx, |_, _| {}));
                    let mut pending = pending.take().expect(COMPLETED);
                    let signed = read
                        .map_err(into_send_error)
                        .and_then(|()| pending.config.sign_read(pending.parts, reader));
                    match signed {
                        Ok(request) => {
                            let future = pending.service.call(request);
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

impl Config {
    /// Signs a request whose body has been read.
    fn sign_read<E>(
        &self,
        parts: request::Parts,
        reader: &mut BodyReader,
    ) -> Result<Request<DeliveryBody>, SendError<E>> {
        let (frames, mut trailers) = reader.take();
        if let Some(trailers) = &mut trailers {
            self.signer.clear(trailers);
        }
        let request = Request::from_parts(parts, frames.into_bytes());
        let request = self.sign(request).map_err(SendError::Sign)?;
        Ok(request.map(|body| DeliveryBody::new(body, trailers)))
    }
}

/// The sender sets neither a deadline nor a budget, so a body fails by its length or its own error.
fn into_send_error<E>(error: ReadError) -> SendError<E> {
    match error {
        ReadError::TooLarge { limit } => SendError::Sign(SignError::TooLarge { limit }),
        ReadError::Body(error) => SendError::Body(BodyError::new(error)),
        ReadError::BudgetExhausted => {
            SendError::Body(BodyError::new("the memory budget is used up"))
        }
        ReadError::Timeout { .. } => {
            SendError::Body(BodyError::new("the body did not arrive in time"))
        }
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<DeliveryBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Reading { .. } => "Reading",
            State::Calling { .. } => "Calling",
            State::Done => "Done",
        };
        write!(f, "ResponseFuture::{state}")
    }
}
