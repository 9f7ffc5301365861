//! Sends recorded webhook deliveries through `WebhookLayer`, and prints the responses.
//!
//! ```text
//! cargo run --example quickstart
//! ```
//!
//! The genuine deliveries are recordings from `tests/vectors`: published by the provider, or signed
//! by the provider's own library. For each provider, the program also sends its first delivery with
//! another body, to an endpoint with another secret, and 301 seconds late. It fails if a response
//! is not the expected one.

use std::{
    error::Error,
    time::{Duration, UNIX_EPOCH},
};

use axum::{Extension, Router, body::Body, routing::post};
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use serde::Deserialize;
use tower::ServiceExt;
use tower_webhook::{
    Secret, Verified, WebhookLayer,
    providers::{self, Provider},
};

const RECORDINGS: [&str; 6] = [
    include_str!("../tests/vectors/generic.json"),
    include_str!("../tests/vectors/github.json"),
    include_str!("../tests/vectors/shopify.json"),
    include_str!("../tests/vectors/slack.json"),
    include_str!("../tests/vectors/standard_webhooks.json"),
    include_str!("../tests/vectors/stripe.json"),
];
const OTHER_SECRET: &str = "whsec_bm90IHRoZSBzZWNyZXQgaXQgd2FzIHNpZ25lZCB3aXRo";

type BoxError = Box<dyn Error + Send + Sync>;

/// An endpoint for one provider. Its clock shows `now`, because recordings have old timestamps.
fn endpoint(provider: Provider, secret: &str, now: u64) -> Result<Router, BoxError> {
    let webhook = WebhookLayer::new(provider, Secret::new(secret)?)?
        .clock(move || UNIX_EPOCH + Duration::from_secs(now));
    Ok(Router::new().route("/", post(receive).layer(webhook)))
}

/// Called for verified deliveries only.
async fn receive(Extension(verified): Extension<Verified>, body: Bytes) -> String {
    format!("{} bytes from {}", body.len(), verified.provider())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    println!("provider           response                              sent");
    let (mut total, mut unexpected) = (0, 0);
    for recording in RECORDINGS {
        let recording: Recording = serde_json::from_str(recording)?;
        let name = recording.provider.replace('_', "-");
        let provider = providers::by_name(&name).ok_or("unknown provider")?;
        for (delivery, expected) in deliveries(recording.cases, &name)? {
            let app = endpoint(provider.clone(), &delivery.secret, delivery.now)?;
            let answer = delivery.send(app).await?;
            println!("{name:17}  {answer:36}  {}", delivery.name);
            if answer != expected {
                println!("{:17}  expected: {expected}", "");
                unexpected += 1;
            }
            total += 1;
        }
    }
    println!("{total} deliveries, {unexpected} unexpected responses");
    if unexpected > 0 {
        return Err("a response was not the expected one".into());
    }
    Ok(())
}

/// The genuine deliveries and the forgeries, each with the expected response.
fn deliveries(cases: Vec<Delivery>, name: &str) -> Result<Vec<(Delivery, String)>, BoxError> {
    // GitHub and Shopify send no timestamp, so their deliveries do not expire.
    let has_time = cases
        .iter()
        .any(|it| it.reason.as_deref() == Some("timestamp"));
    let genuine = cases.into_iter().filter(|it| it.reason.is_none());
    let genuine: Vec<_> = genuine.collect();
    let first = genuine.first().ok_or("no genuine delivery")?;
    let (mut changed, mut signed, mut late) = (first.clone(), first.clone(), first.clone());
    changed.name = "a space added to the body".into();
    changed.body.push(' ');
    signed.name = "signed with another secret".into();
    signed.secret = OTHER_SECRET.into();
    late.name = "301 seconds late".into();
    late.now += 301;

    // Shopify requires 401 for an invalid signature.
    let status = if name == "shopify" { 401 } else { 403 };
    let rejected = format!(r#"{status} {{"error":"Invalid signature"}}"#);
    let forged = [changed, signed].map(|it| (it, rejected.clone()));
    let late = has_time.then(|| (late, r#"400 {"error":"Request expired"}"#.into()));
    let genuine = genuine.into_iter().map(|it| {
        let expected = format!("200 {} bytes from {name}", it.body.len());
        (it, expected)
    });
    Ok(genuine.chain(forged).chain(late).collect())
}

/// A file of `tests/vectors`.
#[derive(Deserialize)]
struct Recording {
    provider: String,
    cases: Vec<Delivery>,
}

#[derive(Clone, Deserialize)]
struct Delivery {
    name: String,
    secret: String,
    headers: Vec<(String, String)>,
    body: String,
    now: u64,
    /// The reason for a rejection. Genuine deliveries have none.
    reason: Option<String>,
}

impl Delivery {
    async fn send(&self, app: Router) -> Result<String, BoxError> {
        let mut request = Request::post("/");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(self.body.clone()))?;
        let response = app.oneshot(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
    }
}
