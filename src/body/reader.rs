//! The reader of request bodies, which the receiving and the sending middleware share. It enforces
//! the size limit, the deadline and the memory budget.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::Body;
use http_body_util::LengthLimitError;

use super::{
    Buffer, MemoryBudget,
    budget::{Reservation, ReserveError},
};
use crate::deadline::Deadline;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The maximum number of frames that one poll reads. A body that always has another frame would
/// otherwise keep the thread from other tasks.
const MAX_FRAMES_PER_POLL: usize = 256;

/// Reads a body to its end, within a size limit, a deadline and a memory budget.
#[derive(Default)]
pub(crate) struct BodyReader {
    limit: usize,
    deadline: Option<Duration>,
    timer: Deadline,
    /// Shares its lifetime with the frames: the bytes are released once the frames are taken.
    reservation: Reservation,
    frames: Buffer,
    trailers: Option<Box<HeaderMap>>,
}

/// Why a body could not be read to its end.
pub(crate) enum ReadError {
    /// The body is longer than `limit` bytes.
    TooLarge { limit: usize },
    /// The memory budget is used up by other bodies.
    BudgetExhausted,
    /// The body did not arrive within the deadline.
    Timeout { deadline: Duration },
    /// The body failed. The error is the body's own.
    Body(BoxError),
}

impl BodyReader {
    /// Creates a reader that accepts at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Lowers the limit.
    pub(crate) fn lower_limit(&mut self, limit: usize) {
        self.limit = self.limit.min(limit);
    }

    /// Sets the time that the body may take, from the moment that a poll first has to wait.
    pub(crate) fn deadline(mut self, deadline: Option<Duration>) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the budget that the bytes are reserved from.
    pub(crate) fn budget(mut self, budget: Option<&MemoryBudget>) -> Self {
        self.reservation = Reservation::new(budget);
        self
    }

    /// The frames that have arrived.
    pub(crate) fn frames(&self) -> &Buffer {
        &self.frames
    }

    /// Whether the body ended with trailers.
    pub(crate) fn has_trailers(&self) -> bool {
        self.trailers.is_some()
    }

    /// Releases the reserved bytes, and keeps the frames.
    pub(crate) fn release_budget(&mut self) {
        self.reservation = Reservation::default();
    }

    /// Takes the frames and the trailers, and releases the reserved bytes.
    pub(crate) fn take(&mut self) -> (Buffer, Option<Box<HeaderMap>>) {
        self.release_budget();
        (std::mem::take(&mut self.frames), self.trailers.take())
    }

    /// Reads until the body ends. `on_data` gets each data frame that is not empty, together with
    /// the frames before it.
    pub(crate) fn poll<B>(
        &mut self,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
        mut on_data: impl FnMut(&Buffer, &Bytes),
    ) -> Poll<Result<(), ReadError>>
    where
        B: Body<Error: Into<BoxError>>,
    {
        // The timer is polled before the body. A body that uses up Tokio's cooperative budget would
        // otherwise keep the timer from ever firing.
        let is_over = self.timer.is_over(cx);
        self.check_announced(body.size_hint().lower())?;
        for _ in 0..MAX_FRAMES_PER_POLL {
            let mut frame = match body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Err(ReadError::Body(error.into())));
                }
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending => return self.wait(is_over, cx),
            };
            let is_last = body.is_end_stream();
            let Some(data) = frame.data_mut() else {
                self.trailers = frame.into_trailers().ok().map(Box::new);
                return Poll::Ready(Ok(()));
            };
            if data.has_remaining() {
                self.reserve(data.remaining())?;
                // Does not copy if the data is `Bytes` already.
                let data = data.copy_to_bytes(data.remaining());
                on_data(&self.frames, &data);
                self.frames.push(data);
            }
            if is_last {
                return Poll::Ready(Ok(()));
            }
        }
        cx.waker().wake_by_ref();
        self.wait(is_over, cx)
    }

    /// Rejects a body that announces more bytes than may still come.
    fn check_announced(&self, lower: u64) -> Result<(), ReadError> {
        let limit = self.limit;
        let left = limit.saturating_sub(self.frames.len());
        match usize::try_from(lower) {
            Ok(lower) if lower <= left => Ok(()),
            _ => Err(ReadError::TooLarge { limit }),
        }
    }

    /// Reserves the bytes of a frame before it is copied or kept.
    fn reserve(&mut self, bytes: usize) -> Result<(), ReadError> {
        let limit = self.limit;
        if bytes > limit.saturating_sub(self.frames.len()) {
            return Err(ReadError::TooLarge { limit });
        }
        self.reservation.grow(bytes).map_err(|error| match error {
            ReserveError::ExceedsTotal(limit) => ReadError::TooLarge { limit },
            ReserveError::Exhausted => ReadError::BudgetExhausted,
        })
    }

    /// Waits for more of the body, until the deadline.
    fn wait(&mut self, is_over: bool, cx: &mut Context<'_>) -> Poll<Result<(), ReadError>> {
        match self.deadline {
            Some(deadline) if is_over || self.timer.begin(deadline, cx) => {
                Poll::Ready(Err(ReadError::Timeout { deadline }))
            }
            _ => Poll::Pending,
        }
    }
}

/// Whether an error of a body means that a layer outside, such as tower-http's
/// `RequestBodyLimitLayer`, cut the body off at its own limit.
pub(crate) fn is_length_limit(error: &(dyn Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(cause) = error {
        if cause.is::<LengthLimitError>() {
            return true;
        }
        error = cause.source();
    }
    false
}
