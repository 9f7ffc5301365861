//! The interface to the keys of many tenants.

use std::{error::Error, future::Future};

use super::Keys;
use crate::head::RequestHead;

/// Looks up the keys of each request: one endpoint, many tenants.
///
/// [`WebhookLayer::with_key_source`](crate::WebhookLayer::with_key_source) takes one. It is asked
/// once for each request whose head could be read, and before anything is read of the body. Inside
/// of axum's `nest` the head's path is without the prefix.
///
/// # Example: a closure
///
/// What the future needs of the head is taken out first, because it outlives the call. (An `async`
/// closure or function would keep the head: make it a method of an implementor.)
///
/// ```
/// use std::{collections::HashMap, convert::Infallible};
/// use tower_webhook::{Keys, RequestHead, Secret, WebhookLayer, providers};
///
/// # fn main() -> Result<(), tower_webhook::SetupError> {
/// let acme = Keys::new(Secret::new("the secret of acme")?).tenant("acme");
/// let tenants: HashMap<String, Keys> = HashMap::from([("acme".into(), acme)]);
///
/// let source = move |head: RequestHead<'_>| {
///     let tenant = head.path().strip_prefix("/hooks/");
///     let keys = tenant.and_then(|tenant| tenants.get(tenant)).cloned();
///     async move { Ok::<_, Infallible>(keys) }
/// };
/// let layer = WebhookLayer::with_key_source(providers::github(), source)?;
/// # Ok(())
/// # }
/// ```
///
/// # Example: an implementor
///
/// ```
/// use tower_webhook::{Keys, RequestHead, Secret, keys::KeySource};
///
/// struct Vault { /* a client of something far away */ }
///
/// impl Vault {
///     async fn read(&self, name: &str) -> std::io::Result<Option<String>> {
///         # Ok(Some(name.to_owned()))
///     }
/// }
///
/// impl KeySource for Vault {
///     type Error = Box<dyn std::error::Error + Send + Sync>;
///
///     async fn keys(&self, head: RequestHead<'_>) -> Result<Option<Keys>, Self::Error> {
///         let is_name = |name: &&str| name.len() <= 32 && !name.contains(['/', '%']);
///         let Some(tenant) = head.path().strip_prefix("/hooks/").filter(is_name) else {
///             return Ok(None);
///         };
///         match self.read(tenant).await? {
///             Some(secret) => Ok(Some(Keys::new(Secret::new(secret)?).tenant(tenant))),
///             None => Ok(None),
///         }
///     }
/// }
/// ```
///
/// To share an implementor between layers, have it hold its parts in an `Arc` and derive `Clone`.
///
/// # Security
///
/// - A verified delivery is from the tenant whose keys were returned, and from no other tenant. So
///   the handler must learn the tenant from [`Verified::tenant`](crate::Verified::tenant), and name
///   the keys by [`Keys::tenant`]; a path that it reads again may not be the same: the head's is as
///   it was sent, and a router decodes it. The same goes for a database that takes `ACME` for
///   `acme`.
/// - Any client can cause a lookup of any name, because the signature is checked after the lookup.
///   Reject names that no tenant can have, and put a [`KeyCache`](super::KeyCache) around a slow or
///   expensive source.
/// - A 503 tells that something is wrong with this look-up and not with another: where a tenant's
///   secret cannot be decoded, that the tenant exists.
pub trait KeySource: Send + Sync + 'static {
    /// Why a look-up failed. Its text, and that of its sources, is for the operator.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// The keys that this request may be signed with.
    ///
    /// `None` where there are none, because there is no such tenant for example: the request is
    /// then refused as one with a wrong signature is, byte for byte and after the same work.
    ///
    /// Keep [`Keys`] and give clones away where you can: they are decoded at their first use, and
    /// their clones need not be. [`Keys::newest_first`] makes them of rows.
    ///
    /// # Errors
    ///
    /// If it cannot be said which keys there are: the request is answered 503 with `Retry-After`.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the client goes away or the layer's
    /// [`key_deadline`](crate::WebhookLayer::key_deadline) has passed.
    fn keys(
        &self,
        head: RequestHead<'_>,
    ) -> impl Future<Output = Result<Option<Keys>, Self::Error>> + Send;
}

impl<F, Fut, E> KeySource for F
where
    F: Fn(RequestHead<'_>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<Keys>, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Error = E;

    fn keys(&self, head: RequestHead<'_>) -> impl Future<Output = Result<Option<Keys>, E>> + Send {
        self(head)
    }
}
