//! Real deliveries, kept as data in `tests/vectors`, through the layer and through the core.

use http::Request;
use tower_webhook::{
    Rejection, RequestHead, Secret, SetupError, Verified, Verifier, WebhookLayer,
    rejection::RejectionClass,
    scheme::{Location, SecretEncoding, TimestampFormat},
    sign::Signer,
};

use crate::support::{self, Delivery, Expected, Report, Rig, Script, Vector, send, vectors};

/// Whether the response is the one that the case expects. Its `reason` is a hint, except for the
/// two that have responses of their own.
fn is_right(case: &Vector, answer: Option<RejectionClass>) -> bool {
    match (case.expect, case.reason.as_deref()) {
        (Expected::Accept, _) => answer.is_none(),
        (Expected::Reject, Some("timestamp")) => answer == Some(RejectionClass::Expired),
        (Expected::Reject, Some("signature")) => answer == Some(RejectionClass::InvalidSignature),
        (Expected::Reject, _) => answer.is_some(),
    }
}

/// What the ways through the core say: in one go, in chunks of three sizes, and with nothing but
/// the end.
fn through_the_core(verifier: &Verifier, delivery: &Delivery) -> Vec<Option<RejectionClass>> {
    let head = RequestHead::new(
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
async fn every_vector_gets_its_expected_answer() {
    let mut report = Report::default();
    for file in vectors() {
        for case in &file.cases {
            let verifier = case.verifier(&file.provider, case.keys());
            let delivery = case.delivery();
            let rig = Rig::new(WebhookLayer::from(verifier.clone()), delivery.clone());

            let core = through_the_core(&verifier, &delivery);
            let layer = through_the_layer(&rig, &delivery).await;
            for (way, verdicts) in [("core", core), ("layer", layer)] {
                let right = verdicts.iter().all(|it| is_right(case, *it));
                report.note(if right {
                    Ok(())
                } else {
                    let Vector {
                        name,
                        expect,
                        reason,
                        ..
                    } = case;
                    Err(format!(
                        "{}: {name}: the {way} says {verdicts:?} and not {expect:?} {reason:?}",
                        file.provider,
                    ))
                });
            }
        }
    }
    report.finish();
}

/// What a provider signed, the signer signs alike: the same header or member, but for the
/// signatures that are not made with this secret.
#[test]
fn signs_as_the_provider_signed() {
    let mut report = Report::default();
    let mut signed = 0;
    for file in vectors() {
        for case in file.cases.iter().filter(|it| it.expect == Expected::Accept) {
            let Some(secret) = case.secret.as_deref() else {
                continue;
            };
            let secret = Secret::new(secret).unwrap();
            let verifier = case.verifier(&file.provider, secret.clone());
            let Ok(genuine) = verifier.verify(&case.delivery().head, &case.body()) else {
                // Told by the test above.
                continue;
            };
            let delivery = case.delivery();
            let mut request = Request::from_parts(delivery.head, delivery.body);
            let ours = match Signer::new(verifier.provider().clone(), secret) {
                Ok(ours) => ours,
                Err(SetupError::NotSymmetric { .. }) => continue,
                Err(error) => panic!("{}: {error}", file.provider),
            };
            let id = genuine.delivery_id().unwrap_or("none").to_owned();
            let time = genuine.timestamp().unwrap_or(support::at(case.now));
            if let Err(error) = ours.sign(&mut request, &id, time) {
                report.note(Err(format!("{}: {}: {error}", file.provider, case.name)));
                continue;
            }
            signed += 1;
            let outcome = verifier.verify(&request, request.body());
            report.note(match outcome {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("{}: {}: {error}", file.provider, case.name)),
            });
            // A date can be written in many ways, and a text signed in one of several.
            let is_date = matches!(
                verifier.scheme().timestamp_format(),
                Some(TimestampFormat::Rfc3339 | TimestampFormat::DateTime)
            );
            // A token says more than it must, in an order of its own.
            let is_jws = verifier.scheme().messages().any(|text| text == "{jws}");
            // A secret with several forms makes several keys, and the signer uses the first.
            let has_forms = matches!(
                verifier.scheme().secret_encoding(),
                SecretEncoding::AnyOf(_)
            );
            if is_date || is_jws || has_forms || verifier.scheme().messages().count() > 1 {
                continue;
            }
            let location = verifier.scheme().signature_locations()[0].clone();
            if matches!(location, Location::Json(_)) {
                assert_eq!(*request.body(), case.body(), "{}", case.name);
            }
            let Location::Header(header) = location else {
                continue;
            };
            // A provider with several headers may have written another signature into the first.
            let headers = case.delivery().head.headers;
            let locations = verifier.scheme().signature_locations().iter();
            let theirs: Vec<String> = locations
                .filter_map(|location| match location {
                    Location::Header(name) => headers.get(name)?.to_str().ok(),
                    _ => None,
                })
                .map(str::to_ascii_lowercase)
                .collect();
            let ours = request.headers()[&header].to_str().unwrap().to_owned();
            // The last part is the signature; before it, lists have an order of their own.
            let last = ours.rsplit([',', '=', ' ']).find(|part| part.len() > 16);
            let last = last.unwrap_or(&ours).to_ascii_lowercase();
            let is_theirs = theirs.iter().any(|value| value.contains(&last));
            report.note(if theirs.is_empty() || is_theirs {
                Ok(())
            } else {
                let (provider, name) = (&file.provider, &case.name);
                Err(format!("{provider}: {name}: {ours} and {theirs:?}"))
            });
        }
    }
    report.finish();
    assert!(signed > 100, "{signed}");
}

/// A head can be had from a request and from its parts alike.
#[test]
fn reads_the_head_from_a_request_or_its_parts() {
    let file = vectors()
        .into_iter()
        .find(|it| it.provider == "slack")
        .unwrap();
    let case = &file.cases[0];
    let verifier = case.verifier("slack", case.keys());
    let delivery = case.delivery();
    let request: Request<()> = Request::from_parts(delivery.head.clone(), ());

    let outcomes: [Result<Verified, _>; 2] = [
        verifier.verify(RequestHead::from(&request), &delivery.body),
        verifier.verify(RequestHead::from(&delivery.head), &delivery.body),
    ];
    for outcome in outcomes {
        assert_eq!(outcome.unwrap().provider(), "slack");
    }
}

/// A sender that moves from one version to the other signs with both, in one header.
#[cfg_attr(not(feature = "ed25519"), ignore = "needs `ed25519`")]
#[test]
fn accepts_either_of_v1_and_v1a() {
    let mut files = vectors().into_iter();
    let file = files.find(|it| it.provider == "standard_webhooks_v1a");
    let file = file.expect("its vectors");
    let case = file.cases.iter().find(|it| it.expect == Expected::Accept);
    let case = case.expect("one that is accepted");
    let by_key = case.verifier("standard_webhooks_v1a", case.keys());
    let secret = support::standard_secret();
    let by_secret = case.verifier("standard_webhooks", secret.clone());

    let delivery = case.delivery();
    let id = delivery.head.headers["webhook-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let v1a = delivery.head.headers["webhook-signature"].clone();
    let mut request = Request::from_parts(delivery.head, delivery.body);
    let signer = Signer::new(by_secret.provider().clone(), secret).unwrap();
    signer
        .sign(&mut request, &id, support::at(case.now))
        .unwrap();
    let v1 = request.headers()["webhook-signature"]
        .to_str()
        .unwrap()
        .to_owned();
    let v1a = v1a.to_str().unwrap();
    for both in [format!("{v1} {v1a}"), format!("{v1a} {v1}")] {
        let both = both.parse().unwrap();
        request.headers_mut().insert("webhook-signature", both);
        for verifier in [&by_key, &by_secret] {
            let verified = verifier.verify(&request, &case.body()).unwrap();
            assert_eq!(verified.delivery_id(), Some(&*id));
        }
        assert!(by_key.verify(&request, b"another body").is_err());
        assert!(by_secret.verify(&request, b"another body").is_err());
    }
}

/// What SNS signs is a list of lines, so a line feed where AWS has none could move a line to
/// another name.
#[cfg_attr(not(feature = "rsa"), ignore = "needs `rsa`")]
#[test]
fn rejects_a_line_feed_in_an_sns_subject() {
    let mut files = vectors().into_iter();
    let file = files.find(|it| it.provider == "aws_sns").unwrap();
    let case = file.cases.iter().find(|it| it.expect == Expected::Accept);
    let case = case.unwrap();
    let verifier = case.verifier("aws_sns", case.keys());
    let body: serde_json::Value = serde_json::from_slice(&case.body()).unwrap();
    for (subject, class) in [
        ("x", RejectionClass::InvalidSignature),
        ("x\nTimestamp", RejectionClass::InvalidRequest),
    ] {
        let mut body = body.clone();
        body["Subject"] = subject.into();
        let outcome = verifier.verify(&case.delivery().head, body.to_string().as_bytes());
        assert_eq!(outcome.unwrap_err().class(), class, "{subject:?}");
    }
}
