//! Signed texts from the fields of a form.

use crate::payload::{Canonical, FORM, Facts, Malformed, form};

const fn of_form(
    name: &'static str,
    write: fn(&Facts<'_>, &[u8], &mut Vec<u8>) -> Result<(), Malformed>,
) -> Canonical {
    Canonical::new(name, write).content_type(FORM)
}

/// The form field `bt_payload`. Its characters must be base64 or line feeds.
pub(super) const BRAINTREE: Canonical = of_form("braintree", braintree);

fn braintree(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const PAYLOAD: Malformed = Malformed("a `bt_payload` in base64");
    let payload = form::field(body, "bt_payload")?.ok_or(PAYLOAD)?;
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\n".contains(byte);
    if !payload.iter().all(is_base64) {
        return Err(PAYLOAD);
    }
    text.extend_from_slice(&payload);
    Ok(())
}

/// The form fields except the signature, sorted and written as PHP serializes an array of strings.
pub(super) const PADDLE_CLASSIC: Canonical =
    of_form("paddle_classic", paddle_classic).covers_body();

fn paddle_classic(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut fields = form::list(body)?;
    fields.retain(|(name, _)| name != b"p_signature");
    if !form::sort_unique(&mut fields) {
        return Err(Malformed("a form without repeated fields"));
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

/// The decoded JSON in the form field `payload`, or of a GET in the query parameter, as Gitea and
/// its relatives sign it. A form must not have other fields, because they would not be signed.
pub(super) const PAYLOAD: Canonical = of_form("payload", payload).covers_body();

fn payload(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const PAYLOAD: Malformed = Malformed("a form, or for GET a query, with a field `payload`");
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

/// The decoded form fields, sorted by name, each as its name and its value without separators.
/// Equal values of one name are written once, and different ones are sorted, as Twilio and Mandrill
/// do.
pub(super) const SORTED_FORM: Canonical = of_form("sorted_form", sorted_form).covers_body();

pub(super) fn sorted_form(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut fields = form::list(body)?;
    fields.sort_unstable();
    fields.dedup();
    for (name, value) in fields {
        text.extend_from_slice(&name);
        text.extend_from_slice(&value);
    }
    Ok(())
}

/// The parameters except the signature, sorted, as Vonage signs messages: those of the form, or
/// those of the query if the body is empty.
pub(super) const VONAGE_SMS: Canonical = of_form("vonage_sms", vonage_sms).covers_body();

fn vonage_sms(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let source = if body.is_empty() { facts.query() } else { body };
    let mut fields = form::list(source)?;
    fields.retain(|(name, _)| name != b"sig");
    if !form::sort_unique(&mut fields) {
        return Err(Malformed("no repeated parameters"));
    }
    for (name, value) in fields {
        // An `&` or `=` in a name could move between names and values.
        if name.iter().any(|byte| b"&=".contains(byte)) {
            return Err(Malformed("the parameters that Vonage sends"));
        }
        text.push(b'&');
        text.extend_from_slice(&name);
        text.push(b'=');
        text.extend(
            value
                .iter()
                .map(|byte| if b"&=".contains(byte) { b'_' } else { *byte }),
        );
    }
    Ok(())
}
