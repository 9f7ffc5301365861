//! Reads and writes the values of a scheme in a request.

use bytes::Bytes;
use http::Uri;
use http::{HeaderValue, Request, header::CONTENT_LENGTH, uri::PathAndQuery};

use super::SignError;
use crate::payload::form;
use crate::payload::json;
use crate::{
    location::Location,
    payload::{Facts, Malformed},
    scheme::{Derived, Units},
};

/// Puts a value where a scheme has it, in the place of any that is there.
pub(crate) fn put(
    request: &mut Request<Bytes>,
    location: &Location,
    value: &[u8],
) -> Result<(), SignError> {
    let does_not_fit = || SignError::Location(location.clone());
    match location {
        Location::Header(name) => {
            let value = HeaderValue::from_bytes(value).map_err(|_| does_not_fit())?;
            if !arrives(&value) {
                return Err(does_not_fit());
            }
            request.headers_mut().insert(name, value);
        }
        // In the token, which is made last.
        Location::Claim(_) => {}
        Location::Form(name) => {
            let body = form::set(request.body(), name, value);
            *request.body_mut() = body.into();
        }
        Location::Query(name) => {
            let query = request.uri().query().unwrap_or_default();
            let query = form::set(query.as_bytes(), name, value);
            *request.uri_mut() = with_query(request.uri(), &query).ok_or_else(does_not_fit)?;
        }
        Location::Json(path) => {
            let value = std::str::from_utf8(value).map_err(|_| does_not_fit())?;
            let body = json::set(request.body(), path, value)?;
            *request.body_mut() = body.into();
        }
    }
    Ok(())
}

/// Whether a value is the same at its end: HTTP drops white space around it ([RFC 9110, section
/// 5.5]).
///
/// [RFC 9110, section 5.5]: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
pub(crate) fn arrives(value: &HeaderValue) -> bool {
    value.as_bytes().trim_ascii().len() == value.len()
}

/// The same URI with another query, or none.
pub(crate) fn with_query(uri: &Uri, query: &[u8]) -> Option<Uri> {
    let mark: &[u8] = if query.is_empty() { b"" } else { b"?" };
    let target = [uri.path().as_bytes(), mark, query].concat();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

/// The value at a location, if it is UTF-8.
pub(crate) fn get(request: &Request<Bytes>, units: &Units, location: &Location) -> Option<String> {
    if let Location::Header(name) = location {
        let value = request.headers().get(name)?;
        return Some(value.to_str().ok()?.to_owned());
    }
    let facts = facts(request);
    let unit = *units.of(&facts, request.body()).ok()?.first()?;
    let found = Derived::of(location)?.find(&facts, unit);
    String::from_utf8(found.ok()??).ok()
}

/// The positions and lengths of the units of the body that are signed separately.
pub(crate) fn find(
    request: &Request<Bytes>,
    units: &Units,
) -> Result<Vec<(usize, usize)>, Malformed> {
    let body = request.body();
    let found = units.of(&facts(request), body)?.into_iter();
    let span = |unit: &[u8]| (unit.as_ptr().addr() - body.as_ptr().addr(), unit.len());
    Ok(found.map(span).collect())
}

/// Replaces the body by one of its pieces while `change` runs.
pub(crate) fn within<E>(
    request: &mut Request<Bytes>,
    (start, len): (usize, usize),
    change: impl FnOnce(&mut Request<Bytes>) -> Result<(), E>,
) -> Result<(), E> {
    let mut whole = request.body().clone();
    let after = whole.split_off(start + len);
    let unit = whole.split_off(start);
    *request.body_mut() = unit;
    change(request)?;
    *request.body_mut() = match (&*whole, &*after) {
        ([], []) => request.body().clone(),
        (before, after) => [before, request.body(), after].concat().into(),
    };
    Ok(())
}

fn facts(request: &Request<Bytes>) -> Facts<'_> {
    let target = request.uri().path_and_query();
    Facts {
        method: request.method().as_str(),
        url: "",
        target: target.map_or("/", PathAndQuery::as_str),
        headers: request.headers(),
        token: None,
    }
}

/// Keeps a header out of logs.
pub(crate) fn hide(request: &mut Request<Bytes>, location: &Location) {
    if let Location::Header(name) = location {
        if let Some(value) = request.headers_mut().get_mut(name) {
            value.set_sensitive(true);
        }
    }
}

/// Has the head say how long the body is now, if it says so at all.
pub(crate) fn correct_length(request: &mut Request<Bytes>) {
    let len = request.body().len();
    if let Some(value) = request.headers_mut().get_mut(CONTENT_LENGTH) {
        *value = len.into();
    }
}
