//! Keys that are looked up for each request. The numbers are those of `tests/README.md`.

use std::{
    collections::HashMap,
    convert::Infallible,
    error::Error,
    fmt,
    future::{Future, pending, poll_fn, ready},
    hash::Hash,
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Barrier, Mutex, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use axum::{Extension, Router, extract::ConnectInfo, routing::post};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Version};
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tokio_test::{assert_pending, assert_ready};
use tower::{Layer, Service};
use tower_webhook::{
    Keys, RequestHead, Secret, Verified, WebhookLayer,
    keys::{KeyCache, KeySource},
    providers,
    rejection::RejectionKind,
    scheme::Algorithm,
    webhook::Webhook,
};

use crate::support::{
    self, Answer, BODY, Delivery, RecordingService, Report, Script, Step, hex, mac, now, send,
    test_clock, with_any_method,
};

type BoxError = Box<dyn Error + Send + Sync>;
type Found = Result<Option<Keys>, BoxError>;
type Finding = Pin<Box<dyn Future<Output = Found> + Send>>;

const UNAVAILABLE: (u16, Option<&str>, &str) = (
    503,
    Some("application/json"),
    r#"{"error":"Service unavailable"}"#,
);

fn labelled(secret: &str, label: &str) -> Secret {
    Secret::new(secret).unwrap().label(label)
}

/// Two tenants: one changes its secret at the moment, the other does not.
fn tenants() -> HashMap<&'static str, Keys> {
    let acme = Keys::new(labelled("acme-new", "acme 2"))
        .previous(labelled("acme-old", "acme 1"))
        .previous(labelled("acme-oldest", "acme 0"));
    let globex = labelled("globex-secret", "globex").into();
    HashMap::from([("acme", acme), ("globex", globex)])
}

/// A delivery of GitHub.
fn github(secret: &str, tenant: &str) -> Delivery {
    let signature = hex(&mac(Algorithm::HmacSha256, secret.as_bytes(), BODY));
    Delivery::new(BODY)
        .uri(&format!("https://hooks.example.com/hooks/{tenant}?x=1"))
        .header("x-hub-signature-256", format!("sha256={signature}"))
}

fn with_key_source(source: impl KeySource) -> WebhookLayer {
    WebhookLayer::with_key_source(providers::github(), source).unwrap()
}

/// Counts how often something happens.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    fn get(&self) -> usize {
        self.0.load(SeqCst)
    }
}

// Who is asked, and what is done with the answer.

/// The tenant, as an outer layer may have found it out.
#[derive(Clone)]
struct Tenant(String);

/// Where the tenant stands in a request.
#[derive(Clone, Copy, Debug)]
enum TenantLocation {
    Path,
    Query,
    Header,
    Method,
    Extension,
}

impl TenantLocation {
    fn read(self, head: RequestHead<'_>) -> Option<&str> {
        match self {
            Self::Path => head.path().strip_prefix("/hooks/"),
            Self::Query => head.uri().query()?.strip_prefix("tenant="),
            Self::Header => head.headers().get("x-tenant")?.to_str().ok(),
            Self::Method => Some(head.method().as_str()),
            Self::Extension => head.extension::<Tenant>().map(|tenant| &*tenant.0),
        }
    }

    fn write(self, tenant: &str, mut delivery: Delivery) -> Delivery {
        delivery = delivery.uri("https://hooks.example.com/hooks/other?tenant=other");
        match self {
            Self::Path => delivery.uri(&format!("https://hooks.example.com/hooks/{tenant}")),
            Self::Query => delivery.uri(&format!("/hooks?tenant={tenant}")),
            Self::Header => delivery.set("x-tenant", tenant),
            Self::Method if tenant.is_empty() => delivery,
            Self::Method => delivery.method(tenant.parse().unwrap()),
            Self::Extension => {
                let tenant = Tenant(tenant.to_owned());
                delivery.head.extensions.insert(tenant);
                delivery
            }
        }
    }
}

/// A source with a type of its own, as a client of something has one.
struct Directory {
    tenants: HashMap<&'static str, Keys>,
    location: TenantLocation,
    asked: Count,
}

impl KeySource for Directory {
    type Error = io::Error;

    async fn keys(&self, head: RequestHead<'_>) -> io::Result<Option<Keys>> {
        self.asked.add();
        tokio::task::yield_now().await;
        let tenant = self.location.read(head);
        Ok(tenant.and_then(|tenant| self.tenants.get(tenant)).cloned())
    }
}

fn closure(location: TenantLocation, asked: Count) -> impl KeySource {
    let tenants = tenants();
    move |head: RequestHead<'_>| {
        asked.add();
        let keys = location.read(head).and_then(|it| tenants.get(it)).cloned();
        ready(Ok::<_, Infallible>(keys))
    }
}

/// 15: each tenant's deliveries are verified with its own keys. Deliveries of unknown tenants are
/// rejected under any key.
#[tokio::test]
async fn each_request_has_its_keys() {
    const MISMATCH: Result<&str, &str> = Err("SignatureMismatch");
    const UNKNOWN: Result<&str, &str> = Err("UnknownTenant");
    let rows = [
        ("acme", "acme-new", Ok("acme 2")),
        ("acme", "acme-old", Ok("acme 1")),
        ("acme", "acme-oldest", Ok("acme 0")),
        ("acme", "guess", MISMATCH),
        ("acme", "globex-secret", MISMATCH),
        ("acme", "decoy", MISMATCH),
        ("globex", "globex-secret", Ok("globex")),
        ("globex", "acme-new", MISMATCH),
        ("globex", "acme-old", MISMATCH),
        ("globex", "guess", MISMATCH),
        ("nobody", "acme-new", UNKNOWN),
        ("nobody", "globex-secret", UNKNOWN),
        ("nobody", "guess", UNKNOWN),
        ("ACME", "acme-new", UNKNOWN),
        ("", "acme-new", UNKNOWN),
        // What stands in for the keys that are not there has a key too.
        ("nobody", "decoy", UNKNOWN),
    ];
    let mut report = Report::default();
    for location in [
        TenantLocation::Path,
        TenantLocation::Query,
        TenantLocation::Header,
        TenantLocation::Method,
        TenantLocation::Extension,
    ] {
        let (of_closure, of_directory) = (Count::default(), Count::default());
        let directory = Directory {
            tenants: tenants(),
            location,
            asked: of_directory.clone(),
        };
        // The provider uses every method that names a tenant.
        let methods = ["POST", "acme", "globex", "nobody", "ACME"];
        let methods = methods.map(|method| method.parse::<Method>().unwrap());
        let provider = providers::github().with_methods(methods);
        let by_closure = closure(location, of_closure.clone());
        let by_closure = WebhookLayer::with_key_source(provider.clone(), by_closure).unwrap();
        let by_directory = WebhookLayer::with_key_source(provider, directory).unwrap();
        let layers = [(by_closure, of_closure), (by_directory, of_directory)];
        for (at, (layer, asked)) in layers.into_iter().enumerate() {
            let inner = RecordingService::default();
            let service = layer.layer(inner.clone());
            for (tenant, signer, expect) in rows {
                for size in [1, 9, BODY.len() - 1, BODY.len()] {
                    let delivery = location.write(tenant, github(signer, ""));
                    let script = match size {
                        size if size == BODY.len() => Script::whole(delivery.body.clone()),
                        size => Script::chunks(BODY, size),
                    };
                    let (calls, before) = (inner.calls(), asked.get());
                    let answer = send(&service, delivery.with(script)).await;
                    let got = if answer.status == 200 && inner.calls() == calls + 1 {
                        let seen = inner.last();
                        assert_eq!(seen.body, BODY);
                        Ok(seen.verified().key_label().unwrap().to_owned())
                    } else {
                        assert_eq!(answer.status, 403, "{answer:?}");
                        assert_eq!(inner.calls(), calls);
                        Err(answer.kind())
                    };
                    let is_right = got.as_deref().map_err(|kind| &**kind) == expect;
                    let name = format!("15: source {at}, {location:?}, {tenant:?} by {signer:?}");
                    report.note(if is_right && asked.get() == before + 1 {
                        Ok(())
                    } else {
                        let asked = asked.get() - before;
                        Err(format!("{name}: {got:?} and not {expect:?}, asked {asked}"))
                    });
                }
            }
        }
    }
    report.finish();
}

async fn label(Extension(verified): Extension<Verified>) -> String {
    verified.key_label().unwrap().to_owned()
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// The status and the body of an answer over TCP.
async fn exchange(address: SocketAddr, path: &str, delivery: Delivery) -> (u16, String) {
    let headers: Vec<_> = delivery
        .head
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap()))
        .collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: hooks.example.com\r\nconnection: close\r\ncontent-length: {}\r\n{}\r\n",
        delivery.body.len(),
        headers.concat(),
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&delivery.body).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    let read = timeout(Duration::from_secs(20), read);
    read.await.expect("an answer").unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.to_owned())
}

/// 15: over axum, the path is that of the router that the layer is in, and what the server leaves
/// beside a request is there.
#[tokio::test]
async fn a_source_in_axum() {
    let hooks = |layer: WebhookLayer| {
        let route = Router::new().route("/hooks/{tenant}", post(label));
        route.layer(layer)
    };
    let by_path = || with_key_source(closure(TenantLocation::Path, Count::default()));
    let tenants = tenants();
    let by_address = with_key_source(move |head: RequestHead<'_>| {
        let peer = head.extension::<ConnectInfo<SocketAddr>>();
        let is_here = peer.is_some_and(|peer| peer.0.ip().is_loopback() && peer.0.port() > 0);
        let keys = tenants.get("globex").cloned();
        async move { Ok::<_, Infallible>(keys.filter(|_| is_here)) }
    });
    let by_nested_path = Router::new().nest("/api/v1", hooks(by_path()));
    let outside = Router::new()
        .nest("/api", Router::new().route("/hooks/{tenant}", post(label)))
        .layer(by_path());

    let refused = (403, r#"{"error":"Invalid signature"}"#.to_owned());
    let passed = |label: &str| (200, label.to_owned());
    for (at, (router, path, signer, expect)) in [
        (
            hooks(by_path()),
            "/hooks/acme",
            "acme-new",
            passed("acme 2"),
        ),
        (
            hooks(by_path()),
            "/hooks/acme?x=1",
            "acme-old",
            passed("acme 1"),
        ),
        (
            hooks(by_path()),
            "/hooks/acme",
            "globex-secret",
            refused.clone(),
        ),
        (
            hooks(by_path()),
            "/hooks/absent",
            "acme-new",
            refused.clone(),
        ),
        (
            hooks(by_path()),
            "/hooks/%61cme",
            "acme-new",
            refused.clone(),
        ),
        (
            by_nested_path.clone(),
            "/api/v1/hooks/globex",
            "globex-secret",
            passed("globex"),
        ),
        (
            by_nested_path,
            "/api/v1/hooks/globex",
            "acme-new",
            refused.clone(),
        ),
        // The whole path begins with `/api`.
        (outside, "/api/hooks/acme", "acme-new", refused.clone()),
        (
            hooks(by_address.clone()),
            "/hooks/any",
            "globex-secret",
            passed("globex"),
        ),
        (hooks(by_address), "/hooks/any", "acme-new", refused),
    ]
    .into_iter()
    .enumerate()
    {
        let address = serve(router).await;
        for _ in 0..2 {
            let delivery = github(signer, "").without("host");
            let answer = exchange(address, path, delivery).await;
            assert_eq!(answer, expect, "15: row {at}");
        }
    }
}

/// 15: the source is asked once the head is in order, and before anything is read of the body.
#[tokio::test]
async fn a_source_is_asked_between_the_head_and_the_body() {
    let asked = Count::default();
    let probe: Arc<Mutex<Option<support::Probe>>> = Arc::default();
    let (count, watched) = (asked.clone(), Arc::clone(&probe));
    let source = move |_: RequestHead<'_>| {
        let polls = {
            let watched = watched.lock().unwrap().clone().unwrap();
            move || watched.polls()
        };
        count.add();
        async move {
            for _ in 0..3 {
                assert_eq!(polls(), 0, "15: the body was read before there were keys");
                tokio::task::yield_now().await;
            }
            Ok::<_, Infallible>(Some(support::secret().into()))
        }
    };
    let layer = WebhookLayer::with_key_source(providers::slack(), source).unwrap();
    let layer = layer.clock(test_clock()).body_limit(1000);
    let service = layer.layer(RecordingService::default());
    let good = || support::slack(now(), BODY);
    let signature = "x-slack-signature";
    let timestamp = "x-slack-request-timestamp";
    let far = |seconds: i64| support::slack((support::NOW + seconds).to_string(), BODY);
    let chunks = || Script::chunks(BODY, 5);
    let rows = [
        ("", good().request()),
        ("", good().with(chunks())),
        ("", good().header("content-length", "37").request()),
        ("SignatureMismatch", good().body(b"{}").request()),
        ("SignatureMismatch", good().with(Script::chunks(b"{} ", 1))),
        ("MissingSignature", good().without(signature).request()),
        ("MalformedSignature", good().set(signature, "v0=").request()),
        (
            "MalformedSignature",
            good().set(signature, "v1=00").request(),
        ),
        (
            "ConflictingHeader",
            good().header(signature, "v0=0").request(),
        ),
        ("MissingTimestamp", good().without(timestamp).request()),
        ("MalformedTimestamp", good().set(timestamp, "now").request()),
        ("TimestampTooOld", far(-301).request()),
        ("TimestampInFuture", far(301).request()),
        ("TimestampTooOld", far(-301).with(chunks())),
        (
            "BodyTooLarge",
            good().header("content-length", "1001").request(),
        ),
        ("BodyTooLarge", good().with(chunks().of_size(1001))),
        (
            "MalformedHeader",
            good().header("content-length", "x").request(),
        ),
    ];
    for (kind, request) in rows {
        let body = request.body().probe();
        *probe.lock().unwrap() = Some(body.clone());
        let before = asked.get();
        let answer = send(&service, request).await;
        assert_eq!(answer.kind(), kind, "15");
        let is_read = matches!(kind, "" | "SignatureMismatch");
        assert_eq!(asked.get() - before, usize::from(is_read), "15: {kind}");
        assert_eq!(body.polls() > 0, is_read, "15: {kind}");
    }
}

/// 15: what is not asked, because no request came.
#[test]
fn a_source_is_asked_by_requests_alone() {
    let asked = Count::default();
    let layer = with_key_source(closure(TenantLocation::Path, asked.clone()));
    let mut service = layer.clone().layer(RecordingService::default());
    drop(service.clone());
    assert_eq!(asked.get(), 0);
    drop(service.call(github("acme-new", "acme").request()));
    assert!(asked.get() <= 1);
}

// Sources that fail.

/// An error that has others for its reasons.
#[derive(Debug)]
struct Because(&'static str, Option<Box<Because>>);

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Because {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|it| it as _)
    }
}

fn chain() -> Because {
    let root = Because("connection refused", None);
    let middle = Because("no connection to the database", Some(Box::new(root)));
    Because("cannot look up the tenant", Some(Box::new(middle)))
}

/// Fails as configured, until it is reset.
#[derive(Clone)]
struct Faulty {
    how: Arc<dyn Fn() -> Finding + Send + Sync>,
    is_over: Arc<AtomicBool>,
    asked: Count,
}

impl Faulty {
    fn new(how: impl Fn() -> Finding + Send + Sync + 'static) -> Self {
        Self {
            how: Arc::new(how),
            is_over: Arc::default(),
            asked: Count::default(),
        }
    }

    fn failing<E: Into<BoxError>>(error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        Self::new(move || Box::pin(ready(Err(error().into()))))
    }

    fn giving(keys: impl Into<Keys>) -> Self {
        let keys = keys.into();
        Self::new(move || Box::pin(ready(Ok(Some(keys.clone())))))
    }
}

impl KeySource for Faulty {
    type Error = BoxError;

    async fn keys(&self, _: RequestHead<'_>) -> Found {
        self.asked.add();
        if self.is_over.load(SeqCst) {
            return Ok(Some(support::standard_secret().into()));
        }
        (self.how)().await
    }
}

/// 15: a source that cannot say which keys there are is not the sender's fault.
#[tokio::test(start_paused = true)]
async fn a_source_that_fails() {
    let good = support::standard_secret;
    let bad = || labelled("!!!!", "t1");
    let failed = "the key source failed: ";
    let undecodable = "has the wrong format; this scheme expects standard base64";
    let bad_later = Keys::new(good()).previous(good()).previous(bad());
    let rows = [
        (
            "a chain of reasons",
            Faulty::failing(chain),
            "cannot look up the tenant: no connection to the database: connection refused",
        ),
        ("a text", Faulty::failing(|| "it is night"), "it is night"),
        (
            "an I/O error",
            Faulty::failing(|| io::Error::other(chain())),
            // `io::Error` passes its own reason by.
            "cannot look up the tenant: no connection to the database: connection refused",
        ),
        (
            "an error after a while",
            Faulty::new(|| {
                Box::pin(async {
                    sleep(Duration::from_millis(1999)).await;
                    Err(chain().into())
                })
            }),
            "cannot look up the tenant: no connection to the database: connection refused",
        ),
        (
            "a secret that is none",
            Faulty::failing(|| Secret::new(" ").unwrap_err()),
            "the secret is empty; set it to the secret of the endpoint",
        ),
        (
            "a secret of another form",
            Faulty::giving(bad()),
            "scheme `standard-webhooks`: the secret (`t1`) ",
        ),
        (
            "a previous secret of another form",
            Faulty::giving(bad_later),
            "scheme `standard-webhooks`: previous secret 2 (`t1`) ",
        ),
    ];
    for (what, source, text) in rows {
        let inner = RecordingService::default();
        let layer = WebhookLayer::with_key_source(providers::standard_webhooks(), source.clone());
        let service = layer.unwrap().clock(test_clock()).layer(inner.clone());
        let delivery = || support::standard(support::STANDARD_ID, now(), BODY);
        for size in [5, BODY.len()] {
            let request = delivery().with(Script::chunks(BODY, size));
            let body = request.body().probe();
            let before = source.asked.get();
            let answer = send(&service, request).await;
            assert_eq!(answer.wire(), UNAVAILABLE, "15: {what}");
            assert_eq!(answer.header("retry-after"), Some("1"), "15: {what}");
            assert_eq!(source.asked.get(), before + 1, "15: {what}");
            assert_eq!(body.polls(), 0, "15: {what}");
            assert_eq!(inner.calls(), 0, "15: {what}");

            let rejection = answer.rejection.unwrap();
            let RejectionKind::KeySourceFailed { error, .. } = rejection.kind() else {
                panic!("15: {what}: {rejection:?}");
            };
            assert!(error.starts_with(text), "15: {what}: {error}");
            let is_form = text.ends_with(' ');
            assert_eq!(error.contains(undecodable), is_form, "15: {what}: {error}");
            assert_eq!(rejection.to_string(), format!("{failed}{error}"));
        }
        source.is_over.store(true, SeqCst);
        let answer = send(&service, delivery().request()).await;
        assert_eq!(answer.status, 200, "15: {what}, the next one");
    }
}

/// What is set on a layer.
type Change = Box<dyn Fn(WebhookLayer) -> WebhookLayer>;

/// 15: a source that takes its time, under every kind of deadline.
#[tokio::test(start_paused = true)]
async fn a_source_that_is_slow() {
    let millis = Duration::from_millis;
    let hour = millis(3_600_000);
    let set = |deadline: Option<Duration>| {
        move |layer: WebhookLayer| layer.key_deadline(deadline).unwrap()
    };
    let unset = || Box::new(|layer| layer) as Change;
    let to = |deadline| Box::new(set(Some(deadline))) as Change;
    let none = || Box::new(set(None)) as Change;
    // What is set, how long the source takes, and after how long it is given up.
    let rows: [(&str, Change, Option<Duration>, Option<Duration>); 13] = [
        ("unset, at once", unset(), Some(millis(0)), None),
        ("unset, in time", unset(), Some(millis(1999)), None),
        (
            "unset, too late",
            unset(),
            Some(millis(2001)),
            Some(millis(2000)),
        ),
        ("unset, never", unset(), None, Some(millis(2000))),
        ("short, in time", to(millis(100)), Some(millis(99)), None),
        (
            "short, too late",
            to(millis(100)),
            Some(millis(101)),
            Some(millis(100)),
        ),
        ("short, never", to(millis(100)), None, Some(millis(100))),
        ("no time, at once", to(millis(0)), Some(millis(0)), None),
        ("no time, never", to(millis(0)), None, Some(millis(0))),
        ("long, in time", to(hour), Some(millis(3_599_999)), None),
        ("for ever, a day", to(Duration::MAX), Some(24 * hour), None),
        ("none, an hour", none(), Some(hour), None),
        ("none, a day", none(), Some(24 * hour), None),
    ];
    for (what, change, takes, gives_up) in rows {
        let source = Faulty::new(move || {
            Box::pin(async move {
                match takes {
                    Some(Duration::ZERO) => {}
                    Some(time) => sleep(time).await,
                    None => pending().await,
                }
                Ok(Some(support::secret().into()))
            })
        });
        let inner = RecordingService::default();
        let service = change(with_key_source(source.clone())).layer(inner.clone());
        // The body's own deadline does not begin before the keys are there.
        let pauses = || {
            let pause = || Step::Wait(millis(4900));
            let (front, back) = BODY.split_at(5);
            Script::new([pause(), Step::data(front), pause(), Step::data(back)])
        };
        for slow_body in [false, true] {
            let request = if slow_body {
                support::github(BODY).with(pauses())
            } else {
                support::github(BODY).request()
            };
            let body = request.body().probe();
            let (start, calls) = (Instant::now(), inner.calls());
            let answer = timeout(48 * hour, send(&service, request)).await;
            let answer = answer.expect("15: a source is waited for without end");
            let took = start.elapsed();
            match gives_up {
                None => {
                    let least = takes.unwrap() + if slow_body { millis(9800) } else { millis(0) };
                    assert_eq!(answer.status, 200, "15: {what}: {:?}", answer.kind());
                    assert!(took >= least && took < least + millis(20), "{took:?}");
                    assert_eq!(inner.calls(), calls + 1, "15: {what}");
                }
                Some(after) => {
                    assert_eq!(answer.wire(), UNAVAILABLE, "15: {what}");
                    assert_eq!(answer.header("retry-after"), Some("1"), "15: {what}");
                    assert!(took >= after && took < after + millis(5), "{took:?}");
                    assert_eq!((body.polls(), inner.calls()), (0, calls), "15: {what}");
                    let kind = answer.rejection.unwrap().kind().clone();
                    let RejectionKind::KeySourceTimeout { deadline, .. } = kind else {
                        panic!("15: {what}: {kind:?}");
                    };
                    assert_eq!(deadline, after, "15: {what}");
                }
            }
        }
    }
}

/// 15: without a deadline, a source that never answers is waited for.
#[tokio::test(start_paused = true)]
async fn a_source_that_never_answers_and_no_deadline() {
    let source = Faulty::new(|| Box::pin(pending()));
    let layer = with_key_source(source).key_deadline(None).unwrap();
    let mut service = layer.layer(RecordingService::default());
    let call = service.call(support::github(BODY).request());
    let mut task = tokio_test::task::spawn(call);
    for _ in 0..10 {
        assert_pending!(task.poll());
        tokio::time::advance(Duration::from_secs(36_000)).await;
    }
    assert!(!task.is_woken(), "15: there is a timer");
}

/// 15: a clone of the layer with another deadline leaves the first one's alone.
#[tokio::test(start_paused = true)]
async fn deadlines_of_clones() {
    let first = with_key_source(Faulty::new(|| Box::pin(pending())));
    let second = first.clone().key_deadline(Duration::from_secs(7)).unwrap();
    for (layer, seconds) in [(first, 2), (second, 7)] {
        let start = Instant::now();
        let service = layer.layer(RecordingService::default());
        let call = send(&service, support::github(BODY).request());
        assert!(timeout(HOUR, call).await.is_ok());
        assert_eq!(start.elapsed().as_secs(), seconds, "15");
    }
}

/// Yields so many times before it goes on, and needs no runtime for that.
async fn turns(count: usize) {
    let mut left = count;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// 15: only waiting with a deadline needs a runtime.
#[test]
fn a_source_that_answers_at_once_needs_no_runtime() {
    assert!(tokio::runtime::Handle::try_current().is_err());
    let source = closure(TenantLocation::Path, Count::default());
    let waiting = Faulty::new(|| {
        Box::pin(async {
            turns(3).await;
            Ok(Some(labelled("acme-new", "acme 2").into()))
        })
    });
    let cached = KeyCache::new(
        10,
        Duration::from_secs(60),
        |_: RequestHead<'_>| Some(()),
        |()| async { Ok::<_, Infallible>(Some(labelled("acme-new", "acme 2").into())) },
    );
    let failing = Faulty::failing(chain);
    for (layer, is_ready, status) in [
        (with_key_source(source), true, 200),
        (
            with_key_source(waiting).key_deadline(None).unwrap(),
            false,
            200,
        ),
        (with_key_source(cached), true, 200),
        (with_key_source(failing), true, 503),
    ] {
        let mut service = layer.layer(RecordingService::default());
        let call = service.call(github("acme-new", "acme").request());
        let mut task = tokio_test::task::spawn(call);
        let mut polled = task.poll();
        assert_eq!(polled.is_ready(), is_ready);
        while polled.is_pending() {
            assert!(task.is_woken());
            polled = task.poll();
        }
        assert_eq!(assert_ready!(polled).unwrap().status(), status);
    }
}

/// 15: a gRPC client gets a gRPC response.
#[tokio::test(start_paused = true)]
async fn grpc_answers() {
    let in_grpc = || {
        let mut delivery = support::github(BODY).set("content-type", "application/grpc");
        delivery.head.version = Version::HTTP_2;
        delivery.request()
    };
    for (source, code, text) in [
        (Faulty::failing(chain), "14", "Service unavailable"),
        (
            Faulty::giving(labelled("another", "it")),
            "7",
            "Invalid signature",
        ),
        (
            Faulty::new(|| Box::pin(pending())),
            "14",
            "Service unavailable",
        ),
        (
            Faulty::new(|| Box::pin(ready(Ok(None)))),
            "7",
            "Invalid signature",
        ),
    ] {
        let service = with_key_source(source).layer(RecordingService::default());
        let answer = timeout(HOUR, send(&service, in_grpc())).await.unwrap();
        assert_eq!(answer.status, 200, "15");
        assert_eq!(answer.content_type(), Some("application/grpc"), "15");
        assert_eq!(answer.header("grpc-status"), Some(code), "15");
        assert_eq!(answer.header("grpc-message"), Some(text), "15");
        assert!(answer.body.is_empty(), "15");
    }
}

// Futures that are dropped, and sources that panic.

/// Says when it is dropped.
struct Guard(Count);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// 15: a client that goes away ends the look-up, and one that has got its keys holds nothing of it.
#[tokio::test(start_paused = true)]
async fn a_look_up_lives_as_long_as_it_is_waited_for() {
    let dropped = Count::default();
    let count = dropped.clone();
    let source = Faulty::new(move || {
        let guard = Guard(count.clone());
        Box::pin(async move {
            sleep(Duration::from_secs(1)).await;
            drop(guard);
            Ok(Some(support::secret().into()))
        })
    });
    let inner = RecordingService::default();
    let mut service = with_key_source(source.clone()).layer(inner.clone());
    let second = || Step::Wait(Duration::from_secs(1));
    let mut call = || {
        let steps = [second(), Step::data(BODY)];
        let request = support::github(BODY).with(Script::new(steps));
        let body = request.body().probe();
        (tokio_test::task::spawn(service.call(request)), body)
    };

    // Dropped before the first poll, and after one and two.
    for polls in 0..3 {
        let before = dropped.get();
        let asked = source.asked.get();
        let (mut task, body) = call();
        for _ in 0..polls {
            assert_pending!(task.poll());
        }
        assert_eq!(dropped.get(), before, "15");
        drop(task);
        // One that was never begun has nothing to drop.
        assert_eq!(dropped.get() - before, source.asked.get() - asked, "15");
        assert!(source.asked.get() - asked <= 1, "15");
        assert!(body.is_dropped() && body.polls() == 0, "15");
    }
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(inner.calls(), 0, "15");

    let before = dropped.get();
    let (mut task, body) = call();
    assert_pending!(task.poll());
    assert_pending!(task.poll());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(task.is_woken());
    assert_pending!(task.poll());
    assert_eq!(dropped.get(), before + 1, "15: the look-up is over");
    assert_eq!(body.polls(), 1, "15: the body is being read");
    assert_pending!(task.poll());
    assert_eq!(inner.calls(), 0, "15");
    tokio::time::advance(Duration::from_secs(1)).await;
    let response = assert_ready!(task.poll()).unwrap();
    assert_eq!((response.status().as_u16(), inner.calls()), (200, 1), "15");
}

/// 15: a source that panics lets nothing pass, and the next request is served.
#[tokio::test]
async fn a_source_that_panics() {
    let early = Faulty::new(|| panic!("15: before there is a future"));
    let late = Faulty::new(|| {
        Box::pin(async {
            turns(2).await;
            panic!("15: in the future")
        })
    });
    let standard = || providers::standard_webhooks();
    for (what, layer, source) in [
        (
            "early",
            WebhookLayer::with_key_source(standard(), early.clone()),
            &early,
        ),
        (
            "late",
            WebhookLayer::with_key_source(standard(), late.clone()),
            &late,
        ),
    ] {
        source.is_over.store(false, SeqCst);
        let inner = RecordingService::default();
        let layer = layer.unwrap().clock(test_clock());
        let mut service = layer.layer(inner.clone());
        let delivery = || support::standard(support::STANDARD_ID, now(), BODY).request();
        for _ in 0..2 {
            let mut task = tokio_test::task::spawn(service.call(delivery()));
            let outcome = (0..10).find_map(|_| {
                let polled = catch_unwind(AssertUnwindSafe(|| task.poll().is_pending()));
                match polled {
                    Ok(true) => None,
                    Ok(false) => Some("answered"),
                    Err(_) => Some("panicked"),
                }
            });
            assert_eq!(outcome, Some("panicked"), "15: {what}");
            let again = catch_unwind(AssertUnwindSafe(|| task.poll().is_pending()));
            assert!(
                !matches!(again, Ok(false)),
                "15: {what}: an answer after all"
            );
            assert_eq!(inner.calls(), 0, "15: {what}");
        }
        source.is_over.store(true, SeqCst);
        assert_eq!(send(&service, delivery()).await.status, 200, "15: {what}");
    }
}

fn is_send<T: Send>(it: T) -> T {
    it
}

fn is_shared<T: Clone + Send + Sync + 'static>(it: T) -> T {
    it
}

/// 27: what servers ask of a layer and its futures.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_with_a_source_goes_from_thread_to_thread() {
    let directory = Directory {
        tenants: tenants(),
        location: TenantLocation::Path,
        asked: Count::default(),
    };
    let layer = is_shared(with_key_source(directory));
    #[cfg(feature = "axum")]
    let _ = is_shared(layer.clone().forward_body::<axum::body::Body>());
    let service = is_shared(layer.layer(RecordingService::default()));
    let mut tasks = Vec::new();
    for _ in 0..50 {
        for (tenant, signer, status) in [
            ("acme", "acme-old", 200),
            ("globex", "globex-secret", 200),
            ("acme", "globex-secret", 403),
            ("nobody", "acme-new", 403),
        ] {
            let mut service = service.clone();
            let request = github(signer, tenant).with(Script::chunks(BODY, 5));
            let call = is_send(service.call(request));
            tasks.push(tokio::spawn(async move {
                let response = call.await.unwrap();
                assert_eq!(response.status(), status, "{tenant} by {signer}");
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
}

// Sources that remember.

/// What a [`KeyCache`] asks, with a gate that can be shut.
#[derive(Clone)]
struct Slow {
    /// How often the tenant was asked for.
    named: Count,
    /// How often its keys were looked up.
    asked: Count,
    fails: Arc<AtomicBool>,
    gate: Arc<Semaphore>,
}

impl Slow {
    fn new() -> Self {
        Self {
            named: Count::default(),
            asked: Count::default(),
            fails: Arc::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        }
    }

    fn shut(self) -> Self {
        let gate = Arc::new(Semaphore::new(0));
        Self { gate, ..self }
    }

    fn open(&self) {
        self.gate.add_permits(1_000_000);
    }

    /// Tenants are named by the path; those that begin with `x` do not exist.
    fn cache(&self, capacity: u64, lifetime: Duration) -> KeyCache<String> {
        let named = self.named.clone();
        let tenant = move |head: RequestHead<'_>| {
            named.add();
            let tenant = head.path().strip_prefix("/hooks/")?;
            (!tenant.is_empty()).then(|| tenant.to_owned())
        };
        let this = self.clone();
        let look_up = move |tenant: String| {
            this.asked.add();
            let this = this.clone();
            async move {
                this.gate.acquire().await.unwrap().forget();
                if this.fails.load(SeqCst) {
                    return Err(chain());
                }
                let exists = !tenant.starts_with('x');
                Ok(exists.then(|| of_tenant(&tenant).into()))
            }
        };
        KeyCache::new(capacity, lifetime, tenant, look_up)
    }
}

fn of_tenant(tenant: &str) -> Secret {
    labelled(&format!("secret of {tenant}"), tenant)
}

const HOUR: Duration = Duration::from_secs(3600);

async fn status<T>(cache: &KeyCache<T>, tenant: &str, signer: &str) -> u16
where
    T: Hash + Eq + Clone + Send + Sync + 'static,
{
    let service = with_key_source(cache.clone()).layer(RecordingService::default());
    let delivery = github(&format!("secret of {signer}"), tenant);
    send(&service, delivery.request()).await.status.as_u16()
}

/// 15: what was looked up once is not looked up again, be it keys or that there are none.
#[tokio::test]
async fn a_cache_remembers() {
    let slow = Slow::new();
    let cache = slow.cache(100, HOUR);
    // The tenant, who signed, the status, and how many look-ups there were by then.
    let rows = [
        ("a", "a", 200, 1),
        ("a", "a", 200, 1),
        ("a", "guess", 403, 1),
        ("b", "a", 403, 2),
        ("b", "b", 200, 2),
        ("a", "b", 403, 2),
        ("a", "a", 200, 2),
        ("x", "a", 403, 3),
        ("x", "x", 403, 3),
        ("xx", "x", 403, 4),
        ("x", "guess", 403, 4),
        // A request without a tenant is not looked up.
        ("", "a", 403, 4),
        ("", "", 403, 4),
        ("A", "a", 403, 5),
        ("b", "b", 200, 5),
    ];
    for (at, (tenant, signer, expect, asked)) in rows.into_iter().enumerate() {
        assert_eq!(status(&cache, tenant, signer).await, expect, "15: row {at}");
        assert_eq!(slow.asked.get(), asked, "15: row {at}");
        assert_eq!(slow.named.get(), at + 1, "15: row {at}");
    }
    let service = with_key_source(cache).layer(RecordingService::default());
    let answer = send(&service, github("secret of a", "").request()).await;
    assert_eq!(answer.kind(), "UnknownTenant");
}

/// 15: a failure is answered 503 and forgotten.
#[tokio::test]
async fn a_cache_does_not_remember_failures() {
    let slow = Slow::new();
    let cache = slow.cache(100, HOUR);
    let service = with_key_source(cache.clone()).layer(RecordingService::default());
    for tenant in ["a", "x"] {
        slow.fails.store(true, SeqCst);
        for _ in 0..3 {
            let before = slow.asked.get();
            let answer = send(&service, github("secret of a", tenant).request()).await;
            assert_eq!(answer.wire(), UNAVAILABLE, "15");
            assert_eq!(slow.asked.get(), before + 1, "15");
            let text = answer.rejection.unwrap().to_string();
            let expect = "the key source failed: cannot look up the tenant: \
                          no connection to the database: connection refused";
            assert_eq!(text, expect, "15");
        }
        slow.fails.store(false, SeqCst);
        let expect = if tenant == "a" { 200 } else { 403 };
        for _ in 0..2 {
            assert_eq!(status(&cache, tenant, "a").await, expect, "15");
        }
    }
    assert_eq!(slow.asked.get(), 8, "15");
    // What is remembered outlives a failure of others.
    slow.fails.store(true, SeqCst);
    assert_eq!(status(&cache, "b", "b").await, 503, "15");
    assert_eq!(status(&cache, "a", "a").await, 200, "15");
}

/// 15: what was remembered for its lifetime is looked up again, and what was not is not.
#[tokio::test]
async fn a_cache_forgets_in_time() {
    // Real time, because the cache has a clock of its own.
    let pause = || std::thread::sleep(Duration::from_millis(30));
    for (lifetime, is_remembered) in [
        (Duration::ZERO, false),
        (Duration::from_millis(1), false),
        (HOUR, true),
        (Duration::from_secs(u64::MAX), true),
        (Duration::MAX, true),
    ] {
        let slow = Slow::new();
        let cache = slow.cache(100, lifetime);
        for round in 1..4 {
            let expect = if is_remembered { 1 } else { round };
            assert_eq!(status(&cache, "a", "a").await, 200, "15: {lifetime:?}");
            assert_eq!(slow.asked.get(), expect, "15: {lifetime:?}");
            pause();
        }
    }
}

/// 15: requests do not extend the life of a cache entry. Otherwise an attacker with a revoked
/// secret could keep it in the cache.
#[tokio::test]
async fn a_cache_forgets_what_is_in_use() {
    let slow = Slow::new();
    let cache = slow.cache(100, Duration::from_millis(100));
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_millis(300) {
        assert_eq!(status(&cache, "a", "a").await, 200, "15");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(slow.asked.get() >= 2, "15");
}

/// 15: `forget` and `forget_all`.
#[tokio::test]
async fn a_cache_forgets_what_it_is_told() {
    let slow = Slow::new();
    let cache = slow.cache(100, HOUR);
    let all = ["a", "b", "x"];
    let ask = async |expect: usize| {
        for tenant in all {
            let status = status(&cache, tenant, tenant).await;
            assert_eq!(status, if tenant == "x" { 403 } else { 200 }, "15");
        }
        assert_eq!(slow.asked.get(), expect, "15");
    };
    ask(3).await;
    ask(3).await;
    cache.forget(&"a".to_owned());
    ask(4).await;
    cache.forget(&"x".to_owned());
    ask(5).await;
    // Through a clone, and what is not there.
    cache.clone().forget(&"b".to_owned());
    cache.clone().forget(&"stranger".to_owned());
    ask(6).await;
    ask(6).await;
    cache.forget_all();
    ask(9).await;
    cache.clone().forget_all();
    cache.forget_all();
    ask(12).await;
    ask(12).await;
}

/// A tenant whose secret changes: each look-up reads it when it begins, and ends when it is let.
#[derive(Clone)]
struct Rotating {
    /// None for a tenant that does not exist.
    secret: Arc<Mutex<Option<&'static str>>>,
    gates: Arc<[Semaphore; 3]>,
    asked: Count,
}

impl Rotating {
    fn new(secret: Option<&'static str>) -> (Self, KeyCache<String>) {
        let this = Self {
            secret: Arc::new(Mutex::new(secret)),
            gates: Arc::new([const { Semaphore::const_new(0) }; 3]),
            asked: Count::default(),
        };
        let own = this.clone();
        let tenant = |head: RequestHead<'_>| Some(head.path().to_owned());
        let cache = KeyCache::new(100, HOUR, tenant, move |_| {
            let (secret, at) = (*own.secret.lock().unwrap(), own.asked.get());
            own.asked.add();
            let gates = Arc::clone(&own.gates);
            async move {
                let _permit = gates.get(at).unwrap().acquire().await.unwrap();
                Ok::<_, Infallible>(secret.map(|it| of_tenant(it).into()))
            }
        });
        (this, cache)
    }

    fn open(&self, gate: usize) {
        self.gates.get(gate).unwrap().add_permits(1);
    }
}

/// Lets the tasks run that the cache has spawned for its look-ups.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// 15: the result of a running lookup is not cached if it is forgotten meanwhile, and later
/// requests do not wait for this lookup. Requests that wait already get its result.
#[tokio::test]
async fn a_cache_forgets_a_look_up_that_is_under_way() {
    for (first, second) in [
        (Some("old"), Some("new")),
        (Some("old"), None),
        (None, Some("new")),
    ] {
        for (all, old_ends_first) in [(false, false), (false, true), (true, false), (true, true)] {
            let (rotating, cache) = Rotating::new(first);
            let mut service = with_key_source(cache.clone()).layer(RecordingService::default());
            let mut call = |signer| tokio_test::task::spawn(call(&mut service, signer, "a"));
            let mut early = [call("old"), call("new")];
            for task in &mut early {
                assert_pending!(task.poll());
            }
            assert_eq!(rotating.asked.get(), 1, "15");

            *rotating.secret.lock().unwrap() = second;
            if all {
                cache.clone().forget_all();
            } else {
                cache.clone().forget(&"/hooks/a".to_owned());
            }
            let mut late = [call("old"), call("new")];
            for task in &mut late {
                assert_pending!(task.poll());
            }
            assert_eq!(rotating.asked.get(), 2, "15: joined");

            let is = |found: Option<&str>, signer| if found == Some(signer) { 200 } else { 403 };
            for at in if old_ends_first { [0, 1] } else { [1, 0] } {
                rotating.open(at);
                settle().await;
                let (tasks, found) = if at == 0 {
                    (&mut early, first)
                } else {
                    (&mut late, second)
                };
                for (task, signer) in tasks.iter_mut().zip(["old", "new"]) {
                    assert!(task.is_woken(), "15");
                    let answer = assert_ready!(task.poll());
                    assert_eq!(answer.status, is(found, signer), "15: {signer}");
                }
            }
            for signer in ["old", "new", "old"] {
                let got = status(&cache, "a", signer).await;
                assert_eq!(
                    got,
                    is(second, signer),
                    "15: {signer} of {first:?}, {second:?}"
                );
            }
            assert_eq!(rotating.asked.get(), 2, "15");
        }
    }
}

/// 15: forgetting one tenant leaves the look-ups of others alone.
#[tokio::test]
async fn a_cache_forgets_nobody_else() {
    let (rotating, cache) = Rotating::new(Some("old"));
    let mut service = with_key_source(cache.clone()).layer(RecordingService::default());
    let mut call = || tokio_test::task::spawn(call(&mut service, "old", "a"));
    let mut tasks = [call(), call()];
    let [first, second] = &mut tasks;
    assert_pending!(first.poll());
    cache.forget(&"/hooks/b".to_owned());
    assert_pending!(second.poll());
    rotating.open(0);
    settle().await;
    for task in &mut tasks {
        assert_eq!(assert_ready!(task.poll()).status, 200, "15");
    }
    assert_eq!(status(&cache, "a", "old").await, 200, "15");
    assert_eq!(rotating.asked.get(), 1, "15");
}

/// 15: a look-up under way that was forgotten, and given up then, takes nothing of the later one
/// along.
#[tokio::test]
async fn a_forgotten_look_up_that_is_dropped() {
    let (rotating, cache) = Rotating::new(Some("old"));
    let mut service = with_key_source(cache.clone()).layer(RecordingService::default());
    let mut call = || tokio_test::task::spawn(call(&mut service, "old", "a"));
    let (mut first, mut second, mut third) = (call(), call(), call());
    assert_pending!(first.poll());
    cache.forget_all();
    assert_pending!(second.poll());
    drop(first);
    assert_pending!(third.poll());
    assert_eq!(rotating.asked.get(), 2, "15: the later one is joined");
    rotating.open(1);
    settle().await;
    for mut task in [second, third] {
        assert_eq!(assert_ready!(task.poll()).status, 200, "15");
    }
    assert_eq!(status(&cache, "a", "old").await, 200, "15");
    assert_eq!(rotating.asked.get(), 2, "15");
}

/// 15: what is remembered is bounded, in the memory that it takes too.
#[tokio::test]
async fn a_cache_is_bounded() {
    const TENANTS: usize = 3000;
    for capacity in [0, 1, 10] {
        let labels: Arc<Mutex<Vec<Weak<str>>>> = Arc::default();
        let made = Arc::clone(&labels);
        let cache = KeyCache::new(
            capacity,
            HOUR,
            |head: RequestHead<'_>| Some(head.path().to_owned()),
            move |path: String| {
                // Lives as long as the keys do.
                let label: Arc<str> = path.as_str().into();
                made.lock().unwrap().push(Arc::downgrade(&label));
                let secret = Secret::new("secret of all").unwrap().label(label);
                async move { Ok::<_, Infallible>(Some(secret.into())) }
            },
        );
        let layer = with_key_source(cache);
        for round in 1..3 {
            for tenant in 0..TENANTS {
                let delivery = github("secret of all", &tenant.to_string());
                // It remembers what it saw too.
                let service = layer.layer(RecordingService::default());
                assert_eq!(send(&service, delivery.request()).await.status, 200);
            }
            let labels = labels.lock().unwrap();
            let alive = labels.iter().filter(|label| label.strong_count() > 0);
            // Moka tidies up in batches.
            assert!(alive.clone().count() <= 1000, "15: {}", alive.count());
            assert!(
                labels.len() >= round * (TENANTS - 500),
                "15: {}",
                labels.len()
            );
        }
    }
}

/// 15: names that are no tenant's are bounded too, and what is being looked up is not kept.
#[tokio::test]
async fn a_cache_is_bounded_for_names_of_nobody() {
    const NAMES: usize = 3000;
    for (capacity, fails) in [(0, false), (1, false), (10, false), (10, true)] {
        let names: Arc<Mutex<Vec<Weak<str>>>> = Arc::default();
        let made = Arc::clone(&names);
        let cache = KeyCache::new(
            capacity,
            HOUR,
            move |head: RequestHead<'_>| {
                let name: Name = head.path().into();
                made.lock().unwrap().push(Arc::downgrade(&name));
                Some(name)
            },
            move |_| ready(if fails { Err(chain()) } else { Ok(None) }),
        );
        let layer = with_key_source(cache);
        for name in 0..NAMES {
            let service = layer.layer(RecordingService::default());
            let answer = send(&service, github("guess", &name.to_string()).request()).await;
            assert_eq!(answer.status, if fails { 503 } else { 403 });
        }
        let names = names.lock().unwrap();
        let alive = names.iter().filter(|name| name.strong_count() > 0).count();
        let most = if fails { 0 } else { 1000 };
        assert!(alive <= most, "15: {alive}");
    }
}

/// 15: a flood of names that are no tenant's does not push out a single tenant, and tenants push
/// out none of those.
#[tokio::test]
async fn a_flood_of_names_of_nobody() {
    const CAPACITY: usize = 20;
    for (kept, flood) in [("t", "x"), ("x", "t")] {
        let slow = Slow::new();
        let cache = slow.cache(CAPACITY as u64, HOUR);
        let ask = async |tenant: String| {
            let expect = if tenant.starts_with('x') { 403 } else { 200 };
            assert_eq!(status(&cache, &tenant, &tenant).await, expect, "15");
        };
        let mut made_up = 0;
        for round in 0..10 {
            for at in 0..CAPACITY {
                let before = slow.asked.get();
                ask(format!("{kept}{at}")).await;
                let asked = slow.asked.get() - before;
                assert_eq!(asked, usize::from(round == 0), "15: {kept}{at}, {round}");
                for _ in 0..20 {
                    // Each a few times, so that it is asked for as often as the others are.
                    ask(format!("{flood}-{}", made_up / 5)).await;
                    made_up += 1;
                }
            }
        }
    }
}

/// A call to `tenant`, on its way.
fn call(
    service: &mut Webhook<RecordingService>,
    signer: &str,
    tenant: &str,
) -> impl Future<Output = Answer> + Send + use<> {
    let delivery = github(&format!("secret of {signer}"), tenant);
    let call = service.call(delivery.request());
    async move { Answer::of(call.await.unwrap()).await }
}

/// 15: a hundred requests at the same moment look up once, whatever comes of it.
#[tokio::test]
async fn a_cache_shares_look_ups() {
    for (tenant, fails, expect) in [("a", false, 200), ("x", false, 403), ("a", true, 503)] {
        let slow = Slow::new().shut();
        slow.fails.store(fails, SeqCst);
        let cache = slow.cache(100, HOUR);
        let layer = with_key_source(cache.clone());
        let calls = (0..100).map(|_| {
            let mut service = layer.layer(RecordingService::default());
            tokio::spawn(call(&mut service, "a", tenant))
        });
        let calls: Vec<_> = calls.collect();
        while slow.named.get() < 100 {
            tokio::task::yield_now().await;
        }
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(calls.iter().all(|call| !call.is_finished()), "15");
        assert_eq!(slow.asked.get(), 1, "15");
        slow.open();
        for call in calls {
            let answer = call.await.unwrap();
            assert_eq!(answer.status, expect, "15");
            if fails {
                let text = answer.rejection.unwrap().to_string();
                assert!(text.ends_with("connection refused"), "15: {text}");
            }
        }
        assert_eq!(slow.asked.get(), 1, "15");
        // The failure is not cached, whichever request waited for it.
        slow.fails.store(false, SeqCst);
        let asked = if fails { 2 } else { 1 };
        let expect = if tenant == "a" { 200 } else { 403 };
        assert_eq!(status(&cache, tenant, "a").await, expect, "15");
        assert_eq!(slow.asked.get(), asked, "15");
    }
}

/// Every order of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let last = count - 1;
    let put = |order: &Vec<usize>, at| {
        let mut order = order.clone();
        order.insert(at, last);
        order
    };
    let shorter = orders(last);
    let longer = |order| (0..count).map(move |at| put(order, at));
    shorter.iter().flat_map(longer).collect()
}

/// 15: requests can be cancelled in any order, and the lookup continues for the requests that still
/// wait.
#[tokio::test]
async fn a_look_up_is_left_to_others() {
    for order in orders(4) {
        for polls in 1..3 {
            for leave in 1..4 {
                // Tokio's cooperative budget limits the work of a task between two yields.
                tokio::task::yield_now().await;
                let slow = Slow::new().shut();
                let cache = slow.cache(100, HOUR);
                let mut service = with_key_source(cache.clone()).layer(RecordingService::default());
                let task = |_| Some(tokio_test::task::spawn(call(&mut service, "a", "a")));
                let mut tasks: Vec<_> = (0..4).map(task).collect();
                for _ in 0..polls {
                    for task in tasks.iter_mut().flatten() {
                        assert_pending!(task.poll());
                    }
                }
                for at in order.iter().take(leave) {
                    drop(tasks.get_mut(*at).and_then(Option::take));
                }
                slow.open();
                settle().await;
                let mut left: Vec<_> = tasks.into_iter().flatten().collect();
                assert!(
                    left.iter().all(tokio_test::task::Spawn::is_woken),
                    "15: {order:?}"
                );
                // One more goes away, who was woken.
                if left.len() > 1 {
                    drop(left.remove(0));
                }
                for mut task in left {
                    assert_eq!(assert_ready!(task.poll()).status, 200, "15: {order:?}");
                }
                assert_eq!(status(&cache, "a", "a").await, 200, "15");
                assert_eq!(slow.asked.get(), 1, "15: {order:?}");
            }
        }
    }
}

/// 15: a request that waits is polled while the look-up is, and the other one goes away then: the
/// look-up is not lost.
#[tokio::test]
async fn a_look_up_is_not_lost_while_it_is_polled() {
    type Waiting = tokio_test::task::Spawn<Pin<Box<dyn Future<Output = Answer> + Send>>>;
    let second: Arc<Mutex<Option<Waiting>>> = Arc::default();
    let waiting = Arc::clone(&second);
    let is_open = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&is_open);
    let cache = KeyCache::new(
        10,
        HOUR,
        |_: RequestHead<'_>| Some(()),
        move |()| {
            let (waiting, opened) = (Arc::clone(&waiting), Arc::clone(&opened));
            poll_fn(move |cx| {
                if opened.load(SeqCst) {
                    return Poll::Ready(Ok::<_, Infallible>(Some(of_tenant("a").into())));
                }
                // No other task polls the second request.
                if let Some(second) = &mut *waiting.lock().unwrap() {
                    opened.store(true, SeqCst);
                    cx.waker().wake_by_ref();
                    assert_pending!(second.poll());
                }
                Poll::Pending
            })
        },
    );
    let mut service = with_key_source(cache).layer(RecordingService::default());
    let mut boxed = || {
        let call: Pin<Box<dyn Future<Output = Answer> + Send>> =
            Box::pin(call(&mut service, "a", "a"));
        tokio_test::task::spawn(call)
    };
    let (mut first, mut other) = (boxed(), boxed());
    assert_pending!(first.poll());
    assert_pending!(other.poll());
    *second.lock().unwrap() = Some(other);
    // The look-up is polled once, and polls the second request.
    tokio::task::yield_now().await;
    assert!(is_open.load(SeqCst));
    drop(first);
    settle().await;
    let mut other = second.lock().unwrap().take().unwrap();
    assert!(other.is_woken(), "15: the look-up is lost");
    assert_eq!(assert_ready!(other.poll()).status, 200, "15");
}

/// 15: a look-up is polled when it is woken, and not when one of the requests that wait is polled.
#[tokio::test]
async fn a_look_up_that_is_waited_for_is_not_polled_all_the_time() {
    let polls = Count::default();
    let count = polls.clone();
    let cache = KeyCache::new(
        10,
        HOUR,
        |_: RequestHead<'_>| Some(()),
        move |()| {
            let count = count.clone();
            poll_fn(move |cx| {
                count.add();
                if count.get() == 1 {
                    cx.waker().wake_by_ref();
                }
                Poll::<Result<_, Infallible>>::Pending
            })
        },
    );
    let mut service = with_key_source(cache).layer(RecordingService::default());
    let mut task = || tokio_test::task::spawn(call(&mut service, "a", "a"));
    let mut tasks = [task(), task()];
    let [first, second] = &mut tasks;
    for _ in 0..2 {
        assert_pending!(first.poll());
        assert_pending!(second.poll());
        settle().await;
        assert!(!first.is_woken() && !second.is_woken(), "15");
        // The first poll, and the one that it asked for.
        assert_eq!(polls.get(), 2);
    }
}

/// 15: the same, with threads and by chance.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn look_ups_that_are_given_up_by_chance() {
    let layer = |gate: Arc<Semaphore>| {
        let tenant = |head: RequestHead<'_>| Some(head.path().to_owned());
        with_key_source(KeyCache::new(1000, HOUR, tenant, move |_| {
            let gate = Arc::clone(&gate);
            async move {
                tokio::task::yield_now().await;
                let _permit = gate.acquire().await.unwrap();
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(Some(of_tenant("a").into()))
            }
        }))
        .key_deadline(None)
        .unwrap()
    };
    let gate = Arc::new(Semaphore::new(0));
    let service = layer(Arc::clone(&gate)).layer(RecordingService::default());
    for round in 0..300 {
        let tenant = round.to_string();
        let spawn = || {
            let mut service = service.clone();
            tokio::spawn(call(&mut service, "a", &tenant))
        };
        let (leaves, stays) = ([spawn(), spawn()], [spawn(), spawn()]);
        for _ in 0..round % 5 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(1);
        for task in leaves {
            task.abort();
        }
        for task in stays {
            let answer = timeout(Duration::from_secs(20), task).await;
            assert_eq!(answer.expect("15: a look-up is lost").unwrap().status, 200);
        }
        gate.forget_permits(usize::MAX);
    }
}

/// 15: four hundred who go away, one by one or all at once, and one who stays or comes after them.
#[tokio::test]
async fn many_who_go_away() {
    const MANY: usize = 400;
    for (at_once, first_goes_first, stays) in [
        (false, true, false),
        (true, true, false),
        (true, false, false),
        (true, true, true),
        (true, false, true),
    ] {
        let slow = Slow::new().shut();
        let cache = slow.cache(100, HOUR);
        let mut service = with_key_source(cache.clone()).layer(RecordingService::default());
        let mut call = |signer| {
            let mut task = tokio_test::task::spawn(call(&mut service, signer, "a"));
            assert_pending!(task.poll());
            task
        };
        let mut gone: Vec<_> = Vec::new();
        for _ in 0..MANY {
            let task = call("guess");
            if at_once {
                gone.push(task);
            }
        }
        let asked = if at_once { 1 } else { MANY };
        assert_eq!(slow.asked.get(), asked, "15");
        let staying = stays.then(|| call("a"));
        if !first_goes_first {
            gone.reverse();
        }
        for task in gone {
            drop(task);
        }
        let last = call("a");
        let asked = if stays { asked } else { asked + 1 };
        assert_eq!(slow.asked.get(), asked, "15");
        slow.open();
        settle().await;
        for mut task in staying.into_iter().chain([last]) {
            assert!(task.is_woken(), "15");
            assert_eq!(assert_ready!(task.poll()).status, 200, "15");
        }
        assert_eq!(status(&cache, "a", "a").await, 200, "15");
        assert_eq!(slow.asked.get(), asked, "15");
    }
}

/// A tenant's name, of which it can be seen who holds it.
type Name = Arc<str>;

/// 15: with the last who waits the look-up is dropped, and nothing of it is kept.
#[tokio::test]
async fn a_look_up_is_dropped_with_the_last() {
    for order in orders(3) {
        let (asked, dropped) = (Count::default(), Count::default());
        let (count, guards) = (asked.clone(), dropped.clone());
        let name: Name = "a".into();
        let named = Arc::clone(&name);
        let cache = KeyCache::new(
            10,
            HOUR,
            move |_: RequestHead<'_>| Some(Arc::clone(&named)),
            move |name: Name| {
                count.add();
                let guard = Guard(guards.clone());
                async move {
                    pending::<()>().await;
                    drop((guard, name));
                    Ok::<_, Infallible>(None)
                }
            },
        );
        let mut service = with_key_source(cache).layer(RecordingService::default());
        let before = Arc::strong_count(&name);
        for round in 1..4 {
            let task = |_| Some(tokio_test::task::spawn(call(&mut service, "a", "a")));
            let mut tasks: Vec<_> = (0..3).map(task).collect();
            for task in tasks.iter_mut().flatten() {
                assert_pending!(task.poll());
            }
            assert_eq!((asked.get(), dropped.get()), (round, round - 1), "15");
            for (gone, at) in order.iter().enumerate() {
                settle().await;
                assert_eq!(dropped.get(), round - 1, "15: {gone} are gone");
                drop(tasks.get_mut(*at).and_then(Option::take));
            }
            settle().await;
            assert_eq!(dropped.get(), round, "15");
            assert_eq!(Arc::strong_count(&name), before, "15: the name is kept");
        }
    }
}

/// 15: a look-up that hangs is not joined for ever, however often it is asked for.
#[tokio::test]
async fn a_look_up_that_hangs_is_begun_again() {
    let slow = Slow::new().shut();
    let cache = slow.cache(10, HOUR);
    let layer = with_key_source(cache.clone()).key_deadline(None).unwrap();
    let mut service = layer.layer(RecordingService::default());
    let start = std::time::Instant::now();
    let mut tasks = Vec::new();
    // Real time, because the cache has a clock of its own.
    while slow.asked.get() < 2 {
        assert!(start.elapsed() < Duration::from_secs(60), "15: never");
        let mut task = tokio_test::task::spawn(call(&mut service, "a", "a"));
        assert_pending!(task.poll());
        tasks.push(task);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(start.elapsed() >= Duration::from_secs(5), "15: too soon");
    assert_eq!(slow.asked.get(), 2, "15");
    slow.open();
    settle().await;
    for mut task in tasks {
        assert_eq!(assert_ready!(task.poll()).status, 200, "15");
    }
    assert_eq!(status(&cache, "a", "a").await, 200, "15");
    assert_eq!(slow.asked.get(), 2, "15");
}

/// 15: a request that just missed the end of a look-up does not begin another.
#[test]
fn look_ups_that_end_by_chance() {
    const ROUNDS: usize = 3000;
    const THREADS: usize = 4;
    let asked = Count::default();
    let count = asked.clone();
    let cache = KeyCache::new(
        100_000,
        HOUR,
        |head: RequestHead<'_>| Some(head.path().to_owned()),
        move |_| {
            count.add();
            ready(Ok::<_, Infallible>(None))
        },
    );
    let barrier = Barrier::new(THREADS);
    let ask = || {
        let (method, headers) = (http::Method::POST, HeaderMap::new());
        for round in 0..ROUNDS {
            let uri = format!("/{round}").parse().unwrap();
            barrier.wait();
            let head = RequestHead::new(&method, &uri, &headers);
            let found = tokio_test::block_on(cache.keys(head));
            assert!(found.unwrap().is_none());
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(ask);
        }
    });
    assert_eq!(asked.get(), ROUNDS, "15");
}

/// 15: a panic is an error for all who wait, and the next request is served.
#[tokio::test]
async fn a_look_up_that_panics() {
    for early in [true, false] {
        let slow = Slow::new().shut();
        slow.fails.store(true, SeqCst);
        let this = slow.clone();
        let cache = KeyCache::new(
            10,
            HOUR,
            |_: RequestHead<'_>| Some(()),
            move |()| {
                this.asked.add();
                let fails = this.fails.load(SeqCst);
                assert!(!(fails && early), "15: before there is a future");
                let gate = Arc::clone(&this.gate);
                async move {
                    gate.acquire().await.unwrap().forget();
                    assert!(!fails, "15: in the future");
                    Ok::<_, Infallible>(Some(of_tenant("a").into()))
                }
            },
        );
        let mut service = with_key_source(cache.clone()).layer(RecordingService::default());
        for round in 1..3 {
            let task = |_| tokio_test::task::spawn(call(&mut service, "a", "a"));
            let mut tasks: Vec<_> = (0..10).map(task).collect();
            let mut answers = Vec::new();
            if !early {
                for task in &mut tasks {
                    assert_pending!(task.poll());
                }
                slow.gate.add_permits(1);
                settle().await;
            }
            for task in &mut tasks {
                answers.push(assert_ready!(task.poll()));
            }
            let asked = if early { 10 * round } else { round };
            assert_eq!(slow.asked.get(), asked, "15");
            for answer in answers {
                assert_eq!(answer.wire(), UNAVAILABLE, "15");
                let text = answer.rejection.unwrap().to_string();
                assert_eq!(text, "the key source failed: the key lookup panicked");
            }
        }
        slow.fails.store(false, SeqCst);
        slow.open();
        let asked = slow.asked.get();
        for _ in 0..2 {
            assert_eq!(status(&cache, "a", "a").await, 200, "15");
        }
        assert_eq!(slow.asked.get(), asked + 1, "15");
    }
}

/// 15: a look-up that takes too long is answered 503 for each that waits, and the next asks again.
#[tokio::test(start_paused = true)]
async fn a_shared_look_up_that_never_ends() {
    let slow = Slow::new().shut();
    let cache = slow.cache(100, HOUR);
    let layer = with_key_source(cache.clone());
    let start = Instant::now();
    let calls = (0..10).map(|_| {
        let mut service = layer.layer(RecordingService::default());
        tokio::spawn(call(&mut service, "a", "a"))
    });
    for call in calls.collect::<Vec<_>>() {
        let answer = timeout(HOUR, call).await.unwrap().unwrap();
        assert_eq!(answer.wire(), UNAVAILABLE, "15");
        assert_eq!(answer.kind(), "KeySourceTimeout", "15");
    }
    assert_eq!(start.elapsed().as_secs(), 2, "15");
    slow.open();
    assert_eq!(status(&cache, "a", "a").await, 200, "15");
}

/// 15: tenants never get each other's keys, however many there are at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_keeps_tenants_apart() {
    for capacity in [5, 1000] {
        let slow = Slow::new();
        let layer = with_key_source(slow.cache(capacity, HOUR));
        let mut calls = Vec::new();
        for round in 0..5 {
            for tenant in 0..40 {
                for signer in [tenant, (tenant + 1) % 40, (tenant + round + 7) % 40] {
                    let expect = if signer == tenant { 200 } else { 403 };
                    let (tenant, signer) = (tenant.to_string(), signer.to_string());
                    let inner = RecordingService::default();
                    let call = call(&mut layer.layer(inner.clone()), &signer, &tenant);
                    calls.push(tokio::spawn(async move {
                        let answer = call.await;
                        assert_eq!(answer.status, expect, "15: {tenant} by {signer}");
                        if expect == 200 {
                            let last = inner.last();
                            assert_eq!(last.verified().key_label(), Some(&*tenant));
                        }
                    }));
                }
            }
        }
        for call in calls {
            call.await.unwrap();
        }
        if capacity == 1000 {
            assert_eq!(slow.asked.get(), 40, "15");
        }
    }
}

/// 15: whatever can be hashed is a tenant's name.
#[tokio::test]
async fn tenants_of_any_type() {
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Name {
        method: String,
        path: String,
    }
    let asked = Count::default();
    let count = asked.clone();
    let cache = KeyCache::new(
        100,
        HOUR,
        |head: RequestHead<'_>| {
            Some(Name {
                method: head.method().to_string(),
                path: head.path().to_owned(),
            })
        },
        move |name: Name| {
            count.add();
            let keys = of_tenant(&name.path.replace("/hooks/", "")).into();
            ready(Ok::<_, String>((name.method == "POST").then_some(keys)))
        },
    );
    for expect in [1, 1] {
        assert_eq!(status(&cache, "a", "a").await, 200);
        assert_eq!(asked.get(), expect);
    }
    let provider = with_any_method(providers::github());
    let layer = WebhookLayer::with_key_source(provider, cache).unwrap();
    let service = layer.layer(RecordingService::default());
    let put = github("secret of a", "a").method(Method::PUT);
    assert_eq!(send(&service, put.request()).await.kind(), "UnknownTenant");
    assert_eq!(asked.get(), 2);
}

/// The same through a plain request, whose extensions are its own.
#[test]
fn a_head_has_what_the_request_has() {
    let mut request = Request::post("/hooks/a?b=c").body(Full::<Bytes>::default());
    let request = request.as_mut().unwrap();
    request.headers_mut().insert("x-a", "b".parse().unwrap());
    request.extensions_mut().insert(Tenant("a".to_owned()));
    let head = RequestHead::from(&*request);
    assert_eq!(head.method(), "POST");
    assert_eq!(head.path(), "/hooks/a");
    assert_eq!(head.uri().query(), Some("b=c"));
    assert_eq!(head.headers().len(), 1);
    assert!(head.extension::<Tenant>().is_some_and(|it| it.0 == "a"));
    assert!(head.extension::<String>().is_none());
    assert!(RequestHead::from(&head).extension::<Tenant>().is_some());

    let (method, uri, headers) = (http::Method::POST, http::Uri::default(), HeaderMap::new());
    let bare = RequestHead::new(&method, &uri, &headers);
    assert!(bare.extension::<Tenant>().is_none());
}

/// 15: a source that uses up what Tokio lets a task do at a time, of which no timer would hear.
#[tokio::test(start_paused = true)]
async fn a_source_that_uses_up_the_budget() {
    let ticks = tokio::spawn(async {
        loop {
            tokio::time::advance(Duration::from_millis(100)).await;
        }
    });
    let greedy = |_: RequestHead<'_>| async {
        loop {
            tokio::task::coop::consume_budget().await;
            if false {
                break Ok::<_, Infallible>(None);
            }
        }
    };
    let inner = RecordingService::default();
    let service = with_key_source(greedy).layer(inner.clone());
    let start = Instant::now();
    let answer = send(&service, github("secret of a", "a").request());
    let answer = timeout(Duration::from_secs(60), answer).await;
    ticks.abort();
    assert_eq!(answer.expect("an answer").wire(), UNAVAILABLE, "15");
    assert_eq!((start.elapsed().as_secs(), inner.calls()), (2, 0), "15");
}

/// 15: the proof tells whose keys it was, whatever a router makes of the path.
#[tokio::test]
async fn the_tenant_comes_with_the_keys() {
    let named = |name: &'static str| {
        let secret = Secret::from_bytes(format!("secret of {name}")).unwrap();
        Keys::new(secret).tenant(name)
    };
    let tenants = HashMap::from([("acme", named("acme")), ("%61cme", named("%61cme"))]);
    let source = move |head: RequestHead<'_>| {
        let name = head.path().strip_prefix("/hooks/");
        let keys = name.and_then(|name| tenants.get(name)).cloned();
        ready(Ok::<_, Infallible>(keys))
    };
    let inner = RecordingService::default();
    let service = with_key_source(source).layer(inner.clone());
    for (at, name) in ["acme", "%61cme"].into_iter().enumerate() {
        let request = github(&format!("secret of {name}"), name).request();
        assert_eq!(send(&service, request).await.status, 200);
        assert_eq!(inner.calls(), at + 1);
        assert_eq!(inner.last().verified().tenant(), Some(name));
    }
    let fixed = WebhookLayer::new(providers::github(), support::secret()).unwrap();
    let service = fixed.layer(inner.clone());
    send(&service, support::github(BODY).request()).await;
    assert_eq!(inner.last().verified().tenant(), None);
}

/// 16: an error is one line of a log, and no longer than that.
#[tokio::test]
async fn the_text_of_an_error_is_one_line() {
    let source = |_: RequestHead<'_>| {
        let text = format!("down\r\n\u{1b}[31mred\u{0}{}", "x".repeat(100_000));
        ready(Err::<Option<Keys>, BoxError>(text.into()))
    };
    let service = with_key_source(source).layer(RecordingService::default());
    let answer = send(&service, github("secret of a", "a").request()).await;
    let text = answer.rejection.unwrap().to_string();
    assert!(
        text.starts_with(r"the key source failed: down\r\n\u{1b}[31mred\u{0}xxx"),
        "{text:?}"
    );
    assert!(text.len() < 1100, "{} bytes", text.len());
}

/// 16: keys that are forgotten do not lie in memory until the cache tidies itself.
#[tokio::test]
async fn what_is_forgotten_is_dropped() {
    let name: Arc<str> = "a".into();
    let held = Arc::clone(&name);
    let cache = KeyCache::new(
        10,
        HOUR,
        |head: RequestHead<'_>| Some(head.path().to_owned()),
        move |_| {
            let keys = Keys::new(labelled("secret of a", "a")).tenant(Arc::clone(&held));
            ready(Ok::<_, Infallible>(Some(keys)))
        },
    );
    let service = with_key_source(cache.clone()).layer(RecordingService::default());
    let before = Arc::strong_count(&name);
    for forget_all in [false, true] {
        let answer = send(&service, github("secret of b", "a").request()).await;
        assert_eq!(answer.status, 403, "16");
        assert!(Arc::strong_count(&name) > before, "16: remembered");
        if forget_all {
            cache.forget_all();
        } else {
            cache.forget(&"/hooks/a".to_owned());
        }
        assert_eq!(Arc::strong_count(&name), before, "16: {forget_all}");
    }
}
