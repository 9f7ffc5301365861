use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Weak},
    time::Duration,
};

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult,
    ServerErrorKind::{BusyLoading, MasterDown, NoPerm, ReadOnly, ResponseError},
    Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, sleep_until},
};

use super::silence::{Silence, Waiting};
use crate::{deadline::in_time, trace};

/// How long steps may wait without an answer to any of them before the connection counts as silent.
const SILENCE: Duration = Duration::from_secs(1);
/// How long the connection that there is may take to show that it answers, where no other can be made.
const PROBE: Duration = Duration::from_millis(250);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Shorter than steps wait, so that they fail with the reason.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The connection of a [`RedisStore`](super::RedisStore) that was made by
/// [`connect`](super::RedisStore::connect) or [`dial`](super::RedisStore::dial). Clones share it.
///
/// It is made anew, by one attempt at a time in a task of its own,
///
/// - when it breaks: the step that noticed, and those that come, wait for the new one, and are then taken, once more if
///   need be;
/// - when the server may not be written to any more, because another one has taken over from it, its own master is
///   down, or too few replicas follow it: likewise;
/// - when it falls silent, as it does if the other end is gone without a word: once there were steps to answer for a
///   second in sum, and none was answered. Until there is a new one it is used, and if none can be made and it
///   answers again, it is kept.
///
/// While no attempt succeeds, steps fail with the reason of the last one. The pause between attempts grows to a quarter
/// of a second.
#[derive(Clone)]
pub struct RedisConnection<C = MultiplexedConnection>(Arc<Shared<C>>);

struct Shared<C> {
    dial: Dial<C>,
    /// How long one attempt may take: the connection itself, TLS, what is said to begin with, and an answer.
    within: Duration,
    state: watch::Sender<State<C>>,
}

type Dial<C> = Box<dyn Fn() -> Pin<Box<dyn Future<Output = RedisResult<C>> + Send>> + Send + Sync>;

struct State<C> {
    /// The error is that of the last attempt.
    line: RedisResult<Line<C>>,
    is_dialling: bool,
    /// When the last attempt began.
    begun: Instant,
    /// From then until the next one.
    pause: Duration,
}

/// One connection, from when it is made until it is given up.
#[derive(Clone)]
struct Line<C> {
    connection: C,
    silence: Arc<Silence>,
}

impl<C> RedisConnection<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    /// By whatever `dial` connects to within the time that an attempt may take.
    pub(super) async fn dial<F, D>(dial: F, within: Duration) -> RedisResult<Self>
    where
        F: Fn() -> D + Send + Sync + 'static,
        D: Future<Output = RedisResult<C>> + Send + 'static,
    {
        let dial: Dial<C> = Box::new(move || Box::pin(dial()));
        let begun = Instant::now();
        let state = State {
            line: Ok(attempt(&dial, within).await?),
            is_dialling: false,
            begun,
            pause: FIRST_PAUSE,
        };
        Ok(Self(Arc::new(Shared {
            dial,
            within,
            state: watch::Sender::new(state),
        })))
    }

    async fn ask(&self, command: &Cmd) -> RedisResult<Value> {
        let Self(shared) = self;
        let mut states = shared.state.subscribe();
        let line = shared.line(&mut states)?;
        match line.ask(shared, command).await {
            Err(error) if is_lost(&error) && shared.redial(&line, None) => {
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
            self.dial_unless(|state| state.line.is_ok(), None);
        }
        line
    }

    /// Sees to it that there will be another line, or the one to keep; `false` if that cannot be.
    fn redial(self: &Arc<Self>, last: &Line<C>, keep: Option<Line<C>>) -> bool {
        self.dial_unless(|state| !state.is(last), keep)
    }

    /// Unless it is needless, or begun already; `false` if there is no runtime.
    fn dial_unless(
        self: &Arc<Self>,
        is_needless: impl FnOnce(&State<C>) -> bool,
        keep: Option<Line<C>>,
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
            let shared = Arc::downgrade(self);
            runtime.spawn(Dialling { shared, keep }.run());
        }
        true
    }
}

impl<C> State<C> {
    fn is(&self, line: &Line<C>) -> bool {
        let own = self.line.as_ref();
        own.is_ok_and(|own| Arc::ptr_eq(&own.silence, &line.silence))
    }

    /// Notes that an attempt begins.
    fn begin(&mut self) {
        let now = Instant::now();
        // What has lasted for longer than any pause did well.
        let is_first = now.duration_since(self.begun) > 2 * LONGEST_PAUSE;
        self.pause = if is_first {
            FIRST_PAUSE
        } else {
            LONGEST_PAUSE.min(2 * self.pause)
        };
        self.begun = now;
    }
}

impl<C> Line<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    async fn ask(&self, shared: &Arc<Shared<C>>, command: &Cmd) -> RedisResult<Value> {
        let waiting = Waiting::begin(&self.silence, |lasts| {
            if lasts >= SILENCE {
                shared.redial(self, Some(self.clone()));
            }
        });
        let answer = self.send(command).await;
        if !answer.as_ref().is_err_and(RedisError::is_timeout) {
            waiting.end();
        }
        answer
    }

    async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let mut connection = self.connection.clone();
        let answer = connection.req_packed_command(command).await;
        answer.and_then(Value::extract_error)
    }

    /// Whether it may be asked: a connection can be made without the password that each command needs.
    async fn probe(&self) -> RedisResult<()> {
        match self.send(&redis::cmd("PING")).await {
            // Who may run scripts and not this; and a server that will soon have read its files.
            Err(error) if matches!(error.kind(), ErrorKind::Server(NoPerm | BusyLoading)) => Ok(()),
            answer => answer.map(drop),
        }
    }
}

/// The task that makes a new line. Whatever ends it, another one may begin.
struct Dialling<C> {
    shared: Weak<Shared<C>>,
    /// The line that there was, if it can be used should it answer.
    keep: Option<Line<C>>,
}

impl<C> Dialling<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    async fn run(mut self) {
        loop {
            let next = self.shared.upgrade().map(|shared| {
                let state = shared.state.borrow();
                state.begun + state.pause
            });
            // Nobody needs a connection to a store that is gone.
            let Some(next) = next else { return };
            sleep_until(next).await;
            let Some(shared) = self.shared.upgrade() else {
                return;
            };
            shared.state.send_if_modified(|state| {
                state.begin();
                false
            });
            let mut line = attempt(&shared.dial, shared.within).await;
            match &line {
                Ok(_) => trace::info!("made a new connection to redis"),
                Err(error) => trace::warn!(reason = %error, "redis cannot be connected to"),
            }
            if let (Err(_), Some(old)) = (&line, &self.keep) {
                if let Some(Ok(())) = in_time(old.probe(), Some(PROBE)).await {
                    trace::info!("the connection to redis answers again");
                    old.silence.end();
                    line = Ok(old.clone());
                }
            }
            let is_there = line.is_ok();
            shared.state.send_modify(|state| {
                state.line = line;
                state.is_dialling = !is_there;
            });
            if is_there {
                self.shared = Weak::new();
                return;
            }
        }
    }
}

impl<C> Drop for Dialling<C> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.state.send_modify(|state| state.is_dialling = false);
        }
    }
}

async fn attempt<C>(dial: &Dial<C>, within: Duration) -> RedisResult<Line<C>>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    let made = async {
        let line = Line {
            connection: dial().await?,
            silence: Arc::default(),
        };
        line.probe().await?;
        Ok(line)
    };
    in_time(made, Some(within)).await.unwrap_or_else(|| {
        let kind = std::io::ErrorKind::TimedOut;
        Err(std::io::Error::new(kind, "no connection in time").into())
    })
}

/// Whether no step on the same line will fare better.
fn is_lost(error: &RedisError) -> bool {
    let is_taken_over = match error.kind() {
        ErrorKind::Server(ReadOnly | MasterDown) => true,
        // Before Redis 7 what goes wrong in a script is told within an error of its own.
        ErrorKind::Server(ResponseError) => {
            error.detail().is_some_and(|it| it.contains("-READONLY "))
        }
        _ => error.code() == Some("NOREPLICAS"),
    };
    is_taken_over || error.is_unrecoverable_error()
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
