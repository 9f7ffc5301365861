//! The set of documents whose keys have verified a delivery.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use moka::sync::Cache;

use super::{KeyRequest, MAX_DOCUMENTS};

/// The documents that have verified a delivery. A document stays in this set after the cache has
/// replaced or evicted it, so unsigned requests cannot exhaust the limit on its fetches.
#[derive(Clone)]
pub(super) struct VerifiedDocuments(Cache<KeyRequest, ()>);

/// Adds the document of a key to [`VerifiedDocuments`] once a delivery is verified with that key.
pub(crate) struct DocumentMarker {
    request: KeyRequest,
    verified: VerifiedDocuments,
    is_marked: AtomicBool,
}

impl VerifiedDocuments {
    pub(super) fn new() -> Self {
        Self(Cache::new(MAX_DOCUMENTS))
    }

    pub(super) fn contains(&self, request: &KeyRequest) -> bool {
        // Unlike `contains_key`, `get` counts as a use, so a document in use is not evicted.
        self.0.get(request).is_some()
    }

    pub(super) fn remove(&self, request: &KeyRequest) {
        self.0.invalidate(request);
    }

    pub(super) fn marker(&self, request: &KeyRequest) -> Arc<DocumentMarker> {
        Arc::new(DocumentMarker {
            request: request.clone(),
            verified: self.clone(),
            is_marked: AtomicBool::new(false),
        })
    }
}

impl DocumentMarker {
    pub(in crate::keys) fn mark_verified(&self) {
        if !self.is_marked.swap(true, Ordering::Relaxed) {
            self.verified.0.insert(self.request.clone(), ());
        }
    }
}

impl fmt::Debug for DocumentMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentMarker")
            .field("request", &self.request)
            .field("is_marked", &self.is_marked)
            .finish_non_exhaustive()
    }
}
