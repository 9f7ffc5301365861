use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    #[cfg(feature = "rsa")]
    Preset::new("aws-sns", "Amazon SNS", aws_sns),
    #[cfg(feature = "rsa")]
    Preset::new("aws-sns-sha1", "Amazon SNS (version 1)", aws_sns_sha1),
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

/// Azure Event Grid webhooks, by a token in the URL.
///
/// - Proof: the parameter `token` of the query, the token as it is. Nothing is signed.
/// - Key: the `token` that you put into the query of the endpoint's URL (chosen by you).
/// - Time: none.
/// - Event: `aeg-event-type`, not signed.
/// - Attempt: `aeg-delivery-count`, not signed.
/// - Not signed: everything: the token says who sends, and not what.
///
/// The token of Microsoft Entra that "secure webhook delivery" sends in `Authorization` is not
/// looked at.
///
/// Handshakes: with the right token, `SubscriptionValidation` is answered with its code,
/// and the `OPTIONS` of the `CloudEvents` schema with its origin and no limit of the rate.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema>
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

/// Google Cloud Pub/Sub push subscriptions, by a token in the URL.
///
/// - Proof: the parameter `token` of the query, the token as it is. Nothing is signed.
/// - Key: the `token` that you put into the query of the push endpoint's URL (chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://cloud.google.com/pubsub/docs/push>
#[must_use]
pub fn google_pubsub() -> Provider {
    Provider::preset(
        Scheme::builder("google-pubsub")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature(Location::query("token")),
    )
}

/// Cloudflare Stream webhooks.
///
/// - Signature: `Webhook-Signature`, a list such as `time=…,sig1=…`, where a signature is the hex
///   HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the `secret` that setting the webhook returns, as text, although it looks like hex (in
///   the answer of the API).
/// - Time: `time` in the same list, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/>
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

/// Cloudflare Notifications webhooks, by their secret.
///
/// - Proof: `cf-webhook-auth`, the token as it is. Nothing is signed.
/// - Key: the secret of the webhook destination, as text (Notifications, Destinations).
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
#[cfg(feature = "rsa")]
const SNS_CERTIFICATE: RemoteKey = RemoteKey::certificate_at_json(
    "SigningCertURL",
    &[
        "sns.<region>.amazonaws.com",
        "sns.<region>.amazonaws.com.cn",
    ],
    ("/SimpleNotificationService-", ".pem"),
);

/// Amazon SNS HTTP notifications.
///
/// Needs the feature `rsa`.
///
/// - Signature: the member `Signature` of the JSON body, the base64 RSA signature (PKCS#1 v1.5,
///   SHA-256) of `<names and values, a line each>`.
/// - Key: the certificate of `SigningCertURL` in PEM (in each message): let
///   `WebhookLayer::with_remote_keys` fetch it, from SNS's own hosts alone. Its chain is not looked
///   at: it is as good as the connection that it came by.
/// - Time: `Timestamp` in the body, RFC 3339, signed, 3600 s either way.
/// - Id: `MessageId` in the body, signed.
/// - Event: `x-amz-sns-message-type`, not signed.
/// - Not signed: the body, the method, the URL, the headers.
///
/// `SignatureVersion` is an attribute of the topic: 2 is [`aws_sns`], 1 is [`aws_sns_sha1`]. With
/// raw message delivery nothing is signed.
///
/// Handshakes: a subscription goes to [`on_handshake_data`](crate::WebhookLayer::on_handshake_data)
/// once its signature holds and its `SubscribeURL` was found to be one of Amazon's; without that it
/// is a delivery. Look at the topic before you fetch the URL: Amazon signs for whoever has one.
///
/// # Security
///
/// Signed are the message, its id, subject, time, topic and type, and nothing else in the body.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
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

/// Amazon SNS (version 1) HTTP notifications.
///
/// Needs the feature `rsa`.
///
/// - Signature: the member `Signature` of the JSON body, the base64 RSA signature (PKCS#1 v1.5,
///   SHA-1) of `<names and values, a line each>`.
/// - Key: the certificate of `SigningCertURL` in PEM (in each message): let
///   `WebhookLayer::with_remote_keys` fetch it, from SNS's own hosts alone. Its chain is not looked
///   at: it is as good as the connection that it came by.
/// - Time: `Timestamp` in the body, RFC 3339, signed, 3600 s either way.
/// - Id: `MessageId` in the body, signed.
/// - Event: `x-amz-sns-message-type`, not signed.
/// - Not signed: the body, the method, the URL, the headers.
///
/// `SignatureVersion` is an attribute of the topic: 2 is [`aws_sns`], 1 is [`aws_sns_sha1`]. With
/// raw message delivery nothing is signed.
///
/// Handshakes: as [`aws_sns`].
///
/// # Security
///
/// Signed are the message, its id, subject, time, topic and type, and nothing else in the body.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
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

/// Microsoft Graph change notifications, by their `clientState`.
///
/// - Proof: the member `clientState` of each item of `value` in the JSON body, the token as it is.
///   Every item must have it. Nothing is signed.
/// - Key: the `clientState` that you set when you create the subscription, as text, up to 255
///   letters (chosen by you). It comes in the body: keep bodies out of logs.
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// One body may have notifications of several subscriptions: all that share an endpoint need one
/// `clientState`, and a former one as a [previous](crate::Keys::previous) key while they are
/// renewed. The `validationTokens` that come with encrypted resource data are not looked at.
/// Lifecycle notifications come in the same way.
///
/// Handshakes: the `validationToken` in the query, by which Graph asks whether an endpoint is
/// there, is answered with itself. Anybody can ask.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks>
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
