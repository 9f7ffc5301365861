//! A genuine delivery of each preset: signed by this crate, or recorded where it cannot sign.

use http::{Method, Request};
use tower_webhook::{
    Keys, PublicUrl, Secret, Verifier,
    providers::{Preset, Provider},
    scheme::{Credential, Location, Scheme, SecretEncoding},
    sign::Signer,
};

use crate::support::{self, Delivery, Expected, NOW, TestClock, Vector, at, test_clock, vectors};

/// A genuine delivery of a preset, and a verifier that accepts it.
pub(crate) struct Good {
    pub(crate) preset: &'static Preset,
    pub(crate) verifier: Verifier,
    pub(crate) clock: TestClock,
    pub(crate) now: i64,
    pub(crate) delivery: Delivery,
    pub(crate) keys: Keys,
    /// The recorded deliveries, beginning with `delivery`. Empty if this crate signed it.
    recorded: Vec<Vector>,
}

impl Good {
    /// A verifier with the same keys and clock for a changed provider.
    pub(crate) fn verifier_of(&self, provider: Provider) -> Verifier {
        let verifier = match self.recorded.first() {
            Some(case) => case.verifier_of(provider, self.keys.clone()),
            None => Verifier::new(provider, self.keys.clone()).unwrap(),
        };
        verifier.clock(self.clock.clone())
    }

    /// The secret of a recorded delivery.
    pub(crate) fn recorded_secret(&self) -> &str {
        self.recorded[0].secret.as_ref().unwrap()
    }

    /// The delivery with another method. The signature covers that method if this crate can sign it
    /// or a recorded delivery has it.
    pub(crate) fn with_method(&self, method: &Method) -> Delivery {
        let signed = match &self.recorded[..] {
            [] => signed(self.verifier.provider(), self.preset, method),
            [first, ..] => {
                let mut cases = self.recorded.iter();
                let is_like = |case: &&Vector| {
                    *method == *case.method && case.secret == first.secret && case.now == first.now
                };
                cases.find(is_like).map(Vector::delivery)
            }
        };
        signed.unwrap_or_else(|| self.delivery.clone().method(method.clone()))
    }
}

/// A secret in the form that the scheme expects, different for each name.
pub(crate) fn secret(scheme: &Scheme, name: &str) -> Secret {
    let text = match scheme.secret_encoding() {
        SecretEncoding::Hex => support::hex(format!("{name:*<32}").as_bytes()),
        SecretEncoding::Base64 => support::base64(format!("{name:*<32}").as_bytes()),
        SecretEncoding::PrefixedBase64(prefix) => {
            format!(
                "{prefix}{}",
                support::base64(format!("{name:*<32}").as_bytes())
            )
        }
        _ if scheme.credential() == Credential::UserAndPassword => format!("user:{name}"),
        _ => format!("secret-of-{name}"),
    };
    Secret::new(text).unwrap()
}

fn ready(preset: &Preset) -> Provider {
    let provider = preset.provider();
    let settings: Vec<_> = provider.scheme().settings().map(str::to_owned).collect();
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    settings
        .iter()
        .fold(support::with_public_url(provider, url), |provider, name| {
            provider.with_setting(name, "a setting")
        })
}

/// The names in a template between `start` and `}`.
fn named<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    text.match_indices(start)
        .filter_map(|(at, _)| {
            text[at + start.len()..]
                .split_once('}')
                .map(|(name, _)| name)
        })
        .collect()
}

/// A delivery that this crate signs, if it can.
fn signed(provider: &Provider, preset: &Preset, method: &Method) -> Option<Delivery> {
    let scheme = provider.scheme();
    let signer = Signer::new(provider.clone(), secret(scheme, preset.name())).ok()?;
    let texts: Vec<_> = scheme.messages().collect();
    let payload = "payload=%7B%22type%22%3A%22order.paid%22%7D";
    let mut query = format!("{}=1", named(texts[0], "{query:").join("=1&"));
    let form = "application/x-www-form-urlencoded";
    let (kind, body) = match texts[0] {
        "{canonical:payload}" if method == Method::GET => {
            payload.clone_into(&mut query);
            (form, "")
        }
        "{canonical:payload}" => (form, payload),
        _ => ("application/json", r#"{"type":"order.paid","id":7}"#),
    };
    let request = Request::builder()
        .method(method)
        .uri(format!("https://hooks.example.com/hooks?{query}"));
    let headers = named(texts[0], "{header:");
    let request = headers
        .iter()
        .fold(request, |request, name| request.header(*name, "value-1"));
    let request = request.header("content-type", kind);
    let mut request = request.body(body.into()).unwrap();
    signer.sign(&mut request, "delivery-1", at(NOW)).ok()?;
    let (head, body) = request.into_parts();
    Some(Delivery { head, body })
}

/// A delivery that this crate signed, or a recorded one.
pub(crate) fn good(preset: &'static Preset) -> Good {
    let provider = ready(preset);
    let scheme = provider.scheme().clone();
    let token = format!("secret-of-{}", preset.name());
    let signed =
        signed(&provider, preset, &Method::POST).or_else(|| match scheme.signature_locations() {
            [Location::Json(path)] if scheme.credential() == Credential::Token => {
                Some(Delivery::new(format!(r#"{{"id":7,"{path}":"{token}"}}"#)))
            }
            _ => None,
        });
    let clock = test_clock();
    if let Some(delivery) = signed {
        let keys = Keys::from(secret(&scheme, preset.name()));
        let verifier = Verifier::new(provider, keys.clone())
            .unwrap()
            .clock(clock.clone());
        if verifier.verify(&delivery.head, &delivery.body).is_ok() {
            return Good {
                preset,
                verifier,
                clock,
                now: NOW,
                delivery,
                keys,
                recorded: Vec::new(),
            };
        }
    }
    let (file, recorded) = vector(preset).unwrap_or_else(|| {
        panic!(
            "`{}` has no recorded delivery, and this crate cannot sign one",
            preset.name()
        )
    });
    let case = &recorded[0];
    let now = case.now;
    clock.set(at(now));
    let keys = case.keys();
    let verifier = case.verifier(&file, keys.clone()).clock(clock.clone());
    Good {
        preset,
        verifier,
        clock,
        now,
        delivery: case.delivery(),
        keys,
        recorded,
    }
}

/// The vector file of a preset, and its accepted cases.
fn vector(preset: &Preset) -> Option<(String, Vec<Vector>)> {
    let name = preset.name().replace('-', "_");
    let file = vectors().into_iter().find(|file| file.provider == name)?;
    let mut cases = file.cases;
    cases.retain(|case| case.expect == Expected::Accept);
    (!cases.is_empty()).then_some((name, cases))
}
