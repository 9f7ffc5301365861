//! How a provider signs, as data.
//!
//! A [`Scheme`] says where the signature, the timestamp and the delivery's id are, how they are
//! written, and what text is signed. It holds no secret and does nothing by itself. The ready-made
//! ones are in [`providers`](crate::providers); [`Scheme::builder`] describes any other.
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
//! # Example: an inconsistency is an error at start-up
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
//!     "scheme `acme`: the message has `{timestamp}`, but no timestamp header or key is set",
//! );
//! ```

mod builder;
mod error;
mod signature;
mod template;
mod timestamp;

use std::{borrow::Cow, sync::Arc, time::Duration};

use http::HeaderName;

pub use self::{
    builder::SchemeBuilder,
    error::{SchemeError, SchemeErrorKind},
    signature::Layout,
    timestamp::TimestampUnit,
};
pub(crate) use self::{
    template::{Element, Part, Template},
    timestamp::UnixTime,
};
pub use crate::{encoding::Encoding, mac::Algorithm, secret::KeyForm};

/// How a provider signs its deliveries.
///
/// Immutable and cheap to clone. See the [module docs](crate::scheme) for examples.
#[derive(Clone, Debug)]
pub struct Scheme(Arc<Spec>);

#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) name: Arc<str>,
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: Encoding,
    pub(crate) key_form: KeyForm,
    pub(crate) signature_header: HeaderName,
    pub(crate) layout: Layout,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) id_header: Option<HeaderName>,
    pub(crate) message: Template,
    pub(crate) tolerance: Duration,
}

#[derive(Debug)]
pub(crate) struct Timestamp {
    pub(crate) place: TimestampPlace,
    pub(crate) unit: TimestampUnit,
}

#[derive(Debug)]
pub(crate) enum TimestampPlace {
    Header(HeaderName),
    /// The value of this key in the signature header's list.
    Key(Cow<'static, str>),
}

impl Scheme {
    /// Starts the description of a scheme. The name appears in [`Verified`](crate::Verified), in
    /// [`Rejection`](crate::Rejection) and in logs.
    pub fn builder(name: impl Into<Arc<str>>) -> SchemeBuilder {
        SchemeBuilder::new(name.into())
    }

    /// The name given to the builder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How signatures are computed.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// The header that carries the signature.
    #[must_use]
    pub fn signature_header(&self) -> &HeaderName {
        &self.0.signature_header
    }

    /// How far a timestamp may be from now, either way, unless the verifier is told otherwise.
    #[must_use]
    pub fn tolerance(&self) -> Duration {
        self.0.tolerance
    }

    /// Whether deliveries carry a timestamp at all.
    #[must_use]
    pub fn has_timestamp(&self) -> bool {
        self.0.timestamp.is_some()
    }

    /// Whether the timestamp is part of the signed text.
    ///
    /// # Security
    ///
    /// A timestamp that is not signed is no proof of freshness: whoever replays a delivery writes
    /// a new one.
    #[must_use]
    pub fn timestamp_is_signed(&self) -> bool {
        self.0.message.has(|part| *part == Part::Timestamp)
    }

    /// Whether the delivery's id is part of the signed text.
    ///
    /// # Security
    ///
    /// An id that is not signed must not decide whether a delivery was seen before.
    #[must_use]
    pub fn delivery_id_is_signed(&self) -> bool {
        let id = self.0.id_header.as_ref();
        self.0
            .message
            .has(|part| matches!(part, Part::Header(name) if Some(name) == id))
    }

    /// Whether the URL is part of the signed text, so that the provider needs a
    /// [`PublicUrl`](crate::PublicUrl).
    #[must_use]
    pub fn url_is_signed(&self) -> bool {
        self.0.message.has(|part| *part == Part::Url)
    }

    pub(crate) fn spec(&self) -> &Spec {
        &self.0
    }
}
