//! Signed texts from the body: its digests, and the escaped form of Box.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::{
    encoding::Encoding,
    payload::{Canonical, Facts, Malformed},
};

/// The CRC-32 of the body, in decimal. CRC-32 is not a secure hash: an attacker can make another
/// body with the same value, so the text does not cover the body.
pub(super) const CRC32: Canonical = Canonical::new("crc32", |_, body, text| {
    text.extend_from_slice(crc32fast::hash(body).to_string().as_bytes());
    Ok(())
});

/// The MD5 of the body in standard base64, or nothing if the body is empty. Only for an old
/// provider: two bodies with the same MD5 can be made in seconds.
pub(super) const MD5: Canonical = Canonical::new("md5", |_, body, text| {
    if !body.is_empty() {
        text.extend_from_slice(&Encoding::Base64.encode(&md5::Md5::digest(body)));
    }
    Ok(())
})
.covers_body();

/// The SHA-256 of the body in hex.
pub(super) const SHA256: Canonical =
    Canonical::new("sha256", |_, body, text| sha256(body, Encoding::Hex, text)).covers_body();

/// The SHA-256 of the body in standard base64.
pub(super) const SHA256_BASE64: Canonical = Canonical::new("sha256_base64", |_, body, text| {
    sha256(body, Encoding::Base64, text)
})
.covers_body();

/// The SHA-256 of the body in URL-safe base64 without padding.
pub(super) const SHA256_BASE64URL: Canonical =
    Canonical::new("sha256_base64url", |_, body, text| {
        sha256(body, Encoding::Base64Url, text)
    })
    .covers_body();

/// The SHA-256 of the body, as 32 bytes.
pub(super) const SHA256_RAW: Canonical = Canonical::new("sha256_raw", |_, body, text| {
    text.extend_from_slice(&Sha256::digest(body));
    Ok(())
})
.covers_body();

#[expect(clippy::unnecessary_wraps, reason = "other canonicalisers can fail")]
pub(super) fn sha256(of: &[u8], encoding: Encoding, text: &mut Vec<u8>) -> Result<(), Malformed> {
    text.extend_from_slice(&encoding.encode(&Sha256::digest(of)));
    Ok(())
}

/// The body as Box may have signed it: all characters outside printable ASCII are escaped, and so
/// are backslashes.
///
/// A body that contains a JSON escape has no escaped text, because that text could be different
/// JSON: `"\u0022"` would become `"\\u0022"`. There are two exceptions. `\/` stays as it is. `\"`
/// becomes `\\"`, so that the escaped text is not JSON and no genuine body equals it.
pub(super) const BOX_ESCAPED: Canonical = Canonical::new("box_escaped", box_escaped).covers_body();

fn box_escaped(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const ESCAPABLE: Malformed = Malformed("a body that Box signs in its escaped form");

    let body = std::str::from_utf8(body).map_err(|_| ESCAPABLE)?;
    let mut out = String::with_capacity(body.len());
    let mut is_escaped = false;
    let mut letters = body.chars().peekable();
    while let Some(letter) = letters.next() {
        is_escaped |= !matches!(letter, ' '..='[' | ']'..='~');
        match (letter, letters.peek()) {
            ('\\', Some('/')) => out.push('\\'),
            ('\\', Some('"') | None) => out.push_str("\\\\"),
            ('\\', Some(_)) => return Err(ESCAPABLE),
            ('\n', _) => out.push_str("\\n"),
            ('\r', _) => out.push_str("\\r"),
            ('\t', _) => out.push_str("\\t"),
            (' '..='~', _) => out.push(letter),
            (other, _) => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    if !is_escaped {
        return Err(ESCAPABLE);
    }
    text.extend_from_slice(out.as_bytes());
    Ok(())
}
