//! Parses JSON web signatures in compact form ([RFC 7515, section 7.1]) and the claims in them
//! ([RFC 7519]). The values are not verified yet: the first two parts are the signed text.
//!
//! [RFC 7515, section 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
//! [RFC 7519]: https://www.rfc-editor.org/rfc/rfc7519

use super::{Malformed, json};
use crate::encoding::Encoding;

const TOKEN: Malformed = Malformed("a JSON web signature");

/// Whether the payload of a JSON web signature is sent in the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JwsKind {
    /// The payload is the second part: the claims of a web token.
    Attached,
    /// The second part is empty ([RFC 7515, appendix F]).
    ///
    /// [RFC 7515, appendix F]: https://www.rfc-editor.org/rfc/rfc7515#appendix-F
    Detached,
}

/// All parts of a signature except the last.
#[derive(Clone)]
pub(crate) struct Token {
    input: Box<[u8]>,
    header: Vec<u8>,
    claims: Vec<u8>,
}

impl Token {
    /// Reads a header's value. Returns the signature as it is encoded.
    pub(crate) fn read(value: &[u8], kind: JwsKind) -> Option<(Self, &[u8])> {
        let is_detached = kind == JwsKind::Detached;
        let mut parts = value.split(|byte| *byte == b'.');
        let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || claims.is_empty() != is_detached {
            return None;
        }
        let end = header.len() + if is_detached { 0 } else { claims.len() + 1 };
        let token = Self {
            input: value.get(..end)?.into(),
            header: decoded(header)?,
            claims: if is_detached {
                b"{}".to_vec()
            } else {
                decoded(claims)?
            },
        };
        json::raw(&token.header, "").ok()?;
        json::raw(&token.claims, "").ok()?;
        Some((token, signature))
    }

    /// The signed text: the first two parts, or the first part if the second one is not sent.
    pub(crate) fn input(&self) -> &[u8] {
        &self.input
    }

    /// Whether the header names this algorithm and requires no unknown extension ([RFC 7515,
    /// section 4.1.11]). The only known extension is an unencoded payload ([RFC 7797]), which
    /// `payload_is_raw` permits.
    ///
    /// [RFC 7515, section 4.1.11]: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
    /// [RFC 7797]: https://www.rfc-editor.org/rfc/rfc7797
    pub(crate) fn is_of(&self, algorithm: &str, payload_is_raw: bool) -> Result<bool, Malformed> {
        let extensions = json::raw(&self.header, "crit")?;
        let is_known = match extensions {
            None => true,
            Some(raw) => {
                let names: Vec<String> = serde_json::from_str(raw.get()).map_err(|_| TOKEN)?;
                let is_raw = json::raw(&self.header, "b64")?.is_some_and(|it| it.get() == "false");
                names == ["b64"] && is_raw && payload_is_raw
            }
        };
        Ok(is_known && self.header("alg")?.as_deref() == Some(algorithm))
    }

    /// A member of the header.
    pub(crate) fn header(&self, name: &str) -> Result<Option<String>, Malformed> {
        json::field(&self.header, name).map_err(|_| TOKEN)
    }

    /// Returns the text of a claim: the contents of a string, or a number or boolean as it is
    /// written. Names of claims can be URIs ([RFC 7519, section 4.2]), so a dot in `name` does not
    /// separate two names.
    ///
    /// [RFC 7519, section 4.2]: https://www.rfc-editor.org/rfc/rfc7519#section-4.2
    pub(crate) fn claim(&self, name: &str) -> Result<Option<String>, Malformed> {
        let value = json::member(&self.claims, name).map_err(|_| TOKEN)?;
        value.map_or(Ok(None), json::text).map_err(|_| TOKEN)
    }

    /// The values of a claim that may be a list, such as `aud`.
    pub(crate) fn values(&self, name: &str) -> Result<Vec<String>, Malformed> {
        match json::member(&self.claims, name).map_err(|_| TOKEN)? {
            Some(raw) if raw.get().starts_with('[') => {
                serde_json::from_str(raw.get()).map_err(|_| TOKEN)
            }
            _ => Ok(self.claim(name)?.into_iter().collect()),
        }
    }

    /// A time in seconds. A fraction is truncated ([RFC 7519, section 2] allows one).
    ///
    /// [RFC 7519, section 2]: https://www.rfc-editor.org/rfc/rfc7519#section-2
    pub(crate) fn time(&self, name: &str) -> Result<Option<String>, Malformed> {
        let text = self.claim(name)?;
        Ok(text.map(|text| match text.split_once('.') {
            Some((seconds, fraction)) if fraction.bytes().all(|it| it.is_ascii_digit()) => {
                seconds.to_owned()
            }
            _ => text,
        }))
    }
}

fn decoded(part: &[u8]) -> Option<Vec<u8>> {
    // RFC 7515, section 2: without padding.
    if part.ends_with(b"=") {
        return None;
    }
    let mut room = vec![0; part.len()];
    let len = Encoding::Base64Url.decode(part, &mut room)?.len();
    room.truncate(len);
    Some(room)
}
