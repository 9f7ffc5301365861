//! Signatures that are made with a private key and verified with the public key.
//!
//! # Security
//!
//! The key, the message and the signature are public. The comparisons are therefore not in constant
//! time, and nothing is zeroed.

#[cfg(feature = "rsa")]
mod certificate;
#[cfg(feature = "ecdsa")]
mod ecdsa;
#[cfg(feature = "ed25519")]
mod ed25519;
#[cfg(not(feature = "ed25519"))]
mod ed25519 {
    /// Private keys need the feature `ed25519`.
    pub(crate) enum PrivateKey {}

    impl PrivateKey {
        pub(crate) fn parse(_: &[u8]) -> Option<Self> {
            None
        }

        pub(crate) fn from_bytes(_: &[u8]) -> Option<Self> {
            None
        }

        pub(crate) fn sign(&self, _: &[u8]) -> Vec<u8> {
            match *self {}
        }
    }
}
mod form;
mod jwk;
#[cfg(feature = "rsa")]
mod rsa;

use std::{fmt, sync::Arc, time::SystemTime};

pub(crate) use self::ed25519::PrivateKey;
use self::form::Material;
pub use self::form::PublicKeyForm;

/// A function that writes the whole signed text in pieces. It can be called several times.
pub(crate) type Message<'m> = &'m dyn Fn(&mut dyn FnMut(&[u8]));

/// The algorithm of a signature, and how the signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyKind {
    /// ECDSA over P-256 with SHA-256, written as DER ([RFC 3279, section 2.2.3]).
    ///
    /// [RFC 3279, section 2.2.3]: https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3
    EcdsaP256Der,
    /// ECDSA over P-256 with SHA-256, written as `r` and `s` of 32 bytes each: the ES256 of
    /// [RFC 7518, section 3.4].
    ///
    /// [RFC 7518, section 3.4]: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
    EcdsaP256Raw,
    /// ECDSA over P-521 with SHA-512, written as `r` and `s` of 66 bytes each: the ES512 of
    /// [RFC 7518, section 3.4].
    ///
    /// [RFC 7518, section 3.4]: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
    EcdsaP521Raw,
    /// Ed25519 ([RFC 8032]): 64 bytes.
    ///
    /// [RFC 8032]: https://www.rfc-editor.org/rfc/rfc8032
    Ed25519,
    /// RSA, PKCS#1 v1.5 with SHA-1 ([RFC 8017, section 8.2]). An attacker who can choose the text
    /// that the provider signs may find two texts with the same signature.
    ///
    /// [RFC 8017, section 8.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    RsaSha1,
    /// RSA, PKCS#1 v1.5 with SHA-256 ([RFC 8017, section 8.2]).
    ///
    /// [RFC 8017, section 8.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    RsaSha256,
    /// RSA, PKCS#1 v1.5 with SHA-512 ([RFC 8017, section 8.2]).
    ///
    /// [RFC 8017, section 8.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    RsaSha512,
}

impl KeyKind {
    /// The length of a signature, in bytes. `None` if the length depends on the key.
    pub(crate) const fn signature_len(self) -> Option<usize> {
        match self {
            Self::EcdsaP256Raw | Self::Ed25519 => Some(64),
            Self::EcdsaP521Raw => Some(132),
            Self::EcdsaP256Der | Self::RsaSha1 | Self::RsaSha256 | Self::RsaSha512 => None,
        }
    }

    /// The name of the algorithm in a JSON web signature.
    pub(crate) const fn jose(self) -> Option<&'static str> {
        match self {
            Self::EcdsaP256Raw => Some("ES256"),
            Self::EcdsaP521Raw => Some("ES512"),
            Self::Ed25519 => Some("EdDSA"),
            Self::RsaSha256 => Some("RS256"),
            Self::RsaSha512 => Some("RS512"),
            Self::EcdsaP256Der | Self::RsaSha1 => None,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcdsaP256Der => "ECDSA P-256, DER",
            Self::EcdsaP256Raw => "ECDSA P-256",
            Self::EcdsaP521Raw => "ECDSA P-521",
            Self::Ed25519 => "Ed25519",
            Self::RsaSha1 => "RSA with SHA1",
            Self::RsaSha256 => "RSA with SHA256",
            Self::RsaSha512 => "RSA with SHA512",
        })
    }
}

/// A public key that was checked for its kind. Clones share it.
#[derive(Clone)]
pub(crate) struct PublicKey {
    key: Arc<dyn Verify>,
    not_after: Option<SystemTime>,
}

/// A public key of one algorithm.
trait Verify: Send + Sync {
    /// Returns `Some` if `signature` is a signature of the text that `message` writes. A signature
    /// with a wrong form is rejected before the text is hashed.
    fn verify(&self, message: Message<'_>, signature: &[u8]) -> Option<()>;
}

impl PublicKey {
    /// Reads the key for `kind` from `text`. Returns `None` if the text does not have this form, if
    /// the key is of another kind, if the feature of the kind is not enabled, or if the key is too
    /// weak: an Ed25519 point of small order, or an RSA modulus outside the bounds.
    pub(crate) fn parse(kind: KeyKind, form: PublicKeyForm, text: &[u8]) -> Option<Self> {
        let (material, not_after) = form.read(kind, text)?;
        let key = new_key(kind, &material)?;
        Some(Self { key, not_after })
    }

    /// The last moment at which the key is valid, if it comes from a certificate.
    pub(crate) fn not_after(&self) -> Option<SystemTime> {
        self.not_after
    }

    /// Whether `signature` is a signature of the text that `message` writes, under this key. The
    /// signature may be any bytes.
    pub(crate) fn verifies(&self, message: Message<'_>, signature: &[u8]) -> bool {
        self.key.verify(message, signature).is_some()
    }
}

fn new_key(kind: KeyKind, material: &Material) -> Option<Arc<dyn Verify>> {
    match (kind, material) {
        #[cfg(feature = "ecdsa")]
        (KeyKind::EcdsaP256Der | KeyKind::EcdsaP256Raw | KeyKind::EcdsaP521Raw, material) => {
            Some(Arc::new(ecdsa::Key::new(kind, material)?))
        }
        #[cfg(feature = "ed25519")]
        (KeyKind::Ed25519, material) => Some(Arc::new(ed25519::Key::new(material)?)),
        #[cfg(feature = "rsa")]
        (KeyKind::RsaSha1 | KeyKind::RsaSha256 | KeyKind::RsaSha512, material) => {
            Some(Arc::new(rsa::Key::new(kind, material)?))
        }
        #[allow(
            unreachable_patterns,
            reason = "the features of some kinds may be disabled"
        )]
        _ => None,
    }
}

/// The hash of the text that `message` writes.
fn hash<D: sha2::Digest>(message: Message<'_>) -> sha2::digest::Output<D> {
    let mut digest = D::new();
    message(&mut |piece| digest.update(piece));
    digest.finalize()
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey([REDACTED])")
    }
}

#[cfg(all(test, feature = "ecdsa", feature = "ed25519", feature = "rsa"))]
#[expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]
mod tests;
