//! Public keys that a provider publishes, fetched by a client of the user's.

mod document;
mod fetcher;
mod kept;
mod limit;
mod proof;
mod search;

use std::{fmt, sync::Arc, time::Duration};

use http::Uri;

pub use self::fetcher::{FetchedKeys, KeyFetcher, KeyRequest};
use self::{
    kept::{Asked, Kept, Replaces},
    limit::{Bucket, Limits},
    proof::Verified,
    search::Stale,
};
pub(crate) use self::{
    proof::Proof,
    search::{Fetch, Refresh, Search},
};
use super::cache::memory::{LookUp, Memory};
use crate::{
    clock::{Clock, SystemClock},
    scheme::{Document, Scheme},
    trace::PerMinute,
};

/// The default of the longest life of a document.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The capacity of the cache of documents.
const MOST_DOCUMENTS: u64 = 1000;

/// The default limit on fetches.
const FETCHES_PER_MINUTE: usize = 20;

/// Public keys that providers publish, fetched on demand and cached.
///
/// Pass it to [`WebhookLayer::remote_keys`](crate::WebhookLayer::remote_keys). Clones share the
/// cache, which holds up to 1000 documents with keys.
///
/// - A document is used for as long as its answer says, between one minute and
///   [`lifetime`](Self::lifetime).
/// - Deliveries that need the same document at the same time wait for one fetch. The fetch is
///   cancelled when none of them waits any longer.
/// - If a key set lacks the key ID of a delivery and is older than one minute, it is fetched again.
///   The provider has probably rotated its keys. Deliveries with other key IDs do not wait for this
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
/// - After its end, the next delivery fetches the document and waits for it.
/// - If that fetch fails, takes too long or exceeds
///   [`fetches_per_minute`](Self::fetches_per_minute), the document is used while stale, for up to
///   one hour after its end. A warning is logged, at most once a minute per provider.
///
/// A refresh needs a Tokio runtime and a `key_deadline`. Without them, and with
/// [`Session::fetch_keys`](crate::verify::Session::fetch_keys), only the delivery after the end
/// fetches the document.
///
/// # Security
///
/// The sender of a delivery is unknown until its key is there, so an unauthenticated client can
/// cause fetches. The scheme's [`RemoteKey`](crate::scheme::RemoteKey) restricts which URLs such a
/// client can name. [`fetches_per_minute`](Self::fetches_per_minute) limits how often they are
/// fetched.
///
/// Documents that have verified have a limit of their own, so a flood of unsigned requests does not
/// affect deliveries that use them. A certificate or key ID that this process has not seen before
/// shares the limit with the flood. Its deliveries can get 503 for as long as the flood lasts.
///
/// A key that its provider has withdrawn can pass for a limited time:
///
/// - If the provider's endpoint reports the withdrawal, the key passes until the end of the cached
///   document, at most [`lifetime`](Self::lifetime) after the last fetch. The endpoint does so with a
///   set that lacks the key, or by answering that the key or certificate does not exist.
/// - If the endpoint fails, cannot be reached or publishes no usable key at all, the key passes until
///   one hour after that end.
///
/// An attacker who holds a withdrawn key and can block your connection to the provider gains that
/// hour. Call [`forget_all`](Self::forget_all) to drop cached keys at once.
#[derive(Clone)]
pub struct RemoteKeys {
    memory: Arc<Memory<Asked, Arc<Kept>>>,
    verified: Verified,
    /// One a minute for each provider whose stale keys are used.
    warnings: Arc<PerMinute<Arc<str>>>,
    options: Options,
}

#[derive(Clone)]
struct Options {
    lifetime: Duration,
    fetches_per_minute: usize,
    clock: Arc<dyn Clock>,
}

/// Which keys a delivery needs.
#[derive(Debug)]
pub(crate) struct Wanted {
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
        let (limits, verified) = (Arc::<Limits>::default(), Verified::new());
        let known = verified.clone();
        let look_up = move |asked: Asked| -> LookUp<Arc<Kept>> {
            let (fetcher, limits) = (Arc::clone(&fetcher), Arc::clone(&limits));
            let verified = verified.clone();
            Box::pin(async move {
                asked.take_turn(&limits)?;
                let answer = fetcher.fetch(asked.request.clone()).await?;
                Ok(Arc::new(asked.keep(answer.as_ref(), &verified)?))
            })
        };
        let has_keys = |kept: &Arc<Kept>| kept.has_keys();
        let memory = Memory::new(MOST_DOCUMENTS, Duration::MAX, has_keys, look_up);
        Self {
            memory: Arc::new(memory),
            verified: known,
            warnings: Arc::default(),
            options: Options {
                lifetime: LONGEST_LIFE,
                fetches_per_minute: FETCHES_PER_MINUTE,
                clock: Arc::new(SystemClock::new()),
            },
        }
    }

    /// Sets the longest life of a document, whatever its answer says. Defaults to 24 h, and is at
    /// least one minute.
    ///
    /// A document that cannot be fetched again may be used for [another hour](Self#refresh).
    #[must_use]
    pub fn lifetime(mut self, longest: Duration) -> Self {
        self.options.lifetime = longest;
        self
    }

    /// Sets how many documents of one provider are fetched in a minute. Defaults to 20.
    ///
    /// Each provider, by the name of its scheme, has two such limits:
    ///
    /// - one for fetches that any request can cause: a URL or key ID that has never verified a
    ///   delivery, and a set that is fetched again because it lacks a key ID. A delivery over this
    ///   limit is rejected with
    ///   [`KeyFetchLimited`](crate::rejection::RejectionKind::KeyFetchLimited): 503 with
    ///   `Retry-After`.
    /// - one for documents that have verified, so that a provider in trouble is not flooded. Over
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
        self.memory.forget_all();
    }

    /// Looks for the keys that a delivery may be signed with.
    pub(crate) fn search(&self, wanted: Wanted) -> Search {
        let Wanted {
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
        let mut asked = Asked {
            request,
            scheme,
            document,
            options: self.options.clone(),
            bucket: Bucket::Verified,
            replaces: Replaces::Nothing,
        };
        let kept = self.memory.get(&asked);
        if let Some(kept) = &kept {
            asked.replaces = kept.replaced(now, is_verified);
            if kept.is_good(now, id.as_deref()) {
                let keys = kept.get(id.as_deref()).cloned();
                let is_due = is_verified && keys.is_some() && kept.is_due(now);
                let joint = is_due.then(|| self.memory.renew(asked)).flatten();
                let refresh = joint.map(|joint| {
                    kept.note_refresh(now);
                    Refresh { joint, provider }
                });
                return Search::Found { keys, refresh };
            }
        }
        // A document that has not ended is fetched because of a key that it lacks, and any request
        // can name such a key.
        if !is_verified || asked.replaces == Replaces::Current {
            asked.bucket = Bucket::Unknown;
        }
        let stale = kept.filter(|_| asked.replaces == Replaces::Stale);
        let stale = stale.and_then(|kept| kept.get(id.as_deref()).cloned());
        let stale = stale.map(|keys| Stale {
            keys,
            provider,
            now,
            warnings: Arc::clone(&self.warnings),
        });
        let named = id.clone();
        let is_good = move |kept: &Arc<Kept>| kept.is_good(now, named.as_deref());
        Search::Fetch(Fetch {
            joint: self.memory.look_up_unless(asked, is_good),
            id,
            stale,
        })
    }
}

/// A [`KeyFetcher`] of any type.
trait AnyFetcher: Send + Sync {
    fn fetch(self: Arc<Self>, request: KeyRequest) -> LookUp<Option<FetchedKeys>>;
}

impl<F: KeyFetcher> AnyFetcher for F {
    fn fetch(self: Arc<Self>, request: KeyRequest) -> LookUp<Option<FetchedKeys>> {
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
