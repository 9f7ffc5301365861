//! The search for the text that a delivery is signed with.

use super::{candidates::Candidates, facts::Found, text::SignedText};
use crate::{
    mac::{Key, Print},
    scheme::{Spec, Template},
};

/// The possible signed texts of one delivery, in the order of the scheme, and its signatures.
/// `pieces` returns the body each time it is called.
pub(super) struct Texts<'d, P> {
    spec: &'d Spec,
    first: &'d SignedText,
    /// `None` if there is only one text, made of the head and the raw body.
    others: Option<&'d [SignedText]>,
    candidates: &'d Candidates,
    pieces: &'d P,
}

impl<'d, P, I> Texts<'d, P>
where
    P: Fn() -> I,
    I: Iterator<Item: AsRef<[u8]>>,
{
    pub(super) fn new(
        spec: &'d Spec,
        first: &'d SignedText,
        others: Option<&'d [SignedText]>,
        candidates: &'d Candidates,
        pieces: &'d P,
    ) -> Self {
        Self {
            spec,
            first,
            others,
            candidates,
            pieces,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'d SignedText> + use<'d, P, I> {
        std::iter::once(self.first).chain(self.others.unwrap_or_default())
    }

    /// Returns the index of the text that the key has signed. `found` has the values from the body,
    /// if the scheme looks into it. `print` receives the fingerprint, under this key, of the last
    /// text that was tried.
    #[inline]
    pub(super) fn signed_by(
        &self,
        key: &Key,
        found: Option<&Found>,
        print: &mut Print,
    ) -> Option<usize> {
        // Fast path: nearly all schemes have one text of the head and the body.
        if self.others.is_none() && self.first.has_one_gap() {
            let pieces = (self.pieces)();
            let is_signed = self
                .first
                .signed_whole_by(key, pieces, self.candidates, print);
            return is_signed.then_some(0);
        }
        let mut texts = self.iter().zip(self.spec.messages()).enumerate();
        let signed = texts.find(|(at, text)| self.is_signed(key, *at, *text, found, print));
        signed.map(|(at, _)| at)
    }

    /// Returns the fingerprint, under a key, of the text at this index.
    pub(super) fn print(&self, key: &Key, at: usize, found: Option<&Found>) -> Print {
        let mut print = Print::default();
        if let Some(text) = self.iter().zip(self.spec.messages()).nth(at) {
            self.is_signed(key, at, text, found, &mut print);
        }
        print
    }

    fn is_signed(
        &self,
        key: &Key,
        at: usize,
        (text, message): (&SignedText, &Template),
        found: Option<&Found>,
        print: &mut Print,
    ) -> bool {
        let derived = found.and_then(|found| found.derived(at));
        if text.is_unavailable() || (found.is_some() && derived.is_none()) {
            return false;
        }
        let candidates = found.map_or(self.candidates, |found| &found.candidates);
        text.signed_by(key, message, (self.pieces)(), derived, candidates, print)
    }
}
