//! Plain hashes with the secret in front of the body: what a client without the secret can append
//! to a genuine delivery is rejected.
#![allow(clippy::similar_names)]

use bytes::Bytes;
use http::Request;
use sha2::block_api::compress256;
use tower::Layer;
use tower_webhook::{
    DedupeLayer, PublicUrl, RequestHead, Secret, Verifier, WebhookLayer,
    dedupe::MemoryStore,
    providers::{self, Provider},
    sign::{SignError, Signer},
};

use crate::support::{Delivery, NOW, RecordingService, Script, at, hex, send, test_clock};

/// The padding of SHA-256 for a message of `len` bytes.
fn padding(len: usize) -> Vec<u8> {
    let mut padding = vec![0x80];
    while (len + padding.len()) % 64 != 56 {
        padding.push(0);
    }
    padding.extend_from_slice(&(len as u64 * 8).to_be_bytes());
    padding
}

/// The hash of a message of `len` bytes, its padding and `suffix`, from the message's hash alone.
fn extended(hash: &str, len: usize, suffix: &[u8]) -> String {
    let mut state = [0_u32; 8];
    for (word, hex) in state.iter_mut().zip(hash.as_bytes().chunks(8)) {
        *word = u32::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
    }
    let hashed = len + padding(len).len();
    let mut rest = suffix.to_vec();
    rest.extend(padding(hashed + suffix.len()));
    let blocks: Vec<[u8; 64]> = rest.chunks(64).map(|it| it.try_into().unwrap()).collect();
    compress256(&mut state, &blocks);
    let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
    hex(&bytes)
}

struct Case {
    provider: Provider,
    header: &'static str,
    /// The number of bytes hashed before the body, without the secret.
    before: usize,
}

fn cases() -> Vec<Case> {
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    Vec::from([
        Case {
            provider: providers::hubspot_v1(),
            header: "x-hubspot-signature",
            before: 0,
        },
        Case {
            provider: providers::hubspot_v2().with_public_url(url),
            header: "x-hubspot-signature",
            before: "POSThttps://hooks.example.com/webhook".len(),
        },
        Case {
            provider: providers::lark(),
            header: "x-lark-signature",
            before: NOW.to_string().len() + "nonce".len(),
        },
    ])
}

fn signed(provider: &Provider, secret: &str, body: &[u8]) -> Result<Delivery, SignError> {
    let signer = Signer::new(provider.clone(), Secret::new(secret).unwrap()).unwrap();
    let mut request = Request::post("https://hooks.example.com/webhook")
        .header("x-lark-request-nonce", "nonce")
        .body(Bytes::copy_from_slice(body))
        .unwrap();
    signer.sign(&mut request, "", at(NOW))?;
    let (head, body) = request.into_parts();
    Ok(Delivery { head, body })
}

/// Secrets of every length up to two blocks, bodies at every place of a block, and suffixes.
#[tokio::test]
async fn rejects_an_extended_body() {
    for Case {
        provider,
        header,
        before,
    } in cases()
    {
        let name = provider.scheme().name().to_owned();
        for secret_len in [1, 8, 36, 55, 63, 64, 65, 120] {
            let secret = "s".repeat(secret_len);
            let inner = RecordingService::default();
            let layer = WebhookLayer::new(provider.clone(), Secret::new(&*secret).unwrap());
            let layer = layer.unwrap().clock(test_clock());
            let dedupe = DedupeLayer::new(MemoryStore::new(1000));
            let service = layer.layer(dedupe.layer(inner.clone()));
            let verifier = Verifier::new(provider.clone(), Secret::new(&*secret).unwrap()).unwrap();
            let verifier = verifier.clock(test_clock());
            for body_len in [0, 1, 2, 20, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128] {
                let body = "b".repeat(body_len);
                let genuine = signed(&provider, &secret, body.as_bytes()).unwrap();
                let calls = inner.calls();
                let answer = send(&service, genuine.clone().request()).await;
                assert_eq!(answer.status, 200, "{name}");
                let calls = inner.calls() - calls;
                assert_eq!(calls, 1, "{name} {secret_len} {body_len}");
                let signature = genuine.head.headers[header].to_str().unwrap();
                for suffix in ["", "x", "{\"amount\":1000000}", &"y".repeat(70)] {
                    let len = secret_len + before + body_len;
                    let forged = [body.as_bytes(), &padding(len), suffix.as_bytes()].concat();
                    let other = extended(signature, len, suffix.as_bytes());
                    let forged = genuine.clone().set(header, other).body(forged);
                    let what = format!("{name}, {secret_len} + {body_len}, {suffix}");
                    let head = RequestHead::from(&forged.head);
                    let rejection = verifier.verify(head, &forged.body).expect_err(&what);
                    assert_eq!(rejection.status(), 403, "{what}");
                    let before = inner.calls();
                    for size in [1, 7, forged.body.len()] {
                        let body = Script::chunks(&forged.body, size);
                        let answer = send(&service, forged.clone().with(body)).await;
                        assert_eq!(answer.kind(), "SignatureMismatch", "{what}");
                    }
                    assert_eq!(inner.calls(), before, "{what}");
                    // The signer refuses to sign what receivers reject.
                    let error = signed(&provider, &secret, &forged.body).err();
                    assert_eq!(error, Some(SignError::Padding), "{what}");
                }
            }
        }
    }
}

/// Bytes that resemble the padding are accepted at another position or with another length.
#[test]
fn accepts_bodies_that_only_resemble_padding() {
    for Case {
        provider, before, ..
    } in cases()
    {
        let secret = "secret";
        let verifier = Verifier::new(provider.clone(), Secret::new(secret).unwrap()).unwrap();
        let verifier = verifier.clock(test_clock());
        let len = secret.len() + before + 1;
        for body in [
            vec![0x80; 200],
            [&b"b"[..], &padding(len + 1)].concat(),
            [&b"bb"[..], &padding(len)].concat(),
            [&b"b"[..], &padding(len)[..padding(len).len() - 1]].concat(),
            "\u{20ac}\u{0}\u{0}".repeat(50).into_bytes(),
        ] {
            let delivery = signed(&provider, secret, &body).unwrap();
            let verified = verifier.verify(RequestHead::from(&delivery.head), &delivery.body);
            assert!(verified.is_ok(), "{}: {body:?}", provider.scheme().name());
        }
    }
}
