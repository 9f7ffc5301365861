//! Tests of the text forms of public keys.

use std::time::{Duration, SystemTime};

use base64::engine::{
    Engine as _,
    general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;

use super::{Certificate, FORMS, KINDS, KeyKind, PublicKey, PublicKeyForm, parse, recorded};

/// Names in the subject's alternative names, and a key of P-256. Made with `openssl req -x509`.
const CERTIFICATE: &str = include_str!("../../../tests/vectors/certificate.pem");

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

/// The points whose order is 1, 2, 4 or 8, for which any client can create signatures.
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

/// A signature whose `R` is the neutral element, by the key of RFC 8032, section 7.1, test 1. The
/// plain equation holds for it.
#[test]
fn weak_ed25519_signatures() {
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let key = parse(KeyKind::Ed25519, PublicKeyForm::Hex, key).unwrap();
    let s = "4550c72deeda3304e5a59b79733f02d196e69670838a4eee011e3d04028b000b";
    let mut signature = [0; 64];
    signature[0] = 1;
    base16ct::lower::decode(s, &mut signature[32..]).unwrap();
    assert!(!key.verifies(&|write| write(b"anything"), &signature));
}

/// A key for PSS must not be used with PKCS#1 v1.5.
#[test]
fn rsa_keys_of_another_scheme() {
    let recorded = recorded();
    let pem = &recorded.iter().find(|it| it.name == "wise").unwrap().key;
    let text: String = pem.lines().filter(|it| !it.starts_with('-')).collect();
    let mut der = STANDARD.decode(text).unwrap();
    let spki = |der: &[u8]| {
        let text = STANDARD.encode(der);
        parse(KeyKind::RsaSha256, PublicKeyForm::SpkiBase64, text).is_some()
    };
    assert!(spki(&der));
    let oid = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
    let at = der.windows(oid.len()).position(|it| it == oid).unwrap();
    der[at + oid.len() - 1] = 10;
    assert!(!spki(&der));
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

/// Environment variables and consoles change the line ends of PEM. `pem-rfc7468` accepts the first
/// of these only.
#[test]
fn accepts_pem_with_any_white_space() {
    let pem = recorded()
        .into_iter()
        .find(|it| it.name == "wise")
        .unwrap()
        .key;
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let wrapped = |columns: usize, end: &str| {
        let lines = body.as_bytes().chunks(columns);
        let lines: Vec<_> = lines
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let body = lines.join(end);
        format!("-----BEGIN PUBLIC KEY-----{end}{body}{end}-----END PUBLIC KEY-----{end}")
    };
    for text in [
        wrapped(64, "\r\n"),
        wrapped(76, "\n"),
        wrapped(body.len(), "\n"),
        wrapped(64, " "),
        wrapped(64, "\n    "),
        wrapped(64, "\n\n"),
    ] {
        let key = parse(KeyKind::RsaSha256, PublicKeyForm::Pem, &text);
        assert!(key.is_some(), "{text}");
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
    let [sns_certificate, _] = &chain[..] else {
        panic!("{} certificates", chain.len())
    };
    let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(sns_certificate.not_after(), at(2_051_222_400));
    let fits =
        |kind, text: &str| PublicKey::parse(kind, PublicKeyForm::Certificate, text.as_bytes());
    let key = fits(KeyKind::RsaSha256, &sns).unwrap();
    assert_eq!(key.not_after(), at(2_051_222_400));
    assert!(fits(KeyKind::EcdsaP256Der, CERTIFICATE).is_some());
    assert!(fits(KeyKind::RsaSha256, CERTIFICATE).is_none());
    assert!(fits(KeyKind::EcdsaP256Der, &sns).is_none());
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
