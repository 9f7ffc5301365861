//! Sample values for the parts of a request that a scheme signs and the caller did not set.

use bytes::Bytes;
use http::{HeaderValue, Request, header::CONTENT_TYPE};

use super::location;
use crate::{
    location::Location,
    payload::{FORM, JSON},
    scheme::{Derived, Scheme, Template, Units},
    signer::write,
};

const A_FORM: &str = "id=7&type=order.paid&amount=1200";
const A_JSON: &str = r#"{"id":7,"type":"order.paid","data":{"amount":1200}}"#;

/// Bodies for what is not a text from a place, by the names of the canonicalisers.
const OF_CANONICALS: &[(&str, &str)] = &[
    (
        "adyen_item",
        r#"{"NotificationRequestItem":{"pspReference":"7","eventCode":"REFUND","success":"true"}}"#,
    ),
    ("braintree", "bt_payload=PG5vdGlmaWNhdGlvbi8%2B"),
    ("payload", "payload=%7B%22id%22%3A7%7D"),
];

/// Headers that canonicalisers look at.
const HEADERS: &[(&str, &str, &str)] = &[(
    "contentful_headers",
    "x-contentful-signed-headers",
    "x-contentful-signed-headers,x-contentful-timestamp",
)];

const BOUNDARY: &str = "tower-webhook";

/// A content type that the scheme looks into, or that of JSON.
pub(super) fn content_type(scheme: &Scheme) -> HeaderValue {
    match scheme.content_type() {
        Some(kind) if scheme.spec().units.field().is_some() => {
            let value = format!("{kind}; boundary={BOUNDARY}");
            HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(kind))
        }
        kind => HeaderValue::from_static(kind.unwrap_or(JSON)),
    }
}

/// Puts a text wherever the head has nothing, and the scheme signs something.
pub(super) fn complete_head(request: &mut Request<Bytes>, scheme: &Scheme, text: &str) {
    let units = &scheme.spec().units;
    for location in scheme.signed_locations() {
        if location.is_in_body() || location::read(request, units, &location).is_some() {
            continue;
        }
        if location == Location::Header(CONTENT_TYPE) {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, content_type(scheme));
            continue;
        }
        // Where it does not fit, signing says so.
        let _ = write::put(request, &location, text.as_bytes());
    }
    for (canonical, name, value) in HEADERS {
        if has_canonical(scheme, canonical) {
            let headers = request.headers_mut().entry(*name);
            headers.or_insert(HeaderValue::from_static(value));
        }
    }
}

/// A body that the scheme can sign.
pub(super) fn body(scheme: &Scheme) -> Bytes {
    let units = &scheme.spec().units;
    let is_form = scheme.content_type() == Some(FORM);
    let own = OF_CANONICALS
        .iter()
        .find(|(name, _)| has_canonical(scheme, name));
    let body = own.map_or(if is_form { A_FORM } else { A_JSON }, |(_, body)| body);
    let mut request = Request::new(Bytes::from_static(body.as_bytes()));
    for location in scheme.signed_locations() {
        if location.is_in_body() && location::read(&request, &Units::Body, &location).is_none() {
            let _ = write::put(&mut request, &location, b"7");
        }
    }
    let unit = request.into_body();
    if let Some(path) = scheme.signed_items() {
        let names = path.rsplit('.');
        let list = [b"[", &unit[..], b"]"].concat();
        return names
            .fold(list, |value, name| {
                [b"{\"", name.as_bytes(), b"\":", &value, b"}"].concat()
            })
            .into();
    }
    if let Some(name) = units.field() {
        let head =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        return [head.as_bytes(), &unit, end.as_bytes()].concat().into();
    }
    unit
}

fn has_canonical(scheme: &Scheme, name: &str) -> bool {
    let mut parts = scheme.spec().texts().flat_map(Template::derived);
    parts.any(|(part, _)| matches!(part, Derived::Canonical(canonical) if canonical.name == name))
}
