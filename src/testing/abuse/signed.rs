use http::{HeaderName, HeaderValue, Method, Uri, uri::PathAndQuery};

use super::{
    case::{Case, TestRequest, refused},
    fixture::Fixture,
};
use crate::{
    location::Location,
    scheme::{Part, UnixTime},
    testing::Delivery,
};

/// Methods that few providers use. GET, HEAD and OPTIONS are left out, because a page for browsers
/// or a CORS layer outside of the stack may answer them with 2xx.
const OTHER_METHODS: [Method; 3] = [Method::PUT, Method::PATCH, Method::DELETE];

/// The cases about signed values other than the body.
pub(super) const CASES: &[Case] = &[
    refused("id-changed", "a signed id cannot be exchanged", |fixture| {
        let Some(name) = id_header(fixture) else {
            return Vec::new();
        };
        vec![TestRequest::new(
            "another id",
            fixture.good().with_header(&name, b"delivery-of-others"),
        )]
    }),
    refused("id-missing", "a signed id cannot be left out", |fixture| {
        let Some(name) = id_header(fixture) else {
            return Vec::new();
        };
        let mut delivery = fixture.good();
        delivery.request_mut().headers_mut().remove(&name);
        vec![TestRequest::new("no id", delivery)]
    }),
    refused(
        "id-shifted",
        "the signed text cannot be cut in another way",
        |fixture| {
            shifted(fixture)
                .map(|it| TestRequest::new("from the body to the id", it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "method",
        "a genuine delivery with a method that the provider does not use is rejected",
        |fixture| {
            let unused = OTHER_METHODS.into_iter().filter(|it| !fixture.uses(it));
            let sent = unused.filter_map(|method| {
                let what = method.to_string();
                Some(TestRequest::new(what, fixture.good_by(method)?))
            });
            sent.collect()
        },
    ),
    refused(
        "method-changed",
        "a signed method cannot be exchanged",
        |fixture| {
            if !signs(fixture, &Part::Method) {
                return Vec::new();
            }
            let mut delivery = fixture.good();
            *delivery.request_mut().method_mut() = Method::PUT;
            vec![TestRequest::new("PUT", delivery)]
        },
    ),
    refused(
        "path-changed",
        "a signed path cannot be exchanged",
        |fixture| {
            if ![Part::Path, Part::Target, Part::Url]
                .iter()
                .any(|part| signs(fixture, part))
            {
                return Vec::new();
            }
            other_target(fixture, |path, query| format!("{path}/other{query}"))
        },
    ),
    refused(
        "query-changed",
        "a signed query cannot be exchanged",
        |fixture| {
            if ![Part::Target, Part::Url]
                .iter()
                .any(|part| signs(fixture, part))
            {
                return Vec::new();
            }
            other_target(fixture, |path, query| {
                let start = if query.is_empty() { '?' } else { '&' };
                format!("{path}{query}{start}admin=1")
            })
        },
    ),
    refused(
        "host-forwarded",
        "headers of a proxy do not choose the signed URL",
        |fixture| {
            let provider = &fixture.sender.provider;
            if !provider.scheme().url_is_signed() {
                return Vec::new();
            }
            let Ok(url) = crate::public_url::PublicUrl::fixed("http://evil.example") else {
                return Vec::new();
            };
            let evil = provider.clone().with_public_url(url);
            let request = fixture.sender.unsigned_other(fixture.body.clone());
            let secret = &fixture.sender.secret;
            let Some(mut delivery) = fixture.sender.delivery_by(evil, secret, request) else {
                return Vec::new();
            };
            for (name, value) in [
                ("host", "evil.example"),
                ("x-forwarded-host", "evil.example"),
                ("x-forwarded-proto", "http"),
                ("forwarded", "host=evil.example;proto=http"),
            ] {
                let value = HeaderValue::from_static(value);
                delivery.request_mut().headers_mut().insert(name, value);
            }
            vec![TestRequest::new("a URL of the sender's", delivery)]
        },
    ),
    refused(
        "required-header-missing",
        "the header that names the version is asked for",
        |fixture| {
            required_headers(fixture, |delivery, name| {
                delivery.request_mut().headers_mut().remove(name);
            })
        },
    ),
    refused(
        "required-header-changed",
        "the header that names the version must have its value",
        |fixture| {
            required_headers(fixture, |delivery, name| {
                let value = HeaderValue::from_static("none");
                delivery.request_mut().headers_mut().insert(name, value);
            })
        },
    ),
];

fn signs(fixture: &Fixture, part: &Part) -> bool {
    let mut messages = fixture.spec().messages();
    messages.all(|message| message.has(|it| it == part))
}

/// The header of the id, if that is signed.
fn id_header(fixture: &Fixture) -> Option<HeaderName> {
    let scheme = fixture.sender.provider.scheme();
    match scheme.id_location()? {
        Location::Header(name) if scheme.delivery_id_is_signed() => Some(name.clone()),
        _ => None,
    }
}

/// `{id}.{timestamp}.{body}` of an id that took the timestamp and of a body that lost it is the
/// same text.
fn shifted(fixture: &Fixture) -> Option<Delivery> {
    let name = id_header(fixture)?;
    if fixture.spec().message.text() != "{id}.{timestamp}.{body}" {
        return None;
    }
    let unit = fixture.sender.provider.scheme().timestamp_format()?;
    let now = fixture.sender.now();
    let time = unit.write(UnixTime::from(now));
    let body = [time.as_bytes(), b".", &fixture.body].concat();
    let delivery = fixture
        .sender
        .delivery_of(body, "delivery-shifted", now)
        .ok()?;
    let id = format!("delivery-shifted.{time}");
    let delivery = delivery.with_header(&name, id.as_bytes());
    Some(delivery.change_body(|_| fixture.body.to_vec()))
}

fn other_target(fixture: &Fixture, change: impl Fn(&str, &str) -> String) -> Vec<TestRequest> {
    let mut delivery = fixture.good();
    let uri = delivery.request().uri();
    let query = uri
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    let target = change(uri.path().trim_end_matches('/'), &query);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(target).ok();
    let Ok(uri) = Uri::from_parts(parts) else {
        return Vec::new();
    };
    *delivery.request_mut().uri_mut() = uri;
    vec![TestRequest::new("another target", delivery)]
}

fn required_headers(
    fixture: &Fixture,
    change: impl Fn(&mut Delivery, &HeaderName),
) -> Vec<TestRequest> {
    let names = fixture.spec().required_headers.iter().map(|(name, _)| name);
    let sent = names.map(|name| {
        let mut delivery = fixture.good();
        change(&mut delivery, name);
        TestRequest::new(format!("`{name}`"), delivery)
    });
    sent.collect()
}
