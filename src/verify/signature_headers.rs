//! Reads the signatures from the headers.

use http::HeaderName;

use super::candidates::Candidates;
use crate::{
    head::RequestHead,
    location::Location,
    rejection::RejectionKind,
    scheme::{Spec, Timestamp, TimestampLocation},
};

/// Decodes the signatures in the head, and returns the timestamp if it is in the same list.
pub(super) fn signatures<'h>(
    head: RequestHead<'h>,
    spec: &Spec,
    candidates: &mut Candidates,
) -> Result<Option<&'h [u8]>, RejectionKind> {
    let mut listed = SignatureHeaders::default();
    let mut missing = None;
    let mut is_in_body = false;
    for location in &spec.signatures {
        let Location::Header(header) = location else {
            is_in_body = true;
            continue;
        };
        if spec.header_repeats {
            listed.read_each(head, header, location, spec, candidates)?;
            missing = missing.or(Some(location));
            continue;
        }
        match head.value(header)? {
            Some(value) => listed.read(value.as_bytes(), location, spec, candidates)?,
            None => missing = missing.or(Some(location)),
        }
    }
    if is_in_body {
        // The body may contain further signatures.
        return Ok(listed.timestamp);
    }
    listed.end(missing, candidates)
}

/// The lists that signatures are in, as far as they have been read.
#[derive(Default)]
pub(super) struct SignatureHeaders<'v, 'p> {
    timestamp: Option<&'v [u8]>,
    count: usize,
    location: Option<&'p Location>,
}

impl<'v, 'p> SignatureHeaders<'v, 'p> {
    /// Decodes the signatures of one value.
    pub(super) fn read(
        &mut self,
        value: &'v [u8],
        location: &'p Location,
        spec: &Spec,
        candidates: &mut Candidates,
    ) -> Result<(), RejectionKind> {
        let timestamp_key = match &spec.timestamp {
            Some(Timestamp {
                location: TimestampLocation::Key(key),
                ..
            }) => Some(key.as_bytes()),
            _ => None,
        };
        self.location = Some(location);
        spec.format.read(value, |field| {
            let field = field.ok_or_else(|| RejectionKind::MalformedSignature {
                location: location.clone(),
            })?;
            if spec.format.is_signature(&field) {
                self.count += 1;
                if self.count > Candidates::LIMIT {
                    return Err(RejectionKind::TooManySignatures {
                        location: location.clone(),
                        limit: Candidates::LIMIT,
                    });
                }
                // One that cannot be decoded matches nothing; another beside it may.
                candidates.decode(field.value, spec);
            } else if Some(field.key) == timestamp_key {
                if self.timestamp.is_some_and(|earlier| earlier != field.value) {
                    return Err(RejectionKind::ConflictingSignature {
                        location: location.clone(),
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
        head: RequestHead<'v>,
        header: &HeaderName,
        location: &'p Location,
        spec: &Spec,
        candidates: &mut Candidates,
    ) -> Result<(), RejectionKind> {
        let values = head.headers().get_all(header).into_iter();
        for value in values.filter(|value| !value.is_empty()) {
            self.read(value.as_bytes(), location, spec, candidates)?;
        }
        Ok(())
    }

    /// The timestamp, if there were signatures at all; `missing` is where there was nothing.
    pub(super) fn end(
        self,
        missing: Option<&Location>,
        candidates: &Candidates,
    ) -> Result<Option<&'v [u8]>, RejectionKind> {
        match (self.location, missing) {
            (Some(location), _) if candidates.is_empty() => {
                Err(RejectionKind::MalformedSignature {
                    location: location.clone(),
                })
            }
            (None, Some(location)) => Err(RejectionKind::MissingSignature {
                location: location.clone(),
            }),
            _ => Ok(self.timestamp),
        }
    }
}
