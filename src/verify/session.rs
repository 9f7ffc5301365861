//! Verification of a body that arrives in pieces.

use std::{fmt, sync::Arc};

use super::{Verified, delivery::Delivery, settings::Settings};
use crate::rejection::Rejection;

/// One delivery under verification; made by [`Verifier::begin`](super::Verifier::begin).
///
/// The MAC runs over the body as it arrives, under the current key. Nothing of the body is kept.
#[must_use = "a delivery is verified only once `finish` says so"]
pub struct VerificationSession {
    pub(super) settings: Arc<Settings>,
    pub(super) delivery: Delivery,
}

impl VerificationSession {
    pub(super) fn new(settings: Arc<Settings>, delivery: Delivery) -> Self {
        Self { settings, delivery }
    }

    /// Takes the next piece of the raw body, of any length.
    pub fn update(&mut self, piece: &[u8]) {
        self.delivery.update(&self.settings, piece);
    }

    /// Compares the signatures with that of all pieces.
    ///
    /// `body` is the whole body again, in pieces of any length: `[body]` if it is one. It is read
    /// once for each previous key, if the current one does not match; and for the current one if it
    /// is not as long as what [`update`](Self::update) was given.
    ///
    /// # Errors
    ///
    /// [`RejectionKind::SignatureMismatch`](crate::rejection::RejectionKind::SignatureMismatch) if
    /// no signature is that of this request under any key,
    /// [`RejectionKind::ExpiredKey`](crate::rejection::RejectionKind::ExpiredKey) if it is under
    /// one that may not be used any more.
    ///
    /// # Security
    ///
    /// `body` must be the bytes that `update` was given: under the current key their length alone
    /// is compared, and what is proven is what `update` was given.
    ///
    /// All signatures are compared with a key's MAC, in a time that does not depend on where they
    /// differ.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "iterators are handed over, not lent"
    )]
    pub fn finish<I>(mut self, body: I) -> Result<Verified, Rejection>
    where
        I: IntoIterator<Item: AsRef<[u8]> + Copy> + Clone,
    {
        self.delivery
            .finish(&self.settings, || body.clone().into_iter())
    }
}

impl fmt::Debug for VerificationSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationSession")
            .field("provider", &self.settings.scheme().name())
            .finish_non_exhaustive()
    }
}
