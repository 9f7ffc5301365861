//! One verification of a delivery, or of a changed copy of it.

use std::time::{Duration, SystemTime};

use super::budget::HashBudget;
use crate::{
    head::RequestHead,
    keys::{Keys, Secret},
    providers::Provider,
    rejection::RejectionKind,
    scheme::{Scheme, Spec},
    setup::SetupError,
    verify::{Tolerances, Verifier},
};

/// A delivery, and what it is verified with. Each change that is tried is a changed copy.
#[derive(Clone)]
pub(super) struct Attempt<'a> {
    pub(super) provider: Provider,
    pub(super) secrets: &'a [Secret],
    pub(super) head: RequestHead<'a>,
    /// `None` if it was not read.
    pub(super) body: Option<&'a [u8]>,
    pub(super) now: SystemTime,
    /// The tolerances for timestamps in the past and in the future.
    pub(super) tolerances: Tolerances,
    pub(super) budget: &'a HashBudget,
}

/// The cost of an attempt apart from the body, in hashed bytes: setting up the keys and parsing the
/// headers.
const BASE_COST: usize = 1 << 10;

impl<'a> Attempt<'a> {
    /// Verifies the delivery, or only its head if the body is missing. Returns the reason if it is
    /// rejected.
    ///
    /// # Errors
    ///
    /// A secret cannot be decoded, or the provider lacks a setting.
    pub(super) fn verify(&self) -> Result<Option<RejectionKind>, SetupError> {
        self.budget.force(self.cost());
        self.verify_uncounted()
    }

    /// Like [`verify`](Self::verify), or `None` if the budget does not admit the attempt.
    pub(super) fn verify_within_budget(&self) -> Option<Result<Option<RejectionKind>, SetupError>> {
        let is_admitted = self.budget.admit(self.cost());
        is_admitted.then(|| self.verify_uncounted())
    }

    /// Whether the signature is valid for the body. `false` if the body is missing, or if the
    /// budget does not admit the attempt.
    ///
    /// Without a secret it is never valid, and takes as long.
    pub(super) fn verifies(&self) -> bool {
        self.body.is_some() && matches!(self.verify_within_budget(), Some(Ok(None)))
    }

    fn verify_uncounted(&self) -> Result<Option<RejectionKind>, SetupError> {
        let verifier = self.verifier()?;
        let rejection = match self.body {
            Some(body) => verifier.verify(self.head, body).err(),
            None => verifier.begin(self.head).err(),
        };
        Ok(rejection.map(|rejection| rejection.kind().clone()))
    }

    fn verifier(&self) -> Result<Verifier, SetupError> {
        let provider = self.provider.clone();
        let verifier = match Keys::newest_first(self.secrets.iter().cloned()) {
            Some(keys) => Verifier::new(provider, keys)?,
            None => Verifier::without_keys(provider)?,
        };
        let now = self.now;
        let verifier = verifier.with_tolerances(self.tolerances);
        Ok(verifier.clock(move || now))
    }

    /// The bytes that a verification hashes: the body, for each secret and each text that the
    /// signature may be of.
    fn cost(&self) -> u64 {
        let len = self.body.unwrap_or_default().len();
        let texts = self.scheme().spec().messages().count();
        let macs = self.secrets.len().max(1).saturating_mul(texts);
        len.saturating_add(BASE_COST).saturating_mul(macs) as u64
    }

    /// The same with an unlimited tolerance, so that it does not depend on the time.
    pub(super) fn ignoring_time(&self) -> Self {
        Self {
            tolerances: Tolerances::new(Duration::MAX),
            ..self.clone()
        }
    }

    pub(super) fn with_body<'b>(&self, body: &'b [u8]) -> Attempt<'b>
    where
        'a: 'b,
    {
        Attempt {
            body: Some(body),
            ..self.clone()
        }
    }

    pub(super) fn with_secrets<'s>(&self, secrets: &'s [Secret]) -> Attempt<'s>
    where
        'a: 's,
    {
        Attempt {
            secrets,
            ..self.clone()
        }
    }

    pub(super) fn with_head<'h>(&self, head: RequestHead<'h>) -> Attempt<'h>
    where
        'a: 'h,
    {
        Attempt {
            head,
            ..self.clone()
        }
    }

    pub(super) fn with_provider(&self, provider: Provider) -> Self {
        Self {
            provider,
            ..self.clone()
        }
    }

    /// The same with a changed scheme.
    pub(super) fn with_spec(&self, change: impl FnOnce(&mut Spec)) -> Self {
        let scheme = self.scheme().with(change);
        self.with_provider(self.provider.clone().with_scheme(scheme))
    }

    pub(super) fn scheme(&self) -> &Scheme {
        self.provider.scheme()
    }
}
