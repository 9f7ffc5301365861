use super::{RejectionClass as C, RejectionKind};

/// Dashboards and alerts depend on the names, and providers on the statuses of the classes.
#[test]
fn names_and_classes_do_not_change() {
    let expected = [
        ("missing_signature", C::InvalidSignature),
        ("malformed_signature", C::InvalidSignature),
        ("too_many_signatures", C::InvalidSignature),
        ("unexpected_value", C::InvalidSignature),
        ("signature_mismatch", C::InvalidSignature),
        ("claim_mismatch", C::InvalidSignature),
        ("expired_key", C::InvalidSignature),
        ("wrong_handshake_token", C::InvalidSignature),
        ("handshake_data_rejected", C::InvalidSignature),
        ("ambiguous_challenge", C::InvalidSignature),
        ("unknown_tenant", C::InvalidSignature),
        ("missing_key_url", C::InvalidSignature),
        ("key_url_not_allowed", C::InvalidSignature),
        ("missing_timestamp", C::InvalidTimestamp),
        ("malformed_timestamp", C::InvalidTimestamp),
        ("timestamp_too_old", C::Expired),
        ("timestamp_in_future", C::Expired),
        ("token_expired", C::Expired),
        ("token_not_yet_valid", C::Expired),
        ("conflicting_header", C::InvalidRequest),
        ("conflicting_signature", C::InvalidRequest),
        ("missing_header", C::InvalidRequest),
        ("malformed_header", C::InvalidRequest),
        ("malformed_target", C::InvalidRequest),
        ("ambiguous_message", C::InvalidRequest),
        ("malformed_id", C::InvalidRequest),
        ("host_not_allowed", C::InvalidRequest),
        ("method_not_allowed", C::MethodNotAllowed),
        ("body_too_large", C::PayloadTooLarge),
        ("body_timeout", C::Timeout),
        ("body_read_error", C::InvalidRequest),
        ("outer_limit_exceeded", C::PayloadTooLarge),
        ("malformed_payload", C::InvalidRequest),
        ("malformed_handshake", C::InvalidRequest),
        ("trailers_rejected", C::InvalidRequest),
        ("memory_budget_exceeded", C::Unavailable),
        ("handshake_data_failed", C::Unavailable),
        ("key_source_failed", C::Unavailable),
        ("key_source_timeout", C::Unavailable),
        ("key_fetch_limited", C::Unavailable),
        ("in_flight", C::Unavailable),
        ("store_failed", C::Unavailable),
        ("store_timeout", C::Unavailable),
        ("not_verified", C::Misconfigured),
        ("no_dedupe_key", C::Misconfigured),
    ];
    let all = RejectionKind::ALL;
    let found: Vec<_> = all.iter().map(|(_, name, class)| (*name, *class)).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_name_is_its_variant_in_snake_case() {
    for (variant, name, _) in RejectionKind::ALL {
        let mut expected = String::new();
        for letter in variant.chars() {
            if letter.is_uppercase() && !expected.is_empty() {
                expected.push('_');
            }
            expected.extend(letter.to_lowercase());
        }
        assert_eq!(*name, expected);
    }
}

/// The two texts of a kind whose field is optional.
#[test]
fn names_the_expired_key_if_it_has_a_label() {
    let text = |label: Option<&str>| {
        let label = label.map(Into::into);
        RejectionKind::ExpiredKey { label }.to_string()
    };
    assert_eq!(
        text(Some("old")),
        "the delivery is signed with the expired secret `old`; switch the sender to the current \
         secret"
    );
    assert_eq!(
        text(None),
        "the delivery is signed with an expired secret; switch the sender to the current secret"
    );
}
