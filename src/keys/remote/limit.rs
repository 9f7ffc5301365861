use std::{
    collections::VecDeque,
    error::Error,
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

const MINUTE: Duration = Duration::from_secs(60);

/// When the latest fetches began.
#[derive(Debug, Default)]
pub(super) struct Limit(Mutex<VecDeque<SystemTime>>);

/// So many documents were fetched in the last minute that no more are.
#[derive(Debug)]
pub(super) struct TooMany(usize);

impl Limit {
    /// Takes one of so many fetches a minute.
    pub(super) fn take(&self, now: SystemTime, most: usize) -> Result<(), TooMany> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One that a clock has jumped back behind would count until the clock is there again.
        latest.retain(|begun| now.duration_since(*begun).is_ok_and(|age| age < MINUTE));
        if latest.len() >= most {
            return Err(TooMany(most));
        }
        latest.push_back(now);
        Ok(())
    }
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} documents were fetched in a minute, and no more are",
            self.0
        )
    }
}

impl Error for TooMany {}
