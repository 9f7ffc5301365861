//! The waits before retries.

use std::{sync::Arc, time::Duration};

use tower::util::rng::{HasherRng, Rng as _};

/// Decides when a delivery is sent again. A closure does too.
pub trait BackoffSchedule {
    /// How long to wait before the retry of this number, the first of which is 1; `None` if there
    /// is none.
    fn wait(&mut self, retry: u32) -> Option<Duration>;
}

impl<F> BackoffSchedule for F
where
    F: FnMut(u32) -> Option<Duration>,
{
    fn wait(&mut self, retry: u32) -> Option<Duration> {
        self(retry)
    }
}

/// Longer and longer waits, each of a random length from nothing to its own: with *full jitter*, so
/// that what failed together does not come again together.
#[derive(Clone, Debug)]
pub struct Backoff {
    waits: Arc<[Duration]>,
    has_jitter: bool,
}

impl Backoff {
    /// These waits, one before each retry.
    pub fn new(waits: impl IntoIterator<Item = Duration>) -> Self {
        Self {
            waits: waits.into_iter().collect(),
            has_jitter: true,
        }
    }

    /// The example of [Standard Webhooks]: nine retries, after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20
    /// and 24 h, three days in all if no wait is shortened.
    ///
    /// [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
    #[must_use]
    pub fn standard_webhooks() -> Self {
        let minutes = [5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60];
        let seconds = minutes.map(|minutes| 60 * minutes);
        Self::new([5].into_iter().chain(seconds).map(Duration::from_secs))
    }

    /// Five retries within a third of a second, for tests.
    #[must_use]
    pub fn fast() -> Self {
        Self::new([10, 20, 40, 80, 160].map(Duration::from_millis))
    }

    /// The same waits in their full length.
    #[must_use]
    pub fn without_jitter(mut self) -> Self {
        self.has_jitter = false;
        self
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::standard_webhooks()
    }
}

impl BackoffSchedule for Backoff {
    fn wait(&mut self, retry: u32) -> Option<Duration> {
        let at = usize::try_from(retry).ok()?.checked_sub(1)?;
        let wait = *self.waits.get(at)?;
        if !self.has_jitter {
            return Some(wait);
        }
        // A new one each time: a clone of one would draw the same numbers for every delivery.
        Some(wait.mul_f64(HasherRng::new().next_f64()))
    }
}
