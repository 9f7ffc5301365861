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

/// The id of what is signed in another way.
const OTHER_ID: &str = "delivery-by-another";

/// Sends as a provider does: makes signed requests.
///
/// See the [module docs](crate::testing) for an example.
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
    /// A sender with the provider's way of signing and the endpoint's secret.
    ///
    /// # Errors
    ///
    /// As [`Signer::new`]: if the secret is not in the form that the provider's scheme takes, if a
    /// [setting](Provider::with_setting) is missing, or if the provider signs with a private key
    /// that is not to be had.
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
    /// A header or a parameter of the query that is
    /// [signed](crate::scheme::Scheme::signed_locations) and not here, such as a nonce, is
    /// added to each delivery, with the delivery's id as its value.
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

    /// A delivery of now, with an id that no other of this sender and its clones has.
    ///
    /// # Errors
    ///
    /// If something that is signed is not in the body, or if the URL is signed, and neither the
    /// provider has a [public URL](Provider::with_public_url) nor the target a scheme and a
    /// host.
    pub fn delivery(&self, body: impl Into<Bytes>) -> Result<Delivery, SignError> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let id = format!("delivery-{}-{count}", std::process::id());
        self.delivery_of(body, &id, self.now())
    }

    /// A delivery of any time, under any id; what the scheme has no place for is not used.
    ///
    /// # Errors
    ///
    /// As [`delivery`](Self::delivery).
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

    /// A delivery of the same, signed in another way.
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

    /// What [`delivery_by`](Self::delivery_by) signs.
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
