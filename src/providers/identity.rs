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
/// | | |
/// | --- | --- |
/// | Signature | `WorkOS-Signature`, a list such as `t=…, v1=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | `<timestamp>.<raw body>` |
/// | Secret | the secret of the endpoint as text (Dashboard › Webhooks) |
/// | Timestamp | `t` in the same list, Unix milliseconds, signed, 180 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@workos-inc/node` 8.13.0 (npm) |
///
/// Source: <https://workos.com/docs/events/data-syncing/webhooks>
#[doc(alias = "sso")]
#[doc(alias = "directory_sync")]
#[must_use]
pub fn workos() -> Provider {
    Provider::preset(
        Scheme::builder("workos")
            .signature_header("workos-signature")
            .signature_format(
                SignatureFormat::key_values("v1")
                    .write_separator(", ")
                    .write_one_signature(),
            )
            .timestamp_key("t")
            .timestamp_format(TimestampFormat::Milliseconds)
            .tolerance(Duration::from_secs(180))
            .message("{timestamp}.{body}"),
    )
}

/// Onfido webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-SHA2-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the token of the webhook as text (Dashboard › Webhooks, or the response of the API) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `onfido/onfido-python`; 4 cases of `@onfido/api` 6.2.0 (npm) |
///
/// Source: <https://documentation.onfido.com/api/latest/#webhooks>
#[doc(alias = "kyc")]
#[doc(alias = "identity_verification")]
#[must_use]
pub fn onfido() -> Provider {
    Provider::preset(Scheme::builder("onfido").signature_header("x-sha2-signature"))
}

/// Persona webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Persona-Signature`, groups such as `t=…,v1=…` with a hex HMAC-SHA256 for each secret in use, separated by spaces |
/// | Signed text | `<timestamp>.<raw body>` |
/// | Secret | the secret of the webhook as text, `wbhsec_` included (Dashboard › Webhooks) |
/// | Timestamp | `t` in the same list, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// All groups of a delivery must have the same timestamp. Other deliveries are rejected.
///
/// Source: <https://docs.withpersona.com/webhooks-best-practices>
#[doc(alias = "kyc")]
#[doc(alias = "identity_verification")]
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

/// Sumsub webhooks, signed with HMAC-SHA256.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Payload-Digest`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret key of the webhook as text (Webhook manager) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: based on the documentation and receivers of third parties, not on a delivery |
///
/// `X-Payload-Digest-Alg` names the algorithm. It is not signed, so deliveries in which it is not
/// `HMAC_SHA256_HEX` are rejected.
///
/// [`sumsub_sha512`] and [`sumsub_sha1`] accept the other algorithms.
///
/// Source: <https://docs.sumsub.com/docs/webhook-manager>
#[doc(alias = "kyc")]
#[doc(alias = "identity_verification")]
#[must_use]
pub fn sumsub() -> Provider {
    Provider::preset(
        Scheme::builder("sumsub")
            .signature_header("x-payload-digest")
            .require_header("x-payload-digest-alg", "HMAC_SHA256_HEX"),
    )
}

/// Okta event hooks with an authentication header.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the complete authentication secret of the hook (Workflow › Event hooks; chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Handshake: Okta sends a `GET` with `X-Okta-Verification-Challenge` to verify the URL. If
/// `Authorization` is right, the layer answers with the challenge in JSON.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://developer.okta.com/docs/concepts/event-hooks/>
#[doc(alias = "event_hook")]
#[doc(alias = "sso")]
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

/// Auth0 log streams and event streams with an authorization token.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the complete authorization token of the stream, with `Bearer ` if you configured it so (Monitoring › Streams; chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: only the existence of the header was read in the documentation; no delivery |
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://auth0.com/docs/customize/log-streams/custom-log-streams>
#[doc(alias = "log_stream")]
#[must_use]
pub fn auth0() -> Provider {
    Provider::preset(
        Scheme::builder("auth0")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Sumsub webhooks, signed with HMAC-SHA512.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Payload-Digest`, the hex HMAC-SHA512 |
/// | Signed text | the raw body |
/// | Secret | the secret key of the webhook as text (Dev space › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: based on the documentation and receivers of third parties, not on a delivery |
///
/// `X-Payload-Digest-Alg` names the algorithm. It is not signed, so deliveries in which it is not
/// `HMAC_SHA512_HEX` are rejected.
///
/// The algorithm is a setting of the webhook; see [`sumsub`].
///
/// Source: <https://docs.sumsub.com/docs/webhook-manager>
#[doc(alias = "kyc")]
#[doc(alias = "identity_verification")]
#[must_use]
pub fn sumsub_sha512() -> Provider {
    Provider::preset(
        Scheme::builder("sumsub-sha512")
            .algorithm(Algorithm::HmacSha512)
            .signature_header("x-payload-digest")
            .require_header("x-payload-digest-alg", "HMAC_SHA512_HEX"),
    )
}

/// Sumsub webhooks, signed with HMAC-SHA1.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Payload-Digest`, the hex HMAC-SHA1 |
/// | Signed text | the raw body |
/// | Secret | the secret key of the webhook as text (Dev space › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: based on the documentation and receivers of third parties, not on a delivery |
///
/// `X-Payload-Digest-Alg` names the algorithm. It is not signed, so deliveries in which it is not
/// `HMAC_SHA1_HEX` are rejected.
///
/// Use this preset only for a webhook that is still set to SHA-1, and prefer [`sumsub`].
///
/// Source: <https://docs.sumsub.com/docs/webhook-manager>
#[doc(alias = "kyc")]
#[doc(alias = "identity_verification")]
#[must_use]
pub fn sumsub_sha1() -> Provider {
    Provider::preset(
        Scheme::builder("sumsub-sha1")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("x-payload-digest")
            .require_header("x-payload-digest-alg", "HMAC_SHA1_HEX"),
    )
}
