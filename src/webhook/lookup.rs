use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::request::Parts;

use crate::{
    deadline::in_time,
    head::Head,
    keys::{KeySource, Keyring, Keys},
    rejection::{self, RejectionKind},
    scheme::Scheme,
    verify::Delivery,
};

/// A look-up under way. It has the head for as long as it takes.
pub(super) type LookUp = Pin<Box<dyn Future<Output = (Parts, Found)> + Send>>;

type Found = Result<Option<Keys>, RejectionKind>;

/// Where the keys of each request come from.
#[derive(Clone)]
pub(super) struct Source {
    from: Arc<dyn AnySource>,
    pub(super) deadline: Option<Duration>,
    /// The keys of a tenant that does not exist.
    decoy: Arc<Keyring>,
    /// The most keys that a request had so far, between [`USUAL_KEYS`] and [`LEVELLED_KEYS`].
    most_keys: Arc<AtomicUsize>,
}

/// A tenant who changes a secret has two. The first of them to be asked for must not show it.
const USUAL_KEYS: usize = 2;

/// A tenant with more keys must not make every refusal dear.
const LEVELLED_KEYS: usize = 4;

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("key_deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl Source {
    pub(super) fn new(source: impl KeySource, scheme: &Scheme, deadline: Duration) -> Self {
        Self {
            decoy: Arc::new(Keyring::decoy(scheme)),
            from: Arc::new(source),
            deadline: Some(deadline),
            most_keys: Arc::new(AtomicUsize::new(USUAL_KEYS)),
        }
    }

    pub(super) fn look_up(&self, head: Parts) -> LookUp {
        Arc::clone(&self.from).look_up(head, self.deadline)
    }

    /// Gives a delivery the keys that were found for it.
    pub(super) fn give(
        &self,
        found: Found,
        scheme: &Scheme,
        delivery: &mut Delivery,
    ) -> Result<(), RejectionKind> {
        let keyring = match found? {
            Some(keys) => keys.keyring(scheme),
            None => Ok(Arc::clone(&self.decoy)),
        };
        let keyring = keyring.map_err(|error| failed(&error))?;
        let keys = keyring.len().min(LEVELLED_KEYS);
        let most = self.most_keys.fetch_max(keys, Ordering::Relaxed);
        delivery.hold_against(keyring, most.max(keys));
        Ok(())
    }
}

/// A [`KeySource`] of any type.
trait AnySource: Send + Sync {
    fn look_up(self: Arc<Self>, head: Parts, deadline: Option<Duration>) -> LookUp;
}

impl<S: KeySource> AnySource for S {
    fn look_up(self: Arc<Self>, head: Parts, deadline: Option<Duration>) -> LookUp {
        Box::pin(async move {
            let found = in_time(self.keys(Head::from(&head)), deadline).await;
            let found = match found {
                Some(Ok(keys)) => Ok(keys),
                Some(Err(error)) => Err(failed(&*error.into())),
                None => Err(RejectionKind::KeySourceTimeout {
                    deadline: deadline.unwrap_or_default(),
                }),
            };
            (head, found)
        })
    }
}

fn failed(error: &(dyn Error + 'static)) -> RejectionKind {
    let error = rejection::in_one_line(error);
    RejectionKind::KeySourceFailed { error }
}
