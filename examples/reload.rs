//! Changes its secrets without a restart: `POST /webhook`, signed after Standard Webhooks.
//!
//! ```text
//! echo "2026-11 whsec_$(openssl rand -base64 32)" > keys.txt
//! KEYS_FILE=keys.txt cargo run --example reload
//! ```
//!
//! One secret a line, the current one first:
//!
//! ```text
//! # label secret [the last moment at which it is accepted]
//! 2026-11 whsec_…
//! 2025-11 whsec_… 2026-12-01T00:00:00Z
//! ```
//!
//! The file is read again when it changes and, on Unix, on SIGHUP. If something is wrong with it,
//! the log says what, and the secrets stay as they were. Write another file and rename it to this
//! one, or half of it may be read.
//!
//! | variable | |
//! | --- | --- |
//! | `KEYS_FILE` | the file; required |
//! | `ADDR` | where to listen; `127.0.0.1:5000` by default |

#[path = "common/error.rs"]
mod error;
#[path = "common/log_limit.rs"]
mod log_limit;

use std::{
    env,
    error::Error,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Extension, Router, extract::State, middleware::map_response_with_state, response::Response,
    routing::post,
};
use chrono::DateTime;
use tokio::{fs, net::TcpListener, time::interval};
use tower_webhook::{Keys, Rejection, Secret, Verified, WebhookLayer, keys::KeyHandle, providers};
use tracing::{error, info, warn};

use self::{
    error::{chain, report},
    log_limit::LogLimit,
};

/// How often to look whether the file has changed.
const LOOK: Duration = Duration::from_secs(1);
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
    tracing_subscriber::fmt().with_ansi(false).init();
    let hangup = hangup_signal()?;

    let file = env::var_os("KEYS_FILE").filter(|file| !file.is_empty());
    let file = PathBuf::from(file.ok_or("KEYS_FILE is not set")?);
    let in_file = |error: BoxError| format!("keys file `{}`: {}", file.display(), chain(&*error));
    // Before it is read, so that a change in between is not missed.
    let seen = stamp(&file).await;
    let keys = read(&file).await.map_err(in_file)?;
    let (webhook, handle) = WebhookLayer::reloadable(providers::standard_webhooks(), keys.clone())
        .map_err(|error| in_file(error.into()))?;
    info!(?keys, "accepting");

    let app = Router::new()
        .route("/webhook", post(receive).layer(webhook))
        .layer(map_response_with_state(
            Arc::new(LogLimit::default()),
            log_rejection,
        ));

    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:5000".to_owned());
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
        () = follow(&file, seen, handle, hangup) => {}
    }
    info!("stopped");
    Ok(())
}

async fn receive(Extension(verified): Extension<Verified>) -> String {
    let key = verified.key_label().unwrap_or_default();
    info!(key, "received");
    format!("signed with {key}\n")
}

/// Logs why a request was rejected. The response contains only the class of the rejection.
///
/// Any client can cause rejections, so the log gets one line per kind and minute.
async fn log_rejection(State(limit): State<Arc<LogLimit>>, response: Response) -> Response {
    if let Some(rejection) = response.extensions().get::<Rejection>() {
        if let Some(left_out) = limit.check(rejection.kind().name()) {
            let left_out = (left_out > 0).then_some(left_out);
            warn!(reason = %rejection, left_out, "refused");
        }
    }
    response
}

/// Replaces the keys whenever the file has changed and at each hangup, for ever.
async fn follow(file: &Path, mut seen: Stamp, handle: KeyHandle, mut hangup: impl AsyncFnMut()) {
    let mut look = interval(LOOK);
    loop {
        let is_told = tokio::select! {
            () = hangup() => true,
            _ = look.tick() => false,
        };
        let now = stamp(file).await;
        if now == seen && !is_told {
            continue;
        }
        seen = now;
        match replace(file, &handle).await {
            Ok(keys) => info!(?keys, "accepting"),
            Err(error) => {
                let (file, error) = (file.display(), chain(&*error));
                error!("the secrets stay as they were, because of `{file}`: {error}");
            }
        }
    }
}

async fn replace(file: &Path, handle: &KeyHandle) -> Result<Keys, BoxError> {
    let keys = read(file).await?;
    handle.replace(keys.clone())?;
    Ok(keys)
}

/// What tells a file that has changed, if it is there: when it was written, and how long it is.
type Stamp = Option<(SystemTime, u64)>;

async fn stamp(file: &Path) -> Stamp {
    let file = fs::metadata(file).await.ok()?;
    Some((file.modified().ok()?, file.len()))
}

async fn read(file: &Path) -> Result<Keys, BoxError> {
    let mut secrets = Vec::new();
    for (at, line) in fs::read_to_string(file).await?.lines().enumerate() {
        let secret = secret(line).map_err(|error| format!("line {}: {error}", at + 1))?;
        secrets.extend(secret);
    }
    Ok(Keys::newest_first(secrets).ok_or("no secret in it")?)
}

/// The secret of a line, if it has one. No error quotes the line.
fn secret(line: &str) -> Result<Option<Secret>, BoxError> {
    let words: Vec<_> = line.split_whitespace().collect();
    let (label, secret, not_after) = match words[..] {
        [] => return Ok(None),
        [first, ..] if first.starts_with('#') => return Ok(None),
        [label, secret] => (label, secret, None),
        [label, secret, not_after] => (label, secret, Some(not_after)),
        _ => return Err("not a label, a secret and perhaps a time".into()),
    };
    // Or a page that says `Bad Gateway` would be a label and a secret that everybody knows.
    if !secret.starts_with("whsec_") {
        return Err("the second word is not a secret: it does not begin with `whsec_`".into());
    }
    let secret = Secret::new(secret)?.label(label);
    let Some(not_after) = not_after else {
        return Ok(Some(secret));
    };
    let not_after = DateTime::parse_from_rfc3339(not_after)
        .map_err(|_| "the third word is not a time like 2026-12-01T00:00:00Z")?;
    let after_epoch = Duration::from_secs(not_after.timestamp().max(0).unsigned_abs());
    Ok(Some(secret.not_after(UNIX_EPOCH + after_epoch)))
}

/// Waits for the next SIGHUP; those since this call are not missed.
#[cfg(unix)]
fn hangup_signal() -> io::Result<impl AsyncFnMut()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move || {
        hangup.recv().await;
    })
}

/// There is no SIGHUP.
#[cfg(windows)]
fn hangup_signal() -> io::Result<impl AsyncFnMut()> {
    Ok(async || std::future::pending().await)
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
