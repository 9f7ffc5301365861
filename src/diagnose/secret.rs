//! Searches for faults of the configured secret.

use zeroize::Zeroizing;

use super::{Cause, Finding, SecretForm, attempt::Attempt};
use crate::{
    encoding::{Encoding, base64_any_padding},
    keys::Secret,
    scheme::Algorithm,
    secret::is_invisible,
};

/// The prefixes of secrets in the consoles of providers.
const PREFIXES: [&str; 2] = ["v1,whsec_", "whsec_"];

/// Finds faults of the secrets.
pub(super) fn find(attempt: &Attempt<'_>, findings: &mut Vec<Finding>) {
    let scheme = attempt.scheme();
    let form = scheme.secret_encoding();
    for secret in attempt.secrets {
        let mut keys = Vec::new();
        if let Ok(key) = secret.key(form) {
            keys.push(key);
        }
        let mut try_secret = |cause: Cause, secret: Option<Secret>| {
            let Some(secret) = secret else { return };
            // An earlier change with the same key is a simpler explanation.
            match secret.key(form) {
                Ok(key) if !keys.contains(&key) => keys.push(key),
                _ => return,
            }
            if attempt.with_secrets(&[secret]).verifies() {
                findings.push(Finding::proven(cause));
            }
        };
        for (cause, text) in texts(secret.bytes()) {
            try_secret(cause, Some(Secret::as_given(&text)));
        }
        if scheme.algorithm() == Algorithm::Token || form.is_public() {
            continue;
        }
        let text = secret.bytes().trim_ascii();
        let stripped = PREFIXES
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix.as_bytes()));
        for text in [Some(text), stripped].into_iter().flatten() {
            for used in FORMS {
                let key = used.key(text);
                let key = key.and_then(|key| Secret::from_bytes(&**key).ok());
                try_secret(Cause::SecretForm { used }, key);
            }
        }
    }
}

/// The texts that the operator may have meant to configure.
fn texts(given: &[u8]) -> Vec<(Cause, Zeroizing<Vec<u8>>)> {
    let mut texts = Vec::new();
    if let Ok(text) = std::str::from_utf8(given) {
        let trimmed = text.trim_matches(is_invisible);
        let unquoted = trimmed.trim_matches(['"', '\'']);
        texts.push((Cause::SecretWhitespace, copy(trimmed.as_bytes())));
        texts.push((Cause::SecretQuotes, copy(unquoted.as_bytes())));
    }
    let trimmed = given.trim_ascii();
    for end in ["\n", "\r\n"] {
        let text = Zeroizing::new([trimmed, end.as_bytes()].concat());
        texts.push((Cause::SecretNewline, text));
    }
    for prefix in PREFIXES {
        let is_missing = !trimmed.starts_with(prefix.as_bytes());
        let text = match trimmed.strip_prefix(prefix.as_bytes()) {
            Some(text) => copy(text),
            None => Zeroizing::new([prefix.as_bytes(), trimmed].concat()),
        };
        texts.push((Cause::SecretPrefix { prefix, is_missing }, text));
    }
    texts
}

const FORMS: [SecretForm; 5] = [
    SecretForm::Text,
    SecretForm::Base64,
    SecretForm::Hex,
    SecretForm::ToBase64,
    SecretForm::ToHex,
];

impl SecretForm {
    /// The key that a sender derives from the text of a secret. `None` if the text cannot be
    /// decoded.
    fn key(self, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = Zeroizing::new(vec![0; text.len() + 2]);
        match self {
            Self::Text => Some(copy(text)),
            Self::Base64 => base64_any_padding(text, &mut buffer).map(copy).or_else(|| {
                // The first decoder may have written a part of the key.
                let mut buffer = Zeroizing::new(vec![0; text.len() + 2]);
                Some(copy(Encoding::Base64Url.decode(text, &mut buffer)?))
            }),
            Self::Hex => Some(copy(Encoding::Hex.decode(text, &mut buffer)?)),
            Self::ToBase64 => Some(Zeroizing::new(Encoding::Base64.encode(text))),
            Self::ToHex => Some(Zeroizing::new(Encoding::Hex.encode(text))),
        }
    }
}

/// A copy of secret bytes, which is wiped when it is dropped.
fn copy(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes.to_vec())
}
