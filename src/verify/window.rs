//! The tolerance of timestamps, and the check of a time against it.

use std::time::Duration;

use super::token::Life;
use crate::{
    rejection::RejectionKind,
    scheme::{TimestampFormat, UnixTime},
};

/// The maximum difference between a timestamp and the current time (inclusive).
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) past: Duration,
    pub(super) future: Duration,
    /// The leeway of `exp` and `nbf`.
    past_leeway: Duration,
    future_leeway: Duration,
}

/// The configured tolerances. The result does not depend on the order in which they were set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerances {
    pub(super) both: Duration,
    /// Takes precedence over `both`.
    pub(super) past: Option<Duration>,
    /// Takes precedence over `both`.
    pub(super) future: Option<Duration>,
    /// The leeway of `exp` and `nbf`. Takes precedence over the others.
    pub(super) leeway: Option<Duration>,
}

impl Tolerances {
    pub(crate) fn new(both: Duration) -> Self {
        Self {
            both,
            past: None,
            future: None,
            leeway: None,
        }
    }

    pub(super) fn window(self) -> Window {
        let past = self.past.unwrap_or(self.both);
        let future = self.future.unwrap_or(self.both);
        Window {
            past,
            future,
            past_leeway: self.leeway.unwrap_or(past),
            future_leeway: self.leeway.unwrap_or(future),
        }
    }
}

impl Window {
    /// The time from the first moment at which a timestamp is accepted to the last. `None` if it is
    /// unlimited.
    pub(super) fn whole(self) -> Option<Duration> {
        // The clock is truncated to the timestamp's own unit, which is a second at most.
        let whole = self.past.checked_add(self.future)?;
        whole.checked_add(Duration::from_secs(1))
    }

    pub(super) fn check(
        self,
        now: UnixTime,
        time: UnixTime,
        unit: TimestampFormat,
    ) -> Result<(), RejectionKind> {
        let now = unit.floor(now, time);
        if time.plus(self.past) < now {
            return Err(RejectionKind::TimestampTooOld {
                age: now.since(time),
                tolerance: self.past,
            });
        }
        if now.plus(self.future) < time {
            return Err(RejectionKind::TimestampInFuture {
                ahead: time.since(now),
                tolerance: self.future,
            });
        }
        Ok(())
    }

    /// Holds the life of a token against the clock, in seconds, as it is written. It is over at its
    /// end ([RFC 7519, section 4.1.4]).
    ///
    /// [RFC 7519, section 4.1.4]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
    pub(super) fn check_life(self, now: UnixTime, life: &Life) -> Result<(), RejectionKind> {
        let floor = |time| TimestampFormat::Seconds.floor(now, time);
        if let Some(ends) = life
            .ends
            .filter(|ends| ends.plus(self.past_leeway) <= floor(*ends))
        {
            return Err(RejectionKind::TokenExpired {
                age: floor(ends).since(ends),
                tolerance: self.past_leeway,
            });
        }
        if let Some(begins) = life
            .begins
            .filter(|it| floor(*it).plus(self.future_leeway) < *it)
        {
            return Err(RejectionKind::TokenNotYetValid {
                ahead: begins.since(floor(begins)),
                tolerance: self.future_leeway,
            });
        }
        Ok(())
    }
}
