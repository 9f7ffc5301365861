//! Presets of business software: CRM, support, forms, project management, documents.

use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("airtable", "Airtable", airtable),
    Preset::new("asana", "Asana", asana),
    Preset::new("cal-com", "Cal.com", cal_com).with_aliases(&["calcom"]),
    Preset::new("calendly", "Calendly", calendly),
    Preset::new("checkr", "Checkr", checkr),
    Preset::new("clickup", "ClickUp", clickup),
    Preset::new("customerio", "Customer.io", customerio).with_aliases(&["customer-io"]),
    Preset::new("docusign", "DocuSign", docusign),
    Preset::new("hubspot-v1", "HubSpot (v1)", hubspot_v1),
    Preset::new("hubspot-v2", "HubSpot (v2)", hubspot_v2),
    Preset::new("hubspot-v3", "HubSpot", hubspot_v3).with_aliases(&["hubspot"]),
    Preset::new("intercom", "Intercom", intercom),
    Preset::new("jira", "Jira Cloud", jira),
    Preset::new("linear", "Linear", linear),
    Preset::new("notion", "Notion", notion),
    Preset::new("retell", "Retell AI", retell).with_aliases(&["retellai"]),
    Preset::new("segment", "Segment", segment),
    Preset::new("terra", "Terra", terra),
    Preset::new("trello", "Trello", trello),
    Preset::new("typeform", "Typeform", typeform),
    Preset::new("zendesk", "Zendesk", zendesk),
    Preset::new("xero", "Xero", xero),
    Preset::new("mautic", "Mautic", mautic),
    Preset::new("onfleet", "Onfleet", onfleet),
    Preset::new("attio", "Attio", attio),
    Preset::new("jobber", "Jobber", jobber),
];

/// Zendesk webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Zendesk-Webhook-Signature`, the base64 HMAC-SHA256 |
/// | Signed text | `<time><raw body>` |
/// | Secret | the webhook's signing secret as text, although it looks like base64 (Admin Center › Apps and integrations › Webhooks) |
/// | Timestamp | `X-Zendesk-Webhook-Signature-Timestamp`, RFC 3339, signed, 300 s either way |
/// | Delivery ID | `X-Zendesk-Webhook-Invocation-Id`, not signed |
/// | Event type | none |
/// | Methods | `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB: [a payload is smaller than 256 KB](https://support.zendesk.com/hc/en-us/articles/4408839108378) |
/// | Evidence | documentation only |
///
/// # Security
///
/// Zendesk signs the test of a webhook that is not saved yet with a public secret,
/// `dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==`. Never configure this secret.
///
/// Source: <https://developer.zendesk.com/documentation/webhooks/verifying/>
#[must_use]
pub fn zendesk() -> Provider {
    Provider::preset(
        Scheme::builder("zendesk")
            .encoding(Encoding::Base64)
            .signature_header("x-zendesk-webhook-signature")
            .timestamp_header("x-zendesk-webhook-signature-timestamp")
            .timestamp_format(TimestampFormat::Rfc3339)
            .id_header("x-zendesk-webhook-invocation-id")
            .message("{timestamp}{body}"),
    )
    .with_methods(ANY_METHOD)
}

/// Intercom webhooks.
///
/// Unverified: Intercom documents the header and the algorithm, but publishes no example with its
/// secret. That the key is the client secret is known from third parties.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature`, `sha1=` and the hex HMAC-SHA1 |
/// | Signed text | the raw body |
/// | Secret | the app's client secret as text (Developer Hub › the app › Basic information) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Handshakes | a `HEAD` request, answered with 200 |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Intercom sends a signed `ping` when the webhook is saved. It is a delivery.
///
/// Source: <https://developers.intercom.com/docs/webhooks>
#[must_use]
pub fn intercom() -> Provider {
    Provider::preset(
        Scheme::builder("intercom")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("x-hub-signature")
            .signature_prefix("sha1="),
    )
    .with_handshakes(handshakes::intercom())
}

/// HubSpot webhooks with signature version 1.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-HubSpot-Signature`, the hex SHA-256, with the secret first |
/// | Signed text | the raw body |
/// | Secret | the app's client secret as text (the developer account › the app › Auth) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `HubSpot/hubspot-api-python` and `HubSpot/hubspot-api-nodejs`; 1 case of `@hubspot/api-client` 13.5.0 (npm) |
///
/// `X-HubSpot-Signature-Version` must be `v1`.
///
/// # Security
///
/// The signature is a plain hash, which allows length extension: a client without the secret can
/// append the padding of SHA-256 and any bytes to a genuine body. The layer rejects such bodies;
/// see [`Algorithm::Sha256SecretFirst`]. Prefer [`hubspot_v3`], which also signs a timestamp.
///
/// Source: <https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation>
#[must_use]
pub fn hubspot_v1() -> Provider {
    Provider::preset(
        Scheme::builder("hubspot-v1")
            .algorithm(Algorithm::Sha256SecretFirst)
            .signature_header("x-hubspot-signature")
            .require_header("x-hubspot-signature-version", "v1"),
    )
}

/// HubSpot workflow and CRM card requests with signature version 2.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-HubSpot-Signature`, the hex SHA-256, with the secret first |
/// | Signed text | `<method><URL><raw body>` |
/// | Secret | the app's client secret as text (the developer account › the app › Auth) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured |
/// | Not signed | the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 3 published examples, from `HubSpot/hubspot-api-python` and `HubSpot/hubspot-api-nodejs`; 1 case of `@hubspot/api-client` 13.5.0 (npm) |
///
/// `X-HubSpot-Signature-Version` must be `v2`.
///
/// HubSpot signs the public URL, so the provider needs one:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let base = PublicUrl::fixed("https://hooks.example.com")?;
/// let hubspot = providers::hubspot_v2().with_public_url(base);
/// # Ok(())
/// # }
/// ```
///
/// Inside axum's `nest`, the layer sees the path without the prefix. Append the prefix to the base
/// there, as in `https://hooks.example.com/api`.
///
/// # Security
///
/// Nothing separates the URL from the method and the body. A client that holds a delivery can move
/// bytes between them if the endpoint has routes that allow it.
///
/// The signature is a plain hash, which allows length extension: a client without the secret can
/// append the padding of SHA-256 and any bytes to a genuine body. The layer rejects such bodies;
/// see [`Algorithm::Sha256SecretFirst`]. Prefer [`hubspot_v3`], which also signs a timestamp.
///
/// Source: <https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation>
#[must_use]
pub fn hubspot_v2() -> Provider {
    Provider::preset(
        Scheme::builder("hubspot-v2")
            .algorithm(Algorithm::Sha256SecretFirst)
            .signature_header("x-hubspot-signature")
            .message("{method}{url}{body}")
            .require_header("x-hubspot-signature-version", "v2")
            .danger_allow_ambiguous_message(),
    )
    .with_methods(ANY_METHOD)
}

/// Jira Cloud webhooks with a secret.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (System › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Atlassian-Webhook-Identifier`, not signed; retries have the same ID |
/// | Event type | none |
/// | Attempt | `X-Atlassian-Webhook-Retry`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from the documentation as other projects quote it |
///
/// Webhooks that a Connect or OAuth app registers carry a JSON web token instead; for Connect, see
/// [`atlassian_connect`](super::atlassian_connect).
///
/// Source: <https://developer.atlassian.com/cloud/jira/platform/webhooks/>
#[doc(alias = "atlassian")]
#[must_use]
pub fn jira() -> Provider {
    Provider::preset(
        Scheme::builder("jira")
            .signature_header("x-hub-signature")
            .signature_prefix("sha256=")
            .id_header("x-atlassian-webhook-identifier")
            .attempt_header("x-atlassian-webhook-retry"),
    )
}

/// Customer.io reporting webhooks.
///
/// Unverified: based on Customer.io's page and on a third party's description.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-CIO-Signature`, the hex HMAC-SHA256 |
/// | Signed text | `v0:<time>:<raw body>` |
/// | Secret | the signing key of the reporting webhook, as text (Integrations › Reporting webhooks) |
/// | Timestamp | `X-CIO-Timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation; 5 cases of `customerio-node` 5.2.0 (npm) |
///
/// Source: <https://docs.customer.io/api/webhooks>
#[doc(alias = "customer_io")]
#[must_use]
pub fn customerio() -> Provider {
    Provider::preset(
        Scheme::builder("customerio")
            .signature_header("x-cio-signature")
            .timestamp_header("x-cio-timestamp")
            .message("v0:{timestamp}:{body}"),
    )
}

/// Calendly webhooks.
///
/// Unverified: based on Calendly's page, of which one paragraph was not read, and on a middleware
/// that follows its sample.
///
/// | | |
/// | --- | --- |
/// | Signature | `Calendly-Webhook-Signature`, a list such as `t=…,v1=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | `<t>.<raw body>` |
/// | Secret | the `signing_key` of the subscription, as text (in the response that creates it, or chosen by you) |
/// | Timestamp | `t`, Unix seconds, signed, 180 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Source: <https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures>
#[must_use]
pub fn calendly() -> Provider {
    Provider::preset(
        Scheme::builder("calendly")
            .signature_header("calendly-webhook-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_key("t")
            .tolerance(Duration::from_secs(180))
            .message("{timestamp}.{body}"),
    )
}

/// Typeform webhooks.
///
/// Unverified: three third-party descriptions agree. Typeform's own page was not read.
///
/// | | |
/// | --- | --- |
/// | Signature | `Typeform-Signature`, `sha256=` and the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (the form › Connect › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | none |
///
/// After `sha256=` the signature is in base64, not in hex.
///
/// The body may end with a line feed, which is signed too.
///
/// Source: <https://www.typeform.com/developers/webhooks/secure-your-webhooks/>
#[must_use]
pub fn typeform() -> Provider {
    Provider::preset(
        Scheme::builder("typeform")
            .encoding(Encoding::Base64)
            .signature_header("typeform-signature")
            .signature_prefix("sha256="),
    )
}

/// DocuSign Connect webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-DocuSign-Signature-1` to `X-DocuSign-Signature-16`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | a Connect key as text, although it looks like base64 (Connect › Connect keys) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// DocuSign sends one header for each Connect key of the account, numbered by the position of the
/// key. Any of them may match. An account can have up to 100 keys; the layer reads the headers of
/// the first 16.
///
/// A notification can contain the documents of an envelope. If it does, raise
/// [`body_limit`](crate::WebhookLayer::body_limit).
///
/// Source: <https://developers.docusign.com/platform/webhooks/connect/validate/>
#[doc(alias = "docusign_connect")]
#[must_use]
pub fn docusign() -> Provider {
    let headers = (2..=16).map(|number| format!("x-docusign-signature-{number}"));
    let first = Scheme::builder("docusign")
        .encoding(Encoding::Base64)
        .signature_header("x-docusign-signature-1");
    Provider::preset(headers.fold(first, SchemeBuilder::signature_header))
}

/// ClickUp webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the `secret` that the API returns when you create the webhook, as text (in the response of the API) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// The automation action "Call webhook" is another feature, without a signature.
///
/// Source: <https://developer.clickup.com/docs/webhooksignature>
#[must_use]
pub fn clickup() -> Provider {
    Provider::preset(Scheme::builder("clickup").signature_header("x-signature"))
}

/// Airtable webhook notifications.
///
/// Unverified: the encoding of the secret is known from a third-party library, and a test of that
/// library agrees.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Airtable-Content-MAC`, `hmac-sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | `macSecretBase64`, which the API returns once when you create the webhook, in base64 (in the response of the API) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `gtalarico/pyairtable` (third party) |
///
/// A notification contains no data. List the payloads with the API.
///
/// Source: <https://airtable.com/developers/web/api/webhooks-overview>
#[must_use]
pub fn airtable() -> Provider {
    Provider::preset(
        Scheme::builder("airtable")
            .secret_encoding(SecretEncoding::Base64)
            .signature_header("x-airtable-content-mac")
            .signature_prefix("hmac-sha256="),
    )
}

/// Asana webhooks.
///
/// Unverified: Asana's pages and OpenAPI document describe the handshake. The algorithm and the
/// encoding are known from third parties that cite the documentation.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hook-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the `X-Hook-Secret` of the handshake as text, although it looks like hex (in the header of the first request); each webhook has its own |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Handshakes | a `POST` request with `X-Hook-Secret`, answered with the same header |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Asana sends the handshake while the request that creates the webhook is still in progress. The
/// layer answers a request that has `X-Hook-Secret` and no signature, with 200 and the same header.
///
/// A handler of [`on_handshake_data`](crate::WebhookLayer::on_handshake_data) receives the secret
/// before the response is sent. Without a handler, read the secret from the response to the request
/// that created the webhook.
///
/// Asana sends signed heartbeats with an empty list of events. They are deliveries.
///
/// # Security
///
/// An attacker can send this handshake too, so accept it only while you create a webhook.
///
/// Source: <https://developers.asana.com/docs/webhooks-guide>
#[must_use]
pub fn asana() -> Provider {
    Provider::preset(Scheme::builder("asana").signature_header("x-hook-signature"))
        .with_handshakes(handshakes::asana())
}

/// Trello webhooks.
///
/// Unverified: based on Trello's page and on a third party's description.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Trello-Webhook`, the base64 HMAC-SHA1 |
/// | Signed text | `<raw body><URL>` |
/// | Secret | the application's OAuth 1 secret as text (the Power-Up admin portal › API key); neither its key nor a token |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Handshakes | a `HEAD` request, answered with 200 |
/// | Not signed | the method, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Trello signs the public URL, so the provider needs one:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let base = PublicUrl::fixed("https://hooks.example.com")?;
/// let trello = providers::trello().with_public_url(base);
/// # Ok(())
/// # }
/// ```
///
/// Inside axum's `nest`, the layer sees the path without the prefix. Append the prefix to the base
/// there, as in `https://hooks.example.com/api`.
///
/// When a webhook is created, Trello sends an unsigned `HEAD` request and expects 200.
///
/// # Security
///
/// Nothing separates the URL from the method and the body. A client that holds a delivery can move
/// bytes between them if the endpoint has routes that allow it.
///
/// Source: <https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/>
#[doc(alias = "atlassian")]
#[must_use]
pub fn trello() -> Provider {
    Provider::preset(
        Scheme::builder("trello")
            .algorithm(Algorithm::HmacSha1)
            .encoding(Encoding::Base64)
            .signature_header("x-trello-webhook")
            .message("{body}{url}")
            .danger_allow_ambiguous_message(),
    )
    .with_handshakes(handshakes::trello())
}

/// Checkr webhooks.
///
/// Unverified: known from a third party's receiver.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Checkr-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the account's API key, or the secret of the partner's app, as text (Account settings › Developer settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | none |
///
/// Source: <https://docs.checkr.com/>
#[must_use]
pub fn checkr() -> Provider {
    Provider::preset(Scheme::builder("checkr").signature_header("x-checkr-signature"))
}

/// Segment webhook destinations.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Signature`, the hex HMAC-SHA1 |
/// | Signed text | the raw body |
/// | Secret | the destination's shared secret as text (Connections › Destinations › the destination › Settings) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `POST`, `PUT` or `PATCH`, as configured |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Segment signs only the first event of a batch. The preset does not support this, so disable
/// batching.
///
/// Source: <https://segment.com/docs/connections/destinations/catalog/webhooks/>
#[doc(alias = "twilio_segment")]
#[must_use]
pub fn segment() -> Provider {
    Provider::preset(
        Scheme::builder("segment")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("x-signature"),
    )
    .with_methods([Method::POST, Method::PUT, Method::PATCH])
}

/// Linear webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Linear-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's signing secret as text (Settings › API) |
/// | Timestamp | `webhookTimestamp` in the body, Unix milliseconds, signed with the body, 60 s either way |
/// | Delivery ID | `Linear-Delivery`, not signed |
/// | Event type | `Linear-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@linear/sdk` 98.0.0 (npm) |
///
/// Source: <https://linear.app/developers/webhooks>
#[must_use]
pub fn linear() -> Provider {
    Provider::preset(
        Scheme::builder("linear")
            .signature_header("linear-signature")
            .timestamp(Location::json("webhookTimestamp"))
            .timestamp_format(TimestampFormat::Milliseconds)
            .tolerance(Duration::from_secs(60))
            .id_header("linear-delivery")
            .event_header("linear-event"),
    )
}

/// Notion webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Notion-Signature`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the `verification_token` as text, which Notion sends in the first request (the integration's page › Webhooks asks for it too) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Handshakes | a `POST` request with `verification_token`, passed to [`on_handshake_data`](crate::WebhookLayer::on_handshake_data) |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `@notionhq/client` 5.26.0 (npm) |
///
/// The first request to a new endpoint contains the `verification_token`, which becomes the secret.
/// The handler of `on_handshake_data` receives the token. Enter it on the page of the integration
/// to activate the webhook. Without a handler, the layer rejects the request.
///
/// According to makenotion/notion-sdk-js#722, Notion signs the first request with the token that it
/// contains. The layer does not check this signature, because it does not authenticate the sender.
///
/// The buttons "Send webhook" are another feature, without a signature.
///
/// # Security
///
/// An attacker can send this handshake too, so accept it only while you create a webhook.
///
/// Source: <https://developers.notion.com/reference/webhooks>
#[must_use]
pub fn notion() -> Provider {
    Provider::preset(
        Scheme::builder("notion")
            .signature_header("x-notion-signature")
            .signature_prefix("sha256="),
    )
    .with_handshakes(handshakes::notion())
}

/// Retell AI webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-retell-signature`, a list such as `v=…,d=…`, where each `d` is a hex HMAC-SHA256 |
/// | Signed text | `<raw body><v>` |
/// | Secret | the API key as text (Dashboard › API keys) |
/// | Timestamp | `v`, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `retell-sdk` 5.66.1 (npm) |
///
/// Source: <https://docs.retellai.com/features/secure-webhook>
#[doc(alias = "retellai")]
#[must_use]
pub fn retell() -> Provider {
    Provider::preset(
        Scheme::builder("retell")
            .signature_header("x-retell-signature")
            .signature_format(SignatureFormat::key_values("d").write_one_signature())
            .timestamp_key("v")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{body}{timestamp}"),
    )
}

/// HubSpot webhooks with signature version 3.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-HubSpot-Signature-v3`, the base64 HMAC-SHA256 |
/// | Signed text | `<method><URL, partly decoded><raw body><time>` |
/// | Secret | the app's client secret as text (the developer account › the app › Auth) |
/// | Timestamp | `X-HubSpot-Request-Timestamp`, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured |
/// | Not signed | the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `HubSpot/hubspot-api-python`; 4 cases of `@hubspot/api-client` 13.5.0 (npm) |
///
/// HubSpot signs the public URL, so the provider needs one:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let base = PublicUrl::fixed("https://hooks.example.com")?;
/// let hubspot = providers::hubspot_v3().with_public_url(base);
/// # Ok(())
/// # }
/// ```
///
/// Inside axum's `nest`, the layer sees the path without the prefix. Append the prefix to the base
/// there, as in `https://hooks.example.com/api`.
///
/// Before HubSpot signs the URL, it decodes some characters in it. The layer decodes those that
/// HubSpot's documentation lists: `: / ? @ ! $ ' ( ) * , ;`.
///
/// HubSpot also sends the signatures of versions 1 and 2. The layer ignores them.
///
/// # Security
///
/// Nothing separates the URL from the method and the body. A client that holds a delivery can move
/// bytes between them if the endpoint has routes that allow it.
///
/// Because characters of the URL are decoded before it is signed, an attacker can exchange `%3A`
/// and `:` in the URL of a delivery. A handler must not distinguish the two.
///
/// Source: <https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation>
#[doc(alias = "hubspot")]
#[must_use]
pub fn hubspot_v3() -> Provider {
    Provider::preset(
        Scheme::builder("hubspot-v3")
            .encoding(Encoding::Base64)
            .signature_header("x-hubspot-signature-v3")
            .timestamp_header("x-hubspot-request-timestamp")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{method}{canonical:hubspot_url}{body}{timestamp}")
            .danger_allow_ambiguous_message(),
    )
    .with_methods(ANY_METHOD)
}

/// Cal.com webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Cal-Signature-256`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (Settings › Developer › Webhooks) |
/// | Timestamp | none in the headers: a recorded delivery can be replayed at any time; `createdAt` in the body is signed, but not compared with the clock |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of Cal.com's sender; no recorded delivery |
///
/// Without a secret, the header contains `no-secret-provided`. The layer rejects it.
///
/// A custom payload template may turn the body into a form. It is signed as sent.
///
/// Source: <https://cal.com/docs/developing/guides/automation/webhooks>
#[doc(alias = "calcom")]
#[must_use]
pub fn cal_com() -> Provider {
    Provider::preset(Scheme::builder("cal-com").signature_header("x-cal-signature-256"))
}

/// Terra webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `terra-signature`, a list such as `t=1768478400,v1=…`, where `v1` is the hex HMAC-SHA256 |
/// | Signed text | `<t>.<raw body>` |
/// | Secret | the signing secret as text (where the console shows it is not known) |
/// | Timestamp | `t`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `terra-api` 2.1.0 (npm) |
///
/// Source: <https://www.npmjs.com/package/terra-api/v/2.1.0>
#[must_use]
pub fn terra() -> Provider {
    Provider::preset(
        Scheme::builder("terra")
            .signature_header("terra-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_key("t")
            .message("{timestamp}.{body}"),
    )
}

/// HighLevel webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-GHL-Signature`, the base64 Ed25519 signature |
/// | Signed text | the raw body |
/// | Secret | HighLevel's public key in PEM (where the console shows it is not known) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `ed25519` |
/// | Evidence | 4 cases of `@gohighlevel/api-client` 3.1.0 (npm) |
///
/// The SDK states that HighLevel no longer sends the RSA signature in `X-WH-Signature`.
///
/// Source: <https://www.npmjs.com/package/@gohighlevel/api-client/v/3.1.0>
#[cfg(feature = "ed25519")]
#[must_use]
pub fn highlevel() -> Provider {
    Provider::preset(
        Scheme::builder("highlevel")
            .algorithm(Algorithm::Ed25519)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Pem))
            .signature_header("x-ghl-signature"),
    )
}

/// Xero webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-xero-signature`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook signing key as text (where the console shows it is not known) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 401: [Xero requires it for an invalid signature](https://developer.xero.com/documentation/webhooks/configuring-your-server) |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Xero accepts an endpoint only if no response has a body. Rejections and the responses to
/// duplicates are [empty](Provider::with_empty_responses). Return an empty response from your
/// service, without cookies, within 5 seconds.
///
/// When a webhook is created, Xero sends requests with valid and with invalid signatures ("intent
/// to receive"). Valid ones must be answered with 200, also if `events` is empty.
///
/// Source: <https://developer.xero.com/documentation/webhooks/configuring-your-server>
#[must_use]
pub fn xero() -> Provider {
    Provider::preset(
        Scheme::builder("xero")
            .encoding(Encoding::Base64)
            .signature_header("x-xero-signature"),
    )
    .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::UNAUTHORIZED)
    .with_empty_responses()
}

/// Mautic webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Webhook-Signature`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (where the console shows it is not known) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// The header has the same name as that of Standard Webhooks, and another format.
///
/// Source: <https://mautic-developer.readthedocs.io/en/5.x/webhooks/getting_started.html>
#[must_use]
pub fn mautic() -> Provider {
    Provider::preset(
        Scheme::builder("mautic")
            .encoding(Encoding::Base64)
            .signature_header("webhook-signature"),
    )
}

/// Onfleet webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Onfleet-Signature`, the hex HMAC-SHA512 |
/// | Signed text | the raw body |
/// | Secret | the webhook secret in hex (Onfleet dashboard) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Handshakes | `GET` with the query `check`, unsigned, echoed as text |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Onfleet retries after any status except 200, every 30 minutes for up to a day.
///
/// Source: <https://docs.onfleet.com/reference/secrets>
#[must_use]
pub fn onfleet() -> Provider {
    Provider::preset(
        Scheme::builder("onfleet")
            .algorithm(Algorithm::HmacSha512)
            .secret_encoding(SecretEncoding::Hex)
            .signature_header("x-onfleet-signature"),
    )
    .with_handshakes(handshakes::onfleet())
}

/// Attio webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Attio-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (where the console shows it is not known) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `Idempotency-Key`, not signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// `X-Attio-Signature` has the same value. The preset ignores it.
///
/// Source: <https://docs.attio.com/rest-api/guides/webhooks>
#[must_use]
pub fn attio() -> Provider {
    Provider::preset(
        Scheme::builder("attio")
            .signature_header("attio-signature")
            .id_header("idempotency-key"),
    )
}

/// Jobber webhooks.
///
/// Unverified: known from the webhook routing of Nango and from third-party receivers.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Jobber-Hmac-SHA256`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the app's OAuth client secret as text (where the console shows it is not known) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | third-party receivers; no recorded delivery |
///
/// Jobber requires a response within 1 second.
///
/// Source: <https://developer.getjobber.com/docs/using_jobbers_api/setting_up_webhooks/>
#[must_use]
pub fn jobber() -> Provider {
    Provider::preset(
        Scheme::builder("jobber")
            .encoding(Encoding::Base64)
            .signature_header("x-jobber-hmac-sha256"),
    )
}
