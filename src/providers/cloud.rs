use super::{Preset, Provider};
use crate::scheme::{Algorithm, Encoding, Layout, Scheme};

pub(super) const PRESETS: &[Preset] = &[
    #[cfg(feature = "form")]
    Preset::new("azure-event-grid", "Azure Event Grid", azure_event_grid),
    Preset::new(
        "cloudflare-notifications",
        "Cloudflare Notifications",
        cloudflare_notifications,
    ),
    Preset::new("cloudflare-stream", "Cloudflare Stream", cloudflare_stream),
    #[cfg(feature = "form")]
    Preset::new("google-pubsub", "Google Cloud Pub/Sub", google_pubsub),
];

/// Azure Event Grid webhooks, by a token in the URL.
///
/// - Proof: the parameter `token` of the query, the token as it is. Nothing is signed.
/// - Key: the `token` that you put into the query of the endpoint's URL.
/// - Time: none.
/// - Event: `aeg-event-type`, not signed.
/// - Attempt: `aeg-delivery-count`, not signed.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema>
#[cfg(feature = "form")]
#[must_use]
pub fn azure_event_grid() -> Provider {
    Provider::preset(
        Scheme::builder("azure-event-grid")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_query("token")
            .event_header("aeg-event-type")
            .attempt_header("aeg-delivery-count"),
    )
}

/// Google Cloud Pub/Sub push subscriptions, by a token in the URL.
///
/// - Proof: the parameter `token` of the query, the token as it is. Nothing is signed.
/// - Key: the `token` that you put into the query of the push endpoint's URL.
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://cloud.google.com/pubsub/docs/push>
#[cfg(feature = "form")]
#[must_use]
pub fn google_pubsub() -> Provider {
    Provider::preset(
        Scheme::builder("google-pubsub")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_query("token"),
    )
}

/// Cloudflare Stream webhooks.
///
/// - Signature: `Webhook-Signature`, a list such as `time=…,sig1=…`, where a signature is the hex
///   HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the `secret` that setting the webhook returns, as text, although it looks like hex.
/// - Time: `time` in the same list, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/>
#[must_use]
pub fn cloudflare_stream() -> Provider {
    Provider::preset(
        Scheme::builder("cloudflare-stream")
            .signature_header("webhook-signature")
            .layout(Layout::key_values("sig1"))
            .timestamp_key("time")
            .message("{timestamp}.{body}"),
    )
}

/// Cloudflare Notifications webhooks, by their secret.
///
/// - Proof: `cf-webhook-auth`, the token as it is. Nothing is signed.
/// - Key: the secret of the webhook destination, as text.
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://developers.cloudflare.com/notifications/get-started/configure-webhooks/>
#[must_use]
pub fn cloudflare_notifications() -> Provider {
    Provider::preset(
        Scheme::builder("cloudflare-notifications")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("cf-webhook-auth"),
    )
}
