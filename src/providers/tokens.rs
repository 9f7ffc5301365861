//! Presets that authenticate with a token or a password that the customer configures.

use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("basic-auth", "Basic authentication", basic_auth),
    Preset::new("braze", "Braze", braze),
    Preset::new("datadog", "Datadog", datadog),
    Preset::new("jotform", "Jotform", jotform),
    Preset::new("opsgenie", "Opsgenie", opsgenie),
    Preset::new("rudderstack", "RudderStack", rudderstack),
    Preset::new("token", "Token", token),
];

/// A token in a header, of any sender.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the whole value of the header, such as `Bearer …` (agreed on with the sender) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | none; the value is compared as it is |
///
/// [`with_token_header`](Provider::with_token_header) selects another header.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
#[doc(alias = "api_key")]
#[doc(alias = "bearer")]
#[doc(alias = "shared_secret")]
#[must_use]
pub fn token() -> Provider {
    Provider::preset(
        Scheme::builder("token")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Basic authentication ([RFC 7617]), of any sender.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains `Basic ` and the base64 of the credentials |
/// | Signed text | none |
/// | Secret | `user:password` (agreed on with the sender) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | none; the credentials are compared as they are |
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
#[doc(alias = "password")]
#[doc(alias = "rfc7617")]
#[must_use]
pub fn basic_auth() -> Provider {
    Provider::preset(
        Scheme::builder("basic-auth")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Base64)
            .signature_header("authorization")
            .signature_prefix("Basic "),
    )
}

/// Datadog webhooks with a custom header.
///
/// Unverified: known from Datadog's page and the description of another verifier.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the whole value of the custom header of the webhook (Integrations › Webhooks; chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// If you configure another header, set it with [`with_token_header`](Provider::with_token_header).
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://docs.datadoghq.com/integrations/webhooks/>
#[must_use]
pub fn datadog() -> Provider {
    Provider::preset(
        Scheme::builder("datadog")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Opsgenie outgoing webhooks with a custom header.
///
/// Unverified: none of Opsgenie's own material was read.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the whole value of the custom header of the integration (Settings › Integrations; chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | none |
///
/// If you configure another header, set it with [`with_token_header`](Provider::with_token_header).
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://support.atlassian.com/opsgenie/docs/integrate-opsgenie-with-webhook/>
#[doc(alias = "atlassian")]
#[must_use]
pub fn opsgenie() -> Provider {
    Provider::preset(
        Scheme::builder("opsgenie")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Braze campaign webhooks with a custom header.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the whole value of the request header of the webhook (the webhook campaign; chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403; Braze does not retry after 4xx, except 408 and 429 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Braze sends no signature: its customers write the headers and the body.
///
/// If you configure another header, set it with [`with_token_header`](Provider::with_token_header).
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://www.braze.com/docs/user_guide/message_building_by_channel/webhooks/creating_a_webhook>
#[must_use]
pub fn braze() -> Provider {
    Provider::preset(
        Scheme::builder("braze")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
    .with_methods(ANY_METHOD)
}

/// RudderStack webhook destinations with a custom header.
///
/// Unverified: RudderStack's page was not read in full.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the whole value of the header of the destination (Destinations › the webhook; chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET`, `POST` or `PUT`, as configured |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | none |
///
/// If you configure another header, set it with [`with_token_header`](Provider::with_token_header).
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://www.rudderstack.com/docs/destinations/streaming-destinations/webhooks/>
#[must_use]
pub fn rudderstack() -> Provider {
    Provider::preset(
        Scheme::builder("rudderstack")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
    .with_methods([Method::GET, Method::POST, Method::PUT])
}

/// Jotform webhooks with a token in the URL.
///
/// Unverified: Jotform's page was not read in full.
///
/// | | |
/// | --- | --- |
/// | Signature | none; the query parameter `token` contains the token as text |
/// | Signed text | none |
/// | Secret | the value of `token` in the query of the webhook's URL (chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | none |
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform/>
#[must_use]
pub fn jotform() -> Provider {
    Provider::preset(
        Scheme::builder("jotform")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature(Location::query("token")),
    )
}
