//! What a provider asks an endpoint before it trusts it, and what is answered, as data.
//!
//! When a URL is entered, and at times later, many providers send something that is no delivery: a
//! challenge to be sent back, a token to be signed, a probe to be met with a status. The presets
//! say which ([`Provider::handshakes`](crate::providers::Provider::handshakes), and the table in
//! `docs/PROVIDERS.md`), and the layer answers them itself; the service inside never hears of them.
//! [`without_handshakes`](crate::WebhookLayer::without_handshakes) is the one call that stops it.
//!
//! - **Unsigned** ones are answered before anything is verified. They come before there is a
//!   secret, or by a method that is never signed. Where the provider sends a token for it (Meta),
//!   the token must be the one that was [set](crate::providers::Provider::with_setting), or the
//!   answer is 403.
//! - **Signed** ones are answered once the signature holds, and in the place of the service.
//! - Those that bring what only the program can keep or do are [handed
//!   over](crate::WebhookLayer::on_handshake_data): Asana's and Notion's secret, Amazon's subscription.
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
//! let ask = "/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=chosen+in+the+console";
//! let response = service.oneshot(Request::get(ask).body(Full::<Bytes>::default())?).await?;
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "1158201444");
//! # Ok(())
//! # }
//! ```
//!
//! # Example: a provider of one's own
//!
//! ```
//! use http::{HeaderName, Method};
//! use tower_webhook::{
//!     handshake::{Handshake, ChallengeCharset, ResponsePart},
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
//! - Nothing is sent back but a challenge of bounded length in the letters that its handshake
//!   names, printable ASCII at most; as `text/plain` or JSON, with `X-Content-Type-Options:
//!   nosniff`.
//! - An answer with a MAC ([`ResponsePart::Mac`]) signs what anybody asks for. So what such an
//!   endpoint would sign is never taken as a delivery, however well it is signed: a signed text
//!   that could be a challenge is refused
//!   ([`AmbiguousChallenge`](crate::rejection::RejectionKind::AmbiguousChallenge)). The letters of
//!   a challenge leave out those that every event has.
//! - An unsigned handshake that is handed over may come from anybody, at any time. Take what it
//!   brings only while you wait for it, and [reject](Acceptance::Reject) it otherwise.
//! - The bodies of handshakes are looked into up to 16 KiB. What is longer is a delivery like any
//!   other.

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
