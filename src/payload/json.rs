//! Finds and changes members of JSON bodies. A body that two parsers could read differently is
//! rejected.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Malformed;

const JSON: Malformed = Malformed("JSON with this member exactly once");

/// The text of a member: the contents of a string, or a number or boolean as it is written. `None`
/// if the member is missing or `null`.
///
/// Names are joined by dots, and a number selects an item of a list. The body is rejected if a name
/// on the path appears twice, because another parser may use the other member.
pub(crate) fn field(body: &[u8], path: &str) -> Result<Option<String>, Malformed> {
    raw(body, path)?.map_or(Ok(None), text)
}

/// The text of a value: the contents of a string, or a number or boolean as it is written. `None`
/// for `null`.
pub(crate) fn text(value: &RawValue) -> Result<Option<String>, Malformed> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => {
            let text: Cow<'_, str> = serde_json::from_str(text).map_err(|_| JSON)?;
            Ok(Some(text.into_owned()))
        }
        Some(b'n') => Ok(None),
        Some(b'{' | b'[') | None => Err(JSON),
        Some(_) => Ok(Some(text.to_owned())),
    }
}

/// The maximum number of items that are signed separately. Each item takes some hundred bytes of
/// memory, and the body is not verified yet.
const MOST: usize = 1024;

/// The items of the list at `path`, as they are written. There must be at least one.
pub(crate) fn items<'b>(body: &'b [u8], path: &str) -> Result<Vec<&'b [u8]>, Malformed> {
    const LIST: Malformed = Malformed("JSON with a list of 1 to 1024 items");
    let list = raw(body, path)?.ok_or(LIST)?.get();
    let mut json = serde_json::Deserializer::from_str(list);
    let items = json.deserialize_seq(Items).map_err(|_| LIST)?;
    if items.is_empty() {
        return Err(LIST);
    }
    Ok(items)
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<&'de RawValue>()? {
            if items.len() == MOST {
                return Err(serde::de::Error::custom("too many items"));
            }
            items.push(item.get().as_bytes());
        }
        Ok(items)
    }
}

/// A member as it is written.
pub(crate) fn raw<'b>(body: &'b [u8], path: &str) -> Result<Option<&'b RawValue>, Malformed> {
    let path = (!path.is_empty()).then_some(path);
    find(body, Find { path, splits: true })
}

/// The member of the outermost object with this name, as it is written. A dot in the name is part
/// of the name.
pub(crate) fn member<'b>(body: &'b [u8], name: &str) -> Result<Option<&'b RawValue>, Malformed> {
    find(
        body,
        Find {
            path: Some(name),
            splits: false,
        },
    )
}

fn find<'b>(body: &'b [u8], wanted: Find<'_>) -> Result<Option<&'b RawValue>, Malformed> {
    // `from_slice` does not check the encoding of the strings that `Find` skips.
    let body = std::str::from_utf8(body).map_err(|_| JSON)?;
    let mut json = serde_json::Deserializer::from_str(body);
    let found = wanted.deserialize(&mut json).map_err(|_| JSON)?;
    json.end().map_err(|_| JSON)?;
    Ok(found)
}

/// Sets the value at the end of a path. The new value is a number if the old one was a number, and
/// a string otherwise. The rest of the JSON stays as it is written.
pub(crate) fn set(body: &[u8], path: &str, value: &str) -> Result<Vec<u8>, Malformed> {
    let old = raw(body, path)?.map(RawValue::get).unwrap_or_default();
    let was_number = old.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if was_number && serde_json::from_str::<u64>(value).is_ok() {
        write(body, path, value)
    } else {
        write(body, path, &quoted(value))
    }
}

fn write(body: &[u8], path: &str, value: &str) -> Result<Vec<u8>, Malformed> {
    const OBJECT: Malformed = Malformed("a JSON object");
    if let Some(old) = raw(body, path)? {
        let start = old.get().as_ptr().addr() - body.as_ptr().addr();
        return splice(body, start, old.get().len(), value).ok_or(OBJECT);
    }
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let name = quoted(name);
    let Some(parent) = raw(body, parent)? else {
        return write(body, parent, &format!("{{{name}:{value}}}"));
    };
    let members = parent.get().strip_prefix('{').ok_or(OBJECT)?;
    let more = if members.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    let start = members.as_ptr().addr() - body.as_ptr().addr();
    splice(body, start, 0, &format!("{name}:{value}{more}")).ok_or(OBJECT)
}

/// Replaces `len` bytes by `new`.
fn splice(body: &[u8], start: usize, len: usize, new: &str) -> Option<Vec<u8>> {
    let (before, after) = (body.get(..start)?, body.get(start + len..)?);
    Some([before, new.as_bytes(), after].concat())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Finds the value at the end of a path.
#[derive(Clone, Copy)]
struct Find<'p> {
    /// `None` at the end of the path.
    path: Option<&'p str>,
    /// Whether a dot separates two names. If not, the path is one name.
    splits: bool,
}

impl<'p> Find<'p> {
    /// The first name of the path, and the rest of it.
    fn split(self) -> (&'p str, Self) {
        let path = self.path.unwrap_or_default();
        let (name, path) = match path.split_once('.').filter(|_| self.splits) {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        (name, Self { path, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        if self.path.is_none() {
            let raw = serde::Deserialize::deserialize(json)?;
            Ok(Some(raw))
        } else {
            json.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (name, rest) = self.split();
        let mut found = None;
        let mut is_there = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key != name {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if std::mem::replace(&mut is_there, true) {
                return Err(serde::de::Error::custom("a name appears twice"));
            }
            found = map.next_value_seed(rest)?;
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (index, rest) = self.split();
        let index: Option<usize> = index.parse().ok();
        let mut found = None;
        let mut at = 0;
        loop {
            let more = if Some(at) == index {
                let value = list.next_element_seed(rest)?;
                value.map(|value| found = value).is_some()
            } else {
                list.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                return Ok(found);
            }
            at += 1;
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}
