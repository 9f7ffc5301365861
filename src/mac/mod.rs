//! Message authentication codes; the only file that names the hash crates.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroize as _;

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
}

impl Mac {
    pub(crate) fn update(&mut self, data: &[u8]) {
        each!(&mut self.0, hmac => hmac.update(data));
    }

    pub(crate) fn finish(self) -> Tag {
        each!(self.0, hmac => Tag::new(&hmac.finalize().into_bytes()))
    }
}

/// A computed MAC. It can be compared and nothing else, and is wiped when dropped.
pub(crate) struct Tag {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Tag {
    fn new(mac: &[u8]) -> Self {
        let mut bytes = [0; MAX_LEN];
        for (to, from) in bytes.iter_mut().zip(mac) {
            *to = *from;
        }
        Self {
            bytes,
            len: mac.len(),
        }
    }

    /// Whether `signature` is this MAC, in a time that depends on its length alone.
    pub(crate) fn matches(&self, signature: &[u8]) -> Choice {
        self.bytes
            .get(..self.len)
            .unwrap_or_default()
            .ct_eq(signature)
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
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
