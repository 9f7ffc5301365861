//! Deduplication records in Redis or Valkey: the store, its scripts and its error.
//!
//! [`ConnectionManager`](redis::aio::ConnectionManager) reconnects after an I/O error. TCP's
//! keepalive and user timeout turn a lost peer into an I/O error. The module `connection` adds what
//! the `redis` crate does not do. It calls the function that made the connection again after these
//! faults:
//!
//! - Operations are not answered while the peer's TCP stack still acknowledges data, for example
//!   behind a proxy whose server is gone.
//! - The server has become a replica. This is a response and not an I/O error. The function asks
//!   the sentinels, or resolves the host name, again.
//! - The `ConnectionManager` has given up. It does so if a reconnection fails with another error
//!   than I/O, such as a rejected password.

mod connect;
mod connection;

use std::{error::Error, fmt, future::Future, sync::Arc, time::Duration};

use redis::{
    FromRedisValue, Script, ScriptInvocation,
    aio::{ConnectionLike, ConnectionManager},
};

use self::connection::Connection;
use crate::{
    deadline::in_time,
    dedupe::{ClaimResult, DedupeKey, DedupeStore, LeaseToken},
};

const DEFAULT_DEADLINE: Duration = Duration::from_millis(500);

/// Redis rejects expiry times that exceed the range of its clock.
const MAX_EXPIRY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A [`DedupeStore`] in Redis or Valkey, for any number of processes; needs the `redis` feature.
///
/// Each operation is one script, which is one round trip: `claim` before the handler, `complete`
/// after it. A key is the prefix and 32 hex digits; its value is the owner's number, or a dot once
/// the delivery is completed. Nothing else of a delivery is stored.
///
/// The store is tested with Redis 7.0 and Valkey 8.0. The scripts need Redis 2.6.12 or later.
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
/// # Reconnection
///
/// A store shares its connection with its clones, and reconnects by itself. Until the store has
/// reconnected, operations fail when their [`deadline`](Self::deadline) passes, and deliveries are
/// answered 503.
///
/// | fault | the store reconnects |
/// | --- | --- |
/// | the server closes the connection or restarts | at once |
/// | operations time out | 3 seconds after the first one, unless the server answers by then |
/// | the server does not accept writes, e.g. `READONLY` after a failover | 1 second later |
///
/// After the second and third fault the store opens a new connection. It resolves the host name, or
/// asks the sentinels, again. The old connection stays in use until the new one is open. Attempts
/// are at least a second apart.
///
/// The type parameter is the connection of the `redis` crate: [`ConnectionManager`] for a server,
/// with or without sentinel, and [`ClusterConnection`](redis::cluster_async::ClusterConnection) for
/// a cluster.
///
/// # Durability
///
/// The store is as durable as Redis. After a crash, Redis has lost the writes of
///
/// - the last minutes, with the default snapshots;
/// - the last second, with `appendonly yes` and `appendfsync everysec`;
/// - no time at all, with `appendfsync always`.
///
/// A replica that takes over has lost the writes that it had not received. A delivery whose record
/// is lost can be handled again.
///
/// Set `maxmemory-policy noeviction`. A full server then rejects new claims, which are answered
/// 503, but it still renews and completes existing ones. With any other policy, it evicts records.
///
/// Redis measures expiry by its server's wall clock. A step forward ends leases and drops records
/// early, so let NTP slew the clock. After a step backward, records are kept for longer.
#[derive(Clone)]
pub struct RedisStore<C = ConnectionManager> {
    connection: Arc<Connection<C>>,
    prefix: Arc<str>,
    deadline: Duration,
    scripts: Arc<Scripts>,
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
        owner: LeaseToken,
        expiry: Option<Duration>,
    ) -> impl Future<Output = Result<T, RedisStoreError>> + Send + use<'s, T, C> {
        let mut operation: ScriptInvocation<'s> = script.prepare_invoke();
        operation
            .key(format!("{}{key}", self.prefix))
            .arg(owner.to_string());
        if let Some(expiry) = expiry {
            operation.arg(expiry.min(MAX_EXPIRY).as_millis().max(1).to_string());
        }
        let connection = Arc::clone(&self.connection);
        let deadline = self.deadline;
        async move {
            match in_time(connection.invoke(&operation), Some(deadline)).await {
                Some(Ok(answer)) => Ok(answer),
                Some(Err(error)) => Err(Kind::Client(error).into()),
                None => Err(Kind::Timeout(deadline).into()),
            }
        }
    }
}

impl<C> RedisStore<C> {
    fn new(connection: Connection<C>) -> Self {
        Self {
            connection: Arc::new(connection),
            prefix: "webhook:".into(),
            deadline: DEFAULT_DEADLINE,
            scripts: Arc::new(Scripts::new()),
        }
    }

    /// Sets the prefix of the keys. Defaults to `webhook:`. Services that share a server and must
    /// each handle the same deliveries need a prefix each.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Arc<str>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the time limit of an operation, which includes the wait for a reconnection. Defaults to
    /// 500 ms. Keep it below the layer's [`store_deadline`](crate::DedupeLayer::store_deadline), so
    /// that the log names Redis as the cause.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

impl<C> DedupeStore for RedisStore<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    type Error = RedisStoreError;

    async fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<ClaimResult, RedisStoreError> {
        let answer: String = self
            .run(&self.scripts.claim, key, owner, Some(lease))
            .await?;
        match &*answer {
            "granted" => Ok(ClaimResult::Granted),
            "completed" => Ok(ClaimResult::Completed),
            _ => Ok(ClaimResult::InFlight),
        }
    }

    async fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<bool, RedisStoreError> {
        self.run(&self.scripts.renew, key, owner, Some(lease)).await
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        retention: Duration,
    ) -> Result<bool, RedisStoreError> {
        self.run(&self.scripts.complete, key, owner, Some(retention))
            .await
    }

    async fn release(&self, key: DedupeKey, owner: LeaseToken) -> Result<(), RedisStoreError> {
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

/// The operations: each has one key, its owner and an expiry in milliseconds.
struct Scripts {
    claim: Script,
    renew: Script,
    complete: Script,
    release: Script,
}

impl Scripts {
    fn new() -> Self {
        Self {
            claim: Script::new(CLAIM),
            renew: Script::new(RENEW),
            complete: Script::new(COMPLETE),
            release: Script::new(RELEASE),
        }
    }
}

const CLAIM: &str = "
local known = redis.call('GET', KEYS[1])
if not known or known == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 'granted'
end
return known == '.' and 'completed' or 'in flight'";

// A full server rejects SET but not PEXPIRE, and rejects no write after the first one of a script.
const RENEW: &str = "
local known = redis.call('GET', KEYS[1])
if known == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if not known then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0";

const COMPLETE: &str = "
local known = redis.call('GET', KEYS[1])
if known == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if not known or known == ARGV[1] then
  redis.call('SET', KEYS[1], '.', 'PX', ARGV[2])
  return 1
end
return known == '.' and 1 or 0";

const RELEASE: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1";

/// The error of a [`RedisStore`](RedisStore) operation.
#[derive(Debug)]
pub struct RedisStoreError(Kind);

#[derive(Debug)]
enum Kind {
    Client(redis::RedisError),
    Timeout(Duration),
}

impl From<Kind> for RedisStoreError {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl fmt::Display for RedisStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Client(_) => f.write_str("Redis request failed"),
            Kind::Timeout(deadline) => {
                write!(
                    f,
                    "Redis did not answer within {} s",
                    deadline.as_secs_f64()
                )
            }
        }
    }
}

impl Error for RedisStoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Client(error) => Some(error),
            Kind::Timeout(_) => None,
        }
    }
}
