//! The look-up of the keys of one request.

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

#[cfg(feature = "remote-keys")]
use crate::keys::{KeyLocator, Refresh, RemoteKeys, Search};
use crate::{
    deadline::in_time,
    head::RequestHead,
    keys::{KeySource, Keyring, Keys},
    rejection::RejectionKind,
    scheme::Scheme,
    verify::{Delivery, Verifier},
};

/// A running look-up. It owns the head of the request until it ends.
pub(super) type LookUp = Pin<Box<dyn Future<Output = (Parts, KeyResult)> + Send>>;

/// A running fetch of published keys.
pub(super) type Fetch = Pin<Box<dyn Future<Output = KeyResult> + Send>>;

/// The keys of a request, `None` if it has none, or why they are not known.
pub(super) type KeyResult = Result<Option<Keys>, RejectionKind>;

/// Looks up the keys of each request.
#[derive(Clone)]
pub(super) struct KeyLookup {
    origin: KeyOrigin,
    pub(super) deadline: Option<Duration>,
    /// The keys of an unknown tenant.
    decoy: Arc<Keyring>,
    /// The largest number of keys that a request has had, from [`MIN_MACS`] to [`MAX_MACS`].
    most_keys: Arc<AtomicUsize>,
}

/// The source of a request's keys.
#[derive(Clone)]
enum KeyOrigin {
    /// A key source finds them by the head, before the body is read.
    Source(Arc<dyn AnySource>),
    /// The provider publishes them. They are fetched after the body, which may name them.
    #[cfg(feature = "remote-keys")]
    Remote(RemoteKeys),
}

/// A tenant that rotates its secret has two keys. The first such tenant must not be recognisable by
/// the time that its rejections take.
const MIN_MACS: usize = 2;

/// Limits the cost of rejections if one tenant has many keys.
const MAX_MACS: usize = 4;

impl KeyLookup {
    pub(super) fn new(source: impl KeySource, scheme: &Scheme, deadline: Duration) -> Self {
        Self::with_origin(KeyOrigin::Source(Arc::new(source)), scheme, deadline)
    }

    #[cfg(feature = "remote-keys")]
    pub(super) fn remote(keys: RemoteKeys, scheme: &Scheme, deadline: Duration) -> Self {
        Self::with_origin(KeyOrigin::Remote(keys), scheme, deadline)
    }

    fn with_origin(origin: KeyOrigin, scheme: &Scheme, deadline: Duration) -> Self {
        Self {
            origin,
            deadline: Some(deadline),
            decoy: Arc::new(Keyring::decoy(scheme)),
            most_keys: Arc::new(AtomicUsize::new(MIN_MACS)),
        }
    }

    /// Starts to look up the keys by the head.
    ///
    /// # Errors
    ///
    /// Returns the head if the keys are [fetched](Self::fetch) after the body instead.
    #[cfg_attr(
        not(feature = "remote-keys"),
        expect(
            clippy::unnecessary_wraps,
            reason = "only published keys need the head back"
        )
    )]
    pub(super) fn look_up(&self, head: Parts) -> Result<LookUp, Box<Parts>> {
        match &self.origin {
            KeyOrigin::Source(source) => Ok(Arc::clone(source).look_up(head, self.deadline)),
            #[cfg(feature = "remote-keys")]
            KeyOrigin::Remote(_) => Err(Box::new(head)),
        }
    }

    /// Starts to fetch the published keys that a delivery names. Returns `None` if the keys were
    /// looked up by the head.
    #[cfg_attr(
        not(feature = "remote-keys"),
        expect(
            unused_variables,
            clippy::needless_pass_by_value,
            clippy::unnecessary_wraps,
            reason = "only published keys are fetched"
        )
    )]
    pub(super) fn fetch(
        &self,
        verifier: &Verifier,
        delivery: &Delivery,
        head: RequestHead<'_>,
        body: impl Iterator<Item: AsRef<[u8]>>,
    ) -> Result<Option<Fetch>, RejectionKind> {
        match &self.origin {
            KeyOrigin::Source(_) => Ok(None),
            #[cfg(feature = "remote-keys")]
            KeyOrigin::Remote(keys) => {
                // `WebhookLayer::with_remote_keys` accepts only schemes that say where their keys
                // are.
                let wanted = delivery.wanted(verifier.settings(), head, body)?;
                let wanted = wanted.ok_or(RejectionKind::UnknownTenant)?;
                let (keys, deadline) = (keys.clone(), self.deadline);
                Ok(Some(Box::pin(async move {
                    find_published(&keys, wanted, deadline).await
                })))
            }
        }
    }

    /// Decodes the keys that were found.
    pub(super) fn keyring(
        &self,
        found: KeyResult,
        scheme: &Scheme,
    ) -> Result<Arc<Keyring>, RejectionKind> {
        match found? {
            Some(keys) => keys
                .keyring(scheme)
                .map_err(|error| RejectionKind::key_source_failed(&error)),
            None => Ok(Arc::clone(&self.decoy)),
        }
    }

    /// Sets the keys of a delivery.
    pub(super) fn set_keys(
        &self,
        found: KeyResult,
        scheme: &Scheme,
        delivery: &mut Delivery,
    ) -> Result<(), RejectionKind> {
        let keyring = self.keyring(found, scheme)?;
        let keys = keyring.len().min(MAX_MACS);
        let most = self.most_keys.fetch_max(keys, Ordering::Relaxed);
        delivery.set_keyring(keyring, most.max(keys));
        Ok(())
    }
}

/// Finds the published keys of a delivery. Starts a refresh in a separate task if one is due.
#[cfg(feature = "remote-keys")]
async fn find_published(
    keys: &RemoteKeys,
    wanted: KeyLocator,
    deadline: Option<Duration>,
) -> KeyResult {
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

/// A [`KeySource`] of any type.
trait AnySource: Send + Sync {
    fn look_up(self: Arc<Self>, head: Parts, deadline: Option<Duration>) -> LookUp;
}

impl<S: KeySource> AnySource for S {
    fn look_up(self: Arc<Self>, head: Parts, deadline: Option<Duration>) -> LookUp {
        Box::pin(async move {
            let found = in_time(self.keys(RequestHead::from(&head)), deadline).await;
            (head, into_found(found, deadline))
        })
    }
}

/// `found` is `None` if the source took longer than the deadline.
fn into_found<E>(found: Option<Result<Option<Keys>, E>>, deadline: Option<Duration>) -> KeyResult
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

impl fmt::Debug for KeyLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLookup")
            .field("key_deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::{cell::Cell, convert::Infallible, iter, time::Duration};

    use http::Request;

    use super::KeyLookup;
    use crate::{
        head::RequestHead,
        keys::{Keys, Secret},
        providers,
        rejection::RejectionKind,
        verify::Verifier,
    };

    fn keys(count: usize) -> Option<Keys> {
        let secrets = (0..count).map(|at| Secret::new(format!("secret {at}")).unwrap());
        Keys::newest_first(secrets)
    }

    /// 29: a rejection costs as many MACs as any tenant has had keys, at least two and at most
    /// four, and more only if the tenant has more keys.
    #[test]
    fn a_rejection_does_not_reveal_the_number_of_keys() {
        let verifier = Verifier::without_keys(providers::github()).unwrap();
        let never = |_: RequestHead<'_>| async { Ok::<_, Infallible>(None) };
        let lookup = KeyLookup::new(never, verifier.scheme(), Duration::ZERO);
        let request = Request::post("/")
            .header("x-hub-signature-256", format!("sha256={:064}", 0))
            .body(())
            .unwrap();
        for (count, macs) in [
            (0, 2),
            (1, 2),
            (2, 2),
            (0, 2),
            (3, 3),
            (0, 3),
            (1, 3),
            (2, 3),
            (9, 9),
            (0, 4),
            (1, 4),
            (5, 5),
            (4, 4),
        ] {
            for is_streamed in [false, true] {
                let mut delivery = verifier.open(RequestHead::from(&request)).unwrap();
                let found = Ok(keys(count));
                lookup
                    .set_keys(found, verifier.scheme(), &mut delivery)
                    .unwrap();
                if is_streamed {
                    delivery.update(verifier.settings(), b"body");
                }
                let read = Cell::new(0);
                let body = || {
                    read.set(read.get() + 1);
                    iter::once(b"body")
                };
                let refused = delivery.finish(verifier.settings(), body).unwrap_err();
                let is_unknown = *refused.kind() == RejectionKind::UnknownTenant;
                assert_eq!(is_unknown, count == 0);
                // One of the MACs may have been streamed; the body is then read for its length.
                assert_eq!(read.get(), macs, "{count} keys");
            }
        }
    }
}
