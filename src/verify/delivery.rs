//! The verification of one delivery, from its head to the key that has signed it.

use std::sync::Arc;

use super::{
    Verified,
    body_context::{BodyContext, Extracted},
    candidates::Candidates,
    claims::Claims,
    settings::Settings,
    signed_text::SignedText,
    text_search::TextSearch,
    timing::TimingEqualizer,
    token::Life,
    unit_trials::{UnitTrial, UnitTrials},
    verified::{Fingerprints, Metadata, SignedBy},
    web_token,
};
use crate::{
    encoding::decimal,
    head::RequestHead,
    keys::{Keyring, LabelledKey},
    mac::{Fingerprint, Mac},
    rejection::{Rejection, RejectionKind},
    scheme::{Spec, UnixTime},
};

/// One delivery under verification.
///
/// All methods take the settings of the verifier that it was [opened](Self::open) with.
#[derive(Default)]
pub(crate) struct Delivery {
    candidates: Candidates,
    time: Option<UnixTime>,
    metadata: Metadata,
    text: SignedText,
    /// Alternative texts that the signature may be of.
    other_texts: Vec<SignedText>,
    /// Set if the scheme looks into the body.
    pub(super) body_context: Option<Box<BodyContext>>,
    running: Option<RunningMac>,
    /// The keys of this delivery, if they are not those of the verifier.
    keyring: Option<Arc<Keyring>>,
    timing: TimingEqualizer,
    /// The position of the key that the delivery is signed with.
    key_index: usize,
}

/// The MAC, under the current key, of the text up to the last frame.
struct RunningMac {
    mac: Box<Mac>,
    body_len: usize,
}

/// The search for the key that a delivery is signed with.
struct KeySearch<'d, P> {
    settings: &'d Settings,
    keyring: &'d Keyring,
    texts: TextSearch<'d, P>,
    /// The values from each unit of the body, if the scheme looks into it.
    units: Option<&'d [Extracted]>,
}

/// The result of one key.
struct KeyTrial {
    /// The index of the text that the key has signed.
    text: Option<usize>,
    fingerprint: Fingerprint,
    units: Option<UnitTrial>,
}

/// The key that has signed a delivery, and the text that it has signed.
struct KeyMatch<'k> {
    index: usize,
    key: &'k LabelledKey,
    fingerprints: Fingerprints,
}

impl Delivery {
    /// Reads the head, and rejects requests that can be rejected without the body.
    ///
    /// Call it once, on an empty delivery. A delivery is filled in place, because it is large.
    pub(crate) fn open(
        &mut self,
        settings: &Settings,
        head: RequestHead<'_>,
    ) -> Result<(), RejectionKind> {
        let provider = settings.provider_for(head);
        let spec = provider.scheme().spec();
        let candidates = &mut self.candidates;
        let token = match spec.format.jws_kind() {
            Some(kind) => Some(web_token::read(head, spec, kind, candidates)?),
            None => None,
        };
        let claims = Claims::read(head, provider, token.as_ref(), candidates)?;
        if let Some(token) = &token {
            let life = Life::of(token, spec)?;
            let now = UnixTime::from(settings.now());
            settings.window().check_life(now, &life)?;
        }
        if let Some(time) = claims.time {
            settings.check_time(time)?;
        }
        let reloadable = settings.reloadable.as_ref();
        self.keyring = reloadable.map(|keyring| keyring.load_full());
        self.write_texts(spec, &claims)?;
        self.time = claims.time;
        self.metadata = Metadata::of(&claims);
        Ok(())
    }

    /// Writes the parts of the signed texts that are in the head.
    fn write_texts(&mut self, spec: &Spec, claims: &Claims<'_>) -> Result<(), RejectionKind> {
        let text = SignedText::of(&spec.message, claims);
        for message in &spec.other_messages {
            let text = SignedText::of(message, claims);
            let text = text.unwrap_or_else(|_| SignedText::unavailable());
            self.other_texts.push(text);
        }
        if spec.looks_into_body {
            self.body_context = Some(Box::new(BodyContext::of(spec, claims)?));
        }
        self.text = match text {
            Err(kind) if self.other_texts.iter().all(SignedText::is_unavailable) => {
                return Err(kind);
            }
            text => text.unwrap_or_else(|_| SignedText::unavailable()),
        };
        Ok(())
    }

    /// Sets the keys of this delivery, before any of the body is hashed. A rejection costs at least
    /// `min_macs` MACs.
    pub(crate) fn set_keyring(&mut self, keyring: Arc<Keyring>, min_macs: usize) {
        self.keyring = Some(keyring);
        self.timing = TimingEqualizer::new(min_macs);
    }

    /// The keys of this delivery, if they are not those of the verifier.
    #[cfg(feature = "diagnose")]
    pub(crate) fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.keyring.as_ref()
    }

    /// The keys that the delivery is verified with, and the index of the one that has signed it.
    pub(crate) fn keys<'k>(&'k self, settings: &'k Settings) -> (&'k Keyring, usize) {
        let keyring = self.keyring.as_deref().unwrap_or(&settings.keyring);
        (keyring, self.key_index)
    }

    /// Whether the MAC can run while the body arrives, and has not begun.
    pub(crate) fn awaits_first(&self, settings: &Settings) -> bool {
        self.running.is_none() && settings.spec().can_stream
    }

    /// The number of body bytes that were hashed while the body arrived.
    pub(crate) fn hashed_len(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.body_len)
    }

    /// Hashes the next piece of the body, if the scheme allows that before the body is complete.
    pub(crate) fn update(&mut self, settings: &Settings, piece: &[u8]) {
        if !settings.spec().can_stream {
            return;
        }
        let Self {
            text,
            running,
            keyring,
            ..
        } = self;
        let running = running.get_or_insert_with(|| {
            let keyring = keyring.as_deref().unwrap_or(&settings.keyring);
            let mut mac = Box::new(keyring.current.key.begin());
            mac.update(text.before());
            RunningMac { mac, body_len: 0 }
        });
        running.mac.update(piece);
        running.body_len += piece.len();
    }

    /// Completes the verification. `pieces` returns the whole body each time it is called.
    pub(crate) fn finish<I>(
        &mut self,
        settings: &Settings,
        pieces: impl Fn() -> I,
    ) -> Result<Verified, Rejection>
    where
        I: Iterator<Item: AsRef<[u8]>>,
    {
        self.verify(settings, &pieces)
            .map_err(|kind| settings.reject(kind))
    }

    fn verify<I>(
        &mut self,
        settings: &Settings,
        pieces: &impl Fn() -> I,
    ) -> Result<Verified, RejectionKind>
    where
        I: Iterator<Item: AsRef<[u8]>>,
    {
        let units = self.extract(settings, pieces)?;
        let running = self.running.take();
        let keyring = self.keyring.as_deref().unwrap_or(&settings.keyring);
        let texts = TextSearch::new(
            settings.spec(),
            &self.text,
            &self.other_texts,
            &self.candidates,
            pieces,
        );
        let search = KeySearch {
            settings,
            keyring,
            texts,
            units: units.as_deref(),
        };
        let found = search.find_key(running).inspect_err(|_| {
            search.spend_time(self.timing);
        })?;
        keyring.mark_verified();
        self.key_index = found.index;
        let signed_by = SignedBy {
            tenant: keyring.tenant(),
            key_label: found.key.label.as_ref(),
            fingerprints: found.fingerprints,
        };
        let metadata = self.metadata.take_with(units.as_deref());
        Ok(Verified::new(
            &settings.endpoint,
            signed_by,
            metadata,
            self.time,
        ))
    }

    /// Extracts the values that the scheme has in the body, and checks the timestamps among them.
    fn extract<I>(
        &mut self,
        settings: &Settings,
        pieces: &impl Fn() -> I,
    ) -> Result<Option<Vec<Extracted>>, RejectionKind>
    where
        I: Iterator<Item: AsRef<[u8]>>,
    {
        let Some(context) = &self.body_context else {
            return Ok(None);
        };
        let body = collect_body(pieces());
        let units = context.extract(&body, settings.spec(), &self.candidates)?;
        for time in units.iter().filter_map(|unit| unit.time) {
            settings.check_time(time)?;
        }
        self.time = units.iter().find_map(|unit| unit.time).or(self.time);
        Ok(Some(units))
    }
}

impl<'d, P, I> KeySearch<'d, P>
where
    P: Fn() -> I,
    I: Iterator<Item: AsRef<[u8]>>,
{
    /// Finds the key that has signed the delivery, the current one first.
    fn find_key(&self, mut running: Option<RunningMac>) -> Result<KeyMatch<'d>, RejectionKind> {
        let mut kind = if self.keyring.is_decoy() {
            RejectionKind::UnknownTenant
        } else {
            RejectionKind::SignatureMismatch
        };
        let mut units = self.units.map(UnitTrials::of);
        let mut first_fingerprint = None;
        for (index, key) in self.keyring.iter().enumerate() {
            let trial = self.try_key(key, units.as_ref(), running.take());
            let first_fingerprint = *first_fingerprint.get_or_insert(trial.fingerprint);
            let Some(text) = trial.text.filter(|_| !self.keyring.is_decoy()) else {
                continue;
            };
            if let Err(rejected) = self.check(key) {
                kind = rejected;
                continue;
            }
            self.keyring.report_in_use(key, &self.settings.spec().name);
            let matched = match units.as_mut().zip(trial.units) {
                None => Some(trial.fingerprint),
                Some((units, tried)) => units.record(tried),
            };
            // Some units of the body may be signed with another key.
            let Some(matched) = matched else { continue };
            let current = (index > 0).then(|| self.current_fingerprint(text, first_fingerprint));
            let fingerprints = Fingerprints { matched, current };
            return Ok(KeyMatch {
                index,
                key,
                fingerprints,
            });
        }
        Err(kind)
    }

    fn try_key(
        &self,
        key: &LabelledKey,
        units: Option<&UnitTrials<'_>>,
        running: Option<RunningMac>,
    ) -> KeyTrial {
        let mut fingerprint = Fingerprint::default();
        if let Some(units) = units {
            let tried = units.try_key(|unit, fingerprint| {
                self.texts.signed_by(&key.key, Some(unit), fingerprint)
            });
            return KeyTrial {
                text: tried.text(),
                fingerprint,
                units: Some(tried),
            };
        }
        // The running MAC counts only if it has seen the whole body.
        let running = running.filter(|running| running.body_len == self.texts.body_len());
        let text = match running {
            Some(mut running) => {
                let is_signed = self.texts.finish_mac(&mut running.mac, &mut fingerprint);
                is_signed.then_some(0)
            }
            None => self.texts.signed_by(&key.key, None, &mut fingerprint),
        };
        KeyTrial {
            text,
            fingerprint,
            units: None,
        }
    }

    /// Rejects a delivery that is signed with the key, but not acceptable.
    fn check(&self, key: &LabelledKey) -> Result<(), RejectionKind> {
        let units = self.units.unwrap_or_default();
        if let Some(claim) = units.iter().find_map(|unit| unit.failed_claim.clone()) {
            return Err(RejectionKind::ClaimMismatch { claim });
        }
        if !key.is_valid(|| self.settings.now()) {
            let label = key.label.clone();
            return Err(RejectionKind::ExpiredKey { label });
        }
        let handshakes = self.settings.provider.handshakes();
        if self.texts.may_be_challenge(handshakes, self.units) {
            return Err(RejectionKind::AmbiguousChallenge);
        }
        Ok(())
    }

    /// Returns the fingerprint under the current key of the text that a previous key has signed.
    fn current_fingerprint(&self, text: usize, tried: Fingerprint) -> Fingerprint {
        if self.units.is_none() && self.texts.is_single() {
            return tried;
        }
        // `tried` is that of the last text that was tried, or unset if the scheme looks into the
        // body. Deduplication needs that of the text that matched, or a copy of the delivery with
        // fewer signatures would count as another delivery.
        let first = self.units.and_then(<[Extracted]>::first);
        self.texts
            .fingerprint(&self.keyring.current.key, text, first)
    }

    /// Computes the MACs that a rejection lacks, with a key of the verifier.
    fn spend_time(&self, timing: TimingEqualizer) {
        let key = &self.settings.keyring.current.key;
        timing.equalize(self.keyring.len(), || {
            let mut fingerprint = Fingerprint::default();
            let mut mac = |unit| self.texts.signed_by(key, unit, &mut fingerprint);
            match self.units {
                None => usize::from(mac(None).is_some()),
                Some(units) => units.iter().filter_map(|unit| mac(Some(unit))).count(),
            }
        });
    }
}

impl Metadata {
    /// Copies what the head says.
    fn of(claims: &Claims<'_>) -> Self {
        let text = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
        Self {
            id: claims.id.as_deref().and_then(text),
            event_type: claims.event.and_then(text),
            attempt: claims.attempt.and_then(|text| decimal(text.as_bytes())),
        }
    }

    /// Takes the metadata, and adds what the body says.
    fn take_with(&mut self, units: Option<&[Extracted]>) -> Self {
        let mut metadata = std::mem::take(self);
        let units = units.unwrap_or_default();
        let id = || units.iter().find_map(|unit| unit.id.clone());
        let event_type = || units.iter().find_map(|unit| unit.event.clone());
        metadata.id = metadata.id.or_else(id);
        metadata.event_type = metadata.event_type.or_else(event_type);
        metadata
    }
}

pub(super) fn collect_body(pieces: impl Iterator<Item: AsRef<[u8]>>) -> Vec<u8> {
    let mut body = Vec::new();
    pieces.for_each(|piece| body.extend_from_slice(piece.as_ref()));
    body
}
