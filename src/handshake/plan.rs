use std::{borrow::Cow, ops::RangeInclusive};

use http::{HeaderName, Method, StatusCode};

use super::{
    ChallengeCharset, ResponsePart,
    answer::{Body, ResponseTemplate},
    challenge::Challenge,
};
use crate::location::Location;

/// One thing that a provider asks, how it is told from a delivery, and what is answered.
///
/// See the [module docs](crate::handshake) for an example.
#[derive(Clone, Debug)]
pub struct Handshake {
    pub(super) name: Cow<'static, str>,
    pub(super) method: Method,
    is_signed: bool,
    pub(super) conditions: Vec<Condition>,
    pub(super) token: Option<(Location, Cow<'static, str>)>,
    pub(super) challenge: Option<Challenge>,
    pub(super) answer: ResponseTemplate,
    pub(super) brings: Option<DataKind>,
    is_answered_anyway: bool,
}

/// What tells a handshake from a delivery.
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

/// What a handshake brings that is [handed over](crate::WebhookLayer::on_handshake_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataKind {
    /// The secret of the deliveries to come: the challenge itself.
    Secret,
    /// Amazon SNS's `TopicArn`, `SubscribeURL` and `Token`.
    SnsSubscription,
}

impl Handshake {
    /// A handshake that is answered before anything is verified: 200 and no body, unless more is
    /// said.
    ///
    /// # Security
    ///
    /// Anybody can ask. What it answers to must not be what a delivery looks like, or that is lost.
    #[must_use]
    pub fn unsigned(name: impl Into<Cow<'static, str>>, method: Method) -> Self {
        Self::new(name.into(), method, false)
    }

    /// A handshake that is answered once its signature, or the token that the scheme takes, was
    /// found to be right.
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
            brings: None,
            is_answered_anyway: false,
        }
    }

    /// Asks for a value at a place.
    #[must_use]
    pub fn when(self, location: Location, value: impl Into<Cow<'static, str>>) -> Self {
        self.only(Condition::Is(location, value.into()))
    }

    /// Asks that there is something at a place, whatever it is.
    #[must_use]
    pub fn when_present(self, location: Location) -> Self {
        self.only(Condition::There(location))
    }

    /// Asks that there is nothing at a place.
    #[must_use]
    pub fn when_absent(self, location: Location) -> Self {
        self.only(Condition::Absent(location))
    }

    /// Asks that there is nothing but digits at a place; of a form, that it has no other field.
    #[must_use]
    pub fn when_numeric(self, location: Location) -> Self {
        self.only(Condition::Number(location))
    }

    fn only(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Asks that what is at a place is the [setting](crate::providers::Provider::with_setting) of
    /// this name, compared in constant time; another value is answered 403. Without the setting
    /// there is no such handshake.
    #[must_use]
    pub fn token(mut self, location: Location, setting: impl Into<Cow<'static, str>>) -> Self {
        self.token = Some((location, setting.into()));
        self
    }

    /// What [`ResponsePart::Challenge`] and [`ResponsePart::Mac`] are about: where it is, which
    /// letters it is made of, and how long it may be in bytes, 2048 at most and 256 where it is
    /// signed. It must be there, or it is no handshake; anything else at that place is answered
    /// 400.
    #[must_use]
    pub fn challenge(
        mut self,
        location: Location,
        letters: ChallengeCharset,
        length: RangeInclusive<usize>,
    ) -> Self {
        self.challenge = Some(Challenge::new(location, letters, length));
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

    /// Answers with `text/plain`. Replaces a body that was set before.
    #[must_use]
    pub fn text(mut self, text: impl Into<Vec<ResponsePart>>) -> Self {
        self.answer.body = Body::Text(text.into());
        self.narrowed()
    }

    /// Answers with JSON, and adds a member to it whose value is a string. Replaces a body of
    /// another kind that was set before.
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

    /// Answers with JSON as it is written here. Replaces a body that was set before.
    #[must_use]
    pub fn fixed_json(mut self, json: &'static str) -> Self {
        self.answer.body = Body::FixedJson(json);
        self
    }

    /// What it brings for the [program](crate::WebhookLayer::on_handshake_data). It is answered
    /// when that has accepted it, and where nobody takes it, there is no such handshake.
    #[must_use]
    pub fn provides(mut self, what: DataKind) -> Self {
        self.brings = Some(what);
        self
    }

    /// As [`provides`](Self::provides), where the program may have it from elsewhere too: if nobody
    /// takes it, it is answered all the same.
    #[must_use]
    pub fn provides_optional(mut self, what: DataKind) -> Self {
        self.is_answered_anyway = true;
        self.provides(what)
    }

    /// What is signed is made of few letters, whatever was asked for.
    fn narrowed(mut self) -> Self {
        if self.signs() {
            self.challenge = self.challenge.map(Challenge::signed);
        }
        self
    }

    /// What it is called, in logs and in the table of providers.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The method of its request.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Whether it is answered only once its signature or token holds.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// What it hands over, if it does.
    #[must_use]
    pub const fn data_kind(&self) -> Option<DataKind> {
        self.brings
    }

    /// The names of the [settings](crate::providers::Provider::with_setting) without which it is
    /// not answered.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        let token = self.token.iter().map(|(_, setting)| &**setting);
        let pieces = self.answer.pieces().filter_map(|piece| match piece {
            ResponsePart::Setting(name) => Some(&**name),
            _ => None,
        });
        token.chain(pieces)
    }

    /// Whether its answer holds a MAC of the challenge.
    pub(crate) fn signs(&self) -> bool {
        self.answer
            .pieces()
            .any(|piece| *piece == ResponsePart::Mac)
    }

    /// Whether a signed text could be a challenge that anybody may have signed.
    pub(crate) fn may_have_signed(&self, text: &[u8]) -> bool {
        let challenge = self.challenge.as_ref().filter(|_| self.signs());
        challenge.is_some_and(|challenge| challenge.may_be(text))
    }

    /// Whether it can be answered: with these settings, and with somebody to hand over to or not.
    pub(crate) fn is_ready<'s>(
        &self,
        setting: impl Fn(&str) -> Option<&'s str>,
        is_taken: bool,
    ) -> bool {
        let is_handed = self.brings.is_none() || self.is_answered_anyway || is_taken;
        is_handed && self.settings().all(|name| setting(name).is_some())
    }

    /// Where what tells it from a delivery is.
    pub(super) fn locations(&self) -> impl Iterator<Item = &Location> {
        let conditions = self.conditions.iter().map(Condition::location);
        let token = self.token.iter().map(|(location, _)| location);
        let challenge = self.challenge.iter().map(|challenge| &challenge.location);
        conditions.chain(token).chain(challenge)
    }

    /// Whether it needs the body.
    pub(crate) fn looks_into_body(&self) -> bool {
        self.brings == Some(DataKind::SnsSubscription) || self.locations().any(Location::is_in_body)
    }
}
