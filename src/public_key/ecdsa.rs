//! ECDSA signatures over P-256 and P-521.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::DecodePublicKey as _;
use sha2::{Sha256, Sha512};

use super::{KeyKind, Message, Verify, form::Material, hash};

/// # Security
///
/// If `(r, s)` is a signature, `(r, -s)` is a signature of the same text. Providers send either, so
/// both are accepted. A signature therefore does not show whether a delivery was received before.
/// In DER, each of the two has exactly one form.
pub(super) enum Key {
    P256Der(p256::ecdsa::VerifyingKey),
    P256Raw(p256::ecdsa::VerifyingKey),
    P521Raw(p521::ecdsa::VerifyingKey),
}

impl Key {
    /// Accepts compressed and uncompressed points (SEC 1). A point must be on its curve.
    pub(super) fn new(kind: KeyKind, material: &Material) -> Option<Self> {
        match kind {
            KeyKind::EcdsaP256Der => p256(material).map(Self::P256Der),
            KeyKind::EcdsaP256Raw => p256(material).map(Self::P256Raw),
            KeyKind::EcdsaP521Raw => p521(material).map(Self::P521Raw),
            _ => None,
        }
    }
}

impl Verify for Key {
    fn verify(&self, message: Message<'_>, signature: &[u8]) -> Option<()> {
        match self {
            Self::P256Der(key) => {
                let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
                key.verify_prehash(&hash::<Sha256>(message), &signature)
            }
            Self::P256Raw(key) => {
                let signature = p256::ecdsa::Signature::from_slice(signature).ok()?;
                key.verify_prehash(&hash::<Sha256>(message), &signature)
            }
            Self::P521Raw(key) => {
                let signature = p521::ecdsa::Signature::from_slice(signature).ok()?;
                key.verify_prehash(&hash::<Sha512>(message), &signature)
            }
        }
        .ok()
    }
}

fn p256(material: &Material) -> Option<p256::ecdsa::VerifyingKey> {
    match material {
        Material::Raw(point) => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok(),
        Material::Spki(der) => p256::ecdsa::VerifyingKey::from_public_key_der(der).ok(),
        Material::Rsa(_) => None,
    }
}

fn p521(material: &Material) -> Option<p521::ecdsa::VerifyingKey> {
    match material {
        Material::Raw(point) => p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok(),
        Material::Spki(der) => {
            let key = p521::PublicKey::from_public_key_der(der).ok()?;
            p521::ecdsa::VerifyingKey::from_affine(*key.as_affine()).ok()
        }
        Material::Rsa(_) => None,
    }
}
