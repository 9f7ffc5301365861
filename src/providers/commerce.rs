//! Presets of shop software.

use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("shopify", "Shopify", shopify),
    Preset::new("shopify-events", "Shopify Events", shopify_events),
    Preset::new("shopware", "Shopware", shopware),
    Preset::new("woocommerce", "WooCommerce", woocommerce),
];

/// Shopify webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Shopify-Hmac-Sha256`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the app's client secret as text; for webhooks created in the admin, the signing secret shown there (Settings › Notifications › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Shopify-Webhook-Id`, not signed |
/// | Event type | `X-Shopify-Topic`, not signed |
/// | Not signed | the method, the URL, the headers, `X-Shopify-Shop-Domain` among them |
/// | Rejection | 401: [Shopify rejects apps that answer an invalid HMAC with another status](https://shopify.dev/docs/apps/store/security/mandatory-webhooks) |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `Shopify/shopify-api-js`; 4 cases of `@shopify/shopify-api` 13.1.0 (npm) |
///
/// After the secret is rotated, Shopify may sign with the old one for a while. Keep it as a
/// [previous](crate::Keys::previous) key.
///
/// `X-Shopify-Event-Id` has the same value in all deliveries of one event, for each subscription.
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
/// | | |
/// | --- | --- |
/// | Signature | `shopify-hmac-sha256`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the app's client secret as text (the app's settings › Credentials) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `shopify-webhook-id`, not signed |
/// | Event type | `shopify-topic`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 401: [Shopify rejects apps that answer an invalid HMAC with another status](https://shopify.dev/docs/apps/store/security/mandatory-webhooks) |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// These deliveries have headers without the prefix `X-`. For the others, use [`shopify`].
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
/// | | |
/// | --- | --- |
/// | Signature | `X-WC-Webhook-Signature`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (WooCommerce › Settings › Advanced › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-WC-Webhook-Delivery-ID`, not signed |
/// | Event type | `X-WC-Webhook-Topic`, not signed |
/// | Handshakes | an unsigned ping when the webhook is saved, answered with 200 |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of WooCommerce; no recorded delivery |
///
/// WooCommerce decodes HTML entities in the secret before it signs. Choose a secret without `&`.
///
/// The ping is a form that contains only `webhook_id`, without a signature header. WooCommerce
/// activates the webhook only if the ping is answered with 200.
///
/// The delivery ID is a hash of the webhook's ID and the current second. Two deliveries in the same
/// second have the same ID.
///
/// Source: <https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks>
#[doc(alias = "wordpress")]
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

/// Shopware app webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `shopware-shop-signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the shop as text (where the console shows it is not known) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `@shopware-ag/app-server-sdk` 2.0.3 (npm) |
///
/// Source: <https://www.npmjs.com/package/@shopware-ag/app-server-sdk/v/2.0.3>
#[must_use]
pub fn shopware() -> Provider {
    Provider::preset(Scheme::builder("shopware").signature_header("shopware-shop-signature"))
}
