use std::{fmt, sync::Arc};

use super::{Verified, Verifier, claims::Claims, verified::Id};
use crate::{
    keys::Keyring,
    mac::{self, Algorithm, Key, Mac},
    rejection::{Rejection, RejectionKind},
    scheme::{Encoding, Template, UnixTime},
};

/// One delivery under verification; made by [`Verifier::begin`](super::Verifier::begin).
///
/// The MAC runs over the body as it arrives, under the current key. Nothing of the body is kept.
#[must_use = "a delivery is verified only once `finish` says so"]
pub struct Session {
    verifier: Verifier,
    delivery: Delivery,
}

impl Session {
    pub(super) fn new(verifier: Verifier, delivery: Delivery) -> Self {
        Self { verifier, delivery }
    }

    /// Takes the next piece of the raw body, of any length.
    pub fn update(&mut self, piece: &[u8]) {
        self.delivery.update(&self.verifier, piece);
    }

    /// Compares the signatures with that of all pieces.
    ///
    /// `body` is the whole body again, in pieces of any length: `[body]` if it is one. It is read
    /// once for each previous key, if the current one does not match; and for the current one if it
    /// is not as long as what [`update`](Self::update) was given.
    ///
    /// # Errors
    ///
    /// [`RejectionKind::SignatureMismatch`] if no signature is that of this request under any key,
    /// [`RejectionKind::ExpiredKey`] if it is under one that may not be used any more.
    ///
    /// # Security
    ///
    /// `body` must be the bytes that `update` was given: under the current key their length alone is
    /// compared, and what is proven is what `update` was given.
    ///
    /// All signatures are compared with a key's MAC, in a time that does not depend on where they
    /// differ.
    pub fn finish<I>(mut self, body: I) -> Result<Verified, Rejection>
    where
        I: IntoIterator<Item: AsRef<[u8]> + Copy> + Clone,
    {
        self.delivery.finish(&self.verifier, body)
    }
}

/// A [`Session`] for those who have the verifier at hand: what one delivery has of its own.
pub(crate) struct Delivery {
    candidates: Candidates,
    time: Option<UnixTime>,
    text: SignedText,
    /// What has been given so far. On the heap, because it is large, and most bodies are there in
    /// one piece, which needs none.
    streamed: Option<Box<Streamed>>,
    /// The keys of this delivery, if they are not the verifier's.
    keyring: Option<Arc<Keyring>>,
    /// How many MACs are at least computed before it is refused.
    least_macs: usize,
}

struct Streamed {
    /// Under the current key.
    mac: Mac,
    /// Of the body, in bytes.
    len: usize,
}

/// The signed text but for the body, and the id behind it: one allocation, and none for most
/// schemes.
#[derive(Default)]
struct SignedText {
    text: Vec<u8>,
    /// How much of it comes before the body.
    before: usize,
    /// Where the id begins.
    id: usize,
}

impl SignedText {
    fn before(&self) -> &[u8] {
        self.text.get(..self.before).unwrap_or_default()
    }

    fn after(&self) -> &[u8] {
        self.text.get(self.before..self.id).unwrap_or_default()
    }

    fn into_id(self) -> Option<Id> {
        (self.id < self.text.len()).then(|| Id::at_end(self.text, self.id))
    }
}

impl Delivery {
    #[inline]
    pub(super) fn new(
        message: &Template,
        candidates: Candidates,
        claims: &Claims<'_>,
        keyring: Option<Arc<Keyring>>,
    ) -> Result<Self, RejectionKind> {
        let id = claims.id.unwrap_or_default();
        let mut text = Vec::with_capacity(claims.len(message) + id.len());
        claims.write(&message.before, &mut text)?;
        let before = text.len();
        claims.write(&message.after, &mut text)?;
        let start = text.len();
        text.extend_from_slice(id.as_bytes());
        Ok(Self {
            candidates,
            time: claims.time,
            text: SignedText {
                text,
                before,
                id: start,
            },
            streamed: None,
            keyring,
            least_macs: 0,
        })
    }

    /// Gives the delivery keys of its own, before anything of its body. A refusal costs as if there
    /// were `most` keys, so that it does not tell how many there are.
    pub(crate) fn hold_against(&mut self, keyring: Arc<Keyring>, most: usize) {
        self.keyring = Some(keyring);
        self.least_macs = most;
    }

    /// As [`Session::update`]; `verifier` is the one that the delivery began with.
    pub(crate) fn update(&mut self, verifier: &Verifier, piece: &[u8]) {
        let Self {
            text,
            streamed,
            keyring,
            ..
        } = self;
        let streamed = streamed.get_or_insert_with(|| {
            let keyring = keyring.as_deref().unwrap_or(verifier.keyring());
            let mut mac = keyring.current.key.begin();
            mac.update(text.before());
            Box::new(Streamed { mac, len: 0 })
        });
        streamed.mac.update(piece);
        streamed.len += piece.len();
    }

    /// As [`Session::finish`]; `verifier` is the one that the delivery began with.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "iterators are handed over, not lent"
    )]
    pub(crate) fn finish<I>(&mut self, verifier: &Verifier, body: I) -> Result<Verified, Rejection>
    where
        I: IntoIterator<Item: AsRef<[u8]>> + Clone,
    {
        let Self {
            candidates,
            time,
            text,
            streamed,
            keyring,
            least_macs,
        } = self;
        let len: usize = body
            .clone()
            .into_iter()
            .map(|piece| piece.as_ref().len())
            .sum();
        let signs = |key: &Key| {
            key.signs(
                |mac| {
                    mac(text.before());
                    body.clone()
                        .into_iter()
                        .for_each(|piece| mac(piece.as_ref()));
                    mac(text.after());
                },
                candidates.iter(),
            )
        };
        let keyring = keyring.as_deref().unwrap_or(verifier.keyring());
        let mut kind = if keyring.is_decoy() {
            RejectionKind::UnknownTenant
        } else {
            RejectionKind::SignatureMismatch
        };
        for (at, key) in keyring.iter().enumerate() {
            let whole = streamed.take().filter(|streamed| streamed.len == len);
            let matches = match whole {
                Some(mut streamed) => {
                    streamed.mac.update(text.after());
                    streamed.mac.is_one_of(candidates.iter())
                }
                None => signs(&key.key),
            };
            if !matches || keyring.is_decoy() {
                continue;
            }
            if !key.is_valid(|| verifier.now()) {
                let label = key.label.clone();
                kind = RejectionKind::ExpiredKey { label };
                continue;
            }
            if at > 0 {
                keyring.tell_in_use(key, &verifier.scheme().spec().name);
            }
            let id = std::mem::take(text).into_id();
            let tenant = keyring.tenant();
            return Ok(Verified::new(verifier.scheme(), tenant, key, id, *time));
        }
        for _ in keyring.len()..*least_macs {
            std::hint::black_box(signs(&verifier.keyring().current.key));
        }
        Err(verifier.reject(kind))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("provider", &self.verifier.scheme().name())
            .finish_non_exhaustive()
    }
}

/// Room for a signature and for what decoding base64 may need beside it.
type Room = [u8; mac::MAX_LEN + 2];

/// The signatures of a request, decoded. The first is kept in place, as there is seldom another.
pub(super) struct Candidates {
    len: usize,
    is_empty: bool,
    first: Room,
    rest: Vec<Room>,
}

impl Candidates {
    /// More signatures than keys that anybody rotates between.
    pub(super) const LIMIT: usize = 16;

    pub(super) fn new(algorithm: Algorithm) -> Self {
        Self {
            len: algorithm.signature_len(),
            is_empty: true,
            first: [0; mac::MAX_LEN + 2],
            rest: Vec::new(),
        }
    }

    /// Adds a signature, if it can be one.
    pub(super) fn decode(&mut self, text: &[u8], encoding: Encoding) {
        let decode = |room: &mut Room| encoding.decode(text, room).map(<[u8]>::len);
        if self.is_empty {
            self.is_empty = decode(&mut self.first) != Some(self.len);
        } else {
            let mut room = [0; mac::MAX_LEN + 2];
            if decode(&mut room) == Some(self.len) {
                self.rest.push(room);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let first = (!self.is_empty).then_some(&self.first);
        let all = first.into_iter().chain(&self.rest);
        all.map(|room| room.get(..self.len).unwrap_or_default())
    }
}
