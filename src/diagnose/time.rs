use super::{Cause, Finding, trial::Trial};
use crate::{rejection::RejectionKind, scheme::TimestampUnit};

/// The unit that the timestamp is in, if it is not the scheme's: in no other is it a time near now.
pub(super) fn unit(trial: &Trial<'_>, refusal: Option<&RejectionKind>) -> Option<TimestampUnit> {
    let own = trial.scheme().timestamp_unit()?;
    if !matches!(
        refusal,
        Some(
            RejectionKind::TooOld { .. }
                | RejectionKind::TooNew { .. }
                | RejectionKind::MalformedTimestamp { .. }
        )
    ) {
        return None;
    }
    let units = [
        TimestampUnit::Seconds,
        TimestampUnit::Milliseconds,
        TimestampUnit::Rfc3339,
        TimestampUnit::DateTime,
    ];
    units.into_iter().filter(|unit| *unit != own).find(|unit| {
        let refusal = with_unit(trial, *unit).attempt();
        matches!(
            refusal,
            Some(Ok(None | Some(RejectionKind::SignatureMismatch)))
        )
    })
}

pub(super) fn with_unit<'t>(trial: &Trial<'t>, unit: TimestampUnit) -> Trial<'t> {
    trial.with_spec(|spec| {
        if let Some(timestamp) = &mut spec.timestamp {
            timestamp.unit = unit;
        }
    })
}

/// How far the clocks are apart, if that is why it was refused; proven if the signature `holds`,
/// and is of the timestamp.
pub(super) fn skew(
    trial: &Trial<'_>,
    refusal: Option<&RejectionKind>,
    holds: bool,
    findings: &mut Vec<Finding>,
) {
    let (by, is_ahead) = match refusal {
        Some(RejectionKind::TooOld { age, .. }) => (*age, false),
        Some(RejectionKind::TooNew { ahead, .. }) => (*ahead, true),
        _ => return,
    };
    let cause = Cause::ClockSkew { by, is_ahead };
    let is_proven = holds && trial.scheme().timestamp_is_signed();
    findings.push(finding(cause, is_proven));
}

pub(super) fn unit_finding(used: TimestampUnit, is_proven: bool) -> Finding {
    finding(Cause::TimestampUnit { used }, is_proven)
}

fn finding(cause: Cause, is_proven: bool) -> Finding {
    if is_proven {
        Finding::proven(cause)
    } else {
        Finding::guess(cause)
    }
}
