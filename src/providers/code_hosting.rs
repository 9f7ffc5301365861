use super::{Preset, Provider};
use crate::scheme::Scheme;

pub(super) const PRESETS: &[Preset] = &[Preset::new("github", "GitHub", github)];

/// GitHub repository, organisation and app webhooks.
///
/// - Signature: `X-Hub-Signature-256`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the webhook's secret as text (Settings, Webhooks, Secret). Without one GitHub sends no
///   signature, and the delivery is refused.
/// - Time: none, so a delivery that was recorded once can be sent again.
/// - Not signed: `X-GitHub-Delivery` (the id) and `X-GitHub-Event`.
/// - Body: up to 25 MiB, which is the limit here (axum's extractors stop at 2 MB unless its
///   `DefaultBodyLimit` says otherwise); form-encoded deliveries are signed as sent.
///
/// `X-Hub-Signature`, the same with SHA-1, is not looked at.
///
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
#[must_use]
pub fn github() -> Provider {
    Provider::preset(
        Scheme::builder("github")
            .signature_header("x-hub-signature-256")
            .signature_prefix("sha256=")
            .id_header("x-github-delivery"),
    )
    .with_body_limit(25 << 20)
}
