use bytes::Bytes;

use super::claims::Claims;
use crate::{
    rejection::RejectionKind,
    scheme::{Part, Template},
};

/// What of a signed text the head gives. The rest goes into the gaps.
#[derive(Default)]
pub(super) struct SignedText {
    text: Vec<u8>,
    /// Where the first gap is, which is nearly always the only one; or the end, if there is none.
    first: usize,
    others: Vec<usize>,
    end: usize,
}

impl SignedText {
    /// `room` is how much will be written behind the text.
    pub(super) fn of(
        message: &Template,
        claims: &Claims<'_>,
        room: usize,
    ) -> Result<Self, RejectionKind> {
        let mut text = Vec::with_capacity(claims.len(message) + room);
        let mut first = None;
        let mut others = Vec::new();
        for element in message.elements() {
            match &element.part {
                Part::Body | Part::Derived(_) if first.is_none() => first = Some(text.len()),
                Part::Body | Part::Derived(_) => others.push(text.len()),
                _ => claims.write(element, &mut text)?,
            }
        }
        let end = text.len();
        Ok(Self {
            text,
            first: first.unwrap_or(end),
            others,
            end,
        })
    }

    /// The text before the first gap.
    pub(super) fn before(&self) -> &[u8] {
        self.text.get(..self.first).unwrap_or_default()
    }

    /// The text behind each gap, up to the next.
    pub(super) fn behind(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&self.first).chain(&self.others);
        let ends = self.others.iter().chain(std::iter::once(&self.end));
        starts
            .zip(ends)
            .map(|(start, end)| self.text.get(*start..*end).unwrap_or_default())
    }

    /// Writes something that is not signed behind the text.
    pub(super) fn note(&mut self, note: &str) {
        self.text.extend_from_slice(note.as_bytes());
    }

    /// What was noted, still behind the text.
    pub(super) fn into_notes(self) -> (Bytes, usize) {
        (self.text.into(), self.end)
    }
}
