use bytes::Bytes;
use http::{HeaderValue, Response, header};

use super::{Refusal, Rejection};

/// Answers in JSON: `{"error":"Invalid signature"}`. The default.
#[must_use]
pub fn json(rejection: &Rejection) -> Response<Bytes> {
    let body = match rejection.refusal() {
        Refusal::InvalidSignature => r#"{"error":"Invalid signature"}"#,
        Refusal::InvalidTimestamp => r#"{"error":"Invalid timestamp"}"#,
        Refusal::Expired => r#"{"error":"Request expired"}"#,
        Refusal::InvalidRequest => r#"{"error":"Invalid request"}"#,
        Refusal::PayloadTooLarge => r#"{"error":"Payload too large"}"#,
        Refusal::Timeout => r#"{"error":"Request timeout"}"#,
        Refusal::Unavailable => r#"{"error":"Service unavailable"}"#,
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
    if rejection.refusal() == Refusal::Unavailable {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
