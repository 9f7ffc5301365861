//! Verification of a body that arrives in pieces.

use std::{fmt, sync::Arc};

use super::{Verified, delivery::Delivery, settings::Settings};
use crate::rejection::Rejection;

/// A delivery whose body is being verified. Created by [`Verifier::begin`](super::Verifier::begin).
///
/// The MAC is computed under the current key while the body arrives. The session does not keep the
/// body.
#[must_use = "a delivery is verified only once `finish` says so"]
pub struct VerificationSession {
    pub(super) settings: Arc<Settings>,
    pub(super) delivery: Delivery,
}

impl VerificationSession {
    pub(super) fn new(settings: Arc<Settings>, delivery: Delivery) -> Self {
        Self { settings, delivery }
    }

    /// Adds the next piece of the raw body, of any length.
    pub fn update(&mut self, piece: &[u8]) {
        self.delivery.update(&self.settings, piece);
    }

    /// Completes the verification, and compares the signatures with that of the whole body.
    ///
    /// `body` is the whole body again, in pieces of any length: `[body]` if it is one piece. It is
    /// read
    ///
    /// - once for each previous key, if the signature does not match the current key, and
    /// - once for the current key, if its length differs from that of the pieces passed to
    ///   [`update`](Self::update).
    ///
    /// # Errors
    ///
    /// - [`RejectionKind::SignatureMismatch`](crate::rejection::RejectionKind::SignatureMismatch)
    ///   if no signature matches under any key.
    /// - [`RejectionKind::ExpiredKey`](crate::rejection::RejectionKind::ExpiredKey) if a signature
    ///   matches only under a key that has expired.
    ///
    /// # Security
    ///
    /// `body` must consist of the bytes that were passed to `update`. Under the current key, only
    /// the lengths are compared, and the proof covers the bytes passed to `update`.
    ///
    /// All signatures are compared with a key's MAC, in a time that does not depend on the position
    /// of the first difference.
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
