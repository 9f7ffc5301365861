use std::{error::Error, fmt, future::Future, sync::Arc, time::Duration};

use redis::{
    Client, FromRedisValue, Script, ScriptInvocation,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
};

use super::{Claim, DedupeKey, Owner, Store};
use crate::deadline::in_time;

const DEFAULT_DEADLINE: Duration = Duration::from_millis(500);

/// Redis takes times up to the end of its clock's; nobody waits for longer.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A [`Store`] in Redis or Valkey, for any number of processes; needs the `redis` feature.
///
/// Each step is one script, which is one round trip: `claim` before the handler, `complete` after it. A
/// key is the prefix and 32 hex digits, its value the owner's number, or a dot once it is completed. Nothing
/// else of a delivery is stored.
///
/// The connection is made anew when it breaks; in the meantime steps fail by their deadline, and deliveries
/// are answered 503. Clones share it.
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
/// # Example: a cluster, or sentinel
///
/// Whatever connection the `redis` crate gives, by its features `cluster-async` and `sentinel`, makes a
/// store by [`new`](Self::new). A step has one key, so it goes to one node.
///
/// # Durability
///
/// What is guaranteed is as durable as what Redis has confirmed. Killed with the default snapshots, it
/// forgets the last minutes; with `appendonly yes` and `appendfsync everysec` the last second; with
/// `appendfsync always` nothing. A replica that takes over has what had reached it. What is forgotten
/// can be handled again. Set `maxmemory-policy noeviction`: with any other, a full Redis forgets what was
/// promised; so, a step fails, and deliveries are answered 503.
///
/// Redis measures time by its server's wall clock: a step forward there forgets early, so have it slewed. A connection
/// that breaks is made anew; one that falls silent is given up when the system gives it up, and until then
/// its steps fail by the [`deadline`](Self::deadline).
#[derive(Clone)]
pub struct RedisStore<C = ConnectionManager> {
    connection: C,
    prefix: Arc<str>,
    deadline: Option<Duration>,
    scripts: Arc<Scripts>,
}

struct Scripts {
    claim: Script,
    renew: Script,
    complete: Script,
    release: Script,
}

const CLAIM: &str = "
local known = redis.call('GET', KEYS[1])
if not known or known == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 'granted'
end
return known == '.' and 'completed' or 'in flight'";

const RENEW: &str = "
local known = redis.call('GET', KEYS[1])
if not known or known == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0";

const COMPLETE: &str = "
local known = redis.call('GET', KEYS[1])
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

impl RedisStore {
    /// Connects to the server under `url`: `redis://[user:password@]host:port/database`, `unix://…`, and by
    /// TLS `rediss://…`, with the `redis-tls` feature.
    ///
    /// # Errors
    ///
    /// If the URL cannot be read, or the server does not answer within a few seconds.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime. By TLS, if other crates have `rustls` know a second provider of cryptography
    /// beside `ring`, and the program has installed neither of them (`CryptoProvider::install_default`).
    pub async fn connect(url: &str) -> Result<Self, RedisStoreError> {
        let client = Client::open(url).map_err(Kind::Client)?;
        // Steps that wait for a connection have their own deadline; another attempt begins with the next.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(None)
            .set_number_of_retries(2)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(200));
        let connection = ConnectionManager::new_with_config(client, config).await;
        Ok(Self::new(connection.map_err(Kind::Client)?))
    }
}

impl<C> RedisStore<C> {
    /// A store by a connection of the `redis` crate, which should reconnect by itself.
    #[must_use]
    pub fn new(connection: C) -> Self {
        Self {
            connection,
            prefix: "webhook:".into(),
            deadline: Some(DEFAULT_DEADLINE),
            scripts: Arc::new(Scripts {
                claim: Script::new(CLAIM),
                renew: Script::new(RENEW),
                complete: Script::new(COMPLETE),
                release: Script::new(RELEASE),
            }),
        }
    }

    /// What keys begin with; `webhook:` unless set. Services that share a server, and must each handle the
    /// same deliveries, need one each.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Arc<str>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a step may take, `None` for as long as it likes; 500 ms unless set. Keep it below the layer's
    /// [`store_deadline`](super::DedupeLayer::store_deadline), so that the log says that it was Redis.
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

/// Why a step in Redis could not be taken.
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
            Kind::Client(_) => f.write_str("redis failed"),
            Kind::Timeout(deadline) => {
                write!(
                    f,
                    "redis did not answer within {} s",
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
