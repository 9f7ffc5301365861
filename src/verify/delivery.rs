use std::sync::Arc;

use super::{
    Verified, Verifier,
    candidates::Candidates,
    claims::Claims,
    facts::{Facts, Found},
    handshakes::is_challenge,
    text::SignedText,
    texts::Texts,
    units::Units,
    verified::{Notes, Prints},
};
use crate::{
    keys::{Keyring, LabelledKey},
    mac::{Mac, Print},
    rejection::{Rejection, RejectionKind},
    scheme::{Spec, UnixTime},
};

/// A [`Session`](super::Session) for those who have the verifier at hand: what one delivery has of its own. It is large: make it
/// on the heap, and fill it there.
#[derive(Default)]
pub(crate) struct Delivery {
    pub(super) candidates: Candidates,
    time: Option<UnixTime>,
    text: SignedText,
    /// How long the id and the kind of event are, which lie behind the text.
    lens: [usize; 2],
    pub(super) uncommon: Option<Box<Uncommon>>,
    /// What has been given so far. On the heap, because it is large, and most bodies are there in
    /// one piece, which needs none.
    streamed: Option<Box<Streamed>>,
    /// The keys of this delivery, if they are not the verifier's.
    keyring: Option<Arc<Keyring>>,
    /// How many MACs are at least computed before it is refused.
    least_macs: usize,
    /// Which of the keys it was signed with.
    signed_with: usize,
}

struct Streamed {
    /// Under the current key.
    mac: Mac,
    /// Of the body, in bytes.
    len: usize,
}

/// What few schemes need.
pub(super) struct Uncommon {
    /// Other texts that the signature may be of.
    texts: Vec<SignedText>,
    /// What is needed of the head once the body is there, if the scheme looks into that.
    pub(super) facts: Option<Facts>,
}

impl Delivery {
    /// Notes what the head claims.
    #[inline]
    pub(super) fn note(
        &mut self,
        spec: &Spec,
        claims: &Claims<'_>,
        keyring: Option<Arc<Keyring>>,
    ) -> Result<(), RejectionKind> {
        let id = claims.id.as_deref().unwrap_or_default();
        let event = claims.event.unwrap_or_default();
        let attempt = claims.attempt.unwrap_or_default();
        let room = id.len() + event.len() + attempt.len();
        let text = &mut self.text;
        let written = text.write_head(&spec.message, claims, room);
        self.uncommon = Uncommon::of(spec, claims)?.map(Box::new);
        if let Err(kind) = written {
            let others = self.uncommon.iter().flat_map(|uncommon| &uncommon.texts);
            if others.into_iter().all(SignedText::is_unavailable) {
                return Err(kind);
            }
            *text = SignedText::unavailable();
        }
        if room > 0 {
            for note in [id, event, attempt] {
                text.note(note);
            }
        }
        self.time = claims.time;
        self.lens = [id.len(), event.len()];
        self.keyring = keyring;
        Ok(())
    }

    /// Gives the delivery keys of its own, before anything of its body. A refusal costs as if there
    /// were `most` keys, so that it does not tell how many there are.
    pub(crate) fn set_keyring(&mut self, keyring: Arc<Keyring>, most: usize) {
        self.keyring = Some(keyring);
        self.least_macs = most;
    }

    /// The keys of its own, if it has some.
    #[cfg(feature = "diagnose")]
    pub(crate) fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.keyring.as_ref()
    }

    /// The keys that it is held against, and which of them it was signed with.
    pub(crate) fn keys<'k>(&'k self, verifier: &'k Verifier) -> (&'k Keyring, usize) {
        let keyring = self.keyring.as_deref().unwrap_or(verifier.keyring());
        (keyring, self.signed_with)
    }

    /// Whether pieces of the body are taken as they come, and none has been yet.
    pub(crate) fn awaits_first(&self, verifier: &Verifier) -> bool {
        self.streamed.is_none() && verifier.scheme().spec().can_stream
    }

    /// How many bytes of the body have been taken as they came.
    pub(crate) fn streamed(&self) -> usize {
        self.streamed.as_ref().map_or(0, |streamed| streamed.len)
    }

    /// As [`Session::update`](super::Session::update); `verifier` is the one that the delivery began with.
    pub(crate) fn update(&mut self, verifier: &Verifier, piece: &[u8]) {
        let Self {
            text,
            streamed,
            keyring,
            ..
        } = self;
        if !verifier.scheme().spec().can_stream {
            return;
        }
        let streamed = streamed.get_or_insert_with(|| {
            let keyring = keyring.as_deref().unwrap_or(verifier.keyring());
            let mut mac = keyring.current.key.begin();
            mac.update(text.before());
            Box::new(Streamed { mac, len: 0 })
        });
        streamed.mac.update(piece);
        streamed.len += piece.len();
    }

    /// As [`Session::finish`](super::Session::finish); `verifier` is the one that the delivery began with, and `pieces` gives the
    /// body each time it is asked.
    pub(crate) fn finish<I>(
        &mut self,
        verifier: &Verifier,
        pieces: impl Fn() -> I,
    ) -> Result<Verified, Rejection>
    where
        I: Iterator<Item: AsRef<[u8]>>,
    {
        let Self {
            candidates,
            time,
            text,
            lens,
            uncommon,
            streamed,
            keyring,
            least_macs,
            signed_with,
        } = self;
        let spec = verifier.scheme().spec();
        let found = match uncommon.as_ref().and_then(|it| it.facts.as_ref()) {
            None => None,
            Some(facts) => {
                let found = look_into(facts, verifier, pieces(), candidates);
                let found = found.map_err(|kind| verifier.reject(kind))?;
                *time = found.iter().find_map(|found| found.time).or(*time);
                Some(found)
            }
        };
        let len = || -> usize { pieces().map(|piece| piece.as_ref().len()).sum() };
        let others = uncommon.as_ref().map(|uncommon| &uncommon.texts[..]);
        let texts = Texts::new(spec, text, others, candidates, &pieces);
        let mut units = found.as_deref().map(Units::of);
        let keyring = keyring.as_deref().unwrap_or(verifier.keyring());
        let mut kind = if keyring.is_decoy() {
            RejectionKind::UnknownTenant
        } else {
            RejectionKind::SignatureMismatch
        };
        let mut print = Print::default();
        let mut current = None;
        for (at, key) in keyring.iter().enumerate() {
            if at == 1 {
                current = Some(print);
            }
            let whole = streamed.take().filter(|streamed| streamed.len == len());
            let tried = units.as_ref().map(|units| {
                units.by(|found, print| texts.signed_by(&key.key, Some(found), print))
            });
            let matched = match (&tried, whole) {
                (Some(tried), _) => tried.text(),
                (None, Some(mut streamed)) => {
                    text.behind().for_each(|text| streamed.mac.update(text));
                    let candidates = candidates.iter();
                    let is_signed = streamed.mac.is_one_of(candidates, &mut print);
                    is_signed.then_some(0)
                }
                (None, None) => texts.signed_by(&key.key, None, &mut print),
            };
            let Some(matched) = matched.filter(|_| !keyring.is_decoy()) else {
                continue;
            };
            if let Some(objection) =
                objection(verifier, key, texts.iter(), &pieces, found.as_deref())
            {
                kind = objection;
                continue;
            }
            *signed_with = at;
            if at > 0 {
                keyring.tell_in_use(key, &verifier.scheme().spec().name);
            }
            if let Some((units, tried)) = units.as_mut().zip(tried) {
                let Some(proven) = units.prove(tried) else {
                    continue;
                };
                print = proven;
            }
            if at > 0 && uncommon.is_some() {
                // `current` is the fingerprint of the last text that was tried, or unset if the
                // scheme looks into the body. Deduplication needs that of the text that matched, or
                // a copy of the delivery with fewer signatures would count as another delivery.
                let found = found.as_ref().and_then(|found| found.first());
                current = Some(texts.print(&keyring.current.key, matched, found));
            }
            let mut text = std::mem::take(text);
            Found::note(found.as_deref().unwrap_or_default(), &mut text, lens);
            let notes = Notes::new(text, *lens);
            let tenant = keyring.note_verified();
            let prints = Prints::new(print, current);
            return Ok(Verified::new(verifier, tenant, key, notes, *time, prints));
        }
        for _ in keyring.len()..*least_macs {
            let key = &verifier.keyring().current.key;
            if found.is_none() {
                std::hint::black_box(texts.signed_by(key, None, &mut print));
            }
            for found in found.iter().flatten() {
                std::hint::black_box(texts.signed_by(key, Some(found), &mut print));
            }
        }
        Err(verifier.reject(kind))
    }
}

/// Why a delivery is refused that a key has signed.
fn objection<'t, I>(
    verifier: &Verifier,
    key: &LabelledKey,
    texts: impl Iterator<Item = &'t SignedText>,
    pieces: impl Fn() -> I,
    found: Option<&[Found]>,
) -> Option<RejectionKind>
where
    I: Iterator<Item: AsRef<[u8]>>,
{
    let mut claiming = found.iter().copied().flatten();
    if let Some(claim) = claiming.find_map(|found| found.missed.clone()) {
        return Some(RejectionKind::ClaimMismatch { claim });
    }
    if !key.is_valid(|| verifier.now()) {
        let label = key.label.clone();
        return Some(RejectionKind::ExpiredKey { label });
    }
    is_challenge(verifier, texts, pieces, found).then_some(RejectionKind::SignedChallenge)
}

/// Finds in a body what the scheme has there, and holds the time against the clock.
#[cold]
fn look_into(
    facts: &Facts,
    verifier: &Verifier,
    pieces: impl Iterator<Item: AsRef<[u8]>>,
    candidates: &Candidates,
) -> Result<Vec<Found>, RejectionKind> {
    let found = facts.look_into(&whole(pieces), verifier.scheme().spec(), candidates)?;
    for time in found.iter().filter_map(|found| found.time) {
        verifier.check(time)?;
    }
    Ok(found)
}

pub(super) fn whole(pieces: impl Iterator<Item: AsRef<[u8]>>) -> Vec<u8> {
    let mut whole = Vec::new();
    pieces.for_each(|piece| whole.extend_from_slice(piece.as_ref()));
    whole
}

impl Uncommon {
    #[inline]
    fn of(spec: &Spec, claims: &Claims<'_>) -> Result<Option<Self>, RejectionKind> {
        if spec.is_common() {
            return Ok(None);
        }
        let texts = spec.other_messages.iter().map(|message| {
            SignedText::of(message, claims).unwrap_or_else(|_| SignedText::unavailable())
        });
        let texts = texts.collect();
        let facts = spec.looks_into_body.then(|| Facts::of(spec, claims));
        Ok(Some(Self {
            texts,
            facts: facts.transpose()?,
        }))
    }
}
