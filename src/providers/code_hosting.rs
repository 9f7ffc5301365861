//! Presets of code hosting and package registries.

use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("azure-devops", "Azure DevOps", azure_devops),
    Preset::new("bitbucket", "Bitbucket Cloud", bitbucket),
    Preset::new("docker-hub", "Docker Hub", docker_hub),
    Preset::new("forgejo", "Forgejo", forgejo),
    Preset::new("forgejo-form", "Forgejo (form)", forgejo_form),
    Preset::new("ghcr", "GitHub Container Registry", ghcr),
    Preset::new("gitea", "Gitea", gitea),
    Preset::new("gitea-form", "Gitea (form)", gitea_form),
    Preset::new("github", "GitHub", github),
    Preset::new("github-sha1", "GitHub (SHA-1)", github_sha1),
    Preset::new("gitlab", "GitLab", gitlab),
    Preset::new("gogs", "Gogs", gogs),
    Preset::new("gogs-form", "Gogs (form)", gogs_form),
    Preset::new("npm", "npm", npm),
    Preset::new(
        "bitbucket-server",
        "Bitbucket Server and Data Center",
        bitbucket_server,
    ),
];

/// GitHub webhooks of repositories, organizations and apps.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature-256`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (Settings › Webhooks › Secret) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-GitHub-Delivery`, not signed; a manual redelivery has the same ID |
/// | Event type | `X-GitHub-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 25 MiB: [GitHub caps payloads at 25 MB](https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap) |
/// | Evidence | 2 published examples, from GitHub's documentation and `octokit/webhooks-methods.js`; 4 cases of `@octokit/webhooks-methods` 6.0.0 (npm) |
///
/// Without a secret, GitHub sends no signature, and the layer rejects the delivery.
///
/// Both content types work. A form-encoded delivery is signed as sent, unlike those of Gitea and
/// Gogs.
///
/// axum's extractors stop at 2 MB. Raise its `DefaultBodyLimit` to receive larger payloads.
///
/// The preset ignores `X-Hub-Signature`, the same signature with SHA-1; see [`github_sha1`].
///
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
#[doc(alias = "github_app")]
#[doc(alias = "github_enterprise")]
#[must_use]
pub fn github() -> Provider {
    Provider::preset(
        Scheme::builder("github")
            .signature_header("x-hub-signature-256")
            .signature_prefix("sha256=")
            .id_header("x-github-delivery")
            .event_header("x-github-event"),
    )
    .with_body_limit(25 << 20)
}

/// Bitbucket Cloud webhooks.
///
/// Unverified: Atlassian documents the header and its format. The test has one example of that
/// page, as other projects quote it.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (Repository settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Request-UUID`, not signed |
/// | Event type | `X-Event-Key`, not signed |
/// | Attempt | `X-Attempt-Number`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 256 KiB: [Bitbucket limits payloads to 256 KB](https://confluence.atlassian.com/bbkb/troubleshoot-webhooks-1167729092.html) |
/// | Evidence | 1 published example |
///
/// GitHub uses a header of the same name for SHA-1.
///
/// Without a secret, Bitbucket sends no signature, and the layer rejects the delivery.
///
/// Source: <https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/>
#[doc(alias = "atlassian")]
#[must_use]
pub fn bitbucket() -> Provider {
    Provider::preset(
        Scheme::builder("bitbucket")
            .signature_header("x-hub-signature")
            .signature_prefix("sha256=")
            .id_header("x-request-uuid")
            .event_header("x-event-key")
            .attempt_header("x-attempt-number"),
    )
    .with_body_limit(256 << 10)
}

/// Gitea webhooks with the content type JSON.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Gitea-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (the repository's Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Gitea-Delivery`, not signed |
/// | Event type | `X-Gitea-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of Gitea's sender; no recorded delivery |
///
/// A webhook without a secret sends an empty signature. The layer rejects it.
///
/// Use this preset for the content type `application/json`. With the content type of a form, Gitea
/// signs the decoded field `payload` and not the body; use [`gitea_form`].
///
/// Source: <https://docs.gitea.com/usage/webhooks>
#[must_use]
pub fn gitea() -> Provider {
    Provider::preset(
        Scheme::builder("gitea")
            .signature_header("x-gitea-signature")
            .id_header("x-gitea-delivery")
            .event_header("x-gitea-event"),
    )
}

/// Forgejo webhooks with the content type JSON.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Forgejo-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (the repository's Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Forgejo-Delivery`, not signed |
/// | Event type | `X-Forgejo-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of Forgejo's sender, read in mirrors; no recorded delivery |
///
/// A webhook without a secret sends an empty signature. The layer rejects it.
///
/// Use this preset for the content type `application/json`. With the content type of a form,
/// Forgejo signs the decoded field `payload` and not the body; use [`forgejo_form`].
///
/// Source: <https://forgejo.org/docs/latest/user/webhooks/>
#[doc(alias = "codeberg")]
#[must_use]
pub fn forgejo() -> Provider {
    Provider::preset(
        Scheme::builder("forgejo")
            .signature_header("x-forgejo-signature")
            .id_header("x-forgejo-delivery")
            .event_header("x-forgejo-event"),
    )
}

/// Gogs webhooks with the content type JSON.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Gogs-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (the repository's Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Gogs-Delivery`, not signed |
/// | Event type | `X-Gogs-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of Gogs' sender; no recorded delivery |
///
/// A webhook without a secret sends an empty signature. The layer rejects it.
///
/// Use this preset for the content type `application/json`. With the content type of a form, Gogs
/// signs the decoded field `payload` and not the body; use [`gogs_form`].
///
/// Source: <https://github.com/gogs/gogs/blob/main/internal/database/webhook.go>
#[must_use]
pub fn gogs() -> Provider {
    Provider::preset(
        Scheme::builder("gogs")
            .signature_header("x-gogs-signature")
            .id_header("x-gogs-delivery")
            .event_header("x-gogs-event"),
    )
}

/// GitHub Container Registry webhooks.
///
/// Unverified: GitHub's pages say that these events arrive as GitHub webhooks. No delivery of them
/// was recorded.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature-256`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the secret of the repository's or organization's webhook, as text (Settings › Webhooks › Secret) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-GitHub-Delivery`, not signed |
/// | Event type | `X-GitHub-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 25 MiB: [GitHub caps payloads at 25 MB](https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap) |
/// | Evidence | documentation only |
///
/// The events `package` and `registry_package` are GitHub webhooks, and [`github`] verifies them
/// too. Set the content type of the webhook to JSON.
///
/// Source: <https://docs.github.com/en/webhooks/webhook-events-and-payloads#registry_package>
#[doc(alias = "github_packages")]
#[doc(alias = "container_registry")]
#[must_use]
pub fn ghcr() -> Provider {
    Provider::preset(
        Scheme::builder("ghcr")
            .signature_header("x-hub-signature-256")
            .signature_prefix("sha256=")
            .id_header("x-github-delivery")
            .event_header("x-github-event"),
    )
    .with_body_limit(25 << 20)
}

/// GitHub webhooks with SHA-1 signatures, of old GitHub Enterprise Servers.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature`, `sha1=` and the hex HMAC-SHA1 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (Settings › Webhooks › Secret) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-GitHub-Delivery`, not signed |
/// | Event type | `X-GitHub-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 25 MiB: [GitHub caps payloads at 25 MB](https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap) |
/// | Evidence | documentation only |
///
/// Use this preset only for a GitHub Enterprise Server that sends no other signature. Use
/// [`github`] otherwise.
///
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
#[doc(alias = "github_enterprise")]
#[must_use]
pub fn github_sha1() -> Provider {
    Provider::preset(
        Scheme::builder("github-sha1")
            .algorithm(Algorithm::HmacSha1)
            .signature_header("x-hub-signature")
            .signature_prefix("sha1=")
            .id_header("x-github-delivery")
            .event_header("x-github-event"),
    )
    .with_body_limit(25 << 20)
}

/// GitLab webhooks with a secret token.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `X-Gitlab-Token` contains the token as text |
/// | Signed text | none |
/// | Secret | the webhook's secret token as text (Settings › Webhooks) |
/// | Timestamp | none |
/// | Delivery ID | `Idempotency-Key`, not signed |
/// | Event type | `X-Gitlab-Event`, not signed |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403; GitLab disables a webhook after several 4xx responses |
/// | Payload limit | 25 MiB: [GitLab sends at most 25 MB](https://docs.gitlab.com/administration/instance_limits/#webhook-payload-size) |
/// | Evidence | documentation; 4 cases of `gidgetlab` 2.1.2 (PyPI, a third party) |
///
/// For webhooks with a signing token, use [`gitlab_signing_token`](super::gitlab_signing_token).
/// GitLab can send both during a migration.
///
/// A wrong token during a change of the secret counts as a 4xx response. Configure the former token
/// as a [previous](crate::Keys::previous) key.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://docs.gitlab.com/user/project/integrations/webhooks/>
#[must_use]
pub fn gitlab() -> Provider {
    Provider::preset(
        Scheme::builder("gitlab")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("x-gitlab-token")
            .id_header("idempotency-key")
            .event_header("x-gitlab-event"),
    )
    .with_body_limit(25 << 20)
}

/// Azure DevOps service hooks with basic authentication.
///
/// | | |
/// | --- | --- |
/// | Signature | none; `Authorization` contains `Basic ` and the base64 of the credentials |
/// | Signed text | none |
/// | Secret | `user:password`, as configured in the subscription (Project settings › Service hooks) |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// Azure DevOps sends no signature. It requires HTTPS for basic authentication.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks>
#[doc(alias = "service_hooks")]
#[doc(alias = "tfs")]
#[doc(alias = "vsts")]
#[must_use]
pub fn azure_devops() -> Provider {
    Provider::preset(
        Scheme::builder("azure-devops")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Base64)
            .signature_header("authorization")
            .signature_prefix("Basic "),
    )
}

/// npm registry hooks, which npm has discontinued.
///
/// | | |
/// | --- | --- |
/// | Signature | `x-npm-signature`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the hook's secret as text (chosen by you) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of npm's receiver; no recorded delivery |
///
/// Source: <https://github.com/npm/npm-hook-receiver>
#[doc(alias = "npmjs")]
#[must_use]
pub fn npm() -> Provider {
    Provider::preset(
        Scheme::builder("npm")
            .signature_header("x-npm-signature")
            .signature_prefix("sha256="),
    )
}

/// Docker Hub webhooks with a token in the URL.
///
/// | | |
/// | --- | --- |
/// | Signature | none; the query parameter `token` contains the token as text |
/// | Signed text | none |
/// | Secret | the value of `token` in the query of the webhook's URL (chosen by you); Docker Hub itself has no secret |
/// | Timestamp | none |
/// | Delivery ID | none |
/// | Event type | none |
/// | Not signed | everything: the token identifies the sender and protects no content |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// The body has a `callback_url`. Check its host before you send a request to it.
///
/// # Security
///
/// The token proves that the sender knows it, and nothing about the delivery. An attacker who sees
/// one request can forge any other. Accept requests over TLS only, and use a preset with a
/// signature if the provider offers one.
///
/// Source: <https://docs.docker.com/docker-hub/repos/manage/webhooks/>
#[doc(alias = "docker")]
#[must_use]
pub fn docker_hub() -> Provider {
    Provider::preset(
        Scheme::builder("docker-hub")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature(Location::query("token")),
    )
}

/// Forgejo webhooks with the content type of a form.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Forgejo-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the decoded form field `payload`; for a GET request, the decoded query parameter `payload` |
/// | Secret | the webhook's secret as text (the repository's Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Forgejo-Delivery`, not signed |
/// | Event type | `X-Forgejo-Event`, not signed |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the rest of the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of Forgejo's sender, read in mirrors; no recorded delivery |
///
/// A webhook without a secret sends an empty signature. The layer rejects it.
///
/// `payload` must be the only field of the form. With the content type `application/json`, use
/// [`forgejo`].
///
/// Source: <https://forgejo.org/docs/latest/user/webhooks/>
#[doc(alias = "codeberg")]
#[must_use]
pub fn forgejo_form() -> Provider {
    Provider::preset(
        Scheme::builder("forgejo-form")
            .signature_header("x-forgejo-signature")
            .id_header("x-forgejo-delivery")
            .message("{canonical:payload}")
            .event_header("x-forgejo-event"),
    )
    .with_methods(GET_OR_POST)
}

/// Gitea webhooks with the content type of a form.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Gitea-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the decoded form field `payload`; for a GET request, the decoded query parameter `payload` |
/// | Secret | the webhook's secret as text (the repository's Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Gitea-Delivery`, not signed |
/// | Event type | `X-Gitea-Event`, not signed |
/// | Methods | `GET` or `POST`, as configured |
/// | Not signed | the method, the rest of the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of Gitea's sender; no recorded delivery |
///
/// A webhook without a secret sends an empty signature. The layer rejects it.
///
/// `payload` must be the only field of the form. With the content type `application/json`, use
/// [`gitea`].
///
/// Source: <https://docs.gitea.com/usage/webhooks>
#[must_use]
pub fn gitea_form() -> Provider {
    Provider::preset(
        Scheme::builder("gitea-form")
            .signature_header("x-gitea-signature")
            .id_header("x-gitea-delivery")
            .message("{canonical:payload}")
            .event_header("x-gitea-event"),
    )
    .with_methods(GET_OR_POST)
}

/// Gogs webhooks with the content type of a form.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Gogs-Signature`, the hex HMAC-SHA256 |
/// | Signed text | the decoded form field `payload` |
/// | Secret | the webhook's secret as text (the repository's Settings › Webhooks) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Gogs-Delivery`, not signed |
/// | Event type | `X-Gogs-Event`, not signed |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | the source code of Gogs' sender; no recorded delivery |
///
/// A webhook without a secret sends an empty signature. The layer rejects it.
///
/// `payload` must be the only field of the form. With the content type `application/json`, use
/// [`gogs`].
///
/// Source: <https://github.com/gogs/gogs/blob/main/internal/database/webhook.go>
#[must_use]
pub fn gogs_form() -> Provider {
    Provider::preset(
        Scheme::builder("gogs-form")
            .signature_header("x-gogs-signature")
            .id_header("x-gogs-delivery")
            .message("{canonical:payload}")
            .event_header("x-gogs-event"),
    )
}

/// Bitbucket Server and Data Center webhooks.
///
/// | | |
/// | --- | --- |
/// | Signature | `X-Hub-Signature`, `sha256=` and the hex HMAC-SHA256 |
/// | Signed text | the raw body |
/// | Secret | the webhook's secret as text (where the console shows it is not known) |
/// | Timestamp | none: a recorded delivery can be replayed at any time |
/// | Delivery ID | `X-Request-Id`, not signed |
/// | Event type | `X-Event-Key`, not signed |
/// | Handshakes | the unsigned connection test, answered with 200 |
/// | Not signed | the method, the URL, the headers |
/// | Rejection | 403 |
/// | Payload limit | 1 MiB (no documented limit is known) |
/// | Evidence | documentation only |
///
/// The connection test has the event `diagnostics:ping`. The layer answers it without a signature
/// only if `X-Hub-Signature` is absent. This request is known from reports to Atlantis and Bitrise
/// about version 5. A connection test with a signature is a delivery.
///
/// Bitbucket Cloud has another ID header; see [`bitbucket`]. Without a secret, Bitbucket sends no
/// signature, and the layer rejects the delivery.
///
/// Source: <https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html>
#[doc(alias = "bitbucket_data_center")]
#[doc(alias = "stash")]
#[must_use]
pub fn bitbucket_server() -> Provider {
    Provider::preset(
        Scheme::builder("bitbucket-server")
            .signature_header("x-hub-signature")
            .signature_prefix("sha256=")
            .id_header("x-request-id")
            .event_header("x-event-key"),
    )
    .with_handshakes(handshakes::bitbucket_server())
}
