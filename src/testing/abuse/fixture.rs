use std::time::Duration;

use bytes::Bytes;
use http::Method;

use super::case::TestRequest;
use crate::{
    handshake::Handshake,
    keys::Secret,
    location::Location,
    providers::Provider,
    scheme::{Derived, Part, Spec, TimestampLocation},
    sign::SignError,
    testing::{Delivery, TestSender, location},
};

/// No limit that is tested is larger.
const MAX_SENT: usize = 64 << 20;

/// The tools for creating cases.
pub(super) struct Fixture {
    pub(super) sender: TestSender,
    pub(super) body: Bytes,
    pub(super) body_limit: usize,
    tolerance: Duration,
    good: Delivery,
}

impl Fixture {
    pub(super) fn new(
        sender: TestSender,
        body: Bytes,
        body_limit: usize,
        tolerance: Option<Duration>,
    ) -> Result<Self, SignError> {
        let good = sender.delivery(body.clone())?;
        let tolerance = tolerance.unwrap_or(sender.provider.scheme().tolerance());
        Ok(Self {
            sender,
            body,
            body_limit,
            tolerance,
            good,
        })
    }

    pub(super) fn spec(&self) -> &Spec {
        self.sender.provider.scheme().spec()
    }

    /// A genuine delivery of its own id.
    pub(super) fn good(&self) -> Delivery {
        let fresh = self.sender.delivery(self.body.clone());
        fresh.unwrap_or_else(|_| self.good.clone())
    }

    /// A genuine delivery with this method. If the scheme signs the method, the signature covers
    /// it.
    pub(super) fn good_by(&self, method: Method) -> Option<Delivery> {
        let sender = self.sender.clone().method(method);
        sender.delivery(self.body.clone()).ok()
    }

    /// Whether the provider uses a method, for deliveries or for handshakes.
    pub(super) fn uses(&self, method: &Method) -> bool {
        let provider = &self.sender.provider;
        let handshakes = provider.handshakes().iter().map(Handshake::method);
        let mut methods = provider.methods().iter().chain(handshakes);
        methods.any(|used| used == method)
    }

    pub(super) fn signs_body(&self) -> bool {
        self.sender.provider.scheme().body_is_signed()
    }

    /// A genuine delivery whose body is a byte longer than the limit: JSON, so that a handler that
    /// reads it has no other reason to refuse it. None where the limit is too large to be
    /// tested.
    pub(super) fn over_limit(&self) -> Option<Delivery> {
        let len = self.body_limit.checked_add(1);
        let len = len.filter(|len| *len <= MAX_SENT)?;
        let spaces = len.checked_sub(self.body.len())?;
        let body = [&self.body[..], &vec![b' '; spaces]].concat();
        self.sender.delivery(body).ok()
    }

    /// Genuine deliveries whose signature has another text; none where its place cannot hold that.
    pub(super) fn signatures(&self, texts: &[(&str, fn(&[u8]) -> Vec<u8>)]) -> Vec<TestRequest> {
        let sent = texts.iter().filter_map(|(what, change)| {
            let good = self.good();
            let signature = good.signature()?;
            let text = change(&signature.text);
            let value = [&signature.before[..], &text, &signature.after].concat();
            let delivery = good.with_value(&signature.location, &value)?;
            // Where the new one is the same, it is no abuse.
            let is_new = delivery
                .signature()
                .is_none_or(|it| it.text != signature.text);
            is_new.then(|| TestRequest::new(*what, delivery))
        });
        sent.collect()
    }

    /// Genuine deliveries with another value where the signature is.
    pub(super) fn values(&self, values: &[(&str, fn(&[u8]) -> Vec<u8>)]) -> Vec<TestRequest> {
        let sent = values.iter().filter_map(|(what, change)| {
            let good = self.good();
            let location = good.signature()?.location;
            let value = change(&good.value(&location)?);
            Some(TestRequest::new(*what, good.with_value(&location, &value)?))
        });
        sent.collect()
    }

    /// A delivery that is signed under another scheme, with the endpoint's secret or another.
    pub(super) fn signed_by(
        &self,
        change: impl FnOnce(&mut Spec),
        secret: Option<&Secret>,
    ) -> Option<Delivery> {
        let request = self.sender.unsigned_other(self.body.clone());
        let secret = secret.unwrap_or(&self.sender.secret);
        self.sender
            .delivery_by(self.provider(change), secret, request)
    }

    fn provider(&self, change: impl FnOnce(&mut Spec)) -> Provider {
        let provider = self.sender.provider.clone();
        let scheme = provider.scheme().with(change);
        provider.with_scheme(scheme)
    }

    /// The location of the timestamp, if it is not a part of the signature's value.
    pub(super) fn timestamp_location(&self) -> Option<&Location> {
        let location = self.sender.provider.scheme().timestamp_location();
        location.filter(|location| !matches!(location, Location::Claim(_)))
    }

    /// Beyond the tolerance of the stack by as much as a slow machine may take.
    pub(super) fn beyond_tolerance(&self) -> Duration {
        self.tolerance.saturating_add(Duration::from_secs(60))
    }

    /// A delivery with any text for its timestamp, signed if the scheme signs it.
    pub(super) fn timed(&self, text: &str) -> Option<Delivery> {
        let spec = self.spec();
        let listed = match &spec.timestamp.as_ref()?.location {
            TimestampLocation::At(_) => None,
            TimestampLocation::Key(key) => Some(&**key),
        };
        let mut request = self.sender.unsigned_other(self.body.clone());
        let part = match self.timestamp_location() {
            Some(location) => {
                location::write(&mut request, &spec.units, location, text.as_bytes()).ok()?;
                match location {
                    Location::Header(name) => Part::Header(name.clone()),
                    location => Part::Derived(Derived::of(location)?),
                }
            }
            None => Part::Literal(text.as_bytes().into()),
        };
        let provider = self.provider(|spec| {
            spec.timestamp = None;
            spec.message = spec.message.with(&Part::Timestamp, &part);
        });
        let delivery = self
            .sender
            .delivery_by(provider, &self.sender.secret, request)?;
        let Some(key) = listed else {
            return Some(delivery);
        };
        let signature = delivery.signature()?;
        let value = spec.format.write(
            std::slice::from_ref(&signature.text),
            "key",
            Some((key, text)),
        );
        delivery.with_value(&signature.location, &value)
    }
}
