//! Searches for a timestamp in another unit, and for clocks that differ.

use super::{Cause, Finding, attempt::Attempt};
use crate::{rejection::RejectionKind, scheme::TimestampFormat};

/// Finds the unit of a timestamp that is not in the unit of the scheme. Only in the right unit, the
/// timestamp is close to now.
pub(super) fn find_unit(
    attempt: &Attempt<'_>,
    rejection: Option<&RejectionKind>,
) -> Option<TimestampFormat> {
    let own = attempt.scheme().timestamp_format()?;
    if !matches!(
        rejection,
        Some(
            RejectionKind::TimestampTooOld { .. }
                | RejectionKind::TimestampInFuture { .. }
                | RejectionKind::MalformedTimestamp { .. }
        )
    ) {
        return None;
    }
    let units = [
        TimestampFormat::Seconds,
        TimestampFormat::Milliseconds,
        TimestampFormat::Rfc3339,
        TimestampFormat::DateTime,
    ];
    units.into_iter().filter(|unit| *unit != own).find(|unit| {
        let rejection = with_unit(attempt, *unit).verify_within_budget();
        matches!(
            rejection,
            Some(Ok(None | Some(RejectionKind::SignatureMismatch)))
        )
    })
}

pub(super) fn with_unit<'t>(attempt: &Attempt<'t>, unit: TimestampFormat) -> Attempt<'t> {
    attempt.with_spec(|spec| {
        if let Some(timestamp) = &mut spec.timestamp {
            timestamp.unit = unit;
        }
    })
}

/// Finds the distance between the clocks, if the timestamp is outside of the tolerance. It is
/// proven if the signature `is_valid` and covers the timestamp. Otherwise, any client may have
/// written the timestamp.
pub(super) fn find_skew(
    attempt: &Attempt<'_>,
    rejection: Option<&RejectionKind>,
    is_valid: bool,
    findings: &mut Vec<Finding>,
) {
    let (by, is_ahead) = match rejection {
        Some(RejectionKind::TimestampTooOld { age, .. }) => (*age, false),
        Some(RejectionKind::TimestampInFuture { ahead, .. }) => (*ahead, true),
        _ => return,
    };
    let cause = Cause::ClockSkew { by, is_ahead };
    let is_proven = is_valid && attempt.scheme().timestamp_is_signed();
    findings.push(finding(cause, is_proven));
}

pub(super) fn unit_finding(used: TimestampFormat, is_proven: bool) -> Finding {
    finding(Cause::TimestampFormat { used }, is_proven)
}

fn finding(cause: Cause, is_proven: bool) -> Finding {
    if is_proven {
        Finding::proven(cause)
    } else {
        Finding::guess(cause)
    }
}
