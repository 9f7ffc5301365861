use crate::payload::{Canonical, FORM, Facts, Malformed, form};

/// The parameters but for the signature, sorted, as Vonage signs messages: those of the form, or of
/// the query if there is no body.
pub(super) const PARAMETERS: Canonical = Canonical {
    name: "vonage_sms",
    covers_body: true,
    needs_url: false,
    content_type: Some(FORM),
    signs: &[],
    write,
};

fn write(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    let source = if body.is_empty() { facts.query() } else { body };
    let mut fields = form::list(source)?;
    fields.retain(|(name, _)| name != b"sig");
    fields.sort_unstable();
    let twice = |two: &[(Vec<u8>, Vec<u8>)]| matches!(two, [(one, _), (other, _)] if one == other);
    if fields.windows(2).any(twice) {
        return Err(Malformed("parameters that are there once"));
    }
    for (name, value) in fields {
        // An `&` or `=` in a name could move between names and values.
        if name.iter().any(|byte| b"&=".contains(byte)) {
            return Err(Malformed("parameters of Vonage"));
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
