//! The settings of schemes whose signature is a JSON web token.

use std::borrow::Cow;

use super::SchemeBuilder;
use super::{
    Algorithm, Claim, Location, SchemeErrorKind, Template,
    template::{TemplateError, Tokens},
};

impl SchemeBuilder {
    /// Adds a claim that the [JSON web token](super::SignatureFormat::jws) must contain. By
    /// default, no claim is required.
    ///
    /// The value is a text like that of [`message`](Self::message). If the method is called several
    /// times with the same name, the claim must match one of the values. If the claim is a list, as
    /// `aud` may be, the list must contain one of the values.
    ///
    /// `exp` and `nbf` are checked against the clock if the token contains them. The tolerance is
    /// their leeway.
    ///
    /// # Security
    ///
    /// - Without a claim that stands for the body (`{sha256}`), a client with a captured token can
    ///   send any body with it.
    /// - Without a claim that names the purpose of the token, a token that was issued for another
    ///   purpose is accepted.
    #[doc(alias = "jwt")]
    pub fn claim(
        self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.add_claim(name.into(), value.into(), false)
    }

    /// Adds a claim like [`claim`](Self::claim) that is required only if the request has a body.
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

    /// Rejects a [JSON web token](super::SignatureFormat::jws) without an expiry time. By default,
    /// such a token is accepted.
    pub fn require_expiry(mut self) -> Self {
        self.require_expiry = true;
        self
    }
}

/// A required claim, as passed to the builder.
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

/// Rejects a JSON web signature whose algorithm JSON web signatures do not have, or whose location
/// is not a single header.
pub(super) fn check(algorithm: Algorithm, signatures: &[Location]) -> Result<(), SchemeErrorKind> {
    if algorithm.jose().is_none() {
        return Err(SchemeErrorKind::AlgorithmWithoutJws);
    }
    match signatures {
        [Location::Header(_)] => Ok(()),
        _ => Err(SchemeErrorKind::NoSignatureHeader),
    }
}
