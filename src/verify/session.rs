use std::{borrow::Cow, fmt, sync::Arc};

use http::HeaderValue;

use super::{Verified, head::Claims, verifier::Shared};
use crate::{
    mac::{self, Algorithm, Mac},
    rejection::{Rejection, RejectionKind},
    scheme::{Encoding, Part, UnixTime},
};

/// One delivery under verification; made by [`Verifier::begin`](super::Verifier::begin).
///
/// The MAC runs over the body as it arrives, under the current key. Nothing of the body is kept.
#[must_use = "a delivery is verified only once `finish` says so"]
pub struct Session {
    shared: Arc<Shared>,
    candidates: Candidates,
    claimed: Claimed,
    /// The signed text before the body.
    before: Vec<u8>,
    /// The signed text after the body.
    after: Vec<u8>,
    /// What has been given so far. On the heap, because it is large, and most bodies are there in
    /// one piece, which needs none.
    streamed: Option<Box<Streamed>>,
}

struct Streamed {
    /// Under the current key.
    mac: Mac,
    /// Of the body, in bytes.
    len: usize,
}

/// What goes from the head into [`Verified`].
#[derive(Default)]
pub(super) struct Claimed {
    pub(super) id: Option<HeaderValue>,
    pub(super) time: Option<UnixTime>,
}

impl Session {
    #[inline]
    pub(super) fn new(shared: &Arc<Shared>, claims: Claims<'_>) -> Result<Self, RejectionKind> {
        let message = &shared.provider.scheme().spec().message;
        let mut before = Vec::new();
        for (part, end) in message.before() {
            let text = claims.part(part)?;
            if end.is_some_and(|end| ends_twice(text, end)) {
                unambiguous(part)?;
            }
            before.extend_from_slice(text);
        }
        let mut after = Vec::new();
        for (part, start) in message.after() {
            let text = claims.part(part)?;
            if start.is_some_and(|start| starts_twice(text, start)) {
                unambiguous(part)?;
            }
            after.extend_from_slice(text);
        }
        Ok(Self {
            shared: Arc::clone(shared),
            claimed: Claimed {
                id: claims.id.cloned(),
                time: claims.time,
            },
            candidates: claims.candidates,
            before,
            after,
            streamed: None,
        })
    }

    /// Takes the next piece of the raw body, of any length.
    pub fn update(&mut self, piece: &[u8]) {
        let Self {
            shared,
            before,
            streamed,
            ..
        } = self;
        let streamed = streamed.get_or_insert_with(|| {
            let mut mac = shared.keys.current.key.begin();
            mac.update(before);
            Box::new(Streamed { mac, len: 0 })
        });
        streamed.mac.update(piece);
        streamed.len += piece.len();
    }

    /// Compares the signatures with that of all pieces.
    ///
    /// `body` is the whole body, the same bytes as before however they are cut. It is read once for
    /// each previous key, and only if the current one does not match; and for the current one if it
    /// is not as long as what [`update`](Self::update) was given, so that no byte of it is accepted
    /// unseen.
    ///
    /// # Errors
    ///
    /// [`RejectionKind::SignatureMismatch`] if no signature is that of this request under any key.
    ///
    /// # Security
    ///
    /// Every signature is compared with every MAC in a time that does not depend on where they differ.
    pub fn finish<I>(mut self, body: I) -> Result<Verified, Rejection>
    where
        I: IntoIterator<Item: AsRef<[u8]>> + Clone,
    {
        self.conclude(body)
    }

    /// As [`finish`](Self::finish), in place.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "iterators are handed over, not lent"
    )]
    pub(crate) fn conclude<I>(&mut self, body: I) -> Result<Verified, Rejection>
    where
        I: IntoIterator<Item: AsRef<[u8]>> + Clone,
    {
        let Self {
            shared,
            candidates,
            claimed,
            before,
            after,
            streamed,
        } = self;
        let len: usize = body
            .clone()
            .into_iter()
            .map(|piece| piece.as_ref().len())
            .sum();
        let keys = &shared.keys;
        for key in std::iter::once(&keys.current).chain(&keys.previous) {
            let signatures = candidates.iter();
            let whole = streamed.take().filter(|streamed| streamed.len == len);
            let matches = match whole {
                Some(streamed) => {
                    let Streamed { mut mac, .. } = *streamed;
                    mac.update(after);
                    mac.finish_as_one_of(signatures)
                }
                None => key.key.signs(
                    |mac| {
                        mac(before);
                        body.clone()
                            .into_iter()
                            .for_each(|piece| mac(piece.as_ref()));
                        mac(after);
                    },
                    signatures,
                ),
            };
            if matches {
                let claimed = std::mem::take(claimed);
                return Ok(Verified::new(
                    shared.provider.scheme().clone(),
                    key,
                    claimed,
                ));
            }
        }
        Err(shared.reject(RejectionKind::SignatureMismatch))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("provider", &self.shared.provider.scheme().name())
            .finish_non_exhaustive()
    }
}

/// An error for a part whose value also holds the literal that bounds it, unless its form alone
/// says where it ends.
fn unambiguous(part: &Part) -> Result<(), RejectionKind> {
    let part = match part {
        Part::Literal(_) | Part::Timestamp => return Ok(()),
        Part::Header(name) => Cow::Owned(name.to_string()),
        Part::Method => Cow::Borrowed("method"),
        Part::Path => Cow::Borrowed("path"),
    };
    Err(RejectionKind::AmbiguousMessage { part })
}

/// Whether `end` begins inside `text` when it is written after it.
fn ends_twice(text: &[u8], end: &[u8]) -> bool {
    (0..text.len()).any(|at| {
        let tail = text.get(at..).unwrap_or_default();
        tail.starts_with(end)
            || end
                .strip_prefix(tail)
                .is_some_and(|rest| end.starts_with(rest))
    })
}

/// Whether `start` ends inside `text` when it is written before it.
fn starts_twice(text: &[u8], start: &[u8]) -> bool {
    (1..=text.len()).any(|to| {
        let head = text.get(..to).unwrap_or_default();
        head.ends_with(start)
            || start
                .strip_suffix(head)
                .is_some_and(|rest| start.ends_with(rest))
    })
}

/// Room for a signature and for what decoding base64 may need beside it.
type Room = [u8; mac::MAX_LEN + 2];

/// The signatures of a request, decoded. The first is kept in place, as there is seldom another.
pub(super) struct Candidates {
    len: usize,
    first: Option<Room>,
    rest: Vec<Room>,
}

impl Candidates {
    /// More signatures than keys that anybody rotates between.
    pub(super) const LIMIT: usize = 16;

    pub(super) fn new(algorithm: Algorithm) -> Self {
        Self {
            len: algorithm.signature_len(),
            first: None,
            rest: Vec::new(),
        }
    }

    /// Adds a signature, if it can be one.
    pub(super) fn decode(&mut self, text: &[u8], encoding: Encoding) {
        let mut room = [0; mac::MAX_LEN + 2];
        if encoding.decode(text, &mut room).map(<[u8]>::len) != Some(self.len) {
            return;
        }
        if self.first.is_none() {
            self.first = Some(room);
        } else {
            self.rest.push(room);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.first.iter().chain(&self.rest);
        all.map(|room| room.get(..self.len).unwrap_or_default())
    }
}
