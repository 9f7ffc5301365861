use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("auth0", "Auth0", auth0),
    Preset::new("okta", "Okta", okta),
    Preset::new("onfido", "Onfido", onfido),
    Preset::new("persona", "Persona", persona),
    Preset::new("sumsub", "Sumsub", sumsub),
    Preset::new("sumsub-sha1", "Sumsub (SHA-1)", sumsub_sha1),
    Preset::new("sumsub-sha512", "Sumsub (SHA-512)", sumsub_sha512),
    Preset::new("workos", "WorkOS", workos),
];

/// WorkOS webhooks.
///
/// - Signature: `WorkOS-Signature`, a list such as `t=…, v1=…`, where a signature is the hex
///   HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the secret of the endpoint, as text (Dashboard, Webhooks).
/// - Time: `t` in the same list, Unix milliseconds, signed, 180 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://workos.com/docs/events/data-syncing/webhooks>
#[must_use]
pub fn workos() -> Provider {
    Provider::preset(
        Scheme::builder("workos")
            .signature_header("workos-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_key("t")
            .timestamp_format(TimestampFormat::Milliseconds)
            .tolerance(Duration::from_secs(180))
            .message("{timestamp}.{body}"),
    )
}

/// Onfido webhooks.
///
/// - Signature: `X-SHA2-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the token of the webhook, as text (Dashboard, Webhooks, or the answer of the API).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://documentation.onfido.com/api/latest/#webhooks>
#[must_use]
pub fn onfido() -> Provider {
    Provider::preset(Scheme::builder("onfido").signature_header("x-sha2-signature"))
}

/// Persona webhooks.
///
/// - Signature: `Persona-Signature`, groups such as `t=…,v1=…`, one for each secret in use, with a
///   space between, where a signature is the hex HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the secret of the webhook as text, `wbhsec_` included (Dashboard, Webhooks).
/// - Time: `t` in the same list, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// All groups of one delivery have one time; groups with different times are refused.
///
/// Source: <https://docs.withpersona.com/webhooks-best-practices>
#[must_use]
pub fn persona() -> Provider {
    Provider::preset(
        Scheme::builder("persona")
            .signature_header("persona-signature")
            .signature_format(SignatureFormat::separated("v1", ", ", '='))
            .timestamp_key("t")
            .message("{timestamp}.{body}"),
    )
}

/// Sumsub webhooks.
///
/// - Signature: `X-Payload-Digest`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret key of the webhook, as text (Webhook manager).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// The header that names the hash is not signed, so another one is refused: [`sumsub_sha512`] and
/// [`sumsub_sha1`] take those.
///
/// Known in part: read on its page; no vector.
///
/// Source: <https://docs.sumsub.com/docs/webhook-manager>
#[must_use]
pub fn sumsub() -> Provider {
    Provider::preset(
        Scheme::builder("sumsub")
            .signature_header("x-payload-digest")
            .require_header("x-payload-digest-alg", "HMAC_SHA256_HEX"),
    )
}

/// Okta event hooks, by their authentication header.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the authentication secret of the hook, whole (Workflow, Event hooks; chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// Handshakes: the `GET` with `X-Okta-Verification-Challenge` is answered with it, in JSON, once
/// its `Authorization` is right.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://developer.okta.com/docs/concepts/event-hooks/>
#[must_use]
pub fn okta() -> Provider {
    Provider::preset(
        Scheme::builder("okta")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
    .with_handshakes(handshakes::okta())
}

/// Auth0 log and event streams, by their authorization.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the authorization token of the stream, whole, with `Bearer ` if you configured it so
///   (Monitoring, Streams; chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Hardly known: nothing but the existence of the header was read on its page.
///
/// Source: <https://auth0.com/docs/customize/log-streams/custom-log-streams>
#[must_use]
pub fn auth0() -> Provider {
    Provider::preset(
        Scheme::builder("auth0")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Sumsub (SHA-512) webhooks.
///
/// - Signature: `X-Payload-Digest`, the hex HMAC-SHA512 of the raw body.
/// - Key: the secret key of the webhook, as text (Dev space, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// The hash is a setting of the webhook: [`sumsub`] is another one.
///
/// Known in part: read on its page; no vector.
///
/// Source: <https://docs.sumsub.com/docs/webhook-manager>
#[must_use]
pub fn sumsub_sha512() -> Provider {
    Provider::preset(
        Scheme::builder("sumsub-sha512")
            .algorithm(Algorithm::HmacSha512)
            .signature_header("x-payload-digest")
            .require_header("x-payload-digest-alg", "HMAC_SHA512_HEX"),
    )
}

/// Sumsub (SHA-1) webhooks.
///
/// - Signature: `X-Payload-Digest`, the hex HMAC-SHA1 of the raw body.
/// - Key: the secret key of the webhook, as text (Dev space, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Only for a webhook that is still set to it; take [`sumsub`] where you can.
///
/// Known in part: read on its page; no vector.
///
/// Source: <https://docs.sumsub.com/docs/webhook-manager>
#[must_use]
pub fn sumsub_sha1() -> Provider {
    Provider::preset(
        Scheme::builder("sumsub-sha1")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("x-payload-digest")
            .require_header("x-payload-digest-alg", "HMAC_SHA1_HEX"),
    )
}
