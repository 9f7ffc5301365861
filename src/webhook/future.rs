use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    answering::{Answered, Handing},
    reading::Reading,
};
use crate::body::{BoxError, ResponseBody, VerifiedBody};

pin_project! {
    /// The response of [`Webhook`](super::Webhook): a refusal, the answer to a handshake, or what the inner
    /// service answers.
    ///
    /// # Cancel safety
    ///
    /// Dropping it before the delivery is verified drops what was read of the body; the inner
    /// service has not been called. Dropping it later drops the inner service's future, or that of
    /// [`hand_over`](super::WebhookLayer::hand_over).
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
        Answered { response: Option<Box<Response<Bytes>>> },
        HandingOver { future: Handing },
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
    pub(super) fn answered(answered: Answered) -> Self {
        Self {
            state: State::answered(answered),
        }
    }

    #[inline]
    pub(super) fn reading(service: S, body: ReqBody, reading: Reading) -> Self {
        Self {
            state: State::Reading {
                body,
                reading,
                service: Some(service),
            },
        }
    }
}

impl<S, B, F, ReqBody> State<S, B, F, ReqBody> {
    fn answered(answered: Answered) -> Self {
        match answered {
            Answered::At(response) => Self::Answered {
                response: Some(response),
            },
            Answered::Once(future) => Self::HandingOver { future },
        }
    }
}

/// Taking something out of a state twice takes a poll after the last.
pub(super) const COMPLETED: &str = "ResponseFuture polled after completion";

impl<S, B, ReqBody, ResBody> Future for ResponseFuture<S, B, ReqBody>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
    B: From<VerifiedBody>,
    ReqBody: Body<Error: Into<BoxError>>,
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
                    if let Err(answered) = reading.finish(end) {
                        state.set(State::answered(answered));
                        continue;
                    }
                    match service.poll_ready(cx) {
                        Poll::Ready(Ok(())) => {
                            let future = service.call(reading.request());
                            state.set(State::Calling { future });
                        }
                        Poll::Ready(Err(error)) => {
                            state.set(State::Done);
                            return Poll::Ready(Err(error));
                        }
                        Poll::Pending => {
                            let request = Some(reading.request());
                            state.set(State::Readying { request, service });
                            return Poll::Pending;
                        }
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
                StateProj::HandingOver { future } => {
                    let response = ready!(future.as_mut().poll(cx));
                    state.set(State::Done);
                    return Poll::Ready(Ok(response.map(ResponseBody::refusal)));
                }
                StateProj::Answered { response } => {
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
            State::Answered { .. } => "Answered",
            State::HandingOver { .. } => "HandingOver",
            State::Reading { .. } => "Reading",
            State::Readying { .. } => "Readying",
            State::Calling { .. } => "Calling",
            State::Done => "Done",
        };
        write!(f, "ResponseFuture::{state}")
    }
}
