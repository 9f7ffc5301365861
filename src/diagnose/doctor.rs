//! The doctor, which tries the changes in order and collects the findings.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    Diagnosis, Finding, attempt::Attempt, body, budget::HashBudget, header, provider, secret, sign,
    time, url,
};
use crate::{
    clock::{Clock, SystemClock},
    head::RequestHead,
    keys::Secret,
    providers::Provider,
    rejection::RejectionKind,
    setup::SetupError,
    verify::{Tolerances, Verifier, no_tolerance},
};

/// Explains why deliveries of one provider are rejected.
///
/// See the [module docs](crate::diagnose) for an example.
#[doc(alias = "debug")]
#[doc(alias = "signature_mismatch")]
#[derive(Clone)]
pub struct Doctor {
    provider: Provider,
    secrets: Vec<Secret>,
    tenant: Option<Arc<str>>,
    clock: Arc<dyn Clock>,
    tolerances: Tolerances,
    work_limit: u64,
}

/// SHA-256 takes a third of a second for this many bytes, if the processor has instructions for it.
const WORK_LIMIT: u64 = 1 << 30;

impl Doctor {
    /// Creates a doctor for one provider and one secret.
    ///
    /// Pass the secret exactly as it is configured, including white space and other faults. If
    /// there are several secrets, add the others with [`previous`](Self::previous).
    ///
    /// The provider may have a [`PublicUrl`](crate::PublicUrl) that its scheme does not sign. The
    /// delivery may be from another provider, which signs it.
    ///
    /// # Errors
    ///
    /// - The secret is empty.
    /// - The scheme signs the URL, and the provider has no [`PublicUrl`](crate::PublicUrl).
    /// - The scheme signs a setting that the provider does not have.
    pub fn new(provider: impl Into<Provider>, secret: &str) -> Result<Self, SetupError> {
        let provider = provider.into().allowing_public_url();
        Secret::from_bytes(secret)?;
        let verifier = Verifier::without_keys(provider)?;
        let secret = Secret::as_given(secret.as_bytes());
        Ok(Self::with_secrets(
            verifier.provider().clone(),
            vec![secret],
        ))
    }

    /// Adds a previous secret, exactly as it is configured. A delivery is accepted if any of the
    /// secrets has signed it. Otherwise the doctor examines each of them.
    ///
    /// # Errors
    ///
    /// The secret is empty.
    pub fn previous(mut self, secret: &str) -> Result<Self, SetupError> {
        Secret::from_bytes(secret)?;
        self.secrets.push(Secret::as_given(secret.as_bytes()));
        Ok(self)
    }

    pub(super) fn with_secrets(provider: Provider, secrets: Vec<Secret>) -> Self {
        let tolerances = Tolerances::new(provider.scheme().tolerance());
        Self {
            provider,
            secrets,
            tenant: None,
            clock: Arc::new(SystemClock::new()),
            tolerances,
            work_limit: WORK_LIMIT,
        }
    }

    /// Whether there are secrets. An unknown tenant has none.
    pub(super) fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Sets the tenant whose secrets these are.
    pub(super) fn tenant(mut self, tenant: Option<Arc<str>>) -> Self {
        self.tenant = tenant;
        self
    }

    /// Sets the clock that timestamps are checked against. Defaults to the system clock. It is not
    /// used for a scheme without a timestamp or a web token.
    ///
    /// For a saved delivery, set the time at which it was rejected.
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
        Ok(self.tolerances(Tolerances::new(tolerance)))
    }

    pub(super) fn tolerances(mut self, tolerances: Tolerances) -> Self {
        self.tolerances = tolerances;
        self
    }

    /// Sets the maximum number of bytes that a diagnosis hashes. Defaults to 1 GiB.
    ///
    /// At the limit, the remaining changes are not tried, and
    /// [`is_complete`](Diagnosis::is_complete) returns `false`.
    #[must_use]
    pub fn work_limit(mut self, bytes: u64) -> Self {
        self.work_limit = bytes;
        self
    }

    /// Explains why a delivery is rejected. `body` is `None` if it was not read. Nothing is proven
    /// then.
    ///
    /// It verifies the delivery up to a hundred times with one secret and one public URL, and each
    /// verification hashes the whole body. Do not call it while a request waits for its response.
    ///
    /// The [limit](Self::work_limit) bounds the work for long bodies and many secrets. The first
    /// verification, which determines the reason of the rejection, ignores the limit. A changed
    /// body has at most four times the length of the body, or 4 MiB.
    pub fn examine<'h>(&self, head: impl Into<RequestHead<'h>>, body: Option<&[u8]>) -> Diagnosis {
        let budget = HashBudget::new(self.work_limit);
        let attempt = self.attempt(head.into(), body, &budget);
        let (rejection, key_error) = match attempt.verify() {
            Ok(rejection) => (rejection, None),
            Err(SetupError::Key(error)) => (None, Some(error)),
            // `new` returns every other error.
            Err(_) => (None, None),
        };
        let is_accepted = rejection.is_none() && key_error.is_none();
        let findings = if is_accepted {
            Vec::new()
        } else {
            find(&attempt, rejection.as_ref())
        };
        let current = self.secrets.first();
        Diagnosis {
            provider: attempt.scheme().name().into(),
            delivery_id: attempt
                .head
                .claimed_id(attempt.scheme().id_location())
                .map(Into::into),
            key_label: current.and_then(Secret::label_ref).cloned(),
            tenant: self.tenant.clone(),
            rejection,
            key_error,
            findings,
            bytes_hashed: budget.used(),
            is_complete: !budget.is_exhausted(),
        }
    }

    fn attempt<'a>(
        &'a self,
        head: RequestHead<'a>,
        body: Option<&'a [u8]>,
        budget: &'a HashBudget,
    ) -> Attempt<'a> {
        Attempt {
            provider: self.provider.clone(),
            secrets: &self.secrets,
            head,
            body,
            now: self.clock.now(),
            tolerances: self.tolerances,
            budget,
        }
    }
}

fn find(attempt: &Attempt<'_>, rejection: Option<&RejectionKind>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let unit = time::find_unit(attempt, rejection);
    let in_unit = unit.map(|unit| time::with_unit(attempt, unit));
    // A wrong clock must not hide other causes, so these are searched without the tolerance.
    let ignoring_time = in_unit.as_ref().unwrap_or(attempt).ignoring_time();
    let mut is_proven = ignoring_time.verifies();
    if !is_proven {
        header::find(&ignoring_time, &mut findings);
        secret::find(&ignoring_time, &mut findings);
        sign::find(&ignoring_time, &mut findings);
        body::find(&ignoring_time, &mut findings);
        url::find(&ignoring_time, &mut findings);
        if findings.is_empty() {
            provider::find(&ignoring_time, &mut findings);
        }
        is_proven = findings.iter().any(Finding::is_proven);
    }
    match unit {
        Some(used) => findings.push(time::unit_finding(used, is_proven)),
        None => time::find_skew(attempt, rejection, is_proven, &mut findings),
    }
    if !is_proven {
        header::guess(attempt, rejection, &mut findings);
        sign::guess(attempt, rejection, &mut findings);
        if findings.is_empty() {
            provider::guess(attempt, rejection, &mut findings);
        }
        body::guess(attempt, &mut findings);
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
