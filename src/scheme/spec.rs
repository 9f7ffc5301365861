use std::{borrow::Cow, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue};

use super::{Algorithm, Encoding, KeyForm, Layout, Part, Place, Template, TimestampUnit};

#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) name: Arc<str>,
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: Encoding,
    pub(crate) key_form: KeyForm,
    /// Where signatures are; one of them must hold some.
    pub(crate) signatures: Vec<Place>,
    pub(crate) layout: Layout,
    /// Headers that must have this value.
    pub(crate) guards: Vec<(HeaderName, HeaderValue)>,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) id: Option<Place>,
    pub(crate) event_header: Option<HeaderName>,
    pub(crate) attempt_header: Option<HeaderName>,
    pub(crate) message: Template,
    /// Other texts that the signature may be of.
    pub(crate) other_messages: Vec<Template>,
    pub(crate) tolerance: Duration,
    /// Whether something is found in the body or the query, or computed from them.
    pub(crate) looks_into_body: bool,
    pub(crate) identity: Identity,
    /// Whether the timestamp is part of the signed text.
    pub(crate) signs_timestamp: bool,
}

/// What tells a delivery from every other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Its id, which is signed.
    Id,
    /// Its MAC.
    Mac,
    /// Nothing that is signed.
    None,
    /// A digest of its signed text: what a public key verifies may be written in several ways.
    Text,
}

impl Spec {
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.message).chain(&self.other_messages)
    }

    /// Whether there is one signed text, and of the body nothing is needed but its bytes in order.
    pub(crate) fn is_common(&self) -> bool {
        self.other_messages.is_empty() && !self.looks_into_body
    }

    /// Whether the MAC can run while the body arrives.
    pub(crate) fn can_stream(&self) -> bool {
        self.message.can_stream() && !self.looks_into_body && !self.algorithm.has_public_key()
    }

    /// Where the timestamp is, but for the one that is in the signature's own list.
    pub(super) fn timestamp_place(&self) -> Option<&Place> {
        match &self.timestamp.as_ref()?.place {
            TimestampPlace::At(place) => Some(place),
            TimestampPlace::Key(_) => None,
        }
    }

    /// Whether the delivery's id is part of the signed text.
    pub(super) fn signs_id(&self) -> bool {
        let id = self.id.as_ref();
        id.is_some_and(|id| self.messages().all(|message| message.covers(id)))
    }

    /// Fills in what follows from the rest.
    pub(super) fn settle(&mut self) {
        self.looks_into_body = self.does_look_into_body();
        let place = self.timestamp_place();
        let signs_timestamp = self.messages().all(|message| {
            message.has(|part| *part == Part::Timestamp)
                || place.is_some_and(|place| message.covers(place))
        });
        self.signs_timestamp = signs_timestamp;
        self.identity = if self.signs_id() {
            Identity::Id
        } else if !self.messages().all(Template::covers_body) {
            Identity::None
        } else if self.algorithm.has_public_key() {
            Identity::Text
        } else {
            Identity::Mac
        };
    }

    /// Whether something is found in the body or the query, or computed from them.
    fn does_look_into_body(&self) -> bool {
        let timestamp = self.timestamp_place();
        let mut places = self.signatures.iter().chain(timestamp).chain(&self.id);
        places.any(|place| !matches!(place, Place::Header(_)))
            || self
                .messages()
                .any(|message| message.derived().next().is_some())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Timestamp {
    pub(crate) place: TimestampPlace,
    pub(crate) unit: TimestampUnit,
    /// Where errors say that it is.
    pub(crate) told_place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum TimestampPlace {
    At(Place),
    /// The value of this key in the signature's list.
    Key(Cow<'static, str>),
}
