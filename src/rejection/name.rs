use super::RejectionKind;

impl RejectionKind {
    /// Its name, for a metric's label: `signature_mismatch`, `too_old`. It is the variant's in snake case, and stays
    /// what it is; what is in the variant, which strangers can choose, is not in it.
    ///
    /// ```
    /// use tower_webhook::rejection::RejectionKind;
    ///
    /// assert_eq!(RejectionKind::SignatureMismatch.name(), "signature_mismatch");
    /// ```
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MissingSignature { .. } => "missing_signature",
            Self::MalformedSignature { .. } => "malformed_signature",
            Self::TooManySignatures { .. } => "too_many_signatures",
            Self::UnexpectedValue { .. } => "unexpected_value",
            Self::SignatureMismatch => "signature_mismatch",
            Self::ClaimMismatch { .. } => "claim_mismatch",
            Self::ExpiredKey { .. } => "expired_key",
            Self::WrongHandshakeToken { .. } => "wrong_handshake_token",
            Self::HandoverRefused { .. } => "handover_refused",
            Self::SignedChallenge => "signed_challenge",
            Self::UnknownTenant => "unknown_tenant",
            Self::MissingKeyUrl { .. } => "missing_key_url",
            Self::KeyUrlNotAllowed { .. } => "key_url_not_allowed",
            Self::MissingTimestamp { .. } => "missing_timestamp",
            Self::MalformedTimestamp { .. } => "malformed_timestamp",
            Self::TooOld { .. } => "too_old",
            Self::TooNew { .. } => "too_new",
            Self::TokenExpired { .. } => "token_expired",
            Self::TokenNotYetValid { .. } => "token_not_yet_valid",
            Self::ConflictingHeader { .. } => "conflicting_header",
            Self::ConflictingSignature { .. } => "conflicting_signature",
            Self::MissingHeader { .. } => "missing_header",
            Self::MalformedHeader { .. } => "malformed_header",
            Self::MalformedTarget => "malformed_target",
            Self::AmbiguousMessage { .. } => "ambiguous_message",
            Self::MalformedId { .. } => "malformed_id",
            Self::HostNotAllowed { .. } => "host_not_allowed",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyTimeout { .. } => "body_timeout",
            Self::BodyBroken => "body_broken",
            Self::MalformedPayload { .. } => "malformed_payload",
            Self::MalformedHandshake { .. } => "malformed_handshake",
            Self::TrailersRefused => "trailers_refused",
            Self::OverMemoryBudget => "over_memory_budget",
            Self::HandoverFailed { .. } => "handover_failed",
            Self::KeySourceFailed { .. } => "key_source_failed",
            Self::KeySourceTimeout { .. } => "key_source_timeout",
            Self::KeyFetchLimited { .. } => "key_fetch_limited",
            Self::InFlight => "in_flight",
            Self::StoreFailed { .. } => "store_failed",
            Self::StoreTimeout { .. } => "store_timeout",
            Self::NotVerified => "not_verified",
            Self::NoDedupeKey => "no_dedupe_key",
        }
    }
}
