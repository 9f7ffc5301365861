//! Signs a delivery as any provider does, sends it, and shows what is answered.
//!
//! ```text
//! cargo run --example send -- --provider github --secret '…' --url http://127.0.0.1:5000/webhook \
//!     --event push --data @event.json
//! ```
//!
//! | option | |
//! | --- | --- |
//! | `--list` | the providers, and what each needs |
//! | `--provider NAME` | whose delivery it is |
//! | `--secret TEXT` | the secret, else `WEBHOOK_SECRET`; several sign side by side |
//! | `--url URL` | where it goes |
//! | `--data TEXT`, `@FILE`, `@-` | the body; `{}` by default |
//! | `--event NAME` | the kind of event, where the provider names it in a header |
//! | `--id ID` | the delivery's id; at random by default |
//! | `--at TIME` | the time, such as `2026-01-15T12:00:00Z`; now by default |
//! | `--header 'NAME: VALUE'` | another header |
//! | `--method METHOD` | `POST` by default |
//! | `--setting NAME=VALUE` | what the provider needs besides, as `--list` says |
//! | `--public-url URL` | the base of the URL that is signed, if it is not that of `--url` |
//! | `--token-header NAME` | the header of a token, where that is the operator's to choose |
//! | `--tamper` | changes the body after it was signed |
//! | `--retry`, `--retry=fast` | sends it again until it arrives, over three days or a third of a second |
//! | `--timeout SECONDS` | how long a try may take, and after the last the body of its answer; 20 by default |
//! | `--print-curl` | prints a command that sends it, and sends nothing |

use std::{
    env,
    error::Error,
    ffi::OsString,
    fmt::Write as _,
    fs,
    io::{self, Read},
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header::CONTENT_TYPE,
};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use lexopt::{Arg, Parser, ValueExt};
use tower::{ServiceBuilder, ServiceExt, service_fn, util::Either};
use tower_webhook::{
    Keys, PublicUrl, Secret,
    body::DeliveryBody,
    providers::{self, Preset, Provider},
    scheme::{Credential, Place},
    sign::{Backoff, DeliveryId, DeliveryRetry, Schedule, SignLayer, Signer},
};

type BoxError = Box<dyn Error + Send + Sync>;

/// The longest answer that is shown, in bytes.
const MOST_SHOWN: usize = 1 << 20;

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
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Sends one delivery; whether it arrived.
async fn run(options: Options) -> Result<bool, BoxError> {
    let signer = options.signer()?;
    let request = options.request(signer.provider())?;
    let time = options.time;
    let clock = move || time.unwrap_or_else(SystemTime::now);
    if options.print_curl {
        let id = request.extensions().get::<DeliveryId>().cloned();
        let mut request = request.map(DeliveryBody::into_bytes);
        signer.sign(
            &mut request,
            id.as_ref().map_or("", DeliveryId::as_str),
            clock(),
        )?;
        if options.tamper {
            let body = tampered(request.body());
            *request.body_mut() = body;
        }
        println!("{}", curl(&request)?);
        return Ok(true);
    }
    if request.uri().scheme_str() != Some("http") {
        return Err("only `http` URLs are sent to from here; --print-curl does for others".into());
    }
    let client = Client::builder(TokioExecutor::new()).build_http::<DeliveryBody>();
    let tamper = options.tamper;
    let credential = signer.provider().scheme().credential();
    let is_token = matches!(credential, Credential::Token | Credential::UserAndPassword);
    // After the signature, and once for each try.
    let client = service_fn(move |request: Request<DeliveryBody>| {
        let request = if tamper {
            request.map(|body| DeliveryBody::from(tampered(&body.into_bytes())))
        } else {
            request
        };
        show_request(&request, is_token);
        let answer = client.request(request);
        async move {
            let answer = answer.await;
            match &answer {
                Ok(response) => println!("< {}", response.status()),
                Err(error) => println!("< no answer: {}", told(error)),
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
        Some(backoff) => {
            let policy = DeliveryRetry::new().schedule(Told(backoff));
            Either::Right(ServiceBuilder::new().retry(policy).service(sender))
        }
    };
    let response = sender
        .oneshot(request)
        .await
        .map_err(|error| told(&*error))?;
    let delivered = response.status().is_success();
    tokio::time::timeout(options.timeout, show_response(response))
        .await
        .map_err(|_| "the answer's body did not arrive in time")??;
    Ok(delivered)
}

/// A schedule that says how long it waits.
#[derive(Clone)]
struct Told(Backoff);

impl Schedule for Told {
    fn wait(&mut self, retry: u32) -> Option<Duration> {
        let wait = self.0.wait(retry);
        match wait {
            Some(wait) => println!(
                "\ntry {} in {wait:.1?}, or when the receiver asks",
                retry + 1
            ),
            None => println!("\nno try after {retry}"),
        }
        wait
    }
}

/// Other bytes of the same length, if there are any.
fn tampered(body: &[u8]) -> Bytes {
    let mut other = body.to_vec();
    let middle = other.len() / 2;
    match other.get_mut(middle) {
        Some(byte) => *byte ^= 1,
        None => other.push(b'!'),
    }
    other.into()
}

/// An error with all that it was caused by.
fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

fn show_request(request: &Request<DeliveryBody>, hides: bool) {
    println!("\n> {} {}", request.method(), request.uri());
    let body = request.body().clone().into_bytes();
    show(">", request.headers(), &body, hides);
}

async fn show_response(response: Response<Incoming>) -> Result<(), BoxError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MOST_SHOWN).collect().await;
    let body = body.map_err(|error| format!("the answer's body: {error}"))?;
    show("<", &head.headers, &body.to_bytes(), false);
    Ok(())
}

fn show(mark: &str, headers: &HeaderMap, body: &[u8], hides: bool) {
    for (name, value) in headers {
        // A token is the secret itself.
        if hides && value.is_sensitive() {
            println!("{mark} {name}: …");
        } else {
            println!("{mark} {name}: {}", value.as_bytes().escape_ascii());
        }
    }
    match std::str::from_utf8(body) {
        Ok("") => {}
        Ok(text) => println!("\n{text}"),
        Err(_) => println!("\n({} bytes)", body.len()),
    }
}

/// A command that sends a request, for a shell.
fn curl(request: &Request<Bytes>) -> Result<String, BoxError> {
    let mut command = format!(
        "curl -i -X {} {}",
        request.method(),
        quoted(&request.uri().to_string())
    );
    for (name, value) in request.headers() {
        let _ = write!(
            command,
            " \\\n  -H {}",
            quoted(&format!("{name}: {}", value.to_str()?))
        );
    }
    match std::str::from_utf8(request.body()) {
        Ok(text) if !text.contains('\0') => {
            let _ = write!(command, " \\\n  --data-raw {}", quoted(text));
        }
        _ => {
            let mut escaped = String::new();
            for byte in request.body() {
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
    settings: Vec<(String, String)>,
    public_url: Option<String>,
    token_header: Option<HeaderName>,
    tamper: bool,
    retry: Option<Backoff>,
    timeout: Duration,
    print_curl: bool,
}

impl Options {
    /// What the command line asks for; `None` if that is done already.
    fn parse(mut from: Parser) -> Result<Option<Self>, BoxError> {
        let mut options = Self {
            timeout: Duration::from_secs(20),
            ..Self::default()
        };
        while let Some(arg) = from.next()? {
            let Arg::Long(name) = arg else {
                return Err(arg.unexpected().into());
            };
            let name = name.to_owned();
            match name.as_str() {
                "list" => {
                    list();
                    return Ok(None);
                }
                "provider" => options.provider = Some(from.value()?.string()?),
                "secret" => options.secrets.push(from.value()?.string()?),
                "url" => options.url = Some(from.value()?.string()?),
                "data" => options.data = Some(from.value()?),
                "event" => options.event = Some(from.value()?.string()?),
                "id" => options.id = Some(from.value()?.string()?),
                "at" => options.time = Some(from.value()?.parse_with(time)?),
                "header" => options.headers.push(from.value()?.parse_with(header)?),
                "method" => options.method = Some(from.value()?.parse()?),
                "setting" => options.settings.push(from.value()?.parse_with(setting)?),
                "public-url" => options.public_url = Some(from.value()?.string()?),
                "token-header" => options.token_header = Some(from.value()?.parse()?),
                "tamper" => options.tamper = true,
                "retry" => options.retry = Some(backoff(from.optional_value())?),
                "timeout" => options.timeout = Duration::from_secs(from.value()?.parse()?),
                "print-curl" => options.print_curl = true,
                _ => return Err(Arg::Long(&name).unexpected().into()),
            }
        }
        Ok(Some(options))
    }

    fn signer(&self) -> Result<Signer, BoxError> {
        let name = self
            .provider
            .as_deref()
            .ok_or("--provider is missing; --list shows them")?;
        let mut provider = providers::by_name(name).ok_or_else(|| unknown(name))?;
        for (name, value) in &self.settings {
            provider = provider.with_setting(name, value.as_str());
        }
        if let Some(url) = &self.public_url {
            let url = PublicUrl::fixed(url).map_err(|error| format!("--public-url: {error}"))?;
            provider = provider.with_public_url(url);
        }
        if let Some(name) = &self.token_header {
            provider = provider.with_token_header(name.clone());
        }
        let mut secrets = Vec::new();
        for secret in &self.secrets {
            let secret = Secret::new(secret.as_str());
            secrets.push(secret.map_err(|error| format!("--secret: {error}"))?);
        }
        if secrets.is_empty() && env::var_os("WEBHOOK_SECRET").is_some() {
            secrets.push(Secret::from_env("WEBHOOK_SECRET")?);
        }
        let keys = Keys::newest_first(secrets);
        let keys = keys.ok_or("--secret is missing, and WEBHOOK_SECRET is not set")?;
        Ok(Signer::new(provider, keys)?)
    }

    fn request(&self, provider: &Provider) -> Result<Request<DeliveryBody>, BoxError> {
        let scheme = provider.scheme();
        let url = self.url.as_deref().ok_or("--url is missing")?;
        let uri: Uri = url
            .parse()
            .map_err(|error| format!("--url `{url}`: {error}"))?;
        if uri.scheme().is_none() || uri.authority().is_none() {
            return Err(format!("--url `{url}`: begin with http:// and a host").into());
        }
        let id = self.id.as_deref();
        let mut request = Request::builder()
            .method(self.method.clone().unwrap_or(Method::POST))
            .uri(uri)
            .extension(id.map_or_else(DeliveryId::random, DeliveryId::new))
            .body(DeliveryBody::from(self.body()?))?;
        let headers = request.headers_mut();
        let has_form = scheme
            .signature_places()
            .iter()
            .any(|it| matches!(it, Place::Form(_)));
        let kind = if has_form {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(event) = &self.event {
            let Some(Place::Header(name)) = scheme.event_place() else {
                return Err("--event: this provider names the kind of event in no header".into());
            };
            headers.insert(name, event.parse()?);
        }
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        Ok(request)
    }

    fn body(&self) -> Result<Vec<u8>, BoxError> {
        let Some(data) = &self.data else {
            return Ok(b"{}".to_vec());
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
    for preset in providers::all() {
        println!(
            "{:28} {:32} {}",
            preset.name(),
            preset.title(),
            preset.needs()
        );
    }
}

/// No provider is called so, but some nearly.
fn unknown(name: &str) -> String {
    let distance = |other: &str| strsim::osa_distance(&name.replace('_', "-"), other);
    let mut names: Vec<_> = providers::all().map(Preset::name).collect();
    names.sort_by_key(|other| (!other.starts_with(name), distance(other)));
    let nearest = names.get(..3).unwrap_or_default().join("`, `");
    format!("no provider is called `{name}`; the nearest are `{nearest}`, and --list shows all")
}

fn time(text: &str) -> Result<SystemTime, BoxError> {
    let time = chrono::DateTime::parse_from_rfc3339(text);
    let time =
        time.map_err(|error| format!("`{text}` is no time like 2026-01-15T12:00:00Z: {error}"))?;
    let seconds = u64::try_from(time.timestamp()).map_err(|_| "a time before 1970")?;
    Ok(UNIX_EPOCH + Duration::from_secs(seconds))
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), BoxError> {
    let (name, value) = text.split_once(':').ok_or("a header is `NAME: VALUE`")?;
    Ok((name.parse()?, value.trim().parse()?))
}

fn setting(text: &str) -> Result<(String, String), BoxError> {
    let (name, value) = text.split_once('=').ok_or("a setting is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn backoff(which: Option<OsString>) -> Result<Backoff, BoxError> {
    match which.map(ValueExt::string).transpose()?.as_deref() {
        None => Ok(Backoff::standard_webhooks()),
        Some("fast") => Ok(Backoff::fast()),
        Some(other) => Err(format!("--retry={other}: only `fast` is known").into()),
    }
}
