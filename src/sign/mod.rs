//! Middleware that signs outgoing webhooks as a provider does, and sends them again.
//!
//! Use it to deliver webhooks, or to test an endpoint. [`Signer`] signs a request that is complete
//! in memory, without tower, for example in a queue worker. [`SignLayer`] signs the requests of a
//! tower client.
//!
//! The sender signs for every scheme with a shared secret or a token, wherever the values are: in
//! headers, the query or the body. With the private key, it also signs with Ed25519. It cannot sign
//! for providers with other private keys, nor write detached JSON web signatures.
//!
//! ```
//! use std::time::SystemTime;
//!
//! use bytes::Bytes;
//! use http::Request;
//! use tower_webhook::{Secret, Verifier, providers, sign::Signer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
//! let mut request = Request::post("/hooks").body(Bytes::from(r#"{"type":"order.paid"}"#))?;
//!
//! let signer = Signer::new(providers::standard_webhooks(), secret.clone())?;
//! signer.sign(&mut request, "msg_1", SystemTime::now())?;
//!
//! let verifier = Verifier::new(providers::standard_webhooks(), secret)?;
//! assert_eq!(verifier.verify(&request, request.body())?.delivery_id(), Some("msg_1"));
//! # Ok(())
//! # }
//! ```
//!
//! # With a tower client
//!
//! From the outside in, the layers are:
//!
//! 1. `SetDeliveryIdLayer`, which gives each delivery its ID;
//! 2. tower's `RetryLayer` with [`DeliveryRetry`];
//! 3. a timeout for each attempt;
//! 4. [`SignLayer`];
//! 5. the client.
//!
//! Each attempt is signed again, with the time of that attempt. All attempts have the same ID, so
//! the receiver recognises a delivery that arrives twice.
#![cfg_attr(
    feature = "sender",
    doc = r#"
```
use std::{convert::Infallible, sync::atomic::{AtomicU32, Ordering}};
use http::{Request, Response, StatusCode};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_webhook::{
    Secret, body::DeliveryBody, providers,
    sign::{SetDeliveryIdLayer, DeliveryRetry, DeliveryOutcome, SignLayer, Signer},
};

static TRIES: AtomicU32 = AtomicU32::new(0);

/// In the place of a real client: the first try fails.
async fn client(request: Request<DeliveryBody>) -> Result<Response<String>, Infallible> {
    assert!(request.headers()["webhook-signature"].to_str().unwrap().starts_with("v1,"));
    let tries = TRIES.fetch_add(1, Ordering::Relaxed);
    let status = if tries == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok(Response::builder().status(status).body(String::new()).unwrap())
}

# #[tokio::main(flavor = "current_thread", start_paused = true)]
# async fn main() -> Result<(), BoxError> {
let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
let sender = ServiceBuilder::new()
    .layer(SetDeliveryIdLayer::new())
    .retry(DeliveryRetry::new())
    .timeout(std::time::Duration::from_secs(20))
    .layer(SignLayer::new(Signer::new(providers::standard_webhooks(), secret)?))
    .service_fn(client);

let request = Request::post("https://example.com/hooks").body(DeliveryBody::from("{}"))?;
let response = sender.clone().oneshot(request).await?;
let outcome = response.extensions().get::<DeliveryOutcome>().unwrap();
assert!(outcome.is_delivered());
assert_eq!(outcome.tries(), 2);
# Ok(())
# }
```
"#
)]
//!
//! # Clients
//!
//! - hyper-util's legacy client, over a connector such as `HttpConnector`, accepts a
//!   [`DeliveryBody`](crate::body::DeliveryBody) as it is.
//! - tonic's channel has its own body type. Put `map_request(|request: Request<DeliveryBody>|
//!   request.map(tonic::body::Body::new))` between the channel and the layer, as
//!   `examples/tonic.rs` does. Do not use [`DeliveryRetry`] for gRPC calls: their bodies cannot be
//!   cloned, and their result is in `grpc-status`.
//! - reqwest has its own request and response types, as the example shows. Disable redirects. If
//!   the scheme signs the URL, write the URL as `reqwest::Url` does, because reqwest sends `/b` for
//!   `/a/../b`.
//!
//! ```
//! use http::{Request, Response};
//! use tower::{Layer, ServiceExt, service_fn};
//! use tower_webhook::{Secret, body::DeliveryBody, providers, sign::{SignLayer, Signer}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = || Secret::new("It's a Secret to Everybody");
//! # let layer = tower_webhook::WebhookLayer::new(providers::stripe(), secret()?)?;
//! # let router = axum::Router::new().route("/", axum::routing::post(()).layer(layer));
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let url = format!("http://{}/", listener.local_addr()?);
//! # tokio::spawn(async { axum::serve(listener, router).await });
//! let client = reqwest::Client::builder()
//!     .redirect(reqwest::redirect::Policy::none())
//!     .build()?;
//! let client = service_fn(move |request: Request<DeliveryBody>| {
//!     let client = client.clone();
//!     async move {
//!         let request = request.map(DeliveryBody::into_bytes).try_into()?;
//!         let response = client.execute(request).await?;
//!         Ok::<_, reqwest::Error>(Response::<reqwest::Body>::from(response))
//!     }
//! });
//! let sender = SignLayer::new(Signer::new(providers::stripe(), secret()?)?).layer(client);
//!
//! let request = Request::post(url).body(DeliveryBody::from("{}"))?;
//! let response = sender.oneshot(request).await?;
//! assert!(response.status().is_success());
//! # Ok(())
//! # }
//! ```
//!
//! # Security
//!
//! The receiver chooses its URL, and the client connects to that URL:
//!
//! - Prevent connections into your own network. Check the address in the connector, and not the URL
//!   before: a name may resolve to another address a moment later, and a URL may contain an
//!   address. Or send through a proxy that reaches only the internet.
//! - Do not follow redirects. They bypass that check, and the redirected request contains the
//!   delivery and its signature. [`StatusClassifier`] treats a redirect as a rejection.
//!   hyper-util's client follows none. reqwest follows redirects by default.
//! - Limit the time of an attempt, and the bytes and the time for reading a response. tower's
//!   timeout ends with the head of the response.
//!
//! Signatures and tokens in headers are marked as sensitive, so `Debug` hides them. If a scheme has
//! them in the query or the body, keep those out of logs.
//!
//! The sender adds only the headers of the scheme. Some receivers reject requests without
//! `User-Agent`, and hyper-util's client sends none.

mod error;
mod future;
mod id;
mod layer;
#[cfg(feature = "sender")]
mod retry;
mod service;

pub use self::{
    error::{BodyError, SendError},
    future::ResponseFuture,
    id::DeliveryId,
    layer::SignLayer,
    service::Sign,
};
#[cfg(feature = "sender")]
pub use self::{
    id::random::{SetDeliveryId, SetDeliveryIdLayer},
    retry::{
        Backoff, BackoffSchedule, Classification, Classifier, DeliveryOutcome, DeliveryRetry,
        RetryDelay, SendFailure, StatusClassifier,
    },
};
pub use crate::signer::{SignError, Signer};
