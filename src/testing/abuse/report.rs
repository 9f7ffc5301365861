use std::fmt;

/// What an [`AbuseSuite`](super::AbuseSuite) found.
///
/// `Display` shows a line for each case, and `assert_passed` ends a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbuseReport {
    pub(super) provider: Box<str>,
    pub(super) cases: Vec<CaseReport>,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReport {
    name: &'static str,
    expected: &'static str,
    verdict: CaseVerdict,
}

/// Whether a stack stood a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseVerdict {
    /// It did.
    Passed,
    /// It did not, and in what way.
    Failed(String),
    /// Nothing was sent: the scheme has nothing that the case is about, as a timestamp or a signed
    /// body; the place of its signature cannot hold what would be sent, as JSON holds no bytes
    /// but UTF-8, or cannot appear twice; or, of `body-over-limit` and
    /// `wire-chunked-over-limit`, the limit is one that cannot be
    /// [tried](super::AbuseSuite::body_limit). Never of `signature-missing` and
    /// `signature-of-a-stranger`.
    NotApplicable,
}

impl CaseReport {
    /// By whether there was anything to send, or how the stack failed.
    pub(super) fn new(
        name: &'static str,
        expected: &'static str,
        verdict: Result<bool, String>,
    ) -> Self {
        let verdict = match verdict {
            Ok(true) => CaseVerdict::Passed,
            Ok(false) => CaseVerdict::NotApplicable,
            Err(how) => CaseVerdict::Failed(how),
        };
        Self {
            name,
            expected,
            verdict,
        }
    }

    /// The name of the case: `signature-truncated`. It stays the same from version to version.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What is expected, in a sentence.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// What became of it.
    #[must_use]
    pub fn verdict(&self) -> &CaseVerdict {
        &self.verdict
    }

    /// Whether it failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self.verdict, CaseVerdict::Failed(_))
    }
}

impl AbuseReport {
    /// Every case, in the order in which they were tried.
    #[must_use]
    pub fn cases(&self) -> &[CaseReport] {
        &self.cases
    }

    /// Those that failed.
    pub fn failures(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| case.is_failure())
    }

    /// Whether none failed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Ends a test.
    ///
    /// # Panics
    ///
    /// If a case failed, with the report.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.is_passed(), "{self}");
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            expected,
            verdict,
        } = self;
        match verdict {
            CaseVerdict::Passed => write!(f, "passed  {name}"),
            CaseVerdict::NotApplicable => write!(f, "n/a     {name}"),
            CaseVerdict::Failed(how) => write!(f, "FAILED  {name}: {expected}; {how}"),
        }
    }
}

impl fmt::Display for AbuseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        let (failed, all) = (self.failures().count(), self.cases.len());
        if self.cases.first().is_some_and(CaseReport::is_failure) {
            return write!(f, "{}: nothing else was tried", self.provider);
        }
        write!(f, "{}: {failed} of {all} cases failed", self.provider)
    }
}
