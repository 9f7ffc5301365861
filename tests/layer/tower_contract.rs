//! The layer keeps tower's contract, and the bodies it makes keep that of `http_body`.

use std::{
    cell::Cell,
    collections::VecDeque,
    convert::Infallible,
    fmt::Debug,
    future::{Future, Ready, ready},
    io,
    marker::PhantomData,
    panic::{self, AssertUnwindSafe},
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::{Buf, Bytes, buf::Chain};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tokio::time::timeout;
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{
    BoxError, ServiceBuilder, ServiceExt,
    buffer::{Buffer, BufferLayer},
    limit::ConcurrencyLimitLayer,
    load_shed::{LoadShedLayer, error::Overloaded},
    service_fn,
};
use tower_layer::Layer;
use tower_service::Service;
use tower_test::mock;
use tower_webhook::{
    Rejection, Secret, Verified, VerifiedBody, Verifier, WebhookLayer, body::ResponseBody,
    providers, rejection::RejectionKind, webhook::Webhook,
};

use crate::probe::{
    self, Frames, Pinned, Probe, Wire, data, delivery, finish_now, forged, layer, poll_now, signed,
    trailers, wire,
};

type Echo = Response<Full<Bytes>>;

async fn echo(request: Request<VerifiedBody>) -> Result<Echo, Infallible> {
    Ok(Response::new(Full::new(request.into_body().into_bytes())))
}

async fn text<B>(response: Response<B>) -> (StatusCode, Bytes)
where
    B: Body<Data = Bytes>,
    B::Error: Debug,
{
    let (parts, body) = response.into_parts();
    (parts.status, body.collect().await.unwrap().to_bytes())
}

fn text_now<B>(response: Response<B>) -> (StatusCode, Bytes)
where
    B: Body<Data = Bytes>,
    B::Error: Debug,
{
    finish_now(text(response))
}

const REFUSED: &[u8] = br#"{"error":"Invalid signature"}"#;

// ===== readiness =====

#[test]
fn only_a_readied_instance_is_called() {
    for waits in [0, 1, 3] {
        let (probe, log) = Probe::new(waits);
        let mut service = layer().layer(probe);
        for _ in 0..3 {
            let mut clone = service.clone();
            for service in [&mut service, &mut clone] {
                assert_ready_ok!(poll_ready(service));
                let response = finish_now(service.call(signed(b"hello"))).unwrap();
                assert_eq!(text_now(response), (StatusCode::OK, "hello".into()));
            }
        }
        assert_eq!((log.called(), log.unready()), (6, 0), "{waits} waits");
    }
}

#[test]
fn interleaved_calls_are_each_readied() {
    let (probe, log) = Probe::new(2);
    let mut service = layer().layer(probe);
    let mut futures: Vec<_> = (0..4)
        .map(|_| Box::pin(service.call(signed(b"hello"))))
        .collect();
    let mut answers = 0;
    while !futures.is_empty() {
        futures.retain_mut(|future| match poll_now(future.as_mut()) {
            Poll::Ready(response) => {
                assert_eq!(response.unwrap().status(), StatusCode::OK);
                answers += 1;
                false
            }
            Poll::Pending => true,
        });
    }
    assert_eq!((answers, log.called(), log.unready()), (4, 4, 0));
}

#[test]
fn refused_deliveries_never_ask_for_readiness() {
    let (probe, log) = Probe::new(0);
    let mut service = layer().layer(probe);
    let mut unsigned = signed(b"hello");
    unsigned.headers_mut().remove("x-signature");
    for request in [unsigned, forged(b"hello")] {
        assert_ready_ok!(poll_ready(&mut service));
        let response = finish_now(service.call(request)).unwrap();
        assert_eq!(text_now(response), (StatusCode::FORBIDDEN, REFUSED.into()));
    }
    assert_eq!((log.asked(), log.called()), (0, 0));

    finish_now(service.call(signed(b"hello"))).unwrap();
    assert_eq!((log.called(), log.unready()), (1, 0));
}

#[test]
fn readiness_is_not_asked_for_while_the_body_arrives() {
    let (probe, log) = Probe::new(0);
    let mut service = layer().body_deadline(None).layer(probe);
    let (tx, body) = wire();
    let mut future = task::spawn(service.call(delivery(body, b"hello")));
    assert_pending!(future.poll());
    tx.send(Ok(data("hello"))).unwrap();
    assert_pending!(future.poll());
    assert_eq!(log.asked(), 0);
    drop(tx);
    assert_ready_ok!(future.poll());
    assert_eq!((log.asked(), log.called(), log.unready()), (1, 1, 0));
}

#[test]
fn the_layer_is_ready_whatever_the_inner_service_says() {
    let (inner, mut handle) = mock::pair::<Request<VerifiedBody>, Echo>();
    let mut service = layer().layer(inner);
    handle.allow(0);
    assert_ready_ok!(poll_ready(&mut service));
    handle.send_error("broken");
    assert_ready_ok!(poll_ready(&mut service));
}

fn poll_ready<S>(service: &mut S) -> Poll<Result<(), S::Error>>
where
    S: Service<Request<Full<Bytes>>>,
{
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

// ===== backpressure =====

/// With the clock paused, time advances when no task can run, so a wait without success fails at
/// once.
async fn soon<F: Future>(future: F) -> F::Output {
    let soon = timeout(Duration::from_secs(1), future);
    soon.await.expect("nothing is left to wait for")
}

/// A good head and a first byte, and then nothing: what an attacker holds a slot with.
fn trickle() -> (probe::Sender, Request<Wire>) {
    let (tx, body) = wire();
    tx.send(Ok(data("x"))).unwrap();
    (tx, delivery(body, b"never to come"))
}

#[tokio::test(start_paused = true)]
async fn a_trickling_upload_holds_no_slot_of_a_concurrency_limit() {
    let inner = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(1))
        .service_fn(echo);
    let service = layer().layer(inner);
    let (_tx, request) = trickle();
    let mut slow = task::spawn(service.clone().oneshot(request));
    assert_pending!(slow.poll());

    let mut good = task::spawn(service.oneshot(delivery(Frames::of([data("hello")]), b"hello")));
    let response = assert_ready_ok!(good.poll());
    assert_eq!(text(response).await, (StatusCode::OK, "hello".into()));
    assert_pending!(slow.poll());
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_still_holds_for_verified_deliveries() {
    let (inner, mut handle) = mock::pair::<Request<VerifiedBody>, Echo>();
    let inner = ConcurrencyLimitLayer::new(1).layer(inner);
    let service = layer().layer(inner);
    handle.allow(8);

    let mut first = task::spawn(service.clone().oneshot(signed(b"one")));
    assert_pending!(first.poll());
    let mut second = task::spawn(service.clone().oneshot(signed(b"two")));
    assert_pending!(second.poll());
    let (request, answer) = assert_ready!(handle.poll_request()).unwrap();
    assert_eq!(request.into_body().into_bytes(), "one");
    assert!(handle.poll_request().is_pending());

    answer.send_response(Response::default());
    assert!(first.is_woken());
    assert_ready_ok!(first.poll());
    drop(first);
    assert!(second.is_woken());
    assert_pending!(second.poll());
    let (request, answer) = assert_ready!(handle.poll_request()).unwrap();
    assert_eq!(request.into_body().into_bytes(), "two");
    answer.send_response(Response::default());
    assert_ready_ok!(second.poll());
}

#[tokio::test(start_paused = true)]
async fn a_trickling_upload_holds_no_slot_of_a_buffer() {
    let service = layer().layer(Buffer::new(service_fn(echo), 1));
    let mut held = Vec::new();
    for _ in 0..4 {
        let (tx, request) = trickle();
        let mut slow = task::spawn(service.clone().oneshot(request));
        assert_pending!(slow.poll());
        held.push((tx, slow));
    }
    let request = delivery(Frames::of([data("hello")]), b"hello");
    let response = soon(service.oneshot(request)).await.unwrap();
    assert_eq!(text(response).await, (StatusCode::OK, "hello".into()));
}

#[tokio::test(start_paused = true)]
async fn a_buffer_fits_outside() {
    let service = ServiceBuilder::new()
        .layer(BufferLayer::new(4))
        .layer(layer())
        .service_fn(echo);
    let response = soon(service.clone().oneshot(forged(b"hello")))
        .await
        .unwrap();
    assert_eq!(
        text(response).await,
        (StatusCode::FORBIDDEN, REFUSED.into())
    );
    let response = soon(service.oneshot(signed(b"hello"))).await.unwrap();
    assert_eq!(text(response).await, (StatusCode::OK, "hello".into()));
}

#[tokio::test(start_paused = true)]
async fn load_shed_inside_sheds_verified_deliveries_only() {
    let (inner, mut handle) = mock::pair::<Request<VerifiedBody>, Echo>();
    let inner = ServiceBuilder::new()
        .layer(LoadShedLayer::new())
        .layer(ConcurrencyLimitLayer::new(1))
        .service(inner);
    let service = layer().layer(inner);
    handle.allow(8);

    let mut first = task::spawn(service.clone().oneshot(signed(b"one")));
    assert_pending!(first.poll());
    let error = soon(service.clone().oneshot(signed(b"two")))
        .await
        .unwrap_err();
    assert!(error.is::<Overloaded>(), "{error}");
    let response = soon(service.oneshot(forged(b"three"))).await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);

    let (_, answer) = assert_ready!(handle.poll_request()).unwrap();
    answer.send_response(Response::default());
    assert_ready_ok!(first.poll());
}

#[tokio::test(start_paused = true)]
async fn load_shed_outside_is_not_set_off_by_a_trickling_upload() {
    let service = ServiceBuilder::new()
        .layer(LoadShedLayer::new())
        .layer(layer())
        .layer(ConcurrencyLimitLayer::new(1))
        .service_fn(echo);
    let (_tx, request) = trickle();
    let mut slow = task::spawn(service.clone().oneshot(request));
    assert_pending!(slow.poll());
    let request = delivery(Frames::of([data("hello")]), b"hello");
    let response = soon(service.oneshot(request)).await.unwrap();
    assert_eq!(text(response).await, (StatusCode::OK, "hello".into()));
}

// ===== errors =====

/// Neither `Error` nor `Clone`: the layer may ask for nothing of the kind.
#[derive(Debug, PartialEq)]
struct Boom(u8);

#[derive(Clone, Debug)]
struct Failing {
    ready: Arc<AtomicBool>,
}

impl Service<Request<VerifiedBody>> for Failing {
    type Response = Echo;
    type Error = Boom;
    type Future = Ready<Result<Echo, Boom>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Boom>> {
        Poll::Ready(if self.ready.load(SeqCst) {
            Ok(())
        } else {
            Err(Boom(1))
        })
    }

    fn call(&mut self, _: Request<VerifiedBody>) -> Self::Future {
        ready(Err(Boom(2)))
    }
}

#[test]
fn errors_of_the_inner_service_come_through_unchanged() {
    let ready = Arc::new(AtomicBool::new(false));
    let mut service = layer().layer(Failing {
        ready: Arc::clone(&ready),
    });
    assert_ready_ok!(poll_ready(&mut service));
    assert_eq!(finish_now(service.call(signed(b""))).unwrap_err(), Boom(1));
    ready.store(true, SeqCst);
    assert_eq!(finish_now(service.call(signed(b""))).unwrap_err(), Boom(2));
    let response = finish_now(service.call(forged(b""))).unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

fn error_is<E, B>(_: &impl Service<Request<B>, Error = E>) {}

#[test]
fn the_error_type_is_that_of_the_inner_service() {
    let (inner, _handle) = mock::pair::<Request<VerifiedBody>, Echo>();
    error_is::<BoxError, Full<Bytes>>(&layer().layer(inner));
    error_is::<Infallible, Full<Bytes>>(&layer().layer(service_fn(echo)));
    error_is::<Infallible, Frames<io::Error>>(&layer().layer(service_fn(echo)));
    error_is::<Boom, Frames<io::Error>>(&layer().layer(Failing {
        ready: Arc::default(),
    }));
}

#[test]
fn a_broken_body_is_an_answer_whatever_its_error() {
    #[derive(Debug)]
    struct Opaque;

    impl std::fmt::Display for Opaque {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text that the client must not see")
        }
    }

    impl std::error::Error for Opaque {}

    let (probe, log) = Probe::new(0);
    let mut service = layer().layer(probe);
    let body = Frames::new([Ok(data("hel")), Err(Opaque)]);
    let late = Arc::clone(&body.late);
    let response = finish_now(service.call(delivery(body, b"hel"))).unwrap();
    assert!(matches!(
        response.extensions().get::<Rejection>().unwrap().kind(),
        RejectionKind::BodyReadError
    ));
    assert_eq!(
        text_now(response),
        (
            StatusCode::BAD_REQUEST,
            r#"{"error":"Invalid request"}"#.into()
        )
    );
    assert_eq!((late.load(SeqCst), log.asked()), (0, 0));
}

// ===== futures =====

/// Ready once its gate is open, and then busy for ever; `alive` counts its copies and their
/// futures.
#[derive(Clone, Debug)]
struct Gate {
    open: bool,
    alive: Arc<()>,
    reached: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Unpolled,
    Reading,
    Readying,
    Calling,
}

#[derive(Debug)]
struct Busy {
    _request: Request<VerifiedBody>,
    _alive: Arc<()>,
}

impl Future for Busy {
    type Output = Result<Echo, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

impl Service<Request<VerifiedBody>> for Gate {
    type Response = Echo;
    type Error = Infallible;
    type Future = Busy;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        *self.reached.lock().unwrap() = State::Readying;
        if self.open {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> Busy {
        *self.reached.lock().unwrap() = State::Calling;
        Busy {
            _request: request,
            _alive: Arc::clone(&self.alive),
        }
    }
}

#[test]
fn dropping_the_future_lets_go_of_everything() {
    for state in [
        State::Unpolled,
        State::Reading,
        State::Readying,
        State::Calling,
    ] {
        let alive = Arc::new(());
        let reached = Arc::new(Mutex::new(state));
        let mut service = layer().body_deadline(None).layer(Gate {
            open: state == State::Calling,
            alive: Arc::clone(&alive),
            reached: Arc::clone(&reached),
        });
        let idle = Arc::strong_count(&alive);

        // Big enough to be kept as it came, so that `is_unique` tells when it is let go.
        let frame = Bytes::from(vec![b'x'; 1 << 16]);
        let (tx, body) = wire();
        let mut tx = Some(tx);
        let extension = Arc::new(());
        let mut request = delivery(body, &frame);
        request.extensions_mut().insert(Arc::clone(&extension));

        let mut future = task::spawn(service.call(request));
        if state != State::Unpolled {
            let sender = tx.as_ref().unwrap();
            sender.send(Ok(data(frame.clone()))).unwrap();
            assert_pending!(future.poll());
            assert!(!frame.is_unique(), "{state:?}");
        }
        if matches!(state, State::Readying | State::Calling) {
            tx = None;
            assert_pending!(future.poll());
        }
        assert_eq!(*reached.lock().unwrap(), state);
        assert!(Arc::strong_count(&alive) > idle, "{state:?}");
        drop(future);

        assert_eq!(Arc::strong_count(&alive), idle, "{state:?}");
        assert_eq!(Arc::strong_count(&extension), 1, "{state:?}");
        assert!(frame.is_unique(), "{state:?}");
        assert!(tx.is_none_or(|tx| tx.is_closed()), "{state:?}");
        let response = finish_now(service.call(forged(b""))).unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_gives_its_permit_back() {
    let (inner, mut handle) = mock::pair::<Request<VerifiedBody>, Echo>();
    let service = layer().layer(ConcurrencyLimitLayer::new(1).layer(inner));
    handle.allow(8);

    let mut calling = task::spawn(service.clone().oneshot(signed(b"one")));
    assert_pending!(calling.poll());
    let mut readying = task::spawn(service.clone().oneshot(signed(b"two")));
    assert_pending!(readying.poll());
    let mut third = task::spawn(service.oneshot(signed(b"three")));
    assert_pending!(third.poll());
    drop(readying);
    drop(calling);
    assert!(third.is_woken());
    assert_pending!(third.poll());

    let (_, gone) = assert_ready!(handle.poll_request()).unwrap();
    gone.send_response(Response::default());
    let (request, answer) = assert_ready!(handle.poll_request()).unwrap();
    assert_eq!(request.into_body().into_bytes(), "three");
    answer.send_response(Response::default());
    assert_ready_ok!(third.poll());
}

#[test]
fn polling_after_completion_says_whose_mistake_it_is() {
    for request in [signed(b"hello"), forged(b"hello")] {
        let mut service = layer().layer(service_fn(echo));
        let mut future = pin!(service.call(request));
        finish_now(future.as_mut()).unwrap();
        let poll = AssertUnwindSafe(|| poll_now(future.as_mut()).is_ready());
        let cause = panic::catch_unwind(poll).unwrap_err();
        let message = cause
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| cause.downcast_ref::<String>().map(String::as_str))
            .unwrap();
        assert!(
            message.contains("ResponseFuture polled after completion"),
            "{message}"
        );
    }
}

#[test]
fn does_not_call_an_inner_service_again_that_has_panicked() {
    let calls = Rc::new(Cell::new(0));
    let seen = Rc::clone(&calls);
    let inner = service_fn(move |request: Request<VerifiedBody>| {
        seen.set(seen.get() + 1);
        assert!(request.extensions().get::<Verified>().is_none(), "a fault");
        ready(Ok::<_, Infallible>(Echo::default()))
    });
    let mut service = layer().layer(inner);
    let mut future = Box::pin(service.call(signed(b"hello")));
    for _ in 0..2 {
        let cx = &mut Context::from_waker(Waker::noop());
        let poll = AssertUnwindSafe(|| drop(future.as_mut().poll(cx)));
        panic::catch_unwind(poll).unwrap_err();
    }
    assert_eq!(calls.get(), 1);
}

#[test]
fn no_state_loses_anything_to_a_spurious_poll() {
    let (inner, mut handle) = mock::pair::<Request<VerifiedBody>, Echo>();
    let mut service = layer().body_deadline(None).layer(inner);
    handle.allow(0);
    let (tx, body) = wire();
    let mut future = task::spawn(service.call(delivery(body, b"hello, world")));
    for _ in 0..2 {
        assert_pending!(future.poll());
    }
    for frame in [
        data("hello"),
        data(""),
        data(", "),
        data("world"),
        Frame::trailers(trailers()),
    ] {
        tx.send(Ok(frame)).unwrap();
        assert!(future.is_woken());
        for _ in 0..2 {
            assert_pending!(future.poll());
        }
    }
    // Nothing may follow trailers, so whether the end was still waited for is the layer's business.
    drop(tx);
    for _ in 0..2 {
        assert_pending!(future.poll());
    }
    assert!(handle.poll_request().is_pending());

    handle.allow(1);
    assert!(future.is_woken());
    for _ in 0..2 {
        assert_pending!(future.poll());
    }
    let (request, answer) = assert_ready!(handle.poll_request()).unwrap();
    assert!(request.extensions().get::<Verified>().is_some());
    let body = finish_now(request.into_body().collect()).unwrap();
    assert_eq!(body.trailers(), Some(&trailers()));
    assert_eq!(body.to_bytes(), "hello, world");

    answer.send_response(Response::new(Full::from("done")));
    assert!(future.is_woken());
    let response = assert_ready_ok!(future.poll());
    assert_eq!(text_now(response), (StatusCode::OK, "done".into()));
}

#[tokio::test(start_paused = true)]
async fn the_task_that_polled_last_is_woken() {
    let mut service = layer()
        .body_deadline(Duration::from_secs(5))
        .layer(service_fn(echo));
    let (tx, body) = wire();
    let mut future = pin!(service.call(delivery(body, b"hello")));
    let mut tasks = [task::spawn(()), task::spawn(()), task::spawn(())];
    for task in &mut tasks[..2] {
        task.enter(|cx, _| assert_pending!(future.as_mut().poll(cx)));
    }
    tx.send(Ok(data("hello"))).unwrap();
    assert_eq!([tasks[0].is_woken(), tasks[1].is_woken()], [false, true]);

    for task in &mut tasks[1..] {
        task.enter(|cx, _| assert_pending!(future.as_mut().poll(cx)));
    }
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!([tasks[1].is_woken(), tasks[2].is_woken()], [false, true]);
    let response = tasks[2].enter(|cx, _| assert_ready_ok!(future.as_mut().poll(cx)));
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

// ===== types =====

/// Neither `Send` nor `Sync` nor anything else.
struct Local(VerifiedBody, PhantomData<Rc<()>>);

impl From<VerifiedBody> for Local {
    fn from(body: VerifiedBody) -> Self {
        Self(body, PhantomData)
    }
}

fn is_a_layer<T: Clone + Debug + Send + Sync + Unpin + 'static>() {}

fn is_send_and_sync<T: Send + Sync + Unpin + 'static>() {}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn auto_traits() {
    is_a_layer::<WebhookLayer>();
    is_a_layer::<WebhookLayer<Local>>();
    is_a_layer::<Webhook<Probe>>();
    is_a_layer::<Webhook<Probe, Local>>();
    is_send_and_sync::<Rejection>();
    is_send_and_sync::<ResponseBody<Full<Bytes>>>();
    is_send_and_sync::<Secret>();
    is_send_and_sync::<Verified>();
    is_send_and_sync::<VerifiedBody>();
    is_send_and_sync::<Verifier>();
}

struct OnlySend<T>(T, Cell<u8>);

impl<T: Body + Unpin> Body for OnlySend<T> {
    type Data = T::Data;
    type Error = T::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<T::Data>, T::Error>>> {
        let this = self.get_mut();
        this.1.set(this.1.get().wrapping_add(1));
        Pin::new(&mut this.0).poll_frame(cx)
    }
}

#[test]
fn the_future_is_send_when_its_parts_are_send() {
    let cell = Cell::new(0);
    let inner = service_fn(move |request: Request<VerifiedBody>| {
        let cell = cell.clone();
        async move {
            cell.set(1);
            echo(request).await
        }
    });
    let body = OnlySend(Frames::of([data("hello")]), Cell::new(0));
    let mut service = layer().layer(inner);
    let response = finish_now(is_send(service.call(delivery(body, b"hello")))).unwrap();
    assert_eq!(text_now(response), (StatusCode::OK, "hello".into()));
}

struct LocalFrames(Frames, PhantomData<Rc<()>>);

impl Body for LocalFrames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.get_mut().0).poll_frame(cx)
    }
}

#[test]
fn nothing_has_to_be_send() {
    let calls = Rc::new(Cell::new(0));
    let inner = service_fn({
        let calls = Rc::clone(&calls);
        move |request: Request<Local>| {
            let calls = Rc::clone(&calls);
            async move {
                calls.set(calls.get() + 1);
                echo(request.map(|body| body.0)).await
            }
        }
    });
    let body = LocalFrames(Frames::of([data("hello")]), PhantomData);
    let mut service = layer().forward_body::<Local>().layer(inner);
    let response = finish_now(service.call(delivery(body, b"hello"))).unwrap();
    assert_eq!(text_now(response), (StatusCode::OK, "hello".into()));
    assert_eq!(calls.get(), 1);
}

#[test]
fn nothing_has_to_be_unpin() {
    let inner = service_fn(|request: Request<VerifiedBody>| {
        let body = Pinned::new(Full::new(request.into_body().into_bytes()));
        Pinned::new(ready(Ok::<_, Infallible>(Response::new(body))))
    });
    let mut service = layer().body_deadline(None).layer(inner);
    let (tx, body) = wire();
    let mut future = task::spawn(service.call(delivery(Pinned::new(body), b"hello")));
    assert_pending!(future.poll());
    tx.send(Ok(data("hel"))).unwrap();
    assert_pending!(future.poll());
    tx.send(Ok(data("lo"))).unwrap();
    drop(tx);
    let response = assert_ready_ok!(future.poll());
    assert_eq!(text_now(response), (StatusCode::OK, "hello".into()));
}

/// A buffer that hands out a byte at a time.
#[derive(Debug)]
struct Crumbs(Bytes);

impl Buf for Crumbs {
    fn remaining(&self) -> usize {
        self.0.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.0[..self.0.len().min(1)]
    }

    fn advance(&mut self, count: usize) {
        self.0.advance(count);
    }
}

#[derive(Debug)]
struct Foreign<D>(VecDeque<D>);

impl<D: Buf + Unpin> Body for Foreign<D> {
    type Data = D;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<D>, Infallible>>> {
        Poll::Ready(self.get_mut().0.pop_front().map(Frame::data).map(Ok))
    }
}

fn accepts_frames_of<D: Buf + Unpin>(frames: impl IntoIterator<Item = D>, body: &[u8]) {
    let mut service = layer().layer(service_fn(echo));
    let request = delivery(Foreign(frames.into_iter().collect()), body);
    let response = finish_now(service.call(request)).unwrap();
    let (status, echoed) = text_now(response);
    assert_eq!(status, StatusCode::OK);
    assert!(echoed == body, "other bytes came in than went out");
}

#[test]
fn frames_need_not_be_bytes() {
    let chain = |a: &'static str, b: &'static str| Bytes::from(a).chain(Bytes::from(b));
    accepts_frames_of([&b"hel"[..], b"lo"], b"hello");
    accepts_frames_of::<Chain<Bytes, Bytes>>([chain("h", "el"), chain("", "lo")], b"hello");
    accepts_frames_of([Crumbs("hel".into()), Crumbs("lo".into())], b"hello");

    let big: Vec<u8> = (0..=255).cycle().take(40_000).collect();
    accepts_frames_of([Crumbs(big.clone().into())], &big);
    let mut ring = VecDeque::from(big.clone());
    ring.rotate_left(10_000);
    ring.rotate_right(10_000);
    accepts_frames_of([ring], &big);
    let (head, tail) = big.split_at(7_000);
    accepts_frames_of([Bytes::copy_from_slice(head).chain(tail)], &big);
}

// ===== what goes inward =====

/// Takes what the layer hands to the inner service.
fn forwarded<B: Body<Error: Into<BoxError>>>(
    layer: &WebhookLayer,
    request: Request<B>,
) -> Request<VerifiedBody> {
    let slot = Arc::new(Mutex::new(None));
    let inner = service_fn(|request: Request<VerifiedBody>| {
        *slot.lock().unwrap() = Some(request);
        ready(Ok::<_, Infallible>(Echo::default()))
    });
    let response = finish_now(layer.layer(inner).call(request)).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let request = slot.lock().unwrap().take();
    request.unwrap()
}

#[test]
fn the_head_is_the_same_inside() {
    let mut request = signed(b"hello");
    *request.method_mut() = Method::from_bytes(b"PUBLISH").unwrap();
    *request.uri_mut() = "https://hooks.example.com/a%2Fb//?x=1&x=2".parse().unwrap();
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    for value in ["b", "a", "b"] {
        headers.append("x-several", value.parse().unwrap());
    }
    headers.insert("x-bytes", HeaderValue::from_bytes(b"\xff\x80").unwrap());
    let mut sensitive = HeaderValue::from_static("hidden");
    sensitive.set_sensitive(true);
    headers.insert("authorization", sensitive);
    let extension = Arc::new(());
    request.extensions_mut().insert(Arc::clone(&extension));
    let before = request.clone();

    let provider = providers::generic().with_methods([before.method().clone()]);
    let after = forwarded(&probe::layer_for(provider), request);
    assert_eq!(after.method(), before.method());
    assert_eq!(after.uri(), before.uri());
    assert_eq!(after.version(), before.version());
    let list = |headers: &HeaderMap| {
        let pairs = headers.iter();
        pairs
            .map(|(name, value)| (name.clone(), value.clone(), value.is_sensitive()))
            .collect::<Vec<_>>()
    };
    assert_eq!(list(after.headers()), list(before.headers()));
    assert!(Arc::ptr_eq(
        after.extensions().get::<Arc<()>>().unwrap(),
        &extension
    ));
    assert_eq!(after.into_body().into_bytes(), "hello");
}

fn sign_for_github(request: &mut Request<Full<Bytes>>, key: &str, body: &[u8]) {
    let signature = probe::hex(&probe::mac(key.as_bytes(), &[body]));
    request.headers_mut().insert(
        "x-hub-signature-256",
        format!("sha256={signature}").parse().unwrap(),
    );
}

#[test]
fn a_verified_that_comes_from_outside_is_removed() {
    let secret = Secret::new("attacker").unwrap().label("forged");
    let mut request = signed(b"hello");
    sign_for_github(&mut request, "attacker", b"hello");
    let forged_by = Verifier::new(providers::github(), secret).unwrap();
    let forgery = forged_by.verify(&request, b"hello").unwrap();
    assert_eq!(forgery.key_label(), Some("forged"));

    request.extensions_mut().insert(forgery.clone());
    let verified = forwarded(&layer(), request)
        .extensions_mut()
        .remove::<Verified>()
        .unwrap();
    assert_eq!(verified.key_label(), Some("current"));
    assert_ne!(verified.provider(), forgery.provider());

    let (probe, log) = Probe::new(0);
    let mut request = forged(b"hello");
    request.extensions_mut().insert(forgery);
    let response = finish_now(layer().layer(probe).call(request)).unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.extensions().get::<Verified>().is_none());
    assert_eq!(log.called(), 0);
}

#[test]
fn layers_nest() {
    let github = Secret::new("github").unwrap().label("inner");
    let github = WebhookLayer::new(providers::github(), github).unwrap();
    let labels = Arc::new(Mutex::new(Vec::new()));
    let inner = service_fn(|request: Request<VerifiedBody>| {
        let verified = request.extensions().get::<Verified>().unwrap();
        let label = verified.key_label().map(str::to_owned);
        labels.lock().unwrap().push(label);
        echo(request)
    });
    let mut service = layer().layer(github.layer(inner));

    let mut request = signed(b"hello");
    sign_for_github(&mut request, "github", b"hello");
    let response = finish_now(service.call(request)).unwrap();
    assert_eq!(text_now(response), (StatusCode::OK, "hello".into()));

    let mut request = signed(b"hello");
    sign_for_github(&mut request, "other", b"hello");
    let response = finish_now(service.call(request)).unwrap();
    assert_eq!(text_now(response), (StatusCode::FORBIDDEN, REFUSED.into()));
    assert_eq!(*labels.lock().unwrap(), [Some("inner".to_owned())]);
}

#[test]
fn the_body_is_not_polled_once_it_has_ended() {
    for frames in [
        vec![],
        vec![data("hello")],
        vec![data(""), data("hello"), data("")],
        vec![data("hello"), Frame::trailers(trailers())],
    ] {
        let body: Vec<u8> = frames
            .iter()
            .filter_map(Frame::data_ref)
            .flatten()
            .copied()
            .collect();
        let frames = Frames::of(frames);
        let late = Arc::clone(&frames.late);
        forwarded(&layer(), delivery(frames, &body));
        assert_eq!(late.load(SeqCst), 0);
    }
}

/// What a body must say of itself with so much data and perhaps trailers still to come.
fn assert_honest(body: &VerifiedBody, left: usize, trailers: bool, location: &str) {
    let hint = body.size_hint();
    let left = u64::try_from(left).unwrap();
    assert_eq!(body.is_end_stream(), left == 0 && !trailers, "{location}");
    assert_eq!(hint.exact(), (!trailers).then_some(left), "{location}");
    assert!(hint.lower() <= left, "{location}");
    assert!(hint.upper().is_none_or(|upper| upper >= left), "{location}");
}

#[test]
fn the_verified_body_is_honest_about_what_is_left() {
    let big = || data(vec![b'x'; 20_000]);
    for (name, frames, with_trailers) in [
        ("none", vec![], false),
        ("empty", vec![data("")], false),
        ("data", vec![data("hello")], false),
        ("big data", vec![big()], false),
        (
            "small frames",
            vec![data("he"), data(""), data("llo")],
            false,
        ),
        ("big frames", vec![big(), big(), big()], false),
        (
            "mixed frames",
            vec![data("h"), big(), data("e"), data("l"), big()],
            false,
        ),
        ("none", vec![], true),
        ("empty", vec![data("")], true),
        ("data", vec![data("hello")], true),
        ("mixed frames", vec![data("h"), big(), data("e")], true),
    ] {
        let name = format!("{name}, trailers {with_trailers}");
        let mut sent = Vec::new();
        for frame in &frames {
            sent.extend_from_slice(frame.data_ref().unwrap());
        }
        let end = with_trailers.then(|| Frame::trailers(trailers()));
        let frames = Frames::of(frames.into_iter().chain(end));
        let mut body = forwarded(&layer(), delivery(frames, &sent)).into_body();

        assert_eq!(body.len(), sent.len(), "{name}");
        assert_honest(&body, sent.len(), with_trailers, &format!("{name}, before"));
        let mut got = Vec::new();
        let mut got_trailers = None;
        while let Some(frame) = finish_now(body.frame()) {
            assert!(got_trailers.is_none(), "{name}: a frame after the trailers");
            match frame.unwrap().into_data() {
                Ok(data) => got.extend_from_slice(&data),
                Err(frame) => got_trailers = Some(frame.into_trailers().unwrap()),
            }
            let left = sent.len() - got.len();
            let trailers = with_trailers && got_trailers.is_none();
            assert_honest(&body, left, trailers, &format!("{name}, {left} left"));
        }
        assert!(got == sent, "{name}: other bytes came out than went in");
        assert_eq!(got_trailers, with_trailers.then(trailers), "{name}");
        assert_honest(&body, 0, false, &format!("{name}, after"));
        assert!(finish_now(body.frame()).is_none(), "{name}");
    }
}

// ===== what comes out =====

/// A response body that claims whatever the test wants it to.
#[derive(Debug)]
struct Claims {
    hint: SizeHint,
    end: bool,
    frames: VecDeque<Result<Frame<Bytes>, Boom>>,
}

impl Body for Claims {
    type Data = Bytes;
    type Error = Boom;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Boom>>> {
        let this = self.get_mut();
        let frame = this.frames.pop_front();
        this.hint = SizeHint::with_exact(this.frames.len() as u64);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.end
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

fn answer_with<B>(body: B) -> ResponseBody<B>
where
    B: Body<Data = Bytes>,
{
    let slot = Mutex::new(Some(Response::new(body)));
    let inner = service_fn(|_: Request<VerifiedBody>| {
        let response = slot.lock().unwrap().take().unwrap();
        ready(Ok::<_, Infallible>(response))
    });
    let response = finish_now(layer().layer(inner).call(signed(b""))).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body()
}

#[test]
fn the_response_body_passes_for_the_inner_one() {
    let mut range = SizeHint::new();
    range.set_lower(3);
    range.set_upper(9);
    for hint in [SizeHint::new(), SizeHint::with_exact(7), range] {
        for end in [false, true] {
            let body = answer_with(Claims {
                hint,
                end,
                frames: VecDeque::new(),
            });
            assert_eq!(body.is_end_stream(), end);
            assert_eq!(body.size_hint().lower(), hint.lower());
            assert_eq!(body.size_hint().upper(), hint.upper());
        }
    }

    let mut body = answer_with(Claims {
        hint: SizeHint::new(),
        end: false,
        frames: VecDeque::from([
            Ok(data("one")),
            Ok(data("")),
            Ok(Frame::trailers(trailers())),
            Err(Boom(3)),
        ]),
    });
    let mut next = || finish_now(body.frame());
    assert_eq!(next().unwrap().unwrap().into_data().unwrap(), "one");
    assert_eq!(next().unwrap().unwrap().into_data().unwrap(), "");
    let frame = next().unwrap().unwrap();
    assert_eq!(frame.into_trailers().unwrap(), trailers());
    assert_eq!(next().unwrap().unwrap_err(), Boom(3));
    assert!(next().is_none());
    assert_eq!(body.size_hint().exact(), Some(0));
}

#[test]
fn the_head_of_the_response_is_the_inner_one() {
    let inner = service_fn(|_: Request<VerifiedBody>| {
        let mut response = Response::new(Full::<Bytes>::default());
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        *response.version_mut() = Version::HTTP_2;
        response
            .headers_mut()
            .insert("x-tea", HeaderValue::from_static("green"));
        response.extensions_mut().insert(7_u8);
        ready(Ok::<_, Infallible>(response))
    });
    let response = finish_now(layer().layer(inner).call(signed(b""))).unwrap();
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.headers().len(), 1);
    assert_eq!(response.headers()["x-tea"], "green");
    assert_eq!(response.extensions().get::<u8>(), Some(&7));
    assert!(response.extensions().get::<Rejection>().is_none());
}

#[test]
fn a_refusal_knows_its_length() {
    let mut service = layer().layer(service_fn(echo));
    let response = finish_now(service.call(forged(b""))).unwrap();
    let mut body = response.into_body();
    assert_eq!(body.size_hint().exact(), Some(REFUSED.len() as u64));
    assert!(!body.is_end_stream());
    let frame = finish_now(body.frame()).unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), REFUSED);
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.is_end_stream());
    assert!(finish_now(body.frame()).is_none());
}
