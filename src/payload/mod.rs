//! Parsers for the values that a scheme has in a body or a URL. They run before the signature is
//! verified.

mod canonical;
pub(crate) mod form;
pub(crate) mod json;
mod jws;
pub(crate) mod multipart;

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

pub(crate) use self::{
    canonical::canonical,
    jws::{JwsKind, Token},
};

/// The content type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The content type of JSON.
pub(crate) const JSON: &str = "application/json";

/// The parts of a request except its body.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'f> {
    pub(crate) method: &'f str,
    /// The whole URL, as the sender knows it; empty where the scheme does not sign it.
    pub(crate) url: &'f str,
    /// The path and the query.
    pub(crate) target: &'f str,
    pub(crate) headers: &'f HeaderMap,
    /// The JSON web signature, where the scheme has one.
    pub(crate) token: Option<&'f Token>,
}

impl<'f> Facts<'f> {
    /// The path without the query.
    pub(crate) fn path(&self) -> &'f str {
        self.target
            .split_once('?')
            .map_or(self.target, |(path, _)| path)
    }

    /// The query without its question mark.
    pub(crate) fn query(&self) -> &'f [u8] {
        let query = self.target.split_once('?');
        query.map_or("", |(_, query)| query).as_bytes()
    }

    /// The only value of a header. Copies that agree are one value.
    pub(crate) fn header(&self, name: &str) -> Result<Option<&'f [u8]>, Malformed> {
        let mut values = self.headers.get_all(name).into_iter();
        let first = values.next();
        if values.any(|value| Some(value) != first) {
            return Err(Malformed("a signed header with one value"));
        }
        Ok(first.map(HeaderValue::as_bytes))
    }

    /// Whether the body says that it is a form.
    pub(crate) fn has_form(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let kind = kind.unwrap_or_default().split(|byte| *byte == b';').next();
        let kind = kind.unwrap_or_default().trim_ascii();
        kind.eq_ignore_ascii_case(FORM.as_bytes())
    }
}

/// A body or a URL is not of the form that is looked into: what it should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// A named function from a request to a piece of the signed text.
#[derive(Debug)]
pub(crate) struct Canonical {
    pub(crate) name: &'static str,
    /// Whether every change of the body changes the text.
    pub(crate) covers_body: bool,
    /// Whether the function needs the whole URL.
    pub(crate) needs_url: bool,
    /// The content type that the body must have.
    pub(crate) content_type: Option<&'static str>,
    /// The JSON members and the headers that are part of the text.
    pub(crate) signs: &'static [&'static str],
    pub(crate) write: Write,
}

type Write = fn(&Facts<'_>, &[u8], &mut Vec<u8>) -> Result<(), Malformed>;

impl Canonical {
    const fn new(name: &'static str, write: Write) -> Self {
        Self {
            name,
            covers_body: false,
            needs_url: false,
            content_type: None,
            signs: &[],
            write,
        }
    }

    const fn covers_body(mut self) -> Self {
        self.covers_body = true;
        self
    }

    const fn needs_url(mut self) -> Self {
        self.needs_url = true;
        self
    }

    const fn content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = Some(content_type);
        self
    }

    const fn signs(mut self, names: &'static [&'static str]) -> Self {
        self.signs = names;
        self
    }
}

/// Names are unique.
impl PartialEq for Canonical {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Canonical {}

/// Whether a label is a region of Amazon's, as in `us-gov-west-1`: bucket names of S3 are in the
/// same position, as in `sns.s3.amazonaws.com`, and any client can choose one.
pub(crate) fn is_aws_region(label: &str) -> bool {
    let parts: Vec<_> = label.split('-').collect();
    let are = |parts: &[&str], is: fn(&u8) -> bool| {
        parts
            .iter()
            .all(|part| !part.is_empty() && part.as_bytes().iter().all(is))
    };
    match &parts[..] {
        [area, directions @ .., number] => {
            (2..=4).contains(&area.len())
                && !directions.is_empty()
                && are(&[area], u8::is_ascii_lowercase)
                && are(directions, u8::is_ascii_lowercase)
                && are(&[number], u8::is_ascii_digit)
        }
        _ => false,
    }
}
