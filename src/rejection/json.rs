use bytes::Bytes;
use http::{HeaderValue, Response, header};

use super::{Rejection, RejectionClass, RejectionKind};

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

/// An answer with the rejection's status and, where the sender should try again, the time to wait.
pub(super) fn answer(
    rejection: &Rejection,
    content_type: HeaderValue,
    body: Bytes,
) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = rejection.status();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
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
pub(crate) fn allow(rejection: &Rejection, response: &mut Response<Bytes>) {
    let RejectionKind::MethodNotAllowed { allowed } = rejection.kind() else {
        return;
    };
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        let headers = response.headers_mut();
        headers.entry(header::ALLOW).or_insert(allowed);
    }
}
