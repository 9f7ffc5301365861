//! The worker that diagnoses the rejected deliveries of a layer, outside of its requests and within
//! limits.

use std::{
    collections::{HashMap, VecDeque},
    mem::{Discriminant, discriminant},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, SystemTime},
};

use http::Request;
use tokio::{runtime::Handle, task, time::Instant};

use super::{Cause, Diagnosis, Doctor};
use crate::{
    body::Buffer,
    head::RequestHead,
    keys::{Keyring, Keys, Secret},
    rejection::{RejectionClass, RejectionKind},
    trace::Span,
    verify::Verifier,
};

/// Diagnoses rejected deliveries in Tokio's pool of blocking threads. Clones share the limits and
/// the queue.
#[derive(Clone)]
pub(crate) struct DiagnosisWorker(Arc<Shared>);

struct Shared {
    sink: Box<dyn Fn(&Diagnosis) + Send + Sync>,
    /// Requests lock it, so it is never locked during a diagnosis.
    queue: Mutex<Queue>,
    reported: Mutex<ReportedSet>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<RejectedDelivery>,
    /// When a delivery was last admitted, for each kind of rejection.
    admitted: HashMap<Kind, Instant>,
    /// Whether a task takes deliveries from the queue. One task is enough, and limits the work.
    is_running: bool,
}

/// A kind of rejection, without its fields.
type Kind = Discriminant<RejectionKind>;

/// The time between two diagnosed deliveries of the same kind of rejection. A flood of forgeries
/// causes at most one diagnosis in this time, and takes no turns of other kinds.
const MIN_INTERVAL: Duration = Duration::from_secs(10);

/// The time for which an identical diagnosis is not reported again.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

const MAX_WAITING: usize = 8;

/// The time before the work begins. On a busy machine, the work would otherwise take processor time
/// from the response, which is sent meanwhile.
const START_DELAY: Duration = Duration::from_millis(100);

/// The longest body that is diagnosed, in bytes. Every attempt hashes the whole body.
const MAX_BODY: usize = 1 << 20;

/// The number of bytes hashed for one delivery: a hundred of the longest bodies, with two or three
/// secrets.
const MAX_HASHED: u64 = 256 << 20;

/// The number of secrets that are tried, the current one first.
const MAX_SECRETS: usize = 3;

impl DiagnosisWorker {
    pub(crate) fn new(sink: impl Fn(&Diagnosis) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            sink: Box::new(sink),
            queue: Mutex::default(),
            reported: Mutex::default(),
        }))
    }

    /// Queues a rejected delivery, if the kind of rejection can be explained and is due again.
    ///
    /// `body` is the whole body, or `None` if it was not read. `keyring` has the keys of the
    /// delivery, if they are not those of the verifier. `looked_up` has the secrets of these keys.
    ///
    /// The time that this takes must not depend on the tenant. It does nothing outside of a Tokio
    /// runtime, because the request would have to wait for the diagnosis.
    pub(crate) fn submit(
        &self,
        verifier: &Verifier,
        head: RequestHead<'_>,
        kind: &RejectionKind,
        body: Option<Buffer>,
        keyring: Option<&Arc<Keyring>>,
        looked_up: Option<&Keys>,
    ) {
        let is_long = body.as_ref().is_some_and(|body| body.len() > MAX_BODY);
        // A handshake of an unknown tenant. Its body is not read.
        let is_handshake = body.is_none() && *kind == RejectionKind::UnknownTenant;
        if is_long || is_handshake || !can_be_explained(kind) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let rejected_at = Instant::now();
        if !self.0.queue().admit(kind, rejected_at) {
            return;
        }
        let mut request = Request::new(());
        *request.method_mut() = head.method().clone();
        *request.uri_mut() = head.uri().clone();
        *request.headers_mut() = head.headers().clone();
        let keyring = keyring.cloned();
        // Created before the lock is taken, because the clock and the subscriber are the user's
        // code, which may be slow or panic.
        let delivery = RejectedDelivery {
            request,
            body,
            keyring: keyring.unwrap_or_else(|| verifier.current_keyring()),
            looked_up: looked_up.cloned(),
            verifier: verifier.clone(),
            now: verifier.now(),
            rejected_at,
            span: Span::current(),
        };
        let must_start = self.0.queue().push(delivery);
        if must_start {
            let run = Run {
                shared: Arc::clone(&self.0),
                is_complete: false,
            };
            // The task starts the blocking thread, which would otherwise delay the response.
            runtime.spawn(run.until_empty());
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Diagnoses a delivery, and reports the diagnosis if it is new. Blocks the thread.
    fn diagnose(&self, delivery: &RejectedDelivery) {
        thread::sleep(START_DELAY);
        let Some(diagnosis) = delivery.diagnose() else {
            return;
        };
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = reported.insert(&diagnosis, delivery.rejected_at);
        drop(reported);
        if is_new {
            delivery.span.in_scope(|| (self.sink)(&diagnosis));
        }
    }
}

impl Queue {
    /// Whether a delivery that was rejected at `now` is diagnosed.
    fn admit(&mut self, kind: &RejectionKind, now: Instant) -> bool {
        // An unknown tenant shares the turn of invalid signatures. With turns of its own, whether
        // the next delivery is diagnosed would reveal which tenants exist.
        let kind = discriminant(match kind {
            RejectionKind::UnknownTenant => &RejectionKind::SignatureMismatch,
            kind => kind,
        });
        let last = self.admitted.get(&kind);
        let is_due = last.is_none_or(|last| now.duration_since(*last) >= MIN_INTERVAL);
        if is_due {
            self.admitted.insert(kind, now);
        }
        is_due
    }

    /// Adds a delivery, and returns whether a task must be started. Drops the delivery if the queue
    /// is full.
    fn push(&mut self, delivery: RejectedDelivery) -> bool {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(delivery);
        }
        !std::mem::replace(&mut self.is_running, true)
    }
}

/// The task that takes deliveries from the queue.
struct Run {
    shared: Arc<Shared>,
    /// Whether the queue was found empty, after which another task may run.
    is_complete: bool,
}

impl Run {
    /// Diagnoses the deliveries of the queue, one after the other.
    async fn until_empty(mut self) {
        while let Some(delivery) = self.next() {
            let shared = Arc::clone(&self.shared);
            // An error is a panic of the sink, which must not affect the next delivery.
            let _ = task::spawn_blocking(move || shared.diagnose(&delivery)).await;
        }
    }

    fn next(&mut self) -> Option<RejectedDelivery> {
        let mut queue = self.shared.queue();
        let next = queue.waiting.pop_front();
        // Under the same lock, so that a delivery that is pushed later starts a task.
        queue.is_running = next.is_some();
        self.is_complete = next.is_none();
        next
    }
}

impl Drop for Run {
    /// If the runtime has ended, the deliveries of its requests are dropped, and a later request in
    /// another runtime starts a task there.
    fn drop(&mut self) {
        if !self.is_complete {
            let mut queue = self.shared.queue();
            queue.is_running = false;
            queue.waiting.clear();
        }
    }
}

/// A rejected delivery, and what it was verified with.
struct RejectedDelivery {
    request: Request<()>,
    /// `None` if it was not read.
    body: Option<Buffer>,
    keyring: Arc<Keyring>,
    /// The keys of the request, if they were looked up.
    looked_up: Option<Keys>,
    verifier: Verifier,
    /// The time of the rejection by the clock of the verifier.
    now: SystemTime,
    /// The time of the rejection by Tokio's clock.
    rejected_at: Instant,
    span: Span,
}

impl RejectedDelivery {
    /// Explains the rejection. Returns `None` without an explanation.
    fn diagnose(&self) -> Option<Diagnosis> {
        let secrets = self.secrets();
        let now = self.now;
        let doctor = Doctor::with_secrets(self.verifier.provider().clone(), secrets)
            .tenant(self.keyring.tenant().cloned())
            .tolerances(self.verifier.tolerances())
            .work_limit(MAX_HASHED)
            .clock(move || now);
        let body = self.body.as_ref();
        let body = body.map(|body| body.pieces().collect::<Vec<_>>().concat());
        let diagnosis = doctor.examine(&self.request, body.as_deref());
        // The result for an unknown tenant is discarded only here, after a similar amount of work
        // as for a known one.
        let is_known = body.is_none() || doctor.has_secrets();
        (is_known && !diagnosis.findings().is_empty()).then_some(diagnosis)
    }

    fn secrets(&self) -> Vec<Secret> {
        if let Some(keys) = &self.looked_up {
            keys.secrets().take(MAX_SECRETS).cloned().collect()
        } else {
            let kept = self.keyring.kept_secrets().iter();
            kept.take(MAX_SECRETS).cloned().collect()
        }
    }
}

/// The diagnoses of the last minute, and when each was reported.
#[derive(Default)]
struct ReportedSet(HashMap<DiagnosisKey, Instant>);

/// Diagnoses with equal keys are identical to an operator.
#[derive(PartialEq, Eq, Hash)]
struct DiagnosisKey {
    kind: Option<Kind>,
    tenant: Option<Box<str>>,
    key_label: Option<Box<str>>,
    /// Each cause without its fields, and whether it is proven.
    findings: Vec<(Discriminant<Cause>, bool)>,
}

impl ReportedSet {
    /// Adds a diagnosis, and returns whether it was not reported in the last minute.
    fn insert(&mut self, diagnosis: &Diagnosis, now: Instant) -> bool {
        self.0
            .retain(|_, reported| now.duration_since(*reported) < REPORT_INTERVAL);
        let findings = diagnosis.findings().iter();
        let key = DiagnosisKey {
            kind: diagnosis.rejection_kind().map(discriminant),
            tenant: diagnosis.tenant().map(Into::into),
            key_label: diagnosis.key_label().map(Into::into),
            findings: findings
                .map(|finding| (discriminant(finding.cause()), finding.is_proven()))
                .collect(),
        };
        let is_new = !self.0.contains_key(&key);
        if is_new {
            self.0.insert(key, now);
        }
        is_new
    }
}

/// Whether a diagnosis can say more than the kind of rejection does.
fn can_be_explained(kind: &RejectionKind) -> bool {
    match kind {
        RejectionKind::ExpiredKey { .. }
        | RejectionKind::TooManySignatures { .. }
        | RejectionKind::WrongHandshakeToken { .. } => false,
        RejectionKind::MissingHeader { .. } => true,
        _ => matches!(
            kind.class(),
            RejectionClass::InvalidSignature
                | RejectionClass::InvalidTimestamp
                | RejectionClass::Expired
        ),
    }
}
