//! Two requests that fail for different secret reasons get the same answer, to the byte.
#![allow(clippy::unwrap_used)]

mod probe;

use std::{fmt::Write, net::SocketAddr, time::Duration};

use base64ct::{Base64, Encoding};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use probe::{NOW, Probe, at, finish_now, hex, mac};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tower_layer::Layer;
use tower_service::Service;
use tower_webhook::{
    Keys, Rejection, Secret, WebhookLayer,
    providers::{self, Provider},
    rejection::{self, RejectionKind},
};

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

const SCHEMES: [(&str, fn() -> Provider, Sign); 6] = [
    ("generic", providers::generic, generic),
    ("github", providers::github, github),
    ("shopify", providers::shopify, shopify),
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
    let mut request = Request::post("/hook").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from_static(body))).unwrap()
}

#[derive(Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    version: Version,
    headers: Vec<(String, HeaderValue)>,
    body: Bytes,
    trailers: Option<HeaderMap>,
}

/// Everything a caller can see of the answer, and the reason that it cannot see.
fn refused(layer: &WebhookLayer, request: Request<Full<Bytes>>) -> (Answer, RejectionKind) {
    let (probe, log) = Probe::new(0);
    let response = finish_now(layer.layer(probe).call(request)).unwrap();
    assert_eq!(log.called(), 0);
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
        let layer = layer(providers::generic(), key()).renderer(renderer);
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
