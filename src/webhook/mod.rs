//! Middleware that verifies incoming webhooks before they reach your service.
//!
//! Use it around every service that receives webhooks. For each request, the layer
//!
//! 1. rejects a method that the provider does not use (405);
//! 2. answers the request if its head shows that it is a [handshake](crate::handshake);
//! 3. checks the head: the signatures, the timestamp and the ID (403 or 400), and the
//!    `Content-Length` (413 or 400);
//! 4. looks up the keys, if they are [not the same for every
//!    request](WebhookLayer::with_key_source) (503 if that fails);
//! 5. reads the body within the limit (413), the memory budget (503) and the deadline (408), and
//!    then fetches [published keys](crate::keys);
//! 6. answers the request if its body shows that it is a handshake, or compares the signatures in
//!    constant time (403);
//! 7. waits until the inner service is ready, and calls it with the same request, and with
//!    [`Verified`](crate::Verified) in its extensions.
//!
//! A body in several frames is hashed as it arrives, if the scheme allows that.
//!
//! A rejection is a response (see [`rejection`](crate::rejection)), never an error, and the inner
//! service is not called. The layer does not read the rest of the body then. Over HTTP/1.1 the
//! server closes the connection, and a client that reads only after it has written everything may
//! miss the response.
//!
//! # Example
//!
//! ```
//! use std::{convert::Infallible, time::{Duration, UNIX_EPOCH}};
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{Layer, ServiceExt, service_fn};
//! use tower_webhook::{Secret, VerifiedBody, WebhookLayer, providers};
//!
//! async fn handle(request: Request<VerifiedBody>) -> Result<Response<String>, Infallible> {
//!     Ok(Response::new(format!("{} bytes", request.into_body().len())))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = WebhookLayer::new(providers::github(), Secret::new("It's a Secret to Everybody")?)?;
//! let service = layer.layer(service_fn(handle));
//!
//! let delivery = |body: &'static str| {
//!     Request::post("/github")
//!         .header(
//!             "X-Hub-Signature-256",
//!             "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
//!         )
//!         .body(Full::<Bytes>::from(body))
//! };
//! let response = service.clone().oneshot(delivery("Hello, World!")?).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! let response = service.oneshot(delivery("Hello, Mars!")?).await?;
//! assert_eq!(response.status(), StatusCode::FORBIDDEN);
//! # Ok(())
//! # }
//! ```
//!
//! # Layer order
//!
//! - Put layers that change the body inside: the signature covers the bytes that were received, so
//!   `tower_http`'s `RequestDecompressionLayer` must not see them first.
//! - Put `TraceLayer` and similar layers outside, where they see rejections too.
//! - Limit bodies with [`body_limit`](WebhookLayer::body_limit). If a limit layer outside has a
//!   lower limit, the response is 413 as well.
//! - Put a concurrency or rate limit outside, so that it limits the bodies that are being read. Put
//!   load shedding inside. The response future polls the readiness of the inner service once a
//!   delivery is verified, so that a slow unsigned upload does not hold a permit. Readiness errors
//!   come out of the future for the same reason.
//! - axum's `from_fn` accepts axum's own body only: use `layer.forward_body::<axum::body::Body>()`,
//!   with the `axum` feature.
//!
//! # What this does not do
//!
//! - It does not detect a delivery that arrives twice. A signed timestamp limits the time during
//!   which a captured delivery can be replayed; [`dedupe`](crate::dedupe) prevents a replay within
//!   it.
//! - It does not protect what the scheme does not sign: few [`providers`](crate::providers) sign
//!   the URL, the method or a header, and no scheme signs trailers. If two endpoints share a
//!   secret, a delivery for one can be sent to the other.
//! - It cannot be switched off. Tests sign their requests.

mod config;
mod future;
mod handshake;
mod keys;
mod layer;
mod observe;
mod response;
mod service;

pub use self::{
    future::ResponseFuture,
    layer::WebhookLayer,
    observe::{Decision, RequestOutcome},
    service::Webhook,
};
pub use crate::body::MemoryBudget;
