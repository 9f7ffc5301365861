//! Two requests that fail for different secret reasons get the same answer, to the byte.

use std::{
    convert::Infallible,
    fmt::Write,
    future::ready,
    iter,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::{Duration, UNIX_EPOCH},
};

use base64ct::{Base64, Encoding};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tower_layer::Layer;
use tower_service::Service;
use tower_webhook::{
    Keys, Rejection, RequestHead, Secret, WebhookLayer,
    providers::{self, Provider},
    rejection::{self, RejectionClass, RejectionKind},
    webhook::MemoryBudget,
};

use crate::probe::{self, Frames, NOW, Probe, at, data, finish_now, hex, mac, poll_now, wire};

const KEY: [u8; 32] = [7; 32];
const OTHER_KEY: [u8; 32] = [8; 32];
const BODY: &[u8] = br#"{"event":"order.created"}"#;
const OTHER_BODY: &[u8] = br#"{"event":"order.deleted"}"#;

type Headers = Vec<(&'static str, String)>;
type Sign = fn(&[u8], &[u8]) -> Headers;

fn generic(key: &[u8], body: &[u8]) -> Headers {
    vec![
        ("x-signature", hex(&mac(key, &[body]))),
        ("x-timestamp", NOW.to_string()),
    ]
}

fn github(key: &[u8], body: &[u8]) -> Headers {
    let signature = hex(&mac(key, &[body]));
    vec![("x-hub-signature-256", format!("sha256={signature}"))]
}

fn shopify(key: &[u8], body: &[u8]) -> Headers {
    let signature = Base64::encode_string(&mac(key, &[body]));
    vec![("x-shopify-hmac-sha256", signature)]
}

fn slack(key: &[u8], body: &[u8]) -> Headers {
    let now = NOW.to_string();
    let signature = hex(&mac(key, &[b"v0:", now.as_bytes(), b":", body]));
    vec![
        ("x-slack-request-timestamp", now),
        ("x-slack-signature", format!("v0={signature}")),
    ]
}

fn standard_webhooks(key: &[u8], body: &[u8]) -> Headers {
    let now = NOW.to_string();
    let signature = mac(key, &[b"msg_1.", now.as_bytes(), b".", body]);
    vec![
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", now),
        (
            "webhook-signature",
            format!("v1,{}", Base64::encode_string(&signature)),
        ),
    ]
}

fn stripe(key: &[u8], body: &[u8]) -> Headers {
    let now = NOW.to_string();
    let signature = hex(&mac(key, &[now.as_bytes(), b".", body]));
    vec![("stripe-signature", format!("t={now},v1={signature}"))]
}

/// Shopify requires 401. The tests compare the default status.
fn shopify_with_default_status() -> Provider {
    providers::shopify()
        .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::FORBIDDEN)
}

const SCHEMES: [(&str, fn() -> Provider, Sign); 6] = [
    ("generic", providers::generic, generic),
    ("github", providers::github, github),
    ("shopify", shopify_with_default_status, shopify),
    ("slack", providers::slack, slack),
    (
        "standard_webhooks",
        providers::standard_webhooks,
        standard_webhooks,
    ),
    ("stripe", providers::stripe, stripe),
];

fn key() -> Secret {
    Secret::from_bytes(KEY).unwrap()
}

fn layer(provider: Provider, keys: impl Into<Keys>) -> WebhookLayer {
    WebhookLayer::new(provider, keys).unwrap().clock(at(NOW))
}

fn request(headers: Headers, body: &'static [u8]) -> Request<Full<Bytes>> {
    request_of(headers, Full::new(Bytes::from_static(body)))
}

fn request_of<B>(headers: Headers, body: B) -> Request<B> {
    let mut request = Request::post("/hook").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(body).unwrap()
}

#[derive(Clone, Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    version: Version,
    headers: Vec<(String, HeaderValue)>,
    body: Bytes,
    trailers: Option<HeaderMap>,
}

/// Everything a caller can see of the answer, and the reason that it cannot see.
fn refused<B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>>(
    layer: &WebhookLayer,
    request: Request<B>,
) -> (Answer, RejectionKind) {
    let (probe, log) = Probe::new(0);
    let response = finish_now(layer.layer(probe).call(request)).unwrap();
    assert_eq!(log.called(), 0);
    answer(response)
}

fn answer<B>(response: Response<B>) -> (Answer, RejectionKind)
where
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let (parts, body) = response.into_parts();
    let reason = parts.extensions.get::<Rejection>().unwrap().kind().clone();
    let body = finish_now(body.collect()).unwrap();
    let trailers = body.trailers().cloned();
    let answer = Answer {
        status: parts.status,
        version: parts.version,
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect(),
        body: body.to_bytes(),
        trailers,
    };
    (answer, reason)
}

fn accepted(layer: &WebhookLayer, request: Request<Full<Bytes>>) -> bool {
    let (probe, log) = Probe::new(0);
    let response: Response<_> = finish_now(layer.layer(probe).call(request)).unwrap();
    response.status() == StatusCode::OK && log.called() == 1
}

#[test]
fn a_wrong_secret_and_a_wrong_body_get_the_same_answer() {
    for (name, provider, sign) in SCHEMES {
        for extra in 0..3 {
            let keys = (0..extra).fold(Keys::new(key()), |keys, byte| {
                keys.previous(Secret::from_bytes([byte + 1; 32]).unwrap())
            });
            let layer = layer(provider(), keys);
            assert!(accepted(&layer, request(sign(&KEY, BODY), BODY)), "{name}");

            let wrong_secret = refused(&layer, request(sign(&OTHER_KEY, BODY), BODY));
            let wrong_body = refused(&layer, request(sign(&KEY, BODY), OTHER_BODY));
            let empty_body = refused(&layer, request(sign(&KEY, BODY), b""));
            assert_eq!(wrong_secret.0.status, StatusCode::FORBIDDEN, "{name}");
            assert!(
                matches!(wrong_secret.1, RejectionKind::SignatureMismatch),
                "{name}: {:?}",
                wrong_secret.1
            );
            assert_eq!(wrong_secret.0, wrong_body.0, "{name}");
            assert_eq!(wrong_secret.0, empty_body.0, "{name}");
            assert_eq!(
                format!("{:?}", wrong_secret.1),
                format!("{:?}", wrong_body.1)
            );
        }
    }
}

#[test]
fn every_way_for_a_signature_to_be_wrong_gets_the_same_answer() {
    for (name, provider, sign) in SCHEMES {
        let layer = layer(provider(), key());
        let (mismatch, _) = refused(&layer, request(sign(&OTHER_KEY, BODY), BODY));
        let header = sign(&KEY, BODY)
            .into_iter()
            .find(|(name, _)| name.contains("sign") || name.contains("hmac"))
            .unwrap();
        // The time stays right where it sits in the same header, for it is looked at too.
        let (kept, signature) = match header.1.split_once(",v1=") {
            Some((time, signature)) => (format!("{time},v1="), signature.to_owned()),
            None => (String::new(), header.1.clone()),
        };
        for value in [
            format!("{kept}{}", &signature[..signature.len() - 2]),
            format!("{kept}{signature}ab"),
            format!("{kept}!"),
            kept.clone(),
        ] {
            let mut wrong = request(sign(&KEY, BODY), BODY);
            wrong.headers_mut().insert(header.0, value.parse().unwrap());
            let (answer, reason) = refused(&layer, wrong);
            assert_eq!(answer, mismatch, "{name}: {value:?}, {reason:?}");
        }
        let mut missing = request(sign(&KEY, BODY), BODY);
        missing.headers_mut().remove(header.0);
        let (answer, reason) = refused(&layer, missing);
        assert_eq!(answer, mismatch, "{name}: {reason:?}");
    }
}

#[test]
fn every_renderer_keeps_the_secret() {
    let renderers: [fn(&Rejection) -> Response<Bytes>; 3] =
        [rejection::json, rejection::problem_json, rejection::grpc];
    for renderer in renderers {
        let layer = layer(providers::generic(), key()).rejection_response(renderer);
        let (wrong_secret, _) = refused(&layer, request(generic(&OTHER_KEY, BODY), BODY));
        let (wrong_body, _) = refused(&layer, request(generic(&KEY, BODY), OTHER_BODY));
        assert_eq!(wrong_secret, wrong_body);
        let mut missing = request(generic(&KEY, BODY), BODY);
        missing.headers_mut().remove("x-signature");
        assert_eq!(refused(&layer, missing).0, wrong_secret);
    }
}

async fn serve(layer: WebhookLayer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = layer.layer(Probe::new(0).0);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

/// All that comes back over TCP, without the line of the date.
async fn exchange(address: SocketAddr, headers: Headers, body: &[u8]) -> String {
    let mut text = format!(
        "POST /hook HTTP/1.1\r\nhost: hooks.example.com\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text.push_str("\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = String::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_string(&mut answer));
    read.await.expect("an answer").unwrap();
    let lines = answer.split_inclusive("\r\n");
    lines.filter(|line| !line.starts_with("date: ")).collect()
}

#[tokio::test]
async fn the_answers_are_the_same_over_a_socket() {
    for (name, provider, sign) in SCHEMES {
        let address = serve(layer(provider(), key())).await;
        let good = exchange(address, sign(&KEY, BODY), BODY).await;
        assert!(good.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {good}");
        let wrong_secret = exchange(address, sign(&OTHER_KEY, BODY), BODY).await;
        let wrong_body = exchange(address, sign(&KEY, BODY), OTHER_BODY).await;
        let start = "HTTP/1.1 403 Forbidden\r\n";
        assert!(wrong_secret.starts_with(start), "{name}: {wrong_secret}");
        assert_eq!(wrong_secret, wrong_body, "{name}");
    }
}

// ===== tenants, and keys that have expired =====

fn secret(byte: u8) -> Secret {
    Secret::from_bytes([byte; 32]).unwrap()
}

/// The tenants: one with [`KEY`] alone, one with older keys too, and two whose [`KEY`] has expired.
/// There are no others.
fn keys_of(tenant: &str) -> Option<Keys> {
    let last = UNIX_EPOCH + Duration::from_secs(NOW - 1);
    match tenant {
        "one" => Some(key().into()),
        "many" => Keys::newest_first(iter::once(key()).chain((1..6).map(secret))),
        "late" => Some(Keys::new(key().not_after(last))),
        "later" => Some(Keys::new(secret(1)).previous(key().label("old").not_after(last))),
        _ => None,
    }
}

/// The tenant is in a header, so that the requests of all tenants have the same path.
fn per_tenant(provider: Provider) -> WebhookLayer {
    let source = |head: RequestHead<'_>| {
        let tenant = head.headers().get("x-tenant");
        let tenant = tenant.and_then(|tenant| tenant.to_str().ok());
        ready(Ok::<_, Infallible>(tenant.and_then(keys_of)))
    };
    let layer = WebhookLayer::with_key_source(provider, source);
    layer.unwrap().clock(at(NOW))
}

fn to(tenant: &str, mut headers: Headers) -> Headers {
    headers.push(("x-tenant", tenant.to_owned()));
    headers
}

/// Whose delivery, signed with which key over which body; it carries [`BODY`]. The last is why it
/// is refused.
const REFUSED: [(&str, &[u8], &[u8], &str); 16] = [
    ("one", &OTHER_KEY, BODY, "SignatureMismatch"),
    ("one", &KEY, OTHER_BODY, "SignatureMismatch"),
    ("one", &KEY, b"", "SignatureMismatch"),
    ("one", &[1; 32], BODY, "SignatureMismatch"),
    ("many", &OTHER_KEY, BODY, "SignatureMismatch"),
    ("many", &KEY, OTHER_BODY, "SignatureMismatch"),
    ("many", &[2; 32], OTHER_BODY, "SignatureMismatch"),
    ("late", &KEY, BODY, "ExpiredKey"),
    ("late", &KEY, OTHER_BODY, "SignatureMismatch"),
    ("later", &KEY, BODY, "ExpiredKey"),
    ("later", &OTHER_KEY, BODY, "SignatureMismatch"),
    ("nobody", &KEY, BODY, "UnknownTenant"),
    ("nobody", &OTHER_KEY, BODY, "UnknownTenant"),
    ("nobody", &KEY, OTHER_BODY, "UnknownTenant"),
    ("nobody", b"decoy", BODY, "UnknownTenant"),
    ("", &KEY, BODY, "UnknownTenant"),
];

fn name_of(kind: &RejectionKind) -> String {
    let text = format!("{kind:?}");
    text.split(' ').next().unwrap().to_owned()
}

/// 29: who is not a tenant, who signed with a key that has expired, and who cannot sign at all.
#[test]
fn tenants_are_not_told_apart() {
    let renderers: [fn(&Rejection) -> Response<Bytes>; 3] =
        [rejection::json, rejection::problem_json, rejection::grpc];
    for (name, provider, sign) in SCHEMES {
        for renderer in renderers {
            let fixed = layer(provider(), key()).rejection_response(renderer);
            let layer = per_tenant(provider()).rejection_response(renderer);
            for in_grpc in [false, true] {
                let asked = |tenant, headers| {
                    let mut request = request_of(to(tenant, headers), ());
                    if in_grpc {
                        *request.version_mut() = Version::HTTP_2;
                        let kind = HeaderValue::from_static("application/grpc");
                        request.headers_mut().insert("content-type", kind);
                    }
                    request
                };
                let whole = |()| Full::new(Bytes::from_static(BODY));
                let frames = |size: usize| Frames::of(BODY.chunks(size).map(data));
                let mismatch = asked("one", sign(&OTHER_KEY, BODY)).map(whole);
                let (mismatch, _) = refused(&fixed, mismatch);
                for (tenant, key, signed, kind) in REFUSED {
                    let request = || asked(tenant, sign(key, signed));
                    let outcomes = [
                        refused(&layer, request().map(whole)),
                        refused(&layer, request().map(|()| frames(1))),
                        refused(&layer, request().map(|()| frames(9))),
                    ];
                    for (answer, reason) in outcomes {
                        assert_eq!(answer, mismatch, "{name}: {tenant:?}: {reason:?}");
                        assert_eq!(name_of(&reason), kind, "{name}: {tenant:?}");
                    }
                }
            }
            for (tenant, key) in [
                ("one", KEY),
                ("many", KEY),
                ("many", [2; 32]),
                ("later", [1; 32]),
            ] {
                let request = request(to(tenant, sign(&key, BODY)), BODY);
                assert!(accepted(&layer, request), "{name}: {tenant:?}");
            }
        }
    }
}

#[tokio::test]
async fn tenants_are_not_told_apart_over_a_socket() {
    for (name, provider, sign) in SCHEMES {
        let address = serve(per_tenant(provider())).await;
        let good = exchange(address, to("many", sign(&[2; 32], BODY)), BODY).await;
        assert!(good.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {good}");
        let fixed = serve(layer(provider(), key())).await;
        let mismatch = exchange(fixed, sign(&OTHER_KEY, BODY), BODY).await;
        let start = "HTTP/1.1 403 Forbidden\r\n";
        assert!(mismatch.starts_with(start), "{name}: {mismatch}");
        for (tenant, key, signed, _) in REFUSED {
            let answer = exchange(address, to(tenant, sign(key, signed)), BODY).await;
            assert_eq!(answer, mismatch, "{name}: {tenant:?}");
        }
    }
}

/// How a body ends.
#[derive(Clone, Copy)]
enum End {
    Plain,
    BreaksOff,
    Trailers,
}

/// Frames that are there at once, and how often one was asked for.
struct Counted {
    frames: Box<dyn Iterator<Item = Bytes>>,
    end: End,
    polls: Arc<AtomicUsize>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        this.polls.fetch_add(1, SeqCst);
        Poll::Ready(match (this.frames.next(), this.end) {
            (Some(bytes), _) => Some(Ok(data(bytes))),
            (None, End::Plain) => None,
            (None, End::BreaksOff) => Some(Err("reset")),
            (None, End::Trailers) => Some(Ok(Frame::trailers(probe::trailers()))),
        })
    }
}

/// 29: the body of a request that cannot pass is read as far as that of one that can.
#[test]
fn tenants_are_read_as_far_as_each_other() {
    let pieces = || BODY.chunks(5).map(Bytes::from_static).collect::<Vec<_>>();
    let bodies = |count| vec![Bytes::from_static(BODY); count];
    let limit = 30 * BODY.len();
    let large = vec![Bytes::from(vec![b'x'; limit + 1])];
    let over = Some(limit as u64 + 1);
    // The frames and what follows them, the length that is declared, the status, and how often a
    // frame is asked for.
    let rows = [
        ("one frame", bodies(1), End::Plain, None, 403, 2),
        ("many frames", pieces(), End::Plain, None, 403, 6),
        ("no frame", bodies(0), End::Plain, None, 403, 1),
        ("exactly the limit", bodies(30), End::Plain, None, 403, 31),
        ("over the limit", bodies(31), End::Plain, None, 413, 31),
        ("over the limit at once", large, End::Plain, None, 413, 1),
        ("declared so", pieces(), End::Plain, over, 413, 0),
        ("a lie", pieces(), End::Plain, Some(1), 403, 6),
        ("breaks off", pieces(), End::BreaksOff, None, 400, 6),
        (
            "breaks off at once",
            bodies(0),
            End::BreaksOff,
            None,
            400,
            1,
        ),
        ("trailers", pieces(), End::Trailers, None, 400, 6),
    ];
    let layer = per_tenant(providers::generic())
        .body_limit(limit)
        .reject_trailers();
    let tight = MemoryBudget::new(3 * BODY.len());
    for (layer, is_tight) in [(layer.clone(), false), (layer.memory_budget(tight), true)] {
        for (what, frames, end, declared, status, polls) in &rows {
            let mut first = None;
            for (tenant, key, _, _) in REFUSED {
                let mut headers = to(tenant, generic(key, OTHER_BODY));
                if let Some(declared) = declared {
                    headers.push(("content-length", declared.to_string()));
                }
                let polled = Arc::default();
                let body = Counted {
                    frames: Box::new(frames.clone().into_iter()),
                    end: *end,
                    polls: Arc::clone(&polled),
                };
                let (answer, _) = refused(&layer, request_of(headers, body));
                let polled = polled.load(SeqCst);
                if !is_tight {
                    assert_eq!(answer.status, *status, "{what}: {tenant:?}");
                    assert_eq!(polled, *polls, "{what}: {tenant:?}");
                }
                let got = (answer, polled);
                let first = first.get_or_insert_with(|| got.clone());
                assert_eq!(got, *first, "{what}: {tenant:?}");
            }
        }
    }
}

/// 29: there is no answer before the body's end, nor later than its deadline.
#[tokio::test(start_paused = true)]
async fn tenants_wait_as_long_as_each_other() {
    let layer = per_tenant(providers::generic());
    let mut answers = Vec::new();
    for (tenant, key, signed, _) in REFUSED {
        for is_complete in [true, false] {
            let (sender, body) = wire();
            let request = request_of(to(tenant, generic(key, signed)), body);
            let mut service = layer.layer(Probe::new(0).0);
            let mut call = Box::pin(service.call(request));
            assert!(poll_now(call.as_mut()).is_pending(), "{tenant:?}");
            for piece in BODY.chunks(10) {
                tokio::time::advance(Duration::from_millis(3300)).await;
                assert!(poll_now(call.as_mut()).is_pending(), "{tenant:?}");
                sender.send(Ok(data(piece))).unwrap();
                assert!(poll_now(call.as_mut()).is_pending(), "{tenant:?}");
            }
            if is_complete {
                drop(sender);
            } else {
                tokio::time::advance(Duration::from_millis(101)).await;
            }
            let Poll::Ready(response) = poll_now(call.as_mut()) else {
                panic!("{tenant:?}: no answer");
            };
            let (answer, reason) = answer(response.unwrap());
            let status = if is_complete { 403 } else { 408 };
            assert_eq!(answer.status, status, "{tenant:?}: {reason:?}");
            answers.push(answer);
        }
    }
    for pair in answers.chunks(2) {
        assert_eq!(pair, answers.get(..2).unwrap());
    }
}
