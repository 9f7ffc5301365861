//! The clients that people have, each with all of the sender's layers, over real sockets.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version, header::LOCATION};
use http_body::Body;
use http_body_util::Full;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tonic::transport::Channel;
use tower::{
    BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService,
};
use tower_webhook::{
    Secret, Verified, VerifiedBody, WebhookLayer,
    body::DeliveryBody,
    providers::Provider,
    scheme::Scheme,
    sign::{
        Backoff, Classification, DeliveryId, DeliveryOutcome, DeliveryRetry, SendError,
        SetDeliveryIdLayer, SignLayer, Signer,
    },
};

use crate::support::{Report, secret};

type AnyClient = BoxCloneSyncService<Request<DeliveryBody>, Response<()>, BoxError>;

fn boxed<S, R>(client: S) -> AnyClient
where
    S: Service<Request<DeliveryBody>, Response = Response<R>, Error: Into<BoxError>>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
    R: 'static,
{
    let client = client
        .map_response(|response: Response<R>| response.map(drop))
        .map_err(Into::into);
    BoxCloneSyncService::new(client)
}

/// As the documentation of `sign` has it.
fn reqwest(client: reqwest::Client) -> AnyClient {
    boxed(service_fn(move |request: Request<DeliveryBody>| {
        let client = client.clone();
        async move {
            let request = request.map(DeliveryBody::into_bytes).try_into()?;
            let response = client.execute(request).await?;
            Ok::<_, reqwest::Error>(Response::<reqwest::Body>::from(response))
        }
    }))
}

fn clients(address: SocketAddr) -> Vec<(&'static str, Version, AnyClient)> {
    let hyper = Client::builder(TokioExecutor::new()).build_http::<DeliveryBody>();
    let hyper_2 = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<DeliveryBody>();
    let no_redirects = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let tonic = ServiceBuilder::new()
        .map_request(|request: Request<DeliveryBody>| request.map(tonic::body::Body::new))
        .service(channel.connect_lazy());
    vec![
        ("hyper-util", Version::HTTP_11, boxed(hyper)),
        ("hyper-util, HTTP/2", Version::HTTP_2, boxed(hyper_2)),
        (
            "reqwest",
            Version::HTTP_11,
            reqwest(no_redirects.build().unwrap()),
        ),
        ("tonic", Version::HTTP_2, boxed(tonic)),
    ]
}

/// Signs all that there is to sign.
fn provider() -> Provider {
    let scheme = Scheme::builder("acme")
        .signature_header("x-signature")
        .timestamp_header("x-timestamp")
        .id_header("x-id")
        .message("{id}\n{timestamp}\n{method}\n{path}\n{header:x-kind}\n{body}");
    scheme.build().unwrap().into()
}

/// With all of the sender's layers, in their order.
async fn deliver<B>(client: AnyClient, request: Request<B>) -> Result<Response<()>, BoxError>
where
    B: Body<Error: Into<BoxError>> + Clone + Send + 'static,
{
    let signer = Signer::new(provider(), secret()).unwrap();
    let sender = ServiceBuilder::new()
        .layer(SetDeliveryIdLayer::new())
        .retry(DeliveryRetry::new().schedule(Backoff::fast()))
        .timeout(Duration::from_secs(20))
        .map_err(SendError::into_boxed)
        .layer(SignLayer::new(signer))
        .service(client);
    sender.oneshot(request).await
}

fn post(address: SocketAddr, body: &'static str) -> Request<DeliveryBody> {
    Request::post(format!("http://{address}/hook/a%2fb?c=d"))
        .header("x-kind", "order.paid")
        .body(body.into())
        .unwrap()
}

/// A received request, and its properties.
#[derive(Debug)]
struct Seen {
    version: Version,
    body: Bytes,
    id: Option<String>,
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// Verifies, and answers one after the other of these statuses, the last one for ever.
async fn serve(statuses: &'static [u16]) -> (SocketAddr, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Log::default();
    let layer = WebhookLayer::new(provider(), secret()).unwrap();
    let service = {
        let log = Arc::clone(&log);
        layer.layer(service_fn(move |request: Request<VerifiedBody>| {
            let mut log = log.lock().unwrap();
            let status = statuses[log.len().min(statuses.len() - 1)];
            let verified: &Verified = request.extensions().get().unwrap();
            let id = verified.delivery_id().map(str::to_owned);
            let (head, body) = request.into_parts();
            log.push(Seen {
                version: head.version,
                body: body.into_bytes(),
                id,
            });
            let response = Response::builder().status(status);
            std::future::ready(Ok::<_, Infallible>(
                response.body(Full::<Bytes>::default()).unwrap(),
            ))
        }))
    };
    spawn(listener, service);
    (address, log)
}

fn spawn<S, R>(listener: TcpListener, service: S)
where
    S: Service<Request<hyper::body::Incoming>, Response = Response<R>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    R: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
}

/// The first try fails, the second arrives: verified, with the id of the first.
#[tokio::test]
async fn every_client_sends_what_is_verified() {
    let mut report = Report::default();
    for body in ["", r#"{"event":"order.paid"}"#] {
        let (address, log) = serve(&[503, 200]).await;
        for (name, version, client) in clients(address) {
            let response = deliver(client, post(address, body)).await;
            let seen = std::mem::take(&mut *log.lock().unwrap());
            let right = response.as_ref().is_ok_and(|response| {
                let outcome: Option<&DeliveryOutcome> = response.extensions().get();
                outcome.is_some_and(|it| it.is_delivered() && it.tries() == 2)
            }) && seen.len() == 2
                && seen[0].id.as_ref().is_some_and(|id| id.len() == 36)
                && seen[0].id == seen[1].id
                && seen
                    .iter()
                    .all(|it| it.version == version && it.body == body);
            let told = || format!("{name}: {response:?} {seen:?}");
            report.note(right.then_some(()).ok_or_else(told));
        }
    }
    report.finish();
}

/// What another secret signs is refused, and a refusal is final.
#[tokio::test]
async fn no_client_sends_a_refusal_again() {
    let (address, log) = serve(&[200]).await;
    for (name, _, client) in clients(address) {
        let signer = Signer::new(provider(), Secret::new("another secret").unwrap());
        let sender = ServiceBuilder::new()
            .retry(DeliveryRetry::new().schedule(Backoff::fast()))
            .layer(SignLayer::new(signer.unwrap()))
            .service(client);
        let mut request = post(address, "{}");
        request.extensions_mut().insert(DeliveryId::new("1"));
        let response = sender.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}");
        let outcome: &DeliveryOutcome = response.extensions().get().unwrap();
        assert_eq!(
            (outcome.classification(), outcome.tries()),
            (Classification::Rejected, 1)
        );
        assert!(log.lock().unwrap().is_empty(), "{name}");
    }
}

/// A redirect is a refusal: what was signed for one receiver is not taken to another.
#[tokio::test]
async fn no_client_follows_a_redirect() {
    for status in [301, 302, 303, 307, 308] {
        let (elsewhere, log) = serve(&[200]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let moved = service_fn(move |_: Request<hyper::body::Incoming>| {
            let response = Response::builder().status(status);
            let response = response.header(LOCATION, format!("http://{elsewhere}/hook/a%2fb?c=d"));
            std::future::ready(Ok(response.body(Full::<Bytes>::default()).unwrap()))
        });
        spawn(listener, moved);
        for (name, _, client) in clients(address) {
            let response = deliver(client, post(address, "{}")).await.unwrap();
            assert_eq!(response.status(), status, "{name}");
            let outcome: &DeliveryOutcome = response.extensions().get().unwrap();
            assert_eq!(
                (outcome.classification(), outcome.tries()),
                (Classification::Rejected, 1)
            );
            assert!(log.lock().unwrap().is_empty(), "{name}: {status}");
        }
        // The client follows redirects by default, so they must be disabled.
        let follows = reqwest(reqwest::Client::new());
        let response = deliver(follows, post(address, "{}")).await.unwrap();
        assert_ne!(response.status(), status);
        assert_eq!(log.lock().unwrap().len(), usize::from(status > 303));
    }
}

/// What reqwest changes of a URL has to be changed before it is signed.
#[tokio::test]
async fn a_url_is_signed_as_reqwest_writes_it() {
    let (address, log) = serve(&[200]).await;
    for path in ["/a/../b", "/a{b}", "/a/%2e/b", "/a%2fb"] {
        let as_it_is = format!("http://{address}{path}");
        let as_written = reqwest::Url::parse(&as_it_is).unwrap().to_string();
        for url in [&as_it_is, &as_written] {
            let mut request = post(address, "{}");
            *request.uri_mut() = url.parse().unwrap();
            let response = deliver(clients(address).remove(2).2, request).await;
            let passes = response.unwrap().status() == StatusCode::OK;
            assert_eq!(passes, *url == as_written, "{url}");
        }
    }
    assert_eq!(log.lock().unwrap().len(), 5);
}
