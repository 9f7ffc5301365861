use super::Diagnosis;
use crate::trace;

/// Logs a diagnosis at warn level, for [`WebhookLayer::diagnose`](crate::WebhookLayer::diagnose):
/// one event for each finding, with the fields `provider`, `reason`, `delivery_id`, `key_label` and
/// `tenant` where they are known, `cause` and `is_proven`, in the span that the request was in.
/// Without the feature `tracing` it does nothing.
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
    let Some(refusal) = diagnosis.refusal() else {
        return;
    };
    for finding in diagnosis.findings() {
        trace::warn!(
            provider = diagnosis.provider(),
            reason = %refusal,
            delivery_id = diagnosis.delivery_id(),
            key_label = diagnosis.key_label(),
            tenant = diagnosis.tenant(),
            cause = %finding.cause(),
            is_proven = finding.is_proven(),
            "webhook delivery diagnosed"
        );
    }
}
