//! The ID of an outgoing delivery, and the layer that sets a random one.

use std::{fmt, sync::Arc};

/// The ID of an outgoing delivery, in the extensions of its request. All attempts have the same ID.
///
/// If deliveries are stored in a database or a queue, use their ID from there. It stays the same
/// after a restart.
///
/// ```
/// use http::Request;
/// use tower_webhook::{body::DeliveryBody, sign::DeliveryId};
///
/// let request = Request::post("https://example.com/hooks")
///     .extension(DeliveryId::new("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"))
///     .body(DeliveryBody::from("{}"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DeliveryId {
    text: Arc<str>,
    is_random: bool,
}

impl DeliveryId {
    /// Creates an ID from your own text. If the ID is signed, it must not contain the separator
    /// that follows it in the signed text: with Standard Webhooks, a dot. The ID is ignored if the
    /// scheme has no delivery ID.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self {
            text: id.into(),
            is_random: false,
        }
    }

    /// Returns the ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the ID was generated.
    pub(super) fn is_random(&self) -> bool {
        self.is_random
    }
}

impl fmt::Debug for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(feature = "sender")]
pub(super) mod random {
    use std::task::{Context, Poll};

    use http::Request;
    use tower_layer::Layer;
    use tower_service::Service;

    use super::DeliveryId;

    impl DeliveryId {
        /// Creates a random ID, a version 4 UUID. If the scheme has a delivery ID and the request
        /// contains one already, that one is used instead.
        #[must_use]
        pub fn random() -> Self {
            let mut text = uuid::Uuid::encode_buffer();
            let id = Self::new(&*uuid::Uuid::new_v4().hyphenated().encode_lower(&mut text));
            Self {
                is_random: true,
                ..id
            }
        }
    }

    /// A layer that sets a [random ID](DeliveryId::random) for each request that has none. Put it
    /// outside the retries, so that all attempts have the same ID.
    #[derive(Clone, Copy, Debug, Default)]
    #[non_exhaustive]
    pub struct SetDeliveryIdLayer;

    impl SetDeliveryIdLayer {
        /// Creates the layer.
        #[must_use]
        pub const fn new() -> Self {
            Self
        }
    }

    impl<S> Layer<S> for SetDeliveryIdLayer {
        type Service = SetDeliveryId<S>;

        fn layer(&self, inner: S) -> SetDeliveryId<S> {
            SetDeliveryId(inner)
        }
    }

    /// Middleware that sets a random ID for each request that has none. Created by
    /// [`SetDeliveryIdLayer`].
    #[derive(Clone, Debug)]
    pub struct SetDeliveryId<S>(S);

    impl<S, B> Service<Request<B>> for SetDeliveryId<S>
    where
        S: Service<Request<B>>,
    {
        type Response = S::Response;
        type Error = S::Error;
        type Future = S::Future;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
            self.0.poll_ready(cx)
        }

        fn call(&mut self, mut request: Request<B>) -> S::Future {
            request
                .extensions_mut()
                .get_or_insert_with(DeliveryId::random);
            self.0.call(request)
        }
    }
}
