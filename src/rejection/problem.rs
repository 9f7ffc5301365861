use bytes::Bytes;
use http::{HeaderValue, Response};

use super::{Rejection, json::answer};

/// Answers with problem details ([RFC 9457]):
/// `{"title":"Forbidden","status":403,"detail":"Invalid signature"}`.
///
/// ```
/// use tower_webhook::{Secret, WebhookLayer, providers, rejection};
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let layer = WebhookLayer::new(providers::github(), Secret::new("a secret")?)?
///     .rejection_response(rejection::problem_json);
/// # Ok(())
/// # }
/// ```
///
/// [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457
#[must_use]
pub fn problem_json(rejection: &Rejection) -> Response<Bytes> {
    let status = rejection.status();
    // Both texts are constants without anything to escape.
    let title = status.canonical_reason().unwrap_or("Refused");
    let detail = rejection.class().message();
    let body = format!(
        r#"{{"title":"{title}","status":{},"detail":"{detail}"}}"#,
        status.as_u16()
    );
    answer(
        rejection,
        HeaderValue::from_static("application/problem+json"),
        body.into(),
    )
}
