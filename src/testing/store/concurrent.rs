use tokio::{task::JoinHandle, time::sleep};

use super::{LONG, SHORT, done, expect_granted, new_key};
use crate::dedupe::{ClaimResult, DedupeKey, DedupeStore, LeaseToken};

/// The number of concurrent claims of one key.
const RIVALS: usize = 32;
const ROUNDS: usize = 50;

/// Of many who claim at the same moment one is granted, and in the end one has completed.
pub(super) async fn concurrent_claims<S: DedupeStore + Clone>(store: &S) {
    for round in 0..ROUNDS {
        one_of_many(store, new_key(), round, "").await;
    }
    for (round, (key, _)) in leases_that_are_over(store).await.into_iter().enumerate() {
        one_of_many(store, key, round, " whose lease is over").await;
    }
}

async fn one_of_many<S: DedupeStore + Clone>(store: &S, key: DedupeKey, round: usize, what: &str) {
    let claims = (0..RIVALS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let owner = LeaseToken::new();
            let claim = done(store.claim(key, owner, LONG)).await;
            if claim == ClaimResult::Granted {
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
            claim == ClaimResult::Granted
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

/// A stale owner, whose lease has expired, either keeps the key, or one of the concurrent claims
/// gets it.
pub(super) async fn stale_owners<S: DedupeStore + Clone>(store: &S) {
    for completes in [true, false] {
        for (key, late) in leases_that_are_over(store).await {
            let comes = store.clone();
            let comes = tokio::spawn(async move {
                if completes {
                    done(comes.complete(key, late, LONG)).await
                } else {
                    done(comes.renew(key, late, LONG)).await
                }
            });
            let claims = (0..RIVALS).map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    done(store.claim(key, LeaseToken::new(), LONG)).await == ClaimResult::Granted
                })
            });
            let steps = std::iter::once(comes).chain(claims).collect();
            assert_eq!(
                count(steps).await,
                1,
                "of a step by an owner whose lease is over (it completes: {completes}), and \
                 {RIVALS} claims at the same moment"
            );
        }
    }
}

/// A key for each round, and who had claimed it.
async fn leases_that_are_over<S: DedupeStore>(store: &S) -> Vec<(DedupeKey, LeaseToken)> {
    let mut claimed = Vec::new();
    for _ in 0..ROUNDS {
        let (key, owner) = (new_key(), LeaseToken::new());
        expect_granted(store, key, owner, SHORT).await;
        claimed.push((key, owner));
    }
    sleep(SHORT * 2).await;
    claimed
}

/// The number of operations that succeed.
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
