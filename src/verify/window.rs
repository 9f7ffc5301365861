use std::time::Duration;

use crate::{
    rejection::RejectionKind,
    scheme::{TimestampUnit, UnixTime},
};

/// How far a timestamp may be from now. Exactly as far is still good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) past: Duration,
    pub(super) future: Duration,
}

impl Window {
    /// From the first moment at which a timestamp passes to the last; `None` without an end.
    pub(super) fn whole(self) -> Option<Duration> {
        // A clock is cut down to the timestamp's own unit, which is a second at most.
        let whole = self.past.checked_add(self.future)?;
        whole.checked_add(Duration::from_secs(1))
    }

    pub(super) fn check(
        self,
        now: UnixTime,
        time: UnixTime,
        unit: TimestampUnit,
    ) -> Result<(), RejectionKind> {
        let now = unit.floor(now, time);
        if time.plus(self.past) < now {
            return Err(RejectionKind::TooOld {
                age: now.since(time),
                tolerance: self.past,
            });
        }
        if now.plus(self.future) < time {
            return Err(RejectionKind::TooNew {
                ahead: time.since(now),
                tolerance: self.future,
            });
        }
        Ok(())
    }
}
