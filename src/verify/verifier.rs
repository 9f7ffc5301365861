//! The verifier and its constructors.

use std::{
    iter,
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::{
    VerificationSession, Verified, delivery::Delivery, methods, settings::Settings,
    window::Tolerances,
};
use crate::{
    clock::Clock,
    handshake::Handshake,
    head::RequestHead,
    keys::{KeyHandle, Keyring, Keys},
    payload::JwsKind,
    providers::{CLASS_WITHOUT_TIMESTAMP, Provider},
    public_url::{PublicUrlError, PublicUrlErrorKind},
    rejection::{Rejection, RejectionClass, RejectionKind, Renderer},
    scheme::Scheme,
    setup::SetupError,
};

/// A verifier of the deliveries of one provider. Cheap to clone.
///
/// See the [module docs](crate::verify) for examples.
#[doc(alias = "signature")]
#[doc(alias = "constant_time")]
#[derive(Clone, Debug)]
pub struct Verifier(Arc<Settings>);

impl Verifier {
    /// Creates a verifier from a provider and its keys.
    ///
    /// # Errors
    ///
    /// - A secret is not in the form that the provider's scheme requires. The error names the
    ///   secret.
    /// - The scheme signs the URL, and the provider has no [`PublicUrl`](crate::PublicUrl).
    pub fn new(provider: impl Into<Provider>, keys: impl Into<Keys>) -> Result<Self, SetupError> {
        let provider = provider.into();
        let keyring = keys.into().keyring(provider.scheme())?;
        Self::with(provider, keyring, None)
    }

    /// Creates a verifier, like [`new`](Self::new), with a handle that replaces the keys of this
    /// verifier and its clones.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`new`](Self::new).
    pub fn with_reload_handle(
        provider: impl Into<Provider>,
        keys: impl Into<Keys>,
    ) -> Result<(Self, KeyHandle), SetupError> {
        let provider = provider.into();
        let scheme = provider.scheme().clone();
        let keyring = keys.into().keyring(&scheme)?;
        let keyring = Arc::new(ArcSwap::new(keyring));
        // A decoy instead of the first keys, because those could never be removed.
        let decoy = Arc::new(Keyring::decoy(&scheme));
        let verifier = Self::with(provider, decoy, Some(Arc::clone(&keyring)))?;
        Ok((verifier, KeyHandle::new(scheme, keyring)))
    }

    /// Creates a verifier that accepts only deliveries that are [given
    /// keys](Delivery::set_keyring).
    pub(crate) fn without_keys(provider: Provider) -> Result<Self, SetupError> {
        let decoy = Arc::new(Keyring::decoy(provider.scheme()));
        Self::with(provider, decoy, None)
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

    /// Sets how far a timestamp may be from now, in both directions (inclusive). Defaults to the
    /// tolerance of the scheme.
    ///
    /// [`past_tolerance`](Self::past_tolerance) and [`future_tolerance`](Self::future_tolerance)
    /// take precedence, in any order of the calls.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    ///
    /// # Security
    ///
    /// A captured delivery can be replayed for this long.
    #[doc(alias = "replay")]
    #[doc(alias = "max_age")]
    pub fn tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        self.set_tolerance("tolerance", |tolerances| tolerances.both = tolerance)
    }

    /// Sets how far a timestamp may be in the past (inclusive). Defaults to the
    /// [tolerance](Self::tolerance).
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn past_tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        self.set_tolerance("past_tolerance", |tolerances| {
            tolerances.past = Some(tolerance);
        })
    }

    /// Sets how far a timestamp may be in the future (inclusive), for senders whose clock is ahead.
    /// Defaults to the [tolerance](Self::tolerance).
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn future_tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        self.set_tolerance("future_tolerance", |tolerances| {
            tolerances.future = Some(tolerance);
        })
    }

    /// Sets the leeway of a web token's `exp` and `nbf`. Defaults to the
    /// [tolerance](Self::tolerance), which is then only the maximum age of `iat`.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the signature is not a web token with claims.
    pub fn leeway(mut self, leeway: Duration) -> Result<Self, SetupError> {
        if self.scheme().spec().format.jws_kind() != Some(JwsKind::Attached) {
            let reason = "the signature is not a web token; it applies to schemes with \
                          `SignatureFormat::jws`";
            return Err(SetupError::no_effect(self.scheme(), "leeway", reason));
        }
        self.settings_mut()
            .set_tolerances(|tolerances| tolerances.leeway = Some(leeway));
        Ok(self)
    }

    fn set_tolerance(
        mut self,
        setting: &'static str,
        set: impl FnOnce(&mut Tolerances),
    ) -> Result<Self, SetupError> {
        if !self.scheme().uses_tolerance() {
            return Err(no_tolerance(self.scheme(), setting));
        }
        self.settings_mut().set_tolerances(set);
        Ok(self)
    }

    /// Sets the tolerances, whether or not the scheme has a timestamp.
    #[cfg(feature = "diagnose")]
    pub(crate) fn with_tolerances(mut self, tolerances: Tolerances) -> Self {
        self.settings_mut().set_tolerances(|own| *own = tolerances);
        self
    }

    /// Sets the clock. Defaults to the system clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings_mut().clock = Arc::new(clock);
        self
    }

    /// Sets the status of a class of rejections.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] for [`InvalidTimestamp`](RejectionClass::InvalidTimestamp) and
    /// [`Expired`](RejectionClass::Expired) if the scheme has neither a timestamp nor a web token.
    pub fn rejection_status(
        mut self,
        class: RejectionClass,
        status: StatusCode,
    ) -> Result<Self, SetupError> {
        let scheme = self.scheme();
        if !class_can_occur(scheme, class) {
            return Err(SetupError::no_effect(
                scheme,
                "rejection_status",
                CLASS_WITHOUT_TIMESTAMP,
            ));
        }
        let settings = self.settings_mut();
        settings.provider = settings
            .provider
            .clone()
            .with_rejection_status(class, status);
        settings.responder_mut().set_status(class, status);
        Ok(self)
    }

    /// Sets the function that creates the responses to rejected requests.
    pub(crate) fn rejection_response(mut self, renderer: Arc<Renderer>) -> Self {
        self.settings_mut().responder_mut().set_renderer(renderer);
        self
    }

    /// Returns the scheme that deliveries are verified with.
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
    /// 3. the [required headers](crate::scheme::SchemeBuilder::require_header);
    /// 4. the timestamp and the ID;
    /// 5. the host, if the URL is signed;
    /// 6. whether a web token has expired, and whether the timestamp is within the tolerance;
    /// 7. whether the signed text is ambiguous.
    ///
    /// # Errors
    ///
    /// Returns a [`Rejection`] that says which check failed.
    pub fn begin<'h>(
        &self,
        head: impl Into<RequestHead<'h>>,
    ) -> Result<VerificationSession, Rejection> {
        let delivery = self.open_delivery(head.into())?;
        Ok(VerificationSession::new(Arc::clone(&self.0), delivery))
    }

    /// Verifies a delivery whose body is complete.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`begin`](Self::begin) and [`VerificationSession::finish`].
    pub fn verify<'h>(
        &self,
        head: impl Into<RequestHead<'h>>,
        body: &[u8],
    ) -> Result<Verified, Rejection> {
        self.open_delivery(head.into())?
            .finish(&self.0, || iter::once(body))
    }

    fn open_delivery(&self, head: RequestHead<'_>) -> Result<Delivery, Rejection> {
        self.check_method(head.method())
            .map_err(|kind| self.reject(kind))?;
        self.open(head)
    }

    /// Begins a delivery, like [`begin`](Self::begin), for callers that keep the verifier until the
    /// end and check the method themselves.
    pub(crate) fn open(&self, head: RequestHead<'_>) -> Result<Delivery, Rejection> {
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

    /// The handshakes that can be answered, with or without a handler of the data that they carry.
    pub(crate) fn answerable_handshakes(
        &self,
        has_handler: bool,
    ) -> impl Iterator<Item = &Handshake> {
        methods::answerable(self.provider(), has_handler)
    }

    pub(crate) fn reject(&self, kind: RejectionKind) -> Rejection {
        self.0.reject(kind)
    }

    /// Creates the response to a rejected request.
    pub(crate) fn respond(&self, rejection: Rejection, is_grpc: bool) -> Response<Bytes> {
        self.0.endpoint.responder.respond(rejection, is_grpc)
    }

    /// The tolerances as they were set.
    #[cfg(feature = "diagnose")]
    pub(crate) fn tolerances(&self) -> Tolerances {
        self.0.tolerances()
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

    /// Returns the provider whose deliveries this verifier accepts.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.0)
    }
}

/// Whether a rejection by this scheme can have this class.
fn class_can_occur(scheme: &Scheme, class: RejectionClass) -> bool {
    let is_about_time = matches!(
        class,
        RejectionClass::InvalidTimestamp | RejectionClass::Expired
    );
    !is_about_time || scheme.uses_tolerance()
}

/// The error of a tolerance for a scheme without a timestamp.
pub(crate) fn no_tolerance(scheme: &Scheme, setting: &'static str) -> SetupError {
    let reason = "the scheme has neither a timestamp nor a web token; it applies to schemes with \
                  `SchemeBuilder::timestamp`, `timestamp_header`, `timestamp_key` or \
                  `SignatureFormat::jws`";
    SetupError::no_effect(scheme, setting, reason)
}

/// Rejects a provider with a setting that is unknown, missing or without effect.
pub(crate) fn check_settings(provider: &Provider) -> Result<(), SetupError> {
    let scheme = provider.scheme();
    let name = || Arc::clone(&scheme.spec().name);
    if let Some(ignored) = provider.ignored_call() {
        return Err(SetupError::no_effect(
            scheme,
            ignored.setting,
            ignored.reason,
        ));
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

/// Whether a header and a body can contain the text.
fn is_printable(setting: &str) -> bool {
    !setting.is_empty() && setting.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
