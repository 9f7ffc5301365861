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
//! | `--secret TEXT` | the secret, token or public key as it is configured. Other users of the machine can see it, so that the variable `WEBHOOK_SECRET` is better |
//! | `--headers FILE` | a header in each line: `name: value`; before them the request's line, if it was kept |
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

mod common;

use std::{
    env,
    error::Error,
    fs,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderName, HeaderValue, Method, Request, Uri};
use lexopt::{Arg, Parser, ValueExt};
use tower_webhook::{
    diagnose::{Diagnosis, Doctor},
    providers::Provider,
    rejection::RejectionKind,
    scheme::{Credential, Place},
};

use self::common::{Besides, Words};

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
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

#[derive(Default)]
struct Options {
    provider: Option<String>,
    secret: Option<String>,
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
    fn parse(mut from: Parser) -> Result<Option<Self>, BoxError> {
        let mut options = Self::default();
        while let Some(arg) = from.next()? {
            let name = match arg {
                Arg::Long("help") | Arg::Short('h') => {
                    common::help(include_str!("doctor.rs"));
                    return Ok(None);
                }
                Arg::Long(name) => name.to_owned(),
                other => return Err(other.unexpected().into()),
            };
            let taken = options.take(&name, &mut from);
            taken.map_err(|error| format!("--{name}: {error}"))?;
        }
        Ok(Some(options))
    }

    fn take(&mut self, name: &str, from: &mut Parser) -> Result<(), BoxError> {
        match name {
            "provider" => self.provider = Some(from.value()?.string()?),
            "secret" => self.secret = Some(from.value()?.string()?),
            "headers" => self.headers = Some(from.value()?.string()?),
            "body" => self.body = Some(from.value()?.string()?),
            "method" => self.method = Some(from.value()?.parse()?),
            "target" => self.target = Some(from.value()?.parse()?),
            "public-url" => self.besides.public_url = Some(from.value()?.string()?),
            "setting" => {
                let setting = from.value()?.parse_with(setting)?;
                self.besides.settings.push(setting);
            }
            "token-header" => self.besides.token_header = Some(from.value()?.parse()?),
            "tolerance" => self.tolerance = Some(Duration::from_secs(from.value()?.parse()?)),
            "at" => self.time = Some(from.value()?.parse_with(time)?),
            _ => return Err("there is no such option; --help shows all".into()),
        }
        Ok(())
    }

    /// Prints what is found; whether the delivery is accepted.
    fn examine(&self) -> Result<bool, BoxError> {
        let provider = self.provider()?;
        let credential = provider.scheme().credential();
        let secret = self
            .secret
            .clone()
            .or_else(|| env::var("WEBHOOK_SECRET").ok());
        let secret = secret.ok_or("--secret is missing, and WEBHOOK_SECRET is not set")?;
        let request = self.request()?;
        let file = self.body.as_ref();
        let file =
            file.ok_or("--body is missing; of a delivery without one, give an empty file")?;
        let body = fs::read(file).map_err(|error| format!("--body: `{file}`: {error}"))?;

        // Who asks for it can wait for it.
        let mut doctor = Doctor::new(provider, &secret)?.work_limit(u64::MAX);
        if let Some(time) = self.time {
            doctor = doctor.clock(move || time);
        }
        if let Some(tolerance) = self.tolerance {
            doctor = doctor.tolerance(tolerance);
        }
        let diagnosis = doctor.examine(&request, Some(&body));
        show(&diagnosis, credential);
        Ok(diagnosis.is_accepted())
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
        let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let mut lines = lines.enumerate().take_while(|(_, line)| !line.is_empty());
        let mut lines = lines.by_ref().peekable();
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
                    "--headers: line {} of `{file}` is not `name: value`",
                    at + 1
                )
            };
            let (name, value) = header(line).ok_or_else(wrong)?;
            request.headers_mut().append(name, value);
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
    if let Some(refusal) = diagnosis.refusal() {
        println!("refused: {refusal}");
        if diagnosis.findings().is_empty() {
            println!("{}", unexplained(refusal, credential));
        }
    }
    for finding in diagnosis.findings() {
        println!("{finding}");
    }
}

/// What there is to say of what nothing explains.
fn unexplained(refusal: &RejectionKind, credential: Credential) -> String {
    match refusal {
        RejectionKind::MissingSignature { place: place @ Place::Header(_), .. } if credential == Credential::Token => format!(
            "{place} did not come: no token is set at the sender, something on the way took it, or the header is \
             another, to be named by --token-header"
        ),
        RejectionKind::MissingSignature { place, .. } => format!(
            "{place} did not come: no secret is set at the sender, or something on the way took it"
        ),
        RejectionKind::MissingTimestamp { place, .. } => {
            format!("{place} did not come: something on the way took it")
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

/// `POST /path?query HTTP/1.1`.
fn request_line(line: &[u8]) -> Option<(Method, Uri)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let is_it = version.starts_with("HTTP/") && words.next().is_none();
    is_it.then_some((method.parse().ok()?, target.parse().ok()?))
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let at = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(at);
    let value = value.get(1..)?.trim_ascii();
    let name = HeaderName::from_bytes(name.trim_ascii()).ok()?;
    Some((name, HeaderValue::from_bytes(value).ok()?))
}

fn setting(text: &str) -> Result<(String, String), BoxError> {
    let (name, value) = text.split_once('=').ok_or("a setting is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn time(text: &str) -> Result<SystemTime, BoxError> {
    let seconds = text.parse().ok().or_else(|| {
        let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
        time.timestamp().try_into().ok()
    });
    let time = seconds.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    Ok(time.ok_or("a time is like 2026-01-15T12:00:00Z or 1768478400")?)
}
