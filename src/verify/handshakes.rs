//! Finds the handshake that a request is, and answers it.

use std::iter;

use super::{Verifier, methods::answerable};
use crate::{
    handshake::{Answer, Handshake, MAX_BODY, Means},
    head::RequestHead,
    keys::Keyring,
    payload::Facts,
    rejection::{Rejection, RejectionKind},
};

/// The result of matching a head with the handshakes that are not signed.
pub(crate) enum UnsignedMatch<'v> {
    /// The request is this handshake, whatever its body.
    Handshake(&'v Handshake),
    /// The body decides.
    NeedsBody,
    None,
}

impl Verifier {
    /// Answers a complete request if it is a [handshake](crate::handshake). Returns `None` if it
    /// must be [verified](Self::verify) as a delivery.
    ///
    /// If the answer has [data](Answer::data), the caller must accept it before sending the answer.
    /// The [layer](crate::WebhookLayer) calls this method itself.
    ///
    /// # Errors
    ///
    /// Returns an error if the request is a handshake with an invalid token, challenge or
    /// signature.
    ///
    /// # Example
    ///
    /// ```
    /// use http::Request;
    /// use tower_webhook::{Secret, Verifier, providers};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let verifier = Verifier::new(providers::intercom(), Secret::new("its client secret")?)?;
    /// let probe = Request::head("/intercom").body(())?;
    /// let answer = verifier.handshake(&probe, b"")?.expect("Intercom asks so");
    /// assert_eq!(answer.into_response().status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn handshake<'h>(
        &self,
        head: impl Into<RequestHead<'h>>,
        body: &[u8],
    ) -> Result<Option<Answer>, Rejection> {
        let head = head.into();
        let unsigned = match self.match_unsigned(head, true) {
            UnsignedMatch::Handshake(handshake) => Some(handshake),
            UnsignedMatch::NeedsBody => self.unsigned_handshake(head, body, true),
            UnsignedMatch::None => None,
        };
        if let Some(handshake) = unsigned {
            let keyring = self.current_keyring();
            return self.answer(handshake, head, body, (&keyring, 0)).map(Some);
        }
        let Some(handshake) = self.signed_handshake(head, body, true) else {
            return Ok(None);
        };
        let mut delivery = self.open(head)?;
        delivery.finish(self.settings(), || iter::once(body))?;
        self.answer(handshake, head, body, delivery.keys(self.settings()))
            .map(Some)
    }

    /// Matches a head with the handshakes that are not signed. `has_handler` is whether a handler
    /// takes the data of handshakes.
    pub(crate) fn match_unsigned(
        &self,
        head: RequestHead<'_>,
        has_handler: bool,
    ) -> UnsignedMatch<'_> {
        let mut may_be = false;
        for handshake in self.ready(head, false, has_handler) {
            if !handshake.looks_into_body() {
                return UnsignedMatch::Handshake(handshake);
            }
            may_be = true;
        }
        if may_be {
            UnsignedMatch::NeedsBody
        } else {
            UnsignedMatch::None
        }
    }

    /// Finds the handshake without a signature that a request with this body is.
    pub(crate) fn unsigned_handshake(
        &self,
        head: RequestHead<'_>,
        body: &[u8],
        has_handler: bool,
    ) -> Option<&Handshake> {
        self.whole(head, body, false, has_handler)
    }

    /// Finds the signed handshake that a request with this body is, once its signature is verified.
    pub(crate) fn signed_handshake(
        &self,
        head: RequestHead<'_>,
        body: &[u8],
        has_handler: bool,
    ) -> Option<&Handshake> {
        self.whole(head, self.looked_into(head, body), true, has_handler)
    }

    /// The part of the body that a signed handshake is read from. It is the same as for a delivery.
    fn looked_into<'b>(&self, head: RequestHead<'_>, body: &'b [u8]) -> &'b [u8] {
        let units = &self.scheme().spec().units;
        let facts = Facts {
            method: head.method().as_str(),
            url: "",
            target: "",
            headers: head.headers(),
            token: None,
        };
        let field = units.field().map(|_| units.of(&facts, body));
        let field = field.and_then(|units| units.ok()?.first().copied());
        field.unwrap_or(body)
    }

    fn whole(
        &self,
        head: RequestHead<'_>,
        body: &[u8],
        is_signed: bool,
        has_handler: bool,
    ) -> Option<&Handshake> {
        if body.len() > MAX_BODY {
            return None;
        }
        let mut handshakes = self.ready(head, is_signed, has_handler);
        handshakes.find(|handshake| handshake.is_in(head, body))
    }

    /// The handshakes that match the head and can be answered.
    fn ready<'v>(
        &'v self,
        head: RequestHead<'_>,
        is_signed: bool,
        has_handler: bool,
    ) -> impl Iterator<Item = &'v Handshake> {
        answerable(self.provider(), has_handler).filter(move |handshake| {
            handshake.is_signed() == is_signed && handshake.may_begin(head)
        })
    }

    /// Answers a handshake. If the answer is signed, the key is the one at an index of the keyring.
    pub(crate) fn answer(
        &self,
        handshake: &Handshake,
        head: RequestHead<'_>,
        body: &[u8],
        (keyring, at): (&Keyring, usize),
    ) -> Result<Answer, Rejection> {
        let spec = self.scheme().spec();
        let mac = |challenge: &[u8]| {
            let key = keyring.iter().nth(at).unwrap_or(&keyring.current);
            if keyring.is_decoy() {
                return Err(RejectionKind::UnknownTenant);
            }
            if !key.is_valid(|| self.now()) {
                let label = key.label.clone();
                return Err(RejectionKind::ExpiredKey { label });
            }
            let mac = key.key.sign(|mac| mac(challenge));
            let text = spec.encoding.encode(&mac);
            Ok(String::from_utf8(text).unwrap_or_default())
        };
        let means = Means {
            provider: &spec.name,
            tenant: keyring.tenant().filter(|_| handshake.is_signed()),
            setting: &|name| self.provider().setting(name),
            mac: &mac,
        };
        let body = if handshake.is_signed() {
            self.looked_into(head, body)
        } else {
            body
        };
        let answer = handshake.answer(head, body, &means);
        answer.map_err(|kind| self.reject(kind))
    }
}
