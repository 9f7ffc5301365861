use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, binary_heap::PeekMut, hash_map::Entry},
    error::Error,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{Claim, DedupeKey, Owner, Store};

/// A [`Store`] in this process's memory: for one process, and for tests.
///
/// - Bounded by count. One that is full fails, so that deliveries are answered 503, and never forgets
///   what it has promised to remember. What is over makes room, without a task in the background.
/// - A delivery takes about 60 to 125 bytes.
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

/// A moment, in nanoseconds after the store was made.
type Moment = u64;

/// Until when something holds that was released: no moment is before it.
const RELEASED: Moment = 0;

/// More than anybody has cores.
const SHARDS: usize = 64;

/// How many keys that may be over are looked at with each step: more than come in, so that in the end none
/// are left.
const TIDIED: usize = 2;

/// How many of each shard when there is no room.
const TIDIED_WHEN_FULL: usize = 32;

/// How many released keys stay for a while, whatever else there is.
const FEW: usize = 64;

#[derive(Default)]
struct Shard {
    known: HashMap<DedupeKey, Known>,
    /// When to look at which key. Each that is known is in it once, at the end of its first lease; it is put
    /// back then if it holds for longer.
    due: BinaryHeap<Reverse<(Moment, DedupeKey)>>,
    /// How many of the known were released. They stay until they are due, because nothing finds them in
    /// `due` before.
    released: usize,
}

#[derive(Clone, Copy)]
struct Known {
    /// `None` where it was completed.
    owner: Option<Owner>,
    until: Moment,
}

impl MemoryStore {
    /// A store that remembers so many deliveries at the same time, under way and completed. Take more than
    /// come within the retention.
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
    /// something else.
    fn step<T>(
        &self,
        key: DedupeKey,
        next: impl Fn(Option<Known>, Moment) -> (T, Option<Known>),
    ) -> Result<T, Full> {
        for was_full in [false, true] {
            if was_full {
                self.make_room();
            }
            let mut shard = self.shard(key);
            let now = self.now();
            self.give_up(shard.tidy(now, TIDIED));
            let known = shard.known.get(&key).copied();
            let (answer, known) = next(known.filter(|known| known.until > now), now);
            if known.is_none_or(|known| shard.set(key, known, || self.reserve())) {
                return Ok(answer);
            }
        }
        Err(Full(self.capacity))
    }

    fn release(&self, key: DedupeKey, owner: Owner) {
        if self.shard(key).release(key, owner) {
            self.give_up(1);
        }
    }

    fn make_room(&self) {
        for shard in &self.shards {
            let gone = lock(shard).tidy(self.now(), TIDIED_WHEN_FULL);
            self.give_up(gone);
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

impl Shard {
    /// Notes what is known of a key; `false` if there is no room for it.
    fn set(&mut self, key: DedupeKey, known: Known, reserve: impl FnOnce() -> bool) -> bool {
        match self.known.entry(key) {
            Entry::Occupied(mut entry) => {
                if entry.get().until == RELEASED {
                    if !reserve() {
                        return false;
                    }
                    self.released -= 1;
                }
                entry.insert(known);
            }
            Entry::Vacant(entry) => {
                if !reserve() {
                    return false;
                }
                entry.insert(known);
                self.due.push(Reverse((known.until, key)));
            }
        }
        true
    }

    /// Whether it was this owner's to release.
    fn release(&mut self, key: DedupeKey, owner: Owner) -> bool {
        let Some(known) = self.known.get_mut(&key) else {
            return false;
        };
        if known.owner != Some(owner) || known.until == RELEASED {
            return false;
        }
        known.until = RELEASED;
        self.released += 1;
        if self.released > self.known.len() / 2 + FEW {
            self.known.retain(|_, known| known.until != RELEASED);
            let due = self.known.iter();
            self.due = due
                .map(|(key, known)| Reverse((known.until, *key)))
                .collect();
            self.released = 0;
        }
        true
    }

    /// Forgets what is over, of at most so many keys, and says how many places that makes.
    fn tidy(&mut self, now: Moment, most: usize) -> usize {
        let mut gone = 0;
        for _ in 0..most {
            let Some(mut due) = self.due.peek_mut() else {
                break;
            };
            let Reverse((moment, key)) = *due;
            if moment > now {
                break;
            }
            let until = self.known.get(&key).map_or(RELEASED, |known| known.until);
            if until > now {
                *due = Reverse((until, key));
                continue;
            }
            PeekMut::pop(due);
            self.known.remove(&key);
            if until == RELEASED {
                self.released -= 1;
            } else {
                gone += 1;
            }
        }
        gone
    }
}

impl Store for MemoryStore {
    type Error = Full;

    async fn claim(&self, key: DedupeKey, owner: Owner, lease: Duration) -> Result<Claim, Full> {
        self.0.step(key, |known, now| match known {
            Some(Known { owner: None, .. }) => (Claim::Completed, None),
            Some(Known {
                owner: Some(it), ..
            }) if it != owner => (Claim::InFlight, None),
            _ => (Claim::Granted, Some(Known::claimed(owner, now, lease))),
        })
    }

    async fn renew(&self, key: DedupeKey, owner: Owner, lease: Duration) -> Result<bool, Full> {
        self.0.step(key, |known, now| match known {
            Some(known) if known.owner != Some(owner) => (false, None),
            _ => (true, Some(Known::claimed(owner, now, lease))),
        })
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: Owner,
        retention: Duration,
    ) -> Result<bool, Full> {
        self.0.step(key, |known, now| match known {
            Some(Known { owner: None, .. }) => (true, None),
            Some(known) if known.owner != Some(owner) => (false, None),
            _ => (true, Some(Known::completed(now, retention))),
        })
    }

    async fn release(&self, key: DedupeKey, owner: Owner) -> Result<(), Full> {
        self.0.release(key, owner);
        Ok(())
    }
}

impl Known {
    fn claimed(owner: Owner, now: Moment, lease: Duration) -> Self {
        Self {
            owner: Some(owner),
            until: now.saturating_add(nanos(lease)),
        }
    }

    fn completed(now: Moment, retention: Duration) -> Self {
        Self {
            owner: None,
            until: now.saturating_add(nanos(retention)),
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
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
