//! The decoded signatures of a request.

use smallvec::{SmallVec, smallvec};
use zeroize::Zeroizing;

use crate::{
    mac::{self, Algorithm},
    scheme::Spec,
};

/// The maximum number of bytes that decoding base64 writes in addition to the result.
const PADDING: usize = 2;

/// A decoded signature. Those of public keys may be longer than a MAC.
type Signature = SmallVec<[u8; mac::MAX_LEN + PADDING]>;

/// The decoded signatures of a request. Nearly all requests have one.
#[derive(Clone, Default)]
pub(super) struct Candidates(SmallVec<[Signature; 1]>);

impl Candidates {
    /// The maximum number of signatures, which is more than the number of keys in any rotation.
    pub(super) const LIMIT: usize = 16;

    /// Adds a signature, unless the text cannot be one.
    pub(super) fn decode(&mut self, text: &[u8], spec: &Spec) {
        let signature = if spec.algorithm == Algorithm::Token {
            decode_token(text, spec)
        } else {
            decode(text, spec)
        };
        let len = spec.algorithm.signature_len();
        let is_complete = |signature: &Signature| len.is_none_or(|len| signature.len() == len);
        self.0.extend(signature.filter(is_complete));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(SmallVec::as_slice)
    }
}

fn decode(text: &[u8], spec: &Spec) -> Option<Signature> {
    // Without a fixed length, the length of the text is the bound. It is in memory already.
    let max_len = spec.algorithm.signature_len().unwrap_or(text.len());
    let mut signature: Signature = smallvec![0; max_len + PADDING];
    let len = spec.encoding.decode(text, &mut signature)?.len();
    signature.truncate(len);
    Some(signature)
}

/// Decodes a token and returns its digest. Digests are compared instead of tokens, so that the time
/// does not depend on the length of the secret.
fn decode_token(text: &[u8], spec: &Spec) -> Option<Signature> {
    let mut token = Zeroizing::new(vec![0; text.len() + PADDING]);
    let token = spec.encoding.decode(text, &mut token)?;
    Some(SmallVec::from_slice(&mac::token(token)))
}
