//! Presets of payment, billing and subscription services.

use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("adyen-payments", "Adyen payments", adyen_payments),
    Preset::new("adyen-platform", "Adyen for Platforms", adyen_platform),
    Preset::new("braintree", "Braintree", braintree),
    Preset::new("cashfree", "Cashfree", cashfree),
    Preset::new("chargebee", "Chargebee", chargebee),
    Preset::new("checkout-com", "Checkout.com", checkout_com),
    Preset::new("checkout-com-token", "Checkout.com", checkout_com_token),
    Preset::new("coinbase-commerce", "Coinbase Commerce", coinbase_commerce),
    Preset::new("easypost", "EasyPost", easypost),
    Preset::new("flutterwave", "Flutterwave", flutterwave),
    Preset::new("flutterwave-v3", "Flutterwave v3", flutterwave_v3),
    Preset::new("gocardless", "GoCardless", gocardless),
    Preset::new("klarna", "Klarna", klarna),
    Preset::new("lemon-squeezy", "Lemon Squeezy", lemon_squeezy).with_aliases(&["lemonsqueezy"]),
    Preset::new("mercadopago", "Mercado Pago", mercadopago).with_aliases(&["mercado-pago"]),
    Preset::new("modern-treasury", "Modern Treasury", modern_treasury),
    Preset::new("mollie", "Mollie", mollie),
    Preset::new("orb", "Orb", orb),
    Preset::new("paddle", "Paddle Billing", paddle),
    Preset::new("paystack", "Paystack", paystack),
    Preset::new("razorpay", "Razorpay", razorpay),
    Preset::new("recurly", "Recurly", recurly),
    Preset::new("revenuecat", "RevenueCat", revenuecat),
    Preset::new("revenuecat-token", "RevenueCat", revenuecat_token),
    Preset::new("square", "Square", square).with_aliases(&["squareup"]),
    Preset::new("stripe", "Stripe", stripe),
    Preset::new("airwallex", "Airwallex", airwallex),
    Preset::new("revolut", "Revolut", revolut),
];

/// Stripe webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Stripe-Signature`, a list such as `t=1492774577,v1=…,v0=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | `<t>.<raw body>` |
/// | Secret | the endpoint's signing secret as text, `whsec_` included (Developers › Webhooks) |
/// | Timestamp | `t`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `stripe/stripe-dotnet`; 5 cases of `stripe` 23.1.0 (npm) |
///
/// - The list has several `v1` while a secret is being rolled. Any of them may match.
/// - Test mode adds `v0`, which the layer ignores.
/// - The signing secret is not the API key. `stripe listen` prints another secret.
/// - Stripe's own libraries check only that the timestamp is not too old.
///
/// The event's ID and type are in the body, as `id` and `type`; see
/// [`with_id_json`](Provider::with_id_json) and [`with_event_json`](Provider::with_event_json).
///
/// Source: <https://docs.stripe.com/webhooks#verify-manually>
#[doc(alias = "stripe_connect")]
#[must_use]
pub fn stripe() -> Provider {
    Provider::preset(
        Scheme::builder("stripe")
            .signature_header("stripe-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_key("t")
            .message("{timestamp}.{body}"),
    )
}

/// Adyen for Platforms webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `HmacSignature`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the HMAC key in hex (Customer Area › Developers › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `Adyen/adyen-node-api-library`; 4 cases of `@adyen/api-library` 32.1.0 (npm) |
///
/// The preset decodes the hex digits. A receiver that uses the text of the key computes another
/// signature; this is the usual mistake.
///
/// Payments webhooks have another scheme: [`adyen_payments`].
///
/// Source: <https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>
#[doc(alias = "balance_platform")]
#[must_use]
pub fn adyen_platform() -> Provider {
    Provider::preset(
        Scheme::builder("adyen-platform")
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::Hex)
            .signature_header("hmacsignature"),
    )
}

/// Paddle Billing webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Paddle-Signature`, a list such as `ts=1671552777;h1=…`, where each `h1` is a hex HMAC-SHA256 |
/// | Signed text | `<ts>:<raw body>` |
/// | Secret | the secret of the notification destination as text, `pdl_ntfset_` included (Developer tools › Notifications) |
/// | Timestamp | `ts`, Unix seconds, signed, 5 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 published examples, from `PaddleHQ/paddle-go-sdk` and `PaddleHQ/paddle-python-sdk`; 5 cases of `@paddle/paddle-node-sdk` 3.10.0 (npm) |
///
/// Paddle's Python and Node libraries use a tolerance of 5 s. A server whose clock is not
/// synchronized needs a larger one; set it with [`tolerance`](crate::WebhookLayer::tolerance).
///
/// Paddle Classic has another scheme: `paddle_classic`.
///
/// Source: <https://developer.paddle.com/webhooks/signature-verification>
#[doc(alias = "paddle_billing")]
#[must_use]
pub fn paddle() -> Provider {
    Provider::preset(
        Scheme::builder("paddle")
            .signature_header("paddle-signature")
            .signature_format(SignatureFormat::separated("h1", ";", '='))
            .timestamp_key("ts")
            .tolerance(Duration::from_secs(5))
            .message("{timestamp}:{body}"),
    )
}

/// Lemon Squeezy webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's signing secret as text (Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | `X-Event-Name`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Source: <https://docs.lemonsqueezy.com/help/webhooks/signing-requests>
#[doc(alias = "lemonsqueezy")]
#[must_use]
pub fn lemon_squeezy() -> Provider {
    Provider::preset(
        Scheme::builder("lemon-squeezy")
            .signature_header("x-signature")
            .event_header("x-event-name"),
    )
}

/// Razorpay webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Razorpay-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text, not the secret of the API key (Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `x-razorpay-event-id`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `razorpay/razorpay-node`; 4 cases of `razorpay` 2.9.8 (npm) |
///
/// Source: <https://razorpay.com/docs/webhooks/validate-test/>
#[must_use]
pub fn razorpay() -> Provider {
    Provider::preset(
        Scheme::builder("razorpay")
            .signature_header("x-razorpay-signature")
            .id_header("x-razorpay-event-id"),
    )
}

/// Paystack webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-paystack-signature`, the hex HMAC-SHA512 |
/// | Signed text | the raw body |
/// | Secret | the API secret key, `sk_live_…` or `sk_test_…`, as text (Settings › API Keys and Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Source: <https://paystack.com/docs/payments/webhooks/>
#[must_use]
pub fn paystack() -> Provider {
    Provider::preset(
        Scheme::builder("paystack")
            .algorithm(Algorithm::HmacSha512)
            .signature_header("x-paystack-signature"),
    )
}

/// Flutterwave v4 webhooks.
///
/// Unverified: based on parts of Flutterwave's documentation and on third-party receivers. The
/// receivers use this scheme. An older text of the documentation compares the header with the
/// secret hash itself.
///
/// | | |
/// | --- | --- |
/// | Signature | `flutterwave-signature`, the base64 HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret hash of the dashboard, as text (Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// For v3 webhooks, use [`flutterwave_v3`].
///
/// Source: <https://developer.flutterwave.com/docs/webhooks>
#[must_use]
pub fn flutterwave() -> Provider {
    Provider::preset(
        Scheme::builder("flutterwave")
            .encoding(Encoding::Base64)
            .signature_header("flutterwave-signature"),
    )
}

/// Flutterwave v3 webhooks with a shared token.
///
/// Unverified: based on parts of Flutterwave's documentation and on third-party receivers.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `verif-hash` contains the token as text |
/// | Signed text | none |
/// | Secret | the secret hash of the dashboard, as text (Settings › Webhooks) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Flutterwave calls the token a secret hash. It is not the hash of anything.
///
/// For v4 webhooks, use [`flutterwave`].
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://developer.flutterwave.com/docs/webhooks>
#[must_use]
pub fn flutterwave_v3() -> Provider {
    Provider::preset(
        Scheme::builder("flutterwave-v3")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("verif-hash"),
    )
}

/// Mollie webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Mollie-Signature`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's signing secret as text (Developers › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of `mollie/mollie-api-php`; 5 cases of `mollie-api-typescript` 1.12.28 (npm) |
///
/// While a secret is being changed, Mollie may send the header several times, with a signature
/// each. Any of them may match.
///
/// # Security
///
/// Classic webhooks, whose form contains only an `id`, have no signature, and the layer rejects
/// them. A receiver of classic webhooks must fetch the payment from the API and trust nothing else.
///
/// Source: <https://github.com/mollie/mollie-api-php/blob/master/docs/webhooks.md>
#[must_use]
pub fn mollie() -> Provider {
    Provider::preset(
        Scheme::builder("mollie")
            .signature_header("x-mollie-signature")
            .repeated_signature_header()
            .signature_prefix("sha256="),
    )
}

/// GoCardless webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Webhook-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the endpoint's secret as text (Developers › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 498: [GoCardless asks for `498 Token Invalid`](https://developer.gocardless.com/api-reference/#webhooks-signing-webhooks) |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `gocardless/gocardless-pro-python`; 4 cases of `gocardless-nodejs` 10.1.2 (npm) |
///
/// One body contains many events. Identify each of them by its `id` in the body.
///
/// The header has the same name as that of Standard Webhooks, and another format.
///
/// Source: <https://developer.gocardless.com/api-reference/#webhooks-signing-webhooks>
#[must_use]
pub fn gocardless() -> Provider {
    Provider::preset(Scheme::builder("gocardless").signature_header("webhook-signature"))
        .with_rejection_status(
            RejectionClass::InvalidSignature,
            StatusCode::from_u16(498).unwrap_or(StatusCode::FORBIDDEN),
        )
}

/// Coinbase Commerce webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-CC-Webhook-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the shared secret of webhooks as text (Settings › Notifications) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `coinbase/coinbase-commerce-node`; 4 cases of `coinbase-commerce-node` 1.0.4 (npm) |
///
/// Source: <https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-security>
#[doc(alias = "coinbase")]
#[must_use]
pub fn coinbase_commerce() -> Provider {
    Provider::preset(
        Scheme::builder("coinbase-commerce").signature_header("x-cc-webhook-signature"),
    )
}

/// Checkout.com workflow webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Cko-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the signature key of the workflow's webhook action, as text (Workflows › the webhook) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// The preset covers payments. According to a third-party receiver, identity verification sends an
/// ECDSA signature in the same header. The layer rejects it.
///
/// Source: <https://www.checkout.com/docs/developer-resources/event-notifications/receive-webhooks>
#[doc(alias = "cko")]
#[must_use]
pub fn checkout_com() -> Provider {
    Provider::preset(Scheme::builder("checkout-com").signature_header("cko-signature"))
}

/// Checkout.com workflow webhooks with an authorization header.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the whole value that is configured for the header (Workflows › the webhook; chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// [`checkout_com`] verifies a signature. Prefer it.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://www.checkout.com/docs/developer-resources/event-notifications/receive-webhooks>
#[doc(alias = "cko")]
#[must_use]
pub fn checkout_com_token() -> Provider {
    Provider::preset(
        Scheme::builder("checkout-com-token")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Klarna Network webhooks.
///
/// Unverified: Klarna's pages give the headers, HMAC-SHA256 and the status. The hex encoding and
/// the key as text are known from Klarna's WooCommerce plugin. Third-party receivers contradict
/// each other.
///
/// | | |
/// | --- | --- |
/// | Signature | `Klarna-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the signing key as text, which the API shows once (in the response that creates the key) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 400: [Klarna asks for it](https://docs.klarna.com/klarna-network-distribution/manage-partners/integration-setup-and-notifications/webhooks) |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// `Klarna-Signing-Key-Id` names the key and is not signed. The layer ignores it. If you have
/// several signing keys, configure the others as [previous](crate::Keys::previous) keys.
///
/// Source: <https://docs.klarna.com/klarna-network-distribution/manage-partners/integration-setup-and-notifications/webhooks>
#[must_use]
pub fn klarna() -> Provider {
    Provider::preset(Scheme::builder("klarna").signature_header("klarna-signature"))
        .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::BAD_REQUEST)
}

/// Recurly webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `recurly-signature`, a list of the time and then signatures, without names, where each signature is a hex HMAC-SHA256 |
/// | Signed text | `<time>.<raw body>` |
/// | Secret | the endpoint's secret key as text, although it looks like hex (Integrations › Webhooks) |
/// | Timestamp | the first item of the list, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `recurly/recurly-client-ruby` |
///
/// Source: <https://docs.recurly.com/docs/webhooks>
#[must_use]
pub fn recurly() -> Provider {
    Provider::preset(
        Scheme::builder("recurly")
            .signature_header("recurly-signature")
            .signature_format(SignatureFormat::timestamp_then_values(","))
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{timestamp}.{body}"),
    )
}

/// EasyPost webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hmac-Signature`, `hmac-sha256-hex=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (chosen by you when you create the webhook) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `@easypost/api` 8.9.0 (npm) |
///
/// EasyPost's libraries normalize the secret to Unicode NFKD, and this preset does not. Choose a
/// secret in ASCII, which NFKD leaves as it is.
///
/// Source: <https://docs.easypost.com/guides/webhooks-guide>
#[must_use]
pub fn easypost() -> Provider {
    Provider::preset(
        Scheme::builder("easypost")
            .signature_header("x-hmac-signature")
            .signature_prefix("hmac-sha256-hex="),
    )
}

/// Modern Treasury webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the endpoint's signing key as text (Developers › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Delivery-ID`, not signed |
/// | Event type | `X-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `modern-treasury` 3.3.0 (npm) |
///
/// Source: <https://docs.moderntreasury.com/platform/reference/webhook-endpoints>
#[must_use]
pub fn modern_treasury() -> Provider {
    Provider::preset(
        Scheme::builder("modern-treasury")
            .signature_header("x-signature")
            .id_header("x-delivery-id")
            .event_header("x-event"),
    )
}

/// Orb webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Orb-Signature`, a list such as `v1=… v1=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | `v1:<time>:<raw body>` |
/// | Secret | the endpoint's secret as text (Developers › Webhooks) |
/// | Timestamp | `X-Orb-Timestamp`, date and time in UTC, without an offset or with `Z`, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 9 cases of `orb-billing` 6.11.0 (npm) |
///
/// Orb separates several signatures by spaces. Any of them may match.
///
/// Source: <https://docs.withorb.com/integrations-and-exports/webhooks>
#[must_use]
pub fn orb() -> Provider {
    Provider::preset(
        Scheme::builder("orb")
            .signature_header("x-orb-signature")
            .signature_format(SignatureFormat::separated("v1", " ", '='))
            .timestamp_header("x-orb-timestamp")
            .timestamp_format(TimestampFormat::DateTime)
            .message("v1:{timestamp}:{body}"),
    )
}

/// RevenueCat webhooks with a signature.
///
/// Unverified: known from RevenueCat's page and from third-party receivers.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-RevenueCat-Webhook-Signature`, a list such as `t=…,v1=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | `<t>.<raw body>` |
/// | Secret | the webhook's signing secret as text (Integrations › Webhooks) |
/// | Timestamp | `t`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// RevenueCat signs only if you enable it for the integration. Otherwise use [`revenuecat_token`].
///
/// Source: <https://www.revenuecat.com/docs/integrations/webhooks>
#[must_use]
pub fn revenuecat() -> Provider {
    Provider::preset(
        Scheme::builder("revenuecat")
            .signature_header("x-revenuecat-webhook-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_key("t")
            .message("{timestamp}.{body}"),
    )
}

/// RevenueCat webhooks with an authorization header.
///
/// Unverified: known from RevenueCat's page only.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains the token as text |
/// | Signed text | none |
/// | Secret | the whole value that is configured for the header (Integrations › Webhooks; chosen by you); RevenueCat adds no `Bearer ` |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// [`revenuecat`] verifies a signature. Prefer it.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://www.revenuecat.com/docs/integrations/webhooks>
#[must_use]
pub fn revenuecat_token() -> Provider {
    Provider::preset(
        Scheme::builder("revenuecat-token")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Chargebee webhooks with basic authentication.
///
/// Unverified: known from a third party's description.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains `Basic ` and the base64 of the credentials |
/// | Signed text | none |
/// | Secret | `user:password`, as configured for the webhook (Settings › Webhooks; chosen by you) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 4 cases of `chargebee` 3.33.0 (npm) |
///
/// Chargebee advises to fetch the event from the API before you act on it.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://www.chargebee.com/docs/2.0/webhook_settings.html>
#[must_use]
pub fn chargebee() -> Provider {
    Provider::preset(
        Scheme::builder("chargebee")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Base64)
            .signature_header("authorization")
            .signature_prefix("Basic "),
    )
}

/// Square webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-square-hmacsha256-signature`, the base64 HMAC-SHA256 |
/// | Signed text | `<URL><raw body>` |
/// | Secret | the subscription's signature key as text (Developer Console › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Attempt | `square-retry-number`, not signed |
/// | Not signed | the method, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 3 published examples, from `square/square-nodejs-sdk`; 4 cases of `square` 46.0.0 (npm) |
///
/// Square signs the public URL, so the provider needs one:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let base = PublicUrl::fixed("https://hooks.example.com")?;
/// let square = providers::square().with_public_url(base);
/// # Ok(())
/// # }
/// ```
///
/// Inside axum's `nest`, the layer sees the path without the prefix. Append the prefix to the base
/// there, as in `https://hooks.example.com/api`.
///
/// Square may also send `x-square-signature`, with SHA-1. The layer ignores it.
///
/// # Security
///
/// Nothing separates the URL from the body. A client that holds a delivery can move bytes between
/// them if the endpoint has routes that allow it.
///
/// Source: <https://developer.squareup.com/docs/webhooks/step3validate>
#[doc(alias = "squareup")]
#[must_use]
pub fn square() -> Provider {
    Provider::preset(
        Scheme::builder("square")
            .encoding(Encoding::Base64)
            .signature_header("x-square-hmacsha256-signature")
            .message("{url}{body}")
            .danger_allow_ambiguous_message()
            .attempt_header("square-retry-number"),
    )
}

/// Mercado Pago webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-signature`, a list such as `ts=…,v1=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | `id:<data.id>;request-id:<x-request-id>;ts:<ts>;`, without the parts whose value is absent or empty |
/// | Secret | the application's secret signature as text, although it looks like hex (Your integrations › the application › Webhooks) |
/// | Timestamp | `ts`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the body, the method, the rest of the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `mercadopago` 3.6.1 (npm) |
///
/// `data.id` is a parameter of the query. The `data.id` in the body may differ and is not signed.
///
/// # Security
///
/// A delivery without `x-request-id` and without `data.id` has only the time in its text. For
/// [`DedupeLayer`](crate::DedupeLayer), two such deliveries of one second are duplicates. Use
/// [`DedupeLayer::key_by`](crate::DedupeLayer::key_by) if Mercado Pago sends them to you.
///
/// The body is not signed. An attacker who holds one delivery can send any body with it until the
/// timestamp expires. Fetch the payment by its `data.id` from the API.
///
/// Source: <https://www.mercadopago.com/developers/en/docs/your-integrations/notifications/webhooks>
#[doc(alias = "mercado_pago")]
#[must_use]
pub fn mercadopago() -> Provider {
    Provider::preset(
        Scheme::builder("mercadopago")
            .signature_header("x-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_key("ts")
            .message("id:{query:data.id};request-id:{header:x-request-id};ts:{timestamp};")
            .optional_part("id:{query:data.id};")
            .optional_part("request-id:{header:x-request-id};")
            .danger_leave_body_unsigned()
            .message_is_unique(),
    )
}

/// Wise webhooks.
///
/// | | |
/// | --- | --- |
/// | Feature | `rsa` |
/// | Signature | `X-Signature-SHA256`, the base64 RSA signature (PKCS#1 v1.5, SHA-256) |
/// | Signed text | the raw body |
/// | Secret | Wise's public key in PEM (Wise's documentation); the sandbox has another key |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Delivery-Id`, not signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `transferwise/digital-signatures-examples` |
///
/// Source: <https://github.com/transferwise/digital-signatures-examples>
#[doc(alias = "transferwise")]
#[cfg(feature = "rsa")]
#[must_use]
pub fn wise() -> Provider {
    Provider::preset(
        Scheme::builder("wise")
            .algorithm(Algorithm::RsaSha256)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Pem))
            .signature_header("x-signature-sha256")
            .id_header("x-delivery-id"),
    )
}

/// PayPal webhooks.
///
/// | | |
/// | --- | --- |
/// | Feature | `rsa` |
/// | Signature | `PAYPAL-TRANSMISSION-SIG`, the base64 RSA signature (PKCS#1 v1.5, SHA-256) |
/// | Signed text | `<paypal-transmission-id>\|<time>\|<webhook_id>\|<CRC-32 of the body in decimal>` |
/// | Secret | the certificate of `PAYPAL-CERT-URL` in PEM (in each request); `WebhookLayer::with_remote_keys` fetches it, from hosts of `paypal.com` only |
/// | Settings | `webhook_id`, which the dashboard shows (Apps and credentials › the app › Webhooks) |
/// | Timestamp | `PAYPAL-TRANSMISSION-TIME`, RFC 3339, signed, 300 s either way |
/// | Delivery ID | `PAYPAL-TRANSMISSION-ID`, signed |
/// | Event type | none |
/// | Not signed | the body, except for its CRC-32; the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `paypal/PayPal-Python-SDK`; 5 cases of `paypalrestsdk` 1.13.3 (PyPI) |
///
/// `PAYPAL-AUTH-ALGO` must be `SHA256withRSA`.
///
/// The chain of the certificate is not verified. Its authenticity rests on the TLS connection that
/// fetched it.
///
/// # Security
///
/// Only the CRC-32 of the body is signed. An attacker who holds a delivery can change the body and
/// keep its CRC-32. Fetch the event from the API before you act on it.
///
/// Source: <https://developer.paypal.com/api/rest/webhooks/rest/>
#[cfg(feature = "rsa")]
#[must_use]
pub fn paypal() -> Provider {
    Provider::preset(
        Scheme::builder("paypal")
            .algorithm(Algorithm::RsaSha256)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Certificate))
            .remote_key(RemoteKey::certificate_at_header(
                "paypal-cert-url",
                &["paypal.com", "**.paypal.com"],
                ("/v1/notifications/certs/", ""),
            ))
            .signature_header("paypal-transmission-sig")
            .timestamp_header("paypal-transmission-time")
            .timestamp_format(TimestampFormat::Rfc3339)
            .id_header("paypal-transmission-id")
            .message("{header:paypal-transmission-id}|{timestamp}|{setting:webhook_id}|{crc32}")
            .require_header("paypal-auth-algo", "SHA256withRSA")
            .danger_leave_body_unsigned(),
    )
}

/// Paddle Classic alerts.
///
/// | | |
/// | --- | --- |
/// | Feature | `rsa` |
/// | Signature | the form field `p_signature`, the base64 RSA signature (PKCS#1 v1.5, SHA-1) |
/// | Signed text | the other fields, sorted by name, in the format of PHP's `serialize` |
/// | Secret | the account's public key in PEM (Developer tools › Public key) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | the form field `alert_id`, signed |
/// | Event type | the form field `alert_name`, signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `verify-paddle-webhook` 1.1.0 (npm, third party) |
///
/// Paddle Billing has another scheme: [`paddle`].
///
/// # Security
///
/// `event_time` is signed, but the layer does not compare it with the clock.
///
/// Source: <https://developer.paddle.com/classic/reference/verifying-webhooks>
#[cfg(feature = "rsa")]
#[must_use]
pub fn paddle_classic() -> Provider {
    Provider::preset(
        Scheme::builder("paddle-classic")
            .algorithm(Algorithm::RsaSha1)
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Pem))
            .signature(Location::form("p_signature"))
            .id(Location::form("alert_id"))
            .event(Location::form("alert_name"))
            .message("{canonical:paddle_classic}"),
    )
}

/// Braintree webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | the form field `bt_signature`, a list such as `<public key>\|…&<public key>\|…`, where each signature is a hex HMAC-SHA1 |
/// | Signed text | the decoded form field `bt_payload`, with or without a line feed at its end |
/// | Secret | the account's private key as text; the SHA-1 of the text is the key of the HMAC (Settings › API) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Handshakes | `GET` with `bt_challenge`, answered with the public key and the HMAC of the challenge |
/// | Not signed | the other fields of the body, the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `braintree` 3.40.0 (npm) |
///
/// Braintree checks the endpoint with the handshake. It needs the public key of the account;
/// without it, the answer is 403:
///
/// ```
/// use tower_webhook::providers;
///
/// let braintree = providers::braintree().with_setting("public_key_id", "your_public_key");
/// ```
///
/// The setting applies to the handshake only. The public keys in `bt_signature` are not compared
/// with it: every signature in the list may match.
///
/// The layer rejects a payload that could be a challenge, even if its signature is valid. Otherwise
/// an attacker could use the handshake to have a payload signed.
///
/// # Security
///
/// Only the field `bt_payload` is signed. The layer does not compare the timestamp in it with the
/// clock.
///
/// Source: <https://developer.paypal.com/braintree/docs/guides/webhooks/parse>
#[must_use]
pub fn braintree() -> Provider {
    Provider::preset(
        Scheme::builder("braintree")
            .algorithm(Algorithm::HmacSha1)
            .secret_encoding(SecretEncoding::Sha1Digest)
            .signature(Location::form("bt_signature"))
            .signature_format(SignatureFormat::separated("*", "&", '|'))
            .message("{canonical:braintree}")
            .alternative_message("{canonical:braintree}\n")
            .danger_leave_body_unsigned()
            .message_is_unique(),
    )
    .with_handshakes(handshakes::braintree())
}

/// Adyen payments webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `NotificationRequestItem.additionalData.hmacSignature` in each item of `notificationItems` in the JSON body, the base64 HMAC-SHA256 |
/// | Signed text | `<pspReference>:<originalReference>:<merchantAccountCode>:<merchantReference>:<amount.value>:<amount.currency>:<eventCode>:<success>` of the item; absent values are empty |
/// | Secret | the webhook's HMAC key, in hex (Customer Area › Developers › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the rest of the body, such as `reason`, `eventDate` and the rest of `additionalData`; the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 3 published examples, from `Adyen/adyen-node-api-library` and `Adyen/adyen-java-api-library`; 5 cases of `@adyen/api-library` 32.1.0 (npm) |
///
/// - Every item must have a valid signature. One item without it rejects the whole delivery.
/// - Adyen does not escape colons. The layer rejects an item with a colon in a signed value other
///   than `merchantReference`, which the merchant chooses.
/// - Adyen signs queued notifications with the key of the time when they were queued. After a
///   change of the key, keep the former one as a [previous](crate::Keys::previous) key for a while.
///
/// Balance platform webhooks have another scheme: [`adyen_platform`].
///
/// # Security
///
/// Trust the signed values of an item, and nothing else in the body.
///
/// A client that holds a delivery can leave items out or repeat them, so `DedupeLayer` has no key
/// for it. Identify items by their `pspReference`, `eventCode` and `success`.
///
/// Source: <https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>
#[doc(alias = "adyen")]
#[must_use]
pub fn adyen_payments() -> Provider {
    Provider::preset(
        Scheme::builder("adyen-payments")
            .encoding(Encoding::Base64)
            .secret_encoding(SecretEncoding::Hex)
            .signed_items("notificationItems")
            .signature(Location::json(
                "NotificationRequestItem.additionalData.hmacSignature",
            ))
            .message("{canonical:adyen_item}")
            .danger_leave_body_unsigned(),
    )
}

/// Cashfree webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-webhook-signature`, the base64 HMAC-SHA256 |
/// | Signed text | `<timestamp><raw body>` |
/// | Secret | the client secret as text (where the console shows it is not known) |
/// | Timestamp | `x-webhook-timestamp`, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `cashfree-pg` 6.0.6 (npm) |
///
/// `cashfree-pg` does not check the age of the timestamp. The layer does.
///
/// Source: <https://www.npmjs.com/package/cashfree-pg/v/6.0.6>
#[must_use]
pub fn cashfree() -> Provider {
    Provider::preset(
        Scheme::builder("cashfree")
            .encoding(Encoding::Base64)
            .signature_header("x-webhook-signature")
            .timestamp_header("x-webhook-timestamp")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{timestamp}{body}"),
    )
}

/// Airwallex webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-signature`, the hex HMAC-SHA256 |
/// | Signed text | `<x-timestamp><raw body>`, without a separator |
/// | Secret | the secret of the notification URL as text (Developer › Webhooks) |
/// | Timestamp | `x-timestamp`, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Airwallex documents no tolerance. It retries after any status except 200, for about three days.
///
/// Source: <https://www.airwallex.com/docs/developer-tools/webhooks/listen-for-webhook-events>
#[must_use]
pub fn airwallex() -> Provider {
    Provider::preset(
        Scheme::builder("airwallex")
            .signature_header("x-signature")
            .timestamp_header("x-timestamp")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("{timestamp}{body}"),
    )
}

/// Revolut webhooks of the Business and Merchant APIs.
///
/// | | |
/// | --- | --- |
/// | Signature | `Revolut-Signature`, a list such as `v1=…,v1=…`, where each `v1` is a hex HMAC-SHA256 |
/// | Signed text | `v1.<Revolut-Request-Timestamp>.<raw body>` |
/// | Secret | the signing secret as text, `wsk_` included (the API returns it with the webhook) |
/// | Timestamp | `Revolut-Request-Timestamp`, Unix milliseconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from Revolut's documentation as other projects quote it |
///
/// The list has one signature for each active secret. A rotated secret can remain valid for a time.
///
/// Source: <https://developer.revolut.com/docs/guides/manage-accounts/webhooks/verify-the-payload-signature>
#[must_use]
pub fn revolut() -> Provider {
    Provider::preset(
        Scheme::builder("revolut")
            .signature_header("revolut-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_header("revolut-request-timestamp")
            .timestamp_format(TimestampFormat::Milliseconds)
            .message("v1.{timestamp}.{body}"),
    )
}
