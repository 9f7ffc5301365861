//! Searches for a change of the body after it was signed.

use std::{borrow::Cow, io::Read as _};

use flate2::read::MultiGzDecoder;
use http::{HeaderValue, header};

use super::{Cause, Finding, attempt::Attempt, form, json::STYLES};
use crate::encoding::decimal;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const GZIP: &[u8] = b"\x1f\x8b";

/// Returns the body that may have been signed, or `None` if the change does not apply.
type Change = fn(&[u8]) -> Option<Cow<'_, [u8]>>;

/// The changes that proxies, frameworks and senders make to a body. Likely and cheap changes are
/// first.
const CHANGES: [(Cause, Change); 15] = [
    (Cause::BodyEmpty, |_| Some(Cow::Borrowed(&[]))),
    (Cause::BodyByteOrderMark, |body| {
        let unmarked = body.strip_prefix(BYTE_ORDER_MARK).map(Cow::Borrowed);
        unmarked.or_else(|| Some([BYTE_ORDER_MARK, body].concat().into()))
    }),
    (Cause::BodyWhitespace, |body| Some(body.trim_ascii().into())),
    (Cause::BodyWhitespace, |body| {
        Some(body.trim_ascii_start().into())
    }),
    (Cause::BodyWhitespace, |body| {
        Some(body.trim_ascii_end().into())
    }),
    (Cause::BodyWhitespace, |body| Some(with_end(body, b"\n"))),
    (Cause::BodyWhitespace, |body| Some(with_end(body, b"\r\n"))),
    (Cause::BodyWhitespace, |body| Some(with_end(body, b" "))),
    (Cause::BodyLineEnds, |body| Some(unix(body).into())),
    (Cause::BodyLineEnds, |body| {
        let unix = unix(body);
        let lines: Vec<_> = unix.split(|byte| *byte == b'\n').collect();
        Some(lines.join(&b"\r\n"[..]).into())
    }),
    (Cause::BodyCharset, |body| from_latin1(body).map(Cow::Owned)),
    (Cause::BodyCharset, |body| to_latin1(body).map(Cow::Owned)),
    (Cause::BodyForm, |body| form::spaces_as(body, "%20")),
    (Cause::BodyForm, |body| form::spaces_as(body, "+")),
    (Cause::BodyCompressed, |body| {
        decompressed(body).map(Cow::Owned)
    }),
];

/// The maximum length of a changed body. Decompression and indentation can make a body a thousand
/// times longer.
fn max_len(body: &[u8]) -> usize {
    body.len().saturating_mul(4).max(4 << 20)
}

/// Finds how the body was changed after it was signed.
pub(super) fn find(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let Some(body) = attempt.body else { return };
    if !attempt.scheme().body_is_signed() {
        return;
    }
    let mut search = Search {
        attempt,
        tried: vec![Cow::Borrowed(body)],
        findings,
    };
    for (cause, change) in CHANGES {
        search.try_body(cause, || change(body));
    }
    for style in STYLES {
        let write = || Some(style.write(body, max_len(body))?.into());
        search.try_body(Cause::BodyJson, write);
    }
    for style in form::STYLES {
        search.try_body(Cause::BodyForm, || Some(style.write(body)?.into()));
    }
}

struct Search<'a, 'b> {
    attempt: &'a Attempt<'b>,
    /// The short bodies that were tried. Many changes have the same result.
    tried: Vec<Cow<'b, [u8]>>,
    findings: &'a mut Vec<Finding>,
}

impl<'b> Search<'_, 'b> {
    /// Tries a changed body, unless the cause was found already.
    fn try_body(&mut self, cause: Cause, body: impl FnOnce() -> Option<Cow<'b, [u8]>>) {
        let is_found = self.findings.iter().any(|found| *found.cause() == cause);
        if is_found || self.attempt.budget.is_exhausted() {
            return;
        }
        let Some(body) = body().filter(|body| !self.tried.contains(body)) else {
            return;
        };
        if self.attempt.with_body(&body).verifies() {
            self.findings.push(Finding::proven(cause));
        }
        // Long bodies would take much memory, and are rarely equal.
        if body.len() < 1 << 10 {
            self.tried.push(body);
        }
    }
}

/// Guesses from headers that contradict the body.
pub(super) fn guess(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let Some(body) = attempt.body else { return };
    let value = |name| attempt.head.only(&name).ok().flatten();
    let encoding = value(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let is_plain = match encoding {
        Some(b"gzip" | b"x-gzip") => !body.starts_with(GZIP),
        Some(b"br" | b"compress" | b"deflate" | b"zstd") => {
            !body.is_empty() && std::str::from_utf8(body).is_ok()
        }
        _ => false,
    };
    if is_plain {
        findings.push(Finding::guess(Cause::BodyDecompressed));
        return;
    }
    let declared = value(header::CONTENT_LENGTH).and_then(|text| decimal(text.as_bytes()));
    let found = body.len() as u64;
    if let Some(declared) = declared.filter(|declared| *declared != found) {
        findings.push(Finding::guess(Cause::BodyLength { declared, found }));
    }
}

fn with_end<'b>(body: &[u8], end: &[u8]) -> Cow<'b, [u8]> {
    [body, end].concat().into()
}

/// The body with `\n` in place of `\r\n`.
fn unix(body: &[u8]) -> Vec<u8> {
    let mut unix = Vec::with_capacity(body.len());
    let mut rest = body.iter().peekable();
    while let Some(byte) = rest.next() {
        if *byte != b'\r' || rest.peek() != Some(&&b'\n') {
            unix.push(*byte);
        }
    }
    unix
}

/// Undoes a conversion from Latin-1 to UTF-8 that was applied to text in UTF-8.
fn from_latin1(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let bytes = text.chars().map(|letter| u8::try_from(letter).ok());
    bytes.collect()
}

/// Converts a text from Latin-1 to UTF-8.
fn to_latin1(body: &[u8]) -> Option<Vec<u8>> {
    if body.is_ascii() {
        return None;
    }
    let text: String = body.iter().copied().map(char::from).collect();
    Some(text.into())
}

fn decompressed(body: &[u8]) -> Option<Vec<u8>> {
    if !body.starts_with(GZIP) {
        return None;
    }
    let mut text = Vec::new();
    let reader = MultiGzDecoder::new(body);
    reader
        .take(max_len(body) as u64)
        .read_to_end(&mut text)
        .ok()?;
    Some(text)
}
