//! The body that the inner service receives.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::Buffer;

/// The raw body of a verified delivery, complete and in memory.
///
/// Only [`WebhookLayer`](crate::WebhookLayer) creates a `VerifiedBody`. A service whose request
/// body is a `VerifiedBody` can therefore be mounted only behind the layer:
///
/// ```
/// use std::convert::Infallible;
///
/// use axum::{Router, body::Body};
/// use http::{Request, Response};
/// use tower::{Layer, service_fn};
/// use tower_webhook::{Secret, VerifiedBody, WebhookLayer, providers};
///
/// async fn handle(request: Request<VerifiedBody>) -> Result<Response<Body>, Infallible> {
///     Ok(Response::new(Body::from(request.into_body().into_bytes())))
/// }
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let layer = WebhookLayer::new(providers::github(), Secret::new("It's a Secret to Everybody")?)?;
/// let service = layer.layer(service_fn(handle));
/// let app: Router = Router::new().route_service("/github", service);
/// # Ok(())
/// # }
/// ```
///
/// A program without the layer does not compile:
///
/// ```compile_fail
/// # use std::convert::Infallible;
/// #
/// # use axum::{Router, body::Body};
/// # use http::{Request, Response};
/// # use tower::{Layer, service_fn};
/// # use tower_webhook::{Secret, VerifiedBody, WebhookLayer, providers};
/// #
/// # async fn handle(request: Request<VerifiedBody>) -> Result<Response<Body>, Infallible> {
/// #     Ok(Response::new(Body::from(request.into_body().into_bytes())))
/// # }
/// #
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// # let secret = Secret::new("It's a Secret to Everybody")?;
/// # let layer = WebhookLayer::new(providers::github(), secret)?;
/// let service = service_fn(handle);
/// let app: Router = Router::new().route_service("/github", service);
/// # Ok(())
/// # }
/// ```
///
/// The body yields the signed bytes in the frames in which they arrived, except that short frames
/// may have been joined. Trailers follow if the request had any.
///
/// # Security
///
/// Trailers are not signed. [`reject_trailers`](crate::WebhookLayer::reject_trailers) rejects
/// requests with trailers.
#[doc(alias = "raw_body")]
pub struct VerifiedBody {
    frames: Buffer,
    trailers: Option<Box<HeaderMap>>,
}

impl VerifiedBody {
    pub(crate) fn new(frames: Buffer, trailers: Option<Box<HeaderMap>>) -> Self {
        Self { frames, trailers }
    }

    /// Returns the number of remaining bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Returns whether no bytes remain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes in one piece, and drops the trailers. The bytes are copied only if they
    /// arrived in several frames.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.frames.into_bytes()
    }
}

impl Body for VerifiedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.frames.pop().map(Frame::data);
        let frame = data.or_else(|| {
            self.trailers
                .take()
                .map(|trailers| Frame::trailers(*trailers))
        });
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        super::size_hint(self.len(), self.trailers.as_deref())
    }
}

impl fmt::Debug for VerifiedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedBody")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
