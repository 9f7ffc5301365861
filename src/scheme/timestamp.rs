//! The formats of timestamps, and the time that is compared.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat};

use crate::encoding::decimal;

/// The unit and form of a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimestampFormat {
    /// Date and time in UTC, without an offset or with `Z`: `2026-01-15T12:00:00.000`.
    DateTime,
    /// Unix time in milliseconds: decimal digits, without leading zeros.
    Milliseconds,
    /// [RFC 3339] date and time with its offset: `2026-01-15T12:00:00Z`.
    ///
    /// [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339
    Rfc3339,
    /// Unix time in seconds: decimal digits, without leading zeros.
    Seconds,
}

impl TimestampFormat {
    /// Parses a timestamp. Returns `None` if two parsers could read the text differently, or if the
    /// same time could be written in two ways. A number has no sign, white space or leading zeros,
    /// because a zero could belong to the text next to it.
    pub(crate) fn parse(self, text: &[u8]) -> Option<UnixTime> {
        let number = || decimal(text).filter(|_| text == b"0" || !text.starts_with(b"0"));
        match self {
            Self::Milliseconds => number().map(UnixTime::from_millis),
            Self::Seconds => number().map(UnixTime::from_seconds),
            Self::DateTime => {
                let text = text.strip_suffix(b"Z").unwrap_or(text);
                let is_utc = text.last().is_some_and(u8::is_ascii_digit);
                let utc = is_utc.then(|| [text, b"Z"].concat())?;
                Self::Rfc3339.parse(&utc)
            }
            Self::Rfc3339 => {
                // chrono accepts a space in place of the `T`, and a minus sign that is not ASCII.
                let text = std::str::from_utf8(text).ok()?;
                let separated = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
                if !separated || !text.is_ascii() {
                    return None;
                }
                let time = DateTime::parse_from_rfc3339(text).ok()?;
                // In a leap second, chrono's nanoseconds exceed a second.
                let nanos = time.timestamp_subsec_nanos();
                let seconds = time.timestamp().saturating_add(i64::from(nanos / SECOND));
                Some(UnixTime {
                    seconds,
                    nanos: nanos % SECOND,
                })
            }
        }
    }

    /// Writes a time as a sender does. A time before 1970 is written as 1970 if the format has no
    /// sign.
    pub(crate) fn write(self, time: UnixTime) -> String {
        let seconds = u64::try_from(time.seconds).unwrap_or_default();
        match self {
            Self::Milliseconds => {
                let millis = seconds.saturating_mul(1000);
                millis
                    .saturating_add(u64::from(time.nanos / MILLISECOND))
                    .to_string()
            }
            Self::Seconds => seconds.to_string(),
            Self::DateTime | Self::Rfc3339 => {
                let time = DateTime::from_timestamp(time.seconds, time.nanos).unwrap_or_default();
                let mut text = time.to_rfc3339_opts(SecondsFormat::Millis, true);
                if self == Self::DateTime {
                    text.pop();
                }
                text
            }
        }
    }

    /// Truncates `now` to the precision of `time`. Otherwise a delivery could be up to a unit older
    /// than its timestamp shows.
    pub(crate) fn floor(self, now: UnixTime, time: UnixTime) -> UnixTime {
        let nanos = match self {
            Self::Milliseconds => now.nanos - now.nanos % MILLISECOND,
            Self::DateTime | Self::Rfc3339 if time.nanos > 0 => now.nanos,
            Self::DateTime | Self::Rfc3339 | Self::Seconds => 0,
        };
        UnixTime { nanos, ..now }
    }
}

const SECOND: u32 = 1_000_000_000;
const MILLISECOND: u32 = 1_000_000;

/// A time relative to 1970. Times beyond 292 billion years are clamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnixTime {
    seconds: i64,
    /// The nanoseconds after `seconds`, less than a second.
    nanos: u32,
}

impl UnixTime {
    fn from_seconds(seconds: u64) -> Self {
        Self {
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
            nanos: 0,
        }
    }

    fn from_millis(millis: u64) -> Self {
        let nanos = Duration::from_millis(millis % 1000).subsec_nanos();
        Self {
            nanos,
            ..Self::from_seconds(millis / 1000)
        }
    }

    /// Adds `distance`, and clamps the result.
    pub(crate) fn plus(self, distance: Duration) -> Self {
        let nanos = self.nanos + distance.subsec_nanos();
        let seconds = i64::try_from(distance.as_secs()).unwrap_or(i64::MAX);
        let seconds = self.seconds.saturating_add(seconds);
        Self {
            seconds: seconds.saturating_add(i64::from(nanos / SECOND)),
            nanos: nanos % SECOND,
        }
    }

    /// The time since `earlier`, or zero if it is after `self`.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        if self < earlier {
            return Duration::ZERO;
        }
        let seconds = Duration::from_secs(self.seconds.abs_diff(earlier.seconds));
        let nanos = |time: Self| Duration::from_nanos(u64::from(time.nanos));
        seconds
            .saturating_add(nanos(self))
            .saturating_sub(nanos(earlier))
    }

    /// `None` if the operating system's time cannot represent it.
    pub(crate) fn to_system_time(self) -> Option<SystemTime> {
        let distance = Duration::from_secs(self.seconds.unsigned_abs());
        let seconds = if self.seconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        };
        seconds?.checked_add(Duration::from_nanos(u64::from(self.nanos)))
    }
}

impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self {
                nanos: after.subsec_nanos(),
                ..Self::from_seconds(after.as_secs())
            },
            Err(before) => {
                let before = before.duration();
                let seconds = -Self::from_seconds(before.as_secs()).seconds;
                match before.subsec_nanos() {
                    0 => Self { seconds, nanos: 0 },
                    nanos => Self {
                        seconds: seconds.saturating_sub(1),
                        nanos: SECOND - nanos,
                    },
                }
            }
        }
    }
}
