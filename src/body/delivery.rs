//! The body of an outgoing delivery.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// A body to be sent, whole and in memory. Cloning shares the bytes, so it can be sent again.
///
/// [`Sign`](crate::sign::Sign) hands one to the client, and takes one as any other body.
#[derive(Clone, Default)]
pub struct DeliveryBody {
    data: Bytes,
    trailers: Option<Box<HeaderMap>>,
}

impl DeliveryBody {
    pub(crate) fn new(data: Bytes, trailers: Option<Box<HeaderMap>>) -> Self {
        Self { data, trailers }
    }

    /// Returns the bytes; trailers are dropped.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.data
    }
}

impl<T: Into<Bytes>> From<T> for DeliveryBody {
    fn from(data: T) -> Self {
        Self::new(data.into(), None)
    }
}

impl Body for DeliveryBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = std::mem::take(&mut self.data);
        if !data.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let trailers = self.trailers.take();
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(*trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_empty() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        super::size_hint(self.data.len(), self.trailers.as_deref())
    }
}

impl fmt::Debug for DeliveryBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryBody")
            .field("len", &self.data.len())
            .finish_non_exhaustive()
    }
}
