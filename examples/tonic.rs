//! The layer in front of a gRPC service, and a client that signs its calls.
//!
//! ```text
//! cargo run --example tonic
//! ```
//!
//! The service is the standard health check. The client sends one good call, one with a wrong
//! signature and one too late; the program fails if any answer is not the expected one.

use std::{
    error::Error,
    time::{SystemTime, UNIX_EPOCH},
};

use base16ct::HexDisplay;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use http_body_util::{BodyExt, Full};
use sha2::Sha256;
use tokio::net::TcpListener;
use tonic::{
    body::Body,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::ServiceExt;
use tower_webhook::{Scheme, Secret, WebhookLayer};

const SECRET: &[u8] = b"shared by client and server";
const OTHER_SECRET: &[u8] = b"known to neither";

type BoxError = Box<dyn Error + Send + Sync>;

/// The path is signed, so that a call of one method is not good for another.
fn scheme() -> Result<Scheme, BoxError> {
    Ok(Scheme::builder("grpc")
        .signature_header("x-signature")
        .timestamp_header("x-timestamp")
        .message("{timestamp}\n{path}\n{body}")
        .build()?)
}

/// Signs a unary call as [`scheme`] asks. It waits for the body's end, so a stream is not for it.
async fn sign(request: Request<Body>, key: &[u8], time: u64) -> Result<Request<Body>, BoxError> {
    let (mut head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mac = Hmac::<Sha256>::new_from_slice(key)?
        .chain_update(format!("{time}\n{}\n", head.uri.path()))
        .chain_update(&body)
        .finalize();
    let signature = format!("{:x}", HexDisplay(&mac.into_bytes()));

    let headers = &mut head.headers;
    headers.insert("x-timestamp", time.into());
    headers.insert("x-signature", signature.try_into()?);
    Ok(Request::from_parts(head, Body::new(Full::new(body))))
}

/// Asks for the server's health, the call signed with `key` at `time`.
async fn check(channel: &Channel, key: &[u8], time: u64) -> String {
    let signing = tower::service_fn(|request| async move {
        let request = sign(request, key, time).await?;
        Ok::<_, BoxError>(channel.clone().oneshot(request).await?)
    });
    let request = HealthCheckRequest::default();
    match HealthClient::new(signing).check(request).await {
        Ok(response) => response.into_inner().status().as_str_name().to_owned(),
        Err(status) => format!("{:?}: {}", status.code(), status.message()),
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let webhook = WebhookLayer::new(scheme()?, Secret::from_bytes(SECRET)?)?;
    let (_reporter, health) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(
        Server::builder()
            .layer(webhook)
            .add_service(health)
            .serve_with_incoming(TcpIncoming::from(listener)),
    );

    let channel = Channel::from_shared(url)?.connect().await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let forged = "PermissionDenied: Invalid signature";
    let late = "InvalidArgument: Request expired";
    let calls = [
        ("good", SECRET, now, "SERVING"),
        ("forged", OTHER_SECRET, now, forged),
        ("late", SECRET, now - 301, late),
    ];
    let mut surprises = 0;
    for (call, key, time, expected) in calls {
        let answer = check(&channel, key, time).await;
        println!("{call:8} {answer}");
        if answer != expected {
            println!("expected {expected}");
            surprises += 1;
        }
    }
    if surprises > 0 {
        return Err("an answer was not the expected one".into());
    }
    Ok(())
}
