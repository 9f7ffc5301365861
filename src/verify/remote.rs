//! Deliveries whose keys the provider publishes.

use super::{
    Session,
    body_context::BodyContext,
    delivery::{Delivery, collect_body},
    settings::Settings,
};
use crate::{
    head::Head,
    keys::{RemoteKeys, Wanted},
    rejection::{Rejection, RejectionKind},
};

impl Session {
    /// Fetches the keys of this delivery, for a verifier made by
    /// [`Verifier::remote`](crate::Verifier::remote). Call it before
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
        let Self { settings, delivery } = self;
        let reject = |kind| settings.reject(kind);
        let wanted = delivery.wanted(settings, head.into(), [body].into_iter());
        let Some(wanted) = wanted.map_err(reject)? else {
            return Ok(());
        };
        let found = keys.search(wanted).keys().await;
        if let Some(keys) = found.map_err(reject)? {
            let keyring = keys.keyring(settings.scheme());
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
        settings: &Settings,
        head: Head<'_>,
        body: impl Iterator<Item: AsRef<[u8]>>,
    ) -> Result<Option<Wanted>, RejectionKind> {
        let scheme = settings.scheme();
        let Some(remote) = &scheme.spec().remote_key else {
            return Ok(None);
        };
        let whole = if remote.is_in_body() {
            collect_body(body)
        } else {
            Vec::new()
        };
        let context = self.body_context.as_deref();
        let token = context.and_then(BodyContext::token);
        let (url, id) = remote.locate(head, token, &whole)?;
        Ok(Some(Wanted {
            scheme: scheme.clone(),
            document: remote.document,
            url,
            id,
        }))
    }
}
