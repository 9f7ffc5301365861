use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// For how long there have been steps to answer, in sum, since the last answer.
#[derive(Default)]
pub(super) struct Silence(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    waiting: usize,
    /// Since when there is one that waits.
    since: Option<Instant>,
    /// How long there was one before.
    before: Duration,
}

impl Silence {
    /// Notes an answer.
    pub(super) fn end(&self) {
        self.change(|counted| {
            counted.before = Duration::ZERO;
            counted.since = (counted.waiting > 0).then(Instant::now);
        });
    }

    fn begin(&self) {
        self.change(|counted| {
            counted.waiting += 1;
            counted.since.get_or_insert_with(Instant::now);
        });
    }

    /// One waits no more; gives how long it has been silent.
    fn leave(&self) -> Duration {
        self.change(|counted| {
            counted.waiting -= 1;
            let now = counted.since.map(|since| since.elapsed());
            let lasts = counted.before + now.unwrap_or_default();
            if counted.waiting == 0 {
                counted.before = lasts;
                counted.since = None;
            }
            lasts
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Counted) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A step that has no answer yet. If it gets none, because it is given up, `in_vain` is told how long it has been silent.
pub(super) struct Waiting<'s, F: Fn(Duration)> {
    silence: &'s Silence,
    in_vain: F,
    is_answered: bool,
}

impl<'s, F: Fn(Duration)> Waiting<'s, F> {
    pub(super) fn begin(silence: &'s Silence, in_vain: F) -> Self {
        silence.begin();
        Self {
            silence,
            in_vain,
            is_answered: false,
        }
    }

    pub(super) fn end(mut self) {
        self.is_answered = true;
    }
}

impl<F: Fn(Duration)> Drop for Waiting<'_, F> {
    fn drop(&mut self) {
        let lasts = self.silence.leave();
        if self.is_answered {
            self.silence.end();
        } else {
            (self.in_vain)(lasts);
        }
    }
}
