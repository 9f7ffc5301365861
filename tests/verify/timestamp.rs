//! Timestamps that are missing, malformed, extreme, or at the edge of the window. The numbers are
//! those of `tests/README.md`.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tower_webhook::{
    Scheme, Secret, WebhookLayer,
    providers::{self, Provider},
    scheme::{SignatureFormat, TimestampFormat},
};

use crate::support::{
    BODY, Delivery, Expect, Expect::Forwarded, NOW, Report, Rig, STANDARD_ID, Script, Step, at,
    expired, generic, github, hex, invalid_request, invalid_signature, invalid_timestamp, mac256,
    now, secret, send, slack, standard, standard_secret, stripe, test_clock,
};

const MISSING: Expect = invalid_timestamp("MissingTimestamp");
const MALFORMED: Expect = invalid_timestamp("MalformedTimestamp");
const TOO_OLD: Expect = expired("TimestampTooOld");
const TOO_NEW: Expect = expired("TimestampInFuture");
const CONFLICT: Expect = invalid_request("ConflictingHeader");

/// A scheme with a timestamp, and how to sign a delivery at a time of any text.
struct Subject {
    name: &'static str,
    provider: Provider,
    secret: Secret,
    /// Where the timestamp has a header of its own.
    header: Option<&'static str>,
    sign: fn(&[u8]) -> Delivery,
}

impl Subject {
    fn rig(&self, good: &str) -> Rig {
        let layer = WebhookLayer::new(self.provider.clone(), self.secret.clone()).unwrap();
        let layer = layer.clock(test_clock());
        Rig::new(layer, (self.sign)(good.as_bytes()))
    }
}

fn of_seconds() -> [Subject; 4] {
    [
        Subject {
            name: "generic",
            provider: providers::generic(),
            secret: secret(),
            header: Some("x-timestamp"),
            sign: |time| generic(time, BODY),
        },
        Subject {
            name: "slack",
            provider: providers::slack(),
            secret: secret(),
            header: Some("x-slack-request-timestamp"),
            sign: |time| slack(time, BODY),
        },
        Subject {
            name: "standard webhooks",
            provider: providers::standard_webhooks(),
            secret: standard_secret(),
            header: Some("webhook-timestamp"),
            sign: |time| standard(STANDARD_ID, time, BODY),
        },
        Subject {
            name: "stripe",
            provider: providers::stripe(),
            secret: secret(),
            header: None,
            sign: |time| stripe(time, BODY),
        },
    ]
}

/// A scheme of one's own, its signed timestamp in `X-Acme-Timestamp`.
fn acme(unit: TimestampFormat) -> Subject {
    let scheme = Scheme::builder("acme")
        .signature_header("x-acme-signature")
        .timestamp_header("x-acme-timestamp")
        .timestamp_format(unit)
        .message("{timestamp}.{body}")
        .build()
        .unwrap();
    Subject {
        name: "acme",
        provider: scheme.into(),
        secret: secret(),
        header: Some("x-acme-timestamp"),
        sign: |time| {
            let message = [time, b".", BODY].concat();
            Delivery::new(BODY)
                .header("x-acme-signature", hex(&mac256(message)))
                .header("x-acme-timestamp", time)
        },
    }
}

/// A scheme of one's own, its signed timestamp in the signature header.
fn acme_in_the_list(unit: TimestampFormat) -> Subject {
    let scheme = Scheme::builder("acme")
        .signature_header("x-acme-signature")
        .signature_format(SignatureFormat::key_values("v1"))
        .timestamp_key("ts")
        .timestamp_format(unit)
        .message("{timestamp}.{body}")
        .build()
        .unwrap();
    Subject {
        name: "acme, in the list",
        provider: scheme.into(),
        secret: secret(),
        header: None,
        sign: |time| {
            let mac = hex(&mac256([time, b".", BODY].concat()));
            let value = [b"ts=", time, b",v1=", mac.as_bytes()].concat();
            Delivery::new(BODY).header("x-acme-signature", value)
        },
    }
}

/// Each row is signed as it stands, so that nothing but its timestamp can be wrong.
async fn run(subject: &Subject, good: &str, rows: &[(&str, &[u8], Expect)]) {
    let rig = subject.rig(good);
    let mut report = Report::default();
    for &(name, time, expect) in rows {
        let name = format!("{}: {name}", subject.name);
        let request = (subject.sign)(time).request();
        report.note(rig.check(&name, request, expect).await);
    }
    report.finish();
}

#[tokio::test]
async fn checks_unix_seconds() {
    let rows: &[(&str, &[u8], Expect)] = &[
        ("8: letters", b"abc", MALFORMED),
        ("8: a plus", b"+1768478400", MALFORMED),
        ("8: +1", b"+1", MALFORMED),
        ("8: a minus", b"-1", MALFORMED),
        ("8: minus nought", b"-0", MALFORMED),
        ("8: an exponent", b"1e9", MALFORMED),
        ("8: an exponent for now", b"17684784e2", MALFORMED),
        ("8: base 16", b"0x10", MALFORMED),
        ("8: base 16 for now", b"0x6968d7c0", MALFORMED),
        ("8: a space in it", b"17684 78400", MALFORMED),
        ("8: a fraction", b"1768478400.0", MALFORMED),
        ("8: a point at the end", b"1768478400.", MALFORMED),
        ("8: underscores", b"1_768_478_400", MALFORMED),
        ("8: a letter after it", b"1768478400s", MALFORMED),
        ("8: quoted", b"\"1768478400\"", MALFORMED),
        ("8: not a number", b"NaN", MALFORMED),
        ("8: infinity", b"inf", MALFORMED),
        ("8: bytes outside ASCII", b"\xff\xfe", MALFORMED),
        (
            "8: full-width digits",
            "１７６８４７８４００".as_bytes(),
            MALFORMED,
        ),
        ("8: RFC 3339", b"2026-01-15T12:00:00Z", MALFORMED),
        (
            "8: an HTTP date",
            b"Thu 15 Jan 2026 12:00:00 GMT",
            MALFORMED,
        ),
        ("8: milliseconds", b"1768478400000", TOO_NEW),
        ("8: one", b"1", TOO_OLD),
        ("9: i64::MIN", b"-9223372036854775808", MALFORMED),
        ("9: i64::MAX", b"9223372036854775807", TOO_NEW),
        ("9: i64::MAX + 1", b"9223372036854775808", TOO_NEW),
        ("9: u64::MAX", b"18446744073709551615", TOO_NEW),
        ("9: u64::MAX + 1", b"18446744073709551616", MALFORMED),
        ("9: i32::MAX", b"2147483647", TOO_NEW),
        ("9: u32::MAX", b"4294967295", TOO_NEW),
        (
            "9: forty digits",
            b"1234567890123456789012345678901234567890",
            MALFORMED,
        ),
        (
            "9: forty nines",
            b"9999999999999999999999999999999999999999",
            MALFORMED,
        ),
        (
            "9: now, and u64 times over it",
            b"18446744075478029056",
            MALFORMED,
        ),
        ("9: nought", b"0", TOO_OLD),
        ("10: now", b"1768478400", Forwarded),
        ("10: oldest good", b"1768478100", Forwarded),
        ("10: one second inside, past", b"1768478101", Forwarded),
        ("10: one second past, past", b"1768478099", TOO_OLD),
        ("10: newest good", b"1768478700", Forwarded),
        ("10: one second inside, future", b"1768478699", Forwarded),
        ("10: one second past, future", b"1768478701", TOO_NEW),
    ];
    for subject in of_seconds() {
        run(&subject, &now(), rows).await;
    }
}

/// What only a header of its own can do to a timestamp.
#[tokio::test]
async fn checks_a_separate_timestamp_header() {
    let headers = of_seconds()
        .into_iter()
        .filter_map(|subject| Some((subject.header?, subject)));
    for (header, subject) in headers {
        let rig = subject.rig(&now());
        let good = rig.good.clone();
        let resigned = |time: &str| (subject.sign)(time.as_bytes());
        let second = (NOW - 1).to_string();
        let rows = [
            ("8: missing", good.clone().without(header), MISSING),
            ("8: empty", resigned(""), MISSING),
            ("8: one space", resigned(" "), MALFORMED),
            ("8: spaces", resigned("   "), MALFORMED),
            ("8: a tab", resigned("\t"), MALFORMED),
            ("8: a space before", resigned(&format!(" {NOW}")), MALFORMED),
            ("8: a space after", resigned(&format!("{NOW} ")), MALFORMED),
            ("8: a list", resigned(&format!("{NOW},{NOW}")), MALFORMED),
            ("8: 64 KiB", resigned(&"1".repeat(64 << 10)), MALFORMED),
            (
                "5: twice, equal",
                good.clone().header(header, now()),
                Forwarded,
            ),
            (
                "5: twice, differing",
                good.clone().header(header, &second),
                CONFLICT,
            ),
            (
                "5: twice, differing, the good one last",
                good.clone().set(header, &second).header(header, now()),
                CONFLICT,
            ),
            (
                "5: twice, one empty",
                good.clone().header(header, ""),
                CONFLICT,
            ),
        ];
        let mut report = Report::default();
        for (name, delivery, expect) in rows {
            let name = format!("{}: {name}", subject.name);
            report.note(rig.check(&name, delivery.request(), expect).await);
        }
        report.finish();
    }
}

#[tokio::test]
async fn checks_unix_milliseconds() {
    let rows: &[(&str, &[u8], Expect)] = &[
        ("8: seconds", b"1768478400", TOO_OLD),
        ("8: microseconds", b"1768478400000000", TOO_NEW),
        ("8: a fraction", b"1768478400000.5", MALFORMED),
        ("8: a minus", b"-1768478400000", MALFORMED),
        ("9: i64::MAX", b"9223372036854775807", TOO_NEW),
        ("9: u64::MAX", b"18446744073709551615", TOO_NEW),
        (
            "9: forty digits",
            b"1234567890123456789012345678901234567890",
            MALFORMED,
        ),
        ("10: now", b"1768478400000", Forwarded),
        ("10: oldest good", b"1768478100000", Forwarded),
        ("10: one millisecond past, past", b"1768478099999", TOO_OLD),
        ("10: newest good", b"1768478700000", Forwarded),
        (
            "10: one millisecond past, future",
            b"1768478700001",
            TOO_NEW,
        ),
    ];
    let unit = TimestampFormat::Milliseconds;
    run(&acme(unit), "1768478400000", rows).await;
    run(&acme_in_the_list(unit), "1768478400000", rows).await;
}

#[tokio::test]
async fn checks_rfc_3339() {
    let rows: &[(&str, &[u8], Expect)] = &[
        ("8: a number", b"1768478400", MALFORMED),
        ("8: letters", b"abc", MALFORMED),
        ("8: only a date", b"2026-01-15", MALFORMED),
        ("8: no zone", b"2026-01-15T12:00:00", MALFORMED),
        ("8: a 13th month", b"2026-13-15T12:00:00Z", MALFORMED),
        ("8: a 30th of February", b"2026-02-30T12:00:00Z", MALFORMED),
        ("8: a 25th hour", b"2026-01-15T25:00:00Z", MALFORMED),
        ("8: a 61st minute", b"2026-01-15T12:61:00Z", MALFORMED),
        ("8: text after it", b"2026-01-15T12:00:00Zz", MALFORMED),
        (
            "8: twice",
            b"2026-01-15T12:00:00Z2026-01-15T12:00:00Z",
            MALFORMED,
        ),
        ("8: one digit short", b"2026-1-15T12:00:00Z", MALFORMED),
        (
            "8: bytes outside ASCII",
            b"2026-01-15T12:00:00\xff",
            MALFORMED,
        ),
        ("9: year 9999", b"9999-12-31T23:59:59Z", TOO_NEW),
        ("9: year 0", b"0000-01-01T00:00:00Z", TOO_OLD),
        ("9: year 1969", b"1969-12-31T23:59:59Z", TOO_OLD),
        (
            "9: a year of five digits",
            b"12026-01-15T12:00:00Z",
            MALFORMED,
        ),
        (
            "9: a year below nought",
            b"-2026-01-15T12:00:00Z",
            MALFORMED,
        ),
        ("10: now", b"2026-01-15T12:00:00Z", Forwarded),
        (
            "10: now, with a fraction",
            b"2026-01-15T12:00:00.000Z",
            Forwarded,
        ),
        (
            "10: now, in nanoseconds",
            b"2026-01-15T12:00:00.000000000Z",
            Forwarded,
        ),
        (
            "10: now, elsewhere",
            b"2026-01-15T13:00:00+01:00",
            Forwarded,
        ),
        ("10: now, west", b"2026-01-15T02:30:00-09:30", Forwarded),
        (
            "10: now, at nought",
            b"2026-01-15T12:00:00+00:00",
            Forwarded,
        ),
        ("10: oldest good", b"2026-01-15T11:55:00Z", Forwarded),
        (
            "10: one second past, past",
            b"2026-01-15T11:54:59Z",
            TOO_OLD,
        ),
        (
            "10: a millisecond past, past",
            b"2026-01-15T11:54:59.999Z",
            TOO_OLD,
        ),
        ("10: newest good", b"2026-01-15T12:05:00Z", Forwarded),
        (
            "10: one second past, future",
            b"2026-01-15T12:05:01Z",
            TOO_NEW,
        ),
        (
            "10: a millisecond past, future",
            b"2026-01-15T12:05:00.001Z",
            TOO_NEW,
        ),
        (
            "10: an hour, by its zone",
            b"2026-01-15T12:00:00+01:00",
            TOO_OLD,
        ),
    ];
    let unit = TimestampFormat::Rfc3339;
    run(&acme(unit), "2026-01-15T12:00:00Z", rows).await;
    run(&acme_in_the_list(unit), "2026-01-15T12:00:00Z", rows).await;
}

/// 10: past and future apart, nought, and as wide as can be.
#[tokio::test]
async fn applies_the_configured_tolerance() {
    type Set = fn(WebhookLayer) -> WebhookLayer;
    const WIDE: Duration = Duration::MAX;
    let both: Set = |it| it.tolerance(Duration::from_secs(60)).unwrap();
    let apart: Set = |it| {
        it.past_tolerance(Duration::from_secs(600))
            .and_then(|it| it.future_tolerance(Duration::from_secs(5)))
            .unwrap()
    };
    let past: Set = |it| it.past_tolerance(Duration::from_secs(10)).unwrap();
    let future: Set = |it| it.future_tolerance(Duration::from_secs(10)).unwrap();
    let none: Set = |it| it.tolerance(Duration::ZERO).unwrap();
    let wide: Set = |it| it.tolerance(WIDE).unwrap();
    let last: Set = |it| {
        let set = it.tolerance(Duration::ZERO).unwrap();
        set.tolerance(WIDE).unwrap()
    };
    // A setter for one direction takes precedence, in either order.
    let past_first: Set = |it| {
        let set = it.past_tolerance(Duration::from_secs(10)).unwrap();
        set.tolerance(WIDE).unwrap()
    };
    let past_last: Set = |it| {
        let set = it.tolerance(WIDE).unwrap();
        set.past_tolerance(Duration::from_secs(10)).unwrap()
    };
    let rows: &[(&str, Set, i64, Expect)] = &[
        ("60, oldest", both, -60, Forwarded),
        ("60, too old", both, -61, TOO_OLD),
        ("60, newest", both, 60, Forwarded),
        ("60, too new", both, 61, TOO_NEW),
        ("600 and 5, oldest", apart, -600, Forwarded),
        ("600 and 5, too old", apart, -601, TOO_OLD),
        ("600 and 5, newest", apart, 5, Forwarded),
        ("600 and 5, too new", apart, 6, TOO_NEW),
        ("past 10, too old", past, -11, TOO_OLD),
        ("past 10, newest", past, 300, Forwarded),
        ("past 10, too new", past, 301, TOO_NEW),
        ("future 10, oldest", future, -300, Forwarded),
        ("future 10, too new", future, 11, TOO_NEW),
        ("nought, now", none, 0, Forwarded),
        ("nought, a second ago", none, -1, TOO_OLD),
        ("nought, in a second", none, 1, TOO_NEW),
        ("for ever, 1970", wide, -NOW, Forwarded),
        ("for ever, in 1000 years", wide, 31_556_952_000, Forwarded),
        ("the last setting wins", last, -NOW, Forwarded),
        ("past 10 before both, too old", past_first, -11, TOO_OLD),
        ("past 10 before both, newest", past_first, NOW, Forwarded),
        ("past 10 after both, too old", past_last, -11, TOO_OLD),
        ("past 10 after both, newest", past_last, NOW, Forwarded),
    ];
    let mut report = Report::default();
    for &(name, set, offset, expect) in rows {
        let layer = WebhookLayer::new(providers::slack(), secret()).unwrap();
        let layer = set(layer.clock(test_clock()));
        let rig = Rig::new(layer, slack(now(), BODY));
        let request = slack((NOW + offset).to_string(), BODY).request();
        report.note(rig.check(&format!("10: {name}"), request, expect).await);
    }
    report.finish();
}

/// 10: a window that the scheme brings along, and one that the layer sets over it.
#[tokio::test]
async fn applies_the_tolerance_of_the_scheme() {
    let scheme = Scheme::builder("acme")
        .signature_header("x-signature")
        .timestamp_header("x-timestamp")
        .tolerance(Duration::from_secs(5))
        .build()
        .unwrap();
    assert_eq!(scheme.tolerance(), Duration::from_secs(5));
    let layer = WebhookLayer::new(scheme, secret()).unwrap();
    let layer = layer.clock(test_clock());
    let good = generic(now(), BODY);
    let strict = Rig::new(layer.clone(), good.clone());
    let lenient = layer.tolerance(Duration::from_secs(10)).unwrap();
    let lenient = Rig::new(lenient, good);

    let mut report = Report::default();
    let old = |age: i64| generic((NOW - age).to_string(), BODY).request();
    report.note(strict.check("10: 5", old(5), Forwarded).await);
    report.note(strict.check("10: 6", old(6), TOO_OLD).await);
    report.note(lenient.check("10: 10", old(10), Forwarded).await);
    report.note(lenient.check("10: 11", old(11), TOO_OLD).await);
    report.finish();
}

/// 10: a clock that is before 1970, far ahead, or jumps.
#[tokio::test]
async fn handles_clocks_before_1970_and_far_ahead() {
    let far = UNIX_EPOCH
        .checked_add(Duration::from_secs(1 << 62))
        .unwrap();
    let long_ago = UNIX_EPOCH
        .checked_sub(Duration::from_secs(1 << 62))
        .unwrap();
    let rows: &[(&str, SystemTime, i64, Expect)] = &[
        ("ten seconds before 1970, 1970", at(-10), 0, Forwarded),
        ("ten seconds before 1970, newest", at(-10), 290, Forwarded),
        ("ten seconds before 1970, too new", at(-10), 291, TOO_NEW),
        ("301 seconds before 1970", at(-301), 0, TOO_NEW),
        ("ten seconds before 1970, now", at(-10), NOW, TOO_NEW),
        ("1970, 1970", at(0), 0, Forwarded),
        ("ages ahead", far, NOW, TOO_OLD),
        ("ages ago", long_ago, NOW, TOO_NEW),
        ("ages ago, 1970", long_ago, 0, TOO_NEW),
    ];
    let mut report = Report::default();
    for &(name, clock, time, expect) in rows {
        let layer = WebhookLayer::new(providers::slack(), secret()).unwrap();
        let answer = {
            let rig = Rig::new(layer.clock(move || clock), slack("0", BODY));
            send(&rig.service, slack(time.to_string(), BODY).request()).await
        };
        let right = match expect {
            Forwarded => answer.status == 200,
            Expect::Refused { text, kind, .. } => answer.text() == text && answer.kind() == kind,
        };
        report.note(if right {
            Ok(())
        } else {
            Err(format!(
                "10: {name}: {:?}, {:?}",
                answer.wire(),
                answer.kind()
            ))
        });
    }
    report.finish();
}

/// 10: a clock that jumps back makes a fresh delivery one of the future.
#[tokio::test]
async fn rejects_a_future_timestamp_after_the_clock_jumps_back() {
    let clock = test_clock();
    let layer = WebhookLayer::new(providers::stripe(), secret()).unwrap();
    let rig = Rig::new(layer.clock(clock.clone()), stripe(now(), BODY));
    let jumps = [
        (0, Forwarded),
        (-300, Forwarded),
        (-301, TOO_NEW),
        (-NOW, TOO_NEW),
        (-NOW - 1, TOO_NEW),
        (0, Forwarded),
        (300, Forwarded),
        (301, TOO_OLD),
        (0, Forwarded),
    ];
    for (jump, expect) in jumps {
        clock.set(at(NOW + jump));
        let answer = send(&rig.service, stripe(now(), BODY).request()).await;
        let forwarded = answer.status == 200;
        assert_eq!(forwarded, expect == Forwarded, "{jump}: {answer:?}");
        if let Expect::Refused { text, kind, .. } = expect {
            assert_eq!((answer.text(), &answer.kind()[..]), (text, kind), "{jump}");
        }
    }
}

/// 10: the clock is asked once a request, when the head is there, so that a slow body does not make
/// a delivery stale and a jump in between does not matter.
#[tokio::test(start_paused = true)]
async fn reads_the_clock_once_per_request() {
    let asked = Arc::new(AtomicUsize::new(0));
    let clock = test_clock();
    let counted = {
        let (asked, clock) = (Arc::clone(&asked), clock.clone());
        move || {
            asked.fetch_add(1, Ordering::SeqCst);
            tower_webhook::clock::Clock::now(&clock)
        }
    };
    let layer = WebhookLayer::new(providers::slack(), secret()).unwrap();
    let rig = Rig::new(layer.clock(counted), slack(now(), BODY));
    let script = Script::new([
        Step::data(&BODY[..5]),
        Step::Wait(Duration::from_secs(1)),
        Step::data(&BODY[5..]),
    ]);
    let delivery = slack(now(), BODY).with(script);
    let service = rig.service.clone();
    let under_way = tokio::spawn(async move { send(&service, delivery).await });
    tokio::task::yield_now().await;
    clock.set(at(NOW - 1_000_000));

    assert_eq!(under_way.await.unwrap().status, 200);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// The head is judged in order: what signs first, then the time, then how far off it is.
#[tokio::test]
async fn checks_signature_then_timestamp_then_tolerance() {
    let rig = of_seconds()[0].rig(&now());
    let bare = rig
        .good
        .clone()
        .without("x-signature")
        .without("x-timestamp");
    let wrong = "0".repeat(64);
    let old = (NOW - 301).to_string();
    let no_signature = invalid_signature("MissingSignature");
    let rows = [
        ("nothing at all", bare.clone(), no_signature),
        (
            "no signature, and stale",
            bare.clone().header("x-timestamp", &old),
            no_signature,
        ),
        (
            "no signature, a bad time",
            bare.clone().header("x-timestamp", "abc"),
            no_signature,
        ),
        (
            "a wrong signature, no time",
            bare.clone().header("x-signature", &wrong),
            MISSING,
        ),
        (
            "a wrong signature, a bad time",
            bare.clone()
                .header("x-signature", &wrong)
                .header("x-timestamp", "abc"),
            MALFORMED,
        ),
        (
            "a wrong signature, and stale",
            bare.clone()
                .header("x-signature", &wrong)
                .header("x-timestamp", &old),
            TOO_OLD,
        ),
        (
            "a wrong signature in time",
            bare.header("x-signature", &wrong)
                .header("x-timestamp", now()),
            invalid_signature("SignatureMismatch"),
        ),
    ];
    let mut report = Report::default();
    for (name, delivery, expect) in rows {
        report.note(rig.check(name, delivery.request(), expect).await);
    }
    report.finish();
}

/// 11: if the timestamp is signed, an old delivery cannot be replayed with a new timestamp. If it
/// is not signed, it can, and `Verified` says so.
#[tokio::test]
async fn reports_whether_the_timestamp_is_signed() {
    let later = (NOW + 60).to_string();
    for subject in of_seconds() {
        let rig = subject.rig(&now());
        let signed = subject.name != "generic";
        let again = if let Some(header) = subject.header {
            rig.good.clone().set(header, &later)
        } else {
            let value = rig.good.head.headers["stripe-signature"].to_str().unwrap();
            let value = value.replace(&now(), &later);
            rig.good.clone().set("stripe-signature", value)
        };
        let expect = if signed {
            invalid_signature("SignatureMismatch")
        } else {
            Forwarded
        };
        let name = format!("11: {}", subject.name);
        let outcome = rig.check(&name, again.request(), expect).await;
        assert_eq!(outcome, Ok(()));

        send(&rig.service, rig.good.clone().request()).await;
        let seen = rig.inner.last();
        assert_eq!(seen.verified().timestamp_is_signed(), signed, "{name}");
        assert_eq!(seen.verified().timestamp(), Some(at(NOW)), "{name}");
    }
}

/// 11: a scheme without a timestamp has none to show, fresh or not.
#[tokio::test]
async fn reports_no_timestamp_if_the_scheme_has_none() {
    let layer = WebhookLayer::new(providers::github(), secret()).unwrap();
    let rig = Rig::new(layer.clock(|| at(-1_000_000)), github(BODY));
    send(
        &rig.service,
        github(BODY).header("x-timestamp", "1").request(),
    )
    .await;
    let seen = rig.inner.last();
    assert_eq!(seen.verified().timestamp(), None);
    assert!(!seen.verified().timestamp_is_signed());
}

/// 11: the docs of a preset whose timestamp is not signed say so.
#[test]
fn documents_each_unsigned_timestamp() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers");
    let sources: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let source = sources
        .iter()
        .find(|it| it.contains("pub fn generic()"))
        .expect("the preset's source");
    let before = source.split("pub fn generic()").next().unwrap();
    let docs: Vec<_> = before
        .lines()
        .rev()
        .skip_while(|line| !line.starts_with("///"))
        .take_while(|line| line.starts_with("///"))
        .collect();
    let docs = docs.into_iter().rev().collect::<String>().to_lowercase();
    assert!(
        docs.contains("timestamp") && (docs.contains("not signed") || docs.contains("not sign")),
        "{docs}"
    );
}
