//! The findings of a diagnosis, and their texts.

use std::{fmt, time::Duration};

use http::HeaderName;

use crate::scheme::{Algorithm, Encoding, TimestampFormat};

/// An explanation of a rejection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    cause: Cause,
    is_proven: bool,
}

impl Finding {
    pub(super) fn proven(cause: Cause) -> Self {
        Self {
            cause,
            is_proven: true,
        }
    }

    pub(super) fn guess(cause: Cause) -> Self {
        Self {
            cause,
            is_proven: false,
        }
    }

    /// Returns the cause of the rejection.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Returns whether the signature verifies once the cause is removed. If not, the finding is a
    /// guess.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.is_proven
    }
}

/// `proven: …` or `guess: …`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certainty = if self.is_proven { "proven" } else { "guess" };
        write!(f, "{certainty}: {}", self.cause)
    }
}

/// The form in which a sender uses the text of a secret as its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretForm {
    /// The bytes of the text.
    Text,
    /// The text, decoded from base64.
    Base64,
    /// The text, decoded from hex.
    Hex,
    /// The text, encoded in base64.
    ToBase64,
    /// The text, encoded in hex.
    ToHex,
}

impl fmt::Display for SecretForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "the text of the secret",
            Self::Base64 => "the secret, decoded from base64",
            Self::Hex => "the secret, decoded from hex",
            Self::ToBase64 => "the secret, encoded in base64",
            Self::ToHex => "the secret, encoded in hex",
        })
    }
}

/// The cause of a rejection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The sender signs with another algorithm, for example with SHA-1 instead of SHA-256.
    #[non_exhaustive]
    Algorithm {
        /// The algorithm of the sender.
        used: Algorithm,
    },
    /// The sender signs only the body, and not the other parts of the signed text.
    BodyAlone,
    /// A byte order mark was added to the body, or removed.
    BodyByteOrderMark,
    /// The body was converted to another character set, for example because a proxy read it as
    /// Latin-1.
    BodyCharset,
    /// The body was compressed after it was signed.
    BodyCompressed,
    /// According to the headers, the body is compressed, but it is not. It was decompressed before
    /// it was verified.
    BodyDecompressed,
    /// The sender signed an empty body.
    BodyEmpty,
    /// The form in the body was re-encoded, for example with `+` in place of `%20`.
    BodyForm,
    /// The JSON in the body was re-encoded.
    BodyJson,
    /// The length of the body differs from `Content-Length`.
    #[non_exhaustive]
    BodyLength {
        /// The length in the header.
        declared: u64,
        /// The length of the body.
        found: u64,
    },
    /// The line endings of the body were changed.
    BodyLineEnds,
    /// White space at the start or the end of the body was added or removed.
    BodyWhitespace,
    /// The timestamp is outside of the tolerance.
    ///
    /// It is proven if the signature is valid and covers the timestamp. If the scheme does not
    /// [sign the timestamp](crate::Scheme::timestamp_is_signed), any client may have written it.
    #[non_exhaustive]
    ClockSkew {
        /// The distance from the clock.
        by: Duration,
        /// Whether the timestamp is ahead of the clock.
        is_ahead: bool,
    },
    /// The signature is in another encoding.
    #[non_exhaustive]
    Encoding {
        /// The encoding of the sender.
        used: Encoding,
    },
    /// A header is missing, and its name has an underscore. Many proxies drop such headers.
    #[non_exhaustive]
    HeaderDropped {
        /// The header that the scheme asks for.
        expected: HeaderName,
    },
    /// A header has another name, for example with underscores in place of hyphens, or without
    /// `X-`.
    #[non_exhaustive]
    HeaderName {
        /// The header that the scheme asks for.
        expected: HeaderName,
        /// The name of the header in the request.
        found: HeaderName,
    },
    /// The delivery is from another provider.
    #[non_exhaustive]
    OtherProvider {
        /// The names of at most eight presets, the likeliest first. Several providers sign in the
        /// same way.
        names: Box<[Box<str>]>,
        /// The number of further presets.
        more: usize,
    },
    /// The sender derives its key from the secret in another way.
    #[non_exhaustive]
    SecretForm {
        /// The form that the sender uses.
        used: SecretForm,
    },
    /// The secret of the sender ends with a newline.
    SecretNewline,
    /// The prefix of the secret is missing or unexpected.
    #[non_exhaustive]
    SecretPrefix {
        /// The prefix.
        prefix: &'static str,
        /// Whether it is missing.
        is_missing: bool,
    },
    /// The secret is in quotation marks.
    SecretQuotes,
    /// The secret has leading or trailing white space, or an invisible character.
    SecretWhitespace,
    /// The prefix of the signature is missing or unexpected.
    #[non_exhaustive]
    SignaturePrefix {
        /// Whether it is missing.
        is_missing: bool,
    },
    /// The timestamp has another unit or format.
    #[non_exhaustive]
    TimestampFormat {
        /// The unit of the sender.
        used: TimestampFormat,
    },
    /// The sender signs another URL.
    #[non_exhaustive]
    Url {
        /// The URL that the sender signs, without its query.
        signed: Box<str>,
        /// The URL that the signature was compared with, without its query.
        compared: Box<str>,
    },
}

impl fmt::Display for Cause {
    #[expect(clippy::too_many_lines, reason = "a list")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm { used } => write!(
                f,
                "the sender signs with {used}; use a provider or scheme with this algorithm"
            ),
            Self::BodyAlone => f.write_str(
                "the sender signs only the body; use a provider or scheme whose message is \
                 `{body}`",
            ),
            Self::BodyByteOrderMark => f.write_str(
                "a byte order mark was added to the body or removed; verify the bytes as \
                     received",
            ),
            Self::BodyCharset => f.write_str(
                "the body was converted to another character set; verify the bytes as received",
            ),
            Self::BodyCompressed => f.write_str(
                "the body was compressed after it was signed; decompress it outside of the webhook \
                 layer",
            ),
            Self::BodyDecompressed => f.write_str(
                "the body was decompressed before it was verified; put the decompression layer \
                 inside of the webhook layer",
            ),
            Self::BodyEmpty => f.write_str(
                "the sender signed an empty body, for example because it had already read the \
                 body; fix the sender",
            ),
            Self::BodyForm => f.write_str(
                "the form in the body was parsed and re-encoded; verify the bytes as received",
            ),
            Self::BodyJson => f.write_str(
                "the JSON in the body was parsed and re-encoded; verify the bytes as received",
            ),
            Self::BodyLength { declared, found } => write!(
                f,
                "`content-length` is {declared}, but the body has {found} bytes; find the layer or \
                 proxy that changes it"
            ),
            Self::BodyLineEnds => f.write_str(
                "the line endings of the body were changed; verify the bytes as received",
            ),
            Self::BodyWhitespace => f.write_str(
                "whitespace at the start or end of the body was added or removed; verify the \
                     bytes as received",
            ),
            Self::ClockSkew { by, is_ahead } => write!(
                f,
                "the timestamp is {} s {}; {}",
                by.as_secs_f64(),
                if *is_ahead {
                    "ahead of the clock"
                } else {
                    "behind the clock"
                },
                if *is_ahead {
                    "check the clocks of the sender and of this server"
                } else {
                    "the delivery is old, or the clock of the sender or of this server is wrong"
                },
            ),
            Self::Encoding { used } => write!(
                f,
                "the sender encodes the signature in {used}; use a provider or scheme with this \
                 encoding"
            ),
            Self::HeaderDropped { expected } => write!(
                f,
                "the header `{expected}` is missing; many proxies drop headers with an underscore, \
                 so configure the proxy to forward it"
            ),
            Self::HeaderName { expected, found } => {
                write!(
                    f,
                    "the header `{expected}` arrived as `{found}`; configure the proxy to keep its \
                     name"
                )
            }
            Self::OtherProvider { names, more } => {
                let names = names.join("` or `");
                write!(f, "the delivery is signed like those of `{names}`")?;
                if *more > 0 {
                    write!(f, " or of {more} other providers")?;
                }
                f.write_str("; use the provider that sent it")
            }
            Self::SecretForm { used } => write!(
                f,
                "the sender's key is {used}; pass that key to `Secret::from_bytes`"
            ),
            Self::SecretNewline => f.write_str(
                "the sender's secret ends with a newline; remove it in the sender's settings",
            ),
            Self::SecretPrefix {
                prefix,
                is_missing: true,
            } => {
                write!(f, "the secret lacks the prefix `{prefix}`; add it")
            }
            Self::SecretPrefix {
                prefix,
                is_missing: false,
            } => {
                write!(
                    f,
                    "the secret has the prefix `{prefix}`, but the sender's secret does not; \
                     remove it"
                )
            }
            Self::SecretQuotes => f.write_str("the secret is in quotation marks; remove them"),
            Self::SecretWhitespace => f.write_str(
                "the secret has leading or trailing whitespace or invisible characters; remove \
                 them",
            ),
            Self::SignaturePrefix { is_missing: true } => f.write_str(
                "the signature lacks the prefix of the scheme; use a provider or scheme without a \
                 prefix",
            ),
            Self::SignaturePrefix { is_missing: false } => f.write_str(
                "the signature has a prefix that the scheme does not expect; use a provider or \
                     scheme with this prefix",
            ),
            Self::TimestampFormat { used } => {
                let unit = match used {
                    TimestampFormat::DateTime => "as a date and time without an offset",
                    TimestampFormat::Milliseconds => "in milliseconds",
                    TimestampFormat::Rfc3339 => "in RFC 3339",
                    TimestampFormat::Seconds => "in seconds",
                };
                write!(
                    f,
                    "the sender writes the timestamp {unit}; use a provider or scheme with this \
                     format"
                )
            }
            Self::Url { signed, compared } => write!(
                f,
                "the sender signs the URL `{signed}`, but the signature was compared with \
                 `{compared}`; set it with `PublicUrl::fixed` or `PublicUrl::exact`",
            ),
        }
    }
}
