use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;
use http::{Method, Request, Uri, header::CONTENT_TYPE};

use super::{Delivery, sample};
use crate::{
    clock::{Clock, SystemClock},
    keys::Secret,
    providers::Provider,
    setup::SetupError,
    sign::{SignError, Signer},
};

/// The ID of a delivery that is signed in another way.
const OTHER_ID: &str = "delivery-by-another";

/// A sender for tests, which signs requests like a provider.
///
/// See the [module docs](crate::testing) for an example.
#[doc(alias = "mock")]
#[derive(Clone)]
pub struct TestSender {
    pub(super) provider: Provider,
    pub(super) secret: Secret,
    signer: Arc<Signer>,
    clock: Arc<dyn Clock>,
    template: Arc<Request<()>>,
    /// Takes precedence over the target of the template.
    target: Option<Uri>,
    count: Arc<AtomicUsize>,
}

impl TestSender {
    /// Creates a sender for a provider, with the secret of the endpoint.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Signer::new`]:
    ///
    /// - The secret is not in the form that the provider's scheme requires.
    /// - A [setting](Provider::with_setting) is missing.
    /// - The provider signs with a private key that a sender cannot have.
    pub fn new(provider: impl Into<Provider>, secret: Secret) -> Result<Self, SetupError> {
        let provider = provider.into();
        let signer = Signer::new(provider.clone(), secret.clone())?;
        Ok(Self {
            provider,
            secret,
            template: Arc::new(template(signer.provider())),
            target: None,
            signer: Arc::new(signer),
            clock: Arc::new(SystemClock::new()),
            count: Arc::default(),
        })
    }

    /// Sets the clock for timestamps and for the [expiry](Secret::not_after) of the secret.
    /// Defaults to the system clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the template for the head of each delivery: method, target, headers and extensions,
    /// such as axum's `ConnectInfo`.
    ///
    /// Defaults to `POST /`, or to the first of the provider's [methods](Provider::methods) if
    /// `POST` is not one of them. The content type defaults to the one that the scheme
    /// [looks into](crate::scheme::Scheme::content_type), or to JSON. That of `multipart/form-data`
    /// has the boundary `tower-webhook`.
    ///
    /// If the scheme signs a header or a query parameter that the template does not contain, such
    /// as a nonce, each delivery gets it. Its value is the delivery's ID. See
    /// [`signed_locations`](crate::scheme::Scheme::signed_locations).
    #[must_use]
    pub fn template(mut self, head: Request<()>) -> Self {
        self.template = Arc::new(head);
        self
    }

    /// Sets the target of each delivery. Defaults to that of the [template](Self::template), over
    /// which it takes precedence in either order of the calls.
    #[must_use]
    pub fn target(mut self, target: Uri) -> Self {
        self.target = Some(target);
        self
    }

    /// Sets the method of each delivery.
    pub(super) fn method(mut self, method: Method) -> Self {
        *Arc::make_mut(&mut self.template).method_mut() = method;
        self
    }

    /// Creates a delivery with the current time and a new ID, which is unique among this sender and
    /// its clones.
    ///
    /// # Errors
    ///
    /// - A signed value is not in the body.
    /// - The URL is signed, but the provider has no [public URL](Provider::with_public_url), and
    ///   the target has no scheme and host.
    pub fn delivery(&self, body: impl Into<Bytes>) -> Result<Delivery, SignError> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let id = format!("delivery-{}-{count}", std::process::id());
        self.delivery_of(body, &id, self.now())
    }

    /// Creates a delivery with this time and this ID. A value is ignored if the scheme has no
    /// location for it.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`delivery`](Self::delivery).
    pub fn delivery_of(
        &self,
        body: impl Into<Bytes>,
        id: &str,
        time: SystemTime,
    ) -> Result<Delivery, SignError> {
        let mut request = self.unsigned(body.into(), id);
        self.signer.sign(&mut request, id, time)?;
        Ok(Delivery::new(request, self.provider.scheme()))
    }

    /// Creates the same delivery, signed in another way.
    pub(super) fn delivery_by(
        &self,
        provider: Provider,
        secret: &Secret,
        request: Request<Bytes>,
    ) -> Option<Delivery> {
        let mut request = request;
        let signer = Signer::new(provider, secret.clone()).ok()?;
        signer.sign(&mut request, OTHER_ID, self.now()).ok()?;
        Some(Delivery::new(request, self.provider.scheme()))
    }

    /// The request that [`delivery_by`](Self::delivery_by) signs.
    pub(super) fn unsigned_other(&self, body: Bytes) -> Request<Bytes> {
        self.unsigned(body, OTHER_ID)
    }

    fn unsigned(&self, body: Bytes, id: &str) -> Request<Bytes> {
        let mut request = Request::new(body);
        *request.method_mut() = self.template.method().clone();
        let target = self.target.as_ref().unwrap_or(self.template.uri());
        *request.uri_mut() = target.clone();
        *request.version_mut() = self.template.version();
        *request.headers_mut() = self.template.headers().clone();
        *request.extensions_mut() = self.template.extensions().clone();
        sample::complete_head(&mut request, self.provider.scheme(), id);
        request
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

fn template(provider: &Provider) -> Request<()> {
    let mut request = Request::new(());
    let methods = provider.methods();
    *request.method_mut() = match methods.first() {
        Some(first) if !methods.contains(&Method::POST) => first.clone(),
        _ => Method::POST,
    };
    let content_type = sample::content_type(provider.scheme());
    request.headers_mut().insert(CONTENT_TYPE, content_type);
    request
}

impl fmt::Debug for TestSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSender")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
