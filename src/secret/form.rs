use std::fmt;

use crate::public_key::PublicKeyForm;

/// How the text of a secret becomes key bytes.
///
/// It belongs to the [scheme](crate::Scheme), because providers differ: Stripe's `whsec_…` is the
/// key as it stands, Standard Webhooks' `whsec_…` is base64 behind a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretEncoding {
    /// Standard base64, with or without padding.
    Base64,
    /// Hex digits, in either case.
    Hex,
    /// Standard base64, with or without padding, after this prefix if it is there.
    PrefixedBase64(&'static str),
    /// A public key of the provider's, which is no secret. That of a file, which ends with a
    /// newline, is taken by [`Secret::from_bytes`](crate::Secret::from_bytes).
    PublicKey(PublicKeyForm),
    /// The SHA-1 digest of the text's own bytes, 20 bytes. Only for old providers.
    Sha1Digest,
    /// The text's own bytes.
    Text,
}

impl fmt::Display for SecretEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("standard base64"),
            Self::Hex => f.write_str("hex"),
            Self::PrefixedBase64(prefix) => write!(f, "standard base64, alone or after `{prefix}`"),
            Self::PublicKey(form) => form.fmt(f),
            Self::Sha1Digest | Self::Text => f.write_str("text"),
        }
    }
}

impl SecretEncoding {
    /// Whether it is that of a public key.
    pub(crate) const fn is_public(self) -> bool {
        matches!(self, Self::PublicKey(_))
    }
}
