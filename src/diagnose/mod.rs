//! Why a delivery was refused: for the operator, who has the secret.
//!
//! A signature that does not match says nothing of the reason. A [`Doctor`] changes one thing after
//! the other as they go wrong in practice (the secret has a newline, a proxy wrote the JSON anew,
//! the clock is an hour off) and verifies again. What verifies then is *proven* to be the reason;
//! what only looks like one is told as a guess, and only if nothing is proven.
//!
//! Three ways to it: a [`Doctor`] for a delivery that was kept, `examples/doctor.rs` for one in
//! files, and [`WebhookLayer::diagnose`](crate::WebhookLayer::diagnose) for those that are refused
//! right now.
//!
//! # Example
//!
//! ```
//! use http::Request;
//! use tower_webhook::{diagnose::{Cause, Doctor}, providers};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // GitHub's test values, with a newline that came along.
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
//! A diagnosis is for the operator alone. Shown to callers it is an oracle: it tells a forger how
//! near a forgery is, and what of a secret is wrong. It holds no secret, no MAC and nothing of a
//! body; the layer never answers with it.
//!
//! It says how deliveries are sent, not how to let them in: a sender who signs what this endpoint
//! does not get is to be changed, or whatever changes its requests on the way, and not the check.

mod body;
mod doctor;
mod finding;
mod form;
mod header;
mod json;
mod log;
mod provider;
mod secret;
mod sign;
mod time;
mod trial;
mod url;
mod work;

pub use self::{
    doctor::{Diagnosis, Doctor},
    finding::{Cause, Finding, SecretForm},
    log::log,
};
