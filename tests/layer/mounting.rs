//! The layer mounts wherever tower does, without an adapter, and serves over real sockets.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Extension, Router,
    extract::Request as AxumRequest,
    middleware::{self, Next},
    response::Response as AxumResponse,
    routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected, Full};
use hyper::client::conn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tonic::{
    Code,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tower_webhook::{
    Secret, Verified, VerifiedBody,
    body::DeliveryBody,
    providers,
    sign::{SignLayer, Signer},
};

use crate::probe::{self, OTHER_SECRET, SECRET, layer};

const BODY: &str = r#"{"event":"order.created"}"#;

#[derive(Clone, Copy)]
enum Wire {
    Http1,
    Http2,
}

async fn send(address: SocketAddr, wire: Wire, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let answer = timeout(Duration::from_secs(20), exchange(address, wire, request));
    answer.await.expect("an answer")
}

async fn exchange(
    address: SocketAddr,
    wire: Wire,
    request: Request<Full<Bytes>>,
) -> Response<Bytes> {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let response = match wire {
        Wire::Http1 => {
            let (mut sender, connection) = conn::http1::handshake(io).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await
        }
        Wire::Http2 => {
            let executor = TokioExecutor::new();
            let (mut sender, connection) = conn::http2::handshake(executor, io).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await
        }
    };
    let (parts, body) = response.unwrap().into_parts();
    let body = body.collect().await.map(Collected::to_bytes).unwrap();
    Response::from_parts(parts, body)
}

/// A delivery to `address`, absolute because HTTP/2 has no other place for the host.
fn delivery(address: SocketAddr, path: &str, secret: &str) -> Request<Full<Bytes>> {
    let mut request = probe::delivery_by(secret, Full::from(BODY), BODY.as_bytes());
    *request.uri_mut() = format!("http://{address}{path}").parse().unwrap();
    request
        .headers_mut()
        .insert("host", address.to_string().parse().unwrap());
    request
}

async fn serves_good_and_refuses_bad(address: SocketAddr, wire: Wire) {
    for _ in 0..2 {
        let response = send(address, wire, delivery(address, "/hook", SECRET)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.into_body(), format!("current: {BODY}"));

        let response = send(address, wire, delivery(address, "/hook", OTHER_SECRET)).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.into_body(), r#"{"error":"Invalid signature"}"#);
    }
}

// ===== axum =====

async fn axum_handler(Extension(verified): Extension<Verified>, body: String) -> String {
    format!("{}: {body}", verified.key_label().unwrap())
}

async fn axum_middleware(request: AxumRequest, next: Next) -> AxumResponse {
    assert!(request.extensions().get::<Verified>().is_some());
    next.run(request).await
}

async fn axum_middleware_outside(request: AxumRequest, next: Next) -> AxumResponse {
    assert!(request.extensions().get::<Verified>().is_none());
    next.run(request).await
}

async fn serve_axum(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn hook() -> Router {
    Router::new().route("/hook", post(axum_handler))
}

#[tokio::test]
async fn axum_router_layer() {
    let address = serve_axum(hook().layer(layer())).await;
    serves_good_and_refuses_bad(address, Wire::Http1).await;
    let unknown = send(
        address,
        Wire::Http1,
        delivery(address, "/none", OTHER_SECRET),
    )
    .await;
    assert_eq!(unknown.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn axum_route_layer() {
    let address = serve_axum(hook().route_layer(layer())).await;
    serves_good_and_refuses_bad(address, Wire::Http1).await;
    let unknown = send(
        address,
        Wire::Http1,
        delivery(address, "/none", OTHER_SECRET),
    )
    .await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn axum_method_router_layer() {
    let router = Router::new().route("/hook", post(axum_handler).layer(layer()));
    serves_good_and_refuses_bad(serve_axum(router).await, Wire::Http1).await;
}

#[tokio::test]
async fn axum_service_builder() {
    let router = hook().layer(ServiceBuilder::new().layer(layer()));
    serves_good_and_refuses_bad(serve_axum(router).await, Wire::Http1).await;
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn axum_service_builder_between_two_from_fn() {
    let router = hook().layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn(axum_middleware_outside))
            .layer(layer().forward_body::<axum::body::Body>())
            .layer(middleware::from_fn(axum_middleware)),
    );
    serves_good_and_refuses_bad(serve_axum(router).await, Wire::Http1).await;
}

#[tokio::test]
async fn axum_service_over_the_verified_body() {
    let service = layer().layer(service_fn(tower_handler));
    let router = Router::new().route_service("/hook", service);
    serves_good_and_refuses_bad(serve_axum(router).await, Wire::Http1).await;
}

// ===== hyper =====

async fn tower_handler(
    request: Request<VerifiedBody>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let verified = request.extensions().get::<Verified>().unwrap();
    let label = verified.key_label().unwrap().to_owned();
    let body = request.into_body().into_bytes();
    let text = format!("{label}: {}", String::from_utf8_lossy(&body));
    Ok(Response::new(Full::from(text)))
}

async fn serve_hyper() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = layer().layer(service_fn(tower_handler));
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
    address
}

#[tokio::test]
async fn hyper_http1() {
    serves_good_and_refuses_bad(serve_hyper().await, Wire::Http1).await;
}

#[tokio::test]
async fn hyper_http2() {
    serves_good_and_refuses_bad(serve_hyper().await, Wire::Http2).await;
}

// ===== tonic =====

fn serve_tonic() -> SocketAddr {
    let (_, health) = tonic_health::server::health_reporter();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap();
    let server = Server::builder().layer(layer()).add_service(health);
    tokio::spawn(server.serve_with_incoming(incoming));
    address
}

#[tokio::test]
async fn tonic_server() {
    let address = serve_tonic();
    let channel = Channel::from_shared(format!("http://{address}"))
        .unwrap()
        .timeout(Duration::from_secs(20))
        .connect()
        .await
        .unwrap();
    // What is signed is what tonic sends: the gRPC frame, length prefix included.
    let client = |secret| {
        let signer = Signer::new(providers::generic(), Secret::new(secret).unwrap());
        let client = ServiceBuilder::new()
            .layer(SignLayer::new(signer.unwrap()).clock(probe::at(probe::NOW)))
            .map_request(|request: Request<DeliveryBody>| request.map(tonic::body::Body::new))
            .service(channel.clone());
        HealthClient::new(client)
    };
    for _ in 0..2 {
        let answer = client(SECRET).check(HealthCheckRequest::default()).await;
        assert_eq!(
            answer.unwrap().into_inner().status(),
            ServingStatus::Serving
        );
        let answer = client(OTHER_SECRET)
            .check(HealthCheckRequest::default())
            .await;
        let status = answer.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
        assert_eq!(status.message(), "Invalid signature");
    }
}

/// The response to an unauthenticated client that uses HTTP/2 without tonic: a gRPC status in a
/// response with 200.
#[tokio::test]
async fn tonic_refusal_on_the_wire() {
    let address = serve_tonic();
    let mut request = delivery(address, "/grpc.health.v1.Health/Check", OTHER_SECRET);
    let headers = request.headers_mut();
    headers.remove("host");
    headers.insert("content-type", "application/grpc".parse().unwrap());
    headers.insert("te", "trailers".parse().unwrap());
    let response = send(address, Wire::Http2, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/grpc");
    assert_eq!(response.headers()["grpc-status"], "7");
    assert!(response.body().is_empty());
}

// ===== what does not mount =====

// A type that mounts bare has both impls, so that `A` is ambiguous and the build fails; any other
// type has the first alone.
trait NotMountedBare<A> {}
impl<T> NotMountedBare<()> for T {}
impl<T: Service<Request<axum::body::Body>>> NotMountedBare<u8> for T {}

trait NotAHandler<A, M> {}
impl<T> NotAHandler<(), ()> for T {}
impl<T: axum::handler::Handler<M, ()>, M> NotAHandler<u8, M> for T {}

fn not_mounted_bare<A>(_: &impl NotMountedBare<A>) {}
fn not_a_handler<A, M>(_: &impl NotAHandler<A, M>) {}
fn mounted(_: &impl Service<Request<axum::body::Body>>) {}
fn handler<M>(_: &impl axum::handler::Handler<M, ()>) {}

async fn axum_handler_of_the_request(_: Request<VerifiedBody>) -> StatusCode {
    StatusCode::OK
}

async fn axum_handler_of_the_body(_: VerifiedBody) -> StatusCode {
    StatusCode::OK
}

#[test]
fn a_service_over_the_verified_body_is_not_mounted_bare() {
    not_mounted_bare(&service_fn(tower_handler));
    mounted(&layer().layer(service_fn(tower_handler)));

    handler(&axum_handler);
    not_a_handler(&axum_handler_of_the_request);
    not_a_handler(&axum_handler_of_the_body);
}

/// Nothing makes a `VerifiedBody` but the layer, so no adapter turns another body into one.
#[test]
fn nothing_else_becomes_a_verified_body() {
    trait NotFrom<A, T> {}
    impl<B, T> NotFrom<(), T> for B {}
    impl<B: From<T>, T> NotFrom<u8, T> for B {}
    fn not_from<B, T, A>()
    where
        B: NotFrom<A, T>,
    {
    }

    trait NotDefault<A> {}
    impl<B> NotDefault<()> for B {}
    impl<B: Default> NotDefault<u8> for B {}
    fn not_default<B, A>()
    where
        B: NotDefault<A>,
    {
    }

    not_from::<VerifiedBody, Bytes, _>();
    not_from::<VerifiedBody, Vec<u8>, _>();
    not_from::<VerifiedBody, Full<Bytes>, _>();
    not_from::<VerifiedBody, axum::body::Body, _>();
    not_from::<VerifiedBody, HeaderMap, _>();
    not_default::<VerifiedBody, _>();
    not_default::<Verified, _>();
    not_from::<Verified, (), _>();
}
