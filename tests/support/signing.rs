//! Secrets, and signatures that do not use the crate's own code.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use tower_webhook::{PublicUrl, Secret, providers::Provider, scheme::Algorithm};

/// The secret of every scheme whose secret is text.
pub(crate) const SECRET: &str = "It's a Secret to Everybody";

/// The secret of Standard Webhooks, as its console shows it.
pub(crate) const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Sets the public URL, if the scheme signs it.
pub(crate) fn with_public_url(provider: Provider, url: PublicUrl) -> Provider {
    if provider.scheme().url_is_signed() {
        provider.with_public_url(url)
    } else {
        provider
    }
}

pub(crate) fn secret() -> Secret {
    Secret::new(SECRET).expect("a good secret")
}

/// The MAC of `message`, by the hash crates alone.
pub(crate) fn mac(algorithm: Algorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    fn compute<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    }
    match algorithm {
        Algorithm::HmacSha1 => compute::<Hmac<Sha1>>(key, message),
        Algorithm::HmacSha256 => compute::<Hmac<Sha256>>(key, message),
        Algorithm::HmacSha384 => compute::<Hmac<Sha384>>(key, message),
        Algorithm::HmacSha512 => compute::<Hmac<Sha512>>(key, message),
        other => panic!("no signer for {other:?}"),
    }
}

/// HMAC-SHA256 under [`SECRET`].
pub(crate) fn mac256(message: impl AsRef<[u8]>) -> Vec<u8> {
    mac(Algorithm::HmacSha256, SECRET.as_bytes(), message.as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut buffer = vec![0; bytes.len() * 2];
    let text = base16ct::lower::encode_str(bytes, &mut buffer);
    text.expect("the buffer is large enough").to_owned()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The key bytes of a `whsec_` secret.
pub(crate) fn standard_key(secret: &str) -> Vec<u8> {
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    Base64::decode_vec(text).expect("base64")
}

/// The MAC of a Standard Webhooks delivery under [`STANDARD_SECRET`].
pub(crate) fn standard_mac(id: &[u8], timestamp: &[u8], body: &[u8]) -> Vec<u8> {
    let message = [id, b".", timestamp, b".", body].concat();
    mac(
        Algorithm::HmacSha256,
        &standard_key(STANDARD_SECRET),
        &message,
    )
}
