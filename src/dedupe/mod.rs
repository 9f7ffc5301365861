//! Middleware that lets each delivery through once.
//!
//! Use [`DedupeLayer`] inside of [`WebhookLayer`](crate::WebhookLayer). Senders retry a delivery if
//! the response is lost or late, and attackers replay recorded deliveries. The layer handles each
//! verified delivery in four steps:
//!
//! 1. It reads the [deduplication key](crate::Verified::dedupe_key), which is made of signed data
//!    only. Without a [`Verified`](crate::Verified) or a key, the response is 500.
//! 2. It claims the delivery in a [`DedupeStore`] until a lease ends. If the store fails or another
//!    request has the claim, the response is 503 with `Retry-After`. If the delivery was handled
//!    with success before, the response is 200 with `{"message":"Duplicate delivery"}`.
//! 3. It waits until the inner service is ready, calls it, and renews the claim while it runs.
//! 4. If the response is a success (2xx, and for gRPC status 0), it *completes* the delivery, and
//!    further copies are duplicates. Otherwise it *releases* the delivery, which can then be
//!    claimed again: after another response or an error, if the handler panics, and if the client
//!    disconnects.
//!
//! # Example
//!
//! ```
//! use axum::{Router, routing::post};
//! use tower::ServiceBuilder;
//! use tower_webhook::{DedupeLayer, Secret, WebhookLayer, dedupe::MemoryStore, providers};
//!
//! # fn main() -> Result<(), tower_webhook::SetupError> {
//! let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
//! let layers = ServiceBuilder::new()
//!     .layer(WebhookLayer::new(providers::standard_webhooks(), secret)?)
//!     .layer(DedupeLayer::new(MemoryStore::new(100_000)));
//! let app: Router = Router::new()
//!     .route("/hooks", post(async |body: String| println!("{body}")))
//!     .layer(layers);
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! As long as the store fulfils its contract:
//!
//! - **At least once.** A delivery that was not handled with success can be handled again: at once
//!   if this process releases it, and otherwise when the [lease](DedupeLayer::lease) ends.
//! - **One success.** After a delivery is completed, no handler receives it again within the
//!   [retention](DedupeLayer::retention). One handler has a delivery at any time, as long as its
//!   process runs and reaches the store once within a lease.
//! - **Not exactly once.** A delivery is handled again if one of these events occurs between the
//!   handler's effect and the record in the store:
//!     - The client disconnects, as senders do after some seconds. The handler's future is dropped
//!       where it waits, and the claim is released. Tasks that the handler has spawned continue,
//!       and another handler may start meanwhile.
//!     - The process stops.
//!     - The store fails until the lease ends. The sender gets the handler's response, because the
//!       delivery was handled. A Tokio task repeats the completion until then.
//!     - The engine loses a record that it has confirmed.
//!
//! For effects that happen exactly once, the handler writes
//! [`Verified::dedupe_key`](crate::Verified::dedupe_key) into its own database, as a primary key,
//! in the transaction that has the effect. If the key exists already, the handler answers 200.
//! `examples/exactly_once.rs` does this with `SQLite`.
//!
//! # Layer order
//!
//! - Put this layer inside of `WebhookLayer`, so that unsigned requests never reach the store.
//! - Put a timeout for the handler inside of this layer. Its response releases the claim. The same
//!   applies to a layer that catches panics. Without one, the claim is released when the future is
//!   dropped.
//! - The response future polls the readiness of the inner service once the delivery is claimed.
//!
//! # Security
//!
//! Only the first copy of a delivery reaches the service, with all of its unsigned parts: the
//! query, unsigned headers, and the method if the scheme does not sign it. An attacker who sees a
//! delivery before it is handled can send a copy that the service answers with 2xx without handling
//! it. The provider's own delivery is then a duplicate. To prevent this:
//!
//! - Route methods and paths outside of the layers, so that a copy for another route never reaches
//!   the store. `WebhookLayer` rejects methods that the
//!   [provider](crate::providers::Provider::methods) does not use.
//! - Answer 2xx only if the delivery was handled, regardless of its query and unsigned headers.
//!
//! # Shutdown
//!
//! End the requests before the runtime shuts down. If a request is dropped with its runtime, a
//! store that uses the network does not release the claim. The delivery is then answered 503 until
//! the lease ends.
//!
//! # What this does not do
//!
//! - It does not recognise a delivery that its sender signs again with other signed data, see
//!   [`Verified::dedupe_key`](crate::Verified::dedupe_key).
//! - It does not look at the body or the trailers of a response. A success whose body fails is a
//!   success, and so is a gRPC stream whose status comes at its end.
//! - It does not store responses. A duplicate gets a standard response.

mod any_store;
mod future;
mod layer;
mod lease;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod service;
mod store;

#[cfg(feature = "redis")]
pub use self::redis::{RedisStore, RedisStoreError};
pub use self::{
    future::ResponseFuture,
    layer::DedupeLayer,
    memory::{CapacityExceeded, MemoryStore},
    service::Dedupe,
    store::{ClaimResult, DedupeStore, LeaseToken},
};
pub use crate::verify::DedupeKey;

/// Lies in the extensions of the answer to a delivery that was handled before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Duplicate;

impl Duplicate {
    fn new() -> Self {
        Self
    }
}
