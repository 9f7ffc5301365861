use sha2::{Digest as _, Sha256};

use crate::encoding::Encoding;
use crate::payload::Facts;
use crate::payload::{Canonical, Malformed, Write};

/// The CRC-32 of the body, in decimal. It is no secure hash: anybody makes another body with it.
pub(super) const CRC32: Canonical = Canonical {
    name: "crc32",
    covers_body: false,
    needs_url: false,
    content_type: None,
    signs: &[],
    write: crc32,
};

#[expect(clippy::unnecessary_wraps, reason = "others can fail")]
fn crc32(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    text.extend_from_slice(crc32fast::hash(body).to_string().as_bytes());
    Ok(())
}

/// The MD5 of the body, in standard base64; nothing for no body. Only for an old provider: two
/// bodies with one MD5 are made in seconds.
pub(super) const MD5: Canonical = Canonical {
    name: "md5",
    covers_body: true,
    needs_url: false,
    content_type: None,
    signs: &[],
    write: md5,
};

#[expect(clippy::unnecessary_wraps, reason = "others can fail")]
fn md5(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    if body.is_empty() {
        return Ok(());
    }
    text.extend_from_slice(&Encoding::Base64.encode(&md5::Md5::digest(body)));
    Ok(())
}

/// The SHA-256 of the body in hex, in standard base64, and in URL-safe base64 without padding.
pub(super) const SHA256: Canonical =
    of_body("sha256", |_, body, text| digest(body, Encoding::Hex, text));
pub(super) const SHA256_BASE64: Canonical = of_body("sha256_base64", |_, body, text| {
    digest(body, Encoding::Base64, text)
});
pub(super) const SHA256_BASE64URL: Canonical = of_body("sha256_base64url", |_, body, text| {
    digest(body, Encoding::Base64Url, text)
});

/// The SHA-256 of the whole URL, in hex.
pub(super) const URL_SHA256: Canonical = Canonical {
    name: "url_sha256",
    covers_body: false,
    needs_url: true,
    content_type: None,
    signs: &[],
    write: |facts, _, text| digest(facts.url.as_bytes(), Encoding::Hex, text),
};

const fn of_body(name: &'static str, write: Write) -> Canonical {
    Canonical {
        name,
        covers_body: true,
        needs_url: false,
        content_type: None,
        signs: &[],
        write,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "others can fail")]
fn digest(of: &[u8], encoding: Encoding, text: &mut Vec<u8>) -> Result<(), Malformed> {
    text.extend_from_slice(&encoding.encode(&Sha256::digest(of)));
    Ok(())
}
