//! Types for handshakes: the requests with which a provider checks an endpoint before it delivers.
//!
//! Use these types to describe the handshake of a custom provider, or to receive the data of a
//! handshake. The presets contain the handshakes of their providers, see
//! [`Provider::handshakes`](crate::providers::Provider::handshakes) and the table in
//! `docs/PROVIDERS.md`.
//!
//! Many providers send a request that is not a delivery when a URL is entered, and some repeat it
//! later. The endpoint has to return a challenge, a signed token or a status. The layer answers
//! these requests, and the inner service does not receive them.
//! [`without_handshakes`](crate::WebhookLayer::without_handshakes) turns the answers off.
//!
//! - **Unsigned** handshakes are answered without verification. The provider sends them before
//!   there is a secret, or with a method that it never signs. If the provider sends a token (Meta),
//!   the token must equal the one that was [set](crate::providers::Provider::with_setting).
//!   Otherwise the answer is 403.
//! - **Signed** handshakes are answered once the signature is verified.
//! - Handshakes **with data** carry a secret (Asana, Notion) or a subscription (Amazon SNS). The
//!   handler of [`on_handshake_data`](crate::WebhookLayer::on_handshake_data) must accept the data
//!   before they are answered.
//!
//! # Example: Meta
//!
//! ```
//! #
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::convert::Infallible;
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use tower::{Layer, ServiceExt, service_fn};
//! use tower_webhook::{Secret, VerifiedBody, WebhookLayer, providers};
//!
//! let meta = providers::meta().with_setting("verify_token", "chosen in the console");
//! let layer = WebhookLayer::new(meta, Secret::new("the app secret")?)?;
//! let service = layer.layer(service_fn(async |_: Request<VerifiedBody>| {
//!     Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("handled")))
//! }));
//!
//! let ask = "/meta?hub.mode=subscribe&hub.challenge=1158201444\
//!     &hub.verify_token=chosen+in+the+console";
//! let response = service.oneshot(Request::get(ask).body(Full::<Bytes>::default())?).await?;
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "1158201444");
//! # Ok(())
//! # }
//! ```
//!
//! # Example: a custom provider
//!
//! ```
//! use http::{HeaderName, Method};
//! use tower_webhook::{
//!     handshake::{ChallengeCharset, Handshake, ResponsePart},
//!     providers::Provider,
//!     scheme::{Location, Scheme},
//! };
//!
//! # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
//! let asked = Location::Header(HeaderName::from_static("x-acme-challenge"));
//! let acme = Scheme::builder("acme").signature_header("x-acme-signature").build()?;
//! let acme = Provider::from(acme).with_handshake(
//!     Handshake::unsigned("challenge", Method::GET)
//!         .challenge(asked, ChallengeCharset::Token, 20..=64)
//!         .json("challenge", [ResponsePart::Challenge]),
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # Security
//!
//! - An answer contains nothing of the request but the challenge. Its length is limited, and its
//!   characters are those that the handshake allows, at most printable ASCII. The answer is
//!   `text/plain` or JSON, with `X-Content-Type-Options: nosniff`.
//! - An answer with a MAC ([`ResponsePart::Mac`]) signs a text that the client chooses. An attacker
//!   could therefore have a delivery signed. To prevent this, a delivery whose signed text could be
//!   a challenge is rejected, even if its signature is valid
//!   ([`AmbiguousChallenge`](crate::rejection::RejectionKind::AmbiguousChallenge)). The characters
//!   of a challenge exclude those that every event contains.
//! - An attacker can send an unsigned handshake with data at any time. Accept its data only while
//!   you expect it, and [reject](Acceptance::Reject) it otherwise.
//! - At most 16 KiB of a body are searched for a handshake. A request with a longer body is treated
//!   as a delivery.

mod answer;
mod challenge;
mod data;
mod plan;
mod request;

pub(crate) use self::{answer::Means, challenge::MAX_SIGNED};
pub use self::{
    answer::{Answer, ResponsePart},
    challenge::ChallengeCharset,
    data::{Acceptance, HandshakeData, HandshakeDataValue, IssuedSecret, Subscription},
    plan::{DataKind, Handshake},
};

/// The longest body that is looked into for a handshake.
pub(crate) const MAX_BODY: usize = 16 << 10;
