use std::{fmt, future::Future, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::{
    dedupe::{Claim, DedupeKey, Owner, Store},
    rejection::line,
};

/// A lease that does not end while a case runs.
const LONG: Duration = Duration::from_secs(60 * 60);
/// A lease to wait for.
const SHORT: Duration = Duration::from_millis(100);
/// How long something may stay past its time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many claim one key at the same moment.
const RIVALS: usize = 32;
const ROUNDS: usize = 50;

/// Holds a store against what [`Store`] promises: each cell of its table, what time does, and steps at the
/// same moment: claims of a key that is new, claims of one whose lease is over, and an owner who comes late to
/// complete or to renew while others claim.
///
/// What only seldom goes wrong is found as often: where steps of your store are two commands, it takes luck.
///
/// It needs a Tokio runtime, best with several threads, and takes a second or two; on a runtime whose time
/// is paused, and a store by that time, next to none. The keys it uses are new each time, so that the store
/// may hold others; it has to have room for some hundreds.
///
/// ```
/// use tower_webhook::{dedupe::MemoryStore, testing};
///
/// # #[tokio::main]
/// # async fn main() {
/// testing::store(&MemoryStore::new(10_000)).await;
/// # }
/// ```
///
/// # Panics
///
/// With what the store did and what it had to do, if it does not keep a promise, or fails.
pub async fn store<S: Store + Clone>(store: &S) {
    each_cell(store).await;
    times(store).await;
    rivals(store).await;
    latecomers(store).await;
}

/// What is known of a key before a step is taken.
#[derive(Clone, Copy, Debug)]
enum Known {
    Nothing,
    /// Claimed by who takes the step.
    Own,
    Others,
    Completed,
    /// By who takes the step.
    OwnCompleted,
    Released,
    /// Claimed by who takes the step, and then over.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    Claim(Claim),
    Said(bool),
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
const CELLS: [(Known, Step, Did, Claim); 28] = {
    use self::{
        Claim::{Completed, Granted, InFlight},
        Did::{Claim as Claimed, Released, Said},
        Known as K, Step as S,
    };
    [
        (K::Nothing, S::Claim, Claimed(Granted), InFlight),
        (K::Own, S::Claim, Claimed(Granted), InFlight),
        (K::Others, S::Claim, Claimed(InFlight), InFlight),
        (K::Completed, S::Claim, Claimed(Completed), Completed),
        (K::OwnCompleted, S::Claim, Claimed(Completed), Completed),
        (K::Released, S::Claim, Claimed(Granted), InFlight),
        (K::Over, S::Claim, Claimed(Granted), InFlight),
        (K::Nothing, S::Renew, Said(true), InFlight),
        (K::Own, S::Renew, Said(true), InFlight),
        (K::Others, S::Renew, Said(false), InFlight),
        (K::Completed, S::Renew, Said(false), Completed),
        (K::OwnCompleted, S::Renew, Said(false), Completed),
        (K::Released, S::Renew, Said(true), InFlight),
        (K::Over, S::Renew, Said(true), InFlight),
        (K::Nothing, S::Complete, Said(true), Completed),
        (K::Own, S::Complete, Said(true), Completed),
        (K::Others, S::Complete, Said(false), InFlight),
        (K::Completed, S::Complete, Said(true), Completed),
        (K::OwnCompleted, S::Complete, Said(true), Completed),
        (K::Released, S::Complete, Said(true), Completed),
        (K::Over, S::Complete, Said(true), Completed),
        (K::Nothing, S::Release, Released, Granted),
        (K::Own, S::Release, Released, Granted),
        (K::Others, S::Release, Released, InFlight),
        (K::Completed, S::Release, Released, Completed),
        (K::OwnCompleted, S::Release, Released, Completed),
        (K::Released, S::Release, Released, Granted),
        (K::Over, S::Release, Released, Granted),
    ]
};

async fn each_cell<S: Store>(store: &S) {
    for (known, step, answer, then) in CELLS {
        let (key, own, other) = (new_key(), Owner::new(), Owner::new());
        match known {
            Known::Nothing => {}
            Known::Own => expect_granted(store, key, own, LONG).await,
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
            Step::Claim => Did::Claim(done(store.claim(key, own, LONG)).await),
            Step::Renew => Did::Said(done(store.renew(key, own, LONG)).await),
            Step::Complete => Did::Said(done(store.complete(key, own, LONG)).await),
            Step::Release => {
                done(store.release(key, own)).await;
                Did::Released
            }
        };
        assert_eq!(
            did, answer,
            "{step:?}, where {known:?} was known: its answer"
        );
        let after = done(store.claim(key, Owner::new(), LONG)).await;
        assert_eq!(
            after, then,
            "a claim after {step:?}, where {known:?} was known"
        );
    }
}

async fn times<S: Store>(store: &S) {
    // A lease ends, and who took over is not to be disturbed by who comes late.
    let (key, late, next) = (new_key(), Owner::new(), Owner::new());
    expect_granted(store, key, late, SHORT).await;
    let claim = done(store.claim(key, next, LONG)).await;
    assert_eq!(claim, Claim::InFlight, "a claim before the lease is over");
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
    let claim = done(store.claim(key, Owner::new(), LONG)).await;
    assert_eq!(claim, Claim::InFlight, "a claim after who lost it released");
    assert!(
        done(store.complete(key, next, LONG)).await,
        "who took over completes"
    );

    // A renewed lease lasts.
    let (key, own) = (new_key(), Owner::new());
    expect_granted(store, key, own, SHORT).await;
    assert!(
        done(store.renew(key, own, LONG)).await,
        "a claim is renewed"
    );
    sleep(SHORT * 3).await;
    let claim = done(store.claim(key, Owner::new(), LONG)).await;
    assert_eq!(
        claim,
        Claim::InFlight,
        "a claim where the first one was renewed"
    );

    // A retention is its own, longer than the lease or shorter, and ends.
    let (key, own) = (new_key(), Owner::new());
    expect_granted(store, key, own, SHORT).await;
    assert!(
        done(store.complete(key, own, LONG)).await,
        "a delivery is completed"
    );
    sleep(SHORT * 3).await;
    let claim = done(store.claim(key, Owner::new(), LONG)).await;
    assert_eq!(
        claim,
        Claim::Completed,
        "a claim when the lease of what is completed is over"
    );

    let (key, own) = (new_key(), Owner::new());
    expect_granted(store, key, own, LONG).await;
    assert!(
        done(store.complete(key, own, SHORT)).await,
        "a delivery is completed"
    );
    eventually_granted(store, key, Owner::new(), "the retention is over").await;
}

/// Of many who claim at the same moment one is granted, and in the end one has completed.
async fn rivals<S: Store + Clone>(store: &S) {
    for round in 0..ROUNDS {
        one_of_many(store, new_key(), round, "").await;
    }
    for (round, (key, _)) in leases_that_are_over(store).await.into_iter().enumerate() {
        one_of_many(store, key, round, " whose lease is over").await;
    }
}

async fn one_of_many<S: Store + Clone>(store: &S, key: DedupeKey, round: usize, what: &str) {
    let claims = (0..RIVALS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let owner = Owner::new();
            let claim = done(store.claim(key, owner, LONG)).await;
            if claim == Claim::Granted {
                tokio::task::yield_now().await;
                // Each second one fails, and another one may take over.
                if round % 2 == 0 {
                    assert!(
                        done(store.complete(key, owner, LONG)).await,
                        "the owner completes"
                    );
                } else {
                    done(store.release(key, owner)).await;
                }
            }
            claim == Claim::Granted
        })
    });
    // Begun before any of them is waited for.
    let granted = count(claims.collect()).await;
    if round % 2 == 0 {
        assert_eq!(
            granted, 1,
            "of {RIVALS} claims of one key{what} at the same moment"
        );
    } else {
        assert!(granted > 0, "none of {RIVALS} claims was granted");
    }
}

/// Who comes late, as the lease is over, has the key again or has not, and then one of those has it who claim at the
/// same moment.
async fn latecomers<S: Store + Clone>(store: &S) {
    for step in [Step::Complete, Step::Renew] {
        for (key, late) in leases_that_are_over(store).await {
            let comes = store.clone();
            let comes = tokio::spawn(async move {
                match step {
                    Step::Complete => done(comes.complete(key, late, LONG)).await,
                    _ => done(comes.renew(key, late, LONG)).await,
                }
            });
            let claims = (0..RIVALS).map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    done(store.claim(key, Owner::new(), LONG)).await == Claim::Granted
                })
            });
            let steps = std::iter::once(comes).chain(claims).collect();
            assert_eq!(
                count(steps).await,
                1,
                "of {step:?} by an owner whose lease is over, and {RIVALS} claims at the same moment"
            );
        }
    }
}

/// A key for each round, and who had claimed it.
async fn leases_that_are_over<S: Store>(store: &S) -> Vec<(DedupeKey, Owner)> {
    let mut claimed = Vec::new();
    for _ in 0..ROUNDS {
        let (key, owner) = (new_key(), Owner::new());
        expect_granted(store, key, owner, SHORT).await;
        claimed.push((key, owner));
    }
    sleep(SHORT * 2).await;
    claimed
}

/// How many of them say yes.
async fn count(tasks: Vec<JoinHandle<bool>>) -> usize {
    let mut count = 0;
    for task in tasks {
        match task.await {
            Ok(yes) => count += usize::from(yes),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => panic!("{error}"),
            },
        }
    }
    count
}

fn new_key() -> DedupeKey {
    DedupeKey::of([
        b"conformance".as_slice(),
        &Owner::new().as_u64().to_be_bytes(),
    ])
}

async fn expect_granted<S: Store>(store: &S, key: DedupeKey, owner: Owner, lease: Duration) {
    let claim = done(store.claim(key, owner, lease)).await;
    assert_eq!(claim, Claim::Granted, "the first claim of a key");
}

async fn eventually_granted<S: Store>(store: &S, key: DedupeKey, owner: Owner, when: &str) {
    let begun = Instant::now();
    while done(store.claim(key, owner, LONG)).await != Claim::Granted {
        assert!(
            begun.elapsed() < PATIENCE,
            "no claim is granted though {when}"
        );
        sleep(SHORT / 4).await;
    }
}

async fn done<T, E>(step: impl Future<Output = Result<T, E>>) -> T
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match step.await {
        Ok(done) => done,
        Err(error) => panic!("a step failed: {}", Line(error.into())),
    }
}

struct Line(Box<dyn std::error::Error + Send + Sync>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line(&*self.0))
    }
}
