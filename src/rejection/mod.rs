//! Why a delivery was rejected, and what the response tells its sender.
//!
//! - A [`RejectionKind`] is the exact reason, for the operator. It is traced, and the whole
//!   [`Rejection`] is in the extensions of the response.
//! - A [`RejectionClass`] is all that the sender sees. All kinds of a class have the same status
//!   and the same body, so that a rejection does not help an attacker to find a signature.
//!
//! Neither holds a secret, a MAC or a part of the body.
//!
//! | class | status | body | gRPC |
//! | --- | --- | --- | --- |
//! | [`InvalidSignature`] | 403 | `{"error":"Invalid signature"}` | `PERMISSION_DENIED` |
//! | [`InvalidTimestamp`] | 400 | `{"error":"Invalid timestamp"}` | `INVALID_ARGUMENT` |
//! | [`Expired`] | 400 | `{"error":"Request expired"}` | `INVALID_ARGUMENT` |
//! | [`InvalidRequest`] | 400 | `{"error":"Invalid request"}` | `INVALID_ARGUMENT` |
//! | [`MethodNotAllowed`] | 405, `Allow` | `{"error":"Method not allowed"}` | `UNIMPLEMENTED` |
//! | [`PayloadTooLarge`] | 413 | `{"error":"Payload too large"}` | `RESOURCE_EXHAUSTED` |
//! | [`Timeout`] | 408 | `{"error":"Request timeout"}` | `DEADLINE_EXCEEDED` |
//! | [`Misconfigured`] | 500 | `{"error":"Internal server error"}` | `INTERNAL` |
//! | [`Unavailable`] | 503, `Retry-After: 1` | `{"error":"Service unavailable"}` | `UNAVAILABLE` |
//!
//! [`InvalidSignature`]: RejectionClass::InvalidSignature
//! [`InvalidTimestamp`]: RejectionClass::InvalidTimestamp
//! [`Expired`]: RejectionClass::Expired
//! [`InvalidRequest`]: RejectionClass::InvalidRequest
//! [`MethodNotAllowed`]: RejectionClass::MethodNotAllowed
//! [`PayloadTooLarge`]: RejectionClass::PayloadTooLarge
//! [`Timeout`]: RejectionClass::Timeout
//! [`Misconfigured`]: RejectionClass::Misconfigured
//! [`Unavailable`]: RejectionClass::Unavailable
//!
//! A gRPC response has the HTTP status 200, so count rejections by the [`Rejection`] and not by
//! status.
//!
//! # Example: log every rejection
//!
//! ```
//! use http::Response;
//! use tower_webhook::Rejection;
//!
//! fn log<B>(response: &Response<B>) {
//!     if let Some(rejection) = response.extensions().get::<Rejection>() {
//!         println!("{}: {rejection}", rejection.provider());
//!     }
//! }
//! # log(&Response::new(()));
//! ```

mod kind;
mod response;
#[cfg(test)]
mod tests;

use std::{error::Error, fmt, sync::Arc};

use http::StatusCode;

pub use self::{
    kind::RejectionKind,
    response::{grpc, json, problem_json},
};
pub(crate) use self::{
    kind::line,
    response::{RejectionResponder, Renderer, grpc_status, is_grpc},
};

/// A rejection of a delivery.
///
/// If the request body failed, its error is the [`source`](Error::source). It is not compared by
/// `==`, and never sent to the client.
#[derive(Clone, Debug)]
pub struct Rejection {
    provider: Arc<str>,
    kind: RejectionKind,
    status: StatusCode,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Rejection {
    pub(crate) fn new(provider: Arc<str>, kind: RejectionKind, statuses: &Statuses) -> Self {
        let status = statuses.of(kind.class());
        Self {
            provider,
            kind,
            status,
            source: None,
        }
    }

    /// Keeps the error that caused the rejection, for the operator.
    pub(crate) fn with_source(mut self, source: Box<dyn Error + Send + Sync>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the name of the scheme that the delivery was verified with.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Returns the reason, for the operator.
    #[must_use]
    pub fn kind(&self) -> &RejectionKind {
        &self.kind
    }

    /// Returns the class, which the sender sees.
    #[must_use]
    pub fn class(&self) -> RejectionClass {
        self.kind.class()
    }

    /// Returns the status of the response. Defaults to that of the class; the provider or the layer
    /// can set another one.
    ///
    /// A gRPC response has the HTTP status 200 instead, and a custom response function can use
    /// another status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

/// The operator's text: what is wrong with the delivery. It does not name the provider.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for Rejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl PartialEq for Rejection {
    fn eq(&self, other: &Self) -> bool {
        self.provider == other.provider && self.kind == other.kind && self.status == other.status
    }
}

impl Eq for Rejection {}

/// The class of a rejection, which determines the response to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionClass {
    /// The signature is missing, malformed or wrong.
    InvalidSignature,
    /// The timestamp is missing or malformed.
    InvalidTimestamp,
    /// The timestamp is too far from now, past or future.
    Expired,
    /// The request is ambiguous or could not be read.
    InvalidRequest,
    /// The provider does not use the request's method.
    MethodNotAllowed,
    /// The body is over the limit.
    PayloadTooLarge,
    /// The body did not arrive in time.
    Timeout,
    /// The layers are in the wrong order, or a setting is missing.
    Misconfigured,
    /// The receiver cannot decide at the moment; the sender should retry.
    Unavailable,
}

/// The parts of a response that depend on its class.
struct ClassResponse {
    status: StatusCode,
    message: &'static str,
    /// The number of the status in gRPC:
    /// <https://grpc.github.io/grpc/core/md_doc_statuscodes.html>
    grpc_status: &'static str,
}

impl RejectionClass {
    const fn response(self) -> ClassResponse {
        let (status, message, grpc_status) = match self {
            Self::InvalidSignature => (StatusCode::FORBIDDEN, "Invalid signature", "7"),
            Self::InvalidTimestamp => (StatusCode::BAD_REQUEST, "Invalid timestamp", "3"),
            Self::Expired => (StatusCode::BAD_REQUEST, "Request expired", "3"),
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "Invalid request", "3"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", "12"),
            Self::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Payload too large", "8"),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "Request timeout", "4"),
            Self::Misconfigured => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Internal server error",
                "13",
            ),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable", "14"),
        };
        ClassResponse {
            status,
            message,
            grpc_status,
        }
    }

    /// Returns the text of the response.
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.response().message
    }

    /// Returns the default status of the response. The provider or the layer can set another one.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.response().status
    }
}

/// What a provider requires of responses: the statuses that differ from their class's own, and
/// whether bodies are allowed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statuses {
    set: Vec<(RejectionClass, StatusCode)>,
    has_no_bodies: bool,
}

impl Statuses {
    pub(crate) fn set(&mut self, class: RejectionClass, status: StatusCode) {
        self.set.retain(|(of, _)| *of != class);
        self.set.push((class, status));
    }

    /// Requires default responses without a body.
    pub(crate) fn forbid_bodies(&mut self) {
        self.has_no_bodies = true;
    }

    pub(crate) fn has_no_bodies(&self) -> bool {
        self.has_no_bodies
    }

    /// Whether a status is set for this class.
    pub(crate) fn has(&self, class: RejectionClass) -> bool {
        self.set.iter().any(|(of, _)| *of == class)
    }

    fn of(&self, class: RejectionClass) -> StatusCode {
        let set = self.set.iter().find(|(of, _)| *of == class);
        set.map_or(class.status(), |(_, status)| *status)
    }
}
