//! The error of the signing middleware.

use std::{convert::Infallible, error::Error, fmt};

use crate::signer::SignError;

type BoxError = Box<dyn Error + Send + Sync>;

/// Why [`Sign`](super::Sign) has no response: nothing was sent, or the client failed.
///
/// What it was caused by is its [`source`](Error::source); of an error of the inner service the
/// message and the source are those of that error.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError<E> {
    /// The body of the request broke off. Nothing was sent.
    Body(BodyError),
    /// The error of the inner service.
    Inner(E),
    /// The request cannot be signed. Nothing was sent.
    Sign(SignError),
}

impl<E: Into<BoxError>> SendError<E> {
    /// The error in a box; one of the inner service that is in a box already, as it is.
    ///
    /// A box is no [`Error`] itself, and so neither is this with a box in it: where a layer inside
    /// makes boxes, such as `tower`'s time-out or buffer, put `map_err(SendError::into_boxed)`
    /// outside of [`SignLayer`](super::SignLayer). [`DeliveryRetry`](super::DeliveryRetry)
    /// knows both.
    pub fn into_boxed(self) -> BoxError {
        match self {
            Self::Body(error) => Box::new(SendError::<Infallible>::Body(error)),
            Self::Inner(error) => error.into(),
            Self::Sign(error) => Box::new(SendError::<Infallible>::Sign(error)),
        }
    }
}

impl<E: fmt::Display> fmt::Display for SendError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(_) => f.write_str("cannot send the delivery"),
            Self::Inner(error) => error.fmt(f),
            Self::Sign(_) => f.write_str("cannot sign the delivery"),
        }
    }
}

impl<E: Error + 'static> Error for SendError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Body(error) => Some(error),
            Self::Inner(error) => error.source(),
            Self::Sign(error) => Some(error),
        }
    }
}

/// The body of a request broke off before it was there as a whole.
#[derive(Debug)]
pub struct BodyError(BoxError);

impl BodyError {
    pub(super) fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to read its body")
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
