use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::payload::{Canonical, Facts, Malformed};

/// The path and the query, encoded once more as Contentful does: the query by what JavaScript calls
/// `querystring.escape`, and then both by its `encodeURI`.
pub(super) const PATH: Canonical = Canonical {
    name: "contentful_path",
    covers_body: false,
    needs_url: false,
    content_type: None,
    signs: &[],
    write: path,
};

/// The headers that `x-contentful-signed-headers` names, sorted.
pub(super) const HEADERS: Canonical = Canonical {
    name: "contentful_headers",
    covers_body: false,
    needs_url: false,
    content_type: None,
    signs: &[LIST, TIMESTAMP],
    write: headers,
};

const LIST: &str = "x-contentful-signed-headers";
const TIMESTAMP: &str = "x-contentful-timestamp";

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

const URI: &AsciiSet = &UNRESERVED
    .remove(b';')
    .remove(b',')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b'#');

fn path(facts: &Facts<'_>, _: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let (path, query) = facts.target.split_once('?').unwrap_or((facts.target, ""));
    if query.contains('?') {
        // Contentful leaves out what is behind it.
        return Err(Malformed("a query without a question mark"));
    }
    let encode = |part: &str, text: &mut Vec<u8>| {
        percent_encode(part.as_bytes(), URI).for_each(|it| text.extend_from_slice(it.as_bytes()));
    };
    encode(path, text);
    if !query.is_empty() {
        text.push(b'?');
        encode(
            &percent_encode(query.as_bytes(), UNRESERVED).to_string(),
            text,
        );
    }
    Ok(())
}

fn headers(facts: &Facts<'_>, _: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const NAMES: Malformed = Malformed(
        "`x-contentful-signed-headers` with headers that are there, the timestamp and itself \
         among them",
    );
    let list = facts.header(LIST)?.ok_or(NAMES)?;
    let list = std::str::from_utf8(list).map_err(|_| NAMES)?;
    let mut names: Vec<_> = list
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    let is_named = |name: &str| names.iter().any(|named| named == name);
    let is_twice = names
        .windows(2)
        .any(|two| matches!(two, [one, other] if one == other));
    if is_twice || !is_named(TIMESTAMP) || !is_named(LIST) {
        return Err(NAMES);
    }
    for (at, name) in names.iter().enumerate() {
        let value = facts.header(name)?.ok_or(NAMES)?.trim_ascii();
        if looks_like_another(value) {
            return Err(Malformed("signed headers that can be told apart"));
        }
        if at > 0 {
            text.push(b';');
        }
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        text.extend_from_slice(value);
    }
    Ok(())
}

/// Whether a semicolon, a header's name and a colon are in a value: what is behind them could be
/// the next header. (`; charset=utf-8` is not such a thing.)
fn looks_like_another(value: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let mut pieces = value.split(|byte| *byte == b';');
    pieces.next();
    pieces.any(|piece| {
        let end = piece.iter().position(|byte| !is_name(byte));
        end.is_some_and(|end| end > 0 && piece.get(end) == Some(&b':'))
    })
}
