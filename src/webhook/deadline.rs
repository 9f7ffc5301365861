use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

/// A timer that is made when something first keeps us waiting.
#[derive(Default)]
pub(super) struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Whether the time is over. Ask before what is waited for gets its turn: Tokio lets a task do so
    /// much at a time, and of a task that has done it no timer hears.
    pub(super) fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let timer = self.0.as_mut();
        timer.is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
    }

    /// Makes the timer, unless there is one, and sees to it that the task is woken; `true` if the
    /// time is over at once.
    pub(super) fn begin(&mut self, deadline: Duration, cx: &mut Context<'_>) -> bool {
        if self.0.is_some() {
            return false;
        }
        let timer = self.0.insert(Box::pin(sleep(deadline)));
        timer.as_mut().poll(cx) == Poll::Ready(())
    }
}
