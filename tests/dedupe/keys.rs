//! What tells deliveries apart: for every preset, whatever else is in the request, and however a
//! signature is written.
#![allow(clippy::similar_names)]

use std::collections::{BTreeMap, BTreeSet};

use base64ct::Encoding as _;
use tower_webhook::{
    Keys, RequestHead, Scheme, Secret, Verified, Verifier, dedupe::DedupeKey, providers,
    scheme::Algorithm,
};

use crate::support::{self, Delivery, Expected, Vector, hex, mac, vectors};

fn verify(verifier: &Verifier, delivery: &Delivery) -> Verified {
    let head = RequestHead::from(&delivery.head);
    verifier.verify(head, &delivery.body).unwrap()
}

fn accepted() -> Vec<(String, Vector)> {
    let files = vectors().into_iter();
    let cases = files.flat_map(|file| {
        let provider = file.provider;
        file.cases
            .into_iter()
            .map(move |case| (provider.clone(), case))
    });
    cases
        .filter(|(_, case)| case.expect == Expected::Accept)
        .collect()
}

/// Every genuine delivery has a key, if its provider signs an id or the body; nothing that is added
/// to the request changes it, and no delivery of another provider has it.
#[test]
fn every_genuine_delivery() {
    let mut by_key = BTreeMap::<DedupeKey, BTreeSet<String>>::new();
    let mut without = BTreeSet::new();
    let mut with = 0;
    for (preset, case) in accepted() {
        let name = format!("{preset}: {}", case.name);
        let verifier = case.verifier(&preset, case.keys());
        let delivery = case.delivery();
        let verified = verify(&verifier, &delivery);
        let tells = verifier.scheme().tells_deliveries_apart();
        let Some(key) = verified.dedupe_key() else {
            assert!(!tells, "{name} has no key");
            without.insert(preset);
            continue;
        };
        assert!(tells, "{name} has a key");
        with += 1;
        let delivery = delivery
            .header("x-added", "1")
            .header("user-agent", "another");
        assert_eq!(
            verify(&verifier, &delivery).dedupe_key(),
            Some(key),
            "{name}"
        );
        by_key.entry(key).or_default().insert(preset);
    }
    // Some are one delivery, in a form and in a query, or with another signature beside.
    assert!(by_key.len() > 130, "{} of {with}", by_key.len());
    let shared: Vec<_> = by_key
        .values()
        .filter(|presets| presets.len() > 1)
        .collect();
    assert!(shared.is_empty(), "{shared:?}");
    // They share nothing but a token, or sign so little.
    for preset in without {
        let provider = support::provider(&preset);
        assert!(!provider.scheme().body_is_signed(), "{preset}");
        assert!(!provider.scheme().delivery_id_is_signed(), "{preset}");
    }
}

/// A signed text that does not cover the body identifies a delivery only if it is declared unique.
#[test]
fn a_text_without_the_body() {
    let acme = || {
        Scheme::builder("acme")
            .signature_header("x-signature")
            .message("{json:token}")
            .danger_leave_body_unsigned()
    };
    let key = |scheme: Scheme, token: &str, rest: &str| {
        let secret = Secret::new("a secret").unwrap();
        let verifier = Verifier::new(scheme, Keys::new(secret)).unwrap();
        let mac = mac(Algorithm::HmacSha256, b"a secret", token.as_bytes());
        let body = format!(r#"{{"token":"{token}","rest":"{rest}"}}"#);
        let delivery = Delivery::new(body).header("x-signature", hex(&mac));
        verify(&verifier, &delivery).dedupe_key()
    };
    let plain = acme().build().unwrap();
    assert!(!plain.tells_deliveries_apart());
    assert_eq!(key(plain, "1", "a"), None);
    let unique = acme().message_is_unique().build().unwrap();
    assert!(unique.tells_deliveries_apart());
    let first = key(unique.clone(), "1", "a");
    assert!(first.is_some());
    assert_eq!(key(unique.clone(), "1", "b"), first);
    assert_ne!(key(unique, "2", "a"), first);
}

/// The key of the same delivery depends on the provider, the tenant and, without an id, on the
/// body.
#[test]
fn what_is_in_a_key() {
    let key = |tenant: Option<&str>, secret: &str, body: &str| {
        let keys = Keys::new(Secret::new(secret).unwrap());
        let keys = match tenant {
            Some(tenant) => keys.tenant(tenant),
            None => keys,
        };
        let verifier = Verifier::new(providers::github(), keys).unwrap();
        let mac = mac(Algorithm::HmacSha256, secret.as_bytes(), body.as_bytes());
        let signature = format!("sha256={}", hex(&mac));
        let delivery = Delivery::new(body).header("x-hub-signature-256", signature);
        verify(&verifier, &delivery).dedupe_key().unwrap()
    };
    let first = key(None, "a secret", "body");
    assert_eq!(first, key(None, "a secret", "body"));
    let others = [
        key(Some("acme"), "a secret", "body"),
        key(Some("globex"), "a secret", "body"),
        key(Some(""), "a secret", "body"),
        key(None, "another secret", "body"),
        key(None, "a secret", "another body"),
    ];
    let all: BTreeSet<_> = others.into_iter().chain([first]).collect();
    assert_eq!(all.len(), 6);
}

/// No two lists of parts have one key, and a key is what it has always been: it is in databases.
#[test]
fn keys_of_parts() {
    let lists: [&[&str]; 8] = [
        &[],
        &[""],
        &["", ""],
        &["a"],
        &["a", ""],
        &["", "a"],
        &["ab"],
        &["a", "b"],
    ];
    let keys: BTreeSet<_> = lists.iter().map(|parts| DedupeKey::of(*parts)).collect();
    assert_eq!(keys.len(), lists.len());
    // The first half of SHA-256 of each part behind its length in eight bytes.
    let text = b"\0\0\0\0\0\0\0\x04acme\0\0\0\0\0\0\0\x05evt_1";
    let digest = <sha2::Sha256 as sha2::Digest>::digest(text);
    let key = DedupeKey::of(["acme", "evt_1"]);
    assert_eq!(key.as_bytes(), &digest[..16]);
    assert_eq!(key.to_string(), hex(&digest[..16]));
    assert_eq!(format!("{key:?}"), format!("DedupeKey({key})"));
    assert_eq!(format!("[{key:>34}]"), format!("[  {key}]"));
}

/// An ECDSA signature can be converted into a second valid one without the key. Both identify the
/// same delivery.
#[cfg(feature = "ecdsa")]
#[test]
fn an_ecdsa_signature_that_was_changed() {
    let mut changed = 0;
    for (preset, case) in accepted() {
        let verifier = case.verifier(&preset, case.keys());
        let scheme = verifier.scheme();
        if scheme.algorithm() != Algorithm::EcdsaP256Der || scheme.delivery_id_is_signed() {
            continue;
        }
        let delivery = case.delivery();
        let location = scheme.signature_locations().first().unwrap().to_string();
        let header = location.strip_prefix("the header `").unwrap();
        let header = header.trim_matches('`').to_owned();
        let text = delivery.head.headers[&*header].to_str().unwrap();
        let bytes = base64ct::Base64::decode_vec(text).unwrap();
        let signature = p256::ecdsa::Signature::from_der(&bytes).unwrap();
        let other = p256::ecdsa::Signature::from_scalars(signature.r(), -*signature.s()).unwrap();
        assert_ne!(signature, other);
        let key = verify(&verifier, &delivery).dedupe_key();
        let text = support::base64(other.to_der().as_bytes());
        let delivery = delivery.set(&header, text);
        assert_eq!(
            verify(&verifier, &delivery).dedupe_key(),
            key,
            "{preset}: {}",
            case.name
        );
        assert!(key.is_some());
        changed += 1;
    }
    assert!(changed > 0);
}
