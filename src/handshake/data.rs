//! The data that a handshake carries, and the decision of the application.

use std::{borrow::Cow, fmt, sync::Arc};

use http::Uri;
use zeroize::Zeroizing;

use super::{Handshake, Means, request::find};
use crate::{head::RequestHead, location::Location, payload::is_aws_region};

/// Data of a handshake that the application has to store or to act on, for
/// [`on_handshake_data`](crate::WebhookLayer::on_handshake_data).
///
/// `Debug` shows neither the secret nor the query of the URL.
pub struct HandshakeData {
    provider: Arc<str>,
    handshake: Cow<'static, str>,
    tenant: Option<Arc<str>>,
    uri: Uri,
    is_signed: bool,
    value: HandshakeDataValue,
}

impl HandshakeData {
    pub(super) fn new(
        handshake: &Handshake,
        head: RequestHead<'_>,
        means: &Means<'_>,
        value: HandshakeDataValue,
    ) -> Self {
        Self {
            provider: Arc::clone(means.provider),
            handshake: handshake.name.clone(),
            tenant: means.tenant.cloned(),
            uri: head.uri().clone(),
            is_signed: handshake.is_signed(),
            value,
        }
    }

    /// Returns the name of the scheme.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Returns the [name](Handshake::name) of the handshake.
    #[must_use]
    pub fn handshake(&self) -> &str {
        &self.handshake
    }

    /// Returns the [tenant](crate::Keys::tenant) of the keys that the request was signed with, if
    /// it was signed and the keys have one.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Returns the target of the request, which identifies the endpoint if there are several.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns whether the request was signed. An attacker can send a request that is not signed.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Returns the data.
    #[must_use]
    pub fn value(&self) -> &HandshakeDataValue {
        &self.value
    }
}

impl fmt::Debug for HandshakeData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeData")
            .field("provider", &self.provider)
            .field("handshake", &self.handshake)
            .field("tenant", &self.tenant)
            .field("path", &self.uri.path())
            .field("is_signed", &self.is_signed)
            .field("value", &self.value)
            .finish()
    }
}

/// The data of a handshake.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandshakeDataValue {
    /// The secret of future deliveries.
    Secret(IssuedSecret),
    /// A subscription that the application has to confirm.
    Subscription(Subscription),
}

impl HandshakeDataValue {
    pub(super) fn secret(text: &str) -> Self {
        Self::Secret(IssuedSecret(Zeroizing::new(text.to_owned())))
    }
}

/// A secret that a provider issued. `Debug` does not show it, and it is wiped when dropped.
pub struct IssuedSecret(Zeroizing<String>);

impl IssuedSecret {
    /// Returns the secret. Store it, or create a [`Secret`](crate::Secret) from it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IssuedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuedSecret([REDACTED])")
    }
}

/// A subscription of Amazon SNS. It expires if it is not confirmed within three days.
///
/// # Security
///
/// Amazon signs the messages of every topic, including an attacker's. Check the
/// [topic](Self::topic_arn) before you confirm.
pub struct Subscription {
    topic_arn: String,
    subscribe_url: String,
    token: String,
}

impl Subscription {
    /// Returns the topic, such as `arn:aws:sns:us-east-1:123456789012:orders`.
    #[must_use]
    pub fn topic_arn(&self) -> &str {
        &self.topic_arn
    }

    /// Returns the URL that confirms the subscription when it is fetched. Its scheme is `https`,
    /// its host is `sns.<region>.amazonaws.com` or `.com.cn`, and it has no port and no user.
    #[must_use]
    pub fn subscribe_url(&self) -> &str {
        &self.subscribe_url
    }

    /// Returns the token, for the API call `ConfirmSubscription`.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("topic_arn", &self.topic_arn)
            .finish_non_exhaustive()
    }
}

/// The result of the handler of [`HandshakeData`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Acceptance {
    /// The data was stored. The provider receives its answer.
    Accept,
    /// The data was not expected. The answer is 403.
    Reject,
}

/// The subscription of an SNS request, if its URL is one of SNS.
pub(super) fn sns_subscription(head: RequestHead<'_>, body: &[u8]) -> Option<Subscription> {
    let member = |name: &str| {
        let value = find(&Location::Json(name.into()), head, body).ok()??;
        String::from_utf8(value.into_owned()).ok()
    };
    let subscribe_url = member("SubscribeURL").filter(|url| is_of_sns(url))?;
    Some(Subscription {
        topic_arn: member("TopicArn")?,
        subscribe_url,
        token: member("Token")?,
    })
}

/// Whether a URL leads to SNS and nowhere else.
fn is_of_sns(url: &str) -> bool {
    // A space or a backslash is read differently by different parsers.
    if !url
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        return false;
    }
    let Ok(url) = url.parse::<Uri>() else {
        return false;
    };
    let is_https = url.scheme_str() == Some("https");
    let host = url.authority().map_or("", |authority| authority.as_str());
    let region = host
        .strip_prefix("sns.")
        .and_then(|rest| {
            rest.strip_suffix(".amazonaws.com")
                .or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
        })
        .unwrap_or_default();
    is_https && is_aws_region(region)
}
