//! Sending a request through a service, and reading the response.

use std::{fmt, ops::Deref};

use bytes::Bytes;
use http::{Request, Response, header, response};
use http_body::Body;
use http_body_util::BodyExt;
use tower::{Service, ServiceExt};
use tower_webhook::Rejection;

/// A response, with the reason of a rejection, which the client does not get.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Its extensions contain the trailers, if there were any, as a `HeaderMap`.
    pub(crate) head: response::Parts,
    pub(crate) body: Bytes,
    pub(crate) rejection: Option<Rejection>,
}

impl Deref for Answer {
    type Target = response::Parts;

    fn deref(&self) -> &response::Parts {
        &self.head
    }
}

impl Answer {
    pub(crate) async fn of<B>(response: Response<B>) -> Self
    where
        B: Body,
        B::Error: fmt::Debug,
    {
        let (mut head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole response");
        if let Some(trailers) = body.trailers() {
            head.extensions.insert(trailers.clone());
        }
        Self {
            rejection: head.extensions.get().cloned(),
            body: body.to_bytes(),
            head,
        }
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.header(header::CONTENT_TYPE.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("a header in ASCII"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("an answer in UTF-8")
    }

    /// The name of the rejection's kind.
    pub(crate) fn kind(&self) -> String {
        self.rejection.as_ref().map_or_else(String::new, |it| {
            let kind = format!("{:?}", it.kind());
            let name = kind.split([' ', '(', '{']).next();
            name.unwrap_or_default().to_owned()
        })
    }

    /// Status, content type and body: what the client sees of a refusal.
    pub(crate) fn wire(&self) -> (u16, Option<&str>, &str) {
        (self.status.as_u16(), self.content_type(), self.text())
    }
}

/// Sends `request` through a clone of `service`, as a server does.
pub(crate) async fn send<S, B, R>(service: &S, request: Request<B>) -> Answer
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: fmt::Debug,
    R: Body,
    R::Error: fmt::Debug,
{
    let response = service.clone().oneshot(request).await;
    Answer::of(response.expect("a response, not an error")).await
}
