//! The interface to the keys of many tenants.

use std::{error::Error, future::Future};

use super::Keys;
use crate::head::RequestHead;

/// Looks up the keys of each request, for one endpoint with many tenants.
///
/// Pass it to [`WebhookLayer::with_key_source`](crate::WebhookLayer::with_key_source). The layer
/// calls it once for each request with a valid head, before it reads the body. Inside axum's
/// `nest`, the path of the head has no prefix.
///
/// # Example: a closure
///
/// The closure reads the values that it needs from the head before it creates the future, because
/// the future outlives the call. An `async` closure or function would borrow the head, so implement
/// the trait for a type instead.
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
/// To share an implementor between layers, store its fields in an `Arc` and derive `Clone`.
///
/// # Security
///
/// - A verified delivery is from the tenant whose keys were returned, and from no other tenant. Set
///   the tenant with [`Keys::tenant`], and read it in the handler with
///   [`Verified::tenant`](crate::Verified::tenant). Do not parse the path again: the head has the
///   path as it was sent, and a router decodes it. A database that treats `ACME` and `acme` as
///   equal causes the same problem.
/// - Any client can cause a lookup of any name, because the signature is checked after the lookup.
///   Reject names that no tenant can have, and put a [`KeyCache`](super::KeyCache) around a slow or
///   expensive source.
/// - A 503 shows that this lookup failed and another did not. For example, if a tenant's secret
///   cannot be decoded, a 503 shows that the tenant exists.
#[doc(alias = "multi_tenant")]
pub trait KeySource: Send + Sync + 'static {
    /// The error of a lookup. Its text, and the texts of its sources, are for the operator.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Returns the keys that this request may be signed with.
    ///
    /// Return `None` if there are none, for example because the tenant does not exist. The layer
    /// then rejects the request with the response of an invalid signature, byte for byte and after
    /// the same work.
    ///
    /// Store [`Keys`] and return clones if possible. Keys are decoded at their first use, and
    /// clones share the result. [`Keys::newest_first`] creates keys from the rows of a table.
    ///
    /// # Errors
    ///
    /// Return an error if the keys cannot be determined. The layer then responds with 503 and
    /// `Retry-After`.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped if the client disconnects, or if the layer's
    /// [`key_deadline`](crate::WebhookLayer::key_deadline) expires.
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
