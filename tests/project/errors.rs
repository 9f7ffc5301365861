//! `docs/ERRORS.md`: every error text, produced through the public API.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    env, fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    DedupeLayer, Keys, PublicUrl, Rejection, RequestHead, Secret, SetupError, VerifiedBody,
    WebhookLayer,
    dedupe::{ClaimResult, DedupeKey, DedupeStore, LeaseToken, MemoryStore},
    handshake::{Acceptance, ChallengeCharset, Handshake, HandshakeData, ResponsePart},
    keys::{FetchedKeys, KeyFetcher, KeyRequest, RemoteKeys},
    providers::{self, Provider},
    public_url::ForwardedHeaders,
    scheme::{
        Algorithm, Encoding, Location, Scheme, SchemeBuilder, SecretEncoding, SignatureFormat,
        TimestampFormat,
    },
    sign::Signer,
};

const INTRODUCTION: &str = "\
# Error texts

Made by `UPDATE_DOCS=1 cargo test --test project`; do not edit. Each text below was produced by the
crate. The kinds of rejections are the labels of metrics; `RejectionKind::name` returns them.

";

/// The kind, the text, when it happens, and what to do if the text does not say so.
type Row = (String, String, &'static str, &'static str);

const NOW: u64 = 1_768_478_400;

fn secret() -> Secret {
    Secret::new("It's a Secret to Everybody").unwrap()
}

fn acme() -> SchemeBuilder {
    Scheme::builder("acme").signature_header("x-acme-signature")
}

/// The name of the variant at the start of a `Debug` text.
fn variant(debug: &str) -> String {
    debug.split([' ', '(', '{']).next().unwrap().to_owned()
}

/// The variants of an enum, as its source lists them.
fn variants(file: &str, name: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let source = fs::read_to_string(path).unwrap();
    let start = source.find(&format!("pub enum {name} {{")).unwrap();
    let lines = source[start..].lines().skip(1);
    lines
        .take_while(|line| *line != "}")
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|line| line.trim_end_matches(',').to_owned())
        .map(|line| variant(&line))
        .collect()
}

fn show(kind: &impl std::fmt::Debug, text: &impl std::fmt::Display) -> (String, String) {
    (variant(&format!("{kind:?}")), text.to_string())
}

fn row(shown: (String, String), when: &'static str, fix: &'static str) -> Row {
    (shown.0, shown.1, when, fix)
}

// Schemes.

fn scheme_error(builder: SchemeBuilder) -> (String, String) {
    let error = builder.build().unwrap_err();
    show(error.kind(), &error)
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn scheme_errors() -> Vec<Row> {
    let token = || SignatureFormat::jws("");
    let rows: Vec<(SchemeBuilder, &str)> = vec![
        (
            acme()
                .signature_format(token())
                .algorithm(Algorithm::Sha256SecretLast),
            "the algorithm has no name in JSON web signatures",
        ),
        (
            acme().message("{path}{body}"),
            "two parts of the signed text could be divided in another way",
        ),
        (
            acme()
                .algorithm(Algorithm::HmacSha256)
                .signature_format(token())
                .timestamp(Location::claim("iat"))
                .timestamp_format(TimestampFormat::Milliseconds)
                .claim("sha256", "{sha256}"),
            "a timestamp in a claim has another format",
        ),
        (
            acme().signature_format(token()).claim("", "{sha256}"),
            "`claim` or a location gets an empty name",
        ),
        (
            acme()
                .signature_format(token())
                .claim("sha256", "{sha256}.{jws}"),
            "a claim contains the token, its header or a timestamp in a claim",
        ),
        (
            acme().optional_part("{path}"),
            "`optional_part` gets a text that is not in a message, or has no literals",
        ),
        (
            acme().claim("sha256", "{sha256}"),
            "`claim`, `require_expiry` or a location in a claim needs a JSON web token",
        ),
        (
            acme().signed_items("items").id(Location::json("id")),
            "`signed_items` is set, and a value of the delivery is in the body",
        ),
        (acme().id_header("x id"), "a name is not allowed in HTTP"),
        (
            acme()
                .algorithm(Algorithm::HmacSha256)
                .secret_encoding(SecretEncoding::PublicKey(
                    tower_webhook::scheme::PublicKeyForm::Pem,
                )),
            "the key and the algorithm are of different kinds",
        ),
        (
            acme().signature_format(SignatureFormat::key_values("a b=")),
            "a key contains a separator of its list",
        ),
        (
            acme().signature_prefix(""),
            "the prefix is empty or not visible ASCII",
        ),
        (
            acme()
                .algorithm(Algorithm::Sha256SecretBeforeBody)
                .message("{json:id}.{body}"),
            "a part of the text before the secret is in the body",
        ),
        (
            acme().message("{id}.{body}"),
            "the message contains an ID without a location",
        ),
        (Scheme::builder("acme"), "the signature has no location"),
        (
            acme()
                .id_header("x-id")
                .timestamp_header("x-time")
                .message("{id}{timestamp}.{body}")
                .danger_allow_ambiguous_message(),
            "an ID or a timestamp could be divided in another way",
        ),
        (
            acme().id_header("x-id").id_characters("-_", 1..=64),
            "`id_characters` applies to a signed ID only",
        ),
        (
            acme().tolerance(Duration::from_secs(60)),
            "another setting makes this one ineffective",
        ),
        (
            acme().message("{timestamp}.{body}"),
            "the message contains a timestamp without a location",
        ),
        (
            acme().message("nothing"),
            "the message does not cover the body, or covers it twice",
        ),
        (
            acme()
                .signature_format(SignatureFormat::key_values("v1"))
                .timestamp_key("v1")
                .message("{timestamp}.{body}"),
            "`timestamp_key` is the key of the signature",
        ),
        (
            acme().require_header("x-acme-signature", "1"),
            "`require_header` is called for a header that differs in each delivery, or twice",
        ),
        (
            acme().require_header("x-version", ""),
            "`require_header` gets a value that a header cannot have",
        ),
        (
            acme().encoding(Encoding::Text),
            "a signature is never text, and a token is not hex",
        ),
        (
            acme().id_header("x-acme-signature").message("{id}.{body}"),
            "two values have the same location",
        ),
        (
            Scheme::builder("acme").signature(Location::json("sig")),
            "the signature would cover itself",
        ),
        (
            Scheme::builder("acme")
                .signature(Location::query("sig"))
                .signature_format(SignatureFormat::key_values("v1"))
                .timestamp_key("t")
                .message("{timestamp}.{body}"),
            "`timestamp_key` is set, and a signature is not in a header",
        ),
        (
            acme().timestamp_key("t").message("{timestamp}.{body}"),
            "`timestamp_key` is set, and the signature is a single value",
        ),
        (
            acme()
                .signature_format(SignatureFormat::key_values("v1"))
                .timestamp_key("t")
                .timestamp_header("x-time")
                .message("{timestamp}.{body}"),
            "the timestamp has two locations",
        ),
        (
            acme().message("{nonce}.{body}"),
            "the message contains an unknown token",
        ),
        (
            acme().message("{body"),
            "the message contains a single brace",
        ),
    ];
    let rows = rows.into_iter();
    rows.map(|(builder, when)| row(scheme_error(builder), when, ""))
        .collect()
}

// Secrets.

fn key_errors() -> Vec<Row> {
    let standard = |secret: &str| {
        let error = WebhookLayer::new(providers::standard_webhooks(), Secret::new(secret).unwrap());
        match error.unwrap_err() {
            SetupError::Key(error) => show(error.kind(), &error),
            other => panic!("{other}"),
        }
    };
    let of = |secret: Result<Secret, tower_webhook::KeyError>| {
        let error = secret.unwrap_err();
        show(error.kind(), &error)
    };
    let private = {
        let scheme = acme()
            .algorithm(Algorithm::Ed25519)
            .encoding(Encoding::Hex)
            .secret_encoding(SecretEncoding::PublicKey(
                tower_webhook::scheme::PublicKeyForm::Hex,
            ));
        let error = Signer::new(scheme.build().unwrap(), secret()).unwrap_err();
        match error {
            SetupError::Key(error) => show(error.kind(), &error),
            other => panic!("{other}"),
        }
    };
    let directory = env::temp_dir().join(format!("tower-webhook-errors-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = directory.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let at = |(kind, text): (String, String)| {
        (
            kind,
            text.replace(directory.to_str().unwrap(), "/run/secrets"),
        )
    };
    let rows = vec![
        row(
            at(of(Secret::from_file(file("empty", b"\n")))),
            "the secret has no bytes",
            "",
        ),
        row(
            standard("not base64!"),
            "the secret cannot be decoded for this scheme",
            "Copy the whole secret from the provider's console.",
        ),
        row(private, "`Signer::new` needs a private key for Ed25519", ""),
        row(
            of(Secret::from_env("GITHUB_WEBHOOK_SECRET_UNSET")),
            "`Secret::from_env`",
            "Set the variable in the environment of the process.",
        ),
        row(
            at(of(Secret::from_file(file("binary", b"\xff")))),
            "`Secret::from_env` and `Secret::from_file` read text",
            "Encode the secret as the provider shows it, or use `Secret::from_bytes`.",
        ),
        row(
            of(Secret::new(" secret")),
            "a copied secret often has a newline at its end",
            "",
        ),
        row(
            at(of(Secret::from_file(file("long", &[b'a'; 70_000])))),
            "the file is too long for a secret",
            "",
        ),
        row(
            at(of(Secret::from_file(directory.join("missing")))),
            "the file cannot be opened or read",
            "Check that the file exists and that the process may read it.",
        ),
        row(
            of(Secret::from_bytes([0; 32])),
            "a placeholder was configured",
            "",
        ),
    ];
    fs::remove_dir_all(&directory).unwrap();
    rows
}

// Public URLs.

fn public_url_errors() -> Vec<Row> {
    let of = |url: Result<PublicUrl, tower_webhook::public_url::PublicUrlError>| {
        let error = url.unwrap_err();
        show(error.kind(), &error)
    };
    let missing = match WebhookLayer::new(providers::square(), secret()).unwrap_err() {
        SetupError::PublicUrl(error) => show(error.kind(), &error),
        other => panic!("{other}"),
    };
    let base = ["https://a.example"];
    let peer = |_: tower_webhook::RequestHead<'_>| None;
    vec![
        row(
            of(PublicUrl::fixed("a.example")),
            "the URL has no scheme, or a part that a base cannot have",
            "",
        ),
        row(
            of(PublicUrl::danger_trust_proxy(
                base,
                ["local"],
                ForwardedHeaders::XForwarded,
                peer,
            )),
            "a network or an address is malformed",
            "",
        ),
        row(missing, "the scheme signs the URL", ""),
        row(
            of(PublicUrl::by_host([""; 0])),
            "`PublicUrl::by_host` or `danger_trust_proxy` gets no URL",
            "",
        ),
        row(
            of(PublicUrl::danger_trust_proxy(
                base,
                [""; 0],
                ForwardedHeaders::XForwarded,
                peer,
            )),
            "`danger_trust_proxy` gets no network",
            "",
        ),
        row(
            of(PublicUrl::by_host([
                "https://a.example",
                "https://a.example/b",
            ])),
            "the host alone selects the URL",
            "",
        ),
    ]
}

// Setup.

fn setup_errors() -> Vec<Row> {
    let of = |error: SetupError| show(&error, &error);
    let layer = |provider: Provider| of(WebhookLayer::new(provider, secret()).unwrap_err());
    let detached = Scheme::builder("acme")
        .signature_header("x-acme-signature")
        .signature_format(SignatureFormat::detached_jws())
        .build()
        .unwrap();
    let scheme = Scheme::builder("acme").build().unwrap_err();
    let no_signer = |provider: Provider| of(Signer::new(provider, secret()).unwrap_err());
    let diagnosed = WebhookLayer::new(providers::github(), secret()).unwrap();
    let keys = Secret::new(" ").unwrap_err();
    vec![
        row(
            no_signer(detached.into()),
            "`Signer::new` or `TestSender::new` gets such a scheme",
            "",
        ),
        row(
            layer(providers::github().with_methods([Method::TRACE])),
            "`CONNECT` and `TRACE` requests have no content",
            "",
        ),
        row(
            of(keys.into()),
            "a secret is invalid; the text is that of `KeyError`",
            "",
        ),
        row(
            layer(providers::meta().with_setting("verify_token", "")),
            "a handshake uses the setting",
            "",
        ),
        row(
            layer(providers::livekit()),
            "the scheme signs the setting",
            "",
        ),
        row(
            of(diagnosed
                .clone()
                .tolerance(Duration::from_secs(1))
                .unwrap_err()),
            "the setting would be ignored; the text names the reason",
            "",
        ),
        row(
            layer(providers::github().with_methods([])),
            "`with_methods` gets an empty list",
            "",
        ),
        row(
            of(
                WebhookLayer::with_remote_keys(providers::github(), RemoteKeys::new(NoKeys))
                    .unwrap_err(),
            ),
            "`with_remote_keys` gets such a provider",
            "",
        ),
        row(
            no_signer(providers::sendgrid()),
            "`Signer::new` or `TestSender::new` gets such a scheme",
            "Test with a recorded delivery.",
        ),
        row(
            layer(providers::square()),
            "the public URL is missing or invalid; the text is that of `PublicUrlError`",
            "",
        ),
        row(
            of(scheme.into()),
            "the scheme is contradictory; the text is that of `SchemeError`",
            "",
        ),
        row(
            of(diagnosed.diagnose(|_| {}).unwrap_err()),
            "`WebhookLayer::diagnose` is called",
            "",
        ),
        row(
            layer(providers::meta().with_setting("verify-token", "a")),
            "the name is misspelt, or the setting belongs to another provider",
            "",
        ),
    ]
}

// Signing.

fn sign_errors() -> Vec<Row> {
    let error = |provider: Provider, keys: Keys, id: &str, request: &mut Request<Bytes>| {
        let signer = Signer::new(provider, keys).unwrap();
        let error = signer.sign(request, id, at(NOW)).unwrap_err();
        show(&error, &error)
    };
    let post = || {
        Request::post("/webhook")
            .body(Bytes::from_static(b"{}"))
            .unwrap()
    };
    let of = |scheme: SchemeBuilder, id: &str| {
        error(
            scheme.build().unwrap().into(),
            Keys::new(secret()),
            id,
            &mut post(),
        )
    };
    let id = || acme().id_header("x-id").message("{id}.{body}");
    let expired = Keys::new(secret().not_after(at(NOW - 1)));
    // The padding of SHA-256 after the secret.
    let mut padded = vec![0x80];
    padded.resize(64 - secret_length() - 8, 0);
    padded.extend((8 * secret_length() as u64).to_be_bytes());
    padded.push(b'a');
    let mut request = Request::post("/").body(Bytes::from(padded)).unwrap();
    let first = acme()
        .algorithm(Algorithm::Sha256SecretFirst)
        .build()
        .unwrap();
    vec![
        row(
            error(providers::github(), expired, "1", &mut post()),
            "every secret is past its `not_after`",
            "",
        ),
        row(of(id(), ""), "the scheme has an ID", ""),
        row(
            of(acme().message("{url}\n{body}"), "1"),
            "the scheme signs the URL",
            "",
        ),
        row(
            error(first.into(), Keys::new(secret()), "1", &mut request),
            "the algorithm is `Sha256SecretFirst`",
            "Change the body.",
        ),
        row(
            of(id(), "1 "),
            "HTTP would change the value, or does not allow it",
            "Remove whitespace and control characters from the value.",
        ),
        row(
            of(acme().message("{json:event}.{body}"), "1"),
            "a part of the signed text is missing or ambiguous; the text is that of the rejection",
            "",
        ),
    ]
}

fn secret_length() -> usize {
    "It's a Secret to Everybody".len()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

// Rejections.

type Text = (String, String);

type Headers = &'static [(&'static str, &'static str)];

fn layer(provider: impl Into<Provider>) -> WebhookLayer {
    let clock = || at(NOW);
    WebhookLayer::new(provider, secret()).unwrap().clock(clock)
}

fn custom(scheme: SchemeBuilder) -> WebhookLayer {
    layer(scheme.build().unwrap())
}

fn post(headers: &[(&'static str, &str)], body: &str) -> Request<Full<Bytes>> {
    let mut request = Request::post("https://hooks.example.com/webhook");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::from(body.to_owned())).unwrap()
}

/// A delivery that [`secret`] has signed.
fn signed(provider: impl Into<Provider>, time: u64, body: &str) -> Request<Bytes> {
    let signer = Signer::new(provider, secret()).unwrap();
    let mut request = post(&[], "").map(|_| Bytes::copy_from_slice(body.as_bytes()));
    signer.sign(&mut request, "1", at(time)).unwrap();
    request
}

fn full(request: Request<Bytes>) -> Request<Full<Bytes>> {
    request.map(Full::new)
}

/// The rejection of a request.
async fn reject<B>(layer: WebhookLayer, request: Request<B>) -> Text
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let inner = service_fn(async |_: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    rejection(&layer.layer(inner).oneshot(request).await.unwrap())
}

fn rejection<B>(response: &Response<B>) -> Text {
    let rejection = response.extensions().get::<Rejection>();
    let kind = rejection.expect("a rejection").kind();
    show(kind, kind)
}

#[derive(Clone)]
struct NoKeys;

impl KeyFetcher for NoKeys {
    type Error = io::Error;

    async fn fetch(&self, _: KeyRequest) -> Result<Option<FetchedKeys>, io::Error> {
        Ok(None)
    }
}

/// A store with one answer to every claim, or none.
struct Fixed(Option<ClaimResult>);

impl DedupeStore for Fixed {
    type Error = Infallible;

    async fn claim(
        &self,
        _: DedupeKey,
        _: LeaseToken,
        _: Duration,
    ) -> Result<ClaimResult, Infallible> {
        match self.0 {
            Some(result) => Ok(result),
            None => std::future::pending().await,
        }
    }

    async fn renew(&self, _: DedupeKey, _: LeaseToken, _: Duration) -> Result<bool, Infallible> {
        Ok(true)
    }

    async fn complete(&self, _: DedupeKey, _: LeaseToken, _: Duration) -> Result<bool, Infallible> {
        Ok(true)
    }

    async fn release(&self, _: DedupeKey, _: LeaseToken) -> Result<(), Infallible> {
        Ok(())
    }
}

struct BrokenStore;

impl DedupeStore for BrokenStore {
    type Error = io::Error;

    async fn claim(
        &self,
        _: DedupeKey,
        _: LeaseToken,
        _: Duration,
    ) -> Result<ClaimResult, io::Error> {
        Err(io::Error::other("connection refused"))
    }

    async fn renew(&self, _: DedupeKey, _: LeaseToken, _: Duration) -> Result<bool, io::Error> {
        Ok(false)
    }

    async fn complete(&self, _: DedupeKey, _: LeaseToken, _: Duration) -> Result<bool, io::Error> {
        Ok(false)
    }

    async fn release(&self, _: DedupeKey, _: LeaseToken) -> Result<(), io::Error> {
        Ok(())
    }
}

/// The rejection of a delivery by the layer for deduplication.
async fn deduplicate(dedupe: DedupeLayer, outer: Option<WebhookLayer>) -> Text {
    let inner = service_fn(async |_: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let request = full(signed(providers::github(), NOW, "{}"));
    if let Some(outer) = outer {
        return rejection(
            &outer
                .layer(dedupe.layer(inner))
                .oneshot(request)
                .await
                .unwrap(),
        );
    }
    let inner = service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    rejection(&dedupe.layer(inner).oneshot(request).await.unwrap())
}

/// A signature in the format of Square, and a wrong one.
const SQUARE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn zeros(more: Headers) -> Request<Full<Bytes>> {
    let mut request = post(&[("x-acme-signature", ZEROS)], "{}");
    for (name, value) in more {
        request
            .headers_mut()
            .append(*name, HeaderValue::from_static(value));
    }
    request
}

fn sign_challenges() -> Provider {
    let handshake = Handshake::unsigned("challenge", Method::GET)
        .challenge(
            Location::query("challenge"),
            ChallengeCharset::Token,
            1..=64,
        )
        .text([ResponsePart::Mac]);
    Provider::from(acme().build().unwrap()).with_handshake(handshake)
}

fn paypal(url: Option<&str>, keys: RemoteKeys) -> (WebhookLayer, Request<Full<Bytes>>) {
    let provider = providers::paypal().with_setting("webhook_id", "4JH86294D6297924G");
    let layer = WebhookLayer::with_remote_keys(provider, keys).unwrap();
    let mut request = post(
        &[
            (
                "paypal-transmission-id",
                "dfb3be50-fd74-11e4-8bf3-77339302725b",
            ),
            ("paypal-transmission-time", "2026-01-15T12:00:00Z"),
            ("paypal-auth-algo", "SHA256withRSA"),
            (
                "paypal-transmission-sig",
                "thy4/U002quzxFavHPwbfJGcc46E8rc5jzgyeafWm5mICTBdY/8rl7WJpn8JA0GKA+oDTPsSruqusw+XXg5RLAP7ip53Euh9Xu3UbUhQFX7UgwzE2FeYoY6lyRMiiiQLzy9BvHfIzNIVhPad4KnC339dr6y2l+mN8ALgI4GCdIh3/SoJO5wE64Bh/ueWtt8EVuvsvXfda2Le5a2TrOI9vLEzsm9GS79hAR/5oLexNz8UiZr045Mr5ObroH4w4oNfmkTaDk9Rj0G19uvISs5QzgmBpauKr7Nw++JI0pr/v5mFctQkoWJSGfBGzPRXawrvIIVHQ9Wer48GR2g9ZiApWg==",
            ),
        ],
        "{}",
    );
    if let Some(url) = url {
        request
            .headers_mut()
            .insert("paypal-cert-url", url.parse().unwrap());
    }
    (layer.clock(|| at(NOW)), request)
}

#[expect(clippy::too_many_lines, reason = "a table")]
async fn rejections() -> Vec<Row> {
    let github = || layer(providers::github());
    let time = || {
        acme()
            .timestamp_header("x-time")
            .message("{timestamp}.{body}")
    };
    let mut rows = Vec::new();
    let mut add = |text: Text, when, fix| rows.push((text.0, text.1, when, fix));

    add(
        reject(github(), post(&[], "{}")).await,
        "the value is missing or empty",
        "Configure the secret at the provider, and check that proxies forward the header.",
    );
    add(
        reject(
            github(),
            post(&[("x-hub-signature-256", "sha256=no")], "{}"),
        )
        .await,
        "the value is not a signature of this scheme",
        "Check that the request comes from this provider.",
    );
    let list = format!("v1={ZEROS},").repeat(1000);
    let listed = acme().signature_format(SignatureFormat::key_values("v1"));
    add(
        reject(
            custom(listed.clone()),
            post(&[("x-acme-signature", &list)], "{}"),
        )
        .await,
        "a sender with a few keys does not send this many",
        "",
    );
    add(
        reject(custom(acme().require_header("x-version", "1")), zeros(&[])).await,
        "a header for the version or the algorithm differs, or the token names another algorithm",
        "Configure the version at the provider.",
    );
    add(
        reject(custom(acme()), zeros(&[])).await,
        "no configured key verifies the signature",
        "Run `examples/doctor.rs` on a saved delivery, or call `WebhookLayer::diagnose`.",
    );
    let livekit = || providers::livekit().with_setting("api_key", "key");
    let mut token = signed(livekit(), NOW, "{}");
    *token.body_mut() = Bytes::from_static(b"[]");
    add(
        reject(layer(livekit()), full(token)).await,
        "the token is for another body, sender or receiver",
        "",
    );
    let old = Secret::new("an old secret")
        .unwrap()
        .label("2025-11")
        .not_after(at(NOW - 1));
    let keys = Keys::new(secret()).previous(old);
    let mut request = post(&[], "").map(|_| Bytes::from_static(b"{}"));
    let old = Secret::new("an old secret").unwrap();
    Signer::new(providers::github(), old)
        .unwrap()
        .sign(&mut request, "1", at(NOW))
        .unwrap();
    let expired = WebhookLayer::new(providers::github(), keys)
        .unwrap()
        .clock(|| at(NOW));
    add(
        reject(expired, full(request)).await,
        "the key is past its `Secret::not_after`",
        "",
    );
    let meta = || layer(providers::meta().with_setting("verify_token", "a-verify-token"));
    let get = |query: &str| {
        let uri = format!("https://hooks.example.com/webhook?hub.mode=subscribe&{query}");
        Request::get(uri).body(Full::<Bytes>::default()).unwrap()
    };
    add(
        reject(meta(), get("hub.verify_token=another&hub.challenge=1")).await,
        "the handshake has another token",
        "Enter the same token at the provider and in `Provider::with_setting`.",
    );
    let asana = |accept: Result<Acceptance, &'static str>| {
        let handler = move |_: HandshakeData| std::future::ready(accept);
        layer(providers::asana())
            .on_handshake_data(handler)
            .unwrap()
    };
    let hook = || {
        post(
            &[("x-hook-secret", "b537207f20cbfa02357cf448134da559")],
            "{}",
        )
    };
    add(
        reject(asana(Ok(Acceptance::Reject)), hook()).await,
        "the callback of `on_handshake_data` returned `Acceptance::Reject`",
        "",
    );
    let challenge = signed(sign_challenges(), NOW, "challenge");
    add(
        reject(layer(sign_challenges()), full(challenge)).await,
        "any client can obtain this signature with a handshake",
        "",
    );
    let source = |_: RequestHead<'_>| std::future::ready(Ok::<_, Infallible>(None));
    let unknown = WebhookLayer::with_key_source(providers::github(), source).unwrap();
    add(
        reject(unknown, full(signed(providers::github(), NOW, "{}"))).await,
        "the `KeySource` returned `None`",
        "",
    );
    let (remote, request) = paypal(None, RemoteKeys::new(NoKeys));
    add(
        reject(remote, request).await,
        "the delivery does not name its key",
        "",
    );
    let (remote, request) = paypal(Some("https://evil.example/cert"), RemoteKeys::new(NoKeys));
    add(
        reject(remote, request).await,
        "the delivery names a key on another host or path; nothing was fetched",
        "",
    );
    add(
        reject(custom(time()), zeros(&[])).await,
        "the value is missing or empty",
        "",
    );
    add(
        reject(custom(time()), zeros(&[("x-time", "today")])).await,
        "the value is not a timestamp of this scheme",
        "",
    );
    let signed_at = |time: u64, scheme: SchemeBuilder| signed(scheme.build().unwrap(), time, "{}");
    add(
        reject(custom(time()), full(signed_at(NOW - 3600, time()))).await,
        "the delivery is old, or a clock is wrong",
        "Synchronise the clock, or raise `WebhookLayer::tolerance`.",
    );
    add(
        reject(custom(time()), full(signed_at(NOW + 3600, time()))).await,
        "a clock is wrong",
        "Synchronise the clock.",
    );
    add(
        reject(
            layer(livekit()),
            full(signed(livekit(), NOW - 86_400, "{}")),
        )
        .await,
        "the token is past its `exp`",
        "Synchronise the clock.",
    );
    add(
        reject(
            layer(livekit()),
            full(signed(livekit(), NOW + 86_400, "{}")),
        )
        .await,
        "the token is before its `nbf`",
        "Synchronise the clock.",
    );
    add(
        reject(custom(acme()), zeros(&[("x-acme-signature", "00")])).await,
        "two values that differ are ambiguous",
        "Check that no proxy adds the header.",
    );
    let stripe = format!("t=1,t=2,v1={ZEROS}");
    add(
        reject(
            layer(providers::stripe()),
            post(&[("stripe-signature", &stripe)], "{}"),
        )
        .await,
        "a list of signatures has one timestamp",
        "",
    );
    add(
        reject(
            custom(acme().message("{header:x-tenant}.{body}")),
            zeros(&[]),
        )
        .await,
        "a signed header, or `Host` for a signed URL, is missing",
        "Check that proxies forward the header.",
    );
    add(
        reject(custom(acme()), zeros(&[("content-length", "many")])).await,
        "the value is not what this header contains",
        "",
    );
    let square = |url| layer(providers::square().with_public_url(url));
    let fixed = || PublicUrl::fixed("https://hooks.example.com").unwrap();
    let mut request = post(&[("x-square-hmacsha256-signature", SQUARE)], "{}");
    *request.uri_mut() = "*".parse().unwrap();
    add(
        reject(square(fixed()), request).await,
        "the scheme signs the URL, and the target is `*` or an authority",
        "",
    );
    let id = || acme().id_header("x-id").message("{id}.{body}");
    add(
        reject(custom(id()), zeros(&[("x-id", "a.b")])).await,
        "another request could have the same signed text",
        "",
    );
    let form = || {
        acme()
            .id_header("x-id")
            .id_characters("-_", 3..=3)
            .message("{id}{body}")
    };
    add(
        reject(custom(form()), zeros(&[("x-id", "a.b.c")])).await,
        "`SchemeBuilder::id_characters` does not allow this ID",
        "",
    );
    let by_host = PublicUrl::by_host(["https://a.example"]).unwrap();
    add(
        reject(
            square(by_host),
            post(&[("x-square-hmacsha256-signature", SQUARE)], "{}"),
        )
        .await,
        "the request names a host that is not in `PublicUrl::by_host`",
        "Add the host to the list if the provider uses it.",
    );
    let mut request = post(&[], "{}");
    *request.method_mut() = Method::PUT;
    add(
        reject(github(), request).await,
        "the provider does not use the method",
        "If it does, call `Provider::with_methods`.",
    );
    add(
        reject(custom(acme()).body_limit(1), zeros(&[])).await,
        "the body, or its `Content-Length`, is too long",
        "Raise `WebhookLayer::body_limit`.",
    );
    let silent = StreamBody::new(futures_util::stream::pending::<
        io::Result<http_body::Frame<Bytes>>,
    >());
    let deadline = custom(acme()).body_deadline(Duration::from_millis(1));
    add(
        reject(deadline, zeros(&[]).map(|_| silent)).await,
        "the sender is slow",
        "Raise `WebhookLayer::body_deadline` for long bodies.",
    );
    let broken =
        futures_util::stream::iter([Err::<http_body::Frame<Bytes>, _>(io::Error::other("reset"))]);
    add(
        reject(custom(acme()), zeros(&[]).map(|_| StreamBody::new(broken))).await,
        "the client disconnected; the log has the cause",
        "",
    );
    let limited = zeros(&[]).map(|body| Limited::new(body, 1));
    add(
        reject(custom(acme()), limited).await,
        "a layer such as tower-http's `RequestBodyLimitLayer` has a lower limit",
        "Raise the limit of that layer.",
    );
    let member = acme().message("{json:event}.{body}");
    add(
        reject(custom(member), zeros(&[])).await,
        "the scheme signs a part of the body that the request does not have",
        "Check that the request comes from this provider.",
    );
    add(
        reject(
            meta(),
            get("hub.verify_token=a-verify-token&hub.challenge=1&hub.challenge=2"),
        )
        .await,
        "the request is a handshake, but its challenge cannot be answered",
        "",
    );
    let mut trailers = HeaderMap::new();
    trailers.insert(
        HeaderName::from_static("x-trailer"),
        HeaderValue::from_static("1"),
    );
    let request = full(signed(providers::github(), NOW, "{}"));
    let request = request.map(|body| body.with_trailers(std::future::ready(Some(Ok(trailers)))));
    add(
        reject(github().reject_trailers(), request).await,
        "`WebhookLayer::reject_trailers` is set",
        "",
    );
    add(
        reject(asana(Err("the database is down")), hook()).await,
        "the callback of `on_handshake_data` returned an error",
        "",
    );
    let source =
        |_: RequestHead<'_>| std::future::ready(Err(io::Error::other("the database is down")));
    let failing = WebhookLayer::with_key_source(providers::github(), source).unwrap();
    add(
        reject(failing, full(signed(providers::github(), NOW, "{}"))).await,
        "the `KeySource` returned an error, or a secret that does not fit the scheme",
        "",
    );
    let source = |_: RequestHead<'_>| std::future::pending::<Result<Option<Keys>, Infallible>>();
    let slow = WebhookLayer::with_key_source(providers::github(), source).unwrap();
    let slow = slow.key_deadline(Duration::from_millis(1)).unwrap();
    add(
        reject(slow, full(signed(providers::github(), NOW, "{}"))).await,
        "the `KeySource` is slow",
        "Raise `WebhookLayer::key_deadline`.",
    );
    let none = RemoteKeys::new(NoKeys).fetches_per_minute(0);
    let certificate =
        "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77";
    let (remote, request) = paypal(Some(certificate), none);
    add(
        reject(remote, request).await,
        "deliveries name too many keys that are not cached",
        "Raise `RemoteKeys::fetches_per_minute` if the deliveries are genuine.",
    );
    let in_flight = DedupeLayer::new(Fixed(Some(ClaimResult::InFlight)));
    add(
        deduplicate(in_flight, Some(github())).await,
        "the provider retried while the handler runs",
        "",
    );
    add(
        deduplicate(DedupeLayer::new(BrokenStore), Some(github())).await,
        "the store is unreachable or full",
        "",
    );
    let slow = DedupeLayer::new(Fixed(None)).store_deadline(Duration::from_millis(1));
    add(
        deduplicate(slow, Some(github())).await,
        "the store is slow",
        "Raise `DedupeLayer::store_deadline`.",
    );
    let memory = || DedupeLayer::new(MemoryStore::new(10));
    add(
        deduplicate(memory(), None).await,
        "the layers are in the wrong order",
        "",
    );
    add(
        no_dedupe_key(memory()).await,
        "the scheme is a token, or signs only values that recur",
        "",
    );
    rows
}

async fn no_dedupe_key(dedupe: DedupeLayer) -> Text {
    let inner = service_fn(async |_: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let request = full(signed(providers::gitlab(), NOW, "{}"));
    let service = layer(providers::gitlab()).layer(dedupe.layer(inner));
    rejection(&service.oneshot(request).await.unwrap())
}

// The page.

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', "\\n")
}

fn section(
    title: &str,
    kinds: &BTreeSet<String>,
    rows: &[Row],
    faults: &mut Vec<String>,
) -> String {
    let found: BTreeSet<_> = rows.iter().map(|row| row.0.clone()).collect();
    if found != *kinds {
        let missing: Vec<_> = kinds.difference(&found).collect();
        let unknown: Vec<_> = found.difference(kinds).collect();
        faults.push(format!(
            "{title}: without a row: {missing:?}; unknown: {unknown:?}"
        ));
    }
    let mut page =
        format!("## {title}\n\n| kind | text | when | what to do |\n| --- | --- | --- | --- |\n");
    for (kind, text, when, fix) in rows {
        if text.starts_with(char::is_uppercase) || text.ends_with('.') {
            faults.push(format!("{kind}: {text}"));
        }
        let row = format!("| `{kind}` | {} | {when} | {fix} |\n", cell(text));
        page.push_str(&row);
    }
    page.push('\n');
    page
}

/// The variants of `RejectionKind`, which a macro declares.
fn rejection_kinds() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rejection/kind.rs");
    let source = fs::read_to_string(path).unwrap();
    let rows = source.lines().filter(|line| line.ends_with("\","));
    let names = rows.filter_map(|line| line.split_once("=> ")?.1.split('"').nth(1));
    let variant = |name: &str| {
        name.split('_').fold(String::new(), |variant, word| {
            variant + &word[..1].to_uppercase() + &word[1..]
        })
    };
    let mut kinds: BTreeSet<_> = names.map(variant).collect();
    // `tests/layer/responses.rs` produces it. It needs a second upload that does not end.
    kinds.remove("MemoryBudgetExceeded");
    kinds
}

/// The variants of `SignError` that `Signer::sign` returns.
fn sign_kinds() -> BTreeSet<String> {
    let mut kinds = variants("src/signer/error.rs", "SignError");
    // Only `SignLayer` returns it; see `tests/sender/sign.rs`.
    kinds.remove("TooLarge");
    kinds
}

#[tokio::test]
async fn errors_are_those_of_the_page() {
    let sections = [
        (
            "Schemes: `SchemeErrorKind`",
            variants("src/scheme/error.rs", "SchemeErrorKind"),
            scheme_errors(),
        ),
        (
            "Secrets: `KeyErrorKind`",
            variants("src/secret/error.rs", "KeyErrorKind"),
            key_errors(),
        ),
        (
            "Public URLs: `PublicUrlErrorKind`",
            variants("src/public_url/error.rs", "PublicUrlErrorKind"),
            public_url_errors(),
        ),
        (
            "Setup: `SetupError`",
            variants("src/setup.rs", "SetupError"),
            setup_errors(),
        ),
        (
            "Rejections: `RejectionKind`",
            rejection_kinds(),
            rejections().await,
        ),
        ("Signing: `SignError`", sign_kinds(), sign_errors()),
    ];
    let mut page = INTRODUCTION.to_owned();
    let mut faults = Vec::new();
    for (title, kinds, rows) in &sections {
        page.push_str(&section(title, kinds, rows, &mut faults));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ERRORS.md");
    let page = page.trim_end().to_owned() + "\n";
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(faults, [""; 0]);
    let current = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == page,
        "docs/ERRORS.md: UPDATE_DOCS=1 cargo test --test project"
    );
}
