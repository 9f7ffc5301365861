use ed25519_dalek::{Signature, VerifyingKey};

use super::{Message, Verify, form::Material};

/// What stands before the key in its `SubjectPublicKeyInfo` ([RFC 8410, section 4]): all of it is
/// fixed, and DER knows no other way to write it.
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
        // Under a key of small order one signature is good for many messages.
        (!key.is_weak()).then_some(Self(key))
    }
}

impl Verify for Key {
    /// # Security
    ///
    /// Strict, so that a signature has one form only: `s` is below the order of the group, and
    /// neither the key nor `R` is of small order. What is asked about is the equation without the
    /// cofactor, as [RFC 8032, section 5.1.7] allows.
    ///
    /// [RFC 8032, section 5.1.7]: https://www.rfc-editor.org/rfc/rfc8032#section-5.1.7
    fn verify(&self, message: Message<'_>, signature: &[u8]) -> Option<()> {
        let signature = Signature::from_slice(signature).ok()?;
        // `R` is hashed before the text, and only the check of a whole text is strict.
        let mut text = Vec::new();
        message(&mut |piece| text.extend_from_slice(piece));
        self.0.verify_strict(&text, &signature).ok()
    }
}
