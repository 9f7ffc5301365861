//! The signed text of a delivery, in the parts before and after the body.

use smallvec::SmallVec;

use super::claims::Claims;
use crate::{
    rejection::RejectionKind,
    scheme::{Part, Template},
};

/// The parts of a signed text that are in the head. The others fill its gaps.
#[derive(Default)]
pub(super) struct SignedText {
    text: Vec<u8>,
    /// The position of each gap. The body, or a value from the body, belongs there.
    gaps: SmallVec<[usize; 1]>,
    is_unavailable: bool,
}

impl SignedText {
    /// Writes the parts that are in the head.
    ///
    /// # Errors
    ///
    /// A part of the text is missing or ambiguous in this request.
    pub(super) fn of(message: &Template, claims: &Claims<'_>) -> Result<Self, RejectionKind> {
        let mut this = Self {
            text: Vec::with_capacity(claims.len(message)),
            ..Self::default()
        };
        for element in message.elements() {
            match &element.part {
                Part::Body | Part::Derived(_) => this.gaps.push(this.text.len()),
                _ => claims.write(element, &mut this.text)?,
            }
        }
        Ok(this)
    }

    /// A text with a part that is missing or ambiguous in this request. It matches no signature.
    pub(super) fn unavailable() -> Self {
        Self {
            is_unavailable: true,
            ..Self::default()
        }
    }

    pub(super) fn is_unavailable(&self) -> bool {
        self.is_unavailable
    }

    /// The text before the first gap.
    pub(super) fn before(&self) -> &[u8] {
        let end = self.gaps.first().copied();
        self.text
            .get(..end.unwrap_or(self.text.len()))
            .unwrap_or_default()
    }

    /// The text after each gap, up to the next one.
    pub(super) fn after_gaps(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.gaps.iter().skip(1).copied();
        let ends = ends.chain(std::iter::once(self.text.len()));
        let ranges = self.gaps.iter().zip(ends);
        ranges.map(|(start, end)| self.text.get(*start..end).unwrap_or_default())
    }

    /// Writes the whole text. `pieces` is the body, and `derived` has the values of the other gaps.
    pub(super) fn write<'d>(
        &self,
        message: &Template,
        mut pieces: impl Iterator<Item: AsRef<[u8]>>,
        derived: Option<impl Iterator<Item = &'d [u8]>>,
        write: &mut dyn FnMut(&[u8]),
    ) {
        write(self.before());
        let mut derived = derived.into_iter().flatten();
        for (part, after) in message.gaps().zip(self.after_gaps()) {
            match part {
                // A text contains the body at most once.
                Part::Body => pieces.by_ref().for_each(|piece| write(piece.as_ref())),
                _ => write(derived.next().unwrap_or_default()),
            }
            write(after);
        }
    }

    /// Returns the text after [`before`](Self::before).
    pub(super) fn rest<'d>(
        &self,
        message: &Template,
        body: &[u8],
        mut derived: impl Iterator<Item = &'d [u8]>,
    ) -> Vec<u8> {
        let mut rest = Vec::new();
        for (part, after) in message.gaps().zip(self.after_gaps()) {
            rest.extend_from_slice(match part {
                Part::Body => body,
                _ => derived.next().unwrap_or_default(),
            });
            rest.extend_from_slice(after);
        }
        rest
    }

    /// Returns the first `max_len` bytes of the text.
    pub(super) fn start<'d>(
        &self,
        max_len: usize,
        message: &Template,
        pieces: impl Iterator<Item: AsRef<[u8]>>,
        derived: Option<impl Iterator<Item = &'d [u8]>>,
    ) -> Vec<u8> {
        let mut start = Vec::new();
        self.write(message, pieces, derived, &mut |text| {
            let room = max_len.saturating_sub(start.len()).min(text.len());
            start.extend_from_slice(text.get(..room).unwrap_or_default());
        });
        start
    }
}

/// Replaces errors by `None`: an unavailable text matches no signature, and another one may match.
///
/// # Errors
///
/// The first error, if all texts are unavailable.
pub(super) fn keep_available<T>(
    texts: Vec<Result<T, RejectionKind>>,
) -> Result<Vec<Option<T>>, RejectionKind> {
    if texts.iter().all(Result::is_err) {
        return texts.into_iter().map(|text| text.map(Some)).collect();
    }
    Ok(texts.into_iter().map(Result::ok).collect())
}
