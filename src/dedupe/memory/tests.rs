//! Tests of the memory store.

#![expect(clippy::unwrap_used, reason = "tests")]

use tokio::time::advance;

use super::*;

const LEASE: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const INSTANT: Duration = Duration::from_nanos(1);

fn key(number: u8) -> DedupeKey {
    DedupeKey::of([[number]])
}

/// The keys that have a record, earliest expiry first. Checks that both indexes agree.
fn keys(store: &MemoryStore) -> Vec<DedupeKey> {
    let records = store.lock();
    assert_eq!(records.expiries.len(), records.by_key.len());
    let mut keys = Vec::new();
    for (expires, key) in &records.expiries {
        assert_eq!(records.by_key.get(key).unwrap().expires, *expires);
        keys.push(*key);
    }
    keys
}

#[tokio::test(start_paused = true)]
async fn expires_a_claim_with_its_lease() {
    let (store, first, second) = (MemoryStore::new(9), LeaseToken::new(), LeaseToken::new());
    store.claim(key(1), first, LEASE).await.unwrap();
    advance(LEASE.saturating_sub(INSTANT)).await;
    assert_eq!(
        store.claim(key(1), second, LEASE).await,
        Ok(ClaimResult::InFlight)
    );
    assert!(store.renew(key(1), first, LEASE).await.unwrap());
    advance(LEASE.saturating_sub(INSTANT)).await;
    assert_eq!(
        store.claim(key(1), second, LEASE).await,
        Ok(ClaimResult::InFlight)
    );
    advance(INSTANT).await;
    assert_eq!(
        store.claim(key(1), second, LEASE).await,
        Ok(ClaimResult::Granted)
    );
    assert_eq!(keys(&store), [key(1)]);
}

#[tokio::test(start_paused = true)]
async fn expires_a_completion_with_its_retention() {
    let (store, owner) = (MemoryStore::new(9), LeaseToken::new());
    assert!(store.complete(key(1), owner, DAY).await.unwrap());
    advance(DAY.saturating_sub(INSTANT)).await;
    assert_eq!(
        store.claim(key(1), owner, LEASE).await,
        Ok(ClaimResult::Completed)
    );
    // A second completion does not extend the retention.
    assert!(store.complete(key(1), owner, DAY).await.unwrap());
    advance(INSTANT).await;
    assert_eq!(
        store.claim(key(1), owner, LEASE).await,
        Ok(ClaimResult::Granted)
    );
}

#[tokio::test(start_paused = true)]
async fn removes_expired_records_in_the_order_of_their_expiry() {
    let (store, owner) = (MemoryStore::new(9), LeaseToken::new());
    for (number, seconds) in [(1, 50), (2, 10), (3, 40), (4, 20), (5, 30)] {
        let lease = Duration::from_secs(seconds);
        store.claim(key(number), owner, lease).await.unwrap();
    }
    store.renew(key(2), owner, DAY).await.unwrap();
    assert_eq!(keys(&store), [4, 5, 3, 1, 2].map(key));
    advance(Duration::from_secs(40)).await;
    // Each operation removes two records at most.
    store.release(key(9), owner).await.unwrap();
    assert_eq!(keys(&store), [3, 1, 2].map(key));
    store.release(key(9), owner).await.unwrap();
    assert_eq!(keys(&store), [1, 2].map(key));
}

#[tokio::test(start_paused = true)]
async fn rejects_a_new_key_at_capacity_until_a_record_expires() {
    let (store, owner) = (MemoryStore::new(2), LeaseToken::new());
    store.claim(key(1), owner, LEASE).await.unwrap();
    store.complete(key(2), owner, DAY).await.unwrap();
    assert_eq!(
        store.claim(key(3), owner, LEASE).await,
        Err(CapacityExceeded(2))
    );
    assert_eq!(
        store.renew(key(3), owner, LEASE).await,
        Err(CapacityExceeded(2))
    );
    assert_eq!(
        store.complete(key(3), owner, DAY).await,
        Err(CapacityExceeded(2))
    );
    // Keys that have a record need no room.
    assert_eq!(store.renew(key(1), owner, LEASE).await, Ok(true));
    assert_eq!(
        store.claim(key(2), owner, LEASE).await,
        Ok(ClaimResult::Completed)
    );
    advance(LEASE).await;
    assert_eq!(
        store.claim(key(3), owner, LEASE).await,
        Ok(ClaimResult::Granted)
    );
    assert_eq!(keys(&store), [3, 2].map(key));
    store.release(key(3), owner).await.unwrap();
    assert_eq!(
        store.claim(key(4), owner, LEASE).await,
        Ok(ClaimResult::Granted)
    );
    assert_eq!(
        MemoryStore::new(0).claim(key(1), owner, LEASE).await,
        Err(CapacityExceeded(0))
    );
}

#[tokio::test(start_paused = true)]
async fn ignores_the_first_owner_after_a_takeover() {
    let (store, first, second) = (MemoryStore::new(9), LeaseToken::new(), LeaseToken::new());
    store.claim(key(1), first, LEASE).await.unwrap();
    advance(LEASE).await;
    assert_eq!(
        store.claim(key(1), second, LEASE).await,
        Ok(ClaimResult::Granted)
    );
    assert_eq!(
        store.claim(key(1), first, LEASE).await,
        Ok(ClaimResult::InFlight)
    );
    assert_eq!(store.renew(key(1), first, DAY).await, Ok(false));
    assert_eq!(store.complete(key(1), first, DAY).await, Ok(false));
    store.release(key(1), first).await.unwrap();
    assert_eq!(store.renew(key(1), second, LEASE).await, Ok(true));
    assert_eq!(store.complete(key(1), second, DAY).await, Ok(true));
    assert_eq!(keys(&store), [key(1)]);
}

/// A late success is not lost as long as no other owner has claimed the key.
#[tokio::test(start_paused = true)]
async fn completes_an_expired_claim_that_was_not_taken_over() {
    let (store, owner) = (MemoryStore::new(9), LeaseToken::new());
    store.claim(key(1), owner, LEASE).await.unwrap();
    advance(LEASE * 2).await;
    assert_eq!(store.complete(key(1), owner, DAY).await, Ok(true));
    assert_eq!(
        store.claim(key(1), owner, LEASE).await,
        Ok(ClaimResult::Completed)
    );
}
