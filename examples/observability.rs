//! A receiver that can be watched: a log with `tower-http`'s `TraceLayer`, diagnoses, and numbers for Prometheus.
//!
//! ```text
//! WEBHOOK_SECRET='…' cargo run --example observability
//! curl http://127.0.0.1:5000/metrics
//! ```
//!
//! Deliveries go to `POST /webhook`, signed as GitHub does. `ADDR` says where to listen. In production let
//! nobody else reach `/metrics`.

use std::{env, error::Error, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, routing};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use tokio::net::TcpListener;
use tower_http::trace::TraceLayer;
use tower_webhook::{
    Secret, Verified, WebhookLayer, diagnose, providers,
    webhook::{Outcome, Verdict},
};
use tracing::info;

type Labels = [(&'static str, String); 2];

/// The numbers. No label holds what a stranger can write: each value is kept for ever.
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
        let Self {
            deliveries,
            seconds,
            bytes,
        } = metrics.clone();
        registry.register(
            "webhook_deliveries",
            "Requests, by outcome or reason of refusal",
            deliveries,
        );
        registry.register("webhook_seconds", "Time to a decision", seconds);
        registry.register("webhook_body_bytes", "Bytes of body read", bytes);
        metrics
    }

    fn count(&self, outcome: &Outcome<'_>) {
        let what = match outcome.verdict() {
            Verdict::Accepted(_) => "accepted",
            Verdict::Refused(rejection) => rejection.kind().name(),
            _ => "handshake",
        };
        let labels = [
            ("provider", outcome.provider().to_owned()),
            ("outcome", what.to_owned()),
        ];
        self.deliveries.get_or_create(&labels).inc();
        // Of a handshake no time is told, and none is counted.
        if !matches!(outcome.verdict(), Verdict::Handshake(_)) {
            self.seconds.observe(outcome.elapsed().as_secs_f64());
            self.bytes.inc_by(outcome.bytes() as u64);
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // What `TraceLayer` and this crate tell of each request is at debug level.
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .init();
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let secret = Secret::from_env("WEBHOOK_SECRET")?;
    let webhook = WebhookLayer::new(providers::github(), secret)?
        .on_outcome(move |outcome| metrics.count(outcome))
        .diagnose(diagnose::log);
    let app = Router::new()
        .route("/webhook", routing::post(receive).layer(webhook))
        .route("/metrics", routing::get(scrape))
        .layer(TraceLayer::new_for_http())
        .with_state(Arc::new(registry));

    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:5000".to_owned());
    let listener = TcpListener::bind(&address).await?;
    info!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn receive(verified: Verified) -> StatusCode {
    info!(event = verified.event_type(), "received");
    StatusCode::NO_CONTENT
}

async fn scrape(State(registry): State<Arc<Registry>>) -> Result<String, StatusCode> {
    let mut text = String::new();
    let encoded = encode(&mut text, &registry);
    encoded.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(text)
}
