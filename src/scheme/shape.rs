//! What those ask of a format who make signatures that are not quite right.

use super::signature::{Kind, SignatureFormat};

impl SignatureFormat {
    /// What stands before the signature, if there is one and something does.
    pub(crate) fn prefix(&self) -> Option<&str> {
        match &self.0 {
            Kind::Prefixed { prefix } | Kind::Credentials { prefix } => Some(prefix),
            _ => None,
        }
    }

    /// Whether the value is one signature.
    pub(crate) fn is_single(&self) -> bool {
        matches!(self.0, Kind::Plain | Kind::Prefixed { .. })
    }

    /// Whether items are separated by spaces.
    #[cfg(feature = "testing")]
    pub(crate) fn is_spaced(&self) -> bool {
        match &self.0 {
            Kind::List { items, .. } | Kind::Values { items, .. } => items.starts_with(' '),
            _ => false,
        }
    }
}
