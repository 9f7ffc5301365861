//! The response future: it claims a delivery, calls the inner service, and completes or releases
//! the claim. Also the responses to duplicates and rejections.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tower_service::Service;

use super::{
    ClaimResult, Duplicate,
    any_store::{Keys, Step},
    layer::Config,
    lease::Lease,
};
use crate::{
    body::ResponseBody,
    rejection::{self, Rejection, RejectionKind},
    trace,
    verify::Verified,
};

pin_project! {
    /// The response future of [`Dedupe`](super::Dedupe). It returns the response of the inner
    /// service, or the response to a delivery that was handled before or is being handled.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before the inner service has responded, the claim is released and
    /// the delivery can be handled again. If it is dropped while the store records a success, a
    /// task of the Tokio runtime finishes that. Without a runtime, the success is recorded only if
    /// the store answers at once; otherwise the claim ends with its lease.
    ///
    /// # Panics
    ///
    /// If it is polled after it has returned the response; and as
    /// [`lease`](super::DedupeLayer::lease) and
    /// [`store_deadline`](super::DedupeLayer::store_deadline) say.
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B, S::Future, Result<S::Response, S::Error>>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B, F, O> {
        Answered { response: Option<Response<Bytes>> },
        Claiming {
            claim: Step<ClaimResult>,
            claiming: Option<Claiming<S, B>>,
        },
        Readying {
            request: Option<Request<B>>,
            service: S,
            handling: Option<Handling>,
        },
        Calling {
            #[pin]
            future: F,
            handling: Option<Handling>,
        },
        Settling {
            settle: Pin<Box<dyn Future<Output = ()> + Send>>,
            lease: Option<Lease>,
            outcome: Option<O>,
        },
        Done,
    }
}

/// A delivery that waits for its claim.
struct Claiming<S, B> {
    service: S,
    request: Request<B>,
    config: Arc<Config>,
    verified: Verified,
    lease: Lease,
    is_grpc: bool,
}

/// A delivery that is being handled. `lease` is `None` if the delivery was forwarded without a
/// claim.
struct Handling {
    lease: Option<Lease>,
    renewal: Renewal,
    config: Arc<Config>,
    verified: Verified,
    is_grpc: bool,
}

enum Renewal {
    /// Nothing keeps us waiting.
    Needless,
    UnderWay(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// Another one has the claim.
    Lost,
}

/// Taking something out of a state twice takes a poll after the last.
const COMPLETED: &str = "ResponseFuture polled after completion";

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) fn rejected(
        config: &Config,
        is_grpc: bool,
        verified: Option<&Verified>,
        kind: RejectionKind,
    ) -> Self {
        let response = Some(reject(config, is_grpc, verified, kind));
        Self {
            state: State::Answered { response },
        }
    }

    pub(super) fn claiming(
        service: S,
        config: &Arc<Config>,
        request: Request<B>,
        verified: Verified,
        keys: Keys,
        is_grpc: bool,
    ) -> Self {
        let lease = Lease::new(&config.store, keys, config.times);
        Self {
            state: State::Claiming {
                claim: lease.claim(),
                claiming: Some(Claiming {
                    service,
                    request,
                    config: Arc::clone(config),
                    verified,
                    lease,
                    is_grpc,
                }),
            },
        }
    }
}

impl<S, B, ResBody> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
{
    type Output = Result<Response<ResponseBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Claiming { claim, claiming } => {
                    let claim = ready!(claim.as_mut().poll(cx));
                    claiming.take().expect(COMPLETED).proceed(claim)
                }
                StateProj::Readying {
                    request,
                    service,
                    handling,
                } => {
                    let ready = service.poll_ready(cx);
                    let held = handling.as_mut().expect(COMPLETED);
                    // A service that is not ready may be asked outside of a runtime, as it always
                    // could.
                    let renews = ready.is_pending() || !matches!(held.renewal, Renewal::Needless);
                    let is_lost =
                        renews && Handle::try_current().is_ok() && held.renew(cx).is_ready();
                    let held = handling.take().expect(COMPLETED);
                    match ready {
                        // As long as nothing has begun, it can be left to who has the claim now.
                        _ if is_lost => held.leave(),
                        Poll::Ready(Ok(())) => State::Calling {
                            future: service.call(request.take().expect(COMPLETED)),
                            handling: Some(held),
                        },
                        Poll::Ready(Err(error)) => held.settle(Err(error)),
                        Poll::Pending => {
                            *handling = Some(held);
                            return Poll::Pending;
                        }
                    }
                }
                StateProj::Calling { future, handling } => match future.poll(cx) {
                    Poll::Ready(outcome) => handling.take().expect(COMPLETED).settle(outcome),
                    Poll::Pending => {
                        // The handler continues even if another process has the claim.
                        let _ = handling.as_mut().expect(COMPLETED).renew(cx);
                        return Poll::Pending;
                    }
                },
                StateProj::Settling {
                    settle,
                    lease,
                    outcome,
                } => {
                    ready!(settle.as_mut().poll(cx));
                    if let Some(lease) = lease {
                        lease.void();
                    }
                    let outcome = outcome.take().expect(COMPLETED);
                    state.set(State::Done);
                    return Poll::Ready(outcome.map(|it| it.map(ResponseBody::inner)));
                }
                StateProj::Answered { response } => {
                    let response = response.take().expect(COMPLETED);
                    return Poll::Ready(Ok(response.map(ResponseBody::rejection)));
                }
                StateProj::Done => panic!("{COMPLETED}"),
            };
            state.set(next);
        }
    }
}

impl<S, B> Claiming<S, B>
where
    S: Service<Request<B>>,
{
    /// What is to be done now that the store has answered.
    fn proceed(
        mut self,
        claim: Result<ClaimResult, RejectionKind>,
    ) -> State<S, B, S::Future, Result<S::Response, S::Error>> {
        let lease = match claim {
            Ok(ClaimResult::Granted) => Some(self.lease),
            Ok(ClaimResult::Completed) => {
                self.lease.void();
                let response = duplicate(&self.config, &self.verified, self.is_grpc);
                let response = Some(response);
                return State::Answered { response };
            }
            Ok(ClaimResult::InFlight) => {
                self.lease.void();
                let verified = Some(&self.verified);
                let kind = RejectionKind::InFlight;
                let response = Some(reject(&self.config, self.is_grpc, verified, kind));
                return State::Answered { response };
            }
            Err(kind) if self.config.lets_through => {
                trace::warn!(
                    provider = self.verified.provider(),
                    reason = %kind,
                    "webhook delivery forwarded without a claim"
                );
                None
            }
            Err(kind) => {
                let response = reject(&self.config, self.is_grpc, Some(&self.verified), kind);
                let response = Some(response);
                return State::Answered { response };
            }
        };
        State::Readying {
            request: Some(self.request),
            service: self.service,
            handling: Some(Handling {
                lease,
                renewal: Renewal::Needless,
                config: self.config,
                verified: self.verified,
                is_grpc: self.is_grpc,
            }),
        }
    }
}

impl Handling {
    /// Keeps the claim while something keeps us waiting; ready once another one has it.
    fn renew(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let (Renewal::Needless, Some(lease)) = (&self.renewal, &self.lease) {
            self.renewal = Renewal::UnderWay(Box::pin(lease.renewal()));
        }
        match &mut self.renewal {
            Renewal::Needless => Poll::Pending,
            Renewal::UnderWay(renewal) => {
                ready!(renewal.as_mut().poll(cx));
                self.renewal = Renewal::Lost;
                Poll::Ready(())
            }
            Renewal::Lost => Poll::Ready(()),
        }
    }

    /// Answers as if the claim had not been granted. What is left of it is released.
    fn leave<S, B, F, R, E>(self) -> State<S, B, F, Result<Response<R>, E>> {
        let (verified, kind) = (Some(&self.verified), RejectionKind::InFlight);
        let response = Some(reject(&self.config, self.is_grpc, verified, kind));
        State::Answered { response }
    }

    /// What is to be done now that the inner service has answered.
    fn settle<S, B, F, R, E>(
        self,
        outcome: Result<Response<R>, E>,
    ) -> State<S, B, F, Result<Response<R>, E>> {
        let Self {
            mut lease,
            config,
            verified,
            ..
        } = self;
        if let Some(lease) = &mut lease {
            if outcome.as_ref().is_ok_and(is_success) {
                lease.succeed(config.retention(&verified));
            }
        }
        let settle = lease.as_ref().map(Lease::settle);
        State::Settling {
            settle: Box::pin(async move {
                if let Some(settle) = settle {
                    settle.await;
                }
            }),
            lease,
            outcome: Some(outcome),
        }
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Answered { .. } => "Answered",
            State::Claiming { .. } => "Claiming",
            State::Readying { .. } => "Readying",
            State::Calling { .. } => "Calling",
            State::Settling { .. } => "Settling",
            State::Done => "Done",
        };
        write!(f, "ResponseFuture::{state}")
    }
}

/// Whether the sender will take a response for success. A gRPC call that failed is HTTP 200 too.
fn is_success<B>(response: &Response<B>) -> bool {
    let grpc_status = response.headers().get("grpc-status");
    response.status().is_success() && grpc_status.is_none_or(|status| status == "0")
}

/// The response to a delivery that was handled before.
fn duplicate(config: &Config, verified: &Verified, is_grpc: bool) -> Response<Bytes> {
    trace::debug!(provider = verified.provider(), "duplicate webhook delivery");
    let mut response = if is_grpc {
        // ALREADY_EXISTS
        rejection::grpc_status("6", "Duplicate delivery")
    } else {
        config.duplicate(verified)
    };
    response.extensions_mut().insert(Duplicate::new());
    response
}

/// Reports a rejection, and creates its response.
fn reject(
    config: &Config,
    is_grpc: bool,
    verified: Option<&Verified>,
    kind: RejectionKind,
) -> Response<Bytes> {
    let responder = config.responder(verified);
    let rejection = responder.reject(kind);
    log(&rejection);
    responder.respond(rejection, is_grpc)
}

fn log(rejection: &Rejection) {
    if *rejection.kind() == RejectionKind::InFlight {
        trace::debug!(
            provider = rejection.provider(),
            reason = %rejection,
            "webhook delivery rejected"
        );
        return;
    }
    // The receiver is at fault.
    trace::warn!(
        provider = rejection.provider(),
        reason = %rejection,
        "webhook delivery rejected"
    );
}
