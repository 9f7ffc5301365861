//! Parses and changes `application/x-www-form-urlencoded`, as bytes. Bytes that are not UTF-8 are
//! not replaced, because two bodies would then have the same text.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::Malformed;

/// The maximum number of fields in a list. Each field takes about a hundred bytes of memory, and
/// the body is not verified yet.
const MOST: usize = 4096;

/// The fields in the order of the body, decoded.
pub(crate) fn list(body: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Malformed> {
    let fields: Vec<_> = fields(body).take(MOST + 1).collect();
    if fields.len() > MOST {
        return Err(Malformed("a form of at most 4096 fields"));
    }
    Ok(fields)
}

/// Sorts the fields by name. Returns `false` if two fields have the same name.
pub(super) fn sort_unique(fields: &mut [(Vec<u8>, Vec<u8>)]) -> bool {
    fields.sort_unstable();
    fields.is_sorted_by(|(one, _), (next, _)| one < next)
}

/// The fields in the order of the body, decoded. Empty pieces between `&` are skipped.
pub(crate) fn fields(body: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let pieces = body.split(|byte| *byte == b'&');
    pieces.filter(|piece| !piece.is_empty()).map(|piece| {
        let at = piece.iter().position(|byte| *byte == b'=');
        let (name, value) = piece.split_at(at.unwrap_or(piece.len()));
        (decoded(name), decoded(value.get(1..).unwrap_or_default()))
    })
}

/// The value of a field that appears once, or several times with the same value.
pub(crate) fn field(body: &[u8], name: &str) -> Result<Option<Vec<u8>>, Malformed> {
    let mut values = fields(body).filter(|(field, _)| field == name.as_bytes());
    let first = values.next();
    if values.any(|other| Some(&other) != first.as_ref()) {
        return Err(Malformed("the field exactly once"));
    }
    Ok(first.map(|(_, value)| value))
}

/// Removes all fields with this name, and adds one at the end.
pub(crate) fn set(fields: &[u8], name: &str, value: &[u8]) -> Vec<u8> {
    let mut pieces = others(fields, name);
    let name = percent_encode(name.as_bytes(), UNRESERVED);
    let field = format!("{name}={}", percent_encode(value, UNRESERVED));
    pieces.push(field.as_bytes());
    pieces.join(&b'&')
}

/// The fields as they are written, except those with this name.
pub(crate) fn others<'b>(fields: &'b [u8], name: &str) -> Vec<&'b [u8]> {
    let pieces = fields.split(|byte| *byte == b'&');
    let is_other = |piece: &&[u8]| {
        let name_of = piece.split(|byte| *byte == b'=').next();
        !piece.is_empty() && decoded(name_of.unwrap_or_default()) != name.as_bytes()
    };
    pieces.filter(is_other).collect()
}

/// All bytes except the unreserved characters of [RFC 3986, section 2.3].
///
/// [RFC 3986, section 2.3]: https://www.rfc-editor.org/rfc/rfc3986#section-2.3
pub(super) const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Cow<'_, [u8]> = if text.contains(&b'+') {
        let spaced = text
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte });
        Cow::Owned(spaced.collect())
    } else {
        Cow::Borrowed(text)
    };
    percent_decode(&spaced).collect()
}
