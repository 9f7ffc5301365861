//! Types for the source of the current time.
//!
//! Use them to set the time in a test, or to replace the operating system's clock.

use std::time::SystemTime;

/// A source of wall-clock time.
///
/// [`SystemClock`] is the default. Closures implement `Clock` too, for tests:
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use tower_webhook::{Secret, WebhookLayer, providers};
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let secret = Secret::new("8f742231b10e8888abcd99yyyzzz85a5")?;
/// let layer = WebhookLayer::new(providers::slack(), secret)?
///     .clock(|| UNIX_EPOCH + Duration::from_secs(1_531_420_618));
/// # Ok(())
/// # }
/// ```
///
/// # Security
///
/// Freshness is only as good as the clock: a clock that is behind by an hour accepts deliveries
/// that are an hour old.
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time. A time before 1970 is allowed.
    fn now(&self) -> SystemTime;
}

impl<F> Clock for F
where
    F: Fn() -> SystemTime + Send + Sync + 'static,
{
    fn now(&self) -> SystemTime {
        self()
    }
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl SystemClock {
    /// Creates a clock that returns the operating system's time.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
