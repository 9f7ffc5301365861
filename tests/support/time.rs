//! The moment at which most tests take place.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2026-01-15T12:00:00Z.
pub(crate) const NOW: i64 = 1_768_478_400;

/// The time `seconds` after 1970. Negative numbers are before it.
pub(crate) fn at(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}
