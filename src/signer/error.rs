//! The error of the signer.

use std::{error::Error, fmt};

use crate::{location::Location, payload::Malformed, rejection::RejectionKind};

/// Why a delivery cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// No secret may be used any more.
    ExpiredKey,
    /// The scheme has an id, and the delivery has none.
    NoId,
    /// The scheme signs the URL, and the request has none with a scheme and a host.
    NoUrl,
    /// The signed text contains the padding of SHA-256 where a forged extension would have it, so
    /// receivers reject it. See [`Sha256SecretFirst`](crate::scheme::Algorithm::Sha256SecretFirst).
    Padding,
    /// This place cannot hold the value that it should.
    Location(Location),
    /// Something that the scheme signs is missing or ambiguous.
    Text(RejectionKind),
    /// The body is longer than the limit.
    #[non_exhaustive]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExpiredKey => f.write_str("all secrets have expired; add a current secret"),
            Self::NoId => f.write_str(
                "the scheme requires a delivery ID; pass one, or add a `SetDeliveryIdLayer`",
            ),
            Self::NoUrl => f.write_str(
                "the signature covers the URL; set `Provider::with_public_url`, or use a request \
                 URL with a scheme and a host",
            ),
            Self::Padding => f.write_str(
                "the signed text contains the padding of SHA-256, and receivers reject it as a \
                 forged extension",
            ),
            Self::Location(location) => write!(f, "{location} cannot contain this value"),
            Self::Text(kind) => kind.fmt(f),
            Self::TooLarge { limit } => write!(f, "the body exceeds the limit of {limit} bytes"),
        }
    }
}

impl Error for SignError {}

impl From<RejectionKind> for SignError {
    fn from(kind: RejectionKind) -> Self {
        Self::Text(kind)
    }
}

impl From<Malformed> for SignError {
    fn from(malformed: Malformed) -> Self {
        Self::Text(malformed.into())
    }
}
