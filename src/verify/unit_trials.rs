//! Searches for the keys that have signed the units of a body, such as the items of a list.

use super::body_context::Extracted;
use crate::mac::Fingerprint;

/// The values of each unit, and its fingerprint under the key that has signed it.
pub(super) struct UnitTrials<'f>(Vec<(&'f Extracted, Option<Fingerprint>)>);

/// For each unit, the index of the text that a key has signed, and the fingerprint under that key.
pub(super) struct UnitTrial(Vec<(Option<usize>, Fingerprint)>);

impl<'f> UnitTrials<'f> {
    pub(super) fn of(found: &'f [Extracted]) -> Self {
        Self(found.iter().map(|found| (found, None)).collect())
    }

    /// Tries a key on the units that no earlier key has signed.
    pub(super) fn try_key(
        &self,
        mut signed_text: impl FnMut(&Extracted, &mut Fingerprint) -> Option<usize>,
    ) -> UnitTrial {
        let tried = self.0.iter().map(|(found, signed)| {
            let mut fingerprint = Fingerprint::default();
            let text = match signed {
                None => signed_text(found, &mut fingerprint),
                Some(_) => None,
            };
            (text, fingerprint)
        });
        UnitTrial(tried.collect())
    }

    /// Records the units that a key has signed. Returns the fingerprint of the first unit if all
    /// units are signed.
    pub(super) fn record(&mut self, tried: UnitTrial) -> Option<Fingerprint> {
        for ((_, signed), (text, fingerprint)) in self.0.iter_mut().zip(tried.0) {
            *signed = signed.or(text.map(|_| fingerprint));
        }
        let first = self.0.first().and_then(|(_, signed)| *signed);
        first.filter(|_| self.0.iter().all(|(_, signed)| signed.is_some()))
    }
}

impl UnitTrial {
    /// The index of the signed text, of the first unit that the key has signed.
    pub(super) fn text(&self) -> Option<usize> {
        self.0.iter().find_map(|(text, _)| *text)
    }
}
