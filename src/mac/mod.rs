//! Message authentication codes, hashes and tokens, under one key. Apart from this module, only
//! `public_key` and the digests of `payload` use the hash crates.

mod algorithm;
mod run;

use std::{fmt, time::SystemTime};

use ctutils::{Choice, CtEq as _};
use hmac::{Hmac, KeyInit as _};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

pub use self::algorithm::Algorithm;
use self::run::Public;
use self::run::{Run as _, SecretHash, SecretPosition, Token, hash};
use crate::public_key::{PublicKey, PublicKeyForm};

/// The longest MAC of any algorithm, in bytes.
pub(crate) const MAX_LEN: usize = 64;

/// The length of a [`digest`], in bytes.
pub(crate) const DIGEST_LEN: usize = 32;

/// A key whose two padded blocks are already hashed, so that a message costs only its own bytes.
///
/// Wiped when dropped: the hash crates' `zeroize` features wipe HMAC states. A secret that is
/// hashed as text is on the heap and wiped there.
#[derive(Clone)]
pub(crate) struct Key(State);

/// A MAC under way. What comes before the body is its first piece, and one piece.
pub(crate) struct Mac(State);

/// What tells a message from others under one key: the beginning of its MAC, or a digest of it if
/// the key is public.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fingerprint([u8; DIGEST_LEN]);

impl Fingerprint {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[inline]
    fn of(mac: &[u8]) -> Self {
        let mut fingerprint = Self::default();
        let len = mac.len().min(DIGEST_LEN);
        if let (Some(fingerprint), Some(mac)) = (fingerprint.0.get_mut(..len), mac.get(..len)) {
            fingerprint.copy_from_slice(mac);
        }
        fingerprint
    }
}

#[derive(Clone)]
enum State {
    Public(Public),
    Md5(Hmac<Md5>),
    Md5SecretLast(SecretHash<Md5>),
    Sha1(Hmac<Sha1>),
    Sha1SecretLast(SecretHash<Sha1>),
    Sha256(Hmac<Sha256>),
    /// SHA-256 with the secret before the text, before the body or at the end.
    Sha256Secret(SecretHash<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
    Token(Token),
}

macro_rules! each {
    ($state:expr, $run:ident => $do:expr) => {
        match $state {
            State::Public($run) => $do,
            State::Md5($run) => $do,
            State::Md5SecretLast($run) => $do,
            State::Sha1($run) => $do,
            State::Sha1SecretLast($run) => $do,
            State::Sha256($run) => $do,
            State::Sha256Secret($run) => $do,
            State::Sha384($run) => $do,
            State::Sha512($run) => $do,
            State::Token($run) => $do,
        }
    };
}

impl Key {
    /// The public key in `text`, if it is one for the algorithm.
    pub(crate) fn public(algorithm: Algorithm, form: PublicKeyForm, text: &[u8]) -> Option<Self> {
        let key = PublicKey::parse(algorithm.public()?, form, text)?;
        Some(Self(State::Public(Public(Some(key)))))
    }

    /// Takes a key of any length, if the algorithm has a secret; for others, a key that nothing
    /// passes by.
    pub(crate) fn new(algorithm: Algorithm, key: &[u8]) -> Self {
        // `new_from_slice` is fallible for MACs with a fixed key length; HMAC has none.
        const ANY: &str = "HMAC takes keys of any length";
        Self(match algorithm {
            Algorithm::HmacMd5 => State::Md5(Hmac::new_from_slice(key).expect(ANY)),
            Algorithm::HmacSha1 => State::Sha1(Hmac::new_from_slice(key).expect(ANY)),
            Algorithm::HmacSha256 => State::Sha256(Hmac::new_from_slice(key).expect(ANY)),
            Algorithm::HmacSha384 => State::Sha384(Hmac::new_from_slice(key).expect(ANY)),
            Algorithm::HmacSha512 => State::Sha512(Hmac::new_from_slice(key).expect(ANY)),
            Algorithm::Md5SecretLast => {
                State::Md5SecretLast(SecretHash::new(key, SecretPosition::Last))
            }
            Algorithm::Sha1SecretLast => {
                State::Sha1SecretLast(SecretHash::new(key, SecretPosition::Last))
            }
            Algorithm::Sha256SecretBeforeBody => {
                State::Sha256Secret(SecretHash::new(key, SecretPosition::BeforeBody))
            }
            Algorithm::Sha256SecretFirst => {
                State::Sha256Secret(SecretHash::new(key, SecretPosition::First))
            }
            Algorithm::Sha256SecretLast => {
                State::Sha256Secret(SecretHash::new(key, SecretPosition::Last))
            }
            Algorithm::Token => State::Token(Token::new(key)),
            #[allow(
                unreachable_patterns,
                reason = "algorithms with public keys are features"
            )]
            _ => State::Public(Public(None)),
        })
    }

    /// The last moment at which the key holds, if it says so itself.
    pub(crate) fn not_after(&self) -> Option<SystemTime> {
        match &self.0 {
            State::Public(Public(key)) => key.as_ref()?.not_after(),
            _ => None,
        }
    }

    pub(crate) fn begin(&self) -> Mac {
        Mac(self.0.clone())
    }

    /// Returns the MAC of the text that `message` writes. The MAC is empty if the key is a public
    /// key, or if receivers would reject the text as an extended one.
    pub(crate) fn sign(&self, message: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Vec<u8> {
        each!(&self.0, run => {
            let mut run = run.clone();
            message(&mut |text| run.absorb(text));
            run.mac(<[u8]>::to_vec)
        })
    }

    /// Whether the MAC of what `message` writes is one of `signatures`, as [`Mac::is_one_of`]
    /// tells, without the moves that a [`Mac`] of any algorithm costs. What tells the message from
    /// others goes into `fingerprint`.
    pub(crate) fn signs<'s>(
        &self,
        message: impl FnOnce(&mut dyn FnMut(&[u8])),
        signatures: impl Iterator<Item = &'s [u8]>,
        fingerprint: &mut Fingerprint,
    ) -> bool {
        if let State::Public(Public(key)) = &self.0 {
            let mut text = Vec::new();
            message(&mut |piece| text.extend_from_slice(piece));
            let key = key.as_ref();
            let mut signatures = signatures;
            let is_signed = signatures.any(|signature| {
                key.is_some_and(|key| key.verifies(&|write| write(&text), signature))
            });
            if is_signed {
                *fingerprint = Fingerprint(digest([&*text]));
            }
            return is_signed;
        }
        each!(&self.0, run => {
            let mut run = run.clone();
            message(&mut |text| run.absorb(text));
            run.mac(|mac| {
                *fingerprint = Fingerprint::of(mac);
                is_one_of(mac, signatures)
            })
        })
    }
}

impl Mac {
    pub(crate) fn update(&mut self, text: &[u8]) {
        each!(&mut self.0, run => run.absorb(text));
    }

    /// Whether this MAC is one of `signatures`, found in a time that depends on their number and
    /// length alone: each is compared, whether an earlier one matched or not.
    ///
    /// By reference, so that the state is wiped where it is and not left where it was moved from.
    pub(crate) fn is_one_of<'s>(
        &self,
        signatures: impl Iterator<Item = &'s [u8]>,
        fingerprint: &mut Fingerprint,
    ) -> bool {
        each!(&self.0, run => run.clone().mac(|mac| {
            *fingerprint = Fingerprint::of(mac);
            is_one_of(mac, signatures)
        }))
    }
}

/// SHA-1, which some keys are made by.
pub(crate) fn sha1(text: &[u8]) -> [u8; 20] {
    hash::<Sha1>(&[text]).into()
}

/// SHA-256 of all pieces.
pub(crate) fn digest<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> [u8; DIGEST_LEN] {
    use sha2::Digest as _;
    let mut hash = Sha256::new();
    pieces.into_iter().for_each(|piece| hash.update(piece));
    hash.finalize().into()
}

/// What stands for a token that was sent, to be compared with that of a key: a digest, so that
/// comparing takes as long whatever their lengths.
pub(crate) fn token(sent: &[u8]) -> [u8; 32] {
    hash::<Sha256>(&[sent]).into()
}

fn is_one_of<'s>(mac: &[u8], signatures: impl Iterator<Item = &'s [u8]>) -> bool {
    signatures
        .fold(Choice::FALSE, |found, signature| {
            found | mac.ct_eq(signature)
        })
        .to_bool()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([REDACTED])")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac([REDACTED])")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests;
