//! Signs requests as a provider does, without tower and without I/O. The module `sign` exports it.

mod error;
mod key;
pub(crate) mod write;

use std::{
    borrow::Cow,
    fmt, slice,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderMap, Request};

pub use self::error::SignError;
use self::key::SigningKey;
use crate::{
    head::RequestHead,
    keys::Keys,
    location::Location,
    payload::JwsKind,
    providers::Provider,
    public_url::PublicUrl,
    scheme::{TimestampLocation, UnixTime},
    setup::SetupError,
    verify::{check_settings, signed_text, unsigned_token},
};

/// Signs requests as one provider does.
///
/// See the [module docs](crate::sign) for an example.
#[doc(alias = "hmac")]
pub struct Signer {
    provider: Provider,
    /// The current one first.
    keys: Vec<SigningKey>,
    key_name: Cow<'static, str>,
}

impl Signer {
    /// Creates a signer from a provider and its keys.
    ///
    /// With several secrets, a delivery has a signature of each, the current secret's first. This
    /// requires a scheme with several signatures: in a list, as in Standard Webhooks, or in
    /// separate headers, as Box does. Other schemes sign with the current secret only. A
    /// [`Verifier`](crate::Verifier) accepts at most 16 signatures.
    ///
    /// For Ed25519, the secret is the private key: the 32 bytes of its seed, alone or followed by
    /// the public key. It is in base64 (with or without `whsk_`), in hex, or [in
    /// bytes](crate::Secret::from_bytes).
    ///
    /// # Errors
    ///
    /// - A secret is not in the form that the scheme requires.
    /// - A signed [setting](Provider::with_setting) is missing.
    /// - The signatures are made with a private key of another kind: [`SetupError::NotSymmetric`].
    /// - The signatures are detached JSON web signatures: [`SetupError::Detached`].
    pub fn new(provider: impl Into<Provider>, keys: impl Into<Keys>) -> Result<Self, SetupError> {
        let provider = provider.into();
        check_settings(&provider)?;
        let scheme = provider.scheme();
        let name = &scheme.spec().name;
        if !SigningKey::can_be_made(scheme.algorithm()) {
            let scheme = name.clone();
            return Err(SetupError::NotSymmetric { scheme });
        }
        if scheme.spec().format.jws_kind() == Some(JwsKind::Detached) {
            let scheme = name.clone();
            return Err(SetupError::Detached { scheme });
        }
        let keys = keys
            .into()
            .each(scheme, |secret| SigningKey::new(scheme, secret))?;
        Ok(Self {
            provider,
            keys,
            key_name: Cow::Borrowed("key"),
        })
    }

    /// Sets the name of the key that is sent next to the signature, such as Braintree's public key
    /// or Sinch's application key. Defaults to `key`. [`Verifier`](crate::Verifier) ignores it, but
    /// other receivers check it.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the format of the scheme does not contain the name of the key.
    pub fn key_name(mut self, name: impl Into<Cow<'static, str>>) -> Result<Self, SetupError> {
        let scheme = self.provider.scheme();
        if !scheme.spec().format.has_key_name() {
            let reason = "the signature is sent without the name of the key; it applies to \
                          `SignatureFormat::credentials` and to a list whose key is `*`";
            return Err(SetupError::no_effect(scheme, "key_name", reason));
        }
        self.key_name = name.into();
        Ok(self)
    }

    /// Returns the provider whose signatures are made.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Signs a delivery. Sets the ID, the timestamp, the required headers and the signatures in the
    /// head or the body, and replaces existing ones. Other signed values must be in the request
    /// already.
    ///
    /// - If the scheme has several locations for its signature, all of their headers are replaced.
    ///   Of the query and the body, only the one that is written is replaced: Vonage's signature is
    ///   written into a form, and a `sig` in the query of the same request stays.
    /// - `id` and `time` are ignored if the scheme has no location for them.
    /// - A JSON member that was a number stays a number. Other members become strings.
    /// - `Content-Length`, if present, is set to the length of the body.
    /// - If the scheme signs the URL, it signs the URL of the request. If the provider has a
    ///   [public URL](Provider::with_public_url), it signs that one with the path and query of the
    ///   request.
    ///
    /// # Errors
    ///
    /// The request may have been changed in part, so do not send it after an error.
    ///
    /// - The ID is empty, but the scheme has one.
    /// - `time` is after the [`not_after`](crate::Secret::not_after) of every secret.
    /// - A signed value is missing, or cannot be distinguished from the text next to it.
    /// - A value does not fit its location. For example, a header cannot contain a value with white
    ///   space at an end, because HTTP removes it.
    pub fn sign(
        &self,
        request: &mut Request<Bytes>,
        id: &str,
        time: SystemTime,
    ) -> Result<(), SignError> {
        // Unix seconds are written without a sign.
        let time = time.max(UNIX_EPOCH);
        let units = write::find(request, &self.provider.scheme().spec().units)?;
        // Units are changed from the last to the first, so that the positions of the others stay
        // valid.
        for unit in units.into_iter().rev() {
            write::within(request, unit, |request| self.sign_unit(request, id, time))?;
        }
        write::correct_length(request);
        Ok(())
    }

    /// Signs a request whose body is one unit.
    fn sign_unit(
        &self,
        request: &mut Request<Bytes>,
        id: &str,
        time: SystemTime,
    ) -> Result<(), SignError> {
        let spec = self.provider.scheme().spec();
        let mut keys = self.keys.iter().filter(|key| key.is_valid(time)).peekable();
        if keys.peek().is_none() {
            return Err(SignError::ExpiredKey);
        }
        self.clear(request.headers_mut());
        for location in self.provider.scheme().signed_locations() {
            let Location::Header(name) = &location else {
                continue;
            };
            if !request.headers().get_all(name).iter().all(write::arrives) {
                return Err(SignError::Location(location));
            }
        }
        if let Some(location) = &spec.id {
            if id.is_empty() {
                return Err(SignError::NoId);
            }
            write::put(request, location, id.as_bytes())?;
        }
        for (name, value) in &spec.required_headers {
            request.headers_mut().insert(name, value.clone());
        }
        let mut listed = None;
        if let Some(timestamp) = &spec.timestamp {
            let text = timestamp.unit.write(UnixTime::from(time));
            match &timestamp.location {
                TimestampLocation::At(location) => write::put(request, location, text.as_bytes())?,
                TimestampLocation::Key(key) => listed = Some((&**key, text)),
            }
        }
        let listed = listed.as_ref().map(|(key, text)| (*key, text.as_str()));
        let text = self.text(request, id, time, listed.map(|(_, text)| text.as_bytes()))?;
        let signatures: Result<Vec<_>, _> = keys.map(|key| self.signature(key, &text)).collect();
        let signatures = signatures?;
        let together = slice::from_ref(&signatures).iter().map(Vec::as_slice);
        let apart = signatures.chunks(1);
        let has_room = spec.format.has_room();
        let values = together.filter(|_| has_room);
        let values = values.chain(apart.filter(|_| !has_room));
        for (location, signatures) in self.locations(request).zip(values) {
            let value = spec.format.write(signatures, &self.key_name, listed);
            write::put(request, location, &value)?;
            write::hide(request, location);
        }
        Ok(())
    }

    /// Removes the values that the scheme sets in the head.
    pub(crate) fn clear(&self, headers: &mut HeaderMap) {
        let scheme = self.provider.scheme();
        let locations = scheme.signature_locations().iter();
        let locations = locations
            .chain(scheme.timestamp_location())
            .chain(scheme.id_location());
        for location in locations {
            if let Location::Header(name) = location {
                headers.remove(name);
            }
        }
    }

    /// The signed text, in pieces.
    fn text(
        &self,
        request: &Request<Bytes>,
        id: &str,
        time: SystemTime,
        listed: Option<&[u8]>,
    ) -> Result<Vec<Vec<u8>>, SignError> {
        let (head, body) = (RequestHead::from(request), request.body());
        let provider = self.provider_for(request)?;
        if provider.scheme().spec().format.jws_kind().is_some() {
            let time = UnixTime::from(time);
            return Ok(vec![unsigned_token(head, &provider, body, id, time)?]);
        }
        Ok(signed_text(head, &provider, listed, body)?.into())
    }

    /// A signature as it is written, after its text if the text is sent with it.
    fn signature(&self, key: &SigningKey, text: &[Vec<u8>]) -> Result<Vec<u8>, SignError> {
        let spec = self.provider.scheme().spec();
        let signature = spec.encoding.encode(&key.sign(text)?);
        if spec.format.jws_kind().is_none() {
            return Ok(signature);
        }
        Ok([text.concat(), signature].join(&b'.'))
    }

    /// The ID that a request contains already.
    pub(crate) fn id_of(&self, request: &Request<Bytes>) -> Option<String> {
        let location = self.provider.scheme().id_location()?;
        write::get(request, &self.provider.scheme().spec().units, location)
            .filter(|id| !id.is_empty())
    }

    /// The locations of signatures: one location, or several headers.
    fn locations(&self, request: &Request<Bytes>) -> impl Iterator<Item = &Location> + use<'_> {
        let locations = &self.provider.scheme().spec().signatures;
        // Vonage signs a form, or the query of a request without one.
        let has_body = !request.body().is_empty() || locations.iter().all(Location::is_in_body);
        let locations = locations
            .iter()
            .filter(move |it| has_body || !it.is_in_body());
        let is_header = |location: &Location| matches!(location, Location::Header(_));
        let locations = locations.enumerate();
        locations
            .take_while(move |(at, location)| *at == 0 || is_header(location))
            .map(|(_, location)| location)
    }

    /// The provider, with the URL of the request if the URL is signed and no public URL is set.
    fn provider_for(&self, request: &Request<Bytes>) -> Result<Cow<'_, Provider>, SignError> {
        let provider = &self.provider;
        if !provider.scheme().url_is_signed() || provider.public_url().is_some() {
            return Ok(Cow::Borrowed(provider));
        }
        let uri = request.uri();
        let parts = uri.scheme_str().zip(uri.authority());
        let (scheme, authority) = parts.ok_or(SignError::NoUrl)?;
        let base = format!("{scheme}://{authority}");
        let url = PublicUrl::fixed(&base).map_err(|_| SignError::NoUrl)?;
        Ok(Cow::Owned(provider.clone().with_public_url(url)))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
