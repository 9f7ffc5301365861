//! What must hold for an accepted request, and for all ways through the crate.

use bytes::Bytes;
use http::Request;
use tower_webhook::{Verifier, WebhookLayer, rejection::RejectionKind};

use crate::{
    fail,
    leniencies::{self, View},
    message::Message,
    parts::{Token, tokens},
    rig::Rig,
    run::{self, Answer, Told},
};

/// Verifies a request in several ways, in all of them if `is_thorough`, compares the answers, and
/// returns one of them.
#[track_caller]
pub fn agree(
    rig: &Rig,
    verifier: &Verifier,
    layer: &WebhookLayer,
    request: &Request<Bytes>,
    positions: &[u8],
    is_thorough: bool,
) -> Answer {
    // The input decides which of the ways a forged request goes.
    let is_core = is_thorough || positions.len() % 2 == 1;
    let is_layer = is_thorough || !is_core;
    let (whole, others) = run::core(verifier, request, positions, is_core);
    for other in others {
        if other != whole {
            fail(&rig.preset, "agreement", || {
                format!("the core: {whole:?} and {other:?}")
            });
        }
    }
    if !is_layer {
        return whole;
    }
    // A server checks the length; it is not part of verification.
    let mut request = request.clone();
    request.headers_mut().remove("content-length");
    let ways = [&[], positions];
    for positions in &ways[usize::from(!is_thorough)..] {
        let (answer, body) = run::through(layer, &request, positions);
        if !agrees(&whole, &answer) {
            fail(&rig.preset, "agreement", || {
                format!("core {whole:?}, layer {answer:?}")
            });
        }
        if body.is_some_and(|body| body != **request.body()) {
            fail(&rig.preset, "body", || {
                "the handler received another body".into()
            });
        }
    }
    whole
}

/// Whether the layer and the core say the same of a request.
fn agrees(core: &Answer, layer: &Answer) -> bool {
    use RejectionKind::{BodyTooLarge, MethodNotAllowed};

    match (core, layer) {
        // The layer alone has a limit.
        (_, Err(BodyTooLarge { .. })) => true,
        // The layer lists the methods of handshakes too.
        (Err(MethodNotAllowed { .. }), Err(MethodNotAllowed { .. })) => true,
        _ => core == layer,
    }
}

/// Checks that an accepted request has the signed parts of the genuine one.
#[track_caller]
pub fn same_parts(
    rig: &Rig,
    genuine: (&Message, &Told),
    accepted: (&Message, &Told),
    trace: &dyn Fn() -> String,
) {
    let scheme = &rig.scheme;
    let differs = |check: &str, what: &str| {
        fail(&rig.preset, check, || {
            format!(
                "another {what} was accepted\ngenuine: {genuine:?}\naccepted: {accepted:?}\n{}",
                trace()
            )
        });
    };
    let (old, new) = (genuine.1, accepted.1);
    if scheme.delivery_id_is_signed() && old.id != new.id {
        differs("id", "signed ID");
    }
    if scheme.timestamp_is_signed() && old.time != new.time {
        differs("time", "signed timestamp");
    }
    if scheme.event_type_is_signed() && old.event != new.event {
        differs("event", "signed event type");
    }
    if old.dedupe_key.is_some() != new.dedupe_key.is_some() {
        differs("dedupe-key", "kind of deduplication key");
    }
    let messages: Vec<_> = scheme.messages().map(|text| tokens(text, scheme)).collect();
    let mut claims = Vec::new();
    for (_, values) in scheme.claims() {
        // All values of a claim are made of the same parts.
        claims.extend(values.take(1).flat_map(|text| tokens(text, scheme)));
    }
    for token in messages.iter().flatten().chain(&claims) {
        same_part(rig, token, genuine.0, accepted.0, &differs);
    }
}

fn same_part(
    rig: &Rig,
    token: &Token,
    genuine: &Message,
    accepted: &Message,
    differs: &dyn Fn(&str, &str),
) {
    let name = token.name();
    if name.is_empty() || name == "jws" || name.starts_with("setting:") {
        return;
    }
    match leniencies::find(&rig.preset, name).map(|it| &it.view) {
        Some(View::Unchecked) => {}
        Some(View::Same(view)) if view(rig, genuine) == view(rig, accepted) => {}
        Some(View::Subset(items)) => {
            let known = items(genuine);
            if items(accepted).iter().any(|item| !known.contains(item)) {
                differs("items", name);
            }
        }
        Some(View::Same(_)) => differs("parts", name),
        None => {
            let value = token.value(accepted, &rig.scheme);
            if value != token.value(genuine, &rig.scheme) {
                differs("parts", name);
            }
            if value.is_none() && name.starts_with("canonical:") {
                differs("leniencies", "part without a rule");
            }
            if let Some(header) = name.strip_prefix("header:") {
                let mut copies = accepted.copies(header);
                let one = copies.next();
                if copies.any(|copy| Some(copy) != one) {
                    differs("copies", name);
                }
            }
        }
    }
}

/// Checks that the provider delivers with the method of an accepted request.
#[track_caller]
pub fn method(rig: &Rig, accepted: &Message) {
    let methods = rig.verifier.provider().methods();
    if !methods.iter().any(|method| method == &*accepted.method) {
        fail(&rig.preset, "method", || {
            format!("{} was accepted", accepted.method)
        });
    }
}
