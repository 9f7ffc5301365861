//! The template of the signed text.

use std::{borrow::Cow, sync::Arc};

use http::HeaderName;

use super::{
    Derived, TimestampFormat,
    border::{Border, IdForm, elements},
};
use crate::location::Location;

/// The signed text.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    text: Cow<'static, str>,
    elements: Vec<Element>,
}

/// A part, and the border that its value must respect.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) part: Part,
    pub(crate) border: Option<Border>,
    /// Set if the part is left out of requests without its value.
    pub(crate) optional: Option<Affixes>,
}

/// The literals around an optional part. They are left out with it.
#[derive(Clone, Debug)]
pub(crate) struct Affixes {
    pub(crate) before: Box<[u8]>,
    pub(crate) after: Box<[u8]>,
}

impl Affixes {
    /// Puts the literals around a value. A missing value gives an empty text.
    pub(crate) fn around(&self, value: Option<&[u8]>) -> Vec<u8> {
        value.map_or_else(Vec::new, |value| {
            [&self.before, value, &self.after].concat()
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Body,
    /// A value that can be read or computed only once the body is complete.
    Derived(Derived),
    Header(HeaderName),
    /// The first parts of the JSON web signature.
    Jws,
    Literal(Box<[u8]>),
    Method,
    Path,
    /// The value of the operator's setting with this name.
    Setting(Arc<str>),
    Target,
    Timestamp,
    Url,
}

/// The tokens of a template, for error texts.
pub(super) const TOKENS: &str = "`{body}`, `{timestamp}`, `{id}`, `{method}`, `{path}`, \
    `{target}`, `{url}`, `{crc32}`, `{md5}`, `{sha256}`, `{sha256_base64}`, `{sha256_base64url}`, \
    `{sha256_raw}`, `{url_sha256}`, `{sorted_form}`, `{setting:NAME}`, `{header:NAME}`, \
    `{query:NAME}`, `{form:NAME}`, `{json:PATH}`";

/// The error in the text of a template.
#[derive(Debug)]
pub(super) enum TemplateError {
    Ambiguous(Cow<'static, str>),
    Body,
    Brace,
    HeaderName(String),
    Id,
    NotBeforeBody(Cow<'static, str>),
    /// The text that was declared as an optional part.
    Optional(Cow<'static, str>),
    Token(String),
    Undetermined(Cow<'static, str>),
}

/// The meaning of the tokens of a template.
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties of a scheme"
)]
pub(super) struct Tokens<'n> {
    pub(super) id: Option<&'n Location>,
    pub(super) id_form: Option<&'n IdForm>,
    pub(super) timestamp: Option<&'n Location>,
    pub(super) unit: TimestampFormat,
    pub(super) is_jws: bool,
    /// Whether the secret is hashed between the part before the body and the body.
    pub(super) has_secret_before_body: bool,
    pub(super) may_be_ambiguous: bool,
    pub(super) may_lack_body: bool,
    /// The parts of the text that are left out if their value is absent.
    pub(super) optional_parts: &'n [Cow<'static, str>],
}

/// A part, and the literals around it if it is optional.
pub(super) type Parsed = (Part, Option<Affixes>);

impl Template {
    pub(super) fn parse(
        template: Cow<'static, str>,
        tokens: Tokens<'_>,
    ) -> Result<Self, TemplateError> {
        let mut parts: Vec<Parsed> = Vec::new();
        let mut rest = &*template;
        loop {
            let found = tokens.optional_parts.iter().filter_map(|part| {
                let at = rest.find(&**part)?;
                Some((at, part))
            });
            let Some((at, part)) = found.min_by_key(|(at, _)| *at) else {
                break;
            };
            let (plain, tail) = rest.split_at(at);
            parts.extend(required(parse(plain, tokens)?));
            parts.push(optional(part, tokens)?);
            rest = tail.strip_prefix(&**part).unwrap_or_default();
        }
        parts.extend(required(parse(rest, tokens)?));
        let covering = parts.iter().filter(|(part, _)| part.covers_body()).count();
        if covering > 1 || (covering == 0 && !tokens.may_lack_body) {
            return Err(TemplateError::Body);
        }
        Ok(Self {
            elements: elements(parts, tokens)?,
            text: template,
        })
    }

    /// `{body}`.
    pub(super) fn body_alone() -> Self {
        Self {
            text: "{body}".into(),
            elements: vec![Element {
                part: Part::Body,
                border: None,
                optional: None,
            }],
        }
    }

    /// Returns a copy with one part replaced.
    pub(crate) fn with(&self, old: &Part, new: &Part) -> Self {
        let mut this = self.clone();
        for element in &mut this.elements {
            if element.part == *old {
                element.part = new.clone();
            }
        }
        this
    }

    /// The text that the template was parsed from.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn has(&self, is: impl Fn(&Part) -> bool) -> bool {
        self.elements.iter().any(|element| is(&element.part))
    }

    /// The names of the headers in the text.
    pub(super) fn headers_mut(&mut self) -> impl Iterator<Item = &mut HeaderName> {
        self.elements
            .iter_mut()
            .filter_map(|element| match &mut element.part {
                Part::Header(name) => Some(name),
                _ => None,
            })
    }

    pub(crate) fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The parts that can be read or computed only once the body is complete, in order.
    pub(crate) fn derived(&self) -> impl Iterator<Item = (&Derived, &Element)> {
        self.elements
            .iter()
            .filter_map(|element| match &element.part {
                Part::Derived(derived) => Some((derived, element)),
                _ => None,
            })
    }

    /// The parts that the head does not have, in order.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = &Part> {
        let parts = self.elements.iter().map(|element| &element.part);
        parts.filter(|part| matches!(part, Part::Body | Part::Derived(_)))
    }

    /// Whether the body is the only part that the head does not have.
    pub(crate) fn can_stream(&self) -> bool {
        self.derived().next().is_none() && self.covers_body()
    }

    pub(crate) fn covers_body(&self) -> bool {
        self.has(Part::covers_body)
    }

    /// Whether the text covers the whole body or URL that contains `place`.
    pub(super) fn has_all_of(&self, location: &Location) -> bool {
        self.has(|part| match (part, location) {
            (Part::Body, Location::Form(_) | Location::Json(_))
            | (Part::Target | Part::Url, Location::Query(_)) => true,
            (Part::Derived(derived), _) => derived.is_of_all(location),
            _ => false,
        })
    }

    /// Whether the value at `place` is part of the text.
    pub(super) fn covers(&self, location: &Location) -> bool {
        (location.is_in_body() && self.covers_body())
            || self.has(|part| match (part, location) {
                (Part::Header(part), Location::Header(name)) => part == name,
                (Part::Derived(derived), _) => derived.holds(location),
                _ => false,
            })
    }
}

impl Part {
    fn parse(token: &str, tokens: Tokens<'_>) -> Result<Self, TemplateError> {
        if let Some(name) = token.strip_prefix("header:") {
            let header: HeaderName = name
                .parse()
                .map_err(|_| TemplateError::HeaderName(name.into()))?;
            let timestamp =
                matches!(tokens.timestamp, Some(Location::Header(name)) if *name == header);
            return Ok(if timestamp {
                Self::Timestamp
            } else {
                Self::Header(header)
            });
        }
        if let Some(name) = token.strip_prefix("setting:") {
            return Ok(Self::Setting(name.into()));
        }
        if let Some(derived) = Derived::parse(token) {
            return Ok(Self::Derived(derived));
        }
        match token {
            "body" => Ok(Self::Body),
            "id" => match tokens.id {
                Some(Location::Header(name)) => Ok(Self::Header(name.clone())),
                Some(location) => Derived::of(location)
                    .map(Self::Derived)
                    .ok_or(TemplateError::Id),
                None => Err(TemplateError::Id),
            },
            "jws" if tokens.is_jws => Ok(Self::Jws),
            "method" => Ok(Self::Method),
            "path" => Ok(Self::Path),
            "target" => Ok(Self::Target),
            "timestamp" => Ok(match tokens.timestamp.and_then(Derived::of) {
                Some(derived) => Self::Derived(derived),
                None => Self::Timestamp,
            }),
            "url" => Ok(Self::Url),
            _ => Err(TemplateError::Token(token.into())),
        }
    }

    /// Whether no byte of the body can change without changing the text.
    pub(super) fn covers_body(&self) -> bool {
        match self {
            Self::Body => true,
            Self::Derived(derived) => derived.covers_body(),
            _ => false,
        }
    }

    /// Whether the part is the value at `place`.
    pub(super) fn is_at(&self, location: &Location) -> bool {
        match (self, location) {
            (Self::Header(name), Location::Header(header)) => name == header,
            (Self::Derived(derived), location) => Derived::of(location).as_ref() == Some(derived),
            _ => false,
        }
    }

    pub(super) fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    pub(super) fn is_url(&self) -> bool {
        matches!(self, Self::Path | Self::Target | Self::Url)
    }

    /// The name of the part in errors.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Body => "body".into(),
            Self::Derived(derived) => derived.name().into(),
            Self::Header(name) => name.to_string().into(),
            Self::Jws => "jws".into(),
            Self::Literal(_) => "literal".into(),
            Self::Method => "method".into(),
            Self::Path => "path".into(),
            Self::Setting(name) => name.to_string().into(),
            Self::Target => "target".into(),
            Self::Timestamp => "timestamp".into(),
            Self::Url => "url".into(),
        }
    }
}

/// Parses a text without optional parts.
fn parse(mut rest: &str, tokens: Tokens<'_>) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    while let Some(at) = rest.find(['{', '}']) {
        let (plain, tail) = rest.split_at(at);
        literal.push_str(plain);
        if let Some(escaped) = ["{{", "}}"].iter().find(|two| tail.starts_with(**two)) {
            literal.push_str(&escaped[1..]);
            rest = &tail[2..];
            continue;
        }
        let token = tail.strip_prefix('{').ok_or(TemplateError::Brace)?;
        let (token, tail) = token.split_once('}').ok_or(TemplateError::Brace)?;
        rest = tail;
        flush(&mut literal, &mut parts);
        parts.push(Part::parse(token, tokens)?);
    }
    literal.push_str(rest);
    flush(&mut literal, &mut parts);
    Ok(parts)
}

fn required(parts: Vec<Part>) -> impl Iterator<Item = Parsed> {
    parts.into_iter().map(|part| (part, None))
}

/// Parses an optional part: a literal, a value that may be absent, and a literal.
fn optional(text: &str, tokens: Tokens<'_>) -> Result<Parsed, TemplateError> {
    let mut parts = parse(text, tokens)?.into_iter();
    let may_be_absent = |part: &Part| match part {
        Part::Header(_) => true,
        Part::Derived(derived) => derived.location().is_some(),
        _ => false,
    };
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Part::Literal(before)), Some(part), Some(Part::Literal(after)), None)
            if may_be_absent(&part) =>
        {
            Ok((part, Some(Affixes { before, after })))
        }
        _ => Err(TemplateError::Optional(text.to_owned().into())),
    }
}

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal).into_bytes().into()));
    }
}
