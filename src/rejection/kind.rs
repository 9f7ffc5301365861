use std::{borrow::Cow, error::Error, sync::Arc, time::Duration};

use http::HeaderName;

use super::{RejectionClass, line};
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
    /// The token of a [handshake](crate::handshake) is not the one that is set.
    #[non_exhaustive]
    WrongHandshakeToken {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    },
    /// What a [handshake](crate::handshake) brings was
    /// [refused](crate::handshake::Decision::Refuse) by the program.
    #[non_exhaustive]
    HandoverRefused {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    },
    /// The signature is right, but the signed text could be a challenge, which the endpoint signs
    /// for whoever [asks](crate::handshake).
    SignedChallenge,
    /// The [`KeySource`](crate::keys::KeySource) has no keys for this request.
    UnknownTenant,
    /// Where the key of the delivery is to be found is not there.
    #[non_exhaustive]
    MissingKeyUrl {
        /// Where it should be.
        place: Place,
    },
    /// The delivery names a URL for its key that is none of the provider's. Nothing was fetched.
    #[non_exhaustive]
    KeyUrlNotAllowed {
        /// The host as it was sent, at most 253 letters of it.
        host: Box<str>,
    },
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
    /// The delivery ID has characters or a length that the scheme's
    /// [`id_characters`](crate::scheme::SchemeBuilder::id_characters) do not allow, so the signed
    /// text would be ambiguous.
    #[non_exhaustive]
    MalformedId {
        /// The location of the ID: the name of a header, a JSON member or a form field.
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
    /// The provider uses the method of the request neither for deliveries nor for
    /// [handshakes](crate::handshake).
    #[non_exhaustive]
    MethodNotAllowed {
        /// The methods that the endpoint accepts, as in the `Allow` header: `GET, POST`.
        allowed: Arc<str>,
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
    /// What a [handshake](crate::handshake) asks for is not there, too long, made of other letters, or there
    /// with different values.
    #[non_exhaustive]
    MalformedHandshake {
        /// The name of the handshake.
        handshake: Cow<'static, str>,
    },
    /// The body has trailers, which no signature covers, and the layer was told to refuse them.
    TrailersRefused,
    /// Too many bodies are being read at the same time.
    OverMemoryBudget,
    /// The program failed to take what a [handshake](crate::handshake) brings.
    #[non_exhaustive]
    HandoverFailed {
        /// The text of its error.
        error: Arc<str>,
    },
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
    /// The public key of the delivery is not cached, and the
    /// [limit](crate::keys::RemoteKeys::fetches_per_minute) on fetches is used up.
    #[non_exhaustive]
    KeyFetchLimited {
        /// The limit, in fetches per minute.
        per_minute: usize,
    },
    /// The same delivery is being handled at this moment, or was when its claim was last renewed.
    InFlight,
    /// The [`Store`](crate::dedupe::Store) failed, or is full.
    #[non_exhaustive]
    StoreFailed {
        /// The text of its error.
        error: Arc<str>,
    },
    /// The [`Store`](crate::dedupe::Store) did not answer within the deadline.
    #[non_exhaustive]
    StoreTimeout {
        /// The deadline.
        deadline: Duration,
    },
    /// The request did not come through a [`WebhookLayer`](crate::WebhookLayer), so nothing is known of
    /// it.
    NotVerified,
    /// Nothing that the scheme signs tells one delivery from another, and the
    /// [`DedupeLayer`](crate::DedupeLayer) was not told what does.
    NoDedupeKey,
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
            | Self::KeyUrlNotAllowed { .. }
            | Self::MissingKeyUrl { .. }
            | Self::SignatureMismatch
            | Self::ExpiredKey { .. }
            | Self::HandoverRefused { .. }
            | Self::SignedChallenge
            | Self::WrongHandshakeToken { .. }
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
            | Self::MalformedId { .. }
            | Self::HostNotAllowed { .. }
            | Self::BodyBroken
            | Self::MalformedHandshake { .. }
            | Self::MalformedPayload { .. }
            | Self::TrailersRefused => RejectionClass::InvalidRequest,
            Self::MethodNotAllowed { .. } => RejectionClass::MethodNotAllowed,
            Self::BodyTooLarge { .. } => RejectionClass::PayloadTooLarge,
            Self::BodyTimeout { .. } => RejectionClass::Timeout,
            Self::HandoverFailed { .. }
            | Self::OverMemoryBudget
            | Self::KeySourceFailed { .. }
            | Self::KeySourceTimeout { .. }
            | Self::KeyFetchLimited { .. }
            | Self::InFlight
            | Self::StoreFailed { .. }
            | Self::StoreTimeout { .. } => RejectionClass::Unavailable,
            Self::NotVerified | Self::NoDedupeKey => RejectionClass::Misconfigured,
        }
    }
}

impl RejectionKind {
    /// With the texts of an error and of its sources, in one line of a log.
    pub(crate) fn key_source_failed(error: &(dyn Error + 'static)) -> Self {
        Self::KeySourceFailed { error: line(error) }
    }
}
