//! The abuse suite: the crate's own layer passes all cases, and for a weak layer each weakness is
//! reported by name.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    future::{Future, pending},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service, ServiceExt as _};
use tower_webhook::{
    PublicUrl, Secret, WebhookLayer,
    clock::Clock as _,
    providers::{self, Provider},
    scheme::{Algorithm, Credential, PublicKeyForm, Scheme, SecretEncoding},
    sign::SignError,
    testing::{
        AbuseReport, AbuseSuite, CaseReport, CaseVerdict, Delivery, RecordingService, TestClock,
        TestSender, abuse_suite,
    },
    webhook::Webhook,
};

use crate::support::{
    self, NOW, SECRET, STANDARD_SECRET, at, base64, hex, mac, mac256, standard_mac,
};

const LIMIT: usize = 4096;

fn text(scheme: &Scheme) -> String {
    let key = b"a secret for tests, of 32 bytes.";
    match scheme.secret_encoding() {
        SecretEncoding::Hex => hex(key),
        SecretEncoding::Base64 => base64(key),
        SecretEncoding::PrefixedBase64(prefix) => format!("{prefix}{}", base64(key)),
        _ if scheme.credential() == Credential::UserAndPassword => "user:Password".to_owned(),
        _ => "a-Secret-for-tests".to_owned(),
    }
}

/// RFC 8032, section 7.1, test 1: the private key and the public one.
const ED25519: [&str; 2] = [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
];

/// What signs, and what verifies.
fn keys(scheme: &Scheme) -> [Secret; 2] {
    if let SecretEncoding::PublicKey(form) = scheme.secret_encoding() {
        let [private, public] = ED25519;
        let mut bytes = [0; 32];
        let bytes = base16ct::lower::decode(public, &mut bytes).unwrap();
        let public = match form {
            PublicKeyForm::Hex => public.to_owned(),
            PublicKeyForm::Pem => {
                // RFC 8410, section 4.
                let info = [
                    &b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..],
                    bytes,
                ]
                .concat();
                let text = base64(&info);
                format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----")
            }
            _ => base64(bytes),
        };
        return [private, &public].map(|key| Secret::new(key).unwrap());
    }
    let secret = Secret::new(text(scheme)).unwrap();
    [secret.clone(), secret]
}

/// Every preset that can be signed for, with what only its operator can know: the URL and the
/// settings.
fn signable() -> impl Iterator<Item = (&'static str, Provider, [Secret; 2])> {
    providers::all().filter_map(|preset| {
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let provider = support::with_public_url(preset.provider(), url);
        let settings = preset.requirements().settings;
        let provider = settings.iter().fold(provider, |provider, name| {
            provider.with_setting(name, "a setting")
        });
        let keys = keys(provider.scheme());
        let is_signable = TestSender::new(provider.clone(), keys[0].clone()).is_ok();
        is_signable.then(|| (preset.name(), provider, keys))
    })
}

fn names(report: &AbuseReport, is_one: impl Fn(&CaseReport) -> bool) -> BTreeSet<&'static str> {
    let cases = report.cases().iter().filter(|case| is_one(case));
    cases.map(CaseReport::name).collect()
}

/// But for a limit that takes no time.
async fn as_it_is<S, R>(
    app: S,
    provider: Provider,
    secret: Secret,
) -> Result<AbuseReport, SignError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone,
    R: http_body::Body,
{
    let suite = AbuseSuite::new(provider, secret).unwrap();
    suite.body_limit(LIMIT).run(app).await
}

/// As it is, for every provider that can be signed for: the layer stands everything.
#[tokio::test]
async fn the_layer_stands_its_own_suite() {
    let mut tried = BTreeSet::new();
    let mut applied = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, provider, [secret, public]) in signable() {
        let layer = WebhookLayer::new(provider.clone(), public).unwrap();
        let app = layer.body_limit(LIMIT).layer(RecordingService::new());
        match as_it_is(app, provider, secret).await {
            Ok(report) if report.is_passed() => {
                applied.extend(names(&report, |case| {
                    *case.verdict() == CaseVerdict::Passed
                }));
            }
            Ok(report) => wrong.push(
                report
                    .failures()
                    .fold(name.to_owned(), |all, case| format!("{all}\n  {case}")),
            ),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
        tried.insert(name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried.len() > 130, "{}: {tried:?}", tried.len());
    let all = names(&sound().await, |_| true);
    // No preset has what they are about, but a scheme of one's own may.
    let never: Vec<_> = all.difference(&applied).collect();
    assert!(never.is_empty(), "{never:?}");
}

/// For each location of a signature, the suite reports a stack that does not check the signature.
#[tokio::test]
async fn what_verifies_nothing_fails_for_every_provider() {
    let mut wrong = Vec::new();
    for (name, provider, [secret, _]) in signable() {
        let report = as_it_is(RecordingService::new(), provider, secret).await;
        let failures = names(&report.unwrap(), CaseReport::is_failure);
        for case in [
            "signature-missing",
            "signature-empty",
            "signature-truncated",
            "signature-first-changed",
            "signature-of-a-stranger",
        ] {
            if !failures.contains(case) {
                wrong.push(format!("{name}: {case} did not find it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn sound() -> AbuseReport {
    let app = weak(providers::github(), SECRET, |_| false);
    suite(providers::github(), SECRET).run(app).await.unwrap()
}

/// The short form, on axum, over its own body.
#[tokio::test]
async fn in_one_line() {
    let secret = support::secret();
    let layer = WebhookLayer::new(providers::slack(), secret.clone()).unwrap();
    let handler = axum::routing::post(async || ());
    let app = axum::Router::new().route("/", handler).layer(layer);
    let report = abuse_suite::<_, axum::body::Body, _>(app, providers::slack(), secret);
    report.await.unwrap().assert_passed();
}

// Weak layers.

/// Looks at a request, may change it, and says whether it is let through without more ado.
type Fault = fn(&mut Request<Bytes>) -> bool;

/// A layer with a fault.
#[derive(Clone)]
struct Weak {
    service: Webhook<RecordingService>,
    fault: Fault,
    /// Whether the layer rejects requests that are too long, repeat a header or have another
    /// method, so that the service has only the fault under test.
    is_bounded: bool,
}

fn is_odd(request: &Request<Bytes>) -> bool {
    let headers = request.headers();
    let is_doubled = headers.keys_len() < headers.len();
    is_doubled
        || request.body().len() > LIMIT
        || headers.contains_key(header::CONTENT_LENGTH)
        || request.method() != Method::POST
}

fn weak(provider: Provider, secret: &str, fault: Fault) -> Weak {
    let layer = WebhookLayer::new(provider, Secret::new(secret).unwrap()).unwrap();
    Weak {
        service: layer.body_limit(LIMIT).layer(RecordingService::new()),
        fault,
        is_bounded: true,
    }
}

impl Service<Request<Bytes>> for Weak {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Bytes>) -> Self::Future {
        let Self {
            service,
            fault,
            is_bounded,
        } = self.clone();
        Box::pin(async move {
            let is_left = is_bounded && is_odd(&request);
            if fault(&mut request) && !is_left {
                return Ok(Response::default());
            }
            let response = service.oneshot(request.map(Full::new)).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Ok(Response::from_parts(head, Full::new(body)))
        })
    }
}

fn suite(provider: Provider, secret: &str) -> AbuseSuite {
    let secret = Secret::new(secret).unwrap();
    let suite = AbuseSuite::new(provider, secret).unwrap();
    suite
        .template(
            Request::post("https://hooks.example.com/hooks")
                .body(())
                .unwrap(),
        )
        .body_limit(LIMIT)
}

fn value<'r>(request: &'r Request<Bytes>, name: &str) -> Option<&'r [u8]> {
    request.headers().get(name).map(HeaderValue::as_bytes)
}

fn set(request: &mut Request<Bytes>, name: &'static str, value: &[u8]) {
    let value = HeaderValue::from_bytes(value).unwrap();
    request.headers_mut().insert(name, value);
}

/// Keeps the first of several headers.
fn first_only(request: &mut Request<Bytes>, name: &'static str) {
    if let Some(first) = request.headers().get(name).cloned() {
        request.headers_mut().insert(name, first);
    }
}

const GITHUB: &str = "x-hub-signature-256";
const SHOPIFY: &str = "x-shopify-hmac-sha256";

/// What GitHub's signature has to be.
fn due(request: &Request<Bytes>) -> Vec<u8> {
    format!("sha256={}", hex(&mac256(request.body()))).into()
}

fn sent(request: &Request<Bytes>) -> &[u8] {
    value(request, GITHUB).unwrap_or_default()
}

fn has(request: &Request<Bytes>) -> bool {
    request.headers().contains_key(GITHUB)
}

/// What stands behind `sha256=`.
fn bare(request: &Request<Bytes>) -> &[u8] {
    sent(request).strip_prefix(b"sha256=").unwrap_or_default()
}

fn of_the_good_body(request: &Request<Bytes>) -> bool {
    let good = br#"{"id":7,"type":"order.paid","data":{"amount":1200}}"#;
    sent(request) == format!("sha256={}", hex(&mac256(good))).as_bytes()
}

fn by(algorithm: Algorithm, prefix: &str, request: &Request<Bytes>) -> bool {
    let mac = mac(algorithm, SECRET.as_bytes(), request.body());
    sent(request) == format!("{prefix}{}", hex(&mac)).as_bytes()
}

/// Faults of a layer for GitHub, and the cases that find them.
const OF_GITHUB: &[(&str, Fault, &[&str])] = &[
    (
        "lets unsigned requests through",
        |it| !has(it),
        &["signature-missing"],
    ),
    (
        "takes an empty header for none",
        |it| has(it) && sent(it).is_empty(),
        &["signature-empty"],
    ),
    (
        "trims a header to nothing",
        |it| has(it) && sent(it).trim_ascii().is_empty(),
        &["signature-blank", "signature-empty"],
    ),
    (
        "compares with nothing",
        |it| sent(it) == b"sha256=",
        &["signature-only-prefix"],
    ),
    (
        "compares as much as was sent",
        |it| sent(it).len() > 8 && due(it).starts_with(sent(it)),
        &[
            "signature-one-byte",
            "signature-truncated",
            "signature-undecodable",
        ],
    ),
    (
        "compares as much as is due",
        |it| sent(it).starts_with(&due(it)),
        &["signature-doubled", "signature-joined", "signature-longer"],
    ),
    (
        "forgets the first letter",
        |it| bare(it).len() == 64 && due(it).ends_with(&bare(it)[1..]),
        &["signature-first-changed"],
    ),
    (
        "compares eight bytes",
        |it| bare(it).len() == 64 && due(it)[7..].starts_with(&bare(it)[..16]),
        &["signature-last-changed"],
    ),
    (
        "takes what it cannot decode for right",
        |it| bare(it).len() >= 60 && !bare(it).iter().all(u8::is_ascii_hexdigit),
        &[
            "signature-joined",
            "signature-quoted",
            "signature-spaced",
            "signature-undecodable",
        ],
    ),
    (
        "panics on what is not text",
        |it| {
            if let Some(value) = it.headers().get(GITHUB) {
                assert!(value.to_str().is_ok());
            }
            false
        },
        &["signature-undecodable"],
    ),
    (
        "takes zeros",
        |it| bare(it) == [b'0'; 64],
        &["signature-zeros"],
    ),
    (
        "needs no prefix",
        |it| due(it).ends_with(sent(it)) && sent(it).len() == 64,
        &["signature-prefix-missing"],
    ),
    (
        "takes the prefix in any case",
        |it| has(it) && due(it) == sent(it).to_ascii_lowercase(),
        &["signature-prefix-other-case"],
    ),
    (
        "takes any prefix",
        |it| sent(it).split(|byte| *byte == b'=').nth(1) == Some(&due(it)[7..]),
        &["signature-prefix-other", "signature-prefix-other-case"],
    ),
    (
        "takes SHA-1",
        |it| by(Algorithm::HmacSha1, "sha1=", it),
        &["signature-sha1"],
    ),
    (
        "goes by the length",
        |it| by(Algorithm::HmacSha1, "sha256=", it),
        &["signature-sha1"],
    ),
    (
        "takes any hash",
        |it| by(Algorithm::HmacSha512, "sha512=", it),
        &["signature-stronger"],
    ),
    (
        "reads a body that was read",
        |it| bare(it) == hex(&mac256(b"")).as_bytes(),
        &["signature-of-empty-body"],
    ),
    (
        "compares lengths",
        |it| bare(it).len() == 64,
        &[
            "answers-alike",
            "body-bit",
            "body-case",
            "body-emptied",
            "body-exchanged",
            "body-longer",
            "body-rewritten",
            "body-shorter",
            "body-white-space",
            "signature-first-changed",
            "signature-last-changed",
            "signature-of-a-stranger",
            "signature-of-empty-body",
            "signature-undecodable",
            "signature-zeros",
        ],
    ),
    (
        "looks at the first header",
        |it| {
            first_only(it, GITHUB);
            false
        },
        &["signature-two-headers"],
    ),
    (
        "splits at commas",
        |it| {
            sent(it)
                .split(|byte| *byte == b',')
                .any(|part| part.trim_ascii() == due(it))
        },
        &["signature-joined"],
    ),
    (
        "drops white space",
        |it| {
            let value: Vec<_> = sent(it)
                .iter()
                .copied()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            value == due(it)
        },
        &["signature-spaced"],
    ),
    (
        "drops quotation marks",
        |it| {
            let value: Vec<_> = sent(it)
                .iter()
                .copied()
                .filter(|byte| *byte != b'"')
                .collect();
            value == due(it)
        },
        &["signature-quoted"],
    ),
    (
        "gives up on long headers",
        |it| sent(it).len() > 32 << 10,
        &["signature-huge"],
    ),
    (
        "forgets the body",
        |it| of_the_good_body(it),
        &[
            "answers-alike",
            "body-bit",
            "body-case",
            "body-emptied",
            "body-exchanged",
            "body-longer",
            "body-rewritten",
            "body-shorter",
            "body-white-space",
        ],
    ),
    (
        "skips empty bodies",
        |it| it.body().is_empty(),
        &["body-emptied"],
    ),
    (
        "trims the body",
        |it| {
            let body = it.body().trim_ascii().to_vec();
            *it.body_mut() = body.into();
            false
        },
        &["answers-alike", "body-white-space"],
    ),
    (
        "writes the body again",
        |it| {
            let body = it
                .body()
                .iter()
                .copied()
                .filter(|byte| *byte != b' ')
                .collect::<Vec<_>>();
            *it.body_mut() = body.into();
            false
        },
        &["answers-alike", "body-rewritten", "body-white-space"],
    ),
    (
        "stops at a NUL",
        |it| {
            let body = it.body().split(|byte| *byte == 0).next().unwrap().to_vec();
            *it.body_mut() = body.into();
            false
        },
        &["body-longer"],
    ),
    (
        "forwards every method",
        |it| {
            *it.method_mut() = Method::POST;
            false
        },
        &["method"],
    ),
    (
        "does not see Content-Length",
        |it| {
            it.headers_mut().remove(header::CONTENT_LENGTH);
            false
        },
        &["length-of-a-giant", "length-unreadable"],
    ),
];

/// What a layer has to see to before it looks for a signature.
const OF_GITHUB_UNBOUNDED: &[(&str, Fault, &[&str])] = &[(
    "has no limit",
    |it| sent(it) == due(it),
    &[
        "body-over-limit",
        "length-of-a-giant",
        "length-unreadable",
        "method",
        "signature-two-headers",
    ],
)];

fn slack_is_right(request: &Request<Bytes>, time: &[u8]) -> bool {
    let text = [b"v0:", time, b":", request.body()].concat();
    value(request, "x-slack-signature") == Some(format!("v0={}", hex(&mac256(text))).as_bytes())
}

const SLACK_TIME: &str = "x-slack-request-timestamp";

const OF_SLACK: &[(&str, Fault, &[&str])] = &[
    (
        "ignores the time",
        |it| value(it, SLACK_TIME).is_some_and(|time| slack_is_right(it, time)),
        &[
            "timestamp-not-a-number",
            "timestamp-with-a-sign",
            "timestamp-with-a-fraction",
            "timestamp-with-a-tail",
            "timestamp-too-large",
            "timestamp-too-small",
            "timestamp-in-another-unit",
            "timestamp-stale",
            "timestamp-ahead",
        ],
    ),
    (
        "needs no time",
        |it| value(it, SLACK_TIME).is_none(),
        &["timestamp-missing"],
    ),
    (
        "takes an empty time for none",
        |it| value(it, SLACK_TIME).is_some_and(|time| time.trim_ascii().is_empty()),
        &["timestamp-empty"],
    ),
    (
        "looks at the first time",
        |it| {
            first_only(it, SLACK_TIME);
            false
        },
        &["timestamp-twice"],
    ),
    (
        "checks the past alone",
        |it| {
            let time = value(it, SLACK_TIME)
                .and_then(|time| std::str::from_utf8(time).ok()?.parse::<u64>().ok());
            let Some(time) = time else { return false };
            let now = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap();
            time > now.as_secs() && slack_is_right(it, time.to_string().as_bytes())
        },
        &[
            "timestamp-ahead",
            "timestamp-in-another-unit",
            "timestamp-too-large",
        ],
    ),
    (
        "holds the time and the signature apart",
        |it| {
            let now = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs();
            let fresh = value(it, SLACK_TIME)
                .and_then(|time| std::str::from_utf8(time).ok()?.parse::<u64>().ok());
            let fresh = fresh.is_some_and(|time| time.abs_diff(now) < 300);
            let day = 24 * 60 * 60;
            fresh
                && (now - day - 5..=now - day)
                    .any(|old| slack_is_right(it, old.to_string().as_bytes()))
        },
        &["timestamp-renewed"],
    ),
];

fn standard_is_right(request: &Request<Bytes>, id: &[u8]) -> bool {
    let time = value(request, "webhook-timestamp").unwrap_or_default();
    let mac = standard_mac(id, time, request.body());
    let due = format!("v1,{}", base64(&mac));
    let sent = value(request, "webhook-signature").unwrap_or_default();
    sent.ends_with(due.as_bytes())
}

const OF_STANDARD: &[(&str, Fault, &[&str])] = &[
    (
        "joins the parts without a look",
        |it| standard_is_right(it, value(it, "webhook-id").unwrap_or_default()),
        &[
            "id-shifted",
            "signature-many",
            "timestamp-ahead",
            "timestamp-in-another-unit",
            "timestamp-not-a-number",
            "timestamp-stale",
            "timestamp-too-large",
            "timestamp-too-small",
            "timestamp-with-a-fraction",
            "timestamp-with-a-sign",
            "timestamp-with-a-tail",
        ],
    ),
    (
        "needs no id",
        |it| value(it, "webhook-id").is_none(),
        &["id-missing"],
    ),
    (
        "does not know the id",
        |it| value(it, "webhook-id") == Some(b"delivery-of-others"),
        &["id-changed"],
    ),
];

const OF_SHOPIFY: &[(&str, Fault, &[&str])] = &[(
    "compares letters in any case",
    |it| {
        let due = base64(&mac256(it.body()));
        value(it, SHOPIFY).is_some_and(|sent| sent.eq_ignore_ascii_case(due.as_bytes()))
    },
    &["signature-swapped-case"],
)];

const OF_GITLAB: &[(&str, Fault, &[&str])] = &[
    (
        "compares a token in any case",
        |it| {
            value(it, "x-gitlab-token").is_some_and(|it| it.eq_ignore_ascii_case(SECRET.as_bytes()))
        },
        &["signature-swapped-case"],
    ),
    (
        "compares the beginning of a token",
        |it| value(it, "x-gitlab-token").is_some_and(|it| SECRET.as_bytes().starts_with(it)),
        &[
            "signature-empty",
            "signature-one-byte",
            "signature-only-prefix",
            "signature-truncated",
            "signature-undecodable",
        ],
    ),
];

const OF_SQUARE: &[(&str, Fault, &[&str])] = &[
    (
        "believes in forwarded headers",
        |it| {
            let host = value(it, "x-forwarded-host").unwrap_or_default();
            let url = [b"http://", host, it.uri().path().as_bytes(), it.body()].concat();
            value(it, "x-square-hmacsha256-signature") == Some(base64(&mac256(url)).as_bytes())
        },
        &["host-forwarded"],
    ),
    (
        "signs no query",
        |it| {
            *it.uri_mut() = it.uri().path().parse().unwrap();
            false
        },
        &["query-changed"],
    ),
    (
        "signs no path",
        |it| {
            *it.uri_mut() = "/hooks".parse().unwrap();
            false
        },
        &["path-changed", "query-changed"],
    ),
];

/// A scheme of one's own, with all that few presets have.
fn guarded() -> Provider {
    let scheme = Scheme::builder("guarded").signature_header("x-signature");
    let scheme = scheme
        .require_header("x-signature-version", "2")
        .message("{method} {body}");
    scheme.build().unwrap().into()
}

const OF_GUARDED: &[(&str, Fault, &[&str])] = &[
    (
        "needs no version",
        |it| value(it, "x-signature-version").is_none(),
        &["required-header-missing"],
    ),
    (
        "takes any version",
        |it| {
            set(it, "x-signature-version", b"2");
            false
        },
        &["required-header-changed", "required-header-missing"],
    ),
    (
        "takes any method",
        |it| {
            *it.method_mut() = http::Method::POST;
            false
        },
        &["method-changed"],
    ),
];

/// Looks at the first of two parameters.
const OF_DOCKER_HUB: &[(&str, Fault, &[&str])] = &[(
    "takes the first parameter",
    |it| {
        let path = it.uri().path_and_query().unwrap().as_str();
        *it.uri_mut() = path.split('&').next().unwrap().parse().unwrap();
        false
    },
    &["signature-two-headers"],
)];

#[tokio::test]
async fn a_weak_layer_is_told_its_weakness() {
    let square = || {
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        providers::square().with_public_url(url)
    };
    let tables: [(fn() -> Provider, &str, &[(&str, Fault, &[&str])]); 9] = [
        (providers::github, SECRET, OF_GITHUB_UNBOUNDED),
        (providers::github, SECRET, OF_GITHUB),
        (providers::slack, SECRET, OF_SLACK),
        (providers::standard_webhooks, STANDARD_SECRET, OF_STANDARD),
        (providers::shopify, SECRET, OF_SHOPIFY),
        (providers::gitlab, SECRET, OF_GITLAB),
        (square, SECRET, OF_SQUARE),
        (guarded, SECRET, OF_GUARDED),
        (providers::docker_hub, SECRET, OF_DOCKER_HUB),
    ];
    let mut found = BTreeSet::new();
    let mut wrong = Vec::new();
    for (at, (provider, secret, faults)) in tables.into_iter().enumerate() {
        let app = weak(provider(), secret, |_| false);
        let report = suite(provider(), secret).run(app).await.unwrap();
        report.assert_passed();
        for (name, fault, cases) in faults {
            let mut app = weak(provider(), secret, *fault);
            app.is_bounded = at > 0;
            let report = suite(provider(), secret).run(app).await.unwrap();
            let failures: BTreeSet<_> = report.failures().map(CaseReport::name).collect();
            if failures != cases.iter().copied().collect() {
                wrong.push(format!("{name}: {failures:?} found it, and not {cases:?}"));
            }
            for case in *cases {
                assert!(
                    report.to_string().contains(&format!("FAILED  {case}: ")),
                    "{name}: {report}"
                );
            }
            found.extend(cases.iter().copied());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // All of them, but for the one that has to pass.
    let all = sound().await;
    let names: BTreeSet<_> = all.cases().iter().map(CaseReport::name).collect();
    let left: Vec<_> = names.difference(&found).copied().collect();
    assert_eq!(left, ["genuine"]);
    assert!(found.len() > 45, "{}", found.len());
}

/// What only the user can know is asked for.
#[tokio::test]
async fn what_cannot_be_made_up_is_asked_for() {
    let error = async |provider: Provider| {
        let report =
            abuse_suite::<_, Full<Bytes>, _>(RecordingService::new(), provider, support::secret());
        report.await.unwrap_err().to_string()
    };
    assert_eq!(
        error(providers::square()).await,
        "the signature covers the URL; set `Provider::with_public_url`, or use a request URL with a scheme and a host"
    );
    let scheme = Scheme::builder("mine").signature_header("x-signature");
    let scheme = scheme.message("{setting:account}.{body}").build().unwrap();
    let told = error(scheme.into()).await;
    assert!(
        told.contains("`account`") && told.contains("with_setting"),
        "{told}"
    );
}

/// More than the scheme's own is no fault where it was asked for.
#[tokio::test]
async fn a_layer_with_a_tolerance_of_its_own_stands_it() {
    let tolerance = Duration::from_secs(900);
    let layer = WebhookLayer::new(providers::slack(), support::secret()).unwrap();
    let app = layer
        .tolerance(tolerance)
        .unwrap()
        .layer(RecordingService::new());
    let suite = || AbuseSuite::new(providers::slack(), support::secret()).unwrap();
    let report = suite().run::<_, Full<Bytes>, _>(app.clone()).await.unwrap();
    let failures = names(&report, CaseReport::is_failure);
    assert_eq!(
        failures,
        BTreeSet::from(["timestamp-ahead", "timestamp-stale"])
    );
    let suite = suite().tolerance(tolerance).unwrap();
    let report = suite.run::<_, Full<Bytes>, _>(app).await.unwrap();
    report.assert_passed();
    let passed = names(&report, |case| *case.verdict() == CaseVerdict::Passed);
    assert!(passed.contains("timestamp-stale") && passed.contains("timestamp-ahead"));
}

/// What a stack knows of a delivery that it refuses.
struct Refused {
    sent: String,
    due: String,
    has_other_body: bool,
    count: usize,
}

/// What is written into the refusal.
type Telling = fn(&mut Response<Full<Bytes>>, Refused);

fn put(response: &mut Response<Full<Bytes>>, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).unwrap();
    response.headers_mut().insert(name, value);
}

const TELLING: &[(&str, Telling, Option<&str>)] = &[
    ("nothing", |_, _| (), None),
    (
        "what is new in each answer",
        |it, Refused { count, .. }| {
            put(
                it,
                "date",
                &format!("Wed, 25 Nov 2026 10:00:{count:02} GMT"),
            );
            put(it, "x-request-id", &format!("{count}-{count}"));
            put(it, "x-ratelimit-remaining", &(90 - count).to_string());
            let body = format!(r#"{{"error":"forbidden","request":"req/{}="}}"#, 7 + count);
            *it.body_mut() = Full::from(body);
        },
        None,
    ),
    (
        "the reason, beside an id",
        |it, refused| {
            let what = if refused.has_other_body {
                "body"
            } else {
                "key"
            };
            let count = refused.count;
            *it.body_mut() = Full::from(format!("bad {what}: request {count}"));
        },
        Some("the body"),
    ),
    (
        "the signature that was sent",
        |it, refused| put(it, "x-got", &refused.sent),
        Some("the header `x-got`"),
    ),
    (
        "the signature that is due",
        |it, Refused { count, due, .. }| put(it, "x-debug", &format!("{count} {due}")),
        Some("the header `x-debug`"),
    ),
    (
        "another status",
        |it, refused| {
            if refused.has_other_body {
                *it.status_mut() = StatusCode::UNAUTHORIZED;
            }
        },
        Some("401 Unauthorized and 403 Forbidden"),
    ),
];

/// Answers that let the caller tell one refusal from another; an id in each tells nothing.
#[tokio::test]
async fn telling_answers_are_found() {
    for (name, tell, difference) in TELLING {
        let inner = weak(providers::github(), SECRET, |_| false);
        let count = Arc::new(AtomicUsize::new(0));
        let app = tower::service_fn(move |request: Request<Bytes>| {
            let (inner, count) = (inner.clone(), Arc::clone(&count));
            async move {
                let mut refused = Refused {
                    sent: String::from_utf8_lossy(sent(&request)).into_owned(),
                    due: String::from_utf8(due(&request)).unwrap(),
                    has_other_body: request.body().ends_with(b" "),
                    count: 0,
                };
                let is_plain = refused.sent.len() == 71 && refused.sent.is_ascii();
                let mut response = inner.oneshot(request).await?;
                if is_plain && response.status() == StatusCode::FORBIDDEN {
                    refused.count = count.fetch_add(1, Ordering::Relaxed);
                    tell(&mut response, refused);
                }
                Ok::<_, Infallible>(response)
            }
        });
        let report = suite(providers::github(), SECRET).run(app).await.unwrap();
        let failures: Vec<_> = report.failures().collect();
        match difference {
            None => assert!(failures.is_empty(), "{name}: {report}"),
            Some(difference) => {
                assert_eq!(failures.len(), 1, "{name}: {report}");
                assert_eq!(failures[0].name(), "answers-alike");
                let told = format!("the answers differ: {difference}");
                assert_eq!(*failures[0].verdict(), CaseVerdict::Failed(told), "{name}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_hangs_or_fails_is_reported() {
    let verdict = |report: &AbuseReport, name: &str| {
        let case = report.cases().iter().find(|case| case.name() == name);
        format!("{:?}", case.unwrap().verdict())
    };
    // Hangs on what is not signed.
    let inner = weak(providers::github(), SECRET, |_| false);
    let app = tower::service_fn(move |request: Request<Bytes>| {
        let inner = inner.clone();
        async move {
            if !has(&request) {
                pending::<()>().await;
            }
            inner.oneshot(request).await
        }
    });
    let report = suite(providers::github(), SECRET).run(app).await.unwrap();
    let hung = r#"Failed("no signature: no answer within 30 s")"#;
    assert_eq!(verdict(&report, "signature-missing"), hung);
    assert_eq!(report.failures().count(), 1, "{report}");

    // Never recovers from a forgery.
    let inner = weak(providers::github(), SECRET, |_| false);
    let is_down = Arc::new(AtomicBool::new(false));
    let app = tower::service_fn(move |request: Request<Bytes>| {
        let (inner, is_down) = (inner.clone(), Arc::clone(&is_down));
        async move {
            let mut response = inner.oneshot(request).await?;
            if is_down.load(Ordering::Relaxed) {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
            is_down.store(!response.status().is_success(), Ordering::Relaxed);
            Ok::<_, Infallible>(response)
        }
    });
    let report = suite(providers::github(), SECRET).run(app).await.unwrap();
    let down = r#"Failed("a genuine delivery after it: answered 503 Service Unavailable")"#;
    assert_eq!(verdict(&report, "signature-missing"), down);

    // Breaks on each forgery, which is no way to refuse one.
    let app = weak(providers::github(), SECRET, |_| false);
    let app = app.map_response(|mut response: Response<Full<Bytes>>| {
        if !response.status().is_success() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
        response
    });
    let report = suite(providers::github(), SECRET).run(app).await.unwrap();
    let broke = r#"Failed("no signature: answered 500 Internal Server Error")"#;
    assert_eq!(verdict(&report, "signature-missing"), broke);

    // Refuses everything: there is nothing to be said of the rest.
    let app = weak(providers::github(), "another secret", |_| false);
    let report = suite(providers::github(), SECRET).run(app).await.unwrap();
    let refused = r#"Failed("a genuine delivery: answered 403 Forbidden")"#;
    assert_eq!(verdict(&report, "genuine"), refused);
    assert!(
        report
            .to_string()
            .ends_with("github: nothing else was tried"),
        "{report}"
    );
    assert_eq!(report.cases().len(), 1);
}

// The parts.

#[tokio::test]
async fn a_delivery_and_what_is_done_to_it() {
    let (clock, inner) = (TestClock::at(at(NOW)), RecordingService::new());
    let layer = WebhookLayer::new(providers::stripe(), support::secret()).unwrap();
    let service = layer.clock(clock.clone()).layer(inner.clone());
    let sender = TestSender::new(providers::stripe(), support::secret()).unwrap();
    let sender = sender.clock(clock.clone());
    let post = async |delivery: Delivery| {
        let request = delivery.into_request::<Full<Bytes>>();
        service.clone().oneshot(request).await.unwrap().status()
    };
    let good = sender.delivery("{}").unwrap();
    assert_eq!(post(good.clone()).await, StatusCode::OK);
    let forged = good.clone().change_body(|body| [body, b" "].concat());
    assert_eq!(post(forged).await, StatusCode::FORBIDDEN);
    let forged = good.clone().change_signature(<[u8]>::to_ascii_uppercase);
    assert_eq!(
        post(forged).await,
        StatusCode::OK,
        "hex in either case is the same"
    );
    let forged = good.clone().change_signature(|text| text[1..].to_vec());
    let value = forged.request().headers()["stripe-signature"].as_bytes();
    assert!(value.starts_with(b"t=1768478400,v1="), "{value:?}");
    assert_eq!(post(forged).await, StatusCode::FORBIDDEN);
    assert_eq!(
        post(good.clone().without_signature()).await,
        StatusCode::FORBIDDEN
    );
    let short = good.clone().with_header("stripe-signature", "t=1,v1=00");
    assert_eq!(post(short).await, StatusCode::FORBIDDEN);
    assert_eq!(
        post(good.clone().without_header("stripe-signature")).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post(good.clone().append_header("stripe-signature", b"t=1,v1=00")).await,
        StatusCode::BAD_REQUEST
    );
    clock.advance(Duration::from_secs(300));
    assert_eq!(post(good.clone()).await, StatusCode::OK);
    clock.advance(Duration::from_secs(1));
    assert_eq!(post(good.clone()).await, StatusCode::BAD_REQUEST);
    clock.set(clock.now() - Duration::from_secs(601));
    assert_eq!(post(good).await, StatusCode::OK);

    let recorded = inner.take();
    assert_eq!(recorded.len(), 4);
    assert_eq!(recorded[0].body().unwrap(), "{}");
    assert_eq!(recorded[0].verified().unwrap().provider(), "stripe");
    assert!(inner.recorded().is_empty());
    let shown = format!("{sender:?} {inner:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

/// What the scheme looks into is what is sent, unless the user says otherwise.
#[tokio::test]
async fn a_form_is_sent_where_one_is_due() {
    let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
    let twilio = || providers::twilio().with_public_url(url.clone());
    let sender = TestSender::new(twilio(), support::secret()).unwrap();
    let delivery = sender.delivery("From=%2B1&Body=a+b").unwrap();
    let form = "application/x-www-form-urlencoded";
    assert_eq!(delivery.request().headers()["content-type"], form);

    let layer = WebhookLayer::new(twilio(), support::secret()).unwrap();
    let app = layer.layer(RecordingService::new());
    let report = abuse_suite::<_, Full<Bytes>, _>(app, twilio(), support::secret());
    report.await.unwrap().assert_passed();
}

#[test]
fn a_delivery_goes_where_its_sender_was_told() {
    let sender = TestSender::new(providers::github(), support::secret()).unwrap();
    let there = sender.clone().target(Uri::from_static("/hooks?a=1"));
    for (sender, target) in [(sender, "/"), (there, "/hooks?a=1")] {
        let delivery = sender.delivery("{}").unwrap();
        let request = delivery.request();
        assert_eq!(
            (request.method(), request.uri().to_string()),
            (&Method::POST, target.to_owned())
        );
        assert_eq!(request.headers()["content-type"], "application/json");
    }
}

/// In the body and in the query as in a header; all else stays as it is written.
#[test]
fn a_signature_is_changed_and_taken_away_wherever_it_is() {
    let upper = |text: &[u8]| text.to_ascii_uppercase();
    for (provider, target, body, forged, unsigned) in [
        (
            providers::figma(),
            "/",
            r#"{ "a" : 1 }"#,
            ("/", r#"{"passcode":"A-SECRET", "a" : 1 }"#),
            ("/", r#"{ "a" : 1 }"#),
        ),
        (
            providers::figma(),
            "/",
            r#"{"a\\":{},"passcode" : "x"}"#,
            ("/", r#"{"a\\":{},"passcode" : "A-SECRET"}"#),
            ("/", r#"{"a\\":{}}"#),
        ),
        (
            providers::figma(),
            "/",
            r#"{"a":1 , "passcode":"x", "b":2}"#,
            ("/", r#"{"a":1 , "passcode":"A-SECRET", "b":2}"#),
            ("/", r#"{"a":1 ,  "b":2}"#),
        ),
        (
            providers::figma(),
            "/",
            "{}",
            ("/", r#"{"passcode":"A-SECRET"}"#),
            ("/", "{}"),
        ),
        (
            providers::docker_hub(),
            "/",
            "{}",
            ("/?token=A-SECRET", "{}"),
            ("/", "{}"),
        ),
        (
            providers::docker_hub(),
            "/hooks?a=%20&token=x",
            "{}",
            ("/hooks?a=%20&token=A-SECRET", "{}"),
            ("/hooks?a=%20", "{}"),
        ),
        (
            providers::microsoft_graph(),
            "/",
            r#"{"value":[{"a":1},{"a":2}]}"#,
            (
                "/",
                r#"{"value":[{"clientState":"A-SECRET","a":1},{"clientState":"a-secret","a":2}]}"#,
            ),
            ("/", r#"{"value":[{"a":1},{"a":2}]}"#),
        ),
    ] {
        let sender = TestSender::new(provider, Secret::new("a-secret").unwrap()).unwrap();
        let good = sender
            .target(target.parse().unwrap())
            .delivery(body)
            .unwrap();
        let written = |delivery: Delivery| {
            let request = delivery.into_request::<Bytes>();
            let body = String::from_utf8(request.body().to_vec()).unwrap();
            (request.uri().to_string(), body)
        };
        let (target, body) = written(good.clone().change_signature(upper));
        assert_eq!((&*target, &*body), forged);
        let (target, body) = written(good.without_signature());
        assert_eq!((&*target, &*body), unsigned);
    }
}

/// A sender delivers with `POST`, or with the provider's first method if `POST` is not one of them.
#[tokio::test]
async fn a_sender_uses_a_method_of_its_provider() {
    for (methods, method) in [
        (vec![Method::PUT, Method::PATCH], Method::PUT),
        (vec![Method::PUT, Method::POST], Method::POST),
    ] {
        let provider = providers::github().with_methods(methods);
        let sender = TestSender::new(provider.clone(), support::secret()).unwrap();
        let delivery = sender.delivery("{}").unwrap();
        assert_eq!(delivery.request().method(), method);

        let layer = WebhookLayer::new(provider.clone(), support::secret()).unwrap();
        let app = layer.layer(RecordingService::new());
        let report = abuse_suite::<_, Full<Bytes>, _>(app, provider, support::secret());
        let report = report.await.unwrap();
        report.assert_passed();
        let passed = names(&report, |case| *case.verdict() == CaseVerdict::Passed);
        assert!(passed.contains("method"), "{report}");
    }
}

#[test]
fn a_delivery_has_the_extensions_of_its_template() {
    let sender = TestSender::new(providers::github(), support::secret()).unwrap();
    let head = Request::post("/").extension(7_u8).body(()).unwrap();
    let delivery = sender.template(head).delivery("{}").unwrap();
    assert_eq!(delivery.request().extensions().get(), Some(&7_u8));
}

/// What is signed and not in the head is there, and what is in it stays.
#[test]
fn a_head_is_completed() {
    let sender = TestSender::new(providers::lark(), support::secret()).unwrap();
    let nonce = |delivery: &Delivery| {
        let value = &delivery.request().headers()["x-lark-request-nonce"];
        value.to_str().unwrap().to_owned()
    };
    let one = sender.delivery("{}").unwrap();
    let other = sender.delivery("{}").unwrap();
    assert_ne!(nonce(&one), nonce(&other));
    let head = Request::post("/").header("x-lark-request-nonce", "mine");
    let own = sender
        .template(head.body(()).unwrap())
        .delivery("{}")
        .unwrap();
    assert_eq!(nonce(&own), "mine");
}

/// A change that cannot be made is no change that was refused: it says which header it is about,
/// and not the value.
#[test]
fn a_header_that_cannot_be_is_a_panic() {
    let good = |provider| {
        let sender = TestSender::new(provider, support::secret()).unwrap();
        sender.delivery("{}").unwrap()
    };
    let changes: [(fn(Delivery) -> Delivery, &str); 4] = [
        (
            |it| it.with_header("x-a", "a\nb"),
            r#"the header "x-a" cannot contain this value"#,
        ),
        (
            |it| it.append_header("x-a", b"\0"),
            r#"the header "x-a" cannot contain this value"#,
        ),
        (
            |it| it.with_header("not a name", "1"),
            r#""not a name" is not a valid header name"#,
        ),
        (
            |it| it.change_signature(|_| b"a\r\nb".to_vec()),
            "the header `x-hub-signature-256` cannot contain this text",
        ),
    ];
    for (change, message) in changes {
        let good = good(providers::github());
        let attempt = std::panic::AssertUnwindSafe(|| change(good));
        let panic = std::panic::catch_unwind(attempt).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), message);
    }
}
