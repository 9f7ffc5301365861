//! Everything at once, by a seed: senders that try again, send twice and go away, handlers that
//! fail, panic and hang, a store that fails, hangs and answers too late, and a clock that jumps.
//!
//! ```text
//! CHAOS_DELIVERIES=1000000 CHAOS_SEED=1 cargo test --test dedupe chaos -- --nocapture
//! ```

use std::{
    collections::HashMap,
    convert::Infallible,
    env,
    future::{Future, pending},
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::{sleep, timeout};
use tower::{Layer as _, Service as _, service_fn, util::BoxCloneSyncService};
use tower_webhook::{
    DedupeLayer, Keys, Secret, VerifiedBody, WebhookLayer,
    body::ResponseBody,
    clock::Clock as _,
    dedupe::{ClaimResult, DedupeKey, DedupeStore, Duplicate, LeaseToken, MemoryStore},
    providers,
    scheme::Algorithm,
};

use crate::support::{
    self, Delivery, NOW, SECRET, TestClock, hex, mac, secret, standard, standard_secret, test_clock,
};

const DELIVERIES: usize = 100_000;
const SEED: u64 = 0x0DDB_1A5E_5BAD_5EED;
const NEW_SECRET: &str = "the secret after that";
/// How many senders there are at a time.
const SENDERS: usize = 256;

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .ok()
            .unwrap_or_else(|| panic!("{name} is not a number")),
        Err(_) => default,
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// What is known of a delivery by those who made it, handled it and stored it.
#[derive(Default)]
struct Record {
    running: AtomicUsize,
    successes: AtomicUsize,
    /// The store has taken the step.
    is_completed: AtomicBool,
}

#[derive(Debug, Default)]
struct Counts {
    attempts: AtomicUsize,
    handled: AtomicUsize,
    succeeded: AtomicUsize,
    panicked: AtomicUsize,
    hung_up: AtomicUsize,
    in_flight_or_refused: AtomicUsize,
    duplicates: AtomicUsize,
    troubles: AtomicUsize,
}

struct World {
    random: Mutex<Random>,
    records: Vec<Record>,
    counts: Counts,
    clock: TestClock,
    wrong: Mutex<Vec<String>>,
}

tokio::task_local! {
    /// Whose claim it is.
    static DELIVERY: usize;
}

impl World {
    fn new(deliveries: usize, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            random: Mutex::new(Random(seed.max(1))),
            records: (0..deliveries).map(|_| Record::default()).collect(),
            counts: Counts::default(),
            clock: test_clock(),
            wrong: Mutex::default(),
        })
    }

    fn random(&self, below: u64) -> u64 {
        self.random.lock().unwrap().next() % below
    }

    /// So many times in a thousand.
    fn chance(&self, permille: u64) -> bool {
        self.random(1000) < permille
    }

    fn wrong(&self, what: String) {
        let mut wrong: MutexGuard<'_, Vec<String>> = self.wrong.lock().unwrap();
        wrong.push(what);
    }

    fn pause(&self, most_millis: u64) -> Duration {
        Duration::from_millis(self.random(most_millis))
    }
}

/// A store in memory that has trouble now and then.
#[derive(Clone)]
struct Moody {
    store: MemoryStore,
    world: Arc<World>,
    /// Never twice in a row, so that a claim is never lost by it.
    renewal_failed: Arc<AtomicBool>,
    /// Which delivery it is that was claimed first under a key.
    deliveries: Arc<Mutex<HashMap<DedupeKey, usize>>>,
}

impl Moody {
    async fn step<T>(
        &self,
        step: impl Future<Output = Result<T, tower_webhook::dedupe::CapacityExceeded>>,
    ) -> Result<T, &'static str> {
        let world = &self.world;
        let kind = world.random(1000);
        if kind < 30 {
            world.counts.troubles.fetch_add(1, Relaxed);
        }
        match kind {
            0..10 => Err("no connection"),
            10..20 => pending().await,
            20..30 => {
                step.await.map_err(|_| "full")?;
                pending().await
            }
            30..130 => {
                sleep(world.pause(900)).await;
                step.await.map_err(|_| "full")
            }
            _ => step.await.map_err(|_| "full"),
        }
    }
}

impl DedupeStore for Moody {
    type Error = &'static str;

    async fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<ClaimResult, &'static str> {
        if let Ok(at) = DELIVERY.try_with(|at| *at) {
            self.deliveries.lock().unwrap().insert(key, at);
        }
        self.step(self.store.claim(key, owner, lease)).await
    }

    async fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<bool, &'static str> {
        let may_fail = !self.renewal_failed.load(Relaxed);
        if may_fail && self.world.chance(30) {
            self.renewal_failed.store(true, Relaxed);
            self.world.counts.troubles.fetch_add(1, Relaxed);
            if self.world.chance(500) {
                return pending().await;
            }
            return Err("no connection");
        }
        self.renewal_failed.store(false, Relaxed);
        self.store
            .renew(key, owner, lease)
            .await
            .map_err(|_| "full")
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        time: Duration,
    ) -> Result<bool, &'static str> {
        let at = self.deliveries.lock().unwrap()[&key];
        let record = &self.world.records[at];
        let inner = async {
            let is_ours = self.store.complete(key, owner, time).await?;
            record.is_completed.fetch_or(is_ours, Relaxed);
            Ok(is_ours)
        };
        self.step(inner).await
    }

    async fn release(&self, key: DedupeKey, owner: LeaseToken) -> Result<(), &'static str> {
        self.step(self.store.release(key, owner)).await
    }
}

struct Running<'w>(&'w Record);

impl<'w> Running<'w> {
    fn new(world: &World, at: usize, record: &'w Record) -> Self {
        if record.running.fetch_add(1, Relaxed) > 0 {
            world.wrong(format!("{at} is handled by two at the same moment"));
        }
        if record.is_completed.load(Relaxed) {
            world.wrong(format!("{at} is handled after it was completed"));
        }
        Self(record)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Relaxed);
    }
}

type Answer = Response<ResponseBody<ResponseBody<Full<Bytes>>>>;

async fn handle(
    world: Arc<World>,
    request: Request<VerifiedBody>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let at = request.into_body().into_bytes();
    let at: usize = std::str::from_utf8(&at).unwrap().parse().unwrap();
    let record = &world.records[at];
    let running = Running::new(&world, at, record);
    world.counts.handled.fetch_add(1, Relaxed);
    let kind = world.random(100);
    match kind {
        0..10 => sleep(world.pause(100_000)).await,
        10..30 => sleep(world.pause(2000)).await,
        30..35 => resume_unwind(Box::new("a handler's panic")),
        35..40 => pending().await,
        _ => {}
    }
    let mut response = Response::new(Full::default());
    if (40..60).contains(&kind) {
        let status = [400, 404, 429, 500, 503][usize::try_from(world.random(5)).unwrap()];
        *response.status_mut() = status.try_into().unwrap();
    } else {
        record.successes.fetch_add(1, Relaxed);
        world.counts.succeeded.fetch_add(1, Relaxed);
    }
    drop(running);
    Ok(response)
}

/// One of the senders.
struct Sender {
    world: Arc<World>,
    standard: BoxCloneSyncService<Request<support::RequestBody>, Answer, Infallible>,
    github: BoxCloneSyncService<Request<support::RequestBody>, Answer, Infallible>,
}

impl Sender {
    fn delivery(&self, at: usize) -> Delivery {
        let time = self
            .world
            .clock
            .now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        match at % 4 {
            0 | 1 => standard(
                format!("msg_{at}"),
                time.as_secs().to_string(),
                at.to_string(),
            ),
            kind => {
                let secret = if kind == 2 { SECRET } else { NEW_SECRET };
                let mac = mac(
                    Algorithm::HmacSha256,
                    secret.as_bytes(),
                    at.to_string().as_bytes(),
                );
                let signature = format!("sha256={}", hex(&mac));
                Delivery::new(at.to_string()).header("x-hub-signature-256", signature)
            }
        }
    }

    /// `Some` of whether it was a duplicate, if it was answered 200.
    async fn attempt(&self, at: usize) -> Option<bool> {
        let world = &self.world;
        let counts = &world.counts;
        counts.attempts.fetch_add(1, Relaxed);
        if world.chance(1) {
            world.clock.set(support::at(
                NOW + i64::try_from(world.random(1 << 30)).unwrap() - (1 << 29),
            ));
        }
        let service = if at % 4 < 2 {
            &self.standard
        } else {
            &self.github
        };
        let request = self.delivery(at).request();
        let patience = if world.chance(150) {
            world.pause(5000)
        } else {
            Duration::from_secs(200)
        };
        let call = AssertUnwindSafe(DELIVERY.scope(at, service.clone().call(request)));
        match timeout(patience, call.catch_unwind()).await {
            Err(_) => {
                counts.hung_up.fetch_add(1, Relaxed);
                None
            }
            Ok(Err(_)) => {
                counts.panicked.fetch_add(1, Relaxed);
                None
            }
            Ok(Ok(response)) => {
                let response = response.unwrap();
                let is_duplicate = response.extensions().get::<Duplicate>().is_some();
                if is_duplicate {
                    counts.duplicates.fetch_add(1, Relaxed);
                } else if response.status() != 200 {
                    counts.in_flight_or_refused.fetch_add(1, Relaxed);
                }
                (response.status() == 200).then_some(is_duplicate)
            }
        }
    }

    async fn deliver(&self, at: usize) {
        let world = &self.world;
        loop {
            let answered = if world.chance(200) {
                let copies = futures_util::future::join(self.attempt(at), self.attempt(at)).await;
                copies.0.or(copies.1)
            } else {
                self.attempt(at).await
            };
            if answered.is_some() {
                break;
            }
            sleep(world.pause(10_000)).await;
        }
        let record = &world.records[at];
        // The store was not notified, or did not confirm it: either it is notified again, or the
        // claim expires and another attempt is handled.
        while !record.is_completed.load(Relaxed) {
            sleep(Duration::from_secs(31)).await;
            self.attempt(at).await;
        }
        for _ in 0..world.random(3) {
            if self.attempt(at).await == Some(false) {
                world.wrong(format!("{at} is replayed"));
            }
        }
    }
}

#[test]
fn chaos() {
    let (deliveries, seed) = (
        number("CHAOS_DELIVERIES", DELIVERIES),
        number("CHAOS_SEED", SEED),
    );
    println!("{deliveries} deliveries, seed {seed}");
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    let world = World::new(deliveries, seed);
    runtime.block_on(run(&world, deliveries));
    let wrong = world.wrong.lock().unwrap();
    let shown = wrong.iter().take(10).collect::<Vec<_>>();
    assert!(
        wrong.is_empty(),
        "seed {seed}: {} are wrong, among them {shown:#?}",
        wrong.len()
    );
}

async fn run(world: &Arc<World>, deliveries: usize) {
    let begun = tokio::time::Instant::now();
    let store = Moody {
        store: MemoryStore::new(1_000_000),
        world: Arc::clone(world),
        renewal_failed: Arc::default(),
        deliveries: Arc::default(),
    };
    let dedupe = DedupeLayer::new(store.clone());
    let handler = || {
        let world = Arc::clone(world);
        service_fn(move |request| handle(Arc::clone(&world), request))
    };
    let standard = WebhookLayer::new(providers::standard_webhooks(), standard_secret()).unwrap();
    let keys = Keys::new(Secret::new(NEW_SECRET).unwrap()).previous(secret());
    let github = WebhookLayer::new(providers::github(), keys).unwrap();
    let sender = Sender {
        world: Arc::clone(world),
        standard: BoxCloneSyncService::new(
            standard
                .clock(world.clock.clone())
                .layer(dedupe.layer(handler())),
        ),
        github: BoxCloneSyncService::new(github.layer(dedupe.layer(handler()))),
    };
    let all = stream::iter(0..deliveries);
    all.for_each_concurrent(SENDERS, |at| sender.deliver(at))
        .await;
    println!("{:#?}", world.counts);
    println!(
        "{} hours of their time; {:?}",
        begun.elapsed().as_secs() / 3600,
        store.store
    );

    for (at, record) in world.records.iter().enumerate() {
        // The store never has trouble for a whole lease.
        let successes = record.successes.load(Relaxed);
        if successes != 1 {
            world.wrong(format!("{at} was handled {successes} times with success"));
        }
        if record.running.load(Relaxed) > 0 {
            world.wrong(format!("{at} is still being handled"));
        }
    }
}
