//! How a store gets to Redis: connections that fall silent, TLS, a cluster, a sentinel; and the server's own clock.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod redis_server;

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
    Client, ClientTlsConfig, Cmd, FromRedisValue, TlsCertificates,
    cluster::ClusterClient,
    cmd,
    sentinel::{SentinelClient, SentinelServerType},
};
use bytes::Bytes;
use common::{github, secret, send};
use http::{Request, Response};
use http_body_util::Full;
use redis_server::{RedisServer, free_port};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::{Mutex, watch},
    time::sleep,
};
use tower::{Layer as _, service_fn};
use tower_webhook::{
    DedupeLayer, VerifiedBody, WebhookLayer,
    dedupe::{Claim, DedupeKey, Owner, RedisStore, Store},
    providers, testing,
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
async fn until_it_succeeds(store: &RedisStore, most: Duration) -> Duration {
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

const ROOT: &[u8] = include_bytes!("tls/redis-ca.pem");
const ANOTHER_ROOT: &[u8] = include_bytes!("tls/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("tls/redis.pem");
const KEY: &[u8] = include_bytes!("tls/redis.key");

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
    let of = |error: tower_webhook::dedupe::RedisStoreError| error.source().unwrap().to_string();
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
    let client = SentinelClient::build(vec![sentinel.url()], name, None, kind).unwrap();
    let client = Arc::new(Mutex::new(client));
    let dial = move || {
        let client = Arc::clone(&client);
        async move { client.lock().await.get_async_connection().await }
    };
    let store = RedisStore::dial(dial).await.unwrap();
    expect_good(store.clone()).await;
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

/// Where a server takes no more writes, because it follows another one now, the next connection is asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_becomes_a_replica() {
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
    let mut follow = cmd("REPLICAOF");
    follow.arg("127.0.0.1").arg(new.port());
    let _: () = ask(&old, &follow).await;
    let error = store.claim(key("1"), Owner::new(), HOUR).await;
    let error = error.unwrap_err().source().unwrap().to_string();
    assert!(
        error.contains("READONLY") || error.contains("read only"),
        "{error}"
    );
    port.store(new.port().into(), SeqCst);
    until_it_succeeds(&store, Duration::from_secs(4)).await;
    let keys: u64 = ask(&new, &cmd("DBSIZE")).await;
    assert_eq!(keys, 1);
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
