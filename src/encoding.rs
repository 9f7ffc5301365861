//! Hex and base64 in fixed buffers, and decimal numbers.

use base64::engine::{
    Engine as _,
    general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

/// The encoding of a signature's bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Standard base64 with its padding ([RFC 4648, section 4]).
    ///
    /// [RFC 4648, section 4]: https://www.rfc-editor.org/rfc/rfc4648#section-4
    Base64,
    /// URL-safe base64, with or without padding ([RFC 4648, section 5]).
    ///
    /// [RFC 4648, section 5]: https://www.rfc-editor.org/rfc/rfc4648#section-5
    Base64Url,
    /// Two hex digits a byte, in either case.
    Hex,
    /// The bytes themselves, as a [token](crate::scheme::Algorithm::Token) is sent.
    Text,
}

impl Encoding {
    /// Decodes `text` into the front of `out`; `None` if it is not of this encoding, or if `out`
    /// has not room enough: half of the text for hex, three quarters and two for base64, all of it
    /// for text.
    pub(crate) fn decode<'o>(self, text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
        match self {
            Self::Base64 => base64(&STANDARD, text, out),
            Self::Base64Url if text.ends_with(b"=") => base64(&URL_SAFE, text, out),
            Self::Base64Url => base64(&URL_SAFE_NO_PAD, text, out),
            Self::Hex => {
                let out = out.get_mut(..text.len() / 2)?;
                // It would take `0x` in front, but not with the length that leaves.
                const_hex::decode_to_slice(text, out).ok()?;
                Some(out)
            }
            Self::Text => {
                let out = out.get_mut(..text.len())?;
                out.copy_from_slice(text);
                Some(out)
            }
        }
    }
}

impl Encoding {
    /// Writes `bytes` as a signature is written.
    pub(crate) fn encode(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Base64 => STANDARD.encode(bytes).into(),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes).into(),
            Self::Hex => const_hex::encode(bytes).into(),
            Self::Text => bytes.to_vec(),
        }
    }
}

/// As [`Encoding::decode`], for standard base64 whose padding may have been left off, as secrets
/// are often pasted.
pub(crate) fn base64_any_padding<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let padded = text.ends_with(b"=");
    base64(if padded { &STANDARD } else { &STANDARD_NO_PAD }, text, out)
}

fn base64<'o>(engine: &GeneralPurpose, text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let len = engine.decode_slice(text, out).ok()?;
    out.get(..len)
}

/// A number written in nothing but digits; `None` if `text` is anything else or more than a `u64`.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let (first, rest) = text.split_first()?;
    rest.iter().try_fold(digit(first)?, |number, byte| {
        number.checked_mul(10)?.checked_add(digit(byte)?)
    })
}

impl std::fmt::Display for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Base64 => "base64",
            Self::Base64Url => "URL-safe base64",
            Self::Hex => "hex",
            Self::Text => "text",
        })
    }
}
