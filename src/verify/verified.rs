use std::{fmt, sync::Arc, time::SystemTime};

use http::HeaderValue;

use super::{keyring::LabelledKey, session::Claimed};
use crate::scheme::{Scheme, UnixTime};

/// Proof that a delivery is authentic, and what is known of it.
///
/// Only this crate makes one, so a handler that finds it in the request's extensions knows that
/// the layer let the request in: a `Verified` that was there before is taken out. It holds no
/// secret and no body. Cloning is cheap.
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
    key_label: Option<Arc<str>>,
    id: Option<HeaderValue>,
    time: Option<UnixTime>,
}

impl Verified {
    pub(super) fn new(scheme: Scheme, key: &LabelledKey, claimed: Claimed) -> Self {
        let Claimed { id, time } = claimed;
        Self {
            scheme,
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
        self.id.as_ref()?.to_str().ok()
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
            .field("key_label", &self.key_label())
            .field("delivery_id", &self.delivery_id())
            .field("timestamp", &self.timestamp())
            .finish()
    }
}
