use std::{
    collections::{HashMap, VecDeque},
    error::Error,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

const MINUTE: Duration = Duration::from_secs(60);

/// The start times of the latest fetches, for each provider and bucket.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<HashMap<(Arc<str>, Bucket), VecDeque<SystemTime>>>);

/// What a fetch counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    /// Fetches that any request can cause.
    Unknown,
    /// Fetches of documents that have verified a delivery.
    Verified,
}

/// The bucket is empty.
#[derive(Debug)]
pub(super) struct TooMany {
    pub(super) per_minute: usize,
}

impl Limits {
    /// Takes one of the fetches that a bucket allows in a minute.
    pub(super) fn take(
        &self,
        provider: &Arc<str>,
        bucket: Bucket,
        now: SystemTime,
        per_minute: usize,
    ) -> Result<(), TooMany> {
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = limits.entry((Arc::clone(provider), bucket)).or_default();
        // After the clock has jumped back, a fetch in the future would count until the clock gets
        // there.
        latest.retain(|begun| now.duration_since(*begun).is_ok_and(|age| age < MINUTE));
        if latest.len() >= per_minute {
            return Err(TooMany { per_minute });
        }
        latest.push_back(now);
        Ok(())
    }
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the limit of {} key fetches a minute is used up",
            self.per_minute
        )
    }
}

impl Error for TooMany {}
