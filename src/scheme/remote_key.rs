//! The location of published keys, and the URLs that a delivery may name.

use http::{HeaderName, Uri, uri::Authority};

use crate::{
    head::RequestHead,
    location::Location,
    payload::{Token, is_aws_region, json},
    rejection::RejectionKind,
};

/// The location where a provider publishes the keys of its deliveries, for
/// [`SchemeBuilder::remote_key`](super::SchemeBuilder::remote_key).
///
/// # Security
///
/// The sender of a delivery that names a URL is not authenticated yet. A URL is therefore fetched
/// only if it
///
/// - is an `https` URL on the standard port,
/// - has an allowed host,
/// - has a path like the provider's, and
/// - contains no user and no query.
///
/// The layer rejects a delivery with any other URL, and fetches nothing.
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
    /// The member `jku` of the header of a JSON web signature. Its value must be one of these URLs.
    Jku(&'static [&'static str]),
}

/// The URLs of a delivery that may be fetched.
#[derive(Clone, Debug)]
struct Allowed {
    /// `*` stands for one label, `**` for one or more labels, and `<region>` for one label that is
    /// an Amazon region.
    hosts: &'static [&'static str],
    /// The start and the end of the path.
    path: (&'static str, &'static str),
}

/// The kind of document that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// A certificate in PEM, or a chain of certificates that begins with the key's own.
    Certificate,
    /// A JSON Web Key in the member `key` of the answer. The request contains the ID of the key.
    Jwk,
    /// A set of JSON Web Keys, each with its ID.
    JwkSet,
}

impl RemoteKey {
    /// Creates the location of a set of JSON Web Keys ([RFC 7517, section 5]) at a fixed URL. The
    /// token's `kid` selects the key.
    ///
    /// [RFC 7517, section 5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
    #[must_use]
    pub const fn jwk_set(url: &'static str) -> Self {
        Self {
            url: UrlOf::Fixed(url),
            document: Document::JwkSet,
        }
    }

    /// Creates the location of a set of JSON Web Keys, like [`jwk_set`](Self::jwk_set), at one of
    /// several URLs. The token's `jku` selects the URL.
    #[must_use]
    pub const fn jwk_set_at_jku(urls: &'static [&'static str]) -> Self {
        Self {
            url: UrlOf::Jku(urls),
            document: Document::JwkSet,
        }
    }

    /// Creates the location of a single JSON Web Key. An API returns the key for the token's `kid`,
    /// as the member `key` of its answer. A key with an `expired_at` is not used.
    #[must_use]
    pub const fn jwk_by_id(url: &'static str) -> Self {
        Self {
            url: UrlOf::Fixed(url),
            document: Document::Jwk,
        }
    }

    /// Creates the location of a PEM certificate whose URL is in a header. The host must match one
    /// of `hosts`. The path must have this start and end, with only ASCII letters, digits, `-` and
    /// `_` between them. In a host, `*` stands for one label, `**` for one or more labels, and
    /// `<region>` for the label of an Amazon region, such as `us-east-1`.
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

    /// Creates the location of a PEM certificate, like
    /// [`certificate_at_header`](Self::certificate_at_header), whose URL is in a member of the JSON
    /// body.
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

    /// Returns the URL of the delivery's key, and the key's ID. Neither is verified. The URL is one
    /// of the allowed URLs.
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

/// The maximum length of a key ID, in bytes. No provider has a longer one, so a longer ID is
/// ignored.
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

/// Whether a byte can be part of a certificate's name in a URL.
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

/// Whether a host matches a pattern. The host can be any text that an authority can be.
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
