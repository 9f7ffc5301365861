//! The error of a scheme.

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use http::HeaderName;

use super::Location;

/// The error of an inconsistent [`Scheme`](super::Scheme).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeError {
    pub(super) scheme: Arc<str>,
    pub(super) kind: SchemeErrorKind,
}

impl SchemeError {
    /// Returns the kind of inconsistency.
    #[must_use]
    pub fn kind(&self) -> &SchemeErrorKind {
        &self.kind
    }
}

/// The kind of inconsistency in a [`Scheme`](super::Scheme).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemeErrorKind {
    /// The signature is a JSON web signature, but these do not have the algorithm.
    AlgorithmWithoutJws,
    /// A part of the message has no literal next to it on the side of the body, so two requests
    /// could have the same signed text.
    #[non_exhaustive]
    AmbiguousMessage {
        /// The part: the name of a header, `method`, `path` or `url`.
        part: Cow<'static, str>,
    },
    /// The timestamp is in a claim of a token, but its unit is not seconds.
    ClaimNotInSeconds,
    /// A claim has an empty name.
    EmptyClaimName,
    /// The scheme has a claim, or a timestamp or an ID in a claim, but the signature is not a JSON
    /// web token.
    ClaimWithoutJws,
    /// A timestamp, an ID or an event type is in each item of a list, but a delivery has one of
    /// each.
    #[non_exhaustive]
    InEachItem {
        /// The location of the value.
        location: Location,
    },
    /// A name is not a valid header name.
    #[non_exhaustive]
    InvalidHeaderName {
        /// The name that was passed.
        name: String,
    },
    /// The secret is a public key but the algorithm needs a secret, or the reverse.
    SecretEncodingMismatch,
    /// A list of this format cannot contain the key.
    #[non_exhaustive]
    InvalidKey {
        /// The key that was passed.
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
        /// The part that was passed.
        part: Cow<'static, str>,
    },
    /// A prefix is empty, or a header cannot contain it.
    #[non_exhaustive]
    InvalidPrefix {
        /// The prefix that was passed.
        prefix: Cow<'static, str>,
    },
    /// The secret is hashed between the part before the body and the body, but that part is read
    /// from the body.
    #[non_exhaustive]
    SecretNotBeforeBody {
        /// The part: the name of a parameter, a field or a member.
        part: Cow<'static, str>,
    },
    /// The message contains `{id}`, but the ID has no location.
    NoId,
    /// The signature has no location.
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
    /// The message contains `{timestamp}`, but the timestamp has no location.
    NoTimestamp,
    /// `{body}`, or a token that stands for it, is missing or appears twice.
    NotOneBody,
    /// The signature and the timestamp have the same key.
    #[non_exhaustive]
    RepeatedKey {
        /// The key that was passed.
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
    /// An encoding or an algorithm of tokens is combined with signatures, or the reverse.
    TokenMismatch,
    /// Two of the signature, the timestamp and the ID have the same location, or the signature and
    /// a part of the message do.
    #[non_exhaustive]
    LocationReused {
        /// The location.
        location: Location,
    },
    /// A signature is in a body or URL that is signed as a whole, so it would have to cover itself.
    #[non_exhaustive]
    SignatureSignsItself {
        /// The location of the signature.
        location: Location,
    },
    /// The timestamp is in the list of signatures, but not all signatures are in headers.
    TimestampKeyOutsideHeader,
    /// The timestamp has a key, but the signature header is not a list.
    TimestampKeyWithoutList,
    /// The timestamp has a location and a key.
    TwoTimestampLocations,
    /// The message contains a token that [`SchemeBuilder::message`](super::SchemeBuilder::message)
    /// does not list.
    #[non_exhaustive]
    UnknownToken {
        /// The text between the braces.
        token: String,
    },
    /// A brace has no matching brace.
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
                     header value; correct it"
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
                 from the body; remove `{part}` from the message, or put it after the body",
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
                 JSON web token needs a claim with it",
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
                 timestamp, the ID and the parts of the message",
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
                 values; set `SignatureFormat::key_values`, or call `timestamp_header`",
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
