//! Re-encodes JSON in the styles of common libraries.

use std::io;

use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

/// The style in which a library encodes JSON.
#[derive(Clone, Copy)]
pub(super) struct Style {
    layout: Layout,
    escapes: Escapes,
}

#[derive(Clone, Copy)]
enum Layout {
    Compact,
    /// As in Python, with a space after colons and commas.
    Spaced,
    Indented(&'static [u8]),
}

/// The characters that are escaped apart from control characters, quotes and backslashes.
#[derive(Clone, Copy)]
enum Escapes {
    None,
    /// All characters beyond ASCII, as in Python.
    NonAscii,
    /// `<`, `>`, `&` and the line separators, as in Go.
    Html,
    /// All characters beyond ASCII, and slashes, as in PHP.
    NonAsciiAndSlash,
}

pub(super) const STYLES: [Style; 14] = {
    const fn of(layout: Layout, escapes: Escapes) -> Style {
        Style { layout, escapes }
    }
    [
        of(Layout::Compact, Escapes::None),
        of(Layout::Compact, Escapes::NonAscii),
        of(Layout::Compact, Escapes::Html),
        of(Layout::Compact, Escapes::NonAsciiAndSlash),
        of(Layout::Spaced, Escapes::None),
        of(Layout::Spaced, Escapes::NonAscii),
        of(Layout::Indented(b"  "), Escapes::None),
        of(Layout::Indented(b"  "), Escapes::NonAscii),
        of(Layout::Indented(b"  "), Escapes::Html),
        of(Layout::Indented(b"    "), Escapes::None),
        of(Layout::Indented(b"    "), Escapes::NonAscii),
        of(Layout::Indented(b"    "), Escapes::NonAsciiAndSlash),
        of(Layout::Indented(b"\t"), Escapes::None),
        of(Layout::Indented(b"\t"), Escapes::Html),
    ]
};

impl Style {
    /// Re-encodes JSON, with its members in the same order. `None` if the body is not JSON, or if
    /// the result is longer than `max_len`.
    pub(super) fn write(self, body: &[u8], max_len: usize) -> Option<Vec<u8>> {
        let Self { layout, escapes } = self;
        let indent = match layout {
            Layout::Indented(indent) => Some(PrettyFormatter::with_indent(indent)),
            Layout::Compact | Layout::Spaced => None,
        };
        let is_spaced = matches!(layout, Layout::Spaced);
        let mut text = Bounded {
            text: Vec::with_capacity(body.len()),
            max_len,
        };
        let mut reader = serde_json::Deserializer::from_slice(body);
        let style = StyleFormatter {
            indent,
            is_spaced,
            escapes,
        };
        let mut writer = Serializer::with_formatter(&mut text, style);
        serde_transcode::transcode(&mut reader, &mut writer).ok()?;
        reader.end().ok()?;
        Some(text.text)
    }
}

/// A writer that fails beyond a length. Indentation can make nested JSON many times longer.
struct Bounded {
    text: Vec<u8>,
    max_len: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() > self.max_len.saturating_sub(self.text.len()) {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.text.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Formats JSON in a [`Style`].
struct StyleFormatter {
    indent: Option<PrettyFormatter<'static>>,
    is_spaced: bool,
    escapes: Escapes,
}

macro_rules! indented {
    ($($name:ident($($is_first:ident)?) $plain:expr;)*) => {$(
        fn $name<W>(&mut self, to: &mut W $(, $is_first: bool)?) -> io::Result<()>
        where
            W: ?Sized + io::Write,
        {
            match &mut self.indent {
                Some(indent) => indent.$name(to $(, $is_first)?),
                None => to.write_all($plain(self.is_spaced $(, $is_first)?)),
            }
        }
    )*};
}

fn separator(is_spaced: bool, is_first: bool) -> &'static [u8] {
    match (is_first, is_spaced) {
        (true, _) => b"",
        (false, true) => b", ",
        (false, false) => b",",
    }
}

impl Formatter for StyleFormatter {
    indented! {
        begin_array() |_| b"[";
        end_array() |_| b"]";
        begin_array_value(is_first) separator;
        end_array_value() |_| b"";
        begin_object() |_| b"{";
        end_object() |_| b"}";
        begin_object_key(is_first) separator;
        begin_object_value() |is_spaced: bool| if is_spaced { &b": "[..] } else { &b":"[..] };
        end_object_value() |_| b"";
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            let is_escaped = match self.escapes {
                Escapes::None => false,
                Escapes::NonAscii | Escapes::NonAsciiAndSlash => !character.is_ascii(),
                Escapes::Html => matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
            };
            if is_escaped {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(to, "\\u{unit:04x}")?;
                }
            } else if character == '/' && matches!(self.escapes, Escapes::NonAsciiAndSlash) {
                self.write_char_escape(to, CharEscape::Solidus)?;
            } else {
                to.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }
}
