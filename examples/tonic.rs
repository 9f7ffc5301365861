//! A gRPC service behind `WebhookLayer`, and a client that signs its calls.
//!
//! ```text
//! cargo run --example tonic
//! ```
//!
//! The service is the standard health check. The client sends a valid call, a call with another
//! secret, and an expired call. The program fails if a response is not the expected one.

use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use http::Request;
use tokio::net::TcpListener;
use tonic::{
    body::Body,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::ServiceBuilder;
use tower_webhook::{
    Scheme, Secret, WebhookLayer,
    body::DeliveryBody,
    sign::{SignLayer, Signer},
};

const SECRET: &[u8] = b"shared by client and server";
const OTHER_SECRET: &[u8] = b"known to neither";

type BoxError = Box<dyn Error + Send + Sync>;

/// The signature covers the path, so a signed call of one method is invalid for other methods.
fn scheme() -> Result<Scheme, BoxError> {
    Ok(Scheme::builder("grpc")
        .signature_header("x-signature")
        .timestamp_header("x-timestamp")
        .message("{timestamp}\n{path}\n{body}")
        .build()?)
}

/// Calls the health check. Signs the call with `secret` and the timestamp `time`.
///
/// `SignLayer` signs a request when its body is complete, so it does not support client streaming.
async fn check(channel: &Channel, secret: &[u8], time: SystemTime) -> Result<String, BoxError> {
    let signer = Signer::new(scheme()?, Secret::from_bytes(secret)?)?;
    let signing = ServiceBuilder::new()
        .layer(SignLayer::new(signer).clock(move || time))
        .map_request(|request: Request<DeliveryBody>| request.map(Body::new))
        .service(channel.clone());
    let request = HealthCheckRequest::default();
    Ok(match HealthClient::new(signing).check(request).await {
        Ok(response) => response.into_inner().status().as_str_name().to_owned(),
        Err(status) => format!("{:?}: {}", status.code(), status.message()),
    })
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
    let now = SystemTime::now();
    let early = now - Duration::from_secs(301);
    let forged = "PermissionDenied: Invalid signature";
    let late = "InvalidArgument: Request expired";
    let calls = [
        ("good", SECRET, now, "SERVING"),
        ("forged", OTHER_SECRET, now, forged),
        ("late", SECRET, early, late),
    ];
    let mut surprises = 0;
    for (call, secret, time, expected) in calls {
        let answer = check(&channel, secret, time).await?;
        println!("{call:8} {answer}");
        if answer != expected {
            println!("expected {expected}");
            surprises += 1;
        }
    }
    if surprises > 0 {
        return Err("a response was not the expected one".into());
    }
    Ok(())
}
