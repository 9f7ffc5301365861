//! The error of a configuration, at startup.

use std::{error::Error, fmt, sync::Arc};

use http::Method;

use crate::{
    public_url::PublicUrlError,
    scheme::{Scheme, SchemeError},
    secret::KeyError,
};

/// The error of a configuration, returned at startup.
///
/// The operator `?` converts every other startup error of this crate into it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetupError {
    /// A sender cannot sign with this scheme: detached JSON web signatures can be verified, but not
    /// created.
    #[non_exhaustive]
    Detached {
        /// The scheme.
        scheme: Arc<str>,
    },
    /// The provider lists `CONNECT` or `TRACE`. Requests with these methods have no content
    /// ([RFC 9110, section 9.3]), so they cannot carry a delivery or a handshake.
    ///
    /// [RFC 9110, section 9.3]: https://www.rfc-editor.org/rfc/rfc9110#section-9.3
    #[non_exhaustive]
    InvalidMethod {
        /// The scheme.
        scheme: Arc<str>,
        /// The method.
        method: Method,
    },
    /// A secret is invalid.
    Key(KeyError),
    /// A [setting](crate::providers::Provider::with_setting) of a handshake is empty, or contains a
    /// character that is not printable ASCII.
    #[non_exhaustive]
    MalformedSetting {
        /// The scheme.
        scheme: Arc<str>,
        /// The name of the setting.
        setting: Arc<str>,
    },
    /// A [setting](crate::providers::Provider::with_setting) that the scheme signs is missing.
    #[non_exhaustive]
    MissingSetting {
        /// The scheme.
        scheme: Arc<str>,
        /// The name of the setting.
        setting: Arc<str>,
    },
    /// A setting would be ignored.
    #[non_exhaustive]
    NoEffect {
        /// The scheme. `None` if the setting has no effect with any scheme.
        scheme: Option<Arc<str>>,
        /// The name of the method that was called.
        setting: &'static str,
        /// The reason why the setting has no effect, and what it applies to.
        reason: &'static str,
    },
    /// The provider lists no method for deliveries.
    #[non_exhaustive]
    NoMethod {
        /// The scheme.
        scheme: Arc<str>,
    },
    /// The provider publishes no keys that could be fetched.
    #[non_exhaustive]
    NoRemoteKeys {
        /// The scheme.
        scheme: Arc<str>,
    },
    /// A sender cannot sign with this scheme: its signatures are made with the provider's private
    /// key.
    #[non_exhaustive]
    NotSymmetric {
        /// The scheme.
        scheme: Arc<str>,
    },
    /// The public URL is invalid or missing.
    PublicUrl(PublicUrlError),
    /// The description of a scheme is inconsistent.
    Scheme(SchemeError),
    /// The layer cannot diagnose deliveries, because its keys do not keep their secrets; see
    /// `Keys::keep_for_diagnosis` (feature `diagnose`).
    #[non_exhaustive]
    SecretsNotKept {
        /// The scheme.
        scheme: Arc<str>,
    },
    /// The provider has a [setting](crate::providers::Provider::with_setting) that neither the
    /// scheme nor a handshake uses.
    #[non_exhaustive]
    UnknownSetting {
        /// The scheme.
        scheme: Arc<str>,
        /// The name of the setting.
        setting: Arc<str>,
        /// The names that the provider accepts, sorted.
        known: Vec<Arc<str>>,
    },
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Detached { scheme } => write!(
                f,
                "scheme `{scheme}`: detached JSON web signatures can be verified, but not created"
            ),
            Self::InvalidMethod { scheme, method } => write!(
                f,
                "scheme `{scheme}`: method `{method}` cannot carry a delivery or a handshake; \
                 remove it from `Provider::with_methods`, or remove the handshake that uses it"
            ),
            Self::Key(error) => error.fmt(f),
            Self::NoEffect {
                scheme,
                setting,
                reason,
            } => {
                if let Some(scheme) = scheme {
                    write!(f, "scheme `{scheme}`: ")?;
                }
                write!(f, "`{setting}` has no effect: {reason}; remove it")
            }
            Self::NoMethod { scheme } => write!(
                f,
                "scheme `{scheme}`: the provider has no method for deliveries; pass at least one \
                 to `Provider::with_methods`, such as `POST`"
            ),
            Self::MissingSetting { scheme, setting } => write!(
                f,
                "scheme `{scheme}`: the signature covers the setting `{setting}`, which is missing \
                 or empty; set it with `Provider::with_setting`"
            ),
            Self::NotSymmetric { scheme } => write!(
                f,
                "scheme `{scheme}`: deliveries cannot be signed, because only the provider has the \
                 private key"
            ),
            Self::NoRemoteKeys { scheme } => write!(
                f,
                "scheme `{scheme}`: the provider publishes no keys that could be fetched; pass the \
                 keys to `WebhookLayer::new`"
            ),
            Self::MalformedSetting { scheme, setting } => write!(
                f,
                "scheme `{scheme}`: the setting `{setting}` is empty or has characters other than \
                 printable ASCII; correct its value"
            ),
            Self::PublicUrl(error) => error.fmt(f),
            Self::Scheme(error) => error.fmt(f),
            Self::SecretsNotKept { scheme } => write!(
                f,
                "scheme `{scheme}`: `diagnose` needs the text of the secrets, but the keys of the \
                 layer do not keep it; create the layer with keys from `Keys::keep_for_diagnosis`"
            ),
            Self::UnknownSetting {
                scheme,
                setting,
                known,
            } => {
                write!(f, "scheme `{scheme}`: unknown setting `{setting}`; ")?;
                match &known[..] {
                    [] => f.write_str("the provider has no settings"),
                    known => write!(f, "the settings are `{}`", known.join("`, `")),
                }
            }
        }
    }
}

impl SetupError {
    /// The error of a setting that has no effect with this scheme.
    pub(crate) fn no_effect(scheme: &Scheme, setting: &'static str, reason: &'static str) -> Self {
        Self::NoEffect {
            scheme: Some(Arc::clone(&scheme.spec().name)),
            setting,
            reason,
        }
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Key(error) => error.source(),
            Self::Detached { .. }
            | Self::InvalidMethod { .. }
            | Self::NoEffect { .. }
            | Self::NoRemoteKeys { .. }
            | Self::SecretsNotKept { .. }
            | Self::UnknownSetting { .. }
            | Self::NoMethod { .. }
            | Self::MalformedSetting { .. }
            | Self::MissingSetting { .. }
            | Self::NotSymmetric { .. } => None,
            Self::PublicUrl(error) => error.source(),
            Self::Scheme(error) => error.source(),
        }
    }
}

impl From<KeyError> for SetupError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<PublicUrlError> for SetupError {
    fn from(error: PublicUrlError) -> Self {
        Self::PublicUrl(error)
    }
}

impl From<SchemeError> for SetupError {
    fn from(error: SchemeError) -> Self {
        Self::Scheme(error)
    }
}
