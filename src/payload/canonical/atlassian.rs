use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest as _, Sha256};

use crate::payload::{Canonical, Facts, Malformed, form};

/// The digest of the method, the path and the query that Atlassian's tokens claim, in hex.
pub(super) const QUERY_HASH: Canonical = Canonical {
    name: "atlassian_qsh",
    covers_body: false,
    needs_url: false,
    content_type: None,
    signs: &[],
    write,
};

/// What RFC 3986 leaves as it is, in section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn write(facts: &Facts<'_>, _: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let encoded = |text: &[u8]| percent_encode(text, RESERVED).to_string();
    let path = facts.target.split_once('?').map_or(facts.target, |it| it.0);
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
