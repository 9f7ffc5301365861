use crate::{
    encoding::Encoding,
    payload::{Canonical, Facts, Malformed},
};

/// The payload of a signature of TrueLayer's: the method, the path, the headers that the signature
/// names, and the body; encoded as the payload of a JSON web signature is.
pub(super) const PAYLOAD: Canonical = Canonical {
    name: "truelayer",
    covers_body: true,
    needs_url: false,
    content_type: None,
    signs: &["x-tl-webhook-timestamp"],
    write: |facts, body, text| write(facts, body, text, path(facts)),
};

/// The same with a slash at the end of the path, or without the one that is there: which of them
/// was called is lost where a router takes them for one.
pub(super) const OTHER_SLASH: Canonical = Canonical {
    name: "truelayer_other_slash",
    covers_body: true,
    needs_url: false,
    content_type: None,
    signs: &["x-tl-webhook-timestamp"],
    write: |facts, body, text| match path(facts).strip_suffix('/') {
        Some(bare) => write(facts, body, text, bare),
        None => write(facts, body, text, &format!("{}/", path(facts))),
    },
};

const HEADERS: Malformed = Malformed("a signature of version 2 that covers the timestamp");

fn path<'f>(facts: &Facts<'f>) -> &'f str {
    let path = facts.target.split_once('?');
    path.map_or(facts.target, |(path, _)| path)
}

fn write(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>, path: &str) -> Result<(), Malformed> {
    let token = facts.token.ok_or(HEADERS)?;
    if token.header("tl_version")?.as_deref() != Some("2") {
        return Err(HEADERS);
    }
    let names = token.header("tl_headers")?.unwrap_or_default();
    let mut payload = format!("{} {path}\n", facts.method).into_bytes();
    let mut is_timed = false;
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let value = facts.header(name)?.ok_or(HEADERS)?;
        is_timed |= name.eq_ignore_ascii_case("x-tl-webhook-timestamp");
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
