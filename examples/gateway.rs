//! A verifying reverse proxy, for services that are not written in Rust: it passes on what is genuine,
//! byte for byte, and answers everything else itself.
//!
//! ```text
//! GITHUB_SECRET='…' cargo run --example gateway -- gateway.toml     # or --help, for this
//! ```
//!
//! ```toml
//! listen = "127.0.0.1:5000"
//! memory = 268435456                 # bytes of all unverified bodies together; 256 MiB by default
//! connections = 400                  # how many are served at a time, and others wait; 400 by default
//! head_timeout = 10                  # seconds that a request's head may take, a connection be idle, or a client
//!                                    # take nothing of what it is answered; 10 by default
//!
//! [dedupe]                           # optional: what a service has answered with 2xx does not reach it again
//! capacity = 100000                  # how many deliveries are remembered, in memory; 100 000 by default
//! # redis = "REDIS_URL"              # remembered there instead; the name of an environment variable
//!
//! [[route]]
//! path = "/github"                   # exactly this path
//! provider = "github"
//! secrets = ["GITHUB_SECRET"]        # names of environment variables, the current secret first
//! upstream = "http://127.0.0.1:8080/hooks/github"
//! timeout = 10                       # seconds until the service answers, and from one piece of its answer to the
//!                                    # next; 10 by default
//!
//! [[route]]
//! path = "/paypal"
//! provider = "paypal"
//! secrets = ["PAYPAL_CERTIFICATE"]
//! settings = { webhook_id = "…" }    # what else a provider needs; with a `$` before it, the name of a variable
//! upstream = "http://127.0.0.1:8080/hooks/paypal"
//! # public_url, token_header, tolerance (seconds), body_limit (bytes), dedupe (false to leave it out)
//! ```
//!
//! The service is told who proved the delivery by the headers `x-verified-provider` and `x-verified-key` (the
//! name of the variable); and by `x-verified-delivery-id`, and `x-verified-time` in Unix seconds, where the
//! provider signs them: GitHub's id, for one, is in no such header, because anybody could write another. What a
//! sender writes under such names is removed. Let nobody but the gateway reach the service, and put a server in
//! front of it that ends TLS.
//!
//! A connection takes two file descriptors, its own and one to the service: with more `connections`, raise
//! `ulimit -n`, which is 1024 on many systems. A first Ctrl-C or SIGTERM lets what was begun come to its end, for
//! 30 s; a second does not.
//!
//! Why a delivery was refused is diagnosed now and then, at level warn. Each refusal is an event of level debug,
//! because anybody can cause as many as they like: `LOG=debug` shows them.

mod common;

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs, io,
    num::{NonZeroU32, NonZeroUsize},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use axum::{Router, body::Body, response::IntoResponse};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header,
    uri::PathAndQuery,
};
use hyper::server::conn::http1;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use serde::Deserialize;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tower::{Layer, service_fn};
use tower_http::timeout::TimeoutBody;
use tower_webhook::{
    DedupeLayer, Keys, Secret, Verified, VerifiedBody, WebhookLayer,
    dedupe::{MemoryStore, RedisStore},
    diagnose,
    providers::Provider,
    webhook::MemoryBudget,
};
use tracing::{Level, info, warn};

use self::common::{Besides, Words};

/// How long requests in flight may take once the gateway is told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// How much is read of a head before it is refused for want of an end, in bytes. The read that brings the end may
/// bring as much again.
const MOST_BUFFERED: usize = 64 << 10;

/// How long a body may be where neither the route nor the provider says so, in bytes.
const BODY_LIMIT: usize = 1 << 20;

const WORDS: Words = Words {
    setting: "`settings = { NAME = \"…\" }`",
    public_url: "`public_url`",
    token_header: "`token_header`",
};

/// What the service is told begins so, and what a sender writes under such a name is removed.
const TOLD: &str = "x-verified-";

/// Headers of one connection, and not of the request (RFC 9110, section 7.6.1).
const OF_A_CONNECTION: [HeaderName; 7] = [
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

type BoxError = Box<dyn Error + Send + Sync>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    listen: String,
    memory: Option<NonZeroUsize>,
    connections: Option<NonZeroUsize>,
    head_timeout: Option<Seconds>,
    dedupe: Option<Dedupe>,
    route: Vec<Route>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dedupe {
    redis: Option<String>,
    capacity: Option<NonZeroUsize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    path: String,
    provider: String,
    secrets: Vec<String>,
    upstream: String,
    timeout: Option<Seconds>,
    public_url: Option<String>,
    token_header: Option<String>,
    tolerance: Option<Seconds>,
    body_limit: Option<NonZeroUsize>,
    dedupe: Option<bool>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

/// At least one, and no more than any clock can count.
#[derive(Clone, Copy, Deserialize)]
struct Seconds(NonZeroU32);

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0.get().into())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    let path = env::args_os().nth(1);
    let path =
        path.ok_or("the configuration is missing: gateway FILE; --help shows what is in it")?;
    if path == "--help" || path == "-h" {
        common::help(include_str!("gateway.rs"));
        return Ok(());
    }
    let config = read(Path::new(&path))?;
    let level = env::var("LOG").unwrap_or_else(|_| "info".to_owned());
    let level: Level = level
        .parse()
        .map_err(|error| format!("LOG=`{level}`: {error}"))?;
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(level)
        .init();

    let client = Client::builder(TokioExecutor::new()).build_http();
    let memory = config.memory.map_or(256 << 20, NonZeroUsize::get);
    let budget = MemoryBudget::new(memory);
    let dedupe = match &config.dedupe {
        Some(dedupe) => Some(dedupe.layer().await?),
        None => None,
    };
    let mut router = Router::new();
    let mut paths = Vec::new();
    for route in config.route {
        let has_pattern = route.path.contains(['{', '}', '?', '#', ':', '*', ' ']);
        if !route.path.starts_with('/') || has_pattern || !route.path.is_ascii() {
            return Err(format!("path `{}`: begin with `/`, and write it out, in ASCII and without `:`, `*` or braces", route.path).into());
        }
        if paths.contains(&route.path) {
            return Err(format!("path `{}` is there twice", route.path).into());
        }
        let told = |error: BoxError| format!("path `{}`: {error}", route.path);
        let layer = route.layer(memory).map_err(told)?;
        let layer = layer.memory_budget(budget.clone());
        let upstream = Upstream::new(&route, &client).map_err(told)?;
        let forward = service_fn(move |request| {
            let upstream = Arc::clone(&upstream);
            async move { Ok(upstream.forward(request).await) }
        });
        router = match route.dedupe(dedupe.as_ref()).map_err(told)? {
            Some(dedupe) => router.route_service(&route.path, layer.layer(dedupe.layer(forward))),
            None => router.route_service(&route.path, layer.layer(forward)),
        };
        paths.push(route.path);
    }
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| format!("cannot listen on `{}`: {error}", config.listen))?;
    let stop = stop_signals()?;
    info!("listening on {}", listener.local_addr()?);
    let most = config.connections.map_or(400, NonZeroUsize::get);
    let head_timeout = config
        .head_timeout
        .map_or(Duration::from_secs(10), Duration::from);
    serve(listener, router, most, head_timeout, stop).await;
    info!("stopped");
    Ok(())
}

/// Serves until it is told to stop, and what was begun to its end.
async fn serve(
    listener: TcpListener,
    router: Router,
    most: usize,
    head_timeout: Duration,
    mut stop: impl AsyncFnMut(),
) {
    let service = TowerToHyperService::new(router);
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(MOST_BUFFERED);

    let places = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
    let connections = GracefulShutdown::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            next = next => next,
            () = stop() => break,
        };
        // A client that reads nothing must not keep its place.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(head_timeout));
        let stream = TokioIo::new(Box::pin(stream));
        let connection = connections.watch(server.serve_connection(stream, service.clone()));
        tokio::spawn(async move {
            // It ends well or not, as its client likes.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    // A service that never finishes what it began must not keep the gateway from stopping.
    tokio::select! {
        done = timeout(GRACE, connections.shutdown()) => if done.is_err() {
            warn!("giving up on what is still in flight");
        },
        () = stop() => warn!("told again to stop: giving up on what is in flight"),
    }
}

/// The next connection that there is.
async fn accept(listener: &TcpListener) -> TcpStream {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // About that connection alone, which is gone.
            Err(error)
                if matches!(
                    error.kind(),
                    ConnectionAborted | ConnectionRefused | ConnectionReset
                ) => {}
            // Out of file descriptors, most likely: some are given back as connections close.
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn read(path: &Path) -> Result<Config, BoxError> {
    let file = path.display();
    let text =
        fs::read_to_string(path).map_err(|error| format!("cannot read `{file}`: {error}"))?;
    let config: Config = toml::from_str(&text).map_err(|error| format!("`{file}`: {error}"))?;
    if config.route.is_empty() {
        return Err(format!("`{file}`: no route").into());
    }
    Ok(config)
}

impl Dedupe {
    async fn layer(&self) -> Result<DedupeLayer, BoxError> {
        let Some(name) = &self.redis else {
            let capacity = self.capacity.map_or(100_000, NonZeroUsize::get);
            return Ok(DedupeLayer::new(MemoryStore::new(capacity)));
        };
        if self.capacity.is_some() {
            return Err("dedupe: `capacity` is that of the memory, and not of Redis".into());
        }
        let url = env::var(name).map_err(|error| format!("dedupe: `{name}`: {error}"))?;
        let store = RedisStore::connect(&url).await;
        Ok(DedupeLayer::new(
            store.map_err(|error| format!("dedupe: {error}"))?,
        ))
    }
}

impl Route {
    /// What remembers the deliveries of this route, if something does.
    fn dedupe(&self, dedupe: Option<&DedupeLayer>) -> Result<Option<DedupeLayer>, BoxError> {
        let Some(dedupe) = dedupe.filter(|_| self.dedupe != Some(false)) else {
            return Ok(None);
        };
        if !self.provider()?.scheme().tells_deliveries_apart() {
            let name = &self.provider;
            return Err(format!(
                "`{name}` signs nothing that tells deliveries apart: set `dedupe = false`"
            )
            .into());
        }
        // Two routes are two receivers, be they of one provider.
        Ok(Some(dedupe.clone().scope(self.path.as_str())))
    }

    /// What verifies its deliveries, with so much memory for all routes.
    fn layer(&self, memory: usize) -> Result<WebhookLayer, BoxError> {
        let mut secrets = Vec::new();
        for name in &self.secrets {
            secrets.push(Secret::from_env(name)?.label(name.as_str()));
        }
        let keys = Keys::newest_first(secrets).ok_or("no secrets")?;
        let provider = self.provider()?;
        let limit = self.body_limit.map(NonZeroUsize::get);
        let limit = limit.or(provider.body_limit()).unwrap_or(BODY_LIMIT);
        if limit > memory {
            return Err(format!(
                "a body may have {limit} bytes, and all together no more than {memory}: \
                 set a lower `body_limit`, or a higher `memory`"
            )
            .into());
        }
        let mut layer = WebhookLayer::new(provider, keys)?
            .body_limit(limit)
            .diagnose(diagnose::log);
        if let Some(seconds) = self.tolerance {
            layer = layer.tolerance(seconds.into());
        }
        Ok(layer)
    }

    fn provider(&self) -> Result<Provider, BoxError> {
        let mut besides = Besides {
            public_url: self.public_url.clone(),
            ..Besides::default()
        };
        for (name, value) in &self.settings {
            let value = match value.strip_prefix('$') {
                None => value.clone(),
                Some(variable) => env::var(variable)
                    .map_err(|error| format!("setting `{name}`: `{variable}`: {error}"))?,
            };
            besides.settings.push((name.clone(), value));
        }
        if let Some(name) = &self.token_header {
            let header = name.parse();
            besides.token_header =
                Some(header.map_err(|error| format!("`token_header`: {error}"))?);
        }
        let provider = besides.put(common::provider(&self.provider)?, &WORDS)?;
        if provider.scheme().url_is_signed() && provider.public_url().is_none() {
            let name = &self.provider;
            return Err(format!("`{name}` signs the URL: say by `public_url` which it is").into());
        }
        Ok(provider)
    }
}

/// A service behind the gateway.
struct Upstream {
    client: Client<HttpConnector, VerifiedBody>,
    uri: Uri,
    timeout: Duration,
}

impl Upstream {
    fn new(
        route: &Route,
        client: &Client<HttpConnector, VerifiedBody>,
    ) -> Result<Arc<Self>, BoxError> {
        let what = "upstream: an http:// URL with a host, and a port up to 65535 if it likes; \
                    without a user, a query or a fragment";
        let uri: Uri = route.upstream.parse().map_err(|_| what)?;
        let authority = uri.authority().ok_or(what)?;
        let is_http = uri.scheme_str() == Some("http") && !authority.host().is_empty();
        // A port that is none is not in the authority's parts.
        let port = authority
            .port()
            .map_or(String::new(), |port| format!(":{port}"));
        let is_host = *authority == format!("{}{port}", authority.host());
        if !is_http || !is_host || uri.query().is_some() || route.upstream.contains('#') {
            return Err(what.into());
        }
        Ok(Arc::new(Self {
            client: client.clone(),
            timeout: route
                .timeout
                .map_or(Duration::from_secs(10), Duration::from),
            uri,
        }))
    }

    /// Passes a delivery on, and the answer back as it comes.
    async fn forward(&self, request: Request<VerifiedBody>) -> Response<Body> {
        let Some(request) = self.to_send(request) else {
            return failure(StatusCode::BAD_REQUEST, "Invalid request");
        };
        match timeout(self.timeout, self.client.request(request)).await {
            // Nobody asked for another protocol.
            Ok(Ok(response)) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                warn!(upstream = %self.uri, "the service switches protocols");
                failure(StatusCode::BAD_GATEWAY, "Bad gateway")
            }
            Ok(Ok(mut response)) => {
                info!(upstream = %self.uri, status = response.status().as_u16(), "answered");
                take_off(response.headers_mut());
                response.map(|body| Body::new(TimeoutBody::new(self.timeout, body)))
            }
            Ok(Err(error)) => {
                let cause = error.source().map(ToString::to_string);
                warn!(upstream = %self.uri, %error, cause, "the service failed");
                failure(StatusCode::BAD_GATEWAY, "Bad gateway")
            }
            Err(_) => {
                warn!(upstream = %self.uri, timeout = ?self.timeout, "the service is too slow");
                failure(StatusCode::GATEWAY_TIMEOUT, "Gateway timeout")
            }
        }
    }

    /// The same request for the service; `None` if the query does not fit behind its path.
    fn to_send(&self, request: Request<VerifiedBody>) -> Option<Request<VerifiedBody>> {
        let (mut head, body) = request.into_parts();
        let mut uri = self.uri.clone().into_parts();
        if let Some(query) = head.uri.query() {
            let target = format!("{}?{query}", self.uri.path());
            uri.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
        }
        take_off(&mut head.headers);
        // The client writes its own, of the service and of the body.
        head.headers.remove(header::HOST);
        head.headers.remove(header::CONTENT_LENGTH);
        // Which is there.
        head.headers.remove(header::EXPECT);
        let verified: Verified = head.extensions.remove()?;
        tell(&verified, &mut head.headers);
        let mut request = Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = Uri::from_parts(uri).ok()?;
        *request.headers_mut() = head.headers;
        Some(request)
    }
}

/// Has the head say who proved the delivery.
fn tell(verified: &Verified, headers: &mut HeaderMap) {
    let names: Vec<_> = headers
        .keys()
        // Many services take `_` for `-`, and some take anything.
        .filter(|name| {
            let plain = |it: char| if it.is_alphanumeric() { it } else { '-' };
            let name: String = name.as_str().chars().map(plain).collect();
            name.starts_with(TOLD)
        })
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
    // What is not signed proves nothing.
    let id = verified.delivery_id();
    let id = id.filter(|_| verified.delivery_id_is_signed());
    let time = verified
        .timestamp()
        .filter(|_| verified.timestamp_is_signed())
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let time = time.map(|time| time.as_secs().to_string());
    for (name, value) in [
        ("provider", Some(verified.provider())),
        ("key", verified.key_label()),
        ("delivery-id", id),
        ("time", time.as_deref()),
    ] {
        let name = HeaderName::try_from(format!("{TOLD}{name}"));
        // An id in a body can hold what no header can.
        let value = value.and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
}

/// Takes off what is about one connection alone.
fn take_off(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_A_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}

fn failure(status: StatusCode, error: &str) -> Response<Body> {
    (status, axum::Json(serde_json::json!({ "error": error }))).into_response()
}

/// Ctrl-C or SIGTERM, each time it is called; noticed from here on.
#[cfg(unix)]
fn stop_signals() -> io::Result<impl AsyncFnMut()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C, each time it is called; noticed from here on.
#[cfg(windows)]
fn stop_signals() -> io::Result<impl AsyncFnMut()> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move || {
        interrupt.recv().await;
    })
}
