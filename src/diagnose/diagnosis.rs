//! The result of a diagnosis, and the function that logs it.

use std::{fmt, sync::Arc};

use super::Finding;
use crate::{keys::KeyError, rejection::RejectionKind, trace};

/// The result of a [`Doctor`](super::Doctor) for one delivery. It contains no secret, no MAC and no
/// part of the body.
///
/// # Security
///
/// It is for the operator. Do not show it to a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub(super) provider: Box<str>,
    pub(super) delivery_id: Option<Box<str>>,
    pub(super) key_label: Option<Arc<str>>,
    pub(super) tenant: Option<Arc<str>>,
    pub(super) rejection: Option<RejectionKind>,
    pub(super) key_error: Option<KeyError>,
    pub(super) findings: Vec<Finding>,
    pub(super) bytes_hashed: u64,
    pub(super) is_complete: bool,
}

impl Diagnosis {
    /// Returns the name of the scheme that the delivery was verified with.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Returns the ID in the head of the delivery, if it has at most 128 bytes.
    ///
    /// # Security
    ///
    /// Any client can write any ID into a request that is rejected.
    #[must_use]
    pub fn delivery_id(&self) -> Option<&str> {
        self.delivery_id.as_deref()
    }

    /// Returns the label of the current secret that the delivery was verified with. `None` if the
    /// secret has no label, and for a [`Doctor`](super::Doctor) that the application creates.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.key_label.as_deref()
    }

    /// Returns the [tenant](crate::Keys::tenant) whose secrets the delivery was verified with.
    /// `None` if the keys name no tenant, and for a delivery that is rejected by its head.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Returns why the delivery is rejected. `None` if it is accepted, or if the secret is
    /// [invalid](Self::key_error).
    #[must_use]
    pub fn rejection_kind(&self) -> Option<&RejectionKind> {
        self.rejection.as_ref()
    }

    /// Returns why the secret is invalid. No layer can be created with this secret.
    #[must_use]
    pub fn key_error(&self) -> Option<&KeyError> {
        self.key_error.as_ref()
    }

    /// Returns whether the delivery is accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.rejection.is_none() && self.key_error.is_none()
    }

    /// Returns the explanations of the rejection. Empty if there is none: the secret may be a
    /// different one, the body may have been changed beyond recognition, or the delivery may be
    /// forged.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns whether every change was tried. `false` if the [limit](super::Doctor::work_limit)
    /// was reached.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns an upper bound on the number of bytes that were hashed. Each verification counts the
    /// body and 1 KiB, for each secret and each text that the signature may be of.
    #[must_use]
    pub fn bytes_hashed(&self) -> u64 {
        self.bytes_hashed
    }
}

/// The reason of the rejection and the findings, in one line.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.rejection, &self.key_error) {
            (Some(rejection), _) => rejection.fmt(f)?,
            (None, Some(error)) => error.fmt(f)?,
            (None, None) => return f.write_str("accepted"),
        }
        for finding in &self.findings {
            write!(f, "; {finding}")?;
        }
        Ok(())
    }
}

/// Logs a diagnosis, for [`WebhookLayer::diagnose`](crate::WebhookLayer::diagnose).
///
/// Each finding is an event at warn level, in the span of the request. Its fields are `provider`,
/// `reason`, `delivery_id`, `key_label`, `tenant`, `cause` and `is_proven`. Fields without a value
/// are left out. Without the feature `tracing`, nothing is logged.
///
/// ```
/// use tower_webhook::{Keys, Secret, WebhookLayer, diagnose, providers};
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let keys = Keys::new(Secret::new("It's a Secret to Everybody")?).keep_for_diagnosis();
/// let layer = WebhookLayer::new(providers::github(), keys)?.diagnose(diagnose::log)?;
/// # Ok(())
/// # }
/// ```
pub fn log(diagnosis: &Diagnosis) {
    let Some(rejection) = diagnosis.rejection_kind() else {
        return;
    };
    for finding in diagnosis.findings() {
        trace::warn!(
            provider = diagnosis.provider(),
            reason = %rejection,
            delivery_id = diagnosis.delivery_id(),
            key_label = diagnosis.key_label(),
            tenant = diagnosis.tenant(),
            cause = %finding.cause(),
            is_proven = finding.is_proven(),
            "webhook delivery diagnosed"
        );
    }
}
