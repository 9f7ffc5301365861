//! The format of signature headers.

use std::borrow::Cow;

use super::SchemeErrorKind;
use crate::payload::JwsKind;

/// The format of the signatures in their header.
///
/// The constructors set what the layer reads. The `write_…` methods set what a
/// [`Signer`](crate::sign::Signer) writes, for formats that can be written in several ways.
#[derive(Clone, Debug)]
pub struct SignatureFormat {
    pub(super) kind: Kind,
    writing: Writing,
}

/// The form that a signer writes, if it differs from the default of the format.
#[derive(Clone, Copy, Debug)]
struct Writing {
    separator: Option<&'static str>,
    omits_prefix: bool,
    has_one_signature: bool,
    has_timestamp_last: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Plain,
    Prefixed {
        prefix: Cow<'static, str>,
    },
    /// A JSON web signature, alone or after a prefix.
    Jws {
        prefix: &'static str,
        kind: JwsKind,
    },
    /// A prefix, a name, a colon and the signature.
    Credentials {
        prefix: Cow<'static, str>,
    },
    List {
        /// Each of these characters separates items.
        items: &'static str,
        pair: u8,
        key: Cow<'static, str>,
    },
    Values {
        items: &'static str,
        /// Whether the first value is the timestamp.
        timed: bool,
    },
}

/// The key of a timestamp that has none, being the first of the values.
const FIRST: &str = "first";

impl SignatureFormat {
    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            writing: Writing {
                separator: None,
                omits_prefix: false,
                has_one_signature: false,
                has_timestamp_last: false,
            },
        }
    }

    /// Sets the text that a signer writes between the items of a list. It must consist of the
    /// separators of the list and spaces. Defaults to the first separator of the list.
    #[must_use]
    pub const fn write_separator(mut self, separator: &'static str) -> Self {
        self.writing.separator = Some(separator);
        self
    }

    /// Lets a signer write a [JSON web signature](Self::jws) without its prefix. By default, a
    /// signer writes the prefix.
    #[must_use]
    pub const fn write_without_prefix(mut self) -> Self {
        self.writing.omits_prefix = true;
        self
    }

    /// Lets a signer write one signature, with the current secret, for receivers that read only
    /// one. By default, a signer writes a signature for each secret into a list.
    #[must_use]
    pub const fn write_one_signature(mut self) -> Self {
        self.writing.has_one_signature = true;
        self
    }

    /// Lets a signer write the timestamp after the signatures of a list. By default, a signer
    /// writes it before them.
    #[must_use]
    pub const fn write_timestamp_last(mut self) -> Self {
        self.writing.has_timestamp_last = true;
        self
    }

    /// Creates the format of a header whose value is the signature.
    #[must_use]
    pub const fn plain() -> Self {
        Self::new(Kind::Plain)
    }

    /// Creates the format of a header whose value is `prefix`, followed by the signature:
    /// `sha256=…`, `v0=…`, `HMAC …`.
    #[must_use]
    pub fn prefixed(prefix: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Prefixed {
            prefix: prefix.into(),
        })
    }

    /// Creates the format of a list of `key=value` pairs: `t=1768478400,v1=…,v1=…`.
    ///
    /// Every value with the key `key` is a signature. A `key` that ends with `*` matches all keys
    /// with this start. [`timestamp_key`](super::SchemeBuilder::timestamp_key) sets the key of the
    /// timestamp. Other keys are ignored. A request with more than 16 signatures is rejected.
    ///
    /// ```
    /// use tower_webhook::scheme::{SignatureFormat, Scheme};
    ///
    /// # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
    /// let scheme = Scheme::builder("acme")
    ///     .signature_header("acme-signature")
    ///     .signature_format(SignatureFormat::key_values("v1"))
    ///     .timestamp_key("t")
    ///     .message("{timestamp}.{body}")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn key_values(key: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::List {
            items: ",",
            pair: b'=',
            key: key.into(),
        })
    }

    /// Creates the format of a list of pairs, like [`key_values`](Self::key_values), with other
    /// separators. Each character of `items` separates two pairs, and `pair` separates a key from
    /// its value. If `items` contains `pair`, the character also ends a pair: `v1,… , v1,…`.
    ///
    /// # Panics
    ///
    /// Panics if `pair` is not ASCII.
    #[must_use]
    pub const fn separated(key: &'static str, items: &'static str, pair: char) -> Self {
        assert!(pair.is_ascii(), "a separator is ASCII");
        Self::new(Kind::List {
            items,
            pair: pair as u8,
            key: Cow::Borrowed(key),
        })
    }

    /// Creates the format of a list of signatures without keys. Each character of `items` separates
    /// two signatures.
    #[must_use]
    pub const fn values(items: &'static str) -> Self {
        Self::new(Kind::Values {
            items,
            timed: false,
        })
    }

    /// Creates the format of a list like [`values`](Self::values), whose first value is the
    /// timestamp: `1768478400,…,…`.
    #[must_use]
    pub const fn timestamp_then_values(items: &'static str) -> Self {
        Self::new(Kind::Values { items, timed: true })
    }

    /// Creates the format of a header whose value is `prefix`, a name without a colon, a colon and
    /// the signature: `Application key:…`. The name is ignored.
    #[must_use]
    pub fn credentials(prefix: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Credentials {
            prefix: prefix.into(),
        })
    }

    /// Creates the format of a list of `version,value` pairs: `v1,… v1,… v1a,…`. Every value with
    /// the version `version` is a signature. Other versions are ignored. A request with more than
    /// 16 signatures is rejected.
    #[must_use]
    pub fn versions(version: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::List {
            items: " ",
            pair: b',',
            key: version.into(),
        })
    }

    /// Creates the format of a JSON web signature in compact form ([RFC 7515]), alone or after
    /// `prefix`, such as `Bearer `. `prefix` may be empty.
    ///
    /// - The `alg` of the token must be the scheme's algorithm.
    /// - The [claims](super::SchemeBuilder::claim) contain the values that the token proves.
    /// - The signed text is the first two parts of the token. The
    ///   [`message`](super::SchemeBuilder::message) and the encoding of the scheme have no effect.
    ///
    /// ```
    /// use tower_webhook::scheme::{SignatureFormat, Location, Scheme};
    ///
    /// # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
    /// let scheme = Scheme::builder("acme")
    ///     .signature_header("authorization")
    ///     .signature_format(SignatureFormat::jws("Bearer "))
    ///     .claim("iss", "acme")
    ///     .claim("body_sha256", "{sha256}")
    ///     .timestamp(Location::claim("iat"))
    ///     .build()?;
    /// assert!(scheme.body_is_signed());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [RFC 7515]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
    #[doc(alias = "jwt")]
    #[must_use]
    pub const fn jws(prefix: &'static str) -> Self {
        Self::new(Kind::Jws {
            prefix,
            kind: JwsKind::Attached,
        })
    }

    /// Creates the format of a JSON web signature whose payload is not sent ([RFC 7515, appendix
    /// F]). It has no claims. In the [message](super::SchemeBuilder::message), `{jws}` is the first
    /// part of the signature. A dot and the payload must follow it, and a canonicaliser must encode
    /// the payload.
    ///
    /// [RFC 7515, appendix F]: https://www.rfc-editor.org/rfc/rfc7515#appendix-F
    #[must_use]
    pub const fn detached_jws() -> Self {
        Self::new(Kind::Jws {
            prefix: "",
            kind: JwsKind::Detached,
        })
    }

    /// The kind of JSON web signature, if the format is one.
    pub(crate) fn jws_kind(&self) -> Option<JwsKind> {
        match self.kind {
            Kind::Jws { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// Whether the key's name is sent with the signature.
    pub(crate) fn has_key_name(&self) -> bool {
        match &self.kind {
            Kind::Credentials { .. } => true,
            Kind::List { key, .. } => key == "*",
            _ => false,
        }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List { .. })
    }

    /// The key of the timestamp, if the format itself has a place for one.
    pub(super) fn own_timestamp_key(&self) -> Option<&'static str> {
        matches!(self.kind, Kind::Values { timed: true, .. }).then_some(FIRST)
    }

    /// Rejects a prefix or key that cannot occur in a header.
    pub(super) fn check(&self) -> Result<(), SchemeErrorKind> {
        self.check_writing()?;
        match &self.kind {
            Kind::Prefixed { prefix } | Kind::Credentials { prefix }
                if prefix.is_empty() || !is_visible(prefix) =>
            {
                Err(SchemeErrorKind::InvalidPrefix {
                    prefix: prefix.clone(),
                })
            }
            Kind::List { key, .. } if !self.can_have_key(key) => {
                Err(SchemeErrorKind::InvalidKey { key: key.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Rejects a `write_…` method that would be ignored.
    fn check_writing(&self) -> Result<(), SchemeErrorKind> {
        const NO_LIST: &str = "the format is not a list";
        let no_effect = |setting, reason| SchemeErrorKind::NoEffect { setting, reason };
        let Writing {
            separator,
            omits_prefix,
            has_one_signature,
            has_timestamp_last,
        } = self.writing;
        let items = match &self.kind {
            Kind::List { items, .. } | Kind::Values { items, .. } => Some(*items),
            _ => None,
        };
        let can_separate = |text: &str| {
            let is_separator = |letter: char| items.is_some_and(|items| items.contains(letter));
            text.contains(is_separator) && text.chars().all(|it| it == ' ' || is_separator(it))
        };
        let has_prefix = matches!(&self.kind, Kind::Jws { prefix, .. } if !prefix.is_empty());
        if separator.is_some_and(|separator| !can_separate(separator)) {
            let reason = "the format is not a list that has these separators";
            return Err(no_effect("write_separator", reason));
        }
        if omits_prefix && !has_prefix {
            let reason = "the format is not a JSON web signature with a prefix";
            return Err(no_effect("write_without_prefix", reason));
        }
        if has_one_signature && items.is_none() {
            return Err(no_effect("write_one_signature", NO_LIST));
        }
        if has_timestamp_last && !self.is_list() {
            return Err(no_effect("write_timestamp_last", NO_LIST));
        }
        Ok(())
    }

    /// Whether a list of this format could have this key.
    pub(super) fn can_have_key(&self, key: &str) -> bool {
        let Kind::List { items, pair, .. } = self.kind else {
            return false;
        };
        let separates = |byte: u8| byte == pair || items.as_bytes().contains(&byte);
        !key.is_empty() && is_visible(key) && key.trim() == key && !key.bytes().any(separates)
    }

    /// Whether `key` is the key of signatures.
    pub(super) fn is_signature_key(&self, key: &str) -> bool {
        matches!(&self.kind, Kind::List { key: own, .. } if own == key)
    }

    /// Whether `field` contains a signature.
    pub(crate) fn is_signature(&self, field: &Field<'_>) -> bool {
        match &self.kind {
            Kind::Plain | Kind::Prefixed { .. } | Kind::Credentials { .. } | Kind::Jws { .. } => {
                true
            }
            Kind::List { key, .. } => match key.strip_suffix('*') {
                Some(start) => field.key.starts_with(start.as_bytes()),
                None => field.key == key.as_bytes(),
            },
            Kind::Values { .. } => field.key.is_empty(),
        }
    }

    /// Reads the fields of a header's value one by one. `None` stands for a field that cannot be
    /// read.
    ///
    /// An item without a separator, with an empty key or with an empty value is an error, because
    /// no sender writes such an item and parsers disagree about it.
    pub(crate) fn read<'h, E>(
        &self,
        value: &'h [u8],
        mut each: impl FnMut(Option<Field<'h>>) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.kind {
            Kind::Plain => each(Field::new(&[], value)),
            Kind::Prefixed { prefix } => {
                let value = value.strip_prefix(prefix.as_bytes());
                each(value.and_then(|value| Field::new(&[], value)))
            }
            Kind::Jws { prefix, .. } => {
                let bare = value.strip_prefix(prefix.as_bytes());
                each(Field::new(&[], bare.unwrap_or(value)))
            }
            Kind::Credentials { prefix } => {
                let value = value.strip_prefix(prefix.as_bytes());
                let at = value.and_then(|value| value.iter().position(|byte| *byte == b':'));
                let signature = value.zip(at).and_then(|(value, at)| value.get(at + 1..));
                each(signature.and_then(|value| Field::new(&[], value)))
            }
            Kind::List { items, pair, .. } => pairs(value, items, *pair).try_for_each(each),
            Kind::Values { items, timed } => {
                let mut key = if *timed { FIRST.as_bytes() } else { &[] };
                split(value, items, None)
                    .map(|value| Field::new(std::mem::take(&mut key), value))
                    .try_for_each(each)
            }
        }
    }
}

/// The items of a list, each a key and a value.
fn pairs<'h>(
    value: &'h [u8],
    items: &'static str,
    pair: u8,
) -> impl Iterator<Item = Option<Field<'h>>> {
    let ends_items = items.as_bytes().contains(&pair);
    let kept = ends_items.then_some(pair);
    split(value, items, kept).map(move |text| {
        let text = text.strip_suffix(kept.as_slice()).unwrap_or(text);
        let at = text.iter().position(|byte| *byte == pair)?;
        let (key, value) = (text.get(..at)?, text.get(at + 1..)?);
        Field::new(key, value).filter(|field| !field.key.is_empty())
    })
}

/// For the sender, the test kit and the diagnosis.
impl SignatureFormat {
    /// The text before the signature, if the format has one and it is not empty.
    pub(crate) fn prefix(&self) -> Option<&str> {
        match &self.kind {
            Kind::Prefixed { prefix } | Kind::Credentials { prefix } => Some(prefix),
            _ => None,
        }
    }

    /// Whether the value is one signature.
    pub(crate) fn is_single(&self) -> bool {
        matches!(self.kind, Kind::Plain | Kind::Prefixed { .. })
    }

    /// Whether items are separated by spaces.
    pub(crate) fn is_spaced(&self) -> bool {
        match &self.kind {
            Kind::List { items, .. } | Kind::Values { items, .. } => items.starts_with(' '),
            _ => false,
        }
    }

    /// Whether one value can contain several signatures.
    pub(crate) fn has_room(&self) -> bool {
        let is_list = matches!(self.kind, Kind::List { .. } | Kind::Values { .. });
        is_list && !self.writing.has_one_signature
    }

    /// Writes the signatures, and the timestamp with its key if it is in the same list. Only a list
    /// can contain more than one signature. `name` is the name of the key, if the sender chooses
    /// it.
    pub(crate) fn write(
        &self,
        signatures: &[Vec<u8>],
        name: &str,
        timestamp: Option<(&str, &str)>,
    ) -> Vec<u8> {
        let (separator, start, timestamp) = match &self.kind {
            Kind::Plain => ("", String::new(), None),
            Kind::Prefixed { prefix } => ("", prefix.to_string(), None),
            Kind::Jws { .. } if self.writing.omits_prefix => ("", String::new(), None),
            Kind::Jws { prefix, .. } => ("", (*prefix).to_owned(), None),
            Kind::Credentials { prefix } => ("", format!("{prefix}{name}:"), None),
            Kind::List { items, pair, key } => {
                let pair = char::from(*pair);
                let timestamp = timestamp.map(|(key, text)| format!("{key}{pair}{text}"));
                let key = match &**key {
                    "*" => name.into(),
                    // A verifier accepts any number.
                    key => key.replace('*', "1"),
                };
                // The separator between a key and its value may be among those of the items.
                let separator = items.trim_start_matches(pair).get(..1);
                (
                    separator.unwrap_or_default(),
                    format!("{key}{pair}"),
                    timestamp,
                )
            }
            Kind::Values { items, .. } => {
                let timestamp = timestamp.map(|(_, text)| text.to_owned());
                (items.get(..1).unwrap_or_default(), String::new(), timestamp)
            }
        };
        let separator = self.writing.separator.unwrap_or(separator);
        let signatures = signatures
            .iter()
            .map(|signature| [start.as_bytes(), signature].concat());
        let timestamp = timestamp.map(String::into_bytes);
        let (first, last) = if self.writing.has_timestamp_last {
            (None, timestamp)
        } else {
            (timestamp, None)
        };
        let items: Vec<_> = first.into_iter().chain(signatures).chain(last).collect();
        items.join(separator.as_bytes())
    }
}

/// Splits at each byte of `items` except `kept`.
fn split<'h>(
    value: &'h [u8],
    items: &'static str,
    kept: Option<u8>,
) -> impl Iterator<Item = &'h [u8]> {
    let separators = items.as_bytes();
    let texts = value
        .split(move |byte| separators.contains(byte) && Some(*byte) != kept)
        .map(<[u8]>::trim_ascii);
    // Two spaces between items, or one at the end, are not an item.
    let spaced = separators.contains(&b' ');
    texts.filter(move |text| !spaced || !text.is_empty())
}

/// Whether a header's value can contain `text`.
pub(super) fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// One field of a signature header. The key is empty if the format has no keys.
pub(crate) struct Field<'h> {
    pub(crate) key: &'h [u8],
    pub(crate) value: &'h [u8],
}

impl<'h> Field<'h> {
    fn new(key: &'h [u8], value: &'h [u8]) -> Option<Self> {
        (!value.is_empty()).then_some(Self { key, value })
    }
}
