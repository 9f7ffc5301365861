use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use moka::sync::Cache;

use super::{KeyRequest, MOST_DOCUMENTS};

/// The documents that have verified a delivery. A document stays in this set when it is fetched
/// again or evicted, so that unsigned requests cannot exhaust the limit on its fetches.
#[derive(Clone)]
pub(super) struct Verified(Cache<KeyRequest, ()>);

/// Adds the document of a key to [`Verified`] once a delivery has passed with that key.
pub(crate) struct Proof {
    request: KeyRequest,
    verified: Verified,
    is_given: AtomicBool,
}

impl Verified {
    pub(super) fn new() -> Self {
        Self(Cache::new(MOST_DOCUMENTS))
    }

    pub(super) fn contains(&self, request: &KeyRequest) -> bool {
        // `get` also records the use, by which the cache decides what it evicts.
        self.0.get(request).is_some()
    }

    pub(super) fn remove(&self, request: &KeyRequest) {
        self.0.invalidate(request);
    }

    pub(super) fn proof(&self, request: &KeyRequest) -> Arc<Proof> {
        Arc::new(Proof {
            request: request.clone(),
            verified: self.clone(),
            is_given: AtomicBool::new(false),
        })
    }
}

impl Proof {
    pub(in crate::keys) fn give(&self) {
        if !self.is_given.swap(true, Ordering::Relaxed) {
            self.verified.0.insert(self.request.clone(), ());
        }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof")
            .field("request", &self.request)
            .field("is_given", &self.is_given)
            .finish_non_exhaustive()
    }
}
