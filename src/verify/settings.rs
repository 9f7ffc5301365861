//! The settings of a verifier.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;

use super::{
    verified::Endpoint,
    window::{Tolerances, Window},
};
use crate::{
    clock::{Clock, SystemClock},
    head::RequestHead,
    keys::Keyring,
    providers::Provider,
    rejection::{Rejection, RejectionKind, RejectionResponder},
    scheme::{Scheme, Spec, TimestampFormat, UnixTime},
};

/// The configuration of a verifier. Deliveries are verified with it.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(super) provider: Provider,
    /// The provider with its alternative headers, if it has any.
    alternative: Option<Provider>,
    /// The keys of a delivery that has none of its own.
    pub(super) keyring: Arc<Keyring>,
    /// The source of each delivery's keys, if a handle can replace them.
    pub(super) reloadable: Option<Arc<ArcSwap<Keyring>>>,
    tolerances: Tolerances,
    /// Computed from `tolerances`.
    window: Window,
    pub(super) clock: Arc<dyn Clock>,
    /// Shared with every [`Verified`](super::Verified). The scheme, the statuses and the replay
    /// window are copies of other fields, so each setter updates both. The renderer is stored only
    /// here.
    pub(super) endpoint: Arc<Endpoint>,
}

impl Settings {
    pub(super) fn new(
        provider: Provider,
        keyring: Arc<Keyring>,
        reloadable: Option<Arc<ArcSwap<Keyring>>>,
    ) -> Self {
        let scheme = provider.scheme().clone();
        let tolerances = Tolerances::new(scheme.tolerance());
        let window = tolerances.window();
        let name = Arc::clone(&scheme.spec().name);
        let responder = RejectionResponder::new(name, provider.statuses().clone());
        Self {
            endpoint: Arc::new(Endpoint {
                replay_window: replay_window(scheme.spec(), window),
                scheme,
                responder,
            }),
            alternative: provider
                .scheme()
                .with_alternative_headers()
                .map(|scheme| provider.clone().with_scheme(scheme)),
            provider,
            keyring,
            reloadable,
            tolerances,
            window,
            clock: Arc::new(SystemClock::new()),
        }
    }

    #[cfg(feature = "diagnose")]
    pub(super) fn tolerances(&self) -> Tolerances {
        self.tolerances
    }

    pub(super) fn window(&self) -> Window {
        self.window
    }

    pub(super) fn set_tolerances(&mut self, set: impl FnOnce(&mut Tolerances)) {
        set(&mut self.tolerances);
        let window = self.tolerances.window();
        self.window = window;
        let replay_window = replay_window(self.spec(), window);
        Arc::make_mut(&mut self.endpoint).replay_window = replay_window;
    }

    pub(super) fn responder_mut(&mut self) -> &mut RejectionResponder {
        &mut Arc::make_mut(&mut self.endpoint).responder
    }

    pub(super) fn scheme(&self) -> &Scheme {
        self.provider.scheme()
    }

    /// The provider with the headers that a request has.
    pub(super) fn provider_for(&self, head: RequestHead<'_>) -> &Provider {
        let alternative = self.alternative.as_ref();
        let alternative = alternative.filter(|_| self.spec().has_alternative_headers(head));
        alternative.unwrap_or(&self.provider)
    }

    pub(super) fn spec(&self) -> &Spec {
        self.scheme().spec()
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Rejects a timestamp outside of the tolerance.
    pub(super) fn check_time(&self, time: UnixTime) -> Result<(), RejectionKind> {
        let now = UnixTime::from(self.now());
        let unit = self.scheme().timestamp_format();
        let unit = unit.unwrap_or(TimestampFormat::Seconds);
        self.window.check(now, time, unit)
    }

    pub(super) fn reject(&self, kind: RejectionKind) -> Rejection {
        self.endpoint.responder.reject(kind)
    }
}

/// The time for which a copy of a delivery is accepted. `None` if it is unlimited.
fn replay_window(spec: &Spec, window: Window) -> Option<Duration> {
    let is_timed = spec.signs_timestamp;
    is_timed.then(|| window.whole()).flatten()
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reloadable = self.reloadable.as_ref();
        let keyring = reloadable.map(|keyring| keyring.load_full());
        let keyring = keyring.as_ref().unwrap_or(&self.keyring);
        f.debug_struct("Settings")
            .field("provider", &self.provider)
            .field("keyring", &keyring)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
