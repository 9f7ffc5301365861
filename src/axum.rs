//! What axum needs.

use axum_core::body::Body;

use crate::body::VerifiedBody;

impl From<VerifiedBody> for Body {
    fn from(body: VerifiedBody) -> Self {
        Self::new(body)
    }
}
