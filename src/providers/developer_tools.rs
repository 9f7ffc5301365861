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
    Preset::new("pagerduty", "PagerDuty", pagerduty),
    Preset::new("sentry", "Sentry", sentry),
    Preset::new("vercel", "Vercel", vercel),
];

/// PagerDuty V3 webhooks.
///
/// - Signature: `X-PagerDuty-Signature`, a list such as `v1=…,v1=…`, one for each secret in use,
///   where a signature is the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the subscription as text, although it looks like base64 (Integrations,
///   Generic Webhooks; shown once).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Webhook-Id`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://developer.pagerduty.com/docs/verifying-webhook-signatures>
#[must_use]
pub fn pagerduty() -> Provider {
    Provider::preset(
        Scheme::builder("pagerduty")
            .signature_header("x-pagerduty-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .id_header("x-webhook-id"),
    )
}

/// Buildkite webhooks.
///
/// - Signature: `X-Buildkite-Signature`, a list such as `timestamp=…,signature=…`, where a
///   signature is the hex HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the token of the webhook, as text (Notification services, Webhook); choose "signature" in
///   its settings, or it is sent in clear ([`buildkite_token`]).
/// - Time: `timestamp` in the same list, Unix seconds, signed, 300 s either way.
/// - Event: `X-Buildkite-Event`, not signed.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://buildkite.com/docs/apis/webhooks#http-headers-request-signatures>
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
/// - Signature: `circleci-signature`, a list of versions such as `v1=…`, where a signature is the
///   hex HMAC-SHA256 of the raw body.
/// - Key: the secret token of the webhook, as text (Project settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Event: `circleci-event-type`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://circleci.com/docs/outbound-webhooks/#validate-webhooks>
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
/// - Signature: `Sentry-Hook-Signature` or `Sentry-App-Signature`, the hex HMAC-SHA256 of the raw
///   body.
/// - Key: the client secret of the integration, as text (Settings, Developer settings, the
///   integration).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `Request-ID`, not signed.
/// - Event: `Sentry-Hook-Resource`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://docs.sentry.io/organization/integrations/integration-platform/webhooks/>
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

/// Grafana Alerting webhook contact points.
///
/// - Signature: `X-Grafana-Alerting-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the HMAC secret of the contact point, as text (Alerting, Contact points); leave its
///   timestamp header empty.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Methods: `POST` or `PUT`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// With a timestamp header configured the signed text is another: [`grafana_timed`].
///
/// Source: <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>
#[must_use]
pub fn grafana() -> Provider {
    Provider::preset(Scheme::builder("grafana").signature_header("x-grafana-alerting-signature"))
        .with_methods(POST_OR_PUT)
}

/// Grafana Alerting (with time) webhook contact points.
///
/// - Signature: `X-Grafana-Alerting-Signature`, the hex HMAC-SHA256 of `<time>:<raw body>`.
/// - Key: the HMAC secret of the contact point, as text (Alerting, Contact points); set its
///   timestamp header to `X-Grafana-Alerting-Timestamp`.
/// - Time: `X-Grafana-Alerting-Timestamp`, Unix seconds, signed, 300 s either way.
/// - Methods: `POST` or `PUT`, as configured.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>
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
/// - Signature: `Heroku-Webhook-Hmac-SHA256`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (`heroku webhooks:add` prints it); shown once.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Known in part: read on its page and in a client; no vector.
///
/// Source: <https://devcenter.heroku.com/articles/app-webhooks>
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
/// - Signature: `x-vercel-signature`, the hex HMAC-SHA1 of the raw body.
/// - Key: the secret of the webhook, or the client secret of the integration, as text (Settings,
///   Webhooks, or the Integrations console).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Known in part: read in a third party's description.
///
/// Handshakes: a `GET` is answered with `x-vercel-verify`, for log drains, once the text that the
/// console shows is set: `with_setting("verify", …)`. Without it, 403. Known from users of log
/// drains, not from Vercel's pages.
///
/// Source: <https://vercel.com/docs/webhooks/webhooks-api>
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
/// - Signature: `X-LD-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (Integrations, Webhooks); signing is optional.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Known in part: read on its pages; no vector.
///
/// Source: <https://launchdarkly.com/docs/home/infrastructure/webhooks>
#[must_use]
pub fn launchdarkly() -> Provider {
    Provider::preset(Scheme::builder("launchdarkly").signature_header("x-ld-signature"))
}

/// Hookdeck Event Gateway destinations.
///
/// - Signature: `x-hookdeck-signature` or `x-hookdeck-signature-2`, the base64 HMAC-SHA256 of the
///   raw body.
/// - Key: the signing secret of the project, as text (Settings, Secrets).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `x-hookdeck-eventid`, not signed.
/// - Methods: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// The second header is there while a secret is changed.
///
/// Known in part: read in its own description of the skill; no vector.
///
/// Source: <https://hookdeck.com/docs/authentication>
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
}

/// Convoy webhooks.
///
/// - Signature: `X-Convoy-Signature`, a list such as `t=…,v1=…`, one signature for each secret in
///   use, where a signature is the hex HMAC-SHA256 of `<time>,<raw body>`.
/// - Key: the secret of the endpoint, as text (the endpoint, Signing secret).
/// - Time: `t` in the same list, Unix seconds, signed, 300 s either way.
/// - Id: `X-Convoy-Idempotency-Key`, not signed.
/// - Not signed: the method, the URL, the other headers.
///
/// Hash, encoding and kind of signature are settings of the Convoy project; the presets that
/// begin with `convoy` are their combinations.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
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

/// Convoy (base64) webhooks.
///
/// - Signature: `X-Convoy-Signature`, a list such as `t=…,v1=…`, one signature for each secret in
///   use, where a signature is the base64 HMAC-SHA256 of `<time>,<raw body>`.
/// - Key: the secret of the endpoint, as text (the endpoint, Signing secret).
/// - Time: `t` in the same list, Unix seconds, signed, 300 s either way.
/// - Id: `X-Convoy-Idempotency-Key`, not signed.
/// - Not signed: the method, the URL, the other headers.
///
/// Hash, encoding and kind of signature are settings of the Convoy project; the presets that
/// begin with `convoy` are their combinations.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
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

/// Convoy (SHA-512) webhooks.
///
/// - Signature: `X-Convoy-Signature`, a list such as `t=…,v1=…`, one signature for each secret in
///   use, where a signature is the hex HMAC-SHA512 of `<time>,<raw body>`.
/// - Key: the secret of the endpoint, as text (the endpoint, Signing secret).
/// - Time: `t` in the same list, Unix seconds, signed, 300 s either way.
/// - Id: `X-Convoy-Idempotency-Key`, not signed.
/// - Not signed: the method, the URL, the other headers.
///
/// Hash, encoding and kind of signature are settings of the Convoy project; the presets that
/// begin with `convoy` are their combinations.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
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

/// Convoy (SHA-512, base64) webhooks.
///
/// - Signature: `X-Convoy-Signature`, a list such as `t=…,v1=…`, one signature for each secret in
///   use, where a signature is the base64 HMAC-SHA512 of `<time>,<raw body>`.
/// - Key: the secret of the endpoint, as text (the endpoint, Signing secret).
/// - Time: `t` in the same list, Unix seconds, signed, 300 s either way.
/// - Id: `X-Convoy-Idempotency-Key`, not signed.
/// - Not signed: the method, the URL, the other headers.
///
/// Hash, encoding and kind of signature are settings of the Convoy project; the presets that
/// begin with `convoy` are their combinations.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
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

/// Convoy (simple) webhooks.
///
/// - Signature: `X-Convoy-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the endpoint, as text (the endpoint, Signing secret).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Convoy-Idempotency-Key`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Hash, encoding and kind of signature are settings of the Convoy project; the presets that
/// begin with `convoy` are their combinations.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[must_use]
pub fn convoy_simple() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-simple")
            .signature_header("x-convoy-signature")
            .id_header("x-convoy-idempotency-key"),
    )
}

/// Convoy (simple, base64) webhooks.
///
/// - Signature: `X-Convoy-Signature`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the secret of the endpoint, as text (the endpoint, Signing secret).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Convoy-Idempotency-Key`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Hash, encoding and kind of signature are settings of the Convoy project; the presets that
/// begin with `convoy` are their combinations.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[must_use]
pub fn convoy_simple_base64() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-simple-base64")
            .encoding(Encoding::Base64)
            .signature_header("x-convoy-signature")
            .id_header("x-convoy-idempotency-key"),
    )
}

/// Convoy (simple, SHA-512) webhooks.
///
/// - Signature: `X-Convoy-Signature`, the hex HMAC-SHA512 of the raw body.
/// - Key: the secret of the endpoint, as text (the endpoint, Signing secret).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Convoy-Idempotency-Key`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Hash, encoding and kind of signature are settings of the Convoy project; the presets that
/// begin with `convoy` are their combinations.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
#[must_use]
pub fn convoy_simple_sha512() -> Provider {
    Provider::preset(
        Scheme::builder("convoy-simple-sha512")
            .algorithm(Algorithm::HmacSha512)
            .signature_header("x-convoy-signature")
            .id_header("x-convoy-idempotency-key"),
    )
}

/// Convoy (simple, SHA-512, base64) webhooks.
///
/// - Signature: `X-Convoy-Signature`, the base64 HMAC-SHA512 of the raw body.
/// - Key: the secret of the endpoint, as text (the endpoint, Signing secret).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Convoy-Idempotency-Key`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Hash, encoding and kind of signature are settings of the Convoy project; the presets that
/// begin with `convoy` are their combinations.
///
/// Source: <https://www.getconvoy.io/docs/product-manual/signatures>
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

/// Buildkite webhooks, by their token.
///
/// - Proof: `X-Buildkite-Token`, the token as it is. Nothing is signed.
/// - Key: the token of the webhook, as text (Notification services, Webhook).
/// - Time: none.
/// - Event: `X-Buildkite-Event`, not signed.
/// - Not signed: everything: the token says who sends, and not what.
///
/// Choose "signature" in the settings of the webhook, and take [`buildkite`], where you can.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://buildkite.com/docs/apis/webhooks#http-headers>
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
