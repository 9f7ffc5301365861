//! The configuration that a layer and its services share.

use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    keys::KeyLookup,
    observe::{Decision, Observer},
};
#[cfg(feature = "diagnose")]
use crate::{
    body::Buffer,
    diagnose::DiagnosisWorker,
    keys::{Keyring, Keys},
    rejection::RejectionKind,
};
use crate::{
    body::MemoryBudget,
    handshake::{Acceptance, HandshakeData},
    head::RequestHead,
    rejection,
    verify::Verifier,
};

const DEFAULT_BODY_LIMIT: usize = 1 << 20;
const DEFAULT_BODY_DEADLINE: Duration = Duration::from_secs(10);

/// The configuration of a layer and its services.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) verifier: Verifier,
    /// `None` if the verifier has the keys.
    pub(super) keys: Option<KeyLookup>,
    pub(super) body_limit: usize,
    pub(super) body_deadline: Option<Duration>,
    pub(super) budget: Option<MemoryBudget>,
    pub(super) rejects_trailers: bool,
    pub(super) answers_handshakes: bool,
    pub(super) data_handler: Option<DataHandler>,
    pub(super) observer: Observer,
    #[cfg(feature = "diagnose")]
    pub(super) diagnosis: Option<DiagnosisWorker>,
}

/// The callback that takes the data of handshakes. An error is the text for the log.
pub(super) type DataHandler = Arc<dyn Fn(HandshakeData) -> DataFuture + Send + Sync>;

type DataFuture = Pin<Box<dyn Future<Output = Result<Acceptance, Arc<str>>> + Send>>;

/// Erases the type of a handler of handshake data.
pub(super) fn data_handler<F, Fut, E>(handler: F) -> DataHandler
where
    F: Fn(HandshakeData) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Acceptance, E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    Arc::new(move |data| {
        let acceptance = handler(data);
        Box::pin(async move {
            let acceptance = acceptance.await;
            acceptance.map_err(|error| rejection::line(&*error.into()))
        })
    })
}

impl Config {
    pub(super) fn new(verifier: Verifier) -> Self {
        let body_limit = verifier
            .provider()
            .body_limit()
            .unwrap_or(DEFAULT_BODY_LIMIT);
        Self {
            verifier,
            keys: None,
            body_limit,
            body_deadline: Some(DEFAULT_BODY_DEADLINE),
            budget: None,
            rejects_trailers: false,
            answers_handshakes: true,
            data_handler: None,
            observer: Observer::default(),
            #[cfg(feature = "diagnose")]
            diagnosis: None,
        }
    }

    /// Whether the layer answers any handshake.
    pub(super) fn has_handshakes(&self) -> bool {
        self.answers_handshakes && !self.verifier.provider().handshakes().is_empty()
    }

    /// Whether a handler takes the data of handshakes.
    pub(super) fn has_handler(&self) -> bool {
        self.data_handler.is_some()
    }

    /// Reports the acceptance on a request to the log and to the callback.
    pub(super) fn report(
        &self,
        head: Option<RequestHead<'_>>,
        acceptance: Decision<'_>,
        bytes: usize,
        started: Option<Instant>,
    ) {
        self.observer
            .report(&self.verifier, head, acceptance, bytes, started);
    }

    /// Diagnoses a rejected delivery, if diagnosis is enabled.
    #[cfg(feature = "diagnose")]
    pub(super) fn diagnose(
        &self,
        head: RequestHead<'_>,
        kind: &RejectionKind,
        body: Option<Buffer>,
        keyring: Option<&Arc<Keyring>>,
        looked_up: Option<&Keys>,
    ) {
        if let Some(diagnosis) = &self.diagnosis {
            diagnosis.submit(&self.verifier, head, kind, body, keyring, looked_up);
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("verifier", &self.verifier)
            .field("keys", &self.keys)
            .field("body_limit", &self.body_limit)
            .field("body_deadline", &self.body_deadline)
            .field("budget", &self.budget)
            .field("rejects_trailers", &self.rejects_trailers)
            .field("answers_handshakes", &self.answers_handshakes)
            .finish_non_exhaustive()
    }
}
