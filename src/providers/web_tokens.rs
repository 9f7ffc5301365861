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
    Preset::new("qstash", "Upstash QStash", qstash),
    Preset::new("vonage", "Vonage", vonage),
];

/// Atlassian Connect webhooks and lifecycle callbacks, of Jira and Confluence.
///
/// - Signature: `Authorization`, `JWT ` and a JSON web token, HS256. Its claim `qsh` is the hex
///   SHA-256 of the method, the path and the sorted query.
/// - Key: the `sharedSecret` that the `installed` callback brought, as text. Each tenant has its
///   own: look it up by the claim `iss` with
///   [`WebhookLayer::with_key_source`](crate::WebhookLayer::with_key_source).
/// - Time: the token's `exp`, usually three minutes after it was made; 60 s of leeway.
/// - Id: `X-Atlassian-Webhook-Identifier`, not signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: **the body**, and the headers.
///
/// The path is the one that the layer sees, below the app's base URL. The token in the query's
/// `jwt` is not looked for, and the fixed `qsh` of context tokens is refused. The `installed`
/// callback itself is signed with Atlassian's own key (RS256) and not with a secret: give it an
/// endpoint of its own.
///
/// # Security
///
/// Whoever has a token can send any body with it until it expires.
///
/// Source: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
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

/// Google Cloud Pub/Sub push with authentication; needs `rsa` too.
/// [`google_pubsub`](super::google_pubsub) is the one with a token in the URL.
///
/// Needs the feature `rsa`.
///
/// - Signature: `Authorization`, `Bearer ` and an OpenID Connect token, RS256.
/// - Key: Google's, a JSON Web Key from <https://www.googleapis.com/oauth2/v3/certs>; they change
///   every few days, so let `WebhookLayer::with_remote_keys` fetch them.
/// - Settings: `audience`, as the subscription has it (its push endpoint, unless set), and
///   `service_account`, the e-mail address of the account that the subscription signs as.
/// - Time: the token's `exp`, about an hour after it was made; 60 s of leeway.
/// - Not signed: **the body**, and everything else of the request.
/// - Body: up to 16 MiB, which is the limit here.
///
/// Both settings are held against the token, and `email_verified` too: anybody with a Google
/// account can have a token made for your audience.
///
/// # Security
///
/// Google uses one token for many deliveries. Whoever has one can send any body with it for an
/// hour.
///
/// Source: <https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions>
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
/// - Signature: `Authorization`, a JSON web token, HS256. Its claim `sha256` is the base64 SHA-256
///   of the raw body, and `iss` the API key.
/// - Key: the API secret as text (Settings, Keys).
/// - Settings: `api_key`, which belongs to that secret.
/// - Time: the token's `exp`, five minutes after it was made; 10 s of leeway.
/// - Not signed: the method, the URL, the other headers.
///
/// The secret makes the tokens that clients join rooms with, too. Those have no `sha256` and are
/// refused.
///
/// Source: <https://docs.livekit.io/home/server/webhooks/>
#[must_use]
pub fn livekit() -> Provider {
    Provider::preset(
        Scheme::builder("livekit")
            .signature_header("authorization")
            .signature_format(SignatureFormat::jws("Bearer "))
            .claim("iss", "{setting:api_key}")
            .claim("sha256", "{sha256_base64}")
            .require_expiry()
            .tolerance(Duration::from_secs(10)),
    )
}

/// MessageBird webhooks, as it signs them with HS256.
///
/// - Signature: `MessageBird-Signature-JWT`, a JSON web token, HS256. Its claims `url_hash` and
///   `payload_hash` are the hex SHA-256 of the whole URL and of the raw body; where there is no
///   body, the latter is left out.
/// - Key: the signing key as text (Developer settings, Signing key), not the API key.
/// - Needs the public URL.
/// - Time: the token's `nbf` and `exp`, a minute apart; 5 s of leeway.
/// - Id: the claim `jti`, signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the headers.
///
/// The algorithm is this preset's and not the token's to choose; [`messagebird_hs384`] and
/// [`messagebird_hs512`] are the others that MessageBird names.
///
/// Source: <https://developers.messagebird.com/api/#verifying-http-requests>
#[must_use]
pub fn messagebird() -> Provider {
    Provider::preset(messagebird_like("messagebird", Algorithm::HmacSha256))
        .with_methods(GET_OR_POST)
}

/// MessageBird webhooks, signed with HS384; otherwise as [`messagebird`].
///
/// - Signature: `MessageBird-Signature-JWT`, a JSON web token, HS384. Its claims `url_hash` and
///   `payload_hash` are the hex SHA-256 of the whole URL and of the raw body; where there is no
///   body, the latter is left out.
/// - Key: the signing key as text (Developer settings, Signing key).
/// - Needs the public URL.
/// - Time: the token's `nbf` and `exp`, a minute apart; 5 s of leeway.
/// - Id: the claim `jti`, signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the headers.
///
/// Source: <https://github.com/messagebird/go-rest-api/blob/master/signature_jwt/signature.go>
#[must_use]
pub fn messagebird_hs384() -> Provider {
    Provider::preset(messagebird_like("messagebird-hs384", Algorithm::HmacSha384))
        .with_methods(GET_OR_POST)
}

/// MessageBird webhooks, signed with HS512; otherwise as [`messagebird`].
///
/// - Signature: `MessageBird-Signature-JWT`, a JSON web token, HS512. Its claims `url_hash` and
///   `payload_hash` are the hex SHA-256 of the whole URL and of the raw body; where there is no
///   body, the latter is left out.
/// - Key: the signing key as text (Developer settings, Signing key).
/// - Needs the public URL.
/// - Time: the token's `nbf` and `exp`, a minute apart; 5 s of leeway.
/// - Id: the claim `jti`, signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the headers.
///
/// Source: <https://github.com/messagebird/go-rest-api/blob/master/signature_jwt/signature.go>
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

/// monday.com webhooks, where an app made them; those made by hand on a board carry no token at
/// all.
///
/// - Signature: `Authorization`, a JSON web token, HS256, alone or after `Bearer `. Its claim `aud`
///   is the URL.
/// - Key: the app's signing secret as text (Developer center, Basic information); of lifecycle
///   webhooks the client secret.
/// - Needs the public URL.
/// - Time: the token's `exp`, five minutes after it was made; 60 s of leeway.
/// - Not signed: **the body**, the method, the headers.
///
/// Handshakes: the challenge that comes when a webhook is made, with a token or without, is
/// answered with itself.
///
/// # Security
///
/// Whoever has a token can send any body with it until it expires.
///
/// Source: <https://developer.monday.com/apps/docs/authorization-header>
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

/// Netlify's outgoing webhooks, for deploys and forms.
///
/// - Signature: `X-Webhook-Signature`, a JSON web token, HS256. Its claim `sha256` is the hex
///   SHA-256 of the raw body, and `iss` is `netlify`.
/// - Key: the JWS secret token as text (chosen by you when you set the notification).
/// - Time: none. A recorded delivery can be sent again at any time.
/// - Event: `X-Netlify-Event`, not signed.
/// - Not signed: the method, the URL, the other headers.
///
/// Known in part: the scheme is that of Netlify's own sample and of several libraries which quote
/// the page.
///
/// Source: <https://docs.netlify.com/deploy/deploy-notifications/>
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

/// Plaid webhooks; needs `ecdsa` too.
///
/// Needs the feature `ecdsa`.
///
/// - Signature: `Plaid-Verification`, a JSON web token, ES256. Its claim `request_body_sha256` is
///   the hex SHA-256 of the raw body.
/// - Key: Plaid's, a JSON Web Key that its API gives for the `kid` of the token: let
///   `WebhookLayer::with_remote_keys` ask for it. The fetcher has to send a `POST` with your
///   `client_id` and `secret`, to `sandbox.plaid.com` in the sandbox.
/// - Time: the claim `iat`, Unix seconds, signed, 300 s either way.
/// - Not signed: the method, the URL, the other headers.
///
/// The body is indented by two spaces: JSON that was written again has another digest.
///
/// Source: <https://plaid.com/docs/api/webhooks/webhook-verification/>
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

/// Upstash QStash.
///
/// - Signature: `Upstash-Signature`, a JSON web token, HS256. Its claim `body` is the URL-safe
///   base64 SHA-256 of the raw body, `sub` the URL, and `iss` is `Upstash`.
/// - Key: the signing key as text (Console, QStash, Signing keys). There are two, the current and
///   the next: give both, the next as [`previous`](crate::Keys::previous).
/// - Needs the public URL.
/// - Time: the token's `nbf` and `exp`, five minutes apart; 5 s of leeway.
/// - Id: the claim `jti`, signed; another one for each attempt.
/// - Methods: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured.
/// - Not signed: the method, the headers.
/// - Body: up to 10 MiB, which is the limit here.
///
/// Source: <https://upstash.com/docs/qstash/howto/signature>
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

/// TrueLayer webhooks; needs `ecdsa` too.
///
/// Needs the feature `ecdsa`.
///
/// - Signature: `Tl-Signature`, a JSON web signature without its payload, ES512. The payload is the
///   method, the path (with or without a slash at its end), the headers that the signature names,
///   and the raw body.
/// - Key: TrueLayer's, a JSON Web Key that its `jku` names; let `WebhookLayer::with_remote_keys`
///   fetch it.
/// - Time: `X-Tl-Webhook-Timestamp`, RFC 3339, 300 s either way; a signature that does not cover it
///   is refused.
/// - Not signed: the query, the headers that the signature does not name.
///
/// Source: <https://github.com/TrueLayer/truelayer-signing/blob/main/request-signing-v2.md>
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

/// Vonage webhooks of the Messages, Voice, Verify and Dispatch APIs. For SMS see
/// [`vonage_sms`](super::vonage_sms).
///
/// - Signature: `Authorization`, `Bearer ` and a JSON web token, HS256. Its claim `payload_hash` is
///   the hex SHA-256 of the raw body, left out where there is none; `iss` is `Vonage`.
/// - Key: the signature secret as text (API settings, Signature secret).
/// - Time: the claim `iat`, Unix seconds, signed, 300 s either way.
/// - Id: the claim `jti`, signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the URL, the other headers.
///
/// With several API keys, look the secret up by the claim `api_key` with
/// [`WebhookLayer::with_key_source`](crate::WebhookLayer::with_key_source).
///
/// Known in part: Vonage's own libraries prove the token alone, and not that the body is its own;
/// how `payload_hash` is made is from the documentation as others restate it.
///
/// Source: <https://developer.vonage.com/en/getting-started/concepts/webhooks>
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
