use super::{Preset, Provider};
use crate::scheme::Scheme;

pub(super) const PRESETS: &[Preset] = &[Preset::new("slack", "Slack", slack)];

/// Slack: Events API, interactivity and slash commands.
///
/// - Signature: `X-Slack-Signature`, `v0=` and the hex HMAC-SHA256 of `v0:<time>:<raw body>`.
/// - Key: the app's signing secret as text (Basic Information, App Credentials). It looks like hex
///   but is not decoded.
/// - Time: `X-Slack-Request-Timestamp`, Unix seconds, signed, 300 s either way.
/// - Body: JSON or form-encoded, signed as sent.
///
/// Slack sends no id in the head; the Events API has `event_id` in the body.
///
/// Source: <https://docs.slack.dev/authentication/verifying-requests-from-slack/>
#[must_use]
pub fn slack() -> Provider {
    Provider::preset(
        Scheme::builder("slack")
            .signature_header("x-slack-signature")
            .signature_prefix("v0=")
            .timestamp_header("x-slack-request-timestamp")
            .message("v0:{timestamp}:{body}"),
    )
}
