use bytes::Bytes;
use http::Response;

use super::{Duplicate, layer::Config};
use crate::{
    rejection::{self, Rejection, RejectionKind},
    trace,
    verify::Verified,
};

/// Whether the sender will take a response for success. A gRPC call that failed is HTTP 200 too.
pub(super) fn is_success<B>(response: &Response<B>) -> bool {
    let grpc_status = response.headers().get("grpc-status");
    response.status().is_success() && grpc_status.is_none_or(|status| status == "0")
}

/// The response to a delivery that was handled before.
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

/// Reports a rejection, and creates its response.
pub(super) fn reject(
    config: &Config,
    is_grpc: bool,
    verified: Option<&Verified>,
    kind: RejectionKind,
) -> Response<Bytes> {
    let responder = config.responder(verified);
    let rejection = responder.reject(kind);
    log(&rejection);
    responder.respond(rejection, is_grpc)
}

fn log(rejection: &Rejection) {
    if *rejection.kind() == RejectionKind::InFlight {
        trace::debug!(
            provider = rejection.provider(),
            reason = %rejection,
            "webhook delivery rejected"
        );
        return;
    }
    // The receiver is at fault.
    trace::warn!(
        provider = rejection.provider(),
        reason = %rejection,
        "webhook delivery rejected"
    );
}
