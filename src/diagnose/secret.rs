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
                let key = key.and_then(|key| Secret::from_bytes(key).ok());
                try_secret(Cause::SecretForm { used }, key);
            }
        }
    }
}

/// The texts that the operator may have meant to configure.
fn texts(given: &[u8]) -> Vec<(Cause, Vec<u8>)> {
    let mut texts = Vec::new();
    if let Ok(text) = std::str::from_utf8(given) {
        let trimmed = text.trim_matches(is_invisible);
        let unquoted = trimmed.trim_matches(['"', '\'']);
        texts.push((Cause::SecretWhitespace, trimmed.as_bytes().to_vec()));
        texts.push((Cause::SecretQuotes, unquoted.as_bytes().to_vec()));
    }
    let trimmed = given.trim_ascii();
    for end in ["\n", "\r\n"] {
        texts.push((Cause::SecretNewline, [trimmed, end.as_bytes()].concat()));
    }
    for prefix in PREFIXES {
        let is_missing = !trimmed.starts_with(prefix.as_bytes());
        let text = match trimmed.strip_prefix(prefix.as_bytes()) {
            Some(text) => text.to_vec(),
            None => [prefix.as_bytes(), trimmed].concat(),
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
    /// The key that a sender makes of the text of a secret. `None` if the text cannot be decoded.
    fn key(self, text: &[u8]) -> Option<Vec<u8>> {
        let mut room = vec![0; text.len() + 2];
        match self {
            Self::Text => Some(text.to_vec()),
            Self::Base64 => base64_any_padding(text, &mut room)
                .map(<[u8]>::to_vec)
                .or_else(|| {
                    Some(
                        Encoding::Base64Url
                            .decode(text, &mut vec![0; text.len() + 2])?
                            .to_vec(),
                    )
                }),
            Self::Hex => Some(Encoding::Hex.decode(text, &mut room)?.to_vec()),
            Self::ToBase64 => Some(Encoding::Base64.encode(text)),
            Self::ToHex => Some(Encoding::Hex.encode(text)),
        }
    }
}
