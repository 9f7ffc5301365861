//! A store in the memory of the process, with a fixed capacity.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{ClaimResult, DedupeKey, DedupeStore, LeaseToken};

/// A [`DedupeStore`] in this process's memory, for one process and for tests.
///
/// - It has a fixed capacity. A full store rejects new deliveries with 503, and never evicts a
///   record before it expires. Expired records make room as the store is used, without a task in
///   the background.
/// - A record takes 80 to 130 bytes, depending on how full the tables are.
/// - It measures time with Tokio's clock, so a change of the system's clock has no effect and a
///   test may pause the time. It needs no runtime.
/// - Clones share their records. A restart of the process loses them.
///
/// ```
/// use std::time::Duration;
/// use tower_webhook::dedupe::{ClaimResult, DedupeKey, MemoryStore, LeaseToken, DedupeStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new(100_000);
/// let (key, first, second) = (DedupeKey::of(["evt_1"]), LeaseToken::new(), LeaseToken::new());
/// let (lease, day) = (Duration::from_secs(30), Duration::from_secs(24 * 60 * 60));
///
/// assert_eq!(store.claim(key, first, lease).await?, ClaimResult::Granted);
/// assert_eq!(store.claim(key, second, lease).await?, ClaimResult::InFlight);
/// assert!(store.complete(key, first, day).await?);
/// assert_eq!(store.claim(key, second, lease).await?, ClaimResult::Completed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<Records>>);

/// A time, in nanoseconds since the store was created.
type Nanos = u64;

struct Records {
    capacity: usize,
    created: Instant,
    /// The time of the latest operation.
    now: Nanos,
    by_key: HashMap<DedupeKey, Record>,
    /// Every record of `by_key`, ordered by expiry.
    expiries: BTreeSet<(Nanos, DedupeKey)>,
}

struct Record {
    state: State,
    expires: Nanos,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Claimed(LeaseToken),
    Completed,
}

/// The maximum number of expired records that an operation removes, so that no operation takes long
/// after an idle period. An operation adds one record at most. Removing two per operation therefore
/// shrinks the backlog, and makes room whenever an expired record exists.
const MAX_EVICTED: usize = 2;

impl MemoryStore {
    /// Creates a store for at most `capacity` records. A delivery in progress or completed has one
    /// record, or two if it is signed with a previous secret. Choose a capacity above the number of
    /// records of the deliveries that arrive within the retention. With a capacity of 0, every
    /// delivery is rejected.
    ///
    /// # Security
    ///
    /// A tenant or provider that shares the store with others can fill it with genuine deliveries.
    /// New deliveries of the others are then answered 503 until entries expire, which takes 24 h by
    /// default. Give each tenant or provider a store of its own, set a shorter
    /// [retention](crate::DedupeLayer::retention), or use Redis.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Mutex::new(Records {
            capacity,
            created: Instant::now(),
            now: 0,
            by_key: HashMap::new(),
            expiries: BTreeSet::new(),
        })))
    }

    /// Returns the number of records. Expired records count until they are removed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().by_key.len()
    }

    /// Returns whether the store has no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the records for one operation.
    fn begin(&self) -> MutexGuard<'_, Records> {
        let mut records = self.lock();
        records.now = nanos(records.created.elapsed());
        records.evict();
        records
    }
}

impl Records {
    fn evict(&mut self) {
        for _ in 0..MAX_EVICTED {
            match self.expiries.first() {
                Some(&(expires, key)) if expires <= self.now => self.remove(key),
                _ => return,
            }
        }
    }

    /// The state of a key, or `None` if it has no record or the record has expired.
    fn state(&self, key: DedupeKey) -> Option<State> {
        let record = self.by_key.get(&key)?;
        (record.expires > self.now).then_some(record.state)
    }

    fn set(
        &mut self,
        key: DedupeKey,
        state: State,
        lifetime: Duration,
    ) -> Result<(), CapacityExceeded> {
        let is_full = self.by_key.len() >= self.capacity;
        let expires = self.now.saturating_add(nanos(lifetime));
        match self.by_key.entry(key) {
            Entry::Occupied(mut entry) => {
                let old = entry.insert(Record { state, expires });
                self.expiries.remove(&(old.expires, key));
            }
            Entry::Vacant(_) if is_full => return Err(CapacityExceeded(self.capacity)),
            Entry::Vacant(entry) => {
                entry.insert(Record { state, expires });
            }
        }
        self.expiries.insert((expires, key));
        Ok(())
    }

    fn remove(&mut self, key: DedupeKey) {
        if let Some(record) = self.by_key.remove(&key) {
            self.expiries.remove(&(record.expires, key));
        }
    }
}

impl DedupeStore for MemoryStore {
    type Error = CapacityExceeded;

    async fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<ClaimResult, CapacityExceeded> {
        let mut records = self.begin();
        match records.state(key) {
            Some(State::Completed) => Ok(ClaimResult::Completed),
            Some(State::Claimed(other)) if other != owner => Ok(ClaimResult::InFlight),
            _ => {
                records.set(key, State::Claimed(owner), lease)?;
                Ok(ClaimResult::Granted)
            }
        }
    }

    async fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<bool, CapacityExceeded> {
        let mut records = self.begin();
        match records.state(key) {
            Some(state) if state != State::Claimed(owner) => Ok(false),
            _ => {
                records.set(key, State::Claimed(owner), lease)?;
                Ok(true)
            }
        }
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        retention: Duration,
    ) -> Result<bool, CapacityExceeded> {
        let mut records = self.begin();
        match records.state(key) {
            Some(State::Completed) => Ok(true),
            Some(State::Claimed(other)) if other != owner => Ok(false),
            _ => {
                records.set(key, State::Completed, retention)?;
                Ok(true)
            }
        }
    }

    async fn release(&self, key: DedupeKey, owner: LeaseToken) -> Result<(), CapacityExceeded> {
        let mut records = self.begin();
        if records.state(key) == Some(State::Claimed(owner)) {
            records.remove(key);
        }
        Ok(())
    }
}

fn nanos(time: Duration) -> Nanos {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records = self.lock();
        f.debug_struct("MemoryStore")
            .field("capacity", &records.capacity)
            .field("len", &records.by_key.len())
            .finish()
    }
}

/// The error of a [`MemoryStore`] that has as many unexpired records as its capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityExceeded(usize);

impl fmt::Display for CapacityExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the memory store is full: it has {} unexpired records; increase its capacity",
            self.0
        )
    }
}

impl Error for CapacityExceeded {}
