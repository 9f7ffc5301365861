//! Verification of requests by the core and by the layers.

use std::{
    cell::RefCell,
    collections::VecDeque,
    convert::Infallible,
    future::{Future, Ready, ready},
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
    time::SystemTime,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower_layer::Layer;
use tower_service::Service;
use tower_webhook::{
    DedupeLayer, Rejection, Verified, VerifiedBody, Verifier, WebhookLayer, dedupe::MemoryStore,
    rejection::RejectionKind,
};

/// The metadata of a verified delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub id: Option<String>,
    pub event: Option<String>,
    pub time: Option<SystemTime>,
    pub attempt: Option<u64>,
    pub key: Option<String>,
    pub dedupe_key: Option<String>,
}

impl From<&Verified> for Told {
    fn from(verified: &Verified) -> Self {
        Self {
            id: verified.delivery_id().map(str::to_owned),
            event: verified.event_type().map(str::to_owned),
            time: verified.timestamp(),
            attempt: verified.attempt(),
            key: verified.key_label().map(str::to_owned),
            dedupe_key: verified.dedupe_key().map(|key| key.to_string()),
        }
    }
}

pub type Answer = Result<Told, RejectionKind>;

fn answer(result: &Result<Verified, Rejection>) -> Answer {
    result
        .as_ref()
        .map(Told::from)
        .map_err(|rejection| rejection.kind().clone())
}

/// Polls a future that never has to wait.
///
/// # Panics
///
/// Panics if the future does not end.
pub fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    // The layer yields once in 256 frames.
    for _ in 0..100_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("a future waits although all it needs is ready");
}

/// Cuts a body into frames at these positions.
#[must_use]
pub fn cut(body: &Bytes, positions: &[u8]) -> Vec<Bytes> {
    let mut rest = body.clone();
    let mut pieces = Vec::new();
    for position in positions {
        pieces.push(rest.split_to(rest.len().min(usize::from(*position))));
    }
    pieces.push(rest);
    pieces
}

/// The answer of `Verifier::verify`. If `are_wanted`, also the answers of `begin` with the body in
/// pieces, and with the whole body at the end.
pub fn core(
    verifier: &Verifier,
    request: &Request<Bytes>,
    positions: &[u8],
    are_wanted: bool,
) -> (Answer, Vec<Answer>) {
    let whole = answer(&verifier.verify(request, request.body()));
    if !are_wanted {
        return (whole, Vec::new());
    }
    let pieces = cut(request.body(), positions);
    let in_pieces = verifier.begin(request).and_then(|mut session| {
        pieces.iter().for_each(|piece| session.update(piece));
        session.finish(&pieces)
    });
    let session = verifier.begin(request);
    let at_the_end = session.and_then(|session| session.finish([request.body()]));
    (whole, vec![answer(&in_pieces), answer(&at_the_end)])
}

/// A body in frames that are ready.
#[derive(Debug, Default)]
pub struct Frames(VecDeque<Bytes>);

impl Frames {
    #[must_use]
    pub fn new(pieces: Vec<Bytes>) -> Self {
        Self(pieces.into())
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}

/// A delivery that reached the handler.
#[derive(Clone, Debug)]
pub struct Handled {
    pub told: Option<Told>,
    pub body: Vec<u8>,
}

/// The innermost service, which records the deliveries that reach it.
#[derive(Clone, Default)]
pub struct Handler(Rc<RefCell<Vec<Handled>>>);

impl Handler {
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    fn last(&self) -> Option<Handled> {
        self.0.borrow().last().cloned()
    }
}

impl Service<Request<VerifiedBody>> for Handler {
    type Response = Response<Frames>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Frames>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> Self::Future {
        let told = request.extensions().get::<Verified>().map(Told::from);
        let mut body = Vec::new();
        let mut incoming = pin!(request.into_body());
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(Ok(frame))) = incoming.as_mut().poll_frame(&mut context) {
            body.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        }
        self.0.borrow_mut().push(Handled { told, body });
        ready(Ok(Response::new(Frames::default())))
    }
}

/// The answer of the layer, and the body if the handler was called.
///
/// # Panics
///
/// Panics if the request is neither forwarded nor rejected.
pub fn through(
    layer: &WebhookLayer,
    request: &Request<Bytes>,
    positions: &[u8],
) -> (Answer, Option<Vec<u8>>) {
    let handler = Handler::default();
    let mut service = layer.layer(handler.clone());
    let frames = Frames::new(cut(request.body(), positions));
    let Ok(response) = finish(service.call(request.clone().map(|_| frames)));
    let rejection = response.extensions().get::<Rejection>();
    match (rejection, handler.last()) {
        (Some(rejection), None) => (Err(rejection.kind().clone()), None),
        (
            None,
            Some(Handled {
                told: Some(told),
                body,
            }),
        ) => (Ok(told), Some(body)),
        (rejection, handled) => panic!("{rejection:?} and {handled:?}"),
    }
}

/// A service that handles each delivery once, with a fresh store.
pub struct Once {
    layer: DedupeLayer,
    handler: Handler,
}

impl Default for Once {
    fn default() -> Self {
        let layer = DedupeLayer::new(MemoryStore::new(64)).store_deadline(None);
        Self {
            layer,
            handler: Handler::default(),
        }
    }
}

impl Once {
    pub fn send(&self, layer: &WebhookLayer, request: &Request<Bytes>) {
        let mut service = layer.layer(self.layer.layer(self.handler.clone()));
        let frames = Frames::new(vec![request.body().clone()]);
        let Ok(_) = finish(service.call(request.clone().map(|_| frames)));
    }

    /// How many deliveries were handled.
    #[must_use]
    pub fn handled(&self) -> usize {
        self.handler.count()
    }
}
