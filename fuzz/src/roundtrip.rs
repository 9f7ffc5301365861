//! The target `roundtrip`: the verifier accepts the deliveries of the signer, and rejects them
//! after a bit of a signed part flips.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tower_webhook::scheme::{Encoding, Location, TimestampFormat};

use crate::{
    fail,
    input::Input,
    leniencies,
    message::Message,
    oracle,
    parts::Token,
    rig::{KEY_NAMES, Origin, Rig, SignRequest},
    run::Told,
    samples,
};

/// Signs and verifies one delivery, and flips bits in it.
pub fn check(rigs: &[Rig], data: &[u8]) {
    let mut input = Input::new(data);
    let rig = &rigs[input.pick(rigs.len())];
    let Origin::Signed(signing) = &rig.origin else {
        return;
    };
    let keys = input.pick(3);
    let tolerance = rig.scheme.tolerance();
    let offset = Duration::from_millis(u64::from(input.word()) * 1000 + u64::from(input.byte()));
    let earliest = rig.now - tolerance;
    let time = (earliest + offset).min(rig.now + tolerance);
    let (id, target, body) = (input.text(), input.text(), input.long());
    let to_sign = SignRequest {
        keys,
        id: id.filter(|id| !id.is_empty()).unwrap_or("delivery-1"),
        time,
        target: target.filter(|it| it.starts_with('/')).unwrap_or("/hooks"),
        body,
    };
    let sample = SignRequest {
        body: samples::body(&rig.scheme),
        ..to_sign
    };
    let signed = signing.sign(to_sign).map(|message| (message, to_sign));
    let signed = signed.or_else(|| Some((signing.sign(sample)?, sample)));
    let Some((message, to_sign)) = signed else {
        return;
    };
    let Some(request) = message.request() else {
        return fail(&rig.preset, "request", || {
            format!("not a request: {message:?}")
        });
    };
    let positions = input.bytes();
    let told = match oracle::agree(rig, &rig.verifier, &rig.layer, &request, positions, true) {
        Ok(told) => told,
        Err(kind) => {
            if !leniencies::may_reject(rig, &message, &kind) {
                fail(&rig.preset, "genuine", || {
                    format!(
                        "rejected ({kind:?}): {message:?}, body {:?}",
                        text(&message.body)
                    )
                });
            }
            return;
        }
    };
    says_what_was_signed(rig, to_sign, &message, &told);
    while !input.is_empty() {
        flip(rig, keys, (&message, &told), &mut input);
    }
}

fn says_what_was_signed(rig: &Rig, to_sign: SignRequest<'_>, message: &Message, told: &Told) {
    // With both keys, a layout without room for two signatures has that of the current key.
    let label = if to_sign.keys == 2 {
        KEY_NAMES[1]
    } else {
        KEY_NAMES[0]
    };
    if told.key.as_deref() != Some(label) {
        fail(&rig.preset, "label", || {
            format!("{:?} instead of {label}", told.key)
        });
    }
    let id = Some(to_sign.id);
    if rig.scheme.id_location().is_some() && told.id.as_deref() != id {
        fail(&rig.preset, "id", || {
            format!("{:?} instead of {id:?} in {message:?}", told.id)
        });
    }
    let since = to_sign.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let written = match rig.scheme.timestamp_format() {
        Some(TimestampFormat::Seconds) => Duration::from_secs(since.as_secs()),
        Some(_) => since,
        None => return,
    };
    let time: Option<SystemTime> = Some(UNIX_EPOCH + written);
    if told.time != time {
        fail(&rig.preset, "time", || {
            format!("{:?} instead of {time:?}", told.time)
        });
    }
}

/// Flips a bit, and returns the position and the bit.
type Flip<'f> = dyn FnMut(&mut Vec<u8>) -> Option<(usize, u8)> + 'f;

/// Flips one bit of a part.
fn flip(rig: &Rig, keys: usize, genuine: (&Message, &Told), input: &mut Input<'_>) {
    let mut changed = genuine.0.clone();
    let part = input.pick(5);
    let mut flip = |text: &mut Vec<u8>| {
        let at = input.position(text.len().checked_sub(1)?);
        let bit = input.byte() % 8;
        text[at] ^= 1 << bit;
        Some((at, bit))
    };
    let mut is_strict = false;
    let flipped = match part {
        0 => flip(&mut changed.body),
        1 => flip_part(&Token::Id, rig, &mut changed, &mut flip),
        2 => flip_part(&Token::Timestamp, rig, &mut changed, &mut flip),
        3 => {
            let mut target = changed.target.clone().into_bytes();
            let flipped = flip(&mut target);
            let Ok(target) = String::from_utf8(target) else {
                return;
            };
            changed.target = target;
            flipped
        }
        _ => {
            let Some((header, start, end)) = signature(rig, &changed) else {
                return;
            };
            let mut value = changed.headers[header].1.clone();
            let mut text = value[start..end].to_vec();
            let flipped = flip(&mut text);
            // Hex is accepted in upper case. With both keys, the other signature still matches.
            let is_case = matches!(flipped, Some((_, 5))) && rig.scheme.encoding() == Encoding::Hex;
            is_strict = !is_case && keys > 0;
            value.splice(start..end, text);
            changed.headers[header].1 = value;
            flipped
        }
    };
    let Some(forged) = changed.request().filter(|_| flipped.is_some()) else {
        return;
    };
    let answer = oracle::agree(rig, &rig.verifier, &rig.layer, &forged, &[2], false);
    let Ok(told) = answer else { return };
    let is_token = rig.scheme.algorithm() == tower_webhook::scheme::Algorithm::Token;
    if is_strict {
        fail(&rig.preset, "signature", || {
            format!("a flipped bit was accepted: {changed:?}")
        });
    }
    if !is_token {
        oracle::same_parts(rig, genuine, (&changed, &told), &|| {
            format!("bit of part {part}")
        });
    }
}

fn flip_part(
    part: &Token,
    rig: &Rig,
    message: &mut Message,
    flip: &mut Flip<'_>,
) -> Option<(usize, u8)> {
    let mut value = part.value(message, &rig.scheme)?;
    let flipped = flip(&mut value)?;
    part.write(message, &rig.scheme, &value)?;
    Some(flipped)
}

/// Finds the signature: the longest run of signature characters in its header.
fn signature(rig: &Rig, message: &Message) -> Option<(usize, usize, usize)> {
    let locations = rig.scheme.signature_locations();
    let header = message.headers.iter().position(|(own, _)| {
        locations
            .iter()
            .any(|location| matches!(location, Location::Header(name) if name.as_str() == own))
    })?;
    let value = &message.headers[header].1;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    let mut runs = Vec::new();
    let mut start = 0;
    for end in 0..=value.len() {
        if value.get(end).is_none_or(|byte| !is_part(byte)) {
            runs.push((end - start, start));
            start = end + 1;
        }
    }
    let (len, start) = runs.into_iter().max()?;
    // A prefix such as `sha256=` or a key such as `v1=` is part of the run.
    let padding = value[start..start + len]
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    let body = &value[start..start + len - padding];
    let prefix = body
        .iter()
        .rposition(|byte| *byte == b'=')
        .map_or(0, |at| at + 1);
    Some((header, start + prefix, start + len))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
