//! Types that describe how a provider signs, as data.
//!
//! Use [`Scheme::builder`] for a provider that is not in [`providers`](crate::providers). A
//! [`Scheme`] describes where the signature, the timestamp and the delivery ID are, how they are
//! written, and which text is signed. It contains no secret.
//!
//! # Example
//!
//! A provider that sends `x-acme-signature: v1=<hex>` over `<timestamp>.<body>`:
//!
//! ```
//! use std::time::Duration;
//! use tower_webhook::scheme::{Algorithm, Encoding, Scheme};
//!
//! # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
//! let acme = Scheme::builder("acme")
//!     .algorithm(Algorithm::HmacSha512)
//!     .encoding(Encoding::Hex)
//!     .signature_header("x-acme-signature")
//!     .signature_prefix("v1=")
//!     .timestamp_header("x-acme-timestamp")
//!     .message("{timestamp}.{body}")
//!     .tolerance(Duration::from_secs(120))
//!     .build()?;
//! assert!(acme.timestamp_is_signed());
//! # Ok(())
//! # }
//! ```
//!
//! # Example: a contradictory scheme is an error at startup
//!
//! ```
//! use tower_webhook::scheme::Scheme;
//!
//! let error = Scheme::builder("acme")
//!     .signature_header("x-acme-signature")
//!     .message("{timestamp}.{body}")
//!     .build()
//!     .unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "scheme `acme`: the message has `{timestamp}`, but no location of the timestamp is set; \
//!      call `timestamp`, `timestamp_header` or `timestamp_key`",
//! );
//! ```

mod border;
mod builder;
mod check;
mod derived;
mod error;
mod remote_key;
mod requirements;
mod signature;
mod spec;
mod template;
mod timestamp;
mod units;
mod web_token;

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderName;

#[cfg(feature = "remote-keys")]
pub(crate) use self::remote_key::Document;
pub use self::remote_key::RemoteKey;
pub(crate) use self::{
    border::Border,
    derived::Derived,
    spec::{Claim, Identity, Spec, Timestamp, TimestampLocation},
    template::{Element, Part, Template},
    timestamp::UnixTime,
    units::Units,
};
pub use self::{
    builder::SchemeBuilder,
    error::{SchemeError, SchemeErrorKind},
    signature::SignatureFormat,
    timestamp::TimestampFormat,
};
use crate::payload::JwsKind;
pub use crate::{
    encoding::Encoding, location::Location, mac::Algorithm, public_key::PublicKeyForm,
    secret::SecretEncoding,
};

/// A description of how a provider signs its deliveries.
///
/// Immutable and cheap to clone. See the [module docs](crate::scheme) for examples.
#[doc(alias = "custom_provider")]
#[derive(Clone, Debug)]
pub struct Scheme(Arc<Spec>);

impl Scheme {
    /// Starts the description of a scheme. The name appears in [`Verified`](crate::Verified), in
    /// [`Rejection`](crate::Rejection) and in logs.
    pub fn builder(name: impl Into<Arc<str>>) -> SchemeBuilder {
        SchemeBuilder::new(name.into())
    }

    /// Returns the name that was passed to the builder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the algorithm of the signatures.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// Returns the kind of credential that deliveries are verified with.
    #[must_use]
    pub fn credential(&self) -> Credential {
        match (self.0.algorithm, self.0.encoding) {
            (Algorithm::Token, Encoding::Base64) => Credential::UserAndPassword,
            (Algorithm::Token, _) => Credential::Token,
            (algorithm, _) if algorithm.has_public_key() => Credential::PublicKey,
            _ => Credential::Secret,
        }
    }

    /// Returns the encoding of the signatures.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.0.encoding
    }

    /// Returns the encoding of the secret's text.
    #[must_use]
    pub fn secret_encoding(&self) -> SecretEncoding {
        self.0.secret_encoding
    }

    /// Returns the locations of the signature.
    #[must_use]
    pub fn signature_locations(&self) -> &[Location] {
        &self.0.signatures
    }

    /// Returns the path of the JSON list whose items are [signed one by
    /// one](SchemeBuilder::signed_items), if any.
    #[must_use]
    pub fn signed_items(&self) -> Option<&str> {
        self.0.units.items()
    }

    /// Returns the field of `multipart/form-data` that the values are [read
    /// from](SchemeBuilder::multipart_field), if any.
    #[must_use]
    pub fn multipart_field(&self) -> Option<&str> {
        self.0.units.field()
    }

    /// Returns pairs of a header and the [alternative](SchemeBuilder::alternative_header) that some
    /// senders use instead.
    pub fn alternative_headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderName)> {
        let pairs = self.0.alternative_headers.iter();
        pairs.map(|(header, other)| (header, other))
    }

    /// Returns whether the signature header may appear several times, each time with one signature.
    #[must_use]
    pub fn signature_header_repeats(&self) -> bool {
        self.0.header_repeats
    }

    /// Returns the templates of the signed texts, as passed to [`SchemeBuilder::message`] and
    /// [`alternative_message`](SchemeBuilder::alternative_message).
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.0.messages().map(Template::text)
    }

    /// Returns the location of the timestamp, if any. Returns `None` if the timestamp is in the
    /// list of signatures.
    #[must_use]
    pub fn timestamp_location(&self) -> Option<&Location> {
        self.0.timestamp_location()
    }

    /// Returns the unit and form of the timestamp, if any.
    #[must_use]
    pub fn timestamp_format(&self) -> Option<TimestampFormat> {
        Some(self.0.timestamp.as_ref()?.unit)
    }

    /// Returns the location of the delivery ID, if any.
    #[must_use]
    pub fn id_location(&self) -> Option<&Location> {
        self.0.id.as_ref()
    }

    /// Returns the location of the event type, if any.
    #[must_use]
    pub fn event_location(&self) -> Option<&Location> {
        self.0.event.as_ref()
    }

    /// Returns the header with the number of the attempt, if any.
    #[must_use]
    pub fn attempt_header(&self) -> Option<&HeaderName> {
        self.0.attempt_header.as_ref()
    }

    /// Returns the names of the [settings](crate::providers::Provider::with_setting) that are part
    /// of the signed text.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        let parts = self.0.texts().flat_map(Template::elements);
        parts.filter_map(|element| match &element.part {
            Part::Setting(name) => Some(&**name),
            _ => None,
        })
    }

    /// Returns whether the signature covers the body.
    ///
    /// # Security
    ///
    /// If it does not, an attacker who has a valid signature or token can send any body with it.
    #[must_use]
    pub fn body_is_signed(&self) -> bool {
        self.0.covers_body()
    }

    /// Returns whether the signed text identifies a delivery: it contains the ID or the body, or
    /// was [declared unique](SchemeBuilder::message_is_unique).
    #[must_use]
    pub fn tells_deliveries_apart(&self) -> bool {
        self.0.identity != Identity::None
    }

    /// Returns the maximum difference between a timestamp and the current time, in both directions.
    /// A verifier can set another one.
    #[must_use]
    pub fn tolerance(&self) -> Duration {
        self.0.tolerance
    }

    /// Returns whether the [tolerance](Self::tolerance) applies: deliveries have a timestamp, or
    /// the signature is a web token, which can have an expiry time.
    #[must_use]
    pub fn uses_tolerance(&self) -> bool {
        self.has_timestamp() || self.0.format.jws_kind() == Some(JwsKind::Attached)
    }

    /// Returns whether deliveries have a timestamp, signed or not.
    #[must_use]
    pub fn has_timestamp(&self) -> bool {
        self.0.timestamp.is_some()
    }

    /// Returns whether a web token without an expiry time is rejected.
    #[must_use]
    pub fn require_expiry(&self) -> bool {
        self.0.require_expiry
    }

    /// Returns the claims that a JSON web token must contain, as passed to
    /// [`SchemeBuilder::claim`]: the name, and the values of which one must match.
    pub fn claims(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
        let claims = self.0.claims.iter();
        claims.map(|claim| (&*claim.name, claim.values.iter().map(Template::text)))
    }

    /// Returns whether the timestamp is part of the signed text.
    ///
    /// # Security
    ///
    /// A timestamp that is not signed does not prove freshness, because a client that replays a
    /// delivery can change it.
    #[must_use]
    pub fn timestamp_is_signed(&self) -> bool {
        self.0.signs_timestamp
    }

    /// Returns whether the delivery ID is part of the signed text.
    ///
    /// # Security
    ///
    /// Do not deduplicate by an ID that is not signed, because a client that replays a delivery can
    /// change it.
    #[must_use]
    pub fn delivery_id_is_signed(&self) -> bool {
        self.0.signs_id()
    }

    /// Returns whether the event type is part of the signed text.
    #[must_use]
    pub fn event_type_is_signed(&self) -> bool {
        let event = self.0.event.as_ref();
        event.is_some_and(|event| self.0.messages().all(|message| message.covers(event)))
    }

    /// Returns whether the URL is part of the signed text. If it is, the provider needs a
    /// [`PublicUrl`](crate::PublicUrl).
    #[must_use]
    pub fn url_is_signed(&self) -> bool {
        self.0.texts().any(|text| {
            text.has(|part| match part {
                Part::Url => true,
                Part::Derived(derived) => derived.needs_url(),
                _ => false,
            })
        })
    }

    /// Returns a copy of the scheme with other locations of the delivery ID and the event type.
    pub(crate) fn told_at(&self, id: Option<Location>, event: Option<Location>) -> Self {
        self.with(|spec| {
            spec.id = id.or(spec.id.take());
            spec.event = event.or(spec.event.take());
        })
    }

    /// Returns a copy of the scheme that reads its alternative headers, if it has any.
    pub(crate) fn with_alternative_headers(&self) -> Option<Self> {
        let has_any = !self.0.alternative_headers.is_empty();
        has_any.then(|| self.with(Spec::use_alternative_headers))
    }

    /// Returns a copy of the scheme with another location of the signature.
    pub(crate) fn signed_at(&self, location: Location) -> Self {
        self.with(|spec| {
            spec.signatures = vec![location];
            spec.units = Units::Body;
            spec.alternative_headers.clear();
        })
    }

    /// Returns a changed copy of the scheme.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Spec)) -> Self {
        let mut spec = (*self.0).clone();
        change(&mut spec);
        spec.settle();
        Self(Arc::new(spec))
    }

    pub(crate) fn spec(&self) -> &Spec {
        &self.0
    }
}

/// The kind of credential that proves a delivery. It is configured as a [`Secret`](crate::Secret).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// The sender's public key.
    PublicKey,
    /// A secret that signs and is never sent.
    Secret,
    /// A secret that is sent as it is, in each delivery.
    Token,
    /// A user name and a password, `user:password`, sent as they are.
    UserAndPassword,
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicKey => "public key",
            Self::Secret => "secret",
            Self::Token => "token",
            Self::UserAndPassword => "`user:password`",
        })
    }
}
