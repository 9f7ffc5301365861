use std::borrow::Cow;

use super::SchemeErrorKind;

/// How signatures are laid out in their header.
#[derive(Clone, Debug)]
pub struct Layout(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Plain,
    Prefixed {
        prefix: Cow<'static, str>,
    },
    List {
        item: u8,
        pair: u8,
        key: Cow<'static, str>,
    },
}

impl Layout {
    /// The header's value is the signature.
    #[must_use]
    pub const fn plain() -> Self {
        Self(Kind::Plain)
    }

    /// The header's value is `prefix` and then the signature: `sha256=…`, `v0=…`, `HMAC …`.
    #[must_use]
    pub fn prefixed(prefix: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::Prefixed {
            prefix: prefix.into(),
        })
    }

    /// A list of `key=value` pairs: `t=1768478400,v1=…,v1=…`. Every value under `key` is a
    /// signature; [`timestamp_key`](super::SchemeBuilder::timestamp_key) names the timestamp's;
    /// other keys are ignored. More than 16 signatures are refused.
    ///
    /// ```
    /// use tower_webhook::scheme::{Layout, Scheme};
    ///
    /// # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
    /// let scheme = Scheme::builder("acme")
    ///     .signature_header("acme-signature")
    ///     .layout(Layout::key_values("v1"))
    ///     .timestamp_key("t")
    ///     .message("{timestamp}.{body}")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn key_values(key: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::List {
            item: b',',
            pair: b'=',
            key: key.into(),
        })
    }

    /// A list of `version,value` pairs: `v1,… v1,… v1a,…`. Every value of `version` is a
    /// signature; other versions are ignored. More than 16 signatures are refused.
    #[must_use]
    pub fn versions(version: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::List {
            item: b' ',
            pair: b',',
            key: version.into(),
        })
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.0, Kind::List { .. })
    }

    /// Refuses a prefix or key that cannot occur in a header.
    pub(super) fn check(&self) -> Result<(), SchemeErrorKind> {
        match &self.0 {
            Kind::Prefixed { prefix } if prefix.is_empty() || !is_visible(prefix) => {
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

    /// Whether a list of this layout could have this key.
    pub(super) fn can_have_key(&self, key: &str) -> bool {
        let Kind::List { item, pair, .. } = self.0 else {
            return false;
        };
        let separates = |byte: u8| byte == item || byte == pair;
        !key.is_empty() && is_visible(key) && key.trim() == key && !key.bytes().any(separates)
    }

    /// Whether `key` is that of signatures.
    pub(super) fn is_signature_key(&self, key: &str) -> bool {
        matches!(&self.0, Kind::List { key: own, .. } if own == key)
    }

    /// Whether `field` holds a signature.
    pub(crate) fn is_signature(&self, field: &Field<'_>) -> bool {
        match &self.0 {
            Kind::Plain | Kind::Prefixed { .. } => true,
            Kind::List { key, .. } => field.key == key.as_bytes(),
        }
    }

    /// Reads the fields of a header's value one by one. `None` stands for one that cannot be read.
    ///
    /// Structure is taken strictly (an item without a separator, an empty key, an empty value),
    /// because no sender makes such an item and parsers disagree about it.
    pub(crate) fn read<'h, E>(
        &self,
        value: &'h [u8],
        mut each: impl FnMut(Option<Field<'h>>) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.0 {
            Kind::Plain => each(Field::new(&[], value)),
            Kind::Prefixed { prefix } => {
                let value = value.strip_prefix(prefix.as_bytes());
                each(value.and_then(|value| Field::new(&[], value)))
            }
            Kind::List { item, pair, .. } => items(value, *item, *pair).try_for_each(each),
        }
    }
}

fn items(value: &[u8], item: u8, pair: u8) -> impl Iterator<Item = Option<Field<'_>>> {
    let items = value
        .split(move |byte| *byte == item)
        .map(<[u8]>::trim_ascii);
    // Two spaces between items, or one at the end, are not an item.
    let items = items.filter(move |text| item != b' ' || !text.is_empty());
    items.map(move |text| {
        let at = text.iter().position(|byte| *byte == pair)?;
        let (key, value) = (text.get(..at)?, text.get(at + 1..)?);
        Field::new(key, value).filter(|field| !field.key.is_empty())
    })
}

/// Whether a header's value can hold `text`.
fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// One field of a signature header. The key is empty where the layout has none.
pub(crate) struct Field<'h> {
    pub(crate) key: &'h [u8],
    pub(crate) value: &'h [u8],
}

impl<'h> Field<'h> {
    fn new(key: &'h [u8], value: &'h [u8]) -> Option<Self> {
        (!value.is_empty()).then_some(Self { key, value })
    }
}
