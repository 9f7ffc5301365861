//! The keys of one scheme, decoded from their secrets, and the decoy that stands in for missing
//! keys.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, LazyLock, PoisonError, RwLock},
    time::SystemTime,
};

use smallvec::SmallVec;

use super::{KeyError, Secret};
use crate::{
    mac::{Algorithm, Key},
    scheme::{Scheme, SecretEncoding},
};

/// The keys of one scheme, decoded and ready for use.
#[derive(Debug)]
pub(crate) struct Keyring {
    pub(crate) current: LabelledKey,
    /// The other forms of the current key, and then the previous keys.
    others: Vec<LabelledKey>,
    tenant: Option<Arc<str>>,
    is_decoy: bool,
    algorithm: Algorithm,
    form: SecretEncoding,
    /// Called when a delivery is verified. Fetched keys mark their document this way.
    on_verified: Option<OnVerified>,
    /// The secrets that the keys were made of. Empty unless the user asked to keep them.
    secrets: Vec<Secret>,
}

#[derive(Clone)]
struct OnVerified(Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for OnVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnVerified")
    }
}

#[derive(Debug)]
pub(crate) struct LabelledKey {
    pub(crate) key: Key,
    pub(crate) label: Option<Arc<str>>,
    not_after: Option<SystemTime>,
    /// Whether the key is of a previous secret.
    is_previous: bool,
}

impl Keyring {
    pub(super) fn new(
        scheme: &Scheme,
        current: &Secret,
        previous: &[Secret],
        tenant: Option<&Arc<str>>,
    ) -> Result<Self, KeyError> {
        let spec = scheme.spec();
        let (algorithm, form) = (spec.algorithm, spec.secret_encoding);
        let prepare = |secret: &Secret, at: usize, form| -> Result<_, KeyError> {
            let key = secret.ready(algorithm, form);
            let key = key.map_err(|error| tell(error, scheme, at, secret))?;
            let ends = [secret.expiry(), key.not_after()];
            Ok(LabelledKey {
                key,
                label: secret.label_ref().cloned(),
                not_after: ends.into_iter().flatten().min(),
                is_previous: at > 0,
            })
        };
        let secrets = std::iter::once(current).chain(previous).enumerate();
        let forms: SmallVec<[_; 2]> = secrets
            .flat_map(|(at, secret)| {
                let forms = secret.forms(form).into_iter();
                forms.map(move |form| (secret, at, form))
            })
            .collect();
        let mut rest = forms.iter().skip(1);
        let first_form = forms.first().map_or(form, |(_, _, form)| *form);
        let current = prepare(current, 0, first_form)?;
        // The vector has its full size from the start, because growing it would leave copies of
        // keys behind that nothing wipes.
        let mut others = Vec::with_capacity(rest.len());
        rest.try_for_each(|(secret, at, form)| {
            others.push(prepare(secret, *at, *form)?);
            Ok::<_, KeyError>(())
        })?;
        Ok(Self {
            current,
            others,
            tenant: tenant.cloned(),
            is_decoy: false,
            algorithm,
            form,
            on_verified: None,
            secrets: Vec::new(),
        })
    }

    /// A key that verifies no signature. It takes the place of missing keys, so that a request
    /// without keys takes as long as one with a wrong signature.
    pub(crate) fn decoy(scheme: &Scheme) -> Self {
        let spec = scheme.spec();
        Self {
            current: LabelledKey {
                key: Key::new(spec.algorithm, b"decoy"),
                label: None,
                not_after: None,
                is_previous: false,
            },
            others: Vec::new(),
            tenant: None,
            is_decoy: true,
            algorithm: spec.algorithm,
            form: spec.secret_encoding,
            on_verified: None,
            secrets: Vec::new(),
        }
    }

    pub(super) fn on_verified(mut self, call: impl Fn() + Send + Sync + 'static) -> Self {
        self.on_verified = Some(OnVerified(Arc::new(call)));
        self
    }

    /// Marks the document of the keys as verified, if they were fetched.
    pub(crate) fn mark_verified(&self) {
        if let Some(OnVerified(call)) = &self.on_verified {
            call();
        }
    }

    /// The tenant of the keys.
    pub(crate) fn tenant(&self) -> Option<&Arc<str>> {
        self.tenant.as_ref()
    }

    pub(crate) fn is_decoy(&self) -> bool {
        self.is_decoy
    }

    pub(super) fn is_for(&self, scheme: &Scheme) -> bool {
        let spec = scheme.spec();
        self.algorithm == spec.algorithm && self.form == spec.secret_encoding
    }

    /// The current key and then the previous ones.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &LabelledKey> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// The number of keys.
    pub(crate) fn len(&self) -> usize {
        self.others.len() + 1
    }
}

impl Keyring {
    /// Keeps the secrets that the keys were made of.
    pub(super) fn keep(mut self, secrets: Vec<Secret>) -> Self {
        self.secrets = secrets;
        self
    }

    /// The secrets that the keys were made of, the current one first. Empty if they are not kept.
    pub(crate) fn kept_secrets(&self) -> &[Secret] {
        &self.secrets
    }
}

/// Adds the name of the secret to an error. `at` counts from the current secret.
pub(super) fn tell(error: KeyError, scheme: &Scheme, at: usize, secret: &Secret) -> KeyError {
    let which = match at {
        0 => "the secret".to_owned(),
        at => format!("previous secret {at}"),
    };
    let label = secret.label_ref().map(|label| format!(" (`{label}`)"));
    let label = label.unwrap_or_default();
    error.of(format!("scheme `{}`: {which}{label}", scheme.name()))
}

impl Keyring {
    /// Logs that a previous key is still in use, once in the life of the process for each provider,
    /// tenant and label.
    pub(crate) fn report_in_use(&self, key: &LabelledKey, provider: &Arc<str>) {
        if !cfg!(feature = "tracing") || !key.is_previous {
            return;
        }
        let (tenant, label) = (self.tenant.clone(), key.label.clone());
        let use_of = (Arc::clone(provider), tenant, label);
        let reported = REPORTED.read().unwrap_or_else(PoisonError::into_inner);
        if reported.len() >= MAX_REPORTED || reported.contains(&use_of) {
            return;
        }
        drop(reported);
        let mut reported = REPORTED.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = reported.insert(use_of);
        drop(reported);
        if is_new {
            crate::trace::info!(
                provider = &**provider,
                tenant = self.tenant.as_deref(),
                key_label = key.label.as_deref().unwrap_or("(no label)"),
                "delivery verified with a previous secret; the sender has not switched to the \
                 current one"
            );
        }
    }
}

impl LabelledKey {
    /// Whether the key has not expired. The clock is read only if the key has an expiry.
    pub(crate) fn is_valid(&self, now: impl FnOnce() -> SystemTime) -> bool {
        self.not_after.is_none_or(|last| now() <= last)
    }
}

/// The providers, tenants and labels that were logged.
static REPORTED: LazyLock<RwLock<HashSet<Use>>> = LazyLock::new(RwLock::default);

type Use = (Arc<str>, Option<Arc<str>>, Option<Arc<str>>);

/// The maximum number of entries of [`REPORTED`], because every tenant may have labels of its own.
const MAX_REPORTED: usize = 10_000;
