//! Tests of public keys.

mod forms;
mod signatures;

use serde::Deserialize;

use super::{KeyKind, PublicKey, PublicKeyForm, certificate::Certificate};

fn parse(kind: KeyKind, form: PublicKeyForm, text: impl AsRef<[u8]>) -> Option<PublicKey> {
    PublicKey::parse(kind, form, text.as_ref())
}

#[derive(Deserialize)]
struct Recorded {
    name: String,
    kind: String,
    form: String,
    key: String,
    message: String,
    signature: String,
}

fn recorded() -> Vec<Recorded> {
    serde_json::from_str(include_str!("../../../tests/vectors/public_keys.json")).unwrap()
}

const KINDS: [KeyKind; 7] = [
    KeyKind::EcdsaP256Der,
    KeyKind::EcdsaP256Raw,
    KeyKind::EcdsaP521Raw,
    KeyKind::Ed25519,
    KeyKind::RsaSha1,
    KeyKind::RsaSha256,
    KeyKind::RsaSha512,
];

const FORMS: [PublicKeyForm; 6] = [
    PublicKeyForm::Base64,
    PublicKeyForm::Certificate,
    PublicKeyForm::Hex,
    PublicKeyForm::Jwk,
    PublicKeyForm::Pem,
    PublicKeyForm::SpkiBase64,
];
