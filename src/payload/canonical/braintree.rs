use crate::payload::{Canonical, FORM, Facts, Malformed, form};

/// The field `bt_payload` of the form: base64 and line feeds, or it is refused.
pub(super) const PAYLOAD: Canonical = Canonical {
    name: "braintree",
    covers_body: false,
    needs_url: false,
    content_type: Some(FORM),
    signs: &[],
    write,
};

fn write(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const PAYLOAD: Malformed = Malformed("a `bt_payload` in base64");
    let payload = form::field(body, "bt_payload")?.ok_or(PAYLOAD)?;
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\n".contains(byte);
    if !payload.iter().all(is_base64) {
        return Err(PAYLOAD);
    }
    text.extend_from_slice(&payload);
    Ok(())
}
