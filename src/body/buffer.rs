use std::{collections::VecDeque, iter};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use super::VerifiedBody;

/// A frame at least this long is kept as it came. A shorter one is copied, because holding it
/// costs more than its bytes: a place in the queue, and whatever it was cut out of.
const KEEP: usize = 4 << 10;

/// Where short frames are collected: blocks of this size, so that growing moves little.
const BLOCK: usize = 64 << 10;

/// The body as far as it has arrived.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// The first frame, which is nearly always the only one.
    first: Bytes,
    rest: VecDeque<Bytes>,
    /// Short frames, after all of `rest`.
    block: BytesMut,
    len: usize,
}

impl Buffer {
    pub(crate) fn len(&self) -> usize {
        self.len
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
        if self.first.len() < KEEP && self.rest.is_empty() && self.block.is_empty() {
            self.block
                .extend_from_slice(&std::mem::take(&mut self.first));
        }
        if frame.len() < KEEP {
            self.block.extend_from_slice(&frame);
            if self.block.len() >= BLOCK {
                self.seal();
            }
        } else {
            self.seal();
            self.rest.push_back(frame);
        }
    }

    /// All that has been pushed, in order.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> + Clone {
        iter::once(&self.first[..])
            .chain(self.rest.iter().map(|frame| &frame[..]))
            .chain(iter::once(&self.block[..]))
    }

    pub(crate) fn into_body(mut self, trailers: Option<HeaderMap>) -> VerifiedBody {
        self.seal();
        VerifiedBody::new(self.first, self.rest, trailers)
    }

    fn seal(&mut self) {
        if !self.block.is_empty() {
            self.rest
                .push_back(std::mem::take(&mut self.block).freeze());
        }
    }
}
