use crate::payload::{Canonical, FORM, Facts, Malformed, form};

/// The JSON that a form or, of a GET, a query carries in `payload`, decoded, as Gitea and its kin
/// sign it. A form must have nothing else, or that would not be signed.
pub(super) const PAYLOAD: Canonical = Canonical {
    name: "payload",
    covers_body: true,
    needs_url: false,
    content_type: Some(FORM),
    signs: &[],
    write,
};

fn write(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const PAYLOAD: Malformed = Malformed("a form, or of a GET a query, with a `payload`");
    if facts.method == "GET" && body.is_empty() {
        text.extend(form::field(facts.query(), "payload")?.ok_or(PAYLOAD)?);
        return Ok(());
    }
    match &form::list(body)?[..] {
        [(name, value)] if name == b"payload" && facts.has_form() => {
            text.extend_from_slice(value);
            Ok(())
        }
        _ => Err(PAYLOAD),
    }
}
