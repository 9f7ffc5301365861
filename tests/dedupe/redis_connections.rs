//! How a store gets to Redis: connections that fall silent, TLS, a cluster, a sentinel; and the server's own clock.

use std::{
    convert::Infallible,
    error::Error as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use ::redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, FromRedisValue, Pipeline, RedisFuture,
    TlsCertificates, Value,
    aio::ConnectionLike,
    cluster::ClusterClient,
    cmd, parse_redis_value,
    sentinel::{SentinelClient, SentinelServerType},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::{Mutex, watch},
    time::{sleep, timeout},
};
use tower::{Layer as _, service_fn};
use tower_webhook::{
    DedupeLayer, VerifiedBody, WebhookLayer,
    dedupe::{Claim, DedupeKey, Owner, RedisConnection, RedisStore, RedisStoreError, Store},
    providers, testing,
};

use crate::{
    redis_server::{RedisServer, free_port},
    support::{github, secret, send},
};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn key(name: &str) -> DedupeKey {
    DedupeKey::of([name])
}

/// Something between a store and its server that can fall silent: what it has goes on to be open, and nothing comes
/// through.
struct Proxy {
    address: SocketAddr,
    /// Connections with a lower number are silent.
    silent_below: watch::Sender<usize>,
    accepted: Arc<AtomicUsize>,
}

impl Proxy {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silent_below, silence) = watch::channel(0);
        let accepted = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, SeqCst);
                let mut silence = silence.clone();
                tokio::spawn(async move {
                    // Where the server is dead, the connection is closed.
                    let mut far = TcpStream::connect(("127.0.0.1", port)).await?;
                    let is_silent = async { drop(silence.wait_for(|below| number < *below).await) };
                    tokio::select! {
                        copied = copy_bidirectional(&mut near, &mut far) => copied,
                        () = is_silent => std::future::pending().await,
                    }
                });
            }
        });
        Self {
            address,
            silent_below,
            accepted,
        }
    }

    fn accepted(&self) -> usize {
        self.accepted.load(SeqCst)
    }

    /// Of those that it has.
    fn fall_silent(&self) {
        self.silent_below.send_replace(self.accepted());
    }
}

/// Takes steps one after another until one succeeds, and says how long that took.
async fn until_it_succeeds<S: Store<Error = RedisStoreError>>(
    store: &S,
    most: Duration,
) -> Duration {
    let begun = Instant::now();
    loop {
        // Not of a key that is known, which is nothing to write.
        let owner = Owner::new();
        match store.claim(key(&owner.to_string()), owner, HOUR).await {
            Ok(_) => return begun.elapsed(),
            Err(error) => assert!(begun.elapsed() < most, "no step succeeded: {error:?}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// A connection whose other end is gone without a word is replaced, and no more often than that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_falls_silent() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let url = format!("redis://{}", proxy.address);
    let store = RedisStore::connect(&url).await.unwrap();
    let (done, owner) = (key("done"), Owner::new());
    assert!(store.complete(done, owner, HOUR).await.unwrap());
    for round in 1..=2 {
        proxy.fall_silent();
        let took = until_it_succeeds(&store, Duration::from_secs(4)).await;
        assert!(took < Duration::from_millis(2500), "{took:?}");
        assert_eq!(proxy.accepted(), 1 + round, "connections in all");
        let claim = store.claim(done, Owner::new(), HOUR).await.unwrap();
        assert_eq!(claim, Claim::Completed);
    }
    // A server that is slow now and then is not silent.
    let store = store.deadline(Duration::from_millis(200));
    for _ in 0..7 {
        server.pause();
        store.claim(done, Owner::new(), HOUR).await.unwrap_err();
        server.resume();
        until_it_succeeds(&store, Duration::from_secs(4)).await;
    }
    assert_eq!(proxy.accepted(), 3, "connections in all");
}

/// A pause shorter than a connection may be silent for, however many wait in it or hang up, costs no connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_pauses_for_many() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let url = format!("redis://{}", proxy.address);
    let store = RedisStore::connect(&url).await.unwrap();
    until_it_succeeds(&store, Duration::from_secs(4)).await;
    let step = |limit| {
        let store = &store;
        async move {
            let owner = Owner::new();
            let step = store.claim(key(&owner.to_string()), owner, HOUR);
            timeout(limit, step).await.map(Result::unwrap).unwrap_err();
        }
    };
    // Those who wait until they are told, and those who hang up.
    for (steps, limit) in [(8, 400), (600, 3)] {
        server.pause();
        let steps = (0..steps).map(|_| step(Duration::from_millis(limit)));
        futures_util::future::join_all(steps).await;
        server.resume();
        until_it_succeeds(&store, Duration::from_secs(4)).await;
    }
    // Nor what was given up long ago.
    server.pause();
    step(Duration::from_millis(300)).await;
    sleep(Duration::from_secs(1)).await;
    step(Duration::from_millis(300)).await;
    server.resume();
    until_it_succeeds(&store, Duration::from_secs(4)).await;
    assert_eq!(proxy.accepted(), 1, "connections in all");
}

/// A connection that seemed to be silent is kept if it answers, and no other one can be made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_seems_silent_and_no_other_can_be_made() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let url = format!("redis://{}", proxy.address);
    let store = RedisStore::connect(&url).await.unwrap();
    let mut password = cmd("CONFIG");
    let _: () = ask(&server, password.arg("SET").arg("requirepass").arg("x")).await;
    let error = RedisStore::connect(&url).await.unwrap_err();
    let error = error.source().unwrap().to_string();
    assert!(error.contains("NOAUTH"), "{error}");
    // The second one is longer than an attempt, and than what is there may take to show that it answers.
    for pause in [1300, 3500] {
        let before = proxy.accepted();
        server.pause();
        let steps = async {
            loop {
                let _ = store.claim(key("1"), Owner::new(), HOUR).await;
            }
        };
        let pause = Duration::from_millis(pause);
        timeout(pause, steps).await.unwrap_err();
        assert!(proxy.accepted() > before, "no attempt was made");
        server.resume();
        until_it_succeeds(&store, Duration::from_secs(4)).await;
        sleep(Duration::from_millis(500)).await;
        let attempts = proxy.accepted();
        for _ in 0..50 {
            let owner = Owner::new();
            let claim = store.claim(key(&owner.to_string()), owner, HOUR);
            assert_eq!(claim.await.unwrap(), Claim::Granted);
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(proxy.accepted(), attempts, "attempts to connect");
    }
}

/// The system asks whether the other end of an idle connection is there, for steps that nobody gives up.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_idle_connection_is_kept_alive() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let _store = RedisStore::connect(&server.url()).await.unwrap();
    // Of each socket its place in the list, the addresses on either side, its state, its queues and its timer.
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let server = format!(":{:04X}", server.port());
    let sockets = sockets
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours: Vec<_> = sockets
        .filter(|socket| socket[2].ends_with(&server) && socket[3] == "01")
        .map(|socket| socket[5][..2].to_owned())
        .collect();
    assert_eq!(ours, ["02"], "the timer of keepalive");
}

/// A silent connection, and a server that is dead: steps fail, soon and with the reason, and succeed once it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_falls_silent_and_the_server_is_dead() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let url = format!("redis://{}", proxy.address);
    let store = RedisStore::connect(&url).await.unwrap();
    let done = key("done");
    assert!(store.complete(done, Owner::new(), HOUR).await.unwrap());
    proxy.fall_silent();
    server.kill();
    let begun = Instant::now();
    let mut last = String::new();
    while begun.elapsed() < Duration::from_secs(3) {
        let step = Instant::now();
        let error = store.claim(done, Owner::new(), HOUR).await.unwrap_err();
        assert!(step.elapsed() < Duration::from_millis(800));
        last = error.to_string();
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(last, "redis failed", "when attempts to connect have failed");
    server.start_again();
    let took = until_it_succeeds(&store, Duration::from_secs(4)).await;
    assert!(took < Duration::from_millis(2500), "{took:?}");
    let claim = store.claim(done, Owner::new(), HOUR).await.unwrap();
    assert_eq!(claim, Claim::Completed);
}

/// A connection that was closed while nobody used it costs no delivery.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_closed() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut other = client.get_multiplexed_async_connection().await.unwrap();
    for at in 0..5 {
        let mut kill = ::redis::cmd("CLIENT");
        let kill = kill
            .arg("KILL")
            .arg("TYPE")
            .arg("normal")
            .arg("SKIPME")
            .arg("yes");
        let killed: i64 = kill.query_async(&mut other).await.unwrap();
        assert_eq!(killed, 1);
        let steps = (0..8).map(|step| {
            let store = store.clone();
            async move {
                store
                    .claim(key(&format!("{at} {step}")), Owner::new(), HOUR)
                    .await
                    .unwrap()
            }
        });
        let claims = futures_util::future::join_all(steps).await;
        assert_eq!(claims, [Claim::Granted; 8]);
    }
}

/// A store keeps all its promises, and two of the same delivery are one.
async fn expect_good<S: Store + Clone>(store: S) {
    testing::store(&store).await;
    let handle = service_fn(async |_: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("handled")))
    });
    let webhook = WebhookLayer::new(providers::github(), secret()).unwrap();
    let service = webhook.layer(DedupeLayer::new(store).layer(handle));
    for expected in ["handled", r#"{"message":"Duplicate delivery"}"#] {
        let answer = send(&service, github("1").request()).await;
        assert_eq!(answer.text(), expected);
    }
}

fn tls_client(url: &str, root: &[u8], own: Option<(&[u8], &[u8])>) -> Client {
    let certificates = TlsCertificates {
        client_tls: own.map(|(certificate, key)| ClientTlsConfig {
            client_cert: certificate.to_vec(),
            client_key: key.to_vec(),
        }),
        root_cert: Some(root.to_vec()),
    };
    Client::build_with_tls(url, certificates).unwrap()
}

const ROOT: &[u8] = include_bytes!("../tls/redis-ca.pem");
const ANOTHER_ROOT: &[u8] = include_bytes!("../tls/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../tls/redis.pem");
const KEY: &[u8] = include_bytes!("../tls/redis.key");

/// By TLS, under a root of one's own; and a certificate that no root knows, or of another name, is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_tls() {
    let Some((_server, port)) = RedisServer::start_with_tls(&["--tls-auth-clients", "no"]) else {
        return;
    };
    let url = format!("rediss://localhost:{port}");
    for url in [&*url, &format!("rediss://127.0.0.1:{port}")] {
        let client = tls_client(url, ROOT, None);
        expect_good(
            RedisStore::connect_client(client)
                .await
                .unwrap()
                .prefix(url),
        )
        .await;
    }
    let of = |error: RedisStoreError| error.source().unwrap().to_string();
    // A URL trusts the roots that browsers do, and the certificate that it was shown is from none of them.
    let stranger = of(RedisStore::connect(&url).await.unwrap_err());
    assert!(stranger.contains("UnknownIssuer"), "{stranger}");
    let client = tls_client(&url, ANOTHER_ROOT, None);
    let stranger = of(RedisStore::connect_client(client).await.unwrap_err());
    assert!(stranger.contains("UnknownIssuer"), "{stranger}");
    let client = tls_client(&format!("rediss://127.0.0.2:{port}"), ROOT, None);
    let stranger = of(RedisStore::connect_client(client).await.unwrap_err());
    assert!(
        stranger.contains("NotValidForName") || stranger.contains("refused"),
        "{stranger}"
    );
    // And who speaks without it gets nowhere.
    let plain = RedisStore::connect(&format!("redis://localhost:{port}")).await;
    assert!(plain.is_err());
}

/// A server that wants a certificate of this side is shown one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_tls_on_both_sides() {
    let Some((_server, port)) = RedisServer::start_with_tls(&["--tls-auth-clients", "yes"]) else {
        return;
    };
    let url = format!("rediss://localhost:{port}");
    let client = tls_client(&url, ROOT, Some((CERTIFICATE, KEY)));
    expect_good(RedisStore::connect_client(client).await.unwrap()).await;
    let client = tls_client(&url, ROOT, None);
    RedisStore::connect_client(client).await.unwrap_err();
}

async fn ask<T: FromRedisValue>(server: &RedisServer, command: &Cmd) -> T {
    let client = Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    command.query_async(&mut connection).await.unwrap()
}

async fn wait_until(what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "not so: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Three masters, each with a third of the slots.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster() {
    let ports = [(); 3].map(|()| free_port().to_string());
    let mut nodes = Vec::new();
    for port in &ports {
        let options = ["--cluster-enabled", "yes", "--cluster-port", port];
        let Some(node) = RedisServer::start_with(&options) else {
            return;
        };
        nodes.push(node);
    }
    for (at, slots) in [(0, 5460), (5461, 10922), (10923, 16383)]
        .iter()
        .enumerate()
    {
        let mut own = cmd("CLUSTER");
        own.arg("ADDSLOTSRANGE").arg(slots.0).arg(slots.1);
        let _: () = ask(&nodes[at], &own).await;
        let mut meet = cmd("CLUSTER");
        meet.arg("MEET")
            .arg("127.0.0.1")
            .arg(nodes[at].port())
            .arg(&ports[at]);
        let _: () = ask(&nodes[0], &meet).await;
    }
    wait_until("the cluster has all its slots", async || {
        for node in &nodes {
            let info: String = ask(node, cmd("CLUSTER").arg("INFO")).await;
            let known = "cluster_known_nodes:3";
            if !info.contains("cluster_state:ok") || !info.contains(known) {
                return false;
            }
        }
        true
    })
    .await;
    let client = ClusterClient::new(nodes.iter().map(RedisServer::url)).unwrap();
    let store = RedisStore::new(client.get_async_connection().await.unwrap());
    expect_good(store).await;
    for node in &nodes {
        let keys: u64 = ask(node, &cmd("DBSIZE")).await;
        assert!(keys > 10, "a node has {keys} keys");
    }
}

/// A master and its replica, as a sentinel names them: what is remembered survives that they change places.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sentinel() {
    let Some(mut master) = RedisServer::start() else {
        return;
    };
    let of = format!("127.0.0.1 {}", master.port());
    let replica = RedisServer::start_with(&["--replicaof", &of]).unwrap();
    wait_until("the replica follows", async || {
        let info: String = ask(&replica, cmd("INFO").arg("replication")).await;
        info.contains("master_link_status:up")
    })
    .await;
    let sentinel = RedisServer::sentinel(&master).unwrap();
    wait_until("the sentinel knows the replica", async || {
        let mut known = cmd("SENTINEL");
        let known: Vec<::redis::Value> =
            ask(&sentinel, known.arg("REPLICAS").arg("mymaster")).await;
        !known.is_empty()
    })
    .await;

    let kind = SentinelServerType::Master;
    let name = "mymaster".to_owned();
    // Two that are silent are asked first, each time.
    let silent = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let silent = silent
        .iter()
        .map(|silent| format!("redis://{}", silent.local_addr().unwrap()));
    let all = silent.chain([sentinel.url()]).collect();
    let client = SentinelClient::build(all, name, None, kind).unwrap();
    let client = Arc::new(Mutex::new(client));
    let dial = move || {
        let client = Arc::clone(&client);
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        async move {
            let mut client = client.lock().await;
            client.get_async_connection_with_config(&config).await
        }
    };
    let store = RedisStore::dial(dial).await.unwrap();
    expect_good(store.clone()).await;
    // A step has all the time that it was given.
    let patient = store.clone().deadline(Duration::from_secs(3));
    master.pause();
    let step = tokio::spawn(async move {
        let step = patient.claim(key("slow"), Owner::new(), HOUR);
        step.await.unwrap()
    });
    sleep(Duration::from_millis(800)).await;
    master.resume();
    assert_eq!(step.await.unwrap(), Claim::Granted);
    let (done, owner) = (key("done"), Owner::new());
    assert!(store.complete(done, owner, HOUR).await.unwrap());

    let acknowledged: i64 = ask(&master, cmd("WAIT").arg(1).arg(5000)).await;
    assert_eq!(acknowledged, 1);
    let mut failover = cmd("SENTINEL");
    let _: () = ask(&sentinel, failover.arg("FAILOVER").arg("mymaster")).await;
    wait_until("the replica is the master", async || {
        let mut named = cmd("SENTINEL");
        named.arg("GET-MASTER-ADDR-BY-NAME").arg("mymaster");
        let (_, port): (String, u16) = ask(&sentinel, &named).await;
        port == replica.port()
    })
    .await;
    master.kill();
    until_it_succeeds(&store, Duration::from_secs(10)).await;
    let claim = store.claim(done, Owner::new(), HOUR).await.unwrap();
    assert_eq!(claim, Claim::Completed);
    let keys: u64 = ask(&replica, &cmd("DBSIZE")).await;
    let owner = Owner::new();
    assert_eq!(
        store.claim(key("new"), owner, HOUR).await.unwrap(),
        Claim::Granted
    );
    assert_eq!(ask::<u64>(&replica, &cmd("DBSIZE")).await, keys + 1);
}

/// Where a server takes no more writes, because it follows another one now or nobody follows it, the next connection
/// is asked for; as long as that is no better, steps fail with the reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_takes_no_more_writes() {
    let closed = free_port();
    for ways in [
        &["REPLICAOF 127.0.0.1 PORT"][..],
        &[
            "CONFIG SET replica-serve-stale-data no",
            "REPLICAOF 127.0.0.1 CLOSED",
        ],
        &["CONFIG SET min-replicas-to-write 1"],
    ] {
        let (Some(old), Some(new)) = (RedisServer::start(), RedisServer::start()) else {
            return;
        };
        let port = Arc::new(AtomicUsize::new(old.port().into()));
        let named = Arc::clone(&port);
        let dial = move || {
            let url = format!("redis://127.0.0.1:{}", named.load(SeqCst));
            async move {
                let client = Client::open(url)?;
                client.get_multiplexed_async_connection().await
            }
        };
        let store = RedisStore::dial(dial).await.unwrap();
        until_it_succeeds(&store, Duration::from_secs(1)).await;
        for way in ways {
            let way = way
                .replace("PORT", &new.port().to_string())
                .replace("CLOSED", &closed.to_string());
            let mut words = way.split(' ');
            let mut command = cmd(words.next().unwrap());
            for word in words {
                command.arg(word);
            }
            let _: () = ask(&old, &command).await;
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            let error = store.claim(key("1"), Owner::new(), HOUR).await.unwrap_err();
            assert_eq!(error.to_string(), "redis failed", "{ways:?}");
        }
        port.store(new.port().into(), SeqCst);
        until_it_succeeds(&store, Duration::from_secs(4)).await;
        let keys: u64 = ask(&new, &cmd("DBSIZE")).await;
        assert_eq!(keys, 1, "{ways:?}");
    }
}

/// A connection that answers all but a ping with the same.
#[derive(Clone)]
struct Says(&'static str);

impl ConnectionLike for Says {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let is_ping = *command.get_packed_command() == *cmd("PING").get_packed_command();
        let answer = if is_ping { "+PONG\r\n" } else { self.0 };
        Box::pin(async { parse_redis_value(answer.as_bytes()) })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a Pipeline,
        _: usize,
        _: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        unreachable!()
    }

    fn get_db(&self) -> i64 {
        0
    }
}

const GRANTED: &str = "+granted\r\n";

/// What a server before Redis 7 says of a script that may not write.
const OLD_READ_ONLY: &str = "-ERR Error running script (call to f_1): @user_script:4: @user_script: 4: -READONLY \
    You can't write against a read only replica.\r\n";

/// Counts its attempts, of which the first one gets the first connection, and each later one what is given.
async fn dialled<D>(
    first: &'static str,
    later: impl Fn() -> D + Clone + Send + Sync + 'static,
) -> (RedisStore<RedisConnection<Says>>, Arc<AtomicUsize>)
where
    D: Future<Output = Says> + Send,
{
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    let dial = move || {
        let at = counted.fetch_add(1, SeqCst);
        let later = later.clone();
        async move {
            Ok(match at {
                0 => Says(first),
                _ => later().await,
            })
        }
    };
    (RedisStore::dial(dial).await.unwrap(), count)
}

#[tokio::test(start_paused = true)]
async fn an_old_server_is_read_only() {
    let (store, count) = dialled(OLD_READ_ONLY, async || Says(GRANTED)).await;
    let claim = store.claim(key("1"), Owner::new(), HOUR).await;
    assert_eq!(claim.unwrap(), Claim::Granted);
    assert_eq!(count.load(SeqCst), 2);
}

/// As sentinels do of which the first ones are silent.
#[tokio::test(start_paused = true)]
async fn an_attempt_takes_long() {
    let slow = async || {
        sleep(Duration::from_secs(9)).await;
        Says(GRANTED)
    };
    let (store, count) = dialled(OLD_READ_ONLY, slow).await;
    until_it_succeeds(&store, Duration::from_secs(4)).await;
    assert_eq!(count.load(SeqCst), 2);
}

/// An attempt that panics is one that failed, and no reason to hurry.
#[tokio::test(start_paused = true)]
async fn an_attempt_panics() {
    let (store, count) = dialled(OLD_READ_ONLY, async || panic!("no")).await;
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        let step = store.claim(key("1"), Owner::new(), HOUR).await;
        assert_eq!(step.unwrap_err().to_string(), "redis failed");
        let count = count.load(SeqCst);
        assert!(count < 100, "{count} attempts");
    }
    let count = count.load(SeqCst);
    assert!((8..=16).contains(&count), "{count} attempts");
}

/// The server's clock: a jump forward ends leases and forgets, one back forgets nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_clock_jumps() {
    let Some(server) = RedisServer::start_with_clock() else {
        return;
    };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let claim = async |name: &str| {
        let claim = store.claim(key(name), Owner::new(), HOUR).await;
        claim.unwrap()
    };
    let owner = Owner::new();
    for day in [0, -1, -10] {
        server.set_clock(day * 24 * 60 * 60);
        let (under_way, done) = (format!("{day} under way"), format!("{day} done"));
        assert_eq!(claim(&under_way).await, Claim::Granted);
        assert!(store.complete(key(&done), owner, HOUR).await.unwrap());
        server.set_clock((day - 1) * 24 * 60 * 60);
        for _ in 0..3 {
            assert_eq!(claim(&under_way).await, Claim::InFlight);
            assert_eq!(claim(&done).await, Claim::Completed);
        }
        server.set_clock(day * 24 * 60 * 60 + 2 * 60 * 60);
        assert_eq!(claim(&under_way).await, Claim::Granted);
        assert_eq!(claim(&done).await, Claim::Granted);
    }
}
