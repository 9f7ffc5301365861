//! Searches for another public URL that the sender signs.

use std::borrow::Cow;

use http::{Uri, header::HOST, uri::PathAndQuery};

use super::{Cause, Finding, attempt::Attempt};
use crate::{head::RequestHead, public_url::PublicUrl};

/// Finds the URL that the sender signs:
///
/// - with another scheme, host or port
/// - with or without a slash at the end of the path
/// - without the path of the request, or with the path of the public URL only
pub(super) fn find(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let Some(url) = attempt.provider.public_url() else {
        return;
    };
    if !attempt.scheme().url_is_signed() {
        return;
    }
    let uri = attempt.head.uri();
    let slashed = with_slash(uri);
    let mut candidates: Vec<(&Uri, Result<PublicUrl, _>)> = Vec::new();
    for target in [Some(uri), slashed.as_ref()].into_iter().flatten() {
        let bases = url.texts().flat_map(|base| bases(base, attempt.head));
        candidates.extend(bases.map(|base| (target, PublicUrl::fixed(&base))));
    }
    for base in url.texts() {
        if let Some(rest) = base.strip_prefix("http") {
            candidates.push((uri, PublicUrl::fixed(&format!("ws{rest}"))));
        }
        candidates.push((uri, PublicUrl::exact(base)));
        candidates.push((uri, PublicUrl::exact(&format!("{base}/"))));
    }
    for (target, url) in candidates {
        let Ok(url) = url else { continue };
        let head = RequestHead::new(attempt.head.method(), target, attempt.head.headers());
        let signed = without_query(&url, head);
        let provider = attempt.provider.clone().with_public_url(url);
        if attempt.with_provider(provider).with_head(head).verifies() {
            let compared = attempt.provider.public_url();
            let compared = compared.and_then(|url| without_query(url, attempt.head));
            if let (Some(signed), Some(compared)) = (signed, compared) {
                findings.push(Finding::proven(Cause::Url { signed, compared }));
            }
            return;
        }
    }
}

/// The URL of a request without its query, which may contain a secret.
fn without_query(url: &PublicUrl, head: RequestHead<'_>) -> Option<Box<str>> {
    let start = url.start(head).ok()?;
    let path = if start.has_path { "" } else { head.path() };
    Some(format!("{}{path}", start.text).into())
}

/// The base URLs that the sender may have instead of `base`.
fn bases(base: &str, head: RequestHead<'_>) -> Vec<String> {
    let Some((scheme, rest)) = base.split_once("://") else {
        return Vec::new();
    };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let mut hosts = vec![Cow::Borrowed(host)];
    let header = head
        .headers()
        .get(HOST)
        .and_then(|value| value.to_str().ok());
    let forwarded = head.headers().get("x-forwarded-host");
    let forwarded = forwarded.and_then(|value| value.to_str().ok());
    hosts.extend([header, forwarded].into_iter().flatten().map(Cow::Borrowed));
    let mut all = Vec::new();
    let other = match scheme {
        "http" | "wss" => "https",
        _ => "http",
    };
    for scheme in [scheme, other] {
        for host in &hosts {
            let name = without_port(host);
            let port = if matches!(scheme, "http" | "ws") {
                80
            } else {
                443
            };
            let with_port = format!("{name}:{port}");
            for host in [host, name, &with_port] {
                all.push(format!("{scheme}://{host}{path}"));
            }
        }
    }
    all
}

fn without_port(host: &str) -> &str {
    let port = host.rsplit_once(':');
    let port = port.filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    port.map_or(host, |(host, _)| host)
}

/// The same target with a slash at the end of its path, or without it.
fn with_slash(uri: &Uri) -> Option<Uri> {
    let (path, query) = (uri.path(), uri.query());
    let path = match path.strip_suffix('/') {
        Some("") => return None,
        Some(path) => Cow::Borrowed(path),
        None => format!("{path}/").into(),
    };
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("{path}{query}")).ok();
    Uri::from_parts(parts).ok()
}
