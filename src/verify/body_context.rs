//! Finds the values that a scheme has in the body.

use std::{borrow::Cow, sync::Arc};

use http::{HeaderMap, header::CONTENT_TYPE};

use super::{
    candidates::Candidates,
    claims::{Claims, ambiguous, is_ambiguous},
    signature_headers::SignatureHeaders,
    signed_text::keep_available,
    token::Expected,
};
use crate::{
    payload::{self, Malformed, Token},
    rejection::RejectionKind,
    scheme::{Derived, Spec, Template, TimestampLocation, UnixTime},
};

/// The parts of a head that are needed once the body has been read.
pub(super) struct BodyContext {
    method: String,
    url: String,
    target: String,
    headers: HeaderMap,
    token: Option<Token>,
    expected: Option<Expected>,
}

/// The values from a body, or from one of its units.
pub(super) struct Extracted {
    pub(super) candidates: Candidates,
    pub(super) time: Option<UnixTime>,
    pub(super) id: Option<Arc<str>>,
    pub(super) event: Option<Arc<str>>,
    /// The first claim of a token that is not what it must be.
    pub(super) failed_claim: Option<Cow<'static, str>>,
    /// The values for the gaps of each signed text, except the body itself. `None` if the text is
    /// unavailable for this body.
    derived: Vec<Option<Vec<Vec<u8>>>>,
}

impl BodyContext {
    pub(super) fn of(spec: &Spec, claims: &Claims<'_>) -> Result<Self, RejectionKind> {
        let mut url = claims.url_start.text.to_owned();
        if !url.is_empty() {
            url.push_str(claims.url_end()?);
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

    /// Derives the values for the gaps of a text, except for the body itself.
    pub(super) fn derive(
        &self,
        message: &Template,
        body: &[u8],
    ) -> Result<Vec<Vec<u8>>, RejectionKind> {
        let mut values = Vec::new();
        for (derived, element) in message.derived() {
            let value = derived.find(&self.facts(), body)?;
            let border = element.border.as_ref();
            if value
                .as_ref()
                .is_some_and(|value| is_ambiguous(border, value))
            {
                return Err(ambiguous(&element.part, border));
            }
            values.push(match &element.optional {
                None => value.ok_or(Malformed("the signed field or member"))?,
                Some(affixes) => affixes.around(value.as_deref().filter(|it| !it.is_empty())),
            });
        }
        Ok(values)
    }

    /// Extracts the values of each unit of the body, and of the query. `candidates` are the
    /// signatures in the head.
    pub(super) fn extract(
        &self,
        body: &[u8],
        spec: &Spec,
        candidates: &Candidates,
    ) -> Result<Vec<Extracted>, RejectionKind> {
        let units = spec.units.of(&self.facts(), body)?;
        let found = units.into_iter().map(|unit| {
            let candidates = candidates.clone();
            self.extract_unit(unit, spec, candidates)
        });
        found.collect()
    }

    fn extract_unit(
        &self,
        body: &[u8],
        spec: &Spec,
        mut candidates: Candidates,
    ) -> Result<Extracted, RejectionKind> {
        let mut listed = SignatureHeaders::default();
        let mut absent = None;
        let mut unreadable: Option<RejectionKind> = None;
        let mut values = Vec::new();
        for location in &spec.signatures {
            if let Some(derived) = Derived::of(location) {
                // A location that cannot be read has no signature. Another one may have it.
                match derived.find(&self.facts(), body) {
                    Ok(value) => values.push((location, value.filter(|value| !value.is_empty()))),
                    Err(error) => unreadable = unreadable.or(Some(error.into())),
                }
            }
        }
        for (location, value) in &values {
            match value {
                Some(value) => match listed.read(value, location, spec, &mut candidates) {
                    Err(kind @ RejectionKind::MalformedSignature { .. }) => {
                        unreadable = unreadable.or(Some(kind));
                    }
                    read => read?,
                },
                None => absent = absent.or(Some(*location)),
            }
        }
        if let Some(kind) = unreadable.filter(|_| candidates.is_empty()) {
            return Err(kind);
        }
        // Those of the head are there already.
        let absent = absent.filter(|_| candidates.is_empty());
        listed.end(absent, &candidates)?;
        let mut found = Extracted {
            candidates,
            time: None,
            id: None,
            event: None,
            failed_claim: None,
            derived: Vec::new(),
        };
        if let Some(timestamp) = spec.timestamp.as_ref().filter(|it| it.is_in_body()) {
            let value = match &timestamp.location {
                TimestampLocation::At(location) => match Derived::of(location) {
                    Some(derived) => derived.find(&self.facts(), body)?,
                    None => None,
                },
                TimestampLocation::Key(_) => None,
            };
            let value = value.filter(|value| !value.is_empty());
            found.time = Some(timestamp.time(value.as_deref())?);
        }
        if let Some(derived) = spec.id.as_ref().and_then(Derived::of) {
            let id = derived.find(&self.facts(), body)?;
            found.id = id.and_then(into_text);
        }
        if let Some(derived) = spec.event.as_ref().and_then(Derived::of) {
            // Nothing depends on what is only told, so one that cannot be read is none.
            let event = derived.find(&self.facts(), body).ok().flatten();
            found.event = event.and_then(into_text);
        }
        if let (Some(token), Some(expected)) = (&self.token, &self.expected) {
            let failed_claim =
                expected.failed_claim(spec, token, body, |value| self.derive(value, body))?;
            found.failed_claim = failed_claim.map(|claim| claim.name.clone());
        }
        let messages = spec.messages();
        found.derived = keep_available(messages.map(|it| self.derive(it, body)).collect())?;
        Ok(found)
    }
}

impl Extracted {
    /// The values for the gaps of the text at this index, in order. `None` if the text is
    /// unavailable.
    pub(super) fn derived(&self, at: usize) -> Option<impl Iterator<Item = &[u8]>> {
        let values = self.derived.get(at)?.as_ref()?;
        Some(values.iter().map(Vec::as_slice))
    }
}

/// A text that is empty or not UTF-8 is treated as absent.
fn into_text(value: Vec<u8>) -> Option<Arc<str>> {
    let text = String::from_utf8(value).ok()?;
    (!text.is_empty()).then(|| text.into())
}

impl From<Malformed> for RejectionKind {
    fn from(Malformed(expected): Malformed) -> Self {
        Self::MalformedPayload { expected }
    }
}
