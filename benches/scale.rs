//! The capacity of deduplication in Redis: the figures of `docs/SCALE.md`.
//!
//! ```text
//! REDIS_URL=redis://127.0.0.1:6379 cargo bench --bench scale
//! ```
//!
//! With `REDIS_URL`, the program measures the memory of a key and the number of steps that the
//! server executes in a second. Its keys begin with `scale:`, and expire after ten minutes. Without
//! `REDIS_URL`, the program uses the values that were measured for the page. It computes and
//! simulates the rest, with a fixed seed.

#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a program that nothing depends on"
)]

#[path = "../examples/common/error.rs"]
mod error;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    env,
    error::Error,
    process::ExitCode,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use redis::aio::MultiplexedConnection;
use tower_webhook::dedupe::{DedupeKey, DedupeStore as _, LeaseToken, RedisStore};

use self::error::report;

type BoxError = Box<dyn Error + Send + Sync>;

/// As measured for `docs/SCALE.md`. Set `REDIS_URL` to measure it again.
const BYTES_A_KEY: f64 = 165.0;
const STEPS_A_SECOND: f64 = 120_000.0;

/// Of a server's memory and of its time, what is used in the plan: a failover and a rehash need the
/// rest.
const USED: f64 = 0.5;
const MEMORY: f64 = 32e9;

/// On the wire, both ways and without TLS: `EVALSHA`, the hash of the script, a key, an owner and a
/// time; a short answer; and the headers of TCP and IP where nothing is sent together.
const WIRE_BYTES_A_STEP: f64 = 155.0 + 15.0 + 2.0 * 52.0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    let (bytes, steps) = match env::var("REDIS_URL") {
        Ok(url) => measure(&url).await?,
        Err(_) => (BYTES_A_KEY, STEPS_A_SECOND),
    };
    println!("a key takes {bytes:.0} bytes, and a server does {steps:.0} steps a second\n");
    let spread = spread();
    plan(bytes, steps, &spread);
    failover();
    Ok(())
}

async fn measure(url: &str) -> Result<(f64, f64), BoxError> {
    const KEYS: u32 = 200_000;

    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let store = RedisStore::connect(url)
        .await?
        .prefix("scale:")
        .deadline(Duration::from_secs(5));
    let before = memory(&mut connection).await?;
    let begun = Instant::now();
    let deliver = async |_| {
        let (owner, time) = (LeaseToken::new(), Duration::from_secs(600));
        let key = DedupeKey::of([owner.as_u64().to_be_bytes()]);
        store.claim(key, owner, time).await?;
        store.complete(key, owner, time).await
    };
    let mut all = stream::iter(0..KEYS).map(deliver).buffer_unordered(256);
    while let Some(completed) = all.next().await {
        completed?;
    }
    let steps = f64::from(2 * KEYS) / begun.elapsed().as_secs_f64();
    let bytes = (memory(&mut connection).await? - before) / f64::from(KEYS);
    Ok((bytes, steps))
}

async fn memory(connection: &mut MultiplexedConnection) -> Result<f64, BoxError> {
    let info: String = redis::cmd("INFO")
        .arg("memory")
        .query_async(connection)
        .await?;
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    Ok(line.ok_or("no `used_memory`")?.trim().parse()?)
}

/// How much more than its share the fullest master of a cluster has, by the number of masters.
fn spread() -> HashMap<usize, f64> {
    const KEYS: u64 = 1_000_000;
    const SLOTS: usize = 16_384;

    let mut slots = vec![0_u32; SLOTS];
    for at in 0..KEYS {
        let key = format!("webhook:{}", DedupeKey::of([at.to_be_bytes()]));
        slots[usize::from(crc16(key.as_bytes())) % SLOTS] += 1;
    }
    println!("the fullest of so many masters has so much of its share, of {KEYS} keys");
    let mut spread = HashMap::new();
    for masters in [1, 3, 6, 12, 24, 48, 96, 192, 384] {
        // As `redis-cli --cluster create` divides them.
        let first = |master: usize| master * SLOTS / masters;
        let of = |master| slots[first(master)..first(master + 1)].iter().sum::<u32>();
        let fullest = (0..masters).map(of).max().unwrap_or_default();
        let share = f64::from(fullest) * masters as f64 / KEYS as f64;
        println!("  {masters:4}  {:5.1} %", share * 100.0);
        spread.insert(masters, share);
    }
    println!();
    spread
}

/// That of XMODEM, by which a cluster finds a key's slot.
fn crc16(text: &[u8]) -> u16 {
    text.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    })
}

/// What a rate of deliveries takes.
fn plan(bytes: f64, steps: f64, spread: &HashMap<usize, f64>) {
    println!(
        "deliveries   retention         keys     memory  steps a second    wire    masters by memory   by steps"
    );
    for rate in [10_000.0, 1_000_000.0] {
        for (name, hours) in [
            ("11 min", 0.185),
            ("1 h", 1.0),
            ("24 h", 24.0),
            ("5 days", 120.0),
        ] {
            let keys = rate * 3600.0 * hours;
            let memory = keys * bytes;
            let (needed, wire) = (rate * 2.0, rate * 2.0 * WIRE_BYTES_A_STEP);
            let fits = |need: f64, of: f64| {
                let masters = (1..100_000).find(|masters| {
                    let next = spread.iter().filter(|(of, _)| *of >= masters);
                    let share = next
                        .min_by_key(|(of, _)| **of)
                        .map_or(1.02, |(_, share)| *share);
                    need * share
                        <= f64::from(u32::try_from(*masters).unwrap_or(u32::MAX)) * of * USED
                });
                masters.unwrap_or_default()
            };
            println!(
                "{rate:9.0}/s  {name:>8}  {:9.1} M  {:7.1} GB  {needed:14.0}  {:4.0} MB/s  {:17}  {:9}",
                keys / 1e6,
                memory / 1e9,
                wire / 1e6,
                fits(memory, MEMORY),
                fits(needed, steps),
            );
        }
    }
    println!();
}

/// What is handled twice when a master is lost, and its replica knows less.
fn failover() {
    println!(
        "a master of 10000 deliveries a second is lost for 10 s; 1 % of deliveries come again within a minute"
    );
    println!("replica is behind by   refused for a while   completions lost   handled twice");
    for (name, behind) in [
        ("nothing", 0.0),
        ("5 ms", 0.005),
        ("100 ms", 0.1),
        ("1 s", 1.0),
    ] {
        let Lost {
            refused,
            completions,
            twice,
        } = simulate(behind);
        println!("{name:>20}   {refused:19}   {completions:16}   {twice:13}");
    }
}

struct Lost {
    refused: usize,
    completions: usize,
    twice: usize,
}

/// Times are in seconds. Deliveries arrive from 0 to 120. The primary fails at 60, and its replica
/// takes over at 70. A handler takes 50 ms on average. A sender that is rejected or gets no
/// response retries after one second or more. A success that cannot be recorded is retried, at last
/// every three seconds.
fn simulate(behind: f64) -> Lost {
    const RATE: f64 = 10_000.0;
    const DIES: f64 = 60.0;
    const BACK: f64 = 70.0;
    const TOLD_EACH: f64 = 3.0;

    let mut random = Random(0x5EED);
    let mut events = BinaryHeap::new();
    let mut count = 0_usize;
    let mut time = 0.0;
    while time < 120.0 {
        time += random.exponential(1.0 / RATE);
        events.push(Reverse((nanos(time), count, 0_u32)));
        if random.uniform() < 0.01 {
            events.push(Reverse((nanos(time + random.uniform() * 60.0), count, 0)));
        }
        count += 1;
    }
    // When the store hears that each was completed; and how often it was handled with success.
    let mut completed: HashMap<usize, f64> = HashMap::new();
    let mut claimed: HashMap<usize, f64> = HashMap::new();
    let mut successes = vec![0_u8; count];
    let mut lost = Lost {
        refused: 0,
        completions: 0,
        twice: 0,
    };
    let mut is_back = false;
    while let Some(Reverse((at, delivery, attempt))) = events.pop() {
        let now = Duration::from_nanos(at).as_secs_f64();
        if now >= BACK && !is_back {
            is_back = true;
            let before = completed.len();
            completed.retain(|_, at| *at < DIES - behind || *at >= BACK);
            lost.completions = before - completed.len();
            claimed.clear();
        }
        let again = |random: &mut Random| {
            let wait = f64::from(1 << attempt.min(6)) * (0.5 + random.uniform());
            Reverse((nanos(now + wait), delivery, attempt + 1))
        };
        if (DIES..BACK).contains(&now) {
            lost.refused += usize::from(attempt == 0);
            events.push(again(&mut random));
            continue;
        }
        if completed.get(&delivery).is_some_and(|told| *told <= now) {
            continue;
        }
        let done = now + random.exponential(0.05);
        if claimed.get(&delivery).is_some_and(|done| *done > now) {
            events.push(again(&mut random));
            continue;
        }
        claimed.insert(delivery, done);
        successes[delivery] = successes[delivery].saturating_add(1);
        // A success that cannot be told is answered, and the sender stops.
        let told = if (DIES..BACK).contains(&done) {
            BACK + random.uniform() * TOLD_EACH
        } else {
            done
        };
        completed.insert(delivery, told);
    }
    lost.twice = successes.iter().filter(|count| **count > 1).count();
    lost
}

fn nanos(seconds: f64) -> u64 {
    u64::try_from(Duration::from_secs_f64(seconds).as_nanos()).unwrap_or(u64::MAX)
}

struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }
}
