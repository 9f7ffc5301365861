use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("box-com", "Box", box_com).with_aliases(&["box"]),
    Preset::new("cloudinary", "Cloudinary", cloudinary),
    Preset::new(
        "cloudinary-sha256",
        "Cloudinary (SHA-256)",
        cloudinary_sha256,
    ),
    Preset::new("contentful", "Contentful", contentful),
    Preset::new("dropbox", "Dropbox", dropbox),
    Preset::new("dropbox-sign", "Dropbox Sign", dropbox_sign).with_aliases(&["hellosign"]),
    Preset::new("elevenlabs", "ElevenLabs", elevenlabs),
    Preset::new("figma", "Figma", figma),
    Preset::new("ghost", "Ghost", ghost),
    Preset::new("ghost-old", "Ghost (old versions)", ghost_old),
    Preset::new("kontent-ai", "Kontent.ai", kontent_ai),
    Preset::new("mux", "Mux", mux),
    Preset::new("sanity", "Sanity", sanity),
    Preset::new("storyblok", "Storyblok", storyblok),
    Preset::new("webflow", "Webflow", webflow),
];

/// Mux webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Mux-Signature`, a list such as `t=…,v1=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | `<timestamp>.<raw body>` |
/// | Secret | the signing secret of the endpoint as text (Settings › Webhooks) |
/// | Timestamp | `t` in the same list, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `muxinc/mux-node-sdk`; 5 cases of `@mux/mux-node` 15.3.0 (npm) |
///
/// Source: <https://www.mux.com/docs/core/verify-webhook-signatures>
#[doc(alias = "video")]
#[must_use]
pub fn mux() -> Provider {
    Provider::preset(
        Scheme::builder("mux")
            .signature_header("mux-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_key("t")
            .message("{timestamp}.{body}"),
    )
}

/// ElevenLabs webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `ElevenLabs-Signature`, a list such as `t=…,v0=…`, where each `v0` is a hex HMAC-SHA256 |
/// | Signed text | `<timestamp>.<raw body>` |
/// | Secret | the secret of the webhook as text, `wsec_` included (Settings › Webhooks; shown once) |
/// | Timestamp | `t` in the same list, Unix seconds, signed, 1800 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@elevenlabs/elevenlabs-js` 2.73.0 (npm) |
///
/// [`post_call_audio`](https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks)
/// deliveries contain the audio of the whole conversation in base64. Raise the limit with
/// [`WebhookLayer::body_limit`](crate::WebhookLayer::body_limit) if you receive them.
///
/// Source: <https://elevenlabs.io/docs/product-guides/administration/webhooks>
#[doc(alias = "text_to_speech")]
#[doc(alias = "voice")]
#[must_use]
pub fn elevenlabs() -> Provider {
    Provider::preset(
        Scheme::builder("elevenlabs")
            .signature_header("elevenlabs-signature")
            .signature_format(SignatureFormat::key_values("v0").write_one_signature())
            .timestamp_key("t")
            .tolerance(Duration::from_secs(1800))
            .message("{timestamp}.{body}"),
    )
}

/// Sanity GROQ-powered webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `sanity-webhook-signature`, a list such as `t=…,v1=…`, where each `v1` is an HMAC-SHA256 in URL-safe base64 without padding |
/// | Signed text | `<timestamp>.<raw body>` |
/// | Secret | the secret of the webhook as text (the project › API › Webhooks) |
/// | Timestamp | `t` in the same list, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | `idempotency-key`, not signed |
/// | Event type | `sanity-operation`, not signed |
/// | Methods | `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `sanity-io/webhook-toolkit`; 5 cases of `@sanity/webhook` 4.0.4 (npm) |
///
/// Source: <https://www.sanity.io/docs/content-lake/webhook-best-practices>
#[doc(alias = "cms")]
#[doc(alias = "groq")]
#[must_use]
pub fn sanity() -> Provider {
    Provider::preset(
        Scheme::builder("sanity")
            .encoding(Encoding::Base64Url)
            .signature_header("sanity-webhook-signature")
            .signature_format(SignatureFormat::key_values("v1").write_one_signature())
            .timestamp_key("t")
            .timestamp_format(TimestampFormat::Milliseconds)
            .id_header("idempotency-key")
            .message("{timestamp}.{body}")
            .event_header("sanity-operation"),
    )
    .with_methods(ANY_METHOD)
}

/// Ghost webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Ghost-Signature`, a list such as `sha256=…, t=…`, where `sha256` is a hex HMAC-SHA256 |
/// | Signed text | `<raw body><timestamp>` |
/// | Secret | the secret of the webhook as text (Settings › Integrations › the webhook) |
/// | Timestamp | `t` in the same list, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation, and the source of the sender ([TryGhost/Ghost](https://github.com/TryGhost/Ghost)); no delivery |
///
/// Older versions of Ghost do not sign the timestamp; use [`ghost_old`] for them.
///
/// Source: <https://ghost.org/docs/webhooks/>
#[doc(alias = "cms")]
#[doc(alias = "blog")]
#[must_use]
pub fn ghost() -> Provider {
    Provider::preset(
        Scheme::builder("ghost")
            .signature_header("x-ghost-signature")
            .signature_format(
                SignatureFormat::key_values("sha256")
                    .write_separator(", ")
                    .write_timestamp_last(),
            )
            .timestamp_key("t")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{body}{timestamp}"),
    )
}

/// Kontent.ai webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Kontent-ai-Signature`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the webhook as text, although it looks like base64 (Environment settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `@kontent-ai/webhook-helper` 3.0.3 (npm) |
///
/// Source: <https://kontent.ai/learn/docs/webhooks/validate-webhooks>
#[doc(alias = "kentico")]
#[doc(alias = "cms")]
#[must_use]
pub fn kontent_ai() -> Provider {
    Provider::preset(
        Scheme::builder("kontent-ai")
            .encoding(Encoding::Base64)
            .signature_header("x-kontent-ai-signature"),
    )
}

/// Webflow webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-webflow-signature`, the hex HMAC-SHA256 |
/// | Signed text | `<timestamp>:<raw body>` |
/// | Secret | the secret of the webhook, or the client secret of the app, as text, although it looks like hex (response of the API, or settings of the app) |
/// | Timestamp | `x-webflow-timestamp`, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `webflow-api` 3.3.4 (npm) |
///
/// Source: <https://developers.webflow.com/data/docs/working-with-webhooks>
#[doc(alias = "cms")]
#[must_use]
pub fn webflow() -> Provider {
    Provider::preset(
        Scheme::builder("webflow")
            .signature_header("x-webflow-signature")
            .timestamp_header("x-webflow-timestamp")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{timestamp}:{body}"),
    )
}

/// Storyblok webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, the hex HMAC-SHA1 |
/// | Signed text | the raw body |
/// | Secret | the secret of the webhook as text (Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: the documentation was not read in full; no delivery |
///
/// Standard Webhooks and GoCardless use the same header for other schemes.
///
/// Source: <https://www.storyblok.com/docs/guide/in-depth/webhooks>
#[doc(alias = "cms")]
#[must_use]
pub fn storyblok() -> Provider {
    Provider::preset(
        Scheme::builder("storyblok")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("webhook-signature"),
    )
}

/// Dropbox webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Dropbox-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the app secret as text (App Console › the app › Settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Handshake: when the URL is saved, Dropbox sends a `GET` with `challenge`. The layer answers with
/// the challenge as plain text.
///
/// Source: <https://www.dropbox.com/developers/reference/webhooks>
#[doc(alias = "file_storage")]
#[must_use]
pub fn dropbox() -> Provider {
    Provider::preset(Scheme::builder("dropbox").signature_header("x-dropbox-signature"))
        .with_handshakes(handshakes::dropbox())
}

/// Cloudinary notifications, signed with SHA-1.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Cld-Signature`, the hex SHA-1 of the signed text with the secret after it |
/// | Signed text | `<raw body><timestamp>` |
/// | Secret | the API secret as text (Settings › API Keys) |
/// | Timestamp | `X-Cld-Timestamp`, Unix seconds, signed, 7200 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `cloudinary` 2.11.0 (npm) |
///
/// The hash is a setting of the product environment; see [`cloudinary_sha256`] for the other one.
///
/// # Security
///
/// Two texts with the same SHA-1 have the same signature; see [`Algorithm::Sha1SecretLast`].
///
/// Source: <https://cloudinary.com/documentation/notifications>
#[doc(alias = "image")]
#[doc(alias = "video")]
#[must_use]
pub fn cloudinary() -> Provider {
    Provider::preset(
        Scheme::builder("cloudinary")
            .algorithm(Algorithm::Sha1SecretLast)
            .signature_header("x-cld-signature")
            .timestamp_header("x-cld-timestamp")
            .tolerance(Duration::from_secs(7200))
            .message("{body}{timestamp}"),
    )
}

/// Cloudinary notifications, signed with SHA-256.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Cld-Signature`, the hex SHA-256 of the signed text with the secret after it |
/// | Signed text | `<raw body><timestamp>` |
/// | Secret | the API secret as text (Settings › API Keys) |
/// | Timestamp | `X-Cld-Timestamp`, Unix seconds, signed, 7200 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `cloudinary/cloudinary_npm` |
///
/// The hash is a setting of the product environment; see [`cloudinary`] for the other one.
///
/// Source: <https://cloudinary.com/documentation/notifications>
#[doc(alias = "image")]
#[doc(alias = "video")]
#[must_use]
pub fn cloudinary_sha256() -> Provider {
    Provider::preset(
        Scheme::builder("cloudinary-sha256")
            .algorithm(Algorithm::Sha256SecretLast)
            .signature_header("x-cld-signature")
            .timestamp_header("x-cld-timestamp")
            .tolerance(Duration::from_secs(7200))
            .message("{body}{timestamp}"),
    )
}

/// Figma webhooks with a passcode.
///
/// | | |
/// | --- | --- |
/// | Signature | none; the member `passcode` of the JSON body contains the token as text |
/// | Signed text | none |
/// | Secret | the passcode of the webhook as text (chosen by you when the webhook is created) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | `event_type` in the body, not signed |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 400, which Figma asks for: it stops sending to an endpoint that answers a passcode with 400 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Handshake: Figma sends `PING` when the webhook is created. If the passcode is right, the layer
/// answers 200.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// The passcode is in the body, so keep bodies out of logs.
///
/// Source: <https://developers.figma.com/docs/rest-api/webhooks-security/>
#[doc(alias = "design")]
#[must_use]
pub fn figma() -> Provider {
    Provider::preset(
        Scheme::builder("figma")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature(Location::json("passcode"))
            .event(Location::json("event_type")),
    )
    .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::BAD_REQUEST)
    .with_handshakes(handshakes::figma())
}

/// Box webhooks (V2).
///
/// | | |
/// | --- | --- |
/// | Signature | `BOX-SIGNATURE-PRIMARY` or `BOX-SIGNATURE-SECONDARY`, the base64 HMAC-SHA256 |
/// | Signed text | `<raw body><timestamp>` |
/// | Secret | the primary signature key of the app as text, and the secondary one as a [previous](crate::Keys::previous) key (Developer Console › the app › Webhooks › Manage signature keys) |
/// | Timestamp | `BOX-DELIVERY-TIMESTAMP`, RFC 3339, signed, 600 s either way |
/// | Delivery ID | `BOX-DELIVERY-ID`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 7 published examples, from `box/box-python-sdk`; 6 cases of `box-node-sdk` 10.12.0 (npm) |
///
/// Box signs some bodies in an escaped form: in ASCII, with `\u00e9` for `é`. The layer tries both
/// forms. Box's own libraries reject timestamps in the future; the layer accepts them within the
/// tolerance.
///
/// Deliveries whose `BOX-SIGNATURE-VERSION` is not `1`, or whose `BOX-SIGNATURE-ALGORITHM` is not
/// `HmacSHA256`, are rejected.
///
/// # Security
///
/// A body and its escaped form have the same signature and the same deduplication key, so a client
/// that holds one delivery can send the other form. If both are JSON, they have the same content:
/// the layer does not try the escaped form of a body that contains JSON escapes, except `\"` and
/// `\/`.
///
/// Source: <https://developer.box.com/guides/webhooks/v2/signatures-v2/>
#[doc(alias = "file_storage")]
#[must_use]
pub fn box_com() -> Provider {
    Provider::preset(
        Scheme::builder("box-com")
            .encoding(Encoding::Base64)
            .signature_header("box-signature-primary")
            .signature_header("box-signature-secondary")
            .timestamp_header("box-delivery-timestamp")
            .timestamp_format(TimestampFormat::Rfc3339)
            .tolerance(Duration::from_secs(600))
            .id_header("box-delivery-id")
            .message("{body}{timestamp}")
            .alternative_message("{canonical:box_escaped}{timestamp}")
            .require_header("box-signature-version", "1")
            .require_header("box-signature-algorithm", "HmacSHA256"),
    )
}

/// Contentful webhooks and app requests.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-contentful-signature`, the hex HMAC-SHA256 |
/// | Signed text | `<method>\n<path and query, encoded once more>\n<signed headers, sorted, as name:value, separated by semicolons>\n<raw body>` |
/// | Secret | the request verification secret of the space or the app as text (Settings › Webhooks › Settings) |
/// | Timestamp | `x-contentful-timestamp`, Unix milliseconds, signed, 30 s either way; Contentful's own library rejects only old timestamps |
/// | Delivery ID | none |
/// | Event type | `X-Contentful-Topic`, not signed unless the request lists it |
/// | Attempt | `X-Contentful-Webhook-Request-Attempt`, not signed unless the request lists it |
/// | Methods | `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured |
/// | Not signed | the host, and headers that `x-contentful-signed-headers` does not name |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@contentful/node-apps-toolkit` 3.16.1 (npm) |
///
/// The request lists its signed headers in `x-contentful-signed-headers`. The layer rejects the
/// request if:
///
/// - the list does not contain the timestamp, or the header of the list itself;
/// - a listed header is missing;
/// - a value could be taken for another header.
///
/// Contentful signs the path. Mount the layer where the path is unchanged: outside of axum's
/// `nest`, and not behind a proxy that rewrites the path or changes a signed header.
///
/// Source: <https://www.contentful.com/developers/docs/webhooks/request-verification/>
#[doc(alias = "cms")]
#[must_use]
pub fn contentful() -> Provider {
    Provider::preset(
        Scheme::builder("contentful")
            .signature_header("x-contentful-signature")
            .timestamp_header("x-contentful-timestamp")
            .timestamp_format(TimestampFormat::Milliseconds)
            .tolerance(Duration::from_secs(30))
            .message(
                "{method}\n{canonical:contentful_path}\n{canonical:contentful_headers}\n{body}",
            )
            .event_header("x-contentful-topic")
            .attempt_header("x-contentful-webhook-request-attempt"),
    )
    .with_methods(ANY_METHOD)
}

/// Dropbox Sign (formerly HelloSign) events.
///
/// | | |
/// | --- | --- |
/// | Signature | `event.event_hash` in the JSON of the field `json` of the `multipart/form-data` body, the hex HMAC-SHA256 |
/// | Signed text | `<event.event_time><event.event_type>` |
/// | Secret | the API key as text; for the callback of an app, that of the account that owns the app (Integrations › API) |
/// | Timestamp | `event.event_time` in that JSON, Unix seconds, signed, 3 days either way, because Dropbox Sign retries for 3 days; its own libraries do not check it |
/// | Delivery ID | none |
/// | Event type | `event.event_type` in that JSON, signed |
/// | Not signed | the rest of the body, the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 3 published examples, from `hellosign/dropbox-sign-python`; 5 cases of `@dropbox/sign` 1.11.0 (npm) |
///
/// Handshake: when the URL is saved, Dropbox Sign sends the signed event `callback_test`. The layer
/// answers with `Hello API Event Received`. With
/// [`without_handshakes`](crate::WebhookLayer::without_handshakes), the event is forwarded.
///
/// Dropbox Sign treats every other event as delivered only if the response is 200 and its body
/// contains `Hello API Event Received`. The handler has to send this text.
///
/// # Security
///
/// Two events of the same type within the same second have the same signature, and the rest of the
/// body is not signed. An attacker who captured a delivery can send another body with its
/// signature. Fetch the event from the API before you act on it.
///
/// Source: <https://developers.hellosign.com/docs/events/walkthrough/>
#[doc(alias = "hellosign")]
#[doc(alias = "e_signature")]
#[must_use]
pub fn dropbox_sign() -> Provider {
    Provider::preset(
        Scheme::builder("dropbox-sign")
            .multipart_field("json")
            .signature(Location::json("event.event_hash"))
            .timestamp(Location::json("event.event_time"))
            .tolerance(Duration::from_secs(3 * 24 * 3600))
            .event(Location::json("event.event_type"))
            .message("{timestamp}{json:event.event_type}")
            .danger_leave_body_unsigned(),
    )
    .with_handshakes(handshakes::dropbox_sign())
}

/// Ghost webhooks of older versions, before and early in version 5.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Ghost-Signature`, a list such as `sha256=…, t=…`, where `sha256` is a hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the webhook as text (Settings › Integrations › the webhook) |
/// | Timestamp | `t` in the same list, Unix milliseconds, 300 s either way, **not signed** |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the timestamp, the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: it is not known which version signed the timestamp first; no delivery |
///
/// Later versions sign the timestamp too. Use [`ghost`] if you can.
///
/// # Security
///
/// The timestamp is not part of the signed text. An attacker who captured a delivery can send it
/// again at any time, with the current time.
///
/// Source: <https://ghost.org/docs/webhooks/>
#[doc(alias = "cms")]
#[must_use]
pub fn ghost_old() -> Provider {
    Provider::preset(
        Scheme::builder("ghost-old")
            .signature_header("x-ghost-signature")
            .signature_format(
                SignatureFormat::key_values("sha256")
                    .write_separator(", ")
                    .write_timestamp_last(),
            )
            .timestamp_key("t")
            .timestamp_format(TimestampFormat::Milliseconds),
    )
}
