//! One small file for each provider whose signed text no template says.

#[cfg(feature = "form")]
mod sorted_form;

use super::Canonical;

const ALL: &[Canonical] = &[
    #[cfg(feature = "form")]
    sorted_form::SORTED_FORM,
];

/// The canonicaliser of this name.
pub(crate) fn canonical(name: &str) -> Option<&'static Canonical> {
    ALL.iter().find(|canonical| canonical.name == name)
}
