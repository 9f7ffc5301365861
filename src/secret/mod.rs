//! One secret, as an operator configures it.

mod error;
mod load;

use std::{fmt, sync::Arc, time::SystemTime};

use smallvec::SmallVec;
use zeroize::Zeroizing;

pub use self::error::{KeyError, KeyErrorKind};
use crate::{
    encoding::{Encoding, base64_any_padding},
    mac::{Algorithm, Key, sha1},
    public_key::{PrivateKey, PublicKeyForm},
};

/// A secret that is shared with a provider.
///
/// Pass the text as the provider's console shows it, including a prefix such as `whsec_`. The
/// [`Scheme`](crate::Scheme) decodes it with its [`SecretEncoding`]. Clones share the bytes, which
/// are wiped when the last clone is dropped. `Debug` shows the label and the end of use, and no
/// part of the secret.
///
/// ```
/// use tower_webhook::Secret;
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?.label("2026-11");
/// assert_eq!(format!("{secret:?}"), r#"Secret { label: Some("2026-11"), not_after: None, .. }"#);
///
/// let error = Secret::new("from-a-file-with-a-newline\n").unwrap_err();
/// let text = "the secret has leading or trailing whitespace or invisible characters; remove them";
/// assert_eq!(error.to_string(), text);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "signing_secret")]
#[doc(alias = "signing_key")]
#[derive(Clone)]
pub struct Secret {
    bytes: Arc<Zeroizing<Box<[u8]>>>,
    is_raw: bool,
    label: Option<Arc<str>>,
    not_after: Option<SystemTime>,
}

impl Secret {
    /// Creates a secret from the text in the provider's console, in UTF-8.
    ///
    /// A `String` that is passed is wiped. A `&str` is copied, and the original is not wiped.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is empty, or if it begins or ends with white space or an
    /// invisible character. The usual cause is the newline at the end of a file.
    ///
    /// The text is decoded later, by [`WebhookLayer::new`](crate::WebhookLayer::new) or
    /// [`Verifier::new`](crate::Verifier::new), which return an error if it does not fit the
    /// scheme. The error does not name the secret; the errors of [`from_env`](Self::from_env) and
    /// [`from_file`](Self::from_file) do.
    ///
    /// # Security
    ///
    /// An empty secret would let any client sign, because everyone can compute the MAC under the
    /// empty key. No other minimum length is enforced, because the providers generate the secrets.
    /// If you generate one yourself, use at least 32 random bytes.
    pub fn new(text: impl Into<String>) -> Result<Self, KeyError> {
        let text = Zeroizing::new(text.into());
        let trimmed = text.trim_matches(is_invisible);
        if trimmed.is_empty() {
            return Err(KeyErrorKind::Empty.into());
        }
        if trimmed.len() != text.len() {
            return Err(KeyErrorKind::SurroundingWhitespace.into());
        }
        Ok(Self::from_slice(text.as_bytes(), false))
    }

    /// Creates a secret from the bytes of a key. The scheme's [`SecretEncoding`] is not applied.
    /// For a public key, pass the bytes of its text.
    ///
    /// A `Vec` that is passed is wiped.
    ///
    /// # Errors
    ///
    /// Returns an error if `key` is empty or consists only of zeros. HMAC pads keys with zeros up
    /// to the block size of the hash, so such a key equals the empty key.
    pub fn from_bytes(key: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let key = Zeroizing::new(key.into());
        usable(&key)?;
        Ok(Self::from_slice(&key, true))
    }

    /// Sets a name for the secret, which [`Verified::key_label`](crate::Verified::key_label)
    /// returns for deliveries that it verified. By default, a secret has no label. The label is not
    /// a secret, and appears in logs. A [`Signer`](crate::sign::Signer) does not use it.
    #[must_use]
    pub fn label(mut self, label: impl Into<Arc<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets the last moment at which the secret is used, by the verifier's clock. By default, a
    /// secret does not expire.
    ///
    /// A delivery that is complete after this moment is rejected with the response of an invalid
    /// signature. The operator sees
    /// [`RejectionKind::ExpiredKey`](crate::rejection::RejectionKind::ExpiredKey). The method is
    /// meant for previous secrets, and also applies to a current one.
    #[doc(alias = "expiry")]
    #[must_use]
    pub fn not_after(mut self, last: SystemTime) -> Self {
        self.not_after = Some(last);
        self
    }

    // An exact-size copy: turning a `Vec` with spare room into a box may move it and leave the
    // first place unwiped.
    fn from_slice(bytes: &[u8], is_raw: bool) -> Self {
        Self {
            bytes: Arc::new(Zeroizing::new(bytes.into())),
            is_raw,
            label: None,
            not_after: None,
        }
    }

    pub(crate) fn label_ref(&self) -> Option<&Arc<str>> {
        self.label.as_ref()
    }

    pub(crate) fn expiry(&self) -> Option<SystemTime> {
        self.not_after
    }

    /// The key of an algorithm.
    pub(crate) fn ready(
        &self,
        algorithm: Algorithm,
        form: SecretEncoding,
    ) -> Result<Key, KeyError> {
        let key = self.key(form)?;
        match form {
            SecretEncoding::PublicKey(public) => {
                let ready = Key::public(algorithm, public, &key);
                ready.ok_or(KeyErrorKind::Encoding { expected: form }.into())
            }
            _ => Ok(Key::new(algorithm, &key)),
        }
    }

    /// The private key of a sender whose deliveries are proven by the public one.
    pub(crate) fn private_key(&self) -> Result<PrivateKey, KeyError> {
        let own = self.is_raw.then(|| PrivateKey::from_bytes(&self.bytes));
        let key = own.flatten().or_else(|| PrivateKey::parse(&self.bytes));
        key.ok_or(KeyErrorKind::NoPrivateKey.into())
    }

    /// The forms of `form` that the secret has. Only [`SecretEncoding::AnyOf`] can result in
    /// several. If the secret has none of them, returns `form` itself, which later results in an
    /// error.
    pub(crate) fn forms(&self, form: SecretEncoding) -> SmallVec<[SecretEncoding; 2]> {
        let forms = match form {
            SecretEncoding::AnyOf(forms) if !self.is_raw => forms,
            _ => &[],
        };
        let usable = forms.iter().filter(|form| self.key(**form).is_ok());
        let mut usable: SmallVec<_> = usable.copied().collect();
        if usable.is_empty() {
            usable.push(form);
        }
        usable
    }

    /// The key bytes under `form`.
    pub(crate) fn key(&self, form: SecretEncoding) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let form = if self.is_raw {
            SecretEncoding::Text
        } else {
            form
        };
        let mut room = Zeroizing::new(vec![0; self.bytes.len() + 2]);
        let key = match form {
            SecretEncoding::AnyOf(forms) => {
                let key = forms.iter().find_map(|form| self.key(*form).ok());
                return key.ok_or(KeyErrorKind::Encoding { expected: form }.into());
            }
            SecretEncoding::Base64AfterPrefix(prefix) => {
                match self.bytes.strip_prefix(prefix.as_bytes()) {
                    Some(text) => base64_any_padding(text, &mut room),
                    None => Some(&self.bytes[..]),
                }
            }
            SecretEncoding::Text | SecretEncoding::PublicKey(_) => Some(&self.bytes[..]),
            SecretEncoding::Base64 => base64_any_padding(&self.bytes, &mut room),
            SecretEncoding::PrefixedBase64(prefix) => {
                let text = self.bytes.strip_prefix(prefix.as_bytes());
                base64_any_padding(text.unwrap_or(&self.bytes), &mut room)
            }
            SecretEncoding::Hex => Encoding::Hex.decode(&self.bytes, &mut room),
            SecretEncoding::Sha1Digest => {
                let digest = Zeroizing::new(sha1(&self.bytes));
                return Ok(Zeroizing::new(digest.to_vec()));
            }
        };
        let key = key.ok_or(KeyErrorKind::Encoding { expected: form })?;
        usable(key)?;
        Ok(Zeroizing::new(key.to_vec()))
    }
}

impl Secret {
    /// Creates a secret from the text as configured, including its faults.
    pub(crate) fn as_given(text: &[u8]) -> Self {
        Self::from_slice(text, false)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// White space, and what an editor, a file or a page adds at the ends of a text without showing it.
pub(crate) fn is_invisible(letter: char) -> bool {
    let zero_width = matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}');
    letter.is_whitespace() || letter.is_control() || zero_width
}

/// HMAC pads keys with zeros, so a key of zeros is the empty key.
fn usable(key: &[u8]) -> Result<(), KeyError> {
    if key.is_empty() {
        return Err(KeyErrorKind::Empty.into());
    }
    if key.iter().all(|byte| *byte == 0) {
        return Err(KeyErrorKind::Zeros.into());
    }
    Ok(())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("label", &self.label)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// The encoding of a secret's text, which determines the bytes of the key.
///
/// It is a property of the [scheme](crate::Scheme), because providers differ. The text of Stripe's
/// `whsec_…` is the key. Standard Webhooks' `whsec_…` is base64 after a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretEncoding {
    /// Any of these forms. The secret has one key for each form that can decode it, and a delivery
    /// may be signed with any of them. Senders sign with the first.
    AnyOf(&'static [SecretEncoding]),
    /// Standard base64, with or without padding.
    Base64,
    /// Standard base64, with or without padding, after this prefix. A text without the prefix is
    /// the key itself.
    Base64AfterPrefix(&'static str),
    /// Hex digits, in either case.
    Hex,
    /// Standard base64, with or without padding, after this prefix if it is there.
    PrefixedBase64(&'static str),
    /// A public key of the provider, which does not have to be secret. For the content of a file,
    /// which ends with a newline, use [`Secret::from_bytes`](crate::Secret::from_bytes).
    PublicKey(PublicKeyForm),
    /// The SHA-1 digest of the text's own bytes, 20 bytes. Only for old providers.
    Sha1Digest,
    /// The text's own bytes.
    Text,
}

impl fmt::Display for SecretEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyOf(forms) => {
                for (at, form) in forms.iter().enumerate() {
                    let or = if at > 0 { ", or " } else { "" };
                    write!(f, "{or}{form}")?;
                }
                Ok(())
            }
            Self::Base64 => f.write_str("standard base64"),
            Self::Base64AfterPrefix(prefix) => {
                write!(f, "standard base64 after `{prefix}`, or text without it")
            }
            Self::Hex => f.write_str("hex"),
            Self::PrefixedBase64(prefix) => write!(f, "standard base64, alone or after `{prefix}`"),
            Self::PublicKey(form) => form.fmt(f),
            Self::Sha1Digest | Self::Text => f.write_str("text"),
        }
    }
}

impl SecretEncoding {
    /// Whether it is that of a public key.
    pub(crate) const fn is_public(self) -> bool {
        matches!(self, Self::PublicKey(_))
    }
}
