use std::sync::Arc;

use hmac::{Hmac, Mac as _};
#[cfg(feature = "md5")]
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::token;
#[cfg(feature = "_public-key")]
use crate::public_key::PublicKey;

/// A computation that takes a message and ends in a MAC.
pub(super) trait Run: Clone {
    fn absorb(&mut self, text: &[u8]);

    /// Lends the MAC, so that it stays where it is.
    fn mac<R>(self, look: impl FnOnce(&[u8]) -> R) -> R;
}

macro_rules! hmac {
    ($($(#[$attribute:meta])? $hash:ty),*) => {$(
        $(#[$attribute])?
        impl Run for Hmac<$hash> {
            #[inline]
            fn absorb(&mut self, text: &[u8]) {
                self.update(text);
            }

            #[inline]
            fn mac<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
                look(self.finalize().as_bytes())
            }
        }
    )*};
}

hmac!(
    #[cfg(feature = "md5")]
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512
);

/// A hash that began with the secret.
#[derive(Clone)]
pub(super) struct SecretFirst<D>(D);

impl<D: Digest> SecretFirst<D> {
    pub(super) fn new(secret: &[u8]) -> Self {
        let mut hash = D::new();
        hash.update(secret);
        Self(hash)
    }
}

impl<D: Digest + Clone> Run for SecretFirst<D> {
    fn absorb(&mut self, text: &[u8]) {
        self.0.update(text);
    }

    fn mac<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
        look(&self.0.finalize())
    }
}

/// A hash that has the secret behind its first piece.
#[derive(Clone)]
pub(super) struct SecretSecond<D> {
    hash: D,
    /// Until it has been hashed.
    secret: Option<Arc<Zeroizing<Box<[u8]>>>>,
}

impl<D: Digest> SecretSecond<D> {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self {
            hash: D::new(),
            secret: Some(Arc::new(Zeroizing::new(secret.into()))),
        }
    }
}

impl<D: Digest + Clone> Run for SecretSecond<D> {
    fn absorb(&mut self, text: &[u8]) {
        self.hash.update(text);
        if let Some(secret) = self.secret.take() {
            self.hash.update(&**secret);
        }
    }

    fn mac<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
        look(&self.hash.finalize())
    }
}

/// A hash that will end with the secret.
#[derive(Clone)]
pub(super) struct SecretLast<D> {
    hash: D,
    secret: Arc<Zeroizing<Box<[u8]>>>,
}

impl<D: Digest> SecretLast<D> {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self {
            hash: D::new(),
            secret: Arc::new(Zeroizing::new(secret.into())),
        }
    }
}

impl<D: Digest + Clone> Run for SecretLast<D> {
    fn absorb(&mut self, text: &[u8]) {
        self.hash.update(text);
    }

    fn mac<R>(mut self, look: impl FnOnce(&[u8]) -> R) -> R {
        self.hash.update(&**self.secret);
        look(&self.hash.finalize())
    }
}

/// A secret that is sent as it is.
#[derive(Clone)]
pub(super) struct Token(Zeroizing<[u8; 32]>);

impl Token {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(Zeroizing::new(token(secret)))
    }
}

impl Run for Token {
    fn absorb(&mut self, _: &[u8]) {}

    fn mac<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
        look(&*self.0)
    }
}

/// A public key, which makes no MAC: what it is asked as one is, no signature is.
#[cfg(feature = "_public-key")]
#[derive(Clone)]
pub(super) struct Public(pub(super) Option<PublicKey>);

#[cfg(feature = "_public-key")]
impl Run for Public {
    fn absorb(&mut self, _: &[u8]) {}

    fn mac<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
        look(&[])
    }
}
