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
        // Of its full size at once: growing would leave keys behind that nothing wipes.
        let mut previous = Vec::with_capacity(keys.previous.len());
        for (at, secret) in keys.previous.iter().enumerate() {
            previous.push(prepare(secret, &format!("previous secret {}", at + 1))?);
        }
        Ok(Self { current, previous })
    }
}
