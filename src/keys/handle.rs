//! The handle that replaces the keys of a running layer.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;

use super::{KeyError, Keyring, Keys};
use crate::scheme::Scheme;

/// A handle that replaces the keys of a running layer. Created by
/// [`WebhookLayer::with_reload_handle`](crate::WebhookLayer::with_reload_handle) and
/// [`Verifier::with_reload_handle`](crate::Verifier::with_reload_handle).
///
/// Clones of the handle replace the same keys, for all clones of the layer. Deliveries wait neither
/// for each other nor for a replacement. A delivery is verified with the keys that were set when
/// its head was read.
///
/// ```
/// use tower_webhook::{Secret, WebhookLayer, providers};
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let secret = Secret::new("the old one")?;
/// let (layer, handle) = WebhookLayer::with_reload_handle(providers::github(), secret)?;
/// // While the layer is at work, on any thread:
/// handle.replace(Secret::new("the new one")?)?;
/// # Ok(())
/// # }
/// ```
#[doc(alias = "reload")]
#[doc(alias = "rotation")]
#[derive(Clone)]
pub struct KeyHandle {
    scheme: Scheme,
    keyring: Arc<ArcSwap<Keyring>>,
}

impl KeyHandle {
    pub(crate) fn new(scheme: Scheme, keyring: Arc<ArcSwap<Keyring>>) -> Self {
        Self { scheme, keyring }
    }

    /// Replaces the keys for all deliveries whose heads are read from now on. Previous secrets that
    /// must still be accepted have to be among the new keys.
    ///
    /// If the layer was created with keys from `Keys::keep_for_diagnosis` (feature `diagnose`), the
    /// text of these secrets is kept too.
    ///
    /// # Errors
    ///
    /// Returns an error if a secret is not in the form that the layer's scheme requires. The error
    /// names the secret, and the keys stay as they were.
    pub fn replace(&self, keys: impl Into<Keys>) -> Result<(), KeyError> {
        let keys = keys.into();
        let keys = match self.keyring.load().kept_secrets() {
            [] => keys,
            _ => keys.kept(),
        };
        let keyring = keys.keyring(&self.scheme)?;
        self.keyring.store(keyring);
        Ok(())
    }
}

impl fmt::Debug for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHandle")
            .field("provider", &self.scheme.name())
            .finish_non_exhaustive()
    }
}
