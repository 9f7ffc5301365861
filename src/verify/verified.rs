//! The proof that a delivery is authentic.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::DedupeKey;
use crate::{
    mac::Fingerprint,
    rejection::RejectionResponder,
    scheme::{Identity, Scheme, UnixTime},
};

/// The proof that a delivery is authentic, with the delivery's metadata.
///
/// Only the layer and a [`Verifier`](crate::Verifier) create a `Verified`. The layer removes any
/// `Verified` that was in the request's extensions before. If a service has several layers, check
/// [`provider`](Self::provider). It contains no secret and no body.
///
/// ```
/// use http::Request;
/// use tower_webhook::Verified;
///
/// fn key_in_use<B>(request: &Request<B>) -> Option<&str> {
///     request.extensions().get::<Verified>()?.key_label()
/// }
/// # assert_eq!(key_in_use(&Request::new(())), None);
/// ```
#[derive(Clone)]
pub struct Verified {
    endpoint: Arc<Endpoint>,
    tenant: Option<Arc<str>>,
    key_label: Option<Arc<str>>,
    metadata: Metadata,
    time: Option<UnixTime>,
    fingerprints: Fingerprints,
}

/// The values that are common to all deliveries of a verifier.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) scheme: Scheme,
    pub(super) replay_window: Option<Duration>,
    pub(super) responder: RejectionResponder,
}

/// The metadata of a delivery. The texts are copies, because a header value would keep the read
/// buffer of the connection in memory.
#[derive(Clone, Default)]
pub(super) struct Metadata {
    pub(super) id: Option<Arc<str>>,
    pub(super) event_type: Option<Arc<str>>,
    pub(super) attempt: Option<u64>,
}

/// The fingerprints of the signed text under the key that matched and, if that is a previous key,
/// under the current one.
#[derive(Clone)]
pub(super) struct Fingerprints {
    pub(super) matched: Fingerprint,
    pub(super) current: Option<Fingerprint>,
}

/// The key that a delivery is signed with.
pub(super) struct SignedBy<'k> {
    pub(super) tenant: Option<&'k Arc<str>>,
    pub(super) key_label: Option<&'k Arc<str>>,
    pub(super) fingerprints: Fingerprints,
}

impl Verified {
    pub(super) fn new(
        endpoint: &Arc<Endpoint>,
        signed_by: SignedBy<'_>,
        metadata: Metadata,
        time: Option<UnixTime>,
    ) -> Self {
        Self {
            endpoint: Arc::clone(endpoint),
            tenant: signed_by.tenant.cloned(),
            key_label: signed_by.key_label.cloned(),
            metadata,
            time,
            fingerprints: signed_by.fingerprints,
        }
    }

    /// Returns the name of the scheme.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.endpoint.scheme.name()
    }

    /// Returns the tenant whose keys verified the delivery, if the keys [have
    /// one](crate::Keys::tenant).
    ///
    /// # Security
    ///
    /// Use this tenant, and do not parse it from the path again. A router decodes the path, so
    /// `%61cme` and `acme` can be one tenant to the router and two tenants to a
    /// [`KeySource`](crate::keys::KeySource).
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Returns the label of the secret that verified the delivery, if it has one.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.key_label.as_deref()
    }

    /// Returns the delivery ID, if the scheme has one.
    ///
    /// # Security
    ///
    /// A client that replays a delivery can change an ID that is not signed; see
    /// [`delivery_id_is_signed`](Self::delivery_id_is_signed).
    #[must_use]
    pub fn delivery_id(&self) -> Option<&str> {
        self.metadata.id.as_deref()
    }

    /// Returns whether the delivery ID is part of the signed text.
    #[must_use]
    pub fn delivery_id_is_signed(&self) -> bool {
        self.endpoint.scheme.delivery_id_is_signed()
    }

    /// Returns whether the body is part of the signed text. With a token, nothing is signed.
    #[must_use]
    pub fn body_is_signed(&self) -> bool {
        self.endpoint.scheme.body_is_signed()
    }

    /// Returns the event type, such as `push` or `orders/create`, if the scheme has its location.
    ///
    /// Most providers send the event type only in the body.
    /// [`Provider::with_event_json`](crate::providers::Provider::with_event_json) sets its location
    /// there.
    ///
    /// # Security
    ///
    /// A client that replays a delivery can change an event type that is not signed; see
    /// [`event_type_is_signed`](Self::event_type_is_signed).
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.metadata.event_type.as_deref()
    }

    /// Returns whether the event type is part of the signed text. An event type in a header is
    /// never signed.
    #[must_use]
    pub fn event_type_is_signed(&self) -> bool {
        self.endpoint.scheme.event_type_is_signed()
    }

    /// Returns the number of the attempt, as the provider counts it, if the provider sends it in
    /// the head. It is not signed.
    #[must_use]
    pub fn attempt(&self) -> Option<u64> {
        self.metadata.attempt
    }

    /// Returns the delivery's timestamp, if the scheme has one.
    #[must_use]
    pub fn timestamp(&self) -> Option<SystemTime> {
        self.time?.to_system_time()
    }

    /// Returns whether the timestamp is part of the signed text.
    #[must_use]
    pub fn timestamp_is_signed(&self) -> bool {
        self.endpoint.scheme.timestamp_is_signed()
    }

    /// Returns the maximum time for which a copy of this delivery is accepted: the past and the
    /// future tolerance of its timestamp together.
    ///
    /// Returns `None` if a copy is always accepted, because no timestamp is signed or the tolerance
    /// is unlimited. The expiry time of a token is not taken into account.
    #[doc(alias = "tolerance")]
    #[must_use]
    pub fn replay_window(&self) -> Option<Duration> {
        self.endpoint.replay_window
    }

    /// Returns the key that identifies this delivery among all deliveries of its provider and
    /// tenant. The key is computed only from signed values:
    ///
    /// - the delivery ID, if it is signed;
    /// - otherwise the MAC or, if a public key verifies the signature, a digest of the signed text.
    ///
    /// Returns `None` if no signed value [identifies the delivery](Scheme::tells_deliveries_apart),
    /// as with a token. Returns `None` too if items are signed separately, because a client with a
    /// captured delivery could omit or repeat items.
    ///
    /// [`DedupeLayer`](crate::DedupeLayer) claims a delivery by this key and by its
    /// [scope](crate::DedupeLayer::scope), which is not part of the key. A handler can insert the
    /// key into its own database, in the same transaction as its effect. The effect then happens
    /// exactly once. If endpoints share a table, add the endpoint to the primary key.
    ///
    /// # Security
    ///
    /// - A retry has the same key if it has the same signed values. If the timestamp is signed and
    ///   the ID is not, each attempt has its own key: Stripe signs each retry again.
    /// - Two deliveries with the same body have the same key, if the provider signs only the body.
    /// - A MAC depends on the secret. If a sender signs with two secrets, and a client removes one
    ///   of the signatures, the other signature may match another secret and result in another key.
    ///   The layer also claims the delivery under the key of the current secret, and so recognises
    ///   it. A table of your own that contains only this key does not.
    /// - The layer does not recognise one case either: a delivery is signed with two secrets, a
    ///   receiver with only the older secret handles it, and a copy arrives within the tolerance at
    ///   a receiver with both. The copy has the key of the newer secret, under which no delivery is
    ///   recorded.
    /// - The key includes the provider's name and the tenant. If two senders use the same scheme
    ///   and choose their own IDs, give each a [scope](crate::DedupeLayer::scope).
    #[doc(alias = "idempotency")]
    #[must_use]
    pub fn dedupe_key(&self) -> Option<DedupeKey> {
        let [key, _] = self.dedupe_keys();
        key
    }

    /// The key of the delivery and, if a previous secret verified it, its key under the current
    /// secret.
    pub(crate) fn dedupe_keys(&self) -> [Option<DedupeKey>; 2] {
        let Fingerprints { matched, current } = &self.fingerprints;
        let of_print =
            |fingerprint: &Fingerprint| self.key_of("fingerprint", fingerprint.as_bytes());
        match (self.endpoint.scheme.spec().identity, self.delivery_id()) {
            (Identity::None, _) => [None, None],
            (Identity::Id, Some(id)) => [Some(self.key_of("id", id.as_bytes())), None],
            // Of the text, which is the same under each key.
            (Identity::Text, _) => [Some(of_print(matched)), None],
            (Identity::Id | Identity::Mac, _) => {
                [Some(of_print(matched)), current.as_ref().map(of_print)]
            }
        }
    }

    /// Creates responses as the [`WebhookLayer`](crate::WebhookLayer) does that verified the
    /// delivery.
    pub(crate) fn responder(&self) -> &RejectionResponder {
        &self.endpoint.responder
    }

    fn key_of(&self, kind: &str, value: &[u8]) -> DedupeKey {
        let (is_of, tenant) = match &self.tenant {
            Some(tenant) => ("tenant", &**tenant),
            None => ("nobody", ""),
        };
        let parts = [self.provider(), is_of, tenant, kind].map(str::as_bytes);
        DedupeKey::of(parts.into_iter().chain([value]))
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("provider", &self.provider())
            .field("tenant", &self.tenant())
            .field("key_label", &self.key_label())
            .field("delivery_id", &self.delivery_id())
            .field("event_type", &self.event_type())
            .field("attempt", &self.attempt())
            .field("timestamp", &self.timestamp())
            .finish()
    }
}
