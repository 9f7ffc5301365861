//! The units of a body that are signed: the whole body, a form field, or each item of a list.

use std::sync::Arc;

use super::SchemeBuilder;
use super::{Location, SchemeErrorKind};
use crate::payload::json;
use crate::payload::multipart;
use crate::payload::{Facts, Malformed};

impl SchemeBuilder {
    /// Signs each item of a list by itself, for senders who put several signed things into one JSON
    /// body. The list is the member `path`, its names joined by dots;
    /// [`signature`](Self::signature) and `{json:PATH}` are then looked for in each item.
    ///
    /// A delivery is verified only if **every** item is, each under one of the keys. A body without
    /// the list, with an empty one, or with more than 1024 items is refused. What surrounds the
    /// list is not signed, nor is which items are in it: a client that holds a delivery can leave
    /// some out, or repeat them. So it has no key for [`DedupeLayer`](crate::DedupeLayer); let
    /// the handler tell items apart by what is signed in each.
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

    /// Looks into the content of one field of a `multipart/form-data` body, and not into the body:
    /// there [`signature`](Self::signature), `{json:PATH}` and the like are looked for. The
    /// field must be there once. [`build`](Self::build) returns an error if
    /// [`signed_items`](Self::signed_items) is set too.
    pub fn multipart_field(mut self, name: &str) -> Self {
        self.multipart_field = Some(name.into());
        self
    }
}

/// What of a body is looked into: all of it, or pieces of it that are signed by themselves.
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

    /// Refuses what each of several units would have, where a delivery has one.
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

    /// The units of a body: at least one, or it is refused.
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
