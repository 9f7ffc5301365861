use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{DedupeKey, Verifier, text::SignedText};
use crate::{
    encoding::decimal,
    keys::LabelledKey,
    mac::Print,
    scheme::{Identity, Scheme, UnixTime},
};

/// Proof that a delivery is authentic, and what is known of it.
///
/// Only this crate makes one: the layer, and [`Verifier`](crate::Verifier) for whoever calls it.
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
    scheme: Scheme,
    tenant: Option<Arc<str>>,
    key_label: Option<Arc<str>>,
    notes: Notes,
    time: Option<UnixTime>,
    replay_window: Option<Duration>,
    prints: Prints,
}

/// What the delivery says of itself: copies, because a header's value is a slice of the connection's
/// buffer, which it would keep. They lie behind another text, which saves an allocation.
#[derive(Clone)]
pub(super) struct Notes {
    text: Vec<u8>,
    /// Where the id begins, the kind of event, and the attempt.
    starts: [usize; 3],
}

impl Notes {
    /// `lens` are those of the id and of the kind of event.
    pub(super) fn new(text: SignedText, lens: [usize; 2]) -> Self {
        let (mut text, notes) = text.into_notes();
        // Copies of the proof are no copies of what was signed.
        text.drain(..notes.min(text.len()));
        let [id, event] = lens;
        Self {
            text,
            starts: [0, id, id + event],
        }
    }

    fn id(&self) -> Option<&str> {
        let [id, event, _] = self.starts;
        text(self.text.get(id..event)?)
    }

    fn event(&self) -> Option<&str> {
        let [_, event, attempt] = self.starts;
        text(self.text.get(event..attempt)?)
    }

    fn attempt(&self) -> Option<u64> {
        let [.., attempt] = self.starts;
        decimal(self.text.get(attempt..)?)
    }
}

/// What tells the delivery from others under the key that matched, and under the current one if that is
/// another.
#[derive(Clone)]
pub(super) struct Prints {
    matched: Print,
    // On the heap, because there is seldom one.
    current: Option<Box<Print>>,
}

impl Prints {
    pub(super) fn new(matched: Print, current: Option<Print>) -> Self {
        Self {
            matched,
            current: current.map(Box::new),
        }
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}

impl Verified {
    pub(super) fn new(
        verifier: &Verifier,
        tenant: Option<&Arc<str>>,
        key: &LabelledKey,
        notes: Notes,
        time: Option<UnixTime>,
        prints: Prints,
    ) -> Self {
        Self {
            scheme: verifier.scheme().clone(),
            tenant: tenant.cloned(),
            key_label: key.label.clone(),
            notes,
            time,
            replay_window: verifier.replay_window(),
            prints,
        }
    }

    /// The name of the scheme.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.scheme.name()
    }

    /// Whose keys the signature was made with, if they [say so](crate::Keys::tenant).
    ///
    /// # Security
    ///
    /// Take the tenant from here and not from the path again: a router decodes a path, so that
    /// `%61cme` and `acme` may be one tenant to it and two to a [`KeySource`](crate::keys::KeySource).
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
    /// Whoever replays a delivery can change an id that is not signed; see
    /// [`delivery_id_is_signed`](Self::delivery_id_is_signed).
    #[must_use]
    pub fn delivery_id(&self) -> Option<&str> {
        self.notes.id()
    }

    /// Whether the delivery's id is part of the signed text.
    #[must_use]
    pub fn delivery_id_is_signed(&self) -> bool {
        self.scheme.delivery_id_is_signed()
    }

    /// Whether the body is part of the signed text. With a token it is not, nor is anything else.
    #[must_use]
    pub fn body_is_signed(&self) -> bool {
        self.scheme.body_is_signed()
    }

    /// The kind of event, where the scheme says where it is: `push`, `orders/create`. Most providers tell it
    /// in the body alone; [`Provider::with_event_json`](crate::providers::Provider::with_event_json) looks
    /// for it there.
    ///
    /// # Security
    ///
    /// Whoever replays a delivery can change it, unless [`event_type_is_signed`](Self::event_type_is_signed).
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.notes.event()
    }

    /// Whether the kind of event is part of the signed text. In a header it never is.
    #[must_use]
    pub fn event_type_is_signed(&self) -> bool {
        self.scheme.event_type_is_signed()
    }

    /// Which attempt to deliver this is, as the provider counts, where it tells so in the head. It is
    /// not signed.
    #[must_use]
    pub fn attempt(&self) -> Option<u64> {
        self.notes.attempt()
    }

    /// The delivery's timestamp, where the scheme has one.
    #[must_use]
    pub fn timestamp(&self) -> Option<SystemTime> {
        self.time?.to_system_time()
    }

    /// Whether the timestamp is part of the signed text.
    #[must_use]
    pub fn timestamp_is_signed(&self) -> bool {
        self.scheme.timestamp_is_signed()
    }

    /// For how long this very delivery can be sent again and still pass, at most: the whole window of
    /// its timestamp. `None` if it always can, because no time is signed or any is tolerated; a token's own end is
    /// not counted.
    #[must_use]
    pub fn replay_window(&self) -> Option<Duration> {
        self.replay_window
    }

    /// What tells this delivery from all others of its provider and tenant, made of nothing but what is
    /// signed: the id, if that is; else the MAC, or a digest of the signed text where that is verified
    /// by a public key. `None` where nothing that is signed
    /// [tells deliveries apart](Scheme::tells_deliveries_apart), as with a token, or where items are signed one
    /// by one, which whoever has a delivery could leave out or repeat.
    ///
    /// [`DedupeLayer`](crate::DedupeLayer) claims deliveries by it, and by its
    /// [scope](crate::DedupeLayer::scope), which is not in this key. A handler that writes it into its
    /// own database, in the transaction that has its effect, has that effect once, whatever happens; where endpoints
    /// share a table, put the endpoint beside it into the primary key.
    ///
    /// # Security
    ///
    /// - A sender's next attempt has the same key if it is signed alike. Where the time is signed and the
    ///   id is not, each attempt has a key of its own: Stripe signs its retries anew.
    /// - Two deliveries with the same body, from a provider that signs nothing else, have the same key.
    /// - A MAC depends on the secret. If a sender signs with two, and somebody takes one of the
    ///   signatures away, what is left may match under another secret, and this key is another one. The
    ///   layer claims the delivery under the current secret too, and so recognises it; a table of your own,
    ///   which has this key alone, does not.
    /// - One case is left to the layer as well: a delivery that is signed with two secrets, was handled by a
    ///   receiver that knew only the older one, and comes again, within the window, when the receiver knows
    ///   both. Its key is then that of the newer one, under which nothing is known.
    /// - The provider's name is in it, and the tenant. Two senders of the same scheme whose ids are
    ///   their own to choose need a [scope](crate::DedupeLayer::scope) each.
    #[must_use]
    pub fn dedupe_key(&self) -> Option<DedupeKey> {
        let [key, _] = self.dedupe_keys();
        key
    }

    /// The key of the delivery, and the one that it has under the current secret, if that is not the one
    /// that matched.
    pub(crate) fn dedupe_keys(&self) -> [Option<DedupeKey>; 2] {
        let Prints { matched, current } = &self.prints;
        let of_print = |print: &Print| self.key_of("print", print.as_bytes());
        match (self.scheme.spec().identity, self.delivery_id()) {
            (Identity::None, _) => [None, None],
            (Identity::Id, Some(id)) => [Some(self.key_of("id", id.as_bytes())), None],
            // Of the text, which is the same under each key.
            (Identity::Text, _) => [Some(of_print(matched)), None],
            (Identity::Id | Identity::Mac, _) => {
                [Some(of_print(matched)), current.as_deref().map(of_print)]
            }
        }
    }

    pub(crate) fn shared_provider(&self) -> Arc<str> {
        Arc::clone(&self.scheme.spec().name)
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
