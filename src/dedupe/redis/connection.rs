use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, ServerErrorKind, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::{runtime::Handle, sync::watch, time::sleep};

use crate::{deadline::in_time, trace};

/// How long steps may wait in vain, in sum and with no answer between, before the connection counts as silent.
const SILENCE: Duration = Duration::from_secs(1);
/// How long one attempt to connect may take: the connection itself, TLS, and what is said to begin with.
const ATTEMPT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The connection of a [`RedisStore`](super::RedisStore) that was made by
/// [`connect`](super::RedisStore::connect) or [`dial`](super::RedisStore::dial). Clones share it.
///
/// It is made anew, by one attempt at a time in a task of its own,
///
/// - when it breaks: the step that noticed, and those that come, wait for the new one, and are then taken, once more if
///   need be;
/// - when it falls silent, as it does if the other end is gone without a word: once steps have waited for a second in
///   vain, each until its deadline, with no answer between;
/// - when the server may not be written to any more, because another one has taken over from it.
///
/// While no attempt succeeds, steps fail with the reason of the last one. The pause between attempts grows to a
/// second.
#[derive(Clone)]
pub struct RedisConnection<C = MultiplexedConnection>(Arc<Shared<C>>);

struct Shared<C> {
    dial: Dial<C>,
    state: watch::Sender<State<C>>,
}

type Dial<C> = Box<dyn Fn() -> Pin<Box<dyn Future<Output = RedisResult<C>> + Send>> + Send + Sync>;

struct State<C> {
    /// The error is that of the last attempt.
    line: RedisResult<Line<C>>,
    is_dialling: bool,
}

/// One connection, from when it is made until it is given up.
#[derive(Clone)]
struct Line<C> {
    connection: C,
    since: Instant,
    /// Before the next one, if this one does not last.
    pause: Duration,
    /// How long steps have waited in vain since the last answer, in milliseconds.
    in_vain: Arc<AtomicU64>,
}

impl<C> RedisConnection<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    pub(super) async fn dial<F, D>(dial: F) -> RedisResult<Self>
    where
        F: Fn() -> D + Send + Sync + 'static,
        D: Future<Output = RedisResult<C>> + Send + 'static,
    {
        let dial: Dial<C> = Box::new(move || Box::pin(dial()));
        let line = attempt(&dial, FIRST_PAUSE).await?;
        let state = State {
            line: Ok(line),
            is_dialling: false,
        };
        Ok(Self(Arc::new(Shared {
            dial,
            state: watch::Sender::new(state),
        })))
    }

    async fn ask(&self, command: &Cmd) -> RedisResult<Value> {
        let Self(shared) = self;
        let mut states = shared.state.subscribe();
        let line = shared.line(&mut states)?;
        match line.ask(shared, command).await {
            Err(error) if is_lost(&error) && shared.redial(&line) => {
                // The sender is ours, so there is a change to wait for.
                let _ = states.changed().await;
                // A step may be taken twice.
                shared.line(&mut states)?.ask(shared, command).await
            }
            answer => answer,
        }
    }
}

impl<C> Shared<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    /// The line that there is, or why there is none.
    fn line(self: &Arc<Self>, states: &mut watch::Receiver<State<C>>) -> RedisResult<Line<C>> {
        let line = states.borrow_and_update().line.clone();
        if line.is_err() {
            self.dial_unless(|state| state.line.is_ok(), Duration::ZERO);
        }
        line
    }

    /// Sees to it that there will be another line; `false` if that cannot be.
    fn redial(self: &Arc<Self>, lost: &Line<C>) -> bool {
        // Servers that take every connection, and no command, are not to be rushed.
        let has_lasted = lost.since.elapsed() > LONGEST_PAUSE;
        let pause = if has_lasted {
            Duration::ZERO
        } else {
            lost.pause
        };
        self.dial_unless(|state| !state.is(lost), pause)
    }

    /// Unless it is needless, or begun already; `false` if there is no runtime.
    fn dial_unless(
        self: &Arc<Self>,
        is_needless: impl FnOnce(&State<C>) -> bool,
        pause: Duration,
    ) -> bool {
        let Ok(runtime) = Handle::try_current() else {
            return false;
        };
        let mut begins = false;
        self.state.send_if_modified(|state| {
            begins = !state.is_dialling && !is_needless(state);
            state.is_dialling |= begins;
            false
        });
        if begins {
            runtime.spawn(Dialling(Arc::downgrade(self)).run(pause));
        }
        true
    }
}

impl<C> State<C> {
    fn is(&self, line: &Line<C>) -> bool {
        let own = self.line.as_ref();
        own.is_ok_and(|own| Arc::ptr_eq(&own.in_vain, &line.in_vain))
    }
}

impl<C> Line<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    async fn ask(&self, shared: &Arc<Shared<C>>, command: &Cmd) -> RedisResult<Value> {
        let waiting = Waiting {
            shared,
            line: self,
            begun: Instant::now(),
        };
        let mut connection = self.connection.clone();
        let answer = connection.req_packed_command(command).await;
        let answer = answer.and_then(Value::extract_error);
        if !answer.as_ref().is_err_and(RedisError::is_timeout) {
            self.in_vain.store(0, Ordering::Relaxed);
            std::mem::forget(waiting);
        }
        answer
    }
}

/// A step that has no answer yet.
struct Waiting<'s, C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    shared: &'s Arc<Shared<C>>,
    line: &'s Line<C>,
    begun: Instant,
}

impl<C> Drop for Waiting<'_, C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    fn drop(&mut self) {
        let waited = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let before = self.line.in_vain.fetch_add(waited, Ordering::Relaxed);
        if u128::from(before.saturating_add(waited)) >= SILENCE.as_millis() {
            self.shared.redial(self.line);
        }
    }
}

/// The task that makes a new line. Whatever ends it, another one may begin.
struct Dialling<C>(Weak<Shared<C>>);

impl<C> Dialling<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    async fn run(mut self, mut pause: Duration) {
        loop {
            sleep(pause).await;
            pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            // Nobody needs a connection to a store that is gone.
            let Some(shared) = self.0.upgrade() else {
                return;
            };
            let line = attempt(&shared.dial, pause).await;
            match &line {
                Ok(_) => trace::info!("connected to redis again"),
                Err(error) => trace::warn!(reason = %error, "redis cannot be connected to"),
            }
            let is_made = line.is_ok();
            shared.state.send_modify(|state| {
                state.line = line;
                state.is_dialling = !is_made;
            });
            if is_made {
                self.0 = Weak::new();
                return;
            }
        }
    }
}

impl<C> Drop for Dialling<C> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.state.send_modify(|state| state.is_dialling = false);
        }
    }
}

async fn attempt<C>(dial: &Dial<C>, pause: Duration) -> RedisResult<Line<C>> {
    let dialled = in_time(dial(), Some(ATTEMPT)).await;
    let connection = dialled.unwrap_or_else(|| {
        let kind = std::io::ErrorKind::TimedOut;
        Err(std::io::Error::new(kind, "no connection in time").into())
    })?;
    Ok(Line {
        connection,
        since: Instant::now(),
        pause,
        in_vain: Arc::default(),
    })
}

/// Whether no step on the same line will fare better.
fn is_lost(error: &RedisError) -> bool {
    error.is_unrecoverable_error() || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

impl<C> ConnectionLike for RedisConnection<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(self.ask(command))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        // No step is a pipeline.
        Box::pin(async move {
            let mut line = self.0.line(&mut self.0.state.subscribe())?;
            let answers = line.connection.req_packed_commands(commands, offset, count);
            answers.await
        })
    }

    fn get_db(&self) -> i64 {
        let state = self.0.state.borrow();
        state
            .line
            .as_ref()
            .map_or(0, |line| line.connection.get_db())
    }
}

impl<C> fmt::Debug for RedisConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state.borrow();
        f.debug_struct("RedisConnection")
            .field("is_connected", &state.line.is_ok())
            .field("is_dialling", &state.is_dialling)
            .finish_non_exhaustive()
    }
}
