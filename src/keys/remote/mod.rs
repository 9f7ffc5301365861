//! The cache of public keys that a provider publishes.

mod cached;
mod document;
mod fetcher;
mod limit;
mod search;
mod verified;

use std::{fmt, sync::Arc, time::Duration};

use http::Uri;

pub use self::fetcher::{FetchedKeys, KeyFetcher, KeyRequest};
use self::{
    cached::{CachedDocument, DocumentFetch, Replaces},
    limit::{Bucket, Limits},
    search::StaleKeys,
    verified::VerifiedDocuments,
};
pub(crate) use self::{
    search::{PendingFetch, Refresh, Search},
    verified::DocumentMarker,
};
use super::cache::lookup::{LookupCache, LookupFuture};
use crate::{
    clock::{Clock, SystemClock},
    scheme::{Document, Scheme},
    trace::PerMinute,
};

/// The default maximum lifetime of a document.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The capacity of the cache of documents.
const MAX_DOCUMENTS: u64 = 1000;

/// The default limit on fetches.
const FETCHES_PER_MINUTE: usize = 20;

/// A cache of the public keys that providers publish. Keys are fetched on demand.
///
/// Pass it to [`WebhookLayer::with_remote_keys`](crate::WebhookLayer::with_remote_keys). Clones
/// share the cache, which holds up to 1000 documents with keys.
///
/// - A document expires after the [`max_age`](FetchedKeys::max_age) of its answer, or after one
///   hour. The minimum is one minute, and the maximum is [`lifetime`](Self::lifetime).
/// - Deliveries that need the same document at the same time wait for one fetch. The fetch is
///   cancelled once no delivery waits for it.
/// - If a key set lacks the key ID of a delivery and is older than one minute, it is fetched again.
///   The provider may have rotated its keys. Deliveries with other key IDs do not wait for this
///   fetch.
/// - Errors are not cached. The next delivery tries again.
///
/// # Refresh
///
/// A document *has verified* once a delivery has passed with one of its keys. `RemoteKeys` keeps
/// such a document available:
///
/// - In the last fifth of the document's life, a delivery that uses it starts a refresh in a Tokio
///   task and does not wait for it. Each document has one refresh at a time, and at most one a
///   minute. [`key_deadline`](crate::WebhookLayer::key_deadline) ends a refresh that hangs.
/// - If the refresh fails, or its answer holds no key that the provider can use, the old document
///   stays in use.
/// - Once the document has expired, the next delivery fetches it again and waits.
/// - If that fetch fails, takes too long or exceeds
///   [`fetches_per_minute`](Self::fetches_per_minute), the expired document is used while stale,
///   for up to one hour. A warning is logged, at most once a minute per provider.
///
/// A refresh needs a Tokio runtime and a `key_deadline`. Without them, and with
/// [`RemoteVerifier`](crate::RemoteVerifier), a document is fetched again only after it has
/// expired.
///
/// # Security
///
/// A delivery cannot be verified before its key is fetched, so an unauthenticated client can cause
/// fetches. The scheme's [`RemoteKey`](crate::scheme::RemoteKey) restricts which URLs such a
/// client can name. [`fetches_per_minute`](Self::fetches_per_minute) limits how often they are
/// fetched.
///
/// Documents that have verified have a limit of their own, so a flood of unsigned requests does not
/// affect deliveries that use them. A certificate or key ID that this process has not seen before
/// shares the limit with the flood. Its deliveries can get 503 for as long as the flood lasts.
///
/// A key that its provider has withdrawn can pass for a limited time:
///
/// - If the provider's endpoint reports the withdrawal, the key passes until the cached document
///   expires, at most [`lifetime`](Self::lifetime) after the last fetch. The endpoint reports a
///   withdrawal with a set that lacks the key, or with the answer that the key or certificate does
///   not exist.
/// - If the endpoint fails, cannot be reached or publishes no usable key at all, the key passes for
///   another hour.
///
/// An attacker who holds a withdrawn key and can block your connection to the provider gains that
/// hour. Call [`forget_all`](Self::forget_all) to drop cached keys at once.
#[doc(alias = "jwks")]
#[derive(Clone)]
pub struct RemoteKeys {
    documents: Documents,
    verified: VerifiedDocuments,
    /// Limits the warnings about stale keys to one a minute per provider.
    warnings: Arc<PerMinute<Arc<str>>>,
    options: Options,
}

/// The cached documents, and the fetches that are running.
type Documents = Arc<LookupCache<DocumentFetch, Arc<CachedDocument>>>;

#[derive(Clone)]
struct Options {
    lifetime: Duration,
    fetches_per_minute: usize,
    clock: Arc<dyn Clock>,
}

/// Which keys a delivery needs.
#[derive(Debug)]
pub(crate) struct KeyLocator {
    pub(crate) scheme: Scheme,
    pub(crate) document: Document,
    pub(crate) url: Uri,
    pub(crate) id: Option<String>,
}

impl RemoteKeys {
    /// Creates an empty cache that fetches with `fetcher`.
    #[must_use]
    pub fn new(fetcher: impl KeyFetcher) -> Self {
        let fetcher: Arc<dyn AnyFetcher> = Arc::new(fetcher);
        let (limits, verified) = (Arc::<Limits>::default(), VerifiedDocuments::new());
        let marked = verified.clone();
        let look_up = move |fetch: DocumentFetch| -> LookupFuture<Arc<CachedDocument>> {
            let (fetcher, limits) = (Arc::clone(&fetcher), Arc::clone(&limits));
            let marked = marked.clone();
            Box::pin(async move {
                fetch.count(&limits)?;
                let answer = fetcher.fetch(fetch.request.clone()).await?;
                Ok(Arc::new(fetch.read(answer.as_ref(), &marked)?))
            })
        };
        let has_keys = |cached: &Arc<CachedDocument>| cached.has_keys();
        let documents = LookupCache::new(MAX_DOCUMENTS, Duration::MAX, has_keys, look_up);
        Self {
            documents: Arc::new(documents),
            verified,
            warnings: Arc::default(),
            options: Options {
                lifetime: LONGEST_LIFE,
                fetches_per_minute: FETCHES_PER_MINUTE,
                clock: Arc::new(SystemClock::new()),
            },
        }
    }

    /// Sets the maximum lifetime of a document. Defaults to 24 h. Values below one minute count as
    /// one minute.
    ///
    /// An expired document that cannot be fetched again may be used for
    /// [another hour](Self#refresh).
    #[must_use]
    pub fn lifetime(mut self, longest: Duration) -> Self {
        self.options.lifetime = longest;
        self
    }

    /// Sets how many documents are fetched in a minute, per provider and kind of fetch. Defaults to
    /// 20.
    ///
    /// A provider is identified by the name of its scheme. Two kinds of fetches are counted
    /// separately:
    ///
    /// - Fetches that any request can cause: of a URL or key ID that has never verified a delivery,
    ///   and of a key set that lacks a key ID. A delivery over this limit is rejected with
    ///   [`KeyFetchLimited`](crate::rejection::RejectionKind::KeyFetchLimited): 503 with
    ///   `Retry-After`.
    /// - Fetches of documents that have verified, so that a failing provider is not flooded. Over
    ///   this limit, a document is used [while stale](Self#refresh).
    #[must_use]
    pub fn fetches_per_minute(mut self, most: usize) -> Self {
        self.options.fetches_per_minute = most;
        self
    }

    /// Sets the clock that measures the age of documents. Defaults to the operating system's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.options.clock = Arc::new(clock);
        self
    }

    /// Drops all cached documents, so that the next delivery fetches its document again. The result
    /// of a fetch that is under way is not cached.
    pub fn forget_all(&self) {
        self.documents.forget_all();
    }

    /// Searches the cache for the keys of a delivery.
    pub(crate) fn search(&self, wanted: KeyLocator) -> Search {
        let KeyLocator {
            scheme,
            document,
            url,
            id,
        } = wanted;
        let provider = Arc::clone(&scheme.spec().name);
        let request = KeyRequest {
            provider: Arc::clone(&provider),
            url,
            id: id.clone().filter(|_| document == Document::Jwk),
        };
        let now = self.options.clock.now();
        let is_verified = self.verified.contains(&request);
        let mut fetch = DocumentFetch {
            request,
            scheme,
            document,
            options: self.options.clone(),
            bucket: Bucket::Verified,
            replaces: Replaces::Nothing,
        };
        let cached = self.documents.get(&fetch);
        if let Some(cached) = &cached {
            fetch.replaces = cached.replaced(now, is_verified);
            if cached.decides(now, id.as_deref()) {
                let keys = cached.get(id.as_deref()).cloned();
                let is_due = is_verified && keys.is_some() && cached.is_due(now);
                let is_due = is_due && !self.documents.is_running(&fetch);
                let refresh = is_due.then(|| {
                    cached.note_refresh(now);
                    Refresh {
                        documents: Arc::clone(&self.documents),
                        fetch,
                        provider,
                    }
                });
                return Search::Found { keys, refresh };
            }
        }
        // Any request can name a key ID that a current document lacks, so that fetch counts as
        // unknown even if the document has verified.
        if !is_verified || fetch.replaces == Replaces::Current {
            fetch.bucket = Bucket::Unknown;
        }
        let stale = cached.filter(|_| fetch.replaces == Replaces::Stale);
        let stale = stale.and_then(|cached| cached.get(id.as_deref()).cloned());
        let stale = stale.map(|keys| StaleKeys {
            keys,
            provider,
            now,
            warnings: Arc::clone(&self.warnings),
        });
        Search::Fetch(PendingFetch {
            documents: Arc::clone(&self.documents),
            fetch,
            id,
            now,
            stale,
        })
    }
}

/// A [`KeyFetcher`] of any type.
trait AnyFetcher: Send + Sync {
    fn fetch(self: Arc<Self>, request: KeyRequest) -> LookupFuture<Option<FetchedKeys>>;
}

impl<F: KeyFetcher> AnyFetcher for F {
    fn fetch(self: Arc<Self>, request: KeyRequest) -> LookupFuture<Option<FetchedKeys>> {
        Box::pin(async move { KeyFetcher::fetch(&*self, request).await.map_err(Into::into) })
    }
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys")
            .field("lifetime", &self.options.lifetime)
            .field("fetches_per_minute", &self.options.fetches_per_minute)
            .finish_non_exhaustive()
    }
}
