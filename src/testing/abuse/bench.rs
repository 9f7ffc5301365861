use bytes::Bytes;
use http::HeaderName;

use super::case::Sent;
use crate::{
    keys::Secret,
    place::Place,
    providers::Provider,
    scheme::{Part, Spec, TimestampPlace},
    sign::SignError,
    testing::{Delivery, TestSender},
};

/// No limit that is tested is larger.
const MOST_SENT: usize = 64 << 20;

/// What cases are made with.
pub(super) struct Bench {
    pub(super) sender: TestSender,
    pub(super) body: Bytes,
    pub(super) body_limit: usize,
    good: Delivery,
}

impl Bench {
    pub(super) fn new(
        sender: TestSender,
        body: Bytes,
        body_limit: usize,
    ) -> Result<Self, SignError> {
        let good = sender.delivery(body.clone())?;
        Ok(Self {
            sender,
            body,
            body_limit,
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

    pub(super) fn signs_body(&self) -> bool {
        self.sender.provider.scheme().body_is_signed()
    }

    /// A genuine delivery whose body is a byte longer than the limit: JSON, so that a handler that reads it has no
    /// other reason to refuse it. None where the limit is too large to be tested.
    pub(super) fn over_limit(&self) -> Option<Delivery> {
        let len = self.body_limit.checked_add(1);
        let len = len.filter(|len| *len <= MOST_SENT)?;
        let spaces = len.checked_sub(self.body.len())?;
        let body = [&self.body[..], &vec![b' '; spaces]].concat();
        self.sender.delivery(body).ok()
    }

    /// Genuine deliveries whose signature has another text; none where it is not in a header.
    pub(super) fn signatures(&self, texts: &[(&str, fn(&[u8]) -> Vec<u8>)]) -> Vec<Sent> {
        let sent = texts.iter().filter_map(|(what, change)| {
            let good = self.good();
            let text = good.signature()?.text;
            // Where the new one is the same, or nothing that a header can hold, it is no abuse.
            let delivery = good.change_signature(change);
            let is_new = delivery.signature().is_none_or(|it| it.text != text);
            is_new.then(|| Sent::new(*what, delivery))
        });
        sent.collect()
    }

    /// Genuine deliveries whose signature header has another value.
    pub(super) fn values(&self, values: &[(&str, fn(&[u8]) -> Vec<u8>)]) -> Vec<Sent> {
        let sent = values.iter().filter_map(|(what, change)| {
            let good = self.good();
            let name = good.signature()?.header;
            let value = change(good.request().headers().get(&name)?.as_bytes());
            Some(Sent::new(*what, good.with_header(&name, &value)))
        });
        sent.collect()
    }

    /// A delivery that is signed under another scheme, with the endpoint's secret or another.
    pub(super) fn signed_by(
        &self,
        change: impl FnOnce(&mut Spec),
        secret: Option<&Secret>,
    ) -> Option<Delivery> {
        let request = self.sender.unsigned(self.body.clone());
        let secret = secret.unwrap_or(&self.sender.secret);
        self.sender
            .delivery_by(self.provider(change), secret, request)
    }

    fn provider(&self, change: impl FnOnce(&mut Spec)) -> Provider {
        let provider = self.sender.provider.clone();
        let scheme = provider.scheme().with(change);
        provider.with_scheme(scheme)
    }

    /// The header that the timestamp is in.
    pub(super) fn timestamp_header(&self) -> Option<HeaderName> {
        match &self.spec().timestamp.as_ref()?.place {
            TimestampPlace::At(Place::Header(name)) => Some(name.clone()),
            _ => None,
        }
    }

    /// A delivery with any text for its timestamp, signed if the scheme signs it.
    pub(super) fn timed(&self, text: &str) -> Option<Delivery> {
        let spec = self.spec();
        let listed = match &spec.timestamp.as_ref()?.place {
            TimestampPlace::At(Place::Header(_)) => None,
            TimestampPlace::At(_) => return None,
            TimestampPlace::Key(key) => Some(&**key),
        };
        let mut request = self.sender.unsigned(self.body.clone());
        let part = match self.timestamp_header() {
            Some(name) => {
                let value = http::HeaderValue::from_str(text).ok()?;
                request.headers_mut().insert(&name, value);
                Part::Header(name)
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
        let value = spec.layout.write(
            std::slice::from_ref(&signature.text),
            "key",
            Some((key, text)),
        );
        Some(delivery.with_header(&signature.header, &value))
    }
}
