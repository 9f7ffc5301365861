//! The text forms of public keys: base64, hex, PEM and others.

use std::{fmt, time::SystemTime};

use super::KeyKind;
#[cfg(feature = "rsa")]
use super::certificate::Certificate;
use crate::encoding::{Encoding, base64_any_padding};

/// The text form of a public key, as the provider's console shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublicKeyForm {
    /// The bytes of an Ed25519 key, or of a point ([SEC 1, section 2.3.3]), in standard base64 with
    /// or without padding.
    ///
    /// [SEC 1, section 2.3.3]: https://www.secg.org/sec1-v2.pdf
    Base64,
    /// An X.509 certificate in PEM. For a chain, the first certificate is used, which by convention
    /// is the key's own ([RFC 8446, section 4.4.2]).
    ///
    /// The key is accepted until the certificate expires. The issuer is not verified, so obtain the
    /// certificate from a trusted source.
    ///
    /// [RFC 8446, section 4.4.2]: https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2
    ///
    /// Requires the feature `rsa`.
    #[cfg(feature = "rsa")]
    Certificate,
    /// The bytes of a key, as in `Base64`, in hex digits of either case.
    Hex,
    /// A JSON Web Key ([RFC 7517]).
    ///
    /// [RFC 7517]: https://www.rfc-editor.org/rfc/rfc7517
    Jwk,
    /// PEM ([RFC 7468]) with the label `PUBLIC KEY`, or `RSA PUBLIC KEY` for RSA.
    ///
    /// [RFC 7468]: https://www.rfc-editor.org/rfc/rfc7468
    Pem,
    /// The bytes of a key, as in `Base64`, after this prefix. The prefix may be absent.
    PrefixedBase64(&'static str),
    /// `SubjectPublicKeyInfo` in DER ([RFC 5280, section 4.1]), in standard base64 with or without
    /// padding.
    ///
    /// [RFC 5280, section 4.1]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
    SpkiBase64,
}

/// The bytes of a key, in the form that its algorithm takes.
pub(super) enum Material {
    /// An Ed25519 key or a point of a curve.
    Raw(Vec<u8>),
    /// A `SubjectPublicKeyInfo` in DER.
    Spki(Vec<u8>),
    /// A key in a form that only RSA has.
    Rsa(RsaMaterial),
}

pub(super) enum RsaMaterial {
    /// An `RSAPublicKey` of PKCS#1 in DER.
    Pkcs1(Vec<u8>),
    /// Modulus and exponent, big-endian.
    Numbers { n: Vec<u8>, e: Vec<u8> },
}

impl fmt::Display for PublicKeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("a public key in standard base64"),
            #[cfg(feature = "rsa")]
            Self::Certificate => f.write_str("a certificate in PEM"),
            Self::Hex => f.write_str("a public key in hex"),
            Self::Jwk => f.write_str("a public key as a JSON Web Key"),
            Self::Pem => f.write_str("a public key in PEM"),
            Self::PrefixedBase64(prefix) => {
                write!(
                    f,
                    "a public key in standard base64, alone or after `{prefix}`"
                )
            }
            Self::SpkiBase64 => f.write_str("a public key in DER, in standard base64"),
        }
    }
}

impl PublicKeyForm {
    /// Reads a key for `kind`, and the end of its validity if it comes from a certificate.
    pub(super) fn read(self, kind: KeyKind, text: &[u8]) -> Option<(Material, Option<SystemTime>)> {
        let material = match self {
            Self::Base64 => base64(text).map(Material::Raw),
            #[cfg(feature = "rsa")]
            Self::Certificate => {
                let chain = Certificate::chain(text)?;
                let first = chain.first()?;
                return Some((first.key()?, Some(first.not_after()?)));
            }
            Self::Hex => {
                let mut room = vec![0; text.len() / 2];
                Encoding::Hex.decode(text, &mut room)?;
                Some(Material::Raw(room))
            }
            // JWK is the only form that names the kind of the key.
            Self::Jwk => super::jwk::read(kind, text),
            Self::Pem => {
                let (label, der, rest) = pem(std::str::from_utf8(text).ok()?)?;
                match label {
                    _ if !rest.is_empty() => None,
                    "PUBLIC KEY" => Some(Material::Spki(der)),
                    "RSA PUBLIC KEY" => Some(Material::Rsa(RsaMaterial::Pkcs1(der))),
                    _ => None,
                }
            }
            Self::PrefixedBase64(prefix) => {
                let bare = text.strip_prefix(prefix.as_bytes()).unwrap_or(text);
                base64(bare).map(Material::Raw)
            }
            Self::SpkiBase64 => base64(text).map(Material::Spki),
        };
        material.map(|material| (material, None))
    }
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut room = vec![0; text.len()];
    Some(base64_any_padding(text, &mut room)?.to_vec())
}

/// Returns the first PEM block in `text`: its label, its bytes, and the text after it.
///
/// Only white space may surround a block or occur in it.
pub(super) fn pem(text: &str) -> Option<(&str, Vec<u8>, &str)> {
    let text = text.trim_start().strip_prefix("-----BEGIN ")?;
    let (label, text) = text.split_once("-----")?;
    let (body, text) = text.split_once("-----END ")?;
    let rest = text.strip_prefix(label)?.strip_prefix("-----")?;
    let body: Vec<u8> = body
        .bytes()
        .filter(|it| !it.is_ascii_whitespace())
        .collect();
    let mut room = vec![0; body.len()];
    let der = Encoding::Base64.decode(&body, &mut room)?.to_vec();
    Some((label, der, rest.trim_start()))
}
