//! The constructors of the Redis store: for a server, sentinels, a cluster and a custom connection.

use std::{future::Future, sync::Arc, time::Duration};

use redis::{
    Client, ErrorKind, RedisResult,
    ServerErrorKind::{BusyLoading, NoPerm},
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    cluster::ClusterClientBuilder,
    cluster_async::ClusterConnection,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
    sentinel::SentinelClient,
};
use tokio::sync::Mutex;

use super::{Kind, RedisStore, RedisStoreError, connection::Connection};

/// The time limit of one attempt to connect to one server.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause before the second and last attempt of a reconnection. If the server refuses
/// connections, both attempts fail before the default deadline, so the operation reports the I/O
/// error instead of a timeout. The next operation reconnects.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How long TCP waits for an acknowledgement, and how long a connection is idle before TCP probes
/// it.
const TCP_TIMEOUT: Duration = Duration::from_secs(10);

impl RedisStore {
    /// Connects to the server at `url`: `redis://[user:password@]host:port/database`, `unix://…`,
    /// or `rediss://…` for TLS. TLS trusts the root certificates of `webpki-roots`, which are
    /// those of browsers; for a root certificate of your own, use
    /// [`connect_client`](Self::connect_client).
    ///
    /// # Errors
    ///
    /// If the URL is invalid, the server cannot be reached within five seconds, or the server
    /// rejects the password.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime. With TLS, if other crates enable a second cryptography provider
    /// of `rustls` besides `ring` and the program does not install one of them
    /// (`CryptoProvider::install_default`).
    pub async fn connect(url: &str) -> Result<Self, RedisStoreError> {
        Self::connect_client(Client::open(url).map_err(Kind::Client)?).await
    }

    /// Connects to the server of a client of the `redis` crate, for settings that a URL cannot
    /// hold: a root certificate of your own, which replaces the default ones, or a client
    /// certificate.
    ///
    /// Unless the client sets them, TCP's keepalive and user timeout are 10 seconds.
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
    /// If the server cannot be reached within five seconds, or rejects the password.
    ///
    /// # Panics
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_client(client: Client) -> Result<Self, RedisStoreError> {
        Self::connect_with(move || connection_manager(client.clone())).await
    }

    /// Connects to the master that the sentinels name, and asks them again when the store
    /// [reconnects](Self#reconnection).
    ///
    /// ```
    /// use redis::sentinel::{SentinelClient, SentinelServerType::Master};
    /// use tower_webhook::dedupe::RedisStore;
    ///
    /// async fn store(sentinels: Vec<&str>) -> Result<RedisStore, Box<dyn std::error::Error>> {
    ///     let client = SentinelClient::build(sentinels, "mymaster", None, Master)?;
    ///     Ok(RedisStore::connect_sentinel(client).await?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If no sentinel names a master that can be reached, within ten seconds.
    ///
    /// # Panics
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_sentinel(client: SentinelClient) -> Result<Self, RedisStoreError> {
        let client = Arc::new(Mutex::new(client));
        Self::connect_with(move || {
            let client = Arc::clone(&client);
            async move {
                let master = client.lock().await.async_get_client().await?;
                connection_manager(master).await
            }
        })
        .await
    }
}

impl RedisStore<ClusterConnection> {
    /// Connects to a cluster. An operation has one key, so it goes to one node.
    ///
    /// Overrides the builder's connection timeout and TCP settings by those of
    /// [`connect_client`](RedisStore::connect_client).
    ///
    /// ```
    /// use redis::{cluster::ClusterClient, cluster_async::ClusterConnection};
    /// use tower_webhook::dedupe::{RedisStore, RedisStoreError};
    ///
    /// async fn store(nodes: Vec<&str>) -> Result<RedisStore<ClusterConnection>, RedisStoreError> {
    ///     RedisStore::connect_cluster(ClusterClient::builder(nodes)).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the builder is invalid, or no node can be reached within ten seconds.
    ///
    /// # Panics
    ///
    /// As [`connect`](RedisStore::connect).
    pub async fn connect_cluster(builder: ClusterClientBuilder) -> Result<Self, RedisStoreError> {
        let builder = builder
            .connection_timeout(CONNECTION_TIMEOUT)
            .tcp_settings(tcp_settings(&TcpSettings::default()));
        let client = builder.build().map_err(Kind::Client)?;
        Self::connect_with(move || {
            let client = client.clone();
            async move { client.get_async_connection().await }
        })
        .await
    }
}

impl<C> RedisStore<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    /// Connects with a function. The store calls it again when it
    /// [reconnects](Self#reconnection), so it can supply a new password.
    ///
    /// The connection should reconnect by itself after an I/O error, as [`ConnectionManager`] does.
    /// Otherwise operations fail for three seconds before the function is called. Turn off a
    /// response timeout of the connection, or it ends operations before the
    /// [`deadline`](Self::deadline).
    ///
    /// # Errors
    ///
    /// If the function fails, or takes longer than ten seconds.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub async fn connect_with<F, D>(connect: F) -> Result<Self, RedisStoreError>
    where
        F: Fn() -> D + Send + Sync + 'static,
        D: Future<Output = RedisResult<C>> + Send + 'static,
    {
        let connection = Connection::open(Box::new(move || Box::pin(connect()))).await;
        Ok(Self::new(connection.map_err(Kind::Client)?))
    }
}

/// Connects to one server.
async fn connection_manager(client: Client) -> RedisResult<ConnectionManager> {
    let server = client.get_connection_info().clone();
    let tcp = tcp_settings(server.tcp_settings());
    let client = Client::open(server.set_tcp_settings(tcp))?;
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        // Each operation has the store's deadline, which includes a reconnection.
        .set_response_timeout(None)
        .set_min_delay(RETRY_PAUSE)
        .set_number_of_retries(1);
    let mut manager = ConnectionManager::new_with_config(client, config).await?;
    // A server that requires a password rejects the first command, not the connection.
    match redis::cmd("PING").exec_async(&mut manager).await {
        // The user may be allowed to run scripts only, and a server that loads its files is ready
        // soon.
        Err(error) if matches!(error.kind(), ErrorKind::Server(NoPerm | BusyLoading)) => {}
        result => result?,
    }
    Ok(manager)
}

fn tcp_settings(given: &TcpSettings) -> TcpSettings {
    // With Nagle's algorithm, an operation waits for the answer to the previous one.
    let mut tcp = given.clone().set_nodelay(true);
    if given.keepalive().is_none() {
        tcp = tcp.set_keepalive(TcpKeepalive::new().with_time(TCP_TIMEOUT));
    }
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    if given.user_timeout().is_none() {
        tcp = tcp.set_user_timeout(TCP_TIMEOUT);
    }
    tcp
}
