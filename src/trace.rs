//! Macros for `tracing` events with the target of this crate, and the limit on log lines. Without
//! the feature `tracing`, the macros only evaluate their arguments.

#![allow(
    unused_imports,
    unused_macros,
    reason = "which macros are used depends on the features"
)]

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

#[cfg(not(feature = "tracing"))]
pub(crate) use self::disabled::*;
#[cfg(feature = "tracing")]
pub(crate) use self::enabled::*;

#[cfg(feature = "tracing")]
mod enabled {
    macro_rules! debug {
        ($($event:tt)*) => { tracing::debug!(target: "tower_webhook", $($event)*) };
    }
    macro_rules! error {
        ($($event:tt)*) => { tracing::error!(target: "tower_webhook", $($event)*) };
    }
    macro_rules! info {
        ($($event:tt)*) => { tracing::info!(target: "tower_webhook", $($event)*) };
    }
    macro_rules! warning {
        ($($event:tt)*) => { tracing::warn!(target: "tower_webhook", $($event)*) };
    }
    /// The span of a request, for events about it on another thread.
    pub(crate) use tracing::Span;
    pub(crate) use {debug, error, info, warning as warn};

    /// Whether a subscriber receives events of debug level.
    pub(crate) fn is_heard() -> bool {
        tracing::enabled!(target: "tower_webhook", tracing::Level::DEBUG)
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    macro_rules! nothing {
        ($($field:ident = $(%)? $value:expr,)* $message:literal $(, $argument:expr)*) => {{
            $(let _ = &$value;)*
            $(let _ = &$argument;)*
        }};
    }
    pub(crate) use {nothing as debug, nothing as error, nothing as info, nothing as warn};

    pub(crate) struct Span;

    impl Span {
        pub(crate) fn current() -> Self {
            Self
        }

        #[expect(clippy::unused_self, reason = "there are no spans")]
        pub(crate) fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
            work()
        }
    }

    pub(crate) fn is_heard() -> bool {
        false
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Limits log lines to one a minute per subject, so that requests cannot flood the log.
pub(crate) struct PerMinute<K>(Mutex<HashMap<K, Written>>);

/// The time of the last line, and the number of lines suppressed since.
struct Written {
    at: SystemTime,
    suppressed: u64,
}

impl<K: Eq + Hash> PerMinute<K> {
    /// Decides whether a line may be written at `now`. Returns the number of lines suppressed since
    /// the last one, or `None` to suppress this line too.
    pub(crate) fn admit(&self, subject: K, now: SystemTime) -> Option<u64> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = lines.get_mut(&subject) else {
            let first = Written {
                at: now,
                suppressed: 0,
            };
            lines.insert(subject, first);
            return Some(0);
        };
        // If the clock has jumped back, the last line has a time in the future. It must not
        // suppress lines until the clock reaches that time.
        if now.duration_since(last.at).is_ok_and(|age| age < MINUTE) {
            last.suppressed = last.suppressed.saturating_add(1);
            return None;
        }
        last.at = now;
        Some(std::mem::take(&mut last.suppressed))
    }
}

impl<K> Default for PerMinute<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}
