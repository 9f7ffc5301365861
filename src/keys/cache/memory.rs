use std::{
    collections::{HashMap, hash_map::Entry},
    error::Error,
    fmt,
    future::{Future, ready},
    hash::Hash,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::FutureExt;
use moka::sync::Cache;

use super::{
    BoxError,
    joint::{Joint, WeakJoint},
};

pub(in crate::keys) type LookUp<V> =
    Pin<Box<dyn Future<Output = Result<Option<V>, BoxError>> + Send>>;
pub(in crate::keys) type Found<V> = Result<Option<V>, SharedError>;

/// Moka panics at more than a thousand years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How old a look-up may be that others still join. One that hangs would not end as long as requests
/// come faster than they give up.
const JOINED: Duration = Duration::from_secs(5);

/// What was looked up, and what is being looked up.
pub(in crate::keys) struct Memory<T, V: Clone> {
    look_up: Box<dyn Fn(T) -> LookUp<V> + Send + Sync>,
    known: Cache<T, V>,
    /// Apart, so that a flood of made-up names has no place to take from a tenant.
    unknown: Cache<T, ()>,
    under_way: Mutex<UnderWay<T, V>>,
}

/// Nothing of it keeps a look-up going: those who wait do. And none of those may be dropped while
/// this is locked, as the [`Ticket`] of a look-up locks it in its turn.
struct UnderWay<T, V: Clone> {
    last_id: u64,
    by_tenant: HashMap<T, Begun<V>>,
}

struct Begun<V: Clone> {
    id: u64,
    at: Instant,
    look_up: WeakJoint<Found<V>>,
}

impl<T, V> Memory<T, V>
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(in crate::keys) fn new(
        capacity: u64,
        lifetime: Duration,
        look_up: impl Fn(T) -> LookUp<V> + Send + Sync + 'static,
    ) -> Self {
        let lifetime = lifetime.min(LONGEST);
        Self {
            look_up: Box::new(look_up),
            known: cache(capacity, lifetime),
            unknown: cache(capacity, lifetime),
            under_way: Mutex::new(UnderWay {
                last_id: 0,
                by_tenant: HashMap::new(),
            }),
        }
    }

    /// Asks both, so that it takes as long for a tenant as for a name that is none's.
    pub(in crate::keys) fn get(&self, tenant: &T) -> Option<Found<V>> {
        match (self.known.get(tenant), self.unknown.get(tenant)) {
            (Some(keys), _) => Some(Ok(Some(keys))),
            (None, Some(())) => Some(Ok(None)),
            (None, None) => None,
        }
    }

    pub(in crate::keys) fn forget(&self, tenant: &T) {
        let mut under_way = self.under_way();
        under_way.by_tenant.remove(tenant);
        self.known.invalidate(tenant);
        self.unknown.invalidate(tenant);
        drop(under_way);
        self.wipe();
    }

    pub(in crate::keys) fn forget_all(&self) {
        let mut under_way = self.under_way();
        under_way.by_tenant.clear();
        self.unknown.invalidate_all();
        // One by one, because all at once they would stay in memory until each is asked for.
        for (tenant, _) in &self.known {
            self.known.invalidate(&*tenant);
        }
        drop(under_way);
        self.wipe();
    }

    /// What is forgotten would lie in memory until the cache is tidied by itself.
    fn wipe(&self) {
        self.known.run_pending_tasks();
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay<T, V>> {
        let locked = self.under_way.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }

    /// The look-up of a tenant that is under way, or a new one.
    pub(in crate::keys) fn look_up(self: &Arc<Self>, tenant: T) -> Joint<Found<V>> {
        self.look_up_unless(tenant, |_| true)
    }

    /// As [`look_up`](Self::look_up), but what is known and not good is looked up again.
    pub(in crate::keys) fn look_up_unless(
        self: &Arc<Self>,
        tenant: T,
        is_good: impl Fn(&V) -> bool,
    ) -> Joint<Found<V>> {
        let at = Instant::now();
        let mut under_way = self.under_way();
        let UnderWay { last_id, by_tenant } = &mut *under_way;
        // First of all, so that nobody whose value is there waits for another's look-up. One may have ended
        // after this request asked.
        let found = self.get(&tenant);
        let found = found.filter(|found| !matches!(found, Ok(Some(it)) if !is_good(it)));
        if let Some(found) = found {
            return Joint::new(ready(found));
        }
        let entry = by_tenant.entry(tenant);
        if let Entry::Occupied(entry) = &entry {
            let begun = entry.get();
            let is_young = at.saturating_duration_since(begun.at) < JOINED;
            if let Some(look_up) = is_young.then(|| begun.look_up.join()).flatten() {
                return look_up;
            }
        }
        *last_id += 1;
        let id = *last_id;
        let ticket = Ticket {
            tenant: entry.key().clone(),
            id,
            memory: Arc::clone(self),
        };
        let joint = Joint::new(ticket.look_up());
        if let Some(look_up) = joint.downgrade() {
            entry.insert_entry(Begun { id, at, look_up });
        }
        joint
    }
}

/// A look-up's place among those under way: given up when it ends or is dropped.
struct Ticket<T, V>
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    tenant: T,
    id: u64,
    memory: Arc<Memory<T, V>>,
}

impl<T, V> Ticket<T, V>
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    async fn look_up(self) -> Found<V> {
        let look_up = async { (self.memory.look_up)(self.tenant.clone()).await };
        let found = AssertUnwindSafe(look_up).catch_unwind().await;
        match found.unwrap_or_else(|_| Err("the look-up panicked".into())) {
            Ok(keys) => {
                self.remember(keys.as_ref());
                Ok(keys)
            }
            Err(error) => Err(SharedError(error.into())),
        }
    }

    fn remember(&self, keys: Option<&V>) {
        let mut under_way = self.memory.under_way();
        let Some(tenant) = self.give_up(&mut under_way) else {
            return;
        };
        match keys {
            Some(keys) => self.memory.known.insert(tenant, keys.clone()),
            None => self.memory.unknown.insert(tenant, ()),
        }
    }

    /// `None` if it was forgotten, or another one has its place.
    fn give_up(&self, under_way: &mut UnderWay<T, V>) -> Option<T> {
        let begun = under_way.by_tenant.get(&self.tenant)?;
        if begun.id != self.id {
            return None;
        }
        let (tenant, _) = under_way.by_tenant.remove_entry(&self.tenant)?;
        Some(tenant)
    }
}

impl<T, V> Drop for Ticket<T, V>
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn drop(&mut self) {
        self.give_up(&mut self.memory.under_way());
    }
}

/// The error of a look-up that several requests waited for.
#[derive(Clone, Debug)]
pub(in crate::keys) struct SharedError(Arc<dyn Error + Send + Sync>);

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

fn cache<T, V>(capacity: u64, lifetime: Duration) -> Cache<T, V>
where
    T: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let cache = Cache::builder().max_capacity(capacity);
    cache.time_to_live(lifetime).build()
}
