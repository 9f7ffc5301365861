//! Says why a delivery that was kept is refused.
//!
//! ```text
//! WEBHOOK_SECRET='…' cargo run --example doctor -- --provider github --headers head.txt --body body.bin
//! ```
//!
//! | option | |
//! | --- | --- |
//! | `--help` | this |
//! | `--provider NAME` | whose delivery it is |
//! | `--secret TEXT` | the secret, token or public key as it is configured. Other users of the machine can see it, so that the variable `WEBHOOK_SECRET` is better. Again for each that is configured beside it |
//! | `--headers FILE` | a header in each line: `name: value`; before them the request's line, if it was kept. What `curl --verbose` sends (`> name: value`) and HTTP/2's `:path` and `:authority` are read too |
//! | `--body FILE` | the very bytes of the body |
//! | `--method METHOD` | that of the request's line, or `POST`, by default |
//! | `--target TARGET` | the path and the query as the server saw them; those of the request's line, or `/`, by default |
//! | `--public-url URL` | the base of the URL under which the sender reaches the endpoint, for a provider that signs it |
//! | `--setting NAME=VALUE` | what the provider needs besides |
//! | `--token-header NAME` | the header of a token, where that is the operator's to choose |
//! | `--tolerance SECONDS` | how far the timestamp may be from the time of `--at`; the provider's own by default |
//! | `--at TIME` | when it came: `2026-01-15T12:00:00Z`, or in Unix seconds; now by default |
//!
//! It ends with 0 if the delivery is accepted, with 1 if not, and with 2 if it was not examined.

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
    /// What the command line asks for; `None` if that is done already.
    ///
    /// No error shows what was given: it may be the secret, or a word of it.
    fn parse(mut from: Parser) -> Result<Option<Self>, BoxError> {
        let mut options = Self::default();
        let mut position = "at first".to_owned();
        loop {
            let arg = from.next();
            let arg = arg.map_err(|_| format!("{position}: what follows cannot be read"))?;
            let name = match arg {
                Some(Arg::Long("help") | Arg::Short('h')) => {
                    common::help(include_str!("doctor.rs"));
                    return Ok(None);
                }
                Some(Arg::Long(name)) => name.to_owned(),
                Some(_) => {
                    let why =
                        "what follows is no option; a value with spaces needs quotation marks";
                    return Err(format!("{position}: {why}").into());
                }
                None => return Ok(Some(options)),
            };
            if !is_option(&name) {
                return Err(
                    format!("{position}: there is no such option; --help shows all").into(),
                );
            }
            let value = from.value();
            let value = value.map_err(|_| format!("--{name} needs a value"))?;
            let value = value.into_string();
            let value = value.map_err(|_| format!("--{name}: its value is not UTF-8"))?;
            let taken = options.take(&name, value);
            taken.map_err(|error| format!("--{name}: {error}"))?;
            position = format!("after --{name}");
        }
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), BoxError> {
        match name {
            "provider" => self.provider = Some(value),
            "secret" => self.secrets.push(value),
            "headers" => self.headers = Some(value),
            "body" => self.body = Some(value),
            "method" => self.method = Some(value.parse().map_err(|_| "it is no method")?),
            "target" => self.target = Some(target(&value).ok_or("a target begins with `/`")?),
            "public-url" => self.besides.public_url = Some(value),
            "setting" => self.besides.settings.push(arguments::setting(&value)?),
            "token-header" => {
                let header = value.parse().map_err(|_| "it is no header's name")?;
                self.besides.token_header = Some(header);
            }
            "tolerance" => {
                let seconds = value.parse().map_err(|_| "it is no number of seconds")?;
                self.tolerance = Some(Duration::from_secs(seconds));
            }
            _ => self.time = Some(arguments::time(&value)?),
        }
        Ok(())
    }

    /// Prints what is found; whether the delivery is accepted.
    fn examine(&self) -> Result<bool, BoxError> {
        let provider = self.provider()?;
        let credential = provider.scheme().credential();
        let secrets = self.secrets()?;
        let mut secrets = secrets.iter();
        let secret = secrets
            .next()
            .ok_or("--secret is missing, and WEBHOOK_SECRET is not set")?;
        let request = self.request()?;
        let file = self.body.as_ref();
        let file =
            file.ok_or("--body is missing; of a delivery without one, give an empty file")?;
        let body = fs::read(file).map_err(|error| format!("--body: `{file}`: {error}"))?;

        // Who asks for it can wait for it.
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
                Ok(vec![secret.map_err(|_| "WEBHOOK_SECRET is not UTF-8")?])
            }
            _ => Ok(self.secrets.clone()),
        }
    }

    fn provider(&self) -> Result<Provider, BoxError> {
        let name = self.provider.as_ref().ok_or("--provider is missing")?;
        let provider = common::provider(name).map_err(|error| format!("--provider: {error}"))?;
        let provider = self.besides.put(provider, &WORDS)?;
        if provider.scheme().url_is_signed() && provider.public_url().is_none() {
            return Err(format!("`{name}` signs the URL: say by --public-url which it is").into());
        }
        Ok(provider)
    }

    fn request(&self) -> Result<Request<()>, BoxError> {
        let file = self.headers.as_ref().ok_or("--headers is missing")?;
        let bytes = fs::read(file).map_err(|error| format!("--headers: `{file}`: {error}"))?;
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
            // Not the line itself, which may be the signature.
            let wrong = || {
                format!(
                    "--headers: line {} of `{file}` is not `name: value` of a request",
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
        println!("the secret: {error}");
    }
    if let Some(rejection) = diagnosis.rejection_kind() {
        println!("refused: {rejection}");
        if diagnosis.findings().is_empty() {
            println!("{}", unexplained(rejection, credential));
        }
    }
    for finding in diagnosis.findings() {
        println!("{finding}");
    }
}

/// What there is to say of what nothing explains.
fn unexplained(rejection: &RejectionKind, credential: Credential) -> String {
    match rejection {
        RejectionKind::MissingSignature { location: location @ Location::Header(_), .. } if credential == Credential::Token => format!(
            "{location} did not come: no token is set at the sender, something on the way took it, or the header is \
             another, to be named by --token-header"
        ),
        RejectionKind::MissingSignature { location, .. } => format!(
            "{location} did not come: no secret is set at the sender, or something on the way took it"
        ),
        RejectionKind::MissingTimestamp { location, .. } => {
            format!("{location} did not come: something on the way took it")
        }
        RejectionKind::MissingHeader { header, .. } => {
            format!("`{header}` did not come: something on the way took it")
        }
        RejectionKind::SignatureMismatch => {
            "nothing explains it: another secret (of another endpoint, of test mode, of a command-line tool), a body \
             that was changed for good, or a forgery"
                .to_owned()
        }
        _ => "nothing else explains it".to_owned(),
    }
}

/// A line without white space around it, nor what `curl --verbose` puts before what it sends.
fn sent(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    line.strip_prefix(b">").unwrap_or(line).trim_ascii()
}

/// `POST /path?query HTTP/1.1`.
fn request_line(line: &[u8]) -> Option<(Method, Uri)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, path, version) = (words.next()?, words.next()?, words.next()?);
    let is_it = version.starts_with("HTTP/") && words.next().is_none();
    is_it.then_some((method.parse().ok()?, target(path)?))
}

/// `name: value`, or `:path: /path?query` and the like, as HTTP/2 has it.
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

/// A path and a query, perhaps behind a host. `webhook` alone would be a host.
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
