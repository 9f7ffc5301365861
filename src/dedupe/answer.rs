use bytes::Bytes;
use http::Response;

use super::{Duplicate, layer::Config};
use crate::{
    rejection::{self, Rejection, RejectionKind, Statuses},
    trace,
    verify::Verified,
};

/// Whether the sender will take a response for success. A gRPC call that failed is HTTP 200 too.
pub(super) fn is_success<B>(response: &Response<B>) -> bool {
    let grpc_status = response.headers().get("grpc-status");
    response.status().is_success() && grpc_status.is_none_or(|status| status == "0")
}

/// The response to a delivery that was handled before.
#[cold]
pub(super) fn duplicate(config: &Config, verified: &Verified, is_grpc: bool) -> Response<Bytes> {
    trace::debug!(provider = verified.provider(), "duplicate webhook delivery");
    let mut response = if is_grpc {
        // ALREADY_EXISTS
        rejection::grpc_status("6", "Duplicate delivery")
    } else {
        (config.duplicate)(verified)
    };
    response.extensions_mut().insert(Duplicate::new());
    response
}

/// The response that refuses a request.
#[cold]
pub(super) fn refuse(
    config: &Config,
    is_grpc: bool,
    verified: Option<&Verified>,
    kind: RejectionKind,
) -> Response<Bytes> {
    let provider = verified.map_or_else(|| "unknown".into(), Verified::shared_provider);
    let rejection = Rejection::new(provider, kind, &Statuses::default());
    tell(&rejection);
    let mut response = if is_grpc {
        rejection::grpc(&rejection)
    } else {
        (config.renderer)(&rejection)
    };
    response.extensions_mut().insert(rejection);
    response
}

fn tell(rejection: &Rejection) {
    if *rejection.kind() == RejectionKind::InFlight {
        trace::debug!(
            provider = rejection.provider(),
            reason = %rejection,
            "webhook delivery refused"
        );
        return;
    }
    // Not the sender's fault.
    trace::warn!(
        provider = rejection.provider(),
        reason = %rejection,
        "webhook delivery refused"
    );
}
