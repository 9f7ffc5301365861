use std::{
    collections::HashMap,
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

pub(in crate::keys) type LookUp<V> = Pin<Box<dyn Future<Output = Result<V, BoxError>> + Send>>;
pub(in crate::keys) type Found<V> = Result<V, SharedError>;

/// Moka panics at more than a thousand years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How old a look-up may be that others still join. One that hangs would not end as long as requests
/// come faster than they give up.
const JOINED: Duration = Duration::from_secs(5);

/// What was looked up, and what is being looked up.
pub(in crate::keys) struct Memory<T, V: Clone> {
    look_up: Box<dyn Fn(T) -> LookUp<V> + Send + Sync>,
    /// Whether a value contains keys.
    is_known: fn(&V) -> bool,
    known: Cache<T, V>,
    /// Values without keys, in a cache of their own, so that made-up names do not evict keys.
    unknown: Cache<T, V>,
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
        is_known: fn(&V) -> bool,
        look_up: impl Fn(T) -> LookUp<V> + Send + Sync + 'static,
    ) -> Self {
        let lifetime = lifetime.min(LONGEST);
        Self {
            look_up: Box::new(look_up),
            is_known,
            known: cache(capacity, lifetime),
            unknown: cache(capacity, lifetime),
            under_way: Mutex::new(UnderWay {
                last_id: 0,
                by_tenant: HashMap::new(),
            }),
        }
    }

    /// Asks both, so that it takes as long for a tenant as for a name that is none's.
    pub(in crate::keys) fn get(&self, tenant: &T) -> Option<V> {
        let (known, unknown) = (self.known.get(tenant), self.unknown.get(tenant));
        known.or(unknown)
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
        is_good: impl FnOnce(&V) -> bool,
    ) -> Joint<Found<V>> {
        let at = Instant::now();
        let mut under_way = self.under_way();
        // First of all, so that nobody whose value is there waits for another's look-up. One may have ended
        // after this request asked.
        if let Some(found) = self.get(&tenant).filter(is_good) {
            return Joint::new(ready(Ok(found)));
        }
        if let Some(begun) = under_way.by_tenant.get(&tenant) {
            let is_young = at.saturating_duration_since(begun.at) < JOINED;
            if let Some(look_up) = is_young.then(|| begun.look_up.join()).flatten() {
                return look_up;
            }
        }
        self.begin(&mut under_way, tenant, at)
    }

    /// Starts another look-up of a value. Returns `None` if one is running.
    #[cfg(feature = "remote-keys")]
    pub(in crate::keys) fn renew(self: &Arc<Self>, tenant: T) -> Option<Joint<Found<V>>> {
        let mut under_way = self.under_way();
        let begun = under_way.by_tenant.get(&tenant);
        // Dropping the last handle of a look-up locks `under_way`. `running` could be the last one,
        // so the lock is released first.
        let running = begun.and_then(|begun| begun.look_up.join());
        if running.is_some() {
            drop(under_way);
            return None;
        }
        Some(self.begin(&mut under_way, tenant, Instant::now()))
    }

    fn begin(
        self: &Arc<Self>,
        under_way: &mut UnderWay<T, V>,
        tenant: T,
        at: Instant,
    ) -> Joint<Found<V>> {
        let UnderWay { last_id, by_tenant } = under_way;
        *last_id += 1;
        let id = *last_id;
        let ticket = Ticket {
            tenant: tenant.clone(),
            id,
            memory: Arc::clone(self),
        };
        let joint = Joint::new(ticket.look_up());
        if let Some(look_up) = joint.downgrade() {
            by_tenant.insert(tenant, Begun { id, at, look_up });
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
                self.remember(&keys);
                Ok(keys)
            }
            Err(error) => Err(SharedError(error.into())),
        }
    }

    fn remember(&self, keys: &V) {
        let memory = &*self.memory;
        let mut under_way = memory.under_way();
        let Some(tenant) = self.give_up(&mut under_way) else {
            return;
        };
        let (place, other) = if (memory.is_known)(keys) {
            (&memory.known, &memory.unknown)
        } else {
            (&memory.unknown, &memory.known)
        };
        other.invalidate(&tenant);
        place.insert(tenant, keys.clone());
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

#[cfg(feature = "remote-keys")]
impl SharedError {
    pub(in crate::keys) fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

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
