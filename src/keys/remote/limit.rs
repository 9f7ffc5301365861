//! The limit on the number of fetches.

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

/// The limit that a fetch counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    /// Fetches that any request can cause.
    Unknown,
    /// Fetches of documents that have verified a delivery.
    Verified,
}

/// All fetches of the current minute are used up.
#[derive(Debug)]
pub(super) struct FetchLimitExceeded {
    pub(super) per_minute: usize,
}

impl Limits {
    /// Counts a fetch, unless the bucket has had `per_minute` fetches in the last minute.
    pub(super) fn take(
        &self,
        provider: &Arc<str>,
        bucket: Bucket,
        now: SystemTime,
        per_minute: usize,
    ) -> Result<(), FetchLimitExceeded> {
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = limits.entry((Arc::clone(provider), bucket)).or_default();
        // If the clock has jumped back, earlier fetches have start times in the future. They are
        // removed, or they would count until the clock reaches those times.
        latest.retain(|begun| now.duration_since(*begun).is_ok_and(|age| age < MINUTE));
        if latest.len() >= per_minute {
            return Err(FetchLimitExceeded { per_minute });
        }
        latest.push_back(now);
        Ok(())
    }
}

impl fmt::Display for FetchLimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the limit of {} key fetches per minute is used up",
            self.per_minute
        )
    }
}

impl Error for FetchLimitExceeded {}
