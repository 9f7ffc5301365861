use std::{
    fmt,
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, Request, Response, header::CONTENT_LENGTH};
use http_body::Body;
use tower_service::Service;

use super::{ResponseFuture, layer::Config};
use crate::{
    body::{ResponseBody, VerifiedBody},
    rejection::RejectionKind,
    verify::{Head, Verified},
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
    ReqBody: Body,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B, ReqBody>;

    /// Always ready: the inner service is asked once a delivery is verified, by the future.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        // Whoever put it there, it was not this layer.
        head.extensions.remove::<Verified>();
        let verifier = &self.config.verifier;
        let session = verifier.begin(&Head::from(&head)).and_then(|session| {
            declared_length(&head.headers, &body, self.config.body_limit)
                .map_err(|kind| verifier.reject(kind))
                .map(|()| session)
        });
        match session {
            Ok(session) => {
                ResponseFuture::reading(self.inner.clone(), &self.config, head, body, session)
            }
            Err(rejection) => ResponseFuture::refused(&self.config, &head.headers, rejection),
        }
    }
}

/// Holds the length that a request declares against the limit. Nothing is ever allocated by it.
fn declared_length(
    headers: &HeaderMap,
    body: &impl Body,
    limit: usize,
) -> Result<(), RejectionKind> {
    let malformed = || RejectionKind::MalformedHeader {
        header: CONTENT_LENGTH,
    };
    let too_large = |length: u64| usize::try_from(length).map_or(true, |length| length > limit);
    let mut over = too_large(body.size_hint().lower());
    for value in headers.get_all(CONTENT_LENGTH) {
        let digits = value.to_str().map_err(|_| malformed())?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed());
        }
        // Digits that are no `u64` are a number that is larger.
        over |= too_large(digits.parse().unwrap_or(u64::MAX));
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
