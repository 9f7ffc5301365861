//! Length extension: SHA-256 of a secret and a text continues where it stopped, without the secret.

use sha2::block_api::compress256;

/// The padding of a message of this length.
fn padding(len: usize) -> Vec<u8> {
    let mut padding = vec![0x80];
    while (len + padding.len()) % 64 != 56 {
        padding.push(0);
    }
    padding.extend((len as u64 * 8).to_be_bytes());
    padding
}

/// What to append to a message of `len` bytes whose digest is known, and the digest of the whole.
#[must_use]
pub fn extend(digest: [u8; 32], len: usize, suffix: &[u8]) -> (Vec<u8>, [u8; 32]) {
    let mut state = [0; 8];
    for (word, bytes) in state.iter_mut().zip(digest.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let appended = [&padding(len), suffix].concat();
    let blocks = [suffix, &padding(len + appended.len())].concat();
    compress256(&mut state, blocks.as_chunks().0);
    let mut extended = [0; 32];
    for (bytes, word) in extended.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    (appended, extended)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    #[test]
    fn an_extended_digest_is_that_of_the_whole_message() {
        for len in 0..200 {
            let message = vec![b'a'; len];
            let (appended, digest) = super::extend(Sha256::digest(&message).into(), len, b"more");
            let whole = [&message[..], &appended].concat();
            assert_eq!(digest, <[u8; 32]>::from(Sha256::digest(&whole)), "{len}");
        }
    }
}
