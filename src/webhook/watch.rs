use std::{
    collections::HashMap,
    mem::{Discriminant, discriminant},
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, SystemTime},
};

use http::Request;
use tokio::time::Instant;

use crate::{
    body::Buffer,
    diagnose::{Cause, Diagnosis, Doctor},
    head::Head,
    keys::{Keyring, Keys, Secret},
    rejection::{RejectionClass, RejectionKind},
    trace::Span,
    verify::Verifier,
};

/// Has refused deliveries diagnosed, few and beside the way of requests.
#[derive(Clone)]
pub(super) struct Watch {
    worker: SyncSender<Refused>,
    /// When one was admitted last, for each reason.
    admitted: Arc<Mutex<HashMap<Reason, Instant>>>,
}

/// Few: an enum's variants, without what is in them.
type Reason = Discriminant<RejectionKind>;

/// How long after a delivery no other is diagnosed that was refused for the same reason. Whoever
/// floods an endpoint must not make it work more, nor hide what is refused for another reason, nor
/// what comes later.
const BETWEEN: Duration = Duration::from_secs(10);

/// The same is not told again for so long.
const TOLD_FOR: Duration = Duration::from_secs(60);

/// So many wait to be diagnosed.
const MOST_WAITING: usize = 8;

/// When work begins. By then the answer is on its way, and takes no longer for it.
const PAUSE: Duration = Duration::from_millis(100);

/// No more than this is hashed again and again.
const LONGEST_BODY: usize = 1 << 20;

/// For one delivery, in bytes: a hundred times the longest body, under two or three secrets.
const MOST_HASHED: u64 = 256 << 20;

/// So many secrets are tried, the current one first.
const MOST_SECRETS: usize = 3;

impl Watch {
    /// The worker ends with the last layer and service that can hand it something.
    pub(super) fn new(sink: impl Fn(&Diagnosis) + Send + 'static) -> Self {
        let (worker, refused) = sync_channel(MOST_WAITING);
        // Without a thread there is no diagnosis, and nothing else is amiss.
        let _ = thread::Builder::new()
            .name("webhook-diagnosis".to_owned())
            .spawn(move || work(&refused, &sink));
        Self {
            worker,
            admitted: Arc::default(),
        }
    }

    /// Whether one that was refused for this reason at this time is to be diagnosed.
    fn admits(&self, kind: &RejectionKind, now: Instant) -> bool {
        // Whose turn it was must not tell who is a tenant.
        let reason = discriminant(match kind {
            RejectionKind::UnknownTenant => &RejectionKind::SignatureMismatch,
            kind => kind,
        });
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        let last = admitted.get(&reason);
        let is_due = last.is_none_or(|last| now.duration_since(*last) >= BETWEEN);
        if is_due {
            admitted.insert(reason, now);
        }
        is_due
    }
}

fn work(refused: &Receiver<Refused>, sink: &impl Fn(&Diagnosis)) {
    let mut told = Told::default();
    for refused in refused {
        thread::sleep(PAUSE);
        // A sink that panics is told of the next one all the same.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| {
            let diagnosis = refused.diagnose();
            if let Some(diagnosis) = diagnosis.filter(|it| told.is_new(it, refused.at)) {
                refused.span.in_scope(|| sink(&diagnosis));
            }
        }));
    }
}

/// A refused delivery, and what it is held against.
struct Refused {
    request: Request<()>,
    /// `None` if it was not read.
    body: Option<Buffer>,
    keyring: Arc<Keyring>,
    /// The keys of the request, if they were looked up.
    looked_up: Option<Keys>,
    verifier: Verifier,
    now: SystemTime,
    at: Instant,
    span: Span,
}

impl Refused {
    /// Why it was refused, if there is something to say.
    fn diagnose(&self) -> Option<Diagnosis> {
        let secrets: Vec<Secret> = if let Some(keys) = &self.looked_up {
            keys.secrets().take(MOST_SECRETS).cloned().collect()
        } else {
            let kept = self.keyring.kept_secrets().iter();
            kept.take(MOST_SECRETS).cloned().collect()
        };
        // There is nothing to say of a tenant that does not exist, and it is not told by that.
        let is_known = self.body.is_none() || !secrets.is_empty();
        let now = self.now;
        let doctor = Doctor::with_secrets(self.verifier.provider().clone(), secrets)
            .tenant(self.keyring.tenant().cloned())
            .tolerances(self.verifier.tolerances())
            .work_limit(MOST_HASHED)
            .clock(move || now);
        let body = self.body.as_ref();
        let body = body.map(|body| body.pieces().collect::<Vec<_>>().concat());
        let diagnosis = doctor.examine(&self.request, body.as_deref());
        (is_known && !diagnosis.findings().is_empty()).then_some(diagnosis)
    }
}

/// What was told, and when.
#[derive(Default)]
struct Told(HashMap<Telling, Instant>);

/// The reason, whose secrets, which of them, and what was found.
type Telling = (
    Option<Reason>,
    Option<Box<str>>,
    Option<Box<str>>,
    Vec<(Discriminant<Cause>, bool)>,
);

impl Told {
    /// Whether it was not told a short while ago.
    fn is_new(&mut self, diagnosis: &Diagnosis, at: Instant) -> bool {
        self.0.retain(|_, told| at.duration_since(*told) < TOLD_FOR);
        let findings = diagnosis.findings().iter();
        let findings = findings.map(|it| (discriminant(it.cause()), it.is_proven()));
        let telling = (
            diagnosis.refusal().map(discriminant),
            diagnosis.tenant().map(Into::into),
            diagnosis.key_label().map(Into::into),
            findings.collect(),
        );
        let is_new = !self.0.contains_key(&telling);
        if is_new {
            self.0.insert(telling, at);
        }
        is_new
    }
}

impl Watch {
    /// Diagnoses a rejected delivery in the worker, if its reason can be explained and no other was
    /// diagnosed for the same reason a short while ago. `body` is the whole body, or `None` if it
    /// was not read. `keyring` has the keys of the delivery, if they are not those of the
    /// verifier, and `looked_up` has their secrets, if they were looked up. The time that this takes
    /// does not depend on the tenant.
    pub(super) fn diagnose(
        &self,
        verifier: &Verifier,
        head: Head<'_>,
        kind: &RejectionKind,
        body: Option<Buffer>,
        keyring: Option<&Arc<Keyring>>,
        looked_up: Option<&Keys>,
    ) {
        let is_long = body.as_ref().is_some_and(|body| body.len() > LONGEST_BODY);
        let at = Instant::now();
        let is_handshake = body.is_none() && *kind == RejectionKind::UnknownTenant;
        if is_long || is_handshake || !can_be_explained(kind) || !self.admits(kind, at) {
            return;
        }
        let mut request = Request::new(());
        *request.method_mut() = head.method().clone();
        *request.uri_mut() = head.uri().clone();
        *request.headers_mut() = head.headers().clone();
        let keyring = keyring.cloned();
        // The delivery is dropped if the queue is full.
        let _ = self.worker.try_send(Refused {
            request,
            body,
            keyring: keyring.unwrap_or_else(|| verifier.current_keyring()),
            looked_up: looked_up.cloned(),
            verifier: verifier.clone(),
            now: verifier.now(),
            at,
            span: Span::current(),
        });
    }
}

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
