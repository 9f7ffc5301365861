//! What is answered, and whether it tells a caller anything.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_LENGTH};

/// The response to a request.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// In what the answers to two requests differ, each sent twice and in turn: not in its value, which
/// may be a secret. What is new in each answer, as a date is, or the id of a request, tells
/// nothing.
pub(super) fn difference(first: [&Answer; 2], again: [&Answer; 2]) -> Option<String> {
    let [one, other] = first;
    if one.status != other.status {
        return Some(format!("{} and {}", one.status, other.status));
    }
    let texts = |of: &dyn Fn(&Answer) -> Vec<u8>| [first.map(of), again.map(of)];
    let mut names = one.headers.keys().chain(other.headers.keys());
    // The body says how long it is.
    let header = names.find(|name| {
        **name != CONTENT_LENGTH && is_telling(&texts(&|answer| values(answer, name)))
    });
    if let Some(name) = header {
        return Some(format!("the header `{name}`"));
    }
    let bodies = texts(&|answer| answer.body.to_vec());
    is_telling(&bodies).then(|| "the body".to_owned())
}

fn values(answer: &Answer, name: &HeaderName) -> Vec<u8> {
    let values = answer.headers.get_all(name).iter();
    let values: Vec<_> = values.map(HeaderValue::as_bytes).collect();
    values.join(&b'\n')
}

/// Whether the two differ in a word that is the same when they are sent again.
fn is_telling([first, again]: &[[Vec<u8>; 2]; 2]) -> bool {
    let [[one, other], [one_again, other_again]] =
        [first, again].map(|texts| texts.each_ref().map(|text| words(text)));
    if one.len() != one_again.len() || other.len() != other_again.len() {
        return false;
    }
    if one.len() != other.len() {
        return true;
    }
    let pairs = one
        .iter()
        .zip(&one_again)
        .zip(other.iter().zip(&other_again));
    let mut lasting = pairs.filter(|((a, a_again), (b, b_again))| a == a_again && b == b_again);
    lasting.any(|((one, _), (other, _))| one != other)
}

/// An id is a word, whatever is in it.
fn words(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || b"\"'`,;:=<>()[]{}&".contains(byte))
        .collect()
}
