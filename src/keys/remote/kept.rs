use std::{
    hash::{Hash, Hasher},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use super::{
    FetchedKeys, KeyRequest, Options,
    document::Published,
    limit::{Bucket, Limits, TooMany},
    proof::Verified,
};
use crate::{
    keys::{Keys, cache::BoxError},
    scheme::{Document, Scheme},
};

/// The lifetime of a document whose answer names none.
const USUAL_LIFE: Duration = Duration::from_secs(60 * 60);

/// The shortest lifetime of a document, and the shortest time between two attempts to refresh it.
const LEAST_LIFE: Duration = Duration::from_secs(60);

/// A document is refreshed in the last part of its life: one divided by this number.
const REFRESHED_PART: u32 = 5;

/// How long a document that has verified a delivery may be used after its end.
const STALE_FOR: Duration = Duration::from_secs(60 * 60);

/// A document to be fetched, and how.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) request: KeyRequest,
    pub(super) scheme: Scheme,
    pub(super) document: Document,
    pub(super) options: Options,
    pub(super) bucket: Bucket,
    pub(super) replaces: Replaces,
}

/// What the document to be fetched would replace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaces {
    /// No document that can still be used.
    Nothing,
    /// A document that has ended and can be used while stale.
    Stale,
    /// A document that has not ended.
    Current,
}

/// A document, and the time in which it is used.
#[derive(Debug)]
pub(super) struct Kept {
    published: Published,
    fetched: SystemTime,
    until: SystemTime,
    /// When a refresh was last begun.
    tried: Mutex<Option<SystemTime>>,
}

impl Asked {
    pub(super) fn take_turn(&self, limits: &Limits) -> Result<(), TooMany> {
        let Options {
            fetches_per_minute,
            clock,
            ..
        } = &self.options;
        let provider = &self.request.provider;
        limits.take(provider, self.bucket, clock.now(), *fetches_per_minute)
    }

    /// Reads an answer. An error leaves the document in place that the answer would replace.
    pub(super) fn keep(
        &self,
        answer: Option<&FetchedKeys>,
        verified: &Verified,
    ) -> Result<Kept, BoxError> {
        let now = self.options.clock.now();
        let proof = verified.proof(&self.request);
        let read = |fetched| Published::read(self.document, fetched, &self.scheme, &proof);
        let published = answer.map(read).transpose()?.flatten();
        let (published, life) = match published {
            None if self.document == Document::JwkSet => {
                return Err("there is no set of keys at the URL".into());
            }
            // One answer may be wrong. The fetch after the document's end decides whether the
            // provider has withdrawn the key.
            None if self.replaces == Replaces::Current => {
                return Err("the key is not published any more".into());
            }
            None => {
                verified.remove(&self.request);
                (Published::none(), LEAST_LIFE)
            }
            Some(published) if published.is_empty() && self.replaces != Replaces::Nothing => {
                return Err("the document holds no key that this provider can use".into());
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
        Ok(Kept {
            published,
            fetched: now,
            until: now.checked_add(life).unwrap_or(now),
            tried: Mutex::new(None),
        })
    }
}

impl Kept {
    pub(super) fn get(&self, id: Option<&str>) -> Option<&Keys> {
        self.published.get(id)
    }

    pub(super) fn has_keys(&self) -> bool {
        !self.published.is_empty()
    }

    /// Whether the document decides about this key, present or not, without a fetch.
    pub(super) fn is_good(&self, now: SystemTime, id: Option<&str>) -> bool {
        let Some(age) = self.age(now) else {
            return false;
        };
        now < self.until && (age < LEAST_LIFE || self.get(id).is_some())
    }

    /// What a document that is fetched now would replace.
    pub(super) fn replaced(&self, now: SystemTime, is_verified: bool) -> Replaces {
        if !self.has_keys() {
            return Replaces::Nothing;
        }
        // After the clock has jumped back, the age is unknown. The document is fetched again, and used
        // meanwhile.
        if self.age(now).is_none() && is_verified {
            return Replaces::Stale;
        }
        match now.duration_since(self.until) {
            Err(_) => Replaces::Current,
            Ok(since) if is_verified && since < STALE_FOR => Replaces::Stale,
            Ok(_) => Replaces::Nothing,
        }
    }

    /// Whether the last part of the document's life has begun, and no refresh in the last minute.
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

    /// `None` if the clock has jumped back to before the fetch, so that the age is unknown.
    fn age(&self, now: SystemTime) -> Option<Duration> {
        now.duration_since(self.fetched).ok()
    }
}

/// Documents are cached by their request alone.
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
