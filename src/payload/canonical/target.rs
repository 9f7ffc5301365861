//! Signed texts from the method, the path, the query and the headers.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest as _, Sha256};

use crate::{
    encoding::Encoding,
    payload::{Canonical, Facts, Malformed, form},
};

/// The hex digest of the method, the path and the query that Atlassian's tokens claim.
pub(super) const ATLASSIAN_QSH: Canonical = Canonical::new("atlassian_qsh", atlassian_qsh);

fn atlassian_qsh(facts: &Facts<'_>, _: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let encoded = |text: &[u8]| percent_encode(text, form::UNRESERVED).to_string();
    let path = facts.path();
    let path = path.strip_suffix('/').unwrap_or(path).replace('&', "%26");
    let path = if path.is_empty() { "/" } else { &path };
    let parameters = form::list(facts.query())?;
    let parameters = parameters.iter().filter(|(name, _)| name != b"jwt");
    let mut parameters: Vec<_> = parameters
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    parameters.sort();
    let mut query = String::new();
    let mut last = None;
    for (name, value) in &parameters {
        if last == Some(name) {
            query.push(',');
        } else {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(name);
            query.push('=');
        }
        query.push_str(value);
        last = Some(name);
    }
    let request = format!("{}&{path}&{query}", facts.method);
    text.extend_from_slice(const_hex::encode(Sha256::digest(request)).as_bytes());
    Ok(())
}

/// The path and the query, encoded again as Contentful does: the query by `querystring.escape` of
/// Node.js, and then both by JavaScript's `encodeURI`.
pub(super) const CONTENTFUL_PATH: Canonical = Canonical::new("contentful_path", contentful_path);

/// The headers that `x-contentful-signed-headers` names, sorted.
pub(super) const CONTENTFUL_HEADERS: Canonical =
    Canonical::new("contentful_headers", contentful_headers).signs(&[LIST, TIMESTAMP]);

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

fn contentful_path(facts: &Facts<'_>, _: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
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

fn contentful_headers(facts: &Facts<'_>, _: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const NAMES: Malformed = Malformed(
        "`x-contentful-signed-headers` with a list of existing headers that includes the timestamp \
         and itself",
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
            return Err(Malformed("signed headers that are unambiguous"));
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

/// The sorted and re-encoded query, a line feed, and the bytes of the body's SHA-256.
pub(super) const MESSAGEBIRD_LEGACY: Canonical =
    Canonical::new("messagebird_legacy", messagebird_legacy).covers_body();

/// Like [`form::UNRESERVED`], with spaces, which become `+`.
const QUERY: &AsciiSet = &form::UNRESERVED.remove(b' ');

fn messagebird_legacy(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut query = form::list(facts.query())?;
    if !form::sort_unique(&mut query) {
        return Err(Malformed("no repeated parameters"));
    }
    let encoded = |part: &[u8]| percent_encode(part, QUERY).to_string().replace(' ', "+");
    let pairs = query
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    text.extend_from_slice(pairs.collect::<Vec<_>>().join("&").as_bytes());
    text.push(b'\n');
    text.extend_from_slice(&Sha256::digest(body));
    Ok(())
}

const TL_TIMESTAMP: &str = "x-tl-webhook-timestamp";

/// The payload of TrueLayer's signature: the method, the path, the headers that the signature
/// names, and the body, encoded as in a JSON web signature.
pub(super) const TRUELAYER: Canonical = Canonical::new("truelayer", |facts, body, text| {
    truelayer(facts, body, text, facts.path())
})
.covers_body()
.signs(&[TL_TIMESTAMP]);

/// Like [`TRUELAYER`], with a slash added to the end of the path or removed from it. A router that
/// treats both paths alike does not show which one TrueLayer called.
pub(super) const TRUELAYER_OTHER_SLASH: Canonical =
    Canonical::new("truelayer_other_slash", |facts, body, text| {
        let path = facts.path();
        match path.strip_suffix('/') {
            Some(bare) => truelayer(facts, body, text, bare),
            None => truelayer(facts, body, text, &format!("{path}/")),
        }
    })
    .covers_body()
    .signs(&[TL_TIMESTAMP]);

const HEADERS: Malformed = Malformed("a signature of version 2 that covers the timestamp");

fn truelayer(
    facts: &Facts<'_>,
    body: &[u8],
    text: &mut Vec<u8>,
    path: &str,
) -> Result<(), Malformed> {
    let token = facts.token.ok_or(HEADERS)?;
    if token.header("tl_version")?.as_deref() != Some("2") {
        return Err(HEADERS);
    }
    let names = token.header("tl_headers")?.unwrap_or_default();
    let mut payload = format!("{} {path}\n", facts.method).into_bytes();
    let mut is_timed = false;
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let value = facts.header(name)?.ok_or(HEADERS)?;
        is_timed |= name.eq_ignore_ascii_case(TL_TIMESTAMP);
        for part in [name.as_bytes(), b": ", value, b"\n"] {
            payload.extend_from_slice(part);
        }
    }
    if !is_timed {
        return Err(HEADERS);
    }
    payload.extend_from_slice(body);
    text.extend_from_slice(&Encoding::Base64Url.encode(&payload));
    Ok(())
}
