//! The target `parse`: readers of untrusted or configured text neither panic nor run for long, and
//! two ways to read the same thing agree.

use std::{
    cell::LazyCell,
    net::IpAddr,
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use tokio::runtime::{Builder, Runtime};
use tower::retry::Policy;
use tower_webhook::{
    PublicUrl, Secret, Verifier,
    handshake::Handshake,
    providers::{self, Provider},
    public_url::ForwardedHeaders,
    scheme::{
        Algorithm, Encoding, Location, PublicKeyForm, Scheme, SchemeErrorKind, SecretEncoding,
        SignatureFormat, TimestampFormat,
    },
    sign::{DeliveryRetry, Signer},
    testing::TestClock,
};

use crate::{
    fail,
    input::{Input, InputWriter},
    message::Message,
    parts::{fields, member},
    rig::NOW,
    run::Told,
    samples,
};

type Error = Box<dyn std::error::Error + Send + Sync>;

type Check = fn(&mut Input<'_>);

const CHECKS: &[(&str, Check)] = &[
    ("secret", secret),
    ("key-forms", key_forms),
    ("url", url),
    ("template", template),
    ("time", time),
    ("retry-after", retry_after),
    ("multipart", multipart),
    ("form", form),
    ("json", json),
    ("jws", jws),
    ("list", list),
    ("handshake", handshake),
];

/// Runs the check that the input selects.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let (_, check) = CHECKS[input.pick(CHECKS.len())];
    check(&mut input);
}

/// Times beyond this second are read as this second.
const LAST: u64 = i64::MAX as u64;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// A scheme that verifies a fixed token, so that the rest of the request is arbitrary.
fn token_scheme() -> tower_webhook::scheme::SchemeBuilder {
    let builder = Scheme::builder("read")
        .algorithm(Algorithm::Token)
        .encoding(Encoding::Text);
    builder.signature_header("x-token")
}

fn token_verifier(scheme: Scheme) -> Verifier {
    let secret = Secret::new("token").expect("a secret");
    let verifier = Verifier::new(scheme, secret).expect("a verifier");
    let verifier = verifier
        .clone()
        .tolerance(Duration::MAX)
        .unwrap_or(verifier);
    verifier.clock(TestClock::at(UNIX_EPOCH + Duration::from_secs(NOW)))
}

/// The metadata that a verifier reads from a request, or `None` if it rejects the request.
fn read(verifier: &Verifier, headers: &[(&str, &[u8])], body: &[u8]) -> Option<Told> {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.to_vec()));
    let token = ("x-token".to_owned(), b"token".to_vec());
    let message = Message {
        method: "POST".into(),
        target: "/".into(),
        headers: headers.chain([token]).collect(),
        body: body.to_vec(),
    };
    let request = message.request()?;
    verifier
        .verify(&request, request.body())
        .ok()
        .as_ref()
        .map(Told::from)
}

/// Presets that together use every form of key.
static KEYED: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    let names = [
        "github",
        "airtable",
        "adyen-platform",
        "standard-webhooks",
        "braintree",
        "azure-devops",
        "sendgrid",
        "travis",
        "wise",
        "discord",
        "telnyx",
        "standard-webhooks-v1a",
        "plaid",
        "truelayer",
        "google-pubsub-jwt",
        "aws-sns",
        "paypal",
    ];
    let providers = names.iter().filter_map(|name| providers::by_name(name));
    let provided = providers.map(|it| {
        let names: Vec<_> = it.scheme().settings().map(str::to_owned).collect();
        names.iter().fold(it, |it, name| it.with_setting(name, "1"))
    });
    provided.collect()
});

fn secret(input: &mut Input<'_>) {
    let provider = &KEYED[input.pick(KEYED.len())];
    let bytes = input.rest();
    let read = |secret: Secret| {
        let verifies = Verifier::new(provider.clone(), secret.clone()).is_ok();
        let signs = Signer::new(provider.clone(), secret).is_ok();
        let can_sign = !matches!(
            provider.scheme().secret_encoding(),
            SecretEncoding::PublicKey(_)
        );
        if can_sign && verifies != signs {
            fail("parse", "secret", || {
                format!("verifies: {verifies}, signs: {signs}")
            });
        }
        verifies
    };
    if let Ok(secret) = Secret::from_bytes(bytes) {
        read(secret);
    }
    if let Ok(secret) = Secret::new(text(bytes)) {
        let once = read(secret.clone());
        if once != read(secret) {
            fail("parse", "secret", || "a secret is read in two ways".into());
        }
    }
}

fn with_form(algorithm: Algorithm, form: PublicKeyForm) -> Scheme {
    let builder = Scheme::builder("key")
        .algorithm(algorithm)
        .encoding(Encoding::Base64);
    let builder = builder
        .secret_encoding(SecretEncoding::PublicKey(form))
        .signature_header("x-signature");
    builder.build().expect("a scheme")
}

/// The same key in several forms.
fn key_forms(input: &mut Input<'_>) {
    static SCHEMES: LazyLock<Vec<[Scheme; 5]>> = LazyLock::new(|| {
        let algorithms = [
            Algorithm::Ed25519,
            Algorithm::EcdsaP256Der,
            Algorithm::RsaSha256,
        ];
        let forms = |algorithm| {
            let raw = if algorithm == Algorithm::RsaSha256 {
                [PublicKeyForm::SpkiBase64; 3]
            } else {
                [
                    PublicKeyForm::Base64,
                    PublicKeyForm::Hex,
                    PublicKeyForm::PrefixedBase64("whpk_"),
                ]
            };
            let [one, two, three] = raw;
            [
                PublicKeyForm::Pem,
                PublicKeyForm::SpkiBase64,
                one,
                two,
                three,
            ]
            .map(|form| with_form(algorithm, form))
        };
        algorithms.map(forms).into()
    });
    let at = input.pick(SCHEMES.len());
    let der = input.rest();
    let base64 = STANDARD.encode(der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----");
    let accepts = |scheme: &Scheme, text: String| {
        Secret::new(text).is_ok_and(|secret| Verifier::new(scheme.clone(), secret).is_ok())
    };
    let [as_pem, as_spki, in_base64, in_hex, prefixed] = &SCHEMES[at];
    let [one, two] = [accepts(as_pem, pem), accepts(as_spki, base64.clone())];
    // PEM has lines of 64 characters at most in its strict form.
    if one && !two {
        fail("parse", "key-forms", || {
            format!("PEM {one}, SPKI {two}: {base64}")
        });
    }
    if at < 2 {
        let one = accepts(in_base64, base64.clone());
        let two = accepts(in_hex, const_hex::encode(der));
        let three = accepts(prefixed, format!("whpk_{base64}"));
        if one != two || one != three {
            fail("parse", "key-forms", || {
                format!("{one}, {two}, {three}: {base64}")
            });
        }
    }
}

fn url(input: &mut Input<'_>) {
    let (base, network) = (text(input.bytes()), text(input.bytes()));
    let [host, forwarded] = [input.bytes(), input.bytes()];
    let fixed = PublicUrl::fixed(base);
    let by_host = PublicUrl::by_host([base]);
    if fixed.is_ok() != by_host.is_ok() {
        fail("parse", "url", || {
            format!("fixed {fixed:?}, by host {by_host:?}")
        });
    }
    let peer = |_: tower_webhook::RequestHead<'_>| Some(IpAddr::from([10, 0, 0, 1]));
    let headers = if input.flag() {
        ForwardedHeaders::XForwarded
    } else {
        ForwardedHeaders::Forwarded
    };
    let proxied = PublicUrl::danger_trust_proxy([base], [network], headers, peer);
    let everywhere = PublicUrl::danger_trust_proxy([base], ["0.0.0.0/0"], headers, peer);
    if everywhere.is_ok() != fixed.is_ok() {
        fail("parse", "url", || {
            format!("fixed {fixed:?}, behind a proxy {everywhere:?}")
        });
    }
    let secret = Secret::new("secret").expect("a secret");
    for url in [fixed, by_host, proxied, everywhere].into_iter().flatten() {
        let provider = providers::by_name("square")
            .expect("a preset")
            .with_public_url(url);
        let verifier = Verifier::new(provider, secret.clone()).expect("a verifier");
        let signature = ("x-square-hmacsha256-signature", &b"AAAA"[..]);
        let name = ["x-forwarded-host", "forwarded", "x-forwarded-proto"][input.pick(3)];
        read(
            &verifier,
            &[("host", host), (name, forwarded), signature],
            b"",
        );
    }
}

fn template(input: &mut Input<'_>) {
    let template = text(input.long());
    let builder = Scheme::builder("template").signature_header("x-signature");
    let builder = builder.id_header("x-id").timestamp_header("x-time");
    let strict = builder.clone().message(template.to_owned()).build();
    let lax = builder.message(template.to_owned());
    let lax = lax
        .danger_allow_ambiguous_message()
        .danger_leave_body_unsigned()
        .build();
    // A permission that the template does not need is an error.
    let is_rejected =
        lax.is_err_and(|error| !matches!(error.kind(), SchemeErrorKind::NoEffect { .. }));
    if strict.is_ok() && is_rejected {
        fail("parse", "template", || {
            format!("{strict:?} is rejected with permissions")
        });
    }
    if let Ok(scheme) = strict
        && scheme.messages().ne([template])
    {
        fail("parse", "template", || {
            format!("{scheme:?} of {template:?}")
        });
    }
}

fn time(input: &mut Input<'_>) {
    static VERIFIERS: LazyLock<Vec<(TimestampFormat, [Verifier; 2])>> = LazyLock::new(|| {
        let units = [
            TimestampFormat::Rfc3339,
            TimestampFormat::DateTime,
            TimestampFormat::Seconds,
            TimestampFormat::Milliseconds,
        ];
        let both = |unit| {
            let at_header = token_scheme()
                .timestamp_format(unit)
                .timestamp_header("x-time");
            let in_json = token_scheme()
                .timestamp_format(unit)
                .timestamp(Location::json("t"));
            let schemes = [at_header, in_json].map(|it| it.build().expect("a scheme"));
            (unit, schemes.map(token_verifier))
        };
        units.map(both).into()
    });
    let (unit, [at_header, in_json]) = &VERIFIERS[input.pick(VERIFIERS.len())];
    let text = text(input.bytes()).trim_ascii();
    let told = read(at_header, &[("x-time", text.as_bytes())], b"").map(|told| told.time);
    let body = serde_json::json!({ "t": text }).to_string();
    let in_json = read(in_json, &[], body.as_bytes()).map(|told| told.time);
    // JSON can contain texts that a header cannot. None of them is a timestamp.
    if told != in_json {
        fail("parse", "time", || {
            format!("{text:?}: header {told:?}, JSON {in_json:?}")
        });
    }
    if *unit == TimestampFormat::DateTime {
        let (_, [utc, _]) = &VERIFIERS[0];
        let local = text.strip_suffix('Z').unwrap_or(text);
        let utc = read(utc, &[("x-time", format!("{local}Z").as_bytes())], b"");
        if told.is_some() && told != utc.as_ref().map(|told| told.time) {
            fail("parse", "time", || {
                format!("{text:?}: {told:?}, in UTC {utc:?}")
            });
        }
    }
    let number = text.parse::<u64>().map(|number| number.min(LAST));
    let seconds = told
        .flatten()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    if let (TimestampFormat::Seconds, Some(time), Ok(number)) = (unit, seconds, number)
        && time.as_secs() != number
    {
        fail("parse", "time", || format!("{text:?}: {time:?}"));
    }
}

fn retry_after(input: &mut Input<'_>) {
    thread_local! {
        static RUNTIME: LazyCell<Runtime> = const { LazyCell::new(|| {
            let mut builder = Builder::new_current_thread();
            builder.enable_time().start_paused(true).build().expect("a runtime")
        }) };
    }
    let Ok(value) = HeaderValue::from_bytes(input.bytes()) else {
        return;
    };
    let most = Duration::from_secs(u64::from(input.word()));
    let now = UNIX_EPOCH + Duration::from_secs(NOW);
    RUNTIME.with(|runtime| {
        let _guard = runtime.enter();
        let policy = DeliveryRetry::new()
            .max_retry_after(most)
            .clock(TestClock::at(now));
        let schedule = tower_webhook::sign::Backoff::new([Duration::from_secs(1)]).without_jitter();
        let mut policy = policy.schedule(schedule);
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert("retry-after", value.clone());
        let mut request = Request::new(Bytes::new());
        let wait = policy.retry(&mut request, &mut Ok::<_, Error>(response));
        let wait = wait.expect("one retry").duration();
        let number = value
            .to_str()
            .ok()
            .and_then(|text| text.parse::<u64>().ok());
        let second = Duration::from_secs(1);
        let is_in_range = wait >= second && wait <= most.max(second);
        let is_right = number.is_none_or(|number| {
            let is_digits = value.as_bytes().iter().all(u8::is_ascii_digit);
            !is_digits || wait == Duration::from_secs(number).min(most).max(second)
        });
        if !is_in_range || !is_right {
            fail("parse", "retry-after", || {
                format!("{value:?}: {wait:?} of {most:?}")
            });
        }
    });
}

fn multipart(input: &mut Input<'_>) {
    static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
        let scheme = token_scheme()
            .multipart_field("f")
            .id(Location::json("id"))
            .build();
        token_verifier(scheme.expect("a scheme"))
    });
    if input.flag() {
        let content_type = input.bytes();
        read(&VERIFIER, &[("content-type", content_type)], input.rest());
        return;
    }
    // A well-formed body.
    let boundary = text(input.bytes());
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some(id) = input.text() else { return };
    if !is_plain(boundary) || !matches!(boundary.len(), 1..=70) || id.is_empty() {
        return;
    }
    let json = serde_json::json!({ "id": id }).to_string();
    let mut parts = Vec::new();
    for _ in 0..input.pick(4) {
        parts.push(("other", input.bytes().to_vec()));
    }
    let at = input.position(parts.len());
    parts.insert(at, ("f", json.into_bytes()));
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    if parts.iter().any(|(_, content)| {
        let content = [b"\r\n", &content[..]].concat();
        content.windows(delimiter.len()).any(|it| it == delimiter)
    }) {
        return;
    }
    let mut body = Vec::new();
    for (name, content) in parts {
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), &content, b"\r\n"].concat());
    }
    body.extend(format!("--{boundary}--\r\n").into_bytes());
    let content_type = format!("multipart/form-data; boundary={boundary}");
    let told = read(
        &VERIFIER,
        &[("content-type", content_type.as_bytes())],
        &body,
    );
    if told.and_then(|told| told.id).as_deref() != Some(id) {
        let body = body.escape_ascii();
        fail("parse", "multipart", || {
            format!("the field of {body} was not read as {id:?}")
        });
    }
}

fn form(input: &mut Input<'_>) {
    static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
        token_verifier(
            token_scheme()
                .id(Location::form("a"))
                .build()
                .expect("a scheme"),
        )
    });
    let body = input.rest();
    let told = read(&VERIFIER, &[], body);
    let mut values = fields(body);
    values.retain(|(name, _)| name == b"a");
    values.dedup();
    let expected = match &values[..] {
        [] => Some(None),
        [(_, value)] => Some(
            String::from_utf8(value.clone())
                .ok()
                .filter(|it| !it.is_empty()),
        ),
        _ => None,
    };
    let found = told.map(|told| told.id);
    if found != expected {
        let body = body.escape_ascii();
        fail("parse", "form", || {
            format!("{body}: {found:?} instead of {expected:?}")
        });
    }
}

fn json(input: &mut Input<'_>) {
    let path = text(input.bytes());
    let body = input.rest();
    let scheme = token_scheme()
        .id(Location::json(path))
        .event(Location::json(path))
        .build();
    let Ok(scheme) = scheme else { return };
    let Some(told) = read(&token_verifier(scheme), &[], body) else {
        return;
    };
    let value = serde_json::from_slice::<serde_json::Value>(body);
    if told.id != told.event {
        fail("parse", "json", || {
            format!("{path}: {:?} and {:?}", told.id, told.event)
        });
    }
    if path.is_empty() {
        return;
    }
    let Ok(value) = value else {
        // Numbers beyond `f64` are read as text.
        return;
    };
    let expected = member(body, path);
    let is_text = expected.is_some() && !is_number(&value, path);
    let expected = expected
        .and_then(|it| String::from_utf8(it).ok())
        .filter(|it| !it.is_empty());
    if (is_text || told.id.is_none() || expected.is_none()) && told.id != expected {
        let body = body.escape_ascii();
        fail("parse", "json", || {
            format!("{path} of {body}: {:?}, not {expected:?}", told.id)
        });
    }
}

fn is_number(value: &serde_json::Value, path: &str) -> bool {
    let mut value = value;
    for name in path.split('.') {
        let found = match value {
            serde_json::Value::Array(list) => name.parse().ok().and_then(|at: usize| list.get(at)),
            other => other.get(name),
        };
        let Some(found) = found else { return false };
        value = found;
    }
    value.is_number()
}

/// Tokens with a valid signature and any contents.
fn jws(input: &mut Input<'_>) {
    static PAIR: LazyLock<(Verifier, Signer)> = LazyLock::new(|| {
        let secret = Secret::new("secret").expect("a secret");
        let signed = Scheme::builder("jws").encoding(Encoding::Base64Url);
        let signed = signed
            .signature_header("x-token")
            .signature_format(SignatureFormat::jws("Bearer "));
        let signed = signed
            .claim("iss", "me")
            .claim("sha", "{sha256}")
            .id(Location::claim("jti"));
        let signed = signed
            .timestamp(Location::claim("iat"))
            .require_expiry()
            .build()
            .expect("a scheme");
        let verifier = Verifier::new(signed, secret.clone()).expect("a verifier");
        let verifier = verifier.clock(TestClock::at(UNIX_EPOCH + Duration::from_secs(NOW)));
        let plain = Scheme::builder("plain").encoding(Encoding::Base64Url);
        let plain = plain
            .signature_header("x-signature")
            .build()
            .expect("a scheme");
        (verifier, Signer::new(plain, secret).expect("a signer"))
    });
    let (verifier, signer) = &*PAIR;
    let is_raw = input.flag();
    let (header, claims) = (input.bytes(), input.long());
    let part = |part: &[u8]| {
        if is_raw {
            part.to_vec()
        } else {
            URL_SAFE_NO_PAD.encode(part).into_bytes()
        }
    };
    let signed = [part(header), part(claims)].join(&b'.');
    let mut request = Request::new(Bytes::from(signed.clone()));
    let now = UNIX_EPOCH + Duration::from_secs(NOW);
    signer.sign(&mut request, "", now).expect("a signature");
    let signature = request.headers()["x-signature"].as_bytes();
    let token = [b"Bearer ", &signed[..], b".", signature].concat();
    let body = input.rest();
    let headers = vec![("x-token".to_owned(), token)];
    let message = Message {
        method: "POST".into(),
        target: "/".into(),
        headers,
        body: body.into(),
    };
    let Some(request) = message.request() else {
        return;
    };
    let Ok(verified) = verifier.verify(&request, request.body()) else {
        return;
    };
    let header = decoded(&signed, 0);
    let claims = decoded(&signed, 1);
    let second = |name: &str| {
        claims[name]
            .as_f64()
            .or_else(|| claims[name].as_str()?.parse().ok())
    };
    let sha = const_hex::encode(<sha2::Sha256 as sha2::Digest>::digest(body));
    let is_right = header["alg"] == "HS256"
        && header["crit"].is_null()
        && says(&claims["iss"], "me")
        && says(&claims["sha"], &sha)
        && second("exp").is_some_and(|exp| exp + 300.0 > NOW as f64)
        && second("nbf").is_none_or(|nbf| nbf - 301.0 < NOW as f64)
        && second("iat").is_some_and(|iat| (iat - NOW as f64).abs() <= 301.0);
    if !is_right {
        fail("parse", "jws", || {
            format!("{header} and {claims} were accepted: {verified:?}")
        });
    }
}

/// A claim, or one of its values.
fn says(claim: &serde_json::Value, text: &str) -> bool {
    claim == text
        || claim
            .as_array()
            .is_some_and(|list| list.iter().any(|it| it == text))
}

fn decoded(signed: &[u8], at: usize) -> serde_json::Value {
    let part = signed
        .split(|byte| *byte == b'.')
        .nth(at)
        .unwrap_or_default();
    let json = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

/// Lists of signatures with a valid one among them.
fn list(input: &mut Input<'_>) {
    static PAIRS: LazyLock<Vec<(Verifier, String)>> = LazyLock::new(|| {
        let layouts = [
            SignatureFormat::plain(),
            SignatureFormat::prefixed("v1="),
            SignatureFormat::key_values("v1"),
            SignatureFormat::separated("v1", ", ", ':'),
            SignatureFormat::values(", "),
            SignatureFormat::timestamp_then_values(","),
            SignatureFormat::versions("v1"),
            SignatureFormat::credentials("Key "),
        ];
        let pairs = layouts.into_iter().filter_map(|layout| {
            let secret = Secret::new("secret").expect("a secret");
            let plain = Scheme::builder("plain")
                .signature_header("x-s")
                .build()
                .expect("a scheme");
            let mut request = Request::new(Bytes::from_static(b"{}"));
            let signer = Signer::new(plain, secret.clone()).expect("a signer");
            signer
                .sign(&mut request, "", UNIX_EPOCH)
                .expect("a signature");
            let signature = request.headers()["x-s"].to_str().expect("hex").to_owned();
            let scheme = Scheme::builder("list")
                .signature_header("x-s")
                .signature_format(layout)
                .build();
            let scheme = scheme.ok()?;
            let verifier = Verifier::new(scheme, secret).ok()?;
            let verifier = verifier
                .clone()
                .tolerance(Duration::MAX)
                .unwrap_or(verifier);
            let now = UNIX_EPOCH + Duration::from_secs(NOW);
            Some((verifier.clock(TestClock::at(now)), signature))
        });
        pairs.collect()
    });
    let (verifier, signature) = &PAIRS[input.pick(PAIRS.len())];
    let (before, after) = (input.long(), input.long());
    let is_there = input.flag();
    let signature = if is_there { signature.as_bytes() } else { b"" };
    let value = [before, signature, after].concat();
    let accepted = read(verifier, &[("x-s", &value)], b"{}").is_some();
    if accepted && !is_there {
        let value = value.escape_ascii();
        fail("parse", "list", || {
            format!("{value} was accepted without the signature")
        });
    }
}

/// Requests that may be handshakes.
fn handshake(input: &mut Input<'_>) {
    static VERIFIERS: LazyLock<Vec<Verifier>> = LazyLock::new(|| {
        let asking = providers::all().map(|preset| preset.provider());
        let asking = asking.filter(|provider| !provider.handshakes().is_empty());
        let verifiers = asking.filter_map(|provider| {
            let of_handshakes = provider.handshakes().iter().flat_map(Handshake::settings);
            let names = provider.scheme().settings().chain(of_handshakes);
            let names: Vec<_> = names.map(str::to_owned).collect();
            let set = |it: Provider, name: &String| it.with_setting(name, "set");
            let provider = names.iter().fold(provider, set);
            let url = PublicUrl::fixed("https://a.example").ok()?;
            let provider = if provider.scheme().url_is_signed() {
                provider.with_public_url(url)
            } else {
                provider
            };
            let keys = samples::keys(provider.scheme(), "current");
            let verifier = Verifier::new(provider, keys.verifying).ok()?;
            Some(verifier.clock(TestClock::at(UNIX_EPOCH + Duration::from_secs(NOW))))
        });
        verifiers.collect()
    });
    let verifier = &VERIFIERS[input.pick(VERIFIERS.len())];
    let method = ["GET", "POST", "HEAD", "OPTIONS", "PUT"][input.pick(5)];
    let Some(target) = input.text() else { return };
    let mut headers = Vec::new();
    for _ in 0..input.pick(4) {
        let Some(name) = input.text() else { return };
        headers.push((name.to_ascii_lowercase(), input.bytes().to_vec()));
    }
    let target = format!("/{target}");
    let message = Message {
        method: method.into(),
        target,
        headers,
        body: input.rest().into(),
    };
    let Some(request) = message.request() else {
        return;
    };
    let answer = verifier.handshake(&request, request.body());
    let again = verifier.handshake(&request, request.body());
    if answer.is_ok() != again.is_ok() {
        fail("parse", "handshake", || {
            format!("two answers to {message:?}")
        });
    }
    if let Ok(Some(answer)) = answer {
        // Every answer converts to a response without a panic.
        let _ = answer.into_response();
    }
}

/// Seeds of every kind.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let of = |name: &str| {
        let at = CHECKS
            .iter()
            .position(|(own, _)| *own == name)
            .unwrap_or_default();
        InputWriter::default().pick(at, CHECKS.len())
    };
    let mut seeds = Vec::new();
    for file in crate::vectors::files() {
        for case in file.cases.iter().take(3) {
            let keys = [&case.secret, &case.public_key];
            for key in keys.into_iter().flatten() {
                for at in 0..17 {
                    seeds.push(of("secret").byte(at).rest(key));
                }
                let body = key
                    .lines()
                    .filter(|line| !line.starts_with('-'))
                    .collect::<String>();
                if let Ok(der) = STANDARD.decode(body.trim()) {
                    seeds.extend((0..3).map(|at| of("key-forms").byte(at).rest(&der)));
                }
            }
            let body = case.body();
            seeds.push(of("form").rest(&body));
            seeds.push(of("json").bytes("id").rest(&body));
            seeds.push(of("json").bytes("data.id").rest(&body));
            if let Ok(target) = std::str::from_utf8(&body[..body.len().min(200)]) {
                seeds.push(
                    of("handshake")
                        .byte(3)
                        .byte(1)
                        .bytes(target)
                        .byte(0)
                        .rest(&body),
                );
            }
            let content_type = case
                .headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            if let Some((_, value)) = content_type {
                seeds.push(of("multipart").byte(1).bytes(value).rest(&body));
            }
        }
    }
    for at in 0..64 {
        let writer = of("handshake").byte(at).byte(at % 5);
        let query =
            "?hub.mode=subscribe&hub.challenge=a&hub.verify_token=set&challenge=b&crc_token=c";
        seeds.push(
            writer
                .bytes(query)
                .byte(0)
                .rest(r#"{"type":"url_verification","challenge":"c"}"#),
        );
    }
    for (unit, text) in [
        (0, "2026-01-15T12:00:00Z"),
        (0, "2026-01-15t12:00:00.123456789+23:59"),
        (0, "2026-12-31T23:59:60Z"),
        (1, "2026-01-15T12:00:00.000"),
        (2, "1768478400"),
        (2, "18446744073709551615"),
        (3, "1768478400000"),
    ] {
        seeds.push(of("time").byte(unit).bytes(text));
    }
    for text in [
        "120",
        "Thu, 15 Jan 2026 12:01:00 GMT",
        "Thursday, 15-Jan-26 12:01:00 GMT",
        "-1",
        "+5",
    ] {
        seeds.push(of("retry-after").bytes(text).word(3600));
    }
    for url in [
        "https://a.example",
        "http://a.example:80/b",
        "https://[::1]:8443/",
        "HTTPS://A.example/",
    ] {
        let writer = of("url").bytes(url).bytes("10.0.0.0/8").bytes("a.example");
        seeds.push(writer.clone().bytes("a.example:443").byte(0));
        seeds.push(
            writer
                .bytes("for=1;host=a.example;proto=https")
                .byte(1)
                .byte(1),
        );
    }
    for text in [
        "{id}.{timestamp}.{body}",
        "{{{body}}}",
        "{header:x-a}|{sha256}",
        "{json:a.b}\n{form:c}",
    ] {
        seeds.push(of("template").long(text));
    }
    seeds.push(
        of("multipart")
            .byte(0)
            .bytes("b")
            .bytes("id1")
            .byte(2)
            .bytes("x")
            .bytes("y")
            .word(1),
    );
    let sha = const_hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"{}"));
    for (header, claims) in [
        (
            r#"{"alg":"HS256"}"#,
            format!(r#"{{"iss":"me","sha":"{sha}","exp":1768478500,"iat":1768478400,"jti":"a"}}"#),
        ),
        (r#"{"alg":"none"}"#, "{}".to_owned()),
        (
            r#"{"alg":"HS256","crit":["exp"]}"#,
            format!(
                r#"{{"iss":["me"],"sha":"{sha}","exp":1768478500.5,"nbf":1768478400,"iat":"1768478400"}}"#
            ),
        ),
    ] {
        seeds.push(of("jws").byte(0).bytes(header).long(claims).rest("{}"));
    }
    for at in 0..8 {
        for (before, after) in [
            ("", ""),
            ("v1=", ",v1=00"),
            ("v1,", " v1,00"),
            ("t=1,v1=", ""),
            ("Key a:", ""),
        ] {
            seeds.push(of("list").byte(at).long(before).long(after).byte(1));
        }
    }
    seeds.into_iter().map(InputWriter::finish).collect()
}
