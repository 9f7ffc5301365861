use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{
    case::{Case, TestRequest, refused},
    fixture::Fixture,
};
use crate::{
    location::Location,
    scheme::{TimestampFormat, UnixTime},
};

pub(super) const CASES: &[Case] = &[
    refused(
        "timestamp-missing",
        "a delivery without its timestamp is refused",
        |fixture| {
            let Some(location) = fixture.timestamp_location() else {
                return Vec::new();
            };
            vec![TestRequest::new(
                "no timestamp",
                fixture.good().without(location),
            )]
        },
    ),
    refused(
        "timestamp-empty",
        "an empty timestamp is refused",
        |fixture| {
            let Some(location) = fixture.timestamp_location() else {
                return Vec::new();
            };
            let sent = [("empty", b"" as &[u8]), ("spaces", b"  ")];
            let sent = sent.into_iter().filter_map(|(what, value)| {
                Some(TestRequest::new(
                    what,
                    fixture.good().with_value(location, value)?,
                ))
            });
            sent.collect()
        },
    ),
    refused(
        "timestamp-not-a-number",
        "a timestamp that is none is refused",
        |fixture| {
            texts(fixture, |_| {
                ["abc", "1e9", "0x6968d6c0", "NaN", "infinity"]
                    .map(str::to_owned)
                    .into()
            })
        },
    ),
    refused(
        "timestamp-with-a-sign",
        "a number with a sign is refused",
        |fixture| texts(fixture, |now| vec![format!("+{now}"), format!("-{now}")]),
    ),
    refused(
        "timestamp-with-a-fraction",
        "a fraction is refused",
        |fixture| texts(fixture, |now| vec![format!("{now}.0"), format!("{now}.5")]),
    ),
    refused(
        "timestamp-with-a-tail",
        "a number with something behind it is refused",
        |fixture| {
            texts(fixture, |now| {
                vec![
                    format!("{now}x"),
                    format!("{now} {now}"),
                    format!("{now},{now}"),
                ]
            })
        },
    ),
    refused(
        "timestamp-too-large",
        "a number beyond all times is refused",
        |fixture| {
            let mut sent = vec![i64::MAX.to_string(), u64::MAX.to_string(), "9".repeat(40)];
            sent.push(format!("1{}", "0".repeat(19)));
            texts(fixture, |_| std::mem::take(&mut sent))
        },
    ),
    refused(
        "timestamp-too-small",
        "a number before all times is refused",
        |fixture| {
            texts(fixture, |_| {
                vec![i64::MIN.to_string(), "-1".to_owned(), "0".to_owned()]
            })
        },
    ),
    refused(
        "timestamp-in-another-unit",
        "a timestamp in another unit is refused",
        |fixture| {
            let unit = fixture.sender.provider.scheme().timestamp_format();
            let now = UnixTime::from(fixture.sender.now());
            let others = [
                TimestampFormat::Milliseconds,
                TimestampFormat::Rfc3339,
                TimestampFormat::Seconds,
            ];
            // A date and time without an offset may end in `Z`, as RFC 3339 does.
            let is_date = unit == Some(TimestampFormat::DateTime);
            let others = others.into_iter().filter(|other| {
                Some(*other) != unit && !(is_date && *other == TimestampFormat::Rfc3339)
            });
            let texts = others.map(|other| other.write(now));
            texts.filter_map(|text| timed(fixture, &text)).collect()
        },
    ),
    refused(
        "timestamp-stale",
        "a delivery of long ago is refused, though it is signed",
        |fixture| {
            let now = fixture.sender.now();
            let oldest = now.checked_sub(fixture.beyond_tolerance());
            let times = [oldest, day_before(fixture), Some(UNIX_EPOCH)];
            at(
                fixture,
                times
                    .into_iter()
                    .flatten()
                    .filter(|time| Some(*time) <= oldest),
            )
        },
    ),
    refused(
        "timestamp-ahead",
        "a delivery of the future is refused, though it is signed",
        |fixture| {
            let now = fixture.sender.now();
            let beyond = fixture.beyond_tolerance();
            let year = Duration::from_secs(365 * 24 * 60 * 60);
            let ahead = [beyond, beyond.max(year)];
            at(fixture, ahead.iter().filter_map(|by| now.checked_add(*by)))
        },
    ),
    refused(
        "timestamp-renewed",
        "an old signature under a new timestamp is refused",
        |fixture| {
            if !fixture.sender.provider.scheme().timestamp_is_signed() {
                return Vec::new();
            }
            let old = day_before(fixture).and_then(|time| {
                let old =
                    fixture
                        .sender
                        .delivery_of(fixture.body.clone(), "delivery-renewed", time);
                Some((old.ok()?.signature()?, fixture.good()))
            });
            let renewed = old.map(|(old, new)| new.change_signature(|_| old.text));
            renewed
                .map(|it| TestRequest::new("a day old", it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "timestamp-twice",
        "two timestamps that differ are refused",
        |fixture| {
            let Some(Location::Header(name)) = fixture.timestamp_location() else {
                return Vec::new();
            };
            let good = fixture.good();
            let own = good.request().headers().get(name).cloned();
            let Some(own) = own else { return Vec::new() };
            let behind = good.clone().append_header(name, b"1");
            let before = good
                .with_header(name, b"1")
                .append_header(name, own.as_bytes());
            vec![
                TestRequest::new("the right one first", behind),
                TestRequest::new("the wrong one first", before),
            ]
        },
    ),
];

fn day_before(fixture: &Fixture) -> Option<SystemTime> {
    let day = Duration::from_secs(24 * 60 * 60);
    fixture.sender.now().checked_sub(day)
}

/// Deliveries of these times, as their sender signs them.
fn at(fixture: &Fixture, times: impl Iterator<Item = SystemTime>) -> Vec<TestRequest> {
    if fixture.spec().timestamp.is_none() {
        return Vec::new();
    }
    let sent = times.filter_map(|time| {
        let delivery = fixture
            .sender
            .delivery_of(fixture.body.clone(), "delivery-of-then", time);
        Some(TestRequest::new("of another time", delivery.ok()?))
    });
    sent.collect()
}

/// Deliveries with these texts in the place of a number, signed with them.
fn texts(fixture: &Fixture, texts: impl FnOnce(&str) -> Vec<String>) -> Vec<TestRequest> {
    let unit = fixture.sender.provider.scheme().timestamp_format();
    let is_number = matches!(
        unit,
        Some(TimestampFormat::Seconds | TimestampFormat::Milliseconds)
    );
    let Some(unit) = unit.filter(|_| is_number) else {
        return Vec::new();
    };
    let now = unit.write(UnixTime::from(fixture.sender.now()));
    let texts = texts(&now);
    texts
        .iter()
        .filter_map(|text| timed(fixture, text))
        .collect()
}

fn timed(fixture: &Fixture, text: &str) -> Option<TestRequest> {
    let delivery = fixture.timed(text)?;
    Some(TestRequest::new(format!("`{text}`"), delivery))
}
