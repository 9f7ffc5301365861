//! A cached document of public keys: its lifetime, its refresh, and its use after it has expired.

use std::{
    hash::{Hash, Hasher},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use super::{
    FetchedKeys, KeyRequest, Options,
    document::Published,
    limit::{Bucket, FetchLimitExceeded, Limits},
    verified::VerifiedDocuments,
};
use crate::{
    keys::{Keys, cache::lookup::BoxError},
    scheme::{Document, Scheme},
};

/// The lifetime of a document if the fetcher's answer has no `max_age`.
const USUAL_LIFE: Duration = Duration::from_secs(60 * 60);

/// The shortest lifetime of a document, and the shortest time between two attempts to refresh it.
const LEAST_LIFE: Duration = Duration::from_secs(60);

/// A document is refreshed in the last part of its life: one divided by this number.
const REFRESHED_PART: u32 = 5;

/// The maximum time for which a document that has verified a delivery may be used after it expires.
const STALE_FOR: Duration = Duration::from_secs(60 * 60);

/// The fetch of a document, and the limit that it counts against.
#[derive(Clone)]
pub(super) struct DocumentFetch {
    pub(super) request: KeyRequest,
    pub(super) scheme: Scheme,
    pub(super) document: Document,
    pub(super) options: Options,
    pub(super) bucket: Bucket,
    pub(super) replaces: Replaces,
}

/// The document that a fetch would replace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaces {
    /// No cached document can still be used.
    Nothing,
    /// A document that has expired or is of unknown age, and can be used while stale.
    Stale,
    /// A document that has not expired.
    Current,
}

/// A fetched document and its lifetime.
#[derive(Debug)]
pub(super) struct CachedDocument {
    published: Published,
    fetched: SystemTime,
    until: SystemTime,
    /// The start of the latest refresh.
    tried: Mutex<Option<SystemTime>>,
}

impl DocumentFetch {
    /// Counts the fetch against the limit of its bucket.
    pub(super) fn count(&self, limits: &Limits) -> Result<(), FetchLimitExceeded> {
        let Options {
            fetches_per_minute,
            clock,
            ..
        } = &self.options;
        let provider = &self.request.provider;
        limits.take(provider, self.bucket, clock.now(), *fetches_per_minute)
    }

    /// Reads the fetcher's answer. If it is an error, the cached document stays in use.
    pub(super) fn read(
        &self,
        answer: Option<&FetchedKeys>,
        verified: &VerifiedDocuments,
    ) -> Result<CachedDocument, BoxError> {
        let now = self.options.clock.now();
        let marker = verified.marker(&self.request);
        let published = |fetched| Published::read(self.document, fetched, &self.scheme, &marker);
        let published = answer.map(published).transpose()?.flatten();
        let (published, life) = match published {
            None if self.document == Document::JwkSet => {
                return Err("the URL does not serve a key set".into());
            }
            // A single answer may be wrong, so the cached key stays until its document expires. The
            // fetch after that decides whether the provider has withdrawn the key.
            None if self.replaces == Replaces::Current => {
                return Err("the provider no longer publishes the key".into());
            }
            None => {
                verified.remove(&self.request);
                (Published::none(), LEAST_LIFE)
            }
            Some(published) if published.is_empty() && self.replaces != Replaces::Nothing => {
                return Err("the document contains no key that this provider can use".into());
            }
            Some(published) => {
                let longest = self.options.lifetime.max(LEAST_LIFE);
                let life = answer.and_then(|fetched| fetched.max_age);
                (
                    published,
                    life.unwrap_or(USUAL_LIFE).clamp(LEAST_LIFE, longest),
                )
            }
        };
        Ok(CachedDocument {
            published,
            fetched: now,
            until: now.checked_add(life).unwrap_or(now),
            tried: Mutex::new(None),
        })
    }
}

impl CachedDocument {
    pub(super) fn get(&self, id: Option<&str>) -> Option<&Keys> {
        self.published.get(id)
    }

    pub(super) fn has_keys(&self) -> bool {
        !self.published.is_empty()
    }

    /// Whether the document can answer for this key ID without a fetch: it has not expired, and it
    /// has the key or is less than a minute old.
    pub(super) fn decides(&self, now: SystemTime, id: Option<&str>) -> bool {
        let Some(age) = self.age(now) else {
            return false;
        };
        now < self.until && (age < LEAST_LIFE || self.get(id).is_some())
    }

    /// The document that a fetch at `now` would replace.
    pub(super) fn replaced(&self, now: SystemTime, is_verified: bool) -> Replaces {
        if !self.has_keys() {
            return Replaces::Nothing;
        }
        // If the clock has jumped back, the age of the document is unknown. It is fetched again,
        // and used if that fetch fails.
        if self.age(now).is_none() && is_verified {
            return Replaces::Stale;
        }
        match now.duration_since(self.until) {
            Err(_) => Replaces::Current,
            Ok(since) if is_verified && since < STALE_FOR => Replaces::Stale,
            Ok(_) => Replaces::Nothing,
        }
    }

    /// Whether a refresh is due: the last part of the document's life has begun, and no refresh was
    /// started in the last minute.
    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        let (Ok(left), Ok(life)) = (
            self.until.duration_since(now),
            self.until.duration_since(self.fetched),
        ) else {
            return false;
        };
        let tried = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = tried.is_some_and(|tried| {
            let since = now.duration_since(tried);
            since.is_ok_and(|since| since < LEAST_LIFE)
        });
        left <= life / REFRESHED_PART && !is_early
    }

    pub(super) fn note_refresh(&self, now: SystemTime) {
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// The age of the document, or `None` if the clock has jumped back to before the fetch.
    fn age(&self, now: SystemTime) -> Option<Duration> {
        now.duration_since(self.fetched).ok()
    }
}

/// Documents are cached by their request alone.
impl PartialEq for DocumentFetch {
    fn eq(&self, other: &Self) -> bool {
        self.request == other.request
    }
}

impl Eq for DocumentFetch {}

impl Hash for DocumentFetch {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.request.hash(state);
    }
}
