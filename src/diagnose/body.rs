use std::{
    borrow::Cow,
    io::{self, Read as _},
};

use flate2::read::MultiGzDecoder;
use http::{HeaderValue, header};
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

use super::{Cause, Finding, trial::Trial};
use crate::encoding::decimal;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const GZIP: &[u8] = b"\x1f\x8b";

/// The longest body that is made of a compressed one.
const MOST_DECOMPRESSED: u64 = 4 << 20;

/// The longest text that JSON is written anew as.
const MOST_WRITTEN: usize = 4 << 20;

/// What happened to the body.
pub(super) fn examine(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let Some(body) = trial.body else { return };
    if !trial.scheme().body_is_signed() {
        return;
    }
    let mut tried = vec![Cow::Borrowed(body)];
    let mut attempt = |cause: Cause, body: Cow<'_, [u8]>| {
        if tried.contains(&body) {
            return false;
        }
        let holds = trial.with_body(&body).holds();
        if holds {
            findings.push(Finding::proven(cause));
        }
        // Longer ones are many, and seldom the same.
        if body.len() < 1 << 10 {
            tried.push(Cow::Owned(body.into_owned()));
        }
        holds
    };
    attempt(Cause::BodyEmpty, Cow::Borrowed(&[]));
    let unmarked = body.strip_prefix(BYTE_ORDER_MARK);
    let other = unmarked.map_or_else(|| [BYTE_ORDER_MARK, body].concat().into(), Cow::Borrowed);
    attempt(Cause::BodyByteOrderMark, other);
    for text in whitespace(body) {
        attempt(Cause::BodyWhitespace, text);
    }
    for text in line_ends(body) {
        attempt(Cause::BodyLineEnds, text);
    }
    for style in STYLES {
        if let Some(text) = style.write(body) {
            let is_it = attempt(Cause::BodyJson, text.into());
            if is_it {
                break;
            }
        }
    }
    if let Some(text) = decompressed(body) {
        attempt(Cause::BodyCompressed, text.into());
    }
}

/// What the headers say of the body that does not hold for it.
pub(super) fn guess(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let Some(body) = trial.body else { return };
    let value = |name| trial.head.only(&name).ok().flatten();
    let encoding = value(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    if encoding == Some(b"gzip") && !body.starts_with(GZIP) {
        findings.push(Finding::guess(Cause::BodyDecompressed));
        return;
    }
    let declared = value(header::CONTENT_LENGTH).and_then(|text| decimal(text.as_bytes()));
    let found = body.len() as u64;
    if let Some(declared) = declared.filter(|declared| *declared != found) {
        findings.push(Finding::guess(Cause::BodyLength { declared, found }));
    }
}

fn whitespace(body: &[u8]) -> [Cow<'_, [u8]>; 6] {
    let with = |end: &[u8]| Cow::Owned([body, end].concat());
    [
        body.trim_ascii().into(),
        body.trim_ascii_start().into(),
        body.trim_ascii_end().into(),
        with(b"\n"),
        with(b"\r\n"),
        with(b" "),
    ]
}

fn line_ends(body: &[u8]) -> [Cow<'_, [u8]>; 2] {
    let mut unix = Vec::with_capacity(body.len());
    let mut rest = body.iter().peekable();
    while let Some(byte) = rest.next() {
        if *byte != b'\r' || rest.peek() != Some(&&b'\n') {
            unix.push(*byte);
        }
    }
    let dos = unix.split(|byte| *byte == b'\n').collect::<Vec<_>>();
    let dos = dos.join(&b"\r\n"[..]);
    [unix.into(), dos.into()]
}

fn decompressed(body: &[u8]) -> Option<Vec<u8>> {
    if !body.starts_with(GZIP) {
        return None;
    }
    let mut text = Vec::new();
    let reader = MultiGzDecoder::new(body);
    reader.take(MOST_DECOMPRESSED).read_to_end(&mut text).ok()?;
    Some(text)
}

/// How a library writes JSON.
#[derive(Clone, Copy)]
struct Style {
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

const STYLES: [Style; 14] = {
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
    /// The same JSON in this style, its members in the same order.
    fn write(self, body: &[u8]) -> Option<Vec<u8>> {
        let Self { layout, letters } = self;
        let indent = match layout {
            Layout::Indented(indent) => Some(PrettyFormatter::with_indent(indent)),
            Layout::Compact | Layout::Spaced => None,
        };
        let is_spaced = matches!(layout, Layout::Spaced);
        let mut text = Bounded(Vec::with_capacity(body.len()));
        let mut reader = serde_json::Deserializer::from_slice(body);
        let style = Written {
            indent,
            is_spaced,
            letters,
        };
        let mut writer = Serializer::with_formatter(&mut text, style);
        serde_transcode::transcode(&mut reader, &mut writer).ok()?;
        reader.end().ok()?;
        Some(text.0)
    }
}

/// As long as what is decompressed may be: indentation makes a nested text many times longer.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() > MOST_WRITTEN.saturating_sub(self.0.len()) {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.0.extend_from_slice(piece);
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
        fn $name<W: ?Sized + io::Write>(&mut self, to: &mut W $(, $is_first: bool)?) -> io::Result<()> {
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
