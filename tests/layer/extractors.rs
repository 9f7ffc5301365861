//! The proof and the payload as arguments of an axum handler.

use axum::{
    Router,
    body::Body,
    extract::DefaultBodyLimit,
    http::{Method, Request, StatusCode},
    response::Response,
    routing::{any, post},
};
use serde::Deserialize;
use tower::ServiceExt as _;
use tower_webhook::{
    Verified, WebhookLayer,
    axum::{InvalidPayload, VerifiedJson},
    providers,
};
use tracing_subscriber::filter::LevelFilter;

use crate::support::{self, Answer, Delivery, Log, Report, github, with_any_method};

#[derive(Deserialize)]
struct Order {
    id: u32,
    #[serde(default)]
    secret_name: Option<String>,
}

async fn on_order(verified: Verified, VerifiedJson(order): VerifiedJson<Order>) -> String {
    assert!(order.secret_name.is_none());
    format!("{} sent {}", verified.provider(), order.id)
}

async fn on_maybe(verified: Option<Verified>) -> String {
    format!("verified: {}", verified.is_some())
}

fn bare() -> Router {
    Router::new()
        .route("/webhook", post(on_order))
        .route("/maybe", post(on_maybe))
}

fn app() -> Router {
    let layer = WebhookLayer::new(providers::github(), support::secret()).unwrap();
    bare().layer(layer.body_limit(8 << 20))
}

async fn send(app: Router, delivery: Delivery) -> (Answer, Option<InvalidPayload>) {
    let Delivery { head, body } = delivery;
    let request = Request::from_parts(head, Body::from(body));
    let response: Response = app.oneshot(request).await.unwrap();
    let payload = response.extensions().get().cloned();
    (Answer::of(response).await, payload)
}

/// What the handler asks for, and what it gets, by the body.
#[tokio::test]
async fn a_payload_is_read_or_refused() {
    const INVALID: (u16, &str) = (400, r#"{"error":"Invalid payload"}"#);
    let mut report = Report::default();
    let ok = |text| (200, text);
    for (body, expected, reason) in [
        (r#"{"id":7}"#, ok("github sent 7"), ""),
        ("\n {\"id\": 7 } \n", ok("github sent 7"), ""),
        (r#"{"id":7,"more":[1]}"#, ok("github sent 7"), ""),
        ("", INVALID, "Truncated"),
        (r#"{"id":7"#, INVALID, "Truncated"),
        ("{]", INVALID, "Syntax { line: 1, column: 2 }"),
        ("{\"id\":7}\n{}", INVALID, "Syntax { line: 2, column: 1 }"),
        ("null", INVALID, "Data { line: 1, column: 4 }"),
        ("{}", INVALID, "Data { line: 1, column: 2 }"),
        (
            r#"{"id":"hunter2"}"#,
            INVALID,
            "Data { line: 1, column: 15 }",
        ),
        (r#"{"id":-1}"#, INVALID, "Data { line: 1, column: 8 }"),
        (
            "{\"id\":7,\"secret_name\":\"\u{0}\"}",
            INVALID,
            "Syntax { line: 1, column: 24 }",
        ),
        ("id=7", INVALID, "Syntax { line: 1, column: 1 }"),
    ] {
        let log = Log::default();
        let guard = log.listen();
        let delivery = github(body).header("x-github-delivery", "7");
        let (answer, payload) = send(app(), delivery.uri("/webhook")).await;
        drop(guard);
        let got = (answer.status.as_u16(), answer.text());
        let kind = payload.as_ref().map(|it| format!("{:?}", it.kind()));
        let kind = kind.unwrap_or_default();
        // For the log, and of the log alone.
        let told = payload.map(|it| it.to_string()).unwrap_or_default();
        let line = format!(
            "WARN tower_webhook: webhook payload rejected provider=\"github\" reason={told} delivery_id=\"7\"\n"
        );
        let logged = told.is_empty() || log.text().contains(&line) || !cfg!(feature = "tracing");
        let hides = !log.text().contains("hunter2") && !told.contains("hunter2");
        report.note(if got == expected && kind == reason && logged && hides {
            Ok(())
        } else {
            Err(format!("{body:?}: {got:?}, {kind:?}, {}", log.text()))
        });
    }
    report.finish();
}

/// A payload is parsed as JSON whatever its content type says, because the content type is not
/// signed.
#[tokio::test]
async fn any_content_type_will_do() {
    let delivery = github(r#"{"id":7}"#).uri("/webhook");
    for delivery in [
        delivery.clone(),
        delivery
            .clone()
            .header("content-type", "application/x-www-form-urlencoded"),
        delivery.header("content-type", "text/plain; charset=latin1"),
    ] {
        assert_eq!(send(app(), delivery).await.0.text(), "github sent 7");
    }
}

#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn axum_bounds_what_it_reads() {
    let long = format!("{{\"id\":7}}{}", " ".repeat(3 << 20));
    let heard = Log::default();
    let guard = heard.listen_from(LevelFilter::WARN);
    let (answer, payload) = send(app(), github(&long).uri("/webhook")).await;
    drop(guard);
    // The layer accepted the request, so only the extractor can log the reason of the rejection.
    let line = "WARN tower_webhook: webhook payload rejected provider=\"github\" reason=the payload exceeds axum's `DefaultBodyLimit`; raise that limit";
    assert_eq!(heard.take(), [line]);
    assert_eq!(
        answer.wire(),
        (
            413,
            Some("application/json"),
            r#"{"error":"Payload too large"}"#
        )
    );
    assert_eq!(payload.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    let app = app().layer(DefaultBodyLimit::max(8 << 20));
    assert_eq!(
        send(app, github(&long).uri("/webhook")).await.0.text(),
        "github sent 7"
    );
}

/// What is nested without end, for a type that takes anything: no stack overflows, in a thread's
/// own 2 MiB.
#[tokio::test]
async fn nesting_is_bounded() {
    async fn on_any(VerifiedJson(_): VerifiedJson<serde_json::Value>) {}
    async fn on_ignored(VerifiedJson(_): VerifiedJson<serde::de::IgnoredAny>) {}
    let layer = WebhookLayer::new(providers::github(), support::secret()).unwrap();
    let app = Router::new()
        .route("/any", post(on_any))
        .route("/ignored", post(on_ignored))
        .layer(layer);
    let nested =
        |open: &str, depth, close: &str| format!("{}0{}", open.repeat(depth), close.repeat(depth));
    let mut report = Report::default();
    for (target, depth, expected) in [
        ("/any", 100, 200),
        ("/any", 128, 400),
        ("/any", 100_000, 400),
        ("/ignored", 100_000, 200),
    ] {
        for body in [nested("[", depth, "]"), nested(r#"{"a":"#, depth, "}")] {
            let (answer, payload) = send(app.clone(), github(&body).uri(target)).await;
            let got = answer.status.as_u16();
            let is_told = payload.is_some() == (expected == 400);
            report.note(if got == expected && is_told {
                Ok(())
            } else {
                Err(format!("{target}, {depth} deep: {got}, {payload:?}"))
            });
        }
    }
    // Never closed.
    let open = "[".repeat(1 << 20);
    let (answer, _) = send(app, github(&open).uri("/any")).await;
    assert_eq!(answer.status, 400);
    report.finish();
}

/// The proof is there for any method; a body that is not, is no JSON.
#[tokio::test]
async fn the_method_does_not_matter() {
    let provider = with_any_method(providers::github());
    let layer = WebhookLayer::new(provider, support::secret()).unwrap();
    let routed = || {
        Router::new()
            .route("/webhook", any(on_order))
            .route("/proof", any(async |it: Verified| it.provider().to_owned()))
    };
    let app = routed().layer(layer);
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let at = |target| github("").uri(target).method(method.clone());
        let (answer, _) = send(app.clone(), at("/proof")).await;
        assert_eq!(answer.status, 200, "{method}");
        let (answer, payload) = send(app.clone(), at("/webhook")).await;
        assert_eq!(answer.status, 400, "{method}");
        assert_eq!(
            payload.unwrap().to_string(),
            "the payload is empty or truncated"
        );
        let with_body = github(r#"{"id":7}"#).uri("/webhook").method(method.clone());
        assert_eq!(send(app.clone(), with_body).await.0.status, 200, "{method}");
        for target in ["/proof", "/webhook"] {
            assert_eq!(send(routed(), at(target)).await.0.status, 500, "{method}");
        }
    }
}

async fn json_alone(VerifiedJson(order): VerifiedJson<Order>) -> String {
    order.id.to_string()
}

/// The fault is in the program, so the sender is not blamed, and the fault is logged.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test]
async fn a_missing_layer_is_a_500() {
    let log = Log::default();
    let guard = log.listen();
    let (answer, payload) = send(bare(), github(r#"{"id":7}"#).uri("/webhook")).await;
    let error = (
        500,
        Some("application/json"),
        r#"{"error":"Internal server error"}"#,
    );
    assert_eq!(answer.wire(), error);
    assert!(payload.is_none());

    let alone = Router::new().route("/webhook", post(json_alone));
    let (answer, _) = send(alone, github(r#"{"id":7}"#).uri("/webhook")).await;
    assert_eq!(answer.wire(), error);
    drop(guard);
    let told = log.text();
    assert_eq!(told.matches("ERROR").count(), 2, "{told}");
    assert!(told.contains("its route has no `WebhookLayer`"), "{told}");
}

#[tokio::test]
async fn a_proof_may_be_optional() {
    for (app, text) in [(app(), "verified: true"), (bare(), "verified: false")] {
        let (answer, _) = send(app, github("{}").uri("/maybe")).await;
        assert_eq!(answer.text(), text);
    }
}
