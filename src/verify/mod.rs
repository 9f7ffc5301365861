//! Types for verification without tower.
//!
//! Use a [`Verifier`] if deliveries do not arrive through a tower service, for example in a queue
//! worker, a Lambda function or another server. It does no I/O.
//! [`WebhookLayer`](crate::WebhookLayer) uses the same code.
//!
//! [`Verifier::verify`] verifies a delivery whose body is in memory. It consists of three steps,
//! which can be called separately:
//!
//! 1. [`Verifier::begin`] reads the head. It finds the signatures, the timestamp and the ID, and
//!    rejects requests that can be rejected without the body.
//! 2. [`VerificationSession::update`] takes each piece of the body as it arrives, and hashes it if
//!    the scheme allows that.
//! 3. [`VerificationSession::finish`] compares the signatures in constant time, and returns
//!    [`Verified`].
//!
//! # Example
//!
//! The [test values] of GitHub, as a queue would store them:
//!
//! ```
//! use http::Request;
//! use tower_webhook::{Secret, Verifier, providers};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::new(providers::github(), Secret::new("It's a Secret to Everybody")?)?;
//! let request = Request::post("/github")
//!     .header(
//!         "X-Hub-Signature-256",
//!         "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
//!     )
//!     .body("Hello, World!")?;
//!
//! let verified = verifier.verify(&request, request.body().as_bytes())?;
//! assert_eq!(verified.provider(), "github");
//!
//! let rejection = verifier.verify(&request, b"Hello, Mars!").unwrap_err();
//! assert_eq!(rejection.status(), 403);
//! # Ok(())
//! # }
//! ```
//!
//! # Example: a body in pieces
//!
//! ```
//! # use http::Request;
//! # use tower_webhook::{Secret, Verifier, providers};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = Secret::new("It's a Secret to Everybody")?;
//! # let verifier = Verifier::new(providers::github(), secret)?;
//! # let request = Request::post("/github")
//! #     .header(
//! #         "X-Hub-Signature-256",
//! #         "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
//! #     )
//! #     .body(())?;
//! let mut session = verifier.begin(&request)?;
//! let mut body = Vec::new();
//! for piece in ["Hello, ", "World!"] {
//!     session.update(piece.as_bytes());
//!     body.push(piece);
//! }
//! let verified = session.finish(&body)?;
//! # Ok(())
//! # }
//! ```
//!
//! [test values]: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation

mod body_context;
mod candidates;
mod claims;
mod dedupe_key;
mod delivery;
mod handshakes;
mod methods;
#[cfg(feature = "remote-keys")]
mod remote;
mod session;
mod settings;
mod signature_headers;
mod signed_text;
mod signing;
mod text_search;
mod timing;
mod token;
mod unit_trials;
mod verified;
mod verifier;
mod web_token;
mod window;

#[cfg(feature = "remote-keys")]
pub use self::remote::{RemoteSession, RemoteVerifier};
#[cfg(any(feature = "diagnose", feature = "testing"))]
pub(crate) use self::verifier::no_tolerance;
pub(crate) use self::web_token::unsigned as unsigned_token;
#[cfg(feature = "diagnose")]
pub(crate) use self::window::Tolerances;
pub use self::{
    dedupe_key::DedupeKey, session::VerificationSession, verified::Verified, verifier::Verifier,
};
pub(crate) use self::{
    delivery::Delivery, handshakes::UnsignedMatch, signing::signed_text, verifier::check_settings,
};
