//! A store of any type, with boxed operations. It applies the deadlines, and runs each operation
//! for all keys of a delivery.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use super::{ClaimResult, DedupeKey, DedupeStore, LeaseToken};
use crate::{
    deadline::in_time,
    rejection::{self, RejectionKind},
    trace,
};

/// A step of a store under way.
pub(super) type Step<T> = Pin<Box<dyn Future<Output = Result<T, RejectionKind>> + Send>>;

/// What a delivery is claimed under: its key, and the one that it has under the current secret if
/// that is another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) first: DedupeKey,
    pub(super) second: Option<DedupeKey>,
}

impl Keys {
    fn iter(self) -> impl Iterator<Item = DedupeKey> {
        std::iter::once(self.first).chain(self.second)
    }
}

/// A [`DedupeStore`] of any type, each of whose steps has a deadline, and is taken for all keys of
/// a delivery.
pub(super) trait AnyStore: Send + Sync {
    fn claim(self: Arc<Self>, keys: Keys, owner: LeaseToken, times: Times) -> Step<ClaimResult>;
    fn renew(self: Arc<Self>, keys: Keys, owner: LeaseToken, times: Times) -> Step<bool>;
    fn complete(
        self: Arc<Self>,
        keys: Keys,
        owner: LeaseToken,
        retention: Duration,
        times: Times,
    ) -> Step<bool>;
    fn release(self: Arc<Self>, keys: Keys, owner: LeaseToken, times: Times) -> Step<()>;
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) lease: Duration,
    /// Of each step.
    pub(super) deadline: Option<Duration>,
}

impl Times {
    /// For steps that a lease begins with: together they take no more than a third of it, so that
    /// it is not over before it is renewed.
    fn within_lease(self, keys: Keys) -> Self {
        let steps = if keys.second.is_some() { 2 } else { 1 };
        let most = self.lease / 3 / steps;
        let deadline = self.deadline.map_or(most, |deadline| deadline.min(most));
        Self {
            deadline: Some(deadline),
            ..self
        }
    }
}

impl<S: DedupeStore> AnyStore for S {
    fn claim(self: Arc<Self>, keys: Keys, owner: LeaseToken, times: Times) -> Step<ClaimResult> {
        Box::pin(async move {
            for key in keys.iter() {
                let claim = DedupeStore::claim(&*self, key, owner, times.lease);
                let claim = step(claim, times.within_lease(keys)).await?;
                if claim != ClaimResult::Granted {
                    // What was granted before it.
                    for held in keys.iter().take_while(|held| *held != key) {
                        // What is known stands: what cannot be given up ends with its lease.
                        let released = step(DedupeStore::release(&*self, held, owner), times).await;
                        if let Err(error) = released {
                            trace::warn!(
                                key = %held,
                                reason = %error,
                                "failed to release a claim; it ends with its lease"
                            );
                        }
                    }
                    return Ok(claim);
                }
            }
            Ok(ClaimResult::Granted)
        })
    }

    fn renew(self: Arc<Self>, keys: Keys, owner: LeaseToken, times: Times) -> Step<bool> {
        Box::pin(async move {
            let times = times.within_lease(keys);
            let mut renewed = Ok(true);
            for key in keys.iter() {
                let renewal = DedupeStore::renew(&*self, key, owner, times.lease);
                renewed = both(renewed, step(renewal, times).await);
            }
            renewed
        })
    }

    fn complete(
        self: Arc<Self>,
        keys: Keys,
        owner: LeaseToken,
        retention: Duration,
        times: Times,
    ) -> Step<bool> {
        Box::pin(async move {
            let mut completed = Ok(true);
            for key in keys.iter() {
                let completion = DedupeStore::complete(&*self, key, owner, retention);
                completed = both(completed, step(completion, times).await);
            }
            completed
        })
    }

    fn release(self: Arc<Self>, keys: Keys, owner: LeaseToken, times: Times) -> Step<()> {
        Box::pin(async move {
            let mut released = Ok(());
            for key in keys.iter() {
                let release = step(DedupeStore::release(&*self, key, owner), times).await;
                released = released.and(release);
            }
            released
        })
    }
}

/// Whether both said yes, or why one of them said nothing.
fn both(
    one: Result<bool, RejectionKind>,
    other: Result<bool, RejectionKind>,
) -> Result<bool, RejectionKind> {
    one.and_then(|one| Ok(other? && one))
}

async fn step<T, E>(
    step: impl Future<Output = Result<T, E>>,
    Times { deadline, .. }: Times,
) -> Result<T, RejectionKind>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match in_time(step, deadline).await {
        Some(Ok(done)) => Ok(done),
        Some(Err(error)) => Err(RejectionKind::StoreFailed {
            error: rejection::line(&*error.into()),
        }),
        None => Err(RejectionKind::StoreTimeout {
            deadline: deadline.unwrap_or_default(),
        }),
    }
}
