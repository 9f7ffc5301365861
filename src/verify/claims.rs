//! Reads the values of a scheme from the head: the timestamp, the delivery ID, the event type and
//! the URL. They are not verified yet.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue, uri::PathAndQuery};

use super::{candidates::Candidates, signature_headers::signatures};
use crate::{
    head::RequestHead,
    location::Location,
    payload::Token,
    providers::Provider,
    public_url::UrlStart,
    rejection::RejectionKind,
    scheme::{Border, Derived, Element, Part, Template, Timestamp, TimestampLocation, UnixTime},
};

/// The values that a head claims for its delivery. They are parsed, but not verified.
pub(super) struct Claims<'h> {
    provider: &'h Provider,
    pub(super) head: RequestHead<'h>,
    /// The JSON web token that is the signature.
    pub(super) token: Option<&'h Token>,
    pub(super) time: Option<UnixTime>,
    pub(super) id: Option<Cow<'h, str>>,
    pub(super) event: Option<&'h str>,
    pub(super) attempt: Option<&'h str>,
    timestamp: &'h [u8],
    /// The start of the public URL. Empty if the scheme does not sign the URL.
    pub(super) url_start: UrlStart<'h>,
}

impl<'h> Claims<'h> {
    /// Reads a head. Its signatures are added to `candidates`, unless they are in `token`.
    pub(super) fn read(
        head: RequestHead<'h>,
        provider: &'h Provider,
        token: Option<&'h Token>,
        candidates: &mut Candidates,
    ) -> Result<Self, RejectionKind> {
        let listed = match token {
            None => signatures(head, provider.scheme().spec(), candidates)?,
            Some(_) => None,
        };
        Self::of(head, provider, token, listed)
    }

    /// Reads all values except the signatures. `listed` is the timestamp in the list of signatures.
    pub(super) fn of(
        head: RequestHead<'h>,
        provider: &'h Provider,
        token: Option<&'h Token>,
        listed: Option<&'h [u8]>,
    ) -> Result<Self, RejectionKind> {
        let spec = provider.scheme().spec();
        for (header, value) in &spec.required_headers {
            if head.value(header)? != Some(value) {
                return Err(RejectionKind::UnexpectedValue {
                    header: header.clone(),
                });
            }
        }
        let (timestamp, time) = match &spec.timestamp {
            Some(timestamp) if !timestamp.is_in_body() => {
                let (text, time) = timestamp.read(head, token, listed)?;
                (text, Some(time))
            }
            _ => (&[][..], None),
        };
        let id = match &spec.id {
            Some(Location::Header(header)) => text(head, header)?.map(Cow::Borrowed),
            Some(location @ Location::Claim(name)) => {
                let claim = token.map(|token| token.claim(name)).transpose();
                let claim = claim.map_err(|_| RejectionKind::MalformedSignature {
                    location: location.clone(),
                });
                claim?.flatten().map(Cow::Owned)
            }
            _ => None,
        };
        // These values do not affect verification, so an unreadable value counts as missing.
        let told = |header: Option<&HeaderName>| text(head, header?).ok().flatten();
        let event = match &spec.event {
            Some(Location::Header(header)) => Some(header),
            _ => None,
        };
        Ok(Self {
            provider,
            head,
            token,
            time,
            id,
            event: told(event),
            attempt: told(spec.attempt_header.as_ref()),
            timestamp,
            url_start: Self::url_start(head, provider)?,
        })
    }

    /// The values that are known before a token is created: all except those in the token.
    pub(super) fn of_token_to_be(
        head: RequestHead<'h>,
        provider: &'h Provider,
    ) -> Result<Self, RejectionKind> {
        let spec = provider.scheme().spec();
        // `of` makes the same check, so a receiver would reject the ID.
        if let Some(Location::Header(header)) = &spec.id {
            text(head, header)?;
        }
        // The signer has written the timestamp, and a claim may repeat it.
        let timestamp = match spec.timestamp.as_ref().map(|timestamp| &timestamp.location) {
            Some(TimestampLocation::At(Location::Header(name))) => head.value(name)?,
            _ => None,
        };
        Ok(Self {
            provider,
            head,
            token: None,
            time: None,
            id: None,
            event: None,
            attempt: None,
            timestamp: timestamp.map_or(&[], HeaderValue::as_bytes),
            url_start: Self::url_start(head, provider)?,
        })
    }

    fn url_start(
        head: RequestHead<'_>,
        provider: &'h Provider,
    ) -> Result<UrlStart<'h>, RejectionKind> {
        match provider.public_url() {
            Some(url) if provider.scheme().url_is_signed() => url.start(head),
            _ => Ok(UrlStart::default()),
        }
    }

    /// The length of the signed text, without the body and without headers other than the ID.
    pub(super) fn len(&self, message: &Template) -> usize {
        let len = |part: &Part| match part {
            Part::Header(_) => self.id.as_deref().map_or(0, str::len),
            Part::Jws => self.token.map_or(0, |token| token.input().len()),
            Part::Literal(text) => text.len(),
            Part::Method => self.head.method().as_str().len(),
            Part::Path => self.head.path().len(),
            Part::Setting(name) => self.provider.setting(name).map_or(0, str::len),
            Part::Target => self.target().len(),
            Part::Timestamp => self.timestamp.len(),
            Part::Url => self.url_start.text.len() + self.target().len(),
            Part::Body | Part::Derived(_) => 0,
        };
        let elements = message.elements().iter();
        elements.map(|element| len(&element.part)).sum()
    }

    /// Writes a part of the signed text that is in the head.
    pub(super) fn write(
        &self,
        Element {
            part,
            border,
            optional,
        }: &Element,
        text: &mut Vec<u8>,
    ) -> Result<(), RejectionKind> {
        if let (Some(affixes), Part::Header(name)) = (optional, part) {
            let value = self.header(name)?.filter(|value| !value.is_empty());
            if value.is_some_and(|value| is_ambiguous(border.as_ref(), value)) {
                return Err(ambiguous(part, border.as_ref()));
            }
            text.extend_from_slice(&affixes.around(value));
            return Ok(());
        }
        match (part, self.token) {
            (Part::Url, _) => text.extend_from_slice(self.url_start.text.as_bytes()),
            (Part::Jws, Some(token)) => text.extend_from_slice(token.input()),
            _ => {}
        }
        let value = self.part(part)?;
        if is_ambiguous(border.as_ref(), value) {
            return Err(ambiguous(part, border.as_ref()));
        }
        text.extend_from_slice(value);
        Ok(())
    }

    /// The bytes of a part of the signed text as they were sent. For a URL, the bytes after its
    /// start.
    fn part<'s>(&self, part: &'s Part) -> Result<&'s [u8], RejectionKind>
    where
        'h: 's,
    {
        match part {
            Part::Body | Part::Derived(_) | Part::Jws => Ok(&[]),
            Part::Header(name) => self
                .header(name)?
                .ok_or_else(|| RejectionKind::MissingHeader {
                    header: name.clone(),
                }),
            Part::Literal(text) => Ok(text),
            Part::Method => Ok(self.head.method().as_str().as_bytes()),
            Part::Path => Ok(self.head.path().as_bytes()),
            // The constructor of a verifier rejects providers that lack a setting.
            Part::Setting(name) => Ok(self.provider.setting(name).unwrap_or_default().as_bytes()),
            Part::Target => Ok(self.target().as_bytes()),
            Part::Timestamp => Ok(self.timestamp),
            Part::Url => self.url_end().map(str::as_bytes),
        }
    }

    /// Reads a header of the signed text. The header of the ID was read before.
    fn header(&self, name: &HeaderName) -> Result<Option<&'h [u8]>, RejectionKind> {
        match (&self.provider.scheme().spec().id, &self.id) {
            (Some(Location::Header(id_header)), Some(Cow::Borrowed(id))) if id_header == name => {
                Ok(Some(id.as_bytes()))
            }
            _ => Ok(self.head.value(name)?.map(HeaderValue::as_bytes)),
        }
    }

    /// The path and the query, without the scheme and authority of an absolute target.
    pub(super) fn target(&self) -> &'h str {
        let target = self.head.uri().path_and_query();
        target.map_or("", PathAndQuery::as_str)
    }

    /// The part of the target that follows the start of the URL.
    pub(super) fn url_end(&self) -> Result<&'h str, RejectionKind> {
        let target = self.target();
        if self.url_start.has_path {
            let query = target.find('?').and_then(|at| target.get(at..));
            return Ok(query.unwrap_or_default());
        }
        // Over HTTP/2, a path can begin with any character. `@evil.example/` would turn the base's
        // host into a user name. Without a slash, the body could continue the host.
        if target.starts_with('/') {
            Ok(target)
        } else {
            Err(RejectionKind::MalformedTarget)
        }
    }
}

pub(super) fn is_ambiguous(border: Option<&Border>, value: &[u8]) -> bool {
    border.is_some_and(|border| border.is_ambiguous(value))
}

/// The rejection of a value that makes the signed text ambiguous.
pub(super) fn ambiguous(part: &Part, border: Option<&Border>) -> RejectionKind {
    let part = part.name();
    match border {
        Some(Border::Form(_)) => RejectionKind::MalformedId { part },
        _ => RejectionKind::AmbiguousMessage { part },
    }
}

fn text<'h>(head: RequestHead<'h>, header: &HeaderName) -> Result<Option<&'h str>, RejectionKind> {
    let text = head.value(header)?.map(HeaderValue::to_str).transpose();
    text.map_err(|_| RejectionKind::MalformedHeader {
        header: header.clone(),
    })
}

impl Timestamp {
    /// Whether the timestamp is read from the body.
    pub(super) fn is_in_body(&self) -> bool {
        matches!(&self.location, TimestampLocation::At(location) if Derived::of(location).is_some())
    }

    /// Reads the timestamp as it was sent and as a time. `listed` is the one in the list of
    /// signatures.
    fn read<'h>(
        &self,
        head: RequestHead<'h>,
        token: Option<&Token>,
        listed: Option<&'h [u8]>,
    ) -> Result<(&'h [u8], UnixTime), RejectionKind> {
        if let (TimestampLocation::At(Location::Claim(name)), Some(token)) = (&self.location, token)
        {
            let text = token.time(name).map_err(|_| self.malformed())?;
            // The text of the timestamp is signed as a part of the token.
            return Ok((&[], self.time(text.as_deref().map(str::as_bytes))?));
        }
        let text = match &self.location {
            TimestampLocation::At(Location::Header(name)) => {
                head.value(name)?.map(HeaderValue::as_bytes)
            }
            _ => listed,
        };
        let time = self.time(text)?;
        Ok((text.unwrap_or_default(), time))
    }

    /// Reads the text of a timestamp.
    pub(super) fn time(&self, text: Option<&[u8]>) -> Result<UnixTime, RejectionKind> {
        let text = text.ok_or_else(|| RejectionKind::MissingTimestamp {
            location: self.reported_location.clone(),
        })?;
        self.unit.parse(text).ok_or_else(|| self.malformed())
    }

    fn malformed(&self) -> RejectionKind {
        RejectionKind::MalformedTimestamp {
            location: self.reported_location.clone(),
        }
    }
}
