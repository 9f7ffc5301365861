//! Serves a router until Ctrl-C or SIGTERM.

use std::{env, io, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, signal, time::sleep};
use tracing::{info, warn};

/// The maximum time for requests in flight after the shutdown signal.
const GRACE: Duration = Duration::from_secs(30);

/// Listens on the address in `ADDR`. Defaults to `127.0.0.1:5000`.
pub(crate) async fn listen() -> Result<TcpListener, String> {
    let address = env::var("ADDR").ok().filter(|it| !it.is_empty());
    let address = address.unwrap_or_else(|| "127.0.0.1:5000".to_owned());
    TcpListener::bind(&address).await.map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse if address.ends_with(":5000") => {
                " (on macOS, the AirPlay receiver uses port 5000)"
            }
            _ => "",
        };
        format!("cannot listen on `{address}`: {error}; set `ADDR` to another address{hint}")
    })
}

/// Serves `app`. After the shutdown signal, requests in flight have [`GRACE`] to finish.
pub(crate) async fn serve(listener: TcpListener, app: Router) -> io::Result<()> {
    info!("listening on http://{}", listener.local_addr()?);
    // A client that never completes its request must not keep the server from stopping.
    tokio::select! {
        result = axum::serve(listener, app).with_graceful_shutdown(stop()).into_future() => result?,
        () = async { stop().await; sleep(GRACE).await } => warn!("requests are still in flight"),
    }
    info!("stopped");
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
#[cfg(unix)]
async fn stop() {
    let terminate = signal::unix::SignalKind::terminate();
    let mut terminate = signal::unix::signal(terminate).expect("a handler for SIGTERM");
    tokio::select! {
        result = signal::ctrl_c() => result.expect("a handler for Ctrl-C"),
        _ = terminate.recv() => {}
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn stop() {
    signal::ctrl_c().await.expect("a handler for Ctrl-C");
}
