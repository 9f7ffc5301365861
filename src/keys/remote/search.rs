//! The result of a search in the cache of public keys: keys, a fetch or a refresh.

use std::{fmt, sync::Arc, time::SystemTime};

use super::{
    Documents,
    cached::{CachedDocument, DocumentFetch},
    limit::FetchLimitExceeded,
};
use crate::{
    keys::{Keys, cache::lookup::SharedError},
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

/// The fetch of a document that the delivery has to wait for. It starts, or joins a running fetch,
/// in [`keys`](Self::keys).
pub(crate) struct PendingFetch {
    pub(super) documents: Documents,
    pub(super) fetch: DocumentFetch,
    pub(super) id: Option<String>,
    pub(super) now: SystemTime,
    pub(super) stale: Option<StaleKeys>,
}

/// The fetch of a document that has not expired. It starts in [`run`](Self::run).
pub(crate) struct Refresh {
    pub(super) documents: Documents,
    pub(super) fetch: DocumentFetch,
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
        let id = self.id.as_deref();
        let decides = |cached: &Arc<CachedDocument>| cached.decides(self.now, id);
        match self.documents.look_up_unless(self.fetch, decides).await {
            Ok(cached) => Ok(cached.get(id).cloned()),
            Err(error) => match self.stale {
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
                "failed to fetch public keys again; using the expired keys"
            );
        }
        keys
    }
}

impl Refresh {
    /// Fetches the document, unless a fetch is running. If the fetch fails, the old document stays
    /// in use.
    pub(crate) async fn run(self) {
        if let Some(Err(error)) = self.documents.renew(self.fetch).await {
            trace::debug!(
                provider = &*self.provider,
                reason = %error,
                "failed to refresh public keys; using the cached keys"
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
