//! Sending again: whether, when, and how it ends. Time is Tokio's, and stands still but for the
//! waits.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::client::conn::http1;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex},
    net::TcpListener,
    time::Instant,
};
use tower::{
    BoxError, Layer, ServiceBuilder, ServiceExt,
    retry::{
        Policy, RetryLayer,
        budget::{Budget, TpsBudget},
    },
    service_fn,
};
use tower_webhook::{
    Secret, Verifier,
    body::DeliveryBody,
    clock::Clock,
    providers,
    sign::{
        Backoff, BackoffSchedule, Classification, Classifier, DeliveryId, DeliveryOutcome,
        DeliveryRetry, SendError, SetDeliveryIdLayer, SignError, SignLayer, Signer,
    },
};

use crate::support::{NOW, Report, SECRET, at, standard_secret};

type Error = SendError<io::Error>;

/// What a receiver answers, one try after the other; the last answer is repeated.
#[derive(Clone)]
struct Receiver {
    answers: Arc<Vec<Answer>>,
    /// When each try came.
    tries: Arc<Mutex<Vec<Duration>>>,
    start: Instant,
}

#[derive(Clone)]
enum Answer {
    Status(u16),
    RetryAfter(u16, String),
    Fails,
    CannotSign,
}

use Answer::{Fails, RetryAfter, Status};

impl Receiver {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            answers: Arc::new(answers.into_iter().collect()),
            tries: Arc::default(),
            start: Instant::now(),
        }
    }

    fn answer(&self) -> Result<Response<()>, Error> {
        let mut tries = self.tries.lock().unwrap();
        let at = tries.len().min(self.answers.len() - 1);
        tries.push(self.start.elapsed());
        let (status, value) = match &self.answers[at] {
            Status(status) => (*status, None),
            RetryAfter(status, value) => (*status, Some(value)),
            Fails => return Err(SendError::Inner(io::ErrorKind::ConnectionReset.into())),
            Answer::CannotSign => return Err(SendError::Sign(SignError::NoId)),
        };
        let mut response = Response::builder().status(status);
        if let Some(value) = value {
            response = response.header("retry-after", value);
        }
        Ok(response.body(()).unwrap())
    }

    /// Sends one delivery by a policy, and says when each try came.
    async fn receive<J, S>(
        &self,
        policy: DeliveryRetry<J, S>,
    ) -> (Result<Response<()>, Error>, Vec<Duration>)
    where
        J: Classifier<(), Error> + Clone,
        S: BackoffSchedule + Clone,
    {
        let this = self.clone();
        let client = service_fn(move |_: Request<&'static str>| std::future::ready(this.answer()));
        let sender = RetryLayer::new(policy).layer(client);
        let outcome = sender.oneshot(Request::new("{}")).await;
        let tries = std::mem::take(&mut *self.tries.lock().unwrap());
        (outcome, tries)
    }
}

fn outcome(result: &Result<Response<()>, Error>) -> Option<DeliveryOutcome> {
    result.as_ref().ok()?.extensions().get().copied()
}

fn fast() -> DeliveryRetry {
    DeliveryRetry::new().schedule(Backoff::fast())
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

// ===== whether =====

#[tokio::test(start_paused = true)]
async fn every_status_is_sent_again_or_not() {
    let mut report = Report::default();
    for status in 200..600 {
        let classification = match status {
            200..=299 => Classification::Delivered,
            410 => Classification::Gone,
            408 | 409 | 425 | 429 | 500.. => Classification::Retry,
            _ => Classification::Rejected,
        };
        let tries = if classification == Classification::Retry {
            6
        } else {
            1
        };
        let (result, times) = Receiver::new([Status(status)]).receive(fast()).await;
        let outcome = outcome(&result).unwrap();
        let right = result.unwrap().status() == status
            && times.len() == tries
            && (outcome.classification(), outcome.tries())
                == (classification, u32::try_from(tries).unwrap())
            && outcome.is_delivered() == (classification == Classification::Delivered)
            && outcome.is_gone() == (status == 410);
        let told = || format!("{status}: {times:?} {outcome:?}");
        report.note(right.then_some(()).ok_or_else(told));
    }
    report.finish();
}

/// Nothing is sent after the delivery arrived, after 410, or after what will not change.
#[tokio::test(start_paused = true)]
async fn what_comes_first_ends_it() {
    for (answers, tries, classification) in [
        (
            vec![Status(503), Status(200), Status(503)],
            2,
            Some(Classification::Delivered),
        ),
        (
            vec![Fails, Fails, Status(204), Fails],
            3,
            Some(Classification::Delivered),
        ),
        (
            vec![Status(500), Status(410), Status(200)],
            2,
            Some(Classification::Gone),
        ),
        (
            vec![Status(429), Status(404), Status(200)],
            2,
            Some(Classification::Rejected),
        ),
        (
            vec![Status(301), Status(200)],
            1,
            Some(Classification::Rejected),
        ),
        (vec![Fails], 6, None),
        (vec![Fails, Status(503)], 6, Some(Classification::Retry)),
        (vec![Answer::CannotSign, Status(200)], 1, None),
        (vec![Fails, Answer::CannotSign, Status(200)], 2, None),
    ] {
        let receiver = Receiver::new(answers);
        let (result, times) = receiver.receive(fast()).await;
        assert_eq!(times.len(), tries, "{times:?}");
        let outcome = outcome(&result);
        assert_eq!(outcome.map(|it| it.classification()), classification);
        assert!(outcome.is_none_or(|it| it.tries() as usize == tries));
        assert_eq!(result.is_err(), classification.is_none());
        tokio::time::sleep(seconds(1 << 20)).await;
        assert!(
            receiver.tries.lock().unwrap().is_empty(),
            "sent after its end"
        );
    }
}

/// In a box, as layers in between make of it, an error is still known for what it is.
#[tokio::test(start_paused = true)]
async fn errors_are_known_in_a_box() {
    for (error, expect) in [
        (Error::Sign(SignError::NoId), 1),
        (Error::Inner(io::ErrorKind::TimedOut.into()), 6),
    ] {
        let tries = Arc::new(AtomicUsize::new(0));
        let error = Arc::new(Mutex::new(Some(error)));
        let client = {
            let tries = Arc::clone(&tries);
            service_fn(move |_: Request<()>| {
                tries.fetch_add(1, SeqCst);
                let is_final = matches!(*error.lock().unwrap(), Some(Error::Sign(_)));
                let error: BoxError = if is_final {
                    Box::new(error.lock().unwrap().take().unwrap())
                } else {
                    Box::new(tower::timeout::error::Elapsed::new())
                };
                std::future::ready(Err::<Response<()>, _>(error))
            })
        };
        let sender = RetryLayer::new(fast()).layer(client);
        assert!(sender.oneshot(Request::new(())).await.is_err());
        assert_eq!(tries.load(SeqCst), expect);
    }
}

// ===== when =====

/// The table of the specification, to the second.
#[tokio::test(start_paused = true)]
async fn the_default_schedule_is_that_of_standard_webhooks() {
    let policy = DeliveryRetry::new().schedule(Backoff::standard_webhooks().without_jitter());
    let (result, times) = Receiver::new([Status(503)]).receive(policy).await;
    let clock = |(hours, minutes, at): (u64, u64, u64)| seconds(hours * 3600 + minutes * 60 + at);
    let expect = [
        (0, 0, 0),
        (0, 0, 5),
        (0, 5, 5),
        (0, 35, 5),
        (2, 35, 5),
        (7, 35, 5),
        (17, 35, 5),
        (31, 35, 5),
        (51, 35, 5),
        (75, 35, 5),
    ];
    let rounded = times.iter().map(|time| seconds(time.as_secs()));
    assert_eq!(rounded.collect::<Vec<_>>(), expect.map(clock));
    assert_eq!(outcome(&result).unwrap().tries(), 10);
}

/// A wait is anything up to its full length, and another for each delivery.
#[tokio::test(start_paused = true)]
async fn waits_are_of_any_length_up_to_their_own() {
    let most = seconds(1000);
    let schedule = Backoff::new([most]);
    let mut waits: Vec<_> = (0..1000)
        .map(|_| schedule.clone().wait(1).unwrap())
        .collect();
    waits.sort_unstable();
    assert!(waits[0] < most / 10 && waits[999] > most * 9 / 10 && waits[999] <= most);
    let mean = waits.iter().sum::<Duration>() / 1000;
    assert!(mean > most * 4 / 10 && mean < most * 6 / 10, "{mean:?}");
    assert!(waits.iter().collect::<BTreeSet<_>>().len() > 990);
    assert_eq!(schedule.clone().wait(0), None);
    assert_eq!(schedule.clone().wait(2), None);
    assert_eq!(schedule.clone().wait(u32::MAX), None);

    let mut ends = BTreeSet::new();
    for _ in 0..20 {
        let policy = DeliveryRetry::new();
        let (_, times) = Receiver::new([Fails]).receive(policy).await;
        assert_eq!(times.len(), 10);
        assert!(times[9] < seconds(75 * 3600 + 35 * 60 + 6), "{times:?}");
        ends.insert(times[9].as_secs());
    }
    assert!(ends.len() > 10, "{ends:?}");
}

/// Seconds or a date, within the bound, and never a shorter wait than the schedule's.
#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_to() {
    let most = seconds(3600);
    let date = |offset: i64| httpdate::fmt_http_date(at(NOW + offset));
    let mut report = Report::default();
    for (status, value, expect) in [
        (503, "120".to_owned(), 120),
        (429, "120".to_owned(), 120),
        (500, "120".to_owned(), 120),
        (503, "0".to_owned(), 10),
        (503, "9".to_owned(), 10),
        (503, "3600".to_owned(), 3600),
        (503, "3601".to_owned(), 3600),
        (503, u64::MAX.to_string(), 3600),
        (503, "99999999999999999999".to_owned(), 3600),
        (503, date(120), 120),
        (503, date(86_400), 3600),
        (503, date(0), 10),
        (503, date(-120), 10),
        (503, String::new(), 10),
        (503, "-5".to_owned(), 10),
        (503, "1.5".to_owned(), 10),
        (503, "soon".to_owned(), 10),
        (503, "Thu, 32 Jan 2026 12:00:00 GMT".to_owned(), 10),
    ] {
        let policy = DeliveryRetry::new()
            .schedule(Backoff::new([seconds(10)]).without_jitter())
            .max_retry_after(most)
            .clock(|| at(NOW));
        let receiver = Receiver::new([RetryAfter(status, value.clone()), Status(200)]);
        let wait = policy
            .clone()
            .retry(&mut Request::new("{}"), &mut receiver.answer());
        receiver.tries.lock().unwrap().clear();
        let (_, times) = receiver.receive(policy).await;
        // The delay that is announced, and the actual one.
        let waited = [wait.unwrap().duration(), times[1]].map(|it| it.as_secs());
        let told = || format!("{status} {value}: {waited:?} and not {expect}");
        report.note((waited == [expect; 2]).then_some(()).ok_or_else(told));
    }
    report.finish();
}

// ===== what can be replaced =====

#[tokio::test(start_paused = true)]
async fn whether_and_when_are_closures_too() {
    // The third try is let through whatever it says, a minute apart.
    let policy = DeliveryRetry::new()
        .classifier(|result: Result<&Response<()>, &Error>| match result {
            Ok(response) if response.status() == StatusCode::NOT_FOUND => Classification::Retry,
            _ => Classification::Delivered,
        })
        .schedule(|retry| (retry < 3).then_some(seconds(60)));
    let (result, times) = Receiver::new([Status(404)]).receive(policy.clone()).await;
    assert_eq!(
        outcome(&result).unwrap().classification(),
        Classification::Retry
    );
    assert_eq!(times.len(), 3);
    assert_eq!(times[2].as_secs(), 120);
    let (result, times) = Receiver::new([Status(503)]).receive(policy).await;
    assert!(outcome(&result).unwrap().is_delivered());
    assert_eq!(times.len(), 1);
}

/// A budget that counts.
struct Purse(AtomicI64);

impl Budget for Purse {
    fn deposit(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    fn withdraw(&self) -> bool {
        let take = |left: i64| (left > 0).then_some(left - 1);
        self.0.fetch_update(SeqCst, SeqCst, take).is_ok()
    }
}

/// All deliveries share the budget; what arrives adds to it, and what is not sent again costs
/// nothing.
#[tokio::test(start_paused = true)]
async fn a_budget_bounds_the_retries_of_all() {
    let purse = Arc::new(Purse(AtomicI64::new(7)));
    let policy = || fast().budget(purse.clone());
    for (answer, tries, left) in [
        (503, 6, 2),
        (404, 1, 2),
        (503, 3, 0),
        (503, 1, 0),
        (200, 1, 1),
        (503, 2, 0),
    ] {
        let (result, times) = Receiver::new([Status(answer)]).receive(policy()).await;
        assert_eq!((times.len(), purse.0.load(SeqCst)), (tries, left));
        let classification = outcome(&result).unwrap().classification();
        assert_eq!(classification == Classification::Retry, answer == 503);
    }
}

/// tower's own: a hundred retries at once, and one for ten deliveries after that.
#[tokio::test(start_paused = true)]
async fn a_budget_of_tower_fits() {
    let budget = Arc::new(TpsBudget::new(seconds(10), 10, 0.1));
    let mut retries = 0;
    for _ in 0..30 {
        let policy = fast().budget(budget.clone());
        let (_, times) = Receiver::new([Status(503)]).receive(policy).await;
        retries += times.len() - 1;
    }
    assert_eq!(retries, 100);
    for _ in 0..20 {
        let (result, _) = Receiver::new([Status(200)])
            .receive(fast().budget(budget.clone()))
            .await;
        assert!(outcome(&result).unwrap().is_delivered());
    }
    let (_, times) = Receiver::new([Status(503)])
        .receive(fast().budget(budget))
        .await;
    assert_eq!(times.len() - 1, 2);
}

// ===== with the layer that signs =====

/// A clock that goes with Tokio's.
#[derive(Clone)]
struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> SystemTime {
        at(NOW) + self.0.elapsed()
    }
}

/// One id for all tries, and for each the time at which it is sent, so that the last one still
/// passes.
#[tokio::test(start_paused = true)]
async fn each_try_is_signed_afresh_with_the_same_id() {
    let clock = Paused(Instant::now());
    let seen = Arc::new(Mutex::new(Vec::<(HeaderMap, Bytes)>::new()));
    let client = {
        let (seen, clock) = (Arc::clone(&seen), clock.clone());
        let verifier = Verifier::new(providers::standard_webhooks(), standard_secret());
        let verifier = verifier.unwrap().clock(clock);
        service_fn(move |request: Request<DeliveryBody>| {
            let (head, body) = request.into_parts();
            let body = body.into_bytes();
            verifier.verify(&head, &body).unwrap();
            let mut seen = seen.lock().unwrap();
            seen.push((head.headers, body));
            let status = if seen.len() < 10 { 503 } else { 200 };
            let response = Response::builder().status(status).body(());
            std::future::ready(Ok::<_, Infallible>(response.unwrap()))
        })
    };
    let signer = Signer::new(providers::standard_webhooks(), standard_secret()).unwrap();
    let schedule = Backoff::standard_webhooks().without_jitter();
    let sender = ServiceBuilder::new()
        .layer(SetDeliveryIdLayer::new())
        .retry(DeliveryRetry::new().schedule(schedule))
        .timeout(seconds(20))
        .layer(SignLayer::new(signer).clock(clock))
        .service(client);
    let request = || Request::post("https://example.com/").body(DeliveryBody::from("{}"));
    let response = sender.clone().oneshot(request().unwrap()).await.unwrap();
    assert_eq!(
        response
            .extensions()
            .get::<DeliveryOutcome>()
            .unwrap()
            .tries(),
        10
    );

    let first = std::mem::take(&mut *seen.lock().unwrap());
    let values = |name: &str| -> BTreeSet<_> {
        let values = first.iter().map(|(headers, _)| headers[name].clone());
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(values("webhook-id").len(), 1);
    assert_eq!(values("webhook-timestamp").len(), 10);
    assert!(first.iter().all(|(_, body)| body == "{}"));
    for (headers, _) in &first {
        assert_eq!(headers.get_all("webhook-signature").iter().count(), 1);
    }

    // Another delivery has another id.
    sender.oneshot(request().unwrap()).await.unwrap();
    let second = seen.lock().unwrap()[0].0["webhook-id"].clone();
    assert!(!values("webhook-id").contains(second.to_str().unwrap()));
}

// ===== over TCP =====

/// Where a receiver leaves.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    BeforeReading,
    InTheHead,
    InTheBody,
    WithoutAnAnswer,
    InItsStatus,
    InItsHeaders,
    /// Of a refusal whose body is cut short: it is the status that counts.
    InItsBody,
    /// Of a refusal that is whole, so that the connection looks as if it could be used again.
    AfterItsAnswer,
    /// Not at all, but it never answers.
    Never,
}

/// A server that leaves the first two tries at a stage, and answers the third.
async fn serve(leaves: Leaves, last: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let at = count.fetch_add(1, SeqCst);
            tokio::spawn(async move {
                let _ = if at < 2 {
                    leave(stream, leaves).await
                } else {
                    answer(stream, last).await
                };
            });
        }
    });
    (address, connections)
}

const LEN: usize = 1 << 19;

/// Reads a request with a body of [`LEN`] bytes.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        let head = request.windows(4).position(|four| four == b"\r\n\r\n");
        if head.is_some_and(|at| request.len() == at + 4 + LEN) {
            return Ok(request);
        }
        if stream.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, text: &str) -> io::Result<()> {
    read(&mut stream).await?;
    stream.write_all(text.as_bytes()).await
}

async fn leave(mut stream: impl AsyncRead + AsyncWrite + Unpin, leaves: Leaves) -> io::Result<()> {
    let text = match leaves {
        Leaves::BeforeReading => return Ok(()),
        Leaves::InTheHead => {
            stream.read_exact(&mut [0; 20]).await?;
            return Ok(());
        }
        Leaves::InTheBody => {
            stream.read_exact(&mut vec![0; LEN / 2]).await?;
            return Ok(());
        }
        Leaves::Never => {
            read(&mut stream).await?;
            return std::future::pending().await;
        }
        Leaves::WithoutAnAnswer => "",
        Leaves::InItsStatus => "HTTP/1.1 200",
        Leaves::InItsHeaders => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n",
        Leaves::AfterItsAnswer => "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n",
        Leaves::InItsBody => "HTTP/1.1 503 Busy\r\ncontent-length: 10\r\n\r\nbusy",
    };
    answer(stream, text).await
}

const ARRIVED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
/// What breaks off behind it does not matter: the delivery arrived.
const ARRIVED_AND_BROKEN_OFF: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\nok";
const GONE: &str = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n";

/// Wherever the receiver leaves, the delivery is sent again until it arrives, and not once more.
#[tokio::test]
async fn a_receiver_that_leaves_is_tried_again() {
    for leaves in [
        Leaves::BeforeReading,
        Leaves::InTheHead,
        Leaves::InTheBody,
        Leaves::WithoutAnAnswer,
        Leaves::InItsStatus,
        Leaves::InItsHeaders,
        Leaves::InItsBody,
        Leaves::AfterItsAnswer,
    ] {
        for (last, classification) in [
            (ARRIVED, Classification::Delivered),
            (ARRIVED_AND_BROKEN_OFF, Classification::Delivered),
            (GONE, Classification::Gone),
        ] {
            let (address, connections) = serve(leaves, last).await;
            let signer = Signer::new(providers::stripe(), Secret::new(SECRET).unwrap());
            let sender = ServiceBuilder::new()
                .retry(fast())
                .timeout(seconds(20))
                .layer(SignLayer::new(signer.unwrap()))
                .service(Client::builder(TokioExecutor::new()).build_http());
            let mut request = Request::post(format!("http://{address}/"));
            request = request.extension(DeliveryId::new("1"));
            let request = request.body(DeliveryBody::from(vec![b'x'; LEN])).unwrap();
            let response = sender.oneshot(request).await;
            let response = response.unwrap_or_else(|error| panic!("{leaves:?}: {error}"));
            let outcome: DeliveryOutcome = *response.extensions().get().unwrap();
            assert_eq!(
                (outcome.classification(), outcome.tries()),
                (classification, 3),
                "{leaves:?}"
            );
            drop(response);
            tokio::task::yield_now().await;
            assert_eq!(connections.load(SeqCst), 3, "{leaves:?}");
        }
    }
}

/// One that takes everything and never answers is left after the time of a try. In memory, so that
/// time is Tokio's.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_never_answers_is_tried_again() {
    let start = Instant::now();
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let client = service_fn(move |request: Request<DeliveryBody>| {
        let (ours, theirs) = duplex(1 << 10);
        let at = count.fetch_add(1, SeqCst);
        tokio::spawn(async move {
            match at {
                0 | 1 => leave(theirs, Leaves::Never).await,
                _ => answer(theirs, ARRIVED).await,
            }
        });
        async move {
            let (mut sender, connection) = http1::handshake(TokioIo::new(ours)).await?;
            tokio::spawn(connection);
            sender.send_request(request).await
        }
    });
    let signer = Signer::new(providers::stripe(), Secret::new(SECRET).unwrap());
    let sender = ServiceBuilder::new()
        .retry(DeliveryRetry::new().schedule(Backoff::new([seconds(5); 3]).without_jitter()))
        .timeout(seconds(20))
        .layer(SignLayer::new(signer.unwrap()))
        .service(client);
    let request = Request::post("/").header("host", "example.com");
    let request = request.body(DeliveryBody::from(vec![b'x'; LEN])).unwrap();
    let response = sender.oneshot(request).await.unwrap();
    let outcome: &DeliveryOutcome = response.extensions().get().unwrap();
    assert_eq!(
        (outcome.classification(), outcome.tries()),
        (Classification::Delivered, 3)
    );
    assert_eq!(start.elapsed().as_secs(), 2 * (20 + 5));
    assert_eq!(tries.load(SeqCst), 3);
}

/// The receiver is not reachable at first, and becomes reachable while the delivery waits.
#[tokio::test]
async fn a_receiver_that_comes_back_is_found() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let back = Arc::new(Mutex::new(None));
    let schedule = {
        let back = Arc::clone(&back);
        move |retry| {
            if retry == 3 {
                let listener = std::net::TcpListener::bind(address).unwrap();
                listener.set_nonblocking(true).unwrap();
                let listener = TcpListener::from_std(listener).unwrap();
                *back.lock().unwrap() = Some(tokio::spawn(async move {
                    let (stream, _) = listener.accept().await.unwrap();
                    answer(stream, ARRIVED).await
                }));
            }
            (retry < 9).then_some(Duration::from_millis(1))
        }
    };
    let signer = Signer::new(providers::stripe(), Secret::new(SECRET).unwrap());
    let sender = ServiceBuilder::new()
        .retry(DeliveryRetry::new().schedule(schedule))
        .layer(SignLayer::new(signer.unwrap()))
        .service(Client::builder(TokioExecutor::new()).build_http::<DeliveryBody>());
    let request = Request::post(format!("http://{address}/"));
    let request = request.body(DeliveryBody::from(vec![b'x'; LEN])).unwrap();
    let response = sender.oneshot(request).await.unwrap();
    let outcome: &DeliveryOutcome = response.extensions().get().unwrap();
    assert_eq!(
        (outcome.classification(), outcome.tries()),
        (Classification::Delivered, 4)
    );
    let back = back.lock().unwrap().take().unwrap();
    back.await.unwrap().unwrap();
}

/// After a caller stops waiting, no further attempt is sent.
#[tokio::test(start_paused = true)]
async fn a_delivery_that_is_given_up_is_not_sent_again() {
    let receiver = Receiver::new([Status(503)]);
    let policy = DeliveryRetry::new().schedule(Backoff::standard_webhooks().without_jitter());
    let waiting = tokio::time::timeout(seconds(400), receiver.receive(policy));
    assert!(waiting.await.is_err());
    assert_eq!(receiver.tries.lock().unwrap().len(), 3);
    tokio::time::sleep(seconds(1 << 20)).await;
    assert_eq!(receiver.tries.lock().unwrap().len(), 3);
}

/// The receiver is never reachable.
#[tokio::test]
async fn a_receiver_that_is_not_there_is_an_error_in_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let signer = Signer::new(providers::stripe(), Secret::new(SECRET).unwrap());
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let sender = ServiceBuilder::new()
        .retry(fast())
        .map_request(move |request: Request<DeliveryBody>| {
            count.fetch_add(1, SeqCst);
            request
        })
        .layer(SignLayer::new(signer.unwrap()))
        .service(Client::builder(TokioExecutor::new()).build_http::<DeliveryBody>());
    let request = Request::post(format!("http://{address}/")).body("{}".into());
    let error = sender.oneshot(request.unwrap()).await.unwrap_err();
    assert!(matches!(error, SendError::Inner(_)), "{error}");
    assert_eq!(tries.load(SeqCst), 6);
}
