use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("box-com", "Box", box_com),
    Preset::new("cloudinary", "Cloudinary", cloudinary),
    Preset::new(
        "cloudinary-sha256",
        "Cloudinary (SHA-256)",
        cloudinary_sha256,
    ),
    Preset::new("contentful", "Contentful", contentful),
    Preset::new("dropbox", "Dropbox", dropbox),
    Preset::new("dropbox-sign", "Dropbox Sign", dropbox_sign),
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
/// - Signature: `Mux-Signature`, a list such as `t=…,v1=…`, where a signature is the hex
///   HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the signing secret of the endpoint, as text (Settings, Webhooks).
/// - Time: `t` in the same list, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://www.mux.com/docs/core/verify-webhook-signatures>
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
/// - Signature: `ElevenLabs-Signature`, a list such as `t=…,v0=…`, where a signature is the hex
///   HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the secret of the webhook as text, `wsec_` included (Settings, Webhooks; shown once).
/// - Time: `t` in the same list, Unix seconds, signed, 1800 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://elevenlabs.io/docs/product-guides/administration/webhooks>
#[must_use]
pub fn elevenlabs() -> Provider {
    Provider::preset(
        Scheme::builder("elevenlabs")
            .signature_header("elevenlabs-signature")
            .signature_format(SignatureFormat::key_values("v0"))
            .timestamp_key("t")
            .tolerance(Duration::from_secs(1800))
            .message("{timestamp}.{body}"),
    )
}

/// Sanity GROQ-powered webhooks.
///
/// - Signature: `sanity-webhook-signature`, a list such as `t=…,v1=…`, where a signature is the
///   URL-safe base64 without padding HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the secret of the webhook, as text (the project, API, Webhooks).
/// - Time: `t` in the same list, Unix milliseconds, signed, 300 s either way.
/// - Id: `idempotency-key`, not signed.
/// - Event: `sanity-operation`, not signed.
/// - Methods: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://www.sanity.io/docs/content-lake/webhook-best-practices>
#[must_use]
pub fn sanity() -> Provider {
    Provider::preset(
        Scheme::builder("sanity")
            .encoding(Encoding::Base64Url)
            .signature_header("sanity-webhook-signature")
            .signature_format(SignatureFormat::key_values("v1"))
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
/// - Signature: `X-Ghost-Signature`, a list such as `sha256=…, t=…`, where a signature is the hex
///   HMAC-SHA256 of `<raw body><time>`.
/// - Key: the secret of the webhook, as text (Settings, Integrations, the webhook).
/// - Time: `t` in the same list, Unix milliseconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://ghost.org/docs/webhooks/>
#[must_use]
pub fn ghost() -> Provider {
    Provider::preset(
        Scheme::builder("ghost")
            .signature_header("x-ghost-signature")
            .signature_format(SignatureFormat::key_values("sha256"))
            .timestamp_key("t")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{body}{timestamp}"),
    )
}

/// Kontent.ai webhooks.
///
/// - Signature: `X-Kontent-ai-Signature`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook as text, although it looks like base64 (Environment settings,
///   Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://kontent.ai/learn/docs/webhooks/validate-webhooks>
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
/// - Signature: `x-webflow-signature`, the hex HMAC-SHA256 of `<time>:<raw body>`.
/// - Key: the secret of the webhook, or the client secret of the app, as text, although it looks
///   like hex (in the answer of the API, or the settings of the app).
/// - Time: `x-webflow-timestamp`, Unix milliseconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://developers.webflow.com/data/docs/working-with-webhooks>
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
/// - Signature: `webhook-signature`, the hex HMAC-SHA1 of the raw body.
/// - Key: the secret of the webhook, as text (Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Standard Webhooks and GoCardless use the same header otherwise.
///
/// Hardly known: its own page was not read in full, and there is no vector.
///
/// Source: <https://www.storyblok.com/docs/guide/in-depth/webhooks>
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
/// - Signature: `X-Dropbox-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the app secret, as text (App Console, the app, Settings).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Handshakes: `GET` with `challenge` is answered with it, as plain text.
///
/// Source: <https://www.dropbox.com/developers/reference/webhooks>
#[must_use]
pub fn dropbox() -> Provider {
    Provider::preset(Scheme::builder("dropbox").signature_header("x-dropbox-signature"))
        .with_handshakes(handshakes::dropbox())
}

/// Cloudinary notifications.
///
/// - Signature: `X-Cld-Signature`, the hex SHA-1, with the secret last, of `<raw body><time>`.
/// - Key: the API secret, as text (Settings, API Keys).
/// - Time: `X-Cld-Timestamp`, Unix seconds, signed, 7200 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// The hash is a setting of the product environment: [`cloudinary_sha256`] is the other one.
///
/// # Security
///
/// See [`Algorithm::Sha1SecretLast`].
///
/// Source: <https://cloudinary.com/documentation/notifications>
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

/// Cloudinary (SHA-256) notifications.
///
/// - Signature: `X-Cld-Signature`, the hex SHA-256, with the secret last, of `<raw body><time>`.
/// - Key: the API secret, as text (Settings, API Keys).
/// - Time: `X-Cld-Timestamp`, Unix seconds, signed, 7200 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://cloudinary.com/documentation/notifications>
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

/// Figma webhooks, by their passcode.
///
/// - Proof: the member `passcode` of the JSON body, the token as it is. Nothing is signed.
/// - Key: the passcode of the webhook, as text (chosen by you when the webhook is created). It
///   comes in the body: keep bodies out of logs.
/// - Time: none.
/// - Event: `event_type` in the body, not signed.
/// - Not signed: everything: the token says who sends, and not what.
/// - Answer: a wrong passcode gets 400, as Figma asks for; it then sends no more.
///
/// Handshakes: `PING` is answered 200 once its passcode is right.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://developers.figma.com/docs/rest-api/webhooks-security/>
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
/// - Signature: `BOX-SIGNATURE-PRIMARY` or `BOX-SIGNATURE-SECONDARY`, the base64 HMAC-SHA256 of
///   `<raw body><time>`.
/// - Key: the primary signature key of the app as text, and the secondary one as a previous key
///   (Developer Console, the app, Webhooks, Manage signature keys).
/// - Time: `BOX-DELIVERY-TIMESTAMP`, RFC 3339, signed, 600 s either way.
/// - Id: `BOX-DELIVERY-ID`, not signed.
/// - Not signed: the method, the URL, the other headers.
///
/// Box signs some bodies in an escaped form: in ASCII, with `\u00e9` for `é`. The layer tries both
/// forms. Box's own libraries reject timestamps in the future; the layer accepts them within the
/// tolerance.
///
/// # Security
///
/// A body and its escaped form have the same signature and the same deduplication key, so a client
/// that holds one delivery can send the other form. If both are JSON, they have the same content:
/// the layer does not try the escaped form of a body that contains JSON escapes, except `\"` and
/// `\/`.
///
/// Source: <https://developer.box.com/guides/webhooks/v2/signatures-v2/>
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
/// - Signature: `x-contentful-signature`, the hex HMAC-SHA256 of `<method>\n<path and query,
///   encoded once more>\n<signed headers, sorted, as name:value with semicolons between>\n<raw
///   body>`.
/// - Key: the request verification secret of the space or the app, as text (Settings, Webhooks,
///   Settings).
/// - Time: `x-contentful-timestamp`, Unix milliseconds, signed, 30 s either way. Contentful's own
///   library checks the past only.
/// - Event: `X-Contentful-Topic`, not signed unless the request lists it.
/// - Attempt: `X-Contentful-Webhook-Request-Attempt`, likewise.
/// - Methods: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured.
/// - Not signed: the host, and headers that `x-contentful-signed-headers` does not name.
///
/// The request itself says which headers are signed. A list without the timestamp or without itself
/// is refused, as is a header in it that is missing, and a value that could pass for another
/// header.
///
/// A proxy that changes a signed header, or the path, breaks the signature; axum's `nest` takes its
/// prefix off the path.
///
/// Source: <https://www.contentful.com/developers/docs/webhooks/request-verification/>
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

/// Dropbox Sign events.
///
/// - Signature: `event.event_hash` in the JSON of the field `json` of the `multipart/form-data`
///   body, the hex HMAC-SHA256 of `<event.event_time><event.event_type>`.
/// - Key: the API key, as text; of an app's callback, that of the account that owns the app
///   (Integrations, API).
/// - Time: `event.event_time` in that JSON, Unix seconds, signed, 3 days either way, because for so
///   long Dropbox Sign tries again. Its own libraries do not look at it.
/// - Event: `event.event_type` in that JSON, signed.
/// - Not signed: the rest of the body, the method, the URL, the headers.
///
/// Handshakes: the layer answers `callback_test`, which is sent when the URL is saved and signed as
/// any other, with `Hello API Event Received`; with `without_handshakes` it is forwarded.
///
/// Every other event counts as delivered only if the handler's own answer is 200 and has that text
/// too: the layer does not change what a handler says.
///
/// # Security
///
/// Two events of one kind within a second have one signature, and whoever has it can write the rest
/// of the body: fetch what the event is about by the API.
///
/// Source: <https://developers.hellosign.com/docs/events/walkthrough/>
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

/// Ghost webhooks of older versions (before, and early in, version 5).
///
/// - Signature: `X-Ghost-Signature`, a list such as `sha256=…, t=…`, where a signature is the hex
///   HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (Settings, Integrations, the webhook).
/// - Time: `t` in the same list, Unix milliseconds, *not signed*, 300 s either way.
/// - Not signed: the time, the method, the URL, the headers.
///
/// Later versions sign the time too: take [`ghost`] where you can.
///
/// # Security
///
/// Whoever has a delivery can send it again at any time, with the time of day.
///
/// Known in part: that older versions leave the time out is known, and not since when they do not.
///
/// Source: <https://ghost.org/docs/webhooks/>
#[must_use]
pub fn ghost_old() -> Provider {
    Provider::preset(
        Scheme::builder("ghost-old")
            .signature_header("x-ghost-signature")
            .signature_format(SignatureFormat::key_values("sha256"))
            .timestamp_key("t")
            .timestamp_format(TimestampFormat::Milliseconds),
    )
}
