//! Signed texts that could be cut in two ways, and parts of it that must be taken as they were
//! sent. The numbers are those of `tests/README.md`.

#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use bytes::Bytes;
use http::{Method, Request};
use tower_webhook::{
    Scheme, Verifier, WebhookLayer,
    providers::{self, Provider},
    scheme::{SchemeBuilder, TimestampFormat},
    sign::Signer,
};

use crate::support::{
    BODY, Delivery, Expect, Expect::Forwarded, NOW, Report, Rig, STANDARD_ID, at, hex,
    invalid_request, invalid_signature, mac256, now, secret, standard, standard_mac,
    standard_secret, test_clock,
};

const AMBIGUOUS: Expect = invalid_request("AmbiguousMessage");
const MALFORMED: Expect = invalid_request("MalformedHeader");
const MISMATCH: Expect = invalid_signature("SignatureMismatch");
const MISSING: Expect = invalid_request("MissingHeader");
const CONFLICT: Expect = invalid_request("ConflictingHeader");

fn standard_rig() -> Rig {
    let layer = WebhookLayer::new(providers::standard_webhooks(), standard_secret()).unwrap();
    let good = standard(STANDARD_ID, now(), BODY);
    Rig::new(layer.clock(test_clock()), good)
}

/// 12: two (id, time, body) triples with one signed text, and so with one signature. The genuine
/// one passes; the other, which an onlooker can make of it, does not.
#[tokio::test]
async fn rejects_a_second_delivery_with_the_same_signed_text() {
    let later = (NOW + 60).to_string();
    let body = format!("{later}.{{\"event\":\"refund\"}}");
    let genuine = standard("msg_1", now(), &body);
    let forged_id = format!("msg_1.{NOW}");
    let forged_body = r#"{"event":"refund"}"#;
    assert_eq!(
        standard_mac(b"msg_1", now().as_bytes(), body.as_bytes()),
        standard_mac(
            forged_id.as_bytes(),
            later.as_bytes(),
            forged_body.as_bytes()
        ),
    );
    let forged = genuine
        .clone()
        .set("webhook-id", forged_id)
        .set("webhook-timestamp", later)
        .body(forged_body);

    let rig = standard_rig();
    let mut report = Report::default();
    let outcome = rig.check("12: the genuine one", genuine.request(), Forwarded);
    report.note(outcome.await);
    let outcome = rig.check("12: the forged one", forged.request(), AMBIGUOUS);
    report.note(outcome.await);
    report.finish();
}

/// 12: each id is signed as it stands, so that nothing but its form can be wrong.
#[tokio::test]
async fn rejects_ids_that_make_the_message_ambiguous() {
    let long = "m".repeat(8 << 10);
    let rows: &[(&str, &[u8], Expect)] = &[
        ("a dot in it", b"msg.1", AMBIGUOUS),
        ("a dot before it", b".msg", AMBIGUOUS),
        ("a dot after it", b"msg.", AMBIGUOUS),
        ("only a dot", b".", AMBIGUOUS),
        ("only dots", b"...", AMBIGUOUS),
        ("empty", b"", MISSING),
        ("bytes outside ASCII", b"msg_\xff", MALFORMED),
        ("UTF-8", "msg_é".as_bytes(), MALFORMED),
        ("other marks", b"msg_1-2:3/4", Forwarded),
        ("a comma", b"msg,1", Forwarded),
        ("a space in it", b"msg 1", Forwarded),
        ("one letter", b"m", Forwarded),
        ("8 KiB", long.as_bytes(), Forwarded),
    ];
    let rig = standard_rig();
    let mut report = Report::default();
    for &(name, id, expect) in rows {
        let request = standard(id, now(), BODY).request();
        report.note(rig.check(&format!("12: {name}"), request, expect).await);
    }

    let good = || standard(STANDARD_ID, now(), BODY);
    let header = "webhook-id";
    let rows = [
        ("no id", good().without(header), MISSING),
        ("another id", good().set(header, "msg_2"), MISMATCH),
        (
            "in upper case",
            good().set(header, STANDARD_ID.to_uppercase()),
            MISMATCH,
        ),
        (
            "twice, equal",
            good().header(header, STANDARD_ID),
            Forwarded,
        ),
        ("twice, differing", good().header(header, "msg_2"), CONFLICT),
        (
            "twice, differing, the good one last",
            good().set(header, "msg_2").header(header, STANDARD_ID),
            CONFLICT,
        ),
    ];
    for (name, delivery, expect) in rows {
        let request = delivery.request();
        report.note(rig.check(&format!("12: {name}"), request, expect).await);
    }
    report.finish();
}

/// A scheme of one's own with this signed text.
fn acme(message: &'static str) -> SchemeBuilder {
    Scheme::builder("acme")
        .signature_header("x-acme-signature")
        .timestamp_header("x-acme-timestamp")
        .id_header("x-acme-id")
        .message(message)
}

/// A delivery for [`acme`], signed over `message`.
fn acme_delivery(message: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(BODY)
        .header("x-acme-signature", hex(&mac256(message)))
        .header("x-acme-timestamp", now())
        .header("x-acme-id", "evt_1")
        .header("x-acme-tenant", "t1")
}

fn acme_rig(message: &'static str, good: Delivery) -> Rig {
    let scheme = acme(message).build().unwrap();
    let methods = ["POST", "PUT", "M-SEARCH"].map(|method| method.parse::<Method>().unwrap());
    let provider = Provider::from(scheme).with_methods(methods);
    let layer = WebhookLayer::new(provider, secret()).unwrap();
    Rig::new(layer.clock(test_clock()), good)
}

/// `before`, the body, `after`.
fn text(before: &str, after: &str) -> Vec<u8> {
    [before.as_bytes(), BODY, after.as_bytes()].concat()
}

/// 12: whatever stands next to a literal must not hold that literal, wherever it stands.
#[tokio::test]
async fn rejects_separators_inside_a_part() {
    struct Row {
        name: &'static str,
        message: &'static str,
        good: Delivery,
        odd: Delivery,
        expect: Expect,
    }
    let path = |delivery: Delivery, path: &str| delivery.uri(&format!("https://a.example{path}"));
    let row = |name, message, good, odd, expect| Row {
        name,
        message,
        good,
        odd,
        expect,
    };
    let rows = [
        row(
            "a path with the separator",
            "{method}.{path}.{body}",
            path(acme_delivery(text("POST./a.", "")), "/a"),
            path(acme_delivery(text("POST./a.b.", "")), "/a.b"),
            AMBIGUOUS,
        ),
        row(
            "a path without a longer separator's whole",
            "{path}::{body}",
            path(acme_delivery(text("/a:b::", "")), "/a:b"),
            path(acme_delivery(text("/a::b::", "")), "/a::b"),
            AMBIGUOUS,
        ),
        row(
            "a path that ends as the separator begins",
            "{path}::{body}",
            path(acme_delivery(text("/a::", "")), "/a"),
            path(acme_delivery(text("/a:::", "")), "/a:"),
            AMBIGUOUS,
        ),
        row(
            "a path with a dot where lines separate",
            "{method}\n{path}\n{body}",
            path(acme_delivery(text("POST\n/a\n", "")), "/a"),
            path(acme_delivery(text("POST\n/a.b\n", "")), "/a.b"),
            Forwarded,
        ),
        row(
            "a header with the separator",
            "{header:x-acme-tenant}|{body}",
            acme_delivery(text("t1|", "")),
            acme_delivery(text("t1|t2|", "")).set("x-acme-tenant", "t1|t2"),
            AMBIGUOUS,
        ),
        row(
            "an id after the body with the separator",
            "{body}.{id}",
            acme_delivery(text("", ".evt_1")),
            acme_delivery(text("", ".evt.1")).set("x-acme-id", "evt.1"),
            AMBIGUOUS,
        ),
        row(
            "an id after the body that begins as the separator ends",
            "{body}--{id}",
            acme_delivery(text("", "--evt_1")),
            acme_delivery(text("", "---evt")).set("x-acme-id", "-evt"),
            AMBIGUOUS,
        ),
        row(
            "an id with a separator that stands elsewhere",
            "{id}:{timestamp}.{body}",
            acme_delivery(text(&format!("evt_1:{NOW}."), "")),
            acme_delivery(text(&format!("evt.1:{NOW}."), "")).set("x-acme-id", "evt.1"),
            Forwarded,
        ),
        row(
            "a method of one's own with the separator",
            "{method}-{body}",
            acme_delivery(text("POST-", "")),
            acme_delivery(text("M-SEARCH-", "")).method(Method::from_bytes(b"M-SEARCH").unwrap()),
            AMBIGUOUS,
        ),
        row(
            "no header that is signed",
            "{header:x-acme-tenant}|{body}",
            acme_delivery(text("t1|", "")),
            acme_delivery(text("|", "")).without("x-acme-tenant"),
            MISSING,
        ),
        row(
            "an empty header that is signed",
            "{header:x-acme-tenant}|{body}",
            acme_delivery(text("t1|", "")),
            acme_delivery(text("|", "")).set("x-acme-tenant", ""),
            MISSING,
        ),
        row(
            "a signed header twice, differing",
            "{header:x-acme-tenant}|{body}",
            acme_delivery(text("t1|", "")),
            acme_delivery(text("t1|", "")).header("x-acme-tenant", "t2"),
            CONFLICT,
        ),
        row(
            "a signed header twice, equal",
            "{header:x-acme-tenant}|{body}",
            acme_delivery(text("t1|", "")),
            acme_delivery(text("t1|", "")).header("x-acme-tenant", "t1"),
            Forwarded,
        ),
    ];
    let mut report = Report::default();
    for row in rows {
        let rig = acme_rig(row.message, row.good.clone());
        let name = format!("12: {}", row.name);
        let outcome = rig.check(&name, row.good.request(), Forwarded);
        report.note(outcome.await);
        report.note(rig.check(&name, row.odd.request(), row.expect).await);
    }
    report.finish();
}

/// 12: the documentation of `SchemeBuilder::message` has this scheme as its example.
#[test]
fn a_path_with_the_separator_can_never_be_signed() {
    let scheme = acme("{timestamp}.{path}.{body}").build().unwrap();
    let signer = Signer::new(scheme.clone(), secret()).unwrap();
    let verifier = Verifier::new(scheme, secret()).unwrap();
    let verifier = verifier.clock(test_clock());
    for (path, is_signable) in [("/hook", true), ("/v1.2/hook", false)] {
        let mut request = Request::post(path).body(Bytes::from("{}")).unwrap();
        let sent = signer.sign(&mut request, "evt_1", at(NOW));
        assert_eq!(sent.is_ok(), is_signable, "{path}: {sent:?}");
        let outcome = verifier.verify(&request, request.body());
        assert_eq!(outcome.is_ok(), is_signable, "{path}: {outcome:?}");
    }
}

/// 12: timestamps of several spellings, each signed as it was spelt and not as it would be
/// formatted.
#[tokio::test]
async fn signs_the_timestamp_as_sent() {
    let spellings = [
        "2026-01-15T12:00:00Z",
        "2026-01-15T12:00:00.0Z",
        "2026-01-15T12:00:00.000000Z",
        "2026-01-15T12:00:00+00:00",
        "2026-01-15T13:00:00+01:00",
    ];
    let message = "{timestamp}.{body}";
    let scheme = acme(message).timestamp_format(TimestampFormat::Rfc3339);
    let layer = WebhookLayer::new(scheme.build().unwrap(), secret()).unwrap();
    let spelt =
        |time: &str| acme_delivery(text(&format!("{time}."), "")).set("x-acme-timestamp", time);
    let rig = Rig::new(layer.clock(test_clock()), spelt(spellings[0]));

    let mut report = Report::default();
    for time in spellings {
        let name = format!("12: {time}");
        report.note(rig.check(&name, spelt(time).request(), Forwarded).await);
        for other in spellings.into_iter().filter(|other| *other != time) {
            let name = format!("12: {time} signed, {other} sent");
            let request = spelt(time).set("x-acme-timestamp", other).request();
            report.note(rig.check(&name, request, MISMATCH).await);
        }
    }
    report.finish();
}

/// 12: the path is signed as it is on the wire: nothing is decoded, folded or resolved.
#[tokio::test]
async fn signs_the_path_as_sent() {
    let paths = [
        "/",
        "/hook",
        "/hook/",
        "/HOOK",
        "//hook",
        "/a/b",
        "/a%2fb",
        "/a%2Fb",
        "/./hook",
        "/x/../hook",
        "/a+b",
        "/a%20b",
        "/a;b=c",
    ];
    let message = "{method} {path}\n{body}";
    let at = |path: &str| {
        let delivery = acme_delivery(text(&format!("POST {path}\n"), ""));
        delivery.uri(&format!("https://a.example{path}?q=1"))
    };
    let rig = acme_rig(message, at("/hook"));
    let mut report = Report::default();
    for path in paths {
        let name = format!("12: {path}");
        report.note(rig.check(&name, at(path).request(), Forwarded).await);
        for other in paths.into_iter().filter(|other| *other != path) {
            let name = format!("12: {path} signed, {other} sent");
            let request = at(path).uri(&format!("https://a.example{other}")).request();
            report.note(rig.check(&name, request, MISMATCH).await);
        }
    }
    // The same in origin form, as a server without a proxy gets it.
    let outcome = rig.check(
        "12: origin form",
        at("/hook").uri("/hook").request(),
        Forwarded,
    );
    report.note(outcome.await);
    let other = at("/hook").method(Method::PUT).request();
    report.note(rig.check("12: another method", other, MISMATCH).await);
    report.finish();
}

/// 12: the body is what was sent, not what it means.
#[tokio::test]
async fn signs_the_body_as_sent() {
    let body = r#"{"b":1.0,"a":"\u00e9"}"#;
    let rig = standard_rig();
    let signed = standard(STANDARD_ID, now(), body);
    let rows = [
        ("as sent", body, Forwarded),
        ("with a space", r#"{"b":1.0, "a":"\u00e9"}"#, MISMATCH),
        ("in another order", r#"{"a":"\u00e9","b":1.0}"#, MISMATCH),
        (
            "another number of the same value",
            r#"{"b":1,"a":"\u00e9"}"#,
            MISMATCH,
        ),
        (
            "another escape of the same letter",
            r#"{"b":1.0,"a":"é"}"#,
            MISMATCH,
        ),
        (
            "a newline at the end",
            "{\"b\":1.0,\"a\":\"\\u00e9\"}\n",
            MISMATCH,
        ),
        (
            "a byte order mark",
            "\u{feff}{\"b\":1.0,\"a\":\"\\u00e9\"}",
            MISMATCH,
        ),
    ];
    let mut report = Report::default();
    for (name, body, expect) in rows {
        let request = signed.clone().body(body).request();
        report.note(rig.check(&format!("12: {name}"), request, expect).await);
    }
    report.finish();
}

/// 12: a text between the braces of the header's value is text, not a token.
#[tokio::test]
async fn does_not_expand_templates_in_values() {
    let rig = acme_rig(
        "{header:x-acme-tenant}|{body}",
        acme_delivery(text("t1|", "")),
    );
    let mut report = Report::default();
    for value in ["{body}", "{timestamp}", "{{", "}", "%s", "$1"] {
        let good = acme_delivery(text(&format!("{value}|"), "")).set("x-acme-tenant", value);
        let name = format!("12: {value}");
        report.note(rig.check(&name, good.request(), Forwarded).await);
    }
    report.finish();
}
