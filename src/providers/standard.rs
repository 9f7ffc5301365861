use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("anthropic", "Anthropic", anthropic),
    Preset::new("bigcommerce", "BigCommerce", bigcommerce),
    Preset::new("clerk", "Clerk", clerk),
    Preset::new("dodopayments", "Dodo Payments", dodopayments),
    Preset::new("generic", "Generic", generic),
    Preset::new(
        "gitlab-signing-token",
        "GitLab (signing token)",
        gitlab_signing_token,
    ),
    Preset::new("lithic", "Lithic", lithic),
    Preset::new("liveblocks", "Liveblocks", liveblocks),
    Preset::new("openai", "OpenAI", openai),
    Preset::new("polar", "Polar", polar),
    Preset::new("replicate", "Replicate", replicate),
    Preset::new("resend", "Resend", resend),
    Preset::new("standard-webhooks", "Standard Webhooks", standard_webhooks),
    Preset::new("supabase", "Supabase", supabase),
    Preset::new("svix", "Svix", svix),
];

/// The plain scheme of many guides: `X-Signature` and `X-Timestamp`.
///
/// - Signature: `X-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret as text (agreed on with the sender).
/// - Time: `X-Timestamp`, Unix seconds, 300 s either way, **not signed**.
/// - Not signed: the time, the method, the URL, the other headers.
///
/// # Security
///
/// The timestamp is not part of the signed text. It stops a sender whose queue is stuck, not an
/// attacker: whoever recorded one delivery can send it again with the time of day. Take
/// [`standard_webhooks`] where you can choose.
#[must_use]
pub fn generic() -> Provider {
    Provider::preset(
        Scheme::builder("generic")
            .signature_header("x-signature")
            .timestamp_header("x-timestamp"),
    )
}

/// [Standard Webhooks] 1.0, symmetric (`v1`): the scheme to choose for a new system.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is the base64
///   HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<raw body>`. Other versions are ignored.
/// - Key: base64, alone or after `whsec_` (the sender shows it).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed; the same for every attempt. One that holds a `.` is refused, because
///   it could be cut in two ways.
/// - Not signed: the method, the URL, the other headers.
///
/// Some who say Standard Webhooks use the secret's text as it stands; give that as
/// [`Secret::from_bytes`](crate::Secret::from_bytes).
///
/// Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
///
/// [Standard Webhooks]: https://www.standardwebhooks.com
#[must_use]
pub fn standard_webhooks() -> Provider {
    Provider::preset(standard_like("standard-webhooks", "webhook", "v1"))
}

/// Standard Webhooks under other names: headers that begin with `prefix`.
fn standard_like(name: &'static str, prefix: &str, version: &'static str) -> SchemeBuilder {
    Scheme::builder(name)
        .encoding(Encoding::Base64)
        .secret_encoding(SecretEncoding::PrefixedBase64("whsec_"))
        .signature_header(format!("{prefix}-signature"))
        .signature_format(SignatureFormat::versions(version))
        .timestamp_header(format!("{prefix}-timestamp"))
        .id_header(format!("{prefix}-id"))
        .message("{id}.{timestamp}.{body}")
}

/// BigCommerce webhooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the client secret of the app as text, not base64 (Developer Portal, My apps).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://developer.bigcommerce.com/docs/integrations/webhooks/https-webhook-overview>
#[must_use]
pub fn bigcommerce() -> Provider {
    Provider::preset(
        standard_like("bigcommerce", "webhook", "v1").secret_encoding(SecretEncoding::Text),
    )
}

/// Svix webhooks.
///
/// - Signature: `svix-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<svix-id>.<svix-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (the application portal,
///   Endpoints).
/// - Time: `svix-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `svix-id`, signed, the same for every attempt.
/// - Methods: `POST`, `PUT` or `PATCH`, as configured.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://docs.svix.com/receiving/verifying-payloads/how-manual>
#[must_use]
pub fn svix() -> Provider {
    Provider::preset(standard_like("svix", "svix", "v1")).with_methods([
        Method::POST,
        Method::PUT,
        Method::PATCH,
    ])
}

/// Resend webhooks.
///
/// - Signature: `svix-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<svix-id>.<svix-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (Webhooks, the endpoint).
/// - Time: `svix-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `svix-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests>
#[must_use]
pub fn resend() -> Provider {
    Provider::preset(standard_like("resend", "svix", "v1"))
}

/// Clerk webhooks.
///
/// - Signature: `svix-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<svix-id>.<svix-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (Configure, Webhooks, the
///   endpoint).
/// - Time: `svix-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `svix-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://clerk.com/docs/webhooks/overview>
#[must_use]
pub fn clerk() -> Provider {
    Provider::preset(standard_like("clerk", "svix", "v1"))
}

/// OpenAI webhooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (Settings, Webhooks; shown once).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// A secret without `whsec_` is base64 here; OpenAI's library takes its text: give that by
/// [`Secret::from_bytes`](crate::Secret::from_bytes).
///
/// Source: <https://platform.openai.com/docs/guides/webhooks>
#[must_use]
pub fn openai() -> Provider {
    Provider::preset(standard_like("openai", "webhook", "v1"))
}

/// Replicate webhooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (Account, Webhooks).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://replicate.com/docs/topics/webhooks/verify-webhook>
#[must_use]
pub fn replicate() -> Provider {
    Provider::preset(standard_like("replicate", "webhook", "v1"))
}

/// Anthropic webhooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (Console, Webhooks).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://platform.claude.com/docs/en/api/webhooks>
#[must_use]
pub fn anthropic() -> Provider {
    Provider::preset(standard_like("anthropic", "webhook", "v1"))
}

/// Dodo Payments webhooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (Developer, Webhooks).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://docs.dodopayments.com/developer-resources/webhooks>
#[must_use]
pub fn dodopayments() -> Provider {
    Provider::preset(standard_like("dodopayments", "webhook", "v1"))
}

/// Lithic webhooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (in the answer of the API).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://docs.lithic.com/docs/events-api>
#[must_use]
pub fn lithic() -> Provider {
    Provider::preset(standard_like("lithic", "webhook", "v1"))
}

/// Liveblocks webhooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the signing secret in base64, alone or after `whsec_` (the project, Webhooks).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://liveblocks.io/docs/platform/webhooks>
#[must_use]
pub fn liveblocks() -> Provider {
    Provider::preset(standard_like("liveblocks", "webhook", "v1"))
}

/// Polar webhooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the secret of the endpoint as text, `polar_whs_` included: nothing of it is base64
///   (Settings, Webhooks).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Source: <https://polar.sh/docs/integrate/webhooks/delivery>
#[must_use]
pub fn polar() -> Provider {
    Provider::preset(standard_like("polar", "webhook", "v1").secret_encoding(SecretEncoding::Text))
}

/// GitLab (signing token) webhooks since GitLab 19.0.
///
/// - Signature: `webhook-signature`, a list such as `v1,… v1,…` of base64 HMAC-SHA256s of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the signing token in base64, alone or after `whsec_` (Settings, Webhooks).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Event: `X-Gitlab-Event`, not signed.
/// - Not signed: the method, the URL, the other headers.
/// - Body: up to 25 MiB, which is the limit here.
///
/// Older versions of GitLab do not sign: [`gitlab`](super::gitlab).
///
/// Source: <https://docs.gitlab.com/user/project/integrations/webhooks/#signing-tokens>
#[must_use]
pub fn gitlab_signing_token() -> Provider {
    Provider::preset(
        standard_like("gitlab-signing-token", "webhook", "v1").event_header("x-gitlab-event"),
    )
    .with_body_limit(25 << 20)
}

/// Supabase Auth hooks.
///
/// - Signature: `webhook-signature`, a list such as `v1,…, v1,…`, with a comma after each item but
///   the last, of base64 HMAC-SHA256s of `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the secret of the hook in base64, alone or after `v1,whsec_` (Authentication, Hooks); of
///   several, which the console joins by `|`, each by itself.
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, another one for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Database webhooks are another feature, and not signed.
///
/// Source: <https://supabase.com/docs/guides/auth/auth-hooks>
#[must_use]
pub fn supabase() -> Provider {
    Provider::preset(
        standard_like("supabase", "webhook", "v1")
            .signature_format(SignatureFormat::separated("v1", ", ", ','))
            .secret_encoding(SecretEncoding::PrefixedBase64("v1,whsec_")),
    )
}

/// Standard Webhooks (v1a) asymmetric.
///
/// Needs the feature `ed25519`.
///
/// - Signature: `webhook-signature`, a list such as `v1a,… v1a,…` of base64 Ed25519 signatures of
///   `<webhook-id>.<webhook-timestamp>.<raw body>`.
/// - Key: the sender's public key in base64, alone or after `whpk_` (the sender shows it).
/// - Time: `webhook-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `webhook-id`, signed, the same for every attempt.
/// - Not signed: the method, the URL, the other headers.
///
/// Items of other versions in the same header, such as `v1`, are ignored.
///
/// Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
#[cfg(feature = "ed25519")]
#[must_use]
pub fn standard_webhooks_v1a() -> Provider {
    Provider::preset(
        standard_like("standard-webhooks-v1a", "webhook", "v1a")
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::PrefixedBase64(
                "whpk_",
            )))
            .algorithm(Algorithm::Ed25519),
    )
}

/// Svix (v1a) webhooks, asymmetric.
///
/// Needs the feature `ed25519`.
///
/// - Signature: `svix-signature`, a list such as `v1a,… v1a,…` of base64 Ed25519 signatures of
///   `<svix-id>.<svix-timestamp>.<raw body>`.
/// - Key: the public key of the endpoint in base64, alone or after `whpk_` (the application portal,
///   Endpoints).
/// - Time: `svix-timestamp`, Unix seconds, signed, 300 s either way.
/// - Id: `svix-id`, signed, the same for every attempt.
/// - Methods: `POST`, `PUT` or `PATCH`, as configured.
/// - Not signed: the method, the URL, the other headers.
///
/// Items of other versions in the same header, such as `v1`, are ignored.
///
/// Source: <https://docs.svix.com/receiving/verifying-payloads/how-manual>
#[cfg(feature = "ed25519")]
#[must_use]
pub fn svix_v1a() -> Provider {
    Provider::preset(
        standard_like("svix-v1a", "svix", "v1a")
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::PrefixedBase64(
                "whpk_",
            )))
            .algorithm(Algorithm::Ed25519),
    )
    .with_methods([Method::POST, Method::PUT, Method::PATCH])
}
