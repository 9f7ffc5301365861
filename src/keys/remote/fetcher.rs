//! The interface to the HTTP client of the application.

use std::{error::Error, fmt, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Uri;

/// Fetches the documents in which providers publish their public keys. This crate opens no
/// connections: implement this trait with your HTTP client.
///
/// ```
/// use std::time::Duration;
/// use bytes::Bytes;
/// use tower_webhook::keys::{FetchedKeys, KeyFetcher, KeyRequest};
///
/// #[derive(Clone)]
/// struct Client { /* yours */ }
///
/// impl Client {
///     async fn get(&self, url: &http::Uri) -> std::io::Result<http::Response<Bytes>> {
///         # let _ = url;
///         # Ok(http::Response::new(Bytes::new()))
///     }
/// }
///
/// impl KeyFetcher for Client {
///     type Error = std::io::Error;
///
///     async fn fetch(&self, request: KeyRequest) -> Result<Option<FetchedKeys>, Self::Error> {
///         let response = self.get(request.url()).await?;
///         match response.status().as_u16() {
///             200 => Ok(Some(FetchedKeys::new(response.into_body()))),
///             404 => Ok(None),
///             status => Err(std::io::Error::other(format!("status {status}"))),
///         }
///     }
/// }
/// ```
///
/// # Security
///
/// - The server that answers decides which deliveries are accepted. Use TLS, verify the
///   certificate, and do not follow redirects.
/// - The URL has been checked to be the provider's, but any client can cause a request to any path
///   that looks like one of its keys. Send only the headers that the provider needs.
/// - Read no more than [`FetchedKeys::MOST`] bytes.
pub trait KeyFetcher: Send + Sync + 'static {
    /// The error of a failed fetch. Its text and the texts of its sources are logged.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Fetches the keys at a URL. Returns `None` if the provider answers that the certificate or
    /// key does not exist. For a key set, `None` is an error.
    ///
    /// # Errors
    ///
    /// Return an error if it is unknown whether the keys exist. The delivery is then verified with
    /// [stale keys](super::RemoteKeys#refresh), or rejected with 503 and `Retry-After`.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the clients that wait for it have disconnected, or when the
    /// layer's [`key_deadline`](crate::WebhookLayer::key_deadline) has passed. A
    /// [refresh](super::RemoteKeys#refresh) ends at the same deadline.
    fn fetch(
        &self,
        request: KeyRequest,
    ) -> impl Future<Output = Result<Option<FetchedKeys>, Self::Error>> + Send;
}

/// A document to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyRequest {
    pub(super) provider: Arc<str>,
    pub(super) url: Uri,
    /// The key ID, if the document depends on it.
    pub(super) id: Option<String>,
}

impl KeyRequest {
    /// Returns the name of the provider's scheme.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Returns the URL, which is `https` and allowed by the provider's scheme.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// Returns the ID of the key if the provider's API needs it, such as Plaid's `key_id`. It comes
    /// from the unverified delivery, and has at most 256 arbitrary bytes.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

/// The result of a fetch.
#[derive(Clone)]
pub struct FetchedKeys {
    pub(super) document: Bytes,
    pub(super) max_age: Option<Duration>,
}

impl FetchedKeys {
    /// The maximum length of a document, in bytes.
    pub const MOST: usize = 256 << 10;

    /// Creates the result from the document as received: a certificate in PEM, or JSON.
    #[must_use]
    pub fn new(document: impl Into<Bytes>) -> Self {
        Self {
            document: document.into(),
            max_age: None,
        }
    }

    /// Sets how long the document may be used, as in the `Cache-Control` of the response. Defaults
    /// to one hour.
    ///
    /// The minimum is one minute, and the maximum is
    /// [`RemoteKeys::lifetime`](super::RemoteKeys::lifetime).
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }
}

impl fmt::Debug for FetchedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedKeys")
            .field("len", &self.document.len())
            .field("max_age", &self.max_age)
            .finish()
    }
}
