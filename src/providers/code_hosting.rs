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
];

/// GitHub repository, organisation and app webhooks.
///
/// - Signature: `X-Hub-Signature-256`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the webhook's secret as text (Settings, Webhooks, Secret). Without one GitHub sends no
///   signature, and the delivery is refused.
/// - Time: none, so a delivery that was recorded once can be sent again.
/// - Not signed: `X-GitHub-Delivery` (the id) and `X-GitHub-Event` (the kind of event).
/// - Body: up to 25 MiB, which is the limit here (axum's extractors stop at 2 MB unless its
///   `DefaultBodyLimit` says otherwise); form-encoded deliveries are signed as sent.
///
/// `X-Hub-Signature`, the same with SHA-1, is not looked at.
///
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
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
/// - Signature: `X-Hub-Signature`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (Repository settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Request-UUID`, not signed.
/// - Event: `X-Event-Key`, not signed.
/// - Attempt: `X-Attempt-Number`, not signed.
/// - Not signed: the method, the URL, the headers.
/// - Body: up to 256 KiB, which is the limit here.
///
/// GitHub uses the same header for SHA-1. Without a secret there is no signature, and deliveries
/// are refused.
///
/// Known in part: the header and its form are documented; no vector of theirs beyond one.
///
/// Source: <https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/>
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

/// Gitea webhooks.
///
/// - Signature: `X-Gitea-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (the repository's Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Gitea-Delivery`, not signed.
/// - Event: `X-Gitea-Event`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// A webhook without a secret sends an empty signature, which is refused.
///
/// Of a form, the decoded field `payload` is signed and not the body: that is
/// `gitea_form`.
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

/// Forgejo webhooks.
///
/// - Signature: `X-Forgejo-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (the repository's Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Forgejo-Delivery`, not signed.
/// - Event: `X-Forgejo-Event`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// A webhook without a secret sends an empty signature, which is refused.
///
/// Of a form, the decoded field `payload` is signed and not the body: that is
/// `forgejo_form`.
///
/// Source: <https://forgejo.org/docs/latest/user/webhooks/>
#[must_use]
pub fn forgejo() -> Provider {
    Provider::preset(
        Scheme::builder("forgejo")
            .signature_header("x-forgejo-signature")
            .id_header("x-forgejo-delivery")
            .event_header("x-forgejo-event"),
    )
}

/// Gogs webhooks.
///
/// - Signature: `X-Gogs-Signature`, the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the webhook, as text (the repository's Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Gogs-Delivery`, not signed.
/// - Event: `X-Gogs-Event`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// A webhook without a secret sends an empty signature, which is refused.
///
/// Of a form, the decoded field `payload` is signed and not the body: that is
/// `gogs_form`.
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
/// - Signature: `X-Hub-Signature-256`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the repository's or organisation's webhook, as text (Settings, Webhooks,
///   Secret).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-GitHub-Delivery`, not signed.
/// - Event: `X-GitHub-Event`, not signed.
/// - Not signed: the method, the URL, the headers.
/// - Body: up to 25 MiB, which is the limit here.
///
/// They are GitHub webhooks; set the content type to JSON.
///
/// Known in part: that the events come by the same way is what its pages say.
///
/// Source: <https://docs.github.com/en/webhooks/webhook-events-and-payloads#registry_package>
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

/// GitHub (SHA-1) webhooks of old servers.
///
/// - Signature: `X-Hub-Signature`, `sha1=` and the hex HMAC-SHA1 of the raw body.
/// - Key: the secret of the webhook, as text (Settings, Webhooks, Secret).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-GitHub-Delivery`, not signed.
/// - Event: `X-GitHub-Event`, not signed.
/// - Not signed: the method, the URL, the headers.
/// - Body: up to 25 MiB, which is the limit here.
///
/// Only for a GitHub Enterprise Server that sends nothing else; take [`github`](super::github)
/// otherwise.
///
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
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

/// GitLab webhooks, by their secret token.
///
/// - Proof: `X-Gitlab-Token`, the token as it is. Nothing is signed.
/// - Key: the secret token of the webhook, as text (Settings, Webhooks).
/// - Time: none.
/// - Id: `Idempotency-Key`, not signed.
/// - Event: `X-Gitlab-Event`, not signed.
/// - Not signed: everything: the token says who sends, and not what.
///
/// GitLab disables a webhook that is answered 4xx several times.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
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
}

/// Azure DevOps service hooks, by basic authentication.
///
/// - Proof: `Authorization`, `Basic ` and the base64 of the credentials. Nothing is signed.
/// - Key: `user:password`, as configured in the subscription (Project settings, Service hooks).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks>
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

/// npm registry hooks.
///
/// - Signature: `x-npm-signature`, `sha256=` and the hex HMAC-SHA256 of the raw body.
/// - Key: the secret of the hook, as text (chosen by you).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Not signed: the method, the URL, the headers.
///
/// The service was discontinued.
///
/// Source: <https://github.com/npm/npm-hook-receiver>
#[must_use]
pub fn npm() -> Provider {
    Provider::preset(
        Scheme::builder("npm")
            .signature_header("x-npm-signature")
            .signature_prefix("sha256="),
    )
}

/// Docker Hub webhooks, by a token in the URL.
///
/// - Proof: the parameter `token` of the query, the token as it is. Nothing is signed.
/// - Key: the `token` that you put into the query of the webhook's URL (chosen by you); Docker Hub
///   itself has no secret.
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// The body has a `callback_url`: check its host before you call it.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://docs.docker.com/docker-hub/repos/manage/webhooks/>
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
/// - Signature: `X-Forgejo-Signature`, the hex HMAC-SHA256 of the form's only field `payload`,
///   decoded; of a GET, of the query's.
/// - Key: the secret of the webhook, as text (the repository's Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Forgejo-Delivery`, not signed.
/// - Event: `X-Forgejo-Event`, not signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// A webhook without a secret sends an empty signature, which is refused. With the content type
/// JSON take [`forgejo`].
///
/// Source: <https://forgejo.org/docs/latest/user/webhooks/>
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
/// - Signature: `X-Gitea-Signature`, the hex HMAC-SHA256 of the form's only field `payload`,
///   decoded; of a GET, of the query's.
/// - Key: the secret of the webhook, as text (the repository's Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Gitea-Delivery`, not signed.
/// - Event: `X-Gitea-Event`, not signed.
/// - Methods: `GET` or `POST`, as configured.
/// - Not signed: the method, the URL, the headers.
///
/// A webhook without a secret sends an empty signature, which is refused. With the content type
/// JSON take [`gitea`].
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
/// - Signature: `X-Gogs-Signature`, the hex HMAC-SHA256 of the form's only field `payload`,
///   decoded.
/// - Key: the secret of the webhook, as text (the repository's Settings, Webhooks).
/// - Time: none, so a delivery that was recorded can be sent again at any time.
/// - Id: `X-Gogs-Delivery`, not signed.
/// - Event: `X-Gogs-Event`, not signed.
/// - Not signed: the method, the URL, the headers.
///
/// A webhook without a secret sends an empty signature, which is refused. With the content type
/// JSON take [`gogs`].
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
