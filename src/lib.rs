//! Webhook security for any tower server.
//!
//! One layer in front of a handler, and every delivery that reaches it is authentic and whole, and
//! fresh as far as its provider signs a time (GitHub and Shopify do not). Everything else is answered
//! 403, 400, 413, 408 or 503, and the handler never hears of it.
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
//! All are off unless asked for; none changes what the rest does, but that with `form` and `json` presets have
//! more [handshakes](handshake).
//!
//! - `axum`: extractors (`axum::VerifiedJson`, and [`Verified`] itself), and
//!   `From<VerifiedBody> for axum::body::Body`, for [`WebhookLayer::forward_body`]. Depends on `axum-core`,
//!   `serde` and `serde_json`.
//! - `cache`: [`keys::KeyCache`], which remembers what a [`keys::KeySource`] looked up. Depends on
//!   `moka` and `futures-util`.
//! - `form`, `json`: schemes that look into forms (multipart too) and queries, or into JSON, and the [`providers`] that
//!   need it; and the [handshakes](handshake) that are found there. Depend on `percent-encoding`, and on `serde` and `serde_json`.
//! - `ecdsa`, `ed25519`, `rsa`: schemes that are proven by the provider's public key. Depend on `p256` and
//!   `p521`, on `ed25519-dalek`, on `rsa`; `x509` is `rsa` with keys in certificates, and depends on `x509-cert`.
//! - `jwt`: schemes whose signature is a JSON web token, and the [`providers`] that have one. It is `json`.
//! - `remote-keys`: [`keys::RemoteKeys`], public keys that a provider publishes, fetched by a client of yours. It is
//!   `cache`, `jwt` and `rsa`.
//! - `redis`: [`dedupe::RedisStore`], for several processes. Depends on `redis`; `redis-tls` adds `rustls` to it.
//! - `md5`, `crc32`: hashes that only old schemes use. Depend on `md-5` and `crc32fast`.
//! - `retry`: `sign::DeliveryRetry`, a policy for tower's retries. Depends on `tower` and `httpdate`.
//! - `diagnose`: [`diagnose`], which says why a delivery was refused, to the operator. Depends on `flate2`,
//!   `percent-encoding`, `serde_json` and `serde-transcode`.
//! - `testing`: [`testing`], signed requests and forgeries of every kind for the tests of an endpoint, and
//!   [`testing::store`], which tests a [`dedupe::Store`] of your own. Depends on nothing more than tokio's `io-util` and `net`.
//! - `tracing`: [events](#events) for deliveries and for what goes wrong around them. Depends on `tracing`.
//! - `uuid`: `sign::DeliveryIdLayer`, which gives deliveries random ids. Depends on `uuid`.
//!
//! # Events
//!
//! With the feature `tracing`, under the target `tower_webhook`. Names of fields are stable; one that is not known is
//! left out. None holds a secret, a MAC or anything of a body. What strangers can cause as often as they
//! like is at debug level.
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
//! | `redis cannot be connected to` | warn | `reason` |
//! | `made a new connection to redis`, `the connection to redis answers again` | info | |
#![cfg_attr(docsrs, feature(doc_cfg))]
// What one feature uses is there for all of its kind.
#![cfg_attr(
    not(all(
        feature = "ecdsa",
        feature = "ed25519",
        feature = "form",
        feature = "json",
        feature = "remote-keys",
        feature = "x509"
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
#[cfg(feature = "_public-key")]
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
