use std::{
    error::Error,
    fmt::{self, Write as _},
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use http::request::Parts;

use super::deadline::Deadline;
use crate::{
    head::Head,
    keys::{KeySource, Keyring, Keys},
    rejection::RejectionKind,
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

    /// The keys that were found.
    pub(super) fn keyring(
        &self,
        found: Found,
        scheme: &Scheme,
    ) -> Result<Arc<Keyring>, RejectionKind> {
        match found? {
            Some(keys) => keys.keyring(scheme).map_err(|error| failed(&error)),
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

/// What a future gives before the deadline. A timer is made only if it has to be waited for.
async fn in_time<F: Future>(future: F, deadline: Option<Duration>) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer = Deadline::default();
    poll_fn(|cx| {
        let is_over = timer.is_over(cx);
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if is_over || deadline.is_some_and(|deadline| timer.begin(deadline, cx)) {
            return Poll::Ready(None);
        }
        Poll::Pending
    })
    .await
}

fn failed(error: &(dyn Error + 'static)) -> RejectionKind {
    RejectionKind::KeySourceFailed { error: line(error) }
}

/// The texts of an error and of its sources, in one line of a log.
pub(super) fn line(error: &(dyn Error + 'static)) -> Arc<str> {
    const LONGEST: usize = 1000;

    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    let mut line = String::new();
    for letter in text.chars().take(LONGEST) {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line.into()
}
