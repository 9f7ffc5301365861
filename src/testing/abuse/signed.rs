use http::{HeaderName, HeaderValue, Method, Uri, uri::PathAndQuery};

use super::{
    bench::Bench,
    case::{Case, Sent, refused},
};
use crate::{
    place::Place,
    scheme::{Part, UnixTime},
    testing::Delivery,
};

/// Methods that few providers use. GET, HEAD and OPTIONS are left out, because a page for browsers
/// or a CORS layer outside of the stack may answer them with 2xx.
const OTHER_METHODS: [Method; 3] = [Method::PUT, Method::PATCH, Method::DELETE];

/// What is signed beside the body.
pub(super) const CASES: &[Case] = &[
    refused("id-changed", "a signed id cannot be exchanged", |bench| {
        let Some(name) = id_header(bench) else {
            return Vec::new();
        };
        vec![Sent::new(
            "another id",
            bench.good().with_header(&name, b"delivery-of-others"),
        )]
    }),
    refused("id-missing", "a signed id cannot be left out", |bench| {
        let Some(name) = id_header(bench) else {
            return Vec::new();
        };
        let mut delivery = bench.good();
        delivery.request_mut().headers_mut().remove(&name);
        vec![Sent::new("no id", delivery)]
    }),
    refused(
        "id-shifted",
        "the signed text cannot be cut in another way",
        |bench| {
            shifted(bench)
                .map(|it| Sent::new("from the body to the id", it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "method",
        "a genuine delivery with a method that the provider does not use is rejected",
        |bench| {
            let unused = OTHER_METHODS.into_iter().filter(|it| !bench.uses(it));
            let sent = unused.filter_map(|method| {
                let what = method.to_string();
                Some(Sent::new(what, bench.good_by(method)?))
            });
            sent.collect()
        },
    ),
    refused(
        "method-changed",
        "a signed method cannot be exchanged",
        |bench| {
            if !signs(bench, &Part::Method) {
                return Vec::new();
            }
            let mut delivery = bench.good();
            *delivery.request_mut().method_mut() = Method::PUT;
            vec![Sent::new("PUT", delivery)]
        },
    ),
    refused(
        "path-changed",
        "a signed path cannot be exchanged",
        |bench| {
            if ![Part::Path, Part::Target, Part::Url]
                .iter()
                .any(|part| signs(bench, part))
            {
                return Vec::new();
            }
            other_target(bench, |path, query| format!("{path}/other{query}"))
        },
    ),
    refused(
        "query-changed",
        "a signed query cannot be exchanged",
        |bench| {
            if ![Part::Target, Part::Url]
                .iter()
                .any(|part| signs(bench, part))
            {
                return Vec::new();
            }
            other_target(bench, |path, query| {
                let start = if query.is_empty() { '?' } else { '&' };
                format!("{path}{query}{start}admin=1")
            })
        },
    ),
    refused(
        "host-forwarded",
        "headers of a proxy do not choose the signed URL",
        |bench| {
            let provider = &bench.sender.provider;
            if !provider.scheme().url_is_signed() {
                return Vec::new();
            }
            let Ok(url) = crate::public_url::PublicUrl::fixed("http://evil.example") else {
                return Vec::new();
            };
            let evil = provider.clone().with_public_url(url);
            let request = bench.sender.unsigned_other(bench.body.clone());
            let secret = &bench.sender.secret;
            let Some(mut delivery) = bench.sender.delivery_by(evil, secret, request) else {
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
            vec![Sent::new("a URL of the sender's", delivery)]
        },
    ),
    refused(
        "guard-missing",
        "the header that names the version is asked for",
        |bench| {
            guards(bench, |delivery, name| {
                delivery.request_mut().headers_mut().remove(name);
            })
        },
    ),
    refused(
        "guard-changed",
        "the header that names the version must have its value",
        |bench| {
            guards(bench, |delivery, name| {
                let value = HeaderValue::from_static("none");
                delivery.request_mut().headers_mut().insert(name, value);
            })
        },
    ),
];

fn signs(bench: &Bench, part: &Part) -> bool {
    let mut messages = bench.spec().messages();
    messages.all(|message| message.has(|it| it == part))
}

/// The header of the id, if that is signed.
fn id_header(bench: &Bench) -> Option<HeaderName> {
    let scheme = bench.sender.provider.scheme();
    match scheme.id_place()? {
        Place::Header(name) if scheme.delivery_id_is_signed() => Some(name.clone()),
        _ => None,
    }
}

/// `{id}.{timestamp}.{body}` of an id that took the timestamp and of a body that lost it is the
/// same text.
fn shifted(bench: &Bench) -> Option<Delivery> {
    let name = id_header(bench)?;
    if bench.spec().message.text() != "{id}.{timestamp}.{body}" {
        return None;
    }
    let unit = bench.sender.provider.scheme().timestamp_unit()?;
    let now = bench.sender.now();
    let time = unit.write(UnixTime::from(now));
    let body = [time.as_bytes(), b".", &bench.body].concat();
    let delivery = bench
        .sender
        .delivery_of(body, "delivery-shifted", now)
        .ok()?;
    let id = format!("delivery-shifted.{time}");
    let delivery = delivery.with_header(&name, id.as_bytes());
    Some(delivery.change_body(|_| bench.body.to_vec()))
}

fn other_target(bench: &Bench, change: impl Fn(&str, &str) -> String) -> Vec<Sent> {
    let mut delivery = bench.good();
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
    vec![Sent::new("another target", delivery)]
}

fn guards(bench: &Bench, change: impl Fn(&mut Delivery, &HeaderName)) -> Vec<Sent> {
    let names = bench.spec().guards.iter().map(|(name, _)| name);
    let sent = names.map(|name| {
        let mut delivery = bench.good();
        change(&mut delivery, name);
        Sent::new(format!("`{name}`"), delivery)
    });
    sent.collect()
}
