//! The locations of values in a request.

use std::{fmt, sync::Arc};

use http::HeaderName;

/// The location of a signature, a timestamp, an ID or another value in a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// A claim of the JSON web token that is the signature, by its exact name. A dot is part of the
    /// name.
    Claim(Arc<str>),
    /// A field of the form that is the body (`application/x-www-form-urlencoded`).
    Form(Arc<str>),
    /// A header.
    Header(HeaderName),
    /// A member of the JSON that is the body, its names joined by dots.
    Json(Arc<str>),
    /// A parameter of the query.
    Query(Arc<str>),
}

impl Location {
    /// Creates the location of a claim of the JSON web token, by its exact name.
    #[must_use]
    pub fn claim(name: &str) -> Self {
        Self::Claim(name.into())
    }

    /// Creates the location of a field of the form in the body.
    #[must_use]
    pub fn form(field: &str) -> Self {
        Self::Form(field.into())
    }

    /// Creates the location of a member of the JSON body. Dots separate the names of nested
    /// members, and a number selects an item of a list.
    #[must_use]
    pub fn json(path: &str) -> Self {
        Self::Json(path.into())
    }

    /// Creates the location of a parameter of the query.
    #[must_use]
    pub fn query(parameter: &str) -> Self {
        Self::Query(parameter.into())
    }

    /// Returns whether the value is in the body, and so can be read only once the body is complete.
    #[must_use]
    pub const fn is_in_body(&self) -> bool {
        matches!(self, Self::Form(_) | Self::Json(_))
    }
}

impl From<HeaderName> for Location {
    fn from(name: HeaderName) -> Self {
        Self::Header(name)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim(name) => write!(f, "the claim `{name}`"),
            Self::Form(field) => write!(f, "the form field `{field}`"),
            Self::Header(name) => write!(f, "the header `{name}`"),
            Self::Json(path) => write!(f, "the JSON member `{path}`"),
            Self::Query(name) => write!(f, "the query parameter `{name}`"),
        }
    }
}
