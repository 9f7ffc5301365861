//! Limit for log lines that an unauthenticated client can cause.

use std::{
    collections::{HashMap, hash_map::Entry},
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The minimum time between two lines of one kind.
const INTERVAL: Duration = Duration::from_secs(60);

/// Allows one log line per kind and minute, and counts the lines left out.
#[derive(Default)]
pub(crate) struct LogLimit {
    kinds: Mutex<HashMap<&'static str, Kind>>,
}

struct Kind {
    logged_at: Instant,
    left_out: u64,
}

impl LogLimit {
    /// Returns `None` if the line must be left out, and otherwise the number of lines of this kind
    /// left out since the last one.
    pub(crate) fn check(&self, kind: &'static str) -> Option<u64> {
        let now = Instant::now();
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        match kinds.entry(kind) {
            Entry::Vacant(entry) => {
                entry.insert(Kind {
                    logged_at: now,
                    left_out: 0,
                });
                Some(0)
            }
            Entry::Occupied(entry) => {
                let kind = entry.into_mut();
                if now.duration_since(kind.logged_at) < INTERVAL {
                    kind.left_out = kind.left_out.saturating_add(1);
                    return None;
                }
                kind.logged_at = now;
                Some(mem::take(&mut kind.left_out))
            }
        }
    }
}
