//! The answers on the wire, byte for byte, and the reason that stays with the operator.

use std::{
    convert::Infallible,
    future::Future as _,
    task::{Context, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    Rejection, VerifiedBody, WebhookLayer,
    providers::{self, Provider},
    rejection::{self, RejectionClass},
    webhook::{MemoryBudget, Webhook},
};

use crate::support::{
    self, Answer, BODY, Delivery, Expected, NOW, RecordingService, STANDARD_ID, Script, Step,
    Vector, generic, now, secret, send, slack, standard, standard_secret, test_clock, vectors,
    with_any_method,
};

/// The generic scheme, with a limit and a deadline that are soon reached.
fn layer() -> WebhookLayer {
    layer_for(providers::generic())
}

fn layer_for(provider: Provider) -> WebhookLayer {
    WebhookLayer::new(provider, secret())
        .unwrap()
        .clock(test_clock())
        .body_limit(100)
}

/// The same, with no memory to spend on bodies.
fn poor_layer() -> WebhookLayer {
    let budget = MemoryBudget::new(BODY.len());
    let poor = layer().memory_budget(budget);
    // Another upload, which never ends and is never given up.
    let upload = good().with(Script::new([Step::data("x"), Step::Silence]));
    let mut other = Box::pin(poor.layer(RecordingService::default()).oneshot(upload));
    let waiting = other.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(waiting.is_pending());
    std::mem::forget(other);
    poor
}

fn standard_layer() -> WebhookLayer {
    WebhookLayer::new(providers::standard_webhooks(), standard_secret())
        .unwrap()
        .clock(test_clock())
}

fn good() -> Delivery {
    generic(now(), BODY)
}

fn at(offset: i64) -> String {
    (NOW + offset).to_string()
}

/// A delivery that is refused, by a layer of its own where the plain one would not do.
struct Case {
    name: &'static str,
    class: RejectionClass,
    kind: &'static str,
    provider: &'static str,
    layer: fn() -> WebhookLayer,
    request: Box<dyn Fn() -> Request<Script>>,
}

fn case(
    name: &'static str,
    class: RejectionClass,
    kind: &'static str,
    request: impl Fn() -> Request<Script> + 'static,
) -> Case {
    Case {
        name,
        class,
        kind,
        provider: "generic",
        layer,
        request: Box::new(request),
    }
}

impl Case {
    fn through(mut self, layer: fn() -> WebhookLayer) -> Self {
        self.layer = layer;
        self
    }

    fn through_standard_webhooks(mut self) -> Self {
        self.provider = "standard-webhooks";
        self.through(standard_layer)
    }

    /// Sent through its layer after `change`.
    async fn send(&self, change: impl Fn(WebhookLayer) -> WebhookLayer) -> Answer {
        let service: Webhook<RecordingService> =
            change((self.layer)()).layer(RecordingService::default());
        let answer = send(&service, (self.request)()).await;
        assert_eq!(service.get_ref().calls(), 0, "{}", self.name);
        answer
    }
}

/// Every kind of class, most of them in several ways.
fn cases() -> Vec<Case> {
    let mut cases = head_cases();
    cases.extend(body_cases());
    #[cfg(all(feature = "ecdsa", feature = "remote-keys"))]
    cases.push(published_keys::case());
    cases
}

#[cfg(all(feature = "ecdsa", feature = "remote-keys"))]
mod published_keys {
    use tower_webhook::keys::{FetchedKeys, KeyFetcher, KeyRequest, RemoteKeys};

    use super::*;

    /// A layer whose limit on key fetches is 0.
    fn layer() -> WebhookLayer {
        struct Nowhere;

        impl KeyFetcher for Nowhere {
            type Error = Infallible;

            async fn fetch(&self, _: KeyRequest) -> Result<Option<FetchedKeys>, Infallible> {
                Ok(None)
            }
        }

        let keys = RemoteKeys::new(Nowhere).fetches_per_minute(0);
        let clock = test_clock();
        clock.set(support::at(delivery().now));
        let layer = WebhookLayer::with_remote_keys(providers::plaid(), keys).unwrap();
        layer.clock(clock)
    }

    /// A genuine delivery of a provider that publishes its keys.
    fn delivery() -> Vector {
        let mut files = vectors().into_iter();
        let plaid = files.find(|file| file.provider == "plaid").unwrap();
        let mut cases = plaid.cases.into_iter();
        let genuine = cases.find(|case| case.expect == Expected::Accept);
        genuine.unwrap()
    }

    pub(super) fn case() -> Case {
        let case = super::case(
            "no more key fetches",
            RejectionClass::Unavailable,
            "KeyFetchLimited",
            || delivery().delivery().request(),
        );
        Case {
            provider: "plaid",
            ..case.through(layer)
        }
    }
}

fn head_cases() -> Vec<Case> {
    use RejectionClass as R;
    let signature = "x-signature";
    let flood = || {
        let value = ["v1,AAAA"; 17].join(" ");
        standard(STANDARD_ID, now(), BODY).set("webhook-signature", value)
    };
    vec![
        case(
            "signature missing",
            R::InvalidSignature,
            "MissingSignature",
            move || good().without(signature).request(),
        ),
        case(
            "signature malformed",
            R::InvalidSignature,
            "MalformedSignature",
            move || good().set(signature, "zz").request(),
        ),
        case(
            "signature wrong",
            R::InvalidSignature,
            "SignatureMismatch",
            move || good().set(signature, "0".repeat(64)).request(),
        ),
        case(
            "body wrong",
            R::InvalidSignature,
            "SignatureMismatch",
            || good().body("{}").request(),
        ),
        case(
            "signatures too many",
            R::InvalidSignature,
            "TooManySignatures",
            move || flood().request(),
        )
        .through_standard_webhooks(),
        case(
            "timestamp missing",
            R::InvalidTimestamp,
            "MissingTimestamp",
            || good().without("x-timestamp").request(),
        ),
        case(
            "timestamp not a number",
            R::InvalidTimestamp,
            "MalformedTimestamp",
            || good().set("x-timestamp", "soon").request(),
        ),
        case(
            "timestamp with a sign",
            R::InvalidTimestamp,
            "MalformedTimestamp",
            || good().set("x-timestamp", format!("+{NOW}")).request(),
        ),
        case("301 s old", R::Expired, "TimestampTooOld", || {
            good().set("x-timestamp", at(-301)).request()
        }),
        case("an hour old", R::Expired, "TimestampTooOld", || {
            good().set("x-timestamp", at(-3600)).request()
        }),
        case("301 s ahead", R::Expired, "TimestampInFuture", || {
            good().set("x-timestamp", at(301)).request()
        }),
        case(
            "signature twice",
            R::InvalidRequest,
            "ConflictingHeader",
            move || good().header(signature, "0".repeat(64)).request(),
        ),
        case(
            "timestamp twice",
            R::InvalidRequest,
            "ConflictingHeader",
            || good().header("x-timestamp", at(1)).request(),
        ),
        case("no id", R::InvalidRequest, "MissingHeader", || {
            standard(STANDARD_ID, now(), BODY)
                .without("webhook-id")
                .request()
        })
        .through_standard_webhooks(),
        case(
            "an id outside ASCII",
            R::InvalidRequest,
            "MalformedHeader",
            || standard(b"\xff", now(), BODY).request(),
        )
        .through_standard_webhooks(),
        case(
            "an id with a dot",
            R::InvalidRequest,
            "AmbiguousMessage",
            || standard("msg.1", now(), BODY).request(),
        )
        .through_standard_webhooks(),
    ]
}

fn body_cases() -> Vec<Case> {
    use RejectionClass as R;
    let long = vec![b'x'; 101];
    let chunked = long.clone();
    vec![
        case(
            "a length that is none",
            R::InvalidRequest,
            "MalformedHeader",
            || good().header("content-length", "abc").request(),
        ),
        case(
            "too large by length",
            R::PayloadTooLarge,
            "BodyTooLarge",
            || good().header("content-length", "101").request(),
        ),
        case(
            "too large by size",
            R::PayloadTooLarge,
            "BodyTooLarge",
            move || generic(now(), &long).request(),
        ),
        case(
            "too large as it streams",
            R::PayloadTooLarge,
            "BodyTooLarge",
            move || generic(now(), &chunked).with(Script::chunks(&chunked, 10)),
        ),
        case("never complete", R::Timeout, "BodyTimeout", || {
            good().with(Script::new([Step::Silence]))
        }),
        case("complete too late", R::Timeout, "BodyTimeout", || {
            let wait = Step::Wait(Duration::from_secs(11));
            good().with(Script::new([
                Step::data(&BODY[..9]),
                wait,
                Step::data(&BODY[9..]),
            ]))
        }),
        case("broken off", R::InvalidRequest, "BodyReadError", || {
            good().with(Script::new([Step::data(&BODY[..9]), Step::Fail]))
        }),
        case("trailers", R::InvalidRequest, "TrailersRejected", || {
            good().with(Script::new([Step::data(BODY), Step::trailer("x-sum", "1")]))
        })
        .through(|| layer().reject_trailers()),
        case(
            "no memory left",
            R::Unavailable,
            "MemoryBudgetExceeded",
            || good().request(),
        )
        .through(poor_layer),
    ]
}

/// What each class says: the text, and its status by HTTP and by gRPC.
const CLASSES: [(RejectionClass, &str, u16, &str); 7] = [
    (
        RejectionClass::InvalidSignature,
        "Invalid signature",
        403,
        "7",
    ),
    (
        RejectionClass::InvalidTimestamp,
        "Invalid timestamp",
        400,
        "3",
    ),
    (RejectionClass::Expired, "Request expired", 400, "3"),
    (RejectionClass::InvalidRequest, "Invalid request", 400, "3"),
    (
        RejectionClass::PayloadTooLarge,
        "Payload too large",
        413,
        "8",
    ),
    (RejectionClass::Timeout, "Request timeout", 408, "4"),
    (
        RejectionClass::Unavailable,
        "Service unavailable",
        503,
        "14",
    ),
];

fn class(class: RejectionClass) -> (&'static str, u16, &'static str) {
    let found = CLASSES.iter().find(|it| it.0 == class).unwrap();
    (found.1, found.2, found.3)
}

/// The header list as it is sent, sorted.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    pairs.sort();
    pairs
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The table of answers, exactly: status, all headers, body; and the reason in the extensions.
#[tokio::test(start_paused = true)]
async fn json() {
    for case in cases() {
        let name = case.name;
        let (text, status, _) = class(case.class);
        let answer = case.send(|layer| layer).await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.body, format!(r#"{{"error":"{text}"}}"#), "{name}");
        let mut expect = pairs(&[("content-type", "application/json")]);
        if case.class == RejectionClass::Unavailable {
            expect.extend(pairs(&[("retry-after", "1")]));
        }
        assert_eq!(headers(&answer), expect, "{name}");
        assert_eq!(answer.version, Version::HTTP_11, "{name}");
        assert_eq!(answer.extensions.get::<HeaderMap>(), None, "{name}");

        let rejection = answer.rejection.as_ref().unwrap();
        assert_eq!(answer.kind(), case.kind, "{name}");
        assert_eq!(rejection.class(), case.class, "{name}");
        assert_eq!(rejection.kind().class(), case.class, "{name}");
        assert_eq!(rejection.status(), status, "{name}");
        assert_eq!(rejection.provider(), case.provider, "{name}");
    }
}

/// The classes' own texts and statuses.
#[test]
fn classes() {
    for (class, text, status, _) in CLASSES {
        assert_eq!(class.message(), text);
        assert_eq!(class.status(), status);
    }
}

/// Two rejections of the same class have identical responses, also with a custom renderer.
#[tokio::test(start_paused = true)]
async fn one_answer_a_class() {
    type Render = fn(&Rejection) -> Response<Bytes>;
    let renderers: [Render; 3] = [rejection::json, rejection::problem_json, rejection::grpc];
    for renderer in renderers {
        for (class, ..) in CLASSES {
            let mut answers = Vec::new();
            for case in cases().iter().filter(|it| it.class == class) {
                let answer = case.send(|layer| layer.rejection_response(renderer)).await;
                answers.push((answer.status, headers(&answer), answer.body));
            }
            assert!(!answers.is_empty(), "{class:?} is never given");
            for answer in &answers {
                assert_eq!(answer, &answers[0], "{class:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn problem_json() {
    for case in cases() {
        let name = case.name;
        let (text, status, _) = class(case.class);
        let answer = case
            .send(|layer| layer.rejection_response(rejection::problem_json))
            .await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(
            answer.content_type(),
            Some("application/problem+json"),
            "{name}"
        );
        let title = StatusCode::from_u16(status)
            .unwrap()
            .canonical_reason()
            .unwrap();
        let body = format!(r#"{{"title":"{title}","status":{status},"detail":"{text}"}}"#);
        assert_eq!(answer.text(), body, "{name}");
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["status"], status, "{name}");
        let again = (case.class == RejectionClass::Unavailable).then_some("1");
        assert_eq!(answer.header("retry-after"), again, "{name}");
        assert_eq!(answer.kind(), case.kind, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn grpc() {
    for case in cases() {
        let name = case.name;
        let (text, _, code) = class(case.class);
        let answer = case
            .send(|layer| layer.rejection_response(rejection::grpc))
            .await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.body, "", "{name}");
        let expect = pairs(&[
            ("content-type", "application/grpc"),
            ("grpc-message", text),
            ("grpc-status", code),
        ]);
        assert_eq!(headers(&answer), expect, "{name}");
        assert_eq!(answer.kind(), case.kind, "{name}");
    }
}

/// A gRPC request is answered in gRPC by itself, whatever the renderer; others are not.
#[tokio::test]
async fn grpc_by_itself() {
    let rows = [
        (Some("application/grpc"), true),
        (Some("application/grpc+proto"), true),
        (Some("application/grpc+json"), true),
        (Some("application/grpc; charset=utf-8"), true),
        (Some("application/grpc;charset=utf-8"), true),
        (Some("Application/GRPC"), true),
        (Some("application/grpc ;x"), true),
        (Some("application/grpc-web"), false),
        (Some("application/grpcs"), false),
        (Some("application/json"), false),
        (Some("text/plain; application/grpc"), false),
        (None, false),
    ];
    for (content_type, is_grpc) in rows {
        let layer = || layer_for(with_any_method(providers::generic()));
        for layer in [layer(), layer().rejection_response(rejection::problem_json)] {
            let service = layer.layer(RecordingService::default());
            // Refused by the head, and refused by the body.
            for delivery in [good().without("x-signature"), good().body("x")] {
                let delivery = match content_type {
                    Some(value) => delivery.header("content-type", value),
                    None => delivery,
                };
                // A request over HTTP/1.1, or with another method, is not a gRPC request.
                for (version, method, speaks) in [
                    (Version::HTTP_2, Method::POST, true),
                    (Version::HTTP_2, Method::GET, false),
                    (Version::HTTP_11, Method::POST, false),
                ] {
                    let mut request = delivery.clone().method(method).request();
                    *request.version_mut() = version;
                    let answer = send(&service, request).await;
                    let in_grpc = answer.header("grpc-status") == Some("7");
                    assert_eq!(in_grpc, is_grpc && speaks, "{content_type:?}: {answer:?}");
                    assert_eq!(answer.status, if in_grpc { 200 } else { 403 });
                    assert!(answer.rejection.is_some());
                }
            }
        }
    }
}

/// A renderer of one's own has the last word on the wire; the reason is in the extensions all the
/// same.
#[tokio::test(start_paused = true)]
async fn a_renderer_of_ones_own() {
    for case in cases() {
        let answer = case
            .send(|layer| {
                layer.rejection_response(|rejection| {
                    let mut response = Response::new(Bytes::from(rejection.class().message()));
                    *response.status_mut() = StatusCode::IM_A_TEAPOT;
                    response
                        .headers_mut()
                        .insert("x-own", "yes".parse().unwrap());
                    response
                })
            })
            .await;
        assert_eq!(answer.status, 418, "{}", case.name);
        assert_eq!(
            headers(&answer),
            pairs(&[("x-own", "yes")]),
            "{}",
            case.name
        );
        assert_eq!(answer.text(), class(case.class).0, "{}", case.name);
        assert_eq!(answer.kind(), case.kind, "{}", case.name);
    }
}

/// Every class's status can be another; the others keep theirs.
#[tokio::test(start_paused = true)]
async fn statuses() {
    for (changed, ..) in CLASSES {
        for case in cases() {
            let (text, usual, _) = class(case.class);
            let status = if case.class == changed { 498 } else { usual };
            let other = StatusCode::from_u16(498).unwrap();
            let answer = case
                .send(|layer| layer.rejection_status(changed, other).unwrap())
                .await;
            assert_eq!(answer.status, status, "{}", case.name);
            assert_eq!(
                answer.text(),
                format!(r#"{{"error":"{text}"}}"#),
                "{}",
                case.name
            );
            assert_eq!(answer.rejection.unwrap().status(), status, "{}", case.name);
        }
    }
}

/// The provider may want another status; the layer's own comes before it; the last one counts.
#[tokio::test]
async fn whose_status_it_is() {
    let class = RejectionClass::InvalidSignature;
    let provider: Provider =
        providers::generic().with_rejection_status(class, StatusCode::UNAUTHORIZED);
    let by_provider = || WebhookLayer::new(provider.clone(), secret()).unwrap();
    let rows = [
        ("the class's", layer(), 403),
        ("the provider's", by_provider(), 401),
        (
            "the layer's",
            by_provider()
                .rejection_status(class, StatusCode::NOT_FOUND)
                .unwrap(),
            404,
        ),
        (
            "the last",
            layer()
                .rejection_status(class, StatusCode::NOT_FOUND)
                .and_then(|layer| layer.rejection_status(class, StatusCode::GONE))
                .unwrap(),
            410,
        ),
    ];
    for (name, layer, status) in rows {
        let service = layer.layer(RecordingService::default());
        let answer = send(&service, good().without("x-signature").request()).await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.text(), r#"{"error":"Invalid signature"}"#, "{name}");
    }
}

/// The operator's text says more than the wire, and is written as errors are.
#[tokio::test(start_paused = true)]
async fn the_operators_text() {
    for case in cases() {
        let answer = case.send(|layer| layer).await;
        let rejection = answer.rejection.unwrap();
        let text = rejection.to_string();
        assert!(text.len() > 15, "{}: {text}", case.name);
        assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
        assert!(!text.starts_with(char::is_uppercase), "{text}");
        assert_ne!(text, rejection.class().message(), "{}", case.name);
        assert_eq!(text, rejection.kind().to_string(), "{}", case.name);
    }
    let old = case("", RejectionClass::Expired, "TimestampTooOld", || {
        good().set("x-timestamp", at(-301)).request()
    });
    let text = old.send(|layer| layer).await.rejection.unwrap().to_string();
    assert!(text.contains("301") && text.contains("300"), "{text}");
    let missing = case(
        "",
        RejectionClass::InvalidSignature,
        "MissingSignature",
        || good().without("x-signature").request(),
    );
    let text = missing
        .send(|layer| layer)
        .await
        .rejection
        .unwrap()
        .to_string();
    assert!(text.contains("x-signature"), "{text}");
}

/// What the inner service answers goes out as it is, and without a rejection.
#[tokio::test]
async fn the_inner_answer_is_not_touched() {
    let service = WebhookLayer::new(providers::slack(), secret())
        .unwrap()
        .clock(test_clock())
        .layer(service_fn(|_: Request<VerifiedBody>| async {
            let steps = [
                Step::data("a"),
                Step::data("b"),
                Step::trailer("x-sum", "1"),
            ];
            let mut response = Response::new(Script::new(steps));
            *response.status_mut() = StatusCode::FORBIDDEN;
            *response.version_mut() = Version::HTTP_2;
            response
                .headers_mut()
                .append("set-cookie", "a=1".parse().unwrap());
            response
                .headers_mut()
                .append("set-cookie", "b=2".parse().unwrap());
            Ok::<_, Infallible>(response)
        }));
    let answer = send(&service, slack(now(), BODY).request()).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.version, Version::HTTP_2);
    assert_eq!(
        headers(&answer),
        pairs(&[("set-cookie", "a=1"), ("set-cookie", "b=2")])
    );
    assert_eq!(answer.text(), "ab");
    assert_eq!(answer.extensions.get::<HeaderMap>().unwrap()["x-sum"], "1");
    assert!(answer.rejection.is_none());
}

/// A provider can require responses without a body. A response of the operator takes precedence.
#[tokio::test(start_paused = true)]
async fn rejections_have_no_body_if_the_provider_requires_it() {
    let status = StatusCode::UNAUTHORIZED;
    let class = RejectionClass::InvalidSignature;
    let orders = [
        providers::xero(),
        providers::generic()
            .with_empty_responses()
            .with_rejection_status(class, status),
        providers::generic()
            .with_rejection_status(class, status)
            .with_empty_responses(),
    ];
    for provider in orders {
        let layer = layer_for(provider);
        let own = layer.clone().rejection_response(rejection::json);
        // The preset has another header, so each request lacks the signature of its scheme.
        let request = || good().without("x-signature").request();
        let service = layer.layer(RecordingService::default());
        let answer = send(&service, request()).await;
        assert_eq!((answer.status, answer.text()), (status, ""));
        assert_eq!(answer.header("content-type"), None);
        let service = own.layer(RecordingService::default());
        let answer = send(&service, request()).await;
        assert_eq!(answer.text(), r#"{"error":"Invalid signature"}"#);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    // A handshake that is answered with a body contradicts the setting.
    let zoom = WebhookLayer::new(providers::zoom().with_empty_responses(), secret());
    assert!(
        zoom.unwrap_err()
            .to_string()
            .contains("with_empty_responses")
    );
}
