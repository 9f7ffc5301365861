//! The challenge of a handshake: its location, its characters and its length.

use std::{fmt, ops::RangeInclusive};

use crate::location::Location;

/// The maximum length of a challenge that is signed, in bytes.
pub(crate) const MAX_SIGNED: usize = 256;

/// The maximum length of a challenge that is sent back, in bytes.
const MAX_ECHOED: usize = 2048;

/// The characters that a challenge can consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChallengeCharset {
    /// Digits and `a` to `f`.
    LowerHex,
    /// Printable ASCII, including the space. It is never signed: in an answer with a MAC, a
    /// challenge must always be a [`Token`](Self::Token).
    Printable,
    /// ASCII letters and digits, and `-._~+/=`, as in base64 and bearer tokens. Neither JSON nor a
    /// form nor XML consists of these characters alone.
    Token,
}

impl ChallengeCharset {
    const fn has(self, letter: u8) -> bool {
        match self {
            Self::LowerHex => matches!(letter, b'0'..=b'9' | b'a'..=b'f'),
            Self::Printable => matches!(letter, b' '..=b'~'),
            Self::Token => {
                letter.is_ascii_alphanumeric()
                    || matches!(letter, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
            }
        }
    }
}

impl fmt::Display for ChallengeCharset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LowerHex => "lower-case hex",
            Self::Printable => "printable ASCII",
            Self::Token => "the letters of a token",
        })
    }
}

/// The location, the characters and the length of a handshake's challenge.
#[derive(Clone, Debug)]
pub(super) struct Challenge {
    pub(super) location: Location,
    letters: ChallengeCharset,
    length: RangeInclusive<usize>,
}

impl Challenge {
    pub(super) fn new(
        location: Location,
        letters: ChallengeCharset,
        length: RangeInclusive<usize>,
    ) -> Self {
        let (least, most) = length.into_inner();
        let length = least.max(1)..=most.min(MAX_ECHOED);
        Self {
            location,
            letters,
            length,
        }
    }

    /// Restricts the challenge to texts that may be signed.
    pub(super) fn signed(self) -> Self {
        let letters = match self.letters {
            ChallengeCharset::Printable => ChallengeCharset::Token,
            narrower => narrower,
        };
        let length = *self.length.start()..=MAX_SIGNED.min(*self.length.end());
        Self {
            letters,
            length,
            ..self
        }
    }

    /// Whether `text` could be this challenge.
    pub(super) fn may_be(&self, text: &[u8]) -> bool {
        self.length.contains(&text.len()) && text.iter().all(|letter| self.letters.has(*letter))
    }
}
