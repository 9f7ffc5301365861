use std::{borrow::Cow, fmt, sync::Arc};

use http::HeaderValue;
use subtle::Choice;

use super::{Verified, head::Claims, keyring::LabelledKey, verifier::Shared};
use crate::{
    mac::{self, Algorithm, Mac, Tag},
    rejection::{Rejection, RejectionKind},
    scheme::{Encoding, Part, UnixNanos},
};

/// One delivery under verification; made by [`Verifier::begin`](super::Verifier::begin).
///
/// The MAC runs over the body as it arrives, under the current key. Nothing of the body is kept.
#[must_use = "a delivery is verified only once `finish` says so"]
pub struct Session {
    shared: Arc<Shared>,
    mac: Mac,
    candidates: Candidates,
    claimed: Claimed,
    /// The signed text before the body; kept only for previous keys.
    before: Vec<u8>,
    /// The signed text after the body.
    after: Vec<u8>,
}

/// What goes from the head into [`Verified`].
pub(super) struct Claimed {
    pub(super) id: Option<HeaderValue>,
    pub(super) time: Option<UnixNanos>,
}

impl Session {
    pub(super) fn new(shared: &Arc<Shared>, claims: Claims<'_>) -> Result<Self, RejectionKind> {
        let spec = shared.provider.scheme().spec();
        let mut mac = shared.keys.current.key.begin();
        let mut before = Vec::new();
        for (part, end) in spec.message.before() {
            let text = claims.part(part)?;
            if end.is_some_and(|end| ends_twice(text, end)) {
                unambiguous(part)?;
            }
            mac.update(text);
            if !shared.keys.previous.is_empty() {
                before.extend_from_slice(text);
            }
        }
        let mut after = Vec::new();
        for (part, start) in spec.message.after() {
            let text = claims.part(part)?;
            if start.is_some_and(|start| starts_twice(text, start)) {
                unambiguous(part)?;
            }
            after.extend_from_slice(text);
        }
        let claimed = Claimed {
            id: claims.id.cloned(),
            time: claims.time,
        };
        let shared = Arc::clone(shared);
        Ok(Self {
            shared,
            mac,
            candidates: claims.candidates,
            claimed,
            before,
            after,
        })
    }

    /// Takes the next piece of the raw body, of any length.
    pub fn update(&mut self, piece: &[u8]) {
        self.mac.update(piece);
    }

    /// Compares the signatures with that of all pieces.
    ///
    /// `body` is the same pieces again, however they are cut. They are read only if the current
    /// key does not match and there are previous ones, once for each.
    ///
    /// # Errors
    ///
    /// [`RejectionKind::SignatureMismatch`] if no signature is that of this request under any key.
    ///
    /// # Security
    ///
    /// Every signature is compared with every MAC in a time that does not depend on where they differ.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "iterators are handed over, not lent"
    )]
    pub fn finish<I>(self, body: I) -> Result<Verified, Rejection>
    where
        I: IntoIterator<Item: AsRef<[u8]>> + Clone,
    {
        let Self {
            shared,
            mut mac,
            candidates,
            claimed,
            before,
            after,
        } = self;
        let verified = |key: &LabelledKey, claimed| {
            Verified::new(shared.provider.scheme().clone(), key, claimed)
        };
        mac.update(&after);
        if candidates.contain(&mac.finish()) {
            return Ok(verified(&shared.keys.current, claimed));
        }
        for previous in &shared.keys.previous {
            let mut mac = previous.key.begin();
            mac.update(&before);
            for piece in body.clone() {
                mac.update(piece.as_ref());
            }
            mac.update(&after);
            if candidates.contain(&mac.finish()) {
                return Ok(verified(previous, claimed));
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

/// The signatures of a request, decoded. The first is kept in place, as there is seldom another.
pub(super) struct Candidates {
    len: usize,
    first: Option<[u8; mac::MAX_LEN]>,
    rest: Vec<[u8; mac::MAX_LEN]>,
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
        let mut bytes = [0; mac::MAX_LEN];
        let len = encoding.decode(text, &mut bytes).map(<[u8]>::len);
        if len != Some(self.len) {
            return;
        }
        if self.first.is_none() {
            self.first = Some(bytes);
        } else {
            self.rest.push(bytes);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Compares all of them, whether an earlier one matched or not.
    fn contain(&self, tag: &Tag) -> bool {
        let matches = self
            .first
            .iter()
            .chain(&self.rest)
            .fold(Choice::from(0), |found, bytes| {
                found | tag.matches(bytes.get(..self.len).unwrap_or_default())
            });
        matches.into()
    }
}
