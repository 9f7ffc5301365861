use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;

use super::{Head, Session, Verified, head::Claims, keyring::Keyring, window::Window};
use crate::{
    clock::{Clock, SystemClock},
    keys::{KeyError, Keys},
    providers::Provider,
    rejection::{Refusal, Rejection, RejectionKind},
    scheme::{Scheme, UnixTime},
};

/// Verifies the deliveries of one provider. Cheap to clone.
///
/// See the [module docs](crate::verify) for examples.
#[derive(Clone, Debug)]
pub struct Verifier(Arc<Shared>);

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) provider: Provider,
    pub(super) keys: Arc<Keyring>,
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

    /// Sets how far a timestamp may be from now, either way. Exactly as far is still good.
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
    pub fn status(mut self, refusal: Refusal, status: StatusCode) -> Self {
        let provider = self.0.provider.clone();
        self.shared().provider = provider.with_status(refusal, status);
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
    #[inline]
    pub fn begin(&self, head: &Head<'_>) -> Result<Session, Rejection> {
        let spec = self.scheme().spec();
        let claims = match Claims::read(*head, spec) {
            Ok(claims) => claims,
            Err(kind) => return Err(self.reject(kind)),
        };
        if let (Some(timestamp), Some(time)) = (&spec.timestamp, claims.time) {
            let now = UnixTime::from(self.0.clock.now());
            let window = self.0.window.check(now, time, timestamp.unit);
            window.map_err(|kind| self.reject(kind))?;
        }
        Session::new(&self.0, claims)
    }

    /// Verifies a delivery that is there as a whole.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin) and [`Session::finish`].
    pub fn verify(&self, head: &Head<'_>, body: &[u8]) -> Result<Verified, Rejection> {
        self.begin(head)?.finish([body])
    }

    /// A rejection by something around the verification, as the layer is.
    pub(crate) fn reject(&self, kind: RejectionKind) -> Rejection {
        self.0.reject(kind)
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.0.provider
    }

    fn shared(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.0)
    }
}

impl Shared {
    #[cold]
    pub(super) fn reject(&self, kind: RejectionKind) -> Rejection {
        let name = Arc::clone(&self.provider.scheme().spec().name);
        Rejection::new(name, kind, self.provider.statuses())
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
