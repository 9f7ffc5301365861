//! What the operator is told.

use std::{
    error::Error,
    fmt::{self, Write as _},
    sync::Arc,
};

use super::RejectionKind;

impl fmt::Display for RejectionKind {
    #[expect(clippy::too_many_lines, reason = "a list")]
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
            Self::WrongHandshakeToken { handshake } => {
                write!(f, "the token of the handshake `{handshake}` is not the one that is set")
            }
            Self::HandoverRefused { handshake } => {
                write!(f, "the program refused what the handshake `{handshake}` brings")
            }
            Self::SignedChallenge => {
                f.write_str("what is signed could be a challenge, which this endpoint signs for anybody")
            }
            Self::MalformedHandshake { handshake } => write!(
                f,
                "what the handshake `{handshake}` asks for is missing, too long, of other letters, or there twice"
            ),
            Self::HandoverFailed { error } => {
                write!(f, "the program failed to take what a handshake brings: {error}")
            }
            Self::UnknownTenant => f.write_str("the key source has no keys for this request"),
            Self::MissingKeyUrl { place } => write!(f, "no URL of the key in {place}"),
            Self::KeyUrlNotAllowed { host } => {
                write!(f, "the URL of the key, with the host `{host}`, is not allowed")
            }
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
            Self::MalformedId { part } => {
                write!(f, "`{part}` is not a delivery ID in this provider's format")
            }
            Self::HostNotAllowed { host } => {
                write!(f, "`{host}` is none of the public URLs")
            }
            Self::MethodNotAllowed { allowed } => {
                write!(f, "the provider does not use this method; it uses {allowed}")
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
            Self::KeyFetchLimited { per_minute } => {
                write!(f, "the limit of {per_minute} key fetches a minute is used up")
            }
            Self::InFlight => f.write_str("the same delivery is being handled at this moment"),
            Self::StoreFailed { error } => {
                write!(f, "the store of deliveries failed: {error}")
            }
            Self::StoreTimeout { deadline } => write!(
                f,
                "the store of deliveries did not answer within {} s",
                deadline.as_secs_f64()
            ),
            Self::NotVerified => f.write_str(
                "the request did not come through a `WebhookLayer`, which has to be outside of the `DedupeLayer`",
            ),
            Self::NoDedupeKey => f.write_str(
                "nothing that the scheme signs tells this delivery from others: say what does by `DedupeLayer::key_by`",
            ),
        }
    }
}

/// The texts of an error and of its sources, in one line of a log.
pub(crate) fn line(error: &(dyn Error + 'static)) -> Arc<str> {
    const LONGEST: usize = 1000;

    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    let mut line = String::new();
    for letter in text.chars().take(LONGEST) {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line.into()
}
