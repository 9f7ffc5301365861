//! A complete webhook receiver with axum. It accepts `POST /webhook`, signed with the `generic`
//! scheme: a hex HMAC-SHA256 of the body in `X-Signature`, and Unix seconds in `X-Timestamp`.
//!
//! ```text
//! WEBHOOK_SECRET='…' cargo run --example axum
//! ```
//!
//! | variable | |
//! | --- | --- |
//! | `WEBHOOK_SECRET` | the secret that the sender signs with; required |
//! | `WEBHOOK_SECRET_PREVIOUS` | the previous secret, which is accepted too; optional |
//! | `ADDR` | the address to listen on; defaults to `127.0.0.1:5000` |
//! | `LOG_FILE` | the file for a copy of the log; defaults to `webhook.log` |
//!
//! On macOS, the AirPlay receiver uses port 5000. `docs/guide/getting-started.md` has commands that
//! send a signed delivery with `curl`.

#[path = "common/error.rs"]
#[allow(dead_code, reason = "`main` prints the error")]
mod error;
#[path = "common/failure.rs"]
mod failure;
#[path = "common/log_limit.rs"]
mod log_limit;
#[path = "common/server.rs"]
mod server;

use std::{env, fs::File, io, sync::Arc};

use axum::{
    Extension, Json, Router, extract::State, middleware::map_response_with_state,
    response::Response, routing::post,
};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tower_webhook::{Keys, Rejection, Secret, Verified, WebhookLayer, providers};
use tracing::{error, info, warn};
use tracing_subscriber::fmt::writer::MakeWriterExt;

use self::{failure::Failure, log_limit::LogLimit};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut keys = Keys::new(Secret::from_env("WEBHOOK_SECRET")?.label("current"));
    if env::var_os("WEBHOOK_SECRET_PREVIOUS").is_some_and(|it| !it.is_empty()) {
        keys = keys.previous(Secret::from_env("WEBHOOK_SECRET_PREVIOUS")?.label("previous"));
    }
    let webhook = WebhookLayer::new(providers::generic(), keys)?;

    let path = env::var("LOG_FILE").unwrap_or_else(|_| "webhook.log".to_owned());
    let file = File::options().create(true).append(true).open(&path);
    let file = file.map_err(|error| format!("cannot write the log to `{path}`: {error}"))?;
    tracing_subscriber::fmt()
        .with_writer(io::stdout.and(Arc::new(file)))
        .with_ansi(false)
        .init();

    let app = Router::new()
        .route("/webhook", post(receive).layer(webhook))
        .layer(map_response_with_state(Arc::default(), log_rejection));
    server::serve(server::listen().await?, app).await?;
    Ok(())
}

type Answer = (StatusCode, Json<Value>);

/// Handles a delivery, whose signature and timestamp the layer has verified.
async fn receive(Extension(verified): Extension<Verified>, body: Bytes) -> Answer {
    let (key, bytes) = (verified.key_label(), body.len());
    let payload = match parse(&body) {
        Ok(payload) => payload,
        Err(reason) => {
            warn!(key, bytes, reason, "invalid payload");
            return failure(StatusCode::BAD_REQUEST, "Invalid payload");
        }
    };
    let event = payload.get("event").and_then(Value::as_str);
    if event == Some("fail_test") {
        error!(key, bytes, event, "simulated failure");
        return failure(StatusCode::INTERNAL_SERVER_ERROR, "Simulated failure");
    }
    // The sender chooses the text, so the log line takes only its first 64 characters.
    let event: Option<String> = event.map(|event| event.chars().take(64).collect());
    info!(key, bytes, event, "received");
    (
        StatusCode::OK,
        Json(json!({ "message": "Webhook received" })),
    )
}

/// Parses the payload. The error has the position of a syntax error, but no part of the payload.
fn parse(body: &[u8]) -> Result<Value, String> {
    match serde_json::from_slice(body) {
        Ok(Value::Null) => Err("null".to_owned()),
        Ok(Value::Object(fields)) if fields.is_empty() => Err("an empty object".to_owned()),
        Ok(payload) => Ok(payload),
        Err(error) => Err(error.to_string()),
    }
}

fn failure(status: StatusCode, error: &str) -> Answer {
    (status, Json(json!({ "error": error })))
}

/// Logs why a request was rejected. The response contains only the class of the rejection.
///
/// Any client can cause rejections, so the log gets one line per kind and minute.
async fn log_rejection(State(limit): State<Arc<LogLimit>>, response: Response) -> Response {
    if let Some(rejection) = response.extensions().get::<Rejection>() {
        if let Some(left_out) = limit.check(rejection.kind().name()) {
            let left_out = (left_out > 0).then_some(left_out);
            let status = response.status().as_u16();
            warn!(status, reason = %rejection, left_out, "rejected");
        }
    }
    response
}
