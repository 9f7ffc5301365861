//! Signs a delivery like a provider, sends it, and prints the response.
//!
//! ```text
//! cargo run --example send -- --provider github --secret '…' --url http://127.0.0.1:5000/webhook \
//!     --event push --data @event.json
//! ```
//!
//! | option | |
//! | --- | --- |
//! | `--help` | prints this text |
//! | `--list` | lists the providers and what each needs |
//! | `--provider NAME` | the provider whose delivery to sign |
//! | `--secret TEXT` | the secret; repeat it to sign with several secrets. Other users of the machine can see it, so prefer the variable `WEBHOOK_SECRET` |
//! | `--url URL` | the URL of the receiver |
//! | `--data TEXT`, `@FILE`, `@-` | the body; defaults to `{}`, or to an empty form if the provider signs forms |
//! | `--event NAME` | the event type, if the provider has a header for it |
//! | `--id ID` | the delivery ID; defaults to a random ID |
//! | `--at TIME` | the time of the delivery, such as `2026-01-15T12:00:00Z`; defaults to now |
//! | `--header 'NAME: VALUE'` | another header. The content type defaults to the one that the provider signs, or else to JSON if the body is JSON, or else to a form |
//! | `--method METHOD` | the method; defaults to `POST` |
//! | `--setting NAME=VALUE` | a setting that the provider needs, see `--list` |
//! | `--public-url URL` | the base of the signed URL, if it differs from `--url` |
//! | `--token-header NAME` | the header of the token, for providers that let the operator choose it |
//! | `--key-name NAME` | the name of the key next to the signature, for Braintree and Sinch |
//! | `--tamper` | changes the body after signing |
//! | `--retry`, `--retry=fast` | retries until the delivery succeeds, for up to three days or a third of a second. `Retry-After` can make each delay up to one day, or one second |
//! | `--timeout SECONDS` | the timeout of each attempt, and of reading the body of the last response; defaults to 20 |
//! | `--print-curl` | prints a curl command instead of sending. The command contains the token of a token-only provider |
//!
//! Exit status: 0 if the delivery succeeded, even if the body of the response could not be read; 1
//! if it was rejected or no receiver answered; 2 if it could not be signed.

#[path = "common/arguments.rs"]
mod arguments;
mod common;
#[path = "common/error.rs"]
mod error;

use std::{
    env,
    error::Error,
    ffi::{OsStr, OsString},
    fmt::Write as _,
    fs,
    io::{self, Read},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri,
    header::{ACCEPT, CONTENT_TYPE, EXPECT, USER_AGENT},
};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use lexopt::{Arg, Parser};
use serde::de::IgnoredAny;
use tower::{ServiceBuilder, ServiceExt, retry::Policy, service_fn, util::Either};
use tower_webhook::{
    Keys, Secret,
    body::DeliveryBody,
    providers::{self, Provider},
    scheme::{Credential, Location, Scheme},
    sign::{
        Backoff, Classification, DeliveryId, DeliveryOutcome, DeliveryRetry, RetryDelay,
        SendFailure, SignLayer, Signer,
    },
};

use self::{
    common::{Besides, Words},
    error::{chain, report},
};

const FORM: &str = "application/x-www-form-urlencoded";

type BoxError = Box<dyn Error + Send + Sync>;

const WORDS: Words = Words {
    setting: "--setting NAME=…",
    public_url: "--public-url",
    token_header: "--token-header",
};

/// The longest response body that is shown, in bytes.
const MAX_SHOWN: usize = 1 << 20;

/// Some systems reject longer command-line arguments, in bytes.
const LONGEST_ARGUMENT: usize = 100_000;

/// `println!` that ignores a closed pipe.
macro_rules! say {
    ($($text:tt)*) => { common::print(&(format!($($text)*) + "\n")) };
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match Options::parse(Parser::from_env()) {
        Ok(Some(options)) => run(options).await,
        Ok(None) => Ok(true),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report(&*error);
            ExitCode::from(2)
        }
    }
}

/// Sends one delivery and returns whether it succeeded.
async fn run(options: Options) -> Result<bool, BoxError> {
    let signer = options.signer()?;
    let request = options.request(signer.provider())?;
    let time = options.time;
    let clock = move || time.unwrap_or_else(SystemTime::now);
    if options.print_curl {
        let id = request.extensions().get::<DeliveryId>().cloned();
        let mut request = request.map(DeliveryBody::into_bytes);
        let id = id.as_ref().map_or("", DeliveryId::as_str);
        signer
            .sign(&mut request, id, clock())
            .map_err(|error| told(&error))?;
        if options.tamper {
            let body = tampered(request.body());
            *request.body_mut() = body;
        }
        say!("{}", curl(&request)?);
        return Ok(true);
    }
    if request.uri().scheme_str() != Some("http") {
        return Err("--url: only `http` is supported; use --print-curl for `https`".into());
    }
    let client = Client::builder(TokioExecutor::new()).build_http::<DeliveryBody>();
    let tamper = options.tamper;
    let scheme = signer.provider().scheme().clone();
    // After the signature, and once for each try.
    let client = service_fn(move |request: Request<DeliveryBody>| {
        let request = if tamper {
            request.map(|body| DeliveryBody::from(tampered(&body.into_bytes())))
        } else {
            request
        };
        show_request(&request, &scheme);
        let answer = client.request(request);
        async move {
            let answer = answer.await;
            match &answer {
                Ok(response) => show_head(response),
                Err(error) => say!("< no response: {}", told(error)),
            }
            answer
        }
    });
    let limit = request.body().clone().into_bytes().len();
    let sender = ServiceBuilder::new()
        .timeout(options.timeout)
        .layer(SignLayer::new(signer).body_limit(limit).clock(clock))
        .service(client);
    let sender = match options.retry {
        None => Either::Left(sender),
        Some(policy) => {
            let told = Told { policy, tries: 0 };
            Either::Right(ServiceBuilder::new().retry(told).service(sender))
        }
    };
    let response = match sender.oneshot(request).await {
        Ok(response) => response,
        Err(error) if error.is_final() => return Err(told(&*error).into()),
        Err(error) => {
            eprintln!("error: {}", told(&*error));
            return Ok(false);
        }
    };
    let delivered = response.status().is_success();
    let outcome = response.extensions().get::<DeliveryOutcome>().copied();
    match tokio::time::timeout(options.timeout, show_answer(response)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => eprintln!("error: cannot read the response body: {}", chain(&*error)),
        Err(_) => eprintln!("error: the response body did not arrive in time; raise --timeout"),
    }
    match outcome.map(|outcome| (outcome.classification(), outcome.tries())) {
        Some((Classification::Gone, _)) => {
            say!("\nthe receiver no longer accepts deliveries (410 Gone)");
        }
        Some((Classification::Rejected, _)) => say!("\nrejected; not retried"),
        Some((Classification::Retry, tries)) => say!("\ngave up after {tries} attempts"),
        _ => {}
    }
    Ok(delivered)
}

/// A retry policy that prints each delay.
#[derive(Clone)]
struct Told {
    policy: DeliveryRetry,
    tries: u32,
}

impl<B: Clone, R, E: SendFailure> Policy<Request<B>, Response<R>, E> for Told {
    type Future = RetryDelay;

    fn retry(
        &mut self,
        request: &mut Request<B>,
        result: &mut Result<Response<R>, E>,
    ) -> Option<RetryDelay> {
        let wait = self.policy.retry(request, result)?;
        self.tries += 1;
        say!("\nattempt {} in {:.1?}", self.tries + 1, wait.duration());
        Some(wait)
    }

    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        Some(request.clone())
    }
}

/// Changes one bit of the body, or appends a byte to an empty one.
fn tampered(body: &[u8]) -> Bytes {
    let mut other = body.to_vec();
    let middle = other.len() / 2;
    match other.get_mut(middle) {
        Some(byte) => *byte ^= 1,
        None => other.push(b'!'),
    }
    other.into()
}

/// Formats an error with its causes, and names the option that is missing.
fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = chain(error);
    if text.contains("cannot find the signed text") {
        text.push_str("; set the body with --data");
    }
    text
}

fn show_request(request: &Request<DeliveryBody>, scheme: &Scheme) {
    // A token is the secret itself, so it is not printed.
    let credential = scheme.credential();
    let is_token = matches!(credential, Credential::Token | Credential::UserAndPassword);
    let is_at = |is: fn(&Location) -> bool| is_token && scheme.signature_locations().iter().any(is);
    let (uri, body) = (request.uri(), request.body().clone().into_bytes());
    if is_at(|location| matches!(location, Location::Query(_))) {
        let url = uri.to_string();
        let url = url.split('?').next().unwrap_or_default();
        say!("\n> {} {url}?…", request.method());
    } else {
        say!("\n> {} {uri}", request.method());
    }
    show_headers(">", request.headers(), is_token);
    if is_at(Location::is_in_body) {
        say!("\n({} bytes, with the token)", body.len());
    } else {
        show_body(&body);
    }
}

fn show_head(response: &Response<Incoming>) {
    say!("< {}", response.status());
    show_headers("<", response.headers(), false);
}

async fn show_answer(response: Response<Incoming>) -> Result<(), BoxError> {
    let body = Limited::new(response.into_body(), MAX_SHOWN)
        .collect()
        .await;
    show_body(&body?.to_bytes());
    Ok(())
}

fn show_headers(mark: &str, headers: &HeaderMap, hides: bool) {
    for (name, value) in headers {
        if hides && value.is_sensitive() {
            say!("{mark} {name}: …");
        } else {
            say!("{mark} {name}: {}", value.as_bytes().escape_ascii());
        }
    }
}

fn show_body(body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok("") => {}
        // Control characters are escaped, because the terminal would execute them.
        Ok(text) => {
            let mut shown = String::new();
            for it in text.chars() {
                match it {
                    '\n' | '\t' => shown.push(it),
                    _ if it.is_control() => shown.extend(it.escape_default()),
                    _ => shown.push(it),
                }
            }
            say!("\n{shown}");
        }
        Err(_) => say!("\n({} bytes)", body.len()),
    }
}

/// Formats a shell command that sends the request unchanged.
fn curl(request: &Request<Bytes>) -> Result<String, BoxError> {
    let (method, headers, body) = (request.method(), request.headers(), request.body());
    let url = quoted(&request.uri().to_string());
    let mut command = format!("curl -i --globoff --path-as-is -X {method} {url}");
    let mut header = |text: &str| {
        let _ = write!(command, " \\\n  -H {}", quoted(text));
    };
    for (name, value) in headers {
        match std::str::from_utf8(value.as_bytes())? {
            "" => header(&format!("{name};")),
            value => header(&format!("{name}: {value}")),
        }
    }
    // Headers that curl would add.
    for name in [ACCEPT, CONTENT_TYPE, EXPECT, USER_AGENT] {
        if !headers.contains_key(&name) {
            header(&format!("{name}:"));
        }
    }
    match std::str::from_utf8(body) {
        Ok("") if *method == Method::HEAD => command = command.replacen("-X HEAD", "-I", 1),
        Ok("") => {}
        Ok(text) if !text.contains('\0') && text.len() < LONGEST_ARGUMENT => {
            let _ = write!(command, " \\\n  --data-raw {}", quoted(text));
        }
        _ => {
            let mut escaped = String::new();
            for byte in body {
                let _ = write!(escaped, "\\{byte:03o}");
            }
            command = format!("printf '{escaped}' | {command} \\\n  --data-binary @-");
        }
    }
    Ok(command)
}

fn quoted(text: &str) -> String {
    let text = text.replace('\'', r"'\''");
    format!("'{text}'")
}

#[derive(Default)]
struct Options {
    provider: Option<String>,
    secrets: Vec<String>,
    url: Option<String>,
    data: Option<OsString>,
    event: Option<String>,
    id: Option<String>,
    time: Option<SystemTime>,
    headers: Vec<(HeaderName, HeaderValue)>,
    method: Option<Method>,
    besides: Besides,
    key_name: Option<String>,
    tamper: bool,
    retry: Option<DeliveryRetry>,
    timeout: Duration,
    print_curl: bool,
}

impl Options {
    /// Parses the command line. Returns `None` if nothing is left to do, as after `--help`.
    fn parse(mut from: Parser) -> Result<Option<Self>, BoxError> {
        let mut options = Self {
            timeout: Duration::from_secs(20),
            ..Self::default()
        };
        while let Some(arg) = from.next().map_err(|_| UNREADABLE)? {
            let name = match arg {
                Arg::Long("help") | Arg::Short('h') => {
                    common::help(include_str!("send.rs"));
                    return Ok(None);
                }
                Arg::Long("list") => {
                    list();
                    return Ok(None);
                }
                Arg::Long(name) => name.to_owned(),
                Arg::Value(it) if it == "fast" => {
                    return Err("unexpected `fast`; write --retry=fast".into());
                }
                _ => {
                    let why = "unexpected argument; quote values that contain spaces";
                    return Err(why.into());
                }
            };
            let taken = options.take(&name, &mut from);
            taken.map_err(|error| format!("--{name}: {error}"))?;
        }
        Ok(Some(options))
    }

    fn take(&mut self, name: &str, from: &mut Parser) -> Result<(), BoxError> {
        match name {
            "provider" => self.provider = Some(value(from)?),
            "secret" => self.secrets.push(value(from)?),
            "url" => self.url = Some(value(from)?),
            "data" => self.data = Some(from.value().map_err(|_| "missing value")?),
            "event" => self.event = Some(value(from)?),
            "id" => self.id = Some(value(from)?),
            "at" => self.time = Some(arguments::time(&value(from)?)?),
            "header" => self.headers.push(header(&value(from)?)?),
            "method" => self.method = Some(value(from)?.parse().map_err(|_| "invalid method")?),
            "setting" => {
                let setting = arguments::setting(&value(from)?)?;
                self.besides.settings.push(setting);
            }
            "public-url" => self.besides.public_url = Some(value(from)?),
            "token-header" => {
                let header = value(from)?.parse().map_err(|_| "invalid header name")?;
                self.besides.token_header = Some(header);
            }
            "key-name" => self.key_name = Some(value(from)?),
            "tamper" => self.tamper = true,
            "retry" => self.retry = Some(retry(from.optional_value().as_deref())?),
            "timeout" => {
                let seconds = value(from)?
                    .parse()
                    .map_err(|_| "expected a whole number of seconds")?;
                self.timeout = Duration::from_secs(seconds);
            }
            "print-curl" => self.print_curl = true,
            _ => return Err("unknown option; see --help".into()),
        }
        Ok(())
    }

    fn signer(&self) -> Result<Signer, BoxError> {
        let name = self
            .provider
            .as_deref()
            .ok_or("--provider is missing; --list prints the names")?;
        let provider =
            common::provider(name).map_err(|error| format!("{error}; --list prints all names"))?;
        let provider = self.besides.put(provider, &WORDS)?;
        let mut secrets = Vec::new();
        for secret in &self.secrets {
            let secret = Secret::new(secret.as_str());
            secrets.push(secret.map_err(|error| format!("--secret: {error}"))?);
        }
        if secrets.is_empty() && env::var_os("WEBHOOK_SECRET").is_some() {
            secrets.push(Secret::from_env("WEBHOOK_SECRET")?);
        }
        let keys = Keys::newest_first(secrets);
        let keys =
            keys.ok_or("--secret is missing and WEBHOOK_SECRET is not set; set one of them")?;
        let signer = Signer::new(provider, keys)?;
        Ok(match &self.key_name {
            Some(name) => signer.key_name(name.clone())?,
            None => signer,
        })
    }

    fn request(&self, provider: &Provider) -> Result<Request<DeliveryBody>, BoxError> {
        let scheme = provider.scheme();
        let url = self
            .url
            .as_deref()
            .ok_or("--url is missing; set it to the URL of the receiver")?;
        // An invalid URL may contain a password, so it is not printed.
        let what = "expected http:// and a host";
        let uri: Uri = url
            .parse()
            .map_err(|error| format!("--url: {error}; {what}"))?;
        let authority = uri.authority().filter(|_| uri.scheme().is_some());
        let authority = authority.ok_or_else(|| format!("--url: {what}"))?;
        if authority.as_str().contains('@') {
            return Err(
                "--url: contains a user; pass it as --header 'authorization: …' instead".into(),
            );
        }
        let body = self.body(scheme)?;
        let kind = match scheme.content_type() {
            Some(kind) => kind,
            None if serde_json::from_slice::<IgnoredAny>(&body).is_ok() => "application/json",
            None => FORM,
        };
        let id = self.id.as_deref();
        let mut request = Request::builder()
            .method(self.method.clone().unwrap_or(Method::POST))
            .uri(uri)
            .header(CONTENT_TYPE, kind)
            .extension(id.map_or_else(DeliveryId::random, DeliveryId::new))
            .body(DeliveryBody::from(body))?;
        let headers = request.headers_mut();
        if let Some(event) = &self.event {
            let Some(Location::Header(name)) = scheme.event_location() else {
                return Err(
                    "--event: this provider has no header for the event type; remove the option"
                        .into(),
                );
            };
            headers.insert(name, event.parse()?);
        }
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        for location in scheme.signed_locations() {
            let Location::Header(name) = location else {
                continue;
            };
            if !headers.contains_key(&name) {
                return Err(format!(
                    "this provider signs the header `{name}`; set it with --header '{name}: …'"
                )
                .into());
            }
        }
        Ok(request)
    }

    fn body(&self, scheme: &Scheme) -> Result<Vec<u8>, BoxError> {
        let Some(data) = &self.data else {
            let is_form = scheme.content_type() == Some(FORM);
            return Ok(if is_form { "" } else { "{}" }.into());
        };
        let Some(path) = data.to_str().and_then(|data| data.strip_prefix('@')) else {
            return Ok(data.clone().into_encoded_bytes());
        };
        if path == "-" {
            let mut body = Vec::new();
            io::stdin().read_to_end(&mut body)?;
            return Ok(body);
        }
        fs::read(path).map_err(|error| format!("--data: cannot read `{path}`: {error}").into())
    }
}

fn list() {
    let mut list = String::new();
    for preset in providers::all() {
        let provider = preset.provider();
        let scheme = provider.scheme();
        let mut needs = preset.requirements().to_string();
        for location in scheme.signed_locations() {
            let _ = write!(needs, ", {location}");
        }
        if let Some(kind) = scheme.content_type() {
            let _ = write!(needs, ", a body of {kind}");
        }
        let _ = writeln!(list, "{:28} {:32} {needs}", preset.name(), preset.title());
    }
    common::print(&list);
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), BoxError> {
    let (name, value) = text.split_once(':').ok_or("expected `NAME: VALUE`")?;
    let name = name.parse().map_err(|_| "invalid header name")?;
    let value = value.trim().parse();
    Ok((name, value.map_err(|_| "invalid header value")?))
}

const UNREADABLE: &str = "cannot parse an option";

/// Returns the value of an option. No error contains the value, because it may be the secret.
fn value(from: &mut Parser) -> Result<String, BoxError> {
    let value = from.value().map_err(|_| "missing value")?;
    Ok(value
        .into_string()
        .map_err(|_| "the value is not valid UTF-8")?)
}

fn retry(which: Option<&OsStr>) -> Result<DeliveryRetry, BoxError> {
    match which.map(OsStr::to_str) {
        None => Ok(DeliveryRetry::new()),
        Some(Some("fast")) => Ok(DeliveryRetry::new()
            .schedule(Backoff::fast())
            .max_retry_after(Duration::from_secs(1))),
        Some(_) => Err("unknown value; write --retry or --retry=fast".into()),
    }
}
