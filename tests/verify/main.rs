//! Which requests a `Verifier` accepts: schemes, presets, signatures, timestamps, secrets and URLs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
// Modules that need a feature use some of the helpers alone.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))]

mod alternative_messages;
mod ambiguous_messages;
mod exhaustive;
mod genuine;
mod key_rotation;
mod length_extension;
mod locations;
mod message_boundaries;
mod methods;
mod presets;
mod public_url;
mod scheme_builder;
mod secrets;
mod signature;
mod support;
mod timestamp;
mod vectors;
mod web_tokens;
