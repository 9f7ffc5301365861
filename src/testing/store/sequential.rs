use tokio::time::sleep;

use super::{LONG, SHORT, done, eventually_granted, expect_granted, new_key};
use crate::dedupe::{ClaimResult, DedupeStore, LeaseToken};

/// The known state of a key before an operation.
#[derive(Clone, Copy, Debug)]
enum Known {
    Nothing,
    /// Claimed by who takes the step.
    OwnedByCaller,
    Others,
    Completed,
    /// By who takes the step.
    OwnCompleted,
    Released,
    /// Claimed by who takes the step, and then over.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Claim(ClaimResult),
    Bool(bool),
    Released,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Claim,
    Renew,
    Complete,
    Release,
}

/// Known before, the step, what it answers, and what a third one's claim gets after it.
const CELLS: [(Known, Step, Answer, ClaimResult); 28] = {
    use self::{
        Answer::{Bool, Claim as Claimed, Released},
        ClaimResult::{Completed, Granted, InFlight},
        Known as K, Step as S,
    };
    [
        (K::Nothing, S::Claim, Claimed(Granted), InFlight),
        (K::OwnedByCaller, S::Claim, Claimed(Granted), InFlight),
        (K::Others, S::Claim, Claimed(InFlight), InFlight),
        (K::Completed, S::Claim, Claimed(Completed), Completed),
        (K::OwnCompleted, S::Claim, Claimed(Completed), Completed),
        (K::Released, S::Claim, Claimed(Granted), InFlight),
        (K::Over, S::Claim, Claimed(Granted), InFlight),
        (K::Nothing, S::Renew, Bool(true), InFlight),
        (K::OwnedByCaller, S::Renew, Bool(true), InFlight),
        (K::Others, S::Renew, Bool(false), InFlight),
        (K::Completed, S::Renew, Bool(false), Completed),
        (K::OwnCompleted, S::Renew, Bool(false), Completed),
        (K::Released, S::Renew, Bool(true), InFlight),
        (K::Over, S::Renew, Bool(true), InFlight),
        (K::Nothing, S::Complete, Bool(true), Completed),
        (K::OwnedByCaller, S::Complete, Bool(true), Completed),
        (K::Others, S::Complete, Bool(false), InFlight),
        (K::Completed, S::Complete, Bool(true), Completed),
        (K::OwnCompleted, S::Complete, Bool(true), Completed),
        (K::Released, S::Complete, Bool(true), Completed),
        (K::Over, S::Complete, Bool(true), Completed),
        (K::Nothing, S::Release, Released, Granted),
        (K::OwnedByCaller, S::Release, Released, Granted),
        (K::Others, S::Release, Released, InFlight),
        (K::Completed, S::Release, Released, Completed),
        (K::OwnCompleted, S::Release, Released, Completed),
        (K::Released, S::Release, Released, Granted),
        (K::Over, S::Release, Released, Granted),
    ]
};

/// Each cell of the table in the docs of [`DedupeStore`].
pub(super) async fn each_cell<S: DedupeStore>(store: &S) {
    for (known, step, answer, then) in CELLS {
        let (key, own, other) = (new_key(), LeaseToken::new(), LeaseToken::new());
        match known {
            Known::Nothing => {}
            Known::OwnedByCaller => expect_granted(store, key, own, LONG).await,
            Known::Others => expect_granted(store, key, other, LONG).await,
            Known::Completed => {
                expect_granted(store, key, other, LONG).await;
                done(store.complete(key, other, LONG)).await;
            }
            Known::OwnCompleted => {
                expect_granted(store, key, own, LONG).await;
                done(store.complete(key, own, LONG)).await;
            }
            Known::Released => {
                expect_granted(store, key, own, LONG).await;
                done(store.release(key, own)).await;
            }
            Known::Over => {
                expect_granted(store, key, own, SHORT).await;
                sleep(SHORT * 2).await;
            }
        }
        let did = match step {
            Step::Claim => Answer::Claim(done(store.claim(key, own, LONG)).await),
            Step::Renew => Answer::Bool(done(store.renew(key, own, LONG)).await),
            Step::Complete => Answer::Bool(done(store.complete(key, own, LONG)).await),
            Step::Release => {
                done(store.release(key, own)).await;
                Answer::Released
            }
        };
        assert_eq!(
            did, answer,
            "{step:?}, where {known:?} was known: its answer"
        );
        let after = done(store.claim(key, LeaseToken::new(), LONG)).await;
        assert_eq!(
            after, then,
            "a claim after {step:?}, where {known:?} was known"
        );
    }
}

pub(super) async fn times<S: DedupeStore>(store: &S) {
    // A lease ends, and who took over is not to be disturbed by who comes late.
    let (key, late, next) = (new_key(), LeaseToken::new(), LeaseToken::new());
    expect_granted(store, key, late, SHORT).await;
    let claim = done(store.claim(key, next, LONG)).await;
    assert_eq!(
        claim,
        ClaimResult::InFlight,
        "a claim before the lease is over"
    );
    eventually_granted(store, key, next, "the lease is over").await;
    assert!(
        !done(store.renew(key, late, LONG)).await,
        "a claim that another one took over was renewed"
    );
    assert!(
        !done(store.complete(key, late, LONG)).await,
        "who lost the claim completed"
    );
    done(store.release(key, late)).await;
    let claim = done(store.claim(key, LeaseToken::new(), LONG)).await;
    assert_eq!(
        claim,
        ClaimResult::InFlight,
        "a claim after who lost it released"
    );
    assert!(
        done(store.complete(key, next, LONG)).await,
        "who took over completes"
    );

    // A renewed lease lasts.
    let (key, own) = (new_key(), LeaseToken::new());
    expect_granted(store, key, own, SHORT).await;
    assert!(
        done(store.renew(key, own, LONG)).await,
        "a claim is renewed"
    );
    sleep(SHORT * 3).await;
    let claim = done(store.claim(key, LeaseToken::new(), LONG)).await;
    assert_eq!(
        claim,
        ClaimResult::InFlight,
        "a claim where the first one was renewed"
    );

    // A retention is its own, longer than the lease or shorter, and ends.
    let (key, own) = (new_key(), LeaseToken::new());
    expect_granted(store, key, own, SHORT).await;
    assert!(
        done(store.complete(key, own, LONG)).await,
        "a delivery is completed"
    );
    sleep(SHORT * 3).await;
    let claim = done(store.claim(key, LeaseToken::new(), LONG)).await;
    assert_eq!(
        claim,
        ClaimResult::Completed,
        "a claim when the lease of what is completed is over"
    );

    let (key, own) = (new_key(), LeaseToken::new());
    expect_granted(store, key, own, LONG).await;
    assert!(
        done(store.complete(key, own, SHORT)).await,
        "a delivery is completed"
    );
    eventually_granted(store, key, LeaseToken::new(), "the retention is over").await;
}
