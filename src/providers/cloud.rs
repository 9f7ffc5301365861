//! Presets of cloud platforms.

use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("azure-event-grid", "Azure Event Grid", azure_event_grid),
    Preset::new(
        "cloudflare-notifications",
        "Cloudflare Notifications",
        cloudflare_notifications,
    ),
    Preset::new("cloudflare-stream", "Cloudflare Stream", cloudflare_stream),
    Preset::new("google-pubsub", "Google Cloud Pub/Sub", google_pubsub),
    Preset::new("microsoft-graph", "Microsoft Graph", microsoft_graph),
];

/// Azure Event Grid webhooks with a token in the URL.
///
/// | | |
/// | --- | --- |
/// | Signature | none; the query parameter `token` contains the token as text |
/// | Signed text | none |
/// | Secret | the value of `token` in the query of the endpoint's URL (chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | `aeg-event-type`, not signed |
/// | Attempt | `aeg-delivery-count`, not signed |
/// | Handshakes | `SubscriptionValidation` and the `OPTIONS` request of CloudEvents, both with the right token only |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB: [an event has up to 1 MB](https://learn.microsoft.com/azure/event-grid/event-schema) |
/// | Evidence | documentation only |
///
/// Event Grid validates an endpoint before the first delivery:
///
/// - A `POST` request with the event `SubscriptionValidation` is answered with its validation code.
/// - An `OPTIONS` request of the CloudEvents schema is answered with its origin, and with `*` for
///   the rate.
///
/// The preset ignores the token of Microsoft Entra that secure webhook delivery sends in
/// `Authorization`.
///
/// Event Grid does not retry after 400 and 413.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema>
#[doc(alias = "azure")]
#[doc(alias = "cloudevents")]
#[doc(alias = "eventgrid")]
#[must_use]
pub fn azure_event_grid() -> Provider {
    Provider::preset(
        Scheme::builder("azure-event-grid")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature(Location::query("token"))
            .event_header("aeg-event-type")
            .attempt_header("aeg-delivery-count"),
    )
    .with_handshakes(handshakes::azure_event_grid())
}

/// Google Cloud Pub/Sub push subscriptions with a token in the URL.
///
/// | | |
/// | --- | --- |
/// | Signature | none; the query parameter `token` contains the token as text |
/// | Signed text | none |
/// | Secret | the value of `token` in the query of the push endpoint's URL (chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 16 MiB: [a message has up to 10 MB](https://cloud.google.com/pubsub/quotas#resource_limits), which the push request encodes in base64 |
/// | Evidence | documentation only |
///
/// Pub/Sub can also authenticate with an OpenID Connect token; see `google_pubsub_jwt`. Prefer it.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://cloud.google.com/pubsub/docs/push>
#[doc(alias = "gcp")]
#[doc(alias = "pubsub")]
#[must_use]
pub fn google_pubsub() -> Provider {
    Provider::preset(
        Scheme::builder("google-pubsub")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature(Location::query("token")),
    )
    .with_body_limit(16 << 20)
}

/// Cloudflare Stream webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Webhook-Signature`, a list such as `time=…,sig1=…`, where each `sig1` is a hex HMAC-SHA256 |
/// | Signed text | `<time>.<raw body>` |
/// | Secret | the `secret` that the API returns when you set the webhook, as text, although it looks like hex (in the response of the API) |
/// | Timestamp | `time`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Source: <https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/>
#[doc(alias = "cloudflare")]
#[must_use]
pub fn cloudflare_stream() -> Provider {
    Provider::preset(
        Scheme::builder("cloudflare-stream")
            .signature_header("webhook-signature")
            .signature_format(SignatureFormat::key_values("sig1"))
            .timestamp_key("time")
            .message("{timestamp}.{body}"),
    )
}

/// Cloudflare Notifications webhooks with a secret.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `cf-webhook-auth` contains the token as text |
/// | Signed text | none |
/// | Secret | the secret of the webhook destination, as text (Notifications › Destinations) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://developers.cloudflare.com/notifications/get-started/configure-webhooks/>
#[doc(alias = "cloudflare")]
#[must_use]
pub fn cloudflare_notifications() -> Provider {
    Provider::preset(
        Scheme::builder("cloudflare-notifications")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("cf-webhook-auth"),
    )
}

/// Where SNS has its certificates, in any region.
#[cfg(feature = "rsa")]
const SNS_CERTIFICATE: RemoteKey = RemoteKey::certificate_at_json(
    "SigningCertURL",
    &[
        "sns.<region>.amazonaws.com",
        "sns.<region>.amazonaws.com.cn",
    ],
    ("/SimpleNotificationService-", ".pem"),
);

/// Amazon SNS notifications over HTTP, signature version 2.
///
/// | | |
/// | --- | --- |
/// | Feature | `rsa` |
/// | Signature | the member `Signature` of the JSON body, the base64 RSA signature (PKCS#1 v1.5, SHA-256) |
/// | Signed text | the names and values of the signed members, each followed by a line feed |
/// | Secret | the certificate of `SigningCertURL` in PEM (in each message); `WebhookLayer::with_remote_keys` fetches it, from the hosts of SNS only |
/// | Timestamp | `Timestamp` in the body, RFC 3339, signed, 3600 s either way |
/// | Delivery ID | `MessageId` in the body, signed |
/// | Event type | `x-amz-sns-message-type`, not signed |
/// | Handshakes | `SubscriptionConfirmation`, passed to [`on_handshake_data`](crate::WebhookLayer::on_handshake_data) |
/// | Not signed | the other members of the body; the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB: [a message for an HTTP endpoint has up to 256 KiB](https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html), which JSON may lengthen |
/// | Evidence | 6 cases of `sns-validator` 0.3.5 (npm) |
///
/// `SignatureVersion` is an attribute of the topic. Version 2 is [`aws_sns`], version 1 is
/// [`aws_sns_sha1`].
///
/// The layer rejects a message with another version. With raw message delivery, SNS signs nothing,
/// and the layer rejects the delivery.
///
/// The chain of the certificate is not verified. Its authenticity rests on the TLS connection that
/// fetched it.
///
/// SNS asks to confirm a subscription before it delivers. The handler of `on_handshake_data`
/// receives the subscription after its signature was verified and its `SubscribeURL` was found to
/// belong to Amazon. Without a handler, the confirmation is forwarded as a delivery. Check the
/// topic before you fetch the URL: Amazon signs the messages of every customer.
///
/// # Security
///
/// Only these members are signed: the message, its ID, subject, timestamp, topic and type; in a
/// subscription confirmation, `SubscribeURL` and `Token` as well.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
#[doc(alias = "amazon")]
#[doc(alias = "ses")]
#[doc(alias = "sns")]
#[cfg(feature = "rsa")]
#[must_use]
pub fn aws_sns() -> Provider {
    Provider::preset(
        Scheme::builder("aws-sns")
            .algorithm(Algorithm::RsaSha256)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Certificate))
            .remote_key(SNS_CERTIFICATE)
            .signature(Location::json("Signature"))
            .timestamp(Location::json("Timestamp"))
            .timestamp_format(TimestampFormat::Rfc3339)
            .tolerance(Duration::from_secs(3600))
            .id(Location::json("MessageId"))
            .message("{canonical:aws_sns}")
            .danger_leave_body_unsigned()
            .event_header("x-amz-sns-message-type"),
    )
    .with_handshakes(handshakes::aws_sns())
}

/// Amazon SNS notifications over HTTP, signature version 1.
///
/// | | |
/// | --- | --- |
/// | Feature | `rsa` |
/// | Signature | the member `Signature` of the JSON body, the base64 RSA signature (PKCS#1 v1.5, SHA-1) |
/// | Signed text | the names and values of the signed members, each followed by a line feed |
/// | Secret | the certificate of `SigningCertURL` in PEM (in each message); `WebhookLayer::with_remote_keys` fetches it, from the hosts of SNS only |
/// | Timestamp | `Timestamp` in the body, RFC 3339, signed, 3600 s either way |
/// | Delivery ID | `MessageId` in the body, signed |
/// | Event type | `x-amz-sns-message-type`, not signed |
/// | Handshakes | `SubscriptionConfirmation`, passed to [`on_handshake_data`](crate::WebhookLayer::on_handshake_data) |
/// | Not signed | the other members of the body; the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB: [a message for an HTTP endpoint has up to 256 KiB](https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html), which JSON may lengthen |
/// | Evidence | 2 cases of `sns-validator` 0.3.5 (npm) |
///
/// `SignatureVersion` is an attribute of the topic. Version 2 is [`aws_sns`], version 1 is
/// [`aws_sns_sha1`].
///
/// The layer rejects a message with another version. With raw message delivery, SNS signs nothing,
/// and the layer rejects the delivery.
///
/// The chain of the certificate is not verified. Its authenticity rests on the TLS connection that
/// fetched it.
///
/// The handshake is that of [`aws_sns`].
///
/// # Security
///
/// Only these members are signed: the message, its ID, subject, timestamp, topic and type; in a
/// subscription confirmation, `SubscribeURL` and `Token` as well.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
#[doc(alias = "amazon")]
#[doc(alias = "ses")]
#[doc(alias = "sns")]
#[cfg(feature = "rsa")]
#[must_use]
pub fn aws_sns_sha1() -> Provider {
    Provider::preset(
        Scheme::builder("aws-sns-sha1")
            .algorithm(Algorithm::RsaSha1)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Certificate))
            .remote_key(SNS_CERTIFICATE)
            .signature(Location::json("Signature"))
            .timestamp(Location::json("Timestamp"))
            .timestamp_format(TimestampFormat::Rfc3339)
            .tolerance(Duration::from_secs(3600))
            .id(Location::json("MessageId"))
            .message("{canonical:aws_sns}")
            .danger_leave_body_unsigned()
            .event_header("x-amz-sns-message-type"),
    )
    .with_handshakes(handshakes::aws_sns())
}

/// Microsoft Graph change notifications with a `clientState`.
///
/// | | |
/// | --- | --- |
/// | Signature | none; the member `clientState` of each item of `value` in the JSON body contains the token as text |
/// | Signed text | none |
/// | Secret | the `clientState` that you set when you create the subscription, as text, up to 255 characters (chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Handshakes | `validationToken` in the query, answered with itself |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 cases of the documentation |
///
/// - Every item must have the token.
/// - One body may contain notifications of several subscriptions. All subscriptions of an endpoint
///   need the same `clientState`. While they are renewed with another one, keep the former as a
///   [previous](crate::Keys::previous) key.
/// - Lifecycle notifications arrive in the same way.
/// - The preset ignores the `validationTokens` that come with encrypted resource data.
/// - The token is in the body. Keep bodies out of logs.
///
/// Graph validates an endpoint when a subscription is created. The layer answers the
/// `validationToken` as plain text, decoded. This request has no credentials, so any client gets
/// the answer.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks>
#[doc(alias = "office365")]
#[doc(alias = "onedrive")]
#[doc(alias = "outlook")]
#[doc(alias = "sharepoint")]
#[must_use]
pub fn microsoft_graph() -> Provider {
    Provider::preset(
        Scheme::builder("microsoft-graph")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signed_items("value")
            .signature(Location::json("clientState")),
    )
    .with_handshakes(handshakes::microsoft_graph())
}
