use std::{
    fmt, iter,
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use http::StatusCode;

use super::web_token;
use super::{
    Session, Verified, claims::Claims, delivery::Delivery, methods::check_methods, token::Life,
    window::Window,
};
use crate::{
    clock::{Clock, SystemClock},
    handshake::Handshake,
    head::Head,
    keys::{KeyHandle, Keyring, Keys},
    providers::Provider,
    public_url::{PublicUrlError, PublicUrlErrorKind},
    rejection::{Rejection, RejectionClass, RejectionKind},
    scheme::{Scheme, TimestampUnit, UnixTime},
    setup::SetupError,
};

/// Verifies the deliveries of one provider. Cheap to clone.
///
/// See the [module docs](crate::verify) for examples.
#[derive(Clone, Debug)]
pub struct Verifier(Arc<Shared>);

#[derive(Clone)]
struct Shared {
    provider: Provider,
    /// The keys of a delivery that has none of its own.
    keyring: Arc<Keyring>,
    /// Where a delivery's own keys come from, if they can be replaced.
    reloadable: Option<Arc<ArcSwap<Keyring>>>,
    window: Window,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// Puts a provider and its keys together.
    ///
    /// # Errors
    ///
    /// If a secret is not in the form that the provider's scheme takes; the error says which. If the
    /// scheme signs the URL, and the provider has no [`PublicUrl`](crate::PublicUrl).
    pub fn new(provider: impl Into<Provider>, keys: impl Into<Keys>) -> Result<Self, SetupError> {
        let provider = provider.into();
        let keyring = keys.into().keyring(provider.scheme())?;
        Self::with(provider, keyring, None)
    }

    /// As [`new`](Self::new), with a handle that replaces the keys of this verifier and its clones.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn reloadable(
        provider: impl Into<Provider>,
        keys: impl Into<Keys>,
    ) -> Result<(Self, KeyHandle), SetupError> {
        let provider = provider.into();
        let scheme = provider.scheme().clone();
        let keyring = keys.into().keyring(&scheme)?;
        let keyring = Arc::new(ArcSwap::new(keyring));
        // Not the first keys, which nobody could take away.
        let decoy = Arc::new(Keyring::decoy(&scheme));
        let verifier = Self::with(provider, decoy, Some(Arc::clone(&keyring)))?;
        Ok((verifier, KeyHandle::new(scheme, keyring)))
    }

    /// A verifier that lets nothing pass but deliveries that are
    /// [given keys](Delivery::set_keyring).
    pub(crate) fn without_keys(provider: Provider) -> Result<Self, SetupError> {
        let decoy = Arc::new(Keyring::decoy(provider.scheme()));
        Self::with(provider, decoy, None)
    }

    /// A verifier for deliveries whose keys are [fetched](Session::fetch_keys).
    ///
    /// # Errors
    ///
    /// If the provider's scheme does not say where its keys are; as [`new`](Self::new) otherwise.
    #[cfg(feature = "remote-keys")]
    pub fn remote(provider: impl Into<Provider>) -> Result<Self, SetupError> {
        let provider = provider.into();
        let spec = provider.scheme().spec();
        if spec.remote_key.is_none() {
            let scheme = Arc::clone(&spec.name);
            return Err(SetupError::NoRemoteKeys { scheme });
        }
        Self::without_keys(provider)
    }

    fn with(
        provider: Provider,
        keyring: Arc<Keyring>,
        reloadable: Option<Arc<ArcSwap<Keyring>>>,
    ) -> Result<Self, SetupError> {
        let scheme = provider.scheme();
        if scheme.url_is_signed() && provider.public_url().is_none() {
            let scheme = Arc::clone(&scheme.spec().name);
            let missing = PublicUrlErrorKind::Missing { scheme };
            return Err(PublicUrlError::from(missing).into());
        }
        check_settings(&provider)?;
        check_methods(&provider)?;
        if let Some(setting) = provider
            .handshakes()
            .iter()
            .flat_map(Handshake::settings)
            .find(|name| provider.setting(name).is_some_and(|it| !is_printable(it)))
        {
            return Err(SetupError::MalformedSetting {
                scheme: Arc::clone(&scheme.spec().name),
                setting: setting.into(),
            });
        }
        let tolerance = scheme.tolerance();
        Ok(Self(Arc::new(Shared {
            provider,
            keyring,
            reloadable,
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

    /// Reads the head, and rejects requests that can be rejected without the body.
    ///
    /// The checks run in this order: the method, the signatures, the timestamp, the ID, the host if
    /// the URL is signed, whether the timestamp is within the tolerance, whether the signed text is
    /// ambiguous.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] says which of them failed.
    pub fn begin<'h>(&self, head: impl Into<Head<'h>>) -> Result<Session, Rejection> {
        Ok(Session::new(self.clone(), self.open_delivery(head.into())?))
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
        self.open_delivery(head.into())?
            .finish(self, || iter::once(body))
    }

    fn open_delivery(&self, head: Head<'_>) -> Result<Box<Delivery>, Rejection> {
        self.check_method(head.method())
            .map_err(|kind| self.reject(kind))?;
        self.open(head)
    }

    /// As [`begin`](Self::begin), for callers that hold the verifier until the end and check the
    /// method themselves.
    #[inline]
    pub(crate) fn open(&self, head: Head<'_>) -> Result<Box<Delivery>, Rejection> {
        self.read(head).map_err(|kind| self.reject(kind))
    }

    #[inline]
    fn read(&self, head: Head<'_>) -> Result<Box<Delivery>, RejectionKind> {
        let provider = &self.0.provider;
        let spec = provider.scheme().spec();
        let mut delivery = Box::<Delivery>::default();
        let candidates = &mut delivery.candidates;
        let token = match spec.layout.is_jws() {
            Some(is_detached) => Some(web_token::read(head, spec, is_detached, candidates)?),
            None => None,
        };
        let claims = Claims::read(head, provider, token.as_ref(), candidates)?;
        if let Some(token) = &token {
            let life = Life::of(token, spec)?;
            let now = UnixTime::from(self.now());
            self.0.window.check_life(now, &life)?;
        }
        if let Some(time) = claims.time {
            self.check(time)?;
        }
        let keyring = self
            .0
            .reloadable
            .as_ref()
            .map(|keyring| keyring.load_full());
        delivery.note(spec, &claims, keyring)?;
        Ok(delivery)
    }

    /// Holds a timestamp against the clock.
    pub(super) fn check(&self, time: UnixTime) -> Result<(), RejectionKind> {
        let now = UnixTime::from(self.now());
        let unit = self.scheme().timestamp_unit();
        self.0
            .window
            .check(now, time, unit.unwrap_or(TimestampUnit::Seconds))
    }

    /// For how long a delivery can be sent again and pass; `None` for ever.
    pub(super) fn replay_window(&self) -> Option<Duration> {
        let is_timed = self.scheme().spec().signs_timestamp;
        is_timed.then(|| self.0.window.whole()).flatten()
    }

    #[cold]
    pub(crate) fn reject(&self, kind: RejectionKind) -> Rejection {
        let name = Arc::clone(&self.scheme().spec().name);
        Rejection::new(name, kind, self.0.provider.statuses())
    }

    /// How far a timestamp may be from now: past and future.
    #[cfg(feature = "diagnose")]
    pub(crate) fn tolerances(&self) -> [Duration; 2] {
        [self.0.window.past, self.0.window.future]
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    /// The keys of a request that is no delivery, if they need not be looked up.
    pub(crate) fn current_keyring(&self) -> Arc<Keyring> {
        let reloadable = self.0.reloadable.as_ref();
        reloadable.map_or_else(
            || Arc::clone(&self.0.keyring),
            |keyring| keyring.load_full(),
        )
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.0.clock.now()
    }

    /// The provider whose deliveries these are.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    fn shared(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.0)
    }
}

/// Refuses a provider without a setting that its scheme signs.
pub(crate) fn check_settings(provider: &Provider) -> Result<(), SetupError> {
    let scheme = provider.scheme();
    let name = || Arc::clone(&scheme.spec().name);
    if let Some(ignored) = provider.ignored_call() {
        return Err(SetupError::NoEffect {
            scheme: name(),
            setting: ignored.setting,
            reason: ignored.reason,
        });
    }
    let known = provider.known_settings();
    if let Some(setting) = provider.given_settings().find(|name| !known.contains(name)) {
        return Err(SetupError::UnknownSetting {
            scheme: name(),
            setting: Arc::clone(setting),
            known,
        });
    }
    let mut settings = scheme.settings();
    match settings.find(|name| provider.setting(name).is_none_or(str::is_empty)) {
        None => Ok(()),
        Some(setting) => Err(SetupError::MissingSetting {
            scheme: name(),
            setting: setting.into(),
        }),
    }
}

/// What a header and a body can hold.
fn is_printable(setting: &str) -> bool {
    !setting.is_empty() && setting.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reloadable = self.reloadable.as_ref();
        let keyring = reloadable.map(|keyring| keyring.load_full());
        let keyring = keyring.as_ref().unwrap_or(&self.keyring);
        f.debug_struct("Shared")
            .field("provider", &self.provider)
            .field("keyring", &keyring)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
