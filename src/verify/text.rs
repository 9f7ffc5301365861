use bytes::Bytes;

use super::{claims::Claims, facts::Facts};
use crate::{
    head::Head,
    providers::Provider,
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

/// The signed text in pieces, for whoever signs it: what comes before the body, and all the rest.
/// `listed` is the timestamp, if that is beside the signature.
pub(crate) fn signed_text(
    head: Head<'_>,
    provider: &Provider,
    listed: Option<&[u8]>,
    body: &[u8],
) -> Result<[Vec<u8>; 2], RejectionKind> {
    let spec = provider.scheme().spec();
    let claims = Claims::of(head, provider, listed)?;
    let text = SignedText::of(&spec.message, &claims, 0)?;
    let derived = if spec.looks_into_body {
        Facts::of(&claims)?.derive(&spec.message, body)?
    } else {
        Vec::new()
    };
    let mut rest = Vec::with_capacity(body.len());
    let mut derived = derived.iter();
    for (part, behind) in spec.message.gaps().zip(text.behind()) {
        match part {
            Part::Body => rest.extend_from_slice(body),
            _ => rest.extend_from_slice(derived.next().map(Vec::as_slice).unwrap_or_default()),
        }
        rest.extend_from_slice(behind);
    }
    Ok([text.before().to_vec(), rest])
}
