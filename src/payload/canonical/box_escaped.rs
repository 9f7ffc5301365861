use std::fmt::Write as _;

use crate::payload::{Canonical, Facts, Malformed};

/// The body as Box may have signed it: in ASCII, every other letter escaped.
pub(super) const ESCAPED: Canonical = Canonical {
    name: "box_escaped",
    covers_body: true,
    needs_url: false,
    content_type: None,
    signs: &[],
    write,
};

fn write(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let body = std::str::from_utf8(body).map_err(|_| Malformed("a body in UTF-8"))?;
    let mut out = String::with_capacity(body.len());
    let mut letters = body.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() != Some(&'/') => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(letter),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    text.extend_from_slice(out.as_bytes());
    Ok(())
}
