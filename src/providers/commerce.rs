use super::{Preset, Provider};
use crate::scheme::{Encoding, Scheme};

pub(super) const PRESETS: &[Preset] = &[Preset::new("shopify", "Shopify", shopify)];

/// Shopify webhooks.
///
/// - Signature: `X-Shopify-Hmac-Sha256`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the app's client secret as text; for webhooks made in the admin, the signing secret shown
///   there (Settings, Notifications, Webhooks).
/// - Time: none, so a delivery that was recorded once can be sent again.
/// - Not signed: `X-Shopify-Webhook-Id` (the id), `X-Shopify-Topic` and `X-Shopify-Shop-Domain`.
///
/// After the secret is rotated Shopify may sign with the old one for a while: keep it as a
/// [previous](crate::Keys::previous) key.
///
/// Source: <https://shopify.dev/docs/apps/build/webhooks/subscribe/https>
#[must_use]
pub fn shopify() -> Provider {
    Provider::preset(
        Scheme::builder("shopify")
            .encoding(Encoding::Base64)
            .signature_header("x-shopify-hmac-sha256")
            .id_header("x-shopify-webhook-id"),
    )
}
