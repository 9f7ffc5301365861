use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;

use super::{
    MemoryBudget,
    answering::Taker,
    lookup::Source,
    outcome::{Observer, Warnings},
};
use crate::{
    rejection::{self, Rejection},
    verify::Verifier,
};

const DEFAULT_BODY_LIMIT: usize = 1 << 20;
const DEFAULT_BODY_DEADLINE: Duration = Duration::from_secs(10);

/// What a layer was told.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) verifier: Verifier,
    pub(super) source: Option<Source>,
    pub(super) body_limit: usize,
    pub(super) body_deadline: Option<Duration>,
    pub(super) budget: Option<MemoryBudget>,
    pub(super) refuse_trailers: bool,
    pub(super) answers_handshakes: bool,
    pub(super) taker: Option<Taker>,
    pub(super) observer: Option<Arc<Observer>>,
    pub(super) warnings: Warnings,
    #[cfg(feature = "diagnose")]
    pub(super) watch: Option<super::watch::Watch>,
    pub(super) renderer: Arc<dyn Fn(&Rejection) -> Response<Bytes> + Send + Sync>,
}

impl Config {
    pub(super) fn new(verifier: Verifier) -> Self {
        let body_limit = verifier
            .provider()
            .body_limit()
            .unwrap_or(DEFAULT_BODY_LIMIT);
        Self {
            verifier,
            source: None,
            body_limit,
            body_deadline: Some(DEFAULT_BODY_DEADLINE),
            budget: None,
            refuse_trailers: false,
            answers_handshakes: true,
            taker: None,
            observer: None,
            warnings: Warnings::default(),
            #[cfg(feature = "diagnose")]
            watch: None,
            renderer: Arc::new(rejection::json),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("verifier", &self.verifier)
            .field("source", &self.source)
            .field("body_limit", &self.body_limit)
            .field("body_deadline", &self.body_deadline)
            .field("budget", &self.budget)
            .field("refuse_trailers", &self.refuse_trailers)
            .field("answers_handshakes", &self.answers_handshakes)
            .finish_non_exhaustive()
    }
}
