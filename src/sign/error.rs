use std::{error::Error, fmt};

use crate::signer::SignError;

type BoxError = Box<dyn Error + Send + Sync>;

/// Why [`Sign`](super::Sign) has no response: nothing was sent, or the client failed.
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

impl<E: fmt::Display> fmt::Display for SendError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::Inner(error) => error.fmt(f),
            Self::Sign(error) => write!(f, "cannot sign the delivery: {error}"),
        }
    }
}

impl<E: Error + 'static> Error for SendError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Body(error) => Some(error),
            Self::Inner(error) => Some(error),
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
        write!(f, "the body of the delivery broke off: {}", self.0)
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
