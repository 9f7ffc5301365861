//! The layer and its settings.

use std::{error::Error, fmt, future::Future, marker::PhantomData, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Response, StatusCode};
use tower_layer::Layer;

use super::{
    config::{Config, data_handler},
    keys::KeyLookup,
    observe::RequestOutcome,
    service::Webhook,
};
#[cfg(feature = "diagnose")]
use crate::diagnose::{Diagnosis, DiagnosisWorker};
use crate::{
    body::{MemoryBudget, VerifiedBody},
    clock::Clock,
    handshake::{Acceptance, Handshake, HandshakeData},
    keys::{KeyHandle, KeySource, Keys},
    providers::Provider,
    rejection::{Rejection, RejectionClass},
    setup::SetupError,
    verify::Verifier,
};
#[cfg(feature = "remote-keys")]
use crate::{keys::RemoteKeys, verify::RemoteVerifier};

/// Less than the three seconds that Slack waits for a response.
const DEFAULT_KEY_DEADLINE: Duration = Duration::from_secs(2);

const NO_HANDSHAKES: &str = "the provider has no handshakes that could be answered; it applies to \
                             providers whose `Provider::handshakes` have their settings";
const NO_HANDSHAKES_WITH_DATA: &str = "no handshake of the provider carries data; it applies to \
                                       providers with `Handshake::provides`, such as `asana`, \
                                       `notion` and `aws_sns`";
const HANDSHAKES_ARE_OFF: &str = "`without_handshakes` was called, so the handler is never called";

/// A layer that applies [`Webhook`] to a service. Cheap to clone.
///
/// `B` is the type of the forwarded body; [`forward_body`](Self::forward_body) changes it.
///
/// See the [module docs](crate::webhook) for an example.
#[doc(alias = "middleware")]
#[doc(alias = "signature")]
#[must_use]
pub struct WebhookLayer<B = VerifiedBody> {
    config: Arc<Config>,
    body: PhantomData<fn() -> B>,
}

impl WebhookLayer {
    /// Creates a layer that forwards deliveries that `provider` has signed with one of `keys`.
    ///
    /// A custom [`Scheme`](crate::Scheme) can be used as the provider, and a single
    /// [`Secret`](crate::Secret) as the keys.
    ///
    /// If the provider does not [use](Provider::with_methods) the method of a request, the layer
    /// answers 405 with `Allow`.
    ///
    /// # Errors
    ///
    /// - A secret is not in the form that the scheme expects. The error says which one.
    /// - The scheme signs the URL, and the provider has no [`PublicUrl`](crate::PublicUrl).
    /// - The provider has no [method](Provider::with_methods), or lists `CONNECT` or `TRACE`.
    pub fn new(provider: impl Into<Provider>, keys: impl Into<Keys>) -> Result<Self, SetupError> {
        Verifier::new(provider, keys).map(Self::from)
    }

    /// Creates a layer like [`new`](Self::new), and a handle that replaces its keys at run time.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`new`](Self::new).
    pub fn with_reload_handle(
        provider: impl Into<Provider>,
        keys: impl Into<Keys>,
    ) -> Result<(Self, KeyHandle), SetupError> {
        let (verifier, handle) = Verifier::with_reload_handle(provider, keys)?;
        Ok((verifier.into(), handle))
    }

    /// Creates a layer that looks up the keys of each request.
    ///
    /// The look-up starts once the head has been checked, and before the body is read. If the
    /// source has no keys for a request, the request is rejected like one with a wrong
    /// signature. If the source fails or exceeds the [deadline](Self::key_deadline), the
    /// response is 503 with `Retry-After`.
    ///
    /// # Errors
    ///
    /// - The scheme signs the URL, and the provider has no [`PublicUrl`](crate::PublicUrl).
    /// - The provider has no [method](Provider::with_methods), or lists `CONNECT` or `TRACE`.
    ///
    /// # Security
    ///
    /// An unknown tenant gets the same response as a wrong signature. It costs as many MACs as the
    /// largest number of keys of any tenant so far: at least two, at most four. The source must
    /// take the same time for known and unknown tenants, so it should cache its [`Keys`].
    pub fn with_key_source(
        provider: impl Into<Provider>,
        source: impl KeySource,
    ) -> Result<Self, SetupError> {
        let verifier = Verifier::without_keys(provider.into())?;
        let keys = KeyLookup::new(source, verifier.scheme(), DEFAULT_KEY_DEADLINE);
        let mut layer = Self::from(verifier);
        layer.config_mut().keys = Some(keys);
        Ok(layer)
    }

    /// Creates a layer that fetches the public keys that the provider publishes, and caches them.
    ///
    /// The layer fetches keys after it has read the body, because some providers name the key
    /// there. A delivery whose key is not published is answered as one with a wrong signature. If
    /// the fetch fails, takes longer than the [deadline](Self::key_deadline) or exceeds the
    /// [limit](RemoteKeys::fetches_per_minute), the delivery is verified with [stale
    /// keys](RemoteKeys#refresh), or rejected with 503 and `Retry-After`.
    ///
    /// # Errors
    ///
    /// The provider's scheme does not say where its keys are, or any error of [`new`](Self::new).
    ///
    /// # Security
    ///
    /// The fetched keys decide which deliveries pass; see [`KeyFetcher`](crate::keys::KeyFetcher).
    /// For how long a withdrawn key can pass, see [`RemoteKeys`].
    #[cfg(feature = "remote-keys")]
    pub fn with_remote_keys(
        provider: impl Into<Provider>,
        keys: RemoteKeys,
    ) -> Result<Self, SetupError> {
        RemoteVerifier::new(provider, keys).map(Self::from)
    }
}

/// A [`Verifier`] always has its keys. For published keys, use [`RemoteVerifier`].
impl From<Verifier> for WebhookLayer {
    fn from(verifier: Verifier) -> Self {
        Self {
            config: Arc::new(Config::new(verifier)),
            body: PhantomData,
        }
    }
}

#[cfg(feature = "remote-keys")]
impl From<RemoteVerifier> for WebhookLayer {
    fn from(verifier: RemoteVerifier) -> Self {
        let (verifier, keys) = verifier.into_parts();
        let keys = KeyLookup::remote(keys, verifier.scheme(), DEFAULT_KEY_DEADLINE);
        let mut layer = Self::from(verifier);
        layer.config_mut().keys = Some(keys);
        layer
    }
}

impl<B> WebhookLayer<B> {
    /// Sets the maximum body size, in bytes (inclusive). A larger body is answered 413.
    ///
    /// Defaults to the limit of the provider, or to 1 MiB.
    #[doc(alias = "max_body_size")]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.config_mut().body_limit = bytes;
        self
    }

    /// Sets the time that a body may take to arrive, from the first time that the layer has to wait
    /// for it. A slower body is answered 408.
    ///
    /// Defaults to 10 s. `None` disables the deadline.
    ///
    /// # Panics
    ///
    /// With a deadline, the response future needs a Tokio runtime with its timer enabled if a body
    /// does not arrive at once, or comes in 256 frames or more. It panics without one. On another
    /// runtime, set `None` and put a timeout of that runtime around the layer.
    ///
    /// # Security
    ///
    /// Without a deadline, any client can hold a connection and the bytes that it has sent for
    /// ever. A timestamp in the head is checked before the keys are looked up and the body is read.
    /// When the service is called, the delivery may be older by both deadlines, and by the time
    /// until the service is ready.
    #[doc(alias = "timeout")]
    pub fn body_deadline(mut self, deadline: impl Into<Option<Duration>>) -> Self {
        self.config_mut().body_deadline = deadline.into();
        self
    }

    /// Sets the timeout for key lookups. Defaults to 2 s. `None` disables the timeout.
    ///
    /// If the [key source](Self::with_key_source) takes longer, the request is answered 503 with
    /// `Retry-After`. The log does not say why the source was slow, so set shorter timeouts in the
    /// source.
    ///
    /// The timeout also applies to the background refresh of [published
    /// keys](Self::with_remote_keys). `None` disables the refresh.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the layer has fixed keys, and therefore looks up none.
    ///
    /// # Panics
    ///
    /// With a deadline, the response future needs a Tokio runtime with its timer enabled whenever
    /// the source does not answer at once, and panics without one.
    pub fn key_deadline(
        mut self,
        deadline: impl Into<Option<Duration>>,
    ) -> Result<Self, SetupError> {
        match &mut self.config_mut().keys {
            Some(keys) => {
                keys.deadline = deadline.into();
                Ok(self)
            }
            None => Err(self.no_effect(
                "key_deadline",
                "the layer does not look up keys; it applies to `WebhookLayer::with_key_source` \
                 and `WebhookLayer::with_remote_keys`",
            )),
        }
    }

    /// Sets how far a timestamp may be from now, in both directions (inclusive).
    ///
    /// Defaults to the tolerance of the scheme. [`past_tolerance`](Self::past_tolerance) and
    /// [`future_tolerance`](Self::future_tolerance) take precedence, in any order of the calls.
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
        self.try_map_verifier(|verifier| verifier.tolerance(tolerance))
    }

    /// Sets how far a timestamp may be in the past (inclusive). Defaults to the
    /// [tolerance](Self::tolerance).
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn past_tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        self.try_map_verifier(|verifier| verifier.past_tolerance(tolerance))
    }

    /// Sets how far a timestamp may be in the future (inclusive), for senders whose clock is ahead.
    /// Defaults to the [tolerance](Self::tolerance).
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn future_tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        self.try_map_verifier(|verifier| verifier.future_tolerance(tolerance))
    }

    /// Sets the leeway of a web token's `exp` and `nbf`. Defaults to the
    /// [tolerance](Self::tolerance), which is then only the maximum age of `iat`.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the signature is not a web token with claims.
    pub fn leeway(self, leeway: Duration) -> Result<Self, SetupError> {
        self.try_map_verifier(|verifier| verifier.leeway(leeway))
    }

    /// Sets the clock for timestamps and for the [expiry](crate::Secret::not_after) of keys.
    /// Defaults to the system clock.
    pub fn clock(self, clock: impl Clock) -> Self {
        self.map_verifier(|verifier| verifier.clock(clock))
    }

    /// Sets the memory that all unverified bodies may use together. By default, it is unlimited.
    ///
    /// If the budget is used up, the response is 503 with `Retry-After`. A body that is larger than
    /// the whole budget is answered 413.
    pub fn memory_budget(mut self, budget: MemoryBudget) -> Self {
        self.config_mut().budget = Some(budget);
        self
    }

    /// Rejects bodies with trailers, which no signature covers. Trailers are forwarded by default.
    /// It has no effect on requests without trailers.
    pub fn reject_trailers(mut self) -> Self {
        self.config_mut().rejects_trailers = true;
        self
    }

    /// Disables the answers to [handshakes](crate::handshake). Handshakes without a signature are
    /// rejected like other requests, and signed ones are forwarded to the service. By default,
    /// handshakes are answered.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the layer would not answer any handshake: the provider
    /// [has none](Provider::handshakes), lacks the settings that they need, or has only handshakes
    /// that need a [handler](Self::on_handshake_data). Also if
    /// [`on_handshake_data`](Self::on_handshake_data) was called, because its handler would not be.
    pub fn without_handshakes(mut self) -> Result<Self, SetupError> {
        let config = self.config_mut();
        // Without a handler, a handshake whose data must be handed over is not answered in any
        // case.
        let has_handler = config.data_handler.is_some();
        let answers = config.verifier.answerable_handshakes(has_handler).next();
        if answers.is_none() {
            return Err(self.no_effect("without_handshakes", NO_HANDSHAKES));
        }
        if has_handler {
            return Err(self.no_effect("on_handshake_data", HANDSHAKES_ARE_OFF));
        }
        config.answers_handshakes = false;
        Ok(self)
    }

    /// Registers a handler for handshakes that carry data: secrets that Asana and Notion issue, and
    /// Amazon SNS subscription confirmations.
    ///
    /// Without a handler, Asana's handshake is answered and its secret is discarded. Requests from
    /// Notion and Amazon SNS are treated as deliveries.
    ///
    /// The result of the handler determines the response:
    ///
    /// - [`Accept`](Acceptance::Accept): the answer that the provider expects.
    /// - [`Reject`](Acceptance::Reject): 403.
    /// - An error: 503 with `Retry-After`. Its text is logged.
    ///
    /// The only deadline is that of the provider, which is a few seconds.
    ///
    /// ```
    /// use std::{convert::Infallible, sync::{Arc, Mutex}};
    /// use tower_webhook::{
    ///     Keys, RequestHead, Secret, WebhookLayer,
    ///     handshake::{Acceptance, HandshakeDataValue}, providers,
    /// };
    ///
    /// # fn main() -> Result<(), tower_webhook::SetupError> {
    /// let stored = Arc::new(Mutex::new(None::<Keys>)); // in a database, one for each webhook
    /// let found = Arc::clone(&stored);
    /// let layer = WebhookLayer::with_key_source(providers::asana(), move |_: RequestHead<'_>| {
    ///     let keys = found.lock().map_or(None, |keys| keys.clone());
    ///     async { Ok::<_, Infallible>(keys) }
    /// })?
    /// .on_handshake_data(move |data| {
    ///     let stored = Arc::clone(&stored);
    ///     async move {
    ///         let HandshakeDataValue::Secret(secret) = data.value() else {
    ///             return Ok::<_, tower_webhook::SetupError>(Acceptance::Reject);
    ///         };
    ///         let secret = Secret::new(secret.expose_secret())?;
    ///         // Asana sends one secret per webhook, so a second one is from another client.
    ///         let mut stored = stored.lock().unwrap_or_else(|it| it.into_inner());
    ///         if stored.is_some() {
    ///             return Ok(Acceptance::Reject);
    ///         }
    ///         *stored = Some(secret.into());
    ///         Ok(Acceptance::Accept)
    ///     }
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if no handshake of the provider carries data, or
    /// [`without_handshakes`](Self::without_handshakes) was called.
    ///
    /// # Security
    ///
    /// A handshake that [is not signed](HandshakeData::is_signed) can come from any client at any
    /// time. Accept one only while you wait for it. Amazon signs the messages of every topic, so
    /// check the topic.
    pub fn on_handshake_data<F, Fut, E>(mut self, handler: F) -> Result<Self, SetupError>
    where
        F: Fn(HandshakeData) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Acceptance, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let config = self.config_mut();
        let carries_data = |handshake: &Handshake| handshake.data_kind().is_some();
        let has_data = config
            .verifier
            .answerable_handshakes(true)
            .any(carries_data);
        if !has_data {
            return Err(self.no_effect("on_handshake_data", NO_HANDSHAKES_WITH_DATA));
        }
        if !config.answers_handshakes {
            return Err(self.no_effect("on_handshake_data", HANDSHAKES_ARE_OFF));
        }
        config.data_handler = Some(data_handler(handler));
        Ok(self)
    }

    /// Sets the status of a class of rejections. It also applies to a
    /// [`DedupeLayer`](crate::DedupeLayer) inside of this layer. Responses to gRPC requests always
    /// have the status 200.
    ///
    /// Keep a 5xx status for [`Unavailable`](RejectionClass::Unavailable). A sender that gets 2xx
    /// or 4xx may not retry, and the delivery is lost.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] for [`InvalidTimestamp`](RejectionClass::InvalidTimestamp) and
    /// [`Expired`](RejectionClass::Expired) if the scheme has neither a timestamp nor a web token.
    pub fn rejection_status(
        self,
        class: RejectionClass,
        status: StatusCode,
    ) -> Result<Self, SetupError> {
        self.try_map_verifier(|verifier| verifier.rejection_status(class, status))
    }

    /// Sets the function that creates the responses to rejected requests. Defaults to
    /// [`rejection::json`](crate::rejection::json), or to a response without a body if the provider
    /// requires [empty responses](crate::providers::Provider::with_empty_responses). It also
    /// applies to a [`DedupeLayer`](crate::DedupeLayer) inside of this layer.
    ///
    /// The layer adds the rejection to the extensions of the response. gRPC requests get
    /// [`rejection::grpc`](crate::rejection::grpc), and not the response of this function.
    ///
    /// # Security
    ///
    /// Show senders the [`RejectionClass`] and no more. The
    /// [`RejectionKind`](crate::rejection::RejectionKind) tells an attacker how close a forgery is.
    pub fn rejection_response(
        self,
        renderer: impl Fn(&Rejection) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.map_verifier(|verifier| verifier.rejection_response(Arc::new(renderer)))
    }

    /// Registers a callback that runs after each decision, for metrics. No callback is registered
    /// by default. A request whose client disconnects before the decision has no outcome.
    ///
    /// The callback delays the request, so it should only count. Move longer work to a task.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use tower_webhook::{Secret, WebhookLayer, providers, webhook::{RequestOutcome, Decision}};
    ///
    /// static REFUSED: AtomicUsize = AtomicUsize::new(0);
    ///
    /// # fn main() -> Result<(), tower_webhook::SetupError> {
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// let layer = WebhookLayer::new(providers::github(), secret)?
    ///     .on_outcome(|outcome: &RequestOutcome<'_>| {
    ///         if let Decision::Rejected(rejection) = outcome.decision() {
    ///             REFUSED.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     });
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_outcome(
        mut self,
        callback: impl Fn(&RequestOutcome<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.config_mut().observer.callback = Some(Arc::new(callback));
        self
    }

    /// Diagnoses rejected deliveries, and passes each diagnosis to `sink`. Requires the feature
    /// `diagnose`. Use [`diagnose::log`](crate::diagnose::log) as the sink to log each diagnosis at
    /// warn level, or a closure.
    ///
    /// The work is done in Tokio's pool of blocking threads, for one delivery at a time. It starts
    /// 100 ms after the rejection, so that it does not delay the response. `sink` runs in the same
    /// thread, and in the span of the request. A runtime that shuts down waits for the diagnosis
    /// that is running, and drops those that have not started. Outside of a Tokio runtime, no
    /// delivery is diagnosed.
    ///
    /// The work is limited:
    ///
    /// - At most one delivery per [`RejectionKind`](crate::rejection::RejectionKind) is diagnosed
    ///   every 10 seconds, across all tenants.
    /// - A diagnosis is reported once a minute. Two diagnoses are equal if the reason, the tenant,
    ///   the label of the current secret and the findings are equal, and whether each is proven.
    /// - A rejection that cannot be explained is not reported.
    /// - A delivery that was rejected by its head is diagnosed without its body.
    /// - At most three secrets are tried, and 256 MiB are hashed for one delivery. Bodies over 1
    ///   MiB are not diagnosed.
    /// - The bodies of at most nine deliveries are kept. No [`MemoryBudget`] counts them.
    ///
    /// A layer with a [key source](Self::with_key_source) tries the secrets that the source has
    /// found. Any other layer needs [keys that are kept](Keys::keep_for_diagnosis).
    ///
    /// See [`diagnose`](crate::diagnose).
    ///
    /// # Errors
    ///
    /// The keys of the layer were not [kept](Keys::keep_for_diagnosis).
    ///
    /// # Security
    ///
    /// Never show the diagnosis to a client, because it would be an oracle. An attacker who floods
    /// the endpoint with forgeries displaces other deliveries that are rejected for the same
    /// reason, and no others. A delivery of an unknown tenant is diagnosed in the place of one
    /// with a wrong signature, and nearly as much is hashed for it.
    #[cfg(feature = "diagnose")]
    pub fn diagnose(
        mut self,
        sink: impl Fn(&Diagnosis) + Send + Sync + 'static,
    ) -> Result<Self, SetupError> {
        let Config { keys, verifier, .. } = &*self.config;
        if keys.is_none() && verifier.current_keyring().kept_secrets().is_empty() {
            let scheme = Arc::clone(&verifier.scheme().spec().name);
            return Err(SetupError::SecretsNotKept { scheme });
        }
        self.config_mut().diagnosis = Some(DiagnosisWorker::new(sink));
        Ok(self)
    }

    /// Changes the type of the forwarded body to one that is created from [`VerifiedBody`].
    ///
    /// Use it for services that accept one body type only, as axum's `from_fn` does
    /// (`forward_body::<axum::body::Body>()`, with the `axum` feature). The type [`VerifiedBody`]
    /// no longer proves that the layer is there. [`Verified`](crate::Verified) in the
    /// extensions does.
    pub fn forward_body<B2>(self) -> WebhookLayer<B2>
    where
        B2: From<VerifiedBody>,
    {
        WebhookLayer {
            config: self.config,
            body: PhantomData,
        }
    }

    fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }

    fn map_verifier(mut self, change: impl FnOnce(Verifier) -> Verifier) -> Self {
        let config = self.config_mut();
        config.verifier = change(config.verifier.clone());
        self
    }

    fn try_map_verifier(
        mut self,
        change: impl FnOnce(Verifier) -> Result<Verifier, SetupError>,
    ) -> Result<Self, SetupError> {
        let config = self.config_mut();
        config.verifier = change(config.verifier.clone())?;
        Ok(self)
    }

    fn no_effect(&self, setting: &'static str, reason: &'static str) -> SetupError {
        SetupError::no_effect(self.config.verifier.scheme(), setting, reason)
    }
}

impl<S, B> Layer<S> for WebhookLayer<B> {
    type Service = Webhook<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        Webhook::new(inner, Arc::clone(&self.config))
    }
}

// Derived impls would require the same of `B`.
impl<B> Clone for WebhookLayer<B> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            body: PhantomData,
        }
    }
}

impl<B> fmt::Debug for WebhookLayer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookLayer")
            .field("config", &self.config)
            .finish()
    }
}
