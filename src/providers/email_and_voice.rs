use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("mailgun", "Mailgun", mailgun),
    Preset::new("mandrill", "Mailchimp Transactional (Mandrill)", mandrill),
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
/// Needs the feature `ecdsa`.
///
/// - Signature: `X-Twilio-Email-Event-Webhook-Signature`, the base64 ECDSA signature (P-256,
///   SHA-256, DER) of `<time><raw body>`.
/// - Key: the verification key in base64 (Settings, Mail settings, Signed event webhook).
/// - Time: `X-Twilio-Email-Event-Webhook-Timestamp`, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// The body ends with a line break, which is signed.
///
/// Source: <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features>
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

/// SendGrid Inbound Parse webhooks, by basic authentication.
///
/// - Proof: `Authorization`, `Basic ` and the base64 of the credentials. Nothing is signed.
/// - Key: `user:password`, as you put them into the URL of the webhook (Settings, Inbound Parse).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
/// - Body: up to 30 MiB, which is the limit here.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Known in part: read in a third party's receiver.
///
/// Source: <https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook>
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
/// - Signature: the member `signature.signature` or `signature.parent-signature` of the JSON body,
///   the hex HMAC-SHA256 of `<time><signature.token>`.
/// - Key: the HTTP webhook signing key as text, not the API key (Sending, Webhooks).
/// - Time: `signature.timestamp` in the body, Unix seconds, signed, 900 s either way, as in
///   Mailgun's own library.
/// - Id: `signature.token` in the body, signed.
/// - Event: `event-data.event` in the body, not signed.
/// - Not signed: the rest of the body, the method, the URL, the other headers.
///
/// # Security
///
/// The body is not signed: whoever has one delivery can send any body with it, as long as its
/// time is good. Fetch what it is about by the API.
///
/// Source: <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks>
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

/// Postmark webhooks, by basic authentication.
///
/// - Proof: `Authorization`, `Basic ` and the base64 of the credentials. Nothing is signed.
/// - Key: `user:password`, as configured for the webhook or put into its URL (the server,
///   Webhooks).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
/// - Body: up to 50 MiB, which is the limit here.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Known in part: read in a third party's description.
///
/// Source: <https://postmarkapp.com/developer/webhooks/webhooks-overview>
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
/// - Signature: `X-Mandrill-Signature`, the base64 HMAC-SHA1 of `<URL><names and values of the
///   form, sorted>`.
/// - Key: the key of the webhook, as text (Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the headers.
///
/// Handshakes: a probe with `HEAD`, and a `POST` of no events (`mandrill_events=[]`), are answered
/// 200 without a signature: they come before there is a key.
///
/// # Security
///
/// Nothing stands between the URL and what is signed beside it: whoever has a delivery can move
/// bytes from one to the other, if the endpoint has routes that differ so.
///
/// Nor does anything stand between the names and values of the form, so that `a=bc` can become
/// `ab=c`.
///
/// Known in part: read on its page; no vector.
///
/// Source: <https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/>
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
/// Needs the feature `ed25519`.
///
/// - Signature: `Telnyx-Signature-Ed25519`, the base64 Ed25519 signature of `<time>|<raw body>`.
/// - Key: the public key in base64 (Keys and credentials, Public key).
/// - Time: `Telnyx-Timestamp`, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks>
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
/// - Signature: `x-sinch-webhook-signature`, the base64 HMAC-SHA256 of `<raw
///   body>.<x-sinch-webhook-signature-nonce>.<time>`.
/// - Key: the secret of the webhook, as text (the app, Webhooks; chosen by you).
/// - Time: `x-sinch-webhook-signature-timestamp`, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://developers.sinch.com/docs/conversation/callbacks>
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
/// - Signature: `X-Sinch-Signature`, the hex HMAC-SHA1 of the raw body.
/// - Key: the HMAC secret of the callback configuration, as text (callback configuration of the
///   API).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://developers.sinch.com/docs/numbers/>
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
/// Needs the feature `rsa`.
///
/// - Signature: `Signature`, the base64 RSA signature (PKCS#1 v1.5, SHA-1) of `<payload>`.
/// - Key: the public key of `https://api.travis-ci.com/config` in PEM (the API serves it); that of
///   `.org` was another.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the rest of the body, the other fields of the form, the method, the URL, the
///   headers.
///
/// # Security
///
/// The decoded field `payload` is signed, and no other field of the form.
///
/// Source: <https://docs.travis-ci.com/user/notifications/#verifying-webhook-requests>
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

/// Twilio webhooks.
///
/// - Signature: `X-Twilio-Signature`, the base64 HMAC-SHA1 of `<URL><names and values of the form,
///   sorted>`.
/// - Key: the primary auth token of the account, as text (Console, Account info).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `I-Twilio-Idempotency-Token`, not signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the headers.
///
/// Any body that is no form needs `bodySHA256` in the query, as Twilio adds it, with the SHA-256
/// of the body; and the URL is tried with its port and without, as Twilio signs either.
///
/// # Security
///
/// Nothing separates the URL from the form, or the names and values of the form from each other. A
/// client that holds a delivery can turn `a=bc` into `ab=c`. If the endpoint has routes with a
/// common prefix, the client can also move the form into the URL. With a `bodySHA256` in the moved
/// text, the client can then choose any body. Serve Twilio at an exact path.
///
/// Source: <https://www.twilio.com/docs/usage/security>
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

/// Twilio (shared key) webhooks.
///
/// - Signature: `X-Twilio-Signature`, the base64 HMAC-SHA256 of `<URL><names and values of the
///   form, sorted>`.
/// - Key: the shared key as text, although it looks like hex (Console, API keys);
///   `X-Twilio-Webhooks-Signature-Settings` names it and is not signed.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `I-Twilio-Idempotency-Token`, not signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the headers.
///
/// Any body that is no form needs `bodySHA256` in the query, as Twilio adds it, with the SHA-256
/// of the body; and the URL is tried with its port and without, as Twilio signs either.
///
/// # Security
///
/// Nothing separates the URL from the form, or the names and values of the form from each other. A
/// client that holds a delivery can turn `a=bc` into `ab=c`. If the endpoint has routes with a
/// common prefix, the client can also move the form into the URL. With a `bodySHA256` in the moved
/// text, the client can then choose any body. Serve Twilio at an exact path.
///
/// Source: <https://www.twilio.com/docs/usage/security>
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
/// - Signature: `X-Plivo-Signature-V3` or `X-Plivo-Signature-Ma-V3`, a list of signatures with
///   commas between, where a signature is the base64 HMAC-SHA256 of `<URL and parameters,
///   sorted>.<x-plivo-signature-v3-nonce>`.
/// - Key: the auth token, as text (Console, Overview); that of the main account for
///   `X-Plivo-Signature-Ma-V3`.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the other headers.
///
/// # Security
///
/// Nothing stands between the names and values of the form, so that `a=bc` can become `ab=c`. The
/// query is decoded before it is signed, so that `a=1%26b=2` can become `a=1&b=2`. The nonce is
/// signed, and nothing says when it was made.
///
/// Source: <https://www.plivo.com/docs/messaging/concepts/signature-validation>
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
/// - Signature: `Authorization`, `Application <key>:` and the signature, where a signature is the
///   base64 HMAC-SHA256 of `<method>\n<base64 MD5 of the
///   body>\n<content-type>\nx-timestamp:<time>\n<path>`.
/// - Key: the application secret, in base64 (Dashboard, the app).
/// - Time: `x-timestamp`, RFC 3339, signed, 300 s either way.
/// - Not signed: the URL, the other headers.
///
/// # Security
///
/// Of the body its MD5 is signed: whoever can have Sinch send a body of their choice can have
/// another one with it.
///
/// Source: <https://developers.sinch.com/docs/voice/api-reference/authentication/callback-signed-request>
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

/// Vonage SMS messages and receipts.
///
/// - Signature: the field `sig` of the form, or the parameter of the query, the hex MD5, with the
///   secret last, of `<&name=value of all parameters, sorted>`.
/// - Key: the signature secret of the account, as text (API settings). Which hash is used is a
///   setting of the account.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// The parameter `timestamp` is signed, and not held against the clock. Parameters in a JSON body
/// are not read: choose the form or the query in the settings of the account.
///
/// # Security
///
/// In values `&` and `=` are signed as `_`, so that whoever has a delivery can exchange them.
///
/// See [`Algorithm::Md5SecretLast`].
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
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

/// Vonage SMS (HMAC-MD5) messages and receipts.
///
/// - Signature: the field `sig` of the form, or the parameter of the query, the hex HMAC-MD5 of
///   `<&name=value of all parameters, sorted>`.
/// - Key: the signature secret of the account, as text (API settings). Which hash is used is a
///   setting of the account.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// The parameter `timestamp` is signed, and not held against the clock. Parameters in a JSON body
/// are not read: choose the form or the query in the settings of the account.
///
/// # Security
///
/// In values `&` and `=` are signed as `_`, so that whoever has a delivery can exchange them.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
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

/// Vonage SMS (HMAC-SHA1) messages and receipts.
///
/// - Signature: the field `sig` of the form, or the parameter of the query, the hex HMAC-SHA1 of
///   `<&name=value of all parameters, sorted>`.
/// - Key: the signature secret of the account, as text (API settings). Which hash is used is a
///   setting of the account.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// The parameter `timestamp` is signed, and not held against the clock. Parameters in a JSON body
/// are not read: choose the form or the query in the settings of the account.
///
/// # Security
///
/// In values `&` and `=` are signed as `_`, so that whoever has a delivery can exchange them.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
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

/// Vonage SMS (HMAC-SHA256) messages and receipts.
///
/// - Signature: the field `sig` of the form, or the parameter of the query, the hex HMAC-SHA256 of
///   `<&name=value of all parameters, sorted>`.
/// - Key: the signature secret of the account, as text (API settings). Which hash is used is a
///   setting of the account.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// The parameter `timestamp` is signed, and not held against the clock. Parameters in a JSON body
/// are not read: choose the form or the query in the settings of the account.
///
/// # Security
///
/// In values `&` and `=` are signed as `_`, so that whoever has a delivery can exchange them.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
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

/// Vonage SMS (HMAC-SHA512) messages and receipts.
///
/// - Signature: the field `sig` of the form, or the parameter of the query, the hex HMAC-SHA512 of
///   `<&name=value of all parameters, sorted>`.
/// - Key: the signature secret of the account, as text (API settings). Which hash is used is a
///   setting of the account.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// The parameter `timestamp` is signed, and not held against the clock. Parameters in a JSON body
/// are not read: choose the form or the query in the settings of the account.
///
/// # Security
///
/// In values `&` and `=` are signed as `_`, so that whoever has a delivery can exchange them.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>
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

/// MessageBird (legacy) webhooks, without a JSON web token.
///
/// - Signature: `MessageBird-Signature`, the base64 HMAC-SHA256 of `<time>\n<query, sorted and
///   encoded anew>\n<SHA-256 of the raw body, as bytes>`.
/// - Key: the signing key, as text (Developer settings); not the API key.
/// - Time: `MessageBird-Request-Timestamp`, Unix seconds, signed, 10 s either way.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the path, the headers.
///
/// The scheme is deprecated: MessageBird sends a token in `MessageBird-Signature-JWT` beside it. A
/// parameter that is in the query twice is refused.
///
/// Source: <https://developers.messagebird.com/api/#verifying-http-requests>
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

/// Plivo (V2) webhooks.
///
/// - Signature: `X-Plivo-Signature-V2`, the base64 HMAC-SHA256 of `<URL without its
///   query><x-plivo-signature-v2-nonce>`.
/// - Key: the auth token, as text (Console, Overview).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the body, the query, the method, the other headers.
///
/// Where the endpoint is the root of its host, the URL is tried with the slash and without it.
///
/// # Security
///
/// The body is not signed: a client that holds one delivery can send any body with it, at any time.
/// Nothing separates the URL from the nonce, so a client can move bytes between the two if the
/// endpoint has routes that allow it. The deduplication key stays the same. Prefer [`plivo`].
///
/// Source: <https://www.plivo.com/docs/messaging/concepts/signature-validation>
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
