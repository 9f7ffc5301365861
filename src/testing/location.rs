//! What is where a scheme has something, in requests that are signed already.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Request};

use crate::payload::form;
use crate::payload::json;
use crate::{
    location::Location,
    scheme::Units,
    signer::{SignError, write},
};

/// What is there. Of several items that are signed one by one, in the first.
pub(super) fn read(
    request: &Request<Bytes>,
    units: &Units,
    location: &Location,
) -> Option<Vec<u8>> {
    match location {
        Location::Header(name) => Some(request.headers().get(name)?.as_bytes().to_vec()),
        location => write::get(request, units, location).map(String::into_bytes),
    }
}

/// Puts something in the place of what is there, if the place can hold it. Of several items, in the
/// first.
pub(super) fn write(
    request: &mut Request<Bytes>,
    units: &Units,
    location: &Location,
    value: &[u8],
) -> Result<(), SignError> {
    // A signer writes nothing that a server would trim, and an attacker does.
    if let Location::Header(name) = location {
        let value =
            HeaderValue::from_bytes(value).map_err(|_| SignError::Location(location.clone()))?;
        request.headers_mut().insert(name, value);
        return Ok(());
    }
    if !location.is_in_body() {
        return write::put(request, location, value);
    }
    let units = write::find(request, units)?;
    let Some(unit) = units.first() else {
        return Ok(());
    };
    write::within(request, *unit, |request| {
        write::put(request, location, value)
    })?;
    write::correct_length(request);
    Ok(())
}

/// Puts another value before or behind what is there. JSON has each name once.
pub(super) fn add(
    request: &mut Request<Bytes>,
    location: &Location,
    value: &[u8],
    is_first: bool,
) -> Option<()> {
    let both = |fields: &[u8], name: &str| {
        let another = form::set(b"", name, value);
        let (first, last) = if is_first {
            (&another[..], fields)
        } else {
            (fields, &another[..])
        };
        [first, b"&", last].concat()
    };
    match location {
        Location::Header(name) => {
            let another = HeaderValue::from_bytes(value).ok()?;
            let own = request.headers().get(name)?.clone();
            let (first, last) = if is_first {
                (another, own)
            } else {
                (own, another)
            };
            request.headers_mut().insert(name, first);
            request.headers_mut().append(name, last);
        }
        Location::Query(name) => {
            let query = both(request.uri().query()?.as_bytes(), name);
            *request.uri_mut() = write::with_query(request.uri(), &query)?;
        }
        Location::Form(name) => {
            *request.body_mut() = both(request.body(), name).into();
            write::correct_length(request);
        }
        _ => return None,
    }
    Some(())
}

/// Takes away what is there, of every item. What cannot be read holds nothing.
pub(super) fn remove(request: &mut Request<Bytes>, units: &Units, location: &Location) {
    match location {
        Location::Header(name) => {
            request.headers_mut().remove(name);
        }
        Location::Query(name) => {
            let query = request.uri().query().unwrap_or_default();
            let others = form::others(query.as_bytes(), name).join(&b'&');
            if let Some(uri) = write::with_query(request.uri(), &others) {
                *request.uri_mut() = uri;
            }
        }
        location if location.is_in_body() => {
            for unit in write::find(request, units).into_iter().flatten().rev() {
                let _ = write::within(request, unit, |request| {
                    if let Some(body) = without(request.body(), location) {
                        *request.body_mut() = body.into();
                    }
                    Ok::<_, Infallible>(())
                });
            }
            write::correct_length(request);
        }
        _ => {}
    }
}

/// A body that no longer has it, and is else as it was written.
fn without(body: &[u8], location: &Location) -> Option<Vec<u8>> {
    match location {
        Location::Form(name) => Some(form::others(body, name).join(&b'&')),
        Location::Json(path) => without_member(body, path),
        _ => None,
    }
}

fn without_member(body: &[u8], path: &str) -> Option<Vec<u8>> {
    let value = json::raw(body, path).ok()??.get();
    let start = value.as_ptr().addr() - body.as_ptr().addr();
    let (before, after) = (body.get(..start)?, body.get(start + value.len()..)?);
    let before = before.trim_ascii_end().strip_suffix(b":")?;
    let before = before.trim_ascii_end().strip_suffix(b"\"")?;
    let name = (0..before.len())
        .rev()
        .find(|at| is_quotation_mark(before, *at))?;
    let before = before.get(..name)?;
    // One of the commas around it goes too.
    if let Some(after) = after.trim_ascii_start().strip_prefix(b",") {
        return Some([before, after].concat());
    }
    let rest = before.trim_ascii_end().strip_suffix(b",");
    Some([rest.unwrap_or(before), after].concat())
}

/// Within a name they stand behind an odd number of backslashes.
fn is_quotation_mark(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().iter().rev();
    let escapes = before.take_while(|byte| **byte == b'\\').count();
    text.get(at) == Some(&b'"') && escapes % 2 == 0
}
