use zeroize::Zeroizing;

use crate::{
    mac::{self, Algorithm},
    scheme::{Encoding, Spec},
};

/// Room for a signature and for what decoding base64 may need beside it.
type Room = [u8; mac::MAX_LEN + 2];

/// The signatures of a request, decoded. The first is kept in place, as there is seldom another.
#[derive(Clone)]
pub(super) struct Candidates {
    first: Room,
    /// Of the first, in bytes; nothing if there is none.
    len: usize,
    /// Others, and those that are of any length.
    rest: Vec<Vec<u8>>,
}

impl Default for Candidates {
    fn default() -> Self {
        Self {
            first: [0; mac::MAX_LEN + 2],
            len: 0,
            rest: Vec::new(),
        }
    }
}

impl Candidates {
    /// More signatures than keys that anybody rotates between.
    pub(super) const LIMIT: usize = 16;

    /// Adds a signature, if it can be one.
    pub(super) fn decode(&mut self, text: &[u8], spec: &Spec) {
        let (encoding, signature_len) = (spec.encoding, spec.algorithm.signature_len());
        let Some(len) = signature_len.filter(|len| *len <= mac::MAX_LEN) else {
            // What was sent is in memory already, so its length is a bound.
            let mut room = vec![0; text.len() + 2];
            let decoded = encoding.decode(text, &mut room);
            let decoded = decoded.filter(|it| signature_len.is_none_or(|len| it.len() == len));
            self.rest.extend(decoded.map(<[u8]>::to_vec));
            return;
        };
        let decode = |room: &mut Room| {
            let decoded = if spec.algorithm == Algorithm::Token {
                token(text, encoding, room)
            } else {
                encoding.decode(text, room).map(<[u8]>::len)
            };
            decoded == Some(len)
        };
        if self.len == 0 {
            if decode(&mut self.first) {
                self.len = len;
            }
        } else {
            let mut room = [0; mac::MAX_LEN + 2];
            if decode(&mut room) {
                self.rest.extend(room.get(..len).map(<[u8]>::to_vec));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0 && self.rest.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let first = self.first.get(..self.len);
        let first = first.filter(|first| !first.is_empty());
        first.into_iter().chain(self.rest.iter().map(Vec::as_slice))
    }
}

/// Puts what stands for a token into `room`, and gives its length.
fn token(text: &[u8], encoding: Encoding, room: &mut Room) -> Option<usize> {
    // What was sent is in memory already, so its length is a bound.
    let mut sent = Zeroizing::new(vec![0; text.len() + 2]);
    let sent = encoding.decode(text, &mut sent)?;
    let digest = mac::token(sent);
    room.get_mut(..digest.len())?.copy_from_slice(&digest);
    Some(digest.len())
}
