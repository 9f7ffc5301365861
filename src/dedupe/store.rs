//! The contract of a store, and the types in it.

use std::{
    error::Error,
    fmt,
    future::Future,
    hash::{BuildHasher as _, RandomState},
    num::NonZeroU64,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use crate::verify::DedupeKey;

/// Stores which deliveries are being handled, and which were completed.
///
/// A key has one of three states: unknown, claimed by an owner until its lease ends, or completed
/// until its retention ends. A [`LeaseToken`] identifies the owner.
///
/// Each method is **atomic**: the calls of all processes that share the store have an order for
/// each key, and each call sees the result of the call before it. Implement a method with one
/// command or one script of the engine, never with a read and then a write.
///
/// | | unknown or expired | claimed by this owner | claimed by another | completed |
/// | --- | --- | --- | --- | --- |
/// | [`claim`] | claims: `Granted` | claims again: `Granted` | `InFlight` | `Completed` |
/// | [`renew`] | claims: `true` | claims again: `true` | `false` | `false` |
/// | [`complete`] | completes: `true` | completes: `true` | `false` | `true` |
/// | [`release`] | | forgets | | |
///
/// Empty cells and results without a verb leave the record unchanged. Leases and retentions are
/// measured by the clock of the store. Prefer a monotonic clock: if the system clock jumps forward,
/// leases end and completed deliveries are forgotten too early.
///
/// A store without room for another key returns an error. It **never forgets a record before its
/// end**. Once a method has returned, its result must be durable. If the engine loses a completion,
/// the delivery is handled again.
///
/// [`testing::assert_store_contract`](crate::testing::assert_store_contract), with the feature
/// `testing`, checks an implementation.
///
/// [`claim`]: Self::claim
/// [`renew`]: Self::renew
/// [`complete`]: Self::complete
/// [`release`]: Self::release
///
/// # Example: a store that forgets everything
///
/// ```
/// use std::{convert::Infallible, time::Duration};
/// use tower_webhook::dedupe::{ClaimResult, DedupeKey, DedupeLayer, DedupeStore, LeaseToken};
///
/// struct Forgetful;
///
/// impl DedupeStore for Forgetful {
///     type Error = Infallible;
///
///     async fn claim(
///         &self,
///         _key: DedupeKey,
///         _owner: LeaseToken,
///         _lease: Duration,
///     ) -> Result<ClaimResult, Infallible> {
///         Ok(ClaimResult::Granted)
///     }
///     async fn renew(
///         &self,
///         _key: DedupeKey,
///         _owner: LeaseToken,
///         _lease: Duration,
///     ) -> Result<bool, Infallible> {
///         Ok(true)
///     }
///     async fn complete(
///         &self,
///         _key: DedupeKey,
///         _owner: LeaseToken,
///         _retention: Duration,
///     ) -> Result<bool, Infallible> {
///         Ok(true)
///     }
///     async fn release(&self, _: DedupeKey, _: LeaseToken) -> Result<(), Infallible> {
///         Ok(())
///     }
/// }
///
/// let layer = DedupeLayer::new(Forgetful);
/// ```
///
/// # Cancel safety
///
/// The layer may drop any of the futures at any point, for example at its
/// [deadline](super::DedupeLayer::store_deadline). The call must then have its whole effect or
/// none. After a dropped `claim`, the layer calls [`release`](Self::release), which should not
/// overtake the `claim`. A claim that remains ends with its lease.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of deliveries",
    note = "`MemoryStore` is one, and `RedisStore` with the `redis` feature; see the docs of \
            `tower_webhook::dedupe::DedupeStore`"
)]
pub trait DedupeStore: Send + Sync + 'static {
    /// The error of the engine. Its text and the texts of its sources are logged.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Claims a delivery for one owner until `lease` ends. No other owner handles it meanwhile.
    ///
    /// # Errors
    ///
    /// The result of the claim is unknown, or the store has no room for another key. The delivery
    /// is answered with 503 and `Retry-After`.
    fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> impl Future<Output = Result<ClaimResult, Self::Error>> + Send;

    /// Extends a claim to the end of `lease`, which begins now. Returns `false` if another owner
    /// has the claim, or if the delivery was completed.
    ///
    /// # Errors
    ///
    /// The claim was not renewed. The layer tries again while the handler runs.
    fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Records for `retention` that a delivery was handled with success. Returns `false` if another
    /// owner has taken the claim over. Its claim must not change.
    ///
    /// # Errors
    ///
    /// The record may be missing. The sender receives the response of the handler, and the layer
    /// tries again until the lease ends.
    fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        retention: Duration,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Ends a claim, so that the delivery can be claimed at once. A claim of another owner does not
    /// change.
    ///
    /// # Errors
    ///
    /// The claim may remain. It ends with its lease.
    fn release(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

impl<S: DedupeStore> DedupeStore for Arc<S> {
    type Error = S::Error;

    async fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<ClaimResult, S::Error> {
        (**self).claim(key, owner, lease).await
    }

    async fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<bool, S::Error> {
        (**self).renew(key, owner, lease).await
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        retention: Duration,
    ) -> Result<bool, S::Error> {
        (**self).complete(key, owner, retention).await
    }

    async fn release(&self, key: DedupeKey, owner: LeaseToken) -> Result<(), S::Error> {
        (**self).release(key, owner).await
    }
}

/// The result of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimResult {
    /// The delivery was handled with success before.
    Completed,
    /// This owner handles the delivery.
    Granted,
    /// Another owner has claimed the delivery.
    InFlight,
}

/// Identifies the owner of a claim: a number that no other claim has, in any process.
///
/// Each claim has its own token. The store can therefore tell an owner whose lease has ended from
/// the owner that has taken over.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseToken(NonZeroU64);

impl LeaseToken {
    /// Creates a token that differs from all others.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "each call returns another token"
    )]
    pub fn new() -> Self {
        // The operating system seeds the hasher, so processes hash the same count to different
        // numbers: two tokens of 64 bits collide once in 10¹⁹ times. A forked process or a copied
        // machine has the same seed and count, so the time is hashed too.
        static RANDOM: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let number = RANDOM.hash_one((count, SystemTime::now()));
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }

    /// Returns the number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeaseToken({self})")
    }
}
