//! A request as plain data, which mutations can change freely.

use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, uri};

/// A request. Values that HTTP cannot carry make [`request`](Self::request) return `None`.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub method: String,
    /// The path and the query.
    pub target: String,
    /// Names are in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Message {
    #[must_use]
    pub fn request(&self) -> Option<Request<Bytes>> {
        let mut request = Request::new(Bytes::copy_from_slice(&self.body));
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).ok()?;
        // HTTP/2 allows a path that does not begin with a slash.
        let mut parts = uri::Parts::default();
        parts.path_and_query = Some(self.target.parse().ok()?);
        *request.uri_mut() = Uri::from_parts(parts).ok()?;
        for (name, value) in &self.headers {
            // Servers strip the whitespace around a value.
            let value = HeaderValue::from_bytes(value.trim_ascii()).ok()?;
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request.headers_mut().append(name, value);
        }
        Some(request)
    }

    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.copies(name).next()
    }

    /// The values of all headers of this name.
    pub fn copies(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let named = self.headers.iter().filter(move |(own, _)| own == name);
        named.map(|(_, value)| value.trim_ascii())
    }

    /// Replaces all headers of this name.
    pub fn set_header(&mut self, name: &str, value: &[u8]) {
        let at = self.headers.iter().position(|(own, _)| own == name);
        self.headers.retain(|(own, _)| own != name);
        let at = at.unwrap_or(usize::MAX).min(self.headers.len());
        self.headers.insert(at, (name.to_owned(), value.to_vec()));
    }

    #[must_use]
    pub fn path(&self) -> &str {
        let path = self
            .target
            .split_once('?')
            .map_or(&*self.target, |(path, _)| path);
        // `http::Uri` reads an empty path as a slash.
        if path.is_empty() { "/" } else { path }
    }

    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

impl From<&Request<Bytes>> for Message {
    fn from(request: &Request<Bytes>) -> Self {
        let target = request.uri().path_and_query();
        let headers = request.headers().iter();
        Self {
            method: request.method().to_string(),
            target: target.map_or("/", |it| it.as_str()).to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect(),
            body: request.body().to_vec(),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{} {}", self.method, self.target.escape_debug())?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", value.escape_ascii())?;
        }
        writeln!(f, "\n{}", self.body.escape_ascii())
    }
}
