//! Secrets in the memory of the process:
//!
//! - No copy stays on the stack after everything that used the secret is dropped.
//! - A layer keeps no copy at all, unless its keys are kept for a diagnosis.
//!
//! The tests read the memory of the process through `/proc`, so they run on Linux only.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::similar_names)]

#[path = "support/time.rs"]
mod time;

use std::{
    convert::Infallible,
    fs::{self, File},
    future::{Future as _, Ready, ready},
    hint::black_box,
    ops::Range,
    os::unix::fs::FileExt as _,
    sync::{Arc, Mutex, PoisonError},
    task::Context,
    thread,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream, task::noop_waker_ref};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{Full, StreamBody};
use time::{NOW, at};
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    Keys, PublicUrl, RequestHead, Secret, Verifier, WebhookLayer,
    providers::{self, Provider},
    sign::Signer,
};

const MASK: u8 = 0x5a;

/// A secret that is masked in memory, so that a search for the plain text does not find it.
struct Masked(Vec<u8>);

impl Masked {
    fn new(name: &str) -> Self {
        let text = name.bytes().cycle().zip(b'A'..=b'Z');
        Self(
            text.map(|(name, letter)| (name ^ letter) % 26 + b'a')
                .map(|it| it ^ MASK)
                .collect(),
        )
    }

    /// The plain secret, which is written to the heap only.
    fn secret(&self) -> Secret {
        let mut text = Vec::with_capacity(self.0.len());
        self.0
            .iter()
            .for_each(|byte| text.push(black_box(*byte) ^ MASK));
        Secret::from_bytes(text).unwrap()
    }

    /// The number of copies of the secret on the stack of this thread, and the size of that stack.
    fn on_stack(&self) -> (usize, usize) {
        let local = 0_u8;
        let address = std::ptr::from_ref(&local).addr();
        let range = writable_memory()
            .into_iter()
            .find(|range| range.contains(&address))
            .expect("a thread has a stack");
        let mut stack = vec![0; range.len()];
        let memory = File::open("/proc/self/mem").unwrap();
        memory
            .read_exact_at(&mut stack, range.start as u64)
            .unwrap();
        (self.count(&stack), stack.len())
    }

    /// The number of copies of the secret in the memory of this process.
    fn in_memory(&self) -> usize {
        const LEN: usize = 64 << 10;
        static BUFFER: Mutex<[u8; LEN]> = Mutex::new([0; LEN]);
        static ZEROS: [u8; LEN] = [0; LEN];
        // One search at a time, because the buffer of another search can have a copy.
        let mut buffer = BUFFER.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = File::open("/proc/self/mem").unwrap();
        let mut found = 0;
        for range in writable_memory() {
            // The pieces overlap, so that a copy on their border is found.
            for start in range.clone().step_by(buffer.len() - self.0.len()) {
                let len = buffer.len().min(range.end - start);
                // An error is memory that another thread has unmapped.
                let read = memory.read_at(&mut buffer[..len], start as u64);
                let read = read.unwrap_or(0);
                // Most memory is unused, and a comparison is faster than a search.
                if buffer[..read] != ZEROS[..read] {
                    found += self.count(&buffer[..read]);
                    buffer.fill(0);
                }
            }
        }
        found
    }

    fn count(&self, memory: &[u8]) -> usize {
        let is_secret = |window: &&[u8]| {
            window
                .iter()
                .zip(&self.0)
                .all(|(it, own)| it ^ MASK == *own)
        };
        memory.windows(self.0.len()).filter(is_secret).count()
    }
}

/// The addresses that this process can write to.
fn writable_memory() -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let range = |line: &str| {
        let (addresses, rest) = line.split_once(' ')?;
        let (start, end) = addresses.split_once('-')?;
        let [start, end] = [start, end].map(|text| usize::from_str_radix(text, 16));
        rest.starts_with("rw").then_some(start.ok()?..end.ok()?)
    };
    maps.lines().filter_map(range).collect()
}

/// A body of frames of `size` bytes.
fn chunks(body: &[u8], size: usize) -> impl Body<Data = Bytes, Error = Infallible> + use<> {
    let frames: Vec<_> = body
        .chunks(size)
        .map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk))))
        .collect();
    StreamBody::new(stream::iter(frames))
}

/// Handles every delivery.
fn accept<B>(_: Request<B>) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    ready(Ok(Response::default()))
}

/// Signs and verifies deliveries, rejects one, and drops everything.
#[inline(never)]
fn use_and_drop(provider: &Provider, secret: &Masked) {
    let signer = Signer::new(provider.clone(), secret.secret()).unwrap();
    let verifier = Verifier::new(provider.clone(), secret.secret()).unwrap();
    let verifier = verifier.clock(|| at(NOW));
    let request = Request::post("https://hooks.example.com/webhook")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-lark-request-nonce", "nonce");
    let mut request = request.body(Bytes::from_static(b"a=1")).unwrap();
    signer.sign(&mut request, "id", at(NOW)).unwrap();
    verifier.verify(&request, request.body()).unwrap();
    verifier.verify(&request, b"a=2").ok();

    let (head, body) = request.into_parts();
    let layer = WebhookLayer::from(verifier);
    for size in [1, body.len()] {
        let mut service = layer.layer(service_fn(accept));
        let request = Request::from_parts(head.clone(), chunks(&body, size));
        let response = futures_util::FutureExt::now_or_never(service.call(request));
        assert_eq!(response.unwrap().unwrap().status(), 200);
    }
}

/// MD5 is left out, because its crate leaves a copy of the block that it hashes.
#[test]
fn no_copy_of_a_secret_stays_on_the_stack() {
    let url = || PublicUrl::fixed("https://hooks.example.com").unwrap();
    let mut left = Vec::new();
    for provider in [
        providers::github(),
        providers::meta_sha1(),
        providers::hubspot_v1(),
        providers::hubspot_v2().with_public_url(url()),
        providers::lark(),
        providers::cloudinary(),
        providers::cloudinary_sha256(),
        providers::gitlab(),
        providers::telegram(),
    ] {
        let name = provider.scheme().name().to_owned();
        let worker = thread::spawn(move || {
            let secret = Masked::new(provider.scheme().name());
            use_and_drop(&provider, &secret);
            secret.on_stack()
        });
        let (found, stack) = worker.join().unwrap();
        assert!(stack > 64 << 10, "{stack} bytes of stack");
        if found > 0 {
            left.push(format!("{name}: {found}"));
        }
    }
    assert!(left.is_empty(), "{left:?}");
}

/// The search finds a copy that is on the stack.
#[test]
fn a_copy_on_the_stack_is_found() {
    let secret = Masked::new("a name");
    let mut copy = [0_u8; 26];
    copy.iter_mut()
        .zip(&secret.0)
        .for_each(|(to, from)| *to = from ^ MASK);
    let copy = black_box(copy);
    assert!(secret.on_stack().0 > 0);
    black_box(copy);
}

/// Sends a valid and an invalid delivery of `provider` through a layer.
fn send(layer: &WebhookLayer, provider: &Provider, secret: &Masked) {
    let signer = Signer::new(provider.clone(), secret.secret()).unwrap();
    for (body, status) in [("a=1", 200), ("a=2", 403)] {
        let mut request = Request::post("/webhook")
            .body(Bytes::from_static(b"a=1"))
            .unwrap();
        signer.sign(&mut request, "id", at(NOW)).unwrap();
        let request = request.map(|_| chunks(body.as_bytes(), 3));
        let response = layer.layer(service_fn(accept)).call(request);
        let response = futures_util::FutureExt::now_or_never(response);
        let found = response.unwrap().unwrap().status();
        let is_token = provider.scheme().name() == "gitlab";
        assert_eq!(found, if is_token { 200 } else { status });
    }
}

/// The feature `diagnose` changes nothing for layers that do not diagnose.
#[test]
fn a_layer_that_does_not_diagnose_keeps_no_secret() {
    for provider in [providers::github(), providers::gitlab()] {
        let name = provider.scheme().name();
        let secret = Masked::new(&format!("fixed {name}"));
        let old = Masked::new(&format!("previous {name}"));
        let keys = Keys::new(secret.secret()).previous(old.secret());
        let layer = WebhookLayer::new(provider.clone(), keys).unwrap();
        send(&layer, &provider, &secret);
        send(&layer, &provider, &old);
        assert_eq!(secret.in_memory(), 0, "{name}");
        assert_eq!(old.in_memory(), 0, "{name}");

        let [first, second] =
            ["first", "second"].map(|text| Masked::new(&format!("{text} {name}")));
        let keys = Keys::new(first.secret()).tenant("acme");
        let (layer, handle) = WebhookLayer::with_reload_handle(provider.clone(), keys).unwrap();
        send(&layer, &provider, &first);
        assert_eq!(first.in_memory(), 0, "{name}");
        handle.replace(second.secret()).unwrap();
        send(&layer, &provider, &second);
        assert_eq!(second.in_memory(), 0, "{name}");
    }
}

/// The number of copies of a secret while a layer waits for the body of a request. The key source
/// creates the keys of each request.
fn during_a_request(name: &str, change: impl Fn(WebhookLayer) -> WebhookLayer) -> usize {
    let secret = Arc::new(Masked::new(name));
    let source = Arc::clone(&secret);
    let source = move |_: RequestHead<'_>| {
        let keys = Keys::new(source.secret());
        async move { Ok::<_, Infallible>(Some(keys)) }
    };
    let layer = WebhookLayer::with_key_source(providers::github(), source).unwrap();
    let layer = change(layer)
        .key_deadline(None)
        .unwrap()
        .body_deadline(None);
    let first = Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"a=1")));
    let body = StreamBody::new(stream::iter([first]).chain(stream::pending()));
    let request = Request::post("/webhook")
        .header("x-hub-signature-256", format!("sha256={:064}", 0))
        .body(body)
        .unwrap();
    let mut response = Box::pin(layer.layer(service_fn(accept)).call(request));
    let cx = &mut Context::from_waker(noop_waker_ref());
    assert!(response.as_mut().poll(cx).is_pending());
    let found = secret.in_memory();
    drop(response);
    assert_eq!(secret.in_memory(), 0);
    found
}

#[test]
fn a_layer_that_does_not_diagnose_keeps_no_secret_of_a_key_source() {
    assert_eq!(during_a_request("a source", |layer| layer), 0);
}

#[cfg(feature = "diagnose")]
#[test]
fn a_layer_that_diagnoses_keeps_the_secrets_of_a_key_source_during_a_request() {
    let diagnosed = during_a_request("a diagnosed source", |layer| {
        layer.diagnose(tower_webhook::diagnose::log).unwrap()
    });
    assert_eq!(diagnosed, 1);
}

#[cfg(feature = "diagnose")]
#[test]
fn secrets_that_are_kept_for_diagnosis_are_wiped_with_the_layer() {
    let secrets = ["kept", "kept, previous"].map(Masked::new);
    let keys = Keys::new(secrets[0].secret()).previous(secrets[1].secret());
    let keys = keys.keep_for_diagnosis();
    let layer = WebhookLayer::new(providers::github(), keys).unwrap();
    let layer = layer.diagnose(tower_webhook::diagnose::log).unwrap();
    assert_eq!(secrets.each_ref().map(Masked::in_memory), [1, 1]);
    drop(layer);
    assert_eq!(secrets.each_ref().map(Masked::in_memory), [0, 0]);

    // A handle whose first keys are kept keeps the next ones.
    let [first, second] = ["kept, first", "kept, second"].map(Masked::new);
    let keys = Keys::new(first.secret()).keep_for_diagnosis();
    let (layer, handle) = WebhookLayer::with_reload_handle(providers::github(), keys).unwrap();
    handle.replace(second.secret()).unwrap();
    assert_eq!([&first, &second].map(Masked::in_memory), [0, 1]);
    drop((layer, handle));
    assert_eq!(second.in_memory(), 0);
}
