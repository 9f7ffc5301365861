//! The description of a handshake.

use std::{borrow::Cow, ops::RangeInclusive};

use http::{HeaderName, Method, StatusCode};

use super::{
    ChallengeCharset, ResponsePart,
    answer::{Body, ResponseTemplate},
    challenge::Challenge,
};
use crate::location::Location;

/// A request of a provider that is not a delivery: how it is recognised, and how it is answered.
///
/// See the [module docs](crate::handshake) for an example.
#[doc(alias = "challenge")]
#[doc(alias = "endpoint_verification")]
#[derive(Clone, Debug)]
pub struct Handshake {
    pub(super) name: Cow<'static, str>,
    pub(super) method: Method,
    is_signed: bool,
    pub(super) conditions: Vec<Condition>,
    pub(super) token: Option<(Location, Cow<'static, str>)>,
    pub(super) challenge: Option<Challenge>,
    pub(super) answer: ResponseTemplate,
    pub(super) data_kind: Option<DataKind>,
    is_answered_anyway: bool,
}

/// A condition that distinguishes the handshake from a delivery.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Absent(Location),
    Is(Location, Cow<'static, str>),
    Number(Location),
    There(Location),
}

impl Condition {
    pub(super) const fn location(&self) -> &Location {
        match self {
            Self::Absent(location)
            | Self::Is(location, _)
            | Self::Number(location)
            | Self::There(location) => location,
        }
    }
}

/// The kind of data that a handshake carries.
///
/// See [`on_handshake_data`](crate::WebhookLayer::on_handshake_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataKind {
    /// The secret of future deliveries. It is the challenge.
    Secret,
    /// The `TopicArn`, the `SubscribeURL` and the `Token` of Amazon SNS.
    SnsSubscription,
}

impl Handshake {
    /// Creates a handshake that is answered without verification. The answer defaults to 200
    /// without a body.
    ///
    /// # Security
    ///
    /// Any client can send the request. Choose conditions that no delivery meets: a delivery that
    /// meets them is answered as a handshake, and lost.
    #[must_use]
    pub fn unsigned(name: impl Into<Cow<'static, str>>, method: Method) -> Self {
        Self::new(name.into(), method, false)
    }

    /// Creates a handshake that is answered once its signature, or the token of the scheme, is
    /// verified. The answer defaults to 200 without a body.
    #[must_use]
    pub fn signed(name: impl Into<Cow<'static, str>>, method: Method) -> Self {
        Self::new(name.into(), method, true)
    }

    fn new(name: Cow<'static, str>, method: Method, is_signed: bool) -> Self {
        Self {
            name,
            method,
            is_signed,
            conditions: Vec::new(),
            token: None,
            challenge: None,
            answer: ResponseTemplate::default(),
            data_kind: None,
            is_answered_anyway: false,
        }
    }

    /// Requires this value at the location.
    #[must_use]
    pub fn when(self, location: Location, value: impl Into<Cow<'static, str>>) -> Self {
        self.only(Condition::Is(location, value.into()))
    }

    /// Requires any value at the location.
    #[must_use]
    pub fn when_present(self, location: Location) -> Self {
        self.only(Condition::There(location))
    }

    /// Requires that there is no value at the location.
    #[must_use]
    pub fn when_absent(self, location: Location) -> Self {
        self.only(Condition::Absent(location))
    }

    /// Requires a decimal number at the location. A form must not have other fields.
    #[must_use]
    pub fn when_numeric(self, location: Location) -> Self {
        self.only(Condition::Number(location))
    }

    fn only(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Requires that the value at the location equals the
    /// [setting](crate::providers::Provider::with_setting) of this name. The comparison takes
    /// constant time, and another value is answered with 403. If the setting is missing, the
    /// request is treated as a delivery.
    #[must_use]
    pub fn token(mut self, location: Location, setting: impl Into<Cow<'static, str>>) -> Self {
        self.token = Some((location, setting.into()));
        self
    }

    /// Sets the location, the characters and the length in bytes of the challenge, for
    /// [`ResponsePart::Challenge`] and [`ResponsePart::Mac`].
    ///
    /// The length is at most 2048 bytes, or 256 bytes if the answer contains a MAC. A request
    /// without a challenge is treated as a delivery. A challenge with other characters or another
    /// length is answered with 400.
    #[must_use]
    pub fn challenge(
        mut self,
        location: Location,
        charset: ChallengeCharset,
        length: RangeInclusive<usize>,
    ) -> Self {
        self.challenge = Some(Challenge::new(location, charset, length));
        self.narrowed()
    }

    /// Sets the status of the answer.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.answer.status = status;
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<Vec<ResponsePart>>) -> Self {
        self.answer.headers.push((name, value.into()));
        self.narrowed()
    }

    /// Sets a `text/plain` body. Replaces an earlier body.
    #[must_use]
    pub fn text(mut self, text: impl Into<Vec<ResponsePart>>) -> Self {
        self.answer.body = Body::Text(text.into());
        self.narrowed()
    }

    /// Adds a member with a string value to a JSON body. Replaces an earlier body of another kind.
    #[must_use]
    pub fn json(mut self, name: &'static str, value: impl Into<Vec<ResponsePart>>) -> Self {
        let mut members = match self.answer.body {
            Body::Json(members) => members,
            _ => Vec::new(),
        };
        members.push((name, value.into()));
        self.answer.body = Body::Json(members);
        self.narrowed()
    }

    /// Sets a JSON body that is sent unchanged. Replaces an earlier body.
    #[must_use]
    pub fn fixed_json(mut self, json: &'static str) -> Self {
        self.answer.body = Body::FixedJson(json);
        self
    }

    /// Declares the data that the handshake carries.
    ///
    /// The layer answers once the handler of
    /// [`on_handshake_data`](crate::WebhookLayer::on_handshake_data) has accepted the data. Without
    /// a handler, the request is treated as a delivery.
    #[must_use]
    pub fn provides(mut self, kind: DataKind) -> Self {
        self.data_kind = Some(kind);
        self
    }

    /// Declares data like [`provides`](Self::provides), but the handshake is answered even without
    /// a handler. Use it for data that the application can also receive in another way.
    #[must_use]
    pub fn provides_optional(mut self, kind: DataKind) -> Self {
        self.is_answered_anyway = true;
        self.provides(kind)
    }

    /// Limits the characters of a challenge that is signed.
    fn narrowed(mut self) -> Self {
        if self.signs() {
            self.challenge = self.challenge.map(Challenge::signed);
        }
        self
    }

    /// Returns the name, for logs and the table of providers.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the method of the request.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Returns whether the signature or the token is verified before the answer.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Returns the kind of data that the handshake carries, if it carries data.
    #[must_use]
    pub const fn data_kind(&self) -> Option<DataKind> {
        self.data_kind
    }

    /// Returns the names of the [settings](crate::providers::Provider::with_setting) that the
    /// handshake requires.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        let token = self.token.iter().map(|(_, setting)| &**setting);
        let parts = self.answer.parts().filter_map(|part| match part {
            ResponsePart::Setting(name) => Some(&**name),
            _ => None,
        });
        token.chain(parts)
    }

    /// Whether the answer contains a MAC of the challenge.
    pub(crate) fn signs(&self) -> bool {
        self.answer.parts().any(|part| *part == ResponsePart::Mac)
    }

    /// Whether a signed text could be a challenge that an attacker had signed.
    pub(crate) fn may_have_signed(&self, text: &[u8]) -> bool {
        let challenge = self.challenge.as_ref().filter(|_| self.signs());
        challenge.is_some_and(|challenge| challenge.may_be(text))
    }

    /// Whether the handshake can be answered with these settings, and with or without a handler.
    pub(crate) fn is_ready<'s>(
        &self,
        setting: impl Fn(&str) -> Option<&'s str>,
        has_handler: bool,
    ) -> bool {
        let is_accepted = self.data_kind.is_none() || self.is_answered_anyway || has_handler;
        is_accepted && self.settings().all(|name| setting(name).is_some())
    }

    /// The locations that decide whether a request is this handshake.
    pub(super) fn locations(&self) -> impl Iterator<Item = &Location> {
        let conditions = self.conditions.iter().map(Condition::location);
        let token = self.token.iter().map(|(location, _)| location);
        let challenge = self.challenge.iter().map(|challenge| &challenge.location);
        conditions.chain(token).chain(challenge)
    }

    /// Whether the decision needs the body.
    pub(crate) fn looks_into_body(&self) -> bool {
        self.data_kind == Some(DataKind::SnsSubscription)
            || self.locations().any(Location::is_in_body)
    }
}
