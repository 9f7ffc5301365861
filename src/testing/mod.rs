//! Tools for tests of applications that use this crate. Requires the feature `testing`.
//!
//! | type | purpose |
//! | --- | --- |
//! | [`TestSender`] | signs deliveries of any provider that signs with a secret, without an account |
//! | [`Delivery`] | a signed request that can be modified before it is sent |
//! | [`TestClock`] | a clock that the test sets |
//! | [`RecordingService`] | a service that records the requests that it receives |
//! | [`abuse_suite`], [`AbuseSuite`] | sends forged, broken and hostile requests to a whole stack, or to a running server |
//! | [`assert_store_contract`] | tests an implementation of [`dedupe::DedupeStore`](crate::dedupe::DedupeStore) |
//!
//! Verification cannot be disabled for tests. A test signs its requests with a secret of its own.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use tower::{Layer, ServiceExt};
//! use tower_webhook::{Secret, WebhookLayer, providers};
//! use tower_webhook::testing::{RecordingService, TestClock, TestSender};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (clock, inner) = (TestClock::new(), RecordingService::new());
//! let secret = Secret::new("a secret for tests")?;
//! let layer = WebhookLayer::new(providers::slack(), secret.clone())?.clock(clock.clone());
//! let service = layer.layer(inner.clone());
//!
//! let sender = TestSender::new(providers::slack(), secret)?.clock(clock.clone());
//! let delivery = sender.delivery("payload=%7B%7D")?;
//! let forged = delivery.clone().change_body(|body| [body, b"&more"].concat());
//!
//! let answer = service.clone().oneshot(delivery.clone().into_request::<Full<Bytes>>()).await?;
//! assert_eq!(answer.status(), 200);
//! let answer = service.clone().oneshot(forged.into_request::<Full<Bytes>>()).await?;
//! assert_eq!(answer.status(), 403);
//!
//! // A copy of the delivery arrives after the tolerance.
//! clock.advance(Duration::from_secs(301));
//! let answer = service.oneshot(delivery.into_request::<Full<Bytes>>()).await?;
//! assert_eq!(answer.status(), 400);
//! assert_eq!(inner.recorded().len(), 1);
//! # Ok(())
//! # }
//! ```

mod abuse;
mod clock;
mod delivery;
mod location;
mod recorder;
mod sample;
mod sender;
mod store;

pub use self::{
    abuse::{AbuseReport, AbuseSuite, CaseReport, CaseVerdict, abuse_suite},
    clock::TestClock,
    delivery::Delivery,
    recorder::{Recorded, RecordingService},
    sender::TestSender,
    store::assert_store_contract,
};
