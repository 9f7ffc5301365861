//! Whether the time until a refusal tells who is a tenant: a report, not a test. Kinds of
//! deliveries take turns at random, and each is compared with (a), or with what its line names.
//! "more" is the difference of the middles (the mean of the middle half, because a clock may tick
//! in steps of 10 ns), "overlap" the common part of two histograms (1.00: the same), "larger" how
//! often a sample is larger than one of the other kind (0.50: cannot be told apart). (a) again
//! shows what chance and the machine make of two equal series.
//!
//! `cargo bench --bench timing`
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    collections::HashMap,
    convert::Infallible,
    future::poll_fn,
    hint::black_box,
    ops::Range,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
    vec,
};

use bytes::Bytes;
use common::{
    Handler, Headers, KIB, OTHER_SECRET, generic_by, is_quick, nanos, polling::SECRET, request,
    text,
};
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use tokio::{runtime::Builder, task::yield_now};
use tower_layer::Layer;
use tower_service::Service;
use tower_webhook::{
    Keys, RequestHead, Secret, WebhookLayer, keys::KeyCache, providers, webhook::Webhook,
};

const TENANTS: usize = 500;
const ONE_KEY: &str = "/hooks/tenant-00007";
const TWO_KEYS: &str = "/hooks/tenant-00008";
/// The tenant each of whose deliveries is the first.
const NEW: &str = "/hooks/tenant-00009";
const UNKNOWN: &str = "/hooks/absent-00007";
/// No tenant's path.
const NOWHERE: &str = "/other/tenant-00007";
const FRAMES: usize = 16;
/// How long the source behind the cache takes.
const FAR: Duration = Duration::from_millis(1);
/// About as long as it takes to diagnose a delivery of 64 KiB.
const DIAGNOSED: Duration = Duration::from_millis(50);

// ===== deliveries =====

/// Frames that are there at once. Its end is known with the last, as `Content-Length` tells it.
struct Pieces {
    left: usize,
    frames: vec::IntoIter<Bytes>,
}

impl Pieces {
    fn of(body: &Bytes, frames: usize) -> Self {
        let size = body.len().div_ceil(frames);
        let frames: Vec<_> = (0..frames)
            .map(|at| body.slice(at * size..body.len().min((at + 1) * size)))
            .collect();
        Self {
            left: body.len(),
            frames: frames.into_iter(),
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let frame = this.frames.next();
        this.left -= frame.as_ref().map_or(0, Bytes::len);
        Poll::Ready(frame.map(Frame::data).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left as u64)
    }
}

/// A kind of delivery: its name, and what it differs in.
struct Case {
    name: &'static str,
    path: Box<dyn Fn() -> String>,
    is_genuine: bool,
    samples: usize,
    /// The place of the case that it is compared with.
    against: usize,
}

fn case(name: &'static str, path: &'static str, samples: usize) -> Case {
    Case {
        name,
        path: Box::new(|| path.to_owned()),
        is_genuine: false,
        samples,
        against: 0,
    }
}

/// Another path each time, until so many are through.
fn in_turn(name: &'static str, stem: &'static str, of: Range<usize>, samples: usize) -> Case {
    let next = AtomicUsize::new(0);
    let path = move || {
        let number = of.start + next.fetch_add(1, Relaxed) % of.len();
        format!("{stem}{number:05}")
    };
    Case {
        path: Box::new(path),
        ..case(name, "", samples)
    }
}

/// The cases that a source in memory and a cache have in common.
fn common_cases(samples: usize) -> [Case; 5] {
    let genuine = case("(c) right secret", ONE_KEY, samples);
    [
        case("(a) wrong secret, one key", ONE_KEY, samples),
        case("(a) again", ONE_KEY, samples),
        Case {
            is_genuine: true,
            ..genuine
        },
        case("(d) wrong secret, a previous key too", TWO_KEYS, samples),
        case("(e) refused by its name", NOWHERE, samples),
    ]
}

// ===== sources =====

fn secret(of: &str) -> Secret {
    Secret::new(of).unwrap()
}

/// Every tenant's. That they are equal changes no work.
fn keys_of(path: &str) -> Keys {
    let keys = Keys::new(secret(SECRET));
    match path {
        TWO_KEYS => keys.previous(secret("the secret before")),
        _ => keys,
    }
}

enum Tenant {
    Kept(Keys),
    /// The keys of a tenant that was not requested before, as often as needed.
    New(Vec<Keys>, AtomicUsize),
}

/// All keys in memory, and no more to find them than a hash map takes. The layers that this makes
/// have the same.
fn in_memory(new: usize) -> impl Fn() -> WebhookLayer {
    let mut tenants: HashMap<_, _> = (0..TENANTS)
        .map(|number| format!("tenant-{number:05}"))
        .map(|name| {
            (
                name.clone(),
                Tenant::Kept(keys_of(&format!("/hooks/{name}"))),
            )
        })
        .collect();
    let keys = (0..new).map(|_| keys_of(NEW)).collect();
    let name = NEW.strip_prefix("/hooks/").unwrap().to_owned();
    tenants.insert(name, Tenant::New(keys, AtomicUsize::new(0)));
    let tenants = Arc::new(tenants);
    move || {
        let tenants = Arc::clone(&tenants);
        let source = move |head: RequestHead<'_>| {
            let tenant = head.path().strip_prefix("/hooks/");
            let keys = match tenant.and_then(|tenant| tenants.get(tenant)) {
                Some(Tenant::Kept(keys)) => Some(keys.clone()),
                Some(Tenant::New(keys, next)) => keys.get(next.fetch_add(1, Relaxed)).cloned(),
                None => None,
            };
            async move { Ok::<_, Infallible>(keys) }
        };
        WebhookLayer::with_key_source(providers::generic(), source).unwrap()
    }
}

/// A cache before a source that is far away, and makes its keys of what it finds there.
fn cached() -> WebhookLayer {
    let cache = KeyCache::new(
        100_000,
        Duration::from_secs(3600),
        |head: RequestHead<'_>| {
            let path = head.path();
            path.starts_with("/hooks/").then(|| path.to_owned())
        },
        |path: String| async move {
            // Busy waiting, because a timer of one millisecond can be up to one more late, which
            // would blur the result.
            let start = Instant::now();
            poll_fn(|cx| {
                if start.elapsed() >= FAR {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            let is_known = path.starts_with("/hooks/tenant-");
            Ok::<_, Infallible>(is_known.then(|| keys_of(&path)))
        },
    );
    WebhookLayer::with_key_source(providers::generic(), cache).unwrap()
}

// ===== measuring =====

/// Not the same in each run.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(common::now())
    }

    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Which deliveries a layer had before it is measured.
enum Before {
    /// One for the tenant with two keys, and all that are measured.
    Rotation,
    /// None for a tenant with two keys, in a new layer for each delivery.
    NoRotation,
    /// None, in a new layer for each, so that it is its turn to be diagnosed.
    Nothing,
}

/// The times of each case in nanoseconds, sorted.
fn measure(
    layer: impl Fn() -> WebhookLayer,
    before: &Before,
    cases: &[Case],
    body: &Bytes,
    frames: usize,
) -> Vec<Vec<f64>> {
    let mut service = layer().layer(Handler);
    let genuine = generic_by(SECRET, body);
    let forged = generic_by(OTHER_SECRET, body);
    let make = |case: &Case| {
        let headers: &Headers = if case.is_genuine { &genuine } else { &forged };
        let mut request = request(headers, Pieces::of(body, frames));
        *request.uri_mut() = (case.path)().parse().unwrap();
        request
    };
    // A tenth more, for the beginning that is thrown away.
    let mut order: Vec<_> = cases
        .iter()
        .enumerate()
        .flat_map(|(index, case)| vec![index; case.samples + case.samples / 10])
        .collect();
    Dice::new().shuffle(&mut order);
    let warm_up = order.len() / 11;

    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let serve = async |service: &mut Webhook<Handler>, case: &Case| {
            let request = make(case);
            let start = Instant::now();
            let response = service.call(request).await.unwrap();
            let time = start.elapsed();
            let is_ok = response.status() == StatusCode::OK;
            assert_eq!(is_ok, case.is_genuine, "{}", case.name);
            black_box(response);
            nanos(time)
        };
        let known = case("before", ONE_KEY, 1);
        let unknown = case("before", UNKNOWN, 1);
        let rotated = case("before", TWO_KEYS, 1);
        for case in [&known, &unknown, &rotated] {
            serve(&mut service, case).await;
        }
        let mut times: Vec<_> = cases.iter().map(|_| Vec::new()).collect();
        for (at, index) in order.into_iter().enumerate() {
            yield_now().await;
            if let Before::NoRotation = before {
                service = layer().layer(Handler);
                for case in [&known, &unknown] {
                    serve(&mut service, case).await;
                }
            }
            if let Before::Nothing = before {
                // What was diagnosed for those before is done by then.
                thread::sleep(DIAGNOSED);
                service = layer().layer(Handler);
            }
            if let (Some(case), Some(times)) = (cases.get(index), times.get_mut(index)) {
                let time = serve(&mut service, case).await;
                if at >= warm_up {
                    times.push(time);
                }
            }
        }
        for times in &mut times {
            times.sort_by(f64::total_cmp);
        }
        times
    })
}

// ===== comparing =====

/// The mean of the middle half.
fn middle(sorted: &[f64]) -> f64 {
    let quarter = sorted.len() / 4;
    let half: Vec<_> = sorted.iter().skip(quarter).rev().skip(quarter).collect();
    let count = u32::try_from(half.len()).unwrap();
    half.into_iter().sum::<f64>() / f64::from(count)
}

/// The value that so much of a sorted series is not above.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few thousand, times less than one"
    )]
    let at = ((sorted.len() - 1) as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

fn part(count: usize, of: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / f64::from(u32::try_from(of).unwrap())
}

/// The common part of two histograms, whose bins have equally many of both series together. Chance
/// takes two or three hundredths from equal series.
fn overlap(one: &[f64], other: &[f64]) -> f64 {
    const BINS: u32 = 40;

    let mut both = [one, other].concat();
    both.sort_by(f64::total_cmp);
    let mut edges: Vec<_> = (1..BINS)
        .map(|bin| quantile(&both, f64::from(bin) / f64::from(BINS)))
        .chain([f64::INFINITY])
        .collect();
    edges.dedup();
    let up_to = |series: &[f64], edge| {
        let count = series.partition_point(|value| *value <= edge);
        part(count, series.len())
    };
    let mut below = (0.0, 0.0);
    edges
        .into_iter()
        .map(|edge| {
            let now = (up_to(one, edge), up_to(other, edge));
            let common = f64::min(now.0 - below.0, now.1 - below.1);
            below = now;
            common
        })
        .sum()
}

/// How often one of `one` is larger than one of `other`; equal ones count half.
fn larger(one: &[f64], other: &[f64]) -> f64 {
    let sum: f64 = one
        .iter()
        .map(|value| {
            let below = other.partition_point(|other| other < value);
            let up_to = other.partition_point(|other| other <= value);
            f64::midpoint(part(below, other.len()), part(up_to, other.len()))
        })
        .sum();
    sum / f64::from(u32::try_from(one.len()).unwrap())
}

fn report(title: &str, cases: &[Case], times: &[Vec<f64>]) {
    println!("{title}");
    println!(
        "{:<44}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}{:>9}{:>9}{:>8}",
        "", "samples", "p10", "p50", "p90", "p99", "more", "%", "overlap", "larger"
    );
    for (index, (case, series)) in cases.iter().zip(times).enumerate() {
        let at = |part| quantile(series, part);
        print!(
            "{:<44}{:>8}{:>10.0}{:>10.0}{:>10.0}{:>10.0}",
            case.name,
            series.len(),
            at(0.1),
            at(0.5),
            at(0.9),
            at(0.99)
        );
        match times.get(case.against).filter(|_| case.against != index) {
            Some(other) => {
                let more = middle(series) - middle(other);
                println!(
                    "{more:>10.1}{:>9.2}{:>9.2}{:>8.3}",
                    100.0 * more / middle(other),
                    overlap(series, other),
                    larger(series, other)
                );
            }
            None => println!(),
        }
    }
    println!();
}

fn main() {
    let divisor = if is_quick() { 1000 } else { 1 };
    println!(
        "Nanoseconds from the call of the layer's service to its response; generic scheme, HMAC-SHA256.\n\
         more, overlap, larger: to (a), or to the line that is named.\n"
    );
    for (length, frames, samples) in [
        (KIB, 1, 40_000),
        (KIB, FRAMES, 40_000),
        (64 * KIB, 1, 8_000),
        (64 * KIB, FRAMES, 8_000),
    ] {
        let samples = samples / divisor;
        let new = samples / 8;
        let mut cases = Vec::from(common_cases(samples));
        cases.insert(2, case("(b) unknown tenant", UNKNOWN, samples));
        // So that the keys of none are near at hand.
        let all = 10..TENANTS;
        let unknown = "(f) as (b), another name each time";
        let known = "(g) as (a), another name each time: to (f)";
        let against = cases.len();
        cases.push(in_turn(unknown, "/hooks/absent-", all.clone(), samples));
        cases.push(Case {
            against,
            ..in_turn(known, "/hooks/tenant-", all, samples)
        });
        cases.push(case("(h) as (a), a tenant's very first", NEW, new));
        let layer = in_memory(new * 2);
        let times = measure(layer, &Before::Rotation, &cases, &text(length), frames);
        let title = format!(
            "{TENANTS} tenants in memory, {} KiB in {frames} frame{}",
            length / KIB,
            if frames == 1 { "" } else { "s" }
        );
        report(&title, &cases, &times);
    }

    let samples = 2_000 / divisor;
    let [a, again, _, d, _] = common_cases(samples);
    let cases = [a, again, case("(b) unknown tenant", UNKNOWN, samples), d];
    let times = measure(
        in_memory(0),
        &Before::NoRotation,
        &cases,
        &text(64 * KIB),
        1,
    );
    let title = "Before the first request for a tenant with two keys, 64 KiB in 1 frame";
    report(title, &cases, &times);

    let samples = (500 / divisor).max(2);
    let [a, again, _, _, _] = common_cases(samples);
    let cases = [a, again, case("(b) unknown tenant", UNKNOWN, samples)];
    let plain = in_memory(0);
    let layer = || plain().diagnose(|_| {}).expect("a key source");
    let times = measure(layer, &Before::Nothing, &cases, &text(64 * KIB), 1);
    report(
        "With each delivery diagnosed, 64 KiB in 1 frame",
        &cases,
        &times,
    );

    let samples = 20_000 / divisor;
    let slow = 3_000 / divisor;
    let mut cases = Vec::from(common_cases(samples));
    cases.insert(
        2,
        case("(b) unknown tenant, asked for again", UNKNOWN, samples),
    );
    // Beyond those that are asked for beforehand.
    let new = 10_000..20_000;
    let unknown = "(f) unknown tenant, the first time";
    let known = "(g) as (a), the first time: to (f)";
    let against = cases.len();
    cases.push(in_turn(unknown, "/hooks/absent-", new.clone(), slow));
    cases.push(Case {
        against,
        ..in_turn(known, "/hooks/tenant-", new, slow)
    });
    let times = measure(cached, &Before::Rotation, &cases, &text(KIB), 1);
    let title = format!(
        "A cache before a source that takes {} ms, 1 KiB in 1 frame",
        FAR.as_millis()
    );
    report(&title, &cases, &times);
}
