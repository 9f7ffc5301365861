use super::{Preset, Provider};
use crate::scheme::{Encoding, KeyForm, Layout, Scheme};

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("generic", "Generic", generic),
    Preset::new("standard-webhooks", "Standard Webhooks", standard_webhooks),
];

/// The plain scheme of many guides: `X-Signature` and `X-Timestamp`.
///
/// - Signature: `X-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret as text.
/// - Time: `X-Timestamp`, Unix seconds, 300 s either way, **not signed**.
///
/// # Security
///
/// The timestamp is not part of the signed text. It stops a sender whose queue is stuck, not an
/// attacker: whoever recorded one delivery can send it again with the time of day. Take
/// [`standard_webhooks`] where you can choose.
#[must_use]
pub fn generic() -> Provider {
    Provider::preset(
        Scheme::builder("generic")
            .signature_header("x-signature")
            .timestamp_header("x-timestamp"),
    )
}

/// [Standard Webhooks] 1.0, symmetric (`v1`): the scheme to choose for a new system.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is the base64
///   HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<raw body>`. Other versions are ignored.
/// - Key: base64, alone or after `whsec_`.
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed; the same for every attempt. One that holds a `.` is refused, because
///   it could be cut in two ways.
///
/// Some who say Standard Webhooks use the secret's text as it stands; give that as
/// [`Secret::from_bytes`](crate::Secret::from_bytes).
///
/// [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#[must_use]
pub fn standard_webhooks() -> Provider {
    Provider::preset(
        Scheme::builder("standard-webhooks")
            .encoding(Encoding::Base64)
            .key_form(KeyForm::PrefixedBase64("whsec_"))
            .signature_header("webhook-signature")
            .layout(Layout::versions("v1"))
            .timestamp_header("webhook-timestamp")
            .id_header("webhook-id")
            .message("{id}.{timestamp}.{body}"),
    )
}
