//! Ed25519 signatures, and the private keys of senders.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::{Message, Verify, form::Material};
use crate::encoding::{Encoding, base64_any_padding};

/// The fixed start of a `SubjectPublicKeyInfo` ([RFC 8410, section 4]). DER has only one way to
/// write it.
///
/// [RFC 8410, section 4]: https://www.rfc-editor.org/rfc/rfc8410#section-4
const SPKI: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

pub(super) struct Key(VerifyingKey);

impl Key {
    pub(super) fn new(material: &Material) -> Option<Self> {
        let bytes = match material {
            Material::Raw(bytes) => bytes,
            Material::Spki(der) => der.strip_prefix(SPKI)?,
            Material::Rsa(_) => return None,
        };
        let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        // Under a key of small order, one signature is valid for many messages.
        (!key.is_weak()).then_some(Self(key))
    }
}

impl Verify for Key {
    /// # Security
    ///
    /// The check is strict, so that a signature has only one form: `s` is below the order of the
    /// group, and neither the key nor `R` has a small order. The equation without the cofactor is
    /// checked, as [RFC 8032, section 5.1.7] allows.
    ///
    /// [RFC 8032, section 5.1.7]: https://www.rfc-editor.org/rfc/rfc8032#section-5.1.7
    fn verify(&self, message: Message<'_>, signature: &[u8]) -> Option<()> {
        let signature = Signature::from_slice(signature).ok()?;
        // `R` is hashed before the text, and the library's strict check needs the whole text.
        let mut text = Vec::new();
        message(&mut |piece| text.extend_from_slice(piece));
        self.0.verify_strict(&text, &signature).ok()
    }
}

/// An Ed25519 private key. Wiped when dropped.
pub(crate) struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Parses the key in the text of a secret: 32 bytes, or 64 bytes with the public key after
    /// them. The text is base64, with or without `whsk_`, or hex.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let bare = text.strip_prefix(b"whsk_").unwrap_or(text);
        let mut room = Zeroizing::new(vec![0; bare.len() + 2]);
        // No text has a valid length in both encodings.
        let in_base64 = base64_any_padding(bare, &mut room).and_then(Self::from_bytes);
        in_base64.or_else(|| Self::from_bytes(Encoding::Hex.decode(text, &mut room)?))
    }

    /// Creates the key from a seed, alone or followed by the matching public key.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let Ok(seed) = bytes.try_into() {
            return Some(Self(SigningKey::from_bytes(seed)));
        }
        let both = SigningKey::from_keypair_bytes(bytes.try_into().ok()?);
        both.ok().map(Self)
    }

    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.0.sign(text).to_bytes().to_vec()
    }
}
