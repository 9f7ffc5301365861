//! The suite of abuse against servers that listen: a real one stands it, and one with a fault is
//! told which.

use std::{collections::BTreeSet, io, net::SocketAddr, time::Duration};

use axum::{Router, routing::post};
use http::Uri;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tower_webhook::{
    Secret, WebhookLayer,
    providers::{self, Provider},
    testing::{AbuseReport, AbuseSuite, CaseReport, CaseVerdict},
};

use crate::support::{SECRET, STANDARD_SECRET};

const LIMIT: usize = 4096;

/// The layer in axum, on a port.
async fn server(provider: Provider, secret: &str) -> SocketAddr {
    let layer = WebhookLayer::new(provider, Secret::new(secret).unwrap()).unwrap();
    let layer = layer
        .body_limit(LIMIT)
        .body_deadline(Duration::from_millis(300));
    let app = Router::new().route("/hooks", post(async || ()).layer(layer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn run(provider: Provider, secret: &str, address: SocketAddr) -> AbuseReport {
    let suite = AbuseSuite::new(provider, Secret::new(secret).unwrap()).unwrap();
    let suite = suite.target(Uri::from_static("/hooks"));
    suite.body_limit(LIMIT).run_over_tcp(address).await.unwrap()
}

fn on_the_wire(report: &AbuseReport) -> impl Iterator<Item = &CaseReport> {
    let cases = report.cases().iter();
    cases.filter(|case| case.name().starts_with("wire-"))
}

#[tokio::test]
async fn the_layer_stands_it_over_tcp() {
    for (provider, secret) in [
        (providers::github(), SECRET),
        (providers::stripe(), SECRET),
        (providers::standard_webhooks(), STANDARD_SECRET),
        (providers::gitlab(), SECRET),
        (providers::docker_hub(), SECRET),
        (providers::figma(), SECRET),
        (providers::mailgun(), SECRET),
    ] {
        let address = server(provider.clone(), secret).await;
        let report = run(provider.clone(), secret, address).await;
        report.assert_passed();
        assert!(on_the_wire(&report).count() >= 14, "{report}");
        let is_signed = provider.scheme().body_is_signed();
        for case in on_the_wire(&report).filter(|_| is_signed) {
            assert_eq!(*case.verdict(), CaseVerdict::Passed, "{case}");
        }
    }
}

fn genuine(report: &AbuseReport) -> String {
    assert_eq!(report.cases().len(), 1, "{report}");
    match report.cases()[0].verdict() {
        CaseVerdict::Failed(how) => how.clone(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let how = genuine(&run(providers::github(), SECRET, address).await);
    let start = format!("a genuine delivery: cannot connect to {address}: ");
    assert!(how.starts_with(&start), "{how}");
    assert!(how.contains("refused"), "{how}");
}

/// What is there and speaks something else is not what is not there.
#[tokio::test]
async fn a_server_that_speaks_no_http_is_reported() {
    let real = server(providers::github(), SECRET).await;
    let address = faulty(real, |_| Some("220 smtp.example.com ESMTP\r\n")).await;
    let how = genuine(&run(providers::github(), SECRET, address).await);
    assert_eq!(
        how,
        "a genuine delivery: connected, and what came back is no answer of HTTP/1"
    );
    let address = faulty(real, |_| Some(HANGS_UP)).await;
    let how = genuine(&run(providers::github(), SECRET, address).await);
    assert_eq!(
        how,
        "a genuine delivery: connected, and hung up on without an answer"
    );
}

#[tokio::test]
async fn a_server_of_http_1_0_stands_it() {
    let real = server(providers::github(), SECRET).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(older(client, real));
        }
    });
    run(providers::github(), SECRET, address)
        .await
        .assert_passed();
}

/// Passes everything on, and the answer as one of HTTP/1.0.
async fn older(client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
        let _ = to_server.shutdown().await;
        // All of it, or the answer may be lost.
        let _ = tokio::io::copy(&mut from_client, &mut tokio::io::sink()).await;
    });
    let mut answer = Vec::new();
    let _ = from_server.read_to_end(&mut answer).await;
    if let Some(version) = answer.get_mut(..8) {
        version.copy_from_slice(b"HTTP/1.0");
    }
    to_client.write_all(&answer).await?;
    to_client.shutdown().await?;
    let _ = there.await;
    Ok(())
}

/// Looks at the first bytes of a request, and says whether they are answered without more ado.
type Fault = fn(&str) -> Option<&'static str>;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// No answer at all.
const HANGS_UP: &str = "";
const BROKEN: &str =
    "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A proxy with a fault, before the real server.
async fn faulty(server: SocketAddr, fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                // Either side may close the connection first, so the result is ignored.
                let _ = pass(client, server, fault).await;
            });
        }
    });
    address
}

async fn pass(mut client: TcpStream, server: SocketAddr, fault: Fault) -> io::Result<()> {
    // What a test sends comes at once, unless it is long.
    let mut first = vec![0; 64 << 10];
    let len = client.read(&mut first).await?;
    first.truncate(len);
    if let Some(answer) = fault(&String::from_utf8_lossy(&first)) {
        client.write_all(answer.as_bytes()).await?;
        client.shutdown().await?;
        // All of it, or the answer may be lost.
        while client.read(&mut first).await? > 0 {}
        return Ok(());
    }
    let mut server = TcpStream::connect(server).await?;
    server.write_all(&first).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// As a handler does that panics on what it should refuse.
fn panics(is_hit: bool) -> Option<&'static str> {
    is_hit.then_some(HANGS_UP)
}

fn ok(is_hit: bool) -> Option<&'static str> {
    is_hit.then_some(OK)
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn lengths(request: &str) -> Vec<usize> {
    let lines = request.lines();
    let values = lines.filter_map(|line| line.strip_prefix("content-length: "));
    values.filter_map(|text| text.parse().ok()).collect()
}

fn is_chunked(request: &str) -> bool {
    request.contains("transfer-encoding: chunked")
}

fn stalls(request: &str) -> bool {
    let (lengths, body) = (lengths(request), body(request));
    lengths.len() == 1 && !body.is_empty() && body.len() == lengths[0] / 2
}

/// One fault for each case at least.
const FAULTS: &[(&str, Fault, &str)] = &[
    (
        "knows no chunks",
        |it| (is_chunked(it) && body(it).starts_with("1\r\n")).then_some(BROKEN),
        "wire-chunked",
    ),
    (
        "counts no chunks",
        |it| ok(is_chunked(it) && body(it).starts_with("1001\r\n")),
        "wire-chunked-over-limit",
    ),
    (
        "panics on chunks that are too many",
        |it| panics(is_chunked(it) && body(it).starts_with("1001\r\n")),
        "wire-chunked-over-limit",
    ),
    (
        "panics on a silence",
        |it| panics(stalls(it)),
        "wire-body-stalls",
    ),
    (
        "panics on what is more than it says",
        |it| panics(lengths(it).len() == 1 && body(it).len() == lengths(it)[0] + 1),
        "wire-length-short",
    ),
    (
        "reads what it can of a length",
        |it| ok(is_chunked(it) && body(it).starts_with("zz")),
        "wire-chunk-unreadable",
    ),
    (
        "takes the end of a connection for that of the chunks",
        |it| {
            ok(is_chunked(it) && body(it).starts_with("10\r\n{\"id") && !it.ends_with("0\r\n\r\n"))
        },
        "wire-chunks-cut",
    ),
    (
        "takes the end of a connection for that of a body",
        |it| ok(lengths(it).len() == 1 && body(it).len() + 1 == lengths(it)[0]),
        "wire-body-cut",
    ),
    (
        "takes a silence for the end of a body",
        |it| ok(stalls(it)),
        "wire-body-stalls",
    ),
    (
        "goes by what is there",
        |it| ok(lengths(it).len() == 1 && body(it).len() == lengths(it)[0] + 1),
        "wire-length-short",
    ),
    (
        "takes the first length",
        |it| ok(lengths(it).len() == 2 && body(it).len() == lengths(it)[0]),
        "wire-lengths-differ",
    ),
    (
        "takes the length before the chunks",
        |it| ok(is_chunked(it) && !lengths(it).is_empty()),
        "wire-length-beside-chunks",
    ),
    (
        "unfolds headers",
        |it| ok(it.split("\r\n\r\n").next().unwrap().contains("\r\n ")),
        "wire-header-folded",
    ),
    (
        "stops at a NUL",
        |it| ok(it.contains("\0\r\n")),
        "wire-header-nul",
    ),
    (
        "trims names",
        |it| ok(it.contains("x-hub-signature-256 : ")),
        "wire-header-name-spaced",
    ),
    (
        "breaks under many headers",
        |it| it.contains("x-flood").then_some(BROKEN),
        "wire-headers-many",
    ),
    (
        "breaks under a large header",
        |it| it.contains("x-huge").then_some(BROKEN),
        "wire-header-huge",
    ),
    (
        "answers every method with a success",
        |it| ok(it.starts_with("PUT ")),
        "method",
    ),
    (
        "panics on another method",
        |it| panics(it.starts_with("DELETE ")),
        "method",
    ),
];

/// A router in front of the layer may accept only `POST`, or answer browsers with a page.
#[tokio::test]
async fn a_router_may_answer_other_methods_itself() {
    let real = server(providers::github(), SECRET).await;
    let address = faulty(real, |it| {
        let not_found = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        match it.split(' ').next() {
            Some("PUT" | "PATCH" | "DELETE") => Some(not_found),
            Some("GET" | "HEAD" | "OPTIONS") => Some(OK),
            _ => None,
        }
    });
    let report = run(providers::github(), SECRET, address.await).await;
    report.assert_passed();
    let case = report.cases().iter().find(|case| case.name() == "method");
    assert_eq!(*case.unwrap().verdict(), CaseVerdict::Passed);
}

#[tokio::test]
async fn a_server_with_a_fault_is_told_it() {
    let real = server(providers::github(), SECRET).await;
    let report = run(providers::github(), SECRET, faulty(real, |_| None).await).await;
    report.assert_passed();
    let mut left: BTreeSet<_> = on_the_wire(&report).map(CaseReport::name).collect();
    for (name, fault, case) in FAULTS {
        let report = run(providers::github(), SECRET, faulty(real, *fault).await).await;
        let failures: Vec<_> = report.failures().map(CaseReport::name).collect();
        assert_eq!(failures, [*case], "{name}: {report}");
        left.remove(case);
    }
    assert!(left.is_empty(), "{left:?}");
}
