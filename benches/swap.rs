//! What replacing the keys of a running layer does to its throughput. Two threads verify all the
//! time; in some rounds a third replaces the keys a thousand times a second. Where there are no
//! more than two cores, the third takes its time from the two, so the rounds in which it wakes as
//! often and replaces nothing, and what it spends on a replacement, say how much of a loss is the
//! machine's. The ratios are those of each round to the same round without a third thread.
//!
//! `cargo bench --bench swap`
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    convert::Infallible,
    fs,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use common::{
    Handler, KIB, OTHER_SECRET, Spread, generic, is_quick, nanos,
    polling::{SECRET, finish_now},
    request, text,
};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower_layer::Layer;
use tower_service::Service;
use tower_webhook::{Keys, Secret, WebhookLayer, keys::KeyHandle, providers};

const VERIFIERS: usize = 2;
const REPLACES_A_SECOND: u32 = 1000;
const BAR: f64 = 0.95;

/// As an operator does in the middle of a rotation. Equal secrets each time, so that the work of a
/// delivery is the same under all of them.
fn keys() -> Keys {
    let current = Secret::new(SECRET).unwrap().label("2026-11");
    Keys::new(current).previous(Secret::new(OTHER_SECRET).unwrap().label("2025-11"))
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Still,
    Woken,
    Replaced,
    Fixed,
}

const MODES: [Mode; 4] = [Mode::Still, Mode::Woken, Mode::Replaced, Mode::Fixed];

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Still => "reloadable, not replaced",
            Self::Woken => "a third thread wakes up",
            Self::Replaced => "a third thread replaces",
            Self::Fixed => "fixed keys",
        }
    }
}

/// One mode, for one stretch of time.
#[derive(Default)]
struct Round {
    /// Deliveries a second.
    rate: f64,
    third: Third,
}

#[derive(Default)]
struct Third {
    count: u32,
    elapsed: Duration,
    /// From the call of `replace`, with the making of its keys, to its return.
    calls: Vec<f64>,
    /// On a core, with what it takes to fall asleep and to wake up; in nanoseconds.
    cpu: Option<u64>,
}

/// Deliveries per second of one thread, until it is stopped.
fn verify<S, B>(mut service: S, start: &Barrier, stop: &AtomicBool) -> f64
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
{
    // Of its own, so that the threads share the layer and nothing else.
    let body = text(KIB);
    let headers = generic(&body);
    let mut deliver = || {
        let request = request(&headers, Full::new(body.clone()));
        let response = finish_now(service.call(request)).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    };
    deliver();
    start.wait();
    let start = Instant::now();
    let mut count = 0_u32;
    while !stop.load(Relaxed) {
        for _ in 0..16 {
            deliver();
        }
        count += 16;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// How long this thread has been on a core, in nanoseconds.
fn on_core() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn wake_up(mut work: impl FnMut(), start: &Barrier, stop: &AtomicBool) -> Third {
    let period = Duration::from_secs(1) / REPLACES_A_SECOND;
    let mut calls = Vec::with_capacity(1 << 12);
    start.wait();
    let cpu = on_core();
    let start = Instant::now();
    let mut next = start;
    let mut count = 0;
    while !stop.load(Relaxed) {
        next += period;
        // A thread that is late continues at once, and is on time again.
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let call = Instant::now();
        work();
        calls.push(nanos(call.elapsed()));
        count += 1;
    }
    let elapsed = start.elapsed();
    Third {
        count,
        elapsed,
        calls,
        cpu: cpu.zip(on_core()).map(|(before, after)| after - before),
    }
}

struct Sides<F, R> {
    fixed: F,
    reloadable: R,
    handle: KeyHandle,
}

impl<F, R> Sides<F, R> {
    fn round<B>(&self, mode: Mode, time: Duration) -> Round
    where
        F: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
        R: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
        F: Clone + Sync,
        R: Clone + Sync,
    {
        let has_third = matches!(mode, Mode::Woken | Mode::Replaced);
        let start = Barrier::new(VERIFIERS + 1 + usize::from(has_third));
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let verifiers: Vec<_> = (0..VERIFIERS)
                .map(|_| {
                    scope.spawn(|| match mode {
                        Mode::Fixed => verify(self.fixed.clone(), &start, &stop),
                        _ => verify(self.reloadable.clone(), &start, &stop),
                    })
                })
                .collect();
            let third = has_third.then(|| {
                scope.spawn(|| match mode {
                    Mode::Replaced => {
                        let work = || self.handle.replace(keys()).unwrap();
                        wake_up(work, &start, &stop)
                    }
                    _ => wake_up(|| (), &start, &stop),
                })
            });
            start.wait();
            thread::sleep(time);
            stop.store(true, Relaxed);
            Round {
                rate: verifiers.into_iter().map(|it| it.join().unwrap()).sum(),
                third: third.map(|it| it.join().unwrap()).unwrap_or_default(),
            }
        })
    }
}

fn third(rounds: &[&Round]) -> String {
    let thirds = || rounds.iter().map(|round| &round.third);
    let count: u32 = thirds().map(|third| third.count).sum();
    let elapsed: Duration = thirds().map(|third| third.elapsed).sum();
    let calls = Spread::of(thirds().flat_map(|third| third.calls.iter().copied()));
    let cpu: Option<u64> = thirds().map(|third| third.cpu).sum();
    let cpu = cpu.map_or_else(String::new, |cpu| {
        let cpu = Duration::from_nanos(cpu);
        format!(
            ", {:.0} ns with going to sleep and waking up ({:.2} % of a core)",
            nanos(cpu) / f64::from(count),
            100.0 * cpu.as_secs_f64() / elapsed.as_secs_f64(),
        )
    });
    format!(
        "{:.0} a second; {:.0} ns each [{:.0}, {:.0}]{cpu}",
        f64::from(count) / elapsed.as_secs_f64(),
        calls.median,
        calls.low,
        calls.high,
    )
}

fn main() {
    let (rounds, time) = if is_quick() {
        (1, Duration::from_millis(5))
    } else {
        (40, Duration::from_millis(250))
    };
    let (reloadable, handle) =
        WebhookLayer::with_reload_handle(providers::generic(), keys()).unwrap();
    let fixed = WebhookLayer::new(providers::generic(), keys()).unwrap();
    let sides = Sides {
        fixed: fixed.layer(Handler),
        reloadable: reloadable.layer(Handler),
        handle,
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{VERIFIERS} threads verify 1 KiB (generic scheme, HMAC-SHA256), {rounds} rounds of {} ms in turn, {cores} \
         cores.\nratio: to the first line, round by round; the median and its quartiles.\n",
        time.as_millis()
    );
    for mode in MODES {
        sides.round(mode, time / 5);
    }
    let rows: Vec<_> = (0..rounds)
        .map(|round| {
            let mut row = MODES.map(|_| Round::default());
            for turn in 0..MODES.len() {
                let index = (round + turn) % MODES.len();
                if let (Some(cell), Some(mode)) = (row.get_mut(index), MODES.get(index)) {
                    *cell = sides.round(*mode, time);
                }
            }
            row
        })
        .collect();

    println!(
        "{:<30}{:>14}{:>14}   {:<24}",
        "", "deliveries/s", "best", "ratio"
    );
    for (index, mode) in MODES.into_iter().enumerate() {
        let rates = || rows.iter().filter_map(|row| row.get(index)).map(|r| r.rate);
        let ratios = rows
            .iter()
            .zip(rates())
            .map(|([still, ..], rate)| rate / still.rate);
        let ratio = Spread::of(ratios);
        println!(
            "{:<30}{:>14.0}{:>14.0}   {:.3} [{:.3}, {:.3}]{}",
            mode.name(),
            Spread::of(rates()).median,
            rates().fold(0.0, f64::max),
            ratio.median,
            ratio.low,
            ratio.high,
            match mode {
                Mode::Replaced if ratio.median >= BAR => "   bar 95 %: met",
                Mode::Replaced => "   bar 95 %: missed",
                _ => "",
            },
        );
    }
    println!();
    for (index, mode) in MODES.into_iter().enumerate() {
        let rounds: Vec<_> = rows.iter().filter_map(|row| row.get(index)).collect();
        match mode {
            Mode::Woken => println!("wakes:    {}", third(&rounds)),
            Mode::Replaced => println!("replaces: {}", third(&rounds)),
            Mode::Still | Mode::Fixed => (),
        }
    }
}
