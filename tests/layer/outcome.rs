//! The log entries and the outcomes of each request.

use std::{
    fmt::Write as _,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tower::Layer as _;
use tower_webhook::{
    Keys, RequestHead, Secret, WebhookLayer,
    handshake::Acceptance,
    providers::{self, Provider},
    scheme::Algorithm,
    webhook::{Decision, RequestOutcome},
};
use tracing_subscriber::filter::LevelFilter;

use crate::support::{
    self, Delivery, Log, NOW, RecordingService, SECRET, STANDARD_SECRET, Script, Step, at, github,
    hex, mac, now, send, slack, standard, test_clock,
};

/// The outcomes that an observer received, as text.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn observer(&self) -> impl Fn(&RequestOutcome<'_>) + Send + Sync + 'static {
        let told = Arc::clone(&self.0);
        move |outcome| {
            let decision = match outcome.decision() {
                Decision::Accepted(verified) => format!("accepted by {}", verified.provider()),
                Decision::Rejected(rejection) => format!("refused: {:?}", rejection.class()),
                _ => "something else".to_owned(),
            };
            let line = format!(
                "{} {decision} id={:?} key={:?} bytes={} ms={}",
                outcome.provider(),
                outcome.delivery_id(),
                outcome.key_label(),
                outcome.bytes(),
                outcome.elapsed().as_millis(),
            );
            told.lock().unwrap().push(line);
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn layer(provider: Provider, keys: impl Into<Keys>, told: &Told) -> WebhookLayer {
    let layer = WebhookLayer::new(provider, keys).unwrap();
    layer.clock(test_clock()).on_outcome(told.observer())
}

fn standard_keys() -> Secret {
    Secret::new(STANDARD_SECRET).unwrap().label("2026-11")
}

#[tokio::test(start_paused = true)]
async fn an_observer_hears_of_each_request_once() {
    let told = Told::default();
    let layer = layer(providers::standard_webhooks(), standard_keys(), &told);
    let service = layer.body_limit(16).layer(RecordingService::default());
    let good = || standard("msg_1", now(), "{}");
    let wait = |millis| Step::Wait(Duration::from_millis(millis));
    let slow = || Script::new([wait(250), Step::data("{"), wait(500), Step::data("}")]);
    let broken = || Script::new([Step::data("{"), Step::Fail]);
    let silent = || Script::new([Step::data("{"), Step::Silence]);
    let id = r#"id=Some("msg_1")"#;
    let label = r#"key=Some("2026-11")"#;
    for (request, line) in [
        (
            good().request(),
            format!("accepted by standard-webhooks {id} {label} bytes=2 ms=0"),
        ),
        (
            good().with(slow()),
            format!("accepted by standard-webhooks {id} {label} bytes=2 ms=750"),
        ),
        (
            good().body("[]").request(),
            format!("refused: InvalidSignature {id} key=None bytes=2 ms=0"),
        ),
        (
            good().with(broken()),
            format!("refused: InvalidRequest {id} key=None bytes=1 ms=0"),
        ),
        (
            good().with(silent()),
            format!("refused: Timeout {id} key=None bytes=1 ms=10000"),
        ),
        (
            good().body([b'x'; 17]).request(),
            format!("refused: PayloadTooLarge {id} key=None bytes=0 ms=0"),
        ),
        (
            standard("msg_1", (NOW - 301).to_string(), "{}").request(),
            format!("refused: Expired {id} key=None bytes=0 ms=0"),
        ),
        (
            good().without("webhook-signature").request(),
            format!("refused: InvalidSignature {id} key=None bytes=0 ms=0"),
        ),
        // Any text that an unauthenticated client sends as an ID.
        (
            good().set("webhook-id", "x".repeat(129)).request(),
            "refused: InvalidSignature id=None key=None bytes=2 ms=0".to_owned(),
        ),
        (
            good().header("webhook-id", "another").request(),
            "refused: InvalidRequest id=None key=None bytes=0 ms=0".to_owned(),
        ),
    ] {
        send(&service, request).await;
        assert_eq!(told.take(), [format!("standard-webhooks {line}")]);
    }
    // A client that goes away has no outcome.
    let mut gone = tokio_test::task::spawn(send(&service, good().with(silent())));
    tokio_test::assert_pending!(gone.poll());
    drop(gone);
    assert_eq!(told.take(), [""; 0]);
}

#[tokio::test]
async fn an_expired_key_is_named() {
    let told = Told::default();
    let old = support::secret().label("old").not_after(at(NOW - 1));
    let keys = Keys::new(Secret::new("new").unwrap().label("new")).previous(old);
    let service = layer(providers::github(), keys, &told).layer(RecordingService::default());
    send(&service, github("{}").request()).await;
    let line = r#"github refused: InvalidSignature id=None key=Some("old") bytes=2 ms=0"#;
    assert_eq!(told.take(), [line]);
}

/// The fields, by their names: dashboards are built on them.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn the_log_has_stable_fields() {
    let log = Log::default();
    let _guard = log.listen();
    let layer = WebhookLayer::new(providers::standard_webhooks(), standard_keys()).unwrap();
    let service = layer.clock(test_clock()).layer(RecordingService::default());
    send(&service, standard("msg_1", now(), "{}").request()).await;
    send(
        &service,
        standard("msg_1", now(), "{}").body("[]").request(),
    )
    .await;
    send(&service, standard("msg_1", "1", "{}").request()).await;
    assert_eq!(
        log.take(),
        [
            "DEBUG tower_webhook: webhook delivery accepted provider=\"standard-webhooks\" delivery_id=\"msg_1\" \
             key_label=\"2026-11\" bytes=2 micros=0",
            "DEBUG tower_webhook: webhook delivery rejected provider=\"standard-webhooks\" reason=signature mismatch: wrong secret, modified body, or different signed text delivery_id=\"msg_1\" bytes=2 micros=0",
            "DEBUG tower_webhook: webhook delivery rejected provider=\"standard-webhooks\" reason=the timestamp is \
             1768478399 s old, more than the tolerance of 300 s delivery_id=\"msg_1\" bytes=0 micros=0",
        ]
    );
}

/// A handshake is not reported as a delivery, but as a handshake.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn a_handshake_is_told() {
    let (log, told) = (Log::default(), Told::default());
    let _guard = log.listen();
    let meta = providers::meta().with_setting("verify_token", "a token");
    let service = layer(meta, support::secret(), &told).layer(RecordingService::default());
    let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=a%20token";
    let asked = Delivery::new("").method(http::Method::GET);
    let answer = send(&service, asked.uri(&format!("/webhook?{query}")).request()).await;
    assert_eq!(answer.text(), "1158201444");
    let line =
        "DEBUG tower_webhook: webhook handshake answered provider=\"meta\" handshake=\"subscribe\"";
    assert_eq!(log.take(), [line]);
    let line = "meta something else id=None key=None bytes=0 ms=0";
    assert_eq!(told.take(), [line]);
}

/// A client that floods an endpoint must not flood its log: rejections are logged at debug level.
/// Faults of the program are logged at warn level, with an observer or without.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn a_flood_stays_below_warn() {
    let log = Log::default();
    let guard = log.listen();
    let told = Told::default();
    let slack_layer = layer(providers::slack(), support::secret(), &told);
    let service = slack_layer.layer(RecordingService::default());
    for delivery in [
        slack(now(), "{}").body("[]"),
        slack("1", "{}"),
        slack("abc", "{}"),
        Delivery::new("{}"),
        slack(now(), "{}").header("content-length", "9999999"),
    ] {
        send(&service, delivery.request()).await;
    }
    let text = log.take().join("\n");
    assert_eq!(text.matches("DEBUG").count(), 5, "{text}");
    assert_eq!(told.take().len(), 5);
    drop(guard);
    let guard = log.listen_from(LevelFilter::WARN);
    let source =
        |_: RequestHead<'_>| async { Err::<Option<Keys>, _>(io::Error::other("no database")) };
    let failing = WebhookLayer::with_key_source(providers::github(), source).unwrap();
    let line = "WARN tower_webhook: webhook delivery rejected provider=\"github\" reason=the key source failed: no database";
    for layer in [failing.clone(), failing.on_outcome(told.observer())] {
        let service = layer.layer(RecordingService::default());
        send(&service, github("{}").request()).await;
        assert_eq!(log.take(), [line]);
    }
    assert_eq!(told.take().len(), 1);
    drop(guard);
}

/// Unsigned requests can make a key source fail any number of times.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn failures_of_a_key_source_write_one_warning_a_minute() {
    let log = Log::default();
    let guard = log.listen_from(LevelFilter::WARN);
    let (told, clock) = (Told::default(), test_clock());
    let source = |head: RequestHead<'_>| {
        let hangs = head.path() == "/hangs";
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Err::<Option<Keys>, _>(io::Error::other("no database"))
        }
    };
    let layer = WebhookLayer::with_key_source(providers::github(), source).unwrap();
    let layer = layer.clock(clock.clone()).on_outcome(told.observer());
    let services = [
        layer.clone().layer(RecordingService::default()),
        layer.layer(RecordingService::default()),
    ];
    let flood = async |path: &str, count: usize| {
        for service in services.iter().cycle().take(count) {
            let url = format!("https://hooks.example.com{path}");
            send(service, github("{}").uri(&url).request()).await;
        }
    };
    let line = |reason: &str, suppressed: &str| {
        format!(
            "WARN tower_webhook: webhook delivery rejected provider=\"github\" reason=the key source \
             {reason}{suppressed}"
        )
    };
    let (fails, hangs) = ("failed: no database", "did not answer within 2 s");
    flood("/", 1000).await;
    assert_eq!(log.take(), [line(fails, "")]);
    // A warning of one kind does not suppress another kind.
    flood("/hangs", 100).await;
    assert_eq!(log.take(), [line(hangs, "")]);
    clock.set(at(NOW + 59));
    flood("/", 1).await;
    assert!(log.take().is_empty());
    clock.set(at(NOW + 60));
    flood("/", 100).await;
    assert_eq!(log.take(), [line(fails, " suppressed=1000")]);
    // If the clock jumps back, the log is not silent until the clock reaches the old time again.
    clock.set(at(NOW - 1_000_000));
    flood("/", 100).await;
    assert_eq!(log.take(), [line(fails, " suppressed=99")]);
    clock.set(at(NOW));
    flood("/", 1).await;
    flood("/hangs", 1).await;
    assert_eq!(log.take(), [line(fails, " suppressed=99")]);
    assert_eq!(told.take().len(), 1303);
    drop(guard);
    // Suppressed warnings are events at debug level.
    let _guard = log.listen();
    flood("/", 10).await;
    let lines = log.take();
    assert_eq!(lines.len(), 10);
    assert!(lines.iter().all(|line| line.starts_with("DEBUG")));
}

/// The handshake in which Asana issues a secret is unsigned, so any client can cause these
/// failures.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn failures_to_take_a_handshake_write_one_warning_a_minute() {
    let log = Log::default();
    let _guard = log.listen_from(LevelFilter::WARN);
    let layer = WebhookLayer::new(providers::asana(), support::secret()).unwrap();
    let layer = layer
        .on_handshake_data(|_| async { Err::<Acceptance, _>(io::Error::other("no disk")) })
        .unwrap();
    let clock = test_clock();
    let service = layer
        .clock(clock.clone())
        .layer(RecordingService::default());
    let flood = async |count: usize| {
        for _ in 0..count {
            let asked =
                Delivery::new("").header("x-hook-secret", "b537207f20cbfa02357cf448134da559");
            assert_eq!(send(&service, asked.request()).await.status, 503);
        }
    };
    flood(1000).await;
    assert_eq!(log.take().len(), 1);
    clock.set(at(NOW + 60));
    flood(1).await;
    let lines = log.take();
    assert_eq!(lines.len(), 1);
    assert!(lines.iter().all(|line| line.ends_with("suppressed=999")));
}

/// 16: what observers and logs get holds no secret, no MAC and no body.
#[tokio::test]
async fn outcomes_hold_nothing_secret() {
    let shown = Arc::new(Mutex::new(String::new()));
    let log = Log::default();
    let _guard = log.listen();
    let layer = WebhookLayer::new(providers::github(), support::secret()).unwrap();
    let seen = Arc::clone(&shown);
    let layer =
        layer.on_outcome(move |outcome| write!(seen.lock().unwrap(), "{outcome:?}").unwrap());
    let service = layer.layer(RecordingService::default());
    send(&service, github("a body to hide").request()).await;
    send(
        &service,
        github("a body to hide")
            .body("another body to hide")
            .request(),
    )
    .await;
    let shown = format!("{} {}", shown.lock().unwrap(), log.text());
    let mac = |body: &[u8]| hex(&mac(Algorithm::HmacSha256, SECRET.as_bytes(), body));
    let macs = [mac(b"a body to hide"), mac(b"another body to hide")];
    assert!(
        shown.contains("Accepted") && shown.contains("Rejected"),
        "{shown}"
    );
    for hidden in [SECRET, "to hide", &macs[0], &macs[1]] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
