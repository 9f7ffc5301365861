//! The checks of the builder, which reject contradictory settings and settings without effect.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

use super::{
    Algorithm, Claim, Encoding, Identity, Location, Part, RemoteKey, SchemeBuilder,
    SchemeErrorKind, SignatureFormat, Spec, Template, Timestamp, TimestampFormat,
    TimestampLocation, Units,
    builder::{DEFAULT_TOLERANCE, Where},
    template::{TemplateError, Tokens},
    web_token,
};
use crate::payload::JwsKind;

impl Where {
    fn location(self) -> Result<Location, SchemeErrorKind> {
        match self {
            Self::Header(name) => header(name).map(Location::Header),
            Self::Found(location) => Ok(location),
        }
    }
}

impl SchemeBuilder {
    /// Holds the parts of the description against each other.
    #[expect(clippy::too_many_lines, reason = "half of the lines copy fields")]
    pub(super) fn spec(self) -> Result<Spec, SchemeErrorKind> {
        use SchemeErrorKind as E;

        if self.signatures.is_empty() {
            return Err(E::NoSignatureHeader);
        }
        let is_token = self.algorithm == Algorithm::Token;
        self.check_algorithm()?;
        self.check_effects()?;
        self.check_conflicts()?;
        let prefixed = self.signature_prefix.map(SignatureFormat::prefixed);
        let format = self.format.or(prefixed).unwrap_or(SignatureFormat::plain());
        let jws = format.jws_kind();
        let unit = self.timestamp_format.unwrap_or(TimestampFormat::Seconds);
        let signatures: Result<Vec<_>, _> =
            self.signatures.into_iter().map(Where::location).collect();
        let signatures = signatures?;
        if jws.is_some() {
            web_token::check(self.algorithm, &signatures)?;
        }
        format.check()?;
        let timestamp = location_of(self.timestamp, self.timestamp_header)?;
        let location = timestamp_location(&format, timestamp, self.timestamp_key)?;
        let id = location_of(self.id, self.id_header)?;
        let event = location_of(self.event, self.event_header)?;
        let units = Units::new(self.items, self.multipart_field);
        let timestamp = match &location {
            Some(TimestampLocation::At(location)) => Some(location),
            _ => None,
        };
        let told = || timestamp.into_iter().chain(&id).chain(&event);
        let names = told().filter_map(claim_name);
        let names = self.claims.iter().map(|claim| &*claim.name).chain(names);
        check_claims(jws, self.require_expiry, &names.collect::<Vec<_>>())?;
        units.check(told())?;
        let tokens = Tokens {
            id: id.as_ref(),
            id_form: self.id_form.as_ref(),
            timestamp,
            unit,
            has_secret_before_body: self.algorithm == Algorithm::Sha256SecretBeforeBody,
            is_jws: jws.is_some(),
            may_be_ambiguous: self.may_be_ambiguous,
            may_lack_body: self.may_lack_body,
            optional_parts: &self.optional_parts,
        };
        let claims: Result<Vec<_>, _> =
            self.claims.into_iter().map(|it| it.parse(tokens)).collect();
        let claims = claims?;
        check_circular_claims(&claims, &signatures, timestamp)?;
        let message = match jws {
            // A token signs nothing.
            _ if is_token => Cow::Borrowed(""),
            Some(JwsKind::Attached) => Cow::Borrowed("{jws}"),
            _ => self.message.unwrap_or(Cow::Borrowed("{body}")),
        };
        let is_claimed = claims.iter().any(Claim::covers_body);
        let tokens = Tokens {
            may_lack_body: tokens.may_lack_body || is_token || is_claimed,
            ..tokens
        };
        let texts: Vec<_> = std::iter::once(message)
            .chain(self.other_messages)
            .collect();
        let mut messages = messages(texts.iter().cloned(), tokens, location.is_some())?;
        let may_lack_body = self.may_lack_body;
        if may_lack_body && (is_token || is_claimed || messages.iter().all(Template::covers_body)) {
            return Err(no_effect(
                "danger_leave_body_unsigned",
                "every message or a claim contains the body, or the algorithm is \
                 `Algorithm::Token`, which signs nothing",
            ));
        }
        let is_used = |part: &str| texts.iter().any(|text| text.matches(part).count() == 1);
        if let Some(part) = self.optional_parts.iter().find(|part| !is_used(part)) {
            return Err(E::InvalidOptionalPart { part: part.clone() });
        }
        check_ambiguity(&texts, &claims, tokens)?;
        check_locations(&signatures, location.as_ref(), id.as_ref(), &messages)?;
        check_claim_unit(location.as_ref(), unit)?;
        let varying = signatures.iter().chain(timestamp).chain(&id);
        let required_headers =
            required_headers(self.required_headers, &varying.collect::<Vec<_>>())?;
        let other_messages = messages.split_off(1);
        let message = messages.pop().ok_or(E::NotOneBody)?;
        let reported_location = match (&location, signatures.first()) {
            (Some(TimestampLocation::At(location)), _) | (_, Some(location)) => location.clone(),
            (_, None) => return Err(E::NoSignatureHeader),
        };
        let mut spec = Spec {
            name: self.name,
            algorithm: self.algorithm,
            encoding: if jws.is_some() {
                Encoding::Base64Url
            } else {
                self.encoding.unwrap_or(Encoding::Hex)
            },
            secret_encoding: self.secret_encoding,
            signatures,
            header_repeats: self.header_repeats,
            format,
            alternative_headers: Vec::new(),
            required_headers,
            timestamp: location.map(|location| Timestamp {
                location,
                unit,
                reported_location,
            }),
            id,
            event,
            attempt_header: self.attempt_header.map(header).transpose()?,
            message,
            other_messages,
            units,
            claims,
            require_expiry: self.require_expiry,
            remote_key: self.remote_key,
            tolerance: self.tolerance.unwrap_or(DEFAULT_TOLERANCE),
            looks_into_body: false,
            can_stream: false,
            has_unique_message: self.has_unique_message,
            identity: Identity::None,
            signs_timestamp: false,
        };
        check_unique_message(&spec)?;
        spec.alternative_headers = alternative_headers(self.alternative_headers, &spec)?;
        spec.settle();
        Ok(spec)
    }
}

/// Rejects the permission of ambiguous texts, if none of them is ambiguous.
fn check_ambiguity(
    texts: &[Cow<'static, str>],
    claims: &[Claim],
    tokens: Tokens<'_>,
) -> Result<(), SchemeErrorKind> {
    if !tokens.may_be_ambiguous {
        return Ok(());
    }
    let strict = Tokens {
        may_be_ambiguous: false,
        ..tokens
    };
    let is_clear = |text: Cow<'static, str>| Template::parse(text, strict).is_ok();
    let claimed = claims.iter().flat_map(|claim| &claim.values);
    let claimed = claimed.map(|value| Cow::Owned(value.text().to_owned()));
    if texts.iter().cloned().chain(claimed).all(is_clear) {
        return Err(no_effect(
            "danger_allow_ambiguous_message",
            "no message is ambiguous",
        ));
    }
    Ok(())
}

/// Parses the templates of the signed texts.
fn messages(
    texts: impl Iterator<Item = Cow<'static, str>>,
    tokens: Tokens<'_>,
    has_timestamp: bool,
) -> Result<Vec<Template>, SchemeErrorKind> {
    let mut messages = Vec::new();
    for text in texts {
        let message = Template::parse(text, tokens)?;
        if message.has(|part| *part == Part::Timestamp) && !has_timestamp {
            return Err(SchemeErrorKind::NoTimestamp);
        }
        messages.push(message);
    }
    let is_id = |part: &Part| tokens.is_id(part);
    if tokens.id_form.is_some() && !messages.iter().any(|message| message.has(is_id)) {
        return Err(SchemeErrorKind::UnusedIdCharacters);
    }
    Ok(messages)
}

impl From<TemplateError> for SchemeErrorKind {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Ambiguous(part) => Self::AmbiguousMessage { part },
            TemplateError::Body => Self::NotOneBody,
            TemplateError::Brace => Self::UnmatchedBrace,
            TemplateError::HeaderName(name) => Self::InvalidHeaderName { name },
            TemplateError::Id => Self::NoId,
            TemplateError::Optional(part) => Self::InvalidOptionalPart { part },
            TemplateError::Token(token) => Self::UnknownToken { token },
            TemplateError::NotBeforeBody(part) => Self::SecretNotBeforeBody { part },
            TemplateError::Undetermined(part) => Self::UndeterminedPart { part },
        }
    }
}

/// Checks where the timestamp is: at a location, or under a key of the list of signatures.
fn timestamp_location(
    format: &SignatureFormat,
    timestamp: Option<Location>,
    timestamp_key: Option<Cow<'static, str>>,
) -> Result<Option<TimestampLocation>, SchemeErrorKind> {
    let own_key = format.own_timestamp_key().map(Cow::Borrowed);
    match (timestamp, timestamp_key.or(own_key.clone())) {
        (Some(_), Some(_)) => Err(SchemeErrorKind::TwoTimestampLocations),
        (Some(location), None) => Ok(Some(TimestampLocation::At(location))),
        (None, Some(key)) if Some(&key) == own_key.as_ref() => {
            Ok(Some(TimestampLocation::Key(key)))
        }
        (None, Some(_)) if !format.is_list() => Err(SchemeErrorKind::TimestampKeyWithoutList),
        (None, Some(key)) => {
            if !format.can_have_key(&key) {
                return Err(SchemeErrorKind::InvalidKey { key });
            }
            if format.is_signature_key(&key) {
                return Err(SchemeErrorKind::RepeatedKey { key });
            }
            Ok(Some(TimestampLocation::Key(key)))
        }
        (None, None) => Ok(None),
    }
}

fn header(name: Cow<'static, str>) -> Result<HeaderName, SchemeErrorKind> {
    name.parse()
        .map_err(|_| SchemeErrorKind::InvalidHeaderName {
            name: name.into_owned(),
        })
}

impl SchemeBuilder {
    /// Holds the algorithm against how signatures are written and keys are given.
    fn check_algorithm(&self) -> Result<(), SchemeErrorKind> {
        let is_token = self.algorithm == Algorithm::Token;
        let encoding = self.encoding.unwrap_or(Encoding::Hex);
        let as_token = matches!(encoding, Encoding::Text | Encoding::Base64);
        if (is_token && !as_token) || (!is_token && encoding == Encoding::Text) {
            return Err(SchemeErrorKind::TokenMismatch);
        }
        if self.algorithm.has_public_key() != self.secret_encoding.is_public() {
            return Err(SchemeErrorKind::SecretEncodingMismatch);
        }
        Ok(())
    }
}

impl SchemeBuilder {
    /// Rejects settings that would be ignored.
    fn check_effects(&self) -> Result<(), SchemeErrorKind> {
        let is_token = self.algorithm == Algorithm::Token;
        let format = self.format.as_ref();
        let jws = format.and_then(SignatureFormat::jws_kind);
        let own_timestamp = format.is_some_and(|format| format.own_timestamp_key().is_some());
        let has_timestamp = self.timestamp.is_some()
            || self.timestamp_header.is_some()
            || self.timestamp_key.is_some()
            || own_timestamp;
        let has_alternative = !self.other_messages.is_empty();
        let message = if self.message.is_none() && has_alternative {
            "alternative_message"
        } else {
            "message"
        };
        let has_message = self.message.is_some() || has_alternative;
        let encoding = self
            .encoding
            .filter(|encoding| *encoding != Encoding::Base64Url);
        let checks = [
            (
                self.tolerance.is_some() && !has_timestamp && jws != Some(JwsKind::Attached),
                "tolerance",
                "the scheme has neither a timestamp nor a web token",
            ),
            (
                self.timestamp_format.is_some() && !has_timestamp,
                "timestamp_format",
                "the scheme has no timestamp",
            ),
            (
                has_message && is_token,
                message,
                "`Algorithm::Token` signs nothing",
            ),
            (
                has_message && jws == Some(JwsKind::Attached),
                message,
                "a web token signs its own claims; use `claim`",
            ),
            (
                encoding.is_some() && jws.is_some(),
                "encoding",
                "a web token is always base64url",
            ),
            (
                self.has_unique_message && is_token,
                "message_is_unique",
                "`Algorithm::Token` signs nothing",
            ),
            (
                self.header_repeats && !self.signatures.iter().any(Where::is_header),
                "repeated_signature_header",
                "no signature is in a header",
            ),
            (
                self.header_repeats && jws.is_some(),
                "repeated_signature_header",
                "a request has one web token",
            ),
            (
                self.remote_key.is_some() && !self.algorithm.has_public_key(),
                "remote_key",
                "only a provider that signs with a private key publishes a key",
            ),
            (
                jws.is_none()
                    && self
                        .remote_key
                        .as_ref()
                        .is_some_and(RemoteKey::is_named_by_token),
                "remote_key",
                "the header of a JSON web signature names the key, and the format is not \
                 `SignatureFormat::jws` or `SignatureFormat::detached_jws`",
            ),
            (
                self.has_unique_message && self.items.is_some(),
                "message_is_unique",
                "`signed_items` signs each item, so a delivery has several signed texts",
            ),
        ];
        first_without_effect(checks)
    }

    /// Rejects two settings for the same thing. One of them would be ignored, and the order of the
    /// calls would decide which.
    fn check_conflicts(&self) -> Result<(), SchemeErrorKind> {
        first_without_effect([
            (
                self.format.is_some() && self.signature_prefix.is_some(),
                "signature_prefix",
                "`signature_format` replaces it",
            ),
            (
                self.timestamp.is_some() && self.timestamp_header.is_some(),
                "timestamp_header",
                "`timestamp` sets another location",
            ),
            (
                self.id.is_some() && self.id_header.is_some(),
                "id_header",
                "`id` sets another location",
            ),
            (
                self.event.is_some() && self.event_header.is_some(),
                "event_header",
                "`event` sets another location",
            ),
            (
                self.items.is_some() && self.multipart_field.is_some(),
                "multipart_field",
                "`signed_items` looks into the whole body",
            ),
        ])
    }
}

/// Returns an error for the first setting without effect, its name and the reason.
fn first_without_effect(
    checks: impl IntoIterator<Item = (bool, &'static str, &'static str)>,
) -> Result<(), SchemeErrorKind> {
    match checks.into_iter().find(|(is_ignored, ..)| *is_ignored) {
        Some((_, setting, reason)) => Err(no_effect(setting, reason)),
        None => Ok(()),
    }
}

/// A location that is given as it is, or as the name of a header.
fn location_of(
    location: Option<Location>,
    name: Option<Cow<'static, str>>,
) -> Result<Option<Location>, SchemeErrorKind> {
    let in_header = name.map(header).transpose()?.map(Location::Header);
    Ok(location.or(in_header))
}

fn check_unique_message(spec: &Spec) -> Result<(), SchemeErrorKind> {
    if spec.has_unique_message && (spec.signs_id() || spec.covers_body()) {
        return Err(no_effect(
            "message_is_unique",
            "the message covers the body or contains the delivery ID",
        ));
    }
    Ok(())
}

fn no_effect(setting: &'static str, reason: &'static str) -> SchemeErrorKind {
    SchemeErrorKind::NoEffect { setting, reason }
}

/// Rejects places that are used twice, and signatures that cover themselves.
fn check_locations(
    signatures: &[Location],
    timestamp: Option<&TimestampLocation>,
    id: Option<&Location>,
    messages: &[Template],
) -> Result<(), SchemeErrorKind> {
    let is_header = |location: &Location| matches!(location, Location::Header(_));
    let timestamp = match timestamp {
        Some(TimestampLocation::Key(_)) if !signatures.iter().all(is_header) => {
            return Err(SchemeErrorKind::TimestampKeyOutsideHeader);
        }
        Some(TimestampLocation::At(location)) => Some(location),
        _ => None,
    };
    let reused = |location: &Location| SchemeErrorKind::LocationReused {
        location: location.clone(),
    };
    for (at, signature) in signatures.iter().enumerate() {
        let is_signed = |part: &Part| part.is_at(signature);
        if timestamp == Some(signature)
            || id == Some(signature)
            || signatures
                .iter()
                .skip(at + 1)
                .any(|other| other == signature)
            || messages.iter().any(|message| message.has(is_signed))
        {
            return Err(reused(signature));
        }
    }
    if let Some(id) = id.filter(|id| timestamp == Some(id)) {
        return Err(reused(id));
    }
    let signs_itself =
        |location: &&Location| messages.iter().any(|message| message.has_all_of(location));
    match signatures.iter().find(signs_itself) {
        None => Ok(()),
        Some(location) => Err(SchemeErrorKind::SignatureSignsItself {
            location: location.clone(),
        }),
    }
}

/// Rejects a claim that contains the token, or a value that is in the token.
fn check_circular_claims(
    claims: &[Claim],
    signatures: &[Location],
    timestamp: Option<&Location>,
) -> Result<(), SchemeErrorKind> {
    let is_claim = matches!(timestamp, Some(Location::Claim(_)));
    let is_circular = |part: &&Part| match part {
        Part::Jws => true,
        Part::Timestamp => is_claim,
        part => signatures.iter().any(|signature| part.is_at(signature)),
    };
    for claim in claims {
        let elements = claim.values.iter().flat_map(Template::elements);
        let mut parts = elements.map(|element| &element.part);
        if let Some(part) = parts.find(is_circular) {
            return Err(SchemeErrorKind::CircularClaim {
                claim: claim.name.clone(),
                part: part.name(),
            });
        }
    }
    Ok(())
}

/// Rejects claims without a name, or without a token.
fn check_claims(
    jws: Option<JwsKind>,
    require_expiry: bool,
    names: &[&str],
) -> Result<(), SchemeErrorKind> {
    if jws != Some(JwsKind::Attached) && (require_expiry || !names.is_empty()) {
        return Err(SchemeErrorKind::ClaimWithoutJws);
    }
    if names.contains(&"") {
        return Err(SchemeErrorKind::EmptyClaimName);
    }
    Ok(())
}

/// Rejects a timestamp in a claim that is not in seconds ([RFC 7519, section 2]).
///
/// [RFC 7519, section 2]: https://www.rfc-editor.org/rfc/rfc7519#section-2
fn check_claim_unit(
    timestamp: Option<&TimestampLocation>,
    unit: TimestampFormat,
) -> Result<(), SchemeErrorKind> {
    match timestamp {
        Some(TimestampLocation::At(Location::Claim(_))) if unit != TimestampFormat::Seconds => {
            Err(SchemeErrorKind::ClaimNotInSeconds)
        }
        _ => Ok(()),
    }
}

fn claim_name(location: &Location) -> Option<&str> {
    match location {
        Location::Claim(name) => Some(name),
        _ => None,
    }
}

/// Parses the required headers, and rejects those whose value differs in each delivery.
fn alternative_headers(
    given: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    spec: &Spec,
) -> Result<Vec<(HeaderName, HeaderName)>, SchemeErrorKind> {
    let mut pairs: Vec<(HeaderName, HeaderName)> = Vec::new();
    for (name, other) in given {
        let (name, other) = (header(name)?, header(other)?);
        let is_known = |header: &HeaderName| {
            let mut known = pairs.iter().flat_map(|(name, other)| [name, other]);
            known.any(|known| known == header)
        };
        for header in [&name, &other] {
            if is_known(header) || (header == other && spec.uses_header(header)) {
                let location = Location::Header(header.clone());
                return Err(SchemeErrorKind::LocationReused { location });
            }
        }
        if !spec.uses_header(&name) {
            return Err(no_effect(
                "alternative_header",
                "the scheme reads the header neither as signature, timestamp, ID, event type or \
                 attempt, nor as part of a message",
            ));
        }
        pairs.push((name, other));
    }
    Ok(pairs)
}

fn required_headers(
    required_headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    varying: &[&Location],
) -> Result<Vec<(HeaderName, HeaderValue)>, SchemeErrorKind> {
    let mut seen = Vec::new();
    let required_headers = required_headers.into_iter().map(|(name, value)| {
        let header = header(name)?;
        if varying.contains(&&Location::Header(header.clone())) || seen.contains(&header) {
            return Err(SchemeErrorKind::RequiredHeaderReused { header });
        }
        seen.push(header.clone());
        match HeaderValue::from_str(&value) {
            // An empty header counts as a missing one.
            Ok(value) if !value.is_empty() => Ok((header, value)),
            _ => Err(SchemeErrorKind::InvalidRequiredHeader { header }),
        }
    });
    required_headers.collect()
}
