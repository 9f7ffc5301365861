//! What every store of deliveries has to do.

mod concurrent;
mod sequential;

use std::{fmt, future::Future, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    dedupe::{ClaimResult, DedupeKey, DedupeStore, LeaseToken},
    rejection::line,
};

/// A lease that does not end while a case runs.
const LONG: Duration = Duration::from_secs(60 * 60);
/// A lease to wait for.
const SHORT: Duration = Duration::from_millis(100);
/// How long something may stay past its time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks a store against the contract of [`DedupeStore`]: each cell of its table, expiry, and
/// concurrent operations. The concurrent operations are claims of a new key, claims of a key whose
/// lease has expired, and a late owner that completes or renews while others claim.
///
/// Races are detected with some probability only: a store that uses two commands for one operation
/// may pass.
///
/// It needs a Tokio runtime, best with several threads, and takes a second or two; on a runtime
/// whose time is paused, and a store by that time, next to none. The keys it uses are new each
/// time, so that the store may hold others; it has to have room for some hundreds.
///
/// ```
/// use tower_webhook::{dedupe::MemoryStore, testing};
///
/// # #[tokio::main]
/// # async fn main() {
/// testing::assert_store_contract(&MemoryStore::new(10_000)).await;
/// # }
/// ```
///
/// # Panics
///
/// With what the store did and what it had to do, if it does not keep a promise, or fails.
pub async fn assert_store_contract<S: DedupeStore + Clone>(store: &S) {
    sequential::each_cell(store).await;
    sequential::times(store).await;
    concurrent::concurrent_claims(store).await;
    concurrent::stale_owners(store).await;
}

fn new_key() -> DedupeKey {
    DedupeKey::of([
        b"conformance".as_slice(),
        &LeaseToken::new().as_u64().to_be_bytes(),
    ])
}

async fn expect_granted<S: DedupeStore>(
    store: &S,
    key: DedupeKey,
    owner: LeaseToken,
    lease: Duration,
) {
    let claim = done(store.claim(key, owner, lease)).await;
    assert_eq!(claim, ClaimResult::Granted, "the first claim of a key");
}

async fn eventually_granted<S: DedupeStore>(
    store: &S,
    key: DedupeKey,
    owner: LeaseToken,
    when: &str,
) {
    let begun = Instant::now();
    while done(store.claim(key, owner, LONG)).await != ClaimResult::Granted {
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
