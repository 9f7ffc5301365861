//! The frames of a body in memory. Short frames are copied into blocks, so that they do not keep
//! large read buffers in memory.

use std::{borrow::Cow, collections::VecDeque, iter};

use bytes::{Bytes, BytesMut};

/// A frame of at least this length is stored without a copy. A shorter frame is copied if it is not
/// the only one, because storing it costs more than its bytes: an entry in the queue, and the whole
/// buffer that it is a slice of.
const MIN_FRAME: usize = 4 << 10;

/// Short frames are collected in blocks of this size, so that growing a block moves few bytes.
const BLOCK_SIZE: usize = 64 << 10;

/// The body as far as it has arrived.
#[derive(Default)]
pub(crate) struct Buffer {
    /// The first frame, which is nearly always the only one.
    first: Bytes,
    rest: Option<Box<Rest>>,
    len: usize,
}

/// The frames after the first one.
#[derive(Default)]
struct Rest {
    frames: VecDeque<Bytes>,
    /// Short frames, after all others.
    block: BytesMut,
}

impl Buffer {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether there was more than one frame.
    pub(crate) fn is_in_pieces(&self) -> bool {
        self.rest.is_some()
    }

    pub(crate) fn push(&mut self, frame: Bytes) {
        if frame.is_empty() {
            return;
        }
        let is_first = self.len == 0;
        self.len += frame.len();
        if is_first {
            self.first = frame;
            return;
        }
        let first = &mut self.first;
        let rest = self.rest.get_or_insert_with(|| {
            let mut rest = Box::<Rest>::default();
            if first.len() < MIN_FRAME {
                rest.push(std::mem::take(first));
            }
            rest
        });
        rest.push(frame);
    }

    /// All that has been pushed, in order.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let rest = self.rest.as_deref();
        let frames = rest.map(|rest| rest.frames.iter()).unwrap_or_default();
        let block = rest.map(|rest| &rest.block[..]);
        iter::once(&self.first[..])
            .chain(frames.map(|frame| &frame[..]))
            .chain(block)
    }

    /// All that has been pushed, in one piece; copied only if it came in several.
    pub(crate) fn into_bytes(mut self) -> Bytes {
        let Some(first) = self.pop() else {
            return Bytes::new();
        };
        if self.len == 0 {
            return first;
        }
        let mut whole = BytesMut::with_capacity(first.len() + self.len);
        whole.extend_from_slice(&first);
        while let Some(piece) = self.pop() {
            whole.extend_from_slice(&piece);
        }
        whole.freeze()
    }

    /// The whole body in one piece, if it is not longer than `most`.
    pub(crate) fn short(&self, most: usize) -> Option<Cow<'_, [u8]>> {
        if self.len > most {
            return None;
        }
        if self.rest.is_none() {
            return Some(Cow::Borrowed(&self.first));
        }
        let mut body = Vec::with_capacity(self.len);
        self.pieces()
            .for_each(|piece| body.extend_from_slice(piece));
        Some(Cow::Owned(body))
    }

    /// Takes the next frame out. Nothing may be pushed after that.
    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        let next = if self.first.is_empty() {
            self.rest.as_mut()?.pop()?
        } else {
            std::mem::take(&mut self.first)
        };
        self.len -= next.len();
        Some(next)
    }
}

impl Rest {
    fn push(&mut self, frame: Bytes) {
        let is_short = frame.len() < MIN_FRAME;
        // A block does not grow past its size, or it would hold twice of what is in it.
        if !is_short || self.block.len() + frame.len() > BLOCK_SIZE {
            self.seal();
        }
        if is_short {
            self.block.extend_from_slice(&frame);
        } else {
            self.frames.push_back(frame);
        }
    }

    fn pop(&mut self) -> Option<Bytes> {
        if self.frames.is_empty() {
            self.seal();
        }
        self.frames.pop_front()
    }

    fn seal(&mut self) {
        if !self.block.is_empty() {
            self.frames
                .push_back(std::mem::take(&mut self.block).freeze());
        }
    }
}
