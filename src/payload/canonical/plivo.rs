use crate::payload::{Canonical, FORM, Facts, Malformed, form};

/// The URL and the parameters as Plivo signs them (V3), without the nonce.
pub(super) const V3: Canonical = Canonical {
    name: "plivo_v3",
    covers_body: true,
    needs_url: true,
    content_type: Some(FORM),
    signs: &[],
    write,
};

/// The URL without its query, as Plivo signs it (V2).
pub(super) const V2: Canonical = Canonical {
    name: "plivo_v2",
    covers_body: false,
    needs_url: true,
    content_type: None,
    signs: &[],
    write: |facts, _, text| {
        text.extend_from_slice(without_query(facts.url).as_bytes());
        Ok(())
    },
};

/// The same as Plivo knows it where its user wrote no path.
pub(super) const V2_WITHOUT_PATH: Canonical = Canonical {
    name: "plivo_v2_without_path",
    covers_body: false,
    needs_url: true,
    content_type: None,
    signs: &[],
    write: |facts, _, text| {
        let url = without_query(facts.url);
        let bare = url.strip_suffix('/').filter(|bare| !has_path(bare));
        text.extend_from_slice(bare.unwrap_or(url).as_bytes());
        Ok(())
    },
};

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(url, _)| url)
}

/// Whether there is a slash behind the authority.
fn has_path(url: &str) -> bool {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind.contains('/')
}

fn write(facts: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    if !body.is_empty() && !facts.has_form() {
        return Err(Malformed("a form"));
    }
    text.extend_from_slice(without_query(facts.url).as_bytes());
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
