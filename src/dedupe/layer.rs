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
/// What may lie between the moment at which a timestamp is held against the clock and the claim:
/// the body that arrives, keys that are looked up.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Applies [`Dedupe`] to a service. Cheap to clone.
///
/// See the [module docs](crate::dedupe) for an example.
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
    pub(super) duplicate: Arc<dyn Fn(&Verified) -> Response<Bytes> + Send + Sync>,
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
            duplicate: Arc::new(|_| duplicate()),
        };
        Self {
            config: Arc::new(config),
        }
    }

    /// How long a delivery that was handled with success is remembered; 24 h unless set.
    ///
    /// Never less than the delivery's [`replay_window`](Verified::replay_window) and a minute,
    /// which is for bodies that arrive slowly: within that time nothing but this layer stops
    /// the same delivery from passing again. (A longer
    /// [`body_deadline`](crate::WebhookLayer::body_deadline) calls for a longer retention.)
    ///
    /// # Security
    ///
    /// Where no time is signed, as with GitHub, there is no such window: whoever has recorded a
    /// delivery can send it again, and it is handled again, once the retention is over.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.config_mut().retention = retention;
        self
    }

    /// For how long a delivery is claimed at a time; 30 s unless set, and at least 10 ms.
    ///
    /// The claim is renewed each third of it while the handler runs, so it may be shorter than that
    /// takes. It is how long a delivery waits, answered 503, after a process died with it. A
    /// step of the store that claims or renews may take a third of it at most, whatever the
    /// [deadline](Self::store_deadline): a sixth for a delivery that is claimed under two
    /// secrets.
    ///
    /// # Panics
    ///
    /// The response future needs a Tokio runtime with its timer enabled whenever the handler is not
    /// done at once, and panics without one.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.config_mut().times.lease = lease.max(Duration::from_millis(10));
        self
    }

    /// How long a step of the store may take, `None` for as long as it likes, or as the
    /// [lease](Self::lease) lets it; 1 s unless set. If the claim takes longer, the delivery is
    /// answered 503 with `Retry-After`.
    ///
    /// # Panics
    ///
    /// The response future needs a Tokio runtime with its timer enabled whenever the
    /// store does not answer at once, and panics without one.
    pub fn store_deadline(mut self, deadline: impl Into<Option<Duration>>) -> Self {
        self.config_mut().times.deadline = deadline.into();
        self
    }

    /// Keeps the keys of this endpoint apart from those of others that share the store.
    ///
    /// # Security
    ///
    /// A key has the name of the provider in it, and the tenant. Where two senders share both, each
    /// with a secret of its own at an endpoint of its own, one of them could use up the ids of
    /// the other: give each endpoint a scope. Where two services get the same deliveries and
    /// share a store, a scope each lets both handle them.
    pub fn scope(mut self, scope: impl Into<Arc<str>>) -> Self {
        self.config_mut().scope = Some(scope.into());
        self
    }

    /// Says what tells a delivery from others, in the place of [`Verified::dedupe_key`]; for
    /// providers that sign neither an id nor the body, and for those whose ids you trust though
    /// they are not signed. A delivery for which this gives nothing is answered 500.
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
    /// Whoever can change what the key is made of can make a recorded delivery look new, or a new
    /// one look like one that was handled, which is then lost. That is everybody on the way
    /// where it is not signed.
    pub fn key_by(
        mut self,
        key_by: impl Fn(&Verified, RequestHead<'_>) -> Option<DedupeKey> + Send + Sync + 'static,
    ) -> Self {
        self.config_mut().key_by = Some(Arc::new(key_by));
        self
    }

    /// Lets deliveries through to the handler when the store fails, is full or too slow, as if this
    /// layer were not there; answered 503 unless called.
    ///
    /// # Security
    ///
    /// Whoever can make the store fail can have recorded deliveries handled again, and a sender's
    /// retries are handled as often as they come.
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

    /// Makes the response to a delivery that was handled before; 200 with
    /// `{"message":"Duplicate delivery"}` unless set. [`Duplicate`](super::Duplicate) is put into
    /// its extensions whatever this returns. Senders take anything but success as a reason to
    /// try again. gRPC calls get `ALREADY_EXISTS`.
    pub fn duplicate_response(
        mut self,
        renderer: impl Fn(&Verified) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.config_mut().duplicate = Arc::new(renderer);
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
