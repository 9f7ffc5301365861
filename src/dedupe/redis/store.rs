use std::{fmt, future::Future, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, RedisResult, Script, ScriptInvocation,
    aio::ConnectionLike,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};

use super::{RedisConnection, RedisStoreError, error::Kind, scripts::Scripts};
use crate::{
    deadline::in_time,
    dedupe::{Claim, DedupeKey, Owner, Store},
};

const DEFAULT_DEADLINE: Duration = Duration::from_millis(500);

/// How long an attempt to connect to one server may take.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Where others are asked first which server it is: of three sentinels, say, two may be silent.
const LONG_ATTEMPT: Duration = Duration::from_secs(10);

/// How long the system waits for the other end to confirm what was sent, and how long a connection may be
/// idle before it asks.
const PATIENCE: Duration = Duration::from_secs(10);

/// Redis takes times up to the end of its clock's; nobody waits for longer.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A [`Store`] in Redis or Valkey, for any number of processes; needs the `redis` feature.
///
/// Each step is one script, which is one round trip: `claim` before the handler, `complete` after it. A
/// key is the prefix and 32 hex digits, its value the owner's number, or a dot once it is completed. Nothing
/// else of a delivery is stored.
///
/// It is tried with Redis 7.0 and Valkey 8.0. What a step says is as old as Redis 2.6.12.
///
/// A [`RedisConnection`] is made anew when it breaks, and when it falls silent; in the meantime deliveries are
/// answered 503. Clones share it.
///
/// ```no_run
/// use tower_webhook::{DedupeLayer, dedupe::RedisStore};
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisStore::connect("redis://127.0.0.1:6379").await?.prefix("billing:");
/// let layer = DedupeLayer::new(store);
/// # Ok(())
/// # }
/// ```
///
/// # Example: sentinel
///
/// Whatever the `redis` crate connects to makes a store by [`dial`](Self::dial), which is asked again for each
/// new connection. With its feature `sentinel`, a sentinel says each time who is the master. The time for an answer
/// is the store's [`deadline`](Self::deadline) then, not the crate's own of 500 ms:
///
/// ```
/// use std::sync::Arc;
/// use redis::{AsyncConnectionConfig, sentinel::{SentinelClient, SentinelServerType}};
/// use tokio::sync::Mutex;
/// use tower_webhook::dedupe::{RedisConnection, RedisStore, RedisStoreError};
///
/// async fn store(sentinels: Vec<&str>) -> Result<RedisStore, Box<dyn std::error::Error>> {
///     let master = SentinelServerType::Master;
///     let client = SentinelClient::build(sentinels, "mymaster".to_owned(), None, master)?;
///     let client = Arc::new(Mutex::new(client));
///     let dial = move || {
///         let client = Arc::clone(&client);
///         let config = AsyncConnectionConfig::new().set_response_timeout(None);
///         async move {
///             let mut client = client.lock().await;
///             client.get_async_connection_with_config(&config).await
///         }
///     };
///     Ok(RedisStore::dial(dial).await?)
/// }
/// ```
///
/// # Example: a cluster
///
/// A connection that knows of changes by itself makes a store by [`new`](Self::new): that of a cluster, with the
/// feature `cluster-async`. A step has one key, so it goes to one node.
///
/// ```
/// use redis::{RedisResult, cluster::ClusterClient, cluster_async::ClusterConnection};
/// use tower_webhook::dedupe::RedisStore;
///
/// async fn store(nodes: Vec<&str>) -> RedisResult<RedisStore<ClusterConnection>> {
///     let client = ClusterClient::new(nodes)?;
///     Ok(RedisStore::new(client.get_async_connection().await?))
/// }
/// ```
///
/// # Durability
///
/// What is guaranteed is as durable as what Redis has confirmed. Killed with the default snapshots, it
/// forgets the last minutes; with `appendonly yes` and `appendfsync everysec` the last second; with
/// `appendfsync always` nothing. A replica that takes over has what had reached it. What is forgotten
/// can be handled again. Set `maxmemory-policy noeviction`: with any other, a full Redis forgets what was
/// promised; so, it grants no more, and new deliveries are answered 503, while what it has granted is renewed and
/// completed.
///
/// Redis measures time by its server's wall clock. A step forward there ends leases and forgets early, so have it
/// slewed; one back forgets nothing, and keeps for longer.
#[derive(Clone)]
pub struct RedisStore<C = RedisConnection> {
    connection: C,
    prefix: Arc<str>,
    deadline: Option<Duration>,
    scripts: Arc<Scripts>,
}

impl RedisStore {
    /// Connects to the server under `url`: `redis://[user:password@]host:port/database`, `unix://…`, and by
    /// TLS `rediss://…`. TLS trusts the roots of `webpki-roots`, which are those of
    /// browsers; for a root of your own take [`connect_client`](Self::connect_client).
    ///
    /// # Errors
    ///
    /// If the URL cannot be read, or the server does not answer within two seconds, or wants another password.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime. By TLS, if other crates have `rustls` know a second provider of cryptography
    /// beside `ring`, and the program has installed neither of them (`CryptoProvider::install_default`).
    pub async fn connect(url: &str) -> Result<Self, RedisStoreError> {
        Self::connect_client(Client::open(url).map_err(Kind::Client)?).await
    }

    /// Connects to the server of a client of the `redis` crate, which can be told more than a URL says: the
    /// root of your own certificates, which is then the only one, or a certificate for this side.
    ///
    /// ```
    /// use redis::{Client, TlsCertificates};
    /// use tower_webhook::dedupe::RedisStore;
    ///
    /// async fn store(root: Vec<u8>) -> Result<RedisStore, Box<dyn std::error::Error>> {
    ///     let certificates = TlsCertificates {
    ///         client_tls: None,
    ///         root_cert: Some(root), // PEM
    ///     };
    ///     let client = Client::build_with_tls("rediss://redis.internal:6380", certificates)?;
    ///     Ok(RedisStore::connect_client(client).await?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the server does not answer within two seconds.
    ///
    /// # Panics
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_client(client: Client) -> Result<Self, RedisStoreError> {
        let server = client.get_connection_info().clone();
        let tcp = tcp_settings(server.tcp_settings());
        let client = Client::open(server.set_tcp_settings(tcp)).map_err(Kind::Client)?;
        let dial = move || {
            let client = client.clone();
            // Each step has a deadline, and each attempt to connect.
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(None)
                .set_response_timeout(None);
            async move {
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                connection.await
            }
        };
        Self::dial_within(ATTEMPT, dial).await
    }
}

fn tcp_settings(given: &TcpSettings) -> TcpSettings {
    // A step that waits for the answer to another one is slow.
    let mut tcp = given.clone().set_nodelay(true);
    if given.keepalive().is_none() {
        tcp = tcp.set_keepalive(TcpKeepalive::new().with_time(PATIENCE));
    }
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    if given.user_timeout().is_none() {
        tcp = tcp.set_user_timeout(PATIENCE);
    }
    tcp
}

impl<C> RedisStore<RedisConnection<C>>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    /// A store by whatever `dial` connects to, now, and when a new connection is needed.
    ///
    /// What connections have of their own is for `dial` to set: a response timeout, which the `redis` crate has at 500 ms
    /// unless told otherwise, ends a step before a longer [`deadline`](Self::deadline) does; and without TCP's
    /// keepalive and user timeout, which [`connect`](RedisStore::connect) sets, only steps that are given up notice a
    /// silent connection.
    ///
    /// # Errors
    ///
    /// If it does not give a connection within ten seconds, which is how long each later attempt may take too.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub async fn dial<F, D>(dial: F) -> Result<Self, RedisStoreError>
    where
        F: Fn() -> D + Send + Sync + 'static,
        D: Future<Output = RedisResult<C>> + Send + 'static,
    {
        Self::dial_within(LONG_ATTEMPT, dial).await
    }

    async fn dial_within<F, D>(within: Duration, dial: F) -> Result<Self, RedisStoreError>
    where
        F: Fn() -> D + Send + Sync + 'static,
        D: Future<Output = RedisResult<C>> + Send + 'static,
    {
        let connection = RedisConnection::dial(dial, within).await;
        Ok(Self::new(connection.map_err(Kind::Client)?))
    }
}

impl<C> RedisStore<C> {
    /// A store by a connection that reconnects by itself, as that of a cluster does.
    #[must_use]
    pub fn new(connection: C) -> Self {
        Self {
            connection,
            prefix: "webhook:".into(),
            deadline: Some(DEFAULT_DEADLINE),
            scripts: Arc::new(Scripts::new()),
        }
    }

    /// What keys begin with; `webhook:` unless set. Services that share a server, and must each handle the
    /// same deliveries, need one each.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Arc<str>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a step may take, `None` for as long as it likes; 500 ms unless set. It includes what a step waits for
    /// a new connection. Keep it below the layer's
    /// [`store_deadline`](crate::DedupeLayer::store_deadline), so that the log says that it was Redis.
    #[must_use]
    pub fn deadline(mut self, deadline: impl Into<Option<Duration>>) -> Self {
        self.deadline = deadline.into();
        self
    }
}

impl<C> RedisStore<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    /// Runs a script for one key.
    fn run<'s, T: FromRedisValue + Send>(
        &self,
        script: &'s Script,
        key: DedupeKey,
        owner: Owner,
        time: Option<Duration>,
    ) -> impl Future<Output = Result<T, RedisStoreError>> + Send + use<'s, T, C> {
        let mut step: ScriptInvocation<'s> = script.prepare_invoke();
        step.key(format!("{}{key}", self.prefix))
            .arg(owner.to_string());
        if let Some(time) = time {
            step.arg(time.min(LONGEST).as_millis().max(1).to_string());
        }
        let mut connection = self.connection.clone();
        let deadline = self.deadline;
        async move {
            let step = step.invoke_async(&mut connection);
            match in_time(step, deadline).await {
                Some(Ok(answer)) => Ok(answer),
                Some(Err(error)) => Err(Kind::Client(error).into()),
                None => Err(Kind::Timeout(deadline.unwrap_or_default()).into()),
            }
        }
    }
}

impl<C> Store for RedisStore<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    type Error = RedisStoreError;

    async fn claim(
        &self,
        key: DedupeKey,
        owner: Owner,
        lease: Duration,
    ) -> Result<Claim, RedisStoreError> {
        let answer: String = self
            .run(&self.scripts.claim, key, owner, Some(lease))
            .await?;
        match &*answer {
            "granted" => Ok(Claim::Granted),
            "completed" => Ok(Claim::Completed),
            _ => Ok(Claim::InFlight),
        }
    }

    async fn renew(
        &self,
        key: DedupeKey,
        owner: Owner,
        lease: Duration,
    ) -> Result<bool, RedisStoreError> {
        self.run(&self.scripts.renew, key, owner, Some(lease)).await
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: Owner,
        retention: Duration,
    ) -> Result<bool, RedisStoreError> {
        self.run(&self.scripts.complete, key, owner, Some(retention))
            .await
    }

    async fn release(&self, key: DedupeKey, owner: Owner) -> Result<(), RedisStoreError> {
        let _: bool = self.run(&self.scripts.release, key, owner, None).await?;
        Ok(())
    }
}

impl<C> fmt::Debug for RedisStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
