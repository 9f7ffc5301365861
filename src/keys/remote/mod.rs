//! Public keys that a provider publishes, fetched by a client of the user's.

mod document;
mod fetcher;
mod limit;

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::Uri;

pub use self::fetcher::{FetchedKeys, KeyFetcher, KeyRequest};
use self::{document::Published, limit::Limit};
use super::{
    Keys,
    cache::{
        BoxError,
        memory::{LookUp, Memory},
    },
};
use crate::{
    clock::{Clock, SystemClock},
    scheme::{Document, Scheme},
};

/// For how long keys are used whose answer does not say so.
const USUAL_LIFE: Duration = Duration::from_secs(60 * 60);

/// For how long a document is kept whatever its answer says, and whatever is asked for that it lacks.
const LEAST_LIFE: Duration = Duration::from_secs(60);

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

/// A document to be fetched, and how.
#[derive(Clone)]
struct Asked {
    request: KeyRequest,
    scheme: Scheme,
    document: Document,
    options: Options,
}

/// A document, and until when it is used.
#[derive(Debug)]
struct Kept {
    published: Published,
    fetched: SystemTime,
    until: SystemTime,
}

impl RemoteKeys {
    /// Keys that are fetched by `fetcher`.
    #[must_use]
    pub fn new(fetcher: impl KeyFetcher) -> Self {
        let fetcher: Arc<dyn AnyFetcher> = Arc::new(fetcher);
        let limit = Arc::new(Limit::default());
        let look_up = move |asked: Asked| -> LookUp<Arc<Kept>> {
            let (fetcher, limit) = (Arc::clone(&fetcher), Arc::clone(&limit));
            Box::pin(async move {
                let Options {
                    fetches_per_minute,
                    clock,
                    ..
                } = &asked.options;
                limit.take(clock.now(), *fetches_per_minute)?;
                let answer = fetcher.fetch(asked.request.clone()).await?;
                Ok(Some(Arc::new(asked.keep(answer.as_ref())?)))
            })
        };
        Self {
            memory: Arc::new(Memory::new(MOST_DOCUMENTS, Duration::MAX, look_up)),
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

    /// The keys that a delivery may be signed with.
    pub(crate) async fn keys(&self, wanted: Wanted) -> Result<Option<Keys>, BoxError> {
        let Wanted {
            scheme,
            document,
            url,
            id,
        } = wanted;
        let asked = Asked {
            request: KeyRequest {
                provider: Arc::clone(&scheme.spec().name),
                url,
                id: id.clone().filter(|_| document == Document::Jwk),
            },
            scheme,
            document,
            options: self.options.clone(),
        };
        let now = self.options.clock.now();
        let (named, by) = (id.clone(), now);
        let is_good = move |kept: &Arc<Kept>| kept.is_good(by, named.as_deref());
        let kept = self.memory.look_up_unless(asked, is_good).await?;
        Ok(kept.and_then(|kept| kept.published.get(id.as_deref()).cloned()))
    }
}

impl Asked {
    fn keep(&self, answer: Option<&FetchedKeys>) -> Result<Kept, BoxError> {
        let now = self.options.clock.now();
        let (published, life) = match answer {
            // Not a set without keys, which would take the place of one that has some.
            None if self.document == Document::JwkSet => {
                return Err("there is no set of keys at the URL".into());
            }
            None => (Published::none(), LEAST_LIFE),
            Some(fetched) => {
                let published = Published::read(self.document, fetched, &self.scheme)?;
                let longest = self.options.lifetime.max(LEAST_LIFE);
                let life = fetched.max_age.unwrap_or(USUAL_LIFE);
                (published, life.clamp(LEAST_LIFE, longest))
            }
        };
        Ok(Kept {
            published,
            fetched: now,
            until: now.checked_add(life).unwrap_or(now),
        })
    }
}

impl Kept {
    /// Whether nothing else need be fetched for a key, be it there or not.
    fn is_good(&self, now: SystemTime, id: Option<&str>) -> bool {
        // A clock that jumped back cannot say how old it is.
        let Ok(age) = now.duration_since(self.fetched) else {
            return false;
        };
        now < self.until && (age < LEAST_LIFE || self.published.get(id).is_some())
    }
}

/// By what a document is remembered.
impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.request == other.request
    }
}

impl Eq for Asked {}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.request.hash(state);
    }
}

/// A [`KeyFetcher`] of any type.
trait AnyFetcher: Send + Sync {
    fn fetch(self: Arc<Self>, request: KeyRequest) -> LookUp<FetchedKeys>;
}

impl<F: KeyFetcher> AnyFetcher for F {
    fn fetch(self: Arc<Self>, request: KeyRequest) -> LookUp<FetchedKeys> {
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
