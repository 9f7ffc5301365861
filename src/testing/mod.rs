//! For tests of what is built on this crate; needs the `testing` feature.
//!
//! | what | for |
//! | --- | --- |
//! | [`TestSender`] | deliveries of any provider that a secret can sign for, without an account there |
//! | [`Delivery`] | a signed request, and what can be done to it behind its sender's back |
//! | [`TestClock`] | a clock that is set |
//! | [`RecordingService`] | a service that keeps what reaches it |
//! | [`abuse_suite`], [`AbuseSuite`] | forged, broken and hostile requests, sent to a whole stack, or to a server that listens |
//! | [`assert_store_contract`] | what a [`dedupe::DedupeStore`](crate::dedupe::DedupeStore) has to pass |
//!
//! There is no switch that turns verification off. A test signs its requests, with a secret of its
//! own.
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
//! // Recorded, and sent again later.
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
