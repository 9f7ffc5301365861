//! Stores of deliveries: those of the crate against the promises of the trait, and broken ones, so
//! that the promises are known to be tested.

use std::{
    collections::HashMap,
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::time::{Instant, advance};
use tower_webhook::{
    dedupe::{CapacityExceeded, ClaimResult, DedupeKey, DedupeStore, LeaseToken, MemoryStore},
    testing,
};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn key(at: usize) -> DedupeKey {
    DedupeKey::of([at.to_be_bytes()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory() {
    let store = MemoryStore::new(1000);
    testing::assert_store_contract(&store).await;
    testing::assert_store_contract(&Arc::new(store)).await;
}

#[tokio::test(start_paused = true)]
async fn memory_on_paused_time() {
    testing::assert_store_contract(&MemoryStore::new(1000)).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn redis() {
    let Some(server) = crate::redis_server::RedisServer::start() else {
        return;
    };
    let store = tower_webhook::dedupe::RedisStore::connect(&server.url())
        .await
        .unwrap();
    testing::assert_store_contract(&store).await;
    testing::assert_store_contract(&store.prefix("other:").deadline(Duration::from_secs(5))).await;
}

/// A store that breaks one promise.
#[derive(Clone)]
struct Broken {
    flaw: Flaw,
    known: Arc<Mutex<HashMap<DedupeKey, (Option<LeaseToken>, Instant)>>>,
    completed: Arc<Mutex<HashMap<DedupeKey, LeaseToken>>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    None,
    /// Reads, lets others have a turn, and writes.
    NotAtomic,
    /// Accepts any caller as the owner.
    AnyoneCompletes,
    AnyoneReleases,
    AnyoneRenews,
    ForgetsWhatItCompleted,
    LeaseNeverEnds,
    RetentionNeverEnds,
    /// As the lease does.
    CompletedEnds,
    RenewsNothing,
    ReleasesNothing,
    CompletesNothing,
    /// Does not know who it is.
    NoSecondClaim,
    NoLateCompletion,
    /// Lets who completed it handle it again.
    OwnerClaimsAgain,
    OwnerForgets,
    OwnerRenewsAgain,
    NoSecondCompletion,
    /// If a lease has expired, it reads, lets other tasks run, and writes.
    TakesOverInTwo,
    CompletesInTwo,
    RenewsInTwo,
}

impl Broken {
    fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            known: Arc::default(),
            completed: Arc::default(),
        }
    }

    fn completed_by(&self, key: DedupeKey) -> Option<LeaseToken> {
        self.completed.lock().unwrap().get(&key).copied()
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    #[expect(clippy::option_option, reason = "not completed, or not known")]
    fn known(&self, key: DedupeKey) -> Option<Option<LeaseToken>> {
        let known = self.known.lock().unwrap().get(&key).copied();
        let (owner, until) = known?;
        let lasts = match owner {
            Some(_) => self.is(Flaw::LeaseNeverEnds),
            None => self.is(Flaw::RetentionNeverEnds),
        };
        (lasts || until > Instant::now()).then_some(owner)
    }

    fn set(&self, key: DedupeKey, owner: Option<LeaseToken>, time: Duration) {
        let until = Instant::now() + time;
        self.known.lock().unwrap().insert(key, (owner, until));
    }
}

impl DedupeStore for Broken {
    type Error = Infallible;

    async fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<ClaimResult, Infallible> {
        let known = self.known(key);
        let is_over = known.is_none() && self.known.lock().unwrap().contains_key(&key);
        if self.is(Flaw::NotAtomic) || self.is(Flaw::TakesOverInTwo) && is_over {
            tokio::task::yield_now().await;
        }
        if self.is(Flaw::OwnerClaimsAgain) && self.completed_by(key) == Some(owner) {
            return Ok(ClaimResult::Granted);
        }
        Ok(match known {
            Some(None) => ClaimResult::Completed,
            Some(Some(it)) if it != owner || self.is(Flaw::NoSecondClaim) => ClaimResult::InFlight,
            _ => {
                self.set(key, Some(owner), lease);
                ClaimResult::Granted
            }
        })
    }

    async fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<bool, Infallible> {
        let known = self.known(key);
        if self.is(Flaw::RenewsInTwo) {
            tokio::task::yield_now().await;
        }
        let is_own = self.is(Flaw::OwnerRenewsAgain) && self.completed_by(key) == Some(owner);
        if known.is_some_and(|it| it != Some(owner)) && !self.is(Flaw::AnyoneRenews) && !is_own {
            return Ok(false);
        }
        if !self.is(Flaw::RenewsNothing) {
            self.set(key, Some(owner), lease);
        }
        Ok(true)
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        retention: Duration,
    ) -> Result<bool, Infallible> {
        let known = self.known(key);
        if self.is(Flaw::CompletesInTwo) {
            tokio::task::yield_now().await;
        }
        match known {
            Some(None) => return Ok(!self.is(Flaw::NoSecondCompletion)),
            Some(Some(it)) if it != owner && !self.is(Flaw::AnyoneCompletes) => return Ok(false),
            None if self.is(Flaw::NoLateCompletion) => return Ok(true),
            _ => {}
        }
        match self.flaw {
            Flaw::CompletesNothing => {}
            Flaw::ForgetsWhatItCompleted => drop(self.known.lock().unwrap().remove(&key)),
            Flaw::CompletedEnds => {
                let mut known = self.known.lock().unwrap();
                known.entry(key).or_insert((None, Instant::now() + HOUR)).0 = None;
            }
            _ => self.set(key, None, retention),
        }
        self.completed.lock().unwrap().insert(key, owner);
        Ok(true)
    }

    async fn release(&self, key: DedupeKey, owner: LeaseToken) -> Result<(), Infallible> {
        let is_own = self.known(key) == Some(Some(owner))
            || self.is(Flaw::AnyoneReleases)
            || self.is(Flaw::OwnerForgets) && self.completed_by(key) == Some(owner);
        if is_own && !self.is(Flaw::ReleasesNothing) {
            self.known.lock().unwrap().remove(&key);
        }
        Ok(())
    }
}

/// The suite finds each flaw, and none where there is none.
#[tokio::test(start_paused = true)]
async fn broken_stores_do_not_pass() {
    testing::assert_store_contract(&Broken::new(Flaw::None)).await;
    let mut passed = Vec::new();
    for flaw in [
        Flaw::NotAtomic,
        Flaw::AnyoneCompletes,
        Flaw::AnyoneReleases,
        Flaw::AnyoneRenews,
        Flaw::ForgetsWhatItCompleted,
        Flaw::LeaseNeverEnds,
        Flaw::RetentionNeverEnds,
        Flaw::CompletedEnds,
        Flaw::RenewsNothing,
        Flaw::ReleasesNothing,
        Flaw::CompletesNothing,
        Flaw::NoSecondClaim,
        Flaw::NoLateCompletion,
        Flaw::OwnerClaimsAgain,
        Flaw::OwnerForgets,
        Flaw::OwnerRenewsAgain,
        Flaw::NoSecondCompletion,
        Flaw::TakesOverInTwo,
        Flaw::CompletesInTwo,
        Flaw::RenewsInTwo,
    ] {
        let store = Broken::new(flaw);
        let tested = AssertUnwindSafe(testing::assert_store_contract(&store))
            .catch_unwind()
            .await;
        if tested.is_ok() {
            passed.push(flaw);
        }
    }
    assert!(passed.is_empty(), "the suite does not notice {passed:?}");
}

/// A full store rejects new keys. Expired and released keys make room, in the order of their
/// expiry.
#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_never_forgets_a_promise() {
    const ROOM: usize = 500;
    let store = MemoryStore::new(ROOM);
    let owners: Vec<_> = (0..ROOM).map(|_| LeaseToken::new()).collect();
    for (at, owner) in owners.iter().enumerate() {
        let lease = HOUR * u32::try_from(1 + at % 3).unwrap();
        assert_eq!(
            store.claim(key(at), *owner, lease).await,
            Ok(ClaimResult::Granted)
        );
    }
    assert_eq!(store.len(), ROOM);
    let more = |at| store.claim(key(ROOM + at), LeaseToken::new(), HOUR);
    let full = more(0).await.unwrap_err();
    assert_eq!(
        full.to_string(),
        "the memory store is full: it has 500 unexpired records; increase its capacity"
    );
    assert!(matches!(
        store.complete(key(ROOM), LeaseToken::new(), HOUR).await,
        Err(CapacityExceeded { .. })
    ));
    // Each is still there, and can be completed.
    for (at, owner) in owners.iter().enumerate() {
        assert_eq!(
            store.claim(key(at), LeaseToken::new(), HOUR).await,
            Ok(ClaimResult::InFlight)
        );
        assert_eq!(store.complete(key(at), *owner, HOUR * 10).await, Ok(true));
        assert_eq!(
            store.claim(key(at), *owner, HOUR).await,
            Ok(ClaimResult::Completed)
        );
    }
    // The leases have expired, and the completed records have not.
    advance(HOUR * 9).await;
    assert!(more(0).await.is_err());
    for at in 0..ROOM {
        assert_eq!(
            store.claim(key(at), LeaseToken::new(), HOUR).await,
            Ok(ClaimResult::Completed)
        );
    }
    advance(HOUR + Duration::from_millis(1)).await;
    for at in 0..ROOM {
        assert_eq!(more(at).await, Ok(ClaimResult::Granted), "{at}");
    }
    assert!(more(ROOM).await.is_err());
    assert_eq!(store.len(), ROOM);
}

/// Expired records are found before a store is full, wherever they are among unexpired ones: also
/// behind records whose leases ended earlier.
#[tokio::test(start_paused = true)]
async fn what_is_over_is_found_before_a_store_is_full() {
    const ROOM: usize = 50_000;
    const SECOND: Duration = Duration::from_secs(1);
    for over in [1, 2, 300] {
        let store = MemoryStore::new(ROOM);
        for at in 0..ROOM {
            let (owner, is_short) = (LeaseToken::new(), at >= ROOM - over);
            let lease = if is_short { SECOND * 2 } else { SECOND };
            store.claim(key(at), owner, lease).await.unwrap();
            let retention = if is_short { HOUR / 60 } else { HOUR };
            store.complete(key(at), owner, retention).await.unwrap();
        }
        let more = |at| store.claim(key(ROOM + at), LeaseToken::new(), HOUR);
        assert!(more(0).await.is_err());
        advance(HOUR / 30).await;
        for at in 0..over {
            assert_eq!(more(at).await, Ok(ClaimResult::Granted), "{at} of {over}");
        }
        assert!(more(over).await.is_err());
        assert_eq!(store.len(), ROOM);
    }
}

/// Random operations with random times, next to a list that knows which keys have expired. The
/// store returns the same results as the list, and is full when the list is.
#[tokio::test(start_paused = true)]
async fn memory_is_full_when_it_is() {
    const ROOM: usize = 12;
    let store = MemoryStore::new(ROOM);
    let mut known: HashMap<usize, (Option<LeaseToken>, Instant)> = HashMap::new();
    let owners: Vec<_> = (0..3).map(|_| LeaseToken::new()).collect();
    let mut seed = 1_u64;
    let mut draw = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % most
    };
    let mut full = 0;
    for step in 0..40_000 {
        advance(Duration::from_millis(draw(30))).await;
        let now = Instant::now();
        known.retain(|_, (_, until)| *until > now);
        let at = usize::try_from(draw(40)).unwrap();
        let owner = owners[usize::try_from(draw(3)).unwrap()];
        // From a tenth of a second to a hundred of them.
        let time = Duration::from_millis(100 * 10_u64.pow(u32::try_from(draw(4)).unwrap()));
        let (before, is_full) = (known.get(&at).map(|it| it.0), known.len() == ROOM);
        let no_room = before.is_none() && is_full;
        let is_others = before.is_some_and(|it| it.is_some() && it != Some(owner));
        let is_done = before == Some(None);
        let mut note = |owner| {
            known.insert(at, (owner, now + time));
        };
        match draw(4) {
            0 => {
                let claim = store.claim(key(at), owner, time).await;
                let expected = match (no_room, is_done, is_others) {
                    (true, ..) => None,
                    (_, true, _) => Some(ClaimResult::Completed),
                    (.., true) => Some(ClaimResult::InFlight),
                    _ => Some(ClaimResult::Granted),
                };
                assert_eq!(claim.ok(), expected, "step {step}");
                if expected == Some(ClaimResult::Granted) {
                    note(Some(owner));
                }
            }
            1 => {
                let renewed = store.renew(key(at), owner, time).await;
                let expected = (!no_room).then_some(!is_done && !is_others);
                assert_eq!(renewed.ok(), expected, "step {step}");
                if expected == Some(true) {
                    note(Some(owner));
                }
            }
            2 => {
                let completed = store.complete(key(at), owner, time).await;
                let expected = (!no_room).then_some(!is_others);
                assert_eq!(completed.ok(), expected, "step {step}");
                if expected == Some(true) && !is_done {
                    note(None);
                }
            }
            _ => {
                store.release(key(at), owner).await.unwrap();
                if before == Some(Some(owner)) {
                    known.remove(&at);
                }
            }
        }
        full += usize::from(no_room);
    }
    assert!(full > 1000, "{full}");
}

/// Keys that are claimed and released leave no record and no memory.
#[tokio::test(start_paused = true)]
async fn what_is_released_leaves_nothing() {
    let store = MemoryStore::new(2);
    let cost = allocation_counter::measure(|| {
        for at in 0..100_000 {
            let owner = LeaseToken::new();
            let claim = store.claim(key(at), owner, HOUR).now_or_never().unwrap();
            assert_eq!(claim, Ok(ClaimResult::Granted));
            store
                .release(key(at), owner)
                .now_or_never()
                .unwrap()
                .unwrap();
        }
    });
    assert!(store.is_empty());
    // The empty tables of a store that never had two records.
    assert!(cost.bytes_current < 1000, "{cost:?}");
    assert_eq!(
        store.claim(key(0), LeaseToken::new(), HOUR).await,
        Ok(ClaimResult::Granted)
    );
    assert_eq!(
        store.claim(key(1), LeaseToken::new(), HOUR).await,
        Ok(ClaimResult::Granted)
    );
    assert!(store.claim(key(2), LeaseToken::new(), HOUR).await.is_err());
}

/// A store removes expired records without a background task.
#[tokio::test(start_paused = true)]
async fn what_is_over_goes_as_others_come() {
    let store = MemoryStore::new(usize::MAX);
    for at in 0..50_000 {
        let owner = LeaseToken::new();
        store.claim(key(at), owner, HOUR).await.unwrap();
        store.complete(key(at), owner, HOUR).await.unwrap();
        advance(Duration::from_secs(10)).await;
    }
    // The records of one hour, and those that the next operation removes.
    assert!(store.len() <= 360 + 2, "{}", store.len());
}

#[tokio::test]
async fn times_have_no_end() {
    let store = MemoryStore::new(2);
    let owner = LeaseToken::new();
    let longest = Duration::MAX;
    assert_eq!(
        store.claim(key(1), owner, longest).await,
        Ok(ClaimResult::Granted)
    );
    assert_eq!(store.complete(key(1), owner, longest).await, Ok(true));
    assert_eq!(
        store.claim(key(1), owner, longest).await,
        Ok(ClaimResult::Completed)
    );
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn times_in_redis_have_no_end() {
    let Some(server) = crate::redis_server::RedisServer::start() else {
        return;
    };
    let store = tower_webhook::dedupe::RedisStore::connect(&server.url())
        .await
        .unwrap();
    let owner = LeaseToken::new();
    let longest = Duration::MAX;
    assert_eq!(
        store.claim(key(1), owner, longest).await.unwrap(),
        ClaimResult::Granted
    );
    assert!(store.complete(key(1), owner, longest).await.unwrap());
    assert_eq!(
        store.claim(key(1), owner, longest).await.unwrap(),
        ClaimResult::Completed
    );
    assert_eq!(
        store.claim(key(2), owner, Duration::ZERO).await.unwrap(),
        ClaimResult::Granted
    );
}
