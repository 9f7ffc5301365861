//! Retries: the decision whether to retry ([`Classifier`]), the waits ([`BackoffSchedule`]), and
//! the policy for tower that uses both.

mod classifier;
mod schedule;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Request, Response, header::RETRY_AFTER};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::retry::{Policy, budget::Budget};

pub use self::{
    classifier::{Classification, Classifier, SendFailure, StatusClassifier},
    schedule::{Backoff, BackoffSchedule},
};
use crate::{
    clock::{Clock, SystemClock},
    encoding::decimal,
};

/// The longest wait of the default schedule.
const DEFAULT_MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Sends a delivery again until it arrives: a policy for `tower`'s
/// [`RetryLayer`](tower::retry::RetryLayer), outside [`SignLayer`](crate::sign::SignLayer).
///
/// A [`Classifier`] decides whether to retry, and defaults to [`StatusClassifier`]. A
/// [`BackoffSchedule`] decides when, and defaults to the [`Backoff`] of Standard Webhooks.
/// `Retry-After`, in seconds or as a date, extends a delay up to a
/// [maximum](Self::max_retry_after). The maximum does not depend on the schedule: by default, a
/// receiver can delay each retry of [`Backoff::fast`] by 24 hours.
///
/// The last response has a [`DeliveryOutcome`] in its extensions. A delivery can also end with an
/// error, if the error is final or there are no retries left.
///
/// The body must implement [`Clone`], as [`DeliveryBody`](crate::body::DeliveryBody) does. Waiting
/// deliveries are in memory, and are lost if the process ends. For delays of hours, store
/// deliveries in a queue as well.
///
/// See the [module docs](crate::sign) for an example.
///
/// # Panics
///
/// Panics if a retry waits outside a Tokio runtime with an enabled timer.
#[doc(alias = "backoff")]
#[derive(Clone)]
#[must_use]
pub struct DeliveryRetry<C = StatusClassifier, S = Backoff> {
    classifier: C,
    schedule: S,
    rest: Rest,
}

/// The settings that do not have a type parameter.
#[derive(Clone)]
struct Rest {
    budget: Option<Arc<dyn Budget + Send + Sync>>,
    max_retry_after: Duration,
    clock: Arc<dyn Clock>,
    /// The number of retries of this delivery so far.
    retries: u32,
}

impl DeliveryRetry {
    /// Creates a policy with the default classifier and schedule, for receivers that you do not
    /// operate. The retries continue for up to three days.
    pub fn new() -> Self {
        Self {
            classifier: StatusClassifier,
            schedule: Backoff::default(),
            rest: Rest {
                budget: None,
                max_retry_after: DEFAULT_MAX_RETRY_AFTER,
                clock: Arc::new(SystemClock::new()),
                retries: 0,
            },
        }
    }
}

impl<C, S> DeliveryRetry<C, S> {
    /// Sets the classifier, which decides whether a delivery is sent again. Defaults to
    /// [`StatusClassifier`].
    pub fn classifier<C2>(self, classifier: C2) -> DeliveryRetry<C2, S> {
        let Self { schedule, rest, .. } = self;
        DeliveryRetry {
            classifier,
            schedule,
            rest,
        }
    }

    /// Sets the schedule, which decides when a delivery is sent again. Defaults to
    /// [`Backoff::standard_webhooks`].
    pub fn schedule<S2: BackoffSchedule>(self, schedule: S2) -> DeliveryRetry<C, S2> {
        let Self {
            classifier, rest, ..
        } = self;
        DeliveryRetry {
            classifier,
            schedule,
            rest,
        }
    }

    /// Limits the retries of all deliveries together, so that they do not overload a receiver that
    /// is down. Defaults to no limit.
    ///
    /// Each retry withdraws from the budget, and each delivery that arrives deposits into it. Share
    /// one [`TpsBudget`](tower::retry::budget::TpsBudget) among the deliveries to one receiver.
    pub fn budget(mut self, budget: Arc<dyn Budget + Send + Sync>) -> Self {
        self.rest.budget = Some(budget);
        self
    }

    /// Sets the maximum delay that a receiver can request with `Retry-After`, before each retry and
    /// with any schedule. Defaults to 24 hours. A longer request is shortened to the maximum.
    pub fn max_retry_after(mut self, most: Duration) -> Self {
        self.rest.max_retry_after = most;
        self
    }

    /// Sets the clock that the date of a `Retry-After` is compared with. Defaults to the system
    /// clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.rest.clock = Arc::new(clock);
        self
    }

    /// The delay before the next attempt, if there is one.
    fn next(&mut self, headers: Option<&HeaderMap>) -> Option<Duration>
    where
        S: BackoffSchedule,
    {
        let retry = self.rest.retries.checked_add(1)?;
        let wait = self.schedule.wait(retry)?;
        if self.rest.budget.as_ref().is_some_and(|it| !it.withdraw()) {
            return None;
        }
        self.rest.retries = retry;
        let asked = headers.and_then(|headers| self.retry_after(headers));
        Some(wait.max(asked.unwrap_or_default().min(self.rest.max_retry_after)))
    }

    /// The delay that the receiver requests. `None` if there is none, or if it cannot be parsed.
    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
        if let Some(seconds) = decimal(value.as_bytes()) {
            return Some(Duration::from_secs(seconds));
        }
        // A number of digits that does not fit into a `u64` exceeds any maximum.
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::MAX);
        }
        let date = httpdate::parse_http_date(value).ok()?;
        date.duration_since(self.rest.clock.now()).ok()
    }
}

impl<C, S, B, R, E> Policy<Request<B>, Response<R>, E> for DeliveryRetry<C, S>
where
    C: Classifier<R, E>,
    S: BackoffSchedule,
    B: Clone,
{
    type Future = RetryDelay;

    fn retry(
        &mut self,
        _: &mut Request<B>,
        result: &mut Result<Response<R>, E>,
    ) -> Option<Self::Future> {
        let tries = self.rest.retries.saturating_add(1);
        let classification = self.classifier.classify(result.as_ref());
        match classification {
            Classification::Retry => {
                if let Some(wait) = self.next(result.as_ref().ok().map(Response::headers)) {
                    return Some(RetryDelay {
                        duration: wait,
                        sleep: sleep(wait),
                    });
                }
            }
            Classification::Delivered => {
                if let Some(budget) = &self.rest.budget {
                    budget.deposit();
                }
            }
            Classification::Gone | Classification::Rejected => {}
        }
        if let Ok(response) = result {
            let outcome = DeliveryOutcome {
                classification,
                tries,
            };
            response.extensions_mut().insert(outcome);
        }
        None
    }

    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        Some(request.clone())
    }
}

impl Default for DeliveryRetry {
    fn default() -> Self {
        Self::new()
    }
}

impl<C, S: fmt::Debug> fmt::Debug for DeliveryRetry<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryRetry")
            .field("schedule", &self.schedule)
            .field("max_retry_after", &self.rest.max_retry_after)
            .field("retries", &self.rest.retries)
            .finish_non_exhaustive()
    }
}

/// The result of a delivery, in the extensions of the last response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryOutcome {
    classification: Classification,
    tries: u32,
}

impl DeliveryOutcome {
    /// Returns the classification of the last response. It is [`Classification::Retry`] if the
    /// schedule or the budget was exhausted before the delivery arrived.
    #[must_use]
    pub fn classification(&self) -> Classification {
        self.classification
    }

    /// Returns the number of attempts, including the first.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Returns whether the delivery arrived.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.classification == Classification::Delivered
    }

    /// Returns whether the receiver wants no more deliveries. If so, disable it.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.classification == Classification::Gone
    }
}

pin_project! {
    /// The delay before a delivery is sent again.
    #[derive(Debug)]
    pub struct RetryDelay {
        duration: Duration,
        #[pin]
        sleep: Sleep,
    }
}

impl RetryDelay {
    /// Returns the whole delay, as determined by the schedule and the receiver.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl Future for RetryDelay {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(cx)
    }
}
