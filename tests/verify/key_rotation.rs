//! Secrets that take over from one another, expire, or are replaced while deliveries arrive. The
//! numbers are those of `tests/README.md`.

use std::{
    convert::Infallible,
    fmt::{Debug, Write as _},
    pin::Pin,
    process::Command,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    thread,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, response::Parts};
use http_body::{Body, Frame};
use http_body_util::Full;
use tower::{Layer, Service};
use tower_webhook::{
    KeyError, Keys, RequestHead, Scheme, Secret, VerifiedBody, Verifier, WebhookLayer,
    keys::KeyErrorKind,
    providers,
    rejection::{RejectionClass, RejectionKind},
    scheme::{Algorithm, SecretEncoding, SignatureFormat},
    webhook::{MemoryBudget, Webhook},
};

use crate::support::{
    self, Answer, BODY, Delivery, Expect, Expect::Forwarded, Log, NOW, RecordingService, Report,
    Rig, SECRET, STANDARD_ID, Script, Step, at, hex, invalid_signature, mac, now, send,
    standard_secret, test_clock,
};

/// A body of another type than the layer's own.
struct OtherBody(Full<Bytes>);

impl From<VerifiedBody> for OtherBody {
    fn from(body: VerifiedBody) -> Self {
        Self(Full::new(body.into_bytes()))
    }
}

impl Body for OtherBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }
}

const MISMATCH: Expect = invalid_signature("SignatureMismatch");

/// A secret whose bytes are its label.
fn labelled(label: &str) -> Secret {
    Secret::from_bytes(label.as_bytes()).unwrap().label(label)
}

/// The first secret and the ones before it.
fn keys(labels: &[&str]) -> Keys {
    let (current, previous) = labels.split_first().unwrap();
    let current = Keys::new(labelled(current));
    let mut previous = previous.iter().map(|label| labelled(label));
    previous.by_ref().fold(current, Keys::previous)
}

/// A scheme with something signed on either side of the body, and several signatures.
fn acme() -> Scheme {
    Scheme::builder("acme")
        .signature_header("x-acme-signature")
        .signature_format(SignatureFormat::key_values("v1"))
        .timestamp_key("t")
        .message("{timestamp}.{body}.{method}")
        .build()
        .unwrap()
}

fn acme_mac(key: &str, body: &[u8]) -> String {
    let message = [now().as_bytes(), b".", body, b".POST"].concat();
    hex(&mac(Algorithm::HmacSha256, key.as_bytes(), &message))
}

/// Signed with each of these keys.
fn acme_delivery(keys: &[&str], body: &[u8]) -> Delivery {
    let signatures = keys.iter().fold(String::new(), |mut text, key| {
        write!(text, ",v1={}", acme_mac(key, body)).unwrap();
        text
    });
    Delivery::new(body).header("x-acme-signature", format!("t={NOW}{signatures}"))
}

fn acme_layer(keys: Keys) -> WebhookLayer {
    let layer = WebhookLayer::new(acme(), keys);
    layer.unwrap().clock(test_clock())
}

/// The ways for keys to come to a layer, which must make no difference to what they let in.
const WAYS: [(&str, fn(Keys) -> WebhookLayer); 4] = [
    ("new", |keys| WebhookLayer::new(acme(), keys).unwrap()),
    ("reloadable", |keys| {
        WebhookLayer::with_reload_handle(acme(), keys).unwrap().0
    }),
    ("replaced", |keys| {
        let (layer, handle) = WebhookLayer::with_reload_handle(acme(), labelled("first")).unwrap();
        handle.replace(keys).unwrap();
        layer
    }),
    ("per request", |keys| {
        let source = move |_: RequestHead<'_>| {
            let keys = keys.clone();
            async move { Ok::<_, KeyError>(Some(keys)) }
        };
        WebhookLayer::with_key_source(acme(), source).unwrap()
    }),
];

/// Everything that a sender can see.
fn seen(answer: &Answer) -> String {
    let Parts {
        status,
        version,
        headers,
        extensions,
        ..
    } = &answer.head;
    let (body, trailers) = (&answer.body, extensions.get::<HeaderMap>());
    format!("{status:?} {version:?} {headers:?} {body:?} {trailers:?}")
}

// Several secrets.

/// 15: the new secret, the old ones, and none of them; the label tells which it was.
#[tokio::test]
async fn accepts_current_and_previous_secrets() {
    let one: &[&str] = &["new"];
    let two: &[&str] = &["new", "old"];
    let three: &[&str] = &["new", "old", "oldest"];
    let rows: [(&str, &[&str], &[&str], Option<&str>); 16] = [
        ("one secret, it", one, &["new"], Some("new")),
        ("one secret, another", one, &["old"], None),
        ("two, the new", two, &["new"], Some("new")),
        ("two, the old", two, &["old"], Some("old")),
        ("two, neither", two, &["guess"], None),
        ("two, both signed", two, &["new", "old"], Some("new")),
        (
            "two, both signed the other way round",
            two,
            &["old", "new"],
            Some("new"),
        ),
        (
            "two, the old after a wrong one",
            two,
            &["guess", "old"],
            Some("old"),
        ),
        (
            "two, the old before a wrong one",
            two,
            &["old", "guess"],
            Some("old"),
        ),
        ("two, both wrong", two, &["guess", "another"], None),
        ("three, the new", three, &["new"], Some("new")),
        ("three, the old", three, &["old"], Some("old")),
        ("three, the oldest", three, &["oldest"], Some("oldest")),
        (
            "three, the two older",
            three,
            &["oldest", "old"],
            Some("old"),
        ),
        ("three, none", three, &["guess"], None),
        ("three, none of several", three, &["a", "b", "c", "d"], None),
    ];
    let body: Vec<u8> = (0..20_000).map(|n| b"0123456789abcdef"[n % 16]).collect();
    let mut report = Report::default();
    for (what, secrets, signers, label) in rows {
        for (way, layer) in WAYS {
            let layer = layer(keys(secrets)).clock(test_clock());
            let rig = Rig::new(layer, acme_delivery(&["new"], BODY));
            let expect = if label.is_some() { Forwarded } else { MISMATCH };
            let name = format!("15: {what}, {way}");
            let signed = acme_delivery(signers, &body);
            let frames = [1, 1000, 5000, 20_000].map(|size| Script::chunks(&body, size));
            let whole = Script::whole(body.clone().into());
            for script in frames.into_iter().chain([whole]) {
                let request = signed.clone().with(script);
                let outcome = rig.check(&name, request, expect).await;
                if outcome.is_ok() && label.is_some() {
                    assert_eq!(rig.inner.last().verified().key_label(), label, "{name}");
                }
                report.note(outcome);
            }
            // An old secret vouches for its own body and no other.
            let tampered = acme_delivery(signers, &body).body(BODY).request();
            let name = format!("{name}, tampered");
            report.note(rig.check(&name, tampered, MISMATCH).await);
            let empty = acme_delivery(signers, b"").request();
            let name = format!("{name}, empty");
            report.note(rig.check(&name, empty, expect).await);
        }
    }
    report.finish();
}

/// 15: the same through the core, where the caller keeps the body.
#[test]
fn verifier_accepts_current_and_previous_secrets() {
    let verifier = Verifier::new(acme(), keys(&["new", "old"])).unwrap();
    let (reloadable, _handle) =
        Verifier::with_reload_handle(acme(), keys(&["new", "old"])).unwrap();
    for verifier in [verifier, reloadable] {
        let verifier = verifier.clock(test_clock());
        let outcome = |signer: &str| {
            let delivery = acme_delivery(&[signer], BODY);
            let mut session = verifier.begin(RequestHead::from(&delivery.head)).unwrap();
            let pieces: Vec<_> = BODY.chunks(3).collect();
            for piece in &pieces {
                session.update(piece);
            }
            session.finish(pieces)
        };
        assert_eq!(outcome("new").unwrap().key_label(), Some("new"));
        assert_eq!(outcome("old").unwrap().key_label(), Some("old"));
        assert_eq!(outcome("guess").unwrap_err().status(), 403);
    }
}

/// 15: a secret without a label is as good, and has none to show.
#[tokio::test]
async fn accepts_a_secret_without_a_label() {
    let keys = Keys::new(labelled("new")).previous(support::secret());
    let rig = Rig::new(acme_layer(keys), acme_delivery(&["new"], BODY));
    let request = acme_delivery(&[SECRET], BODY).request();
    assert_eq!(send(&rig.service, request).await.status, 200);
    assert_eq!(rig.inner.last().verified().key_label(), None);
}

/// 15: keys of a list are those that were added one by one.
#[test]
fn builds_keys_from_a_list() {
    assert!(Keys::newest_first([]).is_none());
    let labels = ["new", "old", "oldest"];
    for count in 1..=labels.len() {
        let list = Keys::newest_first(labels[..count].iter().map(|label| labelled(label)));
        let list = list.unwrap();
        assert_eq!(format!("{list:?}"), format!("{:?}", keys(&labels[..count])));
        let verifier = Verifier::new(acme(), list).unwrap();
        let verifier = verifier.clock(test_clock());
        for (at, label) in labels.into_iter().enumerate() {
            // Where two match, the newer one is named.
            let delivery = acme_delivery(&["oldest", label], BODY);
            let expect = (at < count).then_some(Some(label));
            let outcome = verifier.verify(&delivery.head, BODY).ok();
            let got = outcome.as_ref().map(|verified| verified.key_label());
            assert_eq!(got, expect, "15: {label} of {count}");
        }
    }
}

/// Schemes that take the secret of Standard Webhooks for a key: no two agree in algorithm and form.
fn forms() -> [(Scheme, Vec<u8>); 4] {
    let text = support::STANDARD_SECRET.as_bytes();
    let base64 = SecretEncoding::PrefixedBase64("whsec_");
    let row = |algorithm, form| {
        let scheme = Scheme::builder("acme")
            .algorithm(algorithm)
            .secret_encoding(form)
            .signature_header("x-signature");
        let decoded = support::standard_key(support::STANDARD_SECRET);
        let key = if form == SecretEncoding::Text {
            text
        } else {
            &decoded
        };
        (scheme.build().unwrap(), mac(algorithm, key, BODY))
    };
    [
        row(Algorithm::HmacSha256, base64),
        row(Algorithm::HmacSha256, SecretEncoding::Text),
        row(Algorithm::HmacSha512, base64),
        row(Algorithm::HmacSha512, SecretEncoding::Text),
    ]
}

/// Holds clones of `keys` against every scheme, beginning with the one at `first`.
fn check_forms(keys: &Keys, first: usize) {
    let forms = forms();
    for at in 0..forms.len() {
        let at = (at + first) % forms.len();
        let verifier = Verifier::new(forms[at].0.clone(), keys.clone()).unwrap();
        for (other, (_, mac)) in forms.iter().enumerate() {
            let delivery = Delivery::new(BODY).header("x-signature", hex(mac));
            let outcome = verifier.verify(&delivery.head, BODY);
            assert_eq!(outcome.is_ok(), at == other, "15: {other} for {at}");
        }
    }
}

/// 15: clones of keys share what is made of them, but only where that is the same.
#[test]
fn caches_derived_keys_per_scheme() {
    for made in [
        || Keys::new(standard_secret()),
        || Keys::new(labelled("bmV3")).previous(standard_secret()),
    ] {
        for first in 0..4 {
            let keys = made();
            check_forms(&keys, first);
            check_forms(&keys.clone(), first + 1);

            // From several threads at once, and none of them the first.
            let keys = made();
            let barrier = Barrier::new(4);
            thread::scope(|scope| {
                for first in 0..4 {
                    let (keys, barrier) = (&keys, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        check_forms(keys, first);
                    });
                }
            });
        }
    }
    // Keys that one scheme cannot take are as good as ever for another.
    let keys = Keys::new(labelled("a key")).previous(Secret::new("no base64!").unwrap());
    for _ in 0..2 {
        assert!(Verifier::new(forms()[0].0.clone(), keys.clone()).is_err());
        assert!(Verifier::new(forms()[1].0.clone(), keys.clone()).is_ok());
    }
}

/// 15: a body that was not fed to its end is read again, under the current key as under the others.
#[test]
fn verifies_a_session_that_was_not_fed_to_the_end() {
    let verifier = Verifier::new(acme(), keys(&["new", "old"])).unwrap();
    let verifier = verifier.clock(test_clock());
    for (signer, passes) in [("new", true), ("old", true), ("guess", false)] {
        for length in 0..=BODY.len() {
            let delivery = acme_delivery(&[signer], BODY);
            let mut session = verifier.begin(&delivery.head).unwrap();
            session.update(&BODY[..length]);
            let outcome = session.finish([BODY]);
            assert_eq!(outcome.is_ok(), passes, "15: {signer}, {length} bytes");
            // What was fed is signed, but is not what there is.
            let delivery = acme_delivery(&[signer], &BODY[..length]);
            let mut session = verifier.begin(&delivery.head).unwrap();
            session.update(&BODY[..length]);
            let outcome = session.finish([BODY]);
            let is_whole = length == BODY.len();
            assert_eq!(
                outcome.is_ok(),
                passes && is_whole,
                "15: {signer}, {length}"
            );
        }
    }
}

// Secrets that expire.

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq)]
enum KeyOutcome {
    /// It passes by the secret of this label.
    Passes(&'static str),
    /// It was made with the secret of this label, which has expired.
    Expired(&'static str),
    Mismatch,
}

impl KeyOutcome {
    fn of(answer: &Answer, inner: &RecordingService) -> Result<Self, String> {
        let Some(rejection) = &answer.rejection else {
            let label = inner.last().verified().key_label().map(str::to_owned);
            return Ok(Self::Passes(known(&label.unwrap())));
        };
        match rejection.kind() {
            RejectionKind::ExpiredKey { label, .. } => {
                let label = label.as_deref().unwrap();
                let text = rejection.to_string();
                assert!(text.contains(label) && text.contains("expired"), "{text}");
                Ok(Self::Expired(known(label)))
            }
            RejectionKind::SignatureMismatch => Ok(Self::Mismatch),
            other => Err(format!("{other:?}")),
        }
    }
}

fn known(label: &str) -> &'static str {
    let labels = ["new", "old", "oldest", "same", "twin"];
    labels.into_iter().find(|known| *known == label).unwrap()
}

/// Secrets, of which some expire at [`NOW`].
#[derive(Clone, Copy, Debug)]
enum Set {
    /// The old one expires.
    Old,
    /// The new one expires, the old one does not.
    New,
    /// The new one expires, and a minute before it the old one.
    Both,
    /// The one between the new and the oldest expires.
    Middle,
    /// The same secret twice, of which the current one stays.
    Twins,
    /// The same secret twice, of which the current one expires.
    TwinsTurned,
    /// The same secret twice behind a new one, of which the first expires.
    OldTwins,
}

impl Set {
    fn keys(self) -> Keys {
        let until = |label, last| labelled(label).not_after(at(last));
        let same = Secret::from_bytes(*b"same").unwrap();
        let twin = same.clone().label("twin").not_after(at(NOW));
        let same = same.label("same");
        match self {
            Self::Old => Keys::new(labelled("new")).previous(until("old", NOW)),
            Self::New => Keys::new(until("new", NOW)).previous(labelled("old")),
            Self::Both => Keys::new(until("new", NOW)).previous(until("old", NOW - 60)),
            Self::Middle => Self::Old.keys().previous(labelled("oldest")),
            Self::Twins => Keys::new(same).previous(twin),
            Self::TwinsTurned => Keys::new(twin).previous(same),
            Self::OldTwins => Keys::new(labelled("new")).previous(twin).previous(same),
        }
    }
}

/// The secrets, who signed, how many milliseconds after [`NOW`] it is, and what becomes of it.
const EXPIRING: [(Set, &[&str], i64, KeyOutcome); 31] = {
    use KeyOutcome::{Expired, Mismatch, Passes};

    [
        (Set::Old, &["old"], -200_000, Passes("old")),
        (Set::Old, &["old"], -1000, Passes("old")),
        (Set::Old, &["old"], -1, Passes("old")),
        (Set::Old, &["old"], 0, Passes("old")),
        (Set::Old, &["old"], 1, Expired("old")),
        (Set::Old, &["old"], 1000, Expired("old")),
        (Set::Old, &["old"], 200_000, Expired("old")),
        (Set::Old, &["new"], 1000, Passes("new")),
        (Set::Old, &["old", "new"], 1000, Passes("new")),
        (Set::Old, &["guess"], 1000, Mismatch),
        (Set::Old, &["guess", "old"], 1000, Expired("old")),
        (Set::New, &["new"], -1000, Passes("new")),
        (Set::New, &["new"], 0, Passes("new")),
        (Set::New, &["new"], 1, Expired("new")),
        (Set::New, &["new"], 1000, Expired("new")),
        (Set::New, &["old"], 1000, Passes("old")),
        (Set::New, &["new", "old"], 1000, Passes("old")),
        (Set::New, &["guess"], 1000, Mismatch),
        (Set::Both, &["old"], 0, Expired("old")),
        (Set::Both, &["new"], 0, Passes("new")),
        (Set::Both, &["new"], 1000, Expired("new")),
        (Set::Both, &["guess"], 1000, Mismatch),
        (Set::Middle, &["old"], 1000, Expired("old")),
        (Set::Middle, &["oldest"], 1000, Passes("oldest")),
        (Set::Middle, &["old", "oldest"], 1000, Passes("oldest")),
        (Set::Twins, &["same"], 1000, Passes("same")),
        (Set::TwinsTurned, &["same"], 1000, Passes("same")),
        (Set::TwinsTurned, &["same"], 0, Passes("twin")),
        (Set::OldTwins, &["same"], 1000, Passes("same")),
        (Set::OldTwins, &["new"], 1000, Passes("new")),
        (Set::OldTwins, &["guess"], 1000, Mismatch),
    ]
};

/// 15: a secret is used up to its last moment, and not after; the sender is not told of it.
#[tokio::test]
async fn rejects_a_secret_after_it_expires() {
    let mut report = Report::default();
    for (set, signers, offset, expect) in EXPIRING {
        for (way, layer) in WAYS {
            let clock = test_clock();
            let inner = RecordingService::default();
            let layer = layer(set.keys()).clock(clock.clone());
            let service = layer.layer(inner.clone());
            let distance = Duration::from_millis(offset.unsigned_abs());
            clock.set(if offset < 0 {
                at(NOW) - distance
            } else {
                at(NOW) + distance
            });
            let delivery = acme_delivery(signers, BODY);
            let forged = acme_delivery(&["forger"], BODY);
            let name = format!("15: {set:?} by {signers:?}, {offset} ms, {way}");
            for size in [1, 7, BODY.len()] {
                let script = || Script::chunks(BODY, size);
                let answer = send(&service, delivery.clone().with(script())).await;
                report.note(match KeyOutcome::of(&answer, &inner) {
                    Ok(got) if got == expect => Ok(()),
                    got => Err(format!("{name}: {got:?} and not {expect:?}")),
                });
                if answer.status != 200 {
                    let forged = send(&service, forged.clone().with(script())).await;
                    assert_eq!(forged.kind(), "SignatureMismatch", "{name}");
                    assert_eq!(seen(&answer), seen(&forged), "{name}");
                }
            }
            let passes = matches!(expect, KeyOutcome::Passes(_));
            assert_eq!(inner.calls(), if passes { 3 } else { 0 }, "{name}");
        }
    }
    report.finish();
}

/// 15: the operator gets no label where there is none.
#[tokio::test]
async fn reports_no_label_for_an_unlabelled_expired_secret() {
    let keys = Keys::new(support::secret().not_after(at(NOW - 1)));
    let service = acme_layer(keys).layer(RecordingService::default());
    let answer = send(&service, acme_delivery(&[SECRET], BODY).request()).await;
    let kind = answer.rejection.as_ref().unwrap().kind();
    assert!(
        matches!(kind, RejectionKind::ExpiredKey { label: None, .. }),
        "{kind:?}"
    );
}

/// 15: the moment that counts is that at which the delivery is complete.
#[tokio::test(start_paused = true)]
async fn checks_expiry_when_the_body_is_complete() {
    for (way, layer) in WAYS {
        for (moves_to, status) in [(NOW, 200), (NOW + 1, 403)] {
            let clock = test_clock();
            clock.set(at(NOW - 1));
            let keys = Keys::new(labelled("new").not_after(at(NOW)));
            let layer = layer(keys).clock(clock.clone());
            let mut service = layer.layer(RecordingService::default());
            let (front, back) = BODY.split_at(9);
            let pause = Step::Wait(Duration::from_secs(1));
            let script = Script::new([Step::data(front), pause, Step::data(back)]);
            let request = acme_delivery(&["new"], BODY).with(script);
            let mut task = tokio_test::task::spawn(service.call(request));
            assert!(task.poll().is_pending());
            clock.set(at(moves_to));
            tokio::time::advance(Duration::from_secs(2)).await;
            let answer = Answer::of(task.await.unwrap()).await;
            assert_eq!(answer.status, status, "15: {way}");
        }
    }
}

/// 15: a configuration that does not need a clock does not have to set one.
#[tokio::test]
async fn reads_the_clock_only_if_needed() {
    let github = |key: &str| {
        let signature = hex(&mac(Algorithm::HmacSha256, key.as_bytes(), BODY));
        Delivery::new(BODY).header("x-hub-signature-256", format!("sha256={signature}"))
    };
    let mortal = |label| labelled(label).not_after(at(NOW));
    let rows = [
        ("none expires, the current", keys(&["new", "old"]), "new", 0),
        ("none expires, an older", keys(&["new", "old"]), "old", 0),
        ("none expires, a guess", keys(&["new", "old"]), "guess", 0),
        (
            "another expires",
            Keys::new(labelled("new")).previous(mortal("old")),
            "new",
            0,
        ),
        (
            "the current expires, an older signed",
            Keys::new(mortal("new")).previous(labelled("old")),
            "old",
            0,
        ),
        (
            "both expire, a guess",
            Keys::new(mortal("new")).previous(mortal("old")),
            "guess",
            0,
        ),
        (
            "it expires",
            Keys::new(labelled("new")).previous(mortal("old")),
            "old",
            1,
        ),
    ];
    for (what, keys, signer, expect) in rows {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let layer = WebhookLayer::new(providers::github(), keys.clone()).unwrap();
        let counted = layer.clone().clock(move || {
            count.fetch_add(1, SeqCst);
            at(NOW)
        });
        let service = counted.layer(RecordingService::default());
        let request = || github(signer).with(Script::chunks(BODY, 5));
        let answer = send(&service, request()).await;
        assert_eq!(answer.status == 200, signer != "guess", "15: {what}");
        assert_eq!(asked.load(SeqCst), expect, "15: {what}");
        if expect == 0 {
            let layer = layer.clock(|| -> SystemTime { panic!("15: the clock was asked") });
            send(&layer.layer(RecordingService::default()), request()).await;
        }
    }
}

// Secrets that are replaced.

async fn status<B>(service: &Webhook<RecordingService, B>, signer: &str) -> u16
where
    B: From<VerifiedBody> + Body<Data: Send, Error: Debug> + Send + 'static,
{
    let request = acme_delivery(&[signer], BODY).with(Script::chunks(BODY, 5));
    let answer = send(service, request).await;
    let whole = send(service, acme_delivery(&[signer], BODY).request()).await;
    assert_eq!(seen(&answer), seen(&whole), "15: {signer}");
    answer.status.as_u16()
}

/// 15: whatever came of a layer obeys its handle, and whatever came of the handle is obeyed.
#[tokio::test]
async fn replaces_the_keys_of_every_clone() {
    let clock = test_clock();
    let (verifier, verifier_handle) = Verifier::with_reload_handle(acme(), labelled("0")).unwrap();
    let (layer, layer_handle) = WebhookLayer::with_reload_handle(acme(), labelled("0")).unwrap();
    let of_verifier = WebhookLayer::from(verifier).clock(clock.clone());
    for (layer, handle) in [
        (layer.clock(clock), layer_handle),
        (of_verifier, verifier_handle),
    ] {
        let service = layer.layer(RecordingService::default());
        let mut services = vec![
            ("the service", service.clone()),
            ("a clone of the service", service.clone()),
            (
                "another of the layer",
                layer.layer(RecordingService::default()),
            ),
            (
                "one of a clone of the layer",
                layer.clone().layer(RecordingService::default()),
            ),
        ];
        // Each setting copies what it does not change.
        let second = Duration::from_secs(1);
        let render = |_: &_| {
            let mut response = Response::new(bytes::Bytes::new());
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        };
        let settings = [
            ("body_limit", layer.clone().body_limit(BODY.len())),
            ("body_deadline", layer.clone().body_deadline(second)),
            ("tolerance", layer.clone().tolerance(second).unwrap()),
            (
                "past_tolerance",
                layer.clone().past_tolerance(second).unwrap(),
            ),
            (
                "future_tolerance",
                layer.clone().future_tolerance(second).unwrap(),
            ),
            ("clock", layer.clone().clock(test_clock())),
            (
                "memory_budget",
                layer.clone().memory_budget(MemoryBudget::new(1000)),
            ),
            ("reject_trailers", layer.clone().reject_trailers()),
            (
                "status",
                layer
                    .clone()
                    .rejection_status(RejectionClass::InvalidSignature, StatusCode::FORBIDDEN)
                    .unwrap(),
            ),
            ("renderer", layer.clone().rejection_response(render)),
        ];
        let set = settings.map(|(name, layer)| (name, layer.layer(RecordingService::default())));
        services.extend(set);

        let other_body = layer.clone().forward_body::<OtherBody>();
        let other_body = other_body.layer(RecordingService::default());

        let elsewhere = handle.clone();
        let replacements: [&dyn Fn(Secret); 3] = [
            &|secret| handle.replace(secret).unwrap(),
            &|secret| handle.clone().replace(Keys::new(secret)).unwrap(),
            &|secret| {
                let handle = elsewhere.clone();
                let thread = thread::spawn(move || handle.replace(secret));
                thread.join().unwrap().unwrap();
            },
        ];
        for (round, replace) in replacements.iter().enumerate() {
            let (old, new) = (round.to_string(), (round + 1).to_string());
            for (what, service) in &services {
                assert_eq!(status(service, &old).await, 200, "15: {what}, before");
                assert_eq!(status(service, &new).await, 403, "15: {what}, before");
            }
            replace(labelled(&new));
            services.push(("made after", layer.layer(RecordingService::default())));
            for (what, service) in &services {
                assert_eq!(status(service, &old).await, 403, "15: {what}, after");
                assert_eq!(status(service, &new).await, 200, "15: {what}, after");
            }
            assert_eq!(status(&other_body, &old).await, 403, "15: another body");
            assert_eq!(status(&other_body, &new).await, 200, "15: another body");
        }
    }
}

/// 15: what was set after the handle was made counts, with keys that came later still.
#[tokio::test]
async fn keeps_the_settings_when_keys_are_replaced() {
    let clock = test_clock();
    let (layer, handle) = WebhookLayer::with_reload_handle(acme(), labelled("old")).unwrap();
    let layer = layer
        .body_limit(100)
        .tolerance(Duration::from_secs(3))
        .unwrap()
        .clock(clock.clone());
    handle
        .replace(labelled("new").not_after(at(NOW + 2)))
        .unwrap();
    let service = layer.layer(RecordingService::default());
    for (offset, length, expect) in [
        (0, 100, 200),
        (0, 101, 413),
        (2, 100, 200),
        (3, 100, 403),
        (4, 100, 400),
    ] {
        clock.set(at(NOW + offset));
        let body = vec![b'x'; length];
        let answer = send(&service, acme_delivery(&["new"], &body).request()).await;
        assert_eq!(answer.status, expect, "15: {offset} s, {length} bytes");
    }
}

/// 15: a delivery is verified only with the keys that were set when its head was read, whenever
/// they are replaced.
#[tokio::test(start_paused = true)]
async fn uses_the_keys_at_the_head_if_replaced_during_the_body() {
    let one: &[&str] = &["old"];
    let other: &[&str] = &["new"];
    let both: &[&str] = &["new", "old"];
    let turned: &[&str] = &["old", "new"];
    // The keys, their replacement, who signed, who passes now, and who passes next.
    let rows: [(_, _, _, Option<&str>, &[&str]); 10] = [
        (one, other, "old", Some("old"), &["new"]),
        (one, other, "new", None, &["new"]),
        (both, other, "old", Some("old"), &["new"]),
        (both, other, "new", Some("new"), &["new"]),
        (other, both, "old", None, &["new", "old"]),
        (one, both, "new", None, &["new", "old"]),
        (one, both, "old", Some("old"), &["new", "old"]),
        (both, turned, "old", Some("old"), &["new", "old"]),
        (both, turned, "new", Some("new"), &["new", "old"]),
        (one, other, "guess", None, &["new"]),
    ];
    let (front, back) = BODY.split_at(9);
    for (at, (before, after, signer, passes, next)) in rows.into_iter().enumerate() {
        // Replaced before the first poll, between two frames, and between the last and the end.
        for stage in 0..3 {
            let name = format!("15: row {at}, stage {stage}");
            let (layer, handle) = WebhookLayer::with_reload_handle(acme(), keys(before)).unwrap();
            let inner = RecordingService::default();
            let mut service = layer.clock(test_clock()).layer(inner.clone());
            let pause = || Step::Wait(Duration::from_secs(1));
            let steps = [Step::data(front), pause(), Step::data(back), pause()];
            let request = acme_delivery(&[signer], BODY).with(Script::new(steps));
            let mut task = tokio_test::task::spawn(service.call(request));
            for step in 0..3 {
                if step == stage {
                    handle.replace(keys(after)).unwrap();
                }
                if step < 2 {
                    assert!(task.poll().is_pending(), "{name}");
                    tokio::time::advance(Duration::from_secs(1)).await;
                }
            }
            let answer = Answer::of(task.await.unwrap()).await;
            assert_eq!(answer.status == 200, passes.is_some(), "{name}");
            if passes.is_some() {
                assert_eq!(inner.last().verified().key_label(), passes, "{name}");
            } else {
                assert_eq!(answer.kind(), "SignatureMismatch", "{name}");
                assert_eq!(inner.calls(), 0, "{name}");
            }
            for signer in ["new", "old", "guess"] {
                let is_next = next.contains(&signer);
                let status = status(&service, signer).await;
                assert_eq!(status == 200, is_next, "{name}, next: {signer}");
            }
        }
    }
}

/// 15: the same through the core, where a session is begun, fed and finished by hand.
#[test]
fn uses_the_keys_at_the_start_of_a_session() {
    for stage in 0..3 {
        for (signer, passes) in [("old", true), ("new", false)] {
            let (verifier, handle) = Verifier::with_reload_handle(acme(), labelled("old")).unwrap();
            let verifier = verifier.clock(test_clock());
            let delivery = acme_delivery(&[signer], BODY);
            let mut session = verifier.begin(&delivery.head).unwrap();
            for (step, piece) in BODY.chunks(BODY.len().div_ceil(3)).enumerate() {
                if step == stage {
                    handle.replace(labelled("new")).unwrap();
                }
                session.update(piece);
            }
            let outcome = session.finish([BODY]);
            assert_eq!(outcome.is_ok(), passes, "15: {signer}, stage {stage}");
            let next = verifier.clone().verify(&delivery.head, BODY);
            assert_eq!(next.is_ok(), !passes, "15: {signer}, stage {stage}");
        }
    }
}

/// 15: keys that cannot be used replace nothing, and the error says which secret it is.
#[tokio::test]
async fn rejects_replacement_keys_that_cannot_be_decoded() {
    let good = |label: &str| standard_secret().label(label);
    let bad = |label: &str| Secret::new("!!!!").unwrap().label(label);
    let empty = |label: &str| Secret::new("whsec_").unwrap().label(label);
    let (layer, handle) =
        WebhookLayer::with_reload_handle(providers::standard_webhooks(), good("1")).unwrap();
    let rig = Rig::new(
        layer.clock(test_clock()),
        support::standard(STANDARD_ID, now(), BODY),
    );
    let encoding = |kind: &KeyErrorKind| matches!(kind, KeyErrorKind::Encoding { .. });
    let is_empty = |kind: &KeyErrorKind| matches!(kind, KeyErrorKind::Empty);
    let rows: [(_, _, fn(&KeyErrorKind) -> bool); 4] = [
        ("the secret (`2`)", Keys::new(bad("2")), encoding),
        (
            "previous secret 1 (`3`)",
            Keys::new(good("2")).previous(bad("3")),
            encoding,
        ),
        (
            "previous secret 2 (`4`)",
            Keys::new(good("2")).previous(good("3")).previous(bad("4")),
            encoding,
        ),
        ("the secret (`5`)", Keys::new(empty("5")), is_empty),
    ];
    for (which, keys, kind) in rows {
        for _ in 0..2 {
            let error = handle.replace(keys.clone()).unwrap_err();
            let text = error.to_string();
            let expect = format!("scheme `standard-webhooks`: {which} ");
            assert!(text.starts_with(&expect), "15: {text}");
            assert!(kind(error.kind()), "15: {error:?}");
            assert!(!text.contains("!!!!"), "15: {text}");
            assert_eq!(
                send(&rig.service, rig.good.clone().request()).await.status,
                200
            );
            assert_eq!(rig.inner.last().verified().key_label(), Some("1"));
        }
    }
    handle.replace(good("6")).unwrap();
    send(&rig.service, rig.good.clone().request()).await;
    assert_eq!(rig.inner.last().verified().key_label(), Some("6"));
}

/// 15: two threads verify deliveries while a third replaces the keys. Each delivery is verified
/// with one set of keys, and each set has both secrets.
#[test]
fn replaces_keys_while_other_threads_verify() {
    let sets = [keys(&["one", "other"]), keys(&["other", "one"])];
    let (verifier, handle) = Verifier::with_reload_handle(acme(), sets[0].clone()).unwrap();
    let verifier = verifier.clock(test_clock());
    let layer = WebhookLayer::from(verifier.clone());
    let is_over = AtomicBool::new(false);
    let replaced = AtomicUsize::new(0);

    let through_the_layer = || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        let inner = RecordingService::default();
        let service = layer.layer(inner.clone());
        runtime.block_on(async {
            for _ in 0..1000 {
                for (signer, expect) in [("one", 200), ("other", 200), ("guess", 403)] {
                    for size in [9, BODY.len()] {
                        let script = Script::chunks(BODY, size);
                        let request = acme_delivery(&[signer], BODY).with(script);
                        let answer = send(&service, request).await;
                        assert_eq!(answer.status, expect, "15: {signer}");
                        if expect == 200 {
                            let last = inner.last();
                            assert_eq!(last.verified().key_label(), Some(signer));
                        }
                    }
                }
            }
        });
    };
    let through_the_core = || {
        for _ in 0..3000 {
            for (signer, passes) in [("one", true), ("other", true), ("guess", false)] {
                let delivery = acme_delivery(&[signer], BODY);
                let mut session = verifier.begin(&delivery.head).unwrap();
                session.update(&BODY[..9]);
                thread::yield_now();
                session.update(&BODY[9..]);
                let outcome = session.finish([BODY]).ok();
                let label = outcome.as_ref().map(|verified| verified.key_label());
                assert_eq!(label, passes.then_some(Some(signer)), "15");
            }
        }
    };
    thread::scope(|scope| {
        let verifying = [
            scope.spawn(through_the_layer),
            scope.spawn(through_the_core),
        ];
        scope.spawn(|| {
            // Keys that were used before, and keys that are new to the process.
            for round in 0.. {
                if is_over.load(SeqCst) {
                    break;
                }
                let labels = [["one", "other"], ["other", "one"]][round % 2];
                let fresh = keys(&labels);
                let next = if round % 4 < 2 {
                    &sets[round % 2]
                } else {
                    &fresh
                };
                handle.replace(next.clone()).unwrap();
                replaced.fetch_add(1, SeqCst);
                thread::yield_now();
            }
        });
        let outcomes = verifying.map(thread::ScopedJoinHandle::join);
        is_over.store(true, SeqCst);
        for outcome in outcomes {
            outcome.unwrap();
        }
    });
    let replaced = replaced.load(SeqCst);
    assert!(replaced > 100, "15: replaced {replaced} times only");
}

// The log entries of previous secrets.

fn told(provider: &str, label: &str) -> String {
    format!(
        "INFO tower_webhook: delivery verified with a previous secret; the sender has not switched to the current one provider=\"{provider}\" \
         key_label=\"{label}\""
    )
}

/// A secret that is not to be seen, under a label that is.
fn quiet(secret: &str, label: &str) -> Secret {
    Secret::from_bytes(secret.as_bytes()).unwrap().label(label)
}

/// What was logged, but for that a delivery was accepted.
fn take(log: &Log) -> Vec<String> {
    let mut lines = log.take();
    lines.retain(|line| !line.contains("delivery accepted"));
    lines
}

/// 15: a previous secret that is used is logged once for each label. This state lasts as long as
/// the process, so the labels occur only in this test.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn logs_the_use_of_a_previous_secret_once() {
    let log = Log::default();
    let _guard = log.listen();
    let set = || {
        Keys::new(quiet("geheim-neu", "told-new"))
            .previous(quiet("geheim-alt", "told-old"))
            .previous(quiet("geheim-uralt", "told-oldest"))
    };
    let (layer, handle) = WebhookLayer::with_reload_handle(acme(), set()).unwrap();
    let service = layer.clock(test_clock()).layer(RecordingService::default());
    let new: &[&str] = &["geheim-neu"];
    let old: &[&str] = &["geheim-alt"];
    let oldest: &[&str] = &["geheim-uralt"];
    let none: Vec<String> = Vec::new();

    for (signers, lines) in [
        (new, none.clone()),
        (&["geheim-alt", "geheim-neu"], none.clone()),
        (old, vec![told("acme", "told-old")]),
        (old, none.clone()),
        (oldest, vec![told("acme", "told-oldest")]),
        (oldest, none.clone()),
        (old, none.clone()),
        (new, none.clone()),
    ] {
        for size in [BODY.len(), 7] {
            let request = acme_delivery(signers, BODY).with(Script::chunks(BODY, size));
            assert_eq!(send(&service, request).await.status, 200);
            let got = take(&log);
            // The second time is one too many.
            let lines = if size == 7 { &none } else { &lines };
            assert_eq!(&got, lines, "15: {signers:?}");
        }
    }

    // The same label again, of new keys, through the handle and another layer.
    handle.replace(set()).unwrap();
    send(&service, acme_delivery(old, BODY).request()).await;
    let another = acme_layer(set()).layer(RecordingService::default());
    send(&another, acme_delivery(old, BODY).request()).await;
    assert_eq!(take(&log), none);
    // Another label is news, whatever the secret is.
    let renamed = Keys::new(quiet("geheim-neu", "told-new"));
    let renamed = renamed.previous(quiet("geheim-alt", "told-renamed"));
    handle.replace(renamed).unwrap();
    send(&service, acme_delivery(old, BODY).request()).await;
    assert_eq!(take(&log), [told("acme", "told-renamed")]);
    // So is the secret that was current until now.
    let rotated = Keys::new(quiet("geheim-neuer", "told-newer"));
    let rotated = rotated.previous(quiet("geheim-neu", "told-new"));
    handle.replace(rotated).unwrap();
    send(&service, acme_delivery(new, BODY).request()).await;
    assert_eq!(take(&log), [told("acme", "told-new")]);
}

/// 15: a previous secret is logged once it has verified a delivery.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn does_not_log_a_previous_secret_for_a_rejection() {
    let log = Log::default();
    let _guard = log.listen();
    let old = quiet("geheim-alt", "refused-old");
    let expired = old.clone().not_after(at(NOW - 1));
    for (keys, body) in [
        (Keys::new(labelled("new")).previous(old), &b"{}"[..]),
        (Keys::new(labelled("new")).previous(expired), BODY),
    ] {
        let service = acme_layer(keys).layer(RecordingService::default());
        let request = acme_delivery(&["geheim-alt"], BODY).body(body).request();
        assert_eq!(send(&service, request).await.status, 403);
    }
    let lines = take(&log);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines.iter().all(|line| line.starts_with("DEBUG")),
        "{lines:?}"
    );
}

/// 15: several threads that find out at the same moment tell it once.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[test]
fn logs_the_use_of_a_previous_secret_on_one_thread() {
    let log = Log::default();
    let keys = || Keys::new(labelled("new")).previous(quiet("geheim-alt", "threads-old"));
    let shared = keys();
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for at in 0..8 {
            let (log, shared, barrier) = (&log, &shared, &barrier);
            scope.spawn(move || {
                let _guard = log.listen();
                let keys = if at % 2 == 0 { shared.clone() } else { keys() };
                let verifier = Verifier::new(acme(), keys).unwrap();
                let verifier = verifier.clock(test_clock());
                let delivery = acme_delivery(&["geheim-alt"], BODY);
                barrier.wait();
                for _ in 0..100 {
                    verifier.verify(&delivery.head, BODY).unwrap();
                }
            });
        }
    });
    assert_eq!(take(&log), [told("acme", "threads-old")]);
}

/// 15: after ten thousand labels, no more are logged or stored. They would affect every other test,
/// so the test starts itself again in a process of its own.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[test]
fn stops_logging_after_ten_thousand_labels() {
    const MARK: &str = "TOWER_WEBHOOK_TEST_LABELS";
    if std::env::var_os(MARK).is_none() {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args([
                "--exact",
                "key_rotation::stops_logging_after_ten_thousand_labels",
            ])
            .env(MARK, "1");
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let passed = output.status.success() && text.contains("1 passed");
        assert!(passed, "{text} {}", String::from_utf8_lossy(&output.stderr));
        return;
    }

    let log = Log::default();
    let _guard = log.listen();
    let delivery = acme_delivery(&["geheim-alt"], BODY);
    let mut told = 0;
    for number in 0..10_100 {
        let label: Arc<str> = format!("label {number}").into();
        let old = Secret::from_bytes(*b"geheim-alt").unwrap();
        let keys = Keys::new(labelled("new")).previous(old.label(Arc::clone(&label)));
        let verifier = Verifier::new(acme(), keys).unwrap();
        let verifier = verifier.clock(test_clock());
        let proof = verifier.verify(&delivery.head, BODY).unwrap();
        assert_eq!(proof.key_label(), Some(&*label));
        drop((verifier, proof));
        let lines = take(&log).len();
        assert_eq!(Arc::strong_count(&label) - 1, lines, "15: {label} is kept");
        told += lines;
    }
    assert_eq!(told, 10_000);
}
