//! Deliveries, with the signatures of a few providers.
//!
//! The parent module chooses the type of request bodies, `RequestBody`.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, request};
use tower_webhook::{Secret, providers::Provider};

use super::{
    NOW, RequestBody,
    signing::{STANDARD_SECRET, base64, hex, mac256, standard_mac},
};

/// The body of a delivery where nothing depends on it.
pub(crate) const BODY: &[u8] = br#"{"event":"invoice.paid","id":"evt_1"}"#;

pub(crate) fn standard_secret() -> Secret {
    Secret::new(STANDARD_SECRET).expect("a good secret")
}

/// A request about to be sent.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) head: request::Parts,
    pub(crate) body: Bytes,
}

impl Delivery {
    pub(crate) fn new(body: impl AsRef<[u8]>) -> Self {
        let request = Request::post("https://hooks.example.com/webhook")
            .body(())
            .expect("a request");
        Self {
            head: request.into_parts().0,
            body: Bytes::copy_from_slice(body.as_ref()),
        }
    }

    /// Adds a header beside those of the same name.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header value");
        self.head.headers.append(header_name(name), value);
        self
    }

    /// Takes every header of this name away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.head.headers.remove(header_name(name));
        self
    }

    /// Puts one header in the place of all of its name.
    pub(crate) fn set(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).header(name, value)
    }

    pub(crate) fn method(mut self, method: Method) -> Self {
        self.head.method = method;
        self
    }

    pub(crate) fn uri(mut self, uri: &str) -> Self {
        self.head.uri = uri.parse::<Uri>().expect("a URI");
        self
    }

    /// Exchanges the body and leaves the signature as it is.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Bytes::copy_from_slice(body.as_ref());
        self
    }

    /// The request. Its body has one frame.
    pub(crate) fn request(self) -> Request<RequestBody> {
        let body = RequestBody::from(self.body.clone());
        self.with(body)
    }

    /// The request with another body. The signature does not change.
    pub(crate) fn with<B>(self, body: B) -> Request<B> {
        Request::from_parts(self.head, body)
    }
}

fn header_name(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).expect("a header name")
}

/// `X-Signature` over the body, `X-Timestamp` beside it.
pub(crate) fn generic(timestamp: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(&body)
        .header("x-signature", hex(&mac256(&body)))
        .header("x-timestamp", timestamp)
}

pub(crate) fn github(body: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(&body).header(
        "x-hub-signature-256",
        format!("sha256={}", hex(&mac256(&body))),
    )
}

pub(crate) fn slack(timestamp: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Delivery {
    let message = [b"v0:", timestamp.as_ref(), b":", body.as_ref()].concat();
    Delivery::new(&body)
        .header("x-slack-signature", format!("v0={}", hex(&mac256(message))))
        .header("x-slack-request-timestamp", timestamp)
}

pub(crate) fn stripe(timestamp: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Delivery {
    let message = [timestamp.as_ref(), b".", body.as_ref()].concat();
    let signature = [
        b"t=",
        timestamp.as_ref(),
        b",v1=",
        hex(&mac256(message)).as_bytes(),
    ]
    .concat();
    Delivery::new(&body).header("stripe-signature", signature)
}

pub(crate) fn standard(
    id: impl AsRef<[u8]>,
    timestamp: impl AsRef<[u8]>,
    body: impl AsRef<[u8]>,
) -> Delivery {
    let mac = standard_mac(id.as_ref(), timestamp.as_ref(), body.as_ref());
    Delivery::new(&body)
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", format!("v1,{}", base64(&mac)))
}

/// The provider, with every standard method except `CONNECT` and `TRACE`.
pub(crate) fn with_any_method(provider: impl Into<Provider>) -> Provider {
    provider.into().with_methods([
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ])
}

/// [`NOW`] as the value of a header.
pub(crate) fn now() -> String {
    NOW.to_string()
}
