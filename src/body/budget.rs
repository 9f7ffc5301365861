//! The memory budget that several layers and requests share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A limit on the bytes of unverified bodies that are held in memory, over all requests together.
///
/// The budget counts body bytes only. Read buffers are not included, nor are the temporary copies
/// that are made for JSON, forms and public keys. Clones share the budget, so give the same one to
/// several layers to limit all of them together.
///
/// ```
/// use tower_webhook::{Secret, WebhookLayer, providers, webhook::MemoryBudget};
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let budget = MemoryBudget::new(256 << 20);
/// let github = WebhookLayer::new(providers::github(), Secret::new("one secret")?)?
///     .memory_budget(budget.clone());
/// let shopify = WebhookLayer::new(providers::shopify(), Secret::new("another")?)?
///     .memory_budget(budget);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MemoryBudget {
    total: usize,
    available: Arc<AtomicUsize>,
}

impl MemoryBudget {
    /// Creates a budget, in bytes. With 0, every body that is not empty is answered 413.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self {
            total: bytes,
            available: Arc::new(AtomicUsize::new(bytes)),
        }
    }

    /// Returns the number of bytes that are not reserved at the moment.
    #[must_use]
    pub fn available(&self) -> usize {
        self.available.load(Ordering::Relaxed)
    }
}

/// The bytes that one body has reserved. They are released on drop.
#[derive(Debug, Default)]
pub(super) struct Reservation {
    budget: Option<MemoryBudget>,
    bytes: usize,
}

/// Why bytes cannot be reserved.
pub(super) enum ReserveError {
    /// The body alone exceeds the whole budget, so the sender cannot succeed by retrying.
    ExceedsTotal(usize),
    /// Other bodies have reserved the bytes.
    Exhausted,
}

impl Reservation {
    pub(super) fn new(budget: Option<&MemoryBudget>) -> Self {
        Self {
            budget: budget.cloned(),
            bytes: 0,
        }
    }

    /// Reserves `bytes` more.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), ReserveError> {
        let Some(budget) = &self.budget else {
            return Ok(());
        };
        let reserved = self.bytes.saturating_add(bytes);
        if reserved > budget.total {
            return Err(ReserveError::ExceedsTotal(budget.total));
        }
        let take = |available: usize| available.checked_sub(bytes);
        budget
            .available
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .map_err(|_| ReserveError::Exhausted)?;
        self.bytes = reserved;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.available.fetch_add(self.bytes, Ordering::Relaxed);
        }
    }
}
