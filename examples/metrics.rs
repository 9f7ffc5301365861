//! Metrics for Prometheus. `POST /webhook` accepts deliveries of GitHub, and `GET /metrics` returns
//! the metrics.
//!
//! ```text
//! WEBHOOK_SECRET='…' cargo run --example metrics
//! curl http://127.0.0.1:5000/metrics
//! ```
//!
//! `ADDR` is the address to listen on, and defaults to `127.0.0.1:5000`. In production, only
//! Prometheus should be able to reach `/metrics`.

#[path = "common/error.rs"]
#[allow(dead_code, reason = "`main` prints the error")]
mod error;
#[path = "common/failure.rs"]
mod failure;
#[path = "common/server.rs"]
mod server;

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, routing};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use tower_webhook::{
    Secret, WebhookLayer, providers,
    webhook::{Decision, RequestOutcome},
};

use self::failure::Failure;

/// Prometheus keeps each label value, so no label contains text that a client chooses.
type Labels = [(&'static str, String); 2];

#[derive(Clone)]
struct Metrics {
    deliveries: Family<Labels, Counter>,
    seconds: Histogram,
    bytes: Counter,
}

impl Metrics {
    fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            deliveries: Family::default(),
            seconds: Histogram::new([0.001, 0.01, 0.1, 1.0, 10.0]),
            bytes: Counter::default(),
        };
        let it = metrics.clone();
        registry.register("webhook_deliveries", "Requests, by outcome", it.deliveries);
        registry.register("webhook_seconds", "Time until the decision", it.seconds);
        registry.register("webhook_body_bytes", "Received body bytes", it.bytes);
        metrics
    }

    /// Runs after the decision about each request, and before the handler.
    fn count(&self, outcome: &RequestOutcome<'_>) {
        let name = match outcome.decision() {
            Decision::Accepted(_) => "accepted",
            Decision::Rejected(rejection) => rejection.kind().name(),
            _ => "handshake",
        };
        let provider = outcome.provider().to_owned();
        let labels = [("provider", provider), ("outcome", name.to_owned())];
        self.deliveries.get_or_create(&labels).inc();
        // The outcome of a handshake has neither a time nor a size.
        if !matches!(outcome.decision(), Decision::Handshake(_)) {
            self.seconds.observe(outcome.elapsed().as_secs_f64());
            self.bytes.inc_by(outcome.bytes() as u64);
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_ansi(false).init();
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let secret = Secret::from_env("WEBHOOK_SECRET")?;
    let webhook = WebhookLayer::new(providers::github(), secret)?
        .on_outcome(move |outcome| metrics.count(outcome));
    let app = Router::new()
        .route("/webhook", routing::post(receive).layer(webhook))
        .route("/metrics", routing::get(scrape))
        .with_state(Arc::new(registry));
    server::serve(server::listen().await?, app).await?;
    Ok(())
}

async fn receive() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn scrape(State(registry): State<Arc<Registry>>) -> Result<String, StatusCode> {
    let mut text = String::new();
    let encoded = encode(&mut text, &registry);
    encoded.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(text)
}
