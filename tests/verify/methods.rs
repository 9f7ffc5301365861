//! Request methods. The layer accepts the methods that a provider uses, and rejects all others
//! before it checks anything else.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Version, header};
use tower::Layer;
use tower_webhook::{
    DedupeLayer, Keys, PublicUrl, Rejection, RequestHead, Secret, SetupError, Verifier,
    WebhookLayer,
    dedupe::MemoryStore,
    handshake::{Acceptance, ChallengeCharset, DataKind, Handshake, ResponsePart},
    providers::{self, Provider},
    rejection::{self, RejectionClass, RejectionKind},
    scheme::{Algorithm, Location},
};

use crate::{
    genuine::{Good, good},
    support::{
        self, Answer, BODY, Delivery, Expect, RecordingService, Report, Rig, Script, Step,
        TestClock, base64, generic, github, has_all_presets, hex, mac, mac256, method_not_allowed,
        now, secret, send, slack, standard, standard_secret, stripe, test_clock, with_any_method,
    },
};

/// Every method of the HTTP standards that a server sees, an extension method, and `POST` in lower
/// case, which is another method.
const METHODS: [&str; 11] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PURGE", "post",
];

/// The methods of the presets that deliver with more than `POST`.
const DELIVER: &[(&[&str], &[&str])] = &[
    (
        &["DELETE", "GET", "PATCH", "POST", "PUT"],
        &[
            "braze",
            "contentful",
            "hookdeck",
            "hubspot-v2",
            "hubspot-v3",
            "qstash",
            "sanity",
            "zendesk",
        ],
    ),
    (&["POST", "PUT"], &["grafana", "grafana-timed"]),
    (&["PATCH", "POST", "PUT"], &["segment", "svix", "svix-v1a"]),
    (&["GET", "POST", "PUT"], &["rudderstack"]),
    (
        &["GET", "POST"],
        &[
            "atlassian-connect",
            "forgejo-form",
            "gitea-form",
            "messagebird",
            "messagebird-hs384",
            "messagebird-hs512",
            "messagebird-legacy",
            "plivo",
            "plivo-v2",
            "twilio",
            "twilio-sharedkey",
            "vonage",
            "vonage-sms",
            "vonage-sms-hmac-md5",
            "vonage-sms-hmac-sha1",
            "vonage-sms-hmac-sha256",
            "vonage-sms-hmac-sha512",
        ],
    ),
];

/// The handshakes whose method is not a method of deliveries, and the setting that each one needs.
const HANDSHAKES: &[(&str, &str, Option<&str>)] = &[
    ("azure-event-grid", "OPTIONS", None),
    ("braintree", "GET", Some("public_key_id")),
    ("dropbox", "GET", None),
    ("intercom", "HEAD", None),
    ("mandrill", "HEAD", None),
    ("meta", "GET", Some("verify_token")),
    ("meta-sha1", "GET", Some("verify_token")),
    ("okta", "GET", None),
    ("onfleet", "GET", None),
    ("slack", "GET", None),
    ("trello", "HEAD", None),
    ("vercel", "GET", Some("verify")),
    ("x", "GET", None),
];

/// The settings of these handshakes.
const SETTINGS: [&str; 3] = ["public_key_id", "verify_token", "verify"];

fn method(name: &str) -> Method {
    name.parse().unwrap()
}

fn delivers_with(preset: &str) -> &'static [&'static str] {
    let mut rows = DELIVER.iter();
    let row = rows.find(|(_, presets)| presets.contains(&preset));
    row.map_or(&["POST"], |(methods, _)| methods)
}

/// The configuration of an endpoint besides its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Bare,
    /// With the settings and the handler of every handshake.
    Ready,
    WithoutHandshakes,
}

impl Endpoint {
    fn provider(self, provider: Provider) -> Provider {
        match self {
            Self::Bare => provider,
            Self::Ready | Self::WithoutHandshakes => {
                let known = support::settings(&provider);
                let given = SETTINGS
                    .into_iter()
                    .filter(|name| known.contains(&(*name).to_owned()));
                given.fold(provider, |it, name| it.with_setting(name, "a-setting"))
            }
        }
    }

    fn layer(self, layer: WebhookLayer) -> WebhookLayer {
        match self {
            Self::Bare => layer,
            Self::Ready => with_handler(layer),
            Self::WithoutHandshakes => without_handshakes(layer),
        }
    }

    /// The method of the preset's handshakes, if the endpoint answers them.
    fn handshake(self, preset: &str, provider: &Provider) -> Option<&'static str> {
        let mut rows = HANDSHAKES.iter().filter(|(name, ..)| *name == preset);
        let (_, method, setting) = rows.next()?;
        let is_ready = setting.is_none_or(|name| provider.setting(name).is_some());
        (is_ready && self != Self::WithoutHandshakes).then_some(*method)
    }
}

async fn accept(_: tower_webhook::handshake::HandshakeData) -> Result<Acceptance, Infallible> {
    Ok(Acceptance::Accept)
}

/// A layer with a key source, and the number of calls of the source.
fn looking_up(
    verifier: &Verifier,
    keys: &Keys,
    clock: TestClock,
) -> (WebhookLayer, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, keys) = (Arc::clone(&asked), keys.clone());
    let source = move |_: RequestHead<'_>| {
        count.fetch_add(1, Ordering::SeqCst);
        let keys = keys.clone();
        async move { Ok::<_, Infallible>(Some(keys)) }
    };
    let layer = WebhookLayer::with_key_source(verifier.provider().clone(), source).unwrap();
    let layer = layer.clock(clock);
    let tolerant = layer.clone().tolerance(Duration::MAX);
    (tolerant.unwrap_or(layer), asked)
}

/// Registers a handler, if a handshake of the provider carries data.
fn with_handler(layer: WebhookLayer) -> WebhookLayer {
    let handled = layer.clone().on_handshake_data(accept);
    handled.unwrap_or(layer)
}

/// Switches handshakes off, if the layer answers any.
fn without_handshakes(layer: WebhookLayer) -> WebhookLayer {
    let without = layer.clone().without_handshakes();
    without.unwrap_or(layer)
}

/// Checks the response to a method that is not allowed: the status, the body, the reason and
/// `Allow`.
fn check_405(answer: &Answer, allow: &str) -> Result<(), String> {
    let rejection = answer.rejection.as_ref();
    let wire = match rejection.map(tower_webhook::Rejection::provider) {
        // Xero requires responses without a body.
        Some("xero") => (405, None, ""),
        _ => (
            405,
            Some("application/json"),
            r#"{"error":"Method not allowed"}"#,
        ),
    };
    let is_right = answer.wire() == wire
        && answer.kind() == "MethodNotAllowed"
        && answer.headers.get_all(header::ALLOW).iter().eq([allow]);
    is_right
        .then_some(())
        .ok_or_else(|| format!("not 405 with `Allow: {allow}`: {answer:?}"))
}

/// Sends a delivery with one method to one endpoint. The error says what is wrong with the
/// response.
async fn check(
    good: &Good,
    endpoint: Endpoint,
    name: &str,
    delivery: &Delivery,
) -> Result<(), String> {
    let preset = good.preset.name();
    let deliver = delivers_with(preset);
    let verifier = good.verifier_of(endpoint.provider(good.verifier.provider().clone()));
    let handshake = endpoint.handshake(preset, verifier.provider());
    let mut allow: Vec<_> = deliver.iter().copied().chain(handshake).collect();
    allow.sort_unstable();
    let allow = allow.join(", ");

    // `Verifier::begin` and `verify` accept the methods of deliveries only.
    let begun = verifier.begin(&delivery.head).map(|_| ());
    let whole = verifier.verify(&delivery.head, &delivery.body).map(|_| ());
    for result in [begun, whole] {
        let only = match result {
            Ok(()) => None,
            Err(rejection) => match rejection.kind() {
                RejectionKind::MethodNotAllowed { allowed, .. } => Some(allowed.to_string()),
                other => return Err(format!("the verifier says {other:?}")),
            },
        };
        let expected = (!deliver.contains(&name)).then(|| deliver.join(", "));
        if only != expected {
            return Err(format!("the verifier allows {only:?} and not {expected:?}"));
        }
    }

    let (looking_up, asked) = looking_up(&verifier, &good.keys, good.clock.clone());
    for (which, layer) in [("its keys", verifier.into()), ("looked up", looking_up)] {
        let inner = RecordingService::default();
        let service = endpoint.layer(layer).layer(inner.clone());
        let request = delivery.clone().request();
        let probe = request.body().probe();
        let answer = send(&service, request).await;
        let fail = |what: &str| Err(format!("{which}: {what}: {answer:?}"));
        if deliver.contains(&name) {
            if answer.status != 200 || inner.calls() != 1 {
                return fail("not forwarded");
            }
            if which == "looked up" && asked.load(Ordering::SeqCst) != 1 {
                return fail("the key source was not asked");
            }
            continue;
        }
        if inner.calls() != 0 {
            return fail("forwarded");
        }
        if handshake == Some(name) {
            continue;
        }
        check_405(&answer, &allow)?;
        if probe.polls() != 0 {
            return fail("the body was polled");
        }
        if asked.load(Ordering::SeqCst) != 0 {
            return fail("the key source was asked");
        }
    }
    Ok(())
}

/// A recorded delivery of Contentful, signed again for another method, because the signature covers
/// it.
fn contentful(good: &Good, name: &str) -> Delivery {
    let delivery = good.delivery.clone().method(method(name));
    let value = |name: &str| delivery.head.headers[name].to_str().unwrap();
    let signed = value("x-contentful-signed-headers").split(',');
    let signed: Vec<_> = signed
        .map(|name| format!("{name}:{}", value(name).trim()))
        .collect();
    let path = delivery.head.uri.path_and_query().unwrap();
    let text = [name, path.as_str(), &signed.join(";"), ""].join("\n");
    let text = [text.as_bytes(), &delivery.body].concat();
    let key = good.recorded_secret();
    let signature = hex(&mac(Algorithm::HmacSha256, key.as_bytes(), &text));
    delivery.set("x-contentful-signature", signature)
}

/// Every preset gets a genuine delivery with every method. Exactly those with a method that it
/// delivers with reach the service.
#[tokio::test]
async fn each_preset_forwards_the_methods_that_it_delivers_with() {
    let mut report = Report::default();
    let mut genuine = 0;
    for preset in providers::all() {
        let good = good(preset);
        for name in METHODS {
            let delivery = match preset.name() {
                "contentful" => contentful(&good, name),
                _ => good.with_method(&method(name)),
            };
            // Control: if the provider uses the method, the delivery is accepted.
            if !matches!(name, "CONNECT" | "TRACE") {
                let provider = good.verifier.provider().clone();
                let verifier = good.verifier_of(provider.with_methods([method(name)]));
                let passes = verifier.verify(&delivery.head, &delivery.body).is_ok();
                genuine += usize::from(passes && !delivers_with(preset.name()).contains(&name));
            }
            for endpoint in [Endpoint::Bare, Endpoint::Ready, Endpoint::WithoutHandshakes] {
                let outcome = check(&good, endpoint, name, &delivery).await;
                let row = format!("{}: {name}, {endpoint:?}", preset.name());
                report.note(outcome.map_err(|what| format!("{row}: {what}")));
            }
        }
    }
    report.finish();
    assert!(genuine > 1300 || !has_all_presets(), "{genuine}");
}

/// The tables above name presets that exist, and all handshakes with a method other than `POST`.
#[cfg_attr(not(feature = "full"), ignore = "needs every preset")]
#[test]
fn the_tables_are_complete() {
    let names: Vec<_> = providers::all().map(providers::Preset::name).collect();
    let rows = DELIVER.iter().flat_map(|(_, presets)| presets.iter());
    for name in rows.chain(HANDSHAKES.iter().map(|(name, ..)| name)) {
        assert!(names.contains(name), "{name}");
    }
    let found = providers::all().flat_map(|preset| {
        let provider = preset.provider();
        let handshakes = provider.handshakes().iter();
        let other = handshakes.filter(|it| it.method() != Method::POST);
        let rows = other.map(|it| {
            let setting = it.settings().next().map(str::to_owned);
            (preset.name(), it.method().to_string(), setting)
        });
        rows.collect::<Vec<_>>()
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    let table = HANDSHAKES.iter();
    let table = table
        .map(|(name, method, setting)| (*name, (*method).to_owned(), setting.map(str::to_owned)));
    assert_eq!(found, table.collect::<Vec<_>>());
}

// Handshakes.

/// A genuine delivery with the method of a handshake, which is not the handshake.
struct NoHandshake {
    name: &'static str,
    provider: Provider,
    delivery: Delivery,
}

fn no_handshakes() -> Vec<NoHandshake> {
    let row = |name, provider, delivery| NoHandshake {
        name,
        provider,
        delivery,
    };
    let meta = || providers::meta().with_setting("verify_token", "right");
    let mac_of_x = |body: &[u8]| format!("sha256={}", base64(&mac256(body)));
    let okta = |body: &[u8]| {
        let delivery = Delivery::new(body).header("authorization", support::SECRET);
        delivery.method(Method::GET)
    };
    let long = vec![b' '; (16 << 10) + 1];
    let azure = |uri: &str| {
        let uri = format!("https://hooks.example.com/{uri}");
        Delivery::new("[]").method(Method::OPTIONS).uri(&uri)
    };
    let get = |delivery: Delivery| delivery.method(Method::GET);
    let mut rows = vec![
        row("meta", meta(), get(github(BODY))),
        row("meta, no body", meta(), get(github(""))),
        row(
            "meta, another mode",
            meta(),
            get(github("")).uri("/?hub.mode=denied&hub.challenge=1&hub.verify_token=right"),
        ),
        row("okta", providers::okta(), okta(b"{}")),
        row("okta, over 16 KiB", providers::okta(), okta(&long)),
        row(
            "okta, over 16 KiB, with a challenge",
            providers::okta(),
            okta(&long).header("x-okta-verification-challenge", "abc"),
        ),
        row(
            "azure",
            providers::azure_event_grid(),
            azure("?token=It's%20a%20Secret%20to%20Everybody"),
        ),
        row("slack", providers::slack(), get(slack(now(), BODY))),
        row(
            "slack, another value",
            providers::slack(),
            get(slack(now(), "")).uri("/?ssl_check=2"),
        ),
        row(
            "x",
            providers::x(),
            get(Delivery::new(BODY)).header("x-twitter-webhooks-signature", mac_of_x(BODY)),
        ),
    ];
    // A signed handshake with a method that is not a method of deliveries.
    let ping = Location::Header(HeaderName::from_static("x-ping"));
    let ping = Handshake::signed("ping", Method::PUT).when(ping, "1");
    rows.push(row(
        "a signed handshake of another scheme",
        providers::github().with_handshake(ping),
        github(BODY).method(Method::PUT),
    ));
    rows
}

/// A genuine delivery with the method of a handshake does not reach the service.
#[tokio::test]
async fn a_delivery_with_the_method_of_a_handshake_is_not_forwarded() {
    let mut report = Report::default();
    for row in no_handshakes() {
        let keys = Keys::from(secret());
        // Control: if the method is allowed for deliveries, the delivery is accepted.
        let allowed = with_any_method(row.provider.clone());
        let verifier = Verifier::new(allowed, keys.clone())
            .unwrap()
            .clock(test_clock());
        let passes = verifier.verify(&row.delivery.head, &row.delivery.body);
        assert!(passes.is_ok(), "{}: {passes:?}", row.name);

        let verifier = Verifier::new(row.provider.clone(), keys.clone()).unwrap();
        let verifier = verifier.clock(test_clock());
        let handshake = verifier.handshake(&row.delivery.head, &row.delivery.body);
        assert!(matches!(handshake, Ok(None)), "{}: {handshake:?}", row.name);

        let (reloadable, _handle) =
            WebhookLayer::with_reload_handle(row.provider.clone(), keys.clone()).unwrap();
        let (looked_up, _) = looking_up(&verifier, &keys, test_clock());
        for (which, layer) in [
            ("fixed", WebhookLayer::from(verifier)),
            ("reloadable", reloadable.clock(test_clock())),
            ("looked up", looked_up),
        ] {
            for in_frames in [false, true] {
                for handler in [false, true] {
                    let layer = if handler {
                        with_handler(layer.clone())
                    } else {
                        layer.clone()
                    };
                    let inner = RecordingService::default();
                    let service = layer.layer(inner.clone());
                    let body = if in_frames {
                        Script::new(row.delivery.body.chunks(1000).map(Step::data))
                    } else {
                        Script::whole(row.delivery.body.clone())
                    };
                    let answer = send(&service, row.delivery.clone().with(body)).await;
                    let name = format!(
                        "{} ({which}, in frames: {in_frames}, handler: {handler})",
                        row.name
                    );
                    report.note(if inner.calls() == 0 {
                        check_405(&answer, "POST").map_err(|what| format!("{name}: {what}"))
                    } else {
                        Err(format!("{name}: forwarded"))
                    });
                }
            }
        }

        // If handshakes are off, the method is rejected before the body is read.
        let layer = without_handshakes(WebhookLayer::new(row.provider, keys).unwrap());
        let inner = RecordingService::default();
        let request = row.delivery.request();
        let probe = request.body().probe();
        let answer = send(&layer.layer(inner.clone()), request).await;
        let outcome = check_405(&answer, "POST");
        report.note(outcome.map_err(|what| format!("{}: without handshakes: {what}", row.name)));
        assert_eq!((inner.calls(), probe.polls()), (0, 0), "{}", row.name);
    }
    report.finish();
}

/// Handshakes with `HEAD` are answered before anything is verified, whatever the signature.
#[tokio::test]
async fn a_probe_is_answered_and_never_forwarded() {
    let url = "https://hooks.example.com/webhook";
    let signed = [
        ("intercom", "x-hub-signature", hex(&sha1(""))),
        ("trello", "x-trello-webhook", base64(&sha1(url))),
        ("mandrill", "x-mandrill-signature", base64(&sha1(url))),
    ];
    for (preset, header, value) in signed {
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let provider = support::with_public_url(support::provider(preset), url);
        let delivery = Delivery::new("").method(Method::HEAD).header(header, value);
        let layer = WebhookLayer::new(provider, secret()).unwrap();
        let inner = RecordingService::default();
        let answer = send(&layer.layer(inner.clone()), delivery.clone().request()).await;
        assert_eq!(
            (answer.status.as_u16(), inner.calls()),
            (200, 0),
            "{preset}"
        );

        let service = layer.without_handshakes().unwrap().layer(inner.clone());
        let answer = send(&service, delivery.request()).await;
        check_405(&answer, "POST").unwrap();
        assert_eq!(inner.calls(), 0, "{preset}");
    }
}

fn sha1(text: &str) -> Vec<u8> {
    mac(
        Algorithm::HmacSha1,
        support::SECRET.as_bytes(),
        text.as_bytes(),
    )
}

/// The method of a handshake is allowed only if the handshake can be answered: its settings are
/// present, its data has a handler, and the scheme can sign the answer.
#[tokio::test]
async fn a_handshake_that_cannot_be_answered_allows_nothing() {
    let asks = || Location::Header(HeaderName::from_static("x-ask"));
    let new = || Handshake::unsigned("ask", Method::PUT);
    let challenge = || new().challenge(asks(), ChallengeCharset::Token, 1..=64);
    let token = || new().token(asks(), "verify_token");
    let shows = || new().text([ResponsePart::Setting("verify_token".into())]);
    let mac = || challenge().text([ResponsePart::Mac]);
    let secret_of = || challenge().provides(DataKind::Secret);
    let wanted = || challenge().provides_optional(DataKind::Secret);
    let github = |handshake| providers::github().with_handshake(handshake);
    // Name, provider, has the setting, has a handler, is allowed.
    let rows: [(&str, Provider, bool, bool, bool); 11] = [
        ("plain", github(challenge()), false, false, true),
        ("a token", github(token()), false, true, false),
        ("a token, set", github(token()), true, false, true),
        ("a setting", github(shows()), false, true, false),
        ("a setting, set", github(shows()), true, true, true),
        ("a secret", github(secret_of()), false, false, false),
        ("a secret, taken", github(secret_of()), false, true, true),
        ("a secret, if wanted", github(wanted()), false, false, true),
        ("a MAC", github(mac()), false, false, true),
        (
            "one of two",
            github(token()).with_handshake(challenge()),
            false,
            false,
            true,
        ),
        ("none", providers::github(), false, true, false),
    ];
    // This scheme compares a token and cannot sign an answer.
    let error = WebhookLayer::new(providers::gitlab().with_handshake(mac()), secret());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`with_handshake` has no effect"), "{error}");
    for (name, provider, has_setting, has_handler, is_allowed) in rows {
        let provider = if has_setting {
            provider.with_setting("verify_token", "abc")
        } else {
            provider
        };
        let layer = WebhookLayer::new(provider, secret()).unwrap();
        let bare = layer.clone();
        let layer = if has_handler {
            with_handler(layer)
        } else {
            layer
        };
        let asked = Delivery::new("").method(Method::PUT).header("x-ask", "abc");
        let other = Delivery::new("").method(Method::DELETE);
        let allow = if is_allowed { "POST, PUT" } else { "POST" };
        let expect_405 = |answer: &Answer, allow: &str| {
            check_405(answer, allow).unwrap_or_else(|what| panic!("{name}: {what}"));
        };
        let inner = RecordingService::default();
        let service = layer.layer(inner.clone());
        let answer = send(&service, asked.clone().request()).await;
        if is_allowed {
            assert_eq!(answer.status, 200, "{name}: {answer:?}");
        } else {
            expect_405(&answer, allow);
        }
        expect_405(&send(&service, other.request()).await, allow);

        let service = without_handshakes(bare).layer(inner.clone());
        expect_405(&send(&service, asked.request()).await, "POST");
        assert_eq!(inner.calls(), 0, "{name}");
    }
}

// Methods that the operator sets.

/// `with_methods` replaces the methods of the preset; `Allow` lists each of them once, in order.
#[tokio::test]
async fn the_methods_are_replaced() {
    for (methods, allow) in [
        (&["PUT"][..], "PUT"),
        (&["PUT", "GET", "PUT"], "GET, PUT"),
        (&["POST", "DELETE"], "DELETE, POST"),
        (&["PURGE", "post"], "PURGE, post"),
    ] {
        let provider = providers::github()
            .with_methods([Method::PATCH])
            .with_methods(methods.iter().map(|it| method(it)));
        assert_eq!(provider.methods(), methods);
        let layer = WebhookLayer::new(provider, secret()).unwrap();
        let rig = Rig::new(layer, github(BODY).method(method(methods[0])));
        for name in METHODS {
            let request = || github(BODY).method(method(name)).request();
            let expect = if methods.contains(&name) {
                Expect::Forwarded
            } else {
                check_405(&send(&rig.service, request()).await, allow).unwrap();
                method_not_allowed()
            };
            rig.check(name, request(), expect).await.unwrap();
        }
    }
}

#[cfg(feature = "remote-keys")]
mod remote_keys {
    use tower_webhook::keys::{FetchedKeys, KeyFetcher, KeyRequest, RemoteKeys};

    use super::*;

    struct NoFetcher;

    impl KeyFetcher for NoFetcher {
        type Error = io::Error;

        async fn fetch(&self, _: KeyRequest) -> io::Result<Option<FetchedKeys>> {
            Ok(None)
        }
    }

    pub(super) fn layer(provider: Provider) -> Made {
        WebhookLayer::with_remote_keys(provider, RemoteKeys::new(NoFetcher)).map(drop)
    }
}

type Made = Result<(), SetupError>;

/// The result of each constructor for a provider.
fn construct(provider: &Provider, keys: &Keys) -> Vec<(&'static str, Made)> {
    let provider = || provider.clone();
    let keys = || keys.clone();
    let source = |_: RequestHead<'_>| async { Ok::<Option<Keys>, Infallible>(None) };
    #[cfg_attr(not(feature = "remote-keys"), expect(unused_mut))]
    let mut made: Vec<(_, Made)> = vec![
        ("Verifier::new", Verifier::new(provider(), keys()).map(drop)),
        ("new", WebhookLayer::new(provider(), keys()).map(drop)),
        (
            "reloadable",
            WebhookLayer::with_reload_handle(provider(), keys()).map(drop),
        ),
        (
            "with_key_source",
            WebhookLayer::with_key_source(provider(), source).map(drop),
        ),
    ];
    if provider().scheme().name() == "truelayer" {
        #[cfg(feature = "remote-keys")]
        made.push(("remote_keys", remote_keys::layer(provider())));
    }
    made
}

/// A method that no delivery can have is an error at startup. The error says what to do.
#[cfg_attr(not(feature = "full"), ignore = "needs every preset")]
#[test]
fn invalid_methods_are_errors_at_startup() {
    let ask = Location::Header(HeaderName::from_static("x-ask"));
    let mut remote = 0;
    for preset in ["github", "truelayer", "meta"] {
        let preset = providers::all().find(|it| it.name() == preset).unwrap();
        let Good { verifier, keys, .. } = good(preset);
        let provider = || verifier.provider().clone();

        for (constructor, made) in construct(&provider().with_methods([]), &keys) {
            let error = made.expect_err(constructor);
            assert!(
                matches!(error, SetupError::NoMethod { .. }),
                "{constructor}: {error:?}"
            );
            let expected = format!(
                "scheme `{}`: the provider has no method for deliveries; pass at least one to `Provider::with_methods`, such as `POST`",
                preset.name()
            );
            assert_eq!(error.to_string(), expected, "{constructor}");
        }
        for name in ["CONNECT", "TRACE"] {
            let unsigned = Handshake::unsigned("ask", method(name));
            // Without its setting, this handshake is never answered.
            let signed = Handshake::signed("ask", method(name)).token(ask.clone(), "never_set");
            for provider in [
                provider().with_methods([method(name)]),
                provider().with_methods([Method::POST, method(name)]),
                provider().with_handshake(unsigned),
                provider().with_handshake(signed),
            ] {
                for (constructor, made) in construct(&provider, &keys) {
                    let error = made.expect_err(constructor);
                    let is_right = matches!(
                        &error,
                        SetupError::InvalidMethod { method, .. } if method == name
                    );
                    assert!(is_right, "{constructor}: {error:?}");
                    let expected = format!(
                        "scheme `{}`: method `{name}` cannot carry a delivery or a handshake; remove it from `Provider::with_methods`, or remove the handshake that uses it",
                        preset.name()
                    );
                    assert_eq!(error.to_string(), expected, "{constructor}");
                    remote += usize::from(constructor == "remote_keys");
                }
            }
        }
        // Every other method is valid.
        for name in METHODS {
            if matches!(name, "CONNECT" | "TRACE") {
                continue;
            }
            let handshake = Handshake::unsigned("ask", method(name));
            let provider = provider().with_methods([method(name)]);
            for (constructor, made) in construct(&provider.with_handshake(handshake), &keys) {
                assert!(made.is_ok(), "{constructor}: {name}: {made:?}");
            }
        }
    }
    assert_eq!(remote, 8);
}

// Answers.

/// Every 405 response has `Allow`, including those of a custom renderer.
#[tokio::test]
async fn allow_is_there_whatever_the_renderer() {
    let provider = || providers::github().with_methods([Method::PUT, Method::PATCH]);
    let layer = || WebhookLayer::new(provider(), secret()).unwrap();
    let class = RejectionClass::MethodNotAllowed;
    let status = StatusCode::NOT_FOUND;
    let own = |rejection: &Rejection| {
        let mut response = Response::new(Bytes::from_static(b"no"));
        *response.status_mut() = rejection.status();
        response
    };
    let own_allow = move |rejection: &Rejection| {
        let mut response = own(rejection);
        let allow = HeaderValue::from_static("PUT");
        response.headers_mut().insert(header::ALLOW, allow);
        response
    };
    let of_provider =
        WebhookLayer::new(provider().with_rejection_status(class, status), secret()).unwrap();
    let problem_json = layer().rejection_response(rejection::problem_json);
    let json = "application/json";
    let problem = "application/problem+json";
    for (name, layer, status, content_type, allow) in [
        ("json", layer(), 405, Some(json), "PATCH, PUT"),
        (
            "problem_json",
            problem_json,
            405,
            Some(problem),
            "PATCH, PUT",
        ),
        (
            "its own",
            layer().rejection_response(own),
            405,
            None,
            "PATCH, PUT",
        ),
        (
            "its own `Allow`",
            layer().rejection_response(own_allow),
            405,
            None,
            "PUT",
        ),
        (
            "a status",
            layer().rejection_status(class, status).unwrap(),
            404,
            Some(json),
            "PATCH, PUT",
        ),
        (
            "the provider's status",
            of_provider,
            404,
            Some(json),
            "PATCH, PUT",
        ),
    ] {
        let inner = RecordingService::default();
        let answer = send(&layer.layer(inner.clone()), github(BODY).request()).await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.content_type(), content_type, "{name}");
        let text = if content_type.is_some() {
            "Method not allowed"
        } else {
            "no"
        };
        assert!(answer.text().contains(text), "{name}: {answer:?}");
        let found: Vec<_> = answer.headers.get_all(header::ALLOW).iter().collect();
        assert_eq!(found, [allow], "{name}");
        assert_eq!(
            (&*answer.kind(), inner.calls()),
            ("MethodNotAllowed", 0),
            "{name}"
        );
        let rejection = answer.rejection.unwrap();
        assert_eq!(rejection.class(), class);
        let reason = rejection.to_string();
        assert!(reason.contains("accepts PATCH, PUT"), "{reason}");
    }

    // The response to a gRPC request has HTTP status 200 and a gRPC status.
    let request = github(BODY).header("content-type", "application/grpc");
    let mut request = request.request();
    *request.version_mut() = Version::HTTP_2;
    let answer = send(&layer().layer(RecordingService::default()), request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("grpc-status"), Some("12"));

    // Other rejections have no `Allow`.
    let layer = WebhookLayer::new(providers::github(), secret()).unwrap();
    let answer = send(
        &layer.layer(RecordingService::default()),
        Delivery::new(BODY).request(),
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("allow")),
        (403, None)
    );
}

// Deduplication.

/// A copy of a delivery with another method does not reach a service that answers everything with
/// 200, so it cannot turn the real delivery into a duplicate.
#[tokio::test]
async fn a_copy_with_another_method_does_not_suppress_the_delivery() {
    type Make = fn() -> Delivery;
    let rows: [(Provider, Secret, Make); 5] = [
        (providers::generic(), secret(), || generic(now(), BODY)),
        (providers::github(), secret(), || github(BODY)),
        (providers::slack(), secret(), || slack(now(), BODY)),
        (providers::stripe(), secret(), || stripe(now(), BODY)),
        (providers::standard_webhooks(), standard_secret(), || {
            standard(support::STANDARD_ID, now(), BODY)
        }),
    ];
    for (provider, secret, make) in rows {
        for name in METHODS.into_iter().filter(|name| *name != "POST") {
            let inner = RecordingService::default();
            let dedupe = DedupeLayer::new(MemoryStore::new(100));
            let layer = WebhookLayer::new(provider.clone(), secret.clone()).unwrap();
            let layer = layer.clock(test_clock());
            let service = layer.layer(dedupe.layer(inner.clone()));
            let what = format!("{}: {name}", provider.scheme().name());

            let copy = send(&service, make().method(method(name)).request()).await;
            assert_ne!(copy.status, 200, "{what}");
            assert_eq!(inner.calls(), 0, "{what}");
            let real = send(&service, make().request()).await;
            assert_eq!(
                (real.status.as_u16(), real.text()),
                (200, "handled"),
                "{what}"
            );
            assert_eq!(inner.last().method, Method::POST, "{what}");
            let again = send(&service, make().request()).await;
            assert_eq!(
                again.text(),
                r#"{"message":"Duplicate delivery"}"#,
                "{what}"
            );
            assert_eq!(inner.calls(), 1, "{what}");
        }
    }
}
