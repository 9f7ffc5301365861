//! Real deliveries, kept as data in `tests/vectors`, through the layer and through the core.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use common::{Delivery, Report, Rig, Script, TestClock, Vector, Verdict, provider, send, vectors};
use http::Request;
use tower_webhook::{
    Head, Keys, Rejection, Secret, Verified, Verifier, WebhookLayer, rejection::RejectionClass,
};

/// The verifier that a case asks for.
fn verifier(name: &str, case: &Vector, keys: impl Into<Keys>) -> Verifier {
    let clock = TestClock::new();
    clock.set(case.now);
    let verifier = Verifier::new(provider(name), keys).unwrap().clock(clock);
    match case.tolerance {
        None => verifier,
        Some(seconds) => verifier.tolerance(Duration::from_secs(seconds)),
    }
}

fn secret(case: &Vector) -> Secret {
    Secret::new(case.secret.as_str()).unwrap()
}

/// The class of refusal that a case's `reason` stands for.
fn refusal(case: &Vector) -> Option<RejectionClass> {
    match (case.expect, case.reason.as_deref()) {
        (Verdict::Accept, None) => None,
        (Verdict::Reject, Some("signature" | "missing")) => Some(RejectionClass::InvalidSignature),
        (Verdict::Reject, Some("timestamp")) => Some(RejectionClass::Expired),
        (expect, reason) => panic!("{}: {expect:?} because of {reason:?}", case.name),
    }
}

/// What the ways through the core say: in one go, in chunks of three sizes, and with nothing but the end.
fn through_the_core(verifier: &Verifier, delivery: &Delivery) -> Vec<Option<RejectionClass>> {
    let head = Head::new(
        &delivery.head.method,
        &delivery.head.uri,
        &delivery.head.headers,
    );
    let whole = verifier.verify(head, &delivery.body);
    let in_chunks = [1, 7, 4096].map(|size| {
        let mut session = verifier.begin(head)?;
        let chunks: Vec<_> = delivery.body.chunks(size).collect();
        for chunk in &chunks {
            session.update(chunk);
        }
        session.finish(&chunks)
    });
    let at_the_end = verifier
        .begin(head)
        .and_then(|session| session.finish([&delivery.body]));
    [whole, at_the_end]
        .into_iter()
        .chain(in_chunks)
        .map(|outcome| outcome.err().map(|rejection| rejection.class()))
        .collect()
}

/// What the layer says to a body in one frame, in frames of one byte, and of unknown length.
async fn through_the_layer(rig: &Rig, delivery: &Delivery) -> Vec<Option<RejectionClass>> {
    let bodies = [
        Script::whole(delivery.body.clone()),
        Script::chunks(&delivery.body, 1).of_size(delivery.body.len() as u64),
        Script::chunks(&delivery.body, 100),
    ];
    let mut verdicts = Vec::new();
    for body in bodies {
        let before = rig.inner.calls();
        let answer = send(&rig.service, delivery.clone().with(body)).await;
        let refusal = answer.rejection.as_ref().map(Rejection::class);
        let forwarded = usize::from(refusal.is_none());
        assert_eq!(rig.inner.calls() - before, forwarded, "{answer:?}");
        assert_eq!(answer.status == 200, forwarded == 1, "{answer:?}");
        if forwarded == 1 {
            assert_eq!(rig.inner.last().body, delivery.body);
        }
        verdicts.push(refusal);
    }
    verdicts
}

#[tokio::test]
async fn every_vector_gets_its_answer_from_the_core_and_from_the_layer() {
    let mut report = Report::default();
    for file in vectors() {
        for case in &file.cases {
            let verifier = verifier(&file.provider, case, secret(case));
            let delivery = case.delivery();
            let rig = Rig::new(WebhookLayer::from(verifier.clone()), delivery.clone());
            let expect = refusal(case);

            let core = through_the_core(&verifier, &delivery);
            let layer = through_the_layer(&rig, &delivery).await;
            for (way, verdicts) in [("core", core), ("layer", layer)] {
                let right = verdicts.iter().all(|it| *it == expect);
                report.note(if right {
                    Ok(())
                } else {
                    let (provider, name) = (&file.provider, &case.name);
                    Err(format!(
                        "{provider}: {name}: the {way} says {verdicts:?} and not {expect:?}"
                    ))
                });
            }
        }
    }
    report.finish();
}

/// Every preset has deliveries of its own, both good and bad.
#[test]
fn no_preset_goes_without_vectors() {
    let files = vectors();
    let mut names: Vec<_> = files.iter().map(|file| file.provider.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "generic",
            "github",
            "shopify",
            "slack",
            "standard_webhooks",
            "stripe"
        ]
    );
    for file in &files {
        for verdict in [Verdict::Accept, Verdict::Reject] {
            let count = file.cases.iter().filter(|it| it.expect == verdict).count();
            assert!(count > 0, "{} has no {verdict:?}", file.provider);
        }
    }
}

/// How an accepted vector is spoilt, and the refusal that follows.
struct Spoilt {
    name: String,
    delivery: Delivery,
    expect: RejectionClass,
}

fn spoilt(name: impl Into<String>, delivery: Delivery, expect: RejectionClass) -> Spoilt {
    let name = name.into();
    Spoilt {
        name,
        delivery,
        expect,
    }
}

/// One change each to a good delivery.
fn spoil(case: &Vector, signature_header: &str) -> Vec<Spoilt> {
    let good = case.delivery();
    let mut rows = Vec::new();

    for at in [0, case.body.len() / 2, case.body.len() - 1] {
        let mut body = case.body.clone().into_bytes();
        body[at] ^= 1;
        let name = format!("a bit of byte {at} flipped");
        rows.push(spoilt(
            name,
            good.clone().body(body),
            RejectionClass::InvalidSignature,
        ));
    }
    let bodies: [(&str, Vec<u8>); 3] = [
        ("an empty body", Vec::new()),
        (
            "a newline after the body",
            [case.body.as_bytes(), b"\n"].concat(),
        ),
        (
            "the last byte lost",
            case.body.as_bytes()[..case.body.len() - 1].to_vec(),
        ),
    ];
    for (name, body) in bodies {
        rows.push(spoilt(
            name,
            good.clone().body(body),
            RejectionClass::InvalidSignature,
        ));
    }

    let signature = good.head.headers[signature_header].as_bytes().to_vec();
    let other = other_signature(&signature);
    rows.extend([
        spoilt(
            "another signature",
            good.clone().set(signature_header, &other),
            RejectionClass::InvalidSignature,
        ),
        spoilt(
            "no signature",
            good.clone().without(signature_header),
            RejectionClass::InvalidSignature,
        ),
        spoilt(
            "two signatures",
            good.clone().header(signature_header, &other),
            RejectionClass::InvalidRequest,
        ),
    ]);
    rows
}

/// A signature of the same form that is not the right one: one character of its first MAC differs.
fn other_signature(signature: &[u8]) -> Vec<u8> {
    let mut other = signature.to_vec();
    // The MAC begins after `v1,`, `v0=`, `sha256=`, `t=…,v1=` or at once.
    let text = String::from_utf8(other.clone()).unwrap();
    let start = ["v1=", "v1,", "v0=", "sha256="]
        .iter()
        .find_map(|label| text.find(label).map(|at| at + label.len()))
        .unwrap_or(0);
    other[start] = if other[start] == b'0' { b'1' } else { b'0' };
    other
}

#[tokio::test]
async fn an_accepted_vector_with_one_change_is_refused() {
    let signature_headers = [
        ("generic", "x-signature"),
        ("github", "x-hub-signature-256"),
        ("shopify", "x-shopify-hmac-sha256"),
        ("slack", "x-slack-signature"),
        ("standard_webhooks", "webhook-signature"),
        ("stripe", "stripe-signature"),
    ];
    let mut report = Report::default();
    for file in vectors() {
        let found = signature_headers.iter().find(|it| it.0 == file.provider);
        let header = found.expect("a row for every preset").1;
        for case in file.cases.iter().filter(|it| it.expect == Verdict::Accept) {
            let verifier = verifier(&file.provider, case, secret(case));
            let stranger = Secret::from_bytes(*b"another secret altogether").unwrap();
            let strange = self::verifier(&file.provider, case, stranger);
            let rig = Rig::new(WebhookLayer::from(verifier.clone()), case.delivery());
            let strange_rig = Rig::new(WebhookLayer::from(strange.clone()), case.delivery());

            let mut rows = Vec::new();
            for row in spoil(case, header) {
                let core = through_the_core(&verifier, &row.delivery);
                let layer = through_the_layer(&rig, &row.delivery).await;
                rows.push((row.name, [core, layer].concat(), row.expect));
            }
            let core = through_the_core(&strange, &case.delivery());
            let layer = through_the_layer(&strange_rig, &case.delivery()).await;
            let verdicts = [core, layer].concat();
            rows.push((
                "another secret".to_owned(),
                verdicts,
                RejectionClass::InvalidSignature,
            ));

            for (change, verdicts, expect) in rows {
                let right = verdicts.iter().all(|it| *it == Some(expect));
                report.note(if right {
                    Ok(())
                } else {
                    let (provider, name) = (&file.provider, &case.name);
                    Err(format!(
                        "{provider}: {name}, {change}: {verdicts:?} and not {expect:?}"
                    ))
                });
            }
        }
    }
    report.finish();
}

/// A head can be had from a request and from its parts alike.
#[test]
fn a_head_comes_from_a_request_or_from_its_parts() {
    let file = vectors()
        .into_iter()
        .find(|it| it.provider == "slack")
        .unwrap();
    let case = &file.cases[0];
    let verifier = verifier("slack", case, secret(case));
    let delivery = case.delivery();
    let request: Request<()> = Request::from_parts(delivery.head.clone(), ());

    let outcomes: [Result<Verified, _>; 2] = [
        verifier.verify(Head::from(&request), &delivery.body),
        verifier.verify(Head::from(&delivery.head), &delivery.body),
    ];
    for outcome in outcomes {
        assert_eq!(outcome.unwrap().provider(), "slack");
    }
}
