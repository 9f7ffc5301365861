use std::{
    fmt,
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, header::CONTENT_LENGTH};
use http_body::Body;
use tokio::time::Instant;
use tower_service::Service;

use super::{
    ResponseFuture, Verdict,
    answering::{Answered, Greeted, MayBe},
    config::Config,
    reading::{Opened, Reading},
};
use crate::{
    body::{BoxError, ResponseBody, VerifiedBody},
    encoding::decimal,
    handshake::MOST_BODY,
    head::Head,
    rejection::{self, Rejection, RejectionKind},
};

/// Lets verified deliveries through to `S`; made by [`WebhookLayer`](super::WebhookLayer).
///
/// See the [module docs](crate::webhook) for an example.
pub struct Webhook<S, B = VerifiedBody> {
    inner: S,
    config: Arc<Config>,
    body: PhantomData<fn() -> B>,
}

impl<S, B> Webhook<S, B> {
    pub(super) fn new(inner: S, config: Arc<Config>) -> Self {
        Self {
            inner,
            config,
            body: PhantomData,
        }
    }

    /// The inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service, out of the middleware.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, ReqBody, ResBody> Service<Request<ReqBody>> for Webhook<S, B>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
    B: From<VerifiedBody>,
    ReqBody: Body<Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B, ReqBody>;

    /// Always ready: the inner service is asked once a delivery is verified, by the future.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let Self { inner, config, .. } = self;
        let started = config.start();
        match open(config, &request, started) {
            Ok((opened, may_be)) => {
                let (head, body) = request.into_parts();
                let reading = Reading::new(config, head, opened, may_be, started);
                ResponseFuture::reading(inner.clone(), body, reading)
            }
            Err(answered) => ResponseFuture::answered(answered),
        }
    }
}

/// What is to be made of a request once its body is there, or the answer to its head alone.
#[inline]
fn open<B: Body>(
    config: &Arc<Config>,
    request: &Request<B>,
    started: Option<Instant>,
) -> Result<(Opened, MayBe), Answered> {
    if let Err(kind) = config.check_method(request.method()) {
        return Err(refused(
            config,
            request,
            config.verifier.reject(kind),
            started,
        ));
    }
    let may_be = if config.greets() {
        match config.greeted(request) {
            Greeted::Answered(answered) => return Err(answered),
            Greeted::Challenge(opened) => return Ok((opened, MayBe::Delivery)),
            Greeted::MayBe(may_be) => may_be,
        }
    } else {
        MayBe::Delivery
    };
    let verifier = &config.verifier;
    let rejection = match verifier.open(Head::from(request)) {
        Ok(delivery) => match declared_length(request, config.body_limit) {
            Ok(()) => return Ok((Opened::Delivery(delivery), may_be)),
            Err(kind) => verifier.reject(kind),
        },
        Err(rejection) => rejection,
    };
    if may_be == MayBe::Any && declared_length(request, MOST_BODY).is_ok() {
        return Ok((Opened::Greeting(Box::new(rejection)), may_be));
    }
    Err(refused(config, request, rejection, started))
}

#[cold]
fn refused<B>(
    config: &Config,
    request: &Request<B>,
    rejection: Rejection,
    started: Option<Instant>,
) -> Answered {
    let head = Head::from(request);
    config.report(Some(head), Verdict::Refused(&rejection), 0, started);
    #[cfg(feature = "diagnose")]
    config.diagnose(head, rejection.kind(), None, None);
    let is_grpc = rejection::is_grpc(request.version(), request.method(), request.headers());
    Answered::at(config.refuse(is_grpc, rejection))
}

/// Holds the length that a request declares against the limit. Nothing is ever allocated by it.
fn declared_length(request: &Request<impl Body>, limit: usize) -> Result<(), RejectionKind> {
    let too_large = |length: u64| usize::try_from(length).map_or(true, |length| length > limit);
    let mut over = too_large(request.body().size_hint().lower());
    if let Some(length) = Head::from(request).only(&CONTENT_LENGTH)? {
        let text = length.as_bytes();
        let is_number = || !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        over |= match decimal(text) {
            Some(length) => too_large(length),
            // More than a `u64`.
            None if is_number() => true,
            None => {
                return Err(RejectionKind::MalformedHeader {
                    header: CONTENT_LENGTH,
                });
            }
        };
    }
    if over {
        Err(RejectionKind::BodyTooLarge { limit })
    } else {
        Ok(())
    }
}

// By hand, because `derive` would ask the same of `B`.
impl<S: Clone, B> Clone for Webhook<S, B> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.config))
    }
}

impl<S: fmt::Debug, B> fmt::Debug for Webhook<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("inner", &self.inner)
            .field("config", &self.config)
            .finish()
    }
}
