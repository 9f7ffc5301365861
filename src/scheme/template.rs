use std::{borrow::Cow, sync::Arc};

use http::HeaderName;

use super::Derived;
use crate::place::Place;

/// The signed text.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    text: Cow<'static, str>,
    elements: Vec<Element>,
}

/// A part, and the literal beside it towards the body, if a value could hold that literal.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) part: Part,
    pub(crate) separator: Option<Separator>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Body,
    /// What is found or computed once the body is there as a whole.
    Derived(Derived),
    Header(HeaderName),
    /// The first parts of the JSON web signature.
    Jws,
    Literal(Box<[u8]>),
    Method,
    Path,
    /// What the operator has set under this name.
    Setting(Arc<str>),
    Target,
    Timestamp,
    Url,
}

/// A literal that says where a value ends, or begins.
#[derive(Clone, Debug)]
pub(crate) enum Separator {
    After(Box<[u8]>),
    Before(Box<[u8]>),
}

/// What is wrong with the text of a template.
#[derive(Debug)]
pub(super) enum TemplateError {
    Ambiguous(Cow<'static, str>),
    Body,
    Brace,
    HeaderName(String),
    Id,
    Token(String),
}

/// What the tokens of a template stand for.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'n> {
    pub(super) id: Option<&'n Place>,
    pub(super) timestamp: Option<&'n Place>,
    pub(super) is_jws: bool,
    pub(super) may_be_ambiguous: bool,
    pub(super) may_lack_body: bool,
}

impl Template {
    pub(super) fn parse(
        template: Cow<'static, str>,
        tokens: Tokens<'_>,
    ) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = &*template;
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
        let covering = parts.iter().filter(|part| part.covers_body()).count();
        if covering > 1 || (covering == 0 && !tokens.may_lack_body) {
            return Err(TemplateError::Body);
        }
        Ok(Self {
            elements: elements(parts, tokens)?,
            text: template,
        })
    }

    /// `{body}`.
    #[cfg(feature = "diagnose")]
    pub(super) fn body_alone() -> Self {
        Self {
            text: "{body}".into(),
            elements: vec![Element {
                part: Part::Body,
                separator: None,
            }],
        }
    }

    /// The same with another part in the place of one.
    #[cfg(feature = "testing")]
    pub(crate) fn with(&self, old: &Part, new: &Part) -> Self {
        let mut this = self.clone();
        for element in &mut this.elements {
            if element.part == *old {
                element.part = new.clone();
            }
        }
        this
    }

    /// The text that it was made of.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn has(&self, is: impl Fn(&Part) -> bool) -> bool {
        self.elements.iter().any(|element| is(&element.part))
    }

    pub(crate) fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// What is found or computed once the body is there, in order.
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

    /// Whether the body is all that is missing once the head is there.
    pub(crate) fn can_stream(&self) -> bool {
        self.derived().next().is_none() && self.covers_body()
    }

    pub(crate) fn covers_body(&self) -> bool {
        self.has(Part::covers_body)
    }

    /// Whether what is at `place` is part of the text.
    pub(super) fn covers(&self, place: &Place) -> bool {
        (place.is_in_body() && self.covers_body())
            || self.has(|part| match (part, place) {
                (Part::Header(part), Place::Header(name)) => part == name,
                (Part::Derived(derived), _) => derived.holds(place),
                _ => false,
            })
    }
}

/// Finds what says where each part ends (before the body) or begins (after it).
fn elements(parts: Vec<Part>, tokens: Tokens<'_>) -> Result<Vec<Element>, TemplateError> {
    // Where nothing holds the body, the last part has no neighbour to be told from.
    let body = parts
        .iter()
        .position(Part::covers_body)
        .or_else(|| parts.iter().rposition(|part| !part.is_literal()));
    let mut separators = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let (beside, after) = match body {
            Some(body) if at < body => (parts.get(at + 1), false),
            Some(body) if at > body => (parts.get(at - 1), true),
            _ => {
                separators.push(None);
                continue;
            }
        };
        // A path and a URL hold a slash whatever they are.
        let is_held = |beside: &&Part| {
            matches!(part, Part::Path | Part::Target | Part::Url)
                && matches!(beside, Part::Literal(literal) if **literal == *b"/")
        };
        separators.push(match (part, beside.filter(|beside| !is_held(beside))) {
            // A setting is no sender's to choose. The form of a timestamp, and the window, say where it ends. Not where its neighbour
            // does: the body may hold another timestamp.
            (Part::Literal(_) | Part::Setting(_) | Part::Timestamp, _) => None,
            (_, Some(Part::Literal(literal))) if after => Some(Separator::Before(literal.clone())),
            (_, Some(Part::Literal(literal))) => Some(Separator::After(literal.clone())),
            _ if tokens.may_be_ambiguous => None,
            _ => return Err(TemplateError::Ambiguous(part.name())),
        });
    }
    let elements = parts.into_iter().zip(separators);
    Ok(elements
        .map(|(part, separator)| Element { part, separator })
        .collect())
}

impl Separator {
    /// Whether the literal also is where it should not: in `value`, or half in it.
    ///
    /// Were it found there, the same signed text could be cut in another way.
    pub(crate) fn blurs(&self, value: &[u8]) -> bool {
        match self {
            Self::After(literal) => (0..value.len()).any(|at| {
                let tail = value.get(at..).unwrap_or_default();
                // Most of them are no part of it.
                if tail.first() != literal.first() {
                    return false;
                }
                let rest = literal.strip_prefix(tail);
                tail.starts_with(literal) || rest.is_some_and(|rest| literal.starts_with(rest))
            }),
            Self::Before(literal) => (1..=value.len()).any(|to| {
                let head = value.get(..to).unwrap_or_default();
                if head.last() != literal.last() {
                    return false;
                }
                let rest = literal.strip_suffix(head);
                head.ends_with(literal) || rest.is_some_and(|rest| literal.ends_with(rest))
            }),
        }
    }
}

impl Part {
    fn parse(token: &str, tokens: Tokens<'_>) -> Result<Self, TemplateError> {
        if let Some(name) = token.strip_prefix("header:") {
            let header: HeaderName = name
                .parse()
                .map_err(|_| TemplateError::HeaderName(name.into()))?;
            let timestamp =
                matches!(tokens.timestamp, Some(Place::Header(name)) if *name == header);
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
                Some(Place::Header(name)) => Ok(Self::Header(name.clone())),
                Some(place) => Derived::of(place)
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
    fn covers_body(&self) -> bool {
        match self {
            Self::Body => true,
            Self::Derived(derived) => derived.covers_body(),
            _ => false,
        }
    }

    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// What an error calls it.
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

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal).into_bytes().into()));
    }
}
