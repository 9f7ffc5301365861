use super::{
    bench::Bench,
    case::{Case, Expect, Sent, refused},
};
use crate::{keys::Secret, scheme::Encoding, testing::Delivery};

/// The signature itself.
pub(super) const CASES: &[Case] = &[
    refused(
        "signature-missing",
        "a delivery without a signature is refused",
        |bench| {
            if bench.good().signature().is_none() {
                return Vec::new();
            }
            vec![Sent::new("no signature", bench.good().without_signature())]
        },
    ),
    refused(
        "signature-empty",
        "an empty signature is refused",
        |bench| bench.values(&[("empty", |_| Vec::new())]),
    ),
    refused(
        "signature-blank",
        "a signature of spaces is refused",
        |bench| {
            bench.values(&[
                ("one space", |_| b" ".to_vec()),
                ("four", |_| b"    ".to_vec()),
            ])
        },
    ),
    refused(
        "signature-only-prefix",
        "a prefix without a signature is refused",
        |bench| bench.signatures(&[("nothing behind the prefix", |_| Vec::new())]),
    ),
    refused(
        "signature-one-byte",
        "the first byte of a signature does not do",
        |bench| {
            bench.signatures(&[
                ("two letters", |text| cut(text, 2)),
                ("four letters", |text| cut(text, 4)),
            ])
        },
    ),
    refused(
        "signature-truncated",
        "half of a signature does not do",
        |bench| {
            bench.signatures(&[
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
        |bench| {
            bench.signatures(&[
                ("a byte more", |text| [text, b"00"].concat()),
                ("four letters more", |text| [text, b"AAAA"].concat()),
            ])
        },
    ),
    refused(
        "signature-doubled",
        "a signature twice in a row is refused",
        |bench| bench.signatures(&[("twice", |text| [text, text].concat())]),
    ),
    refused(
        "signature-first-changed",
        "every letter of a signature counts",
        |bench| bench.signatures(&[("the first letter", |text| changed(text, 0))]),
    ),
    refused(
        "signature-last-changed",
        "every letter of a signature counts",
        |bench| {
            bench.signatures(&[("a letter near the end", |text| {
                changed(text, text.len().saturating_sub(5))
            })])
        },
    ),
    refused(
        "signature-swapped-case",
        "letters of base64 or of a token count in their case",
        |bench| {
            if bench.spec().encoding == Encoding::Hex {
                return Vec::new();
            }
            bench.signatures(&[("the other case", in_other_case)])
        },
    ),
    refused(
        "signature-undecodable",
        "what is not of the encoding is refused",
        |bench| {
            bench.signatures(&[
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
        |bench| {
            let len = bench.spec().algorithm.signature_len();
            let Some(len) = len.filter(|_| bench.spec().encoding != Encoding::Text) else {
                return Vec::new();
            };
            let zeros = bench.spec().encoding.encode(&vec![0; len]);
            let delivery = bench.good().change_signature(|_| zeros);
            vec![Sent::new("zeros", delivery)]
        },
    ),
    refused(
        "signature-of-empty-body",
        "the signature of an empty body is refused",
        |bench| {
            if !bench.signs_body() || bench.body.is_empty() {
                return Vec::new();
            }
            let sent = bench.sender.delivery(Vec::new()).ok();
            let sent = sent.map(|it| it.change_body(|_| bench.body.to_vec()));
            sent.map(|it| Sent::new("another body", it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "signature-of-a-stranger",
        "a signature under another secret is refused",
        |bench| {
            stranger(bench)
                .map(|it| Sent::new("another secret", it))
                .into_iter()
                .collect()
        },
    ),
    refused(
        "signature-spaced",
        "white space within a signature is refused",
        |bench| {
            bench.signatures(&[
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
        |bench| bench.signatures(&[("quoted", |text| [b"\"", text, b"\""].concat())]),
    ),
    refused(
        "signature-huge",
        "a signature of 64 KiB is refused",
        |bench| bench.signatures(&[("64 KiB", |_| vec![b'a'; 64 << 10])]),
    ),
    Case {
        name: "answers-alike",
        expected: "a wrong secret and a wrong body are answered alike",
        send: |bench| {
            if !bench.signs_body() {
                return Vec::new();
            }
            // Of one id, so that to repeat that is to tell nothing.
            let body = bench.signed_by(|_| {}, None);
            let body = body.map(|it| it.change_body(|body| [body, b" "].concat()));
            let (Some(body), Some(stranger)) = (body, stranger(bench)) else {
                return Vec::new();
            };
            vec![
                Sent::new("another body", body),
                Sent::new("another secret", stranger),
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

fn stranger(bench: &Bench) -> Option<Delivery> {
    let secret = Secret::from_bytes(&b"the secret of a stranger, 32 byte"[..32]).ok()?;
    bench.signed_by(|_| {}, Some(&secret))
}
