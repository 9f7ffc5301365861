use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use tokio::time::timeout;
use tower_service::Service;

use super::{
    AbuseReport, CaseReport, CaseVerdict,
    bench::Bench,
    case::{self, Case, Expect, GENUINE},
};
use crate::{
    clock::Clock,
    keys::Secret,
    providers::Provider,
    setup::SetupError,
    sign::SignError,
    testing::{Delivery, TestSender, recorder::read},
};

/// The layer's own, unless the provider has one.
const DEFAULT_BODY_LIMIT: usize = 1 << 20;

/// Longer than any refusal may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends forged, broken and hostile requests to a whole stack, and says of each case by name whether the
/// stack stood it.
///
/// The stack is any tower service, and what is behind it does not matter, as long as it answers a genuine
/// delivery with a success: give it a handler for tests. Between the cases it gets genuine deliveries, which
/// it must go on to accept. What has no meaning for a scheme, such as the timestamp of one that has
/// none, is reported as not applicable.
///
/// ```
/// use axum::{Router, routing::post};
/// use http::Request;
/// use tower_webhook::{Secret, WebhookLayer, providers, testing::AbuseSuite};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("a secret for tests")?;
/// let layer = WebhookLayer::new(providers::stripe(), secret.clone())?.body_limit(64 << 10);
/// let app: Router = Router::new().route("/stripe", post(async || ())).layer(layer);
///
/// let report = AbuseSuite::new(providers::stripe(), secret)?
///     .template(Request::post("/stripe").body(())?)
///     .body_limit(64 << 10)
///     .run::<_, axum::body::Body, _>(app)
///     .await?;
/// report.assert_passed();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is run"]
pub struct AbuseSuite {
    sender: TestSender,
    body: Bytes,
    body_limit: usize,
}

/// Runs an [`AbuseSuite`] as it is: `POST /` with a small JSON body, by the operating system's clock, and the
/// provider's own body limit or 1 MiB.
///
/// # Errors
///
/// As [`AbuseSuite::new`] and [`AbuseSuite::run`].
///
/// # Panics
///
/// As [`AbuseSuite::run`].
pub async fn abuse_suite<S, B, R>(
    app: S,
    provider: impl Into<Provider>,
    secret: Secret,
) -> Result<AbuseReport, Box<dyn std::error::Error + Send + Sync>>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    Ok(AbuseSuite::new(provider, secret)?.run(app).await?)
}

impl AbuseSuite {
    /// A suite for the deliveries of one provider under one secret.
    ///
    /// # Errors
    ///
    /// If the secret is not in the form that the provider's scheme takes.
    pub fn new(provider: impl Into<Provider>, secret: Secret) -> Result<Self, SetupError> {
        let provider = provider.into();
        let body_limit = provider.body_limit().unwrap_or(DEFAULT_BODY_LIMIT);
        Ok(Self {
            sender: TestSender::new(provider, secret)?,
            body: Bytes::from_static(br#"{"id":7,"type":"order.paid","data":{"amount":1200}}"#),
            body_limit,
        })
    }

    /// The clock by which deliveries are signed; the operating system's unless set.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.sender = self.sender.clock(clock);
        self
    }

    /// What the head of each delivery is made of, as [`TestSender::template`] takes it.
    pub fn template(mut self, head: Request<()>) -> Self {
        self.sender = self.sender.template(head);
        self
    }

    /// The body of genuine deliveries: something that the handler accepts.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The longest body that the stack is to accept, in bytes; the provider's own or 1 MiB unless set.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sends everything, one request after the other, each to a clone of `app`.
    ///
    /// If a genuine delivery is not accepted, nothing else is tried.
    ///
    /// # Errors
    ///
    /// If the provider cannot be signed for, or signs something that the template or the body does not
    /// have.
    ///
    /// # Panics
    ///
    /// Without a Tokio runtime with its timer enabled. A panic of the stack is caught and reported.
    pub async fn run<S, B, R>(self, app: S) -> Result<AbuseReport, SignError>
    where
        S: Service<Request<B>, Response = Response<R>> + Clone,
        B: From<Bytes>,
        R: Body,
    {
        let provider = self.sender.provider.scheme().name().into();
        let bench = Bench::new(self.sender, self.body, self.body_limit)?;
        let first = examine(&app, &bench, &GENUINE).await;
        let is_usable = !first.is_failure();
        let mut cases = vec![first];
        if is_usable {
            for case in case::all() {
                cases.push(examine(&app, &bench, case).await);
            }
        }
        Ok(AbuseReport { provider, cases })
    }
}

async fn examine<S, B, R>(app: &S, bench: &Bench, case: &'static Case) -> CaseReport
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let verdict = match verdict(app, bench, case).await {
        Ok(true) => CaseVerdict::Passed,
        Ok(false) => CaseVerdict::NotApplicable,
        Err(how) => CaseVerdict::Failed(how),
    };
    CaseReport {
        name: case.name,
        expected: case.expected,
        verdict,
    }
}

/// Whether there was anything to send, if the stack stood it.
async fn verdict<S, B, R>(app: &S, bench: &Bench, case: &Case) -> Result<bool, String>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let sent = (case.send)(bench);
    let mut first = None;
    for sent in &sent {
        let what = &sent.what;
        let answer = send(app, sent.delivery.clone()).await;
        let answer = answer.map_err(|how| format!("{what}: {how}"))?;
        let status = answer.0;
        // A stack that breaks, or sends the caller elsewhere, has refused nothing.
        let is_right = match case.expect {
            Expect::Accepted => status.is_success(),
            _ => status.is_client_error(),
        };
        if !is_right {
            return Err(format!("{what}: answered {status}"));
        }
        if case.expect == Expect::Alike && *first.get_or_insert_with(|| answer.clone()) != answer {
            return Err(format!("{what}: answered in another way"));
        }
    }
    let is_applicable = !sent.is_empty();
    if is_applicable && case.expect != Expect::Accepted {
        let next = send(app, bench.good()).await;
        let next = next.map_err(|how| format!("a genuine delivery after it: {how}"))?;
        if !next.0.is_success() {
            return Err(format!("a genuine delivery after it: answered {}", next.0));
        }
    }
    Ok(is_applicable)
}

/// The status and the body of an answer, or why there is none.
async fn send<S, B, R>(app: &S, delivery: Delivery) -> Result<(StatusCode, Bytes), String>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let mut app = app.clone();
    let answer = async move {
        poll_fn(|cx| app.poll_ready(cx)).await.map_err(drop)?;
        let response = app.call(delivery.into_request()).await.map_err(drop)?;
        let status = response.status();
        let body = read(response.into_body()).await.ok_or(())?;
        Ok::<_, ()>((status, body))
    };
    match timeout(PATIENCE, unpanicked(answer)).await {
        Ok(Ok(Ok(answer))) => Ok(answer),
        Ok(Ok(Err(()))) => Err("an error in the place of an answer".to_owned()),
        Ok(Err(Panicked)) => Err("a panic".to_owned()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

struct Panicked;

/// What a future gives, unless it panics.
async fn unpanicked<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}
