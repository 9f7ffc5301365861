//! The result of a table of cases.

/// The rows of a table that failed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: usize,
    failures: Vec<String>,
}

impl Report {
    pub(crate) fn note(&mut self, outcome: Result<(), String>) {
        self.rows += 1;
        self.failures.extend(outcome.err());
    }

    /// Panics if a row failed, or if there was none.
    #[track_caller]
    pub(crate) fn finish(self) {
        let Self { rows, failures } = self;
        assert!(rows > 0, "an empty table");
        let count = failures.len();
        assert!(
            failures.is_empty(),
            "{count} of {rows} rows failed:\n  {}",
            failures.join("\n  ")
        );
    }
}
