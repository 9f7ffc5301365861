use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_LENGTH, HOST},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tower_service::Service;

/// Servers hang up on a longer head, in bytes, when they do not answer 431.
const LONG_HEAD: usize = 16 << 10;

/// The maximum number of headers in a response, as in hyper.
const MAX_HEADERS: usize = 100;

/// A server that listens. Each request goes over a connection of its own, as it is: no client would
/// send most of them.
#[derive(Clone, Copy)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
}

impl Server {
    /// The head of a request, with these lines behind its own.
    pub(super) fn head<B>(self, request: &Request<B>, lines: &[u8]) -> Vec<u8> {
        let uri = request.uri();
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let mut head = format!("{} {target} HTTP/1.1\r\n", request.method()).into_bytes();
        let headers = request.headers();
        if !headers.contains_key(HOST) {
            let address = self.address.to_string();
            let host = uri.authority().map_or(&*address, |it| it.as_str());
            write_header(&mut head, &HOST, host.as_bytes());
        }
        write_headers(&mut head, headers);
        head.extend_from_slice(b"connection: close\r\n");
        head.extend_from_slice(lines);
        head.extend_from_slice(b"\r\n");
        head
    }

    /// Sends bytes and reads what is answered. `None` if the server hangs up.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached, or answers something else than HTTP/1.
    pub(super) async fn exchange(
        self,
        bytes: Vec<u8>,
        hangs_up: bool,
    ) -> io::Result<Option<Response<String>>> {
        let stream = TcpStream::connect(self.address).await;
        let stream = stream.map_err(|error| {
            let told = format!("cannot connect to {}: {error}", self.address);
            io::Error::new(error.kind(), told)
        })?;
        let (mut from, mut to) = tokio::io::split(stream);
        // A server may answer, and stop reading, before it has everything.
        let sending = tokio::spawn(async move {
            to.write_all(&bytes).await?;
            if hangs_up {
                to.shutdown().await?;
            }
            // Or the connection would be closed.
            Ok::<_, io::Error>(to)
        });
        let mut answer = Vec::new();
        // It may break off once the answer is there.
        let _ = from.read_to_end(&mut answer).await;
        sending.abort();
        if answer.is_empty() {
            return Ok(None);
        }
        let parsed = parse(&answer);
        let not_http = || io::Error::other("connected, and what came back is no answer of HTTP/1");
        parsed.map(Some).ok_or_else(not_http)
    }
}

pub(super) fn hung_up() -> String {
    "connected, and hung up on without an answer".to_owned()
}

fn write_headers(head: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        write_header(head, name, value.as_bytes());
    }
}

fn write_header(head: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    head.extend_from_slice(name.as_str().as_bytes());
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}

/// Parses a complete response. Its body ends with the connection.
fn parse(answer: &[u8]) -> Option<Response<String>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = head.parse(answer) else {
        return None;
    };
    let body = answer.get(length..)?;
    let mut response = Response::new(String::from_utf8_lossy(body).into_owned());
    *response.status_mut() = head.code?.try_into().ok()?;
    for header in head.headers {
        let name = HeaderName::try_from(header.name).ok()?;
        let value = HeaderValue::from_bytes(header.value).ok()?;
        response.headers_mut().append(name, value);
    }
    Some(response)
}

impl Service<Request<Bytes>> for Server {
    type Response = Response<String>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<String>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let server = *self;
        Box::pin(async move {
            let mut length = format!("content-length: {}\r\n", request.body().len());
            if request.headers().contains_key(CONTENT_LENGTH) {
                length.clear();
            }
            let mut bytes = server.head(&request, length.as_bytes());
            let is_long = bytes.len() > LONG_HEAD;
            bytes.extend_from_slice(request.body());
            let answer = server.exchange(bytes, false).await?;
            let too_long = || {
                let mut response = Response::default();
                *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
                response
            };
            let answer = answer.or_else(|| is_long.then(too_long));
            answer.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, hung_up()))
        })
    }
}
