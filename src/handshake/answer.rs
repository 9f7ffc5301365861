//! The answers to handshakes.

use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};

use super::{DataKind, Handshake, HandshakeData, HandshakeDataValue, data, request::find};
use crate::{
    head::RequestHead,
    mac::{Algorithm, Fingerprint, Key, token},
    rejection::RejectionKind,
};

/// A piece of an answer's text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponsePart {
    /// The [challenge](Handshake::challenge), as it was sent.
    Challenge,
    /// A text.
    Literal(Cow<'static, str>),
    /// The MAC of the challenge, with the algorithm and the encoding of the scheme. Its key is the
    /// one that the handshake was signed with. If the handshake is not signed, it is the current
    /// key. Without an HMAC scheme, such a handshake is not answered. An unsigned handshake in a
    /// body is answered 403 if the keys are [looked up](crate::WebhookLayer::with_key_source).
    Mac,
    /// A [setting](crate::providers::Provider::with_setting) of the provider.
    Setting(Cow<'static, str>),
}

/// The template of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct ResponseTemplate {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, Vec<ResponsePart>)>,
    pub(super) body: Body,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Body {
    #[default]
    Empty,
    FixedJson(&'static str),
    Json(Vec<(&'static str, Vec<ResponsePart>)>),
    Text(Vec<ResponsePart>),
}

impl ResponseTemplate {
    pub(super) fn parts(&self) -> impl Iterator<Item = &ResponsePart> {
        let headers = self.headers.iter().flat_map(|(_, value)| value);
        let (text, members) = match &self.body {
            Body::Text(text) => (&text[..], &[][..]),
            Body::Json(members) => (&[][..], &members[..]),
            Body::Empty | Body::FixedJson(_) => (&[][..], &[][..]),
        };
        let members = members.iter().flat_map(|(_, value)| value);
        headers.chain(text).chain(members)
    }
}

/// The values for an answer that are not in the request.
pub(crate) struct Means<'m> {
    pub(crate) provider: &'m Arc<str>,
    pub(crate) tenant: Option<&'m Arc<str>>,
    pub(crate) setting: &'m dyn Fn(&str) -> Option<&'m str>,
    /// Computes the MAC of a challenge, and encodes it.
    pub(crate) mac: &'m dyn Fn(&[u8]) -> Result<String, RejectionKind>,
}

/// The answer to a handshake.
///
/// `Debug` omits the headers and the body, because they may contain a secret, a setting or a MAC.
pub struct Answer {
    handshake: Cow<'static, str>,
    response: Response<Bytes>,
    data: Option<HandshakeData>,
}

impl Answer {
    /// Returns the [name](Handshake::name) of the handshake.
    #[must_use]
    pub fn handshake(&self) -> &str {
        &self.handshake
    }

    /// Returns the data that the application must accept before the answer is sent, if there is
    /// any.
    #[must_use]
    pub fn data(&self) -> Option<&HandshakeData> {
        self.data.as_ref()
    }

    /// Returns the response to send.
    #[must_use]
    pub fn into_response(self) -> Response<Bytes> {
        self.response
    }

    pub(crate) fn into_parts(self) -> (Cow<'static, str>, Response<Bytes>, Option<HandshakeData>) {
        (self.handshake, self.response, self.data)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("handshake", &self.handshake)
            .field("status", &self.response.status())
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

impl Handshake {
    /// Whether a piece of the answer must not be logged: a setting, a MAC, or the secret that the
    /// provider issues in this handshake.
    fn is_sensitive(&self, piece: &ResponsePart) -> bool {
        match piece {
            ResponsePart::Mac | ResponsePart::Setting(_) => true,
            ResponsePart::Challenge => self.data_kind == Some(DataKind::Secret),
            ResponsePart::Literal(_) => false,
        }
    }

    /// Whether the answer has a body.
    pub(crate) fn has_body(&self) -> bool {
        !matches!(self.answer.body, Body::Empty)
    }

    /// Answers a request that is this handshake.
    pub(crate) fn answer(
        &self,
        head: RequestHead<'_>,
        body: &[u8],
        means: &Means<'_>,
    ) -> Result<Answer, RejectionKind> {
        if let Some((location, setting)) = &self.token {
            let sent = find(location, head, body).ok().flatten();
            let expected = (means.setting)(setting).unwrap_or_default();
            if !sent.is_some_and(|sent| is_token(expected, &sent)) {
                return Err(RejectionKind::WrongHandshakeToken {
                    handshake: self.name.clone(),
                });
            }
        }
        let malformed = || RejectionKind::MalformedHandshake {
            handshake: self.name.clone(),
        };
        let challenge = match &self.challenge {
            None => None,
            Some(challenge) => {
                let text = find(&challenge.location, head, body).ok().flatten();
                let text = text.filter(|text| challenge.may_be(text));
                Some(text.ok_or_else(malformed)?)
            }
        };
        // The challenge was checked to be printable ASCII.
        let challenge = std::str::from_utf8(challenge.as_deref().unwrap_or_default());
        let challenge = challenge.map_err(|_| malformed())?;
        let mac = if self.signs() {
            (means.mac)(challenge.as_bytes())?
        } else {
            String::new()
        };
        let text = |parts: &[ResponsePart]| -> String {
            let parts = parts.iter().map(|piece| match piece {
                ResponsePart::Challenge => challenge,
                ResponsePart::Literal(text) => text,
                ResponsePart::Mac => &mac,
                ResponsePart::Setting(name) => (means.setting)(name).unwrap_or_default(),
            });
            parts.collect()
        };

        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.answer.status;
        let kind = match &self.answer.body {
            Body::Empty => None,
            Body::FixedJson(json) => {
                *response.body_mut() = Bytes::from_static(json.as_bytes());
                Some("application/json")
            }
            Body::Json(members) => {
                let members = members.iter().map(|(name, value)| (*name, text(value)));
                *response.body_mut() = json(members).into();
                Some("application/json")
            }
            Body::Text(parts) => {
                *response.body_mut() = text(parts).into();
                Some("text/plain")
            }
        };
        let headers = response.headers_mut();
        for (name, parts) in &self.answer.headers {
            let mut value = HeaderValue::try_from(text(parts)).map_err(|_| malformed())?;
            value.set_sensitive(parts.iter().any(|piece| self.is_sensitive(piece)));
            headers.insert(name, value);
        }
        if let Some(kind) = kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            // The answer contains text from the request, and a browser must not show it as a page.
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        let value = match self.data_kind {
            None => None,
            Some(DataKind::Secret) => Some(HandshakeDataValue::secret(challenge)),
            Some(DataKind::SnsSubscription) => {
                let subscription = data::sns_subscription(head, body);
                let subscription = subscription.ok_or_else(malformed)?;
                Some(HandshakeDataValue::Subscription(subscription))
            }
        };
        let data = value.map(|value| HandshakeData::new(self, head, means, value));
        Ok(Answer {
            handshake: self.name.clone(),
            response,
            data,
        })
    }
}

/// Compares digests, because the time of this comparison reveals neither text.
fn is_token(expected: &str, sent: &[u8]) -> bool {
    let expected = Key::new(Algorithm::Token, expected.as_bytes());
    expected.signs(
        |_| {},
        std::iter::once(&token(sent)[..]),
        &mut Fingerprint::default(),
    )
}

/// Writes a JSON object of strings. In printable ASCII, only quotation marks and backslashes need
/// escaping.
fn json(members: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut json = String::from("{");
    for (at, (name, value)) in members.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        for piece in [comma, "\"", name, "\":\"", &value, "\""] {
            json.push_str(piece);
        }
    }
    json.push('}');
    json
}
