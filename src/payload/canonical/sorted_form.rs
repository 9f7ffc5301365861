use crate::payload::{Canonical, FORM, Facts, Malformed, form};

/// The fields of a form, sorted by name, each as its name and its value, decoded, with nothing
/// between them. A name that is there several times gives each of its values once, sorted: so
/// Twilio and Mandrill sign.
pub(super) const SORTED_FORM: Canonical = Canonical {
    name: "sorted_form",
    covers_body: true,
    needs_url: false,
    content_type: Some(FORM),
    signs: &[],
    write,
};

pub(super) fn write(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut fields = form::list(body)?;
    fields.sort_unstable();
    fields.dedup();
    for (name, value) in fields {
        text.extend_from_slice(&name);
        text.extend_from_slice(&value);
    }
    Ok(())
}
