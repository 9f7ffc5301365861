//! Each delivery once: what `DedupeLayer` does inside of `WebhookLayer`, whatever the handler, the
//! store, the client and the clock do.

use std::{
    convert::Infallible,
    error::Error,
    fmt,
    future::{Future, pending, poll_fn},
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{Extension, Router, routing::post};
use bytes::Bytes;
use ed25519_dalek::{Signer as _, SigningKey};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::{advance, sleep, timeout},
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt as _};
use tower_webhook::{
    DedupeLayer, Keys, RequestHead, Secret, Verified, VerifiedBody, Verifier, WebhookLayer,
    body::ResponseBody,
    dedupe::{ClaimResult, Dedupe, DedupeKey, DedupeStore, Duplicate, LeaseToken, MemoryStore},
    providers::{self, Provider},
    rejection::{Rejection, RejectionClass},
    scheme::Algorithm,
    webhook::Webhook,
};

use crate::support::{
    Answer, BODY, Delivery, Log, NOW, RequestBody, SECRET, TestClock, at, base64, find_provider,
    generic, github, hex, mac, mac256, now, secret, send, slack, standard, standard_secret, stripe,
    test_clock, with_any_method,
};

const LEASE: Duration = Duration::from_secs(30);
const DUPLICATE: (u16, Option<&str>, &str) = (
    200,
    Some("application/json"),
    r#"{"message":"Duplicate delivery"}"#,
);
const LATER: (u16, Option<&str>, &str) = (
    503,
    Some("application/json"),
    r#"{"error":"Service unavailable"}"#,
);
const OURS: (u16, Option<&str>, &str) = (
    500,
    Some("application/json"),
    r#"{"error":"Internal server error"}"#,
);

/// What a handler does the next time.
#[derive(Clone, Debug)]
enum Act {
    Answer(u16),
    /// After so long.
    Late(Duration),
    Error,
    Panic,
    Hang,
    NeverReady,
    ErrorWhenReadied,
    Grpc(&'static str),
}

/// A handler that responds as the request says, or with 200.
#[derive(Clone, Debug, Default)]
struct Handler(Arc<State>);

#[derive(Debug, Default)]
struct State {
    next: Mutex<Option<Act>>,
    calls: AtomicUsize,
    asked: AtomicUsize,
}

impl Handler {
    fn next(&self, act: Act) {
        *self.0.next.lock().unwrap() = Some(act);
    }

    fn calls(&self) -> usize {
        self.0.calls.load(SeqCst)
    }
}

#[derive(Debug, PartialEq)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl Error for Broken {}

impl Service<Request<VerifiedBody>> for Handler {
    type Response = Response<Full<Bytes>>;
    type Error = Broken;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Broken>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.0.asked.fetch_add(1, SeqCst);
        let mut next = self.0.next.lock().unwrap();
        match &*next {
            Some(Act::NeverReady) => Poll::Pending,
            Some(Act::ErrorWhenReadied) => {
                *next = None;
                Poll::Ready(Err(Broken))
            }
            _ => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, _: Request<VerifiedBody>) -> Self::Future {
        self.0.calls.fetch_add(1, SeqCst);
        let act = self.0.next.lock().unwrap().take();
        Box::pin(async move {
            let mut response = Response::new(Full::from("handled"));
            match act.unwrap_or(Act::Answer(200)) {
                Act::Answer(status) => *response.status_mut() = status.try_into().unwrap(),
                Act::Late(time) => sleep(time).await,
                Act::Error => return Err(Broken),
                Act::Panic => panic!("as told"),
                Act::Grpc(status) => {
                    let status = status.parse().unwrap();
                    response.headers_mut().insert("grpc-status", status);
                }
                act => {
                    let _: () = pending().await;
                    unreachable!("{act:?}")
                }
            }
            Ok(response)
        })
    }
}

/// What a store does instead of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    Fails,
    Hangs,
    /// Takes the step, and then never says so.
    HangsAfter,
    /// Takes the step, and says so after a while.
    Late(Duration),
}

/// A store in memory that counts its operations and fails as configured.
#[derive(Clone)]
struct Moody {
    store: MemoryStore,
    /// Of claim, renew, complete and release.
    trouble: Arc<Mutex<[Option<Trouble>; 4]>>,
    steps: Arc<[AtomicUsize; 4]>,
}

const CLAIM: usize = 0;
const RENEW: usize = 1;
const COMPLETE: usize = 2;
const RELEASE: usize = 3;

impl Moody {
    fn new(capacity: usize) -> Self {
        Self {
            store: MemoryStore::new(capacity),
            trouble: Arc::default(),
            steps: Arc::default(),
        }
    }

    fn trouble(&self, step: usize, trouble: impl Into<Option<Trouble>>) {
        self.trouble.lock().unwrap()[step] = trouble.into();
    }

    fn steps(&self) -> [usize; 4] {
        [CLAIM, RENEW, COMPLETE, RELEASE].map(|step| self.steps[step].load(SeqCst))
    }

    async fn step<T, E>(
        &self,
        step: usize,
        inner: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Box<dyn Error + Send + Sync>>
    where
        E: Error + Send + Sync + 'static,
    {
        self.steps[step].fetch_add(1, SeqCst);
        let trouble = self.trouble.lock().unwrap()[step];
        match trouble {
            None => Ok(inner.await?),
            Some(Trouble::Fails) => Err("the disk is\non fire".into()),
            Some(Trouble::Hangs) => pending().await,
            Some(Trouble::HangsAfter) => {
                inner.await?;
                pending().await
            }
            Some(Trouble::Late(time)) => {
                let done = inner.await?;
                sleep(time).await;
                Ok(done)
            }
        }
    }
}

impl DedupeStore for Moody {
    type Error = Box<dyn Error + Send + Sync>;

    async fn claim(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<ClaimResult, Self::Error> {
        self.step(CLAIM, self.store.claim(key, owner, lease)).await
    }

    async fn renew(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        lease: Duration,
    ) -> Result<bool, Self::Error> {
        self.step(RENEW, self.store.renew(key, owner, lease)).await
    }

    async fn complete(
        &self,
        key: DedupeKey,
        owner: LeaseToken,
        time: Duration,
    ) -> Result<bool, Self::Error> {
        self.step(COMPLETE, self.store.complete(key, owner, time))
            .await
    }

    async fn release(&self, key: DedupeKey, owner: LeaseToken) -> Result<(), Self::Error> {
        self.step(RELEASE, self.store.release(key, owner)).await
    }
}

/// The two layers around a handler.
struct Rig {
    handler: Handler,
    store: Moody,
    clock: TestClock,
    service: Webhook<Dedupe<Handler>>,
}

fn rig(provider: impl Into<Provider>, keys: impl Into<Keys>) -> Rig {
    Rig::new(provider, keys, Moody::new(1000), |layer| layer)
}

fn github_rig() -> Rig {
    rig(providers::github(), secret())
}

impl Rig {
    fn new(
        provider: impl Into<Provider>,
        keys: impl Into<Keys>,
        store: Moody,
        set: impl FnOnce(DedupeLayer) -> DedupeLayer,
    ) -> Self {
        let (handler, clock) = (Handler::default(), test_clock());
        let dedupe = set(DedupeLayer::new(store.clone()).lease(LEASE));
        let webhook = WebhookLayer::new(provider, keys)
            .unwrap()
            .clock(clock.clone());
        let service = webhook.layer(dedupe.layer(handler.clone()));
        Self {
            handler,
            store,
            clock,
            service,
        }
    }

    /// What is answered, and how often the handler was called for it.
    async fn send(&self, delivery: Delivery) -> (Answer, usize) {
        let before = self.handler.calls();
        let answer = send(&self.service, delivery.request()).await;
        (answer, self.handler.calls() - before)
    }

    async fn expect_handled(&self, what: &str, delivery: Delivery) {
        let (answer, calls) = self.send(delivery).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text(), calls),
            (200, "handled", 1),
            "{what}"
        );
    }

    async fn expect(&self, what: &str, wire: (u16, Option<&str>, &str), delivery: Delivery) {
        let (answer, calls) = self.send(delivery).await;
        assert_eq!((answer.wire(), calls), (wire, 0), "{what}");
        let again = (wire.0 == 503).then_some("1");
        assert_eq!(answer.header("retry-after"), again, "{what}");
    }

    fn call(
        &self,
        delivery: Delivery,
    ) -> <Webhook<Dedupe<Handler>> as Service<Request<RequestBody>>>::Future {
        self.service.clone().call(delivery.request())
    }
}

/// 22: one after another. What comes after a success is a duplicate, what comes after anything else
/// is handled.
#[tokio::test(start_paused = true)]
async fn one_after_another() {
    for status in [200, 201, 202, 204, 299] {
        let rig = github_rig();
        rig.handler.next(Act::Answer(status));
        assert_eq!(rig.send(github(BODY)).await.0.status, status);
        for _ in 0..3 {
            rig.expect("after a success", DUPLICATE, github(BODY)).await;
        }
        rig.expect_handled("another one", github("another")).await;
        assert_eq!(rig.store.steps(), [5, 0, 2, 0]);
    }
    for status in [100, 199, 300, 304, 400, 404, 409, 429, 500, 503, 599] {
        let rig = github_rig();
        rig.handler.next(Act::Answer(status));
        assert_eq!(rig.send(github(BODY)).await.0.status, status);
        rig.expect_handled("after a failure", github(BODY)).await;
        rig.expect("after that", DUPLICATE, github(BODY)).await;
        assert_eq!(rig.store.steps(), [3, 0, 1, 1]);
    }
    for (act, calls) in [(Act::Error, 1), (Act::ErrorWhenReadied, 0)] {
        let rig = github_rig();
        rig.handler.next(act);
        let failed = rig.service.clone().oneshot(github(BODY).request()).await;
        assert_eq!((failed.unwrap_err(), rig.handler.calls()), (Broken, calls));
        rig.expect_handled("after an error", github(BODY)).await;
    }
}

/// 22: after a panic, which passes on through the layer.
#[tokio::test(start_paused = true)]
async fn after_a_panic() {
    let rig = github_rig();
    rig.handler.next(Act::Panic);
    let call = AssertUnwindSafe(rig.call(github(BODY)));
    assert!(call.catch_unwind().await.is_err());
    rig.expect_handled("after a panic", github(BODY)).await;

    // In the task of a server.
    let rig = github_rig();
    rig.handler.next(Act::Panic);
    assert!(
        tokio::spawn(rig.call(github(BODY)))
            .await
            .unwrap_err()
            .is_panic()
    );
    rig.expect_handled("after a panic", github(BODY)).await;
}

/// 22: of concurrent copies, one reaches the handler. The others are answered that they should
/// retry, and later that the delivery was handled.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_the_same_moment() {
    let rig = Arc::new(github_rig());
    for round in 0..50 {
        let body = format!("round {round}");
        let before = rig.handler.calls();
        rig.handler.next(Act::Late(Duration::from_millis(20)));
        let sent: Vec<_> = (0..32)
            .map(|_| {
                let (rig, body) = (Arc::clone(&rig), body.clone());
                tokio::spawn(async move { send(&rig.service, github(body).request()).await })
            })
            .collect();
        let mut handled = 0;
        for answer in sent {
            let answer = answer.await.unwrap();
            if answer.text() == "handled" {
                handled += 1;
            } else if answer.wire() != DUPLICATE {
                assert_eq!((answer.wire(), &*answer.kind()), (LATER, "InFlight"));
                assert_eq!(answer.header("retry-after"), Some("1"));
            }
        }
        assert_eq!(
            (handled, rig.handler.calls() - before),
            (1, 1),
            "round {round}"
        );
        rig.expect("afterwards", DUPLICATE, github(&body)).await;
    }
}

/// Polls once, and lets what was spawned run.
async fn begin<F: Future>(mut future: Pin<&mut F>) {
    let polled = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await;
    assert!(polled, "it did not wait");
}

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// 22: the client goes away in every state. Only a delivery that was handled with success is not
/// handled again.
#[tokio::test(start_paused = true)]
async fn the_client_goes_away() {
    type Prepare = fn(&Rig);
    let cases: [(&str, Prepare, bool); 7] = [
        (
            "before the claim",
            |rig| rig.store.trouble(CLAIM, Trouble::Hangs),
            false,
        ),
        (
            "after it was claimed",
            |rig| rig.store.trouble(CLAIM, Trouble::HangsAfter),
            false,
        ),
        (
            "while the handler is not ready",
            |rig| rig.handler.next(Act::NeverReady),
            false,
        ),
        (
            "while it is handled",
            |rig| rig.handler.next(Act::Hang),
            false,
        ),
        (
            "before it is completed",
            |rig| rig.store.trouble(COMPLETE, Trouble::Hangs),
            true,
        ),
        (
            "after it was completed",
            |rig| rig.store.trouble(COMPLETE, Trouble::HangsAfter),
            true,
        ),
        (
            "before it is released",
            |rig| {
                rig.handler.next(Act::Answer(500));
                rig.store.trouble(RELEASE, Trouble::Hangs);
            },
            false,
        ),
    ];
    for (what, prepare, is_done) in cases {
        let rig = github_rig();
        prepare(&rig);
        let mut call = Box::pin(rig.call(github(BODY)));
        begin(call.as_mut()).await;
        *rig.store.trouble.lock().unwrap() = [None; 4];
        *rig.handler.0.next.lock().unwrap() = None;
        drop(call);
        settle().await;
        if is_done {
            rig.expect(what, DUPLICATE, github(BODY)).await;
        } else {
            rig.expect_handled(what, github(BODY)).await;
        }
    }
}

/// Nothing is known of a delivery that was dropped before its body was whole.
#[tokio::test(start_paused = true)]
async fn the_client_goes_away_before_it_has_sent_all() {
    let rig = github_rig();
    let delivery = github(BODY);
    let first = Ok::<_, Infallible>(Frame::data(Bytes::from_static(&BODY[..9])));
    let endless = StreamBody::new(stream::iter([first]).chain(stream::pending()));
    let request = delivery.clone().with(endless);
    let mut call = Box::pin(rig.service.clone().call(request));
    begin(call.as_mut()).await;
    drop(call);
    assert_eq!(rig.store.steps(), [0; 4]);
    rig.expect_handled("the whole of it", delivery).await;
}

/// Outside of a runtime, a store in memory is notified at once. A store that has to wait is not
/// notified, but nothing panics.
#[test]
fn dropped_without_a_runtime() {
    let rig = github_rig();
    rig.handler.next(Act::NeverReady);
    let mut call = Box::pin(rig.call(github(BODY)));
    assert!(call.as_mut().now_or_never().is_none());
    drop(call);
    assert_eq!(rig.store.steps(), [1, 0, 0, 1]);
    *rig.handler.0.next.lock().unwrap() = None;
    let answer = rig.call(github(BODY)).now_or_never().unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    let answer = rig.call(github(BODY)).now_or_never().unwrap().unwrap();
    assert!(answer.extensions().get::<Duplicate>().is_some());

    // The completion cannot be retried, so the claim ends with its lease.
    let rig = github_rig();
    rig.store.trouble(COMPLETE, Trouble::Fails);
    let answer = rig.call(github(BODY)).now_or_never().unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(rig.store.steps(), [1, 0, 1, 0]);

    let rig = github_rig();
    rig.handler.next(Act::NeverReady);
    rig.store.trouble(RELEASE, Trouble::Hangs);
    let mut call = Box::pin(rig.call(github(BODY)));
    assert!(call.as_mut().now_or_never().is_none());
    drop(call);
}

/// 23: nothing that is not signed makes a delivery look new, nor two of them alike.
#[tokio::test(start_paused = true)]
async fn the_same_under_another_id() {
    let rig = rig(with_any_method(providers::github()), secret());
    let with_id = |body, id: &str| github(body).header("x-github-delivery", id);
    rig.expect_handled("the first", with_id(BODY, "1")).await;
    let again = [
        ("another id", with_id(BODY, "2")),
        ("no id", github(BODY)),
        (
            "another event",
            with_id(BODY, "1").header("x-github-event", "push"),
        ),
        (
            "another path",
            with_id(BODY, "1").uri("https://other.example.com/elsewhere?a=b"),
        ),
        ("another method", with_id(BODY, "1").method(Method::PUT)),
        (
            "capitals",
            Delivery::new(BODY).header(
                "x-hub-signature-256",
                format!("sha256={}", hex(&mac256(BODY)).to_uppercase()),
            ),
        ),
    ];
    for (what, delivery) in again {
        rig.expect(what, DUPLICATE, delivery).await;
    }
    rig.expect_handled("another body under the same id", with_id(b"another", "1"))
        .await;

    // The time is not signed.
    let rig = Rig::new(providers::generic(), secret(), Moody::new(10), |layer| {
        layer
    });
    rig.expect_handled("the first", generic(now(), BODY)).await;
    rig.expect(
        "at another time",
        DUPLICATE,
        generic((NOW + 9).to_string(), BODY),
    )
    .await;

    // The time is.
    let rig = self::rig(providers::slack(), secret());
    rig.expect_handled("the first", slack(now(), BODY)).await;
    rig.expect("the same", DUPLICATE, slack(now(), BODY)).await;
    rig.expect_handled("signed again", slack((NOW + 1).to_string(), BODY))
        .await;

    // The ID is signed, so it stays the same when the delivery is signed again.
    let rig = self::rig(providers::standard_webhooks(), standard_secret());
    rig.expect_handled("the first", standard("msg_1", now(), BODY))
        .await;
    rig.expect(
        "the next attempt",
        DUPLICATE,
        standard("msg_1", (NOW + 60).to_string(), BODY),
    )
    .await;
    rig.expect_handled("another id", standard("msg_2", now(), BODY))
        .await;
}

/// 24: what is not signed does not reach the store.
#[tokio::test(start_paused = true)]
async fn a_flood_of_unsigned_deliveries_does_not_touch_the_store() {
    let rig = github_rig();
    for at in 0..10_000 {
        let forged = github(BODY).body(format!("forged {at}"));
        assert_eq!(rig.send(forged).await.0.status, 403);
        assert_eq!(rig.send(Delivery::new(BODY)).await.0.status, 403);
    }
    assert_eq!((rig.store.steps(), rig.handler.calls()), ([0; 4], 0));
    rig.expect_handled("a good one", github(BODY)).await;
}

/// 24: the store full, down, slow: 503, the reason in the log, and all is well afterwards.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn the_store_is_full_down_or_slow() {
    let log = Log::default();
    let _guard = log.listen();
    let full = || Rig::new(providers::github(), secret(), Moody::new(1), |layer| layer);
    let rig = full();
    rig.expect_handled("the first", github("first")).await;
    rig.expect("full", LATER, github(BODY)).await;
    rig.expect("what it remembers", DUPLICATE, github("first"))
        .await;
    let text = log.take().join("\n");
    assert!(
        text.contains("the memory store is full: it has 1 unexpired records"),
        "{text}"
    );

    for (trouble, reason) in [
        (
            Trouble::Fails,
            r"the deduplication store failed: the disk is\non fire",
        ),
        (
            Trouble::Hangs,
            "the deduplication store did not answer within 1 s",
        ),
        (
            Trouble::HangsAfter,
            "the deduplication store did not answer within 1 s",
        ),
    ] {
        let rig = github_rig();
        rig.store.trouble(CLAIM, trouble);
        let begun = tokio::time::Instant::now();
        let (answer, calls) = rig.send(github(BODY)).await;
        let late = Duration::from_secs(u64::from(trouble != Trouble::Fails));
        assert_eq!(
            (answer.wire(), calls, begun.elapsed()),
            (LATER, 0, late),
            "{trouble:?}"
        );
        let rejection = answer.rejection.unwrap();
        assert_eq!(
            (rejection.provider(), rejection.to_string()),
            ("github", reason.to_owned())
        );
        let lines = log.take();
        let line = format!(
            "WARN tower_webhook: webhook delivery rejected provider=\"github\" reason={reason}"
        );
        assert!(lines.contains(&line), "{lines:#?}");
        rig.store.trouble(CLAIM, None);
        settle().await;
        // The claim that could not be confirmed does not remain in the store.
        rig.expect_handled("it is back", github(BODY)).await;
    }
}

/// If a store is so slow that a lease expires before the store responds, no request begins.
/// Otherwise they would run one after the other.
#[tokio::test(start_paused = true)]
async fn a_store_is_slower_than_the_lease() {
    const LEASE: Duration = Duration::from_millis(600);
    let deadlines = [None, Some(Duration::from_secs(1))];
    for (deadline, late) in deadlines.into_iter().flat_map(|deadline| {
        [10, 100, 190, 210, 300, 900].map(|late| (deadline, Duration::from_millis(late)))
    }) {
        let what = format!("{deadline:?}, {late:?}");
        let rig = Rig::new(providers::github(), secret(), Moody::new(9), |layer| {
            layer.lease(LEASE).store_deadline(deadline)
        });
        for step in [CLAIM, RENEW, COMPLETE, RELEASE] {
            rig.store.trouble(step, Trouble::Late(late));
        }
        let mut sent = Vec::new();
        for _ in 0..8 {
            rig.handler.next(Act::Late(Duration::from_secs(3)));
            sent.push(tokio::spawn(rig.call(github(BODY))));
            sleep(Duration::from_millis(300)).await;
        }
        // None of them is done yet.
        let begun = usize::from(late < LEASE / 3);
        assert_eq!(rig.handler.calls(), begun, "{what}");
        let mut handled = 0;
        for sent in sent {
            handled += usize::from(sent.await.unwrap().unwrap().status() == 200);
        }
        assert_eq!(handled, begun, "{what}");
    }
}

/// 24: they are forwarded if the layer is configured so.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn let_through_without_a_store() {
    let log = Log::default();
    let _guard = log.listen();
    for trouble in [Trouble::Fails, Trouble::Hangs, Trouble::HangsAfter] {
        let set = DedupeLayer::danger_let_through_without_store;
        let rig = Rig::new(providers::github(), secret(), Moody::new(9), set);
        rig.store.trouble(CLAIM, trouble);
        for _ in 0..3 {
            rig.expect_handled("without a store", github(BODY)).await;
            settle().await;
        }
        let told = "webhook delivery forwarded without a claim";
        assert_eq!(
            log.take().iter().filter(|line| line.contains(told)).count(),
            3
        );
        rig.store.trouble(CLAIM, None);
        rig.expect_handled("it is back, and knows of none of them", github(BODY))
            .await;
        rig.expect("it is back", DUPLICATE, github(BODY)).await;
    }
}

/// The handler was successful, but the store could not be notified. The sender gets the handler's
/// response, and the notification is retried until another process could have begun.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn the_store_fails_after_a_success() {
    for trouble in [Trouble::Fails, Trouble::Hangs, Trouble::HangsAfter] {
        for (down, is_heard) in [
            (Duration::ZERO, true),
            (Duration::from_secs(5), true),
            (Duration::from_secs(20), true),
            (LEASE * 2, false),
        ] {
            let what = format!("{trouble:?} for {down:?}");
            let log = Log::default();
            let _guard = log.listen();
            let rig = github_rig();
            rig.store.trouble(COMPLETE, trouble);
            let begun = tokio::time::Instant::now();
            rig.expect_handled(&what, github(BODY)).await;
            // No longer than one step takes.
            let late = Duration::from_secs(u64::from(trouble != Trouble::Fails));
            assert_eq!(begun.elapsed(), late, "{what}");
            let told = "failed to record the outcome of a delivery";
            assert!(log.text().contains(told), "{what}: {}", log.text());
            if trouble != Trouble::HangsAfter {
                rig.expect(&what, LATER, github(BODY)).await;
            }
            sleep(down).await;
            rig.store.trouble(COMPLETE, None);
            // The next attempt to notify the store, or the end of the lease.
            sleep(LEASE / 3).await;
            if is_heard || trouble == Trouble::HangsAfter {
                rig.expect(&what, DUPLICATE, github(BODY)).await;
                advance(LEASE).await;
                rig.expect(&what, DUPLICATE, github(BODY)).await;
            } else {
                assert!(
                    log.text()
                        .contains("gave up recording the success of a delivery"),
                    "{what}"
                );
                rig.expect_handled(&what, github(BODY)).await;
                rig.expect(&what, DUPLICATE, github(BODY)).await;
            }
            // It is not told for ever, nor without a pause.
            let steps = rig.store.steps()[COMPLETE];
            assert!(steps <= 17, "{what}: {steps}");
            sleep(LEASE * 3).await;
            assert_eq!(rig.store.steps()[COMPLETE], steps, "{what}");
        }
    }
}

/// Who tells the store late, after another one has begun, takes nothing away.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn the_store_hears_of_a_success_too_late() {
    let log = Log::default();
    let _guard = log.listen();
    let store = Moody::new(9);
    let rig = Rig::new(providers::github(), secret(), store, |layer| {
        layer.lease(Duration::from_secs(1))
    });
    rig.handler.next(Act::Late(Duration::from_secs(2)));
    rig.store.trouble(RENEW, Trouble::Fails);
    rig.store.trouble(COMPLETE, Trouble::Fails);
    let first = tokio::spawn(rig.call(github(BODY)));
    sleep(Duration::from_millis(1500)).await;
    rig.handler.next(Act::Late(Duration::from_secs(60)));
    rig.store.trouble(RENEW, None);
    let second = tokio::spawn(rig.call(github(BODY)));
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
    rig.store.trouble(COMPLETE, None);
    sleep(Duration::from_secs(2)).await;
    let taken = "claim was taken over before the handler finished";
    assert!(log.text().contains(taken), "{}", log.text());
    rig.expect("the second one has it", LATER, github(BODY))
        .await;
    assert_eq!(second.await.unwrap().unwrap().status(), 200);
    rig.expect("afterwards", DUPLICATE, github(BODY)).await;
    assert_eq!(rig.handler.calls(), 2);
}

/// A claim is renewed while the handler runs, though a renewal may fail; who has lost it does not
/// disturb who has it.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_longer_than_the_lease() {
    let log = Log::default();
    let _guard = log.listen();
    let rig = Arc::new(github_rig());
    let take = |time: Duration| {
        rig.handler.next(Act::Late(time));
        let rig = Arc::clone(&rig);
        tokio::spawn(async move { send(&rig.service, github(BODY).request()).await })
    };
    let first = take(LEASE * 20);
    for at in 0..39 {
        sleep(LEASE / 2).await;
        // Every now and then one of them fails.
        rig.store
            .trouble(RENEW, (at % 4 == 0).then_some(Trouble::Fails));
        rig.expect("while it is handled", LATER, github(BODY)).await;
    }
    assert_eq!(first.await.unwrap().status, 200);
    rig.expect("afterwards", DUPLICATE, github(BODY)).await;
    assert!(rig.store.steps()[RENEW] >= 57, "{:?}", rig.store.steps());
    log.take();

    // The store is not reached for a whole lease, and another one takes over.
    let rig = Arc::new(github_rig());
    let start = |time: Duration| {
        rig.handler.next(Act::Late(time));
        let rig = Arc::clone(&rig);
        tokio::spawn(async move { send(&rig.service, github(BODY).request()).await })
    };
    let late = start(LEASE * 3);
    settle().await;
    rig.store.trouble(RENEW, Trouble::Fails);
    sleep(LEASE + Duration::from_secs(1)).await;
    let next = start(LEASE * 10);
    settle().await;
    assert_eq!(rig.handler.calls(), 2);
    rig.store.trouble(RENEW, None);
    assert_eq!(late.await.unwrap().status, 200);
    let text = log.take().join("\n");
    assert!(
        text.contains("claim was taken over while the handler was running"),
        "{text}"
    );
    assert!(
        text.contains("claim was taken over before the handler finished"),
        "{text}"
    );
    rig.expect("the one who took over has it", LATER, github(BODY))
        .await;
    assert_eq!(next.await.unwrap().status, 200);
    rig.expect("afterwards", DUPLICATE, github(BODY)).await;
}

/// It is remembered for a day, or as long as it is set, and never for less than it can be sent
/// again.
#[tokio::test(start_paused = true)]
async fn how_long_it_is_remembered() {
    type Set = fn(DedupeLayer) -> DedupeLayer;
    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let window = Duration::from_secs(300 + 300 + 1);
    let cases: [(&str, Provider, Delivery, Set, Duration); 5] = [
        (
            "default",
            providers::github(),
            github(BODY),
            |layer| layer,
            DAY,
        ),
        (
            "set",
            providers::github(),
            github(BODY),
            |it| it.retention(DAY * 9),
            DAY * 9,
        ),
        (
            "no window",
            providers::github(),
            github(BODY),
            |it| it.retention(MINUTE / 60),
            MINUTE,
        ),
        (
            "not signed",
            providers::generic(),
            generic(now(), BODY),
            |it| it.retention(MINUTE * 2),
            MINUTE * 2,
        ),
        (
            "the window",
            providers::stripe(),
            stripe(now(), BODY),
            |it| it.retention(Duration::ZERO),
            window + MINUTE,
        ),
    ];
    for (what, provider, delivery, set, time) in cases {
        let rig = Rig::new(provider, secret(), Moody::new(9), set);
        rig.expect_handled(what, delivery.clone()).await;
        advance(time.saturating_sub(Duration::from_secs(1))).await;
        rig.expect(what, DUPLICATE, delivery.clone()).await;
        advance(Duration::from_secs(1)).await;
        rig.expect_handled(what, delivery).await;
    }
    // As the layer has it, and not the scheme.
    let webhook = WebhookLayer::new(providers::stripe(), secret())
        .unwrap()
        .clock(test_clock());
    for (webhook, time) in [
        (webhook.clone().tolerance(DAY).unwrap(), Some(DAY * 2)),
        (
            webhook.clone().past_tolerance(DAY).unwrap(),
            Some(DAY + Duration::from_secs(300)),
        ),
        (webhook.tolerance(Duration::MAX).unwrap(), None),
    ] {
        let dedupe = DedupeLayer::new(MemoryStore::new(9)).retention(Duration::ZERO);
        let handler = Handler::default();
        let service = webhook.layer(dedupe.layer(handler.clone()));
        let time = time.map_or(MINUTE, |time| time + MINUTE + Duration::from_secs(1));
        for (wait, calls) in [
            (Duration::ZERO, 1),
            (time.saturating_sub(Duration::from_secs(1)), 1),
            (Duration::from_secs(1), 2),
        ] {
            advance(wait).await;
            assert_eq!(
                send(&service, stripe(now(), BODY).request()).await.status,
                200
            );
            assert_eq!(handler.calls(), calls, "{time:?}");
        }
    }
}

/// No jump of the clock makes the layer forget, nor remember for longer.
#[tokio::test(start_paused = true)]
async fn the_clock_jumps() {
    let rig = rig(providers::generic(), secret());
    rig.expect_handled("the first", generic(now(), BODY)).await;
    for seconds in [0, -1, NOW - 86_400 * 365, NOW + 86_400 * 365 * 30] {
        rig.clock.set(at(seconds));
        let delivery = generic(seconds.max(0).to_string(), BODY);
        rig.expect("after a jump", DUPLICATE, delivery).await;
    }
    rig.clock.set(at(NOW));
    rig.handler.next(Act::Hang);
    let hung = tokio::spawn(rig.call(generic(now(), "hangs")));
    settle().await;
    rig.clock.set(at(NOW + 86_400));
    rig.expect(
        "under way",
        LATER,
        generic((NOW + 86_400).to_string(), "hangs"),
    )
    .await;
    hung.abort();
    settle().await;
    rig.expect_handled("released", generic((NOW + 86_400).to_string(), "hangs"))
        .await;
}

/// What is put together wrongly is 500, and the log says why.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn put_together_wrongly() {
    let log = Log::default();
    let _guard = log.listen();
    let store = Moody::new(9);
    let service = DedupeLayer::new(store.clone()).layer(tower::service_fn(
        async |_: Request<RequestBody>| {
            Ok::<Response<Full<Bytes>>, Broken>(Response::new(Full::default()))
        },
    ));
    let answer = send(&service, github(BODY).request()).await;
    assert_eq!((answer.wire(), &*answer.kind()), (OURS, "NotVerified"));
    let text = log.take().join("\n");
    assert!(
        text.contains("did not pass through a `WebhookLayer`"),
        "{text}"
    );
    let mut call = github(BODY).header("content-type", "application/grpc");
    call.head.version = Version::HTTP_2;
    let answer = send(&service, call.request()).await;
    let status = answer.header("grpc-status");
    assert_eq!((answer.status.as_u16(), status), (200, Some("13")));
    log.take();

    let token = Delivery::new(BODY).header("x-gitlab-token", SECRET);
    let rig = Rig::new(providers::gitlab(), secret(), store.clone(), |layer| layer);
    rig.expect("a token", OURS, token.clone()).await;
    let text = log.take().join("\n");
    assert!(text.contains("set `DedupeLayer::key_by`"), "{text}");
    assert_eq!(store.steps(), [0; 4]);

    // Who trusts a header that is not signed says so.
    let rig = Rig::new(providers::gitlab(), secret(), store, |layer| {
        layer.key_by(|verified: &Verified, head: RequestHead<'_>| {
            assert_eq!(verified.dedupe_key(), None);
            let id = head.headers().get("x-gitlab-event-uuid")?;
            Some(DedupeKey::of([
                verified.provider().as_bytes(),
                id.as_bytes(),
            ]))
        })
    });
    let with_id = |id: &str| token.clone().header("x-gitlab-event-uuid", id);
    rig.expect_handled("an id", with_id("1")).await;
    rig.expect("the same id", DUPLICATE, with_id("1")).await;
    rig.expect_handled("another id", with_id("2")).await;
    rig.expect("no id", OURS, token).await;
}

/// A `Verified` that comes from outside is none, also to this layer.
#[tokio::test(start_paused = true)]
async fn a_verified_from_outside_claims_nothing() {
    let verified = Verifier::new(providers::github(), secret()).unwrap();
    let delivery = github(BODY).request();
    let verified = verified.verify(&delivery, BODY).unwrap();
    let rig = github_rig();
    let mut forged = github(BODY).body("forged").request();
    forged.extensions_mut().insert(verified);
    assert_eq!(send(&rig.service, forged).await.status, 403);
    assert_eq!(rig.store.steps(), [0; 4]);
}

/// Endpoints that share a store and a provider are kept apart by a scope, and by nothing else.
#[tokio::test(start_paused = true)]
async fn scopes() {
    let store = Moody::new(99);
    let rig = |scope: Option<&'static str>| {
        Rig::new(
            providers::github(),
            secret(),
            store.clone(),
            |layer| match scope {
                Some(scope) => layer.scope(scope),
                None => layer,
            },
        )
    };
    for scope in [None, Some("billing"), Some("crm"), Some("")] {
        rig(scope).expect_handled("the first", github(BODY)).await;
        rig(scope)
            .expect("the same scope", DUPLICATE, github(BODY))
            .await;
    }
}

/// Custom renderers create the responses, and outer layers can read the result from the extensions.
#[tokio::test(start_paused = true)]
async fn renderers() {
    let rig = Rig::new(providers::github(), secret(), Moody::new(1), |layer| {
        layer
            .duplicate_response(|verified| Response::new(verified.provider().to_owned().into()))
            .rejection_response(|rejection| {
                let mut response = Response::new(Bytes::from("no"));
                *response.status_mut() = StatusCode::from_u16(599).unwrap();
                assert_eq!(rejection.status(), 503);
                response
            })
    });
    rig.expect_handled("the first", github(BODY)).await;
    let response = rig.call(github(BODY)).await.unwrap();
    assert!(response.extensions().get::<Duplicate>().is_some());
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "github"
    );
    let (answer, _) = rig.send(github("another")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text(), &*answer.kind()),
        (599, "no", "StoreFailed")
    );
}

/// A provider that requires responses without a body gets them from both layers. A response of the
/// operator takes precedence.
#[tokio::test(start_paused = true)]
async fn answers_without_a_body_if_the_provider_requires_it() {
    let provider = || providers::github().with_empty_responses();
    let rig = |layer: DedupeLayer| {
        let webhook = WebhookLayer::new(provider(), secret()).unwrap();
        webhook.layer(layer.layer(Handler::default()))
    };
    let service = rig(DedupeLayer::new(MemoryStore::new(10)));
    let first = service.clone().oneshot(github(BODY).request()).await;
    assert!(first.unwrap().status().is_success());
    let duplicate = service.oneshot(github(BODY).request()).await.unwrap();
    assert!(duplicate.extensions().get::<Duplicate>().is_some());
    assert!(!duplicate.headers().contains_key("content-type"));
    let answer = Answer::of(duplicate).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));

    let full = || DedupeLayer::new(MemoryStore::new(0));
    let own = full().rejection_response(|_| Response::new(Bytes::from("own")));
    for (layer, body) in [(full(), ""), (own, "own")] {
        let response = rig(layer).oneshot(github(BODY).request()).await.unwrap();
        let answer = Answer::of(response).await;
        assert_eq!((answer.text(), &*answer.kind()), (body, "StoreFailed"));
    }
}

/// What is set for the layer outside applies to the layer inside, unless that has its own.
#[tokio::test(start_paused = true)]
async fn applies_the_statuses_and_the_responses_of_the_webhook_layer() {
    fn text(text: &'static str) -> impl Fn(&Rejection) -> Response<Bytes> + Send + Sync {
        move |rejection| {
            let mut response = Response::new(Bytes::from(text));
            *response.status_mut() = rejection.status();
            response
        }
    }
    let teapot = StatusCode::IM_A_TEAPOT;
    let webhook = || {
        WebhookLayer::new(providers::github(), secret())
            .unwrap()
            .rejection_status(RejectionClass::Unavailable, teapot)
            .unwrap()
            .rejection_response(text("outside"))
    };
    let dedupe = || DedupeLayer::new(MemoryStore::new(0));
    let own = dedupe()
        .rejection_status(RejectionClass::Unavailable, StatusCode::BAD_GATEWAY)
        .unwrap()
        .rejection_response(text("inside"));
    let rows = [
        (webhook(), dedupe(), 418, "outside"),
        (webhook(), own, 502, "inside"),
    ];
    for (outer, inner, status, body) in rows {
        let service = outer.layer(inner.layer(Handler::default()));
        let response = service.oneshot(github(BODY).request()).await.unwrap();
        let answer = Answer::of(response).await;
        let seen = (answer.status.as_u16(), answer.text(), &*answer.kind());
        assert_eq!(seen, (status, body, "StoreFailed"));
    }
}

/// A gRPC call that failed is HTTP 200, and is released; and answers are such that a gRPC client
/// can read them.
#[tokio::test(start_paused = true)]
async fn grpc() {
    fn call(body: &str) -> Delivery {
        let mut delivery = github(body).header("content-type", "application/grpc+proto");
        delivery.head.version = Version::HTTP_2;
        delivery
    }
    let rig = Rig::new(providers::github(), secret(), Moody::new(1), |layer| layer);
    for status in ["13", "1", "00"] {
        rig.handler.next(Act::Grpc(status));
        assert_eq!(rig.send(call("a")).await.1, 1);
    }
    rig.handler.next(Act::Grpc("0"));
    assert_eq!(rig.send(call("a")).await.1, 1);
    let said = |headers: &HeaderMap| {
        ["content-type", "grpc-status", "grpc-message"]
            .map(|name| headers[name].to_str().unwrap().to_owned())
    };
    let (duplicate, calls) = rig.send(call("a")).await;
    assert_eq!((duplicate.status.as_u16(), calls), (200, 0));
    assert_eq!(
        said(&duplicate.headers),
        ["application/grpc", "6", "Duplicate delivery"]
    );
    let (full, calls) = rig.send(call("b")).await;
    assert_eq!((full.status.as_u16(), calls), (200, 0));
    assert_eq!(
        said(&full.headers),
        ["application/grpc", "14", "Service unavailable"]
    );
}

/// A secret that is changed does not make a delivery look new, nor does a signature that is taken
/// away.
#[tokio::test(start_paused = true)]
async fn rotation() {
    let old = || secret().label("old");
    let new = || Secret::new("another secret").unwrap().label("new");
    let store = Moody::new(99);
    let rig = |keys: Keys| Rig::new(providers::github(), keys, store.clone(), |layer| layer);
    let before = rig(Keys::new(old()));
    let during = rig(Keys::new(new()).previous(old()));
    let by_new = |body: &str| {
        let mac = mac(Algorithm::HmacSha256, b"another secret", body.as_bytes());
        Delivery::new(body).header("x-hub-signature-256", format!("sha256={}", hex(&mac)))
    };
    before.expect_handled("before", github("1")).await;
    during
        .expect(
            "the old secret is the previous one now",
            DUPLICATE,
            github("1"),
        )
        .await;
    during.expect_handled("by the old one", github("2")).await;
    before
        .expect("an instance that does not know yet", DUPLICATE, github("2"))
        .await;
    during.expect_handled("by the new one", by_new("3")).await;
    let after = rig(Keys::new(new()));
    after
        .expect("the old one is gone", DUPLICATE, by_new("3"))
        .await;

    // Signed with both, and then with one of them taken away.
    let store = Moody::new(99);
    let rig = |keys: Keys| Rig::new(providers::stripe(), keys, store.clone(), |layer| layer);
    let during = rig(Keys::new(new()).previous(old()));
    let signed = |body: &str, secrets: &[&str]| {
        let text = format!("{NOW}.{body}");
        let list = secrets.iter().fold(format!("t={NOW}"), |list, secret| {
            let mac = mac(Algorithm::HmacSha256, secret.as_bytes(), text.as_bytes());
            format!("{list},v1={}", hex(&mac))
        });
        Delivery::new(body).header("stripe-signature", list)
    };
    let (both, by_old, by_new) = ([SECRET, "another secret"], [SECRET], ["another secret"]);
    for (at, order) in [
        [&both[..], &by_old, &by_new],
        [&by_old, &both, &by_new],
        [&by_new, &by_old, &both],
    ]
    .into_iter()
    .enumerate()
    {
        let body = at.to_string();
        during
            .expect_handled("the first", signed(&body, order[0]))
            .await;
        during
            .expect("then", DUPLICATE, signed(&body, order[1]))
            .await;
        during
            .expect("and then", DUPLICATE, signed(&body, order[2]))
            .await;
    }
    // What failed is released under both keys.
    during.handler.next(Act::Answer(500));
    assert_eq!(during.send(signed("fails", &by_old)).await.0.status, 500);
    during
        .expect_handled("by both", signed("fails", &both))
        .await;
    // At the same moment too.
    during.handler.next(Act::Hang);
    let hung = tokio::spawn(during.call(signed("hangs", &both)));
    settle().await;
    during
        .expect("taken away", LATER, signed("hangs", &by_old))
        .await;
    hung.abort();
    settle().await;
    during
        .expect_handled("nothing is left of it", signed("hangs", &by_old))
        .await;
}

/// Nor where the secret is the provider's public key, whose deliveries are known by their text.
#[tokio::test(start_paused = true)]
async fn rotation_of_public_keys() {
    let [old, new] = [1, 2].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let public = |key: &SigningKey| Secret::new(hex(key.verifying_key().as_bytes())).unwrap();
    let signed = |body: &str, key: &SigningKey| {
        let signature = key.sign(format!("{NOW}{body}").as_bytes());
        Delivery::new(body)
            .header("x-signature-ed25519", hex(&signature.to_bytes()))
            .header("x-signature-timestamp", now())
    };
    let Some(discord) = find_provider("discord") else {
        return;
    };
    let rig = rig(discord, Keys::new(public(&new)).previous(public(&old)));
    for body in [r#"{"type":2,"id":"1"}"#, r#"{"type":2,"id":"2"}"#] {
        rig.expect_handled("by the old one", signed(body, &old))
            .await;
        rig.expect("the same", DUPLICATE, signed(body, &old)).await;
        rig.expect("signed by the new one", DUPLICATE, signed(body, &new))
            .await;
    }
    rig.expect_handled("by the new one", signed(r#"{"type":2,"id":"3"}"#, &new))
        .await;
    assert_eq!(rig.store.steps(), [7, 0, 3, 0]);
}

/// The inner service is asked whether it is ready once there is a claim, and only then.
#[tokio::test(start_paused = true)]
async fn readiness() {
    let rig = github_rig();
    rig.expect_handled("the first", github(BODY)).await;
    let asked = rig.handler.0.asked.load(SeqCst);
    rig.expect("a duplicate", DUPLICATE, github(BODY)).await;
    rig.store.trouble(CLAIM, Trouble::Fails);
    rig.expect("no claim", LATER, github("another")).await;
    assert_eq!(rig.handler.0.asked.load(SeqCst), asked);

    // Inside of it a limit holds, and who waits for a place has the claim.
    let handler = Handler::default();
    let service = ServiceBuilder::new()
        .layer(WebhookLayer::new(providers::github(), secret()).unwrap())
        .layer(DedupeLayer::new(MemoryStore::new(9)))
        .concurrency_limit(1)
        .service(handler.clone());
    handler.next(Act::Late(LEASE * 3));
    let first = tokio::spawn(service.clone().oneshot(github("1").request()));
    settle().await;
    let second = tokio::spawn(service.clone().oneshot(github("2").request()));
    settle().await;
    assert_eq!(handler.calls(), 1);
    assert_eq!(
        send(&service, github("2").request()).await.kind(),
        "InFlight"
    );
    // Its lease is renewed while it waits.
    tokio::time::sleep(LEASE * 2).await;
    assert_eq!(handler.calls(), 1);
    assert_eq!(
        send(&service, github("2").request()).await.kind(),
        "InFlight"
    );
    assert_eq!(
        (
            first.await.unwrap().unwrap().status(),
            second.await.unwrap().unwrap().status()
        ),
        (StatusCode::OK, StatusCode::OK)
    );
}

/// Who loses the claim before the inner service is ready leaves the delivery to who has it.
#[tokio::test(start_paused = true)]
async fn the_claim_is_lost_before_the_handler_is_ready() {
    for is_grpc in [false, true] {
        let rig = Arc::new(github_rig());
        rig.handler.next(Act::NeverReady);
        let mut delivery = github(BODY);
        if is_grpc {
            delivery = delivery.header("content-type", "application/grpc");
        }
        let mut request = delivery.request();
        if is_grpc {
            *request.version_mut() = Version::HTTP_2;
        }
        let late = tokio::spawn(rig.service.clone().call(request));
        settle().await;
        // For a whole lease the store is not reached, and another one takes over.
        rig.store.trouble(RENEW, Trouble::Fails);
        sleep(LEASE + Duration::from_secs(1)).await;
        let (key, next) = {
            let verifier = Verifier::new(providers::github(), secret()).unwrap();
            let request = github(BODY).request();
            let (head, _) = request.into_parts();
            (
                verifier.verify(&head, BODY).unwrap().dedupe_key().unwrap(),
                LeaseToken::new(),
            )
        };
        let claim = rig.store.store.claim(key, next, LEASE * 9).await;
        assert_eq!(claim, Ok(ClaimResult::Granted));
        rig.store.trouble(RENEW, None);
        // The task is notified by its next renewal, whether the service has become ready by then or
        // not.
        sleep(LEASE / 3).await;
        *rig.handler.0.next.lock().unwrap() = None;
        let response = timeout(LEASE, late).await.expect("an answer");
        let response = response.unwrap().unwrap();
        let status = if is_grpc { 200 } else { 503 };
        assert_eq!(response.status(), status);
        let rejection = response.extensions().get::<tower_webhook::Rejection>();
        assert_eq!(
            *rejection.unwrap().kind(),
            tower_webhook::rejection::RejectionKind::InFlight
        );
        if !is_grpc {
            assert_eq!(response.headers()["retry-after"], "1");
        }
        assert_eq!(rig.handler.calls(), 0);
        // And has taken nothing away from who has it.
        rig.expect("under way", LATER, github(BODY)).await;
        assert_eq!(rig.store.store.complete(key, next, LEASE).await, Ok(true));
        rig.expect("done", DUPLICATE, github(BODY)).await;
    }
}

#[test]
fn auto_traits() {
    fn is_service<T: Clone + Send + Sync + Unpin + 'static>(_: &T) {}
    fn is_layer<T: Clone + fmt::Debug + Send + Sync + Unpin + 'static>(_: &T) {}
    fn is_send<T: Send>(_: &T) {}
    let layer = DedupeLayer::new(MemoryStore::new(1));
    is_layer(&layer);
    is_service(&layer.layer(Handler::default()));
    let future = layer
        .layer(tower::service_fn(async |_: Request<()>| {
            Ok::<_, Broken>(Response::new(()))
        }))
        .call(Request::new(()));
    is_send(&future);
    assert_eq!(format!("{future:?}"), "ResponseFuture::Answered");
}

/// 16: nothing that this layer says or shows has a secret, a MAC or a body in it.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn nothing_is_told() {
    let log = Log::default();
    let _guard = log.listen();
    let rig = github_rig();
    let signature = hex(&mac256(BODY));
    for trouble in [None, Some(Trouble::Fails)] {
        for step in [CLAIM, COMPLETE] {
            rig.store.trouble(step, trouble);
            rig.send(github(BODY)).await;
        }
    }
    let delivery = github(BODY).request();
    let verified = Verifier::new(providers::github(), secret()).unwrap();
    let verified = verified.verify(&delivery, BODY).unwrap();
    let key = verified.dedupe_key().unwrap();
    let layer = DedupeLayer::new(MemoryStore::new(1)).scope("scope");
    let shown = format!(
        "{layer:?} {:?} {verified:?} {key:?} {:?}",
        rig.service,
        rig.call(github(BODY))
    );
    let text = log.text() + &shown;
    assert!(text.contains("duplicate webhook delivery"), "{text}");
    for secret in [SECRET, &signature, &base64(&mac256(BODY)), "invoice.paid"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// In axum, over a socket: a client that hangs up while its delivery is being handled leaves it to
/// the next.
#[tokio::test]
async fn a_client_that_hangs_up() {
    let begun = Arc::new(Notify::new());
    let dropped = Arc::new(Notify::new());
    let is_first = Arc::new(AtomicBool::new(true));
    let handle = {
        let (begun, dropped) = (Arc::clone(&begun), Arc::clone(&dropped));
        move |Extension(verified): Extension<Verified>| async move {
            if is_first.swap(false, SeqCst) {
                struct OnDrop(Arc<Notify>);
                impl Drop for OnDrop {
                    fn drop(&mut self) {
                        self.0.notify_one();
                    }
                }
                let _guard = OnDrop(dropped);
                begun.notify_one();
                pending().await
            } else {
                verified.dedupe_key().unwrap().to_string()
            }
        }
    };
    let layers = ServiceBuilder::new()
        .layer(WebhookLayer::new(providers::github(), secret()).unwrap())
        .layer(DedupeLayer::new(MemoryStore::new(9)));
    let app = Router::new().route("/", post(handle)).layer(layers);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, app).into_future());

    let request = format!(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\nconnection: close\r\nx-hub-signature-256: sha256={}\r\n\r\n{}",
        BODY.len(),
        hex(&mac256(BODY)),
        std::str::from_utf8(BODY).unwrap(),
    );
    let connect = async || {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    };
    let read = async |mut stream: TcpStream| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let soon = Duration::from_secs(20);
    let first = connect().await;
    timeout(soon, begun.notified()).await.unwrap();
    let answer = read(connect().await).await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 1"),
        "{answer}"
    );
    drop(first);
    timeout(soon, dropped.notified()).await.unwrap();
    // The claim is given up with the handler's future, just after what that holds.
    let mut answer = read(connect().await).await;
    while answer.starts_with("HTTP/1.1 503") {
        tokio::task::yield_now().await;
        answer = read(connect().await).await;
    }
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = read(connect().await).await;
    assert!(
        answer.ends_with(r#"{"message":"Duplicate delivery"}"#),
        "{answer}"
    );
    server.abort();
}

/// The answer's body is the inner one's.
#[tokio::test(start_paused = true)]
async fn the_answer_is_the_handlers() {
    let rig = github_rig();
    let response: Response<ResponseBody<ResponseBody<Full<Bytes>>>> =
        rig.call(github(BODY)).await.unwrap();
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "handled"
    );
    let mut call = pin!(rig.call(github("another")));
    call.as_mut().await.unwrap();
    assert!(
        AssertUnwindSafe(call).catch_unwind().await.is_err(),
        "polled after completion"
    );
}
