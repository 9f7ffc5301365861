//! The limit on the bytes that a diagnosis hashes.

use std::cell::Cell;

/// The limit on the bytes that the attempts of one diagnosis hash.
pub(super) struct HashBudget {
    limit: u64,
    used: Cell<u64>,
    is_exhausted: Cell<bool>,
}

impl HashBudget {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit,
            used: Cell::new(0),
            is_exhausted: Cell::new(false),
        }
    }

    /// Uses `bytes`, if that many are left, and returns whether they were.
    ///
    /// Once it has returned `false`, it always does. Otherwise a diagnosis would try the changes
    /// that happen to be short, and not those that are likely.
    pub(super) fn admit(&self, bytes: u64) -> bool {
        let used = self.used().saturating_add(bytes);
        if used > self.limit {
            self.is_exhausted.set(true);
        }
        if self.is_exhausted() {
            return false;
        }
        self.used.set(used);
        true
    }

    /// Uses `bytes`, even if fewer are left.
    pub(super) fn force(&self, bytes: u64) {
        self.used.set(self.used().saturating_add(bytes));
    }

    pub(super) fn used(&self) -> u64 {
        self.used.get()
    }

    /// Whether an attempt was not admitted.
    pub(super) fn is_exhausted(&self) -> bool {
        self.is_exhausted.get()
    }
}

#[cfg(test)]
mod tests {
    use super::HashBudget;

    #[test]
    fn admits_nothing_after_the_first_attempt_over_the_limit() {
        let budget = HashBudget::new(10);
        assert!(budget.admit(4) && budget.admit(6));
        assert!(!budget.is_exhausted());
        assert!(!budget.admit(1) && budget.is_exhausted());
        assert_eq!(budget.used(), 10);

        let budget = HashBudget::new(10);
        assert!(!budget.admit(11) && !budget.admit(1));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn counts_what_exceeds_the_limit() {
        let budget = HashBudget::new(10);
        budget.force(20);
        assert_eq!(budget.used(), 20);
        assert!(!budget.is_exhausted());
        assert!(!budget.admit(u64::MAX) && budget.is_exhausted());
    }
}
