use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

use super::{
    Algorithm, Encoding, Identity, Part, Place, SchemeBuilder, SchemeErrorKind, Spec, Template,
    Timestamp, TimestampPlace,
    builder::Where,
    template::{TemplateError, Tokens},
};

impl Where {
    fn place(self) -> Result<Place, SchemeErrorKind> {
        match self {
            Self::Header(name) => header(name).map(Place::Header),
            Self::Found(place) => Ok(place),
        }
    }
}

impl SchemeBuilder {
    /// Holds the parts of the description against each other.
    pub(super) fn spec(self) -> Result<Spec, SchemeErrorKind> {
        use SchemeErrorKind as E;

        if self.signatures.is_empty() {
            return Err(E::NoSignatureHeader);
        }
        let is_token = self.algorithm == Algorithm::Token;
        let as_token = matches!(self.encoding, Encoding::Text | Encoding::Base64);
        if (is_token && !as_token) || (!is_token && self.encoding == Encoding::Text) {
            return Err(E::TokenMismatch);
        }
        if self.algorithm.has_public_key() != self.key_form.is_public() {
            return Err(E::KeyFormMismatch);
        }
        let signatures: Result<Vec<_>, _> = self.signatures.into_iter().map(Where::place).collect();
        let signatures = signatures?;
        self.layout.check()?;
        let own_key = self.layout.own_timestamp_key().map(Cow::Borrowed);
        let place = match (self.timestamp, self.timestamp_key.or(own_key.clone())) {
            (Some(_), Some(_)) => return Err(E::TwoTimestampPlaces),
            (Some(place), None) => Some(TimestampPlace::At(place.place()?)),
            (None, Some(key)) if Some(&key) == own_key.as_ref() => Some(TimestampPlace::Key(key)),
            (None, Some(_)) if !self.layout.is_list() => return Err(E::TimestampKeyWithoutList),
            (None, Some(key)) => {
                if !self.layout.can_have_key(&key) {
                    return Err(E::InvalidKey { key });
                }
                if self.layout.is_signature_key(&key) {
                    return Err(E::RepeatedKey { key });
                }
                Some(TimestampPlace::Key(key))
            }
            (None, None) => None,
        };
        let id = self.id.map(Where::place).transpose()?;
        let tokens = Tokens {
            id: id.as_ref(),
            timestamp: match &place {
                Some(TimestampPlace::At(place)) => Some(place),
                _ => None,
            },
            may_be_ambiguous: self.may_be_ambiguous,
            may_lack_body: self.may_lack_body,
        };
        let mut messages = Vec::with_capacity(1 + self.other_messages.len());
        // A token signs nothing.
        let message = if is_token {
            Cow::Borrowed("")
        } else {
            self.message
        };
        let tokens = Tokens {
            may_lack_body: tokens.may_lack_body || is_token,
            ..tokens
        };
        for text in std::iter::once(message).chain(self.other_messages) {
            let message = Template::parse(text, tokens).map_err(|error| match error {
                TemplateError::Ambiguous(part) => E::AmbiguousMessage { part },
                TemplateError::Body => E::NotOneBody,
                TemplateError::Brace => E::UnmatchedBrace,
                TemplateError::HeaderName(name) => E::InvalidHeaderName { name },
                TemplateError::Id => E::NoId,
                TemplateError::Token(token) => E::UnknownToken { token },
            })?;
            if message.has(|part| *part == Part::Timestamp) && place.is_none() {
                return Err(E::NoTimestamp);
            }
            messages.push(message);
        }
        reused(&signatures, place.as_ref(), id.as_ref(), &messages)?;
        let guards = guards(self.guards)?;
        let other_messages = messages.split_off(1);
        let message = messages.pop().ok_or(E::NotOneBody)?;
        let told_place = match (&place, signatures.first()) {
            (Some(TimestampPlace::At(place)), _) | (_, Some(place)) => place.clone(),
            (_, None) => return Err(E::NoSignatureHeader),
        };
        let mut spec = Spec {
            name: self.name,
            algorithm: self.algorithm,
            encoding: self.encoding,
            key_form: self.key_form,
            signatures,
            layout: self.layout,
            guards,
            timestamp: place.map(|place| Timestamp {
                place,
                unit: self.timestamp_unit,
                told_place,
            }),
            id,
            event_header: self.event_header.map(header).transpose()?,
            attempt_header: self.attempt_header.map(header).transpose()?,
            message,
            other_messages,
            tolerance: self.tolerance,
            looks_into_body: false,
            identity: Identity::None,
            signs_timestamp: false,
        };
        spec.settle();
        Ok(spec)
    }
}

fn header(name: Cow<'static, str>) -> Result<HeaderName, SchemeErrorKind> {
    name.parse()
        .map_err(|_| SchemeErrorKind::InvalidHeaderName {
            name: name.into_owned(),
        })
}

/// Refuses a signature header that is something else too.
fn reused(
    signatures: &[Place],
    timestamp: Option<&TimestampPlace>,
    id: Option<&Place>,
    messages: &[Template],
) -> Result<(), SchemeErrorKind> {
    for signature in signatures {
        let Place::Header(header) = signature else {
            continue;
        };
        let is_part = |part: &Part| matches!(part, Part::Header(name) if name == header);
        if matches!(timestamp, Some(TimestampPlace::At(place)) if place == signature)
            || id == Some(signature)
            || messages.iter().any(|message| message.has(is_part))
        {
            return Err(SchemeErrorKind::SignatureHeaderReused {
                header: header.clone(),
            });
        }
    }
    Ok(())
}

fn guards(
    guards: Vec<(Cow<'static, str>, Cow<'static, str>)>,
) -> Result<Vec<(HeaderName, HeaderValue)>, SchemeErrorKind> {
    let guards = guards.into_iter().map(|(name, value)| {
        let header = header(name)?;
        match HeaderValue::from_str(&value) {
            Ok(value) => Ok((header, value)),
            Err(_) => Err(SchemeErrorKind::InvalidGuard { header }),
        }
    });
    guards.collect()
}
