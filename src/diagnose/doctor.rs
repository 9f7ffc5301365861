use std::{fmt, sync::Arc, time::Duration};

use super::{Finding, body, header, provider, secret, sign, time, trial::Trial, url, work::Work};
use crate::{
    clock::{Clock, SystemClock},
    head::Head,
    keys::{KeyError, Secret},
    providers::Provider,
    rejection::RejectionKind,
    setup::SetupError,
    verify::{Verifier, no_tolerance},
};

/// Says why the deliveries of one provider are refused under one secret.
///
/// See the [module docs](crate::diagnose) for an example.
#[derive(Clone)]
pub struct Doctor {
    provider: Provider,
    secrets: Vec<Secret>,
    tenant: Option<Arc<str>>,
    clock: Arc<dyn Clock>,
    tolerance: [Duration; 2],
    work_limit: u64,
}

/// A third of a second with SHA-256, where the processor has instructions for it.
const WORK_LIMIT: u64 = 1 << 30;

impl Doctor {
    /// Takes the secret as it is configured, with whatever is wrong with it: white space around it,
    /// or a form that the scheme cannot decode. Where several are configured,
    /// [`previous`](Self::previous) takes the others.
    ///
    /// The provider may have a [`PublicUrl`](crate::PublicUrl) that its scheme does not sign. The
    /// delivery may be from another provider, which signs it.
    ///
    /// # Errors
    ///
    /// If the provider lacks the [`PublicUrl`](crate::PublicUrl) or a setting that it signs, or the
    /// secret is empty.
    pub fn new(provider: impl Into<Provider>, secret: &str) -> Result<Self, SetupError> {
        let provider = provider.into().allowing_public_url();
        Secret::from_bytes(secret)?;
        let verifier = Verifier::without_keys(provider)?;
        let secret = Secret::as_given(secret.as_bytes());
        Ok(Self::of(verifier.provider().clone(), vec![secret]))
    }

    /// Adds a secret that is configured beside the current one, as it is configured. A delivery
    /// that any of them signed is accepted; where none did, each is looked into for what is
    /// wrong with it.
    ///
    /// # Errors
    ///
    /// If it is empty.
    pub fn previous(mut self, secret: &str) -> Result<Self, SetupError> {
        Secret::from_bytes(secret)?;
        self.secrets.push(Secret::as_given(secret.as_bytes()));
        Ok(self)
    }

    pub(crate) fn of(provider: Provider, secrets: Vec<Secret>) -> Self {
        let tolerance = [provider.scheme().tolerance(); 2];
        Self {
            provider,
            secrets,
            tenant: None,
            clock: Arc::new(SystemClock::new()),
            tolerance,
            work_limit: WORK_LIMIT,
        }
    }

    /// Whose secrets these are.
    pub(crate) fn tenant(mut self, tenant: Option<Arc<str>>) -> Self {
        self.tenant = tenant;
        self
    }

    /// Sets the clock that timestamps are held against: for a delivery that was kept, the time at
    /// which it was refused. The operating system's unless set. It is not used for a scheme without
    /// a timestamp or a web token.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets how far a timestamp may be from now, in both directions. Defaults to the tolerance of
    /// the scheme.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        let scheme = self.provider.scheme();
        if !scheme.uses_tolerance() {
            return Err(no_tolerance(scheme, "tolerance"));
        }
        Ok(self.tolerances([tolerance; 2]))
    }

    pub(crate) fn tolerances(mut self, past_and_future: [Duration; 2]) -> Self {
        self.tolerance = past_and_future;
        self
    }

    /// Sets how many bytes may be hashed in search of the reason; 1 GiB unless set. What would go
    /// beyond is not tried, and the diagnosis says so: [`is_complete`](Diagnosis::is_complete).
    #[must_use]
    pub fn work_limit(mut self, bytes: u64) -> Self {
        self.work_limit = bytes;
        self
    }

    /// Says why a delivery is refused. `body` is `None` if it was not read, and then nothing is
    /// proven.
    ///
    /// It verifies up to a hundred times, with one secret and one public URL, and each time the
    /// whole body is hashed: nothing for the way of a request. The [limit](Self::work_limit)
    /// bounds that for long bodies and many secrets; the first verification, which says why the
    /// delivery is refused, is always done. What is made of a body to be tried is at most four
    /// times as long, or 4 MiB.
    pub fn examine<'h>(&self, head: impl Into<Head<'h>>, body: Option<&[u8]>) -> Diagnosis {
        let work = Work::new(self.work_limit);
        let trial = self.trial(head.into(), body, &work);
        let (refusal, key_error) = match trial.refusal() {
            Ok(refusal) => (refusal, None),
            Err(SetupError::Key(error)) => (None, Some(error)),
            // `new` would have said so.
            Err(_) => (None, None),
        };
        let is_accepted = refusal.is_none() && key_error.is_none();
        let findings = if is_accepted {
            Vec::new()
        } else {
            findings(&trial, refusal.as_ref())
        };
        let current = self.secrets.first();
        Diagnosis {
            provider: trial.scheme().name().into(),
            delivery_id: trial
                .head
                .claimed_id(trial.scheme().id_place())
                .map(Into::into),
            key_label: current.and_then(Secret::label_ref).cloned(),
            tenant: self.tenant.clone(),
            refusal,
            key_error,
            findings,
            hashed: work.done(),
            is_complete: !work.is_cut_short(),
        }
    }

    fn trial<'t>(&'t self, head: Head<'t>, body: Option<&'t [u8]>, work: &'t Work) -> Trial<'t> {
        Trial {
            provider: self.provider.clone(),
            secrets: &self.secrets,
            head,
            body,
            now: self.clock.now(),
            tolerance: self.tolerance,
            work,
        }
    }
}

fn findings(trial: &Trial<'_>, refusal: Option<&RejectionKind>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let unit = time::unit(trial, refusal);
    let in_unit = unit.map(|unit| time::with_unit(trial, unit));
    let timeless = in_unit.as_ref().unwrap_or(trial).timeless();
    let mut is_proven = timeless.holds();
    if !is_proven {
        header::examine(&timeless, &mut findings);
        secret::examine(&timeless, &mut findings);
        sign::examine(&timeless, &mut findings);
        body::examine(&timeless, &mut findings);
        url::examine(&timeless, &mut findings);
        if findings.is_empty() {
            provider::examine(&timeless, &mut findings);
        }
        is_proven = findings.iter().any(Finding::is_proven);
    }
    match unit {
        Some(used) => findings.push(time::unit_finding(used, is_proven)),
        None => time::skew(trial, refusal, is_proven, &mut findings),
    }
    if !is_proven {
        header::guess(trial, refusal, &mut findings);
        sign::guess(trial, refusal, &mut findings);
        if findings.is_empty() {
            provider::guess(trial, refusal, &mut findings);
        }
        body::guess(trial, &mut findings);
    }
    findings
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// What a [`Doctor`] says of a delivery. It holds no secret, no MAC and nothing of the body.
///
/// # Security
///
/// It is for the operator. Whoever forges deliveries must not see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    provider: Box<str>,
    delivery_id: Option<Box<str>>,
    key_label: Option<Arc<str>>,
    tenant: Option<Arc<str>>,
    refusal: Option<RejectionKind>,
    key_error: Option<KeyError>,
    findings: Vec<Finding>,
    hashed: u64,
    is_complete: bool,
}

impl Diagnosis {
    /// The name of the scheme that the delivery was held against.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The delivery's id as its head has it, where that is no longer than 128 bytes.
    ///
    /// # Security
    ///
    /// Anybody can write any id into a request that is refused.
    #[must_use]
    pub fn delivery_id(&self) -> Option<&str> {
        self.delivery_id.as_deref()
    }

    /// The label of the current secret that the delivery was held against, if it has one. A
    /// [`Doctor`] of your own has none.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.key_label.as_deref()
    }

    /// Whose secrets the delivery was held against, if [`Keys::tenant`](crate::Keys::tenant) says
    /// so and they were looked up: not for one that was refused by its head.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Why the delivery is refused; `None` if it is not, or if the secret is wrong in itself.
    #[must_use]
    pub fn refusal(&self) -> Option<&RejectionKind> {
        self.refusal.as_ref()
    }

    /// What is wrong with the secret in itself, so that no layer can be made with it.
    #[must_use]
    pub fn key_error(&self) -> Option<&KeyError> {
        self.key_error.as_ref()
    }

    /// Whether nothing is wrong: the delivery is accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.refusal.is_none() && self.key_error.is_none()
    }

    /// What explains it. Empty if nothing does: where a signature does not match, the secret is
    /// another one then, the body was changed for good, or the delivery was forged.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether everything was tried. If not, the [limit](Doctor::work_limit) was reached before.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// How many bytes were hashed to find out, at most: for each verification, secret and text that
    /// the signature may be of, the body and 1 KiB.
    #[must_use]
    pub fn bytes_hashed(&self) -> u64 {
        self.hashed
    }
}

/// The refusal, and each finding, in one line.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.refusal, &self.key_error) {
            (Some(refusal), _) => refusal.fmt(f)?,
            (None, Some(error)) => error.fmt(f)?,
            (None, None) => return f.write_str("accepted"),
        }
        for finding in &self.findings {
            write!(f, "; {finding}")?;
        }
        Ok(())
    }
}
