//! The parts of a signed text that come from the body or the URL.

use std::sync::Arc;

use crate::payload::form;
use crate::payload::json;
use crate::{
    location::Location,
    payload::{Canonical, Facts, Malformed, canonical},
};

/// A part of the signed text that is read or computed once the body is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Derived {
    Canonical(&'static Canonical),
    Form(Arc<str>),
    Json(Arc<str>),
    Query(Arc<str>),
}

impl Derived {
    pub(super) fn parse(token: &str) -> Option<Self> {
        if let Some((kind, name)) = token.split_once(':') {
            return match kind {
                "canonical" => canonical(name).map(Self::Canonical),
                "form" => Some(Self::Form(name.into())),
                "json" => Some(Self::Json(name.into())),
                "query" => Some(Self::Query(name.into())),
                _ => None,
            };
        }
        // Canonicalisers that several schemes may use have tokens of their own.
        let shared = [
            "crc32",
            "md5",
            "sha256",
            "sha256_base64",
            "sha256_base64url",
            "sha256_raw",
            "sorted_form",
            "url_sha256",
        ];
        let name = shared.iter().find(|name| **name == token)?;
        canonical(name).map(Self::Canonical)
    }

    /// The value at a location.
    pub(crate) fn of(location: &Location) -> Option<Self> {
        match location {
            Location::Form(name) => Some(Self::Form(name.clone())),
            Location::Json(path) => Some(Self::Json(path.clone())),
            Location::Query(name) => Some(Self::Query(name.clone())),
            _ => None,
        }
    }

    /// The location of the value. `None` if it is computed.
    pub(super) fn location(&self) -> Option<Location> {
        match self {
            Self::Canonical(_) => None,
            Self::Form(name) => Some(Location::Form(name.clone())),
            Self::Json(path) => Some(Location::Json(path.clone())),
            Self::Query(name) => Some(Location::Query(name.clone())),
        }
    }

    pub(super) fn covers_body(&self) -> bool {
        match self {
            Self::Canonical(canonical) => canonical.covers_body,
            _ => false,
        }
    }

    /// Whether the value covers the whole body or URL that contains `place`.
    pub(super) fn is_of_all(&self, location: &Location) -> bool {
        // These canonicalisers leave out the signature.
        const OF_THE_REST: &[&str] = &["paddle_classic", "vonage_sms"];

        match (self, location) {
            (Self::Canonical(canonical), _) if OF_THE_REST.contains(&canonical.name) => false,
            (Self::Canonical(canonical), Location::Form(_) | Location::Json(_)) => {
                canonical.covers_body || canonical.name == "crc32"
            }
            (Self::Canonical(canonical), Location::Query(_)) => canonical.needs_url,
            _ => false,
        }
    }

    pub(super) fn needs_url(&self) -> bool {
        match self {
            Self::Canonical(canonical) => canonical.needs_url,
            _ => false,
        }
    }

    /// Whether the value at `place` is part of it.
    pub(super) fn holds(&self, location: &Location) -> bool {
        match (self, location) {
            (Self::Canonical(canonical), Location::Json(path)) => {
                canonical.signs.contains(&&**path)
            }
            (Self::Canonical(canonical), Location::Header(name)) => {
                canonical.signs.contains(&name.as_str())
            }
            _ => Self::of(location).as_ref() == Some(self),
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Canonical(canonical) => canonical.name.into(),
            Self::Form(name) | Self::Query(name) => name.to_string(),
            Self::Json(path) => path.to_string(),
        }
    }

    /// The value for a request. `None` if it is missing.
    pub(crate) fn find(
        &self,
        facts: &Facts<'_>,
        body: &[u8],
    ) -> Result<Option<Vec<u8>>, Malformed> {
        match self {
            Self::Canonical(canonical) => {
                let mut text = Vec::new();
                (canonical.write)(facts, body, &mut text)?;
                Ok(Some(text))
            }
            Self::Form(name) => form::field(body, name),
            Self::Json(path) => json::field(body, path).map(|text| text.map(String::into_bytes)),
            Self::Query(name) => form::field(facts.query(), name),
        }
    }
}
