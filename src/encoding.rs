//! Hex and base64 into fixed buffers.

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding as _};

/// How the bytes of a signature are written in its header.
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
}

impl Encoding {
    /// Decodes `text` into the front of `out`; `None` if `text` is not of this encoding or too long.
    pub(crate) fn decode<'o>(self, text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
        match self {
            Self::Base64 => Base64::decode(text, out).ok(),
            Self::Base64Url if text.ends_with(b"=") => Base64Url::decode(text, out).ok(),
            Self::Base64Url => Base64UrlUnpadded::decode(text, out).ok(),
            Self::Hex => base16ct::mixed::decode(text, out).ok(),
        }
    }
}

/// Decodes standard base64 whose padding may have been left off, as secrets are often pasted.
pub(crate) fn base64_any_padding<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    if text.ends_with(b"=") {
        Base64::decode(text, out).ok()
    } else {
        Base64Unpadded::decode(text, out).ok()
    }
}
