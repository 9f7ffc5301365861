use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header::AsHeaderName};

use super::location;
use crate::{location::Location, scheme::Scheme};

/// A signed request, and what may happen to it on its way: whatever is changed, the signature
/// stays.
///
/// Made by a [`TestSender`](super::TestSender).
#[derive(Clone)]
pub struct Delivery {
    request: Request<Bytes>,
    scheme: Scheme,
}

/// A signature, and what is around it where it is.
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

    /// The request as it is sent, its body of any type that can be made of bytes, as axum's can and
    /// `Full`.
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

    /// Exchanges the text of the signature, and leaves its prefix, or what else is in its list: in
    /// a header, in the query, or in the body, of whose items the first is changed where each
    /// is signed by itself. Where there is no signature, nothing happens.
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
    /// If the text is nothing that its place can hold: as [`with_header`](Self::with_header) says
    /// of a header; JSON holds nothing but UTF-8, and a URL at most 64 KiB.
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

    /// Takes the signature away, wherever the scheme has one: whole headers, the query's
    /// parameters, and fields and members of the body. What is beside it stays as it is
    /// written.
    #[must_use]
    pub fn without_signature(mut self) -> Self {
        let spec = self.scheme.spec();
        for location in &spec.signatures {
            location::remove(&mut self.request, &spec.units, location);
        }
        self
    }

    /// Takes away what is at a place.
    pub(super) fn without(mut self, location: &Location) -> Self {
        location::remove(&mut self.request, &self.scheme.spec().units, location);
        self
    }

    /// Puts a value in the place of what is there, if the place can hold it.
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

    /// Puts another value beside what is there, before or behind it, if the place can have two.
    pub(super) fn with_another(
        mut self,
        location: &Location,
        value: &[u8],
        is_first: bool,
    ) -> Option<Self> {
        location::add(&mut self.request, location, value, is_first)?;
        Some(self)
    }

    /// What is at a place.
    pub(super) fn value(&self, location: &Location) -> Option<Vec<u8>> {
        location::read(&self.request, &self.scheme.spec().units, location)
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
    /// If the name or the value is nothing that a header can have: a value holds no control
    /// characters but the tab. The message has the name, and not the value.
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

    /// Adds a header behind all of its name.
    ///
    /// # Panics
    ///
    /// As [`with_header`](Self::with_header).
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

    /// What is where the signature is, cut around the first one.
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
        // The last, as a prefix may hold anything.
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
