use std::borrow::Cow;

use http::HeaderName;

/// The signed text, split at the body, which may stream between the two halves.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) before: Vec<Piece>,
    pub(crate) after: Vec<Piece>,
}

/// A part, and the literal between it and the body, if a value could hold that literal.
#[derive(Debug)]
pub(crate) struct Piece {
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
    Body,
    Brace,
    HeaderName(String),
    Id,
    Token(String),
}

impl Template {
    /// Reads a template; `{id}` stands for the value of `id_header`.
    pub(super) fn parse(text: &str, id_header: Option<&HeaderName>) -> Result<Self, TemplateError> {
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
                parts.push(Part::parse(token, id_header)?);
            }
        }
        literal.push_str(rest);
        flush(&mut literal, &mut parts);
        if bodies != 1 {
            return Err(TemplateError::Body);
        }
        Ok(Self {
            before: pieces(before, false),
            after: pieces(parts, true),
        })
    }

    pub(crate) fn has(&self, is: impl Fn(&Part) -> bool) -> bool {
        let pieces = self.before.iter().chain(&self.after);
        pieces.map(|piece| &piece.part).any(is)
    }
}

/// Finds each part's separator, on the side of the body.
fn pieces(parts: Vec<Part>, after: bool) -> Vec<Piece> {
    let literals: Vec<_> = parts
        .iter()
        .map(|part| part.literal().map(Box::from))
        .collect();
    let beside = |at: usize| literals.get(if after { at.checked_sub(1)? } else { at + 1 });
    let separator = |at| {
        let literal = beside(at)?.clone()?;
        Some(if after {
            Separator::Before(literal)
        } else {
            Separator::After(literal)
        })
    };
    let piece = |(at, part): (usize, Part)| {
        // The form of a timestamp alone says where it ends.
        let fixed = matches!(part, Part::Literal(_) | Part::Timestamp);
        Piece {
            separator: if fixed { None } else { separator(at) },
            part,
        }
    };
    parts.into_iter().enumerate().map(piece).collect()
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
    fn parse(token: &str, id_header: Option<&HeaderName>) -> Result<Self, TemplateError> {
        if let Some(name) = token.strip_prefix("header:") {
            let header = name
                .parse()
                .map_err(|_| TemplateError::HeaderName(name.into()))?;
            return Ok(Self::Header(header));
        }
        match token {
            "id" => id_header
                .cloned()
                .map(Self::Header)
                .ok_or(TemplateError::Id),
            "method" => Ok(Self::Method),
            "path" => Ok(Self::Path),
            "timestamp" => Ok(Self::Timestamp),
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
        }
    }

    fn literal(&self) -> Option<&[u8]> {
        match self {
            Self::Literal(text) => Some(text),
            _ => None,
        }
    }
}

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal).into_bytes().into()));
    }
}
