//! The waits before retries.

use std::{sync::Arc, time::Duration};

use tower::util::rng::{HasherRng, Rng as _};

/// Decides when a delivery is sent again. Implemented for closures.
pub trait BackoffSchedule {
    /// Returns the delay before the retry with this number, or `None` if there are no more retries.
    /// The first retry has the number 1.
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

/// A list of delays, each reduced to a random part of its length (*full jitter*). Deliveries that
/// failed at the same time are therefore not retried at the same time.
#[derive(Clone, Debug)]
pub struct Backoff {
    waits: Arc<[Duration]>,
    has_jitter: bool,
}

impl Backoff {
    /// Creates a schedule with one retry after each of these delays.
    pub fn new(waits: impl IntoIterator<Item = Duration>) -> Self {
        Self {
            waits: waits.into_iter().collect(),
            has_jitter: true,
        }
    }

    /// Creates the example schedule of [Standard Webhooks]: nine retries, after 5 s, 5 min, 30 min,
    /// 2, 5, 10, 14, 20 and 24 h. Without jitter, it lasts three days.
    ///
    /// [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
    #[must_use]
    pub fn standard_webhooks() -> Self {
        let minutes = [5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60];
        let seconds = minutes.map(|minutes| 60 * minutes);
        Self::new([5].into_iter().chain(seconds).map(Duration::from_secs))
    }

    /// Creates a schedule for tests: five retries within a third of a second.
    #[must_use]
    pub fn fast() -> Self {
        Self::new([10, 20, 40, 80, 160].map(Duration::from_millis))
    }

    /// Disables the jitter, so that each delay has its full length.
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
        // Each call creates a new generator. A clone would draw the same numbers for every
        // delivery.
        Some(wait.mul_f64(HasherRng::new().next_f64()))
    }
}
