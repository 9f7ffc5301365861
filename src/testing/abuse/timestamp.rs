use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{
    bench::Bench,
    case::{Case, Sent, refused},
};
use crate::{
    place::Place,
    scheme::{TimestampUnit, UnixTime},
};

pub(super) const CASES: &[Case] = &[
    refused(
        "timestamp-missing",
        "a delivery without its timestamp is refused",
        |bench| {
            let Some(place) = bench.timestamp_place() else {
                return Vec::new();
            };
            vec![Sent::new("no timestamp", bench.good().without(place))]
        },
    ),
    refused(
        "timestamp-empty",
        "an empty timestamp is refused",
        |bench| {
            let Some(place) = bench.timestamp_place() else {
                return Vec::new();
            };
            let sent = [("empty", b"" as &[u8]), ("spaces", b"  ")];
            let sent = sent.into_iter().filter_map(|(what, value)| {
                Some(Sent::new(what, bench.good().with_value(place, value)?))
            });
            sent.collect()
        },
    ),
    refused(
        "timestamp-not-a-number",
        "a timestamp that is none is refused",
        |bench| {
            texts(bench, |_| {
                ["abc", "1e9", "0x6968d6c0", "NaN", "infinity"]
                    .map(str::to_owned)
                    .into()
            })
        },
    ),
    refused(
        "timestamp-with-a-sign",
        "a number with a sign is refused",
        |bench| texts(bench, |now| vec![format!("+{now}"), format!("-{now}")]),
    ),
    refused(
        "timestamp-with-a-fraction",
        "a fraction is refused",
        |bench| texts(bench, |now| vec![format!("{now}.0"), format!("{now}.5")]),
    ),
    refused(
        "timestamp-with-a-tail",
        "a number with something behind it is refused",
        |bench| {
            texts(bench, |now| {
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
        |bench| {
            let mut sent = vec![i64::MAX.to_string(), u64::MAX.to_string(), "9".repeat(40)];
            sent.push(format!("1{}", "0".repeat(19)));
            texts(bench, |_| std::mem::take(&mut sent))
        },
    ),
    refused(
        "timestamp-too-small",
        "a number before all times is refused",
        |bench| {
            texts(bench, |_| {
                vec![i64::MIN.to_string(), "-1".to_owned(), "0".to_owned()]
            })
        },
    ),
    refused(
        "timestamp-in-another-unit",
        "a timestamp in another unit is refused",
        |bench| {
            let unit = bench.sender.provider.scheme().timestamp_unit();
            let now = UnixTime::from(bench.sender.now());
            let others = [
                TimestampUnit::Milliseconds,
                TimestampUnit::Rfc3339,
                TimestampUnit::Seconds,
            ];
            let others = others.into_iter().filter(|other| Some(*other) != unit);
            let texts = others.map(|other| other.write(now));
            texts.filter_map(|text| timed(bench, &text)).collect()
        },
    ),
    refused(
        "timestamp-stale",
        "a delivery of long ago is refused, though it is signed",
        |bench| {
            let now = bench.sender.now();
            let oldest = now.checked_sub(bench.beyond_tolerance());
            let times = [oldest, day_before(bench), Some(UNIX_EPOCH)];
            at(
                bench,
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
        |bench| {
            let now = bench.sender.now();
            let beyond = bench.beyond_tolerance();
            let year = Duration::from_secs(365 * 24 * 60 * 60);
            let ahead = [beyond, beyond.max(year)];
            at(bench, ahead.iter().filter_map(|by| now.checked_add(*by)))
        },
    ),
    refused(
        "timestamp-renewed",
        "an old signature under a new timestamp is refused",
        |bench| {
            if !bench.sender.provider.scheme().timestamp_is_signed() {
                return Vec::new();
            }
            let old = day_before(bench).and_then(|time| {
                let old = bench
                    .sender
                    .delivery_of(bench.body.clone(), "delivery-renewed", time);
                Some((old.ok()?.signature()?, bench.good()))
            });
            let renewed = old.map(|(old, new)| new.change_signature(|_| old.text));
            renewed
                .map(|it| Sent::new("a day old", it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "timestamp-twice",
        "two timestamps that differ are refused",
        |bench| {
            let Some(Place::Header(name)) = bench.timestamp_place() else {
                return Vec::new();
            };
            let good = bench.good();
            let own = good.request().headers().get(name).cloned();
            let Some(own) = own else { return Vec::new() };
            let behind = good.clone().and_header(name, b"1");
            let before = good
                .with_header(name, b"1")
                .and_header(name, own.as_bytes());
            vec![
                Sent::new("the right one first", behind),
                Sent::new("the wrong one first", before),
            ]
        },
    ),
];

fn day_before(bench: &Bench) -> Option<SystemTime> {
    let day = Duration::from_secs(24 * 60 * 60);
    bench.sender.now().checked_sub(day)
}

/// Deliveries of these times, as their sender signs them.
fn at(bench: &Bench, times: impl Iterator<Item = SystemTime>) -> Vec<Sent> {
    if bench.spec().timestamp.is_none() {
        return Vec::new();
    }
    let sent = times.filter_map(|time| {
        let delivery = bench
            .sender
            .delivery_of(bench.body.clone(), "delivery-of-then", time);
        Some(Sent::new("of another time", delivery.ok()?))
    });
    sent.collect()
}

/// Deliveries with these texts in the place of a number, signed with them.
fn texts(bench: &Bench, texts: impl FnOnce(&str) -> Vec<String>) -> Vec<Sent> {
    let unit = bench.sender.provider.scheme().timestamp_unit();
    let is_number = matches!(
        unit,
        Some(TimestampUnit::Seconds | TimestampUnit::Milliseconds)
    );
    let Some(unit) = unit.filter(|_| is_number) else {
        return Vec::new();
    };
    let now = unit.write(UnixTime::from(bench.sender.now()));
    let texts = texts(&now);
    texts.iter().filter_map(|text| timed(bench, text)).collect()
}

fn timed(bench: &Bench, text: &str) -> Option<Sent> {
    let delivery = bench.timed(text)?;
    Some(Sent::new(format!("`{text}`"), delivery))
}
