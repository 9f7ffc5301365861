use std::time::{Duration, SystemTime};

use chrono::DateTime;

/// The unit and form of a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimestampUnit {
    /// Unix time in milliseconds, decimal digits only.
    Milliseconds,
    /// [RFC 3339] date and time with its offset: `2026-01-15T12:00:00Z`.
    ///
    /// [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339
    Rfc3339,
    /// Unix time in seconds, decimal digits only.
    Seconds,
}

const SECOND: i128 = 1_000_000_000;
const MILLISECOND: i128 = 1_000_000;

impl TimestampUnit {
    /// Reads a timestamp. No sign, no white space, no fraction: what two parsers might read
    /// differently is not read at all.
    pub(crate) fn parse(self, text: &[u8]) -> Option<UnixNanos> {
        let nanos = match self {
            Self::Milliseconds => i128::from(digits(text)?) * MILLISECOND,
            Self::Seconds => i128::from(digits(text)?) * SECOND,
            Self::Rfc3339 => {
                let time = DateTime::parse_from_rfc3339(std::str::from_utf8(text).ok()?).ok()?;
                i128::from(time.timestamp()) * SECOND + i128::from(time.timestamp_subsec_nanos())
            }
        };
        Some(UnixNanos(nanos))
    }

    /// Cuts `time` down to what this unit can express, so that a delivery is not a fraction of a
    /// second older than its timestamp can say.
    pub(crate) fn floor(self, time: UnixNanos) -> UnixNanos {
        let step = match self {
            Self::Milliseconds => MILLISECOND,
            Self::Rfc3339 => 1,
            Self::Seconds => SECOND,
        };
        UnixNanos(time.0.div_euclid(step) * step)
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Nanoseconds since 1970. The largest `u64` of seconds is 2^94 nanoseconds, so that sums and
/// differences of anything a request or a clock can say cannot overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnixNanos(i128);

impl UnixNanos {
    /// How long after `earlier` this is, negative if before.
    pub(crate) fn since(self, earlier: Self) -> i128 {
        self.0 - earlier.0
    }

    /// `None` where the operating system's time cannot go.
    pub(crate) fn to_system_time(self) -> Option<SystemTime> {
        let seconds = u64::try_from(self.0.unsigned_abs() / SECOND.unsigned_abs()).ok()?;
        let nanos = u32::try_from(self.0.unsigned_abs() % SECOND.unsigned_abs()).ok()?;
        let distance = Duration::new(seconds, nanos);
        if self.0 < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        }
    }
}

impl From<SystemTime> for UnixNanos {
    fn from(time: SystemTime) -> Self {
        // At most 2^64 seconds, 2^94 nanoseconds: the conversion keeps every value.
        let nanos = |distance: Duration| i128::try_from(distance.as_nanos()).unwrap_or(i128::MAX);
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => nanos(after),
            Err(before) => -nanos(before.duration()),
        })
    }
}
