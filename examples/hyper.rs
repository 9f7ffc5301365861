//! `WebhookLayer` with hyper and without a framework: HTTP/1.1 and HTTP/2 on one port.
//!
//! ```text
//! cargo run --example hyper
//! curl -i http://127.0.0.1:5000/ --data-raw 'Hello, World!' \
//!   -H 'X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
//! ```
//!
//! The secret, the body and the signature are the example of GitHub's documentation. With another
//! body, the response is 403. `ADDR` is the address to listen on, and defaults to `127.0.0.1:5000`.

#[path = "common/error.rs"]
#[allow(dead_code, reason = "`main` prints the error")]
mod error;
#[path = "common/failure.rs"]
mod failure;

use std::{convert::Infallible, env, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, signal::ctrl_c, time::sleep};
use tower::ServiceBuilder;
use tower_webhook::{Secret, VerifiedBody, WebhookLayer, providers};

use self::failure::Failure;

const SECRET: &str = "It's a Secret to Everybody";

/// Takes a [`VerifiedBody`], so this function does not compile as a service without the layer.
async fn receive(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let version = request.version();
    let body = request.into_body().into_bytes();
    let answer = format!("{} bytes over {version:?}\n", body.len());
    Ok(Response::new(answer.into()))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let webhook = WebhookLayer::new(providers::github(), Secret::new(SECRET)?)?;
    let service = ServiceBuilder::new().layer(webhook).service_fn(receive);
    let service = TowerToHyperService::new(service);

    // Without a timer, hyper does not limit the time in which a client sends its request head.
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new());
    server.http2().timer(TokioTimer::new());

    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:5000".to_owned());
    let listener = TcpListener::bind(&address).await;
    let listener = listener.map_err(|error| {
        format!("cannot listen on `{address}`: {error}; set `ADDR` to another address")
    })?;
    println!("listening on http://{}", listener.local_addr()?);

    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            result = ctrl_c() => { result?; break }
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = server.serve_connection(TokioIo::new(stream), service.clone());
                tokio::spawn(connections.watch(connection.into_owned()));
            }
            // Usually the process has no free file descriptor. Closed connections free some.
            Err(error) => {
                eprintln!("cannot accept a connection: {error}");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
    connections.shutdown().await;
    Ok(())
}
