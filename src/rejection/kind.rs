use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use http::HeaderName;

use super::RejectionClass;
use crate::place::Place;

/// The reason for which a delivery was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The signature is not there or empty.
    #[non_exhaustive]
    MissingSignature {
        /// Where the signature should be.
        place: Place,
    },
    /// Something is there, but nothing that could be a signature of this scheme.
    #[non_exhaustive]
    MalformedSignature {
        /// Where the signature is.
        place: Place,
    },
    /// More signatures than a sender with a few keys can have made.
    #[non_exhaustive]
    TooManySignatures {
        /// Where the signatures are.
        place: Place,
        /// How many are read at most.
        limit: usize,
    },
    /// A header that tells the version or the algorithm does not have the value that the scheme asks
    /// for.
    #[non_exhaustive]
    UnexpectedValue {
        /// Which header.
        header: HeaderName,
    },
    /// No signature is that of this request under any of the keys.
    SignatureMismatch,
    /// The signature holds, but the token says something else than this request, or than it must say of
    /// who made it and for whom.
    #[non_exhaustive]
    ClaimMismatch {
        /// Which claim is the first to differ.
        claim: Cow<'static, str>,
    },
    /// The signature is that of this request under a key whose
    /// [`not_after`](crate::Secret::not_after) has passed.
    #[non_exhaustive]
    ExpiredKey {
        /// The label of the key, if it has one.
        label: Option<Arc<str>>,
    },
    /// The [`KeySource`](crate::keys::KeySource) has no keys for this request.
    UnknownTenant,
    /// The timestamp is not there or empty.
    #[non_exhaustive]
    MissingTimestamp {
        /// Where the timestamp should be.
        place: Place,
    },
    /// The timestamp is there but not of the scheme's unit and form.
    #[non_exhaustive]
    MalformedTimestamp {
        /// Where the timestamp is.
        place: Place,
    },
    /// The timestamp lies too far in the past.
    #[non_exhaustive]
    TooOld {
        /// How far it lies in the past.
        age: Duration,
        /// How far it may.
        tolerance: Duration,
    },
    /// The timestamp lies too far in the future.
    #[non_exhaustive]
    TooNew {
        /// How far it lies in the future.
        ahead: Duration,
        /// How far it may.
        tolerance: Duration,
    },
    /// The token has expired.
    #[non_exhaustive]
    TokenExpired {
        /// How long ago.
        age: Duration,
        /// For how long it is still taken.
        tolerance: Duration,
    },
    /// The token does not hold yet.
    #[non_exhaustive]
    TokenNotYetValid {
        /// How long until it does.
        ahead: Duration,
        /// How long before it is taken.
        tolerance: Duration,
    },
    /// A header is there several times with different values.
    #[non_exhaustive]
    ConflictingHeader {
        /// Which header.
        header: HeaderName,
    },
    /// The list of signatures has several timestamps.
    #[non_exhaustive]
    ConflictingSignature {
        /// Where the list is.
        place: Place,
    },
    /// A header that is part of the signed text is not there.
    #[non_exhaustive]
    MissingHeader {
        /// Which header.
        header: HeaderName,
    },
    /// A header cannot be read.
    #[non_exhaustive]
    MalformedHeader {
        /// Which header.
        header: HeaderName,
    },
    /// The request's target, which is part of the signed URL, does not begin with a slash.
    MalformedTarget,
    /// A part of the signed text holds what separates it from the next part, so that another
    /// request could have the same signed text.
    #[non_exhaustive]
    AmbiguousMessage {
        /// Which part: the name of a header, `method`, `path` or `url`.
        part: Cow<'static, str>,
    },
    /// The request names a host, or a scheme or port with it, that is not one of the
    /// [`PublicUrl`](crate::PublicUrl)'s.
    #[non_exhaustive]
    HostNotAllowed {
        /// The host as it was sent, at most 253 letters of it, with the port if there was one and
        /// the scheme if a trusted proxy named it.
        host: Box<str>,
    },
    /// The body is longer than the limit.
    #[non_exhaustive]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body did not arrive within the deadline.
    #[non_exhaustive]
    BodyTimeout {
        /// The deadline.
        deadline: Duration,
    },
    /// The body broke off.
    BodyBroken,
    /// The body, or the part of the request that its signature is about, is not of the form that the
    /// scheme looks into.
    #[non_exhaustive]
    MalformedPayload {
        /// What it should have been.
        expected: &'static str,
    },
    /// The body has trailers, which no signature covers, and the layer was told to refuse them.
    TrailersRefused,
    /// Too many bodies are being read at the same time.
    OverMemoryBudget,
    /// The [`KeySource`](crate::keys::KeySource) failed, or gave a secret that the scheme cannot take.
    #[non_exhaustive]
    KeySourceFailed {
        /// The text of its error.
        error: Arc<str>,
    },
    /// The [`KeySource`](crate::keys::KeySource) did not answer within the deadline.
    #[non_exhaustive]
    KeySourceTimeout {
        /// The deadline.
        deadline: Duration,
    },
}

impl RejectionKind {
    /// The class that the sender is told.
    #[must_use]
    pub const fn class(&self) -> RejectionClass {
        match self {
            Self::MissingSignature { .. }
            | Self::MalformedSignature { .. }
            | Self::TooManySignatures { .. }
            | Self::UnexpectedValue { .. }
            | Self::ClaimMismatch { .. }
            | Self::SignatureMismatch
            | Self::ExpiredKey { .. }
            | Self::UnknownTenant => RejectionClass::InvalidSignature,
            Self::MissingTimestamp { .. } | Self::MalformedTimestamp { .. } => {
                RejectionClass::InvalidTimestamp
            }
            Self::TooOld { .. }
            | Self::TooNew { .. }
            | Self::TokenExpired { .. }
            | Self::TokenNotYetValid { .. } => RejectionClass::Expired,
            Self::ConflictingHeader { .. }
            | Self::ConflictingSignature { .. }
            | Self::MissingHeader { .. }
            | Self::MalformedHeader { .. }
            | Self::MalformedTarget
            | Self::AmbiguousMessage { .. }
            | Self::HostNotAllowed { .. }
            | Self::BodyBroken
            | Self::MalformedPayload { .. }
            | Self::TrailersRefused => RejectionClass::InvalidRequest,
            Self::BodyTooLarge { .. } => RejectionClass::PayloadTooLarge,
            Self::BodyTimeout { .. } => RejectionClass::Timeout,
            Self::OverMemoryBudget
            | Self::KeySourceFailed { .. }
            | Self::KeySourceTimeout { .. } => RejectionClass::Unavailable,
        }
    }
}

impl fmt::Display for RejectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingSignature { place } => write!(f, "no signature in {place}"),
            Self::MalformedSignature { place } => {
                write!(f, "{place} does not hold a signature of this scheme")
            }
            Self::TooManySignatures { place, limit } => {
                write!(f, "{place} holds more than {limit} signatures")
            }
            Self::UnexpectedValue { header } => {
                write!(f, "`{header}` does not have the value that the scheme asks for")
            }
            Self::SignatureMismatch => f.write_str(
                "the signature does not match: another secret, another body, or another signed text",
            ),
            Self::ClaimMismatch { claim } => write!(
                f,
                "the token was made with the secret, but its claim `{claim}` is missing or not that of \
                 this request"
            ),
            Self::ExpiredKey { label: Some(label) } => {
                write!(f, "the signature was made with the secret `{label}`, which has expired")
            }
            Self::ExpiredKey { label: None } => {
                f.write_str("the signature was made with a secret that has expired")
            }
            Self::UnknownTenant => f.write_str("the key source has no keys for this request"),
            Self::MissingTimestamp { place } => write!(f, "no timestamp in {place}"),
            Self::MalformedTimestamp { place } => {
                write!(f, "{place} does not hold a timestamp of this scheme")
            }
            Self::TooOld { age, tolerance } => write!(
                f,
                "the timestamp is {} s old, at most {} s is tolerated",
                age.as_secs_f64(),
                tolerance.as_secs_f64(),
            ),
            Self::TooNew { ahead, tolerance } => write!(
                f,
                "the timestamp is {} s ahead of the clock, at most {} s is tolerated",
                ahead.as_secs_f64(),
                tolerance.as_secs_f64(),
            ),
            Self::TokenExpired { age, tolerance } => write!(
                f,
                "the token expired {} s ago, at most {} s is tolerated",
                age.as_secs_f64(),
                tolerance.as_secs_f64(),
            ),
            Self::TokenNotYetValid { ahead, tolerance } => write!(
                f,
                "the token holds in {} s, at most {} s is tolerated",
                ahead.as_secs_f64(),
                tolerance.as_secs_f64(),
            ),
            Self::ConflictingHeader { header } => {
                write!(f, "`{header}` is there with different values, or contradicts another header")
            }
            Self::ConflictingSignature { place } => {
                write!(f, "{place} has several timestamps")
            }
            Self::MissingHeader { header } => write!(f, "`{header}` is missing, and it is part of the signed text"),
            Self::MalformedHeader { header } => write!(f, "`{header}` cannot be read"),
            Self::MalformedTarget => f.write_str("the request's target does not begin with a slash"),
            Self::AmbiguousMessage { part } => {
                write!(f, "the value of `{part}` holds its separator, so the signed text could be cut in two ways")
            }
            Self::HostNotAllowed { host } => {
                write!(f, "`{host}` is none of the public URLs")
            }
            Self::BodyTooLarge { limit } => write!(f, "the body is over the limit of {limit} bytes"),
            Self::BodyTimeout { deadline } => {
                write!(f, "the body was not complete after {} s", deadline.as_secs_f64())
            }
            Self::MalformedPayload { expected } => {
                write!(f, "what is signed cannot be found, because the request does not hold {expected}")
            }
            Self::BodyBroken => f.write_str("the body broke off"),
            Self::TrailersRefused => f.write_str("the body has trailers, which are not signed"),
            Self::OverMemoryBudget => f.write_str("the memory budget for unverified bodies is spent"),
            Self::KeySourceFailed { error } => write!(f, "the key source failed: {error}"),
            Self::KeySourceTimeout { deadline } => write!(
                f,
                "the key source did not answer within {} s",
                deadline.as_secs_f64()
            ),
        }
    }
}
