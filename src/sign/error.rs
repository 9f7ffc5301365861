//! The error of the signing middleware.

use std::{convert::Infallible, error::Error, fmt};

use crate::signer::SignError;

type BoxError = Box<dyn Error + Send + Sync>;

/// The error of [`Sign`](super::Sign): the request was not sent, or the inner service failed.
///
/// [`source`](Error::source) returns the cause. For an error of the inner service, the message and
/// the source are those of that error.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError<E> {
    /// Reading the body of the request failed. The request was not sent.
    Body(BodyError),
    /// The inner service returned an error.
    Inner(E),
    /// The request cannot be signed. It was not sent.
    Sign(SignError),
}

impl<E: Into<BoxError>> SendError<E> {
    /// Converts the error into a boxed error. An inner error that is boxed already is not boxed
    /// again.
    ///
    /// `Box<dyn Error>` does not implement [`Error`], and neither does a `SendError` that contains
    /// one. If an inner layer returns boxed errors, such as `tower`'s timeout or buffer, put
    /// `map_err(SendError::into_boxed)` outside [`SignLayer`](super::SignLayer).
    /// [`DeliveryRetry`](super::DeliveryRetry) accepts both errors.
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

/// The error of a request body that could not be read to its end.
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
