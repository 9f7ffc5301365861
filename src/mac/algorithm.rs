//! The algorithms of signatures.

use std::fmt;

use crate::public_key::KeyKind;

/// The algorithm of a signature.
///
/// Use [`HmacSha256`](Self::HmacSha256) for a scheme of your own. Algorithms that are documented as
/// old exist only for providers that still use them.
#[doc(alias = "hmac")]
#[doc(alias = "sha256")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256, written in DER ([RFC 3279, section 2.2.3]).
    ///
    /// [RFC 3279, section 2.2.3]: https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3
    ///
    /// Needs the feature `ecdsa`.
    #[cfg(feature = "ecdsa")]
    EcdsaP256Der,
    /// ECDSA over P-256 with SHA-256, written as two numbers of 32 bytes: the ES256 of [RFC 7518].
    ///
    /// [RFC 7518]: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
    ///
    /// Needs the feature `ecdsa`.
    #[cfg(feature = "ecdsa")]
    EcdsaP256Raw,
    /// ECDSA over P-521 with SHA-512, written as two numbers of 66 bytes: the ES512 of [RFC 7518].
    ///
    /// [RFC 7518]: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
    ///
    /// Needs the feature `ecdsa`.
    #[cfg(feature = "ecdsa")]
    EcdsaP521Raw,
    /// Ed25519 ([RFC 8032]): 64 bytes. The body is copied once, as it is hashed twice.
    ///
    /// [RFC 8032]: https://www.rfc-editor.org/rfc/rfc8032
    ///
    /// Needs the feature `ed25519`.
    #[cfg(feature = "ed25519")]
    Ed25519,
    /// HMAC with MD5 ([RFC 2104]): 16 bytes. Only for old providers.
    ///
    /// [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104
    HmacMd5,
    /// HMAC with SHA-1 ([RFC 2104]): 20 bytes. Not broken as a MAC, but only for providers that
    /// know no better.
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
    /// MD5 of the text and then the secret: 16 bytes. Only for old providers.
    ///
    /// # Security
    ///
    /// Two texts with the same MD5 have the same signature, and such pairs are made in seconds:
    /// a client that makes the sender sign one of them has the other signed too.
    Md5SecretLast,
    /// RSA, PKCS#1 v1.5, with SHA-1 ([RFC 8017]). Only for old providers.
    ///
    /// # Security
    ///
    /// Two texts with the same SHA-1 have the same signature. Such pairs can be made, at a price.
    ///
    /// [RFC 8017]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    ///
    /// Needs the feature `rsa`.
    #[cfg(feature = "rsa")]
    RsaSha1,
    /// RSA, PKCS#1 v1.5, with SHA-256 ([RFC 8017]).
    ///
    /// [RFC 8017]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    ///
    /// Needs the feature `rsa`.
    #[cfg(feature = "rsa")]
    RsaSha256,
    /// RSA, PKCS#1 v1.5, with SHA-512 ([RFC 8017]).
    ///
    /// [RFC 8017]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
    ///
    /// Needs the feature `rsa`.
    #[cfg(feature = "rsa")]
    RsaSha512,
    /// SHA-1 of the text and then the secret: 20 bytes. Only for old providers.
    ///
    /// # Security
    ///
    /// Two texts with the same SHA-1 have the same signature. Such pairs can be made, at a price.
    Sha1SecretLast,
    /// SHA-256 of the text before the body, then the secret, then the body and the rest: 32 bytes.
    /// Only for old providers, and with the `# Security` of
    /// [`Sha256SecretFirst`](Self::Sha256SecretFirst).
    Sha256SecretBeforeBody,
    /// SHA-256 of the secret and then the text: 32 bytes. Only for old providers.
    ///
    /// # Security
    ///
    /// A plain hash allows length extension. A client that holds a delivery can append the padding
    /// of SHA-256 and any bytes to the signed text, and compute the new signature without the
    /// secret.
    ///
    /// The layer rejects such deliveries: a text matches no signature if it contains the padding of
    /// the text before it. JSON and forms never contain that padding. The check needs the complete
    /// text, so the body does not stream.
    Sha256SecretFirst,
    /// SHA-256 of the text and then the secret: 32 bytes. Only for old providers.
    Sha256SecretLast,
    /// No signature but the secret itself, compared in constant time.
    ///
    /// # Security
    ///
    /// It proves that the sender knows the secret, and nothing about the delivery: a client that
    /// sees one request, in a log or at a proxy, can make any other. Bound it by TLS and change
    /// it often.
    Token,
}

impl Algorithm {
    /// Returns the length of a signature, in bytes. For [`Token`](Self::Token), the length of the
    /// digest that is compared. `None` if the length depends on the key.
    #[must_use]
    pub const fn signature_len(self) -> Option<usize> {
        if let Some(kind) = self.public() {
            return kind.signature_len();
        }
        Some(match self {
            Self::HmacMd5 | Self::Md5SecretLast => 16,
            Self::HmacSha1 | Self::Sha1SecretLast => 20,
            Self::HmacSha384 => 48,
            Self::HmacSha512 => 64,
            _ => 32,
        })
    }

    /// Returns whether the sender signs with a private key, so that the receiver needs the public
    /// key and no secret.
    #[must_use]
    pub const fn has_public_key(self) -> bool {
        self.public().is_some()
    }

    /// The name of the algorithm in a JSON web signature ([RFC 7518, section 3.1], [RFC 8037]).
    ///
    /// [RFC 7518, section 3.1]: https://www.rfc-editor.org/rfc/rfc7518#section-3.1
    /// [RFC 8037]: https://www.rfc-editor.org/rfc/rfc8037#section-3.1
    pub(crate) const fn jose(self) -> Option<&'static str> {
        if let Some(kind) = self.public() {
            return kind.jose();
        }
        match self {
            Self::HmacSha256 => Some("HS256"),
            Self::HmacSha384 => Some("HS384"),
            Self::HmacSha512 => Some("HS512"),
            _ => None,
        }
    }

    /// Whether the secret is part of the hashed text instead of the key of an HMAC.
    pub(crate) const fn hashes_secret(self) -> bool {
        matches!(
            self,
            Self::Md5SecretLast
                | Self::Sha1SecretLast
                | Self::Sha256SecretBeforeBody
                | Self::Sha256SecretFirst
                | Self::Sha256SecretLast
        )
    }

    /// Whether the MAC of one text reveals nothing about the MAC of another text. A plain hash with
    /// the secret first, and a token, do not have this property.
    pub(crate) const fn is_hmac(self) -> bool {
        matches!(
            self,
            Self::HmacMd5 | Self::HmacSha1 | Self::HmacSha256 | Self::HmacSha384 | Self::HmacSha512
        )
    }

    /// The kind of public key. `None` if the algorithm has a secret.
    pub(crate) const fn public(self) -> Option<KeyKind> {
        match self {
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Der => Some(KeyKind::EcdsaP256Der),
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Raw => Some(KeyKind::EcdsaP256Raw),
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP521Raw => Some(KeyKind::EcdsaP521Raw),
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => Some(KeyKind::Ed25519),
            #[cfg(feature = "rsa")]
            Self::RsaSha1 => Some(KeyKind::RsaSha1),
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => Some(KeyKind::RsaSha256),
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => Some(KeyKind::RsaSha512),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.public() {
            return kind.fmt(f);
        }
        f.write_str(match self {
            Self::HmacMd5 => "HMAC-MD5",
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha384 => "HMAC-SHA384",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::Md5SecretLast => "MD5, secret last",
            Self::Sha1SecretLast => "SHA1, secret last",
            Self::Sha256SecretBeforeBody => "SHA256, secret before the body",
            Self::Sha256SecretFirst => "SHA256, secret first",
            Self::Sha256SecretLast => "SHA256, secret last",
            _ => "token",
        })
    }
}
