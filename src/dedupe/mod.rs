//! The middleware that lets each delivery through once.
//!
//! Senders deliver at least once: they try again when an answer is lost, or late. Attackers send
//! again what they have recorded. [`DedupeLayer`] goes inside of
//! [`WebhookLayer`](crate::WebhookLayer), which has verified the delivery, and for each it
//!
//! 1. takes the [key](crate::Verified::dedupe_key), which is made of nothing but what is signed:
//!    500 if there is no [`Verified`](crate::Verified), or no key;
//! 2. claims the delivery in a [`DedupeStore`], for a while: 503 with `Retry-After` if the store
//!    cannot tell, or while another request has the claim; 200 with `{"message":"Duplicate
//!    delivery"}` if the delivery was handled before, with success;
//! 3. waits until the inner service is ready, calls it, and renews the claim while it runs;
//! 4. *completes* the delivery if the answer is a success (2xx, and for gRPC status 0): from now on
//!    it is a duplicate. *Releases* it if the answer is anything else or an error, if the handler
//!    panics, and if the client goes away: from now on it can be claimed again.
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
//! # What is guaranteed
//!
//! As long as the store keeps its word:
//!
//! - **At least once to the handler.** A delivery that was not handled with success can be handled
//!   again: at once if this process has lived to release it, and when the
//!   [lease](DedupeLayer::lease) is over if not.
//! - **One success is remembered.** Once a delivery was completed, no handler sees it again within
//!   the [retention](DedupeLayer::retention). At any moment one handler has it, as long as its
//!   process lives and reaches the store once within a lease.
//! - **Not exactly once.** What happens between the handler's effect and the store's knowing of it
//!   leaves a delivery that will be handled again:
//!     - The client goes away, as senders do after some seconds: the handler's future is dropped
//!       wherever it waits, and the claim is released. What the handler has spawned goes on, and
//!       another handler may begin beside it.
//!     - The process dies.
//!     - The store fails, from that moment to the end of the lease. The sender gets the handler's
//!       answer, as what it sent was handled, and a task of the Tokio runtime tells the store again
//!       until then.
//!     - The engine loses what it had confirmed.
//!
//! What makes it exactly once is a handler that writes
//! [`Verified::dedupe_key`](crate::Verified::dedupe_key) into its own database, as a primary key,
//! in the transaction that has the effect: the second time the key is there already, and it answers
//! 200. `examples/exactly_once.rs` does it with `SQLite`.
//!
//! # Layer order
//!
//! - Inside of `WebhookLayer`: what is not signed never reaches the store.
//! - A time-out for the handler goes inside of this layer, where it is an answer that releases the
//!   claim. So does whatever catches panics; without it the claim is released too, when the future
//!   is dropped.
//! - The inner service is asked whether it is ready once the delivery is claimed, inside the
//!   response future.
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
//! Let requests end before the runtime does: a claim whose request is dropped with the runtime is
//! not released any more, so that its delivery is answered 503 until the lease is over.
//!
//! # What this does not do
//!
//! - It does not recognise what its sender signs anew: see
//!   [`Verified::dedupe_key`](crate::Verified::dedupe_key).
//! - It does not look at the body of an answer, nor at its trailers: a success whose body breaks
//!   off is a success, and so is a gRPC stream whose status comes at its end.
//! - It does not keep answers: a duplicate gets a standard one.

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
