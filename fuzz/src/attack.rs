//! The targets `layers` and `asymmetric`: genuine deliveries, and requests that an attacker makes
//! from them.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tower_webhook::{Verifier, WebhookLayer, scheme::Algorithm};

use crate::{
    fail,
    input::{Input, InputWriter},
    leniencies,
    message::Message,
    mutation::Change,
    oracle,
    rig::{Origin, Rig, SignRequest},
    run::{Once, Told},
    samples,
};

/// The input for one delivery and the changes to it.
#[derive(Clone, Default)]
pub struct Seed {
    pub rig: usize,
    pub keys: u8,
    /// Seconds around the clock's time.
    pub offset: u16,
    pub id: Vec<u8>,
    pub target: Vec<u8>,
    /// An empty body selects the sample of the preset.
    pub body: Vec<u8>,
    pub flags: u8,
    pub changes: Vec<InputWriter>,
}

const SWAPPED: u8 = 1;
const CHANGED_FIRST: u8 = 2;

impl Seed {
    /// The input that [`check`] reads as this seed.
    ///
    /// # Panics
    ///
    /// Panics if a part is too long for the input format.
    #[must_use]
    pub fn write(&self, rigs: usize) -> Vec<u8> {
        let writer = InputWriter::default()
            .pick(self.rig, rigs)
            .byte(self.flags)
            .byte(self.keys);
        let writer = writer
            .word(self.offset)
            .bytes(&self.id)
            .bytes(&self.target)
            .long(&self.body);
        let positions = [3, 1, 0, 200];
        let writer = writer.bytes(positions);
        let changes = self.changes.iter();
        let changes: Vec<_> = changes.flat_map(|change| change.clone().finish()).collect();
        writer.rest(changes).finish()
    }
}

/// Reads a genuine delivery; `None` if it cannot be signed.
fn genuine(rig: &Rig, input: &mut Input<'_>) -> Option<Message> {
    let keys = usize::from(input.byte());
    let offset = u64::from(input.word());
    let (id, target, body) = (input.text(), input.text(), input.long());
    match &rig.origin {
        Origin::Recorded(message) => Some((**message).clone()),
        Origin::Signed(signing) => {
            let tolerance = rig.scheme.tolerance().as_secs();
            let time = rig.now + Duration::from_secs(offset % (2 * tolerance + 1));
            let time = time - Duration::from_secs(tolerance);
            let to_sign = SignRequest {
                keys,
                id: id.filter(|id| !id.is_empty()).unwrap_or("delivery-1"),
                time,
                target: target.filter(|it| it.starts_with('/')).unwrap_or("/hooks"),
                body: if body.is_empty() {
                    samples::body(&rig.scheme)
                } else {
                    body
                },
            };
            signing.sign(to_sign)
        }
    }
}

/// Checks one delivery and the requests that an attacker makes from it.
pub fn check(rigs: &[Rig], data: &[u8]) {
    let mut input = Input::new(data);
    let rig = &rigs[input.pick(rigs.len())];
    let flags = input.byte();
    let Some(message) = genuine(rig, &mut input) else {
        return;
    };
    let Some(request) = message.request() else {
        return;
    };
    let positions = input.bytes();
    let is_thorough = !rig.has_public_key();
    let told = match oracle::agree(
        rig,
        &rig.verifier,
        &rig.layer,
        &request,
        positions,
        is_thorough,
    ) {
        Ok(told) => told,
        Err(kind) => {
            if !leniencies::may_reject(rig, &message, &kind) {
                fail(&rig.preset, "genuine", || {
                    format!("rejected ({kind:?}): {message:?}")
                });
            }
            return;
        }
    };
    let swapped = rig.swapped.as_ref().filter(|_| flags & SWAPPED != 0);
    let (verifier, layer) = swapped.map_or((&rig.verifier, &rig.layer), |(it, layer)| (it, layer));
    let once = Once::default();
    if flags & CHANGED_FIRST == 0 {
        once.send(&rig.layer, &request);
    }
    // Public-key verification is slow.
    let most = if rig.has_public_key() { 3 } else { 12 };
    let mut changed = message.clone();
    let mut trace = Vec::new();
    while !input.is_empty() && trace.len() < most {
        if input.flag() {
            changed = message.clone();
        }
        let change = Change::read(&mut input);
        if change.apply(rig, &mut changed, &mut input).is_none() {
            continue;
        }
        trace.push(change);
        let Some(forged) = changed.request() else {
            continue;
        };
        let attack = Attack {
            rig,
            verifier,
            layer,
            genuine: (&message, &told),
            trace: &trace,
        };
        if attack.is_accepted(&changed, &forged, positions) {
            once.send(layer, &forged);
        }
    }
    once.send(&rig.layer, &request);
    let handled = once.handled();
    // Signed under both keys, the delivery has another deduplication key when their order changes:
    // see `Verified::dedupe_key`.
    let most = if swapped.is_some() { 2 } else { 1 };
    if handled > most {
        fail(&rig.preset, "once", || {
            format!("handled {handled} times\ngenuine: {message:?}\nlast: {changed:?}\n{trace:?}")
        });
    }
    if handled == 0 && rig.scheme.tells_deliveries_apart() {
        fail(&rig.preset, "once", || format!("not handled: {message:?}"));
    }
}

struct Attack<'a> {
    rig: &'a Rig,
    verifier: &'a Verifier,
    layer: &'a WebhookLayer,
    genuine: (&'a Message, &'a Told),
    trace: &'a [Change],
}

impl Attack<'_> {
    /// Checks a forged request, and returns whether it is accepted.
    fn is_accepted(&self, changed: &Message, forged: &Request<Bytes>, positions: &[u8]) -> bool {
        let answer = oracle::agree(
            self.rig,
            self.verifier,
            self.layer,
            forged,
            positions,
            false,
        );
        let Ok(told) = answer else { return false };
        oracle::method(self.rig, changed);
        // A token covers no part of the request.
        if self.rig.scheme.algorithm() != Algorithm::Token {
            let trace = || format!("{:?}", self.trace);
            oracle::same_parts(self.rig, self.genuine, (changed, &told), &trace);
        }
        true
    }
}
