//! Middleware that verifies incoming webhooks, for any tower server.
//!
//! Use [`WebhookLayer`] around the service that receives webhooks. It calls your handler only with
//! verified deliveries: the signature is valid for the exact bytes received, and the timestamp is
//! recent if the provider signs one (GitHub and Shopify do not). The layer answers
//! [handshakes](handshake) itself, and rejects all other requests with 400, 403, 405, 408, 413 or
//! 503.
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
//! # Modules
//!
//! - [`webhook`]: the steps of the layer, the order of layers, and what the layer does not do.
//! - [`dedupe`]: deduplication of retries and replays.
//! - [`providers`]: the presets. [`scheme`]: the description of any other provider.
//! - [`keys`]: key rotation, keys that are replaced at run time, and keys for each tenant.
//! - [`public_url`]: the public URL, for schemes that sign it.
//! - [`handshake`]: the requests with which providers check an endpoint, which the layer answers.
//! - [`rejection`]: the reasons for rejections, and the responses to them.
//! - [`verify`]: verification without tower.
//! - [`sign`]: signing, sending and retries.
#![cfg_attr(
    feature = "full",
    doc = "- [`guide`]: a page for each subject, from the first endpoint to migrations."
)]
//!
//! # Crate features
//!
//! No feature is enabled by default. A feature adds items and dependencies. It never changes how
//! existing code behaves, what it keeps in memory, or which deliveries a provider accepts.
//!
//! | feature | adds | depends on |
//! | --- | --- | --- |
//! | `axum` | the extractors [`Verified`] and `axum::VerifiedJson`, and `From<VerifiedBody> for axum::body::Body` for [`WebhookLayer::forward_body`] | `axum-core` |
//! | `diagnose` | [`diagnose`], which explains to the operator why a delivery was rejected | `flate2`, `serde-transcode` |
//! | `ecdsa` | ECDSA signatures, and the [`providers`] that use them | `p256`, `p521` |
//! | `ed25519` | Ed25519 signatures, and the [`providers`] that use them | `ed25519-dalek` |
//! | `key-cache` | [`keys::KeyCache`], a [`keys::KeySource`] that caches the keys of each tenant | `moka`, `futures-util` |
//! | `redis` | [`dedupe::RedisStore`], for deduplication across processes | `redis`, `rustls` |
//! | `remote-keys` | [`keys::RemoteKeys`], which fetches the public keys of a provider with an HTTP client of the application. Enables `key-cache` and `rsa` | |
//! | `rsa` | RSA signatures, keys in X.509 certificates, and the [`providers`] that use them | `rsa`, `x509-cert` |
//! | `sender` | `sign::DeliveryRetry`, a policy for tower's retries, and `sign::SetDeliveryIdLayer` for random delivery IDs. Signing needs no feature | `tower`, `httpdate`, `uuid` |
//! | `testing` | [`testing`]: signed requests, an abuse suite, and [`testing::assert_store_contract`] for a [`dedupe::DedupeStore`] of your own | `httparse` |
//! | `tracing` | [events](#events) for deliveries and for failures | `tracing` |
//! | `full` | all of them | |
//!
//! # Events
//!
//! With the feature `tracing`, the crate logs these events under the target `tower_webhook`. The
//! names of fields are stable. A field without a value is left out, except that a key without a
//! label is logged as `(no label)`. No field contains a secret, a MAC or a part of a body. Events
//! that unauthenticated clients can cause without limit have debug level.
//!
//! | event | level | fields |
//! | --- | --- | --- |
//! | `webhook delivery accepted` | debug | `provider`, `delivery_id`, `key_label`, `bytes`, `micros` |
//! | `webhook delivery rejected` | debug | `provider`, `reason`, `delivery_id`, `key_label`, `bytes`, `micros` |
//! | the same, if the key source or a handshake handler failed or the limit on key fetches is used up, once a minute for each reason | warn | `provider`, `reason`, `suppressed` |
//! | the same, by [`DedupeLayer`], if the store failed or the layer is misconfigured | warn | `provider`, `reason` |
//! | the same, by [`DedupeLayer`], for a delivery that is being handled | debug | `provider`, `reason` |
//! | `webhook handshake answered` | debug | `provider`, `handshake` |
//! | `webhook delivery diagnosed`, by `diagnose::log`, for each finding | warn | `provider`, `reason`, `delivery_id`, `key_label`, `tenant`, `cause`, `is_proven` |
//! | `webhook payload rejected`, by `axum::VerifiedJson`, of a genuine delivery | warn | `provider`, `reason`, `delivery_id` |
//! | `a handler requires a verified delivery, …` (`axum::MissingLayer`) | error | |
//! | `delivery verified with a previous secret; …`, once, see [`Keys::previous`] | info | `provider`, `tenant`, `key_label` |
//! | `duplicate webhook delivery` | debug | `provider` |
//! | `webhook delivery forwarded without a claim`, where the store failed | warn | `provider`, `reason` |
//! | failed renewals, completions and releases of a claim, and claims that another request took over | warn | `key`, `reason` |
//! | `failed to fetch public keys again; using the expired keys`, once a minute for each provider | warn | `provider`, `reason`, `suppressed` |
//! | `failed to refresh public keys; using the cached keys` | debug | `provider`, `reason` |
//! | `failed to reconnect to Redis; retrying` | warn | `reason` |
//! | `reconnected to Redis` | info | |
#![cfg_attr(docsrs, feature(doc_cfg))]
// Shared code is compiled even if only disabled features use it, so only a build with all features
// can find dead code.
#![cfg_attr(not(feature = "full"), allow(dead_code))]

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
mod location;
mod mac;
mod payload;
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

#[cfg(feature = "remote-keys")]
pub use crate::verify::RemoteVerifier;
pub use crate::{
    body::VerifiedBody,
    dedupe::DedupeLayer,
    head::RequestHead,
    keys::{KeyError, Keys, Secret},
    public_url::PublicUrl,
    rejection::Rejection,
    scheme::Scheme,
    setup::SetupError,
    verify::{Verified, Verifier},
    webhook::WebhookLayer,
};

// The guide is documentation only. Its examples and its links need every feature.
#[cfg(all(any(doc, doctest), feature = "full"))]
pub mod guide;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
