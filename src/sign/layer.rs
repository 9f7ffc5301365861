//! The layer and its settings.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::Request;
use tower_layer::Layer;

use super::{DeliveryId, Sign};
use crate::{
    clock::{Clock, SystemClock},
    signer::{SignError, Signer},
};

/// The limit for receivers that document none.
const DEFAULT_BODY_LIMIT: usize = 1 << 20;

/// A layer that applies [`Sign`] to a client. Cheap to clone.
///
/// See the [module docs](crate::sign) for an example.
#[doc(alias = "outgoing")]
#[doc(alias = "client")]
#[derive(Clone)]
#[must_use]
pub struct SignLayer {
    config: Arc<Config>,
}

#[derive(Clone)]
pub(super) struct Config {
    pub(super) signer: Arc<Signer>,
    pub(super) body_limit: usize,
    pub(super) clock: Arc<dyn Clock>,
}

impl SignLayer {
    /// Creates a layer that signs each request.
    pub fn new(signer: Signer) -> Self {
        let body_limit = signer.provider().body_limit();
        let config = Config {
            body_limit: body_limit.unwrap_or(DEFAULT_BODY_LIMIT),
            signer: Arc::new(signer),
            clock: Arc::new(SystemClock::new()),
        };
        Self {
            config: Arc::new(config),
        }
    }

    /// Sets the maximum body size, in bytes. Defaults to the limit that the provider documents, or
    /// 1 MiB.
    ///
    /// A longer body fails with [`SignError::TooLarge`](super::SignError::TooLarge), and the
    /// request is not sent.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.config_mut().body_limit = bytes;
        self
    }

    /// Sets the clock for timestamps and for the [expiry](crate::Secret::not_after) of secrets.
    /// Defaults to the system clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.config_mut().clock = Arc::new(clock);
        self
    }

    fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }
}

impl Config {
    /// Signs a delivery with the current time.
    pub(super) fn sign(&self, mut request: Request<Bytes>) -> Result<Request<Bytes>, SignError> {
        let given = request.extensions().get::<DeliveryId>().cloned();
        let own = || self.signer.id_of(&request).map(DeliveryId::new);
        let id = match given {
            Some(id) if !id.is_random() => Some(id),
            random => own().or(random),
        };
        let id = id.as_ref().map_or("", DeliveryId::as_str);
        self.signer.sign(&mut request, id, self.clock.now())?;
        Ok(request)
    }
}

impl<S> Layer<S> for SignLayer {
    type Service = Sign<S>;

    fn layer(&self, inner: S) -> Sign<S> {
        Sign::new(inner, Arc::clone(&self.config))
    }
}

impl fmt::Debug for SignLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignLayer")
            .field("config", &self.config)
            .finish()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("signer", &self.signer)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}
