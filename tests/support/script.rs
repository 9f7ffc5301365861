//! Request bodies that arrive step by step, or fail.

use std::{
    collections::VecDeque,
    error::Error,
    fmt,
    future::Future as _,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// One step of a [`Script`].
#[derive(Clone)]
pub(crate) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    /// Waits this long.
    Wait(Duration),
    /// Fails with [`BrokenOff`].
    Fail,
    /// Stays pending forever.
    Silence,
}

impl Step {
    pub(crate) fn data(bytes: impl AsRef<[u8]>) -> Self {
        Self::Data(Bytes::copy_from_slice(bytes.as_ref()))
    }

    pub(crate) fn trailer(name: &'static str, value: &'static str) -> Self {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        Self::Trailers(HeaderMap::from_iter([(name, value)]))
    }
}

/// A request body that takes one step after the other.
pub(crate) struct Script {
    pub(crate) steps: VecDeque<Step>,
    /// Takes the last step again and again.
    pub(crate) repeats_last: bool,
    pub(crate) state: Arc<ScriptState>,
    size: Option<u64>,
    knows_its_end: bool,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Script {
    /// A body of these steps, whose length is not known.
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            size: None,
            knows_its_end: false,
            sleep: None,
            repeats_last: false,
            state: Arc::default(),
        }
    }

    /// No frame at all.
    pub(crate) fn none() -> Self {
        Self::new([]).of_size(0).knowing_its_end()
    }

    /// Reports the end of the stream as soon as the last step is taken.
    pub(crate) fn knowing_its_end(mut self) -> Self {
        self.knows_its_end = true;
        self
    }

    /// One frame of known length.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Self::none();
        }
        let size = bytes.len() as u64;
        Self::new([Step::Data(bytes)])
            .of_size(size)
            .knowing_its_end()
    }

    /// Frames of `size` bytes. The length of the body is not known.
    pub(crate) fn chunks(bytes: &[u8], size: usize) -> Self {
        Self::new(bytes.chunks(size).map(Step::data))
    }

    /// Announces this length, true or not.
    pub(crate) fn of_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }
}

impl From<Bytes> for Script {
    fn from(bytes: Bytes) -> Self {
        Self::whole(bytes)
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        this.state.polls.fetch_add(1, Ordering::SeqCst);
        loop {
            if let Some(sleep) = &mut this.sleep {
                std::task::ready!(sleep.as_mut().poll(cx));
                this.sleep = None;
            }
            let step = if this.repeats_last && this.steps.len() == 1 {
                this.steps.front().cloned()
            } else {
                this.steps.pop_front()
            };
            let frame = match step {
                None => return Poll::Ready(None),
                Some(Step::Data(bytes)) => Ok(Frame::data(bytes)),
                Some(Step::Trailers(trailers)) => Ok(Frame::trailers(trailers)),
                Some(Step::Fail) => Err(BrokenOff),
                Some(Step::Silence) => {
                    this.steps.push_front(Step::Silence);
                    return Poll::Pending;
                }
                Some(Step::Wait(time)) => {
                    this.sleep = Some(Box::pin(tokio::time::sleep(time)));
                    continue;
                }
            };
            if let Some(data) = frame.as_ref().ok().and_then(Frame::data_ref) {
                let length = data.len() as u64;
                this.size = this.size.map(|left| left.saturating_sub(length));
            }
            return Poll::Ready(Some(frame));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.knows_its_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.size.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.state.is_dropped.store(true, Ordering::SeqCst);
    }
}

/// What happened to a [`Script`].
#[derive(Debug, Default)]
pub(crate) struct ScriptState {
    pub(crate) polls: AtomicUsize,
    pub(crate) is_dropped: AtomicBool,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}

/// The error of a body that breaks off.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection reset")
    }
}

impl Error for BrokenOff {}
