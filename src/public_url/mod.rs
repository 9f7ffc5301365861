//! Types for the public URL of an endpoint.
//!
//! Use [`PublicUrl`] for schemes that sign the URL of the request. A server often does not know
//! this URL: TLS ends before it, a proxy removes a prefix from the path, and the sender chooses
//! `Host`. The operator therefore configures the URL, and a request can at most select one URL of a
//! list.
//!
//! The signed URL is the configured base, followed by the path and the query of the request as they
//! were sent. No port is added or removed, nothing is decoded, and nothing is sorted.
//!
//! # axum
//!
//! axum's `nest` removes its prefix from the path, so add the prefix to the base. A request for a
//! nested route `/` has the same path with and without a slash at its end, and the sender may have
//! signed either. Outside of `nest`, the paths differ.
//!
//! # Example
//!
//! ```
//! use tower_webhook::{PublicUrl, Secret, WebhookLayer, providers::Provider, scheme::Scheme};
//!
//! # fn main() -> Result<(), tower_webhook::SetupError> {
//! let acme = Scheme::builder("acme")
//!     .signature_header("x-acme-signature")
//!     .message("{url}\n{body}")
//!     .build()?;
//! let acme = Provider::from(acme).with_public_url(PublicUrl::fixed("https://hooks.example.com")?);
//! let layer = WebhookLayer::new(acme, Secret::new("It's a Secret to Everybody")?)?;
//! # Ok(())
//! # }
//! ```

mod base;
mod error;
mod proxy;

use std::{fmt, net::IpAddr, sync::Arc};

use self::{base::Base, proxy::Proxy};
pub use self::{
    error::{PublicUrlError, PublicUrlErrorKind},
    proxy::ForwardedHeaders,
};
use crate::{head::RequestHead, rejection::RejectionKind};

/// The URL that the provider uses for an endpoint, up to the path that the layer sees.
///
/// A base consists of a scheme and a host. If the provider's URL has a port or a path prefix, the
/// base includes it: `https://example.com`, `https://example.com:8443/api`. A slash at the end has
/// no effect. Cheap to clone.
///
/// See the [module docs](crate::public_url) for an example.
#[doc(alias = "proxy")]
#[doc(alias = "host")]
#[derive(Clone)]
pub struct PublicUrl(Arc<Kind>);

enum Kind {
    /// A whole URL, without its query.
    Exact(Box<str>),
    Fixed(Base),
    ByHost {
        bases: Vec<Base>,
        proxy: Option<Proxy>,
    },
}

/// The part of a URL that the request does not determine.
#[derive(Clone, Copy, Default)]
pub(crate) struct UrlStart<'u> {
    pub(crate) text: &'u str,
    /// Whether the text includes the path, so that only the query of the request follows.
    pub(crate) has_path: bool,
}

impl PublicUrl {
    /// Uses the same base for every request, independent of the host that the request names.
    ///
    /// # Errors
    ///
    /// Returns an error if `base` is not an `http`, `https`, `ws` or `wss` URL, or if it contains a
    /// query, a fragment or a user.
    pub fn fixed(base: &str) -> Result<Self, PublicUrlError> {
        Ok(Self(Arc::new(Kind::Fixed(Base::parse(base)?))))
    }

    /// Uses exactly this URL for every request, with the query of the request.
    ///
    /// Use it if the URL that the sender signs cannot be built from a base and the path that the
    /// layer sees:
    ///
    /// - The URL was entered in the provider's console without a path, so it has no slash at its
    ///   end: `https://hooks.example.com`.
    /// - A proxy, or axum's `nest`, changes the path of the request.
    ///
    /// A query in `url` is ignored, because the request has it too.
    ///
    /// ```
    /// use tower_webhook::{PublicUrl, providers};
    ///
    /// # fn main() -> Result<(), tower_webhook::SetupError> {
    /// let url = PublicUrl::exact("https://pay.example.com")?;
    /// let square = providers::square().with_public_url(url);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if `url` is not an `http`, `https`, `ws` or `wss` URL, or if it contains a
    /// fragment or a user.
    ///
    /// # Security
    ///
    /// The path of the request is not verified. Mount the layer at one route only, or an attacker
    /// can send a captured delivery to another one.
    pub fn exact(url: &str) -> Result<Self, PublicUrlError> {
        Ok(Self(Arc::new(Kind::Exact(Base::parse_exact(url)?))))
    }

    /// Selects the base whose host and port match the `Host` or `:authority` of the request. The
    /// default port of the URL's scheme may be present or absent. A request that names another
    /// host, or two hosts, is answered 400.
    ///
    /// Headers that a proxy may have added are ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the list is empty, if a base is not valid for [`fixed`](Self::fixed), or
    /// if two bases have the same host and port.
    ///
    /// # Security
    ///
    /// A client with a captured delivery for one of these hosts can send it to another one. If the
    /// hosts belong to different tenants, give each tenant its own secret.
    pub fn by_host<T: AsRef<str>>(
        bases: impl IntoIterator<Item = T>,
    ) -> Result<Self, PublicUrlError> {
        let kind = Kind::ByHost {
            bases: base::parse_all(bases)?,
            proxy: None,
        };
        Ok(Self(Arc::new(kind)))
    }

    /// Selects the base like [`by_host`](Self::by_host), but reads the host, the scheme and the
    /// port from the headers of a trusted proxy.
    ///
    /// The proxy's headers are read only if `peer` returns an address in one of `networks`
    /// (`10.0.0.0/8`, `fd00::/8`, `127.0.0.1`). For other peers, and if the headers are missing,
    /// `Host` and `:authority` are used. A scheme or port that differs from the base's, or a header
    /// with several values, is answered 400.
    ///
    /// `peer` returns the address of the connection, which it reads from the extension that the
    /// server sets. If the server does not set it, no proxy is trusted:
    ///
    /// ```
    /// use std::net::{IpAddr, SocketAddr};
    /// use axum::extract::ConnectInfo;
    /// use tower_webhook::{RequestHead, PublicUrl, public_url::ForwardedHeaders};
    ///
    /// fn peer(head: RequestHead<'_>) -> Option<IpAddr> {
    ///     let info = head.extension::<ConnectInfo<SocketAddr>>()?;
    ///     Some(info.0.ip())
    /// }
    ///
    /// # fn main() -> Result<(), tower_webhook::SetupError> {
    /// let url = PublicUrl::danger_trust_proxy(
    ///     ["https://hooks.example.com", "https://hooks.example.org"],
    ///     ["10.0.0.0/8"],
    ///     ForwardedHeaders::XForwarded,
    ///     peer,
    /// )?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`by_host`](Self::by_host), and an error if one of `networks` cannot
    /// be parsed.
    ///
    /// # Security
    ///
    /// The proxy must overwrite or remove these headers in every request. If it appends to them or
    /// does not know them, the sender can choose their values. `networks` must contain only the
    /// proxy, and no other machine that can connect.
    #[doc(alias = "x_forwarded_host")]
    pub fn danger_trust_proxy<T: AsRef<str>, N: AsRef<str>>(
        bases: impl IntoIterator<Item = T>,
        networks: impl IntoIterator<Item = N>,
        headers: ForwardedHeaders,
        peer: impl Fn(RequestHead<'_>) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Result<Self, PublicUrlError> {
        let kind = Kind::ByHost {
            bases: base::parse_all(bases)?,
            proxy: Some(Proxy::new(networks, headers, peer)?),
        };
        Ok(Self(Arc::new(kind)))
    }

    /// All bases, or the exact URL.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let (exact, bases) = match &*self.0 {
            Kind::Exact(url) => (Some(&**url), &[][..]),
            Kind::Fixed(base) => (None, std::slice::from_ref(base)),
            Kind::ByHost { bases, .. } => (None, &**bases),
        };
        exact.into_iter().chain(bases.iter().map(Base::text))
    }

    /// The start of the URL that a request was sent to: the base without a slash at its end, or the
    /// exact URL without its query.
    pub(crate) fn start(&self, head: RequestHead<'_>) -> Result<UrlStart<'_>, RejectionKind> {
        let start = |text, has_path| UrlStart { text, has_path };
        let (bases, proxy) = match &*self.0 {
            Kind::Exact(url) => return Ok(start(url, true)),
            Kind::Fixed(base) => return Ok(start(base.text(), false)),
            Kind::ByHost { bases, proxy } => (bases, proxy),
        };
        let proxy = proxy.as_ref().filter(|proxy| proxy.sent(head));
        let named = match proxy {
            Some(proxy) => proxy.named(head)?,
            None => base::named(head)?,
        };
        let base = bases.iter().find(|base| base.is(&named));
        base.map(|base| start(base.text(), false))
            .ok_or_else(|| RejectionKind::HostNotAllowed {
                host: named.shown(),
            })
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, proxy) = match &*self.0 {
            Kind::Exact(_) => ("Exact", &None),
            Kind::Fixed(_) => ("Fixed", &None),
            Kind::ByHost { proxy, .. } => ("ByHost", proxy),
        };
        f.debug_struct(name)
            .field("bases", &self.texts().collect::<Vec<_>>())
            .field("proxy", proxy)
            .finish()
    }
}
