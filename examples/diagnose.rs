//! Logs that explain rejections. `POST /webhook` accepts deliveries of GitHub.
//!
//! ```text
//! LOG=debug WEBHOOK_SECRET='…' cargo run --example diagnose
//! ```
//!
//! The layer diagnoses rejected deliveries and logs the probable causes, at most one delivery every
//! 10 seconds for each reason. `LOG=debug` also logs each request, which any client can cause. The
//! level defaults to `info`. `ADDR` is the address to listen on, and defaults to `127.0.0.1:5000`.

#[path = "common/error.rs"]
#[allow(dead_code, reason = "`main` prints the error")]
mod error;
#[path = "common/failure.rs"]
mod failure;
#[path = "common/log.rs"]
mod log;
#[path = "common/server.rs"]
mod server;

use axum::{Router, http::StatusCode, routing::post};
use tower_http::trace::TraceLayer;
use tower_webhook::{Keys, Secret, Verified, WebhookLayer, diagnose, providers};
use tracing::info;

use self::failure::Failure;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    log::init()?;
    let secret = Secret::from_env("WEBHOOK_SECRET")?;
    let keys = Keys::new(secret).keep_for_diagnosis();
    let webhook = WebhookLayer::new(providers::github(), keys)?.diagnose(diagnose::log)?;
    let app = Router::new()
        .route("/webhook", post(receive).layer(webhook))
        // Its span has the method and the URI. The lines about a request are in this span.
        .layer(TraceLayer::new_for_http());
    server::serve(server::listen().await?, app).await?;
    Ok(())
}

async fn receive(verified: Verified) -> StatusCode {
    info!(event = verified.event_type(), "received");
    StatusCode::NO_CONTENT
}
