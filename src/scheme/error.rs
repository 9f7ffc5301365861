//! The error of a scheme.

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use http::HeaderName;

use super::Location;

/// What is inconsistent in the description of a [`Scheme`](super::Scheme).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeError {
    pub(super) scheme: Arc<str>,
    pub(super) kind: SchemeErrorKind,
}

impl SchemeError {
    /// What is inconsistent.
    #[must_use]
    pub fn kind(&self) -> &SchemeErrorKind {
        &self.kind
    }
}

/// What can be inconsistent in the description of a [`Scheme`](super::Scheme).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemeErrorKind {
    /// A JSON web signature, and an algorithm that those do not know.
    AlgorithmWithoutJws,
    /// A part of the message has no literal beside it, on the side of the body, so that two
    /// requests could have the same signed text.
    #[non_exhaustive]
    AmbiguousMessage {
        /// Which part: the name of a header, `method`, `path` or `url`.
        part: Cow<'static, str>,
    },
    /// A timestamp in a claim of a token, which has seconds, with another unit.
    ClaimNotInSeconds,
    /// A claim without a name.
    EmptyClaimName,
    /// A claim, a timestamp or an id in one, but the signature is not a JSON web token.
    ClaimWithoutJws,
    /// A timestamp, an id or a kind of event in each item of a list, where a delivery has one.
    #[non_exhaustive]
    InEachItem {
        /// Where it is.
        location: Location,
    },
    /// A name that HTTP does not allow for a header.
    #[non_exhaustive]
    InvalidHeaderName {
        /// The name as given.
        name: String,
    },
    /// A public key for an algorithm with a secret, or the reverse.
    SecretEncodingMismatch,
    /// A key that a list of this format cannot have.
    #[non_exhaustive]
    InvalidKey {
        /// The key as given.
        key: Cow<'static, str>,
    },
    /// A claim contains a value that is known only once the token exists.
    #[non_exhaustive]
    CircularClaim {
        /// The name of the claim.
        claim: Cow<'static, str>,
        /// The part: `jws`, `timestamp`, or the name of the signature header.
        part: Cow<'static, str>,
    },
    /// [`optional_part`](super::SchemeBuilder::optional_part) is called with a text that occurs in
    /// no message, or that is not a literal, a value that may be absent, and a literal.
    #[non_exhaustive]
    InvalidOptionalPart {
        /// The part as given.
        part: Cow<'static, str>,
    },
    /// A prefix that is empty or that a header cannot hold.
    #[non_exhaustive]
    InvalidPrefix {
        /// The prefix as given.
        prefix: Cow<'static, str>,
    },
    /// The secret is hashed between the part before the body and the body, but that part is read
    /// from the body.
    #[non_exhaustive]
    SecretNotBeforeBody {
        /// The part: the name of a parameter, a field or a member.
        part: Cow<'static, str>,
    },
    /// `{id}` without a location of the ID.
    NoId,
    /// No location of the signature.
    NoSignatureHeader,
    /// The message does not determine where the delivery ID or the timestamp begins and ends.
    #[non_exhaustive]
    UndeterminedPart {
        /// The part: the name of a header or a member, or `timestamp`.
        part: Cow<'static, str>,
    },
    /// [`id_characters`](super::SchemeBuilder::id_characters) is set, but no message contains the
    /// ID.
    UnusedIdCharacters,
    /// A setting that the rest of the scheme makes meaningless. It would be ignored.
    #[non_exhaustive]
    NoEffect {
        /// The method of [`SchemeBuilder`](super::SchemeBuilder).
        setting: &'static str,
        /// The reason why the setting has no effect.
        reason: &'static str,
    },
    /// `{timestamp}` without a place to take it from.
    NoTimestamp,
    /// `{body}`, or a token that stands for it, is missing or appears twice.
    NotOneBody,
    /// The same key for the signature and the timestamp.
    #[non_exhaustive]
    RepeatedKey {
        /// The key as given.
        key: Cow<'static, str>,
    },
    /// `require_header` is called twice for one header, or for the header with the signature, the
    /// timestamp or the ID. These values differ in each delivery.
    #[non_exhaustive]
    RequiredHeaderReused {
        /// The header.
        header: HeaderName,
    },
    /// `require_header` is called with a value that a header cannot have.
    #[non_exhaustive]
    InvalidRequiredHeader {
        /// The header.
        header: HeaderName,
    },
    /// A token is encoded or keyed as signatures are, or a signature as tokens are.
    TokenMismatch,
    /// The same place is used for two of the signature, the timestamp and the ID, or for the
    /// signature and a part of the message.
    #[non_exhaustive]
    LocationReused {
        /// The place.
        location: Location,
    },
    /// A signature is in a body or URL that is signed as a whole, so it would have to cover itself.
    #[non_exhaustive]
    SignatureSignsItself {
        /// The location of the signature.
        location: Location,
    },
    /// A timestamp in the list of signatures, but not all signatures are in headers.
    TimestampKeyOutsideHeader,
    /// A timestamp key, but the signature header is not a list.
    TimestampKeyWithoutList,
    /// A location and a key of the timestamp.
    TwoTimestampLocations,
    /// A token that [`SchemeBuilder::message`](super::SchemeBuilder::message) does not list.
    #[non_exhaustive]
    UnknownToken {
        /// The text between the braces.
        token: String,
    },
    /// A brace without its other half.
    UnmatchedBrace,
}

impl fmt::Display for SchemeError {
    #[expect(clippy::too_many_lines, reason = "a list")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use SchemeErrorKind as E;

        write!(f, "scheme `{}`: ", self.scheme)?;
        match &self.kind {
            E::AmbiguousMessage { part } => write!(
                f,
                "the message is ambiguous, so two requests could have the same signed text; put a \
                 literal that `{part}` cannot contain between `{part}` and the body",
            ),
            E::UndeterminedPart { part } => write!(
                f,
                "the message does not determine where `{part}` begins and ends; put a literal next \
                 to it, or restrict the ID with `id_characters` to a single length, or to \
                 characters without `:` before an RFC 3339 timestamp \
                 (`danger_allow_ambiguous_message` does not apply to delivery IDs and timestamps)",
            ),
            E::UnusedIdCharacters => {
                f.write_str("`id_characters` has no effect: no message has `{id}`; remove it")
            }
            E::InEachItem { location } => write!(
                f,
                "each item of the signed list has {location}, but a delivery has one timestamp, \
                 one ID and one event type; use a location outside of the body",
            ),
            E::AlgorithmWithoutJws => f.write_str(
                "JSON web signatures do not support this algorithm; set another `algorithm` \
                     or another `signature_format`",
            ),
            E::ClaimNotInSeconds => f.write_str(
                "the timestamp is a claim of the token, and claims are in seconds; remove \
                 `timestamp_format`",
            ),
            E::EmptyClaimName => f.write_str("the name of a claim is empty; set it"),
            E::ClaimWithoutJws => f.write_str(
                "claims require a JSON web token; set `SignatureFormat::jws`, or remove the \
                     claims",
            ),
            E::InvalidOptionalPart { part } => write!(
                f,
                "`{part}` cannot be an optional part: it must occur once in a message, and consist \
                 of a literal, a header, parameter, field or member, and a literal",
            ),
            E::CircularClaim { claim, part } => write!(
                f,
                "claim `{claim}` contains `{part}`, which is part of the token itself; remove it",
            ),
            E::InvalidHeaderName { name } if name.is_empty() => {
                f.write_str("a header name is empty; set it")
            }
            E::InvalidHeaderName { name } => write!(
                f,
                "`{name}` is not a valid header name; \
                                                        correct it"
            ),
            E::InvalidKey { key } => write!(
                f,
                "`{key}` cannot be a key of the signature list; use visible ASCII without the \
                 list's separators, not empty and without spaces at its ends",
            ),
            E::InvalidPrefix { prefix } => {
                write!(
                    f,
                    "`{prefix}` cannot be a signature prefix; use visible ASCII, at least one \
                     character"
                )
            }
            E::RequiredHeaderReused { header } => write!(
                f,
                "the header `{header}` has another required value, or its value differs in each \
                 delivery; remove this `require_header`",
            ),
            E::InvalidRequiredHeader { header } => {
                write!(
                    f,
                    "the value that `require_header` sets for `{header}` is empty or not a valid \
                     header \
                     value; correct it"
                )
            }
            E::SecretEncodingMismatch => f.write_str(
                "algorithms with a public key require `SecretEncoding::PublicKey`, and other \
                 algorithms do not support it; change `algorithm` or `secret_encoding`",
            ),
            E::TokenMismatch => f.write_str(
                "the encoding does not fit the algorithm: `Algorithm::Token` requires \
                     `Encoding::Text` or `Encoding::Base64`, and no other algorithm supports \
                     `Encoding::Text`; change `encoding`",
            ),
            E::SecretNotBeforeBody { part } => write!(
                f,
                "the secret is hashed before the body, but `{part}`, which precedes it, is read \
                 from \
                 the body; remove `{part}` from the message, or put it after the body",
            ),
            E::NoId => f.write_str(
                "the message has `{id}`, but no location of the ID is set; call `id` or \
                 `id_header`",
            ),
            E::NoEffect { setting, reason } => {
                write!(f, "`{setting}` has no effect: {reason}; remove it")
            }
            E::NoSignatureHeader => f.write_str(
                "no location of the signature is set, or a JSON web signature is not in exactly \
                 one header; call `signature` or `signature_header`",
            ),
            E::NoTimestamp => f.write_str(
                "the message has `{timestamp}`, but no location of the timestamp is set; call \
                 `timestamp`, `timestamp_header` or `timestamp_key`",
            ),
            E::NotOneBody => f.write_str(
                "the message must have `{body}`, or a token that stands for it, exactly once; a \
                 JSON \
                 web token needs a claim with it",
            ),
            E::RepeatedKey { key } => {
                write!(
                    f,
                    "`{key}` is the key of both the signature and the timestamp; use different keys"
                )
            }
            E::LocationReused { location } => write!(
                f,
                "{location} is used twice; use different locations for the signature, the \
                 timestamp, \
                 the ID and the parts of the message",
            ),
            E::SignatureSignsItself { location } => write!(
                f,
                "the message covers the whole body or URL, including the signature in {location}; \
                 put the signature into a header, or sign other parts",
            ),
            E::TimestampKeyOutsideHeader => f.write_str(
                "a timestamp in the list of signatures is read only from headers; put the \
                 signature into a header, or the timestamp into a location of its own",
            ),
            E::TimestampKeyWithoutList => f.write_str(
                "a timestamp key is set, but the signature header is not a list of keys and \
                 values; \
                 set `SignatureFormat::key_values`, or call `timestamp_header`",
            ),
            E::TwoTimestampLocations => {
                f.write_str("both a location and a key of the timestamp are set; remove one")
            }
            E::UnknownToken { token } => {
                write!(
                    f,
                    "the message has the unknown token `{{{token}}}`; the tokens are {}; write \
                     `{{{{` or `}}}}` for a literal brace",
                    super::template::TOKENS
                )
            }
            E::UnmatchedBrace => f.write_str(
                "the message has an unmatched brace; write `{{` or `}}` for a literal brace",
            ),
        }
    }
}

impl Error for SchemeError {}
