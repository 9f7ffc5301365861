use super::{candidates::Candidates, claims::Claims, facts::Facts};
use crate::{
    head::Head,
    mac::{Key, Print},
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
    has_gap: bool,
    others: Vec<usize>,
    end: usize,
    /// Whether a part of the text is missing or ambiguous in this request.
    is_unavailable: bool,
}

impl SignedText {
    #[inline]
    pub(super) fn of(message: &Template, claims: &Claims<'_>) -> Result<Self, RejectionKind> {
        let mut text = Self::default();
        text.write_head(message, claims, 0)?;
        Ok(text)
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

    /// Writes what the head gives into an empty text; `room` is how much will be written behind it.
    #[inline]
    pub(super) fn write_head(
        &mut self,
        message: &Template,
        claims: &Claims<'_>,
        room: usize,
    ) -> Result<(), RejectionKind> {
        self.text.reserve_exact(claims.len(message) + room);
        for element in message.elements() {
            match &element.part {
                Part::Body | Part::Derived(_) if !self.has_gap => {
                    self.has_gap = true;
                    self.first = self.text.len();
                }
                Part::Body | Part::Derived(_) => self.others.push(self.text.len()),
                _ => claims.write(element, &mut self.text)?,
            }
        }
        self.end = self.text.len();
        if !self.has_gap {
            self.first = self.end;
        }
        Ok(())
    }

    /// The text before the first gap.
    pub(super) fn before(&self) -> &[u8] {
        self.text.get(..self.first).unwrap_or_default()
    }

    /// Whether the body, or what stands for it, is all that is missing.
    pub(super) fn has_one_gap(&self) -> bool {
        self.has_gap && self.others.is_empty()
    }

    /// The text behind the first gap, if there is no other.
    pub(super) fn after(&self) -> &[u8] {
        self.text.get(self.first..self.end).unwrap_or_default()
    }

    /// The text behind each gap, up to the next.
    pub(super) fn behind(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&self.first).chain(&self.others);
        let ends = self.others.iter().chain(std::iter::once(&self.end));
        starts
            .zip(ends)
            .map(|(start, end)| self.text.get(*start..*end).unwrap_or_default())
    }

    /// Whether one of `candidates` is of this text under `key`, the body being its only gap.
    #[inline]
    pub(super) fn signed_whole_by(
        &self,
        key: &Key,
        pieces: impl Iterator<Item: AsRef<[u8]>>,
        candidates: &Candidates,
        print: &mut Print,
    ) -> bool {
        let write = |mac: &mut dyn FnMut(&[u8])| {
            mac(self.before());
            pieces.for_each(|piece| mac(piece.as_ref()));
            mac(self.after());
        };
        key.signs(write, candidates.iter(), print)
    }

    /// Whether one of `candidates` is of this text under `key`; `derived` fills the gaps that are not
    /// the body's.
    #[cold]
    pub(super) fn signed_by<'d>(
        &self,
        key: &Key,
        message: &Template,
        pieces: impl Iterator<Item: AsRef<[u8]>>,
        derived: Option<impl Iterator<Item = &'d [u8]>>,
        candidates: &Candidates,
        print: &mut Print,
    ) -> bool {
        let write = |mac: &mut dyn FnMut(&[u8])| self.write(message, pieces, derived, mac);
        key.signs(write, candidates.iter(), print)
    }

    /// What comes after [`before`](Self::before); `derived` fills the gaps that are not the body's.
    pub(super) fn rest<'d>(
        &self,
        message: &Template,
        body: &[u8],
        mut derived: impl Iterator<Item = &'d [u8]>,
    ) -> Vec<u8> {
        let mut rest = Vec::new();
        for (part, behind) in message.gaps().zip(self.behind()) {
            rest.extend_from_slice(match part {
                Part::Body => body,
                _ => derived.next().unwrap_or_default(),
            });
            rest.extend_from_slice(behind);
        }
        rest
    }

    /// The first `most` bytes of this text.
    #[cold]
    pub(super) fn beginning<'d>(
        &self,
        most: usize,
        message: &Template,
        pieces: impl Iterator<Item: AsRef<[u8]>>,
        derived: Option<impl Iterator<Item = &'d [u8]>>,
    ) -> Vec<u8> {
        let mut beginning = Vec::new();
        self.write(message, pieces, derived, &mut |text| {
            let room = most.saturating_sub(beginning.len()).min(text.len());
            beginning.extend_from_slice(text.get(..room).unwrap_or_default());
        });
        beginning
    }

    fn write<'d>(
        &self,
        message: &Template,
        mut pieces: impl Iterator<Item: AsRef<[u8]>>,
        derived: Option<impl Iterator<Item = &'d [u8]>>,
        to: &mut dyn FnMut(&[u8]),
    ) {
        to(self.before());
        let mut derived = derived.into_iter().flatten();
        for (part, behind) in message.gaps().zip(self.behind()) {
            match part {
                // A text has the body once.
                Part::Body => pieces.by_ref().for_each(|piece| to(piece.as_ref())),
                _ => to(derived.next().unwrap_or_default()),
            }
            to(behind);
        }
    }

    /// Writes something that is not signed behind the text.
    pub(super) fn note(&mut self, note: &str) {
        self.text.extend_from_slice(note.as_bytes());
    }

    /// Notes something behind the first `len` bytes that were noted.
    pub(super) fn insert_note(&mut self, len: usize, note: &str) {
        let notes = self.text.split_off((self.end + len).min(self.text.len()));
        self.note(note);
        self.text.extend_from_slice(&notes);
    }

    /// What was noted, still behind the text.
    pub(super) fn into_notes(self) -> (Vec<u8>, usize) {
        (self.text, self.end)
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

/// The signed text in pieces, for whoever signs it: what comes before the body, and all the rest.
/// `listed` is the timestamp, if that is beside the signature. Of a body in which several are signed, `body` is one.
pub(crate) fn signed_text(
    head: Head<'_>,
    provider: &Provider,
    listed: Option<&[u8]>,
    body: &[u8],
) -> Result<[Vec<u8>; 2], RejectionKind> {
    let spec = provider.scheme().spec();
    let claims = Claims::of(head, provider, None, listed)?;
    let text = SignedText::of(&spec.message, &claims)?;
    let derived = if spec.looks_into_body {
        Facts::of(spec, &claims)?.derive(&spec.message, body)?
    } else {
        Vec::new()
    };
    let rest = text.rest(&spec.message, body, derived.iter().map(Vec::as_slice));
    Ok([text.before().to_vec(), rest])
}
