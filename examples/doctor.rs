//! Says why a delivery that was kept is refused.
//!
//! ```text
//! WEBHOOK_SECRET='…' cargo run --example doctor -- --provider github --headers head.txt --body body.bin
//! ```
//!
//! | option | |
//! | --- | --- |
//! | `--provider NAME` | whose delivery it is |
//! | `--secret TEXT` | the secret as it is configured, else `WEBHOOK_SECRET` |
//! | `--headers FILE` | a header in each line: `name: value` |
//! | `--body FILE` | the very bytes of the body |
//! | `--method METHOD` | `POST` by default |
//! | `--target TARGET` | the path and the query as the server saw them; `/` by default |
//! | `--url URL` | the public URL, for a provider that signs it |
//! | `--setting NAME=VALUE` | what the provider needs besides |
//! | `--now SECONDS` | when it was refused, in Unix time; now by default |
//!
//! It ends with 0 if the delivery is accepted, with 1 if not, and with 2 if it was not examined.

use std::{
    env,
    error::Error,
    fs,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderName, HeaderValue, Request};
use lexopt::{Arg, Parser, ValueExt};
use tower_webhook::{
    PublicUrl,
    diagnose::{Diagnosis, Doctor},
    providers::{self, Provider},
};

type BoxError = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match run() {
        Ok(diagnosis) if diagnosis.is_accepted() => {
            println!("accepted");
            ExitCode::SUCCESS
        }
        Ok(diagnosis) => {
            if let Some(refusal) = diagnosis.refusal() {
                println!("refused: {refusal}");
            }
            if let Some(error) = diagnosis.key_error() {
                println!("refused: {error}");
            }
            for finding in diagnosis.findings() {
                println!("{finding}");
            }
            if diagnosis.findings().is_empty() {
                println!("nothing explains it: another secret, or a forgery");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<Diagnosis, BoxError> {
    let mut provider = None;
    let mut secret = env::var("WEBHOOK_SECRET").ok();
    let (mut headers, mut body, mut now) = (None, None, None);
    let (mut method, mut target) = ("POST".to_owned(), "/".to_owned());
    let (mut url, mut settings) = (None, Vec::new());
    let mut options = Parser::from_env();
    while let Some(option) = options.next()? {
        let Arg::Long(name) = option else {
            return Err(option.unexpected().into());
        };
        let name = name.to_owned();
        match name.as_str() {
            "provider" => provider = Some(options.value()?.string()?),
            "secret" => secret = Some(options.value()?.string()?),
            "headers" => headers = Some(options.value()?.string()?),
            "body" => body = Some(options.value()?.string()?),
            "method" => method = options.value()?.string()?,
            "target" => target = options.value()?.string()?,
            "url" => url = Some(options.value()?.string()?),
            "setting" => settings.push(options.value()?.string()?),
            "now" => now = Some(options.value()?.parse::<u64>()?),
            _ => return Err(format!("there is no option `--{name}`").into()),
        }
    }
    let name = provider.ok_or("`--provider` is missing")?;
    let secret = secret.ok_or("neither `--secret` nor WEBHOOK_SECRET is set")?;
    let provider = configured(&name, url.as_deref(), &settings)?;
    let file = headers.ok_or("`--headers` is missing")?;
    let text = fs::read_to_string(&file).map_err(|error| format!("`{file}`: {error}"))?;
    let file = body.ok_or("`--body` is missing")?;
    let body = fs::read(&file).map_err(|error| format!("`{file}`: {error}"))?;

    let mut request = Request::builder().method(&*method).uri(target).body(())?;
    for (at, line) in text.lines().enumerate() {
        if line.is_empty() {
            continue;
        }
        // Not the line itself, which may be the signature.
        let wrong = || format!("line {} of the headers is not `name: value`", at + 1);
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        let name = HeaderName::try_from(name.trim()).map_err(|_| wrong())?;
        let value = HeaderValue::try_from(value.trim()).map_err(|_| wrong())?;
        request.headers_mut().append(name, value);
    }
    let mut doctor = Doctor::new(provider, &secret)?;
    if let Some(seconds) = now {
        let now = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let now: SystemTime = now.ok_or("`--now` is beyond all times")?;
        doctor = doctor.clock(move || now);
    }
    Ok(doctor.examine(&request, Some(&body)))
}

fn configured(name: &str, url: Option<&str>, settings: &[String]) -> Result<Provider, BoxError> {
    let provider = providers::by_name(name);
    let mut provider = provider.ok_or_else(|| format!("no provider is called `{name}`"))?;
    if let Some(url) = url {
        provider = provider.with_public_url(PublicUrl::fixed(url)?);
    }
    for setting in settings {
        let (name, value) = setting
            .split_once('=')
            .ok_or("`--setting` takes NAME=VALUE")?;
        provider = provider.with_setting(name, value);
    }
    Ok(provider)
}
