use std::{fmt, sync::Arc, time::SystemTime};

use super::{cached::CachedDocument, limit::FetchLimitExceeded};
use crate::{
    keys::{
        Keys,
        cache::{
            joint::Joint,
            memory::{Found, SharedError},
        },
    },
    rejection::RejectionKind,
    trace::{self, PerMinute},
};

/// The result of a search in the cache.
pub(crate) enum Search {
    /// A cached document decides. `keys` is `None` if it lacks the key. The caller runs `refresh`
    /// in a separate task.
    Found {
        keys: Option<Keys>,
        refresh: Option<Refresh>,
    },
    /// A document has to be fetched.
    Fetch(PendingFetch),
}

/// The fetch of a document that the delivery waits for.
pub(crate) struct PendingFetch {
    pub(super) joint: Joint<Found<Arc<CachedDocument>>>,
    pub(super) id: Option<String>,
    pub(super) stale: Option<StaleKeys>,
}

/// The fetch of a document that has not expired. Dropping it cancels the fetch.
pub(crate) struct Refresh {
    pub(super) joint: Joint<Found<Arc<CachedDocument>>>,
    pub(super) provider: Arc<str>,
}

/// Keys of an expired document, used if the fetch fails.
#[derive(Clone)]
pub(crate) struct StaleKeys {
    pub(super) keys: Keys,
    pub(super) provider: Arc<str>,
    pub(super) now: SystemTime,
    pub(super) warnings: Arc<PerMinute<Arc<str>>>,
}

impl Search {
    /// Waits for the keys. Drops the refresh, because a caller without Tokio cannot run it.
    pub(crate) async fn keys(self) -> Result<Option<Keys>, RejectionKind> {
        match self {
            Self::Found { keys, .. } => Ok(keys),
            Self::Fetch(fetch) => fetch.keys().await,
        }
    }
}

impl PendingFetch {
    pub(crate) fn stale(&self) -> Option<StaleKeys> {
        self.stale.clone()
    }

    /// Waits for the document. Falls back to the stale keys, if there are any.
    pub(crate) async fn keys(self) -> Result<Option<Keys>, RejectionKind> {
        let Self { joint, id, stale } = self;
        match joint.await {
            Ok(cached) => Ok(cached.get(id.as_deref()).cloned()),
            Err(error) => match stale {
                Some(stale) => Ok(Some(stale.keys(&error))),
                None => Err(rejected(&error)),
            },
        }
    }
}

impl StaleKeys {
    /// Returns the keys, and logs why the fetch did not replace them.
    pub(crate) fn keys(self, reason: &dyn fmt::Display) -> Keys {
        let Self {
            keys,
            provider,
            now,
            warnings,
        } = self;
        let suppressed = warnings.admit(Arc::clone(&provider), now);
        if let Some(suppressed) = suppressed {
            trace::warn!(
                provider = &*provider,
                reason = %reason,
                suppressed = (suppressed > 0).then_some(suppressed),
                "expired public keys are used, because they could not be fetched again"
            );
        }
        keys
    }
}

impl Refresh {
    /// Fetches the document. If the fetch fails, the old document stays in use.
    pub(crate) async fn run(self) {
        let Self { joint, provider } = self;
        if let Err(error) = joint.await {
            trace::debug!(
                provider = &*provider,
                reason = %error,
                "public keys could not be refreshed"
            );
        }
    }
}

fn rejected(error: &SharedError) -> RejectionKind {
    match error.downcast_ref() {
        Some(&FetchLimitExceeded { per_minute }) => RejectionKind::KeyFetchLimited { per_minute },
        None => RejectionKind::key_source_failed(error),
    }
}
