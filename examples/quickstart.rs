//! Sends webhook deliveries to a server on this machine and prints what came back.
//!
//! ```text
//! cargo run --example quickstart
//! ```
//!
//! Every genuine delivery in `tests/vectors`, published by its provider or signed by the provider's
//! own library, is sent as it stands. The first of each provider
//! is sent again with its body changed, to an endpoint that holds another secret, and, if the
//! provider sends a time, too late. The program fails if any answer is not the expected one.

use std::{
    error::Error,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    Extension, Router,
    routing::{MethodRouter, post},
};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower_webhook::{
    Secret, Verified, WebhookLayer,
    providers::{self, Provider},
};

const GENERIC: &str = include_str!("../tests/vectors/generic.json");
const GITHUB: &str = include_str!("../tests/vectors/github.json");
const SHOPIFY: &str = include_str!("../tests/vectors/shopify.json");
const SLACK: &str = include_str!("../tests/vectors/slack.json");
const STANDARD_WEBHOOKS: &str = include_str!("../tests/vectors/standard_webhooks.json");
const STRIPE: &str = include_str!("../tests/vectors/stripe.json");

type BoxError = Box<dyn Error + Send + Sync>;

/// The server's clock, in Unix seconds: a recorded delivery is fresh only in its own time.
static NOW: AtomicU64 = AtomicU64::new(0);

fn endpoint(provider: Provider, secret: &str) -> Result<MethodRouter, BoxError> {
    let webhook = WebhookLayer::new(provider, Secret::new(secret)?)?
        .clock(|| UNIX_EPOCH + Duration::from_secs(NOW.load(Ordering::SeqCst)));
    Ok(post(receive).layer(webhook))
}

async fn receive(Extension(verified): Extension<Verified>, body: Bytes) -> String {
    format!("{} bytes from {}", body.len(), verified.provider())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let recordings = [
        (providers::generic(), GENERIC),
        (providers::github(), GITHUB),
        (providers::shopify(), SHOPIFY),
        (providers::slack(), SLACK),
        (providers::standard_webhooks(), STANDARD_WEBHOOKS),
        (providers::stripe(), STRIPE),
    ];

    let mut app = Router::new();
    let mut attempts = Vec::new();
    for (provider, json) in recordings {
        let recording: Recording = serde_json::from_str(json)?;
        for delivery in variations(recording.cases)? {
            let path = format!("/{}", attempts.len());
            app = app.route(&path, endpoint(provider.clone(), &delivery.secret)?);
            attempts.push((provider.scheme().name().to_owned(), delivery));
        }
    }

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });

    println!("provider           expected  answer                                sent");
    let mut surprises = 0;
    for (n, (provider, delivery)) in attempts.iter().enumerate() {
        let (status, body) = delivery.expected(provider);
        let answer = delivery.send(&format!("{server}/{n}")).await?;
        let sent = &delivery.name;
        println!("{provider:17}  {status:8}  {answer:36}  {sent}");
        if answer != format!("{status} {body}") {
            println!("{:17}  expected: {status} {body}", "");
            surprises += 1;
        }
    }

    let total = attempts.len();
    println!("{total} deliveries, {surprises} unexpected answers");
    if surprises > 0 {
        return Err("an answer was not the expected one".into());
    }
    Ok(())
}

/// The genuine ones as they are, and the first as it must not be accepted.
fn variations(cases: Vec<Delivery>) -> Result<Vec<Delivery>, BoxError> {
    let has_time = cases.iter().any(Delivery::is_stale);
    let mut deliveries: Vec<_> = cases.into_iter().filter(Delivery::is_genuine).collect();
    let genuine = deliveries.first().cloned();
    let genuine = genuine.ok_or("nothing genuine was recorded")?;

    deliveries.push(Delivery {
        name: "a space added to the body".to_owned(),
        body: format!("{} ", genuine.body),
        reason: Some("signature".to_owned()),
        ..genuine.clone()
    });
    deliveries.push(Delivery {
        name: "signed with another secret".to_owned(),
        secret: "whsec_bm90IHRoZSBzZWNyZXQgaXQgd2FzIHNpZ25lZCB3aXRo".to_owned(),
        reason: Some("signature".to_owned()),
        ..genuine.clone()
    });
    // GitHub and Shopify send no time: their deliveries never grow old.
    if has_time {
        deliveries.push(Delivery {
            name: "301 seconds late".to_owned(),
            now: genuine.now + 301,
            reason: Some("timestamp".to_owned()),
            ..genuine
        });
    }
    Ok(deliveries)
}

/// A file of `tests/vectors`.
#[derive(Deserialize)]
struct Recording {
    cases: Vec<Delivery>,
}

#[derive(Clone, Deserialize)]
struct Delivery {
    name: String,
    secret: String,
    headers: Vec<(String, String)>,
    body: String,
    now: u64,
    /// Why it is to be refused, if it is.
    reason: Option<String>,
}

impl Delivery {
    fn is_genuine(&self) -> bool {
        self.reason.is_none()
    }

    fn is_stale(&self) -> bool {
        self.reason.as_deref() == Some("timestamp")
    }

    fn expected(&self, provider: &str) -> (u16, String) {
        match self.reason.as_deref() {
            None => (200, format!("{} bytes from {provider}", self.body.len())),
            Some("timestamp") => (400, r#"{"error":"Request expired"}"#.to_owned()),
            Some(_) => (403, r#"{"error":"Invalid signature"}"#.to_owned()),
        }
    }

    async fn send(&self, url: &str) -> Result<String, BoxError> {
        let mut request = Request::post(url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::<Bytes>::from(self.body.clone()))?;

        NOW.store(self.now, Ordering::SeqCst);
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
    }
}
