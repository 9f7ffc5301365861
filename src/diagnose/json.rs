use std::io;

use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

/// How a library writes JSON.
#[derive(Clone, Copy)]
pub(super) struct Style {
    layout: Layout,
    letters: Letters,
}

#[derive(Clone, Copy)]
enum Layout {
    Compact,
    /// As Python does: a space behind colons and commas.
    Spaced,
    Indented(&'static [u8]),
}

#[derive(Clone, Copy)]
enum Letters {
    /// As they are.
    Plain,
    /// Escaped unless they are ASCII, as Python does.
    Ascii,
    /// As Go does, with `<`, `>` and `&` escaped.
    Html,
    /// As PHP does: escaped unless they are ASCII, and slashes as well.
    Slashes,
}

pub(super) const STYLES: [Style; 14] = {
    const fn of(layout: Layout, letters: Letters) -> Style {
        Style { layout, letters }
    }
    [
        of(Layout::Compact, Letters::Plain),
        of(Layout::Compact, Letters::Ascii),
        of(Layout::Compact, Letters::Html),
        of(Layout::Compact, Letters::Slashes),
        of(Layout::Spaced, Letters::Plain),
        of(Layout::Spaced, Letters::Ascii),
        of(Layout::Indented(b"  "), Letters::Plain),
        of(Layout::Indented(b"  "), Letters::Ascii),
        of(Layout::Indented(b"  "), Letters::Html),
        of(Layout::Indented(b"    "), Letters::Plain),
        of(Layout::Indented(b"    "), Letters::Ascii),
        of(Layout::Indented(b"    "), Letters::Slashes),
        of(Layout::Indented(b"\t"), Letters::Plain),
        of(Layout::Indented(b"\t"), Letters::Html),
    ]
};

impl Style {
    /// The same JSON in this style, its members in the same order; `None` if that is longer than
    /// `most`.
    pub(super) fn write(self, body: &[u8], most: usize) -> Option<Vec<u8>> {
        let Self { layout, letters } = self;
        let indent = match layout {
            Layout::Indented(indent) => Some(PrettyFormatter::with_indent(indent)),
            Layout::Compact | Layout::Spaced => None,
        };
        let is_spaced = matches!(layout, Layout::Spaced);
        let mut text = Bounded {
            text: Vec::with_capacity(body.len()),
            most,
        };
        let mut reader = serde_json::Deserializer::from_slice(body);
        let style = Written {
            indent,
            is_spaced,
            letters,
        };
        let mut writer = Serializer::with_formatter(&mut text, style);
        serde_transcode::transcode(&mut reader, &mut writer).ok()?;
        reader.end().ok()?;
        Some(text.text)
    }
}

/// Indentation makes a nested text many times longer.
struct Bounded {
    text: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() > self.most.saturating_sub(self.text.len()) {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.text.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a [`Style`].
struct Written {
    indent: Option<PrettyFormatter<'static>>,
    is_spaced: bool,
    letters: Letters,
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

impl Formatter for Written {
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
        for letter in fragment.chars() {
            let is_escaped = match self.letters {
                Letters::Plain => false,
                Letters::Ascii | Letters::Slashes => !letter.is_ascii(),
                Letters::Html => matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
            };
            if is_escaped {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(to, "\\u{unit:04x}")?;
                }
            } else if letter == '/' && matches!(self.letters, Letters::Slashes) {
                self.write_char_escape(to, CharEscape::Solidus)?;
            } else {
                to.write_all(letter.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }
}
