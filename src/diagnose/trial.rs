use std::time::{Duration, SystemTime};

use super::work::Work;
use crate::{
    head::Head,
    keys::{Keys, Secret},
    providers::Provider,
    rejection::RejectionKind,
    scheme::{Scheme, Spec},
    setup::SetupError,
    verify::Verifier,
};

/// A delivery, and what it is held against. Everything that is tried is a copy with a change.
#[derive(Clone)]
pub(super) struct Trial<'t> {
    pub(super) provider: Provider,
    pub(super) secrets: &'t [Secret],
    pub(super) head: Head<'t>,
    /// `None` if it was not read.
    pub(super) body: Option<&'t [u8]>,
    pub(super) now: SystemTime,
    /// How far a timestamp may be from now: past and future.
    pub(super) tolerance: [Duration; 2],
    pub(super) work: &'t Work,
}

impl<'t> Trial<'t> {
    /// Without a secret it refuses whatever is not refused by its head.
    fn verifier(&self) -> Result<Verifier, SetupError> {
        let provider = self.provider.clone();
        let verifier = match Keys::newest_first(self.secrets.iter().cloned()) {
            Some(keys) => Verifier::new(provider, keys)?,
            None => Verifier::without_keys(provider)?,
        };
        let now = self.now;
        let verifier = verifier.with_tolerances(self.tolerance);
        Ok(verifier.clock(move || now))
    }

    /// What is wrong with it as it is; with the head alone, if there is no body.
    pub(super) fn refusal(&self) -> Result<Option<RejectionKind>, SetupError> {
        self.work.count(self);
        self.verify()
    }

    /// As [`refusal`](Self::refusal); `None` if the work is used up.
    pub(super) fn attempt(&self) -> Option<Result<Option<RejectionKind>, SetupError>> {
        self.work.admit(self).then(|| self.verify())
    }

    fn verify(&self) -> Result<Option<RejectionKind>, SetupError> {
        let verifier = self.verifier()?;
        let rejection = match self.body {
            Some(body) => verifier.verify(self.head, body).err(),
            None => verifier.begin(self.head).err(),
        };
        Ok(rejection.map(|rejection| rejection.kind().clone()))
    }

    /// Whether the signature holds; not known to, if the work is used up. Without a secret it never
    /// does, which takes as long.
    pub(super) fn holds(&self) -> bool {
        self.body.is_some() && matches!(self.attempt(), Some(Ok(None)))
    }

    /// The same at any time.
    pub(super) fn timeless(&self) -> Self {
        Self {
            tolerance: [Duration::MAX; 2],
            ..self.clone()
        }
    }

    pub(super) fn with_body<'b>(&self, body: &'b [u8]) -> Trial<'b>
    where
        't: 'b,
    {
        Trial {
            body: Some(body),
            ..self.clone()
        }
    }

    pub(super) fn with_secrets<'s>(&self, secrets: &'s [Secret]) -> Trial<'s>
    where
        't: 's,
    {
        Trial {
            secrets,
            ..self.clone()
        }
    }

    pub(super) fn with_head<'h>(&self, head: Head<'h>) -> Trial<'h>
    where
        't: 'h,
    {
        Trial {
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

    /// The same under a scheme that differs.
    pub(super) fn with_spec(&self, change: impl FnOnce(&mut Spec)) -> Self {
        let scheme = self.scheme().with(change);
        self.with_provider(self.provider.clone().with_scheme(scheme))
    }

    pub(super) fn scheme(&self) -> &Scheme {
        self.provider.scheme()
    }
}
