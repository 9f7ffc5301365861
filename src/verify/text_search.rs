//! Searches for the text that a delivery is signed with, among the alternative texts of the scheme.

use super::{body_context::Extracted, candidates::Candidates, signed_text::SignedText};
use crate::{
    handshake::{Handshake, MAX_SIGNED},
    mac::{Fingerprint, Key, Mac},
    scheme::{Spec, Template},
};

/// The possible signed texts of one delivery, in the order of the scheme, and its signatures.
/// `pieces` returns the body each time it is called.
pub(super) struct TextSearch<'d, P> {
    spec: &'d Spec,
    first: &'d SignedText,
    others: &'d [SignedText],
    candidates: &'d Candidates,
    pieces: &'d P,
}

impl<'d, P, I> TextSearch<'d, P>
where
    P: Fn() -> I,
    I: Iterator<Item: AsRef<[u8]>>,
{
    pub(super) fn new(
        spec: &'d Spec,
        first: &'d SignedText,
        others: &'d [SignedText],
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

    fn iter(&self) -> impl Iterator<Item = (usize, (&'d SignedText, &'d Template))> {
        let texts = std::iter::once(self.first).chain(self.others);
        texts.zip(self.spec.messages()).enumerate()
    }

    /// Whether the scheme has one signed text.
    pub(super) fn is_single(&self) -> bool {
        self.others.is_empty()
    }

    /// The length of the body.
    pub(super) fn body_len(&self) -> usize {
        (self.pieces)().map(|piece| piece.as_ref().len()).sum()
    }

    /// Returns the index of the text that the key has signed. `found` has the values from the body,
    /// if the scheme looks into it. `fingerprint` receives the fingerprint, under this key, of the
    /// last text that was tried.
    pub(super) fn signed_by(
        &self,
        key: &Key,
        found: Option<&Extracted>,
        fingerprint: &mut Fingerprint,
    ) -> Option<usize> {
        let mut texts = self.iter();
        let signed =
            texts.find(|(index, text)| self.is_signed(key, *index, *text, found, fingerprint));
        signed.map(|(index, _)| index)
    }

    /// Completes a MAC of the only text, which has seen the whole body. Returns whether it is one
    /// of the signatures.
    pub(super) fn finish_mac(&self, mac: &mut Mac, fingerprint: &mut Fingerprint) -> bool {
        self.first.after_gaps().for_each(|text| mac.update(text));
        mac.is_one_of(self.candidates.iter(), fingerprint)
    }

    /// Returns the fingerprint, under a key, of the text at this index.
    pub(super) fn fingerprint(
        &self,
        key: &Key,
        index: usize,
        found: Option<&Extracted>,
    ) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        if let Some((_, text)) = self.iter().nth(index) {
            self.is_signed(key, index, text, found, &mut fingerprint);
        }
        fingerprint
    }

    fn is_signed(
        &self,
        key: &Key,
        index: usize,
        (text, message): (&SignedText, &Template),
        found: Option<&Extracted>,
        fingerprint: &mut Fingerprint,
    ) -> bool {
        let derived = found.and_then(|found| found.derived(index));
        if text.is_unavailable() || (found.is_some() && derived.is_none()) {
            return false;
        }
        let candidates = found.map_or(self.candidates, |found| &found.candidates);
        let write = |write: &mut dyn FnMut(&[u8])| {
            text.write(message, (self.pieces)(), derived, write);
        };
        key.signs(write, candidates.iter(), fingerprint)
    }

    /// Whether one of the texts could be a challenge that one of the handshakes signs. In this
    /// case, an attacker could have obtained the signature with a handshake.
    pub(super) fn may_be_challenge(
        &self,
        handshakes: &[Handshake],
        units: Option<&[Extracted]>,
    ) -> bool {
        if !handshakes.iter().any(Handshake::signs) {
            return false;
        }
        match units {
            None => self.may_be_challenge_of(handshakes, None),
            Some(units) => units
                .iter()
                .any(|unit| self.may_be_challenge_of(handshakes, Some(unit))),
        }
    }

    fn may_be_challenge_of(&self, handshakes: &[Handshake], unit: Option<&Extracted>) -> bool {
        self.iter().any(|(index, (text, message))| {
            let derived = unit.and_then(|unit| unit.derived(index));
            if text.is_unavailable() || (unit.is_some() && derived.is_none()) {
                return false;
            }
            let start = text.start(MAX_SIGNED + 1, message, (self.pieces)(), derived);
            let mut handshakes = handshakes.iter();
            handshakes.any(|handshake| handshake.may_have_signed(&start))
        })
    }
}
