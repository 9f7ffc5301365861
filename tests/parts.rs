//! What schemes find in bodies, queries and several headers, and what they refuse to find there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{Delivery, NOW, Report, Rig, SECRET, TestClock, at, hex, mac256, send};
use tower_webhook::{
    PublicUrl, Rejection, Secret, Verifier, WebhookLayer,
    providers::{self, Provider},
    rejection::RejectionClass as R,
    scheme::{Algorithm, Encoding, Layout, Scheme, SchemeBuilder, SchemeErrorKind, TimestampUnit},
    sign::Signer,
};

fn acme() -> SchemeBuilder {
    Scheme::builder("acme").signature_header("x-signature")
}

fn verifier(provider: impl Into<Provider>) -> Verifier {
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    let provider = provider.into().with_public_url(url);
    let secret = Secret::new(SECRET).unwrap();
    Verifier::new(provider, secret)
        .unwrap()
        .clock(TestClock::new())
}

/// What the layer and the core answer, which is the same.
async fn answer(verifier: &Verifier, delivery: &Delivery) -> Option<R> {
    let rig = Rig::new(WebhookLayer::from(verifier.clone()), delivery.clone());
    let layer = send(&rig.service, delivery.clone().request()).await;
    let layer = layer.rejection.as_ref().map(Rejection::class);
    let core = verifier.verify(&delivery.head, &delivery.body);
    assert_eq!(core.err().map(|it| it.class()), layer);
    layer
}

fn signed(text: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(body).header("x-signature", hex(&mac256(text)))
}

/// A member of JSON is what it says, and never one of two.
#[tokio::test]
async fn members_of_json() {
    let scheme = acme().message("{json:a.b}").danger_leave_body_unsigned();
    let verifier = verifier(scheme.build().unwrap());
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let lists = "[".repeat(1_000_000);
    let rows: &[(&str, &str, Option<R>)] = &[
        (r#"{"a":{"b":"x"}}"#, "x", None),
        (r#"{"z":[{"a":{"b":"y"}}],"a":{"c":1,"b":"x"}}"#, "x", None),
        (r#"{"a":{"b":"\u0078\n"}}"#, "x\n", None),
        (r#"{"\u0061":{"b":"x"}}"#, "x", None),
        (r#"{"a":{"b":1.50e2}}"#, "1.50e2", None),
        (r#"{"a":{"b":true}}"#, "true", None),
        (r#"{"a":[{"b":"x"}]}"#, "x", Some(R::InvalidRequest)),
        // Which of two is it?
        (r#"{"a":{"b":"x","b":"y"}}"#, "x", Some(R::InvalidRequest)),
        (r#"{"a":{"b":"x","b":"x"}}"#, "x", Some(R::InvalidRequest)),
        (r#"{"a":{"b":"x"},"a":{}}"#, "x", Some(R::InvalidRequest)),
        (
            r#"{"a":{"b":"x","\u0062":"y"}}"#,
            "x",
            Some(R::InvalidRequest),
        ),
        (r#"{"a":{"b":null}}"#, "", Some(R::InvalidRequest)),
        (r#"{"a":{"b":{}}}"#, "{}", Some(R::InvalidRequest)),
        (r#"{"a":{}}"#, "", Some(R::InvalidRequest)),
        (r#"{"a":"b"}"#, "b", Some(R::InvalidRequest)),
        (r#"{"a":{"b":"x"}} "#, "x", None),
        (r#"{"a":{"b":"x"}}x"#, "x", Some(R::InvalidRequest)),
        (r#"{"a":{"b":"x"}"#, "x", Some(R::InvalidRequest)),
        ("", "", Some(R::InvalidRequest)),
        ("x", "x", Some(R::InvalidRequest)),
        (&deep, "1", Some(R::InvalidRequest)),
        (&lists, "1", Some(R::InvalidRequest)),
    ];
    let mut report = Report::default();
    for (body, text, expect) in rows {
        let answer = answer(&verifier, &signed(text, body)).await;
        let body = body.get(..body.len().min(60)).unwrap();
        report.note(if answer == *expect {
            Ok(())
        } else {
            Err(format!("{body}: {answer:?}"))
        });
    }
    let bad =
        Delivery::new(b"{\"a\":{\"b\":\"\xff\"}}").header("x-signature", hex(&mac256("\u{fffd}")));
    assert_eq!(answer(&verifier, &bad).await, Some(R::InvalidRequest));
    report.finish();
}

/// A field of a form is its bytes, and never one of two.
#[tokio::test]
async fn fields_of_forms() {
    let scheme = acme().message("{form:a}").danger_leave_body_unsigned();
    let one = verifier(scheme.build().unwrap());
    let sorted = verifier(acme().message("{sorted_form}").build().unwrap());
    let many = "&".repeat(1 << 20);
    let fields = "a&".repeat(4096);
    let too_many = "a&".repeat(4097);
    let rows: &[(&Verifier, &[u8], &[u8], Option<R>)] = &[
        (&one, b"a=x&b=y", b"x", None),
        (&one, b"a=x+y%20z%2B", b"x y z+", None),
        (&one, b"a=x&a=x", b"x", None),
        (&one, b"a=x&a=y", b"x", Some(R::InvalidRequest)),
        (&one, b"%61=x&a=y", b"x", Some(R::InvalidRequest)),
        (&one, b"b=y", b"", Some(R::InvalidRequest)),
        (&one, b"", b"", Some(R::InvalidRequest)),
        (&one, b"a=%ff", b"\xff", None),
        (
            &one,
            b"a=%ff",
            "\u{fffd}".as_bytes(),
            Some(R::InvalidSignature),
        ),
        (&one, b"a=%zz%", b"%zz%", None),
        (&sorted, b"b=2&a=1", b"a1b2", None),
        (&sorted, b"b=2&a=3&a=1&a=1", b"a1a3b2", None),
        (&sorted, b"a=%ff", b"a\xff", None),
        (&sorted, b"a=%fe", b"a\xff", Some(R::InvalidSignature)),
        (
            &sorted,
            b"Reason=1&ReasonEnded=0",
            b"Reason1ReasonEnded0",
            None,
        ),
        (&sorted, many.as_bytes(), b"", None),
        (&sorted, fields.as_bytes(), b"a", None),
        (&sorted, too_many.as_bytes(), b"a", Some(R::InvalidRequest)),
    ];
    let mut report = Report::default();
    for (verifier, body, text, expect) in rows {
        let answer = answer(verifier, &signed(text, body)).await;
        let body = String::from_utf8_lossy(&body[..body.len().min(40)]);
        report.note(if answer == *expect {
            Ok(())
        } else {
            Err(format!("{body}: {answer:?}"))
        });
    }
    report.finish();
}

/// What fits no template: the text that its provider signs, and what is refused.
#[tokio::test]
async fn canonicalisers() {
    let scheme = |message: &str| {
        let scheme = acme()
            .message(message.to_owned())
            .danger_allow_ambiguous_message();
        verifier(scheme.danger_leave_body_unsigned().build().unwrap())
    };
    let here = "https://hooks.example.com/hooks";
    let encoded = format!("{here}%2Fa%3fb%41?c=%2C%20%zz%2");
    let rows: &[(&str, &str, &[u8], &str, Option<R>)] = &[
        ("vonage_sms", here, b"b=2&a=1&sig=x", "&a=1&b=2", None),
        ("vonage_sms", here, b"a=%26%3D", "&a=__", None),
        ("vonage_sms", here, b"a=1&a=1", "&a=1&a=1", Some(R::InvalidRequest)),
        ("vonage_sms", here, b"a%3D=1", "&a==1", Some(R::InvalidRequest)),
        ("vonage_sms", "https://hooks.example.com/?a=1&sig=x", b"", "&a=1", None),
        ("braintree", here, b"bt_payload=YQ%3D%3D%0A", "YQ==\n", None),
        ("braintree", here, b"bt_payload=YQ==!", "YQ==!", Some(R::InvalidRequest)),
        ("braintree", here, b"x=1", "", Some(R::InvalidRequest)),
        ("paddle_classic", here, b"b=%C3%A9&a=&p_signature=x", "a:2:{s:1:\"a\";s:0:\"\";s:1:\"b\";s:2:\"\u{e9}\";}", None),
        ("paddle_classic", here, b"a=1&a=2", "", Some(R::InvalidRequest)),
        ("hubspot_url", &encoded, b"", "https://hooks.example.com/hooks/a?b%41?c=,%20%zz%2", None),
        ("box_escaped", here, "\\/ \\n \u{e9}\u{1f600}\n\t\u{7f}".as_bytes(), "\\/ \\\\n \\u00e9\\ud83d\\ude00\\n\\t\\u007f", None),
        ("box_escaped", here, b"\xff", "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"Type":"Other"}"#, "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"Type":"Notification","Message":"m"}"#, "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"Type":"Notification","Message":"m","MessageId":"i","Timestamp":"t\nTopicArn","TopicArn":"a"}"#, "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"Type":"Notification","Message":"m","MessageId":"i","Subject":null,"Timestamp":"t","TopicArn":"a"}"#, "Message\nm\nMessageId\ni\nTimestamp\nt\nTopicArn\na\nType\nNotification\n", None),
        ("plivo_v3", "https://hooks.example.com/p?b=2&a=1", b"", "https://hooks.example.com/p?a=1&b=2", None),
        ("plivo_v3", here, b"a=1", "", Some(R::InvalidRequest)),
    ];
    let mut report = Report::default();
    for (name, uri, body, text, expect) in rows {
        let verifier = scheme(&format!("{{canonical:{name}}}"));
        let answer = answer(&verifier, &signed(text, body).uri(uri)).await;
        let body = String::from_utf8_lossy(body);
        report.note(if answer == *expect {
            Ok(())
        } else {
            Err(format!("{name}: {body}: {answer:?}"))
        });
    }
    for (message, text) in [("{md5}", ""), ("{crc32}", "0")] {
        let answer = answer(&scheme(message), &signed(text, "")).await;
        report.note(if answer.is_none() {
            Ok(())
        } else {
            Err(format!("{message}: {answer:?}"))
        });
    }
    report.finish();
}

/// The file of a public key, with its newline.
#[test]
fn a_public_key_from_a_file() {
    let files = common::vectors();
    let file = files.iter().find(|file| file.provider == "wise").unwrap();
    let case = &file.cases[0];
    let text = format!("{}\n", case.public_key.as_ref().unwrap().trim());
    assert!(Secret::new(text.as_str()).is_err());
    let key = Secret::from_bytes(text.into_bytes()).unwrap();
    let delivery = case.delivery();
    let verifier = case.verifier("wise", key);
    assert!(verifier.verify(&delivery.head, &delivery.body).is_ok());
}

/// A certificate ends as a key does.
#[test]
fn a_certificate_that_has_ended() {
    let files = common::vectors();
    let file = files
        .iter()
        .find(|file| file.provider == "aws_sns")
        .unwrap();
    let case = &file.cases[0];
    let clock = TestClock::new();
    let verifier = case.verifier("aws_sns", case.keys()).clock(clock.clone());
    let verifier = verifier.tolerance(std::time::Duration::MAX);
    let delivery = case.delivery();
    for (now, is_good) in [(2_051_222_400, true), (2_051_222_401, false)] {
        clock.set(now);
        let outcome = verifier.verify(&delivery.head, &delivery.body);
        assert_eq!(outcome.is_ok(), is_good, "{outcome:?}");
        if let Err(rejection) = outcome {
            assert!(matches!(
                rejection.kind(),
                tower_webhook::rejection::RejectionKind::ExpiredKey { .. }
            ));
        }
    }
}

/// Several headers: any may match, one must be there; and those that guard must say what they should.
#[tokio::test]
async fn several_headers_and_guards() {
    let scheme = acme()
        .other_signature_header("x-other")
        .guard("x-version", "1");
    let verifier = verifier(scheme.build().unwrap());
    let (right, wrong) = (hex(&mac256("{}")), hex(&mac256("[]")));
    let good = || Delivery::new("{}").header("x-version", "1");
    let rows = [
        ("the first", good().header("x-signature", &right), None),
        ("the other", good().header("x-other", &right), None),
        (
            "one of both",
            good()
                .header("x-signature", &wrong)
                .header("x-other", &right),
            None,
        ),
        (
            "neither",
            good()
                .header("x-signature", &wrong)
                .header("x-other", &wrong),
            Some(R::InvalidSignature),
        ),
        ("none", good(), Some(R::InvalidSignature)),
        (
            "an empty one beside",
            good().header("x-signature", "").header("x-other", &right),
            None,
        ),
        (
            "another version",
            good().set("x-version", "2").header("x-other", &right),
            Some(R::InvalidSignature),
        ),
        (
            "no version",
            good().without("x-version").header("x-other", &right),
            Some(R::InvalidSignature),
        ),
        (
            "two versions",
            good().header("x-version", "2").header("x-other", &right),
            Some(R::InvalidRequest),
        ),
    ];
    let mut report = Report::default();
    for (name, delivery, expect) in rows {
        let answer = answer(&verifier, &delivery).await;
        report.note(if answer == expect {
            Ok(())
        } else {
            Err(format!("{name}: {answer:?}"))
        });
    }
    report.finish();
}

/// A signature may be in the head or in the query.
#[tokio::test]
async fn in_the_head_or_in_the_query() {
    let verifier = verifier(acme().signature_query("sig").build().unwrap());
    let (right, wrong) = (hex(&mac256("{}")), hex(&mac256("[]")));
    let at = |query: &str| Delivery::new("{}").uri(&format!("https://hooks.example.com/{query}"));
    let rows = [
        ("the head", at("").header("x-signature", &right), None),
        ("the query", at(&format!("?sig={right}")), None),
        (
            "one of both",
            at(&format!("?sig={wrong}")).header("x-signature", &right),
            None,
        ),
        (
            "neither",
            at(&format!("?sig={wrong}")).header("x-signature", &wrong),
            Some(R::InvalidSignature),
        ),
        ("none", at(""), Some(R::InvalidSignature)),
        ("empty", at("?sig="), Some(R::InvalidSignature)),
        (
            "two",
            at(&format!("?sig={right}&sig={wrong}")),
            Some(R::InvalidRequest),
        ),
    ];
    let mut report = Report::default();
    for (name, delivery, expect) in rows {
        let answer = answer(&verifier, &delivery).await;
        report.note(if answer == expect {
            Ok(())
        } else {
            Err(format!("{name}: {answer:?}"))
        });
    }
    report.finish();
}

/// What is in a body that is signed is signed.
#[test]
fn what_is_in_a_signed_body_is_signed() {
    assert!(providers::linear().scheme().timestamp_is_signed());
    assert!(!providers::linear().scheme().delivery_id_is_signed());
    assert!(providers::mailgun().scheme().timestamp_is_signed());
    assert!(providers::aws_sns().scheme().timestamp_is_signed());
    assert!(!providers::aws_sns().scheme().delivery_id_is_signed());
    assert!(!providers::generic().scheme().timestamp_is_signed());
    assert!(providers::paypal().scheme().delivery_id_is_signed());
}

/// A token is compared as a whole, whatever its length, and nothing of it is told.
#[tokio::test]
async fn tokens() {
    let long = "x".repeat(8000);
    let token = verifier(providers::token());
    let basic = verifier(providers::basic_auth());
    let plain = common::base64(SECRET.as_bytes());
    let rows: &[(&str, &Verifier, &str, Option<R>)] = &[
        ("the token", &token, SECRET, None),
        (
            "with a letter more",
            &token,
            &format!("{SECRET}x"),
            Some(R::InvalidSignature),
        ),
        (
            "with a letter less",
            &token,
            &SECRET[..SECRET.len() - 1],
            Some(R::InvalidSignature),
        ),
        (
            "in another case",
            &token,
            &SECRET.to_uppercase(),
            Some(R::InvalidSignature),
        ),
        ("a long one", &token, &long, Some(R::InvalidSignature)),
        ("credentials", &basic, &format!("Basic {plain}"), None),
        (
            "credentials of none",
            &basic,
            "Basic ",
            Some(R::InvalidSignature),
        ),
        (
            "no base64",
            &basic,
            &format!("Basic {SECRET}"),
            Some(R::InvalidSignature),
        ),
        (
            "another scheme",
            &basic,
            &format!("Bearer {plain}"),
            Some(R::InvalidSignature),
        ),
    ];
    let mut report = Report::default();
    for (name, verifier, value, expect) in rows {
        let delivery = Delivery::new("{}").header("authorization", value);
        let answer = answer(verifier, &delivery).await;
        report.note(if answer == *expect {
            Ok(())
        } else {
            Err(format!("{name}: {answer:?}"))
        });
    }
    report.finish();
    let verified = token.verify(
        &Delivery::new("{}").header("authorization", SECRET).head,
        b"any body",
    );
    assert!(!verified.unwrap().body_is_signed());
}

/// Either of two texts, under any key; not a third.
#[tokio::test]
async fn either_text() {
    let scheme = acme()
        .message("a:{body}")
        .or_message("b:{body}")
        .build()
        .unwrap();
    let old = Secret::new(SECRET).unwrap();
    let keys = tower_webhook::Keys::new(Secret::new("a newer secret").unwrap()).previous(old);
    let rotated = Verifier::new(scheme.clone(), keys)
        .unwrap()
        .clock(TestClock::new());
    for verifier in [verifier(scheme), rotated] {
        for (text, expect) in [
            ("a:{}", None),
            ("b:{}", None),
            ("c:{}", Some(R::InvalidSignature)),
            ("{}", Some(R::InvalidSignature)),
        ] {
            assert_eq!(
                answer(&verifier, &signed(text, "{}")).await,
                expect,
                "{text}"
            );
        }
        // Piece by piece.
        let delivery = signed("b:{}", "{}");
        let mut session = verifier.begin(&delivery.head).unwrap();
        session.update(b"{");
        session.update(b"}");
        assert!(session.finish([b"{", b"}"]).is_ok());
    }
}

/// What the head tells beside the proof, and what it cannot tell.
#[test]
fn what_is_told_of_a_delivery() {
    let signer = Signer::new(providers::twitch(), Secret::new(SECRET).unwrap()).unwrap();
    let verifier = verifier(providers::twitch());
    for (event, attempt, expect) in [
        (
            Some("channel.follow"),
            Some("2"),
            (Some("channel.follow"), Some(2)),
        ),
        (Some(""), Some("second"), (None, None)),
        (None, Some("99999999999999999999"), (None, None)),
    ] {
        let mut request = http::Request::post("/").body("{}".into()).unwrap();
        signer.sign(&mut request, "an-id", at(NOW)).unwrap();
        let headers = request.headers_mut();
        if let Some(event) = event {
            headers.insert("twitch-eventsub-subscription-type", event.parse().unwrap());
        }
        if let Some(attempt) = attempt {
            headers.insert("twitch-eventsub-message-retry", attempt.parse().unwrap());
        }
        let told = verifier.verify(&request, request.body()).unwrap();
        assert_eq!((told.event_type(), told.attempt()), expect);
        assert_eq!(told.delivery_id(), Some("an-id"));
        assert!(told.delivery_id_is_signed() && told.timestamp_is_signed());
    }
}

/// A time without an offset is UTC, and nothing else.
#[tokio::test]
async fn times_without_an_offset() {
    let scheme = acme()
        .timestamp_header("x-time")
        .timestamp_unit(TimestampUnit::DateTime);
    let verifier = verifier(scheme.message("{timestamp}.{body}").build().unwrap());
    for (time, expect) in [
        ("2026-01-15T12:00:00", None),
        ("2026-01-15T12:00:00.123", None),
        ("2026-01-15T12:00:00Z", Some(R::InvalidTimestamp)),
        ("2026-01-15T12:00:00+00:00", Some(R::InvalidTimestamp)),
        ("2026-01-15 12:00:00", Some(R::InvalidTimestamp)),
        ("2026-01-15T11:00:00", Some(R::Expired)),
    ] {
        let delivery = signed(format!("{time}.{{}}"), "{}").header("x-time", time);
        assert_eq!(answer(&verifier, &delivery).await, expect, "{time}");
    }
}

/// What Twilio does not sign is not let in.
#[tokio::test]
async fn a_body_that_twilio_did_not_sign() {
    let verifier = verifier(providers::twilio());
    let key = Secret::new(SECRET).unwrap();
    let provider = verifier.provider().clone();
    let signer = Signer::new(provider, key).unwrap();
    let digest = hex(&<sha2::Sha256 as sha2::Digest>::digest(b"{}"));
    for (query, kind, body, expect) in [
        (
            format!("?bodySHA256={digest}"),
            "application/json",
            "{}",
            None,
        ),
        (
            format!("?bodySHA256={digest}"),
            "application/json",
            "[]",
            Some(R::InvalidRequest),
        ),
        (
            format!("?bodySHA256={digest}"),
            "application/x-www-form-urlencoded",
            "a=1",
            Some(R::InvalidRequest),
        ),
        (
            String::new(),
            "application/json",
            "{}",
            Some(R::InvalidRequest),
        ),
        (
            String::new(),
            "application/x-www-form-urlencoded",
            "a=1",
            None,
        ),
    ] {
        let uri = format!("https://hooks.example.com/sms{query}");
        let request = http::Request::post(uri).header("content-type", kind);
        // Signed over what could be signed: the URL.
        let over = if kind.ends_with("json") { "{}" } else { body };
        let mut request = request.body(over.into()).unwrap();
        let _ = signer.sign(&mut request, "id", at(NOW));
        if !request.headers().contains_key("x-twilio-signature") {
            request.headers_mut().insert(
                "x-twilio-signature",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAA=".parse().unwrap(),
            );
        }
        let (head, _) = request.into_parts();
        let delivery = Delivery {
            head,
            body: body.to_owned().into(),
        };
        assert_eq!(
            answer(&verifier, &delivery).await,
            expect,
            "{query} {kind} {body}"
        );
    }
}

#[test]
fn a_description_that_contradicts_itself_is_an_error() {
    use SchemeErrorKind as E;

    let kind = |builder: SchemeBuilder| builder.build().unwrap_err().kind().clone();
    assert_eq!(kind(acme().message("{json:a}")), E::NotOneBody);
    assert_eq!(kind(acme().message("{crc32}")), E::NotOneBody);
    assert_eq!(kind(acme().message("{body}{sorted_form}")), E::NotOneBody);
    assert_eq!(kind(acme().algorithm(Algorithm::Token)), E::TokenMismatch);
    assert_eq!(kind(acme().encoding(Encoding::Text)), E::TokenMismatch);
    assert_eq!(
        kind(acme().algorithm(Algorithm::Ed25519)),
        E::KeyFormMismatch
    );
    assert!(matches!(
        kind(acme().guard("x", "\n")),
        E::InvalidGuard { .. }
    ));
    assert!(matches!(
        kind(acme().message("{canonical:nobody}{body}")),
        E::UnknownToken { .. }
    ));
    assert!(matches!(
        kind(acme().layout(Layout::credentials(""))),
        E::InvalidPrefix { .. }
    ));
    let error = Verifier::new(providers::paypal(), Secret::new("x").unwrap()).unwrap_err();
    assert!(
        error.to_string().contains("a certificate in PEM"),
        "{error}"
    );
}
