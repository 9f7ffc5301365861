use super::body_context::Extracted;
use crate::mac::Print;

/// What was found in each unit of a body that is looked into, and what tells it from others once a
/// key has proven it.
pub(super) struct Units<'f>(Vec<(&'f Extracted, Option<Print>)>);

/// For each unit, the index of the text that a key has signed, and the fingerprint under that key.
pub(super) struct Tried(Vec<(Option<usize>, Print)>);

impl<'f> Units<'f> {
    pub(super) fn of(found: &'f [Extracted]) -> Self {
        Self(found.iter().map(|found| (found, None)).collect())
    }

    /// Tries a key on those that no other has proven.
    pub(super) fn by(
        &self,
        mut signed_text: impl FnMut(&Extracted, &mut Print) -> Option<usize>,
    ) -> Tried {
        let tried = self.0.iter().map(|(found, proven)| {
            let mut print = Print::default();
            let text = match proven {
                None => signed_text(found, &mut print),
                Some(_) => None,
            };
            (text, print)
        });
        Tried(tried.collect())
    }

    /// Notes what a key has proven; what tells the first one from others, if they are all proven.
    /// Where there are several, nothing tells the delivery apart.
    pub(super) fn prove(&mut self, tried: Tried) -> Option<Print> {
        for ((_, proven), (text, print)) in self.0.iter_mut().zip(tried.0) {
            *proven = proven.or(text.map(|_| print));
        }
        let first = self.0.first().and_then(|(_, proven)| *proven);
        first.filter(|_| self.0.iter().all(|(_, proven)| proven.is_some()))
    }
}

impl Tried {
    /// The index of the signed text, of the first unit that the key has signed.
    pub(super) fn text(&self) -> Option<usize> {
        self.0.iter().find_map(|(text, _)| *text)
    }
}
