use crate::payload::{Canonical, Facts, Malformed};

/// The URL with those letters decoded that `HubSpot` decodes before it signs (v3).
pub(super) const URL: Canonical = Canonical {
    name: "hubspot_url",
    covers_body: false,
    needs_url: true,
    content_type: None,
    signs: &[],
    write,
};

/// What is decoded, by the documentation of version 3.
const DECODED: &[(&[u8; 3], u8)] = &[
    (b"%3A", b':'),
    (b"%2F", b'/'),
    (b"%3F", b'?'),
    (b"%40", b'@'),
    (b"%21", b'!'),
    (b"%24", b'$'),
    (b"%27", b'\''),
    (b"%28", b'('),
    (b"%29", b')'),
    (b"%2A", b'*'),
    (b"%2C", b','),
    (b"%3B", b';'),
];

#[expect(clippy::unnecessary_wraps, reason = "others can fail")]
fn write(facts: &Facts<'_>, _: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut rest = facts.url.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let found = rest.get(..3).and_then(|three| {
            let mut decoded = DECODED.iter();
            decoded.find(|(encoded, _)| encoded.eq_ignore_ascii_case(three))
        });
        let (letter, tail) = match found {
            Some((_, letter)) => (letter, rest.get(3..).unwrap_or_default()),
            None => (first, tail),
        };
        text.push(*letter);
        rest = tail;
    }
    Ok(())
}
