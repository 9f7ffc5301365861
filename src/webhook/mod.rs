//! The middleware that lets only verified deliveries through.
//!
//! For each request it
//!
//! 0. answers it, if it is a [handshake](crate::handshake) of the provider's that nobody signs;
//! 1. finds the signatures, the timestamp and the delivery's id in the head, and refuses what they
//!    alone show to be wrong: 403 or 400;
//! 2. refuses a `Content-Length` over the limit (413) or that cannot be read (400);
//! 3. looks up the keys, if they are [not the same for every request](WebhookLayer::per_request):
//!    503 if they cannot be told;
//! 4. reads the body, under the limit (413) and the deadline (408), while the MAC runs over each
//!    frame as it arrives, the first with the second;
//! 5. compares in constant time: 403; and answers it, if it is a handshake that is signed;
//! 6. waits until the inner service is ready and calls it with the very same request, with
//!    [`Verified`](crate::Verified) in its extensions.
//!
//! Every refusal is a response (see [`rejection`](crate::rejection)), never an error, and the inner
//! service is not called. Refusals do not read the body to its end; over HTTP/1.1 a server then
//! closes the connection, and a client that writes all before it reads may miss the answer.
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
//! - Whatever changes the body goes inside: the signature covers the bytes on the wire, so
//!   `tower_http`'s `RequestDecompressionLayer` must not see them first.
//! - `TraceLayer` and the like go outside, where they see refusals too.
//! - Limit bodies with [`body_limit`](WebhookLayer::body_limit). If a limit layer outside has a lower
//!   limit, the response is 413 as well.
//! - A concurrency or rate limit goes outside, so that it bounds the bodies being read; load
//!   shedding goes inside. The inner service is asked whether it is ready only after a delivery is
//!   verified, inside the response future, so that a slow upload that nobody signed does not hold a
//!   place there. Its readiness errors come out of the future for the same reason.
//! - axum's `from_fn` wants axum's own body: `layer.forward_body::<axum::body::Body>()`, with the
//!   `axum` feature.
//!
//! # What this does not do
//!
//! - It does not recognise a delivery that comes twice. A timestamp that is signed bounds how long
//!   a recorded delivery can be sent again; what stops the second within that time is
//!   [`dedupe`](crate::dedupe).
//! - It does not cover what the scheme does not sign: few of the [`providers`](crate::providers)
//!   sign the URL, the method or a header, and nobody signs trailers. One secret for two endpoints
//!   lets a delivery for one be sent to the other.
//! - It cannot be switched off. Tests sign their requests.

mod config;
mod future;
mod handshake;
mod keys;
mod layer;
mod observe;
mod service;
#[cfg(feature = "diagnose")]
mod watch;

pub use self::{
    future::ResponseFuture,
    layer::WebhookLayer,
    observe::{Outcome, Verdict},
    service::Webhook,
};
pub use crate::body::MemoryBudget;
