//! The error of a secret.

use std::{error::Error, fmt, io};

use super::SecretEncoding;

/// The error of an invalid secret. It never contains any part of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    kind: KeyErrorKind,
    which: Option<Box<str>>,
}

impl KeyError {
    /// Returns the kind of error.
    #[must_use]
    pub fn kind(&self) -> &KeyErrorKind {
        &self.kind
    }

    /// Adds the name of the secret, if there are several or if it was read from a file or a
    /// variable.
    pub(crate) fn of(mut self, which: String) -> Self {
        self.which = Some(which.into());
        self
    }
}

/// The kind of error in a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyErrorKind {
    /// The secret is empty.
    Empty,
    /// The text cannot be decoded in the encoding that the scheme requires.
    #[non_exhaustive]
    Encoding {
        /// The encoding of the scheme.
        expected: SecretEncoding,
    },
    /// The secret of a sender is not an Ed25519 private key.
    NoPrivateKey,
    /// No environment variable has this name.
    NotSet,
    /// The text is not UTF-8.
    NotUtf8,
    /// The text begins or ends with white space or an invisible character.
    SurroundingWhitespace,
    /// The file exceeds the maximum length of a secret.
    #[non_exhaustive]
    TooLong {
        /// The maximum length, in bytes.
        limit: usize,
    },
    /// The file cannot be read.
    #[non_exhaustive]
    Unreadable {
        /// The kind of the error.
        error: io::ErrorKind,
        /// The message of the operating system.
        message: Box<str>,
    },
    /// All bytes are zero, so the key equals the empty key.
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
