//! Keys in X.509 certificates.

use std::{fmt, sync::Arc, time::SystemTime};

use x509_cert::{
    Certificate as Parsed,
    der::{Decode as _, Encode as _},
};

use super::form::{Material, pem};

/// The maximum number of certificates in a chain: twice as many as any provider sends.
const MOST: usize = 8;

/// An X.509 certificate ([RFC 5280]), parsed but not verified: any party may have issued it, for
/// any purpose.
///
/// [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280
#[derive(Clone)]
pub(crate) struct Certificate(Arc<Parsed>);

impl Certificate {
    /// Parses the PEM certificates in `text`, in their order. Returns `None` if there are none, if
    /// there are more than eight, or if the text contains anything else.
    pub(crate) fn chain(text: &[u8]) -> Option<Vec<Self>> {
        let mut text = std::str::from_utf8(text).ok()?;
        let mut chain = Vec::new();
        while chain.is_empty() || !text.is_empty() {
            let (label, der, rest) = pem(text)?;
            if label != "CERTIFICATE" || chain.len() == MOST {
                return None;
            }
            chain.push(Self(Arc::new(Parsed::from_der(&der).ok()?)));
            text = rest;
        }
        Some(chain)
    }

    /// The last second in which the certificate is valid.
    pub(crate) fn not_after(&self) -> Option<SystemTime> {
        let since_1970 = self.tbs().validity().not_after.to_unix_duration();
        SystemTime::UNIX_EPOCH.checked_add(since_1970)
    }

    pub(super) fn key(&self) -> Option<Material> {
        let spki = self.tbs().subject_public_key_info().to_der().ok()?;
        Some(Material::Spki(spki))
    }

    fn tbs(&self) -> &x509_cert::TbsCertificate {
        self.0.tbs_certificate()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate([REDACTED])")
    }
}
