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
        let now = unit.floor(now);
        match (now.since(time), time.since(now)) {
            (Some(age), _) if age > self.past => Err(RejectionKind::TooOld {
                age,
                tolerance: self.past,
            }),
            (_, Some(ahead)) if ahead > self.future => Err(RejectionKind::TooNew {
                ahead,
                tolerance: self.future,
            }),
            _ => Ok(()),
        }
    }
}
