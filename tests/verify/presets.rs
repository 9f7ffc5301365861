//! Every preset, in every way that a delivery can be good or bad: the tests are made from the list
//! of presets, so that none goes without.

use std::{collections::BTreeSet, fs};

use base64ct::Encoding as _;
use http::HeaderName;
use serde_json::Value;
use tower_webhook::{
    Rejection, Secret, Verifier, WebhookLayer,
    providers::{self, Preset, Provider},
    rejection::RejectionClass,
    scheme::{Credential, Location},
};

use crate::{
    genuine::{Good, good, secret},
    support::{
        self, Delivery, Report, Rig, at, find_provider, has_all_presets, send, test_clock, vectors,
        with_any_method,
    },
};

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

/// The body or the query, cut before and behind the value that is at a place in it.
fn cut(delivery: &Delivery, location: &Location) -> Option<[String; 3]> {
    let text = match location {
        Location::Query(_) => delivery.head.uri.to_string(),
        _ => String::from_utf8(delivery.body.to_vec()).ok()?,
    };
    let (start, end) = match location {
        Location::Json(path) => {
            let name = format!("\"{}\"", path.rsplit('.').next()?);
            let starts = text.match_indices(&name).filter_map(|(at, _)| {
                let at = at + name.len();
                let quote = text[at..].find('"')?;
                (text[at..at + quote].trim() == ":").then_some(at + quote + 1)
            });
            (starts.into_iter().next()?, '"')
        }
        Location::Form(name) | Location::Query(name) => {
            let name = format!("{name}=");
            let mut found = text.match_indices(&name);
            let is_start = |at: usize| at == 0 || b"&?".contains(&text.as_bytes()[at - 1]);
            (found.find(|(at, _)| is_start(*at))?.0 + name.len(), '&')
        }
        _ => return None,
    };
    let end = text[start..].find(end).map_or(text.len(), |at| start + at);
    let pieces = [&text[..start], &text[start..end], &text[end..]];
    Some(pieces.map(str::to_owned))
}

/// What becomes of a delivery whose signature is in the body or the query: with another one, with
/// an empty one, and with two.
fn changed_inside(delivery: &Delivery, location: &Location) -> Option<[Delivery; 3]> {
    let [before, value, behind] = cut(delivery, location)?;
    let other = String::from_utf8(other_value(value.as_bytes())).ok()?;
    let twice = match location {
        Location::Json(path) => {
            let name = path.rsplit('.').next()?;
            format!("{before}{other}\",\"{name}\":\"{value}{behind}")
        }
        Location::Form(name) | Location::Query(name) => {
            format!("{before}{value}&{name}={other}{behind}")
        }
        _ => return None,
    };
    let texts = [
        format!("{before}{other}{behind}"),
        format!("{before}{behind}"),
        twice,
    ];
    Some(texts.map(|text| match location {
        Location::Query(_) => delivery.clone().uri(&text),
        _ => delivery.clone().body(text),
    }))
}

/// The public key of another owner, in the form that the scheme requires.
fn strange_key(provider: &Provider, good: &Delivery) -> Option<Secret> {
    let mut keys = Vec::new();
    for case in vectors().into_iter().flat_map(|file| file.cases) {
        let key = case.public_key.unwrap_or_default();
        if let Some(bytes) = base64ct::Base64::decode_vec(&key)
            .ok()
            .filter(|it| it.len() == 32)
        {
            keys.extend([support::hex(&bytes), format!("whpk_{key}")]);
        }
        let mut bytes = [0; 32];
        if base16ct::lower::decode(&key, &mut bytes).is_ok_and(|it| it.len() == 32) {
            keys.push(support::base64(&bytes));
        }
        keys.push(key);
    }
    keys.iter().find_map(|key| {
        let key = Secret::new(key.trim()).ok()?;
        let verifier = Verifier::new(provider.clone(), key.clone()).ok()?;
        let verifier = support::with_any_tolerance(verifier).clock(test_clock());
        verifier
            .verify(&good.head, &good.body)
            .is_err()
            .then_some(key)
    })
}

fn flipped(body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    let at = body.len() / 2;
    body[at] ^= 1;
    body
}

#[expect(clippy::too_many_lines, reason = "one table")]
#[tokio::test]
async fn every_preset_rejects_changed_deliveries() {
    use RejectionClass as R;

    let mut report = Report::default();
    let (mut inside, mut strangers) = (0, 0);
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
            let looked_into = looked_into
                || scheme
                    .signature_locations()
                    .iter()
                    .any(Location::is_in_body);
            // What is not signed can be what is looked into.
            if scheme.body_is_signed() || !looked_into {
                let expect = Expect::refused_if(scheme.body_is_signed());
                row("a bit of the body", &changed, expect);
            }
        }
        for location in scheme.signature_locations() {
            if let Some([other, empty, two]) = changed_inside(&delivery, location) {
                let refused = Expect::Is(R::InvalidSignature);
                row("a bit of the signature inside", &other, refused);
                row(
                    "an empty signature inside",
                    &empty,
                    Expect::Is(R::InvalidSignature),
                );
                row("two signatures inside", &two, Expect::Is(R::InvalidRequest));
                inside += 1;
            }
            let Location::Header(header) = location else {
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
                if scheme.signature_header_repeats() {
                    Expect::Accepted
                } else {
                    Expect::Is(R::InvalidRequest)
                },
            );
            row(
                "the same twice",
                &delivery.clone().header(name, value.as_bytes()),
                Expect::Accepted,
            );
        }
        if let Some(Location::Header(header)) = scheme.timestamp_location() {
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
        if let Some(Location::Header(header)) = scheme.id_location() {
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
        clock.set(at(now));
        for (change, delivery, expect) in rows {
            let answer = answer(&verifier, delivery).await;
            report.note(expect.check(preset, &change, answer));
        }

        let tolerance = i64::try_from(scheme.tolerance().as_secs()).unwrap();
        // A token that must expire says itself when: ours after five minutes, Google's after an
        // hour.
        let life = if scheme.require_expiry() { 3600 } else { 0 };
        for (change, seconds) in [
            ("stale", tolerance + life + 2),
            ("from the future", -tolerance - 2),
        ] {
            clock.set(at(now + seconds));
            let set = verifier.clone().tolerance(scheme.tolerance());
            let verifier = set.unwrap_or(verifier.clone());
            let answer = answer(&verifier, delivery.clone()).await;
            let is_ours = scheme.credential() != Credential::PublicKey;
            let expires = scheme.require_expiry() && (seconds > 0 || is_ours);
            let expect = if scheme.has_timestamp() || expires {
                Expect::Is(R::Expired)
            } else {
                Expect::Accepted
            };
            report.note(expect.check(preset, change, answer));
        }
        clock.set(at(now));

        let provider = verifier.provider().clone();
        let strange = if scheme.credential() == Credential::PublicKey {
            strange_key(&provider, &delivery)
        } else {
            Some(secret(&scheme, "another"))
        };
        strangers += usize::from(strange.is_some());
        if let Some(strange) = strange {
            let strange = Verifier::new(provider, strange).unwrap();
            let strange = support::with_any_tolerance(strange.clock(clock.clone()));
            let answer = answer(&strange, delivery.clone()).await;
            report.note(Expect::Is(R::InvalidSignature).check(preset, "a wrong secret", answer));
        }
    }
    report.finish();
    // The presets with a signature in the body or the query, and the presets that were tested with
    // another owner's key.
    if has_all_presets() {
        assert!(inside >= 18 && strangers >= 171, "{inside} {strangers}");
    }
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
fn rejects_deliveries_of_another_preset() {
    let mut report = Report::default();
    let all: Vec<Good> = providers::all().map(good).collect();
    for good in &all {
        let preset = good.preset;
        // All methods are allowed, so that the signature decides.
        let provider = with_any_method(good.verifier.provider().clone());
        let verifier = good.verifier_of(provider);
        for other in all
            .iter()
            .filter(|other| other.preset.name() != preset.name())
        {
            let verifier = support::with_any_tolerance(verifier.clone());
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
fn lists_every_preset_as_its_scheme_describes_it() {
    let mut names = BTreeSet::new();
    for preset in providers::all() {
        let provider = preset.provider();
        assert_eq!(preset.name(), provider.scheme().name());
        assert!(
            names.insert(preset.name()),
            "{} appears twice",
            preset.name()
        );
        assert!(!preset.title().is_empty());
        let found = providers::by_name(&preset.name().replace('-', "_")).unwrap();
        assert_eq!(found.scheme().name(), preset.name());
    }
    for preset in providers::all() {
        for alias in preset.aliases() {
            assert!(names.insert(alias), "{alias} is the name of two presets");
            for name in [(*alias).to_owned(), alias.replace('-', "_")] {
                let found = providers::by_name(&name).unwrap();
                assert_eq!(found.scheme().name(), preset.name(), "{name}");
            }
        }
    }
    assert_eq!(
        providers::by_name("whatsapp").unwrap().scheme().name(),
        "meta"
    );
    assert_eq!(providers::by_name("brex").unwrap().scheme().name(), "svix");
    assert!(providers::by_name("github").is_some());
    assert!(providers::by_name("nobody").is_none());
    assert!(providers::by_name("").is_none());
}

/// A token can be put into another header, and only a token.
#[test]
fn changes_the_header_of_tokens_only() {
    let name = HeaderName::from_static("x-chosen");
    for preset in providers::all() {
        let locations = preset.provider().scheme().signature_locations().to_vec();
        let moved = preset.provider().with_token_header(name.clone());
        let is_token = matches!(
            moved.scheme().credential(),
            Credential::Token | Credential::UserAndPassword
        );
        let expect = if is_token {
            vec![Location::Header(name.clone())]
        } else {
            locations
        };
        assert_eq!(
            moved.scheme().signature_locations(),
            expect,
            "{}",
            preset.name()
        );
    }
}

/// `tests/vectors/requirements.json` lists every preset whose status for an invalid signature is
/// not 403, or that limits the payload.
#[test]
fn applies_the_statuses_and_body_limits_of_providers() {
    let mut found = Vec::new();
    for good in providers::all().map(good) {
        let name = good.preset.name();
        let nothing = Delivery::new("{}").head;
        let refusal = good.verifier.verify(&nothing, b"{}").unwrap_err();
        if refusal.class() == RejectionClass::InvalidSignature && refusal.status() != 403 {
            found.push(format!("{name}: {}", refusal.status().as_u16()));
        }
        if let Some(limit) = good.verifier.provider().body_limit() {
            found.push(format!("{name}: {limit} bytes"));
        }
    }
    let table = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/requirements.json"
    );
    let table: Value = serde_json::from_slice(&fs::read(table).unwrap()).unwrap();
    let mut expect = Vec::new();
    for row in table["requirements"].as_array().unwrap() {
        let name = row["preset"].as_str().unwrap();
        if find_provider(name).is_none() {
            continue;
        }
        if let Some(status) = row.get("rejection") {
            expect.push(format!("{name}: {}", status["status"]));
        }
        if let Some(limit) = row.get("payload_limit") {
            expect.push(format!("{name}: {} bytes", limit["bytes"]));
        }
    }
    found.sort();
    expect.sort();
    assert_eq!(found, expect);
}
