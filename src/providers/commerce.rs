use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("shopify", "Shopify", shopify),
    Preset::new("shopify-events", "Shopify Events", shopify_events),
    Preset::new("woocommerce", "WooCommerce", woocommerce),
];

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
            .id_header("x-shopify-webhook-id")
            .event_header("x-shopify-topic"),
    )
    .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::UNAUTHORIZED)
}

/// Shopify Events webhooks.
///
/// - Signature: `shopify-hmac-sha256`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the client secret of the app, as text (the app's settings, Credentials).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `shopify-webhook-id`, not signed.
/// - Event: `shopify-topic`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://shopify.dev/docs/apps/build/webhooks>
#[must_use]
pub fn shopify_events() -> Provider {
    Provider::preset(
        Scheme::builder("shopify-events")
            .encoding(Encoding::Base64)
            .signature_header("shopify-hmac-sha256")
            .id_header("shopify-webhook-id")
            .event_header("shopify-topic"),
    )
    .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::UNAUTHORIZED)
}

/// WooCommerce webhooks.
///
/// - Signature: `X-WC-Webhook-Signature`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (WooCommerce, Settings, Advanced, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-WC-Webhook-Delivery-ID`, not signed.
/// - Event: `X-WC-Webhook-Topic`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// HTML entities in a secret are decoded before WooCommerce signs: choose one without `&`.
///
/// Handshakes: the ping that comes when a webhook is saved, a form with nothing but `webhook_id`
/// and no signature, is answered 200.
///
/// Source: <https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks>
#[must_use]
pub fn woocommerce() -> Provider {
    Provider::preset(
        Scheme::builder("woocommerce")
            .encoding(Encoding::Base64)
            .signature_header("x-wc-webhook-signature")
            .id_header("x-wc-webhook-delivery-id")
            .event_header("x-wc-webhook-topic"),
    )
    .with_handshakes(handshakes::woocommerce())
}
