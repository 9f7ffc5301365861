//! Searches for headers that a proxy has renamed or dropped.

use http::{HeaderMap, HeaderName};

use super::{Cause, Finding, attempt::Attempt};
use crate::{head::RequestHead, location::Location, rejection::RejectionKind};

/// Finds headers that arrived under another name.
pub(super) fn find(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let renamed = renamed(attempt);
    if renamed.is_empty() {
        return;
    }
    if !verifies_with(attempt, &renamed) {
        return;
    }
    // Report only the headers that matter. The signature may verify without some of them.
    let is_needed = |header: &(HeaderName, HeaderName)| {
        let others: Vec<_> = renamed
            .iter()
            .filter(|other| *other != header)
            .cloned()
            .collect();
        !verifies_with(attempt, &others) || verifies_with(attempt, std::slice::from_ref(header))
    };
    let needed = renamed.iter().filter(|header| is_needed(header)).cloned();
    findings.extend(needed.map(cause).map(Finding::proven));
}

/// Whether the signature verifies once headers have the expected names.
fn verifies_with(attempt: &Attempt<'_>, renamed: &[(HeaderName, HeaderName)]) -> bool {
    let mut headers = attempt.head.headers().clone();
    for (name, found) in renamed {
        if let Some(value) = headers.get(found).cloned() {
            headers.insert(name, value);
        }
    }
    let head = attempt.head;
    let head = RequestHead::new(head.method(), head.uri(), &headers);
    attempt.with_head(head).verifies()
}

/// Guesses that a missing header was renamed, or that a proxy has dropped it.
pub(super) fn guess(
    attempt: &Attempt<'_>,
    rejection: Option<&RejectionKind>,
    findings: &mut Vec<Finding>,
) {
    let Some(
        RejectionKind::MissingSignature {
            location: Location::Header(name),
        }
        | RejectionKind::MissingTimestamp {
            location: Location::Header(name),
        }
        | RejectionKind::MissingHeader { header: name },
    ) = rejection
    else {
        return;
    };
    let renamed = renamed(attempt);
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

/// The missing headers of the scheme, each with the only header that has a similar name.
fn renamed(attempt: &Attempt<'_>) -> Vec<(HeaderName, HeaderName)> {
    let scheme = attempt.scheme();
    let headers = attempt.head.headers();
    let locations = scheme.signature_locations().iter();
    let locations = locations
        .chain(scheme.timestamp_location())
        .chain(scheme.id_location());
    let names = locations.filter_map(|location| match location {
        Location::Header(name) if !headers.contains_key(name) => Some(name),
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

/// A name without its prefix, and with hyphens in place of underscores. CGI programs write header
/// names with underscores.
fn core(name: &HeaderName) -> String {
    let name = name.as_str().replace('_', "-");
    let name = name.strip_prefix("http-").unwrap_or(&name);
    name.strip_prefix("x-").unwrap_or(name).to_owned()
}
