//! The units of a body that are signed: the whole body, a form field, or each item of a list.

use std::sync::Arc;

use super::SchemeBuilder;
use super::{Location, SchemeErrorKind};
use crate::payload::json;
use crate::payload::multipart;
use crate::payload::{Facts, Malformed};

impl SchemeBuilder {
    /// Verifies each item of a JSON list separately, for senders that put several signed items into
    /// one body. By default, the body is verified as a whole.
    ///
    /// The list is the member `path`, with names joined by dots. [`signature`](Self::signature) and
    /// `{json:PATH}` are read from each item.
    ///
    /// A delivery is verified only if **every** item is verified, each with one of the keys. The
    /// layer rejects a body without the list, with an empty list, or with more than 1024 items.
    ///
    /// # Security
    ///
    /// The rest of the body is not signed, and neither is the set of items. A client with a
    /// captured delivery can omit or repeat items. Such a delivery therefore has no key for
    /// [`DedupeLayer`](crate::DedupeLayer). Deduplicate items in the handler, by the signed values
    /// of each item.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_webhook::scheme::{Location, Scheme};
    ///
    /// # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
    /// // {"items":[{"id":"a","amount":7,"signature":"…"},…]}
    /// let acme = Scheme::builder("acme")
    ///     .signed_items("items")
    ///     .signature(Location::json("signature"))
    ///     .message("{json:id}:{json:amount}")
    ///     .danger_leave_body_unsigned()
    ///     .build()?;
    /// assert_eq!(acme.signed_items(), Some("items"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn signed_items(mut self, path: &str) -> Self {
        self.items = Some(path.into());
        self
    }

    /// Reads the [`signature`](Self::signature), `{json:PATH}` and similar values from one field of
    /// a `multipart/form-data` body. By default, they are read from the body itself.
    ///
    /// The field must appear exactly once. [`build`](Self::build) returns an error if
    /// [`signed_items`](Self::signed_items) is set too.
    pub fn multipart_field(mut self, name: &str) -> Self {
        self.multipart_field = Some(name.into());
        self
    }
}

/// The part of a body that values are read from: the whole body, or units that are signed
/// separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Units {
    Body,
    /// Each item of the list that is this member of the JSON.
    EachJson(Arc<str>),
    /// The content of this field of `multipart/form-data`.
    MultipartField(Arc<str>),
}

impl Units {
    /// The units of a scheme with at most one of the two.
    pub(super) fn new(items: Option<Arc<str>>, field: Option<Arc<str>>) -> Self {
        match (items, field) {
            (Some(path), _) => Self::EachJson(path),
            (None, Some(name)) => Self::MultipartField(name),
            (None, None) => Self::Body,
        }
    }

    pub(super) fn are_in_body(&self) -> bool {
        *self != Self::Body
    }

    /// Rejects the location of a timestamp, an ID or an event type in each item, because a delivery
    /// has one of each.
    pub(super) fn check<'p>(
        &self,
        mut told: impl Iterator<Item = &'p Location>,
    ) -> Result<(), SchemeErrorKind> {
        match told.find(|location| self.may_be_several() && location.is_in_body()) {
            Some(location) => Err(SchemeErrorKind::InEachItem {
                location: location.clone(),
            }),
            None => Ok(()),
        }
    }

    pub(super) fn may_be_several(&self) -> bool {
        self.items().is_some()
    }

    pub(super) fn items(&self) -> Option<&str> {
        match self {
            Self::EachJson(path) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::MultipartField(name) => Some(name),
            _ => None,
        }
    }

    /// Returns the units of a body, at least one. Returns an error if there is none.
    pub(crate) fn of<'b>(
        &self,
        facts: &Facts<'_>,
        body: &'b [u8],
    ) -> Result<Vec<&'b [u8]>, Malformed> {
        match self {
            Self::Body => Ok(vec![body]),
            Self::EachJson(path) => json::items(body, path),
            Self::MultipartField(name) => Ok(vec![multipart::field(facts, body, name)?]),
        }
    }
}
