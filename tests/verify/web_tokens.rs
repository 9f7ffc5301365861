//! Deliveries whose signature is a JSON web token, in every way that one can be wrong.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tower_webhook::{
    Keys, PublicUrl, Secret, Verifier, WebhookLayer,
    providers::Provider,
    rejection::RejectionKind,
    scheme::{Algorithm, Location, Scheme, SchemeBuilder, SchemeErrorKind, SignatureFormat},
    sign::Signer,
};

use crate::support::{
    self, Delivery, NOW, Report, Rig, TestClock, at, base64url_unpadded, hex, mac, send, test_clock,
};

const BODY: &str = r#"{"id":7}"#;
const SECRET: &str = "the secret of acme";
const URL: &str = "https://hooks.example.com/hooks?try=1";

fn acme() -> SchemeBuilder {
    Scheme::builder("acme")
        .signature_header("authorization")
        .signature_format(SignatureFormat::jws("Bearer "))
        .claim("iss", "acme")
        .claim("iss", "acme.example")
        .claim("aud", "{url}")
        .claim("digest", "{sha256}")
        .require_expiry()
        .timestamp(Location::claim("iat"))
        .id(Location::claim("jti"))
        .tolerance(Duration::from_secs(10))
}

fn good() -> Value {
    json!({
        "iss": "acme", "aud": URL, "digest": hex(&Sha256::digest(BODY)),
        "iat": NOW, "nbf": NOW, "exp": NOW + 60, "jti": "d-1",
    })
}

/// The same with one claim changed, or without it.
fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.into(), value),
    };
    claims
}

fn part(text: impl AsRef<[u8]>) -> String {
    base64url_unpadded(text.as_ref())
}

/// A token of two parts, signed with `secret`.
fn signed_parts(header: &str, claims: &str, secret: &str) -> String {
    let input = format!("{header}.{claims}");
    let mac = mac(Algorithm::HmacSha256, secret.as_bytes(), input.as_bytes());
    format!("{input}.{}", part(mac))
}

fn signed(header: &str, claims: &str) -> String {
    signed_parts(&part(header), &part(claims), SECRET)
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn token(claims: &Value) -> String {
    signed(HEADER, &claims.to_string())
}

fn delivery(token: &str) -> Delivery {
    Delivery::new(BODY)
        .uri(URL)
        .header("authorization", format!("Bearer {token}"))
}

fn verifier(scheme: SchemeBuilder, clock: &TestClock) -> Verifier {
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    let provider = Provider::from(scheme.build().unwrap());
    let provider = support::with_public_url(provider, url);
    let keys = Keys::new(Secret::new(SECRET).unwrap())
        .previous(Secret::new("the old one").unwrap().label("old"));
    Verifier::new(provider, keys).unwrap().clock(clock.clone())
}

/// The name of what is wrong; `accepted` if nothing is.
async fn answer(verifier: &Verifier, delivery: Delivery) -> String {
    let rig = Rig::new(WebhookLayer::from(verifier.clone()), delivery.clone());
    let answer = send(&rig.service, delivery.request()).await;
    let accepted = answer.rejection.is_none();
    assert_eq!(rig.inner.calls(), usize::from(accepted), "{answer:?}");
    if accepted {
        return "accepted".into();
    }
    let kind = format!("{:?}", answer.rejection.unwrap().kind());
    kind.split([' ', '{']).next().unwrap().to_owned()
}

/// Found by fuzzing: the signer left the timestamp out of the claim.
#[test]
fn signs_a_claim_that_contains_the_timestamp_header() {
    let scheme = Scheme::builder("acme")
        .signature_header("authorization")
        .signature_format(SignatureFormat::jws("Bearer "))
        .timestamp_header("x-time")
        .claim("text", "{timestamp}.{body}")
        .build()
        .unwrap();
    let secret = || Secret::from_bytes(SECRET).unwrap();
    let signer = Signer::new(scheme.clone(), secret()).unwrap();
    let verifier = Verifier::new(scheme, secret()).unwrap().clock(|| at(NOW));
    let mut request = Request::post("/hooks").body(Bytes::from(BODY)).unwrap();
    signer.sign(&mut request, "d-1", at(NOW)).unwrap();
    verifier.verify(&request, request.body()).unwrap();
    request.headers_mut().insert("x-time", (NOW + 1).into());
    let rejection = verifier.verify(&request, request.body()).unwrap_err();
    assert!(matches!(
        rejection.kind(),
        RejectionKind::ClaimMismatch { .. }
    ));
}

#[tokio::test]
async fn reads_claim_names_with_dots() {
    const NAME: &str = "https://acme.example/tenant";

    let clock = test_clock();
    clock.set(at(NOW));
    let scheme = || acme().claim(NAME, "7").claim("list.0", "a");
    let verifier = verifier(scheme(), &clock);
    let own = |changes: &[(&str, Value)]| {
        let mut claims = good();
        let members = claims.as_object_mut().unwrap();
        for (name, value) in [(NAME, "7"), ("list.0", "a")] {
            members.insert(name.into(), value.into());
        }
        for (name, value) in changes {
            match value {
                Value::Null => members.remove(*name),
                value => members.insert((*name).into(), value.clone()),
            };
        }
        token(&claims)
    };
    let rows = [
        ("the names as they are", own(&[]), "accepted"),
        (
            "nested in objects",
            own(&[
                (NAME, Value::Null),
                ("https://acme", json!({ "example/tenant": "7" })),
            ]),
            "ClaimMismatch",
        ),
        (
            "in a list",
            own(&[("list.0", Value::Null), ("list", json!(["a"]))]),
            "ClaimMismatch",
        ),
        ("another value", own(&[(NAME, json!("8"))]), "ClaimMismatch"),
    ];
    for (name, token, expected) in rows {
        assert_eq!(
            answer(&verifier, delivery(&token)).await,
            expected,
            "{name}"
        );
    }

    let signer = Signer::new(verifier.provider().clone(), Secret::new(SECRET).unwrap()).unwrap();
    let mut request = Request::post(URL).body(Bytes::from(BODY)).unwrap();
    signer.sign(&mut request, "d-1", at(NOW)).unwrap();
    verifier.verify(&request, BODY.as_bytes()).unwrap();
}

#[expect(clippy::too_many_lines, reason = "one table")]
#[tokio::test]
async fn rejects_tokens_that_are_wrong_in_one_part() {
    let clock = test_clock();
    clock.set(at(NOW));
    let verifier = verifier(acme(), &clock);
    let t = token(&good());
    let (input, mac) = t.rsplit_once('.').unwrap();
    let (head, claims) = input.split_once('.').unwrap();
    let twice = good().to_string().replacen('{', r#"{"iss":"mallory","#, 1);
    let twice_late = good().to_string().replacen('}', r#","iss":"mallory"}"#, 1);
    let empty = part("{}");
    let zeros = part([0; 32]);

    let rows: Vec<(&str, String, &str)> = vec![
        ("good", t.clone(), "accepted"),
        (
            "the other issuer",
            token(&with("iss", json!("acme.example"))),
            "accepted",
        ),
        (
            "among several audiences",
            token(&with("aud", json!(["https://a.example", URL]))),
            "accepted",
        ),
        (
            "a fraction of a second",
            token(&with("exp", json!(60.5 + 1_768_478_400.0))),
            "accepted",
        ),
        (
            "under the previous secret",
            signed_parts(&part(HEADER), &part(good().to_string()), "the old one"),
            "accepted",
        ),
        (
            "more in the header",
            signed(r#"{"alg":"HS256","kid":"7"}"#, &good().to_string()),
            "accepted",
        ),
        ("nothing", String::new(), "MalformedSignature"),
        ("one part", head.into(), "MalformedSignature"),
        ("two parts", input.into(), "MalformedSignature"),
        ("four parts", format!("{t}.{mac}"), "MalformedSignature"),
        (
            "an empty signature",
            format!("{input}."),
            "MalformedSignature",
        ),
        (
            "a short signature",
            format!("{input}.{}", &mac[..20]),
            "MalformedSignature",
        ),
        (
            "another signature",
            format!("{input}.{zeros}"),
            "SignatureMismatch",
        ),
        (
            "without its claims",
            format!("{head}..{mac}"),
            "MalformedSignature",
        ),
        (
            "without its header",
            format!(".{claims}.{mac}"),
            "MalformedSignature",
        ),
        (
            "padded as it should not be",
            signed_parts(
                &format!("{}==", part(r#"{"alg":"HS256" }"#)),
                &part(good().to_string()),
                SECRET,
            ),
            "MalformedSignature",
        ),
        (
            "padded",
            format!("{head}=.{claims}.{mac}"),
            "MalformedSignature",
        ),
        (
            "not base64",
            format!("{head}.{claims}!.{mac}"),
            "MalformedSignature",
        ),
        (
            "of other letters",
            format!("{head}.{claims}.+{}", &mac[1..]),
            "MalformedSignature",
        ),
        (
            "a header that is no JSON",
            signed("nonsense", &good().to_string()),
            "MalformedSignature",
        ),
        (
            "claims that are no JSON",
            signed(HEADER, "nonsense"),
            "MalformedSignature",
        ),
        (
            "claims with more behind",
            signed(HEADER, &format!("{} x", good())),
            "MalformedSignature",
        ),
        (
            "claims that are a list",
            signed(HEADER, "[]"),
            "MissingTimestamp",
        ),
        (
            "no claims",
            signed_parts(&part(HEADER), &empty, SECRET),
            "MissingTimestamp",
        ),
        (
            "says no algorithm",
            signed("{}", &good().to_string()),
            "UnexpectedValue",
        ),
        (
            "says none",
            format!("{}.{claims}.{mac}", part(r#"{"alg":"none"}"#)),
            "UnexpectedValue",
        ),
        (
            "says another algorithm",
            signed(r#"{"alg":"HS512"}"#, &good().to_string()),
            "UnexpectedValue",
        ),
        (
            "says a public one",
            signed(r#"{"alg":"RS256"}"#, &good().to_string()),
            "UnexpectedValue",
        ),
        (
            "says two algorithms",
            signed(r#"{"alg":"HS256","alg":"none"}"#, &good().to_string()),
            "MalformedSignature",
        ),
        (
            "asks for the unknown",
            signed(
                r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
                &good().to_string(),
            ),
            "UnexpectedValue",
        ),
        (
            "under a strange secret",
            signed_parts(&part(HEADER), &part(good().to_string()), "mallory"),
            "SignatureMismatch",
        ),
        (
            "another issuer",
            token(&with("iss", json!("mallory"))),
            "ClaimMismatch",
        ),
        (
            "an issuer that is a number",
            token(&with("iss", json!(7))),
            "ClaimMismatch",
        ),
        (
            "an issuer that is an object",
            token(&with("iss", json!({}))),
            "ClaimMismatch",
        ),
        (
            "no issuer",
            token(&with("iss", Value::Null)),
            "ClaimMismatch",
        ),
        ("two issuers", signed(HEADER, &twice), "ClaimMismatch"),
        (
            "two issuers, the wrong one last",
            signed(HEADER, &twice_late),
            "ClaimMismatch",
        ),
        (
            "another audience",
            token(&with("aud", json!("https://a.example"))),
            "ClaimMismatch",
        ),
        (
            "no audience in a list",
            token(&with("aud", json!([]))),
            "ClaimMismatch",
        ),
        (
            "a list of numbers",
            token(&with("aud", json!([1, 2]))),
            "ClaimMismatch",
        ),
        (
            "another digest",
            token(&with("digest", json!(hex(&[7; 32])))),
            "ClaimMismatch",
        ),
        (
            "an empty digest",
            token(&with("digest", json!(""))),
            "ClaimMismatch",
        ),
        (
            "no digest",
            token(&with("digest", Value::Null)),
            "ClaimMismatch",
        ),
        (
            "no end",
            token(&with("exp", Value::Null)),
            "MissingTimestamp",
        ),
        (
            "an end in words",
            token(&with("exp", json!("tomorrow"))),
            "MalformedTimestamp",
        ),
        (
            "an end before 1970",
            token(&with("exp", json!(-1))),
            "MalformedTimestamp",
        ),
        (
            "an end beyond all ends",
            signed(
                HEADER,
                &good()
                    .to_string()
                    .replace(&(NOW + 60).to_string(), &"9".repeat(40)),
            ),
            "MalformedTimestamp",
        ),
        (
            "an end in a power of ten",
            signed(
                HEADER,
                &good().to_string().replace(&(NOW + 60).to_string(), "1e99"),
            ),
            "MalformedTimestamp",
        ),
        (
            "ended",
            token(&with("exp", json!(NOW - 10))),
            "TokenExpired",
        ),
        (
            "just not ended",
            token(&with("exp", json!(NOW - 9))),
            "accepted",
        ),
        (
            "to begin soon",
            token(&with("nbf", json!(NOW + 10))),
            "accepted",
        ),
        (
            "to begin later",
            token(&with("nbf", json!(NOW + 11))),
            "TokenNotYetValid",
        ),
        (
            "made long ago",
            token(&with("iat", json!(NOW - 11))),
            "TimestampTooOld",
        ),
        (
            "made in the future",
            token(&with("iat", json!(NOW + 11))),
            "TimestampInFuture",
        ),
        (
            "made at no time",
            token(&with("iat", Value::Null)),
            "MissingTimestamp",
        ),
        (
            "an id that is an object",
            token(&with("jti", json!({}))),
            "MalformedSignature",
        ),
        (
            "64 KiB of nothing",
            "a".repeat(64 << 10),
            "MalformedSignature",
        ),
        ("64 KiB of dots", ".".repeat(64 << 10), "MalformedSignature"),
        (
            "claims as deep as they can be",
            signed(HEADER, &"[".repeat(20_000)),
            "MalformedSignature",
        ),
    ];
    let mut report = Report::default();
    for (name, token, expected) in rows {
        let said = answer(&verifier, delivery(&token)).await;
        report.note(if said == expected {
            Ok(())
        } else {
            Err(format!("{name}: {said} and not {expected}"))
        });
    }
    report.finish();

    let others = [
        (delivery(&t).body(r#"{"id":8}"#), "ClaimMismatch"),
        (
            delivery(&t).uri("https://hooks.example.com/hooks?try=2"),
            "ClaimMismatch",
        ),
        (delivery(&t).set("authorization", &t), "accepted"),
        (
            delivery(&t).set("authorization", format!("bearer {t}")),
            "MalformedSignature",
        ),
        (delivery(&t).without("authorization"), "MissingSignature"),
        (delivery(&t).set("authorization", ""), "MissingSignature"),
        (
            delivery(&t).header("authorization", format!("Bearer {t}")),
            "accepted",
        ),
        (
            delivery(&t).header("authorization", "Bearer x"),
            "ConflictingHeader",
        ),
    ];
    for (delivery, expected) in others {
        assert_eq!(answer(&verifier, delivery).await, expected);
    }
}

#[tokio::test]
async fn reports_claims_as_signed() {
    let clock = test_clock();
    clock.set(at(NOW));
    let verifier = verifier(acme(), &clock);
    let old = signed_parts(&part(HEADER), &part(good().to_string()), "the old one");
    let proof = verifier
        .verify(&delivery(&old).head, BODY.as_bytes())
        .unwrap();
    assert_eq!(proof.delivery_id(), Some("d-1"));
    assert!(proof.delivery_id_is_signed() && proof.timestamp_is_signed());
    assert!(proof.body_is_signed());
    assert_eq!(proof.timestamp(), Some(support::at(NOW)));
    assert_eq!(proof.key_label(), Some("old"));

    let error = verifier.verify(&delivery(&old).head, b"{}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the signature of the token is valid, but its claim `digest` is missing or has an unexpected value"
    );
    let RejectionKind::ClaimMismatch { claim, .. } = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(claim, "digest");
}

#[tokio::test]
async fn accepts_a_missing_body_digest_only_if_optional_and_the_body_is_empty() {
    let clock = test_clock();
    clock.set(at(NOW));
    let scheme = || {
        Scheme::builder("acme")
            .signature_header("authorization")
            .signature_format(SignatureFormat::jws("Bearer "))
    };
    let always = verifier(scheme().claim("digest", "{sha256}"), &clock);
    let if_body = verifier(scheme().claim_if_body("digest", "{sha256}"), &clock);
    let bare = token(&json!({}));
    let empty = token(&json!({ "digest": hex(&Sha256::digest("")) }));
    let full = token(&json!({ "digest": hex(&Sha256::digest(BODY)) }));
    for (token, body, of_always, of_if_body) in [
        (&bare, "", "ClaimMismatch", "accepted"),
        (&bare, BODY, "ClaimMismatch", "ClaimMismatch"),
        (&empty, "", "accepted", "accepted"),
        (&empty, BODY, "ClaimMismatch", "ClaimMismatch"),
        (&full, "", "ClaimMismatch", "ClaimMismatch"),
        (&full, BODY, "accepted", "accepted"),
    ] {
        let delivery = delivery(token).body(body);
        assert_eq!(
            answer(&always, delivery.clone()).await,
            of_always,
            "{token} {body}"
        );
        assert_eq!(
            answer(&if_body, delivery).await,
            of_if_body,
            "{token} {body}"
        );
    }
}

/// The leeway of `exp` and `nbf` does not depend on the maximum age of `iat`.
#[tokio::test]
async fn applies_the_leeway_to_the_life_of_a_token_only() {
    let scheme = || acme().tolerance(Duration::from_secs(10)).build().unwrap();
    let verifier = |leeway: Option<u64>| {
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let provider = Provider::from(scheme()).with_public_url(url);
        let verifier = Verifier::new(provider, Secret::new(SECRET).unwrap()).unwrap();
        let verifier = verifier.clock(test_clock());
        match leeway {
            Some(seconds) => verifier.leeway(Duration::from_secs(seconds)).unwrap(),
            None => verifier,
        }
    };
    let rows = [
        (None, with("exp", json!(NOW - 9)), "accepted"),
        (None, with("exp", json!(NOW - 10)), "TokenExpired"),
        (Some(0), with("exp", json!(NOW)), "TokenExpired"),
        (Some(0), with("exp", json!(NOW + 1)), "accepted"),
        (Some(60), with("exp", json!(NOW - 59)), "accepted"),
        (Some(60), with("exp", json!(NOW - 60)), "TokenExpired"),
        (Some(60), with("nbf", json!(NOW + 60)), "accepted"),
        (Some(0), with("nbf", json!(NOW + 1)), "TokenNotYetValid"),
        (Some(60), with("iat", json!(NOW - 10)), "accepted"),
        (Some(60), with("iat", json!(NOW - 11)), "TimestampTooOld"),
    ];
    for (leeway, claims, expected) in rows {
        let said = answer(&verifier(leeway), delivery(&token(&claims))).await;
        assert_eq!(said, expected, "{leeway:?} {claims}");
    }
    let plain = Scheme::builder("acme").signature_header("x-signature");
    let plain = Verifier::new(plain.build().unwrap(), Secret::new(SECRET).unwrap()).unwrap();
    let error = plain.leeway(Duration::ZERO).unwrap_err().to_string();
    assert!(error.contains("`leeway` has no effect"), "{error}");
}

/// RFC 7797. The signature is that of a public report (platformsh/platformsh-docs#1148).
#[test]
fn accepts_an_unencoded_payload_of_a_detached_signature() {
    const SECRET: &str = "It's a Secret to Everybody";
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..\
                         vWxG1BeCjnNz4gHDC6yIAXbN-Ht6dwc_gRiuRT8FleU";
    let verify = |format: SignatureFormat, message: &'static str, body: &str| {
        let scheme = Scheme::builder("platform").signature_header("x-jws-signature");
        let scheme = scheme.signature_format(format).message(message);
        let secret = Secret::new(SECRET).unwrap();
        let verifier = Verifier::new(scheme.build().unwrap(), secret).unwrap();
        let request = Request::post("/platform").header("x-jws-signature", TOKEN);
        let request = request.body(body.to_owned()).unwrap();
        verifier
            .verify(&request, request.body().as_bytes())
            .map(|_| ())
    };
    let detached = SignatureFormat::detached_jws;
    let body = r#"{"id":"1","type":"environment.push"}"#;
    assert!(verify(detached(), "{jws}.{body}", body).is_ok());
    assert!(verify(detached(), "{jws}.{body}", &body.replace('1', "2")).is_err());
    // This message has an encoded payload, so the extension contradicts it.
    let error = verify(detached(), "{jws}.{sha256}", body).unwrap_err();
    assert!(
        matches!(error.kind(), RejectionKind::UnexpectedValue { .. }),
        "{error}"
    );
}

#[test]
fn rejects_contradictory_token_schemes() {
    let kind = |scheme: SchemeBuilder| scheme.build().unwrap_err().kind().clone();
    let plain = || Scheme::builder("acme").signature_header("x-signature");
    let jws = || plain().signature_format(SignatureFormat::jws(""));
    assert_eq!(
        kind(plain().claim("iss", "acme")),
        SchemeErrorKind::ClaimWithoutJws
    );
    assert_eq!(
        kind(plain().require_expiry()),
        SchemeErrorKind::ClaimWithoutJws
    );
    assert_eq!(
        kind(plain().timestamp(Location::claim("iat"))),
        SchemeErrorKind::ClaimWithoutJws
    );
    assert_eq!(
        kind(plain().id(Location::claim("jti"))),
        SchemeErrorKind::ClaimWithoutJws
    );
    let detached = plain().signature_format(SignatureFormat::detached_jws());
    assert_eq!(
        kind(detached.claim("iss", "acme")),
        SchemeErrorKind::ClaimWithoutJws
    );
    assert_eq!(kind(jws()), SchemeErrorKind::NotOneBody);
    assert_eq!(
        kind(jws().claim("iss", "acme")),
        SchemeErrorKind::NotOneBody
    );
    let sha1 = jws()
        .claim("digest", "{sha256}")
        .algorithm(Algorithm::HmacSha1);
    assert_eq!(kind(sha1), SchemeErrorKind::AlgorithmWithoutJws);
    let two = jws()
        .claim("digest", "{sha256}")
        .signature_header("x-other");
    assert_eq!(kind(two), SchemeErrorKind::NoSignatureHeader);
    let claimed = || jws().timestamp(Location::claim("iat"));
    for (name, scheme) in [
        ("jws", jws().claim("digest", "{sha256}.{jws}")),
        (
            "x-signature",
            jws().claim("digest", "{sha256}.{header:x-signature}"),
        ),
        (
            "timestamp",
            claimed().claim("digest", "{sha256}.{timestamp}"),
        ),
    ] {
        let circular = kind(scheme);
        assert!(
            matches!(&circular, SchemeErrorKind::CircularClaim { part, .. } if part == name),
            "{circular:?}"
        );
    }
    let unknown = kind(plain().message("{jws}{body}"));
    assert!(matches!(unknown, SchemeErrorKind::UnknownToken { token, .. } if token == "jws"));
}
