use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;

use super::{
    Head, Session, Verified,
    head::Claims,
    keyring::Keyring,
    session::{Candidates, Delivery},
    window::Window,
};
use crate::{
    clock::{Clock, SystemClock},
    keys::{KeyError, Keys},
    providers::Provider,
    rejection::{Rejection, RejectionClass, RejectionKind},
    scheme::{Scheme, UnixTime},
};

/// Verifies the deliveries of one provider. Cheap to clone.
///
/// See the [module docs](crate::verify) for examples.
#[derive(Clone, Debug)]
pub struct Verifier(Arc<Shared>);

#[derive(Clone)]
struct Shared {
    provider: Provider,
    keys: Arc<Keyring>,
    window: Window,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// Puts a provider and its keys together.
    ///
    /// # Errors
    ///
    /// If a secret is not in the form that the provider's scheme takes; the error says which.
    pub fn new(provider: impl Into<Provider>, keys: impl Into<Keys>) -> Result<Self, KeyError> {
        let provider = provider.into();
        let keys = Arc::new(Keyring::new(provider.scheme(), &keys.into())?);
        let tolerance = provider.scheme().tolerance();
        Ok(Self(Arc::new(Shared {
            provider,
            keys,
            window: Window {
                past: tolerance,
                future: tolerance,
            },
            clock: Arc::new(SystemClock::new()),
        })))
    }

    /// Sets how far a timestamp may be from now, either way. Exactly as far is still good. Without
    /// effect where the scheme has no timestamp.
    ///
    /// # Security
    ///
    /// For so long a recorded delivery can be sent again.
    #[must_use]
    pub fn tolerance(self, tolerance: Duration) -> Self {
        self.past_tolerance(tolerance).future_tolerance(tolerance)
    }

    /// Sets how far a timestamp may lie in the past.
    #[must_use]
    pub fn past_tolerance(mut self, tolerance: Duration) -> Self {
        self.shared().window.past = tolerance;
        self
    }

    /// Sets how far a timestamp may lie in the future, for senders whose clock is ahead of ours.
    #[must_use]
    pub fn future_tolerance(mut self, tolerance: Duration) -> Self {
        self.shared().window.future = tolerance;
        self
    }

    /// Sets the clock; the operating system's unless set.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.shared().clock = Arc::new(clock);
        self
    }

    /// Sets the status that a class of refusals is answered with.
    #[must_use]
    pub fn status(mut self, class: RejectionClass, status: StatusCode) -> Self {
        let provider = self.0.provider.clone();
        self.shared().provider = provider.with_status(class, status);
        self
    }

    /// The scheme that deliveries are held against.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        self.0.provider.scheme()
    }

    /// Reads the head and refuses what can be refused without the body.
    ///
    /// In this order: the signatures, the timestamp, the id, whether the timestamp is near enough,
    /// whether the signed text can be cut in only one way.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] says which of them failed.
    pub fn begin<'h>(&self, head: impl Into<Head<'h>>) -> Result<Session, Rejection> {
        Ok(Session::new(self.clone(), self.open(head.into())?))
    }

    /// Verifies a delivery that is there as a whole.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin) and [`Session::finish`].
    pub fn verify<'h>(
        &self,
        head: impl Into<Head<'h>>,
        body: &[u8],
    ) -> Result<Verified, Rejection> {
        self.open(head.into())?.finish(self, [body])
    }

    /// As [`begin`](Self::begin), for those who have the verifier at hand until the end.
    #[inline]
    pub(crate) fn open(&self, head: Head<'_>) -> Result<Delivery, Rejection> {
        self.read(head).map_err(|kind| self.reject(kind))
    }

    #[inline]
    fn read(&self, head: Head<'_>) -> Result<Delivery, RejectionKind> {
        let spec = self.scheme().spec();
        let mut candidates = Candidates::new(spec.algorithm);
        let claims = Claims::read(head, spec, &mut candidates)?;
        if let (Some(timestamp), Some(time)) = (&spec.timestamp, claims.time) {
            let now = UnixTime::from(self.0.clock.now());
            self.0.window.check(now, time, timestamp.unit)?;
        }
        Delivery::new(&spec.message, candidates, &claims)
    }

    #[cold]
    pub(crate) fn reject(&self, kind: RejectionKind) -> Rejection {
        let name = Arc::clone(&self.scheme().spec().name);
        Rejection::new(name, kind, self.0.provider.statuses())
    }

    pub(super) fn keys(&self) -> &Keyring {
        &self.0.keys
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.0.provider
    }

    fn shared(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("provider", &self.provider)
            .field("keys", &self.keys)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
