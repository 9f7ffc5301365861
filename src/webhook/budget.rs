use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::rejection::RejectionKind;

/// How many bytes of body may be held that are not yet verified, in all requests together.
///
/// What is counted is the bytes themselves, not the read buffers that hold them, nor the copy that a
/// scheme takes of a body that it looks into, or holds against a public key, while it does. Clones share
/// the budget: give the same one to several layers and it holds for all of them.
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
    /// A budget of so many bytes of body.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self {
            total: bytes,
            available: Arc::new(AtomicUsize::new(bytes)),
        }
    }

    /// The bytes that are not taken at the moment.
    #[must_use]
    pub fn available(&self) -> usize {
        self.available.load(Ordering::Relaxed)
    }
}

/// What one body has taken of a budget; given back when dropped.
#[derive(Debug, Default)]
pub(super) struct Share {
    budget: Option<MemoryBudget>,
    taken: usize,
}

impl Share {
    pub(super) fn of(budget: Option<&MemoryBudget>) -> Self {
        Self {
            budget: budget.cloned(),
            taken: 0,
        }
    }

    /// Reserves so many bytes more.
    pub(super) fn reserve(&mut self, bytes: usize) -> Result<(), RejectionKind> {
        let Some(budget) = &self.budget else {
            return Ok(());
        };
        let taken = self.taken.saturating_add(bytes);
        // Trying again cannot help.
        if taken > budget.total {
            return Err(RejectionKind::BodyTooLarge {
                limit: budget.total,
            });
        }
        let reserve = |available: usize| available.checked_sub(bytes);
        let available = &budget.available;
        available
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, reserve)
            .map_err(|_| RejectionKind::OverMemoryBudget)?;
        self.taken = taken;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.available.fetch_add(self.taken, Ordering::Relaxed);
        }
    }
}
