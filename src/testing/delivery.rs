use std::fmt;

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Request,
    header::{AsHeaderName, IntoHeaderName},
};

use crate::{place::Place, scheme::Scheme};

/// A signed request, and what may happen to it on its way: whatever is changed, the signature stays.
///
/// Made by a [`TestSender`](super::TestSender).
#[derive(Clone)]
pub struct Delivery {
    request: Request<Bytes>,
    scheme: Scheme,
}

/// Where in the value of a header a signature is.
pub(super) struct Signature {
    pub(super) header: HeaderName,
    pub(super) before: Vec<u8>,
    pub(super) text: Vec<u8>,
    pub(super) after: Vec<u8>,
}

impl Delivery {
    pub(super) fn new(request: Request<Bytes>, scheme: &Scheme) -> Self {
        Self {
            request,
            scheme: scheme.clone(),
        }
    }

    /// The request as it is sent, its body of any type that can be made of bytes, as axum's can and `Full`.
    pub fn into_request<B: From<Bytes>>(self) -> Request<B> {
        self.request.map(B::from)
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Request<Bytes> {
        &self.request
    }

    /// The request, for any change that has no method of its own.
    pub fn request_mut(&mut self) -> &mut Request<Bytes> {
        &mut self.request
    }

    /// Exchanges the body.
    #[must_use]
    pub fn change_body(mut self, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        let body = change(self.request.body());
        *self.request.body_mut() = body.into();
        self
    }

    /// Exchanges the text of the signature, and leaves its prefix, or what else is in its list. Where the
    /// signature is not in a header nothing happens.
    ///
    /// # Panics
    ///
    /// If the text is nothing that a header can hold, as with [`with_header`](Self::with_header).
    #[must_use]
    #[track_caller]
    pub fn change_signature(self, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        let Some(signature) = self.signature() else {
            return self;
        };
        let text = change(&signature.text);
        let value = [&signature.before[..], &text, &signature.after].concat();
        self.with_header(signature.header, value)
    }

    /// Takes the signature away, with the whole of its headers.
    #[must_use]
    pub fn without_signature(mut self) -> Self {
        for place in self.scheme.signature_places() {
            if let Place::Header(name) = place {
                self.request.headers_mut().remove(name);
            }
        }
        self
    }

    /// Takes a header away, with all of its name.
    #[must_use]
    pub fn without_header(mut self, name: impl AsHeaderName) -> Self {
        self.request.headers_mut().remove(name);
        self
    }

    /// Puts a header in the place of all of its name.
    ///
    /// ```
    /// use tower_webhook::{Secret, providers, testing::TestSender};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sender = TestSender::new(providers::github(), Secret::new("a secret for tests")?)?;
    /// let delivery = sender.delivery("{}")?.with_header("x-hub-signature-256", "sha256=00");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the name or the value is nothing that a header can have: a value holds no control characters but the tab.
    #[must_use]
    #[track_caller]
    pub fn with_header(mut self, name: impl IntoHeaderName, value: impl AsRef<[u8]>) -> Self {
        let value = header_value(value.as_ref());
        self.request.headers_mut().insert(name, value);
        self
    }

    /// Adds a header behind all of its name.
    ///
    /// # Panics
    ///
    /// As [`with_header`](Self::with_header).
    #[must_use]
    #[track_caller]
    pub fn and_header(mut self, name: impl IntoHeaderName, value: impl AsRef<[u8]>) -> Self {
        let value = header_value(value.as_ref());
        self.request.headers_mut().append(name, value);
        self
    }

    /// The value of the header that the signature is in, cut around its first signature.
    pub(super) fn signature(&self) -> Option<Signature> {
        let spec = self.scheme.spec();
        let header = spec.signatures.iter().find_map(|place| match place {
            Place::Header(name) if self.request.headers().contains_key(name) => Some(name),
            _ => None,
        })?;
        let value = self.request.headers().get(header)?.as_bytes();
        let mut found = None;
        let _ = spec.layout.read(value, |field| {
            let field = field.ok_or(())?;
            if found.is_none() && spec.layout.is_signature(&field) {
                found = Some(field.value);
            }
            Ok::<_, ()>(())
        });
        let text = found?;
        // The last, as a prefix may hold anything.
        let at = (0..=value.len().checked_sub(text.len())?)
            .rev()
            .find(|at| value.get(*at..).is_some_and(|rest| rest.starts_with(text)))?;
        Some(Signature {
            header: header.clone(),
            before: value.get(..at)?.to_vec(),
            text: text.to_vec(),
            after: value.get(at + text.len()..)?.to_vec(),
        })
    }
}

#[track_caller]
fn header_value(value: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(value).expect("a header cannot hold this value")
}

// Neither the body nor the values of headers: one of them is a signature, or a token.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.request.headers().keys().collect();
        f.debug_struct("Delivery")
            .field("method", self.request.method())
            .field("path", &self.request.uri().path())
            .field("headers", &names)
            .field("bytes", &self.request.body().len())
            .finish_non_exhaustive()
    }
}
