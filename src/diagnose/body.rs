use std::{borrow::Cow, io::Read as _};

use flate2::read::MultiGzDecoder;
use http::{HeaderValue, header};

use super::{Cause, Finding, form, json::STYLES, trial::Trial};
use crate::encoding::decimal;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const GZIP: &[u8] = b"\x1f\x8b";

/// A body as it may have been; `None` where that makes no sense of it.
type Change = fn(&[u8]) -> Option<Cow<'_, [u8]>>;

/// What happens to bodies, what is likely and cheap first.
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

/// The longest body that is made of another.
fn most_made(body: &[u8]) -> usize {
    body.len().saturating_mul(4).max(4 << 20)
}

/// What happened to the body.
pub(super) fn examine(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let Some(body) = trial.body else { return };
    if !trial.scheme().body_is_signed() {
        return;
    }
    let mut attempts = Attempts {
        trial,
        tried: vec![Cow::Borrowed(body)],
        findings,
    };
    for (cause, change) in CHANGES {
        attempts.attempt(cause, || change(body));
    }
    for style in STYLES {
        let write = || Some(style.write(body, most_made(body))?.into());
        attempts.attempt(Cause::BodyJson, write);
    }
    for style in form::STYLES {
        attempts.attempt(Cause::BodyForm, || Some(style.write(body)?.into()));
    }
}

struct Attempts<'a, 'b> {
    trial: &'a Trial<'b>,
    tried: Vec<Cow<'b, [u8]>>,
    findings: &'a mut Vec<Finding>,
}

impl<'b> Attempts<'_, 'b> {
    /// Tries a body, if there is still something to find out.
    fn attempt(&mut self, cause: Cause, body: impl FnOnce() -> Option<Cow<'b, [u8]>>) {
        let is_found = self.findings.iter().any(|it| *it.cause() == cause);
        if is_found || self.trial.work.is_cut_short() {
            return;
        }
        let Some(body) = body().filter(|body| !self.tried.contains(body)) else {
            return;
        };
        if self.trial.with_body(&body).holds() {
            self.findings.push(Finding::proven(cause));
        }
        // Longer ones are many, and seldom the same.
        if body.len() < 1 << 10 {
            self.tried.push(body);
        }
    }
}

/// What the headers say of the body that does not hold for it.
pub(super) fn guess(trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let Some(body) = trial.body else { return };
    let value = |name| trial.head.only(&name).ok().flatten();
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

/// The bytes of a text that were taken for Latin-1, and written in UTF-8.
fn from_latin1(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let bytes = text.chars().map(|letter| u8::try_from(letter).ok());
    bytes.collect()
}

/// A text that was written in Latin-1, in UTF-8.
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
        .take(most_made(body) as u64)
        .read_to_end(&mut text)
        .ok()?;
    Some(text)
}
