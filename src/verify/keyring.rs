use std::sync::Arc;

use crate::{
    keys::{KeyError, Keys, Secret},
    mac::Key,
    scheme::Scheme,
};

/// The keys of one scheme, decoded and ready for use.
#[derive(Debug)]
pub(super) struct Keyring {
    pub(super) current: LabelledKey,
    pub(super) previous: Vec<LabelledKey>,
}

#[derive(Debug)]
pub(super) struct LabelledKey {
    pub(super) key: Key,
    pub(super) label: Option<Arc<str>>,
}

impl Keyring {
    pub(super) fn new(scheme: &Scheme, keys: &Keys) -> Result<Self, KeyError> {
        let prepare = |secret: &Secret, which: &str| -> Result<_, KeyError> {
            let spec = scheme.spec();
            let label = secret.label_ref().cloned();
            let key = secret.key(spec.key_form).map_err(|error| {
                let label = label.as_ref().map(|label| format!(" (`{label}`)"));
                let label = label.unwrap_or_default();
                error.of(format!("scheme `{}`: {which}{label}", spec.name))
            })?;
            Ok(LabelledKey {
                key: Key::new(spec.algorithm, &key),
                label,
            })
        };
        let current = prepare(&keys.current, "the secret")?;
        let previous = keys.previous.iter().enumerate();
        let previous = previous
            .map(|(at, secret)| prepare(secret, &format!("previous secret {}", at + 1)))
            .collect::<Result<_, _>>()?;
        Ok(Self { current, previous })
    }
}
