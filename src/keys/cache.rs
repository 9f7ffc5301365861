use std::{error::Error, fmt, future::Future, hash::Hash, pin::Pin, sync::Arc, time::Duration};

use moka::future::Cache;

use super::{KeySource, Keys};
use crate::head::Head;

type BoxError = Box<dyn Error + Send + Sync>;
type LookUp = Pin<Box<dyn Future<Output = Result<Option<Keys>, BoxError>> + Send>>;

/// Moka panics at more than a thousand years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A [`KeySource`] that remembers what it looked up; needs the `cache` feature.
///
/// - Look-ups of one tenant at the same moment share one call.
/// - A failure is not remembered: the next request looks up again.
/// - That there is no such tenant is remembered as long as keys are, so that asking for one again
///   and again is as cheap for you, and looks the same, as asking for one that exists. Call
///   [`forget`](Self::forget) when you make a tenant.
/// - What was used least makes place for what is used more, so a flood of made-up tenants does not
///   push out those that are at work.
///
/// Clones share what is remembered. Give one to the layer and keep one to call `forget`.
///
/// ```
/// use std::{io, time::Duration};
/// use tower_webhook::{Head, Keys, Secret, WebhookLayer, keys::KeyCache, providers};
///
/// async fn look_up(tenant: String) -> io::Result<Option<Keys>> {
///     // Ask the database.
///     # Ok(None)
/// }
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let cache = KeyCache::new(
///     10_000,
///     Duration::from_secs(60),
///     |head: Head<'_>| Some(head.path().strip_prefix("/hooks/")?.to_owned()),
///     look_up,
/// );
/// let layer = WebhookLayer::per_request(providers::github(), cache.clone())?;
/// # Ok(())
/// # }
/// ```
///
/// # Security
///
/// - The capacity counts tenants. How long a name may be is for the first closure to say, with
///   `None` for those that none of yours can have.
/// - A secret that was revoked passes until its entry's lifetime is over, or until `forget`.
/// - Whoever measures how long an answer takes may see whether somebody asked for that tenant
///   lately, which says that it exists only if nobody asks for tenants that do not.
pub struct KeyCache<T> {
    cache: Cache<T, Option<Keys>>,
    tenant: Arc<dyn Fn(Head<'_>) -> Option<T> + Send + Sync>,
    look_up: Arc<dyn Fn(T) -> LookUp + Send + Sync>,
}

impl<T> KeyCache<T>
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
{
    /// A cache for so many tenants, each for so long.
    ///
    /// `tenant` says whose request it is, `None` for nobody's; `look_up` finds the keys of a tenant,
    /// `None` for one that does not exist. It is told the tenant alone, so that what is remembered
    /// cannot depend on anything else.
    #[must_use]
    pub fn new<Fut, E>(
        capacity: u64,
        lifetime: Duration,
        tenant: impl Fn(Head<'_>) -> Option<T> + Send + Sync + 'static,
        look_up: impl Fn(T) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        Fut: Future<Output = Result<Option<Keys>, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let cache = Cache::builder()
            .max_capacity(capacity)
            .time_to_live(lifetime.min(LONGEST))
            .build();
        let look_up = move |tenant: T| -> LookUp {
            let keys = look_up(tenant);
            Box::pin(async move { keys.await.map_err(Into::into) })
        };
        Self {
            cache,
            tenant: Arc::new(tenant),
            look_up: Arc::new(look_up),
        }
    }

    /// Forgets what was looked up for a tenant. A look-up that is under way is still remembered.
    pub async fn forget(&self, tenant: &T) {
        self.cache.invalidate(tenant).await;
    }

    /// Forgets what was looked up for every tenant.
    pub fn forget_all(&self) {
        self.cache.invalidate_all();
    }
}

impl<T> KeySource for KeyCache<T>
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
{
    type Error = BoxError;

    async fn keys(&self, head: Head<'_>) -> Result<Option<Keys>, BoxError> {
        let Some(tenant) = (self.tenant)(head) else {
            return Ok(None);
        };
        if let Some(keys) = self.cache.get(&tenant).await {
            return Ok(keys);
        }
        let look_up = async { (self.look_up)(tenant.clone()).await };
        // Boxed, so that whoever finds the keys above has no room made for it.
        let found = Box::pin(self.cache.try_get_with_by_ref(&tenant, look_up)).await;
        found.map_err(|error| Box::new(SharedError(error)).into())
    }
}

/// The error of a look-up that several requests waited for.
#[derive(Debug)]
struct SharedError(Arc<BoxError>);

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

// By hand, because `derive` would ask the same of `T`.
impl<T> Clone for KeyCache<T> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            tenant: Arc::clone(&self.tenant),
            look_up: Arc::clone(&self.look_up),
        }
    }
}

impl<T> fmt::Debug for KeyCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache").finish_non_exhaustive()
    }
}
