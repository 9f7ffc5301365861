//! The headers of a trusted proxy.

use std::{fmt, net::IpAddr};

use http::header::{FORWARDED, HeaderName};
use ipnet::{IpNet, Ipv4Net};

use super::{
    PublicUrlError, PublicUrlErrorKind,
    base::{self, HostPort, Named, Scheme},
};
use crate::{head::RequestHead, rejection::RejectionKind};

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The headers in which a proxy sends the original host, scheme and port. Select the ones that your
/// proxy writes, because other headers can come from any client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// `Forwarded`, with its `host` and `proto` ([RFC 7239]).
    ///
    /// [RFC 7239]: https://www.rfc-editor.org/rfc/rfc7239
    Forwarded,
    /// `X-Forwarded-Host`, `X-Forwarded-Proto` and `X-Forwarded-Port`.
    XForwarded,
}

/// A trusted proxy.
pub(super) struct Proxy {
    networks: Vec<IpNet>,
    headers: ForwardedHeaders,
    peer: Box<dyn Fn(RequestHead<'_>) -> Option<IpAddr> + Send + Sync>,
}

impl Proxy {
    pub(super) fn new<N: AsRef<str>>(
        networks: impl IntoIterator<Item = N>,
        headers: ForwardedHeaders,
        peer: impl Fn(RequestHead<'_>) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Result<Self, PublicUrlError> {
        let parse = |network: N| {
            let text = network.as_ref();
            let address = || text.parse::<IpAddr>().map(IpNet::from);
            let network = text.parse::<IpNet>().or_else(|_| address());
            network
                .map(canonical)
                .map_err(|_| PublicUrlErrorKind::InvalidNetwork {
                    network: text.into(),
                })
        };
        let networks: Vec<IpNet> = networks.into_iter().map(parse).collect::<Result<_, _>>()?;
        if networks.is_empty() {
            return Err(PublicUrlErrorKind::NoNetwork.into());
        }
        Ok(Self {
            networks,
            headers,
            peer: Box::new(peer),
        })
    }

    /// Whether a request comes from the proxy.
    pub(super) fn sent(&self, head: RequestHead<'_>) -> bool {
        // A dual-stack socket reports IPv4 peers as `::ffff:192.0.2.1`.
        let peer = (self.peer)(head).map(|peer| peer.to_canonical());
        peer.is_some_and(|peer| self.networks.iter().any(|network| network.contains(&peer)))
    }

    /// The parts of the original URL that the proxy sends.
    pub(super) fn named<'h>(&self, head: RequestHead<'h>) -> Result<Named<'h>, RejectionKind> {
        match self.headers {
            ForwardedHeaders::Forwarded => forwarded(head),
            ForwardedHeaders::XForwarded => x_forwarded(head),
        }
    }
}

/// Converts a network of IPv4 addresses that is written in IPv6 notation, as in some logs.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match network.addr() {
        IpAddr::V6(address) => address.to_ipv4_mapped(),
        IpAddr::V4(_) => None,
    };
    let len = network.prefix_len().checked_sub(96);
    let network_of = |(address, len)| Ipv4Net::new(address, len).ok();
    let mapped = mapped.zip(len).and_then(network_of);
    mapped.map_or(network, IpNet::V4)
}

fn x_forwarded(head: RequestHead<'_>) -> Result<Named<'_>, RejectionKind> {
    let only = |header: HeaderName| match base::text(head, &header)? {
        // Several proxies have appended to the header, and the first value may be the sender's.
        Some(text) if text.contains(',') => Err(RejectionKind::ConflictingHeader { header }),
        text => Ok(text),
    };
    let mut named = match only(X_FORWARDED_HOST)? {
        Some(host) => Named {
            host: HostPort::parse(host).ok_or_else(|| malformed(X_FORWARDED_HOST))?,
            scheme: None,
        },
        None => base::named(head)?,
    };
    if let Some(scheme) = only(X_FORWARDED_PROTO)? {
        let scheme = Scheme::parse(scheme).ok_or_else(|| malformed(X_FORWARDED_PROTO))?;
        named.scheme = Some(scheme);
    }
    if let Some(port) = only(X_FORWARDED_PORT)? {
        let port = base::port(port).ok_or_else(|| malformed(X_FORWARDED_PORT))?;
        if named.host.port.is_some_and(|other| other != port) {
            let header = X_FORWARDED_PORT;
            return Err(RejectionKind::ConflictingHeader { header });
        }
        named.host.port = Some(port);
    }
    Ok(named)
}

fn forwarded(head: RequestHead<'_>) -> Result<Named<'_>, RejectionKind> {
    let malformed = || malformed(FORWARDED);
    let conflicting = || RejectionKind::ConflictingHeader { header: FORWARDED };
    let Some(text) = base::text(head, &FORWARDED)? else {
        return base::named(head);
    };
    if text.contains(',') {
        return Err(conflicting());
    }
    let (mut host, mut scheme) = (None, None);
    let pairs = text.split(';').map(str::trim);
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
        if !is_token(name) {
            return Err(malformed());
        }
        let value = unquoted(value).ok_or_else(malformed)?;
        if name.eq_ignore_ascii_case("host") {
            let value = HostPort::parse(value).ok_or_else(malformed)?;
            if host.replace(value).is_some() {
                return Err(conflicting());
            }
        } else if name.eq_ignore_ascii_case("proto") {
            let value = Scheme::parse(value).ok_or_else(malformed)?;
            if scheme.replace(value).is_some() {
                return Err(conflicting());
            }
        }
    }
    let host = match host {
        Some(host) => host,
        None => base::named(head)?.host,
    };
    Ok(Named { host, scheme })
}

/// The text of a quoted string, or of a value without quotes, as proxies write it: visible
/// characters. Hosts and schemes contain no character that needs escaping.
fn unquoted(value: &str) -> Option<&str> {
    let text = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => Some(value).filter(|value| value.bytes().all(|byte| byte.is_ascii_graphic()))?,
    };
    (!text.contains(['"', '\\'])).then_some(text)
}

/// RFC 9110, 5.6.2.
fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

fn malformed(header: HeaderName) -> RejectionKind {
    RejectionKind::MalformedHeader { header }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("networks", &self.networks)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
