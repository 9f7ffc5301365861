use http::HeaderName;

/// The signed text, split at the body: what comes before it streams into the MAC at once, what
/// comes after waits for the end.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) before: Vec<Part>,
    pub(crate) after: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Header(HeaderName),
    Literal(Box<[u8]>),
    Method,
    Path,
    Timestamp,
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
            before,
            after: parts,
        })
    }

    pub(crate) fn has(&self, is: impl Fn(&Part) -> bool) -> bool {
        self.before.iter().chain(&self.after).any(is)
    }

    /// The parts before the body, each with the literal that ends it.
    pub(crate) fn before(&self) -> impl Iterator<Item = (&Part, Option<&[u8]>)> {
        let ends = self.before.iter().skip(1).map(Some).chain([None]);
        self.before
            .iter()
            .zip(ends.map(|next| next.and_then(Part::literal)))
    }

    /// The parts after the body, each with the literal that begins it.
    pub(crate) fn after(&self) -> impl Iterator<Item = (&Part, Option<&[u8]>)> {
        let starts = [None].into_iter().chain(self.after.iter().map(Some));
        self.after
            .iter()
            .zip(starts.map(|previous| previous.and_then(Part::literal)))
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
