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

#[cfg(feature = "remote-keys")]
use std::task::{Context, Poll, ready};

use http::request::Parts;

use crate::{
    deadline::in_time,
    head::Head,
    keys::{KeySource, Keyring, Keys},
    rejection::RejectionKind,
    scheme::Scheme,
    verify::Delivery,
};
#[cfg(feature = "remote-keys")]
use crate::{
    keys::{Refresh, RemoteKeys, Search, Wanted},
    verify::Verifier,
};

/// A look-up under way. It has the head for as long as it takes.
pub(super) type LookUp = Pin<Box<dyn Future<Output = (Parts, Found)> + Send>>;

type Found = Result<Option<Keys>, RejectionKind>;

/// Where the keys of each request come from.
#[derive(Clone)]
pub(super) struct Source {
    from: From,
    pub(super) deadline: Option<Duration>,
    /// The keys of a tenant that does not exist.
    decoy: Arc<Keyring>,
    /// The most keys that a request had so far, between [`USUAL_KEYS`] and [`LEVELLED_KEYS`].
    most_keys: Arc<AtomicUsize>,
}

/// The keys of a delivery that are fetched once its body is there, if they are.
#[cfg(feature = "remote-keys")]
#[derive(Default)]
pub(super) struct Fetch(Option<Pin<Box<dyn Future<Output = Found> + Send>>>);

#[cfg(feature = "remote-keys")]
impl Fetch {
    pub(super) fn is_under_way(&self) -> bool {
        self.0.is_some()
    }

    /// Waits for the keys and gives them to the delivery.
    pub(super) fn poll(
        &mut self,
        source: &Source,
        verifier: &Verifier,
        delivery: &mut Delivery,
        (head, body): (&Parts, impl Iterator<Item: AsRef<[u8]>>),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), RejectionKind>> {
        let From::Remote(keys) = &source.from else {
            return Poll::Ready(Ok(()));
        };
        let fetch = if let Some(fetch) = &mut self.0 {
            fetch
        } else {
            // A layer of this kind is made of schemes alone that say where their keys are.
            let wanted = delivery.wanted(verifier, Head::from(head), body)?;
            let wanted = wanted.ok_or(RejectionKind::UnknownTenant)?;
            let (keys, deadline) = (keys.clone(), source.deadline);
            self.0.insert(Box::pin(async move {
                find_published(&keys, wanted, deadline).await
            }))
        };
        let found = ready!(fetch.as_mut().poll(cx));
        Poll::Ready(source.give(found, verifier.scheme(), delivery))
    }
}

/// Finds the published keys of a delivery. Starts a refresh in a separate task if one is due.
#[cfg(feature = "remote-keys")]
async fn find_published(keys: &RemoteKeys, wanted: Wanted, deadline: Option<Duration>) -> Found {
    let fetch = match keys.search(wanted) {
        Search::Found { keys, refresh } => {
            if let Some((refresh, deadline)) = refresh.zip(deadline) {
                spawn_refresh(refresh, deadline);
            }
            return Ok(keys);
        }
        Search::Fetch(fetch) => fetch,
    };
    let stale = fetch.stale();
    match (in_time(fetch.keys(), deadline).await, stale) {
        (Some(found), _) => found,
        (None, Some(stale)) => Ok(Some(stale.keys(&timed_out(deadline)))),
        (None, None) => Err(timed_out(deadline)),
    }
}

/// Runs a refresh until the deadline. Without a Tokio runtime, the document is fetched once it has
/// expired.
#[cfg(feature = "remote-keys")]
fn spawn_refresh(refresh: Refresh, deadline: Duration) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(in_time(refresh.run(), Some(deadline)));
    }
}

#[derive(Clone)]
enum From {
    /// They are looked up before the body is read.
    Head(Arc<dyn AnySource>),
    /// They are fetched once the body is there, which may name them.
    #[cfg(feature = "remote-keys")]
    Remote(RemoteKeys),
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
        Self::from(From::Head(Arc::new(source)), scheme, deadline)
    }

    #[cfg(feature = "remote-keys")]
    pub(super) fn remote(keys: RemoteKeys, scheme: &Scheme, deadline: Duration) -> Self {
        Self::from(From::Remote(keys), scheme, deadline)
    }

    fn from(from: From, scheme: &Scheme, deadline: Duration) -> Self {
        Self {
            decoy: Arc::new(Keyring::decoy(scheme)),
            from,
            deadline: Some(deadline),
            most_keys: Arc::new(AtomicUsize::new(USUAL_KEYS)),
        }
    }

    /// Begins to look up keys, and takes the head for it; not where they are found by more than that.
    pub(super) fn look_up(&self, head: &mut Option<Parts>) -> Option<LookUp> {
        match &self.from {
            From::Head(source) => {
                let head = head.take()?;
                Some(Arc::clone(source).look_up(head, self.deadline))
            }
            #[cfg(feature = "remote-keys")]
            From::Remote(_) => None,
        }
    }

    /// The keys that were found.
    pub(super) fn keyring(
        &self,
        found: Found,
        scheme: &Scheme,
    ) -> Result<Arc<Keyring>, RejectionKind> {
        match found? {
            Some(keys) => keys
                .keyring(scheme)
                .map_err(|error| RejectionKind::key_source_failed(&error)),
            None => Ok(Arc::clone(&self.decoy)),
        }
    }

    /// Gives a delivery the keys that were found for it.
    pub(super) fn give(
        &self,
        found: Found,
        scheme: &Scheme,
        delivery: &mut Delivery,
    ) -> Result<(), RejectionKind> {
        let keyring = self.keyring(found, scheme)?;
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
            (head, outcome(found, deadline))
        })
    }
}

/// What was found, or why nothing was.
fn outcome<E>(found: Option<Result<Option<Keys>, E>>, deadline: Option<Duration>) -> Found
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    match found {
        Some(Ok(keys)) => Ok(keys),
        Some(Err(error)) => Err(RejectionKind::key_source_failed(&*error.into())),
        None => Err(timed_out(deadline)),
    }
}

fn timed_out(deadline: Option<Duration>) -> RejectionKind {
    RejectionKind::KeySourceTimeout {
        deadline: deadline.unwrap_or_default(),
    }
}
