//! Changes to a delivery that an attacker can make without the keys.

use tower_webhook::scheme::{Encoding, Location};

use crate::{
    cut,
    extension::extend,
    input::{Input, InputWriter},
    message::Message,
    parts::tokens,
    rig::Rig,
};

/// The changes, by the byte that selects them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    SpliceBody,
    FlipBody,
    SpliceHeader,
    RemoveHeader,
    RepeatHeader,
    AddHeader,
    SpliceTarget,
    Method,
    Move,
    ListItem,
    Spelling,
    Extension,
    SwapHeaders,
    CutAgain,
    WhiteSpace,
    UpperCase,
    FieldToQuery,
    Trailing,
}

pub const ALL: &[Change] = &[
    Change::SpliceBody,
    Change::FlipBody,
    Change::SpliceHeader,
    Change::RemoveHeader,
    Change::RepeatHeader,
    Change::AddHeader,
    Change::SpliceTarget,
    Change::Method,
    Change::Move,
    Change::ListItem,
    Change::Spelling,
    Change::Extension,
    Change::SwapHeaders,
    Change::CutAgain,
    Change::WhiteSpace,
    Change::UpperCase,
    Change::FieldToQuery,
    Change::Trailing,
];

const METHODS: &[&str] = &[
    "POST", "GET", "HEAD", "PUT", "OPTIONS", "DELETE", "CONNECT", "TRACE", "PATCH", "post", "X",
];

/// Names of headers that verification or a proxy may read.
const NAMES: &[&str] = &[
    "content-type",
    "content-encoding",
    "connection",
    "host",
    "forwarded",
    "x-forwarded-host",
    "x-http-method-override",
    "x-original-url",
];

/// Characters that separate the items of a list of signatures.
const SEPARATORS: &[u8] = b", ;&|";

impl Change {
    /// Writes the part of a seed that selects this change of the genuine delivery.
    ///
    /// # Panics
    ///
    /// Panics if the change is not in [`ALL`].
    #[must_use]
    pub fn seed(self) -> InputWriter {
        let at = ALL.iter().position(|it| *it == self).expect("a change");
        InputWriter::default().byte(1).pick(at, ALL.len())
    }

    pub fn read(input: &mut Input<'_>) -> Self {
        ALL[input.pick(ALL.len())]
    }

    /// Changes a request; `None` if the request has nothing to change in this way.
    pub fn apply(self, rig: &Rig, message: &mut Message, input: &mut Input<'_>) -> Option<()> {
        match self {
            Self::SpliceBody => splice(&mut message.body, input),
            Self::FlipBody => {
                let at = input.position(message.body.len().checked_sub(1)?);
                message.body[at] ^= 1 << (input.byte() % 8);
            }
            Self::SpliceHeader => splice(value(message, input)?, input),
            Self::RemoveHeader => {
                let at = input.pick(message.headers.len());
                (at < message.headers.len()).then(|| message.headers.remove(at))?;
            }
            Self::RepeatHeader => {
                let at = input.pick(message.headers.len());
                let mut copy = message.headers.get(at)?.clone();
                if input.flag() {
                    splice(&mut copy.1, input);
                }
                let to = input.position(message.headers.len());
                message.headers.insert(to, copy);
            }
            Self::AddHeader => {
                let locations = rig.scheme.signature_locations().iter().cloned();
                let locations = locations.chain(rig.scheme.signed_locations());
                let locations = locations.chain(rig.scheme.id_location().cloned());
                let mut names: Vec<_> = locations
                    .filter_map(|location| match location {
                        Location::Header(name) => Some(name.to_string()),
                        _ => None,
                    })
                    .collect();
                names.extend(NAMES.iter().map(|name| (*name).to_owned()));
                let name = names[input.pick(names.len())].clone();
                message.headers.push((name, input.bytes().to_vec()));
            }
            Self::SpliceTarget => {
                let mut target = message.target.clone().into_bytes();
                splice(&mut target, input);
                message.target = String::from_utf8(target).ok()?;
            }
            Self::Method => message.method = METHODS[input.pick(METHODS.len())].into(),
            Self::Move => move_bytes(message, input)?,
            Self::ListItem => list_item(rig, message, input)?,
            Self::Spelling => spelling(message, input)?,
            Self::Extension => extension(rig, message, input.bytes())?,
            Self::SwapHeaders => {
                let (one, two) = (
                    input.pick(message.headers.len()),
                    input.pick(message.headers.len()),
                );
                let first = message.headers.get(one)?.1.clone();
                let second = std::mem::replace(&mut message.headers.get_mut(two)?.1, first);
                message.headers[one].1 = second;
            }
            Self::CutAgain => {
                let texts: Vec<_> = rig.scheme.messages().collect();
                let tokens = tokens(texts.get(input.pick(texts.len()))?, &rig.scheme);
                let mut choices = Input::new(input.bytes());
                *message = cut::recut(message, rig, &tokens, &mut choices)?;
            }
            Self::WhiteSpace => {
                let space = [" ", "\t", "\n", "\r\n", "\u{feff}", "\0", "\u{a0}"][input.pick(7)];
                let at = if input.flag() { message.body.len() } else { 0 };
                message.body.splice(at..at, space.bytes());
            }
            Self::UpperCase => value(message, input)?.make_ascii_uppercase(),
            Self::FieldToQuery => {
                let text = String::from_utf8(message.body.clone()).ok()?;
                let mark = if message.target.contains('?') {
                    "&"
                } else {
                    "?"
                };
                if input.flag() {
                    message.target = message.target.clone() + mark + &text;
                    message.body.clear();
                } else {
                    let (path, query) = message.target.split_once('?')?;
                    message.body = query.into();
                    message.target = path.into();
                }
            }
            Self::Trailing => {
                // Fields or members that repeat those of the body.
                let body = message.body.clone();
                let mark = if input.flag() { &b"&"[..] } else { b"," };
                message.body.extend_from_slice(mark);
                message
                    .body
                    .extend_from_slice(&body[input.position(body.len())..]);
            }
        }
        Some(())
    }
}

fn value<'m>(message: &'m mut Message, input: &mut Input<'_>) -> Option<&'m mut Vec<u8>> {
    let at = input.pick(message.headers.len());
    message.headers.get_mut(at).map(|(_, value)| value)
}

/// Replaces some bytes.
fn splice(text: &mut Vec<u8>, input: &mut Input<'_>) {
    let start = input.position(text.len());
    let end = text.len().min(start + usize::from(input.byte()));
    text.splice(start..end, input.bytes().iter().copied());
}

/// Moves bytes from the end of one part to the beginning of another, or the reverse.
fn move_bytes(message: &mut Message, input: &mut Input<'_>) -> Option<()> {
    let count = message.headers.len() + 2;
    let (from, to) = (input.pick(count), input.pick(count));
    let len = usize::from(input.byte());
    let from_end = input.flag();
    let to_end = input.flag();
    let read = |message: &Message, at: usize| match at {
        0 => Some(message.body.clone()),
        1 => Some(message.target.clone().into_bytes()),
        at => message.headers.get(at - 2).map(|(_, value)| value.clone()),
    };
    let write = |message: &mut Message, at: usize, value: Vec<u8>| {
        match at {
            0 => message.body = value,
            1 => message.target = String::from_utf8(value).ok()?,
            at => message.headers.get_mut(at - 2)?.1 = value,
        }
        Some(())
    };
    let mut source = read(message, from)?;
    let len = len.min(source.len());
    let start = if from_end { source.len() - len } else { 0 };
    let moved: Vec<_> = source.drain(start..start + len).collect();
    write(message, from, source)?;
    let mut target = read(message, to)?;
    let at = if to_end { target.len() } else { 0 };
    target.splice(at..at, moved);
    write(message, to, target)
}

/// Removes, repeats, damages or moves one item of a list of signatures.
fn list_item(rig: &Rig, message: &mut Message, input: &mut Input<'_>) -> Option<()> {
    let locations = rig.scheme.signature_locations();
    let location = locations.get(input.pick(locations.len()))?;
    let text = match location {
        Location::Header(name) => message.header(name.as_str())?.to_vec(),
        Location::Form(_) | Location::Json(_) => message.body.clone(),
        _ => message.target.clone().into_bytes(),
    };
    let start = match location {
        Location::Form(name) | Location::Query(name) => {
            let mark = format!("{name}=").into_bytes();
            text.windows(mark.len()).position(|it| it == mark)? + mark.len()
        }
        Location::Json(path) => {
            let mark = path.rsplit('.').next()?.as_bytes();
            let name = text.windows(mark.len()).position(|it| it == mark)? + mark.len() + 1;
            name + text[name..].iter().position(|byte| *byte == b'"')? + 1
        }
        _ => 0,
    };
    // Forms escape the separators.
    let is_end = |at: usize| {
        let rest = &text[at..];
        rest.first()
            .is_some_and(|byte| SEPARATORS.contains(byte) || *byte == b'"')
            || [&b"%7C"[..], b"%26", b"%2C", b"%20"]
                .iter()
                .any(|it| rest.starts_with(it))
    };
    let mut ends: Vec<_> = (start..text.len()).filter(|at| is_end(*at)).collect();
    ends.push(text.len());
    let at = input.pick(ends.len());
    let begin = if at == 0 { start } else { ends[at - 1] };
    let end = ends[at];
    let item = text[begin..end].to_vec();
    let mut changed = text;
    match input.pick(4) {
        0 => drop(changed.drain(begin..end)),
        1 => drop(changed.splice(end..end, item)),
        2 => {
            let at = begin + input.pick(end - begin);
            let byte = changed.get_mut(at)?;
            *byte = if *byte == b'1' { b'2' } else { b'1' };
        }
        _ => {
            changed.drain(begin..end);
            changed.splice(start..start, item);
        }
    }
    match location {
        Location::Header(name) => message.set_header(name.as_str(), &changed),
        Location::Form(_) | Location::Json(_) => message.body = changed,
        _ => message.target = String::from_utf8(changed).ok()?,
    }
    Some(())
}

/// Spells one character of the body or the target in another way.
fn spelling(message: &mut Message, input: &mut Input<'_>) -> Option<()> {
    let is_body = input.flag();
    let mut text = if is_body {
        message.body.clone()
    } else {
        message.target.clone().into_bytes()
    };
    let kind = input.pick(8);
    let at = input.position(text.len().checked_sub(1)?);
    let rest = &text[at..];
    let (len, new): (usize, Vec<u8>) = match kind {
        // Forms and URLs.
        0 => (1, format!("%{:02X}", rest[0]).into_bytes()),
        1 => (1, format!("%{:02x}", rest[0]).into_bytes()),
        2 => {
            let at = rest.iter().position(|byte| *byte == b'%')?;
            let hex = std::str::from_utf8(rest.get(at + 1..at + 3)?).ok()?;
            let byte = u8::from_str_radix(hex, 16).ok()?;
            (at + 3, [&rest[..at], &[byte]].concat())
        }
        3 => {
            let at = rest.iter().position(|byte| *byte == b'+')?;
            (at + 1, [&rest[..at], b"%20"].concat())
        }
        // JSON.
        4 => (1, format!("\\u{:04x}", rest[0]).into_bytes()),
        5 | 6 => {
            let at = rest.windows(2).position(|it| it == b"\\u")?;
            let hex = std::str::from_utf8(rest.get(at + 2..at + 6)?).ok()?;
            let character = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
            let start = if kind == 6 && at > 0 { at - 1 } else { at };
            (
                at + 6,
                [&rest[..start], character.to_string().as_bytes()].concat(),
            )
        }
        // One backslash of two.
        _ => {
            let at = rest.windows(2).position(|it| it == b"\\\\")?;
            (at + 2, [&rest[..at], b"\\"].concat())
        }
    };
    text.splice(at..at + len, new);
    if is_body {
        message.body = text;
    } else {
        message.target = String::from_utf8(text).ok()?;
    }
    Some(())
}

/// Applies a length extension to the body and the signature.
fn extension(rig: &Rig, message: &mut Message, suffix: &[u8]) -> Option<()> {
    let (Location::Header(header), Encoding::Hex) = (
        rig.scheme.signature_locations().first()?,
        rig.scheme.encoding(),
    ) else {
        return None;
    };
    let digest = const_hex::decode(message.header(header.as_str())?).ok()?;
    let text = rig.scheme.messages().next()?;
    let base = rig.base.len();
    let mut len = rig.secret_len;
    for token in tokens(text, &rig.scheme) {
        len += token.value(message, &rig.scheme)?.len();
        len += if token.name() == "url" { base } else { 0 };
    }
    let (appended, digest) = extend(digest.try_into().ok()?, len, suffix);
    message.body.extend_from_slice(&appended);
    message.set_header(header.as_str(), const_hex::encode(digest).as_bytes());
    Some(())
}
