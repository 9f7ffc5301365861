//! How a store gets to Redis: connections that fall silent, TLS, a cluster, a sentinel; and the server's own clock.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod redis_server;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use redis_server::RedisServer;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};
use tower_webhook::dedupe::{Claim, DedupeKey, Owner, RedisStore, Store};

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
    let mut errors = Vec::new();
    loop {
        match store.claim(key("tried"), Owner::new(), HOUR).await {
            Ok(_) => return begun.elapsed(),
            Err(error) => errors.push(error.to_string()),
        }
        assert!(begun.elapsed() < most, "no step succeeded: {errors:?}");
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

/// The same while the server is dead: steps fail, soon and with the reason, and succeed once it is back.
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
