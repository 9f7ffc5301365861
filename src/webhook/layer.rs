use std::{error::Error, fmt, future::Future, marker::PhantomData, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Response, StatusCode};
use tower_layer::Layer;

#[cfg(feature = "diagnose")]
use super::watch::Watch;
use super::{
    config::{Config, handover_handler},
    keys::KeyLookup,
    observe::Outcome,
    service::Webhook,
};
#[cfg(feature = "diagnose")]
use crate::diagnose::Diagnosis;
#[cfg(feature = "remote-keys")]
use crate::keys::RemoteKeys;
use crate::{
    body::{MemoryBudget, VerifiedBody},
    clock::Clock,
    handshake::{Decision, Handover},
    keys::{KeyHandle, KeySource, Keys},
    providers::Provider,
    rejection::{Rejection, RejectionClass},
    setup::SetupError,
    verify::Verifier,
};

/// Slack gives up on an answer after three.
const DEFAULT_KEY_DEADLINE: Duration = Duration::from_secs(2);

/// Applies [`Webhook`] to a service. Cheap to clone.
///
/// `B` is the type of the body handed inward; [`forward_body`](Self::forward_body) changes it.
///
/// See the [module docs](crate::webhook) for an example.
#[must_use]
pub struct WebhookLayer<B = VerifiedBody> {
    config: Arc<Config>,
    body: PhantomData<fn() -> B>,
}

impl WebhookLayer {
    /// A layer that lets in what `provider` signed with one of `keys`.
    ///
    /// A [`Scheme`](crate::Scheme) of your own is a provider too, and a single
    /// [`Secret`](crate::Secret) is keys.
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

    /// As [`new`](Self::new), with a handle that replaces the keys while the layer is at work.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn reloadable(
        provider: impl Into<Provider>,
        keys: impl Into<Keys>,
    ) -> Result<(Self, KeyHandle), SetupError> {
        let (verifier, handle) = Verifier::reloadable(provider, keys)?;
        Ok((verifier.into(), handle))
    }

    /// A layer that asks for the keys of each request.
    ///
    /// The source is asked after the head was found to be in order and before the body is read. If
    /// it has no keys for a request, the request is refused as one with a wrong signature; if it fails
    /// or does not answer by the [deadline](Self::key_deadline), with 503 and `Retry-After`.
    ///
    /// # Errors
    ///
    /// - The scheme signs the URL, and the provider has no [`PublicUrl`](crate::PublicUrl).
    /// - The provider has no [method](Provider::with_methods), or lists `CONNECT` or `TRACE`.
    ///
    /// # Security
    ///
    /// Nothing but time tells a request for a tenant that does not exist from one that is signed
    /// wrongly: both are read to their end and cost the same work here, that of two keys, or of as
    /// many as any tenant had so far and four at most. Whether the look-up itself takes as long is up
    /// to the source, and so is whether it makes new [`Keys`] each time, which takes longer than to
    /// have none.
    pub fn per_request(
        provider: impl Into<Provider>,
        source: impl KeySource,
    ) -> Result<Self, SetupError> {
        let verifier = Verifier::without_keys(provider.into())?;
        let keys = KeyLookup::new(source, verifier.scheme(), DEFAULT_KEY_DEADLINE);
        let mut layer = Self::from(verifier);
        layer.config().keys = Some(keys);
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
    /// If the provider's scheme does not say where its keys are; as [`new`](Self::new) otherwise.
    ///
    /// # Security
    ///
    /// The fetched keys decide which deliveries pass; see [`KeyFetcher`](crate::keys::KeyFetcher).
    /// For how long a withdrawn key can pass, see [`RemoteKeys`].
    #[cfg(feature = "remote-keys")]
    pub fn remote_keys(
        provider: impl Into<Provider>,
        keys: RemoteKeys,
    ) -> Result<Self, SetupError> {
        let verifier = Verifier::remote(provider)?;
        let keys = KeyLookup::remote(keys, verifier.scheme(), DEFAULT_KEY_DEADLINE);
        let mut layer = Self::from(verifier);
        layer.config().keys = Some(keys);
        Ok(layer)
    }
}

impl From<Verifier> for WebhookLayer {
    fn from(verifier: Verifier) -> Self {
        Self {
            config: Arc::new(Config::new(verifier)),
            body: PhantomData,
        }
    }
}

impl<B> WebhookLayer<B> {
    /// The longest body that is let in, in bytes; the provider's own limit or 1 MiB unless set.
    /// Exactly as long is fine. A longer one is answered 413.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.config().body_limit = bytes;
        self
    }

    /// How long a body may take to arrive, from the moment the layer first has to wait for it;
    /// 10 s unless set, `None` for as long as it likes. A slower one is answered 408.
    ///
    /// # Panics
    ///
    /// With a deadline, the response future needs a Tokio runtime with its timer enabled whenever
    /// a body is not there at once or comes in 256 frames or more, and panics without one. On another
    /// runtime set `None` and put its own time-out around the layer.
    ///
    /// # Security
    ///
    /// Without a deadline anybody can hold a connection, and what it has sent, for ever. A timestamp
    /// is held against the clock when the head is there, so a delivery may be older by this much when
    /// it reaches the service.
    #[doc(alias = "timeout")]
    pub fn body_deadline(mut self, deadline: impl Into<Option<Duration>>) -> Self {
        self.config().body_deadline = deadline.into();
        self
    }

    /// Sets the timeout for key lookups. Defaults to 2 s. `None` disables the timeout.
    ///
    /// If the [key source](Self::per_request) takes longer, the request is answered 503 with
    /// `Retry-After`. The log does not say why the source was slow, so set shorter timeouts in the
    /// source. The timeout has no effect on a layer with fixed keys.
    ///
    /// The timeout also applies to the background refresh of [published keys](Self::remote_keys).
    /// `None` disables the refresh.
    ///
    /// # Panics
    ///
    /// With a deadline, the response future needs a Tokio runtime with its timer enabled whenever
    /// the source does not answer at once, and panics without one.
    pub fn key_deadline(mut self, deadline: impl Into<Option<Duration>>) -> Self {
        if let Some(keys) = &mut self.config().keys {
            keys.deadline = deadline.into();
        }
        self
    }

    /// How far a timestamp may be from now, either way; the scheme's own tolerance unless set.
    /// Exactly as far is fine. Without effect where the scheme has no timestamp.
    ///
    /// # Security
    ///
    /// For so long a recorded delivery can be sent again.
    pub fn tolerance(self, tolerance: Duration) -> Self {
        self.verifier(|verifier| verifier.tolerance(tolerance))
    }

    /// How far a timestamp may lie in the past.
    pub fn past_tolerance(self, tolerance: Duration) -> Self {
        self.verifier(|verifier| verifier.past_tolerance(tolerance))
    }

    /// How far a timestamp may lie in the future, for senders whose clock is ahead of ours.
    pub fn future_tolerance(self, tolerance: Duration) -> Self {
        self.verifier(|verifier| verifier.future_tolerance(tolerance))
    }

    /// The clock that timestamps are held against; the operating system's unless set.
    pub fn clock(self, clock: impl Clock) -> Self {
        self.verifier(|verifier| verifier.clock(clock))
    }

    /// How much memory bodies that are not yet verified may take together; unbounded unless set.
    /// A request that finds it spent is answered 503 with `Retry-After`, one larger than all of it
    /// 413.
    pub fn memory_budget(mut self, budget: MemoryBudget) -> Self {
        self.config().budget = Some(budget);
        self
    }

    /// Refuses bodies with trailers, which no signature covers; passed on unless called.
    pub fn refuse_trailers(mut self) -> Self {
        self.config().rejects_trailers = true;
        self
    }

    /// Leaves [handshakes](crate::handshake) alone: what nobody signed is refused as any other request, and what
    /// is signed goes to the service.
    pub fn without_handshakes(mut self) -> Self {
        self.config().answers_handshakes = false;
        self
    }

    /// Takes what handshakes bring: the secret that Asana and Notion tell, the subscription that Amazon SNS
    /// wants confirmed. Unless it is called, Asana's is answered and its secret forgotten, and the others are
    /// no handshakes.
    ///
    /// [`Accept`](Decision::Accept) sends the provider its answer, [`Refuse`](Decision::Refuse) 403, and an error 503 with
    /// `Retry-After`; its text is logged. There is no deadline but the provider's, which is a few seconds.
    ///
    /// ```
    /// use std::{convert::Infallible, sync::{Arc, Mutex}};
    /// use tower_webhook::{Keys, Secret, WebhookLayer, handshake::{Decision, HandoverValue}, providers};
    ///
    /// # fn main() -> Result<(), tower_webhook::SetupError> {
    /// let stored = Arc::new(Mutex::new(None::<Keys>)); // in a database, one for each webhook
    /// let found = Arc::clone(&stored);
    /// let layer = WebhookLayer::per_request(providers::asana(), move |_: tower_webhook::Head<'_>| {
    ///     let keys = found.lock().map_or(None, |keys| keys.clone());
    ///     async { Ok::<_, Infallible>(keys) }
    /// })?
    /// .hand_over(move |handover| {
    ///     let stored = Arc::clone(&stored);
    ///     async move {
    ///         let HandoverValue::Secret(secret) = handover.value() else {
    ///             return Ok::<_, tower_webhook::SetupError>(Decision::Refuse);
    ///         };
    ///         let secret = Secret::new(secret.expose_secret())?;
    ///         // A second one is not Asana's.
    ///         let mut stored = stored.lock().unwrap_or_else(|it| it.into_inner());
    ///         if stored.is_some() {
    ///             return Ok(Decision::Refuse);
    ///         }
    ///         *stored = Some(secret.into());
    ///         Ok(Decision::Accept)
    ///     }
    /// });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Security
    ///
    /// Unless it [is signed](Handover::is_signed), it may come from anybody, at any time: accept it only while you wait
    /// for it. Amazon signs for whoever has a topic: look at the topic.
    pub fn hand_over<F, Fut, E>(mut self, handler: F) -> Self
    where
        F: Fn(Handover) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Decision, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.config().handover_handler = Some(handover_handler(handler));
        self
    }

    /// Sets the status of a class of rejections. It also applies to a
    /// [`DedupeLayer`](crate::DedupeLayer) inside of this layer. Responses to gRPC requests always
    /// have the status 200.
    pub fn status(self, class: RejectionClass, status: StatusCode) -> Self {
        self.verifier(|verifier| verifier.status(class, status))
    }

    /// Sets the function that creates the responses to rejected requests. Defaults to
    /// [`rejection::json`](crate::rejection::json). It also applies to a
    /// [`DedupeLayer`](crate::DedupeLayer) inside of this layer.
    ///
    /// The layer adds the rejection to the extensions of the response. gRPC requests get
    /// [`rejection::grpc`](crate::rejection::grpc).
    ///
    /// # Security
    ///
    /// Show senders the [`RejectionClass`] and no more. The [`RejectionKind`](crate::rejection::RejectionKind)
    /// tells an attacker how near a forgery is.
    pub fn renderer(
        self,
        renderer: impl Fn(&Rejection) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.verifier(|verifier| verifier.renderer(Arc::new(renderer)))
    }

    /// Registers a callback that runs after each decision, for metrics. No callback is registered by
    /// default. A request whose client disconnects before the decision has no outcome.
    ///
    /// The callback delays the request, so it should only count. Move longer work to a task.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use tower_webhook::{Secret, WebhookLayer, providers, webhook::{Outcome, Verdict}};
    ///
    /// static REFUSED: AtomicUsize = AtomicUsize::new(0);
    ///
    /// # fn main() -> Result<(), tower_webhook::SetupError> {
    /// let layer = WebhookLayer::new(providers::github(), Secret::new("It's a Secret to Everybody")?)?
    ///     .on_outcome(|outcome: &Outcome<'_>| {
    ///         if let Verdict::Refused(rejection) = outcome.verdict() {
    ///             REFUSED.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     });
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_outcome(mut self, observer: impl Fn(&Outcome<'_>) + Send + Sync + 'static) -> Self {
        self.config().observer.callback = Some(Arc::new(observer));
        self
    }

    /// Looks for the reason when a delivery is refused, and tells `sink`: [`diagnose::log`](crate::diagnose::log),
    /// which writes it to the log at warn level, or a closure. Nothing unless set.
    ///
    /// A thread that begins here, and ends with the last service of the layer, does it once the answer is on
    /// its way; `sink` runs there, in the span that the request was in. Of the deliveries that are refused for the same
    /// reason ([`RejectionKind`]) one is diagnosed in ten seconds, whosesoever it is. What is told is not told again for
    /// a minute if the reason, the tenant, the label of the current secret and the findings, each proven or not, are the same.
    /// What cannot be explained is not told.
    ///
    /// The layer has the body of a delivery only if it had to read it: one that is refused by its head is
    /// examined by its head, without a hash. Bodies over 1 MiB are not examined, nor more than three of the secrets,
    /// and no more than 256 MiB are hashed for one delivery. Until it is its turn its body is kept, that of nine deliveries at
    /// most, and no [`MemoryBudget`](crate::webhook::MemoryBudget) counts it. See [`diagnose`](crate::diagnose).
    ///
    /// # Security
    ///
    /// Never show a caller what the sink is told: it would be an oracle. Whoever floods the endpoint with
    /// forgeries takes the turns of deliveries that are refused for the same reason, and nothing else: of those,
    /// one has its turn as often as it is the first after ten seconds. A delivery of a tenant that does not exist has
    /// its turn as one with a wrong signature, on the same way up to the answer, and nearly as much is hashed after it.
    #[cfg(feature = "diagnose")]
    pub fn diagnose(mut self, sink: impl Fn(&Diagnosis) + Send + Sync + 'static) -> Self {
        self.config().watch = Some(Watch::new(sink));
        self
    }

    /// Changes the type of the body handed inward to one made of [`VerifiedBody`].
    ///
    /// For services that take one type of body only, as axum's `from_fn` does
    /// (`forward_body::<axum::body::Body>()`, with the `axum` feature). The proof that comes with
    /// the type [`VerifiedBody`] is given up; [`Verified`](crate::Verified) in the extensions is not.
    pub fn forward_body<B2>(self) -> WebhookLayer<B2>
    where
        B2: From<VerifiedBody>,
    {
        WebhookLayer {
            config: self.config,
            body: PhantomData,
        }
    }

    fn config(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }

    fn verifier(mut self, change: impl FnOnce(Verifier) -> Verifier) -> Self {
        let config = self.config();
        config.verifier = change(config.verifier.clone());
        self
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
