//! Signed texts from the whole URL, alone or with the fields of a form.

use sha2::{Digest as _, Sha256};

use super::{body::sha256, form::sorted_form};
use crate::{
    encoding::Encoding,
    payload::{Canonical, FORM, Facts, Malformed, form},
};

/// The SHA-256 of the whole URL, in hex.
pub(super) const SHA256: Canonical = Canonical::new("url_sha256", |facts, _, text| {
    sha256(facts.url.as_bytes(), Encoding::Hex, text)
})
.needs_url();

/// The URL, in which the characters are decoded that `HubSpot` decodes before it signs (v3).
pub(super) const HUBSPOT: Canonical = Canonical::new("hubspot_url", hubspot).needs_url();

/// The characters that the documentation of version 3 lists.
const DECODED: &[(&[u8; 3], u8)] = &[
    (b"%3A", b':'),
    (b"%2F", b'/'),
    (b"%3F", b'?'),
    (b"%40", b'@'),
    (b"%21", b'!'),
    (b"%24", b'$'),
    (b"%27", b'\''),
    (b"%28", b'('),
    (b"%29", b')'),
    (b"%2A", b'*'),
    (b"%2C", b','),
    (b"%3B", b';'),
];

#[expect(clippy::unnecessary_wraps, reason = "other canonicalisers can fail")]
fn hubspot(facts: &Facts<'_>, _: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut rest = facts.url.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let found = rest.get(..3).and_then(|three| {
            let mut decoded = DECODED.iter();
            decoded.find(|(encoded, _)| encoded.eq_ignore_ascii_case(three))
        });
        let (letter, tail) = match found {
            Some((_, letter)) => (letter, rest.get(3..).unwrap_or_default()),
            None => (first, tail),
        };
        text.push(*letter);
        rest = tail;
    }
    Ok(())
}

/// The URL without its query, as Plivo signs it (V2).
pub(super) const PLIVO_V2: Canonical = Canonical::new("plivo_v2", |facts, _, text| {
    text.extend_from_slice(without_query(facts.url).as_bytes());
    Ok(())
})
.needs_url();

/// Like [`PLIVO_V2`], without the slash of an empty path, which a user may omit at Plivo.
pub(super) const PLIVO_V2_WITHOUT_PATH: Canonical =
    Canonical::new("plivo_v2_without_path", |facts, _, text| {
        let url = without_query(facts.url);
        let bare = url.strip_suffix('/').filter(|bare| !has_path(bare));
        text.extend_from_slice(bare.unwrap_or(url).as_bytes());
        Ok(())
    })
    .needs_url();

/// The URL and the parameters as Plivo signs them (V3), without the nonce.
pub(super) const PLIVO_V3: Canonical = Canonical::new("plivo_v3", plivo_v3)
    .covers_body()
    .needs_url()
    .content_type(FORM);

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(url, _)| url)
}

/// Whether a slash follows the authority.
fn has_path(url: &str) -> bool {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind.contains('/')
}

fn plivo_v3(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    if !body.is_empty() && !facts.has_form() {
        return Err(Malformed("a form"));
    }
    text.extend_from_slice(without_query(facts.url).as_bytes());
    let mut query = form::list(facts.query())?;
    let mut fields = form::list(body)?;
    if facts.method == "GET" {
        query.append(&mut fields);
    }
    query.sort_unstable();
    fields.sort_unstable();
    if !query.is_empty() || !fields.is_empty() {
        text.push(b'?');
    }
    for (at, (name, value)) in query.iter().enumerate() {
        if at > 0 {
            text.push(b'&');
        }
        text.extend_from_slice(name);
        text.push(b'=');
        text.extend_from_slice(value);
    }
    if !query.is_empty() && !fields.is_empty() {
        text.push(b'.');
    }
    for (name, value) in &fields {
        text.extend_from_slice(name);
        text.extend_from_slice(value);
    }
    Ok(())
}

/// The URL followed by the sorted form. For any other body, the URL alone, which must contain the
/// digest of the body.
pub(super) const TWILIO: Canonical = Canonical::new("twilio", |facts, body, text| {
    twilio(facts, body, text, &without_port(facts.url))
})
.covers_body()
.needs_url()
.content_type(FORM);

/// Like [`TWILIO`], with the port in the URL even if it is the default of the URL's scheme. Twilio
/// signs both forms.
pub(super) const TWILIO_WITH_PORT: Canonical =
    Canonical::new("twilio_with_port", |facts, body, text| {
        twilio(facts, body, text, &with_port(facts.url))
    })
    .covers_body()
    .needs_url()
    .content_type(FORM);

fn twilio(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>, url: &str) -> Result<(), Malformed> {
    const DIGEST: Malformed =
        Malformed("a form, or a body whose SHA-256 is the `bodySHA256` of the URL");
    text.extend_from_slice(url.as_bytes());
    if let Some(digest) = form::field(facts.query(), "bodySHA256")? {
        let own = Encoding::Hex.encode(&Sha256::digest(body));
        return if digest == own[..] {
            Ok(())
        } else {
            Err(DIGEST)
        };
    }
    if facts.has_form() || body.is_empty() {
        return sorted_form(facts, body, text);
    }
    Err(DIGEST)
}

/// Splits the URL into its scheme, the authority, and the rest.
fn split(url: &str) -> (&str, &str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    (scheme, authority, rest)
}

/// The position of the colon before the port. The colons in an IPv6 address are not such a colon.
fn port(authority: &str) -> Option<usize> {
    let host = authority.rfind(']').unwrap_or(0);
    let colon = authority.get(host..)?.rfind(':')?;
    let has_user = authority.get(host + colon..)?.contains('@');
    (!has_user).then_some(host + colon)
}

fn without_port(url: &str) -> String {
    let (scheme, authority, rest) = split(url);
    let host = port(authority).and_then(|at| authority.get(..at));
    format!("{scheme}://{}{rest}", host.unwrap_or(authority))
}

fn with_port(url: &str) -> String {
    let (scheme, authority, rest) = split(url);
    if port(authority).is_some() {
        return url.to_owned();
    }
    let port = if scheme == "http" { 80 } else { 443 };
    format!("{scheme}://{authority}:{port}{rest}")
}
