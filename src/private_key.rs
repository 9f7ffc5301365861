//! The private keys of senders, for schemes whose deliveries are proven by the public one.

use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

use crate::encoding::{Encoding, base64_any_padding};

/// An Ed25519 key that signs; wiped when dropped.
pub(crate) struct PrivateKey(SigningKey);

impl PrivateKey {
    /// The key in the text of a secret: 32 bytes, or 64 with the public key behind them, in base64,
    /// alone or after `whsk_`, or in hex.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let bare = text.strip_prefix(b"whsk_").unwrap_or(text);
        let mut room = Zeroizing::new(vec![0; bare.len() + 2]);
        // No text is of both lengths in both encodings.
        let in_base64 = base64_any_padding(bare, &mut room).and_then(Self::from_bytes);
        in_base64.or_else(|| Self::from_bytes(Encoding::Hex.decode(text, &mut room)?))
    }

    /// The key of these bytes: a seed, alone or with the public key that it makes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let Ok(seed) = bytes.try_into() {
            return Some(Self(SigningKey::from_bytes(seed)));
        }
        let both = SigningKey::from_keypair_bytes(bytes.try_into().ok()?);
        both.ok().map(Self)
    }

    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.0.sign(text).to_bytes().to_vec()
    }
}
