//! The key that identifies a delivery for deduplication.

use std::fmt;

use crate::mac;

/// What tells one delivery from all others, in 16 bytes.
///
/// A hash of what the key is made of: nothing of that can be read from it, so it may be stored and
/// logged. `Display` writes it as 32 hex digits. See
/// [`Verified::dedupe_key`](crate::Verified::dedupe_key).
///
/// ```
/// use tower_webhook::verify::DedupeKey;
///
/// let key = DedupeKey::of(["acme", "evt_1"]);
/// assert_eq!(key.to_string().len(), 32);
/// assert_ne!(key, DedupeKey::of(["acmeevt", "_1"]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupeKey([u8; DedupeKey::LEN]);

impl DedupeKey {
    /// The length of a key, in bytes. Two keys in 10¹⁰ are the same by accident once in 10¹⁸ times.
    pub const LEN: usize = 16;

    /// The key of these parts, in their order. Each counts as a whole: `["ab", "c"]` and `["a",
    /// "bc"]` have different keys.
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

    /// The bytes of the key.
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
