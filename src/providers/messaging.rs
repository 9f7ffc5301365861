use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("crisp", "Crisp", crisp),
    Preset::new("lark", "Lark", lark),
    Preset::new("line", "LINE", line),
    Preset::new("meta", "Meta", meta).with_aliases(&[
        "facebook",
        "instagram",
        "messenger",
        "whatsapp",
    ]),
    Preset::new("meta-sha1", "Meta (SHA-1)", meta_sha1),
    Preset::new("microsoft-teams", "Microsoft Teams", microsoft_teams),
    Preset::new("pusher", "Pusher Channels", pusher),
    Preset::new("slack", "Slack", slack),
    Preset::new("stream-chat", "Stream Chat", stream_chat),
    Preset::new("telegram", "Telegram", telegram),
    Preset::new("twitch", "Twitch", twitch),
    Preset::new("viber", "Viber", viber),
    Preset::new("x", "X (Twitter)", x).with_aliases(&["twitter"]),
    Preset::new("zoom", "Zoom", zoom),
    Preset::new("tiktok", "TikTok", tiktok),
];

/// Slack requests: Events API, interactivity and slash commands.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Slack-Signature`, `v0=` and the hex HMAC-SHA256 |
/// | Signed text | `v0:<timestamp>:<raw body>` |
/// | Secret | the signing secret of the app as text (Basic Information › App Credentials); it looks like hex, but is not decoded |
/// | Timestamp | `X-Slack-Request-Timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none; the Events API has `event_id` in the body ([`with_id_json`](Provider::with_id_json)) |
/// | Event type | none |
/// | Attempt | `X-Slack-Retry-Num`, not signed |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, of the Slack documentation; 6 cases of `@slack/bolt` 5.1.0 (npm) |
///
/// The body is JSON or a form, and signed as it was sent.
///
/// Handshakes:
///
/// - When the URL is saved, Slack sends `url_verification` with a challenge. If the signature is
///   valid, the layer answers with the challenge.
/// - Slack sends `ssl_check` as a `GET` or `POST` without a signature. The layer answers 200.
///
/// Source: <https://docs.slack.dev/authentication/verifying-requests-from-slack/>
#[doc(alias = "slash_command")]
#[doc(alias = "events_api")]
#[doc(alias = "bolt")]
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
/// | | |
/// | --- | --- |
/// | Signature | `X-Signature-Ed25519`, the hex Ed25519 signature |
/// | Signed text | `<timestamp><raw body>` |
/// | Secret | the public key of the application in hex (General Information) |
/// | Timestamp | `X-Signature-Timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 401, which Discord requires: it sends invalid signatures as a test, and refuses endpoints that answer with another status |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `ed25519` |
/// | Evidence | 5 cases of `discord-interactions` 4.4.0 (npm) |
///
/// Handshakes: Discord sends a `PING` to each new endpoint. If the signature is valid, the layer
/// answers the `PING` of interactions with `{"type":1}`, and that of webhook events with 204.
///
/// Source: <https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint>
#[doc(alias = "interactions")]
#[doc(alias = "bot")]
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
/// | | |
/// | --- | --- |
/// | Signature | `Authorization`, `HMAC` and the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the security token in base64 (the team › Apps › Create an outgoing webhook; shown once, when the webhook is created) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Source: <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook>
#[doc(alias = "msteams")]
#[doc(alias = "outgoing_webhook")]
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

/// Telegram Bot API webhooks with a secret token.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `X-Telegram-Bot-Api-Secret-Token` contains the token as text |
/// | Signed text | none |
/// | Secret | the `secret_token` of the `setWebhook` call: 1 to 256 characters from `A`-`Z`, `a`-`z`, `0`-`9`, `_` and `-` (chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation; 4 cases of `grammy` 1.46.0 (npm, a third party) |
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://core.telegram.org/bots/api#setwebhook>
#[doc(alias = "bot")]
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
/// | | |
/// | --- | --- |
/// | Signature | `x-line-signature`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the channel secret as text, although it looks like hex (LINE Developers › the channel › Basic settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 3 published examples, from the LINE documentation, `line/line-bot-sdk-python` and `line/line-bot-sdk-nodejs`; 4 cases of `@line/bot-sdk` 11.0.0 (npm) |
///
/// The test of the console is a signed delivery without events.
///
/// Source: <https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/>
#[doc(alias = "line_bot")]
#[must_use]
pub fn line() -> Provider {
    Provider::preset(
        Scheme::builder("line")
            .encoding(Encoding::Base64)
            .signature_header("x-line-signature"),
    )
}

/// Meta webhooks: WhatsApp, Messenger, Instagram and Facebook.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature-256`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the app secret as text, neither the verify token nor an access token (App settings › Basic) |
/// | Settings | the token that you enter in the console, `verify_token`, for the handshake |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 3 MiB: [WhatsApp sends up to 3 MB](https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks) |
/// | Evidence | 4 cases of `whatsapp` 0.0.5-Alpha (npm) |
///
/// Meta escapes characters in the body, and signs the escaped form. Do not decode and re-encode the
/// body in front of the layer.
///
/// Handshake: when the URL is saved, Meta sends a `GET` with `hub.mode=subscribe`,
/// `hub.verify_token` and `hub.challenge`. The layer answers with the challenge if the token is
/// that of the setting, and otherwise, or without the setting, with 403:
///
/// ```
/// # use tower_webhook::providers;
/// let meta = providers::meta().with_setting("verify_token", "the token of the console");
/// ```
///
/// Source: <https://developers.facebook.com/docs/graph-api/webhooks/getting-started>
#[doc(alias = "whatsapp")]
#[doc(alias = "facebook")]
#[doc(alias = "instagram")]
#[doc(alias = "messenger")]
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

/// Meta webhooks of old apps, with HMAC-SHA1.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature`, `sha1=` and the hex HMAC-SHA1 |
/// | Signed text | the raw body |
/// | Secret | the app secret as text (App settings › Basic) |
/// | Settings | the token that you enter in the console, `verify_token`, for the handshake |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 3 MiB: [WhatsApp sends up to 3 MB](https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks) |
/// | Evidence | documentation only |
///
/// Meta sends both signatures. Use [`meta`] if you can.
///
/// Handshake: when the URL is saved, Meta sends a `GET` with `hub.mode=subscribe`,
/// `hub.verify_token` and `hub.challenge`. The layer answers with the challenge if the token is
/// that of the setting, and otherwise, or without the setting, with 403:
///
/// ```
/// # use tower_webhook::providers;
/// let meta = providers::meta_sha1().with_setting("verify_token", "the token of the console");
/// ```
///
/// Source: <https://developers.facebook.com/docs/graph-api/webhooks/getting-started>
#[doc(alias = "facebook")]
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

/// X (formerly Twitter) webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-twitter-webhooks-signature`, `sha256=` and the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the consumer secret (API secret key) as text (Developer portal › Keys and tokens) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// The signature after `sha256=` is base64, not hex as with most providers.
///
/// Handshake: X sends a `GET` with `crc_token` when the webhook is registered, and repeatedly
/// later. The layer answers with the HMAC of the token under the current key.
///
/// # Security
///
/// The handshake signs any token that it is sent, without authentication. The layer therefore
/// rejects every delivery whose body could be such a token, even if its signature is valid. No
/// event of X has such a body.
///
/// Source: <https://docs.x.com/x-api/webhooks/quickstart>
#[doc(alias = "twitter")]
#[doc(alias = "crc")]
#[doc(alias = "account_activity")]
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
/// | | |
/// | --- | --- |
/// | Signature | `Twitch-Eventsub-Message-Signature`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | `<ID><timestamp><raw body>` |
/// | Secret | the secret of the subscription as text, 10 to 100 characters (chosen by you) |
/// | Timestamp | `Twitch-Eventsub-Message-Timestamp`, RFC 3339, signed, 600 s either way |
/// | Delivery ID | `Twitch-Eventsub-Message-Id`, signed |
/// | Event type | `Twitch-Eventsub-Subscription-Type`, not signed |
/// | Attempt | `Twitch-Eventsub-Message-Retry`, not signed |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation; 5 cases of `@twurple/eventsub-http` 8.1.4 (npm, a third party) |
///
/// Handshake: Twitch sends `webhook_callback_verification` for each new subscription. If the
/// signature is valid, the layer answers with the challenge. A revocation is forwarded like any
/// other delivery.
///
/// # Security
///
/// Twitch signs the ID, the timestamp and the body without separators. An arbitrary ID could
/// contain bytes of the other parts, so the layer accepts only IDs of up to 64 letters, digits,
/// `-`, `_` and `=`. UUIDs and URL-safe base64 have this form.
///
/// Source: <https://dev.twitch.tv/docs/eventsub/handling-webhook-events>
#[doc(alias = "eventsub")]
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
/// | | |
/// | --- | --- |
/// | Signature | `x-zm-signature`, `v0=` and the hex HMAC-SHA256 |
/// | Signed text | `v0:<timestamp>:<raw body>` |
/// | Secret | the secret token of the app as text, neither the client secret nor the old verification token (Features › Access) |
/// | Timestamp | `x-zm-request-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `x-zm-trackingid`, not signed; Zoom hardly documents it |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@zoom/rivet` 0.4.0 (npm) |
///
/// Handshake: Zoom sends `endpoint.url_validation` when the URL is saved. If the signature is
/// valid, the layer answers with the HMAC of `plainToken`.
///
/// Source: <https://developers.zoom.us/docs/api/webhooks/>
#[doc(alias = "meeting")]
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
/// | | |
/// | --- | --- |
/// | Signature | `X-Pusher-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the app as text (the app › App keys); `X-Pusher-Key` names its key, but is not signed |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `pusher` 5.3.4 (npm) |
///
/// Source: <https://pusher.com/docs/channels/server_api/webhooks/>
#[doc(alias = "websocket")]
#[doc(alias = "channels")]
#[must_use]
pub fn pusher() -> Provider {
    Provider::preset(Scheme::builder("pusher").signature_header("x-pusher-signature"))
}

/// Stream Chat webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body, before compression |
/// | Secret | the API secret as text (Dashboard › the app) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Webhook-Id`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `stream-chat` 9.53.0 (npm) |
///
/// Stream can compress the body, and signs it before compression. If compression is enabled,
/// decompress the body before it reaches the layer: put tower-http's `RequestDecompressionLayer`
/// outside of `WebhookLayer`.
///
/// Source: <https://getstream.io/chat/docs/node/webhooks_overview/>
#[doc(alias = "getstream")]
#[must_use]
pub fn stream_chat() -> Provider {
    Provider::preset(
        Scheme::builder("stream-chat")
            .signature_header("x-signature")
            .id_header("x-webhook-id"),
    )
}

/// Lark (Feishu) event callbacks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Lark-Signature`, the hex SHA-256 of the signed text, with the secret between the nonce and the body |
/// | Signed text | `<timestamp><x-lark-request-nonce><raw body>` |
/// | Secret | the encrypt key as text (Developer console › Events and callbacks › Encryption strategy) |
/// | Timestamp | `X-Lark-Request-Timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@larksuiteoapi/node-sdk` 1.74.0 (npm) |
///
/// The body is `{"encrypt":…}`. The handler has to decrypt it.
///
/// # Security
///
/// The signature is a plain hash, which allows length extension: a client without the secret can
/// append the padding of SHA-256 and any bytes to a genuine body. The layer rejects such bodies;
/// see [`Algorithm::Sha256SecretBeforeBody`].
///
/// Source: <https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case>
#[doc(alias = "feishu")]
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

/// Crisp webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Crisp-Signature`, the hex HMAC-SHA256 |
/// | Signed text | `[<timestamp>;<raw body>]` |
/// | Secret | the secret as text (where the console shows it is not known) |
/// | Timestamp | `X-Crisp-Request-Timestamp`, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `crisp-api` 11.3.0 (npm) |
///
/// `crisp-api` does not check the age of the timestamp. The layer does.
/// `crisp-api` signs its own JSON text of the body, which is equal to a body of compact JSON.
///
/// Source: <https://www.npmjs.com/package/crisp-api/v/11.3.0>
#[must_use]
pub fn crisp() -> Provider {
    Provider::preset(
        Scheme::builder("crisp")
            .signature_header("x-crisp-signature")
            .timestamp_header("x-crisp-request-timestamp")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("[{timestamp};{body}]"),
    )
}

/// Viber bot callbacks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Viber-Content-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the token of the bot as text (where the console shows it is not known) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `viber-bot` 1.0.18 (npm) |
///
/// Source: <https://www.npmjs.com/package/viber-bot/v/1.0.18>
#[must_use]
pub fn viber() -> Provider {
    Provider::preset(Scheme::builder("viber").signature_header("x-viber-content-signature"))
}

/// TikTok for Developers webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `TikTok-Signature`, a list such as `t=…,s=…`, where `s` is a hex HMAC-SHA256 |
/// | Signed text | `<t>.<raw body>` |
/// | Secret | the app's client secret as text (TikTok for Developers) |
/// | Timestamp | `t`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// TikTok documents no tolerance. TikTok Shop signs in another way.
///
/// Source: <https://developers.tiktok.com/doc/webhooks-verification>
#[must_use]
pub fn tiktok() -> Provider {
    Provider::preset(
        Scheme::builder("tiktok")
            .signature_header("tiktok-signature")
            .signature_format(SignatureFormat::key_values("s"))
            .timestamp_key("t")
            .message("{timestamp}.{body}"),
    )
}
