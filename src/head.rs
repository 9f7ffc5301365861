//! The head of a request, as verification and key sources see it.

use std::fmt;

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, request};

use crate::{location::Location, rejection::RejectionKind};

/// The head of a request: all values of the request except its body. Cheap to copy, because it
/// consists of references.
///
/// ```
/// use http::Request;
/// use tower_webhook::RequestHead;
///
/// let request = Request::post("/hooks/acme?try=2").body(()).unwrap();
/// let head = RequestHead::from(&request);
/// assert_eq!(head.path().strip_prefix("/hooks/"), Some("acme"));
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'h> {
    method: &'h Method,
    uri: &'h Uri,
    headers: &'h HeaderMap,
    extensions: Option<&'h Extensions>,
}

impl<'h> RequestHead<'h> {
    /// Creates a head without extensions from its parts. To include the extensions, convert a
    /// [`Request`] or its [`Parts`](request::Parts) with `From`.
    #[must_use]
    pub fn new(method: &'h Method, uri: &'h Uri, headers: &'h HeaderMap) -> Self {
        Self {
            method,
            uri,
            headers,
            extensions: None,
        }
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &'h Method {
        self.method
    }

    /// Returns the target: a path and a query, and over HTTP/2 also the scheme and the authority.
    #[must_use]
    pub fn uri(&self) -> &'h Uri {
        self.uri
    }

    /// Returns the path of the target as it was sent, without decoding its percent-encoding.
    #[must_use]
    pub fn path(&self) -> &'h str {
        self.uri.path()
    }

    /// Returns the headers.
    ///
    /// # Security
    ///
    /// Do not log the headers, because one of them may be the signature or a token.
    #[must_use]
    pub fn headers(&self) -> &'h HeaderMap {
        self.headers
    }

    /// Returns an extension that a server or an outer layer added to the request, such as axum's
    /// `ConnectInfo`.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&'h T> {
        self.extensions?.get()
    }

    /// The single value of a header. Copies with the same value count as one.
    pub(crate) fn only(&self, name: &HeaderName) -> Result<Option<&'h HeaderValue>, RejectionKind> {
        let first = self.headers.get(name);
        // If no header appears twice, neither does this one.
        if self.headers.len() > self.headers.keys_len() {
            let mut values = self.headers.get_all(name).into_iter();
            if values.any(|value| Some(value) != first) {
                return Err(RejectionKind::ConflictingHeader {
                    header: name.clone(),
                });
            }
        }
        Ok(first)
    }

    /// The ID in the head, if it is not longer than those of any provider. An unauthenticated
    /// client must not be able to fill the log.
    pub(crate) fn claimed_id(&self, location: Option<&Location>) -> Option<&'h str> {
        const MAX_LEN: usize = 128;

        let Location::Header(name) = location? else {
            return None;
        };
        let id = self.only(name).ok()?.map(HeaderValue::to_str)?.ok()?;
        Some(id).filter(|id| !id.is_empty() && id.len() <= MAX_LEN)
    }

    /// The single value of a header, like [`only`](Self::only). An empty value counts as missing.
    pub(crate) fn value(
        &self,
        name: &HeaderName,
    ) -> Result<Option<&'h HeaderValue>, RejectionKind> {
        Ok(self.only(name)?.filter(|value| !value.is_empty()))
    }
}

// The headers are omitted, because one of them is a MAC.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

impl<'h> From<&RequestHead<'h>> for RequestHead<'h> {
    fn from(head: &RequestHead<'h>) -> Self {
        *head
    }
}

impl<'h> From<&'h request::Parts> for RequestHead<'h> {
    fn from(parts: &'h request::Parts) -> Self {
        Self {
            extensions: Some(&parts.extensions),
            ..Self::new(&parts.method, &parts.uri, &parts.headers)
        }
    }
}

impl<'h, T> From<&'h Request<T>> for RequestHead<'h> {
    fn from(request: &'h Request<T>) -> Self {
        Self {
            extensions: Some(request.extensions()),
            ..Self::new(request.method(), request.uri(), request.headers())
        }
    }
}
