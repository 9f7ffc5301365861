//! Webhook security for any tower server.
//!
//! One layer in front of a handler, and every delivery that reaches it is authentic and whole, and
//! fresh as far as its provider signs a time (GitHub and Shopify do not). Everything else is
//! answered 403, 400, 413, 408 or 503, and the handler never hears of it.
//!
//! ```
//! use axum::{Router, routing::post};
//! use tower_webhook::{Secret, WebhookLayer, providers};
//!
//! # fn main() -> Result<(), tower_webhook::SetupError> {
//! let secret = Secret::new("It's a Secret to Everybody")?;
//! let app: Router = Router::new()
//!     .route("/github", post(async |body: String| println!("{body}")))
//!     .layer(WebhookLayer::new(providers::github(), secret)?);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to go from here
//!
//! - [`webhook`]: what the layer does, step by step; the order of layers; what it does not do.
//! - [`dedupe`]: each delivery once.
//! - [`providers`]: the ready-made ones. [`scheme`]: describing any other.
//! - [`keys`]: several secrets, while one takes over from another; keys that are replaced while the
//!   layer is at work; keys for each tenant.
//! - [`public_url`]: for schemes that sign the URL.
//! - [`handshake`]: what providers ask before they deliver, which the layer answers.
//! - [`rejection`]: what senders are told, and what operators are.
//! - [`verify`]: verification without tower.
//! - [`sign`]: the other direction: signing, sending, and sending again.
//!
//! # Crate features
//!
//! No feature is enabled by default. A feature adds items and dependencies. It never changes how
//! existing code behaves, which deliveries a provider accepts, or what a layer keeps in memory.
//!
//! | feature | adds | depends on |
//! | --- | --- | --- |
//! | `axum` | the extractors [`Verified`] and `axum::VerifiedJson`, and `From<VerifiedBody> for axum::body::Body` for [`WebhookLayer::forward_body`] | `axum-core` |
//! | `diagnose` | [`diagnose`], which explains to the operator why a delivery was rejected | `flate2`, `serde-transcode` |
//! | `ecdsa` | ECDSA signatures, and the [`providers`] that use them | `p256`, `p521` |
//! | `ed25519` | Ed25519 signatures, and the [`providers`] that use them | `ed25519-dalek` |
//! | `key-cache` | [`keys::KeyCache`], which caches the keys that a [`keys::KeySource`] looks up | `moka`, `futures-util` |
//! | `redis` | [`dedupe::RedisStore`], for deduplication across processes | `redis`, `rustls` |
//! | `remote-keys` | [`keys::RemoteKeys`], which fetches the public keys of a provider with an HTTP client of the application. Enables `key-cache` and `rsa` | |
//! | `rsa` | RSA signatures, keys in X.509 certificates, and the [`providers`] that use them | `rsa`, `x509-cert` |
//! | `sender` | `sign::DeliveryRetry`, a policy for tower's retries, and `sign::DeliveryIdLayer` for random delivery IDs. Signing needs no feature | `tower`, `httpdate`, `uuid` |
//! | `testing` | [`testing`]: signed requests, an abuse suite, and [`testing::store`] for a [`dedupe::Store`] of your own | `httparse` |
//! | `tracing` | [events](#events) for deliveries and for failures | `tracing` |
//! | `full` | all of them | |
//!
//! # Events
//!
//! With the feature `tracing`, under the target `tower_webhook`. Names of fields are stable; one
//! that is not known is left out. None holds a secret, a MAC or anything of a body. What strangers
//! can cause as often as they like is at debug level.
//!
//! | event | level | fields |
//! | --- | --- | --- |
//! | `webhook delivery accepted` | debug | `provider`, `delivery_id`, `key_label`, `bytes`, `micros` |
//! | `webhook delivery refused` | debug | `provider`, `reason`, `delivery_id`, `key_label`, `bytes`, `micros` |
//! | the same, where the key source, a store or who takes a handshake failed | warn | `provider`, `reason` |
//! | the same, by [`DedupeLayer`] for what is in flight | debug | `provider`, `reason` |
//! | `webhook handshake answered` | debug | `provider`, `handshake` |
//! | `webhook delivery diagnosed`, by `diagnose::log`, for each finding | warn | `provider`, `reason`, `delivery_id`, `key_label`, `tenant`, `cause`, `is_proven` |
//! | `webhook payload refused`, by `axum::VerifiedJson`, of a genuine delivery | warn | `provider`, `reason`, `delivery_id` |
//! | `a handler asks for a verified delivery, …` (`axum::MissingLayer`) | error | |
//! | `a previous secret is still in use`, once, see [`Keys::previous`] | info | `provider`, `tenant`, `key_label` |
//! | `duplicate webhook delivery` | debug | `provider` |
//! | `webhook delivery let through without a claim`, where the store failed | warn | `provider`, `reason` |
//! | what else became of a claim in the store | warn | `key`, `reason` |
//! | `failed to reconnect to redis` | warn | `reason` |
//! | `reconnected to redis` | info | |
#![cfg_attr(docsrs, feature(doc_cfg))]
// What one feature uses is there for all of its kind.
#![cfg_attr(
    not(all(
        feature = "ecdsa",
        feature = "ed25519",
        feature = "remote-keys",
        feature = "rsa"
    )),
    allow(dead_code)
)]

#[cfg(feature = "axum")]
pub mod axum;
pub mod body;
pub mod clock;
mod deadline;
pub mod dedupe;
#[cfg(feature = "diagnose")]
pub mod diagnose;
mod encoding;
pub mod handshake;
mod head;
pub mod keys;
mod mac;
mod payload;
mod place;
#[cfg(feature = "ed25519")]
mod private_key;
pub mod providers;
mod public_key;
pub mod public_url;
pub mod rejection;
pub mod scheme;
mod secret;
mod setup;
pub mod sign;
mod signer;
#[cfg(feature = "testing")]
pub mod testing;
mod trace;
pub mod verify;
pub mod webhook;

pub use crate::{
    body::VerifiedBody,
    dedupe::DedupeLayer,
    head::Head,
    keys::{KeyError, Keys, Secret},
    public_url::PublicUrl,
    rejection::Rejection,
    scheme::Scheme,
    setup::SetupError,
    verify::{Verified, Verifier},
    webhook::WebhookLayer,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
