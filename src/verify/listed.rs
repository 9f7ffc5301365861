use http::HeaderName;

use super::candidates::Candidates;
use crate::{
    head::Head,
    place::Place,
    rejection::RejectionKind,
    scheme::{Spec, Timestamp, TimestampPlace},
};

/// Decodes the signatures that are in the head, and gives the timestamp if it is in the same list.
pub(super) fn signatures<'h>(
    head: Head<'h>,
    spec: &Spec,
    candidates: &mut Candidates,
) -> Result<Option<&'h [u8]>, RejectionKind> {
    let mut listed = Listed::default();
    let mut absent = None;
    let mut is_late = false;
    for place in &spec.signatures {
        let Place::Header(header) = place else {
            is_late = true;
            continue;
        };
        if spec.header_repeats {
            listed.read_each(head, header, place, spec, candidates)?;
            absent = absent.or(Some(place));
            continue;
        }
        match head.value(header)? {
            Some(value) => listed.read(value.as_bytes(), place, spec, candidates)?,
            None => absent = absent.or(Some(place)),
        }
    }
    if is_late {
        // More may come with the body.
        return Ok(listed.timestamp);
    }
    listed.end(absent, candidates)
}

/// The lists that signatures are in, as far as they have been read.
#[derive(Default)]
pub(super) struct Listed<'v, 'p> {
    timestamp: Option<&'v [u8]>,
    count: usize,
    place: Option<&'p Place>,
}

impl<'v, 'p> Listed<'v, 'p> {
    /// Decodes the signatures of one value.
    pub(super) fn read(
        &mut self,
        value: &'v [u8],
        place: &'p Place,
        spec: &Spec,
        candidates: &mut Candidates,
    ) -> Result<(), RejectionKind> {
        let timestamp_key = match &spec.timestamp {
            Some(Timestamp {
                place: TimestampPlace::Key(key),
                ..
            }) => Some(key.as_bytes()),
            _ => None,
        };
        self.place = Some(place);
        spec.layout.read(value, |field| {
            let field = field.ok_or_else(|| RejectionKind::MalformedSignature {
                place: place.clone(),
            })?;
            if spec.layout.is_signature(&field) {
                self.count += 1;
                if self.count > Candidates::LIMIT {
                    return Err(RejectionKind::TooManySignatures {
                        place: place.clone(),
                        limit: Candidates::LIMIT,
                    });
                }
                // One that cannot be decoded matches nothing; another beside it may.
                candidates.decode(field.value, spec);
            } else if Some(field.key) == timestamp_key {
                if self.timestamp.is_some_and(|earlier| earlier != field.value) {
                    return Err(RejectionKind::ConflictingSignature {
                        place: place.clone(),
                    });
                }
                self.timestamp = Some(field.value);
            }
            Ok(())
        })
    }

    /// Decodes the signatures of a header that may be there several times.
    fn read_each(
        &mut self,
        head: Head<'v>,
        header: &HeaderName,
        place: &'p Place,
        spec: &Spec,
        candidates: &mut Candidates,
    ) -> Result<(), RejectionKind> {
        let values = head.headers().get_all(header).into_iter();
        for value in values.filter(|value| !value.is_empty()) {
            self.read(value.as_bytes(), place, spec, candidates)?;
        }
        Ok(())
    }

    /// The timestamp, if there were signatures at all; `absent` is where there was nothing.
    pub(super) fn end(
        self,
        absent: Option<&Place>,
        candidates: &Candidates,
    ) -> Result<Option<&'v [u8]>, RejectionKind> {
        match (self.place, absent) {
            (Some(place), _) if candidates.is_empty() => Err(RejectionKind::MalformedSignature {
                place: place.clone(),
            }),
            (None, Some(place)) => Err(RejectionKind::MissingSignature {
                place: place.clone(),
            }),
            _ => Ok(self.timestamp),
        }
    }
}
