//! Settings: each takes effect or is an error, and the order of the calls does not matter.

use std::{convert::Infallible, future::ready, time::Duration};

use bytes::Bytes;
use http::{HeaderName, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use tower::{Layer, service_fn};
use tower_webhook::{
    DedupeLayer, Keys, PublicUrl, Rejection, RequestHead, SetupError, Verified, Verifier,
    WebhookLayer,
    dedupe::{DedupeKey, MemoryStore},
    handshake::{Acceptance, ChallengeCharset, Handshake, HandshakeData, ResponsePart},
    providers::{self, Provider},
    rejection::RejectionClass,
    scheme::{
        Algorithm, Encoding, Location, Scheme, SchemeBuilder, SecretEncoding, SignatureFormat,
        TimestampFormat,
    },
    sign::Signer,
    webhook::MemoryBudget,
};

use crate::support::{
    BODY, NOW, RecordingService, SECRET, at, github, secret, send, slack, test_clock,
};

const SECOND: Duration = Duration::from_secs(1);

fn layer_of(provider: impl Into<Provider>) -> WebhookLayer {
    WebhookLayer::new(provider, secret()).unwrap()
}

fn verifier_of(provider: impl Into<Provider>) -> Verifier {
    Verifier::new(provider, secret()).unwrap()
}

async fn accept(_: HandshakeData) -> Result<Acceptance, Infallible> {
    Ok(Acceptance::Accept)
}

fn public_url() -> PublicUrl {
    PublicUrl::fixed("https://hooks.example.com").unwrap()
}

/// Whether a layer, a verifier and a signer can be built.
fn build(provider: &Provider) -> Result<(), SetupError> {
    let layer = WebhookLayer::new(provider.clone(), secret()).map(drop);
    let verifier = Verifier::new(provider.clone(), secret()).map(drop);
    let signer = Signer::new(provider.clone(), secret()).map(drop);
    assert_eq!(layer, verifier);
    assert_eq!(layer, signer);
    layer
}

/// The preset has a token in each item. A token in a header stands for the whole body.
fn token_in_a_header() -> Provider {
    providers::microsoft_graph().with_token_header(HeaderName::from_static("x-token"))
}

/// A handshake whose answer contains a MAC.
fn signing() -> Handshake {
    Handshake::unsigned("challenge", Method::GET)
        .challenge(
            Location::query("challenge"),
            ChallengeCharset::Token,
            1..=64,
        )
        .text([ResponsePart::Mac])
}

/// A setting that has no effect, and what the text of the error must contain.
type Row = (
    &'static str,
    fn() -> Result<(), SetupError>,
    &'static [&'static str],
);

const NO_TIMESTAMP: &[&str] = &["neither a timestamp nor a web token", "timestamp_header"];
const NO_CLASS: &[&str] = &[
    "`rejection_status` has no effect",
    "the other classes occur",
];
const IS_OFF: &[&str] = &["`on_handshake_data` has no effect", "`without_handshakes`"];
const NO_HANDSHAKES: &[&str] = &["`without_handshakes` has no effect", "settings"];
const KEYS: &[&str] = &[
    "`key_deadline` has no effect",
    "with_key_source",
    "remote_keys",
];
const ITEMS: &[&str] = &["signs each item"];

const WITHOUT_EFFECT: &[Row] = &[
    (
        "`tolerance` has no effect",
        || layer_of(providers::github()).tolerance(SECOND).map(drop),
        NO_TIMESTAMP,
    ),
    (
        "`past_tolerance` has no effect",
        || {
            layer_of(providers::github())
                .past_tolerance(SECOND)
                .map(drop)
        },
        NO_TIMESTAMP,
    ),
    (
        "`future_tolerance` has no effect",
        || {
            layer_of(providers::github())
                .future_tolerance(SECOND)
                .map(drop)
        },
        NO_TIMESTAMP,
    ),
    (
        "`tolerance` has no effect",
        || verifier_of(providers::github()).tolerance(SECOND).map(drop),
        NO_TIMESTAMP,
    ),
    (
        "`past_tolerance` has no effect",
        || {
            let verifier = verifier_of(providers::github());
            verifier.past_tolerance(SECOND).map(drop)
        },
        NO_TIMESTAMP,
    ),
    (
        "`future_tolerance` has no effect",
        || {
            let verifier = verifier_of(providers::github());
            verifier.future_tolerance(SECOND).map(drop)
        },
        NO_TIMESTAMP,
    ),
    #[cfg(feature = "diagnose")]
    (
        "`tolerance` has no effect",
        || {
            let doctor = tower_webhook::diagnose::Doctor::new(providers::github(), SECRET)?;
            doctor.tolerance(SECOND).map(drop)
        },
        NO_TIMESTAMP,
    ),
    #[cfg(feature = "testing")]
    (
        "`tolerance` has no effect",
        || {
            let suite = tower_webhook::testing::AbuseSuite::new(providers::github(), secret())?;
            suite.tolerance(SECOND).map(drop)
        },
        NO_TIMESTAMP,
    ),
    (
        "scheme `github`",
        || layer_of(providers::github()).key_deadline(SECOND).map(drop),
        KEYS,
    ),
    (
        "scheme `github`",
        || {
            let (layer, _handle) = WebhookLayer::with_reload_handle(providers::github(), secret())?;
            layer.key_deadline(None).map(drop)
        },
        KEYS,
    ),
    (
        "scheme `github`",
        || layer_of(providers::github()).without_handshakes().map(drop),
        NO_HANDSHAKES,
    ),
    (
        "scheme `meta`",
        || layer_of(providers::meta()).without_handshakes().map(drop),
        NO_HANDSHAKES,
    ),
    (
        "scheme `notion`",
        || layer_of(providers::notion()).without_handshakes().map(drop),
        NO_HANDSHAKES,
    ),
    (
        "scheme `slack`",
        || {
            layer_of(providers::slack())
                .on_handshake_data(accept)
                .map(drop)
        },
        &[
            "`on_handshake_data` has no effect",
            "carries data",
            "`asana`",
        ],
    ),
    (
        "scheme `asana`",
        || {
            let layer = layer_of(providers::asana()).without_handshakes()?;
            layer.on_handshake_data(accept).map(drop)
        },
        IS_OFF,
    ),
    (
        "scheme `asana`",
        || {
            let layer = layer_of(providers::asana()).on_handshake_data(accept)?;
            layer.without_handshakes().map(drop)
        },
        IS_OFF,
    ),
    (
        "scheme `github`",
        || {
            let layer = layer_of(providers::github());
            layer
                .rejection_status(RejectionClass::Expired, StatusCode::GONE)
                .map(drop)
        },
        NO_CLASS,
    ),
    (
        "scheme `github`",
        || {
            let verifier = verifier_of(providers::github());
            let class = RejectionClass::InvalidTimestamp;
            verifier.rejection_status(class, StatusCode::GONE).map(drop)
        },
        NO_CLASS,
    ),
    (
        "`rejection_status` has no effect",
        || {
            let layer = DedupeLayer::new(MemoryStore::new(1));
            let class = RejectionClass::InvalidSignature;
            layer.rejection_status(class, StatusCode::GONE).map(drop)
        },
        &["`Unavailable`", "`Misconfigured`", "`WebhookLayer`"],
    ),
    (
        "`with_rejection_status` has no effect",
        || {
            let provider = providers::github();
            build(&provider.with_rejection_status(RejectionClass::Expired, StatusCode::GONE))
        },
        &["the other classes occur"],
    ),
    (
        "`with_public_url` has no effect",
        || build(&providers::github().with_public_url(public_url())),
        &["does not sign the URL"],
    ),
    (
        "`with_token_header` has no effect",
        || build(&providers::github().with_token_header(HeaderName::from_static("x-token"))),
        &["does not send a token"],
    ),
    (
        "`with_id_json` has no effect",
        || build(&providers::microsoft_graph().with_id_json("id")),
        ITEMS,
    ),
    (
        "`with_event_json` has no effect",
        || build(&providers::microsoft_graph().with_event_json("type")),
        ITEMS,
    ),
    (
        "`with_handshake` has no effect",
        || build(&providers::gitlab().with_handshake(signing())),
        &["`ResponsePart::Mac`", "HMAC"],
    ),
    (
        "unknown setting `verify-token`",
        || build(&providers::meta().with_setting("verify-token", "abc")),
        &["the settings are `verify_token`"],
    ),
    (
        "`key_name` has no effect",
        || {
            let signer = Signer::new(providers::github(), secret())?;
            signer.key_name("mine").map(drop)
        },
        &[
            "without the name of the key",
            "`SignatureFormat::credentials`",
        ],
    ),
];

#[test]
fn a_setting_without_effect_is_an_error_that_names_the_valid_ones() {
    for (name, set, words) in WITHOUT_EFFECT {
        let error = set().expect_err(name).to_string();
        for word in [name].into_iter().chain(*words) {
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}

/// The same settings where they take effect.
#[test]
fn a_setting_with_effect_is_accepted() {
    let with_key_source = || {
        let none = |_: RequestHead<'_>| ready(Ok::<_, Infallible>(None::<Keys>));
        WebhookLayer::with_key_source(providers::github(), none).unwrap()
    };
    let gone = StatusCode::GONE;
    let dedupe = || DedupeLayer::new(MemoryStore::new(1));
    // A web token has an expiry time, even if the scheme has no timestamp.
    let token = Scheme::builder("acme").signature_header("authorization");
    let token = token.signature_format(SignatureFormat::jws("Bearer "));
    let token = token.claim("sha256", "{sha256}").build().unwrap();
    let made = [
        layer_of(providers::slack()).tolerance(SECOND).map(drop),
        layer_of(token.clone()).tolerance(SECOND).map(drop),
        layer_of(token)
            .rejection_status(RejectionClass::Expired, gone)
            .map(drop),
        with_key_source().key_deadline(SECOND).map(drop),
        layer_of(providers::slack()).without_handshakes().map(drop),
        layer_of(providers::asana())
            .on_handshake_data(accept)
            .map(drop),
        dedupe()
            .rejection_status(RejectionClass::Unavailable, gone)
            .map(drop),
        dedupe()
            .rejection_status(RejectionClass::Misconfigured, gone)
            .map(drop),
        build(&providers::square().with_public_url(public_url())),
        build(&token_in_a_header().with_id_json("id")),
        build(&token_in_a_header().with_event_json("type")),
        build(&providers::github().with_handshake(signing())),
        build(&providers::meta().with_setting("verify_token", "abc")),
    ];
    for (at, made) in made.into_iter().enumerate() {
        assert_eq!(made, Ok(()), "{at}");
    }
}

/// No preset has a setting that it ignores.
#[test]
fn presets_have_no_setting_without_effect() {
    for preset in providers::all() {
        let settings = preset.requirements().settings;
        let provider = settings.iter().fold(preset.provider(), |provider, name| {
            provider.with_setting(name, "a-setting")
        });
        let provider = crate::support::with_public_url(provider, public_url());
        // The secret has the wrong form for many schemes, which is another error.
        if let Err(error) = WebhookLayer::new(provider, secret()) {
            let is_ignored = matches!(error, SetupError::NoEffect { .. });
            assert!(!is_ignored, "{}: {error}", preset.name());
        }
    }
}

/// Every order of these.
fn permutations<T: Copy>(items: &[T]) -> Vec<Vec<T>> {
    let [first, rest @ ..] = items else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for permutation in permutations(rest) {
        for at in 0..=permutation.len() {
            let mut permutation = permutation.clone();
            permutation.insert(at, *first);
            all.push(permutation);
        }
    }
    all
}

/// Every order of the setters gives the same result.
fn check_orders<T, S: Copy>(
    name: &str,
    setters: &[S],
    start: impl Fn() -> T,
    set: impl Fn(T, S) -> T,
    result: impl Fn(T) -> String,
) {
    let mut expected: Option<String> = None;
    for order in permutations(setters) {
        let found = result(order.into_iter().fold(start(), &set));
        let expected = expected.get_or_insert_with(|| found.clone());
        assert_eq!(*expected, found, "{name}");
    }
}

#[test]
fn the_order_of_scheme_builder_calls_does_not_matter() {
    type Set = fn(SchemeBuilder) -> SchemeBuilder;
    let rows: [(&str, &[Set]); 7] = [
        (
            "a timed scheme",
            &[
                |it| it.signature_header("x-signature"),
                |it| it.signature_prefix("v1="),
                |it| it.timestamp_header("x-time"),
                |it| it.timestamp_format(TimestampFormat::Milliseconds),
                |it| it.message("{timestamp}.{body}"),
                |it| it.tolerance(SECOND),
            ],
        ),
        (
            "other settings",
            &[
                |it| it.signature_header("x-signature"),
                |it| it.algorithm(Algorithm::HmacSha512),
                |it| it.encoding(Encoding::Base64),
                |it| it.secret_encoding(SecretEncoding::Hex),
                |it| it.attempt_header("x-attempt"),
                |it| it.require_header("x-version", "1"),
            ],
        ),
        (
            "an ID",
            &[
                |it| it.signature_header("x-signature"),
                |it| it.id(Location::query("id")),
                |it| it.id_characters("-", 1..=64),
                |it| it.event_header("x-event"),
                |it| it.message("{id}\n{path}\n{body}"),
                |it| it.alternative_message("{id}\n{body}"),
            ],
        ),
        (
            "two layouts",
            &[
                |it| it.signature_header("x-signature"),
                |it| it.signature_prefix("v1="),
                |it| it.signature_format(SignatureFormat::versions("v1")),
                |it| it.timestamp_key("t"),
            ],
        ),
        (
            "two locations",
            &[
                |it| it.signature_header("x-signature"),
                |it| it.timestamp_header("x-time"),
                |it| it.timestamp(Location::query("time")),
            ],
        ),
        (
            "two locations of the ID and the event type",
            &[
                |it| it.signature_header("x-signature"),
                |it| it.id_header("x-id"),
                |it| it.id(Location::query("id")),
                |it| it.event_header("x-event"),
                |it| it.event(Location::query("event")),
            ],
        ),
        (
            "two units",
            &[
                |it| it.signature(Location::json("signature")),
                |it| it.signed_items("items"),
                |it| it.multipart_field("data"),
                |it| it.message("{json:id}"),
                |it| it.danger_leave_body_unsigned(),
            ],
        ),
    ];
    for (name, setters) in rows {
        check_orders(
            name,
            setters,
            || Scheme::builder("acme"),
            |builder, set| set(builder),
            |builder| match builder.build() {
                Ok(scheme) => format!("{scheme:?}"),
                Err(error) => error.to_string(),
            },
        );
    }
}

#[test]
fn the_order_of_provider_calls_does_not_matter() {
    type Set = fn(Provider) -> Provider;
    const URL: Set = |it| it.with_public_url(public_url());
    const TOKEN: Set = |it| it.with_token_header(HeaderName::from_static("x-token"));
    const ID: Set = |it| it.with_id_json("id");
    const EVENT: Set = |it| it.with_event_json("type");
    const LIMIT: Set = |it| it.with_body_limit(7);
    const METHODS: Set = |it| it.with_methods([Method::PUT]);
    const STATUS: Set = |it| it.with_rejection_status(RejectionClass::Expired, StatusCode::GONE);
    const SETTING: Set = |it| it.with_setting("verify_token", "abc");
    const HANDSHAKE: Set = |it| it.with_handshake(signing());
    type Make = fn() -> Provider;
    let rows: [(Make, &[Set]); 6] = [
        (providers::token, &[TOKEN, ID, EVENT, LIMIT, URL]),
        (
            providers::token,
            &[STATUS, HANDSHAKE, METHODS, TOKEN, SETTING],
        ),
        (providers::microsoft_graph, &[TOKEN, ID, EVENT, METHODS]),
        (providers::square, &[URL, ID, EVENT, LIMIT, HANDSHAKE]),
        (providers::meta, &[SETTING, LIMIT, METHODS, STATUS, TOKEN]),
        (providers::slack, &[STATUS, ID, EVENT, METHODS, LIMIT]),
    ];
    for (make, setters) in rows {
        let name = make().scheme().name().to_owned();
        check_orders(
            &name,
            setters,
            make,
            |provider, set| set(provider),
            |provider| format!("{provider:?} {:?}", build(&provider)),
        );
    }
}

/// What a layer answers to some requests.
async fn behaviour(layer: &WebhookLayer) -> String {
    let service = layer.layer(RecordingService::default());
    let slack = |age: i64| slack((NOW - age).to_string(), BODY);
    let requests = [
        slack(0).request(),
        slack(11).request(),
        slack(-11).request(),
        slack(1000).request(),
        slack(0).body([b'x'; 100]).request(),
        slack(0).without("x-slack-signature").request(),
        slack(0).method(Method::GET).uri("/?ssl_check=1").request(),
    ];
    let mut answers = Vec::new();
    for request in requests {
        let answer = send(&service, request).await;
        answers.push(format!("{} {}", answer.status, answer.text()));
    }
    answers.join(", ")
}

#[tokio::test]
async fn the_order_of_webhook_layer_calls_does_not_matter() {
    type Set = fn(WebhookLayer) -> Result<WebhookLayer, SetupError>;
    type Make = fn() -> WebhookLayer;
    fn render(rejection: &Rejection) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(b"no"));
        *response.status_mut() = rejection.status();
        response
    }
    const TEN: Duration = Duration::from_secs(10);
    const SLACK: Make = || layer_of(providers::slack()).clock(test_clock());
    const ASANA: Make = || layer_of(providers::asana());
    const LOOKED_UP: Make = || {
        let keys = |_: RequestHead<'_>| ready(Ok::<_, Infallible>(Some(secret().into())));
        let layer = WebhookLayer::with_key_source(providers::slack(), keys).unwrap();
        layer.clock(test_clock())
    };
    let rows: [(&str, Make, &[Set]); 4] = [
        (
            "timestamps and rejections",
            SLACK,
            &[
                |it| it.tolerance(Duration::MAX),
                |it| it.past_tolerance(TEN),
                |it| Ok(it.clock(test_clock())),
                |it| it.rejection_status(RejectionClass::Expired, StatusCode::GONE),
                |it| Ok(it.rejection_response(render)),
            ],
        ),
        (
            "keys and bodies",
            LOOKED_UP,
            &[
                |it| it.key_deadline(SECOND),
                |it| Ok(it.body_limit(50)),
                |it| Ok(it.body_deadline(None)),
                |it| Ok(it.memory_budget(MemoryBudget::new(1000))),
                |it| it.future_tolerance(TEN),
            ],
        ),
        (
            "handshakes",
            SLACK,
            &[
                |it| it.without_handshakes(),
                |it| Ok(it.reject_trailers()),
                |it| Ok(it.on_outcome(|_| {})),
                |it| it.future_tolerance(TEN),
                |it| it.tolerance(SECOND),
            ],
        ),
        (
            "a handler that is never called",
            ASANA,
            &[
                |it| it.on_handshake_data(accept),
                |it| it.without_handshakes(),
                |it| Ok(it.body_limit(50)),
            ],
        ),
    ];
    for (name, make, setters) in rows {
        let mut expected: Option<String> = None;
        for order in permutations(setters) {
            let layer = order.into_iter().try_fold(make(), |layer, set| set(layer));
            let found = match layer {
                Ok(layer) => format!("{layer:?} {}", behaviour(&layer).await),
                Err(error) => error.to_string(),
            };
            let expected = expected.get_or_insert_with(|| found.clone());
            assert_eq!(*expected, found, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_order_of_dedupe_layer_calls_does_not_matter() {
    type Set = fn(DedupeLayer) -> DedupeLayer;
    fn text(text: &'static str) -> Response<Bytes> {
        Response::new(Bytes::from_static(text.as_bytes()))
    }
    let times: &[Set] = &[
        |it| it.retention(SECOND),
        |it| it.lease(SECOND),
        |it| it.store_deadline(SECOND),
        |it| it.scope("acme"),
        |it| it.danger_let_through_without_store(),
    ];
    let responses: &[Set] = &[
        |it| it.key_by(|_, _| Some(DedupeKey::of(["the same"]))),
        |it| it.scope("acme"),
        |it| {
            let class = RejectionClass::Unavailable;
            it.rejection_status(class, StatusCode::BAD_GATEWAY).unwrap()
        },
        |it| it.rejection_response(|_: &Rejection| text("rejected")),
        |it| it.duplicate_response(|_: &Verified| text("duplicate")),
    ];
    for (name, setters) in [("times", times), ("responses", responses)] {
        for capacity in [0, 10] {
            let mut expected: Option<String> = None;
            for order in permutations(setters) {
                let layer = DedupeLayer::new(MemoryStore::new(capacity));
                let layer = order.into_iter().fold(layer, |layer, set| set(layer));
                let mut found = vec![format!("{layer:?}")];
                let handler = layer.layer(service_fn(|_| async {
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("handled")))
                }));
                let service = layer_of(providers::github()).layer(handler);
                for body in ["one", "one", "two"] {
                    let answer = send(&service, github(body).request()).await;
                    found.push(format!("{} {}", answer.status, answer.text()));
                }
                let found = found.join(", ");
                let expected = expected.get_or_insert_with(|| found.clone());
                assert_eq!(*expected, found, "{name}, {capacity}");
            }
        }
    }
}

/// `target` takes precedence over the target of the template.
#[cfg(feature = "testing")]
#[test]
fn the_order_of_test_sender_calls_does_not_matter() {
    use tower_webhook::testing::TestSender;

    type Set = fn(TestSender) -> TestSender;
    let setters: &[Set] = &[
        |it| it.target(Uri::from_static("/hooks")),
        |it| it.template(Request::put("/other").body(()).unwrap()),
        |it| it.clock(|| at(NOW)),
    ];
    check_orders(
        "the sender",
        setters,
        || TestSender::new(providers::slack(), secret()).unwrap(),
        |sender, set| set(sender),
        |sender| {
            let delivery = sender.delivery_of("{}", "id", at(NOW)).unwrap();
            let request = delivery.request();
            assert_eq!(request.uri(), "/hooks");
            assert_eq!(request.method(), Method::PUT);
            format!("{request:?}")
        },
    );
}
