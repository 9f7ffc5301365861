//! The cache of look-ups. Requests that need the same key at the same time share one look-up.

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    future::Future,
    hash::Hash,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::{Either, FutureExt, select};
use moka::sync::Cache;
use tokio::{runtime::Handle, sync::watch};

pub(in crate::keys) type BoxError = Box<dyn Error + Send + Sync>;
pub(in crate::keys) type LookupFuture<V> =
    Pin<Box<dyn Future<Output = Result<V, BoxError>> + Send>>;
pub(in crate::keys) type Found<V> = Result<V, SharedError>;

/// Moka panics if a lifetime exceeds a thousand years.
const MAX_LIFETIME: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The age up to which a running look-up is joined. Without this limit, a look-up that hangs would
/// never end as long as requests arrive faster than they time out.
const MAX_JOINED_AGE: Duration = Duration::from_secs(5);

/// A cache of look-ups by key.
///
/// A look-up that is not ready at once runs in a Tokio task. It is cancelled when the last request
/// that waits for it is dropped.
pub(in crate::keys) struct LookupCache<K, V> {
    look_up: Box<dyn Fn(K) -> LookupFuture<V> + Send + Sync>,
    /// Whether a value contains keys.
    is_known: fn(&V) -> bool,
    known: Cache<K, V>,
    /// Values without keys, in a cache of their own, so that made-up names do not evict keys.
    unknown: Cache<K, V>,
    running: Mutex<HashMap<K, Running<V>>>,
}

/// A look-up that other requests may join. The channel has a receiver for each request that waits.
struct Running<V> {
    started: Instant,
    found: watch::Sender<Option<Found<V>>>,
}

/// One request's part in a look-up.
struct Waiter<V> {
    /// The future of the look-up, if it cannot be spawned on a runtime.
    look_up: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    found: watch::Receiver<Option<Found<V>>>,
}

impl<K, V> LookupCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(in crate::keys) fn new(
        capacity: u64,
        lifetime: Duration,
        is_known: fn(&V) -> bool,
        look_up: impl Fn(K) -> LookupFuture<V> + Send + Sync + 'static,
    ) -> Self {
        let cache = || {
            let cache = Cache::builder().max_capacity(capacity);
            cache.time_to_live(lifetime.min(MAX_LIFETIME)).build()
        };
        Self {
            look_up: Box::new(look_up),
            is_known,
            known: cache(),
            unknown: cache(),
            running: Mutex::default(),
        }
    }

    /// Reads both caches, so that known and unknown keys take the same time.
    pub(in crate::keys) fn get(&self, key: &K) -> Option<V> {
        let (known, unknown) = (self.known.get(key), self.unknown.get(key));
        known.or(unknown)
    }

    pub(in crate::keys) fn forget(&self, key: &K) {
        let mut running = self.running();
        running.remove(key);
        self.known.invalidate(key);
        self.unknown.invalidate(key);
        drop(running);
        self.drop_invalidated();
    }

    pub(in crate::keys) fn forget_all(&self) {
        let mut running = self.running();
        running.clear();
        self.unknown.invalidate_all();
        // `invalidate_all` would keep each value in memory until its key is requested.
        for (key, _) in &self.known {
            self.known.invalidate(&*key);
        }
        drop(running);
        self.drop_invalidated();
    }

    /// Moka would otherwise keep invalidated values until its next maintenance.
    fn drop_invalidated(&self) {
        self.known.run_pending_tasks();
    }

    /// Joins the running look-up of a key, or starts one.
    pub(in crate::keys) async fn look_up(self: &Arc<Self>, key: K) -> Found<V> {
        self.look_up_unless(key, |_| true).await
    }

    /// Like [`look_up`](Self::look_up), but looks up again if the cached value is not good.
    pub(in crate::keys) async fn look_up_unless(
        self: &Arc<Self>,
        key: K,
        is_good: impl FnOnce(&V) -> bool,
    ) -> Found<V> {
        let waiter = {
            let running = self.running();
            // A look-up may have ended since the caller asked for the value.
            if let Some(found) = self.get(&key).filter(is_good) {
                return Ok(found);
            }
            match running.get(&key).and_then(Running::join) {
                Some(waiter) => waiter,
                None => self.start(running, key),
            }
        };
        waiter.wait().await
    }

    /// Starts another look-up of a value. Returns `None` if one is running.
    pub(in crate::keys) async fn renew(self: &Arc<Self>, key: K) -> Option<Found<V>> {
        let waiter = {
            let running = self.running();
            if running.get(&key).is_some_and(Running::has_waiters) {
                return None;
            }
            self.start(running, key)
        };
        Some(waiter.wait().await)
    }

    pub(in crate::keys) fn is_running(&self, key: &K) -> bool {
        let running = self.running();
        running.get(key).is_some_and(Running::has_waiters)
    }

    fn start(
        self: &Arc<Self>,
        mut running: MutexGuard<'_, HashMap<K, Running<V>>>,
        key: K,
    ) -> Waiter<V> {
        let (sender, found) = watch::channel(None);
        let entry = Running {
            started: Instant::now(),
            found: sender.clone(),
        };
        running.insert(key.clone(), entry);
        drop(running);
        let task = Task {
            cache: Arc::clone(self),
            key,
            found: sender,
        };
        let mut look_up: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task.run());
        // Many look-ups are ready at once. These need no task, and no runtime.
        if look_up.as_mut().now_or_never().is_some() {
            return Waiter {
                look_up: None,
                found,
            };
        }
        let look_up = match Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(look_up);
                None
            }
            Err(_) => Some(look_up),
        };
        Waiter { look_up, found }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<K, Running<V>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Running<V> {
    /// `None` if the look-up is too old, or is being cancelled because no request waits for it.
    fn join(&self) -> Option<Waiter<V>> {
        let found = self.found.subscribe();
        // The task may have seen that it has no receiver before this one subscribed. Only another
        // receiver proves that it has not.
        let has_others = self.found.receiver_count() > 1;
        let is_young = self.started.elapsed() < MAX_JOINED_AGE;
        (has_others && is_young).then_some(Waiter {
            look_up: None,
            found,
        })
    }

    fn has_waiters(&self) -> bool {
        self.found.receiver_count() > 0
    }
}

impl<V: Clone> Waiter<V> {
    async fn wait(mut self) -> Found<V> {
        if let Some(look_up) = self.look_up.take() {
            look_up.await;
        }
        let found = self.found.wait_for(Option::is_some).await;
        let found = found.ok().and_then(|found| found.clone());
        // The channel closes without a value if the runtime shuts down, or if there is none and the
        // request that ran the look-up is dropped.
        found.unwrap_or_else(|| {
            Err(SharedError(
                BoxError::from("the key lookup was cancelled").into(),
            ))
        })
    }
}

/// The running look-up. It leaves [`LookupCache::running`] when it ends or is dropped.
struct Task<K, V>
where
    K: Hash + Eq,
{
    cache: Arc<LookupCache<K, V>>,
    key: K,
    found: watch::Sender<Option<Found<V>>>,
}

impl<K, V> Task<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    async fn run(self) {
        // The closure may panic before it returns a future.
        let look_up = async { (self.cache.look_up)(self.key.clone()).await };
        let look_up = pin!(AssertUnwindSafe(look_up).catch_unwind());
        // `closed` is ready once no request waits.
        let Either::Left((found, _)) = select(look_up, pin!(self.found.closed())).await else {
            return;
        };
        let found = found.unwrap_or_else(|_| Err("the key lookup panicked".into()));
        let found = found.map_err(|error| SharedError(error.into()));
        let mut running = self.cache.running();
        if self.leave(&mut running) {
            if let Ok(value) = &found {
                self.remember(value);
            }
        }
        drop(running);
        self.found.send_replace(Some(found));
    }

    fn remember(&self, value: &V) {
        let LookupCache { known, unknown, .. } = &*self.cache;
        let (cache, other) = if (self.cache.is_known)(value) {
            (known, unknown)
        } else {
            (unknown, known)
        };
        other.invalidate(&self.key);
        cache.insert(self.key.clone(), value.clone());
    }
}

impl<K: Hash + Eq, V> Task<K, V> {
    /// Returns `false` if the key was forgotten since, or another look-up has replaced this one.
    fn leave(&self, running: &mut HashMap<K, Running<V>>) -> bool {
        let current = running.get(&self.key);
        let is_current = current.is_some_and(|current| current.found.same_channel(&self.found));
        is_current && running.remove(&self.key).is_some()
    }
}

impl<K: Hash + Eq, V> Drop for Task<K, V> {
    fn drop(&mut self) {
        let running = self.cache.running.lock();
        self.leave(&mut running.unwrap_or_else(PoisonError::into_inner));
    }
}

/// The error of a look-up that several requests waited for.
#[derive(Clone, Debug)]
pub(in crate::keys) struct SharedError(Arc<dyn Error + Send + Sync>);

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
