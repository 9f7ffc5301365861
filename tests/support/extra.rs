//! Helpers that `verify` and `layer` use, but `dedupe` does not.

use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::{Delivery, base64, mac256};

/// The id that Standard Webhooks deliveries carry here.
pub(crate) const STANDARD_ID: &str = "msg_2mWUoBHrjpCVRgJwG8kQZb";

pub(crate) fn base64url_unpadded(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn shopify(body: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(&body).header("x-shopify-hmac-sha256", base64(&mac256(&body)))
}
