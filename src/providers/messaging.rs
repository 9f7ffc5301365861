use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("lark", "Lark", lark),
    Preset::new("line", "LINE", line),
    Preset::new("meta", "Meta", meta),
    Preset::new("meta-sha1", "Meta (SHA-1)", meta_sha1),
    Preset::new("microsoft-teams", "Microsoft Teams", microsoft_teams),
    Preset::new("pusher", "Pusher Channels", pusher),
    Preset::new("slack", "Slack", slack),
    Preset::new("stream-chat", "Stream Chat", stream_chat),
    Preset::new("telegram", "Telegram", telegram),
    Preset::new("twitch", "Twitch", twitch),
    Preset::new("x", "X (Twitter)", x),
    Preset::new("zoom", "Zoom", zoom),
];

/// Slack: Events API, interactivity and slash commands.
///
/// - Signature: `X-Slack-Signature`, `v0=` and the hex HMAC-SHA256 of `v0:<time>:<raw body>`.
/// - Key: the app's signing secret as text (Basic Information, App Credentials). It looks like hex
///   but is not decoded.
/// - Time: `X-Slack-Request-Timestamp`, Unix seconds, signed, 300 s either way.
/// - Attempt: `X-Slack-Retry-Num`, not signed.
/// - Not signed: the method, the URL, the other headers.
/// - Body: JSON or form-encoded, signed as sent.
///
/// Slack sends no id in the head; the Events API has `event_id` in the body
/// ([`with_id_json`](Provider::with_id_json)).
///
/// Handshakes: `url_verification` is answered with its challenge once its signature holds,
/// and `ssl_check` with 200.
///
/// Source: <https://docs.slack.dev/authentication/verifying-requests-from-slack/>
#[must_use]
pub fn slack() -> Provider {
    Provider::preset(
        Scheme::builder("slack")
            .signature_header("x-slack-signature")
            .signature_prefix("v0=")
            .timestamp_header("x-slack-request-timestamp")
            .attempt_header("x-slack-retry-num")
            .message("v0:{timestamp}:{body}"),
    )
    .with_handshakes(handshakes::slack())
}

/// Discord interactions and webhook events.
///
/// Needs the feature `ed25519`.
///
/// - Signature: `X-Signature-Ed25519`, the hex Ed25519 signature of `<time><raw body>`.
/// - Key: the public key of the application in hex (General Information).
/// - Time: `X-Signature-Timestamp`, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Answers: 401 for a signature that does not match; Discord sends wrong ones to see it, and
/// refuses endpoints that answer otherwise.
///
/// Handshakes: both kinds of `PING` are answered once their signature holds, that of interactions
/// with `{"type":1}` and that of webhook events with 204.
///
/// Source: <https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint>
#[cfg(feature = "ed25519")]
#[must_use]
pub fn discord() -> Provider {
    Provider::preset(
        Scheme::builder("discord")
            .algorithm(Algorithm::Ed25519)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Hex))
            .signature_header("x-signature-ed25519")
            .timestamp_header("x-signature-timestamp")
            .message("{timestamp}{body}"),
    )
    .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::UNAUTHORIZED)
    .with_handshakes(handshakes::discord())
}

/// Microsoft Teams outgoing webhooks.
///
/// - Signature: `Authorization`, `HMAC` and the base64 HMAC-SHA256 of the raw body.
/// - Key: the security token in base64, shown once when the webhook is created (the team, Apps,
///   Create an outgoing webhook).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook>
#[must_use]
pub fn microsoft_teams() -> Provider {
    Provider::preset(
        Scheme::builder("microsoft-teams")
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::Base64)
            .signature_header("authorization")
            .signature_prefix("HMAC "),
    )
}

/// Telegram Bot API webhooks, by their secret token.
///
/// - Proof: `X-Telegram-Bot-Api-Secret-Token`, the token as it is. Nothing is signed.
/// - Key: the `secret_token` given to `setWebhook`: 1 to 256 of `A`-`Z`, `a`-`z`, `0`-`9`, `_`, `-`
///   (chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://core.telegram.org/bots/api#setwebhook>
#[must_use]
pub fn telegram() -> Provider {
    Provider::preset(
        Scheme::builder("telegram")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("x-telegram-bot-api-secret-token"),
    )
}

/// LINE Messaging API webhooks.
///
/// - Signature: `x-line-signature`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the channel secret as text, although it looks like hex (LINE Developers, the channel,
///   Basic settings).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// The console's test has no events in it.
///
/// Source: <https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/>
#[must_use]
pub fn line() -> Provider {
    Provider::preset(
        Scheme::builder("line")
            .encoding(Encoding::Base64)
            .signature_header("x-line-signature"),
    )
}

/// Meta webhooks: WhatsApp, Messenger, Instagram, Facebook.
///
/// - Signature: `X-Hub-Signature-256`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the app secret as text; neither the verify token nor an access token (App settings,
///   Basic).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
/// - Body: up to 3 MiB, which is the limit here.
///
/// The body has its letters escaped as it was signed: do not decode and write it again.
///
/// Handshakes: `GET` with `hub.challenge` is answered with it, once the token that you chose in the
/// console is set, `with_setting("verify_token", …)`, and is the one that was sent. Without the
/// setting, or with another token, 403.
///
/// Source: <https://developers.facebook.com/docs/graph-api/webhooks/getting-started>
#[must_use]
pub fn meta() -> Provider {
    Provider::preset(
        Scheme::builder("meta")
            .signature_header("x-hub-signature-256")
            .signature_prefix("sha256="),
    )
    .with_body_limit(3 << 20)
    .with_handshakes(handshakes::meta())
}

/// Meta (SHA-1) webhooks of old apps.
///
/// - Signature: `X-Hub-Signature`, `sha1=` and the hex HMAC-SHA1 of the raw body.
/// - Key: the app secret as text (App settings, Basic).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
/// - Body: up to 3 MiB, which is the limit here.
///
/// Meta sends both; take [`meta`].
///
/// Handshakes: as [`meta`].
///
/// Source: <https://developers.facebook.com/docs/graph-api/webhooks/getting-started>
#[must_use]
pub fn meta_sha1() -> Provider {
    Provider::preset(
        Scheme::builder("meta-sha1")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("x-hub-signature")
            .signature_prefix("sha1="),
    )
    .with_body_limit(3 << 20)
    .with_handshakes(handshakes::meta())
}

/// X (Twitter) webhooks.
///
/// - Signature: `x-twitter-webhooks-signature`, `sha256=` and the base64 HMAC-SHA256 of the raw
///   body.
/// - Key: the consumer secret (API secret key) as text (Developer portal, Keys and tokens).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// After `sha256=` comes base64, and not hex as everywhere else.
///
/// Handshakes: `GET` with `crc_token` is answered with its MAC under the current key. A
/// body that could be such a token, as no event could, is refused, however it is signed.
///
/// Source: <https://docs.x.com/x-api/webhooks/quickstart>
#[must_use]
pub fn x() -> Provider {
    Provider::preset(
        Scheme::builder("x")
            .encoding(Encoding::Base64)
            .signature_header("x-twitter-webhooks-signature")
            .signature_prefix("sha256="),
    )
    .with_handshakes(handshakes::x())
}

/// Twitch EventSub webhooks.
///
/// - Signature: `Twitch-Eventsub-Message-Signature`, `sha256=` and the hex HMAC-SHA256 of
///   `<id><time><raw body>`.
/// - Key: the secret given with the subscription, as text: 10 to 100 letters (chosen by you).
/// - Time: `Twitch-Eventsub-Message-Timestamp`, RFC 3339, signed, 600 s either way.
/// - Id: `Twitch-Eventsub-Message-Id`, signed.
/// - Event: `Twitch-Eventsub-Subscription-Type`, not signed.
/// - Attempt: `Twitch-Eventsub-Message-Retry`, not signed.
/// - Not signed: the method, the URL, the other headers.
///
/// Handshakes: `webhook_callback_verification` is answered with its challenge once its signature
/// holds . A revocation is a delivery.
///
/// The ID may have up to 64 letters, digits, `-`, `_` and `=`, as UUIDs and URL-safe base64 have.
/// Twitch puts no separator between the ID, the time and the body, so a longer ID could contain
/// bytes of them.
///
/// Source: <https://dev.twitch.tv/docs/eventsub/handling-webhook-events>
#[must_use]
pub fn twitch() -> Provider {
    Provider::preset(
        Scheme::builder("twitch")
            .signature_header("twitch-eventsub-message-signature")
            .signature_prefix("sha256=")
            .timestamp_header("twitch-eventsub-message-timestamp")
            .timestamp_format(TimestampFormat::Rfc3339)
            .tolerance(Duration::from_secs(600))
            .id_header("twitch-eventsub-message-id")
            .id_characters("-_=", 1..=64)
            .message("{id}{timestamp}{body}")
            .event_header("twitch-eventsub-subscription-type")
            .attempt_header("twitch-eventsub-message-retry"),
    )
    .with_handshakes(handshakes::twitch())
}

/// Zoom webhooks.
///
/// - Signature: `x-zm-signature`, `v0=` and the hex HMAC-SHA256 of `v0:<time>:<raw body>`.
/// - Key: the secret token of the app, as text (Features, Access); neither the client secret nor
///   the old verification token.
/// - Time: `x-zm-request-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `x-zm-trackingid`, not signed, and hardly documented.
/// - Not signed: the method, the URL, the other headers.
///
/// Handshakes: `endpoint.url_validation` is answered with the MAC of its `plainToken` once its
/// signature holds.
///
/// Source: <https://developers.zoom.us/docs/api/webhooks/>
#[must_use]
pub fn zoom() -> Provider {
    Provider::preset(
        Scheme::builder("zoom")
            .signature_header("x-zm-signature")
            .signature_prefix("v0=")
            .timestamp_header("x-zm-request-timestamp")
            .id_header("x-zm-trackingid")
            .message("v0:{timestamp}:{body}"),
    )
    .with_handshakes(handshakes::zoom())
}

/// Pusher Channels webhooks.
///
/// - Signature: `X-Pusher-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the app, as text (the app, App keys). `X-Pusher-Key` names the key it
///   belongs to and is not signed.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://pusher.com/docs/channels/server_api/webhooks/>
#[must_use]
pub fn pusher() -> Provider {
    Provider::preset(Scheme::builder("pusher").signature_header("x-pusher-signature"))
}

/// Stream Chat webhooks.
///
/// - Signature: `X-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the API secret, as text (Dashboard, the app).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Webhook-Id`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://getstream.io/chat/docs/node/webhooks_overview/>
#[must_use]
pub fn stream_chat() -> Provider {
    Provider::preset(
        Scheme::builder("stream-chat")
            .signature_header("x-signature")
            .id_header("x-webhook-id"),
    )
}

/// Lark event callbacks (Feishu).
///
/// - Signature: `X-Lark-Signature`, the hex SHA-256, with the secret before the body, of
///   `<time><x-lark-request-nonce><raw body>`.
/// - Key: the encrypt key as text (Developer console, Events and callbacks, Encryption strategy).
///   It is hashed between the nonce and the body.
/// - Time: `X-Lark-Request-Timestamp`, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// The body is `{"encrypt":…}`; the handler decrypts it.
///
/// # Security
///
/// The signature is a plain hash, which allows length extension: a client without the secret can
/// append the padding of SHA-256 and any bytes to a genuine body. The layer rejects such bodies;
/// see [`Algorithm::Sha256SecretBeforeBody`].
///
/// Source: <https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case>
#[must_use]
pub fn lark() -> Provider {
    Provider::preset(
        Scheme::builder("lark")
            .algorithm(Algorithm::Sha256SecretBeforeBody)
            .signature_header("x-lark-signature")
            .timestamp_header("x-lark-request-timestamp")
            .message("{timestamp}{header:x-lark-request-nonce}{body}"),
    )
}
