//! A webhook receiver to start from: `POST /webhook`, signed as the README shows.
//!
//! ```text
//! WEBHOOK_SECRET='…' cargo run --example axum
//! ```
//!
//! | variable | |
//! | --- | --- |
//! | `WEBHOOK_SECRET` | the secret shared with the sender; required |
//! | `WEBHOOK_SECRET_PREVIOUS` | the one before, accepted while the sender changes over |
//! | `ADDR` | where to listen; `127.0.0.1:5000` by default |
//! | `LOG_FILE` | where the log is kept besides stdout; `webhook.log` by default |

#[path = "common/error.rs"]
mod error;
#[path = "common/log_limit.rs"]
mod log_limit;

use std::{
    env::{self, VarError},
    error::Error,
    fs::File,
    io,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension, Json, Router, extract::State, middleware::map_response_with_state,
    response::Response, routing::post,
};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_webhook::{Keys, Rejection, Secret, Verified, WebhookLayer, providers};
use tracing::{error, info, warn};
use tracing_subscriber::fmt::writer::MakeWriterExt;

use self::{error::report, log_limit::LogLimit};

/// How long requests in flight may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(30);

type BoxError = Box<dyn Error + Send + Sync>;

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
    let current = secret("WEBHOOK_SECRET")?.ok_or("WEBHOOK_SECRET is not set")?;
    let mut keys = Keys::new(current.label("current"));
    if let Some(previous) = secret("WEBHOOK_SECRET_PREVIOUS")? {
        keys = keys.previous(previous.label("previous"));
    }
    let webhook = WebhookLayer::new(providers::generic(), keys)?;

    log_to(&var("LOG_FILE")?.unwrap_or_else(|| "webhook.log".to_owned()))?;

    let app = Router::new()
        .route("/webhook", post(receive).layer(webhook))
        .layer(map_response_with_state(
            Arc::new(LogLimit::default()),
            log_rejection,
        ));

    let address = var("ADDR")?.unwrap_or_else(|| "127.0.0.1:5000".to_owned());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| format!("cannot listen on `{address}`: {error}"))?;
    let (stop, give_up) = (stop_signal()?, stop_signal()?);
    info!("listening on {}", listener.local_addr()?);

    // A client that never finishes what it began must not keep the server from stopping.
    tokio::select! {
        result = axum::serve(listener, app).with_graceful_shutdown(stop).into_future() => result?,
        () = async { give_up.await; tokio::time::sleep(GRACE).await } => {
            warn!("giving up on what is still in flight");
        }
    }
    info!("stopped");
    Ok(())
}

type Answer = (StatusCode, Json<Value>);

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
    // As much of a name as a line of the log should hold.
    let event: Option<String> = event.map(|event| event.chars().take(64).collect());
    info!(key, bytes, event, "received");
    let answer = json!({ "message": "Webhook received" });
    (StatusCode::OK, Json(answer))
}

fn parse(body: &[u8]) -> Result<Value, String> {
    match serde_json::from_slice(body) {
        Ok(Value::Null) => Err("null".to_owned()),
        Ok(Value::Object(fields)) if fields.is_empty() => Err("an empty object".to_owned()),
        Ok(payload) => Ok(payload),
        // Says where it is not JSON, and quotes nothing of it.
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
            warn!(status, reason = %rejection, left_out, "refused");
        }
    }
    response
}

fn log_to(path: &str) -> Result<(), BoxError> {
    let file = File::options()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| format!("cannot write the log to {path}: {error}"))?;
    tracing_subscriber::fmt()
        .with_writer(io::stdout.and(Arc::new(file)))
        .with_ansi(false)
        .init();
    Ok(())
}

fn secret(name: &str) -> Result<Option<Secret>, BoxError> {
    let Some(text) = var(name)? else {
        return Ok(None);
    };
    match Secret::new(text) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) => Err(format!("{name}: {error}").into()),
    }
}

fn var(name: &str) -> Result<Option<String>, BoxError> {
    match env::var(name) {
        // As compose files set what they have no value for.
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        // The error's own text has the value in it.
        Err(VarError::NotUnicode(_)) => Err(format!("{name} is not valid UTF-8").into()),
    }
}

/// Ctrl-C or SIGTERM, noticed from this call on.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C, noticed from this call on.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
