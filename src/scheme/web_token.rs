//! The settings of schemes whose signature is a JSON web token.

use std::borrow::Cow;

use super::SchemeBuilder;
use super::{
    Algorithm, Claim, Location, SchemeErrorKind, Template,
    template::{TemplateError, Tokens},
};

impl SchemeBuilder {
    /// What a claim of the [JSON web token](super::SignatureFormat::jws) must say: a text as
    /// [`message`](Self::message) takes it. Named twice, the claim must say one of them. A
    /// claim that is a list, as the audience may be, must hold one of them.
    ///
    /// `exp` and `nbf` are checked against the clock if the token has them, with the tolerance as
    /// their leeway.
    ///
    /// # Security
    ///
    /// Without one that stands for the body (`{sha256}`), a client that holds a token can send any
    /// body with it. Without one that says what the token is for, one that was made for
    /// something else passes.
    pub fn claim(
        self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.add_claim(name.into(), value.into(), false)
    }

    /// As [`claim`](Self::claim), for one that is left out where there is no body.
    pub fn claim_if_body(
        self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.add_claim(name.into(), value.into(), true)
    }

    fn add_claim(
        mut self,
        name: Cow<'static, str>,
        value: Cow<'static, str>,
        only_with_body: bool,
    ) -> Self {
        match self.claims.iter_mut().find(|claim| claim.name == name) {
            Some(claim) => claim.values.push(value),
            None => self.claims.push(ClaimText {
                name,
                values: vec![value],
                only_with_body,
            }),
        }
        self
    }

    /// Refuses a [JSON web token](super::SignatureFormat::jws) that does not say when it expires.
    pub fn require_expiry(mut self) -> Self {
        self.require_expiry = true;
        self
    }
}

/// What a token must say, as given.
#[derive(Clone, Debug)]
pub(super) struct ClaimText {
    pub(super) name: Cow<'static, str>,
    pub(super) values: Vec<Cow<'static, str>>,
    pub(super) only_with_body: bool,
}

impl ClaimText {
    pub(super) fn parse(self, tokens: Tokens<'_>) -> Result<Claim, TemplateError> {
        let tokens = Tokens {
            may_lack_body: true,
            ..tokens
        };
        let values = self.values.into_iter();
        let values: Result<_, _> = values.map(|text| Template::parse(text, tokens)).collect();
        Ok(Claim {
            name: self.name,
            values: values?,
            only_with_body: self.only_with_body,
        })
    }
}

/// Refuses a JSON web signature by an algorithm that those do not know, or anywhere but in a
/// header.
pub(super) fn check(algorithm: Algorithm, signatures: &[Location]) -> Result<(), SchemeErrorKind> {
    if algorithm.jose().is_none() {
        return Err(SchemeErrorKind::AlgorithmWithoutJws);
    }
    match signatures {
        [Location::Header(_)] => Ok(()),
        _ => Err(SchemeErrorKind::NoSignatureHeader),
    }
}
