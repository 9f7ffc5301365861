//! The checked description of a scheme, and the properties that follow from it.

use std::{borrow::Cow, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue};

use super::RemoteKey;
use super::{
    Algorithm, Encoding, Location, Part, SecretEncoding, SignatureFormat, Template,
    TimestampFormat, Units,
};
use crate::head::RequestHead;

#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own"
)]
pub(crate) struct Spec {
    pub(crate) name: Arc<str>,
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: Encoding,
    pub(crate) secret_encoding: SecretEncoding,
    /// The locations of signatures. At least one location must have a signature.
    pub(crate) signatures: Vec<Location>,
    /// Whether the header of signatures may appear several times.
    pub(crate) header_repeats: bool,
    pub(crate) format: SignatureFormat,
    /// Pairs of a header of the scheme and the one that some senders use instead.
    pub(crate) alternative_headers: Vec<(HeaderName, HeaderName)>,
    /// Headers that must have this value.
    pub(crate) required_headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) id: Option<Location>,
    pub(crate) event: Option<Location>,
    pub(crate) attempt_header: Option<HeaderName>,
    pub(crate) message: Template,
    /// Other texts that the signature may be of.
    pub(crate) other_messages: Vec<Template>,
    pub(crate) units: Units,
    /// The claims that a JSON web token must contain.
    pub(crate) claims: Vec<Claim>,
    /// Whether a token must have an expiry time.
    pub(crate) require_expiry: bool,
    pub(crate) remote_key: Option<RemoteKey>,
    pub(crate) tolerance: Duration,
    /// Whether a value is read from the body or the query, or computed from them.
    pub(crate) looks_into_body: bool,
    /// Whether the MAC can run while the body arrives.
    pub(crate) can_stream: bool,
    /// Whether the signed text is unique for each delivery, although it does not cover the body.
    pub(super) has_unique_message: bool,
    pub(crate) identity: Identity,
    /// Whether the timestamp is part of the signed text.
    pub(crate) signs_timestamp: bool,
}

/// The signed value that identifies a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The signed ID.
    Id,
    /// Its MAC.
    Mac,
    /// No signed value.
    None,
    /// A digest of the signed text, because a signature for a public key can be written in several
    /// ways.
    Text,
}

impl Spec {
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.message).chain(&self.other_messages)
    }

    /// All texts that are built from a request, to be signed or compared with a claim.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Template> {
        self.messages().chain(self.claimed())
    }

    /// The values that claims may have.
    pub(crate) fn claimed(&self) -> impl Iterator<Item = &Template> {
        self.claims.iter().flat_map(|claim| &claim.values)
    }

    /// Whether no byte of the body can change without another signature.
    pub(crate) fn covers_body(&self) -> bool {
        self.messages().all(Template::covers_body) || self.claims.iter().any(Claim::covers_body)
    }

    /// Whether the value at `place` is signed.
    pub(crate) fn covers(&self, location: &Location) -> bool {
        matches!(location, Location::Claim(_))
            || (location.is_in_body() && self.covers_body())
            || self.messages().all(|message| message.covers(location))
    }

    /// The location of the timestamp, unless it is in the list of signatures.
    pub(super) fn timestamp_location(&self) -> Option<&Location> {
        match &self.timestamp.as_ref()?.location {
            TimestampLocation::At(location) => Some(location),
            TimestampLocation::Key(_) => None,
        }
    }

    /// Whether the delivery ID is part of the signed text.
    pub(super) fn signs_id(&self) -> bool {
        self.id.as_ref().is_some_and(|id| self.covers(id))
    }

    /// Whether the scheme uses the header, so that an alternative can replace it.
    pub(super) fn uses_header(&self, name: &HeaderName) -> bool {
        let locations = self.signatures.iter().chain(self.timestamp_location());
        let mut locations = locations.chain(&self.id).chain(&self.event);
        locations.any(|location| matches!(location, Location::Header(header) if header == name))
            || self.attempt_header.as_ref() == Some(name)
            || self.messages().any(|message| {
                message.has(|part| matches!(part, Part::Header(header) if header == name))
            })
    }

    /// Whether a request has the alternative headers, and lacks one of the others.
    pub(crate) fn has_alternative_headers(&self, head: RequestHead<'_>) -> bool {
        let has = |name| head.headers().contains_key(name);
        let mut pairs = self.alternative_headers.iter();
        pairs.clone().any(|(name, _)| !has(name)) && pairs.all(|(_, other)| has(other))
    }

    /// Replaces each header by its alternative.
    pub(super) fn use_alternative_headers(&mut self) {
        let pairs = std::mem::take(&mut self.alternative_headers);
        let replace = |name: &mut HeaderName| {
            if let Some((_, other)) = pairs.iter().find(|(given, _)| given == name) {
                *name = other.clone();
            }
        };
        let at = |location: &mut Location| {
            if let Location::Header(name) = location {
                replace(name);
            }
        };
        self.signatures.iter_mut().for_each(at);
        self.id.iter_mut().chain(&mut self.event).for_each(at);
        self.attempt_header.iter_mut().for_each(replace);
        if let Some(timestamp) = &mut self.timestamp {
            at(&mut timestamp.reported_location);
            if let TimestampLocation::At(location) = &mut timestamp.location {
                at(location);
            }
        }
        for message in std::iter::once(&mut self.message).chain(&mut self.other_messages) {
            message.headers_mut().for_each(replace);
        }
    }

    /// Computes the fields that follow from the others.
    pub(super) fn settle(&mut self) {
        self.looks_into_body = self.does_look_into_body();
        // Which of several texts is signed is known only when the body is complete.
        self.can_stream = self.message.can_stream()
            && self.other_messages.is_empty()
            && !self.looks_into_body
            && !self.algorithm.has_public_key()
            && !self.algorithm.hashes_secret();
        let location = self.timestamp_location();
        let is_covered = location.is_some_and(|location| self.covers(location));
        let is_part = |message: &Template| message.has(|part| *part == Part::Timestamp);
        self.signs_timestamp = is_covered || self.messages().all(is_part);
        self.identity = if self.units.may_be_several() {
            // A client with a captured delivery can omit or repeat items.
            Identity::None
        } else if self.signs_id() {
            Identity::Id
        } else if !self.covers_body() && !self.has_unique_message {
            Identity::None
        } else if self.algorithm.has_public_key() {
            Identity::Text
        } else {
            Identity::Mac
        };
    }

    /// Changes the scheme so that only the body is signed.
    pub(crate) fn sign_body_alone(&mut self) {
        self.message = Template::body_alone();
        self.other_messages.clear();
    }

    /// Whether a value is read from the body or the query, or computed from them.
    fn does_look_into_body(&self) -> bool {
        let locations = self.signatures.iter().chain(self.timestamp_location());
        let mut locations = locations.chain(&self.id).chain(&self.event);
        self.format.jws_kind().is_some()
            || self.units.are_in_body()
            || locations.any(|location| !matches!(location, Location::Header(_)))
            || self
                .messages()
                .any(|message| message.derived().next().is_some())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Timestamp {
    pub(crate) location: TimestampLocation,
    pub(crate) unit: TimestampFormat,
    /// The location in errors.
    pub(crate) reported_location: Location,
}

#[derive(Clone, Debug)]
pub(crate) enum TimestampLocation {
    At(Location),
    /// The value of this key in the signature's list.
    Key(Cow<'static, str>),
}

/// A claim that a JSON web token must contain.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) name: Cow<'static, str>,
    /// The accepted values. One of them must match.
    pub(crate) values: Vec<Template>,
    /// Whether the claim is optional for a request without a body.
    pub(crate) only_with_body: bool,
}

impl Claim {
    pub(crate) fn covers_body(&self) -> bool {
        self.values.iter().all(Template::covers_body)
    }
}
