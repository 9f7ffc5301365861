use std::{
    error::Error,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{task::yield_now, time::Instant};

use super::shard::{Known, Moment, RELEASED, Shard, Tidied, nanos};
use crate::dedupe::{Claim, DedupeKey, Owner, Store};

/// A [`Store`] in this process's memory: for one process, and for tests.
///
/// - Bounded by count. One that is full fails, so that deliveries are answered 503, and never forgets
///   what it has promised to remember. What is over makes room, without a task in the background.
/// - A delivery takes 85 to 126 bytes, by how full the tables are.
/// - Time is Tokio's: no step of the system's clock moves it, and a test may pause it. No runtime is
///   needed.
/// - Clones share what is remembered. A restart forgets it.
///
/// ```
/// use std::time::Duration;
/// use tower_webhook::dedupe::{Claim, DedupeKey, MemoryStore, Owner, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new(100_000);
/// let (key, first, second) = (DedupeKey::of(["evt_1"]), Owner::new(), Owner::new());
/// let (lease, day) = (Duration::from_secs(30), Duration::from_secs(24 * 60 * 60));
///
/// assert_eq!(store.claim(key, first, lease).await?, Claim::Granted);
/// assert_eq!(store.claim(key, second, lease).await?, Claim::InFlight);
/// assert!(store.complete(key, first, day).await?);
/// assert_eq!(store.claim(key, second, lease).await?, Claim::Completed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Shared>);

struct Shared {
    /// Each with a lock of its own, so that cores seldom wait for each other.
    shards: [Mutex<Shard>; SHARDS],
    begun: Instant,
    capacity: usize,
    /// How many keys are remembered, in all shards together.
    count: AtomicUsize,
}

/// More than anybody has cores.
const SHARDS: usize = 64;

/// How many keys that may be over are looked at with each step: more than come in, so that in the end none
/// are left.
const TIDIED: usize = 2;

/// How many when there is no room, before other tasks and other steps get their turn. There is more than that only
/// after many leases have ended with no step since: each key is looked at once for each time that it was put off.
const TIDIED_AT_ONCE: usize = 256;

impl MemoryStore {
    /// Creates a store for at most `capacity` deliveries, in progress and completed. Choose a
    /// capacity above the number of deliveries that arrive within the retention.
    ///
    /// # Security
    ///
    /// A tenant or provider that shares the store with others can fill it with genuine deliveries.
    /// New deliveries of the others are then answered 503 until entries expire, which takes 24 h by
    /// default. Give each tenant or provider a store of its own, set a shorter
    /// [retention](crate::DedupeLayer::retention), or use Redis.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Shared {
            shards: [(); SHARDS].map(|()| Mutex::default()),
            begun: Instant::now(),
            capacity,
            count: AtomicUsize::new(0),
        }))
    }

    /// How many deliveries are remembered. Those that are over count until they have made room.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Whether no delivery is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Shared {
    fn now(&self) -> Moment {
        nanos(self.begun.elapsed()).saturating_add(RELEASED + 1)
    }

    fn shard(&self, key: DedupeKey) -> MutexGuard<'_, Shard> {
        // A key is a hash itself.
        let [first, ..] = key.as_bytes();
        #[expect(clippy::indexing_slicing, reason = "the remainder is less")]
        lock(&self.shards[usize::from(*first) % SHARDS])
    }

    /// Takes a step: `next` says what it answers, and what is known of the key from now on, if that is
    /// something else. Before there is no room for it, whatever is over in any shard is found.
    async fn step<T>(
        &self,
        key: DedupeKey,
        next: impl Fn(Option<Known>, Moment) -> (T, Option<Known>),
    ) -> Result<T, Full> {
        let attempt = || {
            let mut shard = self.shard(key);
            let now = self.now();
            self.give_up(shard.tidy(now, TIDIED).gone);
            let known = shard.get(key);
            let (answer, known) = next(known.filter(|known| known.until > now), now);
            let is_taken = known.is_none_or(|known| shard.set(key, known, || self.reserve()));
            is_taken.then_some(answer)
        };
        if let Some(answer) = attempt() {
            return Ok(answer);
        }
        for shard in &self.shards {
            loop {
                let Tidied { gone, is_all } = lock(shard).tidy(self.now(), TIDIED_AT_ONCE);
                self.give_up(gone);
                if gone > 0 {
                    if let Some(answer) = attempt() {
                        return Ok(answer);
                    }
                }
                if is_all {
                    break;
                }
                yield_now().await;
            }
        }
        Err(Full(self.capacity))
    }

    fn release(&self, key: DedupeKey, owner: Owner) {
        if self.shard(key).release(key, owner) {
            self.give_up(1);
        }
    }

    fn reserve(&self) -> bool {
        let more = |count: usize| (count < self.capacity).then_some(count + 1);
        let reserved = self
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        reserved.is_ok()
    }

    fn give_up(&self, keys: usize) {
        if keys > 0 {
            self.count.fetch_sub(keys, Ordering::Relaxed);
        }
    }
}

impl Store for MemoryStore {
    type Error = Full;

    async fn claim(&self, key: DedupeKey, owner: Owner, lease: Duration) -> Result<Claim, Full> {
        self.0
            .step(key, |known, now| match known {
                Some(Known { owner: None, .. }) => (Claim::Completed, None),
                Some(Known {
                    owner: Some(it), ..
                }) if it != owner => (Claim::InFlight, None),
                _ => (Claim::Granted, Some(Known::claimed(owner, now, lease))),
            })
            .await
    }

    async fn renew(&self, key: DedupeKey, owner: Owner, lease: Duration) -> Result<bool, Full> {
        self.0
            .step(key, |known, now| match known {
                Some(known) if known.owner != Some(owner) => (false, None),
                _ => (true, Some(Known::claimed(owner, now, lease))),
            })
            .await
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: Owner,
        retention: Duration,
    ) -> Result<bool, Full> {
        self.0
            .step(key, |known, now| match known {
                Some(Known { owner: None, .. }) => (true, None),
                Some(known) if known.owner != Some(owner) => (false, None),
                _ => (true, Some(Known::completed(now, retention))),
            })
            .await
    }

    async fn release(&self, key: DedupeKey, owner: Owner) -> Result<(), Full> {
        self.0.release(key, owner);
        Ok(())
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.0.capacity)
            .field("len", &self.len())
            .finish()
    }
}

/// A [`MemoryStore`] remembers as many deliveries as it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Full(usize);

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the memory store is full: it remembers {} deliveries",
            self.0
        )
    }
}

impl Error for Full {}
