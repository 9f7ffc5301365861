//! The error of a public URL.

use std::{error::Error, fmt, sync::Arc};

/// The error of an invalid [`PublicUrl`](super::PublicUrl).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrlError {
    kind: PublicUrlErrorKind,
}

impl PublicUrlError {
    /// Returns the kind of error.
    #[must_use]
    pub fn kind(&self) -> &PublicUrlErrorKind {
        &self.kind
    }
}

impl From<PublicUrlErrorKind> for PublicUrlError {
    fn from(kind: PublicUrlErrorKind) -> Self {
        Self { kind }
    }
}

/// The kind of error in a [`PublicUrl`](super::PublicUrl).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicUrlErrorKind {
    /// The text is not a URL that can be a base.
    #[non_exhaustive]
    Invalid {
        /// The URL that was passed, without its user and without the part after its path.
        url: Box<str>,
    },
    /// The text is neither a network nor an address.
    #[non_exhaustive]
    InvalidNetwork {
        /// The network that was passed.
        network: Box<str>,
    },
    /// The scheme signs the URL, but the provider has no public URL.
    #[non_exhaustive]
    Missing {
        /// The name of the scheme.
        scheme: Arc<str>,
    },
    /// The list of bases is empty.
    NoBase,
    /// The list of networks is empty.
    NoNetwork,
    /// Two bases have the same host and port, so a request cannot select one of them.
    #[non_exhaustive]
    SameHost {
        /// The host of both.
        host: Box<str>,
    },
}

impl fmt::Display for PublicUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use PublicUrlErrorKind as E;

        match &self.kind {
            E::Invalid { url } => write!(
                f,
                "`{url}` is not a valid public URL; write it as `https://example.com` or \
                 `https://example.com:8443/prefix`, without a query, a fragment or a user",
            ),
            E::InvalidNetwork { network } => write!(
                f,
                "`{network}` is not a network; write it as `10.0.0.0/8`, `fd00::/8` or `192.0.2.1`",
            ),
            E::Missing { scheme } => write!(
                f,
                "scheme `{scheme}`: the signature covers the URL, but the provider has no public \
                 URL; set it with `Provider::with_public_url`",
            ),
            E::NoBase => f.write_str("the list of public URLs is empty; pass at least one"),
            E::NoNetwork => f.write_str("the list of trusted networks is empty; pass at least one"),
            E::SameHost { host } => {
                write!(
                    f,
                    "two public URLs have the host `{host}`, so a request does not determine which \
                     one applies; remove one"
                )
            }
        }
    }
}

impl Error for PublicUrlError {}
