use sha2::{Digest as _, Sha256};

use super::sorted_form;
use crate::payload::{Canonical, FORM, Facts, Malformed, form};

/// The URL and then the sorted form; of any other body the digest, which the URL must have.
pub(super) const BARE: Canonical = Canonical {
    name: "twilio",
    covers_body: true,
    needs_url: true,
    content_type: Some(FORM),
    signs: &[],
    write: |facts, body, text| write(facts, body, text, &without_port(facts.url)),
};

/// The same with the port in the URL, be it the scheme's own: Twilio signs in either way.
pub(super) const WITH_PORT: Canonical = Canonical {
    name: "twilio_with_port",
    covers_body: true,
    needs_url: true,
    content_type: Some(FORM),
    signs: &[],
    write: |facts, body, text| write(facts, body, text, &with_port(facts.url)),
};

const DIGEST: Malformed =
    Malformed("a form, or a body whose SHA-256 is the `bodySHA256` of the URL");

fn write(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>, url: &str) -> Result<(), Malformed> {
    text.extend_from_slice(url.as_bytes());
    let digest = form::field(facts.query(), "bodySHA256")?;
    let is_form = facts.has_form();
    if let Some(digest) = digest {
        let own = const_hex::encode(Sha256::digest(body));
        if digest == own.as_bytes() {
            return Ok(());
        }
        return Err(DIGEST);
    }
    if is_form || body.is_empty() {
        return sorted_form::write(facts, body, text);
    }
    Err(DIGEST)
}

/// The URL's parts: up to the authority, the authority, and the rest.
fn split(url: &str) -> (&str, &str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    (scheme, authority, rest)
}

/// Where the port begins; the colons of an IPv6 address are none.
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
