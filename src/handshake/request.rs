//! Matches a request with the description of a handshake.

use std::borrow::Cow;

use http::header::CONTENT_TYPE;

use super::{Handshake, plan::Condition};
use crate::payload::form;
use crate::payload::json;
use crate::{head::RequestHead, location::Location};

/// The value is present, but ambiguous or malformed.
pub(super) struct Unreadable;

pub(super) type Value<'r> = Result<Option<Cow<'r, [u8]>>, Unreadable>;

impl Handshake {
    /// Whether the head matches this handshake. The values in the body are not checked.
    pub(crate) fn may_begin(&self, head: RequestHead<'_>) -> bool {
        *head.method() == self.method
            && self.content_type_fits(head)
            && self.holds(head, &[], |location| !location.is_in_body())
    }

    /// Whether the body matches this handshake. The head must match it.
    pub(crate) fn is_in(&self, head: RequestHead<'_>, body: &[u8]) -> bool {
        self.holds(head, body, Location::is_in_body)
    }

    fn holds(
        &self,
        head: RequestHead<'_>,
        body: &[u8],
        looks_at: impl Fn(&Location) -> bool,
    ) -> bool {
        let challenge = self.challenge.iter().map(|challenge| &challenge.location);
        let mut challenge = challenge.filter(|location| looks_at(location));
        let mut conditions = self.conditions.iter();
        conditions
            .by_ref()
            .filter(|condition| looks_at(condition.location()))
            .all(|condition| condition.holds(head, body))
            && challenge.all(|location| is_there(location, head, body))
    }

    /// An unsigned handshake must have the expected content type, so that other bodies are not
    /// read.
    fn content_type_fits(&self, head: RequestHead<'_>) -> bool {
        let is = |expected: &[u8]| {
            let kind = head.headers().get(CONTENT_TYPE);
            let kind = kind.and_then(|kind| kind.as_bytes().split(|byte| *byte == b';').next());
            kind.is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(expected))
        };
        self.is_signed()
            || self.locations().all(|location| match location {
                Location::Form(_) => is(b"application/x-www-form-urlencoded"),
                Location::Json(_) => is(b"application/json"),
                _ => true,
            })
    }
}

impl Condition {
    fn holds(&self, head: RequestHead<'_>, body: &[u8]) -> bool {
        let value = |location| find(location, head, body).ok().flatten();
        match self {
            Self::Absent(location) => is_absent(location, head, body),
            Self::Is(location, expected) => {
                value(location).is_some_and(|value| *value == *expected.as_bytes())
            }
            Self::Number(location) => {
                let is_alone = !matches!(location, Location::Form(_)) || !body.contains(&b'&');
                is_alone
                    && value(location).is_some_and(|value| {
                        !value.is_empty() && value.iter().all(u8::is_ascii_digit)
                    })
            }
            Self::There(location) => is_there(location, head, body),
        }
    }
}

/// The value at a location.
pub(super) fn find<'r>(location: &Location, head: RequestHead<'r>, body: &'r [u8]) -> Value<'r> {
    match location {
        Location::Header(name) => {
            let value = head.only(name).map_err(|_| Unreadable)?;
            Ok(value.map(|value| Cow::Borrowed(value.as_bytes())))
        }
        Location::Form(name) => owned(form::field(body, name).map_err(|_| Unreadable)?),
        Location::Query(name) => {
            let query = head.uri().query().unwrap_or_default();
            owned(form::field(query.as_bytes(), name).map_err(|_| Unreadable)?)
        }
        Location::Json(path) => {
            let value = json::field(body, path).map_err(|_| Unreadable)?;
            owned(value.map(String::into_bytes))
        }
        // Handshakes do not use the claims of a token.
        _ => {
            let _ = body;
            Ok(None)
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all places")]
fn owned<'r>(value: Option<Vec<u8>>) -> Value<'r> {
    Ok(value.map(Cow::Owned))
}

/// Whether there is something at a place, be it unreadable.
fn is_there(location: &Location, head: RequestHead<'_>, body: &[u8]) -> bool {
    match location {
        // An object or a list is something, though it has no text.
        Location::Json(path) => {
            json::raw(body, path).is_ok_and(|raw| raw.is_some_and(|raw| raw.get() != "null"))
        }
        _ => !matches!(find(location, head, body), Ok(None)),
    }
}

/// Whether there is nothing at a place, and the body can be read for it.
fn is_absent(location: &Location, head: RequestHead<'_>, body: &[u8]) -> bool {
    match location {
        Location::Json(path) => {
            json::raw(body, path).is_ok_and(|raw| raw.is_none_or(|raw| raw.get() == "null"))
        }
        _ => !is_there(location, head, body),
    }
}
