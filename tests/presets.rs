//! Every preset, in every way that a delivery can be good or bad: the tests are made from the list
//! of presets, so that none goes without.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::{collections::BTreeSet, time::Duration};

use common::{Delivery, NOW, Report, Rig, TestClock, Vector, Verdict, at, send, vectors};
use http::{HeaderName, Request};
use tower_webhook::{
    PublicUrl, Rejection, Secret, Verifier, WebhookLayer,
    providers::{self, Preset, Provider},
    rejection::RejectionClass,
    scheme::{Credential, KeyForm, Place, Scheme},
    sign::Signer,
};

/// A good delivery of a preset, and the verifier that says so.
struct Good {
    preset: &'static Preset,
    verifier: Verifier,
    clock: TestClock,
    now: i64,
    delivery: Delivery,
}

/// A secret in the form that a scheme takes, of its own for each name.
fn secret(scheme: &Scheme, name: &str) -> Secret {
    let text = match scheme.key_form() {
        KeyForm::Hex => common::hex(format!("{name:*<32}").as_bytes()),
        KeyForm::Base64 => common::base64(format!("{name:*<32}").as_bytes()),
        KeyForm::PrefixedBase64(prefix) => {
            format!(
                "{prefix}{}",
                common::base64(format!("{name:*<32}").as_bytes())
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
        .fold(provider.with_public_url(url), |provider, name| {
            provider.with_setting(name, "a setting")
        })
}

/// What stands between `{start` and `}` in a text.
fn named<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    text.match_indices(start)
        .filter_map(|(at, _)| {
            text[at + start.len()..]
                .split_once('}')
                .map(|(name, _)| name)
        })
        .collect()
}

/// A delivery that this crate signed, or one that the provider did.
fn good(preset: &'static Preset) -> Good {
    let provider = ready(preset);
    let scheme = provider.scheme().clone();
    let secret = secret(&scheme, preset.name());
    let signed = Signer::new(provider.clone(), &secret)
        .ok()
        .and_then(|signer| {
            let body = r#"{"type":"order.paid","id":7}"#;
            let texts: Vec<_> = scheme.messages().collect();
            let query = named(texts[0], "{query:").join("=1&");
            let request = Request::post(format!("https://hooks.example.com/hooks?{query}=1"));
            let headers = named(texts[0], "{header:");
            let request = headers
                .iter()
                .fold(request, |request, name| request.header(*name, "value-1"));
            let request = request.header("content-type", "application/json");
            let mut request = request.body(()).unwrap();
            let signed = signer.sign(&mut request, body.as_bytes(), "delivery-1", at(NOW));
            signed.ok()?;
            let (head, ()) = request.into_parts();
            Some(Delivery {
                head,
                body: body.into(),
            })
        });
    let token = format!("secret-of-{}", preset.name());
    let signed = signed.or_else(|| match scheme.signature_places() {
        [Place::Json(path)] if scheme.credential() == Credential::Token => {
            Some(Delivery::new(format!(r#"{{"id":7,"{path}":"{token}"}}"#)))
        }
        _ => None,
    });
    let clock = TestClock::new();
    if let Some(delivery) = signed {
        let verifier = Verifier::new(provider, secret)
            .unwrap()
            .clock(clock.clone());
        if verifier.verify(&delivery.head, &delivery.body).is_ok() {
            return Good {
                preset,
                verifier,
                clock,
                now: NOW,
                delivery,
            };
        }
    }
    let (file, case) = vector(preset).unwrap_or_else(|| {
        panic!(
            "`{}` can be signed for by nobody and has no vector",
            preset.name()
        )
    });
    let now = case.now;
    clock.set(now);
    let verifier = case.verifier(&file, case.keys()).clock(clock.clone());
    Good {
        preset,
        verifier,
        clock,
        now,
        delivery: case.delivery(),
    }
}

fn vector(preset: &Preset) -> Option<(String, Vector)> {
    let name = preset.name().replace('-', "_");
    let file = vectors().into_iter().find(|file| file.provider == name)?;
    let case = file
        .cases
        .into_iter()
        .find(|case| case.expect == Verdict::Accept)?;
    Some((name, case))
}

/// What becomes of a delivery: `None` if it is let in.
async fn answer(verifier: &Verifier, delivery: Delivery) -> Option<RejectionClass> {
    let rig = Rig::new(WebhookLayer::from(verifier.clone()), delivery.clone());
    let answer = send(&rig.service, delivery.request()).await;
    let refusal = answer.rejection.as_ref().map(Rejection::class);
    assert_eq!(
        rig.inner.calls(),
        usize::from(refusal.is_none()),
        "{answer:?}"
    );
    refusal
}

/// The same value but for one letter or digit of its longest part, which is the signature.
fn other_value(value: &[u8]) -> Vec<u8> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut parts = Vec::new();
    let mut start = 0;
    for end in 0..=value.len() {
        if end == value.len() || !is_part(&value[end]) {
            parts.push((end - start, start));
            start = end + 1;
        }
    }
    let (len, start) = parts.into_iter().max().unwrap();
    let mut other = value.to_vec();
    let at = start + len / 2;
    other[at] = if other[at] == b'1' { b'2' } else { b'1' };
    other
}

fn flipped(body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    let at = body.len() / 2;
    body[at] ^= 1;
    body
}

#[expect(clippy::too_many_lines, reason = "one table")]
#[tokio::test]
async fn every_preset_tells_good_from_bad() {
    use RejectionClass as R;

    let mut report = Report::default();
    for preset in providers::all() {
        let Good {
            verifier,
            clock,
            now,
            delivery,
            ..
        } = good(preset);
        let scheme = verifier.scheme().clone();
        let mut rows: Vec<(String, Delivery, Expect)> = Vec::new();
        let mut row = |name: &str, delivery: &Delivery, expect: Expect| {
            rows.push((name.to_owned(), delivery.clone(), expect));
        };
        row("good", &delivery, Expect::Accepted);
        if !delivery.body.is_empty() {
            let changed = delivery.clone().body(flipped(&delivery.body));
            let looked_into = scheme.messages().any(|text| {
                ["{json:", "{form:", "{crc32}"]
                    .iter()
                    .any(|part| text.contains(part))
            });
            let looked_into =
                looked_into || scheme.signature_places().iter().any(Place::is_in_body);
            // What is not signed can be what is looked into.
            if scheme.body_is_signed() || !looked_into {
                let expect = Expect::refused_if(scheme.body_is_signed());
                row("a bit of the body", &changed, expect);
            }
        }
        for place in scheme.signature_places() {
            let Place::Header(header) = place else {
                continue;
            };
            let Some(value) = delivery.head.headers.get(header) else {
                continue;
            };
            let name = header.as_str();
            let other = other_value(value.as_bytes());
            // That of a JSON web signature may be a bit of what it says.
            let is_jws = scheme.messages().any(|text| text.contains("{jws}"));
            let expect = if is_jws {
                Expect::Refused
            } else {
                Expect::Is(R::InvalidSignature)
            };
            let changed = delivery.clone().set(name, &other);
            row("a bit of the signature", &changed, expect);
            row(
                "no signature",
                &delivery.clone().without(name),
                Expect::Is(R::InvalidSignature),
            );
            row(
                "an empty signature",
                &delivery.clone().set(name, ""),
                Expect::Is(R::InvalidSignature),
            );
            row(
                "two signatures",
                &delivery.clone().header(name, &other),
                Expect::Is(R::InvalidRequest),
            );
            row(
                "the same twice",
                &delivery.clone().header(name, value.as_bytes()),
                Expect::Accepted,
            );
        }
        if let Some(Place::Header(header)) = scheme.timestamp_place() {
            let name = header.as_str();
            row(
                "no timestamp",
                &delivery.clone().without(name),
                Expect::Is(R::InvalidTimestamp),
            );
            row(
                "an empty timestamp",
                &delivery.clone().set(name, ""),
                Expect::Is(R::InvalidTimestamp),
            );
            row(
                "two timestamps",
                &delivery.clone().header(name, "1"),
                Expect::Is(R::InvalidRequest),
            );
        }
        if let Some(Place::Header(header)) = scheme.id_place() {
            let name = header.as_str();
            let is_signed = scheme.delivery_id_is_signed();
            row(
                "another id",
                &delivery.clone().set(name, "another-id"),
                Expect::refused_if(is_signed),
            );
            row(
                "no id",
                &delivery.clone().without(name),
                Expect::refused_if(is_signed),
            );
            if delivery.head.headers.contains_key(header) {
                row(
                    "two ids",
                    &delivery.clone().header(name, "another-id"),
                    Expect::Refused,
                );
            }
        }
        clock.set(now);
        for (change, delivery, expect) in rows {
            let answer = answer(&verifier, delivery).await;
            report.note(expect.check(preset, &change, answer));
        }

        let tolerance = i64::try_from(scheme.tolerance().as_secs()).unwrap();
        // A token that must expire says itself when: ours after five minutes, Google's after an hour.
        let life = if scheme.must_expire() { 3600 } else { 0 };
        for (change, seconds) in [
            ("stale", tolerance + life + 2),
            ("from the future", -tolerance - 2),
        ] {
            clock.set(now + seconds);
            let verifier = verifier.clone().tolerance(scheme.tolerance());
            let answer = answer(&verifier, delivery.clone()).await;
            let is_ours = scheme.credential() != Credential::PublicKey;
            let expires = scheme.must_expire() && (seconds > 0 || is_ours);
            let expect = if scheme.has_timestamp() || expires {
                Expect::Is(R::Expired)
            } else {
                Expect::Accepted
            };
            report.note(expect.check(preset, change, answer));
        }
        clock.set(now);

        if scheme.credential() != Credential::PublicKey {
            let provider = verifier.provider().clone();
            let strange = Verifier::new(provider, self::secret(&scheme, "a stranger")).unwrap();
            let strange = strange.clock(clock.clone()).tolerance(Duration::MAX);
            let answer = answer(&strange, delivery.clone()).await;
            report.note(Expect::Is(R::InvalidSignature).check(preset, "a wrong secret", answer));
        }
    }
    report.finish();
}

enum Expect {
    Accepted,
    Refused,
    Is(RejectionClass),
}

impl Expect {
    fn refused_if(signed: bool) -> Self {
        if signed {
            Self::Refused
        } else {
            Self::Accepted
        }
    }

    fn check(
        &self,
        preset: &Preset,
        change: &str,
        answer: Option<RejectionClass>,
    ) -> Result<(), String> {
        let right = match self {
            Self::Accepted => answer.is_none(),
            Self::Refused => answer.is_some(),
            Self::Is(class) => answer == Some(*class),
        };
        if right {
            Ok(())
        } else {
            Err(format!("{}: {change}: {answer:?}", preset.name()))
        }
    }
}

/// No delivery of one provider passes as another's, whose secret is another.
#[test]
fn no_preset_lets_in_the_delivery_of_another() {
    let mut report = Report::default();
    let all: Vec<Good> = providers::all().map(good).collect();
    for Good {
        preset, verifier, ..
    } in &all
    {
        for other in all
            .iter()
            .filter(|other| other.preset.name() != preset.name())
        {
            let verifier = verifier.clone().tolerance(Duration::MAX);
            let outcome = verifier.verify(&other.delivery.head, &other.delivery.body);
            report.note(match outcome {
                Ok(_) => Err(format!("{} lets in {}", preset.name(), other.preset.name())),
                Err(_) => Ok(()),
            });
        }
    }
    report.finish();
}

/// The list is in order, without doubles, and says of each preset what its scheme says.
#[test]
fn the_list_of_presets_is_true() {
    let mut names = BTreeSet::new();
    for preset in providers::all() {
        let provider = preset.provider();
        assert_eq!(preset.name(), provider.scheme().name());
        assert!(
            names.insert(preset.name()),
            "{} is there twice",
            preset.name()
        );
        assert!(!preset.title().is_empty());
        let found = providers::by_name(&preset.name().replace('-', "_")).unwrap();
        assert_eq!(found.scheme().name(), preset.name());
    }
    assert!(providers::by_name("github").is_some());
    assert!(providers::by_name("nobody").is_none());
    assert!(providers::by_name("").is_none());
}

/// A token can be put into another header, and only a token.
#[test]
fn the_header_of_a_token_is_the_operators_to_choose() {
    let name = HeaderName::from_static("x-chosen");
    for preset in providers::all() {
        let places = preset.provider().scheme().signature_places().to_vec();
        let moved = preset.provider().with_token_header(name.clone());
        let is_token = matches!(
            moved.scheme().credential(),
            Credential::Token | Credential::UserAndPassword
        );
        let expect = if is_token {
            vec![Place::Header(name.clone())]
        } else {
            places
        };
        assert_eq!(
            moved.scheme().signature_places(),
            expect,
            "{}",
            preset.name()
        );
    }
}
