use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("adyen-payments", "Adyen payments", adyen_payments),
    Preset::new("adyen-platform", "Adyen for Platforms", adyen_platform),
    Preset::new("braintree", "Braintree", braintree),
    Preset::new("chargebee", "Chargebee", chargebee),
    Preset::new("checkout-com", "Checkout.com", checkout_com),
    Preset::new("checkout-com-token", "Checkout.com", checkout_com_token),
    Preset::new("coinbase-commerce", "Coinbase Commerce", coinbase_commerce),
    Preset::new("easypost", "EasyPost", easypost),
    Preset::new("flutterwave", "Flutterwave", flutterwave),
    Preset::new("flutterwave-v3", "Flutterwave v3", flutterwave_v3),
    Preset::new("gocardless", "GoCardless", gocardless),
    Preset::new("klarna", "Klarna", klarna),
    Preset::new("lemon-squeezy", "Lemon Squeezy", lemon_squeezy),
    Preset::new("mercadopago", "Mercado Pago", mercadopago),
    Preset::new("modern-treasury", "Modern Treasury", modern_treasury),
    Preset::new("mollie", "Mollie", mollie),
    Preset::new("orb", "Orb", orb),
    Preset::new("paddle", "Paddle Billing", paddle),
    #[cfg(feature = "rsa")]
    Preset::new("paddle-classic", "Paddle Classic", paddle_classic),
    #[cfg(feature = "rsa")]
    Preset::new("paypal", "PayPal", paypal),
    Preset::new("paystack", "Paystack", paystack),
    Preset::new("razorpay", "Razorpay", razorpay),
    Preset::new("recurly", "Recurly", recurly),
    Preset::new("revenuecat", "RevenueCat", revenuecat),
    Preset::new("revenuecat-token", "RevenueCat", revenuecat_token),
    Preset::new("square", "Square", square),
    Preset::new("stripe", "Stripe", stripe),
    #[cfg(feature = "rsa")]
    Preset::new("wise", "Wise", wise),
];

/// Stripe webhooks.
///
/// - Signature: `Stripe-Signature`, a list such as `t=1492774577,v1=…,v0=…`, where each `v1` is the
///   hex HMAC-SHA256 of `<t>.<raw body>`; several while a secret is being rolled. `v0`, which test
///   mode adds, is ignored.
/// - Key: the endpoint's signing secret as text, `whsec_` included (Developers, Webhooks). It is
///   not the API key, and the one that `stripe listen` prints is another.
/// - Time: `t`, Unix seconds, signed, 300 s either way. Stripe's own libraries check the past only.
/// - Not signed: the method, the URL, the other headers.
///
/// Stripe sends no id in the head; the event's `id` is in the body
/// ([`with_id_json`](Provider::with_id_json)).
///
/// Source: <https://docs.stripe.com/webhooks#verify-manually>
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
/// - Signature: `HmacSignature`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the HMAC key in hex (Customer Area, Developers, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// The hex digits themselves as key bytes are the usual mistake.
///
/// Source: <https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>
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
/// - Signature: `Paddle-Signature`, a list such as `ts=1671552777;h1=…`, where a signature is the
///   hex HMAC-SHA256 of `<time>:<raw body>`.
/// - Key: the secret of the destination as text, `pdl_ntfset_` included (Developer tools,
///   Notifications).
/// - Time: `ts` in the same list, Unix seconds, signed, 5 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// 5 s is what Paddle's own libraries allow, and tight for a clock that is not kept: `tolerance`
/// of the layer changes it.
///
/// Source: <https://developer.paddle.com/webhooks/signature-verification>
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
/// - Signature: `X-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the signing secret of the webhook, as text (Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Event: `X-Event-Name`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://docs.lemonsqueezy.com/help/webhooks/signing-requests>
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
/// - Signature: `X-Razorpay-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook as text, not the secret of the API key (Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `x-razorpay-event-id`, not signed.
/// - Not signed: the method, the URL, the headers.
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
/// - Signature: `x-paystack-signature`, the hex HMAC-SHA512 of the raw body.
/// - Key: the API secret key, `sk_live_…` or `sk_test_…`, as text (Settings, API Keys and
///   Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
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
/// - Signature: `flutterwave-signature`, the base64 HMAC-SHA256 of the raw body.
/// - Key: the secret hash of the dashboard, as text (Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Known in part: read in parts of its documentation and in receivers.
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

/// Flutterwave v3 webhooks, by a shared hash.
///
/// - Proof: `verif-hash`, the token as it is. Nothing is signed.
/// - Key: the secret hash of the dashboard, as text (Settings, Webhooks). It is a token and no hash
///   of anything.
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Known in part: read in parts of its documentation and in receivers.
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
/// - Signature: `X-Mollie-Signature`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the signing secret of the webhook, as text (Developers, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Classic webhooks, which send nothing but an `id`, are not signed at all: fetch the payment by
/// the API, and believe that alone.
///
/// While a secret is changed Mollie may send the header several times, with a signature each; any
/// of them may match.
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
/// - Signature: `Webhook-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the endpoint, as text (Developers, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Answers: 498 for a signature that does not match, as GoCardless asks. One body holds many
/// events.
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
/// - Signature: `X-CC-Webhook-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the shared secret of webhooks, as text (Settings, Notifications).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-security>
#[must_use]
pub fn coinbase_commerce() -> Provider {
    Provider::preset(
        Scheme::builder("coinbase-commerce").signature_header("x-cc-webhook-signature"),
    )
}

/// Checkout.com workflow webhooks.
///
/// - Signature: `Cko-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the signature key of the workflow's webhook action, as text (Workflows, the webhook).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://www.checkout.com/docs/developer-resources/event-notifications/receive-webhooks>
#[must_use]
pub fn checkout_com() -> Provider {
    Provider::preset(Scheme::builder("checkout-com").signature_header("cko-signature"))
}

/// Checkout.com workflow webhooks, by their authorization header.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the value configured for the header, whole (Workflows, the webhook; chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// [`checkout_com`] signs; take it where you can.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://www.checkout.com/docs/developer-resources/event-notifications/receive-webhooks>
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
/// - Signature: `Klarna-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the signing key as text, which the API shows once (in the answer of the API).
///   `Klarna-Signing-Key-Id` names it and is not signed: with several, give the others as previous
///   keys.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// Answers: 400 for a signature that does not match, as Klarna asks.
///
/// Known in part: hex and the key as text come from Klarna's own plugin, the rest from its pages.
///
/// Source: <https://docs.klarna.com/klarna-network-distribution/manage-partners/integration-setup-and-notifications/webhooks>
#[must_use]
pub fn klarna() -> Provider {
    Provider::preset(Scheme::builder("klarna").signature_header("klarna-signature"))
        .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::BAD_REQUEST)
}

/// Recurly webhooks.
///
/// - Signature: `recurly-signature`, a list of the time and then signatures, without names, where a
///   signature is the hex HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the secret key of the endpoint as text, although it looks like hex (Integrations,
///   Webhooks).
/// - Time: the first item of the list, Unix milliseconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
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
/// - Signature: `X-Hmac-Signature`, `hmac-sha256-hex=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (chosen by you when the webhook is created).
///   EasyPost's libraries bring it to NFKD; in ASCII that is the same.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
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
/// - Signature: `X-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the signing key of the endpoint, as text (Developers, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Delivery-ID`, not signed.
/// - Event: `X-Event`, not signed.
/// - Not signed: the method, the URL, the headers.
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
/// - Signature: `X-Orb-Signature`, `v1=` and the signature, where a signature is the hex
///   HMAC-SHA256 of `v1:<time>:<raw body>`.
/// - Key: the secret of the endpoint, as text (Developers, Webhooks).
/// - Time: `X-Orb-Timestamp`, date and time in UTC without an offset, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://docs.withorb.com/integrations-and-exports/webhooks>
#[must_use]
pub fn orb() -> Provider {
    Provider::preset(
        Scheme::builder("orb")
            .signature_header("x-orb-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_header("x-orb-timestamp")
            .timestamp_format(TimestampFormat::DateTime)
            .message("v1:{timestamp}:{body}"),
    )
}

/// RevenueCat signed webhooks.
///
/// - Signature: `X-RevenueCat-Webhook-Signature`, a list such as `t=…,v1=…`, where a signature is
///   the hex HMAC-SHA256 of `<time>.<raw body>`.
/// - Key: the signing secret of the webhook, as text (Integrations, Webhooks). Signing is off until
///   you ask for it.
/// - Time: `t` in the same list, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// Known in part: read on its page alone.
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

/// RevenueCat webhooks, by their authorization header.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the value configured for the header, whole (Integrations, Webhooks; chosen by you);
///   RevenueCat adds no `Bearer `.
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Known in part: read on its page alone.
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

/// Chargebee webhooks, by basic authentication.
///
/// - Proof: `Authorization`, `Basic ` and the base64 of the credentials. Nothing is signed.
/// - Key: `user:password`, as configured for the webhook (Settings, Webhooks; chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// Chargebee advises to fetch the event again by the API.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Known in part: read in a third party's description.
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
/// - Signature: `x-square-hmacsha256-signature`, the base64 HMAC-SHA256 of `<URL><raw body>`.
/// - Key: the signature key of the subscription, as text (Developer Console, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Attempt: `square-retry-number`, not signed.
/// - Not signed: the method, the headers.
///
/// # Security
///
/// Nothing stands between the URL and what is signed beside it: whoever has a delivery can move
/// bytes from one to the other, if the endpoint has routes that differ so.
///
/// Source: <https://developer.squareup.com/docs/webhooks/step3validate>
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
/// - Signature: `x-signature`, a list such as `ts=…,v1=…`, where a signature is the hex HMAC-SHA256
///   of `id:<data.id>;request-id:<x-request-id>;ts:<time>;`.
/// - Key: the secret signature of the application as text, although it looks like hex (Your
///   integrations, the application, Webhooks).
/// - Time: `ts` in the same list, Unix seconds, signed, 300 s either way.
/// - Not signed: the body, the method, the rest of the URL, the other headers.
///
/// `data.id` is the parameter of the query; the one in the body may differ and is not signed.
/// Fetch the payment by the API.
///
/// # Security
///
/// The body is not signed: whoever has one delivery can send any body with it, as long as its
/// time is good. Fetch what it is about by the API.
///
/// Source: <https://www.mercadopago.com/developers/en/docs/your-integrations/notifications/webhooks>
#[must_use]
pub fn mercadopago() -> Provider {
    Provider::preset(
        Scheme::builder("mercadopago")
            .signature_header("x-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .timestamp_key("ts")
            .message("id:{query:data.id};request-id:{header:x-request-id};ts:{timestamp};")
            .danger_leave_body_unsigned()
            .message_is_unique(),
    )
}

/// Wise webhooks.
///
/// Needs the feature `rsa`.
///
/// - Signature: `X-Signature-SHA256`, the base64 RSA signature (PKCS#1 v1.5, SHA-256) of the raw
///   body.
/// - Key: Wise's public key in PEM (its documentation has it); that of the sandbox is another.
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Delivery-Id`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// Source: <https://github.com/transferwise/digital-signatures-examples>
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
/// Needs the feature `rsa`.
///
/// - Signature: `PAYPAL-TRANSMISSION-SIG`, the base64 RSA signature (PKCS#1 v1.5, SHA-256) of
///   `<paypal-transmission-id>|<time>|<webhook_id>|<CRC-32 of the body in decimal>`.
/// - Key: the certificate of `PAYPAL-CERT-URL` in PEM (in each request): let
///   `WebhookLayer::with_remote_keys` fetch it, from hosts of `paypal.com` alone. Its chain is not
///   looked at: it is as good as the connection that it came by.
/// - Settings: `webhook_id`, which the dashboard shows (Apps and credentials, the app, Webhooks).
/// - Time: `PAYPAL-TRANSMISSION-TIME`, RFC 3339, signed, 300 s either way.
/// - Id: `PAYPAL-TRANSMISSION-ID`, signed.
/// - Not signed: the body, the method, the URL, the other headers.
///
/// # Security
///
/// Of the body its CRC-32 is signed, which anybody can keep while changing the body. Fetch the
/// event by the API before you act on it.
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
/// Needs the feature `rsa`.
///
/// - Signature: the field `p_signature` of the form, the base64 RSA signature (PKCS#1 v1.5, SHA-1)
///   of `<fields, sorted, as PHP writes them>`.
/// - Key: the public key of the account in PEM (Developer tools, Public key).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: the field `alert_id`, signed.
/// - Event: the field `alert_name`, signed.
/// - Not signed: the method, the URL, the headers.
///
/// The text is that of PHP's `serialize`. `event_time` is signed and not held against the clock.
/// Paddle Billing is another scheme: [`paddle`].
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
/// - Signature: the field `bt_signature` of the form, a list such as `<public key>|…&<public
///   key>|…`, where a signature is the hex HMAC-SHA1 of `<bt_payload>`.
/// - Key: the private key of the account as text; its SHA-1 is the key (Settings, API).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the body, the method, the URL, the headers.
///
/// Handshakes: `GET` with `bt_challenge` is answered with the public key and the MAC of the
/// challenge, once the public key is set: `with_setting("public_key_id", …)`. Without it, 403. A
/// payload that could be a challenge is refused, however it is signed.
///
/// # Security
///
/// The field `bt_payload` is signed, and no other field of the form. The time in it is not held
/// against the clock.
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
/// - Signature: `NotificationRequestItem.additionalData.hmacSignature` in each item of
///   `notificationItems` in the JSON body, the base64 HMAC-SHA256 of
///   `<pspReference>:<originalReference>:
///   <merchantAccountCode>:<merchantReference>:<amount.value>:<amount.currency>:<eventCode>:
///   <success>`, where what is missing is empty. Every item must be signed; a delivery with one
///   that is not is refused as a whole.
/// - Key: the HMAC key of the webhook, in hex (Customer Area, Developers, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the rest of the body, such as `reason`, `eventDate` and all of `additionalData`;
///   the method, the URL, the headers.
///
/// Nothing is escaped between the colons, so that one is refused wherever it is not the merchant's
/// own to choose: in all but `merchantReference`.
///
/// Adyen signs what it has in its queue with the key of that time: keep the former key as a
/// [previous](crate::Keys::previous) one for a while.
///
/// # Security
///
/// Believe of an item what is signed, and nothing else. Whoever has a delivery can leave items out
/// or repeat them, so `DedupeLayer` has no key for it: tell items apart by their `pspReference`,
/// `eventCode` and `success`.
///
/// Source: <https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>
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
