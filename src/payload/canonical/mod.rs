//! One small file for each provider whose signed text no template says.

#[cfg(any(feature = "crc32", feature = "md5"))]
mod digest;
#[cfg(feature = "form")]
mod sorted_form;

use super::Canonical;

const ALL: &[Canonical] = &[
    #[cfg(feature = "crc32")]
    digest::CRC32,
    #[cfg(feature = "md5")]
    digest::MD5,
    #[cfg(feature = "form")]
    sorted_form::SORTED_FORM,
];

/// The canonicaliser of this name.
pub(crate) fn canonical(name: &str) -> Option<&'static Canonical> {
    ALL.iter().find(|canonical| canonical.name == name)
}
