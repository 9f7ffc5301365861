use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};

use super::{Refusal, Rejection};

/// Answers in gRPC: HTTP 200, no body, and the status in the head ("Trailers-Only" in the
/// [gRPC protocol]). Requests of a gRPC content type are answered like this whatever the layer's
/// renderer, because a gRPC client cannot read anything else.
///
/// [gRPC protocol]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
#[must_use]
pub fn grpc(rejection: &Rejection) -> Response<Bytes> {
    // The numbers are those of https://grpc.github.io/grpc/core/md_doc_statuscodes.html
    let (status, message) = match rejection.refusal() {
        Refusal::InvalidSignature => ("7", "Invalid signature"),
        Refusal::InvalidTimestamp => ("3", "Invalid timestamp"),
        Refusal::Expired => ("3", "Request expired"),
        Refusal::InvalidRequest => ("3", "Invalid request"),
        Refusal::PayloadTooLarge => ("8", "Payload too large"),
        Refusal::Timeout => ("4", "Request timeout"),
        Refusal::Unavailable => ("14", "Service unavailable"),
    };
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

/// Whether these are the headers of a gRPC request: `application/grpc`, alone or with a suffix.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.as_bytes().strip_prefix(b"application/grpc"))
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}
