use std::fmt::Write as _;

use crate::payload::{Canonical, Facts, Malformed};

/// The body as Box may have signed it: all characters outside printable ASCII are escaped, and so
/// are backslashes.
///
/// A body that contains a JSON escape has no escaped text, because that text could be different
/// JSON: `"\u0022"` would become `"\\u0022"`. There are two exceptions. `\/` stays as it is. `\"`
/// becomes `\\"`, so that the escaped text is not JSON and no genuine body equals it.
pub(super) const ESCAPED: Canonical = Canonical {
    name: "box_escaped",
    covers_body: true,
    needs_url: false,
    content_type: None,
    signs: &[],
    write,
};

fn write(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const ESCAPABLE: Malformed = Malformed("a body that Box signs in its escaped form");

    let body = std::str::from_utf8(body).map_err(|_| ESCAPABLE)?;
    let mut out = String::with_capacity(body.len());
    let mut is_escaped = false;
    let mut letters = body.chars().peekable();
    while let Some(letter) = letters.next() {
        is_escaped |= !matches!(letter, ' '..='[' | ']'..='~');
        match (letter, letters.peek()) {
            ('\\', Some('/')) => out.push('\\'),
            ('\\', Some('"') | None) => out.push_str("\\\\"),
            ('\\', Some(_)) => return Err(ESCAPABLE),
            ('\n', _) => out.push_str("\\n"),
            ('\r', _) => out.push_str("\\r"),
            ('\t', _) => out.push_str("\\t"),
            (' '..='~', _) => out.push(letter),
            (other, _) => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    if !is_escaped {
        return Err(ESCAPABLE);
    }
    text.extend_from_slice(out.as_bytes());
    Ok(())
}
