//! Deduplication: a sender retries until the response is 2xx, and the effect happens once.
//!
//! ```text
//! cargo run --example dedupe
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example dedupe
//! ```
//!
//! With `REDIS_URL`, the layer stores the records of handled deliveries in Redis, and several
//! processes can share them. Otherwise it stores them in memory. The handler fails twice for the
//! event `fail_test`. The program fails if a response or the number of effects is not the expected
//! one.

#[path = "common/error.rs"]
#[allow(dead_code, reason = "`main` prints the error")]
mod error;
#[path = "common/failure.rs"]
mod failure;

use std::{
    collections::HashMap,
    env,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Extension, Json, Router, body::Body, routing::post};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::{ServiceBuilder, ServiceExt};
use tower_webhook::{
    DedupeLayer, Secret, Verified, WebhookLayer,
    dedupe::{MemoryStore, RedisStore},
    providers,
    sign::Signer,
};

use self::{error::chain, failure::Failure};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const HANDLED: &str = r#"200 {"message":"Webhook received"}"#;
const FAILED: &str = r#"500 {"error":"Simulated failure"}"#;
const DUPLICATE: &str = r#"200 {"message":"Duplicate delivery"}"#;

/// The calls of the handler and its effects, for each delivery ID.
type Counts = Arc<Mutex<HashMap<String, (u32, u32)>>>;

/// Called once for each delivery, and again only after a failure.
async fn receive(
    Extension(counts): Extension<Counts>,
    Extension(verified): Extension<Verified>,
    Json(payload): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let id = verified.delivery_id().unwrap_or_default().to_owned();
    let mut counts = counts.lock().expect("a lock that no panic poisons");
    let (calls, effects) = counts.entry(id).or_default();
    *calls += 1;
    if payload.get("event") == Some(&json!("fail_test")) && *calls < 3 {
        let error = json!({ "error": "Simulated failure" });
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(error));
    }
    *effects += 1;
    (
        StatusCode::OK,
        Json(json!({ "message": "Webhook received" })),
    )
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let dedupe = match env::var("REDIS_URL") {
        Ok(url) => {
            let store = RedisStore::connect(&url).await;
            DedupeLayer::new(store.map_err(|error| format!("REDIS_URL: {}", chain(&error)))?)
        }
        Err(_) => DedupeLayer::new(MemoryStore::new(100_000)),
    };
    let webhook = WebhookLayer::new(providers::standard_webhooks(), Secret::new(SECRET)?)?;
    let counts = Counts::default();
    let app = Router::new()
        .route("/webhook", post(receive))
        // The first layer is the outer one: only verified deliveries are recorded.
        .layer(ServiceBuilder::new().layer(webhook).layer(dedupe))
        .layer(Extension(Arc::clone(&counts)));

    // Redis keeps the records of earlier runs for a day, so each run has its own IDs.
    let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    for (number, event, attempts) in [
        (1, "order.created", &[HANDLED][..]),
        (2, "fail_test", &[FAILED, FAILED, HANDLED]),
    ] {
        let id = format!("msg_{run}_{number}");
        // Two more attempts: the sender missed the response, and an attacker replays a request.
        let expected = [attempts, &[DUPLICATE; 2]].concat();
        for expected in &expected {
            let response = send(&app, &id, event).await?;
            println!("{id}: {response}");
            if response != *expected {
                return Err(format!("expected {expected}").into());
            }
        }
        let counts = counts.lock().map_err(|_| "a panic")?;
        let (_, effects) = counts.get(&id).copied().unwrap_or_default();
        println!("{event}: {} requests, {effects} effect", expected.len());
        if effects != 1 {
            return Err("expected one effect".into());
        }
    }
    Ok(())
}

/// Sends one attempt, signed with the current time, and returns the response.
async fn send(app: &Router, id: &str, event: &str) -> Result<String, Failure> {
    let signer = Signer::new(providers::standard_webhooks(), Secret::new(SECRET)?)?;
    let mut request = Request::post("/webhook")
        .header("content-type", "application/json")
        .body(json!({ "event": event }).to_string().into())?;
    signer.sign(&mut request, id, SystemTime::now())?;
    let response = app.clone().oneshot(request.map(Body::from)).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
}
