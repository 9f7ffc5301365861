//! Re-encodes forms in the styles of common libraries.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// The style in which a library encodes the names and values of a form.
#[derive(Clone, Copy)]
pub(super) struct Style {
    encoded: &'static AsciiSet,
    space: &'static str,
    is_lower_case: bool,
}

const PHP: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
const RFC_3986: &AsciiSet = &PHP.remove(b'~');
const WHATWG: &AsciiSet = &PHP.remove(b'*');
const DOTNET: &AsciiSet = &WHATWG.remove(b'!').remove(b'(').remove(b')');
const JAVASCRIPT: &AsciiSet = &DOTNET.remove(b'~').remove(b'\'');

pub(super) const STYLES: [Style; 6] = {
    const fn of(encoded: &'static AsciiSet, space: &'static str, is_lower_case: bool) -> Style {
        Style {
            encoded,
            space,
            is_lower_case,
        }
    }
    [
        // Browsers, Java, Ruby and Rust.
        of(WHATWG, "+", false),
        of(PHP, "+", false),
        // Python and Go.
        of(RFC_3986, "+", false),
        of(RFC_3986, "%20", false),
        of(JAVASCRIPT, "%20", false),
        of(DOTNET, "+", true),
    ]
};

impl Style {
    /// Re-encodes a form, with its fields in the same order. `None` if the body is not a form.
    pub(super) fn write(self, body: &[u8]) -> Option<Vec<u8>> {
        if !is_form(body) {
            return None;
        }
        let mut text = Vec::with_capacity(body.len());
        for (at, field) in body.split(|byte| *byte == b'&').enumerate() {
            if at > 0 {
                text.push(b'&');
            }
            let equals = field.iter().position(|byte| *byte == b'=');
            let (name, value) = field.split_at(equals.unwrap_or(field.len()));
            self.write_part(name, &mut text);
            if let Some(value) = value.strip_prefix(b"=") {
                text.push(b'=');
                self.write_part(value, &mut text);
            }
        }
        Some(text)
    }

    fn write_part(self, part: &[u8], text: &mut Vec<u8>) {
        for (at, word) in part.split(|byte| *byte == b'+').enumerate() {
            if at > 0 {
                text.extend_from_slice(self.space.as_bytes());
            }
            let word: Vec<u8> = percent_decode(word).collect();
            for (at, word) in word.split(|byte| *byte == b' ').enumerate() {
                if at > 0 {
                    text.extend_from_slice(self.space.as_bytes());
                }
                for piece in percent_encode(word, self.encoded) {
                    match piece.strip_prefix('%') {
                        Some(hex) if self.is_lower_case => {
                            text.push(b'%');
                            text.extend(hex.bytes().map(|digit| digit.to_ascii_lowercase()));
                        }
                        _ => text.extend_from_slice(piece.as_bytes()),
                    }
                }
            }
        }
    }
}

/// Re-encodes only the spaces of a form. `None` if the body is not a form.
pub(super) fn spaces_as<'b>(body: &[u8], space: &str) -> Option<Cow<'b, [u8]>> {
    let text = std::str::from_utf8(body).ok().filter(|_| is_form(body))?;
    let text = text.replace("%20", "+").replace('+', space);
    Some(text.into_bytes().into())
}

/// Whether a body may be a form: printable ASCII with an equals sign.
fn is_form(body: &[u8]) -> bool {
    body.contains(&b'=') && body.iter().all(u8::is_ascii_graphic)
}
