//! One endpoint for many tenants. `POST /hooks/{tenant}` uses the tenant's secrets from a database.
//!
//! ```text
//! cargo run --example tenants
//! ```
//!
//! The first start creates the file. It prints the secrets, and commands for another terminal.
//!
//! | variable | |
//! | --- | --- |
//! | `DATABASE` | the `SQLite` file; defaults to `tower-webhook-tenants.db` in the temporary directory |
//! | `ADDR` | the address to listen on; defaults to `127.0.0.1:5000` |
//! | `LOG` | the log level of the layer; defaults to `info` |
//!
//! If the file is missing, locked or damaged, the response is 503 and the sender retries. The log
//! has the reason. Keys that are in the cache are used until they expire there.

mod database;
#[path = "../common/error.rs"]
#[allow(dead_code, reason = "`main` prints the error")]
mod error;
#[path = "../common/failure.rs"]
mod failure;
#[path = "../common/log.rs"]
mod log;
#[path = "../common/server.rs"]
mod server;

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension, Json, Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::post,
};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tower_webhook::{RequestHead, Verified, WebhookLayer, keys::KeyCache, providers};
use tracing::{Instrument, info, info_span};

use self::failure::Failure;

/// The number of tenants in the cache.
const CAPACITY: u64 = 10_000;
/// A secret that is deleted from the database is accepted until its cache entry expires.
const LIFETIME: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    log::init()?;
    let listener = server::listen().await?;
    let database = env::var_os("DATABASE").filter(|it| !it.is_empty());
    let database = database.map(PathBuf::from);
    let database = database.unwrap_or_else(|| env::temp_dir().join("tower-webhook-tenants.db"));
    database::prepare(&database, &format!("http://{}", listener.local_addr()?))
        .map_err(|error| format!("database `{}`: {error}", database.display()))?;

    let database: Arc<Path> = database.into();
    let keys = KeyCache::new(
        CAPACITY,
        LIFETIME,
        |head: RequestHead<'_>| tenant(head.path()).map(str::to_owned),
        move |tenant: String| {
            let database = Arc::clone(&database);
            async move { spawn_blocking(move || database::look_up(&database, &tenant)).await? }
        },
    );
    let webhook = WebhookLayer::with_key_source(providers::generic(), keys)?;
    let app = Router::new()
        .route("/hooks/{tenant}", post(receive).layer(webhook))
        .layer(from_fn(name_tenant));
    server::serve(listener, app).await?;
    Ok(())
}

/// Takes the tenant from `Verified`, because its keys verified the delivery. The path may differ
/// from it once it is decoded.
async fn receive(Extension(verified): Extension<Verified>) -> Json<Value> {
    let (tenant, key) = (verified.tenant(), verified.key_label());
    info!(key, "received");
    Json(json!({ "tenant": tenant, "key": key }))
}

/// Adds the tenant to each log line about the request, also to those of the layer.
async fn name_tenant(request: Request, next: Next) -> Response {
    let span = info_span!("hook", tenant = tenant(request.uri().path()));
    next.run(request).instrument(span).await
}

/// The tenant in a path, or `None` if no tenant can have this name.
///
/// A client can send any path. Without this check, each name would cost a look-up.
fn tenant(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/hooks/")?;
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = (1..=32).contains(&name.len()) && name.bytes().all(is_letter);
    is_name.then_some(name)
}
