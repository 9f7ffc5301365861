//! The challenge of a handshake: its location, its characters and its length.

use std::{fmt, ops::RangeInclusive};

use crate::location::Location;

/// The longest challenge that is signed.
pub(crate) const MAX_SIGNED: usize = 256;

/// The longest challenge that is sent back.
const MAX_ECHOED: usize = 2048;

/// Which letters a challenge may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChallengeCharset {
    /// Digits and `a` to `f`.
    LowerHex,
    /// Printable ASCII, the space among it. Never signed: a challenge of an answer with a MAC is a
    /// [`Token`](Self::Token) whatever was asked for.
    Printable,
    /// Letters and digits of ASCII, and `-._~+/=`, as in base64 and bearer tokens. No JSON, no form
    /// and no XML is made of these alone.
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

/// What a handshake asks for: where it is, and what it may be.
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

    /// The challenge of an answer that signs it.
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
