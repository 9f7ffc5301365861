//! What a delivery costs on the heap.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/polling.rs"]
mod polling;

use std::{
    collections::HashMap,
    convert::Infallible,
    future::{Ready, ready},
    iter,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use allocation_counter::AllocationInfo;
use base64ct::{Base64, Encoding};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use polling::{NOW, SECRET, at, delivery, finish_now, hex, layer, mac, secret};
use tokio::runtime::{Builder, Runtime};
use tower_layer::Layer;
use tower_service::Service;
use tower_webhook::{
    Keys, RequestHead, Secret, VerifiedBody, Verifier, WebhookLayer,
    body::ResponseBody,
    providers::{self, Provider},
};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What a body of 1 MiB may hold, however small its frames.
const HELD: u64 = 2_621_440;

/// Hands out a response made beforehand and hands the request to `look`, whose memory counts.
#[derive(Clone)]
struct Handler<F> {
    answer: Arc<Mutex<Option<Response<Full<Bytes>>>>>,
    look: F,
}

impl<F> Handler<F> {
    fn new(look: F) -> Self {
        let answer = Response::new(Full::new(Bytes::from_static(b"ok")));
        Self {
            answer: Arc::new(Mutex::new(Some(answer))),
            look,
        }
    }
}

impl<F: Fn(Request<VerifiedBody>)> Service<Request<VerifiedBody>> for Handler<F> {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> Self::Future {
        (self.look)(request);
        ready(Ok(self.answer.lock().unwrap().take().unwrap()))
    }
}

/// The cost of one delivery from the call to the answer, neither of which is counted.
fn cost<B, F>(
    layer: &WebhookLayer,
    request: Request<B>,
    look: F,
) -> (AllocationInfo, Response<ResponseBody<Full<Bytes>>>)
where
    B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    F: Clone + Fn(Request<VerifiedBody>),
{
    let mut service = layer.layer(Handler::new(look));
    let mut request = Some(request);
    let mut response = None;
    let info = allocation_counter::measure(|| {
        response = Some(finish_now(service.call(request.take().unwrap())).unwrap());
    });
    (info, response.unwrap())
}

// ===== count =====

/// No runtime is about: a body that is there at once needs none.
#[test]
fn a_delivery_of_one_frame_takes_four_allocations_and_no_copy() {
    for length in [0, 5, KIB, 64 * KIB, MIB] {
        let body = Bytes::from(vec![b'x'; length]);
        let request = delivery(Full::new(body.clone()), &body);
        let seen = Arc::new(Mutex::new(None));
        let (info, response) = cost(&layer(), request, |request| {
            *seen.lock().unwrap() = Some(request.into_body().into_bytes());
        });
        assert_eq!(response.status(), StatusCode::OK);
        assert!(info.count_total <= 4, "{length} bytes: {info:?}");
        assert!(
            info.bytes_total <= 2 * KIB as u64,
            "{length} bytes: {info:?}"
        );

        let seen = seen.lock().unwrap().take().unwrap();
        assert_eq!(seen, body);
        if length > 0 {
            assert_eq!(seen.as_ptr(), body.as_ptr(), "{length} bytes");
        }
    }
}

type Sign = fn(&[u8]) -> Vec<(&'static str, String)>;

/// Deliveries of each provider, of which none is signed over more than a body and a time.
const PROVIDERS: [(&str, fn() -> Provider, Sign); 5] = [
    ("generic", providers::generic, |body| {
        vec![
            ("x-signature", hex(&mac(SECRET.as_bytes(), &[body]))),
            ("x-timestamp", NOW.to_string()),
        ]
    }),
    ("github", providers::github, |body| {
        let signature = hex(&mac(SECRET.as_bytes(), &[body]));
        vec![("x-hub-signature-256", format!("sha256={signature}"))]
    }),
    ("slack", providers::slack, |body| {
        let now = NOW.to_string();
        let message: [&[u8]; 4] = [b"v0:", now.as_bytes(), b":", body];
        let signature = hex(&mac(SECRET.as_bytes(), &message));
        vec![
            ("x-slack-signature", format!("v0={signature}")),
            ("x-slack-request-timestamp", now),
        ]
    }),
    ("stripe", providers::stripe, |body| {
        let now = NOW.to_string();
        let signature = hex(&mac(SECRET.as_bytes(), &[now.as_bytes(), b".", body]));
        vec![("stripe-signature", format!("t={now},v1={signature}"))]
    }),
    ("standard_webhooks", providers::standard_webhooks, |body| {
        let now = NOW.to_string();
        let message: [&[u8]; 4] = [b"msg_1.", now.as_bytes(), b".", body];
        let signature = Base64::encode_string(&mac(SECRET.as_bytes(), &message));
        vec![
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-signature", format!("v1,{signature}")),
            ("webhook-timestamp", now),
        ]
    }),
];

/// A delivery to `path`, signed over `signed`.
fn delivery_to<B>(path: &str, sign: Sign, signed: &[u8], body: B) -> Request<B> {
    let mut request = Request::post(path);
    for (name, value) in sign(signed) {
        request = request.header(name, value);
    }
    request.body(body).unwrap()
}

fn raw_secret() -> Secret {
    Secret::from_bytes(SECRET).unwrap().label("raw")
}

/// Keys by path: `/hook` has one, `/many` has older ones too, and nothing else has any.
fn of_tenants(provider: Provider) -> WebhookLayer {
    let older = Secret::from_bytes(*b"older").unwrap();
    let many = Keys::new(raw_secret())
        .previous(older.clone())
        .previous(older);
    let tenants = HashMap::from([("/hook", raw_secret().into()), ("/many", many)]);
    let source = move |head: RequestHead<'_>| {
        let keys: Option<Keys> = tenants.get(head.path()).cloned();
        ready(Ok::<_, Infallible>(keys))
    };
    let layer = WebhookLayer::with_key_source(provider, source);
    layer.unwrap().clock(at(NOW))
}

/// A source that answers at once costs the box of its future; keys that can be replaced cost
/// nothing.
#[test]
fn keys_that_come_from_elsewhere_take_one_allocation_at_most() {
    for (name, provider, sign) in PROVIDERS {
        let fixed = WebhookLayer::new(provider(), raw_secret()).unwrap();
        let (reloadable, handle) =
            WebhookLayer::with_reload_handle(provider(), raw_secret()).unwrap();
        let layers = [
            ("fixed", fixed.clock(at(NOW)), 0),
            ("reloadable", reloadable.clock(at(NOW)), 0),
            ("per request", of_tenants(provider()), 1),
        ];
        for length in [0, KIB, MIB] {
            let body = Bytes::from(vec![b'x'; length]);
            let mut least = None;
            for (way, layer, more) in &layers {
                // What is made once for a thread or a key is made by now.
                for _ in 0..2 {
                    let request = delivery_to("/hook", sign, &body, Full::new(body.clone()));
                    cost(layer, request, |_| ());
                }
                let request = delivery_to("/hook", sign, &body, Full::new(body.clone()));
                let (info, response) = cost(layer, request, |_| ());
                assert_eq!(response.status(), StatusCode::OK, "{name}, {way}");
                let name = format!("{name}, {way}, {length} bytes");
                let counts = (info.count_total, info.count_current);
                let (total, current) = *least.get_or_insert(counts);
                assert_eq!(info.count_total, total + more, "{name}: {info:?}");
                assert_eq!(info.count_current, current, "{name}: {info:?}");
                assert!(info.bytes_total <= 2 * KIB as u64, "{name}: {info:?}");
            }
        }
        // Keys that were just replaced are as dear as any.
        let (_, layer, _) = &layers[1];
        let mut counts = Vec::new();
        for _ in 0..3 {
            handle.replace(raw_secret()).unwrap();
            let request = delivery_to("/hook", sign, b"x", Full::new(Bytes::from_static(b"x")));
            counts.push(cost(layer, request, |_| ()).0.count_total);
        }
        assert!(
            counts.windows(2).all(|pair| pair[0] == pair[1]),
            "{counts:?}"
        );
    }
}

/// 29: memory does not tell who is a tenant either.
#[test]
fn a_tenant_that_does_not_exist_allocates_as_much_as_one_that_does() {
    for (name, provider, sign) in PROVIDERS {
        let layer = of_tenants(provider());
        let body = Bytes::from(vec![b'x'; 16 * KIB]);
        for size in [16 * KIB, 4 * KIB, 1000] {
            let frames = || {
                let frames = body.chunks(size).map(|bytes| body.slice_ref(bytes));
                polling::Frames::of(frames.map(Frame::data))
            };
            let mut first = None;
            for path in ["/hook", "/many", "/hook", "/absent", "/absent", "/many"] {
                // The first request with a tenant's keys makes them ready for use.
                for is_counted in [false, true] {
                    let request = delivery_to(path, sign, b"another body", frames());
                    let (info, response) = cost(&layer, request, |_| ());
                    assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}");
                    if is_counted {
                        let got = (info.count_total, info.bytes_total, info.bytes_max);
                        let first = first.get_or_insert(got);
                        assert_eq!(got, *first, "{name}, {path}, frames of {size}");
                    }
                }
            }
        }
    }
}

/// As a chunked body: only the poll after its frame tells that this was the last.
#[test]
fn a_frame_that_is_not_known_to_be_the_last_takes_four_allocations_too() {
    let body = Bytes::from(vec![b'x'; KIB]);
    let frames = polling::Frames::of([Frame::data(body.clone())]);
    let (info, response) = cost(&layer(), delivery(frames, &body), |_| ());
    assert_eq!(response.status(), StatusCode::OK);
    assert!(info.count_total <= 4, "{info:?}");
}

#[test]
fn frames_come_through_without_a_copy() {
    let frames: Vec<_> = (0..16_u8)
        .map(|byte| Bytes::from(vec![byte; 64 * KIB]))
        .collect();
    let request = delivery(
        polling::Frames::of(frames.iter().cloned().map(Frame::data)),
        &frames.concat(),
    );
    let seen = Arc::new(Mutex::new(Vec::with_capacity(frames.len())));
    let (info, response) = cost(&layer(), request, |request| {
        let mut body = request.into_body();
        while let Some(frame) = finish_now(body.frame()) {
            seen.lock()
                .unwrap()
                .push(frame.unwrap().into_data().unwrap());
        }
    });
    assert_eq!(response.status(), StatusCode::OK);
    let pointers = |frames: &[Bytes]| frames.iter().map(|b| b.as_ptr()).collect::<Vec<_>>();
    assert_eq!(pointers(&seen.lock().unwrap()), pointers(&frames));
    assert!(info.bytes_total <= 4 * KIB as u64, "{info:?}");
}

#[test]
fn a_refusal_costs_little() {
    let body = Bytes::from(vec![b'x'; KIB]);
    let request = delivery(Full::new(body), b"something else");
    let (info, response) = cost(&layer(), request, |_| ());
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(info.bytes_total <= 2 * KIB as u64, "{info:?}");
}

// ===== lies about the length =====

/// Has two bytes and says that it has more.
struct Boast {
    left: Option<Bytes>,
    hint: SizeHint,
}

impl Body for Boast {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.get_mut().left.take().map(Frame::data).map(Ok))
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

#[test]
fn nothing_is_allocated_from_an_announced_length() {
    for (announced, hinted, status) in [
        (Some(1 << 62), None, Some(StatusCode::PAYLOAD_TOO_LARGE)),
        (
            Some(MIB as u64 + 1),
            None,
            Some(StatusCode::PAYLOAD_TOO_LARGE),
        ),
        (Some(MIB as u64), None, None),
        (Some(MIB as u64), Some(MIB as u64), None),
        (None, Some(MIB as u64), None),
        (None, Some(1 << 62), None),
    ] {
        let mut request = delivery(
            Boast {
                left: Some(Bytes::from_static(b"{}")),
                hint: hinted.map(SizeHint::with_exact).unwrap_or_default(),
            },
            b"{}",
        );
        if let Some(announced) = announced {
            request
                .headers_mut()
                .insert("content-length", announced.into());
        }
        let (info, response) = cost(&layer(), request, |_| ());
        if let Some(status) = status {
            assert_eq!(response.status(), status);
        }
        assert!(
            info.bytes_total <= 2 * KIB as u64,
            "{announced:?}, {hinted:?}: {info:?}"
        );
    }
}

// ===== small frames =====

/// Bodies of many frames are read in several goes, between which their deadline is looked at.
fn timer() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

/// Makes its frames one by one, each an allocation of its own, as a server does.
struct Lazy<I>(I);

impl<I: Iterator<Item = usize> + Unpin> Body for Lazy<I> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        static TEXT: [u8; 64 * KIB] = [b'x'; 64 * KIB];
        let frame = self.get_mut().0.next();
        Poll::Ready(frame.map(|length| {
            Ok(Frame::data(Bytes::copy_from_slice(
                TEXT.get(..length).unwrap(),
            )))
        }))
    }
}

/// The sizes of `pattern`, over and over, until they make `total`.
fn sizes(pattern: &'static [usize], total: usize) -> impl Iterator<Item = usize> + Unpin {
    let mut left = total;
    let mut pattern = pattern.iter().cycle();
    iter::from_fn(move || {
        let size = left.min(*pattern.next().unwrap());
        left -= size;
        (size > 0).then_some(size)
    })
}

const PATTERNS: [&[usize]; 9] = [
    &[1],
    &[1, 4096],
    &[4095],
    &[4096],
    &[4097],
    &[1, 1, 4096],
    &[7, 600],
    &[2048, 1],
    &[1, 64 * KIB],
];

#[test]
fn small_frames_hold_little_more_than_their_bytes() {
    let runtime = timer();
    let _context = runtime.enter();
    let signed = vec![b'x'; MIB];
    for pattern in PATTERNS {
        let request = delivery(Lazy(sizes(pattern, MIB)), &signed);
        let (info, response) = cost(&layer(), request, |request| {
            assert_eq!(request.body().len(), MIB);
        });
        assert_eq!(response.status(), StatusCode::OK);
        // Every block on the heap costs its header as well.
        let held = info.bytes_max + 16 * info.count_max;
        assert!(held <= HELD, "frames of {pattern:?}: {held}, {info:?}");
    }
}

#[test]
fn a_handler_that_joins_small_frames_holds_little_more() {
    let runtime = timer();
    let _context = runtime.enter();
    let signed = vec![b'x'; MIB];
    for pattern in PATTERNS {
        let request = delivery(Lazy(sizes(pattern, MIB)), &signed);
        let (info, response) = cost(&layer(), request, |request| {
            assert_eq!(request.into_body().into_bytes().len(), MIB);
        });
        assert_eq!(response.status(), StatusCode::OK);
        let held = info.bytes_max + 16 * info.count_max;
        assert!(held <= HELD, "frames of {pattern:?}: {held}, {info:?}");
    }
}

#[test]
fn empty_frames_hold_nothing() {
    let runtime = timer();
    let _context = runtime.enter();
    let empty = iter::repeat_n(0, 100_000).chain([5]);
    let request = delivery(Lazy(empty), b"xxxxx");
    let (info, response) = cost(&layer(), request, |_| ());
    assert_eq!(response.status(), StatusCode::OK);
    assert!(info.bytes_max <= 2 * KIB as u64, "{info:?}");
}

#[test]
fn a_body_over_the_limit_holds_no_more_than_one_at_it() {
    let runtime = timer();
    let _context = runtime.enter();
    for pattern in PATTERNS {
        let request = delivery(Lazy(sizes(pattern, 4 * MIB)), b"");
        let (info, response) = cost(&layer(), request, |_| ());
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let held = info.bytes_max + 16 * info.count_max;
        assert!(held <= HELD, "frames of {pattern:?}: {held}, {info:?}");
        assert!(info.count_current < 16, "{info:?}");
    }
}

// ===== hostile heads =====

fn standard_webhooks() -> WebhookLayer {
    let key = tower_webhook::Secret::from_bytes(SECRET).unwrap();
    WebhookLayer::new(providers::standard_webhooks(), key)
        .unwrap()
        .clock(at(NOW))
}

fn with_candidates(candidates: &str) -> Request<Full<Bytes>> {
    Request::post("/hook")
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", NOW)
        .header("webhook-signature", candidates)
        .body(Full::new(Bytes::from(vec![b'x'; MIB])))
        .unwrap()
}

#[test]
fn ten_thousand_candidates_are_refused_for_next_to_nothing() {
    let candidate = format!("v1,{}", Base64::encode_string(&[0; 32]));
    let stripe = WebhookLayer::new(providers::stripe(), secret())
        .unwrap()
        .clock(at(NOW));
    let mut listed = with_candidates("");
    listed.headers_mut().insert(
        "stripe-signature",
        format!("t={NOW}{}", format!(",v1={}", hex(&[0; 32])).repeat(10_000))
            .parse()
            .unwrap(),
    );
    let spaced = with_candidates(&vec![candidate; 10_000].join(" "));
    for (layer, request) in [(standard_webhooks(), spaced), (stripe, listed)] {
        let (info, response) = cost(&layer, request, |_| ());
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(info.bytes_total <= 8 * KIB as u64, "{info:?}");
    }
}

#[test]
fn as_many_candidates_as_are_allowed_cost_as_little() {
    let candidate = format!("v1,{}", Base64::encode_string(&[0; 32]));
    let now = NOW.to_string();
    let signed: [&[u8]; 4] = [b"msg_1.", now.as_bytes(), b".", &vec![b'x'; MIB]];
    let genuine = mac(SECRET.as_bytes(), &signed);
    let genuine = format!("v1,{}", Base64::encode_string(&genuine));
    for (last, status) in [
        (&candidate, StatusCode::FORBIDDEN),
        (&genuine, StatusCode::OK),
    ] {
        let mut candidates = vec![candidate.as_str(); 15];
        candidates.push(last);
        let request = with_candidates(&candidates.join(" "));
        let (info, response) = cost(&standard_webhooks(), request, |_| ());
        assert_eq!(response.status(), status);
        assert!(info.bytes_total <= 8 * KIB as u64, "{info:?}");
    }
}

#[test]
fn a_huge_header_is_not_copied() {
    let layer = layer();
    for value in [
        "ab".repeat(32 * KIB),
        "=".repeat(64 * KIB),
        ",".repeat(64 * KIB),
    ] {
        for name in ["x-signature", "x-timestamp"] {
            let body = Bytes::from(vec![b'x'; MIB]);
            let mut request = delivery(Full::new(body.clone()), &body);
            request.headers_mut().insert(name, value.parse().unwrap());
            let (info, response) = cost(&layer, request, |_| ());
            assert!(response.status().is_client_error());
            assert!(info.bytes_total <= 8 * KIB as u64, "{name}: {info:?}");
        }
    }
}

/// The counter itself counts: an allocation of the size of a body would not go unseen.
#[test]
fn a_copy_of_the_body_would_be_seen() {
    let body = Bytes::from(vec![b'x'; MIB]);
    let request = delivery(Full::new(body.clone()), &body);
    let (info, _) = cost(&layer(), request, |request| {
        drop(request.into_body().into_bytes().to_vec());
    });
    assert!(info.bytes_total >= MIB as u64, "{info:?}");
}

/// Header values are slices of the connection's buffer. A stored proof must not keep this buffer in
/// memory.
#[test]
fn the_proof_does_not_hold_the_head() {
    let buffer = Bytes::from([b'x'; 4096].to_vec());
    let id = HeaderValue::from_maybe_shared(buffer.slice(..32)).unwrap();
    let secret = Secret::from_bytes(SECRET).unwrap();
    let verifier = Verifier::new(providers::github(), secret).unwrap();
    let signature = hex(&mac(SECRET.as_bytes(), &[b"body"]));
    let request = Request::post("/")
        .header("x-hub-signature-256", format!("sha256={signature}"))
        .header("x-github-delivery", id)
        .body(())
        .unwrap();
    let proof = verifier.verify(&request, b"body").unwrap();
    assert!(!buffer.is_unique());
    drop(request);
    assert!(buffer.is_unique());
    assert_eq!(proof.delivery_id(), Some(&*"x".repeat(32)));
}
