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
