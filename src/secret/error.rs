//! The error of a secret.

use std::{error::Error, fmt, io};

use super::SecretEncoding;

/// What is wrong with a secret. It never holds any part of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    kind: KeyErrorKind,
    which: Option<Box<str>>,
}

impl KeyError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &KeyErrorKind {
        &self.kind
    }

    /// Says which secret is meant, where there are several or it was read from somewhere.
    pub(crate) fn of(mut self, which: String) -> Self {
        self.which = Some(which.into());
        self
    }
}

/// What can be wrong with a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyErrorKind {
    /// No bytes.
    Empty,
    /// The text cannot be decoded as its scheme asks.
    #[non_exhaustive]
    Encoding {
        /// What the scheme takes.
        expected: SecretEncoding,
    },
    /// A sender's secret that is no private key of Ed25519.
    NoPrivateKey,
    /// There is no environment variable of this name.
    NotSet,
    /// The text is not UTF-8.
    NotUtf8,
    /// The text begins or ends with white space or an invisible character.
    SurroundingWhitespace,
    /// The file is longer than any secret.
    #[non_exhaustive]
    TooLong {
        /// How many bytes are read at most.
        limit: usize,
    },
    /// The file cannot be read.
    #[non_exhaustive]
    Unreadable {
        /// The kind of the error.
        error: io::ErrorKind,
        /// What the operating system says.
        message: Box<str>,
    },
    /// Nothing but zeros, which is the same key as none.
    Zeros,
}

impl From<KeyErrorKind> for KeyError {
    fn from(kind: KeyErrorKind) -> Self {
        Self { kind, which: None }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = self.which.as_deref().unwrap_or("the secret");
        match &self.kind {
            KeyErrorKind::Empty => {
                write!(f, "{which} is empty; set it to the secret of the endpoint")
            }
            KeyErrorKind::Encoding { expected } => {
                write!(
                    f,
                    "{which} has the wrong format; this scheme expects {expected}"
                )
            }
            KeyErrorKind::NoPrivateKey => {
                let form = "32 or 64 bytes in hex, or in base64 alone or after `whsk_`";
                write!(f, "{which} is not an Ed25519 private key; use {form}")
            }
            KeyErrorKind::Zeros => write!(
                f,
                "{which} consists of zero bytes only, which HMAC treats as an empty key; use \
                 another secret"
            ),
            KeyErrorKind::NotSet => write!(f, "{which} is not set"),
            KeyErrorKind::NotUtf8 => write!(f, "{which} is not valid UTF-8"),
            KeyErrorKind::TooLong { limit } => {
                write!(f, "{which} is longer than {limit} bytes; check the path")
            }
            KeyErrorKind::Unreadable { message, .. } => {
                write!(f, "{which} cannot be read: {message}")
            }
            KeyErrorKind::SurroundingWhitespace => {
                write!(
                    f,
                    "{which} has leading or trailing whitespace or invisible characters; remove \
                     them"
                )
            }
        }
    }
}

impl Error for KeyError {}
