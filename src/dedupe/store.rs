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

/// Remembers which deliveries are being handled, and which have been.
///
/// Of each key it knows one of three things: nothing; that a [`LeaseToken`] has claimed it until a
/// moment; that it was completed, until a moment. Each method is one step from one to another, and
/// **atomic**: for one key, all steps of all processes that share the store have an order, and each
/// sees what the one before left. So a step is one command or one script of an engine, never a read
/// and then a write.
///
/// | | nothing known, or over | claimed by this owner | claimed by another one | completed |
/// | --- | --- | --- | --- | --- |
/// | [`claim`](Self::claim) | claims: `Granted` | claims again: `Granted` | `InFlight` | `Completed` |
/// | [`renew`](Self::renew) | claims: `true` | claims again: `true` | `false` | `false` |
/// | [`complete`](Self::complete) | completes: `true` | completes: `true` | `false` | `true` |
/// | [`release`](Self::release) | | forgets | | |
///
/// What an empty cell or `false` says changes nothing. A claim is over when its lease is, and what
/// was completed is forgotten when its retention is, by the store's own clock. Take one that no
/// step of the system's clock moves, where there is one: a step forward ends leases, and forgets
/// what was promised.
///
/// A store that has no room for another key fails; it **never forgets what it has promised to
/// remember**. Once a step has answered, what it did must be as durable as the guarantee is to be:
/// deliveries whose completion is lost with the engine are handled again.
///
/// [`testing::assert_store_contract`](crate::testing::assert_store_contract) holds an
/// implementation against all of this (feature `testing`).
///
/// # Example: one that remembers nothing
///
/// ```
/// use std::{convert::Infallible, time::Duration};
/// use tower_webhook::dedupe::{ClaimResult, DedupeKey, DedupeLayer, LeaseToken, DedupeStore};
///
/// struct Forgetful;
///
/// impl DedupeStore for Forgetful {
///     type Error = Infallible;
///
///     async fn claim(&self, _: DedupeKey, _: LeaseToken, _: Duration) -> Result<ClaimResult, Infallible> {
///         Ok(ClaimResult::Granted)
///     }
///     async fn renew(&self, _: DedupeKey, _: LeaseToken, _: Duration) -> Result<bool, Infallible> {
///         Ok(true)
///     }
///     async fn complete(&self, _: DedupeKey, _: LeaseToken, _: Duration) -> Result<bool, Infallible> {
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
/// Any of the futures may be dropped at any point, by the layer's
/// [deadline](super::DedupeLayer::store_deadline) for one. The step may then have been taken or
/// not; it must not have been taken by half. What the layer does about it is a
/// [`release`](Self::release), so that must not overtake the `claim` before it where that can be
/// helped; a claim that is left over ends with its lease.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of deliveries",
    note = "`MemoryStore` is one, and `RedisStore` with the `redis` feature; see the docs of \
            `tower_webhook::dedupe::DedupeStore`"
)]
pub trait DedupeStore: Send + Sync + 'static {
    /// Why a step could not be taken. Its text, and that of its sources, is for the operator.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Claims a delivery for one owner, so that no other one handles it, until `lease` is over.
    ///
    /// # Errors
    ///
    /// If it cannot be said whether it was claimed, or if there is no room for another key. The
    /// delivery is answered 503 with `Retry-After`.
    fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> impl Future<Output = Result<ClaimResult, Self::Error>> + Send;

    /// Lets a claim last for another `lease` from now; `false` if another owner has it, or if the
    /// delivery was completed.
    ///
    /// # Errors
    ///
    /// If it could not be renewed. The layer tries again as long as the handler runs.
    fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Remembers for `retention` that a delivery was handled with success; `false` if another owner
    /// has the claim, which a late owner must not take away.
    ///
    /// # Errors
    ///
    /// If it is not sure to be remembered. The sender still gets the handler's answer, and the
    /// layer tries again until the lease is over.
    fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        retention: Duration,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Gives a claim up, so that the delivery can be claimed at once. One that is another owner's
    /// stays.
    ///
    /// # Errors
    ///
    /// If it could not be given up. It ends with its lease.
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

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimResult {
    /// The delivery was handled before, with success.
    Completed,
    /// The delivery is this owner's to handle.
    Granted,
    /// Another owner has claimed it.
    InFlight,
}

/// Who has claimed a delivery: a number that no other claim has, in any process.
///
/// It is drawn anew for each claim, so that who comes late, after the lease, is told from who took
/// over.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseToken(NonZeroU64);

impl LeaseToken {
    /// An owner that nobody else is.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        // Its keys come from the operating system, so that its hashes of one number differ from
        // process to process: two of 64 bits meet on one key once in 10¹⁹ times. The keys
        // and the count of a process that was forked, or of a machine that was copied, are
        // those of the other; the moment is not.
        static RANDOM: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let number = RANDOM.hash_one((count, SystemTime::now()));
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }

    /// The number.
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
