use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    #[cfg(all(feature = "x509", feature = "json"))]
    Preset::new("aws-sns", "Amazon SNS", aws_sns),
    #[cfg(all(feature = "x509", feature = "json"))]
    Preset::new("aws-sns-sha1", "Amazon SNS (version 1)", aws_sns_sha1),
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
    .with_handshakes(handshakes::azure_event_grid())
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

/// Where SNS has its certificates, in any region.
#[cfg(all(feature = "x509", feature = "json"))]
const SNS_CERTIFICATE: RemoteKey = RemoteKey::certificate_at_json(
    "SigningCertURL",
    &["sns.*.amazonaws.com", "sns.*.amazonaws.com.cn"],
    ("/SimpleNotificationService-", ".pem"),
);

/// Amazon SNS HTTP notifications.
///
/// - Signature: the member `Signature` of the JSON body, the base64 RSA signature (PKCS#1 v1.5,
///   SHA-256) of `<names and values, a line each>`.
/// - Key: the certificate of `SigningCertURL` in PEM: let `WebhookLayer::remote_keys` fetch it, from SNS's
///   own hosts alone. Its chain is not looked at: it is as good as the connection that it came by.
/// - Time: `Timestamp` in the body, RFC 3339, signed, 3600 s either way.
/// - Id: `x-amz-sns-message-id`, not signed.
/// - Event: `x-amz-sns-message-type`, not signed.
/// - Not signed: the body, the method, the URL, the headers.
///
/// `SignatureVersion` is an attribute of the topic: 2 is [`aws_sns`], 1 is [`aws_sns_sha1`]. With
/// raw message delivery nothing is signed. A confirmation of a subscription is signed too: check
/// the topic, and then fetch its `SubscribeURL`.
///
/// # Security
///
/// Signed are the message, its id, subject, time, topic and type, and nothing else in the body.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
#[cfg(all(feature = "x509", feature = "json"))]
#[must_use]
pub fn aws_sns() -> Provider {
    Provider::preset(
        Scheme::builder("aws-sns")
            .algorithm(Algorithm::RsaSha256)
            .encoding(Encoding::Base64)
            .key_form(KeyForm::PublicKey(PublicKeyForm::Certificate))
            .remote_key(SNS_CERTIFICATE)
            .signature_json("Signature")
            .timestamp_json("Timestamp")
            .timestamp_unit(TimestampUnit::Rfc3339)
            .tolerance(Duration::from_secs(3600))
            .id_header("x-amz-sns-message-id")
            .message("{canonical:aws_sns}")
            .danger_leave_body_unsigned()
            .event_header("x-amz-sns-message-type"),
    )
    .with_handshakes(handshakes::aws_sns())
}

/// Amazon SNS (version 1) HTTP notifications.
///
/// - Signature: the member `Signature` of the JSON body, the base64 RSA signature (PKCS#1 v1.5,
///   SHA-1) of `<names and values, a line each>`.
/// - Key: the certificate of `SigningCertURL` in PEM: let `WebhookLayer::remote_keys` fetch it, from SNS's
///   own hosts alone. Its chain is not looked at: it is as good as the connection that it came by.
/// - Time: `Timestamp` in the body, RFC 3339, signed, 3600 s either way.
/// - Id: `x-amz-sns-message-id`, not signed.
/// - Event: `x-amz-sns-message-type`, not signed.
/// - Not signed: the body, the method, the URL, the headers.
///
/// `SignatureVersion` is an attribute of the topic: 2 is [`aws_sns`], 1 is [`aws_sns_sha1`]. With
/// raw message delivery nothing is signed. A confirmation of a subscription is signed too: check
/// the topic, and then fetch its `SubscribeURL`.
///
/// # Security
///
/// Signed are the message, its id, subject, time, topic and type, and nothing else in the body.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
#[cfg(all(feature = "x509", feature = "json"))]
#[must_use]
pub fn aws_sns_sha1() -> Provider {
    Provider::preset(
        Scheme::builder("aws-sns-sha1")
            .algorithm(Algorithm::RsaSha1)
            .encoding(Encoding::Base64)
            .key_form(KeyForm::PublicKey(PublicKeyForm::Certificate))
            .remote_key(SNS_CERTIFICATE)
            .signature_json("Signature")
            .timestamp_json("Timestamp")
            .timestamp_unit(TimestampUnit::Rfc3339)
            .tolerance(Duration::from_secs(3600))
            .id_header("x-amz-sns-message-id")
            .message("{canonical:aws_sns}")
            .danger_leave_body_unsigned()
            .event_header("x-amz-sns-message-type"),
    )
    .with_handshakes(handshakes::aws_sns())
}
