use http::{HeaderValue, header::CONTENT_LENGTH};

use super::{
    bench::Bench,
    case::{Case, Sent, refused},
};
use crate::testing::Delivery;

pub(super) const CASES: &[Case] = &[
    refused("body-bit", "one bit of the body counts", |bench| {
        bodies(
            bench,
            &[
                ("the first byte", |body| bit(body, 0)),
                ("the last byte", |body| {
                    bit(body, body.len().saturating_sub(1))
                }),
            ],
        )
    }),
    refused("body-exchanged", "another body is refused", |bench| {
        bodies(bench, &[("another", |_| br#"{"type":"forged"}"#.to_vec())])
    }),
    refused("body-emptied", "the body cannot be taken away", |bench| {
        bodies(bench, &[("empty", |_| Vec::new())])
    }),
    refused(
        "body-longer",
        "nothing can be appended to the body",
        |bench| {
            bodies(
                bench,
                &[
                    ("twice", |body| [body, body].concat()),
                    ("a letter more", |body| [body, b"x"].concat()),
                    ("a NUL more", |body| [body, b"\0"].concat()),
                ],
            )
        },
    ),
    refused("body-shorter", "nothing can be cut off the body", |bench| {
        bodies(
            bench,
            &[
                ("half of it", |body| {
                    body.get(..body.len() / 2).unwrap_or_default().to_vec()
                }),
                ("without its last byte", |body| {
                    body.get(..body.len().saturating_sub(1))
                        .unwrap_or_default()
                        .to_vec()
                }),
            ],
        )
    }),
    refused(
        "body-white-space",
        "white space around the body counts",
        |bench| {
            bodies(
                bench,
                &[
                    ("a newline more", |body| [body, b"\n"].concat()),
                    ("a space before", |body| [b" ", body].concat()),
                ],
            )
        },
    ),
    refused("body-case", "the body counts in its case", |bench| {
        bodies(bench, &[("upper case", |body| body.to_ascii_uppercase())])
    }),
    refused(
        "body-rewritten",
        "the same JSON in other letters is another body",
        |bench| {
            bodies(
                bench,
                &[("more spaces", |body| {
                    let mut text = Vec::new();
                    for byte in body {
                        text.push(*byte);
                        if b"{:,".contains(byte) {
                            text.push(b' ');
                        }
                    }
                    text
                })],
            )
        },
    ),
    refused(
        "body-over-limit",
        "a body over the limit is refused, though it is signed",
        |bench| {
            let delivery = bench.over_limit();
            delivery
                .map(|it| Sent::new(format!("{} bytes", it.request().body().len()), it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "length-of-a-giant",
        "a Content-Length over the limit is refused",
        |bench| {
            lengths(
                bench,
                &["4611686018427387904", "99999999999999999999999999"],
            )
        },
    ),
    refused(
        "length-unreadable",
        "a Content-Length that is no number is refused",
        |bench| lengths(bench, &["abc", "-1", "+2", "0x10"]),
    ),
];

fn bodies(bench: &Bench, changes: &[(&str, fn(&[u8]) -> Vec<u8>)]) -> Vec<Sent> {
    if !bench.signs_body() {
        return Vec::new();
    }
    let changes = changes
        .iter()
        .filter(|(_, change)| change(&bench.body) != bench.body);
    let sent = changes.map(|(what, change)| {
        let delivery = bench.good().change_body(change);
        Sent::new(*what, delivery)
    });
    sent.collect()
}

fn bit(body: &[u8], at: usize) -> Vec<u8> {
    let mut body = body.to_vec();
    if let Some(byte) = body.get_mut(at) {
        *byte ^= 1;
    }
    body
}

fn lengths(bench: &Bench, values: &[&'static str]) -> Vec<Sent> {
    let sent = values.iter().map(|value| {
        let mut delivery: Delivery = bench.good();
        let headers = delivery.request_mut().headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static(value));
        Sent::new(*value, delivery)
    });
    sent.collect()
}
