use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("buildkite", "Buildkite", buildkite),
    Preset::new("buildkite-token", "Buildkite (token)", buildkite_token),
    Preset::new("circleci", "CircleCI", circleci),
    Preset::new("convoy", "Convoy", convoy),
    Preset::new("convoy-base64", "Convoy (base64)", convoy_base64),
    Preset::new("convoy-sha512", "Convoy (SHA-512)", convoy_sha512),
    Preset::new(
        "convoy-sha512-base64",
        "Convoy (SHA-512, base64)",
        convoy_sha512_base64,
    ),
    Preset::new("convoy-simple", "Convoy (simple)", convoy_simple),
    Preset::new(
        "convoy-simple-base64",
        "Convoy (simple, base64)",
        convoy_simple_base64,
    ),
    Preset::new(
        "convoy-simple-sha512",
        "Convoy (simple, SHA-512)",
        convoy_simple_sha512,
    ),
    Preset::new(
        "convoy-simple-sha512-base64",
        "Convoy (simple, SHA-512, base64)",
        convoy_simple_sha512_base64,
    ),
    Preset::new("grafana", "Grafana Alerting", grafana),
    Preset::new(
        "grafana-timed",
        "Grafana Alerting (with time)",
        grafana_timed,
    ),
    Preset::new("heroku", "Heroku", heroku),
    Preset::new("hookdeck", "Hookdeck", hookdeck),
    Preset::new("launchdarkly", "LaunchDarkly", launchdarkly),
    Preset::new("nango", "Nango", nango),
    Preset::new("pagerduty", "PagerDuty", pagerduty),
    Preset::new("sentry", "Sentry", sentry),
    Preset::new("vercel", "Vercel", vercel),
    Preset::new("cursor", "Cursor", cursor),
];

/// PagerDuty V3 webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-PagerDuty-Signature`, a list such as `v1=…,v1=…` with a hex HMAC-SHA256 for each secret in use |
/// | Signed text | the raw body |
/// | Secret | the secret of the subscription as text, although it looks like base64 (Integrations › Generic Webhooks; shown once) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Webhook-Id`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `PagerDuty/go-pagerduty` |
///
/// Source: <https://developer.pagerduty.com/docs/verifying-webhook-signatures>
#[doc(alias = "incident")]
#[doc(alias = "on_call")]
#[must_use]
pub fn pagerduty() -> Provider {
    Provider::preset(
        Scheme::builder("pagerduty")
            .signature_header("x-pagerduty-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .id_header("x-webhook-id"),
    )
}

/// Buildkite webhooks with a signature.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Buildkite-Signature`, a list such as `timestamp=…,signature=…`, where each `signature` is a hex HMAC-SHA256 |
/// | Signed text | `<timestamp>.<raw body>` |
/// | Secret | the token of the webhook as text (Notification services › Webhook) |
/// | Timestamp | `timestamp` in the same list, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | `X-Buildkite-Event`, not signed |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `buildkite/go-buildkite` |
///
/// Choose "signature" in the settings of the webhook. Otherwise Buildkite sends the token itself;
/// see [`buildkite_token`].
///
/// Source: <https://buildkite.com/docs/apis/webhooks#http-headers-request-signatures>
#[doc(alias = "ci")]
#[must_use]
pub fn buildkite() -> Provider {
    Provider::preset(
        Scheme::builder("buildkite")
            .signature_header("x-buildkite-signature")
            .signature_format(SignatureFormat::key_values("signature"))
            .timestamp_key("timestamp")
            .message("{timestamp}.{body}")
            .event_header("x-buildkite-event"),
    )
}

/// CircleCI outbound webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `circleci-signature`, a list of versions such as `v1=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret token of the webhook as text (Project settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | `circleci-event-type`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 published examples, from `circleci/circleci-docs` |
///
/// Source: <https://circleci.com/docs/outbound-webhooks/#validate-webhooks>
#[doc(alias = "ci")]
#[must_use]
pub fn circleci() -> Provider {
    Provider::preset(
        Scheme::builder("circleci")
            .signature_header("circleci-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .event_header("circleci-event-type"),
    )
}

/// Sentry integration webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Sentry-Hook-Signature` or `Sentry-App-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the client secret of the integration as text (Settings › Developer settings › the integration) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `Request-ID`, not signed |
/// | Event type | `Sentry-Hook-Resource`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Source: <https://docs.sentry.io/organization/integrations/integration-platform/webhooks/>
#[doc(alias = "error_tracking")]
#[must_use]
pub fn sentry() -> Provider {
    Provider::preset(
        Scheme::builder("sentry")
            .signature_header("sentry-hook-signature")
            .signature_header("sentry-app-signature")
            .id_header("request-id")
            .event_header("sentry-hook-resource"),
    )
}

/// Grafana Alerting webhook contact points without a timestamp.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Grafana-Alerting-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the HMAC secret of the contact point as text (Alerting › Contact points) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `POST` or `PUT`, as configured |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation, and the source of the sender ([grafana/alerting](https://github.com/grafana/alerting)); no delivery |
///
/// Leave the timestamp header of the contact point empty. With a timestamp header, Grafana signs
/// another text; see [`grafana_timed`].
///
/// Source: <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>
#[doc(alias = "alertmanager")]
#[must_use]
pub fn grafana() -> Provider {
    Provider::preset(Scheme::builder("grafana").signature_header("x-grafana-alerting-signature"))
        .with_methods(POST_OR_PUT)
}

/// Grafana Alerting webhook contact points with a timestamp.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Grafana-Alerting-Signature`, the hex HMAC-SHA256 |
/// | Signed text | `<timestamp>:<raw body>` |
/// | Secret | the HMAC secret of the contact point as text (Alerting › Contact points) |
/// | Timestamp | `X-Grafana-Alerting-Timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Methods | `POST` or `PUT`, as configured |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation, and the source of the sender ([grafana/alerting](https://github.com/grafana/alerting)); no delivery |
///
/// Set the timestamp header of the contact point to `X-Grafana-Alerting-Timestamp`. The example in
/// Grafana's documentation has another name, `X-Grafana-Alerting-Signature-Timestamp`, which this
/// preset does not read.
///
/// Source: <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>
#[doc(alias = "alertmanager")]
#[must_use]
pub fn grafana_timed() -> Provider {
    Provider::preset(
        Scheme::builder("grafana-timed")
            .signature_header("x-grafana-alerting-signature")
            .timestamp_header("x-grafana-alerting-timestamp")
            .message("{timestamp}:{body}"),
    )
    .with_methods(POST_OR_PUT)
}

/// Heroku app webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Heroku-Webhook-Hmac-SHA256`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the webhook as text (printed once by `heroku webhooks:add`) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: based on the documentation and a client, not on a delivery |
///
/// Source: <https://devcenter.heroku.com/articles/app-webhooks>
#[doc(alias = "paas")]
#[must_use]
pub fn heroku() -> Provider {
    Provider::preset(
        Scheme::builder("heroku")
            .encoding(Encoding::Base64)
            .signature_header("heroku-webhook-hmac-sha256"),
    )
}

/// Vercel webhooks and log drains.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-vercel-signature`, the hex HMAC-SHA1 |
/// | Signed text | the raw body |
/// | Secret | the secret of the webhook, or the client secret of the integration, as text (Settings › Webhooks, or the Integrations console) |
/// | Settings | the text that the console shows for a log drain, `verify`, for the handshake |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: based on the description of a third party, not on a delivery |
///
/// Handshake: Vercel sends a `GET` to the URL of a log drain. The layer answers with the text of
/// the setting in `x-vercel-verify`, and without the setting with 403. The handshake is known from
/// users of log drains, not from Vercel's documentation.
///
/// ```
/// # use tower_webhook::providers;
/// let vercel = providers::vercel().with_setting("verify", "the text of the console");
/// ```
///
/// Source: <https://vercel.com/docs/webhooks/webhooks-api>
#[doc(alias = "log_drain")]
#[doc(alias = "deployment")]
#[must_use]
pub fn vercel() -> Provider {
    Provider::preset(
        Scheme::builder("vercel")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("x-vercel-signature"),
    )
    .with_handshakes(handshakes::vercel())
}

/// LaunchDarkly webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-LD-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the webhook as text (Integrations › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: the documentation was read in part; no delivery |
///
/// Signing is optional. The layer rejects deliveries of a webhook that does not sign.
///
/// Source: <https://launchdarkly.com/docs/home/infrastructure/webhooks>
#[doc(alias = "feature_flag")]
#[must_use]
pub fn launchdarkly() -> Provider {
    Provider::preset(Scheme::builder("launchdarkly").signature_header("x-ld-signature"))
}

/// Hookdeck Event Gateway destinations.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-hookdeck-signature` or `x-hookdeck-signature-2`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the signing secret of the project as text (Settings › Secrets) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `x-hookdeck-eventid`, not signed |
/// | Event type | none |
/// | Methods | `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 10 MiB: [Hookdeck accepts up to 10 MiB](https://hookdeck.com/docs/platform/limits) by default |
/// | Evidence | Unverified: based on Hookdeck's description of its [webhook skills](https://github.com/hookdeck/webhook-skills), not on a delivery; 5 cases of `@hookdeck/sdk` 0.4.0 (npm) |
///
/// Hookdeck sends the second header while a secret is being replaced.
///
/// Hookdeck raises the limit of an organization on request. Set a larger limit with
/// [`WebhookLayer::body_limit`](crate::WebhookLayer::body_limit) then.
///
/// Source: <https://hookdeck.com/docs/authentication>
#[doc(alias = "event_gateway")]
#[must_use]
pub fn hookdeck() -> Provider {
    Provider::preset(
        Scheme::builder("hookdeck")
            .encoding(Encoding::Base64)
            .signature_header("x-hookdeck-signature")
            .signature_header("x-hookdeck-signature-2")
            .id_header("x-hookdeck-eventid"),
    )
    .with_methods(ANY_METHOD)
    .with_body_limit(10 << 20)
}

/// Convoy webhooks with advanced signatures: HMAC-SHA256 in hex.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Convoy-Signature`, a list such as `t=…,v1=…` with a hex HMAC-SHA256 for each secret in use |
/// | Signed text | `<timestamp>,<raw body>` |
/// | Secret | the secret of the endpoint as text (the endpoint › Signing secret) |
/// | Timestamp | `t` in the same list, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `X-Convoy-Idempotency-Key`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 9 published examples, from `frain-dev/convoy` |
///
/// The hash, the encoding and the kind of signature are settings of the Convoy project. Each
/// combination has a preset that begins with `convoy`.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[doc(alias = "frain")]
#[must_use]
pub fn convoy() -> Provider {
    Provider::preset(
        Scheme::builder("convoy")
            .signature_header("x-convoy-signature")
            .signature_format(SignatureFormat::key_values("v*"))
            .timestamp_key("t")
            .id_header("x-convoy-idempotency-key")
            .message("{timestamp},{body}"),
    )
}

/// Convoy webhooks with advanced signatures: HMAC-SHA256 in base64.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Convoy-Signature`, a list such as `t=…,v1=…` with a base64 HMAC-SHA256 for each secret in use |
/// | Signed text | `<timestamp>,<raw body>` |
/// | Secret | the secret of the endpoint as text (the endpoint › Signing secret) |
/// | Timestamp | `t` in the same list, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `X-Convoy-Idempotency-Key`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `frain-dev/convoy` |
///
/// The hash, the encoding and the kind of signature are settings of the Convoy project. Each
/// combination has a preset that begins with `convoy`.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[doc(alias = "frain")]
#[must_use]
pub fn convoy_base64() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-base64")
            .encoding(Encoding::Base64)
            .signature_header("x-convoy-signature")
            .signature_format(SignatureFormat::key_values("v*"))
            .timestamp_key("t")
            .id_header("x-convoy-idempotency-key")
            .message("{timestamp},{body}"),
    )
}

/// Convoy webhooks with advanced signatures: HMAC-SHA512 in hex.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Convoy-Signature`, a list such as `t=…,v1=…` with a hex HMAC-SHA512 for each secret in use |
/// | Signed text | `<timestamp>,<raw body>` |
/// | Secret | the secret of the endpoint as text (the endpoint › Signing secret) |
/// | Timestamp | `t` in the same list, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `X-Convoy-Idempotency-Key`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `frain-dev/convoy` |
///
/// The hash, the encoding and the kind of signature are settings of the Convoy project. Each
/// combination has a preset that begins with `convoy`.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[doc(alias = "frain")]
#[must_use]
pub fn convoy_sha512() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-sha512")
            .algorithm(Algorithm::HmacSha512)
            .signature_header("x-convoy-signature")
            .signature_format(SignatureFormat::key_values("v*"))
            .timestamp_key("t")
            .id_header("x-convoy-idempotency-key")
            .message("{timestamp},{body}"),
    )
}

/// Convoy webhooks with advanced signatures: HMAC-SHA512 in base64.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Convoy-Signature`, a list such as `t=…,v1=…` with a base64 HMAC-SHA512 for each secret in use |
/// | Signed text | `<timestamp>,<raw body>` |
/// | Secret | the secret of the endpoint as text (the endpoint › Signing secret) |
/// | Timestamp | `t` in the same list, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `X-Convoy-Idempotency-Key`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `frain-dev/convoy` |
///
/// The hash, the encoding and the kind of signature are settings of the Convoy project. Each
/// combination has a preset that begins with `convoy`.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[doc(alias = "frain")]
#[must_use]
pub fn convoy_sha512_base64() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-sha512-base64")
            .algorithm(Algorithm::HmacSha512)
            .encoding(Encoding::Base64)
            .signature_header("x-convoy-signature")
            .signature_format(SignatureFormat::key_values("v*"))
            .timestamp_key("t")
            .id_header("x-convoy-idempotency-key")
            .message("{timestamp},{body}"),
    )
}

/// Convoy webhooks with simple signatures: HMAC-SHA256 in hex.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Convoy-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the endpoint as text (the endpoint › Signing secret) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Convoy-Idempotency-Key`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `frain-dev/convoy` |
///
/// The hash, the encoding and the kind of signature are settings of the Convoy project. Each
/// combination has a preset that begins with `convoy`.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[doc(alias = "frain")]
#[must_use]
pub fn convoy_simple() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-simple")
            .signature_header("x-convoy-signature")
            .id_header("x-convoy-idempotency-key"),
    )
}

/// Convoy webhooks with simple signatures: HMAC-SHA256 in base64.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Convoy-Signature`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the endpoint as text (the endpoint › Signing secret) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Convoy-Idempotency-Key`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `frain-dev/convoy` |
///
/// The hash, the encoding and the kind of signature are settings of the Convoy project. Each
/// combination has a preset that begins with `convoy`.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[doc(alias = "frain")]
#[must_use]
pub fn convoy_simple_base64() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-simple-base64")
            .encoding(Encoding::Base64)
            .signature_header("x-convoy-signature")
            .id_header("x-convoy-idempotency-key"),
    )
}

/// Convoy webhooks with simple signatures: HMAC-SHA512 in hex.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Convoy-Signature`, the hex HMAC-SHA512 |
/// | Signed text | the raw body |
/// | Secret | the secret of the endpoint as text (the endpoint › Signing secret) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Convoy-Idempotency-Key`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `frain-dev/convoy` |
///
/// The hash, the encoding and the kind of signature are settings of the Convoy project. Each
/// combination has a preset that begins with `convoy`.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[doc(alias = "frain")]
#[must_use]
pub fn convoy_simple_sha512() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-simple-sha512")
            .algorithm(Algorithm::HmacSha512)
            .signature_header("x-convoy-signature")
            .id_header("x-convoy-idempotency-key"),
    )
}

/// Convoy webhooks with simple signatures: HMAC-SHA512 in base64.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Convoy-Signature`, the base64 HMAC-SHA512 |
/// | Signed text | the raw body |
/// | Secret | the secret of the endpoint as text (the endpoint › Signing secret) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Convoy-Idempotency-Key`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `frain-dev/convoy` |
///
/// The hash, the encoding and the kind of signature are settings of the Convoy project. Each
/// combination has a preset that begins with `convoy`.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[doc(alias = "frain")]
#[must_use]
pub fn convoy_simple_sha512_base64() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-simple-sha512-base64")
            .algorithm(Algorithm::HmacSha512)
            .encoding(Encoding::Base64)
            .signature_header("x-convoy-signature")
            .id_header("x-convoy-idempotency-key"),
    )
}

/// Buildkite webhooks with a token.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `X-Buildkite-Token` contains the token as text |
/// | Signed text | none |
/// | Secret | the token of the webhook as text (Notification services › Webhook) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | `X-Buildkite-Event`, not signed |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Prefer [`buildkite`], and choose "signature" in the settings of the webhook.
///
/// Source: <https://buildkite.com/docs/apis/webhooks#http-headers>
#[doc(alias = "ci")]
#[must_use]
pub fn buildkite_token() -> Provider {
    Provider::preset(
        Scheme::builder("buildkite-token")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("x-buildkite-token")
            .event_header("x-buildkite-event"),
    )
}

/// Nango webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Nango-Hmac-Sha256`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook signing key as text (where the console shows it is not known) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `@nangohq/node` 0.71.10 (npm) |
///
/// `X-Nango-Signature` is the older header. The layer ignores it.
///
/// Source: <https://www.npmjs.com/package/@nangohq/node/v/0.71.10>
#[must_use]
pub fn nango() -> Provider {
    Provider::preset(Scheme::builder("nango").signature_header("x-nango-hmac-sha256"))
}

/// Cursor Cloud Agent webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Webhook-Signature`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (where the console shows it is not known) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Webhook-ID`, not signed |
/// | Event type | `X-Webhook-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Source: <https://cursor.com/docs/cloud-agent/api/webhooks>
#[must_use]
pub fn cursor() -> Provider {
    Provider::preset(
        Scheme::builder("cursor")
            .signature_header("x-webhook-signature")
            .signature_prefix("sha256=")
            .id_header("x-webhook-id")
            .event_header("x-webhook-event"),
    )
}
