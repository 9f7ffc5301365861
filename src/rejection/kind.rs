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
        /// The reason for which a delivery was refused.
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

            /// The class that the sender is told.
            #[must_use]
            pub const fn class(&self) -> RejectionClass {
                match self {
                    $(Self::$kind { .. } => RejectionClass::$class,)*
                }
            }

            /// The name of the kind in metrics: its variant in snake case, such as
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
    /// The signature is not there or empty.
    #[non_exhaustive]
    MissingSignature {
        /// Where the signature should be.
        location: Location,
    } => InvalidSignature, "missing_signature",
        "no signature in {location}";
    /// Something is there, but nothing that could be a signature of this scheme.
    #[non_exhaustive]
    MalformedSignature {
        /// Where the signature is.
        location: Location,
    } => InvalidSignature, "malformed_signature",
        "{location} does not hold a signature of this scheme";
    /// More signatures than a sender with a few keys can have made.
    #[non_exhaustive]
    TooManySignatures {
        /// Where the signatures are.
        location: Location,
        /// How many are read at most.
        limit: usize,
    } => InvalidSignature, "too_many_signatures",
        "{location} holds more than {limit} signatures";
    /// A header that tells the version or the algorithm does not have the value that the scheme
    /// asks for.
    #[non_exhaustive]
    UnexpectedValue {
        /// Which header.
        header: HeaderName,
    } => InvalidSignature, "unexpected_value",
        "`{header}` does not have the value that the scheme asks for";
    /// No signature is that of this request under any of the keys.
    SignatureMismatch => InvalidSignature, "signature_mismatch",
        "the signature does not match: another secret, another body, or another signed text";
    /// The signature holds, but the token says something else than this request, or than it must
    /// say of who made it and for whom.
    #[non_exhaustive]
    ClaimMismatch {
        /// Which claim is the first to differ.
        claim: Cow<'static, str>,
    } => InvalidSignature, "claim_mismatch",
        "the token was made with the secret, but its claim `{claim}` is missing or not that of \
         this request";
    /// The signature is that of this request under a key whose
    /// [`not_after`](crate::Secret::not_after) has passed.
    #[non_exhaustive]
    ExpiredKey {
        /// The label of the key, if it has one.
        label: Option<Arc<str>>,
    } => InvalidSignature, "expired_key",
        "the signature was made with {}", expired(label.as_deref());
    /// The token of a [handshake](crate::handshake) is not the one that is set.
    #[non_exhaustive]
    WrongHandshakeToken {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    } => InvalidSignature, "wrong_handshake_token",
        "the token of the handshake `{handshake}` is not the one that is set";
    /// What a [handshake](crate::handshake) brings was
    /// [refused](crate::handshake::Acceptance::Reject) by the program.
    #[non_exhaustive]
    HandshakeDataRejected {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    } => InvalidSignature, "handshake_data_rejected",
        "the program refused what the handshake `{handshake}` brings";
    /// The signature is right, but the signed text could be a challenge, which the endpoint signs
    /// for whoever [asks](crate::handshake).
    AmbiguousChallenge => InvalidSignature, "ambiguous_challenge",
        "what is signed could be a challenge, which this endpoint signs for anybody";
    /// The [`KeySource`](crate::keys::KeySource) has no keys for this request.
    UnknownTenant => InvalidSignature, "unknown_tenant",
        "the key source has no keys for this request";
    /// Where the key of the delivery is to be found is not there.
    #[non_exhaustive]
    MissingKeyUrl {
        /// Where it should be.
        location: Location,
    } => InvalidSignature, "missing_key_url",
        "no URL of the key in {location}";
    /// The delivery names a URL for its key that is none of the provider's. Nothing was fetched.
    #[non_exhaustive]
    KeyUrlNotAllowed {
        /// The host as it was sent, at most 253 letters of it.
        host: Box<str>,
    } => InvalidSignature, "key_url_not_allowed",
        "the URL of the key, with the host `{host}`, is not allowed";
    /// The timestamp is not there or empty.
    #[non_exhaustive]
    MissingTimestamp {
        /// Where the timestamp should be.
        location: Location,
    } => InvalidTimestamp, "missing_timestamp",
        "no timestamp in {location}";
    /// The timestamp is there but not of the scheme's unit and form.
    #[non_exhaustive]
    MalformedTimestamp {
        /// Where the timestamp is.
        location: Location,
    } => InvalidTimestamp, "malformed_timestamp",
        "{location} does not hold a timestamp of this scheme";
    /// The timestamp lies too far in the past.
    #[non_exhaustive]
    TimestampTooOld {
        /// How far it lies in the past.
        age: Duration,
        /// How far it may.
        tolerance: Duration,
    } => Expired, "timestamp_too_old",
        "the timestamp is {} s old, at most {} s is tolerated",
        age.as_secs_f64(), tolerance.as_secs_f64();
    /// The timestamp lies too far in the future.
    #[non_exhaustive]
    TimestampInFuture {
        /// How far it lies in the future.
        ahead: Duration,
        /// How far it may.
        tolerance: Duration,
    } => Expired, "timestamp_in_future",
        "the timestamp is {} s ahead of the clock, at most {} s is tolerated",
        ahead.as_secs_f64(), tolerance.as_secs_f64();
    /// The token has expired.
    #[non_exhaustive]
    TokenExpired {
        /// How long ago.
        age: Duration,
        /// For how long it is still taken.
        tolerance: Duration,
    } => Expired, "token_expired",
        "the token expired {} s ago, at most {} s is tolerated",
        age.as_secs_f64(), tolerance.as_secs_f64();
    /// The token does not hold yet.
    #[non_exhaustive]
    TokenNotYetValid {
        /// How long until it does.
        ahead: Duration,
        /// How long before it is taken.
        tolerance: Duration,
    } => Expired, "token_not_yet_valid",
        "the token holds in {} s, at most {} s is tolerated",
        ahead.as_secs_f64(), tolerance.as_secs_f64();
    /// A header is there several times with different values.
    #[non_exhaustive]
    ConflictingHeader {
        /// Which header.
        header: HeaderName,
    } => InvalidRequest, "conflicting_header",
        "`{header}` is there with different values, or contradicts another header";
    /// The list of signatures has several timestamps.
    #[non_exhaustive]
    ConflictingSignature {
        /// Where the list is.
        location: Location,
    } => InvalidRequest, "conflicting_signature",
        "{location} has several timestamps";
    /// A header that is part of the signed text is not there.
    #[non_exhaustive]
    MissingHeader {
        /// Which header.
        header: HeaderName,
    } => InvalidRequest, "missing_header",
        "`{header}` is missing, and it is part of the signed text";
    /// A header cannot be read.
    #[non_exhaustive]
    MalformedHeader {
        /// Which header.
        header: HeaderName,
    } => InvalidRequest, "malformed_header",
        "`{header}` cannot be read";
    /// The request's target, which is part of the signed URL, does not begin with a slash.
    MalformedTarget => InvalidRequest, "malformed_target",
        "the request's target does not begin with a slash";
    /// A part of the signed text holds what separates it from the next part, so that another
    /// request could have the same signed text.
    #[non_exhaustive]
    AmbiguousMessage {
        /// Which part: the name of a header, `method`, `path` or `url`.
        part: Cow<'static, str>,
    } => InvalidRequest, "ambiguous_message",
        "the value of `{part}` holds its separator, so the signed text could be cut in two ways";
    /// The delivery ID has characters or a length that the scheme's
    /// [`id_characters`](crate::scheme::SchemeBuilder::id_characters) do not allow, so the signed
    /// text would be ambiguous.
    #[non_exhaustive]
    MalformedId {
        /// The location of the ID: the name of a header, a JSON member or a form field.
        part: Cow<'static, str>,
    } => InvalidRequest, "malformed_id",
        "`{part}` is not a delivery ID in this provider's format";
    /// The request names a host, or a scheme or port with it, that is not one of the
    /// [`PublicUrl`](crate::PublicUrl)'s.
    #[non_exhaustive]
    HostNotAllowed {
        /// The host as it was sent, at most 253 letters of it, with the port if there was one and
        /// the scheme if a trusted proxy named it.
        host: Box<str>,
    } => InvalidRequest, "host_not_allowed",
        "`{host}` is none of the public URLs";
    /// The provider uses the method of the request neither for deliveries nor for
    /// [handshakes](crate::handshake).
    #[non_exhaustive]
    MethodNotAllowed {
        /// The methods that the endpoint accepts, as in the `Allow` header: `GET, POST`.
        allowed: Arc<str>,
    } => MethodNotAllowed, "method_not_allowed",
        "the provider does not use this method; it uses {allowed}";
    /// The body is longer than the limit.
    #[non_exhaustive]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    } => PayloadTooLarge, "body_too_large",
        "the body is over the limit of {limit} bytes";
    /// The body did not arrive within the deadline.
    #[non_exhaustive]
    BodyTimeout {
        /// The deadline.
        deadline: Duration,
    } => Timeout, "body_timeout",
        "the body was not complete after {} s", deadline.as_secs_f64();
    /// The body failed before its end. Its error is the [`source`](std::error::Error::source) of
    /// the [`Rejection`](super::Rejection).
    BodyReadError => InvalidRequest, "body_read_error",
        "the body broke off";
    /// The body is longer than a layer outside of this one allows, such as tower-http's
    /// `RequestBodyLimitLayer`.
    OuterLimitExceeded => PayloadTooLarge, "outer_limit_exceeded",
        "the body is longer than a body limit layer outside of the webhook layer allows";
    /// The body, or the part of the request that its signature is about, is not of the form that
    /// the scheme looks into.
    #[non_exhaustive]
    MalformedPayload {
        /// What it should have been.
        expected: &'static str,
    } => InvalidRequest, "malformed_payload",
        "what is signed cannot be found, because the request does not hold {expected}";
    /// What a [handshake](crate::handshake) asks for is not there, too long, made of other letters,
    /// or there with different values.
    #[non_exhaustive]
    MalformedHandshake {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    } => InvalidRequest, "malformed_handshake",
        "what the handshake `{handshake}` asks for is missing, too long, of other letters, or \
         there twice";
    /// The body has trailers, which no signature covers, and the layer was told to refuse them.
    TrailersRejected => InvalidRequest, "trailers_rejected",
        "the body has trailers, which are not signed";
    /// Too many bodies are being read at the same time.
    MemoryBudgetExceeded => Unavailable, "memory_budget_exceeded",
        "the memory budget for unverified bodies is spent";
    /// The program failed to take what a [handshake](crate::handshake) brings.
    #[non_exhaustive]
    HandshakeDataFailed {
        /// The text of its error.
        error: Arc<str>,
    } => Unavailable, "handshake_data_failed",
        "the program failed to take what a handshake brings: {error}";
    /// The [`KeySource`](crate::keys::KeySource) failed, or gave a secret that the scheme cannot
    /// take.
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
        "the limit of {per_minute} key fetches a minute is used up";
    /// The same delivery is being handled at this moment, or was when its claim was last renewed.
    InFlight => Unavailable, "in_flight",
        "the same delivery is being handled at this moment";
    /// The [`DedupeStore`](crate::dedupe::DedupeStore) failed, or is full.
    #[non_exhaustive]
    StoreFailed {
        /// The text of its error.
        error: Arc<str>,
    } => Unavailable, "store_failed",
        "the store of deliveries failed: {error}";
    /// The [`DedupeStore`](crate::dedupe::DedupeStore) did not answer within the deadline.
    #[non_exhaustive]
    StoreTimeout {
        /// The deadline.
        deadline: Duration,
    } => Unavailable, "store_timeout",
        "the store of deliveries did not answer within {} s", deadline.as_secs_f64();
    /// The request did not come through a [`WebhookLayer`](crate::WebhookLayer), so nothing is
    /// known of it.
    NotVerified => Misconfigured, "not_verified",
        "the request did not come through a `WebhookLayer`, which has to be outside of the \
         `DedupeLayer`";
    /// Nothing that the scheme signs tells one delivery from another, and the
    /// [`DedupeLayer`](crate::DedupeLayer) was not told what does.
    NoDedupeKey => Misconfigured, "no_dedupe_key",
        "nothing that the scheme signs tells this delivery from others: say what does by \
         `DedupeLayer::key_by`";
}

impl RejectionKind {
    /// With the texts of an error and of its sources, in one line of a log.
    pub(crate) fn key_source_failed(error: &(dyn Error + 'static)) -> Self {
        Self::KeySourceFailed { error: line(error) }
    }
}

fn expired(label: Option<&str>) -> String {
    match label {
        Some(label) => format!("the secret `{label}`, which has expired"),
        None => "a secret that has expired".to_owned(),
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
