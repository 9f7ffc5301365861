//! Schemes with several signatures, keys and signed texts. A delivery is handled once, whichever of
//! its signatures is removed. A text that is unavailable for a request does not affect the others.
#![allow(clippy::similar_names)]

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Request;
use tower::Layer;
use tower_webhook::{
    DedupeLayer, Keys, PublicUrl, RequestHead, Scheme, Secret, Verifier, WebhookLayer,
    dedupe::MemoryStore,
    providers::{self, Provider},
    rejection::RejectionKind,
    scheme::{Algorithm, Location, SecretEncoding, SignatureFormat},
    sign::Signer,
};

use crate::support::{self, Delivery, NOW, RecordingService, at, base64, mac, send, test_clock};

const TIME: &str = "2026-01-15T12:00:00Z";

fn keys(names: &[&str]) -> Keys {
    Keys::newest_first(names.iter().map(|name| Secret::new(*name).unwrap())).unwrap()
}

/// Sends each copy in turn through `WebhookLayer` and `DedupeLayer`. Returns the statuses and the
/// number of calls of the handler.
async fn handled(provider: Provider, receiver: &[&str], copies: &[Delivery]) -> (Vec<u16>, usize) {
    let inner = RecordingService::default();
    let service = WebhookLayer::new(provider, keys(receiver))
        .unwrap()
        .clock(test_clock())
        .layer(DedupeLayer::new(MemoryStore::new(100)).layer(inner.clone()));
    let mut statuses = Vec::new();
    for copy in copies {
        let answer = send(&service, copy.clone().request()).await;
        statuses.push(answer.status.as_u16());
    }
    (statuses, inner.calls())
}

fn box_mac(key: &str, text: &str) -> String {
    let text = format!("{text}{TIME}");
    base64(&mac(Algorithm::HmacSha256, key.as_bytes(), text.as_bytes()))
}

/// A delivery of Box with signatures of `text`.
fn box_delivery(body: impl AsRef<[u8]>, text: &str, keys: [&str; 2]) -> Delivery {
    let [primary, secondary] = keys.map(|key| box_mac(key, text));
    Delivery::new(body)
        .header("box-signature-version", "1")
        .header("box-signature-algorithm", "HmacSHA256")
        .header("box-delivery-timestamp", TIME)
        .header("box-signature-primary", primary)
        .header("box-signature-secondary", secondary)
}

fn box_verifier(key: &str) -> Verifier {
    let verifier = Verifier::new(providers::box_com(), Secret::new(key).unwrap()).unwrap();
    verifier.clock(test_clock())
}

/// A delivery that is signed under two keys is handled once, whichever signature is removed or
/// damaged, and in whichever order the receiver has the keys.
#[tokio::test]
async fn deduplicates_copies_with_fewer_signatures() {
    let escaped = box_delivery(r#"{"a":"é"}"#, r#"{"a":"\u00e9"}"#, ["new", "old"]);
    let plain = box_delivery(r#"{"a":"e"}"#, r#"{"a":"e"}"#, ["new", "old"]);
    let with = |delivery: &Delivery, name: &str, value: &str| delivery.clone().set(name, value);
    let mut rows = Vec::new();
    for (what, delivery) in [("escaped", escaped), ("plain", plain)] {
        let wrong = base64(&[7; 32]);
        rows.push((
            format!("Box, {what}"),
            providers::box_com(),
            vec![
                delivery.clone(),
                delivery.clone().without("box-signature-primary"),
                delivery.clone().without("box-signature-secondary"),
                with(&delivery, "box-signature-primary", &wrong),
                with(&delivery, "box-signature-secondary", &wrong),
            ],
        ));
    }
    let signer = Signer::new(providers::braintree(), keys(&["new", "old"])).unwrap();
    for payload in ["bt_payload=aGVsbG8%3D", "bt_payload=aGVsbG8%3D%0A"] {
        let request = Request::post("https://hooks.example.com/webhook")
            .header("content-type", "application/x-www-form-urlencoded");
        let mut request = request.body(Bytes::from(payload)).unwrap();
        signer.sign(&mut request, "", at(NOW)).unwrap();
        let (head, body) = request.into_parts();
        let delivery = Delivery { head, body };
        let form = std::str::from_utf8(&delivery.body).unwrap().to_owned();
        let (start, signatures) = form.split_once("bt_signature=").unwrap();
        let (signatures, end) = signatures.split_once('&').unwrap_or((signatures, ""));
        let end = if end.is_empty() {
            String::new()
        } else {
            format!("&{end}")
        };
        let signatures: Vec<&str> = signatures.split("%26").collect();
        assert_eq!(signatures.len(), 2, "{form}");
        let damaged = |at: usize| {
            let mut signatures: Vec<_> = signatures.iter().map(|it| (*it).to_owned()).collect();
            let last = signatures[at].pop().unwrap();
            signatures[at].push(if last == '0' { '1' } else { '0' });
            let signatures = signatures.join("%26");
            delivery
                .clone()
                .body(format!("{start}bt_signature={signatures}{end}"))
        };
        rows.push((
            format!("Braintree, {payload}"),
            providers::braintree(),
            vec![delivery.clone(), damaged(0), damaged(1)],
        ));
    }
    for (what, provider, copies) in &rows {
        for receiver in [
            &["new", "old"][..],
            &["old", "new"],
            &["other", "old", "new"],
        ] {
            for first in 0..copies.len() {
                let mut copies = copies.clone();
                copies.rotate_left(first);
                let (statuses, calls) = handled(provider.clone(), receiver, &copies).await;
                let what = format!("{what}, {receiver:?}, beginning with {first}: {statuses:?}");
                assert!(statuses.iter().all(|status| *status == 200), "{what}");
                assert_eq!(calls, 1, "{what}");
            }
        }
    }
}

/// Two secrets in the form that the scheme expects.
fn secrets(scheme: &Scheme, names: [&str; 2]) -> Keys {
    let secrets = names.map(|name| {
        let bytes = format!("{name}-of-the-endpoint-with-32-bytes");
        Secret::new(match scheme.secret_encoding() {
            SecretEncoding::Hex => support::hex(bytes.as_bytes()),
            SecretEncoding::Base64 | SecretEncoding::PrefixedBase64(_) => base64(bytes.as_bytes()),
            _ => bytes,
        })
    });
    Keys::newest_first(secrets.map(Result::unwrap)).unwrap()
}

/// The same property for each preset with room for several signatures in one header.
#[tokio::test]
async fn deduplicates_copies_with_fewer_signatures_for_every_preset() {
    let mut seen = Vec::new();
    for preset in providers::all() {
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let provider = support::with_public_url(preset.provider(), url);
        let scheme = provider.scheme().clone();
        let [Location::Header(header)] = scheme.signature_locations() else {
            continue;
        };
        if scheme.algorithm().has_public_key() || !scheme.tells_deliveries_apart() {
            continue;
        }
        let both = secrets(&scheme, ["new", "old"]);
        let Ok(signer) = Signer::new(provider.clone(), both.clone()) else {
            continue;
        };
        let request = Request::post("https://hooks.example.com/webhook?data.id=7")
            .header("x-request-id", "7");
        let mut request = request.body(Bytes::from_static(b"{}")).unwrap();
        if signer.sign(&mut request, "id-1", at(NOW)).is_err() {
            continue;
        }
        let (head, body) = request.into_parts();
        let delivery = Delivery { head, body };
        let value = delivery.head.headers[header].to_str().unwrap().to_owned();
        let separator = if value.contains(", ") { ", " } else { "," };
        let separator = if value.contains(" v1") {
            " "
        } else {
            separator
        };
        let items: Vec<_> = value.split(separator).collect();
        let mut copies = vec![delivery.clone()];
        for left_out in 0..items.len() {
            let mut items = items.clone();
            items.remove(left_out);
            copies.push(delivery.clone().set(header.as_str(), items.join(separator)));
        }
        for receiver in [both, secrets(&scheme, ["old", "new"])] {
            for first in 0..copies.len() {
                copies.rotate_left(1);
                let inner = RecordingService::default();
                let layer = WebhookLayer::new(provider.clone(), receiver.clone()).unwrap();
                let dedupe = DedupeLayer::new(MemoryStore::new(100));
                let service = layer.clock(test_clock()).layer(dedupe.layer(inner.clone()));
                let mut accepted = 0;
                for copy in &copies {
                    let answer = send(&service, copy.clone().request()).await;
                    accepted += usize::from(answer.status == 200);
                }
                let name = preset.name();
                assert_eq!(inner.calls(), 1, "{name}, beginning with {first}: {value}");
                if accepted > 2 && seen.last() != Some(&name) {
                    seen.push(name);
                }
            }
        }
    }
    // The presets whose header has two signatures.
    assert!(seen.len() > 25, "{seen:?}");
    assert!(
        seen.contains(&"mercadopago") && seen.contains(&"stripe"),
        "{seen:?}"
    );
}

/// For each preset, different deliveries under the previous secret are each handled.
#[tokio::test]
async fn handles_different_deliveries_under_the_previous_secret() {
    let mut handled = 0;
    for preset in providers::all() {
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let names = preset.requirements().settings;
        let provider = support::with_public_url(preset.provider(), url);
        let provider = names
            .iter()
            .fold(provider, |it, name| it.with_setting(name, "a setting"));
        let scheme = provider.scheme().clone();
        if scheme.algorithm().has_public_key() || !scheme.tells_deliveries_apart() {
            continue;
        }
        let secret = |name| secrets(&scheme, [name, name]);
        let signer = Signer::new(provider.clone(), secret("old")).unwrap();
        let old = Verifier::new(provider.clone(), secret("old")).unwrap();
        let old = old.clock(test_clock());
        let inner = RecordingService::default();
        let layer = WebhookLayer::new(provider, secrets(&scheme, ["new", "old"])).unwrap();
        let dedupe = DedupeLayer::new(MemoryStore::new(100));
        let service = layer.clock(test_clock()).layer(dedupe.layer(inner.clone()));
        let kind = scheme.content_type().unwrap_or("application/json");
        let mut keys = BTreeSet::new();
        for delivery in ["1", "2", "3"] {
            let target = format!("https://hooks.example.com/webhook?data.id={delivery}");
            let mut request = Request::post(target).header("content-type", kind);
            for location in scheme.signed_locations() {
                if let Location::Header(name) = location {
                    request = request.header(name, delivery);
                }
            }
            let body = if kind == "application/x-www-form-urlencoded" {
                format!("a={delivery}&payload=%7B{delivery}%7D&bt_payload={delivery}")
            } else {
                format!(r#"{{"id":"{delivery}"}}"#)
            };
            let mut request = request.body(Bytes::from(body)).unwrap();
            if signer.sign(&mut request, delivery, at(NOW)).is_err() {
                continue;
            }
            let body = request.body().clone();
            let Ok(proof) = old.verify(&request, &body) else {
                continue;
            };
            keys.insert(proof.dedupe_key().unwrap());
            let (head, body) = request.into_parts();
            let answer = send(&service, Delivery { head, body }.request()).await;
            assert_eq!(answer.status, 200, "{}: {answer:?}", preset.name());
        }
        assert_eq!(inner.calls(), keys.len(), "{}", preset.name());
        handled += usize::from(keys.len() == 3);
    }
    assert!(handled > 120, "{handled}");
}

/// A body that is not UTF-8 has no escaped text. Its plain text still matches.
#[test]
fn ignores_a_message_that_is_unavailable() {
    let verifier = box_verifier("key");
    for body in [&b"{\"a\":\"\xff\"}"[..], b"\xff", b"\xed\xa0\x80"] {
        let text = [body, TIME.as_bytes()].concat();
        let signature = base64(&mac(Algorithm::HmacSha256, b"key", &text));
        let delivery =
            box_delivery(body, "", ["other", "other"]).set("box-signature-primary", signature);
        let head = RequestHead::from(&delivery.head);
        let verified = verifier.verify(head, &delivery.body);
        assert!(verified.is_ok(), "{body:?}: {verified:?}");
        let forged = [body, b"x"].concat();
        assert!(verifier.verify(head, &forged).is_err(), "{body:?}");
    }
}

/// A text with a header that is missing or ambiguous does not affect the other text, in either
/// order.
#[tokio::test]
async fn accepts_the_other_message_if_a_header_is_missing() {
    for messages in [
        ["{header:x-tenant}.{body}", "{body}"],
        ["{body}", "{header:x-tenant}.{body}"],
    ] {
        let scheme = Scheme::builder("acme")
            .signature_header("x-signature")
            .signature_format(SignatureFormat::key_values("v1"))
            .message(messages[0])
            .alternative_message(messages[1])
            .build()
            .unwrap();
        let verifier = Verifier::new(scheme, support::secret()).unwrap();
        let signed = |text: &str| format!("v1={}", support::hex(&support::mac256(text)));
        let rows = [
            ("the text without the header", signed("b"), None, true),
            ("the text with the header", signed("t.b"), Some("t"), true),
            (
                "the text without the header, with the header present",
                signed("b"),
                Some("t"),
                true,
            ),
            (
                "the text with the header, with the header missing",
                signed("t.b"),
                None,
                false,
            ),
            (
                "the body alone, with an ambiguous header",
                signed("b"),
                Some("t.u"),
                true,
            ),
            ("an ambiguous header", signed("t.u.b"), Some("t.u"), false),
        ];
        for (what, signature, tenant, is_accepted) in rows {
            let delivery = Delivery::new("b").header("x-signature", signature);
            let delivery = match tenant {
                Some(tenant) => delivery.header("x-tenant", tenant),
                None => delivery,
            };
            let what = format!("{messages:?}: {what}");
            let verified = verifier.verify(RequestHead::from(&delivery.head), &delivery.body);
            assert_eq!(verified.is_ok(), is_accepted, "{what}: {verified:?}");
            // The layer agrees if the body arrives in pieces.
            let inner = RecordingService::default();
            let service = WebhookLayer::from(verifier.clone()).layer(inner.clone());
            let body = support::Script::chunks(b"b", 1);
            let answer = send(&service, delivery.with(body)).await;
            assert_eq!(answer.status == 200, is_accepted, "{what}: {answer:?}");
        }
    }
}

/// If the body has no readable signature, the signature in the header is still checked.
#[test]
fn accepts_the_header_signature_if_the_body_has_none() {
    let scheme = Scheme::builder("acme")
        .signature_header("x-signature")
        .signature(Location::json("signature"))
        .message("{path}")
        .danger_leave_body_unsigned()
        .build()
        .unwrap();
    let verifier = Verifier::new(scheme, support::secret()).unwrap();
    for body in [
        "not JSON",
        "{}",
        r#"{"signature":""}"#,
        r#"{"signature":7}"#,
    ] {
        let delivery = Delivery::new(body);
        let signature = support::hex(&support::mac256("/webhook"));
        let signed = delivery.clone().header("x-signature", signature);
        let outcome = verifier.verify(RequestHead::from(&signed.head), body.as_bytes());
        assert!(outcome.is_ok(), "{body}: {outcome:?}");
        let forged = delivery.clone().header("x-signature", "00".repeat(32));
        let outcome = verifier.verify(RequestHead::from(&forged.head), body.as_bytes());
        assert!(outcome.is_err(), "{body}");
        let outcome = verifier.verify(RequestHead::from(&delivery.head), body.as_bytes());
        let rejection = outcome.unwrap_err();
        let is_malformed = matches!(rejection.kind(), RejectionKind::MalformedPayload { .. });
        assert_eq!(is_malformed, body == "not JSON", "{body}: {rejection}");
    }
}

/// A parameter of the query that is not a list of signatures leaves the signature in the header.
#[test]
fn accepts_the_header_signature_if_the_query_list_is_malformed() {
    let scheme = Scheme::builder("acme")
        .signature_header("x-signature")
        .signature(Location::query("a"))
        .signature_format(SignatureFormat::versions("v1"))
        .build()
        .unwrap();
    let verifier = Verifier::new(scheme, support::secret()).unwrap();
    let signature = format!("v1,{}", support::hex(&support::mac256("body")));
    let delivery = Delivery::new("body").uri("https://hooks.example.com/webhook?a=1");
    let signed = delivery.clone().header("x-signature", signature);
    let outcome = verifier.verify(RequestHead::from(&signed.head), b"body");
    assert!(outcome.is_ok(), "{outcome:?}");
    let outcome = verifier.verify(RequestHead::from(&signed.head), b"another");
    assert!(outcome.is_err(), "{outcome:?}");
    let outcome = verifier.verify(RequestHead::from(&delivery.head), b"body");
    let rejection = outcome.unwrap_err();
    let kind = rejection.kind();
    assert!(
        matches!(kind, RejectionKind::MalformedSignature { .. }),
        "{rejection}"
    );
}

/// If all texts are unavailable, the error has the reason for the first one.
#[test]
fn reports_the_first_message_if_all_are_unavailable() {
    let scheme = Scheme::builder("acme")
        .signature_header("x-signature")
        .message("{header:x-tenant}.{body}")
        .alternative_message("{header:x-account}:{body}")
        .build()
        .unwrap();
    let verifier = Verifier::new(scheme, support::secret()).unwrap();
    let signature = support::hex(&support::mac256("b"));
    let delivery = Delivery::new("b").header("x-signature", signature);
    let rejection = verifier
        .verify(RequestHead::from(&delivery.head), b"b")
        .unwrap_err();
    assert_eq!(
        rejection.to_string(),
        "the header `x-tenant` is missing, but the signature covers it"
    );
}

/// Two JSON bodies of Box with the same signature have the same content.
#[test]
fn rejects_other_json_with_the_same_escaped_text() {
    let verifier = box_verifier("key");
    // The body that is sent, the text that Box signed, and whether the delivery is accepted.
    let rows = [
        (r#"{"a":"é"}"#, r#"{"a":"\u00e9"}"#, true),
        (r#"{"a":"😀"}"#, r#"{"a":"\ud83d\ude00"}"#, true),
        (r#"{"a":"\/é"}"#, r#"{"a":"\/\u00e9"}"#, true),
        ("{\"a\":\"é\n\"}", r#"{"a":"\u00e9\n"}"#, true),
        // A quotation mark in a string, whose escaped text is not JSON.
        (r#"{"a":"é \"b\""}"#, r#"{"a":"\u00e9 \\"b\\""}"#, true),
        // The example of Box's own library, which is not JSON itself.
        (r#"{"a":"\"}"#, r#"{"a":"\\"}"#, true),
        // Bodies that Box signs without escaping.
        (r#"{"a":"\\u0022"}"#, r#"{"a":"\\u0022"}"#, true),
        (r#"{"a":"\u0022"}"#, r#"{"a":"\u0022"}"#, true),
        (r#"{"a":"C:\\bin"}"#, r#"{"a":"C:\\bin"}"#, true),
        // Another JSON under the same signature.
        (r#"{"a":"\u0022"}"#, r#"{"a":"\\u0022"}"#, false),
        (r#"{"a":"C:\bin"}"#, r#"{"a":"C:\\bin"}"#, false),
        (r#"{"a":"C:\nil"}"#, r#"{"a":"C:\\nil"}"#, false),
        (r#"{"a":"C:\\bin"}"#, r#"{"a":"C:\\\\bin"}"#, false),
        (r#"{"é":"\u0022"}"#, r#"{"\u00e9":"\\u0022"}"#, false),
    ];
    for (body, text, is_accepted) in rows {
        let delivery = box_delivery(body, text, ["key", "key"]);
        let head = RequestHead::from(&delivery.head);
        let verified = verifier.verify(head, &delivery.body);
        assert_eq!(verified.is_ok(), is_accepted, "{body} by {text}");
    }
}
