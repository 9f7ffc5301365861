//! No copy of a secret stays on the stack after everything that used the secret is dropped.
//!
//! The tests read the memory of the process through `/proc`, so they run on Linux only.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::similar_names)]

#[path = "support/time.rs"]
mod time;

use std::{
    convert::Infallible,
    fs::{self, File},
    future::ready,
    hint::black_box,
    os::unix::fs::FileExt as _,
    thread,
};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{Full, StreamBody};
use time::{NOW, at};
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    PublicUrl, Secret, Verifier, WebhookLayer,
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
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let range = maps.lines().find_map(|line| {
            let (start, end) = line.split(' ').next()?.split_once('-')?;
            let range =
                usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?;
            range.contains(&address).then_some(range)
        });
        let range = range.expect("a thread has a stack");
        let mut stack = vec![0; range.len()];
        let memory = File::open("/proc/self/mem").unwrap();
        memory
            .read_exact_at(&mut stack, range.start as u64)
            .unwrap();
        let is_secret = |window: &&[u8]| {
            window
                .iter()
                .zip(&self.0)
                .all(|(it, own)| it ^ MASK == *own)
        };
        let found = stack.windows(self.0.len()).filter(is_secret).count();
        (found, stack.len())
    }
}

/// Signs and verifies deliveries, rejects one, and drops everything.
/// A body of frames of `size` bytes.
fn chunks(body: &[u8], size: usize) -> impl Body<Data = Bytes, Error = Infallible> + use<> {
    let frames: Vec<_> = body
        .chunks(size)
        .map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk))))
        .collect();
    StreamBody::new(stream::iter(frames))
}

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
        let inner = |_| ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
        let mut service = layer.layer(service_fn(inner));
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
