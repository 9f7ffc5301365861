//! A receiver that can be watched: a log with `tower-http`'s `TraceLayer`, diagnoses, and numbers
//! for Prometheus.
//!
//! ```text
//! LOG=debug WEBHOOK_SECRET='…' cargo run --example observability
//! curl http://127.0.0.1:5000/metrics
//! ```
//!
//! Deliveries go to `POST /webhook`, signed as GitHub does. `ADDR` is the address to listen on. In
//! production, only Prometheus should be able to reach `/metrics`.
//!
//! `LOG=debug` logs every request, which any client can cause. The level defaults to `info`, which
//! limits the diagnoses of rejected deliveries.

#[path = "common/error.rs"]
mod error;

use std::{env, error::Error, process::ExitCode, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, routing};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use tokio::net::TcpListener;
use tower_http::trace::TraceLayer;
use tower_webhook::{
    Keys, Secret, Verified, WebhookLayer, diagnose, providers,
    webhook::{Outcome, Verdict},
};
use tracing::{Level, info};

use self::error::report;

type BoxError = Box<dyn Error + Send + Sync>;
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
    let level = env::var("LOG").unwrap_or_else(|_| "info".to_owned());
    let level: Level = level
        .parse()
        .map_err(|error| format!("LOG=`{level}`: {error}"))?;
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(level)
        .init();
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let secret = Secret::from_env("WEBHOOK_SECRET")?;
    let keys = Keys::new(secret).keep_for_diagnosis();
    let webhook = WebhookLayer::new(providers::github(), keys)?
        .on_outcome(move |outcome| metrics.count(outcome))
        .diagnose(diagnose::log)?;
    let app = Router::new()
        .route("/webhook", routing::post(receive).layer(webhook))
        .route("/metrics", routing::get(scrape))
        .layer(TraceLayer::new_for_http())
        .with_state(Arc::new(registry));

    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:5000".to_owned());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| format!("cannot listen on `{address}`: {error}"))?;
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
