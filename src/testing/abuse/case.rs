use super::{body, fixture::Fixture, header, signature, signed, timestamp};
use crate::testing::Delivery;

/// Something that is sent, and what is expected.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) expected: &'static str,
    /// Creates the requests. Empty if the case does not apply to the scheme.
    pub(super) send: fn(&Fixture) -> Vec<TestRequest>,
    pub(super) expect: Expect,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Accepted,
    Refused,
    /// Refused, with the same answer to both.
    Alike,
}

/// A request, and in what it differs.
pub(super) struct TestRequest {
    pub(super) what: String,
    pub(super) delivery: Delivery,
}

impl TestRequest {
    pub(super) fn new(what: impl Into<String>, delivery: Delivery) -> Self {
        Self {
            what: what.into(),
            delivery,
        }
    }
}

/// A case whose requests must be rejected.
pub(super) const fn refused(
    name: &'static str,
    expected: &'static str,
    send: fn(&Fixture) -> Vec<TestRequest>,
) -> Case {
    Case {
        name,
        expected,
        send,
        expect: Expect::Refused,
    }
}

/// Genuine deliveries. The other cases are meaningful only if these are accepted.
pub(super) const GENUINE: Case = Case {
    name: "genuine",
    expected: "a genuine delivery is accepted",
    send: |fixture| vec![TestRequest::new("a genuine delivery", fixture.good())],
    expect: Expect::Accepted,
};

pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    [
        signature::CASES,
        header::CASES,
        timestamp::CASES,
        signed::CASES,
        body::CASES,
    ]
    .into_iter()
    .flatten()
}
