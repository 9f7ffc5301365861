use std::fmt::Write as _;

use crate::payload::{Canonical, Facts, Malformed};

/// The body as Box may have signed it: in ASCII, every other character escaped.
///
/// A body that has JSON escapes of its own has no such text, but for `\"` and `\/`. Otherwise the
/// signature of the JSON `"\\u0022"` would be that of the JSON `"\u0022"` too. With `\"` the escaped
/// text is not JSON, and with none of them it says the same as the body.
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
