use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Version, header};

use super::{Rejection, RejectionClass};

/// Answers in gRPC: HTTP 200, no body, and the status in the head ("Trailers-Only" in the
/// [gRPC protocol]).
///
/// gRPC requests are answered like this whatever the layer's renderer and statuses, because a gRPC
/// client cannot read anything else: count refusals by the [`Rejection`] in the response's
/// extensions. A gRPC request is a `POST` over HTTP/2 with the content type `application/grpc`, alone
/// or with a suffix. gRPC-Web is answered as HTTP.
///
/// [gRPC protocol]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
#[must_use]
pub fn grpc(rejection: &Rejection) -> Response<Bytes> {
    // The numbers are those of https://grpc.github.io/grpc/core/md_doc_statuscodes.html
    let status = match rejection.class() {
        RejectionClass::InvalidSignature => "7",
        RejectionClass::InvalidTimestamp
        | RejectionClass::Expired
        | RejectionClass::InvalidRequest => "3",
        RejectionClass::MethodNotAllowed => "12",
        RejectionClass::PayloadTooLarge => "8",
        RejectionClass::Timeout => "4",
        RejectionClass::Misconfigured => "13",
        RejectionClass::Unavailable => "14",
    };
    grpc_status(status, rejection.class().message())
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
