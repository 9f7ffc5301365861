//! Checks of the request method.

use std::sync::Arc;

use http::Method;

use super::Verifier;
use crate::{
    handshake::Handshake, providers::Provider, rejection::RejectionKind, setup::SetupError,
};

impl Verifier {
    /// Rejects a method that the provider does not deliver with.
    #[inline]
    pub(crate) fn check_method(&self, method: &Method) -> Result<(), RejectionKind> {
        let methods = self.provider().methods();
        if methods.contains(method) {
            Ok(())
        } else {
            Err(not_allowed(methods.iter()))
        }
    }

    /// Rejects a method that the provider uses neither for deliveries nor for a handshake that can
    /// be answered.
    #[cold]
    pub(crate) fn check_method_with_handshakes(
        &self,
        method: &Method,
        has_handler: bool,
    ) -> Result<(), RejectionKind> {
        let handshakes = self.answerable(has_handler).map(Handshake::method);
        let methods = || self.provider().methods().iter();
        if methods().chain(handshakes).any(|allowed| allowed == method) {
            return Ok(());
        }
        let handshakes = self.answerable(has_handler).map(Handshake::method);
        Err(not_allowed(methods().chain(handshakes)))
    }
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
