//! One endpoint, many tenants: `POST /hooks/{tenant}`, their secrets in a database file.
//!
//! ```text
//! cargo run --example tenants
//! ```
//!
//! The first start makes the file, and prints its secrets and what to paste into another terminal.
//! Tenants sign as the README shows; where you can choose, take `providers::standard_webhooks`.
//!
//! | variable | |
//! | --- | --- |
//! | `DATABASE` | the file, of `SQLite`'s format; `tower-webhook-tenants.db` in the temporary directory by default |
//! | `ADDR` | where to listen; `127.0.0.1:5000` by default |
//! | `LOG` | the log level of the layer; defaults to `info` |
//!
//! `LOG=debug` logs each rejection, which any client can cause.
//!
//! Whoever asks for a tenant while the file is gone, locked or damaged is told to come again later
//! (503), and the log says why. Tenants who are in the cache notice once their ten seconds are
//! over.

#[path = "common/error.rs"]
mod error;

use std::{
    env::{self, VarError},
    error::Error,
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    Extension, Json, Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::post,
};
use bytes::Bytes;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_webhook::{Head, Keys, Secret, Verified, WebhookLayer, keys::KeyCache, providers};
use tracing::{Instrument, Level, info, info_span, warn};
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use self::error::report;

/// How many tenants are remembered.
const CAPACITY: u64 = 10_000;
/// For how long: a secret that was deleted from the file passes until then.
const LIFETIME: Duration = Duration::from_secs(10);
/// Shorter than the layer's `key_deadline`, so that the log says that the file is locked, and not
/// that something took too long.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// How long requests in flight may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Acme is changing its secret, Initech has not noticed that its old one has ended.
const TENANTS: &str = "
    BEGIN;
    CREATE TABLE secrets (
        label TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        secret TEXT NOT NULL,
        not_after INTEGER -- Unix seconds; NULL for the current one
    );
    CREATE INDEX secrets_of_tenant ON secrets (tenant);
    INSERT INTO secrets VALUES
        ('acme-2026', 'acme', lower(hex(randomblob(32))), NULL),
        ('acme-2025', 'acme', lower(hex(randomblob(32))), unixepoch('now', '+7 days')),
        ('globex-2026', 'globex', lower(hex(randomblob(32))), NULL),
        ('initech-2026', 'initech', lower(hex(randomblob(32))), NULL),
        ('initech-2025', 'initech', lower(hex(randomblob(32))), unixepoch('now', '-1 day'));
    COMMIT;
";

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
    let level = var("LOG")?.unwrap_or_else(|| "info".to_owned());
    let level: Level = level
        .parse()
        .map_err(|error| format!("LOG=`{level}`: {error}"))?;
    let targets = Targets::new()
        .with_default(Level::INFO)
        .with_target("tower_webhook", level);
    tracing_subscriber::registry()
        .with(targets)
        .with(fmt::layer().with_writer(io::stderr))
        .init();

    let address = var("ADDR")?.unwrap_or_else(|| "127.0.0.1:5000".to_owned());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| format!("cannot listen on `{address}`: {error}"))?;
    let address = listener.local_addr()?;

    let database = var("DATABASE")?.map_or_else(
        || env::temp_dir().join("tower-webhook-tenants.db"),
        PathBuf::from,
    );
    prepare(&database, &format!("http://{address}"))
        .map_err(|error| format!("database `{}`: {error}", database.display()))?;

    let database: Arc<Path> = database.into();
    let keys = KeyCache::new(
        CAPACITY,
        LIFETIME,
        |head: Head<'_>| tenant(head.path()).map(str::to_owned),
        move |tenant: String| {
            let database = Arc::clone(&database);
            async move { spawn_blocking(move || look_up(&database, &tenant)).await? }
        },
    );
    let webhook = WebhookLayer::per_request(providers::generic(), keys)?;

    let app = Router::new()
        .route("/hooks/{tenant}", post(receive).layer(webhook))
        .layer(from_fn(name_tenant));

    let (stop, give_up) = (stop_signal()?, stop_signal()?);
    info!("listening on {address}");

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

/// The tenant is whose keys it was, and not what the path says once it is decoded.
async fn receive(Extension(verified): Extension<Verified>, body: Bytes) -> Json<Value> {
    let (tenant, key) = (verified.tenant(), verified.key_label());
    info!(key, bytes = body.len(), "received");
    Json(json!({ "tenant": tenant, "key": key }))
}

/// Puts the tenant before whatever is logged on the way of a request, by the layer too.
async fn name_tenant(request: Request, next: Next) -> Response {
    let span = info_span!("hook", tenant = tenant(request.uri().path()));
    next.run(request).instrument(span).await
}

/// The tenant that a path names, if it is a name that tenants can have. Anybody can ask for any:
/// others would cost a look-up, and long ones the cache's memory and the log's.
fn tenant(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/hooks/")?;
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = (1..=32).contains(&name.len()) && name.bytes().all(is_letter);
    is_name.then_some(name)
}

/// Opens the file for each look-up, which the cache makes rare: so one that was replaced or deleted
/// is noticed.
fn look_up(database: &Path, tenant: &str) -> Result<Option<Keys>, BoxError> {
    let database = open(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut query = database.prepare(
        "SELECT secret, label, not_after FROM secrets WHERE tenant = ?1
        ORDER BY not_after DESC NULLS FIRST",
    )?;
    let mut rows = query.query([tenant])?;
    let mut secrets = Vec::new();
    while let Some(row) = rows.next()? {
        secrets.push(secret(row)?);
    }
    Ok(Keys::newest_first(secrets).map(|keys| keys.tenant(tenant)))
}

fn secret(row: &Row<'_>) -> Result<Secret, BoxError> {
    let label: String = row.get("label")?;
    let secret = Secret::new(row.get::<_, String>("secret")?)
        .map_err(|error| format!("`{label}`: {error}"))?
        .label(label);
    let Some(seconds) = row.get::<_, Option<i64>>("not_after")? else {
        return Ok(secret);
    };
    let after_epoch = Duration::from_secs(seconds.max(0).unsigned_abs());
    Ok(secret.not_after(UNIX_EPOCH + after_epoch))
}

fn open(database: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let database = Connection::open_with_flags(database, access)?;
    database.busy_timeout(LOCK_WAIT)?;
    Ok(database)
}

/// Makes the file if it is not there, and looks whether it can be read.
fn prepare(database: &Path, url: &str) -> Result<(), BoxError> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.write(true).create_new(true).open(database) {
        Ok(_) => {
            let made = open(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
                .and_then(|database| database.execute_batch(TENANTS));
            // Better none than half of one.
            made.inspect_err(|_| drop(fs::remove_file(database)))?;
            println!("made {}", database.display());
            how_to_try(database, url)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Any tenant will do.
            look_up(database, "acme")?;
            println!(
                "taking the tenants, and their secrets, from {}; delete it for new ones",
                database.display()
            );
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Shows the secrets this once, as where they are made is the place to show them.
fn how_to_try(database: &Path, url: &str) -> Result<(), BoxError> {
    let database = open(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let secret = |label: &str| {
        let query = "SELECT secret FROM secrets WHERE label = ?1";
        database.query_one(query, [label], |row| row.get::<_, String>(0))
    };
    let (acme, acme_before) = (secret("acme-2026")?, secret("acme-2025")?);
    let (globex, initech) = (secret("globex-2026")?, secret("initech-2026")?);
    let initech_before = secret("initech-2025")?;
    println!(
        r#"The secrets are not shown again. In another terminal:

deliver() {{
  body='{{"event":"order.created"}}'
  curl -s -w ' %{{http_code}}\n' "{url}/hooks/$1" \
    -H "X-Timestamp: $(date +%s)" \
    -H "X-Signature: $(printf %s "$body" | openssl dgst -sha256 -hmac "$2" -r | cut -d' ' -f1)" \
    --data-raw "$body"
}}
deliver acme {acme} # 200
deliver acme {acme_before} # 200, the one before
deliver globex {globex} # 200
deliver globex {acme} # 403, of another tenant
deliver initech {initech} # 200
deliver initech {initech_before} # 403, the one before, and over
deliver nobody {acme} # 403
"#
    );
    Ok(())
}

fn var(name: &str) -> Result<Option<String>, BoxError> {
    match env::var(name) {
        // As compose files set what they have no value for.
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
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
