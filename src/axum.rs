//! Extractors for axum handlers. Requires the feature `axum`.
//!
//! Use them in handlers behind a [`WebhookLayer`](crate::WebhookLayer): [`Verified`] is the proof
//! that the delivery is authentic, and [`VerifiedJson`] parses its body.
//!
//! ```
//! use axum::{Router, routing::post};
//! use serde::Deserialize;
//! use tower_webhook::{Secret, Verified, WebhookLayer, axum::VerifiedJson, providers};
//!
//! #[derive(Deserialize)]
//! struct Push {
//!     #[serde(rename = "ref")]
//!     branch: String,
//! }
//!
//! async fn on_push(verified: Verified, VerifiedJson(push): VerifiedJson<Push>) -> String {
//!     format!("{}: {}", verified.provider(), push.branch)
//! }
//!
//! # fn main() -> Result<(), tower_webhook::SetupError> {
//! let secret = Secret::new("It's a Secret to Everybody")?;
//! let webhook = WebhookLayer::new(providers::github(), secret)?;
//! let app: Router = Router::new().route("/github", post(on_push)).route_layer(webhook);
//! # Ok(())
//! # }
//! ```

use std::{error::Error, fmt};

use axum_core::{
    body::Body,
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::{body::VerifiedBody, trace, verify::Verified};

impl From<VerifiedBody> for Body {
    fn from(body: VerifiedBody) -> Self {
        Self::new(body)
    }
}

/// The proof of the [`WebhookLayer`](crate::WebhookLayer) around the route. Without a layer the
/// handler is not called, and the answer is 500: the fault is in the program, and the log says so.
impl<S: Sync> FromRequestParts<S> for Verified {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(MissingLayer::new)
    }
}

/// `None` if the route has no `WebhookLayer`.
///
/// # Security
///
/// Use this only for handlers that are also mounted without the layer. If a delivery must be
/// verified, extract [`Verified`] itself: without the layer, the handler is then not called.
impl<S: Sync> OptionalFromRequestParts<S> for Verified {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, MissingLayer> {
        Ok(parts.extensions.get().cloned())
    }
}

/// The body of a verified delivery, read as JSON.
///
/// If the body is not JSON, or does not match the type that the handler expects, the response is
/// 400 `{"error":"Invalid payload"}`. The reason is logged at warn level, because the delivery is
/// genuine, with `provider`, `reason` and `delivery_id`. An [`InvalidPayload`] is inserted into the
/// extensions of the response. If the route has no `WebhookLayer`, the response is 500, as with
/// [`Verified`].
///
/// The content type is ignored. axum's `DefaultBodyLimit` applies, which defaults to 2 MB. A longer
/// body is answered 413 `{"error":"Payload too large"}` and logged in the same event. If the
/// webhook layer accepts longer bodies (GitHub's preset accepts 25 MiB), raise axum's limit too:
/// `.layer(DefaultBodyLimit::max(25 << 20))`. The extractor does not use the limit of the webhook
/// layer, because a layer between the two, such as decompression, may have made the body longer.
///
/// See the [module docs](crate::axum) for an example.
///
/// # Security
///
/// The payload is proven to be what the provider sent only if the scheme [signs the
/// body](Verified::body_is_signed).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "taken apart in a handler's arguments"
)]
pub struct VerifiedJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for VerifiedJson<T> {
    type Rejection = JsonRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, JsonRejection> {
        let Some(verified) = request.extensions().get::<Verified>().cloned() else {
            return Err(MissingLayer::new().into());
        };
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| InvalidPayload::unread(rejection.status()));
        let payload = body.and_then(|body| {
            serde_json::from_slice(&body).map_err(|error| InvalidPayload::of(&error))
        });
        let payload = payload.inspect_err(|error| error.log(&verified))?;
        Ok(Self(payload))
    }
}

/// There is no [`WebhookLayer`](crate::WebhookLayer) around the route: 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingLayer;

impl MissingLayer {
    fn new() -> Self {
        trace::error!("{}", Self);
        Self
    }
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a handler requires a verified delivery, but its route has no `WebhookLayer`; add the \
             layer",
        )
    }
}

impl Error for MissingLayer {}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        answer(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }
}

/// Why the body of a verified delivery is not the JSON that a handler asks for. It holds nothing of
/// the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPayload {
    kind: InvalidPayloadKind,
    status: StatusCode,
}

/// In what way a body is not the JSON that a handler asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidPayloadKind {
    /// JSON, but not of the type that the handler asks for.
    #[non_exhaustive]
    Data {
        /// Counted from one.
        line: usize,
        /// In bytes, counted from one.
        column: usize,
    },
    /// Not JSON, or more than one value.
    #[non_exhaustive]
    Syntax {
        /// Counted from one.
        line: usize,
        /// In bytes, counted from one.
        column: usize,
    },
    /// Empty, or at an end in the middle of a value.
    Truncated,
    /// Longer than axum's `DefaultBodyLimit`.
    TooLarge,
    /// It broke off.
    Unreadable,
}

impl InvalidPayload {
    fn new(kind: InvalidPayloadKind, status: StatusCode) -> Self {
        Self { kind, status }
    }

    /// At warn level: only who signed the delivery can cause it.
    fn log(&self, verified: &Verified) {
        trace::warn!(
            provider = verified.provider(),
            reason = %self,
            delivery_id = verified.delivery_id(),
            "webhook payload rejected"
        );
    }

    // The text of serde's own error quotes what it found.
    fn of(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let kind = match error.classify() {
            Category::Data => InvalidPayloadKind::Data { line, column },
            Category::Syntax => InvalidPayloadKind::Syntax { line, column },
            Category::Eof => InvalidPayloadKind::Truncated,
            Category::Io => InvalidPayloadKind::Unreadable,
        };
        Self::new(kind, StatusCode::BAD_REQUEST)
    }

    fn unread(status: StatusCode) -> Self {
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::new(InvalidPayloadKind::TooLarge, status);
        }
        Self::new(InvalidPayloadKind::Unreadable, StatusCode::BAD_REQUEST)
    }

    /// Returns the kind of error, for the operator.
    #[must_use]
    pub fn kind(&self) -> InvalidPayloadKind {
        self.kind
    }

    /// Returns the status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl fmt::Display for InvalidPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            InvalidPayloadKind::Data { line, column } => write!(
                f,
                "the payload does not match the type that the handler expects, at line {line}, \
                 column {column}"
            ),
            InvalidPayloadKind::Syntax { line, column } => {
                write!(
                    f,
                    "the payload is not valid JSON, at line {line}, column {column}"
                )
            }
            InvalidPayloadKind::Truncated => f.write_str("the payload is empty or truncated"),
            InvalidPayloadKind::TooLarge => {
                f.write_str("the payload exceeds axum's `DefaultBodyLimit`; raise that limit")
            }
            InvalidPayloadKind::Unreadable => f.write_str("failed to read the payload"),
        }
    }
}

impl Error for InvalidPayload {}

impl IntoResponse for InvalidPayload {
    fn into_response(self) -> Response {
        let text = match self.kind {
            InvalidPayloadKind::TooLarge => "Payload too large",
            _ => "Invalid payload",
        };
        let mut response = answer(self.status, text);
        response.extensions_mut().insert(self);
        response
    }
}

/// Why [`VerifiedJson`] did not call the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonRejection {
    /// The body is not what the handler asks for.
    InvalidPayload(InvalidPayload),
    /// The layer is missing.
    MissingLayer(MissingLayer),
}

impl fmt::Display for JsonRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidPayload(rejection) => rejection.fmt(f),
            Self::MissingLayer(rejection) => rejection.fmt(f),
        }
    }
}

impl Error for JsonRejection {}

impl IntoResponse for JsonRejection {
    fn into_response(self) -> Response {
        match self {
            Self::InvalidPayload(rejection) => rejection.into_response(),
            Self::MissingLayer(rejection) => rejection.into_response(),
        }
    }
}

impl From<InvalidPayload> for JsonRejection {
    fn from(rejection: InvalidPayload) -> Self {
        Self::InvalidPayload(rejection)
    }
}

impl From<MissingLayer> for JsonRejection {
    fn from(rejection: MissingLayer) -> Self {
        Self::MissingLayer(rejection)
    }
}

fn answer(status: StatusCode, text: &'static str) -> Response {
    let body = format!(r#"{{"error":"{text}"}}"#);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
