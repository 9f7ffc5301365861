//! The key that identifies a delivery for deduplication.

use std::fmt;

use crate::mac;

/// A 16-byte key that identifies a delivery.
///
/// The key is a hash, so its input cannot be read from it, and it can be stored and logged.
/// `Display` writes it as 32 hex digits. See [`Verified::dedupe_key`](crate::Verified::dedupe_key).
///
/// ```
/// use tower_webhook::verify::DedupeKey;
///
/// let key = DedupeKey::of(["acme", "evt_1"]);
/// assert_eq!(key.to_string().len(), 32);
/// assert_ne!(key, DedupeKey::of(["acmeevt", "_1"]));
/// ```
#[doc(alias = "idempotency_key")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupeKey([u8; DedupeKey::LEN]);

impl DedupeKey {
    /// The length of a key, in bytes. Among 10¹⁰ keys, the probability that two are equal is below
    /// 10⁻¹⁸.
    pub const LEN: usize = 16;

    /// Computes the key of these parts, in their order. The borders between the parts count:
    /// `["ab", "c"]` and `["a", "bc"]` have different keys.
    #[must_use]
    pub fn of<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> Self {
        let mut text = Vec::new();
        for part in parts {
            let part = part.as_ref();
            let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
            text.extend_from_slice(&len.to_be_bytes());
            text.extend_from_slice(part);
        }
        let digest = mac::digest([&*text]);
        let mut key = [0; Self::LEN];
        key.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(key)
    }

    /// Returns the bytes of the key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Display for DedupeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut room = [0; 2 * Self::LEN];
        const_hex::encode_to_slice(self.0, &mut room).map_err(|_| fmt::Error)?;
        f.pad(std::str::from_utf8(&room).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for DedupeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DedupeKey({self})")
    }
}
