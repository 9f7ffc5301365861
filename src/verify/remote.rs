//! Verification with the public keys that a provider publishes.

use std::{sync::Arc, time::Duration};

use http::StatusCode;

use super::{
    VerificationSession, Verified, Verifier,
    body_context::BodyContext,
    delivery::{Delivery, collect_body},
    settings::Settings,
};
use crate::{
    clock::Clock,
    head::RequestHead,
    keys::{KeyLocator, RemoteKeys},
    providers::Provider,
    rejection::{Rejection, RejectionClass, RejectionKind},
    scheme::Scheme,
    setup::SetupError,
};

/// Verifies the deliveries of one provider with the public keys that the provider publishes. Cheap
/// to clone.
///
/// This type is not a [`Verifier`], because it has no keys until a delivery names them. Needs the
/// `remote-keys` feature.
///
/// ```
/// use http::{Request, Uri};
/// use tower_webhook::{
///     Rejection, RemoteVerifier, SetupError, Verified, keys::RemoteKeys, providers,
/// };
///
/// fn verifier(keys: RemoteKeys) -> Result<RemoteVerifier, SetupError> {
///     RemoteVerifier::new(providers::aws_sns(), keys)
/// }
///
/// async fn handle(
///     verifier: &RemoteVerifier,
///     request: &Request<Vec<u8>>,
/// ) -> Result<Verified, Rejection> {
///     verifier.verify(request, request.body()).await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RemoteVerifier {
    verifier: Verifier,
    keys: RemoteKeys,
}

impl RemoteVerifier {
    /// Creates a verifier that fetches the keys of `provider` with `keys`.
    ///
    /// # Errors
    ///
    /// - The provider's scheme does not say where its keys are.
    /// - The errors of [`Verifier::new`] that are not about keys.
    pub fn new(provider: impl Into<Provider>, keys: RemoteKeys) -> Result<Self, SetupError> {
        let provider = provider.into();
        let spec = provider.scheme().spec();
        if spec.remote_key.is_none() {
            let scheme = Arc::clone(&spec.name);
            return Err(SetupError::NoRemoteKeys { scheme });
        }
        let verifier = Verifier::without_keys(provider)?;
        Ok(Self { verifier, keys })
    }

    /// Sets how far a timestamp may be from now, as [`Verifier::tolerance`] does.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        self.map_verifier(|verifier| verifier.tolerance(tolerance))
    }

    /// Sets how far a timestamp may be in the past, as [`Verifier::past_tolerance`] does.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn past_tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        self.map_verifier(|verifier| verifier.past_tolerance(tolerance))
    }

    /// Sets how far a timestamp may be in the future, as [`Verifier::future_tolerance`] does.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn future_tolerance(self, tolerance: Duration) -> Result<Self, SetupError> {
        self.map_verifier(|verifier| verifier.future_tolerance(tolerance))
    }

    /// Sets the leeway of a web token's `exp` and `nbf`, as [`Verifier::leeway`] does.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the signature is not a web token with claims.
    pub fn leeway(self, leeway: Duration) -> Result<Self, SetupError> {
        self.map_verifier(|verifier| verifier.leeway(leeway))
    }

    /// Sets the status of a class of rejections, as [`Verifier::rejection_status`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Verifier::rejection_status`].
    pub fn rejection_status(
        self,
        class: RejectionClass,
        status: StatusCode,
    ) -> Result<Self, SetupError> {
        self.map_verifier(|verifier| verifier.rejection_status(class, status))
    }

    /// Sets the clock that timestamps and tokens are checked against. Defaults to the system clock.
    /// [`RemoteKeys`] has a clock of its own.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.verifier = self.verifier.clock(clock);
        self
    }

    /// Returns the scheme that deliveries are verified with.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        self.verifier.scheme()
    }

    /// Returns the provider whose deliveries this verifier accepts.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        self.verifier.provider()
    }

    /// Reads the head, and rejects requests that can be rejected without the body, as
    /// [`Verifier::begin`] does.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] says which check failed.
    pub fn begin<'h>(&self, head: impl Into<RequestHead<'h>>) -> Result<RemoteSession, Rejection> {
        Ok(RemoteSession {
            session: self.verifier.begin(head)?,
            keys: self.keys.clone(),
        })
    }

    /// Verifies a delivery whose body is complete.
    ///
    /// # Errors
    ///
    /// Those of [`begin`](Self::begin) and [`RemoteSession::finish`].
    pub async fn verify<'h>(
        &self,
        head: impl Into<RequestHead<'h>>,
        body: &[u8],
    ) -> Result<Verified, Rejection> {
        let head = head.into();
        self.begin(head)?.finish(head, body).await
    }

    /// Splits the verifier, for the layer.
    pub(crate) fn into_parts(self) -> (Verifier, RemoteKeys) {
        (self.verifier, self.keys)
    }

    fn map_verifier(
        mut self,
        change: impl FnOnce(Verifier) -> Result<Verifier, SetupError>,
    ) -> Result<Self, SetupError> {
        self.verifier = change(self.verifier)?;
        Ok(self)
    }
}

/// One delivery whose head has been read, and whose keys have not been fetched. Created by
/// [`RemoteVerifier::begin`].
#[derive(Debug)]
#[must_use = "a delivery is verified only once `finish` returns"]
pub struct RemoteSession {
    session: VerificationSession,
    keys: RemoteKeys,
}

impl RemoteSession {
    /// Fetches the keys that the delivery names, and verifies the delivery. Pass the head that the
    /// session began with, and the whole body.
    ///
    /// # Errors
    ///
    /// - The delivery does not name an allowed URL.
    /// - The fetch fails, and there are no [stale keys](RemoteKeys#refresh). This method has no
    ///   timeout, so set one in the fetcher.
    /// - The key is not published.
    /// - Those of [`VerificationSession::finish`].
    pub async fn finish<'h>(
        self,
        head: impl Into<RequestHead<'h>>,
        body: &[u8],
    ) -> Result<Verified, Rejection> {
        let Self { mut session, keys } = self;
        let VerificationSession { settings, delivery } = &mut session;
        let reject = |kind| settings.reject(kind);
        let wanted = delivery.wanted(settings, head.into(), [body].into_iter());
        // `RemoteVerifier::new` accepts only schemes that say where their keys are.
        if let Some(wanted) = wanted.map_err(reject)? {
            let found = keys.search(wanted).keys().await;
            if let Some(keys) = found.map_err(reject)? {
                let keyring = keys.keyring(settings.scheme());
                let keyring =
                    keyring.map_err(|error| reject(RejectionKind::key_source_failed(&error)))?;
                delivery.set_keyring(keyring, 0);
            }
        }
        session.finish([body])
    }
}

impl Delivery {
    /// The location of the delivery's keys, if the provider publishes them.
    pub(crate) fn wanted(
        &self,
        settings: &Settings,
        head: RequestHead<'_>,
        body: impl Iterator<Item: AsRef<[u8]>>,
    ) -> Result<Option<KeyLocator>, RejectionKind> {
        let scheme = settings.scheme();
        let Some(remote) = &scheme.spec().remote_key else {
            return Ok(None);
        };
        let whole = if remote.is_in_body() {
            collect_body(body)
        } else {
            Vec::new()
        };
        let context = self.body_context.as_deref();
        let token = context.and_then(BodyContext::token);
        let (url, id) = remote.locate(head, token, &whole)?;
        Ok(Some(KeyLocator {
            scheme: scheme.clone(),
            document: remote.document,
            url,
            id,
        }))
    }
}
