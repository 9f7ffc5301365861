use std::borrow::Cow;

use http::HeaderName;

/// The signed text, split at the body, which may stream between the two halves.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) before: Vec<Element>,
    pub(crate) after: Vec<Element>,
}

/// A part, and the literal beside it towards the body, if a value could hold that literal.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) part: Part,
    pub(crate) separator: Option<Separator>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Header(HeaderName),
    Literal(Box<[u8]>),
    Method,
    Path,
    Timestamp,
    Url,
}

/// A literal that says where a value ends, or begins.
#[derive(Debug)]
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
    pub(super) id_header: Option<&'n HeaderName>,
    pub(super) timestamp_header: Option<&'n HeaderName>,
    pub(super) may_be_ambiguous: bool,
}

impl Template {
    pub(super) fn parse(text: &str, tokens: Tokens<'_>) -> Result<Self, TemplateError> {
        let mut before = Vec::new();
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut bodies = 0;
        let mut rest = text;
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
            if token == "body" {
                bodies += 1;
                before = std::mem::take(&mut parts);
            } else {
                parts.push(Part::parse(token, tokens)?);
            }
        }
        literal.push_str(rest);
        flush(&mut literal, &mut parts);
        if bodies != 1 {
            return Err(TemplateError::Body);
        }
        Ok(Self {
            before: elements(before, false, tokens)?,
            after: elements(parts, true, tokens)?,
        })
    }

    pub(crate) fn has(&self, is: impl Fn(&Part) -> bool) -> bool {
        self.elements().map(|element| &element.part).any(is)
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.before.iter().chain(&self.after)
    }
}

/// Finds what says where each part ends (before the body) or begins (after it).
fn elements(
    mut parts: Vec<Part>,
    after: bool,
    tokens: Tokens<'_>,
) -> Result<Vec<Element>, TemplateError> {
    // Seen from the body, the halves mirror each other.
    if !after {
        parts.reverse();
    }
    let mut elements: Vec<Element> = Vec::with_capacity(parts.len());
    for part in parts {
        let beside = elements.last().map(|element| &element.part);
        // A path and a URL hold a slash whatever they are.
        let is_held = |beside: &&Part| {
            matches!(part, Part::Path | Part::Url)
                && matches!(beside, Part::Literal(literal) if **literal == *b"/")
        };
        let beside = beside.filter(|beside| !is_held(beside));
        let separator = match (&part, beside) {
            // The form of a timestamp, and the window, say where it ends. Not where its neighbour
            // does: the body may hold another timestamp.
            (Part::Literal(_) | Part::Timestamp, _) => None,
            (_, Some(Part::Literal(literal))) if after => Some(Separator::Before(literal.clone())),
            (_, Some(Part::Literal(literal))) => Some(Separator::After(literal.clone())),
            _ if tokens.may_be_ambiguous => None,
            _ => return Err(TemplateError::Ambiguous(part.name())),
        };
        elements.push(Element { part, separator });
    }
    if !after {
        elements.reverse();
    }
    Ok(elements)
}

impl Separator {
    /// Whether the literal also is where it should not: in `value`, or half in it.
    ///
    /// Were it found there, the same signed text could be cut in another way.
    pub(crate) fn blurs(&self, value: &[u8]) -> bool {
        match self {
            Self::After(literal) => (0..value.len()).any(|at| {
                let tail = value.get(at..).unwrap_or_default();
                let rest = literal.strip_prefix(tail);
                tail.starts_with(literal) || rest.is_some_and(|rest| literal.starts_with(rest))
            }),
            Self::Before(literal) => (1..=value.len()).any(|to| {
                let head = value.get(..to).unwrap_or_default();
                let rest = literal.strip_suffix(head);
                head.ends_with(literal) || rest.is_some_and(|rest| literal.ends_with(rest))
            }),
        }
    }
}

impl Part {
    fn parse(token: &str, tokens: Tokens<'_>) -> Result<Self, TemplateError> {
        if let Some(name) = token.strip_prefix("header:") {
            let header = name
                .parse()
                .map_err(|_| TemplateError::HeaderName(name.into()))?;
            return Ok(if tokens.timestamp_header == Some(&header) {
                Self::Timestamp
            } else {
                Self::Header(header)
            });
        }
        match token {
            "id" => {
                let header = tokens.id_header.cloned();
                header.map(Self::Header).ok_or(TemplateError::Id)
            }
            "method" => Ok(Self::Method),
            "path" => Ok(Self::Path),
            "timestamp" => Ok(Self::Timestamp),
            "url" => Ok(Self::Url),
            _ => Err(TemplateError::Token(token.into())),
        }
    }

    /// What an error calls it.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Header(name) => name.to_string().into(),
            Self::Literal(_) => "literal".into(),
            Self::Method => "method".into(),
            Self::Path => "path".into(),
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
