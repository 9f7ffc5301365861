use http::{HeaderMap, HeaderName};

use super::{Cause, Finding, trial::Trial};
use crate::{head::Head, place::Place, rejection::RejectionKind};

/// Headers that came under another name.
pub(super) fn examine(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let renamed = renamed(trial);
    if renamed.is_empty() {
        return;
    }
    if !holds_with(trial, &renamed) {
        return;
    }
    let is_needed = |it: &(HeaderName, HeaderName)| {
        let others: Vec<_> = renamed
            .iter()
            .filter(|other| *other != it)
            .cloned()
            .collect();
        !holds_with(trial, &others) || holds_with(trial, std::slice::from_ref(it))
    };
    let needed = renamed.iter().filter(|it| is_needed(it)).cloned();
    findings.extend(needed.map(cause).map(Finding::proven));
}

/// Whether the signature holds once headers have the names that they should have.
fn holds_with(trial: &Trial<'_>, renamed: &[(HeaderName, HeaderName)]) -> bool {
    let mut headers = trial.head.headers().clone();
    for (name, found) in renamed {
        if let Some(value) = headers.get(found).cloned() {
            headers.insert(name, value);
        }
    }
    let head = trial.head;
    let head = Head::new(head.method(), head.uri(), &headers);
    trial.with_head(head).holds()
}

/// What looks like one, or like one that was dropped.
pub(super) fn guess(
    trial: &Trial<'_>,
    refusal: Option<&RejectionKind>,
    findings: &mut Vec<Finding>,
) {
    let Some(
        RejectionKind::MissingSignature {
            place: Place::Header(name),
        }
        | RejectionKind::MissingTimestamp {
            place: Place::Header(name),
        }
        | RejectionKind::MissingHeader { header: name },
    ) = refusal
    else {
        return;
    };
    let renamed = renamed(trial);
    if !renamed.is_empty() {
        findings.extend(renamed.into_iter().map(cause).map(Finding::guess));
    } else if name.as_str().contains('_') {
        let expected = name.clone();
        findings.push(Finding::guess(Cause::HeaderDropped { expected }));
    }
}

fn cause((expected, found): (HeaderName, HeaderName)) -> Cause {
    Cause::HeaderName { expected, found }
}

/// The headers of the scheme that are not there, each with the only one that could be it.
fn renamed(trial: &Trial<'_>) -> Vec<(HeaderName, HeaderName)> {
    let scheme = trial.scheme();
    let headers = trial.head.headers();
    let places = scheme.signature_places().iter();
    let places = places
        .chain(scheme.timestamp_place())
        .chain(scheme.id_place());
    let names = places.filter_map(|place| match place {
        Place::Header(name) if !headers.contains_key(name) => Some(name),
        _ => None,
    });
    let renamed = names.filter_map(|name| Some((name.clone(), similar(name, headers)?)));
    renamed.collect()
}

fn similar(name: &HeaderName, headers: &HeaderMap) -> Option<HeaderName> {
    let core = core(name);
    let mut similar = headers.keys().filter(|other| self::core(other) == core);
    let first = similar.next()?;
    similar.next().is_none().then(|| first.clone())
}

/// A name without what is put before it, and with hyphens for underscores, which proxies drop and
/// programs that follow CGI write.
fn core(name: &HeaderName) -> String {
    let name = name.as_str().replace('_', "-");
    let name = name.strip_prefix("http-").unwrap_or(&name);
    name.strip_prefix("x-").unwrap_or(name).to_owned()
}
