//! The layer and its settings.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use tower_layer::Layer;

use super::{
    Dedupe, DedupeKey, DedupeStore,
    any_store::{AnyStore, Keys, Times},
};
use crate::{
    head::RequestHead,
    rejection::{Rejection, RejectionClass, RejectionKind, RejectionResponder, Renderer, Statuses},
    setup::SetupError,
    verify::Verified,
};

const DEFAULT_LEASE: Duration = Duration::from_secs(30);
const DEFAULT_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
/// Slack gives up on an answer after three.
const DEFAULT_STORE_DEADLINE: Duration = Duration::from_secs(1);
/// The maximum time between the check of the timestamp and the claim, in which the body arrives and
/// keys are looked up.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Applies [`Dedupe`] to a service. Cheap to clone.
///
/// See the [module docs](crate::dedupe) for an example.
#[doc(alias = "idempotency")]
#[doc(alias = "deduplication")]
#[doc(alias = "exactly_once")]
#[must_use]
#[derive(Clone)]
pub struct DedupeLayer {
    config: Arc<Config>,
}

#[derive(Clone)]
pub(super) struct Config {
    pub(super) store: Arc<dyn AnyStore>,
    pub(super) times: Times,
    retention: Duration,
    pub(super) lets_through: bool,
    scope: Option<Arc<str>>,
    key_by: Option<Arc<KeyBy>>,
    statuses: Vec<(RejectionClass, StatusCode)>,
    renderer: Option<Arc<Renderer>>,
    /// The operator's, if one is set.
    pub(super) duplicate: Option<Arc<dyn Fn(&Verified) -> Response<Bytes> + Send + Sync>>,
}

type KeyBy = dyn Fn(&Verified, RequestHead<'_>) -> Option<DedupeKey> + Send + Sync;

impl DedupeLayer {
    /// Creates a layer that records deliveries in `store`.
    ///
    /// # Security
    ///
    /// Only the first copy of a delivery reaches the service, with all of its unsigned parts: the
    /// query, unsigned headers, and the method if the scheme does not sign it. Route methods and
    /// paths outside of the layers; see the [module docs](crate::dedupe#security).
    pub fn new(store: impl DedupeStore) -> Self {
        let config = Config {
            store: Arc::new(store),
            times: Times {
                lease: DEFAULT_LEASE,
                deadline: Some(DEFAULT_STORE_DEADLINE),
            },
            retention: DEFAULT_RETENTION,
            lets_through: false,
            scope: None,
            key_by: None,
            statuses: Vec::new(),
            renderer: None,
            duplicate: None,
        };
        Self {
            config: Arc::new(config),
        }
    }

    /// Sets how long a successfully handled delivery is remembered. Defaults to 24 hours.
    ///
    /// A delivery is remembered for at least its [`replay_window`](Verified::replay_window) and one
    /// minute, even if the retention is shorter. Within that window, only this layer prevents that
    /// the same delivery is handled again. The minute is for bodies that arrive slowly: raise the
    /// retention if you raise [`body_deadline`](crate::WebhookLayer::body_deadline).
    ///
    /// # Security
    ///
    /// A scheme without a signed timestamp, such as GitHub's, has no such window. An attacker who
    /// captured a delivery can replay it after the retention has passed.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.config_mut().retention = retention;
        self
    }

    /// Sets for how long a delivery is claimed at a time. Defaults to 30 seconds; the minimum is 10
    /// ms.
    ///
    /// While the handler runs, the claim is renewed every third of the lease, so the lease may be
    /// shorter than the handler takes. If a process crashes, its deliveries are answered 503 until
    /// their leases end. A claim or a renewal may take at most a third of the lease, whatever the
    /// [deadline](Self::store_deadline), and a sixth for a delivery that is claimed under two
    /// secrets.
    ///
    /// # Panics
    ///
    /// The response future panics outside of a Tokio runtime with a timer if the handler is not
    /// ready at once.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.config_mut().times.lease = lease.max(Duration::from_millis(10));
        self
    }

    /// Sets the timeout of each store operation. Defaults to 1 second.
    ///
    /// `None` disables the timeout, but the [lease](Self::lease) still limits claims and renewals.
    /// If the claim takes longer, the delivery is answered 503 with `Retry-After`.
    ///
    /// # Panics
    ///
    /// The response future panics outside of a Tokio runtime with a timer if the store does not
    /// answer at once.
    pub fn store_deadline(mut self, deadline: impl Into<Option<Duration>>) -> Self {
        self.config_mut().times.deadline = deadline.into();
        self
    }

    /// Separates the keys of this endpoint from those of other endpoints that share the store.
    /// Defaults to no scope.
    ///
    /// # Security
    ///
    /// A key contains the name of the provider and the tenant. Set a scope for each endpoint in
    /// these cases:
    ///
    /// - Two senders with different secrets have the same provider and tenant. Otherwise one of
    ///   them can use up the delivery IDs of the other.
    /// - Two services get the same deliveries and share a store. Otherwise only one of them handles
    ///   each delivery.
    pub fn scope(mut self, scope: impl Into<Arc<str>>) -> Self {
        self.config_mut().scope = Some(scope.into());
        self
    }

    /// Sets the function that computes the deduplication key. Defaults to [`Verified::dedupe_key`].
    ///
    /// Use it for providers that sign neither an ID nor the body, and for providers whose unsigned
    /// IDs you trust. If the function returns `None`, the delivery is answered 500.
    ///
    /// ```
    /// use tower_webhook::{DedupeLayer, RequestHead, Verified, dedupe::{DedupeKey, MemoryStore}};
    ///
    /// let layer = DedupeLayer::new(MemoryStore::new(10_000));
    /// let layer = layer.key_by(|verified: &Verified, head: RequestHead<'_>| {
    ///     let id = head.headers().get("x-gitlab-event-uuid")?;
    ///     Some(DedupeKey::of([verified.provider().as_bytes(), id.as_bytes()]))
    /// });
    /// ```
    ///
    /// # Security
    ///
    /// An attacker who can change the input of the key can make a captured delivery look new. The
    /// attacker can also make a new delivery look handled, and the delivery is lost. If the input
    /// is not signed, every client that holds a delivery can do this.
    pub fn key_by(
        mut self,
        key_by: impl Fn(&Verified, RequestHead<'_>) -> Option<DedupeKey> + Send + Sync + 'static,
    ) -> Self {
        self.config_mut().key_by = Some(Arc::new(key_by));
        self
    }

    /// Forwards deliveries without deduplication if the store fails, is full or is too slow. By
    /// default, such deliveries are answered 503.
    ///
    /// # Security
    ///
    /// While the store fails, captured deliveries can be replayed, and each retry is handled again.
    pub fn danger_let_through_without_store(mut self) -> Self {
        self.config_mut().lets_through = true;
        self
    }

    /// Sets the status of a class of rejections by this layer. Defaults to the status that the
    /// [`WebhookLayer`](crate::WebhookLayer::rejection_status) outside of this layer uses.
    ///
    /// Keep a 5xx status for [`Unavailable`](RejectionClass::Unavailable), which a delivery gets
    /// while another copy of it is handled. If that copy fails, only a retry is handled.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] for a class that no rejection by this layer has. They have
    /// [`Unavailable`](RejectionClass::Unavailable) or
    /// [`Misconfigured`](RejectionClass::Misconfigured).
    pub fn rejection_status(
        mut self,
        class: RejectionClass,
        status: StatusCode,
    ) -> Result<Self, SetupError> {
        if !matches!(
            class,
            RejectionClass::Unavailable | RejectionClass::Misconfigured
        ) {
            return Err(SetupError::NoEffect {
                scheme: None,
                setting: "rejection_status",
                reason: "`DedupeLayer` rejects with the classes `Unavailable` and `Misconfigured` \
                         only; set the statuses of the others on the `WebhookLayer`",
            });
        }
        self.config_mut().statuses.push((class, status));
        Ok(self)
    }

    /// Sets the function that creates the responses to rejections by this layer. Defaults to that
    /// of the [`WebhookLayer`](crate::WebhookLayer::rejection_response) outside of this layer.
    pub fn rejection_response(
        mut self,
        renderer: impl Fn(&Rejection) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.config_mut().renderer = Some(Arc::new(renderer));
        self
    }

    /// Sets the function that creates the response to a delivery that was already handled. Defaults
    /// to 200 with `{"message":"Duplicate delivery"}`, or without a body if the provider requires
    /// [empty responses](crate::providers::Provider::with_empty_responses).
    ///
    /// The layer inserts [`Duplicate`](super::Duplicate) into the extensions of the response.
    /// Return a success status, because senders retry otherwise. gRPC calls get `ALREADY_EXISTS`.
    pub fn duplicate_response(
        mut self,
        renderer: impl Fn(&Verified) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.config_mut().duplicate = Some(Arc::new(renderer));
        self
    }

    fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }
}

impl Config {
    /// What a delivery is claimed under.
    pub(super) fn keys(
        &self,
        verified: &Verified,
        head: RequestHead<'_>,
    ) -> Result<Keys, RejectionKind> {
        let scoped = |key: DedupeKey| match &self.scope {
            Some(scope) => DedupeKey::of([scope.as_bytes(), key.as_bytes()]),
            None => key,
        };
        let [first, second] = match &self.key_by {
            Some(key_by) => [key_by(verified, head), None],
            None => verified.dedupe_keys(),
        };
        Ok(Keys {
            first: scoped(first.ok_or(RejectionKind::NoDedupeKey)?),
            second: second.map(scoped),
        })
    }

    /// Creates the rejections of a delivery: as the layer outside does, unless this layer has
    /// settings of its own.
    pub(super) fn responder(&self, verified: Option<&Verified>) -> RejectionResponder {
        let mut responder = match verified {
            Some(verified) => verified.responder().clone(),
            None => RejectionResponder::new("unknown".into(), Statuses::default()),
        };
        for (class, status) in &self.statuses {
            responder.set_status(*class, *status);
        }
        if let Some(renderer) = &self.renderer {
            responder.set_renderer(Arc::clone(renderer));
        }
        responder
    }

    /// The response to a delivery that was handled before.
    pub(super) fn duplicate(&self, verified: &Verified) -> Response<Bytes> {
        match &self.duplicate {
            Some(renderer) => renderer(verified),
            None if verified.responder().has_no_bodies() => Response::new(Bytes::new()),
            None => duplicate(),
        }
    }

    /// How long it is remembered.
    pub(super) fn retention(&self, verified: &Verified) -> Duration {
        let window = verified.replay_window().unwrap_or_default();
        self.retention.max(window.saturating_add(ARRIVAL))
    }
}

fn duplicate() -> Response<Bytes> {
    let body = Bytes::from_static(br#"{"message":"Duplicate delivery"}"#);
    let mut response = Response::new(body);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

impl<S> Layer<S> for DedupeLayer {
    type Service = Dedupe<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Dedupe::new(inner, Arc::clone(&self.config))
    }
}

impl fmt::Debug for DedupeLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DedupeLayer")
            .field("config", &self.config)
            .finish()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("lease", &self.times.lease)
            .field("store_deadline", &self.times.deadline)
            .field("retention", &self.retention)
            .field("lets_through", &self.lets_through)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
