use std::{
    future::{Future, pending},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use tokio::{runtime::Handle, time::sleep};

use super::{
    Claim, Owner,
    any_store::{AnyStore, Keys, Step, Times},
};
use crate::trace;

/// One delivery's place in the store: settled when it is dropped, whatever happened.
pub(super) struct Ticket {
    store: Arc<dyn AnyStore>,
    keys: Keys,
    owner: Owner,
    times: Times,
    due: Due,
}

/// What has to be done yet.
#[derive(Clone, Copy)]
enum Due {
    Complete { retention: Duration },
    Nothing,
    Release,
}

impl Ticket {
    pub(super) fn new(store: &Arc<dyn AnyStore>, keys: Keys, times: Times) -> Self {
        Self {
            store: Arc::clone(store),
            keys,
            owner: Owner::new(),
            times,
            // Nothing is known of a claim that nobody waits for any more.
            due: Due::Release,
        }
    }

    pub(super) fn claim(&self) -> Step<Claim> {
        Arc::clone(&self.store).claim(self.keys, self.owner, self.times)
    }

    /// There is nothing to settle.
    pub(super) fn void(&mut self) {
        self.due = Due::Nothing;
    }

    /// The delivery was handled with success: whatever happens now, it is not to be released.
    pub(super) fn succeed(&mut self, retention: Duration) {
        self.due = Due::Complete { retention };
    }

    /// Renews the claim until it is dropped.
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
                            "a delivery was claimed by another one while it was being handled"
                        );
                        return pending().await;
                    }
                    Err(error) => trace::warn!(
                        key = %keys.first,
                        reason = %error,
                        "the claim of a delivery could not be renewed"
                    ),
                }
            }
        }
    }

    /// What has to be done now that the handler is done.
    pub(super) fn settle(&self) -> impl Future<Output = ()> + Send + use<> {
        let store = Arc::clone(&self.store);
        let (keys, owner, times, due) = (self.keys, self.owner, self.times, self.due);
        async move {
            let settled = match due {
                Due::Complete { retention } => store.complete(keys, owner, retention, times).await,
                Due::Nothing => Ok(true),
                Due::Release => store.release(keys, owner, times).await.map(|()| true),
            };
            match settled {
                Ok(true) => {}
                Ok(false) => trace::warn!(
                    key = %keys.first,
                    "a delivery was handled to its end by one whose claim another one had taken over"
                ),
                Err(error) => trace::warn!(
                    key = %keys.first,
                    reason = %error,
                    "the end of a delivery could not be told to the store"
                ),
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if matches!(self.due, Due::Nothing) {
            return;
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
