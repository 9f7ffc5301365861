//! The lifetime of a JSON web token, and the checks of its claims.

use super::{
    claims::Claims,
    signed_text::{SignedText, keep_available},
};
use crate::{
    location::Location,
    payload::Token,
    rejection::RejectionKind,
    scheme::{Claim, Spec, Template, TimestampFormat, UnixTime},
};

/// The start and the end of a token's validity.
pub(super) struct Life {
    pub(super) begins: Option<UnixTime>,
    pub(super) ends: Option<UnixTime>,
}

impl Life {
    pub(super) fn of(token: &Token, spec: &Spec) -> Result<Self, RejectionKind> {
        let location = |name: &str| Location::Claim(name.into());
        let time = |name: &str| {
            let malformed = || RejectionKind::MalformedTimestamp {
                location: location(name),
            };
            let text = token.time(name).map_err(|_| malformed())?;
            let time = text.map(|text| {
                let time = TimestampFormat::Seconds.parse(text.as_bytes());
                time.ok_or_else(malformed)
            });
            time.transpose()
        };
        let ends = time("exp")?;
        if ends.is_none() && spec.require_expiry {
            return Err(RejectionKind::MissingTimestamp {
                location: location("exp"),
            });
        }
        Ok(Self {
            begins: time("nbf")?,
            ends,
        })
    }
}

/// The parts of the texts for the claims of a token that the head determines.
pub(super) struct Expected(Vec<Vec<SignedText>>);

impl Expected {
    pub(super) fn of(spec: &Spec, claims: &Claims<'_>) -> Result<Self, RejectionKind> {
        let of = |claim: &Claim| {
            let values = claim.values.iter();
            let texts: Vec<_> = values.map(|value| SignedText::of(value, claims)).collect();
            keep_available(texts).map(|texts| {
                let texts = texts.into_iter();
                texts
                    .map(|text| text.unwrap_or_else(SignedText::unavailable))
                    .collect()
            })
        };
        spec.claims
            .iter()
            .map(of)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first claim whose value is not accepted.
    pub(super) fn failed_claim<'s>(
        &self,
        spec: &'s Spec,
        token: &Token,
        body: &[u8],
        derive: impl Fn(&Template) -> Result<Vec<Vec<u8>>, RejectionKind>,
    ) -> Result<Option<&'s Claim>, RejectionKind> {
        for (claim, texts) in spec.claims.iter().zip(&self.0) {
            // A claim that appears twice, or is not text, counts as missing.
            let said = token.values(&claim.name).unwrap_or_default();
            if said.is_empty() && claim.only_with_body && body.is_empty() {
                continue;
            }
            let values = claim.values.iter().map(&derive);
            let values = keep_available(values.collect())?;
            let mut holds = false;
            for ((text, value), derived) in texts.iter().zip(&claim.values).zip(values) {
                let Some(derived) = derived.filter(|_| !text.is_unavailable()) else {
                    continue;
                };
                let rest = text.rest(value, body, derived.iter().map(Vec::as_slice));
                holds |= said.iter().any(|said| {
                    let said = said.as_bytes().strip_prefix(text.before());
                    said == Some(&rest)
                });
            }
            if !holds {
                return Ok(Some(claim));
            }
        }
        Ok(None)
    }
}
