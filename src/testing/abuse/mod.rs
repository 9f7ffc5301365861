mod answer;
mod body;
mod case;
mod fixture;
mod header;
mod report;
mod run;
mod signature;
mod signed;
mod tcp;
mod timestamp;
mod wire;

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::Body;
use tower_service::Service;

pub use self::report::{AbuseReport, CaseReport, CaseVerdict};
use self::{
    fixture::Fixture,
    run::{examine_all, examine_all_over_tcp, tell_nothing},
    tcp::Server,
};
use crate::{
    clock::Clock,
    keys::Secret,
    providers::Provider,
    setup::SetupError,
    sign::SignError,
    testing::{TestSender, sample},
    verify::no_tolerance,
};

/// The default limit of the layer, for providers without one.
const DEFAULT_BODY_LIMIT: usize = 1 << 20;

/// Sends forged, broken and hostile requests to a whole stack, and reports the result of each case.
///
/// The stack is any tower service with a handler for tests. The handler must answer every genuine
/// delivery with a success. Genuine deliveries are sent between the cases too, and must be
/// accepted.
///
/// A case that a scheme cannot have is reported as [not applicable](CaseVerdict::NotApplicable),
/// such as an old timestamp for a scheme without timestamps. Signatures are forged in every
/// location that the scheme has: in a header, the query or the body.
///
/// A response must not reveal the reason of the rejection. The case `answers-alike` sends a wrong
/// body and a wrong secret, each twice, and compares the status, the headers and the bodies of the
/// responses. A word that changes with every response is ignored, such as a date or a request ID. A
/// word that is constant for each of the two, but differs between them, is a fault. Examples are a
/// reason, or the received or expected signature.
///
/// The case `method` sends genuine deliveries with those of `PUT`, `PATCH` and `DELETE` that the
/// provider does not [use](Provider::methods). Every 4xx response passes, whether it comes from the
/// layer or from a router outside of it. A 2xx response is a fault, because
/// [`DedupeLayer`](crate::DedupeLayer) would record the delivery as handled. `GET`, `HEAD` and
/// `OPTIONS` are not sent, because a page for browsers or a CORS layer may answer them with 2xx.
///
/// ```
/// use axum::{Router, routing::post};
/// use http::Uri;
/// use tower_webhook::{Secret, WebhookLayer, providers, testing::AbuseSuite};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("a secret for tests")?;
/// let layer = WebhookLayer::new(providers::stripe(), secret.clone())?.body_limit(64 << 10);
/// let app: Router = Router::new().route("/stripe", post(async || ())).layer(layer);
///
/// let report = AbuseSuite::new(providers::stripe(), secret)?
///     .target(Uri::from_static("/stripe"))
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
    tolerance: Option<Duration>,
}

/// Runs an [`AbuseSuite`] with its defaults:
///
/// - `POST /` with a small body of the type that the scheme reads: JSON, a form, or
///   `multipart/form-data`
/// - every other signed value
/// - the operating system's clock
/// - the provider's own body limit, or 1 MiB
///
/// The suite supports every provider that signs with a shared secret. Configure `provider` like
/// that of the layer: the [public URL](Provider::with_public_url) if the URL is signed, the
/// [settings](Provider::with_setting), and the [methods](Provider::with_methods) if you set them.
///
/// # Errors
///
/// Returns the errors of [`AbuseSuite::new`] and [`AbuseSuite::run`].
///
/// # Panics
///
/// Panics in the cases of [`AbuseSuite::run`].
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
    /// Creates a suite for the deliveries of one provider and one secret.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`TestSender::new`]:
    ///
    /// - The secret is not in the form that the provider's scheme requires.
    /// - A [setting](Provider::with_setting) is missing.
    /// - The provider signs with a private key that a sender cannot have.
    pub fn new(provider: impl Into<Provider>, secret: Secret) -> Result<Self, SetupError> {
        let provider = provider.into();
        let body_limit = provider.body_limit().unwrap_or(DEFAULT_BODY_LIMIT);
        Ok(Self {
            body: sample::body(provider.scheme()),
            sender: TestSender::new(provider, secret)?,
            body_limit,
            tolerance: None,
        })
    }

    /// Sets the clock that deliveries are signed with. Defaults to the system clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.sender = self.sender.clock(clock);
        self
    }

    /// Sets the head of each delivery, like [`TestSender::template`].
    pub fn template(mut self, head: Request<()>) -> Self {
        self.sender = self.sender.template(head);
        self
    }

    /// Sets the target of each delivery, like [`TestSender::target`].
    pub fn target(mut self, target: Uri) -> Self {
        self.sender = self.sender.target(target);
        self
    }

    /// Sets the body of genuine deliveries, which the handler must accept. Defaults to a short JSON
    /// document, or to a form or `multipart/form-data` if the scheme reads one, with every signed
    /// field.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the maximum body size that the stack accepts, in bytes. Defaults to the provider's
    /// limit, or 1 MiB.
    ///
    /// The cases `body-over-limit` and `wire-chunked-over-limit` are not applicable if the limit is
    /// 64 MiB or more, or less than the length of the [body](Self::body).
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets the tolerance of the stack, as set with
    /// [`WebhookLayer::tolerance`](crate::WebhookLayer::tolerance). If the past and the future
    /// tolerance differ, pass the longer one. Defaults to the [tolerance of the
    /// scheme](crate::scheme::Scheme::tolerance).
    ///
    /// The stack must reject deliveries that exceed it by a minute or more.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoEffect`] if the scheme has neither a timestamp nor a web token.
    pub fn tolerance(mut self, tolerance: Duration) -> Result<Self, SetupError> {
        let scheme = self.sender.provider.scheme();
        if !scheme.uses_tolerance() {
            return Err(no_tolerance(scheme, "tolerance"));
        }
        self.tolerance = Some(tolerance);
        Ok(self)
    }

    /// Sends every case to `app`, one request after the other, each to a clone.
    ///
    /// If a genuine delivery is not accepted, no other case is sent. `app` must be the stack
    /// itself. If it is a client that sends the requests to a server, the client rejects some of
    /// them itself, such as a header of 64 KiB or a wrong length, and these errors count as faults.
    /// Use [`run_over_tcp`](Self::run_over_tcp) for a server.
    ///
    /// # Errors
    ///
    /// - The scheme signs a value that the configured [body](Self::body) does not have.
    /// - The scheme signs the URL, but the provider has no [public URL](Provider::with_public_url),
    ///   and the [target](Self::target) has no scheme and host.
    ///
    /// # Panics
    ///
    /// Panics outside a Tokio runtime with an enabled timer. A panic of the stack is caught and
    /// reported.
    pub async fn run<S, B, R>(self, app: S) -> Result<AbuseReport, SignError>
    where
        S: Service<Request<B>, Response = Response<R>> + Clone,
        B: From<Bytes>,
        R: Body,
    {
        let provider = self.provider();
        let fixture = self.fixture()?;
        let cases = examine_all(&app, tell_nothing, &fixture).await;
        Ok(AbuseReport { provider, cases })
    }

    /// Sends every case to a running server, written in any language. Uses HTTP/1.1 without TLS,
    /// and a new connection for each request.
    ///
    /// Further cases consist of bytes that are not valid HTTP: broken chunks, contradictory
    /// lengths, a stalled body, and floods of headers.
    ///
    /// The server may close the connection without a response if the head is long, or if the
    /// request is not HTTP or is incomplete. In other cases, a closed connection is a fault,
    /// because a handler that panics has the same effect. The server must therefore answer a
    /// request whose body is too long, stalls, or exceeds its declared length.
    ///
    /// The server may answer in HTTP/1.0, and must close a connection if the request says so. The
    /// suite waits for the response to a stalled body, so it takes as long as the server's
    /// deadline.
    ///
    /// ```
    /// use axum::{Router, routing::post};
    /// use http::Uri;
    /// use tower_webhook::{Secret, WebhookLayer, providers, testing::AbuseSuite};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = Secret::new("a secret for tests")?;
    /// let layer = WebhookLayer::new(providers::stripe(), secret.clone())?
    ///     .body_deadline(std::time::Duration::from_millis(500));
    /// let app = Router::new().route("/stripe", post(async || ()).layer(layer));
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let address = listener.local_addr()?;
    /// tokio::spawn(async { axum::serve(listener, app).await });
    ///
    /// let suite = AbuseSuite::new(providers::stripe(), secret)?;
    /// let suite = suite.target(Uri::from_static("/stripe"));
    /// suite.run_over_tcp(address).await?.assert_passed();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`run`](Self::run). A server that cannot be reached, or does not speak
    /// HTTP/1, is reported as one that does not accept a genuine delivery, with the cause.
    ///
    /// # Panics
    ///
    /// Panics outside a Tokio runtime with an enabled timer and enabled I/O.
    pub async fn run_over_tcp(self, address: SocketAddr) -> Result<AbuseReport, SignError> {
        let provider = self.provider();
        let fixture = self.fixture()?;
        let server = Server { address };
        let cases = examine_all_over_tcp(server, &fixture).await;
        Ok(AbuseReport { provider, cases })
    }

    fn provider(&self) -> Box<str> {
        self.sender.provider.scheme().name().into()
    }

    fn fixture(self) -> Result<Fixture, SignError> {
        Fixture::new(self.sender, self.body, self.body_limit, self.tolerance)
    }
}
