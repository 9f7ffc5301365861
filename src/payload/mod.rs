//! What a scheme finds in a body or a URL, or computes from them.

mod canonical;
pub(crate) mod form;
pub(crate) mod json;
mod jws;
pub(crate) mod multipart;

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

pub(crate) use self::canonical::canonical;
pub(crate) use self::jws::{JwsKind, Token};

/// There is none without the feature.
/// The content type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The content type of JSON.
pub(crate) const JSON: &str = "application/json";

/// What is known of a request beside its body.
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

/// A named way from a request to a piece of signed text, for what no token says.
#[derive(Debug)]
pub(crate) struct Canonical {
    pub(crate) name: &'static str,
    /// Whether no byte of the body can change without changing the text.
    pub(crate) covers_body: bool,
    /// Whether it needs the whole URL.
    pub(crate) needs_url: bool,
    /// What a body has to be that it is made of.
    pub(crate) content_type: Option<&'static str>,
    /// The members of JSON and the headers that are part of the text.
    pub(crate) signs: &'static [&'static str],
    pub(crate) write: Write,
}

pub(crate) type Write = fn(&Facts<'_>, &[u8], &mut Vec<u8>) -> Result<(), Malformed>;

/// There is one of each name.
impl PartialEq for Canonical {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Canonical {}

/// Whether a label is a region of Amazon's, as in `us-gov-west-1`: S3 has names of anybody's choice
/// beside them, as in `sns.s3.amazonaws.com`.
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
