//! A verifying reverse proxy for services that are not written in Rust. The gateway forwards the
//! body of a verified delivery byte for byte and rejects all other requests itself.
//!
//! ```text
//! GITHUB_SECRET='…' cargo run --example gateway -- gateway.toml     # --help prints this text
//! ```
//!
//! ```toml
//! listen = "127.0.0.1:5000"
//! memory = 268435456                 # bytes of all unverified bodies; defaults to 256 MiB
//! connections = 400                  # connections served at a time; defaults to 400
//! keepalive_requests = 1000          # requests per connection; defaults to 1000
//! head_timeout = 10                  # seconds for a request's head, for an idle connection, and
//!                                    # for a client that does not read; defaults to 10
//!
//! [dedupe]                           # optional: forwards no delivery again after a 2xx response
//! capacity = 100000                  # deliveries remembered in memory; defaults to 100 000
//! # redis = "REDIS_URL"              # remembers them in Redis; names an environment variable
//!
//! [[route]]
//! path = "/github"                   # exactly this path
//! provider = "github"
//! secrets = ["GITHUB_SECRET"]        # environment variables, the current secret first
//! upstream = "http://127.0.0.1:8080/hooks/github"
//! timeout = 10                       # seconds until the service answers, and between two pieces
//!                                    # of its response; defaults to 10
//!
//! [[route]]
//! path = "/paypal"
//! provider = "paypal"
//! secrets = ["PAYPAL_CERTIFICATE"]
//! settings = { webhook_id = "…" }    # settings of the provider; `$NAME` reads a variable
//! upstream = "http://127.0.0.1:8080/hooks/paypal"
//! # public_url, token_header, tolerance (seconds), body_limit (bytes), dedupe (true or false)
//! ```
//!
//! The gateway adds these headers to a forwarded request:
//!
//! - `x-verified-provider`: the name of the provider.
//! - `x-verified-key`: the variable that holds the secret.
//! - `x-verified-delivery-id` and `x-verified-time` (Unix seconds): only if the provider signs
//!   them. GitHub, for example, does not sign its delivery ID.
//!
//! Most signatures do not cover the request line, the headers or the connection. The gateway
//! therefore restricts them:
//!
//! - `CONNECT`, `TRACE` and unknown methods are answered 405, and the connection closes. A
//!   `CONNECT` request has no content, so a service would parse its body as a request. Each route
//!   then answers 405 to the methods that its provider does not use.
//! - GET, HEAD and OPTIONS requests with a body are answered 400. So are requests with trailers.
//! - A query with a parameter `_method` is answered 400, because some frameworks take the method
//!   from it.
//! - A `Connection` header that names an end-to-end header is answered 400, because a proxy has to
//!   remove each named header, and the signature may cover it.
//! - Protocol upgrades are ignored: the request is forwarded without them.
//! - These headers are removed: `x-verified-*`, headers that change the method or the path in some
//!   frameworks (such as `X-HTTP-Method-Override` and `X-Original-URL`), `Proxy`, and names with
//!   characters other than letters, digits and `-`.
//! - Each connection to a service carries one request.
//!
//! The query and all other headers are forwarded unchanged. A service must not trust them unless
//! the provider signs them.
//!
//! Clients must not be able to reach the service directly. Put a server that terminates TLS in
//! front of the gateway.
//!
//! While all `connections` are in use, a rejected request closes its connection. A new client then
//! takes the place of the oldest connection: at once if its request is not verified yet, otherwise
//! as soon as that request is answered. Each connection takes two file descriptors, its own and one
//! to the service. To raise `connections`, raise `ulimit -n` too, which is 1024 on many systems.
//!
//! On Ctrl-C or SIGTERM the gateway finishes the requests in flight, for up to 30 s. A second
//! signal stops it at once.
//!
//! The gateway logs a sample of the rejected deliveries with a diagnosis, at level warn. Any client
//! can cause rejections, so each rejection is logged at level debug: `LOG=debug` shows it.

mod common;
#[path = "common/error.rs"]
mod error;

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    env::{self, VarError},
    error::Error,
    fs, io,
    num::{NonZeroU32, NonZeroUsize},
    path::Path,
    pin::pin,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use axum::{Router, body::Body, response::IntoResponse};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
    uri::PathAndQuery,
};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore, oneshot, watch},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tower::{Layer, ServiceExt as _};
use tower_http::timeout::TimeoutBody;
use tower_webhook::{
    DedupeLayer, Keys, Secret, Verified, VerifiedBody, WebhookLayer,
    dedupe::{MemoryStore, RedisStore},
    diagnose,
    providers::Provider,
    webhook::MemoryBudget,
};
use tracing::{Level, debug, info, warn};

use self::{
    common::{Besides, Words},
    error::{chain, report},
};

/// How long requests in flight may take after the gateway receives a signal to stop.
const GRACE: Duration = Duration::from_secs(30);

/// The maximum size of a request head, in bytes. The last read may exceed it by as much again.
const MAX_BUFFERED: usize = 64 << 10;

/// The body limit, in bytes, if neither the route nor the provider sets one.
const BODY_LIMIT: usize = 1 << 20;

const WORDS: Words = Words {
    setting: "`settings = { NAME = \"…\" }`",
    public_url: "`public_url`",
    token_header: "`token_header`",
};

/// The prefix of the headers that the gateway adds for the service.
const VERIFIED_PREFIX: &str = "x-verified-";

/// The methods that some provider uses, for deliveries or for handshakes.
const ALLOWED_METHODS: &str = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

/// Hop-by-hop headers (RFC 9110, section 7.6.1). `Connection` may name only these and `close`.
const HOP_BY_HOP: [&str; 7] = [
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Request headers that are not forwarded, in addition to the hop-by-hop headers.
const NOT_FORWARDED: [&str; 9] = [
    // The HTTP client writes the host of the service and the length of the body.
    "content-length",
    "host",
    // The body is already complete.
    "expect",
    // CGI turns this header into `HTTP_PROXY`, which HTTP clients read (<https://httpoxy.org>).
    "proxy",
    // Some frameworks take the method or the path from these headers.
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

type BoxError = Box<dyn Error + Send + Sync>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    listen: String,
    memory: Option<NonZeroUsize>,
    connections: Option<NonZeroUsize>,
    keepalive_requests: Option<NonZeroUsize>,
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

/// A duration of at least one second, and short enough for every clock.
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
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    let path = env::args_os().nth(1);
    let path = path.ok_or("the configuration file is missing; usage: gateway FILE (see --help)")?;
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

    // `clean_request` closes each connection after one request.
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build_http();
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
            return Err(format!("path `{}`: expected ASCII that starts with `/`, without spaces and the characters `:`, `*`, `?`, `#`, `{{` and `}}`", route.path).into());
        }
        if paths.contains(&route.path) {
            return Err(format!("path `{}` has two routes; remove one", route.path).into());
        }
        let told = |error: BoxError| format!("path `{}`: {}", route.path, chain(&*error));
        let layer = route.layer(memory).map_err(told)?;
        let layer = layer.memory_budget(budget.clone()).reject_trailers();
        let upstream = Upstream::new(&route, &client).map_err(told)?;
        let forward = tower::service_fn(move |request| {
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
    let limits = Limits {
        connections: config.connections.map_or(400, NonZeroUsize::get),
        requests: config.keepalive_requests.map_or(1000, NonZeroUsize::get),
        head_timeout: config
            .head_timeout
            .map_or(Duration::from_secs(10), Duration::from),
    };
    serve(listener, router, limits, stop).await;
    info!("stopped");
    Ok(())
}

struct Limits {
    connections: usize,
    /// Requests per connection.
    requests: usize,
    head_timeout: Duration,
}

/// Serves connections until `stop` resolves, then finishes the requests in flight.
async fn serve(listener: TcpListener, router: Router, limits: Limits, mut stop: impl AsyncFnMut()) {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(MAX_BUFFERED);

    let slots = limits.connections.min(Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(slots));
    let mut open = OpenConnections::default();
    let (stopping, stopped) = watch::channel(());
    loop {
        let next = async {
            let stream = accept(&listener).await;
            (open.slot(&slots).await, stream)
        };
        let (slot, stream) = tokio::select! {
            next = next => next,
            () = stop() => break,
        };
        // A client that does not read its response must not keep its place.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.head_timeout));
        let stream = TokioIo::new(Box::pin(stream));

        let begun = AtomicUsize::new(0);
        let verified = IsVerified::default();
        let service = {
            let (router, slots) = (router.clone(), Arc::clone(&slots));
            let verified = verified.clone();
            service_fn(move |mut request| {
                let is_last = begun.fetch_add(1, Ordering::Relaxed) + 1 >= limits.requests;
                verified.set(false);
                request.extensions_mut().insert(verified.clone());
                respond(router.clone(), Arc::clone(&slots), request, is_last)
            })
        };
        let connection = server.serve_connection(stream, service);
        let replaced = open.add();
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let _slot = slot;
            let mut connection = pin!(connection);
            tokio::select! {
                // Connection errors are caused by the client and need no handling.
                _ = connection.as_mut() => return,
                // `graceful_shutdown` waits for the rest of a head or a body, which may never
                // arrive.
                Ok(()) = replaced => if !verified.get() {
                    return;
                },
                _ = stopped.changed() => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        });
    }
    drop((listener, stopped));
    stopping.send_replace(());
    // A request that never completes must not keep the gateway from stopping.
    tokio::select! {
        // Each connection holds a receiver.
        done = timeout(GRACE, stopping.closed()) => if done.is_err() {
            warn!("requests in flight did not finish in time; stopping");
        },
        () = stop() => warn!("second signal; stopping without waiting for requests in flight"),
    }
}

/// The open connections, the oldest first.
#[derive(Default)]
struct OpenConnections(VecDeque<oneshot::Sender<()>>);

impl OpenConnections {
    /// Adds a connection. The receiver resolves when another client needs the place.
    fn add(&mut self) -> oneshot::Receiver<()> {
        // Removes closed connections whenever the queue has doubled.
        if self.0.len() == self.0.capacity() {
            self.0.retain(|connection| !connection.is_closed());
        }
        let (replace, replaced) = oneshot::channel();
        self.0.push_back(replace);
        replaced
    }

    /// Waits for a free place, and asks one connection after another to close meanwhile.
    async fn slot(&mut self, slots: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, AcquireError> {
        let mut slot = pin!(Arc::clone(slots).acquire_owned());
        let mut wait = Duration::ZERO;
        loop {
            if let Ok(slot) = timeout(wait, slot.as_mut()).await {
                return slot;
            }
            while let Some(oldest) = self.0.pop_front() {
                if oldest.send(()).is_ok() {
                    break;
                }
            }
            // A request in flight keeps its place until it is answered.
            wait = Duration::from_millis(100);
        }
    }
}

/// Marks responses that come from a service.
#[derive(Clone)]
struct Forwarded;

/// Whether the latest request of a connection has been verified.
#[derive(Clone, Default)]
struct IsVerified(Arc<AtomicBool>);

impl IsVerified {
    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, is_verified: bool) {
        self.0.store(is_verified, Ordering::Relaxed);
    }
}

/// Answers a request and decides whether its connection closes.
async fn respond(
    router: Router,
    slots: Arc<Semaphore>,
    request: Request<Incoming>,
    is_last: bool,
) -> Result<Response<Body>, Infallible> {
    let mut response = match reject(&request) {
        Some(response) => response,
        None => router.oneshot(request).await?,
    };
    let is_rejected = response.extensions().get::<Forwarded>().is_none();
    if is_last || (is_rejected && slots.available_permits() == 0) {
        close(&mut response);
    }
    Ok(response)
}

/// Rejects a request that the service could read as another request than the verified one.
fn reject(request: &Request<Incoming>) -> Option<Response<Body>> {
    let has_body = match *request.method() {
        Method::DELETE | Method::PATCH | Method::POST | Method::PUT => false,
        Method::GET | Method::HEAD | Method::OPTIONS => !request.body().is_end_stream(),
        _ => {
            debug!("request rejected: method not allowed");
            let mut response = failure(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
            let allowed = HeaderValue::from_static(ALLOWED_METHODS);
            response.headers_mut().insert(header::ALLOW, allowed);
            close(&mut response);
            return Some(response);
        }
    };
    let reason = if has_body {
        "the request has a body, but its method allows none"
    } else if !is_hop_by_hop(request.headers()) {
        "`Connection` names an end-to-end header"
    } else if names_method(request.uri().query().unwrap_or_default()) {
        "the query has a parameter `_method`"
    } else {
        return None;
    };
    debug!("request rejected: {reason}");
    let mut response = failure(StatusCode::BAD_REQUEST, "Invalid request");
    close(&mut response);
    Some(response)
}

/// Returns `true` if the query has a parameter `_method`, from which some frameworks take the
/// method. PHP ignores spaces before a name, and reads dots and spaces in it as `_`.
fn names_method(query: &str) -> bool {
    query.split('&').any(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        let name = name.replace('+', " ");
        let name = percent_decode_str(&name).decode_utf8_lossy();
        let name = name.split('[').next().unwrap_or_default();
        let name = name.trim_start().replace([' ', '.'], "_");
        name.eq_ignore_ascii_case("_method")
    })
}

/// Returns `true` if `Connection` names no header but those in [`HOP_BY_HOP`].
fn is_hop_by_hop(headers: &HeaderMap) -> bool {
    let is_known = |name: &str| {
        let known = HOP_BY_HOP.iter().chain(&["close", ""]);
        known
            .into_iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    };
    headers.get_all(header::CONNECTION).iter().all(|value| {
        let value = value.to_str();
        value.is_ok_and(|value| value.split(',').map(str::trim).all(is_known))
    })
}

fn close(response: &mut Response<Body>) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
}

/// Accepts the next connection.
async fn accept(listener: &TcpListener) -> TcpStream {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // Only this connection failed.
            Err(error)
                if matches!(
                    error.kind(),
                    ConnectionAborted | ConnectionRefused | ConnectionReset
                ) => {}
            // Probably out of file descriptors. Connections that close free some.
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
        return Err(format!("`{file}`: no routes; add a `[[route]]`").into());
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
            return Err("dedupe: `capacity` has no effect with `redis`; remove one of them".into());
        }
        let url = variable(name).map_err(|error| format!("dedupe: {error}"))?;
        let store = RedisStore::connect(&url).await.map_err(|error| {
            let error = chain(&error);
            format!("dedupe: cannot connect to the Redis server in `{name}`: {error}")
        })?;
        Ok(DedupeLayer::new(store))
    }
}

/// Reads an environment variable. Errors do not contain the value, which may be a secret.
fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| match error {
        VarError::NotPresent => format!("environment variable `{name}` is not set"),
        VarError::NotUnicode(_) => format!("environment variable `{name}` is not valid UTF-8"),
    })
}

impl Route {
    /// The deduplication layer of this route, if it has one.
    fn dedupe(&self, dedupe: Option<&DedupeLayer>) -> Result<Option<DedupeLayer>, BoxError> {
        let Some(dedupe) = dedupe.filter(|_| self.dedupe != Some(false)) else {
            return Ok(None);
        };
        if !self.provider()?.scheme().tells_deliveries_apart() {
            let name = &self.provider;
            return Err(format!(
                "provider `{name}` signs nothing that is unique to a delivery; set `dedupe = false`"
            )
            .into());
        }
        // Two routes are two receivers, even of the same provider.
        Ok(Some(dedupe.clone().scope(self.path.as_str())))
    }

    /// The layer that verifies the deliveries of this route. `memory` is the budget of all routes.
    fn layer(&self, memory: usize) -> Result<WebhookLayer, BoxError> {
        let mut secrets = Vec::new();
        for name in &self.secrets {
            secrets.push(Secret::from_env(name)?.label(name.as_str()));
        }
        let keys = Keys::newest_first(secrets).ok_or("`secrets` is empty; add a variable")?;
        let keys = keys.keep_for_diagnosis();
        let provider = self.provider()?;
        let limit = self.body_limit.map(NonZeroUsize::get);
        let limit = limit.or(provider.body_limit()).unwrap_or(BODY_LIMIT);
        if limit > memory {
            return Err(format!(
                "the body limit of {limit} bytes exceeds the memory budget of {memory} bytes; lower \
                 `body_limit` or raise `memory`"
            )
            .into());
        }
        let mut layer = WebhookLayer::new(provider, keys)?
            .body_limit(limit)
            .diagnose(diagnose::log)?;
        if let Some(seconds) = self.tolerance {
            layer = layer.tolerance(seconds.into())?;
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
                Some(variable_name) => {
                    variable(variable_name).map_err(|error| format!("setting `{name}`: {error}"))?
                }
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
            return Err(format!("provider `{name}` signs the URL; set `public_url`").into());
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
        let what = "upstream: expected an http:// URL with a host and an optional port, without a \
                    user, a query or a fragment";
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

    /// Forwards a delivery to the service, and streams the response back.
    async fn forward(&self, request: Request<VerifiedBody>) -> Response<Body> {
        if let Some(verified) = request.extensions().get::<IsVerified>() {
            verified.set(true);
        }
        let Some(request) = self.to_send(request) else {
            return failure(StatusCode::BAD_REQUEST, "Invalid request");
        };
        match timeout(self.timeout, self.client.request(request)).await {
            // The gateway does not forward upgrades, so the service must not switch protocols.
            Ok(Ok(response)) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                warn!(upstream = %self.uri, "the service tried to switch protocols");
                failure(StatusCode::BAD_GATEWAY, "Bad gateway")
            }
            Ok(Ok(mut response)) => {
                info!(upstream = %self.uri, status = response.status().as_u16(), "delivery forwarded");
                clean_response(&mut response);
                response.extensions_mut().insert(Forwarded);
                response.map(|body| Body::new(TimeoutBody::new(self.timeout, body)))
            }
            Ok(Err(error)) => {
                warn!(upstream = %self.uri, error = chain(&error), "request to the service failed");
                failure(StatusCode::BAD_GATEWAY, "Bad gateway")
            }
            Err(_) => {
                warn!(upstream = %self.uri, timeout = ?self.timeout, "the service did not respond in time");
                failure(StatusCode::GATEWAY_TIMEOUT, "Gateway timeout")
            }
        }
    }

    /// Builds the request for the service. Returns `None` if the path and the query are too long.
    fn to_send(&self, request: Request<VerifiedBody>) -> Option<Request<VerifiedBody>> {
        let (mut head, body) = request.into_parts();
        let mut uri = self.uri.clone().into_parts();
        if let Some(query) = head.uri.query() {
            let target = format!("{}?{query}", self.uri.path());
            uri.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
        }
        clean_request(&mut head.headers);
        let verified: Verified = head.extensions.remove()?;
        add_verified(&verified, &mut head.headers);
        let mut request = Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = Uri::from_parts(uri).ok()?;
        *request.headers_mut() = head.headers;
        Some(request)
    }
}

/// Removes the request headers that must not reach the service.
fn clean_request(headers: &mut HeaderMap) {
    let unsafe_names: Vec<_> = headers
        .keys()
        .filter(|name| {
            // Many services read `_` as `-`, so `webhook_id` could replace a signed `webhook-id`.
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            let name = name.as_str();
            name.starts_with(VERIFIED_PREFIX) || !name.bytes().all(is_plain)
        })
        .cloned()
        .collect();
    for name in unsafe_names {
        headers.remove(name);
    }
    for name in HOP_BY_HOP.iter().chain(&NOT_FORWARDED) {
        headers.remove(*name);
    }
    // A service that leaves the body unread must not parse it as the next request.
    let close = HeaderValue::from_static("close");
    headers.insert(header::CONNECTION, close);
}

/// Adds the headers that describe what was verified.
fn add_verified(verified: &Verified, headers: &mut HeaderMap) {
    // An attacker can change an ID or a time that is not signed.
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
        let name = HeaderName::try_from(format!("{VERIFIED_PREFIX}{name}"));
        // An ID from a body can contain characters that are not allowed in a header.
        let value = value.and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
}

/// Removes the response headers that belong to the connection to the service.
fn clean_response(response: &mut Response<Incoming>) {
    let has_no_content = response.status() == StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    // `Transfer-Encoding` overrides `Content-Length`, and a 204 has neither (RFC 9112, section 6).
    if has_no_content || headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove(header::CONNECTION);
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
