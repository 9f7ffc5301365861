use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest as _, Sha256};

use crate::payload::{Canonical, Facts, Malformed, form};

/// The query, sorted and encoded anew, a line feed, and the bytes of the body's SHA-256.
pub(super) const LEGACY: Canonical = Canonical {
    name: "messagebird_legacy",
    covers_body: true,
    needs_url: false,
    content_type: None,
    signs: &[],
    write,
};

const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b' ');

fn write(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut query = form::list(facts.query())?;
    query.sort_unstable();
    let twice = |two: &[(Vec<u8>, Vec<u8>)]| matches!(two, [(one, _), (other, _)] if one == other);
    if query.windows(2).any(twice) {
        return Err(Malformed("parameters that are there once"));
    }
    for (at, (name, value)) in query.iter().enumerate() {
        if at > 0 {
            text.push(b'&');
        }
        encode(name, text);
        text.push(b'=');
        encode(value, text);
    }
    text.push(b'\n');
    text.extend_from_slice(&Sha256::digest(body));
    Ok(())
}

fn encode(part: &[u8], text: &mut Vec<u8>) {
    for piece in percent_encode(part, QUERY) {
        text.extend(
            piece
                .bytes()
                .map(|byte| if byte == b' ' { b'+' } else { byte }),
        );
    }
}
