//! The responses to rejected requests.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header};

use super::{Rejection, RejectionClass, RejectionKind, Statuses};

/// Creates the response to a rejected request.
pub(crate) type Renderer = dyn Fn(&Rejection) -> Response<Bytes> + Send + Sync;

/// Creates rejections and their responses. One responder serves all layers of an endpoint, so that
/// custom statuses and responses apply to each of them.
#[derive(Clone)]
pub(crate) struct RejectionResponder {
    provider: Arc<str>,
    statuses: Statuses,
    /// The operator's, if one is set.
    renderer: Option<Arc<Renderer>>,
}

impl RejectionResponder {
    pub(crate) fn new(provider: Arc<str>, statuses: Statuses) -> Self {
        Self {
            provider,
            statuses,
            renderer: None,
        }
    }

    pub(crate) fn set_status(&mut self, class: RejectionClass, status: StatusCode) {
        self.statuses.set(class, status);
    }

    pub(crate) fn set_renderer(&mut self, renderer: Arc<Renderer>) {
        self.renderer = Some(renderer);
    }

    /// Whether the provider requires responses without a body.
    pub(crate) fn has_no_bodies(&self) -> bool {
        self.statuses.has_no_bodies()
    }

    pub(crate) fn reject(&self, kind: RejectionKind) -> Rejection {
        Rejection::new(Arc::clone(&self.provider), kind, &self.statuses)
    }

    /// Creates the response, with the rejection in its extensions. A gRPC client can read only
    /// gRPC, so its response ignores the statuses and the renderer.
    pub(crate) fn respond(&self, rejection: Rejection, is_grpc: bool) -> Response<Bytes> {
        let mut response = if is_grpc {
            grpc(&rejection)
        } else if let Some(renderer) = &self.renderer {
            renderer(&rejection)
        } else if self.has_no_bodies() {
            empty(&rejection)
        } else {
            json(&rejection)
        };
        allow(&rejection, &mut response);
        response.extensions_mut().insert(rejection);
        response
    }
}

impl fmt::Debug for RejectionResponder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectionResponder")
            .field("statuses", &self.statuses)
            .finish_non_exhaustive()
    }
}

/// Answers in JSON: `{"error":"Invalid signature"}`. The default.
#[must_use]
pub fn json(rejection: &Rejection) -> Response<Bytes> {
    let body = match rejection.class() {
        RejectionClass::InvalidSignature => r#"{"error":"Invalid signature"}"#,
        RejectionClass::InvalidTimestamp => r#"{"error":"Invalid timestamp"}"#,
        RejectionClass::Expired => r#"{"error":"Request expired"}"#,
        RejectionClass::InvalidRequest => r#"{"error":"Invalid request"}"#,
        RejectionClass::MethodNotAllowed => r#"{"error":"Method not allowed"}"#,
        RejectionClass::PayloadTooLarge => r#"{"error":"Payload too large"}"#,
        RejectionClass::Timeout => r#"{"error":"Request timeout"}"#,
        RejectionClass::Misconfigured => r#"{"error":"Internal server error"}"#,
        RejectionClass::Unavailable => r#"{"error":"Service unavailable"}"#,
    };
    answer(
        rejection,
        HeaderValue::from_static("application/json"),
        Bytes::from_static(body.as_bytes()),
    )
}

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

/// An answer with this body.
fn answer(rejection: &Rejection, content_type: HeaderValue, body: Bytes) -> Response<Bytes> {
    let mut response = empty(rejection).map(|_| body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// An answer without a body, with the rejection's status and, where the sender should try again,
/// the time to wait.
fn empty(rejection: &Rejection) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = rejection.status();
    if rejection.class() == RejectionClass::Unavailable {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    allow(rejection, &mut response);
    response
}

/// Adds an `Allow` header if the method was rejected and the response has none. Every 405 response
/// must have one ([RFC 9110, section 15.5.6]).
///
/// [RFC 9110, section 15.5.6]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
fn allow(rejection: &Rejection, response: &mut Response<Bytes>) {
    let RejectionKind::MethodNotAllowed { allowed } = rejection.kind() else {
        return;
    };
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        let headers = response.headers_mut();
        headers.entry(header::ALLOW).or_insert(allowed);
    }
}

/// Answers in gRPC: HTTP 200, no body, and the status in the head ("Trailers-Only" in the
/// [gRPC protocol]).
///
/// gRPC requests are answered like this whatever the layer's renderer and statuses, because a gRPC
/// client cannot read anything else: count rejections by the [`Rejection`] in the response's
/// extensions. A gRPC request is a `POST` over HTTP/2 with the content type `application/grpc`,
/// alone or with a suffix. gRPC-Web is answered as HTTP.
///
/// [gRPC protocol]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
#[must_use]
pub fn grpc(rejection: &Rejection) -> Response<Bytes> {
    let response = rejection.class().response();
    grpc_status(response.grpc_status, response.message)
}

/// An answer of this status.
pub(crate) fn grpc_status(status: &'static str, message: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    headers.insert(
        HeaderName::from_static("grpc-status"),
        HeaderValue::from_static(status),
    );
    headers.insert(
        HeaderName::from_static("grpc-message"),
        HeaderValue::from_static(message),
    );
    response
}

/// Whether this is the head of a gRPC request.
pub(crate) fn is_grpc(version: Version, method: &Method, headers: &HeaderMap) -> bool {
    const TYPE: &[u8] = b"application/grpc";
    let is_type = |value: &HeaderValue| {
        let kind = value.as_bytes().split_at_checked(TYPE.len());
        kind.is_some_and(|(kind, rest)| {
            let end = rest.trim_ascii_start().first();
            kind.eq_ignore_ascii_case(TYPE) && matches!(end, None | Some(b'+' | b';'))
        })
    };
    version == Version::HTTP_2
        && method == Method::POST
        && headers.get(header::CONTENT_TYPE).is_some_and(is_type)
}
