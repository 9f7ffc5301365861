use super::{Preset, Provider};
use crate::scheme::{Layout, Scheme};

pub(super) const PRESETS: &[Preset] = &[Preset::new("stripe", "Stripe", stripe)];

/// Stripe webhooks.
///
/// - Signature: `Stripe-Signature`, a list such as `t=1492774577,v1=…,v0=…`, where each `v1` is the
///   hex HMAC-SHA256 of `<t>.<raw body>`; several while a secret is being rolled. `v0`, which test
///   mode adds, is ignored.
/// - Key: the endpoint's signing secret as text, `whsec_` included (Developers, Webhooks). It is
///   not the API key, and the one that `stripe listen` prints is another.
/// - Time: `t`, Unix seconds, signed, 300 s either way. Stripe's own libraries check the past only.
///
/// Stripe sends no id in the head; the event's `id` is in the body.
///
/// Source: <https://docs.stripe.com/webhooks#verify-manually>
#[must_use]
pub fn stripe() -> Provider {
    Provider::preset(
        Scheme::builder("stripe")
            .signature_header("stripe-signature")
            .layout(Layout::key_values("v1"))
            .timestamp_key("t")
            .message("{timestamp}.{body}"),
    )
}
