use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Version, header};

use super::Rejection;

/// Answers in gRPC: HTTP 200, no body, and the status in the head ("Trailers-Only" in the
/// [gRPC protocol]).
///
/// gRPC requests are answered like this whatever the layer's renderer and statuses, because a gRPC
/// client cannot read anything else: count refusals by the [`Rejection`] in the response's
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
