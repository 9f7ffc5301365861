//! The claim on one delivery: its renewal, and its completion or release, also when the response
//! future is dropped.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use super::{
    ClaimResult, LeaseToken,
    any_store::{AnyStore, Keys, Step, Times},
};
use crate::{rejection::RejectionKind, trace};

/// The pause before a failed completion is tried again.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The claim on one delivery. Dropping it completes or releases the claim.
pub(super) struct Lease {
    store: Arc<dyn AnyStore>,
    keys: Keys,
    owner: LeaseToken,
    times: Times,
    due: PendingAction,
}

/// The call to the store that remains.
#[derive(Clone, Copy)]
enum PendingAction {
    Complete { retention: Duration },
    Nothing,
    Release,
}

impl Lease {
    pub(super) fn new(store: &Arc<dyn AnyStore>, keys: Keys, times: Times) -> Self {
        Self {
            store: Arc::clone(store),
            keys,
            owner: LeaseToken::new(),
            times,
            // No request waits for this claim, so its result is unknown.
            due: PendingAction::Release,
        }
    }

    pub(super) fn claim(&self) -> Step<ClaimResult> {
        Arc::clone(&self.store).claim(self.keys, self.owner, self.times)
    }

    /// There is nothing to settle.
    pub(super) fn void(&mut self) {
        self.due = PendingAction::Nothing;
    }

    /// The delivery was handled with success: whatever happens now, it is not to be released.
    pub(super) fn succeed(&mut self, retention: Duration) {
        self.due = PendingAction::Complete { retention };
    }

    /// Renews the claim, until another one has it.
    pub(super) fn renewal(&self) -> impl Future<Output = ()> + Send + use<> {
        let (store, keys, owner, times) =
            (Arc::clone(&self.store), self.keys, self.owner, self.times);
        async move {
            loop {
                // So that one renewal may fail, and the next still comes in time.
                sleep(times.lease / 3).await;
                match Arc::clone(&store).renew(keys, owner, times).await {
                    Ok(true) => {}
                    Ok(false) => {
                        trace::warn!(
                            key = %keys.first,
                            "claim was taken over while the handler was running"
                        );
                        return;
                    }
                    Err(error) => trace::warn!(
                        key = %keys.first,
                        reason = %error,
                        "failed to renew a claim"
                    ),
                }
            }
        }
    }

    /// Completes or releases the claim after the handler. If the store fails to record a success, a
    /// detached task retries.
    pub(super) fn settle(&self) -> impl Future<Output = ()> + Send + use<> {
        let store = Arc::clone(&self.store);
        let (keys, owner, times, due) = (self.keys, self.owner, self.times, self.due);
        async move {
            let settled = match due {
                PendingAction::Complete { retention } => {
                    let completion = Completion {
                        store,
                        keys,
                        owner,
                        times,
                        retention,
                    };
                    let settled = completion.tell().await;
                    if settled.is_err() {
                        completion.retry_completion();
                    }
                    settled
                }
                PendingAction::Nothing => Ok(()),
                // Who cannot be told of it waits for the end of the lease.
                PendingAction::Release => store.release(keys, owner, times).await,
            };
            if let Err(error) = settled {
                trace::warn!(
                    key = %keys.first,
                    reason = %error,
                    "failed to record the outcome of a delivery"
                );
            }
        }
    }
}

/// A success of which the store has to hear.
struct Completion {
    store: Arc<dyn AnyStore>,
    keys: Keys,
    owner: LeaseToken,
    times: Times,
    retention: Duration,
}

impl Completion {
    async fn tell(&self) -> Result<(), RejectionKind> {
        let store = Arc::clone(&self.store);
        let told = store.complete(self.keys, self.owner, self.retention, self.times);
        if !told.await? {
            trace::warn!(
                key = %self.keys.first,
                "claim was taken over before the handler finished"
            );
        }
        Ok(())
    }

    /// Retries for as long as a lease lasts. After that, another process may have claimed the
    /// delivery, and the completion would have no effect. Without a runtime, the claim ends with
    /// its lease.
    fn retry_completion(self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            let begun = Instant::now();
            let longest = self.times.lease / 10;
            let mut pause = FIRST_PAUSE.min(longest);
            while begun.elapsed() < self.times.lease {
                sleep(pause).await;
                if self.tell().await.is_ok() {
                    return;
                }
                pause = longest.min(pause * 2);
            }
            trace::warn!(
                key = %self.keys.first,
                "gave up recording the success of a delivery; a retry will be handled again"
            );
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if matches!(self.due, PendingAction::Nothing) {
            return;
        }
        if Handle::try_current().is_err() {
            // Tokio's timers need a runtime. Without one, the operation is polled only once.
            self.times.deadline = None;
        }
        let settle = self.settle();
        // A panic while another one unwinds would end the process.
        let _ = catch_unwind(AssertUnwindSafe(move || {
            let mut settle = Box::pin(settle);
            let mut cx = Context::from_waker(Waker::noop());
            if settle.as_mut().poll(&mut cx).is_pending() {
                // Without a runtime the claim ends with its lease.
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(settle);
                }
            }
        }));
    }
}
