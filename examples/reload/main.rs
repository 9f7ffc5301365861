//! Key rotation without a restart. `POST /webhook` accepts deliveries of Standard Webhooks.
//!
//! ```text
//! echo "2026-11 whsec_$(openssl rand -base64 32)" > keys.txt
//! KEYS_FILE=keys.txt cargo run --example reload
//! ```
//!
//! The file has one secret in each line, the current one first:
//!
//! ```text
//! # label secret [the time at which it expires]
//! 2026-11 whsec_…
//! 2025-11 whsec_… 2026-12-01T00:00:00Z
//! ```
//!
//! The program reads the file again when it changes and, on Unix, on SIGHUP. If the file has an
//! error, the log describes it and the keys do not change. Write a new file and rename it: a file
//! that is written in place may be read before it is complete. `ADDR` is the address to listen on.
//! `LOG=debug` logs each rejection.

#[path = "../common/error.rs"]
#[allow(dead_code, reason = "`main` prints the error")]
mod error;
#[path = "../common/failure.rs"]
mod failure;
mod keys_file;
#[path = "../common/log.rs"]
mod log;
#[path = "../common/server.rs"]
mod server;

use std::{
    env,
    error::Error,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{Extension, Router, routing::post};
use tokio::time::sleep;
use tower_webhook::{Keys, Verified, WebhookLayer, keys::KeyHandle, providers};
use tracing::{error, info};

use self::{
    error::chain,
    failure::Failure,
    keys_file::{Stamp, read, stamp},
};

type BoxError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    log::init()?;
    let file = PathBuf::from(env::var_os("KEYS_FILE").ok_or("KEYS_FILE is not set")?);
    let in_file = |error: BoxError| format!("keys file `{}`: {}", file.display(), chain(&*error));
    let seen = stamp(&file).await;
    let keys = read(&file).await.map_err(in_file)?;
    let (webhook, handle) =
        WebhookLayer::with_reload_handle(providers::standard_webhooks(), keys.clone())
            .map_err(|error| in_file(error.into()))?;
    info!(?keys, "accepting");
    let app = Router::new().route("/webhook", post(receive).layer(webhook));
    let hangup = hangup_signal()?;
    let server = server::serve(server::listen().await?, app);
    tokio::select! {
        result = server => Ok(result?),
        never = follow(&file, seen, handle, hangup) => never,
    }
}

async fn receive(Extension(verified): Extension<Verified>) -> String {
    format!("signed with {}\n", verified.key_label().unwrap_or_default())
}

/// Replaces the keys at each SIGHUP, and when the file has changed. Checks the file once a second.
async fn follow(
    file: &Path,
    mut seen: Stamp,
    handle: KeyHandle,
    mut hangup: impl AsyncFnMut(),
) -> ! {
    loop {
        let is_hangup = tokio::select! {
            () = hangup() => true,
            () = sleep(Duration::from_secs(1)) => false,
        };
        let now = stamp(file).await;
        if now == seen && !is_hangup {
            continue;
        }
        seen = now;
        match replace(file, &handle).await {
            Ok(keys) => info!(?keys, "accepting"),
            Err(error) => {
                let (file, error) = (file.display(), chain(&*error));
                error!("the keys do not change: keys file `{file}`: {error}");
            }
        }
    }
}

async fn replace(file: &Path, handle: &KeyHandle) -> Result<Keys, BoxError> {
    let keys = read(file).await?;
    // Deliveries that are being received are verified with the keys that they started with.
    handle.replace(keys.clone())?;
    Ok(keys)
}

/// Waits for the next SIGHUP. Signals since this call are not missed.
#[cfg(unix)]
fn hangup_signal() -> io::Result<impl AsyncFnMut()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move || {
        hangup.recv().await;
    })
}

/// Other systems have no SIGHUP.
#[cfg(not(unix))]
fn hangup_signal() -> io::Result<impl AsyncFnMut()> {
    Ok(async || std::future::pending().await)
}
