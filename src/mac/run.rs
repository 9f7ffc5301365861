//! The computations that end in a MAC: HMAC, a hash with the secret in it, and tokens.

use std::{marker::PhantomData, sync::Arc};

use hmac::{Hmac, Mac as _};
use md5::Md5;
use sha1::Sha1;
use sha2::{
    Digest, Sha256, Sha384, Sha512,
    digest::{FixedOutputReset, Output},
};
use zeroize::Zeroizing;

use super::token;
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

hmac!(Md5, Sha1, Sha256, Sha384, Sha512);

/// A plain hash of a message and the secret.
///
/// The message is collected first and hashed at the end. The hash state that has absorbed the
/// secret stays at one place on the heap, so a move leaves no copy on the stack, and is wiped
/// there.
#[derive(Clone)]
pub(super) struct SecretHash<D> {
    secret: Arc<Zeroizing<Box<[u8]>>>,
    position: SecretPosition,
    message: Vec<u8>,
    /// The length of the first piece of the message, in bytes.
    first: Option<usize>,
    hash: PhantomData<D>,
}

/// The position of the secret in the hashed text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretPosition {
    First,
    /// After the first piece of the message, which is the text before the body.
    BeforeBody,
    Last,
}

impl<D> SecretHash<D> {
    pub(super) fn new(secret: &[u8], position: SecretPosition) -> Self {
        Self {
            secret: Arc::new(Zeroizing::new(secret.into())),
            position,
            message: Vec::new(),
            first: None,
            hash: PhantomData,
        }
    }

    /// The parts of the message before and after the secret.
    fn parts(&self) -> (&[u8], &[u8]) {
        let at = match self.position {
            SecretPosition::First => 0,
            SecretPosition::BeforeBody => self.first.unwrap_or_default(),
            SecretPosition::Last => self.message.len(),
        };
        self.message.split_at_checked(at).unwrap_or_default()
    }
}

impl<D: Digest + FixedOutputReset + Clone> Run for SecretHash<D> {
    fn absorb(&mut self, text: &[u8]) {
        self.first.get_or_insert(text.len());
        self.message.extend_from_slice(text);
    }

    /// Passes an empty MAC to `look` if the message may be an extended one. No signature matches
    /// it.
    fn mac<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
        let (before, after) = self.parts();
        if self.position != SecretPosition::Last
            && is_extended(before.len() + self.secret.len(), after)
        {
            return look(&[]);
        }
        look(&hash::<D>(&[before, &self.secret, after]))
    }
}

/// Hashes with a state on the heap, which is wiped when it is dropped.
pub(super) fn hash<D: Digest + FixedOutputReset>(pieces: &[&[u8]]) -> Output<D> {
    let mut state = Box::new(D::new());
    for piece in pieces {
        Digest::update(&mut *state, piece);
    }
    let mut out = Output::<D>::default();
    Digest::finalize_into_reset(&mut *state, &mut out);
    out
}

/// Whether `text` contains the padding that SHA-256 adds to a message ([RFC 6234, section 4.1])
/// that starts `hashed` bytes before `text` and ends where the padding begins.
///
/// From the hash of a secret and a message, a client without the secret can compute the hash of the
/// secret, the message, its padding and any suffix. The padding contains NUL bytes, so JSON and
/// forms never contain it.
///
/// [RFC 6234, section 4.1]: https://www.rfc-editor.org/rfc/rfc6234#section-4.1
fn is_extended(hashed: usize, text: &[u8]) -> bool {
    const BLOCK: usize = 64;
    const LENGTH: usize = 8;

    let starts = text.iter().enumerate().filter(|(_, byte)| **byte == 0x80);
    starts.into_iter().any(|(at, _)| {
        let end_of_message = hashed + at;
        let zeros = (2 * BLOCK - 1 - LENGTH - end_of_message % BLOCK) % BLOCK;
        let padding = text.get(at + 1..).unwrap_or_default();
        let Some((zeros, rest)) = padding.split_at_checked(zeros) else {
            return false;
        };
        let bits = u64::try_from(end_of_message)
            .unwrap_or(u64::MAX)
            .wrapping_mul(8);
        zeros.iter().all(|byte| *byte == 0) && rest.starts_with(&bits.to_be_bytes())
    })
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
#[derive(Clone)]
pub(super) struct Public(pub(super) Option<PublicKey>);

impl Run for Public {
    fn absorb(&mut self, _: &[u8]) {}

    fn mac<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
        look(&[])
    }
}
