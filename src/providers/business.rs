use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("airtable", "Airtable", airtable),
    Preset::new("asana", "Asana", asana),
    Preset::new("cal-com", "Cal.com", cal_com),
    Preset::new("calendly", "Calendly", calendly),
    Preset::new("checkr", "Checkr", checkr),
    Preset::new("clickup", "ClickUp", clickup),
    Preset::new("customerio", "Customer.io", customerio),
    Preset::new("docusign", "DocuSign", docusign),
    Preset::new("hubspot-v1", "HubSpot (v1)", hubspot_v1),
    Preset::new("hubspot-v2", "HubSpot (v2)", hubspot_v2),
    Preset::new("hubspot-v3", "HubSpot", hubspot_v3),
    Preset::new("intercom", "Intercom", intercom),
    Preset::new("jira", "Jira Cloud", jira),
    Preset::new("linear", "Linear", linear),
    Preset::new("notion", "Notion", notion),
    Preset::new("retell", "Retell AI", retell),
    Preset::new("segment", "Segment", segment),
    Preset::new("trello", "Trello", trello),
    Preset::new("typeform", "Typeform", typeform),
    Preset::new("zendesk", "Zendesk", zendesk),
];

/// Zendesk webhooks.
///
/// - Signature: `X-Zendesk-Webhook-Signature`, the base64 HMAC-SHA256 of `<time><raw body>`.
/// - Key: the signing secret of the webhook as text, although it looks like base64 (Admin Center,
///   Apps and integrations, Webhooks).
/// - Time: `X-Zendesk-Webhook-Signature-Timestamp`, RFC 3339, signed, 300 s either way.
/// - Id: `X-Zendesk-Webhook-Invocation-Id`, not signed.
/// - Methods: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured.
/// - Not signed: the method, the URL, the other headers.
///
/// The test of a webhook that is not saved yet is signed with a secret that is public: never
/// configure that one.
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
/// - Signature: `X-Hub-Signature`, `sha1=` and the hex HMAC-SHA1 of the raw body.
/// - Key: the client secret of the app, as text (Developer Hub, the app, Basic information).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Known in part: the header and the key are documented; no example with its secret is published.
///
/// Handshakes: a probe with `HEAD` is answered 200. A `ping` is a delivery.
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

/// HubSpot (v1) webhooks.
///
/// - Signature: `X-HubSpot-Signature`, the hex SHA-256, with the secret first, of the raw body.
/// - Key: the client secret of the app, as text (the developer account, the app, Auth).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// # Security
///
/// The signature is a plain hash, which allows length extension: a client without the secret can
/// append the padding of SHA-256 and any bytes to a genuine body. The layer rejects such bodies;
/// see [`Algorithm::Sha256SecretFirst`]. Prefer [`hubspot_v3`], which signs a timestamp too.
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

/// HubSpot (v2) workflow and CRM card requests.
///
/// - Signature: `X-HubSpot-Signature`, the hex SHA-256, with the secret first, of
///   `<method><URL><raw body>`.
/// - Key: the client secret of the app, as text (the developer account, the app, Auth).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured.
/// - Not signed: the headers.
///
/// # Security
///
/// Nothing separates the URL from the method and the body. A client that holds a delivery can move
/// bytes between them if the endpoint has routes that allow it.
///
/// The signature is a plain hash, which allows length extension: a client without the secret can
/// append the padding of SHA-256 and any bytes to a genuine body. The layer rejects such bodies;
/// see [`Algorithm::Sha256SecretFirst`]. Prefer [`hubspot_v3`], which signs a timestamp too.
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
/// - Signature: `X-Hub-Signature`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (System, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Atlassian-Webhook-Identifier`, not signed.
/// - Attempt: `X-Atlassian-Webhook-Retry`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Webhooks that a Connect or OAuth app registers carry a JSON web token instead.
///
/// Source: <https://developer.atlassian.com/cloud/jira/platform/webhooks/>
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
/// - Signature: `X-CIO-Signature`, the hex HMAC-SHA256 of `v0:<time>:<raw body>`.
/// - Key: the signing key of the reporting webhook, as text (Integrations, Reporting webhooks).
/// - Time: `X-CIO-Timestamp`, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Known in part: read on its page and in a third party's description.
///
/// Source: <https://docs.customer.io/api/webhooks>
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
/// - Signature: `Calendly-Webhook-Signature`, a list such as `t=…,v1=…`, where a signature is the
///   hex HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the `signing_key` of the subscription, as text (in the answer that creates it, or chosen
///   by you).
/// - Time: `t` in the same list, Unix seconds, signed, 180 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Known in part: read on its page; no vector.
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
/// - Signature: `Typeform-Signature`, `sha256=` and the base64 HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (the form, Connect, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// After `sha256=` comes base64, and not hex.
///
/// The body may end with a line feed, which is signed too.
///
/// Known in part: three third parties agree; its own page was not read.
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

/// DocuSign Connect.
///
/// - Signature: `X-DocuSign-Signature-1` to `X-DocuSign-Signature-16`, the base64 HMAC-SHA256 of
///   the raw body.
/// - Key: a Connect key as text, although it looks like base64 (Connect, Connect keys).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Each key of the account has a header of its own, by its place among them: the first sixteen
/// are looked at.
///
/// Source: <https://developers.docusign.com/platform/webhooks/connect/validate/>
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
/// - Signature: `X-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the `secret` that creating the webhook returns, as text (in the answer of the API).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://developer.clickup.com/docs/webhooksignature>
#[must_use]
pub fn clickup() -> Provider {
    Provider::preset(Scheme::builder("clickup").signature_header("x-signature"))
}

/// Airtable webhook notifications.
///
/// - Signature: `X-Airtable-Content-MAC`, `hmac-sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: `macSecretBase64`, which creating the webhook returns once, in base64 (in the answer of
///   the API).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// A notification has no data in it: list the payloads by the API.
///
/// Known in part: the form of the key comes from a third party; one vector agrees.
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
/// - Signature: `X-Hook-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the `X-Hook-Secret` of the handshake as text, although it looks like hex (in the header
///   of the first request); one for each webhook.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Known in part: read on its pages; no vector.
///
/// Handshakes: a request with `X-Hook-Secret` and no signature is answered with the same header.
/// A handler of [`on_handshake_data`](crate::WebhookLayer::on_handshake_data) receives the secret
/// first. Without a handler, read the secret from the response to the request that created the
/// webhook. An attacker can send this handshake too, so accept it only while you create a webhook.
///
/// Source: <https://developers.asana.com/docs/webhooks-guide>
#[must_use]
pub fn asana() -> Provider {
    Provider::preset(Scheme::builder("asana").signature_header("x-hook-signature"))
        .with_handshakes(handshakes::asana())
}

/// Trello webhooks.
///
/// - Signature: `X-Trello-Webhook`, the base64 HMAC-SHA1 of `<raw body><URL>`.
/// - Key: the OAuth 1 secret of the application, as text (the Power-Up admin portal, API key);
///   neither its key nor a token.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the headers.
///
/// Handshakes: a probe with `HEAD` is answered 200.
///
/// # Security
///
/// Nothing separates the URL from the method and the body. A client that holds a delivery can move
/// bytes between them if the endpoint has routes that allow it.
///
/// Known in part: read on its page and in a third party's description.
///
/// Source: <https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/>
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
/// - Signature: `X-Checkr-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the API key of the account, or the secret of the partner's app, as text (Account
///   settings, Developer settings).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Known in part: read in a third party's receiver.
///
/// Source: <https://docs.checkr.com/>
#[must_use]
pub fn checkr() -> Provider {
    Provider::preset(Scheme::builder("checkr").signature_header("x-checkr-signature"))
}

/// Segment webhook destinations.
///
/// - Signature: `X-Signature`, the hex HMAC-SHA1 of the raw body.
/// - Key: the shared secret of the destination, as text (Connections, Destinations, the
///   destination, Settings).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `POST`, `PUT` or `PATCH`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// A batch is signed over its first event alone, which is not supported: switch batching off.
///
/// Source: <https://segment.com/docs/connections/destinations/catalog/webhooks/>
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
/// - Signature: `Linear-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the signing secret of the webhook, as text (Settings, API).
/// - Time: `webhookTimestamp` in the body, Unix milliseconds, signed with the body, 60 s either
///   way.
/// - Id: `Linear-Delivery`, not signed.
/// - Event: `Linear-Event`, not signed.
/// - Not signed: the method, the URL, the headers.
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
/// - Signature: `X-Notion-Signature`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the `verification_token` as text, which Notion sends in the first request (the
///   integration's page, Webhooks, asks for it too).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// "Send webhook" buttons are another feature, and not signed.
///
/// Handshakes: the first request, with the `verification_token` and nothing else, goes to
/// [`on_handshake_data`](crate::WebhookLayer::on_handshake_data). Without a handler, the request is
/// rejected. An attacker can send this handshake too, so accept it only while you create a webhook.
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
/// - Signature: `x-retell-signature`, a list such as `v=…,d=…`, where a signature is the hex
///   HMAC-SHA256 of `<raw body><time>`.
/// - Key: the API key, as text (Dashboard, API keys).
/// - Time: `v` in the same list, Unix milliseconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://docs.retellai.com/features/secure-webhook>
#[must_use]
pub fn retell() -> Provider {
    Provider::preset(
        Scheme::builder("retell")
            .signature_header("x-retell-signature")
            .signature_format(SignatureFormat::key_values("d"))
            .timestamp_key("v")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{body}{timestamp}"),
    )
}

/// HubSpot webhooks (v3).
///
/// - Signature: `X-HubSpot-Signature-v3`, the base64 HMAC-SHA256 of `<method><URL, partly
///   decoded><raw body><time>`.
/// - Key: the client secret of the app, as text (the developer account, the app, Auth).
/// - Time: `X-HubSpot-Request-Timestamp`, Unix milliseconds, signed, 300 s either way.
/// - Methods: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured.
/// - Not signed: the other headers.
///
/// HubSpot sends the signatures of versions 1 and 2 beside it; they are not looked at. Of the URL
/// some letters are decoded before it is signed, as its documentation lists.
///
/// # Security
///
/// Nothing stands between the URL and what is signed beside it: whoever has a delivery can move
/// bytes from one to the other, if the endpoint has routes that differ so. And as letters of the
/// URL are decoded before it is signed, `%3A` in it can become `:` and the reverse: a handler
/// should act on nothing of the query by which of them was written.
///
/// Source: <https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation>
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
/// - Signature: `X-Cal-Signature-256`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (Settings, Developer, Webhooks).
/// - Time: none in the head, so a delivery that was recorded can be sent again at any time; the
///   body has a `createdAt`, which is signed with it.
/// - Not signed: the method, the URL, the headers.
///
/// Without a secret the header says `no-secret-provided`, which is refused. With a payload template
/// of one's own the body may be a form; it is signed as sent.
///
/// Source: <https://cal.com/docs/developing/guides/automation/webhooks>
#[must_use]
pub fn cal_com() -> Provider {
    Provider::preset(Scheme::builder("cal-com").signature_header("x-cal-signature-256"))
}
