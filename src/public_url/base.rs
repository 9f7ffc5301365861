//! A base URL, and the host that a request names.

use std::net::Ipv6Addr;

use http::{
    Uri,
    header::{HOST, HeaderName},
    uri::Authority,
};

use super::{PublicUrlError, PublicUrlErrorKind};
use crate::{encoding::decimal, head::RequestHead, rejection::RejectionKind};

/// A base URL.
pub(super) struct Base {
    /// The text that was passed, without a slash at its end.
    text: Box<str>,
    scheme: Scheme,
    host: Box<str>,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("https") {
            Some(Self::Https)
        } else if text.eq_ignore_ascii_case("http") {
            Some(Self::Http)
        } else {
            None
        }
    }

    /// Parses the scheme of a base. A WebSocket begins as an HTTP request to the same port.
    fn of_base(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("wss") {
            Some(Self::Https)
        } else if text.eq_ignore_ascii_case("ws") {
            Some(Self::Http)
        } else {
            Self::parse(text)
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The parts of its URL that a request contains.
pub(super) struct Named<'h> {
    pub(super) host: HostPort<'h>,
    pub(super) scheme: Option<Scheme>,
}

/// A host, and its port if present.
pub(super) struct HostPort<'h> {
    host: &'h str,
    pub(super) port: Option<u16>,
}

impl Base {
    pub(super) fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let invalid = || PublicUrlErrorKind::Invalid { url: shown(text) };
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        // `Uri` would silently drop a fragment. With a second `://` in the base, the border between
        // the base and the body would be ambiguous.
        if text.contains(['?', '#']) || !text.is_ascii() || text.matches("://").count() > 1 {
            return Err(invalid().into());
        }
        let scheme = uri.scheme_str().and_then(Scheme::of_base);
        let scheme = scheme.ok_or_else(invalid)?;
        let host = uri.authority().map(Authority::as_str);
        let host = host.filter(|host| !host.ends_with(':'));
        let HostPort { host, port } = host.and_then(HostPort::parse).ok_or_else(invalid)?;
        if !is_host(host) || port == Some(0) {
            return Err(invalid().into());
        }
        Ok(Self {
            text: text.trim_end_matches('/').into(),
            scheme,
            host: host.into(),
            port: port.unwrap_or_else(|| scheme.port()),
        })
    }

    /// Parses a whole URL and returns it without its query.
    pub(super) fn parse_exact(text: &str) -> Result<Box<str>, PublicUrlError> {
        let (url, query) = text.split_once('?').unwrap_or((text, ""));
        if query.contains('#') {
            return Err(PublicUrlErrorKind::Invalid { url: shown(text) }.into());
        }
        Self::parse(url)?;
        Ok(url.into())
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a request names this base. Parts that the request does not contain count as equal.
    pub(super) fn is(&self, named: &Named<'_>) -> bool {
        let Named { host, scheme } = named;
        self.host.eq_ignore_ascii_case(host.host)
            && scheme.is_none_or(|scheme| scheme == self.scheme)
            && host.port.unwrap_or_else(|| self.scheme.port()) == self.port
    }
}

/// A URL for an error: a user's name and a query may hold a secret.
fn shown(text: &str) -> Box<str> {
    let (text, rest) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let rest = if rest.is_empty() { "" } else { "…" };
    match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}{rest}").into(),
        None => format!("{text}{rest}").into(),
    }
}

/// Whether the text is a host: a name or an address, but not a wildcard.
fn is_host(host: &str) -> bool {
    let bracketed = host.strip_prefix('[');
    match bracketed.and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    }
}

/// One or more bases, each with a host and port of its own.
pub(super) fn parse_all<T: AsRef<str>>(
    bases: impl IntoIterator<Item = T>,
) -> Result<Vec<Base>, PublicUrlError> {
    let mut parsed: Vec<Base> = Vec::new();
    for text in bases {
        let base = Base::parse(text.as_ref())?;
        let same = |other: &Base| other.host.eq_ignore_ascii_case(&base.host);
        // A request without a port would mean either of two default ports.
        let is_default = |base: &Base| base.port == base.scheme.port();
        let both =
            |other: &Base| other.port == base.port || (is_default(other) && is_default(&base));
        if parsed.iter().any(|other| same(other) && both(other)) {
            return Err(PublicUrlErrorKind::SameHost {
                host: base.host.clone(),
            }
            .into());
        }
        parsed.push(base);
    }
    if parsed.is_empty() {
        return Err(PublicUrlErrorKind::NoBase.into());
    }
    Ok(parsed)
}

/// The host and scheme of the request itself: HTTP/2's `:authority` or an absolute target, and
/// `Host`.
pub(super) fn named(head: RequestHead<'_>) -> Result<Named<'_>, RejectionKind> {
    let malformed = || RejectionKind::MalformedHeader { header: HOST };
    let target = head.uri().authority().map(Authority::as_str);
    let header = text(head, &HOST)?;
    if let (Some(target), Some(header)) = (target, header) {
        if !target.eq_ignore_ascii_case(header) {
            return Err(RejectionKind::ConflictingHeader { header: HOST });
        }
    }
    let host = target.or(header);
    let host = host.ok_or(RejectionKind::MissingHeader { header: HOST })?;
    Ok(Named {
        host: HostPort::parse(host).ok_or_else(malformed)?,
        scheme: None,
    })
}

/// The text of a header that may appear only once.
pub(super) fn text<'h>(
    head: RequestHead<'h>,
    name: &HeaderName,
) -> Result<Option<&'h str>, RejectionKind> {
    let value = head.value(name)?.map(|value| value.to_str()).transpose();
    value.map_err(|_| RejectionKind::MalformedHeader {
        header: name.clone(),
    })
}

impl<'h> HostPort<'h> {
    /// Parses `host`, `host:port`, `[::1]` or `[::1]:port`, without a user.
    pub(super) fn parse(text: &'h str) -> Option<Self> {
        // This parser checks the characters and the brackets.
        let authority: Authority = text.parse().ok()?;
        let len = authority.host().len();
        let (host, port) = (text.get(..len)?, text.get(len..)?);
        if host != authority.host() || host.is_empty() {
            return None;
        }
        let port = match port.strip_prefix(':') {
            // An empty port counts as missing ([RFC 3986, section
            // 3.2.3](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.3)).
            Some("") => None,
            Some(port) => Some(self::port(port)?),
            None if port.is_empty() => None,
            None => return None,
        };
        Some(Self { host, port })
    }
}

/// A port, in digits.
pub(super) fn port(text: &str) -> Option<u16> {
    u16::try_from(decimal(text.as_bytes())?).ok()
}

impl Named<'_> {
    /// The text for the operator, truncated to the maximum length of a host.
    pub(super) fn shown(&self) -> Box<str> {
        let host = self.host.host.get(..253).unwrap_or(self.host.host);
        let scheme = match self.scheme {
            Some(Scheme::Http) => "http://",
            Some(Scheme::Https) => "https://",
            None => "",
        };
        match self.host.port {
            Some(port) => format!("{scheme}{host}:{port}").into(),
            None => format!("{scheme}{host}").into(),
        }
    }
}
