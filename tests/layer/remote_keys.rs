//! Keys that a provider publishes, fetched over HTTPS from a server on this machine that has the
//! names of the real ones.

use std::{
    collections::HashMap,
    error::Error,
    future::{Future, pending},
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::{body::Incoming, server::conn::http1 as server, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};
use tower_webhook::{
    RemoteVerifier, SetupError, WebhookLayer,
    keys::{FetchedKeys, KeyFetcher, KeyRequest, RemoteKeys},
    providers::{self, Provider},
    rejection::{RejectionClass, RejectionKind},
};
use tracing_subscriber::filter::LevelFilter;

use crate::support::{
    self, Delivery, Expected, Log, NOW, Report, Rig, TestClock, Vector, at, send, test_clock,
    vectors,
};

type BoxError = Box<dyn Error + Send + Sync>;

/// What is published where, and what was asked for.
#[derive(Clone, Default)]
struct Site {
    documents: Arc<Mutex<HashMap<String, (StatusCode, String)>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn publish(&self, url: &str, document: impl Into<String>) {
        self.answer(url, StatusCode::OK, document);
    }

    fn answer(&self, url: &str, status: StatusCode, document: impl Into<String>) {
        let document = (status, document.into());
        self.documents.lock().unwrap().insert(url.into(), document);
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn serve(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let host = request.headers()["host"].to_str().unwrap();
        let target = request.uri().path_and_query().unwrap();
        let url = format!("https://{host}{target}");
        self.asked.lock().unwrap().push(url.clone());
        let found = self.documents.lock().unwrap().get(&url).cloned();
        let (status, document) = found.unwrap_or((StatusCode::NOT_FOUND, String::new()));
        let response = Response::builder().status(status);
        response.body(Full::from(document)).unwrap()
    }

    /// Serves over TLS, and gives a client that takes every host to be there.
    async fn open(&self) -> Client {
        const CERTIFICATE: &[u8] = include_bytes!("../tls/server.pem");
        const KEY: &[u8] = include_bytes!("../tls/server.key");

        let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certificate], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, site) = (acceptor.clone(), site.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let service = service_fn(move |request| {
                        let response = site.serve(&request);
                        async move { Ok::<_, std::convert::Infallible>(response) }
                    });
                    let connection = server::Builder::new();
                    let _ = connection
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Client::trusting(include_bytes!("../tls/ca.pem"), address)
    }
}

/// Fetches over TLS, from one address whatever the host.
#[derive(Clone)]
struct Client {
    connector: TlsConnector,
    address: SocketAddr,
}

impl Client {
    fn trusting(authority: &[u8], address: SocketAddr) -> Self {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(authority).unwrap();
        roots.add(authority).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots);
        let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
        Self { connector, address }
    }
}

impl KeyFetcher for Client {
    type Error = BoxError;

    async fn fetch(&self, request: KeyRequest) -> Result<Option<FetchedKeys>, BoxError> {
        let url = request.url();
        let host = url.host().ok_or("no host")?.to_owned();
        let mut target = url.path().to_owned();
        if let Some(id) = request.key_id() {
            target = format!("{target}?id={id}");
        }
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from(host.clone())?;
        let stream = self.connector.connect(name, stream).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::get(target).header("host", host);
        let response = sender
            .send_request(request.body(Empty::<Bytes>::new())?)
            .await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(format!("answered {status}").into()),
        }
        let body = Limited::new(response.into_body(), FetchedKeys::MOST + 1);
        let body = body.collect().await?.to_bytes();
        Ok(Some(FetchedKeys::new(body)))
    }
}

/// What a delivery of a vector needs to be published, and where.
fn published(provider: &str, case: &Vector) -> (String, String) {
    let key = case.public_key.clone().unwrap();
    let header = |name: &str| {
        let mut headers = case.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    match provider {
        "aws_sns" | "aws_sns_sha1" => {
            let body: serde_json::Value = serde_json::from_slice(&case.body()).unwrap();
            (body["SigningCertURL"].as_str().unwrap().into(), key)
        }
        "paypal" => (header("paypal-cert-url").unwrap(), key),
        "plaid" => {
            let url = "https://production.plaid.com/webhook_verification_key/get?id=";
            (
                format!("{url}{}", case.config["kid"]),
                format!(r#"{{"key":{key}}}"#),
            )
        }
        "google_pubsub_jwt" => (
            "https://www.googleapis.com/oauth2/v3/certs".into(),
            format!(r#"{{"keys":[{key}]}}"#),
        ),
        "truelayer" => (
            "https://webhooks.truelayer.com/.well-known/jwks".into(),
            format!(r#"{{"keys":[{key}]}}"#),
        ),
        other => panic!("{other} publishes no keys"),
    }
}

fn layer(case: &Vector, provider: Provider, keys: RemoteKeys) -> WebhookLayer {
    let clock = test_clock();
    clock.set(at(case.now));
    let layer = WebhookLayer::with_remote_keys(provider, keys)
        .unwrap()
        .clock(clock);
    match case.tolerance {
        support::Tolerance::Own => layer,
        support::Tolerance::Any => {
            let tolerant = layer.clone().tolerance(Duration::MAX);
            tolerant.unwrap_or(layer)
        }
        support::Tolerance::Seconds(seconds) => {
            layer.tolerance(Duration::from_secs(seconds)).unwrap()
        }
    }
}

const PUBLISHING: &[&str] = &[
    "aws_sns",
    "aws_sns_sha1",
    "google_pubsub_jwt",
    "paypal",
    "plaid",
    "truelayer",
];

/// The first delivery of a provider that is accepted.
fn genuine(provider: &str) -> Vector {
    let mut files = vectors().into_iter();
    let file = files.find(|file| file.provider == provider).unwrap();
    let mut cases = file.cases.into_iter();
    cases.find(|case| case.expect == Expected::Accept).unwrap()
}

/// The provider of a vector, with its settings.
fn provider(name: &str, case: &Vector) -> Provider {
    case.verifier(name, case.keys()).provider().clone()
}

#[tokio::test]
async fn every_delivery_is_judged_by_published_keys_as_by_given_ones() {
    let mut report = Report::default();
    for file in vectors() {
        if !PUBLISHING.contains(&&*file.provider) {
            continue;
        }
        let site = Site::default();
        let keys = RemoteKeys::new(site.open().await);
        let mut urls = Vec::new();
        for case in file.cases.iter().filter(|case| case.public_key.is_some()) {
            let (url, document) = published(&file.provider, case);
            site.publish(&url, document);
            urls.push(url);
            let layer = layer(case, provider(&file.provider, case), keys.clone());
            let rig = Rig::new(layer, case.delivery());
            let answer = send(&rig.service, case.delivery().request()).await;
            let accepted = answer.rejection.is_none();
            assert_eq!(rig.inner.calls(), usize::from(accepted), "{answer:?}");
            report.note(if accepted == (case.expect == Expected::Accept) {
                Ok(())
            } else {
                Err(format!("{}: {}: {answer:?}", file.provider, case.name))
            });
        }
        urls.sort();
        urls.dedup();
        assert!(
            site.asked() <= urls.len(),
            "{}: {:?}",
            file.provider,
            site.asked
        );
    }
    report.finish();
}

#[test]
fn the_providers_that_publish_keys_are_known() {
    let fetchers = providers::all().filter(|preset| {
        WebhookLayer::with_remote_keys(preset.provider(), RemoteKeys::new(Nothing))
            .err()
            .is_none_or(|error| !matches!(error, SetupError::NoRemoteKeys { .. }))
    });
    let fetchers: Vec<_> = fetchers.map(|it| it.name().replace('-', "_")).collect();
    let mut expected = PUBLISHING.to_vec();
    expected.sort_unstable();
    let mut fetchers: Vec<_> = fetchers.iter().map(String::as_str).collect();
    fetchers.sort_unstable();
    assert_eq!(fetchers, expected);

    let error = WebhookLayer::with_remote_keys(providers::github(), RemoteKeys::new(Nothing));
    assert_eq!(
        error.unwrap_err().to_string(),
        "scheme `github`: the provider publishes no keys that could be fetched; pass the keys to `WebhookLayer::new`"
    );
}

struct Nothing;

impl KeyFetcher for Nothing {
    type Error = BoxError;

    async fn fetch(&self, request: KeyRequest) -> Result<Option<FetchedKeys>, BoxError> {
        Err(format!(
            "nothing may be fetched, and {} was asked for",
            request.url()
        )
        .into())
    }
}

#[tokio::test]
async fn a_url_that_is_not_the_providers_is_not_fetched() {
    let paypal = genuine("paypal");
    let path = "/v1/notifications/certs/CERT-1";
    let urls = [
        String::new(),
        "nonsense".into(),
        format!("http://api.paypal.com{path}"),
        format!("ftp://api.paypal.com{path}"),
        format!("https://api.paypal.com:8443{path}"),
        format!("https://api.paypal.com:443@evil.example{path}"),
        format!("https://user@api.paypal.com{path}"),
        format!("https://user:pass@api.paypal.com{path}"),
        format!("https://evil.example{path}"),
        format!("https://evilpaypal.com{path}"),
        format!("https://paypal.com.evil.example{path}"),
        format!("https://api.paypal.com.{path}"),
        format!("https://.paypal.com{path}"),
        format!("https://a..paypal.com{path}"),
        format!("https://[::1]{path}"),
        format!("https://127.0.0.1{path}"),
        format!("https://localhost{path}"),
        format!("https://api.paypal.com\\@evil.example{path}"),
        format!("https://evil.example#.paypal.com{path}"),
        format!("https://evil.example?.paypal.com{path}"),
        format!("https://api.paypal.com{path}?to=evil.example"),
        format!("https://api.paypal.com{path}#x"),
        "https://api.paypal.com/".into(),
        "https://api.paypal.com/redirect?to=https://evil.example".into(),
        "https://api.paypal.com/v1/notifications/certs/../../redirect".into(),
        "https://api.paypal.com/v1/notifications/certs//CERT-1".into(),
        "https://api.paypal.com/v1/notifications/certs/./CERT-1".into(),
        "https://api.paypal.com/v1/notifications/certs/%2e%2e/redirect".into(),
        format!("https://{}.paypal.com{path}", "a".repeat(2000)),
        format!(" https://api.paypal.com{path}"),
    ];
    for url in urls {
        let layer = layer(
            &paypal,
            provider("paypal", &paypal),
            RemoteKeys::new(Nothing),
        );
        let delivery = paypal.delivery().set("paypal-cert-url", &url);
        let rig = Rig::new(layer, delivery.clone());
        let answer = send(&rig.service, delivery.request()).await;
        let kind = answer.kind();
        let wanted = ["KeyUrlNotAllowed", "MissingKeyUrl"];
        assert!(wanted.contains(&&*kind), "{url}: {answer:?}");
        assert_eq!(
            (answer.status.as_u16(), rig.inner.calls()),
            (403, 0),
            "{url}"
        );
    }

    let sns = genuine("aws_sns");
    let body = String::from_utf8(sns.body()).unwrap();
    let start = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-00112233445566778899aabbccddeeff.pem";
    assert!(body.contains(start));
    for url in [
        "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem",
        "https://sns.evil.example/SimpleNotificationService-0.pem",
        "https://sns.a.b.amazonaws.com/SimpleNotificationService-0.pem",
        "https://s3.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.s3-accelerate.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.us-east-1.amazonaws.com/bucket/SimpleNotificationService-0.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem?x=.pem",
        "https://sns.us-east-1.amazonaws.com/.pem",
        "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
    ] {
        let layer = layer(&sns, provider("aws_sns", &sns), RemoteKeys::new(Nothing));
        let delivery = sns.delivery().body(body.replace(start, url));
        let rig = Rig::new(layer, delivery.clone());
        let answer = send(&rig.service, delivery.request()).await;
        assert_eq!(answer.kind(), "KeyUrlNotAllowed", "{url}: {answer:?}");
    }

    let truelayer = genuine("truelayer");
    let layer = layer(
        &truelayer,
        provider("truelayer", &truelayer),
        RemoteKeys::new(Nothing),
    );
    let header = support::base64url_unpadded(
        br#"{"alg":"ES512","kid":"1","tl_version":"2","tl_headers":"X-Tl-Webhook-Timestamp","jku":"https://evil.example/.well-known/jwks"}"#,
    );
    let signature = support::base64url_unpadded(&[1; 132]);
    let delivery = truelayer
        .delivery()
        .set("tl-signature", format!("{header}..{signature}"));
    let rig = Rig::new(layer, delivery.clone());
    let answer = send(&rig.service, delivery.request()).await;
    assert_eq!(answer.kind(), "KeyUrlNotAllowed");
    assert_eq!(
        answer.rejection.unwrap().to_string(),
        "the key URL with the host `evil.example` is not one of the provider's"
    );
}

/// A configurable fetcher that does not use the network.
#[derive(Clone, Default)]
struct Scripted {
    answers: Arc<Mutex<Vec<Answer>>>,
    asked: Arc<Mutex<Vec<KeyRequest>>>,
}

#[derive(Clone)]
enum Answer {
    Document(String),
    For(Duration, String),
    Nothing,
    Fails,
    Hangs,
    Panics,
}

impl Scripted {
    /// The answers in turn; the last one from then on.
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self {
            answers: Arc::new(Mutex::new(answers)),
            ..Self::default()
        }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl KeyFetcher for Scripted {
    type Error = BoxError;

    fn fetch(
        &self,
        request: KeyRequest,
    ) -> impl Future<Output = Result<Option<FetchedKeys>, BoxError>> + Send {
        self.asked.lock().unwrap().push(request);
        let mut answers = self.answers.lock().unwrap();
        let answer = match &answers[..] {
            [last] => last.clone(),
            _ => answers.pop().unwrap(),
        };
        drop(answers);
        let future: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(async move {
            tokio::task::yield_now().await;
            match answer {
                Answer::Document(text) => Ok(Some(FetchedKeys::new(text))),
                Answer::For(age, text) => Ok(Some(FetchedKeys::new(text).max_age(age))),
                Answer::Nothing => Ok(None),
                Answer::Fails => Err("the network is down".into()),
                Answer::Hangs => pending().await,
                Answer::Panics => panic!("a fetcher with a mistake"),
            }
        });
        future
    }
}

/// Google's deliveries against a script, by a clock for how old documents are.
struct Google {
    fetcher: Scripted,
    clock: TestClock,
    rig: Rig,
    case: Vector,
}

fn jwk() -> String {
    genuine("google_pubsub_jwt").public_key.unwrap()
}

fn set(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

impl Google {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let fetcher = Scripted::new(answers);
        let clock = test_clock();
        clock.set(at(NOW));
        let keys = RemoteKeys::new(fetcher.clone()).clock(clock.clone());
        let case = genuine("google_pubsub_jwt");
        let layer = layer(&case, provider("google_pubsub_jwt", &case), keys);
        let rig = Rig::new(layer, case.delivery());
        Self {
            fetcher,
            clock,
            rig,
            case,
        }
    }

    async fn status(&self) -> u16 {
        let answer = send(&self.rig.service, self.case.delivery().request()).await;
        answer.status.as_u16()
    }

    /// A delivery whose token names another key.
    fn naming(&self, id: &str) -> Delivery {
        let delivery = self.case.delivery();
        let value = delivery.head.headers["authorization"].to_str().unwrap();
        let (_, rest) = value.split_once('.').unwrap();
        let header = format!(r#"{{"alg":"RS256","kid":"{id}"}}"#);
        let header = support::base64url_unpadded(header.as_bytes());
        let value = format!("Bearer {header}.{rest}");
        delivery.set("authorization", value)
    }
}

#[tokio::test]
async fn a_document_is_used_until_its_time_is_over() {
    use Answer::{Document, For};

    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let rows = [
        (
            "an hour where nothing is said",
            Document(set(&[jwk()])),
            3600,
        ),
        ("as long as it is said", For(minutes(7), set(&[jwk()])), 420),
        ("a minute at least", For(Duration::ZERO, set(&[jwk()])), 60),
        ("a day at most", For(Duration::MAX, set(&[jwk()])), 86_400),
    ];
    for (name, answer, life) in rows {
        let google = Google::new([answer]);
        for (seconds, asked) in [(0, 1), (life - 1, 1), (life, 2), (life + 1, 2)] {
            google.clock.set(at(NOW + seconds));
            assert_eq!(google.status().await, 200, "{name}");
            assert_eq!(google.fetcher.asked(), asked, "{name}: after {seconds} s");
        }
        // A clock that jumps back cannot say how old anything is.
        google.clock.set(at(NOW - 1_000_000));
        assert_eq!(google.status().await, 200, "{name}");
        assert_eq!(google.fetcher.asked(), 3, "{name}");
    }
}

#[tokio::test]
async fn a_key_that_a_set_lacks_has_it_fetched_again_but_not_at_once() {
    let other = jwk().replace("test-1", "test-0");
    let google = Google::new([
        Answer::Document(set(std::slice::from_ref(&other))),
        Answer::Document(set(&[other, jwk()])),
    ]);
    for (seconds, status, asked) in [(0, 403, 1), (59, 403, 1), (60, 200, 2), (61, 200, 2)] {
        google.clock.set(at(NOW + seconds));
        assert_eq!(google.status().await, status, "after {seconds} s");
        assert_eq!(google.fetcher.asked(), asked, "after {seconds} s");
    }
}

#[tokio::test]
async fn made_up_key_ids_do_not_make_us_fetch() {
    let google = Google::new([Answer::Document(set(&[jwk()]))]);
    assert_eq!(google.status().await, 200);
    for at in 0..100 {
        let delivery = google.naming(&format!("made-up-{at}"));
        let answer = send(&google.rig.service, delivery.request()).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.kind()),
            (403, "UnknownTenant")
        );
    }
    assert_eq!(google.fetcher.asked(), 1);
    // Signed by a key that is there, in the name of another one.
    let answer = send(&google.rig.service, google.naming("test-1").request()).await;
    assert_eq!(answer.kind(), "SignatureMismatch");
}

#[tokio::test]
async fn strangers_make_us_fetch_so_often_a_minute_and_no_more() {
    let case = genuine("plaid");
    let (_, document) = published("plaid", &case);
    let fetcher = Scripted::new([Answer::Document(document), Answer::Nothing]);
    let clock = test_clock();
    clock.set(at(NOW));
    let keys = RemoteKeys::new(fetcher.clone())
        .clock(clock.clone())
        .fetches_per_minute(5);
    let rig = Rig::new(
        layer(&case, provider("plaid", &case), keys),
        case.delivery(),
    );
    let genuine = || async { send(&rig.service, case.delivery().request()).await.status };
    assert_eq!(genuine().await, 200);
    let strange = |at: usize| {
        let header = format!(r#"{{"alg":"ES256","kid":"made-up-{at}"}}"#);
        let value = case.delivery().head.headers["plaid-verification"].clone();
        let (_, rest) = value.to_str().unwrap().split_once('.').unwrap();
        let header = support::base64url_unpadded(header.as_bytes());
        case.delivery()
            .set("plaid-verification", format!("{header}.{rest}"))
            .request()
    };
    let mut statuses = Vec::new();
    for at in 0..10 {
        let answer = send(&rig.service, strange(at)).await;
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some());
            assert_eq!(
                answer.rejection.as_ref().unwrap().to_string(),
                "the limit of 5 key fetches per minute is used up"
            );
        }
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [403, 403, 403, 403, 503, 503, 503, 503, 503, 503]);
    assert_eq!(fetcher.asked(), 5);
    assert_eq!(genuine().await, 200, "a key that is there is not fetched");
    clock.set(at(NOW + 60));
    assert_eq!(send(&rig.service, strange(10)).await.status, 403);
    assert_eq!(fetcher.asked(), 6);
    let ids: Vec<_> = fetcher
        .asked
        .lock()
        .unwrap()
        .iter()
        .map(|it| it.key_id().map(str::to_owned))
        .collect();
    assert_eq!(ids[0].as_deref(), Some(&*case.config["kid"]));
    assert_eq!(ids[1].as_deref(), Some("made-up-0"));
}

#[tokio::test]
async fn what_is_no_document_of_keys_is_not_the_senders_fault() {
    let long = format!("{}{}", set(&[jwk()]), " ".repeat(FetchedKeys::MOST));
    let rows = [
        ("not JSON", "nonsense".to_owned(), 503),
        ("empty", String::new(), 503),
        ("no set", "{}".into(), 503),
        ("a set that is no list", r#"{"keys":{}}"#.into(), 503),
        ("two sets", format!(r#"{{"keys":[],"keys":[{}]}}"#, jwk()), 503),
        ("too long", long, 503),
        ("an empty set", set(&[]), 403),
        ("a set of strangers' keys", set(&["{}".into(), "7".into()]), 403),
        ("a key of another kind", set(&[r#"{"kty":"EC","kid":"test-1","crv":"P-256","x":"35lvC8uz2QrWpQJ3TUH8t9o9DURMp7ydU518RKDl20k","y":"I8BuXB2bvxelzJAd7OKhd-ZwjCst05Fx47Mb_0ugros"}"#.into()]), 403),
        ("a key for encryption", set(&[jwk().replace(r#""use":"sig""#, r#""use":"enc""#)]), 403),
        ("a key that has expired", set(&[jwk().replace(r#""use""#, r#""expired_at":1,"use""#)]), 403),
        ("a key that has not", set(&[jwk().replace(r#""use""#, r#""expired_at":null,"use""#)]), 200),
        ("among others", set(&["{}".into(), jwk()]), 200),
    ];
    for (name, document, status) in rows {
        let google = Google::new([Answer::Document(document)]);
        assert_eq!(google.status().await, status, "{name}");
    }
}

#[tokio::test]
async fn a_failure_is_told_and_not_remembered() {
    for fault in [Answer::Fails, Answer::Panics] {
        let google = Google::new([fault, Answer::Document(set(&[jwk()]))]);
        let answer = send(&google.rig.service, google.case.delivery().request()).await;
        assert_eq!(answer.status, 503);
        assert!(answer.header("retry-after").is_some());
        assert_eq!(answer.kind(), "KeySourceFailed");
        assert_eq!(google.status().await, 200);
        assert_eq!(google.fetcher.asked(), 2);
    }
}

#[tokio::test]
async fn a_set_that_is_gone_does_not_take_the_place_of_one_that_was_there() {
    for fault in [Answer::Nothing, Answer::Fails] {
        let google = Google::new([Answer::Document(set(&[jwk()])), fault]);
        assert_eq!(google.status().await, 200);
        google.clock.set(at(NOW + 60));
        let answer = send(&google.rig.service, google.naming("made-up").request()).await;
        assert_eq!(answer.status, 503);
        assert_eq!(google.fetcher.asked(), 2);
        assert_eq!(google.status().await, 200);
        assert_eq!(google.fetcher.asked(), 2);
    }
}

/// A delivery whose key is cached does not wait for a fetch that an unauthenticated client causes.
#[tokio::test(start_paused = true)]
async fn a_stranger_holds_up_nobody() {
    let google = Google::new([Answer::Document(set(&[jwk()])), Answer::Hangs]);
    assert_eq!(google.status().await, 200);
    google.clock.set(at(NOW + 60));
    let (service, request) = (
        google.rig.service.clone(),
        google.naming("made-up").request(),
    );
    let stranger = tokio::spawn(async move { send(&service, request).await.status });
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(google.fetcher.asked(), 2);
    let begun = tokio::time::Instant::now();
    assert_eq!(google.status().await, 200);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(stranger.await.unwrap(), 503);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_ends_by_the_deadline() {
    let google = Google::new([Answer::Hangs]);
    let begun = tokio::time::Instant::now();
    let answer = send(&google.rig.service, google.case.delivery().request()).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.kind()),
        (503, "KeySourceTimeout")
    );
    assert_eq!(begun.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn many_at_once_wait_for_one_fetch() {
    let google = Google::new([Answer::Document(set(&[jwk()]))]);
    let all = (0..50).map(|_| {
        let (service, request) = (google.rig.service.clone(), google.case.delivery().request());
        tokio::spawn(async move { send(&service, request).await.status })
    });
    for status in all.collect::<Vec<_>>() {
        assert_eq!(status.await.unwrap(), 200);
    }
    assert_eq!(google.fetcher.asked(), 1);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_believed() {
    let case = genuine("google_pubsub_jwt");
    let site = Site::default();
    let (url, document) = published("google_pubsub_jwt", &case);
    site.publish(&url, document);
    let address = site.open().await.address;
    // The server's own certificate cannot be the issuer of another one.
    let client = Client::trusting(include_bytes!("../vectors/certificate.pem"), address);
    let layer = layer(
        &case,
        provider("google_pubsub_jwt", &case),
        RemoteKeys::new(client),
    );
    let rig = Rig::new(layer, case.delivery());
    let answer = send(&rig.service, case.delivery().request()).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.kind()),
        (503, "KeySourceFailed")
    );
    assert_eq!((site.asked(), rig.inner.calls()), (0, 0));
}

#[tokio::test]
async fn a_server_in_trouble_is_told_as_such() {
    let case = genuine("google_pubsub_jwt");
    let site = Site::default();
    let (url, document) = published("google_pubsub_jwt", &case);
    site.answer(&url, StatusCode::INTERNAL_SERVER_ERROR, "sorry");
    let keys = RemoteKeys::new(site.open().await);
    let layer = layer(&case, provider("google_pubsub_jwt", &case), keys);
    let rig = Rig::new(layer, case.delivery());
    let answer = send(&rig.service, case.delivery().request()).await;
    assert_eq!(
        answer.rejection.unwrap().to_string(),
        "the key source failed: answered 500 Internal Server Error"
    );
    // A redirect is another status that is not 200.
    site.answer(&url, StatusCode::FOUND, "");
    assert_eq!(
        send(&rig.service, case.delivery().request()).await.status,
        503
    );
    site.publish(&url, document);
    assert_eq!(
        send(&rig.service, case.delivery().request()).await.status,
        200
    );
}

#[tokio::test]
async fn without_tower_keys_are_fetched_between_the_head_and_the_end() {
    let case = genuine("google_pubsub_jwt");
    let keys = RemoteKeys::new(Scripted::new([Answer::Document(set(&[jwk()]))]));
    let clock = test_clock();
    clock.set(at(case.now));
    let verifier = RemoteVerifier::new(provider("google_pubsub_jwt", &case), keys).unwrap();
    let verifier = verifier.clock(clock);
    let (delivery, body) = (case.delivery(), case.body());

    let session = verifier.begin(&delivery.head).unwrap();
    let proof = session.finish(&delivery.head, &body).await.unwrap();
    assert_eq!(proof.provider(), "google-pubsub-jwt");

    let proof = verifier.verify(&delivery.head, &body).await.unwrap();
    assert_eq!(proof.provider(), "google-pubsub-jwt");

    // A fetch that fails.
    let keys = RemoteKeys::new(Nothing);
    let verifier = RemoteVerifier::new(provider("google_pubsub_jwt", &case), keys).unwrap();
    let now = case.now;
    let verifier = verifier.clock(move || support::at(now));
    let error = verifier.verify(&delivery.head, &body).await.unwrap_err();
    assert_eq!(error.class(), RejectionClass::Unavailable, "{error}");
}

/// A verifier without keys is a type of its own, and becomes a layer that fetches them.
#[tokio::test]
async fn a_layer_of_a_remote_verifier_fetches_its_keys() {
    let keys = || RemoteKeys::new(Nothing);
    let error = RemoteVerifier::new(providers::github(), keys()).unwrap_err();
    assert!(matches!(error, SetupError::NoRemoteKeys { .. }), "{error}");

    let case = genuine("google_pubsub_jwt");
    let keys = RemoteKeys::new(Scripted::new([Answer::Document(set(&[jwk()]))]));
    let clock = test_clock();
    clock.set(at(case.now));
    let verifier = RemoteVerifier::new(provider("google_pubsub_jwt", &case), keys).unwrap();
    let verifier = verifier.tolerance(Duration::from_secs(60)).unwrap();
    let layer = WebhookLayer::from(verifier.clock(clock));
    let layer = layer.key_deadline(Duration::from_secs(1)).unwrap();
    let rig = Rig::new(layer, case.delivery());
    let answer = send(&rig.service, case.delivery().request()).await;
    assert_eq!((answer.status.as_u16(), rig.inner.calls()), (200, 1));
}

/// A fetcher that finds a document at one URL only.
#[derive(Clone)]
struct Publishing {
    url: String,
    document: String,
    asked: Arc<Mutex<HashMap<String, usize>>>,
}

impl Publishing {
    fn new((url, document): (String, String)) -> Self {
        Self {
            url,
            document,
            asked: Arc::default(),
        }
    }

    fn fetches(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.get(&self.url).copied().unwrap_or_default()
    }
}

impl KeyFetcher for Publishing {
    type Error = BoxError;

    async fn fetch(&self, request: KeyRequest) -> Result<Option<FetchedKeys>, BoxError> {
        let mut url = request.url().to_string();
        if let Some(id) = request.key_id() {
            url = format!("{url}?id={id}");
        }
        tokio::task::yield_now().await;
        let is_it = url == self.url;
        *self.asked.lock().unwrap().entry(url).or_default() += 1;
        Ok(is_it.then(|| FetchedKeys::new(self.document.clone())))
    }
}

/// Lets the tasks run that the layer has spawned.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// A delivery of PayPal that names a certificate which does not exist.
fn naming_certificate(case: &Vector, id: impl std::fmt::Display) -> Delivery {
    let url = format!("https://api.paypal.com/v1/notifications/certs/MADE-UP-{id}");
    case.delivery().set("paypal-cert-url", url)
}

/// A delivery whose token names a key that does not exist.
fn naming_key(case: &Vector, header: &str, alg: &str, id: impl std::fmt::Display) -> Delivery {
    let delivery = case.delivery();
    let value = delivery.head.headers[header].to_str().unwrap();
    let (start, rest) = value.split_once('.').unwrap();
    let prefix = if start.starts_with("Bearer ") {
        "Bearer "
    } else {
        ""
    };
    let token = format!(r#"{{"alg":"{alg}","kid":"made-up-{id}"}}"#);
    let token = support::base64url_unpadded(token.as_bytes());
    let value = format!("{prefix}{token}.{rest}");
    delivery.set(header, value)
}

/// The genuine delivery comes last in each minute, when the limit is used up.
#[tokio::test]
async fn a_flood_of_made_up_names_never_blocks_a_genuine_delivery() {
    type Forge = fn(&Vector, String) -> Delivery;
    let rows: [(&str, Forge); 3] = [
        ("paypal", |case, id| naming_certificate(case, id)),
        ("plaid", |case, id| {
            naming_key(case, "plaid-verification", "ES256", id)
        }),
        ("google_pubsub_jwt", |case, id| {
            naming_key(case, "authorization", "RS256", id)
        }),
    ];
    for (name, forge) in rows {
        let case = genuine(name);
        let fetcher = Publishing::new(published(name, &case));
        let clock = test_clock();
        let keys = RemoteKeys::new(fetcher.clone()).clock(clock.clone());
        let rig = Rig::new(layer(&case, provider(name, &case), keys), case.delivery());
        let service = &rig.service;
        assert_eq!(send(service, case.delivery().request()).await.status, 200);
        for minute in 1..=180 {
            clock.set(at(NOW + minute * 60));
            for at in 0..21 {
                let forged = forge(&case, format!("{minute}-{at}"));
                let answer = send(service, forged.request()).await;
                assert!([403, 503].contains(&answer.status.as_u16()), "{answer:?}");
            }
            let answer = send(service, case.delivery().request()).await;
            assert_eq!(answer.status, 200, "{name}: minute {minute}: {answer:?}");
            settle().await;
        }
        if name != "google_pubsub_jwt" {
            assert_eq!(fetcher.fetches(), 4, "{name}: once and three refreshes");
        }
    }
}

/// The flood names more made-up documents than the cache can hold.
#[tokio::test]
async fn a_document_that_is_seldom_used_outlives_a_flood() {
    let case = genuine("paypal");
    let fetcher = Publishing::new(published("paypal", &case));
    let clock = test_clock();
    let keys = RemoteKeys::new(fetcher.clone())
        .clock(clock.clone())
        .fetches_per_minute(10_000);
    let rig = Rig::new(
        layer(&case, provider("paypal", &case), keys.clone()),
        case.delivery(),
    );
    let genuine = || async { send(&rig.service, case.delivery().request()).await.status };
    assert_eq!(genuine().await, 200);
    for at in 0..3000 {
        for _ in 0..3 {
            let forged = naming_certificate(&case, at);
            assert_eq!(send(&rig.service, forged.request()).await.status, 403);
        }
    }
    assert_eq!(genuine().await, 200);
    assert_eq!(fetcher.fetches(), 1);
    // `forget_all` does not clear the set of documents that have verified.
    keys.forget_all();
    let keys = keys.fetches_per_minute(20);
    let rig = Rig::new(
        layer(&case, provider("paypal", &case), keys),
        case.delivery(),
    );
    let answer = send(&rig.service, naming_certificate(&case, "x").request()).await;
    assert_eq!(answer.kind(), "KeyFetchLimited");
    let answer = send(&rig.service, case.delivery().request()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(fetcher.fetches(), 2);
}

#[tokio::test]
async fn providers_that_share_their_keys_have_limits_of_their_own() {
    let (paypal, google) = (genuine("paypal"), genuine("google_pubsub_jwt"));
    let fetcher = Publishing::new(published("google_pubsub_jwt", &google));
    let keys = RemoteKeys::new(fetcher).clock(test_clock());
    let rig = |name: &str, case: &Vector| {
        let layer = layer(case, provider(name, case), keys.clone());
        Rig::new(layer, case.delivery())
    };
    let flooded = rig("paypal", &paypal);
    let mut kinds = Vec::new();
    for at in 0..21 {
        let forged = naming_certificate(&paypal, at);
        kinds.push(send(&flooded.service, forged.request()).await.kind());
    }
    let other = rig("google_pubsub_jwt", &google);
    let answer = send(&other.service, google.delivery().request()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(kinds.pop().unwrap(), "KeyFetchLimited");
    assert!(
        kinds.iter().all(|kind| kind == "UnknownTenant"),
        "{kinds:?}"
    );
}

/// The moment at which the first document, which lives for an hour, expires.
const END: i64 = NOW + 3600;

/// The moment from which that document is refreshed.
const REFRESH: i64 = END - 720;

#[tokio::test]
async fn a_document_is_refreshed_once_before_its_end() {
    let google = Google::new([Answer::Document(set(&[jwk()]))]);
    assert_eq!(google.status().await, 200);
    google.clock.set(at(REFRESH - 1));
    assert_eq!(google.status().await, 200);
    settle().await;
    assert_eq!(google.fetcher.asked(), 1);
    google.clock.set(at(REFRESH));
    let deliveries = (0..50).map(|_| {
        let (service, request) = (google.rig.service.clone(), google.case.delivery().request());
        tokio::spawn(async move { send(&service, request).await.status })
    });
    for status in deliveries.collect::<Vec<_>>() {
        assert_eq!(status.await.unwrap(), 200);
    }
    settle().await;
    assert_eq!(google.fetcher.asked(), 2);
    // The new document lives for an hour from its own fetch.
    for (seconds, asked) in [(0, 2), (2160, 2), (2880, 3), (2881, 3)] {
        google.clock.set(at(REFRESH + seconds));
        assert_eq!(google.status().await, 200);
        settle().await;
        assert_eq!(
            google.fetcher.asked(),
            asked,
            "{seconds} s after the refresh"
        );
    }
}

/// A document that has verified no delivery is not refreshed.
#[tokio::test]
async fn a_document_that_has_not_verified_is_not_refreshed() {
    let google = Google::new([Answer::Document(set(&[jwk()]))]);
    let forged = || {
        let delivery = google.case.delivery();
        let value = delivery.head.headers["authorization"].to_str().unwrap();
        let (text, _) = value.rsplit_once('.').unwrap();
        let signature = support::base64url_unpadded(&[1; 256]);
        let value = format!("{text}.{signature}");
        delivery.set("authorization", value)
    };
    for seconds in [0, 2880, 3599] {
        google.clock.set(at(NOW + seconds));
        let answer = send(&google.rig.service, forged().request()).await;
        assert_eq!(answer.kind(), "SignatureMismatch");
        settle().await;
        assert_eq!(google.fetcher.asked(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_hangs_delays_no_delivery() {
    let google = Google::new([
        Answer::Document(set(&[jwk()])),
        Answer::Hangs,
        Answer::Hangs,
        Answer::Document(set(&[jwk()])),
    ]);
    assert_eq!(google.status().await, 200);
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let idle = tasks();
    let begun = tokio::time::Instant::now();
    for seconds in 0..60 {
        google.clock.set(at(REFRESH + seconds));
        assert_eq!(google.status().await, 200);
        settle().await;
        // The fetch, and the refresh that waits for it until the deadline.
        assert_eq!((google.fetcher.asked(), tasks()), (2, idle + 2));
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
    // `key_deadline` ends the refresh.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(tasks(), idle);
    google.clock.set(at(REFRESH + 60));
    assert_eq!(google.status().await, 200);
    settle().await;
    assert_eq!(google.fetcher.asked(), 3);
    tokio::time::sleep(Duration::from_secs(3)).await;
    google.clock.set(at(REFRESH + 120));
    assert_eq!(google.status().await, 200);
    settle().await;
    google.clock.set(at(END + 1));
    assert_eq!(google.status().await, 200);
    assert_eq!(google.fetcher.asked(), 4);
}

/// This also holds if the deadline is longer than the time between two attempts.
#[tokio::test(start_paused = true)]
async fn a_document_has_one_refresh_at_a_time() {
    let case = genuine("google_pubsub_jwt");
    let fetcher = Scripted::new([Answer::Document(set(&[jwk()])), Answer::Hangs]);
    let clock = test_clock();
    let keys = RemoteKeys::new(fetcher.clone()).clock(clock.clone());
    let layer = layer(&case, provider("google_pubsub_jwt", &case), keys);
    let layer = layer.key_deadline(Duration::from_secs(300)).unwrap();
    let rig = Rig::new(layer, case.delivery());
    for (time, asked) in [(NOW, 1), (REFRESH, 2), (REFRESH + 60, 2), (END - 1, 2)] {
        clock.set(at(time));
        let answer = send(&rig.service, case.delivery().request()).await;
        assert_eq!(answer.status, 200);
        settle().await;
        assert_eq!(fetcher.asked(), asked, "{time}");
    }
}

/// Fetches for made-up key IDs do not use up those of a set that has verified.
#[tokio::test]
async fn made_up_key_ids_have_a_limit_of_their_own() {
    let document = || Answer::Document(set(&[jwk()]));
    let mut answers = vec![document()];
    answers.extend((0..20).map(|_| Answer::Fails));
    answers.push(document());
    let google = Google::new(answers);
    assert_eq!(google.status().await, 200);
    google.clock.set(at(END - 1));
    for at in 0..30 {
        let forged = google.naming(&format!("made-up-{at}"));
        let answer = send(&google.rig.service, forged.request()).await;
        let kind = if at < 20 {
            "KeySourceFailed"
        } else {
            "KeyFetchLimited"
        };
        assert_eq!(answer.kind(), kind);
    }
    google.clock.set(at(END));
    assert_eq!(google.status().await, 200);
    assert_eq!(google.fetcher.asked(), 22);
}

/// An unsigned request that waits for a key ID which the set lacks delays no other request, even
/// when a refresh is due.
#[tokio::test(start_paused = true)]
async fn a_made_up_key_id_delays_no_delivery() {
    let google = Google::new([Answer::Document(set(&[jwk()])), Answer::Hangs]);
    assert_eq!(google.status().await, 200);
    google.clock.set(at(REFRESH));
    let (service, request) = (
        google.rig.service.clone(),
        google.naming("made-up").request(),
    );
    let forged = tokio::spawn(async move { send(&service, request).await.kind() });
    settle().await;
    assert_eq!(google.fetcher.asked(), 2);
    let begun = tokio::time::Instant::now();
    assert_eq!(google.status().await, 200);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(forged.await.unwrap(), "KeySourceTimeout");
}

#[tokio::test]
async fn a_failed_refresh_leaves_the_document_in_place() {
    let empty = || Answer::Document(set(&[]));
    let rubbish = || Answer::Document("nonsense".to_owned());
    for fault in [
        Answer::Nothing,
        Answer::Fails,
        Answer::Panics,
        empty(),
        rubbish(),
    ] {
        let google = Google::new([Answer::Document(set(&[jwk()])), fault]);
        assert_eq!(google.status().await, 200);
        for (seconds, asked) in [(0, 2), (59, 2), (60, 3), (719, 4)] {
            google.clock.set(at(REFRESH + seconds));
            assert_eq!(google.status().await, 200, "after {seconds} s");
            settle().await;
            assert_eq!(google.fetcher.asked(), asked, "after {seconds} s");
        }
        // The same answer to the fetch for an unknown key ID leaves the document in place too.
        let answer = send(&google.rig.service, google.naming("made-up").request()).await;
        assert_eq!(answer.kind(), "KeySourceFailed");
        assert_eq!(google.status().await, 200);
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_fetched_again_is_used_for_another_hour() {
    let empty = || Answer::Document(set(&[]));
    for fault in [Answer::Nothing, Answer::Fails, Answer::Panics, empty()] {
        let google = Google::new([Answer::Document(set(&[jwk()])), fault]);
        assert_eq!(google.status().await, 200);
        for seconds in [0, 1, 3599] {
            google.clock.set(at(END + seconds));
            assert_eq!(google.status().await, 200, "{seconds} s after the end");
        }
        google.clock.set(at(END + 3600));
        let answer = send(&google.rig.service, google.case.delivery().request()).await;
        assert!([403, 503].contains(&answer.status.as_u16()), "{answer:?}");
        assert!(answer.rejection.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_whose_fetch_hangs_is_used_after_the_deadline() {
    let google = Google::new([Answer::Document(set(&[jwk()])), Answer::Hangs]);
    assert_eq!(google.status().await, 200);
    google.clock.set(at(END));
    let begun = tokio::time::Instant::now();
    assert_eq!(google.status().await, 200);
    assert_eq!(begun.elapsed().as_secs(), 2);
    google.clock.set(at(END + 3600));
    let answer = send(&google.rig.service, google.case.delivery().request()).await;
    assert_eq!(answer.kind(), "KeySourceTimeout");
}

#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn a_failing_provider_is_asked_twenty_times_a_minute() {
    let log = Log::default();
    let _guard = log.listen_from(LevelFilter::WARN);
    let google = Google::new([Answer::Document(set(&[jwk()])), Answer::Fails]);
    assert_eq!(google.status().await, 200);
    google.clock.set(at(END));
    for _ in 0..100 {
        assert_eq!(google.status().await, 200);
    }
    assert_eq!(google.fetcher.asked(), 21);
    google.clock.set(at(END + 60));
    assert_eq!(google.status().await, 200);
    assert_eq!(google.fetcher.asked(), 22);
    let line = |suppressed| {
        format!(
            "WARN tower_webhook: failed to fetch public keys again; using the expired keys provider=\"google-pubsub-jwt\" reason=the network is down{suppressed}"
        )
    };
    assert_eq!(log.take(), [line(""), line(" suppressed=99")]);
    google.clock.set(at(END + 3600));
    for at in 0..21 {
        let answer = send(&google.rig.service, google.case.delivery().request()).await;
        let kind = if at < 20 {
            "KeySourceFailed"
        } else {
            "KeyFetchLimited"
        };
        assert_eq!(answer.kind(), kind);
    }
}

/// The provider answers that the key does not exist or has expired.
#[tokio::test]
async fn a_key_that_was_withdrawn_is_used_until_its_document_ends() {
    let case = genuine("plaid");
    let (_, document) = published("plaid", &case);
    let expired = document.replace(r#""expired_at":null"#, r#""expired_at":1"#);
    assert_ne!(expired, document);
    for withdrawn in [Answer::Nothing, Answer::Document(expired)] {
        let fetcher = Scripted::new([Answer::Document(document.clone()), withdrawn]);
        let clock = test_clock();
        let keys = RemoteKeys::new(fetcher.clone()).clock(clock.clone());
        let layer = layer(&case, provider("plaid", &case), keys);
        let rig = Rig::new(layer, case.delivery());
        for (time, status, asked) in [
            (NOW, 200, 1),
            (REFRESH, 200, 2),
            (END - 1, 200, 3),
            (END, 403, 4),
            (END + 59, 403, 4),
            (END + 60, 403, 5),
        ] {
            clock.set(at(time));
            let answer = send(&rig.service, case.delivery().request()).await;
            assert_eq!(answer.status, status, "{time}: {answer:?}");
            settle().await;
            assert_eq!(fetcher.asked(), asked, "{time}");
        }
        // The name counts as unknown again.
        clock.set(at(END + 120));
        for at in 0..20 {
            let forged = naming_key(&case, "plaid-verification", "ES256", at);
            send(&rig.service, forged.request()).await;
        }
        let answer = send(&rig.service, case.delivery().request()).await;
        assert_eq!(answer.kind(), "KeyFetchLimited");
    }
}

/// An unsigned request can cause the first fetch of a document.
#[tokio::test]
async fn a_document_that_has_not_verified_is_not_used_after_its_end() {
    let google = Google::new([Answer::Document(set(&[jwk()])), Answer::Fails]);
    let answer = send(&google.rig.service, google.naming("made-up").request()).await;
    assert_eq!(answer.kind(), "UnknownTenant");
    google.clock.set(at(END));
    let answer = send(&google.rig.service, google.case.delivery().request()).await;
    assert_eq!(answer.kind(), "KeySourceFailed");
}

#[tokio::test]
async fn without_tower_a_document_that_has_verified_is_used_after_its_end() {
    let case = genuine("google_pubsub_jwt");
    let clock = test_clock();
    let fetcher = Scripted::new([Answer::Document(set(&[jwk()])), Answer::Fails]);
    let keys = RemoteKeys::new(fetcher.clone()).clock(clock.clone());
    let now = case.now;
    let verifier = RemoteVerifier::new(provider("google_pubsub_jwt", &case), keys).unwrap();
    let verifier = verifier.clock(move || support::at(now));
    let (delivery, body) = (case.delivery(), case.body());
    for (time, asked) in [(NOW, 1), (REFRESH, 1), (END, 2), (END + 3599, 3)] {
        clock.set(at(time));
        verifier.verify(&delivery.head, &body).await.unwrap();
        settle().await;
        assert_eq!(fetcher.asked(), asked, "{time}");
    }
    clock.set(at(END + 3600));
    let error = verifier.verify(&delivery.head, &body).await.unwrap_err();
    assert_eq!(error.kind().name(), "key_source_failed");
}

/// Without a runtime or a `key_deadline` there is no refresh. The first delivery after the document
/// has expired waits for the fetch.
#[test]
fn without_a_task_the_delivery_after_the_end_fetches() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    for has_runtime in [false, true] {
        let case = genuine("google_pubsub_jwt");
        let fetcher = Scripted::new([Answer::Document(set(&[jwk()]))]);
        let clock = test_clock();
        let keys = RemoteKeys::new(fetcher.clone()).clock(clock.clone());
        let mut layer = layer(&case, provider("google_pubsub_jwt", &case), keys);
        if has_runtime {
            layer = layer.key_deadline(None).unwrap();
        }
        let rig = Rig::new(layer, case.delivery());
        let send = || send(&rig.service, case.delivery().request());
        assert_eq!(runtime.block_on(send()).status, 200);
        clock.set(at(REFRESH));
        let answer = if has_runtime {
            runtime.block_on(async {
                let answer = send().await;
                settle().await;
                answer
            })
        } else {
            let mut task = tokio_test::task::spawn(send());
            tokio_test::assert_ready!(task.poll())
        };
        assert_eq!((answer.status.as_u16(), fetcher.asked()), (200, 1));
        clock.set(at(END));
        assert_eq!(runtime.block_on(send()).status, 200);
        assert_eq!(fetcher.asked(), 2);
    }
}

#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn a_flood_of_made_up_names_writes_one_warning_a_minute() {
    let log = Log::default();
    let guard = log.listen_from(LevelFilter::WARN);
    let case = genuine("plaid");
    let fetcher = Publishing::new(published("plaid", &case));
    let keys = RemoteKeys::new(fetcher).clock(test_clock());
    let clock = test_clock();
    let layer = layer(&case, provider("plaid", &case), keys).clock(clock.clone());
    let rig = Rig::new(layer, case.delivery());
    let line = |suppressed| {
        format!(
            "WARN tower_webhook: webhook delivery rejected provider=\"plaid\" reason=the limit of 20 \
             key fetches per minute is used up{suppressed}"
        )
    };
    let flood = |from: usize, to: usize| {
        let (case, rig) = (&case, &rig);
        async move {
            for at in from..to {
                let forged = naming_key(case, "plaid-verification", "ES256", at);
                send(&rig.service, forged.request()).await;
            }
        }
    };
    clock.set(at(case.now));
    flood(0, 1000).await;
    assert_eq!(log.take(), [line("")]);
    clock.set(at(case.now + 59));
    flood(1000, 1001).await;
    assert!(log.take().is_empty());
    clock.set(at(case.now + 60));
    flood(1001, 1100).await;
    assert_eq!(log.take(), [line(" suppressed=980")]);
    // If the clock jumps back, the log is not silent until the clock reaches the old time again.
    clock.set(at(case.now));
    flood(1100, 1101).await;
    assert_eq!(log.take(), [line(" suppressed=98")]);
    drop(guard);
    // Suppressed warnings are events at debug level.
    let _guard = log.listen();
    flood(1101, 1201).await;
    let lines = log.take();
    assert_eq!(lines.len(), 100);
    assert!(lines.iter().all(|line| line.starts_with("DEBUG")));
}

#[tokio::test]
async fn a_used_up_limit_has_its_own_rejection_kind() {
    let case = genuine("plaid");
    let keys = RemoteKeys::new(Nothing).fetches_per_minute(0);
    let rig = Rig::new(
        layer(&case, provider("plaid", &case), keys.clone()),
        case.delivery(),
    );
    let answer = send(&rig.service, case.delivery().request()).await;
    let rejection = answer.rejection.as_ref().unwrap();
    assert!(matches!(
        rejection.kind(),
        RejectionKind::KeyFetchLimited { per_minute: 0, .. }
    ));
    assert_eq!(rejection.kind().name(), "key_fetch_limited");
    assert_eq!((answer.status.as_u16(), rig.inner.calls()), (503, 0));
    assert_eq!(answer.header("retry-after").unwrap(), "1");
    assert_eq!(answer.text(), r#"{"error":"Service unavailable"}"#);

    let now = case.now;
    let verifier = RemoteVerifier::new(provider("plaid", &case), keys).unwrap();
    let verifier = verifier.clock(move || support::at(now));
    let (delivery, body) = (case.delivery(), case.body());
    let error = verifier.verify(&delivery.head, &body).await;
    assert_eq!(error.unwrap_err().kind().name(), "key_fetch_limited");
}
