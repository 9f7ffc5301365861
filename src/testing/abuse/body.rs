use http::{HeaderValue, header::CONTENT_LENGTH};

use super::{
    case::{Case, TestRequest, refused},
    fixture::Fixture,
};
use crate::testing::Delivery;

pub(super) const CASES: &[Case] = &[
    refused("body-bit", "one bit of the body counts", |fixture| {
        bodies(
            fixture,
            &[
                ("the first byte", |body| bit(body, 0)),
                ("the last byte", |body| {
                    bit(body, body.len().saturating_sub(1))
                }),
            ],
        )
    }),
    refused("body-exchanged", "another body is refused", |fixture| {
        bodies(
            fixture,
            &[("another", |_| br#"{"type":"forged"}"#.to_vec())],
        )
    }),
    refused("body-emptied", "the body cannot be taken away", |fixture| {
        bodies(fixture, &[("empty", |_| Vec::new())])
    }),
    refused(
        "body-longer",
        "nothing can be appended to the body",
        |fixture| {
            bodies(
                fixture,
                &[
                    ("twice", |body| [body, body].concat()),
                    ("a letter more", |body| [body, b"x"].concat()),
                    ("a NUL more", |body| [body, b"\0"].concat()),
                ],
            )
        },
    ),
    refused(
        "body-shorter",
        "nothing can be cut off the body",
        |fixture| {
            bodies(
                fixture,
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
        },
    ),
    refused(
        "body-white-space",
        "white space around the body counts",
        |fixture| {
            bodies(
                fixture,
                &[
                    ("a newline more", |body| [body, b"\n"].concat()),
                    ("a space before", |body| [b" ", body].concat()),
                ],
            )
        },
    ),
    refused("body-case", "the body counts in its case", |fixture| {
        bodies(fixture, &[("upper case", |body| body.to_ascii_uppercase())])
    }),
    refused(
        "body-rewritten",
        "the same JSON in other letters is another body",
        |fixture| {
            bodies(
                fixture,
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
        |fixture| {
            let delivery = fixture.over_limit();
            delivery
                .map(|it| TestRequest::new(format!("{} bytes", it.request().body().len()), it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "length-of-a-giant",
        "a Content-Length over the limit is refused",
        |fixture| {
            lengths(
                fixture,
                &["4611686018427387904", "99999999999999999999999999"],
            )
        },
    ),
    refused(
        "length-unreadable",
        "a Content-Length that is not a number is refused",
        |fixture| lengths(fixture, &["abc", "-1", "+2", "0x10"]),
    ),
];

fn bodies(fixture: &Fixture, changes: &[(&str, fn(&[u8]) -> Vec<u8>)]) -> Vec<TestRequest> {
    if !fixture.signs_body() {
        return Vec::new();
    }
    let changes = changes
        .iter()
        .filter(|(_, change)| change(&fixture.body) != fixture.body);
    let sent = changes.map(|(what, change)| {
        let delivery = fixture.good().change_body(change);
        TestRequest::new(*what, delivery)
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

fn lengths(fixture: &Fixture, values: &[&'static str]) -> Vec<TestRequest> {
    let sent = values.iter().map(|value| {
        let mut delivery: Delivery = fixture.good();
        let headers = delivery.request_mut().headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static(value));
        TestRequest::new(*value, delivery)
    });
    sent.collect()
}
