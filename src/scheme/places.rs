//! What a scheme finds in bodies and queries. A scheme that has any of it is verified once the body is
//! there as a whole, and copies it once.

use super::{Place, SchemeBuilder, builder::Where};

impl SchemeBuilder {
    /// The member of the JSON body that is the signature, its names joined by dots; another place if
    /// there is one already.
    pub fn signature_json(mut self, path: &str) -> Self {
        self.signatures.push(Where::Found(Place::Json(path.into())));
        self
    }

    /// The field of the form in the body that is the signature; another place if there is one already.
    pub fn signature_form(mut self, field: &str) -> Self {
        self.signatures
            .push(Where::Found(Place::Form(field.into())));
        self
    }

    /// The parameter of the query that is the signature; another place if there is one already.
    ///
    /// # Security
    ///
    /// URLs are written to logs, at proxies too.
    pub fn signature_query(mut self, parameter: &str) -> Self {
        self.signatures
            .push(Where::Found(Place::Query(parameter.into())));
        self
    }

    /// The member of the JSON body that is the timestamp, its names joined by dots.
    pub fn timestamp_json(mut self, path: &str) -> Self {
        self.timestamp = Some(Where::Found(Place::Json(path.into())));
        self
    }

    /// The field of the form in the body that is the timestamp.
    pub fn timestamp_form(mut self, field: &str) -> Self {
        self.timestamp = Some(Where::Found(Place::Form(field.into())));
        self
    }

    /// The parameter of the query that is the timestamp.
    pub fn timestamp_query(mut self, parameter: &str) -> Self {
        self.timestamp = Some(Where::Found(Place::Query(parameter.into())));
        self
    }

    /// The member of the JSON body that is the delivery's id, its names joined by dots.
    pub fn id_json(mut self, path: &str) -> Self {
        self.id = Some(Where::Found(Place::Json(path.into())));
        self
    }

    /// The field of the form in the body that is the delivery's id.
    pub fn id_form(mut self, field: &str) -> Self {
        self.id = Some(Where::Found(Place::Form(field.into())));
        self
    }

    /// The member of the JSON body that names the kind of event, its names joined by dots.
    pub fn event_json(mut self, path: &str) -> Self {
        self.event = Some(Where::Found(Place::Json(path.into())));
        self
    }

    /// The field of the form in the body that names the kind of event.
    pub fn event_form(mut self, field: &str) -> Self {
        self.event = Some(Where::Found(Place::Form(field.into())));
        self
    }
}
