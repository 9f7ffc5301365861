//! What schemes find in bodies, queries and several headers, and what they refuse to find there.

use sha2::{Digest as _, Sha256};
use tower_webhook::{
    PublicUrl, Rejection, Secret, Verifier, WebhookLayer,
    providers::{self, Provider},
    rejection::RejectionClass as R,
    scheme::{
        Algorithm, Encoding, Location, Scheme, SchemeBuilder, SchemeErrorKind, SignatureFormat,
        TimestampFormat,
    },
    sign::Signer,
};

use crate::support::{
    self, Delivery, NOW, Report, Rig, SECRET, at, find_provider, hex, mac256, send, test_clock,
    with_any_method,
};

fn acme() -> SchemeBuilder {
    Scheme::builder("acme").signature_header("x-signature")
}

fn verifier(provider: impl Into<Provider>) -> Verifier {
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    let provider = support::with_public_url(provider.into(), url);
    let secret = Secret::new(SECRET).unwrap();
    Verifier::new(provider, secret).unwrap().clock(test_clock())
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
async fn reads_signatures_from_json_members() {
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
    // Bytes that are not UTF-8 in a member that the scheme does not use.
    let ignored = b"{\"a\":{\"b\":\"x\"},\"c\":\"\xff\"}";
    let bad = Delivery::new(ignored).header("x-signature", hex(&mac256("x")));
    assert_eq!(answer(&verifier, &bad).await, Some(R::InvalidRequest));
    report.finish();
}

/// A field of a form is its bytes, and never one of two.
#[tokio::test]
async fn reads_signatures_from_form_fields() {
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
async fn signs_canonical_texts_of_providers() {
    let scheme = |message: &str| {
        // A permission that the message does not need is an error.
        let permissions = [(false, false), (false, true), (true, false), (true, true)];
        let mut schemes = permissions.into_iter().filter_map(|(ambiguous, unsigned)| {
            let mut builder = acme().message(message.to_owned());
            if ambiguous {
                builder = builder.danger_allow_ambiguous_message();
            }
            if unsigned {
                builder = builder.danger_leave_body_unsigned();
            }
            builder.build().ok()
        });
        verifier(schemes.next().unwrap())
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
        ("box_escaped", here, "\\/ \\\" \u{e9}\u{1f600}\n\t\u{7f}".as_bytes(), "\\/ \\\\\" \\u00e9\\ud83d\\ude00\\n\\t\\u007f", None),
        ("box_escaped", here, "\\n \u{e9}".as_bytes(), "\\\\n \\u00e9", Some(R::InvalidRequest)),
        ("box_escaped", here, b"as it is", "as it is", Some(R::InvalidRequest)),
        ("box_escaped", here, b"\xff", "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"Type":"Other"}"#, "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"SignatureVersion":"2","Type":"Notification","Message":"m"}"#, "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"SignatureVersion":"2","Type":"Notification","Message":"m","MessageId":"i","Timestamp":"t\nTopicArn","TopicArn":"a"}"#, "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"SignatureVersion":"3","Type":"Notification","Message":"m","MessageId":"i","Timestamp":"t","TopicArn":"a"}"#, "", Some(R::InvalidRequest)),
        ("aws_sns", here, br#"{"SignatureVersion":"2","Type":"Notification","Message":"m","MessageId":"i","Subject":null,"Timestamp":"t","TopicArn":"a"}"#, "Message\nm\nMessageId\ni\nTimestamp\nt\nTopicArn\na\nType\nNotification\n", None),
        ("plivo_v3", "https://hooks.example.com/p?b=2&a=1", b"", "https://hooks.example.com/p?a=1&b=2", None),
        ("plivo_v3", here, b"a=1", "", Some(R::InvalidRequest)),
        ("plivo_v2", "https://hooks.example.com/p?b=2", b"", "https://hooks.example.com/p", None),
        ("plivo_v2_without_path", "https://hooks.example.com/?b=2", b"", "https://hooks.example.com", None),
        ("plivo_v2_without_path", "https://hooks.example.com/p/", b"", "https://hooks.example.com/p/", None),
        ("adyen_item", here, br#"{"NotificationRequestItem":{"pspReference":"p","merchantReference":"a:b","amount":{"value":1,"currency":"EUR"},"success":true}}"#, "p:::a:b:1:EUR::true", None),
        ("adyen_item", here, br#"{"NotificationRequestItem":{"pspReference":"p:q"}}"#, "p:q:::::::", Some(R::InvalidRequest)),
        ("adyen_item", here, br#"{"NotificationRequestItem":{"amount":"1:EUR"}}"#, ":::::::", None),
        ("adyen_item", here, br#"{"NotificationRequestItem":{"success":{}}}"#, ":::::::", Some(R::InvalidRequest)),
        ("adyen_item", here, br"{}", ":::::::", Some(R::InvalidRequest)),
        ("messagebird_legacy", "https://hooks.example.com/?a=1&a=1", b"", "", Some(R::InvalidRequest)),
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
    let digest = Sha256::digest(b"x");
    let text = [b"a=1%2A&b=%C3%A9+~\n".as_slice(), &digest].concat();
    let delivery = signed(text, "x").uri("https://hooks.example.com/?b=%c3%a9%20~&a=1*");
    let messagebird = answer(&scheme("{canonical:messagebird_legacy}"), &delivery).await;
    assert_eq!(messagebird, None);
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
#[cfg_attr(not(feature = "rsa"), ignore = "needs `rsa`")]
#[test]
fn loads_a_public_key_from_a_file() {
    let files = support::vectors();
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
#[cfg_attr(not(feature = "rsa"), ignore = "needs `rsa`")]
#[test]
fn rejects_an_expired_certificate() {
    let files = support::vectors();
    let file = files
        .iter()
        .find(|file| file.provider == "aws_sns")
        .unwrap();
    let case = &file.cases[0];
    let clock = test_clock();
    let verifier = case.verifier("aws_sns", case.keys()).clock(clock.clone());
    let verifier = support::with_any_tolerance(verifier);
    let delivery = case.delivery();
    for (now, is_good) in [(2_051_222_400, true), (2_051_222_401, false)] {
        clock.set(at(now));
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

/// Several headers: any may match, one must be there; and those that guard must say what they
/// should.
#[tokio::test]
async fn accepts_any_of_several_headers_and_requires_guards() {
    let scheme = acme()
        .signature_header("x-other")
        .require_header("x-version", "1");
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
async fn reads_signatures_from_the_header_or_the_query() {
    let verifier = verifier(acme().signature(Location::query("sig")).build().unwrap());
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

/// Mailgun signs the events of a subaccount with the key of the subaccount, and again with the key
/// of the main account.
#[tokio::test]
async fn accepts_the_signature_of_either_mailgun_account() {
    const TOKEN: &str = "a3f1c2d4e5f60718293a4b5c6d7e8f901122334455667788";
    let verifier = verifier(providers::mailgun());
    let ours = hex(&mac256(format!("{NOW}{TOKEN}")));
    let other = "734ce2d64537730a5100599dc30f59ea12e3f66ffeebfd990b417fb508b9c86f";
    let rows = [
        (Some(&*ours), None, None),
        (Some(other), Some(&*ours), None),
        (Some(&*ours), Some(other), None),
        (None, Some(&*ours), None),
        (Some(other), Some(other), Some(R::InvalidSignature)),
        (Some(other), None, Some(R::InvalidSignature)),
        (None, None, Some(R::InvalidSignature)),
    ];
    let mut report = Report::default();
    for (signature, parent, expect) in rows {
        let member = |name: &str, value: Option<&str>| {
            value.map_or(String::new(), |value| format!(r#","{name}":"{value}""#))
        };
        let signature = member("signature", signature);
        let parent = member("parent-signature", parent);
        let body = format!(
            r#"{{"signature":{{"timestamp":"{NOW}","token":"{TOKEN}"{signature}{parent}}}}}"#
        );
        let answer = answer(&verifier, &Delivery::new(&body)).await;
        report.note(if answer == expect {
            Ok(())
        } else {
            Err(format!("{body}: {answer:?}"))
        });
    }
    report.finish();
}

/// What is in a body that is signed is signed.
#[test]
fn reports_values_in_a_signed_body_as_signed() {
    assert!(providers::linear().scheme().timestamp_is_signed());
    assert!(!providers::linear().scheme().delivery_id_is_signed());
    assert!(providers::mailgun().scheme().timestamp_is_signed());
    assert!(providers::mailgun().scheme().delivery_id_is_signed());
    assert!(!providers::mailgun().scheme().event_type_is_signed());
    assert!(providers::dropbox_sign().scheme().event_type_is_signed());
    assert!(!providers::github().scheme().event_type_is_signed());
    assert!(!providers::generic().scheme().timestamp_is_signed());
    assert!(providers::contentful().scheme().timestamp_is_signed());
    assert!(!providers::adyen_payments().scheme().body_is_signed());
    if let Some(aws_sns) = find_provider("aws_sns") {
        assert!(aws_sns.scheme().timestamp_is_signed());
        assert!(aws_sns.scheme().delivery_id_is_signed());
    }
    if let Some(paypal) = find_provider("paypal") {
        assert!(paypal.scheme().delivery_id_is_signed());
    }
}

/// A token is compared as a whole, whatever its length, and the rejection reveals no part of it.
#[tokio::test]
async fn compares_whole_tokens_of_any_length() {
    let long = "x".repeat(8000);
    let token = verifier(providers::token());
    let basic = verifier(providers::basic_auth());
    let plain = support::base64(SECRET.as_bytes());
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
async fn accepts_either_of_two_messages_under_any_key() {
    let scheme = acme()
        .message("a:{body}")
        .alternative_message("b:{body}")
        .build()
        .unwrap();
    let old = Secret::new(SECRET).unwrap();
    let keys = tower_webhook::Keys::new(Secret::new("a newer secret").unwrap()).previous(old);
    let rotated = Verifier::new(scheme.clone(), keys)
        .unwrap()
        .clock(test_clock());
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
fn reports_metadata_from_the_head() {
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

/// What a body tells of a delivery, beside what the head does.
#[test]
fn reports_metadata_from_the_body() {
    let told = |provider: Provider, body: &str, head: &[(&str, &str)]| {
        let verifier = verifier(provider);
        let delivery = head.iter().fold(signed(body, body), |it, (name, value)| {
            it.header(name, value)
        });
        let told = verifier.verify(&delivery.head, body.as_bytes());
        told.map(|it| {
            let [id, event] = [it.delivery_id(), it.event_type()];
            (
                id.map(str::to_owned),
                event.map(str::to_owned),
                it.attempt(),
            )
        })
        .map_err(|error| error.class())
    };
    let own = |text: &str| Some(text.to_owned());
    let plain = || acme().attempt_header("x-attempt");
    let both = Provider::from(plain().build().unwrap());
    let both = both.with_id_json("id").with_event_json("data.type");
    assert!(both.scheme().delivery_id_is_signed() && both.scheme().event_type_is_signed());
    let attempt = [("x-attempt", "3")];
    let body = r#"{"id":"evt_1","data":{"type":"order.paid"}}"#;
    let expect = (own("evt_1"), own("order.paid"), Some(3));
    assert_eq!(told(both.clone(), body, &attempt), Ok(expect));
    assert_eq!(
        told(both.clone(), r#"{"id":7}"#, &attempt),
        Ok((own("7"), None, Some(3)))
    );
    assert_eq!(
        told(both.clone(), r#"{"id":null}"#, &[]),
        Ok((None, None, None))
    );
    let odd = r#"{"id":"a","data":{"type":1,"type":2}}"#;
    assert_eq!(
        told(both.clone(), odd, &attempt),
        Ok((own("a"), None, Some(3)))
    );
    assert_eq!(
        told(both.clone(), r#"{"id":"a","id":"b"}"#, &[]),
        Err(R::InvalidRequest)
    );
    assert_eq!(told(both, "no JSON", &[]), Err(R::InvalidRequest));

    let of_the_head = plain().id_header("x-id").event_header("x-event").build();
    let event = Provider::from(of_the_head.unwrap()).with_event_json("data.type");
    let head = [("x-id", "of the head"), ("x-event", "too"), attempt[0]];
    let expect = (own("of the head"), own("order.paid"), Some(3));
    assert_eq!(told(event.clone(), body, &head), Ok(expect));
    assert_eq!(
        told(event, "no JSON", &head),
        Ok((own("of the head"), None, Some(3)))
    );

    let form = plain()
        .id(Location::form("id"))
        .event(Location::form("kind"))
        .build()
        .unwrap();
    let expect = (own("a b"), own("c"), None);
    assert_eq!(told(form.into(), "kind=c&id=a+b", &[]), Ok(expect));

    // Each item has an ID of its own, and the delivery has none.
    let body = format!(r#"{{"data":{{"items":[{}]}}}}"#, item("a", SECRET));
    assert_eq!(told(items().into(), &body, &[]), Ok((None, None, None)));
}

/// A time without an offset is UTC, and nothing else.
#[tokio::test]
async fn reads_times_without_an_offset_as_utc() {
    let scheme = acme()
        .timestamp_header("x-time")
        .timestamp_format(TimestampFormat::DateTime);
    let verifier = verifier(scheme.message("{timestamp}|{body}").build().unwrap());
    for (time, expect) in [
        ("2026-01-15T12:00:00", None),
        ("2026-01-15T12:00:00.123", None),
        ("2026-01-15T12:00:00Z", None),
        ("2026-01-15T12:00:00+00:00", Some(R::InvalidTimestamp)),
        ("2026-01-15 12:00:00", Some(R::InvalidTimestamp)),
        ("2026-01-15T11:00:00", Some(R::Expired)),
    ] {
        let delivery = signed(format!("{time}|{{}}"), "{}").header("x-time", time);
        assert_eq!(answer(&verifier, &delivery).await, expect, "{time}");
    }
}

/// What Twilio does not sign is not let in.
#[tokio::test]
async fn rejects_a_body_that_twilio_did_not_sign() {
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

/// An item of a list, signed with a secret.
fn item(id: &str, secret: &str) -> String {
    let mac = support::mac(Algorithm::HmacSha256, secret.as_bytes(), id.as_bytes());
    format!(r#"{{"id":"{id}","sig":"{}"}}"#, hex(&mac))
}

fn items() -> Scheme {
    let scheme = Scheme::builder("acme")
        .signed_items("data.items")
        .signature(Location::json("sig"));
    let scheme = scheme.message("{json:id}").danger_leave_body_unsigned();
    scheme.build().unwrap()
}

/// A delivery of several signed items is one only if every item is signed.
#[tokio::test]
async fn requires_every_item_to_be_signed() {
    let verifier = verifier(items());
    let of = |items: &[String]| format!(r#"{{"data":{{"items":[{}]}}}}"#, items.join(","));
    let good = |id: &str| item(id, SECRET);
    let many = |count: usize| of(&vec![good("a"); count]);
    let unsigned = r#"{"id":"b"}"#.to_owned();
    let tampered = good("b").replace(r#""b""#, r#""c""#);
    let rows: &[(&str, String, Option<R>)] = &[
        ("one", of(&[good("a")]), None),
        ("two", of(&[good("a"), good("b")]), None),
        ("as many as may be", many(1024), None),
        ("one more", many(1025), Some(R::InvalidRequest)),
        ("none", of(&[]), Some(R::InvalidRequest)),
        (
            "the last changed",
            of(&[good("a"), tampered.clone()]),
            Some(R::InvalidSignature),
        ),
        (
            "the first changed",
            of(&[tampered, good("a")]),
            Some(R::InvalidSignature),
        ),
        (
            "the last under another key",
            of(&[good("a"), item("b", "strange")]),
            Some(R::InvalidSignature),
        ),
        (
            "the last without a signature",
            of(&[good("a"), unsigned.clone()]),
            Some(R::InvalidSignature),
        ),
        (
            "the first without a signature",
            of(&[unsigned, good("a")]),
            Some(R::InvalidSignature),
        ),
        (
            "another's signature",
            of(&[good("a"), good("a").replace(r#""id":"a""#, r#""id":"b""#)]),
            Some(R::InvalidSignature),
        ),
        (
            "a text in the list",
            of(&[good("a"), "1".into()]),
            Some(R::InvalidSignature),
        ),
        (
            "a null in the list",
            of(&[good("a"), "null".into()]),
            Some(R::InvalidSignature),
        ),
        (
            "two ids",
            of(&[good("a").replace('{', r#"{"id":"b","#)]),
            Some(R::InvalidRequest),
        ),
        ("no list", r#"{"data":{}}"#.into(), Some(R::InvalidRequest)),
        (
            "a list that is null",
            r#"{"data":{"items":null}}"#.into(),
            Some(R::InvalidRequest),
        ),
        (
            "an item for a list",
            format!(r#"{{"data":{{"items":{}}}}}"#, good("a")),
            Some(R::InvalidRequest),
        ),
        (
            "two lists",
            format!(r#"{{"data":{{"items":[{}],"items":[]}}}}"#, good("a")),
            Some(R::InvalidRequest),
        ),
        ("an item without a list", good("a"), Some(R::InvalidRequest)),
        (
            "cut short",
            of(&[good("a")]).trim_end_matches('}').to_owned(),
            Some(R::InvalidRequest),
        ),
        ("no body", String::new(), Some(R::InvalidRequest)),
    ];
    let mut report = Report::default();
    for (name, body, expect) in rows {
        let answer = answer(&verifier, &Delivery::new(body)).await;
        report.note(if answer == *expect {
            Ok(())
        } else {
            Err(format!("{name}: {answer:?}"))
        });
    }
    report.finish();
}

/// While a secret is changed, a body may have items under either.
#[test]
fn accepts_items_signed_under_different_keys() {
    let old = |label: &str| Secret::new("the former one").unwrap().label(label);
    let body = |secrets: [&str; 2]| {
        let items = secrets.map(|secret| item("a", secret)).join(",");
        format!(r#"{{"data":{{"items":[{items}]}}}}"#)
    };
    let current = || Secret::new(SECRET).unwrap().label("current");
    let verifier = |keys: tower_webhook::Keys| {
        let verifier = Verifier::new(items(), keys).unwrap();
        verifier.clock(test_clock())
    };
    let both = verifier(tower_webhook::Keys::new(current()).previous(old("former")));
    let ended = old("former").not_after(at(NOW - 1));
    let ended = verifier(tower_webhook::Keys::new(current()).previous(ended));
    let label = |verifier: &Verifier, secrets| {
        let body = body(secrets);
        let told = verifier.verify(&Delivery::new(&body).head, body.as_bytes());
        told.map(|it| it.key_label().unwrap().to_owned()).ok()
    };
    let former = "the former one";
    assert_eq!(label(&both, [SECRET, SECRET]).as_deref(), Some("current"));
    // The oldest key that was needed.
    assert_eq!(label(&both, [SECRET, former]).as_deref(), Some("former"));
    assert_eq!(label(&both, [former, SECRET]).as_deref(), Some("former"));
    assert_eq!(label(&both, [former, former]).as_deref(), Some("former"));
    assert_eq!(label(&both, [former, "another"]), None);
    assert_eq!(label(&ended, [SECRET, SECRET]).as_deref(), Some("current"));
    assert_eq!(label(&ended, [SECRET, former]), None);
}

/// A field of `multipart/form-data` is found in one way only.
#[expect(clippy::too_many_lines, reason = "one table")]
#[tokio::test]
async fn reads_multipart_fields_in_one_way_only() {
    let scheme = acme()
        .multipart_field("json")
        .message("{json:a}")
        .danger_leave_body_unsigned();
    let verifier = verifier(scheme.build().unwrap());
    let kind = "multipart/form-data; boundary=XX";
    let json = "Content-Disposition: form-data; name=\"json\"\r\n\r\n{\"a\":1}";
    let other = "Content-Disposition: form-data; name=\"other\"\r\n\r\n{\"a\":2}";
    let parts = |parts: &[&str]| {
        let parts: Vec<_> = parts
            .iter()
            .map(|part| format!("--XX\r\n{part}\r\n"))
            .collect();
        let parts = parts.concat();
        format!("{parts}--XX--\r\n")
    };
    let one = |headers: &str| parts(&[&format!("{headers}\r\n\r\n{{\"a\":1}}")]);
    let good = parts(&[json]);
    let no = Some(R::InvalidRequest);
    let rows: &[(&str, &str, String, Option<R>)] = &[
        ("one part", kind, good.clone(), None),
        ("among others", kind, parts(&[other, json, other]), None),
        (
            "without the last line's end",
            kind,
            good.trim_end().to_owned(),
            None,
        ),
        (
            "in capitals",
            "Multipart/Form-Data; Boundary=XX",
            good.clone(),
            None,
        ),
        (
            "a boundary in quotes",
            "multipart/form-data; charset=utf-8; boundary=\"XX\"",
            good.clone(),
            None,
        ),
        (
            "a name without quotes",
            kind,
            one("content-disposition: form-data; name=json"),
            None,
        ),
        (
            "with a file's name",
            kind,
            one("Content-Disposition: form-data; filename=\"a;b\"; name=\"json\""),
            None,
        ),
        (
            "with other headers",
            kind,
            one(
                "Content-Type: application/json\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Transfer-Encoding: 8bit",
            ),
            None,
        ),
        ("twice", kind, parts(&[json, json]), no),
        ("not there", kind, parts(&[other]), no),
        ("no part", kind, "--XX--\r\n".into(), no),
        ("no end", kind, good.replace("--XX--", ""), no),
        ("something before", kind, format!("x\r\n{good}"), no),
        ("something behind", kind, format!("{good}x"), no),
        ("line feeds alone", kind, good.replace("\r\n", "\n"), no),
        (
            "a boundary that goes on",
            kind,
            good.replacen("--XX\r\n", "--XXX\r\n", 1),
            no,
        ),
        (
            "two names",
            kind,
            one("Content-Disposition: form-data; name=\"json\"; name=\"other\""),
            no,
        ),
        (
            "a name with an escape",
            kind,
            one("Content-Disposition: form-data; name=\"js\\on\""),
            no,
        ),
        (
            "a name that does not end",
            kind,
            one("Content-Disposition: form-data; name=\"json"),
            no,
        ),
        (
            "a name and more",
            kind,
            one("Content-Disposition: form-data; name=\"json\"x"),
            no,
        ),
        (
            "two dispositions",
            kind,
            one(
                "Content-Disposition: form-data; name=\"json\"\r\nContent-Disposition: form-data; name=\"json\"",
            ),
            no,
        ),
        (
            "no disposition",
            kind,
            one("Content-Type: application/json"),
            no,
        ),
        (
            "many parameters",
            kind,
            one(&format!(
                "Content-Disposition: form-data; name=\"json\"{}",
                "; a=b".repeat(15)
            )),
            None,
        ),
        (
            "too many parameters",
            kind,
            one(&format!(
                "Content-Disposition: form-data; name=\"json\"{}",
                "; a=b".repeat(16)
            )),
            no,
        ),
        (
            "an attachment",
            kind,
            one("Content-Disposition: attachment; name=\"json\""),
            no,
        ),
        (
            "encoded",
            kind,
            one(
                "Content-Disposition: form-data; name=\"json\"\r\nContent-Transfer-Encoding: base64",
            ),
            no,
        ),
        ("no boundary", "multipart/form-data", good.clone(), no),
        (
            "two boundaries",
            "multipart/form-data; boundary=XX; boundary=YY",
            good.clone(),
            no,
        ),
        (
            "an empty boundary",
            "multipart/form-data; boundary=",
            good.clone(),
            no,
        ),
        (
            "another kind",
            "multipart/mixed; boundary=XX",
            good.clone(),
            no,
        ),
        ("a form", "application/x-www-form-urlencoded", good, no),
        ("no body", kind, String::new(), no),
    ];
    let mut report = Report::default();
    for (name, kind, body, expect) in rows {
        let delivery = signed("1", body).header("content-type", kind);
        let answer = answer(&verifier, &delivery).await;
        report.note(if answer == *expect {
            Ok(())
        } else {
            Err(format!("{name}: {answer:?}"))
        });
    }
    let without = answer(&verifier, &signed("1", "--XX--")).await;
    assert_eq!(without, no);
    report.finish();
}

/// Contentful's request names the headers that are signed, and cannot leave out those that matter.
#[expect(clippy::too_many_lines, reason = "one table")]
#[tokio::test]
async fn requires_contentful_to_sign_the_headers_that_matter() {
    let verifier = verifier(providers::contentful());
    let time = format!("{NOW}000");
    let all = "content-type,x-contentful-signed-headers,x-contentful-timestamp";
    let no = Some(R::InvalidRequest);
    let text = |path: &str, headers: &str| format!("POST\n{path}\n{headers}\nx");
    let headers = |kind: &str, list: &str| {
        format!(
            "content-type:{kind};x-contentful-signed-headers:{list};x-contentful-timestamp:{time}"
        )
    };
    let here = "/hooks";
    let without_time = "content-type,x-contentful-signed-headers";
    let without_itself = "content-type,x-contentful-timestamp";
    let twice = format!("{all},content-type");
    let shuffled = "X-Contentful-Timestamp, content-type ,x-contentful-signed-headers";
    let forged = format!("a;x-contentful-signed-headers:{all}");
    let rows: &[(&str, &str, &str, &str, String, Option<R>)] = &[
        ("all", here, all, "a", text(here, &headers("a", all)), None),
        (
            "in another order",
            here,
            shuffled,
            "a",
            text(here, &headers("a", shuffled)),
            None,
        ),
        (
            "with a charset",
            here,
            all,
            "a; charset=utf-8",
            text(here, &headers("a; charset=utf-8", all)),
            None,
        ),
        (
            "a query, encoded once more",
            "/a%20b?x=1&y=%20",
            all,
            "a",
            text("/a%2520b?x%253D1%2526y%253D%252520", &headers("a", all)),
            None,
        ),
        (
            "a query with a question mark",
            "/?a?b",
            all,
            "a",
            text("/?a", &headers("a", all)),
            no,
        ),
        (
            "without the time",
            here,
            without_time,
            "a",
            text(
                here,
                &format!("content-type:a;x-contentful-signed-headers:{without_time}"),
            ),
            no,
        ),
        (
            "without itself",
            here,
            without_itself,
            "a",
            text(
                here,
                &format!("content-type:a;x-contentful-timestamp:{time}"),
            ),
            no,
        ),
        (
            "one twice",
            here,
            &twice,
            "a",
            text(here, &headers("a", &twice)),
            no,
        ),
        (
            "one that is not there",
            here,
            "x-none,x-contentful-signed-headers,x-contentful-timestamp",
            "a",
            text(here, ""),
            no,
        ),
        ("no name", here, "", "a", text(here, ""), no),
        (
            "a value that looks like another header",
            here,
            all,
            &forged,
            text(here, &headers(&forged, all)),
            no,
        ),
        (
            "another value",
            here,
            all,
            "b",
            text(here, &headers("a", all)),
            Some(R::InvalidSignature),
        ),
        (
            "another path",
            "/hook",
            all,
            "a",
            text(here, &headers("a", all)),
            Some(R::InvalidSignature),
        ),
    ];
    let mut report = Report::default();
    for (name, path, list, kind, text, expect) in rows {
        let delivery = Delivery::new("x")
            .uri(&format!("https://hooks.example.com{path}"))
            .header("content-type", kind)
            .header("x-contentful-timestamp", &time)
            .header("x-contentful-signed-headers", list)
            .header("x-contentful-signature", hex(&mac256(text)));
        let answer = answer(&verifier, &delivery).await;
        report.note(if answer == *expect {
            Ok(())
        } else {
            Err(format!("{name}: {answer:?}"))
        });
    }
    report.finish();
}

/// A header that the sender repeats while it changes its secret: any of them may match.
#[tokio::test]
async fn accepts_a_match_in_any_repeated_header() {
    let verifier = verifier(providers::mollie());
    let name = "x-mollie-signature";
    let right = format!("sha256={}", hex(&mac256("x")));
    let wrong = format!("sha256={}", "0".repeat(64));
    let none = Delivery::new("x");
    let rows = [
        (
            "the right one first",
            none.clone().header(name, &right).header(name, &wrong),
            None,
        ),
        (
            "the right one last",
            none.clone().header(name, &wrong).header(name, &right),
            None,
        ),
        (
            "behind an empty one",
            none.clone().header(name, "").header(name, &right),
            None,
        ),
        (
            "two wrong ones",
            none.clone().header(name, &wrong).header(name, &wrong),
            Some(R::InvalidSignature),
        ),
        (
            "only empty ones",
            none.clone().header(name, "").header(name, ""),
            Some(R::InvalidSignature),
        ),
        ("none", none.clone(), Some(R::InvalidSignature)),
        (
            "sixteen",
            (0..15)
                .fold(none.clone(), |it, _| it.header(name, &wrong))
                .header(name, &right),
            None,
        ),
        (
            "seventeen",
            (0..16)
                .fold(none, |it, _| it.header(name, &wrong))
                .header(name, &right),
            Some(R::InvalidSignature),
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

/// Supabase ends each item of its list but the last with a comma.
#[tokio::test]
async fn reads_list_items_that_end_with_a_comma() {
    let key = support::base64(SECRET.as_bytes());
    let secret = Secret::new(format!("v1,whsec_{key}")).unwrap();
    let verifier = Verifier::new(providers::supabase(), secret).unwrap();
    let verifier = verifier.clock(test_clock());
    let right = support::base64(&mac256(format!("msg_1.{NOW}.x")));
    let wrong = support::base64(&[0; 32]);
    let good = Delivery::new("x")
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", NOW.to_string());
    let rows = [
        ("alone", format!("v1,{right}"), None),
        ("first", format!("v1,{right}, v1,{wrong}"), None),
        ("last", format!("v1,{wrong}, v1,{right}"), None),
        ("with a space alone", format!("v1,{wrong} v1,{right}"), None),
        (
            "of another version",
            format!("v2,{right}, v1,{wrong}"),
            Some(R::InvalidSignature),
        ),
        (
            "ended twice",
            format!("v1,{right},, v1,{wrong}"),
            Some(R::InvalidSignature),
        ),
        (
            "empty",
            format!("v1,, v1,{right}"),
            Some(R::InvalidSignature),
        ),
        (
            "no key",
            format!("{right}, v1,{right}"),
            Some(R::InvalidSignature),
        ),
    ];
    let mut report = Report::default();
    for (name, list, expect) in rows {
        let delivery = good.clone().header("webhook-signature", list);
        let answer = answer(&verifier, &delivery).await;
        report.note(if answer == expect {
            Ok(())
        } else {
            Err(format!("{name}: {answer:?}"))
        });
    }
    report.finish();
}

/// Gitea and its kin sign what a form carries, and a form must carry nothing else.
#[tokio::test]
async fn rejects_fields_beside_the_form_payload() {
    let no = Some(R::InvalidRequest);
    let form = "application/x-www-form-urlencoded";
    let rows = [
        ("POST", "/", form, "payload=%7B%22a%22%3A+1%7D", None),
        (
            "POST",
            "/",
            "application/x-www-form-urlencoded; charset=utf-8",
            "payload=%7B%22a%22:%201}",
            None,
        ),
        (
            "POST",
            "/",
            form,
            "payload=%7B%22a%22%3A+2%7D",
            Some(R::InvalidSignature),
        ),
        ("POST", "/", form, "payload=%7B%22a%22%3A+1%7D&x=1", no),
        (
            "POST",
            "/",
            form,
            "payload=%7B%22a%22%3A+1%7D&payload=%7B%22a%22%3A+1%7D",
            no,
        ),
        ("POST", "/", form, "x=1", no),
        ("POST", "/", form, "", no),
        (
            "POST",
            "/",
            "application/json",
            "payload=%7B%22a%22%3A+1%7D",
            no,
        ),
        ("POST", "/?payload=%7B%22a%22%3A+1%7D", form, "", no),
        ("GET", "/?x=1&payload=%7B%22a%22%3A+1%7D", form, "", None),
        (
            "GET",
            "/?payload=1&payload=%7B%22a%22%3A+1%7D",
            form,
            "",
            no,
        ),
        ("GET", "/", form, "", no),
        ("GET", "/?payload=%7B%22a%22%3A+1%7D", form, "x", no),
    ];
    let mut report = Report::default();
    for name in ["forgejo", "gitea", "gogs"] {
        // Gogs itself delivers with POST alone; the scheme reads the query of its GET requests too.
        let provider = providers::by_name(&format!("{name}-form")).unwrap();
        let verifier = verifier(with_any_method(provider));
        for (method, target, kind, body, expect) in rows {
            let delivery = Delivery::new(body)
                .method(method.parse().unwrap())
                .uri(&format!("https://hooks.example.com{target}"))
                .header("content-type", kind)
                .header(&format!("x-{name}-signature"), hex(&mac256("{\"a\": 1}")));
            let answer = answer(&verifier, &delivery).await;
            report.note(if answer == expect {
                Ok(())
            } else {
                Err(format!(
                    "{name}: {method} {target} {kind} {body}: {answer:?}"
                ))
            });
        }
    }
    report.finish();
}

#[test]
fn rejects_contradictory_schemes() {
    use SchemeErrorKind as E;

    let kind = |builder: SchemeBuilder| builder.build().unwrap_err().kind().clone();
    assert_eq!(kind(acme().message("{json:a}")), E::NotOneBody);
    assert_eq!(kind(acme().message("{crc32}")), E::NotOneBody);
    assert_eq!(kind(acme().message("{body}{sorted_form}")), E::NotOneBody);
    assert_eq!(kind(acme().algorithm(Algorithm::Token)), E::TokenMismatch);
    assert_eq!(kind(acme().encoding(Encoding::Text)), E::TokenMismatch);
    #[cfg(feature = "ed25519")]
    assert_eq!(
        kind(acme().algorithm(Algorithm::Ed25519)),
        E::SecretEncodingMismatch
    );
    assert!(matches!(
        kind(acme().require_header("x", "\n")),
        E::InvalidRequiredHeader { .. }
    ));
    assert!(matches!(
        kind(acme().message("{canonical:unknown}{body}")),
        E::UnknownToken { .. }
    ));
    assert!(matches!(
        kind(acme().signature_format(SignatureFormat::credentials(""))),
        E::InvalidPrefix { .. }
    ));
    let each = || {
        let scheme = Scheme::builder("acme")
            .signed_items("a")
            .signature(Location::json("b"));
        scheme.message("{json:c}").danger_leave_body_unsigned()
    };
    let error = each().timestamp(Location::json("t")).build().unwrap_err();
    assert!(matches!(error.kind(), E::InEachItem { .. }));
    assert!(error.to_string().contains("the JSON member `t`"), "{error}");
    assert!(each().timestamp_header("t").build().is_ok());
    if let Some(paypal) = find_provider("paypal") {
        let error = Verifier::new(paypal, Secret::new("x").unwrap()).unwrap_err();
        assert!(
            error.to_string().contains("a certificate in PEM"),
            "{error}"
        );
    }
}
