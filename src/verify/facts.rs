use std::borrow::Cow;

use http::{HeaderMap, header::CONTENT_TYPE};

use super::{
    candidates::Candidates,
    claims::{Claims, Listed},
    token::Expected,
};
use crate::{
    payload::{self, Malformed, Token},
    rejection::RejectionKind,
    scheme::{Derived, Spec, Template, TimestampPlace, UnixTime},
};

/// What is needed of a head once the body is there.
pub(super) struct Facts {
    method: String,
    url: String,
    target: String,
    headers: HeaderMap,
    token: Option<Token>,
    expected: Option<Expected>,
}

/// What was found in a body.
#[derive(Default)]
pub(super) struct Found {
    pub(super) time: Option<UnixTime>,
    pub(super) id: Option<String>,
    /// The first claim of a token that is not what it must be.
    pub(super) missed: Option<Cow<'static, str>>,
    /// What fills the gaps of each signed text, but for the body itself.
    derived: Vec<Vec<Vec<u8>>>,
}

impl Facts {
    pub(super) fn of(spec: &Spec, claims: &Claims<'_>) -> Result<Self, RejectionKind> {
        let mut url = claims.base.to_owned();
        if !url.is_empty() {
            url.push_str(claims.safe_target()?);
        }
        // Two values are not for a canonicaliser to choose from.
        claims.head.only(&CONTENT_TYPE)?;
        let expected = claims.token.map(|_| Expected::of(spec, claims));
        Ok(Self {
            token: claims.token.cloned(),
            expected: expected.transpose()?,
            method: claims.head.method().to_string(),
            url,
            target: claims.target().to_owned(),
            headers: claims.head.headers().clone(),
        })
    }

    pub(super) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    fn facts(&self) -> payload::Facts<'_> {
        payload::Facts {
            method: &self.method,
            url: &self.url,
            target: &self.target,
            headers: &self.headers,
            token: self.token.as_ref(),
        }
    }

    /// What fills the gaps of a text, but for the body itself.
    pub(super) fn derive(
        &self,
        message: &Template,
        body: &[u8],
    ) -> Result<Vec<Vec<u8>>, RejectionKind> {
        let mut values = Vec::new();
        for (derived, element) in message.derived() {
            let value = derived.find(&self.facts(), body)?;
            let value = value.ok_or(Malformed("what is signed"))?;
            let mut separator = element.separator.iter();
            if separator.any(|separator| separator.blurs(&value)) {
                return Err(RejectionKind::AmbiguousMessage {
                    part: element.part.name(),
                });
            }
            values.push(value);
        }
        Ok(values)
    }

    /// Finds what the scheme has in the body and the query; signatures go into `candidates`.
    pub(super) fn look_into(
        &self,
        body: &[u8],
        spec: &Spec,
        candidates: &mut Candidates,
    ) -> Result<Found, RejectionKind> {
        let mut found = Found::default();
        let mut listed = Listed::default();
        let mut absent = None;
        let mut values = Vec::new();
        for place in &spec.signatures {
            if let Some(derived) = Derived::of(place) {
                let value = derived.find(&self.facts(), body)?;
                values.push((place, value.filter(|value| !value.is_empty())));
            }
        }
        for (place, value) in &values {
            match value {
                Some(value) => listed.read(value, place, spec, candidates)?,
                None => absent = absent.or(Some(*place)),
            }
        }
        // Those of the head are there already.
        let absent = absent.filter(|_| candidates.is_empty());
        let beside = listed.end(absent, candidates)?;
        if let Some(timestamp) = spec.timestamp.as_ref().filter(|it| it.is_late()) {
            let value = match &timestamp.place {
                TimestampPlace::At(place) => match Derived::of(place) {
                    Some(derived) => derived.find(&self.facts(), body)?,
                    None => None,
                },
                TimestampPlace::Key(_) => beside.map(<[u8]>::to_vec),
            };
            let value = value.filter(|value| !value.is_empty());
            found.time = Some(timestamp.time(value.as_deref())?);
        }
        if let Some(derived) = spec.id.as_ref().and_then(Derived::of) {
            let id = derived.find(&self.facts(), body)?;
            found.id = id.and_then(|id| String::from_utf8(id).ok());
        }
        if let (Some(token), Some(expected)) = (&self.token, &self.expected) {
            let missed = expected.missed(spec, token, self, body)?;
            found.missed = missed.map(|claim| claim.name.clone());
        }
        for message in spec.messages() {
            found.derived.push(self.derive(message, body)?);
        }
        Ok(found)
    }
}

impl Found {
    /// What fills the gaps of the text at this place, in order.
    pub(super) fn derived(&self, at: usize) -> impl Iterator<Item = &[u8]> {
        self.derived
            .get(at)
            .into_iter()
            .flatten()
            .map(Vec::as_slice)
    }
}

impl From<Malformed> for RejectionKind {
    fn from(Malformed(expected): Malformed) -> Self {
        Self::MalformedPayload { expected }
    }
}
