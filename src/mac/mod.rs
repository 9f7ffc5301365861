//! Message authentication codes; the only file that names the hash crates.

use std::fmt;

use ctutils::{Choice, CtEq as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

/// The longest MAC of any algorithm, in bytes.
pub(crate) const MAX_LEN: usize = 64;

/// How a signature is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-1 ([RFC 2104]): 20 bytes. Not broken as a MAC, but only for providers that know no better.
    ///
    /// [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104
    HmacSha1,
    /// HMAC with SHA-256 ([RFC 4231]): 32 bytes. What nearly every provider uses.
    ///
    /// [RFC 4231]: https://www.rfc-editor.org/rfc/rfc4231
    HmacSha256,
    /// HMAC with SHA-384 ([RFC 4231]): 48 bytes.
    ///
    /// [RFC 4231]: https://www.rfc-editor.org/rfc/rfc4231
    HmacSha384,
    /// HMAC with SHA-512 ([RFC 4231]): 64 bytes.
    ///
    /// [RFC 4231]: https://www.rfc-editor.org/rfc/rfc4231
    HmacSha512,
}

impl Algorithm {
    /// The length of a signature, in bytes.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        match self {
            Self::HmacSha1 => 20,
            Self::HmacSha256 => 32,
            Self::HmacSha384 => 48,
            Self::HmacSha512 => 64,
        }
    }
}

/// A key whose two padded blocks are already hashed, so that a message costs only its own bytes.
///
/// Wiped when dropped, by the hash crates' `zeroize` features.
#[derive(Clone)]
pub(crate) struct Key(State);

/// A MAC under way.
pub(crate) struct Mac(State);

#[derive(Clone)]
enum State {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

macro_rules! each {
    ($state:expr, $hmac:ident => $do:expr) => {
        match $state {
            State::Sha1($hmac) => $do,
            State::Sha256($hmac) => $do,
            State::Sha384($hmac) => $do,
            State::Sha512($hmac) => $do,
        }
    };
}

impl Key {
    /// Takes a key of any length.
    pub(crate) fn new(algorithm: Algorithm, key: &[u8]) -> Self {
        // `new_from_slice` is fallible for MACs with a fixed key length; HMAC has none.
        const ANY: &str = "HMAC takes keys of any length";
        Self(match algorithm {
            Algorithm::HmacSha1 => State::Sha1(Hmac::new_from_slice(key).expect(ANY)),
            Algorithm::HmacSha256 => State::Sha256(Hmac::new_from_slice(key).expect(ANY)),
            Algorithm::HmacSha384 => State::Sha384(Hmac::new_from_slice(key).expect(ANY)),
            Algorithm::HmacSha512 => State::Sha512(Hmac::new_from_slice(key).expect(ANY)),
        })
    }

    pub(crate) fn begin(&self) -> Mac {
        Mac(self.0.clone())
    }

    /// Whether the MAC of what `message` writes is one of `signatures`, as [`Mac::is_one_of`]
    /// tells, without the moves that a [`Mac`] of any algorithm costs.
    pub(crate) fn signs<'s>(
        &self,
        message: impl FnOnce(&mut dyn FnMut(&[u8])),
        signatures: impl Iterator<Item = &'s [u8]>,
    ) -> bool {
        each!(&self.0, hmac => {
            let mut hmac = hmac.clone();
            message(&mut |text| hmac.update(text));
            is_one_of(hmac.finalize().as_bytes(), signatures)
        })
    }
}

impl Mac {
    pub(crate) fn update(&mut self, text: &[u8]) {
        each!(&mut self.0, hmac => hmac.update(text));
    }

    /// Whether this MAC is one of `signatures`, found in a time that depends on their number and
    /// length alone: each is compared, whether an earlier one matched or not.
    ///
    /// By reference, so that the state is wiped where it is and not left where it was moved from.
    pub(crate) fn is_one_of<'s>(&self, signatures: impl Iterator<Item = &'s [u8]>) -> bool {
        each!(&self.0, hmac => is_one_of(hmac.clone().finalize().as_bytes(), signatures))
    }
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
