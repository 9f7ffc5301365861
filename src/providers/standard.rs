use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("anthropic", "Anthropic", anthropic),
    Preset::new("bigcommerce", "BigCommerce", bigcommerce),
    Preset::new("clerk", "Clerk", clerk),
    Preset::new("dodopayments", "Dodo Payments", dodopayments),
    Preset::new("finch", "Finch", finch),
    Preset::new("generic", "Generic", generic),
    Preset::new(
        "gitlab-signing-token",
        "GitLab (signing token)",
        gitlab_signing_token,
    ),
    Preset::new("imagekit", "ImageKit", imagekit),
    Preset::new("lithic", "Lithic", lithic),
    Preset::new("liveblocks", "Liveblocks", liveblocks),
    Preset::new("openai", "OpenAI", openai),
    Preset::new("polar", "Polar", polar),
    Preset::new("replicate", "Replicate", replicate),
    Preset::new("resend", "Resend", resend),
    Preset::new("standard-webhooks", "Standard Webhooks", standard_webhooks)
        .with_aliases(&["standardwebhooks"]),
    Preset::new("supabase", "Supabase", supabase),
    Preset::new("svix", "Svix", svix).with_aliases(&[
        "beehiiv",
        "brex",
        "fathom",
        "folk",
        "guesty",
        "incident-io",
        "nash",
        "pleo",
        "psifi",
        "render",
        "safebase",
        "sardine",
        "stytch",
    ]),
];

/// The plain scheme that many guides describe: `X-Signature` and `X-Timestamp`.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | a text (agreed on with the sender) |
/// | Timestamp | `X-Timestamp`, Unix seconds, 300 s either way, **not signed** |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the timestamp, the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, the HMAC of the GitHub documentation; 8 cases computed with Python and OpenSSL |
///
/// # Security
///
/// The timestamp is not part of the signed text, so it does not prevent replays. It only rejects
/// outdated deliveries of a sender whose queue is stuck. An attacker who captured a delivery can
/// send it again with the current time. Prefer [`standard_webhooks`] if you can choose the scheme.
#[doc(alias = "hmac")]
#[doc(alias = "custom")]
#[must_use]
pub fn generic() -> Provider {
    Provider::preset(
        Scheme::builder("generic")
            .signature_header("x-signature")
            .timestamp_header("x-timestamp"),
    )
}

/// [Standard Webhooks] 1.0 with a shared secret (`v1`): the recommended scheme for a new system.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the secret in base64, alone or after `whsec_` (the sender shows it) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 2 published examples, from `standard-webhooks/standard-webhooks`; 5 cases of `standardwebhooks` 1.1.1 (npm) |
///
/// The list can contain other versions, which are ignored. A delivery ID that contains `.` is
/// rejected, because the signed text would be ambiguous.
///
/// Some senders that name Standard Webhooks use the text of the secret as the key, without decoding
/// it. Pass such a secret as [`Secret::from_bytes`](crate::Secret::from_bytes).
///
/// [Standard Webhooks]: https://www.standardwebhooks.com
///
/// Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
#[doc(alias = "standardwebhooks")]
#[doc(alias = "whsec")]
#[must_use]
pub fn standard_webhooks() -> Provider {
    Provider::preset(standard_like("standard-webhooks", "webhook", "v1"))
}

/// Standard Webhooks under other names: headers that begin with `prefix`.
/// A provider that signs with Svix. Svix lets its customers select the names of the headers.
fn svix_like(name: &'static str) -> SchemeBuilder {
    standard_like(name, "svix", "v1")
        .alternative_header("svix-id", "webhook-id")
        .alternative_header("svix-timestamp", "webhook-timestamp")
        .alternative_header("svix-signature", "webhook-signature")
}

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
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the client secret of the app as text, not base64 (Developer Portal › My apps) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// The headers are those of Standard Webhooks, but the secret is not decoded.
///
/// Source: <https://developer.bigcommerce.com/docs/integrations/webhooks/https-webhook-overview>
#[doc(alias = "ecommerce")]
#[must_use]
pub fn bigcommerce() -> Provider {
    Provider::preset(
        standard_like("bigcommerce", "webhook", "v1").secret_encoding(SecretEncoding::Text),
    )
}

/// Svix webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `svix-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<svix-id>.<svix-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64, alone or after `whsec_` (application portal › Endpoints) |
/// | Timestamp | `svix-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `svix-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Methods | `POST`, `PUT` or `PATCH`, as configured |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `svix/svix-webhooks`; 5 cases of `svix` 1.99.1 (npm) |
///
/// Svix sends `webhook-*` headers instead of `svix-*` if its customer chooses so. The preset
/// accepts both, `svix-*` first, as the libraries of Svix do. A signer writes `svix-*`.
///
/// These brands sign in the same way, and [`by_name`](super::by_name) finds the preset by their
/// names: Beehiiv, Brex, Fathom, Folk, Guesty, incident.io, Nash, Pleo, PsiFi, Render, SafeBase,
/// Sardine and Stytch. This is known from the sources of Svix Ingest and, for Fathom and Folk, from
/// the webhook routing of Nango.
///
/// Source: <https://docs.svix.com/receiving/verifying-payloads/how-manual>
#[doc(alias = "whsec")]
#[must_use]
pub fn svix() -> Provider {
    Provider::preset(svix_like("svix")).with_methods([Method::POST, Method::PUT, Method::PATCH])
}

/// Resend webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `svix-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<svix-id>.<svix-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64, alone or after `whsec_` (Webhooks › the endpoint) |
/// | Timestamp | `svix-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `svix-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `resend` 6.38.0 (npm) |
///
/// Resend delivers with Svix. Svix sends `webhook-*` headers instead of `svix-*` if its customer
/// chooses so. The preset accepts both, `svix-*` first, as the libraries of Svix do. A signer
/// writes `svix-*`.
///
/// Source: <https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests>
#[doc(alias = "email")]
#[must_use]
pub fn resend() -> Provider {
    Provider::preset(svix_like("resend"))
}

/// Clerk webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `svix-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<svix-id>.<svix-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64, alone or after `whsec_` (Configure › Webhooks › the endpoint) |
/// | Timestamp | `svix-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `svix-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@clerk/backend` 3.25.0 (npm) |
///
/// Clerk delivers with Svix. Svix sends `webhook-*` headers instead of `svix-*` if its customer
/// chooses so. The preset accepts both, `svix-*` first, as the libraries of Svix do. A signer
/// writes `svix-*`.
///
/// Source: <https://clerk.com/docs/webhooks/overview>
#[doc(alias = "authentication")]
#[must_use]
pub fn clerk() -> Provider {
    Provider::preset(svix_like("clerk"))
}

/// OpenAI webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64 after `whsec_` (Settings › Webhooks; shown once) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `openai/openai-python`; 5 cases of `openai` 6.49.0 (npm) |
///
/// The text of a secret without `whsec_` is the key itself, as in OpenAI's libraries.
///
/// Source: <https://platform.openai.com/docs/guides/webhooks>
#[doc(alias = "chatgpt")]
#[must_use]
pub fn openai() -> Provider {
    Provider::preset(
        standard_like("openai", "webhook", "v1")
            .secret_encoding(SecretEncoding::Base64AfterPrefix("whsec_")),
    )
}

/// Replicate webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64, alone or after `whsec_` (Account › Webhooks) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 1 published example, from `replicate/replicate-javascript`; 5 cases of `replicate` 1.4.0 (npm) |
///
/// Source: <https://replicate.com/docs/topics/webhooks/verify-webhook>
#[must_use]
pub fn replicate() -> Provider {
    Provider::preset(standard_like("replicate", "webhook", "v1"))
}

/// Anthropic webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64, alone or after `whsec_` (Console › Webhooks) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@anthropic-ai/sdk` 1.12.0 (npm) |
///
/// Source: <https://platform.claude.com/docs/en/api/webhooks>
#[doc(alias = "claude")]
#[must_use]
pub fn anthropic() -> Provider {
    Provider::preset(standard_like("anthropic", "webhook", "v1"))
}

/// Dodo Payments webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64, alone or after `whsec_` (Developer › Webhooks) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `dodopayments` 2.52.0 (npm) |
///
/// Source: <https://docs.dodopayments.com/developer-resources/webhooks>
#[doc(alias = "payments")]
#[must_use]
pub fn dodopayments() -> Provider {
    Provider::preset(standard_like("dodopayments", "webhook", "v1"))
}

/// Lithic webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64, alone or after `whsec_` (in the response of the API) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `lithic` 0.145.0 (npm) |
///
/// Source: <https://docs.lithic.com/docs/events-api>
#[doc(alias = "card_issuing")]
#[must_use]
pub fn lithic() -> Provider {
    Provider::preset(standard_like("lithic", "webhook", "v1"))
}

/// Liveblocks webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the signing secret in base64, alone or after `whsec_` (the project › Webhooks) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@liveblocks/node` 3.24.2 (npm) |
///
/// Source: <https://liveblocks.io/docs/platform/webhooks>
#[must_use]
pub fn liveblocks() -> Provider {
    Provider::preset(standard_like("liveblocks", "webhook", "v1"))
}

/// Polar webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the secret of the endpoint, `polar_whs_` or `whsec_` included (Settings › Webhooks) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@polar-sh/sdk` 0.49.0 (npm) |
///
/// Polar is moving to Standard Webhooks. The key was the text of the secret, and becomes the
/// decoded base64 after `whsec_`. The preset accepts both keys, as Polar's libraries do. A signer
/// uses the text.
///
/// Source: <https://polar.sh/docs/integrate/webhooks/delivery>
///
/// Source: <https://github.com/polarsource/polar/issues/14102>
#[doc(alias = "payments")]
#[must_use]
pub fn polar() -> Provider {
    Provider::preset(standard_like("polar", "webhook", "v1").secret_encoding(
        SecretEncoding::AnyOf(&[
            SecretEncoding::Text,
            SecretEncoding::PrefixedBase64("whsec_"),
        ]),
    ))
}

/// GitLab webhooks with a signing token, since GitLab 19.0.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the signing token in base64, alone or after `whsec_` (Settings › Webhooks) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | `X-Gitlab-Event`, not signed |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 25 MiB: [GitLab sends at most 25 MB](https://docs.gitlab.com/administration/instance_limits/#webhook-payload-size) |
/// | Evidence | documentation only |
///
/// Older versions of GitLab do not sign; use [`gitlab`](super::gitlab) for them.
///
/// Source: <https://docs.gitlab.com/user/project/integrations/webhooks/#signing-tokens>
#[doc(alias = "git")]
#[must_use]
pub fn gitlab_signing_token() -> Provider {
    Provider::preset(
        standard_like("gitlab-signing-token", "webhook", "v1").event_header("x-gitlab-event"),
    )
    .with_body_limit(25 << 20)
}

/// Supabase Auth hooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,…, v1,…`, with a comma after each item except the last, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the secret of the hook in base64, alone or after `v1,whsec_` (Authentication › Hooks) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, different for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation, and the source of the sender ([supabase/auth](https://github.com/supabase/auth)); no delivery |
///
/// The console joins several secrets with `|`. Configure each one as a secret of its own.
///
/// Database webhooks are another feature of Supabase, and are not signed.
///
/// Source: <https://supabase.com/docs/guides/auth/auth-hooks>
#[doc(alias = "auth_hook")]
#[must_use]
pub fn supabase() -> Provider {
    Provider::preset(
        standard_like("supabase", "webhook", "v1")
            .signature_format(SignatureFormat::separated("v1", ", ", ','))
            .secret_encoding(SecretEncoding::PrefixedBase64("v1,whsec_")),
    )
}

/// Standard Webhooks 1.0 with a public key (`v1a`).
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1a,… v1a,…`, where each `v1a` is a base64 Ed25519 signature |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the sender's public key in base64, alone or after `whpk_` (the sender shows it) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `ed25519` |
/// | Evidence | 1 published example, from `svix/svix-webhooks` |
///
/// The list can contain other versions, such as `v1`, which are ignored.
///
/// Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
#[doc(alias = "ed25519")]
#[doc(alias = "whpk")]
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

/// Svix webhooks with a public key (`v1a`).
///
/// | | |
/// | --- | --- |
/// | Signature | `svix-signature`, a list such as `v1a,… v1a,…`, where each `v1a` is a base64 Ed25519 signature |
/// | Signed text | `<svix-id>.<svix-timestamp>.<raw body>` |
/// | Secret | the public key of the endpoint in base64, alone or after `whpk_` (application portal › Endpoints) |
/// | Timestamp | `svix-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `svix-id`, signed, the same for every attempt |
/// | Event type | none |
/// | Methods | `POST`, `PUT` or `PATCH`, as configured |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Feature | `ed25519` |
/// | Evidence | 1 published example, from `svix/svix-webhooks` |
///
/// The list can contain other versions, such as `v1`, which are ignored.
///
/// Source: <https://docs.svix.com/receiving/verifying-payloads/how-manual>
#[doc(alias = "ed25519")]
#[doc(alias = "whpk")]
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

/// Finch webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `Finch-Signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<Finch-Event-Id>.<Finch-Timestamp>.<raw body>` |
/// | Secret | the secret in base64, without a prefix (where the console shows it is not known) |
/// | Timestamp | `Finch-Timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `Finch-Event-Id`, signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 5 cases of `@tryfinch/finch-api` 10.7.0 (npm) |
///
/// Source: <https://www.npmjs.com/package/@tryfinch/finch-api/v/10.7.0>
#[must_use]
pub fn finch() -> Provider {
    Provider::preset(
        standard_like("finch", "finch", "v1")
            .secret_encoding(SecretEncoding::Base64)
            .id_header("finch-event-id"),
    )
}

/// ImageKit webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `webhook-signature`, a list such as `v1,… v1,…`, where each `v1` is a base64 HMAC-SHA256 |
/// | Signed text | `<webhook-id>.<webhook-timestamp>.<raw body>` |
/// | Secret | the secret as text, `whsec_` included, not decoded (where the console shows it is not known) |
/// | Timestamp | `webhook-timestamp`, Unix seconds, signed, 300 s either way |
/// | Delivery ID | `webhook-id`, signed |
/// | Event type | none |
/// | Not signed | the method, the URL, the other headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | 6 cases of `@imagekit/nodejs` 7.11.0 (npm) |
///
/// Source: <https://www.npmjs.com/package/@imagekit/nodejs/v/7.11.0>
#[must_use]
pub fn imagekit() -> Provider {
    Provider::preset(
        standard_like("imagekit", "webhook", "v1").secret_encoding(SecretEncoding::Text),
    )
}
