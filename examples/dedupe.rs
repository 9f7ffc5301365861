//! A sender that tries again until it is answered 200, and a handler whose effect happens once.
//!
//! ```text
//! cargo run --example dedupe
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example dedupe
//! ```
//!
//! With `REDIS_URL` deliveries are remembered in Redis, and any number of these may run side by
//! side; without, in this process's memory. The event `fail_test` fails twice before it is handled.
//! The program fails if an answer, or an effect, is not the expected one.

#[path = "common/error.rs"]
mod error;

use std::{
    collections::HashMap,
    env,
    error::Error,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Extension, Json, Router, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{net::TcpListener, time::sleep};
use tower::ServiceBuilder;
use tower_webhook::{
    DedupeLayer, Secret, Verified, WebhookLayer,
    dedupe::{MemoryStore, RedisStore},
    providers,
};

use self::error::{chain, report};

const SECRET: &[u8] = b"32 bytes that nobody else knows.";

type BoxError = Box<dyn Error + Send + Sync>;

/// What the handler has done, by the delivery's id.
#[derive(Clone, Default)]
struct Effects(Arc<Mutex<HashMap<String, Handled>>>);

#[derive(Default)]
struct Handled {
    calls: u32,
    effects: u32,
}

async fn receive(
    Extension(effects): Extension<Effects>,
    Extension(verified): Extension<Verified>,
    Json(payload): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let id = verified.delivery_id().unwrap_or_default().to_owned();
    let mut effects = effects.0.lock().expect("nothing panics with it");
    let handled = effects.entry(id).or_default();
    handled.calls += 1;
    let event = payload.get("event").and_then(Value::as_str);
    if event == Some("fail_test") && handled.calls < 3 {
        let error = json!({ "error": "Simulated failure" });
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(error));
    }
    handled.effects += 1;
    (
        StatusCode::OK,
        Json(json!({ "message": "Webhook received" })),
    )
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    let dedupe = match env::var("REDIS_URL") {
        Ok(url) => {
            let store = RedisStore::connect(&url).await;
            let store = store.map_err(|error| format!("REDIS_URL: {}", chain(&error)));
            DedupeLayer::new(store?)
        }
        Err(_) => DedupeLayer::new(MemoryStore::new(100_000)),
    };
    let secret = Secret::new(format!("whsec_{}", STANDARD.encode(SECRET)))?;
    let effects = Effects::default();
    let layers = ServiceBuilder::new()
        .layer(WebhookLayer::new(providers::standard_webhooks(), secret)?)
        .layer(dedupe);
    let app = Router::new()
        .route("/webhook", post(receive))
        .layer(layers)
        .layer(Extension(effects.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let sender = Sender {
        url: format!("http://{}/webhook", listener.local_addr()?),
        client: Client::builder(TokioExecutor::new()).build_http(),
    };
    tokio::spawn(async move { axum::serve(listener, app).await });

    // New each time, as Redis remembers them for a day.
    let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let handled = r#"200 {"message":"Webhook received"}"#;
    let failed = r#"500 {"error":"Simulated failure"}"#;
    let duplicate = r#"200 {"message":"Duplicate delivery"}"#;
    for (id, event, expected) in [
        ("1", "order.created", &[handled][..]),
        ("2", "fail_test", &[failed, failed, handled]),
    ] {
        let id = format!("msg_{run}_{id}");
        let body = json!({ "event": event }).to_string();
        let mut answers = sender.deliver(&id, &body).await?;
        // The last answer was lost on its way, or so the sender believes; and an attacker has
        // listened.
        for _ in 0..2 {
            answers.push(sender.send(&id, &body).await?);
        }
        let expected = [expected, &[duplicate; 2]].concat();
        if answers != expected {
            return Err(format!("{event}: expected {expected:#?}").into());
        }
        let effects = effects.0.lock().expect("nothing panics with it");
        let count = effects.get(&id).map_or(0, |handled| handled.effects);
        println!("{event}: {} requests, {count} effect", answers.len());
        if count != 1 {
            return Err("an effect that happens once was expected".into());
        }
    }
    Ok(())
}

struct Sender {
    url: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Sender {
    /// Sends until the answer is a success, each time after a longer wait, and gives all answers.
    async fn deliver(&self, id: &str, body: &str) -> Result<Vec<String>, BoxError> {
        let mut answers = Vec::new();
        let mut wait = Duration::from_millis(50);
        for _ in 0..8 {
            answers.push(self.send(id, body).await?);
            if answers
                .last()
                .is_some_and(|answer| answer.starts_with("200"))
            {
                return Ok(answers);
            }
            sleep(wait).await;
            wait *= 2;
        }
        Err("never answered 200".into())
    }

    /// Sends once, signed with the time of this attempt.
    async fn send(&self, id: &str, body: &str) -> Result<String, BoxError> {
        let time = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET)?;
        mac.update(format!("{id}.{time}.{body}").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let request = Request::post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", format!("v1,{signature}"))
            .body(Full::from(body.to_owned()))?;
        let response = self.client.request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        let answer = format!("{status} {}", String::from_utf8_lossy(&body));
        println!("{id}: {answer}");
        Ok(answer)
    }
}
