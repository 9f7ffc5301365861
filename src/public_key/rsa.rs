//! RSA signatures.

use rsa::{
    BigUint, Pkcs1v15Sign, RsaPublicKey,
    pkcs1::{self, der::Decode as _},
    pkcs8::spki::SubjectPublicKeyInfoRef,
    traits::PublicKeyParts as _,
};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{
    KeyKind, Message, Verify,
    form::{Material, RsaMaterial},
    hash,
};

/// The sizes of a modulus, in bits.
///
/// At least 1024, which old accounts still have: a number of 829 bits was [factored] in public.
/// At most 8192, because the work of a check grows with the square of the size and a key may be
/// fetched.
///
/// [factored]: https://eprint.iacr.org/2020/697
const BITS: std::ops::RangeInclusive<usize> = 1024..=8192;

// `DigestInfo` up to the hash, RFC 8017, section 9.2, note 1.
const SHA1: &[u8] = b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14";
const SHA256: &[u8] =
    b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const SHA512: &[u8] =
    b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40";

/// # Security
///
/// The decrypted signature is compared with the only valid padding, and never parsed, so small
/// exponents are harmless. A signature must have the length of the modulus, and be below it.
pub(super) struct Key {
    hash: Hash,
    key: RsaPublicKey,
}

enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Key {
    pub(super) fn new(kind: KeyKind, material: &Material) -> Option<Self> {
        let hash = match kind {
            KeyKind::RsaSha1 => Hash::Sha1,
            KeyKind::RsaSha256 => Hash::Sha256,
            KeyKind::RsaSha512 => Hash::Sha512,
            _ => return None,
        };
        let key = match material {
            Material::Spki(der) => {
                let spki = SubjectPublicKeyInfoRef::from_der(der).ok()?;
                // Only `rsaEncryption` with NULL parameters, as RFC 3279, section 2.3.1 requires.
                (spki.algorithm == pkcs1::ALGORITHM_ID).then_some(())?;
                pkcs1(spki.subject_public_key.as_bytes()?)?
            }
            Material::Rsa(RsaMaterial::Pkcs1(der)) => pkcs1(der)?,
            Material::Rsa(RsaMaterial::Numbers { n, e }) => key(n, e)?,
            Material::Raw(_) => return None,
        };
        Some(Self { hash, key })
    }

    fn check(&self, prefix: &[u8], hash: &[u8], signature: &[u8]) -> Option<()> {
        // Written out, because `rsa` 0.9 depends on another version of `digest` than the hashes
        // here.
        let scheme = Pkcs1v15Sign {
            hash_len: Some(hash.len()),
            prefix: prefix.into(),
        };
        self.key.verify(scheme, hash, signature).ok()
    }
}

impl Verify for Key {
    fn verify(&self, message: Message<'_>, signature: &[u8]) -> Option<()> {
        if signature.len() != self.key.size() {
            return None;
        }
        match self.hash {
            Hash::Sha1 => self.check(SHA1, &hash::<Sha1>(message), signature),
            Hash::Sha256 => self.check(SHA256, &hash::<Sha256>(message), signature),
            Hash::Sha512 => self.check(SHA512, &hash::<Sha512>(message), signature),
        }
    }
}

fn pkcs1(der: &[u8]) -> Option<RsaPublicKey> {
    let numbers = pkcs1::RsaPublicKey::from_der(der).ok()?;
    key(
        numbers.modulus.as_bytes(),
        numbers.public_exponent.as_bytes(),
    )
}

/// `rsa` rejects even moduli and exponents, exponents below 2, and exponents from 2^33.
fn key(n: &[u8], e: &[u8]) -> Option<RsaPublicKey> {
    // Checked before any computation. Some senders write a JWK with one leading zero.
    if n.len() > BITS.end() / 8 + 1 || e.len() > 8 {
        return None;
    }
    let (n, e) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
    if !BITS.contains(&n.bits()) {
        return None;
    }
    RsaPublicKey::new_with_max_size(n, e, *BITS.end()).ok()
}
