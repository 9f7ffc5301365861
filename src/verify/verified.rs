use std::{fmt, sync::Arc, time::SystemTime};

use bytes::Bytes;

use crate::{
    keys::LabelledKey,
    scheme::{Scheme, UnixTime},
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
    id: Option<Id>,
    time: Option<UnixTime>,
}

/// A delivery's id: a copy, because a header's value is a slice of the connection's buffer, which
/// it would keep. It lies at the end of another text, which saves an allocation.
#[derive(Clone)]
pub(super) struct Id {
    text: Bytes,
    start: usize,
}

impl Id {
    pub(super) fn at_end(text: Vec<u8>, start: usize) -> Self {
        Self {
            text: text.into(),
            start,
        }
    }

    fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.text.get(self.start..)?).ok()
    }
}

impl Verified {
    pub(super) fn new(
        scheme: &Scheme,
        tenant: Option<&Arc<str>>,
        key: &LabelledKey,
        id: Option<Id>,
        time: Option<UnixTime>,
    ) -> Self {
        Self {
            scheme: scheme.clone(),
            tenant: tenant.cloned(),
            key_label: key.label.clone(),
            id,
            time,
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

    /// The delivery's id, where the scheme has one in the head.
    ///
    /// # Security
    ///
    /// Whoever replays a delivery can change an id that is not signed; see
    /// [`delivery_id_is_signed`](Self::delivery_id_is_signed).
    #[must_use]
    pub fn delivery_id(&self) -> Option<&str> {
        self.id.as_ref()?.as_str()
    }

    /// Whether the delivery's id is part of the signed text.
    #[must_use]
    pub fn delivery_id_is_signed(&self) -> bool {
        self.scheme.delivery_id_is_signed()
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
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("provider", &self.provider())
            .field("tenant", &self.tenant())
            .field("key_label", &self.key_label())
            .field("delivery_id", &self.delivery_id())
            .field("timestamp", &self.timestamp())
            .finish()
    }
}
