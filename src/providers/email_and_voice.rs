use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("mailgun", "Mailgun", mailgun),
    Preset::new("mandrill", "Mailchimp Transactional (Mandrill)", mandrill),
    Preset::new("bird", "Bird", bird),
    Preset::new(
        "messagebird-legacy",
        "MessageBird (legacy)",
        messagebird_legacy,
    ),
    Preset::new("plivo", "Plivo", plivo),
    Preset::new("plivo-v2", "Plivo (V2)", plivo_v2),
    Preset::new("postmark", "Postmark", postmark),
    Preset::new(
        "sendgrid-inbound-parse",
        "SendGrid Inbound Parse",
        sendgrid_inbound_parse,
    ),
    Preset::new(
        "sinch-conversation",
        "Sinch Conversation",
        sinch_conversation,
    ),
    Preset::new("sinch-numbers", "Sinch Numbers", sinch_numbers),
    Preset::new("sinch-voice", "Sinch Voice and Verification", sinch_voice),
    Preset::new("twilio", "Twilio", twilio),
    Preset::new("twilio-sharedkey", "Twilio (shared key)", twilio_sharedkey),
    Preset::new("vonage-sms", "Vonage SMS", vonage_sms),
    Preset::new(
        "vonage-sms-hmac-md5",
        "Vonage SMS (HMAC-MD5)",
        vonage_sms_hmac_md5,
    ),
    Preset::new(
        "vonage-sms-hmac-sha1",
        "Vonage SMS (HMAC-SHA1)",
        vonage_sms_hmac_sha1,
    ),
    Preset::new(
        "vonage-sms-hmac-sha256",
        "Vonage SMS (HMAC-SHA256)",
        vonage_sms_hmac_sha256,
    ),
    Preset::new(
        "vonage-sms-hmac-sha512",
        "Vonage SMS (HMAC-SHA512)",
        vonage_sms_hmac_sha512,
    ),
];

/// SendGrid Event Webhook.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Twilio-Email-Event-Webhook-Signature`, the base64 ECDSA signature (P-256, SHA-256, DER) |
/// | Signed text | `<timestamp><raw body>` |
/// | Secret | the verification key in base64 (Settings › Mail settings › Signed event webhook) |
/// | Timestamp | `X-Twilio-Email-Event-Webhook-Timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `ecdsa` |
/// | Evidence | 1 published example, from `sendgrid/sendgrid-go`; 5 cases of `@sendgrid/eventwebhook` 8.0.0 (npm) |
///
/// The body ends with a line break, which is signed.
///
/// Source: <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features>
#[doc(alias = "email")]
#[doc(alias = "twilio_sendgrid")]
#[cfg(feature = "ecdsa")]
#[must_use]
pub fn sendgrid() -> Provider {
    Provider::preset(
        Scheme::builder("sendgrid")
            .algorithm(Algorithm::EcdsaP256Der)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::SpkiBase64))
            .signature_header("x-twilio-email-event-webhook-signature")
            .timestamp_header("x-twilio-email-event-webhook-timestamp")
            .message("{timestamp}{body}"),
    )
}

/// SendGrid Inbound Parse webhooks with basic authentication.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains `Basic ` and the base64 of the credentials |
/// | Signed text | none |
/// | Secret | `user:password`, as in the URL of the webhook (Settings › Inbound Parse) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 30 MiB: [a message has up to 30 MB](https://docs.sendgrid.com/for-developers/parsing-email/inbound-email) |
/// | Evidence | Unverified: based on the receiver of a third party, not on a delivery |
///
/// The body is `multipart/form-data` with the email and its attachments.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook>
#[doc(alias = "email")]
#[doc(alias = "inbound")]
#[must_use]
pub fn sendgrid_inbound_parse() -> Provider {
    Provider::preset(
        Scheme::builder("sendgrid-inbound-parse")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Base64)
            .signature_header("authorization")
            .signature_prefix("Basic "),
    )
    .with_body_limit(30 << 20)
}

/// Mailgun webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | the member `signature.signature` or `signature.parent-signature` of the JSON body, the hex HMAC-SHA256 |
/// | Signed text | `<timestamp><signature.token>` |
/// | Secret | the HTTP webhook signing key as text, not the API key (Sending › Webhooks) |
/// | Timestamp | `signature.timestamp` in the body, Unix seconds, signed, 900 s either way, as in Mailgun's own library |
/// | Delivery ID | `signature.token` in the body, signed |
/// | Event type | `event-data.event` in the body, not signed |
/// | Not signed | the rest of the body, the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `mailgun` 1.10.0 (PyPI) |
///
/// Events of a subaccount have two signatures of the same text: `signature` with the key of the
/// subaccount, and `parent-signature` with the key of the main account. The layer accepts a
/// delivery if either one is valid under the configured key.
///
/// Routes that forward messages send a form. This preset reads only JSON.
///
/// # Security
///
/// The rest of the body is not signed. An attacker who captured a delivery can send any body with
/// its signature until the timestamp expires. Fetch the event from the API before you act on it.
///
/// Source: <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks>
#[doc(alias = "email")]
#[must_use]
pub fn mailgun() -> Provider {
    Provider::preset(
        Scheme::builder("mailgun")
            .signature(Location::json("signature.signature"))
            .signature(Location::json("signature.parent-signature"))
            .timestamp(Location::json("signature.timestamp"))
            .tolerance(Duration::from_secs(900))
            .id(Location::json("signature.token"))
            .event(Location::json("event-data.event"))
            .message("{timestamp}{json:signature.token}")
            .danger_leave_body_unsigned(),
    )
}

/// Postmark webhooks with basic authentication.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains `Basic ` and the base64 of the credentials |
/// | Signed text | none |
/// | Secret | `user:password`, as configured for the webhook or in its URL (the server › Webhooks) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 50 MiB: [an inbound message has up to 35 MB of attachments](https://postmarkapp.com/support/article/1056-what-are-the-attachment-and-email-size-limits), which Postmark encodes in base64 |
/// | Evidence | Unverified: based on the description of a third party, not on a delivery |
///
/// Since August 2026, Postmark retries only after 5xx, 408 and 429, according to [its skills
/// repository](https://github.com/ActiveCampaign/postmark-skills/issues/6). A delivery that the
/// layer answers with 403 or 413 is lost. If the endpoint receives no inbound messages, set a
/// smaller limit with [`WebhookLayer::body_limit`](crate::WebhookLayer::body_limit).
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://postmarkapp.com/developer/webhooks/webhooks-overview>
#[doc(alias = "email")]
#[doc(alias = "inbound")]
#[must_use]
pub fn postmark() -> Provider {
    Provider::preset(
        Scheme::builder("postmark")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Base64)
            .signature_header("authorization")
            .signature_prefix("Basic "),
    )
    .with_body_limit(50 << 20)
}

/// Mailchimp Transactional (Mandrill) webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Mandrill-Signature`, the base64 HMAC-SHA1 |
/// | Signed text | the public URL, then the names and values of the form, sorted |
/// | Secret | the key of the webhook as text (Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: based on the receivers of third parties and on the documentation, not on a delivery; 6 cases of `django-anymail` 15.2 (PyPI, a third party) |
///
/// Mandrill signs the public URL, so the preset needs one. Set the base under which Mandrill
/// reaches the endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let mandrill = providers::mandrill().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// Handshakes: when the URL is saved, Mandrill sends a `HEAD`, and a `POST` without events
/// (`mandrill_events=[]`). The layer answers 200 without a signature, because
/// Mandrill creates the key later.
///
/// # Security
///
/// Nothing separates the URL from the form, or the names and values of the form from each other. An
/// attacker who captured a delivery can turn the field `a=bc` into `ab=c`. If the endpoint has
/// routes with a common prefix, the attacker can also move bytes between the URL and the form.
///
/// Source: <https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/>
#[doc(alias = "mailchimp")]
#[doc(alias = "email")]
#[must_use]
pub fn mandrill() -> Provider {
    Provider::preset(
        Scheme::builder("mandrill")
            .algorithm(Algorithm::HmacSha1)
            .encoding(Encoding::Base64)
            .signature_header("x-mandrill-signature")
            .message("{url}{sorted_form}")
            .danger_allow_ambiguous_message(),
    )
    .with_handshakes(handshakes::mandrill())
}

/// Telnyx webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Telnyx-Signature-Ed25519`, the base64 Ed25519 signature |
/// | Signed text | `<timestamp>\|<raw body>` |
/// | Secret | the public key in base64 (Keys and credentials › Public key) |
/// | Timestamp | `Telnyx-Timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `ed25519` |
/// | Evidence | 5 cases of `telnyx` 7.24.0 (npm) |
///
/// Source: <https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks>
#[doc(alias = "sms")]
#[doc(alias = "voice")]
#[cfg(feature = "ed25519")]
#[must_use]
pub fn telnyx() -> Provider {
    Provider::preset(
        Scheme::builder("telnyx")
            .algorithm(Algorithm::Ed25519)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Base64))
            .signature_header("telnyx-signature-ed25519")
            .timestamp_header("telnyx-timestamp")
            .message("{timestamp}|{body}"),
    )
}

/// Sinch Conversation and SMS callbacks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-sinch-webhook-signature`, the base64 HMAC-SHA256 |
/// | Signed text | `<raw body>.<x-sinch-webhook-signature-nonce>.<timestamp>` |
/// | Secret | the secret of the webhook as text (the app › Webhooks; chosen by you) |
/// | Timestamp | `x-sinch-webhook-signature-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `sinch/sinch-sdk-node` |
///
/// Deliveries whose `x-sinch-webhook-signature-algorithm` is not `HmacSHA256` are rejected.
///
/// Source: <https://developers.sinch.com/docs/conversation/callbacks>
#[doc(alias = "sms")]
#[must_use]
pub fn sinch_conversation() -> Provider {
    Provider::preset(
        Scheme::builder("sinch-conversation")
            .encoding(Encoding::Base64)
            .signature_header("x-sinch-webhook-signature")
            .require_header("x-sinch-webhook-signature-algorithm", "HmacSHA256")
            .timestamp_header("x-sinch-webhook-signature-timestamp")
            .message("{body}.{header:x-sinch-webhook-signature-nonce}.{timestamp}"),
    )
}

/// Sinch Numbers callbacks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Sinch-Signature`, the hex HMAC-SHA1 |
/// | Signed text | the raw body |
/// | Secret | the HMAC secret of the callback configuration as text (API, callback configuration) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `sinch/sinch-sdk-node` |
///
/// Source: <https://developers.sinch.com/docs/numbers/>
#[doc(alias = "phone_number")]
#[must_use]
pub fn sinch_numbers() -> Provider {
    Provider::preset(
        Scheme::builder("sinch-numbers")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("x-sinch-signature"),
    )
}

/// Travis CI notifications.
///
/// | | |
/// | --- | --- |
/// | Signature | `Signature`, the base64 RSA signature (PKCS#1 v1.5, SHA-1) |
/// | Signed text | the decoded field `payload` of the form |
/// | Secret | the public key in PEM (served by the API at `https://api.travis-ci.com/config`); `.org` had another key |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the rest of the body (all other fields of the form), the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `rsa` |
/// | Evidence | 4 cases made with OpenSSL after the documentation; Travis CI publishes none |
///
/// # Security
///
/// Only the decoded field `payload` is signed, and no other field of the form.
///
/// Source: <https://docs.travis-ci.com/user/notifications/#verifying-webhook-requests>
#[doc(alias = "ci")]
#[cfg(feature = "rsa")]
#[must_use]
pub fn travis() -> Provider {
    Provider::preset(
        Scheme::builder("travis")
            .algorithm(Algorithm::RsaSha1)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Pem))
            .signature_header("signature")
            .message("{form:payload}")
            .danger_leave_body_unsigned()
            .message_is_unique(),
    )
}

/// Twilio webhooks: messaging, voice and status callbacks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Twilio-Signature`, the base64 HMAC-SHA1 |
/// | Signed text | the public URL, then the names and values of the form, sorted by name |
/// | Secret | the primary auth token of the account as text (Console › Account info) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `I-Twilio-Idempotency-Token`, not signed |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 9 published examples, from `twilio/twilio-python` and `twilio/twilio-go`; 6 cases of `twilio` 6.2.0 (npm) |
///
/// Twilio signs the public URL, so the preset needs one. Set the base under which Twilio reaches
/// the endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let twilio = providers::twilio().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// The layer tries the URL with its port and without it, because Twilio signs either form. If the
/// body is not a form, the query must contain `bodySHA256` with the SHA-256 of the body, which
/// Twilio adds.
///
/// # Security
///
/// Nothing separates the URL from the form, or the names and values of the form from each other. An
/// attacker who captured a delivery can turn the field `a=bc` into `ab=c`.
///
/// If the endpoint has routes with a common prefix, the attacker can also move the form into the
/// URL. With a `bodySHA256` in the moved text, the attacker can then choose any body. Serve Twilio
/// at an exact path.
///
/// Source: <https://www.twilio.com/docs/usage/security>
#[doc(alias = "sms")]
#[doc(alias = "voice")]
#[doc(alias = "whatsapp")]
#[must_use]
pub fn twilio() -> Provider {
    Provider::preset(
        Scheme::builder("twilio")
            .algorithm(Algorithm::HmacSha1)
            .encoding(Encoding::Base64)
            .signature_header("x-twilio-signature")
            .id_header("i-twilio-idempotency-token")
            .message("{canonical:twilio}")
            .alternative_message("{canonical:twilio_with_port}"),
    )
    .with_methods(GET_OR_POST)
}

/// Twilio webhooks with a shared key and HMAC-SHA256.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Twilio-Signature`, the base64 HMAC-SHA256 |
/// | Signed text | the public URL, then the names and values of the form, sorted by name |
/// | Secret | the shared key as text, although it looks like hex (Console › API keys) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `I-Twilio-Idempotency-Token`, not signed |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `twilio` 9.13.0 (PyPI) |
///
/// Twilio signs the public URL, so the preset needs one. Set the base under which Twilio reaches
/// the endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let twilio = providers::twilio_sharedkey().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// The layer tries the URL with its port and without it, because Twilio signs either form. If the
/// body is not a form, the query must contain `bodySHA256` with the SHA-256 of the body, which
/// Twilio adds.
///
/// `X-Twilio-Webhooks-Signature-Settings` names the key and the algorithm. It is not signed, and
/// the layer does not read it.
///
/// # Security
///
/// Nothing separates the URL from the form, or the names and values of the form from each other. An
/// attacker who captured a delivery can turn the field `a=bc` into `ab=c`.
///
/// If the endpoint has routes with a common prefix, the attacker can also move the form into the
/// URL. With a `bodySHA256` in the moved text, the attacker can then choose any body. Serve Twilio
/// at an exact path.
///
/// Source: <https://www.twilio.com/docs/usage/security>
#[doc(alias = "sms")]
#[doc(alias = "voice")]
#[doc(alias = "whatsapp")]
#[must_use]
pub fn twilio_sharedkey() -> Provider {
    Provider::preset(
        Scheme::builder("twilio-sharedkey")
            .encoding(Encoding::Base64)
            .signature_header("x-twilio-signature")
            .id_header("i-twilio-idempotency-token")
            .message("{canonical:twilio}")
            .alternative_message("{canonical:twilio_with_port}"),
    )
    .with_methods(GET_OR_POST)
}

/// Plivo webhooks (V3).
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Plivo-Signature-V3` or `X-Plivo-Signature-Ma-V3`, a list of base64 HMAC-SHA256s, separated by commas |
/// | Signed text | the public URL with the parameters, sorted, then `.<x-plivo-signature-v3-nonce>` |
/// | Secret | the auth token as text, for `X-Plivo-Signature-Ma-V3` that of the main account (Console › Overview) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 published examples, from `plivo/plivo-ruby`; 5 cases of `plivo` 4.79.0 (npm) |
///
/// Plivo signs the public URL, so the preset needs one. Set the base under which Plivo reaches the
/// endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let plivo = providers::plivo().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// # Security
///
/// Nothing separates the names and values of the form from each other, so the field `a=bc` has the
/// same signature as `ab=c`. Plivo decodes the query before it signs it, so `a=1%26b=2` has the
/// same signature as `a=1&b=2`. The nonce is signed, but does not contain a time.
///
/// Source: <https://www.plivo.com/docs/messaging/concepts/signature-validation>
#[doc(alias = "sms")]
#[doc(alias = "voice")]
#[must_use]
pub fn plivo() -> Provider {
    Provider::preset(
        Scheme::builder("plivo")
            .encoding(Encoding::Base64)
            .signature_header("x-plivo-signature-v3")
            .signature_header("x-plivo-signature-ma-v3")
            .signature_format(SignatureFormat::values(","))
            .message("{canonical:plivo_v3}.{header:x-plivo-signature-v3-nonce}"),
    )
    .with_methods(GET_OR_POST)
}

/// Sinch Voice and Verification callbacks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Authorization`, `Application <key>:` and the base64 HMAC-SHA256 |
/// | Signed text | `<method>\n<base64 MD5 of the body>\n<content-type>\nx-timestamp:<timestamp>\n<path>` |
/// | Secret | the application secret in base64 (Dashboard › the app) |
/// | Timestamp | `x-timestamp`, RFC 3339, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the host, the query, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `sinch/sinch-sdk-node` |
///
/// Sinch signs the path. Mount the layer where the path is unchanged: outside of axum's `nest`, and
/// not behind a proxy that rewrites the path.
///
/// # Security
///
/// Sinch signs the MD5 of the body, and MD5 is not collision-resistant. An attacker who can make
/// Sinch send a chosen body can replace it by another body with the same MD5.
///
/// Source: <https://developers.sinch.com/docs/voice/api-reference/authentication/callback-signed-request>
#[doc(alias = "voice")]
#[doc(alias = "calls")]
#[must_use]
pub fn sinch_voice() -> Provider {
    Provider::preset(
        Scheme::builder("sinch-voice")
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::Base64)
            .signature_header("authorization")
            .signature_format(SignatureFormat::credentials("Application "))
            .timestamp_header("x-timestamp")
            .timestamp_format(TimestampFormat::Rfc3339)
            .message("{method}\n{md5}\n{header:content-type}\nx-timestamp:{timestamp}\n{path}"),
    )
}

/// Vonage SMS messages and delivery receipts, signed with MD5.
///
/// | | |
/// | --- | --- |
/// | Signature | the field `sig` of the form, or the parameter `sig` of the query, the hex MD5 of the signed text with the secret after it |
/// | Signed text | `<&name=value of all other parameters, sorted>` |
/// | Secret | the signature secret of the account as text (API settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `Vonage/vonage-node-sdk` |
///
/// The algorithm is a setting of the account; each one has a preset that begins with `vonage_sms`.
///
/// The parameter `timestamp` is signed, but the layer does not check it. Parameters in a JSON body
/// are not read, so choose the form or the query in the settings of the account.
///
/// # Security
///
/// `&` and `=` in values are signed as `_`. An attacker who captured a delivery can exchange `&`,
/// `=` and `_` in its values.
///
/// Two texts with the same MD5 have the same signature; see [`Algorithm::Md5SecretLast`].
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
#[doc(alias = "nexmo")]
#[doc(alias = "sms")]
#[must_use]
pub fn vonage_sms() -> Provider {
    Provider::preset(
        Scheme::builder("vonage-sms")
            .algorithm(Algorithm::Md5SecretLast)
            .signature(Location::form("sig"))
            .signature(Location::query("sig"))
            .message("{canonical:vonage_sms}"),
    )
    .with_methods(GET_OR_POST)
}

/// Vonage SMS messages and delivery receipts, signed with HMAC-MD5.
///
/// | | |
/// | --- | --- |
/// | Signature | the field `sig` of the form, or the parameter `sig` of the query, the hex HMAC-MD5 |
/// | Signed text | `<&name=value of all other parameters, sorted>` |
/// | Secret | the signature secret of the account as text (API settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `Vonage/vonage-node-sdk` |
///
/// The algorithm is a setting of the account; each one has a preset that begins with `vonage_sms`.
///
/// The parameter `timestamp` is signed, but the layer does not check it. Parameters in a JSON body
/// are not read, so choose the form or the query in the settings of the account.
///
/// # Security
///
/// `&` and `=` in values are signed as `_`. An attacker who captured a delivery can exchange `&`,
/// `=` and `_` in its values.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
#[doc(alias = "nexmo")]
#[doc(alias = "sms")]
#[must_use]
pub fn vonage_sms_hmac_md5() -> Provider {
    Provider::preset(
        Scheme::builder("vonage-sms-hmac-md5")
            .algorithm(Algorithm::HmacMd5)
            .signature(Location::form("sig"))
            .signature(Location::query("sig"))
            .message("{canonical:vonage_sms}"),
    )
    .with_methods(GET_OR_POST)
}

/// Vonage SMS messages and delivery receipts, signed with HMAC-SHA1.
///
/// | | |
/// | --- | --- |
/// | Signature | the field `sig` of the form, or the parameter `sig` of the query, the hex HMAC-SHA1 |
/// | Signed text | `<&name=value of all other parameters, sorted>` |
/// | Secret | the signature secret of the account as text (API settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `Vonage/vonage-node-sdk` |
///
/// The algorithm is a setting of the account; each one has a preset that begins with `vonage_sms`.
///
/// The parameter `timestamp` is signed, but the layer does not check it. Parameters in a JSON body
/// are not read, so choose the form or the query in the settings of the account.
///
/// # Security
///
/// `&` and `=` in values are signed as `_`. An attacker who captured a delivery can exchange `&`,
/// `=` and `_` in its values.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
#[doc(alias = "nexmo")]
#[doc(alias = "sms")]
#[must_use]
pub fn vonage_sms_hmac_sha1() -> Provider {
    Provider::preset(
        Scheme::builder("vonage-sms-hmac-sha1")
            .algorithm(Algorithm::HmacSha1)
            .signature(Location::form("sig"))
            .signature(Location::query("sig"))
            .message("{canonical:vonage_sms}"),
    )
    .with_methods(GET_OR_POST)
}

/// Vonage SMS messages and delivery receipts, signed with HMAC-SHA256.
///
/// | | |
/// | --- | --- |
/// | Signature | the field `sig` of the form, or the parameter `sig` of the query, the hex HMAC-SHA256 |
/// | Signed text | `<&name=value of all other parameters, sorted>` |
/// | Secret | the signature secret of the account as text (API settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `Vonage/vonage-node-sdk` |
///
/// The algorithm is a setting of the account; each one has a preset that begins with `vonage_sms`.
///
/// The parameter `timestamp` is signed, but the layer does not check it. Parameters in a JSON body
/// are not read, so choose the form or the query in the settings of the account.
///
/// # Security
///
/// `&` and `=` in values are signed as `_`. An attacker who captured a delivery can exchange `&`,
/// `=` and `_` in its values.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
#[doc(alias = "nexmo")]
#[doc(alias = "sms")]
#[must_use]
pub fn vonage_sms_hmac_sha256() -> Provider {
    Provider::preset(
        Scheme::builder("vonage-sms-hmac-sha256")
            .signature(Location::form("sig"))
            .signature(Location::query("sig"))
            .message("{canonical:vonage_sms}"),
    )
    .with_methods(GET_OR_POST)
}

/// Vonage SMS messages and delivery receipts, signed with HMAC-SHA512.
///
/// | | |
/// | --- | --- |
/// | Signature | the field `sig` of the form, or the parameter `sig` of the query, the hex HMAC-SHA512 |
/// | Signed text | `<&name=value of all other parameters, sorted>` |
/// | Secret | the signature secret of the account as text (API settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `Vonage/vonage-node-sdk` |
///
/// The algorithm is a setting of the account; each one has a preset that begins with `vonage_sms`.
///
/// The parameter `timestamp` is signed, but the layer does not check it. Parameters in a JSON body
/// are not read, so choose the form or the query in the settings of the account.
///
/// # Security
///
/// `&` and `=` in values are signed as `_`. An attacker who captured a delivery can exchange `&`,
/// `=` and `_` in its values.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
#[doc(alias = "nexmo")]
#[doc(alias = "sms")]
#[must_use]
pub fn vonage_sms_hmac_sha512() -> Provider {
    Provider::preset(
        Scheme::builder("vonage-sms-hmac-sha512")
            .algorithm(Algorithm::HmacSha512)
            .signature(Location::form("sig"))
            .signature(Location::query("sig"))
            .message("{canonical:vonage_sms}"),
    )
    .with_methods(GET_OR_POST)
}

/// Bird webhooks (formerly MessageBird).
///
/// | | |
/// | --- | --- |
/// | Signature | `MessageBird-Signature`, the base64 HMAC-SHA256 |
/// | Signed text | `<timestamp>\n<public URL>\n<SHA-256 of the raw body, as bytes>` |
/// | Secret | the signing key as text (the webhook subscription) |
/// | Timestamp | `MessageBird-Request-Timestamp`, Unix seconds, signed, 86400 s (1 day) either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Bird signs the public URL, so the provider needs one. Behind axum's `nest`, use the URL as Bird
/// sees it:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let bird = providers::bird().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// # Security
///
/// Bird retries for hours with the timestamp of the first attempt, so the tolerance is one day. A
/// recorded delivery can be replayed for this long. Add a [`DedupeLayer`](crate::DedupeLayer).
///
/// Source: <https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions/verifying-a-webhook-subscription>
#[doc(alias = "messagebird")]
#[doc(alias = "sms")]
#[must_use]
pub fn bird() -> Provider {
    Provider::preset(
        Scheme::builder("bird")
            .encoding(Encoding::Base64)
            .signature_header("messagebird-signature")
            .timestamp_header("messagebird-request-timestamp")
            .tolerance(Duration::from_secs(86_400))
            .message("{timestamp}\n{url}\n{sha256_raw}"),
    )
}

/// MessageBird webhooks without a JSON web token.
///
/// | | |
/// | --- | --- |
/// | Signature | `MessageBird-Signature`, the base64 HMAC-SHA256 |
/// | Signed text | `<timestamp>\n<query, sorted and re-encoded>\n<SHA-256 of the raw body, as bytes>` |
/// | Secret | the signing key as text, not the API key (Developer settings) |
/// | Timestamp | `MessageBird-Request-Timestamp`, Unix seconds, signed, 10 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the path, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `messagebird/php-rest-api` |
///
/// MessageBird has deprecated this scheme, and also sends a token in `MessageBird-Signature-JWT`.
/// Prefer [`messagebird`](super::messagebird). A query that contains a parameter twice is rejected.
///
/// Bird, the successor of MessageBird, sends the same headers but signs the URL instead of the
/// query: [`bird`].
///
/// Source: <https://developers.messagebird.com/api/#verifying-http-requests>
#[doc(alias = "sms")]
#[must_use]
pub fn messagebird_legacy() -> Provider {
    Provider::preset(
        Scheme::builder("messagebird-legacy")
            .encoding(Encoding::Base64)
            .signature_header("messagebird-signature")
            .timestamp_header("messagebird-request-timestamp")
            .tolerance(Duration::from_secs(10))
            .message("{timestamp}\n{canonical:messagebird_legacy}"),
    )
    .with_methods(GET_OR_POST)
}

/// Plivo webhooks (V2).
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Plivo-Signature-V2`, the base64 HMAC-SHA256 |
/// | Signed text | the public URL without its query, then `<x-plivo-signature-v2-nonce>` |
/// | Secret | the auth token as text (Console › Overview) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | **the body**, the query, the method, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `plivo/plivo-python` |
///
/// Plivo signs the public URL, so the preset needs one. Set the base under which Plivo reaches the
/// endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let plivo = providers::plivo_v2().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// If the endpoint is the root of its host, the layer tries the URL with and without the slash.
///
/// # Security
///
/// The body is not signed. An attacker who captured a delivery can send any body with its
/// signature, at any time.
///
/// Nothing separates the URL from the nonce, so an attacker can move bytes between the two if the
/// endpoint has routes that allow it. The deduplication key stays the same. Prefer [`plivo`].
///
/// Source: <https://www.plivo.com/docs/messaging/concepts/signature-validation>
#[doc(alias = "sms")]
#[doc(alias = "voice")]
#[must_use]
pub fn plivo_v2() -> Provider {
    Provider::preset(
        Scheme::builder("plivo-v2")
            .encoding(Encoding::Base64)
            .signature_header("x-plivo-signature-v2")
            .message("{canonical:plivo_v2}{header:x-plivo-signature-v2-nonce}")
            .alternative_message(
                "{canonical:plivo_v2_without_path}{header:x-plivo-signature-v2-nonce}",
            )
            .danger_leave_body_unsigned()
            .message_is_unique()
            .danger_allow_ambiguous_message(),
    )
    .with_methods(GET_OR_POST)
}
