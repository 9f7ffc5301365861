use std::{fmt, time::Duration};

use http::HeaderName;

use crate::scheme::{Algorithm, Encoding, TimestampUnit};

/// Something that explains why a delivery was refused.
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

    /// What it is.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Whether the signature holds once that is put right. If not, it is a guess.
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

/// How a sender makes a key of the text of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretForm {
    /// Its own bytes.
    Text,
    /// What it says in base64.
    Base64,
    /// What it says in hex.
    Hex,
    /// The base64 of it.
    ToBase64,
    /// The hex digits of it.
    ToHex,
}

impl fmt::Display for SecretForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "the secret's text as it is",
            Self::Base64 => "what the secret says in base64",
            Self::Hex => "what the secret says in hex",
            Self::ToBase64 => "the base64 of the configured secret",
            Self::ToHex => "the hex digits of the configured secret",
        })
    }
}

/// Why a delivery was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The sender's algorithm is another: SHA-1 where SHA-256 is asked for.
    #[non_exhaustive]
    Algorithm {
        /// What the sender uses.
        used: Algorithm,
    },
    /// The sender signs the body and nothing beside it.
    BodyAlone,
    /// The body lost or got a byte order mark.
    BodyByteOrderMark,
    /// The body is in another character set: a text that was taken for Latin-1 on its way.
    BodyCharset,
    /// The body is compressed, and was signed before.
    BodyCompressed,
    /// The headers say that the body is compressed, and it is not: something decompressed it before
    /// it was verified.
    BodyDecompressed,
    /// The signature is of an empty body.
    BodyEmpty,
    /// The body is a form that was written anew: `+` for `%20`, or the like.
    BodyForm,
    /// The body is JSON that was written anew.
    BodyJson,
    /// The body has other bytes than `Content-Length` says.
    #[non_exhaustive]
    BodyLength {
        /// What the header says.
        declared: u64,
        /// How many there are.
        found: u64,
    },
    /// The body has other ends of line.
    BodyLineEnds,
    /// The body lost or got white space at its ends.
    BodyWhitespace,
    /// The timestamp is not near the clock. Proven where the signature is of the timestamp, and
    /// holds; where the scheme does not [sign it](crate::Scheme::timestamp_is_signed), anybody
    /// may have written it.
    #[non_exhaustive]
    ClockSkew {
        /// How far it is off.
        by: Duration,
        /// Whether the timestamp is ahead of the clock.
        is_ahead: bool,
    },
    /// The signature is written in another encoding.
    #[non_exhaustive]
    Encoding {
        /// In which.
        used: Encoding,
    },
    /// A header did not come, and its name has an underscore: many proxies drop such headers.
    #[non_exhaustive]
    HeaderDropped {
        /// The header that the scheme asks for.
        expected: HeaderName,
    },
    /// A header came under another name: with hyphens for underscores, or with an `X-` or without.
    #[non_exhaustive]
    HeaderName {
        /// The header that the scheme asks for.
        expected: HeaderName,
        /// The one that came.
        found: HeaderName,
    },
    /// The delivery is another provider's.
    #[non_exhaustive]
    OtherProvider {
        /// The names of the presets that it may be of, eight at most, the likeliest first: many
        /// sign alike.
        names: Box<[Box<str>]>,
        /// How many more there are.
        more: usize,
    },
    /// The sender's key is made of the secret in another way.
    #[non_exhaustive]
    SecretForm {
        /// How.
        used: SecretForm,
    },
    /// The sender's secret ends with a newline.
    SecretNewline,
    /// The secret lacks its prefix, or has one that does not belong to it.
    #[non_exhaustive]
    SecretPrefix {
        /// Which.
        prefix: &'static str,
        /// Whether it is missing.
        is_missing: bool,
    },
    /// The secret has quotation marks around it.
    SecretQuotes,
    /// The secret has white space or something invisible around it.
    SecretWhitespace,
    /// The signature lacks its prefix, or has one that does not belong to it.
    #[non_exhaustive]
    SignaturePrefix {
        /// Whether it is missing.
        is_missing: bool,
    },
    /// The timestamp is written in another unit or form.
    #[non_exhaustive]
    TimestampUnit {
        /// In which.
        used: TimestampUnit,
    },
    /// The URL that is signed is another.
    #[non_exhaustive]
    Url {
        /// The base that the sender signs, up to the path; nothing else of the URL.
        base: Box<str>,
        /// Whether the path has a slash at its end on one side only.
        slash: bool,
    },
}

impl fmt::Display for Cause {
    #[expect(clippy::too_many_lines, reason = "a list")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm { used } => write!(f, "the sender signs with {used}"),
            Self::BodyAlone => {
                f.write_str("the sender signs the body alone, and nothing beside it")
            }
            Self::BodyByteOrderMark => {
                f.write_str("the body lost or got a byte order mark on its way")
            }
            Self::BodyCharset => f.write_str(
                "the body's letters were read in another character set: verify the bytes as they \
                 came",
            ),
            Self::BodyCompressed => {
                f.write_str("the sender signs the body before it compresses it")
            }
            Self::BodyDecompressed => f.write_str(
                "the body was decompressed before it was verified: put decompression inside the \
                 layer",
            ),
            Self::BodyEmpty => f.write_str(
                "the signature is of an empty body: the sender read its body before signing it",
            ),
            Self::BodyForm => f.write_str(
                "the form of the body was parsed and written anew: verify the bytes as they came",
            ),
            Self::BodyJson => f.write_str(
                "the JSON of the body was parsed and written anew: verify the bytes as they came",
            ),
            Self::BodyLength { declared, found } => write!(
                f,
                "`content-length` says {declared} bytes, and there are {found}: something changed \
                 the body"
            ),
            Self::BodyLineEnds => f.write_str("the body's ends of line were changed on its way"),
            Self::BodyWhitespace => {
                f.write_str("the body lost or got white space at its ends, such as a newline")
            }
            Self::ClockSkew { by, is_ahead } => write!(
                f,
                "the timestamp is {} s {} this clock: a clock is wrong, or the delivery is not new",
                by.as_secs_f64(),
                if *is_ahead { "ahead of" } else { "behind" },
            ),
            Self::Encoding { used } => write!(f, "the sender writes the signature in {used}"),
            Self::HeaderDropped { expected } => write!(
                f,
                "`{expected}` did not come: many proxies drop a header whose name has an underscore"
            ),
            Self::HeaderName { expected, found } => {
                write!(f, "`{expected}` came under the name `{found}`")
            }
            Self::OtherProvider { names, more } => {
                write!(f, "the delivery is signed as `{}`", names.join("` or `"))?;
                match more {
                    0 => f.write_str(" does"),
                    more => write!(f, " or one of {more} others does"),
                }
            }
            Self::SecretForm { used } => write!(f, "the sender's key is {used}"),
            Self::SecretNewline => f.write_str("the sender's secret ends with a newline"),
            Self::SecretPrefix {
                prefix,
                is_missing: true,
            } => {
                write!(f, "the secret lacks its prefix `{prefix}`")
            }
            Self::SecretPrefix {
                prefix,
                is_missing: false,
            } => {
                write!(
                    f,
                    "the secret has the prefix `{prefix}`, which the sender does not use"
                )
            }
            Self::SecretQuotes => f.write_str("the secret has quotation marks around it"),
            Self::SecretWhitespace => {
                f.write_str("the secret has white space or an invisible character around it")
            }
            Self::SignaturePrefix { is_missing: true } => {
                f.write_str("the signature lacks its prefix")
            }
            Self::SignaturePrefix { is_missing: false } => {
                f.write_str("the signature has a prefix that this scheme does not have")
            }
            Self::TimestampUnit { used } => {
                let unit = match used {
                    TimestampUnit::DateTime => "as a date and time without an offset",
                    TimestampUnit::Milliseconds => "in milliseconds",
                    TimestampUnit::Rfc3339 => "in RFC 3339",
                    TimestampUnit::Seconds => "in seconds",
                };
                write!(f, "the sender writes the timestamp {unit}")
            }
            Self::Url { base, slash } => {
                write!(f, "the sender signs a URL that begins with `{base}`")?;
                if *slash {
                    f.write_str(", and has a slash at its end on one side only")?;
                }
                Ok(())
            }
        }
    }
}
