//! Signatures that a provider makes with a private key and anybody can check with the public one.
//!
//! # Security
//!
//! Everything here is public: the key, the message and the signature. So nothing is compared in
//! constant time for secrecy's sake, and nothing is wiped.

#[cfg(feature = "rsa")]
mod certificate;
#[cfg(feature = "ecdsa")]
mod ecdsa;
#[cfg(feature = "ed25519")]
mod ed25519;
mod form;
mod jwk;
#[cfg(feature = "rsa")]
mod rsa;

use std::{fmt, sync::Arc, time::SystemTime};

#[cfg(feature = "rsa")]
use self::certificate::Certificate;
use self::form::Material;
pub use self::form::PublicKeyForm;

/// What writes the signed text piece by piece; each call writes all of it.
pub(crate) type Message<'m> = &'m dyn Fn(&mut dyn FnMut(&[u8]));

/// What a signature is made with, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyKind {
    /// ECDSA over P-256 with SHA-256, written as DER ([RFC 3279, section 2.2.3]).
    ///
    /// [RFC 3279, section 2.2.3]: https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3
    #[cfg(feature = "ecdsa")]
    EcdsaP256Der,
    /// ECDSA over P-256 with SHA-256, written as `r` and `s` of 32 bytes each: the ES256 of
    /// [RFC 7518, section 3.4].
    ///
    /// [RFC 7518, section 3.4]: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
    #[cfg(feature = "ecdsa")]
    EcdsaP256Raw,
    /// ECDSA over P-521 with SHA-512, written as `r` and `s` of 66 bytes each: the ES512 of
    /// [RFC 7518, section 3.4].
    ///
    /// [RFC 7518, section 3.4]: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
    #[cfg(feature = "ecdsa")]
    EcdsaP521Raw,
    /// Ed25519 ([RFC 8032]): 64 bytes.
    ///
    /// [RFC 8032]: https://www.rfc-editor.org/rfc/rfc8032
    #[cfg(feature = "ed25519")]
    Ed25519,
    /// RSA, PKCS#1 v1.5 with SHA-1 ([RFC 8017, section 8.2]). Whoever can choose what the provider
    /// signs may find two texts with one signature; only for providers that know no better.
    ///
    /// [RFC 8017, section 8.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    #[cfg(feature = "rsa")]
    RsaSha1,
    /// RSA, PKCS#1 v1.5 with SHA-256 ([RFC 8017, section 8.2]).
    ///
    /// [RFC 8017, section 8.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    #[cfg(feature = "rsa")]
    RsaSha256,
    /// RSA, PKCS#1 v1.5 with SHA-512 ([RFC 8017, section 8.2]).
    ///
    /// [RFC 8017, section 8.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    #[cfg(feature = "rsa")]
    RsaSha512,
}

/// A key that was found fit for its kind. Cloning shares it.
#[derive(Clone)]
pub(crate) struct PublicKey {
    key: Arc<Key>,
    not_after: Option<SystemTime>,
}

enum Key {
    #[cfg(feature = "ecdsa")]
    Ecdsa(ecdsa::Key),
    #[cfg(feature = "ed25519")]
    Ed25519(ed25519::Key),
    #[cfg(feature = "rsa")]
    Rsa(rsa::Key),
}

impl PublicKey {
    /// The key for `kind` in `text`; `None` if it is not of that form, is of another kind, or is
    /// too weak to prove anything: an Ed25519 point of small order, an RSA modulus out of bounds.
    pub(crate) fn parse(kind: KeyKind, form: PublicKeyForm, text: &[u8]) -> Option<Self> {
        let key = Self::new(kind, &form.read(kind, text)?)?;
        #[cfg(feature = "rsa")]
        if form == PublicKeyForm::Certificate {
            let not_after = Certificate::chain(text)?.first()?.not_after()?;
            let not_after = Some(not_after);
            return Some(Self { not_after, ..key });
        }
        Some(key)
    }

    /// The last moment at which the key holds, if its certificate says so.
    pub(crate) fn not_after(&self) -> Option<SystemTime> {
        self.not_after
    }

    fn new(kind: KeyKind, material: &Material) -> Option<Self> {
        let key = match kind {
            #[cfg(feature = "ecdsa")]
            KeyKind::EcdsaP256Der | KeyKind::EcdsaP256Raw | KeyKind::EcdsaP521Raw => {
                Key::Ecdsa(ecdsa::Key::new(kind, material)?)
            }
            #[cfg(feature = "ed25519")]
            KeyKind::Ed25519 => Key::Ed25519(ed25519::Key::new(material)?),
            #[cfg(feature = "rsa")]
            KeyKind::RsaSha1 | KeyKind::RsaSha256 | KeyKind::RsaSha512 => {
                Key::Rsa(rsa::Key::new(kind, material)?)
            }
        };
        Some(Self {
            key: Arc::new(key),
            not_after: None,
        })
    }

    /// Whether `signature` is one of what `message` writes, by this key. Any bytes may be asked
    /// about; those that cannot be a signature cost no hash.
    pub(crate) fn verifies(&self, message: Message<'_>, signature: &[u8]) -> bool {
        let verified = match &*self.key {
            #[cfg(feature = "ecdsa")]
            Key::Ecdsa(key) => key.verify(message, signature),
            #[cfg(feature = "ed25519")]
            Key::Ed25519(key) => key.verify(message, signature),
            #[cfg(feature = "rsa")]
            Key::Rsa(key) => key.verify(message, signature),
        };
        verified.is_some()
    }
}

/// The hash of what `message` writes.
#[cfg(any(feature = "ecdsa", feature = "rsa"))]
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
