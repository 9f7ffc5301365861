//! Parses `multipart/form-data` ([RFC 7578]). A form that two parsers could read differently is
//! rejected, for example one with text before the first part, or with a field that appears twice.
//!
//! [RFC 7578]: https://www.rfc-editor.org/rfc/rfc7578

use super::{Facts, Malformed};

const FORM: Malformed = Malformed("`multipart/form-data` with this field exactly once");

/// The maximum number of parameters of a header. No sender needs more, and each takes more memory
/// than its text.
const MOST: usize = 16;

/// The content of the field with this name.
pub(crate) fn field<'b>(
    facts: &Facts<'_>,
    body: &'b [u8],
    name: &str,
) -> Result<&'b [u8], Malformed> {
    let content_type = facts.header("content-type")?.ok_or(FORM)?;
    let boundary = boundary(content_type).ok_or(FORM)?;
    find(boundary, body, name).ok_or(FORM)
}

fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    let (kind, parameters) = parameters(content_type)?;
    let boundary = only(&parameters, "boundary")?;
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
    let is_boundary = matches!(boundary.len(), 1..=70) && boundary.iter().all(is_allowed);
    (kind.eq_ignore_ascii_case(b"multipart/form-data") && is_boundary).then_some(boundary)
}

fn find<'b>(boundary: &[u8], body: &'b [u8], name: &str) -> Option<&'b [u8]> {
    let delimiter = [b"\r\n--", boundary].concat();
    // No line precedes the first delimiter.
    let mut rest = body.strip_prefix(delimiter.get(2..)?)?;
    let mut found = None;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let (part, behind) = split_at(part, &delimiter)?;
        let (headers, content) = split_at(part, b"\r\n\r\n")?;
        if disposition(headers)? == name.as_bytes() && found.replace(content).is_some() {
            return None;
        }
        rest = behind;
    }
    matches!(rest, b"--" | b"--\r\n").then_some(found)?
}

/// The name of the field, from the headers of a part.
fn disposition(headers: &[u8]) -> Option<&[u8]> {
    let mut name = None;
    for line in headers.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (header, value) = split_at(line, b":")?;
        let value = value.trim_ascii();
        if header.eq_ignore_ascii_case(b"content-disposition") {
            let (kind, parameters) = parameters(value)?;
            let told = only(&parameters, "name").filter(|_| kind == b"form-data")?;
            if name.replace(told).is_some() {
                return None;
            }
        } else if header.eq_ignore_ascii_case(b"content-transfer-encoding") {
            let as_it_is: [&[u8]; 3] = [b"7bit", b"8bit", b"binary"];
            as_it_is
                .iter()
                .find(|known| value.eq_ignore_ascii_case(known))?;
        }
    }
    name
}

/// Parses a header's value and its parameters: `form-data; name="json"`. A quoted parameter with an
/// escape is rejected.
fn parameters(value: &[u8]) -> Option<(&[u8], Vec<(&[u8], &[u8])>)> {
    let (kind, mut rest) = split_at(value, b";").unwrap_or((value, b""));
    let mut parameters = Vec::new();
    while !rest.trim_ascii().is_empty() {
        let (key, value) = split_at(rest, b"=")?;
        let (value, behind) = match value.strip_prefix(b"\"") {
            Some(quoted) => {
                let (value, behind) = split_at(quoted, b"\"")?;
                let behind = behind.trim_ascii();
                let is_end = behind.is_empty() || behind.starts_with(b";");
                let is_plain = is_end && !value.contains(&b'\\');
                is_plain.then_some((value, behind.get(1..).unwrap_or_default()))?
            }
            None => split_at(value, b";").unwrap_or((value, b"")),
        };
        if parameters.len() == MOST {
            return None;
        }
        parameters.push((key.trim_ascii(), value));
        rest = behind;
    }
    Some((kind.trim_ascii(), parameters))
}

/// The parameter with this name, if it appears exactly once.
fn only<'p>(parameters: &[(&[u8], &'p [u8])], name: &str) -> Option<&'p [u8]> {
    let mut values = parameters
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
    let (_, value) = values.next()?;
    values.next().is_none().then_some(*value)
}

/// Splits `text` at the first `separator`.
fn split_at<'b>(text: &'b [u8], separator: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = text
        .windows(separator.len())
        .position(|it| it == separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}
