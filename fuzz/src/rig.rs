//! Rigs: presets with keys, signers and verifiers. Rigs are built once.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderValue, Uri};
use tower_webhook::{
    Keys, PublicUrl, Secret, Verifier, WebhookLayer,
    providers::{self, Provider},
    scheme::{Credential, Location, Scheme},
    sign::Signer,
    testing::{TestClock, TestSender},
};

use crate::{
    message::Message,
    samples,
    vectors::{self, Case},
};

/// The time of the clock in rigs that sign: 2026-01-15T12:00:00Z.
pub const NOW: u64 = 1_768_478_400;

/// The public URL in rigs that sign.
pub const BASE: &str = "https://hooks.example.com";

/// The value of every setting in rigs that sign.
pub const SETTING: &str = "a setting";

/// The names of the two secrets. They have the same length.
pub const KEY_NAMES: [&str; 2] = ["current", "earlier"];

/// One preset, its keys, and where its genuine deliveries come from.
pub struct Rig {
    pub preset: String,
    pub scheme: Scheme,
    pub now: SystemTime,
    /// The public URL, without its path.
    pub base: String,
    /// The length of the current secret as text, in bytes.
    pub secret_len: usize,
    pub verifier: Verifier,
    pub layer: WebhookLayer,
    /// The same with the two keys in the other order, if there are two.
    pub swapped: Option<(Verifier, WebhookLayer)>,
    pub origin: Origin,
}

/// Where genuine deliveries come from.
pub enum Origin {
    Recorded(Box<Message>),
    Signed(Box<Signing>),
}

/// Signers for one of two keys, and for both.
pub struct Signing {
    sender: TestSender,
    signers: [Signer; 3],
}

/// A delivery to sign.
#[derive(Clone, Copy)]
pub struct SignRequest<'o> {
    /// 0: both keys, 1: the current key, 2: the earlier key.
    pub keys: usize,
    pub id: &'o str,
    pub time: SystemTime,
    pub target: &'o str,
    pub body: &'o [u8],
}

impl Signing {
    /// Signs a delivery. Returns `None` if the scheme cannot sign it.
    #[must_use]
    pub fn sign(&self, to_sign: SignRequest<'_>) -> Option<Message> {
        self.sign_with(to_sign, &[])
    }

    /// Signs a delivery with these values in the signed headers.
    #[must_use]
    pub fn sign_with(&self, to_sign: SignRequest<'_>, values: &[&[u8]]) -> Option<Message> {
        let target: Uri = to_sign.target.parse().ok()?;
        let sender = self.sender.clone().target(target);
        let body = Bytes::copy_from_slice(to_sign.body);
        // The sender adds the other parts that the scheme signs, such as a nonce.
        let delivery = sender.delivery_of(body, to_sign.id, to_sign.time).ok()?;
        let mut request = delivery.into_request();
        let signer = &self.signers[to_sign.keys % 3];
        let locations = signer.provider().scheme().signed_locations();
        for (location, value) in locations.iter().zip(values) {
            if let Location::Header(name) = location {
                request
                    .headers_mut()
                    .insert(name, HeaderValue::from_bytes(value).ok()?);
            }
        }
        signer.sign(&mut request, to_sign.id, to_sign.time).ok()?;
        Some(Message::from(&request))
    }
}

impl Rig {
    #[must_use]
    pub fn has_public_key(&self) -> bool {
        self.scheme.credential() == Credential::PublicKey
    }

    /// Whether the signature is a JSON web signature.
    #[must_use]
    pub fn is_jws(&self) -> bool {
        self.scheme.messages().any(|text| text.starts_with("{jws}"))
    }

    /// A rig that signs its deliveries. `None` if the keys of the scheme cannot sign.
    #[must_use]
    pub fn signed(provider: Provider) -> Option<Self> {
        let scheme = provider.scheme().clone();
        let names: Vec<_> = scheme.settings().map(str::to_owned).collect();
        let provider = names
            .iter()
            .fold(provider, |it, name| it.with_setting(name, SETTING));
        let provider = with_public_url(provider, BASE)?;
        // Whether there is a signer decides; an Ed25519 key is tried where the form is another.
        let [current, earlier] = KEY_NAMES.map(|name| samples::keys(&scheme, name));
        let signer = |keys: Keys| Signer::new(provider.clone(), keys).ok();
        let both = |one: &Secret, two: &Secret| Keys::new(one.clone()).previous(two.clone());
        let signing = Signing {
            signers: [
                signer(both(&current.signing, &earlier.signing))?,
                signer(current.signing.clone().into())?,
                signer(earlier.signing.clone().into())?,
            ],
            sender: TestSender::new(provider.clone(), current.signing.clone()).ok()?,
        };
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        let keys = both(&current.verifying, &earlier.verifying);
        let mut rig = Self::new(
            &provider,
            BASE,
            keys,
            now,
            Origin::Signed(Box::new(signing)),
        )?;
        let keys = both(&earlier.verifying, &current.verifying);
        rig.swapped = Some(verifiers(&provider, keys, now)?);
        rig.secret_len = format!("secret-of-{}", KEY_NAMES[0]).len();
        Some(rig)
    }

    fn recorded(preset: &str, case: &Case) -> Option<Self> {
        let (base, _) = case.split_url();
        let provider = providers::by_name(preset)?;
        let known: Vec<String> = provider.scheme().settings().map(str::to_owned).collect();
        let config = case.config.iter().filter(|(name, _)| known.contains(name));
        let provider = config.fold(provider, |it, (name, value)| {
            it.with_setting(name, value.as_str())
        });
        let provider = with_public_url(provider, base)?;
        let texts = [&case.secret, &case.public_key].into_iter().flatten();
        let texts: Vec<_> = texts.chain(&case.secrets).map(|it| it.trim()).collect();
        let secrets: Vec<_> = texts
            .iter()
            .filter_map(|it| Secret::new(*it).ok())
            .collect();
        let now = UNIX_EPOCH + Duration::from_secs(case.now.try_into().ok()?);
        let origin = Origin::Recorded(Box::new(case.message()));
        let keys = Keys::newest_first(secrets.clone())?;
        let mut rig = Self::new(&provider, base, keys, now, origin)?;
        if let [one, two] = &secrets[..] {
            let keys = Keys::new(two.clone()).previous(one.clone());
            rig.swapped = Some(verifiers(&provider, keys, now)?);
        }
        rig.secret_len = texts.first()?.len();
        let Origin::Recorded(message) = &rig.origin else {
            return None;
        };
        // Some vectors need another tolerance.
        let request = message.request()?;
        rig.verifier
            .verify(&request, request.body())
            .is_ok()
            .then_some(rig)
    }

    fn new(
        provider: &Provider,
        base: &str,
        keys: Keys,
        now: SystemTime,
        origin: Origin,
    ) -> Option<Self> {
        let (verifier, layer) = verifiers(provider, keys, now)?;
        let scheme = provider.scheme().clone();
        Some(Self {
            preset: scheme.name().to_owned(),
            scheme,
            now,
            base: base.to_owned(),
            secret_len: 0,
            verifier,
            layer,
            swapped: None,
            origin,
        })
    }
}

fn verifiers(provider: &Provider, keys: Keys, now: SystemTime) -> Option<(Verifier, WebhookLayer)> {
    let verifier = Verifier::new(provider.clone(), keys)
        .ok()?
        .clock(TestClock::at(now));
    let layer = WebhookLayer::from(verifier.clone());
    // Deadlines need a runtime, and every body here is ready.
    let layer = layer.body_deadline(None);
    // An error means that the layer answers no handshakes.
    let layer = layer.clone().without_handshakes().unwrap_or(layer);
    Some((verifier, layer))
}

/// Sets the public URL, if the scheme signs it.
fn with_public_url(provider: Provider, base: &str) -> Option<Provider> {
    Some(if provider.scheme().url_is_signed() {
        provider.with_public_url(PublicUrl::fixed(base).ok()?)
    } else {
        provider
    })
}

/// One rig per preset that can be signed for.
#[must_use]
pub fn signed() -> Vec<Rig> {
    providers::all()
        .filter_map(|preset| Rig::signed(preset.provider()))
        .collect()
}

/// One rig per preset that can be signed for, then one per accepted vector, of those that
/// `is_wanted`.
///
/// # Panics
///
/// Panics if there are none.
#[must_use]
pub fn all(is_wanted: impl Fn(&Rig) -> bool) -> Vec<Rig> {
    let recorded = vectors::files().into_iter().flat_map(|file| {
        let cases = file
            .cases
            .into_iter()
            .filter(|case| case.expect == "accept");
        // More vectors of one preset differ little.
        let rigs = cases
            .filter_map(move |case| Rig::recorded(&file.provider, &case))
            .take(4);
        rigs.collect::<Vec<_>>()
    });
    let rigs: Vec<_> = signed()
        .into_iter()
        .chain(recorded)
        .filter(is_wanted)
        .collect();
    assert!(!rigs.is_empty(), "no rigs");
    rigs
}
