//! Types for the secrets and public keys of an endpoint.
//!
//! Use this module if one [`Secret`] is not enough: keys are rotated, replaced at run time, or
//! looked up for each request.
//!
//! | keys | API |
//! | --- | --- |
//! | one secret | a [`Secret`], wherever keys are expected |
//! | a secret from the environment or a file | [`Secret::from_env`], [`Secret::from_file`] |
//! | a current secret and previous ones | [`Keys::previous`], [`Secret::label`], [`Secret::not_after`] |
//! | keys that are replaced without a restart | [`WebhookLayer::with_reload_handle`](crate::WebhookLayer::with_reload_handle) and its [`KeyHandle`] |
//! | public keys that the provider publishes | [`WebhookLayer::with_remote_keys`](crate::WebhookLayer::with_remote_keys) and a `KeyFetcher` |
//! | keys for each tenant | [`WebhookLayer::with_key_source`](crate::WebhookLayer::with_key_source) and a [`KeySource`] |
//!
//! # Example: key rotation
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use tower_webhook::{Keys, Secret, WebhookLayer, providers};
//!
//! # fn main() -> Result<(), tower_webhook::SetupError> {
//! let old = Secret::new("the old secret")?.label("2025-11");
//! let (layer, handle) = WebhookLayer::with_reload_handle(providers::github(), old.clone())?;
//!
//! // Before the provider switches: both secrets are accepted, the old one for a week.
//! let week = Duration::from_secs(7 * 24 * 60 * 60);
//! let new = Secret::new("the new secret")?.label("2026-11");
//! let old = old.not_after(SystemTime::now() + week);
//! handle.replace(Keys::new(new.clone()).previous(old))?;
//!
//! // Once no delivery is signed with `2025-11` any more:
//! handle.replace(new)?;
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "key-cache")]
mod cache;
mod handle;
mod keyring;
#[cfg(feature = "remote-keys")]
mod remote;
mod source;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

#[cfg(feature = "key-cache")]
pub use self::cache::KeyCache;
pub(crate) use self::keyring::{Keyring, LabelledKey};
#[cfg(feature = "remote-keys")]
pub use self::remote::{FetchedKeys, KeyFetcher, KeyRequest, RemoteKeys};
#[cfg(feature = "remote-keys")]
pub(crate) use self::remote::{KeyLocator, Refresh, Search};
pub use self::{handle::KeyHandle, source::KeySource};
use crate::scheme::Scheme;
pub use crate::secret::{KeyError, KeyErrorKind, Secret};

/// The secrets that verify deliveries: the current secret, then previous secrets.
///
/// During a key rotation, deliveries that are signed with either secret must be accepted. The MAC
/// under the current secret is computed while the body arrives. If it does not match, the previous
/// secrets are tried in the order in which they were added, over the complete body. A previous
/// secret therefore costs nothing for deliveries that the current secret verifies, and one more MAC
/// for a forged delivery.
///
/// Clones share the secrets, and the keys that are derived from them for the first scheme.
///
/// ```
/// use tower_webhook::{Keys, Secret, WebhookLayer, providers};
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let keys = Keys::new(Secret::new("the new one")?.label("2026-11"))
///     .previous(Secret::new("the old one")?.label("2025-11"));
/// let layer = WebhookLayer::new(providers::github(), keys)?;
/// # Ok(())
/// # }
/// ```
#[doc(alias = "rotation")]
#[doc(alias = "key_rotation")]
#[derive(Clone)]
pub struct Keys(Arc<Shared>);

struct Shared {
    secrets: Secrets,
    /// Created for the first scheme that uses the keys. Another scheme creates its own keyring.
    keyring: OnceLock<Arc<Keyring>>,
}

#[derive(Clone)]
struct Secrets {
    current: Secret,
    previous: Vec<Secret>,
    tenant: Option<Arc<str>>,
    /// Whether a [`Keyring`] keeps the secrets that it is made of.
    is_kept: bool,
}

impl Keys {
    /// Creates keys with one current secret.
    #[must_use]
    pub fn new(current: Secret) -> Self {
        Self::of(current, Vec::new())
    }

    /// Creates keys from a list of secrets, the current secret first. Returns `None` if the list is
    /// empty.
    #[must_use]
    pub fn newest_first(secrets: impl IntoIterator<Item = Secret>) -> Option<Self> {
        let mut secrets = secrets.into_iter();
        let current = secrets.next()?;
        Some(Self::of(current, secrets.collect()))
    }

    /// Adds an older secret, tried after those added before it.
    ///
    /// With the feature `tracing`, the first delivery that this secret verifies is logged at info
    /// level, with the fields `provider`, `tenant` and `key_label`. Each combination is logged once
    /// per process, and at most 10 000 combinations are logged.
    ///
    /// Each previous secret costs a forged delivery one more MAC of its body. A
    /// [`Signer`](crate::sign::Signer) signs with a previous secret only if the scheme has room
    /// for several signatures, or the current secret has expired.
    ///
    /// # Security
    ///
    /// The secret is accepted as long as these keys are in use. [`Secret::not_after`] sets an
    /// earlier end.
    #[doc(alias = "rotation")]
    #[must_use]
    pub fn previous(self, secret: Secret) -> Self {
        self.change(|secrets| secrets.previous.push(secret))
    }

    /// Sets the tenant that the keys belong to, which [`Verified::tenant`](crate::Verified::tenant)
    /// returns. By default, keys have no tenant. The name is not a secret, and appears in logs. A
    /// [`Signer`](crate::sign::Signer) does not use it.
    #[must_use]
    pub fn tenant(self, name: impl Into<Arc<str>>) -> Self {
        self.change(|secrets| secrets.tenant = Some(name.into()))
    }

    /// Parses a key of a fetched document for `scheme`. A delivery that is verified with the key
    /// marks its document.
    #[cfg(feature = "remote-keys")]
    fn published(
        key: Secret,
        scheme: &Scheme,
        marker: &Arc<remote::DocumentMarker>,
    ) -> Result<Self, KeyError> {
        let marker = Arc::clone(marker);
        let keyring = Keyring::new(scheme, &key, &[], None)?;
        let keyring = keyring.on_verified(move || marker.mark_verified());
        let keys = Self::new(key);
        let _ = keys.0.keyring.set(Arc::new(keyring));
        Ok(keys)
    }

    fn of(current: Secret, previous: Vec<Secret>) -> Self {
        Self::share(Secrets {
            current,
            previous,
            tenant: None,
            is_kept: false,
        })
    }

    fn share(secrets: Secrets) -> Self {
        let keyring = OnceLock::new();
        Self(Arc::new(Shared { secrets, keyring }))
    }

    /// Keeps the secrets next to the keys that are made of them.
    fn kept(self) -> Self {
        self.change(|secrets| secrets.is_kept = true)
    }

    /// Changes a copy of the secrets. Other clones of these keys stay as they are.
    fn change(self, change: impl FnOnce(&mut Secrets)) -> Self {
        let mut secrets = self.0.secrets.clone();
        change(&mut secrets);
        Self::share(secrets)
    }

    /// The result of `make` for each secret, the current one first. An error names the secret.
    pub(crate) fn each<T>(
        &self,
        scheme: &Scheme,
        make: impl Fn(&Secret) -> Result<T, KeyError>,
    ) -> Result<Vec<T>, KeyError> {
        // The capacity is allocated at once, because a reallocation would leave unwiped copies of
        // keys.
        let mut all = Vec::with_capacity(1 + self.0.secrets.previous.len());
        for (at, secret) in self.secrets().enumerate() {
            all.push(make(secret).map_err(|error| keyring::tell(error, scheme, at, secret))?);
        }
        Ok(all)
    }

    /// The secrets, the current one first.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let Secrets {
            current, previous, ..
        } = &self.0.secrets;
        std::iter::once(current).chain(previous)
    }

    /// The keys of `scheme`, decoded and ready for use.
    pub(crate) fn keyring(&self, scheme: &Scheme) -> Result<Arc<Keyring>, KeyError> {
        let Shared { secrets, keyring } = &*self.0;
        if let Some(ready) = keyring.get().filter(|ready| ready.is_for(scheme)) {
            return Ok(Arc::clone(ready));
        }
        let tenant = secrets.tenant.as_ref();
        let ready = Keyring::new(scheme, &secrets.current, &secrets.previous, tenant)?;
        let ready = Arc::new(if secrets.is_kept {
            ready.keep(self.secrets().cloned().collect())
        } else {
            ready
        });
        // A second scheme, or a second thread that was slower, keeps its own keyring.
        let _ = keyring.set(Arc::clone(&ready));
        Ok(ready)
    }
}

#[cfg(feature = "diagnose")]
impl Keys {
    /// Keeps the text of the secrets in memory, for
    /// [`WebhookLayer::diagnose`](crate::WebhookLayer::diagnose). Requires the feature `diagnose`.
    ///
    /// By default, a layer drops the text of its secrets once they are decoded, unless the scheme
    /// hashes the text itself. A diagnosis tries other forms of the secret, so it needs the text.
    ///
    /// Keys of a [`KeySource`] do not need this call. A layer that diagnoses keeps them for as long
    /// as the request and its diagnosis take.
    ///
    /// ```
    /// use tower_webhook::{Keys, Secret, WebhookLayer, diagnose, providers};
    ///
    /// # fn main() -> Result<(), tower_webhook::SetupError> {
    /// let keys = Keys::new(Secret::new("It's a Secret to Everybody")?).keep_for_diagnosis();
    /// let layer = WebhookLayer::new(providers::github(), keys)?.diagnose(diagnose::log)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Security
    ///
    /// An attacker who can read the memory of the process finds the secret. The memory is zeroed
    /// once the last copy of the keys is dropped. `Debug` does not show the secret.
    #[must_use]
    pub fn keep_for_diagnosis(self) -> Self {
        self.kept()
    }
}

impl From<Secret> for Keys {
    fn from(current: Secret) -> Self {
        Self::new(current)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Secrets {
            current,
            previous,
            tenant,
            ..
        } = &self.0.secrets;
        f.debug_struct("Keys")
            .field("current", current)
            .field("previous", previous)
            .field("tenant", tenant)
            .finish()
    }
}
