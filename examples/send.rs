//! Signs a delivery as any provider does, sends it, and shows what is answered.
//!
//! ```text
//! cargo run --example send -- --provider github --secret '…' --url http://127.0.0.1:5000/webhook \
//!     --event push --data @event.json
//! ```
//!
//! | option | |
//! | --- | --- |
//! | `--help` | this |
//! | `--list` | the providers, and what each needs |
//! | `--provider NAME` | whose delivery it is |
//! | `--secret TEXT` | the secret; several sign side by side. Other users of the machine can see it, so that the variable `WEBHOOK_SECRET` is better |
//! | `--url URL` | where it goes |
//! | `--data TEXT`, `@FILE`, `@-` | the body; `{}` by default, or an empty form where the provider signs forms |
//! | `--event NAME` | the kind of event, where the provider names it in a header |
//! | `--id ID` | the delivery's id; at random by default |
//! | `--at TIME` | the time, such as `2026-01-15T12:00:00Z`; now by default |
//! | `--header 'NAME: VALUE'` | another header. The content type is that which the provider signs, or else JSON if the body is, and a form if not |
//! | `--method METHOD` | `POST` by default |
//! | `--setting NAME=VALUE` | what the provider needs besides, as `--list` says |
//! | `--public-url URL` | the base of the URL that is signed, if it is not that of `--url` |
//! | `--token-header NAME` | the header of a token, where that is the operator's to choose |
//! | `--key-name NAME` | what the key is called beside the signature, for Braintree and Sinch |
//! | `--tamper` | changes the body after it was signed |
//! | `--retry`, `--retry=fast` | sends it again until it arrives, over three days or a third of a second; by `Retry-After` a receiver can make each wait a day, or a second |
//! | `--timeout SECONDS` | how long a try may take, and after the last the body of its answer; 20 by default |
//! | `--print-curl` | prints a command that sends it, and sends nothing. A token is in it as it is |
//!
//! It ends with 0 if the delivery arrived, whatever becomes of the answer's body; with 1 if it did
//! not, be it refused or nobody there; and with 2 if it could not be made.

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

/// The longest answer that is shown, in bytes.
const MAX_SHOWN: usize = 1 << 20;

/// A longer argument is refused by some systems, in bytes.
const LONGEST_ARGUMENT: usize = 100_000;

/// `println!`, to who may have had enough.
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

/// Sends one delivery; whether it arrived.
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
        return Err("only `http` URLs are sent to from here; --print-curl does for others".into());
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
                Err(error) => say!("< no answer: {}", told(error)),
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
        Ok(Err(error)) => eprintln!("error: the answer's body: {}", chain(&*error)),
        Err(_) => eprintln!("error: the answer's body did not arrive in time"),
    }
    match outcome.map(|outcome| (outcome.classification(), outcome.tries())) {
        Some((Classification::Gone, _)) => say!("\nthe receiver wants no more deliveries"),
        Some((Classification::Rejected, _)) => say!("\nrefused, and so not sent again"),
        Some((Classification::Retry, tries)) => say!("\nno try after {tries}"),
        _ => {}
    }
    Ok(delivered)
}

/// A policy that says how long it waits.
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
        say!("\ntry {} in {:.1?}", self.tries + 1, wait.duration());
        Some(wait)
    }

    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        Some(request.clone())
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

/// Formats an error with its causes, and names the option that is missing.
fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = chain(error);
    if text.contains("what is signed cannot be found") {
        text.push_str("; --data says what the body is");
    }
    text
}

fn show_request(request: &Request<DeliveryBody>, scheme: &Scheme) {
    // A token is the secret itself, wherever it is.
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
        // What a terminal obeys is shown, and not sent to it.
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

/// A command that sends a request as it is, for a shell.
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
    // What it would add.
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
    /// What the command line asks for; `None` if that is done already.
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
                Arg::Value(it) if it == "fast" => return Err("write --retry=fast".into()),
                _ => {
                    let why = "a word that is no option: a value with spaces needs quotation marks";
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
            "data" => self.data = Some(from.value().map_err(|_| "it needs a value")?),
            "event" => self.event = Some(value(from)?),
            "id" => self.id = Some(value(from)?),
            "at" => self.time = Some(arguments::time(&value(from)?)?),
            "header" => self.headers.push(header(&value(from)?)?),
            "method" => self.method = Some(value(from)?.parse().map_err(|_| "it is no method")?),
            "setting" => {
                let setting = arguments::setting(&value(from)?)?;
                self.besides.settings.push(setting);
            }
            "public-url" => self.besides.public_url = Some(value(from)?),
            "token-header" => {
                let header = value(from)?.parse().map_err(|_| "it is no header's name")?;
                self.besides.token_header = Some(header);
            }
            "key-name" => self.key_name = Some(value(from)?),
            "tamper" => self.tamper = true,
            "retry" => self.retry = Some(retry(from.optional_value().as_deref())?),
            "timeout" => {
                let seconds = value(from)?
                    .parse()
                    .map_err(|_| "it is no number of seconds")?;
                self.timeout = Duration::from_secs(seconds);
            }
            "print-curl" => self.print_curl = true,
            _ => return Err("there is no such option; --help shows all".into()),
        }
        Ok(())
    }

    fn signer(&self) -> Result<Signer, BoxError> {
        let name = self
            .provider
            .as_deref()
            .ok_or("--provider is missing; --list shows them")?;
        let provider =
            common::provider(name).map_err(|error| format!("{error}; --list shows all"))?;
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
        let keys = keys.ok_or("--secret is missing, and WEBHOOK_SECRET is not set")?;
        let signer = Signer::new(provider, keys)?;
        Ok(match &self.key_name {
            Some(name) => signer.key_name(name.clone())?,
            None => signer,
        })
    }

    fn request(&self, provider: &Provider) -> Result<Request<DeliveryBody>, BoxError> {
        let scheme = provider.scheme();
        let url = self.url.as_deref().ok_or("--url is missing")?;
        // A URL that cannot be read may have a password in it, and so is not shown.
        let what = "begin with http:// and a host";
        let uri: Uri = url
            .parse()
            .map_err(|error| format!("--url: {error}; {what}"))?;
        let authority = uri.authority().filter(|_| uri.scheme().is_some());
        let authority = authority.ok_or_else(|| format!("--url: {what}"))?;
        if authority.as_str().contains('@') {
            return Err(
                "--url: with a user in it; put that into --header 'authorization: …'".into(),
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
                return Err("--event: this provider names the kind of event in no header".into());
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
                    "this provider signs `{name}`: give it by --header '{name}: …'"
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
    let (name, value) = text.split_once(':').ok_or("a header is `NAME: VALUE`")?;
    let name = name.parse().map_err(|_| "its name is none of a header")?;
    let value = value.trim().parse();
    Ok((name, value.map_err(|_| "its value is none of a header")?))
}

const UNREADABLE: &str = "an option cannot be read";

/// The value of an option. No error shows it: it may be the secret.
fn value(from: &mut Parser) -> Result<String, BoxError> {
    let value = from.value().map_err(|_| "it needs a value")?;
    Ok(value.into_string().map_err(|_| "its value is not UTF-8")?)
}

fn retry(which: Option<&OsStr>) -> Result<DeliveryRetry, BoxError> {
    match which.map(OsStr::to_str) {
        None => Ok(DeliveryRetry::new()),
        Some(Some("fast")) => Ok(DeliveryRetry::new()
            .schedule(Backoff::fast())
            .max_retry_after(Duration::from_secs(1))),
        Some(_) => Err("only `fast` is known".into()),
    }
}
