use super::{
    case::{Case, TestRequest, refused},
    fixture::Fixture,
    signature::{changed, in_other_case},
};
use crate::scheme::Algorithm;

/// So many that to compute one MAC for each is an attack.
const MANY: usize = 10_000;

/// The cases about the text around a signature: its prefix, its algorithm, and other signatures.
pub(super) const CASES: &[Case] = &[
    refused(
        "signature-prefix-missing",
        "the prefix belongs to the signature",
        |fixture| bare(fixture, |_| Vec::new()),
    ),
    refused(
        "signature-prefix-other-case",
        "the prefix counts in its case",
        |fixture| bare(fixture, in_other_case),
    ),
    refused(
        "signature-prefix-other",
        "a signature of another version is refused",
        |fixture| bare(fixture, |_| b"v99=".to_vec()),
    ),
    refused(
        "signature-sha1",
        "a signature with SHA-1 is refused where a better one is due",
        |fixture| weaker(fixture, Algorithm::HmacSha1, b"sha1="),
    ),
    refused(
        "signature-stronger",
        "a signature with another hash is refused",
        |fixture| weaker(fixture, Algorithm::HmacSha512, b"sha512="),
    ),
    refused(
        "signature-two-headers",
        "two signatures that differ are refused: two headers, parameters or fields",
        |fixture| {
            let both = |what, is_first: bool| {
                let good = fixture.good();
                let signature = good.signature()?;
                let wrong = changed(&signature.text, signature.text.len() / 2);
                let wrong = [&signature.before[..], &wrong, &signature.after].concat();
                let both = good.with_another(&signature.location, &wrong, is_first)?;
                Some(TestRequest::new(what, both))
            };
            if fixture.spec().header_repeats {
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
        |fixture| {
            if !fixture.spec().format.is_single() {
                return Vec::new();
            }
            fixture.values(&[
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
        |fixture| {
            if fixture.spec().format.is_single() {
                return Vec::new();
            }
            let good = fixture.good();
            let Some(signature) = good.signature() else {
                return Vec::new();
            };
            let wrong = changed(&signature.text, signature.text.len() / 2);
            let format = &fixture.spec().format;
            let item = format.write(&[wrong], "key", None);
            let separator: &[u8] = if format.is_spaced() { b" " } else { b"," };
            let value = [&signature.before[..], &signature.text, &signature.after].concat();
            let mut many = Vec::new();
            for _ in 0..MANY {
                many.extend_from_slice(&item);
                many.extend_from_slice(separator);
            }
            many.extend_from_slice(&value);
            let many = good.with_value(&signature.location, &many);
            many.map(|it| TestRequest::new("10 000", it))
                .into_iter()
                .collect()
        },
    ),
];

/// The right signature behind another prefix.
fn bare(fixture: &Fixture, prefix: fn(&[u8]) -> Vec<u8>) -> Vec<TestRequest> {
    let good = fixture.good();
    let Some(signature) = good.signature() else {
        return Vec::new();
    };
    let before = prefix(&signature.before);
    if !fixture.spec().format.is_single()
        || signature.before.is_empty()
        || before == signature.before
    {
        return Vec::new();
    }
    let value = [&before[..], &signature.text].concat();
    let other = good.with_value(&signature.location, &value);
    other
        .map(|it| TestRequest::new("another prefix", it))
        .into_iter()
        .collect()
}

/// A signature with another hash, under the scheme's prefix and under its own.
fn weaker(fixture: &Fixture, algorithm: Algorithm, prefix: &[u8]) -> Vec<TestRequest> {
    let own = fixture.spec().algorithm;
    if own == algorithm || !matches!(own, Algorithm::HmacSha256 | Algorithm::HmacSha512) {
        return Vec::new();
    }
    let signed = fixture.signed_by(|spec| spec.algorithm = algorithm, None);
    let Some((signed, signature)) = signed.and_then(|it| it.signature().map(|at| (it, at))) else {
        return Vec::new();
    };
    let mut sent = vec![TestRequest::new(
        "under the scheme's prefix",
        signed.clone(),
    )];
    if fixture.spec().format.is_single() {
        let value = [prefix, &signature.text].concat();
        let own = signed.with_value(&signature.location, &value);
        sent.extend(own.map(|it| TestRequest::new("under its own", it)));
    }
    sent
}
