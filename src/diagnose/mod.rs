//! Explanations of rejected deliveries, for the operator. Requires the feature `diagnose`.
//!
//! Use this module if genuine deliveries are rejected, because a signature mismatch does not show
//! its cause. A [`Doctor`] has the secret. It changes the delivery, the scheme or the secret in
//! ways that occur in practice, and verifies each changed copy. Examples are a newline at the end
//! of the secret, a proxy that re-encodes JSON, and a clock that is an hour off.
//!
//! - If a changed copy verifies, the change is *proven* to be the cause.
//! - If nothing is proven, a header or the form of the signature may suggest a cause. Such a
//!   finding is a guess.
//!
//! | deliveries | tool |
//! | --- | --- |
//! | rejected by a running layer | [`WebhookLayer::diagnose`](crate::WebhookLayer::diagnose) |
//! | saved by the application | a [`Doctor`] |
//! | saved in files | `examples/doctor.rs` |
//!
//! # Example
//!
//! ```
//! use http::Request;
//! use tower_webhook::{diagnose::{Cause, Doctor}, providers};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The secret of GitHub's test vector, with a newline at its end.
//! let doctor = Doctor::new(providers::github(), "It's a Secret to Everybody\n")?;
//! let request = Request::post("/github")
//!     .header(
//!         "X-Hub-Signature-256",
//!         "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
//!     )
//!     .body("Hello, World!")?;
//!
//! let diagnosis = doctor.examine(&request, Some(request.body().as_bytes()));
//! let finding = &diagnosis.findings()[0];
//! assert_eq!(*finding.cause(), Cause::SecretWhitespace);
//! assert!(finding.is_proven());
//! # Ok(())
//! # }
//! ```
//!
//! # Security
//!
//! Show a diagnosis to the operator only. To a sender it would be an oracle: it tells an attacker
//! how close a forgery is, and what is wrong with the secret. A diagnosis contains no secret, no
//! MAC and no part of a body, and the layer never adds it to a response.
//!
//! A finding describes how the sender signs. Correct the sender, the proxy or the configuration. Do
//! not weaken the verification.

mod attempt;
mod body;
mod budget;
mod diagnosis;
mod doctor;
mod finding;
mod form;
mod header;
mod json;
mod provider;
mod secret;
mod sign;
mod time;
mod url;
mod worker;

pub(crate) use self::worker::DiagnosisWorker;
pub use self::{
    diagnosis::{Diagnosis, log},
    doctor::Doctor,
    finding::{Cause, Finding, SecretForm},
};
