//! The location of published keys, and the URLs that a delivery may name.

use http::{HeaderName, Uri, uri::Authority};

use crate::{
    head::RequestHead,
    location::Location,
    payload::{Token, is_aws_region, json},
    rejection::RejectionKind,
};

/// Where a provider publishes the keys of its deliveries, for
/// [`SchemeBuilder::remote_key`](super::SchemeBuilder::remote_key).
///
/// # Security
///
/// Who sends a delivery that names a URL is not known yet. So a URL must be `https`, of a host that
/// is allowed, on the standard port, with a path as the provider's are and without user or query;
/// anything else is refused, and nothing is fetched.
#[derive(Clone, Debug)]
pub struct RemoteKey {
    url: UrlOf,
    pub(crate) document: Document,
}

#[derive(Clone, Debug)]
enum UrlOf {
    Fixed(&'static str),
    Header(&'static str, Allowed),
    Json(&'static str, Allowed),
    /// The member `jku` of the header of a JSON web signature; one of these.
    Jku(&'static [&'static str]),
}

/// Which URLs of a delivery may be fetched.
#[derive(Clone, Debug)]
struct Allowed {
    /// `*` stands for one label, `**` for one or more, `<region>` for one that is a region of
    /// Amazon's.
    hosts: &'static [&'static str],
    /// What the path begins and ends with.
    path: (&'static str, &'static str),
}

/// What is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// A certificate in PEM, or a chain of them, its own first.
    Certificate,
    /// A JSON Web Key, which is the member `key`, asked for by its id.
    Jwk,
    /// A set of JSON Web Keys, each with its id.
    JwkSet,
}

impl RemoteKey {
    /// A set of JSON Web Keys ([RFC 7517, section 5]) at a URL that does not change; the token's
    /// `kid` says which of them.
    ///
    /// [RFC 7517, section 5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
    #[must_use]
    pub const fn jwk_set(url: &'static str) -> Self {
        Self {
            url: UrlOf::Fixed(url),
            document: Document::JwkSet,
        }
    }

    /// As [`jwk_set`](Self::jwk_set), at one of several URLs; the token's `jku` says which.
    #[must_use]
    pub const fn jwk_set_at_jku(urls: &'static [&'static str]) -> Self {
        Self {
            url: UrlOf::Jku(urls),
            document: Document::JwkSet,
        }
    }

    /// One JSON Web Key, which an API gives for the token's `kid` as the member `key` of its
    /// answer. One whose `expired_at` is there is none.
    #[must_use]
    pub const fn jwk_by_id(url: &'static str) -> Self {
        Self {
            url: UrlOf::Fixed(url),
            document: Document::Jwk,
        }
    }

    /// A certificate in PEM at the URL in a header. The host must match one of `hosts`. The path
    /// must have this start and end, with only ASCII letters, digits, `-` and `_` between them.
    /// In a host, `*` stands for one label, `**` for one or more labels, and `<region>` for the
    /// label of an Amazon region, such as `us-east-1`.
    #[must_use]
    pub const fn certificate_at_header(
        header: &'static str,
        hosts: &'static [&'static str],
        path: (&'static str, &'static str),
    ) -> Self {
        Self {
            url: UrlOf::Header(header, Allowed { hosts, path }),
            document: Document::Certificate,
        }
    }

    /// As [`certificate_at_header`](Self::certificate_at_header), with the URL in a member of the
    /// JSON body.
    #[must_use]
    pub const fn certificate_at_json(
        member: &'static str,
        hosts: &'static [&'static str],
        path: (&'static str, &'static str),
    ) -> Self {
        Self {
            url: UrlOf::Json(member, Allowed { hosts, path }),
            document: Document::Certificate,
        }
    }
}

impl RemoteKey {
    /// Whether the header of a JSON web signature names the key.
    pub(super) fn is_named_by_token(&self) -> bool {
        self.document != Document::Certificate
    }

    /// Whether the URL is found in the body.
    pub(crate) const fn is_in_body(&self) -> bool {
        matches!(self.url, UrlOf::Json(..))
    }

    /// Where the key of a delivery is, and its id. Nothing of it is proven; the URL is one of those
    /// allowed.
    pub(crate) fn locate(
        &self,
        head: RequestHead<'_>,
        token: Option<&Token>,
        body: &[u8],
    ) -> Result<(Uri, Option<String>), RejectionKind> {
        let missing = |location: Location| RejectionKind::MissingKeyUrl { location };
        let of_token = |name: &str| token.and_then(|token| token.header(name).ok().flatten());
        let url = match &self.url {
            UrlOf::Fixed(url) => url.parse().map_err(|_| not_allowed(url))?,
            UrlOf::Header(name, allowed) => {
                let name = HeaderName::from_static(name);
                let value = head.value(&name)?.and_then(|value| value.to_str().ok());
                allowed.check(value.ok_or_else(|| missing(name.into()))?)?
            }
            UrlOf::Json(path, allowed) => {
                let value = json::field(body, path)?;
                allowed.check(&value.ok_or_else(|| missing(Location::Json((*path).into())))?)?
            }
            UrlOf::Jku(urls) => {
                let value = of_token("jku").unwrap_or_default();
                let known = urls.iter().find(|url| **url == value);
                let url = known.and_then(|url| url.parse().ok());
                url.ok_or_else(|| not_allowed(&value))?
            }
        };
        let id = match self.document {
            Document::Certificate => None,
            Document::Jwk | Document::JwkSet => of_token("kid").filter(|id| id.len() <= MAX_ID),
        };
        Ok((url, id))
    }
}

/// The longest id of a key, in bytes, that is asked for; the others are no provider's.
const MAX_ID: usize = 256;

/// The longest URL, in bytes.
const MAX_URL: usize = 1024;

impl Allowed {
    fn check(&self, text: &str) -> Result<Uri, RejectionKind> {
        let url: Option<Uri> = text.parse().ok();
        let url = url.filter(|url| {
            let authority = url.authority().map_or("", Authority::as_str);
            let host = authority.strip_suffix(":443").unwrap_or(authority);
            let (start, end) = self.path;
            let path = url.path();
            text.len() <= MAX_URL
                && url.scheme_str() == Some("https")
                && self.hosts.iter().any(|pattern| fits(pattern, host))
                && !text.contains(['?', '#', '\\', '%'])
                // Servers ignore parts such as `;x` or a trailing slash, so one document would have
                // many URLs.
                && path
                    .strip_prefix(start)
                    .and_then(|rest| rest.strip_suffix(end))
                    .is_some_and(|name| name.bytes().all(is_of_name))
        });
        url.ok_or_else(|| not_allowed(text))
    }
}

/// Whether a byte may be part of the name of a certificate in a URL.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn not_allowed(url: &str) -> RejectionKind {
    let host = url.parse().ok().and_then(|url: Uri| {
        let host = url.host()?;
        host.get(..host.len().min(253)).map(Into::into)
    });
    RejectionKind::KeyUrlNotAllowed {
        host: host.unwrap_or_default(),
    }
}

/// Whether a host, which may be anything that an authority can be, is one of a pattern's.
fn fits(pattern: &str, host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    let (patterns, labels) = (pattern.rsplit('.'), host.rsplit('.'));
    let mut labels = labels.peekable();
    for pattern in patterns {
        if pattern == "**" {
            return labels.peek().is_some() && labels.all(is_label);
        }
        let Some(label) = labels.next() else {
            return false;
        };
        if pattern == "<region>" {
            if !is_aws_region(label) {
                return false;
            }
            continue;
        }
        if !is_label(label) || (pattern != "*" && !pattern.eq_ignore_ascii_case(label)) {
            return false;
        }
    }
    labels.next().is_none()
}
