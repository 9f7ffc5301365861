//! Connections of `RedisStore`: outages and recovery, TLS, cluster, sentinel; and the server's
//! clock.

use std::{
    convert::Infallible,
    error::Error as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use ::redis::{
    Client, ClientTlsConfig, Cmd, FromRedisValue, Pipeline, RedisFuture, TlsCertificates, Value,
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
    sync::watch,
    time::{sleep, timeout},
};
use tower::{Layer as _, service_fn};
use tower_webhook::{
    DedupeLayer, VerifiedBody, WebhookLayer,
    dedupe::{ClaimResult, DedupeKey, DedupeStore, LeaseToken, RedisStore, RedisStoreError},
    providers, testing,
};

use crate::{
    redis_server::{RedisServer, free_port},
    support::{github, secret, send},
};

const HOUR: Duration = Duration::from_secs(60 * 60);
/// The time within which a server is used again after its recovery.
const RECOVERY: Duration = Duration::from_secs(15);
/// Long enough for attempts to replace the connection, which begin after three seconds.
const OUTAGE: Duration = Duration::from_secs(5);
/// Longer than the store waits for an answer before it replaces a connection.
const SETTLED: Duration = Duration::from_secs(4);

fn key(name: &str) -> DedupeKey {
    DedupeKey::of([name])
}

/// A TCP proxy between a store and its server. It can stop to forward bytes with its connections
/// open, and forward new connections to another server, as a host name does after a failover.
struct Proxy {
    address: SocketAddr,
    target: Arc<AtomicU16>,
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
        let target = Arc::new(AtomicU16::new(port));
        let (count, port) = (Arc::clone(&accepted), Arc::clone(&target));
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, SeqCst);
                let port = port.load(SeqCst);
                let mut silence = silence.clone();
                tokio::spawn(async move {
                    // If the server is dead, the connection is closed.
                    let mut far = TcpStream::connect(("127.0.0.1", port)).await?;
                    let is_silent = async { drop(silence.wait_for(|below| number < *below).await) };
                    tokio::select! {
                        biased;
                        () = is_silent => std::future::pending().await,
                        copied = copy_bidirectional(&mut near, &mut far) => copied,
                    }
                });
            }
        });
        Self {
            address,
            target,
            silent_below,
            accepted,
        }
    }

    fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    fn accepted(&self) -> usize {
        self.accepted.load(SeqCst)
    }

    /// Silences the connections that are open; later ones are forwarded.
    fn fall_silent(&self) {
        self.silent_below.send_replace(self.accepted());
    }

    /// Silences the connections that are open and all later ones.
    fn fall_silent_for_good(&self) {
        self.silent_below.send_replace(usize::MAX);
    }
}

/// Claims one key after another until a claim succeeds, and returns how long that took.
async fn until_it_succeeds<S: DedupeStore<Error = RedisStoreError>>(
    store: &S,
    most: Duration,
) -> Duration {
    let begun = Instant::now();
    loop {
        // A new key each time: a claim of a completed one writes nothing.
        let owner = LeaseToken::new();
        match store.claim(key(&owner.to_string()), owner, HOUR).await {
            Ok(_) => return begun.elapsed(),
            Err(error) => assert!(begun.elapsed() < most, "no operation succeeded: {error:?}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// A silent connection is replaced once. A connection that is slow now and then is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaces_a_silent_connection_once() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let url = proxy.url();
    let store = RedisStore::connect(&url).await.unwrap();
    let (done, owner) = (key("done"), LeaseToken::new());
    assert!(store.complete(done, owner, HOUR).await.unwrap());
    for round in 1..=2 {
        proxy.fall_silent();
        until_it_succeeds(&store, RECOVERY).await;
        assert_eq!(proxy.accepted(), 1 + round, "connections in all");
        let claim = store.claim(done, LeaseToken::new(), HOUR).await.unwrap();
        assert_eq!(claim, ClaimResult::Completed);
    }
    let store = store.deadline(Duration::from_millis(200));
    for _ in 0..7 {
        server.pause();
        store
            .claim(done, LeaseToken::new(), HOUR)
            .await
            .unwrap_err();
        server.resume();
        until_it_succeeds(&store, RECOVERY).await;
    }
    sleep(SETTLED).await;
    assert_eq!(proxy.accepted(), 3, "connections in all");
}

/// A silent connection is replaced even if its operations are cancelled before their deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaces_a_silent_connection_whose_operations_are_cancelled() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let store = RedisStore::connect(&proxy.url()).await.unwrap();
    proxy.fall_silent();
    let begun = Instant::now();
    let claim = async || {
        let claim = store.claim(key("1"), LeaseToken::new(), HOUR);
        timeout(Duration::from_millis(100), claim).await
    };
    while claim().await.is_err() {
        assert!(begun.elapsed() < RECOVERY, "not replaced");
    }
    assert_eq!(proxy.accepted(), 2, "connections in all");
}

/// Many operations that time out or are cancelled during a short pause do not replace the
/// connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_a_connection_that_pauses_for_many_operations() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let url = proxy.url();
    let store = RedisStore::connect(&url).await.unwrap();
    until_it_succeeds(&store, RECOVERY).await;
    let claim = |limit| {
        let store = &store;
        async move {
            let owner = LeaseToken::new();
            let claim = store.claim(key(&owner.to_string()), owner, HOUR);
            timeout(limit, claim).await.map(Result::unwrap).unwrap_err();
        }
    };
    // Operations that time out, and operations that are cancelled.
    for (claims, limit) in [(8, 400), (600, 3)] {
        server.pause();
        let claims = (0..claims).map(|_| claim(Duration::from_millis(limit)));
        futures_util::future::join_all(claims).await;
        server.resume();
        until_it_succeeds(&store, RECOVERY).await;
    }
    // Two time-outs with a pause between them.
    server.pause();
    claim(Duration::from_millis(300)).await;
    sleep(Duration::from_secs(1)).await;
    claim(Duration::from_millis(300)).await;
    server.resume();
    until_it_succeeds(&store, RECOVERY).await;
    sleep(SETTLED).await;
    assert_eq!(proxy.accepted(), 1, "connections in all");
}

/// A silent connection that answers again is kept if it cannot be replaced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_a_connection_that_answers_again_if_no_other_can_be_made() {
    // The second pause is longer than an attempt.
    tokio::join!(pause_without_another(4500), pause_without_another(6500));
}

async fn pause_without_another(pause: u64) {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let url = proxy.url();
    let store = RedisStore::connect(&url).await.unwrap();
    let mut password = cmd("CONFIG");
    let _: () = ask(&server, password.arg("SET").arg("requirepass").arg("x")).await;
    let error = RedisStore::connect(&url).await.unwrap_err();
    let error = error.source().unwrap().to_string();
    assert!(error.contains("NOAUTH"), "{error}");
    let before = proxy.accepted();
    server.pause();
    let claims = async {
        loop {
            let _ = store.claim(key("1"), LeaseToken::new(), HOUR).await;
        }
    };
    let pause = Duration::from_millis(pause);
    timeout(pause, claims).await.unwrap_err();
    assert!(proxy.accepted() > before, "no attempt was made");
    server.resume();
    until_it_succeeds(&store, RECOVERY).await;
    sleep(Duration::from_millis(2500)).await;
    let attempts = proxy.accepted();
    for _ in 0..50 {
        let owner = LeaseToken::new();
        let claim = store.claim(key(&owner.to_string()), owner, HOUR);
        assert_eq!(claim.await.unwrap(), ClaimResult::Granted);
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(proxy.accepted(), attempts, "attempts to connect");
}

/// TCP probes the peer of an idle connection.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn sets_tcp_keepalive() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let _store = RedisStore::connect(&server.url()).await.unwrap();
    // The columns are: number, local address, remote address, state, queues, timer.
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let server = format!(":{:04X}", server.port());
    let sockets = sockets
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours: Vec<_> = sockets
        .filter(|socket| socket[2].ends_with(&server) && socket[3] == "01")
        .map(|socket| socket[5][..2].to_owned())
        .collect();
    assert_eq!(ours, ["02"], "the keepalive timer");
}

/// A silent connection whose server is dead: operations fail by the deadline, and succeed after the
/// server has started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recovers_from_a_silent_connection_to_a_dead_server() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let store = RedisStore::connect(&proxy.url()).await.unwrap();
    let done = key("done");
    assert!(store.complete(done, LeaseToken::new(), HOUR).await.unwrap());
    proxy.fall_silent();
    server.kill();
    let begun = Instant::now();
    while begun.elapsed() < OUTAGE {
        let operation = Instant::now();
        store
            .claim(done, LeaseToken::new(), HOUR)
            .await
            .unwrap_err();
        assert!(operation.elapsed() < Duration::from_millis(800));
        sleep(Duration::from_millis(10)).await;
    }
    server.start_again();
    until_it_succeeds(&store, RECOVERY).await;
    let claim = store.claim(done, LeaseToken::new(), HOUR).await.unwrap();
    assert_eq!(claim, ClaimResult::Completed);
}

/// Sends deliveries while the server is out of order: each is answered 503 by the deadline. After
/// the recovery each is handled when it is sent again, and the record of an earlier one is still
/// there.
async fn expect_recovery(
    name: &str,
    url: &str,
    fault: impl AsyncFnOnce(),
    recover: impl AsyncFnOnce(),
) {
    let store = RedisStore::connect(url).await.unwrap();
    let dedupe = DedupeLayer::new(store).lease(Duration::from_secs(9));
    let handle = service_fn(async |_: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("handled")))
    });
    let webhook = WebhookLayer::new(providers::github(), secret()).unwrap();
    let service = webhook.layer(dedupe.layer(handle));
    let answer = send(&service, github("before").request()).await;
    assert_eq!(answer.text(), "handled", "{name}");

    fault().await;
    let begun = Instant::now();
    let mut deliveries = Vec::new();
    while begun.elapsed() < OUTAGE {
        let delivery = github(format!("during the outage, {}", deliveries.len()));
        let sent = Instant::now();
        let answer = send(&service, delivery.clone().request()).await;
        assert!(
            sent.elapsed() < Duration::from_secs(1),
            "{name}: {answer:?}"
        );
        let head = (answer.status.as_u16(), answer.header("retry-after"));
        assert_eq!(head, (503, Some("1")), "{name}: {answer:?}");
        deliveries.push(delivery);
        sleep(Duration::from_millis(100)).await;
    }

    recover().await;
    let begun = Instant::now();
    for delivery in deliveries {
        loop {
            let answer = send(&service, delivery.clone().request()).await;
            if answer.status == 200 {
                assert_eq!(answer.text(), "handled", "{name}");
                break;
            }
            assert!(
                begun.elapsed() < RECOVERY,
                "{name}: not used again: {answer:?}"
            );
            sleep(Duration::from_millis(100)).await;
        }
    }
    let answer = send(&service, github("before").request()).await;
    assert_eq!(
        answer.text(),
        r#"{"message":"Duplicate delivery"}"#,
        "{name}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recovers_from_outages() {
    tokio::join!(
        killed_and_restarted(),
        stopped(),
        silent(),
        read_only(),
        full(),
        reconnection_rejected(
            "password rejected",
            "",
            "ACL SETUSER app resetpass >other",
            "ACL SETUSER app >right",
        ),
        reconnection_rejected(
            "password rejected, RESP3",
            "/?protocol=resp3",
            "ACL SETUSER app resetpass >other",
            "ACL SETUSER app >right",
        ),
        reconnection_rejected(
            "database rejected",
            "/1",
            "ACL SETUSER app -select",
            "ACL SETUSER app +select",
        ),
    );
}

async fn killed_and_restarted() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let url = server.url();
    let server = std::cell::RefCell::new(server);
    let kill = async || server.borrow_mut().kill();
    expect_recovery("killed and restarted", &url, kill, async || {
        server.borrow_mut().start_again();
    })
    .await;
}

async fn stopped() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let (stop, resume) = (async || server.pause(), async || server.resume());
    expect_recovery("stopped", &server.url(), stop, resume).await;
}

async fn silent() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let fault = async || proxy.fall_silent_for_good();
    expect_recovery("silent", &proxy.url(), fault, async || proxy.fall_silent()).await;
}

async fn read_only() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let demote = async || {
        let closed = free_port();
        let mut command = cmd("REPLICAOF");
        let _: () = ask(&server, command.arg("127.0.0.1").arg(closed)).await;
    };
    let promote = async || {
        let _: () = ask(&server, cmd("REPLICAOF").arg("NO").arg("ONE")).await;
    };
    expect_recovery("read only", &server.url(), demote, promote).await;
}

async fn full() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let limit = async |bytes: &str| {
        let mut command = cmd("CONFIG");
        let command = command.arg("SET").arg("maxmemory").arg(bytes);
        let _: () = ask(&server, command).await;
    };
    expect_recovery(
        "full",
        &proxy.url(),
        async || limit("1").await,
        async || limit("0").await,
    )
    .await;
    assert_eq!(
        proxy.accepted(),
        1,
        "a full server is not worth a new connection"
    );
}

/// A `ConnectionManager` gives up if the server rejects a command of the reconnection.
async fn reconnection_rejected(name: &str, path: &str, reject: &str, accept: &str) {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let run = async |command: &str| {
        let mut words = command.split(' ');
        let mut command = cmd(words.next().unwrap());
        for word in words {
            command.arg(word);
        }
        let _: Value = ask(&server, &command).await;
    };
    run("ACL SETUSER app on >right ~* +@all").await;
    let url = format!("redis://app:right@127.0.0.1:{}{path}", server.port());
    let fault = async || {
        run(reject).await;
        run("CLIENT KILL USER app").await;
    };
    expect_recovery(name, &url, fault, async || {
        run(accept).await;
    })
    .await;
}

/// A connection that the server closed while it was idle costs no delivery.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeats_an_operation_on_a_closed_connection() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut other = client.get_multiplexed_async_connection().await.unwrap();
    let clients = async || -> String {
        let mut list = cmd("CLIENT");
        let list = list.arg("LIST").arg("TYPE").arg("normal");
        list.query_async(&mut other.clone()).await.unwrap()
    };
    // The server may not have noticed yet that the test's first connection is closed.
    wait_until("two clients are connected", async || {
        clients().await.lines().count() == 2
    })
    .await;
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
        let claims = (0..8).map(|number| {
            let store = store.clone();
            async move {
                store
                    .claim(key(&format!("{at} {number}")), LeaseToken::new(), HOUR)
                    .await
                    .unwrap()
            }
        });
        let claims = futures_util::future::join_all(claims).await;
        assert_eq!(claims, [ClaimResult::Granted; 8]);
    }
}

/// A store passes the conformance suite, and a delivery that is sent twice is handled once.
async fn expect_good<S: DedupeStore + Clone>(store: S) {
    testing::assert_store_contract(&store).await;
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

/// TLS with a root certificate of one's own. A certificate of another issuer or name is rejected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_with_tls() {
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
    // A URL trusts the roots of browsers, none of which issued the server's certificate.
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
    let plain = RedisStore::connect(&format!("redis://localhost:{port}")).await;
    assert!(plain.is_err());
}

/// TLS with a client certificate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_with_a_client_certificate() {
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

/// Three masters, each with a third of the slots. Each recovers after it was killed or stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_a_cluster() {
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
    let builder = ClusterClient::builder(nodes.iter().map(RedisServer::url));
    let store = RedisStore::connect_cluster(builder).await.unwrap();
    expect_good(store.clone()).await;
    for node in &nodes {
        let keys: u64 = ask(node, &cmd("DBSIZE")).await;
        assert!(keys > 10, "a node has {keys} keys");
    }

    let claim_many = async || {
        let claims = (0..30).map(|_| {
            let owner = LeaseToken::new();
            let store = &store;
            async move { store.claim(key(&owner.to_string()), owner, HOUR).await }
        });
        let claims = futures_util::future::join_all(claims).await;
        claims.iter().filter(|claim| claim.is_err()).count()
    };
    let recovered = async || {
        let begun = Instant::now();
        while claim_many().await > 0 {
            assert!(begun.elapsed() < RECOVERY, "not used again");
            sleep(Duration::from_millis(100)).await;
        }
    };
    let outage = async |length: Duration, failing: std::ops::RangeInclusive<usize>| {
        let begun = Instant::now();
        while begun.elapsed() < length {
            let operations = Instant::now();
            let failed = claim_many().await;
            assert!(failing.contains(&failed), "{failed} operations failed");
            assert!(operations.elapsed() < Duration::from_secs(1));
            sleep(Duration::from_millis(100)).await;
        }
    };
    nodes[1].pause();
    outage(Duration::from_secs(2), 1..=29).await;
    nodes[1].resume();
    recovered().await;
    nodes[1].kill();
    outage(Duration::from_secs(2), 1..=30).await;
    nodes[1].start_again();
    recovered().await;
    for node in &nodes {
        node.pause();
    }
    outage(OUTAGE, 30..=30).await;
    for node in &nodes {
        node.resume();
    }
    recovered().await;
}

/// A sentinel names a master and its replica. Records survive the failover from one to the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn follows_a_sentinel_failover() {
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
    // Two silent sentinels are asked first, each time.
    let silent = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let silent = silent
        .iter()
        .map(|silent| format!("redis://{}", silent.local_addr().unwrap()));
    let all = silent.chain([sentinel.url()]).collect();
    let client = SentinelClient::build(all, name, None, kind).unwrap();
    let store = RedisStore::connect_sentinel(client).await.unwrap();
    expect_good(store.clone()).await;
    // An operation may take as long as its deadline.
    let patient = store.clone().deadline(Duration::from_secs(3));
    master.pause();
    let claim = tokio::spawn(async move {
        let claim = patient.claim(key("slow"), LeaseToken::new(), HOUR);
        claim.await.unwrap()
    });
    sleep(Duration::from_millis(1500)).await;
    master.resume();
    assert_eq!(claim.await.unwrap(), ClaimResult::Granted);
    let (done, owner) = (key("done"), LeaseToken::new());
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
    until_it_succeeds(&store, RECOVERY).await;
    let claim = store.claim(done, LeaseToken::new(), HOUR).await.unwrap();
    assert_eq!(claim, ClaimResult::Completed);
    let keys: u64 = ask(&replica, &cmd("DBSIZE")).await;
    let owner = LeaseToken::new();
    assert_eq!(
        store.claim(key("new"), owner, HOUR).await.unwrap(),
        ClaimResult::Granted
    );
    assert_eq!(ask::<u64>(&replica, &cmd("DBSIZE")).await, keys + 1);
}

/// A server that does not accept writes any more is replaced by the one that its host name has
/// then. Until that one is reachable, operations fail with the reason, and the old one is asked
/// again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaces_a_server_that_accepts_no_writes() {
    tokio::join!(
        fail_over(&["REPLICAOF 127.0.0.1 PORT"]),
        fail_over(&[
            "CONFIG SET replica-serve-stale-data no",
            "REPLICAOF 127.0.0.1 CLOSED",
        ]),
        fail_over(&["CONFIG SET min-replicas-to-write 1"]),
    );
}

async fn fail_over(ways: &[&str]) {
    let (Some(old), Some(new)) = (RedisServer::start(), RedisServer::start()) else {
        return;
    };
    let proxy = Proxy::to(old.port()).await;
    let store = RedisStore::connect(&proxy.url()).await.unwrap();
    until_it_succeeds(&store, Duration::from_secs(1)).await;
    let is_done = AtomicBool::new(false);
    // Claims of a completed delivery succeed on a replica, and do not prove that it accepts writes.
    let done = key("done");
    assert!(store.complete(done, LeaseToken::new(), HOUR).await.unwrap());
    let duplicates = async {
        while !is_done.load(SeqCst) {
            let _ = store.claim(done, LeaseToken::new(), HOUR).await;
            sleep(Duration::from_millis(10)).await;
        }
    };
    let failover = async {
        for way in ways {
            let way = way
                .replace("PORT", &new.port().to_string())
                .replace("CLOSED", &free_port().to_string());
            let mut words = way.split(' ');
            let mut command = cmd(words.next().unwrap());
            for word in words {
                command.arg(word);
            }
            let _: () = ask(&old, &command).await;
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            let error = store
                .claim(key("1"), LeaseToken::new(), HOUR)
                .await
                .unwrap_err();
            assert_eq!(error.to_string(), "Redis request failed", "{ways:?}");
        }
        proxy.target.store(new.port(), SeqCst);
        until_it_succeeds(&store, RECOVERY).await;
        is_done.store(true, SeqCst);
    };
    tokio::join!(failover, duplicates);
    let keys: u64 = ask(&new, &cmd("DBSIZE")).await;
    // One of them may be the completed delivery.
    assert!((1..=2).contains(&keys), "{ways:?}: {keys} keys");
    assert!(proxy.accepted() < 10, "connections in all");
}

/// A connection with the same answer to every command.
#[derive(Clone)]
struct Says(&'static str);

impl ConnectionLike for Says {
    fn req_packed_command<'a>(&'a mut self, _: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async { parse_redis_value(self.0.as_bytes()) })
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

/// The answer of a server before Redis 7 to a script that may not write.
const OLD_READ_ONLY: &str = "-ERR Error running script (call to f_1): @user_script:4: @user_script: 4: -READONLY \
    You can't write against a read only replica.\r\n";

/// A store whose first connection says `first`, and whose later ones come from `later`; and the
/// number of attempts to connect.
async fn connected<D>(
    first: &'static str,
    later: impl Fn() -> D + Clone + Send + Sync + 'static,
) -> (RedisStore<Says>, Arc<AtomicUsize>)
where
    D: Future<Output = Says> + Send,
{
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    let connect = move || {
        let at = counted.fetch_add(1, SeqCst);
        let later = later.clone();
        async move {
            Ok(match at {
                0 => Says(first),
                _ => later().await,
            })
        }
    };
    (RedisStore::connect_with(connect).await.unwrap(), count)
}

#[tokio::test(start_paused = true)]
async fn replaces_a_read_only_server_before_redis_7() {
    let (store, count) = connected(OLD_READ_ONLY, async || Says(GRANTED)).await;
    until_it_succeeds(&store, RECOVERY).await;
    assert_eq!(count.load(SeqCst), 2);
}

/// A server that rejects operations for want of memory or disk does so on any connection.
#[tokio::test(start_paused = true)]
async fn keeps_a_connection_that_answers_with_errors() {
    for error in ["-OOM command not allowed\r\n", "-MISCONF disk\r\n"] {
        let (store, count) = connected(error, async || Says(GRANTED)).await;
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            let claim = store.claim(key("1"), LeaseToken::new(), HOUR).await;
            assert_eq!(claim.unwrap_err().to_string(), "Redis request failed");
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(count.load(SeqCst), 1);
    }
}

/// An attempt may take as long as sentinels do of which the first ones are silent.
#[tokio::test(start_paused = true)]
async fn waits_for_a_slow_attempt_to_connect() {
    let slow = async || {
        sleep(Duration::from_secs(9)).await;
        Says(GRANTED)
    };
    let (store, count) = connected(OLD_READ_ONLY, slow).await;
    until_it_succeeds(&store, RECOVERY).await;
    assert_eq!(count.load(SeqCst), 2);
}

/// An attempt that never ends, or panics, is followed by another one, at most once a second.
#[tokio::test(start_paused = true)]
async fn tries_again_after_an_attempt_that_hangs_or_panics() {
    let panics = async || panic!("no connection");
    let (panicking, panicked) = connected(OLD_READ_ONLY, panics).await;
    let (hanging, hung) = connected(OLD_READ_ONLY, std::future::pending::<Says>).await;
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        for store in [&panicking, &hanging] {
            let claim = store.claim(key("1"), LeaseToken::new(), HOUR).await;
            assert_eq!(claim.unwrap_err().to_string(), "Redis request failed");
        }
        sleep(Duration::from_millis(20)).await;
    }
    let (panicked, hung) = (panicked.load(SeqCst), hung.load(SeqCst));
    assert!((50..=61).contains(&panicked), "{panicked} attempts");
    assert!((5..=7).contains(&hung), "{hung} attempts");
}

/// A store that was dropped does not connect again.
#[tokio::test(start_paused = true)]
async fn does_not_reconnect_a_dropped_store() {
    let (store, count) = connected(OLD_READ_ONLY, async || Says(GRANTED)).await;
    store
        .claim(key("1"), LeaseToken::new(), HOUR)
        .await
        .unwrap_err();
    drop(store);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(count.load(SeqCst), 1);
}

/// A step forward of the server's clock ends leases and drops records; a step back drops nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_clock_jumps() {
    let Some(server) = RedisServer::start_with_clock() else {
        return;
    };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let claim = async |name: &str| {
        let claim = store.claim(key(name), LeaseToken::new(), HOUR).await;
        claim.unwrap()
    };
    let owner = LeaseToken::new();
    for day in [0, -1, -10] {
        server.set_clock(day * 24 * 60 * 60);
        let (under_way, done) = (format!("{day} under way"), format!("{day} done"));
        assert_eq!(claim(&under_way).await, ClaimResult::Granted);
        assert!(store.complete(key(&done), owner, HOUR).await.unwrap());
        server.set_clock((day - 1) * 24 * 60 * 60);
        for _ in 0..3 {
            assert_eq!(claim(&under_way).await, ClaimResult::InFlight);
            assert_eq!(claim(&done).await, ClaimResult::Completed);
        }
        server.set_clock(day * 24 * 60 * 60 + 2 * 60 * 60);
        assert_eq!(claim(&under_way).await, ClaimResult::Granted);
        assert_eq!(claim(&done).await, ClaimResult::Granted);
    }
}
