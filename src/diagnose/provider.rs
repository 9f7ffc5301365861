use std::cmp::Reverse;

use http::{HeaderName, header::AUTHORIZATION};

use super::{Cause, Finding, trial::Trial};
use crate::{
    place::Place,
    providers::{self, Preset, Provider},
    rejection::RejectionKind,
    scheme::{Credential, Scheme},
};

/// So many are named of those that cannot be told apart.
const MOST_NAMED: usize = 8;

/// What others took over, header and all, so that a delivery is most likely theirs.
const MODELS: [&str; 2] = ["standard-webhooks", "github"];

/// Whether the secret fits as another provider signs. A token fits in any header, and proves
/// nothing.
pub(super) fn examine(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let mut others = others(trial);
    others.retain(|it| {
        let beside = || it.provider.clone().with_surroundings_of(&trial.provider);
        it.scheme().credential() != Credential::Token && trial.with_provider(beside()).holds()
    });
    // One whose other headers came too is it; where none did, each may be.
    if others.first().is_some_and(|first| first.likeness > 0) {
        others = likeliest(others);
    }
    if !others.is_empty() {
        findings.push(Finding::proven(cause(&others)));
    }
}

/// Whose headers these are, where those of the scheme did not come.
pub(super) fn guess(
    trial: &Trial<'_>,
    refusal: Option<&RejectionKind>,
    findings: &mut Vec<Finding>,
) {
    if !matches!(refusal, Some(RejectionKind::MissingSignature { .. })) {
        return;
    }
    // What is there for many another reason tells nothing, nor do names that many use.
    let mut others = others(trial);
    others.retain(|it| !it.is_signed_in(&AUTHORIZATION));
    let others = likeliest(others);
    let is_telling = |first: &Other| others.len() <= MOST_NAMED || first.is_model();
    if others.first().is_some_and(is_telling) {
        findings.push(Finding::guess(cause(&others)));
    }
}

/// Another provider, one of whose signature's headers came.
struct Other {
    provider: Provider,
    /// How many of its other headers came, less those that did not.
    likeness: i32,
}

/// The likeliest first.
fn others(trial: &Trial<'_>) -> Vec<Other> {
    let own = trial.scheme().name();
    let headers = trial.head.headers();
    let value = |place: &Place| match place {
        Place::Header(name) => headers.get(name).filter(|value| !value.is_empty()),
        _ => None,
    };
    let is_there = |place: &Place| value(place).is_some();
    let others = providers::all().filter(|preset| preset.name() != own);
    let others = others.map(Preset::provider).filter_map(|provider| {
        let scheme = provider.scheme();
        let signatures = scheme.signature_places();
        if !signatures.iter().any(is_there) {
            return None;
        }
        let beside = beside(scheme).filter(|place| !signatures.contains(place));
        let likeness = beside
            .map(|place| if is_there(place) { 1 } else { -1 })
            .sum();
        Some(Other { provider, likeness })
    });
    let mut others: Vec<_> = others.collect();
    others.sort_by_key(|it| (Reverse(it.likeness), !it.is_model()));
    others
}

/// The headers that a scheme has beside those of its signature.
fn beside(scheme: &Scheme) -> impl Iterator<Item = &Place> {
    let places = [
        scheme.timestamp_place(),
        scheme.id_place(),
        scheme.event_place(),
    ];
    let places = places.into_iter().flatten();
    places.filter(|place| matches!(place, Place::Header(_)))
}

fn likeliest(mut others: Vec<Other>) -> Vec<Other> {
    let most = others.first().map(|it| it.likeness);
    others.retain(|it| Some(it.likeness) == most);
    others
}

fn cause(others: &[Other]) -> Cause {
    let names = others.iter().take(MOST_NAMED);
    let names: Box<[Box<str>]> = names.map(|it| it.scheme().name().into()).collect();
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
        let mut places = self.scheme().signature_places().iter();
        places.any(|place| matches!(place, Place::Header(name) if name == header))
    }
}
