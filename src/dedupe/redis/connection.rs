//! The Redis connection, and the task that replaces it after a fault.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use redis::{FromRedisValue, RedisError, RedisResult, ScriptInvocation, aio::ConnectionLike};
use tokio::{
    runtime::Handle,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::trace;

/// How long operations may go unanswered before the connection is replaced.
const MAX_SILENCE: Duration = Duration::from_secs(3);
/// The pause before each further attempt, and before a demoted master is replaced.
const PAUSE: Duration = Duration::from_secs(1);
/// The time limit of an attempt. A sentinel client asks several servers in turn.
const ATTEMPT: Duration = Duration::from_secs(10);

pub(super) type Connect<C> = Box<dyn Fn() -> ConnectFuture<C> + Send + Sync>;
type ConnectFuture<C> = Pin<Box<dyn Future<Output = RedisResult<C>> + Send>>;

/// The current connection, and the function that makes another one when it stops working.
pub(super) struct Connection<C> {
    connect: Connect<C>,
    current: Mutex<C>,
    /// Whether the server has answered since the last fault.
    is_answered: AtomicBool,
    /// The task that replaces the connection.
    task: Mutex<Option<JoinHandle<()>>>,
}

impl<C: Send + 'static> Connection<C> {
    pub(super) async fn open(connect: Connect<C>) -> RedisResult<Self> {
        Ok(Self {
            current: Mutex::new(attempt(&connect).await?),
            connect,
            is_answered: AtomicBool::new(true),
            task: Mutex::new(None),
        })
    }

    pub(super) async fn invoke<T>(self: &Arc<Self>, script: &ScriptInvocation<'_>) -> RedisResult<T>
    where
        C: ConnectionLike + Clone,
        T: FromRedisValue,
    {
        let mut pending = PendingOperation {
            connection: self,
            delay: Some(MAX_SILENCE),
        };
        let mut current = lock(&self.current).clone();
        let mut result = script.invoke_async(&mut current).await;
        // The server may have closed an idle connection. The second call waits for the next one;
        // to run a script twice has the same effect as to run it once.
        if result.as_ref().is_err_and(RedisError::is_io_error) {
            current = lock(&self.current).clone();
            result = script.invoke_async(&mut current).await;
        }
        pending.delay = result.as_ref().err().and_then(delay);
        if pending.delay.is_none() {
            self.is_answered.store(true, SeqCst);
        }
        result
    }

    /// Starts the task that replaces the connection after `delay`, unless it is running.
    fn replace(self: &Arc<Self>, delay: Duration) {
        let mut task = lock(&self.task);
        let is_running = task.as_ref().is_some_and(|task| !task.is_finished());
        if let (false, Ok(runtime)) = (is_running, Handle::try_current()) {
            self.is_answered.store(false, SeqCst);
            *task = Some(runtime.spawn(Arc::clone(self).replace_after(delay)));
        }
    }

    async fn replace_after(self: Arc<Self>, delay: Duration) {
        let mut pause = delay;
        // Only the task itself has a reference once the store has been dropped.
        while Arc::strong_count(&self) > 1 {
            sleep(pause).await;
            // A demoted master still answers for deliveries that it knows to be completed.
            if delay == MAX_SILENCE && self.is_answered.load(SeqCst) {
                return;
            }
            match attempt(&self.connect).await {
                Ok(new) => {
                    *lock(&self.current) = new;
                    trace::info!("reconnected to Redis");
                    return;
                }
                Err(error) => {
                    trace::warn!(reason = %error, "failed to reconnect to Redis; retrying");
                }
            }
            pause = PAUSE;
        }
    }
}

async fn attempt<C>(connect: &Connect<C>) -> RedisResult<C> {
    let result = timeout(ATTEMPT, connect()).await;
    result.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long to wait after an error before the connection is replaced, if a new one can help.
fn delay(error: &RedisError) -> Option<Duration> {
    let is_demoted = |code| matches!(code, "READONLY" | "MASTERDOWN" | "NOREPLICAS");
    // Before Redis 7, the error of a script contains the error of its command.
    let is_read_only = |detail: &str| detail.contains("-READONLY ");
    if error.code().is_some_and(is_demoted) || error.detail().is_some_and(is_read_only) {
        return Some(PAUSE);
    }
    // A full server, for example, gives the same answer on another connection. Other errors may
    // come from a reconnection, for example a rejected password or database.
    // `ConnectionManager` keeps such an error, and returns it for every later operation.
    let is_answer = |code| {
        matches!(
            code,
            "BUSY" | "CLUSTERDOWN" | "LOADING" | "MISCONF" | "NOSCRIPT" | "OOM" | "TRYAGAIN"
        )
    };
    (!error.code().is_some_and(is_answer)).then_some(MAX_SILENCE)
}

/// Replaces the connection when it is dropped, because a cancelled future does not run to its end.
struct PendingOperation<'c, C: Send + 'static> {
    connection: &'c Arc<Connection<C>>,
    delay: Option<Duration>,
}

impl<C: Send + 'static> Drop for PendingOperation<'_, C> {
    fn drop(&mut self) {
        if let Some(delay) = self.delay {
            self.connection.replace(delay);
        }
    }
}
