#[cfg(feature = "md5")]
use crate::encoding::Encoding;
use crate::payload::{Canonical, Facts, Malformed};

/// The CRC-32 of the body, in decimal. It is no secure hash: anybody makes another body with it.
#[cfg(feature = "crc32")]
pub(super) const CRC32: Canonical = Canonical {
    name: "crc32",
    covers_body: false,
    needs_url: false,
    signs: &[],
    write: crc32,
};

#[cfg(feature = "crc32")]
#[expect(clippy::unnecessary_wraps, reason = "others can fail")]
fn crc32(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    text.extend_from_slice(crc32fast::hash(body).to_string().as_bytes());
    Ok(())
}

/// The MD5 of the body, in standard base64; nothing for no body. Only for an old provider: two bodies with one MD5 are made
/// in seconds.
#[cfg(feature = "md5")]
pub(super) const MD5: Canonical = Canonical {
    name: "md5",
    covers_body: true,
    needs_url: false,
    signs: &[],
    write: md5,
};

#[cfg(feature = "md5")]
#[expect(clippy::unnecessary_wraps, reason = "others can fail")]
fn md5(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    use md5::Digest as _;
    if body.is_empty() {
        return Ok(());
    }
    text.extend_from_slice(&Encoding::Base64.encode(&md5::Md5::digest(body)));
    Ok(())
}
