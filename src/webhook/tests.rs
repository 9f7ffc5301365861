use std::{cell::Cell, convert::Infallible, iter, time::Duration};

use http::Request;

use super::lookup::Source;
use crate::{
    head::Head,
    keys::{Keys, Secret},
    providers,
    rejection::RejectionKind,
    verify::Verifier,
};

fn keys(count: usize) -> Option<Keys> {
    let secrets = (0..count).map(|at| Secret::new(format!("secret {at}")).unwrap());
    Keys::newest_first(secrets)
}

/// 29: a refusal costs as many MACs as any tenant had keys so far, whoever is meant, at least two and
/// at most four; more only where there are more keys.
#[test]
fn a_refusal_does_not_tell_how_many_keys_there_are() {
    let verifier = Verifier::without_keys(providers::github()).unwrap();
    let never = |_: Head<'_>| async { Ok::<_, Infallible>(None) };
    let source = Source::new(never, verifier.scheme(), Duration::ZERO);
    let request = Request::post("/")
        .header("x-hub-signature-256", format!("sha256={:064}", 0))
        .body(())
        .unwrap();
    for (count, macs) in [
        (0, 2),
        (1, 2),
        (2, 2),
        (0, 2),
        (3, 3),
        (0, 3),
        (1, 3),
        (2, 3),
        (9, 9),
        (0, 4),
        (1, 4),
        (5, 5),
        (4, 4),
    ] {
        for is_streamed in [false, true] {
            let mut delivery = verifier.open(Head::from(&request)).unwrap();
            let found = Ok(keys(count));
            source
                .give(found, verifier.scheme(), &mut delivery)
                .unwrap();
            if is_streamed {
                delivery.update(&verifier, b"body");
            }
            let read = Cell::new(0);
            let body = || {
                read.set(read.get() + 1);
                iter::once(b"body")
            };
            let refused = delivery.finish(&verifier, body).unwrap_err();
            let is_unknown = *refused.kind() == RejectionKind::UnknownTenant;
            assert_eq!(is_unknown, count == 0);
            // One of the MACs may have been streamed; the body is then read for its length.
            assert_eq!(read.get(), macs, "{count} keys");
        }
    }
}
