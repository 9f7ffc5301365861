/// Splits at each of `items` but `kept`.
pub(super) fn split<'h>(
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

/// Whether a header's value can hold `text`.
pub(super) fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// One field of a signature header. The key is empty where the format has none.
pub(crate) struct Field<'h> {
    pub(crate) key: &'h [u8],
    pub(crate) value: &'h [u8],
}

impl<'h> Field<'h> {
    pub(super) fn new(key: &'h [u8], value: &'h [u8]) -> Option<Self> {
        (!value.is_empty()).then_some(Self { key, value })
    }
}
