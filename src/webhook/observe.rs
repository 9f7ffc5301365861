//! Reports decisions to the log and to the callback.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    head::RequestHead,
    rejection::{self, Rejection, RejectionKind},
    trace::{self, PerMinute},
    verify::{Verified, Verifier},
};

/// The decision on a request, for [`WebhookLayer::on_outcome`](super::WebhookLayer::on_outcome).
///
/// It contains no secret, no signature and no body.
#[derive(Clone, Copy)]
pub struct RequestOutcome<'o> {
    provider: &'o str,
    decision: Decision<'o>,
    delivery_id: Option<&'o str>,
    bytes: usize,
    elapsed: Duration,
}

/// The decision of the layer.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Decision<'o> {
    /// The delivery is forwarded to the inner service.
    Accepted(&'o Verified),
    /// The request is a [handshake](crate::handshake) of this name, and was answered.
    Handshake(&'o str),
    /// The request is rejected.
    Rejected(&'o Rejection),
}

impl<'o> RequestOutcome<'o> {
    /// Returns the name of the scheme that the request was verified with.
    #[must_use]
    pub fn provider(&self) -> &'o str {
        self.provider
    }

    /// Returns the decision.
    #[must_use]
    pub fn decision(&self) -> Decision<'o> {
        self.decision
    }

    /// Returns the ID of the delivery. For a rejected request it is the ID in the head, if that has
    /// at most 128 bytes.
    ///
    /// # Security
    ///
    /// Any client can write any ID into a request that is rejected.
    #[must_use]
    pub fn delivery_id(&self) -> Option<&'o str> {
        self.delivery_id
    }

    /// Returns the label of the secret that the delivery is signed with, if it has one. For a
    /// rejected delivery it is the label of a secret that has expired.
    #[must_use]
    pub fn key_label(&self) -> Option<&'o str> {
        match self.decision {
            Decision::Accepted(verified) => verified.key_label(),
            Decision::Handshake(_) => None,
            Decision::Rejected(rejection) => match rejection.kind() {
                RejectionKind::ExpiredKey { label } => label.as_deref(),
                _ => None,
            },
        }
    }

    /// Returns the number of body bytes read, or 0 for handshakes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the time from the head of the request to the decision, by Tokio's clock. It includes
    /// the arrival of the body, and not the inner service. It is close to zero for handshakes.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl fmt::Debug for RequestOutcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestOutcome")
            .field("provider", &self.provider)
            .field("decision", &self.decision)
            .field("delivery_id", &self.delivery_id)
            .field("key_label", &self.key_label())
            .field("bytes", &self.bytes)
            .field("elapsed", &self.elapsed)
            .finish()
    }
}

/// Reports decisions to the log and to the callback.
#[derive(Clone, Default)]
pub(super) struct Observer {
    pub(super) callback: Option<Arc<OutcomeCallback>>,
    warnings: Warnings,
}

/// The callback of [`WebhookLayer::on_outcome`](super::WebhookLayer::on_outcome).
pub(super) type OutcomeCallback = dyn Fn(&RequestOutcome<'_>) + Send + Sync;

impl Observer {
    /// Returns the time at which a request arrived, if its duration is reported.
    pub(super) fn start(&self) -> Option<Instant> {
        let is_reported = self.callback.is_some() || trace::is_heard();
        is_reported.then(Instant::now)
    }

    /// Reports the decision on a request. `started` is what [`start`](Self::start) returned.
    pub(super) fn report(
        &self,
        verifier: &Verifier,
        head: Option<RequestHead<'_>>,
        decision: Decision<'_>,
        bytes: usize,
        started: Option<Instant>,
    ) {
        if let Some(started) = started {
            let elapsed = started.elapsed();
            self.report_outcome(verifier, head, decision, bytes, elapsed);
        } else if let Decision::Rejected(rejection) = decision {
            self.warn(verifier, rejection);
        }
    }

    fn report_outcome(
        &self,
        verifier: &Verifier,
        head: Option<RequestHead<'_>>,
        decision: Decision<'_>,
        bytes: usize,
        elapsed: Duration,
    ) {
        let scheme = verifier.scheme();
        let outcome = RequestOutcome {
            provider: scheme.name(),
            decision,
            delivery_id: match decision {
                Decision::Accepted(delivery) => delivery.delivery_id(),
                Decision::Handshake(_) => None,
                Decision::Rejected(_) => {
                    head.and_then(|head| head.claimed_id(scheme.id_location()))
                }
            },
            bytes,
            elapsed,
        };
        self.log(verifier, &outcome);
        if let Some(callback) = &self.callback {
            callback(&outcome);
        }
    }

    fn log(&self, verifier: &Verifier, outcome: &RequestOutcome<'_>) {
        let (provider, delivery_id) = (outcome.provider, outcome.delivery_id);
        let (key_label, micros) = (outcome.key_label(), outcome.elapsed.as_micros());
        match outcome.decision {
            Decision::Accepted(_) => trace::debug!(
                provider = provider,
                delivery_id = delivery_id,
                key_label = key_label,
                bytes = outcome.bytes,
                micros = micros,
                "webhook delivery accepted"
            ),
            Decision::Handshake(handshake) => trace::debug!(
                provider = provider,
                handshake = handshake,
                "webhook handshake answered"
            ),
            Decision::Rejected(rejection) if self.warn(verifier, rejection) => {}
            Decision::Rejected(rejection) => trace::debug!(
                provider = provider,
                reason = %rejection::line(rejection),
                delivery_id = delivery_id,
                key_label = key_label,
                bytes = outcome.bytes,
                micros = micros,
                "webhook delivery rejected"
            ),
        }
    }

    /// Logs a rejection at warn level if it is a failure of the receiver, and returns whether it
    /// was logged. Unsigned requests can cause such failures, so each kind is logged once a minute.
    fn warn(&self, verifier: &Verifier, rejection: &Rejection) -> bool {
        if !is_receiver_failure(rejection) {
            return false;
        }
        let name = rejection.kind().name();
        let Some(suppressed) = self.warnings.0.admit(name, verifier.now()) else {
            return false;
        };
        trace::warn!(
            provider = rejection.provider(),
            reason = %rejection,
            suppressed = (suppressed > 0).then_some(suppressed),
            "webhook delivery rejected"
        );
        true
    }
}

/// The limit on the warnings of one layer. The clones of a service share it. A setter that copies
/// the configuration starts a new count.
#[derive(Default)]
struct Warnings(PerMinute<&'static str>);

impl Clone for Warnings {
    fn clone(&self) -> Self {
        Self::default()
    }
}

fn is_receiver_failure(rejection: &Rejection) -> bool {
    matches!(
        rejection.kind(),
        RejectionKind::HandshakeDataFailed { .. }
            | RejectionKind::KeyFetchLimited { .. }
            | RejectionKind::KeySourceFailed { .. }
            | RejectionKind::KeySourceTimeout { .. }
    )
}
