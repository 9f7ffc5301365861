use super::{fixture::Fixture, tcp::Server};
use crate::{location::Location, testing::Delivery};

/// Something that is sent as bytes, as no client would, and what is expected.
pub(super) struct WireCase {
    pub(super) name: &'static str,
    pub(super) expected: &'static str,
    /// Creates the requests. Empty if the case does not apply to the scheme.
    pub(super) send: fn(&Fixture, Server) -> Vec<RawRequest>,
    pub(super) expect: WireExpect,
}

#[derive(Clone, Copy)]
pub(super) enum WireExpect {
    Accepted,
    /// Refused with an answer: to hang up is what a panic does too.
    Answered,
    /// Refused, or hung up on: what is sent is no HTTP, or breaks off, or has a long head.
    HungUpOn,
}

/// The bytes of a request, and in what it differs.
pub(super) struct RawRequest {
    pub(super) what: &'static str,
    pub(super) bytes: Vec<u8>,
    /// Whether that is the end, or a silence.
    pub(super) hangs_up: bool,
}

const CHUNKED: &[u8] = b"transfer-encoding: chunked\r\n";

pub(super) const CASES: &[WireCase] = &[
    WireCase {
        name: "wire-chunked",
        expected: "a genuine delivery in chunks is accepted",
        send: |fixture, server| {
            let good = fixture.good();
            let body = chunks(good.request().body(), 1);
            vec![wired("a byte in each", server, &good, CHUNKED, &body)]
        },
        expect: WireExpect::Accepted,
    },
    answered(
        "wire-chunked-over-limit",
        "a body over the limit is refused, though no length was said",
        |fixture, server| {
            let Some(delivery) = fixture.over_limit() else {
                return Vec::new();
            };
            let body = chunks(delivery.request().body(), 16 << 10);
            vec![wired("16 KiB in each", server, &delivery, CHUNKED, &body)]
        },
    ),
    hung_up_on(
        "wire-chunk-unreadable",
        "a chunk without a length is refused",
        |fixture, server| {
            let broken = |what, size: &[u8]| {
                let good = fixture.good();
                let body = [size, b"\r\n", good.request().body(), b"\r\n0\r\n\r\n"].concat();
                wired(what, server, &good, CHUNKED, &body)
            };
            vec![
                broken("no number", b"zz"),
                broken("too large a number", b"fffffffffffffffff"),
                broken("a sign", b"-1"),
            ]
        },
    ),
    hung_up_on(
        "wire-chunks-cut",
        "a body whose last chunk is missing is refused, though it is signed",
        |fixture, server| {
            let good = fixture.good();
            let mut body = chunks(good.request().body(), 16);
            body.truncate(body.len() - b"0\r\n\r\n".len());
            let cut = wired("no end", server, &good, CHUNKED, &body);
            vec![cut.then_close()]
        },
    ),
    hung_up_on(
        "wire-body-cut",
        "a body that is shorter than its length is refused, though it is signed",
        |fixture, server| {
            let good = fixture.good();
            let length = length(good.request().body().len() + 1);
            let cut = wired("a byte less", server, &good, &length, good.request().body());
            vec![cut.then_close()]
        },
    ),
    answered(
        "wire-body-stalls",
        "a body that does not arrive is given up",
        |fixture, server| {
            let good = fixture.good();
            let body = good.request().body();
            let Some(half) = body.get(..body.len() / 2).filter(|_| !body.is_empty()) else {
                return Vec::new();
            };
            vec![wired(
                "half of it",
                server,
                &good,
                &length(body.len()),
                half,
            )]
        },
    ),
    answered(
        "wire-length-short",
        "a body is no longer than its length",
        |fixture, server| {
            let good = fixture.good();
            let body = good.request().body();
            let Some(short) = body.len().checked_sub(1).filter(|_| fixture.signs_body()) else {
                return Vec::new();
            };
            vec![wired("a byte more", server, &good, &length(short), body)]
        },
    ),
    hung_up_on(
        "wire-lengths-differ",
        "two lengths that differ are refused",
        |fixture, server| {
            let good = fixture.good();
            let body = good.request().body();
            let (right, wrong) = (length(body.len()), length(body.len() + 7));
            let both =
                |what, lengths: [&[u8]; 2]| wired(what, server, &good, &lengths.concat(), body);
            vec![
                both("the right one first", [&right, &wrong]),
                both("the wrong one first", [&wrong, &right]),
            ]
        },
    ),
    hung_up_on(
        "wire-length-beside-chunks",
        "a forged body in chunks is refused, whatever length stands beside",
        |fixture, server| {
            if !fixture.signs_body() {
                return Vec::new();
            }
            let good = fixture.good();
            let forged = chunks(br#"{"type":"forged"}"#, 16);
            let lines = [&length(good.request().body().len())[..], CHUNKED].concat();
            let body = [&forged[..], good.request().body()].concat();
            vec![wired("both", server, &good, &lines, &body)]
        },
    ),
    hung_up_on(
        "wire-header-folded",
        "a signature over two lines is refused",
        |fixture, server| {
            signature_lines(fixture, server, "folded", |before, text| {
                let (front, back) = text.split_at(text.len() / 2);
                [b": ", before, front, b"\r\n ", back].concat()
            })
        },
    ),
    hung_up_on(
        "wire-header-nul",
        "a signature with a NUL is refused",
        |fixture, server| {
            signature_lines(fixture, server, "at its end", |before, text| {
                [b": ", before, text, b"\0"].concat()
            })
        },
    ),
    hung_up_on(
        "wire-header-name-spaced",
        "a space behind the name of a header is refused",
        |fixture, server| {
            signature_lines(fixture, server, "before the colon", |before, text| {
                [b" : ", before, text].concat()
            })
        },
    ),
    hung_up_on(
        "wire-headers-many",
        "20 000 headers are refused",
        |fixture, server| {
            let good = fixture.good();
            let body = good.request().body();
            let mut lines = length(body.len());
            for _ in 0..20_000 {
                lines.extend_from_slice(b"x-flood: 1\r\n");
            }
            vec![wired("a flood", server, &good, &lines, body)]
        },
    ),
    hung_up_on(
        "wire-header-huge",
        "a header of 4 MiB is refused",
        |fixture, server| {
            let good = fixture.good();
            let body = good.request().body();
            let mut lines = [&length(body.len())[..], b"x-huge: "].concat();
            lines.resize(lines.len() + (4 << 20), b'a');
            lines.extend_from_slice(b"\r\n");
            vec![wired("4 MiB", server, &good, &lines, body)]
        },
    ),
];

/// A case whose requests must be rejected with an answer.
const fn answered(
    name: &'static str,
    expected: &'static str,
    send: fn(&Fixture, Server) -> Vec<RawRequest>,
) -> WireCase {
    WireCase {
        name,
        expected,
        send,
        expect: WireExpect::Answered,
    }
}

/// A case whose requests must be rejected, with an answer or without one.
const fn hung_up_on(
    name: &'static str,
    expected: &'static str,
    send: fn(&Fixture, Server) -> Vec<RawRequest>,
) -> WireCase {
    WireCase {
        expect: WireExpect::HungUpOn,
        ..answered(name, expected, send)
    }
}

impl RawRequest {
    fn then_close(self) -> Self {
        Self {
            hangs_up: true,
            ..self
        }
    }
}

/// A delivery's head with these lines in it, and this body.
fn wired(
    what: &'static str,
    server: Server,
    delivery: &Delivery,
    lines: &[u8],
    body: &[u8],
) -> RawRequest {
    let mut bytes = server.head(delivery.request(), lines);
    bytes.extend_from_slice(body);
    RawRequest {
        what,
        bytes,
        hangs_up: false,
    }
}

/// A genuine delivery whose signature header is written in another way: what stands behind its
/// name.
fn signature_lines(
    fixture: &Fixture,
    server: Server,
    what: &'static str,
    write: fn(&[u8], &[u8]) -> Vec<u8>,
) -> Vec<RawRequest> {
    let good = fixture.good();
    let Some(signature) = good.signature() else {
        return Vec::new();
    };
    let Location::Header(name) = &signature.location else {
        return Vec::new();
    };
    let text = [&signature.text[..], &signature.after].concat();
    let written = write(&signature.before, &text);
    let body = good.request().body().clone();
    let line = [name.as_str().as_bytes(), &written, b"\r\n"].concat();
    let lines = [length(body.len()), line].concat();
    let bare = good.without_header(name);
    vec![wired(what, server, &bare, &lines, &body)]
}

fn length(bytes: usize) -> Vec<u8> {
    format!("content-length: {bytes}\r\n").into_bytes()
}

fn chunks(body: &[u8], size: usize) -> Vec<u8> {
    let mut chunked = Vec::new();
    for chunk in body.chunks(size) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    chunked
}
