//! What it costs to remember a delivery.
//!
//! ```text
//! cargo bench --bench dedupe
//! ```
//!
//! - In memory: the time to claim and complete a delivery, on one thread and on two that share a
//!   store, with a million remembered; fails over a microsecond. The bytes that each takes, right
//!   after the tables have grown and right before; fails over 150.
//! - In Redis, if `redis-server` is installed: the round trips and the time of a delivery, one at a
//!   time and 64 at a time; fails if the round trips are not two.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

mod common;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/dedupe/redis_server.rs"]
mod redis_server;

use std::{
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use common::{is_quick, nanos};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use redis_server::RedisServer;
use tower_webhook::dedupe::{
    ClaimResult, DedupeKey, DedupeStore, LeaseToken, MemoryStore, RedisStore,
};

const LEASE: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn keys(range: std::ops::Range<usize>) -> Vec<DedupeKey> {
    range.map(|at| DedupeKey::of([at.to_be_bytes()])).collect()
}

/// Claims and completes each.
fn remember(store: &MemoryStore, keys: &[DedupeKey]) {
    for key in keys {
        let owner = LeaseToken::new();
        let claim = store.claim(*key, owner, LEASE).now_or_never().unwrap();
        assert_eq!(claim, Ok(ClaimResult::Granted));
        assert_eq!(
            store.complete(*key, owner, DAY).now_or_never().unwrap(),
            Ok(true)
        );
    }
}

/// The time of each, on so many threads at once.
fn time(store: &MemoryStore, keys: &[DedupeKey], threads: usize) -> Duration {
    let begun = Instant::now();
    thread::scope(|scope| {
        for keys in keys.chunks(keys.len() / threads) {
            scope.spawn(move || remember(store, keys));
        }
    });
    begun.elapsed() / u32::try_from(keys.len()).unwrap()
}

/// The best of some rounds, because other programs only ever add.
fn best(
    store: &MemoryStore,
    threads: usize,
    rounds: usize,
    each: usize,
    next: &mut usize,
) -> Duration {
    let times = (0..rounds).map(|_| {
        let keys = keys(*next..*next + each);
        *next += each;
        time(store, &keys, threads)
    });
    times.min().unwrap()
}

fn memory(scale: usize) -> bool {
    let store = MemoryStore::new(usize::MAX);
    let mut next = 1_000_000 / scale;
    remember(&store, &keys(0..next));
    println!("in memory, with {next} remembered and more as it goes");
    let each = 50_000 / scale;
    let [one, two] = [1, 2].map(|threads| best(&store, threads, 15, each, &mut next));
    let (one, two) = (nanos(one), nanos(two));
    println!("  claim and complete, one thread    {one:6.0} ns");
    println!(
        "  the same, two threads at once     {two:6.0} ns, {:.2} times as many",
        one / two
    );

    let mut worst = 0.0_f64;
    for count in [
        1_000, 10_000, 34_000, 68_000, 100_000, 134_000, 265_000, 530_000, 1_000_000, 1_060_000,
    ] {
        let count = count / scale;
        let (keys, store) = (keys(0..count), MemoryStore::new(usize::MAX));
        let cost = allocation_counter::measure(|| remember(&store, &keys));
        let bytes = cost.bytes_current as f64 / count as f64;
        println!("  bytes a delivery of {count:9}     {bytes:6.1}");
        worst = worst.max(bytes);
    }
    one <= 1000.0 && worst <= 150.0
}

async fn redis(scale: usize) -> bool {
    let Some(server) = RedisServer::start() else {
        return true;
    };
    let store = RedisStore::connect(&server.url())
        .await
        .unwrap()
        .deadline(Duration::from_secs(5));
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let deliver = async |key: DedupeKey| {
        let owner = LeaseToken::new();
        assert_eq!(
            store.claim(key, owner, LEASE).await.unwrap(),
            ClaimResult::Granted
        );
        assert!(store.complete(key, owner, DAY).await.unwrap());
    };
    deliver(DedupeKey::of(["first"])).await;
    // With the policy `always`, Redis confirms a write once it is on the disk.
    println!("in Redis, on this machine");
    let mut next = 0;
    let mut trips = f64::NAN;
    for sync in ["always", "everysec"] {
        let mut config = ::redis::cmd("CONFIG");
        let config = config.arg("SET").arg("appendfsync").arg(sync);
        let _: () = config.query_async(&mut connection).await.unwrap();
        for (at_a_time, count) in [(1, 5_000 / scale), (64, 50_000 / scale)] {
            let keys = keys(next..next + count);
            next += count;
            let before = evalshas(&mut connection).await;
            let begun = Instant::now();
            stream::iter(keys)
                .for_each_concurrent(at_a_time, &deliver)
                .await;
            let rate = count as f64 / begun.elapsed().as_secs_f64();
            trips = (evalshas(&mut connection).await - before) as f64 / count as f64;
            println!(
                "  fsync {sync:8}  {at_a_time:2} at a time  {rate:8.0} a second, {trips} round trips each"
            );
        }
    }
    (trips - 2.0).abs() < f64::EPSILON
}

async fn evalshas(connection: &mut ::redis::aio::MultiplexedConnection) -> u64 {
    let mut info = ::redis::cmd("INFO");
    let info: String = info
        .arg("commandstats")
        .query_async(connection)
        .await
        .unwrap();
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    line.unwrap().split(',').next().unwrap().parse().unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let scale = if is_quick() { 100 } else { 1 };
    let is_good = [memory(scale), redis(scale).await];
    if is_good == [true; 2] || is_quick() {
        ExitCode::SUCCESS
    } else {
        println!("FAILED");
        ExitCode::FAILURE
    }
}
