use std::borrow::Cow;

/// How signatures are laid out in their header.
#[derive(Clone, Debug)]
pub struct Layout(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Value {
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
        Self::value(Cow::Borrowed(""))
    }

    /// The header's value is `prefix` and then the signature: `sha256=…`, `v0=…`, `HMAC …`.
    #[must_use]
    pub fn prefixed(prefix: impl Into<Cow<'static, str>>) -> Self {
        Self::value(prefix.into())
    }

    /// A list of `key=value` pairs: `t=1768478400,v1=…,v1=…`. Every value under `key` is a
    /// signature; [`timestamp_key`](super::SchemeBuilder::timestamp_key) names the timestamp's;
    /// other keys are ignored.
    #[must_use]
    pub fn key_values(key: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::List {
            item: b',',
            pair: b'=',
            key: key.into(),
        })
    }

    /// A list of `version,value` pairs: `v1,… v1,… v1a,…`. Every value of `version` is a
    /// signature; other versions are ignored.
    #[must_use]
    pub fn versions(version: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::List {
            item: b' ',
            pair: b',',
            key: version.into(),
        })
    }

    const fn value(prefix: Cow<'static, str>) -> Self {
        Self(Kind::Value { prefix })
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.0, Kind::List { .. })
    }

    /// The prefix or the key.
    pub(super) fn tag(&self) -> &str {
        match &self.0 {
            Kind::Value { prefix } => prefix,
            Kind::List { key, .. } => key,
        }
    }

    /// Whether `field` holds a signature.
    pub(crate) fn is_signature(&self, field: &Field<'_>) -> bool {
        match &self.0 {
            Kind::Value { .. } => true,
            Kind::List { key, .. } => field.key == key.as_bytes(),
        }
    }

    /// The fields of a header's value. `None` stands for one that cannot be read.
    ///
    /// Structure is taken strictly (an item without a separator, an empty key, an empty value),
    /// because no sender makes such an item and parsers disagree about it.
    pub(crate) fn fields<'h>(&self, value: &'h [u8]) -> impl Iterator<Item = Option<Field<'h>>> {
        let (item, pair, prefix) = match &self.0 {
            Kind::Value { prefix } => (None, 0, prefix.as_bytes()),
            Kind::List { item, pair, .. } => (Some(*item), *pair, &[][..]),
        };
        // The value of a plain header is one item that holds no key.
        let plain = item.is_none().then(|| {
            let value = value
                .strip_prefix(prefix)
                .filter(|value| !value.is_empty())?;
            Some(Field { key: &[], value })
        });
        let items = item.map(|separator| value.split(move |byte| *byte == separator));
        let pairs = items.into_iter().flatten().filter_map(move |text| {
            let text = text.trim_ascii();
            // Two spaces between items, or one at the end, are not an item.
            if text.is_empty() && item == Some(b' ') {
                return None;
            }
            Some(Field::pair(text, pair))
        });
        plain.into_iter().chain(pairs)
    }
}

/// One field of a signature header.
pub(crate) struct Field<'h> {
    pub(crate) key: &'h [u8],
    pub(crate) value: &'h [u8],
}

impl<'h> Field<'h> {
    fn pair(text: &'h [u8], separator: u8) -> Option<Self> {
        let at = text.iter().position(|byte| *byte == separator)?;
        let (key, value) = (text.get(..at)?, text.get(at + 1..)?);
        (!key.is_empty() && !value.is_empty()).then_some(Self { key, value })
    }
}
