use std::{fmt, sync::Arc, time::SystemTime};

use super::{kept::Kept, limit::TooMany};
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

/// What is known of the keys of a delivery without a fetch.
pub(crate) enum Search {
    /// A document at hand decides. `refresh` is for a task of its own.
    Found {
        keys: Option<Keys>,
        refresh: Option<Refresh>,
    },
    /// A document has to be fetched.
    Fetch(Fetch),
}

/// The fetch of a document that the delivery waits for.
pub(crate) struct Fetch {
    pub(super) joint: Joint<Found<Arc<Kept>>>,
    pub(super) id: Option<String>,
    pub(super) stale: Option<Stale>,
}

/// The fetch of a document before its end. It stops when it is dropped.
pub(crate) struct Refresh {
    pub(super) joint: Joint<Found<Arc<Kept>>>,
    pub(super) provider: Arc<str>,
}

/// Keys of a document that has ended, for a delivery whose fetch fails.
#[derive(Clone)]
pub(crate) struct Stale {
    pub(super) keys: Keys,
    pub(super) provider: Arc<str>,
    pub(super) now: SystemTime,
    pub(super) warnings: Arc<PerMinute<Arc<str>>>,
}

impl Search {
    /// Waits for the keys, without a refresh.
    pub(crate) async fn keys(self) -> Result<Option<Keys>, RejectionKind> {
        match self {
            Self::Found { keys, .. } => Ok(keys),
            Self::Fetch(fetch) => fetch.keys().await,
        }
    }
}

impl Fetch {
    pub(crate) fn stale(&self) -> Option<Stale> {
        self.stale.clone()
    }

    /// Waits for the document. If it cannot be fetched, stale keys are used where there are some.
    pub(crate) async fn keys(self) -> Result<Option<Keys>, RejectionKind> {
        let Self { joint, id, stale } = self;
        match joint.await {
            Ok(kept) => Ok(kept.get(id.as_deref()).cloned()),
            Err(error) => match stale {
                Some(stale) => Ok(Some(stale.keys(&error))),
                None => Err(rejected(&error)),
            },
        }
    }
}

impl Stale {
    /// Takes the keys, and logs the reason.
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
    /// Fetches the document. A failure leaves the old one in place.
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
        Some(&TooMany { per_minute }) => RejectionKind::KeyFetchLimited { per_minute },
        None => RejectionKind::key_source_failed(error),
    }
}
