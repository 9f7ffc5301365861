use super::{
    case::{Case, Expect, TestRequest, refused},
    fixture::Fixture,
};
use crate::{keys::Secret, scheme::Encoding, testing::Delivery};

/// The signature itself.
pub(super) const CASES: &[Case] = &[
    refused(
        "signature-missing",
        "a delivery without a signature is refused",
        |fixture| {
            if fixture.good().signature().is_none() {
                return Vec::new();
            }
            vec![TestRequest::new(
                "no signature",
                fixture.good().without_signature(),
            )]
        },
    ),
    refused(
        "signature-empty",
        "an empty signature is refused",
        |fixture| fixture.values(&[("empty", |_| Vec::new())]),
    ),
    refused(
        "signature-blank",
        "a signature of spaces is refused",
        |fixture| {
            fixture.values(&[
                ("one space", |_| b" ".to_vec()),
                ("four", |_| b"    ".to_vec()),
            ])
        },
    ),
    refused(
        "signature-only-prefix",
        "a prefix without a signature is refused",
        |fixture| fixture.signatures(&[("nothing behind the prefix", |_| Vec::new())]),
    ),
    refused(
        "signature-one-byte",
        "the first byte of a signature does not do",
        |fixture| {
            fixture.signatures(&[
                ("two letters", |text| cut(text, 2)),
                ("four letters", |text| cut(text, 4)),
            ])
        },
    ),
    refused(
        "signature-truncated",
        "half of a signature does not do",
        |fixture| {
            fixture.signatures(&[
                ("half", |text| cut(text, text.len() / 2)),
                ("all but four letters", |text| {
                    cut(text, text.len().saturating_sub(4))
                }),
            ])
        },
    ),
    refused(
        "signature-longer",
        "a signature with something behind it is refused",
        |fixture| {
            fixture.signatures(&[
                ("a byte more", |text| [text, b"00"].concat()),
                ("four letters more", |text| [text, b"AAAA"].concat()),
            ])
        },
    ),
    refused(
        "signature-doubled",
        "a signature twice in a row is refused",
        |fixture| fixture.signatures(&[("twice", |text| [text, text].concat())]),
    ),
    refused(
        "signature-first-changed",
        "every letter of a signature counts",
        |fixture| fixture.signatures(&[("the first letter", |text| changed(text, 0))]),
    ),
    refused(
        "signature-last-changed",
        "every letter of a signature counts",
        |fixture| {
            fixture.signatures(&[("a letter near the end", |text| {
                changed(text, text.len().saturating_sub(5))
            })])
        },
    ),
    refused(
        "signature-swapped-case",
        "letters of base64 or of a token count in their case",
        |fixture| {
            if fixture.spec().encoding == Encoding::Hex {
                return Vec::new();
            }
            fixture.signatures(&[("the other case", in_other_case)])
        },
    ),
    refused(
        "signature-undecodable",
        "what is not of the encoding is refused",
        |fixture| {
            fixture.signatures(&[
                ("`!`", |text| vec![b'!'; text.len()]),
                ("`zz`", |text| {
                    [b"zz", text.get(2..).unwrap_or_default()].concat()
                }),
                ("not ASCII", |text| vec![0xff; text.len()]),
                ("an odd number", |text| {
                    cut(text, text.len().saturating_sub(1))
                }),
            ])
        },
    ),
    refused(
        "signature-zeros",
        "a signature of zeros is refused",
        |fixture| {
            let len = fixture.spec().algorithm.signature_len();
            let Some(len) = len.filter(|_| fixture.spec().encoding != Encoding::Text) else {
                return Vec::new();
            };
            let zeros = fixture.spec().encoding.encode(&vec![0; len]);
            let delivery = fixture.good().change_signature(|_| zeros);
            vec![TestRequest::new("zeros", delivery)]
        },
    ),
    refused(
        "signature-of-empty-body",
        "the signature of an empty body is refused",
        |fixture| {
            if !fixture.signs_body() || fixture.body.is_empty() {
                return Vec::new();
            }
            let sent = fixture.sender.delivery(Vec::new()).ok();
            let sent = sent.map(|it| it.change_body(|_| fixture.body.to_vec()));
            sent.map(|it| TestRequest::new("another body", it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "signature-of-a-stranger",
        "a signature under another secret is refused",
        |fixture| {
            stranger(fixture)
                .map(|it| TestRequest::new("another secret", it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "signature-spaced",
        "white space within a signature is refused",
        |fixture| {
            fixture.signatures(&[
                ("a space in the middle", |text| {
                    let (front, back) = text.split_at(text.len() / 2);
                    [front, b" ", back].concat()
                }),
                ("a tab in the middle", |text| {
                    let (front, back) = text.split_at(text.len() / 2);
                    [front, b"\t", back].concat()
                }),
            ])
        },
    ),
    refused(
        "signature-quoted",
        "quotation marks do not belong to a signature",
        |fixture| fixture.signatures(&[("quoted", |text| [b"\"", text, b"\""].concat())]),
    ),
    refused(
        "signature-huge",
        "a signature of 64 KiB is refused",
        |fixture| fixture.signatures(&[("64 KiB", |_| vec![b'a'; 64 << 10])]),
    ),
    Case {
        name: "answers-alike",
        expected: "a wrong secret and a wrong body are answered alike",
        send: |fixture| {
            if !fixture.signs_body() {
                return Vec::new();
            }
            // Of one id, so that to repeat that is to tell nothing.
            let body = fixture.signed_by(|_| {}, None);
            let body = body.map(|it| it.change_body(|body| [body, b" "].concat()));
            let (Some(body), Some(stranger)) = (body, stranger(fixture)) else {
                return Vec::new();
            };
            vec![
                TestRequest::new("another body", body),
                TestRequest::new("another secret", stranger),
            ]
        },
        expect: Expect::Alike,
    },
];

fn cut(text: &[u8], len: usize) -> Vec<u8> {
    text.get(..len).unwrap_or_default().to_vec()
}

/// With another letter or digit in one place.
pub(super) fn changed(text: &[u8], at: usize) -> Vec<u8> {
    let mut text = text.to_vec();
    if let Some(letter) = text.get_mut(at) {
        *letter = if *letter == b'1' { b'2' } else { b'1' };
    }
    text
}

pub(super) fn in_other_case(text: &[u8]) -> Vec<u8> {
    text.iter().map(other_case).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as iterators lend it")]
fn other_case(letter: &u8) -> u8 {
    if letter.is_ascii_uppercase() {
        letter.to_ascii_lowercase()
    } else {
        letter.to_ascii_uppercase()
    }
}

fn stranger(fixture: &Fixture) -> Option<Delivery> {
    let secret = Secret::from_bytes(&b"the secret of an attacker, 32 byte"[..32]).ok()?;
    fixture.signed_by(|_| {}, Some(&secret))
}
