//! The layer on plain hyper: HTTP/1.1 and HTTP/2 on one port, and no framework.
//!
//! ```text
//! cargo run --example hyper                                          sends itself four deliveries
//! ADDR=127.0.0.1:5000 WEBHOOK_SECRET='…' cargo run --example hyper   serves until Ctrl-C
//! ```

#[path = "common/error.rs"]
mod error;

use std::{
    convert::Infallible, env, error::Error, future, pin::pin, process::ExitCode, time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_webhook::{Secret, VerifiedBody, WebhookLayer, providers};

use self::error::report;

/// The example of GitHub's own documentation.
const SECRET: &str = "It's a Secret to Everybody";
const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

type BoxError = Box<dyn Error + Send + Sync>;

/// Takes a [`VerifiedBody`], so it cannot be served without the layer.
async fn receive(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let version = request.version();
    let body = request.into_body().into_bytes();
    let answer = format!("{} bytes over {version:?}", body.len());
    Ok(Response::new(answer.into()))
}

async fn serve(listener: TcpListener, webhook: WebhookLayer, stop: impl Future) {
    let service = ServiceBuilder::new().layer(webhook).service_fn(receive);
    let service = TowerToHyperService::new(service);

    // hyper's deadline for request heads is off unless it has a timer. It begins once it is known
    // which version a connection speaks: examples/gateway.rs serves one, and bounds
    // connections.
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new());
    server.http2().timer(TokioTimer::new());

    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = server
                    .serve_connection(TokioIo::new(stream), service.clone())
                    .into_owned();
                tokio::spawn(connections.watch(connection));
            }
            // Out of file descriptors, most likely: some are given back as connections close.
            Err(error) => {
                eprintln!("cannot accept: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
    connections.shutdown().await;
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
    if let Ok(address) = env::var("ADDR") {
        let secret = env::var("WEBHOOK_SECRET").map_err(|_| "WEBHOOK_SECRET is not set")?;
        let webhook = WebhookLayer::new(providers::github(), Secret::new(secret)?)?;
        let listener = TcpListener::bind(&address).await;
        let listener =
            listener.map_err(|error| format!("cannot listen on `{address}`: {error}"))?;
        println!("listening on {}", listener.local_addr()?);
        serve(listener, webhook, tokio::signal::ctrl_c()).await;
        return Ok(());
    }

    let webhook = WebhookLayer::new(providers::github(), Secret::new(SECRET)?)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(serve(listener, webhook, future::pending::<()>()));

    let forged = r#"403 {"error":"Invalid signature"}"#;
    let deliveries = [
        (
            Version::HTTP_11,
            "Hello, World!",
            "200 13 bytes over HTTP/1.1",
        ),
        (Version::HTTP_11, "Hello, World?", forged),
        (
            Version::HTTP_2,
            "Hello, World!",
            "200 13 bytes over HTTP/2.0",
        ),
        (Version::HTTP_2, "Hello, World?", forged),
    ];
    let mut surprises = 0;
    for (version, body, expected) in deliveries {
        let answer = send(&url, version, body).await?;
        println!("{body}   {answer}");
        if answer != expected {
            println!("expected        {expected}");
            surprises += 1;
        }
    }
    if surprises > 0 {
        return Err("an answer was not the expected one".into());
    }
    Ok(())
}

async fn send(url: &str, version: Version, body: &'static str) -> Result<String, BoxError> {
    let mut client = Client::builder(TokioExecutor::new());
    let client = client.http2_only(version == Version::HTTP_2).build_http();
    let request = Request::post(url)
        .header("x-hub-signature-256", SIGNATURE)
        .body(Full::<Bytes>::from(body))?;
    let response = client.request(request).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
}
