//! The parts of a signed text, read from a request without the code of the crate.

use percent_encoding::percent_decode;
use serde_json::Value;
use tower_webhook::scheme::{Location, Scheme, TimestampFormat};

use crate::message::Message;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Literal(Vec<u8>),
    Timestamp,
    Id,
    /// `body`, `url`, `header:NAME`, and so on.
    Other(String),
}

/// The parts of a template.
#[must_use]
pub fn tokens(template: &str, scheme: &Scheme) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut literal = Vec::new();
    let mut rest = template;
    while let Some(first) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            literal.extend_from_slice(first.to_string().as_bytes());
            rest = tail;
        } else if let Some((name, tail)) = rest.strip_prefix('{').and_then(|it| it.split_once('}'))
        {
            if !literal.is_empty() {
                tokens.push(Token::Literal(std::mem::take(&mut literal)));
            }
            tokens.push(token(name, scheme));
            rest = tail;
        } else {
            literal.extend_from_slice(first.to_string().as_bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    if !literal.is_empty() {
        tokens.push(Token::Literal(literal));
    }
    tokens
}

fn token(name: &str, scheme: &Scheme) -> Token {
    let is_at = |location: Option<&Location>| match (location, name.strip_prefix("header:")) {
        (Some(Location::Header(header)), Some(name)) => header.as_str().eq_ignore_ascii_case(name),
        _ => false,
    };
    match name {
        "timestamp" => Token::Timestamp,
        "id" => Token::Id,
        _ if is_at(scheme.timestamp_location()) => Token::Timestamp,
        _ if is_at(scheme.id_location()) => Token::Id,
        _ => Token::Other(name.to_owned()),
    }
}

impl Token {
    /// The name that the list of leniencies uses.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Literal(_) => "",
            Self::Timestamp => "timestamp",
            Self::Id => "id",
            Self::Other(name) => name,
        }
    }

    /// The value in a request; `None` if it is missing or if only a canonicaliser knows it.
    #[must_use]
    pub fn value(&self, message: &Message, scheme: &Scheme) -> Option<Vec<u8>> {
        match self {
            Self::Literal(text) => Some(text.clone()),
            Self::Timestamp => at(message, scheme.timestamp_location()?),
            Self::Id => at(message, scheme.id_location()?),
            Self::Other(name) => match (name.as_str(), name.split_once(':')) {
                ("body" | "sha256" | "sha256_base64" | "sha256_base64url" | "md5", _) => {
                    Some(message.body.clone())
                }
                ("method", _) => Some(message.method.clone().into_bytes()),
                ("path", _) => Some(message.path().as_bytes().to_vec()),
                ("target" | "url" | "url_sha256", _) => Some(message.target.clone().into_bytes()),
                (_, Some(("header", name))) => message.header(name).map(<[u8]>::to_vec),
                (_, Some(("query", name))) => field(message.query().as_bytes(), name),
                (_, Some(("form", name))) => field(&message.body, name),
                (_, Some(("json", path))) => member(&message.body, path),
                // The operator chooses settings.
                (_, Some(("setting", _))) => Some(Vec::new()),
                _ => None,
            },
        }
    }

    /// Writes a value that takes up a whole place.
    pub fn write(&self, message: &mut Message, scheme: &Scheme, value: &[u8]) -> Option<()> {
        let text = || String::from_utf8(value.to_vec()).ok();
        match self {
            Self::Literal(_) => Some(()),
            Self::Timestamp => write_at(message, scheme.timestamp_location()?, value),
            Self::Id => write_at(message, scheme.id_location()?, value),
            Self::Other(name) => {
                match (name.as_str(), name.split_once(':')) {
                    ("body", _) => message.body = value.to_vec(),
                    ("method", _) => message.method = text()?,
                    ("path", _) => {
                        let query = message.target.split_once('?').map(|(_, query)| query);
                        let query = query.map_or(String::new(), |query| format!("?{query}"));
                        message.target = text()? + &query;
                    }
                    ("target" | "url", _) => message.target = text()?,
                    (_, Some(("header", name))) => message.set_header(name, value),
                    _ => return None,
                }
                Some(())
            }
        }
    }
}

fn at(message: &Message, location: &Location) -> Option<Vec<u8>> {
    match location {
        Location::Header(name) => message.header(name.as_str()).map(<[u8]>::to_vec),
        Location::Query(name) => field(message.query().as_bytes(), name),
        Location::Form(name) => field(&message.body, name),
        Location::Json(path) => member(&message.body, path),
        _ => None,
    }
}

fn write_at(message: &mut Message, location: &Location, value: &[u8]) -> Option<()> {
    match location {
        Location::Header(name) => message.set_header(name.as_str(), value),
        _ => return None,
    }
    Some(())
}

/// The fields of a form, decoded.
#[must_use]
pub fn fields(form: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decoded = |text: &[u8]| -> Vec<u8> {
        let text: Vec<_> = text
            .iter()
            .map(|it| if *it == b'+' { b' ' } else { *it })
            .collect();
        percent_decode(&text).collect()
    };
    let pieces = form
        .split(|byte| *byte == b'&')
        .filter(|piece| !piece.is_empty());
    let pairs = pieces.map(|piece| {
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let name = halves.next().unwrap_or_default();
        (decoded(name), decoded(halves.next().unwrap_or_default()))
    });
    pairs.collect()
}

fn field(form: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut fields = fields(form).into_iter();
    fields
        .find(|(own, _)| own == name.as_bytes())
        .map(|(_, value)| value)
}

/// A member of a JSON text: the contents of a string, or the text of another value.
#[must_use]
pub fn member(body: &[u8], path: &str) -> Option<Vec<u8>> {
    // The crate does not check the encoding of members that it skips.
    let mut value: &Value = &serde_json::from_str(&String::from_utf8_lossy(body)).ok()?;
    for name in path.split('.') {
        value = match value {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?)?,
            other => other.get(name)?,
        };
    }
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone().into_bytes()),
        other => Some(other.to_string().into_bytes()),
    }
}

/// The positions where a timestamp that starts the text may end.
#[must_use]
pub fn timestamp_ends(text: &[u8], unit: Option<TimestampFormat>) -> Vec<usize> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match unit {
        Some(TimestampFormat::Seconds) => [10].into_iter().filter(|it| *it <= digits).collect(),
        Some(TimestampFormat::Milliseconds) => {
            [13].into_iter().filter(|it| *it <= digits).collect()
        }
        Some(_) if digits == 4 && text.get(4) == Some(&b'-') => {
            let is_inside = |byte: &u8| byte.is_ascii_digit() || b"-:.TtZz+".contains(byte);
            let len = text
                .iter()
                .take(40)
                .take_while(|byte| is_inside(byte))
                .count();
            (19..=len).collect()
        }
        _ => Vec::new(),
    }
}
