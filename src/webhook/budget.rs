use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How much memory all bodies that are not yet verified may take together.
///
/// Clones share the budget: give the same one to several layers and it holds for all of them.
///
/// ```
/// use tower_webhook::{Secret, WebhookLayer, providers, webhook::MemoryBudget};
///
/// # fn main() -> Result<(), tower_webhook::KeyError> {
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
    left: Arc<AtomicUsize>,
}

impl MemoryBudget {
    /// A budget of so many bytes of body.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self {
            left: Arc::new(AtomicUsize::new(bytes)),
        }
    }

    /// The bytes that are not taken at the moment.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
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

    /// Takes so many bytes more, unless the budget has not that many left.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let Some(budget) = &self.budget else {
            return true;
        };
        let taken = budget
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        if taken.is_ok() {
            self.taken += bytes;
        }
        taken.is_ok()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.left.fetch_add(self.taken, Ordering::Relaxed);
        }
    }
}
