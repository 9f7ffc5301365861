use std::{
    borrow::Cow,
    error::Error,
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use http::HeaderName;

use super::RejectionClass;
use crate::location::Location;

/// Declares [`RejectionKind`] from one row per kind: the variant, its class, its name in metrics
/// and its text for the operator, which may use the variant's fields.
macro_rules! rejection_kinds {
    ($(
        $(#[$attribute:meta])*
        $kind:ident $({
            $($(#[$field_attribute:meta])* $field:ident: $type:ty,)*
        })? => $class:ident, $name:literal,
        $text:literal $(, $argument:expr)*;
    )*) => {
        /// The reason for a rejection.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum RejectionKind {
            $($(#[$attribute])* $kind $({ $($(#[$field_attribute])* $field: $type,)* })?,)*
        }

        impl RejectionKind {
            /// Every variant with its name and class, in the order of the table.
            #[cfg(test)]
            pub(super) const ALL: &[(&str, &str, RejectionClass)] =
                &[$((stringify!($kind), $name, RejectionClass::$class),)*];

            /// Returns the class, which determines the response to the sender.
            #[must_use]
            pub const fn class(&self) -> RejectionClass {
                match self {
                    $(Self::$kind { .. } => RejectionClass::$class,)*
                }
            }

            /// Returns the name of the kind in metrics: its variant in snake case, such as
            /// `signature_mismatch`. It contains nothing that a client can choose.
            ///
            /// ```
            /// use tower_webhook::rejection::RejectionKind;
            ///
            /// assert_eq!(RejectionKind::SignatureMismatch.name(), "signature_mismatch");
            /// ```
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind { .. } => $name,)*
                }
            }
        }

        /// The text for the operator.
        impl fmt::Display for RejectionKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$kind { $($($field,)*)? } => write!(f, $text $(, $argument)*),)*
                }
            }
        }
    };
}

rejection_kinds! {
    /// The signature is missing or empty.
    #[non_exhaustive]
    MissingSignature {
        /// The location where the signature is expected.
        location: Location,
    } => InvalidSignature, "missing_signature",
        "no signature in {location}";
    /// The value is not a signature in the format of this scheme.
    #[non_exhaustive]
    MalformedSignature {
        /// The location of the signature.
        location: Location,
    } => InvalidSignature, "malformed_signature",
        "{location} does not contain a signature in the format of this scheme";
    /// The request has more signatures than a sender with a few keys can create.
    #[non_exhaustive]
    TooManySignatures {
        /// The location of the signatures.
        location: Location,
        /// The maximum number of signatures.
        limit: usize,
    } => InvalidSignature, "too_many_signatures",
        "{location} contains more than {limit} signatures";
    /// A header with the version or the algorithm does not have the value that the scheme
    /// requires.
    #[non_exhaustive]
    UnexpectedValue {
        /// The header.
        header: HeaderName,
    } => InvalidSignature, "unexpected_value",
        "the header `{header}` does not have the value that the scheme requires";
    /// No configured key verifies any of the signatures.
    SignatureMismatch => InvalidSignature, "signature_mismatch",
        "signature mismatch: wrong secret, modified body, or different signed text";
    /// The signature of the token is valid, but a claim does not match the request, or has another
    /// issuer or audience than expected.
    #[non_exhaustive]
    ClaimMismatch {
        /// The name of the first claim that differs.
        claim: Cow<'static, str>,
    } => InvalidSignature, "claim_mismatch",
        "the signature of the token is valid, but its claim `{claim}` is missing or has an \
         unexpected value";
    /// The signature is valid under a key whose [`not_after`](crate::Secret::not_after) has passed.
    #[non_exhaustive]
    ExpiredKey {
        /// The label of the key, if it has one.
        label: Option<Arc<str>>,
    } => InvalidSignature, "expired_key",
        "{}; switch the sender to the current secret", expired(label.as_deref());
    /// The token of a [handshake](crate::handshake) differs from the configured token.
    #[non_exhaustive]
    WrongHandshakeToken {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    } => InvalidSignature, "wrong_handshake_token",
        "handshake `{handshake}`: the token differs from the configured token";
    /// The application [rejected](crate::handshake::Acceptance::Reject) the data of a
    /// [handshake](crate::handshake).
    #[non_exhaustive]
    HandshakeDataRejected {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    } => InvalidSignature, "handshake_data_rejected",
        "handshake `{handshake}`: the application rejected its data";
    /// The signature is valid, but the signed text could be a challenge, which the endpoint signs
    /// for any client that sends a [handshake](crate::handshake).
    AmbiguousChallenge => InvalidSignature, "ambiguous_challenge",
        "the signed text could be a handshake challenge, which this endpoint signs for any client";
    /// The [`KeySource`](crate::keys::KeySource) has no keys for this request.
    UnknownTenant => InvalidSignature, "unknown_tenant",
        "the key source has no keys for this request";
    /// The delivery does not contain the URL of its key.
    #[non_exhaustive]
    MissingKeyUrl {
        /// The location where the URL is expected.
        location: Location,
    } => InvalidSignature, "missing_key_url",
        "no key URL in {location}";
    /// The delivery names a URL for its key that is not one of the provider's. It was not fetched.
    #[non_exhaustive]
    KeyUrlNotAllowed {
        /// The host as it was sent, at most 253 characters.
        host: Box<str>,
    } => InvalidSignature, "key_url_not_allowed",
        "the key URL with the host `{host}` is not one of the provider's";
    /// The timestamp is missing or empty.
    #[non_exhaustive]
    MissingTimestamp {
        /// The location where the timestamp is expected.
        location: Location,
    } => InvalidTimestamp, "missing_timestamp",
        "no timestamp in {location}";
    /// The timestamp does not have the format of the scheme.
    #[non_exhaustive]
    MalformedTimestamp {
        /// The location of the timestamp.
        location: Location,
    } => InvalidTimestamp, "malformed_timestamp",
        "{location} does not contain a timestamp in the format of this scheme";
    /// The timestamp is older than the tolerance allows.
    #[non_exhaustive]
    TimestampTooOld {
        /// The age of the timestamp.
        age: Duration,
        /// The tolerance.
        tolerance: Duration,
    } => Expired, "timestamp_too_old",
        "the timestamp is {} s old, more than the tolerance of {} s",
        age.as_secs_f64(), tolerance.as_secs_f64();
    /// The timestamp is further in the future than the tolerance allows.
    #[non_exhaustive]
    TimestampInFuture {
        /// The distance of the timestamp from the clock.
        ahead: Duration,
        /// The tolerance.
        tolerance: Duration,
    } => Expired, "timestamp_in_future",
        "the timestamp is {} s ahead of the clock, more than the tolerance of {} s",
        ahead.as_secs_f64(), tolerance.as_secs_f64();
    /// The token has expired.
    #[non_exhaustive]
    TokenExpired {
        /// The time since the expiry.
        age: Duration,
        /// The time after the expiry for which a token is accepted.
        tolerance: Duration,
    } => Expired, "token_expired",
        "the token expired {} s ago, more than the tolerance of {} s",
        age.as_secs_f64(), tolerance.as_secs_f64();
    /// The token is not valid yet.
    #[non_exhaustive]
    TokenNotYetValid {
        /// The time until the token is valid.
        ahead: Duration,
        /// The time before the start of its validity from which a token is accepted.
        tolerance: Duration,
    } => Expired, "token_not_yet_valid",
        "the token is not valid for another {} s, more than the tolerance of {} s",
        ahead.as_secs_f64(), tolerance.as_secs_f64();
    /// A header appears several times with different values, or contradicts another header.
    #[non_exhaustive]
    ConflictingHeader {
        /// The header.
        header: HeaderName,
    } => InvalidRequest, "conflicting_header",
        "the header `{header}` appears with different values, or contradicts another header";
    /// The list of signatures has several timestamps.
    #[non_exhaustive]
    ConflictingSignature {
        /// The location of the list.
        location: Location,
    } => InvalidRequest, "conflicting_signature",
        "{location} contains more than one timestamp";
    /// A header that the signature covers is missing.
    #[non_exhaustive]
    MissingHeader {
        /// The header.
        header: HeaderName,
    } => InvalidRequest, "missing_header",
        "the header `{header}` is missing, but the signature covers it";
    /// A header has an invalid value.
    #[non_exhaustive]
    MalformedHeader {
        /// The header.
        header: HeaderName,
    } => InvalidRequest, "malformed_header",
        "the header `{header}` has an invalid value";
    /// The request target, which is part of the signed URL, does not start with a slash.
    MalformedTarget => InvalidRequest, "malformed_target",
        "the request target does not start with a slash";
    /// A part of the signed text contains the literal that separates it from the next part, so
    /// another request could have the same signed text.
    #[non_exhaustive]
    AmbiguousMessage {
        /// The part: the name of a header, `method`, `path` or `url`.
        part: Cow<'static, str>,
    } => InvalidRequest, "ambiguous_message",
        "the value of `{part}` contains its separator, so the signed text is ambiguous";
    /// The delivery ID has characters or a length that the scheme's
    /// [`id_characters`](crate::scheme::SchemeBuilder::id_characters) do not allow, so the signed
    /// text would be ambiguous.
    #[non_exhaustive]
    MalformedId {
        /// The location of the ID: the name of a header, a JSON member or a form field.
        part: Cow<'static, str>,
    } => InvalidRequest, "malformed_id",
        "`{part}` does not contain a delivery ID in the format of this provider";
    /// The request names a host, or a scheme or port with it, that is not one of the
    /// [`PublicUrl`](crate::PublicUrl)'s.
    #[non_exhaustive]
    HostNotAllowed {
        /// The host as it was sent, at most 253 characters, with the port if there was one and
        /// the scheme if a trusted proxy named it.
        host: Box<str>,
    } => InvalidRequest, "host_not_allowed",
        "`{host}` does not match any public URL";
    /// The provider uses the method of the request neither for deliveries nor for
    /// [handshakes](crate::handshake).
    #[non_exhaustive]
    MethodNotAllowed {
        /// The methods that the endpoint accepts, as in the `Allow` header: `GET, POST`.
        allowed: Arc<str>,
    } => MethodNotAllowed, "method_not_allowed",
        "the method is not allowed; the endpoint accepts {allowed}";
    /// The body is longer than the limit.
    #[non_exhaustive]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    } => PayloadTooLarge, "body_too_large",
        "the body exceeds the limit of {limit} bytes";
    /// The body did not arrive within the deadline.
    #[non_exhaustive]
    BodyTimeout {
        /// The deadline.
        deadline: Duration,
    } => Timeout, "body_timeout",
        "the body did not arrive within {} s", deadline.as_secs_f64();
    /// The body failed before its end. Its error is the [`source`](std::error::Error::source) of
    /// the [`Rejection`](super::Rejection).
    BodyReadError => InvalidRequest, "body_read_error",
        "failed to read the body";
    /// The body is longer than a layer outside of this one allows, such as tower-http's
    /// `RequestBodyLimitLayer`.
    OuterLimitExceeded => PayloadTooLarge, "outer_limit_exceeded",
        "the body exceeds the limit of a layer outside of the webhook layer";
    /// The body, or another signed part of the request, does not have the format that the scheme
    /// expects.
    #[non_exhaustive]
    MalformedPayload {
        /// The expected format.
        expected: &'static str,
    } => InvalidRequest, "malformed_payload",
        "cannot find the signed text: expected {expected}";
    /// The challenge of a [handshake](crate::handshake) is missing, too long, contains other
    /// characters, or appears with different values.
    #[non_exhaustive]
    MalformedHandshake {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    } => InvalidRequest, "malformed_handshake",
        "handshake `{handshake}`: the challenge is missing, too long, repeated, or contains \
         invalid characters";
    /// The body has trailers, which no signature covers, and the layer
    /// [rejects trailers](crate::WebhookLayer::reject_trailers).
    TrailersRejected => InvalidRequest, "trailers_rejected",
        "the body has trailers, which are not signed";
    /// Too many bodies are being read at the same time.
    MemoryBudgetExceeded => Unavailable, "memory_budget_exceeded",
        "the memory budget for unverified bodies is used up";
    /// The application failed to handle the data of a [handshake](crate::handshake).
    #[non_exhaustive]
    HandshakeDataFailed {
        /// The text of its error.
        error: Arc<str>,
    } => Unavailable, "handshake_data_failed",
        "the application failed to handle the data of a handshake: {error}";
    /// The [`KeySource`](crate::keys::KeySource) failed, or returned a secret that does not fit the
    /// scheme.
    #[non_exhaustive]
    KeySourceFailed {
        /// The text of its error.
        error: Arc<str>,
    } => Unavailable, "key_source_failed",
        "the key source failed: {error}";
    /// The [`KeySource`](crate::keys::KeySource) did not answer within the deadline.
    #[non_exhaustive]
    KeySourceTimeout {
        /// The deadline.
        deadline: Duration,
    } => Unavailable, "key_source_timeout",
        "the key source did not answer within {} s", deadline.as_secs_f64();
    /// The public key of the delivery is not cached, and the
    /// [limit](crate::keys::RemoteKeys::fetches_per_minute) on fetches is used up.
    #[non_exhaustive]
    KeyFetchLimited {
        /// The limit, in fetches per minute.
        per_minute: usize,
    } => Unavailable, "key_fetch_limited",
        "the limit of {per_minute} key fetches per minute is used up";
    /// The same delivery is being handled at this moment, or was when its claim was last renewed.
    InFlight => Unavailable, "in_flight",
        "the same delivery is already being handled";
    /// The [`DedupeStore`](crate::dedupe::DedupeStore) failed, or is full.
    #[non_exhaustive]
    StoreFailed {
        /// The text of its error.
        error: Arc<str>,
    } => Unavailable, "store_failed",
        "the deduplication store failed: {error}";
    /// The [`DedupeStore`](crate::dedupe::DedupeStore) did not answer within the deadline.
    #[non_exhaustive]
    StoreTimeout {
        /// The deadline.
        deadline: Duration,
    } => Unavailable, "store_timeout",
        "the deduplication store did not answer within {} s", deadline.as_secs_f64();
    /// The request did not pass through a [`WebhookLayer`](crate::WebhookLayer), so it is not
    /// verified.
    NotVerified => Misconfigured, "not_verified",
        "the request did not pass through a `WebhookLayer`; put the `DedupeLayer` inside of a \
         `WebhookLayer`";
    /// The scheme signs nothing that is unique to a delivery, and the
    /// [`DedupeLayer`](crate::DedupeLayer) has no [`key_by`](crate::DedupeLayer::key_by).
    NoDedupeKey => Misconfigured, "no_dedupe_key",
        "the scheme signs nothing that is unique to this delivery; set `DedupeLayer::key_by`";
}

impl RejectionKind {
    /// With the texts of an error and of its sources, in one line of a log.
    pub(crate) fn key_source_failed(error: &(dyn Error + 'static)) -> Self {
        Self::KeySourceFailed { error: line(error) }
    }
}

fn expired(label: Option<&str>) -> String {
    match label {
        Some(label) => format!("the delivery is signed with the expired secret `{label}`"),
        None => "the delivery is signed with an expired secret".to_owned(),
    }
}

/// The texts of an error and of its sources, in one line of a log.
pub(crate) fn line(error: &(dyn Error + 'static)) -> Arc<str> {
    const MAX_LEN: usize = 1000;

    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    let mut line = String::new();
    for letter in text.chars().take(MAX_LEN) {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line.into()
}
