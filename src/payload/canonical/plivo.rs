use crate::payload::{Canonical, Facts, Malformed, form};

/// The URL and the parameters as Plivo signs them (V3), without the nonce.
pub(super) const V3: Canonical = Canonical {
    name: "plivo_v3",
    covers_body: true,
    needs_url: true,
    signs: &[],
    write,
};

fn write(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    if !body.is_empty() && !facts.has_form() {
        return Err(Malformed("a form"));
    }
    let url = facts.url.split_once('?').map_or(facts.url, |(url, _)| url);
    text.extend_from_slice(url.as_bytes());
    let mut query = form::list(facts.query())?;
    let mut fields = form::list(body)?;
    if facts.method == "GET" {
        query.append(&mut fields);
    }
    query.sort_unstable();
    fields.sort_unstable();
    if !query.is_empty() || !fields.is_empty() {
        text.push(b'?');
    }
    for (at, (name, value)) in query.iter().enumerate() {
        if at > 0 {
            text.push(b'&');
        }
        text.extend_from_slice(name);
        text.push(b'=');
        text.extend_from_slice(value);
    }
    if !query.is_empty() && !fields.is_empty() {
        text.push(b'.');
    }
    for (name, value) in &fields {
        text.extend_from_slice(name);
        text.extend_from_slice(value);
    }
    Ok(())
}
