//! Checks the request method.

use std::sync::Arc;

use http::Method;

use crate::{
    handshake::Handshake, providers::Provider, rejection::RejectionKind, setup::SetupError,
};

/// Rejects a method that the provider does not deliver with.
pub(super) fn check_method(provider: &Provider, method: &Method) -> Result<(), RejectionKind> {
    let methods = provider.methods();
    if methods.contains(method) {
        Ok(())
    } else {
        Err(not_allowed(methods.iter()))
    }
}

/// Rejects a method that the provider uses neither for deliveries nor for a handshake that can be
/// answered.
pub(super) fn check_method_with_handshakes(
    provider: &Provider,
    method: &Method,
    has_handler: bool,
) -> Result<(), RejectionKind> {
    let methods = || {
        let handshakes = answerable(provider, has_handler).map(Handshake::method);
        provider.methods().iter().chain(handshakes)
    };
    if methods().any(|allowed| allowed == method) {
        return Ok(());
    }
    Err(not_allowed(methods()))
}

/// The handshakes that can be answered: their settings are present, the scheme can sign their
/// answer, and a handler takes the data that they bring.
pub(super) fn answerable(
    provider: &Provider,
    has_handler: bool,
) -> impl Iterator<Item = &Handshake> {
    let is_hmac = provider.scheme().algorithm().is_hmac();
    provider.handshakes().iter().filter(move |handshake| {
        handshake.is_ready(|name| provider.setting(name), has_handler)
            && (is_hmac || !handshake.signs())
    })
}

fn not_allowed<'m>(methods: impl Iterator<Item = &'m Method>) -> RejectionKind {
    let mut allowed: Vec<&str> = methods.map(Method::as_str).collect();
    allowed.sort_unstable();
    allowed.dedup();
    RejectionKind::MethodNotAllowed {
        allowed: Arc::from(allowed.join(", ")),
    }
}

/// Rejects a provider without methods, and one that uses `CONNECT` or `TRACE`.
pub(super) fn check_methods(provider: &Provider) -> Result<(), SetupError> {
    let scheme = || Arc::clone(&provider.scheme().spec().name);
    if provider.methods().is_empty() {
        return Err(SetupError::NoMethod { scheme: scheme() });
    }
    let handshakes = provider.handshakes().iter().map(Handshake::method);
    let mut methods = provider.methods().iter().chain(handshakes);
    match methods.find(|method| matches!(**method, Method::CONNECT | Method::TRACE)) {
        None => Ok(()),
        Some(method) => Err(SetupError::InvalidMethod {
            scheme: scheme(),
            method: method.clone(),
        }),
    }
}
