//! The sender's side: signing as a provider does, and sending again what did not arrive.
//!
//! Whatever a secret signs, or is sent as, can be signed for, in the head, the query or the body,
//! and by Ed25519 too, for whoever has the private key. Providers that sign with a private key of
//! another kind cannot be signed for.
//!
//! [`Signer`] signs a request that is there as a whole, without tower: for tests of an endpoint,
//! and for queue workers. [`SignLayer`] signs what goes through a tower client.
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
//! From the outside in: a layer that gives each delivery its id, the retries, what bounds a try in
//! time, [`SignLayer`], and the client. So each try is signed afresh, with the time of that try,
//! and all of them have one id, by which the receiver knows a delivery that comes twice.
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
//! hyper-util's legacy client, over a connector such as `HttpConnector`, takes a
//! [`DeliveryBody`](crate::body::DeliveryBody) as it is. A channel of tonic has a body of its own:
//! put `map_request(|request: Request<DeliveryBody>| request.map(tonic::body::Body::new))` between
//! it and the layer, as `examples/tonic.rs` does. Its calls are not for [`DeliveryRetry`]: their
//! bodies cannot be cloned, and how they ended is in `grpc-status`.
//!
//! reqwest has requests and responses of its own. Tell it not to follow redirects, and give it URLs
//! as it writes them, by `reqwest::Url`, if the scheme signs them: it sends `/b` for `/a/../b`.
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
//! A receiver's URL is chosen by somebody else, and the client goes where it leads:
//!
//! - Keep it from what is inside your own network. Look at the address that is connected to, in the
//!   connector, and not at the URL before: a name may be another address a moment later, and a URL
//!   may have an address for a name. Or send through a proxy that reaches nothing but the internet.
//! - Follow no redirects: they lead around that check, and the delivery goes along with its
//!   signature. To [`StatusClassifier`] a redirect is a refusal. hyper-util's client follows none,
//!   reqwest follows them unless it is told.
//! - Bound a try in time, and what is read of an answer, in bytes and in time: `tower`'s time-out
//!   ends with the answer's head.
//!
//! Signatures and tokens are marked as sensitive in the head, so that `Debug` hides them; where a
//! scheme has them in the query or the body, keep those out of logs. Nothing is put into the head
//! but what the scheme has there. Some receivers turn away what has no `User-Agent`, and
//! hyper-util's client sends none.

mod error;
mod future;
mod id;
mod layer;
#[cfg(feature = "sender")]
mod retry;
mod service;

#[cfg(feature = "sender")]
pub use self::id::{SetDeliveryId, SetDeliveryIdLayer};
#[cfg(feature = "sender")]
pub use self::retry::{
    Backoff, BackoffSchedule, Classification, Classifier, DeliveryOutcome, DeliveryRetry,
    RetryDelay, SendFailure, StatusClassifier,
};
pub use self::{
    error::{BodyError, SendError},
    future::ResponseFuture,
    id::DeliveryId,
    layer::SignLayer,
    service::Sign,
};
pub use crate::signer::{SignError, Signer};
