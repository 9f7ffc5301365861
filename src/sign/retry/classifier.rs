//! The decision whether a delivery is sent again.

use std::error::Error;

use http::{Response, StatusCode};

use crate::{
    sign::{BodyError, SendError},
    signer::SignError,
};

/// The meaning of a response, or of an error, for a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Classification {
    /// The delivery did not arrive. Another attempt may succeed.
    Retry,
    /// The delivery arrived.
    Delivered,
    /// The receiver wants no more deliveries. Neither this delivery nor any other should be sent.
    Gone,
    /// The delivery did not arrive, and another attempt would fail too.
    Rejected,
}

/// Decides whether a delivery is sent again. Implemented for closures.
pub trait Classifier<R, E> {
    /// Classifies the result of an attempt.
    fn classify(&mut self, result: Result<&Response<R>, &E>) -> Classification;
}

impl<R, E, F> Classifier<R, E> for F
where
    F: FnMut(Result<&Response<R>, &E>) -> Classification,
{
    fn classify(&mut self, result: Result<&Response<R>, &E>) -> Classification {
        self(result)
    }
}

/// Classifies a response by its status, as HTTP and Standard Webhooks specify.
///
/// | | |
/// | --- | --- |
/// | 2xx | delivered |
/// | 408, 409, 425, 429, 5xx | retry |
/// | 410 | gone |
/// | any other, including redirects | rejected |
/// | an error | retry, unless it is [final](SendFailure::is_final) |
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct StatusClassifier;

impl<R, E: SendFailure> Classifier<R, E> for StatusClassifier {
    fn classify(&mut self, result: Result<&Response<R>, &E>) -> Classification {
        let status = match result {
            Ok(response) => response.status(),
            Err(error) if error.is_final() => return Classification::Rejected,
            Err(_) => return Classification::Retry,
        };
        match status {
            StatusCode::GONE => Classification::Gone,
            StatusCode::REQUEST_TIMEOUT
            | StatusCode::CONFLICT
            | StatusCode::TOO_EARLY
            | StatusCode::TOO_MANY_REQUESTS => Classification::Retry,
            status if status.is_success() => Classification::Delivered,
            status if status.is_server_error() => Classification::Retry,
            _ => Classification::Rejected,
        }
    }
}

/// An error of an attempt to send a delivery.
pub trait SendFailure {
    /// Returns whether another attempt would fail in the same way: the delivery cannot be signed,
    /// so it was not sent.
    ///
    /// All other errors are assumed to be temporary, such as failed connections and timeouts.
    ///
    /// This includes errors that will never disappear, such as an `https` URL with hyper-util's
    /// `HttpConnector`. Such a delivery is retried until the end of the schedule. Test a URL once
    /// before you queue deliveries for it, or write a [`Classifier`] that knows the errors of your
    /// client.
    /// deliveries to it are queued, or let a [`Classifier`] of your own know your client's errors.
    fn is_final(&self) -> bool;
}

impl<E> SendFailure for SendError<E> {
    fn is_final(&self) -> bool {
        !matches!(self, Self::Inner(_))
    }
}

/// The boxed error of a layer between the retries and [`Sign`](crate::sign::Sign), such as
/// `tower`'s timeout.
impl SendFailure for Box<dyn Error + Send + Sync> {
    fn is_final(&self) -> bool {
        let mut error: Option<&(dyn Error + 'static)> = Some(&**self);
        while let Some(cause) = error {
            if cause.is::<SignError>() || cause.is::<BodyError>() {
                return true;
            }
            error = cause.source();
        }
        false
    }
}
