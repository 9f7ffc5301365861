use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header::AsHeaderName};

use super::location;
use crate::{location::Location, scheme::Scheme};

/// A signed request that can be modified before it is sent. A modification does not change the
/// signature.
///
/// Created by a [`TestSender`](super::TestSender).
#[derive(Clone)]
pub struct Delivery {
    request: Request<Bytes>,
    scheme: Scheme,
}

/// A signature, and the text around it in its location.
pub(super) struct Signature {
    pub(super) location: Location,
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

    /// Converts the delivery into a request. The body can be of any type that implements
    /// `From<Bytes>`, such as axum's body or `Full`.
    pub fn into_request<B: From<Bytes>>(self) -> Request<B> {
        self.request.map(B::from)
    }

    /// Returns the request.
    #[must_use]
    pub fn request(&self) -> &Request<Bytes> {
        &self.request
    }

    /// Returns the request, for modifications that have no method here.
    pub fn request_mut(&mut self) -> &mut Request<Bytes> {
        &mut self.request
    }

    /// Replaces the body.
    #[must_use]
    pub fn change_body(mut self, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        let body = change(self.request.body());
        *self.request.body_mut() = body.into();
        self
    }

    /// Replaces the text of the signature, and keeps its prefix and the other parts of its list.
    /// The signature may be in a header, in the query or in the body. If each item of a list is
    /// signed separately, the first item is changed. Has no effect on a delivery
    /// without a signature.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_webhook::{Secret, providers, testing::TestSender};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sender = TestSender::new(providers::figma(), Secret::new("a passcode")?)?;
    /// let delivery = sender.delivery(r#"{"event_type":"PING"}"#)?;
    /// let forged = delivery.clone().change_signature(|passcode| passcode.to_ascii_uppercase());
    /// assert_eq!(forged.request().body(), r#"{"passcode":"A PASSCODE","event_type":"PING"}"#);
    /// let unsigned = delivery.without_signature();
    /// assert_eq!(unsigned.request().body(), r#"{"event_type":"PING"}"#);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the location cannot contain the text:
    ///
    /// - A header cannot contain control characters except the tab.
    /// - JSON can contain only UTF-8.
    /// - A URL can have at most 64 KiB.
    #[must_use]
    #[track_caller]
    pub fn change_signature(self, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        let Some(signature) = self.signature() else {
            return self;
        };
        let text = change(&signature.text);
        let value = [&signature.before[..], &text, &signature.after].concat();
        let changed = self.with_value(&signature.location, &value);
        changed.unwrap_or_else(|| panic!("{} cannot contain this text", signature.location))
    }

    /// Removes the signature from every location that the scheme has: whole headers, query
    /// parameters, and fields and members of the body. The rest of the request stays as it is.
    #[must_use]
    pub fn without_signature(mut self) -> Self {
        let spec = self.scheme.spec();
        for location in &spec.signatures {
            location::remove(&mut self.request, &spec.units, location);
        }
        self
    }

    /// Removes the value at a location.
    pub(super) fn without(mut self, location: &Location) -> Self {
        location::remove(&mut self.request, &self.scheme.spec().units, location);
        self
    }

    /// Replaces the value at a location. Returns `None` if the location cannot contain the new
    /// value.
    pub(super) fn with_value(mut self, location: &Location, value: &[u8]) -> Option<Self> {
        location::write(
            &mut self.request,
            &self.scheme.spec().units,
            location,
            value,
        )
        .ok()?;
        Some(self)
    }

    /// Adds another value before or after the existing one, if the location can have two.
    pub(super) fn with_another(
        mut self,
        location: &Location,
        value: &[u8],
        is_first: bool,
    ) -> Option<Self> {
        location::add(&mut self.request, location, value, is_first)?;
        Some(self)
    }

    /// The value at a location.
    pub(super) fn value(&self, location: &Location) -> Option<Vec<u8>> {
        location::read(&self.request, &self.scheme.spec().units, location)
    }

    /// Removes all headers with this name.
    #[must_use]
    pub fn without_header(mut self, name: impl AsHeaderName) -> Self {
        self.request.headers_mut().remove(name);
        self
    }

    /// Replaces all headers with this name by a single one.
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
    /// Panics if the name or the value is invalid. A value cannot contain control characters except
    /// the tab. The message contains the name, and not the value.
    #[must_use]
    #[track_caller]
    pub fn with_header(
        mut self,
        name: impl TryInto<HeaderName> + fmt::Debug,
        value: impl AsRef<[u8]>,
    ) -> Self {
        let (name, value) = header(name, value.as_ref());
        self.request.headers_mut().insert(name, value);
        self
    }

    /// Adds a header after those with the same name.
    ///
    /// # Panics
    ///
    /// Panics in the cases of [`with_header`](Self::with_header).
    #[must_use]
    #[track_caller]
    pub fn append_header(
        mut self,
        name: impl TryInto<HeaderName> + fmt::Debug,
        value: impl AsRef<[u8]>,
    ) -> Self {
        let (name, value) = header(name, value.as_ref());
        self.request.headers_mut().append(name, value);
        self
    }

    /// The value of the signature's location, split around the first signature.
    pub(super) fn signature(&self) -> Option<Signature> {
        let spec = self.scheme.spec();
        let mut locations = spec.signatures.iter();
        let (location, value) =
            locations.find_map(|location| Some((location, self.value(location)?)))?;
        let value = &value[..];
        let mut found = None;
        let _ = spec.format.read(value, |field| {
            let field = field.ok_or(())?;
            if found.is_none() && spec.format.is_signature(&field) {
                found = Some(field.value);
            }
            Ok::<_, ()>(())
        });
        let text = found?;
        // The last occurrence, because a prefix may contain any text.
        let at = (0..=value.len().checked_sub(text.len())?)
            .rev()
            .find(|at| value.get(*at..).is_some_and(|rest| rest.starts_with(text)))?;
        Some(Signature {
            location: location.clone(),
            before: value.get(..at)?.to_vec(),
            text: text.to_vec(),
            after: value.get(at + text.len()..)?.to_vec(),
        })
    }
}

#[track_caller]
fn header(name: impl TryInto<HeaderName> + fmt::Debug, value: &[u8]) -> (HeaderName, HeaderValue) {
    let shown = format!("{name:?}");
    let Ok(name) = name.try_into() else {
        panic!("{shown} is not a valid header name");
    };
    let Ok(value) = HeaderValue::from_bytes(value) else {
        panic!("the header {shown} cannot contain this value");
    };
    (name, value)
}

// The body and the header values are omitted, because one of them may be a signature or a token.
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
