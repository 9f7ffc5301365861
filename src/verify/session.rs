use std::{fmt, sync::Arc};

use http::HeaderValue;

use super::{Verified, head::Claims, verifier::Shared};
use crate::{
    mac::{self, Algorithm, Mac},
    rejection::{Rejection, RejectionKind},
    scheme::{Encoding, UnixTime},
};

/// One delivery under verification; made by [`Verifier::begin`](super::Verifier::begin).
///
/// The MAC runs over the body as it arrives, under the current key. Nothing of the body is kept.
#[must_use = "a delivery is verified only once `finish` says so"]
pub struct Session {
    shared: Arc<Shared>,
    candidates: Candidates,
    claimed: Claimed,
    text: SignedText,
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

/// The signed text but for the body, in one piece, as most schemes have none.
struct SignedText {
    text: Vec<u8>,
    /// How much of it comes before the body.
    before: usize,
}

impl SignedText {
    fn before(&self) -> &[u8] {
        self.text.get(..self.before).unwrap_or_default()
    }

    fn after(&self) -> &[u8] {
        self.text.get(self.before..).unwrap_or_default()
    }
}

/// What goes from the head into [`Verified`].
#[derive(Default)]
pub(super) struct Claimed {
    pub(super) id: Option<HeaderValue>,
    pub(super) time: Option<UnixTime>,
}

impl Session {
    #[inline]
    pub(super) fn new(shared: &Arc<Shared>, claims: Claims<'_>) -> Result<Self, Rejection> {
        let message = &shared.provider.scheme().spec().message;
        let mut text = Vec::new();
        let reject = |kind| shared.reject(kind);
        claims.write(&message.before, &mut text).map_err(reject)?;
        let before = text.len();
        claims.write(&message.after, &mut text).map_err(reject)?;
        Ok(Self {
            text: SignedText { text, before },
            claimed: Claimed {
                id: claims.id.cloned(),
                time: claims.time,
            },
            candidates: claims.candidates,
            shared: Arc::clone(shared),
            streamed: None,
        })
    }

    /// Takes the next piece of the raw body, of any length.
    pub fn update(&mut self, piece: &[u8]) {
        let Self {
            shared,
            text,
            streamed,
            ..
        } = self;
        let streamed = streamed.get_or_insert_with(|| {
            let mut mac = shared.keys.current.key.begin();
            mac.update(text.before());
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
            text,
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
                    mac.update(text.after());
                    mac.finish_as_one_of(signatures)
                }
                None => key.key.signs(
                    |mac| {
                        mac(text.before());
                        body.clone()
                            .into_iter()
                            .for_each(|piece| mac(piece.as_ref()));
                        mac(text.after());
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
