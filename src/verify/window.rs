use std::time::Duration;

use crate::{
    rejection::RejectionKind,
    scheme::{TimestampUnit, UnixNanos},
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
        now: UnixNanos,
        time: UnixNanos,
        unit: TimestampUnit,
    ) -> Result<(), RejectionKind> {
        let age = unit.floor(now).since(time);
        let distance = nanos(age.unsigned_abs());
        if age > 0 && distance > self.past {
            return Err(RejectionKind::TooOld {
                age: distance,
                tolerance: self.past,
            });
        }
        if age < 0 && distance > self.future {
            return Err(RejectionKind::TooNew {
                ahead: distance,
                tolerance: self.future,
            });
        }
        Ok(())
    }
}

/// As a duration, which can be compared and shown; the largest one where it is larger still.
fn nanos(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    match (u64::try_from(nanos / SECOND), u32::try_from(nanos % SECOND)) {
        (Ok(seconds), Ok(nanos)) => Duration::new(seconds, nanos),
        _ => Duration::MAX,
    }
}
