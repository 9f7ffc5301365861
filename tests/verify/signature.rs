//! Hostile and broken signature headers, and the odd ones that are genuine. The numbers are those
//! of `tests/README.md`.

#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use std::time::{Duration, Instant};

use http::{HeaderMap, StatusCode};
use tower_webhook::{
    Scheme, Secret, WebhookLayer,
    providers::{self, Provider},
    rejection::RejectionClass,
    scheme::{Algorithm, Encoding, SignatureFormat},
};

use crate::support::{
    self, BODY, Delivery, Expect, Expect::Forwarded, Report, Rig, SECRET, STANDARD_ID, Script,
    Step, base64, base64_unpadded, base64url, base64url_unpadded, generic, github, hex,
    invalid_request, invalid_signature, invalid_timestamp, mac, mac256, now, secret, send, shopify,
    slack, standard, standard_mac, standard_secret, stripe, test_clock,
};

/// The largest body that the layer takes by default.
const LIMIT: usize = 1 << 20;

/// Values for the signature header, and what becomes of a delivery that carries them.
struct Row {
    name: String,
    values: Vec<Vec<u8>>,
    expect: Expect,
}

fn row<V: AsRef<[u8]>>(
    name: impl Into<String>,
    values: impl IntoIterator<Item = V>,
    expect: Expect,
) -> Row {
    Row {
        name: name.into(),
        values: values.into_iter().map(|it| it.as_ref().to_vec()).collect(),
        expect,
    }
}

fn rig(provider: impl Into<Provider>, secret: Secret, good: Delivery) -> Rig {
    let layer = WebhookLayer::new(provider, secret).expect("a good secret");
    Rig::new(layer.clock(test_clock()), good)
}

async fn run(rig: &Rig, header: &str, rows: impl IntoIterator<Item = Row>) {
    let mut report = Report::default();
    for row in rows {
        let bare = rig.good.clone().without(header);
        let add = |delivery: Delivery, value: &Vec<u8>| delivery.header(header, value);
        let delivery = row.values.iter().fold(bare, add);
        report.note(rig.check(&row.name, delivery.request(), row.expect).await);
    }
    report.finish();
}

const MISSING: Expect = invalid_signature("MissingSignature");
const MALFORMED: Expect = invalid_signature("MalformedSignature");
const MISMATCH: Expect = invalid_signature("SignatureMismatch");
const TOO_MANY: Expect = invalid_signature("TooManySignatures");
const CONFLICT: Expect = invalid_request("ConflictingHeader");
const TWO_TIMES: Expect = invalid_request("ConflictingSignature");

/// `text` with its first digit exchanged for another.
fn wrong(text: &str) -> String {
    let first = if text.starts_with('0') { "1" } else { "0" };
    format!("{first}{}", &text[1..])
}

#[tokio::test]
async fn checks_plain_hex() {
    let good = hex(&mac256(BODY));
    let bad = wrong(&good);
    let wide: String = good.chars().map(full_width).collect();
    let rows = [
        row("1: absent", [""; 0], MISSING),
        row("1: empty", [""], MISSING),
        row("1: only spaces", ["   "], MALFORMED),
        row("1: only a tab", ["\t"], MALFORMED),
        row("2: one byte", [&good[..2]], MALFORMED),
        row("2: half of it", [&good[..32]], MALFORMED),
        row("2: one byte short", [&good[..62]], MALFORMED),
        row("2: a byte more", [format!("{good}00")], MALFORMED),
        row("2: twice in a row", [format!("{good}{good}")], MALFORMED),
        row("2: one digit differs", [&bad], MISMATCH),
        row("2: the last digit differs", [last_changed(&good)], MISMATCH),
        row("3: an odd number of digits", [&good[..63]], MALFORMED),
        row("3: one digit more", [format!("{good}0")], MALFORMED),
        row("3: not hex", [format!("g{}", &good[1..])], MALFORMED),
        row("3: `0x` before it", [format!("0x{good}")], MALFORMED),
        row("3: `0x` in it", [format!("0x{}", &good[2..])], MALFORMED),
        row("3: quoted", [format!("\"{good}\"")], MALFORMED),
        row(
            "3: a space in it",
            [format!("{} {}", &good[..32], &good[32..])],
            MALFORMED,
        ),
        row("3: upper-case hex", [good.to_uppercase()], Forwarded),
        row("3: hex of both cases", [mixed_case(&good)], Forwarded),
        row("3: base64", [base64(&mac256(BODY))], MALFORMED),
        row("4: bytes outside ASCII", [[0xff; 64]], MALFORMED),
        row(
            "4: a byte outside ASCII after it",
            [[good.as_bytes(), b"\xff"].concat()],
            MALFORMED,
        ),
        row("4: full-width digits", [wide], MALFORMED),
        row("4: 64 KiB", ["a".repeat(64 << 10)], MALFORMED),
        row(
            "4: 64 KiB that begin with it",
            [format!("{good}{}", "0".repeat(64 << 10))],
            MALFORMED,
        ),
        row("5: two, equal", [&good, &good], Forwarded),
        row("5: two, both wrong, equal", [&bad, &bad], MISMATCH),
        row("5: two, right and wrong", [&good, &bad], CONFLICT),
        row("5: two, wrong and right", [&bad, &good], CONFLICT),
        row("5: three, the last wrong", [&good, &good, &bad], CONFLICT),
        row("5: two, right and empty", [&good[..], ""], CONFLICT),
        row(
            "5: two that differ in case",
            [good.clone(), good.to_uppercase()],
            CONFLICT,
        ),
        row(
            "5: joined by a comma",
            [format!("{good}, {bad}")],
            MALFORMED,
        ),
        row(
            "5: equal, joined by a comma",
            [format!("{good}, {good}")],
            MALFORMED,
        ),
        row(
            "6: `v1=` where none is due",
            [format!("v1={good}")],
            MALFORMED,
        ),
        row(
            "29: of another secret",
            [hex(&mac(Algorithm::HmacSha256, b"guess", BODY))],
            MISMATCH,
        ),
        row(
            "29: of the empty secret",
            [hex(&mac(Algorithm::HmacSha256, b"", BODY))],
            MISMATCH,
        ),
        row("29: of another body", [hex(&mac256("{}"))], MISMATCH),
        row(
            "1: of a shorter algorithm",
            [hex(&mac(Algorithm::HmacSha1, SECRET.as_bytes(), BODY))],
            MALFORMED,
        ),
        row("2: all zeros", ["0".repeat(64)], MISMATCH),
    ];
    let rig = rig(providers::generic(), secret(), generic(now(), BODY));
    run(&rig, "x-signature", rows).await;
}

fn full_width(digit: char) -> char {
    char::from_u32(u32::from(digit) + 0xfee0).expect("a full-width form")
}

fn mixed_case(text: &str) -> String {
    let (front, back) = text.split_at(text.len() / 2);
    format!("{}{back}", front.to_uppercase())
}

fn last_changed(text: &str) -> String {
    let (front, last) = text.split_at(text.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    format!("{front}{other}")
}

#[tokio::test]
async fn checks_prefixed_hex() {
    let good = hex(&mac256(BODY));
    let bad = wrong(&good);
    let sha1 = hex(&mac(Algorithm::HmacSha1, SECRET.as_bytes(), BODY));
    let sha512 = hex(&mac(Algorithm::HmacSha512, SECRET.as_bytes(), BODY));
    let right = format!("sha256={good}");
    let rows = [
        row("1: absent", [""; 0], MISSING),
        row("1: empty", [""], MISSING),
        row("1: only spaces", ["  "], MALFORMED),
        row("1: only the prefix", ["sha256="], MALFORMED),
        row("1: half of the prefix", ["sha2"], MALFORMED),
        row("1: `sha1=`, and right", [format!("sha1={sha1}")], MALFORMED),
        row(
            "1: `sha1=` with 256 bits",
            [format!("sha1={good}")],
            MALFORMED,
        ),
        row(
            "1: `sha512=`, and right",
            [format!("sha512={sha512}")],
            MALFORMED,
        ),
        row("1: SHA-1 as SHA-256", [format!("sha256={sha1}")], MALFORMED),
        row("1: no prefix", [&good], MALFORMED),
        row(
            "1: the prefix twice",
            [format!("sha256={right}")],
            MALFORMED,
        ),
        row(
            "1: a space after the prefix",
            [format!("sha256= {good}")],
            MALFORMED,
        ),
        row("2: half of it", [&right[..39]], MALFORMED),
        row("2: a byte more", [format!("{right}00")], MALFORMED),
        row("2: twice in a row", [format!("{right}{good}")], MALFORMED),
        row("2: one digit differs", [format!("sha256={bad}")], MISMATCH),
        row("3: an odd number of digits", [&right[..70]], MALFORMED),
        row(
            "3: upper-case hex",
            [format!("sha256={}", good.to_uppercase())],
            Forwarded,
        ),
        row(
            "3: base64",
            [format!("sha256={}", base64(&mac256(BODY)))],
            MALFORMED,
        ),
        row("4: bytes outside ASCII", [[0xfe; 71]], MALFORMED),
        row("5: two, equal", [&right, &right], Forwarded),
        row(
            "5: two, right and wrong",
            [right.clone(), format!("sha256={bad}")],
            CONFLICT,
        ),
        row(
            "5: joined by a comma",
            [format!("{right},sha1={sha1}")],
            MALFORMED,
        ),
    ];
    let rig = rig(providers::github(), secret(), github(BODY));
    run(&rig, "x-hub-signature-256", rows).await;

    // The old SHA-1 header, which GitHub still sends, neither helps nor harms.
    let mut report = Report::default();
    let both = github(BODY).header("x-hub-signature", format!("sha1={sha1}"));
    let only_the_old = both.clone().without("x-hub-signature-256");
    let outcome = rig.check("1: beside a SHA-1 header", both.request(), Forwarded);
    report.note(outcome.await);
    let outcome = rig.check("1: only a SHA-1 header", only_the_old.request(), MISSING);
    report.note(outcome.await);
    report.finish();
}

#[tokio::test]
async fn checks_a_versioned_prefix() {
    let good = slack(now(), BODY);
    let right = good.head.headers["x-slack-signature"]
        .to_str()
        .expect("ASCII")
        .to_owned();
    let mac = &right[3..];
    let rows = [
        row("1: only the prefix", ["v0="], MALFORMED),
        row(
            "1: a version that is not due",
            [format!("v1={mac}")],
            MALFORMED,
        ),
        row("1: two versions", [format!("{right},v1={mac}")], MALFORMED),
        row("2: half of it", [&right[..35]], MALFORMED),
        row(
            "3: upper-case hex",
            [format!("v0={}", mac.to_uppercase())],
            Forwarded,
        ),
        row("5: two, equal", [&right, &right], Forwarded),
        row(
            "5: two, wrong and right",
            [format!("v0={}", wrong(mac)), right.clone()],
            CONFLICT,
        ),
        row(
            "2: of the body alone",
            [format!("v0={}", hex(&mac256(BODY)))],
            MISMATCH,
        ),
    ];
    let rig = rig(providers::slack(), secret(), good);
    run(&rig, "x-slack-signature", rows).await;
}

/// A body whose MAC has both a `+` and a `/` in standard base64.
fn body_with_a_telling_mac() -> String {
    let mut bodies = (0..).map(|n| format!(r#"{{"id":{n}}}"#));
    let telling = |body: &String| {
        let text = base64(&mac256(body));
        text.contains('+') && text.contains('/')
    };
    bodies.find(telling).expect("one in a few")
}

#[tokio::test]
async fn checks_plain_base64() {
    let body = body_with_a_telling_mac();
    let mac = mac256(&body);
    let good = base64(&mac);
    let bad = wrong(&good);
    let rows = [
        row("1: absent", [""; 0], MISSING),
        row("1: empty", [""], MISSING),
        row("1: only padding", ["="], MALFORMED),
        row("2: half of it", [base64(&mac[..16])], MALFORMED),
        row(
            "2: a byte more",
            [base64(&[&mac[..], b"\0"].concat())],
            MALFORMED,
        ),
        row("2: twice in a row", [format!("{good}{good}")], MALFORMED),
        row("2: one digit differs", [&bad], MISMATCH),
        row("3: without padding", [base64_unpadded(&mac)], MALFORMED),
        row("3: more padding", [format!("{good}=")], MALFORMED),
        row("3: the URL alphabet", [base64url(&mac)], MALFORMED),
        row(
            "3: half in the URL alphabet",
            [good.replace('+', "-")],
            MALFORMED,
        ),
        row(
            "3: bits left over at the end",
            [left_over(&good)],
            MALFORMED,
        ),
        row("3: a line end in it", [split_by(&good, "\t")], MALFORMED),
        row("3: hex", [hex(&mac)], MALFORMED),
        row("3: percent-encoded", [good.replace('+', "%2B")], MALFORMED),
        row("4: bytes outside ASCII", [[0xc3; 44]], MALFORMED),
        row("4: 64 KiB", ["A".repeat(64 << 10)], MALFORMED),
        row("5: two, equal", [&good, &good], Forwarded),
        row("5: two, right and wrong", [&good, &bad], CONFLICT),
        row("5: joined by a comma", [format!("{good},{bad}")], MALFORMED),
    ];
    let shop = providers::shopify();
    // The rows expect the default status.
    let shop = shop.with_rejection_status(RejectionClass::InvalidSignature, StatusCode::FORBIDDEN);
    let rig = rig(shop, secret(), shopify(&body));
    run(&rig, "x-shopify-hmac-sha256", rows).await;
}

/// The same bytes with other bits behind them, which a lax decoder drops.
fn left_over(base64: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = base64.trim_end_matches('=');
    let (front, last) = digits.split_at(digits.len() - 1);
    let value = alphabet.find(last).expect("a digit");
    assert_eq!(value % 4, 0, "32 bytes leave two bits over");
    let next = &alphabet[value + 1..value + 2];
    format!("{front}{next}=")
}

fn split_by(text: &str, between: &str) -> String {
    let (front, back) = text.split_at(20);
    format!("{front}{between}{back}")
}

#[tokio::test]
async fn checks_plain_base64url() {
    let scheme = Scheme::builder("acme")
        .encoding(Encoding::Base64Url)
        .signature_header("x-acme-signature")
        .build()
        .expect("a good scheme");
    let body = body_with_a_telling_mac();
    let mac = mac256(&body);
    let rows = [
        row("3: with padding", [base64url(&mac)], Forwarded),
        row("3: without padding", [base64url_unpadded(&mac)], Forwarded),
        row("3: the standard alphabet", [base64(&mac)], MALFORMED),
        row(
            "3: the standard alphabet without padding",
            [base64_unpadded(&mac)],
            MALFORMED,
        ),
        row(
            "3: more padding",
            [format!("{}=", base64url(&mac))],
            MALFORMED,
        ),
        row("3: hex", [hex(&mac)], MALFORMED),
    ];
    let good = Delivery::new(&body).header("x-acme-signature", base64url(&mac));
    run(&rig(scheme, secret(), good), "x-acme-signature", rows).await;
}

#[tokio::test]
async fn checks_a_versioned_list() {
    let mac = standard_mac(STANDARD_ID.as_bytes(), now().as_bytes(), BODY);
    let other = standard_mac(b"msg_other", now().as_bytes(), BODY);
    let right = format!("v1,{}", base64(&mac));
    let bad = format!("v1,{}", base64(&other));
    let many = |count| vec![bad.clone(); count];
    let rows = [
        row("1: absent", [""; 0], MISSING),
        row("1: empty", [""], MISSING),
        row("1: only spaces", ["   "], MALFORMED),
        row("1: only the version", ["v1"], MALFORMED),
        row("1: only the prefix", ["v1,"], MALFORMED),
        row("1: only the prefix, twice", ["v1, v1,"], MALFORMED),
        row("1: no version", [base64(&mac)], MALFORMED),
        row(
            "1: an empty version",
            [format!(",{}", base64(&mac))],
            MALFORMED,
        ),
        row(
            "1: only an unknown version",
            [right.replace("v1", "v2")],
            MALFORMED,
        ),
        row(
            "1: only a lower version",
            [right.replace("v1", "v0")],
            MALFORMED,
        ),
        row(
            "1: only a version like it",
            [right.replace("v1", "v11")],
            MALFORMED,
        ),
        row(
            "1: only the asymmetric version",
            [right.replace("v1", "v1a")],
            MALFORMED,
        ),
        row(
            "1: the version in upper case",
            [right.replace("v1", "V1")],
            MALFORMED,
        ),
        row(
            "2: half of it",
            [format!("v1,{}", base64(&mac[..16]))],
            MALFORMED,
        ),
        row(
            "2: a byte more",
            [format!("v1,{}", base64(&[&mac[..], b"\0"].concat()))],
            MALFORMED,
        ),
        row(
            "2: twice in a row",
            [format!("{right}{}", base64(&mac))],
            MALFORMED,
        ),
        row("3: hex", [format!("v1,{}", hex(&mac))], MALFORMED),
        row(
            "3: without padding",
            [format!("v1,{}", base64_unpadded(&mac))],
            MALFORMED,
        ),
        row("4: bytes outside ASCII", [b"v1,\xff\xff\xff"], MALFORMED),
        row(
            "4: 64 KiB",
            [format!("v1,{}", "A".repeat(64 << 10))],
            MALFORMED,
        ),
        row("4: 17 candidates", [many(17).join(" ")], TOO_MANY),
        row("4: 10 000 candidates", [many(10_000).join(" ")], TOO_MANY),
        row("5: two headers, equal", [&right, &right], Forwarded),
        row("5: two headers, right and wrong", [&right, &bad], CONFLICT),
        row("5: two headers, wrong and right", [&bad, &right], CONFLICT),
        row(
            "7: the right one first",
            [format!("{right} {bad} {bad}")],
            Forwarded,
        ),
        row(
            "7: the right one in the middle",
            [format!("{bad} {right} {bad}")],
            Forwarded,
        ),
        row(
            "7: the right one last",
            [format!("{bad} {bad} {right}")],
            Forwarded,
        ),
        row(
            "7: the right one twice",
            [format!("{right} {right}")],
            Forwarded,
        ),
        row(
            "7: the right one after 15 others",
            [format!("{} {right}", many(15).join(" "))],
            Forwarded,
        ),
        row("7: none is right", [many(16).join(" ")], MISMATCH),
        row(
            "7: after one that does not decode",
            [format!("v1,? {right}")],
            Forwarded,
        ),
        row(
            "7: after 20 of another version",
            [format!("{} {right}", ["v2,c2ln"; 20].join(" "))],
            Forwarded,
        ),
        row(
            "7: between versions of others",
            [format!("v1a,c2ln {right} v2,c2ln")],
            Forwarded,
        ),
    ];
    let good = standard(STANDARD_ID, now(), BODY);
    let rig = rig(providers::standard_webhooks(), standard_secret(), good);
    run(&rig, "webhook-signature", rows).await;
}

#[tokio::test]
async fn checks_a_key_value_list() {
    let t = now();
    let mac = hex(&mac256(format!("{t}.{}", String::from_utf8_lossy(BODY))));
    let right = format!("v1={mac}");
    let bad = format!("v1={}", wrong(&mac));
    let no_time = invalid_timestamp("MissingTimestamp");
    let many = |count| vec![bad.clone(); count].join(",");
    let rows = [
        row("1: absent", [""; 0], MISSING),
        row("1: empty", [""], MISSING),
        row("1: only spaces", ["  "], MALFORMED),
        row("1: only the time", [format!("t={t}")], MALFORMED),
        row("1: only the prefix", [format!("t={t},v1=")], MALFORMED),
        row(
            "1: only an unknown version",
            [format!("t={t},v9={mac}")],
            MALFORMED,
        ),
        row(
            "1: only a lower version",
            [format!("t={t},v0={mac}")],
            MALFORMED,
        ),
        row(
            "2: half of it",
            [format!("t={t},v1={}", &mac[..32])],
            MALFORMED,
        ),
        row("2: a byte more", [format!("t={t},v1={mac}00")], MALFORMED),
        row(
            "2: twice in a row",
            [format!("t={t},v1={mac}{mac}")],
            MALFORMED,
        ),
        row(
            "2: of the body alone",
            [format!("t={t},v1={}", hex(&mac256(BODY)))],
            MISMATCH,
        ),
        row(
            "3: an odd number of digits",
            [format!("t={t},v1={}", &mac[..63])],
            MALFORMED,
        ),
        row(
            "3: not hex",
            [format!("t={t},v1={}", "z".repeat(64))],
            MALFORMED,
        ),
        row(
            "3: upper-case hex",
            [format!("t={t},v1={}", mac.to_uppercase())],
            Forwarded,
        ),
        row(
            "4: bytes outside ASCII",
            [[t_and(&t).as_bytes(), b"\xff\xfe"].concat()],
            MALFORMED,
        ),
        row(
            "4: 64 KiB",
            [format!("t={t},v1={}", "a".repeat(64 << 10))],
            MALFORMED,
        ),
        row(
            "4: 17 candidates",
            [format!("t={t},{}", many(17))],
            TOO_MANY,
        ),
        row(
            "4: 10 000 candidates",
            [format!("t={t},{}", many(10_000))],
            TOO_MANY,
        ),
        row(
            "5: two headers, equal",
            [format!("t={t},{right}"), format!("t={t},{right}")],
            Forwarded,
        ),
        row(
            "5: two headers, right and wrong",
            [format!("t={t},{right}"), format!("t={t},{bad}")],
            CONFLICT,
        ),
        row(
            "5: two headers, wrong and right",
            [format!("t={t},{bad}"), format!("t={t},{right}")],
            CONFLICT,
        ),
        row(
            "5: one header in two",
            [format!("t={t}"), right.clone()],
            CONFLICT,
        ),
        row("6: no `t`", [&right], no_time),
        row("6: `t` in upper case", [format!("T={t},{right}")], no_time),
        row(
            "6: `t` twice, differing",
            [format!("t={t},t={},{right}", support::NOW - 1)],
            TWO_TIMES,
        ),
        row(
            "6: `t` twice, differing, the right one last",
            [format!("t={},{right},t={t}", support::NOW - 1)],
            TWO_TIMES,
        ),
        row(
            "6: `t` twice, equal",
            [format!("t={t},t={t},{right}")],
            Forwarded,
        ),
        row("6: `t` after `v1`", [format!("{right},t={t}")], Forwarded),
        row(
            "6: `t` between two",
            [format!("{bad},t={t},{right}")],
            Forwarded,
        ),
        row("6: an empty key", [format!("t={t},={mac}")], MALFORMED),
        row(
            "6: an empty key beside it",
            [format!("t={t},{right},=x")],
            MALFORMED,
        ),
        row(
            "6: an empty value",
            [format!("t={t},v1=,{right}")],
            MALFORMED,
        ),
        row("6: an empty `t`", [format!("t=,{right}")], MALFORMED),
        row("6: no `=` at all", [&mac], MALFORMED),
        row(
            "6: no `=` in one item",
            [format!("t={t},v1,{right}")],
            MALFORMED,
        ),
        row("6: an empty item", [format!("t={t},,{right}")], MALFORMED),
        row(
            "6: a comma at the end",
            [format!("t={t},{right},")],
            MALFORMED,
        ),
        row("6: only a comma", [","], MALFORMED),
        row("6: only `=`", ["="], MALFORMED),
        row("6: semicolons", [format!("t={t};{right}")], MALFORMED),
        row(
            "7: the right one first",
            [format!("t={t},{right},{bad},{bad}")],
            Forwarded,
        ),
        row(
            "7: the right one in the middle",
            [format!("t={t},{bad},{right},{bad}")],
            Forwarded,
        ),
        row(
            "7: the right one last",
            [format!("t={t},{bad},{bad},{right}")],
            Forwarded,
        ),
        row(
            "7: after 15 others",
            [format!("t={t},{},{right}", many(15))],
            Forwarded,
        ),
        row(
            "7: none is right",
            [format!("t={t},{}", many(16))],
            MISMATCH,
        ),
        row(
            "7: after 20 of another version",
            [format!("t={t},{},{right}", ["v2=00"; 20].join(","))],
            Forwarded,
        ),
        row(
            "7: beside a lower version",
            [format!("t={t},v0={mac},{right}")],
            Forwarded,
        ),
        row(
            "7: after one that does not decode",
            [format!("t={t},v1=?,{right}")],
            Forwarded,
        ),
    ];
    let rig = rig(providers::stripe(), secret(), stripe(&t, BODY));
    run(&rig, "stripe-signature", rows).await;
}

/// `t=…,v1=`, as Stripe's header begins.
fn t_and(t: &str) -> String {
    format!("t={t},v1=")
}

/// A flood of candidates is refused before the body is looked at, so it costs no hashing at all.
#[tokio::test]
async fn rejects_ten_thousand_signatures_without_reading_the_body() {
    let body = vec![b'x'; LIMIT];
    let stripe_value = format!("t={}{}", now(), ",v1=00".repeat(10_000));
    let standard_value = "v1,AA== ".repeat(10_000);
    let standard_good = standard(STANDARD_ID, now(), &body);
    let rigs = [
        (
            rig(providers::stripe(), secret(), stripe(now(), &body)),
            "stripe-signature",
            stripe_value.as_str(),
        ),
        (
            rig(
                providers::standard_webhooks(),
                standard_secret(),
                standard_good,
            ),
            "webhook-signature",
            standard_value.trim_end(),
        ),
    ];
    let mut report = Report::default();
    for (rig, header, value) in rigs {
        let flood = rig.good.clone().set(header, value).request();
        let probe = flood.body().probe();
        report.note(rig.check(header, flood, TOO_MANY).await);
        assert_eq!(probe.polls(), 0, "{header}: the body was read");
    }
    report.finish();
}

/// Sixteen candidates over a body at the limit cost about what one does: the body is hashed once.
#[tokio::test]
async fn hashes_the_body_once_for_sixteen_signatures() {
    let body = vec![b'x'; LIMIT];
    let good = stripe(now(), &body);
    let right = good.head.headers["stripe-signature"]
        .to_str()
        .expect("ASCII");
    let bad = format!(",v1={}", "0".repeat(64)).repeat(15);
    let last = right.replacen(",v1=", &format!("{bad},v1="), 1);
    let none = format!("t={},v1={}{bad}", now(), "1".repeat(64));
    let one = format!("t={},v1={}", now(), "1".repeat(64));
    let rig = rig(providers::stripe(), secret(), good.clone());
    let with = |value: &String| good.clone().set("stripe-signature", value).request();

    let mut report = Report::default();
    let outcome = rig.check("7: the 16th is right", with(&last), Forwarded);
    report.note(outcome.await);
    let outcome = rig.check("4: none of 16 is right", with(&none), MISMATCH);
    report.note(outcome.await);
    report.finish();

    // The best of several runs, and much room: sixteen MACs would be sixteen times the time.
    let mut best = [Duration::MAX; 2];
    for _ in 0..5 {
        for (value, best) in [&one, &none].into_iter().zip(&mut best) {
            let request = with(value);
            let start = Instant::now();
            let answer = send(&rig.service, request).await;
            *best = start.elapsed().min(*best);
            assert_eq!(answer.status, 403);
        }
    }
    let [one, sixteen] = best;
    assert!(sixteen < one * 4, "{sixteen:?} against {one:?}");
}

/// Every length of a truncated MAC is refused, in every layout.
#[tokio::test]
async fn rejects_truncated_signatures_of_every_length() {
    let layouts = [
        (SignatureFormat::plain(), ""),
        (SignatureFormat::prefixed("sig="), "sig="),
        (SignatureFormat::key_values("v1"), "v1="),
        (SignatureFormat::versions("v1"), "v1,"),
    ];
    let mac = mac256(BODY);
    let mut report = Report::default();
    for (layout, before) in layouts {
        let scheme = Scheme::builder("acme")
            .signature_header("x-acme-signature")
            .signature_format(layout)
            .build()
            .expect("a good scheme");
        let of = |mac: &[u8]| {
            Delivery::new(BODY).header("x-acme-signature", format!("{before}{}", hex(mac)))
        };
        let rig = rig(scheme, secret(), of(&mac));
        let outcome = rig.check(before, of(&mac).request(), Forwarded);
        report.note(outcome.await);
        for length in 1..mac.len() {
            let name = format!("2: {length} bytes after `{before}`");
            let short = of(&mac[..length]).request();
            report.note(rig.check(&name, short, MALFORMED).await);
        }
    }
    report.finish();
}

/// The wire says the same about everything that can be wrong with a signature.
#[tokio::test]
async fn answers_every_invalid_signature_alike() {
    let rig = rig(providers::slack(), secret(), slack(now(), BODY));
    let good = slack(now(), BODY);
    let header = "x-slack-signature";
    let wrongs = [
        good.clone().without(header),
        good.clone().set(header, ""),
        good.clone().set(header, "v0="),
        good.clone().set(header, "v0=zz"),
        good.clone().set(header, [0xff; 4]),
        good.clone().set(header, format!("v0={}", "0".repeat(64))),
        good.clone().body("{}"),
        good.clone().body(""),
    ];
    let mut answers = Vec::new();
    for wrong in wrongs {
        let answer = send(&rig.service, wrong.request()).await;
        let headers: Vec<_> = answer.headers.clone().into_iter().collect();
        answers.push((
            answer.status,
            answer.version,
            headers,
            answer.extensions.get::<HeaderMap>().cloned(),
            answer.body,
        ));
    }
    // The same again as the body streams in.
    let chunks = Script::new([Step::data("{"), Step::data("}")]);
    let answer = send(&rig.service, good.with(chunks)).await;
    let headers: Vec<_> = answer.headers.clone().into_iter().collect();
    answers.push((
        answer.status,
        answer.version,
        headers,
        answer.extensions.get::<HeaderMap>().cloned(),
        answer.body,
    ));

    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(answers[0].4, r#"{"error":"Invalid signature"}"#);
}
