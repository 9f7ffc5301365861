//! Signing, as a provider does it: no tower, no I/O.
//!
//! For tests of an endpoint, and for whoever sends webhooks. Every provider whose secret signs, or is
//! sent as a token, in the head can be signed for; those whose deliveries are proven by a public key
//! cannot, as only they have the other key.
//!
//! ```
//! use std::time::SystemTime;
//!
//! use http::Request;
//! use tower_webhook::{Secret, Verifier, providers, sign::Signer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
//! let body = r#"{"type":"order.paid"}"#;
//! let mut request = Request::post("/hooks").body(body)?;
//!
//! let signer = Signer::new(providers::standard_webhooks(), &secret)?;
//! signer.sign(&mut request, body.as_bytes(), "msg_1", SystemTime::now())?;
//!
//! let verifier = Verifier::new(providers::standard_webhooks(), secret)?;
//! assert_eq!(verifier.verify(&request, body.as_bytes())?.delivery_id(), Some("msg_1"));
//! # Ok(())
//! # }
//! ```

use std::{error::Error, fmt, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Request};
#[cfg(feature = "form")]
use http::{Uri, uri::PathAndQuery};
use zeroize::Zeroizing;

#[cfg(feature = "jwt")]
use crate::verify::unsigned_token;
use crate::{
    head::Head,
    keys::Secret,
    mac::{Algorithm, Key},
    place::Place,
    providers::Provider,
    rejection::RejectionKind,
    scheme::{TimestampPlace, UnixTime},
    setup::SetupError,
    verify::signed_text,
};

/// Signs as one provider does.
pub struct Signer {
    provider: Provider,
    key: Zeroizing<Vec<u8>>,
    mac: Key,
}

impl Signer {
    /// Puts a provider and a secret together.
    ///
    /// # Errors
    ///
    /// If the secret is not in the form that the provider's scheme takes.
    pub fn new(provider: impl Into<Provider>, secret: &Secret) -> Result<Self, SetupError> {
        let provider = provider.into();
        let spec = provider.scheme().spec();
        let key = secret.key(spec.key_form)?;
        let mac = secret.ready(spec.algorithm, spec.key_form)?;
        Ok(Self { provider, key, mac })
    }

    /// Signs a delivery: sets the headers of the id, the timestamp, the guards and the signature, in
    /// the place of any that are there. What else the scheme signs must be there already.
    ///
    /// `id` and `time` are ignored where the scheme has no place for them.
    ///
    /// # Errors
    ///
    /// If the scheme cannot be signed for ([`SignError::NotSymmetric`], [`SignError::InBody`]), or if
    /// something that it signs is not there or cannot be told from what is beside it.
    pub fn sign<T>(
        &self,
        request: &mut Request<T>,
        body: &[u8],
        id: &str,
        time: SystemTime,
    ) -> Result<(), SignError> {
        let spec = self.provider.scheme().spec();
        #[cfg(feature = "form")]
        if let (Some(Place::Query(name)), Algorithm::Token) =
            (spec.signatures.first(), spec.algorithm)
        {
            return put_into_query(request.uri_mut(), name, &self.key);
        }
        let Some(Place::Header(header)) = spec.signatures.first() else {
            return Err(SignError::InBody);
        };
        let headers = request.headers_mut();
        if let Some(Place::Header(name)) = &spec.id {
            set(headers, name, id.as_bytes())?;
        }
        for (name, value) in &spec.guards {
            headers.insert(name, value.clone());
        }
        #[cfg(feature = "jwt")]
        if let Some(is_detached) = spec.layout.is_jws() {
            if is_detached {
                return Err(SignError::NotSymmetric);
            }
            let time = UnixTime::from(time);
            let token = unsigned_token(Head::from(&*request), &self.provider, body, id, time)?;
            let mac = self.mac.sign(|mac| mac(&token));
            let mac = spec.encoding.encode(&mac.ok_or(SignError::NotSymmetric)?);
            let token = spec.layout.write(&[token, mac].join(&b'.'), None);
            set(request.headers_mut(), header, &token)?;
            return Ok(());
        }
        let headers = request.headers_mut();
        let mut listed = None;
        if let Some(timestamp) = &spec.timestamp {
            let text = timestamp.unit.write(UnixTime::from(time));
            match &timestamp.place {
                TimestampPlace::At(Place::Header(name)) => set(headers, name, text.as_bytes())?,
                TimestampPlace::At(_) => {}
                TimestampPlace::Key(key) => listed = Some((&**key, text)),
            }
        }
        let listed = listed.as_ref().map(|(key, text)| (*key, text.as_str()));
        let signature = if spec.algorithm == Algorithm::Token {
            spec.encoding.encode(&self.key)
        } else {
            let stamp = listed.map(|(_, text)| text.as_bytes());
            let text = signed_text(Head::from(&*request), &self.provider, stamp, body)?;
            let mac = self.mac.sign(|mac| text.iter().for_each(|text| mac(text)));
            let mac = mac.ok_or(SignError::NotSymmetric)?;
            spec.encoding.encode(&mac)
        };
        let value = spec.layout.write(&signature, listed);
        let mut value =
            HeaderValue::try_from(value).map_err(|_| SignError::Header(header.clone()))?;
        value.set_sensitive(true);
        request.headers_mut().insert(header, value);
        Ok(())
    }
}

fn set(headers: &mut HeaderMap, name: &HeaderName, value: &[u8]) -> Result<(), SignError> {
    let value = HeaderValue::from_bytes(value).map_err(|_| SignError::Header(name.clone()))?;
    headers.insert(name, value);
    Ok(())
}

/// Writes a token at the end of the query.
#[cfg(feature = "form")]
fn put_into_query(uri: &mut Uri, name: &str, token: &[u8]) -> Result<(), SignError> {
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

    let start = if uri.query().is_some() { '&' } else { '?' };
    let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let token = percent_encode(token, NON_ALPHANUMERIC);
    let target = format!("{target}{start}{name}={token}");
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.try_into().map_err(|_| SignError::Url)?);
    *uri = Uri::from_parts(parts).map_err(|_| SignError::Url)?;
    Ok(())
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// Why a delivery cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// A value that the header cannot hold.
    Header(HeaderName),
    /// The scheme has its signature in the body.
    InBody,
    /// Only the provider has the key that signs.
    NotSymmetric,
    /// Something that the scheme signs is missing or ambiguous.
    Text(RejectionKind),
    /// The token does not fit into the URL.
    Url,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "`{name}` cannot hold this value"),
            Self::InBody => f.write_str("the scheme has its signature in the body"),
            Self::NotSymmetric => f.write_str("only the provider has the key that signs"),
            Self::Text(kind) => kind.fmt(f),
            Self::Url => f.write_str("the token does not fit into the URL"),
        }
    }
}

impl Error for SignError {}

impl From<RejectionKind> for SignError {
    fn from(kind: RejectionKind) -> Self {
        Self::Text(kind)
    }
}
