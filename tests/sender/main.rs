//! The sending side: `SignLayer`, `Signer`, `DeliveryRetry`, and HTTP clients around them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod clients;
mod retry;
mod sign;
mod support;
