//! The sending side: `SignLayer`, `Signer`, `DeliveryRetry`, and HTTP clients around them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
// Modules that need a feature use some of the helpers alone.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))]

#[cfg(feature = "sender")]
mod clients;
#[cfg(feature = "sender")]
mod retry;
mod sign;
mod support;
