//! The key that a sender signs with.

use std::time::SystemTime;

use zeroize::Zeroizing;

use super::SignError;
use crate::{
    keys::{KeyError, Secret},
    mac::{Algorithm, Key},
    public_key::{KeyKind, PrivateKey},
    scheme::Scheme,
};

/// The key that is made from one secret.
pub(super) struct SigningKey {
    kind: Kind,
    not_after: Option<SystemTime>,
}

enum Kind {
    Ed25519(PrivateKey),
    Mac(Box<Key>),
    /// A token, which is sent as it is.
    Token(Zeroizing<Vec<u8>>),
}

impl SigningKey {
    /// Whether there is a key for the algorithm that a sender can have.
    pub(super) fn can_be_made(algorithm: Algorithm) -> bool {
        matches!(algorithm.public(), None | Some(KeyKind::Ed25519))
    }

    pub(super) fn new(scheme: &Scheme, secret: &Secret) -> Result<Self, KeyError> {
        let spec = scheme.spec();
        let kind = match spec.algorithm {
            algorithm if algorithm.public() == Some(KeyKind::Ed25519) => {
                Kind::Ed25519(secret.private_key()?)
            }
            Algorithm::Token => Kind::Token(secret.key(spec.secret_encoding)?),
            algorithm => Kind::Mac(Box::new(secret.ready(algorithm, spec.secret_encoding)?)),
        };
        Ok(Self {
            kind,
            not_after: secret.expiry(),
        })
    }

    pub(super) fn is_valid(&self, now: SystemTime) -> bool {
        self.not_after.is_none_or(|last| now <= last)
    }

    /// The signature of a text; of a token, the token.
    pub(super) fn sign(&self, text: &[Vec<u8>]) -> Result<Vec<u8>, SignError> {
        Ok(match &self.kind {
            Kind::Ed25519(key) => key.sign(&text.concat()),
            Kind::Mac(key) => {
                let signature = key.sign(|mac| text.iter().for_each(|text| mac(text)));
                if signature.is_empty() {
                    return Err(SignError::Padding);
                }
                signature
            }
            Kind::Token(token) => token.to_vec(),
        })
    }
}
