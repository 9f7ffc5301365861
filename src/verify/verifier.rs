use std::{
    iter,
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::{Session, Verified, delivery::Delivery, methods, settings::Settings, window::Window};
use crate::{
    clock::Clock,
    handshake::Handshake,
    head::Head,
    keys::{KeyHandle, Keyring, Keys},
    providers::Provider,
    public_url::{PublicUrlError, PublicUrlErrorKind},
    rejection::{Rejection, RejectionClass, RejectionKind, Renderer},
    scheme::Scheme,
    setup::SetupError,
};

/// Verifies the deliveries of one provider. Cheap to clone.
///
/// See the [module docs](crate::verify) for examples.
#[derive(Clone, Debug)]
pub struct Verifier(Arc<Settings>);

impl Verifier {
    /// Puts a provider and its keys together.
    ///
    /// # Errors
    ///
    /// If a secret is not in the form that the provider's scheme takes; the error says which. If
    /// the scheme signs the URL, and the provider has no [`PublicUrl`](crate::PublicUrl).
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
        methods::check_methods(&provider)?;
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
        Ok(Self(Arc::new(Settings::new(provider, keyring, reloadable))))
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
        let window = self.0.window();
        self.settings_mut().set_window(Window {
            past: tolerance,
            ..window
        });
        self
    }

    /// Sets how far a timestamp may lie in the future, for senders whose clock is ahead of ours.
    #[must_use]
    pub fn future_tolerance(mut self, tolerance: Duration) -> Self {
        let window = self.0.window();
        self.settings_mut().set_window(Window {
            future: tolerance,
            ..window
        });
        self
    }

    /// Sets the clock; the operating system's unless set.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings_mut().clock = Arc::new(clock);
        self
    }

    /// Sets the status that a class of refusals is answered with.
    #[must_use]
    pub fn status(mut self, class: RejectionClass, status: StatusCode) -> Self {
        let settings = self.settings_mut();
        settings.provider = settings.provider.clone().with_status(class, status);
        settings.responder_mut().set_status(class, status);
        self
    }

    /// Sets the function that creates the responses to rejected requests.
    pub(crate) fn renderer(mut self, renderer: Arc<Renderer>) -> Self {
        self.settings_mut().responder_mut().set_renderer(renderer);
        self
    }

    /// The scheme that deliveries are held against.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        self.0.provider.scheme()
    }

    /// Reads the head, and rejects requests that can be rejected without the body.
    ///
    /// The checks run in this order:
    ///
    /// 1. the method;
    /// 2. the signatures;
    /// 3. the [guards](crate::scheme::SchemeBuilder::guard);
    /// 4. the timestamp and the ID;
    /// 5. the host, if the URL is signed;
    /// 6. whether a web token has expired, and whether the timestamp is within the tolerance;
    /// 7. whether the signed text is ambiguous.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] says which of them failed.
    pub fn begin<'h>(&self, head: impl Into<Head<'h>>) -> Result<Session, Rejection> {
        let delivery = self.open_delivery(head.into())?;
        Ok(Session::new(Arc::clone(&self.0), delivery))
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
            .finish(&self.0, || iter::once(body))
    }

    fn open_delivery(&self, head: Head<'_>) -> Result<Delivery, Rejection> {
        self.check_method(head.method())
            .map_err(|kind| self.reject(kind))?;
        self.open(head)
    }

    /// As [`begin`](Self::begin), for callers that hold the verifier until the end and check the
    /// method themselves.
    pub(crate) fn open(&self, head: Head<'_>) -> Result<Delivery, Rejection> {
        let mut delivery = Delivery::default();
        let opened = delivery.open(&self.0, head);
        opened.map_err(|kind| self.reject(kind))?;
        Ok(delivery)
    }

    /// The configuration, for a [`Delivery`].
    pub(crate) fn settings(&self) -> &Settings {
        &self.0
    }

    /// Rejects a method that the provider does not deliver with.
    pub(crate) fn check_method(&self, method: &Method) -> Result<(), RejectionKind> {
        methods::check_method(self.provider(), method)
    }

    /// Rejects a method that the provider uses neither for deliveries nor for a handshake that can
    /// be answered.
    pub(crate) fn check_method_with_handshakes(
        &self,
        method: &Method,
        has_handler: bool,
    ) -> Result<(), RejectionKind> {
        methods::check_method_with_handshakes(self.provider(), method, has_handler)
    }

    pub(crate) fn reject(&self, kind: RejectionKind) -> Rejection {
        self.0.reject(kind)
    }

    /// Creates the response to a rejected request.
    pub(crate) fn respond(&self, rejection: Rejection, is_grpc: bool) -> Response<Bytes> {
        self.0.endpoint.responder.respond(rejection, is_grpc)
    }

    /// How far a timestamp may be from now: past and future.
    #[cfg(feature = "diagnose")]
    pub(crate) fn tolerances(&self) -> [Duration; 2] {
        let window = self.0.window();
        [window.past, window.future]
    }

    /// The keys of a request that is not a delivery, if they are not looked up.
    pub(crate) fn current_keyring(&self) -> Arc<Keyring> {
        let reloadable = self.0.reloadable.as_ref();
        reloadable.map_or_else(
            || Arc::clone(&self.0.keyring),
            |keyring| keyring.load_full(),
        )
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.0.now()
    }

    /// The provider whose deliveries these are.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.0)
    }
}

/// Rejects a provider with a setting that is unknown, missing or without effect.
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
