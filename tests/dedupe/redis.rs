//! Deliveries in Redis: a server of the test's own that is killed and stopped, and workers in
//! processes of their own that are killed as well.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    env,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures_util::{StreamExt as _, stream};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer as _, service_fn};
use tower_webhook::{
    DedupeLayer, Verified, VerifiedBody, WebhookLayer,
    dedupe::{ClaimResult, DedupeKey, DedupeStore, LeaseToken, RedisStore, RedisStoreError},
    providers,
};

use crate::{
    redis_server::RedisServer,
    support::{SECRET, github, now, secret, send, standard, standard_secret, test_clock},
};

/// Which worker this process is.
const WORKER: &str = "DEDUPE_TEST_WORKER";
const LEASE: Duration = Duration::from_secs(2);

/// The order for a worker.
struct Order {
    index: usize,
    of: usize,
    deliveries: usize,
    copies: usize,
    redis: String,
    folder: PathBuf,
}

impl Order {
    fn start(&self) -> Child {
        let Self {
            index,
            of,
            deliveries,
            copies,
            redis,
            folder,
        } = self;
        let order = format!(
            "{index} {of} {deliveries} {copies} {redis} {}",
            folder.display()
        );
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "redis::worker", "--nocapture"])
            .env(WORKER, order)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn read() -> Option<Self> {
        let order = env::var(WORKER).ok()?;
        let mut words = order.split(' ');
        let mut word = || words.next().unwrap().to_owned();
        Some(Self {
            index: word().parse().unwrap(),
            of: word().parse().unwrap(),
            deliveries: word().parse().unwrap(),
            copies: word().parse().unwrap(),
            redis: word(),
            folder: word().into(),
        })
    }

    /// What this worker sends: copies of one delivery are sent by several workers at about the same
    /// time.
    fn sends(&self) -> Vec<usize> {
        let mut random = Random(0x5EED);
        let copies = (0..self.deliveries).flat_map(|at| std::iter::repeat_n(at, self.copies));
        let mut all: Vec<_> = copies
            .map(|at| (at as u64 + random.next() % 50, random.next(), at))
            .collect();
        all.sort_unstable();
        let own = all.into_iter().skip(self.index).step_by(self.of);
        own.map(|(.., at)| at).collect()
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

/// A file to which lines are added, each with its time, that stay if the process is killed.
#[derive(Clone)]
struct Journal(Arc<Mutex<File>>);

impl Journal {
    fn open(folder: &Path, name: &str) -> Self {
        let file = File::options()
            .create(true)
            .append(true)
            .open(folder.join(name));
        Self(Arc::new(Mutex::new(file.unwrap())))
    }

    fn note(&self, key: DedupeKey) {
        let line = format!("{key} {}\n", nanos());
        self.0.lock().unwrap().write_all(line.as_bytes()).unwrap();
    }

    /// The times of each key, over all workers.
    fn read(folder: &Path, name: &str) -> BTreeMap<String, Vec<u128>> {
        let mut times = BTreeMap::<_, Vec<_>>::new();
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap();
            if file.file_name().to_string_lossy().starts_with(name) {
                for line in fs::read_to_string(file.path()).unwrap().lines() {
                    let (key, time) = line.split_once(' ').unwrap();
                    times
                        .entry(key.to_owned())
                        .or_default()
                        .push(time.parse().unwrap());
                }
            }
        }
        times
    }
}

fn nanos() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_nanos()
}

/// Notes what was confirmed to be completed.
struct Noting {
    store: RedisStore,
    completed: Journal,
}

impl DedupeStore for Noting {
    type Error = RedisStoreError;

    async fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<ClaimResult, RedisStoreError> {
        self.store.claim(key, owner, lease).await
    }

    async fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<bool, RedisStoreError> {
        self.store.renew(key, owner, lease).await
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        time: Duration,
    ) -> Result<bool, RedisStoreError> {
        let is_ours = self.store.complete(key, owner, time).await?;
        if is_ours {
            self.completed.note(key);
        }
        Ok(is_ours)
    }

    async fn release(&self, key: DedupeKey, owner: LeaseToken) -> Result<(), RedisStoreError> {
        self.store.release(key, owner).await
    }
}

/// Not a test, but a process of one: sends its share, each again until it is answered 200.
#[tokio::test]
async fn worker() {
    let Some(order) = Order::read() else { return };
    let file = |name: &str| Journal::open(&order.folder, &format!("{name}.{}", order.index));
    let (effects, completed) = (file("effects"), file("completed"));
    let count = Arc::new(AtomicUsize::new(order.index));
    let handle = service_fn(move |request: Request<VerifiedBody>| {
        let verified: &Verified = request.extensions().get().unwrap();
        let key = verified.dedupe_key().unwrap();
        let (effects, at) = (effects.clone(), count.fetch_add(1, SeqCst));
        async move {
            tokio::task::yield_now().await;
            let mut response = Response::new(Full::<bytes::Bytes>::default());
            // Some fail, before they had an effect.
            if at % 7 == 0 {
                *response.status_mut() = 500.try_into().unwrap();
            } else {
                effects.note(key);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let store = RedisStore::connect(&order.redis).await.unwrap();
    let dedupe = DedupeLayer::new(Noting { store, completed }).lease(LEASE);
    let webhook = WebhookLayer::new(providers::standard_webhooks(), standard_secret()).unwrap();
    let service = webhook.clock(test_clock()).layer(dedupe.layer(handle));
    let sends = stream::iter(order.sends());
    sends
        .for_each_concurrent(32, async |at| {
            let delivery = standard(format!("msg_{at}"), now(), format!("delivery {at}"));
            while send(&service, delivery.clone().request()).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
}

fn folder() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!(
        "tower-webhook-workers-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, SeqCst)
    );
    let folder = env::temp_dir().join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn finish(workers: Vec<Child>) {
    for mut worker in workers {
        assert!(worker.wait().unwrap().success(), "a worker failed");
    }
}

/// How many effects there were beyond one a delivery. Each delivery had one; and none after the
/// store confirmed that it was completed, which it did of at least so many.
fn extra_effects(folder: &Path, deliveries: usize, confirmed: usize) -> usize {
    let effects = Journal::read(folder, "effects");
    let completed = Journal::read(folder, "completed");
    assert_eq!(effects.len(), deliveries, "deliveries that were handled");
    assert!(
        completed.len() >= confirmed,
        "{} were completed",
        completed.len()
    );
    for (key, times) in &completed {
        let first = times.iter().min().unwrap();
        let is_before = effects[key].iter().all(|time| time < first);
        assert!(is_before, "{key} was handled after it was completed");
    }
    effects.values().map(|times| times.len() - 1).sum()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "not so after two minutes: {what}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// How many effects there were so far, of all workers.
fn effects(folder: &Path) -> usize {
    Journal::read(folder, "effects")
        .values()
        .map(Vec::len)
        .sum()
}

/// Eight processes, ten thousand deliveries, each sent three times: each is handled with success
/// exactly once.
#[test]
fn eight_processes_race() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let folder = folder();
    let order = |index| Order {
        index,
        of: 8,
        deliveries: 10_000,
        copies: 3,
        redis: server.url(),
        folder: folder.clone(),
    };
    finish((0..8).map(|index| order(index).start()).collect());
    assert_eq!(extra_effects(&folder, 10_000, 10_000), 0);
    fs::remove_dir_all(folder).unwrap();
}

/// A worker is killed while it handles deliveries, and the sender retries. Deliveries that it had
/// claimed are handled once their lease has expired. Deliveries that it had completed are not
/// handled again.
#[test]
fn a_worker_is_killed() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let folder = folder();
    let order = |index| Order {
        index,
        of: 3,
        deliveries: 1500,
        copies: 3,
        redis: server.url(),
        folder: folder.clone(),
    };
    let mut workers: Vec<_> = (0..3).map(|index| order(index).start()).collect();
    for at in [400, 800] {
        wait_until("the worker is in the midst of it", || {
            effects(&folder) >= at
        });
        workers[0].kill().unwrap();
        workers[0].wait().unwrap();
        workers[0] = order(0).start();
    }
    finish(workers);
    // No more than it had in its hands.
    let extra = extra_effects(&folder, 1500, 1400);
    assert!(extra <= 64, "{extra} effects were had again");
    fs::remove_dir_all(folder).unwrap();
}

/// The server is killed midway, and starts again with what it had confirmed.
#[test]
fn the_server_is_killed() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let folder = folder();
    let order = |index| Order {
        index,
        of: 3,
        deliveries: 1500,
        copies: 3,
        redis: server.url(),
        folder: folder.clone(),
    };
    let workers: Vec<_> = (0..3).map(|index| order(index).start()).collect();
    for at in [400, 800] {
        wait_until("the workers are in the midst of it", || {
            effects(&folder) >= at
        });
        server.kill();
        thread::sleep(Duration::from_millis(300));
        server.start_again();
    }
    finish(workers);
    // Those whose success it was not told of: no more than there were under way.
    let extra = extra_effects(&folder, 1500, 1300);
    assert!(extra <= 2 * 3 * 32, "{extra} effects were had again");
    fs::remove_dir_all(folder).unwrap();
}

/// While the server does not answer, deliveries are refused by the deadline, and afterwards
/// handled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_stops_for_a_while() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let deadline = Duration::from_millis(200);
    let layer = DedupeLayer::new(store.deadline(deadline));
    let handle = service_fn(async |_: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("handled")))
    });
    let webhook = WebhookLayer::new(providers::github(), secret()).unwrap();
    let service = webhook.layer(layer.layer(handle));
    assert_eq!(
        send(&service, github("0").request()).await.text(),
        "handled"
    );

    server.pause();
    let begun = Instant::now();
    let answer = send(&service, github("1").request()).await;
    assert!(begun.elapsed() >= deadline && begun.elapsed() < Duration::from_secs(5));
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (503, Some("1"))
    );
    let reason = answer.rejection.unwrap().to_string();
    assert_eq!(
        reason,
        "the deduplication store failed: Redis did not answer within 0.2 s"
    );
    server.resume();
    // The claim that timed out was taken in the end, and then released.
    let again = async || {
        let begun = Instant::now();
        loop {
            let answer = send(&service, github("1").request()).await;
            if answer.status == 200 {
                return answer.text().to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{answer:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert_eq!(again().await, "handled");

    server.kill();
    let answer = send(&service, github("2").request()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.kind().as_str()),
        (503, "StoreFailed")
    );
    server.start_again();
    assert_eq!(again().await, r#"{"message":"Duplicate delivery"}"#);
}

/// Two round trips a delivery, and one for a duplicate; what is stored is short and says nothing.
#[tokio::test]
async fn what_goes_to_the_server() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let store = RedisStore::connect(&server.url())
        .await
        .unwrap()
        .prefix("crm:");
    let handle = service_fn(async |_: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::default()))
    });
    let webhook = WebhookLayer::new(providers::github(), secret()).unwrap();
    let service = webhook.layer(DedupeLayer::new(store).layer(handle));
    // The first ones of each kind load their scripts.
    send(&service, github("first").request()).await;
    let calls = async |connection: &mut ::redis::aio::MultiplexedConnection| {
        let info: String = ::redis::cmd("INFO")
            .arg("commandstats")
            .query_async(connection)
            .await
            .unwrap();
        let of = |name: &str| -> u64 {
            let line = info
                .lines()
                .find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")));
            line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
        };
        (of("evalsha"), of("script|load") + of("eval"))
    };
    let before = calls(&mut connection).await;
    for at in 0..100 {
        assert_eq!(
            send(&service, github(format!("{at}")).request())
                .await
                .status,
            200
        );
    }
    let after = calls(&mut connection).await;
    assert_eq!((after.0 - before.0, after.1 - before.1), (200, 0));
    for at in 0..100 {
        assert_eq!(
            send(&service, github(format!("{at}")).request())
                .await
                .status,
            200
        );
    }
    assert_eq!(calls(&mut connection).await.0 - after.0, 100);

    let keys: Vec<String> = ::redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(keys.len(), 101);
    let mut values = HashMap::new();
    for key in &keys {
        let hex = key.strip_prefix("crm:").unwrap();
        assert!(
            hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{key}"
        );
        let value: String = ::redis::cmd("GET")
            .arg(key)
            .query_async(&mut connection)
            .await
            .unwrap();
        let left: i64 = ::redis::cmd("TTL")
            .arg(key)
            .query_async(&mut connection)
            .await
            .unwrap();
        assert!((86_300..=86_400).contains(&left), "{left}");
        *values.entry(value).or_insert(0) += 1;
    }
    assert_eq!(values, HashMap::from([(".".to_owned(), 101)]));
    // And it comes through a server that has forgotten the scripts.
    let _: () = ::redis::cmd("SCRIPT")
        .arg("FLUSH")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(
        send(&service, github("0").request()).await.text(),
        r#"{"message":"Duplicate delivery"}"#
    );
}

/// A full server refuses, with `noeviction`, and forgets nothing: what it had granted can be
/// renewed and completed.
#[tokio::test]
async fn the_server_is_full() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let client = ::redis::Client::open(server.url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let limit = |limit: &'static str| {
        let mut connection = connection.clone();
        async move {
            let mut command = ::redis::cmd("CONFIG");
            let command = command.arg("SET").arg("maxmemory").arg(limit);
            let _: () = command.query_async(&mut connection).await.unwrap();
        }
    };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let hour = Duration::from_secs(60 * 60);
    let (key, owner) = (DedupeKey::of(["1"]), LeaseToken::new());
    let lease = Duration::from_secs(60);
    assert_eq!(
        store.claim(key, owner, lease).await.unwrap(),
        ClaimResult::Granted
    );
    let fill = limit;
    let handle = service_fn(move |_: Request<VerifiedBody>| {
        let fill = fill("1");
        async move {
            fill.await;
            Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("handled")))
        }
    });
    let webhook = WebhookLayer::new(providers::github(), secret()).unwrap();
    let service = webhook.layer(DedupeLayer::new(store.clone()).layer(handle));
    for expected in ["handled", r#"{"message":"Duplicate delivery"}"#] {
        let answer = send(&service, github("under way").request()).await;
        assert_eq!(answer.text(), expected);
    }
    assert!(store.renew(key, owner, hour).await.unwrap());
    let left = async || -> u64 {
        let mut connection = connection.clone();
        let mut command = ::redis::cmd("PTTL");
        let command = command.arg(format!("webhook:{key}"));
        command.query_async(&mut connection).await.unwrap()
    };
    assert!(left().await > 3_500_000);
    let error = store
        .claim(DedupeKey::of(["2"]), owner, hour)
        .await
        .unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("OOM"), "{source}");
    let answer = send(&service, github("new").request()).await;
    assert_eq!(answer.status, 503);

    assert!(store.complete(key, owner, 2 * hour).await.unwrap());
    assert!(left().await > 7_100_000);
    limit("0").await;
    assert_eq!(
        store.claim(key, LeaseToken::new(), hour).await.unwrap(),
        ClaimResult::Completed
    );
}

#[tokio::test]
async fn what_cannot_be_connected_to() {
    // A port without a listener, an invalid URL, and TLS that is not built in.
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for url in [
        &*format!("redis://user:{SECRET}@{closed}"),
        "redis.example.com",
        "http://a",
        "",
    ] {
        let error = RedisStore::connect(url).await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        let text = format!("{error}: {source} {error:?}");
        assert!(
            !text.contains(SECRET) && text.starts_with("Redis request failed: "),
            "{text}"
        );
    }
}
