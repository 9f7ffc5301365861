//! The decision whether a delivery is sent again.

use std::error::Error;

use http::{Response, StatusCode};

use crate::{
    sign::{BodyError, SendError},
    signer::SignError,
};

/// What an answer, or its absence, means for a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Classification {
    /// It did not arrive, and may if it is sent again.
    Retry,
    /// It arrived.
    Delivered,
    /// The receiver wants no more deliveries: this one is not sent again, and neither should any
    /// other.
    Gone,
    /// It did not arrive, and would not if it were sent again.
    Rejected,
}

/// Decides whether a delivery is sent again. A closure does too.
pub trait Classifier<R, E> {
    /// What the result of a try means.
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

/// An error of a try to send.
pub trait SendFailure {
    /// Whether it would come again: nothing was sent because the delivery cannot be signed. All
    /// others may be better next time, as far as can be told: connections, time-outs, and
    /// whatever else the client fails with.
    ///
    /// That is so of what a client never can, too, such as an `https` URL over hyper-util's
    /// `HttpConnector`, which is tried as long as the schedule goes on. Try a URL once before
    /// deliveries to it are queued, or let a [`Classifier`] of your own know your client's errors.
    fn is_final(&self) -> bool;
}

impl<E> SendFailure for SendError<E> {
    fn is_final(&self) -> bool {
        !matches!(self, Self::Inner(_))
    }
}

/// As a layer between the retries and [`Sign`](crate::sign::Sign) makes of it, such as `tower`'s
/// time-out.
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
