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

/// The layer's own, unless the provider has one.
const DEFAULT_BODY_LIMIT: usize = 1 << 20;

/// Sends forged, broken and hostile requests to a whole stack, and says of each case by name
/// whether the stack stood it.
///
/// The stack is any tower service, and what is behind it does not matter, as long as it answers a
/// genuine delivery with a success: give it a handler for tests. Between the cases it gets genuine
/// deliveries, which it must go on to accept. What has no meaning for a scheme, such as the
/// timestamp of one that has none, is reported as [not
/// applicable](CaseVerdict::NotApplicable). Signatures are forged wherever the scheme
/// has them: in a header, the query or the body.
///
/// What a refusal says must not tell why: `answers-alike` sends a wrong body and a wrong secret,
/// each twice, and compares status, headers and bodies. A word that is new in each answer, such as
/// a date or the id of a request, is left out; what stays as it is for one and is another for the
/// other is a fault, such as a reason, or the signature that was sent or is due.
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

/// Runs an [`AbuseSuite`] as it is: `POST /` with a small body of what the scheme looks into (JSON,
/// a form, or `multipart/form-data`) and with whatever else it signs, by the operating system's
/// clock, with the provider's own body limit or 1 MiB.
///
/// The suite supports every provider that signs with a shared secret. Configure `provider` like
/// that of the layer: the [public URL](Provider::with_public_url) where the URL is signed,
/// [settings](Provider::with_setting), and the [methods](Provider::with_methods) if you set them.
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
    /// As [`TestSender::new`]: if the secret is not in the form that the provider's scheme takes,
    /// if a [setting](Provider::with_setting) is missing, or if the provider signs with a
    /// private key that is not to be had.
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

    /// What the head of each delivery is made of, as [`TestSender::template`] takes it.
    pub fn template(mut self, head: Request<()>) -> Self {
        self.sender = self.sender.template(head);
        self
    }

    /// Where each delivery goes, as [`TestSender::target`] takes it.
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

    /// The longest body that the stack is to accept, in bytes; the provider's own or 1 MiB unless
    /// set. A limit of 64 MiB or more is not tried, nor is one that is less than the length of
    /// the [body](Self::body): `body-over-limit` and `wire-chunked-over-limit` are then not
    /// applicable.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How old, and how far ahead, the stack lets a timestamp be, if that is not the
    /// [scheme's own tolerance](crate::scheme::Scheme::tolerance): as
    /// [`WebhookLayer::tolerance`](crate::WebhookLayer::tolerance) was set; where the two are not
    /// the same, the longer one. Deliveries of a minute beyond and more have to be refused.
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

    /// Sends everything, one request after the other, each to a clone of `app`.
    ///
    /// If a genuine delivery is not accepted, nothing else is tried. `app` has to be the stack
    /// itself: a client that sends requests to a server refuses some of them by itself, such as
    /// a header of 64 KiB or a wrong length, and its errors are faults here. For a server there
    /// is [`run_over_tcp`](Self::run_over_tcp).
    ///
    /// # Errors
    ///
    /// If the scheme signs something that a [body](Self::body) of yours does not have, or if it
    /// signs the URL, and neither the provider has a [public URL](Provider::with_public_url)
    /// nor the [target](Self::target) a scheme and a host.
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
        let provider = self.provider();
        let fixture = self.fixture()?;
        let cases = examine_all(&app, tell_nothing, &fixture).await;
        Ok(AbuseReport { provider, cases })
    }

    /// Sends everything to a server that listens, over HTTP/1.1 without TLS and over a connection
    /// for each request; and besides what only bytes can be: broken chunks, lengths that
    /// contradict each other, a body that stalls, floods of headers. For a stack that is
    /// running, in any language.
    ///
    /// Where the head is long, or what is sent is no HTTP or breaks off, to hang up without an
    /// answer is to refuse; elsewhere it is a fault, as a handler that panics hangs up too: a
    /// body that is too long, one that stalls, and one that is longer than it says have to be
    /// answered. The server may answer in HTTP/1.0, and has to close a connection that asks for
    /// it. A body that stalls is waited for, so that this takes as long as the
    /// server's deadline.
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
    /// As [`run`](Self::run). A server that cannot be reached, or does not speak HTTP/1, is
    /// reported as one that does not accept a genuine delivery, with what was in the way.
    ///
    /// # Panics
    ///
    /// Without a Tokio runtime with its timer and its I/O enabled.
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
