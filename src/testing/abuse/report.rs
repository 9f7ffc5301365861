use std::fmt;

/// The results of an [`AbuseSuite`](super::AbuseSuite).
///
/// `Display` writes one line for each case. `assert_passed` panics if a case failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbuseReport {
    pub(super) provider: Box<str>,
    pub(super) cases: Vec<CaseReport>,
}

/// The result of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReport {
    name: &'static str,
    expected: &'static str,
    verdict: CaseVerdict,
}

/// The verdict on one case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseVerdict {
    /// The stack handled the case as expected.
    Passed,
    /// The stack did not handle the case as expected. The text says in what way.
    Failed(String),
    /// The case was not sent, for one of these reasons:
    ///
    /// - The scheme does not have the value that the case tests, such as a timestamp or a signed
    ///   body.
    /// - The location of the signature cannot contain the value, or cannot appear twice. For
    ///   example, JSON can contain only UTF-8.
    /// - The limit of `body-over-limit` and `wire-chunked-over-limit` cannot be
    ///   [tested](super::AbuseSuite::body_limit).
    ///
    /// The cases `signature-missing` and `signature-of-a-stranger` never have this verdict.
    NotApplicable,
}

impl CaseReport {
    /// `result` is whether the case was sent, or how the stack failed.
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

    /// Returns the name of the case: `signature-truncated`. It stays the same from version to
    /// version.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the expected result, as a sentence.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// Returns the verdict.
    #[must_use]
    pub fn verdict(&self) -> &CaseVerdict {
        &self.verdict
    }

    /// Returns whether the case failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self.verdict, CaseVerdict::Failed(_))
    }
}

impl AbuseReport {
    /// Returns every case, in the order in which they were sent.
    #[must_use]
    pub fn cases(&self) -> &[CaseReport] {
        &self.cases
    }

    /// Returns the cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| case.is_failure())
    }

    /// Returns whether no case failed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Fails the test if a case failed.
    ///
    /// # Panics
    ///
    /// Panics with the report if a case failed.
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
