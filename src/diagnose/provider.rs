//! Searches for another provider whose scheme verifies the delivery.

use std::cmp::Reverse;

use http::{HeaderName, header::AUTHORIZATION};

use super::{Cause, Finding, attempt::Attempt};
use crate::{
    location::Location,
    providers::{self, Preset, Provider},
    rejection::RejectionKind,
    scheme::{Credential, Scheme},
};

/// The maximum number of names in a finding. The schemes of some providers are indistinguishable.
const MAX_NAMED: usize = 8;

/// Providers whose scheme and headers others have adopted. They are the likeliest senders.
const MODELS: [&str; 2] = ["standard-webhooks", "github"];

/// Finds other providers whose scheme verifies the delivery. A token proves nothing, because it
/// fits any scheme with a token.
pub(super) fn find(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let mut others = others(attempt);
    others.retain(|other| {
        let provider = || {
            let provider = other.provider.clone();
            provider.with_surroundings_of(&attempt.provider)
        };
        other.scheme().credential() != Credential::Token
            && attempt.with_provider(provider()).verifies()
    });
    // The other headers of a provider tell providers with equal signatures apart.
    if others.first().is_some_and(|first| first.likeness > 0) {
        others = likeliest(others);
    }
    if !others.is_empty() {
        findings.push(Finding::proven(cause(&others)));
    }
}

/// Guesses the provider from the headers, if the signature of the scheme is missing.
pub(super) fn guess(
    attempt: &Attempt<'_>,
    rejection: Option<&RejectionKind>,
    findings: &mut Vec<Finding>,
) {
    if !matches!(rejection, Some(RejectionKind::MissingSignature { .. })) {
        return;
    }
    // `Authorization` has many uses, so it says nothing about the provider. Neither does a header
    // that many providers use.
    let mut others = others(attempt);
    others.retain(|other| !other.is_signed_in(&AUTHORIZATION));
    let others = likeliest(others);
    let is_distinctive = |first: &Other| others.len() <= MAX_NAMED || first.is_model();
    if others.first().is_some_and(is_distinctive) {
        findings.push(Finding::guess(cause(&others)));
    }
}

/// Another provider, at least one of whose signature headers is present.
struct Other {
    provider: Provider,
    /// The number of its other headers that are present, minus those that are missing.
    likeness: i32,
}

/// The other providers, the likeliest first.
fn others(attempt: &Attempt<'_>) -> Vec<Other> {
    let own = attempt.scheme().name();
    let headers = attempt.head.headers();
    let value = |location: &Location| match location {
        Location::Header(name) => headers.get(name).filter(|value| !value.is_empty()),
        _ => None,
    };
    let is_present = |location: &Location| value(location).is_some();
    let others = providers::all().filter(|preset| preset.name() != own);
    let others = others.map(Preset::provider).filter_map(|provider| {
        let scheme = provider.scheme();
        let signatures = scheme.signature_locations();
        if !signatures.iter().any(is_present) {
            return None;
        }
        let others = other_headers(scheme).filter(|location| !signatures.contains(location));
        let likeness = others
            .map(|location| if is_present(location) { 1 } else { -1 })
            .sum();
        Some(Other { provider, likeness })
    });
    let mut others: Vec<_> = others.collect();
    others.sort_by_key(|other| (Reverse(other.likeness), !other.is_model()));
    others
}

/// The headers of a scheme, apart from those of its signature.
fn other_headers(scheme: &Scheme) -> impl Iterator<Item = &Location> {
    let locations = [
        scheme.timestamp_location(),
        scheme.id_location(),
        scheme.event_location(),
    ];
    let locations = locations.into_iter().flatten();
    locations.filter(|location| matches!(location, Location::Header(_)))
}

fn likeliest(mut others: Vec<Other>) -> Vec<Other> {
    let max = others.first().map(|other| other.likeness);
    others.retain(|other| Some(other.likeness) == max);
    others
}

fn cause(others: &[Other]) -> Cause {
    let names = others.iter().take(MAX_NAMED);
    let names: Box<[Box<str>]> = names.map(|other| other.scheme().name().into()).collect();
    let more = others.len() - names.len();
    Cause::OtherProvider { names, more }
}

impl Other {
    fn scheme(&self) -> &Scheme {
        self.provider.scheme()
    }

    fn is_model(&self) -> bool {
        MODELS.contains(&self.scheme().name())
    }

    fn is_signed_in(&self, header: &HeaderName) -> bool {
        let mut locations = self.scheme().signature_locations().iter();
        locations.any(|location| matches!(location, Location::Header(name) if name == header))
    }
}
