//! Timers for bodies, key look-ups and store operations. They are created only when a future has to
//! wait.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Sleep, sleep, timeout};

/// A timer that is made when something first keeps us waiting.
#[derive(Default)]
pub(crate) struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Returns whether the time has passed. Call it before polling the inner future: if that future
    /// exhausts Tokio's cooperative budget, the timer reports `Pending`.
    pub(crate) fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let timer = self.0.as_mut();
        timer.is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
    }

    /// Makes the timer, unless there is one, and sees to it that the task is woken; `true` if the
    /// time is over at once.
    pub(crate) fn begin(&mut self, deadline: Duration, cx: &mut Context<'_>) -> bool {
        if self.0.is_some() {
            return false;
        }
        let timer = self.0.insert(Box::pin(sleep(deadline)));
        timer.as_mut().poll(cx) == Poll::Ready(())
    }
}

/// Waits for a future until the deadline. Returns `None` if the deadline passes first.
pub(crate) async fn in_time<F: Future>(future: F, deadline: Option<Duration>) -> Option<F::Output> {
    let mut future = pin!(future);
    // A future that is ready at once needs no timer, and therefore no runtime.
    let first = poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    });
    if let Some(output) = first.await {
        return Some(output);
    }
    match deadline {
        Some(deadline) => timeout(deadline, future).await.ok(),
        None => Some(future.await),
    }
}
