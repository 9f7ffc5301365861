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
    /// `None` if it depends on the key.
    len: Option<usize>,
    encoding: Encoding,
    is_token: bool,
    is_empty: bool,
    first: Room,
    /// Others, and those that are of any length.
    rest: Vec<Vec<u8>>,
}

impl Candidates {
    /// More signatures than keys that anybody rotates between.
    pub(super) const LIMIT: usize = 16;

    pub(super) fn new(spec: &Spec) -> Self {
        Self {
            len: spec.algorithm.signature_len(),
            encoding: spec.encoding,
            is_token: spec.algorithm == Algorithm::Token,
            is_empty: true,
            first: [0; mac::MAX_LEN + 2],
            rest: Vec::new(),
        }
    }

    /// Adds a signature, if it can be one.
    pub(super) fn decode(&mut self, text: &[u8]) {
        let Some(len) = self.len.filter(|len| *len <= mac::MAX_LEN) else {
            // What was sent is in memory already, so its length is a bound.
            let mut room = vec![0; text.len() + 2];
            let decoded = self.encoding.decode(text, &mut room);
            let decoded = decoded.filter(|it| self.len.is_none_or(|len| it.len() == len));
            self.rest.extend(decoded.map(<[u8]>::to_vec));
            return;
        };
        let (encoding, is_token) = (self.encoding, self.is_token);
        let decode = |room: &mut Room| {
            let decoded = if is_token {
                token(text, encoding, room)
            } else {
                encoding.decode(text, room).map(<[u8]>::len)
            };
            decoded == Some(len)
        };
        if self.is_empty {
            self.is_empty = !decode(&mut self.first);
        } else {
            let mut room = [0; mac::MAX_LEN + 2];
            if decode(&mut room) {
                self.rest.extend(room.get(..len).map(<[u8]>::to_vec));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.is_empty && self.rest.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let first = self.first.get(..self.len.unwrap_or_default());
        let first = first.filter(|_| !self.is_empty);
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
