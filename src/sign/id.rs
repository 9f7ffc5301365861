//! The ID of an outgoing delivery, and the layer that sets a random one.

use std::{fmt, sync::Arc};

/// The id of a delivery, in the extensions of its request: the same for every try.
///
/// Where what is sent is kept in a database or a queue, its id there is the one to take: it is the
/// same after a restart too.
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
    /// An id of your own. Where it is signed it must not hold what separates it from its neighbour:
    /// with Standard Webhooks, a dot. It is not used if the scheme has no delivery ID.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self {
            text: id.into(),
            is_random: false,
        }
    }

    /// The id.
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
        /// A random one: a UUID of version 4. It gives way to an id that is in the request already,
        /// where the scheme has its own.
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

    /// Gives a [random id](DeliveryId::random) to each request that has none. It goes outside what
    /// sends again, so that all tries have the same.
    #[derive(Clone, Copy, Debug, Default)]
    #[non_exhaustive]
    pub struct SetDeliveryIdLayer;

    impl SetDeliveryIdLayer {
        /// The layer.
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

    /// Gives an id to each request that has none; made by [`SetDeliveryIdLayer`].
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
