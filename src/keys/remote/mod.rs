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

/// For how long a document is used at most, unless set.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// How many documents are remembered.
const MOST_DOCUMENTS: u64 = 1000;

/// How many documents are fetched in a minute, unless set.
const FETCHES_PER_MINUTE: usize = 20;

/// The public keys of providers, fetched when a delivery needs one and remembered.
///
/// Give it to [`WebhookLayer::remote_keys`](crate::WebhookLayer::remote_keys). Clones share what was fetched.
///
/// - A document is used for as long as its answer says, between a minute and
///   [`lifetime`](Self::lifetime); then the next delivery fetches it again, and waits for it.
/// - Deliveries that need the same document at the same moment wait for one fetch, which goes on as long as
///   one of them waits.
/// - A key id that a set lacks has the set fetched again if that is older than a minute: nearly always its
///   provider has changed its keys.
/// - An error is not remembered: the next delivery tries again. At most 1000 documents are.
///
/// # Security
///
/// Who sends a delivery is known only once its key is there, so anybody can make you fetch. What they can
/// name is bounded by the scheme's [`RemoteKey`](crate::scheme::RemoteKey), and how often by
/// [`fetches_per_minute`](Self::fetches_per_minute): past that a delivery whose key is not there yet is
/// answered 503, and those whose key is there go on. A key that its provider has withdrawn is used until
/// its document's time is over.
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
    /// Keys that are fetched by `fetcher`.
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

    /// For how long a document is used at most, whatever its answer says; 24 h unless set, and a minute at
    /// least.
    #[must_use]
    pub fn lifetime(mut self, longest: Duration) -> Self {
        self.options.lifetime = longest;
        self
    }

    /// How many documents are fetched in a minute at most, of all providers together; 20 unless set.
    #[must_use]
    pub fn fetches_per_minute(mut self, most: usize) -> Self {
        self.options.fetches_per_minute = most;
        self
    }

    /// The clock by which documents grow old; the operating system's unless set.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.options.clock = Arc::new(clock);
        self
    }

    /// Forgets every document, so that the next delivery fetches its own again.
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
