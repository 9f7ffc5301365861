//! What the layer costs beside the MAC it cannot do without: bare service, raw MAC and layer take
//! turns in one run, so that whatever else the machine does befalls all of them alike. The second
//! table does the same with keys that are not fixed: all that differs is where they come from, so
//! "more" is what that costs a delivery, and the ratio says it against the layer with fixed keys.
//!
//! `cargo bench --bench overhead`
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    cell::Cell,
    collections::HashMap,
    convert::Infallible,
    env, fs,
    future::{Ready, ready},
    hint::black_box,
    pin::Pin,
    process::Command,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use base64ct::{Base64, Encoding};
use bytes::Bytes;
use common::{
    Handler, Headers, KIB, MIB, Spread, generic, headers, is_quick, nanos, now,
    polling::{SECRET, finish_now, hex, mac},
    request, text, told,
};
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response, StatusCode, Uri};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use sha2::Sha256;
use tokio::runtime::Builder;
use tower_layer::Layer;
use tower_service::Service;
use tower_webhook::{
    Keys, RequestHead, Secret, WebhookLayer,
    keys::KeyCache,
    providers::{self, Provider},
};

type HmacSha256 = Hmac<Sha256>;

fn layer(provider: Provider) -> WebhookLayer {
    let secret = Secret::from_bytes(SECRET).unwrap();
    WebhookLayer::new(provider, secret)
        .unwrap()
        .body_limit(16 * MIB)
}

fn github(body: &[u8]) -> Headers {
    let signature = hex(&mac(SECRET.as_bytes(), &[body]));
    headers(&[("x-hub-signature-256", format!("sha256={signature}"))])
}

fn stripe(body: &[u8]) -> Headers {
    let now = now().to_string();
    let signature = hex(&mac(SECRET.as_bytes(), &[now.as_bytes(), b".", body]));
    headers(&[("stripe-signature", format!("t={now},v1={signature}"))])
}

fn slack(body: &[u8]) -> Headers {
    let now = now().to_string();
    let signed: [&[u8]; 4] = [b"v0:", now.as_bytes(), b":", body];
    let signature = hex(&mac(SECRET.as_bytes(), &signed));
    headers(&[
        ("x-slack-request-timestamp", now),
        ("x-slack-signature", format!("v0={signature}")),
    ])
}

fn standard_webhooks(body: &[u8]) -> Headers {
    let now = now().to_string();
    let signed: [&[u8]; 4] = [b"msg_2b.", now.as_bytes(), b".", body];
    let signature = Base64::encode_string(&mac(SECRET.as_bytes(), &signed));
    headers(&[
        ("webhook-id", "msg_2b".to_owned()),
        ("webhook-timestamp", now),
        ("webhook-signature", format!("v1,{signature}")),
    ])
}

/// The generic scheme, written by hand for this endpoint alone: it has no limit and no deadline,
/// and panics on every error.
fn by_hand(
    secret: &'static [u8],
) -> impl Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>, Error = Infallible> {
    #[derive(Clone)]
    struct Proven(#[expect(dead_code, reason = "as a handler would find it")] Arc<u64>);

    tower::service_fn(move |request: Request<Full<Bytes>>| async move {
        let (mut head, body) = request.into_parts();
        let time = head.headers.get("x-timestamp").unwrap();
        let time: u64 = time.to_str().unwrap().parse().unwrap();
        assert!(now().abs_diff(time) <= 300);
        let mut signature = [0; 32];
        let text = head.headers.get("x-signature").unwrap();
        const_hex::decode_to_slice(text, &mut signature).unwrap();
        let body = body.collect().await.unwrap().to_bytes();
        let mut mac = HmacSha256::new_from_slice(secret).unwrap();
        mac.update(&body);
        mac.verify_slice(&signature).unwrap();
        head.extensions.insert(Proven(Arc::new(time)));
        Handler
            .call(Request::from_parts(head, Full::new(body)))
            .await
    })
}

// ===== measuring =====

/// Runs so many operations and says how long they took.
type Side<'a> = Box<dyn FnMut(u32) -> Duration + 'a>;

/// Makes a request and has it answered. Both sides of a ratio make theirs alike.
fn serving<'a, S>(
    mut service: S,
    make: impl Fn() -> Request<Full<Bytes>> + 'a,
) -> impl FnMut(u32) -> Duration + 'a
where
    S: Service<Request<Full<Bytes>>, Response: Answered, Error: std::fmt::Debug> + 'a,
{
    move |count| {
        let start = Instant::now();
        for _ in 0..count {
            let response = finish_now(service.call(make())).unwrap();
            assert!(response.is_ok());
            black_box(response);
        }
        start.elapsed()
    }
}

trait Answered {
    fn is_ok(&self) -> bool;
}

impl<B> Answered for Response<B> {
    fn is_ok(&self) -> bool {
        self.status() == StatusCode::OK
    }
}

fn hashing<'a>(
    keyed: impl Fn() -> HmacSha256 + 'a,
    body: &'a [u8],
) -> impl FnMut(u32) -> Duration + 'a {
    move |count| {
        let start = Instant::now();
        for _ in 0..count {
            let mut mac = keyed();
            mac.update(black_box(body));
            black_box(mac.finalize());
        }
        start.elapsed()
    }
}

/// Nanoseconds an operation, a row for each round and in it a number for each side.
fn rounds<const N: usize>(mut sides: [Side<'_>; N], plan: Plan) -> Vec<[f64; N]> {
    let batches = sides.each_mut().map(|side| {
        side(4);
        let one = side(8) / 8;
        let wanted = plan.batch.as_nanos() / one.as_nanos().max(1);
        u32::try_from(wanted).unwrap_or(u32::MAX).clamp(1, 1 << 16)
    });
    (0..plan.rounds)
        .map(|round| {
            let mut row = [0.0; N];
            for turn in 0..N {
                let index = (round + turn) % N;
                let (Some(side), Some(batch)) = (sides.get_mut(index), batches.get(index)) else {
                    continue;
                };
                if let Some(cell) = row.get_mut(index) {
                    *cell = nanos(side(*batch)) / f64::from(*batch);
                }
            }
            row
        })
        .collect()
}

#[derive(Clone, Copy)]
struct Plan {
    rounds: usize,
    batch: Duration,
}

/// The round that the rest of the machine disturbed least.
fn best(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

fn verdict(value: f64, bar: f64, unit: &str) -> String {
    let met = if value <= bar { "met" } else { "NOT met" };
    format!("bar {bar:.2}{unit}: {met}")
}

// ===== what is measured =====

fn one_frame(
    name: &str,
    provider: Provider,
    headers: &Headers,
    body: &Bytes,
    bar: Option<f64>,
    plan: Plan,
) {
    let keyed = HmacSha256::new_from_slice(SECRET.as_bytes()).unwrap();
    let make = || request(headers, Full::new(body.clone()));
    let sides: [Side<'_>; 5] = [
        Box::new(serving(Handler, make)),
        Box::new(hashing(
            || HmacSha256::new_from_slice(black_box(SECRET.as_bytes())).unwrap(),
            body,
        )),
        Box::new(hashing(move || keyed.clone(), body)),
        Box::new(serving(layer(provider).layer(Handler), make)),
        match name {
            "generic" => Box::new(serving(by_hand(SECRET.as_bytes()), make)),
            _ => Box::new(|_| Duration::ZERO),
        },
    ];
    let rows = rounds(sides, plan);
    let [bare, raw, keyed, whole, hand] =
        [0, 1, 2, 3, 4].map(|side| best(rows.iter().filter_map(|row| row.get(side).copied())));
    let ratio = (whole - bare) / raw;
    let spread = Spread::of(
        rows.iter()
            .map(|[bare, raw, _, whole, _]| (whole - bare) / raw),
    );
    let by_hand = match name {
        "generic" => format!("{:.3}", (hand - bare) / raw),
        _ => String::new(),
    };
    println!(
        "{name:<18}{:>8}{bare:>8.0}{raw:>8.0}{keyed:>8.0}{whole:>8.0}   {ratio:.3} [{:.3}, {:.3}]{:>8.3}{by_hand:>9}   {}",
        body.len(),
        spread.low,
        spread.high,
        (whole - bare) / keyed,
        bar.map(|bar| verdict(ratio, bar, "")).unwrap_or_default(),
    );
}

const TENANTS: usize = 300;

fn ways_to_keys(body: &Bytes, plan: Plan) {
    fn tenant(head: RequestHead<'_>) -> Option<&str> {
        head.path().strip_prefix("/hooks/")
    }

    let provider = providers::generic;
    let keys = || Keys::from(Secret::from_bytes(SECRET).unwrap());
    let names = (0..TENANTS).map(|number| format!("tenant-{number:03}"));
    let tenants: HashMap<_, _> = names.map(|name| (name, keys())).collect();
    let (reloadable, _handle) = WebhookLayer::with_reload_handle(provider(), keys()).unwrap();
    let stored = tenants.clone();
    let closure = move |head: RequestHead<'_>| {
        let found = tenant(head).and_then(|name| tenants.get(name)).cloned();
        async move { Ok::<_, Infallible>(found) }
    };
    let cache = KeyCache::new(
        10_000,
        Duration::from_secs(3600),
        |head| tenant(head).map(str::to_owned),
        move |name| ready(Ok::<_, Infallible>(stored.get(&name).cloned())),
    );

    let headers = generic(body);
    let make = || {
        let mut request = request(&headers, Full::new(body.clone()));
        *request.uri_mut() = Uri::from_static("/hooks/tenant-007");
        request
    };
    let closure = WebhookLayer::with_key_source(provider(), closure).unwrap();
    let cached = WebhookLayer::with_key_source(provider(), cache).unwrap();
    let sides: [Side<'_>; 5] = [
        Box::new(serving(Handler, make)),
        Box::new(serving(layer(provider()).layer(Handler), make)),
        Box::new(serving(reloadable.layer(Handler), make)),
        Box::new(serving(closure.layer(Handler), make)),
        Box::new(serving(cached.layer(Handler), make)),
    ];
    let rows = rounds(sides, plan);
    let column = |side: usize| rows.iter().filter_map(move |row| row.get(side).copied());
    let names = ["fixed", "reloadable", "closure", "cache, hit"];
    for (side, name) in names.into_iter().enumerate().map(|(at, it)| (at + 1, it)) {
        let pairs = || rows.iter().zip(column(side));
        let more = pairs().map(|([_, fixed, ..], whole)| whole - fixed);
        let ratio = pairs().map(|([bare, fixed, ..], whole)| (whole - bare) / (fixed - bare));
        let ratio = Spread::of(ratio);
        println!(
            "{name:<18}{:>8}{:>8.0}{:>8.0}   {:.3} [{:.3}, {:.3}]",
            body.len(),
            best(column(side)),
            Spread::of(more).median,
            ratio.median,
            ratio.low,
            ratio.high,
        );
    }
}

type Stamp = Rc<Cell<Option<Instant>>>;

/// Notes when it hands out its last frame.
struct Streamed {
    frames: std::vec::IntoIter<Bytes>,
    last: Stamp,
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let frame = this.frames.next();
        if frame.is_some() && this.frames.len() == 0 {
            this.last.set(Some(Instant::now()));
        }
        Poll::Ready(frame.map(Frame::data).map(Ok))
    }
}

/// Notes when it is called.
#[derive(Clone)]
struct Arrival(Stamp);

impl<B> Service<Request<B>> for Arrival {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.0.set(Some(Instant::now()));
        drop(request);
        ready(Ok(Response::default()))
    }
}

fn after_the_last_frame(rounds: usize) {
    let body = text(8 * MIB);
    let frames: Vec<_> = body.chunks(64 * KIB).map(Bytes::copy_from_slice).collect();
    let headers = generic(&body);
    let (last, called) = (Stamp::default(), Stamp::default());
    let mut service = layer(providers::generic()).layer(Arrival(Rc::clone(&called)));
    let keyed = HmacSha256::new_from_slice(SECRET.as_bytes()).unwrap();
    let mut tails = Vec::new();
    let mut wholes = Vec::new();
    for _ in 0..rounds {
        let body = Streamed {
            frames: frames.clone().into_iter(),
            last: Rc::clone(&last),
        };
        let response = finish_now(service.call(request(&headers, body))).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        tails.push(nanos(called.take().unwrap() - last.take().unwrap()));

        let start = Instant::now();
        let mut mac = keyed.clone();
        for frame in &frames {
            mac.update(black_box(frame));
        }
        black_box(mac.finalize());
        wholes.push(nanos(start.elapsed()));
    }
    let share = Spread::of(
        tails
            .iter()
            .zip(&wholes)
            .map(|(tail, whole)| 100.0 * tail / whole),
    );
    println!(
        "8 MiB in 64 KiB frames: last frame to inner call {:.0} ns, hashing all of it {:.0} ns, {:.2} % [{:.2}, {:.2}]   {}",
        Spread::of(tails.into_iter()).median,
        Spread::of(wholes.into_iter()).median,
        share.median,
        share.low,
        share.high,
        verdict(share.median, 3.0, " %"),
    );
}

/// Makes its frames of one byte as they are asked for.
struct Drops(usize);

impl Body for Drops {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let Some(left) = this.0.checked_sub(1) else {
            return Poll::Ready(None);
        };
        this.0 = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(b"x")))))
    }
}

fn resident(field: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

const PEAK: &str = "--peak-of-a-child";

/// Runs in a process of its own, in which the body is all that grows.
fn child() {
    // Bodies of many frames are read in several goes, between which their deadline is looked at.
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let _context = runtime.enter();
    let mut service = layer(providers::generic()).layer(Arrival(Stamp::default()));
    let mut serve = |request| {
        let response = finish_now(service.call(request)).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    };
    serve(request(&generic(b"x"), Drops(1)));
    let headers = generic(&vec![b'x'; MIB]);
    let whole = request(&headers, Drops(MIB));
    let reset = fs::write("/proc/self/clear_refs", "5");
    let before = resident("VmRSS:");
    serve(whole);
    if let (Ok(()), Some(before), Some(peak)) = (reset, before, resident("VmHWM:")) {
        println!("{}", (peak - before) / 1024.0);
    }
}

fn peak() {
    let mine = env::current_exe().unwrap();
    let output = Command::new(mine).arg(PEAK).output().unwrap();
    assert!(output.status.success());
    let peak = String::from_utf8(output.stdout).unwrap();
    match peak.trim().parse::<f64>() {
        Ok(peak) => println!(
            "1 MiB in 1-byte frames: {peak:.2} MiB more resident at the peak   {}",
            verdict(peak, 2.5, " MiB")
        ),
        Err(_) => println!("1 MiB in 1-byte frames: this system does not say; see tests/alloc.rs"),
    }
}

fn main() {
    if told(PEAK) {
        return child();
    }
    let quick = is_quick();
    let plan = if quick {
        Plan {
            rounds: 1,
            batch: Duration::from_micros(10),
        }
    } else {
        Plan {
            rounds: 1001,
            batch: Duration::from_micros(400),
        }
    };

    println!(
        "One frame, HMAC-SHA256; ns for a delivery, the best of {} rounds in turn.\n\
         ratio: (layer - bare) / MAC, and its quartiles over the rounds, where MAC is what takes a\n\
         secret and a body to a signature; keyed: against a MAC whose key was hashed before;\n\
         by hand: (a layer written for this scheme and nothing else - bare) / MAC.\n",
        plan.rounds
    );
    println!(
        "{:<18}{:>8}{:>8}{:>8}{:>8}{:>8}   {:<20}{:>8}{:>9}",
        "scheme", "bytes", "bare", "MAC", "keyed", "layer", "ratio", "keyed", "by hand"
    );
    for (length, bar) in [
        (256, None),
        (KIB, Some(1.30)),
        (4 * KIB, None),
        (16 * KIB, Some(1.03)),
        (64 * KIB, Some(1.03)),
        (MIB, Some(1.03)),
    ] {
        let body = text(length);
        let headers = generic(&body);
        one_frame("generic", providers::generic(), &headers, &body, bar, plan);
    }
    let body = text(KIB);
    for (name, provider, headers) in [
        ("github", providers::github(), github(&body)),
        ("slack", providers::slack(), slack(&body)),
        (
            "standard_webhooks",
            providers::standard_webhooks(),
            standard_webhooks(&body),
        ),
        ("stripe", providers::stripe(), stripe(&body)),
    ] {
        one_frame(name, provider, &headers, &body, None, plan);
    }
    println!(
        "\nWhere the keys come from; generic scheme, {TENANTS} tenants where there are tenants, ns for a\n\
         delivery, the best of {} rounds in turn. more: than with fixed keys; ratio:\n\
         (it - bare) / (fixed - bare); both are the median over the rounds, ratio with its quartiles.\n",
        plan.rounds
    );
    println!(
        "{:<18}{:>8}{:>8}{:>8}   ratio",
        "keys", "bytes", "layer", "more"
    );
    for length in [KIB, 16 * KIB] {
        ways_to_keys(&text(length), plan);
    }
    println!();
    after_the_last_frame(if quick { 1 } else { 101 });
    peak();
}
