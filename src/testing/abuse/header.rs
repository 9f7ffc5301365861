use super::{
    bench::Bench,
    case::{Case, Sent, refused},
    signature::{changed, in_other_case},
};
use crate::scheme::Algorithm;

/// So many that to compute one MAC for each is an attack.
const MANY: usize = 10_000;

/// What is around a signature: its prefix, its algorithm, others beside it.
pub(super) const CASES: &[Case] = &[
    refused(
        "signature-prefix-missing",
        "the prefix belongs to the signature",
        |bench| bare(bench, |_| Vec::new()),
    ),
    refused(
        "signature-prefix-other-case",
        "the prefix counts in its case",
        |bench| bare(bench, in_other_case),
    ),
    refused(
        "signature-prefix-other",
        "a signature of another version is refused",
        |bench| bare(bench, |_| b"v99=".to_vec()),
    ),
    refused(
        "signature-sha1",
        "a signature with SHA-1 is refused where a better one is due",
        |bench| weaker(bench, Algorithm::HmacSha1, b"sha1="),
    ),
    refused(
        "signature-stronger",
        "a signature with another hash is refused",
        |bench| weaker(bench, Algorithm::HmacSha512, b"sha512="),
    ),
    refused(
        "signature-two-headers",
        "two signatures that differ are refused: two headers, parameters or fields",
        |bench| {
            let both = |what, is_first: bool| {
                let good = bench.good();
                let signature = good.signature()?;
                let wrong = changed(&signature.text, signature.text.len() / 2);
                let wrong = [&signature.before[..], &wrong, &signature.after].concat();
                let both = good.with_another(&signature.place, &wrong, is_first)?;
                Some(Sent::new(what, both))
            };
            if bench.spec().header_repeats {
                return Vec::new();
            }
            let sent = [
                both("the right one first", false),
                both("the wrong one first", true),
            ];
            sent.into_iter().flatten().collect()
        },
    ),
    refused(
        "signature-joined",
        "two signatures in one header are refused where one is due",
        |bench| {
            if !bench.spec().layout.is_single() {
                return Vec::new();
            }
            bench.values(&[
                ("right, wrong", |value| {
                    [value, b",", &changed(value, value.len() / 2)].concat()
                }),
                ("wrong, right", |value| {
                    [&changed(value, value.len() / 2)[..], b", ", value].concat()
                }),
            ])
        },
    ),
    refused(
        "signature-many",
        "10 000 signatures are refused, though the last one is right",
        |bench| {
            if bench.spec().layout.is_single() {
                return Vec::new();
            }
            let good = bench.good();
            let Some(signature) = good.signature() else {
                return Vec::new();
            };
            let wrong = changed(&signature.text, signature.text.len() / 2);
            let layout = &bench.spec().layout;
            let item = layout.write(&[wrong], "key", None);
            let separator: &[u8] = if layout.is_spaced() { b" " } else { b"," };
            let value = [&signature.before[..], &signature.text, &signature.after].concat();
            let mut many = Vec::new();
            for _ in 0..MANY {
                many.extend_from_slice(&item);
                many.extend_from_slice(separator);
            }
            many.extend_from_slice(&value);
            let many = good.with_value(&signature.place, &many);
            many.map(|it| Sent::new("10 000", it)).into_iter().collect()
        },
    ),
];

/// The right signature behind another prefix.
fn bare(bench: &Bench, prefix: fn(&[u8]) -> Vec<u8>) -> Vec<Sent> {
    let good = bench.good();
    let Some(signature) = good.signature() else {
        return Vec::new();
    };
    let before = prefix(&signature.before);
    if !bench.spec().layout.is_single() || signature.before.is_empty() || before == signature.before
    {
        return Vec::new();
    }
    let value = [&before[..], &signature.text].concat();
    let other = good.with_value(&signature.place, &value);
    other
        .map(|it| Sent::new("another prefix", it))
        .into_iter()
        .collect()
}

/// A signature with another hash, under the scheme's prefix and under its own.
fn weaker(bench: &Bench, algorithm: Algorithm, prefix: &[u8]) -> Vec<Sent> {
    let own = bench.spec().algorithm;
    if own == algorithm || !matches!(own, Algorithm::HmacSha256 | Algorithm::HmacSha512) {
        return Vec::new();
    }
    let signed = bench.signed_by(|spec| spec.algorithm = algorithm, None);
    let Some((signed, signature)) = signed.and_then(|it| it.signature().map(|at| (it, at))) else {
        return Vec::new();
    };
    let mut sent = vec![Sent::new("under the scheme's prefix", signed.clone())];
    if bench.spec().layout.is_single() {
        let value = [prefix, &signature.text].concat();
        let own = signed.with_value(&signature.place, &value);
        sent.extend(own.map(|it| Sent::new("under its own", it)));
    }
    sent
}
