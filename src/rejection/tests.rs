use std::time::Duration;

use http::header::HOST;

use super::RejectionKind;
use crate::place::Place;

/// Dashboards are built on them.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn names_stay_what_they_are() {
    let (second, place) = (Duration::from_secs(1), || Place::Header(HOST));
    let kinds = [
        (
            RejectionKind::MissingSignature { place: place() },
            "missing_signature",
        ),
        (
            RejectionKind::MalformedSignature { place: place() },
            "malformed_signature",
        ),
        (
            RejectionKind::TooManySignatures {
                place: place(),
                limit: 1,
            },
            "too_many_signatures",
        ),
        (
            RejectionKind::UnexpectedValue { header: HOST },
            "unexpected_value",
        ),
        (RejectionKind::SignatureMismatch, "signature_mismatch"),
        (
            RejectionKind::ClaimMismatch {
                claim: "aud".into(),
            },
            "claim_mismatch",
        ),
        (RejectionKind::ExpiredKey { label: None }, "expired_key"),
        (
            RejectionKind::WrongHandshakeToken {
                handshake: "subscribe".into(),
            },
            "wrong_handshake_token",
        ),
        (
            RejectionKind::HandoverRefused {
                handshake: "subscribe".into(),
            },
            "handover_refused",
        ),
        (RejectionKind::SignedChallenge, "signed_challenge"),
        (RejectionKind::UnknownTenant, "unknown_tenant"),
        (
            RejectionKind::MalformedId { part: "id".into() },
            "malformed_id",
        ),
        (
            RejectionKind::MethodNotAllowed {
                allowed: "POST".into(),
            },
            "method_not_allowed",
        ),
        (
            RejectionKind::MissingKeyUrl { place: place() },
            "missing_key_url",
        ),
        (
            RejectionKind::KeyUrlNotAllowed { host: "a".into() },
            "key_url_not_allowed",
        ),
        (
            RejectionKind::MissingTimestamp { place: place() },
            "missing_timestamp",
        ),
        (
            RejectionKind::MalformedTimestamp { place: place() },
            "malformed_timestamp",
        ),
        (
            RejectionKind::TooOld {
                age: second,
                tolerance: second,
            },
            "too_old",
        ),
        (
            RejectionKind::TooNew {
                ahead: second,
                tolerance: second,
            },
            "too_new",
        ),
        (
            RejectionKind::TokenExpired {
                age: second,
                tolerance: second,
            },
            "token_expired",
        ),
        (
            RejectionKind::TokenNotYetValid {
                ahead: second,
                tolerance: second,
            },
            "token_not_yet_valid",
        ),
        (
            RejectionKind::ConflictingHeader { header: HOST },
            "conflicting_header",
        ),
        (
            RejectionKind::ConflictingSignature { place: place() },
            "conflicting_signature",
        ),
        (
            RejectionKind::MissingHeader { header: HOST },
            "missing_header",
        ),
        (
            RejectionKind::MalformedHeader { header: HOST },
            "malformed_header",
        ),
        (RejectionKind::MalformedTarget, "malformed_target"),
        (
            RejectionKind::AmbiguousMessage { part: "url".into() },
            "ambiguous_message",
        ),
        (
            RejectionKind::HostNotAllowed { host: "a".into() },
            "host_not_allowed",
        ),
        (RejectionKind::BodyTooLarge { limit: 1 }, "body_too_large"),
        (
            RejectionKind::BodyTimeout { deadline: second },
            "body_timeout",
        ),
        (RejectionKind::BodyBroken, "body_broken"),
        (
            RejectionKind::MalformedPayload { expected: "JSON" },
            "malformed_payload",
        ),
        (
            RejectionKind::MalformedHandshake {
                handshake: "subscribe".into(),
            },
            "malformed_handshake",
        ),
        (RejectionKind::TrailersRefused, "trailers_refused"),
        (RejectionKind::OverMemoryBudget, "over_memory_budget"),
        (
            RejectionKind::HandoverFailed { error: "no".into() },
            "handover_failed",
        ),
        (
            RejectionKind::KeySourceFailed { error: "no".into() },
            "key_source_failed",
        ),
        (
            RejectionKind::KeySourceTimeout { deadline: second },
            "key_source_timeout",
        ),
        (
            RejectionKind::KeyFetchLimited { per_minute: 20 },
            "key_fetch_limited",
        ),
        (RejectionKind::InFlight, "in_flight"),
        (
            RejectionKind::StoreFailed { error: "no".into() },
            "store_failed",
        ),
        (
            RejectionKind::StoreTimeout { deadline: second },
            "store_timeout",
        ),
        (RejectionKind::NotVerified, "not_verified"),
        (RejectionKind::NoDedupeKey, "no_dedupe_key"),
    ];
    for (kind, name) in kinds {
        assert_eq!(kind.name(), name, "{kind:?}");
    }
}
