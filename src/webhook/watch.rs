use std::{
    collections::{HashMap, HashSet},
    mem::{Discriminant, discriminant},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use http::Request;
use tokio::time::Instant;

use super::{WebhookLayer, config::Config};
use crate::{
    body::Buffer,
    diagnose::{Cause, Diagnosis, Doctor},
    head::Head,
    keys::{Keyring, Secret},
    rejection::{RejectionClass, RejectionKind},
};

/// Who is told of diagnoses.
type Sink = dyn Fn(&Diagnosis) + Send + Sync;

/// Has refused deliveries diagnosed, few and beside the way of requests.
#[derive(Clone)]
pub(super) struct Watch {
    sink: Arc<Sink>,
    minute: Arc<Mutex<Minute>>,
}

/// How many deliveries are diagnosed in a minute that were refused for the same reason. Whoever floods an
/// endpoint must not make it work more, nor hide what is refused for another reason.
const MOST_PER_MINUTE: usize = 6;

/// No more than this is hashed again and again.
const LONGEST_BODY: usize = 1 << 20;

/// For one delivery, in bytes: a hundred times the longest body, under two or three secrets.
const MOST_HASHED: u64 = 256 << 20;

/// So many secrets are tried, the current one first.
const MOST_SECRETS: usize = 3;

/// What was done in the minute that began last, for each reason of refusal.
#[derive(Default)]
struct Minute {
    began: Option<Instant>,
    refused: HashMap<Refusal, Refused>,
    told: HashSet<(Option<Refusal>, Vec<Discriminant<Cause>>)>,
}

/// Few: an enum's variants, without what is in them.
type Refusal = Discriminant<RejectionKind>;

#[derive(Default)]
struct Refused {
    count: usize,
    is_busy: bool,
}

impl Watch {
    pub(super) fn new(sink: impl Fn(&Diagnosis) + Send + Sync + 'static) -> Self {
        Self {
            sink: Arc::new(sink),
            minute: Arc::default(),
        }
    }

    /// Admits another that was refused for this reason, if one may be diagnosed now.
    fn admit(&self, kind: &RejectionKind) -> Option<Busy> {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_over = |began: Instant| now.duration_since(began) >= Duration::from_secs(60);
        if minute.began.is_none_or(is_over) {
            minute.began = Some(now);
            minute.told.clear();
            minute.refused.values_mut().for_each(|it| it.count = 0);
        }
        let refusal = discriminant(kind);
        let refused = minute.refused.entry(refusal).or_default();
        if refused.is_busy || refused.count == MOST_PER_MINUTE {
            return None;
        }
        refused.is_busy = true;
        refused.count += 1;
        let watch = self.clone();
        Some(Busy { watch, refusal })
    }

    fn tell(&self, diagnosis: &Diagnosis) {
        if diagnosis.findings().is_empty() {
            return;
        }
        let causes = diagnosis
            .findings()
            .iter()
            .map(|it| discriminant(it.cause()));
        let reason = (diagnosis.refusal().map(discriminant), causes.collect());
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = minute.told.insert(reason);
        drop(minute);
        if is_new {
            (self.sink)(diagnosis);
        }
    }
}

/// Lets the next one be diagnosed, come what may.
struct Busy {
    watch: Watch,
    refusal: Refusal,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let minute = &self.watch.minute;
        let mut minute = minute.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(refused) = minute.refused.get_mut(&self.refusal) {
            refused.is_busy = false;
        }
    }
}

impl<B> WebhookLayer<B> {
    /// Looks for the reason when a delivery is refused, and tells `sink`: [`diagnose::log`](crate::diagnose::log),
    /// which writes it to the log at warn level, or a closure. Nothing unless set.
    ///
    /// It is done once the answer is decided, on a thread of its own that ends with it. Of the deliveries that
    /// are refused for the same reason ([`RejectionKind`]), one is diagnosed at a time and six in a
    /// minute at most; the same findings are told once a minute. What cannot be explained is not told.
    /// The layer has the body of a delivery only if it had to read it: one that is refused by its head is
    /// examined by its head, without a hash. Bodies over 1 MiB are not examined, nor more than three of the secrets,
    /// and no more than 256 MiB are hashed for one delivery; meanwhile its body is kept, and no
    /// [`MemoryBudget`](super::MemoryBudget) counts it. See [`diagnose`](crate::diagnose).
    ///
    /// # Security
    ///
    /// Never show a caller what the sink is told: it would be an oracle. Whoever floods the endpoint with
    /// forgeries takes the six from deliveries that are refused for the same reason, and nothing else.
    pub fn diagnose(mut self, sink: impl Fn(&Diagnosis) + Send + Sync + 'static) -> Self {
        self.config().watch = Some(Watch::new(sink));
        self
    }
}

impl Config {
    /// Has a delivery diagnosed that was refused, if there is a reason to, and the time. `body` is whole, or
    /// not read; `keyring` is the delivery's own, if it has one.
    pub(super) fn diagnose(
        &self,
        head: Head<'_>,
        kind: &RejectionKind,
        body: Option<Buffer>,
        keyring: Option<&Arc<Keyring>>,
    ) {
        let Some(watch) = &self.watch else { return };
        let is_long = body.as_ref().is_some_and(|body| body.len() > LONGEST_BODY);
        if is_long || !can_be_explained(kind) {
            return;
        }
        let keyring = keyring.cloned();
        let keyring = keyring.unwrap_or_else(|| self.verifier.current_keyring());
        // A head says something without any.
        if body.is_some() && keyring.secrets().next().is_none() {
            return;
        }
        let Some(busy) = watch.admit(kind) else {
            return;
        };
        let secrets: Vec<Secret> = keyring.secrets().take(MOST_SECRETS).cloned().collect();
        let now = self.verifier.now();
        let doctor = Doctor::of(self.verifier.provider().clone(), secrets)
            .tolerances(self.verifier.tolerances())
            .work_limit(MOST_HASHED)
            .clock(move || now);
        let mut request = Request::new(());
        *request.method_mut() = head.method().clone();
        *request.uri_mut() = head.uri().clone();
        *request.headers_mut() = head.headers().clone();
        let work = move || {
            let body = body.map(|body| body.pieces().collect::<Vec<_>>().concat());
            busy.watch.tell(&doctor.examine(&request, body.as_deref()));
        };
        // Without a thread there is no diagnosis, and nothing else is amiss.
        let _ = thread::Builder::new()
            .name("webhook-diagnosis".to_owned())
            .spawn(work);
    }
}

fn can_be_explained(kind: &RejectionKind) -> bool {
    match kind {
        RejectionKind::ExpiredKey { .. }
        | RejectionKind::TooManySignatures { .. }
        | RejectionKind::UnknownTenant => false,
        RejectionKind::MissingHeader { .. } => true,
        _ => matches!(
            kind.class(),
            RejectionClass::InvalidSignature
                | RejectionClass::InvalidTimestamp
                | RejectionClass::Expired
        ),
    }
}
