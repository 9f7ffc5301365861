//! Bodies that are too long, too slow, broken off, oddly framed or oddly filled, and the promise
//! that the inner service sees what was sent. The numbers are those of `tests/README.md`.

use std::{
    convert::Infallible,
    error::Error,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, ready},
    thread,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Version, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::{
    compression::CompressionLayer, decompression::RequestDecompressionLayer,
    limit::RequestBodyLimitLayer,
};
use tower_webhook::{
    Keys, Secret, Verified, VerifiedBody, WebhookLayer, providers, webhook::Webhook,
};

use crate::support::{
    Answer, BODY, Delivery, Expect, Expect::Forwarded, RecordingService, Report, Rig, Script, Step,
    base64, generic, github, invalid_request, invalid_signature, mac256, now, secret, send,
    shopify, slack, test_clock, timeout, too_large, with_any_method,
};

const MISMATCH: Expect = invalid_signature("SignatureMismatch");
const BROKEN: Expect = invalid_request("BodyReadError");
const CONFLICTING: Expect = invalid_request("ConflictingHeader");
const MALFORMED: Expect = invalid_request("MalformedHeader");

/// The plain scheme, at a moment that stands still.
fn layer() -> WebhookLayer {
    WebhookLayer::new(providers::generic(), secret())
        .unwrap()
        .clock(test_clock())
}

fn good() -> Delivery {
    generic(now(), BODY)
}

fn rig(layer: WebhookLayer) -> Rig {
    Rig::new(layer, good())
}

/// 17: no body is a body too.
#[tokio::test]
async fn no_body() {
    let layer = WebhookLayer::new(with_any_method(providers::generic()), secret()).unwrap();
    let rig = rig(layer.clock(test_clock()));
    let empty = generic(now(), "");
    let wrong = || empty.clone().set("x-signature", "0".repeat(64));
    let frames = || Script::new(vec![Step::data(""); 3]);
    let rows = [
        ("none, right", empty.clone().request(), Forwarded),
        ("none, wrong", wrong().request(), MISMATCH),
        (
            "none, by GET",
            empty.clone().method(Method::GET).request(),
            Forwarded,
        ),
        (
            "no frame, no length",
            empty.clone().with(Script::new([])),
            Forwarded,
        ),
        (
            "empty frames, right",
            empty.clone().with(frames()),
            Forwarded,
        ),
        ("empty frames, wrong", wrong().with(frames()), MISMATCH),
        (
            "none, `Content-Length: 0`",
            empty.clone().header("content-length", "0").request(),
            Forwarded,
        ),
        (
            "none where one was signed",
            good().body("").request(),
            MISMATCH,
        ),
        (
            "one where none was signed",
            empty.clone().body("x").request(),
            MISMATCH,
        ),
        (
            "one where none was signed, behind an empty frame",
            empty.with(Script::new([Step::data(""), Step::data("x")]).knowing_its_end()),
            MISMATCH,
        ),
    ];
    let mut report = Report::default();
    for (name, request, expect) in rows {
        report.note(rig.check(&format!("17: {name}"), request, expect).await);
    }
    report.finish();
}

/// A length that is no multiple of any frame size, and well over what the layer copies.
const LIMIT: usize = 30_011;

fn text(length: usize) -> Vec<u8> {
    (0..length)
        .map(|n| b"0123456789abcdefghi"[n % 19])
        .collect()
}

/// 17 and 18: one below the limit, the limit, one above it; by length, and in frames without one.
#[tokio::test]
async fn the_limit() {
    let rig = rig(layer().body_limit(LIMIT));
    let mut report = Report::default();
    for length in [LIMIT - 1, LIMIT, LIMIT + 1, LIMIT + 4096, LIMIT * 2] {
        let body = text(length);
        let delivery = generic(now(), &body);
        let expect = if length > LIMIT {
            too_large()
        } else {
            Forwarded
        };
        let over = length.saturating_sub(LIMIT);

        let sized = delivery
            .clone()
            .header("content-length", length.to_string());
        let unread = sized.clone().request();
        let probe = unread.body().probe();
        let name = format!("18: {length} by `Content-Length`");
        report.note(rig.check(&name, unread, expect).await);
        assert_eq!(probe.polls() > 0, over == 0, "{name}: read or not");

        let name = format!("18: {length} by the body's own size");
        report.note(rig.check(&name, delivery.clone().request(), expect).await);

        for size in [1, 19, 4095, 4096, 4097, LIMIT, LIMIT + 1] {
            let name = format!("18: {length} in frames of {size}");
            let script = Script::chunks(&body, size);
            let probe = script.probe();
            report.note(
                rig.check(&name, delivery.clone().with(script), expect)
                    .await,
            );
            if over > 0 {
                let most = LIMIT / size + 1;
                assert!(probe.polls() <= most, "{name}: read on after the limit");
            }
        }

        // A length that is too small does not raise the limit, and the limit holds whatever it
        // says.
        let name = format!("18: {length} where the length says 1");
        let lying = delivery.header("content-length", "1");
        let script = Script::chunks(&body, 1000);
        report.note(rig.check(&name, lying.with(script), expect).await);
    }
    report.finish();
}

/// 17: short and long frames in every order of four, under the current secret and under an old one:
/// the order of the bytes is kept where frames are put together and where they are hashed again.
#[tokio::test]
async fn frames_of_mixed_sizes() {
    const SIZES: [usize; 5] = [0, 1, 100, 4096, 5000];
    let keys = Keys::new(Secret::new("the new one").unwrap()).previous(secret());
    let rotated = WebhookLayer::new(providers::generic(), keys).unwrap();
    let rotated = rig(rotated.clock(test_clock()));
    let current = rig(layer());
    let mut report = Report::default();
    for n in 0..SIZES.len().pow(4) {
        let sizes = [0, 1, 2, 3].map(|location| SIZES[n / SIZES.len().pow(location) % SIZES.len()]);
        let body = text(sizes.iter().sum());
        let mut rest = &body[..];
        let steps = sizes.map(|size| {
            let (frame, tail) = rest.split_at(size);
            rest = tail;
            Step::data(frame)
        });
        let delivery = generic(now(), &body);
        for rig in [&current, &rotated] {
            let script = || Script::new(steps.clone());
            for script in [script(), script().knowing_its_end()] {
                let request = delivery.clone().with(script);
                let name = format!("17: frames of {sizes:?}");
                report.note(rig.check(&name, request, Forwarded).await);
            }
        }
    }
    report.finish();
}

/// 17: what a length may be; nothing of the body is read where it is too large or cannot be read.
#[tokio::test]
async fn declared_lengths() {
    let huge = (1_u64 << 62).to_string();
    let forty = "1".repeat(40);
    let exact = BODY.len().to_string();
    let rows: &[(&str, &[&[u8]], Expect)] = &[
        ("right", &[exact.as_bytes()], Forwarded),
        (
            "right, twice",
            &[exact.as_bytes(), exact.as_bytes()],
            Forwarded,
        ),
        (
            "right, noughts before",
            &[b"0000000000000000000000000000000000000037"],
            Forwarded,
        ),
        ("2^62", &[huge.as_bytes()], too_large()),
        ("u64::MAX", &[b"18446744073709551615"], too_large()),
        ("u64::MAX + 1", &[b"18446744073709551616"], too_large()),
        ("forty digits", &[forty.as_bytes()], too_large()),
        ("the limit and one", &[b"1048577"], too_large()),
        (
            "right, then too large",
            &[exact.as_bytes(), huge.as_bytes()],
            CONFLICTING,
        ),
        ("below nought", &[b"-1"], MALFORMED),
        ("a plus", &[b"+37"], MALFORMED),
        ("letters", &[b"abc"], MALFORMED),
        ("base 16", &[b"0x25"], MALFORMED),
        ("a fraction", &[b"37.0"], MALFORMED),
        ("empty", &[b""], MALFORMED),
        ("a space", &[b" "], MALFORMED),
        ("a space in it", &[b"3 7"], MALFORMED),
        ("a list", &[b"37, 38"], MALFORMED),
        ("bytes outside ASCII", &[b"\xff"], MALFORMED),
        (
            "right, then letters",
            &[exact.as_bytes(), b"abc"],
            CONFLICTING,
        ),
    ];
    assert_eq!(BODY.len(), 37);
    let rig = rig(layer());
    let mut report = Report::default();
    for &(name, values, expect) in rows {
        let add = |delivery: Delivery, value: &&[u8]| delivery.header("content-length", value);
        let delivery = values.iter().fold(good(), add);
        let request = delivery.request();
        let probe = request.body().probe();
        report.note(rig.check(&format!("17: {name}"), request, expect).await);
        assert_eq!(
            probe.polls() > 0,
            expect == Forwarded,
            "17: {name}: read or not"
        );
    }

    // Two real bytes under a size that the body itself claims.
    let script = Script::new([Step::data("{}")]).of_size(1 << 62);
    let request = generic(now(), "{}").with(script);
    report.note(
        rig.check("17: a size hint of 2^62", request, too_large())
            .await,
    );
    let script = Script::new([Step::data("{}")]).of_size(u64::MAX);
    let request = generic(now(), "{}").with(script);
    report.note(
        rig.check("17: a size hint of u64::MAX", request, too_large())
            .await,
    );
    report.finish();
}

/// 18: the limit is the provider's where it has one, 1 MiB where it has none, and the layer's own
/// before either.
#[tokio::test]
async fn whose_limit_it_is() {
    const MIB: usize = 1 << 20;
    let declare = |delivery: Delivery, length: usize| {
        delivery
            .header("content-length", length.to_string())
            .request()
    };
    let github_layer = WebhookLayer::new(providers::github(), secret()).unwrap();
    let by_github = Rig::new(github_layer.clone(), github(BODY));
    let own = Rig::new(github_layer.body_limit(100), github(BODY));
    let by_default = rig(layer());

    let mut report = Report::default();
    let rows = [
        (
            "GitHub's, 25 MiB",
            &by_github,
            github(BODY),
            25 * MIB,
            Forwarded,
        ),
        (
            "GitHub's, 25 MiB and 1",
            &by_github,
            github(BODY),
            25 * MIB + 1,
            too_large(),
        ),
        ("the default, 1 MiB", &by_default, good(), MIB, Forwarded),
        (
            "the default, 1 MiB and 1",
            &by_default,
            good(),
            MIB + 1,
            too_large(),
        ),
        ("the layer's own, 100", &own, github(BODY), 100, Forwarded),
        ("the layer's own, 101", &own, github(BODY), 101, too_large()),
    ];
    for (name, rig, delivery, length, expect) in rows {
        let request = declare(delivery, length);
        report.note(rig.check(&format!("18: {name}"), request, expect).await);
    }
    let body = text(MIB);
    let whole = generic(now(), &body).with(Script::chunks(&body, 65_536));
    report.note(
        by_default
            .check("18: 1 MiB in frames", whole, Forwarded)
            .await,
    );
    let body = text(MIB + 1);
    let over = generic(now(), &body).with(Script::chunks(&body, 65_536));
    report.note(
        by_default
            .check("18: 1 MiB and 1 in frames", over, too_large())
            .await,
    );
    let over = github(&body).with(Script::chunks(&body, 65_536));
    report.note(
        by_github
            .check("18: the same at GitHub's", over, Forwarded)
            .await,
    );

    let nothing = Rig::new(layer().body_limit(0), generic(now(), ""));
    let outcome = nothing.check("18: a limit of nought", good().request(), too_large());
    report.note(outcome.await);
    report.finish();
}

/// 18: a body that breaks off is never taken for a shorter one, even where all of it was there.
#[tokio::test]
async fn a_body_that_breaks_off() {
    let rows = [
        ("at once", vec![Step::Fail]),
        (
            "midway",
            vec![Step::data(&BODY[..10]), Step::Fail, Step::data(&BODY[10..])],
        ),
        ("after its last byte", vec![Step::data(BODY), Step::Fail]),
        (
            "after an empty frame",
            vec![Step::data(BODY), Step::data(""), Step::Fail],
        ),
    ];
    let rig = rig(layer());
    let mut report = Report::default();
    for (name, steps) in rows {
        let sized = Script::new(steps.clone()).of_size(BODY.len() as u64);
        let request = good().with(sized);
        report.note(
            rig.check(&format!("18: {name}, with a length"), request, BROKEN)
                .await,
        );
        let request = good().with(Script::new(steps));
        report.note(rig.check(&format!("18: {name}"), request, BROKEN).await);
    }
    let nothing = generic(now(), "").with(Script::new([Step::Fail]));
    report.note(
        rig.check("18: where nothing was signed", nothing, BROKEN)
            .await,
    );
    report.finish();
}

/// 18: the error of a body that fails is the source of the rejection, and the client does not see
/// it.
#[tokio::test]
async fn keeps_the_error_of_a_failed_body_from_the_client() {
    let service = layer().layer(RecordingService::default());
    let request = good().with(Script::new([Step::data("x"), Step::Fail]));
    let request =
        request.map(|body| body.map_err(|_| std::io::Error::other("reset by peer 10.0.0.1")));
    let answer = send(&service, request).await;
    assert_eq!(answer.wire().0, 400);
    assert!(!answer.text().contains("reset"), "{}", answer.text());
    assert!(
        answer
            .headers
            .values()
            .all(|value| !value.as_bytes().ends_with(b"10.0.0.1")),
        "{:?}",
        answer.headers
    );
    let rejection = answer.rejection.as_ref().unwrap();
    let source = rejection.source().unwrap();
    assert!(source.is::<std::io::Error>(), "{source:?}");
    assert_eq!(source.to_string(), "reset by peer 10.0.0.1");
    assert_eq!(rejection.to_string(), "failed to read the body");
}

/// A layer outside with a lower limit cuts the body off. The answer is that of a body over the
/// limit.
#[tokio::test]
async fn answers_413_if_a_limit_layer_outside_cuts_the_body_off() {
    let inner = RecordingService::default();
    let outer = || RequestBodyLimitLayer::new(BODY.len() - 1);
    let service = ServiceBuilder::new()
        .layer(outer())
        .layer(layer())
        .service(inner.clone());
    // The error of axum's body has the limit's error as its source.
    let boxed = ServiceBuilder::new()
        .layer(outer())
        .map_request(|request: Request<_>| request.map(axum::body::Body::new))
        .layer(layer())
        .service(inner.clone());
    for step in [BODY.len(), 7, 1] {
        let request = || good().with(Script::chunks(BODY, step));
        for answer in [
            send(&service, request()).await,
            send(&boxed, request()).await,
        ] {
            assert_eq!(answer.kind(), "OuterLimitExceeded", "frames of {step}");
            let wire = (
                413,
                Some("application/json"),
                r#"{"error":"Payload too large"}"#,
            );
            assert_eq!(answer.wire(), wire, "frames of {step}");
        }
    }
    assert_eq!(inner.calls(), 0);
    let as_long = ServiceBuilder::new()
        .layer(RequestBodyLimitLayer::new(BODY.len()))
        .layer(layer())
        .service(inner.clone());
    let answer = send(&as_long, good().with(Script::chunks(BODY, 7))).await;
    assert_eq!((answer.wire().0, inner.calls()), (200, 1));
}

/// 18: a client that goes away while its body is being read: the body is let go at once, the inner
/// service is not called, and the next is served.
#[tokio::test]
async fn a_client_that_goes_away() {
    let stages = [
        vec![Step::Silence],
        vec![Step::data(&BODY[..10]), Step::Silence],
        vec![Step::data(BODY), Step::Silence],
        vec![Step::data(BODY), Step::data(""), Step::Silence],
    ];
    let rig = rig(layer());
    for steps in stages {
        let script = Script::new(steps);
        let probe = script.probe();
        let response = rig.service.clone().oneshot(good().with(script));
        let mut task = tokio_test::task::spawn(response);
        assert!(task.poll().is_pending());
        assert!(task.poll().is_pending());
        drop(task);
        assert!(probe.is_dropped());
        assert_eq!(rig.inner.calls(), 0);
    }
    let answer = send(&rig.service, good().request()).await;
    assert_eq!((answer.status.as_u16(), rig.inner.calls()), (200, 1));
}

/// A hyper server around `service` that counts the closed connections.
async fn serve(service: Webhook<RecordingService>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let over = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&over);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
                count.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    (address, over)
}

/// The head of a delivery over HTTP/1.1, with `framing` for its body.
fn wire_head(delivery: &Delivery, framing: &str) -> String {
    let headers = delivery.head.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap();
        format!("{name}: {value}\r\n")
    });
    let headers: String = headers.collect();
    format!("POST /webhook HTTP/1.1\r\nhost: localhost\r\n{headers}{framing}\r\n\r\n")
}

/// Sends `bytes` over a connection of its own and reads until the server closes it.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// 18: the same over a socket: clients that hang up in the middle of their bodies, then a good one.
#[tokio::test]
async fn clients_that_hang_up() {
    let rig = rig(layer());
    let (address, over) = serve(rig.service.clone()).await;
    let half = &BODY[..10];
    let chunk = [b"a\r\n", half, b"\r\n"].concat();
    let rows: [(&str, Vec<u8>); 5] = [
        ("content-length: 37", half.to_vec()),
        ("content-length: 37", Vec::new()),
        ("transfer-encoding: chunked", chunk.clone()),
        ("transfer-encoding: chunked", chunk[..6].to_vec()),
        (
            "transfer-encoding: chunked",
            [&b"25\r\n"[..], BODY, b"\r\n"].concat(),
        ),
    ];
    let hung_up = rows.len();
    for (framing, part) in rows {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(wire_head(&good(), framing).as_bytes())
            .await
            .unwrap();
        stream.write_all(&part).await.unwrap();
        drop(stream);
    }
    let all_over = async {
        while over.load(Ordering::SeqCst) < hung_up {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_over)
        .await
        .expect("the server notices");
    assert_eq!(rig.inner.calls(), 0);

    let head = wire_head(&good(), "connection: close\r\ncontent-length: 37");
    let answer = exchange(address, &[head.as_bytes(), BODY].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nhandled"), "{answer}");
    assert_eq!(rig.inner.calls(), 1);
    assert_eq!(rig.inner.last().body, BODY);
}

/// 18: refusals reach a client over a socket, with a body in chunks and with one that was not read.
#[tokio::test]
async fn refusals_over_a_socket() {
    let rig = rig(layer().body_limit(100));
    let (address, _) = serve(rig.service.clone()).await;
    let close = |framing: &str| format!("connection: close\r\n{framing}");
    let long = text(101);
    let long_delivery = generic(now(), &long);
    let chunked = [b"65\r\n", &long[..], b"\r\n0\r\n\r\n"].concat();
    let rows: [(Delivery, &str, &[u8], &str, &str); 5] = [
        (
            good().set("x-signature", "00"),
            "content-length: 37",
            BODY,
            "403 Forbidden",
            r#"{"error":"Invalid signature"}"#,
        ),
        (
            good().body("x"),
            "content-length: 1",
            b"x",
            "403 Forbidden",
            r#"{"error":"Invalid signature"}"#,
        ),
        (
            long_delivery.clone(),
            "content-length: 101",
            &long,
            "413 Payload Too Large",
            r#"{"error":"Payload too large"}"#,
        ),
        (
            long_delivery,
            "transfer-encoding: chunked",
            &chunked,
            "413 Payload Too Large",
            r#"{"error":"Payload too large"}"#,
        ),
        (
            good().set("x-timestamp", "0"),
            "content-length: 37",
            BODY,
            "400 Bad Request",
            r#"{"error":"Request expired"}"#,
        ),
    ];
    for (delivery, framing, body, status, text) in rows {
        let head = wire_head(&delivery, &close(framing));
        let answer = exchange(address, &[head.as_bytes(), body].concat()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{answer}"
        );
        assert!(
            answer.contains("content-type: application/json\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with(&format!("\r\n\r\n{text}")), "{answer}");
    }
    assert_eq!(rig.inner.calls(), 0);
}

/// A byte a second.
fn trickle(body: &[u8]) -> Vec<Step> {
    let bytes = body.chunks(1);
    bytes
        .flat_map(|byte| [Step::Wait(Duration::from_secs(1)), Step::data(byte)])
        .collect()
}

/// How long `request` takes by the paused clock, give or take what a timer rounds.
async fn timed(rig: &Rig, request: Request<Script>) -> (Answer, Duration) {
    let start = Instant::now();
    let answer = send(&rig.service, request).await;
    (answer, start.elapsed())
}

/// 18: a body that is slower than the deadline is refused at the deadline, whatever keeps coming.
#[tokio::test(start_paused = true)]
async fn slow_bodies() {
    let second = Duration::from_secs(1);
    let wait = |seconds| Step::Wait(second * seconds);
    let rest = || Step::data(&BODY[10..]);
    let begin = || Step::data(&BODY[..10]);
    let just_in_time = Duration::from_millis(9_990);
    let rows: [(&str, Option<u64>, Vec<Step>, u64); 12] = [
        ("nothing ever", Some(10), vec![Step::Silence], 10),
        (
            "a begin and no more",
            Some(10),
            vec![begin(), Step::Silence],
            10,
        ),
        (
            "all but the end",
            Some(10),
            vec![Step::data(BODY), Step::Silence],
            10,
        ),
        ("a byte a second", Some(10), trickle(BODY), 10),
        ("a byte a second, 3 s", Some(3), trickle(BODY), 3),
        ("an empty frame a second", Some(10), trickle_empty(60), 10),
        (
            "too late by far",
            Some(10),
            vec![begin(), wait(3600), rest()],
            10,
        ),
        (
            "an hour, 2 hours",
            Some(7200),
            vec![begin(), wait(3600), rest()],
            0,
        ),
        (
            "a day, no deadline",
            None,
            vec![begin(), wait(86_400), rest()],
            0,
        ),
        ("a byte a second, no deadline", None, trickle(BODY), 0),
        (
            "just in time",
            Some(10),
            vec![begin(), Step::Wait(just_in_time), rest()],
            0,
        ),
        ("nine short waits", Some(10), nine_waits(), 0),
    ];
    for (name, deadline, steps, refused_at) in rows {
        let deadline = deadline.map(Duration::from_secs);
        let rig = rig(layer().body_deadline(deadline));
        let script = Script::new(steps);
        let probe = script.probe();
        let (answer, took) = timed(&rig, good().with(script)).await;
        assert!(probe.is_dropped(), "18: {name}: the body is kept");
        if refused_at == 0 {
            assert_eq!(
                (answer.status.as_u16(), rig.inner.calls()),
                (200, 1),
                "18: {name}"
            );
            continue;
        }
        let wire = (
            408,
            Some("application/json"),
            r#"{"error":"Request timeout"}"#,
        );
        assert_eq!(answer.wire(), wire, "18: {name}");
        assert_eq!(answer.kind(), "BodyTimeout", "18: {name}");
        let due = Duration::from_secs(refused_at);
        let slack = Duration::from_millis(2);
        assert!(
            took >= due && took <= due + slack,
            "18: {name}: after {took:?}"
        );
        assert_eq!(rig.inner.calls(), 0, "18: {name}");
        let next = send(&rig.service, good().request()).await;
        assert_eq!(next.status, 200, "18: {name}: the next one");
    }
}

fn trickle_empty(seconds: usize) -> Vec<Step> {
    let step = [Step::Wait(Duration::from_secs(1)), Step::data("")];
    vec![step; seconds].concat()
}

fn nine_waits() -> Vec<Step> {
    let mut steps: Vec<_> = trickle(BODY).into_iter().take(18).collect();
    steps.push(Step::data(&BODY[9..]));
    steps
}

/// 18: ten seconds are the default.
#[tokio::test(start_paused = true)]
async fn the_default_deadline() {
    let rig = rig(layer());
    let (answer, took) = timed(&rig, good().with(Script::new([Step::Silence]))).await;
    assert_eq!(answer.status, 408);
    assert_eq!(took.as_secs(), 10);
}

/// 18: the deadline is the body's. What the inner service takes is its own affair.
#[tokio::test(start_paused = true)]
async fn a_slow_handler_is_not_a_slow_body() {
    let service = layer().layer(service_fn(|_: Request<VerifiedBody>| async {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"at last"))))
    }));
    let script = Script::new([Step::Wait(Duration::from_secs(9)), Step::data(BODY)]);
    let answer = send(&service, good().with(script)).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "at last"));
}

/// 18: two bodies at once, one of which never comes: the other is not held up.
#[tokio::test(start_paused = true)]
async fn a_slow_body_holds_up_nobody() {
    let rig = rig(layer());
    let slow = good().with(Script::new([Step::Silence]));
    let quick = good().request();
    let ((slow, slow_took), (quick, quick_took)) =
        tokio::join!(timed(&rig, slow), timed(&rig, quick));
    assert_eq!((slow.status.as_u16(), slow_took.as_secs()), (408, 10));
    assert_eq!((quick.status.as_u16(), quick_took.as_secs()), (200, 0));
}

/// 19: a body that always has another empty frame does not keep the thread for itself: on a runtime
/// of one thread, other tasks go on, the deadline comes, and the next delivery is served.
#[test]
fn empty_frames_without_end() {
    let (done, outcome) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let result = runtime.block_on(async {
            // The runtime is never idle here, so that time does not pass by itself.
            let ticks = tokio::spawn(async {
                loop {
                    tokio::time::advance(Duration::from_millis(100)).await;
                }
            });
            let rig = rig(layer());
            let mut body = Script::new([Step::data(BODY), Step::data("")]);
            body.repeats_last = true;
            let endless = good().with(body);
            let start = Instant::now();
            let result = rig
                .check("19: empty frames without end", endless, timeout())
                .await;
            ticks.abort();
            result.map(|()| start.elapsed())
        });
        done.send(result).unwrap();
    });
    let outcome = outcome.recv_timeout(Duration::from_secs(60));
    let took = outcome.expect("the thread is let go").unwrap();
    assert!(took.as_secs() == 10, "after {took:?}");
}

/// 19: nor does one whose frames use up what Tokio lets a task do at a time, of which no timer
/// would hear.
#[tokio::test(start_paused = true)]
async fn frames_that_use_up_the_budget() {
    struct Greedy;

    impl Body for Greedy {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let turn = pin!(tokio::task::coop::consume_budget());
            ready!(turn.poll(cx));
            Poll::Ready(Some(Ok(Frame::data(Bytes::new()))))
        }
    }

    let ticks = tokio::spawn(async {
        loop {
            tokio::time::advance(Duration::from_millis(100)).await;
        }
    });
    let inner = RecordingService::default();
    let service = layer().layer(inner.clone());
    let start = Instant::now();
    let answer = send(&service, good().request().map(|_: Script| Greedy));
    let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
    ticks.abort();
    assert_eq!(answer.expect("an answer").status.as_u16(), 408);
    assert_eq!((start.elapsed().as_secs(), inner.calls()), (10, 0));
}

/// 18: a body that is there at once needs no timer, and so no runtime.
#[test]
fn a_body_that_is_there_needs_no_runtime() {
    let rig = rig(layer());
    for script in [
        Script::whole(Bytes::from_static(BODY)),
        Script::chunks(BODY, 1),
    ] {
        let response = rig.service.clone().oneshot(good().with(script));
        let mut task = tokio_test::task::spawn(response);
        let response = tokio_test::assert_ready!(task.poll()).unwrap();
        assert_eq!(response.status(), 200);
    }
}

/// 19: odd framings of one body.
#[tokio::test(start_paused = true)]
async fn odd_frames() {
    let empty = || Step::data("");
    let data = || Step::data(BODY);
    let trailer = || Step::trailer("x-checksum", "1");
    let second = || Step::Wait(Duration::from_secs(1));
    let between: Vec<_> = BODY
        .chunks(1)
        .flat_map(|byte| [empty(), Step::data(byte)])
        .collect();
    let rows: [(&str, Vec<Step>, bool); 14] = [
        ("one frame", vec![data()], false),
        ("an empty frame before", vec![empty(), data()], false),
        ("empty frames before", vec![empty(), empty(), data()], false),
        ("an empty frame after", vec![data(), empty()], false),
        ("empty frames between", between, false),
        ("a thousand empty frames", vec![empty(); 1000], false),
        ("a pause before", vec![second(), data()], false),
        ("a pause after", vec![data(), second()], false),
        (
            "a pause before an empty frame",
            vec![data(), second(), empty()],
            false,
        ),
        ("trailers", vec![data(), trailer()], true),
        (
            "trailers after an empty frame",
            vec![data(), empty(), trailer()],
            true,
        ),
        (
            "trailers after a pause",
            vec![data(), second(), trailer()],
            true,
        ),
        ("trailers and no data", vec![trailer()], true),
        (
            "trailers after pieces",
            vec![Step::data(&BODY[..9]), Step::data(&BODY[9..]), trailer()],
            true,
        ),
    ];
    let passing = rig(layer());
    let refusing = rig(layer().reject_trailers());
    let refused = invalid_request("TrailersRejected");
    let mut report = Report::default();
    for (name, steps, has_trailers) in rows {
        let script = || Script::new(steps.clone());
        let length = script().bytes().len() as u64;
        let framings = [
            ("no sign of its end", script()),
            ("a length", script().of_size(length)),
            ("a sign of its end", script().knowing_its_end()),
            ("both", script().of_size(length).knowing_its_end()),
        ];
        let delivery = generic(now(), script().bytes());
        for (framing, script) in framings {
            let name = format!("19: {name}, {framing}");
            let request = delivery.clone().with(script);
            let outcome = passing.check(&name, request, Forwarded).await;
            if outcome.is_ok() {
                let trailers = passing.inner.last().trailers;
                assert_eq!(trailers.is_some(), has_trailers, "{name}");
                if let Some(trailers) = trailers {
                    assert_eq!(trailers.len(), 1, "{name}");
                    assert_eq!(trailers["x-checksum"], "1", "{name}");
                }
            }
            report.note(outcome);
        }
        let expect = if has_trailers { refused } else { Forwarded };
        let name = format!("19: {name}, trailers refused");
        let outcome = refusing.check(&name, delivery.with(script()), expect);
        report.note(outcome.await);
    }
    // Trailers do not make a wrong signature right, nor a body that is too long short enough.
    let wrong = good()
        .body("x")
        .with(Script::new([Step::data("x"), trailer()]));
    report.note(passing.check("19: trailers, wrong", wrong, MISMATCH).await);
    report.finish();
}

/// 20: a body is bytes; what they mean does not matter, and none of them is lost.
#[tokio::test]
async fn odd_contents() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let rows: [(&str, Vec<u8>); 16] = [
        ("not UTF-8", b"\xff\xfe\x80abc".to_vec()),
        ("half a letter at the end", "é".as_bytes()[..1].to_vec()),
        ("an overlong form", b"\xc0\xaf".to_vec()),
        ("NUL", b"\0".to_vec()),
        ("NUL in it", b"{\"a\":\"b\0c\"}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec()),
        ("CRLF", b"{\r\n}\r\n".to_vec()),
        ("LF at the end", b"{}\n".to_vec()),
        ("only white space", b" \t\r\n".to_vec()),
        ("not JSON", b"{\"a\":".to_vec()),
        ("a form", b"payload=%7B%7D&a=b+c".to_vec()),
        ("every byte there is", every_byte),
        (
            "a signed text's separator",
            b"1768478400.1768478400.".to_vec(),
        ),
        ("braces", b"{body}{timestamp}".to_vec()),
        ("1 MiB of `[`", vec![b'['; 1 << 20]),
    ];
    let plain = rig(layer());
    let signed_time = Rig::new(
        WebhookLayer::new(providers::slack(), secret())
            .unwrap()
            .clock(test_clock()),
        slack(now(), BODY),
    );
    let mut report = Report::default();
    for (name, body) in rows {
        let name = format!("20: {name}");
        let request = generic(now(), &body).request();
        report.note(plain.check(&name, request, Forwarded).await);
        let size = body.len().div_ceil(7);
        let request = slack(now(), &body).with(Script::chunks(&body, size));
        report.note(signed_time.check(&name, request, Forwarded).await);
    }
    // The same text in another form of bytes is another body.
    let signed = generic(now(), "{}\r\n");
    report.note(
        plain
            .check("20: LF for CRLF", signed.body("{}\n").request(), MISMATCH)
            .await,
    );
    let signed = generic(now(), "\u{feff}{}");
    report.note(
        plain
            .check("20: no mark", signed.body("{}").request(), MISMATCH)
            .await,
    );
    report.finish();
}

/// `body` as gzip, by the compression layer of a response.
async fn gzip(body: &[u8]) -> Bytes {
    let body = Bytes::copy_from_slice(body);
    let service = CompressionLayer::new().layer(service_fn(move |_: Request<()>| {
        let body = body.clone();
        async move { Ok::<_, Infallible>(Response::new(Full::new(body))) }
    }));
    let request = Request::get("/").header(header::ACCEPT_ENCODING, "gzip");
    let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
    response.into_body().collect().await.unwrap().to_bytes()
}

/// 20: the signature covers the bytes on the wire. With decompression inside, the handler reads
/// plain text and the signature holds; with decompression outside, it does not.
#[tokio::test]
async fn compressed_bodies() {
    let plain = br#"{"event":"invoice.paid","lines":["a","a","a","a","a","a","a","a"]}"#;
    let packed = gzip(plain).await;
    assert_ne!(packed, &plain[..]);
    let signed_packed = shopify(&packed).header("content-encoding", "gzip");
    let signed_plain = shopify(plain)
        .body(&packed)
        .header("content-encoding", "gzip");
    let webhook = WebhookLayer::new(providers::shopify(), secret()).unwrap();

    let inner = RecordingService::default();
    let inside = ServiceBuilder::new()
        .layer(webhook.clone())
        .layer(RequestDecompressionLayer::new())
        .service(inner.clone());
    let answer = send(&inside, signed_packed.clone().request()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(inner.last().body, &plain[..]);
    assert_eq!(inner.last().verified().provider(), "shopify");
    let answer = send(&inside, signed_plain.clone().request()).await;
    assert_eq!((answer.status.as_u16(), inner.calls()), (401, 1));

    let outer = RecordingService::default();
    let outside = ServiceBuilder::new()
        .layer(RequestDecompressionLayer::new())
        .layer(webhook.clone())
        .service(outer.clone());
    let answer = send(&outside, signed_packed.clone().request()).await;
    assert_eq!((answer.status.as_u16(), outer.calls()), (401, 0));
    let answer = send(&outside, signed_plain.request()).await;
    assert_eq!((answer.status.as_u16(), outer.calls()), (200, 1));
    assert_eq!(outer.last().body, &plain[..]);

    // Without decompression, the handler gets the packed bytes as they came.
    let rig = Rig::new(webhook, shopify(BODY));
    let outcome = rig.check("20: gzip, left alone", signed_packed.request(), Forwarded);
    assert_eq!(outcome.await, Ok(()));
    assert_eq!(rig.inner.last().headers["content-encoding"], "gzip");
}

/// 20: a small body that unpacks to a large one, and one that is not gzip at all, with
/// decompression outside: the limit is that of what comes out, and an error in it is a body broken
/// off.
#[tokio::test]
async fn compressed_bodies_that_are_no_good() {
    let bomb = gzip(&vec![0; 4 << 20]).await;
    assert!(bomb.len() < 100_000);
    let inner = RecordingService::default();
    let service = ServiceBuilder::new()
        .layer(RequestDecompressionLayer::new())
        .layer(WebhookLayer::new(providers::shopify(), secret()).unwrap())
        .service(inner.clone());
    let packed = |body: &[u8]| shopify(body).header("content-encoding", "gzip").request();

    let answer = send(&service, packed(&bomb)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.kind()[..]),
        (413, "BodyTooLarge")
    );
    for broken in [&b"not gzip"[..], &bomb[..bomb.len() / 2]] {
        let answer = send(&service, packed(broken)).await;
        assert!(answer.status == 400 || answer.status == 413, "{answer:?}");
        assert_eq!(inner.calls(), 0);
    }
    let answer = send(&service, shopify(BODY).request()).await;
    assert_eq!((answer.status.as_u16(), inner.calls()), (200, 1));
}

/// Something that an outer layer put into the request.
#[derive(Clone, Debug, PartialEq)]
struct Tenant(u32);

/// 21: the inner service sees the request that was sent: head, bytes, length and trailers.
#[tokio::test]
async fn the_same_request_goes_in() {
    let methods = ["POST", "PUT", "PATCH", "DELETE", "GET", "PURGE"];
    let methods = methods.map(|method| Method::from_bytes(method.as_bytes()).unwrap());
    let provider = providers::shopify().with_methods(methods.clone());
    let layer = || WebhookLayer::new(provider.clone(), secret()).unwrap();
    let rig = Rig::new(layer(), shopify(BODY));
    let versions = [
        Version::HTTP_10,
        Version::HTTP_11,
        Version::HTTP_2,
        Version::HTTP_3,
    ];
    let uris = [
        "/",
        "/hooks/%2Fa%20b?x=1&x=2&y=%00#no",
        "https://user@hooks.example.com:8443/a/../b?q",
        "*",
        "hooks.example.com:443",
    ];
    for (n, version) in versions.into_iter().cycle().take(30).enumerate() {
        let method = methods[n % methods.len()].clone();
        let uri = uris[n % uris.len()];
        let mut sent = shopify(BODY)
            .method(method)
            .uri(uri)
            .header("content-type", "application/json")
            .header("content-length", "37")
            .header("x-several", "one")
            .header("x-several", "two")
            .header("x-several", "one")
            .header("x-empty", "")
            .header("x-bytes", b"\xff\xfe")
            .header("x-shopify-webhook-id", "b54557e4")
            .header("authorization", "Bearer other");
        sent.head.version = version;
        sent.head.extensions.insert(Tenant(7));
        let answer = send(&rig.service, sent.clone().request()).await;
        assert_eq!(answer.status, 200, "21: {uri}");

        let seen = rig.inner.last();
        assert_eq!(seen.method, sent.head.method);
        assert_eq!(seen.uri, sent.head.uri);
        assert_eq!(seen.version, version);
        let headers = |map: &HeaderMap| {
            let pairs = map
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()));
            pairs.collect::<Vec<_>>()
        };
        assert_eq!(headers(&seen.headers), headers(&sent.head.headers));
        assert_eq!(seen.extensions.get(), Some(&Tenant(7)));
        assert_eq!(seen.extensions.len(), 2, "`Tenant` and `Verified`");
        assert_eq!(seen.verified().delivery_id(), Some("b54557e4"));
        assert!(!seen.verified().delivery_id_is_signed());
        assert_eq!(seen.body, BODY);
        assert_eq!(seen.trailers, None);
        assert_eq!(seen.size_hint.exact(), Some(37));
    }
}

/// 21: a `Verified` that was already in the extensions is removed, whether the layer forwards the
/// request or not.
#[tokio::test]
async fn a_verified_of_another_layer_is_taken_out() {
    let shopify_rig = Rig::new(
        WebhookLayer::new(providers::shopify(), secret()).unwrap(),
        shopify(BODY),
    );
    send(&shopify_rig.service, shopify(BODY).request()).await;
    let borrowed = shopify_rig.inner.last().verified().clone();
    assert_eq!(borrowed.provider(), "shopify");

    let rig = rig(layer());
    let mut lent = good();
    lent.head.extensions.insert(borrowed.clone());
    let answer = send(&rig.service, lent.request()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(rig.inner.last().verified().provider(), "generic");

    let mut forged = good().without("x-signature");
    forged.head.extensions.insert(borrowed);
    let answer = send(&rig.service, forged.request()).await;
    assert_eq!((answer.status.as_u16(), rig.inner.calls()), (403, 1));
}

/// What a body says of itself: lower and upper bound, and whether it is at its end.
type Outlook = (u64, Option<u64>, bool);

fn outlook(body: &VerifiedBody) -> Outlook {
    let hint = body.size_hint();
    (hint.lower(), hint.upper(), body.is_end_stream())
}

/// 21: the size hint is honest before, between and after the frames; it is exact only where no
/// trailers follow, and the end is the end of the trailers too.
#[tokio::test]
async fn size_hints() {
    let long = text(10_000);
    let trailer = || Step::trailer("x-checksum", "1");
    let rows: [(&str, Vec<Step>, Vec<Outlook>); 6] = [
        ("empty", vec![], vec![(0, Some(0), true)]),
        (
            "data",
            vec![Step::data(BODY)],
            vec![(37, Some(37), false), (0, Some(0), true)],
        ),
        (
            "two pieces",
            vec![Step::data(&long), Step::data(&long)],
            vec![
                (20_000, Some(20_000), false),
                (10_000, Some(10_000), false),
                (0, Some(0), true),
            ],
        ),
        (
            "data and trailers",
            vec![Step::data(BODY), trailer()],
            vec![(37, None, false), (0, None, false), (0, Some(0), true)],
        ),
        (
            "trailers",
            vec![trailer()],
            vec![(0, None, false), (0, Some(0), true)],
        ),
        (
            "two pieces and trailers",
            vec![Step::data(&long), Step::data(&long), trailer()],
            vec![
                (20_000, None, false),
                (10_000, None, false),
                (0, None, false),
                (0, Some(0), true),
            ],
        ),
    ];
    for (name, steps, expect) in rows {
        let outlooks = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&outlooks);
        let service = layer().layer(service_fn(move |request: Request<VerifiedBody>| {
            let notes = Arc::clone(&notes);
            async move {
                assert!(request.extensions().get::<Verified>().is_some());
                let mut body = request.into_body();
                let mut outlooks = vec![outlook(&body)];
                while let Some(frame) = body.frame().await {
                    let frame = frame.unwrap();
                    assert!(
                        frame.is_trailers() || frame.data_ref().is_some_and(|it| !it.is_empty())
                    );
                    outlooks.push(outlook(&body));
                }
                assert!(body.frame().await.is_none(), "the end stays the end");
                *notes.lock().unwrap() = outlooks;
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
            }
        }));
        let script = Script::new(steps);
        let delivery = generic(now(), script.bytes());
        assert_eq!(
            send(&service, delivery.with(script)).await.status,
            200,
            "21: {name}"
        );
        assert_eq!(*outlooks.lock().unwrap(), expect, "21: {name}");
    }
}

/// 21: a verified body in one piece, however it came.
#[tokio::test]
async fn bytes_in_one_piece() {
    let body = text(20_000);
    for size in [1, 100, 4096, 5000, 20_000] {
        let expect = body.clone();
        let service = layer().layer(service_fn(move |request: Request<VerifiedBody>| {
            let body = request.into_body();
            assert_eq!((body.len(), body.is_empty()), (20_000, false));
            assert_eq!(body.into_bytes(), expect);
            async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) }
        }));
        let request = generic(now(), &body).with(Script::chunks(&body, size));
        assert_eq!(
            send(&service, request).await.status,
            200,
            "21: frames of {size}"
        );
    }
}

/// The signature's base64 is over the raw MAC; a body that holds its own signature is nothing
/// special.
#[tokio::test]
async fn a_body_that_holds_a_signature() {
    let rig = rig(layer());
    let body = format!(r#"{{"x-signature":"{}"}}"#, base64(&mac256(BODY)));
    let outcome = rig.check("20: a signature", generic(now(), body).request(), Forwarded);
    assert_eq!(outcome.await, Ok(()));
}

/// A service that is called again and again does not remember the body before.
#[tokio::test]
async fn nothing_is_left_of_the_body_before() {
    let mut service = layer().layer(RecordingService::default());
    for body in ["a", "", "bb", "", "a"] {
        let request = generic(now(), body).request();
        let response = service.call(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(service.get_ref().last().body, body);
    }
}
