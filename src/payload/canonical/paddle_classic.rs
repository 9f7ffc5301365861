use std::collections::BTreeMap;

use crate::payload::{Canonical, FORM, Facts, Malformed, form};

/// The fields of the form but for the signature, sorted and written as PHP serialises an array of
/// strings.
pub(super) const SERIALIZED: Canonical = Canonical {
    name: "paddle_classic",
    covers_body: true,
    needs_url: false,
    content_type: Some(FORM),
    signs: &[],
    write,
};

fn write(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut fields = BTreeMap::new();
    for (name, value) in form::list(body)? {
        if name != b"p_signature" && fields.insert(name, value).is_some() {
            return Err(Malformed("a form whose fields are there once"));
        }
    }
    text.extend_from_slice(format!("a:{}:{{", fields.len()).as_bytes());
    for part in fields.iter().flat_map(|(name, value)| [name, value]) {
        text.extend_from_slice(format!("s:{}:\"", part.len()).as_bytes());
        text.extend_from_slice(part);
        text.extend_from_slice(b"\";");
    }
    text.push(b'}');
    Ok(())
}
