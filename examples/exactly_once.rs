//! An effect that happens exactly once, though the process dies at the worst moment: after the
//! effect, and before anybody was told.
//!
//! ```text
//! cargo run --example exactly_once
//! ```
//!
//! The effect is a row's change in `SQLite`. The handler writes the delivery's key into the same
//! database, in the same transaction: if the key is there already, the effect is too. The receiver
//! is a process of its own, which this one starts, sends to, and starts again when it has died.

use std::{
    env,
    error::Error,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use axum::{Extension, Router, routing::post};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rusqlite::{Connection, TransactionBehavior};
use sha2::Sha256;
use tokio::{net::TcpListener, task::spawn_blocking, time::sleep};
use tower::ServiceBuilder;
use tower_webhook::{
    DedupeLayer, Secret, Verified, WebhookLayer,
    dedupe::{DedupeKey, MemoryStore},
    providers,
};

const SECRET: &str = "It's a Secret to Everybody";

const TABLES: &str = "
    CREATE TABLE accounts (name TEXT PRIMARY KEY, paid INTEGER NOT NULL);
    INSERT INTO accounts VALUES ('acme', 0);
    CREATE TABLE deliveries (
        key TEXT PRIMARY KEY,
        handled_at INTEGER NOT NULL DEFAULT (unixepoch()) -- to delete the old ones by
    ) WITHOUT ROWID;
";

type BoxError = Box<dyn Error + Send + Sync>;

/// Which process this is, and where its database is.
const RECEIVER: &str = "EXACTLY_ONCE_RECEIVER";
/// After which amount it dies.
const DIE_AFTER: &str = "EXACTLY_ONCE_DIE_AFTER";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    match env::var_os(RECEIVER) {
        Some(database) => serve(PathBuf::from(database).into()).await,
        None => send().await,
    }
}

// The receiver.

async fn serve(database: Arc<Path>) -> Result<(), BoxError> {
    let layers = ServiceBuilder::new()
        .layer(WebhookLayer::new(
            providers::github(),
            Secret::new(SECRET)?,
        )?)
        // Takes off the database what comes twice as long as nothing goes wrong, and stops two from
        // being handled at the same moment.
        .layer(DedupeLayer::new(MemoryStore::new(100_000)));
    let app = Router::new()
        .route("/", post(receive))
        .layer(layers)
        .layer(Extension(database));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn receive(
    Extension(database): Extension<Arc<Path>>,
    Extension(verified): Extension<Verified>,
    amount: String,
) -> Result<String, (StatusCode, String)> {
    let failed = |error: BoxError| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let Some(key) = verified.dedupe_key() else {
        return Err(failed("nothing tells deliveries apart".into()));
    };
    let die_after = env::var(DIE_AFTER).ok();
    let pay = amount.clone();
    let is_new = spawn_blocking(move || handle(&database, key, &pay)).await;
    let is_new = is_new
        .map_err(|error| failed(error.into()))?
        .map_err(failed)?;
    if die_after.as_ref() == Some(&amount) {
        std::process::abort();
    }
    Ok(if is_new {
        "handled"
    } else {
        "was handled before"
    }
    .to_owned())
}

/// The effect and the note that it was had: both, or neither.
fn handle(database: &Path, key: DedupeKey, amount: &str) -> Result<bool, BoxError> {
    let amount: i64 = amount.parse()?;
    let mut database = Connection::open(database)?;
    database.busy_timeout(Duration::from_secs(5))?;
    // Sure to be on the disk before it is answered.
    database.pragma_update(None, "synchronous", "FULL")?;
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let note = "INSERT INTO deliveries (key) VALUES (?1) ON CONFLICT DO NOTHING";
    let is_new = transaction.execute(note, [key.to_string()])? == 1;
    if is_new {
        let pay = "UPDATE accounts SET paid = paid + ?1 WHERE name = 'acme'";
        transaction.execute(pay, [amount])?;
    }
    transaction.commit()?;
    Ok(is_new)
}

// The sender.

async fn send() -> Result<(), BoxError> {
    let name = format!("tower-webhook-exactly-once-{}.db", std::process::id());
    let database = env::temp_dir().join(name);
    Connection::open(&database)?.execute_batch(TABLES)?;
    let sent = deliver_all(&database).await;
    let paid = Connection::open(&database)
        .and_then(|it| it.query_one("SELECT paid FROM accounts", [], |row| row.get::<_, i64>(0)));
    std::fs::remove_file(&database)?;
    let (sent, deaths) = sent?;
    let paid = paid?;
    println!("sent {sent}, paid {paid}; the receiver died {deaths} times");
    if (sent, deaths) != (paid, 3) {
        return Err("everything was to be paid once, and the receiver to die three times".into());
    }
    Ok(())
}

/// What was sent in all, and how often the receiver died.
async fn deliver_all(database: &Path) -> Result<(i64, u32), BoxError> {
    let (mut sent, mut deaths) = (0, 0);
    for amount in [1, 20, 300, 4000] {
        // It dies at each amount but the last.
        let mut receiver = Receiver::start(database, amount < 4000, amount)?;
        for attempt in 1.. {
            match post_to(&receiver.url, amount).await {
                Ok(status) if status.is_success() => {
                    println!("{amount}: {status} at attempt {attempt}");
                    break;
                }
                Ok(status) => println!("{amount}: {status}"),
                Err(error) => println!("{amount}: {error}"),
            }
            if receiver.process.try_wait()?.is_some() {
                deaths += 1;
                receiver = Receiver::start(database, false, amount)?;
            }
            sleep(Duration::from_millis(50)).await;
        }
        // And once more, as senders do whose answer was lost.
        post_to(&receiver.url, amount).await?;
        sent += amount;
    }
    Ok((sent, deaths))
}

struct Receiver {
    process: Child,
    url: String,
}

impl Receiver {
    fn start(database: &Path, dies: bool, amount: i64) -> Result<Self, BoxError> {
        let mut command = Command::new(env::current_exe()?);
        command.env(RECEIVER, database).stdout(Stdio::piped());
        if dies {
            command.env(DIE_AFTER, amount.to_string());
        }
        let mut process = command.spawn()?;
        let output = process.stdout.take().ok_or("the receiver has no output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Self { process, url })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn post_to(url: &str, amount: i64) -> Result<StatusCode, BoxError> {
    let body = amount.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(body.as_bytes());
    let signature = const_hex::encode(mac.finalize().into_bytes());
    let request = Request::post(url)
        .header("x-hub-signature-256", format!("sha256={signature}"))
        .body(Full::<Bytes>::from(body))?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    Ok(client.request(request).await?.status())
}
