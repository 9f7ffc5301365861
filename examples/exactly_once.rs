//! An effect that happens exactly once, even if the process crashes before it responds.
//!
//! ```text
//! cargo run --example exactly_once
//! body=20
//! signature=$(printf '%s' "$body" | openssl dgst -sha256 -hmac "It's a Secret to Everybody" -r | cut -d' ' -f1)
//! curl http://127.0.0.1:5000/ --data-raw "$body" -H "X-Hub-Signature-256: sha256=$signature"
//! ```
//!
//! The effect is a changed row in `SQLite`. The handler writes the key of the delivery into the
//! same database, in the same transaction. If the database already has the key, the effect has
//! happened.
//!
//! | variable | |
//! | --- | --- |
//! | `DATABASE` | the `SQLite` file; defaults to `tower-webhook-payments.db` in the temporary directory |
//! | `ADDR` | the address to listen on; defaults to `127.0.0.1:5000` |

#[path = "common/error.rs"]
#[allow(dead_code, reason = "`main` prints the error")]
mod error;
#[path = "common/failure.rs"]
mod failure;
#[path = "common/server.rs"]
mod server;

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{Extension, Router, routing::post};
use http::StatusCode;
use rusqlite::{Connection, TransactionBehavior};
use tokio::task::spawn_blocking;
use tower::ServiceBuilder;
use tower_webhook::{
    DedupeLayer, Secret, Verified, WebhookLayer,
    dedupe::{DedupeKey, MemoryStore},
    providers,
};
use tracing::error;

use self::failure::Failure;

const SECRET: &str = "It's a Secret to Everybody";

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, paid INTEGER NOT NULL);
    INSERT INTO accounts VALUES ('acme', 0) ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS deliveries (
        key TEXT PRIMARY KEY,
        handled_at INTEGER NOT NULL DEFAULT (unixepoch()) -- to delete old keys
    ) WITHOUT ROWID;
";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_ansi(false).init();
    let database = env::var_os("DATABASE").map_or_else(
        || env::temp_dir().join("tower-webhook-payments.db"),
        PathBuf::from,
    );
    server::serve(server::listen().await?, app(&database)?).await?;
    Ok(())
}

pub(crate) fn app(database: &Path) -> Result<Router, Failure> {
    Connection::open(database)?.execute_batch(TABLES)?;
    let layers = ServiceBuilder::new()
        .layer(WebhookLayer::new(
            providers::github(),
            Secret::new(SECRET)?,
        )?)
        // Saves the database from most duplicates. Its records are lost if the process crashes.
        .layer(DedupeLayer::new(MemoryStore::new(100_000)));
    Ok(Router::new()
        .route("/", post(receive))
        .layer(layers)
        .layer(Extension(Arc::<Path>::from(database))))
}

async fn receive(
    Extension(database): Extension<Arc<Path>>,
    Extension(verified): Extension<Verified>,
    amount: String,
) -> Result<&'static str, StatusCode> {
    // GitHub signs the body, so each delivery has a key.
    let key = verified
        .dedupe_key()
        .ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    let amount = amount.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let paid = spawn_blocking(move || pay(&database, key, amount)).await;
    match paid.map_err(Failure::from).and_then(|paid| Ok(paid?)) {
        Ok(true) => Ok("handled\n"),
        Ok(false) => Ok("was handled before\n"),
        Err(error) => {
            error!(?error, "cannot pay");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Writes the key and the effect in one transaction. Returns `false` if the key exists already.
fn pay(database: &Path, key: DedupeKey, amount: i64) -> rusqlite::Result<bool> {
    let mut database = Connection::open(database)?;
    database.busy_timeout(Duration::from_secs(5))?;
    // The transaction is on the disk before the sender gets the response.
    database.pragma_update(None, "synchronous", "FULL")?;
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let insert = "INSERT INTO deliveries (key) VALUES (?1) ON CONFLICT DO NOTHING";
    let is_new = transaction.execute(insert, [key.to_string()])? == 1;
    if is_new {
        let update = "UPDATE accounts SET paid = paid + ?1 WHERE name = 'acme'";
        transaction.execute(update, [amount])?;
    }
    transaction.commit()?;
    Ok(is_new)
}
