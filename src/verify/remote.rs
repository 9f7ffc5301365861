//! Deliveries whose keys the provider publishes.

use super::{
    Session, Verifier,
    delivery::{Delivery, whole},
    facts::Facts,
};
use crate::{
    head::Head,
    keys::{RemoteKeys, Wanted},
    rejection::{Rejection, RejectionKind},
};

impl Session {
    /// Fetches the keys of this delivery, for a verifier made by [`Verifier::remote`]. Call it before
    /// [`finish`](Self::finish), with the head that the session began with and the whole body.
    ///
    /// # Errors
    ///
    /// - The delivery does not name an allowed URL.
    /// - The fetch fails, and there are no [stale keys](RemoteKeys#refresh). This method has no
    ///   timeout, so set one in the fetcher.
    ///
    /// A key that is not published is not an error here: `finish` rejects the delivery.
    pub async fn fetch_keys<'h>(
        &mut self,
        keys: &RemoteKeys,
        head: impl Into<Head<'h>>,
        body: &[u8],
    ) -> Result<(), Rejection> {
        let Self { verifier, delivery } = self;
        let reject = |kind| verifier.reject(kind);
        let wanted = delivery.wanted(verifier, head.into(), [body].into_iter());
        let Some(wanted) = wanted.map_err(reject)? else {
            return Ok(());
        };
        let found = keys.search(wanted).keys().await;
        if let Some(keys) = found.map_err(reject)? {
            let keyring = keys.keyring(verifier.scheme());
            let keyring =
                keyring.map_err(|error| reject(RejectionKind::key_source_failed(&error)))?;
            delivery.set_keyring(keyring, 0);
        }
        Ok(())
    }
}

impl Delivery {
    /// Where the keys of the delivery are, if the provider publishes them.
    pub(crate) fn wanted(
        &self,
        verifier: &Verifier,
        head: Head<'_>,
        body: impl Iterator<Item: AsRef<[u8]>>,
    ) -> Result<Option<Wanted>, RejectionKind> {
        let scheme = verifier.scheme();
        let Some(remote) = &scheme.spec().remote_key else {
            return Ok(None);
        };
        let whole = if remote.is_in_body() {
            whole(body)
        } else {
            Vec::new()
        };
        let facts = self.uncommon.as_ref().and_then(|it| it.facts.as_ref());
        let token = facts.and_then(Facts::token);
        let (url, id) = remote.locate(head, token, &whole)?;
        Ok(Some(Wanted {
            scheme: scheme.clone(),
            document: remote.document,
            url,
            id,
        }))
    }
}
