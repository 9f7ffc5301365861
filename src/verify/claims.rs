use http::{HeaderValue, uri::PathAndQuery};

use super::session::Candidates;
use crate::{
    head::Head,
    providers::Provider,
    rejection::RejectionKind,
    scheme::{Element, Part, Spec, Template, Timestamp, TimestampPlace, UnixTime},
};

/// What a head claims about its delivery, read but not proven.
pub(super) struct Claims<'h> {
    head: Head<'h>,
    pub(super) time: Option<UnixTime>,
    pub(super) id: Option<&'h str>,
    timestamp: &'h [u8],
    /// The base of the public URL, where it is signed.
    base: &'h str,
}

impl<'h> Claims<'h> {
    /// Reads a head; its signatures go into `candidates`.
    #[inline]
    pub(super) fn read(
        head: Head<'h>,
        provider: &'h Provider,
        candidates: &mut Candidates,
    ) -> Result<Self, RejectionKind> {
        let spec = provider.scheme().spec();
        let listed = signatures(head, spec, candidates)?;
        let (timestamp, time) = match &spec.timestamp {
            Some(timestamp) => {
                let (text, time) = timestamp.read(head, spec, listed)?;
                (text, Some(time))
            }
            None => (&[][..], None),
        };
        let id = match &spec.id_header {
            Some(header) => {
                let id = head.value(header)?.map(HeaderValue::to_str).transpose();
                id.map_err(|_| RejectionKind::MalformedHeader {
                    header: header.clone(),
                })?
            }
            None => None,
        };
        let base = match provider.public_url() {
            Some(url) if provider.scheme().url_is_signed() => url.base(head)?,
            _ => "",
        };
        Ok(Self {
            head,
            time,
            id,
            timestamp,
            base,
        })
    }

    /// How long the signed text will be, but for the body and for headers that are not the id.
    pub(super) fn len(&self, message: &Template) -> usize {
        let len = |part: &Part| match part {
            Part::Header(_) => self.id.map_or(0, str::len),
            Part::Literal(text) => text.len(),
            Part::Method => self.head.method().as_str().len(),
            Part::Path => self.head.path().len(),
            Part::Timestamp => self.timestamp.len(),
            Part::Url => self.base.len() + self.target().len(),
        };
        message.elements().map(|element| len(&element.part)).sum()
    }

    /// Writes one half of the signed text.
    pub(super) fn write(
        &self,
        elements: &[Element],
        text: &mut Vec<u8>,
    ) -> Result<(), RejectionKind> {
        for Element { part, separator } in elements {
            if *part == Part::Url {
                text.extend_from_slice(self.base.as_bytes());
            }
            let value = self.part(part)?;
            if separator
                .as_ref()
                .is_some_and(|separator| separator.blurs(value))
            {
                return Err(RejectionKind::AmbiguousMessage { part: part.name() });
            }
            text.extend_from_slice(value);
        }
        Ok(())
    }

    /// The bytes of a part of the signed text as they were sent; of a URL, what comes after the base.
    fn part<'s>(&self, part: &'s Part) -> Result<&'s [u8], RejectionKind>
    where
        'h: 's,
    {
        match part {
            Part::Header(name) => {
                let value = self.head.value(name)?.map(HeaderValue::as_bytes);
                value.ok_or_else(|| RejectionKind::MissingHeader {
                    header: name.clone(),
                })
            }
            Part::Literal(text) => Ok(text),
            Part::Method => Ok(self.head.method().as_str().as_bytes()),
            Part::Path => Ok(self.head.path().as_bytes()),
            Part::Timestamp => Ok(self.timestamp),
            Part::Url => {
                let target = self.target();
                // HTTP/2 lets a path begin with anything: `@evil.example/` would make the base's
                // host a user's name. And where there is none, the body may go on with the host.
                if !target.starts_with('/') {
                    return Err(RejectionKind::MalformedTarget);
                }
                Ok(target.as_bytes())
            }
        }
    }

    /// The path and the query, without what an absolute target has before them.
    fn target(&self) -> &'h str {
        let target = self.head.uri().path_and_query();
        target.map_or("", PathAndQuery::as_str)
    }
}

/// Decodes the signatures, and gives the timestamp if it is in the same header.
#[inline]
fn signatures<'h>(
    head: Head<'h>,
    spec: &Spec,
    candidates: &mut Candidates,
) -> Result<Option<&'h [u8]>, RejectionKind> {
    let header = &spec.signature_header;
    let malformed = || RejectionKind::MalformedSignature {
        header: header.clone(),
    };
    let value = head
        .value(header)?
        .ok_or_else(|| RejectionKind::MissingSignature {
            header: header.clone(),
        })?;
    let timestamp_key = match &spec.timestamp {
        Some(Timestamp {
            place: TimestampPlace::Key(key),
            ..
        }) => Some(key.as_bytes()),
        _ => None,
    };
    let mut timestamp = None;
    let mut count = 0;
    spec.layout.read(value.as_bytes(), |field| {
        let field = field.ok_or_else(malformed)?;
        if spec.layout.is_signature(&field) {
            count += 1;
            if count > Candidates::LIMIT {
                return Err(RejectionKind::TooManySignatures {
                    header: header.clone(),
                    limit: Candidates::LIMIT,
                });
            }
            // One that cannot be decoded matches nothing; another beside it may.
            candidates.decode(field.value, spec.encoding);
        } else if Some(field.key) == timestamp_key {
            if timestamp.is_some_and(|earlier| earlier != field.value) {
                return Err(RejectionKind::ConflictingHeader {
                    header: header.clone(),
                });
            }
            timestamp = Some(field.value);
        }
        Ok(())
    })?;
    if candidates.is_empty() {
        return Err(malformed());
    }
    Ok(timestamp)
}

impl Timestamp {
    /// The timestamp as it was sent and as a time; `listed` is the one in the signature header.
    fn read<'h>(
        &self,
        head: Head<'h>,
        spec: &Spec,
        listed: Option<&'h [u8]>,
    ) -> Result<(&'h [u8], UnixTime), RejectionKind> {
        let (header, text) = match &self.place {
            TimestampPlace::Header(name) => (name, head.value(name)?.map(HeaderValue::as_bytes)),
            TimestampPlace::Key(_) => (&spec.signature_header, listed),
        };
        let text = text.ok_or_else(|| RejectionKind::MissingTimestamp {
            header: header.clone(),
        })?;
        let time = self.unit.parse(text);
        let time = time.ok_or_else(|| RejectionKind::MalformedTimestamp {
            header: header.clone(),
        })?;
        Ok((text, time))
    }
}
