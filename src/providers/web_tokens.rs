use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("atlassian-connect", "Atlassian Connect", atlassian_connect),
    Preset::new("livekit", "LiveKit", livekit),
    Preset::new("messagebird", "MessageBird", messagebird),
    Preset::new(
        "messagebird-hs384",
        "MessageBird (HS384)",
        messagebird_hs384,
    ),
    Preset::new(
        "messagebird-hs512",
        "MessageBird (HS512)",
        messagebird_hs512,
    ),
    Preset::new("monday", "monday.com", monday),
    Preset::new("netlify", "Netlify", netlify),
    Preset::new("qstash", "Upstash QStash", qstash).with_aliases(&["upstash"]),
    Preset::new("vonage", "Vonage", vonage).with_aliases(&["nexmo"]),
];

/// Atlassian Connect webhooks and lifecycle callbacks of Jira and Confluence.
///
/// | | |
/// | --- | --- |
/// | Signature | `Authorization`, `JWT ` and a JSON web token, HS256 |
/// | Signed text | the token; its claim `qsh` is the hex SHA-256 of the method, the path and the sorted query |
/// | Secret | the `sharedSecret` of the tenant as text (body of the `installed` callback) |
/// | Timestamp | the token's `exp`, usually three minutes after it was made; 60 s of leeway |
/// | Delivery ID | `X-Atlassian-Webhook-Identifier`, not signed |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | **the body**, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 3 published values of `qsh`, from `atlassian-jwt-js` and two libraries of third parties, in tokens made for the tests |
///
/// Each tenant has a secret of its own. Look it up by the claim `iss` with
/// [`WebhookLayer::with_key_source`](crate::WebhookLayer::with_key_source).
///
/// The signed path is below the base URL of the app, and the layer takes it from the request.
/// Inside of axum's `nest`, the request has no prefix: nest the layer at the path of the base URL.
///
/// The layer does not read the query parameter `jwt`, and rejects the fixed `qsh` of context
/// tokens. Atlassian signs the `installed` callback with a key of its own (RS256) instead of the
/// secret: use a separate endpoint for it.
///
/// # Security
///
/// The body is not signed. An attacker who captured a token can send any body with it until the
/// token expires.
///
/// Source: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
#[doc(alias = "jira")]
#[doc(alias = "confluence")]
#[doc(alias = "jwt")]
#[must_use]
pub fn atlassian_connect() -> Provider {
    Provider::preset(
        Scheme::builder("atlassian-connect")
            .signature_header("authorization")
            .signature_format(SignatureFormat::jws("JWT "))
            .claim("qsh", "{canonical:atlassian_qsh}")
            .require_expiry()
            .id_header("x-atlassian-webhook-identifier")
            .tolerance(Duration::from_secs(60))
            .danger_leave_body_unsigned(),
    )
    .with_methods(GET_OR_POST)
}

/// Google Cloud Pub/Sub push subscriptions with authentication.
///
/// | | |
/// | --- | --- |
/// | Signature | `Authorization`, `Bearer ` and an OpenID Connect token, RS256 |
/// | Signed text | the token |
/// | Secret | Google's JSON Web Key (published at <https://www.googleapis.com/oauth2/v3/certs>) |
/// | Settings | `audience`, as in the subscription (by default its push endpoint); `service_account`, the email address of the account of the subscription |
/// | Timestamp | the token's `exp`, about an hour after it was made; 60 s of leeway |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | **the body**, and everything else in the request |
/// | Rejection | 403 |
/// | Payload limit | 16 MiB: [a message has up to 10 MB](https://cloud.google.com/pubsub/quotas#resource_limits), which the push request encodes in base64 |
/// | Feature | `rsa` |
/// | Evidence | 13 cases made with OpenSSL after the documentation |
///
/// [`google_pubsub`](super::google_pubsub) is the preset for a token in the URL. Both settings are
/// required:
///
/// ```
/// # use tower_webhook::providers;
/// let pubsub = providers::google_pubsub_jwt()
///     .with_setting("audience", "https://hooks.example.com/pubsub")
///     .with_setting("service_account", "push@example.iam.gserviceaccount.com");
/// ```
///
/// Google replaces its keys every few days, so let `WebhookLayer::with_remote_keys` (feature
/// `remote-keys`) fetch them.
///
/// The layer compares both settings with the token, and requires `email_verified`, because anyone
/// with a Google account can obtain a token for any audience.
///
/// # Security
///
/// The body is not signed, and Google uses one token for many deliveries. An attacker who captured
/// a token can send any body with it for about an hour.
///
/// Source: <https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions>
#[doc(alias = "gcp")]
#[doc(alias = "oidc")]
#[doc(alias = "jwt")]
#[cfg(feature = "rsa")]
#[must_use]
pub fn google_pubsub_jwt() -> Provider {
    Provider::preset(
        Scheme::builder("google-pubsub-jwt")
            .algorithm(Algorithm::RsaSha256)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Jwk))
            .remote_key(RemoteKey::jwk_set(
                "https://www.googleapis.com/oauth2/v3/certs",
            ))
            .signature_header("authorization")
            .signature_format(SignatureFormat::jws("Bearer "))
            .claim("iss", "https://accounts.google.com")
            .claim("iss", "accounts.google.com")
            .claim("aud", "{setting:audience}")
            .claim("email", "{setting:service_account}")
            .claim("email_verified", "true")
            .require_expiry()
            .tolerance(Duration::from_secs(60))
            .danger_leave_body_unsigned(),
    )
    .with_body_limit(16 << 20)
}

/// LiveKit webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Authorization`, a JSON web token, HS256, alone or after `Bearer ` |
/// | Signed text | the token; its claim `sha256` is the base64 SHA-256 of the raw body, and `iss` is the API key |
/// | Secret | the API secret as text (Settings › Keys) |
/// | Settings | `api_key`, the API key of the secret |
/// | Timestamp | the token's `exp`, five minutes after it was made; 10 s of leeway |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `livekit-server-sdk` 2.19.2 (npm) |
///
/// The setting is required:
///
/// ```
/// # use tower_webhook::providers;
/// let livekit = providers::livekit().with_setting("api_key", "APIfzQVZaooQaJ3");
/// ```
///
/// The secret also signs the tokens with which clients join rooms. These tokens have no `sha256`
/// and are rejected.
///
/// Source: <https://docs.livekit.io/home/server/webhooks/>
#[doc(alias = "webrtc")]
#[doc(alias = "jwt")]
#[must_use]
pub fn livekit() -> Provider {
    Provider::preset(
        Scheme::builder("livekit")
            .signature_header("authorization")
            .signature_format(SignatureFormat::jws("Bearer ").write_without_prefix())
            .claim("iss", "{setting:api_key}")
            .claim("sha256", "{sha256_base64}")
            .require_expiry()
            .tolerance(Duration::from_secs(10)),
    )
}

/// MessageBird webhooks, signed with HS256.
///
/// | | |
/// | --- | --- |
/// | Signature | `MessageBird-Signature-JWT`, a JSON web token, HS256 |
/// | Signed text | the token; its claims `url_hash` and `payload_hash` are the hex SHA-256 of the public URL and of the raw body; without a body, `payload_hash` is missing |
/// | Secret | the signing key as text, not the API key (Developer settings › Signing key) |
/// | Timestamp | the token's `nbf` and `exp`, a minute apart; 5 s of leeway |
/// | Delivery ID | the claim `jti`, signed |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 12 published examples, from `messagebird/go-rest-api`; 6 cases of `messagebird` 4.0.1 (npm) |
///
/// MessageBird signs the public URL, so the preset needs one. Set the base under which MessageBird
/// reaches the endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let messagebird = providers::messagebird().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// The token cannot choose the algorithm. [`messagebird_hs384`] and [`messagebird_hs512`] accept
/// the other algorithms that MessageBird names.
///
/// Source: <https://developers.messagebird.com/api/#verifying-http-requests>
///
/// Source: <https://github.com/messagebird/go-rest-api/blob/master/signature_jwt/signature.go>
#[doc(alias = "bird")]
#[doc(alias = "sms")]
#[doc(alias = "jwt")]
#[must_use]
pub fn messagebird() -> Provider {
    Provider::preset(messagebird_like("messagebird", Algorithm::HmacSha256))
        .with_methods(GET_OR_POST)
}

/// MessageBird webhooks, signed with HS384.
///
/// | | |
/// | --- | --- |
/// | Signature | `MessageBird-Signature-JWT`, a JSON web token, HS384 |
/// | Signed text | the token; its claims `url_hash` and `payload_hash` are the hex SHA-256 of the public URL and of the raw body; without a body, `payload_hash` is missing |
/// | Secret | the signing key as text, not the API key (Developer settings › Signing key) |
/// | Timestamp | the token's `nbf` and `exp`, a minute apart; 5 s of leeway |
/// | Delivery ID | the claim `jti`, signed |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `messagebird/go-rest-api` |
///
/// MessageBird signs the public URL, so the preset needs one. Set the base under which MessageBird
/// reaches the endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let messagebird = providers::messagebird_hs384().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// The token cannot choose the algorithm; see [`messagebird`] for HS256.
///
/// Source: <https://developers.messagebird.com/api/#verifying-http-requests>
///
/// Source: <https://github.com/messagebird/go-rest-api/blob/master/signature_jwt/signature.go>
#[doc(alias = "bird")]
#[doc(alias = "sms")]
#[doc(alias = "jwt")]
#[must_use]
pub fn messagebird_hs384() -> Provider {
    Provider::preset(messagebird_like("messagebird-hs384", Algorithm::HmacSha384))
        .with_methods(GET_OR_POST)
}

/// MessageBird webhooks, signed with HS512.
///
/// | | |
/// | --- | --- |
/// | Signature | `MessageBird-Signature-JWT`, a JSON web token, HS512 |
/// | Signed text | the token; its claims `url_hash` and `payload_hash` are the hex SHA-256 of the public URL and of the raw body; without a body, `payload_hash` is missing |
/// | Secret | the signing key as text, not the API key (Developer settings › Signing key) |
/// | Timestamp | the token's `nbf` and `exp`, a minute apart; 5 s of leeway |
/// | Delivery ID | the claim `jti`, signed |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `messagebird/go-rest-api` |
///
/// MessageBird signs the public URL, so the preset needs one. Set the base under which MessageBird
/// reaches the endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let messagebird = providers::messagebird_hs512().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// The token cannot choose the algorithm; see [`messagebird`] for HS256.
///
/// Source: <https://developers.messagebird.com/api/#verifying-http-requests>
///
/// Source: <https://github.com/messagebird/go-rest-api/blob/master/signature_jwt/signature.go>
#[doc(alias = "bird")]
#[doc(alias = "sms")]
#[doc(alias = "jwt")]
#[must_use]
pub fn messagebird_hs512() -> Provider {
    Provider::preset(messagebird_like("messagebird-hs512", Algorithm::HmacSha512))
        .with_methods(GET_OR_POST)
}

fn messagebird_like(name: &'static str, algorithm: Algorithm) -> SchemeBuilder {
    Scheme::builder(name)
        .algorithm(algorithm)
        .signature_header("messagebird-signature-jwt")
        .signature_format(SignatureFormat::jws(""))
        .claim("iss", "MessageBird")
        .claim("url_hash", "{url_sha256}")
        .claim_if_body("payload_hash", "{sha256}")
        .require_expiry()
        .id(Location::claim("jti"))
        .tolerance(Duration::from_secs(5))
}

/// monday.com webhooks that an app created.
///
/// | | |
/// | --- | --- |
/// | Signature | `Authorization`, a JSON web token, HS256, alone or after `Bearer ` |
/// | Signed text | the token; its claim `aud` is the public URL |
/// | Secret | the signing secret of the app as text; for lifecycle webhooks, the client secret (Developer center › Basic information) |
/// | Timestamp | the token's `exp`, five minutes after it was made; 60 s of leeway |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | **the body**, the method, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// monday.com signs the public URL, so the preset needs one. Set the base under which monday.com
/// reaches the endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let monday = providers::monday().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// Webhooks that are created by hand on a board carry no token, and are rejected.
///
/// Handshake: when a webhook is created, monday.com sends a challenge, with or without a token. The
/// layer answers with the challenge.
///
/// # Security
///
/// The body is not signed. An attacker who captured a token can send any body with it until the
/// token expires.
///
/// Source: <https://developer.monday.com/apps/docs/authorization-header>
#[doc(alias = "monday.com")]
#[doc(alias = "jwt")]
#[must_use]
pub fn monday() -> Provider {
    Provider::preset(
        Scheme::builder("monday")
            .signature_header("authorization")
            .signature_format(SignatureFormat::jws("Bearer "))
            .claim("aud", "{url}")
            .require_expiry()
            .tolerance(Duration::from_secs(60))
            .danger_leave_body_unsigned(),
    )
    .with_handshakes(handshakes::monday())
}

/// Netlify outgoing webhooks for deploys and forms.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Webhook-Signature`, a JSON web token, HS256 |
/// | Signed text | the token; its claim `sha256` is the hex SHA-256 of the raw body, and `iss` is `netlify` |
/// | Secret | the JWS secret token as text (chosen by you in the notification) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | `X-Netlify-Event`, not signed |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | Unverified: based on Netlify's own sample, and on libraries that quote the documentation; no delivery |
///
/// Source: <https://docs.netlify.com/deploy/deploy-notifications/>
#[doc(alias = "deployment")]
#[doc(alias = "jwt")]
#[must_use]
pub fn netlify() -> Provider {
    Provider::preset(
        Scheme::builder("netlify")
            .signature_header("x-webhook-signature")
            .signature_format(SignatureFormat::jws(""))
            .claim("iss", "netlify")
            .claim("sha256", "{sha256}")
            .event_header("x-netlify-event"),
    )
}

/// Plaid webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Plaid-Verification`, a JSON web token, ES256 |
/// | Signed text | the token; its claim `request_body_sha256` is the hex SHA-256 of the raw body |
/// | Secret | Plaid's JSON Web Key for the `kid` of the token (response of the API) |
/// | Timestamp | the claim `iat`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `ecdsa` |
/// | Evidence | 1 published example, a delivery of the sandbox in a [question on Stack Overflow](https://stackoverflow.com/questions/62117400) |
///
/// Let `WebhookLayer::with_remote_keys` (feature `remote-keys`) fetch the keys. The fetcher has to
/// send a `POST` with your `client_id` and `secret`, in the sandbox to `sandbox.plaid.com`.
///
/// Plaid indents the body by two spaces. JSON that was decoded and re-encoded has another digest.
///
/// Source: <https://plaid.com/docs/api/webhooks/webhook-verification/>
#[doc(alias = "banking")]
#[doc(alias = "jwt")]
#[cfg(feature = "ecdsa")]
#[must_use]
pub fn plaid() -> Provider {
    Provider::preset(
        Scheme::builder("plaid")
            .algorithm(Algorithm::EcdsaP256Raw)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Jwk))
            .remote_key(RemoteKey::jwk_by_id(
                "https://production.plaid.com/webhook_verification_key/get",
            ))
            .signature_header("plaid-verification")
            .signature_format(SignatureFormat::jws(""))
            .claim("request_body_sha256", "{sha256}")
            .timestamp(Location::claim("iat")),
    )
}

/// Upstash QStash messages.
///
/// | | |
/// | --- | --- |
/// | Signature | `Upstash-Signature`, a JSON web token, HS256 |
/// | Signed text | the token; its claim `body` is the URL-safe base64 SHA-256 of the raw body, `sub` is the public URL, and `iss` is `Upstash` |
/// | Secret | the current signing key as text, and the next one as a [previous](crate::Keys::previous) key (Console › QStash › Signing keys) |
/// | Timestamp | the token's `nbf` and `exp`, five minutes apart; 5 s of leeway |
/// | Delivery ID | the claim `jti`, signed, different for each attempt |
/// | Event type | none |
/// | Methods | `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured |
/// | Not signed | the method, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 10 MiB: [a message has up to 10 MB](https://upstash.com/pricing/qstash) in the free and pay-as-you-go plans, and 50 MB in the fixed plans |
/// | Evidence | 6 cases of `@upstash/qstash` 2.12.0 (npm) |
///
/// QStash signs the public URL, so the preset needs one. Set the base under which QStash reaches
/// the endpoint. The path and the query come from the request:
///
/// ```
/// # use tower_webhook::{PublicUrl, providers};
/// let url = PublicUrl::fixed("https://hooks.example.com")?;
/// let qstash = providers::qstash().with_public_url(url);
/// # Ok::<(), tower_webhook::SetupError>(())
/// ```
///
/// Inside of axum's `nest`, add the prefix to the base, for example
/// `https://hooks.example.com/api`.
///
/// With a fixed plan, raise the limit with
/// [`WebhookLayer::body_limit`](crate::WebhookLayer::body_limit).
///
/// Source: <https://upstash.com/docs/qstash/howto/signature>
#[doc(alias = "upstash")]
#[doc(alias = "jwt")]
#[must_use]
pub fn qstash() -> Provider {
    Provider::preset(
        Scheme::builder("qstash")
            .signature_header("upstash-signature")
            .signature_format(SignatureFormat::jws(""))
            .claim("iss", "Upstash")
            .claim("sub", "{url}")
            .claim("body", "{sha256_base64url}")
            .claim("body", "{sha256_base64url}=")
            .require_expiry()
            .id(Location::claim("jti"))
            .tolerance(Duration::from_secs(5)),
    )
    .with_methods(ANY_METHOD)
    .with_body_limit(10 << 20)
}

/// TrueLayer webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Tl-Signature`, a JSON web signature without its payload, ES512 |
/// | Signed text | the method, the path, the headers that the signature names, and the raw body |
/// | Secret | TrueLayer's JSON Web Key (published at the `jku` of the signature) |
/// | Timestamp | `X-Tl-Webhook-Timestamp`, RFC 3339, signed, 300 s either way |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the host, the query, the headers that the signature does not name |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `ecdsa` |
/// | Evidence | 1 published example, from `TrueLayer/truelayer-signing` |
///
/// Let `WebhookLayer::with_remote_keys` (feature `remote-keys`) fetch the keys. A signature that
/// does not cover the timestamp is rejected. The layer tries the path with and without a slash at
/// its end.
///
/// TrueLayer signs the path. Mount the layer where the path is unchanged: outside of axum's `nest`,
/// and not behind a proxy that rewrites the path.
///
/// Source: <https://github.com/TrueLayer/truelayer-signing/blob/main/request-signing-v2.md>
#[doc(alias = "open_banking")]
#[doc(alias = "jws")]
#[cfg(feature = "ecdsa")]
#[must_use]
pub fn truelayer() -> Provider {
    Provider::preset(
        Scheme::builder("truelayer")
            .algorithm(Algorithm::EcdsaP521Raw)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Jwk))
            .remote_key(RemoteKey::jwk_set_at_jku(&[
                "https://webhooks.truelayer.com/.well-known/jwks",
                "https://webhooks.truelayer-sandbox.com/.well-known/jwks",
            ]))
            .signature_header("tl-signature")
            .signature_format(SignatureFormat::detached_jws())
            .timestamp_header("x-tl-webhook-timestamp")
            .timestamp_format(TimestampFormat::Rfc3339)
            .message("{jws}.{canonical:truelayer}")
            .alternative_message("{jws}.{canonical:truelayer_other_slash}"),
    )
}

/// Vonage webhooks of the Messages, Voice, Verify and Dispatch APIs.
///
/// | | |
/// | --- | --- |
/// | Signature | `Authorization`, `Bearer ` and a JSON web token, HS256 |
/// | Signed text | the token; its claim `payload_hash` is the hex SHA-256 of the raw body, and missing without a body; `iss` is `Vonage` |
/// | Secret | the signature secret as text (API settings › Signature secret) |
/// | Timestamp | the claim `iat`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | the claim `jti`, signed |
/// | Event type | none |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@vonage/jwt` 1.14.0 (npm) |
///
/// With several API keys, look up the secret by the claim `api_key` with
/// [`WebhookLayer::with_key_source`](crate::WebhookLayer::with_key_source). For SMS see
/// [`vonage_sms`](super::vonage_sms).
///
/// Known in part: Vonage's own libraries verify the token, and do not compare `payload_hash` with
/// the body. The rule for `payload_hash` follows the documentation as others restate it.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/webhooks>
#[doc(alias = "nexmo")]
#[doc(alias = "sms")]
#[doc(alias = "jwt")]
#[must_use]
pub fn vonage() -> Provider {
    Provider::preset(
        Scheme::builder("vonage")
            .signature_header("authorization")
            .signature_format(SignatureFormat::jws("Bearer "))
            .claim("iss", "Vonage")
            .claim_if_body("payload_hash", "{sha256}")
            .timestamp(Location::claim("iat"))
            .id(Location::claim("jti")),
    )
    .with_methods(GET_OR_POST)
}
