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

/// Proof that a delivery is authentic, and what is known of it.
///
/// Only the layer and a [`Verifier`](crate::Verifier) create one.
/// The layer takes out of a request's extensions any that was there before. With several layers in
/// one service, ask [`provider`](Self::provider) whose it is. It holds no secret and no body.
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

/// What all deliveries that a verifier accepts have in common.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) scheme: Scheme,
    pub(super) replay_window: Option<Duration>,
    pub(super) responder: RejectionResponder,
}

/// What a delivery says about itself. The texts are copies, because a header value would keep the
/// read buffer of the connection in memory.
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

    /// The name of the scheme.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.endpoint.scheme.name()
    }

    /// Whose keys the signature was made with, if they [say so](crate::Keys::tenant).
    ///
    /// # Security
    ///
    /// Take the tenant from here and not from the path again: a router decodes a path, so that
    /// `%61cme` and `acme` may be one tenant to it and two to a
    /// [`KeySource`](crate::keys::KeySource).
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The label of the secret that the signature was made with, if it has one.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.key_label.as_deref()
    }

    /// The delivery's id, where the scheme has one.
    ///
    /// # Security
    ///
    /// A client that replays a delivery can change an ID that is not signed; see
    /// [`delivery_id_is_signed`](Self::delivery_id_is_signed).
    #[must_use]
    pub fn delivery_id(&self) -> Option<&str> {
        self.metadata.id.as_deref()
    }

    /// Whether the delivery's id is part of the signed text.
    #[must_use]
    pub fn delivery_id_is_signed(&self) -> bool {
        self.endpoint.scheme.delivery_id_is_signed()
    }

    /// Whether the body is part of the signed text. With a token it is not, nor is anything else.
    #[must_use]
    pub fn body_is_signed(&self) -> bool {
        self.endpoint.scheme.body_is_signed()
    }

    /// The kind of event, where the scheme says where it is: `push`, `orders/create`. Most
    /// providers tell it in the body alone;
    /// [`Provider::with_event_json`](crate::providers::Provider::with_event_json) looks
    /// for it there.
    ///
    /// # Security
    ///
    /// A client that replays a delivery can change it, unless
    /// [`event_type_is_signed`](Self::event_type_is_signed).
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.metadata.event_type.as_deref()
    }

    /// Whether the kind of event is part of the signed text. In a header it never is.
    #[must_use]
    pub fn event_type_is_signed(&self) -> bool {
        self.endpoint.scheme.event_type_is_signed()
    }

    /// Which attempt to deliver this is, as the provider counts, where it tells so in the head. It
    /// is not signed.
    #[must_use]
    pub fn attempt(&self) -> Option<u64> {
        self.metadata.attempt
    }

    /// The delivery's timestamp, where the scheme has one.
    #[must_use]
    pub fn timestamp(&self) -> Option<SystemTime> {
        self.time?.to_system_time()
    }

    /// Whether the timestamp is part of the signed text.
    #[must_use]
    pub fn timestamp_is_signed(&self) -> bool {
        self.endpoint.scheme.timestamp_is_signed()
    }

    /// For how long this very delivery can be sent again and still pass, at most: the whole window
    /// of its timestamp. `None` if it always can, because no time is signed or any is
    /// tolerated; a token's own end is not counted.
    #[must_use]
    pub fn replay_window(&self) -> Option<Duration> {
        self.endpoint.replay_window
    }

    /// What tells this delivery from all others of its provider and tenant, made of nothing but
    /// what is signed: the id, if that is; else the MAC, or a digest of the signed text where
    /// that is verified by a public key. `None` where nothing that is signed
    /// [tells deliveries apart](Scheme::tells_deliveries_apart), as with a token, or where items
    /// are signed one by one, which a client that holds a delivery could leave out or repeat.
    ///
    /// [`DedupeLayer`](crate::DedupeLayer) claims deliveries by it, and by its
    /// [scope](crate::DedupeLayer::scope), which is not in this key. A handler that writes it into
    /// its own database, in the transaction that has its effect, has that effect once, whatever
    /// happens; where endpoints share a table, put the endpoint beside it into the primary key.
    ///
    /// # Security
    ///
    /// - A sender's next attempt has the same key if it is signed alike. Where the time is signed
    ///   and the id is not, each attempt has its own key: Stripe signs each retry again.
    /// - Two deliveries with the same body, from a provider that signs nothing else, have the same
    ///   key.
    /// - A MAC depends on the secret. If a sender signs with two, and a client removes one of the
    ///   signatures away, what is left may match under another secret, and this key is another one.
    ///   The layer claims the delivery under the current secret too, and so recognises it; a table
    ///   of your own, which has this key alone, does not.
    /// - One case is left to the layer as well: a delivery that is signed with two secrets, was
    ///   handled by a receiver that knew only the older one, and comes again, within the window,
    ///   when the receiver knows both. Its key is then that of the newer one, under which nothing
    ///   is known.
    /// - The provider's name is in it, and the tenant. Two senders of the same scheme whose ids are
    ///   their own to choose need a [scope](crate::DedupeLayer::scope) each.
    #[must_use]
    pub fn dedupe_key(&self) -> Option<DedupeKey> {
        let [key, _] = self.dedupe_keys();
        key
    }

    /// The key of the delivery, and the one that it has under the current secret, if that is not
    /// the one that matched.
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
