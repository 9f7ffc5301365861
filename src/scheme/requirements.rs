//! The values that a sender has to add to a request.

use super::{Derived, Location, Part, Scheme, Template, Units};
use crate::payload::{FORM, JSON};

impl Scheme {
    /// Returns the content type of the bodies that the scheme reads: that of a form, of JSON, or
    /// `multipart/form-data`. Returns `None` if the scheme signs the bytes of any body.
    ///
    /// ```
    /// use tower_webhook::providers;
    ///
    /// let content_type = |name| providers::by_name(name)?.scheme().content_type();
    /// assert_eq!(content_type("github"), None);
    /// #
    /// assert_eq!(content_type("twilio"), Some("application/x-www-form-urlencoded"));
    /// #
    /// assert_eq!(content_type("mailgun"), Some("application/json"));
    /// ```
    #[must_use]
    pub fn content_type(&self) -> Option<&'static str> {
        let spec = self.spec();
        if spec.units.field().is_some() {
            return Some("multipart/form-data");
        }
        if spec.units != Units::Body {
            return Some(JSON);
        }
        let locations = spec.signatures.iter().chain(spec.timestamp_location());
        let locations = locations
            .chain(&spec.id)
            .chain(&spec.event)
            .map(of_location);
        let texts = spec.texts().flat_map(Template::derived);
        let texts = texts.map(|(derived, _)| match derived {
            Derived::Canonical(canonical) => canonical.content_type,
            other => other.location().as_ref().and_then(of_location),
        });
        locations.chain(texts).flatten().next()
    }

    /// Returns the locations of the signed values that the sender must add to a request before
    /// signing, such as a nonce in a header. The body, the ID, the timestamp, and values that the
    /// scheme itself defines are not included.
    ///
    /// The input of a `{canonical:NAME}` is not included either.
    ///
    /// ```
    /// use http::HeaderName;
    /// use tower_webhook::providers;
    ///
    /// let places = providers::lark().scheme().signed_locations();
    /// assert_eq!(places, [HeaderName::from_static("x-lark-request-nonce").into()]);
    /// ```
    #[must_use]
    pub fn signed_locations(&self) -> Vec<Location> {
        let spec = self.spec();
        let texts = std::iter::once(&spec.message).chain(spec.claimed());
        let elements = texts.flat_map(Template::elements);
        let required = elements.filter(|element| element.optional.is_none());
        let locations = required.filter_map(|element| match &element.part {
            Part::Header(name) => Some(Location::Header(name.clone())),
            Part::Derived(derived) => derived.location(),
            _ => None,
        });
        let is_put = |location: &Location| {
            let required_headers = spec.required_headers.iter();
            Some(location) == spec.id.as_ref()
                || Some(location) == spec.timestamp_location()
                || spec.signatures.contains(location)
                || required_headers
                    .map(|(name, _)| Location::from(name.clone()))
                    .any(|guard| guard == *location)
        };
        let mut found = Vec::new();
        for location in locations.filter(|location| !is_put(location)) {
            if !found.contains(&location) {
                found.push(location);
            }
        }
        found
    }
}

fn of_location(location: &Location) -> Option<&'static str> {
    match location {
        Location::Form(_) => Some(FORM),
        Location::Json(_) => Some(JSON),
        _ => None,
    }
}
