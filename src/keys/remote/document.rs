//! Parses a document into its public keys.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::{super::Keys, DocumentMarker, FetchedKeys};
use crate::{
    payload::json,
    scheme::{Document, Scheme},
    secret::Secret,
};

/// The most keys of one set that are looked at.
const MAX_KEYS: usize = 64;

/// The keys of one document, with their ids.
#[derive(Debug)]
pub(super) struct Published(Vec<(Option<String>, Keys)>);

impl Published {
    /// No keys at all.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads a document; `None` if its only key is marked as expired. Keys that the scheme cannot
    /// use are left out, because a set may hold keys for other purposes.
    pub(super) fn read(
        kind: Document,
        fetched: &FetchedKeys,
        scheme: &Scheme,
        marker: &Arc<DocumentMarker>,
    ) -> Result<Option<Self>, &'static str> {
        const NOT_KEYS: &str = "the document does not contain keys in the format of this provider";

        let document = &fetched.document[..];
        if document.len() > FetchedKeys::MOST {
            return Err("the document is longer than the limit for keys");
        }
        let keys = match kind {
            Document::Certificate => {
                let text = document.trim_ascii();
                let keys = usable(text, scheme, marker);
                let keys =
                    keys.ok_or("the document is not a certificate with a key for this provider")?;
                vec![(None, keys)]
            }
            Document::Jwk => {
                let key = json::raw(document, "key").map_err(|_| NOT_KEYS)?;
                let key = key.ok_or(NOT_KEYS)?;
                if is_retired(key) {
                    return Ok(None);
                }
                jwk(key, scheme, marker).into_iter().collect()
            }
            Document::JwkSet => {
                let keys = json::raw(document, "keys").map_err(|_| NOT_KEYS)?;
                let keys = keys.ok_or(NOT_KEYS)?.get();
                let keys: Vec<&RawValue> = serde_json::from_str(keys).map_err(|_| NOT_KEYS)?;
                let keys = keys.into_iter().take(MAX_KEYS);
                keys.filter_map(|key| jwk(key, scheme, marker)).collect()
            }
        };
        Ok(Some(Self(keys)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key of this id; without one, the only key.
    pub(super) fn get(&self, id: Option<&str>) -> Option<&Keys> {
        match (id, &self.0[..]) {
            (None, [(_, keys)]) => Some(keys),
            (None, _) => None,
            (Some(id), all) => {
                let mut named = all.iter().filter(|(own, _)| own.as_deref() == Some(id));
                named.next().map(|(_, keys)| keys)
            }
        }
    }
}

fn jwk(
    key: &RawValue,
    scheme: &Scheme,
    marker: &Arc<DocumentMarker>,
) -> Option<(Option<String>, Keys)> {
    let text = key.get().as_bytes();
    let id = json::field(text, "kid").ok()?;
    if json::field(text, "expired_at").ok()?.is_some() {
        return None;
    }
    Some((id, usable(text, scheme, marker)?))
}

fn is_retired(key: &RawValue) -> bool {
    let retired = json::field(key.get().as_bytes(), "expired_at");
    retired.is_ok_and(|retired| retired.is_some())
}

fn usable(text: &[u8], scheme: &Scheme, marker: &Arc<DocumentMarker>) -> Option<Keys> {
    Keys::published(Secret::from_bytes(text).ok()?, scheme, marker).ok()
}
