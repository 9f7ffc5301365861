//! Explains why a saved delivery is rejected.
//!
//! ```text
//! WEBHOOK_SECRET='…' cargo run --example doctor -- --provider github --headers head.txt --body body.bin
//! ```
//!
//! | option | |
//! | --- | --- |
//! | `--help` | prints this text |
//! | `--provider NAME` | the provider of the delivery |
//! | `--secret TEXT` | the secret, token or public key exactly as configured; repeat it for each previous secret. Other users of the machine can see it, so prefer the variable `WEBHOOK_SECRET` |
//! | `--headers FILE` | the headers, one `name: value` per line, optionally after the request line. The format of `curl --verbose` (`> name: value`) and HTTP/2's `:path` and `:authority` are supported |
//! | `--body FILE` | the exact bytes of the body |
//! | `--method METHOD` | the method; defaults to that of the request line, or `POST` |
//! | `--target TARGET` | the path and the query as the server received them; defaults to those of the request line, or `/` |
//! | `--public-url URL` | the base of the URL that the sender uses, if the provider signs the URL |
//! | `--setting NAME=VALUE` | a setting that the provider needs |
//! | `--token-header NAME` | the header of the token, for providers that let the operator choose it |
//! | `--tolerance SECONDS` | the maximum difference between the timestamp and `--at`; defaults to that of the provider |
//! | `--at TIME` | when the delivery arrived, such as `2026-01-15T12:00:00Z` or in Unix seconds; defaults to now |
//!
//! Exit status: 0 if the delivery is accepted, 1 if it is rejected, 2 if it was not examined.

#[path = "common/arguments.rs"]
mod arguments;
mod common;
#[path = "common/error.rs"]
mod error;

use std::{
    env,
    error::Error,
    fs,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use http::{HeaderName, HeaderValue, Method, Request, Uri, header::HOST};
use lexopt::{Arg, Parser};
use tower_webhook::{
    diagnose::{Diagnosis, Doctor},
    providers::Provider,
    rejection::RejectionKind,
    scheme::{Credential, Location},
};

use self::{
    common::{Besides, Words},
    error::report,
};

type BoxError = Box<dyn Error + Send + Sync>;

const WORDS: Words = Words {
    setting: "--setting NAME=…",
    public_url: "--public-url",
    token_header: "--token-header",
};

fn main() -> ExitCode {
    let examined = match Options::parse(Parser::from_env()) {
        Ok(Some(options)) => options.examine(),
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => Err(error),
    };
    match examined {
        Ok(is_accepted) if is_accepted => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            report(&*error);
            ExitCode::from(2)
        }
    }
}

#[derive(Default)]
struct Options {
    provider: Option<String>,
    /// The current one first.
    secrets: Vec<String>,
    headers: Option<String>,
    body: Option<String>,
    method: Option<Method>,
    target: Option<Uri>,
    besides: Besides,
    tolerance: Option<Duration>,
    time: Option<SystemTime>,
}

impl Options {
    /// Parses the command line. Returns `None` if nothing is left to do, as after `--help`.
    ///
    /// No error contains a value, because it may be the secret or a word of it.
    fn parse(mut from: Parser) -> Result<Option<Self>, BoxError> {
        let mut options = Self::default();
        let mut position = "first argument".to_owned();
        loop {
            let arg = from.next();
            let arg = arg.map_err(|_| format!("{position}: cannot parse the option"))?;
            let name = match arg {
                Some(Arg::Long("help") | Arg::Short('h')) => {
                    common::help(include_str!("doctor.rs"));
                    return Ok(None);
                }
                Some(Arg::Long(name)) => name.to_owned(),
                Some(_) => {
                    let why = "unexpected argument; quote values that contain spaces";
                    return Err(format!("{position}: {why}").into());
                }
                None => return Ok(Some(options)),
            };
            if !is_option(&name) {
                return Err(format!("{position}: unknown option; see --help").into());
            }
            let value = from.value();
            let value = value.map_err(|_| format!("--{name}: missing value"))?;
            let value = value.into_string();
            let value = value.map_err(|_| format!("--{name}: the value is not valid UTF-8"))?;
            let taken = options.take(&name, value);
            taken.map_err(|error| format!("--{name}: {error}"))?;
            position = format!("argument after --{name}");
        }
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), BoxError> {
        match name {
            "provider" => self.provider = Some(value),
            "secret" => self.secrets.push(value),
            "headers" => self.headers = Some(value),
            "body" => self.body = Some(value),
            "method" => self.method = Some(value.parse().map_err(|_| "invalid method")?),
            "target" => {
                self.target = Some(target(&value).ok_or("expected a target that starts with `/`")?);
            }
            "public-url" => self.besides.public_url = Some(value),
            "setting" => self.besides.settings.push(arguments::setting(&value)?),
            "token-header" => {
                let header = value.parse().map_err(|_| "invalid header name")?;
                self.besides.token_header = Some(header);
            }
            "tolerance" => {
                let seconds = value
                    .parse()
                    .map_err(|_| "expected a whole number of seconds")?;
                self.tolerance = Some(Duration::from_secs(seconds));
            }
            _ => self.time = Some(arguments::time(&value)?),
        }
        Ok(())
    }

    /// Prints the findings and returns whether the delivery is accepted.
    fn examine(&self) -> Result<bool, BoxError> {
        let provider = self.provider()?;
        let credential = provider.scheme().credential();
        let secrets = self.secrets()?;
        let mut secrets = secrets.iter();
        let secret = secrets
            .next()
            .ok_or("--secret is missing and WEBHOOK_SECRET is not set; set one of them")?;
        let request = self.request()?;
        let file = self.body.as_ref();
        let file =
            file.ok_or("--body is missing; for a delivery without a body, pass an empty file")?;
        let body =
            fs::read(file).map_err(|error| format!("--body: cannot read `{file}`: {error}"))?;

        // No request waits for the result, so the work is not limited.
        let mut doctor = Doctor::new(provider, secret)?.work_limit(u64::MAX);
        for secret in secrets {
            doctor = doctor.previous(secret)?;
        }
        if let Some(time) = self.time {
            doctor = doctor.clock(move || time);
        }
        if let Some(tolerance) = self.tolerance {
            doctor = doctor.tolerance(tolerance)?;
        }
        let diagnosis = doctor.examine(&request, Some(&body));
        show(&diagnosis, credential);
        Ok(diagnosis.is_accepted())
    }

    fn secrets(&self) -> Result<Vec<String>, BoxError> {
        match env::var_os("WEBHOOK_SECRET") {
            Some(secret) if self.secrets.is_empty() => {
                let secret = secret.into_string();
                Ok(vec![
                    secret.map_err(|_| "WEBHOOK_SECRET is not valid UTF-8")?,
                ])
            }
            _ => Ok(self.secrets.clone()),
        }
    }

    fn provider(&self) -> Result<Provider, BoxError> {
        let name = self
            .provider
            .as_ref()
            .ok_or("--provider is missing; set it to the name of a preset")?;
        let provider = common::provider(name).map_err(|error| format!("--provider: {error}"))?;
        let provider = self.besides.put(provider, &WORDS)?;
        if provider.scheme().url_is_signed() && provider.public_url().is_none() {
            return Err(
                format!("provider `{name}` signs the URL; set it with --public-url").into(),
            );
        }
        Ok(provider)
    }

    fn request(&self) -> Result<Request<()>, BoxError> {
        let file = self
            .headers
            .as_ref()
            .ok_or("--headers is missing; save the headers of the delivery in a file")?;
        let bytes =
            fs::read(file).map_err(|error| format!("--headers: cannot read `{file}`: {error}"))?;
        let lines = bytes.split(|byte| *byte == b'\n').map(sent);
        let lines = lines.enumerate().skip_while(|(_, line)| line.is_empty());
        let mut lines = lines.take_while(|(_, line)| !line.is_empty()).peekable();
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        if let Some((method, target)) = lines.peek().and_then(|(_, line)| request_line(line)) {
            *request.method_mut() = method;
            *request.uri_mut() = target;
            lines.next();
        }
        for (at, line) in lines {
            // The line itself may be the signature, so it is not printed.
            let wrong = || {
                format!(
                    "--headers: line {} of `{file}` is not `name: value`",
                    at + 1
                )
            };
            read_line(&mut request, line).ok_or_else(wrong)?;
        }
        if let Some(method) = &self.method {
            *request.method_mut() = method.clone();
        }
        if let Some(target) = &self.target {
            *request.uri_mut() = target.clone();
        }
        Ok(request)
    }
}

fn show(diagnosis: &Diagnosis, credential: Credential) {
    if diagnosis.is_accepted() {
        println!("accepted");
    }
    if let Some(error) = diagnosis.key_error() {
        println!("{error}");
    }
    if let Some(rejection) = diagnosis.rejection_kind() {
        println!("rejected: {rejection}");
        if diagnosis.findings().is_empty() {
            println!("{}", unexplained(rejection, credential));
        }
    }
    for finding in diagnosis.findings() {
        println!("{finding}");
    }
}

/// Returns possible causes of a rejection without a finding.
fn unexplained(rejection: &RejectionKind, credential: Credential) -> String {
    match rejection {
        RejectionKind::MissingSignature { location: location @ Location::Header(_), .. } if credential == Credential::Token => format!(
            "possible causes: the sender has no token configured, a proxy removed {location}, or the token is in another \
             header, to be set with --token-header"
        ),
        RejectionKind::MissingSignature { location, .. } => format!(
            "possible causes: the sender has no secret configured, or a proxy removed {location}"
        ),
        RejectionKind::MissingTimestamp { location, .. } => {
            format!("possible cause: a proxy removed {location}")
        }
        RejectionKind::MissingHeader { header, .. } => {
            format!("possible cause: a proxy removed the header `{header}`")
        }
        RejectionKind::SignatureMismatch => {
            "possible causes: the secret of another endpoint, of test mode or of a command-line tool, a body that was \
             changed beyond recognition, or a forgery"
                .to_owned()
        }
        _ => "no further explanation found".to_owned(),
    }
}

/// Trims a line, and removes the `>` that `curl --verbose` writes before sent headers.
fn sent(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    line.strip_prefix(b">").unwrap_or(line).trim_ascii()
}

/// Parses a request line, such as `POST /path?query HTTP/1.1`.
fn request_line(line: &[u8]) -> Option<(Method, Uri)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, path, version) = (words.next()?, words.next()?, words.next()?);
    let is_it = version.starts_with("HTTP/") && words.next().is_none();
    is_it.then_some((method.parse().ok()?, target(path)?))
}

/// Parses `name: value`, or a pseudo-header of HTTP/2 such as `:path: /path?query`.
fn read_line(request: &mut Request<()>, line: &[u8]) -> Option<()> {
    let (colon, rest) = match line.strip_prefix(b":") {
        Some(rest) => (":", rest),
        None => ("", line),
    };
    let at = rest.iter().position(|byte| *byte == b':')?;
    let (name, value) = rest.split_at(at);
    let value = value.get(1..)?.trim_ascii();
    let name = HeaderName::from_bytes(name.trim_ascii()).ok()?;
    let text = std::str::from_utf8(value);
    match (colon, name.as_str()) {
        ("", _) => {
            let value = HeaderValue::from_bytes(value).ok()?;
            request.headers_mut().append(name, value);
        }
        (_, "authority") => {
            let value = HeaderValue::from_bytes(value).ok()?;
            request.headers_mut().append(HOST, value);
        }
        (_, "method") => *request.method_mut() = text.ok()?.parse().ok()?,
        (_, "path") => *request.uri_mut() = target(text.ok()?)?,
        (_, "scheme") => {}
        _ => return None,
    }
    Some(())
}

/// Parses a path and a query, or an absolute URL. `webhook` alone would be parsed as a host.
fn target(text: &str) -> Option<Uri> {
    let is_it = text.starts_with('/') || text.contains("://");
    text.parse().ok().filter(|_| is_it)
}

fn is_option(name: &str) -> bool {
    [
        "at",
        "body",
        "headers",
        "method",
        "provider",
        "public-url",
        "secret",
        "setting",
        "target",
        "token-header",
        "tolerance",
    ]
    .contains(&name)
}
