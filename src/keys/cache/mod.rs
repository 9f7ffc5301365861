//! A key source that caches the keys of each tenant.

pub(super) mod lookup;

use std::{fmt, future::Future, hash::Hash, sync::Arc, time::Duration};

use self::lookup::{BoxError, LookupCache, LookupFuture};
use super::{KeySource, Keys};
use crate::head::RequestHead;

/// A [`KeySource`] that caches the results of its lookups. Requires the feature `key-cache`.
///
/// - Requests for one tenant at the same moment share one look-up. A look-up that is not ready at
///   once runs in a Tokio task. It is cancelled when the last request that waits for it is dropped.
///   If a look-up takes more than five seconds, the next request starts another, whose result is
///   cached instead. Without a runtime, the request that started a look-up runs it, and the
///   requests that share it are rejected if that request is dropped. The task has neither the
///   `tracing` span nor the task-local values of the request. If each core has a runtime of its
///   own, it stops with the runtime of the request that started it.
/// - Unknown tenants are cached for the same time. Requests for unknown tenants therefore cost the
///   same, and look the same, as requests for existing ones. If a tenant was requested before you
///   created it, it is rejected until its entry expires. Call [`forget`](Self::forget) when you
///   create a tenant.
/// - An error is not cached, and neither is a panic, which counts as an error. The requests that
///   waited are answered 503, and the next request starts a new lookup.
///
/// Clones share the entries. Pass one clone to the layer, and keep another one to call `forget`.
///
/// ```
/// use std::{io, time::Duration};
/// use tower_webhook::{Keys, RequestHead, Secret, WebhookLayer, keys::KeyCache, providers};
///
/// // Any client can send any name, and the cache stores it, so the length is limited.
/// // Percent-encoded names are rejected, because axum decodes them: a handler would read
/// // `%61cme` as `acme`.
/// fn tenant(head: RequestHead<'_>) -> Option<String> {
///     let name = head.path().strip_prefix("/hooks/")?;
///     let is_letter = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
///     let is_name = matches!(name.len(), 1..=32) && name.bytes().all(is_letter);
///     is_name.then(|| name.to_owned())
/// }
///
/// async fn look_up(tenant: String) -> io::Result<Option<Keys>> {
///     let secrets: Vec<Secret> = Vec::new(); // Ask the database.
///     // `Verified::tenant` returns this name to the handler.
///     Ok(Keys::newest_first(secrets).map(|keys| keys.tenant(tenant)))
/// }
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let cache = KeyCache::new(10_000, Duration::from_secs(60), tenant, look_up);
/// let layer = WebhookLayer::with_key_source(providers::github(), cache.clone())?;
///
/// // Acme has a new secret, and the old one must be rejected from now on:
/// cache.forget(&"acme".to_owned());
/// # Ok(())
/// # }
/// ```
///
/// # Security
///
/// - A revoked secret is accepted until its cache entry expires, or until `forget` is called. Each
///   process has its own cache, so call `forget` in each of them.
/// - The cache contains as many tenants as its capacity, the same number of unknown names, and some
///   hundreds more of each until they are removed. Unknown names evict only unknown names. The
///   number of running lookups is limited only by the number of requests that wait for them, so
///   limit those.
/// - The capacity counts names, not bytes. Limit the length of a name in the closure `tenant`,
///   which returns `None` for names that no tenant can have.
/// - A client that measures response times may find out whether a name was requested recently. That
///   reveals that the tenant exists only if no client requests names that do not exist. While the
///   source is down, no measurement is needed: cached names are answered as usual, and all others
///   with 503.
#[doc(alias = "ttl")]
pub struct KeyCache<T> {
    tenant: Arc<dyn Fn(RequestHead<'_>) -> Option<T> + Send + Sync>,
    cache: Arc<LookupCache<T, Option<Keys>>>,
}

impl<T> KeyCache<T>
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
{
    /// Creates a cache for `capacity` tenants and as many unknown names, each for `lifetime`.
    ///
    /// `tenant` extracts the tenant of a request, or returns `None` if the request has none.
    /// `look_up` fetches the keys of a tenant, or returns `None` if the tenant does not exist. It
    /// gets only the tenant, so a cached result cannot depend on anything else.
    #[must_use]
    pub fn new<Fut, E>(
        capacity: u64,
        lifetime: Duration,
        tenant: impl Fn(RequestHead<'_>) -> Option<T> + Send + Sync + 'static,
        look_up: impl Fn(T) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        Fut: Future<Output = Result<Option<Keys>, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let look_up = move |tenant| -> LookupFuture<Option<Keys>> {
            let keys = look_up(tenant);
            Box::pin(async move { keys.await.map_err(Into::into) })
        };
        Self {
            tenant: Arc::new(tenant),
            cache: Arc::new(LookupCache::new(
                capacity,
                lifetime,
                Option::is_some,
                look_up,
            )),
        }
    }

    /// Removes the cached result for a tenant, in this process.
    ///
    /// A later request is answered by a new lookup. Requests that wait for a running lookup still
    /// get its result.
    pub fn forget(&self, tenant: &T) {
        self.cache.forget(tenant);
    }

    /// Removes the cached results for all tenants, as [`forget`](Self::forget) does for one.
    pub fn forget_all(&self) {
        self.cache.forget_all();
    }
}

impl<T> KeySource for KeyCache<T>
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
{
    type Error = BoxError;

    async fn keys(&self, head: RequestHead<'_>) -> Result<Option<Keys>, BoxError> {
        let Some(tenant) = (self.tenant)(head) else {
            return Ok(None);
        };
        let found = match self.cache.get(&tenant) {
            Some(found) => Ok(found),
            None => self.cache.look_up(tenant).await,
        };
        found.map_err(Into::into)
    }
}

// Implemented manually, because `derive` would require `T: Clone`.
impl<T> Clone for KeyCache<T> {
    fn clone(&self) -> Self {
        Self {
            tenant: Arc::clone(&self.tenant),
            cache: Arc::clone(&self.cache),
        }
    }
}

impl<T> fmt::Debug for KeyCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache").finish_non_exhaustive()
    }
}
