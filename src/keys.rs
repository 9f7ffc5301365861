//! The secrets of one endpoint: the current one and those it takes over from.

pub use crate::secret::{KeyError, KeyErrorKind, Secret};

/// The secrets that deliveries may be signed with: the current one first, then older ones.
///
/// While a secret is being changed, a delivery signed with either must pass. The MAC streams under
/// the current secret; the older ones are tried, in the order they were added, only when that does not
/// match, over the body as it was kept. So an older secret costs a genuine delivery nothing until it
/// is needed, and a forged one a MAC more, in one go when its body is complete.
///
/// ```
/// use tower_webhook::{Keys, Secret, WebhookLayer, providers};
///
/// # fn main() -> Result<(), tower_webhook::KeyError> {
/// let keys = Keys::new(Secret::new("the new one")?.label("2026-11"))
///     .previous(Secret::new("the old one")?.label("2025-11"));
/// let layer = WebhookLayer::new(providers::github(), keys)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Keys {
    pub(crate) current: Secret,
    pub(crate) previous: Vec<Secret>,
}

impl Keys {
    /// Keys with nothing but a current secret.
    #[must_use]
    pub fn new(current: Secret) -> Self {
        Self {
            current,
            previous: Vec::new(),
        }
    }

    /// Adds an older secret, tried after those added before it.
    ///
    /// # Security
    ///
    /// It is accepted until the layer is made again without it.
    #[must_use]
    pub fn previous(mut self, secret: Secret) -> Self {
        self.previous.push(secret);
        self
    }
}

impl From<Secret> for Keys {
    fn from(current: Secret) -> Self {
        Self::new(current)
    }
}
